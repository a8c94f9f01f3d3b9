"""A stranger's bundle and ours are judged by the same rules, by code that knows nothing of the writer."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pikepdf import Array, Dictionary, Name, String
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, RectangleObject
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.court.deck.decks import a_deck
from tests.court.foreign import FONT, LINES, foreign, picture, scan
from tests.court.foreign import NAME as NAME_OF_FOREIGN
from tests.court.papers import REAL, paper, plan_of, planned
from tests.court.test_inspection import DEFECTS
from vks_plugin.court import upright, verification
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.deck.html import write_folder
from vks_plugin.court.finished_deck import read_deck
from vks_plugin.court.manifest import as_text, manifest_of
from vks_plugin.court.plan import VolumeLimits
from vks_plugin.court.verification import Asked, Row, State, is_sound, verify
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note

NAME = "HS-QN-KV1-2026-0001 Toan bo 2026-05-04"


LEDGER_KEY = SigningKey.generate("so-cai-thu")
HEAD = sign_note(checkpoint_text("so-cai-thu", 3, bytes(32)), LEDGER_KEY)
"""A signed head of a ledger of three entries."""


def judged(*paths: Path, asked: Asked | None = None) -> dict[int, Row]:
    return {row.number: row for row in verify(paths, asked)}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of two real papers."""
    target = tmp_path_factory.mktemp("tap") / f"{NAME}.pdf"
    papers = [planned(REAL / "QDKhoiToVuAn.pdf", folio=1), planned(REAL / "LenhTamGiam.pdf", section="02", folio=9)]
    write_bundle(plan_of(papers), target)
    return target


def test_a_sound_bundle_with_its_manifest_and_an_addition_meets_every_row(good: Path, tmp_path: Path) -> None:
    papers = [planned(REAL / "QDKhoiToVuAn.pdf", folio=1), planned(REAL / "LenhTamGiam.pdf", section="02", folio=9)]
    late = [[planned(REAL / "QDTamGiu.pdf", section="03", folio=11)]]
    plan = plan_of(papers, late=late, limits=VolumeLimits(pages=5))
    result = write_bundle(plan, tmp_path / f"{NAME}.pdf")
    assert len(result.volumes) == 2
    manifest = json.loads(as_text(manifest_of(plan, result, tool="x", checkpoint=HEAD)))
    paths = [each.path for each in result.volumes]
    asked = Asked(manifest, (good,), ("Nguyễn Văn Không Có",), 5, ledger_keys=(LEDGER_KEY.public,), sources=REAL)
    rows = judged(*paths, asked=asked)
    assert is_sound(rows.values())
    told = {number for number, row in rows.items() if row.state == State.MET}
    # reading order is not marked, nobody signed; two rows are for eyes
    assert set(rows) - told == {5, 17, 22, 24, 26, 27, 29, 31, 32}
    # one that begins later says that it is a later volume, or what was added
    assert judged(paths[1])[3].state == State.MET
    # in the wrong order, without its second volume, against another manifest, or another earlier bundle: found out
    assert judged(*reversed(paths))[4].state == State.BROKEN
    assert judged(paths[0], asked=Asked(manifest))[28].state == State.BROKEN
    manifest["documents"][0]["folios"][0]["page"] += 1
    assert judged(*paths, asked=Asked(manifest))[6].state == State.BROKEN
    other = tmp_path / "khac.pdf"
    write_bundle(plan_of(reversed(papers)), other)
    assert judged(*paths, asked=Asked(earlier=(other,)))[16].state == State.BROKEN
    assert judged(*paths, asked=Asked(absent=("khởi  tố VỤ án",)))[25].state == State.BROKEN
    assert judged(*paths, asked=Asked(absent=("trộm cắp tài sản",)))[25].pages


def _over_words(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[2]
    page.obj.Resources.Font.F9 = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    y = float(page.obj.MediaBox[1]) + 7.5
    page.contents_add(pdf.make_stream(b"BT /F9 9 Tf 1 0 0 1 470 %f Tm (mat dong duoi so) Tj ET" % y))


def _launching(pdf: pikepdf.Pdf) -> None:
    pdf.pages[2].obj.Annots = Array(
        [
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([0, 0, 9, 9]),
                    A=Dictionary(S=Name.Launch, F=String("x")),
                )
            )
        ]
    )


def _zooming(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Outlines.First.Dest[1] = Name.Fit


def _without_page_in_bookmark(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Outlines.Last.Title = String("Nhóm cuối")


FOUND: dict[str, tuple[Callable[[pikepdf.Pdf], None], int, State]] = {
    "labels from two": (DEFECTS["labels from two"][0], 3, State.BROKEN),
    "a page lost": (DEFECTS["a page lost"][0], 3, State.BROKEN),
    "a page added": (DEFECTS["a page added"][0], 2, State.BROKEN),
    "no bookmarks": (DEFECTS["no bookmarks"][0], 10, State.BROKEN),
    "a link to nowhere": (DEFECTS["a link to nowhere"][0], 9, State.BROKEN),
    "no links": (DEFECTS["no links"][0], 8, State.BROKEN),
    "a script": (DEFECTS["a script"][0], 19, State.BROKEN),
    "a file inside": (DEFECTS["a file inside"][0], 19, State.BROKEN),
    "a form": (DEFECTS["a form"][0], 19, State.BROKEN),
    "a program started": (_launching, 19, State.BROKEN),
    "a number over words": (_over_words, 7, State.BROKEN),
    "a bookmark that zooms": (_zooming, 11, State.BROKEN),
    "a bookmark without its page": (_without_page_in_bookmark, 10, State.BROKEN),
    "a font that is not inside": (_over_words, 20, State.BROKEN),
}


@pytest.mark.parametrize("defect", FOUND)
def test_a_defect_breaks_its_row(defect: str, good: Path, tmp_path: Path) -> None:
    spoil, number, state = FOUND[defect]
    assert judged(good)[number].state == State.MET
    spoiled = tmp_path / f"{NAME}.pdf"
    with pikepdf.open(good) as pdf:
        spoil(pdf)
        pdf.save(spoiled)
    row = judged(spoiled)[number]
    assert row.state == state, row
    assert row.sentence.endswith(".")


def test_a_bundle_of_another_program_is_judged_by_the_same_rules(tmp_path: Path) -> None:
    """Merged, numbered and bookmarked by a program that is not ours."""
    writer = pypdf.PdfWriter()
    for name in ("QDKhoiToVuAn.pdf", "LenhTamGiam.pdf"):
        writer.append(REAL / name, outline_item=name)
    target = tmp_path / "ghep.pdf"
    writer.write(target)
    rows = judged(target)
    assert not is_sound(rows.values())
    assert {number for number, row in rows.items() if row.state == State.BROKEN} >= {2, 3, 8}
    assert rows[10].state == State.BROKEN
    assert rows[1].state == State.MET
    assert judged(paper(tmp_path / "a.pdf"))[10].state == State.BROKEN
    for content in (b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04"):
        (tmp_path / "x.pdf").write_bytes(content)
        assert "Không đọc được x.pdf" in judged(tmp_path / "x.pdf")[1].sentence


def test_the_command_tells_scripts_and_people(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vks_verify_bundle", str(good), json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["files"]) == (True, [str(good)])
    assert {row["row"] for row in told["rows"]} >= {1, 2, 3, 9, 10, 19, 28}
    # a key as it is printed, and a file that holds none
    (tmp_path / "khoa").write_text(f"Khóa công khai của sổ cái (public key): {LEDGER_KEY.public}\n")
    call_command("vks_verify_bundle", str(good), ledger_key=tmp_path / "khoa", sources=REAL, json=True)
    assert json.loads(capsys.readouterr().out)["sound"]
    (tmp_path / "trong").write_text("\n")
    for wrong, sentence in (({"ledger_key": tmp_path / "trong"}, "khóa"), ({"sources": tmp_path / "trong"}, "thư mục")):
        with pytest.raises(CommandError, match=sentence):
            call_command("vks_verify_bundle", str(good), **wrong)
    shutil.copyfile(paper(tmp_path / "a.pdf"), tmp_path / "b.pdf")
    with pytest.raises(SystemExit) as ended:
        call_command("vks_verify_bundle", str(tmp_path / "b.pdf"))
    assert ended.value.code == 1
    assert "KHÔNG ĐẠT" in capsys.readouterr().out


# --- bundles of other programs


def test_a_good_bundle_of_another_program_is_not_blamed(tmp_path: Path) -> None:
    made = foreign(tmp_path / NAME_OF_FOREIGN)
    rows = judged(made)
    assert is_sound(rows.values()), [row for row in rows.values() if row.state == State.BROKEN]
    assert {number for number, row in rows.items() if row.state == State.LOOK} == {26}
    # what another program makes of it is judged the same
    packed = tmp_path / "qpdf" / NAME_OF_FOREIGN
    packed.parent.mkdir()
    subprocess.run(["qpdf", "--object-streams=generate", "--linearize", str(made), str(packed)], check=True)
    assert [(row.number, row.state) for row in judged(packed).values()] == [
        (row.number, row.state) for row in rows.values()
    ]


def _upside_down(canvas: Canvas, at: int) -> None:
    canvas.saveState()
    canvas.translate(A4[0], A4[1])
    canvas.rotate(180)
    for row in range(12):
        canvas.drawString(60, 740 - row * 20, f"Trang này quét ngược, dòng {row} của {at}")
    canvas.restoreState()


def _sideways(canvas: Canvas, at: int) -> None:
    canvas.saveState()
    canvas.translate(A4[0], 0)
    canvas.rotate(90)
    for row in range(12):
        canvas.drawString(60, 540 - row * 20, f"Bảng kê nằm ngang, dòng {row} của {at}")
    canvas.restoreState()


def _apart(canvas: Canvas, _at: int) -> None:
    for row in range(12):
        canvas.drawString(60, 740 - row * 20, unicodedata.normalize("NFD", LINES[row % 3]))


def _under_a_bar(canvas: Canvas, _at: int) -> None:
    canvas.drawString(60, 700, "Người làm chứng: Nguyễn Thị Bí Mật, sinh năm 1990")
    canvas.rect(140, 695, 120, 16, stroke=0, fill=1)


def _white_on_black(canvas: Canvas, _at: int) -> None:
    canvas.rect(50, 690, 300, 24, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.drawString(60, 700, "TIÊU ĐỀ TRẮNG TRÊN NỀN ĐEN")
    canvas.setFillGray(0)
    for row in range(8):
        canvas.drawString(60, 640 - row * 20, LINES[row % 3])


def _same_again(canvas: Canvas, at: int) -> None:
    for row in range(12):
        canvas.drawString(60, 740 - row * 20, LINES[row % 3].format(number=(at + 1) % 2 * 100 + row))


def _across_words(canvas: Canvas, at: int) -> None:
    canvas.drawString(500, 31, "chữ ở mép dưới" if at == 4 else "")
    canvas.drawRightString(540, 30, f"Page {at} of 8")


def _across_ink(canvas: Canvas, at: int) -> None:
    if at == 4:
        canvas.setFillGray(0.2)
        canvas.circle(520, 33, 12, stroke=0, fill=1)
        canvas.setFillGray(0)
    canvas.drawRightString(540, 30, f"Page {at} of 8")


def _unseen(canvas: Canvas, at: int) -> None:
    words = canvas.beginText(480, 30)
    words.setFont(FONT, 10)
    words.setTextRenderMode(3)
    words.textOut(f"Page {at} of 8")
    canvas.drawText(words)


def _off_by_one(canvas: Canvas, at: int) -> None:
    canvas.drawRightString(540, 30, f"Page {at + (at > 4)} of 8")


def _loose(canvas: Canvas, at: int) -> None:
    canvas.setFont("Times-Roman", 10)
    canvas.drawRightString(540, 30, f"Page {at} of 8")


def _at_the_edge(canvas: Canvas, at: int) -> None:
    canvas.drawRightString(540, 3, f"Page {at} of 8")


def _redact_note(writer: pypdf.PdfWriter) -> None:
    note = DictionaryObject(
        {NameObject("/Subtype"): NameObject("/Redact"), NameObject("/Rect"): RectangleObject(A4 * 2)}
    )
    writer.add_annotation(3, note)


def _wrong_link(writer: pypdf.PdfWriter) -> None:
    notes: Any = writer.pages[1]["/Annots"]
    first, second = notes[0].get_object(), notes[1].get_object()
    first[NameObject("/Dest")], second[NameObject("/Dest")] = second["/Dest"], first["/Dest"]


def _no_language(writer: pypdf.PdfWriter) -> None:
    del writer.root_object["/Lang"]


def _opened_at_fit(writer: pypdf.PdfWriter) -> None:
    writer.open_destination = None


def _launching_bookmark(writer: pypdf.PdfWriter) -> None:
    outline: Any = writer.root_object["/Outlines"]
    item = outline["/Last"].get_object()
    item[NameObject("/A")] = DictionaryObject({NameObject("/S"): NameObject("/Launch")})


def _unmarked_copy(writer: pypdf.PdfWriter) -> None:
    writer.root_object[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/PrintScaling"): NameObject("/None")}
    )


MADE_ELSEWHERE: dict[str, tuple[dict[str, Any], int, State]] = {
    "no numbers": ({"number": lambda canvas, at: None}, 2, State.BROKEN),
    "numbers nobody sees": ({"number": _unseen}, 23, State.BROKEN),
    "a number too much": ({"number": _off_by_one}, 3, State.BROKEN),
    "a number over words": ({"number": _across_words}, 7, State.BROKEN),
    "a number over a picture": ({"number": _across_ink}, 7, State.BROKEN),
    "a number at the edge": ({"number": _at_the_edge}, 23, State.LOOK),
    "links that were mixed up": ({"finish": _wrong_link}, 9, State.BROKEN),
    "other names in the bookmarks": ({"title": lambda title, first: f"Tài liệu khác (p. {first})"}, 10, State.BROKEN),
    "bookmarks without pages": ({"title": lambda title, first: title}, 10, State.BROKEN),
    "not opened at its size": ({"finish": _opened_at_fit}, 11, State.BROKEN),
    "accents apart": ({"page": {5: _apart}}, 12, State.BROKEN),
    "a scan without words": ({"page": {5: picture(scan())}}, 12, State.BROKEN),
    "a page upside down": ({"page": {5: _upside_down}}, 13, State.BROKEN),
    "a page on its side": ({"page": {5: _sideways}}, 13, State.BROKEN),
    "a scan upside down": ({"page": {5: picture(scan(turned=180))}}, 13, State.BROKEN),
    "a scan too fine": ({"page": {5: picture(scan().resize((3308, 4678)))}}, 14, State.BROKEN),
    "a scan too coarse": ({"page": {5: picture(scan().resize((827, 1170)))}}, 14, State.LOOK),
    "one paper twice": ({"page": dict.fromkeys((3, 4, 5, 6), _same_again)}, 18, State.BROKEN),
    "one scan twice": ({"page": dict.fromkeys((3, 4, 5, 6), picture(scan()))}, 18, State.BROKEN),
    "a bookmark that starts a program": ({"finish": _launching_bookmark}, 19, State.BROKEN),
    "a font that is not inside": ({"number": _loose}, 20, State.BROKEN),
    "words under a bar": ({"page": {5: _under_a_bar}}, 25, State.BROKEN),
    "a place only marked to be taken out": ({"finish": _redact_note}, 25, State.BROKEN),
    "no language": ({"finish": _no_language}, 26, State.BROKEN),
}


@pytest.mark.parametrize("defect", MADE_ELSEWHERE)
def test_a_defect_of_another_program_breaks_its_row(
    defect: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how, number, state = MADE_ELSEWHERE[defect]
    if defect != "a scan upside down":
        # seconds for each scan, which is asked about in one
        monkeypatch.setattr(verification, "knows_up", lambda: False)
    row = judged(foreign(tmp_path / NAME_OF_FOREIGN, **how))[number]
    assert row.state == state, row
    assert row.sentence.endswith(".")


def test_what_only_looks_like_a_defect_is_none(tmp_path: Path) -> None:
    """A heading white on black, a landscape page that is turned to be read, a scan with its words beneath."""

    def read(canvas: Canvas, at: int) -> None:
        canvas.saveState()
        words = canvas.beginText(60, 740)
        words.setFont(FONT, 11)
        words.setTextRenderMode(3)
        for row in range(12):
            words.textLine(LINES[row % 3].format(number=at + row))
        canvas.drawText(words)
        canvas.restoreState()
        canvas.drawImage(ImageReader(scan()), 0, 60, A4[0], A4[1] - 60)

    def turned(writer: pypdf.PdfWriter) -> None:
        # the number stands on its side, too: it is not what is read
        writer.pages[4].rotate(270)

    made = foreign(tmp_path / NAME_OF_FOREIGN, page={4: _white_on_black, 5: _sideways, 6: read}, finish=turned)
    rows = judged(made)
    assert is_sound(rows.values()), [row for row in rows.values() if row.state == State.BROKEN]


def test_what_lies_beside_a_bundle_is_judged_with_it(good: Path, tmp_path: Path) -> None:
    papers = [planned(REAL / "QDKhoiToVuAn.pdf", folio=1), planned(REAL / "LenhTamGiam.pdf", section="02", folio=9)]
    plan = plan_of(papers)
    result = write_bundle(plan, tmp_path / f"{NAME}.pdf")
    manifest = json.loads(as_text(manifest_of(plan, result, tool="x", checkpoint="")))
    path = result.volumes[0].path
    # made once more it is the same, another bundle is not
    assert judged(path, asked=Asked(again=(good,)))[27].state == State.MET
    assert judged(path, asked=Asked(again=(REAL / "LenhTamGiam.pdf",)))[27].state == State.BROKEN
    rows = judged(path, asked=Asked(manifest))
    assert (rows[30].state, rows[28].state) == (State.MET, State.LOOK)

    def listed(head: str, **asked: Any) -> State:
        return judged(path, asked=Asked({**manifest, "ledger_checkpoint": head}, **asked))[28].state

    ours, other = (LEDGER_KEY.public,), (SigningKey.generate("so-cai-thu").public,)
    assert listed(HEAD) is State.LOOK
    assert listed(HEAD, ledger_keys=ours) is State.MET
    assert listed(HEAD, ledger_keys=other) is State.BROKEN
    assert listed(HEAD.replace("\n3\n", "\n4\n"), ledger_keys=ours) is State.BROKEN
    assert listed("a note nobody signed") is State.BROKEN
    # papers are known by what is in them; one that is not what the list says is missed
    copies = tmp_path / "nguon" / "con"
    copies.mkdir(parents=True)
    for at, source in enumerate(papers):
        (copies / f"{at}.bin").write_bytes(source.path.read_bytes())
    assert listed(HEAD, ledger_keys=ours, sources=copies.parent) is State.MET
    with (copies / "1.bin").open("ab") as stream:
        stream.write(b"\n")
    lost = judged(path, asked=Asked(manifest, sources=copies.parent))[28]
    assert (lost.state, lost.pages) == (State.BROKEN, (str(manifest["documents"][1]["first_page"]),))
    manifest["documents"][1]["folios"][0]["folio"] = "1"
    assert judged(path, asked=Asked(manifest))[30].state == State.BROKEN
    manifest["documents"][1]["source_sha256"] = ""
    assert judged(path, asked=Asked(manifest))[28].state == State.BROKEN
    # a copy with something taken out has no words left, and its row says what it is
    manifest["documents"][0]["redacted"] = True
    assert judged(path, asked=Asked(manifest))[25].state == State.BROKEN


def test_a_scanned_page_that_was_changed_is_another_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without words are told apart by their pictures."""
    monkeypatch.setattr(verification, "knows_up", lambda: False)
    (tmp_path / "a").mkdir()
    before = foreign(tmp_path / "a" / NAME_OF_FOREIGN, page={5: picture(scan())})
    after = foreign(tmp_path / NAME_OF_FOREIGN, page={5: picture(scan("khác"))})
    assert judged(before, asked=Asked(earlier=(before,)))[16].state == State.MET
    row = judged(after, asked=Asked(earlier=(before,)))[16]
    assert (row.state, row.pages) == (State.BROKEN, ("5",))


def test_a_page_that_cannot_be_drawn_or_is_huge_is_left_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's file neither ends the judging nor takes the machine's memory."""
    sizes = []

    def seen(command: list[str], **_more: Any) -> Any:
        with Image.open(command[1]) as drawn:
            sizes.append(drawn.size)
        raise subprocess.TimeoutExpired(command, 1)

    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(3000, 14400))
        pdf.save(tmp_path / "to.pdf")
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", seen)
        assert upright.which_way_up(tmp_path / "to.pdf", 0) is None
    [(width, height)] = sizes
    assert 30_000_000 < width * height < 41_000_000

    def unreadable(*_given: object) -> Any:
        raise pypdfium2.PdfiumError("page")

    def too_large(*_given: object) -> Any:
        raise MemoryError

    monkeypatch.setattr(verification, "knows_up", lambda: True)
    monkeypatch.setattr(verification, "which_way_up", too_large)
    monkeypatch.setattr(verification, "page_of", unreadable)
    rows = judged(
        foreign(tmp_path / NAME_OF_FOREIGN, page={5: picture(scan())}), asked=Asked(absent=("không có chữ này",))
    )
    assert [rows[number].state for number in (13, 25)] == [State.LOOK] * 2
    assert [rows[number].sentence for number in (13, 25)] == [
        "Không xét được hết các trang: MemoryError.",
        "Không xét được hết các trang: PdfiumError.",
    ]


DECKS = {
    "a page that is not there": '<a href="trang-2.html">BL 5</a>',
    "a page on the network": '<img src="https://example.org/x.png">BL 5',
    "a style from the network": "<style>b{background:url(//example.org/x.png)}</style>BL 5",
    "a place that is not there": '<a href="#bl-9">BL 9</a>',
    "a file outside": '<a href="../a.pdf">BL 5</a>',
    "no folio": "<p>Trang</p>",
}


def test_a_deck_opens_without_a_network_or_its_row_breaks(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "goi"
    folder.mkdir()
    (tmp_path / "a.pdf").write_bytes(b"")
    page = folder / "index.html"
    page.write_text('<a href="#bl-5">BL 5</a><p id="bl-5"><img src="data:image/png;base64,AA=="></p>', encoding="utf-8")
    assert judged(good, asked=Asked(deck=folder))[31].state == State.MET
    for spoilt in DECKS.values():
        page.write_text(spoilt, encoding="utf-8")
        assert judged(good, asked=Asked(deck=folder))[31].state == State.BROKEN, spoilt


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a deck as the program writes it, and a bundle of the papers it shows."""
    papers, folder = tmp_path_factory.mktemp("giay"), tmp_path_factory.mktemp("goi")
    write_folder(a_deck(papers), folder)
    bundle = tmp_path_factory.mktemp("tap") / f"{NAME}.pdf"
    filed = {"kx": 12, "anh": 20, "lk": 31, "kt": 1}
    write_bundle(plan_of(planned(papers / f"{name}.pdf", folio=folio) for name, folio in filed.items()), bundle)
    return folder, bundle


def test_our_own_deck_meets_its_rows_beside_the_bundle_of_its_papers(shown: tuple[Path, Path], good: Path) -> None:
    folder, bundle = shown
    rows = judged(bundle, asked=Asked(deck=folder))
    assert (rows[31].state, rows[32].state) == (State.MET, State.MET), (rows[31].sentence, rows[32].sentence)
    assert rows[32].sentence.startswith("7 bút lục")
    # beside a bundle that has none of its papers but the first, a person looks
    row = judged(good, asked=Asked(deck=folder))[32]
    assert row.state == State.LOOK
    assert "BL 12, 13, 14, 20, 31" in row.sentence


_WORDS = "Theo https://example.org/bai-bao.html (BL 12)"

SPOILT_DECKS: dict[str, tuple[str, Callable[[str], str]]] = {
    "a script that asks the network": ("view.js", lambda text: text + 'new Image().src = "https://example.org/a.png";'),
    "a script from the network, its protocol left out": ("court.js", lambda text: text + "load('//example.org/a.js');"),
    "a style sheet that loads from the network": (
        "deck.css",
        lambda text: text + '@import "https://example.org/a.css";',
    ),
    "a picture of a style sheet that is not there": ("deck.css", lambda text: text + "b { background: url(nen.png) }"),
    "a script in the page": ("index.html", lambda text: text + '<script>fetch("https://example.org/")</script>'),
    "a page from the network": ("data.js", lambda text: text.replace("pages/p0004.jpg", "https://example.org/4.jpg")),
    "a page that is not there": ("data.js", lambda text: text.replace("pages/p0004.jpg", "pages/p0044.jpg")),
    "more than data": ("data.js", lambda text: text + 'fetch("https://example.org/");'),
}


def test_our_deck_spoilt_anywhere_breaks_its_row_and_words_and_comments_do_not(
    shown: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, bundle = shown
    told = []
    for number, (what, (name, spoil)) in enumerate(SPOILT_DECKS.items()):
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        text = (copy / name).read_text(encoding="utf-8")
        (copy / name).write_text(spoil(text), encoding="utf-8")
        assert (copy / name).read_text(encoding="utf-8") != text, what
        deck = read_deck(copy)
        assert deck.fault.startswith(f"{name}: "), what
        told.append([page.folio for page in deck.shown or () if not page.is_there])
    # what is typed for a page that is not there shows nothing
    assert told == [[]] * 5 + [["20"], ["20"], []]
    rows = judged(bundle, asked=Asked(deck=tmp_path / "6"))
    assert (rows[31].state, rows[32].state) == (State.BROKEN, State.BROKEN)
    assert "pages/p0044.jpg" in rows[31].sentence
    assert "BL 20" in rows[32].sentence
    # an address that is read aloud, or is the source of a script, loads nothing
    copy = tmp_path / "loi"
    shutil.copytree(folder, copy)
    data = (copy / "data.js").read_text(encoding="ascii")
    (copy / "data.js").write_text(data.replace('"text":""', f'"text":"{_WORDS}"', 1), encoding="utf-8")
    (copy / "log.js").write_text("// https://example.org/\n/* http://example.org */\n", encoding="utf-8")
    assert _WORDS in (copy / "data.js").read_text(encoding="utf-8")
    assert not read_deck(copy).fault
