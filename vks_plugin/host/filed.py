"""Which documents of the host are filed in a case, and which of them are frozen.

The concepts above tell it when the program starts; the doors, the pages of administration and
the workflows of the host ask here, so that all of them mean the same documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from documents.models import Document

from vks_plugin.errors import NotAllowed
from vks_plugin.text import gettext_noop

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

FROZEN = gettext_noop(
    "Tài liệu hồ sơ vụ án này đã được niêm phong hoặc đã nộp lưu: tên, loại, ngày, bút lục, số lưu trữ và mã vụ án giữ "
    "nguyên. Thẻ và ghi chú vẫn sửa được. Niêm phong không mở lại: bản đúng, bản đính chính thì nộp thành tài liệu mới, lãnh "
    "đạo mở đợt số hóa bổ sung để niêm phong bản ấy. Hồ sơ đã nộp lưu thì trước đó rút sự kiện nộp lưu với lý do."
)

Query = Callable[[], "QuerySet[Any, Any]"]

_filed: list[Query] = []
_frozen: list[Query] = []
_lent: list[Callable[[User, Iterable[int] | None], set[int]]] = []
_arriving: list[Callable[[Document], bool]] = []
_named_secrets: list[Callable[[Iterable[int]], set[int]]] = []


def on_filed(query: Query) -> None:
    """Register what returns the ids of the documents filed in a case."""
    _filed[:] = [query]


def on_frozen(*queries: Query) -> None:
    """Register what returns the ids of filed documents of which title, type and dates stay as they are too.

    The file of a filed document stays as it is in any case.
    """
    _frozen[:] = queries


def on_lent(query: Callable[[User, Iterable[int] | None], set[int]]) -> None:
    """Register what returns which of some documents, or of all for None, somebody reads for no other reason than a loan."""
    _lent[:] = [query]


def lent_among(user: User, document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents somebody reads for no other reason than a loan."""
    return _lent[0](user, document_ids) if _lent else set()


def every_lent(user: User) -> set[int]:
    """Return all that somebody reads for no other reason than a loan; versions count as the document they are of."""
    return _lent[0](user, None) if _lent else set()


def on_arriving(check: Callable[[Document], bool]) -> None:
    """Register what tells whether a document will be filed as soon as it is stored, or is kept as strictly as those."""
    _arriving[:] = [check]


def on_named_secrets(query: Callable[[Iterable[int]], set[int]]) -> None:
    """Register what returns which of some documents wait in no case and are called a state secret (V13)."""
    _named_secrets[:] = [query]


def named_secrets_among(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents, or versions, wait in no case and are called a state secret: no word of them is kept."""
    chosen = list(document_ids)
    return _named_secrets[0](chosen) if _named_secrets and chosen else set()


def _among(queries: list[Query], document_ids: Iterable[int]) -> set[int]:
    chosen = list(document_ids)
    if not queries or not chosen:
        return set()
    rows = Document.global_objects.filter(reduce(or_, map(_of, queries)), pk__in=chosen)
    return set(rows.values_list("pk", flat=True))


def _of(query: Query) -> Q:
    return Q(pk__in=query()) | Q(root_document_id__in=query())


def filed_among(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents, or whose roots where they are versions, are filed in a case."""
    return _among(_filed, document_ids)


def frozen_among(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents, or whose roots where they are versions, are frozen (validation rule V06)."""
    return _among(_frozen, document_ids)


def refuse_frozen(document_ids: Iterable[int]) -> None:
    """Refuse to change what a seal or the archive keeps.

    Raises:
        NotAllowed: one of these documents is frozen.
    """
    if frozen_among(document_ids):
        raise NotAllowed(_(FROZEN))


def filed_documents() -> QuerySet[Document]:
    """Return the documents filed in a case, their versions and those in the trash too."""
    return Document.global_objects.filter(_of(_filed[0]) if _filed else Q(pk__in=[]))


def belongs_to_a_case(document: Document) -> bool:
    """Tell whether a document is filed, will be as soon as the host has stored it, or is kept like one that is."""
    return bool(filed_among([document.pk])) or any(check(document) for check in _arriving)
