"""Court sessions from the plan to what came of them: states, who records them, who reads what, what lists count."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import ProceduralEvent
from vks_plugin.court.deck.queries import trial_facts
from vks_plugin.court.sessions import actions
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.queries import fingerprint, may_plan, office_at, session_of, session_view, told_to
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

COURT = "Tòa án nhân dân khu vực 1 – Quảng Ninh"


def planned(actor: User, case: CaseFile, **values: Any) -> CourtSession:
    """Plan a session for today."""
    people = values.pop("procurators", [actor])
    return actions.plan_session(
        actor=actor,
        case=case,
        values={"court": COURT, "starts_on": timezone.localdate(), **values},
        procurators=people,
    )


def planned_and_held(actor: User, case: CaseFile) -> CourtSession:
    """Plan a session for today and hold it."""
    return actions.hold_session(actor=actor, session=planned(actor, case))


def test_a_session_is_planned_changed_and_held_once(case: CaseFile, people: dict[str, User]) -> None:
    lead, today = people["prosecutor_kv1"], timezone.localdate()
    row = planned(lead, case, is_learning=True, learning_organiser="VKSND tỉnh")
    assert (row.number, row.state, row.unit.code, row.is_learning) == (1, "du_kien", "QN-KV1", True)
    # who is not assigned does not take part; a day before the first, or in three hundred years, is a slip
    for values, named in (
        ({"procurators": [people["other_prosecutor_kv1"]]}, "procurators"),
        ({"ends_on": today - dt.timedelta(days=1)}, "ends_on"),
        ({"starts_on": today.replace(year=today.year + 9)}, "starts_on"),
        ({"court": " "}, "court"),
        ({"court_level": "giam_doc"}, "court_level"),
    ):
        with pytest.raises(BadInput) as refused:
            planned(lead, case, **values)
        assert refused.value.field == named
    assert CourtSession.objects.count() == 1
    access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector")
    stale = session_of(session_view(lead, case.code), 1)
    seen = fingerprint(stale)
    actions.change_session(
        actor=people["chief_kv1"],
        session=row,
        values={"venue": "Phòng xử số 2", "starts_at": dt.time(8, 30), "is_learning": False},
        procurators=[lead, people["inspector_kv1"]],
    )
    row.refresh_from_db()
    with pytest.raises(Conflict, match="vừa sửa"):
        actions.change_session(actor=lead, session=row, values={"venue": "Nơi khác"}, seen=seen)
    assert (row.venue, row.starts_at, row.learning_organiser) == ("Phòng xử số 2", dt.time(8, 30), "")
    assert told_to(lead, session_view(lead, case.code), row).people == (lead, people["inspector_kv1"])
    with pytest.raises(BadInput, match="chưa đến"):
        actions.hold_session(actor=lead, session=row, ends_on=today + dt.timedelta(days=1))
    with pytest.raises(BadInput, match="ngày có kết quả"):
        actions.hold_session(actor=lead, session=row, outcome="Tuyên phạt 3 năm tù")
    actions.hold_session(actor=lead, session=row, shown_kinds=["hinh_anh", "so_do"])
    row.refresh_from_db()
    assert (row.state, row.ends_on, row.shown_kinds) == ("da_dien_ra", today, ["so_do", "hinh_anh"])
    # of two who act at once one is told of the other, and nothing is written over
    with pytest.raises(Conflict):
        actions.hold_session(actor=lead, session=stale)
    with pytest.raises(Conflict):
        actions.adjourn_session(actor=lead, session=stale, reason="Vắng bị cáo")
    with pytest.raises(Conflict):
        actions.call_off_session(actor=lead, session=stale, reason="Trả hồ sơ")
    for late in ({"venue": "Nơi khác"}, {"starts_on": None}):
        # that it is over comes first: nobody mends a value for nothing
        with pytest.raises(Conflict):
            actions.change_session(actor=lead, session=stale, values=late)
    row.refresh_from_db()
    assert (row.state, row.venue, row.reason) == ("da_dien_ra", "Phòng xử số 2", "")
    # no session for learning: nothing to remark
    with pytest.raises(Conflict, match="rút kinh nghiệm"):
        actions.remark_on_session(actor=lead, session=row, remarks="Tốt")


def test_what_was_written_wrongly_of_a_session_is_put_right(case: CaseFile, people: dict[str, User]) -> None:
    lead, helper, today = people["prosecutor_kv1"], people["inspector_kv1"], timezone.localdate()
    helping = access.assign(actor=people["chief_kv1"], case=case, user=helper, role="inspector")
    row = planned(lead, case, is_learning=True)
    with pytest.raises(Conflict, match="đã diễn ra"):
        actions.correct_session(actor=lead, session=row, reason="Ghi nhầm", values={"venue": "Nơi khác"})
    actions.hold_session(actor=lead, session=row, outcome="Trả hồ sơ", outcome_on=today)
    actions.remark_on_session(actor=lead, session=row, remarks="Tốt")
    access.end_assignment(actor=people["chief_kv1"], assignment=helping)
    seen = fingerprint(row)
    for wrong, error, named in (
        ({"reason": " "}, BadInput, "reason"),
        ({"values": {"starts_on": today + dt.timedelta(days=1), "ends_on": None}}, BadInput, "starts_on"),
        ({"values": {"ends_on": today + dt.timedelta(days=1)}}, BadInput, "ends_on"),
        ({"values": {"is_learning": False}}, Conflict, "is_learning"),
        ({"values": {"outcome": "Phạt tù"}}, BadInput, "outcome"),
        ({"shown_kinds": ["phim"]}, BadInput, "shown_kinds"),
        ({"procurators": [people["other_prosecutor_kv1"]]}, BadInput, "procurators"),
    ):
        with pytest.raises(error) as refused:
            actions.correct_session(actor=lead, session=row, **cast("Any", {"reason": "Ghi nhầm", **wrong}))
        assert refused.value.field == named
    # who was there on that day is named, though no longer assigned
    client = APIClient()
    client.force_authenticate(lead)
    address = f"/api/vks/court-sessions/{row.pk}/"
    assert "correct" in client.get(address).data["may"]
    assert client.patch(address, {"venue": "Phòng số 2"}, format="json").status_code == 400
    given = {"venue": "Phòng số 2", "procurators": [helper.username], "shown_kinds": ["so_do"], "reason": "Ghi nhầm"}
    told = client.patch(address, given, format="json")
    assert told.status_code == 200, told.data
    assert [each["username"] for each in told.data["procurators"]] == [helper.username]
    row.refresh_from_db()
    assert (row.state, row.venue, row.shown_kinds, row.outcome) == ("da_dien_ra", "Phòng số 2", ["so_do"], "Trả hồ sơ")
    with pytest.raises(Conflict, match="vừa sửa"):
        actions.correct_session(actor=lead, session=row, reason="Ghi nhầm", values={"venue": "Nơi khác"}, seen=seen)


def test_what_came_of_it_names_a_verdict_of_the_same_case(case: CaseFile, people: dict[str, User]) -> None:
    lead, today = people["prosecutor_kv1"], timezone.localdate()
    row = planned(lead, case, is_learning=True)
    with pytest.raises(Conflict, match="đã diễn ra"):
        actions.record_outcome(actor=lead, session=row, outcome="Tuyên án", outcome_on=today)
    actions.hold_session(actor=lead, session=row)
    event = ProceduralEvent.objects.create(
        case=case, event="tuyen_an", happened_on=today, number="15/2026/HS-ST", recorded_by=lead
    )
    other = ProceduralEvent.objects.create(case=case, event="mo_phien_toa", happened_on=today, recorded_by=lead)
    for verdict in (other.pk, 999_999):
        with pytest.raises(BadInput) as refused:
            actions.record_outcome(actor=lead, session=row, verdict=verdict)
        assert refused.value.field == "verdict"
    with pytest.raises(BadInput):
        actions.record_outcome(actor=lead, session=row, outcome="Sớm", outcome_on=today - dt.timedelta(days=1))
    actions.record_outcome(actor=lead, session=row, verdict=event.pk)
    row.refresh_from_db()
    assert (row.verdict, row.outcome_on) == (event, today)
    # a judgment that is withdrawn since is told as such, and who writes the rest anew does not lose it unseen
    event.withdrawn_at, event.withdrawn_by = timezone.now(), lead
    event.save()
    client = APIClient()
    client.force_authenticate(lead)
    address = f"/api/vks/court-sessions/{row.pk}/"
    assert client.get(address).data["verdict_withdrawn"] is True
    again = client.post(f"{address}outcome/", {"outcome": "Sửa", "outcome_on": f"{today}", "verdict": event.pk})
    assert (again.status_code, again.data["verdict"]) == (200, event.pk)
    with pytest.raises(BadInput):
        actions.record_outcome(actor=lead, session=planned_and_held(lead, case), verdict=event.pk)
    # what was learned is for who works on the case and who leads, not for who only reads it
    actions.remark_on_session(actor=people["chief_kv1"], session=row, remarks="Hỏi còn dài.\nTranh luận tốt.")
    borrower = people["inspector_kv1"]
    access.assign(actor=people["chief_kv1"], case=case, user=borrower, role="qc_reviewer")
    read = {
        who: told_to(people[who], session_view(people[who], case.code), row)
        for who in ("prosecutor_kv1", "chief_province", "inspector_kv1")
    }
    row.refresh_from_db()
    assert {who: bool(told.remarks) for who, told in read.items()} == {
        "prosecutor_kv1": True,
        "chief_province": True,
        "inspector_kv1": False,
    }
    assert {who: sorted(told.may) for who, told in read.items()} == {
        "prosecutor_kv1": ["correct", "import_log", "record_outcome", "remark"],
        "chief_province": [],
        "inspector_kv1": [],
    }


def test_an_adjourned_session_plans_the_next_with_its_people(case: CaseFile, people: dict[str, User]) -> None:
    lead, today = people["prosecutor_kv1"], timezone.localdate()
    row = planned(lead, case, is_mobile=True, participants="Ông Hội thẩm")
    for given in ({"reason": ""}, {"reason": "Vắng bị cáo", "next_on": today}):
        with pytest.raises(BadInput):
            actions.adjourn_session(actor=lead, session=row, **given)
    # the day it is opened again is refused by its own name
    with pytest.raises(BadInput) as refused:
        actions.adjourn_session(
            actor=lead, session=row, reason="Vắng bị cáo", next_on=today.replace(year=today.year + 9)
        )
    assert refused.value.field == "next_on"
    row.refresh_from_db()
    assert row.state == "du_kien"
    later = today + dt.timedelta(days=20)
    actions.adjourn_session(actor=lead, session=row, reason="Vắng bị cáo", next_on=later)
    first, second = CourtSession.objects.order_by("number")
    assert (first.state, first.reason, first.following) == ("hoan", "Vắng bị cáo", second)
    assert (second.number, second.state, second.starts_on) == (2, "du_kien", later)
    assert (second.court, second.is_mobile, second.participants) == (COURT, True, "Ông Hội thẩm")
    assert [each.user for each in second.procurators.all()] == [lead]
    with pytest.raises(BadInput, match="chưa đến ngày"):
        actions.hold_session(actor=lead, session=second)
    actions.call_off_session(actor=lead, session=second, reason="Tòa án trả hồ sơ")
    assert CourtSession.objects.filter(state="khong_mo").get() == second


def test_a_report_of_crime_has_no_session(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    report = register(
        actor=people["clerk_kv1"],
        unit=units["QN-KV1"],
        kind="crime_report",
        accused=[],
        details={"report_type": "to_giac", "content": "Bị lừa chuyển tiền"},
    )
    access.assign(actor=people["chief_kv1"], case=report, user=people["prosecutor_kv1"], role="prosecutor_lead")
    with pytest.raises(Conflict, match="không có phiên tòa"):
        planned(people["prosecutor_kv1"], report)


def test_on_appeal_the_office_above_appears_and_records(case: CaseFile, people: dict[str, User]) -> None:
    above = people["chief_province"]
    with pytest.raises(NotAllowed):
        planned(above, case, procurators=[])
    row = planned(above, case, court_level="phuc_tham", procurators=[])
    assert row.unit.code == "QN"
    # it is not turned into a trial by who may not record one
    with pytest.raises(NotAllowed):
        actions.change_session(actor=above, session=row, values={"court_level": "so_tham"})
    with pytest.raises(NotAllowed):
        planned(people["clerk_kv1"], case, procurators=[])
    with pytest.raises(NotFound):
        planned(people["other_prosecutor_kv1"], case, procurators=[])


def test_on_appeal_the_office_above_the_one_at_the_trial_appears(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    # the province prosecuted and appointed an office below for the trial (Điều 239): that court's judgment is appealed
    case.unit, case.trial_unit = units["QN"], units["QN-KV1"]
    case.save()
    chief = people["chief_province"]
    first = planned(chief, case, procurators=[])
    appeal = planned(chief, case, court_level="phuc_tham", procurators=[])
    assert (first.unit.code, appeal.unit.code) == ("QN-KV1", "QN")
    view = session_view(chief, case.code)
    # of an office no other stands above it is the office itself
    view.case.trial_unit = None
    assert office_at(view.case, "phuc_tham") == view.case.unit
    # whoever leads the office at the trial leads the trial
    assert may_plan(people["chief_kv1"], session_view(people["chief_kv1"], case.code)) == ["so_tham", "phuc_tham"]


def test_sessions_are_counted_by_office_period_and_kind(case: CaseFile, people: dict[str, User]) -> None:
    lead, today = people["prosecutor_kv1"], timezone.localdate()
    learning = planned(lead, case, is_learning=True)
    actions.hold_session(actor=lead, session=learning, shown_kinds=["so_do"])
    assert not trial_facts(case).closed_trial
    planned(lead, case, starts_on=today + dt.timedelta(days=40), is_closed=True)
    # the panel may close a session of a case that nobody marked so
    assert trial_facts(case).closed_trial
    planned(people["chief_province"], case, court_level="phuc_tham", procurators=[])
    client = APIClient()
    client.force_authenticate(lead)

    def count(**asked: str) -> int:
        answer = client.get("/api/vks/court-sessions/", asked)
        assert answer.status_code == 200, answer.data
        assert answer.data["count"] == len(answer.data["results"])
        return int(answer.data["count"])

    assert count() == 3
    assert count(learning="true", unit="QN-KV1", since=f"{today}", until=f"{today}", state="da_dien_ra") == 1
    assert count(learning="true", since=f"{today + dt.timedelta(days=1)}") == 0
    assert (count(presented="true"), count(presented="false")) == (1, 2)
    assert (count(closed="true"), count(court_level="phuc_tham"), count(unit="QN")) == (1, 1, 1)
    assert (count(case=case.code), count(case="HS-KHAC")) == (3, 0)
    assert client.get("/api/vks/court-sessions/", {"unit": "KHÔNG-CÓ"}).status_code == 400
    # what is written of one that did not take place says nothing of a court's screen
    CourtSession.objects.exclude(pk=learning.pk).update(shown_kinds=["so_do"])
    assert (count(presented="true"), count(presented="false")) == (1, 2)
    # nobody else counts them
    client.force_authenticate(people["prosecutor_kv3"])
    assert count() == 0
    # what is not known is refused by its field
    client.force_authenticate(lead)
    address = f"/api/vks/court-sessions/{learning.pk}/"
    assert client.post(f"{address}outcome/", {"outcme": "x"}, format="json").status_code == 400
    assert client.patch(address, {"procurators": ["outsider"]}, format="json").data["field"] == "procurators"
    shown = client.get(address).data
    assert (shown["shown_kinds"], shown["procurators"][0]["username"]) == (["so_do"], lead.get_username())
