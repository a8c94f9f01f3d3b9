"""What keeps files from being disposed of, by the database, compared with what the ledger recorded: holds, and the table of periods."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from vks_plugin.custody.models import LedgerEntry, RetentionHold, RetentionRule
from vks_plugin.custody.queries.findings import Finding, of_kind
from vks_plugin.custody.retention import UNDETERMINED

TELLS_OF_RETENTION = frozenset({"hold_placed", "hold_ended", "retention_changed"})
"""Kinds of entries that say how long a file is kept."""


def retention_compared() -> Iterator[Finding]:
    """Yield each hold and each row of the table of periods that is otherwise than the ledger recorded it."""
    found = list(_compared())
    if found:
        # an act may have ended between two questions: what is wrong is found again
        again = set(_compared())
        yield from (finding for finding in found if finding in again)


def _compared() -> Iterator[Finding]:
    holds = {
        pk: (code, ground, ended is None)
        for pk, code, ground, ended in RetentionHold.objects.values_list("pk", "case__code", "ground", "ended_at")
    }
    rules = list(RetentionRule.objects.all())
    placed: dict[int, tuple[str, str, bool]] = {}
    periods: dict[str, tuple[str, int | None]] = {}
    for kind, code, data in _said():
        if kind == "retention_changed":
            periods[str(data.get("rule"))] = str(data.get("term")), data.get("years")
        elif isinstance(data.get("hold"), int) and code is not None:
            placed[data["hold"]] = code, str(data.get("ground")), kind == "hold_placed"
    yield from of_kind("holds", _holds(holds, placed))
    yield from of_kind("periods", _periods(rules, periods))


def _holds(holds: dict[int, tuple[str, str, bool]], placed: dict[int, tuple[str, str, bool]]) -> Iterator[str]:
    for pk, (code, ground, in_force) in sorted(placed.items()):
        named = {"code": code, "hold": pk}
        if holds.pop(pk, None) != (code, ground, in_force):
            yield (
                _("%(code)s: lệnh giữ hồ sơ số %(hold)d mà sổ cái ghi đang có hiệu lực đã bị xóa hoặc sửa.") % named
                if in_force
                else _("%(code)s: lệnh giữ hồ sơ số %(hold)d khác với sổ cái đã ghi (đã thôi giữ).") % named
            )
    for pk, (code, _ground, _in_force) in sorted(holds.items()):
        yield _("%(code)s: lệnh giữ hồ sơ số %(hold)d không có trong sổ cái.") % {"code": code, "hold": pk}


def _periods(rules: list[RetentionRule], periods: dict[str, tuple[str, int | None]]) -> Iterator[str]:
    for row in rules:
        # every row comes undetermined, and what it becomes is an act
        if (row.term, row.years) != periods.pop(row.key, (UNDETERMINED, None)):
            yield _("Bảng thời hạn bảo quản: dòng %(rule)s khác với sổ cái đã ghi.") % {"rule": row.key}
    for key in sorted(periods):
        yield _("Bảng thời hạn bảo quản: dòng %(rule)s mà sổ cái đã ghi không còn.") % {"rule": key}


def _said() -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    rows = LedgerEntry.objects.filter(kind__in=TELLS_OF_RETENTION).order_by("pk")
    for kind, code, line in rows.values_list("kind", "case__code", "line").iterator(chunk_size=2000):
        try:
            data = json.loads(bytes(line))["data"]
        except (ValueError, KeyError, TypeError):
            # what is malformed is named by the check of the entries
            continue
        if isinstance(data, dict):
            yield kind, code, data
