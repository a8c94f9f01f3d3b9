"""What was made of cases and lies on the server, as the comparison of stored files reads it: copies, bundles, decks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from django.db.models import Q

from vks_plugin.cases.models import CaseFile
from vks_plugin.court.bundle import path_of_volume
from vks_plugin.court.deck.models import DeckExport, Video
from vks_plugin.court.models import OPEN, Bundle, Redaction, RedactionWork
from vks_plugin.court.redactions import leftovers_of
from vks_plugin.custody.actions.fixity import KeptFile, KeptFolder

_AT_ONCE = 200


def made_files(case: CaseFile | None) -> Iterator[KeptFile]:
    """Yield the files that were made of a case, or of all, with the SHA-256 the ledger was told when they were.

    Of cases that were disposed of none is left.
    """
    of = {"case": case} if case is not None else {"case__destroyed_at__isnull": True}

    def of_case(path: str) -> dict[str, object]:
        return {f"{path}{name}": value for name, value in of.items()}

    copies = Redaction.objects.filter(**of_case("case_document__")).select_related("case_document__case")
    for copy in copies.order_by().iterator(chunk_size=_AT_ONCE):
        yield KeptFile(copy.path, copy.sha256, copy.case_document.case)
    bundles = Bundle.objects.filter(status=Bundle.Status.DONE, **of_case("")).select_related("case")
    for bundle in bundles.order_by().iterator(chunk_size=_AT_ONCE):
        for each in bundle.volumes:
            path = path_of_volume(bundle.path, each["volume"], len(bundle.volumes))
            yield KeptFile(path, each["sha256"], bundle.case)
        for name, path in bundle.files_beside.items():
            # of manifests from before their hash was kept nothing is known to compare them with
            if name in bundle.beside:
                yield KeptFile(path, bundle.beside[name], bundle.case)
    decks = DeckExport.objects.filter(status=DeckExport.Status.DONE, **of_case("presentation__"))
    decks = decks.exclude(sha256="").select_related("presentation__case")
    for deck in decks.order_by().iterator(chunk_size=_AT_ONCE):
        # one that a command wrote lies elsewhere, and of one that was destroyed nothing is kept
        if deck.is_here:
            yield KeptFile(deck.path, deck.sha256, deck.presentation.case)


def folders_of_made() -> Iterator[KeptFolder]:
    """Yield where those files and videos lie."""

    # what works write from now on has not settled before the files are looked at
    to_come = frozenset(_copies_to_come())

    def copies(ids: Collection[UUID]) -> Iterable[UUID]:
        yield from Redaction.objects.filter(pk__in=ids).values_list("pk", flat=True)
        yield from RedactionWork.objects.filter(pk__in=ids).values_list("pk", flat=True)
        yield from to_come.intersection(ids)

    def bundles(ids: Collection[UUID]) -> Iterable[UUID]:
        return Bundle.objects.filter(pk__in=ids).values_list("pk", flat=True)

    def decks(ids: Collection[UUID]) -> Iterable[UUID]:
        return DeckExport.objects.filter(pk__in=ids).values_list("pk", flat=True)

    def videos(ids: Collection[UUID]) -> Iterable[UUID]:
        return Video.objects.filter(pk__in=ids).values_list("pk", flat=True)

    yield KeptFolder(Redaction().path.parent, copies)
    yield KeptFolder(Bundle().path.parent, bundles)
    yield KeptFolder(DeckExport().path.parent, decks)
    yield KeptFolder(Video().path.parent, videos)


def _copies_to_come() -> Iterator[UUID]:
    """Yield the ids of copies that works may still make: done once more, a work writes over what the worker before left.

    What was given up, or is kept for nobody to go on with, makes none.
    """
    going_on = Q(status__in=OPEN) | Q(status=RedactionWork.Status.FAILED) & ~Q(chosen=[])
    for work in RedactionWork.objects.filter(going_on).order_by().iterator(chunk_size=_AT_ONCE):
        yield from (UUID(path.stem) for path in leftovers_of(work) if not path.name.startswith("."))
