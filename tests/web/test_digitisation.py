"""Digitising a case on its page: each person sees what is theirs to do, the seal and its paper, the board."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.custody.batches import batch_in, staffed
from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import Assignment, CaseFile, Folio
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import DigitisationBatch, DigitisationStep
from vks_plugin.custody.states import step_label

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_batch_by_the_page_from_opening_to_the_paper(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    staffed(filed_case, people)
    code = filed_case.case.code
    scanner, checker, lead = (as_person(who) for who in ("scanner_kv1", "inspector_kv1", "prosecutor_kv1"))
    section = reverse("vks:section", args=[code, "digitisation"])
    assert scanner.post(reverse("vks:digitisation_open", args=[code]), {"part": "hsva"}).status_code == 302
    batch = DigitisationBatch.objects.get()

    def act(name: str) -> str:
        return reverse("vks:digitisation_act", args=[code, batch.pk, name])

    assert scanner.post(act("start")).status_code == 302
    # the step that comes next is chosen already
    assert Page(scanner.get(section)).fields["step"] == "tiep_nhan"
    assert scanner.post(act("step"), {"step": "tiep_nhan"}).status_code == 302
    assert Page(scanner.get(section)).fields["step"] == "kiem_tra_but_luc"
    refused = scanner.post(act("step"), {"step": "quet", "note": "Máy số 2"})
    assert refused.status_code == 400
    text = Page(refused).text
    assert "Hãy ghi số trang đã quét" in text
    # what was typed is still there
    assert 'value="Máy số 2"' in refused.content.decode()
    assert scanner.post(act("step"), {"step": "quet", "pages": "8"}).status_code == 302
    assert scanner.post(act("submit")).status_code == 302
    # who scanned is offered no check, who checks is
    assert "Ghi lỗi" not in Page(scanner.get(section)).text
    assert "Ghi lỗi" in Page(checker.get(section)).text
    document = filed_case.documents[0]
    assert checker.post(act("finding"), {"document": document.pk, "kind": "sai_chieu", "page": "1"}).status_code == 302
    assert checker.post(act("send-back")).status_code == 302
    assert scanner.post(act("resolve"), {"finding": batch.findings.get().pk}).status_code == 302
    assert scanner.post(act("submit")).status_code == 302
    # a check that sent it back is told from one that passes
    assert "Trả lại quét" in Page(scanner.get(section)).text
    missing = "lúc quét ghi 8 trang, trong hồ sơ có 6, thiếu 2"
    assert missing in Page(checker.get(section)).text
    refused = checker.post(act("pass"), {"reason": " "})
    assert (refused.status_code, f"Chưa đủ trang: {missing}" in Page(refused).text) == (400, True)
    told = checker.get(f"/api/vks/cases/{code}/digitisation/{batch.pk}/").json()["pages"]
    assert (told["received"], told["scanned"], told["filed"], told["missing"]) == (0, 8, 6, [missing])
    address = f"/api/vks/cases/{code}/digitisation/{batch.pk}/move/"
    refused = checker.post(address, {"move": "pass"}, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "reason")
    assert checker.post(act("pass"), {"reason": "Hai trang trắng không nộp"}).status_code == 302
    assert "Hai trang trắng không nộp" in Page(scanner.get(section)).text
    assert lead.post(act("confirm")).status_code == 302
    refused = scanner.post(act("seal"))
    assert (refused.status_code, "Chưa lập thống kê tài liệu" in Page(refused).text) == (400, True)
    assert scanner.post(reverse("vks:inventory_new", args=[code])).status_code == 302
    assert scanner.post(act("seal")).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "da_ket_thuc_so_hoa", batch.seal_error
    # the list of papers says what is sealed, and offers no change that would be refused
    said = reverse("vks:describe", args=[code, document.document_id])
    listed = Page(scanner.get(reverse("vks:case", args=[code])))
    assert listed.text.count("đã niêm phong") == 3
    assert said in listed.links()
    assert reverse("vks:pages", args=[code, document.document_id]) not in listed.links()
    told = Page(scanner.get(said))
    assert "nộp thành tài liệu mới" in told.text
    assert "title" not in told.fields
    manifest = batch.manifest
    shown = Page(scanner.get(section)).text
    assert manifest.sha256 in shown
    # what nobody noted down is told, binding again is still to come
    left_out = ["kiem_tra_but_luc", "thao_gay", "ghep_dat_ten", "ocr", "ky_so"]
    for each in left_out:
        assert f"{step_label(each)} không ghi nhận" in shown, each
    assert "Phục hồi gáy không ghi nhận" not in shown
    told = scanner.get(f"/api/vks/cases/{code}/digitisation/{batch.pk}/").json()
    assert told["seal"]["steps_not_noted"] == left_out
    paper = reverse("vks:digitisation_record", args=[code, batch.pk])
    said = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(scanner.get(paper).content)).pages)
    for words in ("BIÊN BẢN KẾT THÚC SỐ HÓA", "Số: 1", code, "Lê Văn Quét", document.title):
        assert words in " ".join(said.split()), words
    assert manifest.sha256 in "".join(said.split())
    assert scanner.get(f"{paper}?format=docx").content[:2] == b"PK"
    out = scanner.get(reverse("vks-case-digitisation-manifest", args=[code, batch.pk]))
    assert json.loads(out.content) == manifest.said
    assert out.content == bytes(manifest.line)
    assert list(AccessEntry.objects.filter(act="export").values_list("count", flat=True)) == [3, 3, 3]


def test_folios_that_are_missing_are_told_before_the_check_passes_and_before_it_is_confirmed(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    checker, lead = as_person("inspector_kv1"), as_person("prosecutor_kv1")
    section = reverse("vks:section", args=[filed_case.case.code, "digitisation"])
    batch, paper = batch_in("cho_kiem_tra", filed_case, people), filed_case.documents[0]
    assert "đánh số bút lục" not in Page(checker.get(section)).text
    Folio.objects.filter(case_document=paper).delete()
    assert queries.to_be_numbered(batch) == [paper.title]
    assert f"Tài liệu còn thiếu: {paper.title}." in Page(checker.get(section)).text
    batch = actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    again = "Đang chờ: lấy lại, sửa, rồi kiểm tra và xác nhận lần nữa – Lê Văn Quét"
    text = Page(lead.get(section)).text
    assert ("Chưa nên xác nhận: hãy lấy lại để quét, đánh số bút lục" in text, again in text) == (True, True)
    actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    assert again in Page(lead.get(section)).text
    # numbered afterwards it is not what was checked
    Folio.objects.create(case=filed_case.case, case_document=paper, number=900, page=1)
    assert again in Page(lead.get(section)).text


def test_where_nobody_is_assigned_who_may_assign_is_led_there(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    batch_in("dang_so_hoa", filed_case, people)
    Assignment.objects.filter(case=filed_case.case, role="scan_operator").update(ended_at=timezone.now())
    board, section = (
        reverse("vks:digitisation_board"),
        reverse("vks:section", args=[filed_case.case.code, "digitisation"]),
    )
    there = reverse("vks:section", args=[filed_case.case.code, "assignments"])
    leader, lead = as_person("chief_kv1"), as_person("prosecutor_kv1")
    for who, led in ((leader, True), (lead, False)):
        page = Page(who.get(board))
        assert ("chưa phân công ai" in page.text, there in page.links()) == (True, led)
        # the sections of the case lead there, too: once more beside the sentence
        page = Page(who.get(section))
        assert ("chưa phân công ai" in page.text, page.links().count(there)) == (True, 1 + led)


def test_the_board_tells_each_reader_what_waits_for_whom(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    batch_in("cho_ky_so", filed_case, people)
    board = reverse("vks:digitisation_board")
    for who in ("chief_kv1", "scanner_kv1", "chief_province"):
        text = Page(as_person(who).get(board)).text
        assert filed_case.case.code in text, who
        assert "kiểm sát viên xác nhận" in text
        assert "Đỗ Hữu Ước" in text
    for who in ("prosecutor_kv3", "other_prosecutor_kv1", "outsider"):
        text = Page(as_person(who).get(board)).text
        assert filed_case.case.code not in text, who
        assert "VKSND khu vực 1" not in text
    rows = as_person("chief_kv1").get("/api/vks/digitisation/throughput/").json()
    assert rows == [
        {
            "unit": "VKSND khu vực 1",
            "batches": 0,
            "documents": 0,
            "pages": 0,
            "folios": 0,
            "scanned": 6,
            "sent_back": 0,
            "open": 1,
            "not_begun": 0,
        }
    ]
    asked = as_person("chief_kv1")
    for bad in ("throughput/?first=x", "throughput/?last=9999-12-31", "throughput/?first=0001-01-01", "?state=x"):
        assert asked.get(f"/api/vks/digitisation/{bad}").status_code == 400, bad
    far = asked.get(f"{board}?first=31/12/9999&unit=x")
    assert (far.status_code, "sau năm 2200" in Page(far).text) == (200, True)
    (row,) = as_person("clerk_kv1").get("/api/vks/digitisation/").json()["results"]
    assert (row["state"], row["people"], row["days"]) == ("cho_ky_so", ["Đỗ Hữu Ước"], 0)


def test_every_case_stands_on_the_board_begun_or_not_and_leaders_see_who_holds_it_up(
    filed_case: FiledCase,
    people: dict[str, User],
    as_person: SignIn,
    units: dict[str, ProcuracyUnit],
) -> None:
    batch_in("cho_ky_so", filed_case, people)
    today, clerk = timezone.localdate(), people["clerk_kv1"]

    def registered(days: int, **values: Any) -> CaseFile:
        made = register(actor=clerk, unit=units["QN-KV1"])
        handled = {"handled_at": today - dt.timedelta(days=days)}
        CaseFile.objects.filter(pk=made.pk).update(**(handled | values))
        return made

    waiting, called_off, done = registered(40), registered(20), registered(300)
    archived = registered(900, status="da_nop_luu")
    # what is finished and went undigitised is no work to be done, in the archive or not
    finished = registered(510, stage="ket_thuc", status="dinh_chi")
    gone = registered(518, destroyed_at=timezone.now())
    for case, state, days in ((called_off, "da_huy", 3), (done, "da_ket_thuc_so_hoa", 2)):
        since = timezone.now() - dt.timedelta(days=days)
        batch = DigitisationBatch.objects.create(case=case, unit=case.unit, part="hsva", number=1, opened_by=clerk)
        DigitisationBatch.objects.filter(pk=batch.pk).update(state=state, state_since=since)
    secret = register(actor=people["chief_kv1"], unit=units["QN-KV1"], confidentiality="han_che_noi_bo")
    CaseFile.objects.filter(pk=secret.pk).update(handled_at=today)
    other = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    access.assign(
        actor=people["chief_kv1"], case=waiting, user=people["prosecutor_kv1"], role=Assignment.Role.PROSECUTOR_LEAD
    )
    leader = as_person("chief_kv1")

    def told(query: str = "", client: Any = leader) -> list[tuple[str, str, int]]:
        rows = client.get(f"/api/vks/digitisation/{query}").json()["results"]
        return [(each["case"], each["state"], each["days"]) for each in rows]

    open_now = [
        (waiting.code, "chua_mo", 40),
        (called_off.code, "chua_mo", 20),
        (filed_case.case.code, "cho_ky_so", 0),
        (secret.code, "chua_mo", 0),
    ]
    assert told() == open_now
    assert told("?state=chua_mo") == [row for row in open_now if row[1] == "chua_mo"]
    assert told("?state=da_ket_thuc_so_hoa") == [(done.code, "da_ket_thuc_so_hoa", 2)]
    assert told("?state=khong_so_hoa") == [
        (archived.code, "khong_so_hoa", 900),
        (gone.code, "khong_so_hoa", 518),
        (finished.code, "khong_so_hoa", 510),
    ]
    everything = told("?state=tat_ca")
    assert {code for code, _state, _days in everything} == set(
        CaseFile.objects.filter(unit__code="QN-KV1").values_list("code", flat=True)
    )
    # a batch that was called off stands beside the case that waits for another one; nothing else is there twice
    assert len(everything) == 9
    (row,) = [each for each in leader.get("/api/vks/digitisation/").json()["results"] if each["case"] == waiting.code]
    assert (row["id"], row["waits_for"], row["people"]) == (None, "mở đợt số hóa", ["Đỗ Hữu Ước"])
    # restricted cases and those of other offices are for who may know of them
    assert secret.code not in {code for code, *_rest in told("?state=tat_ca", as_person("clerk_kv1"))}
    above = as_person("chief_province")
    assert [code for code, *_rest in told("?unit=QN-KV3", above)] == [other.code]
    assert told("?unit=QN-KV3") == []
    assert told("?mine=true") == []
    assert [code for code, *_rest in told("?mine=true", as_person("prosecutor_kv1"))] == [
        waiting.code,
        filed_case.case.code,
    ]
    (kv1,) = leader.get("/api/vks/digitisation/throughput/?unit=QN-KV1").json()
    assert (kv1["open"], kv1["not_begun"]) == (1, 3)
    board = reverse("vks:digitisation_board")
    page = Page(leader.get(board)).text
    for said in ("Chưa mở đợt số hóa", waiting.code, "40", "Đỗ Hữu Ước"):
        assert said in page
    assert done.code not in page
    assert done.code in Page(leader.get(f"{board}?state=tat_ca")).text
    # as many questions for thirty cases more
    with CaptureQueriesContext(connection) as few:
        leader.get(board)
    for _each in range(30):
        registered(5)
    with CaptureQueriesContext(connection) as many:
        assert "Trang" in Page(leader.get(board)).text
    assert len(many) == len(few)


def test_the_board_tells_the_step_of_each_batch_since_when_and_everybody_who_may_end_it(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    batch, scanner = batch_in("dang_so_hoa", filed_case, people), people["scanner_kv1"]
    leader, board = as_person("chief_kv1"), reverse("vks:digitisation_board")

    def stands() -> tuple[str, int]:
        (row,) = leader.get("/api/vks/digitisation/").json()["results"]
        return row["step"], row["step_days"]

    assert stands() == ("tiep_nhan", 0)
    for step, days in (("thao_gay", 9), ("quet", 5), ("quet", 2)):
        noted = actions.note_step(actor=scanner, batch=batch, step=step, pages=3 if step == "quet" else None)
        DigitisationStep.objects.filter(pk=noted.pk).update(done_at=timezone.now() - dt.timedelta(days=days))
    # days of scanning count from the first of them
    assert stands() == ("quet", 5)
    assert f"Quét 5 ngày, từ {timezone.localdate() - dt.timedelta(days=5):%d/%m/%Y}" in Page(leader.get(board)).text
    for step, found in (("quet", True), ("thao_gay", False)):
        assert (filed_case.case.code in Page(leader.get(f"{board}?step={step}")).text) == found
        assert leader.get(f"/api/vks/digitisation/?step={step}").json()["count"] == int(found)
    assert leader.get("/api/vks/digitisation/?step=phuc_hoi_gay").status_code == 400
    batch = actions.move_batch(actor=scanner, batch=batch, name="submit")
    assert stands() == ("kiem_tra_chat_luong", 0)
    batch = actions.pass_quality(actor=people["inspector_kv1"], batch=batch)
    # whoever is assigned as a prosecutor may confirm, as the lead may
    Assignment.objects.filter(case=filed_case.case, role="prosecutor_lead").update(role="prosecutor")
    (row,) = leader.get("/api/vks/digitisation/").json()["results"]
    assert (row["step"], row["people"]) == ("xac_nhan", ["Đỗ Hữu Ước"])
    assert "chưa phân công ai" not in Page(leader.get(board)).text
    batch = actions.confirm(actor=people["prosecutor_kv1"], batch=batch)
    assert stands() == ("ky_so", 0)
    actions.note_step(actor=scanner, batch=batch, step="ky_so", note="Quyết định khởi tố")
    assert stands() == ("dong_ho_so", 0)
    # what was scanned before it is fetched back does not say how far it is now
    DigitisationStep.objects.update(done_at=timezone.now() - dt.timedelta(days=1))
    actions.move_batch(actor=scanner, batch=batch, name="recall", reason="Sót trang.")
    assert stands() == ("quet", 0)
