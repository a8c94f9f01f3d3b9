"""The formats a form is written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vks_plugin.errors import BadInput
from vks_plugin.papers.docx import as_docx
from vks_plugin.papers.layout import OfficialPaper
from vks_plugin.papers.pdf import as_pdf
from vks_plugin.papers.xlsx import as_xlsx
from vks_plugin.text import Sentence, one_line
from vks_plugin.text import gettext_noop as _


class Format(NamedTuple):
    """A way to write a form."""

    content_type: str
    write: Callable[[OfficialPaper], bytes]


FORMATS: dict[str, Format] = {
    "pdf": Format("application/pdf", as_pdf),
    "docx": Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", as_docx),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}


def _format(name: str) -> Format:
    found = FORMATS.get(name)
    if found is None:
        raise BadInput(
            Sentence(_("Không có định dạng “%(format)s”: hãy chọn pdf, docx hoặc xlsx."), format=one_line(name)[:20]),
            field="format",
        )
    return found


def content_type(name: str) -> str:
    """Return the media type of a format.

    Raises:
        BadInput: there is no such format.
    """
    return _format(name).content_type


def write_paper(paper: OfficialPaper, name: str) -> bytes:
    """Return the form in a format.

    Raises:
        BadInput: there is no such format.
    """
    return _format(name).write(paper)
