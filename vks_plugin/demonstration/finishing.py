"""What can only be done once the papers are in: files handed over and lent, a file sealed and shown in court, an old one on its way to be destroyed.

A task behind those that take the papers in, so that nobody waits for it at the start. It does what is missing, and is sent
again at every start.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any

from celery import shared_task
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from vks_plugin.access import actions as access
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import CaseFile
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.redaction import Mark
from vks_plugin.court.redactions import confirm_read, redact_document
from vks_plugin.court.sessions.actions import import_log
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.words import Box
from vks_plugin.custody import actions as custody
from vks_plugin.custody.actions import accession, sealing
from vks_plugin.custody.actions.retention import change_rule
from vks_plugin.custody.models import AccessionItem, RetentionRule
from vks_plugin.custody.queries import papers_to_seal
from vks_plugin.custody.queries.retention import standings
from vks_plugin.custody.retention import LIMITED
from vks_plugin.demonstration.paper import hand_files_over, lend_files
from vks_plugin.disposal import actions as disposal
from vks_plugin.disposal.models import DestructionItem
from vks_plugin.errors import VksError
from vks_plugin.language import speaking

logger = logging.getLogger("paperless.vks.demonstration")

SEALED = "HS-QN-KV3-2025-0001"
"""Before the court: its file is sealed, and something of it was shown today."""
FINISHED = "HS-QN-KV1-2025-0003"
"""Stopped lately: it waits for the archivist to take it."""
OVER = "HS-QN-KV1-2025-0004"
"""Stopped long ago: its disposal waits for the second approval."""
_YEARS = 10
_CLOSING = (
    "- Thông báo khởi tố vụ án: BL 1\n"
    "- Biên bản niêm phong vật chứng: BL 7–9\n"
    "- Đề nghị Hội đồng xét xử xem xét các chứng cứ đã chiếu"
)
_INVENTED = "Thời hạn giả định của bản trình diễn, không lấy từ quy định nào"


@shared_task(name="vks.demonstration.finish", ignore_result=True)
def finish() -> None:
    """Do what is missing; what the people of the demonstration changed meanwhile may stand in the way, and stays so."""
    for step in (hand_files_over, lend_files, _seal, _show, _hand_to_archive, _dispose):
        try:
            with speaking("vi"), transaction.atomic():
                step()
        except VksError as error:
            logger.info("the demonstration goes without %s: %s", step.__name__, type(error).__name__)


def _person(username: str) -> User:
    return User.objects.get(username=username)


def _case(code: str) -> CaseFile:
    return CaseFile.objects.select_related(*FACTS).get(code=code)


def _seal() -> None:
    """Let the clerk digitise the file, the leader check it, the prosecutor confirm it, and seal it."""
    case, clerk = _case(SEALED), _person("vanthu.kv3")
    if case.digitisation_batches.exists():
        return
    batch = custody.open_batch(actor=clerk, case=case)
    batch = custody.move_batch(actor=clerk, batch=batch, name="start")
    pages = sum(each.page_count or 0 for each in papers_to_seal(batch))
    custody.note_step(actor=clerk, batch=batch, step="quet", pages=pages)
    batch = custody.move_batch(actor=clerk, batch=batch, name="submit")
    batch = custody.pass_quality(actor=_person("vt.kv3"), batch=batch)
    access.draw_up_inventory(actor=clerk, case=case)
    batch = custody.confirm(actor=_person("ksv1.kv3"), batch=batch)
    batch = sealing.request_seal(actor=clerk, batch=batch)
    # this is the worker; what was sent to it finds nothing to do
    sealing.run_seal(batch.pk)


def _show() -> None:
    """Let the prosecutor make a package, show two papers of it at the session of today, and bring the log back."""
    case, lead = _case(SEALED), _person("ksv1.kv3")
    held = CourtSession.objects.filter(case=case, state="da_dien_ra").first()
    if held is None or held.logs.exists() or held.starts_on != timezone.localdate():
        return
    made = decks.create_presentation(actor=lead, case=case, title="Trình chiếu tại phiên tòa sơ thẩm")
    papers = case.documents.filter(document_type__code__in=["QDKTVA", "BBNP"]).order_by("folio_from")
    asked_for = case.documents.filter(document_type__code="LTG")
    wanted: list[dict[str, Any]] = [
        {"kind": "tieu_de", "title": "Trình chiếu tại phiên tòa sơ thẩm"},
        {"kind": "so_do", "diagram": "quan_he", "title": "Hành vi và chứng cứ", "edits": _acts(case)},
        {"kind": "so_do", "diagram": "dien_bien", "title": "Diễn biến vụ án", "edits": {"boxes": [_RESCUE]}},
        *({"kind": "but_luc", "case_document": filed} for filed in papers),
        *_illustrated(lead, case),
        {"kind": "noi_dung", "title": "Kết luận (minh họa)", "text": _CLOSING},
        # what nobody plans to show, and somebody asks for by its number
        *({"kind": "but_luc", "case_document": filed, "state": "du_phong"} for filed in asked_for),
    ]
    for values in wanted:
        decks.add_slide(actor=lead, presentation=made, values=values)
    export = decks.request_deck(actor=lead, presentation=made)
    decks.build_deck(export.pk)
    export.refresh_from_db()
    if export.status != DeckExport.Status.DONE:
        return
    now = timezone.now()
    slides = [slide for slide in export.contents["slides"] if slide["pages"]][: len(papers)]
    entries = [
        {
            "slide": slide["number"],
            "page": slide["pages"][0],
            "shown_at": (now - dt.timedelta(minutes=10 - 4 * place)).isoformat(),
            "ended_at": (now - dt.timedelta(minutes=7 - 4 * place)).isoformat(),
        }
        for place, slide in enumerate(slides)
    ]
    log = {
        "format": "vks-shown/1",
        "package": str(export.pk),
        "manifest_sha256": export.manifest_sha256,
        "entries": entries,
    }
    import_log(actor=lead, session=held, content=json.dumps(log).encode())


_RESCUE = {"key": "own:1", "kind": "event", "label": "Người dân đưa bị hại đi cấp cứu", "day": "2022-08-19"}


def _acts(case: CaseFile) -> dict[str, Any]:
    """Return acts, a place and lines as a procurator adds them by hand to what the record has."""
    accused, harmed = case.accused.all()[0], case.people.filter(role="victim")[0]
    person, victim, knife = f"accused:{accused.pk}", f"person:{harmed.pk}", f"exhibit:{case.exhibits.all()[0].pk}"
    charge = f"charge:{case.charges.all()[0].pk}"
    quarrel, stab, place = "own:1", "own:2", "own:3"
    return {
        "boxes": [
            {"key": quarrel, "kind": "act", "label": "Cãi nhau, quay về lấy dao", "day": "2022-08-19", "folio": "1"},
            {"key": stab, "kind": "act", "label": "Đâm vào tay trái bị hại", "day": "2022-08-19", "folio": "13"},
            {"key": place, "kind": "place", "label": "Quán nước đầu cổng chợ"},
        ],
        "added": [[person, quarrel], [quarrel, stab], [stab, victim], [stab, place], [stab, knife]],
        "words": [
            [quarrel, stab, "15 phút sau"],
            [stab, victim, "gây thương tích"],
            [stab, place, "xảy ra tại"],
            [stab, knife, "hung khí"],
        ],
        # they lead through the act now
        "removed": [[charge, victim], [charge, knife]],
    }


def _illustrated(lead: User, case: CaseFile) -> list[dict[str, Any]]:
    """Mark a place, take one out, and return slides that show both, and a page with numbers as a scene plan has them."""
    opened, sealing_record, asked = (
        case.documents.filter(document_type__code=code).get() for code in ("QDKTVA", "BBNP", "DKBC")
    )
    decks.add_mark(
        actor=lead,
        case=case,
        document_id=opened.document_id,
        page=1,
        area=[0.12, 0.2, 0.76, 0.06],
        note="Chỉ vào số và ngày.",
        shared=True,
    )
    copy = redact_document(
        actor=lead,
        filed=asked,
        marks=[Mark(page=1, box=Box(90.0, 240.0, 420.0, 262.0), kind="khung")],
        ground="khac",
        reason="Minh họa của bản trình diễn",
    )
    confirm_read(actor=lead, filed=asked, sha256=copy.sha256)
    numbers = [
        {
            "number": 1,
            "x": 0.3,
            "y": 0.35,
            "document": sealing_record.document_id,
            "page": 2,
            "caption": "Niêm phong số 1",
        },
        {
            "number": 2,
            "x": 0.65,
            "y": 0.55,
            "document": sealing_record.document_id,
            "page": 3,
            "caption": "Niêm phong số 2",
        },
    ]
    plan = {"kind": "hien_truong", "case_document": sealing_record, "title": "Vị trí niêm phong (minh họa)"}
    return [plan | {"markers": numbers}, {"kind": "but_luc", "case_document": asked, "redacted": True}]


def _hand_to_archive() -> None:
    """Let the clerk have finished files packed, with the papers in them; the archivist takes them, or sends them back."""
    for code in (FINISHED, OVER):
        if not AccessionItem.objects.filter(case__code=code).exists():
            row = accession.prepare(actor=_person("vanthu.kv1"), codes=[code])
            # this is the worker; what was sent to it finds nothing to do
            accession.run_packing(row.pk)


def _dispose() -> None:
    """Let the archive take the old file, find its period over, and the leader of the office approve its disposal."""
    case, archivist = _case(OVER), _person("luutru.kv1")
    item = AccessionItem.objects.filter(case=case, accession__state="cho_luu_tru").first()
    if item is None or DestructionItem.objects.filter(case=case).exists():
        return
    accession.accept(actor=archivist, pk=item.accession_id)
    (found,) = standings([_case(OVER)])
    rule = found.retention.rule
    if rule is not None and rule.term != LIMITED:
        row = RetentionRule.objects.get(kind=rule.kind, crime_class=rule.crime_class, outcome=rule.outcome)
        change_rule(
            actor=_person("luutru.tinh"),
            rule_id=row.pk,
            term=LIMITED,
            years=_YEARS,
            source=_INVENTED,
            reason="Để trình diễn một đợt tiêu hủy",
        )
    drafted = disposal.draft(
        actor=archivist, codes=[OVER], reason="Hết thời hạn bảo quản, không còn giá trị sử dụng (giả định)."
    )
    disposal.submit(actor=archivist, pk=drafted.pk)
    disposal.approve(actor=_person("vt.kv1"), pk=drafted.pk)
