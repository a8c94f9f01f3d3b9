"""Papers as files that are handed out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpResponse

from vks_plugin.conf import configuration
from vks_plugin.language import speaking, told
from vks_plugin.papers import OfficialPaper, content_type, write_paper
from vks_plugin.text import ascii_file_name


class Printed(NamedTuple):
    """A paper as a file."""

    name: str
    content_type: str
    content: bytes

    def as_answer(self) -> HttpResponse:
        """Return what hands it out, to be kept by nobody on the way."""
        answer = HttpResponse(self.content, content_type=self.content_type)
        answer["Content-Disposition"] = f'attachment; filename="{self.name}"'
        answer["Cache-Control"] = "private, no-store"
        return answer


def numbered(series: str, number: int | None) -> str:
    """Return the line of a record's number, with the symbol its office gave the series (`VKS_PAPER_SYMBOLS`), if any.

    No source says which symbol these records bear, so none is printed unasked.

    Args:
        series: of `conf.PAPER_SERIES`.
        number: None: not given yet.
    """
    symbol = dict(configuration().paper_symbols).get(series, "")
    return f"Số: {number if number is not None else '……'}{'/' if symbol else ''}{symbol}"


def sent_to(*names: str) -> list[str]:
    """Return who gets a paper and where it is kept (`VKS_PAPER_KEPT`), as `OfficialPaper.recipients` has it.

    Args:
        names: of those who get it; empty ones are left out.
    """
    kept = configuration().paper_kept.strip().rstrip(".")
    return [*filter(None, names), *([f"Lưu: {kept}"] if kept else [])]


def print_paper(make: Callable[[], OfficialPaper], file_format: str, *, name: str) -> Printed:
    """Print a paper in Vietnamese, whatever language the person uses the pages in.

    Args:
        make: makes the paper; called once the format is known to be one.
        file_format: a name in `papers.FORMATS`.
        name: what the file is called, without its ending; written in ASCII.

    Raises:
        BadInput: there is no such format.
    """
    with told():
        kind = content_type(file_format)
    with speaking("vi"):
        content = write_paper(make(), file_format)
    return Printed(f"{ascii_file_name(name)}.{file_format}", kind, content)
