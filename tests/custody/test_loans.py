"""Lending: two people, an end, one borrower at a time, and folios counted before and after."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.apps import apps
from django.core.signals import request_finished
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import TestCase
from django.utils import timezone, translation
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.access.test_projection import completions, found, listed
from tests.custody.conftest import verified
from tests.custody.everybody import wrongly_done
from tests.custody.test_acts import data, hidden, written
from tests.custody.test_hand_overs import COURT, PASSED, TO_COURT, mail_refused
from tests.people import FiledCase, register
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.access.explanations import case_explained_to
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.queries import case_for, lent_alone, visible_cases, who_can_see
from vks_plugin.cases.models import Volume
from vks_plugin.custody import actions
from vks_plugin.custody.actions import hand_overs, holding
from vks_plugin.custody.actions.hand_overs import Terms
from vks_plugin.custody.actions.loans import LEFT
from vks_plugin.custody.models import HandOver, Holding, Keeper, Loan, LoanedPart, LoanRenewal
from vks_plugin.custody.queries.accession import what_is_unfinished
from vks_plugin.custody.queries.hand_overs import came_later, volumes_told
from vks_plugin.custody.queries.holding import holder_of, keeping_told
from vks_plugin.custody.queries.loans import (
    concerning,
    loans_of,
    overdue,
    shown_to,
    to_come_back,
    told_to,
    waiting_for,
)
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.registers import register_paper
from vks_plugin.custody.states import LOAN
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.version import is_stand_in
from vks_plugin.organization import letters
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.queries import display_name
from vks_plugin.web.middleware import DueMiddleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django.fixtures import Settings

    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

WHY = "Nghiên cứu hồ sơ để chuẩn bị phiên tòa."
NAME = "Phan Thị Sát"


@pytest.fixture(autouse=True)
def _paper_is_here(request: pytest.FixtureRequest) -> None:
    """Say that the office has the paper, which during the investigation is taken to be at the agency."""
    if "case" in request.fixturenames:
        case, people = request.getfixturevalue("case"), request.getfixturevalue("people")
        here, since = Keeper(unit=case.unit), timezone.now() - dt.timedelta(days=1)
        holding.state_beginning(actor=people["clerk_kv1"], case=case, part="hsva", keeper=here, since=since)


def _in(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def _asked(
    people: dict[str, User], code: str, who: str = "prosecutor_kv3", *, form: str = "paper", **more: Any
) -> Loan:
    given: dict[str, Any] = {"purpose": WHY, "until": _in(10)}
    return actions.request_loan(actor=people[who], code=code, form=form, **(given | more))


def _lent(people: dict[str, User], code: str, who: str = "prosecutor_kv3", **more: Any) -> Loan:
    row = _asked(people, code, who, **more)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    if row.form == "paper":
        actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    return Loan.objects.get(pk=row.pk)


def _may(people: dict[str, User], who: str, row: Loan) -> set[str]:
    told = told_to(people[who], shown_to(people[who]).filter(pk=row.pk))
    return set(told[0].may) if told else set()


# --- paper


def test_a_paper_file_goes_out_and_comes_back_and_every_act_is_in_the_ledger(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    chief, clerk, borrower = people["chief_kv1"], people["clerk_kv1"], people["prosecutor_kv3"]
    with written() as entries:
        row = _asked(people, case.code.lower())
        actions.approve_loan(actor=chief, loan_id=row.pk)
        actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=2, folio_count=310, condition="Bìa tập 2 rách")
        actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(20), reason="Phiên tòa hoãn đến tuần sau")
        actions.answer_renewal(actor=chief, loan_id=row.pk, granted=False, reason="Đơn vị đang cần hồ sơ")
        actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(15), reason="Phiên tòa hoãn đến tuần sau")
        actions.answer_renewal(actor=chief, loan_id=row.pk, granted=True)
        with pytest.raises(BadInput) as caught:
            actions.return_loan(actor=clerk, loan_id=row.pk, volume_count=2, folio_count=309)
        assert caught.value.field == "note"
        assert "2 tập, 310 bút lục" in caught.value.message
        actions.return_loan(
            actor=clerk, loan_id=row.pk, volume_count=2, folio_count=309, note="Thiếu bút lục 118, đã lập biên bản"
        )
        assert Loan.objects.get(pk=row.pk).state == "tra_thieu"
        actions.settle_loan(actor=clerk, loan_id=row.pk, found=True, note="Bút lục 118 đã trả ngày hôm sau")
    assert entries.kinds() == [
        "loan_requested",
        "loan_approved",
        "loan_issued",
        "loan_renewal_asked",
        "loan_renewal_denied",
        "loan_renewal_asked",
        "loan_renewed",
        "loan_returned",
        "loan_settled",
    ]
    assert {entry.case_id for entry in entries.rows} == {case.pk}
    requested, issued, returned = entries.of("loan_requested"), entries.of("loan_issued"), entries.of("loan_returned")
    assert dict(requested.hidden.values) == {"person": NAME, "asked_for": case.code, "purpose": WHY}
    assert data(issued) == {
        "loan": row.pk,
        "loan_form": "paper",
        "loan_number": 1,
        "unit": "QN-KV1",
        "part": "hsva",
        "volume_numbers": [],
        "volume_count": 2,
        "folio_count": 310,
        "due_on": _in(10).isoformat(),
        "person_id": borrower.pk,
        "keeper_unit": "QN-KV3",
        "keeper_id": borrower.pk,
    }
    assert data(entries.of("loan_renewed"))["due_on"] == _in(15).isoformat()
    assert (data(returned)["folio_count"], data(returned)["complete"]) == (309, False)
    assert (data(returned)["keeper_unit"], data(returned)["keeper_id"]) == ("QN-KV1", None)
    assert hidden(returned)["note"] == "Thiếu bút lục 118, đã lập biên bản"
    settled = entries.of("loan_settled")
    assert (data(settled)["found"], hidden(settled)["note"]) == (True, "Bút lục 118 đã trả ngày hôm sau")
    row.refresh_from_db()
    kept = Holding.objects.filter(case=case, part="hsva").order_by("pk")
    assert [(each.cause, each.person_name, each.unit_id) for each in kept] == [
        ("stated", "", case.unit_id),
        ("loan", NAME, units["QN-KV3"].pk),
        ("loan_return", "", case.unit_id),
    ]
    assert (row.state, row.until, row.returned_by) == ("da_tra", _in(15), clerk)
    assert not LoanedPart.objects.filter(is_out=True).exists()
    # a paper in somebody's hands opens nothing in the system
    assert not visible_cases(borrower).exists()
    assert verified() == []
    # the next one gets the next number
    assert _lent(people, case.code).number == 2


def test_who_lends_depends_on_whose_person_borrows(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], settings: Settings
) -> None:
    everybody = (*people,)
    own = _asked(people, case.code, "other_prosecutor_kv1")
    other = _asked(people, case.code, "prosecutor_kv3")
    outside = _asked(
        people, case.code, "clerk_kv1", outside_name="Nguyễn Thị Luật", outside_agency="Tòa án nhân dân khu vực 1"
    )

    def deciding(row: Loan) -> set[str]:
        return {name for name in everybody if "approve" in _may(people, name, row)}

    assert deciding(own) == {"chief_kv1", "deputy_kv1"}
    assert deciding(other) == deciding(outside) == {"chief_kv1"}
    with pytest.raises(NotAllowed):
        actions.approve_loan(actor=people["deputy_kv1"], loan_id=other.pk)
    with pytest.raises(NotFound):
        actions.approve_loan(actor=people["chief_kv3"], loan_id=other.pk)
    settings.VKS_LOAN_DEPUTIES_LEND_OUTSIDE = True
    assert deciding(other) == deciding(outside) == {"chief_kv1", "deputy_kv1"}
    settings.VKS_LOAN_DEPUTIES_LEND_OUTSIDE = False
    # the head of the office's own department, where the setting says so: to the office's own people alone
    department = Department.objects.create(unit=units["QN-KV1"], code="VP", name="Văn phòng")
    access.record_appointment(
        actor=people["chief_kv1"], user=people["outsider"], unit=units["QN-KV1"], role="department_head",
        department=department,
    )  # fmt: skip
    assert deciding(own) == {"chief_kv1", "deputy_kv1"}
    settings.VKS_LOAN_OFFICE_DEPARTMENT = "VP"
    assert deciding(own) == {"chief_kv1", "deputy_kv1", "outsider"}
    assert deciding(other) == {"chief_kv1"}
    # of a restricted case the department is told nothing, of its loans neither
    type(case).objects.filter(pk=case.pk).update(confidentiality="han_che_noi_bo")
    assert deciding(own) == {"chief_kv1", "deputy_kv1"}
    assert not shown_to(people["outsider"]).exists()
    type(case).objects.filter(pk=case.pk).update(confidentiality="thuong")
    # nobody lets oneself
    mine = _asked(people, case.code, "chief_kv1")
    assert deciding(mine) == {"deputy_kv1", "outsider"}
    with pytest.raises(NotAllowed):
        actions.approve_loan(actor=people["chief_kv1"], loan_id=mine.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Loan.objects.filter(pk=mine.pk).update(decided_by=people["chief_kv1"], decided_at=timezone.now())


def test_a_piece_is_out_once(case: CaseFile, people: dict[str, User], caplog: pytest.LogCaptureFixture) -> None:
    Volume.objects.bulk_create(Volume(case=case, number=number) for number in (1, 2, 3))
    clerk = people["clerk_kv1"]
    one = _lent(people, case.code, volumes=[2])
    whole, same, other = (
        _asked(people, case.code, "other_prosecutor_kv1", volumes=volumes) for volumes in ([], [2, 3], [3])
    )
    for row in (whole, same, other):
        actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    for row, count in ((whole, 3), (same, 2)):
        with pytest.raises(Conflict, match="phiếu số 1"):
            actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=count, folio_count=9)
    assert Loan.objects.get(pk=whole.pk).number is None
    actions.issue_loan(actor=clerk, loan_id=other.pk, volume_count=1, folio_count=9)
    # of numbers from before the year was kept it is when it went out; what bears one given before stays, and stops no update
    Loan.objects.update(number_year=None)
    Loan.objects.filter(pk=other.pk).update(number=1)
    import_module("vks_plugin.migrations.0043_loans_numbered_once").as_they_were_issued(apps, None)
    year = timezone.localdate().year
    assert list(Loan.objects.filter(number=1).order_by("pk").values_list("number_year", flat=True)) == [year, None]
    assert f"vks_loan {other.pk} bears a number of its office given before: 1/{year}" in caplog.messages
    # no number of the office and year is given twice
    with pytest.raises(IntegrityError), transaction.atomic():
        Loan.objects.filter(pk=other.pk).update(number_year=year)
    # what is partly out does not leave the office
    here: dict[str, Any] = {
        "case": case,
        "part": "hsva",
        "giver": Keeper(unit=case.unit),
        "receiver": Keeper(agency="Tòa án"),
    }
    with pytest.raises(Conflict, match="tập 2, 3"):
        holding.pass_to(**here, cause="hand_over")
    # nor is it sent: the court would sign for volumes that are not there, and nobody could record it
    with pytest.raises(Conflict, match="tập 2, 3"):
        hand_overs.draft(actor=clerk, case=case, terms=TO_COURT)
    assert not HandOver.objects.exists()
    # the supervision file is another piece
    internal = _lent(people, case.code, "prosecutor_kv1", part="hsks")
    assert internal.state == "dang_muon"
    with pytest.raises(IntegrityError), transaction.atomic():
        LoanedPart.objects.create(loan=whole, case=case, part="hsva", volume=2)
    for row in (one, other):
        actions.return_loan(actor=clerk, loan_id=row.pk, volume_count=1, folio_count=row.issued_folios or 9)
    actions.issue_loan(actor=clerk, loan_id=whole.pk, volume_count=3, folio_count=9)
    # a volume bound since then went out with the whole
    Volume.objects.create(case=case, number=4)
    late = _asked(people, case.code, "inspector_kv1", volumes=[4])
    actions.approve_loan(actor=people["chief_kv1"], loan_id=late.pk)
    with pytest.raises(Conflict):
        actions.issue_loan(actor=clerk, loan_id=late.pk, volume_count=1, folio_count=9)


def test_a_volume_that_did_not_come_back_stays_out_until_that_is_settled(
    case: CaseFile, people: dict[str, User]
) -> None:
    Volume.objects.bulk_create(Volume(case=case, number=number) for number in (1, 2, 3))
    clerk, chief, borrower = people["clerk_kv1"], people["chief_kv1"], people["prosecutor_kv3"]
    row = _asked(people, case.code)
    actions.approve_loan(actor=chief, loan_id=row.pk)
    actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=3, folio_count=300)
    short: dict[str, Any] = {"volume_count": 2, "folio_count": 200, "note": "Tập 2 chưa thấy, đang tìm"}
    back: dict[str, Any] = {"actor": clerk, "loan_id": row.pk} | short
    for named in ([], [4], [2, 3]):
        with pytest.raises(BadInput, match="Trả thiếu 1 tập") as refused:
            actions.return_loan(**back, missing_volumes=named)
        assert refused.value.field == "missing_volumes"
    with pytest.raises(BadInput, match="để trống"):
        actions.return_loan(**back | {"volume_count": 3}, missing_volumes=[2])
    with written() as entries:
        actions.return_loan(**back, missing_volumes=[2])
    assert (data(entries.one)["volumes_missing"], data(entries.one)["complete"]) == ([2], False)
    # the rest is at the office again; the volume is out, and whoever lent it and who borrowed it are told
    assert holder_of(case).keeper.is_same(Keeper(unit=case.unit))
    assert list(LoanedPart.objects.filter(is_out=True).values_list("volume", flat=True)) == [2]
    for name in ("clerk_kv1", "chief_kv1", "prosecutor_kv3"):
        assert concerning(people[name]) == 1, name
        assert [each.state for each in told_to(people[name], to_come_back(shown_to(people[name])))] == ["tra_thieu"]
    again = _asked(people, case.code, "inspector_kv1", volumes=[2])
    actions.approve_loan(actor=chief, loan_id=again.pk)
    with pytest.raises(Conflict, match="phiếu số 1"):
        actions.issue_loan(actor=clerk, loan_id=again.pk, volume_count=1, folio_count=100)
    with pytest.raises(Conflict, match="tập 2"):
        hand_overs.draft(actor=clerk, case=case, terms=TO_COURT)
    # the desk notes that it came; that it is lost only a leader says, and nobody of an own loan
    assert _may(people, "prosecutor_kv3", row) == set()
    assert (_may(people, "clerk_kv1", row), _may(people, "deputy_kv1", row)) == ({"settle"}, {"settle", "write_off"})
    lost: dict[str, Any] = {"loan_id": row.pk, "found": False, "note": "Biên bản số 7: tập 2 thất lạc"}
    with pytest.raises(NotAllowed):
        actions.settle_loan(actor=borrower, **lost)
    with pytest.raises(NotAllowed, match="Chỉ lãnh đạo"):
        actions.settle_loan(actor=clerk, **lost)
    with pytest.raises(BadInput):
        actions.settle_loan(actor=chief, **lost | {"note": "mất"})
    settled = actions.settle_loan(actor=chief, **lost)
    assert (settled.state, settled.settled_by, settled.settlement) == ("da_tra", chief, lost["note"])
    # the time line says when, of which slip, from whom, and who recorded it; to who may know the borrower
    told = keeping_told(clerk, case_for(clerk, case.code))
    (line,) = came_later(case, told)
    assert (line.at, line.slip.split("/")[0], line.giver) == (settled.settled_at, "1", display_name(borrower))
    assert line.receiver.startswith(display_name(chief))
    (hidden_from,) = came_later(case, replace(told, named=frozenset()))
    assert (hidden_from.giver, hidden_from.slip) == ("", line.slip)
    assert not LoanedPart.objects.filter(is_out=True).exists()
    assert concerning(borrower) == 0
    with pytest.raises(Conflict, match="Đã trả"):
        actions.settle_loan(actor=chief, **lost)


# --- the table

_DESK = {"clerk_kv1", "chief_kv1", "deputy_kv1"}
"""Who hands out and takes back files of the office."""
_BYSTANDERS = {"prosecutor_kv1", "archivist_kv1", "chief_province", "clerk_kv3"}
"""Who works on the case, keeps what is archived, leads the office above, or hands out the files of another."""
_MAY: dict[str, set[str]] = {
    "de_nghi": {"approve", "deny", "withdraw"},
    "da_duyet": {"withdraw", "revoke", "issue"},
    "tu_choi": set(),
    "dang_muon": {"renew", "return", "return_short"},
    "dang_muon, asked for longer": {"grant", "refuse", "return", "return_short"},
    "dang_muon, renewed twice": {"return", "return_short"},
    "dang_muon, late": {"renew", "return", "return_short"},
    "tra_thieu": {"settle", "write_off"},
    "da_tra": set(),
    "huy": set(),
    "huy_duyet": set(),
}
"""What may be done with paper as it stands; every other act is refused then."""
_WAY_TO = {
    "de_nghi": (),
    "da_duyet": ("approve",),
    "tu_choi": ("deny",),
    "dang_muon": ("approve", "issue"),
    "dang_muon, asked for longer": ("approve", "issue", "renew"),
    "dang_muon, renewed twice": ("approve", "issue", "renew", "grant", "renew", "grant"),
    "dang_muon, late": ("approve", "issue"),
    "tra_thieu": ("approve", "issue", "return_short"),
    "da_tra": ("approve", "issue", "return"),
    "huy": ("approve", "withdraw"),
    "huy_duyet": ("approve", "revoke"),
}
"""How a loan comes to stand so."""
_LEADS_TO = {
    "approve": "da_duyet",
    "deny": "tu_choi",
    "withdraw": "huy",
    "revoke": "huy_duyet",
    "issue": "dang_muon",
    "return": "da_tra",
    "return_short": "tra_thieu",
    "settle": "da_tra",
    "write_off": "da_tra",
}
"""What is not here changes no state."""
_OFFERED_AS = {"grant": "answer", "refuse": "answer", "return_short": "return"}
"""Acts that the page offers under the name of another."""


def _whose(borrower: str, deciders: set[str], desk: set[str]) -> dict[str, set[str]]:
    """Return who may do each act in its time."""
    hands_out = desk - {borrower}
    found = {"withdraw": {borrower}} | dict.fromkeys(("approve", "deny", "grant", "refuse"), deciders)
    found |= dict.fromkeys(("issue", "return", "return_short", "settle"), hands_out)
    leaders = {"chief_kv1", "deputy_kv1"}
    found |= {"write_off": hands_out & leaders, "revoke": leaders - {borrower}}
    return found | {"renew": hands_out | {borrower}}


@pytest.mark.parametrize(
    ("form", "borrower", "deciders", "desk", "case_is"),
    [
        # to another office the chief lends
        ("paper", "prosecutor_kv3", {"chief_kv1"}, _DESK, {}),
        # to the own people its leaders do; what is archived archivists hand out, too
        (
            "paper",
            "inspector_kv1",
            {"chief_kv1", "deputy_kv1"},
            _DESK | {"archivist_kv1"},
            {"status": "da_nop_luu"},
        ),
        # nobody lets or hands out to oneself; of a restricted case clerks are told nothing
        (
            "paper",
            "deputy_kv1",
            {"chief_kv1"},
            {"chief_kv1", "deputy_kv1"},
            {"confidentiality": "han_che_noi_bo"},
        ),
        ("electronic", "prosecutor_kv3", {"chief_kv1"}, _DESK, {}),
    ],
    ids=["another office", "own people, archived", "a leader, restricted", "electronic"],
)
def test_every_act_of_everybody_in_every_state_does_what_the_table_says_and_else_nothing(
    form: str,
    borrower: str,
    deciders: set[str],
    desk: set[str],
    case_is: dict[str, str],
    case: CaseFile,
    people: dict[str, User],
) -> None:
    archivist = people["archivist_kv1"] = people.pop("outsider")
    access.record_appointment(actor=people["chief_kv1"], user=archivist, unit=case.unit, role="archivist")
    if case_is:
        type(case).objects.filter(pk=case.pk).update(**case_is)
    row = _asked(people, case.code, borrower, form=form)
    paper = row.is_paper
    counted: dict[str, Any] = {"loan_id": row.pk, "volume_count": 1, "folio_count": 6} if paper else {"loan_id": row.pk}

    def asked_again(actor: User) -> LoanRenewal:
        return actions.ask_renewal(
            actor=actor, loan_id=row.pk, until=Loan.objects.get(pk=row.pk).until + _DAYS, reason=WHY
        )

    acts: dict[str, Callable[[User], object]] = {
        "approve": lambda actor: actions.approve_loan(actor=actor, loan_id=row.pk),
        "deny": lambda actor: actions.deny_loan(actor=actor, loan_id=row.pk, reason=WHY),
        "withdraw": lambda actor: actions.withdraw_loan(actor=actor, loan_id=row.pk),
        "revoke": lambda actor: actions.revoke_loan(actor=actor, loan_id=row.pk, reason=WHY),
        "issue": lambda actor: actions.issue_loan(actor=actor, loan_id=row.pk, volume_count=1, folio_count=6),
        "renew": asked_again,
        "grant": lambda actor: actions.answer_renewal(actor=actor, loan_id=row.pk, granted=True),
        "refuse": lambda actor: actions.answer_renewal(actor=actor, loan_id=row.pk, granted=False, reason=WHY),
        "return": lambda actor: actions.return_loan(actor=actor, **counted),
        "settle": lambda actor: actions.settle_loan(actor=actor, loan_id=row.pk, found=True, note=WHY),
        "write_off": lambda actor: actions.settle_loan(actor=actor, loan_id=row.pk, found=False, note=WHY),
    }
    if form == "paper":
        acts["request"] = lambda actor: actions.request_loan(
            actor=actor, code=case.code, form=form, purpose=WHY, until=_in(10)
        )
        acts["request_for_another"] = lambda actor: actions.request_loan(
            actor=actor, code=case.code, form=form, purpose=WHY, until=_in(10), outside_name="Nguyễn Thị Luật"
        )
    whose = _whose(borrower, deciders, desk)
    leads_to, entries = dict(_LEADS_TO), dict.fromkeys(acts, 1)
    stands, way_to = _MAY, _WAY_TO
    if paper:
        acts["return_short"] = lambda actor: actions.return_loan(
            actor=actor, loan_id=row.pk, volume_count=1, folio_count=5, note=WHY
        )
        entries["return_short"] = 1
    else:
        # open with its approval, given back by who reads it too, and over with its day
        whose["return"] = whose["return"] | {borrower}
        leads_to["approve"], entries["approve"] = "dang_muon", 2
        stands = {state: may for state, may in _MAY.items() if state not in {"da_duyet", "tra_thieu", "huy_duyet"}}
        stands = {**stands, "dang_muon, late": set()}
        way_to = {state: tuple(name for name in way if name != "issue") for state, way in _WAY_TO.items()}
        way_to["huy"] = ("withdraw",)
    _same_as_the_product()
    # which does not depend on who borrows
    whole = paper and not case_is
    few = {"de_nghi", "da_duyet", "dang_muon, asked for longer", "tra_thieu"} | (
        set() if paper else {"dang_muon, late"}
    )

    for stand, way in way_to.items():
        if stand not in stands or (stand not in few and not whole):
            continue
        state, late = stand.split(",")[0], stand.endswith("late")
        with (
            transaction.atomic(),
            time_machine.travel(timezone.now() + dt.timedelta(days=11 if late else 0), tick=True),
        ):
            if late:
                # it was lent in time
                with time_machine.travel(timezone.now() - dt.timedelta(days=11), tick=True):
                    _go(way, acts, whose, people)
            else:
                _go(way, acts, whose, people)
            assert Loan.objects.get(pk=row.pk).state == state
            may = {name: whose[name] for name in stands[stand] if name in acts}
            if "grant" in may:
                # nobody answers what one asked for oneself
                asked_by = LoanRenewal.objects.get(loan=row, granted=None).asked_by
                assert asked_by is not None
                may |= {name: may[name] - {asked_by.username} for name in ("grant", "refuse")}
            results = {name: (leads_to.get(name, state), entries[name]) for name in acts}
            beside = (LoanRenewal, LoanedPart, Holding, TemporaryAccess)
            tried = {who: people[who] for who in sorted(_DESK | _BYSTANDERS | {borrower})}
            # what nobody may do as it stands is tried with paper lent to another office, by whose act it is
            by = {name: max(whom) for name, whom in whose.items()} if whole or not may else {}
            if stand not in few:
                # the same acts by everybody are in the others
                tried = {who: people[who] for who in sorted(set(by.values()))}
            if stand == "de_nghi":
                # however the first request stands
                may |= {"request": set(tried), "request_for_another": desk}
            wrong = wrongly_done(tried, acts, may=may, whose=by, leads_to=results, row=row, beside=beside)
            assert wrong == [], stand
            for who in tried:
                offered = {_OFFERED_AS.get(name, name) for name in whose.keys() & may.keys() if who in may[name]}
                assert _may(people, who, row) == offered, (stand, who)
            transaction.set_rollback(True)


_DAYS = dt.timedelta(days=5)


def _go(
    way: Iterable[str], acts: dict[str, Callable[[User], object]], whose: dict[str, set[str]], people: dict[str, User]
) -> None:
    """Do these acts, each by somebody whose it is."""
    for name in way:
        acts[name](people[max(whose[name])])


def _same_as_the_product() -> None:
    """Compare the table above with that of the product, of whole states."""
    for each in LOAN.moves:
        assert {state.split(",")[0] for state, may in _MAY.items() if each.name in may} == each.sources
        assert _LEADS_TO[each.name] == each.target
    assert {state.split(",")[0] for state in _MAY} == {state for state, _label in LOAN.states}


def test_a_loan_ends_with_its_day_however_late_it_was_opened(filed_case: FiledCase, people: dict[str, User]) -> None:
    """A process asks every five minutes what ends next: one that asked just before knows nothing of the loan."""
    borrower, code = people["prosecutor_kv3"], filed_case.case.code
    serve = DueMiddleware(lambda _request: HttpResponse())
    last = timezone.make_aware(dt.datetime.combine(_in(1), dt.time(23, 57)))
    with time_machine.travel(last, tick=False):
        serve(HttpRequest())
        row = _asked(people, code, form="electronic", until=timezone.localdate())
        actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
        serve(HttpRequest())
        assert TemporaryAccess.objects.get(user=borrower).projected
        assert any(grants_of(filed_case.host_ids).values())
    with time_machine.travel(last + dt.timedelta(minutes=3, seconds=1), tick=False):
        serve(HttpRequest())
        assert not TemporaryAccess.objects.get(user=borrower).projected
    grants = [each for some in grants_of(filed_case.host_ids).values() for each in some]
    assert [each for each in grants if each.holder == "user" and each.holder_id == borrower.pk] == []


def test_what_is_not_here_is_not_lent(case: CaseFile, people: dict[str, User]) -> None:
    row = _asked(people, case.code, "clerk_kv1", outside_name="Nguyễn Thị Luật", outside_agency="Tòa án khu vực 1")
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    assert Holding.objects.get(case=case, until=None).agency == "Tòa án khu vực 1"
    here, court = Keeper(unit=case.unit), Keeper(agency="Tòa án khu vực 1")
    with pytest.raises(Conflict, match="cho mượn"):
        holding.pass_to(case=case, part="hsva", giver=court, receiver=here, cause="hand_over")
    actions.return_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    holding.pass_to(case=case, part="hsva", giver=here, receiver=court, cause="hand_over")
    again = _asked(people, case.code)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=again.pk)
    with pytest.raises(Conflict, match="Tòa án khu vực 1"):
        actions.issue_loan(actor=people["clerk_kv1"], loan_id=again.pk, volume_count=1, folio_count=6)
    assert Loan.objects.get(pk=again.pk).state == "da_duyet"
    holding.pass_to(case=case, part="hsva", giver=court, receiver=here, cause="hand_over")
    hand_overs.draft(actor=people["clerk_kv1"], case=case, terms=TO_COURT)
    with pytest.raises(Conflict, match="giao nhận dở"):
        actions.issue_loan(actor=people["clerk_kv1"], loan_id=again.pk, volume_count=1, folio_count=6)


@pytest.mark.parametrize(("volumes", "count", "most"), [([2], 1, None), ([], 3, 2)])
def test_a_volume_that_stayed_with_the_court_is_not_lent_and_can_come_while_the_rest_is(
    case: CaseFile, people: dict[str, User], volumes: list[int], count: int, most: int | None
) -> None:
    clerk, chief = people["clerk_kv1"], people["chief_kv1"]
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 10 - 9, folio_to=number * 10)
    hand_overs.accept(
        actor=clerk, row=hand_overs.hand_over(actor=clerk, case=case, terms=TO_COURT), checks=PASSED, awaits_paper=True
    )
    bring = Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT)
    came = hand_overs.hand_over(actor=clerk, case=case, terms=bring)
    came = hand_overs.accept(
        actor=clerk,
        row=came,
        checks=PASSED._replace(documents_complete=False),
        received=[1, 3],
        missing="Tập 2 Tòa còn dùng",
        awaits_paper=True,
    )
    assert came.outstanding == [2]
    assert what_is_unfinished([case.pk])[case.pk].startswith("còn tập chưa về")
    row = _asked(people, case.code, volumes=volumes)
    actions.approve_loan(actor=chief, loan_id=row.pk)
    with pytest.raises((Conflict, BadInput), match=f"Tập 2 còn ở {COURT}"):
        actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=count, folio_count=20)
    assert not LoanedPart.objects.exists()
    if most is None:
        return
    actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=most, folio_count=20)
    assert set(LoanedPart.objects.filter(is_out=True).values_list("volume", flat=True)) == {0, 1, 3}
    rest = hand_overs.hand_over(actor=clerk, case=case, terms=replace(bring, completes=came))
    hand_overs.accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    keeping = keeping_told(chief, case_for(chief, case.code))
    told = {each.line["number"]: each for each in volumes_told(chief, case, keeping) if each.part == "hsva"}
    assert {number: each.place for number, each in told.items()} == {1: "lent", 2: "at_office", 3: "lent"}
    assert told[2].name == case.unit.name
    actions.return_loan(actor=clerk, loan_id=row.pk, volume_count=2, folio_count=20)
    assert holder_of(case).keeper.unit == case.unit
    assert not list(otherwise_than_recorded())


def test_the_slip_and_the_register_say_what_went_out(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    row = _asked(people, case.code)
    slip = f"/vks/loans/{row.pk}/slip/"
    client.force_login(people["clerk_kv1"])

    def said() -> str:
        assert slip in client.get(f"/vks/loans/{row.pk}/").content.decode()
        pages = PdfReader(io.BytesIO(client.get(slip).content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    assert client.get(slip).status_code == 409
    # it is allowed on the slip, before anything goes out: what is not known yet is written by hand
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    words = said()
    for each in ("Phiếu số ……", "NGƯỜI DUYỆT", "Bùi Văn Đạt", "NGƯỜI GIAO", "NGƯỜI TRẢ", "NGƯỜI NHẬN LẠI"):
        assert each in words, each
    assert "None" not in words
    actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    assert "Trần Thị Thư" in said()
    actions.return_loan(
        actor=people["deputy_kv1"], loan_id=row.pk, volume_count=1, folio_count=5, note="Thiếu bút lục 118"
    )
    words = said()
    for each in ("PHIẾU MƯỢN HỒ SƠ", "Phiếu số 1/", case.name, NAME, "1 tập, 6 bút lục", "Thiếu bút lục 118"):
        assert each in words, each
    # lists of loans speak the language that is asked for
    with translation.override("en-gb"):
        (told,) = told_to(people["clerk_kv1"], shown_to(people["clerk_kv1"]).filter(pk=row.pk))
        assert told.what == "Case file, all of it"
    # who took it back, and where that is signed
    assert words.count("Hoàng Thị Ngân") == 2
    assert client.get(f"{slip}?format=docx").content.startswith(b"PK")
    sheet = load_workbook(io.BytesIO(client.get(f"{slip}?format=xlsx").content)).active
    assert sheet is not None
    signed = [str(cell.value) for line in sheet.iter_rows() for cell in line if str(cell.value).startswith("NGƯỜI ")]
    assert signed == ["NGƯỜI DUYỆT", "NGƯỜI GIAO", "NGƯỜI MƯỢN", "NGƯỜI TRẢ", "NGƯỜI NHẬN LẠI"]
    # who borrows paper is told the code alone
    for name in ("prosecutor_kv3", "clerk_kv3"):
        client.force_login(people[name])
        answer = client.get(slip)
        assert (answer.status_code, case.name in answer.content.decode()) == (404, False), name
    asked: dict[str, Any] = {"register": "muon-tra", "unit": "QN-KV1", "first": _in(0), "last": _in(0)}
    _register, paper = register_paper(people["clerk_kv1"], **asked)
    assert sum(column.width for column in paper.columns) == paper.text_width
    (line,) = paper.rows
    assert (line[1], line[3].splitlines()[0]) == (f"{case.code}\n{case.name}", NAME)
    assert "1 tập, 5 bút lục" in line[6]
    # with post and office of that day
    office = {code: units[code].short_name for code in ("QN-KV1", "QN-KV3")}
    assert line[3].splitlines()[1] == f"Kiểm sát viên, {office['QN-KV3']}"
    assert f"Trần Thị Thư – Văn thư, {office['QN-KV1']}" in line[5]
    assert f"Hoàng Thị Ngân – Phó Viện trưởng, {office['QN-KV1']}" in line[6]
    # printed again they are as of that day, whatever case, people and posts are called or hold since
    client.force_login(people["clerk_kv1"])
    before = said()
    with time_machine.travel(timezone.now() + dt.timedelta(days=3), tick=False):
        access.edit_case(actor=people["prosecutor_kv1"], case=case, values={"name": "Vụ án mang tên mới"})
        for who in ("prosecutor_kv3", "chief_kv1", "clerk_kv1", "deputy_kv1"):
            type(people[who]).objects.filter(pk=people[who].pk).update(last_name="Họ", first_name="Khác")
        Appointment.objects.filter(user=people["prosecutor_kv3"]).update(ended_at=timezone.now())
    assert said() == before
    assert register_paper(people["clerk_kv1"], **asked)[1].rows == [line]
    type(case).objects.filter(pk=case.pk).update(confidentiality="han_che_noi_bo")
    (line,) = register_paper(people["clerk_kv1"], **asked)[1].rows
    assert line[0].endswith(f"Phiếu 1/{timezone.localdate().year}")
    assert not any(each in " ".join(line) for each in (case.code, case.name, NAME))


def test_the_archive_prints_the_registers_it_keeps_and_no_others(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    archivist = people["outsider"]
    client.force_login(archivist)
    assert client.get("/api/vks/registers/").status_code == 403
    access.record_appointment(actor=people["chief_kv1"], user=archivist, unit=units["QN-KV1"], role="archivist")
    stored = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ đã nộp lưu")
    for each in (case, stored):
        _lent(people, each.code, form="electronic")
    type(case).objects.filter(pk=stored.pk).update(status="da_nop_luu")
    page = client.get("/vks/custody/").content.decode()
    told = {each["name"]: each["units"] for each in client.get("/api/vks/registers/").json()}
    assert told == {each: ["QN-KV1"] for each in ("muon-tra", "nop-luu", "ban-sao")}
    for name in ("muon-tra", "nop-luu", "ban-sao", "giao-nhan", "giao-nhan-khac"):
        where = f"unit=QN-KV1&first={_in(0)}&last={_in(0)}"
        answers = (
            client.get(f"/vks/custody/register/?register={name}&{where}&format=pdf").status_code,
            client.get(f"/api/vks/registers/{name}/file/?{where}").status_code,
            client.get(f"/api/vks/registers/{name}/?unit=QN-KV3").status_code,
        )
        assert (f'value="{name}"' in page) == (name in told), name
        assert answers == ((200, 200, 404) if name in told else (400, 404, 404)), name
    # the number of what the archive does not have, and no more: the register has no hole
    lines = [
        " ".join(each["cells"].values())
        for each in client.get(f"/api/vks/registers/muon-tra/?{where}").json()["results"]
    ]
    assert [NAME in line for line in lines] == [False, True]
    assert "Phiếu 1/" in lines[0]
    assert not any(each in lines[0] for each in (case.code, case.name))
    assert stored.name in lines[1]


def test_an_office_lends_what_the_one_before_it_had(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    row = _asked(people, case.code)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    before = ProcuracyUnit.objects.filter(kind=case.unit.kind).exclude(pk=case.unit_id)[0]
    Holding.objects.filter(case=case, part="hsva").update(unit=before)
    given: dict[str, Any] = {"actor": people["clerk_kv1"], "loan_id": row.pk, "volume_count": 1, "folio_count": 6}
    with pytest.raises(Conflict, match="không ở đơn vị"):
        actions.issue_loan(**given)
    UnitSuccession.objects.get_or_create(
        predecessor=before, successor=case.unit, defaults={"effective_date": timezone.localdate()}
    )
    actions.issue_loan(**given)
    assert "slip" not in _may(people, "clerk_kv1", row)
    assert Holding.objects.get(case=case, part="hsva", until=None).person == people["prosecutor_kv3"]


def test_paper_that_is_out_comes_back_to_who_lent_it_wherever_its_case_went(
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    settings: Settings,
    mailoutbox: list[Any],
    client: Client,
) -> None:
    _with_addresses(people, settings)
    lent = _lent(people, case.code)
    # of a part nobody has yet: allowed, not handed out
    allowed = _asked(people, case.code, part="hsks")
    actions.approve_loan(actor=people["chief_kv1"], loan_id=allowed.pk)
    asked = _asked(people, case.code, "prosecutor_kv3", part="hsks")
    # said before it is done, with who waits or has it
    chief = client
    chief.force_login(people["chief_kv1"])
    told = chief.get(f"/api/vks/cases/{case.code}/transfer/?to=QN-KV3").json()["follows"]
    name = "Phan Thị Sát"
    assert [(each["kind"], each["count"], name in " ".join(each["people"])) for each in told] == [
        ("loan_revoked", 1, True),
        ("loan_out", 1, True),
        ("loan_asked", 1, True),
        ("paper", 2, True),
    ]
    asking = chief.post(f"/vks/cases/{case.code}/transfer/", {"to": "QN-KV3", "decision": "1/QĐ"}).content.decode()
    assert "tự hủy duyệt, người mượn nhận thư – <strong>1</strong>: Phan Thị Sát" in asking
    with written() as entries, TestCase.captureOnCommitCallbacks(execute=True):
        transfers.transfer_case(actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision="1/QĐ")
    assert entries.kinds() == ["loan_revoked", "case_transferred"]
    # what one office allowed the other never agreed to; what was only asked for, it decides
    allowed.refresh_from_db()
    assert (allowed.state, allowed.denial) == ("huy_duyet", LEFT)
    assert [letter.to for letter in mailoutbox] == [["sat@example.org"]]
    assert {name for name in people if "approve" in _may(people, name, asked)} == {"chief_kv3"}
    # the desk that lent still finds it, by the code alone, and the office that has the case now does not take it back
    desk = {name for name in people if "return" in _may(people, name, lent)}
    assert desk == {"chief_kv1", "deputy_kv1", "clerk_kv1"}
    (told,) = told_to(people["clerk_kv1"], shown_to(people["clerk_kv1"]).filter(pk=lent.pk))
    assert (told.case, told.prints) == (None, True)
    client.force_login(people["clerk_kv1"])
    page, slip = (client.get(f"/vks/loans/{lent.pk}/{end}") for end in ("", "slip/?format=pdf"))
    assert (page.status_code, slip.status_code) == (200, 200)
    words = " ".join(PdfReader(io.BytesIO(slip.content)).pages[0].extract_text().split())
    assert case.code in words
    assert case.name not in page.content.decode() + words
    client.force_login(people["clerk_kv3"])
    back: dict[str, Any] = {"volume_count": 1, "folio_count": 6}
    assert client.post(f"/vks/loans/{lent.pk}/return/", back).status_code == 403
    # who lent it lengthens it
    actions.ask_renewal(actor=people["prosecutor_kv3"], loan_id=lent.pk, until=_in(20), reason=WHY)
    assert {name for name in people if "answer" in _may(people, name, lent)} == {"chief_kv1"}
    for name, waits in (("chief_kv1", {lent.pk}), ("chief_kv3", {asked.pk})):
        assert set(waiting_for(people[name]).values_list("pk", flat=True)) == waits, name
    mailoutbox.clear()
    assert actions.remind_of_loans(_in(11)) == 1
    assert [letter.to for letter in mailoutbox] == [["sat@example.org"], ["thu@example.org"]]
    actions.return_loan(actor=people["clerk_kv1"], loan_id=lent.pk, **back)
    case = type(case).objects.select_related("unit").get(pk=case.pk)
    assert holder_of(case).keeper.is_same(Keeper(unit=units["QN-KV1"]))
    # from there it goes after its case
    to_them = Terms(part="hsva", direction="vks_vks", reason="nghien_cuu", other_unit=units["QN-KV3"])
    row = hand_overs.hand_over(actor=people["clerk_kv1"], case=case, terms=to_them)
    assert row.state == "cho_nhan"


def test_of_a_restricted_case_that_left_leaders_alone_take_the_paper_back(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    lent = _lent(people, case.code)
    transfers.transfer_case(actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision="1/QĐ")
    type(case).objects.filter(pk=case.pk).update(confidentiality="han_che_noi_bo")
    assert {name for name in people if "return" in _may(people, name, lent)} == {"chief_kv1", "deputy_kv1"}
    assert not shown_to(people["clerk_kv1"]).filter(pk=lent.pk).exists()


def test_who_took_over_from_the_office_that_lent_takes_the_paper_back(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    lent = _lent(people, case.code, "prosecutor_kv1")
    old, new, today = case.unit, units["QN-KV3"], timezone.localdate()
    type(case).objects.filter(pk=case.pk).update(unit=new)
    UnitSuccession.objects.create(predecessor=old, successor=new, effective_date=today)
    ProcuracyUnit.objects.filter(pk=old.pk).update(valid_to=today - dt.timedelta(days=1))
    Appointment.objects.filter(unit=old).exclude(user=people["prosecutor_kv1"]).update(ended_at=timezone.now())
    Appointment.objects.filter(user=people["prosecutor_kv1"]).update(unit=new)
    actions.ask_renewal(actor=people["prosecutor_kv1"], loan_id=lent.pk, until=_in(20), reason=WHY)
    assert "answer" in _may(people, "chief_kv3", lent)
    actions.return_loan(actor=people["clerk_kv3"], loan_id=lent.pk, volume_count=1, folio_count=6)
    assert holder_of(type(case).objects.get(pk=case.pk)).keeper.is_same(Keeper(unit=new))


def test_paper_goes_back_into_the_hands_it_came_from(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    """An archivist keeps no paper of the office: were it the office's, the archive could not hand it over any more."""
    keeper = people["outsider"]
    access.record_appointment(actor=people["chief_kv1"], user=keeper, unit=units["QN-KV1"], role="archivist")
    here = Keeper(unit=case.unit)
    holding.pass_to(
        case=case, part="hsva", giver=here, receiver=Keeper(unit=case.unit, person=keeper), cause="hand_over"
    )
    back: dict[str, Any] = {"actor": people["clerk_kv1"], "volume_count": 1, "folio_count": 6}
    out = _lent(people, case.code)
    client.force_login(people["clerk_kv1"])
    assert f"nơi giữ hồ sơ là: {display_name(keeper)} – " in client.get(f"/vks/loans/{out.pk}/").content.decode()
    actions.return_loan(loan_id=out.pk, **back)
    assert holder_of(case).keeper.person == keeper
    assert hand_overs.draft(actor=keeper, case=case, terms=TO_COURT).state == "du_thao"
    HandOver.objects.all().delete()
    # who has left the office meanwhile gets nothing: the office does
    row = _lent(people, case.code)
    Appointment.objects.filter(user=keeper).update(ended_at=timezone.now())
    actions.return_loan(loan_id=row.pk, **back)
    assert holder_of(case).keeper.is_same(here)


def test_hands_that_give_are_not_the_hands_that_take(case: CaseFile, people: dict[str, User]) -> None:
    row = _asked(people, case.code, "clerk_kv1")
    actions.approve_loan(actor=people["deputy_kv1"], loan_id=row.pk)
    able = {name for name in people if "issue" in _may(people, name, row)}
    assert able == {"chief_kv1", "deputy_kv1"}
    with pytest.raises(NotAllowed):
        actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    actions.issue_loan(actor=people["deputy_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    with pytest.raises(NotAllowed):
        actions.return_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
    # of a restricted case the clerk is told nothing, of its loans neither
    access.edit_case(actor=people["chief_kv1"], case=case, values={"confidentiality": "han_che_noi_bo"})
    hers = _asked(people, case.code, "prosecutor_kv1")
    assert not shown_to(people["clerk_kv1"]).filter(pk=hers.pk).exists()


def test_what_is_asked_is_answered_once(case: CaseFile, people: dict[str, User]) -> None:
    chief = people["chief_kv1"]
    with written() as entries:
        denied, withdrawn = _asked(people, case.code), _asked(people, case.code)
        with pytest.raises(BadInput):
            actions.deny_loan(actor=chief, loan_id=denied.pk, reason="không")
        actions.deny_loan(actor=chief, loan_id=denied.pk, reason="Hồ sơ đang chuyển Tòa án")
        actions.approve_loan(actor=chief, loan_id=withdrawn.pk)
        actions.withdraw_loan(actor=people["prosecutor_kv3"], loan_id=withdrawn.pk)
    assert hidden(entries.of("loan_denied")) == {"person": NAME, "reason": "Hồ sơ đang chuyển Tòa án"}
    assert entries.of("loan_withdrawn").case_id == case.pk
    for row in (denied, withdrawn):
        for does in (actions.approve_loan, actions.withdraw_loan):
            with pytest.raises(VksError):
                does(actor=chief, loan_id=row.pk)
        with pytest.raises(VksError):
            actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=1)
    assert set(Loan.objects.values_list("state", flat=True)) == {"tu_choi", "huy"}


def test_the_side_that_lends_takes_back_what_it_allowed(
    case: CaseFile, people: dict[str, User], settings: Settings, mailoutbox: list[Any], client: Client
) -> None:
    _with_addresses(people, settings)
    row, waits = _asked(people, case.code), _asked(people, case.code, "inspector_kv1", until=_in(1))
    for each in (row, waits):
        assert not {name for name in people if "revoke" in _may(people, name, each)}
        actions.approve_loan(actor=people["chief_kv1"], loan_id=each.pk)
        assert {name for name in people if "revoke" in _may(people, name, each)} == {"chief_kv1", "deputy_kv1"}
    revoke: dict[str, Any] = {"actor": people["deputy_kv1"], "loan_id": row.pk}
    with pytest.raises(BadInput):
        actions.revoke_loan(**revoke, reason="thôi")
    with written() as entries, TestCase.captureOnCommitCallbacks(execute=True):
        actions.revoke_loan(**revoke, reason="Hồ sơ phải chuyển Tòa án ngay hôm nay")
    assert hidden(entries.of("loan_revoked")) == {"person": NAME, "reason": "Hồ sơ phải chuyển Tòa án ngay hôm nay"}
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.revoked_by) == ("huy_duyet", people["chief_kv1"], people["deputy_kv1"])
    (letter,) = mailoutbox
    assert (letter.to, case.code in letter.subject) == (["sat@example.org"], True)
    assert "chuyển Tòa án" not in letter.subject + letter.body
    client.force_login(people["prosecutor_kv3"])
    assert "Hồ sơ phải chuyển Tòa án ngay hôm nay" in client.get(f"/vks/loans/{row.pk}/").content.decode()
    # of somebody who has left, and once the day has passed, the desk clears it away: else it stays open for ever
    Appointment.objects.filter(user=people["inspector_kv1"]).update(ended_at=timezone.now())
    given: dict[str, Any] = {"actor": people["clerk_kv1"], "loan_id": waits.pk}
    with pytest.raises(Conflict, match="hủy duyệt"):
        actions.issue_loan(**given, volume_count=1, folio_count=6)
    assert "revoke" in _may(people, "clerk_kv1", waits)
    late = _asked(people, case.code, until=_in(0))
    actions.approve_loan(actor=people["chief_kv1"], loan_id=late.pk)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        with pytest.raises(Conflict, match="hủy duyệt"):
            actions.issue_loan(**given | {"loan_id": late.pk}, volume_count=1, folio_count=6)
        client.force_login(people["clerk_kv1"])
        act = f"/vks/loans/{late.pk}/revoke/"
        assert act in client.get(f"/vks/loans/{late.pk}/").content.decode()
        assert client.post(act, {"reason": "Hạn trả đã qua, chưa ai đến nhận"}).status_code == 302
    assert Loan.objects.get(pk=late.pk).state == "huy_duyet"


def test_renewals_are_bounded_and_one_at_a_time(case: CaseFile, people: dict[str, User], settings: Settings) -> None:
    settings.VKS_LOAN_RENEWALS = 1
    row = _lent(people, case.code)
    borrower, chief = people["prosecutor_kv3"], people["chief_kv1"]
    for until in (_in(10), _in(10 + 31)):
        with pytest.raises(BadInput) as caught:
            actions.ask_renewal(actor=borrower, loan_id=row.pk, until=until, reason=WHY)
        assert caught.value.field == "until"
    actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(20), reason=WHY)
    with pytest.raises(NotAllowed):
        actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(21), reason=WHY)
    with pytest.raises(NotAllowed):
        actions.answer_renewal(actor=people["deputy_kv1"], loan_id=row.pk, granted=True)
    assert waiting_for(chief).filter(pk=row.pk).exists()
    actions.answer_renewal(actor=chief, loan_id=row.pk, granted=True)
    with pytest.raises(NotAllowed):
        actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(25), reason=WHY)
    assert list(LoanRenewal.objects.values_list("until_before", "until", "granted")) == [(_in(10), _in(20), True)]


def _with_addresses(people: dict[str, User], settings: Settings) -> None:
    settings.EMAIL_ENABLED = True
    for name, address in (("prosecutor_kv3", "sat@example.org"), ("clerk_kv1", "thu@example.org")):
        people[name].email = address
        people[name].save()


def test_what_is_overdue_is_told_and_written_about(
    case: CaseFile,
    people: dict[str, User],
    settings: Settings,
    mailoutbox: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _with_addresses(people, settings)
    row = _lent(people, case.code)
    assert actions.remind_of_loans(_in(6)) == 0
    # where nothing can be sent nothing is taken for told
    with monkeypatch.context() as broken:
        broken.setattr(letters, "send_mail", mail_refused)
        assert actions.remind_of_loans(_in(7)) == 0
    settings.EMAIL_ENABLED = False
    assert actions.remind_of_loans(_in(7)) == 0
    settings.EMAIL_ENABLED = True
    assert actions.remind_of_loans(_in(8)) == 1
    assert actions.remind_of_loans(_in(9)) == 0
    # overdue: at once, then once a week
    assert [actions.remind_of_loans(_in(day)) for day in (10, 11, 12, 17, 18)] == [0, 1, 0, 0, 1]
    with time_machine.travel(timezone.now() + dt.timedelta(days=11), tick=False):
        for name in ("prosecutor_kv3", "clerk_kv1", "chief_kv1"):
            assert [each.state for each in told_to(people[name], overdue(shown_to(people[name])))] == ["qua_han"]
            assert concerning(people[name]) == 1
        assert concerning(people["clerk_kv3"]) == 0
        actions.return_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=6)
        assert concerning(people["clerk_kv1"]) == 0
    # the desk is told of what should be back, and is who is told where the borrower is outside
    assert [letter.to for letter in mailoutbox] == [
        ["sat@example.org"],
        *[["sat@example.org"], ["thu@example.org"]] * 2,
    ]
    mailoutbox.clear()
    outside = _lent(people, case.code, "clerk_kv1", outside_name="Nguyễn Thị Luật", outside_agency="Tòa án khu vực 1")
    assert [actions.remind_of_loans(_in(day)) for day in (6, 8, 11)] == [0, 1, 1]
    back: dict[str, Any] = {"actor": people["deputy_kv1"], "loan_id": outside.pk, "volume_count": 1, "folio_count": 5}
    actions.return_loan(**back, note="Thiếu bút lục 118")
    assert [actions.remind_of_loans(_in(day)) for day in (12, 18)] == [0, 1]
    assert [letter.to for letter in mailoutbox] == [["thu@example.org"]] * 3
    for letter, said in zip(mailoutbox, ("đến hạn trả", "quá hạn trả", "trả thiếu"), strict=True):
        assert said in letter.subject
    # of a restricted case leaders alone are written to
    people["chief_kv1"].email = "truong@example.org"
    people["chief_kv1"].save()
    type(case).objects.filter(pk=case.pk).update(confidentiality="han_che_noi_bo")
    assert actions.remind_of_loans(_in(30)) == 1
    assert mailoutbox[-1].to == ["truong@example.org"]
    for letter in mailoutbox:
        assert case.name not in letter.subject + letter.body
        assert WHY not in letter.body


def test_who_asks_is_not_told_which_cases_there_are(case: CaseFile, people: dict[str, User]) -> None:
    real = _asked(people, case.code)
    with written() as entries:
        invented = _asked(people, "HS-QN-KV1-2026-9999")
    assert entries.one.case_id is None
    told = told_to(people["prosecutor_kv3"], shown_to(people["prosecutor_kv3"]))
    assert {each.row.pk for each in told} == {real.pk, invented.pk}
    assert {(each.case, each.state, each.may) for each in told} == {(None, "de_nghi", frozenset({"withdraw"}))}
    for name, user in people.items():
        if name != "prosecutor_kv3":
            assert not shown_to(user).filter(pk=invented.pk).exists(), name
    with pytest.raises(NotFound):
        _asked(people, "HS-QN-KV1-2026-9999", "clerk_kv1", outside_name="Người Ngoài")
    actions.withdraw_loan(actor=people["prosecutor_kv3"], loan_id=invented.pk)


def test_a_volume_that_the_case_does_not_have_is_refused_to_who_may_know_of_it_and_never_allowed(
    case: CaseFile, people: dict[str, User]
) -> None:
    # bound in no numbered volumes here, nobody can say which ones there are
    actions.withdraw_loan(
        actor=people["prosecutor_kv1"], loan_id=_asked(people, case.code, "prosecutor_kv1", volumes=[99]).pk
    )
    for number in (1, 2):
        Volume.objects.create(case=case, number=number, folio_from=number * 10, folio_to=number * 10 + 9)
    for name in ("prosecutor_kv1", "clerk_kv1"):
        with pytest.raises(BadInput, match="Vụ án không có tập 98, 99: hãy xem lại") as caught:
            _asked(people, case.code, name, volumes=[1, 98, 99])
        assert caught.value.field == "volumes"
    assert _asked(people, case.code, "prosecutor_kv1", volumes=[1, 2]).volumes == [1, 2]
    # who may not know of the case is not told which volumes it has; nobody allows what is not there
    row = _asked(people, case.code, volumes=[99])
    with pytest.raises(Conflict, match="Vụ án không có tập 99: hãy từ chối"):
        actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    row.refresh_from_db()
    assert row.state == "de_nghi"
    actions.deny_loan(actor=people["chief_kv1"], loan_id=row.pk, reason="Hồ sơ không có tập 99")


def test_a_code_that_looks_like_none_is_doubted_by_its_form_alone(case: CaseFile, people: dict[str, User]) -> None:
    for code in ("HS-QN-KV9-2026-0001", f"SH{case.code[2:]}", case.code[:-1]):
        with pytest.raises(BadInput, match="không giống mã") as caught:
            _asked(people, code)
        assert caught.value.field == "code"
        assert _asked(people, code, as_written=True).case is None
    with pytest.raises(BadInput, match="chữ in hoa không dấu"):
        _asked(people, "HS/1", as_written=True)
    # somebody chose this one: only who knows of the case is not asked whether it is called so
    type(case).objects.filter(pk=case.pk).update(code="HS-CU-2019-7")
    assert _asked(people, " hs-cu-2019-7", "prosecutor_kv1").case == case
    refusals = []
    for code in ("HS-CU-2019-7", "HS-CU-2019-8"):
        with pytest.raises(BadInput) as caught:
            _asked(people, code)
        refusals.append(caught.value.message.replace(code, "…"))
    assert refusals[0] == refusals[1]


def test_bad_requests_are_refused_in_a_sentence(case: CaseFile, people: dict[str, User]) -> None:
    usual: dict[str, Any] = {"code": case.code, "form": "paper", "purpose": WHY, "until": _in(5)}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"code": ""}, "code"),
        ({"purpose": "xem"}, "purpose"),
        ({"until": _in(-1)}, "until"),
        ({"until": _in(31)}, "until"),
        ({"volumes": [0]}, "volumes"),
        ({"form": "both"}, "form"),
        ({"part": "x"}, "part"),
        ({"form": "electronic", "part": "hsks"}, "part"),
        ({"form": "electronic", "volumes": [1]}, "volumes"),
        ({"form": "electronic", "outside_name": "Người Ngoài"}, "form"),
        ({"outside_agency": "Tòa án"}, "outside_name"),
        ({"part": "hsks", "outside_name": "Người Ngoài"}, "part"),
        ({"borrower": people["outsider"]}, "borrower"),
        ({"borrower": people["prosecutor_kv1"], "outside_name": "Người Ngoài"}, "borrower"),
    ]
    for given, field in cases:
        with pytest.raises(BadInput) as caught:
            actions.request_loan(actor=people["clerk_kv1"], **(usual | given))
        assert caught.value.field == field, given
    for name, more in (("outsider", {}), ("prosecutor_kv1", {"outside_name": "Người Ngoài"})):
        with pytest.raises(NotAllowed):
            _asked(people, case.code, name, **more)
    with pytest.raises(NotFound):
        _asked(people, case.code, "clerk_kv3", borrower=people["prosecutor_kv3"])
    assert not Loan.objects.exists()


# --- electronic


def test_an_electronic_loan_opens_the_case_file_until_its_day_and_no_longer(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    borrower, code = people["prosecutor_kv3"], filed_case.case.code
    row = _asked(people, code, form="electronic")
    assert listed(borrower) == set()
    with TestCase.captureOnCommitCallbacks(execute=True):
        actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    # the case file alone, nothing to change, and only because it was lent
    assert listed(borrower) == set(filed_case.host_ids[:3])
    # by its title, and not by words of its text
    assert found(borrower, "khoi to") == set() < found(people["prosecutor_kv1"], "khoi to")
    mine = [
        grant.action
        for grants in grants_of(filed_case.host_ids).values()
        for grant in grants
        if grant.holder == "user" and grant.holder_id == borrower.pk
    ]
    assert mine == ["view"] * 3
    assert lent_alone(borrower, [filed_case.case]) == {filed_case.case.pk}
    assert borrower in {person for person, _decision in who_can_see(filed_case.case)}
    explained = case_explained_to(borrower, code).parts[0]
    assert explained.granting is not None
    assert (explained.granting.rule.role, explained.lasts_until) == ("loan", _in(10))
    # beside a reader of the case a borrower is told of the own loans alone
    _asked(people, code, "other_prosecutor_kv1")
    view = access_view(borrower, code)
    assert [each.pk for each in loans_of(borrower, view)] == [row.pk]
    assert loans_of(people["prosecutor_kv1"], access_view(people["prosecutor_kv1"], code)).count() == 2
    opened = TemporaryAccess.objects.get(kind="loan")
    with pytest.raises(Conflict, match="phiếu mượn"):
        temporary.end_temporary(actor=people["chief_kv1"], access_id=opened.pk)
    with time_machine.travel(timezone.now() + dt.timedelta(days=11), tick=False):
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert listed(borrower) == set()
        assert completions(borrower, "quye") == set()
        assert found(borrower, "khoi to") == set()
        assert not visible_cases(borrower).exists()
        (told,) = told_to(borrower, shown_to(borrower))
        assert (told.state, told.case, told.may) == ("da_tra", None, frozenset())
        with written() as entries:
            assert actions.end_what_ran_out() == 1
            assert actions.end_what_ran_out() == 0
        assert entries.one.said["actor"]["id"] is None
        # and can be lent again
        again = _asked(people, code, form="electronic")
        actions.approve_loan(actor=people["chief_kv1"], loan_id=again.pk)
        assert visible_cases(borrower).count() == 1


def access_view(user: User, code: str) -> Any:
    from vks_plugin.access.queries import case_for

    return case_for(user, code)


def test_an_electronic_loan_is_renewed_given_back_and_given_once(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    borrower, chief, code = people["prosecutor_kv3"], people["chief_kv1"], filed_case.case.code
    row = _lent(people, code, form="electronic")
    twice = _asked(people, code, form="electronic")
    with pytest.raises(Conflict):
        actions.approve_loan(actor=chief, loan_id=twice.pk)
    assert Loan.objects.get(pk=twice.pk).state == "de_nghi"
    actions.ask_renewal(actor=borrower, loan_id=row.pk, until=_in(20), reason=WHY)
    actions.answer_renewal(actor=chief, loan_id=row.pk, granted=True)
    with time_machine.travel(timezone.now() + dt.timedelta(days=15), tick=False):
        assert listed(borrower) == set(filed_case.host_ids[:3])
        client.force_login(borrower)
        # what is lent is read here; the DMS would show nothing
        papers = client.get(f"/vks/cases/{code}/").content.decode()
        assert f"/documents/{filed_case.host_ids[0]}/" in papers
        assert f'"/documents/{filed_case.host_ids[0]}"' not in papers
        with TestCase.captureOnCommitCallbacks(execute=True):
            said = client.post(f"/vks/loans/{row.pk}/return/", follow=True).content.decode()
        assert "Đã trả, quyền xem đã đóng." in said
        assert listed(borrower) == set()
        assert completions(borrower, "quye") == set()
    # who holds no post any more is lent nothing
    third = _asked(people, code, form="electronic")
    Appointment.objects.filter(user=borrower).update(ended_at=timezone.now())
    with pytest.raises(Conflict):
        actions.approve_loan(actor=chief, loan_id=third.pk)


def test_who_borrows_the_electronic_copy_is_told_before_it_closes(
    case: CaseFile, people: dict[str, User], settings: Settings, mailoutbox: list[Any]
) -> None:
    _with_addresses(people, settings)
    row = _lent(people, case.code, form="electronic")
    assert [actions.remind_of_loans(_in(day)) for day in (6, 7, 8, 10)] == [0, 1, 0, 0]
    # a longer term ends too
    actions.ask_renewal(actor=people["prosecutor_kv3"], loan_id=row.pk, until=_in(20), reason=WHY)
    actions.answer_renewal(actor=people["chief_kv1"], loan_id=row.pk, granted=True)
    assert [actions.remind_of_loans(_in(day)) for day in (11, 17, 18, 20, 21, 30)] == [0, 1, 0, 0, 0, 0]
    assert [letter.to for letter in mailoutbox] == [["sat@example.org"]] * 2
    for letter, day in zip(mailoutbox, (10, 20), strict=True):
        assert f"đến hết ngày {_in(day):%d/%m/%Y}" in letter.subject
        assert "gia hạn" in letter.body
        assert case.name not in letter.subject + letter.body


def test_who_reads_a_case_anyhow_does_not_read_it_by_a_loan_alone(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    _lent(people, case.code, "prosecutor_kv1", form="electronic")
    assert lent_alone(people["prosecutor_kv1"], [case]) == set()
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ khác")
    _lent(people, other.code, "prosecutor_kv1", form="electronic")
    assert lent_alone(people["prosecutor_kv1"], [case, other]) == {other.pk}


def test_who_borrows_reads_marked_pages_and_takes_nothing_out(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    from django.urls import reverse
    from PIL import Image

    from vks_plugin.access.models import AccessEntry

    code, document = filed_case.case.code, filed_case.host_ids[1]
    with TestCase.captureOnCommitCallbacks(execute=True):
        _lent(people, code, form="electronic")
    reader = people["prosecutor_kv1"]
    page = reverse("vks:read_page", args=[code, document, 1])
    door = f"/api/documents/{document}/"
    client.force_login(reader)
    for place in ("preview/", "download/"):
        assert client.get(door + place).status_code == 200, place
    client.force_login(people["prosecutor_kv3"])
    for place in ("preview/", "download/", "preview/?original=true", "download/?original=true"):
        refused = client.get(door + place)
        assert (refused.status_code, "/vks/" in refused.json()["detail"]) == (403, True), place
    assert client.get(door).status_code == 200
    archive = client.post("/api/documents/bulk_download/", {"documents": [document]}, content_type="application/json")
    # the stand-in has no such door
    assert archive.status_code == (405 if is_stand_in() else 403)
    for asked in (document, f" {document}", float(document)):
        body = {"document": asked, "path": "{{ document.content }}{{ document.checksum }}"}
        rendered = client.post("/api/storage_paths/test/", body, content_type="application/json")
        assert rendered.status_code == (405 if is_stand_in() else 403), asked
        assert is_stand_in() or "/vks/" in rendered.json()["detail"], asked
    for address in (f"/api/vks/cases/{code}/bundles/", f"/vks/cases/{code}/bundle/"):
        assert client.post(address).status_code == 403, address
    shown = client.get(reverse("vks:case", args=[code])).content.decode()
    assert reverse("vks:read", args=[code, document]) in shown
    assert "/preview/" not in shown
    whole = client.get(reverse("vks:read", args=[code, document]))
    assert whole.content.decode().count("<img") == 3
    assert whole["X-Frame-Options"] == "SAMEORIGIN"
    with time_machine.travel(timezone.now(), tick=False):
        first = client.get(page)
        client.force_login(reader)
        second = client.get(page)
    assert (first.status_code, first["Content-Type"]) == (200, "image/jpeg")
    pictures = [Image.open(io.BytesIO(answer.content)) for answer in (first, second)]
    # the same page, and another name on it
    assert pictures[0].size == pictures[1].size
    assert pictures[0].tobytes() != pictures[1].tobytes()
    entries = AccessEntry.objects.filter(actor_id=people["prosecutor_kv3"].pk, document_id=document)
    assert set(entries.filter(act="preview").values_list("refused", flat=True)) == {True, False}
    # each refusal is noted, files by the archive and texts by a path too
    refusals = [] if is_stand_in() else [("download", True), *[("text", True)] * 3]
    assert sorted(entries.filter(act__in=["download", "text"]).values_list("act", "refused")) == sorted(
        [("download", True)] * 2 + refusals
    )
    assert client.get(reverse("vks:read_page", args=[code, document, 9])).status_code == 404
    client.force_login(people["other_prosecutor_kv1"])
    assert client.get(page).status_code == 404
    # who gets an assignment beside the loan reads as everybody who works on the case
    with TestCase.captureOnCommitCallbacks(execute=True):
        access.assign(actor=people["chief_kv1"], case=filed_case.case, user=people["inspector_kv1"], role="inspector")
        _lent(people, code, "inspector_kv1", form="electronic")
    client.force_login(people["inspector_kv1"])
    assert client.get(f"{door}download/").status_code == 200


def test_the_host_shows_a_borrower_no_text_and_a_picture_with_the_name(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    from PIL import Image

    from vks_plugin.access.models import AccessEntry
    from vks_plugin.host.models import Document

    reader, borrower = people["prosecutor_kv1"], people["prosecutor_kv3"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        _lent(people, filed_case.case.code, form="electronic")
    mine = Document.objects.create(title="Của tôi", content="khởi tố của tôi", checksum="c" * 32, owner=borrower)
    small = Document.objects.get(pk=filed_case.host_ids[1])
    secret = small.content
    small.thumbnail_path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (500, 700), "white").save(small.thumbnail_path, "WEBP")
    door, listed_at = f"/api/documents/{small.pk}/", "/api/documents/?page_size=50"

    def texts(answer: Any) -> dict[int, str]:
        rows = answer.json()["results"] if "results" in answer.json() else [answer.json()]
        return {row.get("id", 0): row["content"] for row in rows}

    client.force_login(reader)
    assert texts(client.get(door))[small.pk] == secret
    plain = client.get(f"{door}thumb/")
    bare, kept = plain.getvalue(), plain.headers.get("ETag", '"x"')
    client.force_login(borrower)
    for address in (door, f"{door}?version={small.pk}", listed_at):
        told = texts(client.get(address))
        assert "prosecutor_kv3" in told[small.pk], address
        assert secret not in told.values(), address
        assert mine.pk not in told or told[mine.pk] == "khởi tố của tôi"
    # what is the borrower's own is found by its words, what is lent is not
    hits = {row["id"] for row in client.get(f"{listed_at}&text=khoi%20to").json()["results"]}
    assert not hits & set(filed_case.host_ids)
    for fields in ("content", "title,content"):
        assert secret not in client.get(f"{listed_at}&fields={fields}").content.decode()
    pictures = []
    over: list[object] = []

    def is_over(**_signal: object) -> None:
        over.append(_signal)

    for second in (0, 1):
        request_finished.connect(is_over)
        with time_machine.travel(timezone.now() + dt.timedelta(seconds=second), tick=False):
            shown = client.get(f"{door}thumb/", HTTP_IF_NONE_MATCH=kept)
        request_finished.disconnect(is_over)
        # a request is over once, and not while its answer is drawn: that ends the connection to the database
        assert len(over) == second + 1
        assert (shown.status_code, shown["Content-Type"], shown["Cache-Control"]) == (200, "image/webp", "no-store")
        with Image.open(io.BytesIO(shown.content)) as picture:
            pictures.append(picture.convert("RGB"))
    # the size of the host's, something drawn on it that names the moment
    assert pictures[0].size == Image.open(io.BytesIO(bare)).size
    assert len({bare, *(picture.tobytes() for picture in pictures)}) == 3
    small.thumbnail_path.write_bytes(b"no picture")
    assert client.get(f"{door}thumb/").content[8:12] == b"WEBP"
    # nothing of the text was read
    assert not AccessEntry.objects.filter(actor_id=borrower.pk, act="text").exclude(document_id=mine.pk).exists()
