"""Rules V01–V18 from facts alone: what each finds, and what it leaves alone."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vks_plugin.cases import folio_report, validation
from vks_plugin.cases.deadlines import Counting, Span
from vks_plugin.cases.folios import NUMBERED_ONCE, Label, VolumeFact
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.penal_code import article, version_of
from vks_plugin.cases.proceedings import Happening
from vks_plugin.cases.running import Facts
from vks_plugin.cases.secrecy import is_marked
from vks_plugin.cases.validation import (
    RULES,
    AccusedAge,
    AccusedDays,
    Ancestry,
    ChangeOfPeriod,
    ClosingHandOver,
    Custody,
    CustodyOfCase,
    DaysOfCase,
    Disposal,
    Finding,
    FoliosToAdd,
    KnownDecision,
    LimitsOfCase,
    Merging,
    MinorsAmongAccused,
    MinorVictims,
    RecordedEvent,
    Sealing,
    Sensitivity,
    StoredDay,
    Victim,
)
from vks_plugin.text import folded

DAY = dt.date(2026, 3, 2)
TODAY = dt.date(2026, 11, 24)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, str, int | None, str]]:
    """Return what findings say, apart from their sentences."""
    return [(each.rule, each.severity, each.part, each.entry, each.field) for each in findings]


def day(text: str) -> dt.date:
    """Return a day of 2026 written mm-dd."""
    return dt.date.fromisoformat(f"2026-{text}")


# --- the table


def test_the_table_has_each_rule_once_and_in_order() -> None:
    assert [rule.id for rule in RULES] == [f"V{number:02d}" for number in range(1, 19)]


def test_every_check_of_the_module_is_in_the_table() -> None:
    public = {
        name
        for name, function in inspect.getmembers(validation, inspect.isfunction)
        if function.__module__ == validation.__name__ and function.__annotations__.get("return") == "Findings"
    }
    named = {check.__name__ for rule in RULES for check in rule.checks}
    assert named == public
    for rule in RULES:
        for check in rule.checks:
            # the docstring and the source name the rule they are filed under
            assert (check.__doc__ or "").startswith(f"{rule.id}:")
            assert set(re.findall(r'Finding\(\s*"(V\d\d)"', inspect.getsource(check))) == {rule.id}


def test_what_only_warns_never_blocks() -> None:
    for rule in RULES:
        severities = {
            each
            for check in rule.checks
            for each in re.findall(r'Finding\(\s*"V\d\d",\s*"(block|warn)"', inspect.getsource(check))
        }
        assert severities <= ({"block", "warn"} if rule.severity == "block" else {"warn"}), rule.id
        assert rule.severity in severities or rule.enforced_by, rule.id


def test_rules_nobody_asks_yet_say_so() -> None:
    assert [rule.id for rule in RULES if not rule.exists] == ["V16"]


def test_a_rule_that_nothing_asks_here_names_what_refuses() -> None:
    for rule in RULES:
        assert rule.checks or rule.enforced_by, rule.id
        for name in rule.enforced_by:
            module, _dot, function = name.rpartition(".")
            where = importlib.import_module(module)
            assert inspect.isfunction(getattr(where, function)), name
            # and it says there which rule it keeps
            assert re.search(rf"\b{rule.id}\b", inspect.getsource(where)), (rule.id, name)


# --- V01


def test_v01_names_only_the_other_office() -> None:
    found = validation.same_decision(KnownDecision("VKSND khu vực 1"))
    assert told(found) == [("V01", "block", "case", None, "init_decision_no")]
    assert "VKSND khu vực 1" in found[0].sentence
    assert validation.same_decision(KnownDecision(None)) == ()


# --- V02


def test_v02_warns_of_each_pair_of_days_once() -> None:
    events = (
        RecordedEvent(1, Happening("nhan_ho_so", day("05-10"))),
        RecordedEvent(2, Happening("ket_luan_dieu_tra", day("05-12"))),
        RecordedEvent(3, Happening("cao_trang", day("05-20"))),
    )
    found = validation.days_in_order(DaysOfCase(events))
    assert told(found) == [("V02", "warn", "event", 2, "happened_on")]
    assert "12/05/2026" in found[0].sentence


def test_v02_compares_the_days_of_an_accused_with_the_case() -> None:
    people = (
        AccusedDays(1, "An", DAY, charged_on=day("03-01"), approved_on=day("03-05")),
        AccusedDays(2, "Bình", DAY, charged_on=day("03-04"), approved_on=day("03-03")),
        AccusedDays(3, "Chi", DAY, charged_on=day("03-02"), approved_on=day("03-02")),
        AccusedDays(4, "Dung"),
    )
    found = validation.days_in_order(DaysOfCase(accused=people))
    assert told(found) == [
        ("V02", "warn", "accused", 1, "init_decision_date"),
        ("V02", "warn", "accused", 2, "approval_date"),
    ]
    assert "01/03/2026" in found[0].sentence


def test_v02_compares_the_days_of_the_case_itself() -> None:
    late = DaysOfCase(opened_on=DAY, crime_on=day("03-09"), handled_on=day("02-01"))
    found = validation.days_in_order(late)
    assert told(found) == [
        ("V02", "warn", "case", None, "crime_date"),
        ("V02", "warn", "case", None, "handled_at"),
    ]
    assert "09/03/2026" in found[0].sentence
    assert "01/02/2026" in found[1].sentence
    assert validation.days_in_order(DaysOfCase(opened_on=DAY, crime_on=DAY, handled_on=DAY)) == ()
    assert validation.days_in_order(DaysOfCase(opened_on=DAY)) == ()


# --- V03, V04


def _report(
    *labels: int, volumes: tuple[VolumeFact, ...] = (), explained: tuple[int, int] | None = None
) -> folio_report.FolioReport:
    folios = [folio_report.FolioFact(7, Label(number), page) for page, number in enumerate(labels, start=1)]
    why = (
        [folio_report.ExplanationFact(1, folio_report.Finding.GAP, first=explained[0], last=explained[1])]
        if explained
        else []
    )
    documents = [folio_report.DocumentFact(7, len(labels))]
    # every number in a volume, unless a test says otherwise
    whole = volumes or (VolumeFact(1, min(labels), max(labels)),)
    return folio_report.report(documents=documents, folios=folios, volumes=whole, explanations=why)


def test_v03_reports_a_gap_until_it_is_explained() -> None:
    found = validation.folios_complete(_report(1, 2, 5))
    assert ("V03", "warn", "folio", None, "") in told(found)
    assert any("3–4" in each.sentence for each in found)
    assert validation.folios_complete(_report(1, 2, 5, explained=(3, 4))) == ()
    assert validation.folios_complete(_report(1, 2, 3)) == ()


def test_v03_reports_what_is_in_no_volume() -> None:
    found = validation.folios_complete(_report(1, 2, 3, volumes=(VolumeFact(1, 1, 2),)))
    assert [each.sentence for each in found] == ["Bút lục 3 không thuộc tập nào."]


def test_v03_has_a_sentence_for_every_kind_of_defect() -> None:
    for kind in folio_report.Finding:
        report = folio_report.FolioReport(
            (folio_report.Defect(kind, Label(2), Label(4), documents=(9,), pages=(1, 2), volumes=(1, 2)),), 1, 4, 4
        )
        (found,) = validation.folios_complete(report)
        assert found.sentence.endswith(".")
        assert "%" not in found.sentence


@pytest.mark.parametrize(
    ("facts", "blocked"),
    [
        (FoliosToAdd(first=11, last_taken=10, numbered=True), False),
        (FoliosToAdd(first=10, last_taken=10, numbered=True), True),
        (FoliosToAdd(first=1, last_taken=10, numbered=True), True),
        (FoliosToAdd(first=1, last_taken=10, numbered=False), False),
    ],
)
def test_v04_numbers_only_follow(facts: FoliosToAdd, blocked: bool) -> None:
    found = validation.folios_follow(facts)
    assert [(each.severity, each.sentence) for each in found] == ([("block", NUMBERED_ONCE)] if blocked else [])


# --- V05–V07

READY = Sealing(
    inventories=1,
    open_defects=0,
    unclassified=0,
    scanned_by=frozenset({1, 2}),
    checked_by=3,
    confirmed_by_prosecutor=True,
)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"inventories": 0}, "thống kê tài liệu"),
        ({"open_defects": 2}, "2 chỗ"),
        ({"unclassified": 4}, "4 tài liệu"),
        ({"checked_by": None}, "Chưa kiểm tra chất lượng"),
        ({"checked_by": 2}, "không phải người quét"),
        ({"confirmed_by_prosecutor": False}, "chưa xác nhận"),
    ],
)
def test_v05_each_missing_thing_keeps_a_file_open(changes: dict[str, Any], word: str) -> None:
    assert validation.may_be_sealed(READY) == ()
    (found,) = validation.may_be_sealed(Sealing(**{**READY.__dict__, **changes}))
    assert (found.rule, found.severity) == ("V05", "block")
    assert word in found.sentence


def test_v05_tells_everything_that_is_missing() -> None:
    bare = Sealing(0, 1, 1, frozenset({1}), None, confirmed_by_prosecutor=False)
    assert len(validation.may_be_sealed(bare)) == 5


@pytest.mark.parametrize(
    ("facts", "word", "field"),
    [
        (ClosingHandOver(others_open=True), "chưa xong", ""),
        (ClosingHandOver(by_receiver=False), "Chỉ bên nhận", ""),
        (ClosingHandOver(failed=(("served", "Đã giao"), ("x", "Đủ"))), "Đã giao, Đủ", "served"),
        (ClosingHandOver(refused=True, failed=(("served", "Đã giao"),)), "còn thiếu", "missing"),
    ],
)
def test_v07_a_hand_over_is_closed_by_the_receiver_and_complete(facts: ClosingHandOver, word: str, field: str) -> None:
    (found,) = validation.hand_over_closed(facts)
    assert (found.rule, found.severity, found.field) == ("V07", "block", field)
    assert word in found.sentence


def test_v07_what_is_incomplete_may_be_refused_with_what_is_missing() -> None:
    facts = ClosingHandOver(refused=True, failed=(("served", "Đã giao"),), missing="Thiếu BL 12–14")
    assert validation.hand_over_closed(facts) == ()
    assert validation.hand_over_closed(ClosingHandOver()) == ()


# --- V08, V09


def _limits(*happenings: Happening, crime_class: str = "A") -> LimitsOfCase:
    events = tuple(RecordedEvent(number, each) for number, each in enumerate(happenings, start=1))
    return LimitsOfCase("criminal", events, Facts.of(crime_class), Counting())


START = Happening("khoi_to_vu_an", day("03-02"))


def test_v08_an_extension_as_the_table_has_it_is_not_spoken_of() -> None:
    extended = Happening("gia_han_dieu_tra", day("04-20"), amount=Span(2, "m"), asked=day("04-18"))
    assert validation.extensions_within_limits(_limits(START, extended)) == ()


def test_v08_one_extension_too_many_warns() -> None:
    first = Happening("gia_han_dieu_tra", day("04-20"), amount=Span(2, "m"), asked=day("04-18"))
    second = Happening("gia_han_dieu_tra", day("06-15"), amount=Span(2, "m"), asked=day("06-10"))
    found = validation.extensions_within_limits(_limits(START, first, second))
    assert told(found) == [("V08", "warn", "event", 3, "amount")]
    # the heavier class has two
    assert validation.extensions_within_limits(_limits(START, first, second, crime_class="C")) == ()


def test_v08_one_that_is_too_long_warns() -> None:
    long = Happening("gia_han_dieu_tra", day("04-20"), amount=Span(3, "m"), asked=day("04-18"))
    assert told(validation.extensions_within_limits(_limits(START, long))) == [("V08", "warn", "event", 2, "amount")]


def test_v08_one_asked_for_too_late_warns() -> None:
    # two months from 2 March end on 4 May (2 May is a Saturday); ten days before the unmoved end is 22 April
    late = Happening("gia_han_dieu_tra", day("04-30"), amount=Span(2, "m"), asked=day("04-23"))
    (found,) = validation.extensions_within_limits(_limits(START, late))
    assert "22/04/2026" in found.sentence
    in_time = late._replace(asked=day("04-22"))
    assert validation.extensions_within_limits(_limits(START, in_time)) == ()


@pytest.mark.parametrize(
    ("left", "to_court", "spoken"),
    [(6, False, False), (5, False, True), (8, True, False), (7, True, True), (0, False, True), (-3, False, True)],
)
def test_v09_custody_is_spoken_of_before_it_ends(left: int, to_court: bool, spoken: bool) -> None:
    custody = Custody(4, "Nguyễn Văn An", TODAY + dt.timedelta(days=left), to_court)
    found = validation.custody_seen_to(CustodyOfCase((custody,), TODAY))
    assert told(found) == ([("V09", "warn", "deadline", 4, "")] if spoken else [])
    # a limit is never said to be broken
    assert all("quá hạn" not in each.sentence and "vi phạm" not in each.sentence for each in found)


# --- V10, V11


def _age(born: dt.date | None, offence: dt.date | None = DAY) -> MinorsAmongAccused:
    person = AccusedAge(3, "Trần Văn Bé", born, offence, DAY)
    return MinorsAmongAccused((person,), is_closed_trial=False)


def test_v10_who_was_under_18_at_the_act_is_told() -> None:
    found = validation.minors_among_accused(_age(dt.date(2008, 3, 3)))
    assert told(found) == [
        ("V10", "warn", "accused", 3, "birth_date"),
        ("V10", "warn", "case", None, "is_closed_trial"),
    ]
    # eighteen on the very day
    assert validation.minors_among_accused(_age(dt.date(2008, 3, 2))) == ()
    assert validation.minors_among_accused(_age(None)) == ()


def test_v10_under_18_when_proceedings_began_is_under_18_at_the_act() -> None:
    found = validation.minors_among_accused(_age(dt.date(2010, 1, 1), offence=None))
    assert told(found)[0] == ("V10", "warn", "accused", 3, "offence_date")


def test_v10_a_closed_trial_needs_no_hint() -> None:
    facts = MinorsAmongAccused(_age(dt.date(2010, 1, 1)).accused, is_closed_trial=True)
    assert [each.field for each in validation.minors_among_accused(facts)] == ["birth_date"]


CHILD = Victim(8, "Bé", is_minor=True)


@pytest.mark.parametrize(
    ("changes", "hinted"),
    [
        ({"articles": frozenset({"142"})}, True),
        ({"articles": frozenset({"151"})}, True),
        ({"articles": frozenset({"134"})}, True),
        ({"articles": frozenset({"173"})}, False),
        ({"articles": frozenset({"173"}), "is_sexual_abuse_minor": True}, True),
        ({"victims": (Victim(8, "Bé", is_minor=True, is_sexual_offence_victim=True),)}, True),
        ({"articles": frozenset({"142"}), "is_closed_trial": True}, False),
        ({"articles": frozenset({"141"}), "victims": (Victim(8, "Lan", is_minor=False),)}, False),
        ({"articles": frozenset({"142"}), "victims": ()}, False),
    ],
)
def test_v11_a_closed_trial_is_suggested(changes: dict[str, Any], hinted: bool) -> None:
    facts = {
        "victims": (CHILD,),
        "articles": frozenset(),
        "is_sexual_abuse_minor": False,
        "is_closed_trial": False,
        **changes,
    }
    found = validation.minor_victims(MinorVictims(**facts))
    assert told(found) == ([("V11", "warn", "person", 8, "is_closed_trial")] if hinted else [])


def test_v11_the_articles_are_offences_of_the_code() -> None:
    code = version_of("blhs_2015_2017")
    for number in validation.SEXUAL_ABUSE | validation.TRAFFICKING | validation.VIOLENCE:
        found = article(code, number)
        assert found is not None, number
        assert found.kind == "offence", number


# --- V13–V16

MARKED = (
    "BC_TỐI_MẬT.pdf",
    "BC_TỐI MẬT.pdf",
    "tối-mật.pdf",
    "TốiMật.pdf",
    "bao cao toi mat.pdf",
    "toi_mat_01.pdf",
    "To trinh (tuyet mat).pdf",
    "BC toi mat so 5.pdf",
    "Công văn MẬT số 5",
    "CÔNG VĂN MẬT SỐ 5",
    "12/BC-MẬT",
    "MẬT.pdf",
    "Báo cáo vụ án - MẬT.pdf",
    "Báo cáo (Mật).pdf",
    "Kế hoạch [MẬT]",
    "Độ mật - Mật",
    "BAO CAO TOI MAT QUY I.pdf",
    "KẾ HOẠCH CHUYÊN ÁN MẬT.pdf",
    "Tối - mật",
    "Tối mật danh sách chuyên án",
    "TỐI MẬT BÁO CÁO vụ án",
    "Bao cao vu an A toi mat.pdf",
    # whatever stands behind, where a mark stands
    "Báo cáo tối mật vụ Nguyễn Văn A.pdf",
    "Công văn tối mật vụ ma túy",
    "Báo cáo tuyệt mật vụ khủng bố",
    "Tuyệt mật mã số 12",
    "Báo cáo tối mật mã số 12.pdf",
    "Công văn tối mật độ khẩn",
    "Công văn tối mật thư ký",
    "Báo cáo tối mật báo lên cấp trên",
    "Báo cáo tối mật phục vụ hội nghị",
    "Tối mật vụ Nguyễn Văn A",
    "Tối mật phục vụ hội nghị",
    "TỐI-MẬT-VỤ-ÁN.pdf",
    "TỐI-MẬT-BÁO-CÁO.pdf",
    "Tối-mật-danh-sách-đặc-tình.pdf",
    "CÔNG-VĂN-MẬT-VỤ-ÁN.pdf",
    # parts of a file that barcodes take apart, copies, scans
    "bao cao toi mat_document_0.pdf",
    "BC_TOI_MAT_document_0.pdf",
    "toi mat_document_0",
    "bao_cao_toi_mat_ban_1.pdf",
    "BC toi mat copy 2",
    "bao cao toi mat - Copy (2).pdf",
    "bao cao  toi mat.pdf",
    "BC TOI MAT copy.pdf",
    "BC TOI MAT scan.pdf",
    "bao cao toi mat (ban sao).pdf",
    "bao cao toi mat - Sao chép (2).pdf",
    "bao_cao_toi_mat_v2.pdf",
    "bao_cao_toi_mat_p1.pdf",
    "BC_TOI_MAT2.pdf",
    "20261130_toi_mat.pdf",
    "BC_TỐI_MẬT2.pdf",
    # as the host calls what it takes apart and joins
    "bao cao toi mat (split 1)",
    "bao cao toi mat (merged)",
    "bao cao toi mat (split 1) (merged)",
    "bao_cao_toi_mat_merged.pdf",
    # behind the kind of paper, whatever word it might begin
    "BÁO CÁO MẬT VỤ NGUYỄN VĂN A.pdf",
    "HỒ SƠ MẬT VỤ TRẦN VĂN B",
    "CÔNG VĂN MẬT BÁO LÊN CẤP TRÊN",
    "KẾ HOẠCH MẬT PHỤC VỤ APEC.pdf",
    "CÔNG VĂN MẬT MÃ SỐ 12",
    "BÁO CÁO MẬT ĐỘ KHẨN",
    "BÁO CÁO - MẬT VỤ NGUYỄN VĂN A.pdf",
    "Tối mật độ khẩn",
    "Chuyển vào tối mật",
)
UNMARKED = (
    "don trinh bao toi mat xe.pdf",
    "xe cua toi mat.pdf",
    "toi mat 2 xe.pdf",
    "bao cao toi mat so do",
    "Tôi mất xe",
    "Lục soát buổi tối, mật độ giao thông",
    "NGUYỄN THỊ MẬT khai",
    "Biên bản ghi lời khai TRẦN MẬT",
    "Nguyễn Văn MẬT",
    "TỘI LÀM LỘ BÍ MẬT NHÀ NƯỚC",
    "MẬT_KHẨU.pdf",
    "BÁO CÁO MẬT ĐỘ DÂN CƯ",
    "Biên bản về việc buổi tối mật phục",
    "Tối mật phục tại bến xe",
    "danh sach do toi mat.pdf",
    "tai san do toi mat",
    "ho so xe toi mat.pdf",
    "ho so xe  toi mat.pdf",
    "ho_so_xe__toi_mat.pdf",
    "toi mat ban 2 xe.pdf",
    "bien ban ghi loi khai viec toi mat.pdf",
    "Don to cao, toi mat.pdf",
    "Nguyễn Hữu MẬT",
    "Đơn ông MẬT",
    "mang MẬT danh",
    "Buổi tối mật độ giao thông cao",
    "Đêm tối mật đàm",
    "VỤ ÁN MẬT GẤU",
    "BIÊN BẢN MẬT GẤU",
    "BIÊN BẢN THU GIỮ MẬT ĐỘNG VẬT",
    "BÁO CÁO MẬT MÍA",
    "HỒ SƠ MẬT ONG GIẢ",
    "BIÊN BẢN MẬT KHẨU ĐIỆN THOẠI",
    "BÁO CÁO MẬT ĐỘ GIAO THÔNG",
    "Vào tối mật độ xe đông",
    "Đêm tối mật báo tin",
    "toi mat ban 2 xe",
    "toi mat copy cua 2 nguoi",
)


def long_names() -> Iterator[tuple[str, bool]]:
    """Yield made-up names as long as any that is stored, each with a mark at its end or nearly so."""
    for many in (
        "bc ",
        "bc",
        "toi mat ",
        "toi mat copy 1 ",
        "MẬT ",
        "tối mật ",
        "copy ",
        "v1",
        "1",
        " ",
        "_",
        "-",
        "(",
        "x",
    ):
        for then in ("toi mat copy ", "toi mat", "toi mat v", "bc toi mat (", "MẬT", "tối mật phục", "độ mật: "):
            for last in ("1", "copy1 ", "copy ", "v1", " ", "_", ".", "- ", "mật ", "("):
                room = 1000 - len(then)
                yield f"{(many * room)[: room // 3]} {then}{(last * room)[: room // 2]}x x", False
                yield f"{(many * room)[: room // 3]} {then}{(last * room)[: room // 2]}x bc TỐI MẬT", True


@pytest.mark.parametrize(
    ("facts", "blocked"),
    [
        (Sensitivity("mat"), True),
        (Sensitivity("toi_mat"), True),
        (Sensitivity("bat_ky"), True),
        (Sensitivity("thuong"), False),
        (Sensitivity("han_che_noi_bo"), False),
        (Sensitivity(texts=("Báo cáo TỐI MẬT số 3",)), True),
        (Sensitivity(texts=("công văn", "Độ mật: Mật")), True),
        # as files are named
        *((Sensitivity(texts=("Báo cáo", name)), True) for name in MARKED),
        # ordinary words
        (Sensitivity(texts=("Bản tự khai về đường dây bí mật", "Lê Thị Mật", "Mật ong giả", "toi mat do")), False),
        *((Sensitivity(texts=("Báo cáo", name)), False) for name in UNMARKED),
    ],
)
def test_v13_a_state_secret_is_not_stored(facts: Sensitivity, blocked: bool) -> None:
    assert [each.severity for each in validation.no_state_secrets(facts)] == (["block"] if blocked else [])


def test_v13_reads_the_longest_name_at_once() -> None:
    slowest = 0.0
    for name, sure in long_names():
        started = time.process_time()
        assert is_marked(name) or not sure, name
        slowest = max(slowest, time.process_time() - started)
    # of this process alone, however busy the machine is; a name that is read in many ways took a second
    assert slowest < 0.2


def test_v13_takes_no_offence_no_type_and_no_paper_of_the_demonstration_for_a_secret() -> None:
    def words(told: Any) -> Iterator[str]:
        for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
            yield from words(each)
        if isinstance(told, str):
            yield told

    fixtures = sorted((Path(validation.__file__).parents[1] / "fixtures").rglob("*.json"))
    names = {name for path in fixtures for name in words(json.loads(path.read_text()))}
    assert any("bí mật nhà nước" in name for name in names)
    spelt = {form for name in names for form in (name, name.upper(), folded(name), name.replace(" ", "_"))}
    assert [name for name in spelt if is_marked(name)] == []


def test_v13_knows_the_levels_a_case_may_have() -> None:
    assert set(CaseFile.Confidentiality.values) == validation.OPEN_LEVELS
    assert not validation.OPEN_LEVELS & validation.STATE_SECRETS


DISPOSABLE: dict[str, Any] = {
    "retention": "years",
    "keep_until": TODAY - dt.timedelta(days=1),
    "on_hold": False,
    "approved_by": frozenset({1, 2}),
    "record_attached": True,
    "today": TODAY,
}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"retention": "undetermined"}, "Chưa xác định"),
        ({"keep_until": None}, "Chưa xác định"),
        ({"retention": "permanent"}, "vĩnh viễn"),
        ({"keep_until": TODAY}, "24/11/2026"),
        ({"on_hold": True}, "tạm dừng"),
        ({"approved_by": frozenset({1})}, "hai người"),
        ({"record_attached": False}, "biên bản"),
    ],
)
def test_v15_nothing_is_destroyed_before_its_time(changes: dict[str, Any], word: str) -> None:
    assert validation.may_be_destroyed(Disposal(**DISPOSABLE)) == ()
    (found,) = validation.may_be_destroyed(Disposal(**{**DISPOSABLE, **changes}))
    assert (found.rule, found.severity) == ("V15", "block")
    assert word in found.sentence


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        (ChangeOfPeriod(locked=False), 0),
        (ChangeOfPeriod(locked=True), 2),
        (ChangeOfPeriod(locked=True, reason="Nhập sai", approved_by=1, corrected_by=1), 1),
        (ChangeOfPeriod(locked=True, reason=" ", approved_by=2, corrected_by=1), 1),
        (ChangeOfPeriod(locked=True, reason="Nhập sai", approved_by=2, corrected_by=1), 0),
    ],
)
def test_v16_a_locked_period_is_corrected_by_two_with_a_reason(facts: ChangeOfPeriod, count: int) -> None:
    assert [each.severity for each in validation.period_stays(facts)] == ["block"] * count


# --- V17, V18


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        (Ancestry("da_nhap", merged_into=4), []),
        (Ancestry("da_nhap"), [("warn", "relation")]),
        (Ancestry("dang_giai_quyet", merged_into=4), [("warn", "event")]),
        (Ancestry("dang_giai_quyet", splits=1, people_split=2), []),
        (Ancestry("dang_giai_quyet", people_split=2), [("warn", "relation")]),
    ],
)
def test_v17_what_was_merged_or_split_says_so(facts: Ancestry, parts: list[tuple[str, str]]) -> None:
    assert [(each.severity, each.part) for each in validation.merged_and_split(facts)] == parts


@pytest.mark.parametrize(
    ("facts", "blocked"),
    [
        (Merging(same=False, source_kind="criminal", target_kind="criminal", has_events=True), False),
        (Merging(same=True, source_kind="criminal", target_kind="criminal", has_events=True), True),
        (Merging(same=False, source_kind="criminal", target_kind="civil", has_events=True), True),
        (Merging(same=False, source_kind="civil", target_kind="civil", has_events=False), True),
        (Merging(same=False, source_kind="criminal", target_kind="criminal", has_events=True, widens=True), True),
    ],
)
def test_v17_two_cases_of_one_kind_are_merged(facts: Merging, blocked: bool) -> None:
    assert [each.severity for each in validation.may_be_merged(facts)] == (["block"] if blocked else [])


def test_v17_a_merged_case_counts_with_the_one_that_took_it() -> None:
    assert not validation.counts_as_case("da_nhap")
    assert validation.counts_as_case("da_tach")
    assert validation.counts_as_case("dang_giai_quyet")


def test_v18_days_are_kept_as_iso() -> None:
    rows = [
        StoredDay("a", "Ngày A", "2026-03-02"),
        StoredDay("b", "Ngày B", "02/03/2026"),
        StoredDay("c", "Ngày C", "20260302"),
        StoredDay("d", "Ngày D", "2026-02-30"),
    ]
    found = validation.days_stored(rows)
    assert [each.field for each in found] == ["b", "c", "d"]
    assert "Ngày B" in found[0].sentence
    assert "dd/mm/yyyy" in found[0].sentence
