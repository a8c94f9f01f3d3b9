"""One case of a list becomes a case of the system, or changes one; on behalf of an actor who may.

A case that is there already is compared with what the list says of it. An empty cell says nothing; people, charges and
assignments are added and never taken away. Who may only know that a case exists is compared with what that person
can see, so that trying values tells nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access import actions as access
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import FACTS, assignments_in_force, case_decision, require
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import Accused, CaseFile, CaseImportRow, CasePerson, Charge
from vks_plugin.cases.record import CASE_FIELDS, field_label
from vks_plugin.errors import BadInput, VksError
from vks_plugin.exchange.cells import Birth
from vks_plugin.exchange.columns import Column, by_name
from vks_plugin.exchange.officers import OfficerError, Officers, is_same
from vks_plugin.exchange.people import GivenCharge, GivenPerson
from vks_plugin.exchange.planning import GivenCase
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.organization.queries import display_name
from vks_plugin.text import folded

Kind = CaseImportRow.Outcome

_DERIVED = frozenset({"has_legal_person", "involves_minor_accused", "involves_minor_victim"})
"""Marks that follow from the people of a case; a list may set them, not take them away."""
_PLACES: Mapping[str, tuple[str, ...]] = {
    "accused": ("accused", "accused_full_name"),
    "full_name": ("accused_full_name", "accused"),
    "charge": ("accused_charges", "accused", "charges"),
    "code_version": ("accused_charges", "accused", "charges"),
    "birth_year": ("accused_birth", "accused"),
    "birth_date": ("accused_birth", "accused"),
}
"""Columns in which an action's field is looked for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one case of the list."""

    kind: str
    code: str = ""
    sentences: tuple[str, ...] = ()


@dataclass
class Loader:
    """Loads the cases of one list; what is looked up for one is there for the next."""

    actor: User
    unit: ProcuracyUnit | None
    """For rows that name no office."""
    updates: bool
    officers: Officers = field(default_factory=Officers)
    _units: dict[str, ProcuracyUnit] = field(default_factory=dict)

    def load(self, given: GivenCase) -> Outcome:
        """Register or change one case; whatever is refused has changed nothing if the caller rolls back.

        Raises:
            VksError: the case cannot be taken as the list has it; the sentence names the cell.
        """
        try:
            known = CaseFile.objects.select_related(*FACTS, "leader_in_charge")
            case = known.filter(init_decision_key=given.key).first()
            level = case_decision(self.actor, case).level if case is not None else Level.NONE
            if case is None or level < Level.METADATA:
                # one that may not be known of is refused there, with the name of the other office alone
                return self._register(given)
            return self._compare(given, case, level)
        except VksError as error:
            names = _PLACES.get(error.field or "", ()) or (error.field or "",)
            raise type(error)(given.at(names, error.message), field=error.field) from error

    # --- a new one

    def _register(self, given: GivenCase) -> Outcome:
        unit = self._unit(given)
        if not given.said("name"):
            raise BadInput(_("Hãy ghi tên vụ án: vụ này chưa đăng ký."), field="name")
        values: dict[str, Any] = {
            name: given.values[name]
            for name, column in by_name().items()
            if column.source == "case" and column.form not in {"accused", "charges", "unit"} and name in given.values
        }
        values |= self._looked_up(given, unit)
        details = {each: _plain(given.values[each]) for each in self._details(given)}
        case = access.register_case(
            actor=self.actor,
            unit=unit,
            digitise_myself=False,
            accused=[_accused_input(person) for person in given.accused],
            charges=[_charge_input(each) for each in given.values.get("charges", ())],
            people=[{"role": role, **_human(person)} for role, people in given.people.items() for person in people],
            details=details,
            **{"code": None, **values},
        )
        told = self._assign(given, case)
        return Outcome(Kind.CREATED, case.code, tuple(told))

    def _unit(self, given: GivenCase) -> ProcuracyUnit:
        words = given.said("unit")
        if not words:
            if self.unit is None:
                raise BadInput(_("Hãy ghi đơn vị thụ lý, hoặc chọn đơn vị khi nạp."), field="unit")
            return self.unit
        if not self._units:
            for unit in ProcuracyUnit.objects.select_related("parent"):
                for name in (unit.name, unit.short_name, unit.code):
                    self._units[folded(name)] = unit
        found = self._units.get(folded(words))
        if found is None:
            raise BadInput(_("không có đơn vị “%(words)s”.") % {"words": words[:60]}, field="unit")
        return found

    def _looked_up(self, given: GivenCase, unit: ProcuracyUnit, case: CaseFile | None = None) -> dict[str, Any]:
        """Return department and leader, where the list names them.

        Raises:
            BadInput: there is none of that name.
        """
        found: dict[str, Any] = {}
        words = given.said("department")
        if words:
            rows = Department.objects.on(timezone.localdate()).filter(unit=unit)
            department = next((row for row in rows if folded(words) in {folded(row.code), folded(row.name)}), None)
            if department is None and case is not None and case.department is not None:
                same = folded(words) in {folded(case.department.code), folded(case.department.name)}
                department = case.department if same else None
            if department is None:
                raise BadInput(_("đơn vị không có phòng “%(words)s”.") % {"words": words[:60]}, field="department")
            found["department"] = department
        words = given.said("leader_in_charge")
        if words:
            now = case.leader_in_charge if case is not None else None
            found["leader_in_charge"] = now if is_same(now, words) else self._officer(words, unit, "leader_in_charge")
        return found

    def _officer(self, words: str, unit: ProcuracyUnit, column: str) -> User:
        try:
            return self.officers.find(words, unit)
        except OfficerError as error:
            raise BadInput(str(error), field=column) from error

    def _details(self, given: GivenCase) -> list[str]:
        return [name for name, column in by_name().items() if column.source == "details" and name in given.values]

    # --- one that is there

    def _compare(self, given: GivenCase, case: CaseFile, level: Level) -> Outcome:
        told = self._cannot_change(given, case)
        seen = level >= Level.VIEW
        steps = self._steps(given, case, seen=seen)
        if not steps:
            return Outcome(Kind.UNCHANGED, case.code, tuple(told + self._assign(given, case)))
        labels = ", ".join(dict.fromkeys(label for label, _do in steps))
        if not self.updates:
            told.append(
                _("Vụ án đã có, khác ở: %(labels)s. Chọn “Cập nhật vụ đã có” thì mới ghi.") % {"labels": labels}
            )
            return Outcome(Kind.UNCHANGED, case.code, tuple(told))
        require(self.actor, case, Level.CONTRIBUTE, doing=_("sửa hồ sơ"))
        for _label, do in steps:
            do()
        return Outcome(Kind.UPDATED, case.code, tuple(told + self._assign(given, case)))

    def _cannot_change(self, given: GivenCase, case: CaseFile) -> list[str]:
        """Return what the list says otherwise of what a list does not change."""
        told = []
        unit = self._unit(given) if given.said("unit") else case.unit
        if unit.pk != case.unit_id:
            told.append(given.at(("unit",), _("đơn vị thụ lý không đổi bằng nạp danh sách.")))
        if given.said("code").upper() not in {"", case.code}:
            told.append(given.at(("code",), _("mã vụ án là %(code)s, không đổi.") % {"code": case.code}))
        sentence = _("theo quyết định, sự kiện tố tụng, không đổi bằng nạp danh sách.")
        others = [name for name in ("stage", "status") if given.said(name) not in {"", getattr(case, name)}]
        return told + [given.at((name,), sentence) for name in others]

    def _steps(self, given: GivenCase, case: CaseFile, *, seen: bool) -> list[tuple[str, Callable[[], Any]]]:
        """Return what the list says otherwise: the label of each difference and what brings it about."""
        steps: list[tuple[str, Callable[[], Any]]] = []
        values, labels = self._different(given, case, seen=seen)
        if values:
            steps.append((", ".join(labels), lambda: access.edit_case(actor=self.actor, case=case, values=values)))
        if seen:
            steps += self._people_steps(given, case)
            steps += self._accused_steps(given, case)
            steps += self._charge_steps(given.values.get("charges", ()), case, None)
        else:
            known = {folded(name) for name in case.accused.values_list("full_name", flat=True)}
            if any(folded(person.name) not in known for person in given.accused):
                # enough to be refused or told of, and all that this person can compare
                steps.append((_("Bị can"), lambda: None))
        return steps

    def _different(self, given: GivenCase, case: CaseFile, *, seen: bool) -> tuple[dict[str, Any], list[str]]:
        looked_up = self._looked_up(given, case.unit, case)
        values: dict[str, Any] = {}
        labels: list[str] = []
        for name, column in by_name().items():
            if name not in given.values or not column.edited or not (seen or column.known_to_all):
                continue
            if column.source != "case" or column.field not in CASE_FIELDS:
                continue
            value = looked_up.get(name, given.values[name])
            if not _same(column, getattr(case, column.field), value):
                values[column.field] = value
                labels.append(field_label("case", column.field))
        if seen:
            mine = {name: _plain(given.values[name]) for name in self._details(given)}
            changed = {name: value for name, value in mine.items() if case.details.get(name) != value}
            if changed:
                values["details"] = {**case.details, **changed}
                labels += [by_name()[name].heading for name in changed]
        return values, labels

    def _people_steps(self, given: GivenCase, case: CaseFile) -> list[tuple[str, Callable[[], Any]]]:
        if not given.people:
            return []
        known: dict[str, set[str]] = defaultdict(set)
        for role, name in CasePerson.objects.filter(case=case).values_list("role", "full_name"):
            known[role].add(folded(name))
        return [
            (by_name()[role].heading, self._adding(case, "person", {"role": role, **_human(person)}))
            for role, people in given.people.items()
            for person in people
            if folded(person.name) not in known[role]
        ]

    def _adding(self, case: CaseFile, part: str, values: Mapping[str, Any]) -> Callable[[], Any]:
        return lambda: access.add_entry(actor=self.actor, case=case, part=part, values=values)

    def _accused_steps(self, given: GivenCase, case: CaseFile) -> list[tuple[str, Callable[[], Any]]]:
        steps: list[tuple[str, Callable[[], Any]]] = []
        for person, recorded in _matched(given.accused, list(case.accused.all())):
            if recorded is None:
                steps.append((_("Bị can"), self._joining(case, person)))
                continue
            changes = _human_changes(person, recorded)
            if changes:
                steps.append((recorded.full_name, self._changing(recorded, changes)))
            steps += self._charge_steps(person.charges, case, recorded)
        return steps

    def _joining(self, case: CaseFile, person: GivenPerson) -> Callable[[], Any]:
        def join() -> None:
            row = access.add_entry(actor=self.actor, case=case, part="accused", values=_human(person))
            for each in person.charges:
                access.charge(actor=self.actor, case=case, accused=row, given=_charge_input(each, case, row))

        return join

    def _changing(self, entry: Accused, values: Mapping[str, Any]) -> Callable[[], Any]:
        return lambda: access.change_entry(actor=self.actor, entry=entry, values=values)

    def _charge_steps(
        self, charges: Sequence[GivenCharge], case: CaseFile, accused: Accused | None
    ) -> list[tuple[str, Callable[[], Any]]]:
        if not charges:
            return []
        rows = Charge.objects.filter(case=case, ended_on__isnull=True)
        mine = list(rows if accused is None else rows.filter(accused=accused))
        steps: list[tuple[str, Callable[[], Any]]] = []
        for given in charges:
            if any(given.says_no_more_than(each.article, each.clause, each.points) for each in mine):
                continue
            old = next((each for each in mine if each.article == given.article and each.accused == accused), None)
            steps.append((_("Tội danh"), self._charging(given, case, accused, old)))
        return steps

    def _charging(
        self, given: GivenCharge, case: CaseFile, accused: Accused | None, old: Charge | None
    ) -> Callable[[], Any]:
        if old is not None:
            return lambda: access.replace_charge(
                actor=self.actor, charge=old, given=_charge_input(given, basis=old.basis)
            )
        return lambda: access.charge(
            actor=self.actor, case=case, accused=accused, given=_charge_input(given, case, accused)
        )

    # --- who works on it

    def _assign(self, given: GivenCase, case: CaseFile) -> list[str]:
        """Assign whom the list names and who is not assigned yet; return what could not be done.

        Raises:
            BadInput: nobody of that name has a post there.
        """
        now: dict[str, list[User]] = defaultdict(list)
        wanted = [column for column in by_name().values() if column.source == "assignment" and given.said(column.name)]
        if not wanted:
            return []
        for each in assignments_in_force(case):
            now[each.role].append(each.user)
        told = []
        for column in wanted:
            for words in (each.strip() for each in given.said(column.name).replace("\n", ";").split(";")):
                if not words or any(is_same(person, words) for person in now[column.field]):
                    continue
                # before a name is looked up: others could otherwise learn who works there
                if case_decision(self.actor, case).level < Level.MANAGE:
                    told.append(given.at((column.name,), _("chưa phân công: chỉ lãnh đạo đơn vị được phân công.")))
                    break
                if now[column.field] and not self.updates and column.form == "officer":
                    told.append(given.at((column.name,), _("vụ án đã có người khác: giữ nguyên.")))
                    break
                user = self._officer(words, case.unit, column.name)
                access.assign(actor=self.actor, case=case, user=user, role=column.field)
        return told


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _same(column: Column, now: Any, value: Any) -> bool:
    if column.form == "flag":
        return bool(now) == bool(value) or (column.name in _DERIVED and not value)
    if column.form in {"text", "lines"}:
        return str(now or "").replace("\r\n", "\n") == str(value).replace("\r\n", "\n")
    return bool(now == value)


def _charge_input(
    given: GivenCharge,
    case: CaseFile | None = None,
    accused: Accused | None = None,
    basis: str = Charge.Basis.INITIATION,
) -> ChargeInput:
    begins = (accused.init_decision_date if accused is not None else None) or (
        case.init_decision_date if case is not None else None
    )
    return ChargeInput(
        article=given.article,
        clause=given.clause,
        points=", ".join(given.points),
        name=given.name,
        code_version=given.code_version,
        basis=basis,
        charged_on=begins,
    )


def _birth(birth: Birth) -> dict[str, Any]:
    day, precision, year = birth
    if day is not None:
        return {"birth_date": day, "birth_precision": precision}
    return {"birth_year": year} if year is not None else {}


def _human(person: GivenPerson) -> dict[str, Any]:
    """Return what the list says of somebody, by field."""
    values: dict[str, Any] = {"full_name": person.name, **_birth(person.birth), **person.values}
    if person.sex:
        values["sex"] = person.sex
    if person.is_legal_person:
        values["is_legal_person"] = True
    return values


def _accused_input(person: GivenPerson) -> AccusedInput:
    values = _human(person)
    return AccusedInput(
        full_name=values.pop("full_name"),
        birth_year=values.pop("birth_year", None),
        sex=values.pop("sex", ""),
        charges=[_charge_input(each) for each in person.charges],
        values=values,
    )


def _human_changes(person: GivenPerson, recorded: Accused) -> dict[str, Any]:
    values = _human(person)
    del values["full_name"]
    if str(person.birth) in {"", str(birth_recorded(recorded))}:
        for name in ("birth_date", "birth_precision", "birth_year"):
            values.pop(name, None)
    return {name: value for name, value in values.items() if getattr(recorded, name) != value}


def birth_recorded(person: Accused | CasePerson) -> Birth:
    """Return when a recorded person was born."""
    return Birth(person.birth_date, person.birth_precision, person.birth_year)


def _matched(given: Sequence[GivenPerson], recorded: list[Accused]) -> list[tuple[GivenPerson, Accused | None]]:
    """Return whom each person of the list is in the record: by name and birth, then by name where one is left."""
    found: dict[int, Accused] = {}
    left = list(recorded)
    for exact in (True, False):
        for index, person in enumerate(given):
            if index in found:
                continue
            alike = [each for each in left if folded(each.full_name) == folded(person.name)]
            if exact:
                alike = [each for each in alike if str(birth_recorded(each)) == str(person.birth)]
            if len(alike) > 1 and not exact:
                raise BadInput(
                    _("vụ án có nhiều người tên “%(name)s”: hãy ghi ngày hoặc năm sinh.") % {"name": person.name},
                    field="accused",
                )
            if alike:
                found[index] = alike[0]
                left.remove(alike[0])
    return [(person, found.get(index)) for index, person in enumerate(given)]


def officer_words(user: User | None) -> str:
    """Return how an officer stands in a cell: the name, with the account that tells two of one name apart."""
    return f"{display_name(user)} ({user.get_username()})" if user is not None else ""
