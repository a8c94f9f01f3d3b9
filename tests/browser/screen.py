"""The court's screen: a deck opened from a folder, without a network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def shown_sha256(page: Page, folder: Path) -> str:
    """Return the hash of the picture on the court's screen, which has to be there and drawn."""
    image = page.locator(".pane .page-image").first
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 1000
    return hashlib.sha256((folder / str(image.get_attribute("src"))).read_bytes()).hexdigest()


def goes_to(page: Page, folio: str) -> None:
    """Type a number as whoever presents does."""
    page.keyboard.type(folio)
    page.keyboard.press("Enter")
