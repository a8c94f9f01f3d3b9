#!/usr/bin/env python3
"""Sets up what the demonstration and the tests run on: Debian's packages and a virtual environment.

Run from a checkout with nothing but Python's standard library; running it again does only what is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = CHECKOUT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"

DEMONSTRATION = (
    "fonts-liberation2",
    "ghostscript",
    "icc-profiles-free",
    "imagemagick",
    "libmagic1",
    "pngquant",
    "python3-venv",
    "tesseract-ocr",
    "tesseract-ocr-eng",
    "tesseract-ocr-vie",
    "unpaper",
)
"""What the host calls to read scans; on the stand-in, papers are filed without them."""
TESTS = (*DEMONSTRATION, "chromium", "gettext", "git", "poppler-utils", "postgresql", "qpdf", "redis-server")
SETS = {"demo": DEMONSTRATION, "dev": TESTS}


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _missing(packages: tuple[str, ...]) -> list[str]:
    if shutil.which("dpkg-query") is None:
        return []
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    present = {words[0] for line in listed.splitlines() if len(words := line.split()) > 1 and words[1].startswith("ii")}
    return [name for name in packages if name not in present]


def install_debian(packages: tuple[str, ...]) -> list[str]:
    """Install what is missing of these packages; return what is missing still."""
    missing = _missing(packages)
    if not missing or shutil.which("apt-get") is None:
        return missing
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None:
            return missing
        prefix = [sudo]
    say(f"Cài gói Debian / installing Debian packages: {' '.join(missing)}")
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    subprocess.run([*environment, "update", "-qq"], check=False)
    quiet = ["-y", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"]
    subprocess.run([*environment, "install", *quiet, *missing], check=False, stdout=subprocess.DEVNULL)
    return _missing(packages)


def install_python(extras: tuple[str, ...]) -> None:
    """Make the virtual environment and install the checkout with these extras, unless that is done already.

    Raises:
        SystemExit: Python is too old, or packages cannot be had; the sentence says which.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - run before anything is installed that says so
        sys.exit("Cần Python 3.11 trở lên (Python 3.11 or newer is needed).")
    if not PYTHON.exists():
        say(f"Tạo môi trường / making {ENVIRONMENT}")
        if subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=False).returncode != 0:
            sys.exit("Không tạo được môi trường ảo: hãy cài python3-venv (install python3-venv).")
    mark = ENVIRONMENT / "vks-installed"
    wanted = f"{hashlib.sha256((CHECKOUT / 'pyproject.toml').read_bytes()).hexdigest()} {','.join(extras)}\n"
    if mark.is_file() and mark.read_text(encoding="ascii") == wanted:
        return
    say(f"Cài thư viện / installing Python packages: {', '.join(extras)}")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*command, "--editable", f"{CHECKOUT}[{','.join(extras)}]"], check=False).returncode != 0:
        sys.exit("Không cài được thư viện Python: xem thông báo của pip ở trên (see pip's message above).")
    mark.write_text(wanted, encoding="ascii")


def prepare(kind: str) -> list[str]:
    """Set up for `demo` or `dev`; return the Debian packages that could not be installed."""
    missing = install_debian(SETS[kind])
    install_python(("demo",) if kind == "demo" else ("demo", "dev", "signatures"))
    return missing


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kind", nargs="?", choices=sorted(SETS), default="demo")
    missing = prepare(parser.parse_args().kind)
    if missing:
        say(f"Thiếu gói Debian (không nhận dạng được bản quét) / missing Debian packages: {' '.join(missing)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
