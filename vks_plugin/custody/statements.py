"""The statements that write entries, past the ORM: every act of the program waits for them.

Django takes several times as long to put such a statement together as the database to carry it out, and each one sent
on its own is a way to the server and back.

**On PostgreSQL an entry is one function** (`in_database`): planning the statements took longer than carrying them out, and
an entry takes as many ways to the server as an INSERT. Each statement within it sees what was committed when it began. That
is the point: a single statement that waits for a case would go on with the end of the chain as it was before the wait. What
an entry is the program alone decides: it puts the same entry together and takes back one that differs
(`actions.ledger`). On SQLite one transaction writes at a time, and nothing is held.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Collection, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from vks_plugin.custody import into_log
from vks_plugin.custody.chain import Pieces
from vks_plugin.custody.verify_ledger import FIRST
from vks_plugin.in_database import Function
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

Execute = Callable[[str, Sequence[Any]], Any]
"""Carries out a statement and returns the cursor with what it found."""
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


class Draft(NamedTuple):
    """An entry as far as it is known before its chain is held."""

    case_id: int | None
    office: int | None
    """Where the case is; who has several posts acts by the one there."""
    known: Pieces
    salt: bytes
    hidden: list[tuple[str, Any]]
    """Names and values beside the entry; empty: nothing is kept there."""


class Appended(NamedTuple):
    """An entry as PostgreSQL wrote it, and what it found to write it."""

    id: int
    ledger: uuid.UUID
    seq: int
    previous: bytes | None
    at: dt.datetime
    role: str | None
    unit: str | None
    line: bytes
    hash: bytes


ENTRY = Row._fields[:7]
"""Columns of the entry itself."""
_ENDS = (
    'SELECT e."case_id", e."ledger", e."seq", e."hash", e."at" FROM "vks_ledger_entry" e WHERE {of} AND e."seq" = '
    '(SELECT MAX(o."seq") FROM "vks_ledger_entry" o WHERE {same})'
)
_SAME_CASE = 'o."case_id" = e."case_id"'
_END_WITHOUT_CASE = _ENDS.format(of='e."case_id" IS NULL', same='o."case_id" IS NULL')
_LAST = """SELECT e."ledger", e."seq" + 1, e."hash", e."at" INTO chain, place, previous, dated
      FROM "vks_ledger_entry" e WHERE e."case_id" {} ORDER BY e."seq" DESC LIMIT 1"""

_AT = """to_char(dated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

APPEND = Function(
    "vks_ledger_append",
    "held bigint[], without_case boolean, of_case bigint, office bigint, person bigint, today date, "
    "moment timestamptz, fresh uuid, who text, said text, act text, hidden_by bytea, beside jsonb",
    "text",
    f"""DECLARE
  one bigint;
  written bigint;
  chain uuid;
  place integer;
  previous bytea;
  dated timestamptz;
  post_role text;
  post_code text;
  bytes bytea;
  hash_of_it bytea;
BEGIN
  FOREACH one IN ARRAY held LOOP
    PERFORM 1 FROM "vks_case_file" WHERE "id" = one FOR NO KEY UPDATE;
  END LOOP;
  IF without_case THEN
    PERFORM pg_advisory_xact_lock({into_log.WITHOUT_CASE});
  END IF;
  IF of_case IS NULL THEN
    {_LAST.format("IS NULL")};
  ELSE
    {_LAST.format("= of_case")};
  END IF;
  chain := COALESCE(chain, fresh);
  place := COALESCE(place, 0);
  dated := GREATEST(dated, moment + (clock_timestamp() - statement_timestamp()));
  IF person IS NOT NULL THEN
    SELECT a."role", u."code" INTO post_role, post_code
      FROM "vks_appointment" a JOIN "vks_procuracy_unit" u ON u."id" = a."unit_id"
      WHERE a."user_id" = person AND a."starts_on" <= today AND a."ended_at" IS NULL
        AND (a."ends_on" IS NULL OR a."ends_on" >= today)
      ORDER BY a."unit_id" IS NOT DISTINCT FROM office DESC, a."id" LIMIT 1;
  END IF;
  bytes := convert_to(concat(
    '{{"actor":{{', who, ',"role":', COALESCE(to_json(post_role)::text, 'null'), ',"unit":',
    COALESCE(to_json(post_code)::text, 'null'), '}},"at":"',
    {_AT}, '",', said, ',"ledger":"', chain, '","prev":"',
    COALESCE(encode(previous, 'hex'), '{FIRST}'), '","seq":', place, ',"v":1}}'), 'UTF8');
  INSERT INTO "vks_ledger_entry" AS e ("ledger", "case_id", "seq", "kind", "at", "line", "hash")
    VALUES (chain, of_case, place, act, dated, bytes, sha256('\\x00'::bytea || bytes))
    RETURNING e."id", e."line", e."hash" INTO written, bytes, hash_of_it;
  IF beside IS NOT NULL THEN
    INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (written, hidden_by, beside);
  END IF;
  RETURN concat_ws(E'\\n', written, chain, place, COALESCE(encode(previous, 'hex'), ''), {_AT}, COALESCE(post_role, ''),
    COALESCE(post_code, ''), encode(hash_of_it, 'hex'), convert_from(bytes, 'UTF8'));
END
""",
)
"""Holds the chains of these cases, in this order, and where asked the one of what concerns no case; finds where the chain
of one ends and by which post a person acts there (as `Appointment.objects.in_force`), puts what was found between the
pieces of an entry (as `chain.linked`), and writes it with what it hides.

Returns what it found and what is written (see `_appended`), so that the program can put the same entry together and compare:
one text, of which no part has a line break, since a row of nine columns takes both sides longer than all that is in it.
"""


@cache
def _posts() -> tuple[str, tuple[str, ...]]:
    """Return the statement that finds somebody's posts on a day, and what each of its values is: `person` or `day`."""
    found = Appointment.objects.in_force(_SOME_DAY).filter(user_id=_SOMEBODY).order_by("pk")
    sql, given = found.values_list("role", "unit_id", "unit__code").query.sql_with_params()
    return sql, tuple("day" if str(each) == str(_SOME_DAY) else "person" for each in given)


def executing() -> Execute:
    """Return what carries out a statement on SQLite within a transaction, and returns the cursor with what it found.

    Django's cursor takes longer than SQLite itself. It is gone round where nobody listens to it: no wrapper, no log of
    queries. Its other two cares stay: errors are Django's own, and nothing is sent in a transaction that has to be taken back.
    """
    if connection.execute_wrappers or connection.queries_logged:
        cursor = connection.cursor()

        def through_django(sql: str, values: Sequence[Any]) -> CursorWrapper:
            cursor.execute(sql, values)
            return cursor

        return through_django
    connection.validate_no_broken_transaction()
    execute = connection.wrap_database_errors(connection.connection.execute)
    return lambda sql, values: execute(_with_question_marks(sql), values)


@lru_cache(maxsize=100)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@lru_cache(maxsize=100)
def _ends_of(cases: int) -> str:
    return _ENDS.format(of=f'e."case_id" IN ({", ".join(["%s"] * cases)})', same=_SAME_CASE)


def ends(
    execute: Execute, cases: Collection[int], *, without_case: bool, person: int | None, day: dt.date
) -> tuple[dict[int | None, End], list[Post]]:
    """Return where chains end, and the posts of a person; on SQLite, where nobody else writes meanwhile.

    Args:
        execute: of the transaction.
        cases: whose chains.
        without_case: also the chain of what concerns no case.
        person: whose posts; None: nobody's.
        day: on which they are in force.
    """
    found: dict[int | None, End] = {}
    chains: list[tuple[str, list[int]]] = []
    if cases:
        chains.append((_ends_of(len(cases)), [*cases]))
    if without_case:
        chains.append((_END_WITHOUT_CASE, []))
    for sql, values in chains:
        for case_id, ledger, seq, hash_, at in execute(sql, values).fetchall():
            found[case_id] = End(uuid.UUID(ledger), seq, hash_, at.replace(tzinfo=dt.UTC))
    if person is None:
        return found, []
    sql, given = _posts()
    rows = execute(sql, [day.isoformat() if each == "day" else person for each in given]).fetchall()
    return found, [Post(*row) for row in rows]


_INSERT_ENTRY = (
    'INSERT INTO "vks_ledger_entry" ("ledger", "case_id", "seq", "kind", "at", "line", "hash") '
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
_INSERT_HIDDEN = 'INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (%s, %s, %s)'


def write(execute: Execute, rows: Sequence[Row]) -> list[int]:
    """Write entries and what they hide, on SQLite; return their ids, in the same order."""
    ids, adapted = [], connection.ops.adapt_datetimefield_value
    for row in rows:
        values = (row.ledger.hex, row.case_id, row.seq, row.kind, adapted(row.at), row.line, row.hash)
        # what the trigger writes into another table does not change it
        ids.append(int(execute(_INSERT_ENTRY, values).lastrowid))
        if row.hidden:
            execute(_INSERT_HIDDEN, (ids[-1], row.salt, json.dumps(row.hidden)))
    return ids


def append_on_server(
    drafts: Sequence[Draft],
    *,
    kind: str,
    person: int | None,
    day: dt.date,
    moment: dt.datetime,
) -> list[Appended]:
    """Hold the chains of these entries on PostgreSQL until the transaction ends, and write them; in the same order.

    Args:
        drafts: what each entry holds.
        kind: what was done.
        person: by whose posts; None: by nobody's.
        day: on which posts are in force.
        moment: when; what the server then waits for a chain is added to it.
    """
    held = ",".join(str(pk) for pk in sorted({each.case_id for each in drafts if each.case_id is not None}))
    without_case = any(each.case_id is None for each in drafts)
    same = f"{_number(person)}, '{day}', '{moment.isoformat()}'"
    appended: list[Appended] = []
    for begin in range(0, len(drafts), _BLOCK):
        block = drafts[begin : begin + _BLOCK]
        calls: list[str] = []
        given: list[str | None] = []
        for draft in block:
            # numbers, moments and hex are written out, since quoting each takes longer than all the rest of the call; what
            # people wrote is not
            hidden_by = f"'\\x{draft.salt.hex()}'" if draft.hidden else "NULL"
            calls.append(
                f"SELECT vks_ledger_append('{{{held}}}', {without_case}, {_number(draft.case_id)}, "
                f"{_number(draft.office)}, {same}, '{uuid.uuid4()}', %s, %s, %s, {hidden_by}, %s)"
            )
            given += (*draft.known, kind, json.dumps(draft.hidden) if draft.hidden else None)
            # the first holds them all
            held, without_case = "", False
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(calls), given)
            appended += [_appended(text) for (text,) in cursor.fetchall()]
    return appended


def _appended(text: str) -> Appended:
    """Return an entry from the lines of `APPEND`, of which the last is the entry itself."""
    pk, ledger, seq, previous, at, role, unit, hash_, line = text.split("\n", 8)
    return Appended(
        int(pk),
        uuid.UUID(ledger),
        int(seq),
        bytes.fromhex(previous) if previous else None,
        dt.datetime.fromisoformat(at),
        role or None,
        unit or None,
        line.encode(),
        bytes.fromhex(hash_),
    )


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(int(value))
