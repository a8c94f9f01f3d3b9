"""A share of the matrix, another one each day; all of it: `python -m tests.access.matrix`."""

from __future__ import annotations

import os

import pytest
from django.utils import timezone

from tests.access.matrix.doors import Call, unknown
from tests.access.matrix.mutants import can_be_made, mutants
from tests.access.matrix.run import Asker, cells, go, sample
from tests.access.matrix.world import standing

_SHARE = 0.0018
"""How much of it is asked in the test line; every door is in it at least once."""


def _seed() -> int:
    """Return which cells are chosen today; `VKS_MATRIX_SEED` chooses those of another day again."""
    return int(os.environ.get("VKS_MATRIX_SEED") or timezone.localdate().toordinal())


def test_every_door_is_known() -> None:
    assert unknown() == []


def test_a_new_address_of_ours_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from vks_plugin import urls

    def opens(request: HttpRequest) -> HttpResponse:
        """Open something."""
        return HttpResponse()

    monkeypatch.setattr(urls, "urlpatterns", [path("vks/cases/<str:code>/vault/", opens), *urls.urlpatterns])
    assert unknown() == [("vks/cases/{code}/vault", "ANY")]


_ALWAYS = ("every paper", "every case", "count", "statistics")
"""What the lists tell each person is asked every day: a case too much or too little shows there first."""


@pytest.mark.every_address
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_share_of_everything_leaks_nothing(host: str) -> None:
    seed = _seed()
    with standing() as world:
        found = cells(world, only=_affordable)
        chosen = list(sample(found, _SHARE, seed))
        lists = [(who, call) for who, call in found if call.expect in _ALWAYS and "&" not in call.path]
        outcome = go(world, [*lists, *chosen], asker=Asker(world, seed), turn=seed)
        # tried by a command of their own; here only whether what they break is still there
        dead = {mutant.name: why for mutant in mutants() if (why := can_be_made(world, mutant))}
    assert dead == {}
    again = (
        f"again: VKS_MATRIX_SEED={seed}, or python -m tests.access.matrix --host {host} --seed {seed} --share {_SHARE}"
    )
    assert not outcome.leaks, "\n".join([again, *outcome.leaks])
    assert not outcome.lacks, "\n".join([again, *outcome.lacks])
    # who may read is told: a matrix that refuses everything would find no leak either
    assert outcome.told > len(lists) / 2
    assert outcome.denials > outcome.answers / 3


def _affordable(call: Call) -> bool:
    """Leave out doors that take seconds, whose answer is the same every day."""
    return call.door not in {"api/schema", "api/schema/view", "api/status"}
