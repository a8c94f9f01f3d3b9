"""The table of time limits, rule by rule, against what the law gives, typed here by hand from the verified table."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import vks_plugin
from vks_plugin.cases.calendar import is_day_off
from vks_plugin.cases.deadlines import (
    CLASSES,
    Counting,
    DeadlineError,
    Rule,
    Span,
    compute,
    deadline_rules,
    parse_rules,
    parse_span,
    shared,
)
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.cases.stages import STAGES_OF

RULES = deadline_rules()
COUNTING = Counting(is_day_off=is_day_off)

# id | amount (one, or A/B/C/D) | extensions, each as the amount; – where a class has none | article | ask so long before
LAW = """
nt_thong_bao_vks              | 3d             |                                       | Điều 146 khoản 5           |
nt_giai_quyet                 | 20d            |                                       | Điều 147                   |
nt_giai_quyet_phuc_tap        | 2m             | 2m                                    | Điều 147                   | 5d
nt_tdc_gui                    | 24h            |                                       | Điều 148                   |
nt_phuc_hoi_gui               | 3d             |                                       | Điều 149                   |
nt_phuc_hoi_giai_quyet        | 1m             |                                       | Điều 149                   |
nt_vks_rut                    | 5d             |                                       | Điều 146                   |
kc_quyet_dinh                 | 12h            |                                       | Điều 110 khoản 4, Điều 114 |
kc_phe_chuan                  | 12h            |                                       | Điều 110, Điều 114         |
tam_giu                       | 3d             | 3d ; 3d                               | Điều 118                   |
tam_giu_phe_chuan             | 12h            |                                       | Điều 118                   |
ktva_gui                      | 24h            |                                       | Điều 154                   |
ktbc_gui                      | 24h            |                                       | Điều 179 khoản 3           |
ktbc_phe_chuan                | 3d             |                                       | Điều 179 khoản 3           |
ktbc_phe_chuan_bo_sung        | 3d             |                                       | Điều 179 khoản 3           |
tam_giam_phe_chuan            | 3d             |                                       | Điều 119 khoản 5           |
chuyen_bien_ban               | 5d             |                                       | Điều 88 khoản 5            |
chuyen_bien_ban_tro_ngai      | 15d            |                                       | Điều 88 khoản 5            |
tra_bien_ban                  | 3d             |                                       | Điều 88 khoản 5            |
dieu_tra                      | 2m/3m/4m/4m    | 2m/3m/4m/4m ; –/2m/4m/4m ; –/–/–/4m ; –/–/–/4m | Điều 172          | 10d
dt_tong_toi_da                | 4m/8m/12m/16m  | –/–/–/4m                              | Điều 172                   |
tam_giam_dt                   | 2m/3m/4m/4m    | 1m/2m/3m/4m ; –/–/–/4m ; –/–/–/4m     | Điều 173                   | 10d
tam_giam_toi_da               | 3m/5m/7m/12m   | –/–/–/4m                              | Điều 173                   |
tam_giam_dtbs_vks             | 2m             |                                       | TTLT 04/2018 Điều 14, Điều 174 khoản 2 |
tam_giam_dtbs_toa             | 1m             |                                       | TTLT 04/2018 Điều 14, Điều 174 khoản 2 |
phuc_hoi_dt                   | 2m/2m/3m/3m    | 1m/2m/2m/3m                           | Điều 174 khoản 1           |
dtbs_vks                      | 2m             |                                       | Điều 174 khoản 2           |
dtbs_toa                      | 1m             |                                       | Điều 174 khoản 2           |
dt_lai                        | 2m/3m/4m/4m    | 2m/3m/4m/4m ; –/2m/4m/4m ; –/–/–/4m ; –/–/–/4m | Điều 174 khoản 3, Điều 172 | 10d
chuyen_tham_quyen_dt          | 3d             |                                       | Điều 169                   |
chuyen_tham_quyen_gui         | 24h            |                                       | Điều 169                   |
chuyen_tham_quyen_ho_so       | 3d             |                                       | Điều 169                   |
co_quan_164_ket_thuc          | 1m/–/–/–       |                                       | Điều 164                   |
co_quan_164_chuyen            | 7d             |                                       | Điều 164                   |
chuan_bi_kt_dt                | 10d/10d/15d/20d |                                      | TTLT 04/2018 Điều 31       |
chuan_bi_kt_dt_xam_hai        | 20d            |                                       | TTLT 01/2022 Điều 17       |
kldt_giao_vks                 | 2d             |                                       | Điều 232 khoản 4           |
dinh_chi_dt_vks               | 15d            |                                       | Điều 230 khoản 3           |
tdc_dt_gui                    | 2d             |                                       | Điều 229 khoản 3           |
ph_dt_gui                     | 2d             |                                       | Điều 235 khoản 2           |
truy_to                       | 20d/20d/30d/30d | 10d/10d/15d/30d                      | Điều 240 khoản 1           |
truy_to_thong_bao             | 3d             |                                       | Điều 240 khoản 2, khoản 3  |
truy_to_giao_phuc_tap         | 10d            |                                       | Điều 240 khoản 2, khoản 3  |
truy_to_phuc_hoi              | 20d/20d/30d/30d | 10d/10d/15d/30d                      | Điều 249 khoản 4, Điều 240 |
truy_to_chuyen_vks            | 20d/20d/30d/30d | 10d/10d/15d/30d                      | Điều 239 khoản 2, Điều 240 |
truy_to_chuyen_thong_bao      | 3d             |                                       | Điều 239 khoản 2           |
vks_tren_bao_duoi             | 2m             |                                       | Điều 239 khoản 1           |
tam_giam_truy_to              | 20d/20d/30d/30d | 10d/10d/15d/30d                      | Điều 241, TTLT 04/2018 Điều 18 |
tam_giam_truy_to_lenh_moi     | 5d             |                                       | Điều 241, TTLT 04/2018 Điều 18 |
ct_chuyen_ta                  | 3d             |                                       | Điều 244                   |
ct_chuyen_ta_phuc_tap         | 10d            |                                       | Điều 244                   |
bao_ta_tam_giam               | 7d             |                                       | Điều 244                   |
ta_phan_cong_tp               | 3d             |                                       | Điều 276                   |
cbxx                          | 30d/45d/2m/3m  | 15d/15d/30d/30d                       | Điều 277 khoản 1           |
cbxx_sau_dtbs                 | 15d            |                                       | Điều 277 khoản 2           |
mo_phien_toa                  | 15d            |                                       | Điều 277 khoản 3           |
mo_phien_toa_bat_kha_khang    | 30d            |                                       | Điều 277 khoản 3           |
qdxx_giao                     | 10d            |                                       | Điều 286                   |
qdxx_vks                      | 2d             |                                       | Điều 286                   |
hoan_phien_toa                | 30d            |                                       | Điều 297                   |
giao_ban_an                   | 10d            |                                       | Điều 262                   |
khang_cao                     | 15d            |                                       | Điều 333                   |
khang_cao_quyet_dinh          | 7d             |                                       | Điều 333                   |
khang_nghi_pt_cung_cap        | 15d            |                                       | Điều 337                   |
khang_nghi_pt_cap_tren        | 30d            |                                       | Điều 337                   |
khang_nghi_pt_qd_cung_cap     | 7d             |                                       | Điều 337                   |
khang_nghi_pt_qd_cap_tren     | 15d            |                                       | Điều 337                   |
khang_nghi_pt_gui             | 2d             |                                       | Điều 338                   |
hs_len_pt                     | 7d             |                                       | Điều 339                   |
vks_nghien_cuu_pt_tinh        | 15d            | 10d                                   | Điều 341                   |
vks_nghien_cuu_pt_cap_cao     | 20d            | 10d                                   | Điều 341                   |
vks_nghien_cuu_pt_bo_sung     | 3d             |                                       | Điều 341                   |
pt_tinh_quyet_dinh            | 45d            |                                       | Điều 346                   |
pt_tinh_mo                    | 60d            |                                       | Điều 346                   |
pt_cap_cao_quyet_dinh         | 75d            |                                       | Điều 346                   |
pt_cap_cao_mo                 | 90d            |                                       | Điều 346                   |
pt_mo_sau_quyet_dinh          | 15d            |                                       | Điều 346                   |
qd_tha                        | 7d             |                                       | Điều 364                   |
gdt_chuyen_hs                 | 7d             |                                       | Điều 376                   |
gdt_bat_loi                   | 12m            |                                       | Điều 379                   |
tai_tham_bat_loi              | 12m            |                                       | Điều 401                   |
ttrg_quyet_dinh_gui           | 24h            |                                       | Điều 456–464               |
ttrg_dieu_tra                 | 20d            |                                       | Điều 456–464               |
ttrg_chuyen_ho_so             | 24h            |                                       | Điều 456–464               |
ttrg_vks                      | 5d             |                                       | Điều 456–464               |
ttrg_chuyen_toa               | 24h            |                                       | Điều 456–464               |
ttrg_toa                      | 10d            |                                       | Điều 456–464               |
ttrg_mo_phien_toa             | 7d             |                                       | Điều 456–464               |
ttrg_pt_vks                   | 5d             |                                       | Điều 456–464               |
ttrg_pt_toa                   | 15d            |                                       | Điều 456–464               |
ttrg_pt_mo_phien_toa          | 7d             |                                       | Điều 456–464               |
ttrg_huy_gui                  | 24h            |                                       | Điều 456–464               |
ttrg_tam_giu                  | 3d             |                                       | Điều 456–464               |
ttrg_tam_giam_dt              | 20d            |                                       | Điều 456–464               |
ttrg_tam_giam_truy_to         | 5d             |                                       | Điều 456–464               |
ttrg_tam_giam_st              | 17d            |                                       | Điều 456–464               |
ttrg_tam_giam_pt              | 22d            |                                       | Điều 456–464               |
ds_cbxx                       | 4m             | 2m                                    | Điều 203 BLTTDS            |
ds_cbxx_kinh_doanh_lao_dong   | 2m             | 1m                                    | Điều 203 BLTTDS            |
ds_nghien_cuu                 | 15d            |                                       | Điều 220 BLTTDS            |
ds_nghien_cuu_pt              | 15d            |                                       | Điều 292 BLTTDS            |
ds_khang_nghi_ban_an_cung_cap | 15d            |                                       | Điều 280 BLTTDS            |
ds_khang_nghi_ban_an_cap_tren | 1m             |                                       | Điều 280 BLTTDS            |
ds_khang_nghi_qd_cung_cap     | 7d             |                                       | Điều 280 BLTTDS            |
ds_khang_nghi_qd_cap_tren     | 10d            |                                       | Điều 280 BLTTDS            |
hc_nghien_cuu                 | 15d            |                                       | Điều 147 Luật TTHC         |
hc_khang_nghi_ban_an_cung_cap | 15d            |                                       | Điều 213 Luật TTHC         |
hc_khang_nghi_ban_an_cap_tren | 30d            |                                       | Điều 213 Luật TTHC         |
hc_khang_nghi_qd_cung_cap     | 7d             |                                       | Điều 213 Luật TTHC         |
hc_khang_nghi_qd_cap_tren     | 15d            |                                       | Điều 213 Luật TTHC         |
"""
BACKWARDS = {
    "chuan_bi_kt_dt",
    "chuan_bi_kt_dt_xam_hai",
    "vks_tren_bao_duoi",
    "tam_giam_truy_to_lenh_moi",
    "bao_ta_tam_giam",
    "qdxx_giao",
}
CUSTODY = {
    "tam_giam_dt",
    "tam_giam_toi_da",
    "tam_giam_dtbs_vks",
    "tam_giam_dtbs_toa",
    "tam_giam_truy_to",
    "ttrg_tam_giam_dt",
    "ttrg_tam_giam_truy_to",
    "ttrg_tam_giam_st",
    "ttrg_tam_giam_pt",
}
HOLDING = {"tam_giu", "ttrg_tam_giu"}


def by_class(text: str) -> dict[str, str]:
    """Return an amount for each class; none where the law has none."""
    parts = text.split("/")
    if len(parts) == 1:
        return dict.fromkeys(CLASSES, text)
    return {letter: each for letter, each in zip(CLASSES, parts, strict=True) if each != "–"}


ROWS = [[cell.strip() for cell in line.split("|")] for line in LAW.strip().splitlines()]


def test_no_rule_is_missing_here_or_there() -> None:
    assert [row[0] for row in ROWS] == list(dict.fromkeys(row[0] for row in ROWS))
    assert {row[0] for row in ROWS} == set(RULES)


def _added(start: dt.date, spans: list[Span], *, custody: bool, holding: bool) -> dt.date:
    """Count as a person would: custody in days with the first, months on the same day, days one after the other."""
    if custody:
        return start + dt.timedelta(days=sum(each.number * (30 if each.unit == "m" else 1) for each in spans) - 1)
    if holding or all(each.unit == "d" for each in spans):
        return start + dt.timedelta(days=sum(each.number for each in spans))
    months = sum(each.number for each in spans if each.unit == "m")
    # the start below is the 3rd of a month: every month has one
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return dt.date(year, month + 1, start.day) + dt.timedelta(
        days=sum(each.number for each in spans if each.unit == "d")
    )


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_law_rule_by_rule(row: list[str]) -> None:
    rule_id, amount, extensions, article, request = row
    rule = RULES[rule_id]
    assert rule.article == article
    assert rule.before == (rule_id in BACKWARDS)
    assert rule.mode == ("custody" if rule_id in CUSTODY else "holding" if rule_id in HOLDING else "procedural")
    assert (rule.request_before.code if rule.request_before else "") == request
    start = dt.date(2025, 3, 3)
    amounts = by_class(amount)
    each_extension = [by_class(text.strip()) for text in extensions.split(";")] if extensions else []
    for crime_class in CLASSES:
        granted = [table[crime_class] for table in each_extension if crime_class in table]
        if crime_class not in amounts:
            with pytest.raises(DeadlineError, match="không áp dụng"):
                compute(rule, start, crime_class=crime_class, counting=COUNTING)
            continue
        for number in range(len(granted) + 1):
            spans = [parse_span(text) for text in (amounts[crime_class], *granted[:number])]
            if spans[0].unit == "h":
                moment = dt.datetime(2025, 3, 3, 14, 30)  # noqa: DTZ001 - the office clock
                found = compute(rule, moment, counting=COUNTING)
                assert found.due == moment + dt.timedelta(hours=spans[0].number)
                continue
            found = compute(rule, start, crime_class=crime_class, extensions=number, counting=COUNTING)
            if rule_id in BACKWARDS:
                back = dt.date(2025, 1, 3) if spans[0].unit == "m" else start - dt.timedelta(days=spans[0].number)
                assert found.due == back
                continue
            expected = _added(start, spans, custody=rule_id in CUSTODY, holding=rule_id in HOLDING)
            if rule_id not in CUSTODY | HOLDING:
                while is_day_off(expected):
                    expected += dt.timedelta(days=1)
            assert found.due == expected
            assert found.arithmetic.endswith(article + (", TTLT 04/2018 Điều 17" if rule_id in CUSTODY else ""))
            # granted as they are, it is the same
            same = compute(rule, start, crime_class=crime_class, extensions=spans[1:], counting=COUNTING)
            assert same.due == found.due
        with pytest.raises(DeadlineError, match=f"chỉ được gia hạn {len(granted)} lần"):
            compute(rule, start, crime_class=crime_class, extensions=len(granted) + 1, counting=COUNTING)
        for number, text in enumerate(granted):
            most = parse_span(text)
            longer = Span(most.number + 1, most.unit)
            before = [parse_span(each) for each in granted[:number]]
            with pytest.raises(DeadlineError, match=f"gia hạn lần {number + 1} không quá {most}"):
                compute(rule, start, crime_class=crime_class, extensions=[*before, longer], counting=COUNTING)


def test_the_longest_investigation_and_custody_are_what_the_law_adds_up_to() -> None:
    for whole, part in (("dt_tong_toi_da", "dieu_tra"), ("tam_giam_toi_da", "tam_giam_dt")):
        for crime_class in CLASSES:
            rule, ceiling = RULES[part], RULES[whole]
            added = rule.amount[crime_class].number + sum(span.number for span in rule.allowed_extensions(crime_class))
            most = ceiling.amount[crime_class].number + sum(
                span.number for span in ceiling.allowed_extensions(crime_class)
            )
            assert added == most, (whole, crime_class)


def test_national_security_has_further_extensions() -> None:
    # four more months by the Procurator General; custody then 1, 2, 4 months more
    investigation, custody = RULES["dieu_tra"], RULES["tam_giam_dt"]
    extra = {
        letter: [span.code for span in rule.allowed_extensions(letter, security=True)]
        for letter, rule in (("A", investigation), ("B", investigation), ("C", investigation), ("D", investigation))
    }
    assert extra == {
        "A": ["2m", "4m"],
        "B": ["3m", "2m", "4m"],
        "C": ["4m", "4m", "4m"],
        "D": ["4m", "4m", "4m", "4m"],
    }
    for letter in CLASSES:
        # investigated again, as Điều 172 gives it
        again = RULES["dt_lai"].allowed_extensions(letter, security=True)
        assert again == investigation.allowed_extensions(letter, security=True)
    assert [span.code for span in custody.allowed_extensions("B", security=True)] == ["2m", "4m", "1m"]
    assert [span.code for span in custody.allowed_extensions("D", security=True)] == ["4m", "4m", "4m", "4m"]


@pytest.mark.parametrize(
    ("span", "share", "custody", "parts"),
    [
        ("2m", (1, 2), False, ["1m"]),
        ("3m", (1, 2), False, ["1m", "15d"]),
        ("1m", (1, 2), False, ["15d"]),
        ("20d", (1, 2), False, ["10d"]),
        ("15d", (1, 2), False, ["7d"]),
        ("3m", (2, 3), True, ["60d"]),
        ("4m", (2, 3), True, ["80d"]),
        ("20d", (2, 3), True, ["13d"]),
        ("4m", None, True, ["4m"]),
    ],
)
def test_part_of_a_limit_is_rounded_down(
    span: str, share: tuple[int, int] | None, custody: bool, parts: list[str]
) -> None:
    assert [each.code for each in shared(parse_span(span), share, custody=custody)] == parts


# --- the table itself


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_speaks_of_events_and_rules_there_are(rule: Rule) -> None:
    events = EVENTS[rule.kind]
    for text in (*rule.starts, *rule.ends, *rule.extended_by):
        event, _colon, ground = text.partition(":")
        assert event in events, text
        assert not ground or ground.lstrip("!") in dict(events[event].grounds), text
    for other in (*rule.end_of, *rule.cap, rule.simplified_of, rule.complex_of):
        assert not other or RULES[other].kind == rule.kind
    assert set(rule.stages) <= {stage.value for stage in STAGES_OF[rule.kind]}
    # it starts from an event, from another limit, stands in the place of another, or is a ceiling asked for by name
    ways = [bool(rule.starts), bool(rule.end_of), bool(rule.simplified_of or rule.complex_of)]
    assert sum(ways) == (0 if rule.weight == "ceiling" else 1)
    if rule.starts:
        assert rule.ends
    if rule.extensions and rule.weight != "ceiling":
        assert rule.extended_by
    for text in rule.extended_by:
        assert "amount" in events[text].needs
    assert rule.verified or rule.note


def test_limits_of_the_matters_whose_sources_were_not_read_are_marked() -> None:
    assert {rule.kind for rule in RULES.values() if rule.verified} == {"criminal", "crime_report"}


def test_what_cannot_be_computed_says_why() -> None:
    path = Path(vks_plugin.__file__).parent / "fixtures" / "deadline_gaps.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert not {row["id"] for row in rows} & set(RULES)
    assert all(row["label"] and row["reason"] for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "calendar"},
        {"weight": "heavy"},
        {"scope": "person"},
        {"juvenile": "half"},
        {"amount": "20"},
        {"amount": "0d"},
        {"extensions": "2m"},
        {"when": ["stage"]},
    ],
)
def test_a_row_that_does_not_say_what_it_should_is_refused(change: dict[str, object]) -> None:
    row = {"id": "x", "label": "X", "from": "x", "mode": "procedural", "amount": "20d", "article": "Điều 1"}
    assert parse_rules([row])["x"].amount[""] == Span(20, "d")
    with pytest.raises(ValueError, match=r"cannot be read|not a span"):
        parse_rules([{**row, **change}])
    with pytest.raises(ValueError, match="stands twice"):
        parse_rules([row, row])
