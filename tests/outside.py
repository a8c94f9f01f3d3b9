"""What somebody outside does with what was handed out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def checked(folder: Path, *words: str) -> tuple[int, str]:
    """Run the verifier that came along, in its folder and without anything installed; return its status and words."""
    program = [sys.executable, "-I", "-S", str(folder / "verify_ledger.py"), *words]
    ended = subprocess.run(program, capture_output=True, check=False, cwd=folder, timeout=120)
    assert ended.stderr == b"", ended.stderr.decode()
    return ended.returncode, ended.stdout.decode()
