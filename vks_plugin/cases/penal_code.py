"""The penal code as data: articles, clauses, and the class of crime a clause gives (BLHS, Điều 9).

Every time limit of a case hangs on the class of the crime, and the class on the highest penalty of the clause
charged, not of the article. A case with several charges has the heaviest class among them.

The code in force on the day of the offence applies; a milder later one may be applied to it all the same (Điều 7),
so the version is proposed by `version_on` and chosen by a person. What a text typed by a person may mean is
proposed by `suggest`; nothing is decided here either.

The table lies in `fixtures/penal_code.json`; docs/penal-code.md says what is in it and what is not verified.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import vks_plugin
from vks_plugin.cases.deadlines import CLASSES
from vks_plugin.errors import BadInput
from vks_plugin.text import folded, one_line
from vks_plugin.text import gettext_noop as _

CLASS_NAMES = {
    "A": _("tội phạm ít nghiêm trọng"),
    "B": _("tội phạm nghiêm trọng"),
    "C": _("tội phạm rất nghiêm trọng"),
    "D": _("tội phạm đặc biệt nghiêm trọng"),
}
"""The words of Điều 9 for each class."""
POINTS = "abcdđeghiklmnopqrstuvxy"
"""The letters the points of a clause are numbered with, in their order."""
MAX_INPUT = 500
"""Letters of a typed text that are looked at; a charge is never that long."""

Kind = Literal["offence", "provision", "repealed"]


@dataclass(frozen=True)
class Clause:
    """A clause that gives a penalty; those on additional penalties and on legal persons are not in the table."""

    number: int
    max_years: int | None
    """Highest term of imprisonment in years; 0: no prison for a term; None: no penalty of its own, or not known."""
    life: bool = False
    death: bool = False
    preparation: bool = False
    """A clause on preparing the crime (chuẩn bị phạm tội; Điều 14)."""
    verified: bool = True
    note: str = ""

    @property
    def crime_class(self) -> str | None:
        """Return `A` to `D`; None where the highest penalty is not known."""
        return class_of_penalty(self.max_years, life=self.life, death=self.death)


@dataclass(frozen=True)
class Article:
    """An article of the part on offences."""

    number: str
    """As the code writes it: `173`, `256a`."""
    name: str
    chapter: str
    chapter_name: str
    kind: Kind = "offence"
    """`provision`: it defines no offence; `repealed`: there is no such offence any more."""
    numbered: bool = True
    """False: one paragraph without a number, which is cited as the article alone; in the table it is clause 1."""
    clauses: tuple[Clause, ...] = ()
    also: tuple[str, ...] = ()
    """Other words people look it up by; never shown as its name."""
    verified: bool = True
    note: str = ""

    def clause(self, number: int | None) -> Clause | None:
        """Return the clause of that number; without a number the only one there is, or None."""
        if number is None:
            return self.clauses[0] if len(self.clauses) == 1 else None
        return next((clause for clause in self.clauses if clause.number == number), None)


@dataclass(frozen=True, eq=False)
class CodeVersion:
    """The code as it stood over a span of days."""

    id: str
    name: str
    valid_from: dt.date
    valid_to: dt.date | None
    """Last day; None: in force."""
    verified: bool = True
    note: str = ""
    articles: Mapping[str, Article] = field(default_factory=dict, repr=False)
    """By number, in the order of the code; empty where charges are typed by hand."""

    @property
    def has_articles(self) -> bool:
        """Tell whether there is a table to choose from; without one, number, name and class are entered by hand."""
        return bool(self.articles)


@dataclass(frozen=True)
class ChargeReference:
    """What a typed text refers to; a part that was not said is empty."""

    article: str = ""
    clause: int | None = None
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """A charge a typed text may mean."""

    version: str
    article: Article
    clause: Clause | None
    """None: the article alone, where the clause is still to be chosen."""
    points: tuple[str, ...] = ()

    @property
    def reference(self) -> ChargeReference:
        """Return it as it is cited: without a clause where the article numbers none."""
        number = self.clause.number if self.clause and self.article.numbered else None
        return ChargeReference(self.article.number, number, self.points)

    @property
    def crime_class(self) -> str | None:
        """Return the class of the clause."""
        return self.clause.crime_class if self.clause else None

    @property
    def verified(self) -> bool:
        """Tell whether the row was read in a text of the code."""
        return self.article.verified and (self.clause is None or self.clause.verified)

    @property
    def label(self) -> str:
        """Return a line to choose by."""
        return charge_label(self.article, self.clause, self.points)


def class_of_penalty(max_years: int | None, *, life: bool = False, death: bool = False) -> str | None:
    """Return the class Điều 9 gives to a highest penalty: up to 3 years (or no prison) A, 7 B, 15 C, above D."""
    if life or death:
        return "D"
    if max_years is None:
        return None
    return "A" if max_years <= 3 else "B" if max_years <= 7 else "C" if max_years <= 15 else "D"


def heaviest(classes: Iterable[str | None]) -> str | None:
    """Return the heaviest class, that of a case with these charges; None when none of them is known.

    A class that is not known is passed over, so the answer may be too light: whoever shows it says so.
    """
    known = [each for each in classes if each]
    return max(known, key=CLASSES.index, default=None)


def charge_label(article: Article, clause: Clause | None = None, points: Sequence[str] = ()) -> str:
    """Return `Điều 173 khoản 2 điểm a – Tội trộm cắp tài sản (tội phạm nghiêm trọng)`."""
    place = f"Điều {article.number}"
    if clause is not None and article.numbered:
        place += f" khoản {clause.number}"
    if points:
        place += f" điểm {', '.join(points)}"
    if clause is None:
        return f"{place} – {article.name}"
    words = CLASS_NAMES.get(clause.crime_class or "", _("chưa xác định loại tội phạm"))
    if clause.preparation:
        words = f"chuẩn bị phạm tội; {words}"
    return f"{place} – {article.name} ({words})"


# --- the table


def _article(row: Mapping[str, Any], chapters: Mapping[str, str]) -> Article:
    clauses = []
    for each in row["clauses"]:
        years = each["years"]
        if years is not None and not (isinstance(years, int) and 0 <= years <= 30):
            message = f"article {row['article']}: {years!r} is no number of years"
            raise ValueError(message)
        clauses.append(
            Clause(
                number=int(each["clause"]),
                max_years=years,
                life=bool(each.get("life", False)),
                death=bool(each.get("death", False)),
                preparation=bool(each.get("preparation", False)),
                verified=bool(each.get("verified", True)),
                note=str(each.get("note", "")),
            )
        )
    kind: Kind = row.get("kind", "offence")
    if kind not in {"offence", "provision", "repealed"} or (kind == "offence") is not bool(clauses):
        message = f"article {row['article']}: kind {kind!r} does not go with {len(clauses)} clauses"
        raise ValueError(message)
    chapter = str(row["chapter"])
    return Article(
        number=str(row["article"]),
        name=str(row["name"]),
        chapter=chapter,
        chapter_name=chapters[chapter],
        kind=kind,
        numbered=bool(row.get("numbered", True)),
        clauses=tuple(clauses),
        also=tuple(row.get("also", ())),
        verified=bool(row.get("verified", True)),
        note=str(row.get("note", "")),
    )


def _order(number: str) -> tuple[int, str]:
    digits = re.match(r"\d+", number)
    return int(digits.group()) if digits else 0, number


def parse_versions(data: Mapping[str, Any]) -> tuple[CodeVersion, ...]:
    """Read the table; a version that is based on another holds only the articles that differ.

    Raises:
        ValueError: a row does not say what it should.
        KeyError: a row lacks a part.
    """
    found: dict[str, CodeVersion] = {}
    for row in data["versions"]:
        articles = dict(found[row["based_on"]].articles) if row.get("based_on") else {}
        own = [_article(each, data["chapters"]) for each in row["articles"]]
        if len({article.number for article in own}) != len(own):
            message = f"version {row['id']!r} has an article twice"
            raise ValueError(message)
        articles.update((article.number, article) for article in own)
        found[row["id"]] = CodeVersion(
            id=row["id"],
            name=row["name"],
            valid_from=dt.date.fromisoformat(row["valid_from"]),
            valid_to=dt.date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            verified=bool(row.get("verified", True)),
            note=row.get("note", ""),
            articles={number: articles[number] for number in sorted(articles, key=_order)},
        )
    return tuple(sorted(found.values(), key=lambda version: version.valid_from))


@lru_cache(maxsize=1)
def versions() -> tuple[CodeVersion, ...]:
    """Return every version, oldest first."""
    path = Path(vks_plugin.__file__).parent / "fixtures" / "penal_code.json"
    return parse_versions(json.loads(path.read_text(encoding="utf-8")))


def version_on(day: dt.date) -> CodeVersion | None:
    """Return the version in force on the day of the offence; None before the oldest one known."""
    return next((each for each in reversed(versions()) if each.valid_from <= day), None)


def version_of(version: CodeVersion | str) -> CodeVersion:
    """Return the version of that id.

    Raises:
        BadInput: there is none.
    """
    if isinstance(version, CodeVersion):
        return version
    for each in versions():
        if each.id == version:
            return each
    message = _("Không có Bộ luật Hình sự nào mang mã này trong danh mục: hãy chọn lại phiên bản.")
    raise BadInput(message, field="code_version")


def article(version: CodeVersion | str, number: str | int) -> Article | None:
    """Return the article of that number; None where the version has none or has no table.

    Raises:
        BadInput: there is no such version.
    """
    return version_of(version).articles.get(one_line(str(number)[:MAX_INPUT]).casefold())


def crime_class(version: CodeVersion | str, number: str | int, clause: int | None) -> str | None:
    """Return the class of a charge; None where it cannot be told from the table.

    Without a clause it can be told only for an article of one clause.

    Raises:
        BadInput: there is no such version.
    """
    found = article(version, number)
    chosen = found.clause(clause) if found else None
    return chosen.crime_class if chosen else None


# --- what people type

_POINT = r"[a-z](?!\w)(?!(?<=[kd])[\s.]*\d)"  # not the k and d of k2 and đ173
_CLAUSE = r"(?:0?[1-9]|[1-9]\d)(?!\d)"
_REFERENCE = re.compile(
    rf"""
      (?: (?<![a-z])(?:dieu|d)[\s.]*(?P<article>[1-9]\d{{0,2}})    # điều 173, đ.173, d173
        | (?<![\w.,/-])(?P<bare>[1-9]\d\d)(?![.,/-]\d{{3}})       # 173, but not 173.000 or 173/2021
      )(?!\d)(?P<suffix>[a-z](?!\w))?
      (?:[\s.,/-]+(?P<tail_clause>{_CLAUSE})(?![./-]\d)           # 173.2, 173 2
         (?:[\s.,/-]*(?P<tail_point>{_POINT}))? )?                # 173.2.a
    | (?<![a-z])(?:khoan|k)[\s.]*(?P<clauses>{_CLAUSE}(?:\s*(?:,|va)\s*{_CLAUSE})*)
         (?P<clause_point>{_POINT})?
    | (?<![a-z])(?:diem|d)[\s.]+(?P<points>{_POINT}(?:\s*(?:[,;\s]|va|hoac)\s*(?:diem\s+)?{_POINT})*)
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W_]+")
_CODE_NAME = re.compile(r"\bbo luat hinh su\b")
_SAYS_NOTHING = frozenset({"toi", "dieu", "khoan", "diem", "blhs"})
_MOST_REFERENCES = 20


def _plain(text: str) -> tuple[str, str]:
    """Return the text in small letters, with and without marks, letter for letter, so that points d and đ stay two."""
    marked = one_line(text[: MAX_INPUT * 4]).casefold()[:MAX_INPUT]
    bare = [folded(letter) for letter in marked]
    return marked, "".join(new if len(new) == 1 else old for new, old in zip(bare, marked, strict=True))


@dataclass
class _Found:
    """An article as it was typed with what was said about it; the article is empty until it is met."""

    article: str = ""
    parts: list[int | str] = field(default_factory=list)
    """Numbers of clauses and letters of points."""

    def references(self) -> list[ChargeReference]:
        """Join points to their clause, whichever of the two was said first."""
        found: list[ChargeReference] = []
        points_first = bool(self.parts) and isinstance(self.parts[0], str)
        waiting: tuple[str, ...] = ()
        for part in self.parts:
            if isinstance(part, int):
                found.append(ChargeReference(self.article, part, waiting))
                waiting = ()
            elif found and not points_first:
                found[-1] = replace(found[-1], points=(*found[-1].points, part))
            else:
                waiting = (*waiting, part)
        if waiting and found:
            found[-1] = replace(found[-1], points=(*found[-1].points, *waiting))
        elif waiting or (self.article and not found):
            found.append(ChargeReference(self.article, None, waiting))
        return found


def _points(match: re.Match[str], name: str, marked: str) -> list[str]:
    """Return the letters of points in a part of a match, as they were typed: with the mark of đ."""
    if match[name] is None:
        return []
    start = match.start(name)
    letters = [marked[start + each.start()] for each in re.finditer(r"\b[a-z]\b", match[name])]
    return [letter for letter in letters if letter in POINTS]


def _read(text: str) -> tuple[list[ChargeReference], str, str]:
    """Return the references in a text, and the rest of it with and without marks."""
    marked, plain = _plain(text)
    groups = [_Found()]
    rest = list(zip(marked, plain, strict=True))
    article_last: bool | None = None  # "khoản 2 Điều 173" closes with its article, "Điều 173 khoản 2" opens with it
    for match in _REFERENCE.finditer(plain):
        number = match["article"] or match["bare"]
        if number:
            if article_last is None:
                article_last = bool(groups[-1].parts)
            if not article_last and groups[-1].article:
                groups.append(_Found())
            groups[-1].article = str(int(number)) + (match["suffix"] or "")
            groups[-1].parts += [int(match["tail_clause"])] if match["tail_clause"] else []
            groups[-1].parts += _points(match, "tail_point", marked)
            if article_last:
                groups.append(_Found())
        else:
            groups[-1].parts += [int(each) for each in re.findall(r"\d+", match["clauses"] or "")]
            groups[-1].parts += [*_points(match, "clause_point", marked), *_points(match, "points", marked)]
        rest[slice(*match.span())] = [(" ", " ")] * (match.end() - match.start())
    references = list(dict.fromkeys(each for group in groups for each in group.references()))
    return (
        references[:_MOST_REFERENCES],
        "".join(letter for letter, _bare in rest),
        "".join(bare for _marked, bare in rest),
    )


def parse_references(text: str) -> tuple[ChargeReference, ...]:
    """Return what a typed text refers to, in its order; nothing when it refers to no article or clause.

    Reads `173`, `173.2`, `điều 173 khoản 2 điểm a`, `k2 đ173`, `các điểm a, b khoản 2 Điều 173 BLHS`, with and
    without accents, composed or not; only the first 500 letters of it.
    """
    return tuple(_read(text)[0])


def parse_reference(text: str) -> ChargeReference | None:
    """Return the first reference of a typed text, or None."""
    return next(iter(parse_references(text)), None)


@dataclass(frozen=True)
class _Names:
    """The names of a version's offences, prepared for looking up words."""

    words: Sequence[tuple[str, tuple[tuple[str, str], ...]]]
    """A number and the words it is looked up by, each with and without its marks."""
    weight: Mapping[str, float]
    """How much a word tells, with its marks or without: the rarer, the more."""
    unknown: float
    """The weight of a word that is in no name."""


@lru_cache(maxsize=8)
def _names(version: CodeVersion) -> _Names:
    offences = [each for each in version.articles.values() if each.kind == "offence"]
    words = [(each.number, tuple(_words(*_plain(name)))) for each in offences for name in (each.name, *each.also)]
    counted = Counter(form for _number, each in words for form in {form for word in each for form in word})
    weight = {form: math.log(1 + len(offences) / number) for form, number in counted.items()}
    return _Names(words=words, weight=weight, unknown=sum(weight.values()) / max(1, len(weight)))


def _words(marked: str, plain: str) -> list[tuple[str, str]]:
    """Return the words that tell something, each with and without its marks."""
    plain = _CODE_NAME.sub(lambda match: " " * len(match.group()), plain)
    found = [(marked[slice(*match.span())], match.group()) for match in _WORD.finditer(plain)]
    return [(word, bare) for word, bare in found if bare not in _SAYS_NOTHING and not bare.isdecimal()]


def _by_words(version: CodeVersion, marked: str, plain: str) -> list[tuple[tuple[float, ...], Article]]:
    """Return the articles whose names hold most of the words, best first; those that hold all, where there are any.

    What counts, in this order: how much of what was typed is in the name, that it stands there in one piece, that
    it opens the name, how many words have the very tones typed, and how little else the name says.
    """
    asked = _words(marked, plain)
    names = _names(version)
    if not asked:
        return []
    bare = [word for _marked, word in asked]
    weights = [names.weight.get(word, names.unknown) for word in bare]
    phrase = " ".join(bare)
    best: dict[str, tuple[float, ...]] = {}
    for number, words in names.words:
        own = [word for _marked, word in words]
        # the last word may still be in the typing
        last = len(bare[-1]) > 1 and any(each.startswith(bare[-1]) for each in own)
        hit = [word in own or (last and index == len(bare) - 1) for index, word in enumerate(bare)]
        share = sum(weight for weight, found in zip(weights, hit, strict=True) if found) / sum(weights)
        if share < 0.4:
            continue
        name = " ".join(own)
        tones = sum(not word.isascii() and word in {each for each, _bare in words} for word, _bare in asked)
        whole = {word: names.weight[word] for word, _bare in words}
        said = sum(names.weight[word] for word, plain_word in set(words) if plain_word in bare)
        rank = (
            round(share, 6),
            float(phrase in name),
            float(name.startswith(phrase)),
            float(tones),
            round(said / sum(whole.values()), 6),
        )
        best[number] = max(rank, best.get(number, rank))
    ranked = [(rank, version.articles[number]) for number, rank in best.items()]
    ranked.sort(key=lambda pair: (tuple(-each for each in pair[0]), _order(pair[1].number)))
    return [pair for pair in ranked if pair[0][0] == 1.0] or ranked


def suggest(text: str, *, version: CodeVersion | str, limit: int = 10) -> tuple[Suggestion, ...]:
    """Return the charges a typed text may mean, best first.

    A reference that stands in the table comes alone; an article without its clause, or with one the table does not
    have, comes with each of its clauses. Words are looked up in the names of the offences, with or without accents;
    the clauses are laid out where there is room for all of them or one article stands out.

    Raises:
        BadInput: there is no such version.
    """
    found = version_of(version)
    references, marked, plain = _read(text)
    suggestions: list[Suggestion] = []
    clause = next((each.clause for each in references if not each.article), None)
    for reference in references:
        known = _charged(found, reference.article)
        if known is not None:
            suggestions += _clauses(found, known, reference.clause, reference.points)
    if not suggestions:
        digits = plain.strip()
        if re.fullmatch(r"[1-9]\d?", digits):
            opening = [each for each in found.articles.values() if each.number.startswith(digits)]
            suggestions = [Suggestion(found.id, each, None) for each in opening if each.kind == "offence"]
        else:
            suggestions = _for_words(found, _by_words(found, marked, plain), clause, limit)
    return tuple(dict.fromkeys(suggestions))[:limit]


def _charged(version: CodeVersion, number: str) -> Article | None:
    found = version.articles.get(number) or version.articles.get(number.rstrip(POINTS))
    return found if found is not None and found.kind == "offence" else None


def _clauses(version: CodeVersion, known: Article, number: int | None, points: tuple[str, ...]) -> list[Suggestion]:
    chosen = known.clause(number)
    if chosen is not None:
        return [Suggestion(version.id, known, chosen, points)]
    return [Suggestion(version.id, known, each) for each in known.clauses]


def _for_words(
    version: CodeVersion, ranked: list[tuple[tuple[float, ...], Article]], clause: int | None, limit: int
) -> list[Suggestion]:
    if clause is not None:
        chosen = [(each, each.clause(clause)) for _rank, each in ranked]
        return [Suggestion(version.id, each, found) for each, found in chosen if found is not None]
    all_fit = sum(len(each.clauses) for _rank, each in ranked) <= limit
    stands_out = len(ranked) > 1 and ranked[0][0][:3] > ranked[1][0][:3]
    suggestions = []
    for place, (_rank, each) in enumerate(ranked):
        if all_fit or (place == 0 and stands_out):
            suggestions += _clauses(version, each, None, ())
        else:
            suggestions.append(Suggestion(version.id, each, None))
    return suggestions
