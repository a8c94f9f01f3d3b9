"""What this folder relies on in the host, written down once and compared with the host that runs.

A version number does not tell: the host's development branch calls itself by the number of the
last release long after its functions have changed. So the doctor compares these.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Field
from django.dispatch import Signal

from vks_plugin.host.version import is_stand_in


@dataclass(frozen=True)
class Called:
    """Something we call, with the parameters we name or place."""

    path: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model whose rows we read or write, with the kinds of its fields."""

    label: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Sent:
    """A signal we listen to, and where the host sends it with the arguments we take."""

    path: str
    module: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Door:
    """A view whose permission and filter classes carry our guard and our grants."""

    path: str
    permissions: tuple[str, ...]
    filters: tuple[str, ...] = ()


CALLABLES = (
    Called("documents.permissions.has_perms_owner_aware", ("user", "perms", "obj")),
    Called("documents.permissions.permitted_document_ids", ("user",)),
    Called("documents.filters.DocumentPermissionsFilter.filter_queryset", ("request", "queryset", "view")),
    Called("documents.views.DocumentViewSet.filter_queryset", ("queryset",)),
    Called("documents.data_models.ConsumableDocument", ("source", "original_file")),
    Called(
        "documents.data_models.DocumentMetadataOverrides",
        (
            "filename",
            "title",
            "created",
            "document_type_id",
            "storage_path_id",
            "owner_id",
            "view_users",
            "view_groups",
            "change_users",
            "change_groups",
            "custom_fields",
        ),
    ),
    Called("documents.tasks.consume_file.run", ("input_doc", "overrides")),
    Called("documents.file_handling.generate_unique_filename", ("doc", "archive_filename")),
    Called("documents.signals.handlers.add_to_index", ("sender", "document")),
    Called("documents.search.get_backend"),
    Called("documents.search.TantivyBackend.batch_update"),
    Called("documents.search.TantivyBackend.search_ids", ("query", "user", "search_mode", "limit")),
    Called(
        "documents.search.TantivyBackend._build_tantivy_doc",
        ("document", "effective_content", "viewer_ids", "viewer_group_ids"),
    ),
    Called("documents.search.TantivyBackend._build_permission_filter", ("user",)),
    Called("documents.search.WriteBatch.remove", ("doc_id",)),
    Called("documents.models.Document.get_effective_content"),
)

NAMES = (
    "documents.filters.DocumentFilterSet.base_filters",
    "documents.filters.permitted_document_ids",
    "documents.data_models.DocumentSource.ApiUpload",
    "documents.models.CustomField.FieldDataType.STRING",
    "documents.models.CustomFieldInstance.global_objects",
    "documents.models.Document.archive_path",
    "documents.models.Document.global_objects",
    "documents.models.Document.source_path",
    "documents.models.Document.thumbnail_path",
    "documents.models.MatchingModel.MATCH_NONE",
    "documents.models.Tag",
    "documents.search.SearchIndexLockError",
    "documents.search.SearchMode.TEXT",
    "documents.search.WriteBatch._writer",
    "documents.views.SearchAutoCompleteView.get",
    "paperless.celery.app",
    "paperless.version.__version__",
    "paperless.views.StandardPagination",
)

MODELS = (
    Model(
        "documents.Document",
        {
            "id": "AutoField",
            "owner": "ForeignKey",
            "title": "CharField",
            "content": "TextField",
            "checksum": "CharField",
            "added": "DateTimeField",
            "created": "DateField",
            "document_type": "ForeignKey",
            "storage_path": "ForeignKey",
            "original_filename": "FilePathField|CharField",
            "archive_checksum": "CharField",
            "archive_filename": "FilePathField",
            "mime_type": "CharField",
            "modified": "DateTimeField",
            "page_count": "PositiveIntegerField",
            "filename": "FilePathField",
            "root_document": "ForeignKey",
            "deleted_at": "DateTimeField",
        },
    ),
    Model("documents.CustomField", {"name": "CharField", "data_type": "CharField", "created": "DateTimeField"}),
    Model(
        "documents.CustomFieldInstance", {"document": "ForeignKey", "field": "ForeignKey", "value_text": "CharField"}
    ),
    Model(
        "documents.StoragePath",
        {
            "name": "CharField",
            "path": "TextField",
            "matching_algorithm": "PositiveSmallIntegerField|PositiveIntegerField",
        },
    ),
    Model(
        "documents.DocumentType",
        {"name": "CharField", "matching_algorithm": "PositiveSmallIntegerField|PositiveIntegerField"},
    ),
    Model("documents.Tag", {"name": "CharField", "owner": "ForeignKey"}),
    Model("documents.Note", {"document": "ForeignKey", "note": "TextField"}),
    Model(
        "guardian.UserObjectPermission",
        {"object_pk": "CharField", "content_type": "ForeignKey", "permission": "ForeignKey", "user": "ForeignKey"},
    ),
    Model(
        "guardian.GroupObjectPermission",
        {"object_pk": "CharField", "content_type": "ForeignKey", "permission": "ForeignKey", "group": "ForeignKey"},
    ),
)

SIGNALS = (
    Sent("documents.signals.document_consumption_finished", "documents.consumer", ("document",)),
    Sent("documents.signals.document_updated", "documents.views", ("document",)),
)

DOORS = (
    Door(
        "documents.views.DocumentViewSet",
        ("IsAuthenticated", "PaperlessObjectPermissions"),
        ("DocumentPermissionsFilter",),
    ),
    Door(
        "documents.views.UnifiedSearchViewSet",
        ("IsAuthenticated", "PaperlessObjectPermissions"),
        ("DocumentPermissionsFilter",),
    ),
    Door("documents.views.PostDocumentView", ("IsAuthenticated",)),
)

_GUARDED = ("IsAuthenticated", "PaperlessObjectPermissions")

REAL_ONLY: tuple[Called | Door, ...] = (
    Called("documents.serialisers.SearchResultListSerializer.to_representation", ("hits",)),
    Called("documents.serialisers._get_viewable_duplicates", ("document", "user")),
    Called("documents.serialisers.DocumentListSerializer.to_internal_value", ("data",)),
    Called("documents.serialisers.TrashSerializer.to_internal_value", ("data",)),
    Called("documents.serialisers.ShareLinkSerializer.to_internal_value", ("data",)),
    Called("documents.serialisers.ShareLinkBundleSerializer.to_internal_value", ("data",)),
    Called("documents.views.ChatStreamingSerializer.to_internal_value", ("data",)),
    Called("documents.serialisers.StoragePathTestSerializer.to_internal_value", ("data",)),
    Called("documents.serialisers.validate_documentlink_targets", ("user", "doc_ids")),
    Called("documents.views._get_more_like_id", ("query_params", "user")),
    Called("documents.views.ChatStreamingView.post", ("request",)),
    Called("documents.views.stream_chat_with_documents", ("query_str", "documents", "output_language")),
    Called("paperless.consumers.StatusConsumer._can_view", ("data",)),
    Called("paperless.views.ApplicationConfigurationViewSet.perform_update", ("serializer",)),
    *(
        Called(f"documents.views.{view}.{method}", ("serializer",))
        for view in ("WorkflowViewSet", "WorkflowActionViewSet", "WorkflowTriggerViewSet")
        for method in ("perform_create", "perform_update")
    ),
    Called("documents.views.DocumentViewSet.history", ("request", "pk")),
    Called("documents.views.DocumentViewSet.suggestions", ("request", "pk")),
    Called("documents.views.DocumentViewSet.ai_suggestions", ("request", "pk")),
    Called("documents.views.get_suggestion_cache", ("document_id",)),
    Called("documents.views.get_llm_suggestion_cache", ("document_id", "backend")),
    Called("documents.views.set_suggestions_cache", ("document_id", "suggestions", "classifier")),
    Called("documents.views.set_llm_suggestions_cache", ("document_id", "suggestions", "backend")),
    Called("paperless_ai.ai_classifier.get_objects_for_user_owner_aware", ("user", "perms", "Model")),
    Called("paperless.consumers.StatusConsumer.documents_deleted", ("event",)),
    Called("paperless_ai.chat._get_document_references", ("documents", "top_nodes")),
    Called("documents.bulk_edit.delete.run", ("doc_ids",)),
    Called("documents.bulk_edit.restore_archive_serial_numbers_task.run", ("backup",)),
    Called("documents.tasks.update_document_content_maybe_archive_file.run", ("document_id",)),
    Called("documents.tasks.FileLock", ("lock_file",)),
    Called("documents.bulk_edit.set_permissions", ("doc_ids", "set_permissions", "owner", "merge")),
    Called(
        "documents.views.DocumentOperationPermissionMixin._has_document_permissions",
        ("user", "documents", "method", "parameters"),
    ),
    Called(
        "documents.views.DocumentSelectionMixin._resolve_document_ids",
        ("user", "validated_data", "permission_codename"),
    ),
    Called("documents.views.DocumentViewSet.delete_version", ("request", "pk", "version_id")),
    Called("documents.views.DocumentViewSet.email_document", ("request", "pk")),
    Called("documents.views.DocumentViewSet.email_documents", ("request", "data")),
    Called("documents.views.DocumentViewSet.notes", ("request", "pk")),
    Called("documents.views.DocumentViewSet.update_version", ("request", "pk")),
    Called("documents.views.DocumentViewSet.update_version_label", ("request", "pk", "version_id")),
    Called("documents.views.SharedLinkView.get", ("request", "slug")),
    Called("documents.barcodes.BarcodePlugin.run"),
    Called("documents.views.TasksViewSet.get_queryset"),
    Called("documents.management.commands.document_importer.Command.load_data_to_database"),
    Called("documents.serialisers.TaskSerializerV9.to_representation", ("instance",)),
    Called("documents.serialisers.TaskSerializerV10.to_representation", ("instance",)),
    Called("documents.filters.PaperlessTaskFilterSet.filter_result", ("queryset", "name", "value")),
    Called("documents.views.CorrespondentViewSet.get_queryset"),
    Called("documents.views.CorrespondentViewSet.get_document_count_filter"),
    Called("documents.views.StatisticsView.get", ("request",)),
    Called("documents.serialisers.DocumentSerializer.validate", ("attrs",)),
    Called("documents.serialisers.DocumentSerializer.update", ("instance", "validated_data")),
    Called("documents.consumer.AsnCheckPlugin.pre_check_asn_value"),
    Called("documents.serialisers.CustomFieldInstanceSerializer.to_representation", ("instance",)),
    Called("documents.serialisers.CustomFieldInstanceSerializer.create", ("validated_data",)),
    Called("documents.views.BulkEditView.post", ("request",)),
    Called("documents.filters.CustomFieldQueryFilter.filter", ("qs", "value")),
    Called(
        "documents.filters.CustomFieldQueryParser._validate_atom_value",
        ("custom_field", "op", "value", "validation_prefix"),
    ),
    Called("documents.bulk_edit.reflect_doclinks", ("document", "field", "target_doc_ids")),
    Called("documents.bulk_edit.remove_doclink", ("document", "field", "target_doc_id")),
    Called("documents.bulk_edit.modify_custom_fields", ("doc_ids", "add_custom_fields", "remove_custom_fields")),
    Called("documents.consumer.WorkflowTriggerPlugin.run"),
    Called("documents.caching.clear_document_caches", ("document_id",)),
    Called("paperless.parsers.ParserContext"),
    Called("paperless.parsers.registry.ParserRegistry.get_parser_for_file", ("mime_type", "filename", "path")),
    Called("paperless.parsers.tesseract.RasterisedDocumentParser.configure", ("context",)),
    Called("paperless.parsers.tesseract.RasterisedDocumentParser.get_archive_path"),
    Called(
        "paperless.parsers.tesseract.RasterisedDocumentParser.parse", ("document_path", "mime_type", "produce_archive")
    ),
    Called("documents.signals.handlers.run_workflows_added", ("sender", "document")),
    Called("documents.signals.handlers.apply_assignment_to_document", ("action", "document", "logging_group")),
    Called("documents.signals.handlers.apply_removal_to_document", ("action", "document")),
    Called(
        "documents.signals.handlers.execute_email_action",
        ("action", "document", "context", "logging_group", "original_file", "trigger_type"),
    ),
    Called(
        "documents.signals.handlers.execute_webhook_action",
        ("action", "document", "context", "logging_group", "original_file"),
    ),
    Called("documents.signals.handlers.execute_password_removal_action", ("action", "document", "logging_group")),
    Called("documents.signals.handlers.execute_move_to_trash_action", ("action", "document", "logging_group")),
    Door("documents.views.CustomFieldViewSet", _GUARDED),
    Door("documents.views.DocumentTypeViewSet", _GUARDED),
    Door("documents.views.LogViewSet", ("IsAuthenticated", "PaperlessAdminPermissions")),
    Door("documents.views.ShareLinkViewSet", _GUARDED),
    Door("documents.views.ShareLinkBundleViewSet", _GUARDED),
    Door("documents.views.StoragePathViewSet", _GUARDED),
    Door("documents.views.BulkEditObjectsView", ("IsAuthenticated",)),
    Door("documents.views.TrashView", ("IsAuthenticated",)),
    Door("paperless.views.GroupViewSet", _GUARDED),
    Door("paperless_mail.views.MailRuleViewSet", _GUARDED),
    Door("paperless.views.UserViewSet", _GUARDED),
)
"""Doors that the stand-in does not have."""

SPARED = "wrapped, so that it leaves out what is filed or on its way into a case"
_NOTHING = "changes no document"

PAST_DOORS: dict[str, dict[str, str]] = {
    "workflow_actions": {
        "ASSIGNMENT": "documents.signals.handlers.apply_assignment_to_document",
        "REMOVAL": "documents.signals.handlers.apply_removal_to_document",
        "EMAIL": "documents.signals.handlers.execute_email_action",
        "WEBHOOK": "documents.signals.handlers.execute_webhook_action",
        "PASSWORD_REMOVAL": "documents.signals.handlers.execute_password_removal_action",
        "MOVE_TO_TRASH": "documents.signals.handlers.execute_move_to_trash_action",
    },
    "tasks": {
        "documents.bulk_edit.delete": SPARED,
        "documents.bulk_edit.restore_archive_serial_numbers_task": SPARED,
        "documents.signals.handlers.process_cf_select_update": "takes values off custom fields, which a seal leaves open",
        "documents.tasks.build_share_link_bundle": _NOTHING,
        "documents.tasks.bulk_update_documents": "tells of what was changed at a door; workflows are asked",
        "documents.tasks.check_scheduled_workflows": "workflows are asked",
        "documents.tasks.cleanup_expired_share_link_bundles": _NOTHING,
        "documents.tasks.consume_file": "its steps are asked; a version of what is filed is refused as it is stored",
        "documents.tasks.empty_trash": "the database protects rows that a case holds on to",
        "documents.tasks.index_document": _NOTHING,
        "documents.tasks.index_optimize": _NOTHING,
        "documents.tasks.llmindex_index": _NOTHING,
        "documents.tasks.remove_document_from_index": _NOTHING,
        "documents.tasks.remove_document_from_llm_index": _NOTHING,
        "documents.tasks.sanity_check": _NOTHING,
        "documents.tasks.train_classifier": _NOTHING,
        "documents.tasks.update_document_content_maybe_archive_file": SPARED,
        "documents.tasks.update_document_in_llm_index": _NOTHING,
        "documents.workflows.webhooks.send_webhook": "is sent by an action of a workflow alone",
        "paperless_mail.mail.apply_mail_action": _NOTHING,
        "paperless_mail.mail.error_callback": _NOTHING,
        "paperless_mail.tasks.process_mail_accounts": "hands files to consume_file",
    },
    "consume_steps": {
        "AsnCheckPlugin": "is asked through the wrap of its check",
        "BarcodePlugin": SPARED,
        "CollatePlugin": "joins two scans of the folder before there is a document",
        "ConsumerPlugin": "tells of what it stores before it is indexed",
        "ConsumerPreflightPlugin": _NOTHING,
        "WorkflowTriggerPlugin": SPARED,
    },
}
"""Ways of the host to a document that lead through no door: every kind of action of its workflows, with what it calls for
one; every task; every step in which a file is taken in. Each with what keeps it off case documents.

One that is not here is a way nobody has looked at: the contract is broken until somebody has.
"""

SETTINGS = (
    "ARCHIVE_DIR",
    "CELERY_BEAT_SCHEDULE",
    "CONSUMPTION_DIR",
    "DATA_DIR",
    "DATE_ORDER",
    "INDEX_DIR",
    "MEDIA_LOCK",
    "MEDIA_ROOT",
    "OCR_LANGUAGE",
    "ORIGINALS_DIR",
    "SCRATCH_DIR",
    "SEARCH_LANGUAGE",
    "THUMBNAIL_DIR",
)


def resolve(path: str) -> Any:
    """Return what a dotted path names: the longest importable module, then attributes.

    Raises:
        LookupError: there is no such thing; the message is the part that is missing.
    """
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for index, name in enumerate(parts[end:], start=end + 1):
            try:
                found = getattr(found, name)
            except AttributeError as error:
                raise LookupError(".".join(parts[:index])) from error
        return found
    raise LookupError(parts[0])


def _callable_problems(expected: Called) -> Iterator[str]:
    parameters = inspect.signature(resolve(expected.path)).parameters
    for name in expected.parameters:
        if name not in parameters:
            yield f"{expected.path}({name})"
    known = {*expected.parameters, "self"}
    for name, parameter in parameters.items():
        optional = parameter.default is not parameter.empty or parameter.kind in {
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        }
        if name not in known and not optional:
            yield f"{expected.path}(+{name})"


def _model_problems(expected: Model) -> Iterator[str]:
    try:
        meta = apps.get_model(expected.label)._meta
    except LookupError:
        yield expected.label
        return
    present = {field.name: field for field in meta.get_fields() if isinstance(field, Field)}
    for name, kind in expected.fields.items():
        field = present.get(name)
        if field is None:
            yield f"{expected.label}.{name}"
        elif not {each.__name__ for each in type(field).__mro__} & set(kind.split("|")):
            yield f"{expected.label}.{name}: {type(field).__name__}"


def _calls(source: str, opening: str) -> Iterator[str]:
    """Yield what stands between the parentheses of every such call, cheaper than parsing the whole module."""
    for match in re.finditer(rf"\b{re.escape(opening)}", source):
        depth, end = 1, match.end()
        while depth and end < len(source):
            depth += {"(": 1, ")": -1}.get(source[end], 0)
            end += 1
        yield source[match.end() : end - 1]


def _signal_problems(expected: Sent) -> Iterator[str]:
    if not isinstance(resolve(expected.path), Signal):
        yield expected.path
        return
    name = expected.path.rpartition(".")[2]
    calls = list(_calls(inspect.getsource(resolve(expected.module)), f"{name}.send("))
    for argument in expected.arguments:
        if not calls or not all(re.search(rf"\b{argument}=", call) for call in calls):
            yield f"{expected.module}: {name}.send({argument}=…)"


def _door_problems(expected: Door) -> Iterator[str]:
    view = resolve(expected.path)
    for attribute, wanted in (("permission_classes", expected.permissions), ("filter_backends", expected.filters)):
        present = {getattr(each, "__name__", str(each)) for each in getattr(view, attribute, ())}
        for name in wanted:
            if name not in present:
                yield f"{expected.path}.{attribute}: {name}"


_TASK_MARKS = ("shared_task", "app.task")


def _tasks_in(package: str) -> Iterator[str]:
    """Yield the tasks that the sources of a package define, loaded or not."""
    found = find_spec(package)
    if found is None or not found.origin:
        return
    folder = Path(found.origin).parent
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder.parent).with_suffix("").parts
        source = path.read_text(encoding="utf-8") if not {"tests", "migrations"} & {*place} else ""
        if not any(mark in source for mark in _TASK_MARKS):
            continue
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                marks = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
                if any(ast.unparse(each).endswith(_TASK_MARKS) for each in marks):
                    yield ".".join([*place, node.name])


def _steps_of_intake() -> Iterator[str]:
    """Yield the steps that the lists in the source of `consume_file` name."""
    tree = ast.parse(inspect.getsource(importlib.import_module("documents.tasks")))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "consume_file":
            lists = [each for each in ast.walk(node) if isinstance(each, ast.List)]
            yield from (name.id for each in lists for name in each.elts if isinstance(name, ast.Name))


_HOST_PACKAGES = ("documents", "paperless", "paperless_ai", "paperless_mail")


def past_doors() -> dict[str, list[str]]:
    """Return what the running host has of each kind in `PAST_DOORS`; reads its sources (tenths of a second)."""
    return {
        "workflow_actions": sorted(each.name for each in resolve("documents.models.WorkflowAction.WorkflowActionType")),
        "tasks": sorted(name for package in _HOST_PACKAGES for name in _tasks_in(package)),
        "consume_steps": sorted(set(_steps_of_intake())),
    }


def unseen_ways(present: dict[str, list[str]]) -> Iterator[str]:
    """Yield ways past the doors that nobody has looked at, and those that are gone, as `tasks(+documents.tasks.shred)`."""
    for kind, known in PAST_DOORS.items():
        yield from (f"{kind}(+{name})" for name in present[kind] if name not in known)
        yield from (f"{kind}({name})" for name in known if name not in present[kind])


def _way_problems(look: Callable[[], dict[str, list[str]]]) -> Iterator[str]:
    yield from unseen_ways(look())


def contract_problems() -> list[str]:
    """Return every assumption the running host does not keep, each as a short technical name."""
    found: list[str] = []
    compared: list[tuple[Any, Any]] = [
        *((_callable_problems, each) for each in CALLABLES),
        *((_model_problems, each) for each in MODELS),
        *((_signal_problems, each) for each in SIGNALS),
        *((_door_problems, each) for each in DOORS),
    ]
    if not is_stand_in():
        compared += [(_callable_problems if isinstance(each, Called) else _door_problems, each) for each in REAL_ONLY]
        compared.append((_way_problems, past_doors))
    for compare, expected in compared:
        try:
            found.extend(compare(expected))
        except LookupError as missing:
            found.append(str(missing.args[0]))
    for name in NAMES:
        try:
            resolve(name)
        except LookupError as missing:
            found.append(str(missing.args[0]))
    found.extend(f"settings.{name}" for name in SETTINGS if not hasattr(settings, name))
    return found
