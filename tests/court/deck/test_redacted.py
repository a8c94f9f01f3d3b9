"""Redacted copies on slides: what was taken out is nowhere in what leaves, and the manifest proves what stands there."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from PIL import Image

from tests.court.papers import shades
from vks_plugin.access import actions as access
from vks_plugin.court import redactions
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.contents import Deck
from vks_plugin.court.deck.manifest import check
from vks_plugin.court.deck.queries import deck_for, obstacles_of
from vks_plugin.court.deck.rules import Rule
from vks_plugin.court.models import Redaction
from vks_plugin.host.files import readable_pdf

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.court.deck.models import Presentation

pytestmark = pytest.mark.django_db

NAME = "Luật Tố Tụng"
"""Stands on every page of the papers."""


@pytest.fixture
def lead(people: dict[str, User], settings: Any) -> User:
    """Return who leads the case; papers may be shown that nobody digitised to the end."""
    settings.VKS_DECK_UNSEALED = True
    return people["prosecutor_kv1"]


@pytest.fixture
def presentation(filed_case: FiledCase, lead: User) -> Presentation:
    """Return a presentation with one slide that shows a whole paper."""
    made = actions.create_presentation(actor=lead, case=filed_case.case, title="Phiên tòa")
    values = {"kind": "but_luc", "case_document": filed_case.documents[1]}
    actions.add_slide(actor=lead, presentation=made, values=values)
    return made


def victim(filed: FiledCase, lead: User, **marks: Any) -> None:
    values = {"role": "victim", "full_name": NAME, **marks}
    access.add_entry(actor=lead, case=filed.case, part="person", values=values)


def copied(filed: FiledCase, lead: User, *, pages: set[int] | None = None, read: bool = True) -> Redaction:
    """Take the name out of the second paper, on these pages or on all, and say that the copy was read."""
    paper = filed.documents[1]
    marks = redactions.proposals(actor=lead, filed=paper, terms=[NAME], patterns=())
    chosen = [mark for mark in marks if pages is None or mark.page in pages]
    copy = redactions.redact_document(actor=lead, filed=paper, marks=chosen, ground="duoi_18")
    return redactions.confirm_read(actor=lead, filed=paper, sha256=copy.sha256) if read else copy


def told(presentation: Presentation, lead: User) -> list[tuple[Rule, bool]]:
    return [(each.rule, each.blocks) for each in obstacles_of(lead, presentation)]


def everything_in(path: Path) -> list[bytes]:
    """Return every byte that leaves: the file, and what is packed in it."""
    found = [path.read_bytes()]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    else:
        found += [page.extract_text().encode() for page in pypdf.PdfReader(path).pages]
    return found


def test_the_copy_is_taken_where_a_rule_asks_and_the_document_never_leaves(
    filed_case: FiledCase, lead: User, presentation: Presentation, tmp_path: Path
) -> None:
    paper = filed_case.documents[1]
    source = readable_pdf(paper.document)
    victim(filed_case, lead, is_minor=True)
    assert (Rule.YOUNG_VICTIM, True) in told(presentation, lead)
    # a copy in which a page was forgotten is not enough, and no leader may say it is
    copied(filed_case, lead, pages={1})
    found = [each for each in obstacles_of(lead, presentation) if each.blocks]
    assert [(each.rule, each.confirmable) for each in found] == [(Rule.YOUNG_VICTIM, False)]
    assert "hãy che lại" in found[0].sentence
    # nor is one that nobody read
    copied(filed_case, lead, read=False)
    assert [each for each in told(presentation, lead) if each[1]] == [(Rule.COPY_UNREAD, True)]
    copy = copied(filed_case, lead)
    assert (Rule.COPY_SHOWN, False) in told(presentation, lead)
    deck = deck_for(lead, presentation)
    assert [page.path for page in deck.pages] == [copy.path] * len(deck.pages)
    assert all(page.placed.endswith(" · đã che") for page in deck.pages)
    assert "(đã che) · HSVA số" in deck.slides[0].citation
    written = {ending: tmp_path / f"goi.{ending}" for ending in ("zip", "pptx", "pdf")}
    for ending, path in written.items():
        actions.write_deck(deck, path, {"zip": "html"}.get(ending, ending))
        for content in everything_in(path):
            for word in (NAME, "tố tụng", NAME.encode("unicode-escape").decode()):
                assert word.lower().encode() not in content.lower()
            assert source.read_bytes()[:200] not in content
    assert b"\xc4\x91\xc3\xa3 che" in b"".join(everything_in(written["pptx"]))
    assert "đã che" in "".join(page.extract_text() for page in pypdf.PdfReader(written["pdf"]).pages)
    _proved(written["zip"], copy, source, deck)


def _proved(path: Path, copy: Redaction, source: Path, deck: Deck) -> None:
    """Look for the black in the pictures; what the manifest says of them is proved, and no longer once the copy changes."""
    with zipfile.ZipFile(path) as archive:
        names = {name.split("/", 1)[1]: name for name in archive.namelist()}
        manifest = json.loads(archive.read(names["manifest.json"]))
        assert len(manifest["pages"]) == len(deck.pages)
        for entry in manifest["pages"]:
            assert (entry["redaction"], entry["source_sha256"]) == (str(copy.pk), copy.sha256)
            assert entry["original_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
            assert entry["filed_sha256"] == copy.filed_sha256
            shown = Image.open(io.BytesIO(archive.read(names[entry["file"]])))
            boxes = [mark[1:5] for mark in copy.marks if mark[0] == entry["page"]]
            assert boxes
            for left, top, right, bottom in boxes:
                # 144 dots an inch: two to a point
                edge = (2 * left + 2, 2 * top + 3, min(2 * left + 8, 2 * right), 2 * bottom - 3)
                assert shades(shown.convert("L").crop(tuple(round(each) for each in edge)))[1] < 90
    assert check(path) == []
    content = copy.path.read_bytes()
    copy.path.write_bytes(content + b"%")
    assert check(path) == [
        f"BL {page.folio}: bản đã che trong hồ sơ không phải bản ghi trong gói." for page in deck.pages
    ]
    copy.path.write_bytes(content)


def test_a_copy_may_be_chosen_and_is_never_replaced_by_the_document(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    slide = presentation.slides.get()

    def choose(*, redacted: bool) -> None:
        actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"redacted": redacted})

    choose(redacted=True)
    assert (Rule.NO_COPY, True) in told(presentation, lead)
    copy = copied(filed_case, lead)
    assert [page.redaction for page in deck_for(lead, presentation).pages] == [str(copy.pk)] * 3
    # nobody asks for it, nobody chose it: the paper as it was filed
    choose(redacted=False)
    assert [page.redaction for page in deck_for(lead, presentation).pages] == [""] * 3
    choose(redacted=True)
    # a copy somebody changed on the disk, and one of a file that is another by now
    content = copy.path.read_bytes()
    copy.path.write_bytes(content + b"%")
    assert (Rule.NO_COPY, True) in told(presentation, lead)
    # nor does the row say what may stand for a paper, but the ledger
    own = copy.sha256
    Redaction.objects.filter(pk=copy.pk).update(sha256=hashlib.sha256(copy.path.read_bytes()).hexdigest())
    assert (Rule.NO_COPY, True) in told(presentation, lead)
    Redaction.objects.filter(pk=copy.pk).update(sha256=own)
    copy.path.write_bytes(content)
    assert (Rule.NO_COPY, True) not in told(presentation, lead)
    source = readable_pdf(filed_case.documents[1].document)
    source.write_bytes(source.read_bytes() + b"%")
    assert (Rule.NO_COPY, True) in told(presentation, lead)


def test_a_leader_confirms_what_is_shown_and_another_copy_is_another_thing(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    kind = filed_case.documents[1].document_type
    assert kind is not None
    kind.sensitive = True
    kind.save()
    copied(filed_case, lead)

    def waiting() -> list[str]:
        return [each.fingerprint for each in obstacles_of(lead, presentation) if each.blocks]

    (seen,) = waiting()
    slide = presentation.slides.get()
    chief = people["chief_kv1"]
    actions.confirm_slide(actor=chief, presentation=presentation, slide_id=slide.pk, fingerprint=seen)
    assert waiting() == []
    copied(filed_case, lead, pages={1})
    (other,) = waiting()
    assert other != seen
