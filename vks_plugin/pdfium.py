"""The library that draws pages and reads where letters stand, which must be called by one thread at a time.

A web server answers each request in a thread of its own. Two of them within pdfium at once end the process, and with it
everybody's requests.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2

_ALONE = threading.RLock()


@contextmanager
def pdfium_document(source: Path | io.BytesIO, *, forms: bool = False) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF; other threads of the process that want to open one wait until it is closed again.

    Nothing that may wait for another thread, as a lock of the database does, belongs inside: that one may be waiting here.

    Args:
        source: the file.
        forms: whether what is filled into form fields is drawn and read, too.

    Raises:
        OSError: there is no such file.
        pypdfium2.PdfiumError: it cannot be read.
    """
    with _ALONE:
        pdf = pypdfium2.PdfDocument(source)
        try:
            if forms:
                pdf.init_forms()
            yield pdf
        finally:
            pdf.close()
