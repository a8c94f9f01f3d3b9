"""What is printed of hand-overs says what was handed over: record, register, labels."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from docx import Document as WordDocument
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.people import register
from tests.web.conftest import Page
from vks_plugin.cases.models import CaseFile, CatalogueType, Exhibit, Volume
from vks_plugin.conf import PAPER_SERIES, configuration
from vks_plugin.custody.actions.hand_overs import Terms, accept, cancel, hand_over, reject, send
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import HandOver, NumberSeries
from vks_plugin.custody.printed_hand_over import volume_labels, write_hand_over
from vks_plugin.custody.queries.hand_overs import volumes_of
from vks_plugin.custody.registers import REGISTERS, check_columns, register_paper, write_register
from vks_plugin.errors import BadInput, NotFound, Unavailable
from vks_plugin.printing import numbered

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django.fixtures import Settings

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PASSED = Checks(documents_complete=True, exhibits_complete=True, served=True)
IN = Terms(
    part="hsva",
    direction="cqdt_vks",
    reason="ket_thuc_dt",
    agency="Cơ quan Cảnh sát điều tra Công an tỉnh",
    giver_name="Lê Văn Điều",
    giver_title="Điều tra viên",
    seal_condition="Niêm phong còn nguyên",
    total_pages=421,
)


@pytest.fixture
def taken_in(case: CaseFile, people: dict[str, User]) -> HandOver:
    """Return the hand-over by which a file of twelve volumes came to its office."""
    for number in range(1, 13):
        Volume.objects.create(case=case, number=number, folio_from=number * 10 - 9, folio_to=number * 10)
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", seal_number="NP-7", accompanies_file=True)
    row = hand_over(actor=people["clerk_kv1"], case=case, terms=IN)
    return accept(actor=people["clerk_kv1"], row=row, checks=PASSED, awaits_paper=True)


def _words(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_the_record_says_who_gave_what_to_whom(taken_in: HandOver, settings: Any) -> None:
    year = timezone.localdate().year
    pdf, docx = write_hand_over(taken_in, "pdf"), write_hand_over(taken_in, "docx")
    assert pdf.name == f"hs-qn-kv1-2026-0001-bien-ban-giao-nhan-1-{year}.pdf"
    word = WordDocument(io.BytesIO(docx.content))
    written = " ".join(
        [each.text for each in word.paragraphs]
        + [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    )
    for said in (
        "BIÊN BẢN GIAO NHẬN HỒ SƠ VỤ ÁN, VỤ VIỆC",
        "ông (bà) Lê Văn Điều; chức vụ: Điều tra viên; đơn vị: Cơ quan Cảnh sát điều tra Công an tỉnh",
        "ông (bà) Trần Thị Thư; chức vụ: Văn thư",
        "bị can chính: Nguyễn Văn Ánh",
        "Tổng cộng: 12 tập, 120 bút lục (từ 1 đến 120), 421 trang, 1 vật chứng đi kèm.",
        "Vật chứng: Con dao bầu",
        "Niêm phong còn nguyên",
        "đã giao cho bị can, người đại diện: có",
        "Kết quả kiểm tra theo Điều 238 BLTTHS:",
    ):
        assert said in _words(pdf.content), said
        assert said in " ".join(written.split()), said
    for unproven in ("BB-VKS", "Mẫu số", "có giá trị như nhau"):
        assert unproven not in _words(pdf.content)
    settings.VKS_PAPER_SYMBOLS = "hand_over=BBGN-VKS, accession=BB-LT"
    assert "Số: 1/BBGN-VKS" in _words(write_hand_over(taken_in, "pdf").content)
    with pytest.raises(BadInput, match="định dạng"):
        write_hand_over(taken_in, "odt")


def test_a_record_bears_only_what_is_known_of_it(taken_in: HandOver, people: dict[str, User]) -> None:
    """A form nobody confirmed is no official one, and that of the case file is none of another paper."""
    case, clerk = taken_in.case, people["clerk_kv1"]
    kind = CatalogueType.objects.update_or_create(
        code="BBGNHS",
        defaults={"name": "Biên bản", "group_code": "00", "position": 1, "part": "hsva", "form_number": "168"}
        | {"form_edition": "Thông tư 03/2026/TT-VKSTC", "verified": True},
    )[0]
    for part, title in (("hsks", "HỒ SƠ KIỂM SÁT"), ("hsva", "HỒ SƠ VỤ ÁN, VỤ VIỆC")):
        terms = Terms(part=part, direction="noi_bo", reason="nghien_cuu", person=people["prosecutor_kv1"])
        row = hand_over(actor=clerk, case=case, terms=terms)
        words = _words(write_hand_over(row, "pdf").content)
        assert f"BIÊN BẢN GIAO NHẬN {title}" in words
        assert "Kết quả kiểm đếm (quy ước của phần mềm)" in words
        assert "168" not in words
        cancel(actor=clerk, row=row, reason="x")
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency="Tòa án nhân dân khu vực 1")
    for verified in (True, False):
        CatalogueType.objects.filter(pk=kind.pk).update(verified=verified)
        row = hand_over(actor=clerk, case=case, terms=court)
        words = _words(write_hand_over(row, "pdf").content)
        assert ("(Mẫu số 168, Thông tư 03/2026/TT-VKSTC)" in words) == verified
        assert "theo Điều 276 BLTTHS" in words
        cancel(actor=clerk, row=row, reason="x")


def test_folios_of_volumes_that_lie_apart_are_told_as_stretches(taken_in: HandOver, people: dict[str, User]) -> None:
    clerk, case = people["clerk_kv1"], taken_in.case
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency="Tòa án nhân dân khu vực 1")
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=court), checks=PASSED, awaits_paper=True)
    back = Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=court.agency, volumes=[1, 2, 5])
    row = hand_over(actor=clerk, case=case, terms=back)
    assert (row.folio_range, row.folios_cited) == ((1, 50), "1–20, 41–50")
    said = "30 bút lục (từ 1 đến 20, từ 41 đến 50)"
    assert f"Tổng cộng: 3 tập, {said}, " in _words(write_hand_over(row, "pdf").content)
    today = timezone.localdate()
    _register, paper = register_paper(clerk, register="giao-nhan", unit="QN-KV1", first=today, last=today)
    assert f"{said}, 3 tập" in paper.rows[-1][1]
    row.volumes[2] |= {"folio_to": 41}
    assert (row.folios_cited, row.folios_counted) == ("1–20, 41", "21 bút lục (từ 1 đến 20, số 41)")
    assert "Tập 5 – hồ sơ vụ án 41 " in _words(write_hand_over(row, "pdf").content)


def test_symbols_of_records_are_of_series_there_are(settings: Any) -> None:
    assert set(NumberSeries.Series.values) >= PAPER_SERIES
    for wrong in ("BB-VKS", "hand_over=", "other=BB", "hand_over=A,hand_over=B", "hand_over=" + "x" * 41):
        settings.VKS_PAPER_SYMBOLS = wrong
        with pytest.raises(ImproperlyConfigured, match="VKS_PAPER_SYMBOLS"):
            configuration()
    settings.VKS_PAPER_SYMBOLS = ""
    assert (numbered("accession", None), numbered("accession", 3)) == ("Số: ……", "Số: 3")


def test_a_record_of_what_was_refused_says_so(case: CaseFile, people: dict[str, User]) -> None:
    row = hand_over(actor=people["clerk_kv1"], case=case, terms=IN)
    refused = PASSED._replace(served=False, exhibits_complete=None)
    reject(actor=people["clerk_kv1"], row=row, checks=refused, missing="thiếu bản giao kết luận", received=[])
    row.refresh_from_db()
    words = _words(write_hand_over(row, "pdf").content)
    assert "Bên nhận chưa nhận hồ sơ." in words
    # said once, and by whom
    assert "Còn thiếu: bản giao kết luận" in words
    assert words.count("Còn thiếu") == 1 + len(row.volumes)
    assert "Bên nhận: ông (bà) Trần Thị Thư;" in words
    # what nobody looked at is not said to be wrong
    assert "đủ vật chứng (nếu có) so với bảng kê: chưa xác nhận" in words
    assert "đã giao cho bị can, người đại diện: không" in words


def test_the_register_has_seven_columns_and_no_hole(
    taken_in: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, today = people["clerk_kv1"], timezone.localdate()
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency="Tòa án nhân dân khu vực 1")
    row = hand_over(actor=clerk, case=taken_in.case, terms=court)
    cancel(actor=clerk, row=row, reason="Tòa hẹn ngày khác")
    hand_over(actor=clerk, case=taken_in.case, terms=court)

    def asked(**more: Any) -> dict[str, Any]:
        return {"register": "giao-nhan", "unit": "QN-KV1", "first": today, "last": today} | more

    _register, paper = register_paper(clerk, **asked())
    assert [column.heading for column in paper.columns] == [
        "STT, ngày giao nhận",
        "Vụ án, bị can chính, tổng số bút lục",
        "Vật chứng",
        "Lý do chuyển",
        "Bên giao (họ tên; cơ quan)",
        "Bên nhận (họ tên; cơ quan)",
        "Ghi chú",
    ]
    assert sum(column.width for column in paper.columns) == paper.text_width == 252
    assert [line[0].split("\n")[0] for line in paper.rows] == ["1", "2", "3"]
    assert "Bị can chính: Nguyễn Văn Ánh" in paper.rows[0][1]
    assert "120 bút lục (từ 1 đến 120), 12 tập" in paper.rows[0][1]
    assert paper.rows[0][2] == "01 Con dao bầu"
    assert "Chờ biên bản đã ký" in paper.rows[0][6]
    assert [line[6].split("\n")[1] for line in paper.rows[1:]] == ["Đã hủy", "Chờ nhận"]
    sheet = load_workbook(io.BytesIO(write_register(clerk, **asked(file_format="xlsx")).content)).active
    assert sheet.page_setup.orientation == "landscape"
    said = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    for each in ("SỔ GIAO NHẬN HỒ SƠ VỤ ÁN HÌNH SỰ", "Cột theo phần mềm quản lý án, chưa đối chiếu mẫu chính thức"):
        assert each in said
    page = PdfReader(io.BytesIO(write_register(clerk, **asked(file_format="pdf")).content)).pages[0]
    assert page.mediabox.width > page.mediabox.height
    assert write_register(clerk, **asked(file_format="docx")).content.startswith(b"PK")
    _register, empty = register_paper(
        clerk, **asked(first=today - dt.timedelta(days=9), last=today - dt.timedelta(days=2))
    )
    assert empty.rows == []
    # who keeps no register of that office gets none
    for stranger in ("clerk_kv3", "prosecutor_kv1", "outsider", "chief_province"):
        with pytest.raises(NotFound):
            register_paper(people[stranger], **asked())
    with pytest.raises(BadInput, match="Ngày cuối"):
        register_paper(clerk, **asked(last=today - dt.timedelta(days=1)))
    # what is sent again on another day stays in the register of the day its number was given
    waiting = HandOver.objects.get(case=taken_in.case, state="cho_nhan")
    reject(actor=clerk, row=waiting, checks=PASSED._replace(served=False), missing="Chưa giao cáo trạng")
    with time_machine.travel(timezone.now() + dt.timedelta(days=40), tick=False):
        send(actor=clerk, row=waiting)
        later = timezone.localdate()
        assert register_paper(clerk, **asked(first=later, last=later))[1].rows == []
        assert [line[6] for line in register_paper(clerk, **asked())[1].rows][2].startswith("BB số 3/")
    # of a restricted case who keeps the register is told the number of the office, and no more: no number is missing
    other = register(actor=clerk, unit=units["QN-KV1"], name="Vụ khác")
    hand_over(actor=clerk, case=other, terms=IN)
    CaseFile.objects.filter(pk=taken_in.case_id).update(confidentiality="han_che_noi_bo")
    rows = register_paper(clerk, **asked())[1].rows
    year = today.year
    assert [line[0] for line in rows[:3]] == [f"{number}\nBB số {number}/{year}" for number in (1, 2, 3)]
    assert {tuple(line[1:]) for line in rows[:3]} == {
        ("Hồ sơ hạn chế nội bộ: ghi ở sổ do lãnh đạo đơn vị in.", "", "", "", "", "")
    }
    assert "Vụ khác" in rows[3][1]
    assert [line[0].split("\n")[0] for line in rows] == ["1", "2", "3", "4"]
    assert "Bị can chính" in register_paper(people["chief_kv1"], **asked())[1].rows[0][1]
    # what another office numbered has its running number for everybody, and its own number for leaders alone
    HandOver.objects.filter(case=taken_in.case).update(number_unit=units["QN-KV3"])

    def running(reader: str, **more: Any) -> list[str]:
        return [line[0].split("\n")[0] for line in register_paper(people[reader], **asked(**more))[1].rows]

    assert [line[0] for line in register_paper(clerk, **asked())[1].rows[:3]] == ["1", "2", "3"]
    assert running("clerk_kv1") == running("chief_kv1") == ["1", "2", "3", "4"]
    # a later part of the year goes on counting, whoever prints it; the next year begins anew
    new_year = dt.datetime(year + 1, 1, 1, 9, tzinfo=dt.UTC)
    made = list(HandOver.objects.order_by("numbered_at", "pk").values_list("pk", flat=True))
    for number, pk in enumerate(made):
        HandOver.objects.filter(pk=pk).update(numbered_at=new_year + dt.timedelta(days=20 * number - 30))
    period = {"first": dt.date(year, 12, 20), "last": dt.date(year + 1, 12, 31)}
    for reader in ("clerk_kv1", "chief_kv1"):
        assert running(reader, **period) == ["2", "1", "2"]
        assert running(reader, first=dt.date(year + 1, 1, 15), last=dt.date(year + 1, 12, 31)) == ["2"]


def test_each_register_of_hand_overs_has_a_series_of_its_own_without_a_hole(
    taken_in: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    clerk, today, case = people["clerk_kv1"], timezone.localdate(), taken_in.case
    civil = register(
        actor=clerk, unit=units["QN-KV1"], kind="civil", accused=[], details={"legal_relation": "Vay tài sản"}
    )
    internal = Terms(part="hsks", direction="noi_bo", reason="nghien_cuu", person=people["prosecutor_kv1"])
    study = Terms(part="hsva", direction="ta_vks", reason="nghien_cuu", agency="Tòa án nhân dân khu vực 1")
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency="Tòa án nhân dân khu vực 1")
    for about, terms in ((case, internal), (case, court), (civil, study), (case, court), (case, internal)):
        row = hand_over(actor=clerk, case=about, terms=terms)
        cancel(actor=clerk, row=row, reason="Hẹn ngày khác")

    def numbers(name: str) -> list[str]:
        _found, paper = register_paper(clerk, register=name, unit="QN-KV1", first=today, last=today)
        assert len(paper.columns) == 7
        return [line[6].split("\n")[0] for line in paper.rows]

    for name in ("giao-nhan", "giao-nhan-khac"):
        assert numbers(name) == [f"BB số {number}/{today.year}" for number in (1, 2, 3)], name
    _found, paper = register_paper(clerk, register="giao-nhan-khac", unit="QN-KV1", first=today, last=today)
    assert [line[1].split("\n")[:2] for line in paper.rows] == [
        ["Hồ sơ kiểm sát (nội bộ)", case.name],
        ["Hồ sơ vụ án", civil.name],
        ["Hồ sơ kiểm sát (nội bộ)", case.name],
    ]
    assert "13" not in paper.title
    assert "không phải mẫu đánh số của ngành" in " ".join(paper.closing)
    # beside a number stands which of the two it is
    client.force_login(clerk)
    listed = Page(client.get(f"/vks/cases/{case.code}/custody/")).text
    for series in ("hồ sơ vụ án hình sự", "hồ sơ khác"):
        assert f"1/{today.year} {series}" in listed
    shown = client.get(f"/api/vks/cases/{case.code}/hand-overs/").json()["results"]
    assert {(each["number"], each["series"]) for each in shown} == {
        *((f"{number}/{today.year}", "hand_over") for number in (1, 2, 3)),
        *((f"{number}/{today.year}", "other_hand_over") for number in (1, 3)),
    }


def test_every_register_fills_the_page_and_says_where_its_columns_are_from() -> None:
    for each in REGISTERS.values():
        assert "chưa đối chiếu mẫu chính thức" in each.note
        assert sum(column.width for column in each.columns) == 252, each.name
        # whatever may be told of a row stands in no column twice
        told = [field for column in each.columns for field in column.fields]
        assert len(told) == len(set(told))
    assert [len(each.columns) for each in REGISTERS.values()] == [7, 7, 8, 7, 7]


def test_an_office_has_the_columns_it_wants(
    taken_in: HandOver, people: dict[str, User], settings: Settings, tmp_path: Path, client: Client
) -> None:
    place = tmp_path / "columns.json"
    settings.VKS_REGISTER_COLUMNS = str(place)
    wanted = [
        "note",
        {"name": "case", "heading": "Vụ án", "fields": ["case_code", "case_name"]},
        {
            "name": "sides",
            "heading": "Hai bên",
            "width": 60,
            "fields": ["giver_place", "receiver_place"],
            "align": "center",
        },
        "entry",
    ]
    place.write_text(json.dumps({"giao-nhan": wanted}, ensure_ascii=False), encoding="utf-8")
    clerk, today = people["clerk_kv1"], timezone.localdate()
    client.force_login(clerk)
    asked: dict[str, Any] = {"unit": "QN-KV1", "first": today, "last": today}
    _found, paper = register_paper(clerk, register="giao-nhan", **asked)
    assert [column.heading for column in paper.columns] == ["Ghi chú", "Vụ án", "Hai bên", "STT, ngày giao nhận"]
    assert round(sum(column.width for column in paper.columns), 6) == 252
    (line,) = paper.rows
    assert line[1].split("\n") == [taken_in.case.code, taken_in.case_name]
    assert line[2].split("\n") == [taken_in.giver.place, taken_in.receiver.place]
    assert line[3].split("\n")[0] == "1"
    assert "Cột do đơn vị đặt" in " ".join(paper.closing)
    # the same through the API; another register is as it ships
    where = f"/api/vks/registers/giao-nhan/?unit=QN-KV1&first={today}&last={today}"
    (row,) = client.get(where).json()["results"]
    assert list(row["cells"]) == ["note", "case", "sides", "entry"]
    headings = {
        each["name"]: [column["heading"] for column in each["columns"]]
        for each in client.get("/api/vks/registers/").json()
    }
    assert (len(headings["giao-nhan"]), len(headings["giao-nhan-khac"])) == (4, 7)
    # of a restricted case a clerk's line fills what columns there are
    CaseFile.objects.filter(pk=taken_in.case_id).update(confidentiality="han_che_noi_bo")
    (line,) = register_paper(clerk, register="giao-nhan", **asked)[1].rows
    assert (len(line), taken_in.case.code in " ".join(line), line[2:]) == (4, False, ["", ""])
    # a file that is wrong is told in a sentence, on the page and through the API, and prints nothing
    place.write_text("{", encoding="utf-8")
    assert client.get(where).status_code == 503
    assert "VKS_REGISTER_COLUMNS" in client.get(where).json()["detail"]
    shown = client.get(
        f"/vks/custody/register/?register=giao-nhan&unit=QN-KV1&first={today:%d/%m/%Y}&last={today:%d/%m/%Y}&format=pdf"
    )
    assert "VKS_REGISTER_COLUMNS" in Page(shown).text


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ([], "theo tên"),
        ({"so-13": []}, "so-13"),
        ({"giao-nhan": "entry"}, "từ 2 đến 12 cột"),
        ({"giao-nhan": ["entry"]}, "từ 2 đến 12 cột"),
        ({"giao-nhan": ["entry", "entry"]}, "cùng tên"),
        ({"giao-nhan": ["entry", "bia"]}, "heading và fields"),
        ({"giao-nhan": ["entry", 7]}, "có tên"),
        ({"giao-nhan": ["entry", {"name": "bìa"}]}, "có tên"),
        ({"giao-nhan": ["entry", {"name": "case", "heading": " "}]}, "tiêu đề"),
        ({"giao-nhan": ["entry", {"name": "case", "width": 5}]}, "độ rộng"),
        ({"giao-nhan": ["entry", {"name": "case", "width": True}]}, "độ rộng"),
        ({"giao-nhan": ["entry", {"name": "case", "align": "giữa"}]}, "căn lề"),
        ({"giao-nhan": ["entry", {"name": "case", "fields": ["name"]}]}, "case_name"),
        ({"giao-nhan": ["entry", {"name": "case", "fields": "case_name"}]}, "nội dung"),
        ({"giao-nhan": ["entry", {"name": "case", "colour": "red"}]}, "chỉ có"),
        # what a loan has is none of a hand-over's
        ({"giao-nhan": ["entry", {"name": "case", "fields": ["slip"]}]}, "nội dung"),
    ],
)
def test_a_wrong_file_of_columns_says_where(told: Any, says: str, settings: Settings, tmp_path: Path) -> None:
    place = tmp_path / "columns.json"
    place.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    settings.VKS_REGISTER_COLUMNS = str(place)
    with pytest.raises(Unavailable, match=says):
        check_columns()


def test_labels_name_nobody_and_say_the_code_of_each_volume(taken_in: HandOver) -> None:
    words = _words(volume_labels(taken_in.case))
    for each in taken_in.volumes:
        assert each["code"] in words
    # what the form for the supervision file asks to be scanned
    (internal,) = volumes_of(taken_in.case, "hsks")
    assert words.count(internal["code"]) == 1
    assert "Hồ sơ kiểm sát" in words
    assert "Ánh" not in words
    assert "Bút lục 111 – 120" in words
