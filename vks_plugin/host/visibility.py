"""Which documents a person may view, answered from the cases they are filed in.

The host asks this on its lists, counts and searches, and answers from guardian's rows: every row of everything the person
may see, cast and put together, whatever is asked for. For filed documents those rows say what the policy says, because
they were made from it; and the policy's answer is a short condition on cases. What is not filed is few, and answered as
the host does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, F, IntegerField, OuterRef, Q
from django.db.models.functions import Cast
from documents import filters, permissions
from documents.models import Document
from guardian.models import GroupObjectPermission, UserObjectPermission

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

as_the_host = permissions.permitted_document_ids
"""The host's own answer."""

Readable = Callable[["User"], "QuerySet[Any, Any] | None"]


def answer_from(readable: Readable, owner: Callable[[], int | None]) -> None:
    """Let the host answer for filed documents from a query of ours.

    Args:
        readable: gives the ids of the filed documents a person may view; None: leave it to the host.
        owner: gives the account that owns every filed document; None: there is none yet.
    """

    def permitted_document_ids(user: Any) -> QuerySet[Any, Any]:
        """Return the ids of the documents the person may view, those in the bin left out."""
        if user is None or not getattr(user, "is_authenticated", False) or user.is_superuser or not user.is_active:
            return as_the_host(user)
        ours, account = readable(user), owner()
        if ours is None or account is None:
            return as_the_host(user)
        return (
            Document.objects.filter(deleted_at__isnull=True)
            .filter(
                Q(owner=user)
                | Q(owner__isnull=True)
                | Q(id__in=ours)
                | Q(id__in=_granted(user, account))
                | Q(id__in=_waiting(user))
            )
            .values_list("id", flat=True)
        )

    # each of these modules has the name for itself, from the time it was imported
    for module in (permissions, filters):
        vars(module)["permitted_document_ids"] = permitted_document_ids


def _granted(user: User, account: int) -> QuerySet[Any, Any]:
    """Return the ids of documents that are not filed and on which the person has a grant.

    They start from the documents, which are few, so that the database looks each grant up instead of reading all.
    """
    kind = {
        "permission__codename": "view_document",
        "permission__content_type": ContentType.objects.get_for_model(Document),
        "object_pk": Cast(OuterRef("id"), CharField()),
    }
    return (
        Document.objects.filter(~Q(owner=account), owner__isnull=False)
        .filter(
            Exists(UserObjectPermission.objects.filter(user=user, **kind))
            | Exists(GroupObjectPermission.objects.filter(group__in=user.groups.all(), **kind))
        )
        .values(pk=F("id"))
    )


def _waiting(user: User) -> QuerySet[Any, Any]:
    """Return the ids of documents that a group of the person may view and change: those in the inbox of an office.

    They belong to the account that owns the filed documents too. No group may change a filed document, so
    the database starts from few grants.
    """
    rows = GroupObjectPermission.objects.filter(
        group__in=user.groups.all(), permission__content_type=ContentType.objects.get_for_model(Document)
    )
    viewed = rows.filter(permission__codename="view_document", object_pk=OuterRef("object_pk"))
    both = rows.filter(Exists(viewed), permission__codename="change_document")
    found: QuerySet[Any, Any] = both.annotate(document_id=Cast("object_pk", IntegerField())).values("document_id")
    return found
