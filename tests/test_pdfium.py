"""Requests are answered in threads of one process: what two of them draw at once must not end it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests import plugin

SOURCES = Path(plugin.__file__).resolve().parent.parent / "vks_plugin"
PAPERS = Path(plugin.__file__).resolve().parent.parent / "fixtures" / "demo" / "files"

MANY = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from vks_plugin.pdfium import pdfium_document

def look(path):
    with pdfium_document(path, forms=True) as pdf:
        for page in pdf:
            page.render(scale=1).to_pil()
            page.get_textpage().get_text_bounded()
            page.close()
    return 1

papers = sorted(Path(sys.argv[1]).glob("*.pdf"))[:12]
with ThreadPoolExecutor(6) as threads:
    print(sum(threads.map(look, papers * 6)))
"""


def test_many_look_at_pages_at_once() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MANY, str(PAPERS)], capture_output=True, text=True, check=False, timeout=300
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "72"), ended.stderr[-2000:]


def test_a_pdf_is_opened_by_pdfium_at_one_place_only() -> None:
    opening = {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if "PdfDocument" in (text := path.read_text(encoding="utf-8"))
        if any(
            isinstance(node, ast.Call)
            and (getattr(node.func, "attr", "") == "PdfDocument" or getattr(node.func, "id", "") == "PdfDocument")
            for node in ast.walk(ast.parse(text))
        )
    }
    # the stand-in's, as the host, takes files in in a worker
    assert opening == {"pdfium.py", "lite/documents/consumer.py"}
