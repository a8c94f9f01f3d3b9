"""Ctrl-C at any moment: the process ends soon and in order, and the next start goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.browser.demonstration import READY, Demonstration, becomes
from tests.plugin import HOST

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def started(folder: Path, words: str) -> Iterator[Demonstration]:
    """Run the demonstration on this data until it has said these words."""
    running = Demonstration(HOST, folder)
    try:
        running.wait_for(words)
        yield running
    finally:
        running.kill()


def ended_well(demonstration: Demonstration, code: int, expected: int) -> None:
    """See that it said nothing alarming and left nothing behind."""
    assert code == expected, demonstration.said
    assert "Traceback" not in demonstration.said
    assert "panic" not in demonstration.said
    assert becomes(demonstration.left_running, [], within=3) == []


def test_what_was_stopped_half_way_or_at_once_goes_on_at_the_next_start(tmp_path: Path) -> None:
    # while people and cases are being entered
    with started(tmp_path, "tài khoản") as first:
        code, _took = first.interrupt(within=20)
        ended_well(first, code, 130)
    # while the worker reads the papers
    with started(tmp_path, READY) as second:
        assert second.waiting()
        code, took = second.interrupt(within=20)
        ended_well(second, code, 0)
        assert took < 15
    # pressed twice, it ends at once
    with started(tmp_path, READY) as third:
        third.press()
        third.wait_for("stopping")
        code, took = third.interrupt(within=20)
        ended_well(third, code, 130)
        assert took < 3
    with started(tmp_path, READY) as fourth:
        fourth.wait_until_filed()
        # none failed
        assert fourth.waiting() == []
        code, _took = fourth.interrupt(within=20)
        ended_well(fourth, code, 0)
