"""Workflows of the host: what they may do to case documents, and to files on their way into a case.

No door is opened when a workflow runs and no person acts, so nothing is refused here: the action is
left out, the others of the workflow are carried out. Tags, titles and correspondents are such others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from copy import copy
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from documents.models import Document

from vks_plugin.host.filed import belongs_to_a_case, frozen_among
from vks_plugin.host.provision import CASE_CODE_FIELD, case_code_field_id

_log = logging.getLogger("paperless.vks.workflows")

_arriving: ContextVar[bool] = ContextVar("vks_arriving", default=False)
"""Whether the workflows that run now look at a file on its way into a case."""

_PEOPLE = ("view_users", "view_groups", "change_users", "change_groups")
_KEPT = ("owner_id", "storage_path_id", *_PEOPLE)


def _is_ours(document: Any) -> bool:
    return belongs_to_a_case(document) if isinstance(document, Document) else _arriving.get()


def _is_frozen(document: Any) -> bool:
    return isinstance(document, Document) and bool(frozen_among([document.pk]))


def _rewrites(action: Any) -> bool:
    """Tell whether an assignment or a removal touches owner, readers, case code or place of a document."""
    everything = ("owners", "permissions", "custom_fields", "storage_paths")
    singles = ["assign_owner_id", "assign_storage_path_id", *(f"remove_all_{name}" for name in everything)]
    if any(getattr(action, name) for name in singles):
        return True
    several = [f"{verb}_{name}" for verb in ("assign", "remove") for name in _PEOPLE]
    if any(getattr(action, name).exists() for name in (*several, "remove_owners", "remove_storage_paths")):
        return True
    fields = (action.assign_custom_fields, action.remove_custom_fields)
    return any(each.filter(name=CASE_CODE_FIELD).exists() for each in fields)


def _redescribes(action: Any) -> bool:
    """Tell whether an assignment or a removal touches title or type."""
    return bool(
        action.assign_title
        or action.assign_document_type_id
        or action.remove_all_document_types
        or action.remove_document_types.exists()
    )


def _always(_action: Any) -> bool:
    return True


_ACTS: dict[str, Callable[[Any], bool]] = {
    "apply_assignment_to_document": _rewrites,
    "apply_removal_to_document": _rewrites,
    "execute_email_action": _always,
    "execute_webhook_action": _always,
    "execute_password_removal_action": _always,
    "execute_move_to_trash_action": _always,
}
"""What the host calls for one action of a workflow, and which of them case documents are spared."""


def _spare(act: Any, harms: Callable[[Any], bool]) -> Any:
    @wraps(act)
    def spared(action: Any, document: Any, *rest: Any, **named: Any) -> Any:
        if _is_ours(document) and (harms(action) or (_is_frozen(document) and _redescribes(action))):
            _log.warning("Action %s of a workflow was left out for a case document", action.pk)
            return None
        return act(action, document, *rest, **named)

    return spared


def _keep_uploader(plugin: Any, folder: Callable[[], Path]) -> Any:
    """Return the host's step that asks the workflows of files coming in, keeping whose a case's file is."""

    class CaseFilesStayAsHandedIn(plugin):  # type: ignore[misc]
        """Lets no workflow change owner, readers or place of a file on its way into a case, or send it away."""

        def run(self) -> Any:
            """Run the workflows."""
            field_id = case_code_field_id()
            code = {_number(key): value for key, value in (self.metadata.custom_fields or {}).items()}.get(field_id)
            if not code and self.input_doc.original_file.parent != folder().resolve():
                return super().run()
            # the host adds to the very lists it was handed
            kept = {name: copy(getattr(self.metadata, name)) for name in _KEPT}
            token = _arriving.set(True)
            try:
                message = super().run()
            finally:
                _arriving.reset(token)
            for name, value in kept.items():
                setattr(self.metadata, name, value)
            if code and field_id is not None:
                self.metadata.custom_fields = (self.metadata.custom_fields or {}) | {field_id: code}
            return message

    return CaseFilesStayAsHandedIn


_PLUGIN = "CaseFilesStayAsHandedIn"


def _number(key: object) -> int | None:
    return int(str(key)) if str(key).isdecimal() else None


def unspared() -> list[str]:
    """Return which parts of the host would let a workflow do anything to a case document."""
    handlers, tasks = import_module("documents.signals.handlers"), import_module("documents.tasks")
    found = [name for name in _ACTS if hasattr(handlers, name) and not hasattr(getattr(handlers, name), "spares_cases")]
    plugin = getattr(tasks, "WorkflowTriggerPlugin", None)
    if plugin is not None and plugin.__name__ != _PLUGIN:
        found.append("WorkflowTriggerPlugin")
    return found


def spare_case_documents(folder: Callable[[], Path]) -> None:
    """Stand between the host's workflows and case documents; twice is once.

    Args:
        folder: where files wait that were handed in to a case.
    """
    handlers = import_module("documents.signals.handlers")
    for name, harms in _ACTS.items():
        act = getattr(handlers, name, None)
        if act is not None and not hasattr(act, "spares_cases"):
            sparing = _spare(act, harms)
            sparing.spares_cases = True
            setattr(handlers, name, sparing)
    tasks = import_module("documents.tasks")
    plugin = getattr(tasks, "WorkflowTriggerPlugin", None)
    if plugin is not None and plugin.__name__ != _PLUGIN:
        tasks.WorkflowTriggerPlugin = _keep_uploader(plugin, folder)  # type: ignore[attr-defined]
