"""Who has the paper, through the API: the same acts and answers as on the pages, and refused alike."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone
from PIL import Image, ImageChops
from pypdf import PdfReader

from tests.custody.conftest import Export
from tests.custody.test_settling import WHY as LOST
from tests.custody.test_settling import short
from tests.people import FiledCase, register
from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import Exhibit, Volume
from vks_plugin.custody import actions, verify_ledger
from vks_plugin.custody.actions import hand_overs as acts
from vks_plugin.custody.actions.hand_overs import Terms
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import HandOver, Holding, LedgerEntry, Loan
from vks_plugin.custody.registers import register_paper
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from rest_framework.test import APIClient

    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

    SignIn = Callable[[str], APIClient]

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"
COURT = "Tòa án nhân dân khu vực 1 – Quảng Ninh"
BORROWER = "Phan Thị Sát"
WHY = "Nghiên cứu hồ sơ để chuẩn bị phiên tòa."


@pytest.fixture
def here(case: CaseFile, people: dict[str, User]) -> CaseFile:
    """Return a case in three volumes, with an exhibit, whose file came to its office."""
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", accompanies_file=True)
    terms = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    acts.accept(
        actor=people["clerk_kv1"],
        row=acts.hand_over(actor=people["clerk_kv1"], case=case, terms=terms),
        checks=Checks(documents_complete=True, exhibits_complete=True, served=True),
        awaits_paper=True,
    )
    return case


def _lend(people: dict[str, User], case: CaseFile, who: str, **more: Any) -> Loan:
    until = timezone.localdate() + dt.timedelta(days=5)
    given: dict[str, Any] = {"form": "paper", "purpose": WHY, "until": until} | more
    row = actions.request_loan(actor=people[who], code=case.code, **given)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    if row.form == "paper":
        actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=100)
    return Loan.objects.get(pk=row.pk)


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def _places(answer: Any) -> list[tuple[int, str, str]]:
    (file,) = [each for each in answer.json() if each["part"] == "hsva"]
    return [(each["number"], each["place"], each["holder"]) for each in file["volumes"]]


def test_where_a_case_and_each_of_its_volumes_is_is_told_to_who_may_know_it(
    here: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    office = here.unit.name
    loan = _lend(people, here, "prosecutor_kv3", volumes=[2])
    _lend(people, here, "inspector_kv1", form="electronic")
    where = f"/api/vks/cases/{here.code}/custody/"
    reader, borrower = as_person("prosecutor_kv1"), as_person("inspector_kv1")
    # who reads the case is told the borrower; who reads it by a loan alone is told that the volume is out, no more
    assert _places(reader.get(where)) == [(1, "with_file", office), (2, "lent", BORROWER), (3, "with_file", office)]
    assert _places(borrower.get(where)) == [(1, "with_file", office), (2, "lent", ""), (3, "with_file", office)]
    assert _places(reader.get(f"{where}?volume=2")) == [(2, "lent", BORROWER)]
    assert [each["part"] for each in borrower.get(where).json()] == ["hsva"]
    assert BORROWER not in borrower.get(f"{where}timeline/").content.decode()
    told = reader.get(f"{where}timeline/?part=hsva").json()
    lines = [(each["holder"]["name"], each["volumes"], each["loan"]) for each in told["results"]]
    assert lines == [(BORROWER, [2], loan.pk), (office, [], None), (AGENCY, [], None)]
    assert told["results"][1]["hand_over"] == HandOver.objects.get().pk
    assert told["results"][1]["holder"] == {"name": office, "unit": here.unit.code, "person": None}
    assert told["results"][2]["until"] == told["results"][1]["since"]
    assert [each["holder"]["name"] for each in reader.get(f"{where}timeline/?volume=1").json()["results"]] == [
        office,
        AGENCY,
    ]
    for wrong in ("part=bia", "volume=hai"):
        assert reader.get(f"{where}?{wrong}").status_code == reader.get(f"{where}timeline/?{wrong}").status_code == 400


def test_an_exhibit_that_stayed_behind_is_told_and_given_later(here: CaseFile, as_person: SignIn) -> None:
    clerk, (knife,) = as_person("clerk_kv1"), here.exhibits.all()
    where, hand_overs = f"/api/vks/cases/{here.code}/custody/", f"/api/vks/cases/{here.code}/hand-overs/"
    given: dict[str, Any] = {"direction": "vks_ta", "reason": "tra_ho_so", "agency": COURT}
    made = clerk.post(hand_overs, given, format="json").json()
    assert made["exhibits"] == [{"id": knife.pk, "name": "Con dao bầu", "quantity": "01", "seal": "", "received": None}]
    row = f"/api/vks/hand-overs/{made['id']}/"
    found: dict[str, Any] = {"documents_complete": True, "served": True, "awaits_paper": True}
    found["missing"] = "Con dao còn giám định"
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"received_exhibits": [knife.pk + 1]}, "exhibits"),
        ({"received_exhibits": [], "exhibits_complete": True}, "exhibits_complete"),
        ({"received_exhibits": [], "missing": ""}, "missing"),
    ]
    for wrong, field in wrongs:
        answer = clerk.post(f"{row}accept/", found | wrong, format="json")
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    refused = clerk.post(f"{row}reject/", {"received_exhibits": []}, format="json").json()
    assert (refused["missing"], refused["exhibits"][0]["received"]) == ("01 Con dao bầu", False)
    clerk.post(f"{row}send/")
    told = clerk.post(f"{row}accept/", found | {"received_exhibits": []}, format="json").json()
    assert (told["state"], told["outstanding_exhibits"]) == ("da_nhan", [knife.pk])
    (file,) = [each for each in as_person("prosecutor_kv1").get(where).json() if each["part"] == "hsva"]
    left = {"id": knife.pk, "name": "Con dao bầu", "quantity": "01", "seal": "", "hand_over": made["id"]}
    assert file["exhibits"] == [left | {"holder": here.unit.name}]
    assert clerk.get(f"{where}?volume=1").json()[0]["exhibits"] == []
    # it follows alone
    rest = clerk.post(hand_overs, given | {"completes": made["id"]}, format="json").json()
    assert (rest["volumes"], [each["id"] for each in rest["exhibits"]]) == ([], [knife.pk])
    found = {"documents_complete": True, "exhibits_complete": True, "awaits_paper": True}
    assert clerk.post(f"/api/vks/hand-overs/{rest['id']}/accept/", found, format="json").status_code == 200
    assert clerk.get(row).json()["outstanding_exhibits"] == []
    assert [each["exhibits"] for each in clerk.get(where).json() if each["part"] == "hsva"] == [[]]


def test_what_a_leader_settles_is_told_and_found_again(
    filed_case: FiledCase, as_person: SignIn, people: dict[str, User]
) -> None:
    case = filed_case.case
    lacking, phone = short(case, people["clerk_kv1"])
    clerk, chief = as_person("clerk_kv1"), as_person("chief_kv1")
    row, where = f"/api/vks/hand-overs/{lacking.pk}/", f"/api/vks/cases/{case.code}/custody/"
    assert (chief.get(row).json()["may"], clerk.get(row).json()["may"]) == (
        ["attach", "scan", "settle"],
        ["attach", "scan"],
    )
    given: dict[str, Any] = {"volumes": [2], "outcome": "giu_han", "reason": LOST}
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"volumes": [1]}, "volumes"),
        ({"exhibits": [phone.pk + 1]}, "exhibits"),
        ({"reason": "mất"}, "reason"),
        ({"outcome": "khac"}, "outcome"),
    ]
    for wrong, field in wrongs:
        answer = chief.post(f"{row}settle/", given | wrong, format="json")
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert clerk.post(f"{row}settle/", given, format="json").status_code == 403
    told = chief.post(f"{row}settle/", given, format="json").json()
    assert (told["outstanding"], told["outstanding_exhibits"], told["may"]) == (
        [],
        [phone.pk],
        ["attach", "scan", "settle", "find"],
    )
    (piece,) = told["settled"]
    assert {name: piece[name] for name in ("piece", "number", "called", "outcome", "reason", "found_at")} == {
        "piece": "volume",
        "number": 2,
        "called": "Tập 2",
        "outcome": "giu_han",
        "reason": LOST,
        "found_at": None,
    }
    (part,) = [each for each in clerk.get(where).json() if each["part"] == "hsva"]
    (volume,) = [each for each in part["volumes"] if each["number"] == 2]
    assert (volume["place"], volume["holder"], volume["hand_over"]) == ("kept", COURT, lacking.pk)
    assert volume["settled"].startswith(f"{COURT} giữ hẳn")
    assert [each["called"] for each in part["settled"]] == ["Tập 2"]
    (line,) = [each for each in clerk.get(f"{where}timeline/?volume=2").json()["results"] if each["settled"]]
    assert (line["cause"], line["volumes"], line["holder"]["name"], line["until"]) == ("giu_han", [2], COURT, None)
    found = {"volumes": [2], "reason": "Tòa án trả tập này ngày 07/9/2026"}
    assert as_person("prosecutor_kv1").post(f"{row}find/", found, format="json").status_code == 403
    told = clerk.post(f"{row}find/", found, format="json").json()
    assert (told["outstanding"], told["settled"][0]["found_at"] is not None) == ([2], True)
    assert [each["act"] for each in told["steps"]][-2:] == ["settle", "find"]
    assert clerk.post(f"{row}find/", found, format="json").status_code == 400


def test_the_first_keeper_is_named_once_and_by_who_keeps_paper(case: CaseFile, as_person: SignIn) -> None:
    where = f"/api/vks/cases/{case.code}/custody/keeper/"
    said = {"part": "hsva", "agency": COURT, "since": "2026-03-01"}
    assert as_person("prosecutor_kv1").post(where, said).status_code == 403
    clerk = as_person("clerk_kv1")
    coming = {**said, "since": f"{timezone.localdate() + dt.timedelta(days=1)}"}
    assert (clerk.post(where, coming).status_code, clerk.post(where, coming).json()["field"]) == (400, "since")
    assert not Holding.objects.exists()
    made = clerk.post(where, said)
    assert (made.status_code, made.json()[0]["holder"]["name"], made.json()[0]["assumed"]) == (201, COURT, False)
    assert LedgerEntry.objects.filter(case=case, kind="keeper_stated").count() == 1
    assert clerk.post(where, said | {"agency": AGENCY}).status_code == 409
    assert Holding.objects.get().agency == COURT


def test_what_an_agency_outside_passed_on_is_said_once(
    here: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    where = f"/api/vks/cases/{here.code}/custody/"
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency=COURT)
    checks = Checks(documents_complete=True, exhibits_complete=True, served=True)
    clerk, appeal = as_person("clerk_kv1"), "Tòa án nhân dân tỉnh Quảng Ninh"
    said = {"giver": COURT, "agency": appeal, "happened_at": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"}
    said |= {"known_from": "Công văn 12/TA"}
    assert clerk.post(f"{where}passed-on/", said).status_code == 409
    row = acts.hand_over(actor=people["clerk_kv1"], case=here, terms=court)
    acts.accept(actor=people["clerk_kv1"], row=row, checks=checks, awaits_paper=True)
    assert as_person("prosecutor_kv1").post(f"{where}passed-on/", said).status_code == 403
    assert as_person("clerk_kv3").post(f"{where}passed-on/", said).status_code == 404
    for wrong, field in (
        ({"agency": COURT.upper()}, "agency"),
        ({"agency": ""}, "agency"),
        ({"agency": here.unit.name}, "agency"),
        ({"known_from": " "}, "known_from"),
        ({"happened_at": "2026-13-01"}, "happened_at"),
        ({"happened_at": "2020-01-01T08:00:00+07:00"}, "happened_at"),
    ):
        answer = clerk.post(f"{where}passed-on/", said | wrong)
        assert (answer.status_code, answer.json()["field"]) == (400, field), wrong
    made = clerk.post(f"{where}passed-on/", said)
    assert made.status_code == 201
    line = made.json()
    assert (line["holder"], line["cause"], line["known_from"], line["until"], line["hand_over"]) == (
        {"name": appeal, "unit": None, "person": None},
        "passed_on",
        "Công văn 12/TA",
        None,
        None,
    )
    told = as_person("prosecutor_kv1").get(f"{where}timeline/").json()["results"]
    assert [(each["holder"]["name"], each["known_from"]) for each in told[:2]] == [
        (appeal, "Công văn 12/TA"),
        (COURT, ""),
    ]
    assert clerk.get(where).json()[0]["holder"]["name"] == appeal
    assert clerk.post(f"{where}passed-on/", said).status_code == 409
    assert LedgerEntry.objects.filter(case=here, kind="paper_passed_on").count() == 1


def test_what_is_in_ones_hands_on_its_way_and_late(
    here: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    clerk, other = as_person("clerk_kv1"), as_person("clerk_kv3")
    _lend(people, here, "prosecutor_kv3", volumes=[2])
    inside = Terms(part="hsks", direction="vks_vks", reason="nghien_cuu", other_unit=units["QN-KV3"])
    row = acts.hand_over(actor=people["clerk_kv1"], case=here, terms=inside)

    def found(client: APIClient, where: str) -> list[Any]:
        return [each["id"] for each in client.get(f"/api/vks/{where}").json()["results"]]

    held = clerk.get("/api/vks/custody/?part=hsva").json()["results"]
    assert [(each["case"], each["holder"]["unit"]) for each in held] == [(here.code, "QN-KV1")]
    assert clerk.get("/api/vks/custody/?mine=true").json()["count"] == 0
    assert clerk.get("/api/vks/custody/?cause=bia").status_code == 400
    assert (found(other, "hand-overs/?list=coming"), found(clerk, "hand-overs/?list=coming")) == ([row.pk], [])
    assert found(clerk, "hand-overs/?list=late") == found(clerk, "loans/?list=late") == []
    assert len(found(clerk, "loans/?list=single")) == 1
    with time_machine.travel(timezone.now() + dt.timedelta(days=8), tick=False):
        # both sides are told of what nobody received; the loan is late for its desk and its borrower
        assert found(clerk, "hand-overs/?list=late") == found(other, "hand-overs/?list=late") == [row.pk]
        assert found(as_person("prosecutor_kv1"), "hand-overs/?list=late") == []
        assert found(clerk, "loans/?list=late") == found(as_person("prosecutor_kv3"), "loans/?list=late")
        told = clerk.get("/api/vks/custody/summary/").json()
    assert told == {
        "held": 1,
        "coming": 0,
        "given": 1,
        "papers": 1,
        "late_hand_overs": 1,
        "late_loans": 1,
        "waiting_loans": 0,
        "to_hand_over": 0,
        "left_loans": 0,
        "left_receivers": 0,
    }
    assert set(as_person("outsider").get("/api/vks/custody/summary/").json().values()) == {0}


def test_a_draft_is_changed_by_who_gives_and_keeps_what_was_not_said(
    here: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    clerk = as_person("clerk_kv1")
    given = {"direction": "vks_ta", "reason": "truy_to", "agency": COURT, "receiver_name": "Phạm Thị Tòa"}
    made = clerk.post(f"/api/vks/cases/{here.code}/hand-overs/", given | {"draft": True}).json()
    where = f"/api/vks/hand-overs/{made['id']}/"
    for who, status in (("prosecutor_kv1", 403), ("clerk_kv3", 404)):
        assert as_person(who).patch(where, {"note": "Của tôi"}).status_code == status
    # what the page keeps fixed is no field here; a slip in a name changes nothing either
    for wrong in ({"direction": "vks_cqdt"}, {"part": "hsks"}, {"volumes": [9]}, {"total_pages": 0}, {"person": "ai"}):
        assert clerk.patch(where, wrong, format="json").status_code == 400, wrong
    assert clerk.get(where).json() == made
    assert (made["may"], as_person("prosecutor_kv1").get(where).json()["may"]) == (["send", "cancel"], [])
    assert {each["may"] for each in clerk.get("/api/vks/hand-overs/").json()["results"]} == {None}
    # of whom one is chosen; the names of who may read a case are told to nobody who does not give it out
    asked = f"/api/vks/cases/{here.code}/hand-overs/people/"
    named = {each["username"] for each in clerk.get(asked).json()}
    assert {people[each].username for each in ("clerk_kv1", "chief_kv1", "prosecutor_kv1")} <= named
    assert not {people[each].username for each in ("other_prosecutor_kv1", "scanner_kv1", "clerk_kv3")} & named
    refused = [(as_person("prosecutor_kv1"), ""), (as_person("clerk_kv3"), ""), (clerk, "?part=khac")]
    assert [who.get(f"{asked}{part}").status_code for who, part in refused] == [403, 404, 400]
    changed = clerk.patch(where, {"note": "Hai bì niêm phong", "total_pages": 310}, format="json").json()
    assert changed == made | {"note": "Hai bì niêm phong", "total_pages": 310}
    # what was corrected in the record since stays on the paper until somebody chooses anew
    Exhibit.objects.update(quantity="02")
    assert clerk.patch(where, {"place": "Trụ sở"}, format="json").json()["exhibits"] == made["exhibits"] != []
    assert clerk.patch(where, {"exhibits": []}, format="json").json()["exhibits"] == []
    assert clerk.post(f"{where}send/").json()["may"] == ["accept", "reject", "cancel"]
    assert clerk.patch(where, {"note": "Muộn"}, format="json").status_code == 409
    assert clerk.post(f"{where}cancel/", {"reason": "Giao nhầm"}).json()["note"] == "Hai bì niêm phong"


def test_a_refusal_leads_to_the_draft_in_the_way_which_is_taken_over_or_put_aside(
    here: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    chief, clerk, where = as_person("chief_kv1"), as_person("clerk_kv1"), f"/api/vks/cases/{here.code}/hand-overs/"
    given = {"direction": "vks_ta", "reason": "truy_to", "agency": COURT, "note": "Của lãnh đạo"}
    made = chief.post(where, given | {"draft": True}, format="json").json()
    assert (made["drafted_by"], "take" in made["may"]) == (display_name(people["chief_kv1"]), False)
    refused = clerk.post(where, given, format="json")
    assert (refused.status_code, refused.json()["blocked_by"]) == (409, made["id"])
    assert made["drafted_by"] in refused.json()["detail"]
    there = f"/api/vks/hand-overs/{refused.json()['blocked_by']}/"
    assert clerk.get(there).json()["may"] == ["send", "cancel", "take"]
    assert as_person("prosecutor_kv1").post(f"{there}take/").status_code == 403
    taken = clerk.post(f"{there}take/").json()
    assert taken["drafted_by"] == display_name(people["clerk_kv1"])
    assert [taken[name] == made[name] for name in ("note", "volumes", "drafted_at")] == [True] * 3
    assert (taken["may"], taken["steps"][-1]["act"]) == (["send", "cancel"], "take")
    for discards, status, field in (
        ({"discards": made["id"]}, 400, "discard_reason"),
        ({"discards": 999999, "discard_reason": "Lập lại"}, 404, None),
    ):
        answer = chief.post(where, given | discards, format="json")
        assert (answer.status_code, answer.json().get("field")) == (status, field)
    answer = chief.post(where, given | {"discards": made["id"], "discard_reason": "Lập lại"}, format="json")
    assert (answer.status_code, answer.json()["state"]) == (201, "cho_nhan")
    assert clerk.get(there).json()["state"] == "huy"


def test_what_a_court_signed_is_received_at_the_moment_that_is_stated(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    clerk, signed = as_person("clerk_kv1"), timezone.localtime().replace(microsecond=0) - dt.timedelta(days=3)
    terms = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    row = acts.hand_over(actor=people["clerk_kv1"], case=case, terms=terms)
    where = f"/api/vks/hand-overs/{row.pk}/accept/"
    found = {"documents_complete": True, "exhibits_complete": True, "served": True, "awaits_paper": True}
    ahead = (signed + dt.timedelta(days=9)).isoformat()
    answer = clerk.post(where, found | {"happened_at": ahead}, format="json")
    assert (answer.status_code, answer.json()["field"]) == (400, "happened_at")
    told = clerk.post(where, found | {"happened_at": signed.isoformat()}, format="json").json()
    assert dt.datetime.fromisoformat(told["accepted_at"]) == signed
    lines = clerk.get(f"/api/vks/cases/{case.code}/custody/timeline/").json()["results"]
    assert dt.datetime.fromisoformat(lines[0]["since"]) == signed


def test_a_register_is_told_row_by_row_as_it_is_printed(
    here: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    secret = register(actor=people["chief_kv1"], unit=units["QN-KV1"], name="Vụ kín", confidentiality="han_che_noi_bo")
    taking = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY, other_unit=units["QN-KV1"])
    acts.hand_over(actor=people["chief_kv1"], case=secret, terms=taking)
    clerk, today = as_person("clerk_kv1"), timezone.localdate()
    names = {each["name"]: each for each in clerk.get("/api/vks/registers/").json()}
    assert names["giao-nhan"]["units"] == ["QN-KV1"]
    where = "/api/vks/registers/giao-nhan/"
    rows = clerk.get(f"{where}?unit=QN-KV1").json()["results"]
    assert [each["name"] for each in names["giao-nhan"]["columns"]] == list(rows[0]["cells"])
    _found, paper = register_paper(
        people["clerk_kv1"], register="giao-nhan", unit="QN-KV1", first=today.replace(day=1), last=today
    )
    assert [list(each["cells"].values()) for each in rows] == paper.rows
    # the number of the restricted case, and nothing else of it
    assert rows[1]["cells"]["case"].startswith("Hồ sơ hạn chế nội bộ")
    assert "Vụ kín" not in json.dumps(rows, ensure_ascii=False)
    led = as_person("chief_kv1").get(f"{where}?unit=QN-KV1").json()["results"]
    assert "Vụ kín" in led[1]["cells"]["case"]
    assert clerk.get(f"{where}?unit=QN-KV1&first=2020-01-01&last=2020-01-31").json()["count"] == 0
    for ending, begins in (("xlsx", b"PK"), ("docx", b"PK"), ("pdf", b"%PDF")):
        assert clerk.get(f"{where}file/?unit=QN-KV1&format={ending}").content.startswith(begins)
    for wrong, status in (
        ("", 400),
        ("?unit=QN-KV3", 404),
        ("?unit=QN-KV1&first=hôm-qua", 400),
        ("?unit=QN-KV1&first=2026-02-02&last=2026-02-01", 400),
    ):
        assert clerk.get(where + wrong).status_code == clerk.get(f"{where}file/{wrong}").status_code == status, wrong
    assert clerk.get("/api/vks/registers/bia/?unit=QN-KV1").status_code == 404


def test_labels_and_the_slip_of_a_loan_are_handed_out(
    here: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    sheet = as_person("clerk_kv1").get(f"/api/vks/cases/{here.code}/custody/labels/")
    assert f"{here.code}-HSVA-T03".upper() in text_of(sheet.content)
    loan = _lend(people, here, "prosecutor_kv3", volumes=[2])
    where = f"/api/vks/loans/{loan.pk}/slip/"
    assert BORROWER in text_of(as_person("clerk_kv1").get(where).content)
    assert as_person("clerk_kv1").get(f"{where}?format=docx").content.startswith(b"PK")
    assert as_person("clerk_kv1").get(f"{where}?format=odt").status_code == 400
    # the borrower of another office may not know what the case is called; nor may a stranger
    assert [as_person(who).get(where).status_code for who in ("prosecutor_kv3", "clerk_kv3")] == [404, 404]


def test_the_ledger_of_a_case_goes_out_as_a_whole_to_leaders_and_entry_by_entry_to_readers(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn, tmp_path: Path
) -> None:
    case = filed_case.case
    actions.ensure_key()
    where = f"/api/vks/cases/{case.code}/ledger/"
    assert as_person("prosecutor_kv1").get(f"{where}export/").status_code == 403
    leader = as_person("chief_kv1")
    answer = leader.get(f"{where}export/")
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    status, words = Export(folder).check()
    assert (status, {each["kind"] for each in Export(folder).said()}) == (
        0,
        set(LedgerEntry.objects.filter(case=case).values_list("kind", flat=True)),
    ), words
    assert not (folder / "openings.jsonl").exists()
    noted = AccessEntry.objects.filter(act=AccessEntry.Act.EXPORT, case_id=case.pk).order_by("pk")
    assert [(row.actor_id, row.refused) for row in noted] == [
        (people["prosecutor_kv1"].pk, True),
        (people["chief_kv1"].pk, False),
    ]
    entry = LedgerEntry.objects.filter(case=case, kind="document_filed").latest("seq")
    assert entry.said["data"]["part"] == "hsks"
    proof = as_person("prosecutor_kv1").get(f"{where}{entry.seq}/proof/")
    (tmp_path / "proof.json").write_text(json.dumps(proof.json()), encoding="utf-8")
    assert verify_ledger.main([str(tmp_path / "proof.json")]) == 0
    # who reads the case file alone is shown no entry of a paper of the other one
    scanner = people["scanner_kv1"]
    access.assign(actor=people["chief_kv1"], case=case, user=scanner, role="scan_operator")
    assert [as_person("scanner_kv1").get(f"{where}{seq}/proof/").status_code for seq in (0, entry.seq)] == [200, 403]
    assert leader.get(f"{where}999/proof/").status_code == 404
    head = as_person("chief_province").get("/api/vks/ledger-checkpoints/").json()["results"][0]
    paper = as_person("chief_province").get(f"/api/vks/ledger-checkpoints/{head['size']}/file/")
    assert head["root"] in text_of(paper.content).replace(" ", "")
    # the pages hand out the same
    page, button = f"/vks/cases/{case.code}/record/ledger/", f"/vks/cases/{case.code}/ledger/export/"
    assert [button in as_person(who).get(page).content.decode() for who in ("prosecutor_kv1", "chief_kv1")] == [
        False,
        True,
    ]
    assert as_person("prosecutor_kv1").get(button).status_code == 403
    package = zipfile.ZipFile(io.BytesIO(leader.get(button).content))
    package.extractall(tmp_path / "page")
    assert Export(tmp_path / "page" / folder.name).check()[0] == 0
    assert (noted.latest("pk").actor_id, noted.filter(refused=False).count()) == (people["chief_kv1"].pk, 2)
    beside = f"/vks/cases/{case.code}/ledger/{entry.seq}/proof/"
    assert beside in as_person("prosecutor_kv1").get(page).content.decode()
    assert as_person("prosecutor_kv1").get(beside).json()["entry"] == proof.json()["entry"]
    # whoever was handed a proof is handed what checks it, too
    for who, shown_on, address in (
        ("prosecutor_kv1", page, "/vks/ledger/verifier/"),
        ("chief_province", "/vks/ledger/", "/vks/ledger/verifier/"),
        ("prosecutor_kv1", "", "/api/vks/ledger/verifier/"),
    ):
        assert not shown_on or address in as_person(who).get(shown_on).content.decode()
        handed = as_person(who).get(address)
        assert 'filename="verify_ledger.py"' in handed["Content-Disposition"]
        assert handed.content == Path(verify_ledger.__file__).read_bytes()
    (tmp_path / "verify_ledger.py").write_bytes(handed.content)
    program = [sys.executable, "-I", "-S", str(tmp_path / "verify_ledger.py"), str(tmp_path / "proof.json")]
    checked = subprocess.run(program, capture_output=True, check=False, cwd="/", timeout=120)
    assert (checked.returncode, checked.stderr) == (0, b"")
    # what was signed since only added to it
    province, heads = as_person("chief_province"), "/api/vks/ledger-checkpoints/"
    later = actions.make_checkpoint()
    assert later.size > head["size"]
    shown = province.get(f"{heads}{head['size']}/continuation/")
    (tmp_path / "since.json").write_text(json.dumps(shown.json()), encoding="utf-8")
    assert verify_ledger.main([str(tmp_path / "since.json")]) == 0
    assert (shown.json()["from"], shown.json()["to"]) == (head["note"], later.note)
    file = f"/vks/ledger/checkpoints/{head['size']}/continuation/"
    assert file in province.get("/vks/ledger/").content.decode()
    assert province.get(file).json() == shown.json()
    wrong = {f"{later.size}/continuation/?until={head['size']}": 409, "1/continuation/": 404}
    wrong |= {f"{head['size']}/continuation/?until=mai": 400}
    assert {at: province.get(f"{heads}{at}").status_code for at in wrong} == wrong


def test_a_page_is_handed_out_as_a_picture_with_the_name_of_who_reads_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    case, document = filed_case.case, filed_case.host_ids[0]
    _lend(people, case, "prosecutor_kv3", form="electronic")
    where = f"/api/vks/cases/{case.code}/documents/{document}/pages/"
    borrower, owner = as_person("prosecutor_kv3"), as_person("prosecutor_kv1")
    lent, plain = borrower.get(f"{where}1/"), owner.get(f"{where}1/picture/")
    assert lent["Content-Type"] == plain["Content-Type"] == "image/jpeg"
    marked, clean = (Image.open(io.BytesIO(each.content)).convert("RGB") for each in (lent, plain))

    def reddish(image: Image.Image) -> bool:
        red, green, _blue = image.split()
        return max(ImageChops.subtract(red, green).tobytes()) > 20

    assert (reddish(marked), reddish(clean)) == (True, False)
    # what is lent is shown in no other form
    assert borrower.get(f"{where}1/picture/").status_code == 403
    assert [owner.get(f"{where}{page}").status_code for page in ("0/", "99/", "99/picture/")] == [404, 404, 404]
    internal = f"/api/vks/cases/{case.code}/documents/{filed_case.internal.document_id}/pages/1/"
    assert (borrower.get(internal).status_code, owner.get(f"{internal}picture/").status_code) == (404, 404)
    seen = AccessEntry.objects.filter(act=AccessEntry.Act.PREVIEW, document_id=document, refused=False)
    assert set(seen.values_list("actor_id", flat=True)) == {people["prosecutor_kv3"].pk, people["prosecutor_kv1"].pk}
