"""Keepers, hand-overs and loans in the database against the ledger: what is changed behind it is named, honest work is not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone

from tests.custody.conftest import verified
from tests.custody.test_hand_overs import COURT, IN, PASSED, TO_COURT
from tests.people import register
from vks_plugin import acts
from vks_plugin.cases.models import CaseFile, Exhibit, Volume
from vks_plugin.custody import actions, into_log
from vks_plugin.custody.actions.hand_overs import Terms, accept, hand_over
from vks_plugin.custody.actions.holding import state_beginning
from vks_plugin.custody.models import (
    HandOver,
    Holding,
    Keeper,
    LedgerEntry,
    LedgerHidden,
    Loan,
    LoanedPart,
    RetentionHold,
)
from vks_plugin.custody.queries import ledger as of_ledger
from vks_plugin.custody.queries import recorded
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.queries.recorded_keeping import Told
from vks_plugin.custody.queries.recorded_paper import TELLS_OF_PAPER, paper_compared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

LATER = {
    "completes",
    "unit_before",
    "person_before_id",
    "unit",
    "person_id",
    "volume_folios",
    "exhibits_listed",
    "exhibits_outstanding",
    "exhibits_lacking",
    "exhibits_missing",
    "volumes_settled",
    "exhibits_settled",
    "volumes_here",
    "exhibits_here",
    "happened_at",
    "giver_title",
    "receiver_title",
    "place",
    "note",
}
"""Fields that entries of hand-overs did not have before."""
KEEPER = {"keeper_unit", "keeper_id", "parts", "volumes_missing", "outside_agency"}


class History(NamedTuple):
    """What was done with the paper of a case, all of it told to the ledger."""

    case: CaseFile
    came: HandOver
    went: HandOver
    """The hand-over by which a person has the file."""
    returned: Loan
    lent: Loan
    """Volume 2, still out."""


def _lent(people: dict[str, User], case: CaseFile, volumes: Sequence[int], count: int, folios: int) -> Loan:
    loan = actions.request_loan(
        actor=people["prosecutor_kv3"],
        code=case.code,
        form="paper",
        purpose="Nghiên cứu hồ sơ vụ án",
        until=timezone.localdate() + dt.timedelta(days=9),
        volumes=volumes,
    )
    actions.approve_loan(actor=people["chief_kv1"], loan_id=loan.pk)
    return actions.issue_loan(actor=people["clerk_kv1"], loan_id=loan.pk, volume_count=count, folio_count=folios)


def _history(case: CaseFile, people: dict[str, User]) -> History:
    clerk, taker = people["clerk_kv1"], people["prosecutor_kv1"]
    for number in (1, 2, 3):
        Volume.objects.create(case=case, number=number, folio_from=number * 100 - 99, folio_to=number * 100)
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", seal_number="NP-7", accompanies_file=True)
    came = accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    back = replace(TO_COURT, direction="ta_vks", reason="tra_ho_so", receiver_name="", receiver_title="")
    for terms, received in ((TO_COURT, None), (back, [1, 3])):
        row = accept(
            actor=clerk,
            row=hand_over(actor=clerk, case=case, terms=terms),
            checks=PASSED._replace(documents_complete=received is None),
            received=received,
            missing="" if received is None else "Tập 2 Tòa còn dùng",
            awaits_paper=True,
        )
        assert list(otherwise_than_recorded()) == []
    rest = hand_over(actor=clerk, case=case, terms=replace(back, completes=row))
    accept(actor=clerk, row=rest, checks=PASSED, awaits_paper=True)
    returned = _lent(people, case, [], 3, 300)
    assert list(otherwise_than_recorded()) == []
    actions.return_loan(actor=clerk, loan_id=returned.pk, volume_count=3, folio_count=300)
    inside = Terms(part="hsva", direction="noi_bo", reason="nghien_cuu", person=taker)
    went = accept(actor=taker, row=hand_over(actor=clerk, case=case, terms=inside), checks=PASSED)
    lent = _lent(people, case, [2], 1, 100)
    assert list(otherwise_than_recorded()) == []
    return History(case, came, went, returned, lent)


def _told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let entries of hand-overs and loans have the fields they had before."""
    (record,) = acts._recorder

    def as_before(kind: str, actor: User | None, told: Sequence[acts.Told]) -> None:
        later = LATER if kind.startswith("hand_over") else KEEPER
        record(
            kind,
            actor,
            [
                acts.Told(
                    each.case,
                    {name: value for name, value in each.data.items() if name not in later},
                    [pair for pair in each.hidden if pair[0] not in later],
                )
                for each in told
            ],
        )

    monkeypatch.setattr(acts, "_recorder", [as_before])


def _found(model: Any, pk: int, **changed: Any) -> list[str]:
    """Change a row past every door, return what is said of it, and put it back."""
    row = model.objects.filter(pk=pk)
    before = row.values(*changed).get()
    row.update(**changed)
    said = list(otherwise_than_recorded())
    row.update(**before)
    return said


def test_a_keeper_a_hand_over_and_a_loan_that_were_changed_are_named(case: CaseFile, people: dict[str, User]) -> None:
    actions.ensure_key()
    told = _history(case, people)
    code, scanner = case.code, people["scanner_kv1"]
    holding = Holding.objects.get(case=case, part="hsva", until__isnull=True)
    given = f"{code}: lần giao nhận số {told.came.pk} đã bị sửa, khác với sổ cái đã ghi: "
    taken = f"{code}: lần giao nhận số {told.went.pk} đã bị sửa, khác với sổ cái đã ghi: "
    broken = (
        f"{code}: lần giao nhận số {told.came.pk}: danh sách {{}} trong cơ sở dữ liệu bị hỏng, không đọc được nên không so được "
        "với sổ cái. Giữ nguyên máy, báo quản trị: so với biên bản đã ký hoặc bản sao lưu."
    )
    loan = f"{code}: lần mượn số {told.lent.pk} đã bị sửa, khác với sổ cái đã ghi: "
    keeper = f"{code}: nơi giữ Hồ sơ vụ án đã bị sửa thành "
    recorded = f"sổ cái ghi QN-KV1, tài khoản số {people['prosecutor_kv1'].pk}."
    other_seal = [{"name": "Con dao bầu", "quantity": "01", "seal": "NP-8"}]
    fewer = [{**each, "folio_to": 99} if each["number"] == 1 else each for each in told.came.volumes]
    changes: list[tuple[Any, int, dict[str, Any], str]] = [
        (Holding, holding.pk, {"person": scanner}, f"{keeper}QN-KV1, tài khoản số {scanner.pk}, {recorded}"),
        (Holding, holding.pk, {"person": None}, f"{keeper}QN-KV1, {recorded}"),
        (
            Holding,
            holding.pk,
            {"unit": None, "agency": COURT, "person": None},
            f"{keeper}cơ quan ngoài hệ thống, {recorded}",
        ),
        (HandOver, told.came.pk, {"exhibits": other_seal}, f"{given}“Vật chứng đi kèm”."),
        (HandOver, told.came.pk, {"exhibits": []}, f"{given}“Số vật chứng đi kèm”, “Vật chứng đi kèm”."),
        (HandOver, told.came.pk, {"volumes": fewer}, f"{given}“Các tập, bút lục”."),
        (HandOver, told.came.pk, {"giver_name": "Người khác"}, f"{given}“Bên giao”."),
        (HandOver, told.came.pk, {"served": False}, f"{given}“Đã giao kết luận điều tra, cáo trạng”."),
        (HandOver, told.went.pk, {"receiver_person": scanner}, f"{taken}“Tài khoản số”."),
        (
            HandOver,
            told.went.pk,
            {"state": "huy", "accepted_at": None},
            f"{code}: lần giao nhận số {told.went.pk} mà sổ cái ghi đã nhận không còn là đã nhận.",
        ),
        # what no act writes, and what no entry could hold
        (HandOver, told.came.pk, {"volumes": [{"number": 1}]}, broken.format("“Các tập, bút lục”")),
        (HandOver, told.came.pk, {"volumes": {}}, broken.format("“Các tập, bút lục”")),
        (HandOver, told.came.pk, {"exhibits": [1.5]}, broken.format("“Vật chứng đi kèm”")),
        (HandOver, told.came.pk, {"exhibits": 7}, broken.format("“Vật chứng đi kèm”")),
        (Loan, told.lent.pk, {"borrower": scanner}, f"{loan}“Tài khoản số”."),
        (Loan, told.lent.pk, {"until": told.lent.until + dt.timedelta(days=30)}, f"{loan}“Hạn trả”."),
        (
            Loan,
            told.lent.pk,
            {"state": "da_tra", "returned_at": timezone.now()},
            f"{code}: lần mượn số {told.lent.pk} ghi đã trả hay chưa, hoặc tập còn ngoài, khác với sổ cái đã ghi.",
        ),
        (
            LoanedPart,
            told.lent.pieces.get().pk,
            {"is_out": False},
            f"{code}: lần mượn số {told.lent.pk} ghi đã trả hay chưa, hoặc tập còn ngoài, khác với sổ cái đã ghi.",
        ),
    ]
    for model, pk, changed, sentence in changes:
        assert _found(model, pk, **changed) == [sentence]
    # one list that is broken hides nothing of the other
    broken_list, other = _found(HandOver, told.came.pk, volumes=[{"number": 1}], exhibits=other_seal)
    assert (broken_list, other) == (broken.format("“Các tập, bút lục”"), f"{given}“Vật chứng đi kèm”.")
    assert verified() == []
    # where it is, made to agree with a hand-over that was changed as well: the entry alone says otherwise
    HandOver.objects.filter(pk=told.went.pk).update(receiver_person=scanner)
    Holding.objects.filter(pk=holding.pk).update(person=scanner)
    assert set(verified()) == {
        f"{taken}“Tài khoản số”.",
        f"{keeper}QN-KV1, tài khoản số {scanner.pk}, {recorded}",
    }
    Holding.objects.filter(pk=holding.pk).delete()
    assert f"{code}: nơi giữ Hồ sơ vụ án mà sổ cái đã ghi không còn." in list(otherwise_than_recorded())
    # and a keeper nobody ever told of
    internal = Holding.objects.create(
        case=case, part="hsks", unit=case.unit, person=scanner, since=timezone.now(), cause="stated"
    )
    assert f"{code}: nơi giữ {internal.get_part_display()} được ghi mà sổ cái không ghi." in list(
        otherwise_than_recorded()
    )


def test_an_agency_outside_by_another_name_is_named(case: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    for terms in (IN, TO_COURT):
        row = accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=terms), checks=PASSED, awaits_paper=True)
    held = Holding.objects.get(case=case, part="hsva", until__isnull=True)
    alone = [f"{case.code}: tên cơ quan ngoài đang giữ Hồ sơ vụ án đã bị sửa, khác với sổ cái đã ghi."]
    assert _found(Holding, held.pk, agency="Tòa án khác") == alone
    # with the row it came by
    HandOver.objects.filter(pk=row.pk).update(receiver_agency="Tòa án khác")
    assert _found(Holding, held.pk, agency="Tòa án khác") == [
        f"{case.code}: lần giao nhận số {row.pk} đã bị sửa, khác với sổ cái đã ghi: “Bên nhận”."
    ]


def test_names_and_words_that_were_signed_are_compared(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    actions.ensure_key()
    told = _history(case, people)
    code, rows = case.code, _held(case)
    (parts,) = HandOver.objects.filter(case=case).exclude(missing="")
    present = next(row for row in rows if row.until is None)
    lent = next(row for row in rows if row.cause == Holding.Cause.LOAN)
    office = next(row for row in rows if row.person_id is None and row.unit_id is not None and row.until is not None)
    assert (present.person_id, lent.person_id) == (people["prosecutor_kv1"].pk, people["prosecutor_kv3"].pk)

    def since(row: Holding) -> str:
        return f"{timezone.localtime(row.since):%H:%M:%S %d/%m/%Y}"

    def given(row: HandOver, what: str) -> str:
        return f"{code}: lần giao nhận số {row.pk} đã bị sửa, khác với sổ cái đã ghi: “{what}”."

    changes: list[tuple[Any, int, dict[str, Any], str]] = [
        (HandOver, told.went.pk, {"giver_name": "Người khác"}, given(told.went, "Bên giao")),
        (HandOver, told.went.pk, {"giver_name": ""}, given(told.went, "Bên giao")),
        (HandOver, told.went.pk, {"receiver_name": "Người khác"}, given(told.went, "Bên nhận")),
        (HandOver, told.came.pk, {"receiver_name": "Người khác"}, given(told.came, "Bên nhận")),
        (HandOver, told.went.pk, {"number": 77}, given(told.went, "Số văn bản")),
        (HandOver, told.came.pk, {"seal_condition": "Rách"}, given(told.came, "Tình trạng niêm phong")),
        (HandOver, parts.pk, {"missing": "Không thiếu gì"}, given(parts, "Còn thiếu")),
        (HandOver, told.came.pk, {"giver_title": "Phó Thủ trưởng"}, given(told.came, "Chức vụ người giao")),
        (HandOver, told.went.pk, {"giver_title": ""}, given(told.went, "Chức vụ người giao")),
        (HandOver, told.went.pk, {"receiver_title": "Viện trưởng"}, given(told.went, "Chức vụ người nhận")),
        (HandOver, told.came.pk, {"place": "Nơi khác"}, given(told.came, "Nơi giao nhận")),
        (HandOver, told.came.pk, {"note": "Đã giao đủ bản sao"}, given(told.came, "Ghi chú")),
        (
            Holding,
            present.pk,
            {"person_name": "Người khác"},
            f"{code}: tên người đang giữ Hồ sơ vụ án đã bị sửa, khác với sổ cái đã ghi.",
        ),
        *(
            (
                Holding,
                row.pk,
                {"person_name": "Người khác"},
                f"{code}: tên người giữ Hồ sơ vụ án từ {since(row)} đã bị sửa, khác với sổ cái đã ghi.",
            )
            for row in (lent, office)
        ),
    ]
    for model, pk, changed, sentence in changes:
        assert _found(model, pk, **changed) == [sentence], changed
    # who is called otherwise by now, and an office that is, stay as they were written then
    for person in ("clerk_kv1", "prosecutor_kv1", "prosecutor_kv3"):
        type(people[person]).objects.filter(pk=people[person].pk).update(last_name="Họ mới", first_name=person)
    type(units["QN-KV1"]).objects.filter(code="QN-KV1").update(name="Viện kiểm sát khu vực – tên mới")
    assert list(otherwise_than_recorded()) == []
    # and what an act writes under the new name is no fault, nor was it drawn up under the old one
    clerk = people["clerk_kv1"]
    inside = Terms(part="hsks", direction="noi_bo", reason="nghien_cuu", person=people["prosecutor_kv1"])
    sent = hand_over(actor=clerk, case=case, terms=inside)
    type(clerk).objects.filter(pk=people["prosecutor_kv1"].pk).update(last_name="Họ sau")
    accept(actor=type(clerk).objects.get(pk=people["prosecutor_kv1"].pk), row=sent, checks=PASSED)
    (held,) = Holding.objects.filter(case=case, part="hsks", until__isnull=True)
    assert held.person_name.startswith("Họ sau")
    assert list(otherwise_than_recorded()) == []


def test_the_agency_of_a_borrower_outside_is_compared(case: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    until = timezone.localdate() + dt.timedelta(days=9)
    asked = actions.request_loan(
        actor=clerk,
        code=case.code,
        form="paper",
        purpose="Nghiên cứu hồ sơ vụ án",
        until=until,
        outside_name="Lê Văn A",
        outside_agency="Đoàn luật sư",
    )
    actions.approve_loan(actor=people["chief_kv1"], loan_id=asked.pk)
    actions.issue_loan(actor=clerk, loan_id=asked.pk, volume_count=1, folio_count=10)
    assert list(otherwise_than_recorded()) == []
    held = Holding.objects.get(case=case, part="hsva", until__isnull=True)
    Holding.objects.filter(pk=held.pk).update(agency="Tòa án X")
    assert _found(Loan, asked.pk, outside_agency="Tòa án X") == [
        f"{case.code}: lần mượn số {asked.pk} đã bị sửa, khác với sổ cái đã ghi: “Cơ quan của người mượn”."
    ]


def test_a_keeper_that_was_stated_and_is_called_assumed_is_named(case: CaseFile, people: dict[str, User]) -> None:
    """Of what is assumed no entry says since when."""
    clerk, since = people["clerk_kv1"], timezone.now() - dt.timedelta(days=30)
    state_beginning(actor=clerk, case=case, part="hsva", keeper=Keeper(unit=case.unit), since=since)
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=TO_COURT), checks=PASSED, awaits_paper=True)
    assert list(otherwise_than_recorded()) == []
    first = _held(case)[0]
    changed = {"cause": Holding.Cause.ASSUMED, "since": since - dt.timedelta(days=900)}
    (sentence,) = _found(Holding, first.pk, **changed)
    assert sentence.startswith(f"{case.code}: lần giữ Hồ sơ vụ án mà sổ cái ghi lúc ")
    assert sentence.endswith("không còn.")


def test_entries_of_before_are_compared_by_what_they_say(
    case: CaseFile, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    _told_as_before(monkeypatch)
    told = _history(case, people)
    entries = LedgerEntry.objects.filter(case=case, kind="hand_over_accepted")
    assert not any({*entry.said["data"]} & LATER for entry in entries)
    scanner = people["scanner_kv1"]
    held = Holding.objects.get(case=case, part="hsva", until__isnull=True)
    (sentence,) = _found(Holding, held.pk, person=scanner)
    assert sentence.startswith(f"{case.code}: nơi giữ Hồ sơ vụ án đã bị sửa thành QN-KV1, tài khoản số {scanner.pk}")
    (sentence,) = _found(HandOver, told.came.pk, exhibits=[])
    assert sentence.endswith("“Số vật chứng đi kèm”.")
    (sentence,) = _found(Loan, told.returned.pk, returned_volumes=2)
    assert sentence.endswith("“Số tập”.")
    (sentence,) = _found(Loan, told.lent.pk, borrower=scanner)
    assert sentence.endswith("“Tài khoản số”.")
    # a return that came back short ended the loan then: that it is still open no entry of then says
    short = "Thiếu mười bút lục cuối tập"
    actions.return_loan(actor=people["clerk_kv1"], loan_id=told.lent.pk, volume_count=1, folio_count=90, note=short)
    (sentence,) = otherwise_than_recorded()
    assert sentence.startswith(f"{case.code}: lần mượn số {told.lent.pk} ghi đã trả hay chưa")
    Loan.objects.filter(pk=told.lent.pk).update(state="da_tra")
    assert list(otherwise_than_recorded()) == []


def test_an_accession_of_before_leaves_open_where_paper_was_that_no_entry_told_of(
    case: CaseFile, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = people["clerk_kv1"]
    for part in ("hsva", "hsks"):
        Holding.objects.create(
            case=case, part=part, unit=case.unit, person=clerk, since=timezone.now(), cause=Holding.Cause.ACCESSION
        )
    assert len(list(otherwise_than_recorded())) == 2
    _told_as_before(monkeypatch)
    fields = dict.fromkeys(acts.ACTS["accessioned"].shown)
    acts.tell("accessioned", actor=clerk, case=case, **{**fields, "accession": 1, "unit": case.unit.code})
    assert list(otherwise_than_recorded()) == []


def test_malformed_entries_do_not_end_the_comparison(case: CaseFile, people: dict[str, User]) -> None:
    row = hand_over(actor=people["clerk_kv1"], case=case, terms=IN)
    accept(actor=people["clerk_kv1"], row=row, checks=PASSED, awaits_paper=True)
    told = [
        Told(each.pk, each.kind, each.said["data"])
        for each in LedgerEntry.objects.filter(case=case, kind__in=TELLS_OF_PAPER).order_by("seq")
    ]
    assert [each.kind for each in told] == ["case_registered", "hand_over_sent", "hand_over_accepted"]
    not_told = f"{case.code}: lần giao nhận số {row.pk} đã nhận mà sổ cái không ghi."
    for malformed, sentences in (
        ({"hidden": None}, []),
        ({"hidden": [[]]}, []),
        ({"hand_over": "1"}, [not_told, f"{case.code}: nơi giữ Hồ sơ vụ án được ghi mà sổ cái không ghi."]),
        ({"unit": 7, "person_id": "x"}, None),
    ):
        # a sending that is malformed is nothing to compare with
        changed = [told[0], *(each._replace(data={**each.data, **malformed}) for each in told[1:])]
        found = [each.sentence for _case, each in paper_compared({case.pk: case.code}, {case.pk: changed})]
        assert found == sentences if sentences is not None else len(found) == 2, found


def _held(case: CaseFile, part: str = "hsva") -> list[Holding]:
    return list(Holding.objects.filter(case=case, part=part).order_by("since"))


def test_who_had_the_file_between_two_days_is_compared(case: CaseFile, people: dict[str, User]) -> None:
    told = _history(case, people)
    rows = _held(case)
    assert [row.cause for row in rows] == [
        "assumed",
        *("hand_over",) * 3,
        "loan",
        "loan_return",
        "hand_over",
    ]
    assumed, came, court, back, lent, returned, _present = rows
    code, scanner, part = case.code, people["scanner_kv1"], "Hồ sơ vụ án"
    day = dt.timedelta(days=3)

    def shown(moment: dt.datetime | None) -> str:
        assert moment is not None
        return f"{timezone.localtime(moment):%H:%M:%S %d/%m/%Y}"

    moved = f"{code}: nơi giữ {part} từ {{}} đã bị sửa thành {{}}, sổ cái ghi {{}}."
    borrower = told.returned.borrower_id
    early = returned.since + dt.timedelta(microseconds=1)
    changes: list[tuple[Holding, dict[str, Any], list[str]]] = [
        (
            came,
            {"person": scanner},
            [moved.format(shown(came.since), f"QN-KV1, tài khoản số {scanner.pk}", "QN-KV1")],
        ),
        (
            lent,
            {"person": scanner},
            [moved.format(shown(lent.since), f"QN-KV3, tài khoản số {scanner.pk}", f"QN-KV3, tài khoản số {borrower}")],
        ),
        (
            returned,
            {"unit": None, "agency": COURT, "person": None},
            [moved.format(shown(returned.since), "cơ quan ngoài hệ thống", "QN-KV1")],
        ),
        (
            court,
            {"agency": "Tòa án khác"},
            [f"{code}: tên cơ quan ngoài giữ {part} từ {shown(court.since)} đã bị sửa, khác với sổ cái đã ghi."],
        ),
        (
            assumed,
            {"agency": "Cơ quan khác"},
            [f"{code}: nơi giữ ban đầu của {part} đã bị sửa, khác với bên giao mà sổ cái đã ghi."],
        ),
        (
            back,
            {"cause": "stated"},
            [
                f"{code}: lần giữ {part} mà sổ cái ghi lúc {{}} không còn.",
                f"{code}: lần giữ {part} từ {shown(back.since)} được ghi mà sổ cái không ghi.",
            ],
        ),
        (
            returned,
            {"until": early},
            [
                f"{code}: lúc thôi giữ {part} ({shown(early)}) đã bị sửa: lần giữ sau bắt đầu lúc {shown(returned.until)}."
            ],
        ),
    ]
    for row, changed, sentences in changes:
        found = _found(Holding, row.pk, **changed)
        assert len(found) == len(sentences), (changed, found)
        for sentence, expected in zip(found, sentences, strict=True):
            head, _sign, tail = expected.partition("{}")
            assert sentence.startswith(head), (sentence, expected)
            assert sentence.endswith(tail), (sentence, expected)
    assert list(otherwise_than_recorded()) == []
    # the moment between two keepers, moved in both rows, so that nothing is left between
    Holding.objects.filter(pk=came.pk).update(since=came.since - day)
    Holding.objects.filter(pk=assumed.pk).update(since=assumed.since - 2 * day, until=came.since - day)
    assert list(otherwise_than_recorded()) == [
        f"{code}: lúc bắt đầu giữ {part} ({shown(came.since - day)}) đã bị sửa, sổ cái ghi {shown(told.came.accepted_at)}."
    ]
    Holding.objects.filter(pk=came.pk).update(since=came.since)
    Holding.objects.filter(pk=assumed.pk).update(since=assumed.since, until=came.since)
    # a keeper taken out of the middle, with the one before made to last until the next
    Holding.objects.filter(pk=court.pk).delete()
    Holding.objects.filter(pk=came.pk).update(until=court.until)
    (sentence,) = list(otherwise_than_recorded())
    assert sentence.startswith(f"{code}: lần giữ {part} mà sổ cái ghi lúc ")
    court.save(force_insert=True)
    Holding.objects.filter(pk=came.pk).update(until=came.until)
    assert list(otherwise_than_recorded()) == []
    # and one put in
    middle = came.since + (court.since - came.since) / 2
    Holding.objects.filter(pk=came.pk).update(until=middle)
    Holding.objects.create(
        case=case, part="hsva", unit=case.unit, person=scanner, since=middle, until=court.since, cause="hand_over"
    )
    assert list(otherwise_than_recorded()) == [
        f"{code}: lần giữ {part} từ {shown(middle)} được ghi mà sổ cái không ghi."
    ]


def test_a_moment_that_was_stated_is_compared_to_the_second(case: CaseFile, people: dict[str, User]) -> None:
    clerk = people["clerk_kv1"]
    friday = (timezone.now() - dt.timedelta(days=3)).replace(second=0, microsecond=0)
    row = hand_over(actor=clerk, case=case, terms=IN)
    accept(actor=clerk, row=row, checks=PASSED, awaits_paper=True, happened_at=friday)
    assert list(otherwise_than_recorded()) == []
    came = Holding.objects.get(case=case, part="hsva", until__isnull=True)
    assert came.since == friday
    (before,) = Holding.objects.filter(case=case, part="hsva", until__isnull=False)
    later = friday + dt.timedelta(minutes=10)
    Holding.objects.filter(pk=before.pk).update(until=later)
    (sentence,) = _found(Holding, came.pk, since=later)
    assert "lúc bắt đầu giữ Hồ sơ vụ án" in sentence


def test_a_clock_that_was_ahead_and_set_back_raises_no_alarm(
    case: CaseFile, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = people["clerk_kv1"]
    accept(actor=clerk, row=hand_over(actor=clerk, case=case, terms=IN), checks=PASSED, awaits_paper=True)
    ahead = timezone.now() + dt.timedelta(days=3)
    numbered = acts.ACTS["folios_numbered"]
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: ahead)
        acts.tell("folios_numbered", actor=clerk, case=case, **dict.fromkeys([*numbered.shown, *numbered.hidden]))
    loan = _lent(people, case, [], 1, 10)
    actions.return_loan(actor=clerk, loan_id=loan.pk, volume_count=1, folio_count=10)
    assert list(otherwise_than_recorded()) == []


def test_entries_of_before_leave_the_past_open_where_they_say_nothing(
    case: CaseFile, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    _told_as_before(monkeypatch)
    _history(case, people)
    scanner = people["scanner_kv1"]
    _assumed, came, _court, _back, _lent_row, returned, _present = _held(case)
    (sentence,) = _found(Holding, came.pk, person=scanner)
    assert "đã bị sửa thành QN-KV1, tài khoản số" in sentence
    # to whom it came back an entry of then did not say
    assert _found(Holding, returned.pk, person=scanner) == []


def test_a_damaged_row_is_a_finding_and_hides_no_other(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    actions.ensure_key()
    told = _history(case, people)
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ khác")
    Holding.objects.create(case=other, part="hsva", unit=other.unit, since=timezone.now(), cause="stated")
    named = [f"{other.code}: nơi giữ Hồ sơ vụ án được ghi mà sổ cái không ghi."]
    assert verified() == named
    hidden = LedgerHidden.objects.filter(entry__kind="hand_over_accepted").latest("pk")
    # lists that are none, a moment nobody can read
    for model, pk, column, broken, sentence in (
        (
            HandOver,
            told.came.pk,
            "volumes",
            "[{",
            f"{case.code}: lần giao nhận số {told.came.pk}: danh sách “Các tập, bút lục”",
        ),
        (LedgerHidden, hidden.pk, "values", "[[", "Giá trị ẩn lưu bên cạnh mục"),
        (Holding, _held(case)[1].pk, "since", "hôm qua", f"{case.code}: có dòng trong cơ sở dữ liệu bị hỏng ("),
    ):
        if connection.vendor != "sqlite":
            # PostgreSQL keeps no such value
            break
        table, key = model._meta.db_table, model._meta.pk.column
        kept = f'"{table}"."{column}"'
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints=ON")
            (before,) = cursor.execute(f"SELECT {kept} FROM {table} WHERE {key}=%s", [pk]).fetchone()
            cursor.execute(f'UPDATE {table} SET "{column}"=%s WHERE {key}=%s', [broken, pk])
            found = verified()
            cursor.execute(f'UPDATE {table} SET "{column}"=%s WHERE {key}=%s', [before, pk])
            cursor.execute("PRAGMA ignore_check_constraints=OFF")
        assert len(found) == 2, found
        assert found[1:] == named
        assert found[0].startswith(sentence)
    assert verified() == named


def test_whatever_fails_in_comparing_a_case_is_a_finding(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ khác")
    Holding.objects.create(case=other, part="hsva", unit=other.unit, since=timezone.now(), cause="stated")

    def fails(codes: dict[int, str], entries: Any) -> Any:
        if case.pk in codes:
            with connection.cursor() as cursor:
                cursor.execute("SELECT nothing")
        return paper_compared(codes, entries)

    monkeypatch.setattr(recorded, "paper_compared", fails)
    what = "OperationalError" if connection.vendor == "sqlite" else "ProgrammingError"
    damaged, not_told = list(otherwise_than_recorded())
    assert damaged.startswith(f"{case.code}: có dòng trong cơ sở dữ liệu bị hỏng ({what}) nên không so được")
    assert not_told == f"{other.code}: nơi giữ Hồ sơ vụ án được ghi mà sổ cái không ghi."


def test_of_what_is_not_told_one_by_one_it_is_said_how_much_there_is(
    case: CaseFile, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds and periods are compared last: a long list before them hides them no more."""
    actions.ensure_key()
    told = _history(case, people)
    accepted = HandOver.objects.filter(case=case, state="da_nhan")
    count = accepted.count()
    accepted.update(seal_condition="Rách")
    Loan.objects.filter(pk=told.lent.pk).update(until=told.lent.until + dt.timedelta(days=30))
    RetentionHold.objects.create(case=case, ground="khang_nghi", placed_by=people["chief_kv1"])
    assert count > 3
    # as where the transaction ends: PostgreSQL gives entries their places then
    into_log.settle(connection)
    monkeypatch.setattr(of_ledger, "_MOST", 3)
    problems = verified()
    assert ["lần giao nhận số" in each for each in problems[:3]] == [True] * 3
    assert problems[3:] == [
        f"Còn {count - 3} điểm sai nữa về lần giao nhận, không nêu từng điểm.",
        "Còn 1 điểm sai nữa về lần mượn, không nêu từng điểm.",
        "Còn 1 điểm sai nữa về lệnh giữ hồ sơ, không nêu từng điểm.",
    ]
    # the count ends somewhere, for each of the two
    monkeypatch.setattr(of_ledger, "_COUNTED", 3)
    problems = verified()
    assert problems[3:] == [
        "Còn 1 điểm sai nữa về lệnh giữ hồ sơ, không nêu từng điểm.",
        "Đã thôi đếm sau 3 điểm sai: còn nữa.",
    ]
