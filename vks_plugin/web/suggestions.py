"""What the fields of the pages offer while one types; every answer starts at what the asker may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import (
    case_for,
    search_cases,
    units_to_assign_in,
    units_to_register_in,
    visible_cases,
)
from vks_plugin.cases import penal_code
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import PART_CHOICES, CaseFile, CatalogueType
from vks_plugin.cases.naming import offence_words
from vks_plugin.errors import NotFound
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import folded, one_line
from vks_plugin.web.case_forms import department_choices, person_choices, unit_choices, with_parents

MOST = 12
"""Suggestions in one answer: more than that is not read but typed on."""
_MOST_TEXTS = 2000
"""Different texts that are looked through; those used most come first."""

ETHNIC_GROUPS = (
    "Kinh",
    "Ba Na",
    "Bố Y",
    "Brâu",
    "Bru – Vân Kiều",
    "Chăm",
    "Chơ Ro",
    "Chu Ru",
    "Chứt",
    "Co",
    "Cơ Ho",
    "Cơ Lao",
    "Cơ Tu",
    "Cống",
    "Dao",
    "Ê Đê",
    "Gia Rai",
    "Giáy",
    "Gié – Triêng",
    "Hà Nhì",
    "Hoa",
    "Hrê",
    "Kháng",
    "Khmer",
    "Khơ Mú",
    "La Chí",
    "La Ha",
    "La Hủ",
    "Lào",
    "Lô Lô",
    "Lự",
    "Mạ",
    "Mảng",
    "Mnông",
    "Mông",
    "Mường",
    "Ngái",
    "Nùng",
    "Ơ Đu",
    "Pà Thẻn",
    "Phù Lá",
    "Pu Péo",
    "Ra Glai",
    "Rơ Măm",
    "Sán Chay",
    "Sán Dìu",
    "Si La",
    "Tà Ôi",
    "Tày",
    "Thái",
    "Thổ",
    "Xinh Mun",
    "Xơ Đăng",
    "Xtiêng",
)
"""The 54 peoples of Viet Nam; any other word may be typed."""

NATIONALITIES = (
    "Việt Nam",
    "Trung Quốc",
    "Lào",
    "Campuchia",
    "Thái Lan",
    "Myanmar",
    "Malaysia",
    "Singapore",
    "Indonesia",
    "Philippines",
    "Hàn Quốc",
    "Triều Tiên",
    "Nhật Bản",
    "Đài Loan (Trung Quốc)",
    "Hồng Kông (Trung Quốc)",
    "Ấn Độ",
    "Pakistan",
    "Bangladesh",
    "Nga",
    "Ukraina",
    "Hoa Kỳ",
    "Canada",
    "Úc",
    "New Zealand",
    "Anh",
    "Pháp",
    "Đức",
    "Ý",
    "Tây Ban Nha",
    "Hà Lan",
    "Bỉ",
    "Thụy Sĩ",
    "Thụy Điển",
    "Na Uy",
    "Đan Mạch",
    "Phần Lan",
    "Ba Lan",
    "Séc",
    "Hungary",
    "Brazil",
    "Nigeria",
    "Nam Phi",
    "Ghana",
    "Không quốc tịch",
    "Không rõ",
)
"""Those most often met; any other may be typed."""


class Suggestion(NamedTuple):
    """One line of the list."""

    value: str
    """What is put into the field."""
    note: str = ""
    """What stands beside it."""
    short: str = ""
    """What a case is named after, where that follows from it."""


def _matching(texts: Iterable[str], typed: str) -> list[Suggestion]:
    """Return the texts that have every word typed, those that begin with it first, by their code or by what it stands for."""
    whole, words = folded(typed), folded(typed).split()
    found = [(text, folded(text)) for text in texts]
    fitting = [(text, plain) for text, plain in found if all(word in plain for word in words)]
    fitting.sort(key=lambda pair: f" – {whole}" not in f" – {pair[1]}")
    return [Suggestion(text) for text, _plain in fitting[:MOST]]


def _used(cases: QuerySet[CaseFile], *fields: str) -> list[str]:
    """Return the texts that stand in these fields of these cases, those used most first (one query a field)."""
    counts: dict[str, int] = {}
    for field in fields:
        rows = cases.exclude(**{field: ""}).order_by().values(field).annotate(number=Count("pk"))
        for row in rows.order_by("-number", field)[:_MOST_TEXTS]:
            counts[row[field]] = counts.get(row[field], 0) + row["number"]
    return sorted(counts, key=lambda text: (-counts[text], text))


def _day(text: str) -> dt.date | None:
    for layout in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text.strip(), layout).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


def _charges(_user: User, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    """Return the charges of the code in force on the day of the crime, or of the one in force now."""
    if not typed:
        return []
    day = _day(about.get("on", "") or about.get("crime_date", ""))
    version = penal_code.version_on(day) if day is not None else None
    if version is None or not version.has_articles:
        version = penal_code.versions()[-1]
    return [
        Suggestion(each.label, "" if each.verified else _("chưa kiểm chứng"), offence_words(each.article.name))
        for each in penal_code.suggest(typed, version=version, limit=MOST)
    ]


def _units_of(user: User) -> QuerySet[ProcuracyUnit]:
    """Return the offices whose cases the person may register or assign."""
    mine = Q(pk__in=units_to_register_in(user)) | Q(pk__in=units_to_assign_in(user))
    return ProcuracyUnit.objects.filter(mine)


def _units(user: User, typed: str, _about: Mapping[str, str]) -> list[Suggestion]:
    return _matching((choice.label for choice in unit_choices(_units_of(user))), typed)


def _meant(user: User, about: Mapping[str, str]) -> list[ProcuracyUnit]:
    """Return the office a question is about: that of a case one may edit, or one in which one may register."""
    code = about.get("case", "")
    if code:
        view = case_for(user, code)
        return [view.case.unit] if view.may & {"edit", "assign"} else []
    units = list(_units_of(user).select_related("parent"))
    named = folded(about.get("unit", ""))
    chosen = [
        choice.value
        for choice in unit_choices(ProcuracyUnit.objects.filter(pk__in=[u.pk for u in units]).select_related("parent"))
        if named in {folded(each) for each in (choice.label, *choice.also)}
    ]
    return chosen or units


def _departments(user: User, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    return _matching((choice.label for choice in department_choices(_meant(user, about))), typed)


def _people(user: User, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    units = _meant(user, about)
    if about.get("case"):
        units = with_parents(units)
    return _matching((choice.label for choice in person_choices(units)), typed)


def _agencies(user: User, typed: str, _about: Mapping[str, str]) -> list[Suggestion]:
    known = _used(visible_cases(user), "init_decision_agency")
    read = _used(visible_cases(user, at_least=Level.VIEW), "investigation_agency")
    return _matching(dict.fromkeys([*known, *read]), typed)


def _courts(user: User, typed: str, _about: Mapping[str, str]) -> list[Suggestion]:
    read = _used(visible_cases(user, at_least=Level.VIEW), "court")
    # a court is what identifies a case in which nobody is prosecuted
    handled = [kind.value for kind in KINDS.values() if not kind.has_accused]
    known = _used(visible_cases(user).filter(kind__in=handled), "init_decision_agency")
    return _matching(dict.fromkeys([*read, *known]), typed)


def _cases(user: User, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    if not typed:
        return []
    found = search_cases(visible_cases(user), typed).exclude(code=about.get("case", ""))
    return [Suggestion(f"{case.code} – {case.name}") for case in found.order_by("-handled_at", "-pk")[:MOST]]


def _types(_user: User, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    """Return kinds of papers: of the part of the file that is meant, of both where none is."""
    part = {"part": about["part"]} if about.get("part") in dict(PART_CHOICES) else {}
    return _matching((str(each) for each in CatalogueType.objects.filter(**part)), typed)


def _fixed(texts: tuple[str, ...]) -> Callable[[User, str, Mapping[str, str]], list[Suggestion]]:
    return lambda _user, typed, _about: _matching(texts, typed)


SOURCES: Mapping[str, Callable[[User, str, Mapping[str, str]], list[Suggestion]]] = {
    "charges": _charges,
    "units": _units,
    "departments": _departments,
    "people": _people,
    "agencies": _agencies,
    "courts": _courts,
    "cases": _cases,
    "types": _types,
    "nationalities": _fixed(NATIONALITIES),
    "ethnicities": _fixed(ETHNIC_GROUPS),
}


def suggestions(user: User, what: str, typed: str, about: Mapping[str, str]) -> list[Suggestion]:
    """Return what a field offers for what was typed so far.

    Args:
        user: who asks.
        what: a name in `SOURCES`.
        typed: what stands in the field.
        about: what else the page says: the case or the office meant, the day of the crime.

    Raises:
        NotFound: there is no such list, or the case is none the asker may know of.
    """
    source = SOURCES.get(what)
    if source is None:
        raise NotFound(_("Không có danh sách gợi ý này."))
    return source(user, one_line(typed)[:200], about)
