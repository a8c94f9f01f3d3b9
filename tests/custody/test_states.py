"""Moves between states: nobody moves what somebody else has moved, and numbers of papers have no gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from vks_plugin.custody.actions.moving import move, next_number
from vks_plugin.custody.models import NumberSeries
from vks_plugin.custody.states import ACCESSION, COPY, DIGITISATION, DISPOSAL, HAND_OVER, LOAN, Machine, Move
from vks_plugin.errors import Conflict

if TYPE_CHECKING:
    from vks_plugin.organization.models import ProcuracyUnit

TRIAL = Machine(
    states=(("hand_over", "chờ"), ("loan", "xong")),
    moves=(Move("finish", "Kết thúc", frozenset({"hand_over"}), "loan"),),
    closed=frozenset({"loan"}),
)


@pytest.mark.parametrize("machine", [ACCESSION, COPY, DIGITISATION, DISPOSAL, HAND_OVER, LOAN])
def test_every_state_can_be_reached_and_every_open_one_left(machine: Machine) -> None:
    known = {value for value, _label in machine.states}
    assert {move.target for move in machine.moves} | {machine.first} == known
    for each in machine.moves:
        assert each.sources <= known
        assert not each.sources & machine.closed or each.name in {"accession", "leave_archive"}
    assert all(machine.moves_from(state) for state in machine.open)
    assert len({each.name for each in machine.moves}) == len(machine.moves)


@pytest.mark.django_db
def test_of_two_who_move_the_same_row_the_second_is_told(units: dict[str, ProcuracyUnit]) -> None:
    row = NumberSeries.objects.create(unit=units["QN-KV1"], series="hand_over", year=2026)
    other = NumberSeries.objects.get(pk=row.pk)
    move(row, TRIAL, "finish", field="series", last=7)
    assert (row.series, row.last) == ("loan", 7)
    with pytest.raises(Conflict, match="đang ở trạng thái “xong”"):
        move(other, TRIAL, "finish", field="series", last=9)
    other.refresh_from_db()
    assert (other.series, other.last) == ("loan", 7)


@pytest.mark.django_db
@pytest.mark.parametrize("machine", [ACCESSION, COPY, DIGITISATION, DISPOSAL, HAND_OVER, LOAN])
def test_a_move_is_made_from_the_states_of_the_table_and_from_no_other(
    machine: Machine, units: dict[str, ProcuracyUnit]
) -> None:
    """Any row with a word in it does: tables of their own refuse states without what belongs to them."""
    row = NumberSeries.objects.create(unit=units["QN-KV1"], series="hand_over", year=2026)
    for state, _label in machine.states:
        for each in machine.moves:
            NumberSeries.objects.filter(pk=row.pk).update(series=state, last=0)
            try:
                move(row, machine, each.name, field="series", last=1)
            except Conflict:
                made = False
            else:
                made = True
            row.refresh_from_db()
            expected = (each.target, 1) if state in each.sources else (state, 0)
            assert (made, row.series, row.last) == (state in each.sources, *expected), (state, each.name)


@pytest.mark.django_db
def test_a_number_that_was_taken_back_is_given_again(units: dict[str, ProcuracyUnit]) -> None:
    def taken(*, fails: bool = False) -> int:
        with transaction.atomic():
            number = next_number(units["QN-KV1"], "loan", 2026)
            if fails:
                raise Conflict("")
        return number

    assert taken() == 1
    with pytest.raises(Conflict):
        taken(fails=True)
    assert [taken(), taken()] == [2, 3]
    with transaction.atomic():
        assert next_number(units["QN-KV1"], "loan", 2027) == 1
        assert next_number(units["QN"], "loan", 2026) == 1
        assert next_number(units["QN-KV1"], "hand_over", 2026) == 1
