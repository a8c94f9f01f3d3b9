"""What the tests of the API share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone
from rest_framework.test import APIClient

from tests.cases.papers import paper
from tests.people import FiledCase, file_pdf, filed_papers, pdf_bytes
from tests.stages import Stage, kept_as, leaves_no_trace
from vks_plugin.access import actions as access
from vks_plugin.access import temporary
from vks_plugin.access.models import AccessEntry, GrantSweep
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.models import CaseFile, CaseImport, CatalogueType, SavedFilter
from vks_plugin.court import actions as court
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.models import DeckExport, FolioMark, Presentation, Video
from vks_plugin.court.deck.videos import keep_video
from vks_plugin.court.models import Bundle, Redaction, RedactionWork
from vks_plugin.court.redaction import Mark
from vks_plugin.court.redactions import redact_document
from vks_plugin.court.sessions.actions import plan_session
from vks_plugin.court.words import Box
from vks_plugin.custody import actions as custody
from vks_plugin.custody.actions.hand_overs import Terms, hand_over
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import grants_of

if TYPE_CHECKING:
    from vks_plugin.cases.models import CaseDocument, DocumentInventory
    from vks_plugin.custody.models import DigitisationBatch, HandOver

Snapshot = dict[str, Any]

WHY = "Bị can trốn, cần hồ sơ ngay trong đêm để ra lệnh bắt."
"""Why somebody needs a case; a request that says so waits in `everything`, asked by `inspector_kv1`."""


VIDEO = Path(__file__).parent.parent / "court" / "deck" / "files" / "h264.mp4"


@dataclass(frozen=True)
class Everything:
    """One of each thing the API can tell about, all of it `prosecutor_kv1`'s case."""

    filed: FiledCase
    bundle: Bundle
    """Finished."""
    failed: IntakeItem
    unfiled: Document
    """In the DMS, `prosecutor_kv1`'s own, in no case."""
    loose: CaseDocument
    """In the case file, two pages, without folios."""
    inventory: DocumentInventory
    """Over the three documents that have folios."""
    batch: DigitisationBatch
    """Of the case file, open, nothing done yet."""
    record: dict[str, Any]
    """A row of each part of the record, by its place in an address."""
    handed: HandOver
    """The file comes from outside and waits for its office to receive it."""
    presentation: Presentation
    """With one slide, a diagram."""
    deck: DeckExport
    """Finished, of that presentation."""
    mark: FolioMark
    """On the first document, shared."""
    video: Video
    """Of the first document."""
    redaction: Redaction
    """Of the second document, read by nobody."""
    redaction_work: RedactionWork
    """A search in the first document that waits to be chosen from."""


@pytest.fixture
def as_person(people: dict[str, User]) -> Callable[[str], APIClient]:
    """Return a function from a person's key to a client signed in as that person."""

    def sign_in(key: str) -> APIClient:
        client = APIClient()
        client.force_login(people[key])
        return client

    return sign_in


def stored_files() -> list[tuple[str, int]]:
    """Return path and size of every file of ours and of the host."""
    return sorted(
        (str(path), path.stat().st_size)
        for folder in (settings.DATA_DIR / "vks", settings.MEDIA_ROOT)
        for path in folder.rglob("*")
        if path.is_file()
    )


class _Writes:
    """Tells whether SQLite's rows may differ from what they were, by its own count of rows it wrote."""

    def __init__(self) -> None:
        self._noted = self._taken_back = 0
        self._savepoints: dict[str, object] = {}

    @property
    def state(self) -> object:
        """Another one once a row was written, by whatever way and triggers too, or such a writing was taken back."""
        return (_written() - self._noted, self._taken_back)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Have a statement executed and look at what it did."""
        word, _space, rest = sql.partition(" ")
        if word == "SAVEPOINT":
            self._savepoints[rest] = self.state
        elif word == "ROLLBACK" and self._savepoints.get(rest.removeprefix("TO SAVEPOINT ")) != self.state:
            self._taken_back += 1
        before = _written()
        try:
            return execute(sql, params, many, context)
        finally:
            if sql.startswith(_NOTED):
                self._noted += _written() - before


def _written() -> int:
    """Return how many rows the connection of the test ever wrote."""
    return getattr(connection.connection, "total_changes", 0)


_BESIDE = (GrantSweep, AccessEntry)
"""The first request of a day notes the day there; what is refused is noted, which changes nothing of a case."""

_NOTED = tuple(f"INSERT INTO {name} " for each in _BESIDE for name in (each._meta.db_table, f'"{each._meta.db_table}"'))


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Iterator[Callable[[], Snapshot]]:
    """Return a function that tells every row of ours, the host's documents with their grants, and every file.

    Tests ask hundreds of times: where nothing but this connection can write, and it counts what it writes, the rows are
    those of the last time until it has written.
    """
    writes = _Writes()
    counted = connection.vendor == "sqlite" and leaves_no_trace(request)
    last: tuple[object, Snapshot] | None = None

    def take() -> Snapshot:
        nonlocal last
        if last is None or last[0] != writes.state or not counted:
            last = (writes.state, _rows())
        return last[1] | {"files": stored_files()}

    with connection.execute_wrapper(writes):
        yield take


def _rows() -> Snapshot:
    rows: Snapshot = {}
    name = connection.ops.quote_name
    # the database's own rows, for which nothing is put together
    with connection.cursor() as cursor:
        for model in apps.get_app_config("vks").get_models():
            if model not in _BESIDE:
                cursor.execute(
                    f"SELECT * FROM {name(model._meta.db_table)} ORDER BY {name(str(model._meta.pk.column))}"
                )
                rows[model.__name__] = cursor.fetchall()
    ids = list(Document.global_objects.order_by("pk").values_list("pk", flat=True))
    rows["host"] = list(Document.global_objects.order_by("pk").values_list("pk", "title", "owner_id", "created"))
    rows["grants"] = {pk: sorted(found) for pk, found in grants_of(ids).items()}
    rows["members"] = sorted(Group.objects.values_list("name", "user__username"))
    return rows


_made: dict[Any, Everything] = {}
"""What was made, by its bundle."""


def _make_everything(filed: FiledCase | None = None) -> Everything:
    with transaction.atomic():
        before = len(connection.run_on_commit)
        made = _everything(filed or filed_papers(CaseFile.objects.select_related(*FACTS).get()))
        # the failed file must never reach the host
        del connection.run_on_commit[before:]
    _made[made.bundle.pk] = made
    return made


@pytest.fixture
@kept_as("everything", _make_everything)
def everything(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType], stage: Stage
) -> Everything:
    """Return one of each thing."""
    if "everything" not in stage:
        return _make_everything(filed_case)
    made = _made[Bundle.objects.filter(pk__in=_made).get().pk]
    return replace(
        made, filed=filed_case, **{name: _again(value) for name, value in vars(made).items() if name != "filed"}
    )


def _again(value: Any) -> Any:
    """Return a row, or several by name, as the database has them now."""
    if isinstance(value, dict):
        return {name: _again(each) for name, each in value.items()}
    return type(value)._base_manager.get(pk=value.pk)


def _everything(filed_case: FiledCase) -> Everything:
    people = {each.username: each for each in User.objects.all()}
    types = {each.code: each for each in CatalogueType.objects.all()}
    owner = people["prosecutor_kv1"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        bundle = court.request_bundle(actor=owner, case=filed_case.case)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.DONE, bundle.error
    failed = file_pdf(actor=owner, case=filed_case.case, document_type=types["CT"], number="77")
    filing.mark_failed(failed.pk, "Máy chủ không đọc được tệp này.")
    failed.refresh_from_db()
    record = fill_record(owner, filed_case.case)
    inventory = access.draw_up_inventory(actor=owner, case=filed_case.case)
    loose = paper(filed_case.case, types["BBHC"], 2, title="Bản tự khai", content=pdf_bytes(2, "Bản tự khai"))
    leader = people["chief_kv1"]
    SavedFilter.objects.create(user=leader, name="Riêng của lãnh đạo", query="q=anh")
    tried = CaseImport.objects.create(user=leader, filename="ds.csv", status="checked", total=1, done=1)
    tried.rows.create(row=2, first_row=2, outcome="refused", sentences=["Ô B2 “Tên vụ án”: Vụ kín của Nguyễn Văn Ánh."])
    temporary.request_emergency(actor=people["inspector_kv1"], code=filed_case.case.code, reason=WHY, hours=2)
    until = timezone.localdate() + dt.timedelta(days=5)
    custody.request_loan(
        actor=people["inspector_kv1"], code=filed_case.case.code, form="electronic", purpose=WHY, until=until
    )
    batch = custody.open_batch(actor=owner, case=filed_case.case)
    handed = hand_over(
        actor=people["clerk_kv1"],
        case=filed_case.case,
        terms=Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency="Công an tỉnh"),
    )
    plan_session(
        actor=owner,
        case=filed_case.case,
        values={"court": "Tòa án kín đáo", "starts_on": timezone.localdate(), "is_learning": True},
    )
    return Everything(
        filed_case,
        bundle,
        failed,
        unfiled_document(owner),
        loose,
        inventory,
        batch,
        record,
        handed,
        *shown_in_court(owner, filed_case),
        *taken_out(owner, filed_case),
    )


def taken_out(owner: User, filed: FiledCase) -> tuple[Redaction, RedactionWork]:
    """Make a redacted copy of the second document, and a search in the first."""
    frame = [Mark(1, Box(50, 50, 300, 90), "khung")]
    copy = redact_document(actor=owner, filed=filed.documents[1], marks=frame, ground="bao_ve", reason="Lý do kín đáo")
    first = filed.documents[0]
    row = {"filing": first.pk, "sha256": first.sha256, "source_sha256": "0" * 64, "pages": 2, "error": ""}
    row |= {"marks": [[1, 50.0, 50.0, 300.0, 90.0, "nguoi", "Người kín đáo"]], "unsearched": [[2, "khong_chu"]]}
    work = RedactionWork.objects.create(
        case=filed.case,
        requested_by=owner,
        status=RedactionWork.Status.FOUND,
        title="Người kín đáo",
        document_ids=[first.document_id],
        found=[row],
    )
    return copy, work


def shown_in_court(owner: User, filed: FiledCase) -> tuple[Presentation, DeckExport, FolioMark, Video]:
    """Make a presentation of a case, a deck that stands for one, a mark and a video."""
    made = decks.create_presentation(actor=owner, case=filed.case, title="Phiên tòa kín đáo")
    diagram = {"kind": "so_do", "diagram": "quan_he", "title": "Sơ đồ kín đáo", "notes": "Hỏi kín đáo"}
    decks.add_slide(actor=owner, presentation=made, values=diagram)
    deck = DeckExport.objects.create(
        presentation=made,
        format="pdf",
        status=DeckExport.Status.DONE,
        document_ids=filed.host_ids[:1],
        requested_by=owner,
    )
    deck.path.parent.mkdir(parents=True, exist_ok=True)
    deck.path.write_bytes(pdf_bytes(1))
    mark = decks.add_mark(
        actor=owner,
        case=filed.case,
        document_id=filed.host_ids[0],
        page=1,
        area=[0.1, 0.1, 0.2, 0.2],
        note="Chỗ kín đáo",
        shared=True,
    )
    with VIDEO.open("rb") as file:
        size, document = VIDEO.stat().st_size, filed.host_ids[0]
        video = keep_video(actor=owner, case=filed.case, file=file, size=size, document=document, title="Video kín đáo")
    return made, deck, mark, video


def new_row(part: str, accused: int) -> dict[str, Any]:
    """Return what a request says to add a row to a part of the record."""
    rows: dict[str, dict[str, Any]] = {
        "accused": {"full_name": "Vũ Thị Ỷ", "birth_date": "1991-02-03", "sex": "nu", "id_number": "022191000001"},
        "people": {"full_name": "Bế Văn Bị Hại", "role": "victim", "is_minor": False, "contact": "Phường Bãi Cháy"},
        "charges": {"accused": accused, "text": "173.2", "decision_no": "12/QĐ", "charged_on": "2026-03-02"},
        "measures": {"accused": accused, "kind": "cam_di_khoi_noi_cu_tru", "starts_on": "2026-03-06"},
        "exhibits": {"name": "Dao rựa", "quantity": "01 con", "location": "Kho vật chứng", "sealed_on": "2026-03-03"},
        "withheld": {"level": "toi_mat", "number": "07/BC", "dated": "2026-03-01", "kept_at": "Két số 2"},
        "relations": {"relation": "lien_quan", "other_text": "Vụ 12/2020 của Viện kiểm sát tỉnh bạn"},
        "volumes": {"number": 2, "title": "Tập 2"},
    }
    return rows[part]


def fill_record(actor: User, case: CaseFile) -> dict[str, Any]:
    """Enter a row of every part of a case's record; nothing hangs on the accused among them."""
    first = case.accused.all()[0]
    day = dt.date(2026, 3, 2)
    rows: dict[str, Any] = {
        "charges": access.charge(actor=actor, case=case, accused=first, given=ChargeInput(text="173.1", charged_on=day))
    }
    values: dict[str, dict[str, Any]] = {
        "accused": {"full_name": "Vũ Văn Ẩn"},
        "person": {"full_name": "Lò Thị Chứng", "role": "witness", "is_protected": True},
        "measure": {"accused": first, "kind": "cam_di_khoi_noi_cu_tru", "starts_on": day},
        "exhibit": {"name": "Xe máy", "features": "Biển số che"},
        "withheld": {"level": "mat", "number": "12/BC", "dated": day, "kept_at": "Két số 1"},
        "relation": {"relation": "lien_quan", "other_text": "Vụ ở tỉnh bạn"},
        "volume": {"number": 1, "title": "Tập 1"},
    }
    for part, given in values.items():
        place = {"person": "people", "accused": "accused", "withheld": "withheld"}.get(part, f"{part}s")
        rows[place] = access.add_entry(actor=actor, case=case, part=part, values=given)
    return rows


def unfiled_document(owner: User, title: str = "Công văn chưa vào hồ sơ") -> Document:
    """Return a new document of the DMS that is in no case."""
    number = Document.global_objects.count() + 1
    return Document.objects.create(
        title=title,
        content="Công văn phối hợp",
        mime_type="application/pdf",
        checksum=f"{number:064x}",
        page_count=3,
        owner=owner,
    )
