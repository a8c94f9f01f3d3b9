"""People in one cell: `Nguyễn Văn A (1990, nam): 173.2; Trần Thị B (12/05/1991, nữ): 173.1, 134.2.a`.

People are separated by `;` or stand on lines of their own, and may be numbered. In brackets, in any order: day, month,
quarter, half-year or year of birth (see `cells.birth_of`), `nam` or `nữ`, `pháp nhân`. After a colon: charges, as
anybody writes them (`173.2.a`, `điểm a khoản 2 Điều 173`), or the very name of an offence. A name that holds one of
these marks stands in straight quotes. A charge under a code without a table of articles carries its name in curly
quotes, and one under another code than that of its day the code in square brackets:
`138.2 “Trộm cắp tài sản” [blhs_1999]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from vks_plugin.cases import penal_code
from vks_plugin.cases.models.people import Sex
from vks_plugin.exchange.cells import Birth, CellError, birth_of
from vks_plugin.text import composed, folded, one_line


@dataclass(frozen=True)
class GivenCharge:
    """A charge as a list names it; what is empty is not said."""

    article: str
    clause: int | None = None
    points: tuple[str, ...] = ()
    name: str = ""
    code_version: str = ""

    def says_no_more_than(self, article: str, clause: int | None, points: str) -> bool:
        """Tell whether a recorded charge holds all this one says."""
        if self.article != article or (self.clause is not None and self.clause != clause):
            return False
        return not self.points or set(self.points) == set(letters(points))


@dataclass(frozen=True)
class GivenPerson:
    """Somebody a list names; what is empty is not said."""

    name: str
    birth: Birth = field(default_factory=Birth)
    sex: str = ""
    is_legal_person: bool = False
    charges: tuple[GivenCharge, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """Other fields by name."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells two people of one case apart."""
        return folded(self.name), str(self.birth)

    def joined_with(self, other: GivenPerson) -> GivenPerson:
        """Return what two rows about the same person say together; where both speak, this one counts."""
        return replace(
            self,
            sex=self.sex or other.sex,
            is_legal_person=self.is_legal_person or other.is_legal_person,
            charges=tuple(dict.fromkeys([*self.charges, *other.charges])),
            values={**other.values, **self.values},
        )


def letters(points: str) -> tuple[str, ...]:
    """Return the letters of recorded points, such as `a, b`."""
    return tuple(each for each in re.split(r"[\s,;.]+", points) if each)


# --- reading

_PIECES = re.compile(r'"(?:[^"]|"")*"|“[^”]*”|\([^()]*\)|[;\n]|.', re.DOTALL)
_NUMBERING = re.compile(r"\s*\d{1,3}[.)]\s+")
_PERSON = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<name>[^(:]*?))
        \s*(?:\((?P<about>[^()]*)\))?
        \s*(?::(?P<charges>.*))?\s*""",
    re.VERBOSE | re.DOTALL,
)
_BORN = re.compile(r"(?:sinh\s+(?:ngay|nam|thang)?|sn)[\s:.]*")
MOST_PEOPLE = 500
"""In one cell."""


def read_people(text: str, *, charged: bool = True) -> tuple[GivenPerson, ...]:
    """Return the people in a cell, in its order.

    Args:
        text: the cell.
        charged: whether charges may follow a name.

    Raises:
        CellError: somebody's part of it cannot be understood; the sentence quotes that part.
    """
    found = [_person(part, charged=charged) for part in _parts(text)]
    if len(found) > MOST_PEOPLE:
        raise CellError(_("quá %(most)d người trong một ô: hãy tách thành nhiều dòng.") % {"most": MOST_PEOPLE})
    return tuple(found)


def _parts(text: str) -> list[str]:
    parts = [""]
    for piece in _PIECES.findall(composed(text)):
        if piece in {";", "\n"}:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def _person(part: str, *, charged: bool) -> GivenPerson:
    found = _PERSON.fullmatch(_NUMBERING.sub("", part, count=1))
    quoted = found["quoted"] if found else None
    name = one_line(quoted.replace('""', '"') if quoted is not None else (found["name"] if found else ""))
    told = {"part": part[:80]}
    if found is None or not any(letter.isalpha() for letter in name):
        raise CellError(_("không hiểu “%(part)s”: hãy ghi như “Nguyễn Văn A (1990, nam): 173.2”.") % told)
    if quoted is None and "," in name:
        raise CellError(
            _('“%(part)s”: ngăn cách người này với người kia bằng dấu chấm phẩy; tên có dấu phẩy thì để trong “"…"”.')
            % told
        )
    birth, sex, legal = _about(found["about"] or "", part)
    if found["charges"] is not None and not charged:
        raise CellError(_("“%(part)s”: ở cột này không ghi tội danh.") % told)
    return GivenPerson(
        name=name, birth=birth, sex=sex, is_legal_person=legal, charges=read_charges(found["charges"] or "")
    )


def _about(text: str, part: str) -> tuple[Birth, str, bool]:
    birth, sex, legal = Birth(), "", False
    for each in text.split(","):
        plain = folded(each)
        if not plain:
            continue
        if plain in {"nam", "nu"}:
            sex = Sex.MALE.value if plain == "nam" else Sex.FEMALE.value
        elif plain == "phap nhan":
            legal = True
        else:
            try:
                birth = birth_of(_BORN.sub("", plain, count=1))
            except CellError as error:
                raise CellError(
                    _("“%(part)s”: trong ngoặc chỉ ghi ngày hoặc năm sinh, “nam” hoặc “nữ”, “pháp nhân”.")
                    % {"part": part[:80]}
                ) from error
    return birth, sex, legal


_ANOTHER = re.compile(r"[,+]\s*(?=(?:đ(?:iều)?|d(?:ieu)?)?[\s.]*\d{3}(?!\d)|(?:điều|đ\.)\s*\d)", re.IGNORECASE)
"""Where one charge ends and the next begins; a comma between points or clauses is none."""
_NAME = re.compile(r"“([^”]*)”")
_VERSION = re.compile(r"\[\s*(\w+)\s*\]")


def read_charges(text: str) -> tuple[GivenCharge, ...]:
    """Return the charges in a text, each once.

    Raises:
        CellError: a part names neither an article nor an offence.
    """
    found: list[GivenCharge] = []
    for piece in _ANOTHER.split(one_line(text.replace(";", ", "))):
        if not piece.strip():
            continue
        name, version = _NAME.search(piece), _VERSION.search(piece)
        bare = _VERSION.sub(" ", _NAME.sub(" ", piece))
        references = penal_code.parse_references(bare)
        if not references:
            article = _offences().get(_offence(bare), "")
            references = (penal_code.ChargeReference(article),)
        for reference in references:
            if not reference.article:
                raise CellError(
                    _("không nhận ra điều luật trong “%(text)s”: hãy ghi số điều, ví dụ 173.2.") % {"text": piece[:80]}
                )
            found.append(
                GivenCharge(
                    article=reference.article,
                    clause=reference.clause,
                    points=reference.points,
                    name=one_line(name[1]) if name else "",
                    code_version=version[1].casefold() if version else "",
                )
            )
    return tuple(dict.fromkeys(found))


def _offence(name: str) -> str:
    return folded(name).removeprefix("toi ").strip(" .,")


@lru_cache(maxsize=1)
def _offences() -> Mapping[str, str]:
    """Return the article of every offence by its name; a name that several articles have is none."""
    articles: dict[str, set[str]] = {}
    for version in penal_code.versions():
        for number, article in version.articles.items():
            if article.kind == "offence":
                articles.setdefault(_offence(article.name), set()).add(number)
    return {name: numbers.pop() for name, numbers in articles.items() if len(numbers) == 1}


# --- writing

_SEX = {Sex.MALE.value: "nam", Sex.FEMALE.value: "nữ"}
_MARKS = re.compile(r'[;:,()"“”]|^\d{1,3}[.)]')
_REGULAR = re.compile(r"\d{1,3}[a-zđ]?")


def written_people(people: Iterable[GivenPerson]) -> str:
    """Return people as they stand in a cell."""
    return "; ".join(_written_person(person) for person in people)


def _written_person(person: GivenPerson) -> str:
    name = person.name
    if _MARKS.search(name):
        doubled = name.replace('"', '""')
        name = f'"{doubled}"'
    about = [str(person.birth), _SEX.get(person.sex, "")]
    if person.is_legal_person:
        about.append("pháp nhân")
    words = name
    if any(about):
        words += f" ({', '.join(each for each in about if each)})"
    charges = written_charges(person.charges)
    return f"{words}: {charges}" if charges else words


def written_charges(charges: Sequence[GivenCharge]) -> str:
    """Return charges as they stand in a cell; one whose article is no number is left out."""
    return ", ".join(_written_charge(each) for each in charges if _REGULAR.fullmatch(each.article))


def _written_charge(charge: GivenCharge) -> str:
    short = len(charge.points) <= 1 and (charge.clause is not None or not charge.points)
    words = charge.article if re.match(r"[1-9]\d\d", charge.article) else f"Điều {charge.article}"
    if short:
        words += "".join(f".{each}" for each in (charge.clause, *charge.points) if each is not None)
    else:
        words = f"Điều {charge.article}"
        words += f" khoản {charge.clause}" if charge.clause is not None else ""
        words += f" điểm {', '.join(charge.points)}"
    if charge.name:
        words += f" “{re.sub('[“”;]', ' ', charge.name)}”"
    return f"{words} [{charge.code_version}]" if charge.code_version else words
