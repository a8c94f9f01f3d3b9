"""Pages of a filed document before its seal: what becomes of the file, and of all that hangs on its pages."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.custody.batches import batch_in
from tests.people import FiledCase, pdf_bytes
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, Folio, FolioExplanation
from vks_plugin.conf import configuration
from vks_plugin.court.deck.models import FolioMark
from vks_plugin.custody import actions as custody
from vks_plugin.custody.models import LedgerEntry, PageChange, QualityFinding
from vks_plugin.custody.queries.digitisation import scanned_by
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.filing.page_map import Placed, check_pages, written
from vks_plugin.filing.pages import (
    Described,
    change_pages,
    count_pages,
    merge_documents,
    recognise_again,
    recognition_of,
    split_document,
)
from vks_plugin.filing.pdf import rearrange
from vks_plugin.host import search
from vks_plugin.host.erasing import come_back
from vks_plugin.host.files import newest_version, readable_pdf, text_of
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import may_view
from vks_plugin.host.provision import case_code_on
from vks_plugin.host.search import find_documents
from vks_plugin.host.stored import stored_files
from vks_plugin.host.version import is_stand_in

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks


def seen(filed: CaseDocument) -> str:
    return newest_version(filed.document).checksum


def pages_of(path: Path) -> list[tuple[str, int]]:
    """Return the words and the turn of each page, as a reader of the file finds them."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [(page.get_textpage().get_text_bounded(), page.get_rotation()) for page in pdf]


def orders(path: Path) -> list[tuple[str, int]]:
    """Return which page each was, as `trang 2/3` says, and its turn."""
    return [(text.partition("trang ")[2].partition(",")[0], turn) for text, turn in pages_of(path)]


def scan(pages: int, text: str = "Bản quét lại") -> ContentFile[bytes]:
    return ContentFile(pdf_bytes(pages, text), name="quét lại.pdf")


def folio_pages(filed: CaseDocument) -> list[tuple[str, int | None]]:
    return [(each.label, each.page) for each in Folio.objects.filter(case_document=filed).order_by("number")]


@pytest.mark.django_db
def test_pages_are_ordered_and_turned_and_the_file_before_stays(
    filed_case: FiledCase, people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = batch_in("dang_so_hoa", filed_case, people)
    filed, scanner = filed_case.documents[1], people["scanner_kv1"]
    root, first = filed.document, seen(filed)
    kept, thumbnail = root.source_path.read_bytes(), root.thumbnail_path.read_bytes()
    with django_capture_on_commit_callbacks(execute=True):
        change = change_pages(
            actor=scanner,
            filed=filed,
            seen=first,
            placed=[Placed(3), Placed(1, turn=90), Placed(2)],
            numbers="place",
            reason="Quét ngược",
        )
    newest = newest_version(Document.objects.get(pk=root.pk))
    assert (newest.pk, newest.root_document_id, newest.owner_id) == (change.version, root.pk, root.owner_id)
    assert orders(newest.source_path) == [("3/3", 0), ("1/3", 90), ("2/3", 0)]
    assert orders(readable_pdf(root)) == [("3/3", 0), ("1/3", 90), ("2/3", 0)]
    # the words of the host follow, without anything being recognised again
    words = text_of(root)
    assert words.index("trang 3/3") < words.index("trang 1/3") < words.index("trang 2/3")
    assert find_documents(people["prosecutor_kv1"], "trang 3/3")
    assert root.pk in find_documents(scanner, "tội phạm")
    # nothing was written over
    assert root.source_path.read_bytes() == kept
    assert root.thumbnail_path.read_bytes() == thumbnail
    assert hashlib.sha256(newest.source_path.read_bytes()).hexdigest() == newest.checksum == change.sha256 != first
    assert newest.thumbnail_path.read_bytes() not in (b"", thumbnail)
    filed = CaseDocument.objects.get(pk=filed.pk)
    assert (filed.sha256, filed.page_count) == (newest.checksum, 3)
    # and by that file it would be known again, were it disposed of and came back
    assert come_back([(root.pk, filed.sha256), (newest.pk, filed.sha256)]) == [newest.pk]
    assert folio_pages(filed) == [("3", 1), ("4", 2), ("5", 3)]
    entry = LedgerEntry.objects.filter(kind="pages_changed").get().said["data"]
    assert {name: entry[name] for name in ("sha256_before", "sha256", "page_map", "pages", "scan_sha256")} == {
        "sha256_before": first,
        "sha256": newest.checksum,
        "page_map": "3, 1+90, 2",
        "pages": 3,
        "scan_sha256": None,
    }
    # who changed pages does not check them
    change.changed_by = people["inspector_kv1"]
    change.save()
    assert people["inspector_kv1"].pk in scanned_by(batch)


@pytest.mark.django_db
def test_what_was_changed_is_sealed_and_compared(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed = filed_case.documents[0]
    change_pages(actor=people["prosecutor_kv1"], filed=filed, seen=seen(filed), placed=[Placed(1, turn=180), Placed(2)])
    batch = batch_in("da_ket_thuc_so_hoa", filed_case, people)
    row = next(each for each in batch.manifest.said["documents"] if each["document"] == filed.document_id)
    newest = newest_version(filed.document)
    assert (row["version"], row["sha256"], row["folios"]) == (newest.pk, newest.checksum, [["1", 1], ["2", 2]])
    run = custody.check_files(case=filed_case.case)
    assert run.files == len(stored_files(filed_case.host_ids))
    assert not run.findings.exists()
    with pytest.raises(NotAllowed, match="niêm phong"):
        change_pages(
            actor=people["prosecutor_kv1"],
            filed=filed,
            seen=seen(filed),
            placed=[Placed(2), Placed(1)],
            numbers="place",
        )


@pytest.mark.django_db
def test_pages_are_replaced_added_and_left_out_with_a_reason(filed_case: FiledCase, people: dict[str, User]) -> None:
    batch = batch_in("dang_so_hoa", filed_case, people)
    filed, scanner = filed_case.documents[1], people["scanner_kv1"]
    # of the three pages the second is blank
    Folio.objects.filter(case_document=filed, page=2).delete()
    batch.state = "cho_kiem_tra"
    finding = QualityFinding.objects.create(
        batch=batch, case_document=filed, page=3, kind="mo", found_by=people["inspector_kv1"]
    )
    placed = [Placed(1), Placed(3, 2), Placed(None, 1, 270)]
    with pytest.raises(BadInput, match="lý do"):
        change_pages(actor=scanner, filed=filed, seen=seen(filed), placed=placed, scan=scan(2))
    change = change_pages(
        actor=scanner, filed=filed, seen=seen(filed), placed=placed, scan=scan(2), reason="Trang 2 trắng, trang 3 mờ"
    )
    assert change.page_map == "1, 3=M2, =M1+270"
    told = pages_of(newest_version(filed.document).source_path)
    assert ["Bản quét lại" in text for text, _turn in told] == [False, True, True]
    assert [turn for _text, turn in told] == [0, 0, 270]
    assert "trang 2/2" in told[1][0]
    assert "Bản quét lại" in text_of(filed.document)
    assert folio_pages(filed) == [("3", 1), ("5", 2)]
    finding.refresh_from_db()
    assert finding.page == 2
    step = batch.steps.get(step="quet")
    assert (step.done_by, step.pages) == (scanner, 2)
    # what was left out is not in the file any more
    assert "trang 2/3" not in "".join(text for text, _turn in told)


@pytest.mark.django_db
def test_folios_are_not_put_out_of_order(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]
    before = (seen(filed), Document.global_objects.count(), folio_pages(filed))

    def refused(placed: list[Placed], kind: type[VksError], words: str, **given: Any) -> None:
        with pytest.raises(kind, match=words):
            change_pages(actor=actor, filed=filed, seen=seen(filed), placed=placed, reason="Thử", **given)

    refused([Placed(2), Placed(1), Placed(3)], Conflict, "không còn theo thứ tự trang")
    refused([Placed(1), Placed(2)], Conflict, "mang bút lục 5 nên không bỏ được")
    refused([Placed(1), Placed(3), Placed(2), Placed(None, 1)], Conflict, "làm riêng", numbers="place", scan=scan(1))
    refused([Placed(1), Placed(2), Placed(3)], BadInput, "Chưa có thay đổi")
    refused([Placed(1), Placed(2), Placed(3, turn=90)], BadInput, "giữ nguyên chỗ", numbers="x")
    refused([Placed(1), Placed(2), Placed(3)], BadInput, "Hãy nêu trang nào", scan=scan(1))
    refused([Placed(1, 1), Placed(2), Placed(3)], BadInput, "không phải PDF", scan=ContentFile(b"MZ", name="x.pdf"))
    mark = FolioMark.objects.create(case_document=filed, page=3, areas=[[0, 0, 1, 1]], created_by=actor)
    refused([Placed(1), Placed(2), Placed(3, turn=90)], Conflict, "Trang 3 đang có đánh dấu")
    mark.delete()
    FolioExplanation.objects.create(
        case=filed.case, finding="page", about=filed, page_from=1, page_to=2, text="Trắng", explained_by=actor
    )
    Folio.objects.filter(case_document=filed, page__in=[1, 2]).delete()
    refused([Placed(2), Placed(3), Placed(1)], Conflict, "giải trình về trang 1–2")
    # nothing of it is left, neither rows nor files
    assert (seen(filed), Document.global_objects.count(), folio_pages(filed)) == (*before[:2], [("5", 3)])
    assert not PageChange.objects.exists()
    assert not LedgerEntry.objects.filter(kind="pages_changed").exists()
    assert not list((configuration().data_dir / "pages").iterdir())
    change_pages(actor=actor, filed=filed, seen=seen(filed), placed=[Placed(3), Placed(1), Placed(2)])
    explained = FolioExplanation.objects.get(about=filed)
    assert (explained.page_from, explained.page_to, folio_pages(filed)) == (2, 3, [("5", 1)])


@pytest.mark.django_db
def test_an_act_that_fails_leaves_no_file(filed_case: FiledCase, people: dict[str, User], settings: Any) -> None:
    filed, actor = filed_case.documents[0], people["prosecutor_kv1"]
    files = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    # half a character, which no database can hold: refused when everything else was written
    with pytest.raises(UnicodeEncodeError):
        change_pages(
            actor=actor, filed=filed, seen=seen(filed), placed=[Placed(1, turn=90), Placed(2)], reason="\ud800"
        )
    left = {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}
    assert left == files


@pytest.mark.django_db(transaction=True)
def test_what_fails_once_it_is_committed_takes_no_file_back(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]

    def unreachable(_ids: object) -> None:
        message = "no index"
        raise OSError(message)

    monkeypatch.setattr(search, "reindex", unreachable)
    for act in (
        lambda: change_pages(
            actor=actor, filed=filed, seen=seen(filed), placed=[Placed(1, turn=90), Placed(2), Placed(3)]
        ),
        lambda: split_document(actor=actor, filed=filed, seen=seen(filed), after=2, described=Described("Phần sau")),
    ):
        with pytest.raises(OSError, match="no index"):
            act()
    made = CaseDocument.objects.get(title="Phần sau")
    for each in (filed.document, made.document):
        assert pages_of(newest_version(each).source_path)
    assert not custody.check_files(case=filed_case.case).findings.exists()


def test_what_is_taken_out_is_in_no_part_of_the_file(tmp_path: Path) -> None:
    """A link and a field lead to the page that goes; the file attached to the whole stays."""
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(pdf_bytes(3, "Biên bản"))
    name, dictionary = pikepdf.Name, pikepdf.Dictionary
    with pikepdf.open(before, allow_overwriting_input=True) as pdf:
        kept, gone = pdf.pages[0], pdf.pages[1]
        field = pdf.make_indirect(
            dictionary(Type=name.Annot, Subtype=name.Widget, FT=name.Tx, T="o", V="TROI BI MAT", P=gone.obj)
        )
        gone.Annots = pikepdf.Array([field])
        pdf.Root.AcroForm = dictionary(Fields=pikepdf.Array([field]))
        where = pikepdf.Array([gone.obj, name.Fit])
        link = dictionary(Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 9, 9], Dest=where)
        kept.Annots = pikepdf.Array([pdf.make_indirect(link)])
        pdf.attachments["bang.txt"] = b"dinh kem"
        content = gone.obj.Contents.read_bytes()
        pdf.save(before)
    rearrange(before, after, [Placed(1), Placed(3)])
    with pikepdf.open(after) as pdf:
        assert len(pdf.pages) == 2
        assert pdf.attachments["bang.txt"].get_file().read_bytes() == b"dinh kem"
        streams = [each.read_bytes() for each in pdf.objects if isinstance(each, pikepdf.Stream)]
        rest = [each.unparse() for each in pdf.objects if not isinstance(each, pikepdf.Stream)]
    assert content not in streams
    assert not any(b"TROI BI MAT" in each for each in rest)


@pytest.mark.django_db
def test_a_document_whose_words_are_being_read_is_not_split(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]
    change_pages(actor=actor, filed=filed, seen=seen(filed), placed=[Placed(1, turn=90), Placed(2), Placed(3)])
    PageChange.objects.update(unread=1)

    def split() -> CaseDocument:
        return split_document(
            actor=actor, filed=filed, seen=seen(filed), after=2, described=Described("Phần sau", None)
        )

    with pytest.raises(Conflict, match="đang được nhận dạng"):
        split()
    PageChange.objects.update(unread_error="Không nhận dạng được")
    assert split().page_count == 1


@pytest.mark.django_db
def test_each_half_says_which_of_its_pages_have_no_words_and_is_read_again(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]
    empty, scan = pikepdf.new(), io.BytesIO()
    empty.add_blank_page(page_size=(595, 842))
    empty.save(scan)
    change_pages(
        actor=actor,
        filed=filed,
        seen=seen(filed),
        placed=[Placed(1), Placed(2), Placed(3), Placed(None, 1)],
        scan=ContentFile(scan.getvalue(), name="trang.pdf"),
        reason="Trang bỏ sót",
    )
    PageChange.objects.update(unread=1, unread_error="Không nhận dạng được")
    made = split_document(
        actor=actor, filed=filed, seen=seen(filed), after=2, described=Described("Phần sau", None), reason="Hai văn bản"
    )
    filed.refresh_from_db()
    known = recognition_of(made)
    assert (recognition_of(filed).state, known.state, known.pages, known.error) == (
        "done",
        "failed",
        1,
        "Không nhận dạng được",
    )
    desk, address = Client(), f"/vks/cases/{filed_case.case.code}/documents/{made.document_id}/pages/"
    desk.force_login(actor)
    page = desk.get(address).content.decode()
    assert (f"{address}recognise/" in page, "Tách tài liệu" in page) == (True, True)
    # this half is asked for by itself
    answer = desk.post(f"/api/vks/documents/{made.document_id}/recognition/")
    assert answer.status_code == (503 if is_stand_in() else 202)
    with pytest.raises(Conflict, match="không có trang nào chờ nhận dạng"):
        recognise_again(actor=actor, filed=filed)


@pytest.mark.django_db
def test_words_that_were_not_recognised_are_asked_for_again(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]
    address = f"/vks/cases/{filed_case.case.code}/documents/{filed.document_id}/pages/"
    route = f"/api/vks/documents/{filed.document_id}/recognition/"
    desk = Client()
    desk.force_login(actor)
    assert desk.get(route).json() == {"state": "done", "pages": 0, "error": "", "since": None}
    with pytest.raises(Conflict, match="không có trang nào chờ nhận dạng"):
        recognise_again(actor=actor, filed=filed)
    change_pages(actor=actor, filed=filed, seen=seen(filed), placed=[Placed(1, turn=90), Placed(2), Placed(3)])
    PageChange.objects.update(unread=1)
    # a worker reads it: nobody asks twice
    assert desk.get(route).json()["state"] == "waiting"
    assert "Nhận dạng lại" not in desk.get(address).content.decode()
    answer = desk.post(f"{address}recognise/")
    assert (answer.status_code, "hãy chờ vài phút" in answer.content.decode()) == (409, True)
    # a worker that is gone does not keep anybody waiting
    PageChange.objects.update(unread_since=timezone.now() - dt.timedelta(hours=2))
    told = desk.get(route).json()
    assert (told["state"], told["pages"], "dừng giữa chừng" in told["error"]) == ("failed", 1, True)
    PageChange.objects.update(unread_error="Không nhận dạng được")
    page = desk.get(address).content.decode()
    assert ("Không nhận dạng được 1 trang chưa có chữ." in page, f"{address}recognise/" in page) == (True, True)
    for who, refusal in (("prosecutor_kv3", NotFound), ("chief_province", NotAllowed), ("clerk_kv1", NotAllowed)):
        with pytest.raises(refusal):
            recognise_again(actor=people[who], filed=filed)
    batch = batch_in("cho_kiem_tra", filed_case, people)
    with pytest.raises(Conflict, match="Chờ kiểm tra chất lượng"):
        recognise_again(actor=people["scanner_kv1"], filed=filed)
    assert f"{address}recognise/" not in desk.get(address).content.decode()
    custody.note_finding(actor=people["inspector_kv1"], batch=batch, document=filed, kind="sai_chieu", page=1)
    custody.send_back(actor=people["inspector_kv1"], batch=batch)
    answer = desk.post(route)
    if is_stand_in():
        assert (answer.status_code, "không nhận dạng được chữ" in answer.json()["detail"]) == (503, True)
        assert desk.get(route).json()["error"] == "Không nhận dạng được"
    else:
        assert (answer.status_code, answer.json()["state"], answer.json()["error"]) == (202, "waiting", "")
        with pytest.raises(Conflict, match="đang được nhận dạng"):
            recognise_again(actor=actor, filed=filed)


@pytest.mark.django_db
def test_pages_are_counted_in_the_file_that_is_worked_on(filed_case: FiledCase) -> None:
    filed = filed_case.documents[1]
    version = newest_version(filed.document)
    version.archive_filename = "khac.pdf"
    version.save()
    assert version.archive_path is not None
    version.archive_path.parent.mkdir(parents=True, exist_ok=True)
    version.archive_path.write_bytes(pdf_bytes(2, "bản khác"))
    try:
        assert count_pages(filed) == 3
    finally:
        version.archive_path.unlink()


@pytest.mark.django_db
def test_who_may_and_when(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed = filed_case.documents[0]
    turned = [Placed(1, turn=90), Placed(2)]
    stale = seen(filed)

    def attempt(who: str, filed: CaseDocument = filed, sum_seen: str = "", placed: Any = turned) -> PageChange:
        return change_pages(actor=people[who], filed=filed, seen=sum_seen or seen(filed), placed=placed)

    with pytest.raises(NotFound):
        attempt("prosecutor_kv3")
    with pytest.raises(NotAllowed):
        attempt("chief_province")
    with pytest.raises(NotAllowed):
        attempt("clerk_kv1")
    attempt("prosecutor_kv1")
    # of two who looked at the same file the second is told
    with pytest.raises(Conflict, match="vừa được người khác thay đổi"):
        attempt("prosecutor_kv1", sum_seen=stale)
    batch = batch_in("cho_kiem_tra", filed_case, people)
    with pytest.raises(Conflict, match="Chờ kiểm tra chất lượng"):
        attempt("scanner_kv1")
    custody.note_finding(actor=people["inspector_kv1"], batch=batch, document=filed, kind="sai_chieu", page=1)
    custody.send_back(actor=people["inspector_kv1"], batch=batch)
    assert attempt("scanner_kv1").pages == 2
    # the supervision file is not in that batch, and its scanner does not work on it
    with pytest.raises(NotAllowed):
        attempt("scanner_kv1", filed_case.internal, placed=[Placed(1, turn=90)])
    assert PageChange.objects.count() == 2


@pytest.mark.django_db
def test_a_signed_file_stays_as_it_is(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed = filed_case.documents[0]
    path = filed.document.source_path
    with pikepdf.open(io.BytesIO(path.read_bytes())) as pdf:
        pdf.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=pikepdf.Array())
        pdf.save(path)
    with pytest.raises(Conflict, match="chữ ký số"):
        change_pages(
            actor=people["prosecutor_kv1"], filed=filed, seen=seen(filed), placed=[Placed(1, turn=90), Placed(2)]
        )


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ([Placed(1), Placed(2), Placed(3)], "1-3"),
        ([Placed(2), Placed(1, turn=90), Placed(4), Placed(5)], "2, 1+90, 4-5"),
        ([Placed(3), Placed(2), Placed(1)], "3, 2, 1"),
        ([Placed(1), Placed(2, 1), Placed(None, 2, 180)], "1, 2=M1, =M2+180"),
    ],
)
def test_the_pages_in_writing(placed: list[Placed], words: str) -> None:
    assert written(placed) == words


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ([], "ít nhất một trang"),
        ([Placed(4)], "không có trang 4"),
        ([Placed(1), Placed(1)], "hai chỗ"),
        ([Placed(1, turn=45)], "90, 180"),
        ([Placed(None)], "không nêu trang"),
        ([Placed(1, 1)], "Hãy chọn tệp PDF"),
    ],
)
def test_pages_that_make_no_file(placed: list[Placed], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_pages(placed, pages=3, scanned=0)


@pytest.mark.django_db
def test_one_document_becomes_two_and_two_become_one_again(
    filed_case: FiledCase, people: dict[str, User], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = batch_in("dang_so_hoa", filed_case, people)
    filed, scanner, procurator = filed_case.documents[1], people["scanner_kv1"], people["prosecutor_kv1"]
    finding = QualityFinding.objects.create(batch=batch, case_document=filed, page=3, kind="mo", found_by=procurator)
    kept = filed.document.source_path.read_bytes()
    with django_capture_on_commit_callbacks(execute=True):
        made = split_document(
            actor=scanner,
            filed=filed,
            seen=seen(filed),
            after=1,
            described=Described("Phiếu chuyển"),
            reason="Quét liền",
        )
    filed = CaseDocument.objects.get(pk=filed.pk)
    assert (filed.page_count, filed.folio_from, filed.folio_to, folio_pages(filed)) == (1, 3, 3, [("3", 1)])
    assert (made.page_count, made.folio_label, folio_pages(made)) == (2, "BL 4–5", [("4", 1), ("5", 2)])
    assert (made.title, made.part, made.document_type_id, made.document.owner) == (
        "Phiếu chuyển",
        "hsva",
        filed.document_type_id,
        filed.document.owner,
    )
    assert orders(readable_pdf(filed.document)) == [("1/3", 0)]
    assert orders(readable_pdf(made.document)) == [("2/3", 0), ("3/3", 0)]
    assert filed.document.source_path.read_bytes() == kept
    finding.refresh_from_db()
    assert (finding.case_document, finding.page) == (made, 2)
    # whoever reads the case reads the new document from the first moment, and nobody else
    readers = {key for key, user in people.items() if made.document_id in may_view(user, [made.document_id])}
    assert readers == {key for key, user in people.items() if filed.document_id in may_view(user, [filed.document_id])}
    assert made.document_id in find_documents(procurator, "Phiếu chuyển")
    assert case_code_on(made.document) == filed_case.case.code
    with pytest.raises(Conflict, match="không liền nhau"):
        merge_documents(
            actor=scanner, filed=made, other=filed, seen=made.sha256, seen_other=filed.sha256, reason="Ngược"
        )
    with django_capture_on_commit_callbacks(execute=True):
        change = merge_documents(
            actor=scanner, filed=filed, other=made, seen=filed.sha256, seen_other=made.sha256, reason="Một văn bản"
        )
    filed = CaseDocument.objects.get(pk=filed.pk)
    assert orders(readable_pdf(filed.document)) == [("1/3", 0), ("2/3", 0), ("3/3", 0)]
    assert (filed.folio_label, filed.page_count, filed.sha256) == ("BL 3–5", 3, change.sha256)
    assert folio_pages(filed) == [("3", 1), ("4", 2), ("5", 3)]
    finding.refresh_from_db()
    assert (finding.case_document, finding.page) == (filed, 3)
    # the other one is an earlier version, with its file, for nobody to find by itself
    assert not CaseDocument.objects.filter(pk=made.pk).exists()
    joined = Document.objects.get(pk=made.document_id)
    assert (joined.root_document_id, joined.source_path.is_file()) == (filed.document_id, True)
    assert not any(may_view(user, [joined.pk]) for user in people.values() if not user.is_superuser)
    assert joined.pk not in find_documents(procurator, "Phiếu chuyển")
    assert case_code_on(joined) is None
    told = {each.kind: each.said["data"] for each in LedgerEntry.objects.order_by("pk")}
    assert (told["document_split"]["new_document"], told["document_split"]["folio_from"]) == (joined.pk, 4)
    assert told["documents_merged"]["merged_sha256"] == told["document_split"]["new_sha256"] == joined.checksum
    assert not custody.check_files(case=filed_case.case).findings.exists()


@pytest.mark.django_db
def test_what_is_not_split_or_merged(filed_case: FiledCase, people: dict[str, User]) -> None:
    first, second, third = filed_case.documents
    actor = people["prosecutor_kv1"]
    before = (Document.global_objects.count(), CaseDocument.objects.count(), list(Folio.objects.values_list()))

    def split(after: int, title: str = "Phần sau", who: str = "prosecutor_kv1") -> None:
        split_document(actor=people[who], filed=second, seen=seen(second), after=after, described=Described(title))

    def merge(filed: CaseDocument, other: CaseDocument) -> None:
        merge_documents(actor=actor, filed=filed, other=other, seen=seen(filed), seen_other=seen(other))

    for after in (0, 3):
        with pytest.raises(BadInput, match="từ 1 đến 2"):
            split(after)
    with pytest.raises(NotAllowed):
        split(1, who="chief_province")
    with pytest.raises(NotFound):
        split(1, who="prosecutor_kv3")
    with pytest.raises(BadInput, match="cùng một phần"):
        merge(first, filed_case.internal)
    with pytest.raises(Conflict, match="không liền nhau"):
        merge(first, third)
    mark = FolioMark.objects.create(case_document=second, page=2, areas=[[0, 0, 1, 1]], created_by=actor)
    with pytest.raises(Conflict, match="đánh dấu"):
        split(1)
    with pytest.raises(Conflict, match="đánh dấu"):
        merge(first, second)
    mark.delete()
    FolioExplanation.objects.create(
        case=second.case,
        finding="gap",
        folio_from=9,
        folio_to=9,
        case_document=second,
        text="Báo cáo",
        explained_by=actor,
    )
    with pytest.raises(Conflict, match="giải trình bút lục"):
        merge(first, second)
    FolioExplanation.objects.all().delete()
    access.draw_up_inventory(actor=actor, case=filed_case.case)
    with pytest.raises(Conflict, match="thống kê tài liệu"):
        split(1)
    with pytest.raises(Conflict, match="thống kê tài liệu"):
        merge(first, second)
    after_all = (Document.global_objects.count(), CaseDocument.objects.count(), list(Folio.objects.values_list()))
    assert after_all == before


def keep_archive_copy(filed: CaseDocument, text: str) -> Path:
    """Let the host have an archive copy of a document, whose words are others than those of its original."""
    document = filed.document
    Path(django_settings.ARCHIVE_DIR).mkdir(parents=True, exist_ok=True)
    path = Path(django_settings.ARCHIVE_DIR) / "copy.pdf"
    path.write_bytes(pdf_bytes(filed.page_count or 1, text))
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    Document.objects.filter(pk=document.pk).update(archive_filename="copy.pdf", archive_checksum=checksum)
    document.refresh_from_db()
    return path


@pytest.mark.django_db
def test_recognised_words_stay_with_their_pages(filed_case: FiledCase, people: dict[str, User]) -> None:
    filed = filed_case.documents[1]
    before = keep_archive_copy(filed, "Chữ đã nhận dạng")
    kept = before.read_bytes()
    placed = [Placed(2), Placed(1), Placed(3, turn=90)]
    change_pages(actor=people["prosecutor_kv1"], filed=filed, seen=seen(filed), placed=placed, numbers="place")
    newest = newest_version(filed.document)
    assert newest.archive_path is not None
    assert orders(newest.archive_path) == [("2/3", 0), ("1/3", 0), ("3/3", 90)] == orders(newest.source_path)
    assert all("Chữ đã nhận dạng" in text for text, _turn in pages_of(newest.archive_path))
    assert "Chữ đã nhận dạng" in newest.content
    assert "Chữ đã nhận dạng" not in pages_of(newest.source_path)[0][0]
    assert before.read_bytes() == kept
    assert not custody.check_files(case=filed_case.case).findings.exists()


@pytest.mark.django_db
@pytest.mark.slow
def test_words_of_a_new_scan_are_recognised_and_found(
    filed_case: FiledCase,
    people: dict[str, User],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    settings: Any,
) -> None:
    if is_stand_in():
        pytest.skip("the stand-in recognises no words")
    filed, actor = filed_case.documents[1], people["prosecutor_kv1"]
    with pypdfium2.PdfDocument(pdf_bytes(1, "Biên bản khám nghiệm")) as pdf:
        picture = pdf[0].render(scale=2).to_pil()
    scanned = io.BytesIO()
    picture.save(scanned, "PDF", resolution=144)
    file = ContentFile(scanned.getvalue(), name="mờ.pdf")
    # the languages of the recognition are mistyped: the page is there, its words are not
    languages, settings.OCR_LANGUAGE = settings.OCR_LANGUAGE, "khong_co"
    with django_capture_on_commit_callbacks(execute=True):
        change = change_pages(
            actor=actor,
            filed=filed,
            seen=seen(filed),
            placed=[Placed(1), Placed(2, 1), Placed(3)],
            scan=file,
            reason="Trang 2 mờ",
        )
    assert (recognition_of(filed).state, recognition_of(filed).pages) == ("failed", 1)
    settings.OCR_LANGUAGE = languages
    with django_capture_on_commit_callbacks(execute=True):
        recognise_again(actor=actor, filed=filed)
    change.refresh_from_db()
    assert (change.unread, change.unread_error) == (0, "")
    newest = newest_version(filed.document)
    assert (newest.pk, newest.checksum) == (change.version, change.sha256)
    assert newest.archive_path is not None
    words = [text for text, _turn in pages_of(newest.archive_path)]
    assert len(words) == 3
    assert "khám nghiệm" in words[1]
    assert "trang 1/3" in words[0]
    # the original is what was scanned, without words
    assert pages_of(newest.source_path)[1][0] == ""
    assert filed.document_id in find_documents(actor, "khám nghiệm")
    assert not custody.check_files(case=filed_case.case).findings.exists()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_pages_at_once_one_is_told(filed_case: FiledCase, people: dict[str, User]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction writes at a time")
    filed, begin = filed_case.documents[1], threading.Barrier(2)
    before = seen(filed)

    def change(turn: int) -> str:
        try:
            begin.wait(timeout=30)
            placed = [Placed(1, turn=turn), Placed(2), Placed(3)]
            return change_pages(actor=people["prosecutor_kv1"], filed=filed, seen=before, placed=placed).page_map
        except Conflict as error:
            return error.message
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(change, (90, 180)))
    assert told[0].startswith("1+")
    assert "vừa được người khác thay đổi" in told[1]
    assert PageChange.objects.get().page_map == told[0]
    assert Document.objects.filter(root_document_id=filed.document_id).count() == 1
    assert not custody.check_files(case=filed_case.case).findings.exists()
