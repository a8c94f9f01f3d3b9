"""People looked for in all papers of a case, and copies made by a worker: followed, stopped, gone on with, read."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
import json
import os
import signal
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pikepdf import Array, Dictionary, Name

from tests.court.killing import Killed, killed_three_times
from tests.court.papers import A4, REAL, rendered, shades, shown_text
from tests.people import FiledCase, pdf_bytes, register
from vks_plugin.cases.models import CaseDocument, CaseFile, CasePerson
from vks_plugin.conf import configuration
from vks_plugin.court import redaction, redactions
from vks_plugin.court import redaction_works as works
from vks_plugin.court.accounts import accounts
from vks_plugin.court.addresses import addresses
from vks_plugin.court.masking import PersonFacts, named_in
from vks_plugin.court.models import Redaction, RedactionWork
from vks_plugin.court.private import ADDRESSES
from vks_plugin.court.redaction import Mark, half_made, propose, search
from vks_plugin.court.words import Box, comparable, passages_of
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.host.files import readable_pdf
from vks_plugin.working import held_alone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = RedactionWork.Status


def typed(path: Path, lines: list[bytes], *, font: str = "Helvetica") -> Path:
    """Write a paper whose letters are codes of a font nobody embedded, a line each."""
    drawn = b" ".join(
        b"BT /F 12 Tf 1 0 0 1 60 %d Tm <%s> Tj ET" % (760 - 24 * at, line.hex().encode())
        for at, line in enumerate(lines)
    )
    with pikepdf.new() as pdf:
        kind = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/" + font), Encoding=Name.WinAnsiEncoding)
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *A4]),
            Resources=Dictionary(Font=Dictionary(F=pdf.make_indirect(kind))),
            Contents=pdf.make_stream(drawn),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.save(path)
    return path


def test_a_paper_in_a_font_of_vni_is_searched_as_it_is_shown(tmp_path: Path) -> None:
    lines = ["Ngöôøi bò haïi: Nguyeãn Thò Phöôïng, soá 12 ñöôøng Leâ Lôïi, phöôøng Hoàng Gai", "NGUYEÃN THÒ PHÖÔÏNG"]
    paper = typed(tmp_path / "vni.pdf", [line.encode("cp1252") for line in lines], font="VNI-Times")
    marks = propose(paper, [("nguoi", "Nguyễn Thị Phượng")])
    assert [mark.kind for mark in marks] == ["nguoi", ADDRESSES, "nguoi"]
    copy = tmp_path / "che.pdf"
    redaction.redact(paper, copy, [mark for mark in marks if mark.kind == "nguoi"])
    for mark in marks:
        left, top, right, bottom = (round(side * 2) for side in mark.box)
        taken_out = shades(rendered(copy, 1).crop((left + 2, top + 2, left + 5, bottom - 2)))[1] < 90
        assert taken_out == (mark.kind == "nguoi")
        assert right > left
    # a name that goes on is another's, in these letters too
    assert propose(paper, [("nguoi", "Nguyễn Thị Phươn")], patterns=()) == []
    person = PersonFacts("Nguyễn Thị Phượng", "", "")
    assert named_in("\n".join(lines), [person]) == [person]
    assert (
        named_in("Đã hoãn phiên tòa; ông Hoà ở Thuỵ Sĩ", [PersonFacts("Hỗn", "", ""), PersonFacts("Ho", "", "")]) == []
    )


def test_pages_on_which_words_say_nothing_are_named(tmp_path: Path) -> None:
    path = tmp_path / "to.pdf"
    with pikepdf.open(io.BytesIO(pdf_bytes(1, "Biên bản"))) as told, pikepdf.new() as pdf:
        pdf.pages.append(told.pages[0])
        pdf.add_blank_page(page_size=A4)
        # letters that a font calls nothing anybody could read
        codes = bytes(range(0x81, 0x8E)) * 4
        kind = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        map_ = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        map_ += "1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <81> <8E> <E081> endbfrange endcmap end end"
        kind.ToUnicode = pdf.make_stream(map_.encode())
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *A4]),
            Resources=Dictionary(Font=Dictionary(F=pdf.make_indirect(kind))),
            Contents=pdf.make_stream(b"BT /F 12 Tf 1 0 0 1 60 700 Tm <%s> Tj ET" % codes.hex().encode()),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.save(path)
    assert [(each.page, each.why) for each in search(path, []).unsearched] == [(2, "khong_chu"), (3, "phong_la")]
    # a scan nobody recognised, whole
    scan = REAL / "scan-DNPCBatNguoiBiGiuKhanCap.pdf"
    assert {each.why for each in search(scan, []).unsearched} <= {"khong_chu", "it_chu"} != set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "(Sinh năm: 1978; số 66, đường Trần Phú, Đông Triều, tỉnh Quảng Ninh) bị",
            "số 66, đường Trần Phú, Đông Triều, tỉnh Quảng Ninh",
        ),
        (
            "Nơi ở hiện tại: số 12, phường Trung tâm, Hạ Long, tỉnh Quảng Ninh Nơi làm việc",
            "số 12, phường Trung tâm, Hạ Long, tỉnh Quảng Ninh",
        ),
        ("HKTT: Tổ 5, khu 3, phường Hồng Hải, TP Hạ Long.", "Tổ 5, khu 3, phường Hồng Hải, TP Hạ Long"),
        ("trú tại thôn Khe Cát, xã Minh Châu, huyện Vân Đồn", "thôn Khe Cát, xã Minh Châu, huyện Vân Đồn"),
        ("ở ngõ 12/5 phố Kim Mã, quận Ba Đình, Hà Nội", "ngõ 12/5 phố Kim Mã, quận Ba Đình, Hà Nội"),
        ("SỐ 12 ĐƯỜNG LÊ LỢI, PHƯỜNG YẾT KIÊU", "SỐ 12 ĐƯỜNG LÊ LỢI, PHƯỜNG YẾT KIÊU"),
        ("nơi cư trú: xã Bình Dân, huyện Vân Đồn, tỉnh Quảng Ninh", "xã Bình Dân, huyện Vân Đồn, tỉnh Quảng Ninh"),
        ("Công an phường Hồng Hải, thành phố Hạ Long, tỉnh Quảng Ninh", ""),
        ("THÀNH PHỐ MÓNG CÁI CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", ""),
        ("Quyết định số 12/QĐ-VKS, khoản 1 Điều 5; Phó Thủ trưởng Cơ quan điều tra", ""),
        ("Ủy ban Nhân dân xã Bằng Cả, huyện Hoành Bồ; tổ 2 người; đội 3 Công an phường X", ""),
    ],
)
def test_an_address_is_known_by_what_leads_to_a_door(text: str, found: str) -> None:
    assert [text[start:end] for start, end in addresses(text)] == ([found] if found else [])
    parted = unicodedata.normalize("NFD", text)
    told = [unicodedata.normalize("NFC", parted[start:end]) for start, end in addresses(parted)]
    assert told == ([found] if found else [])


def test_addresses_of_real_forms_are_proposed_and_offices_are_not() -> None:
    told = [mark.text for mark in propose(REAL / "LenhTamGiam.pdf", [], patterns=[ADDRESSES])]
    assert told == [
        "số 159, đường Trần Phú, Vân Đồn, tỉnh Quảng Ninh",
        "số 12, phường Trung tâm, Vân Đồn, tỉnh Quảng Ninh",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Số tài khoản: 0011004123456, ngày 12/03/2025", ["0011004123456"]),
        ("chuyển đến STK 1903 1234 5678 012 Techcombank", ["1903 1234 5678 012"]),
        ("tài khoản số 102.870.123.456 mở tại VietinBank", ["102.870.123.456"]),
        ("SO TAI KHOAN cua Tran Van An tai Ngan hang Ngoai thuong la 0141000123456", ["0141000123456"]),
        ("đã nhận 5.000.000 đồng vào TK 19034567890", ["19034567890"]),
        ("tài khoản (mở ngày 12/03/2025) số 0011004123456", ["0011004123456"]),
        ("số 44010001234567 tại Ngân hàng BIDV; Agribank: 8000205123456", ["44010001234567", "8000205123456"]),
        ("Số thẻ ATM 9704 3612 3456 7890 123", ["9704 3612 3456 7890 123"]),
        ("các tài khoản số 1234567890 (BIDV), 0987654321 và 123123123", ["1234567890", "0987654321", "123123123"]),
        ("số tài khoản 022190001234, CCCD 022190001235", ["022190001234"]),
        ("quy định tại khoản 2 Điều 173 đối với Trần Văn An, số 022190001234", []),
        ("QUY DINH TAI KHOAN 2 DIEU 173 DOI VOI TRAN VAN AN, SO 022190001234", []),
        ("tài khoản của bị can, CCCD 022190001234, điện thoại 0912 345 678", []),
        ("chuyển vào tài khoản 50.000.000 đồng; rút từ tài khoản số tiền 50000000; tài khoản 120.000.000", []),
        ("nộp 100000000 tại Ngân hàng; số tiền 50.000.000 tại Vietcombank", []),
        ("tài khoản từ ngày 12.03.2025 đến ngày 15.03.2025, năm 2020-2021", []),
        ("Ngân hàng Á Châu, MST 0301452948, điện thoại 0203 3825 123, văn bản số 12345678/CV", []),
        ("Vietcombank cung cấp, bút lục 00012345; BL 12345678; biển số 14A-123.45", []),
    ],
)
def test_an_account_is_known_by_the_words_around_it(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in accounts(text)] == found
    parted = unicodedata.normalize("NFD", text)
    assert [parted[start:end] for start, end in accounts(parted)] == found


def test_accounts_of_real_forms_are_proposed_and_no_other_number_of_them(tmp_path: Path) -> None:
    form = REAL / "YeuCauCoQuanToChucCungCapGuiNganHang.pdf"
    with closing(pypdfium2.PdfDocument(form)) as pdf:
        pages = [[run.text for run in passages_of(pdf[at])] for at in range(len(pdf))]
    said = " ".join(itertools.chain.from_iterable(pages))
    # the form as it was handed out has asterisks in place of its numbers
    assert "tài khoản ************" in said
    assert list(accounts(said)) == []
    filled = said.replace("tài khoản ************", "tài khoản 0011004123456")
    assert {filled[start:end] for start, end in accounts(filled)} == {"0011004123456"}
    # in a paper it goes as what it is called, also where it has the length of a number of a person
    paper = tmp_path / "sao-ke.pdf"
    paper.write_bytes(pdf_bytes(1, "STK 022190001234; CCCD 022190001235"))
    assert {mark.text: mark.kind for mark in propose(paper, [])} == {
        "022190001234": "tai_khoan",
        "022190001235": "can_cuoc",
    }


# --- works ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Redacting:
    """A prosecutor who redacts in a case, and a witness who stands in two of its papers, each its own way."""

    actor: User
    case: CaseFile
    papers: list[CaseDocument]
    """The third cannot be searched."""
    witness: CasePerson
    client: Client
    """Signed in as the prosecutor."""

    def look(self, **more: Any) -> RedactionWork:
        """Look for the witness in the whole file, as a worker does."""
        asked = {"people": [f"person:{self.witness.pk}"]} | more
        work = self.carried_out(works.request_search(actor=self.actor, case=self.case, **asked))
        assert (work.status, work.error) == (Status.FOUND, "")
        return work

    def choose(self, work: RedactionWork, *papers: CaseDocument, **more: Any) -> RedactionWork:
        """Have the copies made of all that is proposed in these papers."""
        picked = {each.document_id: None for each in papers}
        return works.make_copies(
            **{"actor": self.actor, "work": work, "picked": picked, "ground": "bao_ve"} | more  # type: ignore[arg-type]
        )

    def carried_out(self, work: RedactionWork) -> RedactionWork:
        """Do what a worker does, and return the work as it is then."""
        works.carry_out(work.pk)
        work.refresh_from_db()
        return work


@pytest.fixture
def redacting(filed_case: FiledCase, people: dict[str, User]) -> Redacting:
    """Return the prosecutor, the papers and the witness."""
    first, second, third = filed_case.documents
    over_two_lines = ["Lời khai của bà Trần Thị", "Khuyết, điện thoại 0912 345 678"]
    readable_pdf(first.document).write_bytes(pdf_bytes(first.page_count or 0, "TRAN THI KHUYET, CCCD 022190001234"))
    readable_pdf(second.document).write_bytes(
        pdf_bytes(second.page_count or 0, unicodedata.normalize("NFD", f"{over_two_lines[0]} {over_two_lines[1]}"))
    )
    with pikepdf.new() as blank:
        blank.add_blank_page(page_size=A4)
        blank.save(readable_pdf(third.document))
    witness = CasePerson.objects.create(
        case=filed_case.case,
        role="witness",
        full_name="Trần Thị Khuyết",
        folded_name="tran thi khuyet",
        id_number="022190001234",
        contact="ĐT 0912.345.678, nhắn qua con gái",
        residence="Tổ 5, khu 3, phường Hồng Hải, thành phố Hạ Long",
    )
    client = Client()
    client.force_login(people["prosecutor_kv1"])
    return Redacting(people["prosecutor_kv1"], filed_case.case, filed_case.documents, witness, client)


@pytest.mark.django_db
def test_a_person_is_found_in_every_paper_and_goes_from_the_copies_of_all(redacting: Redacting) -> None:
    actor, case = redacting.actor, redacting.case
    first, second, third = redacting.papers
    originals = {each.pk: readable_pdf(each.document).read_bytes() for each in redacting.papers}
    work = redacting.look()
    told = {each.filed.pk: each for each in works.found_in(actor, work)}
    assert {pk: [(group.kind, len(group.pages)) for group in each.groups] for pk, each in told.items()} == {
        first.pk: [("nguoi", 2), ("can_cuoc", 2)],
        second.pk: [("nguoi", 3), ("dien_thoai", 3)],
        third.pk: [],
    }
    # what could not be searched is named
    [(why, pages)] = told[third.pk].unsearched
    assert pages == [1]
    assert "không có chữ" in why
    # nothing was taken out yet; one group is left, and a frame stands on the page nobody could search
    assert not Redaction.objects.exists()
    name, number = told[first.pk].groups
    frame = Mark(1, Box(50, 50, 300, 90), "khung")
    with pytest.raises(BadInput, match="căn cứ"):
        redacting.choose(work, first, ground="")
    with pytest.raises(BadInput, match="Chưa chọn"):
        redacting.choose(work, picked={first.document_id: []})
    with pytest.raises(BadInput, match="tải lại"):
        redacting.choose(work, picked={first.document_id: [99]})
    redacting.choose(
        work,
        picked={first.document_id: name.marks, second.document_id: None},
        frames={third.document_id: [frame]},
    )
    with pytest.raises(Conflict):
        redacting.choose(work, first)
    redacting.carried_out(work)
    assert (work.status, work.error, work.failures, work.progress) == (Status.DONE, "", [], 6)
    copies = {copy.case_document_id: copy for copy in work.copies.all()}
    assert {pk: len(copy.marks) for pk, copy in copies.items()} == {
        first.pk: len(name.marks),
        second.pk: len(told[second.pk].marks),
        third.pk: 1,
    }
    assert number.marks
    assert LedgerEntry.objects.filter(kind="document_redacted", case=case).count() == 3
    for filed in redacting.papers:
        assert readable_pdf(filed.document).read_bytes() == originals[filed.pk]
        assert shown_text(copies[filed.pk].path, 1) == ""
        assert copies[filed.pk].read_at is None
    # of what was looked for and found no word is kept
    assert (work.wanted, work.found) == ({}, [])
    assert "khuyet" not in str([copy.marks for copy in copies.values()]).lower()


@pytest.mark.django_db
def test_who_may_not_redact_neither_looks_nor_follows(
    redacting: Redacting, filed_case: FiledCase, people: dict[str, User]
) -> None:
    work = redacting.look()
    for name, refusal in (("clerk_kv1", NotAllowed), ("prosecutor_kv3", NotFound), ("chief_province", NotAllowed)):
        with pytest.raises(refusal):
            works.request_search(actor=people[name], case=redacting.case, terms=["Khuyết"])
        with pytest.raises(refusal):
            works.request_copies(
                actor=people[name],
                case=redacting.case,
                marks={redacting.papers[0].document_id: [Mark(1, Box(1, 1, 9, 9), "khung")]},
                ground="bao_ve",
            )
        with pytest.raises(NotFound):
            works.work_for(people[name], work.pk)
        assert works.works_of(people[name], redacting.case) == []
        assert not redactions.copies_in(people["prosecutor_kv3"], redacting.case).exists()
    for wrong, sentence in (
        ({"people": ["person:999999"]}, "tải lại trang"),
        ({"terms": ["An"]}, "quá ngắn"),
        ({}, "Hãy chọn người"),
        ({"terms": ["Khuyết"], "documents": [filed_case.internal.document_id]}, "không có trong hồ sơ"),
    ):
        with pytest.raises(BadInput, match=sentence):
            works.request_search(actor=redacting.actor, case=redacting.case, **wrong)


@pytest.mark.django_db
def test_a_work_whose_worker_dies_goes_on_where_it_stood_and_no_paper_is_half_done(
    redacting: Redacting,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    first, second, _third = redacting.papers
    work = redacting.look()
    redacting.choose(work, first, second)
    drawn, draw = [], redaction.picture

    def dying(*given: Any, **more: Any) -> Any:
        drawn.append(1)
        # in the middle of the second paper
        if len(drawn) == 4:
            raise Killed
        return draw(*given, **more)

    monkeypatch.setattr(redaction, "picture", dying)
    with pytest.raises(Killed):
        works.carry_out(work.pk)
    work.refresh_from_db()
    assert work.status == Status.RUNNING
    [copy] = work.copies.all()
    assert copy.case_document_id == first.pk
    made = copy.path.stat().st_mtime_ns
    everything = RedactionWork.objects.order_by("created_at")
    with held_alone(work.lock_path):
        assert works.resume_interrupted(everything) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert works.resume_interrupted(everything) == 1
    work.refresh_from_db()
    assert (work.status, work.error) == (Status.DONE, "")
    assert {each.case_document_id for each in work.copies.all()} == {first.pk, second.pk}
    assert copy.path.stat().st_mtime_ns == made
    # the three pages of the second were drawn again, those of the first were not
    assert len(drawn) == 4 + 3
    lying = {path.name for path in copy.path.parent.iterdir()}
    assert lying == {f"{each.pk}.pdf" for each in work.copies.all()}


@pytest.mark.django_db
def test_a_paper_that_kills_its_workers_is_named_and_the_others_are_made(
    redacting: Redacting,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actor = redacting.actor
    first, second, third = redacting.papers
    tried: list[Path] = []

    def deadly(at: CaseDocument, of: Any) -> Any:
        def act(source: Path, *given: Any, **more: Any) -> Any:
            if source == readable_pdf(at.document):
                tried.append(source)
                raise Killed
            return of(source, *given, **more)

        return act

    def deadly_three_times(work: RedactionWork) -> None:
        tried.clear()
        begun = killed_three_times(
            lambda: works.carry_out(work.pk), lambda: works.resume_interrupted(RedactionWork.objects.all())
        )
        assert begun == [1, 1, 1]
        works.carry_out(work.pk)
        assert len(tried) == 3
        work.refresh_from_db()

    monkeypatch.setattr(works, "search", deadly(second, redaction.search))
    monkeypatch.setattr(redactions, "redact", deadly(first, redaction.redact))
    work = works.request_search(actor=actor, case=redacting.case, people=[f"person:{redacting.witness.pk}"])
    deadly_three_times(work)
    assert [(bool(row["marks"]), "3 lần" in row["error"]) for row in work.found] == [
        *((True, False), (False, True), (False, False)),
    ]
    frames = {third.document_id: [Mark(1, Box(50, 50, 300, 90), "khung")]}
    redacting.choose(work, first, frames=frames)
    deadly_three_times(work)
    assert work.status == Status.DONE
    assert [copy.case_document_id for copy in work.copies.all()] == [third.pk]
    [[document, why]] = work.failures
    assert document == first.document_id
    assert "3 lần" in why


@pytest.mark.django_db
def test_a_work_is_stopped_between_two_pages_and_keeps_what_is_whole(
    redacting: Redacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = redacting.actor
    first, second, _third = redacting.papers
    work = redacting.look()
    redacting.choose(work, first, second)
    drawn, draw = [], redaction.picture

    def stopping(*given: Any, **more: Any) -> Any:
        drawn.append(1)
        if len(drawn) == 4:
            works.cancel_work(actor=actor, work=work)
        return draw(*given, **more)

    monkeypatch.setattr(redaction, "picture", stopping)
    monkeypatch.setattr(works, "_BEAT", 0.0)
    redacting.carried_out(work)
    assert (work.status, len(drawn)) == (Status.CANCELLED, 4)
    [copy] = work.copies.all()
    assert copy.case_document_id == first.pk
    assert [path.name for path in copy.path.parent.iterdir()] == [f"{copy.pk}.pdf"]
    with pytest.raises(Conflict):
        works.cancel_work(actor=actor, work=work)


@pytest.mark.django_db
def test_a_paper_that_changed_since_is_named_and_the_others_are_made(redacting: Redacting) -> None:
    first, second, _third = redacting.papers
    work = redacting.look()
    redacting.choose(work, first, second)
    CaseDocument.objects.filter(pk=first.pk).update(sha256="0" * 64)
    redacting.carried_out(work)
    assert work.status == Status.DONE
    assert work.failures == [[first.document_id, "Tài liệu đã có tệp khác từ lúc tìm: hãy tìm lại."]]
    assert [copy.case_document_id for copy in work.copies.all()] == [second.pk]


@pytest.mark.django_db
def test_one_paper_that_breaks_ends_no_work_and_is_gone_on_with(
    redacting: Redacting,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    actor = redacting.actor
    first, second, third = redacting.papers
    broken: list[Exception] = [pypdfium2.PdfiumError("page"), OSError(28, "full"), OperationalError("locked")]

    def breaking(document: Any, of: Any) -> Any:
        def act(source: Path, *given: Any, **more: Any) -> Any:
            if source == readable_pdf(document):
                raise broken[0]
            return of(source, *given, **more)

        return act

    with monkeypatch.context() as patch:
        patch.setattr(works, "search", breaking(third.document, redaction.search))
        work = redacting.look()
    assert [bool(row["marks"]) for row in work.found] == [True, True, False]
    assert "không đọc được để che" in work.found[2]["error"]
    del broken[0]
    redacting.choose(work, first, second)
    with monkeypatch.context() as patch:
        patch.setattr(redactions, "redact", breaking(first.document, redaction.redact))
        redacting.carried_out(work)
        assert (work.status, [each[0] for each in work.failures]) == (Status.DONE, [first.document_id])
        assert "đĩa đầy" in work.failures[0][1]
        # what no paper is to blame for fails the whole; what was chosen stays
        del broken[0]
        works.go_on(actor=actor, work=work)
        with pytest.raises(OperationalError):
            works.carry_out(work.pk)
    client = redacting.client
    address = f"/vks/redactions/{work.pk}/"
    assert "Làm tiếp" in client.get(address).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}go-on/").status_code == 302
    work.refresh_from_db()
    assert (work.status, work.error, work.failures) == (Status.DONE, "", [])
    assert {copy.case_document_id for copy in work.copies.all()} == {first.pk, second.pk}
    assert client.post(f"/api/vks/redaction-works/{work.pk}/go-on/").status_code == 409


@pytest.mark.django_db
def test_addresses_of_anybody_go_only_where_somebody_ticks_them(redacting: Redacting) -> None:
    first = redacting.papers[0]
    text = "Bà TRAN THI KHUYET, Tổ 5 khu 3 phường Hồng Hải; ông Bình, xóm 4, xã Đông Xá"
    readable_pdf(first.document).write_bytes(pdf_bytes(first.page_count or 0, text))
    work = redacting.look(patterns=[ADDRESSES], documents=[first.document_id])
    [here] = works.found_in(redacting.actor, work)
    # her own is known, however it is written; his is only proposed
    assert {(group.kind, group.words, group.ticked) for group in here.groups} == {
        ("nguoi", "TRAN THI KHUYET", True),
        ("dia_chi", "Tổ 5 khu 3 phường Hồng Hải", True),
        (ADDRESSES, "xóm 4, xã Đông Xá", False),
    }
    redacting.choose(work, first)
    works.carry_out(work.pk)
    [copy] = work.copies.all()
    assert {mark[-1] for mark in copy.marks} == {"nguoi", "dia_chi"}


@pytest.mark.django_db
def test_through_the_api_a_person_is_found_taken_out_read_and_fetched(
    redacting: Redacting, django_capture_on_commit_callbacks: Any
) -> None:
    client, code = redacting.client, redacting.case.code
    first, _second, third = redacting.papers

    def send(address: str, said: dict[str, Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(f"/api/vks/{address}", json.dumps(said), content_type="application/json")

    asked = send(f"cases/{code}/redaction-works/", {"people": [redacting.witness.pk], "numbers": True})
    assert asked.status_code == 202
    work = f"redaction-works/{asked.json()['id']}/"
    told = client.get(f"/api/vks/{work}").json()
    assert told["status"] == "found"
    by_document = {each["document"]: each for each in told["found"]}
    assert {mark["kind"] for mark in by_document[first.document_id]["marks"]} == {"nguoi", "can_cuoc"}
    assert [each["pages"] for each in by_document[third.document_id]["look_by_eye"]] == [[1]]
    empty = {"page": 1, "left": 90, "top": 10, "right": 20, "bottom": 30}
    for wrong in (
        {"documents": [{"document": first.document_id}], "ground": "vi_sao"},
        {"documents": [{"document": 999999}], "ground": "bao_ve"},
        {"documents": [{"document": third.document_id, "frames": [empty]}], "ground": "bao_ve"},
        {"documents": [{"document": first.document_id, "marks": [0], "frames": [empty | {"page": 99, "right": 99}]}]},
    ):
        assert send(f"{work}copies/", {"ground": "bao_ve"} | wrong).status_code == 400, wrong
    made = send(f"{work}copies/", {"documents": [{"document": first.document_id}], "ground": "bao_ve"})
    assert made.status_code == 202
    [copy] = client.get(f"/api/vks/{work}").json()["copies"]
    [row] = client.get(f"/api/vks/cases/{code}/redactions/").json()["results"]
    assert (row["id"], row["standing"], row["read_at"], row["marks"]) == (copy, True, None, {"can_cuoc": 2, "nguoi": 2})
    assert client.get(f"/api/vks/redactions/{copy}/download/").status_code == 409
    read = client.get(f"/api/vks/redactions/{copy}/reading/")
    sha256 = hashlib.sha256(b"".join(read.streaming_content)).hexdigest()  # type: ignore[attr-defined]
    assert send(f"redactions/{copy}/read/", {"sha256": "0" * 64}).status_code == 409
    assert send(f"redactions/{copy}/read/", {"sha256": sha256}).json()["read_by"]["username"] == "prosecutor_kv1"
    fetched = client.get(f"/api/vks/redactions/{copy}/download/")
    assert hashlib.sha256(b"".join(fetched.streaming_content)).hexdigest() == sha256  # type: ignore[attr-defined]
    # a newer copy takes its place
    frame = {"page": 1, "left": 50, "top": 50, "right": 300, "bottom": 90}
    framed = {"documents": [{"document": first.document_id, "frames": [frame]}], "ground": "bao_ve"}
    assert send(f"cases/{code}/redactions/", framed).status_code == 202
    assert client.get(f"/api/vks/redactions/{copy}/download/").status_code == 409


# --- an end ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_found_ends_and_nothing_is_kept_longer_than_it_is_needed(
    redacting: Redacting, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _third = redacting.papers
    waiting, done, chosen, given_up = (redacting.look() for _each in range(4))
    # whom it looked for, nobody needs to know while it waits
    assert (waiting.wanted, bool(waiting.found)) == ({}, True)
    assert waiting.kept_until is not None
    done = redacting.carried_out(redacting.choose(done, first))
    assert (done.chosen, done.kept_until) == ([], None)
    chosen = redacting.choose(chosen, first, second)
    with monkeypatch.context() as patch:
        patch.setattr(works, "redact_document", refusing)
        redacting.carried_out(chosen)
        patch.setattr(works, "search", refusing)
        failed = works.request_search(actor=redacting.actor, case=redacting.case, terms=["Khuyết"])
        patch.setattr(works, "MOST_FOUND", -1)
        redacting.carried_out(failed)
    assert (failed.status, chosen.status) == (Status.FAILED, Status.FAILED)
    assert all((failed.may_go_on, failed.wanted, chosen.may_go_on, chosen.chosen))
    # given up by its person, on the page and through the API
    address = f"/vks/redactions/{given_up.pk}/"
    assert "Bỏ việc này" in redacting.client.get(address).content.decode()
    assert redacting.client.post(f"{address}cancel/").status_code == 302
    also = redacting.choose(redacting.look(), first)
    RedactionWork.objects.filter(pk=also.pk).update(status=Status.FAILED)
    assert redacting.client.post(f"/api/vks/redaction-works/{also.pk}/cancel/").json()["status"] == "cancelled"
    for each in (given_up, also):
        each.refresh_from_db()
        assert (each.status, each.wanted, each.found, each.chosen) == (Status.CANCELLED, {}, [], [])
    days = configuration().redaction_days
    assert works.end_what_waits(timezone.now() + dt.timedelta(days=days - 1)) == 0
    waiting.refresh_from_db()
    assert waiting.found
    assert works.end_what_waits(timezone.now() + dt.timedelta(days=days + 1)) == 1
    for each, status in ((waiting, Status.CANCELLED), (failed, Status.FAILED), (chosen, Status.FAILED)):
        each.refresh_from_db()
        assert (each.status, each.wanted, each.found, each.chosen, each.title) == (status, {}, [], [], "")
        assert not each.may_go_on
    told = redacting.client.get(f"/vks/redactions/{waiting.pk}/").content.decode()
    assert "Quá hạn chọn chỗ che" in told
    assert "khuyet" not in comparable(told)
    with pytest.raises(Conflict):
        redacting.choose(waiting, first)
    with pytest.raises(Conflict):
        works.go_on(actor=redacting.actor, work=failed)
    # the log of what was taken out stays
    done.refresh_from_db()
    [copy] = done.copies.all()
    assert (done.title, copy.ground, copy.created_by) == (
        "Trần Thị Khuyết (Người làm chứng)",
        "bao_ve",
        redacting.actor,
    )


def refusing(*_given: Any, **_more: Any) -> None:
    """Be what cannot be done."""
    raise BadInput("Không được.")


@pytest.mark.django_db
def test_what_a_paper_that_left_the_case_had_is_neither_shown_nor_taken_out(
    redacting: Redacting, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = redacting.papers
    work, also = redacting.look(), redacting.look()
    address, route = f"/vks/redactions/{work.pk}/", f"/api/vks/redaction-works/{work.pk}/"
    assert "TRAN THI KHUYET" in redacting.client.get(address).content.decode()
    other = register(actor=people["clerk_kv1"], unit=redacting.case.unit, name="Vụ khác")

    def leaves(paper: CaseDocument, *, case: CaseFile = other) -> None:
        CaseDocument.objects.filter(pk=paper.pk).update(case=case)

    leaves(first)
    page = redacting.client.get(address)
    assert page.status_code == 200
    assert "TRAN THI KHUYET" not in page.content.decode()
    assert "Trần Thị Khuyết, điện" not in page.content.decode()
    assert {each["document"] for each in redacting.client.get(route).json()["found"]} == {
        second.document_id,
        third.document_id,
    }
    with pytest.raises(BadInput, match="không có trong việc che này"):
        redacting.choose(work, first)
    assert works.end_what_waits(timezone.now()) == 0
    work.refresh_from_db()
    assert [row["filing"] for row in work.found] == [second.pk, third.pk]
    # it leaves after it was chosen, and while its copy is made: no copy, no file
    redacting.choose(work, second, frames={third.document_id: [Mark(1, Box(50, 50, 300, 90), "khung")]})
    make = redaction.redact

    def slowly(*given: Any, **more: Any) -> Any:
        leaves(third)
        return make(*given, **more)

    leaves(second)
    monkeypatch.setattr(redactions, "redact", slowly)
    redacting.carried_out(work)
    assert (work.status, [document for document, _why in work.failures]) == (Status.FAILED, [None, third.document_id])
    assert not Redaction.objects.exists()
    assert list(Redaction(pk=work.pk).path.parent.glob("*")) == []
    assert not LedgerEntry.objects.filter(kind="document_redacted").exists()
    # nothing is left that the other search was about: nobody follows it, and it ends
    assert redacting.client.get(f"/vks/redactions/{also.pk}/").status_code == 404
    assert works.works_of(redacting.actor, redacting.case) == []
    assert works.end_what_waits(timezone.now()) == 1
    also.refresh_from_db()
    assert (also.status, also.found) == (Status.CANCELLED, [])
    assert "rời hồ sơ vụ án" in also.error


@pytest.mark.django_db
def test_what_a_killed_worker_leaves_of_a_copy_is_removed(
    redacting: Redacting, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    first, second, _third = redacting.papers
    make = redaction.redact

    def killed(source: Path, target: Path, marks: Any, **_more: Any) -> int:
        """Write in a process of its own, which is killed after the second page; no `finally` of it is reached."""
        if source == readable_pdf(first.document):
            return make(source, target, marks)

        def dies(page: int) -> None:
            if page > 1:
                os.kill(os.getpid(), signal.SIGKILL)

        worker = os.fork()
        if not worker:
            make(source, target, marks, after_page=dies)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGKILL
        raise Killed

    monkeypatch.setattr(redactions, "redact", killed)

    def left_behind() -> tuple[RedactionWork, Path, Path]:
        work = redacting.choose(redacting.look(), first, second)
        with pytest.raises(Killed):
            works.carry_out(work.pk)
        work.refresh_from_db()
        whole, half = Redaction(pk=work.copy_id(first.pk)).path, Redaction(pk=work.copy_id(second.pk)).path
        assert (work.status, whole.exists()) == (Status.RUNNING, True)
        assert half_made(half).stat().st_size > 10_000
        return work, whole, half

    work, whole, half = left_behind()
    # between writing a file and saying so
    half.write_bytes(b"%PDF whole, and nobody knows of it")
    # a worker that lives sees to it itself
    with held_alone(work.lock_path), django_capture_on_commit_callbacks(execute=True):
        works.cancel_work(actor=redacting.actor, work=work)
    assert half_made(half).exists()
    RedactionWork.objects.filter(pk=work.pk).update(status=Status.RUNNING)
    with django_capture_on_commit_callbacks(execute=True):
        works.cancel_work(actor=redacting.actor, work=work)
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]
    # what nothing else removed goes by itself once nobody can be at it
    _work, _whole, half = left_behind()
    half.write_bytes(b"%PDF whole, and nobody knows of it")
    foreign = half.with_name("doc-cho-tôi.pdf")
    foreign.write_bytes(b"somebody put it there")
    assert redactions.remove_leftovers(timezone.now()) == 0
    assert redactions.remove_leftovers(timezone.now() + dt.timedelta(hours=13)) == 1
    assert not half_made(half).exists()
    later = timezone.now() + dt.timedelta(days=31)
    with monkeypatch.context() as patch:
        # another database beside the same folder
        patch.setattr(Redaction, "objects", Redaction.objects.none())
        assert redactions.remove_leftovers(later) == 0
    assert redactions.remove_leftovers(later) == 1
    lying = {path.name for path in half.parent.iterdir()}
    assert lying == {foreign.name, *(copy.path.name for copy in Redaction.objects.all())}
