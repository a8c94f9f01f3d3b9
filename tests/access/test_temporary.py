"""Opening a case for a while: two people, a reason, an end; and no word to whoever asks about a case that is not theirs."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from tests.access.test_projection import found, listed, told
from tests.people import FiledCase
from vks_plugin.access import actions as access
from vks_plugin.access import temporary
from vks_plugin.access.actions import edit_case
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.queries import visible_cases, visible_documents, who_can_see
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.host.permissions import Grant, grants_of
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

WHY = "Bị can trốn, cần hồ sơ ngay trong đêm để ra lệnh bắt."


def _asked(
    people: dict[str, User], filed_case: FiledCase, name: str = "prosecutor_kv3", hours: int = 2
) -> TemporaryAccess:
    return temporary.request_emergency(actor=people[name], code=filed_case.case.code.lower(), reason=WHY, hours=hours)


def test_nothing_is_open_before_a_second_person_approves(filed_case: FiledCase, people: dict[str, User]) -> None:
    asker = people["prosecutor_kv3"]
    row = _asked(people, filed_case)
    assert listed(asker) == set()
    for name in ("prosecutor_kv3", "prosecutor_kv1", "chief_kv3", "admin_province", "clerk_kv1"):
        assert not temporary.answerable_by(people[name]).exists(), name
        with pytest.raises(NotFound):
            temporary.approve_emergency(actor=people[name], request_id=row.pk)
    assert listed(asker) == set()
    temporary.approve_emergency(actor=people["deputy_kv1"], request_id=row.pk)
    # the case file, nothing internal, and nothing to change
    assert listed(asker) == set(filed_case.host_ids[:3])
    assert found(asker, "khoi to") == set(filed_case.host_ids[:2])
    assert visible_cases(asker).count() == 1
    assert asker in {person for person, _ in who_can_see(filed_case.case)}
    actions = {
        grant.action
        for grants in grants_of(filed_case.host_ids).values()
        for grant in grants
        if grant.holder == "user" and grant.holder_id == asker.pk
    }
    assert actions == {"view"}


def test_the_office_above_opens_to_nobody_what_is_closed_to_itself(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    asker, above, here = people["prosecutor_kv3"], people["chief_province"], people["deputy_kv1"]
    row = _asked(people, filed_case)
    assert temporary.answerable_by(above).get() == row
    edit_case(actor=here, case=filed_case.case, values={"confidentiality": "han_che_noi_bo"})
    for name in ("answerable_by", "shown_to"):
        assert not getattr(temporary, name)(above).exists(), name
    for act, named in (
        (temporary.approve_emergency, "request_id"),
        (temporary.decline_emergency, "request_id"),
        (temporary.end_temporary, "access_id"),
    ):
        with pytest.raises(NotFound):
            act(actor=above, **{named: row.pk})
    assert listed(asker) == set()
    temporary.approve_emergency(actor=here, request_id=row.pk)
    assert listed(asker) == set(filed_case.host_ids[:3])


def test_it_closes_by_itself_before_the_next_page_is_served(filed_case: FiledCase, people: dict[str, User]) -> None:
    asker = people["prosecutor_kv3"]
    begin = timezone.now()
    row = _asked(people, filed_case)
    temporary.approve_emergency(actor=people["chief_province"], request_id=row.pk)
    with time_machine.travel(begin + dt.timedelta(minutes=118), tick=False):
        assert listed(asker) == set(filed_case.host_ids[:3])
    with time_machine.travel(begin + dt.timedelta(minutes=121), tick=False):
        assert told(asker, "quye") == set()
        assert listed(asker) == set()
        assert found(asker, "khoi to") == set()
        assert not visible_cases(asker).exists()
    assert TemporaryAccess.objects.get(pk=row.pk).reason == WHY


def test_it_closes_when_told_to_and_with_the_last_post(filed_case: FiledCase, people: dict[str, User]) -> None:
    asker = people["prosecutor_kv3"]
    row = temporary.approve_emergency(actor=people["chief_kv1"], request_id=_asked(people, filed_case).pk)
    with pytest.raises(NotFound):
        temporary.end_temporary(actor=people["prosecutor_kv1"], access_id=row.pk)
    temporary.end_temporary(actor=people["chief_kv1"], access_id=row.pk)
    assert listed(asker) == set()
    assert told(asker, "quye") == set()
    with pytest.raises(Conflict):
        temporary.end_temporary(actor=people["chief_kv1"], access_id=row.pk)
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=_asked(people, filed_case).pk)
    assert listed(asker) == set(filed_case.host_ids[:3])
    organization.end_appointment(appointment=Appointment.objects.get(user=asker))
    assert listed(asker) == set()
    assert not grants_of(filed_case.host_ids[:1])[filed_case.host_ids[0]] & {
        grant
        for grant in grants_of(filed_case.host_ids[:1])[filed_case.host_ids[0]]
        if grant.holder_id == asker.pk and grant.holder == "user"
    }


def test_who_asks_is_not_told_which_cases_there_are(filed_case: FiledCase, people: dict[str, User]) -> None:
    real = _asked(people, filed_case)
    invented = temporary.request_emergency(
        actor=people["prosecutor_kv3"], code="HS-QN-KV1-2026-9999", reason=WHY, hours=2
    )
    mine = temporary.shown_to(people["prosecutor_kv3"])
    assert {row.pk for row in mine} == {real.pk, invented.pk}
    assert {(row.approved_by_id, row.ended_at) for row in mine} == {(None, None)}
    # nobody can answer for a case that is not there
    for name in ("chief_province", "chief_kv1", "chief_kv3"):
        assert invented.pk not in set(temporary.answerable_by(people[name]).values_list("pk", flat=True))


def test_a_code_that_looks_like_none_is_refused_whether_there_is_such_a_case(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    asker, real = people["prosecutor_kv3"], filed_case.case.code
    series, year = real.rpartition("-")[0], f"{timezone.localdate().year}"
    assert series == "HS-QN-KV1-2026"

    def ask(code: str, **more: bool) -> str:
        try:
            temporary.request_emergency(actor=asker, code=code, reason=WHY, hours=2, **more)
        except BadInput as error:
            return f"{error.field}: {error.message}".replace(code.upper(), "…")
        return ""

    for code in (
        real,
        real.lower(),
        f"{series}-9999",
        f"{series}-10000",
        f"HS-NT-QN-{year}-0001",
        "HS-TROM-1",
        "12.AB",
    ):
        assert ask(code) == "", code
    # another office, another prefix, a digit or a part too few, a year to come
    wrong = ("HS-QN-KV9-2026-0001", f"SH{real[2:]}", real[:-1], series, "HS-QN-KV1-206-0001", "HS-QN-KV1-2999-0001")
    for code in wrong:
        assert ask(code).startswith("code: “…” không giống mã"), code
        assert ask(code, as_written=True) == "", code
    # what somebody chose looks like nothing here; one that is there is told apart from one that is not by nothing
    CaseFile.objects.filter(code=real).update(code="HS-CU-2019-7")
    assert ask("HS-CU-2019-7") == ask("HS-CU-2019-8") != ""
    assert ask("HS-CU-2019-7", as_written=True) == ask("HS-CU-2019-8", as_written=True) == ""
    assert temporary.answerable_by(people["chief_kv1"]).filter(case_code="HS-CU-2019-7").count() == 1
    # what no case can be called is refused whatever is said
    for code in ("HS/QN/1", "ĐƠN-1", "A", "HS QN 1"):
        assert "chữ in hoa không dấu" in ask(code, as_written=True), code


def test_a_request_nobody_answers_lapses(filed_case: FiledCase, people: dict[str, User]) -> None:
    row = _asked(people, filed_case)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=25), tick=False), pytest.raises(NotFound):
        temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)
    assert listed(people["prosecutor_kv3"]) == set()


def test_bad_requests_are_refused_in_a_sentence(filed_case: FiledCase, people: dict[str, User]) -> None:
    code = filed_case.case.code
    for given, field in (
        ({"code": "", "reason": WHY, "hours": 2}, "code"),
        ({"code": code, "reason": "cần gấp", "hours": 2}, "reason"),
        ({"code": code, "reason": WHY, "hours": 0}, "hours"),
        ({"code": code, "reason": WHY, "hours": 1000}, "hours"),
    ):
        with pytest.raises(BadInput) as caught:
            temporary.request_emergency(actor=people["prosecutor_kv3"], **given)  # type: ignore[arg-type]
        assert caught.value.field == field
    with pytest.raises(NotAllowed):
        temporary.request_emergency(actor=people["outsider"], code=code, reason=WHY, hours=2)
    assert not TemporaryAccess.objects.exists()


def test_the_database_itself_wants_two_people(filed_case: FiledCase, people: dict[str, User]) -> None:
    row = _asked(people, filed_case)
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        TemporaryAccess.objects.filter(pk=row.pk).update(
            approved_by=row.user, starts_at=now, ends_at=now + dt.timedelta(hours=1)
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        TemporaryAccess.objects.filter(pk=row.pk).update(starts_at=now, ends_at=now + dt.timedelta(hours=1))


@pytest.fixture
def head(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> User:
    """Return the head of a department of the province that is in charge of investigations."""
    department = Department.objects.create(
        unit=units["QN"], code="P2", name="Phòng án trật tự xã hội", stages=["dieu_tra", "truy_to"]
    )
    organization.appoint(user=people["outsider"], unit=units["QN"], role="department_head", department=department)
    return people["outsider"]


def test_a_head_of_department_above_reads_with_a_reason(
    filed_case: FiledCase, people: dict[str, User], head: User
) -> None:
    case = filed_case.case
    assert list(visible_cases(head)) == [case]
    assert listed(head) == set()
    assert temporary.may_oversee(head, case)
    with pytest.raises(BadInput):
        temporary.open_for_oversight(actor=head, case=case, reason="xem")
    row = temporary.open_for_oversight(actor=head, case=case, reason=WHY)
    assert listed(head) == set(filed_case.host_ids[:3])
    assert row in temporary.shown_to(people["chief_kv1"])
    # the case becomes one that heads of departments above do not read
    access.edit_case(actor=people["chief_kv1"], case=case, values={"is_sexual_abuse_minor": True})
    assert listed(head) == set()
    assert told(head, "quye") == set()
    assert not visible_cases(head).exists()
    with pytest.raises(NotFound):
        temporary.open_for_oversight(actor=head, case=case, reason=WHY)


def test_a_sexual_offence_against_somebody_grown_up_closes_the_case_to_them_too(
    filed_case: FiledCase, people: dict[str, User], head: User
) -> None:
    case, lead = filed_case.case, people["prosecutor_kv1"]
    temporary.open_for_oversight(actor=head, case=case, reason=WHY)
    everything = set(filed_case.host_ids[:3])

    def reads(expected: set[int]) -> None:
        case.refresh_from_db()
        assert listed(head) == expected
        assert list(visible_cases(head)) == ([case] if expected else [])
        assert bool(told(head, "quye")) == bool(expected)
        assert listed(people["chief_province"]) >= everything

    reads(everything)
    charge = access.charge(actor=lead, case=case, accused=None, given=ChargeInput(text="141.1"))
    reads(set())
    # what was gathered under the first charge is still in the file
    charge = access.replace_charge(actor=lead, charge=charge, given=ChargeInput(text="134.1"))
    reads(set())
    for row in case.charges.order_by("-pk"):
        access.remove_entry(actor=lead, entry=row, reason="Nhập nhầm điều luật.")
    reads(everything)
    values = {"role": "victim", "full_name": "Lê Thị Mận", "is_sexual_offence_victim": True}
    access.add_entry(actor=lead, case=case, part="person", values=values)
    reads(set())


def test_oversight_ends_with_the_post_and_with_the_stage_and_stays_ended(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], head: User
) -> None:
    case, mine = filed_case.case, Appointment.objects.get(user=head)
    opened = temporary.open_for_oversight(actor=head, case=case, reason=WHY)

    def nothing_left() -> None:
        assert listed(head) == set()
        assert told(head, "quye") == set()
        assert not visible_documents(head).exists()
        assert head not in {person for person, _ in who_can_see(CaseFile.objects.get(pk=case.pk))}
        held = {grant for grants in grants_of(filed_case.host_ids).values() for grant in grants}
        assert Grant("user", head.pk, "view") not in held

    def told_of(row: TemporaryAccess) -> list[str]:
        """Return what the leaders read of it, and what the ledger has."""
        (shown,) = temporary.told_to(people["chief_kv1"], temporary.shown_to(people["chief_kv1"]).filter(pk=row.pk))
        kinds = LedgerEntry.objects.filter(case=case, kind__startswith="access_").order_by("seq")
        return [shown.state, *kinds.values_list("kind", flat=True)]

    # the case goes on to a stage of another department
    Department.objects.filter(code="P2").update(stages=["dieu_tra"])
    happened = {"event": "nhan_ho_so", "happened_on": dt.date(2026, 5, 22)}
    event = access.record_event(actor=people["prosecutor_kv1"], case=case, **happened)
    nothing_left()
    ended = ["access_opened", "access_ended_with_post"]
    assert told_of(opened) == ["closed", *ended]
    access.withdraw_event(actor=people["prosecutor_kv1"], event=event, reason="Ghi nhầm vụ án")
    # it was for that stage then: whoever is in charge again says why again
    nothing_left()
    case.refresh_from_db()
    opened = temporary.open_for_oversight(actor=head, case=case, reason=WHY)
    assert listed(head) == set(filed_case.host_ids[:3])
    # the person gets another post, and leaves this one
    organization.appoint(user=head, unit=units["QN-KV3"], role="prosecutor")
    organization.end_appointment(appointment=mine)
    nothing_left()
    assert told_of(opened) == ["closed", *ended, *ended]
    # and gets it back while the days that were opened run on
    organization.appoint(user=head, unit=units["QN"], role=mine.role, department=mine.department)
    assert listed(head) == set()
    assert told(head, "quye") == set()
    assert list(visible_cases(head)) == [case]
    assert temporary.may_oversee(head, CaseFile.objects.get(pk=case.pk))


def test_only_they_do(filed_case: FiledCase, people: dict[str, User], head: User) -> None:
    for name, error in (("clerk_kv1", NotAllowed), ("prosecutor_kv3", NotFound), ("chief_province", NotAllowed)):
        with pytest.raises(error):
            temporary.open_for_oversight(actor=people[name], case=filed_case.case, reason=WHY)
    assert not TemporaryAccess.objects.exists()


def test_the_page_of_the_case_is_served_while_it_is_open(filed_case: FiledCase, people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["prosecutor_kv3"])
    address = f"/vks/cases/{filed_case.case.code}/"
    assert client.get(address).status_code == 404
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=_asked(people, filed_case).pk)
    assert client.get(address).status_code == 200
