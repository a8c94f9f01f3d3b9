"""Everybody tries every act: what came of it is compared with a table that the test writes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Model

from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def wrongly_done(
    people: Mapping[str, User],
    acts: Mapping[str, Callable[[User], object]],
    *,
    may: Mapping[str, Collection[str]],
    whose: Mapping[str, str],
    leads_to: Mapping[str, tuple[str, int]],
    row: Model,
    beside: Collection[type[Model]],
) -> list[tuple[str, str, str]]:
    """Return what did not go as it should: the act, who tried it, what came of it. All of it is undone.

    Args:
        acts: what can be tried, as the person given.
        may: by act, who may do it now; whoever else tries it is refused, and nothing changes.
        whose: by act, somebody whose it is at another time: what nobody may do now is tried by that person alone, without one by nobody.
        leads_to: by act, the state `row` comes into and how many entries the ledger gets.
        row: what the acts are about.
        beside: other tables in which a refused act leaves everything as it was.
    """
    state = type(row)._default_manager.filter(pk=row.pk).values_list("state", flat=True)

    def everything() -> list[Any]:
        tables: tuple[type[Model], ...] = (type(row), LedgerEntry, *beside)
        return [list(each._default_manager.order_by("pk").values()) for each in tables]

    before = everything()
    wrong = []
    for who, actor in people.items():
        for name, act in acts.items():
            if name not in may and whose.get(name) != who:
                continue
            should = who in may.get(name, ())
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        act(actor)
                    done = True
                except (Conflict, NotAllowed, NotFound):
                    done = False
                if done:
                    came = (state.get(), LedgerEntry.objects.count() - len(before[1]))
                    if not should or came != leads_to[name]:
                        wrong.append((name, who, f"done: {came}"))
                elif should:
                    wrong.append((name, who, "refused"))
                transaction.set_rollback(done)
        if everything() != before:
            wrong.append(("", who, "a refused act left something behind"))
    return wrong
