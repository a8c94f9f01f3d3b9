"""Stamping, numbering, correcting: the acts, with what they write and what they refuse."""

from __future__ import annotations

import datetime as dt
import io
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from tests.api.conftest import snapshot
from tests.cases.papers import paper
from tests.people import file_pdf
from vks_plugin.access import actions as access
from vks_plugin.cases.actions.folios import claimed
from vks_plugin.cases.folio_queries import folio_report, folio_state, propose_numbering, waiting_documents
from vks_plugin.cases.folios import Label, cited
from vks_plugin.cases.models import CaseDocument, CaseFile, Folio, FolioExplanation, FolioProfile, Volume
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.filing import actions as filing
from vks_plugin.language import speaking
from vks_plugin.management.commands.vks_setup import load_missing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from vks_plugin.cases.models import CatalogueType

__all__ = ["snapshot"]

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 2)


@pytest.fixture
def profiles(catalogue: dict[str, CatalogueType]) -> dict[str, FolioProfile]:
    """Return the shipped profiles by code."""
    return {each.code: each for each in FolioProfile.objects.all()}


@pytest.fixture
def loose(case: CaseFile, catalogue: dict[str, CatalogueType]) -> list[CaseDocument]:
    """Return four documents without folios, filed out of order: 2, 1, 3 and 2 pages."""
    return [
        paper(case, catalogue["CT"], 2, date=dt.date(2026, 6, 1)),
        paper(case, catalogue["BBHC"], 1, date=dt.date(2026, 4, 2)),
        paper(case, catalogue["BBHC"], 3, date=dt.date(2026, 4, 1)),
        paper(case, catalogue["QDKTVA"], 2, date=DAY),
    ]


@pytest.fixture
def actor(people: dict[str, User]) -> User:
    return people["prosecutor_kv1"]


def folios(case: CaseFile) -> str:
    """Return every folio as `label@document:page`, documents by their place in the case."""
    rows = Folio.objects.filter(case=case).order_by("number", "suffix", "case_document_id", "page")
    return " ".join(f"{each.label}@{each.case_document_id}:{each.page or '?'}" for each in rows)


def number(case: CaseFile, actor: User, profile: FolioProfile, **given: Any) -> int:
    """Number everything that waits as it is proposed."""
    proposal = propose_numbering(case)
    given.setdefault("order", [each.document.pk for each in proposal.documents])
    given.setdefault("left_out", [each.pk for each in proposal.left_out])
    return access.number_folios(actor=actor, case=case, profile=profile, **given)


# --- profiles


def test_profiles_say_what_the_circular_says(profiles: dict[str, FolioProfile]) -> None:
    agency, watching, prosecuting = profiles["CQDT"], profiles["VKS-KSDT"], profiles["VKS-TRUYTO"]
    told = [
        (each.agency, each.numbering, each.counting, each.corner, each.verified)
        for each in (agency, watching, prosecuting)
    ]
    assert told == [
        ("CQDT", "once", "page", "top_right", True),
        ("VKS", "none", "page", "bottom_right", True),
        ("VKS", "continue", "page", "top_right", True),
    ]
    assert all("Điều 35" in each.article for each in (agency, watching, prosecuting))
    # what nobody could read a source for says so
    assert all(
        not each.verified and not each.article and each.note for each in profiles.values() if each.counting == "sheet"
    )


def test_loading_profiles_again_keeps_what_an_office_changed(profiles: dict[str, FolioProfile]) -> None:
    FolioProfile.objects.filter(code="TA").update(note="Đã hỏi Tòa án.", verified=True)
    assert load_missing(["folio_profiles"]) == {"folio_profiles": 0}
    assert FolioProfile.objects.get(code="TA").verified


# --- numbering


def test_the_file_is_numbered_once_in_the_order_of_proceedings(
    case: CaseFile, loose: list[CaseDocument], actor: User, profiles: dict[str, FolioProfile]
) -> None:
    indictment, later, earlier, opening = loose
    proposal = propose_numbering(case)
    assert [(each.document.pk, each.folios) for each in proposal.documents] == [
        (opening.pk, "1–2"),
        (earlier.pk, "3–5"),
        (later.pk, "6"),
        (indictment.pk, "7–8"),
    ]
    assert proposal.profile == profiles["CQDT"]
    assert not Folio.objects.filter(case=case).exists()
    assert number(case, actor, profiles["CQDT"]) == 8
    assert folios(case) == " ".join(
        [f"{n}@{opening.pk}:{n}" for n in (1, 2)]
        + [f"{n}@{earlier.pk}:{n - 2}" for n in (3, 4, 5)]
        + [f"6@{later.pk}:1"]
        + [f"{n}@{indictment.pk}:{n - 6}" for n in (7, 8)]
    )
    assert {(each.state, each.stamped_by) for each in Folio.objects.filter(case=case)} == {("chinh_thuc", "CQDT")}
    earlier.refresh_from_db()
    assert (earlier.folio_from, earlier.folio_to, earlier.folio_label, earlier.counting) == (3, 5, "BL 3–5", "page")
    change = case.changes.first()
    assert change is not None
    assert (change.subject, change.act, change.actor_id) == ("folio", "created", actor.pk)
    assert change.subject_label == "Đánh số bút lục 1–8 (4 tài liệu)"
    assert not waiting_documents(case).exists()


def test_an_order_chosen_by_hand_is_the_one_written(
    case: CaseFile, loose: list[CaseDocument], actor: User, profiles: dict[str, FolioProfile]
) -> None:
    order = [each.pk for each in loose]
    assert [each.document.pk for each in propose_numbering(case, order=order).documents] == order
    number(case, actor, profiles["CQDT"], order=order)
    assert [CaseDocument.objects.get(pk=pk).folio_from for pk in order] == [1, 3, 4, 7]


def test_blank_pages_and_covers_get_no_number_and_an_explanation(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    cover = type(catalogue["CT"]).objects.create(
        code="BIA", name="Bìa hồ sơ", group_code="00", group_name="Bìa", position=1, part="hsva"
    )
    front = paper(case, cover, 1)
    proposal = propose_numbering(case)
    assert [each.pk for each in proposal.left_out] == [front.pk]
    indictment, _later, earlier, _opening = loose
    number(
        case,
        actor,
        profiles["CQDT"],
        without={earlier.pk: {2}, indictment.pk: {2}},
        without_reason="Trang trắng, bìa.",
    )
    assert folios(case).split()[2:] == [
        f"3@{earlier.pk}:1",
        f"4@{earlier.pk}:3",
        f"5@{loose[1].pk}:1",
        f"6@{indictment.pk}:1",
    ]
    found = folio_report(case)
    told = {(each.finding.value, each.documents, each.pages, each.explained) for each in found.defects}
    assert told == {
        ("page", (earlier.pk,), (2,), True),
        ("page", (indictment.pk,), (2,), True),
        ("document", (front.pk,), (), True),
        ("outside_volumes", (), (), False),
    }
    # left out again, without a second explanation, until somebody numbers it
    assert [each.pk for each in waiting_documents(case)] == [front.pk]
    paper(case, catalogue["CT"], 1)
    assert [each.pk for each in propose_numbering(case).left_out] == [front.pk]
    number(case, actor, profiles["VKS-TRUYTO"], without_reason="Trang trắng, bìa.")
    assert FolioExplanation.objects.filter(about=front).count() == 1
    access.number_folios(actor=actor, case=case, profile=profiles["VKS-TRUYTO"], order=[front.pk])
    assert not waiting_documents(case).exists()


def test_sheets_are_counted_front_and_back_together(
    case: CaseFile, loose: list[CaseDocument], actor: User, profiles: dict[str, FolioProfile]
) -> None:
    assert number(case, actor, profiles["CQDT-TO"]) == 5
    earlier = loose[2]
    assert [(each.label, each.page) for each in Folio.objects.filter(case_document=earlier)] == [("2", 1), ("3", 3)]
    access.bind_volumes(actor=actor, case=case, volumes=[("", 1, 5)])
    assert folio_report(case).defects == ()


def test_what_comes_later_is_numbered_on_and_nothing_before_it_moves(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    number(case, actor, profiles["CQDT"])
    before = folios(case)
    # earlier in the order of proceedings than anything there
    added = paper(case, catalogue["QDKTVA"], 2, date=dt.date(2026, 1, 1))
    proposal = propose_numbering(case)
    assert (proposal.first, proposal.profile) == (9, profiles["VKS-TRUYTO"])
    assert number(case, actor, profiles["VKS-TRUYTO"]) == 2
    assert folios(case) == f"{before} 9@{added.pk}:1 10@{added.pk}:2"
    assert Folio.objects.get(case=case, number=9).stamped_by == "VKS"
    assert Folio.objects.get(case=case, number=8).stamped_by == "CQDT"


def test_internal_papers_are_neither_counted_nor_numbered(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    internal = paper(case, catalogue["BCDX"], 4)
    proposal = propose_numbering(case)
    assert internal.pk not in {each.document.pk for each in proposal.documents}
    assert internal not in proposal.left_out
    with pytest.raises(VksError):
        number(case, actor, profiles["CQDT"], order=[*[each.document.pk for each in proposal.documents], internal.pk])
    number(case, actor, profiles["CQDT"])
    assert not Folio.objects.filter(case_document=internal).exists()
    assert internal.pk not in {pk for each in folio_report(case).defects for pk in each.documents}


def test_numbering_may_begin_where_the_paper_begins_with_a_reason(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    with pytest.raises(BadInput, match="ghi lý do") as refused:
        number(case, actor, profiles["VKS-TRUYTO"], first=351)
    assert refused.value.field == "reason"
    assert snapshot() == before
    number(case, actor, profiles["VKS-TRUYTO"], first=351, reason="Phần trước chưa số hóa.")
    gap = next(each for each in folio_report(case).defects if each.finding == "gap")
    assert (gap.first, gap.last, gap.explained) == (Label(1), Label(350), True)


def test_numbers_claimed_by_files_on_their_way_are_not_given(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    waiting = file_pdf(actor=actor, case=case, document_type=catalogue["CT"], pages=2, folio_from=1, folio_to=2)
    assert claimed(case) == [Label(1), Label(2)]
    number(case, actor, profiles["VKS-TRUYTO"])
    assert [each.label for each in Folio.objects.filter(case=case)] == [str(n) for n in range(3, 11)]
    filing.mark_failed(waiting.pk, "hỏng")
    assert claimed(case) == []


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("numbered again", Conflict, "Điều 35"),
        ("only stamps", BadInput, "không đánh số"),
        ("before the last", Conflict, "Điều 35"),
        ("once more from 01", Conflict, "Điều 35"),
        ("one forgotten", Conflict, "xem lại thứ tự"),
        ("one twice", BadInput, "hai lần"),
        ("of another case", Conflict, "xem lại thứ tự"),
        ("unknown length", BadInput, "chưa biết số trang"),
        ("every page blank", BadInput, "Không trang nào"),
        ("none", BadInput, "Không còn tài liệu"),
    ],
)
def test_what_may_not_be_numbered_is_refused_and_leaves_nothing(
    what: str,
    error: type[VksError],
    words: str,
    filed_case: FiledCase,
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
    people: dict[str, User],
    units: dict[str, Any],
    snapshot: Callable[[], Snapshot],
) -> None:
    case = filed_case.case
    first, second = paper(case, catalogue["CT"], 2), paper(case, catalogue["BBHC"], 1)
    profile = profiles["VKS-TRUYTO"]
    given: dict[str, Any] = {"order": [first.pk, second.pk]}
    match what:
        case "numbered again":
            given["order"].append(filed_case.documents[0].pk)
        case "only stamps":
            profile = profiles["VKS-KSDT"]
        case "before the last":
            given |= {"first": 6, "reason": "vì"}
        case "once more from 01":
            profile = profiles["CQDT"]
        case "one forgotten":
            given["order"] = [first.pk]
        case "one twice":
            given["order"].append(first.pk)
        case "of another case":
            from tests.people import register

            other = register(actor=people["prosecutor_kv1"], unit=units["QN-KV1"], digitise_myself=True)
            given["order"].append(paper(other, catalogue["CT"], 1).pk)
        case "unknown length":
            CaseDocument.objects.filter(pk=first.pk).update(page_count=None)
        case "every page blank":
            given["without"] = {first.pk: {1, 2}, second.pk: {1}}
        case "none":
            given = {"order": [], "left_out": [first.pk, second.pk]}
    before = snapshot()
    with pytest.raises(error, match=words):
        access.number_folios(actor=actor, case=case, profile=profile, **given)
    assert snapshot() == before


def test_refusals_speak_the_language_of_the_reader(
    filed_case: FiledCase, actor: User, profiles: dict[str, FolioProfile]
) -> None:
    order = [filed_case.documents[0].pk]
    with speaking("vi"), pytest.raises(Conflict) as refused:
        access.number_folios(actor=actor, case=filed_case.case, profile=profiles["VKS-TRUYTO"], order=order)
    assert type(refused.value.message) is str
    assert str(refused.value) == refused.value.message
    assert "không đổi thứ tự (Điều 35 Thông tư liên tịch 04/2018)" in refused.value.message


@pytest.mark.parametrize("asker", ["clerk_kv1", "chief_province", "prosecutor_kv3", "outsider"])
def test_who_may_not_work_on_the_case_numbers_corrects_and_explains_nothing(
    asker: str,
    filed_case: FiledCase,
    people: dict[str, User],
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
    snapshot: Callable[[], Snapshot],
) -> None:
    case, person = filed_case.case, people[asker]
    added = paper(case, catalogue["CT"], 2)
    numbered = filed_case.documents[0]
    acts: list[Callable[[], Any]] = [
        lambda: access.number_folios(actor=person, case=case, profile=profiles["VKS-TRUYTO"], order=[added.pk]),
        lambda: access.stamp_pages(actor=person, case=case, document=added, pages={1}, profile=profiles["VKS-KSDT"]),
        lambda: access.place_folios(actor=person, case=case, document=numbered, pages={1, 2}),
        lambda: access.add_folio(actor=person, case=case, document=added, label=Label(6, "a"), page=1, text="x"),
        lambda: access.correct_folios(actor=person, case=case, first=Label(6), right=Label(7), text="x"),
        lambda: access.explain_folios(actor=person, case=case, finding="gap", folios=(7, 8), text="x"),
        lambda: access.bind_volumes(actor=person, case=case, volumes=[("", 1, 6)]),
        lambda: access.draw_up_inventory(actor=person, case=case),
    ]
    before = snapshot()
    for act in acts:
        with pytest.raises(NotAllowed if asker in {"clerk_kv1", "chief_province"} else NotFound):
            act()
    assert snapshot() == before


def test_a_number_given_twice_is_refused_by_the_database_too(filed_case: FiledCase) -> None:
    document = filed_case.documents[0]
    for values in (
        {"number": 1, "page": None},
        {"number": 1, "state": "tam", "page": None},
        {"number": 99, "page": 1},
        {"number": 99, "state": "tam"},
        {"number": None, "state": "chinh_thuc", "page": 7},
        {"number": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Folio.objects.create(case=filed_case.case, case_document=document, **values)


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_who_number_at_once_give_no_number_twice(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    order = [each.document.pk for each in propose_numbering(case).documents]
    start = threading.Barrier(4)
    given: list[int | str] = []

    def click() -> None:
        start.wait()
        try:
            given.append(access.number_folios(actor=actor, case=case, profile=profiles["CQDT"], order=order))
        except VksError as error:
            given.append(error.message)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _each in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert sorted(str(each) for each in given if isinstance(each, int)) == ["8"]
    assert [each.label for each in Folio.objects.filter(case=case)] == [str(n) for n in range(1, 9)]
    assert all("Điều 35" in each for each in given if isinstance(each, str))


# --- stamps


def test_a_stamp_has_no_number_until_everything_is_numbered(
    case: CaseFile, loose: list[CaseDocument], actor: User, profiles: dict[str, FolioProfile]
) -> None:
    indictment, _later, earlier, _opening = loose
    stamped = access.stamp_pages(actor=actor, case=case, document=earlier, pages={1, 3}, profile=profiles["CQDT"])
    assert stamped == 2
    assert {(each.page, each.number, each.state) for each in Folio.objects.filter(case=case)} == {
        (1, None, "tam"),
        (3, None, "tam"),
    }
    assert [each.finding.value for each in folio_report(case).defects if earlier.pk in each.documents] == [
        "provisional"
    ]
    # said again, the second takes the place of the first
    access.stamp_pages(actor=actor, case=case, document=earlier, pages={3}, profile=profiles["VKS-KSDT"])
    assert [(each.page, each.stamped_by) for each in Folio.objects.filter(case=case)] == [(3, "VKS")]
    proposal = propose_numbering(case)
    assert [(each.document.pk, each.folios, each.without_text) for each in proposal.documents][1] == (
        earlier.pk,
        "3",
        "1–2",
    )
    number(case, actor, profiles["CQDT"])
    assert not Folio.objects.filter(case=case, state="tam").exists()
    assert [(each.label, each.page) for each in Folio.objects.filter(case_document=earlier)] == [("3", 3)]
    with pytest.raises(Conflict, match="Điều 35"):
        access.stamp_pages(actor=actor, case=case, document=indictment, pages={1}, profile=profiles["CQDT"])


def test_a_stamp_stands_on_a_page_of_the_case_file(
    filed_case: FiledCase,
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
    snapshot: Callable[[], Snapshot],
) -> None:
    added = paper(filed_case.case, catalogue["CT"], 2)
    before = snapshot()
    for document, pages, words in (
        (added, {3}, "không có trang 3"),
        (filed_case.internal, {1}, "không nằm trong hồ sơ vụ án"),
    ):
        with pytest.raises(BadInput, match=words):
            access.stamp_pages(
                actor=actor, case=filed_case.case, document=document, pages=pages, profile=profiles["VKS-KSDT"]
            )
    assert snapshot() == before


def test_a_number_given_on_the_document_s_own_page_takes_the_place_of_its_stamps(
    case: CaseFile,
    loose: list[CaseDocument],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    earlier = loose[2]
    access.stamp_pages(actor=actor, case=case, document=earlier, pages={1, 2, 3}, profile=profiles["CQDT"])
    filing.describe(actor=actor, filed=earlier, document_type=catalogue["BBHC"], folio_from=4, folio_to=6)
    assert folios(case) == " ".join(f"{n}@{earlier.pk}:{n - 3}" for n in (4, 5, 6))


# --- corrections


def test_a_forgotten_page_becomes_125a_with_its_explanation(
    filed_case: FiledCase, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    case = filed_case.case
    forgotten = paper(case, catalogue["BBHC"], 1)
    folio = access.add_folio(
        actor=actor,
        case=case,
        document=forgotten,
        label=Label(6, "a"),
        page=None,
        text="Bỏ sót khi đánh số.",
        report=filed_case.documents[0],
    )
    assert (folio.label, folio.page, folio.state) == ("6a", 1, "sua_co_giai_trinh")
    forgotten.refresh_from_db()
    assert forgotten.folio_label == "BL 6a"
    (defect,) = [each for each in folio_state(case).defects if each.defect.finding == "correction"]
    assert (defect.sentence, defect.explanations[0].text) == ("Bút lục 6a đã sửa số.", "Bỏ sót khi đánh số.")
    assert defect.explanations[0].case_document == filed_case.documents[0]
    # and it stands after 6, before whatever comes
    assert [each.folio_label for each in CaseDocument.objects.filter(case=case, part="hsva")][-1] == "BL 6a"
    assert propose_numbering(case).first == 7


@pytest.mark.parametrize(
    ("label", "page", "text", "words"),
    [
        (Label(7), 1, "vì", "hậu tố"),
        (Label(6, "a"), 1, " ", "Hãy ghi giải trình"),
        (Label(99, "a"), 1, "vì", "không có bút lục 99"),
        (Label(6, "a"), None, "vì", "trang mang bút lục"),
        (Label(6, "a"), 3, "vì", "không có trang 3"),
        (Label(6, "a"), 1, "x" * 1001, "quá 1000"),
    ],
)
def test_a_folio_that_may_not_be_added_leaves_nothing(
    label: Label,
    page: int | None,
    text: str,
    words: str,
    filed_case: FiledCase,
    actor: User,
    catalogue: dict[str, CatalogueType],
    snapshot: Callable[[], Snapshot],
) -> None:
    document = paper(filed_case.case, catalogue["CT"], 2)
    before = snapshot()
    with pytest.raises(VksError, match=words):
        access.add_folio(actor=actor, case=filed_case.case, document=document, label=label, page=page, text=text)
    with pytest.raises(BadInput, match="không nằm trong hồ sơ vụ án"):
        access.add_folio(
            actor=actor, case=filed_case.case, document=filed_case.internal, label=Label(6, "b"), page=1, text="vì"
        )
    assert snapshot() == before


def test_a_slip_is_corrected_without_moving_anything(filed_case: FiledCase, actor: User) -> None:
    case = filed_case.case
    last = filed_case.documents[2]
    assert access.correct_folios(actor=actor, case=case, first=Label(6), right=Label(60), text="Gõ nhầm.") == 1
    last.refresh_from_db()
    assert last.folio_label == "BL 60"
    assert Folio.objects.get(case=case, number=60).state == "sua_co_giai_trinh"
    change = case.changes.first()
    assert change is not None
    assert ["number", "6", "60"] in change.values
    assert change.reason == "Gõ nhầm."
    explanation = FolioExplanation.objects.get(case=case)
    assert (explanation.finding, explanation.folio_from, explanation.folio_to) == ("correction", 60, 60)


def test_a_whole_range_moves_into_free_numbers(filed_case: FiledCase, actor: User) -> None:
    case = filed_case.case
    # 3–5 overlap their new numbers 4–6, once 6 is 7
    access.correct_folios(actor=actor, case=case, first=Label(6), right=Label(7), text="Đánh lệch.")
    assert (
        access.correct_folios(actor=actor, case=case, first=Label(3), last=Label(5), right=Label(4), text="Đánh lệch.")
        == 3
    )
    assert cited(Label(each.number or 0) for each in Folio.objects.filter(case=case)) == "1–2, 4–7"
    # and back, which runs the other way
    access.correct_folios(actor=actor, case=case, first=Label(4), last=Label(6), right=Label(3), text="Đúng là 3.")
    filed_case.documents[1].refresh_from_db()
    assert filed_case.documents[1].folio_label == "BL 3–5"
    pages = Folio.objects.filter(case_document=filed_case.documents[1]).order_by("number")
    assert [each.page for each in pages] == [1, 2, 3]


def test_a_paper_that_is_missing_keeps_its_number(filed_case: FiledCase, actor: User) -> None:
    case = filed_case.case
    access.correct_folios(actor=actor, case=case, first=Label(4), missing=True, text="Thiếu khi nhận hồ sơ.")
    folio = Folio.objects.get(case=case, number=4)
    assert (folio.state, folio.page) == ("thieu", None)
    (defect,) = [each for each in folio_report(case).defects if each.finding == "missing"]
    assert defect.explained
    # the page it was said to be on is a page without a folio now, which somebody looks into
    assert [each.pages for each in folio_report(case).open if each.finding == "page"] == [(2,)]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"first": Label(2), "right": Label(7)}, Conflict, "Điều 35"),
        ({"first": Label(1), "last": Label(2), "right": Label(7)}, Conflict, "Điều 35"),
        ({"first": Label(2), "right": Label(6)}, BadInput, "đã có"),
        ({"first": Label(9), "right": Label(10)}, NotFound, "không có bút lục này"),
        ({"first": Label(1), "last": Label(9), "right": Label(10)}, NotFound, "không có bút lục này"),
        ({"first": Label(6)}, BadInput, "số đúng"),
        ({"first": Label(5), "last": Label(6), "right": Label(7, "a")}, BadInput, "từng bút lục một"),
        ({"first": Label(6), "right": Label(7), "text": ""}, BadInput, "Hãy ghi giải trình"),
        ({"first": Label(5), "last": Label(6), "right": Label(1_000_000)}, BadInput, "quá lớn"),
    ],
)
def test_no_correction_renumbers(
    given: dict[str, Any],
    error: type[VksError],
    words: str,
    filed_case: FiledCase,
    actor: User,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    with pytest.raises(error, match=words):
        access.correct_folios(actor=actor, case=filed_case.case, **({"text": "vì"} | given))
    assert snapshot() == before


def test_a_correction_does_not_take_a_number_a_file_on_its_way_has(
    filed_case: FiledCase, actor: User, catalogue: dict[str, CatalogueType], snapshot: Callable[[], Snapshot]
) -> None:
    file_pdf(actor=actor, case=filed_case.case, document_type=catalogue["CT"], folio_from=8, folio_to=8)
    before = snapshot()
    with pytest.raises(Conflict, match="đang chờ xử lý"):
        access.correct_folios(actor=actor, case=filed_case.case, first=Label(6), right=Label(8), text="vì")
    assert snapshot() == before


def test_pages_of_folios_are_put_right_without_touching_numbers(
    case: CaseFile, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    # five pages, three folios: nobody knows yet which pages show them
    filed = paper(case, catalogue["CT"], 5, folio_from=1, folio_to=3)
    assert [each.finding.value for each in folio_report(case).defects] == ["page_unknown", "outside_volumes"]
    access.place_folios(actor=actor, case=case, document=filed, pages={2, 3, 5})
    assert folios(case) == f"1@{filed.pk}:2 2@{filed.pk}:3 3@{filed.pk}:5"
    assert [each.pages for each in folio_report(case).defects if each.finding == "page"] == [(1, 4)]
    access.place_folios(actor=actor, case=case, document=filed, pages={1, 2, 3})
    assert folios(case) == f"1@{filed.pk}:1 2@{filed.pk}:2 3@{filed.pk}:3"
    for pages, words in (({1, 2}, "3 bút lục"), ({1, 2, 6}, "không có trang 6")):
        with pytest.raises(BadInput, match=words):
            access.place_folios(actor=actor, case=case, document=filed, pages=pages)
    assert folios(case) == f"1@{filed.pk}:1 2@{filed.pk}:2 3@{filed.pk}:3"


def test_a_file_of_twice_as_many_pages_is_counted_by_sheet(
    case: CaseFile, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    paper(case, catalogue["CT"], 4, folio_from=1, folio_to=2)
    access.bind_volumes(actor=actor, case=case, volumes=[("", 1, 2)])
    assert folio_report(case).defects == ()


# --- explanations


def test_a_gap_and_a_bare_document_are_explained(
    filed_case: FiledCase, actor: User, catalogue: dict[str, CatalogueType]
) -> None:
    case = filed_case.case
    paper(case, catalogue["CT"], 1, folio_from=10, folio_to=10)
    bare = paper(case, None, 2)
    assert {each.finding.value for each in folio_report(case).open} == {"gap", "document", "outside_volumes"}
    access.explain_folios(actor=actor, case=case, finding="gap", folios=(7, 9), text="Cơ quan điều tra đánh nhầm số.")
    access.explain_folios(actor=actor, case=case, finding="document", document=bare, text="Bản chụp để theo dõi.")
    assert {each.finding.value for each in folio_report(case).open} == {"outside_volumes"}
    told = {each.sentence: each.explanations[0].text for each in folio_state(case).defects if each.explanations}
    assert told == {
        "Thiếu bút lục 7–9.": "Cơ quan điều tra đánh nhầm số.",
        "Tài liệu không có bút lục.": "Bản chụp để theo dõi.",
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"finding": "gap", "folios": (7, 9), "text": ""}, "Hãy ghi giải trình"),
        ({"finding": "bịa", "folios": (7, 9)}, "danh mục"),
        ({"finding": "provisional", "folios": (7, 9)}, "danh mục"),
        ({"finding": "gap"}, "bút lục đầu và cuối"),
        ({"finding": "gap", "folios": (9, 7)}, "bút lục đầu và cuối"),
        ({"finding": "gap", "folios": (0, 7)}, "bút lục đầu và cuối"),
        ({"finding": "page"}, "nêu tài liệu"),
        ({"finding": "page", "pages": (2, 9)}, "không có trang 9"),
        ({"finding": "document", "internal": True}, "không nằm trong hồ sơ vụ án"),
        ({"finding": "gap", "folios": (7, 9), "report": True}, "không nằm trong hồ sơ vụ án"),
    ],
)
def test_an_explanation_names_what_it_explains(
    given: dict[str, Any],
    words: str,
    filed_case: FiledCase,
    actor: User,
    snapshot: Callable[[], Snapshot],
) -> None:
    values: dict[str, Any] = {"text": "vì"} | given
    if values.pop("internal", False):
        values["document"] = filed_case.internal
    if values.pop("report", False):
        values["report"] = filed_case.internal
    if "pages" in values:
        values["document"] = filed_case.documents[0]
    before = snapshot()
    with pytest.raises(BadInput, match=words):
        access.explain_folios(actor=actor, case=filed_case.case, **values)
    assert snapshot() == before


# --- volumes


def test_volumes_are_added_after_those_there_are(filed_case: FiledCase, actor: User) -> None:
    case = filed_case.case
    access.bind_volumes(actor=actor, case=case, volumes=[("Thủ tục tố tụng", 1, 2)])
    access.bind_volumes(actor=actor, case=case, volumes=[("", 3, 5), ("Lời khai", 6, 6)])
    assert list(case.volumes.values_list("number", "title", "folio_from", "folio_to")) == [
        (1, "Thủ tục tố tụng", 1, 2),
        (2, "", 3, 5),
        (3, "Lời khai", 6, 6),
    ]
    assert folio_report(case).defects == ()
    assert [each.subject for each in case.changes.all()[:3]] == ["volume"] * 3


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ([("", 1, 3), ("", 3, 6)], "đã thuộc tập"),
        ([("", 2, 4)], "đã thuộc tập 1"),
        ([("", 6, 5)], "không lớn hơn"),
        ([], "Không còn bút lục"),
    ],
)
def test_a_folio_is_in_one_volume(
    volumes: list[tuple[str, int, int]],
    words: str,
    filed_case: FiledCase,
    actor: User,
    snapshot: Callable[[], Snapshot],
) -> None:
    access.bind_volumes(actor=actor, case=filed_case.case, volumes=[("", 1, 2)])
    before = snapshot()
    with pytest.raises(VksError, match=words):
        access.bind_volumes(actor=actor, case=filed_case.case, volumes=volumes)
    assert snapshot() == before
    assert Volume.objects.count() == 1


def test_a_document_without_numbers_takes_its_stamps_into_another_case(
    filed_case: FiledCase,
    people: dict[str, User],
    units: dict[str, Any],
    actor: User,
    profiles: dict[str, FolioProfile],
    catalogue: dict[str, CatalogueType],
) -> None:
    from tests.people import register
    from vks_plugin.host.provision import write_case_code

    other = register(actor=actor, unit=units["QN-KV1"], digitise_myself=True)
    moving = paper(filed_case.case, catalogue["CT"], 1)
    access.stamp_pages(actor=actor, case=filed_case.case, document=moving, pages={1}, profile=profiles["CQDT"])
    access.explain_folios(actor=actor, case=filed_case.case, finding="document", document=moving, text="vì")
    write_case_code(moving.document, other.code)
    filing.follow_document(moving.document, actor=actor)
    moving.refresh_from_db()
    assert moving.case == other
    assert Folio.objects.get(case_document=moving).case == other
    assert FolioExplanation.objects.get(about=moving).case == other


def test_half_a_range_is_refused_by_the_database(filed_case: FiledCase, actor: User) -> None:
    case, document = filed_case.case, filed_case.documents[0]
    values: dict[str, Any] = {"case": case, "finding": "gap", "text": "vì", "explained_by": actor}
    for wrong in (
        {},
        {"folio_to": 5},
        {"folio_from": 5},
        {"folio_from": 6, "folio_to": 5},
        {"folio_from": 5, "folio_to": 6, "about": document},
        {"about": document, "page_to": 2},
        {"folio_from": 5, "folio_to": 6, "page_from": 1, "page_to": 1},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            FolioExplanation.objects.create(**values, **wrong)
    for wrong in ({"folio_to": 5}, {"folio_from": 5}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Volume.objects.create(case=case, number=1, **wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            CaseDocument.objects.filter(pk=document.pk).update(**({"folio_from": None, "folio_to": None} | wrong))


# --- the command


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("vks_folios", *words, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_report(filed_case: FiledCase, actor: User, catalogue: dict[str, CatalogueType]) -> None:
    case = filed_case.case
    paper(case, catalogue["CT"], 1, title="Cáo trạng", folio_from=10, folio_to=10)
    access.explain_folios(actor=actor, case=case, finding="gap", folios=(7, 9), text="Đánh nhầm số.")
    told = json.loads(command("--case", case.code, "--json", "--user", "prosecutor_kv1"))
    assert told == json.loads(command("--case", case.code, "--json"))
    assert {name: told[name] for name in ("documents", "folios", "last", "open")} == {
        "documents": 4,
        "folios": 7,
        "last": 10,
        "open": 2,
    }
    gap = told["defects"][0]
    assert (gap["finding"], gap["folio_from"], gap["folio_to"]) == ("gap", "7", "9")
    assert (gap["explained"], gap["explanations"]) == (True, ["Đánh nhầm số."])
    assert "Thiếu bút lục 7–9.\t\tĐánh nhầm số." in command("--case", case.code)


@pytest.mark.parametrize("user", ["clerk_kv1", "prosecutor_kv3", "outsider", "nobody"])
def test_the_command_tells_nothing_to_who_may_not_read_the_case(user: str, filed_case: FiledCase) -> None:
    with pytest.raises(CommandError) as refused:
        command("--case", filed_case.case.code, "--user", user)
    assert filed_case.documents[0].title not in str(refused.value)
    with pytest.raises(CommandError):
        command("--case", "HS-KHONG-CO")
