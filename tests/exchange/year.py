"""A year of fictional cases of one office, as a list: the same ones for the same seed.

    python -m tests.exchange.year [--cases 1200] [--seed 2026] FILE.csv

Names, numbers, days and places are invented. How often an offence occurs, how many are accused and how far a case has
come are set by hand to look like an office's register; they are nobody's statistics.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.population import FAMILIES, GIVEN, MIDDLES

HEADINGS = (
    "STT",
    "Số QĐ khởi tố",
    "Ngày khởi tố",
    "Cơ quan khởi tố",
    "Tên vụ án",
    "Tội danh",
    "Bị can",
    "Bị hại",
    "Giai đoạn",
    "Trạng thái",
    "Ngày thụ lý",
    "Ngày phạm tội",
    "Nơi phạm tội",
    "KSV thụ lý chính",
    "Án điểm",
    "Số thụ lý kiểm sát",
    "Tổng số bút lục (bản giấy)",
)

# offence, article, clauses with their class of crime, whether somebody is hurt or robbed, weight
OFFENCES: tuple[tuple[str, str, tuple[tuple[int, str], ...], bool, int], ...] = (
    ("Trộm cắp tài sản", "173", ((1, "A"), (1, "A"), (2, "B")), True, 30),
    ("Tàng trữ trái phép chất ma túy", "249", ((1, "B"), (1, "B"), (2, "C")), False, 22),
    ("Mua bán trái phép chất ma túy", "251", ((1, "B"), (2, "C"), (4, "D")), False, 12),
    ("Cố ý gây thương tích", "134", ((1, "A"), (2, "B"), (3, "C")), True, 14),
    ("Đánh bạc", "321", ((1, "A"), (2, "B")), False, 8),
    ("Lừa đảo chiếm đoạt tài sản", "174", ((1, "A"), (2, "B"), (3, "C"), (4, "D")), True, 6),
    ("Vi phạm quy định về tham gia giao thông đường bộ", "260", ((1, "B"), (2, "C")), True, 6),
    ("Giết người", "123", ((1, "D"), (2, "C")), True, 2),
)
# days since the decision, stage, status: a case is as far as its age lets it be
COURSE = (
    (0, "Điều tra", "Đang giải quyết"),
    (70, "Truy tố", "Đang giải quyết"),
    (95, "Xét xử sơ thẩm", "Đã truy tố"),
    (170, "Xét xử sơ thẩm", "Đã xét xử sơ thẩm"),
    (220, "Thi hành án", "Bản án, quyết định có hiệu lực"),
)
AGENCIES = (
    "Cơ quan Cảnh sát điều tra Công an tỉnh",
    "Cơ quan An ninh điều tra Công an tỉnh",
    "Văn phòng Cơ quan Cảnh sát điều tra Công an tỉnh",
)
PLACES = ("Phường Hồng Gai", "Phường Bãi Cháy", "Phường Cao Xanh", "Phường Hà Tu", "Xã Thống Nhất")
_RANK = "ABCD"


@dataclass(frozen=True)
class Row:
    """A case of the list, and what a reader should find of it afterwards."""

    cells: tuple[str, ...]
    number: str
    people: int
    victims: int
    crime_class: str
    article: str
    stage: str


def _person(chance: random.Random) -> tuple[str, bool]:
    woman = chance.random() < 0.12
    middle = "Thị" if woman else chance.choice([each for each in MIDDLES if each != "Thị"])
    return f"{chance.choice(FAMILIES)} {middle} {chance.choice(GIVEN)}", woman


def _told(chance: random.Random, name: str, *, woman: bool, charge: str) -> str:
    birth = chance.choices(
        (f"{chance.randrange(1958, 2007)}", f"{chance.randrange(1, 29):02d}/{chance.randrange(1, 13):02d}/1988"), (3, 1)
    )[0]
    return f"{name} ({birth}, {'nữ' if woman else 'nam'}): {charge}"


def year(
    count: int = 1200, *, seed: int = 2026, last: dt.date = dt.date(2026, 5, 4), leads: Sequence[str] = ()
) -> list[Row]:
    """Return so many cases opened in the year before `last`, oldest first."""
    chance = random.Random(seed)
    days = sorted(last - dt.timedelta(days=chance.randrange(1, 366)) for _ in range(count))
    rows = []
    for index, day in enumerate(days, start=1):
        offence, article, clauses, hurts, _weight = chance.choices(OFFENCES, [each[4] for each in OFFENCES])[0]
        chosen = []
        for name, woman in {_person(chance) for _ in range(chance.choices((0, 1, 2, 3, 6), (4, 60, 22, 10, 4))[0])}:
            clause, crime_class = chance.choice(clauses)
            chosen.append((name, woman, clause, crime_class))
        chosen.sort()
        victims = sorted({_person(chance)[0] for _ in range(chance.randrange(1, 3))}) if hurts else []
        age = (last - day).days
        _begun, stage, status = [each for each in COURSE if each[0] <= age * chance.uniform(0.6, 1)][-1]
        number = f"{index}/QĐ-CSĐT"
        first = chosen[0][0] if chosen else "Chưa xác định bị can"
        name = f"{first}{' và đồng phạm' if len(chosen) > 1 else ''} – {offence}"
        accused = "; ".join(
            _told(chance, person, woman=woman, charge=f"{article}.{clause}") for person, woman, clause, _class in chosen
        )
        cells = (
            str(index),
            number,
            f"{day:%d/%m/%Y}",
            chance.choices(AGENCIES, (8, 1, 1))[0],
            name,
            offence,
            accused,
            "; ".join(victims),
            stage,
            status,
            f"{min(day + dt.timedelta(days=chance.randrange(0, 4)), last):%d/%m/%Y}",
            f"{day - dt.timedelta(days=chance.randrange(1, 40)):%d/%m/%Y}",
            chance.choice(PLACES),
            chance.choice(leads) if leads else "",
            "x" if chance.random() < 0.03 else "",
            f"{index}/{day.year}/TLKS",
            str(chance.randrange(40, 900)),
        )
        rows.append(
            Row(
                cells=cells,
                number=number,
                people=len(chosen),
                victims=len(victims),
                crime_class=max((each[3] for each in chosen), key=_RANK.index, default=""),
                article=article if chosen else "",
                stage=stage,
            )
        )
    return rows


def main(words: list[str]) -> int:
    """Write a list."""
    from tests.exchange.files import csv_text

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--cases", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args(words)
    rows = year(options.cases, seed=options.seed)
    options.file.write_text("\ufeff" + csv_text([HEADINGS, *(row.cells for row in rows)]), encoding="utf-8", newline="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
