"""The host's doors by which what is in a document goes out, and which documents a request was about.

Doors are known by the names of their routes. The stand-in has a few of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache, wraps
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib.admin.utils import unquote
from django.db.models.functions import Coalesce
from documents.models import Document

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from rest_framework.request import Request

_EXCERPT = 550
"""Letters the host leaves of a text when it is asked for the first words only."""


class Door(NamedTuple):
    """A route of the host."""

    act: str
    """What it is to go through: `view`, `text`, `preview`, `download` or `share`."""
    parameter: str = "pk"
    """Where the address has the document's id; empty when the request or the answer names several."""
    tells: bool = True
    """Whether it tells what is in a document; otherwise only a refusal is worth noting."""


_OF_PAGES = "object_id"
"""Where the address of an administration page has the key of its row."""
_OF_RIGHTS = "object_pk"
"""The same of the pages of who may do what with a row, which begin with what the row is called."""


DOORS: dict[str, Door] = {
    "document-detail": Door("view"),
    "document-metadata": Door("view"),
    "document-notes": Door("view"),
    "document-history": Door("view"),
    "document-suggestions": Door("view"),
    "document-ai-suggestions": Door("view"),
    "document-preview": Door("preview"),
    "document-download": Door("download"),
    # shown small beside every row of a list
    "document-thumb": Door("preview", tells=False),
    "document-root": Door("view", tells=False),
    "document-share-links": Door("share", tells=False),
    "document-email-document": Door("share", ""),
    "document-email-documents": Door("share", ""),
    "sharelink-list": Door("share", "", tells=False),
    "sharelinkbundle-list": Door("share", "", tells=False),
    "bulk_download": Door("download", ""),
    # fills whatever template it is sent with what the host knows of a document, the whole text too
    "storagepath-test": Door("text", ""),
    "chat_streaming_view": Door("text", ""),
    # the administration pages
    "admin:documents_document_change": Door("view", _OF_PAGES),
    "admin:documents_document_delete": Door("view", _OF_PAGES),
    "admin:documents_document_history": Door("view", _OF_PAGES),
    "admin:documents_document_permissions": Door("view", _OF_RIGHTS),
    "admin:documents_document_permissions_manage_user": Door("view", _OF_RIGHTS),
    "admin:documents_document_permissions_manage_group": Door("view", _OF_RIGHTS),
    # lists of notes and of values say what is in them, as their forms do
    "admin:documents_note_changelist": Door("view", ""),
    "admin:documents_note_change": Door("view", ""),
    "admin:documents_note_delete": Door("view", ""),
    "admin:documents_note_history": Door("view", ""),
    "admin:documents_note_permissions": Door("view", ""),
    "admin:documents_note_permissions_manage_user": Door("view", ""),
    "admin:documents_note_permissions_manage_group": Door("view", ""),
    "admin:documents_customfieldinstance_changelist": Door("view", ""),
    "admin:documents_customfieldinstance_change": Door("view", ""),
    "admin:documents_customfieldinstance_delete": Door("view", ""),
    "admin:documents_customfieldinstance_history": Door("view", ""),
    "admin:documents_customfieldinstance_permissions": Door("view", ""),
    "admin:documents_customfieldinstance_permissions_manage_user": Door("view", ""),
    "admin:documents_customfieldinstance_permissions_manage_group": Door("view", ""),
    # the list of the trail calls notes and values by what they say
    "admin:auditlog_logentry_changelist": Door("view", ""),
    # an entry of the audit trail has the text of before and after
    "admin:auditlog_logentry_change": Door("text", ""),
}
"""Doors of single documents, or of those a request names."""

LISTS: dict[str, str] = {"document-list": "results", "global_search": "documents", "trash": "results"}
"""Doors that answer with many documents, and where in the answer these stand."""


class LeftOut(str):
    """What stands in an answer in the place of a text that the asker is not shown."""

    __slots__ = ()


def texts_in(request: HttpRequest, answer: object, key: str) -> list[int]:
    """Return the ids of the documents whose text an answer has in full.

    The host's own interface asks for the first words of each text only.
    """
    rows = answer.get(key) if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        return []
    excerpts = request.GET.get("truncate_content", "").lower() in {"true", "1"}
    longest = _EXCERPT if excerpts else 0
    told = [row for row in rows if isinstance(row, dict) and not isinstance(row.get("content"), LeftOut)]
    return [row["id"] for row in told if len(row.get("content") or "") > longest]


def roots_of(document_ids: Iterable[int]) -> QuerySet[Any, Any]:
    """Return the ids of these documents, or of the documents they are versions of, as a query."""
    root = Coalesce("root_document_id", "id")
    return Document.global_objects.filter(pk__in=list(document_ids)).order_by().values_list(root, flat=True)


ROOTS = 'SELECT COALESCE("root_document_id", "id") FROM "documents_document" WHERE "id" = {}'
"""The same for a function in the database."""


# --- which documents a request was about ------------------------------------------------------


def number_of(value: object) -> int | None:
    """Return the number that the host would look a row up by, however it is written; None where it would find none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        # the host takes 7.0, "+7" and " 7" for 7
        found = int(re.sub(r"\.0*\s*$", "", value) if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    # no row has a longer one, and SQLite takes none in a question
    return found if abs(found) < 2**63 else None


def number_in_address(parameter: str, value: object) -> int | None:
    """Return the number that a door would look a row up by, from what its address has for a parameter of this name."""
    # the administration pages write what is no plain letter of an address in a way of their own
    of_pages = parameter in {_OF_PAGES, _OF_RIGHTS}
    return number_of(unquote(value) if of_pages and isinstance(value, str) else value)


def numbers_in(raw: object) -> list[int]:
    """Return the numbers that a part of a request names rows by, be it one or several."""
    several = raw if isinstance(raw, list | tuple) else [raw]
    return [number for number in map(number_of, several) if number is not None]


_NOTED = "vks_documents"
_KEPT_BACK = "vks_kept_back"


def note_documents(request: Any, document_ids: Iterable[int], *, kept_back: bool = False) -> None:
    """Remember, with a request of the host's API, which documents it is about.

    Args:
        request: of the host's API.
        document_ids: what it is about.
        kept_back: whether a rule of ours keeps these from an asker who may well know of them.
    """
    asked = getattr(request, "_request", request)
    setattr(asked, _NOTED, list(document_ids))
    setattr(asked, _KEPT_BACK, kept_back)


def kept_back(request: HttpRequest) -> bool:
    """Tell whether what was remembered is kept from an asker who may well know of it."""
    return getattr(request, _KEPT_BACK, False)


def noted_documents(request: HttpRequest) -> list[int] | None:
    """Return what was remembered; None when nothing was."""
    return getattr(request, _NOTED, None)


def note_selections() -> None:
    """Remember which documents a request for several of them came to; the answer to it is an archive."""
    from documents import views  # noqa: PLC0415 - imports every door of the host

    mixin: Any = getattr(views, "DocumentSelectionMixin", None)
    if mixin is None or getattr(mixin._resolve_document_ids, "notes_documents", False):  # noqa: SLF001 - the only place
        return
    resolve = mixin._resolve_document_ids  # noqa: SLF001

    @wraps(resolve)
    def noting(self: Any, **asked: Any) -> list[int]:
        found: list[int] = resolve(self, **asked)
        note_documents(self.request, found)
        return found

    noting.notes_documents = True  # type: ignore[attr-defined]
    mixin._resolve_document_ids = noting  # noqa: SLF001


def client_address(request: HttpRequest | Request) -> str | None:
    """Return the address a request came from; what a header says counts only behind a proxy the host trusts."""
    trusted = set(getattr(settings, "TRUSTED_PROXIES", ()))
    address = request.META.get("REMOTE_ADDR", "")
    if address in trusted:
        # each proxy adds the one it was asked by at the end
        asked = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        address = next((each for each in reversed(asked) if each and each not in trusted), address)
    return _as_address(address)


@lru_cache(maxsize=1024)
def _as_address(text: str) -> str | None:
    try:
        # a zone names an interface of this machine, and no database takes it
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None
