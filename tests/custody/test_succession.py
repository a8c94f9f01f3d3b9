"""An office takes over from others: paper, and whatever of it was begun, is with who took over; what is over stays as it was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import TestCase
from django.utils import timezone

from tests.custody.test_acts import data
from tests.custody.test_hand_overs import AGENCY, IN, PASSED, TO_COURT
from tests.custody.test_retention import ended
from tests.disposal.conftest import archived, carried_out, ready
from tests.people import make_district, register
from vks_plugin.access import actions as access
from vks_plugin.access import transfers
from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseFile, Exhibit, Volume
from vks_plugin.custody import actions as custody
from vks_plugin.custody import queries
from vks_plugin.custody.accession_papers import as_paper
from vks_plugin.custody.actions.accession import accept as take
from vks_plugin.custody.actions.accession import prepare
from vks_plugin.custody.actions.hand_overs import Terms, accept, draft, hand_over, reject, send
from vks_plugin.custody.actions.loans import approve_loan, issue_loan, request_loan, return_loan
from vks_plugin.custody.models import Accession, DigitisationBatch, HandOver, Holding, LedgerEntry, Loan
from vks_plugin.custody.printed_hand_over import hand_over_paper
from vks_plugin.custody.queries.accession import accession_for, accessions_for
from vks_plugin.custody.queries.hand_overs import (
    coming_to,
    outstanding_exhibits_of,
    people_to_receive,
    volumes_told,
)
from vks_plugin.custody.queries.holding import holder_of, keeping_told
from vks_plugin.custody.queries.loans import lenders_of
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.registers import register_lines
from vks_plugin.disposal.actions import draft as draft_disposal
from vks_plugin.disposal.models import DestructionBatch
from vks_plugin.disposal.papers import as_paper as disposal_paper
from vks_plugin.disposal.queries import acts_for, batches_for

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.access.models import Restructuring
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

WITHIN = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu")
BACK = Terms(
    part="hsva", direction="vks_cqdt", reason="tra_ho_so", agency=AGENCY, receiver_name="Lê Văn Điều", volumes=[1]
)
BETWEEN = Terms(part="hsva", direction="vks_vks", reason="nghien_cuu")
WHY = "Hết thời hạn bảo quản, không còn giá trị tra cứu"


def take_over(actor: User, old: ProcuracyUnit, new: ProcuracyUnit) -> Restructuring:
    return transfers.begin_restructuring(
        actor=actor,
        predecessors=[old],
        successor=new,
        effective_date=timezone.localdate(),
        decision="NQ 84/2025/UBTVQH15",
    )


def taken_over(actor: User, old: ProcuracyUnit, new: ProcuracyUnit) -> None:
    for _each in transfers.continue_restructuring(take_over(actor, old, new)):
        pass


@dataclass
class World:
    """What KV1 had in hand on the day before KV3 took over from it."""

    archivist: User
    at_office: CaseFile
    lent: CaseFile
    coming: HandOver
    """From the agency; nobody has received it."""
    within: HandOver
    """From the desk to the prosecutor, on its way."""
    refused: HandOver
    """To court, refused and still here; numbered."""
    begun: HandOver
    """To court, a draft."""
    in_parts: HandOver
    """Back to the agency, its second volume kept."""
    kept_back: HandOver
    """From KV1 to KV3, its second volume kept; the case is KV3's."""
    to_each_other: HandOver
    """From KV1 to KV3, on its way."""
    the_other_way: HandOver
    """From KV3 to KV1, on its way."""
    foreign: CaseFile
    """Of the province; its paper is at KV1."""
    pending: Accession
    older: Accession
    ordered: DestructionBatch
    drafted: DestructionBatch
    batch: DigitisationBatch


@pytest.fixture
def world(filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> World:
    custody.ensure_key()
    clerk, lead, kv1 = people["clerk_kv1"], people["prosecutor_kv1"], units["QN-KV1"]
    access.record_appointment(actor=people["chief_kv1"], user=people["outsider"], unit=kv1, role="archivist")
    archivist = people["outsider"]

    def made(name: str, unit: ProcuracyUnit = kv1) -> CaseFile:
        actor = clerk if unit == kv1 else people["deputy_province"]
        case = register(actor=actor, unit=unit, name=name)
        if unit == kv1:
            access.assign(actor=people["chief_kv1"], case=case, user=lead, role="prosecutor_lead")
        return case

    def here(name: str) -> CaseFile:
        case = made(name)
        accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
        return case

    at_office = here("Hồ sơ ở đơn vị")
    lent = here("Hồ sơ cho mượn")
    loan = request_loan(
        actor=lead,
        code=lent.code,
        form="paper",
        purpose="Nghiên cứu để viết cáo trạng",
        until=timezone.localdate() + dt.timedelta(days=5),
    )
    approve_loan(actor=people["chief_kv1"], loan_id=loan.pk)
    issue_loan(actor=clerk, loan_id=loan.pk, volume_count=1, folio_count=9)
    coming = hand_over(actor=clerk, case=made("Hồ sơ đang đến"), terms=IN)
    within = hand_over(actor=clerk, case=here("Hồ sơ giao nội bộ"), terms=replace(WITHIN, person=lead))
    refused = hand_over(actor=clerk, case=here("Hồ sơ Tòa chưa nhận"), terms=TO_COURT)
    reject(actor=clerk, row=refused, checks=PASSED, missing="Thiếu bản kết luận giám định")
    begun = draft(actor=clerk, case=here("Hồ sơ sắp giao"), terms=TO_COURT)
    parted = here("Hồ sơ trả từng phần")
    Volume.objects.bulk_create(Volume(case=parted, number=n, folio_from=n * 9, folio_to=n * 9 + 8) for n in (1, 2))
    in_parts = accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=parted, terms=BACK),
        checks=PASSED,
        missing="Tập 2 còn sao chụp",
        awaits_paper=True,
    )
    to_each_other = hand_over(
        actor=clerk, case=here("Hồ sơ cho khu vực 3 xem"), terms=replace(BETWEEN, other_unit=units["QN-KV3"])
    )
    of_kv3 = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Hồ sơ của khu vực 3")
    beginning = Holding(case=of_kv3, part="hsva", unit=of_kv3.unit, since=timezone.now(), cause=Holding.Cause.ASSUMED)
    beginning.save()
    the_other_way = hand_over(actor=people["clerk_kv3"], case=of_kv3, terms=replace(BETWEEN, other_unit=kv1))
    parted_too = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Hồ sơ trả khu vực 3 từng phần")
    Holding.objects.create(case=parted_too, part="hsva", unit=kv1, since=timezone.now(), cause=Holding.Cause.ASSUMED)
    Volume.objects.bulk_create(Volume(case=parted_too, number=n, folio_from=n * 9, folio_to=n * 9 + 8) for n in (1, 2))
    Exhibit.objects.create(case=parted_too, name="Con dao bầu", seal_number="NP-7", accompanies_file=True)
    some = replace(BETWEEN, reason="tra_ho_so", other_unit=units["QN-KV3"], volumes=[1])
    kept_back = accept(
        actor=people["clerk_kv3"],
        row=hand_over(actor=clerk, case=parted_too, terms=some),
        checks=PASSED._replace(exhibits_complete=False),
        received_exhibits=[],
        missing="Tập 2 còn sao chụp, con dao còn giám định",
    )
    foreign = made("Vụ án của tỉnh", units["QN"])
    Holding.objects.create(case=foreign, part="hsva", unit=kv1, since=timezone.now(), cause=Holding.Cause.ASSUMED)
    scanned = made("Đang quét")
    batch = custody.open_batch(actor=lead, case=scanned, part="hsva")
    rows = []
    for case in (made("Đã nộp lưu"), filed_case.case):
        ended(case, lead)
        with TestCase.captureOnCommitCallbacks(execute=True):
            rows.append(prepare(actor=clerk, codes=[case.code]))
        rows[-1].refresh_from_db()
        assert (rows[-1].state, rows[-1].error) == ("cho_luu_tru", "")
    older, pending = rows
    older = take(actor=archivist, pk=older.pk)
    old_case, old_draft = made("Hết hạn bảo quản"), made("Hết hạn, mới dự thảo")
    for each in (old_case, old_draft):
        archived(each, lead)
    return World(
        archivist=archivist,
        at_office=at_office,
        lent=lent,
        coming=coming,
        within=within,
        refused=refused,
        begun=begun,
        in_parts=in_parts,
        kept_back=kept_back,
        to_each_other=to_each_other,
        the_other_way=the_other_way,
        foreign=foreign,
        pending=pending,
        older=older,
        ordered=ready(archivist, people, old_case.code),
        drafted=draft_disposal(actor=archivist, codes=[old_draft.code], reason=WHY),
        batch=batch,
    )


# --- what each of them finds afterwards; `people` are those of before


def _given_on_in_the_own_name(world: World, people: dict[str, User], new: ProcuracyUnit) -> None:
    """Paper that lay in the old office lies in the new one, and leaves it with that one's name, number and people."""
    clerk = people["clerk_kv3"]
    case = CaseFile.objects.get(pk=world.at_office.pk)
    held = holder_of(case)
    assert (held.keeper.unit, held.holding and held.holding.get_cause_display()) == (new, "Đơn vị kế thừa tiếp nhận")
    lead = people["prosecutor_kv1"]
    assert lead in people_to_receive(case, new)
    # of the supervision file nobody had said where it was: the new office is not said to have had it before it came
    accept(
        actor=lead,
        row=hand_over(actor=clerk, case=case, terms=replace(WITHIN, part="hsks", person=lead)),
        checks=PASSED,
    )
    first = Holding.objects.filter(case=case, part="hsks").earliest("since")
    assert (first.unit, first.since) == (new, LedgerEntry.objects.get(case=case, kind="case_taken_over").at)
    within = hand_over(actor=clerk, case=case, terms=replace(WITHIN, person=lead))
    accept(actor=lead, row=within, checks=PASSED)
    out = hand_over(actor=lead, case=case, terms=TO_COURT)
    assert (out.number_unit, out.number, out.giver.place) == (new, 3, new.name)
    paper = hand_over_paper(out)
    assert paper.agency == new.name
    assert "Viện kiểm sát nhân dân khu vực 1" not in " ".join(paper.opening)


def _received_by_who_took_over(world: World, people: dict[str, User], old: ProcuracyUnit, new: ProcuracyUnit) -> None:
    """What was on its way comes to the new office; its number and who gave it stay as they are on paper."""
    clerk, lead = people["clerk_kv3"], people["prosecutor_kv1"]
    assert {world.coming.pk, world.to_each_other.pk} <= {each.pk for each in coming_to(clerk)}
    assert world.within.pk in {each.pk for each in coming_to(lead)}
    coming = accept(actor=clerk, row=world.coming, checks=PASSED, awaits_paper=True)
    assert holder_of(coming.case).keeper.unit == new
    assert (coming.number_unit, coming.number) == (old, world.coming.number)
    within = accept(actor=lead, row=world.within, checks=PASSED)
    keeper = holder_of(within.case).keeper
    assert (keeper.unit, keeper.person, within.giver.place) == (new, lead, old.name)
    # both sides are one office by now: what is received lies where it is
    between = accept(actor=clerk, row=world.to_each_other, checks=PASSED)
    assert (between.state, holder_of(between.case).keeper.unit) == ("da_nhan", new)
    between = accept(actor=people["chief_kv3"], row=world.the_other_way, checks=PASSED)
    assert (between.state, holder_of(between.case).keeper.unit) == ("da_nhan", new)


def _sent_by_who_took_over(world: World, people: dict[str, User], old: ProcuracyUnit, new: ProcuracyUnit) -> None:
    clerk = people["clerk_kv3"]
    begun = send(actor=clerk, row=world.begun)
    assert (begun.number_unit, begun.giver_unit) == (new, new)
    # refused before, it keeps the number it was given, and goes out again from who has it now
    again = send(actor=clerk, row=world.refused)
    assert (again.number_unit, again.number, again.giver_unit) == (old, world.refused.number, new)
    for row in (begun, again):
        accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
        assert holder_of(row.case).keeper.agency == TO_COURT.agency


def _what_stayed_behind(world: World, people: dict[str, User], new: ProcuracyUnit) -> None:
    """A volume the old office kept when it gave the file away is with who took over, who gives it in its own name."""
    clerk, before = people["clerk_kv3"], world.in_parts
    told = keeping_told(clerk, case_for(clerk, before.case.code))
    assert [each.name for each in volumes_told(clerk, before.case, told) if each.place == "left_behind"] == [new.name]
    rest = hand_over(actor=clerk, case=before.case, terms=replace(BACK, volumes=None, completes=before))
    assert (rest.giver_unit, rest.number_unit) == (new, new)


def _kept_back_from_who_took_over(world: World, people: dict[str, User], new: ProcuracyUnit) -> None:
    """A volume the old office had kept back from the new one is in the file again, and goes to court with it."""
    clerk, before = people["clerk_kv3"], world.kept_back
    case = case_for(clerk, before.case.code)
    told = [each for each in volumes_told(clerk, case.case, keeping_told(clerk, case)) if each.part == "hsva"]
    assert [(each.line["number"], each.place, each.name) for each in told] == [
        (1, "with_file", new.name),
        (2, "with_file", new.name),
    ]
    said = data(LedgerEntry.objects.get(case=before.case, kind="paper_taken_over"))
    assert (said["unit_before"], said["unit"], said["volume_numbers"]) == ("QN-KV1", new.code, [2])
    assert (said["exhibits_joined"], outstanding_exhibits_of(before.case)) == ([before.exhibits[0]["id"]], {})
    out = hand_over(actor=clerk, case=case.case, terms=TO_COURT)
    assert [each["number"] for each in out.volumes] == [1, 2]
    assert [each["name"] for each in out.exhibits] == ["Con dao bầu"]


def _paper_of_others(world: World, people: dict[str, User], new: ProcuracyUnit) -> None:
    """Of a case that is another office's the paper goes along too; the case stays."""
    case = CaseFile.objects.get(pk=world.foreign.pk)
    assert (case.unit.code, holder_of(case).keeper.unit) == ("QN", new)
    entry = LedgerEntry.objects.get(case=case, kind="paper_taken_over")
    said = data(entry)
    assert (said["part"], said["unit_before"], said["unit"]) == ("hsva", "QN-KV1", new.code)


def _lent(world: World, people: dict[str, User], new: ProcuracyUnit) -> None:
    row = Loan.objects.select_related("case", "borrower", "unit").get(case=world.lent)
    assert holder_of(world.lent).is_lent
    clerk = people["clerk_kv3"]
    clerk.email = "thu@vks.test"
    clerk.save(update_fields=["email"])
    assert clerk in lenders_of(row)
    return_loan(actor=clerk, loan_id=row.pk, volume_count=1, folio_count=9)
    # to the desk it was lent from, not to who borrowed it
    back = holder_of(CaseFile.objects.get(pk=world.lent.pk)).keeper
    assert (back.unit, back.person) == (new, None)


def _accessions_are_read(world: World, people: dict[str, User], old: ProcuracyUnit) -> None:
    clerk, archivist = people["clerk_kv3"], world.archivist
    assert {each.pk for each in accessions_for(clerk)} == {world.pending.pk, world.older.pk}
    assert {each.pk for each in accessions_for(archivist)} == {world.pending.pk, world.older.pk}
    # what the archive took is the old office's record for good
    older = accession_for(clerk, world.older.pk)
    assert as_paper(older, "record").agency == old.name


def _accession_is_taken(world: World, new: ProcuracyUnit) -> None:
    taken = take(actor=world.archivist, pk=world.pending.pk)
    assert (taken.unit, taken.number, as_paper(taken, "record").agency) == (new, 1, new.name)
    (item,) = taken.items.select_related("case")
    assert item.case.status == "da_nop_luu"
    entry = LedgerEntry.objects.filter(case=item.case, kind="accession_taken_over").latest("pk")
    assert (data(entry)["accession"], data(entry)["unit"]) == (taken.pk, new.code)


def _disposals(world: World, people: dict[str, User], old: ProcuracyUnit, new: ProcuracyUnit) -> None:
    archivist = world.archivist
    assert {each.pk for each in batches_for(people["chief_kv3"])} == {world.ordered.pk, world.drafted.pk}
    ordered = batches_for(archivist).get(pk=world.ordered.pk)
    assert {"execute", "cancel"} <= acts_for(archivist, ordered)
    done = carried_out(archivist, ordered)
    # approved, printed and signed before
    assert (done.state, done.unit) == ("da_tieu_huy", old)
    assert disposal_paper(done, "record").agency == old.name
    outcome = disposal_paper(done, "outcome")
    assert (outcome.agency, old.name in outcome.opening[0]) == (new.name, True)
    assert DestructionBatch.objects.get(pk=world.drafted.pk).unit == new
    entry = LedgerEntry.objects.filter(kind="disposal_taken_over").latest("pk")
    assert (data(entry)["disposal"], data(entry)["unit"]) == (world.drafted.pk, new.code)


def _registers(people: dict[str, User], old: ProcuracyUnit) -> None:
    """The old office's register has no hole, whatever became of what it numbered."""
    day = timezone.localdate()
    _found, _office, lines = register_lines(
        people["clerk_kv3"], register="giao-nhan", unit=old.code, first=day, last=day
    )
    numbered = HandOver.objects.filter(number_unit=old, number_series="hand_over").values_list("number", flat=True)
    said = {int(cell.split("BB số ")[1].split("/")[0]) for line in lines for cell in line if "BB số " in cell}
    assert said >= set(numbered)


def test_what_an_office_had_in_hand_goes_on_with_who_took_over(
    world: World, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "AT_A_TIME", 5)
    old, new = units["QN-KV1"], units["QN-KV3"]
    row = take_over(people["admin_province"], old, new)
    next(transfers.continue_restructuring(row))
    own = {world.the_other_way.case_id, world.kept_back.case_id}
    moved = CaseFile.objects.filter(unit=new).exclude(pk__in=own)
    assert moved.count() == 5
    # case by case: with those that went their paper went, and nobody else's
    assert not Holding.objects.filter(case__in=moved, until__isnull=True, unit=old).exists()
    assert Holding.objects.filter(until__isnull=True, unit=old).exists()
    for _each in transfers.continue_restructuring(row):
        pass
    assert not Holding.objects.filter(until__isnull=True, unit=old).exists()
    _given_on_in_the_own_name(world, people, new)
    _received_by_who_took_over(world, people, old, new)
    _kept_back_from_who_took_over(world, people, new)
    _paper_of_others(world, people, new)
    _accessions_are_read(world, people, old)
    # and once more, by another office: what is open goes on through both
    last = make_district("QN-KV5")
    last.active_from = last.valid_from
    last.save(update_fields=["active_from"])
    taken_over(people["admin_province"], new, last)
    _sent_by_who_took_over(world, people, old, last)
    _what_stayed_behind(world, people, last)
    _lent(world, people, last)
    _accessions_are_read(world, people, old)
    _accession_is_taken(world, last)
    _disposals(world, people, old, last)
    _registers(people, old)
    assert DigitisationBatch.objects.get(pk=world.batch.pk).unit == last
    assert queries.verify().problems == []


def test_a_file_that_had_left_was_never_with_the_offices_that_took_over(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, now = people["clerk_kv1"], timezone.now().replace(second=0, microsecond=0)
    came, signed = now - dt.timedelta(days=5), now - dt.timedelta(days=2)
    left, stayed = (register(actor=clerk, unit=units["QN-KV1"], name=name) for name in ("Đã giao", "Còn ở đây"))
    given = []
    for case in (left, stayed):
        row = hand_over(actor=clerk, case=case, terms=IN)
        accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=came)
        given.append(hand_over(actor=clerk, case=case, terms=TO_COURT))
    last = make_district("QN-KV5")
    last.active_from = last.valid_from
    last.save(update_fields=["active_from"])
    taken_over(people["admin_province"], units["QN-KV1"], units["QN-KV3"])
    taken_over(people["admin_province"], units["QN-KV3"], last)
    clerk = people["clerk_kv3"]
    # entries state a moment to the second: what is recorded later is not of the second of the take-over
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2), tick=True):
        for row, happened_at in zip(given, (signed, None), strict=True):
            accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=happened_at)
    rows = {case.pk: list(Holding.objects.filter(case=case, part="hsva").order_by("since")) for case in (left, stayed)}
    assert [(each.keeper_name, each.since, each.until) for each in rows[left.pk]][1:] == [
        (units["QN-KV1"].name, came, signed),
        (TO_COURT.agency, signed, None),
    ]
    assert [each.cause for each in rows[stayed.pk]] == ["assumed", "hand_over", "succession", "succession", "hand_over"]
    assert rows[left.pk][0].until == came
    entry = LedgerEntry.objects.filter(case=left, kind="hand_over_accepted").latest("seq")
    assert data(entry)["happened_at"] == f"{signed.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert list(otherwise_than_recorded()) == []
    # a keeper that was there is missed, and the day of one that was not is compared
    for gone, before in ((rows[stayed.pk][2], rows[stayed.pk][1]), (rows[stayed.pk][3], rows[stayed.pk][2])):
        gone.delete()
        Holding.objects.filter(pk=before.pk).update(until=gone.until)
        (sentence,) = otherwise_than_recorded()
        assert sentence.startswith(f"{stayed.code}: lần giữ Hồ sơ vụ án mà sổ cái ghi lúc ")
        Holding.objects.filter(pk=before.pk).update(until=before.until)
        gone.save(force_insert=True)
    later = signed + dt.timedelta(hours=5)
    Holding.objects.filter(pk=rows[left.pk][1].pk).update(until=later)
    Holding.objects.filter(pk=rows[left.pk][2].pk).update(since=later)
    (sentence,) = otherwise_than_recorded()
    assert sentence.startswith(f"{left.code}: lúc bắt đầu giữ Hồ sơ vụ án")


def test_what_nobody_had_recorded_is_recorded_where_both_sides_are_one_office_by_now(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    custody.ensure_key()
    clerk, kv1, kv3 = people["clerk_kv1"], units["QN-KV1"], units["QN-KV3"]
    case = register(actor=clerk, unit=kv1, name="Hồ sơ kiểm sát cho khu vực 3 xem")
    row = hand_over(actor=clerk, case=case, terms=replace(BETWEEN, part="hsks", other_unit=kv3))
    assert not Holding.objects.filter(case=case).exists()
    taken_over(people["chief_province"], kv1, kv3)
    row = accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    # of the other part nothing was said
    assert [(each.part, each.unit, each.cause) for each in Holding.objects.filter(case=case)] == [
        ("hsks", kv3, "assumed")
    ]
    assert (row.state, list(otherwise_than_recorded()), queries.verify().problems) == ("da_nhan", [], [])
    # it goes on from there
    onward = replace(BETWEEN, part="hsks", other_unit=units["QN"])
    accept(
        actor=people["deputy_province"],
        row=hand_over(actor=people["clerk_kv3"], case=CaseFile.objects.get(pk=case.pk), terms=onward),
        checks=PASSED,
    )
    assert (holder_of(case, "hsks").keeper.unit, list(otherwise_than_recorded())) == (units["QN"], [])
