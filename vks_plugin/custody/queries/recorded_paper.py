"""Who has the paper of cases, what was handed over and what is lent: what the database says, compared with the ledger.

Told by their numbers: cases, offices, accounts, hand-overs and loans; names stay out of a check that administrators run. Entries
of before say less: what one does not say is taken from the row it names, or not compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.acts import FIELDS, plain_value
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.chain import plain
from vks_plugin.custody.handing import CHECKS
from vks_plugin.custody.models import HandOver, Holding, LedgerHidden, Loan, LoanedPart
from vks_plugin.custody.queries.hand_overs import told_of
from vks_plugin.custody.queries.loans import borrower_name
from vks_plugin.custody.verify_ledger import LedgerError, commitment, item_salt

TELLS_OF_PAPER = frozenset(
    {
        "case_registered",
        "case_destroyed",
        "keeper_stated",
        "hand_over_accepted",
        "loan_issued",
        "loan_renewed",
        "loan_returned",
        "loan_settled",
        "accessioned",
        "paper_taken_over",
    }
)
"""Kinds of entries that say where paper is."""
_NAMED = ("keeper_stated", "hand_over_accepted", "loan_issued")
"""Those whose hidden values are compared."""
_OUT = ("dang_muon", "tra_thieu")


class Told(NamedTuple):
    """An entry, as it is compared here."""

    entry: int
    kind: str
    data: dict[str, Any]


class Place(NamedTuple):
    """Where a part is by the last entry that says so."""

    known: Mapping[str, Any]
    """Of `unit` (its code; None: an agency outside) and `person_id`, what the entry says."""
    stated: Told | None = None
    """The entry that has the name of an agency, where no row of its own has it."""
    agency: str | None = None
    """Its name by the row of the hand-over or loan."""


class _Rows:
    """What the database says of some cases."""

    def __init__(self, cases: Sequence[int]) -> None:
        self.holdings: dict[tuple[int, str], Holding] = {}
        self.hand_overs: dict[int, dict[int, HandOver]] = defaultdict(dict)
        self.loans: dict[int, dict[int, Loan]] = defaultdict(dict)
        self.out: dict[int, set[int]] = defaultdict(set)
        held = Holding.objects.filter(case__in=cases, until__isnull=True).select_related("unit")
        for holding in held.order_by("pk").iterator():
            self.holdings[holding.case_id, holding.part] = holding
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
        self.salts = {entry: bytes(salt) for entry, salt in hidden.values_list("entry_id", "salt").iterator()}

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


def paper_compared(codes: Mapping[int, str], entries: Mapping[int, Sequence[Told]]) -> Iterator[tuple[int, str]]:
    """Yield the case and a sentence for each keeper, hand-over and loan that is otherwise than the ledger recorded it.

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
            except (KeyError, TypeError):
                # what is malformed is named by the check of the entries
                continue
        told_of_case = (_hand_overs(code, said), _loans(code, said), _keepers(code, said))
        yield from ((case, sentence) for sentences in told_of_case for sentence in sentences)


class _Said:
    """What the entries of a case say of its paper."""

    def __init__(self, case: int, rows: _Rows) -> None:
        self.rows = rows
        self.holdings = {part: rows.holdings.get((case, part)) for part, _label in PARTS}
        self.received = rows.hand_overs[case]
        self.lent = rows.loans[case]
        self.places: dict[str, Place] = {}
        self.hand_overs: dict[int, Told] = {}
        self.loans: dict[int, _Lent] = {}
        self.is_whole = False
        """Whether the ledger has the case from its registration on."""
        self.is_destroyed = False

    def learn(self, told: Told) -> None:
        """Learn from an entry."""
        kind, data = told.kind, told.data
        if kind == "case_registered":
            self.is_whole = True
        elif kind == "case_destroyed":
            self.is_destroyed = True
        elif kind == "keeper_stated":
            self.places[data["part"]] = Place({name: data[name] for name in ("unit", "person_id")}, stated=told)
        elif kind == "hand_over_accepted":
            self.hand_overs[_number(data["hand_over"])] = told
            self._received(data)
        elif kind == "paper_taken_over":
            place = self.places.get(data["part"])
            if place is not None and data["unit_before"] and place.known.get("unit") == data["unit_before"]:
                self.places[data["part"]] = Place({**place.known, "unit": data["unit"]})
        elif kind == "accessioned":
            self._accessioned(data)
        else:
            self._learn_loan(told)

    def _received(self, data: Mapping[str, Any]) -> None:
        row = self.received.get(data["hand_over"])
        if "unit" in data:
            completes, known = data["completes"], {name: data[name] for name in ("unit", "person_id")}
        elif row is not None:
            unit = row.receiver_unit.code if row.receiver_unit is not None else None
            completes, known = row.completes_id, {"unit": unit, "person_id": row.receiver_person_id}
        else:
            completes, known = None, {}
        # volumes that follow join the rest, wherever that is by now
        if completes is None:
            self.places[data["part"]] = Place(known, agency=row.receiver_agency if row is not None else None)

    def _accessioned(self, data: Mapping[str, Any]) -> None:
        if "parts" not in data:
            # whether it went along an entry of before does not say; what is outside did not
            for part, _label in PARTS:
                place = self.places.get(part)
                # of what no entry told before, that something is recorded is all there is
                here = place.known.get("unit", "") is not None if place is not None else self.holdings[part] is not None
                if here:
                    self.places[part] = Place({})
            return
        for part in data["parts"]:
            self.places[part] = Place({"unit": data["keeper_unit"], "person_id": data["keeper_id"]})

    def _learn_loan(self, told: Told) -> None:
        kind, data = told.kind, told.data
        if kind == "loan_issued":
            self.loans[_number(data["loan"])] = _Lent(told)
            if data["loan_form"] == Loan.Form.PAPER and not data["volume_numbers"]:
                self.places[data["part"]] = self._borrowed(data)
            return
        lent = self.loans.get(data["loan"])
        if lent is not None:
            lent.learn(told)
        if kind != "loan_returned":
            return
        if "keeper_unit" not in data:
            if lent is not None and lent.is_whole:
                self.places[data["part"]] = Place({})
        elif data["keeper_unit"] is not None:
            self.places[data["part"]] = Place({"unit": data["keeper_unit"], "person_id": data["keeper_id"]})

    def _borrowed(self, data: Mapping[str, Any]) -> Place:
        known = {"person_id": data["person_id"]}
        if "keeper_unit" in data or data["person_id"] is None:
            known["unit"] = data.get("keeper_unit")
        row = self.lent.get(data["loan"])
        return Place(known, agency=(row.outside_agency or row.outside_name) if row is not None else None)


class _Lent:
    """A loan that was handed out, as its entries tell of it."""

    def __init__(self, told: Told) -> None:
        self.issued = told
        data = told.data
        self.is_whole = data["loan_form"] == Loan.Form.PAPER and not data["volume_numbers"]
        self.state = "dang_muon"
        self.due_on = data["due_on"]
        self.out: set[int] | None = set(data["volume_numbers"]) or None
        """Volumes that are out; None: the part as a whole."""

    def learn(self, told: Told) -> None:
        """Learn from an entry that comes after."""
        data, issued = told.data, self.issued.data
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
        elif wrong := _otherwise(row, told, said):
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


def _otherwise(row: HandOver, told: Told, said: _Said) -> list[str]:
    """Return the fields of a hand-over that are others than its entry has them."""
    try:
        told_now = told_of(row)
    except (KeyError, TypeError, ValueError):
        # one of its lists is not what any act writes
        return ["volume_folios", "exhibits_listed"]
    now = {**told_now, **{name: getattr(row, name) for name in CHECKS}, "happened_at": row.accepted_at}
    # an office may have another name by now; an agency outside is what was written
    hidden = ["exhibits_listed"]
    hidden += ["giver"] if row.giver_unit_id is None else []
    hidden += ["receiver"] if row.receiver_unit_id is None else []
    gone = {"exhibits", "exhibits_listed"} if said.is_destroyed else set[str]()
    wrong = [name for name in now if name in told.data and plain_value(now[name]) != told.data[name]]
    wrong += [name for name in hidden if not said.rows.agrees(told, name, now[name])]
    return [name for name in wrong if name not in gone]


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
    wrong += ["due_on"] if plain_value(row.until) != lent.due_on else []
    if row.borrower_id is None and not said.rows.agrees(lent.issued, "person", borrower_name(row)):
        wrong.append("person")
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
                % {**named, "present": _in_words(now), "recorded": _in_words(place.known)}
            )
        elif not _is_named(held, place, said):
            yield _("%(code)s: tên cơ quan ngoài đang giữ %(part)s đã bị sửa, khác với sổ cái đã ghi.") % named


def _is_named(held: Holding, place: Place, said: _Said) -> bool:
    """Tell whether an agency outside that has the paper is the one that was recorded."""
    if held.unit_id is not None:
        return True
    if place.stated is not None:
        return said.rows.agrees(place.stated, "keeper", held.agency)
    return place.agency is None or held.agency == place.agency


def _in_words(known: Mapping[str, Any]) -> str:
    unit, person = known.get("unit", ""), known.get("person_id")
    said = [_("cơ quan ngoài hệ thống") if unit is None else str(unit)] if unit != "" else []
    said += [_("tài khoản số %(number)d") % {"number": person}] if isinstance(person, int) else []
    return ", ".join(said)
