"""What a person should look at is told before the work, and of sound papers nothing is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pikepdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.court.foreign import FONT, LINES, scan
from tests.court.papers import REAL, plan_of, planned
from vks_plugin.court import cautions
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.cautions import LABELS, Caution, look_at
from vks_plugin.court.verification import State, verify
from vks_plugin.papers.fonts import FILES, FONTS, REGULAR


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Return a paper with one odd page after the other; the first and the last are sound."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, str(FONTS / FILES[REGULAR])))
    path = tmp_path / "la.pdf"
    canvas = Canvas(str(path), pagesize=A4, initialFontName=FONT)  # type: ignore[arg-type]

    def words(*, font: str = FONT, lines: int = 12) -> None:
        canvas.setFont(font, 11)
        for row in range(lines):
            canvas.drawString(60, 700 - row * 20, LINES[row % 3] if font == FONT else f"Line {row} of a page")
        canvas.setFont(FONT, 11)

    # a page number of the paper's own is no stamp
    words()
    canvas.drawCentredString(300, 30, "1")
    canvas.showPage()
    canvas.translate(A4[0], A4[1])
    canvas.rotate(180)
    words()
    canvas.showPage()
    canvas.drawImage(ImageReader(scan()), 0, 0, *A4)
    canvas.showPage()
    canvas.drawImage(ImageReader(scan().resize((3308, 4678))), 0, 0, *A4)
    words()
    canvas.showPage()
    words(font="Helvetica")
    canvas.showPage()
    words()
    canvas.drawRightString(560, 20, "Page 6 of 40")
    canvas.showPage()
    words()
    canvas.drawImage(ImageReader(scan().resize((40, 40))), 60, 60, 90, 90)
    canvas.showPage()
    words()
    canvas.save()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        picture = next(iter(pdf.pages[6].images.values()))
        # what counts is what the picture says of itself: nobody unpacks it here
        picture.Width, picture.Height = 9000, 7000
        pdf.save(path)
    return path


def test_each_odd_page_is_named_and_a_sound_one_is_not(odd: Path) -> None:
    found = {each.caution: each.pages for each in look_at(plan_of([planned(odd)])).cautions}
    assert found == {
        Caution.TURNED: (2,),
        Caution.MUTE: (3,),
        Caution.FINE: (4,),
        Caution.LOOSE: (5,),
        Caution.STAMPED: (6,),
        Caution.HUGE: (7,),
    }
    assert set(LABELS) == set(Caution)


def test_what_the_verifier_would_call_broken_is_told_before(odd: Path, tmp_path: Path) -> None:
    """Fonts from before Unicode, letters that say nothing of what they are, accents apart, words under a bar."""

    def drawn(name: str, *pages: Callable[[Canvas], None]) -> Path:
        canvas = Canvas(str(tmp_path / name), pagesize=A4, initialFontName=FONT)  # type: ignore[arg-type]
        for page in pages:
            canvas.setFont(FONT, 11)
            page(canvas)
            canvas.showPage()
        canvas.save()
        return tmp_path / name

    def words(canvas: Canvas, form: Literal["NFC", "NFD"] = "NFC") -> None:
        for row in range(12):
            canvas.drawString(60, 700 - row * 20, unicodedata.normalize(form, LINES[row % 3]))

    def barred(canvas: Canvas) -> None:
        # black ground under white letters hides nothing
        canvas.rect(50, 490, 300, 20, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(60, 495, "TIÊU ĐỀ TRẮNG TRÊN NỀN ĐEN")
        canvas.setFillGray(0)
        canvas.drawString(60, 700, "Người làm chứng: Nguyễn Thị Bí Mật, sinh năm 1990")
        canvas.rect(140, 695, 120, 16, stroke=0, fill=1)

    def grounded(canvas: Canvas) -> None:
        canvas.rect(50, 690, 300, 24, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(60, 700, "TIÊU ĐỀ TRẮNG TRÊN NỀN ĐEN")

    whole = drawn("ca.pdf", words, lambda canvas: words(canvas, "NFD"), barred, grounded)
    old, dumb = drawn("cu.pdf", words), drawn("cam.pdf", words)
    for path in (old, dumb):
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            for each in pdf.objects:
                if not isinstance(each, pikepdf.Dictionary) or "/ToUnicode" not in each:
                    continue
                if path == old:
                    each.BaseFont = pikepdf.Name("/AAAAAA+VNI-Times")
                else:
                    told = re.sub(rb"<[0-9A-Fa-f]{4}>", b"<E001>", each.ToUnicode.read_bytes())
                    each.ToUnicode = pdf.make_stream(told)
            pdf.save(path)
    papers = [planned(path, title=path.stem) for path in (whole, old, dumb)]
    found = [(each.document.title, each.caution, each.pages) for each in look_at(plan_of(papers)).cautions]
    assert found == [
        ("ca", Caution.APART, (2,)),
        ("ca", Caution.BARRED, (3,)),
        ("cu", Caution.OLD, (1,)),
        ("cam", Caution.UNTOLD, (1,)),
    ]
    for paper, number in ((whole, 12), (whole, 25), (old, 21), (dumb, 21)):
        target = tmp_path / "tap.pdf"
        write_bundle(plan_of([planned(paper)]), target)
        assert {row.number: row for row in verify([target])}[number].state is State.BROKEN


def test_a_paper_filed_twice_in_other_bytes_is_told_of_both_as_the_verifier_would(tmp_path: Path) -> None:
    papers = []
    for name in ("QDKhoiToVuAn.pdf", "LenhTamGiam.pdf"):
        again = tmp_path / name
        with pikepdf.open(REAL / name) as pdf:
            pdf.docinfo["/Producer"] = "Another program"
            pdf.save(again, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        papers += [planned(REAL / name, title=name), planned(again, title=f"{name} (2)")]
    scanned = tmp_path / "quet.pdf"
    canvas = Canvas(str(scanned), pagesize=A4)
    canvas.drawImage(ImageReader(scan()), 0, 0, *A4)
    canvas.save()
    other = tmp_path / "quet-khac.pdf"
    canvas = Canvas(str(other), pagesize=A4)
    canvas.drawImage(ImageReader(scan().rotate(1)), 0, 0, *A4)
    canvas.save()
    with pikepdf.open(scanned, allow_overwriting_input=True) as pdf:
        pdf.save(scanned)
    # a program that writes the file anew leaves the scan as it is packed
    with pikepdf.open(scanned) as pdf:
        pdf.save(tmp_path / "quet-lai.pdf", linearize=True)
    scans = [planned(path) for path in (scanned, other, tmp_path / "quet-lai.pdf")]
    # the very same file is marked in the index; words that differ are another paper
    same = [planned(REAL / "QDTamGiu.pdf", title=title, sha256="a" * 64) for title in ("Ba", "Bốn")]
    plan = plan_of([*papers, *scans, *same])
    told = [each.document.title for each in look_at(plan).cautions if each.caution is Caution.ALIKE]
    assert told == [each.title for each in papers] + ["quet", "quet-lai"]
    target = tmp_path / "tap.pdf"
    write_bundle(plan_of(papers[2:]), target)
    assert {row.number: row for row in verify([target])}[18].state is State.BROKEN
    # once it is known what they show, the index says so
    looked = look_at(plan_of(papers))
    marked = [replace(each, shown=looked.shown[each.path]) for each in papers]
    write_bundle(plan_of(marked), target)
    assert {row.number: row for row in verify([target])}[18].state is State.MET
    assert [each.alike for each in plan_of(marked).documents] == [0, 1, 0, 3]


def test_of_real_papers_and_of_redacted_copies_nothing_is_told(odd: Path) -> None:
    real = [planned(REAL / name) for name in ("QDKhoiToVuAn.pdf", "LenhTamGiam.pdf", "BBHoiCungBiCan.pdf")]
    assert look_at(plan_of(real)).cautions == []
    copy = look_at(plan_of([planned(odd, redacted=True)])).cautions
    assert Caution.MUTE not in {each.caution for each in copy}


def test_a_bundle_too_long_to_look_at_says_so_and_a_wish_to_stop_is_heard(
    odd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of([planned(odd), planned(odd, title="Hai")])
    assert look_at(plan, lambda: True).cautions == []
    monkeypatch.setattr(cautions, "_MOST_PAGES", 8)
    last = look_at(plan).cautions[-1]
    assert (last.document.title, last.caution, last.count) == ("Hai", Caution.UNSEEN, 8)
