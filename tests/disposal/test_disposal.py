"""A file goes whole, once, by three people and a signed record; what is left says so and names nobody else."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.test import TestCase
from django.utils import timezone
from documents.models import CustomFieldInstance, Document, Note
from documents.search import get_backend
from filelock import FileLock

from tests.court.deck.test_videos import kept as video_of
from tests.custody.everybody import wrongly_done
from tests.custody.test_acts import data, hidden, written
from tests.custody.test_hand_overs import IN, PASSED
from tests.disposal.conftest import WHY, archived, carried_out, ready, signed
from tests.people import file_pdf, register
from vks_plugin.access import actions as access
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.temporary import request_emergency
from vks_plugin.append_only import AppendOnly
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio, FolioExplanation
from vks_plugin.court.deck.models import DeckExport, Presentation
from vks_plugin.court.models import Bundle, Redaction, RedactionWork
from vks_plugin.court.redaction import half_made
from vks_plugin.custody.actions import check_files
from vks_plugin.custody.actions.hand_overs import cancel as take_back
from vks_plugin.custody.actions.hand_overs import hand_over, reject
from vks_plugin.custody.actions.holding import state_beginning
from vks_plugin.custody.actions.ledger import export
from vks_plugin.custody.actions.loans import request_loan, withdraw_loan
from vks_plugin.custody.actions.retention import end_hold, place_hold
from vks_plugin.custody.models import (
    Accession,
    AccessionItem,
    DigitisationBatch,
    HandOver,
    Holding,
    Keeper,
    LedgerEntry,
    LedgerHidden,
    Loan,
    QualityFinding,
    RetentionRule,
)
from vks_plugin.custody.queries import verify
from vks_plugin.custody.queries.holding import holder_of, in_hands
from vks_plugin.custody.states import DISPOSAL
from vks_plugin.disposal import actions, erasure
from vks_plugin.disposal.actions import (
    approve,
    attach_record,
    cancel,
    close,
    deny,
    draft,
    end_what_is_kept_open,
    execute,
    remove_what_came_back,
    run_destruction,
    submit,
)
from vks_plugin.disposal.models import DestructionBatch, DestructionItem, Tombstone
from vks_plugin.disposal.papers import as_paper
from vks_plugin.disposal.queries import acts_for, batches_for, batches_waiting_for, destroyed_documents, lapsed_cases
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable
from vks_plugin.filing.actions import follow_document
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import change_pages, merge_documents
from vks_plugin.host import erasing
from vks_plugin.host.erasing import come_back
from vks_plugin.host.provision import write_case_code
from vks_plugin.host.search import find_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from tests.people import FiledCase
    from vks_plugin.cases.models import CatalogueType

pytestmark = pytest.mark.django_db


def made_of(filed: FiledCase, by: User) -> list[Path]:
    """Give a case one of everything that is made of a file; return where they lie."""
    first, case = filed.documents[0], filed.case
    bundle = Bundle.objects.create(case=case, requested_by=by, status="done")
    Bundle.objects.create(case=case, requested_by=by, status="done", earlier=bundle)
    work = RedactionWork.objects.create(
        case=case,
        requested_by=by,
        status="failed",
        title="Che Ánh",
        wanted={"terms": [["chu", "Ánh"]]},
        document_ids=[each.document_id for each in filed.documents],
    )
    redaction = Redaction.objects.create(
        pk=work.copy_id(first.pk),
        work=work,
        case_document=first,
        ground="khac",
        page_count=1,
        source_sha256="0" * 64,
        filed_sha256="0" * 64,
        sha256="0" * 64,
        created_by=by,
    )
    deck = DeckExport.objects.create(
        presentation=Presentation.objects.create(case=case, number=1, title="Bài của Ánh", created_by=by),
        requested_by=by,
        status="done",
    )
    row = Accession.objects.create(unit=case.unit, giver=by, state="da_nop_luu")
    item = AccessionItem.objects.create(accession=row, case=case, pending=False, sha256="1" * 64)
    made = [bundle.path, bundle.path.with_name(f"{bundle.pk}-tap-2.pdf"), bundle.manifest_path]
    made += [redaction.path, deck.path, item.path]
    # what workers left that were killed
    made += [half_made(redaction.path), half_made(bundle.path)]
    made += [Redaction(pk=work.copy_id(filed.documents[1].pk)).path]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"made of the file")
    return made


def versions_of(documents: list[int]) -> QuerySet[Document]:
    return Document.global_objects.filter(Q(pk__in=documents) | Q(root_document_id__in=documents))


def worked_on(filed: FiledCase, actor: User) -> None:
    """Turn a page of the first document and put the third one behind the second: both get a version, the second one two."""
    first, second, third = filed.documents
    pages = [Placed(1), Placed(2, turn=90)]
    change_pages(actor=actor, filed=first, seen=first.sha256, placed=pages, reason="Quét ngược")
    merge_documents(actor=actor, filed=second, other=third, seen=second.sha256, seen_other=third.sha256)


def rejected(case: CaseFile, clerk: User) -> None:
    """Have the file of a case come from an agency, refuse it by name, and take the hand-over back."""
    row = hand_over(actor=clerk, case=case, terms=IN)
    row = reject(actor=clerk, row=row, checks=PASSED._replace(served=False), missing="Chưa giao cho Ánh")
    take_back(actor=clerk, row=row, reason="Ánh vắng mặt")


def stored(documents: list[int]) -> list[Path]:
    rows = versions_of(documents)
    paths = itertools.chain.from_iterable((row.source_path, row.archive_path, row.thumbnail_path) for row in rows)
    return [path for path in paths if path is not None and path.is_file()]


def everything_said_of(case: CaseFile) -> str:
    """Return every row of this program's tables about a case that may change, as text, and what the ledger shows openly."""
    found = []
    for model in apps.get_app_config("vks").get_models():
        if issubclass(model, AppendOnly) and model is not Tombstone:
            continue
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model is CaseFile:
                found += [str(row) for row in model._default_manager.filter(**{field.name: case}).values()]
    found += [str(row) for row in CaseFile.objects.filter(pk=case.pk).values()]
    found += [str(row.values) for row in LedgerHidden.objects.filter(entry__case=case)]
    return "\n".join(found)


def test_a_file_goes_with_all_that_was_made_of_it_and_a_tombstone_stays(
    archivist: User,
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    tmp_path: Path,
) -> None:
    case, documents = filed_case.case, filed_case.host_ids
    writer = people["prosecutor_kv1"]
    video = video_of(filed_case, writer, paper=0, title="Ánh vào cửa hàng")
    for part, values in (
        ("person", {"role": "witness", "full_name": "Hoàng Thị Nhân Chứng"}),
        ("exhibit", {"name": "Con dao của Ánh"}),
        ("relation", {"relation": "lien_quan", "other_text": "Vụ Ngô Văn Bình ở tỉnh khác"}),
    ):
        access.add_entry(actor=writer, case=case, part=part, values=values)
    clerk = people["clerk_kv1"]
    rejected(case, clerk)
    since = case.created_at
    keeper = state_beginning(actor=clerk, case=case, part="hsks", keeper=Keeper(unit=case.unit), since=since)
    assert keeper in in_hands(clerk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        worked_on(filed_case, writer)
    documents = [each for each in documents if each != filed_case.documents[2].document_id]
    made = made_of(filed_case, people["chief_kv1"])
    note = Note.objects.create(document_id=documents[0], note="Ánh khai", user=people["prosecutor_kv1"])
    # one past the doors in the trash, and a version of another: they are files of the case too
    Document.objects.filter(pk=documents[1]).update(deleted_at=timezone.now())
    reader, backend = people["chief_kv1"], get_backend()
    assert set(find_documents(reader, "quyết định")) & set(documents)
    assert backend.autocomplete("khoi", 10, reader)
    files = stored(documents)
    versions = list(versions_of(documents).order_by("pk").values_list("pk", "checksum"))
    assert (len(documents), len(versions)) == (3, 6)
    assert len(files) >= 2 * len(versions)
    filed_as = set(CaseDocument.objects.filter(case=case).values_list("document_id", "sha256"))
    folios = Folio.objects.filter(case=case).count()
    kept = LedgerEntry.objects.filter(case=case).count()
    assert "Ánh" in everything_said_of(case)

    row = ready(archivist, people, case.code)
    assert (row.state, row.number, row.year) == ("co_bien_ban", 1, timezone.localdate().year)
    assert row.record_sha256 == hashlib.sha256(row.record_path.read_bytes()).hexdigest()
    # doors stay closed up to the very end
    with pytest.raises(ProtectedError), transaction.atomic():
        Document.global_objects.filter(pk=documents[0]).first().hard_delete()  # type: ignore[union-attr]
    with written() as found:
        carried_out(archivist, row)
    assert (row.state, row.error) == ("da_tieu_huy", "")
    assert found.kinds() == ["disposal_ordered", "case_destroyed", "files_destroyed"]

    # nothing of it is left
    assert not [path for path in (*files, *made, video.path) if path.exists()]
    assert not Document.global_objects.filter(pk__in=[pk for pk, _checksum in versions]).exists()
    assert not CaseDocument.objects.filter(case=case).exists()
    assert not Note.global_objects.filter(pk=note.pk).exists()
    assert not CustomFieldInstance.global_objects.filter(document_id__in=documents).exists()
    for asker in (reader, people["chief_province"]):
        assert not set(find_documents(asker, "quyết định")) & set(documents)
        assert backend.autocomplete("khoi", 10, asker) == []
    assert backend.autocomplete("khoi", 10, None) == []
    if apps.is_installed("auditlog"):
        name = "auditlog.LogEntry"
        log: Any = apps.get_model(name)
        assert not log.objects.filter(content_type__model="document", object_id__in=documents).exists()
    said = everything_said_of(case)
    for word in ("Ánh", "Ước", "Ngô Văn", "Nhân Chứng", *(each.title for each in filed_case.documents)):
        assert word not in said, word
    case.refresh_from_db()
    assert case.name == erasure.NAME_LEFT

    # and this is
    stone = Tombstone.objects.get(case=case)
    assert (stone.code, stone.documents, stone.pages, stone.folios) == (case.code, 3, 7, folios)
    assert {(each[0], each[4]) for each in stone.files} == filed_as
    assert sorted(stone.originals) == versions
    assert stone.videos == [(documents[0], str(video.pk), video.sha256)]
    assert sum(number for _code, _part, number, _pages in stone.types) == 3
    assert [each[2] for each in stone.decided] == ["drafted", "first", "second", "recorded", "executed"]
    entry = found.of("case_destroyed")
    assert data(entry)["digest"] == stone.digest
    assert (data(entry)["record"], data(entry)["sha256"]) == (row.number, row.record_sha256)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tombstone.objects.filter(pk=stone.pk).update(code="khác")
    # the ledger is whole: every entry there, the chain holds, an outsider checks it
    kinds = list(LedgerEntry.objects.filter(case=case).order_by("seq").values_list("kind", flat=True))
    assert kinds[kept:] == [
        *("disposal_drafted", "disposal_submitted", "disposal_approved", "disposal_approved", "disposal_record"),
        *("disposal_ordered", "case_destroyed", "files_destroyed"),
    ]
    export(tmp_path / "so", case=case, shown=["disposal_drafted", "document_filed"])
    opened = [json.loads(line) for line in (tmp_path / "so/openings.jsonl").read_text().splitlines()]
    assert [each["value"] for each in opened] == [WHY]
    assert verify().problems == []
    # its paper is with nobody, and what says where it was stays
    assert not in_hands(clerk).exists()
    held = holder_of(case, "hsks")
    assert ("tiêu hủy" in held.name, held.is_assumed, held.since) == (True, False, case.destroyed_at)
    keeper.refresh_from_db()
    assert (keeper.unit, keeper.until) == (case.unit, case.destroyed_at)
    # nor is it where an older version had left it open; told once
    Holding.objects.filter(pk=keeper.pk).update(until=None)
    with written() as found:
        assert (end_what_is_kept_open(), end_what_is_kept_open()) == (1, 0)
    keeper.refresh_from_db()
    assert keeper.until == case.destroyed_at
    assert data(found.of("keeping_ended")) == {
        "disposal": row.pk,
        "part": "hsks",
        "unit": case.unit.code,
        "until": f"{case.destroyed_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert verify().problems == []
    # no alarm is raised for what is meant to be gone, nothing lies about
    run = check_files()
    assert not run.findings.exists()
    # and nothing can be done to it any more
    assert lapsed_cases(archivist) == []
    for act in (
        lambda: file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"]),
        lambda: place_hold(actor=people["chief_kv1"], case=case, ground="khac", reason="Xem lại hồ sơ này"),
        lambda: draft(actor=archivist, codes=[case.code], reason=WHY),
        lambda: hand_over(actor=people["clerk_kv1"], case=case, terms=IN),
        lambda: access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector"),
        *(partial(ask, people["chief_kv1"], case.code) for ask in (_to_borrow, _in_an_emergency)),
    ):
        with pytest.raises(Conflict, match="đã tiêu hủy"):
            act()
    # nor does anybody wait for an answer that cannot be given; who may not know of the case learns nothing
    ended_with = LedgerEntry.objects.filter(case=case).count()
    for ask in (_to_borrow, _in_an_emergency):
        asked = ask(people["prosecutor_kv3"], case.code)
        assert (asked.case, asked.case_code) == (None, case.code)
    withdraw_loan(actor=people["prosecutor_kv3"], loan_id=Loan.objects.get(case=None).pk)
    assert LedgerEntry.objects.filter(case=case).count() == ended_with


def _to_borrow(actor: User, code: str) -> Loan:
    return request_loan(actor=actor, code=code, form="paper", purpose=WHY, until=timezone.localdate())


def _in_an_emergency(actor: User, code: str) -> TemporaryAccess:
    return request_emergency(actor=actor, code=code, reason=WHY, hours=1)


def test_three_people_decide_and_each_in_turn(
    archivist: User, filed_case: FiledCase, people: dict[str, User], settings: Any
) -> None:
    code = filed_case.case.code
    for key in ("chief_kv1", "clerk_kv1"):
        with pytest.raises((NotAllowed, NotFound)):
            draft(actor=people[key], codes=[code], reason=WHY)
    with pytest.raises(NotFound):
        draft(actor=people["archivist_province"], codes=[code], reason=WHY)
    with pytest.raises(BadInput):
        draft(actor=archivist, codes=[code], reason="Cũ")
    with written() as found:
        row = draft(actor=archivist, codes=[code], reason=WHY)
    assert (data(found.one), hidden(found.one)) == ({"disposal": row.pk, "unit": "QN-KV1"}, {"reason": WHY})
    with pytest.raises(Conflict, match="đợt tiêu hủy khác"):
        draft(actor=archivist, codes=[code], reason=WHY)
    with pytest.raises(Conflict, match="không chờ duyệt"):
        approve(actor=people["chief_kv1"], pk=row.pk)
    for key in ("chief_kv1", "chief_province"):
        with pytest.raises(NotAllowed):
            submit(actor=people[key], pk=row.pk)
    submit(actor=archivist, pk=row.pk)
    deciding = ("deputy_kv1", "chief_kv1", "chief_province", "deputy_province", "chief_kv3")
    assert [batches_waiting_for(people[key]) for key in deciding] == [1, 1, 0, 0, 0]
    # an archivist who also leads would be the drafter
    for asker in (archivist, people["deputy_province"], people["chief_province"]):
        with pytest.raises(NotAllowed):
            approve(actor=asker, pk=row.pk)
    for key in ("clerk_kv1", "prosecutor_kv1", "chief_kv3", "admin_province", "locked"):
        with pytest.raises(NotFound):
            approve(actor=people[key], pk=row.pk)
    with written() as found:
        approve(actor=people["deputy_kv1"], pk=row.pk)
    assert data(found.one) == {"disposal": row.pk, "approval": 1, "record": None}
    assert [batches_waiting_for(people[key]) for key in deciding] == [0, 0, 1, 0, 0]
    for key in ("deputy_kv1", "chief_kv1", "deputy_province"):
        with pytest.raises(NotAllowed):
            approve(actor=people[key], pk=row.pk)
    # neither the record nor the carrying out before both have approved
    with pytest.raises(Conflict, match="duyệt đủ hai lần"):
        attach_record(actor=archivist, pk=row.pk, file=signed(), filename="a.pdf")
    with pytest.raises(Conflict):
        execute(actor=archivist, pk=row.pk)
    with written() as found:
        approve(actor=people["chief_province"], pk=row.pk)
    assert data(found.one) == {"disposal": row.pk, "approval": 2, "record": 1}
    with pytest.raises(Conflict):
        execute(actor=archivist, pk=row.pk)
    for bad, error in ((b"", BadInput), (b"no paper", BadInput)):
        with pytest.raises(error):
            attach_record(actor=archivist, pk=row.pk, file=ContentFile(bad), filename="bien-ban.pdf")
    with pytest.raises(NotAllowed):
        attach_record(actor=people["chief_kv1"], pk=row.pk, file=signed(), filename="bien-ban.pdf")
    assert not row.record_path.exists()
    attach_record(actor=archivist, pk=row.pk, file=signed(), filename="bien-ban.pdf")
    with pytest.raises(NotAllowed):
        execute(actor=people["chief_province"], pk=row.pk)
    with written() as found:
        cancel(actor=people["chief_province"], pk=row.pk, reason="Cần xem lại")
    assert (found.one.kind, hidden(found.one)) == ("disposal_cancelled", {"reason": "Cần xem lại"})
    with pytest.raises(Conflict):
        execute(actor=archivist, pk=row.pk)
    # who may decide is a setting; the database keeps the three apart whatever it says
    settings.VKS_DISPOSAL_FIRST_ROLES = "archivist"
    row = draft(actor=archivist, codes=[code], reason=WHY)
    submit(actor=archivist, pk=row.pk)
    for asker in (archivist, people["chief_kv1"]):
        with pytest.raises(NotAllowed):
            approve(actor=asker, pk=row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        DestructionBatch.objects.filter(pk=row.pk).update(first_by=archivist)
    with pytest.raises(IntegrityError), transaction.atomic():
        DestructionBatch.objects.filter(pk=row.pk).update(state="dang_tieu_huy")
    assert CaseDocument.objects.filter(case=filed_case.case).count() == 4
    assert list(batches_for(people["clerk_kv1"])) == list(batches_for(people["chief_kv3"])) == []


def test_what_may_not_go_is_named(archivist: User, filed_case: FiledCase, people: dict[str, User]) -> None:
    case = filed_case.case
    rows, rules = CaseFile.objects.filter(pk=case.pk), RetentionRule.objects.filter(kind="criminal")
    chief = people["chief_kv1"]
    assert [each.case for each in lapsed_cases(archivist)] == [case]
    assert lapsed_cases(chief) == []

    def refused(why: str) -> None:
        with pytest.raises(Conflict, match=f"{case.code} \\({why}"):
            draft(actor=archivist, codes=[case.code], reason=WHY)

    rules.update(term="chua_xac_dinh", years=None)
    refused("thời hạn bảo quản chưa xác định")
    rules.update(term="vinh_vien")
    refused("bảo quản vĩnh viễn")
    rules.update(term="co_thoi_han", years=60)
    refused("còn bảo quản đến hết 31/12/2084")
    assert lapsed_cases(archivist) == []
    rules.update(years=1)
    hold = place_hold(actor=chief, case=case, ground="khieu_nai", reason="Đang giải quyết khiếu nại")
    refused("đang giữ lại: Khiếu nại")
    end_hold(actor=chief, case=case, hold_id=hold.pk, reason="Đã giải quyết xong")
    loan = Loan.objects.create(
        case=case,
        case_code=case.code,
        form="paper",
        borrower=chief,
        purpose="Đọc",
        until=timezone.localdate(),
        requested_by=chief,
    )
    refused("đang cho mượn")
    Loan.objects.filter(pk=loan.pk).update(state="huy")
    bundle = Bundle.objects.create(case=case, requested_by=chief)
    refused("máy đang lập")
    bundle.delete()
    item = AccessionItem.objects.create(accession=Accession.objects.create(unit=case.unit, giver=chief), case=case)
    refused("đang nộp lưu")
    item.delete()
    rows.update(confidentiality="han_che_noi_bo")
    with pytest.raises(NotFound):
        draft(actor=archivist, codes=[case.code], reason=WHY)
    rows.update(confidentiality="thuong")
    # what comes up later stops every next step
    row = draft(actor=archivist, codes=[case.code], reason=WHY)
    place_hold(actor=chief, case=case, ground="khieu_nai", reason="Đang giải quyết khiếu nại")
    with pytest.raises(Conflict, match="đang giữ lại"):
        submit(actor=archivist, pk=row.pk)
    row.refresh_from_db()
    assert row.state == "du_thao"


def test_a_hold_stops_one_file_and_the_others_go(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    held, chief = filed_case.case, people["chief_kv1"]
    goes = register(actor=people["clerk_kv1"], unit=held.unit, name="Vụ của Ánh khác")
    archived(goes, chief)
    row = ready(archivist, people, held.code, goes.code)
    hold = place_hold(actor=chief, case=held, ground="khieu_nai", reason="Đang giải quyết khiếu nại")
    with written() as found:
        carried_out(archivist, row)
    stopped = found.of("disposal_stopped")
    assert (stopped.case_id, data(stopped)) == (held.pk, {"disposal": row.pk, "destroyed": False})
    items = {item.case_id: item for item in row.items.all()}
    assert row.state == "chua_xong"
    assert "Khiếu nại" in items[held.pk].error
    assert (items[goes.pk].error, items[goes.pk].pending) == ("", False)
    assert Tombstone.objects.get().case_id == goes.pk
    assert CaseDocument.objects.filter(case=held).count() == 4
    assert all(path.is_file() for path in stored(filed_case.host_ids))
    # what is left over is tried again, or left
    carried_out(archivist, row)
    assert row.state == "chua_xong"
    with pytest.raises(NotAllowed):
        close(actor=chief, pk=row.pk)
    with written() as found:
        close(actor=archivist, pk=row.pk)
    assert (found.one.kind, found.one.case_id) == ("disposal_left_out", held.pk)
    row.refresh_from_db()
    said = {code: became for _place, code, *_counts, became in as_paper(row, "outcome").rows}
    assert "Khiếu nại" in said[held.code]
    assert said[goes.code].startswith("Đã xóa hết")
    end_hold(actor=chief, case=held, hold_id=hold.pk, reason="Đã giải quyết xong")
    again = draft(actor=archivist, codes=[held.code], reason=WHY)
    submit(actor=archivist, pk=again.pk)
    with written() as found:
        deny(actor=chief, pk=again.pk, reason="Cần giữ thêm một năm")
    assert (found.one.kind, hidden(found.one)) == ("disposal_denied", {"reason": "Cần giữ thêm một năm"})
    assert not DestructionItem.objects.filter(pending=True).exists()


def test_what_was_written_about_a_document_in_the_case_it_came_from_is_no_obstacle(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    before, paper, chief = filed_case.case, filed_case.internal, people["chief_kv1"]
    goes = register(actor=people["clerk_kv1"], unit=before.unit)
    access.assign(actor=chief, case=goes, user=people["prosecutor_kv1"], role="prosecutor_lead")
    batch = DigitisationBatch.objects.create(
        case=before, part="hsks", number=1, state="huy", unit=before.unit, opened_by=chief
    )
    QualityFinding.objects.create(batch=batch, case_document=paper, page=1, kind="mo", found_by=chief)
    explained = FolioExplanation.objects.create(
        case=before, finding="gap", folio_from=9, folio_to=9, text="Nhầm số", case_document=paper, explained_by=chief
    )
    given = hand_over(actor=people["clerk_kv1"], case=before, terms=IN)
    HandOver.objects.filter(pk=given.pk).update(state="da_nhan", accepted_at=timezone.now(), signed_paper=paper)
    write_case_code(paper.document, goes.code)
    follow_document(paper.document, actor=people["prosecutor_kv1"])
    assert CaseDocument.objects.get(pk=paper.pk).case == goes
    archived(goes, chief)
    row = carried_out(archivist, ready(archivist, people, goes.code))
    assert (row.state, row.items.get().error) == ("da_tieu_huy", "")
    assert not QualityFinding.objects.exists()
    # what is said of the other case stays there, and so do its papers
    explained.refresh_from_db()
    given.refresh_from_db()
    assert (explained.text, explained.case_document) == ("Nhầm số", None)
    assert (given.signed_paper, given.awaits_paper, given.main_accused) == (None, True, "Nguyễn Văn Ánh")
    assert CaseDocument.objects.filter(case=before).count() == 3


def test_a_copy_of_a_paper_that_went_to_another_case_goes_there_with_it(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    made_of(filed_case, people["chief_kv1"])
    copy = Redaction.objects.get()
    other = register(actor=people["clerk_kv1"], unit=filed_case.case.unit)
    CaseDocument.objects.filter(pk=copy.case_document_id).update(case=other)
    erasure.erase(filed_case.case, timezone.now())
    assert not RedactionWork.objects.exists()
    copy.refresh_from_db()
    assert (copy.work, copy.case_document.case) == (None, other)


def test_what_comes_back_goes_again_with_its_files(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    """An old export brings documents as they were before their pages were changed and before they were merged."""
    first, second, third = (each.document for each in filed_case.documents)
    worked_on(filed_case, people["prosecutor_kv1"])
    carried_out(archivist, ready(archivist, people, filed_case.case.code))

    def brought(pk: int, checksum: str) -> Document:
        values = {"title": "Cũ", "content": "", "mime_type": "application/pdf"}
        found = Document.objects.create(pk=pk, checksum=checksum, filename=f"cu/{pk}.pdf", **values)
        found.source_path.parent.mkdir(parents=True, exist_ok=True)
        found.source_path.write_bytes(b"an old export")
        return found

    def told() -> list[int]:
        entries = LedgerEntry.objects.filter(case=filed_case.case, kind="files_destroyed").order_by("seq")
        return [each.said["data"]["files"] for each in entries]

    before = told()
    back = [brought(each.pk, each.checksum) for each in (first, third)]
    # a document that has nothing but the number of one that is gone
    other = brought(second.pk, "f" * 64)
    assert come_back(destroyed_documents()) == sorted(each.pk for each in back)
    # what cannot be removed
    stuck = back[1].source_path
    stuck.unlink()
    stuck.mkdir()
    with pytest.raises(Unavailable, match="1 tệp"):
        remove_what_came_back()
    assert (come_back(destroyed_documents()), told()) == (sorted(each.pk for each in back), before)
    stuck.rmdir()
    assert remove_what_came_back() == 2
    assert told() == [*before, 2]
    assert not any(each.source_path.exists() for each in back)
    assert list(Document.global_objects.values_list("pk", flat=True)) == [other.pk]
    assert other.source_path.is_file()
    assert remove_what_came_back() == 0


@pytest.mark.parametrize("when", ["rows", "files"])
def test_what_was_cut_off_goes_on(
    archivist: User,
    filed_case: FiledCase,
    people: dict[str, User],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    """Killed before the rows are committed, nothing is gone; killed after, the files go with the next run."""
    row, case = ready(archivist, people, filed_case.case.code), filed_case.case
    files = stored(filed_case.host_ids)

    def killed(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(actions, "erase_rows" if when == "rows" else "forget", killed)
        execute(actor=archivist, pk=row.pk)
        with pytest.raises(KeyboardInterrupt):
            run_destruction(row.pk)
    gone = when == "files"
    assert Tombstone.objects.filter(case=case).exists() == gone
    assert CaseDocument.objects.filter(case=case).exists() != gone
    assert all(path.exists() for path in files)
    # nobody else takes it while its worker may be alive
    run_destruction(row.pk)
    with pytest.raises(Conflict, match="hãy chờ"):
        execute(actor=archivist, pk=row.pk)
    assert all(path.exists() for path in files)
    DestructionBatch.objects.filter(pk=row.pk).update(beat=timezone.now() - dt.timedelta(hours=2))
    # while the host moves files, or copies all of them
    with monkeypatch.context() as patch, FileLock(settings.MEDIA_LOCK):
        patch.setattr(erasing, "_PATIENCE", 0)
        carried_out(archivist, row)
    assert (row.state, "đang bận" in row.items.get().error) == ("chua_xong", True)
    assert (Tombstone.objects.filter(case=case).exists(), all(path.exists() for path in files)) == (gone, True)
    taken = files.pop(0)
    if gone:
        # its name was free for a moment, and the host gave it to somebody's document
        name = str(taken.relative_to(Path(settings.ORIGINALS_DIR).resolve()))
        other = Document(title="Lịch trực", checksum="f" * 64, filename=name, mime_type="application/pdf")
        # past the signals, on which the host would name the file anew
        Document.objects.bulk_create([other])
    carried_out(archivist, row)
    assert (row.state, row.error) == ("da_tieu_huy", "")
    assert not any(path.exists() for path in files)
    assert taken.exists() == gone
    assert LedgerEntry.objects.filter(case=case, kind="case_destroyed").count() == 1
    # once more changes nothing
    run_destruction(row.pk)
    assert LedgerEntry.objects.filter(case=case, kind="files_destroyed").count() == 1


def test_every_table_is_decided_about() -> None:
    """A new table about cases is put into one of the three lists, or here among those that have to do with no case."""
    no_case = {
        *("Appointment", "CalendarDay", "CaseImport", "CatalogueType", "DatedAccessSuspension", "Department"),
        *("FolioProfile", "GrantSweep", "NumberSeries", "OwedEntries", "ProcuracyUnit", "Restructuring"),
        *("RetentionRule", "SavedFilter", "ServiceAccount", "UnitSuccession"),
    }
    erased = [model for model, _path in erasure.ERASED]
    blanked = [model for model, _path, _values in erasure.BLANKED]
    decided = [*erased, *blanked, *erasure.BESIDE, *erasure.KEPT]
    assert len(decided) == len(set(decided))
    names = {model.__name__ for model in apps.get_app_config("vks").get_models() if not model._meta.auto_created}
    assert names - no_case == {model.__name__ for model in decided}


_MAY: dict[str, set[str]] = {
    "du_thao": {"submit", "cancel"},
    "cho_don_vi_duyet": {"approve", "deny", "cancel"},
    "cho_tinh_duyet": {"approve", "deny", "cancel"},
    "da_duyet": {"attach", "cancel"},
    "co_bien_ban": {"attach", "execute", "cancel"},
    "dang_tieu_huy": {"execute"},
    "dang_tieu_huy, a worker at it": set(),
    "chua_xong": {"execute", "close"},
    "da_tieu_huy": set(),
    "khong_duyet": {"draft"},
    "huy": {"draft"},
}
"""What may be done with a disposal as it stands, or with its cases once it is over without them; everything else is refused."""
_LEADS_TO = {
    "submit": "cho_don_vi_duyet",
    "deny": "khong_duyet",
    "attach": "co_bien_ban",
    "execute": "dang_tieu_huy",
    "close": "da_tieu_huy",
    "cancel": "huy",
}
"""What is not here changes no state, but for the two approvals."""
_APPROVED = {"cho_don_vi_duyet": "cho_tinh_duyet", "cho_tinh_duyet": "da_duyet"}
"""From where an approval leads where."""


def test_every_act_of_everybody_in_every_state_does_what_the_table_says_and_else_nothing(
    archivist: User, filed_case: FiledCase, people: dict[str, User]
) -> None:
    row = ready(archivist, people, filed_case.case.code)
    chief, deputy, province = people["chief_kv1"], people["deputy_kv1"], people["chief_province"]
    # a leader who drafted it as an archivist does not approve it
    access.record_appointment(actor=chief, user=deputy, unit=filed_case.case.unit, role="archivist")
    DestructionBatch.objects.filter(pk=row.pk).update(first_by=chief, drafted_by=deputy)
    bystanders = {"clerk_kv1", "prosecutor_kv1", "chief_kv3", "deputy_province", "archivist_province"}
    tried = {who: people[who] for who in sorted(bystanders | {"chief_kv1", "deputy_kv1", "chief_province"})}
    tried["archivist_kv1"] = archivist
    acts: dict[str, Callable[[User], object]] = {
        "draft": lambda actor: draft(actor=actor, codes=[filed_case.case.code], reason=WHY),
        "submit": lambda actor: submit(actor=actor, pk=row.pk),
        "approve": lambda actor: approve(actor=actor, pk=row.pk),
        "deny": lambda actor: deny(actor=actor, pk=row.pk, reason=WHY),
        "attach": lambda actor: attach_record(actor=actor, pk=row.pk, file=signed(), filename="bien-ban.pdf"),
        "execute": lambda actor: execute(actor=actor, pk=row.pk),
        "close": lambda actor: close(actor=actor, pk=row.pk),
        "cancel": lambda actor: cancel(actor=actor, pk=row.pk, reason=WHY),
    }
    archivists = {"archivist_kv1", "deputy_kv1"}
    whose = dict.fromkeys(("draft", "submit", "attach", "execute", "close"), archivists)
    whose["cancel"] = archivists | {"chief_kv1", "chief_province"}
    approving = {"cho_don_vi_duyet": {"chief_kv1"}, "cho_tinh_duyet": {"chief_province"}}
    # the worker's own, by which it ends
    by_worker = {"stop", "finish"}
    for each in DISPOSAL.moves:
        if not each.name.startswith("approve") and each.name not in by_worker:
            assert {state.split(",")[0] for state, may in _MAY.items() if each.name in may} == each.sources
            assert _LEADS_TO[each.name] == each.target
    approvals = [(set(each.sources), each.target) for each in DISPOSAL.moves if each.name.startswith("approve")]
    assert approvals == [({state}, target) for state, target in _APPROVED.items()]
    assert {state.split(",")[0] for state in _MAY} == {state for state, _label in DISPOSAL.states}
    long_ago = timezone.now() - dt.timedelta(hours=3)
    nobody = {"first_by": None, "second_by": None, "number": None, "year": None, "record_sha256": ""}
    approved = {"first_by": chief, "second_by": province, "number": row.number, "year": row.year}
    ordered = approved | {"record_sha256": row.record_sha256, "executed_at": long_ago}
    # what stands in the row by then, beside its state
    stood: dict[str, dict[str, Any]] = {
        "cho_tinh_duyet": {"first_by": chief},
        "da_duyet": approved,
        "co_bien_ban": approved | {"record_sha256": row.record_sha256},
        "dang_tieu_huy": ordered,
        "chua_xong": ordered,
        "da_tieu_huy": ordered,
        "khong_duyet": {"first_by": chief},
    }

    for stand, allowed in _MAY.items():
        state, at_it = stand.split(",")[0], "," in stand
        with transaction.atomic():
            beat = timezone.now() if at_it else None
            fields = nobody | stood.get(state, {})
            DestructionBatch.objects.filter(pk=row.pk).update(state=state, beat=beat, **fields)
            if state in {"khong_duyet", "huy"}:
                row.items.update(pending=False)
            those = whose | dict.fromkeys(("approve", "deny"), approving.get(state, {"chief_kv1"}))
            may = {name: those[name] for name in allowed}
            results = {name: (_LEADS_TO.get(name, state), 1) for name in acts}
            results["approve"] = (_APPROVED.get(state, state), 1)
            wrong = wrongly_done(
                tried,
                acts,
                may=may,
                whose={name: min(whom) for name, whom in those.items()},
                leads_to=results,
                row=row,
                beside=(DestructionItem, CaseFile, CaseDocument),
            )
            assert wrong == [], stand
            here = DestructionBatch.objects.get(pk=row.pk)
            for who, user in tried.items():
                offered = {name for name, by_whom in may.items() if who in by_whom and name != "draft"}
                known = batches_for(user).filter(pk=row.pk).exists()
                assert (acts_for(user, here) if known else set()) == offered, (stand, who)
            with transaction.atomic():
                # which is not refused, but does nothing
                run_destruction(row.pk)
                target = "da_tieu_huy" if stand == "dang_tieu_huy" else state
                assert DestructionBatch.objects.get(pk=row.pk).state == target, stand
                transaction.set_rollback(True)
            transaction.set_rollback(True)
