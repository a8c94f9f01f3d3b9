"""Checks at the host's doors, before any write.

Vetoing in a signal comes too late there: the host has by then stored other fields of
the same request. So what a request is about to write into the field "Mã vụ án", or do to
a document that is filed in a case, is read from the request itself.

Whoever may not even see a document gets the host's own refusal, so that our sentences
tell nobody which documents are filed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.db.models.deletion import Collector
from django.db.models.signals import post_save
from django.utils.translation import gettext as _
from documents.models import CustomFieldInstance, Document
from documents.permissions import has_perms_owner_aware, permitted_document_ids
from guardian.models import GroupObjectPermission, UserObjectPermission
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission

from vks_plugin.errors import BadInput, Conflict, NotAllowed, VksError
from vks_plugin.host.provision import case_code_field_id
from vks_plugin.host.reading import note_documents
from vks_plugin.language import language_of, speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from rest_framework.request import Request


class CodeChange(NamedTuple):
    """A request is about to change the case code of a document."""

    document_id: int | None
    """None for a document that is only now being uploaded."""
    old: str
    new: str


Check = Callable[["User", list[CodeChange]], None]
_checks: list[Check] = []


def on_case_code_change(check: Check) -> None:
    """Register what decides; it raises a `VksError` to refuse the whole request."""
    if check not in _checks:
        _checks.append(check)


class Refused(APIException):
    """A refusal in the host's API, with our sentence and status."""

    def __init__(self, error: VksError) -> None:
        super().__init__(detail=error.message)
        self.status_code = error.status


def _in_their_language(method: Callable[..., bool]) -> Callable[..., bool]:
    """Let a permission speak the language our pages have for this person; the host's views may speak another."""

    @wraps(method)
    def inner(self: Any, request: Request, view: Any, *obj: Any) -> bool:
        with speaking(language_of(request)):
            return method(self, request, view, *obj)

    return inner


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _as_pairs(raw: object) -> dict[int, str] | None:
    """Read the shapes the host accepts for custom fields; None when the request says nothing of them."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            return None
    if isinstance(raw, int):
        raw = [raw]
    if isinstance(raw, dict):
        return {int(key): _plain(value) for key, value in raw.items() if str(key).isdigit()}
    if isinstance(raw, list):
        pairs = {}
        for entry in raw:
            if isinstance(entry, dict) and str(entry.get("field", "")).isdigit():
                pairs[int(entry["field"])] = _plain(entry.get("value"))
            elif isinstance(entry, int):
                pairs[entry] = ""
        return pairs
    return None


def _present(document_ids: list[int], field_id: int) -> dict[int, str]:
    rows = CustomFieldInstance.objects.filter(document_id__in=document_ids, field_id=field_id)
    return {pk: (text or "").strip() for pk, text in rows.values_list("document_id", "value_text")}


def _data(request: Request) -> Any:
    return request.data if hasattr(getattr(request, "data", None), "get") else {}


def _ids(raw: object) -> list[int]:
    several = raw if isinstance(raw, list) else [raw]
    return [int(str(each)) for each in several if str(each).isdecimal()]


def _may_change(user: User, document_ids: Iterable[int]) -> bool:
    documents = Document.objects.filter(pk__in=list(document_ids)).select_related("owner")
    return user.has_perm("documents.change_document") and all(
        has_perms_owner_aware(user, "change_document", document) for document in documents
    )


class CaseCodeGuard(BasePermission):
    """Asks the registered checks about every change of a case code a request would make."""

    @_in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Let uploads and bulk edits pass unless a check refuses one of their changes."""
        if request.method != "POST" or not request.user.is_authenticated:
            return True
        field_id = case_code_field_id()
        if field_id is not None:
            self._ask(request, self._posted(request, view, field_id))
        return True

    @_in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Let the change of one document pass, which the host allows so far, unless a check refuses it."""
        field_id = case_code_field_id() if request.method in {"PUT", "PATCH"} else None
        pairs = _as_pairs(_data(request).get("custom_fields")) if field_id is not None else None
        if field_id is not None and pairs is not None:
            old = _present([obj.pk], field_id).get(obj.pk, "")
            new = pairs.get(field_id, "")
            self._ask(request, [CodeChange(obj.pk, old, new)] if old != new else [])
        return True

    @staticmethod
    def _ask(request: Request, changes: list[CodeChange]) -> None:
        try:
            for check in _checks if changes else []:
                check(request.user, changes)  # type: ignore[arg-type]  # the callers let nobody anonymous through
        except VksError as error:
            raise Refused(error) from error

    @staticmethod
    def _posted(request: Request, view: Any, field_id: int) -> list[CodeChange]:
        data = _data(request)
        if data.get("method") == "modify_custom_fields":
            parameters = data.get("parameters") or {}
            added = _as_pairs(parameters.get("add_custom_fields")) or {}
            removed = _as_pairs(parameters.get("remove_custom_fields")) or {}
            if field_id not in added and field_id not in removed:
                return []
            if data.get("all"):
                raise Refused(BadInput(_("Hãy chọn từng tài liệu khi đổi trường Mã vụ án, không chọn tất cả.")))
            ids = _ids(data.get("documents") or [])
            present = _present(ids, field_id)
            new = added.get(field_id, "")
            changes = [CodeChange(each, present.get(each, ""), new) for each in ids if present.get(each, "") != new]
            return changes if _may_change(request.user, ids) else []  # type: ignore[arg-type]
        if view.kwargs.get("pk") is None and "document" in data and "custom_fields" in data:
            pairs = _as_pairs(data.get("custom_fields")) or {}
            return [CodeChange(None, "", pairs[field_id])] if pairs.get(field_id) else []
        return []


# --- documents filed in a case -----------------------------------------------------------------

_filed: list[Callable[[], QuerySet[Any, Any]]] = []

# what the host would do to a document as a whole; its own page tools make copies that no case knows of
_OPERATIONS = frozenset(
    {"delete", "delete_pages", "edit_pdf", "merge", "remove_password", "rotate", "set_permissions", "split"}
)


def on_filed(query: Callable[[], QuerySet[Any, Any]]) -> None:
    """Register what returns the ids of the documents filed in a case."""
    _filed[:] = [query]


def _ours() -> Q:
    return Q(pk__in=_filed[0]()) | Q(root_document_id__in=_filed[0]()) if _filed else Q(pk__in=[])


def filed_among(document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents, or whose roots where they are versions, are filed in a case."""
    found = Document.global_objects.filter(_ours(), pk__in=list(document_ids))
    return set(found.values_list("pk", flat=True))


def _refusal() -> Refused:
    return Refused(
        NotAllowed(
            _(
                "Tài liệu này đã ở trong hồ sơ vụ án: không xóa, không chia sẻ ra ngoài, không đổi người được xem và "
                "không tách, ghép, xoay trang tại đây. Hãy làm việc đó trong trang của vụ án."
            )
        )
    )


class CaseDocumentGuard(BasePermission):
    """Keeps a filed document in its case and with its readers, against everybody, superusers among them."""

    @_in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse to hand out a filed document that the asker could otherwise hand out."""
        if request.method != "POST" or not request.user.is_authenticated or not self._hands_out(view):
            return True
        data = _data(request)
        named: list[int] = _ids(view.kwargs.get("pk"))
        for key in ("document", "document_ids", "documents"):
            named += _ids(data.getlist(key) if hasattr(data, "getlist") else data.get(key))
        refused = filed_among(named) & set(permitted_document_ids(request.user).filter(pk__in=named))
        note_documents(request, named)
        if refused:
            raise _refusal()
        return True

    @_in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse deletion and another owner or other readers; the asker can see the document by now."""
        if not isinstance(obj, Document):
            return True
        data = _data(request)
        removed = request.method == "DELETE"
        changed = request.method in {"PUT", "PATCH"} and (
            "set_permissions" in data or ("owner" in data and str(data["owner"]) != str(obj.owner_id))
        )
        if (removed or changed) and filed_among([obj.pk]):
            raise _refusal()
        return True

    @staticmethod
    def _hands_out(view: Any) -> bool:
        action = getattr(view, "action", None)
        return action in {"email_document", "email_documents"} or (
            type(view).__name__ in {"ShareLinkViewSet", "ShareLinkBundleViewSet"} and action == "create"
        )


class KeptPeople(BasePermission):
    """Says why somebody's account cannot be deleted; the database refuses it in any case."""

    @_in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse what a protected foreign key would."""
        if request.method == "DELETE":
            try:
                Collector(using=obj._state.db, origin=obj).collect([obj])  # noqa: SLF001 - as Django's own delete does
            except ProtectedError as error:
                raise Refused(
                    Conflict(
                        _(
                            "Tài khoản này đã được ghi tên trong hồ sơ nên không xóa được: hãy khóa tài khoản thay vì xóa."
                        )
                    )
                ) from error
        return True


def _guard_operations(mixin: Any) -> None:
    """Wrap the one question that bulk edits and page tools ask before they do anything."""
    asked = mixin._has_document_permissions  # noqa: SLF001 - there is no public place between the question and the act
    if getattr(asked, "guards_cases", False):
        return

    def ask(self: Any, *, user: User, documents: list[int], method: Any, parameters: dict[str, Any]) -> bool:
        allowed = bool(asked(self, user=user, documents=documents, method=method, parameters=parameters))
        if allowed and method.__name__ in _OPERATIONS and filed_among(documents):
            with speaking(language_of(self.request)):
                raise _refusal()
        return allowed

    ask.guards_cases = True  # type: ignore[attr-defined]
    mixin._has_document_permissions = ask  # noqa: SLF001


# --- what got past the doors -------------------------------------------------------------------

Restore = Callable[[set[int]], None]
_restorers: list[Restore] = []
_touched = threading.local()


def on_widened(restore: Restore) -> None:
    """Register what puts owner and grants of filed documents right after somebody else wrote them.

    A scheduled workflow of the host, its administration pages and its shell ask no door of ours. Rows that
    are written here in bulk, as `write_grants` does, send no signal and start nothing.
    """
    _restorers[:] = [restore]
    for model in (UserObjectPermission, GroupObjectPermission):
        post_save.connect(_grant_written, sender=model, dispatch_uid=f"vks.grant_written.{model.__name__}")
    post_save.connect(_document_written, sender=Document, dispatch_uid="vks.document_written")


def _grant_written(sender: object, *, instance: Any, **_signal: object) -> None:
    if instance.content_type_id == ContentType.objects.get_for_model(Document).pk:
        _restore_on_commit(int(instance.object_pk))


def _document_written(sender: object, *, instance: Document, update_fields: Any = None, **_signal: object) -> None:
    if update_fields is None or "owner" in update_fields:
        _restore_on_commit(instance.pk)


def _restore_on_commit(document_id: int) -> None:
    """Look once for all that one transaction touched."""
    waiting: set[int] = _touched.__dict__.setdefault("ids", set())
    waiting.add(document_id)
    transaction.on_commit(_restore)


def _restore() -> None:
    waiting: set[int] = _touched.__dict__.setdefault("ids", set())
    chosen = set(waiting)
    waiting.clear()
    filed = filed_among(chosen) if chosen else set()
    for restore in _restorers if filed else []:
        restore(filed)


def stand_at_doors() -> None:
    """Add the guards of case documents to the views the running host has."""
    from documents import views  # noqa: PLC0415 - imports every door of the host
    from paperless import views as accounts  # noqa: PLC0415

    doors: dict[type, tuple[Any, ...]] = {
        CaseDocumentGuard: tuple(
            getattr(views, name, None)
            for name in ("DocumentViewSet", "UnifiedSearchViewSet", "ShareLinkViewSet", "ShareLinkBundleViewSet")
        ),
        KeptPeople: (getattr(accounts, "UserViewSet", None),),
    }
    for guard, guarded in doors.items():
        for view in guarded:
            if view is not None and guard not in view.permission_classes:
                view.permission_classes = (*view.permission_classes, guard)
    for name in ("email_document", "email_documents"):
        # these bring permission classes of their own, which take the place of the view's
        action = getattr(views.DocumentViewSet, name, None)
        if action is not None and CaseDocumentGuard not in action.kwargs["permission_classes"]:
            action.kwargs["permission_classes"] = [*action.kwargs["permission_classes"], CaseDocumentGuard]
    operations = getattr(views, "DocumentOperationPermissionMixin", None)
    if operations is not None:
        _guard_operations(operations)
    if apps.is_installed("django.contrib.admin"):
        from vks_plugin.host.administration import narrow_administration  # noqa: PLC0415 - the stand-in has no such pages

        narrow_administration(lambda: Document.global_objects.filter(_ours()))
