"""Finding a host: the real Paperless-ngx where there is one, the stand-in otherwise."""

from __future__ import annotations

import importlib.util
import lzma
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

VERSION = (3, 0, 5)
LITE = Path(__file__).resolve().parent.parent / "lite"
IMAGE = Path("/usr/src/paperless/src")
"""Where the official container image keeps the host."""

_LARGEST_ARCHIVE = 2 * 1024**3
_MOST_MEMBERS = 100_000
_BLOCK = 1024 * 1024
_NEEDS = ("allauth", "auditlog", "channels", "granian", "guardian", "ocrmypdf", "tantivy", "treenode", "whitenoise")
"""Of all the host imports, those whose absence tells that the extra `demo` is not installed."""


class HostError(Exception):
    """No usable host; the sentence says what to do."""


@dataclass(frozen=True)
class Host:
    """A host to run on."""

    kind: str
    """`paperless` or `lite`."""
    source: Path
    """The folder that goes on the path; it holds `manage.py`."""
    reason: str
    """Why this one was taken."""


def cache_folder() -> Path:
    """Return the folder where an unpacked host is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vks" / "paperless-ngx-3.0.5"


def version_of(source: Path) -> tuple[int, ...] | None:
    """Read the host's version from its source as text; None when this is no host."""
    path = source / "paperless" / "version.py"
    if not path.is_file():
        return None
    found = re.search(r"__version__[^=]*=\s*\(([\d,\s]+)\)", path.read_text(encoding="utf-8"))
    return tuple(int(part) for part in found.group(1).split(",") if part.strip()) if found else None


def _dotted(version: Iterable[int]) -> str:
    return ".".join(str(part) for part in version)


def _checked(source: Path, reason: str) -> Host:
    version = version_of(source)
    if version is None:
        message = f"{source} không chứa Paperless-ngx (no paperless/version.py there): hãy chỉ tới thư mục src."
        raise HostError(message)
    if version != VERSION:
        message = (
            f"{source} là Paperless-ngx {_dotted(version)}, cần {_dotted(VERSION)}: hãy dùng đúng phiên bản "
            f"(this is {_dotted(version)}, {_dotted(VERSION)} is needed)."
        )
        raise HostError(message)
    return Host("paperless", source, reason)


def find_paperless() -> Host | None:
    """Return the real host if one is at a usual place, else None.

    Raises:
        HostError: PAPERLESS_SRC names something else.
    """
    named = os.environ.get("PAPERLESS_SRC")
    if named:
        return _checked(Path(named), "PAPERLESS_SRC")
    for source, reason in ((cache_folder() / "src", "thư mục cache"), (IMAGE, "ảnh container chính thức")):
        if version_of(source) == VERSION:
            return Host("paperless", source, reason)
    return None


def missing_imports() -> list[str]:
    """Return which parts the real host needs are not installed here."""
    return [name for name in _NEEDS if importlib.util.find_spec(name) is None]


def choose(kind: str) -> Host:
    """Return the host to run on.

    Args:
        kind: `paperless`, `lite`, or `auto` for the real one where it can run.

    Raises:
        HostError: the one asked for is not to be had.
    """
    if kind == "lite":
        return Host("lite", LITE, "được yêu cầu (asked for)")
    found = find_paperless()
    lacking = missing_imports()
    if kind == "paperless":
        if found is None:
            message = (
                "Không tìm thấy Paperless-ngx 3.0.5: đặt PAPERLESS_SRC tới thư mục src, hoặc dùng --source TỆP_PHÁT_HÀNH "
                "(no Paperless-ngx 3.0.5 found: set PAPERLESS_SRC or give --source ARCHIVE)."
            )
            raise HostError(message)
        if lacking:
            message = f"Thiếu thư viện {', '.join(lacking)}: hãy cài 'vks-plugin[demo]'."
            raise HostError(message)
        return found
    if found is not None and not lacking:
        return found
    why = "không có Paperless-ngx 3.0.5 trên máy" if found is None else f"thiếu thư viện {', '.join(lacking)}"
    return Host("lite", LITE, why)


def unpack(archive: Path) -> Host:
    """Unpack a release archive into the cache folder and return the host in it.

    Raises:
        HostError: not an archive, unsafe, too large, or of another version; nothing was put in place.
    """
    if not archive.is_file():
        message = f"Không có tệp {archive}."
        raise HostError(message)
    target = cache_folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch) / "unpacked"
        folder.mkdir()
        try:
            if zipfile.is_zipfile(archive):
                _unzip(archive, folder)
            else:
                _untar(archive, folder)
        # RuntimeError: a locked archive, or packed in a way unknown here
        except (
            tarfile.TarError,
            zipfile.BadZipFile,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            OSError,
            RuntimeError,
        ) as error:
            message = f"{archive.name} không phải tệp nén hợp lệ hoặc không an toàn: {error}."
            raise HostError(message) from error
        tops = [folder, *(path for path in folder.iterdir() if path.is_dir())]
        top = next((path for path in tops if version_of(path / "src") is not None), None)
        if top is None:
            message = f"{archive.name} không chứa Paperless-ngx (thiếu src/paperless/version.py)."
            raise HostError(message)
        _checked(top / "src", archive.name)
        if target.exists():
            shutil.rmtree(target)
        shutil.move(top, target)
    return Host("paperless", target / "src", archive.name)


def _safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _LARGEST_ARCHIVE:
            message = "quá lớn (too large)"
            raise OSError(message)
        for member in members:
            # a symbolic link is written as its mode in the upper half of the attributes
            if not _safe(member.filename) or (member.external_attr >> 16) & 0o170000 == 0o120000:
                message = f"đường dẫn không an toàn: {member.filename}"
                raise OSError(message)
        packed.extractall(folder)  # noqa: S202 - every member was checked above


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        size = 0
        for number, member in enumerate(packed):
            size += member.size
            if number > _MOST_MEMBERS or size > _LARGEST_ARCHIVE:
                message = "quá lớn (too large)"
                raise OSError(message)
            # the filter refuses absolute paths, parents, links out of the folder and special files
            packed.extract(member, folder, filter="data")
        # the packer's checksum stands at the very end, behind what the reader of the archive looks at
        while packed.fileobj is not None and packed.fileobj.read(_BLOCK):
            pass
