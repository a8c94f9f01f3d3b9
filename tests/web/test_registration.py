"""Registering a case on the page."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from tests.people import register
from tests.web.conftest import Page
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import CaseFile
from vks_plugin.organization.models import Department

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

ADDRESS = "/vks/cases/new/"


@pytest.fixture
def clerk(as_person: SignIn) -> Client:
    return as_person("clerk_kv1")


def filled(client: Client, **entered: str) -> dict[str, str]:
    """Return the form as the page gives it, with what a clerk enters."""
    return Page(client.get(ADDRESS)).fields | {
        "name": "Trần Văn Bưởi – Cố ý gây thương tích",
        "init_decision_no": "77/QĐ-CSĐT",
        "init_decision_date": "04/05/2026",
        "init_decision_agency": "Cơ quan CSĐT Công an tỉnh",
        "accused-0-full_name": "Trần Văn Bưởi",
        "accused-0-birth": "1988",
        "accused-0-sex": "nam",
        **entered,
    }


def test_a_clerk_registers_a_case(clerk: Client, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    body = filled(
        clerk,
        **{
            "init_decision_date": "4.5.2026",
            "charge_summary": "Cố ý gây thương tích",
            "handled_at": "2026-05-06",
            "crime_date": "01-05-2026",
            "note": "Hai dòng\nghi chú",
            "accused-1-full_name": unicodedata.normalize("NFD", "Đỗ Thị Ước"),
            "accused-TOTAL_FORMS": "2",
        },
    )
    answer = clerk.post(ADDRESS, body)
    case = CaseFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/vks/cases/{case.code}/")
    assert re.fullmatch(r"HS-QN-KV1-2026-\d{4}", case.code)
    assert (case.name, case.init_decision_no, case.unit, case.created_by) == (
        "Trần Văn Bưởi – Cố ý gây thương tích",
        "77/QĐ-CSĐT",
        units["QN-KV1"],
        people["clerk_kv1"],
    )
    assert (case.init_decision_date, case.handled_at, case.crime_date) == (
        dt.date(2026, 5, 4),
        dt.date(2026, 5, 6),
        dt.date(2026, 5, 1),
    )
    assert list(case.accused.values_list("full_name", "birth_year", "sex")) == [
        ("Trần Văn Bưởi", 1988, "nam"),
        ("Đỗ Thị Ước", None, ""),
    ]
    shown = Page(clerk.get(answer["Location"]))
    assert f"Đã đăng ký vụ án {case.code}." in shown.text
    # ticked beforehand: whoever registers is to scan, and could not file otherwise
    assert case.assignments.get().user == people["clerk_kv1"]
    assert "Nộp tài liệu" in shown.text


def test_who_does_not_scan_is_not_assigned(clerk: Client) -> None:
    body = filled(clerk)
    del body["digitise_myself"]
    assert clerk.post(ADDRESS, body).status_code == 302
    assert not CaseFile.objects.get().assignments.exists()


def test_two_clicks_make_one_case(clerk: Client) -> None:
    body = filled(clerk)
    assert body["form_token"]
    first = clerk.post(ADDRESS, body)
    second = clerk.post(ADDRESS, body)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    case = CaseFile.objects.get()
    assert (case.accused.count(), case.assignments.count()) == (1, 1)


def test_the_same_decision_on_a_new_form_is_refused_at_its_field(
    clerk: Client, units: dict[str, ProcuracyUnit]
) -> None:
    assert clerk.post(ADDRESS, filled(clerk)).status_code == 302
    answer = clerk.post(ADDRESS, filled(clerk, name="Tên khác", init_decision_no=" 77 /qđ-csđt".replace(" /", "/")))
    page = Page(answer)
    assert answer.status_code == 409
    assert page.error_at("init_decision_no").startswith("Vụ án có quyết định khởi tố này đã được Viện kiểm sát")
    assert units["QN-KV1"].name in page.error_at("init_decision_no")
    assert CaseFile.objects.count() == 1


def test_a_clash_with_another_office_tells_the_office_alone(
    clerk: Client, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    other = register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        name="Vụ của khu vực ba",
        init_decision_no="77/QĐ-CSĐT",
        init_decision_date=dt.date(2026, 5, 4),
        init_decision_agency="Cơ quan CSĐT Công an tỉnh",
    )
    answer = clerk.post(ADDRESS, filled(clerk))
    said = answer.content.decode()
    assert answer.status_code == 409
    assert units["QN-KV3"].name in Page(answer).error_at("init_decision_no")
    for secret in (other.code, other.name, "Nguyễn Văn Ánh"):
        assert secret not in said


REFUSED: dict[str, tuple[dict[str, str], int, str, str]] = {
    "name missing with nobody to name it after": (
        {"name": "  ", "accused-0-full_name": "", "accused-0-birth": "", "accused-0-sex": ""},
        400,
        "name",
        "Hãy nhập tên vụ án",
    ),
    "name too long": ({"name": "x" * 251}, 400, "name", "250"),
    "decision without number": ({"init_decision_no": ""}, 400, "init_decision_no", "bắt buộc"),
    "date that is none": ({"init_decision_date": "31/02/2026"}, 400, "init_decision_date", "Không có ngày 31/02/2026"),
    "date the American way": ({"init_decision_date": "05/31/2026"}, 400, "init_decision_date", "dd/mm/yyyy"),
    "date to come": ({"init_decision_date": "01/01/2999"}, 400, "init_decision_date", "tương lai"),
    "date long past": ({"crime_date": "01/01/1800"}, 400, "crime_date", "1900"),
    "handled in the future": ({"handled_at": "01/01/2999"}, 400, "handled_at", "tương lai"),
    "unknown stage": ({"stage": "x"}, 400, "stage", "không"),
    "secret": ({"confidentiality": "mat"}, 400, "confidentiality", "không"),
    "bad code": ({"code": "mã vụ"}, 400, "code", "chữ in hoa"),
    "null byte": ({"name": "a\x00b"}, 400, "name", ""),
    "birth on no day": ({"accused-0-birth": "31/02/1990"}, 400, "accused-0-birth", "Không có ngày 31/02/1990"),
    "birth year to come": ({"accused-0-birth": "2999"}, 400, "accused-0-birth", "sinh năm 2999"),
    "birth year in words": ({"accused-0-birth": "không rõ"}, 400, "accused-0-birth", "1990"),
    "birth year before 1900": ({"accused-0-birth": "1800"}, 400, "accused-0-birth", "sinh năm 1800"),
    "birth year without a name": (
        {"accused-1-birth": "1990", "accused-TOTAL_FORMS": "2"},
        400,
        "accused-1-full_name",
        "họ",
    ),
}


@pytest.mark.parametrize("entered", REFUSED, ids=list(REFUSED))
def test_a_refused_form_keeps_what_was_entered(entered: str, clerk: Client) -> None:
    change, status, field, words = REFUSED[entered]
    body = filled(clerk, charge_summary="Tội danh đã gõ", note="Ghi chú đã gõ", **change)
    answer = clerk.post(ADDRESS, body)
    page = Page(answer)
    assert answer.status_code == status
    sentence = page.error_at(field) if field else page.text
    assert sentence
    assert words.lower() in sentence.lower()
    assert not CaseFile.objects.exists()
    token = "csrfmiddlewaretoken"
    expected = {name: value for name, value in body.items() if name != token}
    if entered != "unknown stage" and entered != "secret":
        shown = {name: value for name, value in page.fields.items() if name in expected}
        assert shown == expected
    # put right, the very same form is taken
    again = clerk.post(ADDRESS, page.fields | {name: filled(clerk)[name] for name in change if name in filled(clerk)})
    if entered == "birth year without a name":
        again = clerk.post(ADDRESS, page.fields | {"accused-1-full_name": "Lê Thị Bình"})
    assert again.status_code == 302, Page(again).text
    assert CaseFile.objects.count() == 1


def test_an_office_that_is_not_one_s_own_is_not_among_the_choices(
    clerk: Client, units: dict[str, ProcuracyUnit]
) -> None:
    page = clerk.get(ADDRESS)
    assert units["QN-KV3"].name not in page.content.decode()
    answer = clerk.post(ADDRESS, filled(clerk, unit=str(units["QN-KV3"].pk)))
    assert answer.status_code == 400
    assert Page(answer).error_at("unit")
    assert not CaseFile.objects.exists()


def test_a_department_of_another_office_is_refused(clerk: Client, units: dict[str, ProcuracyUnit]) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="P1", name="Phòng 1")
    elsewhere = Department.objects.create(unit=units["QN-KV3"], code="P2", name="Phòng 2")
    for typed in (str(elsewhere), str(elsewhere.pk), "Phòng 2"):
        answer = clerk.post(ADDRESS, filled(clerk, department=typed))
        assert answer.status_code == 400
        assert "gợi ý" in Page(answer).error_at("department")
    assert not CaseFile.objects.exists()


def test_an_office_that_does_not_use_the_system_yet_registers_nothing(
    clerk: Client, units: dict[str, ProcuracyUnit]
) -> None:
    body = filled(clerk)
    units["QN-KV1"].active_from = dt.date(2999, 1, 1)
    units["QN-KV1"].save()
    for answer in (clerk.get(ADDRESS), clerk.post(ADDRESS, body)):
        assert answer.status_code == 403
        assert "đơn vị đang dùng hệ thống" in Page(answer).text
    assert "Đăng ký vụ án" not in Page(clerk.get("/vks/")).text
    assert not CaseFile.objects.exists()


def test_somebody_else_s_form_token_is_not_taken(clerk: Client, as_person: Any) -> None:
    body = filled(clerk)
    clerk.post(ADDRESS, body)
    made = CaseFile.objects.get()
    other = as_person("clerk_kv3")
    answer = other.post(ADDRESS, filled(other, init_decision_no="78/QĐ", form_token=body["form_token"]))
    assert answer.status_code == 409
    assert made.code not in answer.content.decode()
    assert CaseFile.objects.count() == 1


def test_accused_with_charges_and_other_people_are_entered_with_the_case(clerk: Client) -> None:
    body: dict[str, Any] = filled(
        clerk,
        **{
            "name": "",
            "crime_date": "20/04/2026",
            "accused-0-birth": "03/1990",
            "accused-0-birth_precision": "quy",
            "accused-0-ethnicity": "Tày",
            "participants-0-role": "victim",
            "participants-0-full_name": "Chu Thị Hại",
            "participants-0-is_minor": "on",
        },
    )
    answer = clerk.post(ADDRESS, body | {"accused-0-charges": ["173.2", "Điều 174 khoản 1", ""]})
    assert answer.status_code == 302, Page(answer).text
    case = CaseFile.objects.get()
    # proposed from who is prosecuted first and for what
    assert case.name == "Trần Văn Bưởi – Trộm cắp tài sản"
    assert case.charge_summary == "Trộm cắp tài sản; Lừa đảo chiếm đoạt tài sản"
    accused = case.accused.get()
    assert (accused.birth_date, accused.birth_precision, accused.ethnicity) == (dt.date(1990, 3, 1), "quy", "Tày")
    assert sorted((each.article, each.clause) for each in accused.charges.all()) == [("173", 2), ("174", 1)]
    assert case.crime_class == "B"
    person = case.people.get()
    assert (person.role, person.full_name, person.is_minor) == ("victim", "Chu Thị Hại", True)


def test_a_charge_that_cannot_be_made_out_is_told_at_its_row(clerk: Client) -> None:
    body: dict[str, Any] = filled(clerk) | {"accused-0-charges": ["173.2", "tội gì đó"]}
    answer = clerk.post(ADDRESS, body)
    page = Page(answer)
    assert answer.status_code == 400
    assert "tội gì đó" in page.error_at("accused-0-charges")
    typed = [each.get("value") for _tag, each in page.elements if each.get("name") == "accused-0-charges"]
    assert typed[:2] == ["173.2", "tội gì đó"]
    assert not CaseFile.objects.exists()


def test_a_person_without_a_role_is_asked_for_it(clerk: Client) -> None:
    answer = clerk.post(ADDRESS, filled(clerk, **{"participants-0-full_name": "Chu Thị Hại"}))
    assert answer.status_code == 400
    assert "tư cách" in Page(answer).error_at("participants-0-role")
    assert not CaseFile.objects.exists()


def test_another_row_is_given_without_a_script_and_nothing_is_checked_yet(clerk: Client) -> None:
    body: dict[str, Any] = filled(clerk, init_decision_date="chưa rõ") | {
        "accused-0-charges": ["173.2", "174.1", "175.1"],
        "more": "accused",
    }
    del body["digitise_myself"]
    answer = clerk.post(ADDRESS, body)
    page = Page(answer)
    assert answer.status_code == 200
    assert page.fields["init_decision_date"] == "chưa rõ"
    assert page.fields["accused-0-full_name"] == "Trần Văn Bưởi"
    assert page.fields["accused-1-full_name"] == ""
    assert "digitise_myself" not in page.fields
    typed = [each.get("value") for _tag, each in page.elements if each.get("name") == "accused-0-charges"]
    assert typed[:3] == ["173.2", "174.1", "175.1"]
    assert [each.get("name") for _tag, each in page.elements if "autofocus" in each] == ["accused-1-full_name"]
    assert page.fields["form_token"] == body["form_token"]
    assert not CaseFile.objects.exists()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_case_of_each_kind_is_registered_with_its_own_words(kind: str, clerk: Client) -> None:
    data = KINDS[kind]
    address = f"{ADDRESS}?kind={kind}"
    page = Page(clerk.get(address))
    for word in (data.number_label, data.date_label, data.agency_label):
        assert word in page.text
    assert not {name for name in page.fields if name in data.left_out}
    assert ("accused-0-full_name" in page.fields) == data.has_accused
    body = page.fields | {
        "name": "Vụ mới",
        "init_decision_no": "5/2026",
        "init_decision_date": "05/05/2026",
        "init_decision_agency": "Cơ quan nào đó",
        "participants-0-role": data.person_roles[0][0],
        "participants-0-full_name": "Người Thứ Nhất",
    }
    required = [field for field in data.fields if field.required]
    if required:
        missing = clerk.post(address, body)
        assert missing.status_code == 400
        for field in required:
            assert Page(missing).error_at(f"detail_{field.name}")
            body[f"detail_{field.name}"] = field.choices[0][0] if field.choices else "Vay tài sản"
    made = clerk.post(address, body)
    assert made.status_code == 302, Page(made).text
    case = CaseFile.objects.get()
    assert (case.kind, case.people.get().full_name) == (kind, "Người Thứ Nhất")
    assert clerk.get(f"{ADDRESS}?kind=no-such").status_code == 404


def test_who_leads_the_office_names_the_lead_prosecutor_at_once(as_person: SignIn, people: dict[str, User]) -> None:
    leader = as_person("chief_kv1")
    answer = leader.post(ADDRESS, filled(leader, lead="do huu uoc"))
    assert answer.status_code == 302, Page(answer).text
    assert CaseFile.objects.get().assignments.get(role="prosecutor_lead").user == people["prosecutor_kv1"]


def test_who_may_not_assign_is_not_asked_and_cannot(clerk: Client, people: dict[str, User]) -> None:
    assert "lead" not in Page(clerk.get(ADDRESS)).fields
    assert clerk.post(ADDRESS, filled(clerk, lead="Đỗ Hữu Ước (prosecutor_kv1)")).status_code == 302
    assert not CaseFile.objects.get().assignments.filter(role="prosecutor_lead").exists()


@pytest.mark.parametrize("typed", ["Phan Thị Sát", "(locked)", "thi"])
def test_a_lead_of_another_office_or_in_doubt_is_refused(
    typed: str, as_person: SignIn, people: dict[str, User]
) -> None:
    leader = as_person("chief_kv1")
    answer = leader.post(ADDRESS, filled(leader, lead=typed))
    assert answer.status_code == 400
    assert "gợi ý" in Page(answer).error_at("lead")
    assert Page(answer).fields["lead"] == typed
    assert not CaseFile.objects.exists()


@pytest.mark.parametrize(
    ("entered", "field", "says"),
    [
        ({"init_decision_date": "04/05/0026"}, "init_decision_date", "trước năm 1900"),
        ({"crime_date": "04/05/2226"}, "crime_date", "tương lai"),
        ({"accused-0-birth": "01/01/2090"}, "accused-0-birth", "tương lai"),
        ({"accused-0-birth": "1088"}, "accused-0-birth", "năm 1088"),
        ({"accused-0-prior_convictions": "hai"}, "accused-0-prior_convictions", "số nguyên"),
        ({"accused-0-prior_convictions": "-2"}, "accused-0-prior_convictions", "từ 0 trở lên"),
    ],
)
def test_a_slip_of_the_finger_is_told_where_it_was_made(
    clerk: Client, entered: dict[str, str], field: str, says: str
) -> None:
    answer = clerk.post(ADDRESS, filled(clerk, **entered))
    page = Page(answer)
    assert answer.status_code == 400
    assert says in page.error_at(field)
    assert [each.get("name") for _tag, each in page.elements if "autofocus" in each] == [field]
    assert not CaseFile.objects.exists()


def test_the_focus_goes_to_the_topmost_mistake_among_people_and_case(clerk: Client) -> None:
    nameless = {"accused-0-full_name": "", "accused-0-charges": "173.1", "name": ""}

    def focused(**entered: str) -> list[str | None]:
        page = Page(clerk.post(ADDRESS, filled(clerk, **entered)))
        return [each.get("name") for _tag, each in page.elements if "autofocus" in each]

    assert focused(**nameless) == ["accused-0-full_name"]
    assert focused(**nameless, unit="không có") == ["accused-0-full_name"]
    assert focused(**nameless, init_decision_no="") == ["init_decision_no"]
    # a name is not asked for where it would have come from the row that is wrong
    assert "tên vụ án" not in Page(clerk.post(ADDRESS, filled(clerk, **nameless))).text
    assert focused(name="", **{"accused-0-full_name": "", "accused-0-birth": "", "accused-0-sex": ""}) == ["name"]
