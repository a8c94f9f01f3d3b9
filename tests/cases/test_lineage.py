"""Cases that grow out of others: reports that become cases, cases merged and split."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.api.conftest import Snapshot, snapshot
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_decision, case_for, related_cases
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseChange,
    CaseDeadline,
    CaseFile,
    ProceduralEvent,
    RelatedCase,
)
from vks_plugin.court.sessions.queries import office_at
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.organization.models import Appointment, Department

if TYPE_CHECKING:
    from vks_plugin.organization.models import ProcuracyUnit

__all__ = ["snapshot"]

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"
DECISION: dict[str, Any] = {
    "init_decision_no": "88/QĐ-CSĐT",
    "init_decision_date": dt.date(2026, 4, 1),
    "init_decision_agency": AGENCY,
}


def on(text: str) -> dt.date:
    """Return a day of 2026 written mm-dd."""
    return dt.date.fromisoformat(f"2026-{text}")


def standing(case: CaseFile) -> tuple[str, str]:
    """Return stage and status as stored."""
    case.refresh_from_db()
    return case.stage, case.status


@pytest.fixture
def lead(people: dict[str, User]) -> User:
    """Return the prosecutor who leads what the tests work on."""
    return people["prosecutor_kv1"]


@pytest.fixture
def report(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User) -> CaseFile:
    """Return a report of crime that `lead` handles, with a reporter, a victim and two people reported."""
    made = register(
        actor=people["clerk_kv1"],
        unit=units["QN-KV1"],
        kind="crime_report",
        name="Trần Thị Bích tố giác bị chiếm đoạt tài sản",
        init_decision_no="5/NT",
        init_decision_date=on("03-20"),
        init_decision_agency="Công an phường Hồng Gai",
        details={"report_type": "to_giac", "content": "Bị lừa chuyển tiền"},
        crime_date=on("03-15"),
        crime_place="Phường Hồng Gai",
        is_corruption=True,
        confidentiality="han_che_noi_bo",
        accused=[AccusedInput("Lê Văn Lừa", 1985, "nam"), AccusedInput("Ngô Thị Vay", 1991, "nu")],
        charges=[ChargeInput(text="174.2")],
    )
    access.assign(actor=people["chief_kv1"], case=made, user=lead, role="prosecutor_lead")
    access.assign(actor=people["chief_kv1"], case=made, user=people["inspector_kv1"], role="inspector")
    for role, name, more in (
        ("reporter", "Trần Thị Bích", {"birth_year": 1970, "is_protected": True}),
        ("victim", "Đỗ Văn Mất", {"birth_year": 1960}),
    ):
        access.add_entry(actor=lead, case=made, part="person", values={"role": role, "full_name": name, **more})
    return made


def become(actor: User, report: CaseFile, **changes: Any) -> Any:
    """Let the report become a case, its reporter a victim, the first person reported an accused."""
    values: dict[str, Any] = {
        **DECISION,
        "reporters": {report.people.get(role="reporter").pk: "victim"},
        "accused": [report.accused.all()[0].pk],
    }
    return access.become_criminal_case(actor=actor, report=report, **(values | changes))


# --- reports


def test_a_report_becomes_a_case_with_its_people(lead: User, report: CaseFile, people: dict[str, User]) -> None:
    case = become(lead, report).case
    assert (case.kind, case.unit_id, case.confidentiality, case.is_corruption) == (
        "criminal",
        report.unit_id,
        "han_che_noi_bo",
        True,
    )
    assert (case.init_decision_no, case.crime_date, case.crime_place) == (
        "88/QĐ-CSĐT",
        on("03-15"),
        "Phường Hồng Gai",
    )
    assert standing(case) == ("khoi_to", "dang_giai_quyet")
    assert sorted(case.people.values_list("role", "full_name", "is_protected")) == [
        ("victim", "Trần Thị Bích", True),
        ("victim", "Đỗ Văn Mất", False),
    ]
    # in the list of accused, and prosecuted by nothing
    (person,) = case.accused.all()
    assert (person.full_name, person.birth_year, person.stage) == ("Lê Văn Lừa", 1985, "khoi_to")
    assert person.init_decision_date is None
    assert not case.events.filter(event="khoi_to_bi_can").exists()
    assert [str(charge) for charge in case.charges.all()] == ["khoản 2 Điều 174"]
    assert case.crime_class
    assert sorted(case.assignments.values_list("user__username", "role")) == [
        ("inspector_kv1", "inspector"),
        ("prosecutor_kv1", "prosecutor_lead"),
    ]
    # the time limit of the investigation runs from the decision
    assert CaseDeadline.objects.get(case=case, rule="dieu_tra").starts_on == on("04-01")


def test_the_report_is_settled_and_both_know_of_each_other(lead: User, report: CaseFile) -> None:
    # twenty days from the day it was received, and the duty to tell the procuracy
    assert dict(report.deadlines.values_list("rule", "due_on"))["nt_giai_quyet"] == on("04-09")
    case = become(lead, report).case
    report.refresh_from_db()
    assert report.status == "da_giai_quyet"
    assert not report.deadlines.filter(rule="nt_giai_quyet").exists()
    event = report.events.get(event="nguon_tin_khoi_to")
    assert (event.number, event.happened_on, event.agency) == ("88/QĐ-CSĐT", on("04-01"), AGENCY)
    (there,) = related_cases(lead, case)
    (back,) = related_cases(lead, report)
    assert (there.label, there.other) == ("Khởi tố từ nguồn tin", report)
    assert (back.label, back.other) == ("Đã khởi tố thành vụ án", case)
    reasons = set(
        CaseChange.objects.filter(case=case, subject__in=["accused", "person"]).values_list("reason", flat=True)
    )
    assert reasons == {"Khởi tố từ nguồn tin"}


def test_a_report_goes_its_way_by_its_own_table(lead: User, report: CaseFile) -> None:
    def happen(event: str, day: str, **values: Any) -> ProceduralEvent:
        return access.record_event(actor=lead, case=report, event=event, happened_on=on(day), **values)

    assert [row.event for row in report.events.all()] == ["tiep_nhan_nguon_tin"]
    happen("phan_cong_giai_quyet", "03-21")
    assert standing(report)[1] == "dang_giai_quyet"
    happen("keo_dai_nguon_tin", "03-25")
    assert report.deadlines.get(rule="nt_giai_quyet_phuc_tap").due_on == on("05-20")
    happen("tam_dinh_chi_nguon_tin", "04-20", number="1/TĐC")
    assert standing(report)[1] == "tam_dinh_chi"
    assert not report.deadlines.filter(rule__startswith="nt_giai_quyet").exists()
    happen("phuc_hoi_nguon_tin", "05-04", number="2/PH")
    assert report.deadlines.get(rule="nt_phuc_hoi_giai_quyet").due_on == on("06-04")
    with pytest.raises(Conflict):
        happen("khoi_to_bi_can", "05-05", number="3/KTBC", accused=report.accused.all()[0])
    refused = happen("nguon_tin_khong_khoi_to", "05-20", number="4/KKT")
    assert refused.label == "Không khởi tố vụ án"
    assert standing(report)[1] == "da_giai_quyet"
    assert {person.role_label for person in report.accused.all()} == {"Người bị tố giác, kiến nghị khởi tố"}


def test_papers_stay_in_the_report_and_are_read_from_the_case(
    lead: User, report: CaseFile, catalogue: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    from tests.people import file_pdf

    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=lead, case=report, document_type=catalogue["QDKTVA"])
    with django_capture_on_commit_callbacks(execute=True):
        case = become(lead, report).case
    assert case_for(lead, report.code).documents.count() == 1
    assert case_for(lead, case.code).documents.count() == 0
    (there,) = related_cases(lead, case)
    assert there.documents == 1


def test_who_is_not_named_is_not_carried(lead: User, report: CaseFile) -> None:
    case = become(lead, report, reporters={}, accused=[]).case
    assert [person.full_name for person in case.people.all()] == ["Đỗ Văn Mất"]
    assert not case.accused.exists()


def test_a_decision_that_is_registered_leaves_everything_as_it_was(
    lead: User,
    report: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    snapshot: Callable[[], Snapshot],
) -> None:
    register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ án Phạm Bí Mật", **DECISION)
    before = snapshot()
    with pytest.raises(Conflict) as refusal:
        become(lead, report)
    assert units["QN-KV3"].name in refusal.value.message
    assert "Bí Mật" not in refusal.value.message
    assert snapshot() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"init_decision_no": " "}, "init_decision_no"),
        ({"init_decision_date": dt.date(2999, 1, 1)}, "init_decision_date"),
        ({"accused": [999_999]}, "accused"),
        ({"reporters": {999_999: "victim"}}, "reporters"),
        ({"charges": [ChargeInput(text="không có điều này")]}, "charge"),
    ],
)
def test_what_cannot_be_used_leaves_everything_as_it_was(
    lead: User, report: CaseFile, snapshot: Callable[[], Snapshot], changes: dict[str, Any], field: str
) -> None:
    before = snapshot()
    with pytest.raises(BadInput) as refusal:
        become(lead, report, **changes)
    assert refusal.value.field == field
    assert snapshot() == before


def test_a_reporter_is_no_defender_and_a_victim_no_reporter(
    lead: User, report: CaseFile, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    for reporters in (
        {report.people.get(role="reporter").pk: "defender"},
        {report.people.get(role="victim").pk: "witness"},
    ):
        with pytest.raises(BadInput):
            become(lead, report, reporters=reporters)
    assert snapshot() == before


def test_a_report_that_is_stayed_is_resumed_first(
    lead: User, report: CaseFile, snapshot: Callable[[], Snapshot]
) -> None:
    access.record_event(actor=lead, case=report, event="phan_cong_giai_quyet", happened_on=on("03-21"))
    access.record_event(
        actor=lead, case=report, event="tam_dinh_chi_nguon_tin", happened_on=on("03-25"), number="1/TĐC"
    )
    before = snapshot()
    with pytest.raises(Conflict) as refusal:
        become(lead, report)
    assert "Phục hồi" in refusal.value.message
    assert snapshot() == before


def test_the_same_form_sent_twice_makes_one_case(lead: User, report: CaseFile) -> None:
    token = uuid.uuid4()
    first = become(lead, report, form_token=token)
    second = become(lead, report, form_token=token)
    assert (first.case, first.made, second.made) == (second.case, True, False)
    assert CaseFile.objects.filter(kind="criminal").count() == 1
    assert first.case.accused.count() == 1
    with pytest.raises(Conflict):
        become(lead, report, form_token=uuid.uuid4(), init_decision_no="89/QĐ")
    with pytest.raises(Conflict):
        become(lead, report)
    assert CaseFile.objects.filter(kind="criminal").count() == 1


def test_only_a_report_becomes_a_case(lead: User, case: CaseFile) -> None:
    with pytest.raises(Conflict):
        access.become_criminal_case(actor=lead, report=case, **DECISION)
    assert CaseFile.objects.count() == 1


def test_only_who_works_on_the_report_and_registers_there_may(
    report: CaseFile, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    # of the province, assigned here, and without a post that registers in this office
    access.assign(actor=people["chief_kv1"], case=report, user=people["archivist_province"], role="scan_operator")
    before = snapshot()
    for name in ("prosecutor_kv3", "outsider", "locked", "other_prosecutor_kv1", "clerk_kv1", "chief_province"):
        # restricted: the clerk and the province may not know of it
        with pytest.raises(NotFound):
            become(people[name], report)
    with pytest.raises(NotAllowed):
        become(people["archivist_province"], report)
    assert snapshot() == before
    assert become(people["chief_kv1"], report).made


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_case_of_a_report(lead: User, report: CaseFile) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    token = uuid.uuid4()
    answers: list[str] = []

    def click() -> None:
        try:
            answers.append(become(lead, report, form_token=token).case.code)
        except VksError as error:
            answers.append(error.message)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    made = CaseFile.objects.get(kind="criminal")
    assert answers == [made.code] * 4
    assert ProceduralEvent.objects.filter(event="nguon_tin_khoi_to").count() == 1
    assert RelatedCase.objects.count() == 1


# --- merging


@pytest.fixture
def pair(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User) -> tuple[CaseFile, CaseFile]:
    """Return two cases that `lead` leads: the first older, with one of its accused in custody; the second newer."""
    made = []
    for number, day, accused, text in (
        (
            "1/QĐ-CSĐT",
            "02-01",
            AccusedInput("Nguyễn Văn Cũ", 1990, "nam", charges=[ChargeInput(text="171.2")]),
            "171.2",
        ),
        ("2/QĐ-CSĐT", "03-01", AccusedInput("Lê Văn Mới", 1980, "nam", charges=[ChargeInput(text="173.1")]), "173.1"),
    ):
        case = register(
            actor=people["clerk_kv1"],
            unit=units["QN-KV1"],
            name=f"Vụ {text}",
            init_decision_no=number,
            init_decision_date=on(day),
            accused=[accused],
        )
        access.assign(actor=people["chief_kv1"], case=case, user=lead, role="prosecutor_lead")
        made.append(case)
    older, newer = made
    access.add_entry(
        actor=lead,
        case=older,
        part="person",
        values={"role": "victim", "full_name": "Trần Thị Đau", "birth_year": 1999},
    )
    (person,) = older.accused.all()
    access.record_event(
        actor=lead, case=older, event="tam_giam", happened_on=on("02-05"), accused=person, number="3/LTG"
    )
    return older, newer


def merge(actor: User, source: CaseFile, target: CaseFile, **changes: Any) -> Any:
    """Merge, by decision 9 of 10 March unless told."""
    values: dict[str, Any] = {"decision_no": "9/QĐ-NVA", "decided_on": on("03-10"), "agency": AGENCY}
    return access.merge_cases(actor=actor, source=source, target=target, **(values | changes))


def test_a_merged_case_goes_on_in_the_other(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    grown = merge(lead, older, newer)
    assert standing(older) == ("dieu_tra", "da_nhap")
    assert standing(newer) == ("dieu_tra", "dang_giai_quyet")
    taken = newer.events.get(event="nhan_vu_nhap")
    assert (taken.number, taken.happened_on, taken.named_day) == ("9/QĐ-NVA", on("03-10"), on("02-01"))
    assert older.events.get(event="nhap_vu_an").number == "9/QĐ-NVA"
    assert [person.full_name for person in newer.accused.all()] == ["Lê Văn Mới", "Nguyễn Văn Cũ"]
    carried = newer.accused.get(full_name="Nguyễn Văn Cũ")
    assert [str(charge) for charge in carried.charges.all()] == ["khoản 2 Điều 171"]
    assert (carried.stage, carried.status) == ("dieu_tra", "dang_giai_quyet")
    assert [person.full_name for person in newer.people.all()] == ["Trần Thị Đau"]
    # the heaviest class of both
    newer.refresh_from_db()
    older.refresh_from_db()
    assert newer.crime_class == older.crime_class
    reasons = set(CaseChange.objects.filter(case=newer, subject="accused").values_list("reason", flat=True))
    assert reasons == {"Nhập vụ án theo quyết định số 9/QĐ-NVA"}
    assert grown.warnings == ()
    # the source keeps what it has
    assert [person.full_name for person in older.accused.all()] == ["Nguyễn Văn Cũ"]
    (there,) = related_cases(lead, older)
    (back,) = related_cases(lead, newer)
    assert (there.label, there.other, back.label, back.other) == ("Nhập vào vụ", newer, "Đã nhận nhập vụ", older)


def test_custody_and_its_limit_go_with_the_accused(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    held = CaseDeadline.objects.get(case=older, rule="tam_giam_dt")
    merge(lead, older, newer)
    carried = newer.accused.get(full_name="Nguyễn Văn Cũ")
    there = CaseDeadline.objects.get(case=newer, rule="tam_giam_dt")
    assert (there.accused_id, there.starts_on, there.due_on) == (carried.pk, held.starts_on, held.due_on)
    measure = newer.measures.get()
    assert (measure.accused_id, measure.kind, measure.decision_no) == (carried.pk, "tam_giam", "3/LTG")
    # nobody is reminded twice
    assert not CaseDeadline.objects.filter(case=older).exists()


def test_the_investigation_runs_from_the_first_of_the_two(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    assert CaseDeadline.objects.get(case=newer, rule="dieu_tra").starts_on == on("03-01")
    merge(lead, older, newer)
    assert CaseDeadline.objects.get(case=newer, rule="dieu_tra").starts_on == on("02-01")


def test_the_first_initiation_is_handed_on_through_two_mergers(
    lead: User, pair: tuple[CaseFile, CaseFile], people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    older, newer = pair
    third = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], init_decision_date=on("03-05"), accused=[])
    access.assign(actor=people["chief_kv1"], case=third, user=lead, role="prosecutor_lead")
    merge(lead, older, newer)
    merge(lead, newer, third, decision_no="10/QĐ-NVA", decided_on=on("03-12"))
    assert third.events.get(event="nhan_vu_nhap").named_day == on("02-01")
    assert {person.full_name for person in third.accused.all()} == {"Nguyễn Văn Cũ", "Lê Văn Mới"}


def test_an_accused_in_both_is_one_person(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    access.add_entry(actor=lead, case=newer, part="accused", values={"full_name": "Nguyễn Văn Cũ", "birth_year": 1990})
    # the same name and another year is somebody else
    access.add_entry(actor=lead, case=older, part="accused", values={"full_name": "Lê Văn Mới", "birth_year": 1999})
    grown = merge(lead, older, newer)
    names = sorted(newer.accused.values_list("full_name", "birth_year"))
    assert names == [("Lê Văn Mới", 1980), ("Lê Văn Mới", 1999), ("Nguyễn Văn Cũ", 1990)]
    both = newer.accused.get(full_name="Nguyễn Văn Cũ")
    assert [str(charge) for charge in both.charges.all()] == ["khoản 2 Điều 171"]
    assert len(grown.warnings) == 1
    assert "Nguyễn Văn Cũ" in grown.warnings[0]


def test_a_merger_is_done_once(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    assert merge(lead, older, newer).made
    assert not merge(lead, older, newer).made
    assert newer.accused.count() == 2
    assert ProceduralEvent.objects.filter(event="nhan_vu_nhap").count() == 1
    # nothing goes into a case that went into another one
    with pytest.raises(Conflict):
        merge(lead, newer, older)
    assert standing(newer)[1] == "dang_giai_quyet"


def test_what_is_refused_leaves_both_as_they_were(
    lead: User, pair: tuple[CaseFile, CaseFile], report: CaseFile, snapshot: Callable[[], Snapshot]
) -> None:
    older, newer = pair
    before = snapshot()
    refused: list[tuple[CaseFile, CaseFile, dict[str, Any]]] = [
        (older, older, {}),
        (report, newer, {}),
        (older, report, {}),
        (older, newer, {"decision_no": ""}),
        (older, newer, {"decided_on": dt.date(2999, 1, 1)}),
    ]
    for source, target, changes in refused:
        with pytest.raises((BadInput, Conflict)):
            merge(lead, source, target, **changes)
    assert snapshot() == before


def test_people_of_a_restricted_case_are_not_shown_to_more_by_merging(
    lead: User, pair: tuple[CaseFile, CaseFile], people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    older, newer = pair
    chief = people["chief_kv1"]
    access.edit_case(actor=chief, case=older, values={"confidentiality": "han_che_noi_bo"})
    before = snapshot()
    with pytest.raises(Conflict) as refusal:
        merge(lead, older, newer)
    assert refusal.value.field == "target"
    assert snapshot() == before
    access.edit_case(actor=chief, case=newer, values={"confidentiality": "han_che_noi_bo"})
    assert merge(lead, older, newer).made
    # the other way round nobody sees more
    third = register(actor=people["clerk_kv1"], unit=older.unit, accused=[])
    access.assign(actor=chief, case=third, user=lead, role="prosecutor_lead")
    assert merge(lead, third, newer, decision_no="11/QĐ-NVA").made


def test_a_form_of_something_else_splits_nothing(
    lead: User, gang: CaseFile, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    token = uuid.uuid4()
    register(actor=lead, unit=gang.unit, form_token=token)
    before = snapshot()
    with pytest.raises(Conflict):
        split(lead, gang, [], form_token=token)
    assert snapshot() == before


def test_merging_takes_somebody_who_works_on_both(
    pair: tuple[CaseFile, CaseFile], people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    older, newer = pair
    access.assign(actor=people["chief_kv1"], case=older, user=people["other_prosecutor_kv1"], role="prosecutor")
    access.assign(actor=people["chief_kv1"], case=newer, user=people["inspector_kv1"], role="inspector")
    before = snapshot()
    for name, kind in (
        ("other_prosecutor_kv1", BadInput),
        ("inspector_kv1", NotFound),
        ("clerk_kv1", NotAllowed),
        ("chief_province", NotAllowed),
        ("prosecutor_kv3", NotFound),
        ("outsider", NotFound),
        ("locked", NotFound),
    ):
        with pytest.raises(kind):
            merge(people[name], older, newer)
    assert snapshot() == before


def test_a_target_one_may_not_know_is_refused_like_one_that_is_not_there(
    pair: tuple[CaseFile, CaseFile], people: dict[str, User]
) -> None:
    older, newer = pair
    access.assign(actor=people["chief_kv1"], case=older, user=people["other_prosecutor_kv1"], role="prosecutor")
    with pytest.raises(BadInput) as refusal:
        merge(people["other_prosecutor_kv1"], older, newer)
    assert (refusal.value.message, refusal.value.field) == (
        "Không có vụ án nào mang mã này trong phạm vi của bạn.",
        "target",
    )


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_mergers_at_once_are_one(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    older, newer = pair
    answers: list[Any] = []

    def click(source: CaseFile, target: CaseFile) -> None:
        try:
            answers.append(merge(lead, source, target).made)
        except VksError as error:
            answers.append(error.status)
        connection.close()

    clicks = [threading.Thread(target=click, args=pair) for _ in range(3)]
    # and one the other way round
    clicks.append(threading.Thread(target=click, args=(newer, older)))
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(answers) == 4
    assert answers.count(True) == 1
    assert RelatedCase.objects.filter(relation="nhap_vao").count() == 1
    assert ProceduralEvent.objects.filter(event="nhan_vu_nhap").count() == 1
    assert Accused.objects.count() == 3


# --- splitting


def split(actor: User, source: CaseFile, accused: list[Accused], **changes: Any) -> Any:
    """Split, by decision 7 of 20 March unless told."""
    values: dict[str, Any] = {
        "decision_no": "7/QĐ-TVA",
        "decided_on": on("03-20"),
        "agency": AGENCY,
        "name": "Vụ tách",
        "accused": [person.pk for person in accused],
    }
    return access.split_case(actor=actor, source=source, **(values | changes))


@pytest.fixture
def gang(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User) -> CaseFile:
    """Return a case of three accused, restricted, with a defender of the second and a victim."""
    made = register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        confidentiality="han_che_noi_bo",
        accused=[
            AccusedInput(name, 1980 + number, charges=[ChargeInput(text="173.2")])
            for number, name in enumerate(("Đinh Một", "Đinh Hai", "Đinh Ba"))
        ],
    )
    access.assign(actor=people["chief_kv1"], case=made, user=lead, role="prosecutor_lead")
    second = made.accused.get(full_name="Đinh Hai")
    access.add_entry(actor=lead, case=made, part="person", values={"role": "victim", "full_name": "Bà Mất"})
    access.add_entry(
        actor=lead, case=made, part="person", values={"role": "defender", "full_name": "Luật sư Cãi", "accused": second}
    )
    access.record_event(
        actor=lead, case=made, event="tam_giam", happened_on=on("03-06"), accused=second, number="4/LTG"
    )
    return made


def test_chosen_accused_go_into_a_case_of_their_own(lead: User, gang: CaseFile) -> None:
    second = gang.accused.get(full_name="Đinh Hai")
    grown = split(lead, gang, [second], people=[gang.people.get(role="victim").pk])
    case = grown.case
    assert (case.name, case.init_decision_no, case.init_decision_date) == ("Vụ tách", "7/QĐ-TVA", on("03-20"))
    assert (case.stage, case.status, case.confidentiality) == ("dieu_tra", "dang_giai_quyet", "han_che_noi_bo")
    (person,) = case.accused.all()
    assert (person.full_name, person.stage, person.status) == ("Đinh Hai", "dieu_tra", "dang_giai_quyet")
    assert [str(charge) for charge in person.charges.all()] == ["khoản 2 Điều 173"]
    assert sorted(case.people.values_list("full_name", "accused__full_name")) == [
        ("Bà Mất", None),
        ("Luật sư Cãi", "Đinh Hai"),
    ]
    assert standing(gang) == ("dieu_tra", "dang_giai_quyet")
    assert dict(gang.accused.values_list("full_name", "status")) == {
        "Đinh Một": "dang_giai_quyet",
        "Đinh Hai": "da_tach",
        "Đinh Ba": "dang_giai_quyet",
    }
    assert list(case.assignments.values_list("user__username", "role")) == [("prosecutor_kv1", "prosecutor_lead")]
    (there,) = related_cases(lead, case)
    (back,) = related_cases(lead, gang)
    assert (there.label, there.other, back.label, back.other) == ("Tách từ vụ", gang, "Đã tách ra vụ", case)


def test_a_department_that_has_ended_does_not_stand_in_the_way_of_a_new_case(
    lead: User, gang: CaseFile, units: dict[str, ProcuracyUnit]
) -> None:
    """It ended while the case lay in the archive; the form of a split names no department that could be put right."""
    department = Department.objects.create(unit=units["QN-KV1"], code="BP1", name="Bộ phận 1")
    CaseFile.objects.filter(pk=gang.pk).update(department=department)
    there = split(lead, gang, [gang.accused.get(full_name="Đinh Hai")])
    assert (there.case.department, there.warnings) == (department, ())
    Department.objects.update(valid_to=on("03-19"))
    gone = split(lead, gang, [gang.accused.get(full_name="Đinh Ba")], decision_no="8/QĐ-TVA")
    assert gone.case.department is None
    assert [warning[:18] for warning in gone.warnings] == ["Phòng BP1 không cò"]
    gang.refresh_from_db()
    assert gang.department == department


def test_custody_goes_with_who_is_split_off(lead: User, gang: CaseFile) -> None:
    held = CaseDeadline.objects.get(case=gang, rule="tam_giam_dt")
    case = split(lead, gang, [gang.accused.get(full_name="Đinh Hai")]).case
    there = CaseDeadline.objects.get(case=case, rule="tam_giam_dt")
    assert (there.starts_on, there.due_on) == (held.starts_on, held.due_on)
    assert not CaseDeadline.objects.filter(case=gang, rule="tam_giam_dt").exists()
    # nobody has more time by it
    assert CaseDeadline.objects.get(case=case, rule="dieu_tra").starts_on == gang.init_decision_date
    # what concerns the case itself goes on running there
    assert CaseDeadline.objects.filter(case=gang, rule="dieu_tra").exists()


def test_folios_of_the_new_case_begin_anew(lead: User, gang: CaseFile) -> None:
    case = split(lead, gang, [gang.accused.get(full_name="Đinh Ba")]).case
    assert not case.documents.exists()
    assert not case.folios.exists()
    assert not case.volumes.exists()


def test_acts_without_an_author_are_split_off_too(lead: User, gang: CaseFile) -> None:
    case = split(lead, gang, []).case
    assert not case.accused.exists()
    assert gang.events.get(event="tach_vu_an").accused is None
    assert set(gang.accused.values_list("status", flat=True)) == {"dang_giai_quyet"}


def test_the_new_case_may_have_a_decision_of_its_own(lead: User, gang: CaseFile) -> None:
    first = gang.accused.get(full_name="Đinh Một")
    case = split(
        lead,
        gang,
        [first],
        init_decision_no="12/QĐ-CSĐT",
        init_decision_date=on("03-02"),
        init_decision_agency="Công an phường",
    ).case
    assert (case.init_decision_no, case.init_decision_date) == ("12/QĐ-CSĐT", on("03-02"))
    assert gang.events.get(event="tach_vu_an").number == "7/QĐ-TVA"
    assert CaseDeadline.objects.get(case=case, rule="dieu_tra").starts_on == on("03-02")


def test_a_split_is_done_once(lead: User, gang: CaseFile) -> None:
    token = uuid.uuid4()
    chosen = [gang.accused.get(full_name="Đinh Hai")]
    first, second = (split(lead, gang, chosen, form_token=token) for _ in range(2))
    assert (first.case, second.made) == (second.case, False)
    with pytest.raises(Conflict):
        split(lead, gang, chosen, decision_no="8/QĐ-TVA")
    assert CaseFile.objects.count() == 2


def test_a_split_that_is_refused_leaves_everything_as_it_was(
    lead: User, gang: CaseFile, report: CaseFile, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    stranger = report.accused.all()[0]
    chosen = [gang.accused.get(full_name="Đinh Hai")]
    refused: list[tuple[CaseFile, list[Accused], dict[str, Any]]] = [
        (gang, [stranger], {}),
        (gang, chosen, {"people": [report.people.all()[0].pk]}),
        (gang, chosen, {"decision_no": ""}),
        (gang, chosen, {"name": " "}),
        (gang, chosen, {"decided_on": dt.date(2999, 1, 1)}),
        # the decision of the case itself
        (
            gang,
            chosen,
            {"init_decision_no": gang.init_decision_no, "init_decision_date": gang.init_decision_date},
        ),
        (report, [stranger], {}),
    ]
    for source, accused, changes in refused:
        with pytest.raises((BadInput, Conflict)):
            split(lead, source, accused, **changes)
    assert snapshot() == before


def test_only_who_works_on_the_case_splits_it(
    gang: CaseFile, people: dict[str, User], snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    chosen = [gang.accused.get(full_name="Đinh Hai")]
    for name in ("clerk_kv1", "chief_province", "other_prosecutor_kv1", "prosecutor_kv3", "outsider", "locked"):
        with pytest.raises(NotFound):
            split(people[name], gang, chosen)
    assert snapshot() == before
    assert split(people["chief_kv1"], gang, chosen).made


# --- a case is appealed


@pytest.fixture
def appealed(gang: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return a case of KV1 under appeal, of which `outsider`, a prosecutor of the province by now, has the appeal."""
    CaseFile.objects.filter(pk=gang.pk).update(
        stage="xet_xu_so_tham", status="co_khang_cao_khang_nghi", confidentiality="thuong"
    )
    gang.refresh_from_db()
    Appointment.objects.create(user=people["outsider"], unit=units["QN"], role="prosecutor", starts_on=on("01-05"))
    access.assign(
        actor=people["chief_province"], case=gang, user=people["outsider"], role=Assignment.Role.APPEAL_PROSECUTOR
    )
    return gang


def test_the_office_above_has_a_file_of_its_own_for_an_appeal(appealed: CaseFile, people: dict[str, User]) -> None:
    appellate = people["outsider"]
    assert (case_for(appellate, appealed.code).decision.level, case_for(appellate, appealed.code).internal.level) == (
        Level.VIEW,
        Level.NONE,
    )
    readers = {name: case_decision(user, appealed) for name, user in people.items()}
    case = access.open_appeal(actor=appellate, origin=appealed).case
    assert (case.unit.code, case.stage, case.init_decision_no) == ("QN", "phuc_tham", appealed.init_decision_no)
    assert [str(each) for each in case.accused.all()] == [str(each) for each in appealed.accused.all()]
    assert {person.stage for person in case.accused.all()} == {"phuc_tham"}
    assert {str(each) for each in case.charges.all()} == {str(each) for each in appealed.charges.all()} != set()
    assert case.people.get(role="defender").accused == case.accused.get(full_name="Đinh Hai")
    # custody stays where it was ordered
    assert not CaseDeadline.objects.filter(case=case, accused__isnull=False).exists()
    # it is his to lead, both parts of it; the office below knows nothing of it, and keeps what it had as it was
    mine = case_for(appellate, case.code)
    assert {"file", "file_internal", "edit"} <= mine.may
    for name in ("prosecutor_kv1", "chief_kv1", "clerk_kv1", "prosecutor_kv3"):
        with pytest.raises(NotFound):
            case_for(people[name], case.code)
        assert related_cases(people[name], appealed) == []
    assert {name: case_decision(user, appealed) for name, user in people.items()} == readers
    (there,) = related_cases(appellate, case)
    (back,) = related_cases(appellate, appealed)
    assert (there.label, there.other, back.label, back.other) == (
        "Phúc thẩm của vụ",
        appealed,
        "Có hồ sơ phúc thẩm",
        case,
    )
    # its limits are those of the court above the one that tried it, and it appears there itself
    access.record_event(actor=appellate, case=case, event="vks_nhan_ho_so_pt", happened_on=on("10-05"))
    assert CaseDeadline.objects.get(case=case, rule__startswith="vks_nghien_cuu_pt").rule == "vks_nghien_cuu_pt_tinh"
    assert office_at(case, "phuc_tham").code == "QN"
    # edited, it is still the one of the appeal and not a second case of the decision (V01)
    access.edit_case(actor=appellate, case=case, values={"note": "Đã nhận hồ sơ từ Tòa án"})
    with pytest.raises(Conflict, match="đã được mở tại"):
        access.open_appeal(actor=people["chief_province"], origin=appealed)
    # nor is there a second one once the number of the decision was put right in the case appealed
    for name in ("12/QĐ-CQĐT sửa", appealed.init_decision_no):
        access.edit_case(
            actor=people["prosecutor_kv1"], case=appealed, values={"init_decision_no": name}, reason="Nhầm"
        )
        appealed.refresh_from_db()
        with pytest.raises(Conflict, match="đã được mở tại"):
            access.open_appeal(actor=people["chief_province"], origin=appealed)
    with pytest.raises(Conflict, match="đã được"):
        register(
            actor=people["chief_province"],
            unit=case.unit,
            init_decision_no=appealed.init_decision_no,
            init_decision_date=appealed.init_decision_date,
            init_decision_agency=appealed.init_decision_agency,
        )


def test_who_has_left_the_office_above_is_not_assigned_to_its_case(
    appealed: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    successor = people["prosecutor_kv3"]
    Appointment.objects.create(user=successor, unit=units["QN"], role="prosecutor", starts_on=on("01-05"))
    access.assign(actor=people["chief_province"], case=appealed, user=successor, role=Assignment.Role.APPEAL_PROSECUTOR)
    Appointment.objects.filter(user=people["outsider"]).update(ends_on=on("02-01"))
    case = access.open_appeal(actor=people["chief_province"], origin=appealed).case
    assert list(Assignment.objects.filter(case=case).values_list("user__username", "role")) == [
        ("prosecutor_kv3", Assignment.Role.PROSECUTOR_LEAD)
    ]


@pytest.mark.parametrize("role", ["system_admin", "statistics_officer"])
def test_who_holds_another_kind_of_post_above_by_now_leads_no_case_of_an_appeal(
    appealed: CaseFile, people: dict[str, User], role: str
) -> None:
    Appointment.objects.filter(user=people["outsider"]).update(role=role)
    case = access.open_appeal(actor=people["chief_province"], origin=appealed).case
    assert not Assignment.objects.filter(case=case).exists()
    with pytest.raises(NotFound):
        case_for(people["outsider"], case.code)


def test_nobody_else_opens_a_case_for_an_appeal(appealed: CaseFile, people: dict[str, User]) -> None:
    for name, refused in (
        ("prosecutor_kv1", NotAllowed),
        ("chief_kv1", NotAllowed),
        ("clerk_kv1", NotAllowed),
        ("prosecutor_kv3", NotFound),
        ("chief_kv3", NotFound),
        ("admin_province", NotFound),
    ):
        with pytest.raises(refused):
            access.open_appeal(actor=people[name], origin=appealed)
    # of a restricted case those who lead above know nothing
    CaseFile.objects.filter(pk=appealed.pk).update(confidentiality="han_che_noi_bo")
    appealed.refresh_from_db()
    with pytest.raises(NotFound):
        access.open_appeal(actor=people["chief_province"], origin=appealed)
    # nor is there anything to open before the appeal
    CaseFile.objects.filter(pk=appealed.pk).update(confidentiality="thuong", status="da_xet_xu_st")
    appealed.refresh_from_db()
    with pytest.raises(Conflict, match="chưa có kháng cáo"):
        access.open_appeal(actor=people["chief_province"], origin=appealed)
    # who has left the office above has no appeal any more
    CaseFile.objects.filter(pk=appealed.pk).update(status="co_khang_cao_khang_nghi")
    appealed.refresh_from_db()
    Appointment.objects.filter(user=people["outsider"]).update(ends_on=on("02-01"))
    with pytest.raises(NotFound):
        access.open_appeal(actor=people["outsider"], origin=appealed)
    assert CaseFile.objects.count() == 1


# --- who sees the other case


def test_a_relation_with_a_case_one_may_not_know_tells_nothing_of_it(
    pair: tuple[CaseFile, CaseFile], lead: User, people: dict[str, User]
) -> None:
    older, newer = pair
    merge(lead, older, newer)
    access.assign(actor=people["chief_kv1"], case=newer, user=people["other_prosecutor_kv1"], role="prosecutor")
    access.assign(actor=people["chief_kv1"], case=older, user=people["inspector_kv1"], role="inspector")
    # what the case itself says stays, without the other one
    (shown,) = related_cases(people["inspector_kv1"], older)
    assert (shown.label, shown.other, shown.text, shown.documents, shown.hidden) == ("Nhập vào vụ", None, "", 0, True)
    # what the other one says of it does not
    assert related_cases(people["other_prosecutor_kv1"], newer) == []
    (known,) = related_cases(lead, newer)
    assert known.other == older
