"""Who has the paper of cases, what was handed over and what is lent: what the database says, compared with the ledger.

Told by their numbers: cases, offices, accounts, hand-overs and loans; names stay out of a check that administrators run. Entries
of before say less: what one does not say is taken from the row it names, or not compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.acts import FIELDS, plain_value
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.chain import plain
from vks_plugin.custody.handing import CHECKS, as_written
from vks_plugin.custody.models import HandOver, Holding, LedgerHidden, Loan, LoanedPart
from vks_plugin.custody.queries.findings import Finding, of_kind
from vks_plugin.custody.queries.hand_overs import ON_RECORD, told_of
from vks_plugin.custody.queries.loans import borrower_name
from vks_plugin.custody.queries.recorded_keeping import Place, Step, TimeLine, Told, in_words, past_keepers
from vks_plugin.custody.queries.recorded_settled import Ended, found_by, settled_by, settled_compared
from vks_plugin.custody.verify_ledger import LedgerError, commitment, item_salt
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name

TELLS_OF_PAPER = frozenset(
    {
        "case_registered",
        "case_destroyed",
        "keeper_stated",
        "paper_passed_on",
        "hand_over_sent",
        "hand_over_accepted",
        "hand_over_settled",
        "hand_over_found",
        "loan_issued",
        "loan_renewed",
        "loan_returned",
        "loan_settled",
        "accessioned",
        "paper_taken_over",
    }
)
"""Kinds of entries that say where paper is, and by which record."""
_NAMED = (
    "keeper_stated",
    "paper_passed_on",
    "hand_over_sent",
    "hand_over_accepted",
    "hand_over_settled",
    "loan_issued",
)
"""Those whose hidden values are compared."""
_OUT = ("dang_muon", "tra_thieu")


class _Rows:
    """What the database says of some cases."""

    def __init__(self, cases: Sequence[int]) -> None:
        self.held: dict[tuple[int, str], list[Holding]] = defaultdict(list)
        """Who had each part, one after the other."""
        self.hand_overs: dict[int, dict[int, HandOver]] = defaultdict(dict)
        self.loans: dict[int, dict[int, Loan]] = defaultdict(dict)
        self.out: dict[int, set[int]] = defaultdict(set)
        self.units: dict[str, int] = dict(ProcuracyUnit.objects.values_list("code", "pk"))
        held = Holding.objects.filter(case__in=cases).select_related("unit")
        for holding in held.order_by("since", "pk").iterator():
            self.held[holding.case_id, holding.part].append(holding)
        sides = ("giver_unit", "giver_person", "receiver_unit", "receiver_person")
        given = HandOver.objects.filter(case__in=cases, state="da_nhan").select_related(*sides)
        for row in given.order_by("pk").iterator():
            self.hand_overs[row.case_id][row.pk] = row
        lent = Loan.objects.filter(case__in=cases, issued_at__isnull=False).select_related("unit")
        for loan in lent.order_by("pk").iterator():
            assert loan.case_id is not None  # noqa: S101 - asked for by their cases
            self.loans[loan.case_id][loan.pk] = loan
        pieces = LoanedPart.objects.filter(case__in=cases, is_out=True).order_by("pk")
        for loan_id, volume in pieces.values_list("loan_id", "volume"):
            self.out[loan_id].add(volume)
        hidden = LedgerHidden.objects.filter(entry__case__in=cases, entry__kind__in=_NAMED).order_by("pk")
        self.salts: dict[int, bytes] = {}
        self.values: dict[int, Any] = {}
        for entry, salt, values in hidden.values_list("entry_id", "salt", "values").iterator():
            self.salts[entry], self.values[entry] = bytes(salt), values

    def agrees(self, told: Told, name: str, value: Any) -> bool:
        """Tell whether a hidden value of an entry is this one; where it is kept no more, nobody can say otherwise."""
        salt = self.salts.get(told.entry)
        if salt is None:
            return True
        try:
            names = [each[0] for each in told.data["hidden"]]
        except (KeyError, TypeError, IndexError):
            # an entry that is malformed is named by the check of the entries
            return True
        if name not in names:
            return True
        place = names.index(name)
        try:
            present = commitment(item_salt(salt, place), plain(value))
        except LedgerError:
            # no entry could hold it
            return False
        return bool([name, present] == told.data["hidden"][place])

    def shown(self, told: Told, name: str) -> str | None:
        """Return a hidden text of an entry; None: it has none, or it is kept no more, or is another than was recorded."""
        pairs = self.values.get(told.entry)
        if not isinstance(pairs, list):
            return None
        found = [each[1] for each in pairs if isinstance(each, list) and len(each) == 2 and each[0] == name]
        # another one the check of what is kept beside entries names
        return found[0] if found and isinstance(found[0], str) and self.agrees(told, name, found[0]) else None


def paper_compared(codes: Mapping[int, str], entries: Mapping[int, Sequence[Told]]) -> Iterator[tuple[int, Finding]]:
    """Yield the case of each keeper, hand-over and loan that is otherwise than the ledger recorded it, and what it is.

    Args:
        codes: the cases, by their keys.
        entries: of each, those of `TELLS_OF_PAPER`, in their order.
    """
    rows = _Rows(list(codes))
    for case, code in codes.items():
        said = _Said(case, rows)
        for told in entries.get(case, ()):
            try:
                said.learn(told)
            except (KeyError, TypeError, ValueError):
                # what is malformed is named by the check of the entries
                continue
        told_of_case = (
            of_kind("hand_overs", _hand_overs(code, said)),
            of_kind("hand_overs", _outstanding(code, said)),
            of_kind(
                "hand_overs",
                settled_compared(code, said.received, said.ended, said.rows.agrees, is_destroyed=said.is_destroyed),
            ),
            of_kind("loans", _loans(code, said)),
            of_kind("keepers", _keepers(code, said)),
            of_kind("keepers", _past(code, said)),
        )
        yield from ((case, finding) for findings in told_of_case for finding in findings)


class _Said:
    """What the entries of a case say of its paper."""

    def __init__(self, case: int, rows: _Rows) -> None:
        self.rows = rows
        self.held = {part: rows.held[case, part] for part, _label in PARTS}
        self.holdings = {
            part: next((row for row in held if row.until is None), None) for part, held in self.held.items()
        }
        self.received = rows.hand_overs[case]
        self.lent = rows.loans[case]
        self.places: dict[str, Place] = {}
        self.steps: dict[str, list[Step]] = defaultdict(list)
        """Of each part, the entries by which it came to somebody."""
        self.hand_overs: dict[int, Told] = {}
        self.sent: dict[int, Told] = {}
        """Of each hand-over, the entry of its last sending."""
        self.owed: dict[int, _Owed] = {}
        self.ended: dict[int, list[Ended]] = defaultdict(list)
        """Of each hand-over, what leaders settled of what it was missing."""
        self.loans: dict[int, _Lent] = {}
        self.is_whole = False
        """Whether the ledger has the case from its registration on."""
        self.destroyed: Told | None = None

    @property
    def is_destroyed(self) -> bool:
        """Whether the file was disposed of."""
        return self.destroyed is not None

    def _goes(self, part: str, step: Step) -> None:
        self.places[part] = step.place
        self.steps[part].append(step)

    def learn(self, told: Told) -> None:
        """Learn from an entry."""
        kind, data = told.kind, told.data
        if kind == "case_registered":
            self.is_whole = True
        elif kind == "case_destroyed":
            self.destroyed = told
        elif kind == "keeper_stated":
            known = {name: data[name] for name in ("unit", "person_id")}
            place = Place(known, stated=(told, "keeper"), named=(told, "keeper"))
            self._goes(data["part"], Step(told, Holding.Cause.STATED, None, place, at=data.get("since")))
        elif kind == "paper_passed_on":
            place = Place({"unit": None, "person_id": None}, stated=(told, "receiver"))
            before = {"unit": None, "agency": self.rows.shown(told, "giver")}
            step = Step(told, Holding.Cause.PASSED_ON, None, place, at=data["happened_at"], before=before)
            self._goes(data["part"], step)
        elif kind == "hand_over_sent":
            self.sent[_number(data["hand_over"])] = told
        elif kind == "hand_over_accepted":
            self.hand_overs[_number(data["hand_over"])] = told
            self._received(told)
            self._owes(told)
        elif kind in {"hand_over_settled", "hand_over_found"}:
            self._ends(told)
        elif kind == "paper_taken_over":
            self._taken_over(told)
            self._joins(told)
        elif kind == "accessioned":
            self._accessioned(told)
        else:
            self._learn_loan(told)

    def _received(self, told: Told) -> None:
        data = told.data
        row = self.received.get(data["hand_over"])
        if "unit" in data:
            completes, known = data["completes"], {name: data[name] for name in ("unit", "person_id")}
        elif row is not None:
            unit = row.receiver_unit.code if row.receiver_unit is not None else None
            completes, known = row.completes_id, {"unit": unit, "person_id": row.receiver_person_id}
        else:
            completes, known = None, {}
        # volumes that follow join the rest, wherever that is by now
        if completes is not None:
            return
        place = Place(known, agency=row.receiver_agency if row is not None else None, named=(told, "receiver"))
        before = {}
        if "unit_before" in data:
            before = {"unit": data["unit_before"], "agency": row.giver_agency if row is not None else None}
        step = Step(
            told,
            Holding.Cause.HAND_OVER,
            data["hand_over"],
            place,
            is_certain="unit" in data,
            at=data.get("happened_at"),
            before=before,
        )
        self._goes(data["part"], step)

    def _owes(self, told: Told) -> None:
        """Learn what stayed with the giver, and what no longer does of an earlier hand-over."""
        data = told.data
        number, row = data["hand_over"], self.received.get(data["hand_over"])
        for name, fields in _OWED.items():
            if fields.settled in data:
                for other, each in data[fields.settled]:
                    if other in self.owed:
                        self.owed[other].left[name].discard(each)
                for other, each in data.get(fields.here) or ():
                    if other in self.owed:
                        self.owed[other].left[name].add(each)
                continue
            for owed in self.owed.values():
                # of which it took something off, an entry of before does not say
                if owed.part == data["part"]:
                    owed.leave_open(name, set(owed.left[name]))
        completes = data.get("completes", row.completes_id if row is not None else None)
        # what is still to come of a completion stays with the hand-over it completes, had that one said so or not
        left = {name: set(data[name]) if completes is None else set() for name in _OWED if name in data}
        first = self.owed.get(completes) if completes is not None else None
        if first is not None:
            for name in left:
                (first.left if _OWED[name].settled in data else first.open)[name].update(data[name])
        self.owed[number] = _Owed(data["part"], left)

    def _ends(self, told: Told) -> None:
        """Learn what nobody waits for any more, or does again."""
        data, settled = told.data, told.kind == "hand_over_settled"
        number = _number(data["hand_over"])
        if settled:
            self.ended[number] += settled_by(told)
        else:
            self.ended[number] = found_by(told, self.ended[number])
        owed = self.owed.get(number)
        if owed is None:
            return
        for name, fields in _OWED.items():
            each = set(data[fields.ended])
            if settled:
                owed.left[name] -= each
                owed.open[name] -= each
            elif not data["with_file"]:
                owed.left[name] |= each

    def _joins(self, told: Told) -> None:
        """Learn what is with the rest again since two offices became one."""
        data = told.data
        for name, fields in _OWED.items():
            joined = fields.joined
            of_part = [owed for owed in self.owed.values() if owed.part == data["part"]]
            for owed in of_part:
                if joined not in data:
                    owed.leave_open(name, set(owed.left[name]))
            for each in data.get(joined) or ():
                owing = [owed for owed in of_part if each in owed.left[name]]
                for owed in owing:
                    # which one it joined the entry does not say
                    owed.leave_open(name, {each} if len(owing) > 1 else set())
                    owed.left[name].discard(each)

    def _taken_over(self, told: Told) -> None:
        data = told.data
        part, before, now = data["part"], data["unit_before"], data["unit"]
        place = self.places.get(part)
        passed = place is not None and bool(before) and place.known.get("unit") == before
        known = {**place.known, "unit": now} if place is not None and passed else {"unit": now}
        # where the paper itself is elsewhere, volumes alone may have come together, or a hand-over that is under way
        step = Step(
            told,
            Holding.Cause.SUCCESSION,
            data["restructuring"],
            Place(known, named=place.named if place is not None and passed else None),
            is_certain=passed,
            before={"unit": before} if before else {},
        )
        self.steps[part].append(step)
        if passed:
            self.places[part] = step.place

    def _accessioned(self, told: Told) -> None:
        data, cause = told.data, Holding.Cause.ACCESSION
        if "parts" not in data:
            # whether it went along an entry of before does not say; what is outside did not
            for part, _label in PARTS:
                place = self.places.get(part)
                # of what no entry told before, that something is recorded is all there is
                here = place.known.get("unit", "") is not None if place is not None else self.holdings[part] is not None
                self.steps[part].append(Step(told, cause, None, Place({}), is_certain=False))
                if here:
                    self.places[part] = Place({})
            return
        for part in data["parts"]:
            place = Place({"unit": data["keeper_unit"], "person_id": data["keeper_id"]}, named=(told, ""))
            before = {"unit": data["keeper_unit"]}
            self._goes(part, Step(told, cause, data["accession"], place, before=before))

    def _learn_loan(self, told: Told) -> None:
        kind, data = told.kind, told.data
        if kind == "loan_issued":
            self.loans[_number(data["loan"])] = _Lent(told)
            if data["loan_form"] == Loan.Form.PAPER and not data["volume_numbers"]:
                step = Step(
                    told,
                    Holding.Cause.LOAN,
                    data["loan"],
                    self._borrowed(told),
                    is_certain="keeper_unit" in data,
                    before={"unit": data["unit"]},
                )
                self._goes(data["part"], step)
            return
        lent = self.loans.get(data["loan"])
        if lent is not None:
            lent.learn(told)
        if kind != "loan_returned":
            return
        cause, loan = Holding.Cause.LOAN_RETURN, data["loan"]
        if "keeper_unit" not in data:
            if lent is not None and lent.is_whole:
                self._goes(data["part"], Step(told, cause, loan, Place({}), is_certain=False))
        elif data["keeper_unit"] is not None:
            place = Place({"unit": data["keeper_unit"], "person_id": data["keeper_id"]})
            self._goes(data["part"], Step(told, cause, loan, place))

    def _borrowed(self, told: Told) -> Place:
        data = told.data
        known = {"person_id": data["person_id"]}
        if "keeper_unit" in data or data["person_id"] is None:
            known["unit"] = data.get("keeper_unit")
        row = self.lent.get(data["loan"])
        agency = (row.outside_agency or row.outside_name) if row is not None else None
        return Place(known, agency=agency, named=(told, "person"))


class _Fields(NamedTuple):
    """Fields by which entries change what stayed with the giver of an earlier hand-over."""

    settled: str
    """Of a hand-over: what is no longer outstanding at which."""
    here: str
    """Of a hand-over: what followed, and is with the giver of which one since."""
    joined: str
    """Of a take-over: what is with the rest again."""
    ended: str
    """Of a settlement, and of what is found: what nobody waits for any more, or does again."""


_OWED = {
    "outstanding": _Fields("volumes_settled", "volumes_here", "volume_numbers", "volume_numbers"),
    "exhibits_outstanding": _Fields("exhibits_settled", "exhibits_here", "exhibits_joined", "exhibit_numbers"),
}
"""Fields that say what stayed with a giver; with each, those of later entries that change it."""


class _Owed:
    """What is still to come of a hand-over, as the entries say."""

    def __init__(self, part: str, left: Mapping[str, set[int]]) -> None:
        self.part = part
        self.said = frozenset(left)
        """Fields its entry has; of before it had fewer."""
        self.left: dict[str, set[int]] = defaultdict(set, left)
        self.open: dict[str, set[int]] = defaultdict(set)
        """What may be still to come or not, by the entries."""

    def leave_open(self, name: str, numbers: set[int]) -> None:
        """Note that an entry does not say whether these are still to come."""
        self.left[name] -= numbers
        self.open[name] |= numbers

    def agrees(self, name: str, present: Any) -> bool:
        """Tell whether a list is what the entries say, as far as they do."""
        if not isinstance(present, list) or not all(type(each) is int for each in present):
            return False
        return self.left[name] <= set(present) <= self.left[name] | self.open[name]


class _Lent:
    """A loan that was handed out, as its entries tell of it."""

    def __init__(self, told: Told) -> None:
        self.issued = told
        data = told.data
        self.is_whole = data["loan_form"] == Loan.Form.PAPER and not data["volume_numbers"]
        self.state = "dang_muon"
        self.due_on = data["due_on"]
        self.returned: dict[str, Any] = {"volume_count": None, "folio_count": None}
        """What was counted when it came back; None: nothing was."""
        self.out: set[int] | None = set(data["volume_numbers"]) or None
        """Volumes that are out; None: the part as a whole."""

    def learn(self, told: Told) -> None:
        """Learn from an entry that comes after."""
        data, issued = told.data, self.issued.data
        if told.kind == "loan_returned":
            self.returned = {name: data[name] for name in self.returned}
        if told.kind == "loan_renewed":
            self.due_on = data["due_on"]
        elif told.kind == "loan_settled" or (told.kind == "loan_returned" and "volumes_missing" not in data):
            # before what came back short stayed open, every return ended the loan
            self.state, self.out = "da_tra", set()
        elif told.kind == "loan_returned":
            counts = ("volume_count", "folio_count")
            short = any((data[name] or 0) < (issued[name] or 0) for name in counts)
            self.state, self.out = "tra_thieu" if short else "da_tra", set(data["volumes_missing"])


def _number(value: Any) -> int:
    """Return the number of a row, as an entry has it.

    Raises:
        TypeError: it is none; the entry is malformed.
    """
    if type(value) is not int:
        raise TypeError
    return value


def _labels(names: Sequence[str]) -> str:
    return ", ".join(f"“{_(FIELDS[name].label)}”" for name in names)


def _hand_overs(code: str, said: _Said) -> Iterator[str]:
    for number, told in said.hand_overs.items():
        named = {"code": code, "number": number}
        row = said.received.get(number)
        if row is None:
            yield _("%(code)s: lần giao nhận số %(number)d mà sổ cái ghi đã nhận không còn là đã nhận.") % named
        else:
            broken = _broken_lists(row)
            if broken:
                yield (
                    _(
                        "%(code)s: lần giao nhận số %(number)d: danh sách %(what)s trong cơ sở dữ liệu bị hỏng, không đọc được nên không so được với sổ cái. Giữ nguyên máy, báo quản trị: so với biên bản đã ký hoặc bản sao lưu."
                    )
                    % {**named, "what": _labels([_LISTS[name] for name in broken])}
                )
            if wrong := _otherwise(row, told, said, broken):
                yield (
                    _("%(code)s: lần giao nhận số %(number)d đã bị sửa, khác với sổ cái đã ghi: %(what)s.")
                    % {**named, "what": _labels(wrong)}
                )
    if said.is_whole:
        for number in said.received.keys() - said.hand_overs.keys():
            yield (
                _("%(code)s: lần giao nhận số %(number)d đã nhận mà sổ cái không ghi.")
                % {"code": code, "number": number}
            )


def _outstanding(code: str, said: _Said) -> Iterator[str]:
    """Yield where somebody made the list of what is still to come another one, or emptied it."""
    for number, owed in said.owed.items():
        row = said.received.get(number)
        if row is None:
            continue
        for name, present in (("outstanding", row.outstanding), ("exhibits_outstanding", row.outstanding_exhibits)):
            if name not in owed.said or owed.agrees(name, present):
                continue
            if name == "exhibits_outstanding" and said.is_destroyed:
                # the list goes with the file
                continue
            yield (
                _(
                    "%(code)s: lần giao nhận số %(number)d: danh sách %(what)s đã bị sửa thành %(present)s, sổ cái ghi %(recorded)s."
                )
                % {
                    "code": code,
                    "number": number,
                    "what": _labels([name]),
                    "present": _listed(present),
                    "recorded": _listed(sorted(owed.left[name])),
                }
            )


def _listed(numbers: Any) -> str:
    if not isinstance(numbers, list):
        return _("một giá trị hỏng")
    return ", ".join(map(str, numbers)) or _("trống")


_LISTS = {"volumes": "volume_folios", "exhibits": "exhibits_listed"}
"""Lists of a hand-over, each with the field it is told by."""
_OF_VOLUMES = frozenset({"volumes", "volume_folios", "folio_from", "folio_to"})
_OF_EXHIBITS = frozenset({"exhibits", "exhibits_listed", "exhibits_outstanding", "exhibits_lacking"})
_FOLIOS = ("folio_from", "folio_to")


def _broken_lists(row: HandOver) -> list[str]:
    """Return which lists of a hand-over are not what any act writes, of `_LISTS`."""
    wholes = {"volumes": _is_volume, "exhibits": _is_exhibit}
    lists = {name: getattr(row, name) for name in wholes}
    return [name for name, rows in lists.items() if not isinstance(rows, list) or not all(map(wholes[name], rows))]


def _is_volume(line: Any) -> bool:
    return (
        isinstance(line, dict)
        and {"number", "received", *_FOLIOS} <= line.keys()
        and all(line[name] is None or type(line[name]) is int for name in _FOLIOS)
    )


def _is_exhibit(line: Any) -> bool:
    return isinstance(line, dict) and {"name", "quantity", "seal"} <= line.keys()


def _otherwise(row: HandOver, told: Told, said: _Said, broken: Collection[str]) -> list[str]:
    """Return the fields of a hand-over that are others than its entry has them, but those of its lists that are broken."""
    for name in broken:
        # nothing can be told of it; everything else can
        setattr(row, name, [])
    now = {**told_of(row), **{name: getattr(row, name) for name in CHECKS}, "happened_at": row.accepted_at}
    # which of its exhibits stayed behind, whatever followed since; entries of before do not say
    now["exhibits_outstanding"] = [each.get("id") for each in row.lacking_exhibits]
    now["exhibits_lacking"] = [as_written(each) for each in row.lacking_exhibits]
    # an office may have another name by now; an agency outside is what was written
    now["missing"] = row.missing
    hidden = ["exhibits_listed", "exhibits_lacking", "missing", *ON_RECORD]
    hidden += ["giver"] if row.giver_unit_id is None else []
    hidden += ["receiver"] if row.receiver_unit_id is None else []
    gone = _OF_VOLUMES if "volumes" in broken else frozenset[str]()
    gone |= _OF_EXHIBITS if "exhibits" in broken or said.is_destroyed else frozenset[str]()
    wrong = [name for name in now if name in told.data and plain_value(now[name]) != told.data[name]]
    wrong += [name for name in hidden if not said.rows.agrees(told, name, now[name])]
    for name, written in (("giver", row.giver_name), ("receiver", row.receiver_name)):
        if name not in hidden and not _is_side_of(said.rows.shown(told, name), written, now[name]):
            wrong.append(name)
    sent = said.sent.get(row.pk)
    if sent is not None:
        on_paper = {"number": row.written_number, "seal_condition": row.seal_condition}
        wrong += [name for name, value in on_paper.items() if not said.rows.agrees(sent, name, value)]
    return [name for name in wrong if name not in gone]


def _is_side_of(recorded: str | None, name: str, present: str) -> bool:
    """Tell whether a side of ours was recorded under this name, whatever its office is called by now.

    Args:
        recorded: name and office, as the entry has them; None: it does not say.
        name: who gave or received, by the row.
        present: name and office as they would be written now.
    """
    if recorded is None or recorded == present:
        return True
    return recorded.startswith(f"{name} – ") if name else " – " not in recorded


def _loans(code: str, said: _Said) -> Iterator[str]:
    for number, lent in said.loans.items():
        named = {"code": code, "number": number}
        row = said.lent.get(number)
        if row is None:
            yield _("%(code)s: lần mượn số %(number)d mà sổ cái ghi đã giao không còn.") % named
        elif wrong := _lent_otherwise(row, lent, said):
            yield (
                _("%(code)s: lần mượn số %(number)d đã bị sửa, khác với sổ cái đã ghi: %(what)s.")
                % {**named, "what": _labels(wrong)}
            )
        elif row.state != lent.state or not _is_out(row, lent, said.rows.out[row.pk]):
            yield (
                _("%(code)s: lần mượn số %(number)d ghi đã trả hay chưa, hoặc tập còn ngoài, khác với sổ cái đã ghi.")
                % named
            )
    if said.is_whole:
        for number in said.lent.keys() - said.loans.keys():
            yield (
                _("%(code)s: lần mượn số %(number)d đã giao mà sổ cái không ghi.") % {"code": code, "number": number}
            )


def _lent_otherwise(row: Loan, lent: _Lent, said: _Said) -> list[str]:
    data = lent.issued.data
    now = {
        "loan_form": row.form,
        "loan_number": row.number,
        "unit": row.unit.code if row.unit is not None else None,
        "part": row.part,
        "volume_numbers": row.volumes,
        "volume_count": row.issued_volumes,
        "folio_count": row.issued_folios,
        "person_id": row.borrower_id,
    }
    wrong = [name for name, value in now.items() if plain_value(value) != data.get(name)]
    returned = {"volume_count": row.returned_volumes, "folio_count": row.returned_folios}
    wrong += [name for name, value in returned.items() if value != lent.returned[name] and name not in wrong]
    wrong += ["due_on"] if plain_value(row.until) != lent.due_on else []
    if row.borrower_id is None and not said.rows.agrees(lent.issued, "person", borrower_name(row)):
        wrong.append("person")
    if not said.rows.agrees(lent.issued, "outside_agency", row.outside_agency):
        wrong.append("outside_agency")
    return wrong


def _is_out(row: Loan, lent: _Lent, out: set[int]) -> bool:
    """Tell whether those volumes are noted as being out that the entries say are."""
    if not row.is_paper:
        return True
    return 0 in out if lent.out is None else out == lent.out


def _keepers(code: str, said: _Said) -> Iterator[str]:
    if said.is_destroyed:
        # nobody has it; where an older disposal left that open, the doctor closes it
        return
    for part, label in PARTS:
        place, held = said.places.get(part), said.holdings[part]
        named = {"code": code, "part": _(label)}
        if place is None:
            # where it was taken to be nobody stated, so no entry says it
            told = held is None or held.cause in {Holding.Cause.ASSUMED, Holding.Cause.SUCCESSION}
            if said.is_whole and not told:
                yield _("%(code)s: nơi giữ %(part)s được ghi mà sổ cái không ghi.") % named
            continue
        if held is None:
            yield _("%(code)s: nơi giữ %(part)s mà sổ cái đã ghi không còn.") % named
            continue
        now = {"unit": held.unit.code if held.unit is not None else None, "person_id": held.person_id}
        if any(now[name] != value for name, value in place.known.items()):
            yield (
                _("%(code)s: nơi giữ %(part)s đã bị sửa thành %(present)s, sổ cái ghi %(recorded)s.")
                % {**named, "present": in_words(now), "recorded": in_words(place.known)}
            )
        elif not _is_named(held, place, said):
            yield _("%(code)s: tên cơ quan ngoài đang giữ %(part)s đã bị sửa, khác với sổ cái đã ghi.") % named
        elif not _is_person_named(held, place, said):
            yield _("%(code)s: tên người đang giữ %(part)s đã bị sửa, khác với sổ cái đã ghi.") % named


def _past(code: str, said: _Said) -> Iterator[str]:
    for part, label in PARTS:
        line = TimeLine(code, _(label), said.held[part], said.steps[part], said.is_whole, said.destroyed)
        yield from past_keepers(
            line,
            units=said.rows.units,
            is_named=lambda row, place: _is_named(row, place, said),
            is_person_named=lambda row, place: _is_person_named(row, place, said),
            is_known_from=lambda row, told: _is_known_from(row, told, said),
        )


def _is_named(held: Holding, place: Place, said: _Said) -> bool:
    """Tell whether an agency outside that has the paper is the one that was recorded."""
    if held.unit_id is not None:
        return True
    if place.stated is not None:
        told, field = place.stated
        return said.rows.agrees(told, field, held.agency)
    return place.agency is None or held.agency == place.agency


def _is_known_from(held: Holding, told: Told, said: _Said) -> bool:
    """Tell whether what told us that agencies outside passed paper on is what was recorded; it goes with the file."""
    if said.is_destroyed or told.kind != "paper_passed_on":
        return held.known_from == ""
    return said.rows.agrees(told, "known_from", held.known_from)


def _is_person_named(held: Holding, place: Place, said: _Said) -> bool:
    """Tell whether who has the paper is written as the entry has the name, or as that person is called."""
    name = held.person_name
    if held.person_id is None or place.named is None:
        return held.person_id is not None or not name
    told, field = place.named
    acted = told.actor.get("name") if told.actor.get("id") == held.person_id else None
    recorded = said.rows.shown(told, field) if field else acted
    if not isinstance(recorded, str):
        return True
    # a record of days ago names whom it was drawn up for; who received may have said it otherwise since, or be called so
    known = {recorded[:200], str(acted or "")[:200], display_name(held.person)[:200]}
    return name in known or (bool(name) and f"{recorded} – ".startswith(f"{name} – "))
