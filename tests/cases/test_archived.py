"""What is recorded of a case that the archive has stays as it was packed; who may know of it, and notes, stay open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.conftest import VIDEO, fill_record, new_row
from tests.api.test_access import PARTS
from tests.custody.test_retention import ended
from tests.people import FiledCase, register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases import actions as cases
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.models import CaseChange, CaseFile, ProceduralEvent
from vks_plugin.court.deck.actions import add_mark
from vks_plugin.court.deck.videos import keep_video
from vks_plugin.custody.actions.retention import place_hold
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import Conflict, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

CLOSED = "đã nộp lưu: không thêm, không sửa"
DAY = dt.date(2026, 3, 9)


@pytest.fixture
def sent(filed_case: FiledCase, people: dict[str, User]) -> tuple[FiledCase, dict[str, Any], ProceduralEvent]:
    """Return a case in the archive, a row of each part of its record, and the event by which it went there."""
    case, lead = filed_case.case, people["prosecutor_kv1"]
    rows = fill_record(lead, case)
    ended(case, lead)
    happened = cases.Happened(event="nop_luu", happened_on=timezone.localdate())
    event = cases.record_event(actor=lead, case=case, happened=happened)
    CaseFile.objects.filter(pk=case.pk).update(archived_at=timezone.now())
    case.refresh_from_db()
    return filed_case, rows, event


def client_of(user: User) -> APIClient:
    found = APIClient()
    found.force_login(user)
    return found


def test_no_act_changes_what_is_recorded(
    sent: tuple[FiledCase, dict[str, Any], ProceduralEvent],
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
) -> None:
    filed, rows, event = sent
    case, lead = filed.case, people["prosecutor_kv1"]
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    access.assign(actor=people["chief_kv1"], case=other, user=lead, role="prosecutor_lead")
    person = case.accused.first()
    assert person is not None
    earlier = ProceduralEvent.objects.filter(case=case).exclude(pk=event.pk).latest("pk")
    given = ChargeInput(text="173.2", charged_on=DAY)
    decided = {"decision_no": "902/QĐ", "decided_on": DAY}
    document = filed.host_ids[0]
    acts: dict[str, Callable[[], object]] = {
        "edit": lambda: access.edit_case(actor=lead, case=case, values={"note": "Thêm", "judge": "Khác"}),
        "edit by a leader": lambda: access.edit_case(
            actor=people["chief_kv1"], case=case, values={"name": "Khác", "confidentiality": "han_che_noi_bo"}
        ),
        "charge": lambda: access.charge(actor=lead, case=case, accused=person, given=given),
        "correct": lambda: access.correct_charge(actor=lead, charge=rows["charges"], values={"decision_no": "1"}),
        "replace": lambda: access.replace_charge(actor=lead, charge=rows["charges"], given=given),
        "event": lambda: access.record_event(
            actor=lead, case=case, event="gui_van_ban", happened_on=timezone.localdate(), number="1"
        ),
        "withdraw": lambda: access.withdraw_event(actor=people["chief_kv1"], event=earlier, reason="Nhầm"),
        "inventory": lambda: access.draw_up_inventory(actor=lead, case=case),
        "merge away": lambda: access.merge_cases(actor=lead, source=case, target=other, **decided),
        "merge into": lambda: access.merge_cases(actor=lead, source=other, target=case, **decided),
        "split": lambda: access.split_case(
            actor=lead, source=case, accused=[person.pk], name="Vụ tách", agency="Công an tỉnh", **decided
        ),
    }
    for part, row in rows.items():
        if part != "charges":
            acts[f"change {part}"] = lambda row=row: access.change_entry(actor=lead, entry=row, values={})  # type: ignore[misc]
        acts[f"remove {part}"] = lambda row=row: access.remove_entry(actor=lead, entry=row, reason="Nhầm")  # type: ignore[misc]
    before = (CaseChange.objects.count(), LedgerEntry.objects.count())
    stood = CaseFile.objects.filter(pk__in=[case.pk, other.pk]).order_by("pk").values()
    cases_before = list(stood)
    for name, act in acts.items():
        with pytest.raises(Conflict, match=CLOSED):
            act()
        assert (CaseChange.objects.count(), LedgerEntry.objects.count(), list(stood.all())) == (
            *before,
            cases_before,
        ), name
    # a recording that would come into the file
    with pytest.raises(Conflict, match=CLOSED), VIDEO.open("rb") as video:
        keep_video(actor=lead, case=case, file=video, size=VIDEO.stat().st_size, document=document)
    # what stays open: who may know of it, who works on it, what holds it, marks
    with pytest.raises(NotAllowed, match="đổi độ nhạy cảm của hồ sơ đã nộp lưu"):
        access.edit_case(actor=lead, case=case, values={"confidentiality": "han_che_noi_bo"})
    assert list(stood.all()) == cases_before
    access.edit_case(actor=people["chief_kv1"], case=case, values={"confidentiality": "han_che_noi_bo"})
    access.edit_case(actor=people["chief_kv1"], case=case, values={"confidentiality": "thuong"})
    access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector")
    place_hold(actor=people["chief_kv1"], case=case, ground="khieu_nai", reason="Đang giải quyết khiếu nại")
    add_mark(actor=lead, case=case, document_id=document, page=1, area=[0.1, 0.1, 0.2, 0.2], note="Chỗ cần xem")


def test_pages_and_api_say_what_to_do_and_a_leader_does_it(
    sent: tuple[FiledCase, dict[str, Any], ProceduralEvent], people: dict[str, User]
) -> None:
    filed, rows, event = sent
    case = filed.case
    lead, leader = client_of(people["prosecutor_kv1"]), client_of(people["chief_kv1"])
    of_case, page = f"/api/vks/cases/{case.code}/", f"/vks/cases/{case.code}/"
    accused = case.accused.get(full_name="Vũ Văn Ẩn").pk
    refused = []
    for part in PARTS:
        refused.append(lead.post(f"{of_case}{part}/", new_row(part, accused), format="json"))
        refused.append(lead.delete(f"{of_case}{part}/{rows[part].pk}/", {"reason": "Nhầm"}, format="json"))
    refused += [
        lead.patch(of_case, {"note": "Thêm"}, format="json"),
        *(
            lead.post(f"{of_case}{place}/", body, format="json")
            for place, body in (
                ("events", {"event": "ket_thuc", "happened_on": f"{timezone.localdate()}"}),
                ("folio-explanations", {"finding": "gap", "folio_from": 7, "folio_to": 9, "text": "Đánh nhầm."}),
                ("folio-corrections", {"first": "6", "right": "7", "text": "Gõ nhầm."}),
                ("volume-proposal", {"volumes": [{"folio_from": 1, "folio_to": 6}]}),
                ("inventories", {}),
            )
        ),
        lead.get(f"{page}record/exhibit/add/"),
        lead.post(f"{page}record/exhibit/add/", {"name": "Dao"}),
        lead.get(f"{page}events/{event.pk}/withdraw/"),
        lead.get(f"{page}folios/number/"),
    ]
    assert [each.status_code for each in refused] == [409] * len(refused)
    assert all(CLOSED in each.content.decode() for each in refused)
    told = lead.get(of_case).json()
    assert (told["status"], "edit" in told["may"]) == ("da_nop_luu", False)
    said = Page(lead.get(f"{page}record/exhibits/"))
    assert CLOSED in said.text
    assert "Thêm vật chứng" not in said.text
    assert "Đưa hồ sơ ra khỏi lưu trữ" not in said.text
    # sensitivity is all that its form still has, for who leads the office: the others may not take it from its readers
    assert lead.get(f"{page}edit/").status_code == 403
    answer = lead.patch(of_case, {"confidentiality": "han_che_noi_bo"}, format="json")
    assert (answer.status_code, "hồ sơ đã nộp lưu" in answer.content.decode()) == (403, True)
    form = Page(leader.get(f"{page}edit/"))
    assert "Độ nhạy cảm" in form.text
    case.refresh_from_db()
    kept = {"confidentiality": "han_che_noi_bo", "revision": case.revision, "name": "Tên khác"}
    assert leader.post(f"{page}edit/", kept).status_code == 302
    assert leader.patch(of_case, {"confidentiality": "thuong"}, format="json").status_code == 200
    case.refresh_from_db()
    assert case.name != "Tên khác"
    assert "Đưa hồ sơ ra khỏi lưu trữ" in Page(leader.get(f"{page}record/events/")).text
    event = ProceduralEvent.objects.get(pk=event.pk)
    with pytest.raises(NotAllowed):
        access.withdraw_event(actor=people["prosecutor_kv1"], event=event, reason="Bổ sung bản án")
    assert leader.post(f"{page}events/{event.pk}/withdraw/", {"reason": "Bổ sung bản án"}).status_code == 302
    assert lead.patch(of_case, {"note": "Thêm"}, format="json").status_code == 200
