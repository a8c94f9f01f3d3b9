"""Which documents a person may view, answered from the cases they are filed in.

The host asks this on its lists, counts and searches, and answers from guardian's rows: every row of everything the person
may see, cast and put together, whatever is asked for. For filed documents those rows say what the policy says, because
they were made from it; and the policy's answer is a short condition on cases. What is not filed is few, and looked up
before: beside a list of numbers the database plans the rest well. A list of everything is counted where documents are filed,
and who may view nearly all of it is given a page of it from an index of what it is ordered by, on SQLite too.

Two more questions of the host are asked here for a whole page, or not at all, instead of document by document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import CharField, Exists, F, Func, IntegerField, OuterRef, Q
from django.db.models.expressions import Col
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull
from documents import filters, permissions, serialisers, views
from documents.models import Document
from guardian.models import GroupObjectPermission, UserObjectPermission

from vks_plugin.host.permissions import grants_of, permission_ids
from vks_plugin.host.search import confirmed_words

if TYPE_CHECKING:
    from django.db.models import QuerySet

as_the_host = permissions.permitted_document_ids
"""The host's own answer."""
_narrowed_by_the_host = filters.DocumentPermissionsFilter.filter_queryset

Readable = Callable[[User], "QuerySet[Any, Any] | None"]

replaced: dict[tuple[Any, str], tuple[Any, Any]] = {}
"""What of the host gave way, by where it stands: the host's and ours."""

_FEW = 1000
"""Documents that are named one by one in a query."""
_FEW_DUPLICATES = 20
_WALKED = 0.25
"""The share of all documents that may be looked at one by one for a page; reading all of them takes as long as about half."""


def answer_from(readable: Readable, owner: Callable[[], int | None]) -> None:
    """Let the host answer for filed documents from a query of ours.

    Args:
        readable: gives the ids of the filed documents a person may view, as `document_id` of the rows that file them; None:
            leave it to the host.
        owner: gives the account that owns every filed document; None: there is none yet.
    """

    def visible(user: Any) -> _Seen | None:
        """Return what the person may view; None: leave it to the host."""
        if user is None or not getattr(user, "is_authenticated", False) or user.is_superuser or not user.is_active:
            return None
        ours, account = readable(user), owner()
        if ours is None or account is None:
            return None
        filed = Q(id__in=ours)
        others = _not_filed(user, account)
        # one condition without alternatives, where it can be: the database then starts from it
        return _Seen(Q(deleted_at__isnull=True) & (filed if others is None else filed | others), ours, others)

    def permitted_document_ids(user: Any) -> QuerySet[Any, Any]:
        """Return the ids of the documents the person may view, those in the bin left out."""
        seen = visible(user)
        return (
            as_the_host(user) if seen is None else Document.objects.filter(seen.condition).values_list("id", flat=True)
        )

    def filter_queryset(self: Any, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow a list to what the person may view; no joins, so that no document comes twice."""
        user = request.user
        if getattr(view, "detail", False) and user.is_authenticated and not user.is_superuser:
            # one document: its own few grants are looked up, in the same statement
            return queryset.filter(_open_to(user, one_by_one=True), deleted_at__isnull=True)
        seen = visible(user)
        if seen is None:
            return _narrowed_by_the_host(self, request, queryset, view)
        found = queryset.filter(seen.condition)
        return _counting(found, seen) if _asks_for_all(queryset) else found

    # each of these modules has the name for itself, from the time it was imported
    for module in (permissions, filters):
        _replace(module, "permitted_document_ids", permitted_document_ids)
    # put into the query itself, not as a second look at the table of documents
    _replace(filters.DocumentPermissionsFilter, "filter_queryset", filter_queryset)
    _ask_for_whole_pages()


def confirm_completions() -> None:
    """Let the host complete words only from documents that the database, too, lets the person view; it asks the index alone."""
    view = views.SearchAutoCompleteView
    if (view, "get") in replaced:
        return
    by_the_index = view.get

    # with what the host says of itself in its schema
    @wraps(by_the_index)
    def get(self: Any, request: Any, format: Any = None) -> Any:  # noqa: A002 - the host's own name
        answer: Any = by_the_index(self, request, format)
        words = getattr(answer, "data", None)
        if isinstance(words, list) and not request.user.is_superuser:
            answer.data = confirmed_words(request.user, words)
        return answer

    _replace(view, "get", get)


@dataclass(frozen=True)
class _Seen:
    """The documents somebody may view."""

    condition: Q
    """On documents."""
    filed: QuerySet[Any, Any]
    """The ids of those that are filed, whether or not they are in the bin."""
    others: Q | None
    """The condition on those that are not; None: there are none."""

    @cached_property
    def number(self) -> int:
        """How many there are outside the bin, versions left out (at most three queries).

        Those that are filed are counted where they are filed, and the few of them that a list leaves out are taken off:
        the table of documents, which is wide, is not read from end to end.
        """
        binned = Document.global_objects.filter(deleted_at__isnull=False).order_by().values("id")
        versions = Document.global_objects.filter(root_document__isnull=False).order_by().values("id")
        # one after the other and not by "or": each is found by an index of its own
        left_out: Any = binned.union(versions)
        number: int = self.filed.count() - self.filed.filter(document_id__in=left_out).count()
        if self.others is not None:
            rest = Document.objects.filter(self.others, deleted_at__isnull=True, root_document__isnull=True)
            number += rest.exclude(id__in=self.filed).count()
        return number

    def skips_few(self, last: int) -> bool:
        """Tell whether few documents are looked at up to the last of a page, even if all that the person may not view come first."""
        every = Document.global_objects.count()
        return every - self.number + last <= every * _WALKED

    def one_by_one(self, page: QuerySet[Any]) -> QuerySet[Any]:
        """Put the same question to each document in the order of a list, instead of gathering all there are and sorting them.

        SQLite keeps no account of what is in a table: it starts from the index of what is not in the bin, which is everything.
        """
        open_to = Q(Exists(self.filed.filter(document_id=OuterRef("pk"))))
        asked = page.all()
        asked.query.where = asked.query.where.create()
        left_out = [IsNull(_WithoutIndex(F(name)), True) for name in ("root_document_id", "deleted_at")]  # noqa: FBT003
        return asked.filter(*left_out, open_to if self.others is None else open_to | self.others)


class _WithoutIndex(Func):
    """A column for which SQLite is to use no index: that is what a plus before it means there."""

    template = "+%(expressions)s"


_LEFT_OUT = {"deleted_at", "root_document"}
"""What every list of documents leaves out: the bin, and versions."""


def _asks_for_all(queryset: QuerySet[Any]) -> bool:
    """Tell whether a list leaves out the bin and versions and looks for nothing else."""
    where = queryset.query.where
    plain = where.connector == "AND" and not where.negated and not queryset.query.is_sliced
    asked = {
        each.lhs.target.name if isinstance(each, IsNull) and each.rhs is True and isinstance(each.lhs, Col) else ""
        for each in where.children
    }
    return plain and asked == _LEFT_OUT


def _counting(found: QuerySet[Any], seen: _Seen) -> QuerySet[Any]:
    """Let a list be counted by what is known of it, as long as nobody looks for more in it."""
    kind = _counting_kind(type(found))
    found.__class__ = kind
    vars(found)["_as_counted"] = (found.query.where.clone(), seen)
    return found


@cache
def _counting_kind(of: type[QuerySet[Any]]) -> type[QuerySet[Any]]:
    class Counting(of):  # type: ignore[valid-type, misc]
        """A list that knows how many it holds."""

        _as_counted: tuple[Any, _Seen]

        def _clone(self) -> Any:
            clone = super()._clone()
            vars(clone)["_as_counted"] = self._as_counted
            return clone

        def count(self) -> int:
            return self._as_counted[1].number if self._asks_no_more() else int(super().count())

        def __getitem__(self, place: Any) -> Any:
            last = place.stop if isinstance(place, slice) else None
            if connections[self.db].vendor != "sqlite" or last is None or not self._asks_no_more():
                return super().__getitem__(place)
            found = _without_ties(self)
            if found is None:
                return super().__getitem__(place)
            # a list like the host's own again
            found.__class__ = of
            seen = self._as_counted[1]
            return (seen.one_by_one(found) if seen.skips_few(last) else found)[place]

        def _asks_no_more(self) -> bool:
            where, _seen = self._as_counted
            return self._result_cache is None and self.query.where == where and not self.query.is_sliced

    return Counting


def _without_ties(found: QuerySet[Any]) -> QuerySet[Any] | None:
    """Return a list in an order that is the same for every page, however it is found; None: no index has its order."""
    order = [each for each in found.query.order_by if isinstance(each, str)]
    if not order or len(order) < len(found.query.order_by):
        return None
    try:
        first: Any = Document._meta.get_field(order[0].lstrip("-"))
    except FieldDoesNotExist:
        return None
    if first.is_relation or not (first.unique or first.db_index):
        return None
    names = {each.lstrip("-") for each in order}
    key = "-pk" if order[0].startswith("-") else "pk"
    return found.all() if names & {"pk", Document._meta.pk.name} else found.order_by(*order, key)


def _replace(owner: Any, name: str, ours: Any) -> None:
    replaced.setdefault((owner, name), (getattr(owner, name), ours))
    setattr(owner, name, ours)


def _open_to(user: User, *, one_by_one: bool = False) -> Q:
    """Return the condition that a document is the person's, nobody's, or shared with the person: the host's own.

    Args:
        user: who asks.
        one_by_one: whether the database is to look the grants of each document up, because there are few documents. Left
            to itself it reads all grants of a person who may see nearly everything.
    """
    document = Cast(OuterRef("id"), CharField())
    same = {"object_pk__gte": document, "object_pk__lte": document} if one_by_one else {"object_pk": document}
    kind: dict[str, Any] = {"permission_id": permission_ids()["view"], **same}
    return (
        Q(owner__isnull=True)
        | Q(owner_id=user.pk)
        | Exists(UserObjectPermission.objects.filter(user_id=user.pk, **kind))
        | Exists(GroupObjectPermission.objects.filter(group__in=_groups(user), **kind))
    )


def _groups(user: User) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = User.groups.through.objects.filter(user_id=user.pk).values("group_id")
    return found


def _not_filed(user: User, account: int) -> Q | None:
    """Return the condition on documents outside cases, which names them if they are few; None: the person may view none."""
    # two ranges: for "another one" no index would be used
    there = Document.objects.filter(
        Q(owner__isnull=True) | Q(owner_id__lt=account) | Q(owner_id__gt=account)
    ).order_by()
    many = there[_FEW : _FEW + 1].exists()
    loose = there.filter(_open_to(user, one_by_one=not many)).values_list("id", flat=True)
    waiting: Any = _waiting(user)
    few = list(waiting.union(loose)[: _FEW + 1])
    if len(few) > _FEW:
        return Q(id__in=loose) | Q(id__in=waiting)
    return Q(id__in=few) if few else None


def _waiting(user: User) -> QuerySet[Any, Any]:
    """Return the ids of documents that a group of the person may view and change: those in the inbox of an office.

    They belong to the account that owns the filed documents too. No group may change a filed document, so
    the database starts from few grants.
    """
    held = permission_ids()
    rows = GroupObjectPermission.objects.filter(group__in=_groups(user))
    viewed = rows.filter(permission_id=held["view"], object_pk=OuterRef("object_pk"))
    both = rows.filter(Exists(viewed), permission_id=held["change"])
    found: QuerySet[Any, Any] = both.order_by().values_list(Cast("object_pk", IntegerField()), flat=True)
    return found


def _ask_for_whole_pages() -> None:
    """Let the host ask for all results of a search at once who may change them, and look for copies before for rights."""
    listed = getattr(serialisers, "SearchResultListSerializer", None)
    copies = getattr(serialisers, "_get_viewable_duplicates", None)
    if listed is not None and (listed, "to_representation") not in replaced:
        one_by_one = listed.to_representation

        def to_representation(self: Any, hits: Any) -> Any:
            found = grants_of(hit["id"] for hit in hits)
            for holder in ("user", "group"):
                self.child.context[f"{holder}s_change_perms"] = {
                    pk: [each.holder_id for each in grants if each[0] == holder and each.action == "change"]
                    for pk, grants in found.items()
                }
            return one_by_one(self, hits)

        _replace(listed, "to_representation", to_representation)
    if copies is not None and (serialisers, "_get_viewable_duplicates") not in replaced:

        def viewable(document: Document, user: Any) -> Any:
            checksums = {each for each in (document.checksum, document.archive_checksum) if each}
            same = Document.global_objects.filter(
                Q(checksum__in=checksums) | Q(archive_checksum__in=checksums), root_document__isnull=True
            ).exclude(pk=document.pk)
            few = list(same[: _FEW_DUPLICATES + 1])
            if user is None or len(few) > _FEW_DUPLICATES:
                return copies(document, user)
            seen = [each.pk for each in few if permissions.has_perms_owner_aware(user, "view_document", each)]
            return Document.global_objects.filter(pk__in=seen).order_by("-created")

        _replace(serialisers, "_get_viewable_duplicates", viewable)
