"""What agencies outside passed on between them, as from court to court on appeal: said here, since they do not use the system."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.custody.test_hand_overs import AGENCY, COURT, IN, PASSED, TO_COURT
from vks_plugin import acts
from vks_plugin.cases.models import CaseFile, Exhibit, Volume
from vks_plugin.custody import actions, into_log
from vks_plugin.custody.actions.hand_overs import Terms, accept, cancel, draft, hand_over
from vks_plugin.custody.actions.holding import state_beginning, state_passed_on
from vks_plugin.custody.models import HandOver, Holding, Keeper, LedgerEntry
from vks_plugin.custody.queries import verify
from vks_plugin.custody.queries.hand_overs import outside_keeper, outstanding_of
from vks_plugin.custody.queries.holding import holder_of, way_back
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.disposal import erasure
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.organization.models import UnitSuccession
from vks_plugin.web.custody_forms import HandOverForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

APPEAL = "Tòa án nhân dân tỉnh Quảng Ninh"
HIGH = "Tòa phúc thẩm Tòa án nhân dân tối cao tại Hà Nội"
LETTER = "Công văn số 12/TA-HS ngày 03/9/2026 của Tòa án nhân dân khu vực 1"
BACK = Terms(part="hsva", direction="ta_vks", reason="phuc_tham", agency=APPEAL)


def ago(**how_long: float) -> dt.datetime:
    return (timezone.now() - dt.timedelta(**how_long)).replace(second=0, microsecond=0)


def received(clerk: User, case: CaseFile, terms: Terms, **more: Any) -> HandOver:
    row = hand_over(actor=clerk, case=case, terms=terms)
    return accept(actor=clerk, row=row, awaits_paper=True, **({"checks": PASSED} | more))


def passed_on(clerk: User, case: CaseFile, *, giver: str = COURT, agency: str = APPEAL, **more: Any) -> Holding:
    said: dict[str, Any] = {"happened_at": timezone.now(), "known_from": LETTER} | more
    return state_passed_on(actor=clerk, case=case, giver=giver, agency=agency, **said)


def kept_by(case: CaseFile) -> list[tuple[str, str]]:
    return [(each.keeper_name, each.cause) for each in Holding.objects.filter(case=case, part="hsva").order_by("since")]


@pytest.fixture
def clerk(people: dict[str, User]) -> User:
    return people["clerk_kv1"]


@pytest.fixture
def at_court(case: CaseFile, clerk: User) -> CaseFile:
    """Return the case in three volumes, with an exhibit, whose file came to its office and went to court a week ago."""
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", seal_number="NP-7", accompanies_file=True)
    received(clerk, case, IN, happened_at=ago(days=9))
    received(clerk, case, TO_COURT, happened_at=ago(days=7))
    return case


def test_a_file_that_went_from_court_to_court_comes_back_from_the_last(at_court: CaseFile, clerk: User) -> None:
    """Who names the court that has it by now is told how to say so; then it is taken in from that one."""
    with pytest.raises(Conflict, match="Ghi cơ quan ngoài chuyển hồ sơ cho nhau") as refused:
        hand_over(actor=clerk, case=at_court, terms=BACK)
    assert refused.value.field == "agency"
    assert (COURT in refused.value.message, APPEAL in refused.value.message) == (True, True)
    assert outside_keeper(clerk, at_court) == COURT
    made = passed_on(clerk, at_court, agency=f"  {APPEAL}  ", happened_at=ago(days=3), known_from=f"{LETTER}\n")
    assert (made.keeper_name, made.since, made.known_from) == (APPEAL, ago(days=3), LETTER)
    assert list(otherwise_than_recorded()) == []
    # the way back is that of a court, and the court is the last one
    form = HandOverForm(user=clerk, case=at_court)
    assert (way_back(at_court), form.chosen_direction, form.initial["agency"]) == ("ta_vks", "ta_vks", APPEAL)
    with pytest.raises(Conflict, match=APPEAL):
        hand_over(actor=clerk, case=at_court, terms=replace(BACK, agency=COURT))
    row = received(clerk, at_court, replace(BACK, agency=APPEAL.upper()), happened_at=ago(days=1))
    assert (row.giver_agency, [each["number"] for each in row.volumes]) == (APPEAL, [1, 2, 3])
    assert kept_by(at_court) == [
        (AGENCY, "assumed"),
        (at_court.unit.name, "hand_over"),
        (COURT, "hand_over"),
        (APPEAL, "passed_on"),
        (at_court.unit.name, "hand_over"),
    ]
    rows = list(Holding.objects.filter(case=at_court, part="hsva").order_by("since"))
    assert [each.until for each in rows] == [*(each.since for each in rows[1:]), None]
    assert list(otherwise_than_recorded()) == []
    assert outside_keeper(clerk, at_court) == ""


def test_of_what_kind_the_last_agency_is_nobody_said(at_court: CaseFile, clerk: User) -> None:
    """A court may pass the file to a procuracy that does not use the system, which gives it back as one."""
    other = "Viện kiểm sát nhân dân tối cao"
    passed_on(clerk, at_court, agency=other)
    row = received(clerk, at_court, Terms(part="hsva", direction="khac_vks", reason="phuc_tham", agency=other))
    assert (row.direction, holder_of(at_court).keeper.unit) == ("khac_vks", at_court.unit)


def test_one_that_was_only_stated_or_assumed_may_have_passed_it_on_too(
    case: CaseFile, clerk: User, people: dict[str, User]
) -> None:
    with pytest.raises(Conflict, match="chỉ là suy ra"):
        passed_on(clerk, case, giver=AGENCY, agency=COURT)
    state_beginning(actor=clerk, case=case, part="hsva", keeper=Keeper(agency=AGENCY), since=ago(days=30))
    # an agency that was reorganised
    new = "Cơ quan Cảnh sát điều tra Công an khu vực 1"
    passed_on(people["chief_kv1"], case, giver=AGENCY.upper(), agency=new, happened_at=ago(days=20))
    assert kept_by(case) == [(AGENCY, "stated"), (new, "passed_on")]
    assert way_back(case) == ""
    received(clerk, case, replace(IN, agency=new))
    assert list(otherwise_than_recorded()) == []


def test_what_cannot_be_is_refused_with_a_sentence(
    at_court: CaseFile, clerk: User, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    before = kept_by(at_court)
    ours = units["QN-KV3"]
    wrong: list[tuple[dict[str, Any], type[VksError], str, str]] = [
        ({"agency": " "}, BadInput, "agency", "tên cơ quan"),
        ({"agency": "T" * 201}, BadInput, "agency", "quá 200"),
        ({"agency": COURT.lower()}, BadInput, "agency", "đã ở"),
        ({"agency": ours.name}, BadInput, "agency", "tự ghi nhận"),
        ({"giver": APPEAL, "agency": HIGH}, Conflict, "", "Hãy tải lại trang"),
        ({"known_from": " \n"}, BadInput, "known_from", "số, ngày văn bản"),
        ({"known_from": "C" * 301}, BadInput, "known_from", "300"),
        ({"happened_at": timezone.now() + dt.timedelta(minutes=2)}, BadInput, "happened_at", "tương lai"),
        ({"happened_at": ago(days=8)}, BadInput, "happened_at", "chỉ có hồ sơ từ"),
        ({"happened_at": timezone.now().replace(year=1026)}, BadInput, "happened_at", "trước năm"),
    ]
    for said, refusal, field, words in wrong:
        with pytest.raises(refusal, match=words) as refused:
            passed_on(clerk, at_court, **said)
        assert (refused.value.field or "") == field, said
    for actor, refusal in (("prosecutor_kv1", NotAllowed), ("clerk_kv3", NotFound), ("outsider", NotFound)):
        with pytest.raises(refusal):
            passed_on(people[actor], at_court)
        assert outside_keeper(people[actor], at_court) == ""
    # who records that it comes back says first that it does not
    row = draft(actor=clerk, case=at_court, terms=replace(BACK, agency=COURT))
    with pytest.raises(Conflict, match="chưa xong"):
        passed_on(clerk, at_court)
    cancel(actor=clerk, row=row, reason="Tòa đã chuyển tiếp")
    assert kept_by(at_court) == before
    passed_on(clerk, at_court)
    # sent twice it is said once
    with pytest.raises(Conflict, match="Hãy tải lại trang"):
        passed_on(clerk, at_court)
    received(clerk, at_court, BACK)
    with pytest.raises(Conflict, match="chỉ ghi được khi hồ sơ đang ở cơ quan ngoài"):
        passed_on(clerk, at_court, giver=APPEAL, agency=HIGH)
    assert LedgerEntry.objects.filter(case=at_court, kind="paper_passed_on").count() == 1


def test_what_is_lent_outside_is_not_passed_on(at_court: CaseFile, clerk: User, people: dict[str, User]) -> None:
    received(clerk, at_court, replace(BACK, agency=COURT))
    loan = actions.request_loan(
        actor=clerk,
        code=at_court.code,
        form="paper",
        purpose="Nghiên cứu hồ sơ vụ án",
        until=timezone.localdate() + dt.timedelta(days=9),
        outside_name="Lê Văn A",
        outside_agency="Đoàn luật sư",
    )
    actions.approve_loan(actor=people["chief_kv1"], loan_id=loan.pk)
    actions.issue_loan(actor=clerk, loan_id=loan.pk, volume_count=3, folio_count=300)
    held = holder_of(at_court)
    assert (held.is_lent, held.keeper.unit, outside_keeper(clerk, at_court)) == (True, None, "")
    with pytest.raises(Conflict, match="đang cho mượn"):
        passed_on(clerk, at_court, giver=held.keeper.agency)


def test_who_takes_it_in_says_so_and_need_not_know_the_case(
    at_court: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """On appeal the office above takes it in; so does one that appears at the trial, and who took over from an office."""
    for values, actor in (
        ({"stage": "phuc_tham"}, "chief_province"),
        ({"trial_unit": units["QN-KV3"]}, "clerk_kv3"),
    ):
        CaseFile.objects.filter(pk=at_court.pk).update(**values)
        case = CaseFile.objects.select_related("unit__parent", "trial_unit").get(pk=at_court.pk)
        assert outside_keeper(people[actor], case) == COURT, actor
        with transaction.atomic():
            passed_on(people[actor], case)
            assert holder_of(case).name == APPEAL
            transaction.set_rollback(True)
        CaseFile.objects.filter(pk=at_court.pk).update(stage=at_court.stage, trial_unit=None)
    UnitSuccession.objects.create(
        predecessor=units["QN-KV1"], successor=units["QN-KV3"], effective_date=timezone.localdate()
    )
    passed_on(people["clerk_kv3"], at_court)
    assert holder_of(at_court).name == APPEAL


def test_what_an_agency_kept_back_it_still_owes(at_court: CaseFile, clerk: User) -> None:
    some = PASSED._replace(documents_complete=False)
    short = received(
        clerk,
        at_court,
        Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT),
        checks=some,
        received=[1, 3],
        missing="Tập 2 Tòa còn dùng",
        happened_at=ago(days=6),
    )
    # the rest goes to the investigators, who pass it on to others
    received(
        clerk,
        at_court,
        Terms(part="hsva", direction="vks_cqdt", reason="tra_dtbs", agency=AGENCY),
        happened_at=ago(days=5),
    )
    ministry = "Cơ quan Cảnh sát điều tra Bộ Công an"
    passed_on(clerk, at_court, giver=AGENCY, agency=ministry, happened_at=ago(days=4))
    owed = {number: row.pk for number, row in outstanding_of(at_court, "hsva").items()}
    assert owed == {2: short.pk}
    # what the court owes is not asked of who has the rest
    row = hand_over(actor=clerk, case=at_court, terms=replace(IN, agency=ministry))
    assert [each["number"] for each in row.volumes] == [1, 3]
    accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=ago(days=3))
    assert set(outstanding_of(at_court, "hsva")) == {2}
    late = Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT, completes=short)
    assert received(clerk, at_court, late).giver_agency == COURT
    assert not outstanding_of(at_court, "hsva")
    assert list(otherwise_than_recorded()) == []


def test_what_follows_while_it_is_passed_on_lies_in_the_office_until_the_file_is_back(
    at_court: CaseFile, clerk: User
) -> None:
    some = PASSED._replace(documents_complete=False)
    back = Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT)
    short = received(clerk, at_court, back, checks=some, received=[1, 3], missing="Tập 2 Tòa còn dùng")
    received(clerk, at_court, replace(TO_COURT, reason="phuc_tham", agency=APPEAL))
    passed_on(clerk, at_court, giver=APPEAL, agency=HIGH)
    received(clerk, at_court, replace(back, completes=short))
    ((number, row),) = outstanding_of(at_court, "hsva").items()
    assert (number, row.giver_unit, holder_of(at_court).name) == (2, at_court.unit, HIGH)
    # given on by who has the rest, whoever received that first
    rest = hand_over(actor=clerk, case=at_court, terms=replace(TO_COURT, reason="phuc_tham", completes=row))
    assert rest.receiver.name == HIGH
    with pytest.raises(Conflict, match="chưa xong"):
        passed_on(clerk, at_court, giver=HIGH, agency=APPEAL)
    cancel(actor=clerk, row=rest, reason="Chờ hồ sơ về")
    received(clerk, at_court, replace(BACK, agency=HIGH))
    assert not outstanding_of(at_court, "hsva")
    assert list(otherwise_than_recorded()) == []


def test_what_was_said_wrongly_is_put_right_by_saying_where_it_is(at_court: CaseFile, clerk: User) -> None:
    moment = ago(days=3)
    passed_on(clerk, at_court, happened_at=moment)
    # it never left the court, then it did: in the same minute as well
    passed_on(clerk, at_court, giver=APPEAL, agency=COURT, happened_at=moment, known_from="Ghi nhầm lần trước")
    passed_on(clerk, at_court, agency=HIGH, happened_at=moment, known_from="Tòa án báo qua điện thoại")
    assert kept_by(at_court)[2:] == [
        (COURT, "hand_over"),
        (APPEAL, "passed_on"),
        (COURT, "passed_on"),
        (HIGH, "passed_on"),
    ]
    assert way_back(at_court) == "ta_vks"
    assert list(otherwise_than_recorded()) == []
    received(clerk, at_court, replace(BACK, agency=HIGH))
    assert list(otherwise_than_recorded()) == []


def _found(row: Holding, **changed: Any) -> list[str]:
    """Change a row past every door, return what is said of it, and put it back."""
    same = Holding.objects.filter(pk=row.pk)
    before = same.values(*changed).get()
    same.update(**changed)
    found = list(otherwise_than_recorded())
    same.update(**before)
    return found


@pytest.mark.parametrize("is_back", [False, True])
def test_what_is_changed_behind_the_ledger_is_named(at_court: CaseFile, clerk: User, *, is_back: bool) -> None:
    made = passed_on(clerk, at_court, happened_at=ago(days=3))
    if is_back:
        received(clerk, at_court, BACK, happened_at=ago(days=1))
    assert list(otherwise_than_recorded()) == []
    (sentence,) = _found(made, agency="Tòa án khác")
    assert "tên cơ quan ngoài" in sentence
    (sentence,) = _found(made, known_from="Tòa án báo qua điện thoại")
    assert "căn cứ biết ai giữ Hồ sơ vụ án" in sentence
    (sentence,) = _found(made, known_from="")
    assert "căn cứ biết ai giữ Hồ sơ vụ án" in sentence
    later = made.since + dt.timedelta(minutes=10)
    Holding.objects.filter(case=at_court, until=made.since).update(until=later)
    (sentence,) = _found(made, since=later)
    assert "lúc bắt đầu giữ Hồ sơ vụ án" in sentence
    Holding.objects.filter(case=at_court, until=later).update(until=made.since)
    assert _found(made, cause="hand_over", known_from="") != []
    assert list(otherwise_than_recorded()) == []
    # taken out, with the one before made to last until the next
    made.refresh_from_db()
    Holding.objects.filter(pk=made.pk).delete()
    Holding.objects.filter(case=at_court, until=made.since).update(until=made.until)
    found = list(otherwise_than_recorded())
    assert any("mà sổ cái ghi lúc" in each for each in found), found
    assert len(found) == (1 if is_back else 2)


@pytest.mark.parametrize("is_back", [False, True])
def test_a_row_no_entry_tells_of_is_named(at_court: CaseFile, clerk: User, *, is_back: bool) -> None:
    if is_back:
        received(clerk, at_court, replace(BACK, agency=COURT), happened_at=ago(days=1))
    before = Holding.objects.get(case=at_court, agency=COURT)
    since, until = ago(days=3), before.until
    Holding.objects.filter(pk=before.pk).update(until=since)
    Holding.objects.create(
        case=at_court, part="hsva", agency=APPEAL, since=since, until=until, cause="passed_on", known_from=LETTER
    )
    (sentence,) = list(otherwise_than_recorded())
    assert ("được ghi mà sổ cái không ghi" if is_back else "tên cơ quan ngoài đang giữ") in sentence


def test_one_of_several_taken_out_is_named(at_court: CaseFile, clerk: User) -> None:
    first = passed_on(clerk, at_court, happened_at=ago(days=4))
    second = passed_on(clerk, at_court, giver=APPEAL, agency=HIGH, happened_at=ago(days=3))
    received(clerk, at_court, replace(BACK, agency=HIGH), happened_at=ago(days=1))
    assert list(otherwise_than_recorded()) == []
    for row in (first, second):
        row.refresh_from_db()
        with transaction.atomic():
            Holding.objects.filter(pk=row.pk).delete()
            Holding.objects.filter(case=at_court, until=row.since).update(until=row.until)
            assert any("mà sổ cái ghi lúc" in each for each in otherwise_than_recorded())
            transaction.set_rollback(True)
    assert list(otherwise_than_recorded()) == []


def test_who_gave_it_is_compared_where_it_had_only_been_assumed(case: CaseFile, clerk: User) -> None:
    Holding.objects.create(case=case, part="hsva", agency=AGENCY, since=timezone.now(), cause="assumed")
    passed_on(clerk, case, giver=AGENCY, agency=COURT, happened_at=ago(days=3))
    assert kept_by(case) == [(AGENCY, "assumed"), (COURT, "passed_on")]
    assert list(otherwise_than_recorded()) == []
    Holding.objects.filter(case=case, cause="assumed").update(agency="Cơ quan khác")
    (sentence,) = list(otherwise_than_recorded())
    assert "nơi giữ ban đầu" in sentence


def test_the_whole_check_has_nothing_to_say_of_it(at_court: CaseFile, clerk: User) -> None:
    actions.ensure_key()
    passed_on(clerk, at_court)
    received(clerk, at_court, BACK)
    # as where the transaction ends: PostgreSQL gives entries their places then
    into_log.settle(connection)
    assert verify().problems == []


def test_the_database_keeps_what_was_passed_on_outside(at_court: CaseFile, clerk: User) -> None:
    made = passed_on(clerk, at_court)
    for wrong in ({"cause": "hand_over"}, {"agency": "", "unit": at_court.unit}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Holding.objects.filter(pk=made.pk).update(**wrong)


def test_what_told_of_it_goes_with_the_file(filed_case: FiledCase, clerk: User) -> None:
    case = filed_case.case
    state_beginning(actor=clerk, case=case, part="hsva", keeper=Keeper(agency=COURT), since=ago(days=30))
    made = passed_on(clerk, case, happened_at=ago(days=3))
    received(clerk, case, BACK, happened_at=ago(days=2))
    erasure.erase(case, timezone.now())
    made.refresh_from_db()
    assert (made.agency, made.known_from) == (APPEAL, "")
    gone = acts.ACTS["case_destroyed"]
    acts.tell("case_destroyed", actor=clerk, case=case, **dict.fromkeys([*gone.shown, *gone.hidden]))
    assert [each for each in otherwise_than_recorded() if "căn cứ" in each] == []
    assert [each for each in _found(made, known_from="Lời khai của bị can") if "căn cứ" in each] != []


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_of_two_who_say_it_at_once_one_is_told_of_the_other(at_court: CaseFile, people: dict[str, User]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    begin, said = Barrier(2), list[str]()

    def say(actor: str, agency: str) -> None:
        try:
            begin.wait(timeout=30)
            passed_on(people[actor], at_court, agency=agency)
            said.append(agency)
        except Conflict as refused:
            said.append(refused.message)
        finally:
            connection.close()

    both = [Thread(target=say, args=each) for each in (("clerk_kv1", APPEAL), ("chief_kv1", HIGH))]
    for each in both:
        each.start()
    for each in both:
        each.join(timeout=60)
    rows = Holding.objects.filter(case=at_court, cause="passed_on")
    assert [each.agency for each in rows] == [each for each in said if each in {APPEAL, HIGH}]
    assert len([each for each in said if "Hãy tải lại trang" in each]) == 1
    assert LedgerEntry.objects.filter(case=at_court, kind="paper_passed_on").count() == 1
    assert list(otherwise_than_recorded()) == []
