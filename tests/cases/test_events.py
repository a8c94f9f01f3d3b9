"""Recording events: stage, status and measures follow, and what is refused leaves nothing behind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseChange, CaseFile, PreventiveMeasure, ProceduralEvent
from vks_plugin.cases.queries import possible_events, timeline
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(people: dict[str, User]) -> User:
    """Return the lead prosecutor of `case`."""
    return people["prosecutor_kv1"]


def happen(actor: User, case: CaseFile, event: str, day: str, **values: Any) -> ProceduralEvent:
    """Record an event on a day written yyyy-mm-dd, of the year 2026 unless told."""
    return access.record_event(
        actor=actor, case=case, event=event, happened_on=dt.date.fromisoformat(f"2026-{day}"), **values
    )


def entered() -> QuerySet[ProceduralEvent]:
    """Return the events that stand, without the initiation that is recorded with the registration."""
    return ProceduralEvent.objects.filter(withdrawn_at__isnull=True).exclude(event="khoi_to_vu_an")


def standing(case: CaseFile) -> tuple[str, str]:
    """Return stage and status as stored."""
    case.refresh_from_db()
    return case.stage, case.status


def test_a_case_goes_to_court_and_is_returned(lead: User, case: CaseFile) -> None:
    happen(lead, case, "ket_luan_dieu_tra", "05-20", number="9/KLĐT")
    happen(lead, case, "nhan_ho_so", "05-22")
    assert standing(case) == ("truy_to", "dang_giai_quyet")
    happen(lead, case, "vks_tra_ho_so", "06-01", number="1/QĐ", ground="a")
    assert standing(case) == ("dieu_tra", "tra_ho_so_dtbs")
    first = case.accused.first()
    assert first is not None
    assert (first.stage, first.status, first.role_label) == ("dieu_tra", "tra_ho_so_dtbs", "Bị can")
    rows = list(timeline(case))
    assert [(row.event, row.stage_before, row.stage_after) for row in rows] == [
        ("khoi_to_vu_an", "dieu_tra", "dieu_tra"),
        ("ket_luan_dieu_tra", "dieu_tra", "dieu_tra"),
        ("nhan_ho_so", "dieu_tra", "truy_to"),
        ("vks_tra_ho_so", "truy_to", "dieu_tra"),
    ]


def test_whoever_was_not_judged_is_not_called_convicted(
    lead: User, case: CaseFile, django_assert_num_queries: Any
) -> None:
    happen(lead, case, "dinh_chi_dieu_tra", "05-20", number="2/QĐ")
    for event, day in (("ket_thuc", "05-21"), ("nop_luu", "05-22")):
        happen(lead, case, event, day)
        case.refresh_from_db()
        assert case.stage == "ket_thuc"
        people = list(case.accused.select_related("case").prefetch_related("case__events"))
        # of any number of people it is asked once
        with django_assert_num_queries(0):
            assert {each.role_label for each in people} == {"Bị can, bị cáo (đã đình chỉ)"}
        assert case.accused_label == "Bị can, bị cáo (đã đình chỉ)"


def test_what_the_table_does_not_allow_is_refused_and_leaves_nothing(lead: User, case: CaseFile) -> None:
    before = (standing(case), CaseChange.objects.count(), case.revision)
    with pytest.raises(Conflict) as refusal:
        happen(lead, case, "tuyen_an", "05-20", number="1/HSST")
    assert "Điều tra" in refusal.value.message
    assert refusal.value.message.endswith(".")
    assert (standing(case), CaseChange.objects.count(), case.revision) == before
    assert not entered().exists()


def test_the_third_return_needs_a_reason(lead: User, case: CaseFile) -> None:
    for month, number in ((3, 1), (4, 2)):
        happen(lead, case, "nhan_ho_so", f"0{month}-10")
        happen(lead, case, "vks_tra_ho_so", f"0{month}-20", number=f"{number}/QĐ", ground="a")
    happen(lead, case, "nhan_ho_so", "05-10")
    with pytest.raises(Conflict) as refusal:
        happen(lead, case, "vks_tra_ho_so", "05-20", number="3/QĐ", ground="a")
    assert refusal.value.field == "override_reason"
    made = happen(lead, case, "vks_tra_ho_so", "05-20", number="3/QĐ", ground="a", override_reason="Chứng cứ mới")
    assert any("3" in sentence for sentence in made.warnings)
    assert standing(case) == ("dieu_tra", "tra_ho_so_dtbs")


def test_an_event_entered_late_takes_its_place_in_time(lead: User, case: CaseFile) -> None:
    happen(lead, case, "nhan_ho_so", "05-22")
    happen(lead, case, "ket_luan_dieu_tra", "05-20", number="9/KLĐT")
    assert [row.event for row in timeline(case)] == ["khoi_to_vu_an", "ket_luan_dieu_tra", "nhan_ho_so"]
    assert standing(case)[0] == "truy_to"


def test_an_event_that_would_make_a_later_one_impossible_is_refused(lead: User, case: CaseFile) -> None:
    happen(lead, case, "nhan_ho_so", "05-22")
    with pytest.raises(Conflict) as refusal:
        happen(lead, case, "dinh_chi_dieu_tra", "05-10", number="2/QĐ")
    assert "nhận hồ sơ vụ án" in refusal.value.message
    assert standing(case) == ("truy_to", "dang_giai_quyet")
    assert [row.event for row in entered()] == ["nhan_ho_so"]


def test_a_withdrawn_event_stays_visible_and_the_state_goes_back(lead: User, case: CaseFile) -> None:
    happen(lead, case, "nhan_ho_so", "05-22")
    returned = happen(lead, case, "vks_tra_ho_so", "06-01", number="1/QĐ", ground="a")
    with pytest.raises(BadInput):
        access.withdraw_event(actor=lead, event=returned, reason=" ")
    access.withdraw_event(actor=lead, event=returned, reason="Ghi nhầm vụ án")
    assert standing(case) == ("truy_to", "dang_giai_quyet")
    row = timeline(case).get(pk=returned.pk)
    assert row.withdrawal_reason == "Ghi nhầm vụ án"
    assert row.withdrawn_by == lead
    with pytest.raises(Conflict):
        access.withdraw_event(actor=lead, event=returned, reason="Lần nữa")
    change = CaseChange.objects.filter(case=case, subject="event").order_by("-pk")[0]
    assert (change.act, change.actor_name, change.reason) == ("removed", "Đỗ Hữu Ước", "Ghi nhầm vụ án")


def test_an_event_others_rest_on_is_not_withdrawn(lead: User, case: CaseFile) -> None:
    received = happen(lead, case, "nhan_ho_so", "05-22")
    happen(lead, case, "vks_tra_ho_so", "06-01", number="1/QĐ", ground="a")
    with pytest.raises(Conflict) as refusal:
        access.withdraw_event(actor=lead, event=received, reason="Ghi nhầm")
    assert "trả hồ sơ" in refusal.value.message.lower()
    assert standing(case) == ("dieu_tra", "tra_ho_so_dtbs")


def test_one_accused_is_stayed_and_the_case_goes_on(lead: User, case: CaseFile) -> None:
    first, second = case.accused.all()
    happen(lead, case, "nhan_ho_so", "05-22")
    happen(lead, case, "tam_dinh_chi_truy_to", "05-25", number="3/QĐ", ground="a", accused=second)
    happen(lead, case, "cao_trang", "06-02", number="12/CT")
    happen(lead, case, "chuyen_toa", "06-03")
    first.refresh_from_db()
    second.refresh_from_db()
    assert standing(case) == ("xet_xu_so_tham", "da_truy_to")
    assert (second.stage, second.status) == ("truy_to", "tam_dinh_chi")
    assert first.status == "da_truy_to"


def test_custody_is_a_measure_and_an_event_at_once(lead: User, case: CaseFile) -> None:
    accused = case.accused.all()[0]
    happen(lead, case, "tam_giam", "03-10", number="5/LTG", agency="Cơ quan điều tra", accused=accused)
    measure = PreventiveMeasure.objects.get()
    assert (measure.kind, measure.starts_on, measure.decision_no) == ("tam_giam", dt.date(2026, 3, 10), "5/LTG")
    # the other way round: a measure entered as a row records its event
    other = case.accused.all()[1]
    made = access.add_entry(
        actor=lead,
        case=case,
        part="measure",
        values={"accused": other, "kind": "cam_di_khoi_noi_cu_tru", "starts_on": dt.date(2026, 3, 11)},
    )
    event = ProceduralEvent.objects.get(event="ap_dung_bpnc")
    assert (event.ground, event.accused, made.event) == ("cam_di_khoi_noi_cu_tru", other, event)
    happen(lead, case, "tra_tu_do", "03-20", accused=accused)
    measure.refresh_from_db()
    assert measure.ended_on == dt.date(2026, 3, 20)


def test_a_measure_the_proceedings_do_not_allow_is_refused_whole(lead: User, case: CaseFile) -> None:
    accused = case.accused.all()[0]
    with pytest.raises(Conflict) as refusal:
        # the hour is missing
        access.add_entry(
            actor=lead,
            case=case,
            part="measure",
            values={"accused": accused, "kind": "giu_khan_cap", "starts_on": dt.date(2026, 3, 10)},
        )
    assert refusal.value.field == "starts_at"
    assert not PreventiveMeasure.objects.exists()
    assert not entered().exists()


def test_a_moved_measure_moves_its_event_and_a_removed_one_withdraws_it(lead: User, case: CaseFile) -> None:
    accused = case.accused.all()[0]
    made = access.add_entry(
        actor=lead,
        case=case,
        part="measure",
        values={"accused": accused, "kind": "tam_giam", "starts_on": dt.date(2026, 3, 10)},
    )
    access.change_entry(actor=lead, entry=made, values={"starts_on": dt.date(2026, 3, 12)}, reason="Nhầm ngày")
    assert [row.happened_on for row in entered()] == [dt.date(2026, 3, 12)]
    made.refresh_from_db()
    access.remove_entry(actor=lead, entry=made, reason="Không có lệnh này")
    assert not entered().exists()
    assert not PreventiveMeasure.objects.exists()


def test_nothing_is_recorded_of_tomorrow_or_of_somebody_elses_accused(
    lead: User, case: CaseFile, people: dict[str, User], units: dict[str, Any]
) -> None:
    from tests.people import register

    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    with pytest.raises(BadInput):
        access.record_event(
            actor=lead, case=case, event="ket_luan_dieu_tra", happened_on=dt.date(2999, 1, 1), number="1"
        )
    with pytest.raises(BadInput):
        happen(lead, case, "tam_giam", "03-10", accused=other.accused.all()[0])
    assert not entered().exists()


def test_only_who_works_on_the_case_records(case: CaseFile, people: dict[str, User]) -> None:
    for name in ("clerk_kv1", "chief_province"):
        with pytest.raises(NotAllowed):
            happen(people[name], case, "nhan_ho_so", "05-22")
    for name in ("prosecutor_kv3", "other_prosecutor_kv1", "outsider", "locked"):
        with pytest.raises(NotFound):
            happen(people[name], case, "nhan_ho_so", "05-22")
    assert not entered().exists()


def test_what_is_possible_follows_the_state(lead: User, case: CaseFile) -> None:
    now = {each.event.value for each in possible_events(case) if each.now}
    assert "ket_luan_dieu_tra" in now
    assert "cao_trang" not in now
    happen(lead, case, "nhan_ho_so", "05-22")
    case.refresh_from_db()
    now = {each.event.value for each in possible_events(case) if each.now}
    assert {"cao_trang", "vks_tra_ho_so"} <= now


def test_the_initiation_is_recorded_with_the_case_and_follows_its_correction(lead: User, case: CaseFile) -> None:
    first = timeline(case).get()
    assert (first.event, first.happened_on, first.number) == (
        "khoi_to_vu_an",
        case.init_decision_date,
        case.init_decision_no,
    )
    access.edit_case(actor=lead, case=case, values={"init_decision_date": dt.date(2026, 2, 27)})
    assert timeline(case).get().happened_on == dt.date(2026, 2, 27)
    person = case.accused.all()[0]
    values = {"init_decision_no": "8/QĐ", "init_decision_date": dt.date(2026, 3, 4)}
    access.change_entry(actor=lead, entry=person, values=values)
    made = entered().get()
    assert (made.event, made.accused, made.number) == ("khoi_to_bi_can", person, "8/QĐ")


def test_an_extension_beyond_the_law_is_recorded_only_with_the_reason(lead: User, case: CaseFile) -> None:
    from vks_plugin.cases.actions import ChargeInput

    for person in case.accused.all():
        access.charge(actor=lead, case=case, accused=person, given=ChargeInput(text="173.1"))
    happen(lead, case, "nhan_ho_so", "05-22")
    with pytest.raises(Conflict) as refusal:
        # Điều 240: a less serious crime may be extended by ten days
        happen(lead, case, "gia_han_truy_to", "06-05", amount="30d")
    assert refusal.value.field == "override_reason"
    assert [row.event for row in entered()] == ["nhan_ho_so"]
    made = happen(lead, case, "gia_han_truy_to", "06-05", amount="30d", override_reason="Quyết định ghi như vậy")
    assert made.warnings
    with pytest.raises(BadInput) as refused:
        happen(lead, case, "gia_han_truy_to", "06-05", amount="mười ngày")
    assert refused.value.field == "amount"


@pytest.mark.parametrize(
    ("flags", "rule", "there"),
    [
        ({"is_special_agency": True, "is_flagrant": True}, "co_quan_164_ket_thuc", True),
        ({}, "co_quan_164_ket_thuc", False),
        ({"is_simplified": True}, "ttrg_dieu_tra", True),
        ({}, "ttrg_dieu_tra", False),
    ],
)
def test_marks_of_the_case_decide_which_limits_run(
    lead: User, case: CaseFile, flags: dict[str, bool], rule: str, there: bool
) -> None:
    from vks_plugin.cases.actions import ChargeInput

    for person in case.accused.all():
        access.charge(actor=lead, case=case, accused=person, given=ChargeInput(text="173.1"))
    access.edit_case(actor=lead, case=case, values={"note": "x", **flags})
    assert case.deadlines.filter(rule=rule).exists() is there
