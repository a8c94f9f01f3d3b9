"""What was taken out is gone from the copy, wherever somebody looks for it; the document itself is as it was."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pypdf
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pikepdf import Array, Dictionary, Name, OutlineItem, String
from PIL import ImageStat

from tests.bench.bench_redaction import found_by
from tests.court.hiding import HEIGHT, WAYS, make_paper
from tests.court.papers import A4, REAL, SCALE, difference, rendered, saved, shades, shown_text
from tests.people import FiledCase, pdf_bytes, register
from vks_plugin.cases.models import CaseDocument, CaseFile, CasePerson
from vks_plugin.court import actions as court
from vks_plugin.court import redactions
from vks_plugin.court.choosing import Wishes, copies_told
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.masking import PersonFacts, masked, named_in
from vks_plugin.court.models import Bundle, Redaction
from vks_plugin.court.redaction import Mark, page_preview, propose, redact
from vks_plugin.court.verification import Asked, State, verify
from vks_plugin.court.words import Box
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SECRET = "Tran Thi Bi Mat"
"""In the letters of the plain fonts, so that it stands in the bytes of the file as it is read."""


def hiding_everywhere(path: Path, *, rotation: int = 0) -> Path:
    """Write a paper that holds the secret wherever a PDF can hold something."""
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("an")))
        words = (
            f"BT /F 14 Tf 1 0 0 1 80 700 Tm (Nguoi lam chung {SECRET} khai nhu sau) Tj ET "
            f"BT /F 14 Tf 3 Tr 1 0 0 1 80 650 Tm ({SECRET}) Tj ET "
            f"/OC /L BDC BT /F 14 Tf 0 Tr 1 0 0 1 80 600 Tm ({SECRET}) Tj ET EMC "
            "BT /F 14 Tf 0 Tr 1 0 0 1 80 500 Tm (Dong nay khong duoc mat) Tj ET"
        )
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *A4]),
            Rotate=rotation,
            Resources=Dictionary(Font=Dictionary(F=font), Properties=Dictionary(L=layer)),
            Contents=pdf.make_stream(words.encode("ascii")),
            Annots=Array(
                [
                    pdf.make_indirect(
                        Dictionary(
                            Type=Name.Annot, Subtype=Name.Text, Rect=Array([9, 9, 20, 20]), Contents=String(SECRET)
                        )
                    )
                ]
            ),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        off = Dictionary(OFF=Array([layer]))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=off)
        pdf.attachments["a.txt"] = SECRET.encode("ascii")
        pdf.docinfo = pdf.make_indirect(Dictionary(Title=String(SECRET), Keywords=String(SECRET)))
        with pdf.open_metadata() as metadata:
            metadata["dc:description"] = SECRET
        with pdf.open_outline() as outline:
            outline.root.append(OutlineItem(SECRET, 0))
        saved(pdf, path, compress_streams=False)
    # and an earlier revision, as programs leave behind that save by adding
    path.write_bytes(path.read_bytes() + b"\n% " + SECRET.encode("ascii"))
    return path


def everything_in(path: Path) -> str:
    """Return every byte and every object of a file, unpacked."""
    found = [path.read_bytes().decode("latin-1")]
    with pikepdf.open(path) as pdf:
        for each in pdf.objects:
            found.append(repr(each))
            if isinstance(each, pikepdf.Stream) and each.get("/Filter") != Name.DCTDecode:
                found.append(each.read_bytes().decode("latin-1"))
    return "\n".join(found)


@pytest.mark.parametrize("rotation", [0, 90])
def test_nothing_of_it_is_left_anywhere(rotation: int, tmp_path: Path) -> None:
    source = hiding_everywhere(tmp_path / "goc.pdf", rotation=rotation)
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    assert everything_in(source).count(SECRET) > 5
    marks = propose(source, [("nguoi", "trần thị bí mật")])
    assert {mark.text for mark in marks} == {SECRET}
    copy = tmp_path / "che.pdf"
    assert redact(source, copy, marks) == 1
    assert SECRET not in everything_in(copy)
    assert "Bi Mat" not in everything_in(copy)
    assert pypdf.PdfReader(copy).pages[0].extract_text() == shown_text(copy, 1) == ""
    assert pypdf.PdfReader(copy).attachments == {}
    rows = {row.number: row.state for row in verify([copy], Asked(absent=(SECRET,)))}
    assert rows[25] == State.MET
    # black where the words were, and elsewhere what was there
    scale = 2
    was, now = rendered(source, 1), rendered(copy, 1)
    assert was.size == now.size
    for mark in marks:
        left, top, right, bottom = (round(side * scale) for side in mark.box)
        assert shades(now.crop((left + 2, top + 2, left + 5, bottom - 2)))[1] < 90
        now.paste(was.crop((left - 3, top - 3, right + 4, bottom + 4)), (left - 3, top - 3))
    assert difference(was, now) < 0.5
    if shutil.which("tesseract"):
        picture = tmp_path / "trang.png"
        rendered(copy, 1).resize((2380, 3368) if not rotation else (3368, 2380)).save(picture)
        told = subprocess.run(
            ["tesseract", str(picture), "-", "--psm", "6"], capture_output=True, text=True, check=True
        ).stdout
        assert "Bi Mat" not in told
        assert rotation or "khong duoc mat" in told
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before


def test_whatever_a_paper_hides_it_behind_is_gone(tmp_path: Path) -> None:
    source, path, copy = random.Random(5), tmp_path / "a.pdf", tmp_path / "b.pdf"
    left: list[tuple[list[str], object]] = []
    names = [way for way in WAYS if way not in {"earlier_revision", "ligature"}]
    # four at a time, as a bench tries them by the thousand and reads the pictures, too
    for ways in [["earlier_revision"], ["ligature"], *(names[start::15] for start in range(15))]:
        paper = make_paper(path, ways, source)
        assert found_by(path, paper), ways
        marks = propose(path, [("nguoi", paper.name)], patterns=())
        if len(marks) < paper.places:
            left.append((ways, "not proposed"))
        redact(path, copy, [*marks, Mark(1, Box(1, 1, 9, 9), "khung")])
        if found := found_by(copy, paper):
            left.append((ways, found))
    assert left == []


@pytest.mark.parametrize("way", ["other_corner", "inherited_box", "other_unit", "field", "turned", "thick", "slanted"])
def test_no_edge_of_it_is_left_beside_its_box(way: str, tmp_path: Path) -> None:
    path, copy = tmp_path / "a.pdf", tmp_path / "b.pdf"
    for seed in range(4):
        paper = make_paper(path, [way, "pop_up"], random.Random(seed))
        marks = propose(path, [("nguoi", paper.name)])
        redact(path, copy, marks)
        page = rendered(copy, 1)
        for mark in marks:
            left, top, right, bottom = mark.box
            edges = (int(left * SCALE) - 2, int(top * SCALE) - 2, int(right * SCALE) + 3, int(bottom * SCALE) + 3)
            page.paste(255, edges)
        # where a page with small boxes alone says so
        wide, high = int(130 * SCALE), int(26 * SCALE)
        for x in (0, page.width - wide):
            for y in (0, page.height - high):
                page.paste(255, (x, y, x + wide, y + high))
        upright = page.rotate(paper.rotation, expand=True)
        # at the foot stands a line nobody marked
        foot = round(upright.height * (88 if way == "other_corner" else 56) / HEIGHT)
        assert shades(upright.crop((0, 0, upright.width, upright.height - foot)))[0] > 200, seed


def test_a_name_is_found_however_its_letters_lie(tmp_path: Path) -> None:
    # a real form: a word's letters come from two fonts, and the name goes on in the next line
    marks = propose(REAL / "QDKhoiToVuAn.pdf", [("nguoi", "NGUYEN VAN AN"), ("dia_chi", "số 126, đường Trần Phú")])
    assert [mark.kind for mark in marks].count("nguoi") == 2
    assert [mark.kind for mark in marks].count("dia_chi") == 1
    # no part of a longer word, and nothing that means nothing
    assert propose(REAL / "QDKhoiToVuAn.pdf", [("nguoi", "Nguyễn Văn A")], patterns=()) == []
    with pytest.raises(BadInput, match="quá ngắn"):
        propose(REAL / "QDKhoiToVuAn.pdf", [("chu", "An")])
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        lines = (
            "CCCD 001099012345 cap ngay 1/1/2020",
            "dien thoai 0912.345.678",
            "STK: 19 0312 3456 7890",
            "bien so 14B1-123.45",
            "em Hoa trong hoa mau, em Hoan",
        )
        drawn = " ".join(f"BT /F 12 Tf 1 0 0 1 80 {700 - 30 * at} Tm ({line}) Tj ET" for at, line in enumerate(lines))
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *A4]),
            Resources=Dictionary(Font=Dictionary(F=font)),
            Contents=pdf.make_stream(drawn.encode("ascii")),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        saved(pdf, tmp_path / "so.pdf")
    found = {mark.kind: mark.text for mark in propose(tmp_path / "so.pdf", [])}
    assert found == {"can_cuoc": "001099012345", "dien_thoai": "0912.345.678", "tai_khoan": "19 0312 3456 7890"}
    # who is kept secret is spoken of by the given name alone, too
    girl = PersonFacts("Lò Thị Hoa", "[Bị hại 1]", "người dưới 18 tuổi")
    assert [mark.text for mark in propose(tmp_path / "so.pdf", [], people=(girl,), patterns=())] == ["Hoa"]


@pytest.mark.parametrize("text", ["BBLK_Lê Thị Kín_2009", "Lời khai của Lê Thị Kín1", "2_cháu Kín3", "LE THI KIN"])
def test_a_digit_or_a_line_beside_a_name_hides_it_from_nobody(text: str, tmp_path: Path) -> None:
    person = PersonFacts("Lê Thị Kín", "[Người làm chứng 1]", "người được bảo vệ")
    assert named_in(text, [person]) == [person]
    assert "Kín" not in masked(text, [person])
    (tmp_path / "ten.pdf").write_bytes(pdf_bytes(1, text))
    assert propose(tmp_path / "ten.pdf", [("nguoi", person.name)], people=[person], patterns=())


def test_a_name_that_goes_on_is_another(tmp_path: Path) -> None:
    person = PersonFacts("Tí 2", "[Người làm chứng 1]", "người được bảo vệ")
    text = "Tí 25, Bàn Tí 2"
    assert masked(text, [person]) == "Tí 25, Bàn [Người làm chứng 1]"
    assert named_in("Lê Thị Kính", [PersonFacts("Lê Thị Kín", "", "")]) == []
    (tmp_path / "so.pdf").write_bytes(pdf_bytes(1, text))
    assert len(propose(tmp_path / "so.pdf", [("chu", "Tí 2")], patterns=())) == 1


def test_what_cannot_be_redacted_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    source, target = REAL / "QDKhoiToVuAn.pdf", tmp_path / "che.pdf"
    (tmp_path / "hong.pdf").write_bytes(b"%PDF-1.7")
    box = Box(10, 10, 20, 20)
    for path, marks, sentence in (
        (source, [], "Chưa chọn chỗ nào"),
        (source, [Mark(9, box, "khung")], "chỉ có 1 trang"),
        (tmp_path / "hong.pdf", [Mark(1, box, "khung")], "không đọc được"),
        (tmp_path / "khong-co.pdf", [Mark(1, box, "khung")], "không đọc được"),
    ):
        with pytest.raises(BadInput, match=sentence):
            redact(path, target, marks)
    assert [each.name for each in tmp_path.iterdir()] == ["hong.pdf"]
    before, after = (page_preview(source, 1, [box], after=each) for each in (False, True))
    assert before.startswith(b"\x89PNG")
    assert before != after


def test_a_page_with_small_boxes_alone_says_that_something_is_taken_out(tmp_path: Path) -> None:
    source, target = tmp_path / "to.pdf", tmp_path / "che.pdf"
    source.write_bytes(pdf_bytes(2, "Biên bản"))
    redact(source, target, [Mark(1, Box(80, 80, 92, 88), "khung")])
    before, after = (rendered(path, 1).convert("L") for path in (source, target))
    assert before.size == after.size
    corner = (0, 0, after.width // 2, after.height // 20)
    assert ImageStat.Stat(after.crop(corner)).mean[0] < ImageStat.Stat(before.crop(corner)).mean[0] - 1
    # a page on which nothing was marked says nothing
    one, other = (rendered(path, 2).convert("L").crop(corner) for path in (source, target))
    assert abs(ImageStat.Stat(one).mean[0] - ImageStat.Stat(other).mean[0]) < 1


def read(actor: User, copy: Redaction) -> Redaction:
    """Have somebody say that a copy was read."""
    return redactions.confirm_read(actor=actor, filed=copy.case_document, sha256=copy.sha256)


@pytest.mark.django_db
def test_a_redacted_copy_stands_in_for_its_document_in_a_bundle(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    paper = filed_case.documents[1]
    CaseFile.objects.filter(pk=case.pk).update(stage="truy_to")
    case.refresh_from_db()
    CasePerson.objects.create(
        case=case, role="nguoi_lam_chung", full_name="Lê Thị Kín", folded_name="le thi kin", is_protected=True
    )
    for each in filed_case.documents:
        type(each.document).objects.filter(pk=each.document_id).update(content="Lời khai của Lê Thị Kín")
    before = readable_pdf(paper.document).read_bytes()
    frame = [Mark(1, Box(50, 50, 300, 90), "khung")]
    for asker, refusal in (("clerk_kv1", NotAllowed), ("prosecutor_kv3", NotFound), ("chief_province", NotAllowed)):
        with pytest.raises(refusal):
            redactions.redact_document(actor=people[asker], filed=paper, marks=frame, ground="bao_ve")
    for ground, reason, sentence in (("", "", "căn cứ"), ("khac", " ", "lý do")):
        with pytest.raises(BadInput, match=sentence):
            redactions.redact_document(actor=actor, filed=paper, marks=frame, ground=ground, reason=reason)
    with pytest.raises(BadInput, match="không cần che"):
        redactions.redact_document(actor=actor, filed=filed_case.internal, marks=frame, ground="bao_ve")
    assert not Redaction.objects.exists()
    copy = redactions.redact_document(actor=actor, filed=paper, marks=frame, ground="bao_ve")
    assert readable_pdf(paper.document).read_bytes() == before
    assert copy.path.parent.stat().st_mode & 0o077 == 0
    # one that nobody read goes nowhere: not to the defence, not to the court, not by itself
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    with pytest.raises(BadInput, match="chưa được đọc lại"):
        court.plan_for(actor=actor, case=case, wishes=Wishes(redacted=True))
    with pytest.raises(Conflict, match="chưa được đọc lại"):
        redactions.redacted_copy(paper)
    for asker, sha256, status in (
        ("clerk_kv1", copy.sha256, 403),
        ("prosecutor_kv3", copy.sha256, 404),
        ("prosecutor_kv1", copy.source_sha256, 409),
    ):
        with pytest.raises(VksError) as refused:
            redactions.confirm_read(actor=people[asker], filed=paper, sha256=sha256)
        assert refused.value.status == status
    read(actor, copy)
    with pytest.raises(Conflict, match="đã được xác nhận"):
        redactions.confirm_read(actor=actor, filed=paper, sha256=copy.sha256)
    # of three papers that name her, the one that is redacted goes to the defence
    bundle = court.request_bundle(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.document_ids) == (Bundle.Status.DONE, [paper.document_id])
    assert "(đã che)" in " ".join(shown_text(bundle.path, 2).split())
    first = shades(rendered(bundle.path, 3).crop((110, 110, 120, 170)))
    assert first[1] < 90
    # the court gets the paper itself, unless it is asked for otherwise
    for wishes, shown in ((Wishes(), False), (Wishes(redacted=True), True)):
        laid = court.plan_for(actor=actor, case=case, wishes=wishes)
        assert [each.document.redacted for each in laid.plan.documents] == [False, shown, False]
    # where it stands in, nothing that is printed of it, nor of the case, says whom it keeps back
    named = {"title": paper.title, "characteristics": paper.characteristics, "number": paper.number}
    CaseDocument.objects.filter(pk=paper.pk).update(
        title="Lời khai của LÊ THỊ KÍN", characteristics="Bản của Lê  Thị Kín", number="12/Lê Thị Kín"
    )
    CaseFile.objects.filter(pk=case.pk).update(name="Vụ án liên quan Lê Thị Kín")
    case.refresh_from_db()
    bundle = court.request_bundle(actor=actor, case=case, wishes=Wishes(redacted=True))
    court.build(bundle.pk)
    bundle.refresh_from_db()
    printed = [shown_text(bundle.path, 1), shown_text(bundle.path, 2), bundle.manifest_path.read_text(encoding="utf-8")]
    printed += [text for _depth, text, _page in inspect_bundle(bundle.path).outline]
    for text in printed:
        assert "lê thị kín" not in " ".join(text.split()).casefold()
    assert sum("Lời khai của [" in " ".join(each.split()) for each in printed) == 3
    # the paper itself keeps its title, and so does a bundle in which it goes as it is
    laid = court.plan_for(actor=actor, case=case)
    assert laid.plan.documents[1].document.title == "Lời khai của LÊ THỊ KÍN"
    assert laid.plan.request.case_name == "Vụ án liên quan Lê Thị Kín"
    CaseDocument.objects.filter(pk=paper.pk).update(**named)
    # a copy in which her name can still be read is not handed out
    CasePerson.objects.filter(case=case).update(full_name="Luật Tố Tụng")
    for each in filed_case.documents:
        type(each.document).objects.filter(pk=each.document_id).update(content="Lời khai của Luật Tố Tụng")
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    places = redactions.proposals(actor=actor, filed=paper)
    read(actor, redactions.redact_document(actor=actor, filed=paper, marks=places, ground="bao_ve"))
    laid = court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    assert [each.document_id for each in laid.filed] == [paper.document_id]
    # nor is one in which she is spoken of by the given name
    CasePerson.objects.filter(case=case).update(full_name="Lê Thị Kín")
    readable_pdf(paper.document).write_bytes(pdf_bytes(paper.page_count or 0, "Cháu Kín khai kín đáo"))
    for each in filed_case.documents:
        type(each.document).objects.filter(pk=each.document_id).update(content="Cháu Kín khai kín đáo")
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    places = redactions.proposals(actor=actor, filed=paper)
    assert {each.text for each in places} == {"Kín"}
    read(actor, redactions.redact_document(actor=actor, filed=paper, marks=places, ground="bao_ve"))
    laid = court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    assert [each.document_id for each in laid.filed] == [paper.document_id]
    # nor is one with a page that nobody could look for her name on, unless the whole page is taken out
    blank = pikepdf.new()
    with pikepdf.open(readable_pdf(paper.document)) as told:
        blank.pages.append(told.pages[0])
        for _each in range((paper.page_count or 0) - 1):
            blank.add_blank_page(page_size=(595, 842))
        blank.save(readable_pdf(paper.document))
    places = redactions.proposals(actor=actor, filed=paper)
    read(actor, redactions.redact_document(actor=actor, filed=paper, marks=places, ground="bao_ve"))
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    wholly = [Mark(page, Box(0, 0, 595, 842), "khung") for page in range(2, (paper.page_count or 0) + 1)]
    read(actor, redactions.redact_document(actor=actor, filed=paper, marks=[*places, *wholly], ground="bao_ve"))
    laid = court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    assert [each.document_id for each in laid.filed] == [paper.document_id]
    # what somebody put in the place of the copy goes nowhere, even where the row was changed with it
    court.check_copies(case, laid.plan)
    copied = redactions.redacted_copy(paper)
    made = copied.path.read_bytes()
    copied.path.write_bytes(readable_pdf(paper.document).read_bytes())
    for sha256 in (copied.sha256, sha256_of(copied.path)):
        Redaction.objects.filter(pk=copied.pk).update(sha256=sha256)
        with pytest.raises(Conflict, match="không phải bản đã che mà sổ cái ghi"):
            redactions.redacted_copy(paper)
        swapped = court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE).plan
        with pytest.raises(Conflict, match=f"“{paper.title}”.*không đưa ra ngoài"):
            court.check_copies(case, swapped)
        with pytest.raises(Conflict, match="không đưa ra ngoài"):
            court.request_bundle(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    Redaction.objects.filter(pk=copied.pk).update(sha256=copied.sha256)
    copied.path.write_bytes(made)
    redactions.redacted_copy(paper)
    # a paper keeps its copy in another case, and no copy of a paper that is not there is taken for one of that case
    elsewhere = register(actor=people["clerk_kv1"], unit=case.unit, name="Vụ khác")
    assert copies_told(elsewhere, [copied.sha256]) == frozenset()
    CaseDocument.objects.filter(pk=paper.pk).update(case=elsewhere)
    paper.refresh_from_db()
    # so does one of which was not written down yet where it was made
    Redaction.objects.update(made_in=None)
    import_module("vks_plugin.migrations.0042_redactions_and_where_they_were_told").say_where(apps, None)
    with CaptureQueriesContext(connection) as asked:
        redactions.redacted_copy(paper)
    # the ledger of no case but these two is read
    of_ledger = [each["sql"] for each in asked.captured_queries if "vks_ledger_entry" in each["sql"]]
    assert len(of_ledger) == 2
    assert all('"case_id" = ' in sql for sql in of_ledger)
    CaseDocument.objects.filter(pk=paper.pk).update(case=case)
    paper.refresh_from_db()
    # a copy of what the document no longer is stands in for nothing
    CaseDocument.objects.filter(pk=paper.pk).update(sha256="0" * 64)
    paper.refresh_from_db()
    with pytest.raises(NotFound):
        redactions.redacted_copy(paper)
