"""Index cards in place of papers that are state secrets: their folios count, and nothing of the papers is kept."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.test import TestCase

from tests.cases.papers import paper
from tests.people import file_pdf, waiting
from vks_plugin.access import actions as access
from vks_plugin.cases.folio_queries import folio_report, propose_numbering
from vks_plugin.cases.folios import Label
from vks_plugin.cases.models import CaseFile, WithheldPaper
from vks_plugin.cases.record import WITHHELD
from vks_plugin.errors import BadInput, Conflict, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CatalogueType

pytestmark = pytest.mark.django_db


def card(actor: User, case: CaseFile, **given: Any) -> WithheldPaper:
    """Write an index card."""
    values = {
        "level": WithheldPaper.Level.SECRET,
        "number": "12/BC",
        "dated": dt.date(2026, 3, 1),
        "kept_at": "Két của bộ phận mật",
    }
    made: WithheldPaper = access.add_entry(actor=actor, case=case, part="withheld", values=values | given)
    return made


def test_folios_of_a_paper_that_is_not_stored_are_no_gap_and_are_not_given_again(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    paper(case, catalogue["CT"], 2, folio_from=1, folio_to=2)
    paper(case, catalogue["BBHC"], 1, folio_from=6, folio_to=6)
    assert [str(each.first) for each in folio_report(case).defects if each.finding == "gap"] == ["3"]
    card(people["prosecutor_kv1"], case, folio_from=3, folio_to=5)
    assert [each for each in folio_report(case).defects if each.finding == "gap"] == []
    # those behind the last document count too
    card(people["prosecutor_kv1"], case, number="13/BC", folio_from=7, folio_to=8)
    paper(case, catalogue["BBHC"], 1)
    assert propose_numbering(case).first == 9


def test_a_folio_is_of_one_paper_wherever_it_lies(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    taken = case.folios.filter(number__isnull=False)[0]
    with pytest.raises(Conflict, match=taken.case_document.title):
        card(actor, case, folio_from=taken.number)
    first = card(actor, case, folio_from=700, folio_to=710)
    with pytest.raises(Conflict, match=r"12/BC \(01/03/2026\)"):
        card(actor, case, number="13/BC", folio_from=710)
    # of itself it takes nothing
    access.change_entry(actor=actor, entry=first, values={"folio_to": 705})
    single = card(actor, case, number="13/BC", folio_from=710)
    assert (single.folio_from, single.folio_to) == (710, 710)
    with pytest.raises(Conflict, match=r"thẻ chỉ dẫn 12/BC \(01/03/2026\)"):
        file_pdf(actor=actor, case=case, document_type=catalogue["CT"], pages=2, folio_from=699, folio_to=700)
    assert not IntakeItem.objects.filter(case=case, folio_from=699).exists()


def test_a_folio_is_not_corrected_into_that_of_a_card(filed_case: FiledCase, people: dict[str, User]) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    last = max(folio.number or 0 for folio in case.folios.all())
    card(actor, case, folio_from=last + 1)
    before = list(case.folios.order_by("pk").values())
    with pytest.raises(Conflict, match="thẻ chỉ dẫn"):
        access.correct_folios(actor=actor, case=case, first=Label(last), right=Label(last + 1), text="Ghi nhầm số")
    assert list(case.folios.order_by("pk").values()) == before


def test_a_card_takes_no_folio_of_a_file_that_waits(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    waiting(actor=actor, case=case, document_type=catalogue["CT"], first=40, last=42)
    with pytest.raises(Conflict, match="đang chờ xử lý"):
        card(actor, case, folio_from=42, folio_to=43)
    assert not case.withheld_papers.exists()


@pytest.mark.parametrize("folios", [{"folio_from": 9, "folio_to": 8}, {"folio_to": 4}, {"folio_from": 0}])
def test_folios_that_make_no_sense_are_refused(case: CaseFile, people: dict[str, User], folios: dict[str, int]) -> None:
    with pytest.raises(BadInput) as refusal:
        card(people["prosecutor_kv1"], case, **folios)
    assert refusal.value.field == "folio_from"
    assert not case.withheld_papers.exists()


@pytest.mark.parametrize("missing", ["level", "number", "dated", "kept_at"])
def test_a_card_tells_number_day_and_place(case: CaseFile, people: dict[str, User], missing: str) -> None:
    with pytest.raises(VksError) as refusal:
        card(people["prosecutor_kv1"], case, **{missing: None if missing == "dated" else ""})
    assert refusal.value.field == missing


def test_no_field_of_a_card_has_room_for_what_the_paper_says() -> None:
    longest = {
        name: field.max_length or 0
        for name in WITHHELD.fields
        if isinstance(field := WithheldPaper._meta.get_field(name), models.CharField)
    }
    assert max(longest.values()) <= 200
    assert set(WITHHELD.fields) == {"level", "number", "dated", "kept_at", "folio_from", "folio_to"}


def test_the_history_keeps_what_a_card_said(case: CaseFile, people: dict[str, User]) -> None:
    written = card(people["prosecutor_kv1"], case)
    access.remove_entry(actor=people["prosecutor_kv1"], entry=written, reason="Văn bản đã giải mật")
    told = [row for change in case.changes.filter(subject="withheld") for row in change.values]
    assert ["kept_at", "", "Két của bộ phận mật"] in told
    assert ["kept_at", "Két của bộ phận mật", ""] in told


def test_a_file_that_is_tried_again_has_lost_its_folios_to_a_card(
    case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], settings: Any
) -> None:
    actor = people["prosecutor_kv1"]
    thumbnails = settings.THUMBNAIL_DIR
    thumbnails.parent.mkdir(parents=True, exist_ok=True)
    # the host fails while it stores
    thumbnails.write_text("in the way")
    with TestCase.captureOnCommitCallbacks(execute=True):
        item = file_pdf(actor=actor, case=case, document_type=catalogue["CT"], folio_from=5)
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.FAILED
    thumbnails.unlink()
    card(actor, case, folio_from=5)
    with pytest.raises(Conflict, match="thẻ chỉ dẫn"):
        filing.retry_failed(actor=actor, item=item)
    item.refresh_from_db()
    assert item.status == IntakeItem.Status.FAILED


def test_a_folio_put_in_between_is_of_another_paper(
    filed_case: FiledCase, people: dict[str, User], catalogue: dict[str, CatalogueType]
) -> None:
    actor, case = people["prosecutor_kv1"], filed_case.case
    last = filed_case.documents[-1]
    assert last.folio_from == 6
    between = paper(case, catalogue["CT"], 1)
    access.add_folio(actor=actor, case=case, document=between, label=Label(6, "a"), page=1, text="Bỏ sót một tờ")
    for filed, title in ((last, "Biên bản, tên sửa lại"), (between, "Cáo trạng, tên sửa lại")):
        filing.describe(actor=actor, filed=filed, document_type=filed.document_type, title=title)
        filed.refresh_from_db()
        assert filed.title == title
