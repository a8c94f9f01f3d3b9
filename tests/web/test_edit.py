"""Changing what is said of a case itself: every field, refusals, and two people at once."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from tests.people import register
from tests.web.conftest import Page
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import CaseChange, CaseFile
from vks_plugin.cases.record import CASE_FIELDS
from vks_plugin.organization.models import Department

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.test import Client

    from tests.api.conftest import Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def prosecutor(as_person: SignIn) -> Client:
    return as_person("prosecutor_kv1")


def door(case: CaseFile) -> str:
    return f"/vks/cases/{case.code}/edit/"


def test_every_field_of_a_criminal_case_is_in_the_form(
    case: CaseFile, units: dict[str, ProcuracyUnit], prosecutor: Client
) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="P9", name="Phòng 9")
    page = Page(prosecutor.get(door(case)))
    shown = {attributes.get("name") for tag, attributes in page.elements if tag in {"input", "select", "textarea"}}
    assert set(CASE_FIELDS) - {"details"} <= shown


def test_a_form_sent_back_as_it_is_changes_nothing(case: CaseFile, prosecutor: Client) -> None:
    CaseFile.objects.filter(pk=case.pk).update(judge="Trần A", is_key_case=True, crime_date=dt.date(2026, 2, 1))
    changes = CaseChange.objects.filter(case=case).count()
    answer = prosecutor.post(door(case), Page(prosecutor.get(door(case))).fields)
    assert answer["Location"] == f"/vks/cases/{case.code}/record/info/"
    assert CaseChange.objects.filter(case=case).count() == changes
    case.refresh_from_db()
    assert (case.judge, case.is_key_case, case.crime_date) == ("Trần A", True, dt.date(2026, 2, 1))


def test_fields_are_changed_and_the_history_says_so(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], prosecutor: Client
) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="P9", name="Phòng 9")
    fields = Page(prosecutor.get(door(case))).fields | {
        "name": "Tên vụ mới",
        "court": "Tòa án nhân dân khu vực 1",
        "department": "P9",
        "leader_in_charge": "Bùi Văn Đạt",
        "is_complex": "on",
        "crime_date": "1/2/2026",
        "national_case_code": "QG-1",
    }
    assert prosecutor.post(door(case), fields).status_code == 302
    case.refresh_from_db()
    assert (case.name, case.court, case.is_complex, case.crime_date, case.national_case_code) == (
        "Tên vụ mới",
        "Tòa án nhân dân khu vực 1",
        True,
        dt.date(2026, 2, 1),
        "QG-1",
    )
    assert case.department is not None
    assert case.department.code == "P9"
    assert case.leader_in_charge == people["chief_kv1"]
    told = Page(prosecutor.get(f"/vks/cases/{case.code}/record/history/")).words
    for word in ("Tên vụ mới", "P9 – Phòng 9", "Bùi Văn Đạt", "có"):
        assert word in told
    # a box is unticked by leaving it out
    unticked = Page(prosecutor.get(door(case))).fields
    del unticked["is_complex"]
    prosecutor.post(door(case), unticked)
    case.refresh_from_db()
    assert not case.is_complex


@pytest.mark.parametrize(
    ("change", "status", "field", "words"),
    [
        ({"name": " "}, 400, "name", "bắt buộc"),
        ({"init_decision_no": ""}, 400, "init_decision_no", "bắt buộc"),
        ({"init_decision_date": "31/02/2026"}, 400, "init_decision_date", "Không có ngày 31/02/2026"),
        ({"handled_at": "01/01/2999"}, 400, "handled_at", "kiểm tra lại"),
        ({"confidentiality": "mat"}, 400, "confidentiality", "không"),
        ({"leader_in_charge": "Phan Thị Sát"}, 400, "leader_in_charge", "gợi ý"),
        ({"leader_in_charge": "thi"}, 400, "leader_in_charge", "mục khớp"),
        ({"init_decision_no": "{other}"}, 409, "init_decision_no", "đã được"),
    ],
)
def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(
    change: dict[str, str],
    status: int,
    field: str,
    words: str,
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    prosecutor: Client,
    snapshot: Callable[[], Snapshot],
) -> None:
    other = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    typed = {name: value.format(other=other.init_decision_no) for name, value in change.items()}
    fields = Page(prosecutor.get(door(case))).fields | {"investigator": "Đã gõ"} | typed
    before = snapshot()
    answer = prosecutor.post(door(case), fields)
    page = Page(answer)
    assert answer.status_code == status
    assert words in page.error_at(field)
    assert other.code not in answer.content.decode()
    assert page.fields["investigator"] == "Đã gõ"
    if field != "confidentiality":
        assert page.fields[field].strip() == typed[field].strip()
    assert [each.get("name") for _tag, each in page.elements if "autofocus" in each] == [field]
    assert snapshot() == before


def test_what_two_people_change_at_once_is_kept_of_both(case: CaseFile, as_person: SignIn, prosecutor: Client) -> None:
    CaseFile.objects.filter(pk=case.pk).update(is_key_case=True)
    read = Page(prosecutor.get(door(case))).fields
    leader = as_person("chief_kv1")
    theirs = Page(leader.get(door(case))).fields | {
        "judge": "Thẩm phán Bình",
        "court": "Tòa án khu vực 1",
        "is_complex": "on",
    }
    del theirs["is_key_case"]
    assert leader.post(door(case), theirs).status_code == 302
    answer = prosecutor.post(door(case), read | {"investigator": "Điều tra viên Sơn", "court": "Tòa án tỉnh"})
    page = Page(answer)
    assert answer.status_code == 409
    assert "Bùi Văn Đạt vừa sửa vụ án này" in page.text
    # what was typed, what the other changed, and both where both did
    assert page.fields["investigator"] == "Điều tra viên Sơn"
    assert page.fields["judge"] == "Thẩm phán Bình"
    assert page.fields["court"] == "Tòa án tỉnh"
    assert "Hồ sơ nay ghi: Tòa án khu vực 1" in page.text
    assert page.text.count("Hồ sơ nay ghi") == 1
    assert ("is_complex" in page.fields, "is_key_case" in page.fields) == (True, False)
    case.refresh_from_db()
    assert (case.judge, case.investigator, case.court) == ("Thẩm phán Bình", "", "Tòa án khu vực 1")
    assert prosecutor.post(door(case), page.fields).status_code == 302
    case.refresh_from_db()
    assert (case.judge, case.investigator, case.court) == ("Thẩm phán Bình", "Điều tra viên Sơn", "Tòa án tỉnh")
    assert (case.is_complex, case.is_key_case) == (True, False)


@pytest.mark.parametrize("told", ["", "[]", "{", "null", '{"name": 5}', "x" * 100_000])
def test_a_form_that_does_not_say_what_was_read_overwrites_nothing_unasked(
    told: str, case: CaseFile, as_person: SignIn, prosecutor: Client
) -> None:
    read = Page(prosecutor.get(door(case))).fields
    leader = as_person("chief_kv1")
    leader.post(door(case), Page(leader.get(door(case))).fields | {"judge": "Thẩm phán Bình"})
    answer = prosecutor.post(door(case), read | {"read": told, "investigator": "Sơn"})
    assert answer.status_code == 409
    assert Page(answer).fields["investigator"] == "Sơn"
    assert "Hồ sơ nay ghi: Thẩm phán Bình" in Page(answer).text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_form_follows_the_kind(
    kind: str, people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, prosecutor: Client
) -> None:
    data = KINDS[kind]
    details: dict[str, Any] = {
        field.name: field.choices[0][0] if field.choices else "Nội dung" for field in data.fields if field.required
    }
    made = register(
        actor=people["prosecutor_kv1"],
        unit=units["QN-KV1"],
        kind=kind,
        details=details,
        accused=[],
        charge_summary="",
        digitise_myself=True,
    )
    page = Page(prosecutor.get(door(made)))
    assert data.number_label in page.text
    assert not {name for name in page.fields if name in data.left_out}
    for field in data.fields:
        assert f"detail_{field.name}" in page.fields
    free = next((field.name for field in data.fields if field.type in {"text", "long_text"}), None)
    if free is not None:
        sent = prosecutor.post(door(made), page.fields | {f"detail_{free}": "Nội dung đã sửa"})
        assert sent.status_code == 302, Page(sent).text
        made.refresh_from_db()
        assert made.details[free] == "Nội dung đã sửa"
        assert "Nội dung đã sửa" in Page(prosecutor.get(f"/vks/cases/{made.code}/record/info/")).words


def test_a_field_the_kind_leaves_out_is_shown_where_it_is_filled_in(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, prosecutor: Client
) -> None:
    made = register(
        actor=people["prosecutor_kv1"],
        unit=units["QN-KV1"],
        kind="civil",
        details={"legal_relation": "Vay"},
        accused=[],
        charge_summary="",
        digitise_myself=True,
    )
    assert "crime_place" not in Page(prosecutor.get(door(made))).fields
    CaseFile.objects.filter(pk=made.pk).update(crime_place="Nạp từ nơi khác")
    assert Page(prosecutor.get(door(made))).fields["crime_place"] == "Nạp từ nơi khác"
