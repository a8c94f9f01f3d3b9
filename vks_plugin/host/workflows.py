"""Workflows and barcodes of the host: what they may do to case documents, and to files on their way into a case.

No door is opened when a workflow runs and no person acts, so nothing is refused here: the action is
left out, the others of the workflow are carried out. Tags, titles and correspondents are such others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from copy import copy
from functools import partial, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from documents.models import Document

from vks_plugin.host.filed import belongs_to_a_case, frozen_among
from vks_plugin.host.provision import CASE_CODE_FIELD, case_code_field_id
from vks_plugin.host.reading import number_of

_log = logging.getLogger("paperless.vks.workflows")

_arriving: ContextVar[bool] = ContextVar("vks_arriving", default=False)
"""Whether the workflows that run now look at a file on its way into a case."""

_PEOPLE = ("view_users", "view_groups", "change_users", "change_groups")
_KEPT = ("owner_id", "storage_path_id", *_PEOPLE)


def _is_ours(document: Any) -> bool:
    return belongs_to_a_case(document) if isinstance(document, Document) else _arriving.get()


def _is_frozen(document: Any) -> bool:
    return isinstance(document, Document) and bool(frozen_among([document.pk]))


_CODED = ("assign_custom_fields", "remove_custom_fields")
"""Of what these name, only the field of the case code matters."""

GIVES = ("assign_owner", *(f"assign_{name}" for name in _PEOPLE), "assign_custom_fields")
"""What an assignment says by which it gives papers to somebody, files them in a case for its readers among it."""

TAKES = (
    "remove_owners",
    *(f"remove_{name}" for name in _PEOPLE),
    "remove_custom_fields",
    "remove_all_owners",
    "remove_all_permissions",
    "remove_all_custom_fields",
)
"""What a removal says by which it takes papers from somebody, or keeps them out of the case they came for."""

_PLACES = ("assign_storage_path", "remove_storage_paths", "remove_all_storage_paths")

_ACTIONS: str = "documents.WorkflowAction"
"""By name: the stand-in has no workflows."""


def _actions() -> Any:
    return apps.get_model(_ACTIONS)


def saying(names: Iterable[str], *, through: str = "") -> Q:
    """Return what finds actions of workflows that say something under one of these names.

    Args:
        names: of fields of an action, of `GIVES` and `TAKES`; of custom fields, the case code alone counts.
        through: the way to the actions from what is asked, with its underscores.
    """
    found = Q()
    for name in names:
        if name in _CODED:
            found |= Q(**{f"{through}{name}__name": CASE_CODE_FIELD})
        elif name.startswith("remove_all_"):
            found |= Q(**{f"{through}{name}": True})
        else:
            found |= Q(**{f"{through}{name}__isnull": False})
    return found


def _rewrites(action: Any) -> bool:
    """Tell whether an assignment or a removal touches owner, readers, case code or place of a document."""
    return bool(_actions().objects.filter(saying((*GIVES, *TAKES, *_PLACES)), pk=action.pk).exists())


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


_SENT = ("email", "webhook")


def _reaching_kinds() -> set[int]:
    kinds = _actions().WorkflowActionType
    return {kinds.EMAIL, kinds.WEBHOOK, kinds.MOVE_TO_TRASH}


def _reaching_actions() -> QuerySet[Any]:
    reaching = Q(type__in=_reaching_kinds()) | saying((*GIVES, *TAKES, *_SENT))
    found: QuerySet[Any] = _actions().objects.filter(reaching)
    return found


def _is_reaching(said: dict[str, Any]) -> bool:
    """Tell of an action that is about to be saved what `_reaching_actions` finds once it stands."""
    if said.get("type") in _reaching_kinds():
        return True
    if any(field.name == CASE_CODE_FIELD for name in _CODED for field in said.get(name) or ()):
        return True
    return any(said.get(name) for name in (*GIVES, *TAKES, *_SENT) if name not in _CODED)


def reaches_papers_of_others(serializer: Any) -> bool:
    """Tell whether a workflow, or a part of one, that the host is about to save does more to papers than to describe them.

    That is: sends them away, gives them to somebody, takes them from somebody, files them in a case or bins them.

    Papers that are in no case yet, that is: what waits in an inbox, what others keep as their own. Whether it does so by what is
    said now or by what stands already and would only get other papers to do it to.
    """
    said, row, kind = serializer.validated_data, serializer.instance, serializer.Meta.model.__name__
    present = [row.pk] if row is not None else []
    if kind == "Workflow":
        actions, triggers = said.get("actions") or [], said.get("triggers") or []
    else:
        actions, triggers = ([said], []) if kind == "WorkflowAction" else ([], [said])
    if any(map(_is_reaching, actions)):
        return True
    # the host takes what is named by its number for its own, whichever workflow it is of
    named = {
        "pk": [each["id"] for each in actions if each.get("id")],
        "workflows__triggers": [each["id"] for each in triggers if each.get("id")],
    }
    where = {"Workflow": "workflows", "WorkflowAction": "pk", "WorkflowTrigger": "workflows__triggers"}[kind]
    touched = Q(**{f"{where}__in": present})
    for path, pks in named.items():
        touched |= Q(**{f"{path}__in": pks})
    return _reaching_actions().filter(touched).exists()


_ACTS: dict[str, Callable[[Any], bool]] = {
    "apply_assignment_to_document": _rewrites,
    "apply_removal_to_document": _rewrites,
    "execute_email_action": _always,
    "execute_webhook_action": _always,
    "execute_password_removal_action": _always,
    "execute_move_to_trash_action": _always,
}
"""What the host calls for one action of a workflow, and which of them case documents are spared."""


def _spare(act: Any, harms: Callable[[Any], bool], is_secret: Callable[..., bool]) -> Any:
    def keeps_its_name(document: Any) -> bool:
        # the mark of a state secret may stand in the title alone
        return _is_frozen(document) or (
            isinstance(document, Document) and is_secret(document.title, document.original_filename or "")
        )

    @wraps(act)
    def spared(action: Any, document: Any, *rest: Any, **named: Any) -> Any:
        if _is_ours(document) and (harms(action) or (_redescribes(action) and keeps_its_name(document))):
            _log.warning("Action %s of a workflow was left out for a case document", action.pk)
            return None
        return act(action, document, *rest, **named)

    return spared


def _handed_in(file: Any, folder: Path) -> bool:
    """Tell whether a file, or the one the host made it from, was handed in to a case."""
    return folder.resolve() in {each.parent for each in (file.original_file, file.original_path) if each is not None}


def _read_no_barcodes(plugin: Any, folder: Callable[[], Path], is_secret: Callable[..., bool]) -> Any:
    """Return the host's step that takes files apart, numbers and tags them by barcodes, leaving a case's alone.

    What was handed in is one document with the folios, the hash and the name it was handed in with; the parts would
    come in anew, for no case, and the file that was handed in would be gone.
    """

    class CaseFilesStayWhole(plugin):  # type: ignore[misc]
        """Looks for no barcode in a file that was handed in to a case."""

        @property
        def able_to_run(self) -> bool:
            """Tell whether barcodes are looked for."""
            return not _handed_in(self.input_doc, folder()) and bool(super().able_to_run)

    return CaseFilesStayWhole


def _keep_uploader(plugin: Any, folder: Callable[[], Path], is_secret: Callable[..., bool]) -> Any:
    """Return the host's step that asks the workflows of files coming in, keeping whose a case's file is."""

    class CaseFilesStayAsHandedIn(plugin):  # type: ignore[misc]
        """Lets no workflow change owner, readers or place of a file on its way into a case, or send it away.

        One that is called a state secret keeps its title, for the mark may stand there alone, and is sent nowhere; whoever a
        workflow gives it to has it until it is stored and taken from him: with nobody's name on it it would be everybody's.
        """

        def run(self) -> Any:
            """Run the workflows."""
            field_id = case_code_field_id()
            code = {number_of(key): value for key, value in (self.metadata.custom_fields or {}).items()}.get(field_id)
            # of a part that barcodes made, also the whole it was part of
            files = (self.input_doc.original_file, self.input_doc.original_path)
            names = (self.metadata.title, self.metadata.filename, *(each.name for each in files if each is not None))
            secret = is_secret(*(name or "" for name in names))
            ours = bool(code) or _handed_in(self.input_doc, folder())
            if not ours and not secret:
                return super().run()
            # the host adds to the very lists it was handed
            stays = (*(_KEPT if ours else ()), *(("title",) if secret else ()))
            kept = {name: copy(getattr(self.metadata, name)) for name in stays}
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


_STEPS: dict[str, Callable[..., Any]] = {
    "BarcodePlugin": _read_no_barcodes,
    "WorkflowTriggerPlugin": _keep_uploader,
}
"""Steps in which the host takes a file in, and what makes each of them heed a case's files."""


def unspared() -> list[str]:
    """Return which parts of the host would do anything to a case document, or to a file on its way into a case."""
    handlers, tasks = import_module("documents.signals.handlers"), import_module("documents.tasks")
    places = ((handlers, _ACTS), (tasks, _STEPS))
    return [
        name
        for module, names in places
        for name in names
        if hasattr(module, name) and not hasattr(getattr(module, name), "spares_cases")
    ]


def spare_case_documents(folder: Callable[[], Path], is_secret: Callable[..., bool]) -> None:
    """Stand between the host's workflows and barcodes and case documents; twice is once.

    Args:
        folder: where files wait that were handed in to a case.
        is_secret: tells whether one of these names says of a paper that it is a state secret.
    """
    handlers, tasks = import_module("documents.signals.handlers"), import_module("documents.tasks")
    standing: list[tuple[Any, str, Callable[[Any], Any]]]
    standing = [(handlers, name, partial(_spare, harms=harms, is_secret=is_secret)) for name, harms in _ACTS.items()]
    standing += [(tasks, name, partial(heed, folder=folder, is_secret=is_secret)) for name, heed in _STEPS.items()]
    for module, name, stand_before in standing:
        present = getattr(module, name, None)
        if present is not None and not hasattr(present, "spares_cases"):
            sparing = stand_before(present)
            sparing.spares_cases = True
            setattr(module, name, sparing)
