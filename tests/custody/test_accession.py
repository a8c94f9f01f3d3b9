"""A case goes to the archive whole, once, by two people; its package is checked by another program."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import bagit
import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone
from pypdf import PdfReader
from rest_framework.test import APIClient

from tests.custody.batches import seal_outright
from tests.custody.everybody import wrongly_done
from tests.custody.premis import faults
from tests.custody.test_acts import data, hidden, written
from tests.custody.test_hand_overs import COURT, PASSED
from tests.custody.test_handed_exhibits import BACK, left_at_court
from tests.custody.test_retention import ended
from tests.custody.test_settling import WHY as LOST
from tests.custody.test_settling import short
from tests.people import register, waiting
from tests.web.conftest import Page, fetched
from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import CaseDocument, CaseFile, ProceduralEvent
from vks_plugin.custody import actions as custody
from vks_plugin.custody.accession_papers import as_paper
from vks_plugin.custody.actions import accession as accession_actions
from vks_plugin.custody.actions import hand_overs
from vks_plugin.custody.actions.accession import (
    accept,
    cancel,
    prepare,
    request_acceptance,
    retry,
    run_acceptance,
    run_packing,
)
from vks_plugin.custody.actions.holding import write_beginning
from vks_plugin.custody.actions.settling import find_rest, settle_rest
from vks_plugin.custody.models import (
    Accession,
    AccessionItem,
    DigitisationBatch,
    HandOver,
    Holding,
    LedgerEntry,
    Loan,
    LoanedPart,
    SealedDocument,
)
from vks_plugin.custody.package import NAMESPACE
from vks_plugin.custody.queries.accession import hidden_from_archivists, told_error, what_is_unfinished
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.registers import register_paper
from vks_plugin.custody.states import ACCESSION, DIGITISATION
from vks_plugin.errors import Conflict, NotAllowed, NotFound
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import change_pages, merge_documents
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import newest_version
from vks_plugin.organization.models import Appointment
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import written_day

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.people import FiledCase
    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

BLANK = "……………………………………"
"""To be written on."""


@pytest.fixture
def archivist(people: dict[str, User], filed_case: FiledCase) -> User:
    """Return an archivist of the office of the case, which is finished."""
    custody.ensure_key()
    ended(filed_case.case, people["prosecutor_kv1"])
    access.record_appointment(
        actor=people["chief_kv1"], user=people["outsider"], unit=filed_case.case.unit, role="archivist"
    )
    return people["outsider"]


def packed(people: dict[str, User], filed: FiledCase) -> Accession:
    with TestCase.captureOnCommitCallbacks(execute=True):
        row = prepare(actor=people["clerk_kv1"], codes=[filed.case.code])
    row.refresh_from_db()
    assert (row.state, row.error) == ("cho_luu_tru", "")
    return row


def test_the_package_holds_everything_and_other_programs_find_it_whole(
    archivist: User, filed_case: FiledCase, people: dict[str, User], tmp_path: Path
) -> None:
    row = packed(people, filed_case)
    item = row.items.get()
    assert (item.documents, item.pages) == (4, 7)
    entry = LedgerEntry.objects.get(case=filed_case.case, kind="accession_packed")
    assert data(entry)["sha256"] == item.sha256 == sha256_of(item.path)
    with zipfile.ZipFile(item.path) as archive:
        archive.extractall(tmp_path)
    bag = bagit.Bag(str(tmp_path / filed_case.case.code))
    assert bag.validate()
    assert bag.info["External-Identifier"] == filed_case.case.code
    payload = tmp_path / filed_case.case.code / "data"
    told = json.loads((payload / "metadata" / "case.json").read_text())
    assert {each["document"] for each in told["documents"]} == set(filed_case.host_ids)
    for each in told["documents"]:
        assert (payload / each["files"]["original"]).read_bytes()[:5] == b"%PDF-"
    root = ET.fromstring((payload / "metadata" / "premis.xml").read_bytes())
    assert faults(root) == []
    # a record that the schema refuses would be told
    root.find(f"{{{NAMESPACE}}}event").remove(root.find(f"{{{NAMESPACE}}}event/{{{NAMESPACE}}}eventDateTime"))  # type: ignore[union-attr,arg-type]
    assert faults(root) == ["event: 0 of eventDateTime"]
    events = [found.text for found in root.iter(f"{{{NAMESPACE}}}eventType")]
    kinds = list(LedgerEntry.objects.filter(case=filed_case.case).order_by("seq").values_list("kind", flat=True))
    assert events == [*kinds[: len(events) - 1], "fixity check"]
    assert "accession_prepared" in events
    digests = {found.text for found in root.iter(f"{{{NAMESPACE}}}messageDigest")}
    assert {each["sha256"] for each in told["documents"]} <= digests
    program = [sys.executable, "-I", "-S", "verify_ledger.py", "."]
    assert subprocess.run(program, cwd=payload / "ledger", check=False, capture_output=True).returncode == 0
    # whoever changes a byte of it is found
    victim = payload / told["documents"][0]["files"]["original"]
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


def test_both_sides_act_and_the_case_is_in_the_archive(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case = filed_case.case
    for filed, day in zip(filed_case.documents, (dt.date(2026, 11, 15), dt.date(2025, 2, 3), None), strict=True):
        CaseDocument.objects.filter(pk=filed.pk).update(date=day)
    CaseDocument.objects.filter(pk=filed_case.internal.pk).update(date=None)
    row = packed(people, filed_case)
    for key in ("clerk_kv1", "chief_kv1"):
        with pytest.raises(NotAllowed):
            accept(actor=people[key], pk=row.pk)
    for key in ("archivist_province", "clerk_kv3", "prosecutor_kv1"):
        with pytest.raises(NotFound):
            accept(actor=people[key], pk=row.pk)
    package = f"/vks/archive/accessions/{row.pk}/cases/{case.code}/package/"
    client.force_login(archivist)
    assert client.get(package).status_code == 404
    assert case.name not in Page(client.get(f"/vks/archive/accessions/{row.pk}/")).text
    with written() as found, TestCase.captureOnCommitCallbacks(execute=True):
        assert client.post(f"/vks/archive/accessions/{row.pk}/accept/").status_code == 302
    case.refresh_from_db()
    row.refresh_from_db()
    assert (case.status, row.state, row.number, row.receiver) == ("da_nop_luu", "da_nop_luu", 1, archivist)
    with pytest.raises(IntegrityError), transaction.atomic():
        Accession.objects.create(unit=row.unit, giver=row.giver, number=1, number_year=timezone.localdate().year)
    told = data(found.of("accessioned"))
    assert (told["sha256"], told["parts"]) == (row.items.get().sha256, ["hsva", "hsks"])
    assert (told["keeper_unit"], told["keeper_id"]) == (row.unit.code, archivist.pk)
    assert list(otherwise_than_recorded()) == []
    kept = Holding.objects.filter(case=case, until__isnull=True)
    assert {(each.part, each.person_id, each.cause) for each in kept} == {
        ("hsva", archivist.pk, "accession"),
        ("hsks", archivist.pk, "accession"),
    }
    # the list over a period has it, with the record it went by; nothing that was not taken, nothing of other offices
    today = timezone.localdate()
    asked: dict[str, Any] = {"register": "nop-luu", "unit": "QN-KV1", "first": today, "last": today}
    taken = row.items.get()
    (line,) = register_paper(people["clerk_kv1"], **asked)[1].rows
    assert line == [
        "1",
        case.code,
        case.name,
        "03/02/2025 – 15/11/2026",
        taken.retention,
        "7 trang",
        f"BB số 1/{today.year}\n{today:%d/%m/%Y}",
    ]
    assert register_paper(people["clerk_kv3"], **asked | {"unit": "QN-KV3"})[1].rows == []
    Accession.objects.filter(pk=row.pk).update(state="cho_luu_tru")
    assert register_paper(people["clerk_kv1"], **asked)[1].rows == []
    Accession.objects.filter(pk=row.pk).update(state="da_nop_luu")
    content = fetched(client.get(package))
    assert len(content) == row.items.get().size
    assert AccessEntry.objects.filter(actor_id=archivist.pk, case=case, act="export", count=4).exists()
    item = row.items.get()
    with zipfile.ZipFile(item.path) as archive:
        inside = [each for each in archive.namelist() if "/data/documents/" in each]
    assert item.files == len(inside)
    # who acted has another name or no post by now: a paper has those of that day
    clerk = people["clerk_kv1"]
    giver, receiver = display_name(clerk), display_name(archivist)
    for each in (clerk, archivist):
        type(each).objects.filter(pk=each.pk).update(last_name="Khác", first_name="Hẳn")
    Appointment.objects.filter(user=clerk).update(ended_at=timezone.now())
    said = {
        "list": [
            f"MỤC LỤC HỒ SƠ, TÀI LIỆU NỘP LƯU {BLANK} Năm {today.year}",
            "Số TT Số, ký hiệu hồ sơ Tiêu đề hồ sơ Thời gian tài liệu Thời hạn bảo quản Số tờ/ Số trang Ghi chú",
            "(1) (2) (3) (4) (5) (6) (7)",
            f"1 {case.code} {case.name} 03/02/2025 – 15/11/2026 {item.retention} 7 trang 4 tài liệu",
            "Mục lục này gồm: 1 hồ sơ (đơn vị bảo quản). Viết bằng chữ: một hồ sơ (đơn vị bảo quản).",
            f"{written_day(today)} NGƯỜI LẬP (Ký và ghi rõ họ và tên, chức vụ) {giver} Văn thư",
        ],
        "record": [
            "BIÊN BẢN Giao nhận hồ sơ, tài liệu Căn cứ Nghị định số 30/2020/NĐ-CP",
            f"BÊN GIAO: {case.unit.name} Ông (bà): {giver} Chức vụ công tác: Văn thư",
            f"BÊN NHẬN: Lưu trữ cơ quan Ông (bà): {receiver} Chức vụ công tác: Lưu trữ viên",
            "2. Thời gian của hồ sơ, tài liệu: từ ngày 03/02/2025 đến ngày 15/11/2026",
            f"- Tổng số hộp (cặp): {BLANK} - Tổng số hồ sơ (đơn vị bảo quản): 1. Quy ra mét giá:",
            f"- Tổng số hồ sơ: 1 - Tổng số tệp tin trong hồ sơ: {len(inside)} 4. Tình trạng",
            "5. Mục lục hồ sơ, tài liệu nộp lưu kèm theo;",
            "Biên bản này được lập thành hai bản; bên giao giữ một bản, bên nhận giữ một bản./.",
            "BẢNG KÊ GÓI HỒ SƠ ĐIỆN TỬ Số TT Số, ký hiệu hồ sơ Số tài liệu Số tệp Số trang SHA-256",
            f"1 {case.code} 4 {len(inside)} 7 {item.sha256}",
        ],
    }
    for what, lines in said.items():
        answer = client.get(f"/vks/archive/accessions/{row.pk}/papers/{what}/?format=pdf")
        words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        # a cell breaks codes and digests where it is full
        printed = "".join(words.split())
        assert [each for each in lines if "".join(each.split()) not in printed] == [], what
        assert "BB-VKS" not in printed
    assert client.get(f"/vks/archive/accessions/{row.pk}/papers/record/?format=docx").status_code == 200
    Appointment.objects.filter(user=clerk).update(ended_at=None)
    # only who reads both parts
    for key, status in (("clerk_kv1", 404), ("chief_kv1", 200), ("clerk_kv3", 404), ("chief_province", 200)):
        client.force_login(people[key])
        assert client.get(package).status_code == status, key
    with pytest.raises(Conflict, match="đã nộp lưu"):
        prepare(actor=people["clerk_kv1"], codes=[case.code])


def test_an_exhibit_that_never_followed_is_told_and_stops_nothing(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    phone = left_at_court(case, clerk)
    words = f"02 vật chứng niêm phong số NP-8 ({COURT})"
    api = APIClient()
    api.force_login(clerk)
    client.force_login(clerk)
    page = Page(client.get("/vks/archive/"))
    assert words in page.text
    (due,) = api.get("/api/vks/archive/due/").json()["results"]
    assert (due["case"], due["exhibits_outstanding"]) == (case.code, [words])
    row = packed(people, filed_case)
    at = f"archive/accessions/{row.pk}/"

    def told() -> list[bool]:
        (item,) = api.get(f"/api/vks/accessions/{row.pk}/").json()["items"]
        record = as_paper(Accession.objects.get(pk=row.pk), "record").opening
        return [
            item["exhibits_outstanding"] == [words],
            f"Vật chứng đi kèm chưa về cùng hồ sơ: {case.code}: {words}." in record,
            words in Page(client.get(f"/vks/{at}")).text,
        ]

    assert told() == [True] * 3
    accept(actor=archivist, pk=row.pk)
    entry = LedgerEntry.objects.get(case=case, kind="accessioned")
    assert data(entry)["exhibits_outstanding"] == [phone.pk]
    # it follows later: what was signed for stays as it was
    short = HandOver.objects.filter(case=case).latest("pk")
    rest = hand_overs.hand_over(actor=clerk, case=case, terms=replace(BACK, completes=short))
    hand_overs.accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert told() == [True] * 3
    assert "Ánh" not in str(as_paper(row, "record"))
    # whom the case is none of is told nothing of it
    CaseFile.objects.filter(pk=case.pk).update(confidentiality=CaseFile.Confidentiality.RESTRICTED)
    assert told()[::2] == [False, False]


def test_what_a_leader_took_for_lost_is_told_where_the_file_goes(
    archivist: User, filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    case, clerk, chief = filed_case.case, people["clerk_kv1"], people["chief_kv1"]
    lacking, phone = short(case, clerk)
    with pytest.raises(Conflict, match="còn tập chưa về cùng hồ sơ"):
        prepare(actor=clerk, codes=[case.code])
    settle_rest(actor=chief, row=lacking, outcome="that_lac", reason=LOST, volumes=[2])
    settle_rest(actor=chief, row=lacking, outcome="giu_han", reason=LOST, exhibits=[phone.pk])
    who = f"(lãnh đạo {display_name(chief)} quyết định ngày {timezone.localdate():%d/%m/%Y}: {LOST})"
    words = [f"Tập 2: thất lạc {who}", f"02 vật chứng niêm phong số NP-8: {COURT} giữ hẳn {who}"]
    api = APIClient()
    api.force_login(clerk)
    client.force_login(clerk)
    assert words[0] in Page(client.get("/vks/archive/")).text
    (due,) = api.get("/api/vks/archive/due/").json()["results"]
    assert (due["exhibits_outstanding"], due["pieces_settled"]) == ([], words)
    row = packed(people, filed_case)

    def told() -> list[bool]:
        (item,) = api.get(f"/api/vks/accessions/{row.pk}/").json()["items"]
        kept = Accession.objects.get(pk=row.pk)
        line = f"Tập, vật chứng không còn cùng hồ sơ: {case.code}: {', '.join(words)}."
        return [
            item["pieces_settled"] == words,
            line in as_paper(kept, "record").opening,
            line in as_paper(kept, "list").closing,
            words[0] in Page(client.get(f"/vks/archive/accessions/{row.pk}/")).text,
        ]

    assert told() == [True] * 4
    accept(actor=archivist, pk=row.pk)
    assert told() == [True] * 4
    # it turns up later: what was signed for stays as it was
    find_rest(actor=clerk, row=lacking, reason="Tòa án báo đã thấy ở kho", volumes=[2])
    assert told() == [True] * 4
    assert "Ánh" not in str(as_paper(row, "record"))
    assert list(otherwise_than_recorded()) == []
    # whom the case is none of is told nothing of it
    CaseFile.objects.filter(pk=case.pk).update(confidentiality=CaseFile.Confidentiality.RESTRICTED)
    assert (told()[0], told()[3]) == (False, False)


def test_what_may_not_go_is_named(filed_case: FiledCase, people: dict[str, User]) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    with pytest.raises(Conflict, match=f"{case.code} \\(chưa kết thúc\\)"):
        prepare(actor=clerk, codes=[case.code])
    with pytest.raises(NotFound):
        prepare(actor=people["clerk_kv3"], codes=[case.code])
    ended(case, people["prosecutor_kv1"])
    with pytest.raises(Conflict, match="chưa có Lưu trữ viên"):
        prepare(actor=clerk, codes=[case.code])
    with pytest.raises(NotAllowed):
        prepare(actor=people["prosecutor_kv1"], codes=[case.code])
    assert not Accession.objects.exists()


def test_a_changed_file_or_a_new_paper_stops_it_and_nothing_is_taken(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    document = filed_case.documents[0].document
    whole = document.source_path.read_bytes()
    document.source_path.write_bytes(whole + b"x")
    with written() as found, TestCase.captureOnCommitCallbacks(execute=True):
        row = prepare(actor=people["clerk_kv1"], codes=[filed_case.case.code])
    row.refresh_from_db()
    assert row.state == "loi"
    # who reads the chain sees why nothing came to the archive
    assert found.kinds() == ["accession_prepared", "accession_not_packed"]
    assert hidden(found.of("accession_not_packed")) == {"reason": row.error}
    # by number: whoever looks may have no right to the paper
    assert f"số {document.pk} ({filed_case.case.code})" in row.error
    assert not any(each.title in row.error for each in (*filed_case.documents, filed_case.internal))
    document.source_path.write_bytes(whole)
    with written() as found, TestCase.captureOnCommitCallbacks(execute=True):
        retry(actor=people["clerk_kv1"], pk=row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == ("cho_luu_tru", "")
    assert found.kinds()[0] == "accession_packed_again"
    assert found.of("accession_packed")
    assert data(found.of("accession_packed_again")) == {"accession": row.pk}
    with pytest.raises(Conflict, match="lần nộp lưu khác"):
        prepare(actor=people["clerk_kv1"], codes=[filed_case.case.code])
    type(filed_case.internal).objects.filter(pk=filed_case.internal.pk).update(sha256="0" * 64)
    before = LedgerEntry.objects.count()
    with pytest.raises(Conflict, match=f"{filed_case.case.code} \\(tài liệu thay đổi"):
        accept(actor=archivist, pk=row.pk)
    filed_case.case.refresh_from_db()
    row.refresh_from_db()
    assert (filed_case.case.status, row.state, row.number) == ("dinh_chi", "cho_luu_tru", None)
    assert LedgerEntry.objects.count() == before
    path = row.items.get().path
    with TestCase.captureOnCommitCallbacks(execute=True), written() as found:
        cancel(actor=people["chief_kv1"], pk=row.pk)
    assert data(found.of("accession_cancelled")) == {"accession": row.pk}
    assert not path.exists()
    assert not AccessionItem.objects.filter(pending=True).exists()
    assert document.source_path.read_bytes() == whole


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    archivist: User, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    from vks_plugin.custody import package
    from vks_plugin.custody.actions import accession

    row = prepare(actor=people["clerk_kv1"], codes=[filed_case.case.code])
    real = package.copied
    calls: list[Path] = []

    def cut_off(source: Path, target: Path) -> str:
        if len(calls) == 3:
            raise _KilledError
        calls.append(target)
        return real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(accession, "copied", cut_off)
        with pytest.raises(_KilledError):
            run_packing(row.pk)
    there = {path: path.stat().st_mtime_ns for path in calls}
    # nobody else takes it while its worker may be alive
    run_packing(row.pk)
    row.refresh_from_db()
    assert row.state == "dang_dong_goi"
    client.force_login(people["clerk_kv1"])
    page, again_at = f"/vks/archive/accessions/{row.pk}/", f"/vks/archive/accessions/{row.pk}/retry/"
    assert again_at not in client.get(page).content.decode()
    with pytest.raises(Conflict, match="hãy chờ"):
        retry(actor=people["clerk_kv1"], pk=row.pk)
    Accession.objects.filter(pk=row.pk).update(beat=timezone.now() - dt.timedelta(minutes=36))
    assert again_at in client.get(page).content.decode()
    again = []

    def watched(source: Path, target: Path) -> str:
        if target in there:
            again.append(target.stat().st_mtime_ns == there[target])
        return real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(accession, "copied", watched)
        run_packing(row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == ("cho_luu_tru", "")
    assert again == [True] * 3
    assert [path.name for path in row.items.get().path.parent.iterdir()] == [row.items.get().path.name]


def test_what_is_called_off_while_it_is_packed_leaves_nothing(
    archivist: User, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from vks_plugin.custody import package
    from vks_plugin.custody.actions import accession

    row = prepare(actor=people["clerk_kv1"], codes=[filed_case.case.code])

    def called_off(*given: Any, **named: Any) -> tuple[str, int]:
        made = package.make_package(*given, **named)
        with TestCase.captureOnCommitCallbacks(execute=True):
            cancel(actor=people["chief_kv1"], pk=row.pk)
        # as if the disk had been slower than the person
        row.items.get().path.write_bytes(b"late")
        return made

    monkeypatch.setattr(accession, "make_package", called_off)
    run_packing(row.pk)
    row.refresh_from_db()
    item = row.items.get()
    assert (row.state, item.sha256, item.size) == ("huy", "", 0)
    assert list(item.path.parent.iterdir()) == []


def test_what_archivists_may_not_know_and_what_lies_elsewhere_stays(
    archivist: User, filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    row, case = packed(people, filed_case), filed_case.case
    write_beginning(case)
    Holding.objects.filter(case=case, part="hsva").update(unit=units["QN-KV3"], agency="")
    cases = type(case).objects.filter(pk=case.pk)
    # asked for, and restricted before the worker came to it: the sentence says so to who may know of the case
    request_acceptance(actor=archivist, pk=row.pk)
    cases.update(confidentiality="han_che_noi_bo")
    run_acceptance(row.pk)
    neutral, exact = "không còn như lúc đóng gói: hãy hỏi lãnh đạo đơn vị", f"{case.code} (hạn chế nội bộ"
    for person, said, unsaid in ((people["chief_kv1"], exact, neutral), (archivist, neutral, "hạn chế nội bộ")):
        client.force_login(person)
        own = f"accessions/{row.pk}/"
        for place in (f"/vks/archive/{own}", "/vks/archive/accessions/", f"/api/vks/{own}", "/api/vks/accessions/"):
            told = client.get(place).content.decode()
            assert (said in told, unsaid in told) == (True, False), place
    # a long sentence is cut off where it may be
    for size in (3, 9, 40):
        row.error = f"{'x' * (500 - size)}{hidden_from_archivists()[:size]}"
        assert told_error(archivist, row) == "x" * (500 - size)
    with pytest.raises(Conflict, match=neutral):
        request_acceptance(actor=archivist, pk=row.pk)
    with pytest.raises(Conflict, match="hạn chế nội bộ"):
        accept(actor=archivist, pk=row.pk)
    cases.update(confidentiality="thuong")
    accept(actor=archivist, pk=row.pk)
    kept = Holding.objects.filter(case=case, until__isnull=True).order_by("part")
    assert [(each.part, each.unit_id, each.person_id) for each in kept] == [
        ("hsks", case.unit_id, archivist.pk),
        ("hsva", units["QN-KV3"].pk, None),
    ]


def test_an_office_without_the_post_any_more_cannot_take(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    row = packed(people, filed_case)
    Appointment.objects.filter(user=archivist).delete()
    with pytest.raises(NotFound):
        accept(actor=archivist, pk=row.pk)


def test_the_api_does_what_the_pages_do(archivist: User, filed_case: FiledCase, people: dict[str, User]) -> None:
    case, at = filed_case.case, "/api/vks/accessions/"

    def as_(user: User) -> APIClient:
        found = APIClient()
        found.force_login(user)
        return found

    clerk, taker, stranger = as_(people["clerk_kv1"]), as_(archivist), as_(people["chief_kv3"])
    assert clerk.post(at, {"cases": []}, format="json").status_code == 400
    assert stranger.post(at, {"cases": [case.code]}, format="json").status_code == 404
    with TestCase.captureOnCommitCallbacks(execute=True):
        made = clerk.post(at, {"cases": [case.code]}, format="json")
    assert made.status_code == 201, made.json()
    row = f"{at}{made.json()['id']}/"
    package, paper = f"{row}cases/{case.code}/package/", f"{row}papers/record/?format=docx"
    told = clerk.get(row).json()
    assert (told["state"], told["items"][0]["name"], told["items"][0]["documents"]) == ("cho_luu_tru", case.name, 4)
    # an archivist may not know of the case before it is taken
    assert taker.get(row).json()["items"][0]["name"] == ""
    assert [taker.get(each).status_code for each in (package, paper)] == [404, 404]
    assert [each["cases"] for each in taker.get(at).json()["results"]] == [1]
    assert stranger.get(at).json()["results"] == []
    for each in (row, package, paper):
        assert stranger.get(each).status_code == 404
    assert clerk.post(f"{row}accept/").status_code == 403
    assert clerk.post(f"{row}retry/").status_code == 409
    with TestCase.captureOnCommitCallbacks(execute=True):
        asked = taker.post(f"{row}accept/")
    assert (asked.status_code, asked.json()["state"], asked.json()["taking"]) == (202, "cho_luu_tru", True)
    taken = taker.get(row)
    assert (taken.json()["state"], taken.json()["number"], taken.json()["taking"]) == ("da_nop_luu", 1, False)
    assert clerk.post(f"{row}cancel/").status_code == 409
    assert len(fetched(taker.get(package))) == taken.json()["items"][0]["size"]
    assert AccessEntry.objects.filter(actor_id=archivist.pk, case=case, act="export", count=4).exists()
    assert taker.get(paper).status_code == 200
    assert taker.get(f"{row}papers/other/").status_code == 404
    assert clerk.get(package).status_code == 404


def test_what_is_unfinished_is_named_before_and_stops_it_after(
    archivist: User, filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType], client: Client
) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    batch = custody.open_batch(actor=people["prosecutor_kv1"], case=case)
    sides = {"giver_unit": case.unit, "receiver_agency": "Tòa án"}
    begun: tuple[tuple[Any, dict[str, Any], str], ...] = (
        (
            HandOver,
            {"part": "hsva", "direction": "vks_ta", "reason": "truy_to", "created_by": clerk, **sides},
            "giao nhận",
        ),
        (LoanedPart, {"part": "hsks", "volume": 0}, "cho mượn"),
    )

    def stopped(act: Callable[[], object], why: str) -> None:
        with pytest.raises(Conflict, match=why):
            act()
        case.refresh_from_db()
        assert case.archived_at is None

    def clear(model: Any) -> None:
        model.objects.filter(case=case).delete()

    def start(model: Any, values: dict[str, Any]) -> None:
        if model is LoanedPart:
            values = values | {"loan": Loan.objects.create(case=case, case_code=case.code, part="hsks", **lent)}
        model.objects.create(case=case, **values)

    lent = {
        "form": "paper",
        "borrower": people["prosecutor_kv3"],
        "requested_by": people["prosecutor_kv3"],
        "until": timezone.localdate(),
    }
    stopped(lambda: prepare(actor=clerk, codes=[case.code]), "đang số hóa")
    custody.move_batch(actor=people["chief_kv1"], batch=batch, name="cancel", reason="Chưa cần")
    for model, values, why in begun:
        start(model, values)
        stopped(lambda: prepare(actor=clerk, codes=[case.code]), why)
        clear(model)
    item = waiting(actor=clerk, case=case, document_type=catalogue["BBHC"], first=90, last=90)
    stopped(lambda: prepare(actor=clerk, codes=[case.code]), "máy đang nhận tệp")
    item.delete()
    batch.delete()
    batches = seal_outright(case, filed_case.documents[:2], by=clerk)
    stopped(lambda: prepare(actor=clerk, codes=[case.code]), "chưa niêm phong")
    # the signed record of a hand-over is nothing to digitise
    with transaction.atomic():
        done = {"state": "da_nhan", "accepted_at": timezone.now(), "signed_paper": filed_case.documents[2]}
        HandOver.objects.create(case=case, **begun[0][1], **done)
        assert what_is_unfinished([case.pk]) == {}
        transaction.set_rollback(True)
    for each in filed_case.documents[2:]:
        SealedDocument.objects.create(
            manifest=batches.manifest, document_id=each.document_id, version_id=each.document_id, sha256=each.sha256
        )
    row = packed(people, filed_case)
    for model, values, why in begun:
        start(model, values)
        stopped(lambda: accept(actor=archivist, pk=row.pk), why)
        clear(model)
    # a sealed batch goes to the archive with its case; one under way stops it, and what was over stays as it is
    for state, _label in DIGITISATION.states:
        with transaction.atomic():
            DigitisationBatch.objects.filter(pk=batches.pk).update(state=state)
            if state in DIGITISATION.open:
                stopped(lambda: accept(actor=archivist, pk=row.pk), "đang số hóa")
            else:
                accept(actor=archivist, pk=row.pk)
            batches.refresh_from_db()
            assert batches.state == ("da_nop_luu" if state == "da_ket_thuc_so_hoa" else state)
            transaction.set_rollback(True)
    accept(actor=archivist, pk=row.pk)
    case.refresh_from_db()
    assert case.archived_at is not None
    # out of the archive again: what was sealed stands as sealed, and the list of what went there says so
    chief, today = people["chief_kv1"], timezone.localdate()
    went = ProceduralEvent.objects.get(case=case, event="nop_luu", withdrawn_at__isnull=True)
    # whoever confirms it reads before what becomes of the case
    client.force_login(chief)
    sealed = len(filed_case.documents)
    asked = client.get(f"/vks/cases/{case.code}/events/{went.pk}/withdraw/").content.decode()
    for sentence in (
        "Đưa hồ sơ ra khỏi lưu trữ",
        f"{sealed + 1} tài liệu ở nguyên trong hồ sơ",
        f"{sealed} tài liệu đã niêm phong vẫn niêm phong",
        "Lưu trữ viên đơn vị thụ lý thôi xem được hồ sơ",
        "Hồ sơ vụ án vẫn ở ",
        "Không có lệnh giữ hồ sơ nào.",
        "Thêm một mục “Rút sự kiện tố tụng”",
    ):
        assert sentence in asked, sentence
    access.withdraw_event(actor=chief, event=went, reason="Nộp lưu nhầm vụ")
    batches.refresh_from_db()
    assert batches.state == "da_ket_thuc_so_hoa"
    assert not CaseFile.objects.filter(pk=case.pk, archived_at__isnull=False).exists()

    def remarks() -> list[str]:
        paper = register_paper(chief, register="nop-luu", unit="QN-KV1", first=today, last=today)[1]
        # below the record and its day
        return ["\n".join(line[-1].split("\n")[2:]) for line in paper.rows]

    assert remarks() == ["Đã ra khỏi lưu trữ"]
    accept(actor=archivist, pk=packed(people, filed_case).pk)
    batches.refresh_from_db()
    assert (batches.state, remarks()) == ("da_nop_luu", ["Đã ra khỏi lưu trữ, sau nộp lưu lại", ""])


def test_every_version_the_ledger_knows_of_is_in_the_package_with_the_act_that_made_it(
    archivist: User, filed_case: FiledCase, people: dict[str, User], tmp_path: Path
) -> None:
    lead, (first, second) = people["prosecutor_kv1"], filed_case.documents[:2]
    scanned = {each.document_id: each.document.source_path.read_bytes() for each in (first, second)}
    change_pages(actor=lead, filed=second, seen=second.sha256, placed=[Placed(1, turn=90), Placed(2), Placed(3)])
    turned = newest_version(second.document)
    merge_documents(
        actor=lead,
        filed=CaseDocument.objects.get(pk=first.pk),
        other=CaseDocument.objects.get(pk=second.pk),
        seen=first.sha256,
        seen_other=turned.checksum,
    )
    row = packed(people, filed_case)
    with zipfile.ZipFile(row.items.get().path) as archive:
        archive.extractall(tmp_path)
    assert bagit.Bag(str(tmp_path / filed_case.case.code)).validate()
    payload = tmp_path / filed_case.case.code / "data"
    held = row.items.get()
    assert held.files == sum(each.is_file() for each in (payload / "documents").rglob("*")) > held.documents
    told = json.loads((payload / "metadata" / "case.json").read_text())["documents"]
    merged = next(each for each in told if each["document"] == first.document_id)
    assert (payload / merged["files"]["original"]).read_bytes() == newest_version(
        first.document
    ).source_path.read_bytes()
    # as filed, the other one as filed, and that one with its page turned
    earlier = {each["version"]: (payload / each["files"]["original"]).read_bytes() for each in merged["earlier"]}
    assert earlier == scanned | {turned.pk: turned.source_path.read_bytes()}
    # what the ledger says beside it names nothing that is not there
    there = {sha256_of(path) for path in payload.rglob("original.*")}
    for line in (payload / "ledger" / "entries.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        if "document" in entry["data"] and entry["kind"] != "signatures_read":
            assert {entry["data"][name] for name in ("sha256", "sha256_before") if name in entry["data"]} <= there
    root = ET.fromstring((payload / "metadata" / "premis.xml").read_bytes())
    assert faults(root) == []
    spaces = {"p": NAMESPACE}
    made: dict[str, set[str]] = {}
    for act in root.iterfind("p:event", spaces):
        name = act.findtext("p:eventType", "", spaces)
        for linked in act.iterfind("p:linkingObjectIdentifier", spaces):
            path = linked.findtext("p:linkingObjectIdentifierValue", "", spaces)
            made.setdefault(f"{name} {linked.findtext('p:linkingObjectRole', '', spaces)}", set()).add(path)
    names = {each["version"]: each["files"]["original"] for each in merged["earlier"]}
    assert made["pages_changed source"] == {names[second.document_id]}
    assert made["pages_changed outcome"] == {names[turned.pk]}
    assert made["documents_merged source"] == {names[first.document_id], names[turned.pk]}
    assert made["documents_merged outcome"] == {merged["files"]["original"]}
    assert made["fixity check source"] == {
        path.relative_to(payload).as_posix() for path in (payload / "documents").rglob("*") if path.is_file()
    }
    for found in root.iterfind("p:object", spaces):
        if found.findtext("p:objectIdentifier/p:objectIdentifierValue", "", spaces) == names[turned.pk]:
            source = found.findtext(
                "p:relationship/p:relatedObjectIdentifier/p:relatedObjectIdentifierValue", "", spaces
            )
            assert source == names[second.document_id]
    # an earlier version that is gone stops it, by number
    cancel(actor=people["chief_kv1"], pk=row.pk)
    turned.source_path.unlink()
    with TestCase.captureOnCommitCallbacks(execute=True):
        row = prepare(actor=people["clerk_kv1"], codes=[filed_case.case.code])
    row.refresh_from_db()
    assert (row.state, f"số {first.document_id} " in row.error) == ("loi", True)
    type(turned).objects.filter(pk=turned.pk).update(root_document=None)
    with TestCase.captureOnCommitCallbacks(execute=True):
        retry(actor=people["clerk_kv1"], pk=row.pk)
    row.refresh_from_db()
    assert (row.state, "Sổ cái ghi" in row.error) == ("loi", True)


def test_what_is_taken_was_read_again(archivist: User, filed_case: FiledCase, people: dict[str, User]) -> None:
    row = packed(people, filed_case)
    path = row.items.get().path
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Conflict, match="gói không còn như lúc đóng"):
        accept(actor=archivist, pk=row.pk)
    path.write_bytes(whole)
    assert accept(actor=archivist, pk=row.pk).state == "da_nop_luu"


class _KilledError(BaseException):
    """The process is gone: nothing of ours hears of it."""


def test_a_worker_reads_the_packages_again_and_goes_on_where_it_was_cut_off(
    archivist: User,
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    access.assign(actor=people["chief_kv1"], case=other, user=people["prosecutor_kv1"], role="prosecutor_lead")
    ended(other, people["prosecutor_kv1"])
    codes = [filed_case.case.code, other.code]
    with TestCase.captureOnCommitCallbacks(execute=True):
        row = prepare(actor=people["clerk_kv1"], codes=codes)
    page = f"/vks/archive/accessions/{row.pk}/"
    client.force_login(archivist)
    first, second = row.items.order_by("case_id")
    read: list[Path] = []

    def cut_off(path: Path, **_said: object) -> str:
        read.append(path)
        if path == second.path:
            raise _KilledError
        return sha256_of(path)

    def asked() -> None:
        with TestCase.captureOnCommitCallbacks(execute=True):
            request_acceptance(actor=archivist, pk=row.pk)
        row.refresh_from_db()

    with monkeypatch.context() as patch:
        patch.setattr(accession_actions, "sha256_of", cut_off)
        with pytest.raises(_KilledError):
            asked()
    row.refresh_from_db()
    assert (row.state, row.done, row.total, read) == ("cho_luu_tru", 4, 4, [first.path, second.path])
    assert "đã đọc 4/4 tài liệu" in Page(client.get(page)).text
    # nobody takes what is being taken; its giver may still call it off
    with pytest.raises(Conflict, match="Đang đọc lại"):
        request_acceptance(actor=archivist, pk=row.pk)

    def counted(path: Path, **_said: object) -> str:
        read.append(path)
        return sha256_of(path)

    monkeypatch.setattr(accession_actions, "sha256_of", counted)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=3)):
        assert "Máy dừng giữa lúc đọc lại gói" in Page(client.get(page)).text
        read.clear()
        whole = second.path.read_bytes()
        second.path.write_bytes(whole[:-1] + b"x")
        asked()
        # what was read is not read again; what is another file by now is told, and all of it is read the next time
        assert (row.state, row.taking_at, read) == ("cho_luu_tru", None, [second.path])
        assert "gói không còn như lúc đóng" in row.error
        assert row.error in Page(client.get(page)).text
        assert not LedgerEntry.objects.filter(kind="accessioned").exists()
        second.path.write_bytes(whole)
        # neither is what was put in the place of a package that was read, its day set back
        begun = timezone.now() - dt.timedelta(minutes=3, milliseconds=50)
        AccessionItem.objects.filter(pk=first.pk).update(read_at=begun)
        same, facts = first.path.read_bytes(), first.path.stat()
        first.path.write_bytes(same[:-1] + b"x")
        os.utime(first.path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        assert accession_actions._read_again(row, lambda _done: None)[first.pk] != first.sha256
        first.path.write_bytes(same)
        read.clear()
        asked()
        assert (row.state, row.number, row.error, read) == ("da_nop_luu", 1, "", [first.path, second.path])
    # sent twice, it is done once
    run_acceptance(row.pk)
    assert LedgerEntry.objects.filter(kind="accessioned").count() == 2
    assert {each.name for each in first.path.parent.iterdir()} == {first.path.name, second.path.name}


def test_what_is_called_off_while_it_is_read_is_not_taken(
    archivist: User, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = packed(people, filed_case)

    def called_off(path: Path, **_said: object) -> str:
        found = sha256_of(path)
        cancel(actor=people["clerk_kv1"], pk=row.pk)
        return found

    monkeypatch.setattr(accession_actions, "sha256_of", called_off)
    with TestCase.captureOnCommitCallbacks(execute=True):
        request_acceptance(actor=archivist, pk=row.pk)
    row.refresh_from_db()
    filed_case.case.refresh_from_db()
    assert (row.state, row.taking_at, filed_case.case.archived_at) == ("huy", None, None)
    with pytest.raises(Conflict):
        request_acceptance(actor=archivist, pk=row.pk)
    for key in ("clerk_kv1", "chief_kv1"):
        with pytest.raises(NotAllowed):
            request_acceptance(actor=people[key], pk=row.pk)


def test_whose_post_ends_while_the_packages_are_read_takes_nothing(
    archivist: User, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = packed(people, filed_case)

    def dismissed(path: Path, **_said: object) -> str:
        found = sha256_of(path)
        Appointment.objects.filter(user=archivist).delete()
        return found

    monkeypatch.setattr(accession_actions, "sha256_of", dismissed)
    with TestCase.captureOnCommitCallbacks(execute=True):
        request_acceptance(actor=archivist, pk=row.pk)
    row.refresh_from_db()
    filed_case.case.refresh_from_db()
    assert (row.receiver_id, row.number, filed_case.case.archived_at) == (None, None, None)
    assert row.error


_GIVERS = {"clerk_kv1", "chief_kv1", "deputy_kv1"}
"""Who hands cases of the office to its archive."""
_MAY: dict[str, set[str]] = {
    "dang_dong_goi": {"retry", "cancel"},
    "dang_dong_goi, a worker at it": {"cancel"},
    "loi": {"retry", "cancel"},
    "cho_luu_tru": {"ask to accept", "accept", "cancel"},
    "cho_luu_tru, a worker at it": {"accept", "cancel"},
    "da_nop_luu": set(),
    "huy": {"prepare"},
}
"""What may be done with an accession as it stands, or with its cases once it was called off; everything else is refused."""
_LEADS_TO = {"retry": "dang_dong_goi", "accept": "da_nop_luu", "cancel": "huy"}
"""What is not here changes no state."""


def test_every_act_of_everybody_in_every_state_does_what_the_table_says_and_else_nothing(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    clerk, case = people["clerk_kv1"], filed_case.case
    # no archivist takes what one gives
    access.record_appointment(actor=people["chief_kv1"], user=clerk, unit=case.unit, role="archivist")
    row = packed(people, filed_case)
    bystanders = {"prosecutor_kv1", "archivist_province", "chief_province", "clerk_kv3"}
    tried = {who: people[who] for who in sorted(_GIVERS | bystanders)} | {"archivist_kv1": archivist}
    acts: dict[str, Callable[[User], object]] = {
        "prepare": lambda actor: prepare(actor=actor, codes=[case.code]),
        "retry": lambda actor: retry(actor=actor, pk=row.pk),
        "ask to accept": lambda actor: request_acceptance(actor=actor, pk=row.pk),
        "accept": lambda actor: accept(actor=actor, pk=row.pk),
        "cancel": lambda actor: cancel(actor=actor, pk=row.pk),
    }
    whose = dict.fromkeys(("prepare", "retry", "cancel"), _GIVERS)
    whose |= {name: {"archivist_kv1"} for name in ("ask to accept", "accept")}
    # taking it is an event of the case, too
    entries = {"prepare": 1, "retry": 1, "ask to accept": 0, "accept": 2, "cancel": 1}
    worker: dict[str, tuple[Callable[[int], None], str, str]] = {
        "pack": (run_packing, "dang_dong_goi", "cho_luu_tru"),
        "take": (run_acceptance, "cho_luu_tru", "da_nop_luu"),
    }
    for each in ACCESSION.moves:
        # the worker's own: it is done with packing, or stops
        if each.name not in {"finish", "fail"}:
            assert {state.split(",")[0] for state, may in _MAY.items() if each.name in may} == each.sources
            assert _LEADS_TO[each.name] == each.target
    assert {state.split(",")[0] for state in _MAY} == {state for state, _label in ACCESSION.states}
    long_ago, now = timezone.now() - dt.timedelta(hours=3), timezone.now()

    for stand, allowed in _MAY.items():
        state, at_it = stand.split(",")[0], "," in stand
        with transaction.atomic():
            if state == "da_nop_luu":
                accept(actor=archivist, pk=row.pk)
            elif state == "huy":
                cancel(actor=clerk, pk=row.pk)
            asked = {"taker": archivist, "taking_at": long_ago} if state == "cho_luu_tru" else {}
            # else whoever was at it was lost
            beat = now if at_it else None
            Accession.objects.filter(pk=row.pk).update(state=state, asked_at=long_ago, beat=beat, **asked)
            results = {name: (_LEADS_TO.get(name, state), entries[name]) for name in acts}
            wrong = wrongly_done(
                tried,
                acts,
                may={name: whose[name] for name in allowed},
                whose={name: min(whom) for name, whom in whose.items()},
                leads_to=results,
                row=row,
                beside=(AccessionItem, CaseFile, Holding),
            )
            assert wrong == [], stand
            for name, (work, when, target) in worker.items():
                # which is not refused, but does nothing
                with transaction.atomic():
                    work(row.pk)
                    idle = state != when or (name == "pack" and at_it)
                    assert Accession.objects.get(pk=row.pk).state == (state if idle else target), (stand, name)
                    transaction.set_rollback(True)
            transaction.set_rollback(True)
