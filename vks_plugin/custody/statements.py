"""The statements that write entries, past the ORM: every act of the program waits for them.

Django takes several times as long to put such a statement together as the database to carry it out, and each one sent
on its own is a way to the server and back. So the entries of an act take two: one that holds the chains and reads where
they stand, and one that writes the entries and what they hide.

**On PostgreSQL both are functions** (`in_database`), since planning these statements took longer than carrying them out.
Each statement within `HOLD` sees what was committed when it began. That is the point: a single statement that waits for
a case would go on with the end of the chain as it was before the wait. On SQLite one transaction writes at a time, and
nothing is held.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from vks_plugin.custody import into_log
from vks_plugin.in_database import Function
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

_BLOCK = 200
"""Entries written in one statement."""
_SOMEBODY, _SOME_DAY = -1, dt.date(1, 1, 1)


class End(NamedTuple):
    """Where a chain ends."""

    ledger: uuid.UUID
    seq: int
    hash: bytes
    at: dt.datetime


class Post(NamedTuple):
    """What somebody is appointed to."""

    role: str
    unit_id: int
    unit: str
    """Its code."""


class Row(NamedTuple):
    """An entry to be written."""

    ledger: uuid.UUID
    case_id: int | None
    seq: int
    kind: str
    at: dt.datetime
    line: bytes
    hash: bytes
    salt: bytes
    hidden: list[tuple[str, Any]]
    """Names and values beside the entry; empty: nothing is kept there."""


ENTRY = Row._fields[:7]
"""Columns of the entry itself."""
_ENDS = (
    'SELECT e."case_id", e."ledger", e."seq", e."hash", e."at" FROM "vks_ledger_entry" e WHERE {of} AND e."seq" = '
    '(SELECT MAX(o."seq") FROM "vks_ledger_entry" o WHERE {same})'
)
_SAME_CASE = 'o."case_id" = e."case_id"'
_END = """RETURN QUERY SELECT e."case_id", e."ledger", e."seq", e."hash", e."at", NULL::text, NULL::bigint, NULL::text
      FROM "vks_ledger_entry" e WHERE e."case_id" {} ORDER BY e."seq" DESC LIMIT 1"""

HOLD = Function(
    "vks_ledger_hold",
    "cases bigint[], without_case boolean, person bigint, today date",
    "TABLE (of_case bigint, chain uuid, place integer, ends_with bytea, dated timestamptz, "
    "post_role text, post_unit bigint, post_code text)",
    f"""DECLARE
  one bigint;
BEGIN
  PERFORM 1 FROM "vks_case_file" WHERE "id" = ANY(cases) ORDER BY "id" FOR NO KEY UPDATE;
  FOREACH one IN ARRAY cases LOOP
    {_END.format("= one")};
  END LOOP;
  IF without_case THEN
    PERFORM pg_advisory_xact_lock({into_log.WITHOUT_CASE});
    {_END.format("IS NULL")};
  END IF;
  IF person IS NOT NULL THEN
    RETURN QUERY SELECT NULL::bigint, NULL::uuid, NULL::integer, NULL::bytea, NULL::timestamptz,
        a."role"::text, a."unit_id", u."code"::text
      FROM "vks_appointment" a JOIN "vks_procuracy_unit" u ON u."id" = a."unit_id"
      WHERE a."user_id" = person AND a."starts_on" <= today AND a."ended_at" IS NULL
        AND (a."ends_on" IS NULL OR a."ends_on" >= today)
      ORDER BY a."id";
  END IF;
END
""",
)
"""Holds the chains of cases, in the order of their ids, and where asked the one of what concerns no case; returns a row
for the end of each, and one for each post of a person (as `Appointment.objects.in_force`)."""

WRITE = Function(
    "vks_ledger_write",
    "chain uuid, of_case bigint, place integer, act text, dated timestamptz, bytes bytea, hash_of_it bytea, "
    "hidden_by bytea, beside jsonb",
    "bigint",
    """DECLARE
  written bigint;
BEGIN
  INSERT INTO "vks_ledger_entry" ("ledger", "case_id", "seq", "kind", "at", "line", "hash")
    VALUES (chain, of_case, place, act, dated, bytes, hash_of_it) RETURNING "id" INTO written;
  IF beside IS NOT NULL THEN
    INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (written, hidden_by, beside);
  END IF;
  RETURN written;
END
""",
)
"""Writes an entry and what it hides; returns its id."""


@cache
def _posts() -> tuple[str, tuple[str, ...]]:
    """Return the statement that finds somebody's posts on a day, and what each of its values is: `person` or `day`."""
    found = Appointment.objects.in_force(_SOME_DAY).filter(user_id=_SOMEBODY).order_by("pk")
    sql, given = found.values_list("role", "unit_id", "unit__code").query.sql_with_params()
    return sql, tuple("day" if str(each) == str(_SOME_DAY) else "person" for each in given)


def hold(
    cursor: CursorWrapper, cases: Collection[int], *, without_case: bool, person: int | None, day: dt.date
) -> tuple[dict[int | None, End], list[Post]]:
    """Hold chains until the transaction ends; return where they end, and the posts of a person.

    Args:
        cursor: of the transaction.
        cases: whose chains.
        without_case: also the chain of what concerns no case.
        person: whose posts; None: nobody's.
        day: on which they are in force.
    """
    found: dict[int | None, End] = {}
    if connection.vendor == "postgresql":
        ids = ",".join(str(int(pk)) for pk in sorted(cases))
        whose = "NULL" if person is None else int(person)
        # numbers and a day: as they stand, since putting them in takes the library longer than the server the rest
        cursor.execute(f"SELECT * FROM vks_ledger_hold('{{{ids}}}', {bool(without_case)}, {whose}, '{day:%Y-%m-%d}')")
        posts: list[Post] = []
        for case_id, ledger, seq, hash_, at, *post in cursor.fetchall():
            if ledger is None:
                posts.append(Post(*post))
            else:
                found[case_id] = End(ledger, seq, hash_, at)
        return found, posts
    chains: list[tuple[str, list[int]]] = []
    if cases:
        chains.append(
            (_ENDS.format(of=f'e."case_id" IN ({", ".join(["%s"] * len(cases))})', same=_SAME_CASE), [*cases])
        )
    if without_case:
        chains.append((_ENDS.format(of='e."case_id" IS NULL', same='o."case_id" IS NULL'), []))
    for sql, values in chains:
        cursor.execute(sql, values)
        for case_id, ledger, seq, hash_, at in cursor.fetchall():
            found[case_id] = End(uuid.UUID(ledger), seq, hash_, at.replace(tzinfo=dt.UTC))
    if person is None:
        return found, []
    sql, given = _posts()
    cursor.execute(sql, [day.isoformat() if each == "day" else person for each in given])
    return found, [Post(*row) for row in cursor.fetchall()]


_INSERT_ENTRY = (
    'INSERT INTO "vks_ledger_entry" ("ledger", "case_id", "seq", "kind", "at", "line", "hash") '
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
_INSERT_HIDDEN = 'INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (%s, %s, %s)'
_WRITTEN = f"(vks_ledger_write({', '.join(['%s'] * (len(ENTRY) + 2))}))"


def write(cursor: CursorWrapper, rows: Sequence[Row]) -> list[int]:
    """Write entries and what they hide; return their ids, in the same order."""
    if connection.vendor != "postgresql":
        return [_write_one(cursor, row) for row in rows]
    ids: list[int] = []
    for begin in range(0, len(rows), _BLOCK):
        block = rows[begin : begin + _BLOCK]
        given: list[Any] = []
        for row in block:
            given += row[: len(ENTRY)]
            given += (row.salt, json.dumps(row.hidden)) if row.hidden else (None, None)
        cursor.execute(f"VALUES {', '.join([_WRITTEN] * len(block))}", given)
        ids += [pk for (pk,) in cursor.fetchall()]
    return ids


def _write_one(cursor: CursorWrapper, row: Row) -> int:
    at = connection.ops.adapt_datetimefield_value(row.at)
    cursor.execute(_INSERT_ENTRY, (row.ledger.hex, row.case_id, row.seq, row.kind, at, row.line, row.hash))
    # what the trigger writes into another table does not change it
    pk = int(cursor.lastrowid)
    if row.hidden:
        cursor.execute(_INSERT_HIDDEN, (pk, row.salt, json.dumps(row.hidden)))
    return pk
