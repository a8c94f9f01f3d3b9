"""Handing over: both sides, the three checks, refusals that name what is missing, and never two keepers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from tests.custody.test_acts import data, hidden
from tests.people import FiledCase, file_pdf, pdf_bytes, register
from vks_plugin.access import actions as access
from vks_plugin.access import transfers
from vks_plugin.access.queries import case_decision, visible_cases
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile, CatalogueType, Exhibit, Folio, Volume
from vks_plugin.custody.actions.hand_overs import (
    Discarded,
    Terms,
    accept,
    amend,
    amend_parts,
    attach_paper,
    cancel,
    draft,
    hand_over,
    reject,
    send,
    take_draft,
    terms_of,
)
from vks_plugin.custody.actions.holding import pass_to, state_beginning, write_beginning
from vks_plugin.custody.handing import (
    DIRECTIONS,
    REASONS,
    Checks,
    article_of,
    checks_for,
    directions_for,
    reasons_for,
)
from vks_plugin.custody.models import HandOver, Holding, Keeper, LedgerEntry, NumberSeries
from vks_plugin.custody.printed_hand_over import hand_over_paper
from vks_plugin.custody.queries.hand_overs import (
    coming_to,
    given_by,
    hand_over_for,
    hand_overs_for,
    left_loose,
    moves_of,
    outstanding_of,
    pages_of,
    papers_to_attach,
    people_to_receive,
    volumes_of,
    waiting_for_paper,
)
from vks_plugin.custody.queries.holding import holder_of, in_hands
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.registers import register_lines
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.custody.tasks import look_after_loans
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.filing.records import hand_in_record
from vks_plugin.organization import letters
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django.fixtures import Settings

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"
COURT = "Tòa án nhân dân khu vực 1 – Quảng Ninh"
PASSED = Checks(documents_complete=True, exhibits_complete=True, served=True)
IN = Terms(
    part="hsva",
    direction="cqdt_vks",
    reason="ket_thuc_dt",
    agency=AGENCY,
    giver_name="Lê Văn Điều",
    giver_title="Điều tra viên",
)
TO_COURT = Terms(
    part="hsva",
    direction="vks_ta",
    reason="truy_to",
    agency=COURT,
    receiver_name="Phạm Thị Tòa",
    receiver_title="Thư ký",
)


@pytest.fixture
def bound(case: CaseFile) -> CaseFile:
    """Return the case with three volumes and an exhibit that goes along."""
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", seal_number="NP-7", accompanies_file=True)
    return case


@pytest.fixture
def at_office(bound: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return the case whose file came to its office."""
    accept(
        actor=people["clerk_kv1"],
        row=hand_over(actor=people["clerk_kv1"], case=bound, terms=IN),
        checks=PASSED,
        awaits_paper=True,
    )
    return bound


@pytest.fixture
def signed(filed_case: FiledCase, catalogue: dict[str, CatalogueType]) -> CaseDocument:
    """Return a paper of the case that is the signed record of a hand-over."""
    kind = CatalogueType.objects.create(
        code="BBGNHS", name="Biên bản giao nhận hồ sơ", group_code="00", position=1, part="hsva", form_number="168"
    )
    paper = filed_case.documents[2]
    CaseDocument.objects.filter(pk=paper.pk).update(document_type=kind)
    return paper


# --- the tables


def test_what_the_law_wants_checked_depends_on_who_gives_what() -> None:
    counted = ("documents_complete", "exhibits_complete")
    articles = {"cqdt_vks": "Điều 238 BLTTHS", "vks_ta": "Điều 276 BLTTHS"}
    for direction in DIRECTIONS:
        article = articles.get(direction, "")
        assert article_of("criminal", "hsva", direction) == article
        wanted = checks_for("criminal", "hsva", direction, completes=False)
        assert wanted == ((*counted, "served") if article else counted), direction
        # the rest of a file, the supervision file, and what is no criminal case
        assert checks_for("criminal", "hsva", direction, completes=True) == counted
        assert (article_of("criminal", "hsks", direction), article_of("civil", "hsva", direction)) == ("", "")
        assert checks_for("civil", "hsva", direction, completes=False) == counted
    assert {each.value: each.code for each in DIRECTIONS.values() if each.code} == {
        "vks_ta": "01",
        "ta_vks": "02",
        "vks_cqdt": "03",
        "cqdt_vks": "04",
    }


def test_reasons_and_directions_are_those_that_make_sense_for_the_case() -> None:
    offered = {
        (kind, direction): set(reasons_for(kind, direction))
        for kind in ("criminal", "crime_report", "civil", "administrative")
        for direction in directions_for(kind)
    }
    assert set().union(*offered.values()) == REASONS.keys()
    assert {direction for kind, direction in offered if kind == "criminal"} == DIRECTIONS.keys()
    assert {direction for kind, direction in offered if kind == "civil"} == {
        "vks_ta",
        "ta_vks",
        "vks_vks",
        "vks_khac",
        "khac_vks",
        "noi_bo",
    }
    assert {direction for kind, direction in offered if kind == "crime_report"} == {
        "vks_cqdt",
        "cqdt_vks",
        "vks_vks",
        "vks_khac",
        "khac_vks",
        "noi_bo",
    }
    # nothing goes within an office, or comes from the agency, to be investigated further or tried again
    for direction in ("noi_bo", "cqdt_vks"):
        assert not offered["criminal", direction] & {"tra_dtbs", "phuc_tham", "truy_to"}, direction
    assert {"tra_dtbs", "phuc_tham"} <= offered["criminal", "ta_vks"]
    assert "tra_dtbs" in offered["criminal", "vks_cqdt"]
    for (kind, direction), reasons in offered.items():
        if kind != "criminal":
            assert not reasons & {"ket_thuc_dt", "tra_dtbs", "truy_to"}, (kind, direction)
    assert "ket_thuc_dt" not in offered["criminal", "vks_ta"]


def test_a_reason_of_another_kind_of_case_is_refused(at_office: CaseFile, people: dict[str, User]) -> None:
    CaseFile.objects.filter(pk=at_office.pk).update(kind="civil")
    case = CaseFile.objects.get(pk=at_office.pk)
    with pytest.raises(BadInput, match="không đi với"):
        draft(actor=people["clerk_kv1"], case=case, terms=TO_COURT)
    # what an agency that investigates gave goes back to it all the same
    back = replace(TO_COURT, direction="vks_cqdt", reason="tra_ho_so")
    cancel(actor=people["clerk_kv1"], row=draft(actor=people["clerk_kv1"], case=case, terms=back), reason="Lập nhầm")
    HandOver.objects.filter(case=case).update(direction="ta_vks")
    with pytest.raises(BadInput, match="Hướng giao nhận"):
        draft(actor=people["clerk_kv1"], case=case, terms=back)


def test_who_lost_the_case_leaves_what_others_wrote_of_an_exhibit(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk = people["clerk_kv1"]
    exhibit = Exhibit.objects.create(case=at_office, name="Khẩu súng", quantity="01", accompanies_file=True)
    terms = replace(TO_COURT, exhibits=[exhibit.pk])
    row = draft(actor=clerk, case=at_office, terms=terms)
    assert [each["name"] for each in row.exhibits] == ["Khẩu súng"]
    transfers.transfer_case(actor=people["chief_kv1"], case=at_office, to=units["QN-KV3"], decision="1/QĐ")
    row = amend(actor=clerk, row=row, terms=replace(terms, note="Gửi kèm USB"))
    assert (row.note, [each["name"] for each in row.exhibits]) == ("Gửi kèm USB", ["Khẩu súng"])
    # nor does who draws up another one read it
    cancel(actor=clerk, row=row, reason="Lập nhầm")
    assert [each["name"] for each in draft(actor=clerk, case=at_office, terms=terms).exhibits] == [""]


def test_pages_are_those_of_the_volumes_that_are_handed_over(filed_case: FiledCase, people: dict[str, User]) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    bound, straddling, loose = filed_case.documents[:3]
    Folio.objects.filter(case=case).delete()
    CaseDocument.objects.filter(case=case).exclude(pk__in=[bound.pk, straddling.pk, loose.pk]).update(part="hsks")
    for paper, pages, folios in ((bound, 2, (1, 2)), (straddling, 4, (3, 4, 5, 6)), (loose, 1, ())):
        CaseDocument.objects.filter(pk=paper.pk).update(page_count=pages, part="hsva")
        for page, number in enumerate(folios, start=1):
            Folio.objects.create(case=case, case_document=paper, number=number, page=page)
    assert (pages_of(case, "hsva", volumes_of(case, "hsva")), left_loose(case)) == (7, 0)
    for number, first, last in ((1, 1, 4), (2, 5, 6)):
        Volume.objects.create(case=case, number=number, folio_from=first, folio_to=last)
    row = draft(actor=clerk, case=case, terms=IN)
    assert (row.folio_range, row.total_pages, left_loose(case)) == ((1, 6), 6, 1)
    # fewer volumes are fewer pages, also when a draft is changed
    row = amend_parts(actor=clerk, row=row, given={"reason": "tra_ho_so", "volumes": [2]})
    assert row.total_pages == 2
    row = amend_parts(actor=clerk, row=row, given={"total_pages": 9})
    assert amend_parts(actor=clerk, row=row, given={"volumes": [1]}).total_pages == 9


def test_the_record_of_a_hand_over_is_no_loose_paper(
    at_office: CaseFile, people: dict[str, User], signed: CaseDocument
) -> None:
    # folios 1 to 300 are bound; the papers of the case have none of them
    Folio.objects.filter(case=at_office).delete()
    loose = left_loose(at_office)
    assert loose == CaseDocument.objects.filter(case=at_office, part="hsva").count() > 1
    row = HandOver.objects.get(case=at_office)
    # handed in from the page of the hand-over, before it is attached
    CaseDocument.objects.filter(pk=signed.pk).update(number=row.written_number)
    assert left_loose(at_office) == loose - 1
    CaseDocument.objects.filter(pk=signed.pk).update(number="")
    assert left_loose(at_office) == loose
    attach_paper(actor=people["clerk_kv1"], row=row, paper=signed)
    assert left_loose(at_office) == loose - 1


# --- from outside and back


def test_a_file_comes_from_the_agency_once_it_is_complete(
    bound: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk = people["clerk_kv1"]
    row = hand_over(actor=clerk, case=bound, terms=IN)
    assert (row.state, row.number, row.number_unit, row.total_pages) == ("cho_nhan", 1, units["QN-KV1"], None)
    assert (row.giver_agency, row.main_accused, row.folio_range, row.folio_count) == (
        AGENCY,
        "Nguyễn Văn Ánh",
        (1, 300),
        300,
    )
    assert [each["code"] for each in row.volumes] == [f"{bound.code}-HSVA-T0{n}".upper() for n in (1, 2, 3)]
    knife = Exhibit.objects.get(case=bound)
    assert row.exhibits == [{"id": knife.pk, "name": "Con dao bầu", "quantity": "01", "seal": "NP-7", "received": None}]
    # sent is not received: the agency still has it
    assert holder_of(bound).name == AGENCY
    with pytest.raises(BadInput, match="Bản kết luận điều tra") as refused:
        accept(actor=clerk, row=row, checks=PASSED._replace(served=False), awaits_paper=True)
    assert refused.value.field == "served"
    with pytest.raises(BadInput, match="còn thiếu"):
        reject(actor=clerk, row=row, checks=PASSED._replace(served=False), missing="  ")
    row.refresh_from_db()
    assert (row.state, row.accepted_at) == ("cho_nhan", None)
    row = reject(
        actor=clerk, row=row, checks=PASSED._replace(served=False), missing="Chưa giao kết luận điều tra cho bị can Ước"
    )
    assert (row.state, row.served, row.documents_complete) == ("chua_nhan", False, True)
    assert holder_of(bound).name == AGENCY
    # sent again it keeps its number, and what went before is told
    row = send(actor=clerk, row=row)
    # what was counted is kept, and is what is missing where nothing else is said
    with pytest.raises(BadInput, match="các tập có trong"):
        reject(actor=clerk, row=row, checks=PASSED, received=[1, 4])
    with pytest.raises(BadInput, match="còn thiếu"):
        reject(actor=clerk, row=row, checks=PASSED, received=[1, 2, 3])
    row = reject(actor=clerk, row=row, checks=PASSED, received=[1, 3])
    assert (row.missing, [each["received"] for each in row.volumes]) == ("Tập 2", [True, False, True])
    row = send(actor=clerk, row=row)
    assert [each["received"] for each in row.volumes] == [None, None, None]
    with pytest.raises(BadInput, match="chờ biên bản đã ký"):
        accept(actor=clerk, row=row, checks=PASSED)
    row = accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    assert (row.number, row.receiver_name, row.receiver_title) == (1, "Trần Thị Thư", "Văn thư")
    assert [each["act"] for each in row.steps] == ["send", "reject", "send", "reject", "send", "accept"]
    assert row.steps[1]["text"] == "Chưa giao kết luận điều tra cho bị can Ước"
    held = holder_of(bound)
    assert (held.keeper.unit, held.holding and held.holding.reference) == (units["QN-KV1"], row.pk)
    assert [each.keeper_name for each in Holding.objects.filter(case=bound, part="hsva")] == [
        AGENCY,
        units["QN-KV1"].name,
    ]
    kinds = LedgerEntry.objects.filter(case=bound, kind__startswith="hand_over").order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == [
        "hand_over_sent",
        "hand_over_rejected",
        "hand_over_sent",
        "hand_over_rejected",
        "hand_over_sent",
        "hand_over_accepted",
    ]


def test_what_goes_to_court_is_proven_by_the_signed_paper(
    filed_case: FiledCase, signed: CaseDocument, people: dict[str, User]
) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    row = hand_over(actor=clerk, case=case, terms=TO_COURT)
    assert (row.form_number, row.total_pages, row.folio_range) == ("", 6, (1, 6))
    with pytest.raises(BadInput, match="không phải biên bản"):
        accept(actor=clerk, row=row, checks=PASSED, signed_paper=filed_case.documents[0])
    row = accept(actor=clerk, row=row, checks=PASSED, signed_paper=signed)
    assert (row.awaits_paper, row.signed_paper, holder_of(case).name) == (False, signed, COURT)
    # the record that the first one waits for is another one
    (first,) = waiting_for_paper(clerk)
    with pytest.raises(BadInput, match="gắn với lần giao khác"):
        attach_paper(actor=clerk, row=first, paper=signed)
    other = filed_case.documents[1]
    kind = CatalogueType.objects.get(code="BBGNHS")
    CaseDocument.objects.filter(pk=other.pk).update(document_type=kind)
    with pytest.raises(NotAllowed):
        attach_paper(actor=people["prosecutor_kv1"], row=first, paper=other)
    attach_paper(actor=clerk, row=first, paper=other)
    assert not waiting_for_paper(clerk)
    with pytest.raises(Conflict):
        attach_paper(actor=clerk, row=first, paper=other)


def test_who_has_the_file_by_a_recorded_hand_over_gives_it_in_its_own_direction(
    at_office: CaseFile, people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_office, terms=TO_COURT), checks=PASSED, awaits_paper=True)
    back = replace(IN, agency=COURT, reason="tra_ho_so")
    for direction in ("cqdt_vks", "khac_vks"):
        with pytest.raises(BadInput, match="hãy chọn hướng “Tòa án → Viện kiểm sát”") as refused:
            hand_over(actor=clerk, case=at_office, terms=replace(back, direction=direction))
        assert refused.value.field == "direction"
    assert not HandOver.objects.filter(case=at_office, state__in=HAND_OVER.open).exists()
    row = hand_over(actor=clerk, case=at_office, terms=replace(back, direction="ta_vks"))
    assert row.giver_agency == COURT


def test_where_no_hand_over_says_who_has_the_file_any_agency_gives_it(bound: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    # taken to be with the agency that investigates: a court that gives it had it
    row = hand_over(actor=clerk, case=bound, terms=replace(IN, direction="ta_vks", reason="tra_ho_so", agency=COURT))
    cancel(actor=clerk, row=row, reason="Lập nhầm")
    # stated by somebody, by its name alone
    state_beginning(
        actor=clerk, case=bound, part="hsva", keeper=Keeper(agency=COURT), since=timezone.now() - dt.timedelta(days=1)
    )
    for direction in ("ta_vks", "cqdt_vks"):
        terms = replace(IN, direction=direction, reason="tra_ho_so", agency=COURT)
        cancel(actor=clerk, row=hand_over(actor=clerk, case=bound, terms=terms), reason="Lập nhầm")


def test_a_file_that_comes_back_in_parts_is_completed_later(at_office: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_office, terms=TO_COURT), checks=PASSED, awaits_paper=True)
    back = Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT)
    row = hand_over(actor=clerk, case=at_office, terms=back)
    some = PASSED._replace(documents_complete=False)
    with pytest.raises(BadInput, match="còn thiếu"):
        accept(actor=clerk, row=row, checks=some, received=[1, 3], awaits_paper=True)
    row = accept(actor=clerk, row=row, checks=some, received=[1, 3], missing="Tập 2 Tòa còn dùng", awaits_paper=True)
    assert (row.outstanding, set(outstanding_of(at_office, "hsva"))) == ([2], {2})
    assert holder_of(at_office).keeper.unit == at_office.unit
    # what is not there cannot be given on
    onward = replace(TO_COURT, reason="phuc_tham", volumes=[1, 2, 3])
    with pytest.raises(BadInput, match="các tập có trong hồ sơ"):
        hand_over(actor=clerk, case=at_office, terms=onward)
    rest = hand_over(actor=clerk, case=at_office, terms=replace(back, completes=row))
    assert [each["number"] for each in rest.volumes] == [2]
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert not outstanding_of(at_office, "hsva")
    assert holder_of(at_office).keeper.unit == at_office.unit
    assert hand_over(actor=clerk, case=at_office, terms=onward).state == "cho_nhan"


def test_what_was_kept_back_is_given_later_or_is_there_again_once_the_file_is_back(
    at_office: CaseFile, people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    out = replace(TO_COURT, reason="tra_ho_so", volumes=[1])
    first = hand_over(actor=clerk, case=at_office, terms=out)
    first = accept(actor=clerk, row=first, checks=PASSED, missing="Tập 2, 3 còn sao chụp", awaits_paper=True)
    assert (first.outstanding, holder_of(at_office).name) == ([2, 3], COURT)
    # what the file lacks is completed in its own direction
    later = replace(out, completes=first, volumes=[2])
    with pytest.raises(BadInput, match="đi theo hướng “Viện kiểm sát → Tòa án”") as refused:
        draft(actor=clerk, case=at_office, terms=replace(later, direction="ta_vks"))
    assert refused.value.field == "direction"
    second = hand_over(actor=clerk, case=at_office, terms=later)
    assert (second.giver.unit, second.receiver.name) == (at_office.unit, COURT)
    accept(actor=clerk, row=second, checks=PASSED, awaits_paper=True)
    assert (set(outstanding_of(at_office, "hsva")), holder_of(at_office).name) == ({3}, COURT)
    # the court gives back what it got, and keeps one; what stayed here is no gift of the court
    back = hand_over(
        actor=clerk,
        case=at_office,
        terms=Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT),
    )
    assert [each["number"] for each in back.volumes] == [1, 2]
    back = accept(actor=clerk, row=back, checks=PASSED, received=[1], missing="Tập 2 Tòa còn dùng", awaits_paper=True)
    assert {number: row.pk for number, row in outstanding_of(at_office, "hsva").items()} == {2: back.pk}
    onward = hand_over(actor=clerk, case=at_office, terms=replace(TO_COURT, reason="phuc_tham"))
    assert [each["number"] for each in onward.volumes] == [1, 3]


def test_a_hand_over_of_another_case_is_not_completed_by_this_one(at_office: CaseFile, people: dict[str, User]) -> None:
    clerk, back = people["clerk_kv1"], Terms(part="hsva", direction="ta_vks", reason="tra_ho_so", agency=COURT)
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_office, terms=TO_COURT), checks=PASSED, awaits_paper=True)
    row = accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=at_office, terms=back),
        checks=PASSED,
        received=[1, 3],
        missing="Tập 2",
        awaits_paper=True,
    )
    other = register(actor=people["prosecutor_kv1"], unit=at_office.unit)
    Volume.objects.create(case=other, number=2, folio_from=1, folio_to=9)
    with pytest.raises(BadInput, match="không còn tập nào"):
        draft(actor=clerk, case=other, terms=replace(back, completes=row))
    assert set(outstanding_of(at_office, "hsva")) == {2}


def test_anything_but_a_return_comes_whole_or_not_at_all(at_office: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    with pytest.raises(BadInput, match="đủ các tập"):
        hand_over(actor=clerk, case=at_office, terms=replace(TO_COURT, volumes=[1, 2]))
    row = hand_over(actor=clerk, case=at_office, terms=TO_COURT)
    with pytest.raises(BadInput, match="Còn thiếu Tập 2"):
        accept(actor=clerk, row=row, checks=PASSED, received=[1, 3], missing="Tập 2", awaits_paper=True)


def test_what_an_agency_signed_days_ago_is_dated_by_what_was_signed(
    bound: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, now = people["clerk_kv1"], timezone.localtime()
    came = (now - dt.timedelta(days=6)).replace(hour=16, minute=30, second=0, microsecond=0)
    went = came + dt.timedelta(days=3)
    # where it was taken to be was written down when the case was registered, after the file had come
    write_beginning(bound)
    row = accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=bound, terms=IN),
        checks=PASSED,
        awaits_paper=True,
        happened_at=came,
    )
    assert (row.accepted_at, holder_of(bound).since) == (came, came)
    row = hand_over(actor=clerk, case=bound, terms=TO_COURT)
    for wrong, told in (
        (now + dt.timedelta(hours=1), "tương lai"),
        (came - dt.timedelta(minutes=1), f"Bên giao chỉ có hồ sơ từ {came:%H:%M %d/%m/%Y}"),
        (came.replace(year=26), "trước năm 1900"),
    ):
        with pytest.raises(BadInput, match=told) as refused:
            accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=wrong)
        assert refused.value.field == "happened_at"
    row = accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=went)
    kept = Holding.objects.filter(case=bound, part="hsva").order_by("since")
    assert [(each.keeper_name, each.until) for each in kept] == [
        (AGENCY, came),
        (units["QN-KV1"].name, went),
        (COURT, None),
    ]
    entry = LedgerEntry.objects.filter(case=bound, kind="hand_over_accepted").latest("seq")
    assert (entry.said["data"]["happened_at"], entry.at >= now) == (
        f"{went.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        True,
    )
    assert dt.datetime.fromisoformat(row.steps[-1]["at"]) >= now
    assert f"hồi 16 giờ 30 phút, ngày {went:%d/%m/%Y}" in hand_over_paper(row).opening[0]
    _register, _unit, lines = register_lines(
        clerk, register="giao-nhan", unit="QN-KV1", first=now.date(), last=now.date()
    )
    assert [f"{day:%d/%m/%Y}" in " ".join(line) for day, line in zip((came, went), lines, strict=True)] == [True, True]
    assert list(otherwise_than_recorded()) == []
    HandOver.objects.filter(pk=row.pk).update(accepted_at=now)
    assert [each.endswith("“Giao nhận lúc”.") for each in otherwise_than_recorded()] == [True]


def test_between_us_a_file_is_received_when_the_receiver_says_so(at_office: CaseFile, people: dict[str, User]) -> None:
    clerk, taker = people["clerk_kv1"], people["prosecutor_kv1"]
    terms = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=taker)
    row = hand_over(actor=clerk, case=at_office, terms=terms)
    with pytest.raises(BadInput, match="để trống giờ, ngày") as refused:
        accept(actor=taker, row=row, checks=PASSED, happened_at=timezone.now() - dt.timedelta(days=1))
    assert refused.value.field == "happened_at"


def test_what_was_signed_before_the_giver_was_taken_over_is_dated_as_it_was(
    bound: CaseFile, units: dict[str, ProcuracyUnit]
) -> None:
    old, new = Keeper(unit=units["QN-KV1"]), Keeper(unit=units["QN-KV3"])
    taken_over = timezone.now() - dt.timedelta(hours=1)
    signed = taken_over - dt.timedelta(days=2)
    came = signed - dt.timedelta(days=2)
    for keeper, since, until, cause in (
        (old, came, taken_over, Holding.Cause.HAND_OVER),
        (new, taken_over, None, Holding.Cause.SUCCESSION),
    ):
        Holding.objects.create(case=bound, part="hsva", unit=keeper.unit, since=since, until=until, cause=cause)
    given: dict[str, Any] = {"case": bound, "part": "hsva", "giver": new, "receiver": Keeper(agency=COURT)}
    with pytest.raises(BadInput, match="Bên giao chỉ có hồ sơ từ"):
        pass_to(**given, cause=Holding.Cause.HAND_OVER, reference=1, happened_at=came - dt.timedelta(hours=1))
    pass_to(**given, cause=Holding.Cause.HAND_OVER, reference=1, happened_at=signed)
    assert holder_of(bound).name == COURT
    kept = Holding.objects.filter(case=bound, part="hsva").order_by("since")
    assert [(each.keeper_name, each.since, each.until) for each in kept] == [
        (units["QN-KV1"].name, came, signed),
        (COURT, signed, None),
    ]


# --- a procuracy that does not use this system

ELSEWHERE = "Viện kiểm sát nhân dân tỉnh Lạng Sơn"


def test_a_file_goes_to_a_procuracy_elsewhere_and_comes_back(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, own = people["clerk_kv1"], units["QN-KV1"]
    there = Terms(part="hsva", direction="vks_khac", reason="chuyen_tham_quyen", agency=ELSEWHERE, decision="7/QĐ-VKS")
    with pytest.raises(BadInput, match="tên cơ quan"):
        draft(actor=clerk, case=at_office, terms=replace(there, agency=" "))
    with pytest.raises(BadInput, match="không rời Viện kiểm sát"):
        draft(actor=clerk, case=at_office, terms=replace(there, part="hsks", reason="nghien_cuu"))
    # an office of ours receives itself: one clerk does not record both sides
    for name in (units["QN-KV3"].name, units["QN-KV3"].short_name.upper()):
        with pytest.raises(BadInput, match="Giữa hai Viện kiểm sát") as refused:
            draft(actor=clerk, case=at_office, terms=replace(there, agency=name))
        assert refused.value.field == "agency"
        with pytest.raises(BadInput, match="Giữa hai Viện kiểm sát"):
            draft(actor=clerk, case=at_office, terms=replace(TO_COURT, agency=name))
    row = hand_over(actor=clerk, case=at_office, terms=there)
    assert (row.receiver_unit, row.article, set(row.checks)) == (None, "", {"documents_complete", "exhibits_complete"})
    counted = Checks(documents_complete=True, exhibits_complete=True)
    with pytest.raises(BadInput, match="chờ biên bản đã ký"):
        accept(actor=clerk, row=row, checks=counted)
    accept(actor=clerk, row=row, checks=counted, awaits_paper=True)
    at_office.refresh_from_db()
    # the paper went; the case is another matter, decided by who may
    assert (holder_of(at_office).name, at_office.unit) == (ELSEWHERE, own)
    back = Terms(part="hsva", direction="khac_vks", reason="tra_ho_so", agency="Viện kiểm sát nhân dân tỉnh Cao Bằng")
    with pytest.raises(Conflict, match=ELSEWHERE):
        draft(actor=clerk, case=at_office, terms=back)
    # by now it uses the system: what lies there comes back under the name it went to
    units["QN-KV3"].name = ELSEWHERE
    units["QN-KV3"].save(update_fields=["name"])
    row = hand_over(actor=clerk, case=at_office, terms=replace(back, agency=ELSEWHERE))
    accept(actor=clerk, row=row, checks=counted, awaits_paper=True)
    assert holder_of(at_office).keeper.unit == own
    assert list(otherwise_than_recorded()) == []


# --- between offices


def _transfer(units: dict[str, ProcuracyUnit], **more: Any) -> Terms:
    given = {"decision": "12/QĐ-VKS ngày 05/11/2026"} | more
    return Terms(part="hsva", direction="vks_vks", reason="chuyen_tham_quyen", other_unit=units["QN-KV3"], **given)


def test_a_case_that_goes_with_its_paper_changes_hands_at_acceptance(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case, chief, receiver = at_office, people["chief_kv1"], people["clerk_kv3"]
    with pytest.raises(NotAllowed):
        hand_over(actor=people["clerk_kv1"], case=case, terms=_transfer(units))
    with pytest.raises(BadInput, match="số, ngày văn bản"):
        hand_over(actor=chief, case=case, terms=_transfer(units, decision=""))
    row = draft(actor=chief, case=case, terms=_transfer(units))
    assert row not in hand_overs_for(receiver)
    send(actor=chief, row=row)
    # the record, and nothing else of the case
    assert [each.case_name for each in coming_to(receiver)] == [case.name]
    assert not visible_cases(receiver).exists()
    assert case_decision(people["prosecutor_kv1"], case).level >= 3
    for stranger in (
        "prosecutor_kv3",
        "outsider",
        "other_prosecutor_kv1",
        "archivist_province",
        "admin_province",
        "locked",
    ):
        assert not hand_overs_for(people[stranger]).exists(), stranger
        with pytest.raises(NotFound):
            hand_over_for(people[stranger], row.pk)
    # the giving side cannot close it
    for giver in ("clerk_kv1", "chief_kv1", "prosecutor_kv1"):
        with pytest.raises(NotAllowed):
            accept(actor=people[giver], row=row, checks=PASSED)
        with pytest.raises(NotAllowed):
            reject(actor=people[giver], row=row, checks=PASSED, missing="x")
    with pytest.raises(NotAllowed):
        cancel(actor=receiver, row=row, reason="x")
    accept(actor=receiver, row=row, checks=PASSED)
    case = CaseFile.objects.select_related("unit__parent").get(pk=case.pk)
    assert (case.unit, holder_of(case).keeper.unit) == (units["QN-KV3"], units["QN-KV3"])
    assert not Assignment.objects.filter(case=case, ended_at__isnull=True).exists()
    assert case_decision(people["chief_kv3"], case).level == 4
    # the office before sees what it signed, and no more of the case; its supervision file is still there
    assert not visible_cases(people["clerk_kv1"]).exists()
    assert not visible_cases(people["chief_kv1"]).exists()
    assert hand_over_for(people["clerk_kv1"], row.pk).state == "da_nhan"
    assert [(each.part, each.unit) for each in in_hands(people["clerk_kv1"])] == [("hsks", units["QN-KV1"])]
    kinds = LedgerEntry.objects.filter(case=case).order_by("-seq").values_list("kind", flat=True)
    assert list(kinds[:2]) == ["case_transferred", "hand_over_accepted"]


def test_a_transfer_that_fails_leaves_paper_and_case_where_they_were(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    row = hand_over(actor=people["chief_kv1"], case=at_office, terms=_transfer(units))
    type(units["QN-KV3"]).objects.filter(code="QN-KV3").update(active_from=None)
    with pytest.raises(BadInput, match="chưa dùng hệ thống"):
        accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    row.refresh_from_db()
    assert row.state == "cho_nhan"
    assert holder_of(at_office).keeper.unit == units["QN-KV1"]
    assert CaseFile.objects.get(pk=at_office.pk).unit == units["QN-KV1"]


def test_a_case_on_its_way_with_its_paper_goes_nowhere_else(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """An office that never agreed would lose it again when the paper is received."""
    chief = people["chief_kv1"]
    row = hand_over(actor=chief, case=at_office, terms=_transfer(units))
    with pytest.raises(Conflict, match="nhận hoặc hủy lần giao đó trước"):
        transfers.transfer_case(actor=chief, case=at_office, to=units["QN"], decision="2/QĐ")
    assert CaseFile.objects.get(pk=at_office.pk).unit == units["QN-KV1"]
    cancel(actor=chief, row=row, reason="Chuyển lên tỉnh")
    transfers.transfer_case(actor=chief, case=at_office, to=units["QN"], decision="2/QĐ")
    assert CaseFile.objects.get(pk=at_office.pk).unit == units["QN"]


def test_paper_stays_where_it_is_when_a_case_goes_by_decision_alone(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    transfers.transfer_case(actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision="1/QĐ")
    case = CaseFile.objects.select_related("unit").get(pk=case.pk)
    assert (holder_of(case).name, holder_of(case, "hsks").keeper.unit) == (AGENCY, units["QN-KV1"])


# --- within an office


def test_paper_goes_to_a_person_who_alone_receives_it(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case, clerk, reader = at_office, people["clerk_kv1"], people["prosecutor_kv1"]
    to = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=reader)
    with pytest.raises(BadInput, match="phân công trước"):
        hand_over(actor=clerk, case=case, terms=replace(to, person=people["other_prosecutor_kv1"]))
    with pytest.raises(NotAllowed):
        hand_over(actor=reader, case=case, terms=to)
    row = hand_over(actor=clerk, case=case, terms=to)
    for other in (clerk, people["chief_kv1"], people["inspector_kv1"]):
        with pytest.raises(NotAllowed):
            accept(actor=other, row=row, checks=PASSED)
    assert [each.name for each in moves_of(reader, row)] == ["accept", "reject"]
    assert [each.name for each in moves_of(clerk, row)] == ["cancel"]
    accept(actor=reader, row=row, checks=PASSED)
    assert [each.case for each in in_hands(reader)] == [case]
    # the person hands it on: to a colleague, or back
    with pytest.raises(NotFound):
        hand_over(actor=people["other_prosecutor_kv1"], case=case, terms=replace(to, person=None, reason="tra_ho_so"))
    access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector")
    onward = hand_over(actor=reader, case=case, terms=replace(to, person=people["inspector_kv1"]))
    accept(actor=people["inspector_kv1"], row=onward, checks=PASSED)
    back = hand_over(actor=people["inspector_kv1"], case=case, terms=replace(to, person=None, reason="tra_ho_so"))
    assert [row.pk for row in coming_to(clerk)] == [back.pk]
    accept(actor=clerk, row=back, checks=PASSED)
    assert holder_of(case).keeper.is_same(Keeper(unit=units["QN-KV1"]))


def test_nobody_gives_and_receives_the_same_paper(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case, clerk, chief = at_office, people["clerk_kv1"], people["chief_kv1"]
    to_me = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=clerk)
    with pytest.raises(BadInput, match="không tự giao cho mình") as refused:
        hand_over(actor=clerk, case=case, terms=to_me)
    assert (refused.value.field, HandOver.objects.filter(case=case, direction="noi_bo").exists()) == ("person", False)
    # drawn up by who receives it, given by another who keeps paper
    row = draft(actor=clerk, case=case, terms=to_me)
    assert [each.name for each in moves_of(clerk, row)] == ["cancel"]
    row = accept(actor=clerk, row=send(actor=chief, row=row), checks=PASSED)
    assert (row.sent_by, row.received_by, holder_of(case).keeper.person) == (chief, clerk, clerk)
    # back to the office of which the giver keeps the paper too: by whoever it was given, and sent again
    back = hand_over(actor=clerk, case=case, terms=replace(to_me, person=None, reason="tra_ho_so"))
    for by in (clerk, chief):
        if by is chief:
            back = send(actor=by, row=reject(actor=people["deputy_kv1"], row=back, checks=PASSED, missing="Tập 2"))
        assert not {"accept", "reject"} & {each.name for each in moves_of(clerk, back)}
        assert (list(coming_to(clerk)), [each.pk for each in given_by(clerk)]) == ([], [back.pk])
        for who in {clerk, by}:
            with pytest.raises(NotAllowed, match="không tự nhận"):
                accept(actor=who, row=back, checks=PASSED)
            with pytest.raises(NotAllowed, match="không tự nhận"):
                reject(actor=who, row=back, checks=PASSED, missing="Tập 1")
    assert [each.pk for each in coming_to(people["deputy_kv1"])] == [back.pk]
    # what was sent before that was written down is the last sender's as well, whom the ledger names
    HandOver.objects.update(sent_by=None)
    assert [each.pk for each in coming_to(chief)] == [back.pk]
    import_module("vks_plugin.migrations.0041_who_sent_hand_overs").as_the_ledger_says(apps, None)
    assert HandOver.objects.get(pk=back.pk).sent_by == chief
    assert list(coming_to(chief)) == []
    accept(actor=people["deputy_kv1"], row=back, checks=PASSED)
    # of two offices with posts in both
    Appointment.objects.create(user=clerk, unit=units["QN-KV3"], role="records_clerk", starts_on=timezone.localdate())
    over = hand_over(actor=clerk, case=case, terms=replace(to_me, direction="vks_vks", other_unit=units["QN-KV3"]))
    with pytest.raises(NotAllowed, match="không tự nhận"):
        accept(actor=clerk, row=over, checks=PASSED)
    over = accept(actor=people["clerk_kv3"], row=over, checks=PASSED)
    for gave in ({"sent_by": people["clerk_kv3"]}, {"giver_person": people["clerk_kv3"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            _set(over, **gave)


def test_between_us_the_signed_record_may_be_there_and_need_not(
    at_office: CaseFile, signed: CaseDocument, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case, clerk, reader = at_office, people["clerk_kv1"], people["prosecutor_kv1"]
    to = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=reader)

    def waiting() -> list[int]:
        return [each.pk for each in waiting_for_paper(clerk) if not each.direction_data.is_outside]

    row = accept(actor=reader, row=hand_over(actor=clerk, case=case, terms=to), checks=PASSED)
    assert (row.signed_paper, row.awaits_paper, waiting()) == (None, False, [])
    back = hand_over(actor=reader, case=case, terms=replace(to, person=None, reason="tra_ho_so"))
    with pytest.raises(Conflict, match="chưa nhận"):
        attach_paper(actor=reader, row=back, paper=signed)
    with pytest.raises(BadInput, match="không phải biên bản"):
        accept(actor=clerk, row=back, checks=PASSED, signed_paper=CaseDocument.objects.exclude(pk=signed.pk).first())
    back = accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    assert waiting() == [back.pk]
    with pytest.raises(NotAllowed):
        attach_paper(actor=people["inspector_kv1"], row=back, paper=signed)
    attach_paper(actor=clerk, row=back, paper=signed)
    back.refresh_from_db()
    assert (back.signed_paper, back.awaits_paper, waiting()) == (signed, False, [])
    with pytest.raises(Conflict, match="đã có biên bản"):
        attach_paper(actor=clerk, row=back, paper=signed)
    # of another procuracy the record is kept by whoever may know of the case: to others it is not told what is filed
    HandOver.objects.filter(pk=back.pk).update(signed_paper=None)
    lent = Terms(part="hsva", direction="vks_vks", reason="nghien_cuu", other_unit=units["QN-KV3"])
    over = hand_over(actor=clerk, case=case, terms=lent)
    assert list(papers_to_attach(clerk, over)) == [signed]
    assert not papers_to_attach(people["clerk_kv3"], over).exists()
    with pytest.raises(BadInput, match="không phải biên bản"):
        accept(actor=people["clerk_kv3"], row=over, checks=PASSED, signed_paper=signed)
    over = accept(actor=people["clerk_kv3"], row=over, checks=PASSED)
    assert attach_paper(actor=clerk, row=over, paper=signed).signed_paper == signed


def test_who_can_be_handed_paper_is_asked_of_all_at_once(
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    with django_assert_max_num_queries(14):
        found = people_to_receive(case, units["QN-KV1"])
    names = {each.username for each in found}
    assert {people[each].username for each in ("clerk_kv1", "chief_kv1", "prosecutor_kv1")} <= names
    assert not {people[each].username for each in ("other_prosecutor_kv1", "scanner_kv1", "locked")} & names
    # clerks have no hand in what only leaders may know of
    case.confidentiality = CaseFile.Confidentiality.RESTRICTED
    found = people_to_receive(case, units["QN-KV1"])
    assert (people["clerk_kv1"] in found, people["chief_kv1"] in found) == (False, True)


def test_the_record_of_a_file_the_archive_has_is_handed_in_while_it_is_waited_for(
    filed_case: FiledCase, catalogue: dict[str, CatalogueType], people: dict[str, User], client: Client
) -> None:
    kind, _new = CatalogueType.objects.get_or_create(
        code="BBGNHS",
        defaults={
            "name": "Biên bản giao nhận hồ sơ",
            "group_code": "00",
            "position": 1,
            "part": "hsva",
            "host_type_id": catalogue["BBHC"].host_type_id,
        },
    )
    case, clerk = filed_case.case, people["clerk_kv1"]
    accept(
        actor=clerk,
        row=hand_over(actor=clerk, case=case, terms=IN),
        checks=PASSED,
        signed_paper=None,
        awaits_paper=True,
        happened_at=timezone.now() - dt.timedelta(days=3),
    )
    CaseFile.objects.filter(pk=case.pk).update(archived_at=timezone.now())
    case.refresh_from_db()
    (row,) = waiting_for_paper(clerk)
    # nothing but that, and nobody but who may file there
    with pytest.raises(Conflict, match="đã nộp lưu"):
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["BBHC"])
    with pytest.raises(NotAllowed):
        hand_in_record(actor=people["prosecutor_kv3"], row=row, file=ContentFile(pdf_bytes()), filename="bb.pdf")
    # whoever hands in what is filed already is told so, but its title only who may read it
    internal = filed_case.internal
    for handed_in in (internal, filed_case.documents[0]):
        content = handed_in.document.source_path.read_bytes()
        with pytest.raises(Conflict, match="đã có trong hồ sơ") as refused:
            hand_in_record(actor=clerk, row=row, file=ContentFile(content), filename="bb.pdf")
        assert handed_in.title not in refused.value.message
    client.force_login(clerk)
    where = f"/vks/custody/{row.pk}/"
    assert f"{where}scan/" in client.get(where).content.decode()
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(f"{where}scan/", {"file": ContentFile(pdf_bytes(), "Biên bản.pdf")})
    assert (answer.status_code, answer["Location"]) == (302, where)
    (paper,) = papers_to_attach(clerk, row)
    assert (paper.document_type, paper.number) == (kind, row.written_number)
    assert paper.date == timezone.localdate() - dt.timedelta(days=3)

    def told() -> tuple[list[str], list[int]]:
        answer = client.get(f"/api/vks/hand-overs/{row.pk}/").json()
        return answer["may"], [each["id"] for each in answer["papers"]]

    assert told() == (["attach", "scan"], [paper.document_id])
    # the same through the API, to either side and nobody else
    by_api, scanned = f"/api/vks/hand-overs/{row.pk}/record/", pdf_bytes()
    for content, status in ((b"", 400), (paper.document.source_path.read_bytes(), 409), (scanned, 202)):
        with TestCase.captureOnCommitCallbacks(execute=True):
            answer = client.post(by_api, {"file": ContentFile(content, "bb.pdf")})
        assert answer.status_code == status, answer.json()
    on_its_way = client.get(f"/api/vks/intake/{answer.json()['id']}/").json()
    assert (on_its_way["status"], on_its_way["number"]) == ("filed", row.written_number)
    assert told()[1] == [on_its_way["document"], paper.document_id]
    client.force_login(people["prosecutor_kv1"])
    assert client.get(f"/api/vks/hand-overs/{row.pk}/").json()["may"] == []
    assert client.post(by_api, {"file": ContentFile(pdf_bytes(), "bb.pdf")}).status_code == 403
    client.force_login(clerk)
    attach_paper(actor=clerk, row=row, paper=paper)
    assert (f"{where}scan/" in client.get(where).content.decode(), list(waiting_for_paper(clerk))) == (False, [])
    assert told() == ([], [])
    # nothing is waited for any more
    with pytest.raises(Conflict, match="đã nộp lưu"):
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=kind)
    assert client.post(by_api, {"file": ContentFile(pdf_bytes(), "bb.pdf")}).status_code == 409
    with pytest.raises(Conflict, match="không chờ biên bản"):
        hand_in_record(actor=clerk, row=hand_over_for(clerk, row.pk), file=ContentFile(pdf_bytes()), filename="x.pdf")


# --- what cannot be


def test_a_part_is_in_one_open_hand_over_at_a_time(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk = people["clerk_kv1"]
    cancel(actor=clerk, row=draft(actor=clerk, case=at_office, terms=TO_COURT), reason="gõ nhầm")
    # nobody heard of the draft
    assert not LedgerEntry.objects.filter(case=at_office, kind="hand_over_cancelled").exists()
    row = draft(actor=clerk, case=at_office, terms=TO_COURT)
    with pytest.raises(Conflict, match="chưa xong"):
        draft(actor=clerk, case=at_office, terms=TO_COURT)
    row = amend(actor=clerk, row=row, terms=replace(TO_COURT, note="Gửi kèm USB"))
    send(actor=clerk, row=row)
    with pytest.raises(Conflict, match="không sửa được"):
        amend(actor=clerk, row=row, terms=TO_COURT)
    with pytest.raises(Conflict, match="đang ở trạng thái"):
        send(actor=clerk, row=row)
    with pytest.raises(BadInput, match="lý do hủy"):
        cancel(actor=clerk, row=row, reason="")
    cancel(actor=clerk, row=row, reason="Tòa hẹn ngày khác")
    with pytest.raises(Conflict, match="Đã hủy"):
        accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    again = hand_over(actor=clerk, case=at_office, terms=TO_COURT)
    row.refresh_from_db()
    assert [row.number, again.number] == [2, 3]
    assert LedgerEntry.objects.filter(case=at_office, kind="hand_over_cancelled").count() == 1
    assert [each.pk for each in given_by(clerk)] == [again.pk]
    assert holder_of(at_office).keeper.unit == units["QN-KV1"]


def _entries(case: CaseFile, kind: str) -> list[dict[str, Any]]:
    return [data(entry) for entry in LedgerEntry.objects.filter(case=case, kind=kind).order_by("seq")]


def test_a_forgotten_draft_is_told_with_whose_it_is_and_taken_over_with_all_it_says(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    chief, clerk = people["chief_kv1"], people["clerk_kv1"]
    with time_machine.travel(timezone.now() - dt.timedelta(days=40), tick=False):
        begun = f"{timezone.localtime():%H:%M %d/%m/%Y}"
        terms = replace(TO_COURT, note="Gửi kèm USB", seal_condition="Hai bì", total_pages=310)
        row = HandOver.objects.get(pk=draft(actor=chief, case=at_office, terms=terms).pk)
    with pytest.raises(Conflict) as refused:
        draft(actor=clerk, case=at_office, terms=TO_COURT)
    told = refused.value
    assert display_name(chief) in told.message
    assert (units["QN-KV1"].name in told.message, begun in told.message) == (True, True)
    assert ("tiếp nhận" in told.message, told.blocked_by) == (True, row.pk)
    before = terms_of(row)
    taken = take_draft(actor=clerk, row=row)
    said = terms_of(HandOver.objects.get(pk=row.pk))
    assert said == replace(before, giver_name=display_name(clerk), giver_title="Văn thư")
    assert (taken.created_by, taken.steps[-1]["act"], taken.steps[-1]["text"]) == (clerk, "take", display_name(chief))
    (entry,) = _entries(at_office, "hand_over_draft_taken")
    assert entry == {"hand_over": row.pk, "part": "hsva", "person_id": chief.pk}
    with pytest.raises(Conflict, match="của bạn"):
        take_draft(actor=clerk, row=row)
    with pytest.raises(Conflict, match="dự thảo của bạn"):
        draft(actor=clerk, case=at_office, terms=TO_COURT)
    sent = send(actor=clerk, row=row)
    with pytest.raises(Conflict, match="không còn là dự thảo"):
        take_draft(actor=chief, row=row)
    with pytest.raises(Conflict, match=f"số {sent.written_number}.*chờ nhận"):
        draft(actor=chief, case=at_office, terms=TO_COURT)
    reject(actor=clerk, row=sent, checks=PASSED._replace(served=False), missing="Chưa tống đạt")
    with pytest.raises(Conflict, match="ghi chưa nhận"):
        draft(actor=chief, case=at_office, terms=TO_COURT)


def test_a_name_somebody_wrote_in_stays_when_a_draft_is_taken_over(
    at_office: CaseFile, people: dict[str, User]
) -> None:
    terms = replace(TO_COURT, giver_name="Hoàng Văn Ký", giver_title="Phó Viện trưởng")
    row = draft(actor=people["chief_kv1"], case=at_office, terms=terms)
    taken = take_draft(actor=people["clerk_kv1"], row=row)
    assert (taken.giver_name, taken.giver_title) == ("Hoàng Văn Ký", "Phó Viện trưởng")


def test_a_draft_in_the_way_is_put_aside_with_a_reason_in_one_act_or_stays(
    at_office: CaseFile, people: dict[str, User]
) -> None:
    chief, clerk = people["chief_kv1"], people["clerk_kv1"]
    row = draft(actor=chief, case=at_office, terms=replace(TO_COURT, note="Gửi kèm USB"))
    with pytest.raises(BadInput, match="lý do hủy") as refused:
        hand_over(actor=clerk, case=at_office, terms=TO_COURT, instead_of=Discarded(row, " "))
    assert refused.value.field == "discard_reason"
    # what it was to make way for is refused: the draft stays
    with pytest.raises(BadInput, match="tên cơ quan"):
        hand_over(
            actor=clerk, case=at_office, terms=replace(TO_COURT, agency=""), instead_of=Discarded(row, "Ghi nhầm")
        )
    row.refresh_from_db()
    assert (row.state, _entries(at_office, "hand_over_draft_discarded")) == ("du_thao", [])
    given = hand_over(actor=clerk, case=at_office, terms=TO_COURT, instead_of=Discarded(row, "Ghi nhầm Tòa"))
    row.refresh_from_db()
    assert (given.state, row.state, row.note) == ("cho_nhan", "huy", "Gửi kèm USB")
    assert (row.steps[-1]["act"], row.steps[-1]["text"]) == ("cancel", "Ghi nhầm Tòa")
    (entry,) = _entries(at_office, "hand_over_draft_discarded")
    assert entry == {"hand_over": row.pk, "part": "hsva", "person_id": chief.pk}
    (kept,) = LedgerEntry.objects.filter(kind="hand_over_draft_discarded")
    assert hidden(kept) == {"person": display_name(chief), "reason": "Ghi nhầm Tòa"}
    with pytest.raises(Conflict, match="tải lại trang"):
        draft(actor=clerk, case=at_office, terms=TO_COURT, instead_of=Discarded(given, "Không phải dự thảo"))
    assert list(otherwise_than_recorded()) == []


def test_a_draft_of_another_office_is_told_of_and_is_that_offices_to_put_aside(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """What one office kept back it can have begun to send after the rest, which the office that has the rest cannot see."""
    clerk, other = people["clerk_kv1"], people["clerk_kv3"]
    terms = Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", other_unit=units["QN-KV3"], volumes=[1, 2])
    before = hand_over(actor=clerk, case=at_office, terms=terms)
    before = accept(actor=other, row=before, checks=PASSED, missing="Tập 3 còn sao chụp")
    row = draft(actor=clerk, case=at_office, terms=replace(terms, volumes=[3], completes=before, note="Riêng"))
    back = replace(terms, other_unit=units["QN-KV1"], volumes=None)
    with pytest.raises(Conflict) as refused:
        draft(actor=other, case=at_office, terms=back)
    told = refused.value
    assert (units["QN-KV1"].name in told.message, "Riêng" in told.message, told.blocked_by) == (True, False, None)
    aside = Discarded(row, "Vướng lần giao của tôi")
    with pytest.raises(NotAllowed, match="Chỉ bên giao"):
        draft(actor=other, case=at_office, terms=back, instead_of=aside)
    for who in ("clerk_kv3", "prosecutor_kv1"):
        with pytest.raises(NotAllowed, match="Chỉ bên giao"):
            take_draft(actor=people[who], row=row)
    row.refresh_from_db()
    assert (row.state, row.created_by) == ("du_thao", clerk)


_MAY = {
    "du_thao": {"amend", "send", "cancel"},
    "cho_nhan": {"accept", "reject", "cancel"},
    "chua_nhan": {"amend", "send", "cancel"},
    "da_nhan": {"attach"},
    "huy": set(),
}
"""What may be done in each state; every other act is refused in it."""
_WAY_TO = {
    "du_thao": (),
    "cho_nhan": ("send",),
    "chua_nhan": ("send", "reject"),
    "da_nhan": ("send", "accept"),
    "huy": ("send", "cancel"),
}
"""How a hand-over comes into each state."""
_OURS, _THEIRS = {"clerk_kv1", "chief_kv1"}, {"clerk_kv3", "chief_kv3"}
_STRANGERS = {"prosecutor_kv1", "prosecutor_kv3"}
"""Who works on the case, or in the other office, and keeps no paper."""
_GIVEN = Terms(part="hsva", direction="vks_vks", reason="nghien_cuu")


@dataclass(frozen=True)
class _Way:
    """One way of handing over, and whose each act of it is."""

    terms: Terms
    receivers: set[str]
    givers: set[str] = field(default_factory=lambda: _OURS)
    senders: set[str] | None = None
    """Who may send and amend; None: whoever gives, but not who receives in own name."""
    attach: set[str] | None = None
    """Who may attach the signed record; None: `givers`, since an office that only has the paper is not shown what is filed."""
    at: str = "office"
    """Where the paper is before: `agency`, `office`, or with the account named."""
    entries: int = 1
    """What receiving it adds to the ledger."""
    bystanders: set[str] = field(default_factory=lambda: _STRANGERS)


_WAYS = {
    "from an agency": _Way(IN, _OURS, at="agency", bystanders=_STRANGERS | {"scanner_kv1", "chief_province"}),
    "to the court": _Way(TO_COURT, _OURS),
    "between offices": _Way(_GIVEN, _THEIRS, bystanders=_STRANGERS | {"scanner_kv1", "chief_province"}),
    # who may transfer the case sends; the one it went to has it afterwards
    "with the case": _Way(
        replace(_GIVEN, reason="chuyen_tham_quyen", decision="12/QĐ-VKS"),
        _THEIRS,
        senders={"chief_kv1"},
        attach=_THEIRS,
        entries=2,
    ),
    "the rest of it": _Way(replace(_GIVEN, reason="tra_ho_so", volumes=[2]), _THEIRS),
    "to somebody": _Way(replace(_GIVEN, direction="noi_bo"), {"prosecutor_kv1"}, attach=_OURS | {"prosecutor_kv1"}),
    # the chief sends it in that person's place, and receives it no more than that person does
    "back from somebody": _Way(
        replace(_GIVEN, direction="noi_bo", reason="tra_ho_so"),
        {"clerk_kv1"},
        givers=_OURS | {"prosecutor_kv1"},
        at="prosecutor_kv1",
    ),
}


def _begun(way: _Way, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> HandOver:
    """Return the draft of a way, with paper where it has to be."""
    chief, clerk, terms = people["chief_kv1"], people["clerk_kv1"], way.terms
    if way.at != "agency":
        here = Keeper(unit=case.unit, person=people.get(way.at))
        state_beginning(actor=clerk, case=case, part="hsva", keeper=here, since=timezone.now())
    if terms.direction == "vks_vks":
        terms = replace(terms, other_unit=units["QN-KV3"])
    if way is _WAYS["to somebody"]:
        terms = replace(terms, person=people["prosecutor_kv1"])
    if way is _WAYS["the rest of it"]:
        for number in (1, 2):
            Volume.objects.create(case=case, number=number)
        before = hand_over(actor=clerk, case=case, terms=replace(terms, volumes=[1]))
        before = accept(actor=people["clerk_kv3"], row=before, checks=PASSED, missing="Tập 2 còn sao chụp")
        terms = replace(terms, completes=before)
    return draft(actor=chief, case=case, terms=terms)


@pytest.mark.parametrize("name", _WAYS)
def test_every_act_of_everybody_in_every_state_does_what_the_table_says_and_else_nothing(
    name: str,
    filed_case: FiledCase,
    signed: CaseDocument,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
) -> None:
    way = _WAYS[name]
    row = _begun(way, filed_case.case, people, units)
    acts: dict[str, Callable[[User], HandOver]] = {
        "amend": lambda actor: amend(actor=actor, row=row, terms=replace(terms_of(row), note="Thêm")),
        "send": lambda actor: send(actor=actor, row=row),
        "accept": lambda actor: accept(actor=actor, row=row, checks=PASSED, awaits_paper=True),
        "reject": lambda actor: reject(actor=actor, row=row, checks=PASSED, missing="Tập 1"),
        "cancel": lambda actor: cancel(actor=actor, row=row, reason="Giao nhầm"),
        "attach": lambda actor: attach_paper(actor=actor, row=row, paper=signed),
    }
    senders = way.senders or way.givers
    whose = {
        "amend": senders,
        "send": senders,
        "accept": way.receivers,
        "reject": way.receivers,
        "cancel": way.givers,
        "attach": way.attach or way.givers,
    }
    assert _MAY.keys() == _WAY_TO.keys() == {state for state, _label in HAND_OVER.states}
    for each in HAND_OVER.moves:
        assert {state for state, may in _MAY.items() if each.name in may} == each.sources

    def everything() -> list[Any]:
        models = (LedgerEntry, HandOver, Holding, CaseFile, NumberSeries)
        return [list(model.objects.order_by("pk").values()) for model in models]

    for state, steps in _WAY_TO.items():
        with transaction.atomic():
            for act in steps:
                acts[act](people[min(whose[act])])
            before = everything()
            here = HandOver.objects.get(pk=row.pk)
            assert here.state == state
            for who in sorted(_OURS | _THEIRS | way.bystanders):
                may = {act for act in _MAY[state] if who in whose[act]}
                assert {each.name for each in moves_of(people[who], here)} == may - {"amend", "attach"}, (state, who)
                for act, do in acts.items():
                    if act not in _MAY[state] and who != min(whose[act]):
                        # what nobody may do here is tried by whose act it is
                        continue
                    with transaction.atomic():
                        if act not in may:
                            with pytest.raises((Conflict, NotAllowed, BadInput)), transaction.atomic():
                                do(people[who])
                            continue
                        do(people[who])
                        target = HAND_OVER.move(act).target if act not in {"amend", "attach"} else state
                        # of a draft nobody was told, but who drew it up counts on it
                        own_draft = (state, act, who) == ("du_thao", "cancel", "chief_kv1")
                        told = int(act != "amend" and not own_draft)
                        entries = LedgerEntry.objects.count() - len(before[0])
                        expected = (target, way.entries if act == "accept" else told)
                        assert (HandOver.objects.get(pk=row.pk).state, entries) == expected, (state, act, who)
                        transaction.set_rollback(True)
                assert everything() == before, (state, who)
            transaction.set_rollback(True)


def test_both_sides_are_written_to_of_what_nobody_receives(
    at_office: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    settings: Settings,
    mailoutbox: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.EMAIL_ENABLED = True
    for name, user in people.items():
        user.email = f"{name}@example.org"
        user.save()
    terms = Terms(part="hsva", direction="vks_vks", reason="nghien_cuu", other_unit=units["QN-KV3"])
    row = hand_over(actor=people["clerk_kv1"], case=at_office, terms=terms)

    sent = row.sent_at
    assert sent is not None

    def written_on(days: int) -> set[str]:
        mailoutbox.clear()
        with time_machine.travel(sent + dt.timedelta(days=days, hours=1), tick=False):
            look_after_loans()
        for letter in mailoutbox:
            assert "1 lần giao nhận" in letter.subject
            assert at_office.code not in letter.subject + letter.body
        return {letter.to[0].removesuffix("@example.org") for letter in mailoutbox}

    desks = {"clerk_kv1", "clerk_kv3"}
    # a day on which nobody came, or nothing could be sent, costs a day and no week
    assert [written_on(days) for days in (2, 4, 5, 10, 11, 12)] == [set(), desks, set(), set(), desks, set()]
    with monkeypatch.context() as broken:
        broken.setattr(letters, "send_mail", mail_refused)
        assert written_on(18) == set()
    settings.EMAIL_ENABLED = False
    assert written_on(19) == set()
    settings.EMAIL_ENABLED = True
    assert [written_on(days) for days in (20, 21)] == [desks, set()]
    # given again it waits anew
    row = reject(actor=people["clerk_kv3"], row=row, checks=PASSED, missing="Tập 2")
    with time_machine.travel(sent + dt.timedelta(days=21), tick=False):
        row = send(actor=people["clerk_kv1"], row=row)
    assert [written_on(days) for days in (23, 24, 25)] == [set(), desks, set()]
    # of a restricted case leaders alone
    CaseFile.objects.filter(pk=at_office.pk).update(confidentiality="han_che_noi_bo")
    assert written_on(31) == {"chief_kv1", "deputy_kv1", "chief_kv3"}
    CaseFile.objects.filter(pk=at_office.pk).update(confidentiality="thuong")
    accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    assert written_on(38) == set()


def mail_refused(*_args: object, **_named: object) -> None:
    """As a mail server does that is not there."""
    raise ConnectionRefusedError


def test_what_is_lent_or_elsewhere_is_not_handed_over(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    clerk, office = people["clerk_kv1"], Keeper(unit=units["QN-KV1"])
    waiting = draft(actor=clerk, case=at_office, terms=TO_COURT)
    borrower = Keeper(unit=units["QN-KV1"], person=people["inspector_kv1"])
    pass_to(case=at_office, part="hsva", giver=office, receiver=borrower, cause="loan")
    with pytest.raises(Conflict, match="Hồ sơ đang ở"):
        send(actor=clerk, row=waiting)
    cancel(actor=clerk, row=waiting, reason="đang cho mượn")
    with pytest.raises(Conflict, match="cho mượn"):
        draft(actor=clerk, case=at_office, terms=TO_COURT)
    pass_to(case=at_office, part="hsva", giver=borrower, receiver=office, cause="loan_return")
    with pytest.raises(Conflict, match="Hồ sơ đang ở"):
        draft(actor=clerk, case=at_office, terms=IN)
    with pytest.raises(BadInput, match="không rời"):
        draft(actor=clerk, case=at_office, terms=replace(TO_COURT, part="hsks"))
    with pytest.raises(BadInput, match="không đi với"):
        draft(actor=clerk, case=at_office, terms=replace(TO_COURT, reason="ket_thuc_dt"))


_WRONG: dict[str, Callable[[HandOver], None]] = {
    "a second open one": lambda row: HandOver(
        case=row.case,
        part="hsva",
        direction="vks_ta",
        reason="truy_to",
        giver_unit=row.case.unit,
        receiver_agency=COURT,
        case_name="x",
        created_by=row.created_by,
    ).save(),
    "accepted without proof": lambda row: _set(row, state="da_nhan", accepted_at=row.created_at),
    "refused without a word": lambda row: _set(row, state="chua_nhan"),
    "nobody receives": lambda row: _set(row, receiver_agency=""),
    "two agencies": lambda row: _set(row, giver_unit=None, giver_agency=AGENCY),
    "the supervision file outside": lambda row: _set(row, part="hsks"),
}


def _set(row: HandOver, **values: Any) -> None:
    HandOver.objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize("wrong", _WRONG)
def test_the_database_refuses_too(wrong: str, at_office: CaseFile, people: dict[str, User]) -> None:
    row = draft(actor=people["clerk_kv1"], case=at_office, terms=TO_COURT)
    with pytest.raises(IntegrityError), transaction.atomic():
        _WRONG[wrong](row)
    row.refresh_from_db()
    assert (row.state, row.part) == ("du_thao", "hsva")


def test_a_restricted_case_is_handed_over_by_leaders_alone(
    at_office: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    CaseFile.objects.filter(pk=at_office.pk).update(confidentiality="han_che_noi_bo")
    at_office.refresh_from_db()
    with pytest.raises(NotFound):
        hand_over(actor=people["clerk_kv1"], case=at_office, terms=TO_COURT)
    row = hand_over(actor=people["chief_kv1"], case=at_office, terms=_transfer(units))
    assert not hand_overs_for(people["clerk_kv3"]).exists()
    assert not hand_overs_for(people["clerk_kv1"]).exists()
    with pytest.raises(NotAllowed):
        accept(actor=people["clerk_kv3"], row=row, checks=PASSED)
    accept(actor=people["chief_kv3"], row=row, checks=PASSED)
    assert CaseFile.objects.get(pk=at_office.pk).unit == units["QN-KV3"]


def test_the_office_at_the_trial_gives_out_what_it_has(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """The province prosecutes, the office below appears: the paper is there although the case is not its own."""
    CaseFile.objects.filter(pk=case.pk).update(unit=units["QN"], trial_unit=units["QN-KV3"])
    case = CaseFile.objects.select_related("unit__parent", "trial_unit").get(pk=case.pk)
    with pytest.raises(NotFound):
        state_beginning(
            actor=people["clerk_kv3"],
            case=case,
            part="hsva",
            keeper=Keeper(unit=units["QN-KV3"]),
            since=case.created_at,
        )
    back = replace(IN, direction="ta_vks", reason="tra_ho_so", agency=COURT, other_unit=units["QN-KV3"])
    accept(
        actor=people["clerk_kv3"],
        row=hand_over(actor=people["clerk_kv3"], case=case, terms=back),
        checks=PASSED,
        awaits_paper=True,
    )
    assert holder_of(case).keeper.unit == units["QN-KV3"]
    assert not visible_cases(people["clerk_kv3"]).exists()
    row = hand_over(
        actor=people["clerk_kv3"],
        case=case,
        terms=Terms(part="hsva", direction="vks_vks", reason="tra_ho_so", other_unit=units["QN"]),
    )
    assert [each.pk for each in coming_to(people["chief_province"])] == [row.pk]
    with pytest.raises(BadInput, match="không nhận hồ sơ vụ án này"):
        draft(actor=people["clerk_kv1"], case=case, terms=replace(back, other_unit=units["QN-KV1"]))
