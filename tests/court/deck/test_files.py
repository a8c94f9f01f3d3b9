"""The deck as an office program's file and on paper, opened again with other libraries."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pptx
import pypdf
import pytest
from pptx.enum.shapes import MSO_SHAPE_TYPE

from tests.court.deck.decks import CODE, HELD_FOLIO, NOTE, WORDS, a_deck
from tests.libreoffice import HERE, in_libreoffice
from vks_plugin.court.deck.contents import Deck
from vks_plugin.court.deck.html import drawn_pages
from vks_plugin.court.deck.paper import write_pdf
from vks_plugin.court.deck.powerpoint import write_pptx


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Deck:
    return a_deck(tmp_path_factory.mktemp("papers"))


def said(slide: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)


def test_powerpoint_has_shapes_to_edit_and_every_exhibit_leads_to_its_folio(deck: Deck, tmp_path: Path) -> None:
    target = tmp_path / "deck.pptx"
    write_pptx(deck, target)
    slides = list(pptx.Presentation(str(target)).slides)
    own, pages = slides[: len(deck.slides)], slides[len(deck.slides) :]
    assert len(pages) == len(deck.pages)
    for made, slide in zip(own, deck.slides, strict=True):
        assert slide.citation in said(made)
        # testimony and reserves are left out when it is presented
        hidden = made._element.get("show") == "0"
        assert hidden == (slide.state != "hien")
        leads_to = [shape.click_action.target_slide for shape in made.shapes]
        wanted = {pages[[page.key for page in deck.pages].index(key)].slide_id for key in slide.pages}
        assert wanted <= {target.slide_id for target in leads_to if target is not None}
    # a folio of testimony that waits is led to by its own slide alone
    held = pages[[page.folio for page in deck.pages].index(HELD_FOLIO)].slide_id
    leading = [
        slide.number
        for made, slide in zip(own, deck.slides, strict=True)
        if held in {each.click_action.target_slide.slide_id for each in made.shapes if each.click_action.target_slide}
    ]
    assert leading == [5]
    notes = [made.notes_slide.notes_text_frame for made in own if made.has_notes_slide]
    assert NOTE in [each.text for each in notes if each is not None]
    boxes = [shape for shape in own[2].shapes if shape.shape_type == MSO_SHAPE_TYPE.AUTO_SHAPE and shape.has_text_frame]
    words = [shape.text_frame.text for shape in boxes]
    assert "Tội trộm cắp tài sản\nđiểm a khoản 2 Điều 173" in words
    assert "Dắt xe ra khỏi nhà bị hại\n01/03/2026 · BL 12" in words
    assert WORDS in [shape.text_frame.text for shape in own[2].shapes if shape.shape_type == MSO_SHAPE_TYPE.TEXT_BOX]
    pictures = {page.key: picture for page, picture in drawn_pages(deck)}
    for made, page in zip(pages, deck.pages, strict=True):
        (picture,) = [shape for shape in made.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
        blob = hashlib.sha256(picture.image.blob).hexdigest()
        assert blob == hashlib.sha256(pictures[page.key].jpeg).hexdigest()
        assert f"BL {page.folio} · {page.title}" in said(made)
        assert CODE in said(made)
        assert made._element.get("show") == "0"
        back = {shape.click_action.target_slide.slide_id for shape in made.shapes if shape.click_action.target_slide}
        assert back <= {each.slide_id for each in own}
        assert len(back) == 1
        # what was marked stands on it, to be moved or deleted; the note is for who presents
        frames = [shape for shape in made.shapes if shape.name == "Đánh dấu"]
        assert len(frames) == sum(len(mark.areas) for mark in page.marks)
        for frame, (x, y, wide, _high) in zip(
            frames, (area for mark in page.marks for area in mark.areas), strict=True
        ):
            assert abs(frame.left - picture.left - x * picture.width) < 2
            assert abs(frame.top - picture.top - y * picture.height) < 2
            assert abs(frame.width - wide * picture.width) < 2
        told = made.notes_slide.notes_text_frame.text if made.has_notes_slide and frames else ""
        assert told == "\n".join(mark.note for mark in page.marks)
        assert all(mark.note not in said(made) for mark in page.marks)
    # lines are fastened to their boxes
    drawn = deck.slides[2].diagram
    lines = [shape for shape in own[2].shapes if shape.shape_type == MSO_SHAPE_TYPE.LINE]
    ends = [
        (name, int(each.get("id")))
        for line in lines
        for name in ("stCxn", "endCxn")
        for each in line._element.iter(f"{{*}}{name}")
    ]
    # one with words points to its end
    assert drawn is not None
    pointed = [line for line in lines for _end in line._element.iter("{*}tailEnd")]
    assert len(pointed) == len(drawn.labels) == 3
    names = {shape.shape_id: shape.name for shape in boxes}
    assert sorted((name, names[at]) for name, at in ends) == sorted(
        [("stCxn", line.start) for line in drawn.lines] + [("endCxn", line.end) for line in drawn.lines]
    )


@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_file_with_every_folio(deck: Deck, tmp_path: Path) -> None:
    target = tmp_path / "deck.pptx"
    write_pptx(deck, target)
    papers = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(in_libreoffice(target, tmp_path)).pages]
    assert len(papers) == len(deck.slides) + len(deck.pages)
    for paper, slide in zip(papers, deck.slides, strict=False):
        assert slide.citation in paper
    for paper, page in zip(papers[len(deck.slides) :], deck.pages, strict=True):
        assert f"{page.placed} · HSVA số {CODE}" in paper


def test_paper_has_every_slide_and_no_testimony_that_waits(deck: Deck, tmp_path: Path) -> None:
    target = tmp_path / "deck.pdf"
    write_pdf(deck, target)
    reader = pypdf.PdfReader(target)
    shown = [re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages]
    assert len(shown) == sum(
        1 if slide.state == "cho_hdxx_dong_y" else max(len(slide.pages), 1) for slide in deck.slides
    )
    outline: Any = reader.outline
    assert [entry.title for entry in outline] == [f"{slide.number}. {slide.title}" for slide in deck.slides]
    for page in deck.pages:
        assert any(f"BL {page.folio} · {page.title}, trang {page.page}/" in text for text in shown) == (
            page.folio != HELD_FOLIO
        )
    (waiting,) = [number for number, text in enumerate(shown) if "Hội đồng xét xử đồng ý" in text]
    assert not reader.pages[waiting].images
    assert f"BL {HELD_FOLIO}" in shown[waiting]
    assert all(CODE in text for text in shown)
    # what stands on a line of the diagram, in the lines it is broken into
    assert any(WORDS in text and "Dắt xe ra khỏi nhà bị hại" in text for text in shown)
    # what only the presenter is to read is on no sheet
    assert not any(NOTE in text for text in shown)
