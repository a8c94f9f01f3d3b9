"""The rows the demonstration is made of, as they lie in the package."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.utils import timezone

import vks_plugin

FOLDER = Path(vks_plugin.__file__).parent / "fixtures" / "demo"


def read_rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of one of its files."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return rows


def day_of(text: str) -> dt.date:
    """Return a day that is written out, or so many days from today: what runs in a demonstration runs now."""
    if text.startswith("today"):
        return timezone.localdate() + dt.timedelta(days=int(text.removeprefix("today")))
    return dt.date.fromisoformat(text)
