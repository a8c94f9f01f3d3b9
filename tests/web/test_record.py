"""The sections of a case's record on the pages: what each shows to whom, and how its rows are added, changed and taken out."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.people import PASSWORD, recorded, register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, CasePerson, Charge, Exhibit, RelatedCase
from vks_plugin.cases.record import PARTS_OF_RECORD
from vks_plugin.web.record_forms import LAYOUTS, ChargeForm
from vks_plugin.web.views.record import SECTION_OF, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}
OWN = [section.name for section in SECTIONS if section.name not in {"documents", "folios"}]
"""Sections whose pages are those of the record."""


@pytest.fixture
def record(case: CaseFile, people: dict[str, User]) -> dict[str, Any]:
    """Return one row of each part of `case`, by part."""
    return recorded(actor=people["prosecutor_kv1"], case=case)


@pytest.fixture
def prosecutor(as_person: SignIn) -> Client:
    return as_person("prosecutor_kv1")


def address(case: CaseFile, rest: str = "") -> str:
    return f"/vks/cases/{case.code}/{rest}"


def text_of(client: Client, case: CaseFile, section: str) -> str:
    return Page(client.get(address(case, f"record/{section}/"))).text


# --- every field of the record has its place


@pytest.mark.parametrize("part", sorted(LAYOUTS))
def test_every_field_of_a_part_is_in_its_form_and_has_a_place_there(
    part: str, case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    page = Page(prosecutor.get(address(case, f"record/{part}/{record[part].pk}/")))
    shown = {attributes.get("name") for tag, attributes in page.elements if tag in {"input", "select", "textarea"}}
    fields = set(PARTS_OF_RECORD[part].fields)
    if "birth_date" in fields:
        # typed together, in one field
        fields = (fields - {"birth_date", "birth_year"}) | {"birth"}
    assert fields <= shown
    placed = [name for name, _width in (*LAYOUTS[part].main, *LAYOUTS[part].more)]
    assert sorted(placed) == sorted(fields)


def test_every_part_is_edited_in_a_section() -> None:
    sections = {section.name for section in SECTIONS}
    for part in (*LAYOUTS, "charge"):
        assert SECTION_OF[part] in sections


def test_the_form_of_a_charge_has_every_field_of_one() -> None:
    # article, clause and points are typed as one text; its end comes from what takes its place
    told = {name for name, _width in (*ChargeForm.layout.main, *ChargeForm.layout.more)}
    assert set(PARTS_OF_RECORD["charge"].fields) - {"article", "clause", "points", "ended_on"} == told - {"text"}


# --- who reads what


def test_who_reads_the_case_reads_its_record(
    case: CaseFile, record: dict[str, Any], as_person: SignIn, people: dict[str, User]
) -> None:
    for asker in ("prosecutor_kv1", "chief_kv1", "chief_province"):
        client = as_person(asker)
        assert "khoản 1 Điều 173" in text_of(client, case, "accused")
        assert "Hoàng Thị Nhân Chứng 1" in text_of(client, case, "people")
        assert "Trại tạm giam Công an tỉnh" in text_of(client, case, "measures")
        assert "Con dao bầu số 1" in text_of(client, case, "exhibits")
        assert "Vụ 1 ở tỉnh khác" in text_of(client, case, "relations")
        assert "Đỗ Hữu Ước" in text_of(client, case, "history")
    # the leader of the province reads and changes nothing: no way to it is offered
    province = as_person("chief_province")
    for section in OWN:
        links = Page(province.get(address(case, f"record/{section}/"))).links()
        assert not [link for link in links if "/record/" in link and link.endswith(("add/", "remove/"))], section
        assert address(case, "edit/") not in links


def test_who_may_only_know_of_the_case_reads_nothing_of_its_record(
    case: CaseFile, record: dict[str, Any], as_person: SignIn, people: dict[str, User]
) -> None:
    case.accused.update(birth_year=1971)
    CaseFile.objects.filter(pk=case.pk).update(judge="Thẩm phán Bí", note="Ghi chú kín")
    clerk = as_person("clerk_kv1")
    secrets = (
        "Hoàng Thị Nhân Chứng",
        "0912 000 111",
        "Trại tạm giam",
        "Con dao bầu",
        "Vụ 1 ở tỉnh khác",
        "Thẩm phán Bí",
        "Ghi chú kín",
        "khoản 1 Điều 173",
        "1971",
        "Hạn gần nhất",
        "tội phạm ít nghiêm trọng",
        "Đỗ Hữu Ước",
    )
    answers = [clerk.get(address(case)), clerk.get(address(case), headers=PART)]
    for section in OWN:
        for headers in ({}, PART):
            answer = clerk.get(address(case, f"record/{section}/"), headers=headers)
            assert answer.status_code == 403, section
            answers.append(answer)
    for part in LAYOUTS:
        answers.append(clerk.get(address(case, f"record/{part}/{record[part].pk}/")))
        assert answers[-1].status_code == 403
    for answer in answers:
        said = answer.content.decode()
        assert [secret for secret in secrets if secret in said] == []
    # what could have leaked is there, and what the clerk may know is told
    assert "Hoàng Thị Nhân Chứng" in text_of(as_person("prosecutor_kv1"), case, "people")
    assert "Nguyễn Văn Ánh và 1 người khác" in Page(answers[0]).text


def test_a_case_out_of_sight_is_not_named_by_its_relation(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    hidden = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ của khu vực ba")
    RelatedCase.objects.create(case=case, relation="tach_tu", other=hidden, note="ghi chú")
    said = as_person("prosecutor_kv1").get(address(case, "record/relations/")).content.decode()
    assert hidden.code not in said
    assert hidden.name not in said
    assert "một vụ án ngoài phạm vi của bạn" in said
    # who leads both offices is led there
    assert address(hidden) in Page(as_person("chief_province").get(address(case, "record/relations/"))).links()


def test_a_row_of_another_case_is_not_reached_through_one_s_own(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], prosecutor: Client
) -> None:
    theirs = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], digitise_myself=True)
    rows = recorded(actor=people["clerk_kv1"], case=theirs)
    for part, row in rows.items():
        for door in ("", "remove/"):
            reached = prosecutor.get(address(case, f"record/{part}/{row.pk}/{door}"))
            assert reached.status_code == 404, (part, door)
    assert prosecutor.post(address(case, f"record/exhibit/{rows['exhibit'].pk}/"), {"name": "x"}).status_code == 404
    rows["exhibit"].refresh_from_db()
    assert rows["exhibit"].name == "Con dao bầu số 1"


def test_protected_people_and_minors_are_marked(case: CaseFile, people: dict[str, User], prosecutor: Client) -> None:
    access.add_entry(
        actor=people["prosecutor_kv1"],
        case=case,
        part="person",
        values={"role": "witness", "full_name": "Người Được Che", "is_protected": True, "is_anonymous": True},
    )
    access.add_entry(
        actor=people["prosecutor_kv1"], case=case, part="person", values={"role": "defender", "full_name": "Luật Sư A"}
    )
    words = Page(prosecutor.get(address(case, "record/people/"))).words
    assert words.count("được bảo vệ") == 1
    assert words.count("ẩn danh khi trình chiếu") == 1
    assert words.index("Người Được Che") < words.index("được bảo vệ")


def test_the_accused_are_called_what_the_law_calls_them_at_the_stage(case: CaseFile, prosecutor: Client) -> None:
    assert "Bị can Nguyễn Văn Ánh" in Page(prosecutor.get(address(case))).text
    CaseFile.objects.filter(pk=case.pk).update(stage="xet_xu_so_tham")
    assert "Bị cáo Nguyễn Văn Ánh" in Page(prosecutor.get(address(case))).text


# --- adding, changing, taking out


NEW = {
    "accused": (
        {"full_name": "Bị Can Thứ Ba", "birth": "03/1990", "birth_precision": "quy", "sex": "nam"},
        "Bị Can Thứ Ba",
    ),
    "person": ({"role": "victim", "full_name": "Bị Hại Mới", "is_minor": "on"}, "Bị Hại Mới"),
    "measure": (
        {"accused": "{accused}", "kind": "cam_di_khoi_noi_cu_tru", "starts_on": "10/03/2026", "decision_no": "9/QĐ"},
        "9/QĐ",
    ),
    "exhibit": ({"name": "Máy tính xách tay", "quantity": "01"}, "Máy tính xách tay"),
    "relation": ({"relation": "lien_quan", "other_text": "Vụ ở Hải Dương"}, "Vụ ở Hải Dương"),
    "charge": ({"text": "174.2", "basis": "cao_trang", "accused": "{accused}"}, "khoản 2 Điều 174"),
}


def filled(part: str, record: dict[str, Any]) -> dict[str, str]:
    return {name: value.format(accused=record["accused"].pk) for name, value in NEW[part][0].items()}


@pytest.mark.parametrize("part", sorted(NEW))
def test_a_row_is_added_changed_and_taken_out_without_a_script(
    part: str, case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    words = NEW[part][1]
    model: Any = PARTS_OF_RECORD[part].model
    before = set(model.objects.values_list("pk", flat=True))
    section = f"record/{SECTION_OF[part]}/"
    door = address(case, f"record/{part}/add/")
    assert door in " ".join(Page(prosecutor.get(address(case, section))).links())
    answer = prosecutor.post(door, Page(prosecutor.get(door)).fields | filled(part, record))
    (made,) = set(model.objects.values_list("pk", flat=True)) - before
    assert answer["Location"] == f"{address(case, section)}#{part}-{made}"
    shown = Page(prosecutor.get(address(case, section)))
    assert words in shown.text
    assert "Đã thêm." in shown.text
    # the form carries what is recorded: sent back as it is, it changes nothing
    changes = CaseChange.objects.filter(case=case).count()
    again = address(case, f"record/{part}/{made}/")
    assert prosecutor.post(again, Page(prosecutor.get(again)).fields).status_code == 302
    assert CaseChange.objects.filter(case=case).count() == changes
    removal = address(case, f"record/{part}/{made}/remove/")
    refused = prosecutor.post(removal, {"reason": "  "})
    assert refused.status_code == 400
    assert Page(refused).error_at("reason") == "Hãy ghi lý do bỏ dòng này."
    assert model.objects.filter(pk=made).exists()
    assert prosecutor.post(removal, {"reason": "Nhập nhầm người"}).status_code == 302
    assert not model.objects.filter(pk=made).exists()
    history = text_of(prosecutor, case, "history")
    assert "Nhập nhầm người" in history


@pytest.mark.parametrize("part", sorted(NEW))
def test_a_script_gets_the_row_s_form_in_its_place_and_the_section_afterwards(
    part: str, case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    door = address(case, f"record/{part}/{record[part].pk}/")
    form = prosecutor.get(door, headers=PART)
    page = Page(form)
    assert "html" not in [tag for tag, _attributes in page.elements]
    tag, attributes = page.elements[0]
    assert attributes["id"] == f"{part}-{record[part].pk}"
    assert tag == ("div" if part == "accused" else "tr")
    # somebody at a keyboard goes on in the form, and comes back to the row
    assert [each for _tag, each in page.elements if "autofocus" in each]
    answer = prosecutor.post(door, page.fields | {"note": "Ghi chú vừa sửa", "name": "Tên vừa sửa"}, headers=PART)
    assert answer.status_code == 200
    assert answer["HX-Retarget"] == "#vks-case"
    assert answer["HX-Reswap"] == "outerHTML"
    shown = Page(answer)
    assert "vks-case" in [attributes.get("id") for _tag, attributes in shown.elements]
    assert "Đã lưu." in shown.text
    focused = [each.get("href", "") for _tag, each in shown.elements if "autofocus" in each]
    assert focused == [door]


REFUSED: dict[str, tuple[str, dict[str, str], int, str, str]] = {
    "nobody": ("person", {"role": "victim", "full_name": " "}, 400, "full_name", "bắt buộc"),
    "no role": ("person", {"full_name": "A"}, 400, "role", "bắt buộc"),
    "a role of another kind": ("person", {"full_name": "A", "role": "plaintiff"}, 400, "role", "không"),
    "birth in words": ("accused", {"full_name": "A", "birth": "mùa xuân"}, 400, "birth", "03/1990"),
    "a quarter of a year that is all": (
        "accused",
        {"full_name": "A", "birth": "1990", "birth_precision": "quy"},
        400,
        "birth",
        "cả tháng",
    ),
    "born tomorrow": ("accused", {"full_name": "A", "birth": "01/01/2999"}, 400, "birth", "kiểm tra lại"),
    "measure that ends before": (
        "measure",
        {"accused": "{accused}", "kind": "tam_giam", "starts_on": "10/03/2026", "ends_on": "09/03/2026"},
        400,
        "ends_on",
        "từ ngày bắt đầu",
    ),
    "measure to come": (
        "measure",
        {"accused": "{accused}", "kind": "tam_giam", "starts_on": "10/03/2999"},
        400,
        "starts_on",
        "kiểm tra lại",
    ),
    "no such day": ("exhibit", {"name": "A", "sealed_on": "31/02/2026"}, 400, "sealed_on", "Không có ngày 31/02/2026"),
    "no such case": ("relation", {"relation": "lien_quan", "other": "HS-KHONG-CO"}, 400, "other", "phạm vi của bạn"),
    "no case at all": ("relation", {"relation": "lien_quan"}, 400, "other", "Hãy chọn vụ liên quan"),
    "no article": ("charge", {"text": "gì đó", "basis": "khoi_to"}, 400, "text", "173.2"),
    "no such clause": ("charge", {"text": "173.9", "basis": "khoi_to"}, 400, "text", "không có khoản 9"),
}


@pytest.mark.parametrize("headers", [{}, PART], ids=["a page", "a part"])
@pytest.mark.parametrize("entered", sorted(REFUSED))
def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(
    entered: str,
    headers: dict[str, str],
    case: CaseFile,
    record: dict[str, Any],
    prosecutor: Client,
    snapshot: Callable[[], Snapshot],
) -> None:
    part, values, status, field, words = REFUSED[entered]
    typed = {name: value.format(accused=record["accused"].pk) for name, value in values.items()}
    typed |= {"note": "Đã gõ"} if "note" in PARTS_OF_RECORD[part].fields else {}
    before = snapshot()
    answer = prosecutor.post(address(case, f"record/{part}/add/"), typed, headers=headers)
    page = Page(answer)
    assert answer.status_code == status
    assert words in page.error_at(field)
    # a list shows nothing that is not in it
    kept = {name: value for name, value in typed.items() if value != "plaintiff"}
    assert {name: page.fields.get(name, "") for name in kept} == kept
    # whoever works by keyboard is taken to the mistake
    focused = [each.get("name") for _tag, each in page.elements if "autofocus" in each]
    assert focused == [field]
    assert snapshot() == before


def test_who_saves_over_somebody_s_change_is_told_and_keeps_what_was_typed(
    case: CaseFile, record: dict[str, Any], as_person: SignIn, prosecutor: Client
) -> None:
    door = address(case, f"record/exhibit/{record['exhibit'].pk}/")
    read = Page(prosecutor.get(door)).fields
    leader = as_person("chief_kv1")
    assert leader.post(door, Page(leader.get(door)).fields | {"location": "Chuyển sang kho tỉnh"}).status_code == 302
    answer = prosecutor.post(door, read | {"name": "Dao bầu cán gỗ"})
    assert answer.status_code == 409
    page = Page(answer)
    assert "Bùi Văn Đạt vừa sửa vụ án này" in page.text
    assert page.fields["name"] == "Dao bầu cán gỗ"
    exhibit = Exhibit.objects.get(pk=record["exhibit"].pk)
    assert (exhibit.name, exhibit.location) == ("Con dao bầu số 1", "Chuyển sang kho tỉnh")
    # what the other changed is in the form; sent again, both are kept
    assert page.fields["location"] == "Chuyển sang kho tỉnh"
    assert prosecutor.post(door, page.fields).status_code == 302
    exhibit.refresh_from_db()
    assert (exhibit.name, exhibit.location) == ("Dao bầu cán gỗ", "Chuyển sang kho tỉnh")


def test_a_charge_is_replaced_and_the_old_one_stays(case: CaseFile, record: dict[str, Any], prosecutor: Client) -> None:
    old = record["charge"]
    day = f"{timezone.localdate():%d/%m/%Y}"
    door = address(case, f"record/charge/{old.pk}/replace/")
    typed = {"text": "173.3", "basis": "cao_trang", "decision_no": "12/CT", "charged_on": day}
    assert prosecutor.post(door, Page(prosecutor.get(door)).fields | typed).status_code == 302
    old.refresh_from_db()
    assert old.ended_on == timezone.localdate()
    assert Charge.objects.get(accused=record["accused"], ended_on=None).clause == 3
    words = text_of(prosecutor, case, "accused")
    assert "khoản 3 Điều 173" in words
    assert "khoản 1 Điều 173" in words
    assert "Loại tội phạm rất nghiêm trọng" in Page(prosecutor.get(address(case))).text


def test_a_charge_entered_wrong_is_corrected_in_place(
    case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    door = address(case, f"record/charge/{record['charge'].pk}/")
    assert prosecutor.post(door, Page(prosecutor.get(door)).fields | {"text": "Điều 174 khoản 2"}).status_code == 302
    charge = Charge.objects.get(accused=record["accused"])
    assert (charge.article, charge.clause, charge.ended_on) == ("174", 2, None)


def test_the_history_says_who_changed_what_from_what_to_what(
    case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    door = address(case, f"record/person/{record['person'].pk}/")
    prosecutor.post(door, Page(prosecutor.get(door)).fields | {"role": "victim", "contact": "0988 111 222"})
    words = Page(prosecutor.get(address(case, "record/history/"))).words
    start = words.index("Sửa")
    assert words[start - 1] == "Đỗ Hữu Ước"
    told = words[start : start + 10]
    for word in ("Người làm chứng", "Bị hại", "0912 000 111", "0988 111 222"):
        assert word in told
    # no code of the program among the words
    assert "witness" not in words


def test_a_person_is_added_for_the_accused_the_address_names(
    case: CaseFile, record: dict[str, Any], prosecutor: Client
) -> None:
    second = case.accused.last()
    assert second is not None
    page = Page(prosecutor.get(address(case, f"record/charge/add/?accused={second.pk}")))
    assert page.fields["accused"] == str(second.pk)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_case_of_each_kind_has_its_own_sections_and_people(
    kind: str, people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, as_person: SignIn
) -> None:
    details = {"report_type": "to_giac"} if kind == "crime_report" else {}
    if kind in {"civil", "administrative"}:
        details = {"legal_relation": "Vay tài sản"} if kind == "civil" else {"contested_act": "QĐ thu hồi đất"}
    prosecuting = KINDS[kind].has_accused
    made = register(
        actor=people["prosecutor_kv1"],
        unit=units["QN-KV1"],
        kind=kind,
        details=details,
        charge_summary="",
        accused=[],
        digitise_myself=True,
    )
    client = as_person("prosecutor_kv1")
    for section in SECTIONS:
        answer = client.get(address(made, f"record/{section.name}/"), follow=True)
        wanted = 200 if prosecuting or not section.accused_only else 404
        assert answer.status_code == wanted, section.name
    door = client.get(address(made, "record/person/add/"))
    offered = {each.get("value") for tag, each in Page(door).elements if tag == "option"}
    assert {role for role, _label in KINDS[kind].person_roles} <= offered
    assert client.get(address(made, "record/accused/add/")).status_code == (200 if prosecuting else 404)
    role = KINDS[kind].person_roles[0][0]
    taken = client.post(address(made, "record/person/add/"), {"role": role, "full_name": "Người Thứ Nhất"})
    assert taken.status_code == 302
    assert "Người Thứ Nhất" in text_of(client, made, "people")


def test_no_row_is_written_without_the_page_s_token(case: CaseFile, record: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.login(username="prosecutor_kv1", password=PASSWORD)
    rows = CasePerson.objects.count()
    for door in ("record/person/add/", f"record/person/{record['person'].pk}/remove/", "edit/"):
        answer = client.post(address(case, door), {"role": "victim", "full_name": "A", "reason": "x"})
        assert answer.status_code == 403, door
    assert CasePerson.objects.count() == rows


# --- what it costs


def _cost(client: Client, path: str) -> int:
    # a section with a page of its own leads there
    client.get(path, follow=True)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, follow=True).status_code == 200
    return len(captured)


@pytest.mark.parametrize("section", [*OWN, "documents"])
def test_three_rows_of_everything_cost_as_much_to_show_as_one(
    section: str, case: CaseFile, record: dict[str, Any], people: dict[str, User], as_person: SignIn
) -> None:
    client = as_person("chief_kv1")
    path = address(case) if section == "documents" else address(case, f"record/{section}/")
    one = _cost(client, path)
    actor = people["prosecutor_kv1"]
    for number in (2, 3):
        newcomer = access.add_entry(
            actor=actor,
            case=case,
            part="accused",
            values={"full_name": f"Bị Can {number}", "init_decision_date": dt.date(2026, 3, 3)},
        )
        recorded(actor=actor, case=case, number=number)
        access.add_entry(
            actor=actor,
            case=case,
            part="measure",
            values={"accused": newcomer, "kind": "cam_di_khoi_noi_cu_tru", "starts_on": dt.date(2026, 3, 5)},
        )
    assert Accused.objects.filter(case=case).count() == 4
    assert _cost(client, path) == one


def test_what_both_changed_is_told_in_words(
    case: CaseFile, record: dict[str, Any], as_person: SignIn, prosecutor: Client
) -> None:
    second = case.accused.last()
    assert second is not None
    door = address(case, f"record/measure/{record['measure'].pk}/")
    read = Page(prosecutor.get(door)).fields
    leader = as_person("chief_kv1")
    theirs = Page(leader.get(door)).fields | {"facility": "Nhà tạm giữ khu vực 1", "decision_no": "77/LTG"}
    assert leader.post(door, theirs).status_code == 302
    mine = read | {"facility": "Trại tạm giam T1", "accused": str(second.pk)}
    page = Page(prosecutor.post(door, mine, headers=PART))
    assert page.fields["facility"] == "Trại tạm giam T1"
    assert page.fields["decision_no"] == "77/LTG"
    assert page.fields["accused"] == str(second.pk)
    assert "Hồ sơ nay ghi: Nhà tạm giữ khu vực 1" in page.text
    assert page.text.count("Hồ sơ nay ghi") == 1


def test_the_history_of_a_new_row_tells_what_it_says_and_not_what_it_does_not(
    case: CaseFile, people: dict[str, User], prosecutor: Client
) -> None:
    lead = people["prosecutor_kv1"]
    person = access.add_entry(
        actor=lead, case=case, part="person", values={"role": "victim", "full_name": "Chu Hại", "is_minor": True}
    )
    page = Page(prosecutor.get(address(case, "record/history/")))
    assert "Dưới 18 tuổi — có" in page.text
    assert "Được bảo vệ (Điều 484) — không" not in page.text
    # taken away again is told
    access.change_entry(actor=lead, entry=person, values={"is_minor": False})
    assert "Dưới 18 tuổi có không" in Page(prosecutor.get(address(case, "record/history/"))).text
