"""What a deck consists of: plain data that every format is written from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vks_plugin.court.deck.diagrams import Diagram
from vks_plugin.court.deck.rendering import Area

REDACTED = "đã che"
"""What a page says in which something was taken out."""


class ShownMark(NamedTuple):
    """A place on a page somebody marked."""

    areas: tuple[Area, ...]
    note: str
    """For whoever presents."""


@dataclass(frozen=True)
class DeckPage:
    """A page of the case file, or a part of one, that the deck can show."""

    key: str
    """What it is called within the deck: `p0001`."""
    folio: str
    """As it is cited: `12`, `125a`."""
    title: str
    """Of its document, without names that are not to be told."""
    page: int
    page_count: int
    document_id: int
    """Id in the DMS."""
    version_id: int
    """Id of the version that is shown."""
    filed_sha256: str
    """Of the file as it was filed."""
    path: Path
    crop: Area | None = None
    marks: tuple[ShownMark, ...] = ()
    redaction: str = ""
    """Id of the copy with something taken out that is shown in place of the document; empty: the document itself."""
    original_sha256: str = ""
    """Of the document's file that copy was made of."""
    sealed: bool = False
    """Whether the document's file is byte for byte one that was sealed."""
    held: bool = False
    """Whether only testimony shows it that the panel has not let be made public."""

    @property
    def citation(self) -> str:
        """How it is cited: `BL 12`."""
        return f"BL {self.folio}"

    @property
    def placed(self) -> str:
        """Where in the case file it stands: `BL 12 · Biên bản khám xét, trang 1/3`, and whether something is taken out."""
        told = f"{self.citation} · {self.title}, trang {self.page}/{self.page_count}"
        return f"{told} · {REDACTED}" if self.redaction else told


@dataclass(frozen=True)
class DeckVideo:
    """A video a slide plays a part of."""

    key: str
    """What it is called within the deck: `v0001`."""
    id: str
    title: str
    document_id: int
    """Id in the DMS of the paper it belongs to."""
    filed_sha256: str
    """Of that paper as it was filed."""
    sha256: str
    """Of the video as it was taken in, told to the ledger then."""
    path: Path
    container: str
    seconds: float
    width: int
    height: int
    plays_from: float
    plays_to: float

    @property
    def file(self) -> str:
        """Where it lies within the deck."""
        return f"videos/{self.key}.{self.container}"

    @property
    def span(self) -> str:
        """Which part is played: `00:12 – 01:05`."""
        return f"{_clock(self.plays_from)} – {_clock(self.plays_to)}"


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


class DeckStill(NamedTuple):
    """A picture that stands for a video, drawn from it by who composed the slide; no page that was filed."""

    file: str
    """Where it lies within the deck."""
    second: float
    """Of the video, when it was drawn."""
    jpeg: bytes
    sha256: str
    width: int
    height: int
    printed: bool = True
    """Whether it may stand on paper: of testimony on film nothing does before the panel has let it be made public."""

    @property
    def words(self) -> str:
        """What is written with it, so that nobody takes it for a page of the case file."""
        return f"ảnh trích từ video, giây {self.second:g}".replace(".", ",")


class PlanMark(NamedTuple):
    """A number on a scene plan."""

    number: int
    x: float
    """Across the picture of the plan, as a part of its width."""
    y: float
    caption: str
    page: str = ""
    """Key of the page that shows it closer; empty: there is none."""


@dataclass(frozen=True)
class DeckSlide:
    """A slide with everything on it in words."""

    number: int
    kind: str
    state: str
    title: str
    text: str
    notes: str
    citation: str
    """Folios and number of the case file: `BL 12–14 · HSVA số …`."""
    ground: str = ""
    """`Điểm a khoản 2 Điều 308: …`; testimony alone."""
    pages: tuple[str, ...] = ()
    """Keys of the pages it shows."""
    diagram: Diagram | None = None
    markers: tuple[PlanMark, ...] = ()
    """Of a scene plan, whose first page is the plan."""
    video: DeckVideo | None = None
    still: DeckStill | None = None
    """Stands for the video where it does not play."""


@dataclass(frozen=True)
class Deck:
    """A presentation with everything it shows."""

    case_code: str
    case_name: str
    office: str
    number: int
    title: str
    made_on: dt.date
    slides: tuple[DeckSlide, ...]
    pages: tuple[DeckPage, ...]
    remarks: tuple[str, ...] = ()
    """What is to be thought of when it is shown, such as a closed trial."""
    private: bool = False
    """Whether it has marks that only who made it sees: nobody else is handed it."""
    package: str = ""
    """Id of the export; a log of what was shown names it."""
    expires_on: dt.date | None = None

    def case_under(self, slide: DeckSlide) -> str:
        """Return the name of the case as it stands under a title; empty where the title is just that."""
        return self.case_name if (slide.title or self.title) != self.case_name else ""

    @property
    def by_key(self) -> dict[str, DeckPage]:
        """The pages by their keys."""
        return {page.key: page for page in self.pages}

    @property
    def videos(self) -> list[DeckVideo]:
        """Each video once, in the order of the deck."""
        return list({slide.video.key: slide.video for slide in self.slides if slide.video is not None}.values())

    @property
    def documents(self) -> list[tuple[int, str]]:
        """Id and hash of every document something is shown of, in the order of the deck."""
        found = {page.document_id: page.filed_sha256 for page in self.pages}
        return list((found | {video.document_id: video.filed_sha256 for video in self.videos}).items())
