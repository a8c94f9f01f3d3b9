"""Videos that are kept with papers of a case, as custody sees them: files that are sealed, compared and packed like papers.

They are taken in above, for what is shown at court; custody asks whoever has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody.models import SealManifest
from vks_plugin.host.files import BATCH


class VideoFile(NamedTuple):
    """A video as it was recorded when it was taken in."""

    document: int
    """Id in the host of the paper it is kept with."""
    key: str
    """Its number, a UUID, as the ledger has it."""
    path: Path
    sha256: str
    size: int
    """Bytes."""
    title: str

    @property
    def fact(self) -> tuple[int, str, str, int]:
        """What a seal says of it."""
        return self.document, self.key, self.sha256, self.size


SOURCES: list[Callable[[Sequence[int]], Iterable[VideoFile]]] = []
"""What yields the videos kept with documents, by the ids of these in the host; concepts above add to it."""


def videos_with(documents: Iterable[int]) -> list[VideoFile]:
    """Return the videos that are kept with these documents, in a definite order."""
    ids = list(documents)
    found = [
        video
        for start in range(0, len(ids), BATCH)
        for source in SOURCES
        for video in source(ids[start : start + BATCH])
    ]
    return sorted(found, key=lambda each: (each.document, each.key))


def videos_to_seal(case: CaseFile, part: str) -> list[VideoFile]:
    """Return the videos of a part of a case that no seal names yet."""
    papers = CaseDocument.objects.filter(case=case, part=part).order_by().values_list("document_id", flat=True)
    found = videos_with(papers)
    if not found:
        return []
    sealed = {
        each["video"]
        for manifest in SealManifest.objects.filter(case=case, part=part)
        for each in manifest.said.get("videos", [])
    }
    return [each for each in found if each.key not in sealed]


def there_at_a_seal(paper: str, kept_at: str) -> Exists:
    """Return what asks of rows whether their part of the case was sealed when they were there already.

    Args:
        paper: where the document they are kept with is found from the row.
        kept_at: where the moment is found at which they were taken in.
    """
    return Exists(
        SealManifest.objects.filter(
            case_id=OuterRef(f"{paper}__case_id"), part=OuterRef(f"{paper}__part"), sealed_at__gte=OuterRef(kept_at)
        )
    )
