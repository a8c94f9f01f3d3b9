"""Which limits run in a case: stories told by events, their days counted by hand in the comments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vks_plugin.cases.calendar import is_day_off
from vks_plugin.cases.deadlines import CLASSES, Counting, DeadlineError, add_months, deadline_rules, parse_span
from vks_plugin.cases.proceedings import EVENTS, Happening
from vks_plugin.cases.running import ClassChange, Facts, Running, band, running, vet

COUNTING = Counting(is_day_off=is_day_off)
RULES = deadline_rules()


def day(text: str) -> dt.date:
    """Return 03/03/2025 as people write it."""
    parts = [int(each) for each in text.split("/")]
    return dt.date(parts[2], parts[1], parts[0])


def on(text: str, event: str, accused: int | None = None, **more: Any) -> Happening:
    """Return an event of a day; days and lengths as they are written."""
    for name in ("asked", "named_day"):
        if name in more:
            more[name] = day(more[name])
    if "amount" in more:
        more["amount"] = parse_span(more["amount"])
    return Happening(event, day(text), accused=accused, number="1", **more)


def limits(
    told: Sequence[Happening], facts: Facts, today: str, kind: str = "criminal", *, duties: bool = False
) -> dict[str, str]:
    """Return what runs: rule, with the accused where it concerns one, and the last day."""
    found = running(kind, told, facts, COUNTING, day(today))
    return {
        each.rule.id + (f"#{each.accused}" if each.accused is not None else ""): _words(each.due)
        for each in found
        if duties or each.rule.weight != "duty"
    }


def _words(due: dt.date | dt.datetime | None) -> str:
    if due is None:
        return "?"
    return f"{due:%H:%M %d/%m/%Y}" if isinstance(due, dt.datetime) else f"{due:%d/%m/%Y}"


def one(told: Sequence[Happening], facts: Facts, today: str, rule: str, accused: int | None = None) -> Running:
    """Return the one limit of this rule."""
    (found,) = [
        each
        for each in running("criminal", told, facts, COUNTING, day(today), ended=True)
        if each.rule.id == rule and each.accused == accused
    ]
    return found


# --- stories


def test_story_receipt_extension_return_and_receipt_again() -> None:
    facts = Facts.of("B")
    told = [on("03/03/2025", "nhan_ho_so")]
    # 3/3 + 20 days = 23/3, a Sunday
    assert limits(told, facts, "10/03/2025") == {"truy_to": "24/03/2025"}
    told.append(on("20/03/2025", "gia_han_truy_to", amount="10d"))
    # the extension is added to 23/3, not to the Monday: 2/4
    assert limits(told, facts, "21/03/2025") == {"truy_to": "02/04/2025"}
    told.append(on("01/04/2025", "vks_tra_ho_so", ground="a"))
    assert limits(told, facts, "01/04/2025") == {}
    told.append(on("02/04/2025", "cqdt_nhan_lai_ho_so"))
    # two months: 2/6, a Monday
    assert limits(told, facts, "03/04/2025") == {"dtbs_vks": "02/06/2025"}
    told.append(on("20/05/2025", "ket_luan_dieu_tra"))
    # two days to hand over: 22/5
    assert limits(told, facts, "20/05/2025") == {"kldt_giao_vks": "22/05/2025"}
    told.append(on("22/05/2025", "nhan_ho_so"))
    # anew: 22/5 + 20 = 11/6; the extension was of the first time
    assert limits(told, facts, "22/05/2025") == {"truy_to": "11/06/2025"}


def test_story_stayed_and_resumed_in_prosecution() -> None:
    facts = Facts.of("C")
    told = [on("03/03/2025", "nhan_ho_so"), on("10/03/2025", "tam_dinh_chi_truy_to", ground="c")]
    assert limits(told, facts, "11/03/2025") == {}
    told.append(on("05/05/2025", "phuc_hoi_truy_to"))
    # counted anew (Điều 249 khoản 4): 5/5 + 30 = 4/6
    assert limits(told, facts, "06/05/2025") == {"truy_to_phuc_hoi": "04/06/2025"}
    told.append(on("02/06/2025", "gia_han_truy_to", amount="15d"))
    # 4/6 + 15 = 19/6
    assert limits(told, facts, "03/06/2025") == {"truy_to_phuc_hoi": "19/06/2025"}


def test_story_a_heavier_and_then_a_lighter_charge() -> None:
    told = [on("06/01/2025", "khoi_to_vu_an")]
    classes: dict[int | None, tuple[ClassChange, ...]] = {
        None: (
            ClassChange(day("06/01/2025"), "A"),
            ClassChange(day("10/02/2025"), "C"),
            ClassChange(day("28/03/2025"), "B"),
        )
    }
    facts = Facts(classes=classes)
    # two months: 6/3
    assert limits(told, facts, "09/02/2025") == {"dieu_tra": "06/03/2025"}
    # from 10/2 on four months, less the time used, that is from the same day: 6/5
    assert limits(told, facts, "10/02/2025") == {"dieu_tra": "06/05/2025"}
    assert one(told, facts, "10/02/2025", "dieu_tra").request_by == day("26/04/2025")
    # from 28/3 on three months: 6/4 is a Sunday, 7/4 the day of the Hùng kings
    assert limits(told, facts, "28/03/2025") == {"dieu_tra": "08/04/2025"}


def test_story_an_extension_of_the_heavier_class_is_cut_when_the_charge_is_lighter() -> None:
    told = [on("06/01/2025", "khoi_to_vu_an"), on("25/04/2025", "gia_han_dieu_tra", amount="4m")]
    facts = Facts(classes={None: (ClassChange(day("06/01/2025"), "C"), ClassChange(day("02/06/2025"), "A"))})
    # 4 + 4 months: 6/9 is a Saturday
    assert limits(told, facts, "26/04/2025") == {"dieu_tra": "08/09/2025"}
    found = one(told, facts, "02/06/2025", "dieu_tra")
    # class A: 2 months and at most 2 more
    assert found.due == day("06/05/2025")
    assert any("vượt mức" in each for each in found.notes)
    assert found.band == "red"


def test_story_a_case_is_merged_into_it() -> None:
    told = [on("10/03/2025", "khoi_to_vu_an")]
    facts = Facts(classes={None: (ClassChange(day("10/03/2025"), "B"), ClassChange(day("20/03/2025"), "C"))})
    # three months: 10/6
    assert limits(told, facts, "11/03/2025") == {"dieu_tra": "10/06/2025"}
    told.append(on("20/03/2025", "nhan_vu_nhap", named_day="15/01/2025"))
    # the heaviest class, from the first initiation: 15/1 + 4 months = 15/5
    found = one(told, facts, "21/03/2025", "dieu_tra")
    assert (found.due, found.start) == (day("15/05/2025"), day("15/01/2025"))
    assert any("khởi tố vụ án đầu tiên" in each for each in found.notes)


def test_story_transfer_to_the_competent_office() -> None:
    facts = Facts.of("B")
    told = [on("03/03/2025", "nhan_ho_so"), on("12/03/2025", "chuyen_tham_quyen")]
    # notice within 3 days: 15/3 is a Saturday
    assert limits(told, facts, "12/03/2025", duties=True) == {"truy_to_chuyen_thong_bao": "17/03/2025"}
    told.append(on("20/03/2025", "nhan_chuyen_tham_quyen"))
    # counted anew from the day it was received there: 20/3 + 20 = 9/4
    assert limits(told, facts, "21/03/2025", duties=True) == {"truy_to_chuyen_vks": "09/04/2025"}


def test_story_transfer_during_investigation_leaves_the_limit_running() -> None:
    facts = Facts.of("A")
    told = [on("06/01/2025", "khoi_to_vu_an"), on("13/01/2025", "de_nghi_chuyen_vu_an")]
    # 13/1 + 3 = 16/1
    assert limits(told, facts, "14/01/2025") == {"dieu_tra": "06/03/2025", "chuyen_tham_quyen_dt": "16/01/2025"}
    told.append(on("15/01/2025", "chuyen_tham_quyen", at=dt.time(9)))
    found = limits(told, facts, "15/01/2025", duties=True)
    # within 24 hours; the file within 3 days: 18/1 is a Saturday
    assert found["chuyen_tham_quyen_gui"] == "09:00 16/01/2025"
    assert found["chuyen_tham_quyen_ho_so"] == "20/01/2025"
    assert found["dieu_tra"] == "06/03/2025"


def test_story_the_simplified_procedure_is_applied_and_lifted() -> None:
    facts = Facts.of("A")
    told = [on("03/03/2025", "khoi_to_vu_an"), on("05/03/2025", "ap_dung_ttrg")]
    # 3/3 + 20 days = 23/3, a Sunday
    assert limits(told, facts, "06/03/2025") == {"ttrg_dieu_tra": "24/03/2025"}
    told.append(on("20/03/2025", "huy_ttrg"))
    # goes on, not anew (Điều 458): 3/5 is a Saturday
    assert limits(told, facts, "21/03/2025") == {"dieu_tra": "05/05/2025"}


def test_story_the_simplified_procedure_to_the_court() -> None:
    facts = Facts.of("A", simplified=True)
    told = [on("03/03/2025", "khoi_to_vu_an"), on("17/03/2025", "ket_luan_dieu_tra", at=dt.time(16))]
    assert limits(told, facts, "17/03/2025") == {"ttrg_chuyen_ho_so": "16:00 18/03/2025"}
    told.append(on("18/03/2025", "nhan_ho_so"))
    # 18/3 + 5 = 23/3, a Sunday
    assert limits(told, facts, "18/03/2025") == {"ttrg_vks": "24/03/2025"}
    told.append(on("20/03/2025", "qd_truy_to_ttrg", at=dt.time(10)))
    assert limits(told, facts, "20/03/2025") == {"ttrg_chuyen_toa": "10:00 21/03/2025"}
    told += [on("21/03/2025", "chuyen_toa"), on("21/03/2025", "toa_thu_ly"), on("24/03/2025", "tam_giam", 1)]
    # 21/3 + 10 = 31/3; custody 17 days from 24/3, both ends counted: 9/4
    assert limits(told, facts, "24/03/2025") == {"ttrg_toa": "31/03/2025", "ttrg_tam_giam_st#1": "09/04/2025"}
    told.append(on("28/03/2025", "qd_xet_xu"))
    # 28/3 + 7 = 4/4
    assert limits(told, facts, "28/03/2025")["ttrg_mo_phien_toa"] == "04/04/2025"
    # returned for supplementary investigation it is lifted by law
    told.append(on("01/04/2025", "hdxx_tra_ho_so"))
    told += [on("02/04/2025", "vks_chuyen_ho_so_dtbs"), on("03/04/2025", "cqdt_nhan_lai_ho_so")]
    # one month: 3/5 is a Saturday; the order of custody stays in force to its end
    assert limits(told, facts, "03/04/2025") == {"dtbs_toa": "05/05/2025", "ttrg_tam_giam_st#1": "09/04/2025"}


@pytest.mark.parametrize(
    ("told", "due", "days"),
    [
        # held 3 days from 1/3, custody of two months from 4/3: 60 − 3 = 57 days, to 29/4
        ([on("01/03/2018", "tam_giu", 1), on("04/03/2018", "tam_giam", 1)], "29/04/2018", 57),
        # held 6 days from 5/3, released, arrested again on 11/4: 54 days, to 3/6
        (
            [
                on("05/03/2018", "tam_giu", 1),
                on("08/03/2018", "gia_han_tam_giu", 1, amount="3d"),
                on("11/03/2018", "tra_tu_do", 1),
                on("11/04/2018", "tam_giam", 1),
            ],
            "03/06/2018",
            54,
        ),
    ],
)
def test_story_the_examples_of_the_joint_circular(told: list[Happening], due: str, days: int) -> None:
    facts = Facts.of("A", stage="dieu_tra")
    found = one(told, facts, "20/04/2018", "tam_giam_dt", 1)
    assert (found.due, found.counted_days) == (day(due), days)
    # who knows better says so
    known = Facts.of("A", stage="dieu_tra", held_days={1: 0})
    assert one(told, known, "20/04/2018", "tam_giam_dt", 1).counted_days == 60


def test_story_holding_and_its_extensions() -> None:
    facts = Facts.of("A", stage="khoi_to")
    told = [on("01/03/2018", "tam_giu", 1, at=dt.time(8))]
    assert limits(told, facts, "02/03/2018") == {"tam_giu#1": "04/03/2018"}
    told.append(on("03/03/2018", "nhan_de_nghi_gia_han_tam_giu", 1, at=dt.time(15)))
    # a Sunday stays; the procuracy has 12 hours
    assert limits(told, facts, "03/03/2018") == {
        "tam_giu#1": "04/03/2018",
        "tam_giu_phe_chuan#1": "03:00 04/03/2018",
    }
    told.append(on("04/03/2018", "gia_han_tam_giu", 1, amount="3d"))
    assert limits(told, facts, "04/03/2018") == {"tam_giu#1": "07/03/2018"}
    # an extension shorter than it may be counts as long as it is
    told.append(on("07/03/2018", "gia_han_tam_giu", 1, amount="2d"))
    assert limits(told, facts, "07/03/2018") == {"tam_giu#1": "09/03/2018"}


def test_story_custody_does_not_outlast_the_investigation() -> None:
    facts = Facts.of("A")
    told = [
        on("06/01/2025", "khoi_to_vu_an"),
        on("07/01/2025", "khoi_to_bi_can", 1),
        on("20/01/2025", "tam_giam", 1),
    ]
    # 60 days from 20/1 would be 20/3; the investigation ends on 6/3
    found = one(told, facts, "21/01/2025", "tam_giam_dt", 1)
    assert found.due == day("06/03/2025")
    assert found.counted_days == 46
    assert found.arithmetic.endswith("; không quá thời hạn “Điều tra” hết 06/03/2025")
    # ten days before it ends, not before the day it would have ended
    assert found.request_by == day("24/02/2025")
    told.append(on("20/02/2025", "gia_han_dieu_tra", amount="2m"))
    # the investigation has until 6/5: custody has its own end again
    again = one(told, facts, "21/02/2025", "tam_giam_dt", 1)
    assert (again.due, again.request_by) == (day("20/03/2025"), day("10/03/2025"))
    told.append(on("05/03/2025", "gia_han_tam_giam", 1, amount="1m"))
    # 90 days: 19/4
    assert one(told, facts, "06/03/2025", "tam_giam_dt", 1).due == day("19/04/2025")


def test_story_custody_goes_on_when_the_case_goes_to_the_procuracy_and_the_court() -> None:
    facts = Facts.of("B")
    told = [
        on("02/01/2025", "khoi_to_vu_an"),
        on("02/01/2025", "khoi_to_bi_can", 1),
        on("04/01/2025", "tam_giam", 1),
        on("26/02/2025", "ket_luan_dieu_tra"),
        on("03/03/2025", "nhan_ho_so"),
    ]
    # 90 days from 4/1 would be 3/4; the investigation had until 2/4; a new order five days before: 28/3
    assert limits(told, facts, "10/03/2025") == {
        "truy_to": "24/03/2025",
        "tam_giam_dt#1": "02/04/2025",
        "tam_giam_truy_to_lenh_moi#1": "28/03/2025",
    }
    told += [on("20/03/2025", "gia_han_truy_to", amount="10d"), on("27/03/2025", "tam_giam", 1)]
    # prosecution has until 2/4 (23/3 + 10): 30 days of custody from 27/3 are cut there
    assert limits(told, facts, "27/03/2025") == {"truy_to": "02/04/2025", "tam_giam_truy_to#1": "02/04/2025"}
    told.append(on("28/03/2025", "cao_trang"))
    # the court is told seven days before custody ends: 26/3; the file goes within three days: 31/3
    assert limits(told, facts, "28/03/2025") == {
        "tam_giam_truy_to#1": "02/04/2025",
        "bao_ta_tam_giam#1": "26/03/2025",
        "ct_chuyen_ta": "31/03/2025",
    }
    told += [on("31/03/2025", "chuyen_toa"), on("01/04/2025", "toa_thu_ly")]
    assert "bao_ta_tam_giam#1" not in limits(told, facts, "01/04/2025")


def test_story_the_court_returns_the_file_once() -> None:
    facts = Facts.of("B")
    told = [
        on("15/01/2025", "chuyen_toa"),
        on("15/01/2025", "toa_thu_ly"),
        on("10/02/2025", "tham_phan_tra_ho_so"),
        on("12/02/2025", "vks_chuyen_ho_so_dtbs"),
        on("14/02/2025", "cqdt_nhan_lai_ho_so"),
    ]
    # one month: 14/3
    assert limits(told, facts, "15/02/2025") == {"dtbs_toa": "14/03/2025"}
    told += [on("10/03/2025", "ket_luan_dieu_tra"), on("12/03/2025", "nhan_ho_so")]
    # 12/3 + 20 = 1/4
    assert limits(told, facts, "12/03/2025") == {"truy_to": "01/04/2025"}
    told.append(on("20/03/2025", "giu_nguyen_truy_to"))
    # 20/3 + 3 = 23/3, a Sunday
    assert limits(told, facts, "20/03/2025") == {"ct_chuyen_ta": "24/03/2025"}
    told += [on("24/03/2025", "chuyen_toa"), on("25/03/2025", "toa_nhan_lai_ho_so")]
    # 25/3 + 15 = 9/4
    assert limits(told, facts, "25/03/2025") == {"cbxx_sau_dtbs": "09/04/2025"}


def test_story_trial_postponement_judgment_and_appeal() -> None:
    facts = Facts.of("C")
    told = [on("15/01/2025", "chuyen_toa"), on("15/01/2025", "toa_thu_ly")]
    # two months: 15/3 is a Saturday; the judge is named within three days: 18/1, a Saturday
    assert limits(told, facts, "16/01/2025", duties=True) == {"cbxx": "17/03/2025", "ta_phan_cong_tp": "20/01/2025"}
    told.append(on("14/03/2025", "gia_han_cbxx", amount="30d"))
    # 15/3 + 30 days = 14/4
    assert limits(told, facts, "14/03/2025") == {"cbxx": "14/04/2025"}
    told.append(on("10/04/2025", "qd_xet_xu", named_day="25/04/2025"))
    # opened within 15 days: 25/4; served ten days before: 15/4; sent within two: 12/4 is a Saturday
    assert limits(told, facts, "10/04/2025", duties=True) == {
        "mo_phien_toa": "25/04/2025",
        "qdxx_giao": "15/04/2025",
        "qdxx_vks": "14/04/2025",
    }
    told.append(on("25/04/2025", "hoan_phien_toa"))
    # 30 days: 25/5 is a Sunday
    assert limits(told, facts, "25/04/2025", duties=True) == {"hoan_phien_toa": "26/05/2025"}
    told += [on("20/05/2025", "mo_phien_toa"), on("20/05/2025", "tuyen_an")]
    # 20/5 + 15 = 4/6; + 30 = 19/6; served within 10: 30/5
    assert limits(told, facts, "21/05/2025", duties=True) == {
        "khang_cao": "04/06/2025",
        "khang_nghi_pt_cung_cap": "04/06/2025",
        "khang_nghi_pt_cap_tren": "19/06/2025",
        "giao_ban_an": "30/05/2025",
    }
    told += [on("29/05/2025", "gui_van_ban", ground="giao_ban_an"), on("30/05/2025", "khang_cao", 1)]
    # the file goes up within 7 days after the last of those periods: 26/6; a right that lapsed is no longer shown
    assert limits(told, facts, "06/06/2025", duties=True) == {
        "khang_nghi_pt_cap_tren": "19/06/2025",
        "hs_len_pt": "26/06/2025",
    }
    told.append(on("01/07/2025", "thu_ly_phuc_tham"))
    # 45 days: 15/8; 60 days: 30/8 is a Saturday, 1 and 2/9 are the national days
    assert limits(told, facts, "01/07/2025", duties=True) == {
        "pt_tinh_quyet_dinh": "15/08/2025",
        "pt_tinh_mo": "03/09/2025",
    }
    told += [on("03/07/2025", "vks_nhan_ho_so_pt"), on("17/07/2025", "gia_han_nghien_cuu_pt", amount="10d")]
    # 15 + 10 days: 28/7
    assert limits(told, facts, "18/07/2025")["vks_nghien_cuu_pt_tinh"] == "28/07/2025"
    told.append(on("08/08/2025", "an_phuc_tham"))
    # 8/8 + 7 = 15/8; within a year: 8/8/2026 is a Saturday
    assert limits(told, facts, "09/08/2025") == {"qd_tha": "15/08/2025", "gdt_bat_loi": "10/08/2026"}


def test_story_annulled_and_investigated_again() -> None:
    facts = Facts.of("D")
    told = [
        on("02/09/2024", "khoi_to_vu_an"),
        on("03/09/2024", "tam_giam", 1),
        on("30/12/2024", "ket_luan_dieu_tra"),
        on("30/12/2024", "nhan_ho_so"),
        on("02/06/2025", "tuyen_an"),
        on("02/09/2025", "huy_an_dieu_tra_lai"),
        on("10/09/2025", "cqdt_nhan_lai_ho_so"),
    ]
    # as in Điều 172: four months, 10/1/2026 is a Saturday
    assert limits(told, facts, "11/09/2025") == {"dt_lai": "12/01/2026"}
    told.append(on("24/12/2025", "gia_han_dieu_tra", amount="4m"))
    # 10/5/2026 is a Sunday
    assert limits(told, facts, "24/12/2025") == {"dt_lai": "11/05/2026"}
    told.append(on("15/09/2025", "tam_giam", 1))
    # custody as in Điều 173, anew: 120 days from 15/9
    assert limits(told, facts, "24/12/2025")["tam_giam_dt#1"] == "12/01/2026"


def test_story_a_report_of_crime() -> None:
    told = [Happening("tiep_nhan_nguon_tin", day("03/02/2025"))]

    def of(today: str) -> dict[str, str]:
        return limits(told, Facts(), today, "crime_report")

    # 20 days: 23/2 is a Sunday
    assert of("04/02/2025") == {"nt_giai_quyet": "24/02/2025"}
    told.append(Happening("keo_dai_nguon_tin", day("20/02/2025")))
    # two months from the receipt: 3/4
    assert of("20/02/2025") == {"nt_giai_quyet_phuc_tap": "03/04/2025"}
    (found,) = [
        each
        for each in running("crime_report", told, Facts(), COUNTING, day("20/02/2025"))
        if each.rule.weight == "limit"
    ]
    # asked for five days before
    assert found.request_by == day("29/03/2025")
    told.append(Happening("gia_han_nguon_tin", day("28/03/2025"), amount=parse_span("2m")))
    assert of("28/03/2025") == {"nt_giai_quyet_phuc_tap": "03/06/2025"}
    told.append(Happening("tam_dinh_chi_nguon_tin", day("20/05/2025"), number="1"))
    assert of("20/05/2025") == {}
    told.append(Happening("phuc_hoi_nguon_tin", day("01/07/2025"), number="1"))
    # one month: 1/8
    assert of("01/07/2025") == {"nt_phuc_hoi_giai_quyet": "01/08/2025"}
    told.append(Happening("nguon_tin_khoi_to", day("25/07/2025"), number="1"))
    assert of("25/07/2025") == {}


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        # four months: 10/5 is a Saturday
        ("civil", [("10/01/2025", "toa_thu_ly", {})], {"ds_cbxx": "12/05/2025"}),
        # two and one more: 10/4
        (
            "civil",
            [
                ("10/01/2025", "toa_thu_ly", {"ground": "kinh_doanh_lao_dong"}),
                ("01/03/2025", "gia_han_cbxx", {"amount": "1m"}),
            ],
            {"ds_cbxx_kinh_doanh_lao_dong": "10/04/2025"},
        ),
        ("civil", [("10/03/2025", "nhan_ho_so_nghien_cuu", {})], {"ds_nghien_cuu": "25/03/2025"}),
        # 15 days, one month
        (
            "civil",
            [("10/03/2025", "tuyen_an", {})],
            {"ds_khang_nghi_ban_an_cung_cap": "25/03/2025", "ds_khang_nghi_ban_an_cap_tren": "10/04/2025"},
        ),
        # 7 and 15 days
        (
            "administrative",
            [("10/03/2025", "dinh_chi", {})],
            {"hc_khang_nghi_qd_cung_cap": "17/03/2025", "hc_khang_nghi_qd_cap_tren": "25/03/2025"},
        ),
    ],
)
def test_story_civil_and_administrative(
    kind: str, told: list[tuple[str, str, dict[str, Any]]], expected: dict[str, str]
) -> None:
    happened = [on(text, event, **more) for text, event, more in told]
    assert limits(happened, Facts(), "10/03/2025", kind) == expected
    assert not any(each.verified for each in running(kind, happened, Facts(), COUNTING, day("10/03/2025")))


# --- persons under 18


def test_story_a_minor_in_a_case_under_way_before_2026() -> None:
    facts = Facts.of("B", accused=frozenset({1}), minors=frozenset({1}))
    told = [on("10/12/2025", "khoi_to_vu_an"), on("12/12/2025", "tam_giam", 1)]
    # custody two thirds of 90 days: 60 from 12/12; the investigation as for everybody
    assert limits(told, facts, "15/01/2026") == {"dieu_tra": "10/03/2026", "tam_giam_dt#1": "09/02/2026"}
    assert any("Điều 419" in each for each in one(told, facts, "15/01/2026", "tam_giam_dt", 1).notes)


def test_story_a_minor_in_a_case_of_2026() -> None:
    facts = Facts.of("B", accused=frozenset({1}), minors=frozenset({1}))
    told = [on("05/01/2026", "khoi_to_vu_an"), on("06/01/2026", "tam_giam", 1)]
    # half of three months: 5/2 and 15 days are 20/2, in Tết; work begins on 23/2
    # half of 90 days of custody: 45 from 6/1 are 19/2, not moved
    assert limits(told, facts, "07/01/2026") == {"dieu_tra": "23/02/2026", "tam_giam_dt#1": "19/02/2026"}
    found = one(told, facts, "07/01/2026", "dieu_tra")
    assert any("59/2024" in each for each in found.notes)
    told += [on("09/02/2026", "ket_luan_dieu_tra"), on("10/02/2026", "nhan_ho_so")]
    # half of 20 days: 20/2 again
    assert limits(told, facts, "10/02/2026")["truy_to"] == "23/02/2026"
    # the office may settle another part
    whole = Counting(is_day_off=is_day_off, juvenile=(1, 1), juvenile_custody=(2, 3))
    dues = {each.rule.id: each.due for each in running("criminal", told[:2], facts, whole, day("07/01/2026"))}
    assert (dues["dieu_tra"], dues["tam_giam_dt"]) == (day("06/04/2026"), day("06/03/2026"))


def test_in_a_mixed_case_the_adult_limit_is_shown_and_splitting_pointed_to() -> None:
    facts = Facts.of("B", accused=frozenset({1, 2}), minors=frozenset({1}))
    told = [on("05/01/2026", "khoi_to_vu_an"), on("06/01/2026", "tam_giam", 1), on("06/01/2026", "tam_giam", 2)]
    # 5/4/2026 is a Sunday
    found = limits(told, facts, "07/01/2026")
    assert found == {"dieu_tra": "06/04/2026", "tam_giam_dt#1": "19/02/2026", "tam_giam_dt#2": "05/04/2026"}
    assert any("tách vụ án" in each for each in one(told, facts, "07/01/2026", "dieu_tra").notes)


# --- several accused


def test_each_accused_has_custody_and_class_of_his_own() -> None:
    facts = Facts(
        classes={1: (ClassChange(day("06/01/2025"), "A"),), 2: (ClassChange(day("06/01/2025"), "C"),)},
        accused=frozenset({1, 2}),
    )
    told = [
        on("06/01/2025", "khoi_to_vu_an"),
        on("06/01/2025", "tam_giam", 1),
        on("06/01/2025", "tam_giam", 2),
    ]
    # the case has the heaviest class; 60 days and 120 days from 6/1
    assert limits(told, facts, "07/01/2025") == {
        "dieu_tra": "06/05/2025",
        "tam_giam_dt#1": "06/03/2025",
        "tam_giam_dt#2": "05/05/2025",
    }
    told.append(on("10/02/2025", "tra_tu_do", 1))
    assert set(limits(told, facts, "11/02/2025")) == {"dieu_tra", "tam_giam_dt#2"}
    told.append(on("12/02/2025", "tam_dinh_chi_dieu_tra", 2))
    # stayed for one: the case's limit runs on
    assert limits(told, facts, "12/02/2025")["dieu_tra"] == "06/05/2025"
    told.append(on("03/03/2025", "phuc_hoi_dieu_tra", 2))
    # three months for him: 3/6
    assert limits(told, facts, "03/03/2025")["phuc_hoi_dt#2"] == "03/06/2025"


def test_released_and_arrested_again_the_days_already_held_count() -> None:
    facts = Facts.of("A", stage="dieu_tra")
    told = [on("06/01/2025", "tam_giam", 1), on("26/01/2025", "tra_tu_do", 1), on("10/02/2025", "tam_giam", 1)]
    # 20 days used: 40 from 10/2
    found = running("criminal", told, facts, COUNTING, day("11/02/2025"))
    assert [each.due for each in found if each.rule.id == "tam_giam_dt"] == [day("21/03/2025")]


def test_custody_for_supplementary_investigation_does_not_outlast_it() -> None:
    facts = Facts.of("B")
    told = [
        on("02/01/2025", "khoi_to_vu_an"),
        on("02/01/2025", "tam_giam", 1),
        on("03/03/2025", "nhan_ho_so"),
        on("10/03/2025", "vks_tra_ho_so", ground="a"),
        on("12/03/2025", "cqdt_nhan_lai_ho_so"),
        on("20/03/2025", "tam_giam", 1),
    ]
    # 60 days from 20/3 would be 18/5; the investigation has until 12/5
    assert limits(told, facts, "21/03/2025") == {"dtbs_vks": "12/05/2025", "tam_giam_dtbs_vks#1": "12/05/2025"}


# --- other facts


def test_a_small_agency_finishes_or_hands_over() -> None:
    told = [on("03/03/2025", "khoi_to_vu_an")]
    # a month: 3/4; seven days: 10/3
    clear = limits(told, Facts.of("A", special_agency=True, clear=True), "04/03/2025")
    assert clear == {"dieu_tra": "05/05/2025", "co_quan_164_ket_thuc": "03/04/2025"}
    other = limits(told, Facts.of("B", special_agency=True), "04/03/2025")
    assert other == {"dieu_tra": "03/06/2025", "co_quan_164_chuyen": "10/03/2025"}


def test_complexity_gives_the_longer_limit() -> None:
    told = [on("03/03/2025", "cao_trang")]
    # 3 days: 6/3; 10 days: 13/3
    assert limits(told, Facts.of("B"), "03/03/2025", duties=True) == {
        "ct_chuyen_ta": "06/03/2025",
        "truy_to_thong_bao": "06/03/2025",
    }
    assert limits(told, Facts.of("B", complex=True), "03/03/2025", duties=True) == {
        "ct_chuyen_ta_phuc_tap": "13/03/2025",
        "truy_to_giao_phuc_tap": "13/03/2025",
    }


def test_what_is_to_be_done_before_the_investigation_ends() -> None:
    told = [on("03/03/2025", "khoi_to_vu_an", at=dt.time(8))]
    # class D: four months, 3/7; 20 days before: 13/6; two months before for the office below: 3/5
    found = limits(told, Facts.of("D", assigned_below=True), "10/03/2025", duties=True)
    assert (found["chuan_bi_kt_dt"], found["vks_tren_bao_duoi"]) == ("13/06/2025", "03/05/2025")
    # class A: two months, the last day is 3/5 whatever day it is moved to; 10 days before: 23/4, 20 days: 13/4
    assert limits(told, Facts.of("A"), "10/03/2025", duties=True)["chuan_bi_kt_dt"] == "23/04/2025"
    abuse = limits(told, Facts.of("A", sexual_abuse_minor=True), "10/03/2025", duties=True)
    assert abuse["chuan_bi_kt_dt_xam_hai"] == "13/04/2025"
    assert "chuan_bi_kt_dt" not in abuse
    told.append(on("20/04/2025", "gui_van_ban", ground="chuan_bi_kt_dt"))
    assert "chuan_bi_kt_dt" not in limits(told, Facts.of("A"), "21/04/2025", duties=True)


def test_a_duty_ends_only_with_the_paper_it_is_about() -> None:
    told = [
        on("03/03/2025", "khoi_to_vu_an", at=dt.time(8)),
        on("03/03/2025", "khoi_to_bi_can", 1, at=dt.time(9)),
        on("03/03/2025", "gui_van_ban", ground="ktva_gui"),
    ]
    found = limits(told, Facts.of("A"), "03/03/2025", duties=True)
    assert "ktva_gui" not in found
    assert found["ktbc_gui#1"] == "09:00 04/03/2025"


def test_an_hour_that_was_not_recorded_ends_with_the_day() -> None:
    told = [on("03/03/2025", "khoi_to_vu_an")]
    found = one(told, Facts.of("A"), "03/03/2025", "ktva_gui")
    assert found.due == day("04/03/2025")
    assert (
        found.arithmetic == "ra quyết định khởi tố vụ án 03/03/2025 + 24 giờ: chậm nhất trong ngày 04/03/2025, Điều 154"
    )
    assert any("chưa ghi giờ" in each for each in found.notes)


def test_without_a_class_the_limit_is_shown_and_says_what_is_missing() -> None:
    found = one([on("03/03/2025", "nhan_ho_so")], Facts(), "03/03/2025", "truy_to")
    assert (found.due, found.band, found.state) == (None, "", "running")
    assert found.arithmetic == "Chưa xác định loại tội phạm nên chưa tính được."


def test_limits_of_an_earlier_stage_do_not_run_whatever_was_not_recorded() -> None:
    told = [on("03/03/2025", "khoi_to_vu_an")]
    assert limits(told, Facts.of("A", stage="dieu_tra"), "04/03/2025") == {"dieu_tra": "05/05/2025"}
    assert limits(told, Facts.of("A", stage="truy_to"), "04/03/2025") == {}


def test_an_order_shorter_than_the_limit_counts_as_long_as_it_is() -> None:
    told = [on("06/01/2025", "tam_giam", 1, amount="2m")]
    found = one(told, Facts.of("C", stage="dieu_tra"), "07/01/2025", "tam_giam_dt", 1)
    # 60 days from 6/1, not 120
    assert (found.due, found.request_by) == (day("06/03/2025"), day("24/02/2025"))
    told = [on("06/01/2025", "tam_giam", 1, amount="6m")]
    assert one(told, Facts.of("C", stage="dieu_tra"), "07/01/2025", "tam_giam_dt", 1).counted_days == 120


def test_no_day_to_ask_by_where_there_is_no_further_extension() -> None:
    told = [on("06/01/2025", "khoi_to_vu_an")]
    assert one(told, Facts.of("A"), "07/01/2025", "dieu_tra").request_by == day("24/02/2025")
    told.append(on("20/02/2025", "gia_han_dieu_tra", amount="2m"))
    assert one(told, Facts.of("A"), "21/02/2025", "dieu_tra").request_by is None


# --- how it is shown


@pytest.mark.parametrize(
    ("due", "colour"),
    [
        ("14/03/2025", "green"),
        ("13/03/2025", "yellow"),
        ("09/03/2025", "yellow"),
        ("08/03/2025", "orange"),
        ("03/03/2025", "orange"),
        ("02/03/2025", "red"),
    ],
)
def test_colours(due: str, colour: str) -> None:
    # on 3/3: more than ten days, up to ten, up to five, past
    assert band(day(due), day("03/03/2025")) == colour
    assert band(dt.datetime.combine(day(due), dt.time(9)), day("03/03/2025")) == colour


def test_past_is_red_and_never_more_than_a_reminder() -> None:
    told = [on("03/03/2025", "nhan_ho_so")]
    late = one(told, Facts.of("B"), "01/06/2025", "truy_to")
    assert (late.state, late.band) == ("running", "red")
    told.append(on("20/05/2025", "cao_trang"))
    ended = one(told, Facts.of("B"), "01/06/2025", "truy_to")
    # done late is done: nothing is said of a breach
    assert (ended.state, ended.ended_on, ended.band) == ("ended", day("20/05/2025"), "")
    words = " ".join((late.arithmetic, *late.notes, ended.arithmetic, *ended.notes)).lower()
    assert "vi phạm" not in words
    assert "quá hạn" not in words


def test_first_due_first_and_the_arithmetic_can_be_read() -> None:
    told = [on("03/03/2025", "nhan_ho_so"), on("04/03/2025", "tam_giam", 1)]
    found = running("criminal", told, Facts.of("B"), COUNTING, day("05/03/2025"))
    assert [each.rule.id for each in found] == ["tam_giam_truy_to", "truy_to"]
    assert (
        found[1].arithmetic == "nhận hồ sơ 03/03/2025 + 20 ngày = 23/03/2025, Chủ nhật → 24/03/2025, Điều 240 khoản 1"
    )
    assert found[1].article == "Điều 240 khoản 1"


def test_order_of_recording_does_not_matter() -> None:
    told = [on("03/03/2025", "nhan_ho_so"), on("20/03/2025", "gia_han_truy_to", amount="10d")]
    assert limits(told[::-1], Facts.of("B"), "21/03/2025") == limits(told, Facts.of("B"), "21/03/2025")


# --- before an event is recorded


def test_an_extension_beyond_the_law_is_refused() -> None:
    told = [on("03/03/2025", "nhan_ho_so")]
    facts = Facts.of("B")
    with pytest.raises(
        DeadlineError, match=r"gia hạn lần 1 không quá 10 ngày \(Điều 240 khoản 1\), không thể là 11 ngày"
    ):
        vet("criminal", told, facts, on("20/03/2025", "gia_han_truy_to", amount="11d"), COUNTING)
    assert vet("criminal", told, facts, on("20/03/2025", "gia_han_truy_to", amount="10d"), COUNTING) == []
    told.append(on("20/03/2025", "gia_han_truy_to", amount="5d"))
    with pytest.raises(DeadlineError, match="chỉ được gia hạn 1 lần"):
        vet("criminal", told, facts, on("25/03/2025", "gia_han_truy_to", amount="5d"), COUNTING)
    # the fourth of an investigation of class D is the last
    told = [on("03/03/2024", "khoi_to_vu_an")]
    for number in range(4):
        each = on(f"0{number + 4}/03/2024", "gia_han_dieu_tra", amount="4m", asked="01/04/2024")
        vet("criminal", told, Facts.of("D"), each, COUNTING)
        told.append(each)
    with pytest.raises(DeadlineError, match="chỉ được gia hạn 4 lần"):
        vet("criminal", told, Facts.of("D"), on("10/03/2024", "gia_han_dieu_tra", amount="4m"), COUNTING)


def test_an_extension_asked_for_late_is_told() -> None:
    told = [on("06/01/2025", "khoi_to_vu_an")]
    # two months end on 6/3: asked for by 24/2
    in_time = on("03/03/2025", "gia_han_dieu_tra", amount="2m", asked="24/02/2025")
    assert vet("criminal", told, Facts.of("A"), in_time, COUNTING) == []
    late = in_time._replace(asked=day("25/02/2025"))
    assert vet("criminal", told, Facts.of("A"), late, COUNTING) == [
        "“Điều tra”: phải đề nghị gia hạn chậm nhất 24/02/2025 (Điều 172), ghi nhận đề nghị 25/02/2025."
    ]


def test_an_extension_of_what_was_never_begun_is_told() -> None:
    (sentence,) = vet("criminal", [], Facts.of("A"), on("03/03/2025", "gia_han_dieu_tra", amount="2m"), COUNTING)
    assert "chưa ghi sự kiện bắt đầu" in sentence


def test_custody_longer_than_the_law_is_refused_and_longer_than_the_investigation_told() -> None:
    told = [on("06/01/2025", "khoi_to_vu_an")]
    with pytest.raises(DeadlineError, match="không quá 2 tháng"):
        vet("criminal", told, Facts.of("A"), on("07/01/2025", "tam_giam", 1, amount="3m"), COUNTING)
    (sentence,) = vet("criminal", told, Facts.of("A"), on("20/01/2025", "tam_giam", 1, amount="2m"), COUNTING)
    assert sentence == "Thời hạn tạm giam theo lệnh hết 20/03/2025, sau thời hạn “Điều tra” hết 06/03/2025."
    assert vet("criminal", told, Facts.of("A"), on("20/01/2025", "tam_giam", 1, amount="1m"), COUNTING) == []


def test_custody_in_force_when_the_case_goes_on_is_told() -> None:
    told = [on("02/01/2025", "khoi_to_vu_an"), on("04/01/2025", "tam_giam", 1)]
    (sentence,) = vet("criminal", told, Facts.of("B"), on("03/03/2025", "nhan_ho_so"), COUNTING)
    # to 2/4; five days before
    assert "đến hết 02/04/2025" in sentence
    assert "5 ngày, chậm nhất 28/03/2025" in sentence
    told += [on("03/03/2025", "nhan_ho_so"), on("10/03/2025", "cao_trang")]
    (sentence,) = vet("criminal", told, Facts.of("B"), on("11/03/2025", "chuyen_toa"), COUNTING)
    assert "7 ngày, chậm nhất 26/03/2025 (Điều 244)" in sentence
    told.append(on("11/03/2025", "tra_tu_do", 1))
    assert vet("criminal", told, Facts.of("B"), on("12/03/2025", "chuyen_toa"), COUNTING) == []


# --- what holds of all of them

_days = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2060, 12, 31))
_starting = sorted(
    {(rule.id, text.partition(":")[0]) for rule in RULES.values() if rule.kind == "criminal" for text in rule.starts}
)


@given(start=_days, pair=st.sampled_from(_starting), crime_class=st.sampled_from(CLASSES))
def test_what_starts_runs_and_what_ends_it_ends_it(start: dt.date, pair: tuple[str, str], crime_class: str) -> None:
    rule_id, event = pair
    rule = RULES[rule_id]
    text = next(each for each in rule.starts if each.partition(":")[0] == event)
    ground = text.partition(":")[2]
    accused = 1 if EVENTS["criminal"][event].scope == "accused" else None
    when = rule.when
    stages: Any = when.get("stage", rule.stages)
    first = {
        "vks": ["vks_tra_ho_so"],
        "toa": ["hdxx_tra_ho_so", "vks_chuyen_ho_so_dtbs"],
        "lai": ["huy_an_dieu_tra_lai"],
    }
    returned: Any = when.get("returned_by", [""])
    facts = Facts.of(
        "A" if rule_id == "co_quan_164_ket_thuc" else crime_class,
        simplified=bool(when.get("simplified")),
        special_agency=bool(when.get("special_agency")),
        clear=bool(when.get("clear")),
        appeal_level=when.get("level", "tinh"),
        stage=stages[0] if stages else "",
    )
    told = [Happening(each, start) for each in first.get(returned[0], [])]
    told.append(
        Happening(
            event,
            start,
            at=dt.time(9),
            accused=accused,
            ground="" if ground.startswith("!") else ground,
            named_day=start + dt.timedelta(days=30),
        )
    )
    mine = [each for each in running("criminal", told, facts, COUNTING, start) if each.rule.id == rule_id]
    assert len(mine) == 1
    end, _colon, why = rule.ends[-1].partition(":")
    whose = accused if EVENTS["criminal"][end].scope != "case" else None
    told.append(
        Happening(end, start + dt.timedelta(days=1), accused=whose, ground=rule_id if end == "gui_van_ban" else why)
    )
    left = [each for each in running("criminal", told, facts, COUNTING, start) if each.rule.id == rule_id]
    # the same act may begin the next one
    assert [each for each in left if each.start == mine[0].start] == [] or end == event


@given(start=_days, crime_class=st.sampled_from(CLASSES), granted=st.lists(st.integers(1, 4), max_size=4))
def test_an_extension_never_shortens(start: dt.date, crime_class: str, granted: list[int]) -> None:
    told = [Happening("khoi_to_vu_an", start)]
    facts = Facts.of(crime_class)
    before = start
    for months in granted:
        each = Happening("gia_han_dieu_tra", start, amount=parse_span(f"{months}m"))
        try:
            vet("criminal", told, facts, each, COUNTING)
        except DeadlineError:
            continue
        told.append(each)
        due = next(row.due for row in running("criminal", told, facts, COUNTING, start) if row.rule.id == "dieu_tra")
        assert due is not None
        assert due >= before
        before = due
    # and never goes beyond the ceiling
    ceiling = RULES["dt_tong_toi_da"]
    months = ceiling.amount[crime_class].number + sum(each.number for each in ceiling.allowed_extensions(crime_class))
    last = add_months(start, months)
    while is_day_off(last):
        last += dt.timedelta(days=1)
    assert before <= last


@given(start=_days, later=st.integers(0, 60), event=st.sampled_from(["khoi_to_vu_an", "nhan_ho_so", "toa_thu_ly"]))
def test_a_heavier_class_never_has_less_time_and_a_later_start_never_ends_earlier(
    start: dt.date, later: int, event: str
) -> None:
    rule = {"khoi_to_vu_an": "dieu_tra", "nhan_ho_so": "truy_to", "toa_thu_ly": "cbxx"}[event]

    def due(begin: dt.date, crime_class: str) -> Any:
        found = running("criminal", [Happening(event, begin)], Facts.of(crime_class), COUNTING, begin)
        return next(each.due for each in found if each.rule.id == rule)

    dues = [due(start, each) for each in CLASSES]
    assert dues == sorted(dues)
    assert not any(is_day_off(each) for each in dues)
    assert all(due(start + dt.timedelta(days=later), each) >= dues[n] for n, each in enumerate(CLASSES))


@given(start=_days, held=st.integers(0, 9), crime_class=st.sampled_from(CLASSES), whole=st.booleans())
def test_custody_is_days_with_the_first_one_and_never_moved(
    start: dt.date, held: int, crime_class: str, whole: bool
) -> None:
    told = [Happening("tam_giam", start, accused=1)]
    if held:
        told.insert(0, Happening("tam_giu", start - dt.timedelta(days=held), accused=1))
    if not whole:
        told.append(Happening("gia_han_tam_giam", start, accused=1, amount=parse_span("1m")))
    found = next(
        each
        for each in running("criminal", told, Facts.of(crime_class, stage="dieu_tra"), COUNTING, start)
        if each.rule.id == "tam_giam_dt"
    )
    months = {"A": 2, "B": 3, "C": 4, "D": 4}[crime_class] + (0 if whole else 1)
    assert found.counted_days == months * 30 - held
    assert found.due == start + dt.timedelta(days=found.counted_days - 1)


@pytest.mark.parametrize(
    ("start", "crime_class", "due"),
    [
        # two months from 31/12: the last day of February, in a leap year too; 29/2/2024 is a Thursday
        ("31/12/2023", "A", "29/02/2024"),
        # 28/2/2026 is a Saturday
        ("31/12/2025", "A", "02/03/2026"),
        # from 29/2/2024 four months: 29/6/2024 is a Saturday
        ("29/02/2024", "C", "01/07/2024"),
    ],
)
def test_short_months_and_leap_years(start: str, crime_class: str, due: str) -> None:
    assert limits([on(start, "khoi_to_vu_an")], Facts.of(crime_class), start) == {"dieu_tra": due}


def test_custody_ordered_after_the_investigation_was_over_is_told_and_not_cut() -> None:
    # the investigation was stayed and its four months are long over when custody is ordered by mistake
    told = [
        on("24/06/2022", "khoi_to_vu_an"),
        on("20/10/2022", "tam_dinh_chi_dieu_tra"),
        on("01/09/2026", "tam_giam", 1),
    ]
    found = one(told, Facts.of("C", stage="dieu_tra"), "24/11/2026", "tam_giam_dt", 1)
    assert (found.due, found.counted_days) == (day("29/12/2026"), 120)
    assert any("hãy kiểm tra" in note for note in found.notes)


_ANY_EVENT = st.sampled_from([event for event in EVENTS["criminal"] if event != "gui_van_ban"])


@given(
    told=st.lists(st.tuples(_ANY_EVENT, st.integers(0, 1500), st.sampled_from([None, 1, 2])), max_size=14),
    crime_class=st.sampled_from(CLASSES),
)
def test_whatever_was_recorded_in_whatever_order_no_limit_ends_before_it_begins(
    told: list[tuple[str, int, int | None]], crime_class: str
) -> None:
    begin = dt.date(2022, 1, 3)
    happenings = [
        Happening(event, begin + dt.timedelta(days=offset), at=dt.time(9), accused=accused, amount=parse_span("1m"))
        for event, offset, accused in told
    ]
    for each in running("criminal", happenings, Facts.of(crime_class), COUNTING, dt.date(2026, 6, 1), ended=True):
        assert each.counted_days >= 0, each
        if each.due is not None and not each.rule.before:
            first, last = (
                moment.date() if isinstance(moment, dt.datetime) else moment for moment in (each.start, each.due)
            )
            assert last >= first, each
