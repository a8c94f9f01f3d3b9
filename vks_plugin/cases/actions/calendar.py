"""Days off and working days by a decree the shipped calendar does not know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CalendarDay
from vks_plugin.errors import BadInput
from vks_plugin.text import one_line


@transaction.atomic
def set_calendar_days(
    *,
    off: Collection[dt.date] = (),
    worked: Collection[dt.date] = (),
    note: str = "",
    removed: Collection[dt.date] = (),
) -> int:
    """Enter, change and take back days; return how many rows there are now. Limits are recalculated by the caller.

    Raises:
        BadInput: a day is given twice, in different senses, or its year is a slip of the hand.
    """
    far = [day for day in {*off, *worked} if not 1900 <= day.year <= 2200]
    if far:
        raise BadInput(
            _("Ngày %(day)s có năm không hợp lệ: hãy kiểm tra lại.") % {"day": f"{min(far):%d/%m/%Y}"}, field="day"
        )
    twice = (set(off) & set(worked)) | ((set(off) | set(worked)) & set(removed))
    if twice:
        raise BadInput(
            _("Ngày %(day)s được nêu hai lần với nghĩa khác nhau: hãy chọn một.") % {"day": f"{min(twice):%d/%m/%Y}"}
        )
    CalendarDay.objects.filter(day__in=removed).delete()
    for days, is_day_off in ((off, True), (worked, False)):
        for day in days:
            CalendarDay.objects.update_or_create(
                day=day, defaults={"is_day_off": is_day_off, "note": one_line(note)[:200]}
            )
    return CalendarDay.objects.count()
