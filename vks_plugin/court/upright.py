"""Which way up a scanned page without words stands, as tesseract sees it where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from vks_plugin.court.words import scale_of
from vks_plugin.pdfium import pdfium_document

_DOTS = 150
_SECONDS = 60
_SURE = 2.0
"""Confidence of the program below which its answer is a guess."""


@lru_cache(maxsize=1)
def _program() -> str:
    return shutil.which("tesseract") or ""


def knows_up() -> bool:
    """Tell whether this machine can look."""
    return bool(_program())


def which_way_up(path: Path, at: int) -> int | None:
    """Return by how many degrees, with the clock, a page (from 0) has to be turned to be read; None when nobody can tell."""
    with pdfium_document(path) as pdf:
        page = pdf[at]
        picture = page.render(scale=scale_of(page, _DOTS), grayscale=True).to_pil()
    with tempfile.NamedTemporaryFile(suffix=".png") as drawn:
        picture.save(drawn.name)
        command = [_program(), drawn.name, "-", "--psm", "0", "--dpi", str(_DOTS)]
        try:
            # several threads take longer than one, and more of the machine
            ended = subprocess.run(  # noqa: S603 - found above
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
                env={"OMP_THREAD_LIMIT": "1", "PATH": os.defpath},
            )
        except subprocess.TimeoutExpired:
            return None
    turn = re.search(r"^Rotate: (\d+)", ended.stdout, re.MULTILINE)
    sure = re.search(r"^Orientation confidence: ([\d.]+)", ended.stdout, re.MULTILINE)
    if ended.returncode or turn is None or sure is None or float(sure[1]) < _SURE:
        return None
    return int(turn[1])
