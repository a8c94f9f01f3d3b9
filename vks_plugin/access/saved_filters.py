"""Filters of the case list that people keep under a name.

What is kept is the question, not the answer: applied, it finds what the person may see at that moment.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from vks_plugin.cases.filters import CaseFilterSet
from vks_plugin.cases.models import SavedFilter
from vks_plugin.errors import BadInput, Conflict, NotFound
from vks_plugin.text import one_line

MOST_FILTERS = 50
"""For one person."""
_LONGEST_NAME = 60
_LONGEST_QUERY = 1000
_KEPT = (*CaseFilterSet.base_filters, "order")


def filters_of(user: User) -> QuerySet[SavedFilter]:
    """Return the person's own filters."""
    return SavedFilter.objects.filter(user_id=user.pk)


def kept_query(query: str) -> str:
    """Return the part of a list's address that is worth keeping: known filters that say something, and the order."""
    pairs = parse_qsl(query.removeprefix("?"), max_num_fields=200)
    return urlencode([(key, one_line(value)) for key, value in pairs if key in _KEPT and value.strip()])


@transaction.atomic
def save_filter(*, user: User, name: str, query: str) -> SavedFilter:
    """Keep a filter under a name; one of that name is replaced.

    Raises:
        BadInput: there is no name, or nothing to keep.
        Conflict: the person has too many.
    """
    name = one_line(name)
    if not name:
        raise BadInput(_("Hãy đặt tên cho bộ lọc."), field="name")
    if len(name) > _LONGEST_NAME:
        raise BadInput(_("Tên bộ lọc dài quá %(longest)d ký tự.") % {"longest": _LONGEST_NAME}, field="name")
    try:
        kept = kept_query(query)
    except ValueError as error:
        raise BadInput(_("Bộ lọc quá dài: hãy bớt điều kiện."), field="query") from error
    if not kept:
        raise BadInput(_("Danh sách chưa lọc gì: hãy chọn điều kiện lọc rồi lưu."), field="query")
    if len(kept) > _LONGEST_QUERY:
        raise BadInput(_("Bộ lọc quá dài: hãy bớt điều kiện."), field="query")
    others = filters_of(user).exclude(name=name).count()
    if others >= MOST_FILTERS:
        raise Conflict(_("Bạn đã lưu %(most)d bộ lọc: hãy xóa bớt.") % {"most": MOST_FILTERS})
    saved, _made = SavedFilter.objects.update_or_create(user=user, name=name, defaults={"query": kept})
    return saved


def delete_filter(*, user: User, pk: int) -> None:
    """Forget one of the person's own filters.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    deleted, _rows = filters_of(user).filter(pk=pk).delete()
    if not deleted:
        raise NotFound(_("Không có bộ lọc này."))
