"""The access log: who read which case document, took it out, or was refused it.

Writing is one query and one row for a reading, both past the ORM, which would take several times as long as the database; on
PostgreSQL both are one function (`in_database`). Looking at the same document again is kept once a minute for each
person, in each process of the server; what goes out as a file and every refusal is kept each time. Whoever is
shown a document does not wait for its row (`waiting_readings`).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import AccessEntry
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.errors import Unavailable
from vks_plugin.host.permissions import may_view
from vks_plugin.host.reading import ROOTS, client_address, roots_of
from vks_plugin.in_database import Function
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

Act = AccessEntry.Act

ONCE_IN = 60.0
"""Seconds within which the same person's looking at the same document is kept once."""
_LOOKS = frozenset({Act.VIEW, Act.TEXT, Act.PREVIEW})
_MOST_REMEMBERED = 20_000
_BLOCK = 500
"""Documents asked for, or rows written, in one statement."""

_recent: dict[tuple[int | None, int, str], float] = {}
"""When a person last looked at a document, and what that was told to be; of this process."""


def forget_recent() -> None:
    """Keep the next look at any document, however soon it comes."""
    _recent.clear()


_Names = tuple[int | None, str, str, bool]
"""Number, user name, name, and whether a superuser, as a row has them."""


@dataclass(frozen=True)
class Reader:
    """Who reads, and from where."""

    user: User | None
    """None: a command on the server."""
    address: str | None = None
    command: str = ""
    """Name of the command."""

    @property
    def names(self) -> _Names:
        """The person as a row has them."""
        if self.user is None:
            return None, "", self.command, False
        return self.user.pk, self.user.get_username(), display_name(self.user), self.user.is_superuser


def reader_of(request: HttpRequest | Request) -> Reader:
    """Return who sent a request."""
    return Reader(request.user, client_address(request))  # type: ignore[arg-type]  # callers let nobody anonymous through


def withheld() -> Unavailable:
    """Return the refusal to hand out what could not be logged."""
    return Unavailable(
        _(
            "Chưa ghi được nhật ký truy cập nên chưa đưa tài liệu ra. Hãy thử lại sau ít phút; nếu vẫn vậy, báo quản trị."
        )
    )


@contextmanager
def or_withheld() -> Iterator[None]:
    """Hand nothing out when it cannot be logged.

    Raises:
        Unavailable: the database did not take the row.
    """
    try:
        yield
    except DatabaseFault as error:
        raise withheld() from error


class _About(NamedTuple):
    """What a row is about."""

    document_id: int | None
    part: str
    case_id: int | None
    unit_id: int
    number: int = 1
    """How many documents, cases or rows; 0: none, it was refused."""


@lru_cache(maxsize=32)
def _filed_statement(number: int) -> str:
    """Return the query of `_filed` for so many documents; making it takes ten times as long as asking it."""
    rows = CaseDocument.objects.filter(document_id__in=roots_of(range(number))).order_by()
    return rows.values_list("document_id", "part", "case_id", "case__unit_id").query.sql_with_params()[0]


def _filed(document_ids: Iterable[int]) -> list[_About]:
    """Return which of these documents of the host, or of those they are versions of, are filed, and where (one query)."""
    asked = list(document_ids)
    found: list[_About] = []
    with connection.cursor() as cursor:
        for start in range(0, len(asked), _BLOCK):
            block = asked[start : start + _BLOCK]
            cursor.execute(_filed_statement(len(block)), block)
            found += [_About(*row) for row in cursor.fetchall()]
    return found


def any_filed(document_ids: Iterable[int]) -> bool:
    """Tell whether one of these documents, or of those they are versions of, is filed."""
    return bool(_filed(document_ids))


_COLUMNS = (
    "at, actor_id, actor_username, actor_name, is_superuser, address, act, "
    "refused, document_id, part, case_id, unit_id, count"
)
_PLACES = f"({', '.join(['%s'] * (_COLUMNS.count(',') + 1))})"


def _write(reader: Reader, act: str, rows: Sequence[_About], *, refused: bool = False) -> None:
    """Write rows of now."""
    _write_rows(timezone.now(), reader.names, reader.address, act, rows, refused=refused)


def _write_rows(
    at: dt.datetime, names: _Names, address: str | None, act: str, rows: Sequence[_About], *, refused: bool = False
) -> None:
    """Write rows, a block in one statement."""
    adapt = connection.ops
    same = (
        adapt.adapt_datetimefield_value(at),
        *names,
        adapt.adapt_ipaddressfield_value(address),
        str(act),
        refused,
    )
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            places = ", ".join([_PLACES] * len(block))
            cursor.execute(
                f"INSERT INTO vks_access_entry ({_COLUMNS}) VALUES {places}",  # noqa: S608 - names of our own table
                [value for row in block for value in (*same, *row)],
            )


READ = Function(
    "vks_access_read",
    "documents bigint[], moment timestamptz, person bigint, username text, person_name text, superuser boolean, "
    "sent_from inet, what text, unhurried boolean",
    "SETOF bigint",
    f"""DECLARE
  paper record;
BEGIN
  FOR paper IN
    SELECT d."document_id", d."part", d."case_id", c."unit_id"
      FROM "vks_case_document" d JOIN "vks_case_file" c ON c."id" = d."case_id"
      WHERE d."document_id" IN ({ROOTS.format("ANY(documents)")})
  LOOP
    INSERT INTO "vks_access_entry" ({_COLUMNS}) VALUES (
      moment, person, username, person_name, superuser, sent_from, what,
      FALSE, paper."document_id", paper."part", paper."case_id", paper."unit_id", 1);
    RETURN NEXT paper."document_id";
  END LOOP;
  IF FOUND AND unhurried THEN
    PERFORM set_config('synchronous_commit', 'off', TRUE);
  END IF;
END
""",  # noqa: S608 - names of our own tables
)
"""Writes a row for each of these documents that is filed, and returns which they are.

A look (`unhurried`) does not wait for PostgreSQL's disk: should the database's machine lose power, the looks of the last
half second are gone with it, as on the host's SQLite. What goes out as a file, and every refusal, waits.
"""


class Reading(NamedTuple):
    """That somebody read documents, or was handed them, at a moment."""

    at: dt.datetime
    names: _Names
    """As `Reader.names` has them."""
    address: str | None
    act: str
    documents: tuple[int, ...]

    @classmethod
    def now(cls, reader: Reader, act: str, documents: Iterable[int]) -> Reading:
        """Return what is read at this moment."""
        return cls(timezone.now(), reader.names, reader.address, str(act), tuple(sorted(documents)))

    def as_kept(self) -> list[Any]:
        """Return it as JSON holds it."""
        return [self.at.isoformat(), *self[1:]]

    @classmethod
    def from_kept(cls, kept: list[Any]) -> Reading:
        """Return what `as_kept` gave."""
        at, names, address, act, documents = kept
        person, username, name, superuser = names
        return cls(dt.datetime.fromisoformat(at), (person, username, name, superuser), address, act, tuple(documents))


def _read_on_server(reading: Reading) -> list[int]:
    """Write rows for documents that were read, on PostgreSQL; return which of them are filed."""
    asked = f"{{{','.join(str(int(pk)) for pk in reading.documents)}}}"
    unhurried = reading.act in _LOOKS
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM vks_access_read(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (asked, reading.at, *reading.names, reading.address, reading.act, unhurried),
        )
        return [pk for (pk,) in cursor.fetchall()]


def news(reader: Reader, act: str, document_ids: Iterable[int]) -> set[int]:
    """Return which of these documents the person did not just look at: what is kept of a reading is about them."""
    asked = set(document_ids)
    if act in _LOOKS and asked:
        user = reader.user.pk if reader.user is not None else None
        now = time.monotonic()
        asked = {pk for pk in asked if now - _recent.get((user, pk, act), -ONCE_IN) >= ONCE_IN}
    return asked


def write_reading(reading: Reading) -> int:
    """Write a row for each of the documents that is filed; those that are in no case are left alone.

    Returns:
        How many rows were written.
    """
    if connection.vendor == "postgresql":
        written = _read_on_server(reading)
    else:
        rows = _filed(reading.documents)
        if rows:
            _write_rows(reading.at, reading.names, reading.address, reading.act, rows)
        written = [row.document_id or 0 for row in rows]
    if reading.act in _LOOKS:
        # only now: what could not be written is not kept
        now = time.monotonic()
        if len(_recent) > _MOST_REMEMBERED:
            for key in [key for key, when in list(_recent.items()) if now - when >= ONCE_IN]:
                _recent.pop(key, None)
        _recent.update(((reading.names[0], pk, reading.act), now) for pk in written)
    return len(written)


def is_in_the_log(reading: Reading) -> bool:
    """Tell whether a reading was written."""
    roots = list(roots_of(reading.documents))
    same = AccessEntry.objects.filter(at=reading.at, actor_id=reading.names[0], act=reading.act, document_id__in=roots)
    return same.exists()


def record_documents(reader: Reader, act: str, document_ids: Iterable[int]) -> int:
    """Note at once that documents were read or handed out; those that are in no case are left alone.

    Returns:
        How many rows were written.
    """
    asked = news(reader, act, document_ids)
    return write_reading(Reading.now(reader, act, asked)) if asked else 0


def record_refused_documents(reader: Reader, act: str, document_ids: Iterable[int], *, hidden_only: bool) -> None:
    """Note that documents were refused.

    Args:
        reader: who was refused.
        act: what was asked for.
        document_ids: of the host.
        hidden_only: leave out what the person may see; the refusal was about something else then.
    """
    rows = _filed(document_ids)
    if rows and hidden_only and reader.user is not None:
        seen = may_view(reader.user, [row.document_id for row in rows if row.document_id is not None])
        rows = [row for row in rows if row.document_id not in seen]
    if rows:
        _write(reader, act, [row._replace(number=0) for row in rows], refused=True)


def record_case(reader: Reader, act: str, case: CaseFile, *, count: int, part: str = "hsva") -> None:
    """Note that papers of a case went out together, so many of them."""
    _write(reader, act, [_About(None, part, case.pk, case.unit_id, count)])


def record_refused_case(reader: Reader, act: str, case: CaseFile) -> None:
    """Note that a case was refused, or something in it that is no single document."""
    _write(reader, act, [_About(None, "", case.pk, case.unit_id, 0)], refused=True)


def record_list(reader: Reader, act: str, by_unit: Mapping[int, int]) -> None:
    """Note that a list went out: a row for each office, with how much of it was about that office."""
    _write(reader, act, [_About(None, "", None, unit, count) for unit, count in by_unit.items() if count])


def cases_by_unit(cases: QuerySet[CaseFile]) -> dict[int, int]:
    """Count cases for each office that holds some (one query)."""
    return dict(cases.order_by().values_list("unit_id").annotate(number=Count("pk")))
