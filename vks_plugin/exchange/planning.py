"""From rows to cases: what each cell says, and which rows are one case.

Rows with the same initiating decision (number, date, agency) are one case; what they say together is what the list
says of it. Nothing is looked up here: offices and people are still words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from vks_plugin.cases.actions import init_decision_key
from vks_plugin.cases.kinds import CRIMINAL, KINDS, Kind
from vks_plugin.exchange.cells import CellError, birth_of, choice_of, day_of, flag_of, integer_of, text_of
from vks_plugin.exchange.columns import KEY, Column, by_name
from vks_plugin.exchange.people import GivenCharge, GivenPerson, read_charges, read_people
from vks_plugin.exchange.reading import Cell, Line, Sheet, is_error


@dataclass
class GivenCase:
    """A case as a list has it; what is not said is not there."""

    lines: list[int]
    key: str = ""
    kind: str = CRIMINAL.value
    values: dict[str, Any] = field(default_factory=dict)
    """By name of column; offices, departments and officers still as words."""
    accused: list[GivenPerson] = field(default_factory=list)
    people: dict[str, list[GivenPerson]] = field(default_factory=dict)
    """By role."""
    cells: dict[str, Cell] = field(default_factory=dict)
    """Where each column was said first."""
    problems: dict[int, list[str]] = field(default_factory=dict)
    """Sentences by row."""

    def said(self, name: str) -> str:
        """Return a value that is a text; empty where the list says nothing."""
        return str(self.values.get(name) or "")

    def at(self, names: tuple[str, ...], sentence: str) -> str:
        """Return a sentence with the cell it belongs to before it, where one of these columns was filled in."""
        cell = next((self.cells[name] for name in names if name in self.cells), None)
        return placed(cell, sentence) if cell is not None else sentence


def placed(cell: Cell, sentence: str) -> str:
    """Return `Ô D7 “Ngày khởi tố”: …`."""
    return _("Ô %(place)s “%(heading)s”: %(sentence)s") % {
        "place": cell.place,
        "heading": cell.heading,
        "sentence": sentence,
    }


def plan(sheet: Sheet) -> list[GivenCase]:
    """Return the cases of a list, in the order of their first rows."""
    columns = by_name()
    cases: dict[str, GivenCase] = {}
    codes: dict[tuple[str, str], int] = {}
    for line in sheet.lines:
        said, problems = _read(line, columns)
        key = _key(said)
        case = cases.setdefault(key or f"row {line.number}", GivenCase(lines=[], key=key))
        _join(case, line, said, problems)
    for case in cases.values():
        for name in ("code", "national_case_code"):
            value = case.said(name).upper()
            first = codes.setdefault((name, value), case.lines[0]) if value else case.lines[0]
            if first != case.lines[0]:
                sentence = _("đã ghi ở dòng %(row)d cho vụ khác.") % {"row": first}
                case.problems.setdefault(case.lines[0], []).append(case.at((name,), sentence))
    return list(cases.values())


def _key(said: dict[str, Any]) -> str:
    number, day, agency = (said.get(name) for name in KEY)
    if not number or not isinstance(day, dt.date) or not agency:
        return ""
    return init_decision_key(str(number), day, str(agency), str(said.get("kind") or CRIMINAL.value))


def _read(line: Line, columns: dict[str, Column]) -> tuple[dict[str, Any], list[str]]:
    """Return what a row says, by column, and what is wrong with it."""
    said: dict[str, Any] = {}
    problems: list[str] = []
    # the kind first: stages and statuses are the kind's
    names = sorted(line.cells, key=lambda name: name != "kind")
    for name in names:
        cell = line.cells[name]
        try:
            if is_error(cell.raw):
                raise CellError(_("công thức trong ô bị lỗi: hãy ghi giá trị."))
            kind = KINDS[said.get("kind") or CRIMINAL.value]
            value = _value(columns[name], cell, kind)
        except CellError as error:
            problems.append(placed(cell, str(error)))
            continue
        if value not in (None, "", ()):
            said[name] = value
    missing = [columns[name].heading for name in KEY if name not in line.cells]
    problems += [_("Thiếu “%(heading)s”.") % {"heading": heading} for heading in missing]
    return said, problems


def _value(column: Column, cell: Cell, kind: Kind) -> Any:
    raw = cell.raw
    match column.form:
        case "day":
            return day_of(raw)
        case "flag":
            return flag_of(raw)
        case "integer":
            return integer_of(raw)
        case "choice":
            return choice_of(raw, column.choices)
        case "kind":
            return choice_of(raw, ((each.value, each.label) for each in KINDS.values()))
        case "stage":
            rows = [(stage.value, stage.label) for stage in kind.stages]
            # a code of the national software; of the two stages it calls G1, the investigation
            rows += [(stage.value, stage.code) for stage in reversed(kind.stages) if stage.code]
            return choice_of(raw, rows)
        case "status":
            return choice_of(raw, kind.statuses)
        case "birth":
            birth = birth_of(raw)
            return birth if str(birth) else None
        case "charges":
            return read_charges(text_of(raw, lines=True).replace("\n", ", "))
        case "accused":
            return read_people(text_of(raw, lines=True))
        case "people":
            return read_people(text_of(raw, lines=True), charged=False)
        case "lines":
            return text_of(raw, lines=True)
        case _:
            return text_of(raw)


def _join(case: GivenCase, line: Line, said: dict[str, Any], problems: list[str]) -> None:
    """Add a row to its case; what contradicts an earlier row of it is a problem."""
    columns = by_name()
    case.lines.append(line.number)
    case.kind = said.get("kind", case.kind)
    person: dict[str, Any] = {}
    for name, value in said.items():
        column = columns[name]
        cell = line.cells[name]
        if column.source == "accused":
            person[column.field] = value
        elif column.source == "people":
            _meet(case.people.setdefault(column.field, []), value)
        elif name == "accused":
            _meet(case.accused, value)
        elif name == "charges":
            case.values[name] = tuple(dict.fromkeys([*case.values.get(name, ()), *value]))
        elif case.values.setdefault(name, value) != value:
            problems.append(placed(cell, _("khác với dòng %(row)d của cùng vụ án.") % {"row": case.lines[0]}))
        case.cells.setdefault(name, cell)
    if person:
        if person.get("full_name"):
            _meet(case.accused, (_accused(person),))
        else:
            first = next(line.cells[name] for name in said if columns[name].source == "accused")
            problems.append(placed(first, _("có thông tin bị can nhưng thiếu họ và tên.")))
    if problems:
        case.problems[line.number] = problems


def _accused(said: dict[str, Any]) -> GivenPerson:
    values = dict(said)
    charges: tuple[GivenCharge, ...] = values.pop("charges", ())
    born = values.pop("birth", None)
    return GivenPerson(
        name=values.pop("full_name"),
        sex=values.pop("sex", ""),
        is_legal_person=bool(values.pop("is_legal_person", False)),
        charges=charges,
        values=values,
        **({"birth": born} if born is not None else {}),
    )


def _meet(known: list[GivenPerson], people: tuple[GivenPerson, ...]) -> None:
    """Add people; whoever is there already, by name and birth, is met again."""
    for person in people:
        for index, other in enumerate(known):
            if other.key == person.key:
                known[index] = other.joined_with(person)
                break
        else:
            known.append(person)


def rows_of(case: GivenCase) -> Iterator[tuple[int, list[str]]]:
    """Yield each row of a refused case with what is wrong with it, or with the row it falls with."""
    wrong = min(case.problems)
    for row in case.lines:
        told = case.problems.get(row)
        yield row, told or [_("Cùng vụ án với dòng %(row)d bị từ chối.") % {"row": wrong}]
