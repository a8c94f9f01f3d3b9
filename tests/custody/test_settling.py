"""What never came along: a leader takes it for lost or for kept for good, it stands in nobody's way, and may be found."""

from __future__ import annotations

import datetime as dt
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from tests.custody.test_acts import data, hidden
from tests.custody.test_hand_overs import COURT, IN, PASSED, TO_COURT
from tests.custody.test_succession import taken_over
from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import transfers
from vks_plugin.access.queries import case_for
from vks_plugin.access.transfers import move_case
from vks_plugin.cases.actions.folios import bind_volumes
from vks_plugin.cases.actions.record import add_entry, change_entry, remove_entry
from vks_plugin.cases.models import CaseFile, Exhibit, Volume
from vks_plugin.custody import actions, queries
from vks_plugin.custody.actions.hand_overs import Terms, accept, cancel, draft, hand_over, send
from vks_plugin.custody.actions.settling import find_rest, settle_rest
from vks_plugin.custody.models import HandOver, LedgerEntry, LoanedPart
from vks_plugin.custody.queries.accession import what_is_unfinished
from vks_plugin.custody.queries.hand_overs import (
    came_later,
    exhibits_still_out,
    exhibits_to_give,
    hand_over_for,
    outstanding_exhibits_of,
    outstanding_of,
    pieces_told,
    settled_in_words,
    still_out_in_words,
    volumes_told,
    with_volumes_elsewhere,
)
from vks_plugin.custody.queries.holding import keeping_told
from vks_plugin.custody.queries.leaving import in_person
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.queries.recorded_keeping import Told
from vks_plugin.custody.queries.recorded_paper import paper_compared
from vks_plugin.custody.queries.settled import acts_on_rest, kept_from_itself, office_owed
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.organization.models import UnitSuccession
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.test import Client

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

BACK = replace(TO_COURT, direction="ta_vks", reason="tra_ho_so", receiver_name="", receiver_title="")
WHY = "Công văn 12/TA-VP ngày 01/6/2026 của Tòa án báo không tìm thấy"
LESS = PASSED._replace(documents_complete=False, exhibits_complete=False)


def short(case: CaseFile, clerk: User) -> tuple[HandOver, Exhibit]:
    """Let a file of three volumes and two exhibits come back from the court without volume 2 and the telephone."""
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    knife, phone = (
        Exhibit.objects.create(case=case, accompanies_file=True, name=name, quantity=count, seal_number=seal)
        for name, count, seal in (("Con dao bầu", "01", "NP-7"), ("Điện thoại của Ánh", "02", "NP-8"))
    )
    for terms in (IN, TO_COURT):
        accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=terms), checks=PASSED, awaits_paper=True)
    row = accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=case, terms=BACK),
        checks=LESS,
        received=[1, 3],
        received_exhibits=[knife.pk],
        missing="Tập 2 và điện thoại Tòa còn giữ",
        awaits_paper=True,
    )
    return row, phone


@pytest.fixture
def lacking(case: CaseFile, people: dict[str, User]) -> HandOver:
    """Return the hand-over of `short`."""
    return short(case, people["clerk_kv1"])[0]


@pytest.fixture
def phone(lacking: HandOver) -> Exhibit:
    """Return the telephone that the court still has."""
    return Exhibit.objects.get(pk=lacking.outstanding_exhibits[0])


def _obstacle(case: CaseFile) -> str:
    return what_is_unfinished([case.pk]).get(case.pk, "")


def test_what_a_leader_takes_for_lost_keeps_the_file_from_nothing(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    case, chief = lacking.case, people["chief_kv1"]
    assert "còn tập chưa về" in _obstacle(case)
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk])
    assert (row.outstanding, row.outstanding_exhibits) == ([], [])
    assert "còn tập chưa về" not in _obstacle(case)
    assert not with_volumes_elsewhere([case.pk]).exists()
    assert (outstanding_of(case, "hsva"), outstanding_exhibits_of(case), exhibits_still_out([case.pk])) == ({}, {}, {})
    # it is told wherever the file is, and an exhibit without its name
    today = f"{timezone.localdate():%d/%m/%Y}"
    why = f"thất lạc (lãnh đạo {display_name(chief)} quyết định ngày {today}: {WHY})"
    assert settled_in_words([case.pk]) == {
        case.pk: [f"Tập 2: {why}", f"02 vật chứng niêm phong số NP-8: {why}"],
    }
    view = case_for(chief, case.code)
    told = keeping_told(chief, view)
    volumes = {each.line["number"]: (each.place, each.name) for each in volumes_told(chief, case, told)}
    assert volumes[2] == ("lost", "")
    assert [each.called for each in pieces_told(case, told)] == ["Tập 2", "02 Điện thoại của Ánh"]
    assert list(otherwise_than_recorded()) == []


def test_what_is_kept_for_good_is_with_who_kept_it(lacking: HandOver, phone: Exhibit, people: dict[str, User]) -> None:
    chief, case = people["chief_kv1"], lacking.case
    row = settle_rest(actor=chief, row=lacking, outcome="giu_han", reason=WHY, exhibits=[phone.pk])
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [])
    (words,) = settled_in_words([case.pk])[case.pk]
    assert f"{COURT} giữ hẳn (lãnh đạo {display_name(chief)} quyết định" in words
    # the other is still waited for, and settled on another day
    assert "còn tập chưa về" in _obstacle(case)
    row = settle_rest(actor=chief, row=row, outcome="giu_han", reason=WHY, volumes=[2])
    told = keeping_told(chief, case_for(chief, case.code))
    places = {each.line["number"]: (each.place, each.name) for each in volumes_told(chief, case, told)}
    assert places[2] == ("kept", COURT)
    assert [(each["piece"], each["outcome"]) for each in row.settled_pieces] == [
        ("exhibit", "giu_han"),
        ("volume", "giu_han"),
    ]
    assert [each["act"] for each in row.steps][-2:] == ["settle", "settle"]
    assert list(otherwise_than_recorded()) == []


@pytest.mark.parametrize("who", ["clerk_kv1", "prosecutor_kv1", "chief_kv3"])
def test_nobody_but_a_leader_of_the_office_owed_settles(lacking: HandOver, people: dict[str, User], who: str) -> None:
    with pytest.raises(NotAllowed, match="Chỉ lãnh đạo"):
        settle_rest(actor=people[who], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    assert acts_on_rest(people[who], lacking) == []
    assert acts_on_rest(people["chief_kv1"], lacking) == ["settle"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"volumes": [1]}, "volumes"),
        ({"volumes": [2, 7]}, "volumes"),
        ({"exhibits": [0]}, "exhibits"),
        ({}, "volumes"),
        ({"volumes": [2], "reason": "mất rồi"}, "reason"),
        ({"volumes": [2], "outcome": "tra_ho_so"}, "outcome"),
    ],
)
def test_what_is_not_outstanding_is_refused(
    lacking: HandOver, people: dict[str, User], wrong: dict[str, Any], field: str
) -> None:
    before = HandOver.objects.values().get(pk=lacking.pk), LedgerEntry.objects.count()
    with pytest.raises(BadInput) as refused:
        settle_rest(actor=people["chief_kv1"], row=lacking, **{"outcome": "that_lac", "reason": WHY, **wrong})
    assert refused.value.field == field
    assert (HandOver.objects.values().get(pk=lacking.pk), LedgerEntry.objects.count()) == before


def test_it_is_settled_once(lacking: HandOver, people: dict[str, User]) -> None:
    chief = people["chief_kv1"]
    # of two who act at once the second has an old row in hand
    stale = HandOver.objects.get(pk=lacking.pk)
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    with pytest.raises(BadInput, match="còn chưa giao"):
        settle_rest(actor=chief, row=stale, outcome="giu_han", reason=WHY, volumes=[2])
    assert LedgerEntry.objects.filter(kind="hand_over_settled").count() == 1


def test_what_is_on_its_way_is_not_settled(lacking: HandOver, people: dict[str, User]) -> None:
    clerk, chief = people["clerk_kv1"], people["chief_kv1"]
    rest = hand_over(actor=clerk, case=lacking.case, terms=replace(BACK, completes=lacking, exhibits=[]))
    with pytest.raises(Conflict, match="đang được giao nốt"):
        settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    # the telephone is not
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, exhibits=lacking.outstanding_exhibits)
    cancel(actor=clerk, row=rest, reason="Tòa báo mất")
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])


def test_a_draft_nobody_else_knows_of_stands_in_no_way_and_is_not_sent_afterwards(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    clerk, chief, case = people["clerk_kv1"], people["chief_kv1"], lacking.case
    rest = draft(actor=clerk, case=case, terms=replace(BACK, completes=lacking))
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk])
    with pytest.raises(Conflict, match="thất lạc, giữ hẳn: Tập 2, 02 Điện thoại của Ánh"):
        send(actor=clerk, row=rest)
    # what was sent by a version that did not look
    HandOver.objects.filter(pk=rest.pk).update(state="cho_nhan", sent_at=timezone.now())
    with pytest.raises(Conflict, match="Đã tìm thấy"):
        accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    HandOver.objects.filter(pk=rest.pk).update(state="du_thao", sent_at=None)
    find_rest(actor=clerk, row=row, reason="Tòa án báo đã thấy ở kho", volumes=[2], exhibits=[phone.pk])
    accept(actor=clerk, row=send(actor=clerk, row=rest), checks=PASSED, awaits_paper=True)
    assert (outstanding_of(case, "hsva"), outstanding_exhibits_of(case)) == ({}, {})
    assert list(otherwise_than_recorded()) == []


def test_no_other_volume_gets_the_number_of_one_that_is_elsewhere(lacking: HandOver, people: dict[str, User]) -> None:
    case, lead = lacking.case, people["prosecutor_kv1"]
    values = {"number": 2, "title": "Tập mới", "folio_from": 301, "folio_to": 320}
    remove_entry(actor=lead, entry=Volume.objects.get(case=case, number=2), reason="Đóng lại tập")
    with pytest.raises(Conflict, match=f"Số tập 2 là của tập còn ở {COURT}, chưa về: hãy chọn số khác") as refused:
        add_entry(actor=lead, case=case, part="volume", values=values)
    assert refused.value.field == "number"
    settle_rest(actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    with pytest.raises(Conflict, match="Số tập 2 là của tập thất lạc"):
        add_entry(actor=lead, case=case, part="volume", values=values)
    third = Volume.objects.get(case=case, number=3)
    with pytest.raises(Conflict, match="hãy chọn số khác"):
        change_entry(actor=lead, entry=third, values={"number": 2})
    remove_entry(actor=lead, entry=third, reason="Đóng lại tập")
    bound = bind_volumes(actor=lead, case=case, volumes=[("Tập mới", 101, 120), ("", 121, 130)])
    assert [each.number for each in bound] == [3, 4]


def test_a_volume_keeps_its_own_number_while_it_is_elsewhere(lacking: HandOver, people: dict[str, User]) -> None:
    second = Volume.objects.get(case=lacking.case, number=2)
    second = change_entry(actor=people["prosecutor_kv1"], entry=second, values={"number": 2, "title": "Lời khai"})
    assert (second.number, second.title) == (2, "Lời khai")


def test_a_file_that_is_bound_no_more_is_lent_though_a_volume_was_lost(
    lacking: HandOver, people: dict[str, User]
) -> None:
    case, clerk, chief = lacking.case, people["clerk_kv1"], people["chief_kv1"]
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    Volume.objects.filter(case=case).delete()
    loan = actions.request_loan(
        actor=people["prosecutor_kv1"],
        code=case.code,
        form="paper",
        purpose="Nghiên cứu hồ sơ vụ án",
        until=timezone.localdate() + dt.timedelta(days=9),
        volumes=[],
    )
    actions.approve_loan(actor=chief, loan_id=loan.pk)
    actions.issue_loan(actor=clerk, loan_id=loan.pk, volume_count=1, folio_count=100)
    assert set(LoanedPart.objects.filter(loan=loan).values_list("volume", flat=True)) == {0}


def test_a_record_of_before_names_an_office_as_it_was_then(
    lacking: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, case, new = people["clerk_kv1"], lacking.case, units["QN-KV3"]
    terms = Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", other_unit=new, volumes=[1])
    row = hand_over(actor=clerk, case=case, terms=terms)
    row = accept(actor=people["clerk_kv3"], row=row, checks=PASSED, missing="Tập 3 còn sao chụp")
    settle_rest(actor=people["chief_kv3"], row=row, outcome="giu_han", reason=WHY, volumes=[3])
    old, phone = case.unit, lacking.outstanding_exhibits[0]
    HandOver.objects.filter(pk=row.pk).update(outstanding_exhibits=[phone])
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    UnitSuccession.objects.create(predecessor=old, successor=units["QN"], effective_date=tomorrow)
    now = timezone.now()
    with time_machine.travel(now + dt.timedelta(days=2)):
        assert settled_in_words([case.pk])[case.pk][0].startswith(f"Tập 3: {units['QN'].name} giữ hẳn")
        assert settled_in_words([case.pk], now)[case.pk][0].startswith(f"Tập 3: {old.name} giữ hẳn")
        out = {case.pk: [phone]}
        assert still_out_in_words(out)[case.pk][0].endswith(f"({units['QN'].name})")
        assert still_out_in_words(out, now)[case.pk][0].endswith(f"({old.name})")


def test_a_file_that_was_disposed_of_is_left_as_it_is(lacking: HandOver, people: dict[str, User]) -> None:
    CaseFile.objects.filter(pk=lacking.case_id).update(destroyed_at=timezone.now())
    row = HandOver.objects.get(pk=lacking.pk)
    with pytest.raises(Conflict, match="đã tiêu hủy"):
        settle_rest(actor=people["chief_kv1"], row=row, outcome="that_lac", reason=WHY, volumes=[2])
    assert acts_on_rest(people["chief_kv1"], row) == []


def test_the_rest_goes_on_its_way_and_comes_back_without_it(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    clerk, case = people["clerk_kv1"], lacking.case
    settle_rest(
        actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk]
    )
    for terms in (replace(TO_COURT, reason="phuc_tham"), replace(BACK, reason="phuc_tham")):
        row = hand_over(actor=clerk, case=case, terms=terms)
        assert [each["number"] for each in row.volumes] == [1, 3]
        assert phone.pk not in {each["id"] for each in row.exhibits}
        row = accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
        assert (row.outstanding, row.outstanding_exhibits) == ([], [])
    assert phone.pk not in {each["id"] for each in exhibits_to_give(case, "hsva", "vks_ta", None)}
    assert list(otherwise_than_recorded()) == []


def test_the_rest_is_lent_and_what_is_lost_is_not(lacking: HandOver, people: dict[str, User]) -> None:
    case, clerk, chief = lacking.case, people["clerk_kv1"], people["chief_kv1"]
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])

    def allowed(volumes: list[int]) -> int:
        loan = actions.request_loan(
            actor=people["prosecutor_kv1"],
            code=case.code,
            form="paper",
            purpose="Nghiên cứu hồ sơ vụ án",
            until=timezone.localdate() + dt.timedelta(days=9),
            volumes=volumes,
        )
        return int(actions.approve_loan(actor=chief, loan_id=loan.pk).pk)

    with pytest.raises(Conflict, match="Tập 2 không còn cùng hồ sơ, thất lạc"):
        actions.issue_loan(actor=clerk, loan_id=allowed([2]), volume_count=1, folio_count=100)
    whole = allowed([])
    with pytest.raises(BadInput, match="nhiều nhất 2 tập"):
        actions.issue_loan(actor=clerk, loan_id=whole, volume_count=3, folio_count=200)
    actions.issue_loan(actor=clerk, loan_id=whole, volume_count=2, folio_count=200)
    assert set(LoanedPart.objects.filter(loan=whole).values_list("volume", flat=True)) == {0, 1, 3}
    assert list(otherwise_than_recorded()) == []


def test_what_somebody_has_to_hand_over_is_counted_without_it(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    case, clerk, taker = lacking.case, people["clerk_kv1"], people["prosecutor_kv1"]
    settle_rest(
        actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk]
    )
    inside = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=taker)
    accept(actor=taker, row=hand_over(actor=clerk, case=case, terms=inside), checks=PASSED)
    (words,) = in_person(taker, case_for(taker, case.code))[taker.pk]
    assert "(2 tập, 1 vật chứng đi kèm)" in words


def test_what_turns_up_is_owed_again_and_comes_as_everything_does(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    clerk, chief, case = people["clerk_kv1"], people["chief_kv1"], lacking.case
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk])
    with pytest.raises(BadInput, match="Đã tìm thấy"):
        draft(actor=clerk, case=case, terms=replace(BACK, completes=row))
    where = "Tòa án báo đã thấy ở kho, điện thoại ngày 05/6/2026"
    with pytest.raises(NotAllowed, match="Chỉ văn thư"):
        find_rest(actor=people["clerk_kv3"], row=row, reason=where, volumes=[2])
    with pytest.raises(BadInput, match="đã ghi thất lạc"):
        find_rest(actor=clerk, row=row, reason=where, volumes=[1])
    row = find_rest(actor=clerk, row=row, reason=where, volumes=[2])
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [])
    assert acts_on_rest(clerk, row) == ["find"]
    assert acts_on_rest(chief, row) == ["settle", "find"]
    with pytest.raises(BadInput, match="đã ghi thất lạc"):
        find_rest(actor=clerk, row=row, reason=where, volumes=[2])
    assert list(otherwise_than_recorded()) == []
    rest = hand_over(actor=clerk, case=case, terms=replace(BACK, completes=row))
    assert [each["number"] for each in rest.volumes] == [2]
    assert phone.pk not in {each["id"] for each in rest.exhibits}
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert outstanding_of(case, "hsva") == {}
    assert settled_in_words([case.pk])[case.pk][0].startswith("02 vật chứng")
    # how it was before it was found is told to who asks for that day
    moment = HandOver.objects.get(pk=row.pk).settled_pieces[0]["at"]
    assert len(settled_in_words([case.pk], dt.datetime.fromisoformat(moment))[case.pk]) == 2
    assert list(otherwise_than_recorded()) == []


def test_the_file_that_went_to_the_archive_still_gets_what_turns_up(lacking: HandOver, people: dict[str, User]) -> None:
    clerk, case = people["clerk_kv1"], lacking.case
    row = settle_rest(actor=people["chief_kv1"], row=lacking, outcome="giu_han", reason=WHY, volumes=[2])
    CaseFile.objects.filter(pk=case.pk).update(archived_at=timezone.now())
    row = find_rest(actor=clerk, row=row, reason="Tòa án trả tập này ngày 07/9/2026", volumes=[2])
    case = CaseFile.objects.get(pk=case.pk)
    rest = hand_over(actor=clerk, case=case, terms=replace(BACK, completes=row, exhibits=[]))
    accept(actor=clerk, row=rest, checks=PASSED._replace(exhibits_complete=True), awaits_paper=True)
    assert outstanding_of(case, "hsva") == {}
    assert list(otherwise_than_recorded()) == []


# --- whose it is


def _of(giver: ProcuracyUnit | None, receiver: ProcuracyUnit | None, case: CaseFile) -> HandOver:
    return HandOver(
        case=case,
        part="hsva",
        direction="vks_vks",
        reason="tra_ho_so",
        state="da_nhan",
        giver_unit=giver,
        giver_agency="" if giver is not None else COURT,
        receiver_unit=receiver,
        receiver_agency="" if receiver is not None else COURT,
        outstanding=[2],
    )


def test_the_office_owed_is_who_waits_for_it(case: CaseFile, units: dict[str, ProcuracyUnit]) -> None:
    own, other, above = case.unit, units["QN-KV3"], units["QN"]
    assert office_owed(_of(None, own, case)) == own
    # another office received it, and the case has become ours since with the rest of its paper
    assert office_owed(_of(None, other, case)) == own
    # we kept it: who received the rest waits for it, not we
    assert office_owed(_of(own, other, case)) == other
    assert office_owed(_of(above, own, case)) == own
    # a court waits for what we kept: we record both sides
    assert office_owed(_of(own, None, case)) == own


def test_an_office_keeps_nothing_from_itself(lacking: HandOver, people: dict[str, User]) -> None:
    clerk, chief, case = people["clerk_kv1"], people["chief_kv1"], lacking.case
    # the office gives the court the file in parts and keeps volume 3
    terms = replace(TO_COURT, reason="tra_ho_so", volumes=[1])
    row = hand_over(actor=clerk, case=case, terms=terms)
    row = accept(actor=clerk, row=row, checks=PASSED, missing="Tập 3 còn sao chụp", awaits_paper=True)
    assert row.outstanding == [3]
    with pytest.raises(BadInput, match="Phần này ở chính") as refused:
        settle_rest(actor=chief, row=row, outcome="giu_han", reason=WHY, volumes=[3])
    assert refused.value.field == "outcome"
    settle_rest(actor=chief, row=row, outcome="that_lac", reason=WHY, volumes=[3])
    # the court brings back what it has, and nothing of that is said to lack
    back = hand_over(actor=clerk, case=case, terms=BACK)
    assert [each["number"] for each in back.volumes] == [1, 2]
    back = accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    assert (back.outstanding, outstanding_of(case, "hsva")) == ([], {})
    assert list(otherwise_than_recorded()) == []


def test_a_case_that_goes_to_another_office_is_settled_there(
    lacking: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case = lacking.case
    terms = Terms(
        part="hsva",
        direction="vks_vks",
        reason="chuyen_tham_quyen",
        other_unit=units["QN-KV3"],
        decision="12/QĐ-VKS ngày 05/11/2026",
    )
    row = hand_over(actor=people["chief_kv1"], case=case, terms=terms)
    accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    lacking = hand_over_for(people["chief_kv3"], lacking.pk)
    assert office_owed(lacking) == units["QN-KV3"]
    with pytest.raises(NotAllowed, match="Chỉ lãnh đạo"):
        settle_rest(actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    settle_rest(actor=people["chief_kv3"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    assert "còn tập chưa về" not in _obstacle(case)
    assert list(otherwise_than_recorded()) == []


@pytest.fixture
def passed_on(lacking: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> tuple[HandOver, HandOver]:
    """Return how the office gave the court the file and kept volume 3, and how the court gave the rest to the case's new office."""
    case, clerk, other, new = lacking.case, people["clerk_kv1"], people["clerk_kv3"], units["QN-KV3"]
    row = hand_over(actor=clerk, case=case, terms=replace(TO_COURT, reason="tra_ho_so", volumes=[1]))
    row = accept(actor=clerk, row=row, checks=PASSED, missing="Tập 3 còn sao chụp", awaits_paper=True)
    with TestCase.captureOnCommitCallbacks(execute=True):
        move_case(actor=people["admin_province"], case=case, to=new, decision="12/QĐ-VKS ngày 05/11/2026")
    case = CaseFile.objects.get(pk=case.pk)
    back = hand_over(actor=other, case=case, terms=replace(BACK, other_unit=new))
    back = accept(actor=other, row=back, checks=PASSED, awaits_paper=True)
    return hand_over_for(people["clerk_kv1"], row.pk), back


def test_what_an_office_kept_from_a_court_is_owed_to_the_office_the_court_gave_the_rest_to(
    passed_on: tuple[HandOver, HandOver], people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    row, back = passed_on
    assert (row.outstanding, [each["number"] for each in back.volumes]) == ([3], [1, 2])
    assert office_owed(row) == units["QN-KV3"]
    assert acts_on_rest(people["chief_kv1"], row) == []
    assert acts_on_rest(people["chief_kv3"], row) == ["settle"]
    # the court is not waited for: our own office has it, and may keep it
    settle_rest(actor=people["chief_kv3"], row=row, outcome="giu_han", reason=WHY, volumes=[3])
    assert outstanding_of(CaseFile.objects.get(pk=row.case_id), "hsva") == {}
    assert list(otherwise_than_recorded()) == []


def test_what_an_office_kept_from_a_court_follows_to_the_office_the_court_gave_the_rest_to(
    passed_on: tuple[HandOver, HandOver], people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    row, _back = passed_on
    clerk, case = people["clerk_kv1"], CaseFile.objects.get(pk=row.case_id)
    terms = Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", completes=row)
    with pytest.raises(BadInput, match="đi theo hướng “Giữa hai Viện kiểm sát”"):
        draft(actor=clerk, case=case, terms=replace(terms, direction="vks_ta", agency=COURT))
    # its clerk has neither case nor file any more, and finds the way on the page of the hand-over
    client.force_login(clerk)
    at = f"/vks/custody/new/?case={case.code}&completes={row.pk}"
    assert f"completes={row.pk}" in client.get(f"/vks/custody/{row.pk}/").content.decode()
    page = Page(client.get(at))
    assert "QN-KV3" not in page.text
    sent = client.post(
        at, {"part": "hsva", "direction": "vks_vks", "reason": "tra_ho_so", "volumes": ["3"], "act": "send"}
    )
    assert sent.status_code == 302, Page(sent).text
    rest = HandOver.objects.get(completes=row)
    assert (rest.giver_unit, rest.receiver_unit) == (units["QN-KV1"], units["QN-KV3"])
    accept(actor=people["clerk_kv3"], row=rest, checks=PASSED)
    assert outstanding_of(case, "hsva") == {}
    told = keeping_told(people["chief_kv3"], case_for(people["chief_kv3"], case.code))
    places = {each.line["number"]: each.place for each in volumes_told(people["chief_kv3"], case, told)}
    assert places[3] == "with_file"
    assert list(otherwise_than_recorded()) == []


def test_who_took_over_settles_and_what_it_finds_in_its_own_hands_is_with_the_file(
    lacking: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, case, new = people["clerk_kv1"], lacking.case, units["QN-KV3"]
    # volume 3 stays with the office when it gives the rest to another, which takes it for lost
    terms = Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", other_unit=new)
    row = hand_over(actor=clerk, case=case, terms=replace(terms, volumes=[1]))
    row = accept(actor=people["clerk_kv3"], row=row, checks=PASSED, missing="Tập 3 còn sao chụp")
    assert (row.outstanding, office_owed(row)) == ([3], new)
    settle_rest(actor=people["chief_kv3"], row=row, outcome="giu_han", reason=WHY, volumes=[3])
    with TestCase.captureOnCommitCallbacks(execute=True):
        taken_over(people["admin_province"], case.unit, new)
    assert list(otherwise_than_recorded()) == []
    # what the court has is settled by who took over; what the old office kept is in the same hands by now
    first = f"nay ở cùng nơi với hồ sơ: ghi “Đã tìm thấy” ở biên bản {row.written_number} trước"
    assert kept_from_itself([case.pk]) == {case.pk: [row.written_number]}
    settle_rest(actor=people["chief_kv3"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    assert first in _obstacle(case)
    row = find_rest(actor=people["clerk_kv3"], row=row, reason="Tập 3 nay ở cùng đơn vị", volumes=[3])
    assert (first in _obstacle(case), kept_from_itself([case.pk])) == (False, {})
    assert (row.outstanding, outstanding_of(case, "hsva")) == ([], {})
    assert data(LedgerEntry.objects.get(kind="hand_over_found"))["with_file"] is True
    case = CaseFile.objects.get(pk=case.pk)
    told = keeping_told(people["chief_kv3"], case_for(people["chief_kv3"], case.code))
    places = {each.line["number"]: each.place for each in volumes_told(people["chief_kv3"], case, told)}
    assert places == {1: "with_file", 2: "lost", 3: "with_file"}
    assert list(otherwise_than_recorded()) == []


def test_people_of_who_took_over_are_led_to_what_was_settled_and_record_that_it_was_found(
    lacking: HandOver, phone: Exhibit, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    case, admin = lacking.case, people["admin_province"]
    settle_rest(actor=people["chief_kv1"], row=lacking, outcome="giu_han", reason=WHY, volumes=[2], exhibits=[phone.pk])
    with TestCase.captureOnCommitCallbacks(execute=True):
        taken_over(admin, case.unit, units["QN-KV3"])
    # it stays settled, and nobody of the old office has a hand in it any more
    assert (outstanding_of(case, "hsva"), acts_on_rest(people["clerk_kv1"], lacking)) == ({}, [])
    where, row = f"/vks/cases/{case.code}/custody/", f"/vks/custody/{lacking.pk}/"
    for name in ("clerk_kv3", "chief_kv3"):
        client.force_login(people[name])
        page = Page(client.get(where))
        assert ("Tập, vật chứng không còn chờ" in page.text, row in page.links()) == (True, True), name
        assert "Ghi đã tìm thấy" in Page(client.get(row)).text, name
        told = client.get(f"/api/vks/hand-overs/{lacking.pk}/").json()
        assert ("find" in told["may"], [each["found_at"] for each in told["settled"]]) == (True, [None, None]), name
        (part,) = [each for each in client.get(f"/api/vks/cases/{case.code}/custody/").json() if each["part"] == "hsva"]
        assert [each["number"] for each in part["settled"]] == [2, phone.pk], name
    client.force_login(people["clerk_kv3"])
    answer = client.post(f"{row}find/", {"volumes": ["2"], "reason": "Tòa án trả lại ngày 07/9/2026"}, follow=True)
    assert "Đã ghi tìm thấy" in Page(answer).text
    lacking.refresh_from_db()
    assert (lacking.outstanding, lacking.outstanding_exhibits) == ([2], [])
    rest = hand_over(
        actor=people["clerk_kv3"],
        case=CaseFile.objects.get(pk=case.pk),
        terms=replace(BACK, other_unit=units["QN-KV3"], completes=lacking),
    )
    accept(actor=people["clerk_kv3"], row=rest, checks=PASSED, awaits_paper=True)
    assert outstanding_of(case, "hsva") == {}
    # all of it stands in the time line: who gave it, who took it in, who had said that it was there
    text = Page(client.get(where)).text
    assert f"từ {COURT}" in text
    assert f"{display_name(people['clerk_kv3'])} – {units['QN-KV3'].name} nhận" in text
    assert f"đã tìm thấy ({display_name(people['clerk_kv3'])}" in text
    assert "Tòa án trả lại ngày 07/9/2026" in text
    lines = client.get(f"/api/vks/cases/{case.code}/custody/timeline/?volume=2").json()["results"]
    (later,) = [each for each in lines if each["cause"] == "later"]
    assert (later["volumes"], later["exhibits"], later["came_from"]) == ([2], [], COURT)
    assert (later["hand_over"], later["since"]) == (rest.pk, later["until"])
    assert later["holder"]["name"].endswith(units["QN-KV3"].name)
    found = client.get(f"/api/vks/hand-overs/{lacking.pk}/").json()["settled"][0]
    assert (found["found_by"], found["found_where"]) == (
        display_name(people["clerk_kv3"]),
        "Tòa án trả lại ngày 07/9/2026",
    )
    assert list(otherwise_than_recorded()) == []


def test_an_exhibit_that_came_later_is_named_to_who_may_know_its_name(
    lacking: HandOver, people: dict[str, User]
) -> None:
    clerk, case = people["clerk_kv1"], lacking.case
    rest = hand_over(actor=clerk, case=case, terms=replace(BACK, completes=lacking))
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    told = keeping_told(clerk, case_for(clerk, case.code))
    (line,) = came_later(case, told)
    assert line.called == ("Tập 2", "02 Điện thoại của Ánh")
    # who has no more than the list of cases is told what it is by its seal
    (line,) = came_later(case, replace(told, named=frozenset()))
    assert line.called == ("Tập 2", "02 vật chứng niêm phong số NP-8")
    assert came_later(case, replace(told, holders={})) == []


def test_what_is_found_where_the_file_is_by_then_is_with_it(
    lacking: HandOver, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, other, case = people["clerk_kv1"], people["clerk_kv3"], lacking.case
    out = Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", other_unit=units["QN-KV3"], volumes=[1])
    row = accept(actor=other, row=hand_over(actor=clerk, case=case, terms=out), checks=PASSED, missing="Tập 3 ở lại")
    settle_rest(actor=people["chief_kv3"], row=row, outcome="that_lac", reason=WHY, volumes=[3])
    back = hand_over(actor=other, case=case, terms=replace(out, other_unit=case.unit, volumes=None))
    assert [each["number"] for each in back.volumes] == [1]
    accept(actor=clerk, row=back, checks=PASSED)
    # who had kept it has the rest again, and nobody could bring it
    row = find_rest(actor=clerk, row=row, reason="Tập 3 vẫn ở tủ của đơn vị", volumes=[3])
    assert (row.outstanding, set(outstanding_of(case, "hsva"))) == ([], {2})
    onward = hand_over(actor=clerk, case=case, terms=replace(TO_COURT, reason="phuc_tham"))
    assert [each["number"] for each in onward.volumes] == [1, 3]
    assert list(otherwise_than_recorded()) == []


# --- the ledger


def test_both_acts_are_told(lacking: HandOver, phone: Exhibit, people: dict[str, User]) -> None:
    settle_rest(actor=people["chief_kv1"], row=lacking, outcome="giu_han", reason=WHY, volumes=[2], exhibits=[phone.pk])
    entry = LedgerEntry.objects.get(kind="hand_over_settled")
    assert data(entry) == {
        "hand_over": lacking.pk,
        "part": "hsva",
        "settlement": "giu_han",
        "volume_numbers": [2],
        "exhibit_numbers": [phone.pk],
    }
    assert hidden(entry) == {"reason": WHY}
    where = "Tòa án báo đã thấy ở kho"
    find_rest(actor=people["clerk_kv1"], row=lacking, reason=where, exhibits=[phone.pk])
    entry = LedgerEntry.objects.get(kind="hand_over_found")
    assert data(entry) == {
        "hand_over": lacking.pk,
        "part": "hsva",
        "volume_numbers": [],
        "exhibit_numbers": [phone.pk],
        "with_file": False,
    }
    assert hidden(entry) == {"reason": where}


def test_a_name_as_a_directory_writes_it_raises_no_alarm(lacking: HandOver, people: dict[str, User]) -> None:
    chief = people["chief_kv1"]
    chief.first_name = unicodedata.normalize("NFD", "Đạt Ấn")
    chief.save()
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    assert list(otherwise_than_recorded()) == []
    (line,) = row.settled_pieces
    assert line["by"].endswith("Đạt Ấn")
    # written before names were composed here
    HandOver.objects.filter(pk=row.pk).update(settled_pieces=[{**line, "by": display_name(chief)}])
    assert list(otherwise_than_recorded()) == []


def test_what_is_faked_or_taken_out_behind_the_program_is_found(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    chief = people["chief_kv1"]
    rows = HandOver.objects.filter(pk=lacking.pk)
    fake = {
        "piece": "volume",
        "number": 2,
        "outcome": "that_lac",
        "at": timezone.now().isoformat(),
        "by": display_name(chief),
        "reason": WHY,
        "found_at": None,
    }
    rows.update(outstanding=[], settled_pieces=[fake])
    told = "\n".join(otherwise_than_recorded())
    assert f"lần giao nhận số {lacking.pk}" in told
    assert "phần đã ghi thất lạc, giữ hẳn bị sửa thành tập 2, sổ cái ghi trống" in told
    assert "đã bị sửa thành trống, sổ cái ghi 2" in told
    # both lists together are what nobody said
    rows.update(outstanding=[2], settled_pieces=[fake])
    assert "bị sửa thành tập 2" in "\n".join(otherwise_than_recorded())
    rows.update(settled_pieces=[])
    assert list(otherwise_than_recorded()) == []
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk])
    honest = HandOver.objects.get(pk=row.pk).settled_pieces
    assert list(otherwise_than_recorded()) == []
    changes: list[Any] = [
        [],
        honest[:1],
        [*honest, fake],
        [{**honest[0], "outcome": "giu_han"}, honest[1]],
        [{**honest[0], "by": "Người Khác"}, honest[1]],
        [{**honest[0], "reason": "Lý do khác hẳn"}, honest[1]],
        [{**honest[0], "at": "2020-01-01T00:00:00+00:00"}, honest[1]],
        [{**honest[0], "at": "hôm qua"}, honest[1]],
        [{**honest[0], "found_at": timezone.now().isoformat()}, honest[1]],
        [{"piece": "volume"}, honest[1]],
        [None, honest[1]],
        {"piece": "volume"},
        "",
    ]
    for wrong in changes:
        rows.update(settled_pieces=wrong)
        assert "phần đã ghi thất lạc, giữ hẳn bị sửa" in "\n".join(otherwise_than_recorded()), wrong
    rows.update(settled_pieces=honest)
    # owed again without anybody having found it
    rows.update(outstanding=[2])
    assert "đã bị sửa thành 2, sổ cái ghi trống" in "\n".join(otherwise_than_recorded())
    rows.update(outstanding=[])
    assert list(otherwise_than_recorded()) == []


def test_hand_overs_the_ledger_never_heard_of_are_settled_without_an_alarm(
    lacking: HandOver, people: dict[str, User]
) -> None:
    settle_rest(actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2])
    entries = LedgerEntry.objects.filter(case=lacking.case, kind="hand_over_settled")
    told = [Told(each.pk, each.kind, each.said["data"], each.said["at"], each.said["actor"]) for each in entries]

    def found() -> list[str]:
        of_case = paper_compared({lacking.case_id: lacking.case.code}, {lacking.case_id: told})
        return [each.sentence for _case, each in of_case if each.kind == "hand_overs"]

    assert found() == []
    HandOver.objects.filter(pk=lacking.pk).update(settled_pieces=[])
    assert len(found()) == 1


def test_the_change_of_the_database_goes_back_without_losing_what_was_owed(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    settle_rest(
        actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk]
    )
    find_rest(actor=people["clerk_kv1"], row=lacking, reason="Tòa án báo đã tìm thấy ở kho", exhibits=[phone.pk])
    HandOver.objects.filter(pk=lacking.pk).update(outstanding_exhibits=[])
    import_module("vks_plugin.migrations.0053_pieces_settled").owe_again(apps, None)
    row = HandOver.objects.get(pk=lacking.pk)
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [])


# --- at once


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_volume_that_is_settled_at_the_moment_it_comes_is_one_of_the_two(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """A leader takes for lost what a clerk takes in at that moment: one of them is told so, and nobody waits for ever."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    actions.ensure_key()
    clerk, chief = people["clerk_kv1"], people["chief_kv1"]
    outcomes: set[str] = set()
    for head_start in (0.1, -0.1, *[0.0] * 8):
        case = register(actor=clerk, unit=units["QN-KV1"], name=f"Vụ {len(outcomes)}")
        lacking, _phone = short(case, clerk)
        begin = threading.Barrier(2)

        def at_once(do: Callable[[], object], wait: float, begin: threading.Barrier) -> str:
            try:
                begin.wait(timeout=30)
                time.sleep(max(wait, 0))
                do()
            except VksError as error:
                return error.message
            finally:
                connection.close()
            return ""

        def comes(pk: int) -> None:
            before = hand_over_for(clerk, pk)
            terms = replace(BACK, completes=before, volumes=[2], exhibits=[])
            row = hand_over(actor=clerk, case=before.case, terms=terms)
            accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)

        def is_lost(pk: int) -> None:
            settle_rest(
                actor=chief, row=hand_over_for(chief, pk), outcome="that_lac", reason=WHY, volumes=[2], exhibits=[]
            )

        with ThreadPoolExecutor(2) as pool:
            came = pool.submit(at_once, partial(comes, lacking.pk), -head_start, begin)
            lost = pool.submit(at_once, partial(is_lost, lacking.pk), head_start, begin)
            refusals = came.result(timeout=60), lost.result(timeout=60)
        # one was done and the other one told of it
        assert [bool(each) for each in refusals].count(True) == 1, refusals
        lacking.refresh_from_db()
        rest = HandOver.objects.filter(completes=lacking)
        assert lacking.outstanding == []
        if refusals[0]:
            assert [(each["piece"], each["number"]) for each in lacking.settled_pieces] == [("volume", 2)]
            assert not rest.exists()
        else:
            assert (lacking.settled_pieces, [each.state for each in rest]) == ([], ["da_nhan"])
        outcomes.add("lost" if refusals[0] else "came")
    assert outcomes == {"lost", "came"}
    actions.make_checkpoint()
    assert queries.verify().problems == []


def _brought_again(lacking: HandOver, phone: Exhibit, people: dict[str, User]) -> HandOver:
    """Let the file go to the court again after what it kept was taken for lost; return the hand-over it was missing from."""
    case, clerk = lacking.case, people["clerk_kv1"]
    row = settle_rest(
        actor=people["chief_kv1"], row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk]
    )
    again = hand_over(actor=clerk, case=case, terms=replace(TO_COURT, reason="phuc_tham"))
    accept(actor=clerk, row=again, checks=PASSED, awaits_paper=True)
    return row


def test_what_comes_though_it_was_settled_is_told_as_that_and_where_it_is_recorded_as_found(
    lacking: HandOver, phone: Exhibit, people: dict[str, User]
) -> None:
    row, case, clerk, chief = (
        _brought_again(lacking, phone, people),
        lacking.case,
        people["clerk_kv1"],
        people["chief_kv1"],
    )
    terms = replace(BACK, reason="phuc_tham")
    said = f"thất lạc (lãnh đạo {display_name(chief)} quyết định ngày {timezone.localdate():%d/%m/%Y}), theo biên bản {row.written_number}"
    chosen: dict[str, tuple[dict[str, Any], str]] = {
        "volumes": ({"volumes": [1, 2, 3]}, "Tập 2"),
        "exhibits": ({"exhibits": [phone.pk]}, "02 Điện thoại của Ánh"),
    }
    for field, (given, called) in chosen.items():
        with pytest.raises(Conflict) as refused:
            hand_over(actor=clerk, case=case, terms=replace(terms, **given))
        assert (refused.value.field, refused.value.blocked_by) == (field, row.pk)
        assert f"{called}: {said}. Nếu vẫn có thì ghi “Đã tìm thấy” ở biên bản ấy trước." in str(refused.value)
    # so who counts it on arrival is told
    coming = hand_over(actor=clerk, case=case, terms=terms)
    counts: list[dict[str, Any]] = [{"received": [1, 2, 3]}, {"received_exhibits": [phone.pk]}]
    for counted in counts:
        with pytest.raises(Conflict, match="“Đã tìm thấy” ở biên bản ấy trước"):
            accept(actor=clerk, row=coming, checks=PASSED, awaits_paper=True, **counted)
    # and this is the way on
    cancel(actor=clerk, row=coming, reason="Tòa mang cả tập 2")
    find_rest(actor=clerk, row=row, reason="Tòa án mang trả", volumes=[2], exhibits=[phone.pk])
    hand_over(actor=clerk, case=case, terms=replace(terms, volumes=[1, 2, 3]))


def test_who_scans_the_label_of_a_settled_volume_is_told_and_led_on(
    lacking: HandOver, phone: Exhibit, people: dict[str, User], client: Client
) -> None:
    row, case = _brought_again(lacking, phone, people), lacking.case
    client.force_login(people["clerk_kv1"])
    at = f"/vks/custody/new/?case={case.code}&direction=ta_vks"
    codes = [f"{case.code}-HSVA-T{number:02d}" for number in (1, 2, 3)]
    shown = client.get(at)
    assert f'data-vks-gone="{codes[1]}"' in shown.content.decode()
    sent = {"part": "hsva", "direction": "ta_vks", "reason": "phuc_tham", "agency": COURT}
    for given in ({"codes": " ".join(codes)}, {"volumes": ["1", "2", "3"]}):
        answer = client.post(at, sent | given)
        text = Page(answer).text
        assert (answer.status_code, "không phải nhãn" in text) == (400, False)
        (told,) = answer.context["form"].errors.values()
        assert f"theo biên bản {row.written_number}. Nếu vẫn có" in str(told)
        assert f'/vks/custody/{row.pk}/">Ghi đã tìm thấy</a>' in answer.content.decode()
    # a label of no volume is still one
    assert "không phải nhãn" in Page(client.post(at, sent | {"codes": f"{case.code}-HSVA-T09"})).text
    coming = hand_over(actor=people["clerk_kv1"], case=case, terms=replace(BACK, reason="phuc_tham"))
    answer = client.post(f"/vks/custody/{coming.pk}/accept/", {"codes": " ".join(codes)})
    assert (answer.status_code, "theo biên bản" in str(answer.context["receive"].errors["codes"])) == (400, True)


def test_a_file_that_is_bound_no_more_goes_on_its_way_though_its_first_volume_was_lost(
    case: CaseFile, people: dict[str, User]
) -> None:
    clerk, lead = people["clerk_kv1"], people["prosecutor_kv1"]
    for number in (1, 2):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    for terms in (IN, TO_COURT):
        accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=terms), checks=PASSED, awaits_paper=True)
    back = hand_over(actor=clerk, case=case, terms=BACK)
    row = accept(actor=clerk, row=back, checks=LESS, received=[2], missing="Tập 1", awaits_paper=True)
    settle_rest(actor=people["chief_kv1"], row=row, outcome="that_lac", reason=WHY, volumes=[1])
    for volume in Volume.objects.filter(case=case):
        remove_entry(actor=lead, entry=volume, reason="Đóng lại tập")
    view = case_for(people["chief_kv1"], case.code)
    told = volumes_told(people["chief_kv1"], case, keeping_told(people["chief_kv1"], view))
    assert sorted((each.line["number"], each.place) for each in told if each.part == "hsva") == [
        (1, "lost"),
        (1, "with_file"),
    ]
    again = hand_over(actor=clerk, case=case, terms=replace(TO_COURT, reason="phuc_tham"))
    accept(actor=clerk, row=again, checks=PASSED, awaits_paper=True)
    assert [each["number"] for each in again.volumes] == [1]
    assert list(otherwise_than_recorded()) == []


def test_a_damaged_piece_ends_no_page_and_is_named_by_the_comparison(
    lacking: HandOver, phone: Exhibit, people: dict[str, User], client: Client
) -> None:
    case, chief = lacking.case, people["chief_kv1"]
    row = settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=WHY, volumes=[2], exhibits=[phone.pk])
    whole = row.settled_pieces
    client.force_login(chief)
    at = (f"/vks/cases/{case.code}/custody/", f"/vks/custody/{row.pk}/", "/vks/archive/", "/vks/custody/")
    for damaged in ({"piece": "volume"}, {**whole[0], "at": "hôm qua"}, {**whole[0], "number": "hai"}, "tập 2", None):
        HandOver.objects.filter(pk=row.pk).update(settled_pieces=[damaged, *whole[1:]])
        for each in at:
            assert client.get(each).status_code == 200, each
        assert [each.split(":")[0] for each in settled_in_words([case.pk])[case.pk]] == [
            "02 vật chứng niêm phong số NP-8"
        ]
        assert "phần đã ghi thất lạc, giữ hẳn bị sửa" in "\n".join(otherwise_than_recorded())
    # what is whole is found all the same
    row = find_rest(actor=people["clerk_kv1"], row=row, reason="Tòa án mang trả", exhibits=[phone.pk])
    assert (row.outstanding_exhibits, row.settled_pieces[0]) == ([phone.pk], None)


def test_who_is_owed_it_can_open_the_hand_over(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """The court gave the rest to the office appointed for the trial, which is appointed no more."""
    chief, other = people["chief_province"], people["clerk_kv3"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        move_case(actor=people["admin_province"], case=case, to=units["QN"], decision="1/QĐ-VKS ngày 05/11/2026")
    case = CaseFile.objects.get(pk=case.pk)
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    row = hand_over(actor=chief, case=case, terms=IN)
    accept(actor=chief, row=row, checks=PASSED, awaits_paper=True)
    row = hand_over(actor=chief, case=case, terms=replace(TO_COURT, reason="tra_ho_so", volumes=[1, 2]))
    row = accept(actor=chief, row=row, checks=PASSED, missing="Tập 3", awaits_paper=True)
    transfers.appoint_trial_unit(actor=chief, case=case, unit=units["QN-KV3"], decision="1/QĐ ngày 1/1/2026")
    case = CaseFile.objects.get(pk=case.pk)
    back = hand_over(actor=other, case=case, terms=replace(BACK, other_unit=units["QN-KV3"]))
    accept(actor=other, row=back, checks=PASSED, awaits_paper=True)
    row = HandOver.objects.get(pk=row.pk)
    assert (office_owed(row), acts_on_rest(people["chief_kv3"], row)) == (units["QN-KV3"], ["settle"])
    assert hand_over_for(people["chief_kv3"], row.pk) == row
    transfers.appoint_trial_unit(actor=chief, case=case, unit=None, decision="2/QĐ ngày 2/1/2026")
    row = HandOver.objects.get(pk=row.pk)
    with pytest.raises(NotFound):
        hand_over_for(people["chief_kv3"], row.pk)
    assert (office_owed(row), acts_on_rest(people["chief_kv3"], row)) == (units["QN"], [])
    assert acts_on_rest(chief, row) == ["settle"]
    settle_rest(actor=chief, row=row, outcome="that_lac", reason=WHY, volumes=[3])
    assert list(otherwise_than_recorded()) == []
