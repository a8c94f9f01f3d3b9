"""What may happen in a case: the table tried in every state, the ways back, several accused, dates."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.deadlines import Span
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.proceedings import (
    EVENTS,
    NEWCOMER,
    REPORT_RESULTS,
    START,
    Event,
    Happening,
    ProceedingsError,
    State,
    Step,
    advance,
    allowed,
    how_it_ended,
    order_warnings,
    replay,
)
from vks_plugin.cases.stages import STAGES_OF, STATUSES_OF, accused_label, stage_label, status_label

DAY = dt.date(2025, 3, 3)

# What a criminal case can come to, typed from the chain of stages and the list of statuses: nothing else is reached.
CASE_STATES = {
    "nguon_tin": {"dang_giai_quyet"},
    "khoi_to": {"dang_giai_quyet", "tam_dinh_chi", "dinh_chi", "phuc_hoi", "chuyen_tham_quyen", "da_nhap"},
    "dieu_tra": {
        "dang_giai_quyet",
        "tam_dinh_chi",
        "dinh_chi",
        "phuc_hoi",
        "tra_ho_so_dtbs",
        "tra_dieu_tra_lai",
        "chuyen_tham_quyen",
        "da_nhap",
    },
    "truy_to": {
        "dang_giai_quyet",
        "tam_dinh_chi",
        "dinh_chi",
        "phuc_hoi",
        "tra_ho_so_dtbs",
        "chuyen_tham_quyen",
        "da_nhap",
        "da_truy_to",
    },
    "xet_xu_so_tham": {
        "da_truy_to",
        "tam_dinh_chi",
        "dinh_chi",
        "phuc_hoi",
        "da_nhap",
        "da_xet_xu_st",
        "co_khang_cao_khang_nghi",
    },
    "phuc_tham": {"co_khang_cao_khang_nghi"},
    "giam_doc_tham_tai_tham": {"co_khang_cao_khang_nghi"},
    "thi_hanh_an": {"co_hieu_luc"},
    "ket_thuc": {"co_hieu_luc", "dinh_chi", "da_nop_luu"},
}
# one of several may have been split off, and may never have been charged
PERSON_STATES = {stage: set(statuses) for stage, statuses in CASE_STATES.items() if stage != "nguon_tin"}
for _stage in ("khoi_to", "dieu_tra", "truy_to", "xet_xu_so_tham"):
    PERSON_STATES[_stage].add("da_tach")

# The chain forward, and the ways back the law knows (G2→G1, G3→G2→G1, G4/G5→G1/G3); a case goes no other way.
WAYS = {
    ("nguon_tin", "khoi_to"),
    ("khoi_to", "dieu_tra"),
    ("dieu_tra", "truy_to"),
    ("truy_to", "xet_xu_so_tham"),
    ("xet_xu_so_tham", "phuc_tham"),
    ("xet_xu_so_tham", "thi_hanh_an"),
    ("phuc_tham", "thi_hanh_an"),
    ("thi_hanh_an", "giam_doc_tham_tai_tham"),
    ("ket_thuc", "giam_doc_tham_tai_tham"),
    ("giam_doc_tham_tai_tham", "thi_hanh_an"),
    ("thi_hanh_an", "ket_thuc"),
    # ended proceedings are closed from where they ended
    ("khoi_to", "ket_thuc"),
    ("dieu_tra", "ket_thuc"),
    ("truy_to", "ket_thuc"),
    ("xet_xu_so_tham", "ket_thuc"),
    # back
    ("truy_to", "dieu_tra"),
    ("xet_xu_so_tham", "truy_to"),
    ("phuc_tham", "dieu_tra"),
    ("phuc_tham", "xet_xu_so_tham"),
    ("giam_doc_tham_tai_tham", "dieu_tra"),
    ("giam_doc_tham_tai_tham", "xet_xu_so_tham"),
}


def happening(event: Event | str, *, accused: int | None = None, on: dt.date = DAY, **more: Any) -> Happening:
    """Return an event with everything it can need."""
    row = EVENTS["criminal"].get(event) if isinstance(event, str) else event
    ground = ""
    if row is not None:
        ground = row.grounds[0][0] if row.grounds else "ktva_gui" if row.value == "gui_van_ban" else ""
    told = Happening(
        row.value if row is not None else str(event),
        on,
        dt.time(9),
        accused,
        ground,
        Span(1, "d"),
        "01/QĐ",
    )
    return told._replace(**more)


def states(kind: str) -> Iterator[State]:
    for stage, status in itertools.product(STAGES_OF[kind], STATUSES_OF[kind]):
        yield State(stage.value, status[0])


def reached(kind: str) -> Iterator[tuple[State, State, str, Step]]:
    """Yield every step that can be taken by a case with one accused, from the beginning on."""
    start = (START[kind], NEWCOMER)
    seen, waiting = {start}, [start]
    while waiting:
        case, person = waiting.pop()
        for accused, whose in ((None, None), (1, person)):
            for event in allowed(kind, case, whose):
                if accused is None and event.scope == "accused":
                    continue
                step = advance(kind, case, {1: person}, [], happening(event, accused=accused))
                yield case, person, event.value, step
                found = (step.case, step.accused[1])
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)


# --- the table


@pytest.mark.parametrize("kind", EVENTS)
def test_the_table_speaks_of_stages_and_statuses_there_are(kind: str) -> None:
    stages, statuses = {stage.value for stage in STAGES_OF[kind]}, {value for value, _label in STATUSES_OF[kind]}
    assert STAGES_OF[kind] == KINDS[kind].stages
    for event in EVENTS[kind].values():
        assert event.kind == kind
        assert event.label
        assert event.stages
        assert event.statuses
        assert {*event.stages, *event.late, *event.case_stages} <= stages
        assert set(event.statuses) <= statuses
        assert event.to_stage is None or event.to_stage in stages
        assert event.to_status is None or event.to_status in statuses
        assert len(dict(event.grounds)) == len(event.grounds)
        assert ("accused" in event.needs) == (event.scope == "accused")
        # what is recorded afterwards is not also possible there in its turn
        assert not set(event.late) & set(event.stages)
        assert event.verified or event.note
    assert (START[kind].stage, START[kind].status) in {(each.stage, each.status) for each in states(kind)}


def test_nothing_of_civil_and_administrative_matters_is_called_verified() -> None:
    assert not any(event.verified for kind in ("civil", "administrative") for event in EVENTS[kind].values())


def test_no_case_reaches_a_state_or_goes_a_way_outside_the_table() -> None:
    cases: dict[str, set[str]] = {}
    people: dict[str, set[str]] = {}
    ways = set()
    for case, _person, _event, step in reached("criminal"):
        cases.setdefault(step.case.stage, set()).add(step.case.status)
        people.setdefault(step.accused[1].stage, set()).add(step.accused[1].status)
        if case.stage != step.case.stage:
            ways.add((case.stage, step.case.stage))
    assert cases == CASE_STATES
    assert people == PERSON_STATES
    assert ways == WAYS


@pytest.mark.parametrize("kind", ["crime_report", "civil", "administrative"])
def test_other_kinds_stay_in_their_tables(kind: str) -> None:
    possible = set(states(kind))
    steps = list(reached(kind))
    assert {step.case for _case, _person, _event, step in steps} <= possible
    # every state of the kind that is not a dead word is reached
    last = {"crime_report": "nguon_tin"}.get(kind, "ket_thuc")
    assert last in {step.case.stage for _case, _person, _event, step in steps}


@pytest.mark.parametrize("kind", EVENTS)
def test_in_every_state_every_event_is_possible_by_the_table_or_refused_with_a_sentence(kind: str) -> None:
    for case in states(kind):
        possible = {event.value for event in allowed(kind, case)}
        for event in EVENTS[kind].values():
            told = happening(event)
            if event.scope == "accused":
                with pytest.raises(ProceedingsError, match="cần nêu bị can"):
                    advance(kind, case, {}, [], told)
                continue
            if event.value in possible:
                after = advance(kind, case, {}, [], told).case
                assert after.stage == (event.to_stage or case.stage)
                assert event.value == "tach_vu_an" or after.status == (event.to_status or case.status)
                continue
            # recorded before: what is missing from an earlier stage may be recorded afterwards
            with pytest.raises(ProceedingsError) as refused:
                advance(kind, case, {}, [told], told)
            assert event.label in str(refused.value)
            assert "Lúc này chỉ ghi được" in str(refused.value) or "không ghi thêm được" in str(refused.value)
            assert "%(" not in str(refused.value)


def test_for_every_accused_in_every_state_too() -> None:
    cases = [State(stage, status) for stage, statuses in CASE_STATES.items() for status in statuses]
    tried = 0
    for case, person in itertools.product(cases, states("criminal")):
        possible = {event.value for event in allowed("criminal", case, person)}
        for event in EVENTS["criminal"].values():
            told = happening(event, accused=1)
            if event.value in possible:
                step = advance("criminal", case, {1: person}, [], told)
                assert step.accused[1].stage in {stage.value for stage in STAGES_OF["criminal"]}
                tried += 1
            elif (case.stage, case.status, person.stage) == ("dieu_tra", "dang_giai_quyet", "dieu_tra"):
                with pytest.raises(ProceedingsError) as refused:
                    advance("criminal", case, {1: person}, [told], told)
                assert event.label in str(refused.value)
    assert tried > 1000


def test_a_refusal_says_where_the_case_is_and_what_can_be_recorded() -> None:
    with pytest.raises(ProceedingsError) as refused:
        advance("criminal", State("truy_to", "da_truy_to"), {}, [], happening("tuyen_an"))
    assert str(refused.value) == (
        "Vụ án đang ở giai đoạn “Truy tố”: “Tuyên án sơ thẩm” chỉ có ở Xét xử sơ thẩm. Lúc này chỉ ghi được: "
        "Chuyển vụ án theo thẩm quyền; Nhập vào vụ án khác; Tách vụ án; "
        "Viện kiểm sát trả hồ sơ để điều tra bổ sung; Tạm đình chỉ vụ án (giai đoạn truy tố); "
        "Đình chỉ vụ án (giai đoạn truy tố); Quyết định truy tố bằng cáo trạng; "
        "Quyết định truy tố theo thủ tục rút gọn; Giữ nguyên quyết định truy tố sau điều tra bổ sung; "
        "Chuyển hồ sơ và cáo trạng đến Tòa án."
    )
    assert refused.value.status == 409
    with pytest.raises(ProceedingsError, match=r"trạng thái “Tạm đình chỉ”.*chỉ ghi được khi"):
        advance("criminal", State("dieu_tra", "tam_dinh_chi"), {}, [], happening("ket_luan_dieu_tra"))
    with pytest.raises(ProceedingsError, match="không nêu bị can"):
        advance("criminal", State("dieu_tra", "dang_giai_quyet"), {1: NEWCOMER}, [], happening("nhan_ho_so", accused=1))
    with pytest.raises(ProceedingsError, match="mã “khong_co”"):
        advance("criminal", State("dieu_tra", "dang_giai_quyet"), {}, [], happening("khong_co"))


@pytest.mark.parametrize(
    ("event", "missing", "field", "sentence"),
    [
        ("cao_trang", {"number": ""}, "number", "cần số văn bản"),
        ("vks_tra_ho_so", {"ground": ""}, "ground", "cần căn cứ"),
        ("vks_tra_ho_so", {"ground": "z"}, "ground", "không có căn cứ mã “z”"),
        ("gia_han_truy_to", {"amount": None}, "amount", "cần thời hạn được gia hạn"),
    ],
)
def test_what_an_event_needs_is_asked_for_at_its_field(
    event: str, missing: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(ProceedingsError, match=sentence) as refused:
        advance("criminal", State("truy_to", "dang_giai_quyet"), {}, [], happening(event, **missing))
    assert refused.value.field == field


def test_the_hour_is_asked_for_where_the_limit_is_in_hours() -> None:
    with pytest.raises(ProceedingsError, match="cần cả giờ") as refused:
        advance(
            "criminal",
            State("khoi_to", "dang_giai_quyet"),
            {1: NEWCOMER},
            [],
            happening("giu_khan_cap", accused=1, at=None),
        )
    assert refused.value.field == "at"


# --- the whole way, and the ways back


def told(*events: str | tuple[str, int]) -> list[Happening]:
    """Return events one day after the other; with a number, of that accused."""
    return [
        happening(
            each if isinstance(each, str) else each[0],
            accused=None if isinstance(each, str) else each[1],
            on=DAY + dt.timedelta(days=n),
        )
        for n, each in enumerate(events)
    ]


TO_COURT = ("khoi_to_vu_an", ("khoi_to_bi_can", 1), "ket_luan_dieu_tra", "nhan_ho_so", "cao_trang", "chuyen_toa")
TO_JUDGMENT = (*TO_COURT, "toa_thu_ly", "qd_xet_xu", "mo_phien_toa", "tuyen_an")
TO_APPEAL = (*TO_JUDGMENT, ("khang_cao", 1), "thu_ly_phuc_tham")


@pytest.mark.parametrize(
    ("events", "case", "person"),
    [
        (("khoi_to_vu_an",), "khoi_to/dang_giai_quyet", ""),
        (TO_COURT[:2], "dieu_tra/dang_giai_quyet", "dieu_tra/dang_giai_quyet"),
        (TO_COURT[:4], "truy_to/dang_giai_quyet", "truy_to/dang_giai_quyet"),
        (TO_COURT[:5], "truy_to/da_truy_to", "truy_to/da_truy_to"),
        # the case lies with the court, the person is charged only until the trial is opened
        (TO_COURT, "xet_xu_so_tham/da_truy_to", "truy_to/da_truy_to"),
        (TO_JUDGMENT[:8], "xet_xu_so_tham/da_truy_to", "xet_xu_so_tham/da_truy_to"),
        (TO_JUDGMENT, "xet_xu_so_tham/da_xet_xu_st", "xet_xu_so_tham/da_xet_xu_st"),
        ((*TO_JUDGMENT, "co_hieu_luc"), "thi_hanh_an/co_hieu_luc", "thi_hanh_an/co_hieu_luc"),
        (TO_APPEAL, "phuc_tham/co_khang_cao_khang_nghi", "phuc_tham/co_khang_cao_khang_nghi"),
        ((*TO_APPEAL, "an_phuc_tham"), "thi_hanh_an/co_hieu_luc", "thi_hanh_an/co_hieu_luc"),
        (
            (*TO_APPEAL, "an_phuc_tham", "giam_doc_tham"),
            "giam_doc_tham_tai_tham/co_khang_cao_khang_nghi",
            "giam_doc_tham_tai_tham/co_khang_cao_khang_nghi",
        ),
        ((*TO_APPEAL, "an_phuc_tham", "ket_thuc", "nop_luu"), "ket_thuc/da_nop_luu", "ket_thuc/da_nop_luu"),
        # back: the procuracy returns the file
        ((*TO_COURT[:4], "vks_tra_ho_so"), "dieu_tra/tra_ho_so_dtbs", "dieu_tra/tra_ho_so_dtbs"),
        (
            (*TO_COURT[:4], "vks_tra_ho_so", "cqdt_nhan_lai_ho_so", "ket_luan_dieu_tra", "nhan_ho_so"),
            "truy_to/dang_giai_quyet",
            "truy_to/dang_giai_quyet",
        ),
        # the judge returns it to the procuracy, which passes it on
        ((*TO_COURT, "toa_thu_ly", "tham_phan_tra_ho_so"), "truy_to/tra_ho_so_dtbs", "truy_to/tra_ho_so_dtbs"),
        (
            (*TO_COURT, "toa_thu_ly", "tham_phan_tra_ho_so", "vks_chuyen_ho_so_dtbs"),
            "dieu_tra/tra_ho_so_dtbs",
            "dieu_tra/tra_ho_so_dtbs",
        ),
        # or supplements it itself
        (
            (*TO_JUDGMENT[:9], "hdxx_tra_ho_so", "chuyen_toa", "toa_nhan_lai_ho_so"),
            "xet_xu_so_tham/da_truy_to",
            "truy_to/da_truy_to",
        ),
        # annulled
        ((*TO_APPEAL, "huy_an_dieu_tra_lai"), "dieu_tra/tra_dieu_tra_lai", "dieu_tra/tra_dieu_tra_lai"),
        ((*TO_APPEAL, "huy_an_xet_xu_lai"), "xet_xu_so_tham/da_truy_to", "truy_to/da_truy_to"),
        (
            (*TO_APPEAL, "an_phuc_tham", "giam_doc_tham", "huy_an_dieu_tra_lai"),
            "dieu_tra/tra_dieu_tra_lai",
            "dieu_tra/tra_dieu_tra_lai",
        ),
        # stayed, resumed
        ((*TO_COURT[:2], "tam_dinh_chi_dieu_tra"), "dieu_tra/tam_dinh_chi", "dieu_tra/tam_dinh_chi"),
        ((*TO_COURT[:2], "tam_dinh_chi_dieu_tra", "phuc_hoi_dieu_tra"), "dieu_tra/phuc_hoi", "dieu_tra/phuc_hoi"),
        ((*TO_COURT[:4], "dinh_chi_truy_to", "phuc_hoi_truy_to"), "truy_to/phuc_hoi", "truy_to/phuc_hoi"),
        (
            (*TO_COURT, "toa_thu_ly", "tam_dinh_chi_xet_xu", "phuc_hoi_xet_xu"),
            "xet_xu_so_tham/phuc_hoi",
            "truy_to/phuc_hoi",
        ),
        # transferred and received
        (
            (*TO_COURT[:4], "chuyen_tham_quyen", "nhan_chuyen_tham_quyen"),
            "truy_to/dang_giai_quyet",
            "truy_to/dang_giai_quyet",
        ),
        ((*TO_COURT[:2], "nhap_vu_an"), "dieu_tra/da_nhap", "dieu_tra/da_nhap"),
        # charging cancelled: held at most, and may be charged again
        ((*TO_COURT[:2], ("huy_ktbc", 1)), "dieu_tra/dang_giai_quyet", "khoi_to/dang_giai_quyet"),
        (
            (*TO_COURT[:2], ("huy_ktbc", 1), ("khoi_to_bi_can", 1)),
            "dieu_tra/dang_giai_quyet",
            "dieu_tra/dang_giai_quyet",
        ),
    ],
)
def test_where_a_history_leads(events: tuple[str | tuple[str, int], ...], case: str, person: str) -> None:
    step = replay("criminal", told(*events))
    assert "/".join(step.case) == case
    assert ["/".join(each) for each in step.accused.values()] == ([person] if person else [])
    # every event can be shown as it is recorded, too
    again = Step(START["criminal"], {})
    for n, each in enumerate(told(*events)):
        again = advance("criminal", again.case, again.accused, told(*events)[:n], each)
    assert (again.case, again.accused) == (step.case, step.accused)


@pytest.mark.parametrize(
    ("events", "result"),
    [
        (("tiep_nhan_nguon_tin", "phan_cong_giai_quyet"), "dang_giai_quyet"),
        (("tiep_nhan_nguon_tin", "phan_cong_giai_quyet", "tam_dinh_chi_nguon_tin"), "tam_dinh_chi"),
        (
            ("tiep_nhan_nguon_tin", "phan_cong_giai_quyet", "tam_dinh_chi_nguon_tin", "phuc_hoi_nguon_tin"),
            "dang_giai_quyet",
        ),
        (("tiep_nhan_nguon_tin", "nguon_tin_khoi_to"), "da_giai_quyet"),
        (("tiep_nhan_nguon_tin", "nguon_tin_khong_khoi_to"), "da_giai_quyet"),
        (("tiep_nhan_nguon_tin", "nguon_tin_chuyen"), "da_giai_quyet"),
    ],
)
def test_a_report_of_crime(events: tuple[str, ...], result: str) -> None:
    step = replay("crime_report", [Happening(each, DAY, number="1") for each in events])
    assert step.case == State("nguon_tin", result)
    assert set(REPORT_RESULTS) <= set(EVENTS["crime_report"])
    if result == "da_giai_quyet":
        with pytest.raises(ProceedingsError, match="Đã giải quyết"):
            advance("crime_report", step.case, {}, [], Happening("phan_cong_giai_quyet", DAY))


# --- how often


def test_the_third_return_needs_a_reason() -> None:
    rounds = ("vks_tra_ho_so", "cqdt_nhan_lai_ho_so", "ket_luan_dieu_tra", "nhan_ho_so")
    history = told(*TO_COURT[:4], *rounds, *rounds)
    at = replay("criminal", history)
    third = happening("vks_tra_ho_so")
    with pytest.raises(ProceedingsError, match=r"không quá 2 lần.*lần thứ 3 chỉ ghi được khi") as refused:
        advance("criminal", at.case, at.accused, history, third)
    assert refused.value.field == "reason"
    with pytest.raises(ProceedingsError, match="nêu lý do"):
        advance("criminal", at.case, at.accused, history, third, override=True)
    step = advance("criminal", at.case, at.accused, history, third._replace(reason="Còn đồng phạm mới"), override=True)
    assert step.case == State("dieu_tra", "tra_ho_so_dtbs")
    assert any("lần thứ 3" in each for each in step.warnings)
    # what was accepted is accepted when the history is told again
    accepted = third._replace(override=True, reason="Còn đồng phạm mới")
    assert replay("criminal", [*history, accepted]).case == State("dieu_tra", "tra_ho_so_dtbs")


@pytest.mark.parametrize("event", ["tham_phan_tra_ho_so", "hdxx_tra_ho_so"])
def test_judge_and_court_return_once_each(event: str) -> None:
    history = told(*TO_COURT, "toa_thu_ly", event, "chuyen_toa")
    at = replay("criminal", history)
    with pytest.raises(ProceedingsError, match="không quá 1 lần"):
        advance("criminal", at.case, at.accused, history, happening(event))
    other = "hdxx_tra_ho_so" if event == "tham_phan_tra_ho_so" else "tham_phan_tra_ho_so"
    assert advance("criminal", at.case, at.accused, history, happening(other)).case.stage == "truy_to"


def test_a_hard_limit_has_no_way_round() -> None:
    history = told("khoi_to_vu_an", ("khoi_to_bi_can", 1))
    at = replay("criminal", history)
    again = happening("phe_chuan_ktbc", accused=1)
    at = advance("criminal", at.case, at.accused, history, again)
    with pytest.raises(ProceedingsError, match="không ghi thêm được"):
        advance(
            "criminal", at.case, at.accused, [*history, again], again._replace(override=True, reason="x"), override=True
        )


def test_what_is_missing_may_be_recorded_afterwards_once_and_leads_nowhere() -> None:
    # registered when the file was received: the initiation is entered later
    case, people = State("truy_to", "dang_giai_quyet"), {1: State("truy_to", "dang_giai_quyet")}
    first = happening("khoi_to_vu_an")
    step = advance("criminal", case, people, [], first)
    assert (step.case, step.accused) == (case, people)
    assert any("ghi bổ sung" in each for each in step.warnings)
    assert "khoi_to_vu_an" in {each.value for each in allowed("criminal", case, history=[])}
    assert "khoi_to_vu_an" not in {each.value for each in allowed("criminal", case, history=[first])}
    with pytest.raises(ProceedingsError):
        advance("criminal", case, people, [first], first)
    charged = advance("criminal", case, people, [], happening("khoi_to_bi_can", accused=1))
    assert charged.accused == people


# --- several accused


def test_one_of_several_is_stayed_and_the_case_goes_on() -> None:
    history = told("khoi_to_vu_an", ("khoi_to_bi_can", 1), ("khoi_to_bi_can", 2), ("tam_dinh_chi_dieu_tra", 2))
    step = replay("criminal", [*history, *told("ket_luan_dieu_tra", "nhan_ho_so", "cao_trang")])
    assert step.case == State("truy_to", "da_truy_to")
    assert step.accused == {1: State("truy_to", "da_truy_to"), 2: State("dieu_tra", "tam_dinh_chi")}
    # taken up again when the case is elsewhere: the program points to splitting
    resumed = advance("criminal", step.case, step.accused, history, happening("phuc_hoi_dieu_tra", accused=2))
    assert resumed.accused[2] == State("dieu_tra", "phuc_hoi")
    assert any("tách vụ án" in each for each in resumed.warnings)


def test_who_was_stayed_alone_is_not_resumed_with_the_case() -> None:
    history = told(
        "khoi_to_vu_an",
        ("khoi_to_bi_can", 1),
        ("khoi_to_bi_can", 2),
        ("tam_dinh_chi_dieu_tra", 2),
        "tam_dinh_chi_dieu_tra",
        "phuc_hoi_dieu_tra",
    )
    step = replay("criminal", history)
    assert step.accused == {1: State("dieu_tra", "phuc_hoi"), 2: State("dieu_tra", "tam_dinh_chi")}


def test_who_was_stayed_in_prosecution_can_be_taken_up_there_while_the_case_is_tried() -> None:
    history = told(
        *TO_COURT[:2],
        ("khoi_to_bi_can", 2),
        "ket_luan_dieu_tra",
        "nhan_ho_so",
        ("tam_dinh_chi_truy_to", 2),
        "cao_trang",
        "chuyen_toa",
    )
    step = replay("criminal", history)
    assert step.accused[2] == State("truy_to", "tam_dinh_chi")
    resumed = advance("criminal", step.case, step.accused, history, happening("phuc_hoi_truy_to", accused=2))
    assert resumed.accused[2] == State("truy_to", "phuc_hoi")


def test_when_all_accused_are_dismissed_the_case_may_be() -> None:
    history = told(*TO_COURT[:2], ("khoi_to_bi_can", 2), "ket_luan_dieu_tra", "nhan_ho_so", ("dinh_chi_truy_to", 1))
    at = replay("criminal", history)
    assert at.case.status == "dang_giai_quyet"
    assert not any("Mọi bị can" in each for each in at.warnings)
    last = happening("dinh_chi_truy_to", accused=2, on=DAY + dt.timedelta(days=9))
    step = advance("criminal", at.case, at.accused, history, last)
    assert step.case == State("truy_to", "dang_giai_quyet")
    assert any("Mọi bị can đã được đình chỉ" in each for each in step.warnings)
    ended = advance("criminal", step.case, step.accused, [*history, last], happening("dinh_chi_truy_to"))
    assert ended.case == State("truy_to", "dinh_chi")
    closed = advance("criminal", ended.case, ended.accused, [], happening("ket_thuc"))
    assert set(closed.accused.values()) == {State("ket_thuc", "dinh_chi")}


def test_nothing_more_happens_to_one_who_was_split_off() -> None:
    history = told(*TO_COURT[:2], ("khoi_to_bi_can", 2), ("tach_vu_an", 2))
    step = replay("criminal", [*history, *told("ket_luan_dieu_tra", "nhan_ho_so")])
    assert step.case == State("truy_to", "dang_giai_quyet")
    assert step.accused[2] == State("dieu_tra", "da_tach")
    for event in EVENTS["criminal"].values():
        with pytest.raises(ProceedingsError):
            advance("criminal", step.case, step.accused, history, happening(event, accused=2))


def test_in_a_case_at_rest_nobody_is_charged_and_whoever_is_held_is_released() -> None:
    people = {1: State("dieu_tra", "dinh_chi")}
    case = State("dieu_tra", "dinh_chi")
    with pytest.raises(ProceedingsError, match="Vụ án đang ở trạng thái “Đình chỉ”"):
        advance("criminal", case, people, [], happening("khoi_to_bi_can", accused=2))
    assert advance("criminal", case, people, [], happening("tra_tu_do", accused=1)).accused == people


def test_who_did_not_appeal_may_be_in_force_before_the_appeal_is_heard() -> None:
    two = (*TO_COURT[:2], ("khoi_to_bi_can", 2), *TO_JUDGMENT[2:])
    history = told(*two, ("khang_cao", 1), "thu_ly_phuc_tham")
    step = replay("criminal", history)
    assert step.accused == {
        1: State("phuc_tham", "co_khang_cao_khang_nghi"),
        2: State("phuc_tham", "da_xet_xu_st"),
    }
    after = advance("criminal", step.case, step.accused, history, happening("co_hieu_luc", accused=2))
    assert after.accused[2] == State("thi_hanh_an", "co_hieu_luc")
    assert after.case == step.case


# --- what people are called


@pytest.mark.parametrize(
    ("events", "label"),
    [
        (("khoi_to_vu_an", ("giu_khan_cap", 1)), "Người bị giữ, bị tạm giữ"),
        (TO_COURT[:2], "Bị can"),
        (TO_COURT, "Bị can"),
        ((*TO_COURT, "toa_thu_ly"), "Bị can"),
        ((*TO_COURT, "toa_thu_ly", "qd_xet_xu"), "Bị cáo"),
        (TO_APPEAL, "Bị cáo"),
        ((*TO_JUDGMENT, "co_hieu_luc"), "Người bị kết án"),
        ((*TO_APPEAL, "an_phuc_tham", "giam_doc_tham"), "Người bị kết án"),
        ((*TO_APPEAL, "huy_an_xet_xu_lai"), "Bị can"),
    ],
)
def test_what_the_law_calls_a_person_follows_his_own_stage(
    events: tuple[str | tuple[str, int], ...], label: str
) -> None:
    assert accused_label(replay("criminal", told(*events)).accused[1].stage) == label


JUDGED = (*TO_JUDGMENT, "co_hieu_luc", "ket_thuc", "nop_luu")
DROPPED_AND_ARCHIVED = (*TO_COURT[:2], "dinh_chi_dieu_tra", "ket_thuc", "nop_luu")


@pytest.mark.parametrize(
    ("events", "ended"),
    [
        (JUDGED, "Người bị kết án"),
        # the archive takes the status away, not what happened
        (DROPPED_AND_ARCHIVED, "Bị can, bị cáo (đã đình chỉ)"),
        ((*TO_JUDGMENT, ("tuyen_khong_pham_toi", 1), *JUDGED[-3:]), "Bị cáo (được tuyên không phạm tội)"),
        ((*TO_JUDGMENT, "co_hieu_luc", ("tuyen_khong_pham_toi", 1), "ket_thuc"), "Bị cáo (được tuyên không phạm tội)"),
        # an acquittal that was annulled is none
        (
            (*TO_APPEAL, ("tuyen_khong_pham_toi", 1), "huy_an_xet_xu_lai", "qd_xet_xu", "tuyen_an", "co_hieu_luc"),
            "Người bị kết án",
        ),
    ],
)
def test_only_who_was_judged_is_called_convicted(events: tuple[str | tuple[str, int], ...], ended: str) -> None:
    happened = told(*events)
    person = replay("criminal", happened).accused[1]
    how = how_it_ended("criminal", [(each.event, each.accused) for each in happened], 1)
    assert accused_label(person.stage, ended=how) == ended


def test_labels_cover_all_kinds() -> None:
    assert stage_label("so_tham") == "Sơ thẩm"
    assert status_label("chua_thuc_hien") == "Chưa thực hiện"
    assert stage_label("khong_co") == "khong_co"


# --- dates


def test_dates_out_of_order_are_told_not_refused() -> None:
    history = [happening("ket_luan_dieu_tra", on=dt.date(2025, 3, 10))]
    early = happening("nhan_ho_so", on=dt.date(2025, 3, 3))
    (sentence,) = order_warnings(history, early)
    assert sentence == (
        "Ngày không theo thứ tự: “Kết luận điều tra” 10/03/2025 sau "
        "“Viện kiểm sát nhận hồ sơ vụ án và kết luận điều tra” 03/03/2025. Hãy kiểm tra lại."
    )
    step = advance("criminal", State("dieu_tra", "dang_giai_quyet"), {}, history, early)
    assert step.case.stage == "truy_to"
    assert len(step.warnings) == 1
    # told in the other order, it is the same
    assert order_warnings([early], history[0]) == order_warnings(history, early)
    assert order_warnings(history, happening("nhan_ho_so", on=dt.date(2025, 3, 10))) == []


def test_each_accused_has_an_order_of_his_own() -> None:
    history = [
        happening("khoi_to_vu_an", on=dt.date(2025, 1, 2)),
        happening("khoi_to_bi_can", accused=1, on=dt.date(2025, 1, 3)),
        happening("khoi_to_bi_can", accused=2, on=dt.date(2025, 3, 3)),
    ]
    assert order_warnings(history, happening("phe_chuan_ktbc", accused=1, on=dt.date(2025, 1, 6))) == []
    assert len(order_warnings(history, happening("phe_chuan_ktbc", accused=2, on=dt.date(2025, 1, 6)))) == 1
    # charged later, after the investigation was closed once: not out of order
    assert order_warnings(history, happening("ket_luan_dieu_tra", on=dt.date(2025, 2, 1))) == []
    assert len(order_warnings(history, happening("khoi_to_bi_can", accused=3, on=dt.date(2025, 1, 1)))) == 1


def test_a_file_that_goes_round_again_is_not_out_of_order() -> None:
    history = [
        happening("nhan_ho_so", on=dt.date(2025, 3, 3)),
        happening("cao_trang", on=dt.date(2025, 3, 20)),
        happening("chuyen_toa", on=dt.date(2025, 3, 21)),
        happening("tham_phan_tra_ho_so", on=dt.date(2025, 4, 10)),
    ]
    assert order_warnings(history, happening("ket_luan_dieu_tra", on=dt.date(2025, 5, 5))) == []
    # before the return it is the same round
    assert len(order_warnings(history, happening("ket_luan_dieu_tra", on=dt.date(2025, 4, 1)))) == 3


# --- any history


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Draw a history of two accused by choosing among what is possible."""
    step = Step(START["criminal"], {})
    history: list[Happening] = []
    for n in range(draw(st.integers(1, 14))):
        choices = []
        for accused in (None, 1, 2):
            person = None if accused is None else step.accused.get(accused, NEWCOMER)
            choices += [
                happening(event, accused=accused, on=DAY + dt.timedelta(days=n), reason="vì sao")
                for event in allowed("criminal", step.case, person, history)
                if event.scope == "either" or (event.scope == "accused") == (accused is not None)
            ]
        if not choices:
            break
        each = draw(st.sampled_from(choices))._replace(override=True)
        try:
            step = advance("criminal", step.case, step.accused, history, each)
        except ProceedingsError as error:
            # as often as it may
            assert "không ghi thêm được" in str(error)  # noqa: PT017 - the one reason left
            continue
        history.append(each)
    return history


@given(history=histories(), cut=st.integers(0, 14))
def test_a_history_told_in_two_parts_leads_where_it_leads_in_one(history: list[Happening], cut: int) -> None:
    whole = replay("criminal", history)
    first = replay("criminal", history[:cut])
    both = replay("criminal", history[cut:], start=first, history=history[:cut])
    assert (both.case, both.accused, both.warnings) == (whole.case, whole.accused, whole.warnings)
    assert whole.case.status in CASE_STATES[whole.case.stage]
    for person in whole.accused.values():
        assert person.status in PERSON_STATES[person.stage]
