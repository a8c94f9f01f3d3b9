"""Owner and grants of documents, in the host's own tables.

Guardian keeps one row per grant; the host reads those rows on every path, so what
is written here is what every door of the DMS obeys. Rows are compared and written
in bulk: setting them one document at a time costs ten queries each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.db.models.signals import post_migrate
from documents.models import Document
from documents.permissions import permitted_document_ids
from guardian.models import GroupObjectPermission, UserObjectPermission

from vks_plugin.host.files import BATCH

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

_LARGE_BATCH = 2000
"""Instead of `BATCH`, on other databases than SQLite."""


class Grant(NamedTuple):
    """One holder may do one thing with a document."""

    holder: str
    """`user` or `group`."""
    holder_id: int
    action: str
    """`view` or `change`."""


@dataclass(frozen=True)
class Changed:
    """Which documents lost or gained something."""

    narrowed: frozenset[int]
    widened: frozenset[int]

    @property
    def any(self) -> frozenset[int]:
        """Every document touched."""
        return self.narrowed | self.widened


def permission_ids() -> dict[str, int]:
    """Return the host's ids of `view`, `change` and `delete` of a document (one query, once in a process)."""
    content_type = ContentType.objects.get_for_model(Document)
    known = _permission_ids.get(content_type.pk)
    if known is None:
        names = {"view_document": "view", "change_document": "change", "delete_document": "delete"}
        rows = Permission.objects.filter(content_type=content_type, codename__in=names)
        known = {names[row.codename]: row.pk for row in rows}
        # while the host's tables are being made, some may not be there yet
        if len(known) == len(names):
            _permission_ids[content_type.pk] = known
    return known


_permission_ids: dict[int, dict[str, int]] = {}
# permissions are written by `migrate`, and written anew after a flush
post_migrate.connect(lambda **_kwargs: _permission_ids.clear(), weak=False, dispatch_uid="vks.permission_ids")


def _batches(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    size = BATCH if connection.vendor == "sqlite" else _LARGE_BATCH
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def grants_of(document_ids: Iterable[int]) -> dict[int, set[Grant]]:
    """Return every grant there is on these documents (two queries for some hundreds or thousands)."""
    content_type = ContentType.objects.get_for_model(Document)
    found: dict[int, set[Grant]] = defaultdict(set)
    for batch in _batches(document_ids):
        keys = [str(pk) for pk in batch]
        for pk, user, codename in UserObjectPermission.objects.filter(
            content_type=content_type, object_pk__in=keys
        ).values_list("object_pk", "user_id", "permission__codename"):
            found[int(pk)].add(Grant("user", user, codename.partition("_")[0]))
        for pk, group, codename in GroupObjectPermission.objects.filter(
            content_type=content_type, object_pk__in=keys
        ).values_list("object_pk", "group_id", "permission__codename"):
            found[int(pk)].add(Grant("group", group, codename.partition("_")[0]))
    return found


def granted_to_groups(documents: QuerySet[Document], group_ids: Iterable[int]) -> QuerySet[Document]:
    """Return those of these documents on which one of the groups has a grant; asked of the database, not read."""
    there = GroupObjectPermission.objects.filter(
        content_type=ContentType.objects.get_for_model(Document),
        group_id__in=list(group_ids),
        object_pk=Cast(OuterRef("pk"), CharField()),
    )
    return documents.filter(Exists(there))


def _versions(document_ids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for batch in _batches(document_ids):
        found |= set(Document.global_objects.filter(root_document_id__in=batch).values_list("pk", flat=True))
    return found


def write_grants(desired: Mapping[int, frozenset[Grant]], *, owner_id: int) -> Changed:
    """Make the owner and the grants of each document exactly these, its versions included; write only differences.

    Runs in the caller's transaction. The search index is not touched: see
    `vks_plugin.host.search.reindex`.

    Args:
        desired: for each host document id, all the grants it is to have.
        owner_id: the account that is to own every one of them.
    """
    content_type = ContentType.objects.get_for_model(Document)
    held_by = permission_ids()
    # older versions are rows of their own, with an owner and an index entry of their own; they are read through
    # the document, so nobody needs a grant on them
    desired = dict.fromkeys(_versions(desired), frozenset[Grant]()) | dict(desired)
    present = grants_of(desired)
    narrowed: set[int] = set()
    widened: set[int] = set()
    users: list[UserObjectPermission] = []
    groups: list[GroupObjectPermission] = []
    with transaction.atomic():
        for batch in _batches(desired):
            others = Document.global_objects.filter(~Q(owner_id=owner_id) | Q(owner__isnull=True), pk__in=batch)
            misowned = set(others.values_list("pk", flat=True))
            if misowned:
                # the owner has every right, so a changed owner takes something away
                Document.global_objects.filter(pk__in=misowned).update(owner_id=owner_id)
                narrowed |= misowned
        superfluous: dict[Grant, set[int]] = defaultdict(set)
        for document_id, grants in desired.items():
            for grant in present.get(document_id, set()) - grants:
                narrowed.add(document_id)
                superfluous[grant].add(document_id)
            for grant in grants - present.get(document_id, set()):
                widened.add(document_id)
                values = {
                    "content_type": content_type,
                    "object_pk": str(document_id),
                    "permission_id": held_by[grant.action],
                    f"{grant.holder}_id": grant.holder_id,
                }
                if grant.holder == "user":
                    users.append(UserObjectPermission(**values))
                else:
                    groups.append(GroupObjectPermission(**values))
        # the documents of a case have the same to lose: one statement for all of them
        for grant, documents in superfluous.items():
            model = UserObjectPermission if grant.holder == "user" else GroupObjectPermission
            held = {f"{grant.holder}_id": grant.holder_id, "permission_id": held_by[grant.action]}
            for batch in _batches(documents):
                model.objects.filter(
                    content_type=content_type, object_pk__in=[str(pk) for pk in batch], **held
                ).delete()
        UserObjectPermission.objects.bulk_create(users, batch_size=BATCH, ignore_conflicts=True)
        GroupObjectPermission.objects.bulk_create(groups, batch_size=BATCH, ignore_conflicts=True)
    return Changed(frozenset(narrowed), frozenset(widened))


def may_view(user: User, document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents the host itself would show to `user`."""
    wanted = set(document_ids)
    seen: set[int] = set()
    for batch in _batches(wanted):
        seen |= set(
            Document.objects.filter(pk__in=batch, id__in=permitted_document_ids(user)).values_list("pk", flat=True)
        )
    return seen


def viewable_documents(user: User) -> QuerySet[Document]:
    """Return the documents the host shows to `user`."""
    return Document.objects.filter(id__in=permitted_document_ids(user))


def document_permissions(codenames: Iterable[str]) -> QuerySet[Permission]:
    """Return the host's model permissions with these codenames, of the app `documents`."""
    return Permission.objects.filter(content_type__app_label="documents", codename__in=set(codenames))
