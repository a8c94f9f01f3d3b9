"""Registering a case on the page."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from tests.people import register
from tests.web.conftest import Page
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
    "date that is none": ({"init_decision_date": "31/02/2026"}, 400, "init_decision_date", "dd/mm/yyyy"),
    "date the American way": ({"init_decision_date": "05/31/2026"}, 400, "init_decision_date", "dd/mm/yyyy"),
    "date to come": ({"init_decision_date": "01/01/2999"}, 400, "init_decision_date", "tương lai"),
    "date long past": ({"crime_date": "01/01/1800"}, 400, "crime_date", "1900"),
    "handled in the future": ({"handled_at": "01/01/2999"}, 400, "handled_at", "tương lai"),
    "unknown stage": ({"stage": "x"}, 400, "stage", "không"),
    "secret": ({"confidentiality": "mat"}, 400, "confidentiality", "không"),
    "bad code": ({"code": "mã vụ"}, 400, "code", "chữ in hoa"),
    "null byte": ({"name": "a\x00b"}, 400, "name", ""),
    "birth year to come": ({"accused-0-birth": "2999"}, 400, "", "Năm sinh của Trần Văn Bưởi"),
    "birth year in words": ({"accused-0-birth": "không rõ"}, 400, "accused-0-birth", "1990"),
    "birth year before 1900": ({"accused-0-birth": "1800"}, 400, "", "Năm sinh của Trần Văn Bưởi"),
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
