"""Documents without an owner, which the host shows and lets change everybody, and how they get one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Q
from django.db.models.signals import pre_delete
from documents.models import CustomField, CustomFieldInstance, Document

from vks_plugin.host.permissions import Grant, grants_of, write_grants
from vks_plugin.host.provision import CASE_CODE_FIELD, STORAGE_PATH
from vks_plugin.host.search import reindex_on_commit

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Reach:
    """Which documents of the host are ours to look after while they are in no case."""

    host_type_ids: Collection[int]
    """Document types of the catalogue."""
    tag: str
    """Name of a tag that marks what belongs here; empty for none."""
    everything: bool
    """Whether the host serves nobody else."""

    def documents(self, *, whenever_added: bool = False) -> QuerySet[Document]:
        """Return them, those in the trash too.

        What was in the archive before the field of the case code was made there stays as it is.

        Args:
            whenever_added: also those that say they were: an import brings days from elsewhere.
        """
        rows = Document.global_objects.filter(root_document__isnull=True)
        if not whenever_added:
            began = CustomField.objects.filter(name=CASE_CODE_FIELD).order_by("created").values("created")[:1]
            rows = rows.filter(added__gte=began)
        if self.everything:
            return rows
        marked = Q(storage_path__name=STORAGE_PATH) | Q(document_type_id__in=list(self.host_type_ids))
        marked |= Q(pk__in=CustomFieldInstance.objects.filter(field__name=CASE_CODE_FIELD).values("document_id"))
        if self.tag:
            marked |= Q(tags__name=self.tag)
        return rows.filter(marked).distinct()


def give(document_ids: Iterable[int], *, owner_id: int, grants: frozenset[Grant]) -> None:
    """Give documents an owner and these grants beside those they have, and index them again.

    In the caller's transaction, so that nobody reads them in between.
    """
    chosen = list(document_ids)
    present = grants_of(chosen)
    changed = write_grants({pk: frozenset(present.get(pk, set())) | grants for pk in chosen}, owner_id=owner_id)
    # versions among them
    reindex_on_commit(changed.any)


def keep_in_bulk(
    ours: Callable[[Collection[int]], set[int]], account_id: Callable[[], int], keep: Callable[[Collection[int]], None]
) -> None:
    """Let the host's bulk edit of owner and readers leave nothing of ours without an owner; twice is once.

    The host writes all rows in one statement, tells of it once its worker gets round to it, and everybody would read
    them until then.

    Args:
        ours: tells which of some documents are ours to look after should nobody own them.
        account_id: returns the account that owns them instead.
        keep: gives those to it, with whoever else reads what it keeps.
    """
    if find_spec("documents.bulk_edit") is None:
        return
    module: Any = import_module("documents.bulk_edit")
    act = module.set_permissions
    if hasattr(act, "keeps_cases"):
        return

    @wraps(act)
    def set_permissions(doc_ids: list[int], *rest: Any, owner: Any = None, merge: bool = False, **named: Any) -> Any:
        kept = ours(doc_ids) if owner is None and not merge else set()
        if not kept:
            return act(doc_ids, *rest, owner=owner, merge=merge, **named)
        others = [pk for pk in doc_ids if pk not in kept]
        if others:
            act(others, *rest, owner=owner, merge=merge, **named)
        done = act(sorted(kept), *rest, owner=account_id(), merge=merge, **named)
        keep(kept)
        return done

    set_permissions.keeps_cases = True  # type: ignore[attr-defined]
    module.set_permissions = set_permissions


# --- what an account that is deleted leaves behind, beside documents -------------------------------

_APPS = ("documents", "paperless_mail")
_keeper: list[Callable[[], int | None]] = []


def keep_private(keeper: Callable[[], int | None]) -> None:
    """Let nothing that was somebody's become everybody's when the account is deleted; documents are taken elsewhere.

    The host empties the owner of searches, tags, letters, tasks and links, and shows what has none to everybody, with
    the names and codes in it. Whoever it was shared with keeps it.

    Args:
        keeper: returns the account that owns them instead; None while there is none.
    """
    _keeper[:] = [keeper]
    pre_delete.connect(_account_goes, sender=User, dispatch_uid="vks.private_things_stay")


def _owned_kinds() -> list[Any]:
    models = [model for name in _APPS if apps.is_installed(name) for model in apps.get_app_config(name).get_models()]
    fields = {
        model: {each.name: each for each in model._meta.get_fields()} for model in models if model is not Document
    }
    return [model for model, named in fields.items() if "owner" in named and named["owner"].related_model is User]


def _account_goes(sender: object, *, instance: User, **_signal: object) -> None:
    """Write the keeper in before the host looks for what it has to empty."""
    keeper = _keeper[0]()
    if keeper is None or keeper == instance.pk:
        return
    for model in _owned_kinds():
        rows = model._default_manager.filter(owner=instance)
        if any("name" in each.fields and "owner" in each.fields for each in model._meta.constraints):
            # the host allows an owner one thing of a name
            kept = model._default_manager.filter(owner_id=keeper).values_list("name", flat=True)
            for pk, name in list(rows.filter(name__in=list(kept)).values_list("pk", "name")):
                longest = model._meta.get_field("name").max_length
                rows.filter(pk=pk).update(name=f"{name[: longest - len(f' ({pk})')]} ({pk})")
        values: dict[str, Any] = {"owner_id": keeper}
        if any(each.name == "assign_owner_from_rule" for each in model._meta.get_fields()):
            # what such a rule brings in goes where everything without an owner goes
            values["assign_owner_from_rule"] = False
        rows.update(**values)
