"""The hash by which files are recorded and known again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path


def sha256_of(path: Path, *, progress: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hexadecimal, read as a stream.

    Args:
        path: the file.
        progress: is told after every few megabytes how many bytes were read.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        if progress is None:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        digest = hashlib.sha256()
        while block := stream.read(_BLOCK):
            digest.update(block)
            progress(stream.tell())
        return digest.hexdigest()


_BLOCK = 8 * 1024 * 1024
