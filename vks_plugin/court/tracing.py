"""From a folio back to where it came from: its document, what rests on it, what happened to it, and where it is bundled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require
from vks_plugin.acts import ACTS
from vks_plugin.cases.folios import Label, parse_label
from vks_plugin.cases.models import CaseDocument, Folio, ProceduralEvent
from vks_plugin.court.actions import bundles_of
from vks_plugin.court.models import Bundle
from vks_plugin.custody.queries import of_case
from vks_plugin.custody.words import Said, in_words, reader_of
from vks_plugin.errors import NotFound

_NAMES = ("document", "new_document", "merged_document")
"""Fields of an entry that name a document."""
OF_DOCUMENTS = frozenset(kind for kind, act in ACTS.items() if set(_NAMES) & set(act.shown))
"""Acts that happen to one document."""
_MOST = 200
"""Entries told, the newest."""


class Bundled(NamedTuple):
    """Where a folio stands in a bundle."""

    bundle: Bundle
    page: int
    """Of the bundle; the first of the document where nobody noted which page shows the folio."""

    @property
    def place(self) -> tuple[str, int]:
        """In which of its files that page lies (empty: there is one alone), and which page of that file it is."""
        for each in self.bundle.volumes if self.bundle.several else ():
            if each["first_page"] <= self.page <= each["last_page"]:
                return str(each["volume"]), self.page - each["first_page"] + 1
        return "", self.page


@dataclass(frozen=True)
class Traced:
    """Where a folio leads."""

    folio: Folio
    filed: CaseDocument
    events: list[ProceduralEvent]
    """Decisions and steps of the proceedings that were recorded by this document, as they stand."""
    history: list[Said]
    """What the ledger says of the document, the newest first, as the reader may read it."""
    bundles: list[Bundled]
    """Finished bundles the reader may have, the newest first."""


def trace(user: User, code: str, label: str) -> Traced:
    """Return where a folio of a case leads, as far as the person may read.

    Raises:
        NotFound: the person may not know of the case, or reads no document with this folio.
        NotAllowed: the person knows of the case but may not read it.
        FolioError: the label is none.
    """
    view = case_for(user, code)
    require(user, view.case, Level.VIEW, doing=_("xem hồ sơ"))
    wanted: Label = parse_label(label, field="folio")
    folio = (
        Folio.objects.filter(
            case=view.case,
            number=wanted.number,
            suffix=wanted.suffix,
            case_document__in=view.documents.order_by().values("pk"),
        )
        .select_related("case_document__document_type")
        .first()
    )
    if folio is None:
        raise NotFound(_("Không có bút lục %(label)s trong phạm vi bạn xem được.") % {"label": wanted})
    filed = folio.case_document
    named = []
    for entry in of_case(user, code).filter(kind__in=OF_DOCUMENTS).order_by("-seq").iterator(chunk_size=2000):
        data = entry.said["data"]
        if filed.document_id in [data.get(name) for name in _NAMES]:
            named.append(entry)
            if len(named) == _MOST:
                break
    return Traced(
        folio,
        filed,
        list(
            ProceduralEvent.objects.filter(case=view.case, case_document=filed, withdrawn_at=None).order_by(
                "happened_on", "pk"
            )
        ),
        in_words(named, reader_of(user, view)),
        [
            Bundled(bundle, page)
            for bundle in bundles_of(user, view.case)
            if bundle.status == Bundle.Status.DONE and (page := _page_in(bundle, filed, folio))
        ],
    )


def _page_in(bundle: Bundle, filed: CaseDocument, folio: Folio) -> int:
    """Return the page of a bundle that shows a folio; 0 when it is not in it, or was another file then."""
    for rows in (bundle.layout.get("begun", ()), *bundle.layout.get("late", ())):
        for document, sha256, _pages, first in rows:
            if (document, sha256) == (filed.document_id, filed.sha256):
                return int(first) + (folio.page or 1) - 1
    return 0
