"""The statements that write entries, past the ORM: every act of the program waits for them.

Django takes several times as long to put such a statement together as the database to carry it out, and each one sent
on its own is a way to the server and back. So the entries of an act take two: one that holds the chains and reads where
they stand, and one that writes the entries and what they hide.

**On PostgreSQL the first is several in one message**, each seeing what was committed when it began. That is the point: a
single statement that waits for a case would go on with the end of the chain as it was before the wait. On SQLite one
transaction writes at a time, and nothing is held.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from vks_plugin.custody import into_log
from vks_plugin.organization.models import Appointment

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
_END_WITHOUT_CASE = _ENDS.format(of='e."case_id" IS NULL', same='o."case_id" IS NULL')


@cache
def _posts() -> tuple[str, tuple[str, ...]]:
    """Return the statement that finds somebody's posts on a day, and what each of its values is: `person` or `day`."""
    found = Appointment.objects.in_force(_SOME_DAY).filter(user_id=_SOMEBODY).order_by("pk")
    sql, given = found.values_list("role", "unit_id", "unit__code").query.sql_with_params()
    return sql, tuple("day" if str(each) == str(_SOME_DAY) else "person" for each in given)


def hold(
    cases: Collection[int], *, without_case: bool, person: int | None, day: dt.date
) -> tuple[dict[int | None, End], list[Post]]:
    """Hold chains until the transaction ends; return where they end, and the posts of a person.

    Args:
        cases: whose chains.
        without_case: also the chain of what concerns no case.
        person: whose posts; None: nobody's.
        day: on which they are in force.
    """
    several = connection.vendor == "postgresql"
    statements: list[tuple[str, Sequence[Any]]] = []
    if cases:
        ids = ", ".join(str(int(pk)) for pk in sorted(cases))
        if several:
            held = f'SELECT "id" FROM "vks_case_file" WHERE "id" IN ({ids}) ORDER BY "id" FOR NO KEY UPDATE'
            statements.append((held, ()))
        places = ids if several else ", ".join(["%s"] * len(cases))
        ends = _ENDS.format(of=f'e."case_id" IN ({places})', same='o."case_id" = e."case_id"')
        statements.append((ends, () if several else sorted(cases)))
    if without_case:
        if several:
            statements.append((f"SELECT pg_advisory_xact_lock({into_log.WITHOUT_CASE})", ()))
        statements.append((_END_WITHOUT_CASE, ()))
    if person is not None:
        sql, given = _posts()
        asked = [day.isoformat() if each == "day" else person for each in given]
        statements.append((sql % tuple(map(repr, asked)), ()) if several else (sql, asked))
    found: dict[int | None, End] = {}
    posts: list[Post] = []
    with connection.cursor() as cursor:
        if several:
            # no parameters: only then may there be several
            cursor.execute("; ".join(sql for sql, _values in statements))
        for number, (sql, values) in enumerate(statements):
            if not several:
                cursor.execute(sql, values)
            elif number:
                cursor.nextset()
            if sql.startswith("SELECT e."):
                for case_id, ledger, seq, hash_, at in cursor.fetchall():
                    found[case_id] = End(_as_uuid(ledger), seq, bytes(hash_), _as_moment(at))
            elif person is not None and number == len(statements) - 1:
                posts = [Post(*row) for row in cursor.fetchall()]
    return found, posts


def _as_uuid(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _as_moment(value: Any) -> dt.datetime:
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)


_COLUMNS = ", ".join(f'"{name}"' for name in ENTRY)
_VALUES = f"({', '.join(['%s'] * len(ENTRY))})"


def write(rows: Sequence[Row]) -> list[int]:
    """Write entries and what they hide; return their ids, in the same order."""
    if connection.vendor != "postgresql":
        return [_write_one(row) for row in rows]
    ids: list[int] = []
    for begin in range(0, len(rows), _BLOCK):
        ids += _write_together(rows[begin : begin + _BLOCK])
    return ids


def _write_one(row: Row) -> int:
    at = connection.ops.adapt_datetimefield_value(row.at)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "vks_ledger_entry" ({_COLUMNS}) VALUES {_VALUES}',
            (row.ledger.hex, row.case_id, row.seq, row.kind, at, row.line, row.hash),
        )
        # what the trigger writes into another table does not change it
        pk = int(cursor.lastrowid)
        if row.hidden:
            cursor.execute(
                'INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (%s, %s, %s)',
                (pk, row.salt, json.dumps(row.hidden)),
            )
    return pk


def _write_together(rows: Sequence[Row]) -> list[int]:
    given: list[Any] = []
    for row in rows:
        given += row[: len(ENTRY)]
    entries = ", ".join([_VALUES] * len(rows))
    parts = [
        f'written AS (INSERT INTO "vks_ledger_entry" ({_COLUMNS}) VALUES {entries} RETURNING "id", "ledger", "seq")'
    ]
    hiding = [row for row in rows if row.hidden]
    if hiding:
        for row in hiding:
            given += (row.ledger, row.seq, row.salt, json.dumps(row.hidden))
        values = ", ".join(["(%s::uuid, %s::integer, %s::bytea, %s::jsonb)"] * len(hiding))
        parts.append(
            'beside AS (INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") '
            'SELECT w."id", g."salt", g."values" FROM written w '
            f'JOIN (VALUES {values}) AS g ("ledger", "seq", "salt", "values") USING ("ledger", "seq"))'
        )
    with connection.cursor() as cursor:
        cursor.execute(f'WITH {", ".join(parts)} SELECT "ledger", "seq", "id" FROM written', given)
        ids = {(ledger, seq): pk for ledger, seq, pk in cursor.fetchall()}
    return [ids[row.ledger, row.seq] for row in rows]
