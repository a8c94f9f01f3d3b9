"""An office program other than the one a file is meant for, to see that it opens there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = shutil.which("soffice") is not None


def in_libreoffice(file: Path, folder: Path) -> Path:
    """Have LibreOffice open a presentation or a PDF and print it, hidden slides too; return the PDF in the folder.

    Raises:
        subprocess.SubprocessError: it failed, or took three minutes.
    """
    # a profile of its own: with one that is open elsewhere the program does nothing and says nothing
    profile = (folder / "libreoffice").resolve().as_uri()
    hidden_too = 'pdf:impress_pdf_Export:{"ExportHiddenSlides":{"type":"boolean","value":"true"}}'
    words = [
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        hidden_too,
        "--outdir",
        str(folder),
        str(file),
    ]
    subprocess.run(["soffice", *words], check=True, capture_output=True, timeout=180)
    return folder / f"{file.stem}.pdf"
