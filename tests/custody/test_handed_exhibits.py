"""Exhibits that go along with a file: which of them came, which stayed with the giver, and how they follow."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.utils import timezone

from tests.custody.test_hand_overs import AGENCY, COURT, IN, PASSED, TO_COURT
from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import Exhibit, Volume
from vks_plugin.custody.actions.hand_overs import (
    Terms,
    accept,
    amend_parts,
    cancel,
    draft,
    hand_over,
    reject,
    send,
    terms_of,
)
from vks_plugin.custody.actions.holding import state_passed_on
from vks_plugin.custody.actions.settling import find_rest, settle_rest
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import HandOver, Holding, LedgerEntry
from vks_plugin.custody.printed_hand_over import hand_over_paper
from vks_plugin.custody.queries.accession import what_is_unfinished
from vks_plugin.custody.queries.hand_overs import (
    exhibits_placed,
    exhibits_still_out,
    exhibits_told,
    kept_back,
    may_take_in,
    outstanding_exhibits_of,
    outstanding_of,
    still_out_in_words,
    volumes_told,
)
from vks_plugin.custody.queries.holding import KeepingTold, keeping_told
from vks_plugin.custody.queries.leaving import in_person, left_told
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.queries.recorded_keeping import Told
from vks_plugin.custody.queries.recorded_paper import TELLS_OF_PAPER, paper_compared
from vks_plugin.custody.registers import register_lines
from vks_plugin.errors import BadInput

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

BACK = replace(TO_COURT, direction="ta_vks", reason="tra_ho_so", receiver_name="", receiver_title="")
SHORT = PASSED._replace(exhibits_complete=False)
WHY = "Điện thoại Tòa còn giữ"
LESS = SHORT._replace(documents_complete=False)
"""What is found where a volume and an exhibit lack."""


@pytest.fixture
def things(case: CaseFile) -> dict[str, Exhibit]:
    """Return two exhibits that go along with the file, which is bound in two volumes."""
    for number in (1, 2):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    rows: dict[str, dict[str, Any]] = {
        "knife": {"name": "Con dao bầu", "quantity": "01", "seal_number": "NP-7", "position": 1},
        "phone": {"name": "Điện thoại của Ánh", "quantity": "02", "seal_number": "NP-8", "position": 2},
    }
    return {name: Exhibit.objects.create(case=case, accompanies_file=True, **row) for name, row in rows.items()}


@pytest.fixture
def at_court(case: CaseFile, things: dict[str, Exhibit], people: dict[str, User]) -> CaseFile:
    """Return the case whose file came to its office and went to the court."""
    for terms in (IN, TO_COURT):
        row = hand_over(actor=people["clerk_kv1"], case=case, terms=terms)
        accept(actor=people["clerk_kv1"], row=row, checks=PASSED, awaits_paper=True)
    return case


def _short(case: CaseFile, clerk: User, things: dict[str, Exhibit]) -> HandOver:
    """Receive the file back from the court without the telephone."""
    row = hand_over(actor=clerk, case=case, terms=BACK)
    came = [things["knife"].pk]
    return accept(actor=clerk, row=row, checks=SHORT, received_exhibits=came, missing=WHY, awaits_paper=True)


def left_at_court(case: CaseFile, clerk: User) -> Exhibit:
    """Let the file of a case come back from the court without the one exhibit that goes along with it."""
    phone = Exhibit.objects.create(
        case=case, name="Điện thoại của Ánh", quantity="02", seal_number="NP-8", accompanies_file=True
    )
    for terms in (IN, TO_COURT):
        accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=terms), checks=PASSED, awaits_paper=True)
    row = hand_over(actor=clerk, case=case, terms=BACK)
    accept(actor=clerk, row=row, checks=SHORT, received_exhibits=[], missing=WHY, awaits_paper=True)
    return phone


def _marks(row: HandOver) -> list[bool | None]:
    row.refresh_from_db()
    return [each["received"] for each in row.exhibits]


def test_an_exhibit_that_did_not_come_stays_with_the_giver_and_follows(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    assert ([each["id"] for each in row.exhibits], _marks(row)) == ([knife, phone], [None, None])
    # words that say what is missing, and no box that says the contrary
    wrongs: list[tuple[Checks, dict[str, Any], str]] = [
        (SHORT, {"received_exhibits": [knife]}, "missing"),
        (PASSED, {"received_exhibits": [knife], "missing": WHY}, "exhibits_complete"),
        (SHORT, {"received_exhibits": [knife, 0], "missing": WHY}, "exhibits"),
        # that documents are missing as well has to be said by a volume
        (
            SHORT._replace(documents_complete=False),
            {"received_exhibits": [knife], "missing": WHY},
            "documents_complete",
        ),
        (SHORT, {"received_exhibits": [knife, phone], "missing": WHY}, "exhibits_complete"),
    ]
    for found, more, field in wrongs:
        with pytest.raises(BadInput) as refused:
            accept(actor=clerk, row=row, checks=found, awaits_paper=True, **more)
        assert refused.value.field == field
    row = accept(actor=clerk, row=row, checks=SHORT, received_exhibits=[knife], missing=WHY, awaits_paper=True)
    assert (_marks(row), row.outstanding, row.outstanding_exhibits) == ([True, False], [], [phone])
    entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
    assert (entry.said["data"]["exhibits"], entry.said["data"]["exhibits_outstanding"]) == (2, [phone])
    assert b"NP-8" not in bytes(entry.line)
    assert {pk: each.pk for pk, each in outstanding_exhibits_of(at_court).items()} == {phone: row.pk}
    assert may_take_in(clerk, at_court)
    # what the court has is not given on
    onward = replace(TO_COURT, reason="phuc_tham")
    with pytest.raises(BadInput, match="giao nốt biên bản ấy"):
        draft(actor=clerk, case=at_court, terms=replace(onward, exhibits=[knife, phone]))
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert ([each["number"] for each in rest.volumes], [each["id"] for each in rest.exhibits]) == ([], [phone])
    assert (rest.total_pages, rest.folio_range) == (None, None)
    with pytest.raises(BadInput, match="vật chứng có trong lần giao") as refused:
        accept(actor=clerk, row=rest, checks=SHORT, received_exhibits=[], missing=WHY, awaits_paper=True)
    assert refused.value.field == "exhibits"
    paper = hand_over_paper(accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True))
    assert ([each[1] for each in paper.rows], paper.closing[0]) == (
        ["Vật chứng: Điện thoại của Ánh"],
        "Tổng cộng: 1 vật chứng đi kèm.",
    )
    assert (_marks(row), row.outstanding_exhibits) == ([True, False], [])
    assert not outstanding_exhibits_of(at_court)
    assert [each["id"] for each in draft(actor=clerk, case=at_court, terms=onward).exhibits] == [knife, phone]
    assert list(otherwise_than_recorded()) == []


def test_anything_but_a_return_wants_every_exhibit_and_a_refusal_names_those_that_lack(
    case: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife = people["clerk_kv1"], things["knife"].pk
    row = hand_over(actor=clerk, case=case, terms=IN)
    with pytest.raises(BadInput, match="Còn thiếu 02 Điện thoại của Ánh: hãy chọn “Chưa nhận”") as refused:
        accept(actor=clerk, row=row, checks=SHORT, received_exhibits=[knife], missing=WHY, awaits_paper=True)
    assert refused.value.field == "exhibits"
    with pytest.raises(BadInput, match="bỏ đánh dấu “Đủ vật chứng”"):
        reject(actor=clerk, row=row, checks=PASSED, received_exhibits=[knife])
    row = reject(actor=clerk, row=row, checks=SHORT, received=[1], received_exhibits=[knife])
    assert (row.missing, _marks(row), row.outstanding_exhibits) == (
        "Tập 2, 02 Điện thoại của Ánh",
        [True, False],
        [],
    )
    entry = LedgerEntry.objects.filter(case=case, kind="hand_over_rejected").latest("seq")
    assert entry.said["data"]["exhibits_missing"] == [things["phone"].pk]
    assert "Ánh" not in bytes(entry.line).decode()
    paper = hand_over_paper(row)
    assert paper.rows[-1][3] == "Còn thiếu; Niêm phong số NP-8"
    assert "2 vật chứng đi kèm (còn thiếu 1 vật chứng)." in paper.closing[0]
    # sent again everything is counted anew
    row = send(actor=clerk, row=row)
    assert _marks(row) == [None, None]
    assert _marks(accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)) == [True, True]


def test_what_is_outstanding_is_told_where_the_file_is_told(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, row = people["clerk_kv1"], _short(at_court, people["clerk_kv1"], things)

    def told(who: str) -> KeepingTold:
        return keeping_told(people[who], case_for(people[who], at_court.code))

    def in_words(asked: KeepingTold) -> list[str]:
        return [f"{each.words}, {each.place}" for each in exhibits_told(at_court, asked)]

    for who in ("clerk_kv1", "prosecutor_kv1", "chief_province"):
        assert in_words(told(who)) == [f"02 Điện thoại của Ánh, {COURT}"]
    # who neither reads the file nor keeps its paper reads of no exhibit what it is
    assert in_words(replace(told("clerk_kv1"), named=frozenset())) == [f"02 vật chứng niêm phong số NP-8, {COURT}"]
    assert in_words(replace(told("clerk_kv1"), holders={})) == []
    paper = hand_over_paper(row)
    assert paper.rows[-1][3] == "Chưa giao; Niêm phong số NP-8"
    assert paper.closing[0].endswith("2 vật chứng đi kèm (chưa giao 1 vật chứng).")
    day = timezone.localdate()
    _register, _unit, lines = register_lines(clerk, register="giao-nhan", unit="QN-KV1", first=day, last=day)
    assert "02 Điện thoại của Ánh (chưa giao)" in " ".join(lines[-1])
    assert "chưa giao" not in " ".join(lines[0])
    # a person has as many as there are
    taker = people["prosecutor_kv1"]
    inside = replace(IN, direction="noi_bo", reason="nghien_cuu", agency="", person=taker)
    given = hand_over(actor=clerk, case=at_court, terms=inside)
    assert [each["id"] for each in given.exhibits] == [things["knife"].pk]
    accept(actor=taker, row=given, checks=PASSED)
    assert "1 vật chứng" in in_person(clerk, case_for(clerk, at_court.code))[taker.pk][0]
    held = Holding.objects.filter(case=at_court, part="hsva", until__isnull=True).select_related("case", "unit")
    assert [each.exhibits for each in left_told(clerk, list(held))] == [1]


def test_what_was_kept_back_is_there_again_once_the_file_is_back(
    case: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, phone = people["clerk_kv1"], things["phone"].pk
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    away = hand_over(actor=clerk, case=case, terms=replace(TO_COURT, reason="tra_ho_so"))
    kept = accept(
        actor=clerk,
        row=away,
        checks=SHORT,
        received_exhibits=[things["knife"].pk],
        missing="Điện thoại còn giám định",
        awaits_paper=True,
    )
    assert outstanding_exhibits_of(case) == {phone: kept}
    # the court brings what it has; the telephone never left
    back = hand_over(actor=clerk, case=case, terms=BACK)
    assert [each["id"] for each in back.exhibits] == [things["knife"].pk]
    accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    assert not outstanding_exhibits_of(case)
    again = draft(actor=clerk, case=case, terms=replace(TO_COURT, reason="phuc_tham"))
    assert [each["id"] for each in again.exhibits] == [things["knife"].pk, phone]


def test_an_exhibit_taken_out_of_the_record_still_follows_by_what_the_hand_over_says(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, phone, row = people["clerk_kv1"], things["phone"].pk, _short(at_court, people["clerk_kv1"], things)
    things["phone"].delete()
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert rest.exhibits == [
        {"id": phone, "name": "Điện thoại của Ánh", "quantity": "02", "seal": "NP-8", "received": None}
    ]
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert not outstanding_exhibits_of(at_court)


def test_who_counted_nothing_marks_nothing(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    lacks = SHORT._replace(documents_complete=False)
    row = accept(actor=clerk, row=row, checks=lacks, received=[1], missing=WHY, awaits_paper=True)
    assert (_marks(row), row.outstanding, row.outstanding_exhibits) == ([None, None], [2], [])
    # words alone say what is missing: whatever accompanies the file may follow
    rest = draft(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert [each["id"] for each in rest.exhibits] == [each.pk for each in things.values()]
    assert list(otherwise_than_recorded()) == []


def _as_before(row: HandOver) -> None:
    """Leave of the exhibits of a hand-over what it said of them before they were marked, as the way back does."""
    import_module("vks_plugin.migrations.0052_exhibits_not_received").unmark(apps, None)
    row.refresh_from_db()
    assert [sorted(each) for each in row.exhibits] == [["name", "quantity", "seal"]] * len(row.exhibits)


def test_hand_overs_of_before_keep_their_meaning(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    _as_before(row)
    assert list(otherwise_than_recorded()) == []
    # nobody can mark what is not told one by one; received, refused and sent again it is as it was
    with pytest.raises(BadInput, match="vật chứng có trong lần giao"):
        accept(actor=clerk, row=row, checks=SHORT, received_exhibits=[things["knife"].pk], awaits_paper=True)
    row = send(actor=clerk, row=reject(actor=clerk, row=row, checks=SHORT, missing=WHY))
    lacks = SHORT._replace(documents_complete=False)
    row = accept(actor=clerk, row=row, checks=lacks, received=[1], missing=WHY, awaits_paper=True)
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [])
    assert "chưa giao" not in hand_over_paper(row).closing[0]
    rest = draft(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert [each["id"] for each in rest.exhibits] == [each.pk for each in things.values()]
    assert list(otherwise_than_recorded()) == []
    # a draft of before is known by its words, and told one by one once it is changed
    _as_before(rest)
    assert list(terms_of(rest).exhibits or ()) == [each.pk for each in things.values()]
    rest = amend_parts(actor=clerk, row=rest, given={"note": "Gửi bưu điện"})
    assert [each["id"] for each in rest.exhibits] == [each.pk for each in things.values()]


def test_whoever_clears_what_is_still_to_come_is_found(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    lacks = SHORT._replace(documents_complete=False)
    row = accept(
        actor=clerk, row=row, checks=lacks, received=[1], received_exhibits=[knife], missing=WHY, awaits_paper=True
    )
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [phone])
    assert list(otherwise_than_recorded()) == []

    def said(number: int, what: str, present: str, recorded: str) -> str:
        lists = {"volumes": "Các tập chưa giao", "exhibits": "Các vật chứng chưa giao, theo số của vật chứng"}
        return (
            f"{at_court.code}: lần giao nhận số {number}: danh sách “{lists[what]}” đã bị sửa thành {present}, "
            f"sổ cái ghi {recorded}."
        )

    def found(pk: int, **changed: Any) -> list[str]:
        rows = HandOver.objects.filter(pk=pk)
        before = rows.values(*changed).get()
        rows.update(**changed)
        told = list(otherwise_than_recorded())
        rows.update(**before)
        return told

    tampered: list[tuple[dict[str, Any], str]] = [
        ({"outstanding": []}, said(row.pk, "volumes", "trống", "2")),
        ({"outstanding": [1, 2]}, said(row.pk, "volumes", "1, 2", "2")),
        ({"outstanding": {}}, said(row.pk, "volumes", "một giá trị hỏng", "2")),
        ({"outstanding_exhibits": []}, said(row.pk, "exhibits", "trống", str(phone))),
        ({"outstanding_exhibits": [knife]}, said(row.pk, "exhibits", str(knife), str(phone))),
        ({"outstanding_exhibits": ["x"]}, said(row.pk, "exhibits", "x", str(phone))),
    ]
    for changed, sentence in tampered:
        assert found(row.pk, **changed) == [sentence]
    # the volume follows, then the exhibit: what an entry says to have come is not to come any more
    for exhibits, left in (([], [phone]), ([phone], [])):
        rest = hand_over(
            actor=clerk,
            case=at_court,
            terms=replace(BACK, completes=row, exhibits=exhibits, volumes=[] if exhibits else [2]),
        )
        accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
        row.refresh_from_db()
        assert (row.outstanding, row.outstanding_exhibits) == ([], left)
        entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
        assert (entry.said["data"]["volumes_settled"], entry.said["data"]["exhibits_settled"]) == (
            ([], [[row.pk, phone]]) if exhibits else ([[row.pk, 2]], [])
        )
        assert list(otherwise_than_recorded()) == []
    assert found(row.pk, outstanding=[2]) == [said(row.pk, "volumes", "2", "trống")]
    assert found(rest.pk, outstanding_exhibits=[phone]) == [said(rest.pk, "exhibits", str(phone), "trống")]


def test_what_another_hand_over_settled_is_told_and_of_before_left_open(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, phone = people["clerk_kv1"], things["phone"].pk
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_court, terms=BACK), checks=PASSED, awaits_paper=True)
    away = hand_over(actor=clerk, case=at_court, terms=replace(TO_COURT, reason="tra_ho_so", volumes=[1]))
    kept = accept(
        actor=clerk,
        row=away,
        checks=SHORT._replace(documents_complete=False),
        received_exhibits=[things["knife"].pk],
        missing="Tập 2 còn sao chụp, điện thoại còn giám định",
        awaits_paper=True,
    )
    assert (kept.outstanding, kept.outstanding_exhibits) == ([2], [phone])
    # the office kept them back: with the file they are in one place again
    back = accept(actor=clerk, row=hand_over(actor=clerk, case=at_court, terms=BACK), checks=PASSED, awaits_paper=True)
    kept.refresh_from_db()
    assert (kept.outstanding, kept.outstanding_exhibits) == ([], [])
    entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
    assert entry.said["data"]["hand_over"] == back.pk
    assert (entry.said["data"]["volumes_settled"], entry.said["data"]["exhibits_settled"]) == (
        [[kept.pk, 2]],
        [[kept.pk, phone]],
    )
    assert list(otherwise_than_recorded()) == []
    HandOver.objects.filter(pk=kept.pk).update(outstanding=[2], outstanding_exhibits=[phone])
    assert len(list(otherwise_than_recorded())) == 2
    # an entry of before does not say what it settled: both are believed, and nothing else
    data = {key: value for key, value in entry.said["data"].items() if not key.endswith("_settled")}
    for listed, count in (([], 0), ([phone], 0), ([phone + 1], 1)):
        HandOver.objects.filter(pk=kept.pk).update(outstanding=[], outstanding_exhibits=listed)
        told = [
            Told(each.pk, each.kind, data if each.pk == entry.pk else each.said["data"], each.said["at"])
            for each in LedgerEntry.objects.filter(case=at_court, kind__in=TELLS_OF_PAPER).order_by("seq")
        ]
        assert len(list(paper_compared({at_court.pk: at_court.code}, {at_court.pk: told}))) == count


def test_whoever_changes_what_came_behind_the_ledger_is_found(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, row = people["clerk_kv1"], _short(at_court, people["clerk_kv1"], things)
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert list(otherwise_than_recorded()) == []
    exhibits = HandOver.objects.get(pk=row.pk).exhibits
    said = "“Vật chứng đi kèm”, “Vật chứng không có khi đếm”"
    for changed, wrong in (
        # it is said to have come
        (
            [exhibits[0], {**exhibits[1], "received": True}],
            "“Các vật chứng chưa giao, theo số của vật chứng”, " + said,
        ),
        ([exhibits[0], {**exhibits[1], "name": "Điện thoại khác"}], "“Vật chứng không có khi đếm”"),
        ([exhibits[0], {**exhibits[1], "id": 0}], "“Các vật chứng chưa giao, theo số của vật chứng”"),
    ):
        HandOver.objects.filter(pk=row.pk).update(exhibits=changed)
        assert list(otherwise_than_recorded()) == [
            f"{at_court.code}: lần giao nhận số {row.pk} đã bị sửa, khác với sổ cái đã ghi: {wrong}."
        ]


def _exhibits(who: User, case: CaseFile) -> list[tuple[str, str]]:
    told = exhibits_told(case, keeping_told(who, case_for(who, case.code)))
    return [(each.words, each.place) for each in told]


@pytest.mark.parametrize("listed", ["with ids", "as before"])
def test_an_exhibit_that_lacks_when_the_rest_follows_is_outstanding_though_nobody_had_counted_it(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User], listed: str
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    if listed == "as before":
        _as_before(row)
    row = accept(actor=clerk, row=row, checks=LESS, received=[1], missing=WHY, awaits_paper=True)
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    rest = accept(
        actor=clerk,
        row=rest,
        checks=SHORT,
        received=[2],
        received_exhibits=[knife],
        missing=WHY,
        awaits_paper=True,
    )
    row.refresh_from_db()
    entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
    assert (_marks(rest), entry.said["data"]["exhibits_outstanding"]) == ([True, False], [phone])
    # of the two it is outstanding at the one that can still be completed
    assert (row.outstanding, row.outstanding_exhibits, rest.outstanding_exhibits) == ([], [phone], [])
    assert _exhibits(clerk, at_court) == [("02 Điện thoại của Ánh", COURT)]
    assert list(otherwise_than_recorded()) == []
    # taken out of the record meanwhile, it follows by what the hand-over said that missed it
    things["phone"].delete()
    last = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert [(each["id"], each["seal"]) for each in last.exhibits] == [(phone, "NP-8")]
    accept(actor=clerk, row=last, checks=PASSED, awaits_paper=True)
    row.refresh_from_db()
    assert (row.outstanding_exhibits, _exhibits(clerk, at_court)) == ([], [])


TO_AGENCY = replace(TO_COURT, direction="vks_cqdt", reason="tra_dtbs", agency=AGENCY)
FROM_AGENCY = replace(BACK, direction="cqdt_vks", agency=AGENCY)


def _volumes(who: User, case: CaseFile) -> list[tuple[int, str, str]]:
    told = volumes_told(who, case, keeping_told(who, case_for(who, case.code)))
    return [(each.line["number"], each.place, each.name) for each in told if each.part == "hsva"]


def _parted(case: CaseFile, clerk: User, things: dict[str, Exhibit]) -> HandOver:
    """Receive the file back from the court, which keeps the second volume and the telephone, and give the rest to the agency."""
    row = hand_over(actor=clerk, case=case, terms=BACK)
    came = [things["knife"].pk]
    row = accept(
        actor=clerk, row=row, checks=LESS, received=[1], received_exhibits=came, missing=WHY, awaits_paper=True
    )
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=TO_AGENCY), checks=PASSED, awaits_paper=True)
    return row


@pytest.mark.parametrize("reason", ["ket_thuc_dt", "tra_ho_so"])
def test_what_one_agency_kept_another_neither_brings_nor_is_asked_for(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User], reason: str
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row = _parted(at_court, clerk, things)
    # what it has is everything the agency can bring: for whatever reason it is whole
    back = hand_over(actor=clerk, case=at_court, terms=replace(FROM_AGENCY, reason=reason))
    assert ([each["number"] for each in back.volumes], [each["id"] for each in back.exhibits]) == ([1], [knife])
    with pytest.raises(BadInput, match="các tập có trong hồ sơ"):
        amend_parts(
            actor=clerk, row=reject(actor=clerk, row=back, checks=SHORT, missing=WHY), given={"volumes": [1, 2]}
        )
    with pytest.raises(BadInput, match="giao nốt biên bản ấy"):
        amend_parts(actor=clerk, row=back, given={"exhibits": [knife, phone]})
    back = accept(actor=clerk, row=send(actor=clerk, row=back), checks=PASSED, awaits_paper=True)
    row.refresh_from_db()
    assert (back.outstanding, back.outstanding_exhibits) == ([], [])
    assert (row.outstanding, row.outstanding_exhibits) == ([2], [phone])
    here = at_court.unit.name
    assert _volumes(clerk, at_court) == [(1, "with_file", here), (2, "left_behind", COURT)]
    assert _exhibits(clerk, at_court) == [("02 Điện thoại của Ánh", COURT)]
    # the court itself brings what it kept, however its name is written
    again = replace(TO_COURT, reason="phuc_tham", agency=COURT.upper())
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_court, terms=again), checks=PASSED, awaits_paper=True)
    whole = hand_over(actor=clerk, case=at_court, terms=BACK)
    assert ([each["number"] for each in whole.volumes], [each["id"] for each in whole.exhibits]) == (
        [1, 2],
        [knife, phone],
    )
    accept(actor=clerk, row=whole, checks=PASSED, awaits_paper=True)
    assert (_exhibits(clerk, at_court), outstanding_of(at_court, "hsva")) == ([], {})
    assert list(otherwise_than_recorded()) == []


def test_exhibits_that_nobody_counted_settle_nothing(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, phone, row = people["clerk_kv1"], things["phone"].pk, _short(at_court, people["clerk_kv1"], things)
    # under another name the court has not got the file back that it owes an exhibit of
    again = replace(TO_COURT, reason="phuc_tham", agency=COURT.upper())
    accept(actor=clerk, row=hand_over(actor=clerk, case=at_court, terms=again), checks=PASSED, awaits_paper=True)
    back = hand_over(actor=clerk, case=at_court, terms=BACK)
    assert phone in {each["id"] for each in back.exhibits}
    back = accept(actor=clerk, row=back, checks=LESS, received=[1], missing=WHY, awaits_paper=True)
    row.refresh_from_db()
    assert (_marks(back), row.outstanding_exhibits) == ([None, None], [phone])
    assert list(otherwise_than_recorded()) == []


def test_what_follows_while_another_has_the_rest_lies_in_the_office_and_goes_on_from_there(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row, here = _parted(at_court, clerk, things), at_court.unit.name
    out = HandOver.objects.get(case=at_court, direction="vks_cqdt")
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    row.refresh_from_db()
    out.refresh_from_db()
    assert (row.outstanding, row.outstanding_exhibits) == ([], [])
    assert (out.outstanding, out.outstanding_exhibits) == ([2], [phone])
    assert _volumes(clerk, at_court) == [(1, "with_file", AGENCY), (2, "left_behind", here)]
    assert _exhibits(clerk, at_court) == [("02 Điện thoại của Ánh", here)]
    assert still_out_in_words(exhibits_still_out([at_court.pk])) == {
        at_court.pk: [f"02 vật chứng niêm phong số NP-8 ({here})"]
    }
    entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
    assert (entry.said["data"]["volumes_here"], entry.said["data"]["exhibits_here"]) == (
        [[out.pk, 2]],
        [[out.pk, phone]],
    )
    assert list(otherwise_than_recorded()) == []
    HandOver.objects.filter(pk=out.pk).update(outstanding=[])
    assert len(list(otherwise_than_recorded())) == 1
    HandOver.objects.filter(pk=out.pk).update(outstanding=[2])
    # who has the rest cannot bring it
    back = draft(actor=clerk, case=at_court, terms=FROM_AGENCY)
    assert ([each["number"] for each in back.volumes], [each["id"] for each in back.exhibits]) == ([1], [knife])
    cancel(actor=clerk, row=back, reason="Giao nốt trước")
    # it goes on to where the rest is, and comes back with it
    onward = hand_over(actor=clerk, case=at_court, terms=replace(TO_AGENCY, completes=out))
    assert ([each["number"] for each in onward.volumes], [each["id"] for each in onward.exhibits]) == ([2], [phone])
    accept(actor=clerk, row=onward, checks=PASSED, awaits_paper=True)
    assert _volumes(clerk, at_court) == [(1, "with_file", AGENCY), (2, "with_file", AGENCY)]
    back = hand_over(actor=clerk, case=at_court, terms=FROM_AGENCY)
    assert [each["number"] for each in back.volumes] == [1, 2]
    accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    assert (_exhibits(clerk, at_court), outstanding_of(at_court, "hsva")) == ([], {})
    assert list(otherwise_than_recorded()) == []


def test_what_followed_is_with_the_rest_once_that_is_back(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, row = people["clerk_kv1"], _parted(at_court, people["clerk_kv1"], things)
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    back = hand_over(actor=clerk, case=at_court, terms=replace(FROM_AGENCY, reason="ket_thuc_dt"))
    accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    here = at_court.unit.name
    assert _volumes(clerk, at_court) == [(1, "with_file", here), (2, "with_file", here)]
    assert (_exhibits(clerk, at_court), list(otherwise_than_recorded())) == ([], [])


def test_a_volume_taken_out_of_the_record_still_follows_by_what_the_hand_over_says(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    row = hand_over(actor=clerk, case=at_court, terms=BACK)
    row = accept(actor=clerk, row=row, checks=LESS, received=[1], missing=WHY, awaits_paper=True)
    Volume.objects.filter(case=at_court, number=2).delete()
    assert what_is_unfinished([at_court.pk])[at_court.pk].startswith("còn tập chưa về")
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row, exhibits=[]))
    (line,) = rest.volumes
    assert (line["number"], line["folio_from"], line["folio_to"], line["received"]) == (2, 101, 200, None)
    assert hand_over_paper(rest).rows[0][1].startswith(line["label"])
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert outstanding_of(at_court, "hsva") == {}
    assert not what_is_unfinished([at_court.pk]).get(at_court.pk, "").startswith("còn tập")
    assert list(otherwise_than_recorded()) == []


def _return_without(case: CaseFile, clerk: User, left_out: Exhibit, terms: Terms = BACK) -> HandOver:
    """Receive a file whose hand-over does not list an exhibit that its giver is known to have."""
    chosen = [each.pk for each in Exhibit.objects.filter(case=case, accompanies_file=True) if each.pk != left_out.pk]
    row = hand_over(actor=clerk, case=case, terms=replace(terms, exhibits=chosen))
    return accept(actor=clerk, row=row, checks=SHORT, received_exhibits=chosen, awaits_paper=True)


def test_an_exhibit_that_who_is_known_to_have_it_does_not_list_stays_there_and_is_waited_for(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    row = hand_over(actor=clerk, case=at_court, terms=replace(BACK, exhibits=[knife]))
    # the paper that both sides are to sign says it already
    paper = hand_over_paper(row)
    assert (paper.rows[-1][1], paper.rows[-1][3]) == (
        "Vật chứng: Điện thoại của Ánh",
        "Chưa giao; Niêm phong số NP-8",
    )
    assert paper.closing[0].endswith("2 vật chứng đi kèm (chưa giao 1 vật chứng).")
    assert paper.closing[-1] == "Hai bên giao, nhận phần đã ghi trên đây."
    with pytest.raises(BadInput, match=f"Không có 02 Điện thoại của Ánh \\(đang ở {COURT}\\) thì chưa đủ") as refused:
        accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    assert refused.value.field == "exhibits_complete"
    row = accept(actor=clerk, row=row, checks=SHORT, received_exhibits=[knife], awaits_paper=True)
    assert (_marks(row), row.outstanding, row.outstanding_exhibits) == ([True, False], [], [phone])
    assert row.missing == "02 Điện thoại của Ánh"
    assert _exhibits(clerk, at_court) == [("02 Điện thoại của Ánh", COURT)]
    entry = LedgerEntry.objects.filter(case=at_court, kind="hand_over_accepted").latest("seq")
    assert entry.said["data"]["exhibits_outstanding"] == [phone]
    assert hand_over_paper(row).rows[-1][3] == "Chưa giao; Niêm phong số NP-8"
    day = timezone.localdate()
    _register, _unit, lines = register_lines(clerk, register="giao-nhan", unit="QN-KV1", first=day, last=day)
    assert "02 Điện thoại của Ánh (chưa giao)" in " ".join(lines[-1])
    assert list(otherwise_than_recorded()) == []
    # an office that does not have it neither offers nor gives it
    onward = replace(TO_COURT, reason="phuc_tham", agency="Tòa án nhân dân cấp cao")
    refusal = f"02 vật chứng niêm phong số NP-8 đang ở {COURT}, chưa về theo biên bản số {row.written_number}"
    with pytest.raises(BadInput, match=refusal):
        draft(actor=clerk, case=at_court, terms=replace(onward, exhibits=[knife, phone]))
    begun = draft(actor=clerk, case=at_court, terms=onward)
    assert [each["id"] for each in begun.exhibits] == [knife]
    cancel(actor=clerk, row=begun, reason="Chờ vật chứng")
    rest = hand_over(actor=clerk, case=at_court, terms=replace(BACK, completes=row))
    assert [each["id"] for each in rest.exhibits] == [phone]
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    assert not outstanding_exhibits_of(at_court)
    assert [each["id"] for each in draft(actor=clerk, case=at_court, terms=onward).exhibits] == [knife, phone]
    assert list(otherwise_than_recorded()) == []


def test_the_only_exhibit_left_out_is_waited_for_settled_and_found(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, chief, phone = people["clerk_kv1"], people["chief_kv1"], things["phone"]
    things["knife"].delete()
    row = _return_without(at_court, clerk, phone)
    assert (row.missing, row.outstanding_exhibits) == ("02 Điện thoại của Ánh", [phone.pk])
    why = "Tòa án giữ theo bản án số 5/2026/HS-ST"
    settle_rest(actor=chief, row=row, outcome="giu_han", reason=why, exhibits=[phone.pk])
    assert not outstanding_exhibits_of(at_court)
    find_rest(actor=clerk, row=row, reason="Tòa án báo còn giữ trong kho", exhibits=[phone.pk])
    assert [*outstanding_exhibits_of(at_court)] == [phone.pk]
    assert list(otherwise_than_recorded()) == []


def test_of_an_exhibit_that_never_went_along_or_goes_along_no_more_nothing_is_said(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    Exhibit.objects.create(case=at_court, name="Xe máy", quantity="01", accompanies_file=True)
    Exhibit.objects.filter(pk=things["phone"].pk).update(accompanies_file=False)
    row = hand_over(actor=clerk, case=at_court, terms=replace(BACK, exhibits=[things["knife"].pk]))
    row = accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    assert ([each["id"] for each in row.exhibits], row.outstanding_exhibits, row.missing) == (
        [things["knife"].pk],
        [],
        "",
    )


def test_what_an_office_keeps_back_for_another_reason_is_told_too_and_within_it_nothing_is_kept(
    case: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    taker = people["prosecutor_kv1"]
    inside = replace(IN, direction="noi_bo", reason="nghien_cuu", agency="", person=taker, exhibits=[])
    given = accept(actor=taker, row=hand_over(actor=clerk, case=case, terms=inside), checks=PASSED)
    assert (given.exhibits, given.outstanding_exhibits) == ([], [])
    # the law's check is made of what is listed
    row = hand_over(actor=taker, case=case, terms=replace(TO_COURT, exhibits=[knife]))
    row = accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    assert (_marks(row), row.outstanding_exhibits, row.missing) == ([True, False], [phone], "02 Điện thoại của Ánh")
    assert _exhibits(clerk, case) == [("02 Điện thoại của Ánh", case.unit.name)]
    # what the office has itself the court does not bring; with the file it is in one place again
    back = hand_over(actor=clerk, case=case, terms=BACK)
    assert [each["id"] for each in back.exhibits] == [knife]
    back = accept(actor=clerk, row=back, checks=PASSED, awaits_paper=True)
    assert (back.outstanding_exhibits, outstanding_exhibits_of(case)) == ([], {})
    assert list(otherwise_than_recorded()) == []


def test_an_exhibit_goes_with_the_file_that_one_agency_passes_on_to_the_next(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, higher = people["clerk_kv1"], "Tòa án nhân dân tỉnh"
    state_passed_on(
        actor=clerk,
        case=at_court,
        giver=COURT,
        agency=higher,
        happened_at=timezone.now(),
        known_from="Công văn 12 ngày 01/12/2026",
    )
    row = _return_without(at_court, clerk, things["phone"], replace(BACK, agency=higher))
    assert row.outstanding_exhibits == [things["phone"].pk]
    assert _exhibits(clerk, at_court) == [("02 Điện thoại của Ánh", higher)]
    assert list(otherwise_than_recorded()) == []


def test_a_return_of_before_that_left_an_exhibit_out_stays_as_it_is_and_the_next_one_tells(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, knife, phone = people["clerk_kv1"], things["knife"].pk, things["phone"].pk
    with monkeypatch.context() as patched:
        patched.setattr("vks_plugin.custody.actions.hand_overs.kept_back", lambda _row: [])
        before = hand_over(actor=clerk, case=at_court, terms=replace(BACK, exhibits=[knife]))
        before = accept(actor=clerk, row=before, checks=PASSED, awaits_paper=True)
    assert (before.outstanding_exhibits, list(otherwise_than_recorded())) == ([], [])
    again = hand_over(actor=clerk, case=at_court, terms=replace(TO_COURT, reason="phuc_tham", exhibits=[knife]))
    # the office is not known to have it
    again = accept(actor=clerk, row=again, checks=PASSED, awaits_paper=True)
    assert (again.outstanding_exhibits, again.missing) == ([], "")
    assert _return_without(at_court, clerk, things["phone"]).outstanding_exhibits == [phone]
    assert list(otherwise_than_recorded()) == []


def test_who_knows_not_of_the_case_writes_no_name_of_what_is_kept_back(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk = people["clerk_kv1"]
    row = hand_over(actor=clerk, case=at_court, terms=replace(BACK, exhibits=[things["knife"].pk]))
    row.case_name = ""
    assert [(each["name"], each["seal"]) for each in kept_back(row)] == [("", "NP-8")]


def _placed(case: CaseFile, thing: Exhibit) -> tuple[str, bool] | None:
    found = exhibits_placed(case).get(thing.pk)
    return (found.words, found.is_with_file) if found is not None else None


def test_the_record_says_of_an_exhibit_where_custody_knows_it_is(
    case: CaseFile, things: dict[str, Exhibit], people: dict[str, User]
) -> None:
    clerk, chief, phone = people["clerk_kv1"], people["chief_kv1"], things["phone"]
    # nobody handed it over
    assert _placed(case, phone) is None
    for terms, where in ((IN, case.unit.name), (TO_COURT, COURT)):
        accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=terms), checks=PASSED, awaits_paper=True)
        assert _placed(case, phone) == (f"Cùng hồ sơ: {where}", True)
    row = _return_without(case, clerk, phone)
    assert _placed(case, phone) == (f"Còn ở {COURT}, chưa về (biên bản số {row.written_number})", False)
    assert _placed(case, things["knife"]) == (f"Cùng hồ sơ: {case.unit.name}", True)
    why = "Tòa án giữ theo bản án số 5/2026/HS-ST"
    settle_rest(actor=chief, row=row, outcome="giu_han", reason=why, exhibits=[phone.pk])
    words, with_file = _placed(case, phone) or ("", True)
    assert (words.startswith(f"{COURT} giữ hẳn (lãnh đạo"), why in words, with_file) == (True, True, False)


def test_of_what_an_earlier_version_lost_sight_of_the_record_says_where_it_went(
    at_court: CaseFile, things: dict[str, Exhibit], people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk, sent = people["clerk_kv1"], HandOver.objects.get(case=at_court, direction="vks_ta")
    monkeypatch.setattr("vks_plugin.custody.actions.hand_overs.kept_back", lambda _row: [])
    row = hand_over(actor=clerk, case=at_court, terms=replace(BACK, exhibits=[things["knife"].pk]))
    accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True)
    assert _placed(at_court, things["phone"]) == (
        f"Đã giao {COURT} (biên bản số {sent.written_number}), chưa ghi về cùng hồ sơ",
        False,
    )


def test_what_one_office_of_ours_kept_back_from_another_comes_from_no_agency_outside(
    case: CaseFile, things: dict[str, Exhibit], people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    giver, taker, knife = people["clerk_kv1"], people["clerk_kv3"], things["knife"].pk
    case.trial_unit = units["QN-KV3"]
    case.save()
    accept(actor=giver, row=hand_over(actor=giver, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    onward = replace(
        IN, direction="vks_vks", reason="nghien_cuu", agency="", other_unit=units["QN-KV3"], exhibits=[knife]
    )
    row = hand_over(actor=giver, case=case, terms=onward)
    # no article has exhibits checked here, so that they are not said to be all there
    with pytest.raises(BadInput, match="chưa đủ vật chứng"):
        accept(actor=taker, row=row, checks=PASSED)
    row = accept(actor=taker, row=row, checks=SHORT, received_exhibits=[knife])
    assert (row.outstanding_exhibits, may_take_in(taker, case)) == ([things["phone"].pk], False)
    rest = hand_over(actor=giver, case=case, terms=replace(onward, completes=row, exhibits=None))
    accept(actor=taker, row=rest, checks=PASSED)
    assert (outstanding_exhibits_of(case), list(otherwise_than_recorded())) == ({}, [])
