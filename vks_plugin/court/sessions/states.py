"""States of a court session and what leads from one to another: a literal table. Pure.

A row is never taken away: rows of the database and entries of the ledger name its states.
"""

from __future__ import annotations

from vks_plugin.custody.states import Machine, Move
from vks_plugin.text import gettext_noop as _

PLANNED, HELD, ADJOURNED, CALLED_OFF = "du_kien", "da_dien_ra", "hoan", "khong_mo"

SESSION = Machine(
    states=(
        (PLANNED, _("Dự kiến mở")),
        (HELD, _("Đã diễn ra")),
        (ADJOURNED, _("Đã hoãn")),
        (CALLED_OFF, _("Không mở")),
    ),
    moves=(
        Move("hold", _("Ghi phiên tòa đã diễn ra"), frozenset({PLANNED}), HELD),
        Move("adjourn", _("Hoãn phiên tòa"), frozenset({PLANNED}), ADJOURNED),
        Move("call_off", _("Không mở phiên tòa"), frozenset({PLANNED}), CALLED_OFF),
    ),
    closed=frozenset({HELD, ADJOURNED, CALLED_OFF}),
)
"""A court session (phiên tòa). One that was adjourned stays so: the day on which the court takes it up is a session of
its own, chained to it."""
