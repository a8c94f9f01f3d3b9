"""What killed workers leave of bundles and decks."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from django.utils import timezone

from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.models import Bundle
from vks_plugin.court.tasks import tidy_up


@pytest.mark.django_db
def test_what_nobody_writes_to_any_more_is_removed_and_nothing_else() -> None:
    yesterday = (timezone.now() - dt.timedelta(hours=13)).timestamp()

    def lying(path: Path, *, old: bool) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        if old:
            for each in (path, path.parent):
                os.utime(each, (yesterday, yesterday))
        return path

    bundle, deck = Bundle(), DeckExport(format="html")
    gone = [lying(bundle.path.with_name(f".{bundle.path.name}.partial"), old=True)]
    gone += [lying(deck.path.parent / ".deck-abc" / "manifest.json", old=True)]
    stays = [lying(bundle.path, old=True), lying(deck.path, old=True)]
    stays += [lying(bundle.path.with_name(".other.pdf.partial"), old=False)]
    # its folder is old, and a worker writes a page in it
    stays += [lying(deck.path.parent / ".deck-def" / "page.jpg", old=False)]
    os.utime(stays[-1].parent, (yesterday, yesterday))
    tidy_up()
    assert [path.exists() for path in gone] == [False, False]
    assert not gone[1].parent.exists()
    assert [path.exists() for path in stays] == [True] * len(stays)
