"""The file in which the presenter's window of a package says what was shown and when: what may stand in it. Pure.

It comes from a computer in a courtroom, so nothing of it is believed but what the package can have shown: slides and
pages are looked up in the package, testimony needs the moment of its release, and times lie around the session.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from vks_plugin.text import Sentence
from vks_plugin.text import gettext_noop as _

FORMAT = "vks-shown/1"
LARGEST = 1024 * 1024
"""Bytes of a file."""
MOST_ENTRIES = 5000
AROUND = dt.timedelta(days=1)
"""How far outside the days of the session a time may lie: clocks are wrong, and sessions run late."""
_HELD = "cho_hdxx_dong_y"


class LogError(Exception):
    """A file that is no log of this package and session; carries the sentence for its reader."""

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template)
        self.sentence = Sentence(template, **values)


@dataclass(frozen=True)
class Shown:
    """Something that stood on the screen."""

    slide: int | None
    """None: a page that was opened by its folio."""
    page: str
    """Its key in the package; empty: a slide without pages of the case file."""
    shown_at: dt.datetime
    ended_at: dt.datetime | None
    """None: it stood there when the log was saved, or the window was lost."""
    released_at: dt.datetime | None
    """When the panel's consent was noted, of testimony."""

    def stored(self) -> dict[str, Any]:
        """Return it as it is kept."""
        moments = {name: getattr(self, name) for name in ("shown_at", "ended_at", "released_at")}
        told = {name: each.isoformat() if each is not None else None for name, each in moments.items()}
        return {"slide": self.slide, "page": self.page, **told}


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def read(content: bytes) -> dict[str, Any]:
    """Return what a file says, of the right form but otherwise unchecked.

    Raises:
        LogError: it is no log.
    """
    wrong = LogError(_("Đây không phải nhật ký trình chiếu: hãy chọn tệp .json do cửa sổ người trình chiếu lưu."))
    try:
        log = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise wrong from error
    if not isinstance(log, dict) or log.get("format") != FORMAT or not isinstance(log.get("entries"), list):
        raise wrong
    if not all(isinstance(log.get(name), str) for name in ("package", "manifest_sha256")):
        raise wrong
    if len(log["entries"]) > MOST_ENTRIES:
        raise LogError(_("Nhật ký có quá %(most)d lần chiếu: hãy báo quản trị."), most=MOST_ENTRIES)
    return log


def checked(
    log: Mapping[str, Any], *, contents: Mapping[str, Any], first: dt.datetime, last: dt.datetime
) -> list[Shown]:
    """Return what was shown, compared with what the package can show.

    Args:
        log: see `read`.
        contents: of the package: `slides` as its manifest has them, and `pages`.
        first: no time lies before it.
        last: nor after it.

    Raises:
        LogError: an entry is not of this package or this session.
    """
    if not log["entries"]:
        raise LogError(_("Nhật ký trống: chưa chiếu gì trong ngày đó."))
    slides = {slide["number"]: slide for slide in contents.get("slides", ())}
    found = []
    for place, entry in enumerate(log["entries"], 1):
        found.append(_entry(place, entry, slides, contents.get("pages", {}), first, last))
    return sorted(found, key=lambda each: each.shown_at)


def _entry(
    place: int,
    entry: Any,
    slides: Mapping[int, Any],
    pages: Mapping[str, str],
    first: dt.datetime,
    last: dt.datetime,
) -> Shown:
    if not isinstance(entry, dict):
        raise LogError(_("Dòng %(place)d của nhật ký bị hỏng."), place=place)
    number, page = entry.get("slide"), entry.get("page", "")
    if not (number is None or (isinstance(number, int) and not isinstance(number, bool))) or not isinstance(page, str):
        raise LogError(_("Dòng %(place)d của nhật ký bị hỏng."), place=place)
    slide = slides.get(number) if number is not None else None
    belongs = (number is None or slide is not None) and (number is not None or page in pages)
    if slide is not None and (page or slide["pages"]):
        belongs = page in slide["pages"]
    if not belongs:
        raise LogError(_("Dòng %(place)d của nhật ký không có trong gói này."), place=place)
    shown_at = _moment(place, entry.get("shown_at"), first, last)
    ended_at = _moment(place, entry["ended_at"], first, last) if entry.get("ended_at") is not None else None
    released_at = _moment(place, entry["released_at"], first, last) if entry.get("released_at") is not None else None
    if shown_at is None or (ended_at is not None and ended_at < shown_at):
        raise LogError(_("Dòng %(place)d của nhật ký có giờ không hợp lệ."), place=place)
    held = [each for each in slides.values() if each["state"] == _HELD and page in each["pages"]]
    open_too = any(page in each["pages"] for each in slides.values() if each["state"] != _HELD)
    testimony = slide["state"] == _HELD if slide is not None else bool(held) and not open_too
    if testimony and (released_at is None or released_at > shown_at):
        raise LogError(
            _("Dòng %(place)d của nhật ký: lời khai được chiếu mà không ghi lúc Hội đồng xét xử cho công bố."),
            place=place,
        )
    return Shown(number, page, shown_at, ended_at, released_at if testimony else None)


def _moment(place: int, value: Any, first: dt.datetime, last: dt.datetime) -> dt.datetime:
    try:
        if not isinstance(value, str) or len(value) > 40:
            raise ValueError(value)
        moment = dt.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        inside = first <= moment <= last
    except (ValueError, OverflowError) as error:
        raise LogError(_("Dòng %(place)d của nhật ký có giờ không hợp lệ."), place=place) from error
    if not inside:
        raise LogError(
            _(
                "Dòng %(place)d của nhật ký không thuộc ngày phiên tòa (cho phép lệch một ngày): hãy kiểm tra ngày của "
                "phiên tòa và đồng hồ máy trình chiếu."
            ),
            place=place,
        )
    return moment.astimezone(dt.UTC)
