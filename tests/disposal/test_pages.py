"""The pages of a disposal, from the list of what is over to the tombstone, for who may and who may not."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.utils import timezone
from documents.models import Document
from docx import Document as Word
from rest_framework.test import APIClient

from tests.custody.test_hand_overs import COURT
from tests.custody.test_handed_exhibits import left_at_court
from tests.custody.test_retention import ended_long_ago, kept_one_year
from tests.custody.test_settling import WHY as LOST
from tests.custody.test_settling import short
from tests.disposal.conftest import WHY, carried_out, ready
from tests.people import pdf_bytes
from tests.web.conftest import Page, fetched
from vks_plugin.access.actions import record_appointment
from vks_plugin.custody.accession_papers import as_paper as accession_paper
from vks_plugin.custody.actions import ensure_key
from vks_plugin.custody.actions.accession import accept, prepare
from vks_plugin.custody.actions.retention import end_hold, place_hold
from vks_plugin.custody.actions.settling import settle_rest
from vks_plugin.custody.models import HandOver, LedgerEntry, RetentionRule
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.registers import register_paper
from vks_plugin.disposal.actions import approve, draft, submit
from vks_plugin.disposal.models import DestructionBatch, Tombstone
from vks_plugin.disposal.papers import as_paper
from vks_plugin.disposal.queries import pieces_settled
from vks_plugin.doctor.custody import disposals as doctor
from vks_plugin.doctor.results import Scope, Status
from vks_plugin.organization.models import UnitSuccession
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import written_day

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def wrong_at(page: Page) -> set[str | None]:
    """Return the ids of what a page shows as wrong."""
    shown = [attributes for _tag, attributes in page.elements if "invalid-feedback" in (attributes.get("class") or "")]
    assert len({attributes.get("id") for attributes in shown}) == len(shown)
    return {attributes.get("id") for attributes in shown}


def test_a_file_is_disposed_of_through_the_pages(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case, name = filed_case.case, filed_case.case.name
    client.force_login(archivist)
    page = Page(client.get("/vks/archive/disposals/"))
    assert case.code in page.text
    assert "Lập đợt tiêu hủy cho hồ sơ đã chọn" in page.text
    # what was chosen and written is kept where something is wrong with it
    wrong = client.post("/vks/archive/disposals/", {"case": [case.code], "reason": "Cũ"})
    assert wrong.status_code == 400
    assert "checked" in wrong.content.decode()
    made = client.post("/vks/archive/disposals/", {"case": [case.code], "reason": WHY})
    row = DestructionBatch.objects.get()
    at = f"/vks/archive/disposals/{row.pk}/"
    assert made["Location"] == at
    assert "đang trong một đợt tiêu hủy khác" in Page(client.get("/vks/archive/disposals/")).text
    text = Page(client.get(at)).text
    assert "Trình duyệt" in text
    assert "Thực hiện tiêu hủy" not in text

    def act(key: str | None, what: str, **given: object) -> int:
        client.force_login(people[key] if key else archivist)
        with TestCase.captureOnCommitCallbacks(execute=True):
            return client.post(f"{at}{what}/", given).status_code

    assert act("chief_kv1", "submit") == 403
    assert act(None, "submit") == 302
    assert act(None, "approve") == 403
    client.force_login(people["chief_kv1"])
    page = Page(client.get(at))
    assert "Lưu trữ 1 " in page.text
    assert act("chief_kv1", "deny", reason="x") == 400
    # the sentence stands at its field, once, without what programs call that
    client.force_login(people["chief_kv1"])
    assert wrong_at(Page(client.post(f"{at}deny/", {"reason": ""}))) == {"id_deny_reason_error"}
    assert act("chief_kv1", "approve") == 302
    assert act("chief_province", "approve") == 302
    for what, file_format in (("list", "pdf"), ("record", "pdf"), ("record", "docx")):
        answer = client.get(f"{at}papers/{what}/?format={file_format}")
        assert (answer.status_code, answer["Content-Disposition"].endswith(f'.{file_format}"')) == (200, True)
    words = Word(io.BytesIO(answer.content))
    table = "\n".join(cell.text for each in words.tables for line in each.rows for cell in line.cells)
    assert case.code in table
    assert name in table
    assert "Số: 1" in table
    assert act(None, "attach") == 400
    assert act(None, "attach", file=SimpleUploadedFile("a.txt", b"no paper")) == 400
    client.force_login(archivist)
    refused = client.post(f"{at}attach/", {"file": SimpleUploadedFile("a.txt", b"no paper")})
    assert wrong_at(Page(refused)) == {"id_attach_file_error"}
    assert Page(refused).text.count("Tệp a.txt không phải PDF: hãy lưu tài liệu thành PDF rồi nộp lại.") == 1
    paper = pdf_bytes(1, "Đã ký")
    assert act(None, "attach", file=SimpleUploadedFile("bb.pdf", paper)) == 302
    assert fetched(client.get(f"{at}record/")) == paper
    assert act("chief_kv1", "execute") == 403
    assert client.get(f"{at}papers/outcome/").status_code == 409
    assert act(None, "execute") == 302
    row.refresh_from_db()
    assert row.state == "da_tieu_huy"
    assert "Biên bản thực hiện (PDF)" in Page(client.get(at)).text
    assert client.get(f"{at}papers/outcome/").status_code == 200
    words = Word(io.BytesIO(client.get(f"{at}papers/outcome/?format=docx").content))
    said = "\n".join(each.text for each in words.paragraphs)
    table = "\n".join(cell.text for each in words.tables for line in each.rows for cell in line.cells)
    assert "Căn cứ Biên bản xét hủy hồ sơ số 1 năm" in said
    assert hashlib.sha256(paper).hexdigest() in said
    assert "Đã tiêu hủy: 1 hồ sơ. Để lại: 0 hồ sơ." in said
    assert case.code in table
    assert "Đã xóa hết bản điện tử" in table
    assert act(None, "execute") == 409
    assert act(None, "nothing") == 404
    # who may not know of the office's cases learns nothing of it
    for key in ("clerk_kv1", "chief_kv3", "prosecutor_kv3", "admin_province"):
        client.force_login(people[key])
        for address in (at, f"{at}record/", f"{at}papers/list/"):
            assert client.get(address).status_code == 404, (key, address)
    # the tombstone is for who may know of the case
    for key in ("chief_kv1", "clerk_kv1", "prosecutor_kv1", "chief_province"):
        client.force_login(people[key])
        text = Page(client.get(f"/vks/cases/{case.code}/")).text
        assert "Hồ sơ đã tiêu hủy ngày" in text, key
        assert "4 tài liệu, 7 trang, 6 bút lục" in text
        # nothing is offered to be done with what is no more
        assert "Tài liệu của hồ sơ này đã tiêu hủy" in text or key == "clerk_kv1"
        assert "Chuyển vụ án" not in text
        assert "Ánh" not in text
    for key in ("chief_kv3", "other_prosecutor_kv1"):
        client.force_login(people[key])
        assert client.get(f"/vks/cases/{case.code}/").status_code == 404
    client.force_login(people["chief_kv1"])
    page = Page(client.get(f"/vks/cases/{case.code}/record/assignments/"))
    assert "Chuyển vụ án" not in page.text
    assert ("select", "role") not in {(tag, attributes.get("name")) for tag, attributes in page.elements}
    for section in ("info", "accused", "events", "digitisation", "custody", "history", "retention", "ledger", "loans"):
        inner = "" if section == "custody" else "record/"
        answer = client.get(f"/vks/cases/{case.code}/{inner}{section}/")
        assert answer.status_code == 200, section
        assert "Ánh" not in answer.content.decode(), section
    assert client.get(f"/vks/cases/{case.code}/edit/").status_code == 403
    # the doctor is content, until a backup brings a document back
    assert doctor(Scope()).status == Status.OK
    stone = Tombstone.objects.get()
    document, *_rest, sha256, _files = stone.files[0]
    Document.objects.create(pk=document, title="Ánh", checksum=sha256, mime_type="application/pdf", content="")
    found = doctor(Scope())
    assert found.status == Status.ERROR
    assert str(document) in found.sentence


def test_the_api_does_what_the_pages_do(archivist: User, filed_case: FiledCase, people: dict[str, User]) -> None:
    case, at = filed_case.case, "/api/vks/disposals/"

    def as_(user: User) -> APIClient:
        found = APIClient()
        found.force_login(user)
        return found

    keeper, stranger = as_(archivist), as_(people["chief_kv3"])
    first, second = as_(people["chief_kv1"]), as_(people["chief_province"])
    lapsed, stone = "/api/vks/archive/lapsed/", f"/api/vks/cases/{case.code}/tombstone/"
    (told,) = keeper.get(lapsed).json()["results"]
    assert (told["case"], told["years"], told["ends_on"], told["against"]) == (case.code, 1, "2025-12-31", "")
    assert [each.get(lapsed).json()["count"] for each in (stranger, first)] == [0, 0]
    assert [each.get(stone).status_code for each in (stranger, first)] == [404, 404]
    assert keeper.post(at, {"cases": [case.code], "reason": "Cũ"}, format="json").json()["field"] == "reason"
    made = keeper.post(at, {"cases": [case.code], "reason": WHY}, format="json")
    assert made.status_code == 201, made.json()
    row = f"{at}{made.json()['id']}/"
    assert (made.json()["state"], made.json()["items"][0]["name"]) == ("du_thao", case.name)
    for each in (row, f"{row}papers/list/", f"{row}record/"):
        assert stranger.get(each).status_code == 404
    assert stranger.post(f"{row}cancel/", {"reason": "Không nên hủy"}).status_code == 404
    assert second.post(f"{row}submit/").status_code == 403
    # why it may not go any more is told to who may know of the case, and another disposal cannot have it
    hold = place_hold(actor=people["chief_kv1"], case=case, ground="khac", reason="Đang xem lại hồ sơ")
    assert "giữ lại" in keeper.get(row).json()["items"][0]["against"]
    assert "giữ lại" in keeper.get(lapsed).json()["results"][0]["against"]
    end_hold(actor=people["chief_kv1"], case=case, hold_id=hold.pk, reason="Đã xem lại xong")
    assert keeper.get(row).json()["items"][0]["against"] == ""
    assert keeper.get(lapsed).json()["results"][0]["against"] == "đang trong một đợt tiêu hủy khác"
    assert keeper.post(f"{row}submit/").json()["state"] == "cho_don_vi_duyet"
    assert second.post(f"{row}approve/").status_code == 403
    assert first.post(f"{row}deny/", {}).status_code == 400
    assert first.post(f"{row}approve/").json()["state"] == "cho_tinh_duyet"
    assert second.post(f"{row}approve/").json()["number"] == 1
    assert first.get(f"{row}papers/record/?format=docx").status_code == 200
    assert first.get(f"{row}record/").status_code == 404
    paper = SimpleUploadedFile("bb.pdf", pdf_bytes(1, "Đã ký"))
    assert keeper.post(f"{row}attach/", {"file": paper}, format="multipart").json()["state"] == "co_bien_ban"
    assert first.get(f"{row}record/").status_code == 200
    assert first.post(f"{row}execute/").status_code == 403
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert keeper.post(f"{row}execute/").status_code == 200
    told = keeper.get(row).json()
    assert (told["state"], told["items"][0]["error"]) == ("da_tieu_huy", "")
    assert "Ánh" not in json.dumps(told, ensure_ascii=False)
    assert keeper.post(f"{row}close/").status_code == 409
    assert [each["cases"] for each in first.get(at).json()["results"]] == [1]
    # what is left of it, for who may know of the case
    left, kept = first.get(stone).json(), Tombstone.objects.get()
    assert (left["code"], left["record_number"], left["documents"], left["digest"]) == (case.code, 1, 4, kept.digest)
    assert [each["sha256"] for each in left["files"]] == [each[4] for each in kept.files]
    assert {(each["version"], each["sha256"]) for one in left["files"] for each in one["files"]} >= {
        (str(version), sha256) for version, sha256 in kept.originals
    }
    assert sum(each["documents"] for each in left["types"]) == 4
    assert [each["act"] for each in left["decided"]] == ["drafted", "first", "second", "recorded", "executed"]
    assert "Ánh" not in json.dumps({**left, "decided": []}, ensure_ascii=False)
    assert (stranger.get(stone).status_code, keeper.get(lapsed).json()["count"]) == (404, 0)


def test_an_exhibit_that_never_followed_is_told_and_is_not_disposed_of_with_the_file(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case = filed_case.case
    phone = left_at_court(case, people["clerk_kv1"])
    words = f"02 vật chứng niêm phong số NP-8 ({COURT})"
    api = APIClient()
    api.force_login(archivist)
    client.force_login(archivist)
    assert words in Page(client.get("/vks/archive/disposals/")).text
    (lapsed,) = api.get("/api/vks/archive/lapsed/").json()["results"]
    assert (lapsed["against"], lapsed["exhibits_outstanding"]) == ("", [words])
    row = ready(archivist, people, case.code)
    line = f"Vật chứng đi kèm chưa về cùng hồ sơ, không hủy theo biên bản này: {case.code}: {{}}."
    for what in ("list", "record"):
        assert line.format(words) in as_paper(row, what).closing
    at, told = f"/vks/archive/disposals/{row.pk}/", f"/api/vks/disposals/{row.pk}/"
    assert words in Page(client.get(at)).text
    assert api.get(told).json()["items"][0]["exhibits_outstanding"] == [words]
    row = carried_out(archivist, row)
    assert row.state == "da_tieu_huy"
    entry = LedgerEntry.objects.get(case=case, kind="case_destroyed")
    assert entry.said["data"]["exhibits_outstanding"] == [phone.pk]
    # how many there were is all that is left of them
    assert line.format("vật chứng") in as_paper(row, "record").closing
    assert "vật chứng chưa về" in Page(client.get(at)).text


def test_what_a_leader_took_for_lost_is_told_and_left_on_the_tombstone(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case, chief = filed_case.case, people["chief_kv1"]
    lacking, phone = short(case, people["clerk_kv1"])
    client.force_login(archivist)
    assert "còn tập chưa về cùng hồ sơ" in Page(client.get("/vks/archive/disposals/")).text
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=LOST, volumes=[2], exhibits=[phone.pk])
    said = f"thất lạc (lãnh đạo {display_name(chief)} quyết định ngày {timezone.localdate():%d/%m/%Y}"
    words = [f"Tập 2: {said}: {LOST})", f"02 vật chứng niêm phong số NP-8: {said}: {LOST})"]
    api = APIClient()
    api.force_login(archivist)
    text = Page(client.get("/vks/archive/disposals/")).text
    assert (words[0] in text, "còn tập chưa về" in text) == (True, False)
    (lapsed,) = api.get("/api/vks/archive/lapsed/").json()["results"]
    assert (lapsed["against"], lapsed["pieces_settled"]) == ("", words)
    row = ready(archivist, people, case.code)
    line = f"Tập, vật chứng không còn cùng hồ sơ, không hủy theo biên bản này: {case.code}: {{}}."
    for what in ("list", "record"):
        assert line.format(", ".join(words)) in as_paper(row, what).closing
    at, told = f"/vks/archive/disposals/{row.pk}/", f"/api/vks/disposals/{row.pk}/"
    assert words[0] in Page(client.get(at)).text
    assert api.get(told).json()["items"][0]["pieces_settled"] == words
    row = carried_out(archivist, row)
    assert row.state == "da_tieu_huy"
    # what people wrote is gone; which volume lacked, and who said so, is left
    left = [f"Tập 2: {said})", f"vật chứng: {said})"]
    assert line.format(", ".join(left)) in as_paper(row, "record").closing
    assert api.get(f"/api/vks/cases/{case.code}/tombstone/").json()["pieces_settled"] == left
    assert left[0] in Page(client.get(f"/vks/cases/{case.code}/")).text
    assert LOST not in json.dumps(list(HandOver.objects.filter(case=case).values("steps", "settled_pieces")))
    assert list(otherwise_than_recorded()) == []
    # no reason is left to compare with: one that is there was written behind the program
    pieces = HandOver.objects.get(pk=lacking.pk).settled_pieces
    HandOver.objects.filter(pk=lacking.pk).update(settled_pieces=[{**pieces[0], "reason": LOST}, *pieces[1:]])
    assert "phần đã ghi thất lạc, giữ hẳn bị sửa" in "\n".join(otherwise_than_recorded())


def test_papers_of_a_disposal_printed_again_name_offices_of_its_day(
    archivist: User,
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    client: Client,
) -> None:
    case, chief, old = filed_case.case, people["chief_kv1"], filed_case.case.unit
    lacking, _phone = short(case, people["clerk_kv1"])
    settle_rest(actor=chief, row=lacking, outcome="giu_han", reason=LOST, volumes=[2])
    # it was an office of ours that kept it
    HandOver.objects.filter(pk=lacking.pk).update(giver_unit=units["QN-KV3"], giver_agency="", received_by=chief)
    row = carried_out(archivist, ready(archivist, people, case.code))
    assert row.state == "da_tieu_huy"
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    UnitSuccession.objects.create(predecessor=units["QN-KV3"], successor=old, effective_date=tomorrow)
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        client.force_login(archivist)
        told = f"Tập 2: {units['QN-KV3'].name} giữ hẳn"
        (words,) = pieces_settled(row)[case.pk]
        assert words.startswith(told), words
        assert told in " ".join(as_paper(row, "record").closing)
        assert told in Page(client.get(f"/vks/cases/{case.code}/")).text


def test_what_went_to_the_archive_before_its_period_was_known_tells_it_since_and_its_package_is_no_dead_link(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case, today = filed_case.case, timezone.localdate()
    ensure_key()
    ended_long_ago(case, people["prosecutor_kv1"])
    archivist = record_appointment(
        actor=people["chief_kv1"], user=people["outsider"], unit=case.unit, role="archivist"
    ).user
    with TestCase.captureOnCommitCallbacks(execute=True):
        taken = prepare(actor=people["clerk_kv1"], codes=[case.code])
    accept(actor=archivist, pk=taken.pk)
    chief, at = people["chief_kv1"], f"/vks/archive/accessions/{taken.pk}/"
    package, api = f"{at}cases/{case.code}/package/", f"/api/vks/accessions/{taken.pk}/"
    client.force_login(chief)

    def told() -> tuple[str, str, str, dict[str, Any]]:
        (line,) = register_paper(chief, register="nop-luu", unit="QN-KV1", first=today, last=today)[1].rows
        (listed,) = accession_paper(taken, "list").rows
        (row,) = client.get(api).json()["items"]
        assert row["retention"] == listed[4] == "Chưa xác định"
        return Page(client.get(at)).text, line[4], listed[4], row

    text, in_register, _listed, row = told()
    assert (in_register, row["retention_now"], row["destroyed_at"]) == ("Chưa xác định", "Chưa xác định", None)
    assert "lúc nộp lưu" not in text
    kept_one_year()
    now = "1 năm, đến hết 31/12/2025"
    for gone in (False, True):
        text, in_register, _listed, row = told()
        # the list that was signed stays as it was; a register of today says what is known today
        assert in_register == f"{now}\n(lúc nộp lưu: Chưa xác định)"
        assert f"Chưa xác định lúc nộp lưu nay: {now}" in text
        assert row["retention_now"] == now
        assert "Thời hạn bảo quản ghi như lúc nộp lưu." in accession_paper(taken, "list").closing
        shown = client.get(at).content.decode()
        assert (package in shown, "đã tiêu hủy cùng hồ sơ" in shown) == (not gone, gone)
        assert (row["destroyed_at"] is None) == (not gone)
        refused = client.get(f"{api}cases/{case.code}/package/")
        assert refused.status_code == (404 if gone else 200)
        if not gone:
            carried_out(archivist, ready(archivist, people, case.code))
            # what the table says later of such files is not how long this one was kept
            RetentionRule.objects.filter(kind="criminal").update(years=20)
    assert "đã tiêu hủy cùng hồ sơ" in refused.json()["detail"]


def test_every_paper_of_a_disposal_is_dated_or_leaves_room_for_it(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    row = draft(actor=archivist, codes=[filed_case.case.code], reason=WHY)
    drawn_up = timezone.localdate(row.drafted_at)
    by_hand = "Quảng Ninh, ngày … tháng … năm ……"
    assert as_paper(row, "list").dated == f"Quảng Ninh, {written_day(drawn_up)}"
    assert as_paper(row, "record").dated_below == by_hand
    submit(actor=archivist, pk=row.pk)
    approve(actor=people["deputy_kv1"], pk=row.pk)
    row = approve(actor=people["chief_province"], pk=row.pk)
    assert as_paper(row, "record").dated == f"Quảng Ninh, {written_day(timezone.localdate(row.second_at))}"
    assert as_paper(row, "record").dated_below == ""
    assert as_paper(row, "outcome").dated_below == by_hand
