"""What stands in columns beside entries, compared with what the entries say.

Columns only help to find entries, but pages, extracts and comparisons find them by nothing else: with another case in a
column, an entry is in no extract of its own. The bytes of an entry, which are hashed and signed, say all of it but the case;
that is known by the entry with which the case was registered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.verify_ledger import KEY, LedgerError, entry_of
from vks_plugin.text import gettext_noop

REGISTERED = "case_registered"
"""Kind of the entry that says the code of a case, which never changes."""
CHANGED = gettext_noop("Cột lưu bên cạnh mục ở vị trí %(place)d đã bị sửa, khác với nội dung mục: %(columns)s.")
MOVED = gettext_noop("Mục ở vị trí %(place)d bị gắn với vụ án khác các mục còn lại của sổ %(ledger)s.")
TWO_LEDGERS = gettext_noop("Vụ án %(code)s có nhiều sổ cái (%(ledgers)s): có sổ bị gắn sang vụ án khác.")
SET_ASIDE = gettext_noop("Có nhiều sổ cái không gắn với vụ án nào (%(ledgers)s): có sổ bị tách khỏi vụ án của nó.")
ANOTHER_CASE = gettext_noop(
    "Sổ %(ledger)s là của vụ án %(recorded)s như mục đăng ký ghi, nhưng bị gắn với %(present)s."
)
OF_PROVINCE = gettext_noop("Sổ %(ledger)s là sổ chung của tỉnh, nhưng bị gắn với vụ án %(present)s.")
_MOST = 20


class Columns(NamedTuple):
    """The columns of an entry, moments and numbers of ledgers as the database writes them."""

    ledger: str
    seq: Any
    kind: Any
    at: str
    case: Any


def columns_of(entry: str = "") -> tuple[Any, ...]:
    """Return what to ask the database for.

    As text: SQLite keeps what is no moment, and one such row would end the check of all others.

    Args:
        entry: what leads to the entry, with two underscores at its end; empty: it is asked for itself.
    """
    ledger, at = (Cast(f"{entry}{name}", TextField()) for name in ("ledger", "at"))
    return ledger, f"{entry}seq", f"{entry}kind", at, f"{entry}case_id"


def _dashed(ledger: str) -> str:
    digits = ledger.replace("-", "")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _written(moment: str) -> str:
    """Return a moment that a database wrote in UTC as an entry states it."""
    whole, _dot, fraction = moment.removesuffix("+00").partition(".")
    return f"{whole[:10]}T{whole[11:]}.{fraction:0<6}Z"


class ColumnsCompared:
    """Compares columns with their entries, one after the other, and which ledger belongs to which case."""

    def __init__(self) -> None:
        self.changed: dict[int, list[str]] = {}
        """By the place of the entry, the columns that say otherwise."""
        self._moved: dict[str, int] = {}
        self._cases: dict[str, Any] = {}
        self._codes: dict[str, str] = {}
        self._of_keys: set[str] = set()
        self._ledgers: dict[str, str] = {}

    def look(self, place: int, line: bytes, columns: Columns) -> None:
        """Look at an entry; one that cannot be read is told of by others."""
        stored, seq, kind, at, case = columns
        ledger = self._ledgers.get(stored)
        if ledger is None:
            ledger = self._ledgers[stored] = _dashed(str(stored))
        # the same at one look: canonical JSON has its names in one order, and no quotation mark in a text that is not escaped
        end = f'","seq":{seq},"v":1}}'.encode()
        middle = f',"kind":"{kind}","ledger":"{ledger}","prev":"'.encode()
        begin = len(line) - len(end) - 64 - len(middle)
        same = begin > 0 and line.endswith(end) and line.startswith(middle, begin)
        if not (same and line.startswith(_written(str(at)).encode(), line.find(_AT) + len(_AT))):
            self._read(place, line, Columns(ledger, seq, kind, at, case))
        if self._cases.setdefault(ledger, case) != case:
            self._moved.setdefault(ledger, place)
        if kind in _TELLING:
            self._learn(line, ledger)

    def _read(self, place: int, line: bytes, columns: Columns) -> None:
        try:
            said = entry_of(line).said
        except LedgerError:
            return
        present = {"ledger": columns.ledger, "seq": columns.seq, "kind": columns.kind, "at": _written(str(columns.at))}
        wrong = [name for name, value in present.items() if value != said[name]]
        if wrong and len(self.changed) < _MOST:
            self.changed[place] = wrong

    def _learn(self, line: bytes, ledger: str) -> None:
        try:
            said = entry_of(line).said
        except LedgerError:
            return
        if said["kind"] == KEY:
            self._of_keys.add(ledger)
        elif said["kind"] == REGISTERED and type(said["data"].get("code")) is str:
            self._codes.setdefault(ledger, said["data"]["code"])

    def problems(self) -> list[str]:
        """Return sentences, once all entries were looked at."""
        told = [
            _(CHANGED) % {"place": place, "columns": ", ".join(names)} for place, names in sorted(self.changed.items())
        ]
        told += [_(MOVED) % {"place": place, "ledger": ledger} for ledger, place in [*self._moved.items()][:_MOST]]
        return [*told, *[*self._of_cases()][:_MOST]]

    def _of_cases(self) -> Iterator[str]:
        codes: dict[Any, str] = dict(CaseFile.objects.values_list("pk", "code").iterator())
        ledgers: dict[Any, list[str]] = defaultdict(list)
        for ledger, case in self._cases.items():
            ledgers[case].append(ledger)
        for case, several in ledgers.items():
            if len(several) > 1:
                named = {"code": codes.get(case, str(case)), "ledgers": ", ".join(sorted(several)[:_MOST])}
                yield _(SET_ASIDE if case is None else TWO_LEDGERS) % named
        for ledger, case in self._cases.items():
            recorded, present = self._codes.get(ledger), codes.get(case)
            # what was recorded before cases were registered in the ledger names no code
            if recorded is not None and recorded != present:
                named = {"ledger": ledger, "recorded": recorded}
                yield _(ANOTHER_CASE) % {**named, "present": present or _("không vụ án nào")}
            elif ledger in self._of_keys and case is not None:
                yield _(OF_PROVINCE) % {"ledger": ledger, "present": present or case}


_AT = b'},"at":"'
_TELLING = frozenset((KEY, REGISTERED))
