"""The access log: who read which case document, took it out, or was refused it.

Writing is one query and one row for a reading, both past the ORM, which would take several times as long as the database. Looking at the same document again is kept once a minute for each
person, in each process of the server; what goes out as a file and every refusal is kept each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

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
from vks_plugin.host.reading import client_address, roots_of
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


@dataclass(frozen=True)
class Reader:
    """Who reads, and from where."""

    user: User | None
    """None: a command on the server."""
    address: str | None = None
    command: str = ""
    """Name of the command."""

    def entry(self, act: str, **facts: object) -> AccessEntry:
        """Return a row of the log that is not written yet."""
        if self.user is None:
            return AccessEntry(
                at=timezone.now(), actor_username="", actor_name=self.command, act=act, address=None, **facts
            )
        return AccessEntry(
            at=timezone.now(),
            actor_id=self.user.pk,
            actor_username=self.user.get_username(),
            actor_name=display_name(self.user),
            is_superuser=self.user.is_superuser,
            act=act,
            address=self.address,
            **facts,
        )


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


class _Filed(NamedTuple):
    document_id: int
    part: str
    case_id: int
    unit_id: int


@lru_cache(maxsize=32)
def _filed_statement(number: int) -> str:
    """Return the query of `_filed` for so many documents; making it takes ten times as long as asking it."""
    rows = CaseDocument.objects.filter(document_id__in=roots_of(range(number))).order_by()
    return rows.values_list("document_id", "part", "case_id", "case__unit_id").query.sql_with_params()[0]


def _filed(document_ids: Iterable[int]) -> list[_Filed]:
    """Return which of these documents of the host, or of those they are versions of, are filed, and where (one query)."""
    asked = list(document_ids)
    found: list[_Filed] = []
    with connection.cursor() as cursor:
        for start in range(0, len(asked), _BLOCK):
            block = asked[start : start + _BLOCK]
            cursor.execute(_filed_statement(len(block)), block)
            found += [_Filed(*row) for row in cursor.fetchall()]
    return found


_FIELDS = [field for field in AccessEntry._meta.local_concrete_fields if not field.primary_key]
_COLUMNS = ", ".join(f'"{field.column}"' for field in _FIELDS)
_INSERT = f"INSERT INTO {AccessEntry._meta.db_table} ({_COLUMNS}) VALUES "  # noqa: S608 - names of our own model
_ROW = f"({', '.join(['%s'] * len(_FIELDS))})"
_UNHURRIED = "SET LOCAL synchronous_commit TO off; "


def _write(entries: Sequence[AccessEntry], *, look: bool) -> None:
    """Write rows, a block in one statement.

    A look does not wait for PostgreSQL's disk: should the database's machine lose power, the looks of the last half
    second are gone with it, as on the host's SQLite. What goes out as a file, and every refusal, waits.
    """
    relaxed = look and connection.vendor == "postgresql" and not _binds_on_server()
    with connection.cursor() as cursor:
        for start in range(0, len(entries), _BLOCK):
            block = entries[start : start + _BLOCK]
            values = [
                field.get_db_prep_save(getattr(row, field.attname), connection) for row in block for field in _FIELDS
            ]
            statement = _INSERT + ", ".join([_ROW] * len(block))
            cursor.execute(_UNHURRIED + statement if relaxed else statement, values)


def _binds_on_server() -> bool:
    """Tell whether values are sent apart from statements, of which there can then be only one."""
    return bool(connection.settings_dict["OPTIONS"].get("server_side_binding"))


def record_documents(reader: Reader, act: str, document_ids: Iterable[int]) -> int:
    """Note that documents were read or handed out; those that are in no case are left alone.

    Returns:
        How many rows were written.
    """
    user = reader.user.pk if reader.user is not None else None
    asked = set(document_ids)
    now = time.monotonic()
    if act in _LOOKS:
        asked = {pk for pk in asked if now - _recent.get((user, pk, act), -ONCE_IN) >= ONCE_IN}
    if not asked:
        return 0
    entries = [reader.entry(act, **row._asdict()) for row in _filed(asked)]
    _write(entries, look=act in _LOOKS)
    if act in _LOOKS:
        # only now: what could not be written is not kept
        if len(_recent) > _MOST_REMEMBERED:
            for key in [key for key, when in list(_recent.items()) if now - when >= ONCE_IN]:
                _recent.pop(key, None)
        _recent.update(((user, entry.document_id or 0, act), now) for entry in entries)
    return len(entries)


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
        seen = may_view(reader.user, [row.document_id for row in rows])
        rows = [row for row in rows if row.document_id not in seen]
    _write([reader.entry(act, refused=True, count=0, **row._asdict()) for row in rows], look=False)


def record_case(reader: Reader, act: str, case: CaseFile, *, count: int, part: str = "hsva") -> None:
    """Note that papers of a case went out together, so many of them."""
    reader.entry(act, case_id=case.pk, unit_id=case.unit_id, part=part, count=count).save()


def record_refused_case(reader: Reader, act: str, case: CaseFile) -> None:
    """Note that a case was refused, or something in it that is no single document."""
    reader.entry(act, case_id=case.pk, unit_id=case.unit_id, refused=True, count=0).save()


def record_list(reader: Reader, act: str, by_unit: Mapping[int, int]) -> None:
    """Note that a list went out: a row for each office, with how much of it was about that office."""
    _write([reader.entry(act, unit_id=unit, count=count) for unit, count in by_unit.items() if count], look=False)


def cases_by_unit(cases: QuerySet[CaseFile]) -> dict[int, int]:
    """Count cases for each office that holds some (one query)."""
    return dict(cases.order_by().values_list("unit_id").annotate(number=Count("pk")))
