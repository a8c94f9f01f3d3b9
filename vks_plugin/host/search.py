"""The host's full-text index.

An entry carries owner, viewers and viewer groups of its document, and autocomplete
is filtered by nothing else. So whenever those change the entry is written again, and
what narrows is written before the act is acknowledged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

import tantivy
from celery import shared_task
from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models import prefetch_related_objects
from documents.models import Document
from documents.search import SearchIndexLockError, get_backend
from kombu.exceptions import OperationalError

from vks_plugin.host.permissions import grants_of, may_view

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

logger = logging.getLogger("paperless.vks.search")


def reindex(document_ids: Iterable[int]) -> None:
    """Write the index entries of these documents again, in one commit of the index; what is in the bin has none.

    The host would ask for the holders of each document by itself, and for all that hangs on it: a dozen queries for
    every one of hundreds. Here they are read for many at once, and an entry is put together by the host as ever.
    """
    wanted = sorted(set(document_ids))
    if not wanted:
        return
    backend = get_backend()
    with backend.batch_update() as batch:
        # read once nobody else writes: who waited for the index would put back whom another has taken out meanwhile
        grants = grants_of(wanted)
        for start in range(0, len(wanted), _AT_A_TIME):
            chosen = wanted[start : start + _AT_A_TIME]
            # those in the bin too: their entries would go on naming who could read them when they got there
            for pk in chosen:
                batch.remove(pk)
            for document in _with_what_entries_tell(chosen):
                held = [grant for grant in grants.get(document.pk, ()) if grant.action == "view"]
                batch._writer.add_document(  # noqa: SLF001 - see contract.py
                    backend._build_tantivy_doc(  # noqa: SLF001
                        document,
                        document.get_effective_content(),
                        viewer_ids=[grant.holder_id for grant in held if grant.holder == "user"],
                        viewer_group_ids=[grant.holder_id for grant in held if grant.holder == "group"],
                    )
                )


def reindexed(document_ids: Iterable[int]) -> bool:
    """Write these entries again, unless the index is locked by somebody else; tell whether they were."""
    try:
        reindex(document_ids)
    except SearchIndexLockError:
        return False
    return True


_AT_A_TIME = 400


def _with_what_entries_tell(ids: list[int]) -> list[Document]:
    """Return documents with all that the host puts into an entry; the stand-in has less of it.

    Most have no note, tag or second version: those that have any are asked for first, since preparing to read what is
    not there takes longer for hundreds of documents than reading it.
    """
    known = {field.name: field for field in Document._meta.get_fields()}
    single = known.keys() & {"correspondent", "document_type", "storage_path"}
    documents = list(Document.objects.filter(pk__in=ids).select_related(*sorted(single)).order_by())
    for path in ("tags", "versions", "notes__user", "custom_fields__field"):
        name = path.partition("__")[0]
        if name not in known:
            continue
        nothing = cast("type[Model]", known[name].related_model)._default_manager.none()
        having = set(Document.objects.filter(pk__in=ids, **{f"{name}__isnull": False}).order_by().values_list("pk"))
        for document in documents:
            if (document.pk,) not in having:
                document.__dict__.setdefault("_prefetched_objects_cache", {})[name] = nothing
        prefetch_related_objects([each for each in documents if (each.pk,) in having], path)
    return documents


_pending = threading.local()


class Debts(NamedTuple):
    """How the database remembers that entries are still to be written, should this process end before they are."""

    remember: Callable[[Collection[int]], UUID]
    """Takes documents, in the transaction of the act; returns under what they are remembered."""
    forget: Callable[[Collection[UUID]], None]


_debts: list[Debts] = []


def remembered_by(debts: Debts) -> None:
    """Let concepts above remember what entries are owed; called when the program starts."""
    _debts[:] = [debts]


def reindex_on_commit(document_ids: Iterable[int]) -> None:
    """Write these index entries again when the present transaction commits, all of its documents at once.

    What a rolled-back transaction left behind is merely written again unchanged with the next one.
    """
    waiting: set[int] = _pending.__dict__.setdefault("ids", set())
    owed: set[UUID] = _pending.__dict__.setdefault("owed", set())
    chosen = set(document_ids)
    waiting |= chosen
    if chosen:
        owed |= {each.remember(chosen) for each in _debts}
    transaction.on_commit(_flush)


def _flush() -> None:
    waiting: set[int] = _pending.__dict__.setdefault("ids", set())
    owed: set[UUID] = _pending.__dict__.setdefault("owed", set())
    chosen, paid = set(waiting), set(owed)
    if not reindexed(chosen):
        # the act is committed; a worker writes what is left, and so does the next act of this process
        logger.error("the search index is locked: %d entries are to be written later", len(chosen))
        try:
            write_entries.apply_async(kwargs={"document_ids": sorted(chosen)}, countdown=60)
        except OperationalError:
            logger.error("no broker either: run vks_doctor once the index is free")
        return
    waiting -= chosen
    owed -= paid
    for each in _debts if paid else ():
        try:
            each.forget(paid)
        except DatabaseFault as error:
            # the act is committed and its entries are written: they are merely written once more
            logger.error("what is owed to the search index could not be crossed off: %s", type(error).__name__)


@shared_task(
    name="vks.host.write_entries",
    ignore_result=True,
    autoretry_for=(SearchIndexLockError,),
    max_retries=10,
    retry_backoff=60,
)
def write_entries(*, document_ids: list[int]) -> None:
    """Write index entries that could not be written when an act was committed."""
    reindex(document_ids)


_LOOKED_AT = 20
"""Documents of a word, of those the index would show, that are asked about."""


def confirmed_words(user: User, words: Sequence[str]) -> list[str]:
    """Return which of these completions stand in a document that the database lets `user` view.

    The index may be behind it: locked when an act was committed, left by a process that ended in between, or not read
    anew yet by this one.
    """
    backend = get_backend()
    searcher, schema = backend._index.searcher(), backend._index.schema  # noqa: SLF001 - see contract.py
    shown = backend._build_permission_filter(user)  # noqa: SLF001
    held: dict[str, list[int]] = {}
    for word in words:
        term = tantivy.Query.term_query(schema, "autocomplete_word", word)
        both = tantivy.Query.boolean_query([(tantivy.Occur.Must, term), (tantivy.Occur.Must, shown)])
        hits = searcher.search(both, limit=_LOOKED_AT).hits
        held[word] = list(searcher.fast_field_values("id", [address for _score, address in hits]))
    seen = may_view(user, {pk for ids in held.values() for pk in ids})
    return [word for word in words if not seen.isdisjoint(held[word])]


def find_documents(user: User, text: str, *, limit: int = 200) -> list[int]:
    """Return ids of documents that match `text` and that the index lets `user` find."""
    from documents.search import SearchMode  # noqa: PLC0415 - only this call needs it

    asker = None if user.is_superuser else user
    return list(get_backend().search_ids(text, asker, search_mode=SearchMode.TEXT, limit=limit))
