"""Paper of the demonstration on its way: handed over and lent, once its documents are in, so that records count all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.hand_overs import Terms, accept, hand_over
from vks_plugin.custody.actions.loans import approve_loan, issue_loan, request_loan
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import HandOver, Loan
from vks_plugin.demonstration.rows import day_of, read_rows


def hand_files_over() -> None:
    """Let files come from the agency, and one go on to court, where nobody has recorded any yet."""
    rows = read_rows("hand_overs.json")
    cases = {case.code: case for case in CaseFile.objects.filter(code__in={row["case"] for row in rows})}
    begun = set(HandOver.objects.filter(case__in=cases.values()).values_list("case__code", flat=True))
    for row in rows:
        if row["case"] in begun:
            continue
        given = {key: value for key, value in row.items() if key not in {"case", "actor", "accepted"}}
        actor = User.objects.get(username=row["actor"])
        made = hand_over(actor=actor, case=cases[row["case"]], terms=Terms(part="hsva", **given))
        if row["accepted"]:
            passed = Checks(documents_complete=True, exhibits_complete=True, served=True)
            accept(actor=actor, row=made, checks=passed, awaits_paper=True)


@transaction.atomic
def lend_files() -> None:
    """Let files be asked for, one of them allowed and handed out, where nobody has asked for it yet."""
    for row in read_rows("loans.json"):
        if Loan.objects.filter(case_code=row["case"]).exists():
            continue
        until = day_of(row["until"])
        with _earlier(row.get("days_ago", 0)):
            _loan(row, until)


def _loan(row: dict[str, Any], until: dt.date) -> None:
    asked = request_loan(
        actor=User.objects.get(username=row["actor"]),
        code=row["case"],
        form=row["form"],
        part=row.get("part", "hsva"),
        purpose=row["purpose"],
        until=until,
    )
    if row["approved_by"]:
        approve_loan(actor=User.objects.get(username=row["approved_by"]), loan_id=asked.pk)
    if row["issued_by"]:
        issued = User.objects.get(username=row["issued_by"])
        issue_loan(actor=issued, loan_id=asked.pk, volume_count=row["volumes"], folio_count=row["folios"])


_shift: ContextVar[dt.timedelta] = ContextVar("shift", default=dt.timedelta(0))


@contextmanager
def _earlier(days: int) -> Iterator[None]:
    """Let what is done within have been done so many days ago: no act lends a file for days that are over.

    For this thread alone: the worker takes papers in meanwhile. The ledger still dates no entry before the one it follows.
    """
    if not days:
        yield
        return
    present = timezone.now
    mark = _shift.set(dt.timedelta(days=days))
    timezone.now = lambda: present() - _shift.get()
    try:
        yield
    finally:
        timezone.now = present
        _shift.reset(mark)
