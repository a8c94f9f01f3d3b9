"""Every act leaves its entry, in the transaction of the act: once, with what it says, and nothing people wrote in the open."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm

from tests.custody.batches import batch_in, seal_outright
from tests.custody.conftest import verified
from tests.people import STARTED, FiledCase, register
from vks_plugin import acts
from vks_plugin.access import actions as access
from vks_plugin.access import offices, temporary, transfers
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.cases.models import (
    Assignment,
    CaseChange,
    CaseDocument,
    CaseFile,
    CatalogueType,
    Exhibit,
    Folio,
    ProceduralEvent,
    RelatedCase,
)
from vks_plugin.custody import actions, into_log, queries, verify_ledger
from vks_plugin.custody.actions.hand_overs import Terms, accept, attach_paper, cancel, hand_over, reject, send
from vks_plugin.custody.actions.holding import state_beginning, state_passed_on
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import Keeper, LedgerEntry, LedgerHidden
from vks_plugin.custody.words import Reader, in_words
from vks_plugin.errors import Conflict
from vks_plugin.management.actor import system_account
from vks_plugin.organization.models import Appointment, Department

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

WHY = "Bị can trốn, cần hồ sơ ngay trong đêm để ra lệnh bắt."
PAPER = "12/QĐ-VKS ngày 05/11/2026"


class Written:
    """The entries that were added within a block."""

    def __init__(self) -> None:
        self.rows: list[LedgerEntry] = []

    def kinds(self) -> list[str]:
        return [row.kind for row in self.rows]

    @property
    def one(self) -> LedgerEntry:
        assert len(self.rows) == 1, self.kinds()
        return self.rows[0]

    def of(self, kind: str) -> LedgerEntry:
        (found,) = [row for row in self.rows if row.kind == kind]
        return found


@contextmanager
def written() -> Iterator[Written]:
    """Tell which entries are added within the block."""
    before = set(LedgerEntry.objects.values_list("pk", flat=True))
    found = Written()
    yield found
    found.rows = list(LedgerEntry.objects.exclude(pk__in=before).order_by("pk").select_related("hidden"))


def data(entry: LedgerEntry) -> dict[str, Any]:
    """Return what an entry says in the open, without what stands for hidden values and without the command that did it."""
    return {name: value for name, value in entry.said["data"].items() if name not in {"hidden", *acts.BY_COMMAND}}


def hidden(entry: LedgerEntry) -> dict[str, Any]:
    """Return the values beside an entry; that they are the ones it stands for is compared here too."""
    kept = LedgerHidden.objects.get(entry=entry)
    salt = bytes(kept.salt)
    stands_for = [
        [name, verify_ledger.commitment(verify_ledger.item_salt(salt, place), value)]
        for place, (name, value) in enumerate(kept.values)
    ]
    assert entry.said["data"]["hidden"] == stands_for
    for _name, value in kept.values:
        assert not value or f'"{value}"'.encode() not in bytes(entry.line)
    return dict(kept.values)


def _asked(people: dict[str, User], code: str, hours: int = 2) -> TemporaryAccess:
    return temporary.request_emergency(actor=people["prosecutor_kv3"], code=code, reason=WHY, hours=hours)


# --- a case opened to one person for a while


def test_an_emergency_is_in_the_chain_of_the_case_from_asking_to_closing(
    case: CaseFile, people: dict[str, User]
) -> None:
    asker = people["prosecutor_kv3"]
    with written() as found:
        row = _asked(people, case.code)
    entry = found.one
    assert (entry.kind, entry.case_id, entry.said["actor"]["id"]) == ("access_asked", case.pk, asker.pk)
    assert data(entry) == {"access": row.pk, "hours": 2}
    assert hidden(entry) == {"asked_for": case.code, "reason": WHY}
    with written() as found:
        row = temporary.approve_emergency(actor=people["deputy_kv1"], request_id=row.pk)
    entry = found.one
    assert (entry.kind, entry.case_id) == ("access_approved", case.pk)
    assert entry.said["actor"] == {
        "id": people["deputy_kv1"].pk,
        "name": "Hoàng Thị Ngân",
        "unit": "QN-KV1",
        "role": "deputy_chief_procurator",
    }
    assert row.ends_at is not None
    until = row.ends_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert data(entry) == {"access": row.pk, "person_id": asker.pk, "until": until}
    assert hidden(entry) == {"person": "Phan Thị Sát"}
    with written() as found:
        temporary.end_temporary(actor=people["chief_kv1"], access_id=row.pk)
    assert (found.one.kind, data(found.one)) == ("access_closed", {"access": row.pk, "person_id": asker.pk})
    kinds = (
        LedgerEntry.objects.filter(case=case, kind__startswith="access").order_by("seq").values_list("kind", flat=True)
    )
    assert list(kinds) == ["access_asked", "access_approved", "access_closed"]
    assert verified() == []


def test_what_is_declined_or_withdrawn_is_told_apart(case: CaseFile, people: dict[str, User]) -> None:
    first, second, third = (_asked(people, case.code) for _each in range(3))
    with written() as found:
        temporary.decline_emergency(actor=people["chief_kv1"], request_id=first.pk)
        temporary.end_temporary(actor=people["prosecutor_kv3"], access_id=second.pk)
        temporary.end_temporary(actor=people["chief_kv1"], access_id=third.pk)
    assert [(row.kind, data(row)["access"]) for row in found.rows] == [
        ("access_declined", first.pk),
        ("access_withdrawn", second.pk),
        ("access_declined", third.pk),
    ]


def test_what_runs_out_is_ended_by_nobody(case: CaseFile, people: dict[str, User]) -> None:
    row = temporary.approve_emergency(actor=people["chief_kv1"], request_id=_asked(people, case.code).pk)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=3), tick=False), written() as found:
        assert temporary.close_what_is_over() == 1
        assert temporary.close_what_is_over() == 0
    assert (found.one.kind, found.one.case_id, data(found.one)["access"]) == ("access_over", case.pk, row.pk)
    assert found.one.said["actor"]["id"] is None


def test_asking_for_a_case_that_is_not_there_is_kept_apart_from_every_case(people: dict[str, User]) -> None:
    with written() as found:
        _asked(people, "HS-QN-KV1-2026-9999")
    assert (found.one.kind, found.one.case_id) == ("access_asked", None)
    assert hidden(found.one)["asked_for"] == "HS-QN-KV1-2026-9999"


def test_oversight_is_told_with_its_reason(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    department = Department.objects.create(unit=units["QN"], code="P2", name="Phòng 2", stages=["dieu_tra", "truy_to"])
    access.record_appointment(
        actor=people["chief_province"], user=people["outsider"], unit=units["QN"], role="department_head",
        department=department,
    )  # fmt: skip
    with written() as found:
        row = temporary.open_for_oversight(actor=people["outsider"], case=case, reason=WHY)
    assert (found.one.kind, found.one.case_id, data(found.one)["access"]) == ("access_opened", case.pk, row.pk)
    assert hidden(found.one) == {"reason": WHY}
    with written() as found:
        access.end_appointment(
            actor=people["chief_province"], appointment=Appointment.objects.get(user=people["outsider"])
        )
    ended, left = found.rows
    assert (ended.kind, ended.case_id, data(ended)) == (
        "access_ended_with_post",
        case.pk,
        {"access": row.pk, "person_id": people["outsider"].pk},
    )
    assert (hidden(ended), ended.said["actor"]["id"], left.kind) == (
        {"person": "Người Ngoài"},
        None,
        "appointment_ended",
    )


# --- where a case lies, and who works on it


def test_a_transfer_is_one_entry_however_many_papers_go_along(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    rows = sorted(CaseDocument.objects.filter(case=filed_case.case).values_list("document_id", "sha256"))
    going = Assignment.objects.filter(case=filed_case.case, ended_at__isnull=True).count()
    with written() as found:
        transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV3"], decision=PAPER)
    entry = found.one
    assert (entry.kind, entry.case_id) == ("case_transferred", filed_case.case.pk)
    listed = "".join(f"{pk} {sha256}\n" for pk, sha256 in rows).encode()
    assert data(entry) == {
        "unit_before": "QN-KV1",
        "unit": "QN-KV3",
        "documents": 4,
        "digest": hashlib.sha256(listed).hexdigest(),
        "assignments_ended": going,
    }
    assert going > 0
    assert all(sha256 for _pk, sha256 in rows)
    assert hidden(entry) == {"decision": PAPER}
    # the post by which the case was given away, not one in the office that gets it
    assert entry.said["actor"]["unit"] == "QN-KV1"


def test_looking_at_what_a_transfer_would_do_leaves_no_entry(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    with written() as found:
        transfers.try_transfer(actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision=PAPER)
    assert found.kinds() == []


def test_the_office_at_the_trial_is_told_both_ways(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case = transfers.transfer_case(actor=people["chief_province"], case=case, to=units["QN"], decision=PAPER)
    with written() as found:
        case = transfers.appoint_trial_unit(
            actor=people["chief_province"], case=case, unit=units["QN-KV3"], decision=PAPER
        )
    expected = {"unit_before": None, "unit": "QN-KV3", "assignments_ended": 0}
    assert (found.one.kind, data(found.one)) == ("trial_unit_appointed", expected)
    access.assign(actor=people["chief_kv3"], case=case, user=people["prosecutor_kv3"], role="trial_prosecutor")
    with written() as found:
        transfers.appoint_trial_unit(actor=people["chief_province"], case=case, unit=None, decision=PAPER)
    assert (found.one.kind, data(found.one)) == (
        "trial_unit_revoked",
        {"unit_before": "QN-KV3", "assignments_ended": 1},
    )
    assert hidden(found.one) == {"decision": PAPER}


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_take_over_tells_each_case_and_the_province(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ khác")
    with written() as found:
        row = transfers.begin_restructuring(
            actor=people["chief_province"],
            predecessors=[units["QN-KV1"]],
            successor=units["QN-KV3"],
            effective_date=timezone.localdate(),
            decision=PAPER,
        )
        for _each in transfers.continue_restructuring(row):
            pass
    assert found.kinds() == ["restructuring_begun", "case_taken_over", "case_taken_over", "restructuring_finished"]
    begun, *taken, finished = found.rows
    assert {each.case_id for each in taken} == {filed_case.case.pk, other.pk}
    assert {(data(each)["unit_before"], data(each)["unit"], data(each)["documents"]) for each in taken} == {
        ("QN-KV1", "QN-KV3", 4),
        ("QN-KV1", "QN-KV3", 0),
    }
    assert (begun.case_id, data(begun)["units_before"], data(begun)["cases"]) == (None, ["QN-KV1"], 2)
    assert hidden(begun) == {"decision": PAPER}
    assert (data(finished)["cases"], data(finished)["restructuring"]) == (2, row.pk)
    assert data(finished)["posts"] >= 6
    assert queries.verify().problems == []


def test_assigning_says_whom_it_replaces(case: CaseFile, people: dict[str, User]) -> None:
    first = case.assignments.get(role="prosecutor_lead")
    with written() as found:
        made = access.assign(
            actor=people["chief_kv1"], case=case, user=people["other_prosecutor_kv1"], role="prosecutor_lead"
        )
    entry = found.one
    assert (entry.kind, entry.case_id) == ("assigned", case.pk)
    assert data(entry) == {
        "assignment": made.pk,
        "person_id": people["other_prosecutor_kv1"].pk,
        "assignment_role": "prosecutor_lead",
        "starts_on": timezone.localdate().isoformat(),
        "ends_on": None,
        "replaced": [first.pk],
    }
    assert hidden(entry) == {"person": "Ngô Bá Khá"}
    with written() as found:
        access.end_assignment(actor=people["chief_kv1"], assignment=made)
    assert (found.one.kind, data(found.one)["assignment"]) == ("assignment_ended", made.pk)


# --- the case and its papers


def test_a_case_begins_its_chain_when_it_is_registered(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    with written() as found:
        case = register(
            actor=people["clerk_kv1"], unit=units["QN-KV1"], init_decision_no="77/QĐ-CSĐT", digitise_myself=True
        )
    assert found.kinds() == ["case_registered", "assigned"]
    entry = found.rows[0]
    assert (entry.case_id, entry.seq, entry.said["prev"]) == (case.pk, 0, "0" * 64)
    assert data(entry) == {
        "code": case.code,
        "case_kind": "criminal",
        "unit": "QN-KV1",
        "stage": case.stage,
        "status": case.status,
        "handled_on": "2026-03-05",
        "decision_date": "2026-03-02",
        "accused": 2,
        "crime_class": "",
        "suspended_at_entry": [],
    }
    assert hidden(entry) == {
        "name": case.name,
        "number": "77/QĐ-CSĐT",
        "agency": "Cơ quan Cảnh sát điều tra Công an tỉnh",
    }


def test_a_case_that_cannot_be_registered_has_no_entry(case: CaseFile, people: dict[str, User]) -> None:
    with written() as found, pytest.raises(Conflict):
        register(actor=people["clerk_kv1"], unit=case.unit, init_decision_no=case.init_decision_no)
    assert found.kinds() == []


def test_a_stage_and_its_return_are_in_the_chain(case: CaseFile, people: dict[str, User]) -> None:
    with written() as found:
        event = access.record_event(
            actor=people["prosecutor_kv1"], case=case, event="nhan_ho_so", happened_on=dt.date(2026, 5, 4),
            number="9/GN",
        )  # fmt: skip
    case.refresh_from_db()
    entry = found.one
    assert entry.kind == "event_recorded"
    said = data(entry)
    assert (said["event_id"], said["event"], said["accused_id"]) == (event.pk, "nhan_ho_so", None)
    assert (said["stage_before"], said["stage"]) == (event.stage_before, case.stage)
    assert (said["status_before"], said["status"]) == (event.status_before, case.status)
    assert (said["stage_before"], said["status_before"]) != (said["stage"], said["status"])
    assert hidden(entry) == {"number": "9/GN", "reason": ""}
    with written() as found:
        access.withdraw_event(actor=people["prosecutor_kv1"], event=event, reason="Nhập nhầm vụ")
    back = data(found.one)
    assert found.one.kind == "event_withdrawn"
    assert (back["stage_before"], back["status_before"]) == (said["stage"], said["status"])
    assert (back["stage"], back["status"]) == (said["stage_before"], said["status_before"])
    assert hidden(found.one) == {"reason": "Nhập nhầm vụ"}


def test_each_paper_is_told_with_its_hash_and_folios(filed_case: FiledCase, people: dict[str, User]) -> None:
    rows = LedgerEntry.objects.filter(case=filed_case.case, kind="document_filed").order_by("seq")
    assert len(rows) == 4
    told = {data(row)["document"]: row for row in rows}
    for filed in [*filed_case.documents, filed_case.internal]:
        said = data(told[filed.document_id])
        assert (said["filing"], said["sha256"], said["pages"]) == (filed.pk, filed.document.checksum, filed.page_count)
        assert len(said["sha256"]) == 64
        assert (said["folio_from"], said["folio_to"], said["part"]) == (filed.folio_from, filed.folio_to, filed.part)
        assert told[filed.document_id].said["actor"]["id"] == people["prosecutor_kv1"].pk
        assert hidden(told[filed.document_id]) == {"title": filed.title, "number": filed.number}
    assert queries.verify().problems == []


def test_a_paper_that_moves_is_told_in_both_cases(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    from vks_plugin.filing.actions import follow_document
    from vks_plugin.host.provision import write_case_code

    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ khác")
    access.assign(actor=people["chief_kv1"], case=other, user=people["prosecutor_kv1"], role="prosecutor")
    document = filed_case.internal.document
    write_case_code(document, other.code)
    with written() as found:
        follow_document(document, actor=people["prosecutor_kv1"])
    assert {row.kind: row.case_id for row in found.rows} == {
        "document_moved_out": filed_case.case.pk,
        "document_moved_in": other.pk,
    }
    assert {data(row)["sha256"] for row in found.rows} == {filed_case.internal.sha256}
    # neither chain names the other case
    assert other.code.encode() not in bytes(found.of("document_moved_out").line)
    assert filed_case.case.code.encode() not in bytes(found.of("document_moved_in").line)
    assert verified() == []


def test_where_paper_was_in_the_beginning_and_what_was_passed_on_outside_is_told(
    case: CaseFile, people: dict[str, User]
) -> None:
    since = timezone.now() - dt.timedelta(days=1)
    agency = "Cơ quan Cảnh sát điều tra Công an tỉnh"
    with written() as found:
        state_beginning(actor=people["clerk_kv1"], case=case, part="hsva", keeper=Keeper(agency=agency), since=since)
    entry = found.of("keeper_stated")
    assert (entry.case_id, entry.said["actor"]["role"]) == (case.pk, "records_clerk")
    moment = since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert data(entry) == {"part": "hsva", "unit": None, "person_id": None, "since": moment}
    assert hidden(entry) == {"keeper": agency}
    court, why = "Tòa án nhân dân khu vực 1", "Công văn 12/TA"
    with written() as found:
        state_passed_on(
            actor=people["clerk_kv1"],
            case=case,
            giver=agency,
            agency=court,
            happened_at=since + dt.timedelta(hours=1),
            known_from=why,
        )
    entry = found.of("paper_passed_on")
    moment = (since + dt.timedelta(hours=1)).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert data(entry) == {"part": "hsva", "happened_at": moment}
    assert hidden(entry) == {"giver": agency, "receiver": court, "known_from": why}


def test_a_hand_over_is_told_from_giving_to_the_signed_paper(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", seal_number="NP-7", accompanies_file=True)
    agency, why = "Cơ quan Cảnh sát điều tra Công an tỉnh", "Chưa giao kết luận điều tra"
    terms = Terms(
        part="hsva",
        direction="cqdt_vks",
        reason="ket_thuc_dt",
        agency=agency,
        giver_name="Lê Văn Điều",
        giver_title="Điều tra viên",
        place=case.unit.name,
        note="Kèm đĩa ghi âm",
        seal_condition="Niêm phong còn nguyên",
    )
    passed = Checks(documents_complete=True, exhibits_complete=True, served=True)
    with written() as found:
        row = hand_over(actor=clerk, case=case, terms=terms)
        reject(actor=clerk, row=row, checks=passed._replace(served=False), missing=why, received=[])
        row = accept(actor=clerk, row=send(actor=clerk, row=row), checks=passed, awaits_paper=True)
        kind = CatalogueType.objects.create(code="BBGNHS", name="Biên bản", group_code="00", position=1, part="hsva")
        CaseDocument.objects.filter(pk=filed_case.documents[0].pk).update(document_type=kind)
        paper = filed_case.documents[0]
        attach_paper(actor=clerk, row=row, paper=paper)
        row = hand_over(actor=clerk, case=case, terms=replace(terms, direction="vks_cqdt", reason="tra_dtbs"))
        cancel(actor=clerk, row=row, reason="Giao nhầm")
    assert found.kinds() == [
        "hand_over_sent",
        "hand_over_rejected",
        "hand_over_sent",
        "hand_over_accepted",
        "hand_over_paper",
        "hand_over_sent",
        "hand_over_cancelled",
    ]
    entry = found.of("hand_over_accepted")
    first = row.pk - 1
    assert data(entry) == {
        "hand_over": first,
        "part": "hsva",
        "direction": "cqdt_vks",
        "handing_reason": "ket_thuc_dt",
        "completes": None,
        "unit_before": None,
        "person_before_id": None,
        "unit": "QN-KV1",
        "person_id": None,
        "volumes": 1,
        "volume_folios": [[1, 1, 6]],
        "folio_from": 1,
        "folio_to": 6,
        "pages": 6,
        "exhibits": 1,
        "documents_complete": True,
        "exhibits_complete": True,
        "served": True,
        "outstanding": [],
        "exhibits_outstanding": [],
        "volumes_settled": [],
        "exhibits_settled": [],
        "volumes_here": [],
        "exhibits_here": [],
        "document": None,
        "awaits_paper": True,
        "happened_at": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
    }
    receiver = f"Trần Thị Thư – {case.unit.name}"
    exhibits = [{"name": "Con dao bầu", "quantity": "01", "seal": "NP-7"}]
    assert hidden(entry) == {
        "giver": f"Lê Văn Điều – {agency}",
        "giver_title": "Điều tra viên",
        "receiver": receiver,
        "receiver_title": "Văn thư",
        "place": case.unit.name,
        "note": "Kèm đĩa ghi âm",
        "exhibits_listed": exhibits,
        "exhibits_lacking": [],
        "missing": "",
    }
    assert b"NP-7" not in bytes(entry.line)
    (told,) = in_words([entry], Reader())
    words = {each.label: each.text for each in told.values}
    assert words["Các tập, bút lục"] == "1 (bút lục 1–6)"
    assert words["Vật chứng đi kèm"] == "Con dao bầu (01, niêm phong NP-7)"
    back = data(found.rows[-2])
    assert (back["unit_before"], back["unit"], back["volume_folios"]) == ("QN-KV1", None, [[1, 1, 6]])
    refused = found.of("hand_over_rejected")
    assert (data(refused)["served"], data(refused)["volumes_missing"]) == (False, [1])
    assert hidden(refused) == {"exhibits_lacking": [], "missing": why}
    assert hidden(found.rows[0])["number"] == f"1/{timezone.localdate().year}"
    assert data(found.of("hand_over_paper"))["sha256"] == paper.sha256
    assert hidden(found.of("hand_over_cancelled")) == {"reason": "Giao nhầm"}


@pytest.mark.django_db(transaction=True)
def test_a_bundle_is_told_once_it_is_finished(filed_case: FiledCase, people: dict[str, User]) -> None:
    from vks_plugin.court import actions as court

    with written() as found:
        bundle = court.request_bundle(actor=people["prosecutor_kv1"], case=filed_case.case)
    bundle.refresh_from_db()
    entry = found.one
    assert (entry.kind, entry.case_id) == ("bundle_made", filed_case.case.pk)
    assert (data(entry)["sha256"], data(entry)["pages"]) == (bundle.sha256, bundle.page_count)
    assert data(entry)["sha256"] == hashlib.sha256(bundle.path.read_bytes()).hexdigest()
    assert data(entry)["documents"] == 3
    pairs = sorted((each.document_id, each.sha256) for each in filed_case.documents)
    assert data(entry)["digest"] == acts.digest_of(pairs)


def test_what_is_taken_out_of_a_copy_is_told_without_a_word_of_it(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    from vks_plugin.court.redaction import Mark
    from vks_plugin.court.redactions import confirm_read, redact_document
    from vks_plugin.court.words import Box

    filed = filed_case.documents[0]
    with written() as found:
        copy = redact_document(
            actor=people["prosecutor_kv1"],
            filed=filed,
            marks=[Mark(1, Box(10, 10, 90, 30), "nguoi", "Nguyễn Văn Ánh")],
            ground="khac",
            reason="Theo đề nghị",
        )
    entry = found.one
    assert (entry.kind, entry.case_id) == ("document_redacted", filed_case.case.pk)
    assert verified() == []
    assert (data(entry)["document"], data(entry)["marks"], data(entry)["redaction_ground"]) == (
        filed.document_id,
        1,
        "khac",
    )
    assert data(entry)["sha256"] == hashlib.sha256(copy.path.read_bytes()).hexdigest() != data(entry)["source_sha256"]
    assert "Ánh" not in str(data(entry))
    assert "Theo đề nghị" not in str(data(entry))
    with written() as found:
        confirm_read(actor=people["prosecutor_kv1"], filed=filed, sha256=copy.sha256)
    assert found.kinds() == ["redaction_read"]
    assert (data(found.one)["document"], data(found.one)["sha256"]) == (filed.document_id, copy.sha256)


def test_pages_that_were_changed_are_told_with_both_files(filed_case: FiledCase, people: dict[str, User]) -> None:
    from vks_plugin.filing.page_map import Placed
    from vks_plugin.filing.pages import change_pages

    filed = filed_case.documents[0]
    with written() as found:
        change = change_pages(
            actor=people["prosecutor_kv1"],
            filed=filed,
            seen=filed.sha256,
            placed=[Placed(1), Placed(2, turn=180)],
            reason="Quét ngược",
        )
    entry = found.one
    assert (entry.kind, entry.case_id) == ("pages_changed", filed_case.case.pk)
    assert (data(entry)["sha256_before"], data(entry)["sha256"]) == (filed.sha256, change.sha256)
    assert (data(entry)["document"], data(entry)["page_map"]) == (filed.document_id, "1, 2+180")
    assert "Quét ngược" not in str(data(entry))


def test_documents_that_were_split_and_merged_are_told_with_their_files(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    from vks_plugin.filing.pages import Described, merge_documents, split_document

    filed, actor = filed_case.documents[0], people["prosecutor_kv1"]
    with written() as found:
        made = split_document(
            actor=actor,
            filed=filed,
            seen=filed.sha256,
            after=1,
            described=Described("Phiếu chuyển"),
            reason="Quét liền",
        )
    # the new one is filed like any other
    assert found.kinds() == ["document_filed", "document_split"]
    split = data(found.of("document_split"))
    assert (split["new_document"], split["new_sha256"], split["folio_from"]) == (made.document_id, made.sha256, 2)
    assert "Phiếu chuyển" not in str(split)
    filed.refresh_from_db()
    with written() as found:
        change = merge_documents(
            actor=actor, filed=filed, other=made, seen=filed.sha256, seen_other=made.sha256, reason="Một văn bản"
        )
    merged = data(found.of("documents_merged"))
    assert (merged["merged_document"], merged["merged_sha256"]) == (made.document_id, made.sha256)
    assert (merged["sha256"], merged["pages_before"], merged["pages"]) == (change.sha256, 1, 2)


def test_the_bundle_of_the_command_is_told_too(filed_case: FiledCase, tmp_path: Path) -> None:
    from django.core.management import call_command

    with written() as found:
        call_command("vks_bundle", "--case", filed_case.case.code, "--out", str(tmp_path / "b.pdf"), "--json")
    assert (found.one.kind, found.one.said["actor"]["id"]) == ("bundle_made", None)
    assert data(found.one)["sha256"] == hashlib.sha256((tmp_path / "b.pdf").read_bytes()).hexdigest()


def test_an_encrypted_bundle_is_told_with_its_own_hash(filed_case: FiledCase, tmp_path: Path) -> None:
    from django.core.management import call_command

    password, out = tmp_path / "p", tmp_path / "b.zip"
    password.write_text("thuyen co lua-7 nui")
    password.chmod(0o600)
    with written() as found:
        call_command("vks_bundle", case=filed_case.case.code, out=out, password_file=str(password), json=True)
    assert found.kinds() == ["bundle_made", "bundle_encrypted"]
    assert data(found.of("bundle_encrypted")) == {
        "preset": "toan_bo",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


def test_a_video_that_comes_and_goes_is_told_with_its_hash(filed_case: FiledCase, people: dict[str, User]) -> None:
    from tests.court.deck.test_video import MP4
    from vks_plugin.court.deck.videos import keep_video, remove_video

    actor, document = people["prosecutor_kv1"], filed_case.host_ids[0]
    with written() as found, MP4.open("rb") as file:
        size = MP4.stat().st_size
        video = keep_video(
            actor=actor, case=filed_case.case, file=file, size=size, document=document, title="Camera của ông Ánh"
        )
    same = {"video": str(video.pk), "document": document, "sha256": hashlib.sha256(MP4.read_bytes()).hexdigest()}
    assert data(found.of("video_kept")) == same | {"size": size, "codecs": "H.264, AAC"}
    assert hidden(found.of("video_kept")) == {"title": "Camera của ông Ánh"}
    # what is prepared for the court is not for everybody who may read the case
    for prepares in (True, False):
        (said,) = in_words([found.of("video_kept")], Reader(prepares=prepares))
        assert ("Camera của ông Ánh" in [value.text for value in said.values], said.withheld) == (
            prepares,
            not prepares,
        )
    with written() as found:
        remove_video(actor=actor, case=filed_case.case, pk=video.pk)
    assert data(found.of("video_removed")) == same


def test_a_picture_taken_of_a_video_is_told_with_both_hashes(filed_case: FiledCase, people: dict[str, User]) -> None:
    from tests.court.deck.test_videos import frame, kept
    from vks_plugin.court.deck import actions as decks
    from vks_plugin.court.deck.models import VideoStill

    actor = people["prosecutor_kv1"]
    video = kept(filed_case, actor)
    made = decks.create_presentation(actor=actor, case=filed_case.case)
    with written() as found:
        values = {"kind": "video", "video": video, "still": {"picture": frame(), "second": 1.5}}
        decks.add_slide(actor=actor, presentation=made, values=values)
    assert (found.one.kind, found.one.case_id) == ("video_still_taken", filed_case.case.pk)
    assert data(found.one) == {
        "presentation": 1,
        "video": str(video.pk),
        "video_sha256": video.sha256,
        "milliseconds": 1500,
        "sha256": VideoStill.objects.get().sha256,
    }


@pytest.mark.django_db(transaction=True)
def test_a_deck_and_a_leaders_word_for_an_exhibit_are_told(filed_case: FiledCase, people: dict[str, User]) -> None:
    from vks_plugin.court.deck import actions as decks
    from vks_plugin.court.deck.queries import material_for, private_words, slide_fingerprint

    lead, case, paper = people["prosecutor_kv1"], filed_case.case, filed_case.documents[0]
    made = decks.create_presentation(actor=lead, case=case)
    slide = decks.add_slide(
        actor=lead, presentation=made, values={"kind": "but_luc", "case_document": paper, "page_from": 2}
    )
    seen = slide_fingerprint(material_for(lead, case, [paper.pk]), slide)
    with written() as found:
        decks.confirm_slide(actor=people["chief_kv1"], presentation=made, slide_id=slide.pk, fingerprint=seen)
    assert (found.one.kind, found.one.case_id) == ("exhibit_confirmed", case.pk)
    assert data(found.one) == {
        "presentation": 1,
        "slide": 1,
        "document": paper.document_id,
        "page_from": 2,
        "page_to": 2,
        "sha256": paper.sha256,
    }
    assert hidden(found.one) == {"title": paper.title}
    # words with a number in them are known by their hash alone
    words = decks.add_slide(actor=lead, presentation=made, values={"kind": "noi_dung", "text": "STK 19031234 (BL 1)"})
    material = material_for(lead, case, [])
    seen = slide_fingerprint(material, words)
    with written() as found:
        decks.confirm_slide(actor=people["chief_kv1"], presentation=made, slide_id=words.pk, fingerprint=seen)
    assert (found.one.kind, found.one.case_id) == ("slide_words_confirmed", case.pk)
    assert data(found.one) == {"presentation": 1, "slide": 2, "sha256": private_words(material, words)}
    decks.remove_slide(actor=lead, presentation=made, slide_id=words.pk)
    seal_outright(case, [paper], by=lead)
    with written() as found:
        export = decks.request_deck(actor=lead, presentation=made)
    export.refresh_from_db()
    told = data(found.one)
    assert (found.one.kind, told["sha256"]) == ("deck_made", hashlib.sha256(export.path.read_bytes()).hexdigest())
    assert (told["file_type"], told["encrypted"], told["slides"], told["pages"]) == ("html", False, 1, 1)
    assert told["documents"] == 1
    with written() as found, decks.locked_deck(actor=lead, export=export, password="thuyen co lua-7 nui") as locked:
        sent = hashlib.sha256(locked.read()).hexdigest()
    assert (found.one.kind, found.one.case_id) == ("deck_encrypted", case.pk)
    assert data(found.one) == {"package": str(export.pk), "presentation": 1, "file_type": "html", "sha256": sent}
    with written() as found:
        decks.confirm_destroyed(
            actor=lead, export_id=export.pk, destroyed_on=timezone.localdate(), copies="USB số 2", person="Trần Văn A"
        )
    assert (found.one.kind, found.one.case_id) == ("deck_destroyed", case.pk)
    assert data(found.one) == {
        "package": str(export.pk),
        "presentation": 1,
        "file_type": "html",
        "sha256": told["sha256"],
        "destroyed_on": timezone.localdate().isoformat(),
    }
    assert hidden(found.one) == {"person": "Trần Văn A", "copies": "USB số 2"}
    # whoever takes one of a closed trial out answers for who is in the room
    case.is_closed_trial = True
    case.save(update_fields=["is_closed_trial"])
    made.case.refresh_from_db()
    with written() as found:
        closed = decks.request_deck(actor=lead, presentation=made, file_type="pdf", closed_trial=True)
    told_of = found.of("closed_trial_answered")
    assert (told_of.case_id, data(told_of)) == (
        case.pk,
        {"package": str(closed.pk), "presentation": 1, "file_type": "pdf"},
    )
    # what was shown from it comes back after it is gone
    from vks_plugin.court.sessions import actions as sessions

    session = sessions.plan_session(
        actor=lead, case=case, values={"court": "Tòa án", "starts_on": timezone.localdate()}
    )
    entry = {"slide": 1, "page": "p0001", "shown_at": timezone.now().isoformat()}
    log = {"format": "vks-shown/1", "package": str(export.pk), "manifest_sha256": export.manifest_sha256}
    content = json.dumps(log | {"entries": [entry]}).encode()
    with written() as found:
        sessions.import_log(actor=lead, session=session, content=content)
    assert (found.one.kind, found.one.case_id) == ("showing_imported", case.pk)
    assert data(found.one) == {
        "session": 1,
        "package": str(export.pk),
        "entries": 1,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_a_session_of_the_court_is_told_from_its_plan_to_what_was_learned(
    case: CaseFile, people: dict[str, User]
) -> None:
    from vks_plugin.court.sessions import actions as sessions

    lead, today = people["prosecutor_kv1"], timezone.localdate()
    later = today + dt.timedelta(days=9)
    plan = {"court": "Tòa án khu vực 1", "venue": "Phòng số 2", "starts_on": today, "is_learning": True}
    with written() as found:
        first = sessions.plan_session(actor=lead, case=case, values=plan, procurators=[lead])
    said = {
        "session": 1,
        "court_level": "so_tham",
        "session_on": today.isoformat(),
        "until_day": None,
        "unit": "QN-KV1",
        "learning": True,
        "closed": False,
        "mobile": False,
        "online": False,
        "people": [lead.pk],
    }
    assert (found.one.kind, found.one.case_id, data(found.one)) == ("session_planned", case.pk, said)
    assert hidden(found.one) == {"court": "Tòa án khu vực 1", "venue": "Phòng số 2"}
    with written() as found:
        sessions.change_session(actor=lead, session=first, values={"is_closed": True}, procurators=[])
    assert (found.one.kind, data(found.one)) == ("session_changed", said | {"closed": True, "people": []})
    with written() as found:
        sessions.adjourn_session(actor=lead, session=first, reason="Vắng bị cáo", next_on=later)
    assert found.kinds() == ["session_adjourned", "session_planned"]
    day = {"session": 1, "session_on": today.isoformat()}
    assert data(found.rows[0]) == day | {"next_on": later.isoformat()}
    assert hidden(found.rows[0]) == {"reason": "Vắng bị cáo"}
    second = first.following
    with written() as found:
        sessions.call_off_session(actor=lead, session=second, reason="Trả hồ sơ")
    assert (found.one.kind, data(found.one)["session"]) == ("session_called_off", 2)
    third = sessions.plan_session(actor=lead, case=case, values=plan)
    with written() as found:
        sessions.hold_session(actor=lead, session=third, shown_kinds=["so_do"])
        sessions.record_outcome(actor=lead, session=third, outcome="Phạt 3 năm tù", outcome_on=today)
        sessions.remark_on_session(actor=lead, session=third, remarks="Tranh luận tốt")
    assert found.kinds() == ["session_held", "session_outcome", "session_remarked"]
    assert data(found.rows[0]) == {
        "session": 3,
        "session_on": today.isoformat(),
        "until_day": today.isoformat(),
        "shown_kinds": ["so_do"],
        "event_id": None,
        "outcome_on": None,
    }
    assert data(found.rows[1]) == {"session": 3, "event_id": None, "outcome_on": today.isoformat()}
    assert hidden(found.rows[1]) == {"outcome": "Phạt 3 năm tù"}
    assert hidden(found.rows[2]) == {"remarks": "Tranh luận tốt"}
    with written() as corrected:
        sessions.correct_session(
            actor=lead, session=third, reason="Ghi nhầm", values={"is_closed": True}, shown_kinds=["hinh_anh"]
        )
    now = said | {"session": 3, "until_day": today.isoformat(), "closed": True, "people": []}
    assert (corrected.one.kind, data(corrected.one)) == ("session_corrected", now | {"shown_kinds": ["hinh_anh"]})
    assert hidden(corrected.one) == {"court": "Tòa án khu vực 1", "venue": "Phòng số 2", "reason": "Ghi nhầm"}
    (told,) = in_words([found.rows[0]], Reader(leads=False, internal=False, prepares=False))
    assert ("Đã trình chiếu", "Sơ đồ") in [(each.label, each.text) for each in told.values]


def test_a_list_that_goes_out_is_told_with_its_length(case: CaseFile, people: dict[str, User], client: Client) -> None:
    client.force_login(people["chief_kv1"])
    with written() as found:
        answer = client.get("/vks/cases/export/", {"type": "csv", "file_type": "csv", "layout": "case"})
    assert answer.status_code == 200
    assert (found.one.kind, found.one.case_id) == ("list_exported", None)
    assert data(found.one) == {"file_type": "csv", "cases": 1}


# --- what concerns no case


def test_a_post_is_told_with_who_recorded_it(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    with written() as found:
        post = access.record_appointment(
            actor=people["chief_kv1"], user=people["outsider"], unit=units["QN-KV1"], role="inspector",
            starts_on=dt.date(2026, 1, 1),
        )  # fmt: skip
    entry = found.one
    assert (entry.kind, entry.case_id, entry.said["actor"]["id"]) == ("appointed", None, people["chief_kv1"].pk)
    assert data(entry) == {
        "appointment": post.pk,
        "person_id": people["outsider"].pk,
        "unit": "QN-KV1",
        "role": "inspector",
        "department": None,
        "capacity": "regular",
        "starts_on": "2026-01-01",
        "ends_on": None,
    }
    assert hidden(entry) == {"person": "Người Ngoài"}
    with written() as found:
        access.end_appointment(actor=people["chief_kv1"], appointment=post, ends_on=dt.date(2026, 12, 31))
        access.end_appointment(actor=people["chief_kv1"], appointment=Appointment.objects.get(pk=post.pk))
    assert [data(row)["ends_on"] for row in found.rows] == ["2026-12-31", timezone.localdate().isoformat()]
    assert found.kinds() == ["appointment_ended", "appointment_ended"]


def test_offices_and_departments_are_told_with_what_they_were(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    admin, today = people["admin_province"], timezone.localdate()
    made = {
        "code": "QN-KV9",
        "name": "VKSND khu vực 9",
        "short_name": "KV 9",
        "kind": "regional",
        "parent": units["QN"],
    }
    with written() as found:
        unit = offices.add_unit(actor=admin, values={**made, "valid_from": STARTED}, decision=PAPER)
        offices.change_unit(actor=admin, unit=unit, values={"code": "QN-KV2", "parent": units["QN-KV1"]})
        department = offices.add_department(
            actor=admin, unit=unit, values={"code": "BP1", "name": "Bộ phận 1", "stages": ["dieu_tra"]}
        )
        offices.change_department(actor=admin, department=department, values={"stages": [], "code": "BP2"})
        offices.end_department(actor=admin, department=department, gone_from=today)
        offices.end_unit(actor=admin, unit=unit, gone_from=today)
    added, changed, with_stages, without, closed, ended = found.rows
    assert {row.case_id for row in found.rows} == {None}
    last = (today - dt.timedelta(days=1)).isoformat()
    assert [(row.kind, data(row)) for row in found.rows] == [
        (
            "unit_added",
            {"unit": "QN-KV9", "unit_kind": "regional", "unit_above": "QN", "starts_on": STARTED.isoformat()},
        ),
        (
            "unit_changed",
            {
                "unit_before": "QN-KV9",
                "unit": "QN-KV2",
                "fields": ["code", "parent"],
                "unit_above_before": "QN",
                "unit_above": "QN-KV1",
                "cases": 0,
                "documents": 0,
            },
        ),
        ("department_added", {"unit": "QN-KV2", "department": "BP1", "stages": ["dieu_tra"], "starts_on": None}),
        (
            "department_changed",
            {
                "unit": "QN-KV2",
                "department_before": "BP1",
                "department": "BP2",
                "fields": ["code", "stages"],
                "stages_before": ["dieu_tra"],
                "stages": [],
                "department_heads": 0,
                "cases": 0,
            },
        ),
        ("department_ended", {"unit": "QN-KV2", "department": "BP2", "ends_on": last}),
        ("unit_ended", {"unit": "QN-KV2", "ends_on": last}),
    ]
    assert hidden(added) == {"office_name": "VKSND khu vực 9", "decision": PAPER}
    assert ["parent", "QN – VKSND tỉnh", "QN-KV1 – VKSND khu vực 1"] in hidden(changed)["changes"]
    assert ["stages", "Điều tra", ""] in hidden(without)["changes"]
    assert {each.label: each.text for each in in_words([without], Reader())[0].values}["Các mục"] == (
        "Mã phòng, Phụ trách giai đoạn"
    )
    assert hidden(with_stages)["office_name"] == "Bộ phận 1"
    assert hidden(closed) == hidden(ended) == {"decision": ""}
    assert verified() == []


# --- one transaction


def test_an_act_that_is_rolled_back_leaves_no_entry(case: CaseFile, people: dict[str, User]) -> None:
    def fails() -> None:
        with transaction.atomic():
            access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector")
            raise RuntimeError

    with written() as found, pytest.raises(RuntimeError):
        fails()
    assert found.kinds() == []


_FAILING: dict[str, Callable[[CaseFile, dict[str, User], dict[str, ProcuracyUnit]], Any]] = {
    "ask": lambda case, people, _units: _asked(people, case.code),
    "transfer": lambda case, people, units: transfers.transfer_case(
        actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision=PAPER
    ),
    "assign": lambda case, people, _units: access.assign(
        actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector"
    ),
    "register": lambda _case, people, units: register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ mới"),
    "event": lambda case, people, _units: access.record_event(
        actor=people["prosecutor_kv1"],
        case=case,
        event="ket_luan_dieu_tra",
        happened_on=dt.date(2026, 5, 4),
        number="9/KLĐT",
    ),
    "appoint": lambda _case, people, units: access.record_appointment(
        actor=people["chief_kv1"], user=people["outsider"], unit=units["QN-KV1"], role="inspector"
    ),
}


def _state() -> tuple[Any, ...]:
    return (
        TemporaryAccess.objects.count(),
        list(CaseFile.objects.order_by("pk").values_list("pk", "unit_id", "stage", "status", "revision")),
        list(Assignment.objects.order_by("pk").values_list("pk", "ended_at")),
        ProceduralEvent.objects.count(),
        list(Appointment.objects.order_by("pk").values_list("pk", "ended_at")),
        LedgerEntry.objects.count(),
    )


_FULL_DISK = {
    "sqlite": (
        ("CREATE TRIGGER full_disk BEFORE INSERT ON vks_ledger_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END",),
        "DROP TRIGGER full_disk",
    ),
    "postgresql": (
        (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON vks_ledger_entry FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ),
        "DROP FUNCTION full_disk() CASCADE",
    ),
}
"""Statements by which no entry can be written, and the one after which they can."""


@pytest.mark.parametrize("act", _FAILING)
def test_an_act_that_cannot_be_recorded_is_not_done(
    act: str, case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    from django.db import DatabaseError, connection

    before = _state()
    full, room = _FULL_DISK[connection.vendor]
    # PostgreSQL drops no trigger of a table that waits for one, as what registered the case does
    into_log.settle(connection)
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in full:
            cursor.execute(statement)
    with pytest.raises(DatabaseError), transaction.atomic():
        _FAILING[act](case, people, units)
    assert _state() == before
    with connection.cursor() as cursor:
        cursor.execute(room)
    _FAILING[act](case, people, units)
    assert _state() != before


def test_a_field_too_few_or_too_many_is_a_slip_of_ours(case: CaseFile) -> None:
    with written() as found:
        with pytest.raises(TypeError, match="hours"):
            acts.tell("access_asked", actor=None, case=case, access=1, asked_for="", reason="")
        with pytest.raises(TypeError, match="name"):
            acts.tell("access_withdrawn", actor=None, case=case, access=1, name="x")
    assert found.kinds() == []


# --- digitisation


def test_a_batch_is_told_from_its_opening_to_its_seal(filed_case: FiledCase, people: dict[str, User]) -> None:
    with written() as found:
        batch = batch_in("da_ket_thuc_so_hoa", filed_case, people)
    assert [row.kind for row in found.rows if "batch" in row.said["data"]] == [
        "digitisation_opened",
        "digitisation_moved",
        "digitisation_step",
        "digitisation_moved",
        "digitisation_moved",
        "digitisation_confirmed",
        "file_sealed",
    ]
    assert data(found.of("digitisation_step"))["pages"] == 6
    assert data(found.of("digitisation_confirmed"))["digest"] == batch.checked_digest
    assert data(found.of("file_sealed"))["manifest"] == batch.manifest.sha256
    assert verified() == []


# --- the table


def test_every_field_has_its_words_and_nothing_is_both_shown_and_hidden() -> None:
    for name, act in acts.ACTS.items():
        assert len(name) <= 40
        assert {*act.shown, *act.hidden} <= acts.FIELDS.keys(), name
        assert not set(act.shown) & set(act.hidden), name
    used = {field for act in acts.ACTS.values() for field in (*act.shown, *act.hidden)}
    assert used | {*acts.BY_COMMAND} == acts.FIELDS.keys()
    assert not used & {*acts.BY_COMMAND}


def test_what_a_command_does_names_the_command(db: None) -> None:
    call_command("vks_ledger", "key", stdout=StringIO())
    (entry,) = LedgerEntry.objects.filter(kind=actions.KEY)
    on_server = system_account()
    assert entry.said["actor"] == {"id": None, "name": f"vks_ledger ({on_server})", "unit": None, "role": None}
    told = [entry.said["data"][name] for name in acts.BY_COMMAND]
    assert told == ["vks_ledger", on_server, "", None]
    # and nothing that is done after it
    actions.append(case=None, actor=None, kind="note", data={})
    assert LedgerEntry.objects.latest("pk").said["actor"]["name"] == ""


def test_what_people_write_is_in_no_open_field() -> None:
    hidden = {field for act in acts.ACTS.values() for field in act.hidden}
    assert {"person", "reason", "changes"} <= hidden
    for name, act in acts.ACTS.items():
        assert not hidden & set(act.shown), name


def test_a_change_of_the_record_is_told_once(case: CaseFile, people: dict[str, User]) -> None:
    from vks_plugin.cases.actions import record

    clerk = people["clerk_kv1"]
    with written() as found:
        exhibit = record.add_entry(actor=clerk, case=case, part="exhibit", values={"name": "Dao nhọn", "quantity": "1"})
        record.change_entry(actor=clerk, entry=exhibit, values={"quantity": "2"}, reason="Đếm lại")
        record.change_entry(actor=clerk, entry=exhibit, values={"quantity": "2"})
        record.remove_entry(actor=clerk, entry=exhibit, reason="Nhầm vụ")
    assert found.kinds() == ["record_changed"] * 3
    entry = found.rows[1]
    shown = {"change_kind": "changed", "subject": "exhibit", "subject_id": exhibit.pk, "fields": ["quantity"]}
    # it is about nothing that says how long the case is kept
    shown |= dict.fromkeys(("crime_class", "relation", "related_id", "suspended", "suspended_at_entry"))
    assert data(entry) == shown
    assert hidden(entry) == {"label": str(exhibit), "changes": [["quantity", "1", "2"]], "reason": "Đếm lại"}
    assert "Dao nhọn".encode() not in b"".join(bytes(row.line) for row in found.rows)
    (said,) = in_words([entry], Reader(leads=False, internal=False, prepares=False))
    texts = {value.name: value.text for value in said.values}
    assert (texts["change_kind"], texts["subject"], texts["changes"]) == ("Sửa", "Vật chứng", "Số lượng: 1 → 2")


def test_a_paper_described_anew_is_told_with_what_it_said_before(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    from vks_plugin.filing.actions import describe

    lead, filed, kind = people["prosecutor_kv1"], filed_case.documents[1], catalogue["BBHC"]
    CaseDocument.objects.filter(pk=filed.pk).update(folio_from=None, folio_to=None)
    Folio.objects.filter(case_document=filed).delete()
    same: dict[str, Any] = {
        "document_type": filed.document_type,
        "title": filed.title,
        "number": filed.number,
        "date": filed.date,
    }
    first = 7
    new: dict[str, Any] = {"document_type": kind, "number": "5/BB", "folio_from": first}
    new |= {"folio_to": 6 + (filed.page_count or 0), "title": "Biên bản hỏi cung bị can A"}
    with written() as found:
        describe(actor=lead, filed=filed, **same)
        assert LedgerEntry.objects.latest("pk").kind != "document_described"
        described = describe(actor=lead, filed=filed, **new)
        # a second click, from a page that was read before
        describe(actor=lead, filed=filed, **new)
    entry = found.one
    assert (entry.kind, entry.case_id, entry.said["actor"]["id"]) == ("document_described", filed_case.case.pk, lead.pk)
    asked = ["document_type", "title", "number", "folio_from", "folio_to"]
    fields = [name for name in asked if name != "document_type" or filed.document_type != kind]
    assert data(entry) == {
        "filing": filed.pk,
        "document": filed.document_id,
        "part": "hsva",
        "fields": fields,
        "document_type": kind.code,
        "dated": filed.date.isoformat() if filed.date is not None else None,
        "folio_from": first,
        "folio_to": described.folio_to,
    }
    kept = hidden(entry)
    assert (kept["title"], kept["number"]) == ("Biên bản hỏi cung bị can A", "5/BB")
    assert ["title", filed.title, "Biên bản hỏi cung bị can A"] in kept["changes"]
    assert "hỏi cung".encode() not in bytes(entry.line)
    (row,) = CaseChange.objects.filter(case=filed_case.case, subject="document")
    assert (row.subject_id, row.actor_id, row.values) == (filed.pk, lead.pk, kept["changes"])
    (said,) = in_words([entry], Reader(leads=False, internal=False, prepares=False))
    told = {value.name: value.text for value in said.values}
    assert f"Tên tài liệu: {filed.title} → Biên bản hỏi cung bị can A" in told["changes"]
    assert verified() == []


def test_a_paper_renamed_in_the_dms_is_told_and_what_the_dms_cuts_short_is_not(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    from vks_plugin.filing.actions import describe, follow_document

    lead, filed, internal = people["prosecutor_kv1"], filed_case.documents[0], filed_case.internal
    long = "Biên bản " + "ghi lời khai " * 15
    describe(actor=lead, filed=filed, document_type=filed.document_type, title=long, date=dt.date(2026, 3, 1))
    filed.refresh_from_db()
    with written() as found:
        # a tag, say
        follow_document(filed.document, actor=people["chief_kv1"])
        for each, title in ((filed, "Biên bản khám nhà"), (internal, "Đề xuất đường lối")):
            each.document.title = title
            each.document.save()
            follow_document(each.document, actor=lead)
        each.document.title = "Do luồng việc của DMS"
        follow_document(each.document, actor=None)
    one, other, nobody = found.rows
    before = [["title", filed.title, "Biên bản khám nhà"]]
    assert (one.kind, one.said["actor"]["id"], hidden(one)["changes"]) == ("document_described", lead.pk, before)
    assert (nobody.said["actor"]["id"], data(nobody)["part"]) == (None, "hsks")
    filed.refresh_from_db()
    assert filed.title == "Biên bản khám nhà"
    # who reads the case file alone is not told what the other paper is called
    outsider, insider = (Reader(internal=each) for each in (False, True))
    assert "Đề xuất đường lối" not in str(in_words([other], outsider))
    assert "Đề xuất đường lối" in str(in_words([other], insider))


def test_the_history_names_papers_of_the_supervision_file_to_its_readers_alone(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    from vks_plugin.filing.actions import describe

    access.assign(actor=people["chief_kv1"], case=filed_case.case, user=people["scanner_kv1"], role="scan_operator")
    for filed, title in ((filed_case.internal, "Đề xuất đường lối"), (filed_case.documents[0], "Lệnh khám xét")):
        describe(actor=people["prosecutor_kv1"], filed=filed, document_type=filed.document_type, title=title)
    pages = f"/vks/cases/{filed_case.case.code}/record/history/", f"/api/vks/cases/{filed_case.case.code}/history/"
    for who, reads in (("prosecutor_kv1", True), ("scanner_kv1", False)):
        client.force_login(people[who])
        for address in pages:
            told = client.get(address).content.decode()
            assert "Lệnh khám xét" in told
            assert ("Đề xuất đường lối" in told) is reads


def test_the_code_of_a_related_case_is_in_no_entry_of_another(
    case: CaseFile, other_case: CaseFile, people: dict[str, User]
) -> None:
    from vks_plugin.cases.actions import record

    values: dict[str, Any] = {"other": other_case, "note": "Cùng nhóm"}
    values["relation"] = RelatedCase._meta.get_field("relation").choices[0][0]  # type: ignore[index]
    with written() as found:
        record.add_entry(actor=people["clerk_kv1"], case=case, part="relation", values=values)
    assert "other" in data(found.one)["fields"]
    assert other_case.code not in json.dumps(hidden(found.one))
    assert hidden(found.one)["changes"]


def test_numbers_volumes_and_inventories_have_acts_of_their_own(filed_case: FiledCase, people: dict[str, User]) -> None:
    from vks_plugin.cases.actions import folios, inventories
    from vks_plugin.cases.folio_queries import waiting_documents
    from vks_plugin.cases.models import FolioProfile

    clerk, case = people["clerk_kv1"], filed_case.case
    CaseDocument.objects.filter(case=case).update(folio_from=None, folio_to=None)
    Folio.objects.filter(case=case).delete()
    waiting = list(waiting_documents(case))
    profile = FolioProfile.objects.exclude(numbering=FolioProfile.Numbering.NONE).order_by("pk")[0]
    with written() as found:
        pages = folios.number_folios(actor=clerk, case=case, profile=profile, order=[each.pk for each in waiting])
        folios.bind_volumes(actor=clerk, case=case, volumes=[("Tập một", 1, 2)])
        inventory = inventories.draw_up_inventory(actor=clerk, case=case)
    assert found.kinds() == ["folios_numbered", "volume_recorded", "inventory_drawn_up"]
    numbered = data(found.rows[0])
    assert (numbered["folio_from"], numbered["pages"], numbered["documents"]) == (1, pages, len(waiting))
    assert numbered["digest"] == acts.digest_of((each.document_id, each.sha256) for each in waiting)
    volume = {"change_kind": "created", "volume": 1, "folio_from": 1, "folio_to": 2}
    assert (data(found.rows[1]), hidden(found.rows[1])) == (volume, {"title": "Tập một", "reason": ""})
    listed = verify_ledger.canonical(inventory.rows)
    assert data(found.rows[2])["rows_digest"] == hashlib.sha256(listed).hexdigest()
    assert data(found.rows[2])["rows"] == len(inventory.rows)


def test_a_list_that_was_loaded_is_told_when_it_is_done(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, tmp_path: Path, settings: Any
) -> None:
    from tests.exchange.files import HEADINGS, ROWS, csv_text
    from tests.exchange.files import written as file_of
    from vks_plugin.exchange import actions as exchange

    settings.VKS_DATA_DIR = tmp_path / "data"
    wrong = ("", "171", "31/02/2022", "CSĐT", "")
    with written() as found:
        for load in (False, True):
            content = csv_text([HEADINGS, *ROWS, wrong])
            row = exchange.hand_in(
                actor=people["chief_kv1"],
                file=file_of(tmp_path, content),
                filename="ds.csv",
                unit=units["QN-KV1"],
                load=load,
                queued=False,
            )
            while exchange.run(row.pk):
                pass
    # a trial is none
    entry = found.of("list_imported")
    assert (entry.case_id, entry.said["actor"]["id"]) == (None, people["chief_kv1"].pk)
    assert data(entry) == {"case_import": row.pk, "rows": 3, "rows_refused": 1}


def test_a_comparison_of_stored_files_is_told(filed_case: FiledCase, people: dict[str, User]) -> None:
    with written() as found:
        filed_case.documents[0].document.source_path.unlink()
        run = actions.check_files(case=filed_case.case)
        actions.close_finding(actor=people["chief_kv1"], finding=run.findings.get().pk, reason="Đã phục hồi")
    assert found.kinds() == ["fixity_checked", "fixity_closed"]
    assert data(found.of("fixity_checked"))["files_missing"] == 1
    assert hidden(found.of("fixity_closed")) == {"reason": "Đã phục hồi"}


def test_what_is_put_right_behind_somebody_s_back_stays_noted(
    filed_case: FiledCase, people: dict[str, User], django_capture_on_commit_callbacks: Any
) -> None:
    documents = [each.document for each in filed_case.documents]
    clerk = people["clerk_kv3"]
    with written() as found, django_capture_on_commit_callbacks(execute=True):
        assign_perm("documents.view_document", clerk, documents[0])
        documents[1].owner = clerk
        documents[1].save()
    entry = found.of("access_put_right")
    assert entry.case_id == filed_case.case.pk
    assert data(entry) == {"documents": 2, "documents_too_open": 2}
    assert not clerk.has_perm("documents.view_document", documents[0])
    with written() as found, django_capture_on_commit_callbacks(execute=True):
        # what the host saves again without giving anything away is nobody's doing
        documents[2].save()
        access.put_right_at_night()
    assert found.kinds() == []
    leaders = Group.objects.get(name="vks:QN-KV3:leaders")
    with written() as found:
        clerk.groups.add(leaders)
    assert data(found.of("memberships_put_right")) == {"memberships": 1}
    assert not clerk.groups.filter(pk=leaders.pk).exists()
    # past every signal, as in the database itself
    UserObjectPermission.objects.bulk_create(
        [
            UserObjectPermission(
                user=clerk,
                object_pk=str(documents[0].pk),
                content_type=ContentType.objects.get_for_model(documents[0]),
                permission=Permission.objects.get(codename="view_document"),
            )
        ]
    )
    User.groups.through.objects.create(user=clerk, group=leaders)
    with written() as found, django_capture_on_commit_callbacks(execute=True):
        access.put_right_at_night()
    night = found.of("access_put_right_at_night")
    assert (night.case_id, data(night)) == (None, {"cases": 1, "documents": 1, "memberships": 1})


def test_every_act_is_told_somewhere_and_is_tried_here() -> None:
    from pathlib import Path

    from tests.plugin import ROOT

    told = "".join(path.read_text() for path in (ROOT / "vks_plugin").rglob("*.py") if path.name != "acts.py")
    here = Path(__file__).parent
    tried = "".join(
        path.read_text() for path in (*here.glob("test_*.py"), *here.with_name("disposal").glob("test_*.py"))
    )
    for name in acts.ACTS:
        assert f'"{name}"' in told, name
        assert f'"{name}"' in tried or name == actions.KEY, name


def test_the_whole_is_verified_outside(filed_case: FiledCase, people: dict[str, User], tmp_path: Path) -> None:
    actions.ensure_key()
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=_asked(people, filed_case.case.code).pk)
    shown = [name for name, act in acts.ACTS.items() if act.hidden]
    actions.export(tmp_path / "case", case=filed_case.case, shown=shown)
    actions.export(tmp_path / "all")
    assert verify_ledger.main([str(tmp_path / "case")]) == 0
    assert verify_ledger.main([str(tmp_path / "all")]) == 0
    opened = [json.loads(line) for line in (tmp_path / "case" / "openings.jsonl").read_text().splitlines()]
    assert {row["value"] for row in opened} >= {WHY, filed_case.documents[0].title}
    assert WHY not in (tmp_path / "all" / "entries.jsonl").read_text()


def test_signatures_read_in_a_file_are_told_without_the_names_of_who_signed(
    filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vks_plugin.filing import signature_checks as checks
    from vks_plugin.filing.models import SignatureCheck
    from vks_plugin.filing.signatures import Integrity, Signature, Trust

    filed = filed_case.documents[0]
    found_there = [
        Signature(Integrity.UNCHANGED, Trust.TRUSTED, signer="Nguyễn Văn Ký"),
        Signature(Integrity.BROKEN, signer="Trần Ký"),
    ]
    # how they are read is tested beside it
    monkeypatch.setattr(checks, "read_apart", lambda *_: found_there)
    row = SignatureCheck.objects.create(case_document=filed, sha256=filed.sha256)
    with written() as found:
        checks.run_check(row.pk)
    entry = found.one
    assert (entry.kind, entry.case_id, entry.said["actor"]["id"]) == ("signatures_read", filed_case.case.pk, None)
    assert {name: data(entry)[name] for name in ("signatures", "signatures_valid", "signatures_invalid")} == {
        "signatures": 2,
        "signatures_valid": 1,
        "signatures_invalid": 1,
    }
    assert "Ký" not in str(data(entry))
    assert LedgerHidden.objects.get(entry=entry).values == [["signers", "Nguyễn Văn Ký; Trần Ký"]]


def test_a_file_that_was_signed_elsewhere_is_told_with_the_file_before(
    filed_case: FiledCase, people: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.filing.signing import SIGNER, signed
    from vks_plugin.filing import signature_checks
    from vks_plugin.filing.pages import attach_signed
    from vks_plugin.filing.signatures import read_signatures

    monkeypatch.setattr(signature_checks, "read_apart", read_signatures)
    filed, path = filed_case.documents[0], tmp_path / "signed.pdf"
    path.write_bytes(signed(filed.document.source_path.read_bytes()))
    with written() as found:
        change = attach_signed(
            actor=people["prosecutor_kv1"],
            filed=filed,
            seen=filed.sha256,
            file=path,
            filename="ký.pdf",
            reason="Bản ký",
        )
    entry = found.one
    assert (entry.kind, entry.case_id) == ("signed_version", filed_case.case.pk)
    told = data(entry)
    assert (told["sha256_before"], told["sha256"], told["continues"]) == (filed.sha256, change.sha256, True)
    # no roots are configured here: nobody vouches for who signed
    assert (told["signatures"], told["signatures_valid"], told["signatures_invalid"]) == (1, 0, 0)
    assert hidden(entry) == {"signers": SIGNER, "reason": "Bản ký"}
