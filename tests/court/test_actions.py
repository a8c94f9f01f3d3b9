"""Asking for a bundle, making it, handing it out."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pikepdf
import pytest
from django.db import transaction
from django.utils import timezone, translation

from tests.court.killing import Killed, killed_three_times
from tests.court.papers import REAL, shown_text
from tests.people import FiledCase, register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import (
    CaseDocument,
    CaseFile,
    CasePerson,
    CatalogueType,
    Folio,
    FolioProfile,
    ProceduralEvent,
    WithheldPaper,
)
from vks_plugin.conf import configuration
from vks_plugin.court import actions as court
from vks_plugin.court import bundle as writing
from vks_plugin.court import inspection
from vks_plugin.court.cautions import Looked, look_at
from vks_plugin.court.choosing import BY_PROFILE, Wishes, reading_remark
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.states import CALLED_OFF, PLANNED
from vks_plugin.court.stamping import Stamp, stamp
from vks_plugin.court.tasks import make_bundle
from vks_plugin.court.verification import Asked, State, read_manifest, verify
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf
from vks_plugin.working import held_alone

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

WRITING = "vks_plugin.court.bundle"
"""Where faults are put in."""


def files() -> list[str]:
    """Return what lies in the folder of bundles."""
    folder = configuration().data_dir / "bundles"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def queued(actor: User, case: CaseFile) -> Bundle:
    """Ask for a bundle that no worker takes by itself: nothing is committed."""
    return court.request_bundle(actor=actor, case=case)


def test_a_bundle_holds_the_case_file_in_folio_order_and_nothing_internal(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    make_bundle.apply(kwargs={"bundle_id": str(bundle.pk)}).get()
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    assert bundle.document_ids == [each.document_id for each in filed_case.documents]
    assert filed_case.internal.document_id not in bundle.document_ids
    found = inspect_bundle(bundle.path)
    assert found.problems == []
    assert found.folios == ["", "", "1", "2", "3", "4", "5", "6"]
    assert (bundle.page_count, bundle.document_count, bundle.progress, bundle.total) == (8, 3, 8, 8)
    assert bundle.sha256 == hashlib.sha256(bundle.path.read_bytes()).hexdigest()
    assert bundle.finished_at is not None
    titles = " ".join(title for _depth, title, _page in found.outline)
    assert "Quyết định khởi tố bị can (tr. 5)" in titles
    assert "Báo cáo đề xuất" not in titles
    assert files() == [bundle.manifest_path.name, bundle.path.name]
    # others on the server read nothing of it
    assert bundle.path.parent.stat().st_mode & 0o077 == 0


def test_the_name_of_the_file_on_disk_says_nothing_of_the_case(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    assert bundle.path.name == f"{bundle.pk}.pdf"


def test_the_same_case_on_the_same_day_gives_the_same_bytes(filed_case: FiledCase, people: dict[str, User]) -> None:
    hashes = []
    for asker in ("prosecutor_kv1", "chief_kv1"):
        bundle = queued(people[asker], filed_case.case)
        court.build(bundle.pk)
        bundle.refresh_from_db()
        hashes.append(bundle.sha256)
    assert len(hashes[0]) == 64
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("asker", "refusal"),
    [
        ("prosecutor_kv1", None),
        ("chief_kv1", None),
        ("deputy_kv1", None),
        ("chief_province", None),
        ("clerk_kv1", NotAllowed),
        ("prosecutor_kv3", NotFound),
        ("other_prosecutor_kv1", NotFound),
        ("outsider", NotFound),
        ("admin_province", NotFound),
        ("locked", NotFound),
    ],
)
def test_who_may_ask_for_a_bundle(
    asker: str, refusal: type[Exception] | None, filed_case: FiledCase, people: dict[str, User]
) -> None:
    if refusal is None:
        assert queued(people[asker], filed_case.case).status == Bundle.Status.QUEUED
        return
    with pytest.raises(refusal):
        queued(people[asker], filed_case.case)
    assert not Bundle.objects.exists()


def test_asking_again_while_one_waits_gives_that_one(filed_case: FiledCase, people: dict[str, User]) -> None:
    first = queued(people["prosecutor_kv1"], filed_case.case)
    assert queued(people["prosecutor_kv1"], filed_case.case).pk == first.pk
    # somebody else's is their own
    assert queued(people["chief_kv1"], filed_case.case).pk != first.pk
    court.build(first.pk)
    assert queued(people["prosecutor_kv1"], filed_case.case).pk != first.pk


def test_only_papers_of_the_supervision_file_make_no_bundle(filed_case: FiledCase, people: dict[str, User]) -> None:
    CaseDocument.objects.filter(pk__in=[each.pk for each in filed_case.documents]).update(
        case=register(actor=people["clerk_kv1"], unit=filed_case.case.unit)
    )
    with pytest.raises(BadInput, match="chưa có tài liệu nào"):
        queued(people["prosecutor_kv1"], filed_case.case)


def test_more_pages_than_allowed_are_refused_before_the_work(
    filed_case: FiledCase, people: dict[str, User], settings: Settings
) -> None:
    settings.VKS_MAX_BUNDLE_PAGES = 5
    with pytest.raises(BadInput, match="có 6 trang, quá 5"):
        queued(people["prosecutor_kv1"], filed_case.case)
    assert not Bundle.objects.exists()


def test_a_preset_that_is_none_is_refused(filed_case: FiledCase, people: dict[str, User]) -> None:
    with pytest.raises(BadInput, match="danh mục"):
        court.request_bundle(actor=people["prosecutor_kv1"], case=filed_case.case, preset="hsks")


def _lose(path: Path) -> None:
    path.unlink()


def _lock(path: Path) -> None:
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="bí mật", owner="chủ"))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_lose, "Không tìm thấy tệp của “Quyết định khởi tố bị can”"),
        (_lock, "“Quyết định khởi tố bị can” bị khóa bằng mật khẩu"),
        (_cut, "Tệp của “Quyết định khởi tố bị can” bị hỏng"),
    ],
)
def test_a_paper_that_cannot_be_used_fails_the_bundle_with_a_sentence(
    spoil: Any, sentence: str, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(*_arguments: object) -> None:
        pytest.fail("the long look began")

    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    spoil(readable_pdf(filed_case.documents[1].document))
    monkeypatch.setattr(court, "look_at", looked)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.FAILED
    assert bundle.error.startswith(sentence)
    assert bundle.finished_at is not None
    assert files() == []
    with pytest.raises(Conflict):
        court.finished_file(bundle)
    # the sentence is for those who may read the papers it names
    assert court.bundle_for(people["chief_kv1"], bundle.pk).error == bundle.error
    with pytest.raises(NotFound):
        court.bundle_for(people["clerk_kv1"], bundle.pk)
    # whoever asks from now on is told at once, unless it takes long to open all papers
    with pytest.raises(BadInput) as refused:
        queued(people["prosecutor_kv1"], filed_case.case)
    assert refused.value.message == bundle.error
    monkeypatch.setattr(court, "_CHECKED_AT_ONCE", 7)
    assert queued(people["prosecutor_kv1"], filed_case.case).pk != bundle.pk


def test_whatever_language_a_person_reads_the_pages_in_a_bundle_is_vietnamese(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    CaseDocument.objects.filter(pk=filed_case.documents[2].pk).update(document_type=None)
    with translation.override("en"):
        plan, _filed, _left_out = court.plan_for(actor=people["prosecutor_kv1"], case=filed_case.case)
        bundle = queued(people["prosecutor_kv1"], filed_case.case)
        name = unquote(court.content_disposition(bundle))
        readable_pdf(filed_case.documents[1].document).unlink()
        court.build(bundle.pk)
    assert plan.request.title == "Toàn bộ hồ sơ vụ án"
    assert plan.sections[-1].name == "Tài liệu chưa phân loại"
    assert "Toàn bộ hồ sơ vụ án" in name
    bundle.refresh_from_db()
    # so is what the worker keeps for whoever reads it later
    assert bundle.error.startswith("Không tìm thấy tệp")


def test_a_worker_s_sentence_is_vietnamese(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    access.end_assignment(actor=people["chief_kv1"], assignment=filed_case.case.assignments.get())
    with translation.override("en"):
        court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.error == "Không có vụ án nào mang mã này trong phạm vi của bạn."


def test_a_fault_of_ours_is_said_to_be_one_and_tells_nothing_of_the_papers(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_arguments: object, **_named: object) -> None:
        message = "Nguyễn Văn Ánh"
        raise RuntimeError(message)

    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    monkeypatch.setattr(f"{WRITING}.stamp", faulty)
    with pytest.raises(RuntimeError):
        court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.FAILED
    assert bundle.error == "Không lập được tập hồ sơ do lỗi hệ thống: hãy báo quản trị."
    assert files() == []
    assert "RuntimeError" in caplog.text
    assert all("Ánh" not in record.getMessage() for record in caplog.records)


def test_a_bundle_that_fails_its_own_inspection_is_not_handed_out(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    # the text on the pages counts wrong
    monkeypatch.setattr(f"{WRITING}.stamp_text", lambda page, total: f"Tập hồ sơ – trang {page + 1}/{total}")
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.FAILED
    assert "Trang 1 đóng số 2." in bundle.error
    assert files() == []


def test_who_lost_access_while_it_waited_gets_no_bundle(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    access.end_assignment(actor=people["chief_kv1"], assignment=filed_case.case.assignments.get())
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.FAILED
    assert files() == []


def test_a_bundle_is_made_once(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    made = bundle.path.stat().st_mtime_ns
    finished = bundle.finished_at
    # a queue may deliver a task twice
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.path.stat().st_mtime_ns, bundle.finished_at) == (made, finished)


def test_a_bundle_whose_worker_died_is_begun_anew(
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    bundle = queued(actor, case)
    Bundle.objects.filter(pk=bundle.pk).update(status=Bundle.Status.RUNNING, progress=3)
    everything = Bundle.objects.order_by("created_at")
    with held_alone(bundle.lock_path) as alone:
        assert alone
        # its worker lives
        assert court.resume_interrupted(everything) == 0
        assert queued(actor, case).pk == bundle.pk
        bundle.refresh_from_db()
        assert (bundle.status, bundle.progress) == (Bundle.Status.RUNNING, 3)
    with django_capture_on_commit_callbacks(execute=True):
        assert court.request_bundle(actor=actor, case=case).pk == bundle.pk
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.DONE
    assert bundle.path.is_file()
    assert not bundle.lock_path.exists()
    # one that waits is sent once more only when it has waited long
    waiting = queued(actor, case)
    assert court.resume_interrupted(everything) == 0
    everything.filter(pk=waiting.pk).update(queued_at=timezone.now() - dt.timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert court.resume_interrupted(everything) == 1
    waiting.refresh_from_db()
    assert waiting.status == Bundle.Status.DONE


def test_a_bundle_that_three_workers_died_of_is_given_up_and_leaves_nothing(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    bundle = queued(actor, case)

    def deadly(_plan: object, target: Path, **_more: object) -> None:
        target.write_bytes(b"half of it")
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(court, "write_bundle", deadly)
        everything = Bundle.objects.filter(case=case)
        begun = killed_three_times(lambda: court.build(bundle.pk), lambda: court.resume_interrupted(everything))
    assert begun == [1, 1, 0]
    bundle.refresh_from_db()
    assert (bundle.status, bundle.attempts) == (Bundle.Status.FAILED, 3)
    assert bundle.error == "Máy dừng giữa chừng 3 lần khi làm việc này: hãy báo quản trị."
    # a task the queue still has makes it no more, and nobody is kept from asking for another
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, files()) == (Bundle.Status.FAILED, [])
    second = queued(actor, case)
    assert second.pk != bundle.pk
    court.build(second.pk)
    second.refresh_from_db()
    assert second.status == Bundle.Status.DONE


def test_a_bundle_that_was_stopped_is_gone_on_with_where_it_was(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    wishes = Wishes(volume_pages=5)
    bundle = court.request_bundle(actor=actor, case=case, wishes=wishes)
    written: list[int] = []
    looked: list[object] = []
    write = writing._write_volume

    def stopped_in_the_second(plan: Any, volume: Any, *rest: Any) -> str:
        written.append(volume.number)
        if written == [1, 2]:
            court.cancel_bundle(actor=actor, bundle=bundle)
        return write(plan, volume, *rest)

    def look(plan: Any, should_stop: Any) -> Looked:
        looked.append(plan)
        return look_at(plan, should_stop)

    monkeypatch.setattr(writing, "_REPORT_EVERY", 1)
    monkeypatch.setattr(writing, "_write_volume", stopped_in_the_second)
    monkeypatch.setattr(court, "look_at", look)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.may_go_on) == (Bundle.Status.CANCELLED, True)
    assert all(name.startswith(".") for name in files())
    again = court.go_on(actor=people["chief_kv1"], bundle=bundle)
    assert (again.status, again.requested_by) == (Bundle.Status.QUEUED, people["chief_kv1"])
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    # the first volume was not written again, and no paper was looked at again
    assert written == [1, 2, 2, 3]
    assert len(looked) == 1
    assert not any(name.startswith(".") for name in files())
    with pytest.raises(Conflict, match="đang được lập hoặc đã lập xong"):
        court.go_on(actor=actor, bundle=bundle)
    afresh = court.request_bundle(actor=actor, case=case, wishes=wishes)
    court.build(afresh.pk)
    afresh.refresh_from_db()
    assert afresh.sha256 == bundle.sha256
    assert afresh.cautions == bundle.cautions


def test_a_paper_filed_twice_is_marked_in_the_index_or_left_out_as_asked(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    first, second, third = filed_case.documents
    shutil.copyfile(REAL / "QDKhoiToBiCan.pdf", readable_pdf(first.document))
    # the same, as another program writes it
    with pikepdf.open(REAL / "QDKhoiToBiCan.pdf") as pdf:
        pdf.docinfo["/Producer"] = "Another program"
        pdf.save(readable_pdf(second.document))
    Folio.objects.filter(case_document=second, page=3).delete()
    CaseDocument.objects.filter(pk=second.pk).update(page_count=2, folio_to=4)
    marked, thinned = (
        court.request_bundle(actor=actor, case=case, wishes=Wishes(accept_gaps=True, skip_equal=skip))
        for skip in (False, True)
    )
    for bundle in (marked, thinned):
        court.build(bundle.pk)
        bundle.refresh_from_db()
        assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    assert marked.document_ids == [first.document_id, second.document_id, third.document_id]
    assert "trùng nội dung STT 1" in " ".join(shown_text(marked.path, 2).split())
    assert [each[:2] for each in marked.cautions if each[1] == "giong_nhau"] == [
        [first.document_id, "giong_nhau"],
        [second.document_id, "giong_nhau"],
    ]
    assert thinned.document_ids == [first.document_id, third.document_id]
    assert thinned.left_out == [[second.document_id, f"Trùng với “{first.title}” (BL 1–2), là bản được giữ."]]
    assert "giong_nhau" not in str(thinned.cautions)
    # whoever looks for a folio of the copy is led to the one that stays
    assert "bản trùng ở BL 3–4" in " ".join(shown_text(thinned.path, 2).split())
    assert "1 tài liệu trùng không đưa vào" in " ".join(shown_text(thinned.path, 1).split())
    assert (thinned.page_count, marked.page_count) == (5, 7)
    # what a bundle has stays in it; of what comes anew nothing is left here
    again = court.request_bundle(
        actor=actor,
        case=case,
        preset=Bundle.Preset.SUPPLEMENT,
        wishes=Wishes(accept_gaps=True, skip_equal=True),
        earlier=thinned.pk,
    )
    court.build(again.pk)
    again.refresh_from_db()
    assert (again.status, again.error) == (
        Bundle.Status.FAILED,
        "Tài liệu mới đều trùng với tài liệu đã có trong tập trước: không có gì để bổ sung.",
    )


def test_what_stands_under_the_folio_of_a_state_secret_is_in_no_bundle(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    secret = filed_case.documents[1]
    assert secret.folio_from is not None
    WithheldPaper.objects.create(
        case=case,
        level="mat",
        number="07/BC-AN",
        dated=dt.date(2026, 1, 5),
        kept_at="Phòng bảo mật",
        folio_from=secret.folio_from,
        folio_to=secret.folio_from,
    )
    for preset in (Bundle.Preset.WHOLE, Bundle.Preset.LEADERS):
        bundle = made(actor, case, preset)
        assert secret.document_id not in bundle.document_ids
        assert len(bundle.document_ids) == 2
        assert "thẻ chỉ dẫn" in dict(bundle.left_out)[secret.document_id]
        everything = "".join(shown_text(bundle.path, page) for page in range(1, (bundle.page_count or 0) + 1))
        assert secret.title not in everything
    with pytest.raises(BadInput, match="tài liệu mật"):
        court.plan_for(
            actor=actor,
            case=case,
            preset=Bundle.Preset.EXTRACT,
            wishes=Wishes(documents=(secret.document_id,)),
        )


def test_stopping_before_the_work_leaves_nothing_to_do(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    court.cancel_bundle(actor=people["prosecutor_kv1"], bundle=bundle)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.CANCELLED
    assert files() == []


@pytest.mark.parametrize("at", [1, 3, 8])
def test_stopping_in_the_middle_of_the_work_leaves_no_page(
    at: int, filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    original = stamp
    stamped: list[int] = []

    def slow(*arguments: Any, **named: Any) -> Stamp:
        made = original(*arguments, **named)
        stamped.append(1)
        if len(stamped) == at:
            court.cancel_bundle(actor=people["chief_kv1"], bundle=bundle)
        return made

    monkeypatch.setattr(f"{WRITING}.stamp", slow)
    monkeypatch.setattr(f"{WRITING}._REPORT_EVERY", 2)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.CANCELLED
    assert bundle.error == ""
    # what was seen in the papers is kept for whoever goes on with it
    assert files() == [f".{bundle.path.name}.halfway"]
    # it stops soon, not only at the end
    assert len(stamped) <= at + 2
    with pytest.raises(Conflict):
        court.finished_file(bundle)


def test_progress_is_kept_with_the_bundle(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    assert (bundle.progress, bundle.total) == (0, 8)
    seen: list[tuple[str, int, int]] = []
    original = stamp

    def watched(*arguments: Any, **named: Any) -> Stamp:
        row = Bundle.objects.get(pk=bundle.pk)
        seen.append((row.status, row.progress, row.total))
        return original(*arguments, **named)

    monkeypatch.setattr(f"{WRITING}.stamp", watched)
    monkeypatch.setattr(f"{WRITING}._REPORT_EVERY", 2)
    read = watched_reading(monkeypatch, lambda _page: Bundle.objects.get(pk=bundle.pk).progress)
    court.build(bundle.pk)
    # every page is written, and then read
    assert seen == [("running", done, 16) for done in (0, 0, 2, 2, 4, 4, 6, 6)]
    assert read == [8, 10, 10, 12, 12, 14, 14, 16]
    bundle.refresh_from_db()
    assert (bundle.progress, bundle.total) == (8, 8)


def watched_reading(monkeypatch: pytest.MonkeyPatch, note: Callable[[int], Any]) -> list[Any]:
    """Return a list that fills with what is noted at each page that is read back."""
    seen: list[Any] = []
    original = inspection._tail_text

    def watched(page: Any) -> str:
        seen.append(note(len(seen) + 1))
        return original(page)

    monkeypatch.setattr(inspection, "_tail_text", watched)
    monkeypatch.setattr(court, "_READ_AT_ONCE", 2)
    return seen


def test_stopping_while_it_is_read_back_leaves_what_it_is_gone_on_from(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)

    def stopped(page: int) -> None:
        if page == 3:
            court.cancel_bundle(actor=people["chief_kv1"], bundle=bundle)

    read = watched_reading(monkeypatch, stopped)
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.CANCELLED, "")
    assert files() == [f".{bundle.path.name}.halfway", f".{bundle.path.name}.partial"]
    assert len(read) == 3


def test_a_finished_bundle_cannot_be_stopped(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    court.build(bundle.pk)
    with pytest.raises(Conflict):
        court.cancel_bundle(actor=people["prosecutor_kv1"], bundle=bundle)
    bundle.refresh_from_db()
    assert bundle.path.is_file()


def test_who_may_not_have_a_bundle_cannot_stop_it(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    for asker in ("clerk_kv1", "prosecutor_kv3", "outsider"):
        with pytest.raises(NotFound):
            court.cancel_bundle(actor=people[asker], bundle=bundle)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.QUEUED


def test_bundles_of_a_case_are_listed_for_who_may_have_them(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    court.build(bundle.pk)
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    assert [each.pk for each in court.bundles_of(people["chief_province"], filed_case.case)] == [bundle.pk]
    for asker in ("clerk_kv1", "prosecutor_kv3", "outsider"):
        assert court.bundles_of(people[asker], filed_case.case) == []
    assert court.bundles_of(people["chief_kv1"], other) == []


def test_without_a_queue_nothing_is_kept(
    filed_case: FiledCase,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def unreachable(*_arguments: object, **_named: object) -> None:
        raise ConnectionRefusedError

    # the broker is not ours
    monkeypatch.setattr(make_bundle, "apply_async", unreachable)
    with (
        pytest.raises(Unavailable, match="Hàng đợi xử lý không hoạt động"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        queued(people["prosecutor_kv1"], filed_case.case)
    assert not Bundle.objects.exists()


def test_a_request_that_is_undone_sends_nothing(
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as sent, transaction.atomic():
        queued(people["prosecutor_kv1"], filed_case.case)
        transaction.set_rollback(True)
    assert sent == []
    assert not Bundle.objects.exists()


def test_a_fetched_bundle_is_named_by_the_coming_hearing(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    bundle = made(actor, case, Bundle.Preset.WHOLE)
    today = timezone.localtime(bundle.created_at).date()
    assert f"{today:%Y-%m-%d}" in court.content_disposition(bundle)
    for number, (days, state) in enumerate(((-3, "du_kien"), (20, "du_kien"), (9, "du_kien"), (2, "huy")), start=1):
        CourtSession.objects.create(
            case=case,
            number=number,
            unit=case.unit,
            court="Tòa án nhân dân khu vực 1",
            starts_on=today + dt.timedelta(days=days),
            state=PLANNED if state == "du_kien" else CALLED_OFF,
            reason="" if state == "du_kien" else "Bị cáo vắng mặt",
            planned_by=actor,
        )
    told = court.content_disposition(bundle)
    assert f"phien-toa-{today + dt.timedelta(days=9):%Y-%m-%d}" in told
    assert f"{today:%Y-%m-%d}" not in told


def test_a_folio_stands_where_those_stamp_who_numbered_the_file(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case

    def corner() -> str:
        laid = court.plan_for(actor=actor, case=case, wishes=Wishes(corner=BY_PROFILE))
        return laid.plan.request.corner

    Folio.objects.filter(case=case).update(stamped_by="")
    assert corner() == ""
    Folio.objects.filter(case=case).update(stamped_by="TA")
    FolioProfile.objects.filter(agency="TA").update(corner="bottom_left")
    assert corner() == "bottom_left"
    # most of the file counts, not the newest stamp; a stamp without a number is no numbering
    Folio.objects.filter(case=case, case_document=filed_case.documents[1]).update(stamped_by="VKS")
    FolioProfile.objects.filter(agency="VKS", numbering="none").update(corner="top_left")
    assert corner() == "bottom_left"
    Folio.objects.filter(case=case).update(stamped_by="VKS")
    assert corner() == "top_right"


def test_the_name_of_a_download_is_composed_and_plain(filed_case: FiledCase, people: dict[str, User]) -> None:
    bundle = queued(people["prosecutor_kv1"], filed_case.case)
    header = court.content_disposition(bundle)
    kind, plain, full = header.split("; ")
    assert kind == "attachment"
    assert header.isascii()
    day = timezone.localtime(bundle.created_at)
    assert plain == f'filename="{filed_case.case.code.lower()}-toan-bo-ho-so-vu-an-{day:%Y-%m-%d}.pdf"'
    assert unicodedata.is_normalized("NFC", unquote(full))
    assert court.content_disposition(bundle, inline=True).startswith("inline; ")


# --- presets, wishes, and bundles that build on others ---------------------------------------------------------------


def made(actor: User, case: CaseFile, preset: str, earlier: Bundle | None = None, **wishes: Any) -> Bundle:
    """Ask for a bundle and make it."""
    bundle = court.request_bundle(
        actor=actor, case=case, preset=preset, wishes=Wishes(**wishes), earlier=earlier.pk if earlier else None
    )
    court.build(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.status, bundle.error) == (Bundle.Status.DONE, "")
    return bundle


def test_leaders_read_the_papers_in_the_order_of_the_catalogue(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    first, second, third = filed_case.documents
    for filed, code in ((first, "CT"), (second, "BBHC"), (third, "QDKTVA")):
        filed.document_type = CatalogueType.objects.get(code=code)
        filed.save(update_fields=["document_type"])
    # as the file has it, and as leaders read it: by group and kind, not by folio
    assert made(actor, case, Bundle.Preset.WHOLE).document_ids == [each.document_id for each in filed_case.documents]
    wanted = CaseDocument.objects.filter(pk__in=[each.pk for each in filed_case.documents]).order_by(
        "document_type__position"
    )
    read = made(actor, case, Bundle.Preset.LEADERS)
    assert read.document_ids == [each.document_id for each in wanted]
    assert read.document_ids != [each.document_id for each in filed_case.documents]
    assert inspect_bundle(court.finished_file(read)).problems == []
    assert "HỒ SƠ TRÌNH LÃNH ĐẠO" in shown_text(read.path, 1)


def test_what_is_added_later_and_what_is_taken_out_keep_their_pages(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    late = filed_case.documents[2]
    first = made(
        actor, case, Bundle.Preset.EXTRACT, documents=tuple(each.document_id for each in filed_case.documents[:2])
    )
    assert first.document_ids == [each.document_id for each in filed_case.documents[:2]]
    second = made(actor, case, Bundle.Preset.SUPPLEMENT, first)
    assert second.layout["begun"] == first.layout["begun"]
    assert [row[0] for row in second.layout["late"][0]] == [late.document_id]
    whole, added = inspect_bundle(court.finished_file(second)), court.finished_file(second, court.ADDITION)
    assert whole.problems == []
    assert inspect_bundle(added, first_page=first.page_count + 1).problems == []  # type: ignore[operator]
    # what goes out by itself is listed, judged by the same list, and told of
    told = read_manifest(second.manifest_path)
    assert told["addition"]["sha256"] == sha256_of(added)
    said = LedgerEntry.objects.filter(kind="bundle_made").latest("pk").said["data"]
    assert (said["sha256"], said["addition_sha256"]) == (second.sha256, sha256_of(added))
    # all that lies beside is known by its hash, so that the comparison of files finds another in its place
    assert second.beside == {"addition": sha256_of(added), "manifest": said["manifest"]}
    assert said["manifest"] == sha256_of(second.manifest_path)
    rows = {row.number: row for row in verify([added], Asked(manifest=told))}
    assert {rows[number].state for number in (1, 3, 6, 8, 30)} == {State.MET}
    assert rows[28].sentence.startswith("Mã băm khớp")
    with pikepdf.open(added) as pdf:
        pdf.save(added.with_name("sua.pdf"))
    changed = {row.number: row for row in verify([added.with_name("sua.pdf")], Asked(manifest=told))}
    assert changed[28].state == State.BROKEN
    added.with_name("sua.pdf").unlink()
    with pytest.raises(BadInput, match="Không có tài liệu nào mới"):
        court.request_bundle(actor=actor, case=case, preset=Bundle.Preset.SUPPLEMENT, earlier=second.pk)
    core = made(actor, case, Bundle.Preset.CORE, second, folios="3-5")
    assert core.document_ids == [filed_case.documents[1].document_id]
    cited = next(row[3] for row in second.layout["begun"] if row[0] == core.document_ids[0])
    assert f"tập chính tr. {cited}" in shown_text(core.path, 3)
    manifest = json.loads(court.finished_file(core, court.MANIFEST).read_text(encoding="utf-8"))
    assert manifest["documents"][0]["filed_sha256"] == filed_case.documents[1].sha256
    # a paper that is no longer what it was would move what others cite
    CaseDocument.objects.filter(pk=filed_case.documents[0].pk).update(sha256="0" * 64)
    with pytest.raises(BadInput, match="Tài liệu ở trang 3 của tập trước"):
        court.request_bundle(actor=actor, case=case, preset=Bundle.Preset.SUPPLEMENT, earlier=first.pk)
    with pytest.raises(NotFound):
        court.finished_file(first, "2")
    with pytest.raises(NotFound):
        court.finished_file(first, court.ADDITION)


def test_wishes_that_cannot_be_met_are_told_before_the_work(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    preset = Bundle.Preset
    for kind, wishes, sentence in (
        (preset.EXTRACT, {}, "Hãy chọn tài liệu"),
        (preset.CORE, {"folios": "1"}, "Hãy chọn tập đã lập"),
        (preset.WHOLE, {"folios": "88"}, "bút lục 88"),
        (preset.WHOLE, {"documents": (filed_case.internal.document_id,)}, "không có trong hồ sơ vụ án này"),
        (preset.WHOLE, {"corner": "middle"}, "Vị trí bút lục"),
        (preset.WHOLE, {"volume_pages": -1}, "Số trang mỗi tập"),
        (preset.DEFENCE, {}, "từ khi kết thúc điều tra"),
    ):
        with pytest.raises(BadInput, match=sentence):
            court.request_bundle(actor=actor, case=case, preset=kind, wishes=Wishes(**wishes))
    # a folio that is missing is not passed over in silence
    filed_case.documents[1].folios.filter(number=4).delete()
    with pytest.raises(BadInput, match="thiếu bút lục 4"):
        court.request_bundle(actor=actor, case=case)
    assert not Bundle.objects.exists()
    bundle = made(actor, case, preset.WHOLE, accept_gaps=True)
    assert "Thiếu bút lục: 4." in shown_text(bundle.path, 1)


def test_the_court_gets_the_indictment_first_and_then_the_evidence(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    CaseDocument.objects.filter(case=case).update(document_type=None)
    with pytest.raises(BadInput, match="phân loại"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.COURT)
    first, second, third = filed_case.documents
    seizure = CatalogueType.objects.create(
        code="BBKX", name="Biên bản khám xét", group_code="03", group_name="Vật chứng", position=300, part="hsva"
    )
    for filed, kind in ((first, seizure), (second, CatalogueType.objects.get(code="QDKTBC"))):
        CaseDocument.objects.filter(pk=filed.pk).update(document_type=kind)
    CaseDocument.objects.filter(pk=third.pk).update(document_type=CatalogueType.objects.get(code="CT"))
    bundle = made(actor, case, Bundle.Preset.COURT)
    assert bundle.document_ids == [third.document_id, first.document_id]
    assert "CÁO TRẠNG VÀ CHỨNG CỨ" in shown_text(bundle.path, 1)


def test_the_defence_is_not_handed_what_it_may_not_read(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    CaseFile.objects.filter(pk=case.pk).update(stage="truy_to")
    case.refresh_from_db()
    CasePerson.objects.create(
        case=case, role="witness", full_name="Lê Thị Bảo Vệ", folded_name="le thi bao ve", is_protected=True
    )
    # a longer name that hers is part of is somebody else's
    texts = ("Lời khai của LÊ THỊ BẢO  VỆ", "Không nhắc ai cả, chỉ Lê Thị Bảo Vệt", "")
    for each, text in zip(filed_case.documents, texts, strict=True):
        type(each.document).objects.filter(pk=each.document_id).update(content=text)
    bundle = made(actor, case, Bundle.Preset.DEFENCE)
    assert bundle.document_ids == [filed_case.documents[1].document_id]
    why = dict(bundle.left_out)
    assert "chưa che" in why[filed_case.documents[0].document_id]
    assert "Chưa nhận dạng chữ" in why[filed_case.documents[2].document_id]
    cover = shown_text(bundle.path, 1)
    assert "2 tài liệu không đưa vào" in cover
    # neither its name nor its title stands anywhere in it
    everything = "".join(shown_text(bundle.path, page) for page in range(1, (bundle.page_count or 0) + 1))
    assert filed_case.documents[0].title not in everything
    leaders = made(actor, case, Bundle.Preset.LEADERS)
    assert len(leaders.document_ids) == 3
    # whoever asked reads which ones were left out, and why
    assert {each.title for each in court.kept_back(actor, [bundle])[bundle.pk]} == {
        filed_case.documents[0].title,
        filed_case.documents[2].title,
    }
    assert court.kept_back(people["prosecutor_kv3"], [bundle])[bundle.pk] == []
    client.force_login(actor)
    shown = client.get(f"/vks/cases/{case.code}/").content.decode()
    assert f"{filed_case.documents[2].title}: Chưa nhận dạng chữ" in shown
    told = client.get(f"/api/vks/bundles/{bundle.pk}/").json()["kept_back"]
    assert {(each["document"], each["why"][:8]) for each in told} == {
        (filed_case.documents[0].document_id, "Có tên n"),
        (filed_case.documents[2].document_id, "Chưa nhậ"),
    }
    # what the panel deliberated is for nobody outside it
    CaseDocument.objects.filter(pk=filed_case.documents[1].pk).update(
        document_type=CatalogueType.objects.create(
            code="BBNA", name="Biên bản nghị án", group_code="16", group_name="Xét xử", position=990, part="hsva"
        )
    )
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    CaseDocument.objects.filter(pk=filed_case.documents[1].pk).update(document_type=None)
    # nor does the name on the cover, and what builds on it is for the same readers
    CaseFile.objects.filter(pk=case.pk).update(name="Vụ án đối với Lê Thị Bảo Vệ")
    case.refresh_from_db()
    for preset, before in ((Bundle.Preset.DEFENCE, None), (Bundle.Preset.CORE, bundle)):
        wishes = Wishes(folios="3-5" if before else "")
        laid = court.plan_for(actor=actor, case=case, preset=preset, wishes=wishes, earlier=before)
        assert laid.plan.request.case_name == "Vụ án đối với [Người làm chứng 1]"
    CaseDocument.objects.filter(pk=filed_case.documents[1].pk).update(characteristics="Bản của Lê Thị Bảo Vệ")
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)


def test_who_is_spoken_of_by_the_given_name_is_named(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    # 18 by now: the day of the crime counts
    CaseFile.objects.filter(pk=case.pk).update(stage="truy_to", crime_date=dt.date(2020, 1, 1))
    case.refresh_from_db()
    CasePerson.objects.create(
        case=case, role="victim", full_name="Lò Thị Hoa", folded_name="lo thi hoa", birth_date=dt.date(2004, 5, 1)
    )
    texts = ("Hôm đó cháu Hoa ở nhà một mình", "Hoa màu bị hủy hoại", "Em  hoa\nlà con gái út, em HOA nói")
    for each, text in zip(filed_case.documents, texts, strict=True):
        type(each.document).objects.filter(pk=each.document_id).update(content=text)
    laid = court.plan_for(actor=actor, case=case, preset=Bundle.Preset.DEFENCE)
    assert [each.document_id for each in laid.filed] == [filed_case.documents[1].document_id]
    assert {why for _filed, why in laid.left_out} == {"Có tên người phải giữ kín, chưa che."}


def test_what_the_accused_reads_after_the_case_was_brought_to_trial_is_remarked(
    case: CaseFile, people: dict[str, User], client: Client
) -> None:
    CaseFile.objects.filter(pk=case.pk).update(stage="xet_xu_so_tham")
    case.refresh_from_db()
    shown, told = f"/vks/cases/{case.code}/", "đến trước quyết định này"
    client.force_login(people["prosecutor_kv1"])
    assert (reading_remark(case), told in client.get(shown).content.decode()) == ("", False)
    event = ProceduralEvent.objects.create(
        case=case, event="qd_xet_xu", happened_on=dt.date(2026, 5, 4), recorded_by=people["prosecutor_kv1"]
    )
    assert told in reading_remark(case)
    assert told in client.get(shown).content.decode()
    event.withdrawn_at = timezone.now()
    event.save()
    assert reading_remark(case) == ""
