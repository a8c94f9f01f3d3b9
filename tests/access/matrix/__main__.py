"""`python -m tests.access.matrix [--host paperless] [--seed 7 --share 0.02] [--part 1/4]`; exit code 1 on a leak."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests import plugin

if TYPE_CHECKING:
    from tests.access.matrix.world import World


@contextmanager
def database() -> Iterator[World]:
    """Set the chosen host up with a database of its own, and build the world in it."""
    import logging
    import shutil

    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    logging.disable(logging.CRITICAL)
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    from tests.access.matrix.world import standing

    try:
        with standing() as world:
            yield world
    finally:
        teardown_databases(made, verbosity=0)
        shutil.rmtree(plugin.FOLDER, ignore_errors=True)


def main() -> int:
    """Run the matrix, print what it found, and tell whether something leaked."""
    parser = argparse.ArgumentParser(prog="python -m tests.access.matrix", description=__doc__)
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--seed", type=int, default=1, help="which cells a share takes")
    parser.add_argument("--share", type=float, default=1.0, help="of all cells; 1: every one")
    parser.add_argument("--part", default="1/1", help="the i-th of n equal parts of the cells")
    parser.add_argument("--after", type=int, default=0, help="leave out so many: a run of the same tree asked them")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long; the order is drawn by the seed")
    parser.add_argument("--door", default="", help="only addresses that have this in them")
    parser.add_argument("--about", nargs="*", default=[], help="only requests about these, such as paper:inbox")
    parser.add_argument("--changes", action="store_true", help="only requests that would change something")
    parser.add_argument("--most", type=int, default=40, help="problems shown of each sort")
    chosen = parser.parse_args()
    with database() as world:
        from tests.access.matrix.doors import SAFE, Call, unknown
        from tests.access.matrix.run import Asker, cells, go, sample

        strange = unknown()

        def wanted(call: Call) -> bool:
            return (
                chosen.door in call.door
                and (not chosen.about or call.about in chosen.about)
                and not (chosen.changes and call.method in SAFE)
            )

        found = cells(world, only=wanted)
        part, _, parts = chosen.part.partition("/")
        taken = found if chosen.share >= 1 else list(sample(found, chosen.share, chosen.seed))
        if int(parts) > 1 or chosen.minutes or chosen.after:
            # a part is of everything, so that one of them alone tells something too
            random.Random(chosen.seed).shuffle(taken)
            taken = taken[int(part) - 1 :: int(parts)][chosen.after :]
        print(f"host {plugin.HOST}: {len(taken)} of {len(found)} cells, {len(world.facts.people)} people", flush=True)
        outcome = go(
            world,
            taken,
            asker=Asker(world, chosen.seed),
            turn=chosen.seed,
            seconds=60 * chosen.minutes,
            say=lambda line: print(line, flush=True),
        )
        for title, problems in (
            ("unknown doors", [f"{method} {address}" for address, method in strange]),
            ("leaks", outcome.leaks),
            ("lacks", outcome.lacks),
        ):
            print(f"--- {title}: {len(problems)}")
            print("\n".join(problems[: chosen.most]))
        # never cut short: who reads of a fault has not to guess at which door
        print(f"--- answers of status 500 and above: {outcome.faults.total()}, of {len(outcome.faults)} kinds")
        print("\n".join(f"{count} × {fault}" for fault, count in outcome.faults.most_common()))
        print(outcome.summary(), dict(sorted(outcome.statuses.items())), flush=True)
        return int(bool(strange or outcome.leaks or outcome.lacks))


if __name__ == "__main__":
    sys.exit(main())
