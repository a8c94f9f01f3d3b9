"""Who may see and change what: the owner, the granted, and everybody where there is no owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import IntegerField, Model, Q, QuerySet
from django.db.models.functions import Cast
from documents.models import Document
from guardian.core import ObjectPermissionChecker
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.permissions import BasePermission, DjangoObjectPermissions
from rest_framework.request import Request

_ANY_READ = ["%(app_label)s.view_%(model_name)s"]


class PaperlessObjectPermissions(DjangoObjectPermissions):
    """The model permission first, then the object's owner or a grant on it."""

    perms_map = {
        "GET": _ANY_READ,
        "HEAD": _ANY_READ,
        "OPTIONS": _ANY_READ,
        "POST": ["%(app_label)s.add_%(model_name)s"],
        "PUT": ["%(app_label)s.change_%(model_name)s"],
        "PATCH": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.delete_%(model_name)s"],
    }

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Let owners through, anybody where there is no owner, and whoever holds the grant the method needs."""
        owner_id = getattr(obj, "owner_id", None)
        if owner_id is None or owner_id == request.user.pk:
            return True
        return bool(super().has_object_permission(request, view, obj))


class ViewDocumentsPermissions(BasePermission):
    """Those who may view documents at all."""

    perms_map = {method: ["documents.view_document"] for method in ("OPTIONS", "GET", "POST")}

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for the model permission only."""
        user = request.user
        return user.is_authenticated and user.has_perms(self.perms_map.get(request.method or "", []))


def set_permissions_for_object(
    permissions: Mapping[str, Mapping[str, Any]],
    object: Model,  # noqa: A002 - the host's own name
    *,
    merge: bool = False,
) -> None:
    """Make the grants on an object those named, or add them to what there is.

    Args:
        permissions: for `view` and `change`, ids under `users` and `groups`; who is not named keeps what they have.
        object: what the grants are on. Whoever may change may also view.
        merge: take nothing away.
    """
    kind = object._meta.model_name
    content_type = ContentType.objects.get_for_model(object)
    for action, holders in permissions.items():
        for key, model, table, column in (
            ("users", User, UserObjectPermission, "user"),
            ("groups", Group, GroupObjectPermission, "group"),
        ):
            if key not in holders:
                continue
            named = model.objects.filter(pk__in=list(holders[key]))
            if not merge:
                present = table.objects.filter(
                    content_type=content_type, object_pk=str(object.pk), permission__codename=f"{action}_{kind}"
                )
                for grant in present.exclude(**{f"{column}__in": named}).select_related(column):
                    remove_perm(f"{action}_{kind}", getattr(grant, column), object)
            for holder in named:
                assign_perm(f"{action}_{kind}", holder, object)
                if action == "change":
                    assign_perm(f"view_{kind}", holder, object)


def permitted_document_ids(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of the documents this person may view, those in the bin left out.

    Nobody in particular sees what has no owner; a superuser sees all.
    """
    rows = Document.objects.filter(deleted_at__isnull=True)
    if user is None or not getattr(user, "is_authenticated", False):
        rows = rows.filter(owner__isnull=True)
    elif not getattr(user, "is_superuser", False):
        kind = {
            "permission__codename": "view_document",
            "permission__content_type": ContentType.objects.get_for_model(Document),
        }
        grants = [
            table.annotate(document=Cast("object_pk", IntegerField())).values_list("document", flat=True)
            for table in (
                UserObjectPermission.objects.filter(user=user, **kind),
                GroupObjectPermission.objects.filter(group__user=user, **kind),
            )
        ]
        rows = rows.filter(Q(owner=user) | Q(owner__isnull=True) | Q(id__in=grants[0].union(grants[1])))
    return rows.values_list("id", flat=True)


def has_perms_owner_aware(user: Any, perms: str, obj: Any) -> bool:
    """Tell whether this person may do this to the object; what nobody owns is everybody's."""
    return obj.owner is None or obj.owner == user or bool(ObjectPermissionChecker(user).has_perm(perms, obj))
