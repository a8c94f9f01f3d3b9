"""Workers that die in the midst of what they make, as of a page that takes all memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest


class Killed(BaseException):
    """The worker is gone, whatever it was doing."""


def killed_three_times(carry_out: Callable[[], object], resume: Callable[[], int]) -> list[int]:
    """Let three workers die one after the other; return how many works were begun anew after each."""
    begun = []
    for _time in range(3):
        with pytest.raises(Killed):
            carry_out()
        begun.append(resume())
    return begun
