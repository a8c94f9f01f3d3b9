"""Which documents a person may view, answered from the cases they are filed in.

The host asks this on its lists, counts and searches, and answers from guardian's rows: every row of everything the person
may see, cast and put together, whatever is asked for. For filed documents those rows say what the policy says, because
they were made from it; and the policy's answer is a short condition on cases. What is not filed is few, and looked up
before: beside a list of numbers the database plans the rest well.

Two more questions of the host are asked here for a whole page, or not at all, instead of document by document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import CharField, Exists, IntegerField, OuterRef, Q
from django.db.models.functions import Cast
from documents import filters, permissions, serialisers
from documents.models import Document
from guardian.models import GroupObjectPermission, UserObjectPermission

from vks_plugin.host.permissions import grants_of, permission_ids

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


def answer_from(readable: Readable, owner: Callable[[], int | None]) -> None:
    """Let the host answer for filed documents from a query of ours.

    Args:
        readable: gives the ids of the filed documents a person may view; None: leave it to the host.
        owner: gives the account that owns every filed document; None: there is none yet.
    """

    def visible(user: Any) -> Q | None:
        """Return the condition on documents; None: leave it to the host."""
        if user is None or not getattr(user, "is_authenticated", False) or user.is_superuser or not user.is_active:
            return None
        ours, account = readable(user), owner()
        if ours is None or account is None:
            return None
        filed = Q(id__in=ours)
        others = _not_filed(user, account)
        # one condition without alternatives, where it can be: the database then starts from it
        return Q(deleted_at__isnull=True) & (filed if others is None else filed | others)

    def permitted_document_ids(user: Any) -> QuerySet[Any, Any]:
        """Return the ids of the documents the person may view, those in the bin left out."""
        condition = visible(user)
        return (
            as_the_host(user) if condition is None else Document.objects.filter(condition).values_list("id", flat=True)
        )

    def filter_queryset(self: Any, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Narrow a list to what the person may view; no joins, so that no document comes twice."""
        user = request.user
        if getattr(view, "detail", False) and user.is_authenticated and not user.is_superuser:
            # one document: its own few grants are looked up, in the same statement
            return queryset.filter(_open_to(user), deleted_at__isnull=True)
        condition = visible(user)
        if condition is None:
            return _narrowed_by_the_host(self, request, queryset, view)
        return queryset.filter(condition)

    # each of these modules has the name for itself, from the time it was imported
    for module in (permissions, filters):
        _replace(module, "permitted_document_ids", permitted_document_ids)
    # put into the query itself, not as a second look at the table of documents
    _replace(filters.DocumentPermissionsFilter, "filter_queryset", filter_queryset)
    _ask_for_whole_pages()


def _replace(owner: Any, name: str, ours: Any) -> None:
    replaced.setdefault((owner, name), (getattr(owner, name), ours))
    setattr(owner, name, ours)


def _open_to(user: User) -> Q:
    """Return the condition that a document is the person's, nobody's, or shared with the person: the host's own.

    The database looks the grants of each document up, so it is for few documents.
    """
    kind = {"permission_id": permission_ids()["view"], "object_pk": Cast(OuterRef("id"), CharField())}
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
    loose, waiting = _loose(user, account), _waiting(user)
    few = list(loose.union(waiting)[: _FEW + 1])
    if len(few) > _FEW:
        return Q(id__in=loose) | Q(id__in=waiting)
    return Q(id__in=few) if few else None


def _loose(user: User, account: int) -> QuerySet[Any, Any]:
    """Return the ids of documents that are not filed and are the person's, nobody's or shared with the person.

    They start from the documents, which are few.
    """
    return (
        # two ranges: for "another one" no index would be used
        Document.objects.filter(Q(owner__isnull=True) | Q(owner_id__lt=account) | Q(owner_id__gt=account))
        .filter(_open_to(user))
        .order_by()
        .values_list("id", flat=True)
    )


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
