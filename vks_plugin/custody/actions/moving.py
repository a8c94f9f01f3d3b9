"""How anything in custody passes from one state to the next, why, and how its paper gets a number."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from vks_plugin.custody.models import NumberSeries
from vks_plugin.custody.states import Machine
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import one_line

_M = TypeVar("_M", bound=models.Model)

SHORTEST_REASON = 10
"""Letters that a reason has at least by which paper is lent or not, or taken for lost."""


def said(text: str, field: str, *, least: int = 5, most: int = 500) -> str:
    """Return what somebody wrote, on one line.

    Raises:
        BadInput: it says too little or too much.
    """
    found = one_line(text)
    if not least <= len(found) <= most:
        raise BadInput(
            _("Hãy ghi rõ (từ %(least)d đến %(most)d chữ cái).") % {"least": least, "most": most}, field=field
        )
    return found


def move(row: _M, machine: Machine, name: str, *, field: str = "state", **changes: Any) -> _M:
    """Take a row through one move of its table, in the caller's transaction.

    The row is compared and set in one statement, so that of two people who act at once one is told of the other.

    Args:
        row: gets the new state and the changes too.
        name: of a move of `machine`.
        field: the field that holds the state.
        changes: other fields set in the same statement.

    Raises:
        Conflict: the row is in no state this may be done in.
    """
    wanted = machine.move(name)
    values = {field: wanted.target, **changes}
    rows = type(row)._default_manager.filter(pk=row.pk, **{f"{field}__in": wanted.sources})
    if rows.update(**values) != 1:
        state = type(row)._default_manager.filter(pk=row.pk).values_list(field, flat=True).first()
        if state is None:
            raise Conflict(_("Mục này không còn. Hãy tải lại trang."))
        raise _not_from(state, machine, name)
    for key, value in values.items():
        setattr(row, key, value)
    return row


def refuse_from(state: str, machine: Machine, name: str) -> None:
    """Refuse to begin what ends in a move that cannot be made.

    Raises:
        Conflict: the move cannot be made from this state.
    """
    if state not in machine.move(name).sources:
        raise _not_from(state, machine, name)


def _not_from(state: str, machine: Machine, name: str) -> Conflict:
    return Conflict(
        _("Không thể “%(move)s”: đang ở trạng thái “%(state)s”. Hãy tải lại trang.")
        % {"move": _(machine.move(name).label), "state": _(machine.label(state))}
    )


def next_number(unit: ProcuracyUnit, series: str, year: int) -> int:
    """Return the next number of an office in a series, from 1 in each year, in the caller's transaction.

    The series is held until that ends: an act that is rolled back gives its number back, so none is missing.

    Raises:
        RuntimeError: there is no transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        message = "a number is given in the transaction of its act"
        raise RuntimeError(message)
    kept, _new = NumberSeries.objects.get_or_create(unit=unit, series=NumberSeries.Series(series), year=year)
    NumberSeries.objects.filter(pk=kept.pk).update(last=models.F("last") + 1)
    return NumberSeries.objects.values_list("last", flat=True).get(pk=kept.pk)
