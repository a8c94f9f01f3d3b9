"""Documents without an owner, which the host shows and lets change everybody, and how they get one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.db.models import Q
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

    def documents(self) -> QuerySet[Document]:
        """Return them, those in the trash too.

        What was in the archive before the field of the case code was made there stays as it is.
        """
        began = CustomField.objects.filter(name=CASE_CODE_FIELD).order_by("created").values("created")[:1]
        rows = Document.global_objects.filter(root_document__isnull=True, added__gte=began)
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
