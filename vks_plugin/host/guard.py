"""Checks at the host's doors, before any write.

Vetoing in a signal comes too late there: the host has by then stored other fields of
the same request. So what a request is about to write into the field "Mã vụ án", or do to
a document that is filed in a case, is read from the request itself.

Whoever may not even see a document gets the answer of one that does not exist, so that our
sentences tell nobody which documents are filed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from documents import permissions
from documents.models import CustomFieldInstance, Document, DocumentType, StoragePath
from documents.permissions import has_perms_owner_aware
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.utils.html import parse_html_list
from rest_framework.views import APIView

from vks_plugin.errors import BadInput, VksError
from vks_plugin.host import hints, lending, refusals, sockets, suggestions, talking
from vks_plugin.host.accounts import KeptGroups, KeptPeople
from vks_plugin.host.filed import (
    FROZEN,
    filed_among,
    filed_documents,
    frozen_among,
    lent_among,
    named_secrets_among,
)
from vks_plugin.host.hints import unseen_among
from vks_plugin.host.provision import (
    CASE_CODE_FIELD,
    STORAGE_PATH,
    STORAGE_TEMPLATE,
    case_code_field_id,
    storage_path_id,
)
from vks_plugin.host.reading import note_documents, number_of, numbers_in
from vks_plugin.host.refusals import Refused, in_their_language, refused
from vks_plugin.host.sharing import opened_by
from vks_plugin.host.workflows import reaches_papers_of_others
from vks_plugin.language import language_of, speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.request import Request


class CodeChange(NamedTuple):
    """A request is about to change the case code of a document."""

    document_id: int | None
    """None for a document that is only now being uploaded."""
    old: str
    new: str
    names: tuple[str, ...] = ()
    """What the request calls the document: title, file name."""
    host_type_id: int | None = None
    """The document type it will have after the request."""


Check = Callable[["User", list[CodeChange]], None]
_checks: list[Check] = []
CheckNames = Callable[..., None]
_name_checks: list[CheckNames] = []


def on_case_code_change(check: Check) -> None:
    """Register what decides; it raises a `VksError` to refuse the whole request."""
    if check not in _checks:
        _checks.append(check)


def on_naming(check: CheckNames) -> None:
    """Register what decides on what papers are called: title and file of an upload, another title of what is filed.

    It is called with those names and raises a `VksError` to refuse the request.
    """
    if check not in _name_checks:
        _name_checks.append(check)


# --- reading a request as the host will --------------------------------------------------------


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
        told = [(number_of(key), _plain(value)) for key, value in raw.items()]
    elif isinstance(raw, list):
        told = [
            (number_of(entry.get("field")), _plain(entry.get("value")))
            if isinstance(entry, dict)
            else (number_of(entry), "")
            for entry in raw
        ]
    else:
        return None
    return {field: value for field, value in told if field is not None}


def _data(request: Request) -> Any:
    return request.data if hasattr(getattr(request, "data", None), "get") else {}


def _custom_fields(data: Any) -> dict[int, str] | None:
    """Read them from JSON, or from the nested names a form has for them."""
    nested = parse_html_list(data, prefix="custom_fields", default=None) if hasattr(data, "getlist") else None
    return _as_pairs(nested if nested else data.get("custom_fields"))


def _says(data: Any, name: str) -> bool:
    """Tell whether a request says something of this field, be it by a nested name of a form."""
    return any(key == name or str(key).startswith((f"{name}.", f"{name}[")) for key in data)


def _named(data: Any, *keys: str) -> list[int]:
    found: list[int] = []
    for key in keys:
        found += numbers_in(data.getlist(key) if hasattr(data, "getlist") else data.get(key))
    return found


# --- the field "Mã vụ án" ----------------------------------------------------------------------


def _present(document_ids: list[int], field_id: int) -> dict[int, str]:
    rows = CustomFieldInstance.objects.filter(document_id__in=document_ids, field_id=field_id)
    return {pk: (text or "").strip() for pk, text in rows.values_list("document_id", "value_text")}


def _may_change(user: User, document_ids: Iterable[int]) -> bool:
    documents = Document.objects.filter(pk__in=list(document_ids)).select_related("owner")
    return user.has_perm("documents.change_document") and all(
        has_perms_owner_aware(user, "change_document", document) for document in documents
    )


class CaseCodeGuard(BasePermission):
    """Asks the registered checks about every change of a case code a request would make, and about names of uploads."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Let uploads and bulk edits pass unless a check refuses one of their changes."""
        if request.method != "POST" or not request.user.is_authenticated:
            return True
        names = self._uploaded(request, view)
        if names:
            self._ask_about(*names)
        field_id = case_code_field_id()
        if field_id is not None:
            self._ask(request, self._posted(request, view, field_id))
        return True

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Let the change of one document pass, which the host allows so far, unless a check refuses it."""
        title = _plain(_data(request).get("title")) if request.method in {"PUT", "PATCH"} else ""
        if title and filed_among([obj.pk]):
            self._ask_about(title)
        field_id = case_code_field_id() if request.method in {"PUT", "PATCH"} else None
        pairs = _custom_fields(_data(request)) if field_id is not None else None
        if field_id is not None and pairs is not None:
            old = _present([obj.pk], field_id).get(obj.pk, "")
            new = pairs.get(field_id, "")
            data = _data(request)
            kind = number_of(data.get("document_type")) if "document_type" in data else obj.document_type_id
            self._ask(request, [CodeChange(obj.pk, old, new, (title,), kind)] if old != new else [])
        return True

    @staticmethod
    def _ask_about(*names: str) -> None:
        try:
            for check in _name_checks:
                check(*names)
        except VksError as error:
            raise Refused(error) from error

    @staticmethod
    def _uploaded(request: Request, view: Any) -> tuple[str, ...]:
        """Return what a file is called that a request brings, be it a new document or another version of one."""
        data = _data(request)
        if "document" not in data or (view.kwargs.get("pk") is not None) != (
            getattr(view, "action", None) == "update_version"
        ):
            return ()
        file = _plain(getattr(data.get("document"), "name", ""))
        return file, _plain(data.get("title")), _plain(data.get("version_label"))

    @staticmethod
    def _ask(request: Request, changes: list[CodeChange]) -> None:
        if frozen_among(each.document_id for each in changes if each.document_id is not None):
            raise refused(FROZEN)
        try:
            for check in _checks if changes else []:
                check(request.user, changes)  # type: ignore[arg-type]  # the callers let nobody anonymous through
        except VksError as error:
            raise Refused(error) from error

    @staticmethod
    def _posted(request: Request, view: Any, field_id: int) -> list[CodeChange]:
        data = _data(request)
        if data.get("method") == "modify_custom_fields":
            told = data.get("parameters")
            # anything else the host refuses itself
            parameters = told if isinstance(told, Mapping) else {}
            added = _as_pairs(parameters.get("add_custom_fields")) or {}
            removed = _as_pairs(parameters.get("remove_custom_fields")) or {}
            if field_id not in added and field_id not in removed:
                return []
            if data.get("all"):
                raise Refused(BadInput(_("Hãy chọn từng tài liệu khi đổi trường Mã vụ án, không chọn tất cả.")))
            ids = numbers_in(data.get("documents") or [])
            present = _present(ids, field_id)
            new = added.get(field_id, "")
            kinds = dict(Document.objects.filter(pk__in=ids).values_list("pk", "document_type_id"))
            changes = [
                CodeChange(each, present.get(each, ""), new, host_type_id=kinds.get(each))
                for each in ids
                if present.get(each, "") != new
            ]
            user: User = request.user  # type: ignore[assignment]
            # who may not see one of them is answered as for a number of no document, which is in no change either
            return changes if _may_view_all(user, ids) and _may_change(user, ids) else []
        if view.kwargs.get("pk") is None and "document" in data and _says(data, "custom_fields"):
            pairs = _custom_fields(data) or {}
            names = (_plain(data.get("title")), _plain(getattr(data.get("document"), "name", "")))
            kind = number_of(data.get("document_type"))
            return [CodeChange(None, "", pairs[field_id], names, kind)] if pairs.get(field_id) else []
        return []


# --- documents filed in a case -----------------------------------------------------------------

_LOOKED_UP = frozenset({"retrieve", "update", "partial_update", "destroy"})
"""Actions that look their document up among those the asker may see; the others look first and ask then."""

_FILE_ACTIONS = frozenset({"update_version", "delete_version", "update_version_label"})
_LETTERS = frozenset({"email_document", "email_documents"})
_LINKS = frozenset({"ShareLinkViewSet", "ShareLinkBundleViewSet"})

_FILES = frozenset({"preview", "download"})
"""Actions that hand out the file of a document; who only borrows it reads it in our pages, marked."""

_OPEN = frozenset({"set_correspondent", "add_tag", "remove_tag", "modify_tags", "modify_custom_fields"})
"""What a bulk edit may do to filed documents; a change of their case code was asked about before."""

_RULES = {"set_permissions": refusals.READERS, "delete": refusals.REMOVED, "set_storage_path": refusals.PLACE}
"""Why the others are refused; what is not named here would change the file, or make another document of it."""


class CaseDocumentGuard(BasePermission):
    """Keeps a filed document as it is, in its case and with its readers, against everybody, superusers too."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse to hand out or to rework a filed document that the asker could otherwise hand out or rework."""
        if not request.user.is_authenticated:
            return True
        action = getattr(view, "action", None)
        changes = request.method not in SAFE_METHODS
        own = numbers_in(view.kwargs.get("pk")) if view.queryset.model is Document else []
        hands_out = changes and (action in _LETTERS or type(view).__name__ in _LINKS)
        named = own + _named(_data(request), "document", "document_ids", "documents") if hands_out else own
        if hands_out:
            note_documents(request, named)
        if action == "email_documents" and not request.user.is_superuser:
            # the host reads this request without saying whose it is
            asked = numbers_in(view.serializer_class().fields["documents"].get_value(_data(request)))
            if _unseen(request.user, asked, binned=False):
                raise refused(refusals.UNSEEN)
        if getattr(view, "detail", False) and view.queryset.model is Document and action not in _LOOKED_UP:
            self._hide(request, view)
        if action in _FILES and lent_among(request.user, own):
            raise refused(refusals.LENT)
        if not changes:
            return True
        if action in _FILE_ACTIONS and filed_among(own):
            raise refused(refusals.FILE)
        if action == "update_version" and named_secrets_among(own):
            raise refused(refusals.NAMED_SECRET)
        if hands_out and filed_among(named) & set(
            permissions.permitted_document_ids(request.user).filter(pk__in=named)
        ):
            raise refused(refusals.SHARED)
        return True

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse what would change a document, or pack a bundle again; the asker can see it by now."""
        if request.method in SAFE_METHODS:
            return True
        if not isinstance(obj, Document):
            documents = getattr(obj, "documents", None)
            if (
                request.method != "DELETE"
                and documents is not None
                and filed_among(documents.values_list("pk", flat=True))
            ):
                raise refused(refusals.SHARED)
            return True
        rule = self._rule_against(request, obj)
        if rule and filed_among([obj.pk]):
            raise refused(rule)
        if _redescribed(request, obj) and frozen_among([obj.pk]):
            raise refused(FROZEN)
        # to empty it is what we do ourselves
        if _data(request).get("content") and _rewrites_text(request, obj) and named_secrets_among([obj.pk]):
            raise refused(refusals.NAMED_SECRET)
        return True

    @staticmethod
    def _hide(request: Request, view: Any) -> None:
        """Answer for a document one may not see as for one that does not exist.

        Raises:
            Http404: there is none, or none that the asker may see.
        """
        for pk in numbers_in(view.kwargs.get("pk")):
            document = Document.global_objects.select_related("owner", "root_document__owner").filter(pk=pk).first()
            root = document and (document.root_document or document)
            if root is None or not has_perms_owner_aware(request.user, "view_document", root):
                raise Http404

    @staticmethod
    def _rule_against(request: Request, document: Document) -> str:
        """Return the rule that a change of one document would break, were it filed."""
        if request.method == "DELETE":
            return refusals.REMOVED
        data = _data(request)
        owner = "owner" in data and str(data["owner"]) != str(document.owner_id)
        if owner or _says(data, "set_permissions"):
            return refusals.READERS
        place = number_of(data.get("storage_path"))
        if "storage_path" in data and place not in {document.storage_path_id, storage_path_id()}:
            return refusals.PLACE
        return ""


def _written_over(request: Request, document: Document) -> Document | None:
    """Return the version whose text a request would write; None when it names none of this document.

    As the host chooses it: the one the address names, be it in the trash, else the newest.
    """
    asked = request.query_params.get("version")
    rows = Document.objects if asked is None else Document.global_objects
    if asked:
        return rows.filter(Q(pk=document.pk) | Q(root_document_id=document.pk), pk__in=numbers_in(asked)).first()
    return rows.filter(root_document_id=document.pk).order_by("-pk").first() or document


def _rewrites_text(request: Request, document: Document) -> bool:
    """Tell whether a request would leave a version with another text than it has."""
    data = _data(request)
    if "content" not in data:
        return False
    version = _written_over(request, document)
    return version is None or data["content"] != version.content


def _redescribed(request: Request, document: Document) -> bool:
    """Tell whether a request changes what a seal keeps: title, type, day, archive number, recognised text."""
    data = _data(request)
    day = document.created.isoformat() if document.created else ""
    return (
        ("title" in data and data["title"] != document.title)
        or _rewrites_text(request, document)
        or (
            "archive_serial_number" in data
            and number_of(data["archive_serial_number"]) != document.archive_serial_number
        )
        or ("document_type" in data and number_of(data["document_type"]) != document.document_type_id)
        or any(key in data and str(data[key])[:10] != day for key in ("created", "created_date"))
    )


def _rule_of(method: str, parameters: Mapping[str, Any], filed: set[int]) -> str:
    """Return the rule a bulk edit or page tool would break on these filed documents."""
    if method in _OPEN or (method == "set_storage_path" and parameters.get("storage_path") == storage_path_id()):
        return ""
    if method == "set_document_type":
        return FROZEN if frozen_among(filed) else ""
    return _RULES.get(method, refusals.FILE)


def _works_on_the_file(method: str) -> bool:
    """Tell whether a bulk edit or page tool reads the pages anew, or makes another file of them; an unknown one may."""
    return method not in {*_OPEN, *_RULES, "set_document_type"}


def _may_view_all(user: User, document_ids: Iterable[int]) -> bool:
    """Tell whether somebody sees every one of these documents, so that a sentence about them tells nothing new."""
    wanted = set(document_ids)
    return wanted <= set(permissions.permitted_document_ids(user).filter(pk__in=wanted))


def _ask_before_operations(asked: Any) -> Any:
    """Wrap the one question that bulk edits and page tools ask before they do anything."""

    @wraps(asked)
    def ask(self: Any, *, user: User, documents: list[int], method: Any, parameters: dict[str, Any]) -> bool:
        allowed = bool(asked(self, user=user, documents=documents, method=method, parameters=parameters))
        # the host lets nobody but the owner do some of these: who reads the documents is told our rule all the same
        filed = filed_among(documents) if allowed or _may_view_all(user, documents) else set()
        rule = _rule_of(method.__name__, parameters, filed) if filed else ""
        # what waits as a state secret is filed nowhere, and whatever works on its file would read its words again
        if not rule and _works_on_the_file(method.__name__) and (allowed or _may_view_all(user, documents)):
            rule = refusals.NAMED_SECRET if named_secrets_among(documents) else ""
        if rule:
            with speaking(language_of(self.request)):
                raise refused(rule)
        return allowed

    return ask


def _ask_before_archives(resolve: Any) -> Any:
    """Wrap what works out the documents of a request for several of them, where the answer is an archive of files."""

    @wraps(resolve)
    def ask(self: Any, **asked: Any) -> list[int]:
        found: list[int] = resolve(self, **asked)
        if type(self).__name__ == "BulkDownloadView":
            lending.refuse_lent(self.request, found)
        return found

    return ask


def _unseen(user: User, document_ids: Iterable[int], *, binned: bool) -> bool:
    """Tell whether somebody may not see one of these documents, or there is none of that number."""
    return bool(unseen_among(user, document_ids, binned=binned))


def _ask_of_numbers(key: str, *, binned: bool = False) -> Callable[[Any], Any]:
    """Return what wraps the reading of a request that names documents by their numbers.

    The host would tell a number of no document from one the asker may not see, by status and by text. Superusers see
    everything: they are told by the host what there is not.

    Args:
        key: the field of the request that has the number or the numbers.
        binned: whether the door is one to documents in the trash too.
    """

    def wrap(reads: Any) -> Any:
        @wraps(reads)
        def read(self: Any, data: Any) -> Any:
            request = self.context.get("request")
            if request is not None and isinstance(data, Mapping) and not request.user.is_superuser:
                # as the host itself finds them, whatever the form of the request
                named = numbers_in(self.fields[key].get_value(data))
                if _unseen(request.user, named, binned=binned):
                    note_documents(request, named)
                    with speaking(language_of(request)):
                        raise refused(refusals.UNSEEN)
            return reads(self, data)

        return read

    return wrap


def _ask_of_links(validates: Any) -> Any:
    """Wrap the question whether documents may be named in a field of another one."""

    @wraps(validates)
    def validate(user: Any, doc_ids: list[int]) -> Any:
        if user is not None and not user.is_superuser and _unseen(user, numbers_in(doc_ids), binned=False):
            raise refused(refusals.UNSEEN)
        return validates(user, doc_ids)

    return validate


def _ask_of_likeness(finds: Any) -> Any:
    """Wrap the question which document others are to be like."""

    @wraps(finds)
    def find(asked: Any, user: Any) -> Any:
        named = numbers_in(asked["more_like_id"])
        # what is like a paper has its words
        if user is not None and (_unseen(user, named, binned=False) or lent_among(user, named)):
            # lists answer to no other refusal with 403: they take it for an error of the search
            raise PermissionDenied(refused(refusals.UNSEEN).detail)
        return finds(asked, user)

    return find


def _close_links(shown: Any) -> Any:
    """Let a link open nothing that is filed, not even one made while the document was being filed."""

    @wraps(shown)
    def show(self: Any, request: Any, slug: str) -> Any:
        # no link has an empty name: the host answers as for one that does not exist
        return shown(self, request, "" if filed_among(opened_by(slug)) else slug)

    return show


class TrashGuard(BasePermission):
    """Keeps the host's trash from filed documents that got there past every door."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse to empty or restore them; the others are the service account's, and nobody's business."""
        if request.method == "POST" and request.user.is_authenticated and request.user.is_superuser:
            named = _named(_data(request), "documents")
            chosen = named or list(Document.deleted_objects.values_list("pk", flat=True))
            if filed_among(chosen):
                raise refused(refusals.TRASHED)
        return True


class KeptThings(BasePermission):
    """Keeps what case documents hang on in the host: the field of the case code, storage path, document types."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse a bulk deletion that would take such a thing along."""
        data = _data(request)
        kinds: dict[str, Any] = {"document_types": DocumentType, "storage_paths": StoragePath}
        model = kinds.get(str(data.get("object_type"))) if request.method == "POST" else None
        if model is None or data.get("operation") != "delete" or not request.user.is_authenticated:
            return True
        rows = (
            model.objects.all()
            if data.get("all")
            else model.objects.filter(pk__in=numbers_in(data.get("objects") or []))
        )
        allowed = request.user.has_perm(f"documents.delete_{model._meta.model_name}")
        if allowed and any(_is_needed(each) for each in rows):
            raise refused(refusals.KEPT_THING)
        return True

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse deletion, another name and another template; to put back what was prescribed mends."""
        data = _data(request)
        kept = {key: getattr(obj, key, None) for key in ("name", "path", "data_type") if key in data}
        changed = any(
            data[key] != value and (key, data[key]) != ("path", STORAGE_TEMPLATE) for key, value in kept.items()
        )
        harmful = request.method == "DELETE" or (changed and not isinstance(obj, DocumentType))
        if request.method not in SAFE_METHODS and harmful and _is_needed(obj):
            raise refused(refusals.KEPT_THING)
        return True


def _is_needed(thing: Any) -> bool:
    if isinstance(thing, StoragePath):
        return thing.name == STORAGE_PATH or filed_documents().filter(storage_path=thing).exists()
    if isinstance(thing, DocumentType):
        return filed_documents().filter(document_type=thing).exists()
    return bool(thing.name == CASE_CODE_FIELD)


# --- what the host tells its staff -----------------------------------------------------------------


class ServerLogs(BasePermission):
    """Keeps the host's log files, with the names of every file and every title in them, for superusers."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse staff who are no superusers; everybody else the host has refused by now."""
        if not request.user.is_superuser:
            raise refused(refusals.LOGS)
        return True


class OthersMail(BasePermission):
    """Keeps a rule that fetches letters from somebody's account for those who may change that account."""

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse to change a rule the host would let everybody change because it is nobody's."""
        if request.method in {"PUT", "PATCH"} and not has_perms_owner_aware(
            request.user, "change_mailaccount", obj.account
        ):
            raise refused(refusals.MAIL)
        return True


_HARMFUL = ("ai_enabled", "llm_", "barcode", "user_args")
"""How the names of settings begin that send texts out, take files apart, or add commands to the recognition of pages."""


def _ask_of_settings(saves: Any) -> Any:
    """Wrap the saving of the host's settings, which may be left to others than superusers."""

    @wraps(saves)
    def save(self: Any, serializer: Any) -> Any:
        changed = [
            name
            for name, value in serializer.validated_data.items()
            # nothing said, and no, are the same
            if name.startswith(_HARMFUL) and (value or None) != (getattr(serializer.instance, name, None) or None)
        ]
        if changed and not self.request.user.is_superuser:
            with speaking(language_of(self.request)):
                raise refused(refusals.SETTINGS)
        return saves(self, serializer)

    return save


def _ask_of_workflows(saves: Any) -> Any:
    """Wrap the saving of a workflow or a part of one, which may be left to others than superusers."""

    @wraps(saves)
    def save(self: Any, serializer: Any) -> Any:
        if not self.request.user.is_superuser and reaches_papers_of_others(serializer):
            with speaking(language_of(self.request)):
                raise refused(refusals.WORKFLOWS)
        return saves(self, serializer)

    return save


def _leave_tasks_of_others(finds: Any) -> Any:
    """Wrap the list of tasks: staff see theirs and nobody's, as everybody does; the host shows them every file's name."""

    @wraps(finds)
    def find(self: Any) -> Any:
        rows, user = finds(self), self.request.user
        if user.is_staff and not user.is_superuser:
            rows = rows.filter(Q(owner=user) | Q(owner__isnull=True))
        return rows

    return find


# --- where they stand --------------------------------------------------------------------------

DOORS: dict[type[BasePermission], tuple[str, ...]] = {
    CaseCodeGuard: ("DocumentViewSet", "UnifiedSearchViewSet", "PostDocumentView", "BulkEditView"),
    CaseDocumentGuard: ("DocumentViewSet", "UnifiedSearchViewSet", "ShareLinkViewSet", "ShareLinkBundleViewSet"),
    TrashGuard: ("TrashView",),
    KeptThings: ("BulkEditObjectsView", "CustomFieldViewSet", "DocumentTypeViewSet", "StoragePathViewSet"),
    KeptPeople: ("UserViewSet",),
    KeptGroups: ("GroupViewSet",),
    ServerLogs: ("LogViewSet",),
    OthersMail: ("MailRuleViewSet",),
}
"""Which views of the host ask which guard; the stand-in has a few of them."""

_ACTIONS = ("email_document", "email_documents", "notes")
"""Actions that bring permission classes of their own, which take the place of the view's."""

WRAPPED: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("DocumentOperationPermissionMixin", "_has_document_permissions", _ask_before_operations),
    (
        "DocumentSelectionMixin",
        "_resolve_document_ids",
        # a refusal of what words find would tell that they do
        lambda resolves: _ask_before_archives(lending.choose_by_text(hints.know_who_chooses_by_links(resolves))),
    ),
    ("SharedLinkView", "get", _close_links),
    ("DocumentListSerializer", "to_internal_value", _ask_of_numbers("documents")),
    ("TrashSerializer", "to_internal_value", _ask_of_numbers("documents", binned=True)),
    ("ShareLinkSerializer", "to_internal_value", _ask_of_numbers("document")),
    ("ShareLinkBundleSerializer", "to_internal_value", _ask_of_numbers("document_ids")),
    (
        "ChatStreamingSerializer",
        "to_internal_value",
        lambda reads: lending.ask_before_talking(_ask_of_numbers("document_id")(reads)),
    ),
    (
        "StoragePathTestSerializer",
        "to_internal_value",
        lambda reads: lending.ask_before_filling(_ask_of_numbers("document")(reads)),
    ),
    ("DocumentViewSet", "filter_queryset", lending.narrow_by_text),
    ("TantivyBackend", "_build_permission_filter", lending.leave_out_of_index),
    ("TantivyBackend", "search_ids", lending.find_by_title),
    ("DocumentViewSet", "thumb", lending.mark_picture),
    ("DocumentViewSet", "retrieve", lending.leave_version_out),
    ("DocumentSerializer", "to_representation", lending.leave_text_out),
    ("SearchResultSerializer", "to_representation", lending.leave_passages_out),
    ("ChatStreamingView", "post", talking.remember_who_asks),
    ("ApplicationConfigurationViewSet", "perform_update", _ask_of_settings),
    *(
        (view, method, _ask_of_workflows)
        for view in ("WorkflowViewSet", "WorkflowActionViewSet", "WorkflowTriggerViewSet")
        for method in ("perform_create", "perform_update")
    ),
    ("DocumentViewSet", "suggestions", suggestions.remember_for_whom),
    ("DocumentViewSet", "ai_suggestions", suggestions.remember_for_whom),
    ("StatusConsumer", "_can_view", sockets.ask_who_hears),
    ("StatusConsumer", "documents_deleted", sockets.ask_who_is_there),
    ("TasksViewSet", "get_queryset", _leave_tasks_of_others),
    ("TaskSerializerV9", "to_representation", hints.tell_no_hidden_copy),
    ("TaskSerializerV10", "to_representation", hints.tell_no_hidden_copy),
    ("PaperlessTaskFilterSet", "filter_result", hints.find_no_hidden_copy),
    ("CorrespondentViewSet", "get_queryset", hints.date_what_is_seen),
    ("StatisticsView", "get", hints.number_what_is_seen),
    ("DocumentSerializer", "validate", hints.refuse_a_number_alike),
    ("AsnCheckPlugin", "pre_check_asn_value", hints.fail_a_number_alike),
    ("DocumentViewSet", "history", hints.tell_no_hidden_change),
    ("CustomFieldInstanceSerializer", "to_representation", hints.leave_links_out),
    ("CustomFieldInstanceSerializer", "create", hints.keep_hidden_links),
    ("DocumentSerializer", "update", hints.know_who_takes_links_off),
    ("BulkEditView", "post", hints.know_who_edits_links),
    ("CustomFieldQueryFilter", "filter", hints.know_who_searches_links),
    ("CustomFieldQueryParser", "_validate_atom_value", hints.search_links_that_are_seen),
)
"""What of the host is asked through a function of ours: class, method, and what wraps it."""

WRAPPED_FUNCTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "_get_more_like_id": ("documents.views", _ask_of_likeness),
    "validate_documentlink_targets": ("documents.serialisers", _ask_of_links),
    "reflect_doclinks": ("documents.bulk_edit", hints.link_what_is_seen),
    "remove_doclink": ("documents.bulk_edit", hints.unlink_what_is_seen),
    "modify_custom_fields": ("documents.bulk_edit", hints.keep_hidden_links_in_bulk),
    "stream_chat_with_documents": ("documents.views", talking.remember_while_answering),
    "get_suggestion_cache": ("documents.views", suggestions.find_for_one),
    "get_llm_suggestion_cache": ("documents.views", suggestions.find_for_one),
    "set_suggestions_cache": ("documents.views", suggestions.keep_for_one),
    "set_llm_suggestions_cache": ("documents.views", suggestions.keep_for_one),
    "get_objects_for_user_owner_aware": ("paperless_ai.ai_classifier", suggestions.leave_lent_out),
    "_get_document_references": ("paperless_ai.chat", talking.tell_what_is_answered_from),
}
"""The same for what stands in no class, by the module in which the host looks it up."""


_RENDERERS: list[type[BaseRenderer]] = [JSONRenderer]
"""How the host's API answers. The pages that REST framework draws for browsers have forms in which one chooses among
everything there is: titles of everybody's documents for a link, accounts, tags that others keep for themselves; and a
form is drawn without asking a guard."""


_MODULES = (
    "documents.views",
    "paperless.views",
    "documents.search",
    "documents.serialisers",
    "documents.filters",
    "documents.consumer",
    "paperless.consumers",
    "paperless_mail.views",
)
"""Where the host's views, and what they answer and are asked through, are looked for; the stand-in has not all of them."""


def _views(name: str) -> Any:
    """Return a view of the running host, or another class that its doors are made of, or None."""
    modules = [
        each for each in _MODULES if find_spec(each.partition(".")[0]) is not None and find_spec(each) is not None
    ]
    return next((found for each in modules if (found := getattr(import_module(each), name, None)) is not None), None)


def _function(module: str, name: str) -> Any:
    """Return a function of the running host, or None; the stand-in lacks whole packages."""
    there = find_spec(module.partition(".")[0]) is not None and find_spec(module) is not None
    return getattr(import_module(module), name, None) if there else None


def unguarded() -> list[str]:
    """Return which of the host's views do not ask our guards, or would draw pages beside their answers."""
    found = [] if list(APIView.renderer_classes) == _RENDERERS else ["APIView.renderer_classes"]
    found += [
        f"{name}: {guard.__name__}"
        for guard, names in DOORS.items()
        for name in names
        if (view := _views(name)) is not None and guard not in view.permission_classes
    ]
    for name in _ACTIONS:
        action = getattr(_views("DocumentViewSet"), name, None)
        if action is not None and CaseDocumentGuard not in action.kwargs["permission_classes"]:
            found.append(f"DocumentViewSet.{name}: {CaseDocumentGuard.__name__}")
    for name, method, _wrap in WRAPPED:
        view = _views(name)
        # the stand-in lacks some; that the host has them says the contract
        if hasattr(view, method) and not hasattr(getattr(view, method), "guards_cases"):
            found.append(f"{name}.{method}")
    for name, (module, _wrap) in WRAPPED_FUNCTIONS.items():
        function = _function(module, name)
        if function is not None and not hasattr(function, "guards_cases"):
            found.append(f"{module}.{name}")
    return found


def stand_at_doors() -> None:
    """Add the guards to the views the running host has; twice is once."""
    # every view that names none of its own takes these: only the description of the addresses does
    APIView.renderer_classes = _RENDERERS
    for guard, names in DOORS.items():
        for view in filter(None, map(_views, names)):
            if guard not in view.permission_classes:
                view.permission_classes = (*view.permission_classes, guard)
    for name in _ACTIONS:
        action = getattr(_views("DocumentViewSet"), name, None)
        if action is not None and CaseDocumentGuard not in action.kwargs["permission_classes"]:
            action.kwargs["permission_classes"] = [*action.kwargs["permission_classes"], CaseDocumentGuard]
    for name, method, wrap in WRAPPED:
        view = _views(name)
        # the stand-in lacks some; that the host has them says the contract
        if hasattr(view, method) and not hasattr(getattr(view, method), "guards_cases"):
            guarded = wrap(getattr(view, method))
            guarded.guards_cases = True
            setattr(view, method, guarded)
    for name, (module, wrap) in WRAPPED_FUNCTIONS.items():
        function = _function(module, name)
        if function is not None and not hasattr(function, "guards_cases"):
            guarded = wrap(function)
            guarded.guards_cases = True
            setattr(import_module(module), name, guarded)
    if apps.is_installed("django.contrib.admin"):
        from vks_plugin.host.administration import replace_pages  # noqa: PLC0415 - the stand-in has no such pages

        replace_pages()
