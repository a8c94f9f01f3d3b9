"""Entries of the ledger in words, for one reader: who did what, when, and as much of it as this person may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, sees_preparations
from vks_plugin.acts import ACTS, FIELDS, OF_DISPOSAL, Act
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import Assignment, CaseChange, RelatedCase
from vks_plugin.cases.proceedings import event_label
from vks_plugin.cases.record import OF_DOCUMENTS, field_label, subject_label
from vks_plugin.cases.stages import PARTS, stage_label, status_label
from vks_plugin.cases.trials import CourtLevel, ShownKind
from vks_plugin.custody.chain import is_as_recorded
from vks_plugin.custody.handing import DIRECTIONS, REASONS, SETTLEMENTS
from vks_plugin.custody.models import CertifiedCopy, FixityFinding, LedgerEntry, Loan, QualityFinding, RetentionRule
from vks_plugin.custody.queries import last_checkpoint, reads_reasons
from vks_plugin.custody.queries.ledger import touches_internal
from vks_plugin.custody.retention import GROUNDS, TERMS
from vks_plugin.custody.states import DIGITISATION, step_label
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.roles import Role
from vks_plugin.text import gettext_noop

SYSTEM_ACTS = gettext_noop("Hệ thống")
"""Who acted where nobody was signed in."""
ERASED = gettext_noop("giá trị không còn được giữ")
LOST = gettext_noop("giá trị đã mất, không do tiêu hủy: báo lãnh đạo")
CHANGED = gettext_noop("giá trị đã bị sửa, không khớp sổ cái: báo lãnh đạo")


class Value(NamedTuple):
    """A field of an entry."""

    name: str
    label: str
    value: Any
    """As the entry holds it, or as it is kept beside it."""
    text: str


@dataclass(frozen=True)
class Said:
    """An entry as one person may read it."""

    entry: LedgerEntry
    label: str
    actor: str
    place: str
    """Role and office by which the actor acted; empty: none."""
    values: list[Value] = field(default_factory=list)
    withheld: bool = False
    """Whether something in it is not for this person."""
    covered: bool = False
    """Whether a signed head covers it."""


def _choice(choices: Sequence[tuple[Any, Any]]) -> Callable[[str], str]:
    labels = {str(value): label for value, label in choices}
    return lambda value: str(labels.get(value, value))


def _moment(value: str) -> str:
    moment = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return f"{timezone.localtime(moment):%d/%m/%Y %H:%M}"


def _kind(value: str) -> str:
    return _(KINDS[value].label) if value in KINDS else value


def _part(value: str) -> str:
    labels = dict(PARTS)
    return _(labels[value]) if value in labels else value


def _volume(number: int, first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return str(number)
    return _("%(number)d (bút lục %(first)d–%(last)d)") % {"number": number, "first": first, "last": last}


def _exhibit(each: dict[str, str]) -> str:
    seal = _("niêm phong %(number)s") % {"number": each["seal"]} if each["seal"] else ""
    more = ", ".join(text for text in (each["quantity"], seal) if text)
    return f"{each['name']} ({more})" if more else each["name"]


def _retention_rule(value: str) -> str:
    row = RetentionRule(**dict(zip(("kind", "crime_class", "outcome"), value.replace("*", "").split("/"), strict=True)))
    return " · ".join(each or _("bất kỳ") for each in (row.kind_label, row.class_label, row.outcome_label))


_READS: dict[str, Callable[[Any], str]] = {
    "role": _choice(Role.choices),
    "assignment_role": _choice(Assignment.Role.choices),
    "capacity": _choice(Appointment.Capacity.choices),
    "kind": _kind,
    "stage": lambda value: _(stage_label(value)),
    "stages": lambda value: ", ".join(_(stage_label(each)) for each in value),
    "unit_kind": _choice(ProcuracyUnit.Kind.choices),
    "status": lambda value: _(status_label(value)),
    "event": lambda value: _(event_label(value)),
    "step": lambda value: _(step_label(value)),
    "batch_state": lambda value: _(DIGITISATION.label(value)),
    "part": _part,
    "parts": lambda value: ", ".join(_part(each) for each in value),
    "term": lambda value: _(dict(TERMS).get(value, value)),
    "retention_rule": _retention_rule,
    "ground": lambda value: _(dict(GROUNDS).get(value, value)),
    "copy_kind": _choice(CertifiedCopy.Kind.choices),
    "loan_form": _choice(Loan.Form.choices),
    "finding_kind": _choice(FixityFinding.Kind.choices),
    "quality_kind": _choice(QualityFinding.Kind.choices),
    "change_kind": _choice(CaseChange.Act.choices),
    "relation": _choice(RelatedCase.Relation.choices),
    "subject": subject_label,
    "day": lambda value: f"{dt.date.fromisoformat(value):%d/%m/%Y}",
    "moment": _moment,
    "yes": lambda value: _("có") if value else _("không"),
    "direction": lambda value: _(DIRECTIONS[value].label) if value in DIRECTIONS else value,
    "settlement": lambda value: _(SETTLEMENTS.get(value, value)),
    "handing_reason": lambda value: _(REASONS.get(value, value)),
    "volume_folios": lambda value: "; ".join(_volume(*each) for each in value),
    "exhibits": lambda value: "; ".join(_exhibit(each) for each in value),
    "numbers": lambda value: ", ".join(str(each) for each in value),
    "settled": lambda value: ", ".join(
        _("%(number)d (giao nhận số %(hand_over)d)") % {"number": number, "hand_over": hand_over}
        for hand_over, number in value
    ),
    "court_level": _choice(CourtLevel.choices),
    "shown_kinds": lambda value: ", ".join(_choice(ShownKind.choices)(each) for each in value),
}
"""How the values of fields read; offices are looked up together."""


_SUBJECTS = {"document_described": OF_DOCUMENTS["hsva"], "unit_changed": "office", "department_changed": "department"}
"""What the fields of an act belong to where the entry need not say so."""


def _text(reads: str, value: Any, offices: dict[str, str]) -> str:
    if value is None or value == "" or value == []:
        return ""
    if reads == "unit":
        return offices.get(str(value), str(value))
    if reads == "units":
        return ", ".join(offices.get(each, each) for each in value)
    try:
        return _READS[reads](value) if reads in _READS else str(value)
    except (KeyError, TypeError, ValueError):
        return str(value)


def _offices(entries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the short names of all offices these entries name, by code (one query)."""
    codes = {each["actor"]["unit"] for each in entries}
    for said in entries:
        for name, value in said["data"].items():
            reads = FIELDS[name].reads if name in FIELDS else ""
            codes |= set(value) if reads == "units" else {value} if reads == "unit" else set()
    return dict(ProcuracyUnit.objects.filter(code__in=codes - {None}).values_list("code", "short_name"))


class Reader(NamedTuple):
    """What of a ledger one person may read, who may read the case."""

    leads: bool = True
    """Whether the person leads the office: reasons of temporary access are for leaders alone."""
    internal: bool = True
    """Whether the person may read the supervision file; of its papers nobody else is told more than that something was done."""
    prepares: bool = True
    """Whether the person sees what is prepared to be shown in court."""

    def may_open(self, act: Act) -> bool:
        """Tell whether hidden values of an act are for this reader."""
        return (self.leads or not act.leaders_only) and (self.prepares or not act.prepared)


WHOLE = Reader()
"""Reads everything, as leaders of the province do in its own ledger."""


def reader_of(user: User, view: CaseView) -> Reader:
    """Return what of a case's ledger somebody may read who may read the case."""
    return Reader(
        leads=reads_reasons(user, view.case),
        internal=view.internal.level >= Level.VIEW,
        prepares=sees_preparations(user, view),
    )


def in_words(entries: Sequence[LedgerEntry], reader: Reader) -> list[Said]:
    """Return entries as one person may read them (two queries, however many they are).

    Args:
        entries: with `leaf` and `hidden` selected, of a case the person may read, or of the province for its leaders.
        reader: what the person may read of them.
    """
    last = last_checkpoint()
    signed = last.size if last is not None else 0
    lines = [entry.said for entry in entries]
    offices = _offices(lines)
    found = []
    for entry, said in zip(entries, lines, strict=True):
        actor, data = said["actor"], said["data"]
        act = ACTS.get(said["kind"])
        place = [str(_READS["role"](actor["role"]))] if actor["role"] else []
        place += [offices.get(actor["unit"], actor["unit"])] if actor["unit"] else []
        leaf = getattr(entry, "leaf", None)
        closed = data.get("part") == "hsks" and not reader.internal
        partly = not closed and not reader.internal and touches_internal(data)
        withheld = closed or (bool(data.get("hidden")) and act is not None and not reader.may_open(act))
        pairs = [] if closed else [(name, value) for name, value in data.items() if name != "hidden"]
        pairs = _without_internal(pairs) if partly else pairs
        # as the table has them; the entry itself sorts its names
        order = list(act.shown) if act is not None else []
        pairs.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
        if not withheld:
            pairs = [*_opened(entry, data), *pairs]
        found.append(
            Said(
                entry=entry,
                label=_(act.label) if act is not None else said["kind"],
                actor=actor["name"] or _(SYSTEM_ACTS),
                place=", ".join(place),
                values=[
                    _value(name, value, offices, data.get("subject") or _SUBJECTS.get(said["kind"], ""))
                    for name, value in pairs
                    if value not in (None, "", [])
                ],
                withheld=withheld or partly,
                covered=leaf is not None and leaf.index < signed,
            )
        )
    return found


def _without_internal(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return what an entry on several parts says of the others; nothing of where paper went where there is no other."""
    others = [part for part in dict(pairs)["parts"] if part != "hsks"]
    gone = set[str]() if others else {"parts", "keeper_unit", "keeper_id"}
    return [(name, others if name == "parts" else value) for name, value in pairs if name not in gone]


def _value(name: str, value: Any, offices: dict[str, str], subject: str) -> Value:
    known = FIELDS.get(name)
    label = _(known.label) if known is not None else name
    reads = known.reads if known is not None else "text"
    if reads == "fields":
        return Value(name, label, value, ", ".join(field_label(subject, each) for each in value))
    if reads == "changes" and isinstance(value, list):
        told = [f"{field_label(subject, each)}: {before or '–'} → {after or '–'}" for each, before, after in value]
        return Value(name, label, value, "; ".join(told))
    return Value(name, label, value, _text(reads, value, offices))


def _opened(entry: LedgerEntry, data: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the values that stand beside an entry; a note in the place of those a disposal took, are lost or were changed."""
    if not data.get("hidden"):
        return []
    kept = getattr(entry, "hidden", None)
    if kept is None:
        case = entry.case
        taken = case is not None and case.destroyed_at is not None and entry.said["kind"] not in OF_DISPOSAL
        return [(name, _(ERASED if taken else LOST)) for name, _hash in data["hidden"]]
    if not is_as_recorded(data, bytes(kept.salt), kept.values):
        return [(name, _(CHANGED)) for name, _hash in data["hidden"]]
    return [(name, value) for name, value in kept.values]
