"""Diagrams of a case: people, charges and evidence with the lines between them, and what happened when.

Laid out from the facts alone, without a clock or a random number: the same facts give the same picture. No box covers
another, every label fits its box, words on a line cover no box, and what people changed or added by hand (`Edits`) is
put on top of it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from reportlab.pdfbase.pdfmetrics import stringWidth

from vks_plugin.papers.fonts import BOLD, REGULAR, register_fonts
from vks_plugin.papers.layout import writable
from vks_plugin.text import composed
from vks_plugin.text import gettext_noop as _

WIDTH, HEIGHT = 1600.0, 800.0
"""The shape of the place a diagram is drawn for; one with more in it is larger and is shown smaller."""
LEAST_WIDTH, LEAST_HEIGHT = 1120.0, 560.0
"""A diagram with little in it is not blown up beyond this."""
_BOX_WIDTH = 330.0
_PADDING = 14.0
_SIZE, _SMALL = 24.0, 19.0
"""Letters of the label and of the note below it."""
_LEADING = 1.22
_GAP = 26.0
_WIDEST_GAP = 90.0
_BETWEEN = 120.0
_BETWEEN_WORDED = 196.0
"""Room between columns where words stand on a line."""
_MARGIN = 30.0
_HEADING = 46.0
_HEADING_SIZE = 26.0
_MOST_LINES = 5
MOST_BOXES = 150
MOST_LETTERS = 200
"""Of a label somebody wrote."""
MOST_OWN = 60
"""Boxes added by hand to one diagram."""
MOST_LINKS = 150
"""Lines drawn by hand in one diagram."""
LONGEST_WORDS = 60
"""Letters on a line."""
_LONGEST_KEY = 60
_FARTHEST = 1e6
"""Units from the corner within which a place makes sense; also keeps out what is no number."""

PERSON, CHARGE, VICTIM, EVIDENCE, EVENT = "person", "charge", "victim", "evidence", "event"
ACT, PLACE, THING, NOTE = "act", "place", "thing", "note"
OWN_KINDS: dict[str, str] = {
    ACT: _("Hành vi"),
    EVENT: _("Sự kiện"),
    PLACE: _("Địa điểm"),
    THING: _("Đồ vật"),
    NOTE: _("Ghi chú"),
}
"""What a box added by hand may be."""
OWN_KEY = re.compile(r"own:[1-9]\d{0,5}", re.ASCII)
"""What a box added by hand is known by."""


class Item(NamedTuple):
    """Something that becomes a box."""

    key: str
    """What it is known by when it is edited: `accused:12`."""
    group: str
    label: str
    note: str = ""
    """A smaller line below, such as `BL 12–14`."""
    folio: str = ""
    """The folio a click leads to."""
    day: dt.date | None = None
    """When it happened, where that is known: by it a time line is put in order."""
    apart: bool = False
    """Whether a time line has no place for it in its order."""


class Link(NamedTuple):
    """A line from one box to another, by their keys."""

    start: str
    end: str


class OwnBox(NamedTuple):
    """A box somebody added to what the record has."""

    key: str
    """As `OWN_KEY` has it; stays with the box whatever it is called."""
    kind: str
    """Of `OWN_KINDS`."""
    label: str
    day: dt.date | None = None
    folio: str = ""
    """The folio it cites: `12` or `125a`."""


@dataclass(frozen=True)
class Edits:
    """What people changed by hand; keys that are no longer there are passed over."""

    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    added: tuple[Link, ...] = ()
    removed: frozenset[Link] = frozenset()
    boxes: tuple[OwnBox, ...] = ()
    words: Mapping[Link, str] = field(default_factory=dict)
    """What is written on a line."""

    @classmethod
    def read(cls, stored: Any) -> Edits:
        """Return the edits as they are stored with a slide; what is malformed is passed over."""
        if not isinstance(stored, dict):
            return cls()
        places, labels = _part(stored, "places", dict), _part(stored, "labels", dict)
        links = {
            name: [Link(*map(_key, each)) for each in _part(stored, name, list) if _is_pair(each)]
            for name in ("added", "removed")
        }
        return cls(
            places={
                _key(key): (float(at[0]), float(at[1]))
                for key, at in places.items()
                if isinstance(at, list | tuple) and len(at) == 2 and all(_is_number(n) for n in at)
            },
            labels={_key(key): kept_words(words) for key, words in labels.items() if isinstance(words, str)},
            hidden=frozenset(_key(each) for each in _part(stored, "hidden", list) if isinstance(each, str)),
            added=tuple(links["added"]),
            removed=frozenset(links["removed"]),
            boxes=tuple({box.key: box for each in _part(stored, "boxes", list) if (box := _own(each))}.values()),
            words={
                Link(_key(each[0]), _key(each[1])): kept_words(each[2], LONGEST_WORDS)
                for each in _part(stored, "words", list)
                if _is_pair(each[:2] if isinstance(each, list | tuple) else None)
                and len(each) == 3
                and isinstance(each[2], str)
            },
        )

    def stored(self) -> dict[str, Any]:
        """Return the edits as they are stored."""
        return {
            "places": {key: [x, y] for key, (x, y) in sorted(self.places.items())},
            "labels": dict(sorted(self.labels.items())),
            "hidden": sorted(self.hidden),
            "added": [list(each) for each in self.added],
            "removed": sorted(list(each) for each in self.removed),
            "boxes": [
                {
                    "key": box.key,
                    "kind": box.kind,
                    "label": box.label,
                    "day": box.day.isoformat() if box.day is not None else "",
                    "folio": box.folio,
                }
                for box in self.boxes
            ],
            "words": sorted([*link, words] for link, words in self.words.items()),
        }


def _own(stored: Any) -> OwnBox | None:
    """Return a box added by hand as it is stored; None: it makes no sense."""
    if not isinstance(stored, dict):
        return None
    key, kind, label = stored.get("key"), stored.get("kind"), stored.get("label")
    if not all(isinstance(each, str) for each in (key, kind, label)):
        return None
    if not OWN_KEY.fullmatch(str(key)) or kind not in OWN_KINDS:
        return None
    try:
        day = dt.date.fromisoformat(str(stored.get("day") or ""))
    except ValueError:
        day = None
    return OwnBox(str(key), str(kind), kept_words(label), day, kept_words(stored.get("folio") or "", 12))


def _part(stored: dict[Any, Any], name: str, kind: type) -> Any:
    found = stored.get(name)
    return found if isinstance(found, kind) else kind()


def _is_number(each: Any) -> bool:
    return isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= _FARTHEST


def kept_words(given: Any, most: int = MOST_LETTERS) -> str:
    """Return words as a database can keep them: no half letters, no NUL, and not longer than a box takes."""
    return composed(str(given)).encode("utf-8", "ignore").decode().replace("\0", "")[:most]


def _key(given: Any) -> str:
    return kept_words(given, _LONGEST_KEY)


def _is_pair(each: Any) -> bool:
    return isinstance(each, list | tuple) and len(each) == 2 and all(isinstance(part, str) for part in each)


@dataclass(frozen=True)
class Box:
    """A box as it is drawn."""

    key: str
    group: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    note_lines: tuple[str, ...] = ()
    folio: str = ""

    def overlaps(self, other: Box) -> bool:
        """Tell whether two boxes cover each other somewhere."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


class Line(NamedTuple):
    """A line as it is drawn from one box to another, through these points."""

    start: str
    end: str
    points: tuple[tuple[float, float], ...]
    arrow: bool = False
    """Whether it points to its end: words on a line are read in its direction."""


class LineLabel(NamedTuple):
    """Words on a line, in a place where they cover no box."""

    start: str
    end: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


class Heading(NamedTuple):
    """Words above a group of boxes."""

    x: float
    y: float
    width: float
    text: str
    group: str


@dataclass(frozen=True)
class Diagram:
    """A diagram, ready to be drawn in its own units."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...] = ()
    title: str = ""
    labels: tuple[LineLabel, ...] = ()


# --- words ---------------------------------------------------------------------------------------


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is in the font that comes with the package."""
    register_fonts()
    return float(stringWidth(text, BOLD if bold else REGULAR, size))


def wrap(text: str, width: float, size: float, *, bold: bool = False, most: int = _MOST_LINES) -> tuple[str, ...]:
    """Return the text in lines that fit, at most `most` of them; what is left out shows as an ellipsis."""
    lines: list[str] = []
    rest = writable(text).split()
    while rest:
        line = rest.pop(0)
        if text_width(line, size, bold=bold) > width:
            cut = len(line)
            while cut > 1 and text_width(line[:cut], size, bold=bold) > width:
                cut -= 1
            if line[cut:]:
                rest.insert(0, line[cut:])
            line = line[:cut]
        else:
            while rest and text_width(f"{line} {rest[0]}", size, bold=bold) <= width:
                line = f"{line} {rest.pop(0)}"
        if len(lines) == most - 1 and rest:
            while line and text_width(f"{line}…", size, bold=bold) > width:
                line = line[:-1]
            lines.append(f"{line}…")
            break
        lines.append(line)
    return tuple(lines)


def _boxed(item: Item, label: str, width: float = _BOX_WIDTH) -> Box:
    inside = width - 2 * _PADDING
    lines = wrap(label, inside, _SIZE, bold=True)
    notes = wrap(item.note, inside, _SMALL, most=3)
    height = 2 * _PADDING + len(lines) * _SIZE * _LEADING + len(notes) * _SMALL * _LEADING
    return Box(item.key, item.group, 0.0, 0.0, width, height, lines, notes, item.folio)


# --- people, charges, evidence -------------------------------------------------------------------


def connections(
    items: Sequence[Item],
    links: Sequence[Link],
    *,
    headings: Mapping[str, str],
    edits: Edits | None = None,
    title: str = "",
) -> Diagram:
    """Lay boxes out in columns, a group after the other, with lines between them.

    A group that is too tall for the screen goes on in a column beside, so that the whole stays about as wide as a screen;
    a small one stands below another where `_stacks` says so.

    Args:
        items: what becomes a box.
        links: lines between them.
        headings: what is written above each group; a group without stands nowhere.
        edits: what people changed and added.
        title: of the whole.
    """
    changed = edits or Edits()
    kept = [item for item in items if item.key not in changed.hidden][:MOST_BOXES]
    groups = {
        name: [_boxed(item, changed.labels.get(item.key, item.label)) for item in kept if item.group == name]
        for name in headings
    }
    wanted = _wanted(kept, links, changed)
    between = _BETWEEN_WORDED if any(changed.words.get(link) for link in wanted) else _BETWEEN
    columns = _arranged(groups, _column_height(groups, between))
    gap = _gap_of(columns, between) if between == _BETWEEN_WORDED else _GAP
    tallest = max((_column_stacked(column, gap) for column in columns), default=0.0)
    placed: list[Box] = []
    shown: dict[str, Heading] = {}
    x = _MARGIN
    before = ""
    for column in columns:
        if before:
            x += _BOX_WIDTH + (_GAP if column[0][0] == before else between)
        # a short column stands in the middle of the tall one beside it
        top = _MARGIN + (0 if len(column) > 1 else (tallest - _column_stacked(column, gap)) / 2)
        for place, (name, boxes) in enumerate(column):
            start = shown[name].x if name in shown else x
            shown[name] = Heading(start, top if place else _MARGIN, x + _BOX_WIDTH - start, headings[name], name)
            y = top + _HEADING
            for box in boxes:
                placed.append(replace(box, x=x, y=y))
                y += box.height + gap
            top = y
            before = name
    return _finished(placed, wanted, changed, list(shown.values()), title)


def _wanted(kept: Sequence[Item], links: Sequence[Link], changed: Edits) -> list[Link]:
    """Return the lines that are drawn, each once."""
    keys = {item.key for item in kept}
    every = dict.fromkeys([*(link for link in links if link not in changed.removed), *changed.added])
    return [link for link in every if link.start in keys and link.end in keys and link.start != link.end]


_STACKS = ((PERSON,), (CHARGE, NOTE), (VICTIM, PLACE), (EVIDENCE, THING))
"""Groups from left to right; those of one place stand below each other while there is room."""
_STACKS_OF_ACTS = ((PERSON, CHARGE), (ACT, EVENT, NOTE), (VICTIM, PLACE), (EVIDENCE, THING))
"""The same where somebody added acts: they stand between who did something and whom it harmed."""

Column = list[tuple[str, Sequence[Box]]]
"""A group or several, from above."""


def _stacks(groups: Mapping[str, Sequence[Box]]) -> tuple[tuple[str, ...], ...]:
    return _STACKS_OF_ACTS if groups.get(ACT) or groups.get(EVENT) else _STACKS


def _arranged(groups: Mapping[str, Sequence[Box]], tallest: float) -> list[Column]:
    columns: list[Column] = []
    for stack in _stacks(groups):
        below = False
        for name in stack:
            boxes = groups.get(name)
            if not boxes:
                continue
            if below and _column_stacked([*columns[-1], (name, boxes)]) <= tallest:
                columns[-1].append((name, boxes))
                continue
            made = _columns(boxes, tallest)
            columns += [[(name, each)] for each in made]
            # below a group that goes on beside, another would look like a part of it
            below = len(made) == 1
    return columns


def _column_stacked(column: Column, gap: float = _GAP) -> float:
    """Return how tall a column is below its first heading."""
    return sum(_stacked(boxes, gap) for _name, boxes in column) + (len(column) - 1) * (gap + _HEADING)


def _gap_of(columns: Sequence[Column], between: float) -> float:
    """Return how far boxes stand from each other: where the whole is flat, there is room for words between lines."""
    most = max(sum(len(boxes) for _name, boxes in column) for column in columns) - 1
    tallest = max(_column_stacked(column) for column in columns)
    room = _width(columns, between) * HEIGHT / WIDTH - tallest - 2 * _MARGIN - _HEADING
    return min(_GAP + max(room, 0.0) / most, _WIDEST_GAP) if most else _GAP


def _width(columns: Sequence[Column], between: float) -> float:
    apart = sum(one[-1][0] != other[0][0] for one, other in pairwise(columns))
    return 2 * _MARGIN + len(columns) * (_BOX_WIDTH + _GAP) + apart * (between - _GAP) - _GAP


def _stacked(boxes: Sequence[Box], gap: float = _GAP) -> float:
    return sum(box.height for box in boxes) + gap * max(len(boxes) - 1, 0)


def _columns(boxes: Sequence[Box], tallest: float) -> list[list[Box]]:
    columns: list[list[Box]] = [[]]
    for box in boxes:
        if columns[-1] and _stacked([*columns[-1], box]) > tallest:
            columns.append([])
        columns[-1].append(box)
    return columns


def _column_height(groups: Mapping[str, Sequence[Box]], between: float) -> float:
    """Return how tall columns may be, so that the whole is hardly flatter or taller than a screen."""
    height = max([LEAST_HEIGHT, *(box.height for boxes in groups.values() for box in boxes)])
    least = sum(any(groups.get(name) for name in stack) for stack in _stacks(groups))
    while True:
        columns = _arranged(groups, height)
        if (
            _width(columns, between) <= (height + 2 * _MARGIN + _HEADING) * WIDTH / HEIGHT * 1.05
            or len(columns) <= least
        ):
            return height
        height *= 1.15


# --- what happened when --------------------------------------------------------------------------


def timeline(items: Sequence[Item], *, edits: Edits | None = None, title: str = "") -> Diagram:
    """Lay events out in rows that are read like lines of text, each with a line to the next.

    What stands apart from their order follows them.
    """
    changed = edits or Edits()
    kept = [item for item in items if item.key not in changed.hidden][:MOST_BOXES]
    kept.sort(key=lambda item: item.apart)
    across = 3 if len(kept) <= 6 else 4 if len(kept) <= 16 else 5 if len(kept) <= 30 else 6
    step = _BOX_WIDTH + 46
    placed: list[Box] = []
    y = _MARGIN
    for start in range(0, len(kept), across):
        row = [_boxed(item, changed.labels.get(item.key, item.label)) for item in kept[start : start + across]]
        height = max(box.height for box in row)
        placed += [replace(box, x=_MARGIN + place * step, y=y, height=height) for place, box in enumerate(row)]
        y += height + _ROW_GAP
    links = [Link(one.key, other.key) for one, other in pairwise(kept) if not other.apart]
    return _finished(placed, _wanted(kept, links, changed), changed, [], title)


_ROW_GAP = 60.0


# --- lines, and what people changed --------------------------------------------------------------


def _finished(
    placed: Sequence[Box], links: Sequence[Link], changed: Edits, headings: Sequence[Heading], title: str
) -> Diagram:
    aside = max((LEAST_WIDTH - max([0.0, *(box.x + box.width + _MARGIN for box in placed)])) / 2, 0.0)
    down = max((LEAST_HEIGHT - max([0.0, *(box.y + box.height + _MARGIN for box in placed)])) / 2, 0.0)
    # little stands in the middle, whatever people moved: one box they put elsewhere moves none of the others
    boxes = _moved([replace(box, x=box.x + aside, y=box.y + down) for box in placed], changed)
    headings = [heading._replace(x=heading.x + aside, y=heading.y + down) for heading in headings]
    by_key = {box.key: box for box in boxes}
    over = [_place_of(heading) for heading in headings]
    lines: list[Line] = []
    for link in links:
        ends = by_key[link.start], by_key[link.end]
        lines.append(_line(*ends, boxes, over, lines, worded=bool(changed.words.get(link))))
    labels = _labelled(lines, changed.words, [*boxes, *over, *map(_place_of_arrow, lines)])
    shown: list[Box | LineLabel] = [*boxes, *labels]
    beside = [x + _ASIDE for line in lines for x, _y in line.points]
    width = max([LEAST_WIDTH, *(each.x + each.width + _MARGIN for each in shown), *beside])
    height = max([LEAST_HEIGHT, *(each.y + each.height + _MARGIN for each in shown)])
    return Diagram(width, height, tuple(boxes), tuple(lines), tuple(headings), title, tuple(labels))


def _place_of(heading: Heading) -> Box:
    """Return the place the words of a heading take."""
    wide = text_width(writable(heading.text), _HEADING_SIZE, bold=True)
    return Box("", heading.group, heading.x + (heading.width - wide) / 2, heading.y + 4, wide, 30.0, ())


def _moved(placed: Sequence[Box], changed: Edits) -> list[Box]:
    """Put boxes where people want them; one that would then cover another goes down to where there is room."""
    fixed = [box for box in placed if box.key in changed.places]
    done = [box for box in placed if box.key not in changed.places]
    for box in fixed:
        x, y = (max(each, 0.0) for each in changed.places[box.key])
        moved = replace(box, x=min(x, 8 * WIDTH), y=min(y, 8 * HEIGHT))
        while hit := next((other for other in done if moved.overlaps(other)), None):
            moved = replace(moved, y=hit.y + hit.height + _GAP / 2)
        done.append(moved)
    order = {box.key: place for place, box in enumerate(placed)}
    return sorted(done, key=lambda box: order[box.key])


Point = tuple[float, float]


def _line(
    one: Box, other: Box, boxes: Sequence[Box], over: Sequence[Box], drawn: Sequence[Line], *, worded: bool
) -> Line:
    """Join two boxes at the sides that face each other; around the boxes that stand in between.

    Args:
        one: where it starts.
        other: where it ends.
        boxes: all of them.
        over: places of headings, passed by where there is a way.
        drawn: the lines before this one.
        worded: whether words stand on it: it points to its end, and from a box down to another it leads beside them,
            where there is room for words.
    """
    points = _straight(one, other)
    between = [box for box in boxes if box.key not in {one.key, other.key}]
    first, last = (one, other) if one.x <= other.x else (other, one)
    aside = worded and last.x < first.x + first.width
    if aside or _is_hidden(points, [*between, *over]):
        hidden = aside or _is_hidden(points, between)
        around = _around(first, last, [*between, *over], drawn)
        around = around or (_around(first, last, between, drawn) if hidden else None)
        points = points if around is None else around if first is one else around[::-1]
    return Line(one.key, other.key, tuple((round(x, 1), round(y, 1)) for x, y in points), arrow=worded)


def _straight(one: Box, other: Box) -> list[Point]:
    if other.x >= one.x + one.width:
        return [(one.x + one.width, one.y + one.height / 2), (other.x, other.y + other.height / 2)]
    if one.x >= other.x + other.width and abs(one.y - other.y) < one.height:
        return [(one.x, one.y + one.height / 2), (other.x + other.width, other.y + other.height / 2)]
    if other.y >= one.y + one.height:
        return _down(one, other)
    return _down(other, one)[::-1] if one.y >= other.y + other.height else _down(one, other)


_ASIDE = _GAP / 2
"""How far from a box a line passes it."""
_CLEAR = 6.0
"""How near a line rather does not come to a box it only passes."""
_LANE, _MOST_LANES = 11.0, 8
"""How far lines beside a column are from each other, and how many are told apart."""
_MOST_WAYS = 60
"""Heights that are tried for a line."""


def _around(one: Box, other: Box, between: Sequence[Box], drawn: Sequence[Line]) -> list[Point] | None:
    """Return the shortest way from a box to one right of it, or in its column, that no box hides; None: there is none."""
    start = (one.x + one.width, one.y + one.height / 2)
    here = start[0] + _ASIDE
    if other.x < one.x + one.width:
        end = (other.x + other.width, other.y + other.height / 2)
        return _beside(start, end, between, drawn)
    end = (other.x, other.y + other.height / 2)
    there = end[0] - _ASIDE
    passed = [box for box in between if box.x < there and here < box.x + box.width]
    levels = {start[1], end[1], *(y for box in passed for y in (box.y - _ASIDE, box.y + box.height + _ASIDE))}
    nearest = sorted(levels, key=lambda y: (abs(start[1] - y) + abs(end[1] - y), abs(start[1] - y), y))[:_MOST_WAYS]
    # aslant up to what stands in between and on behind it; where that is hidden too, beside the columns
    hiding = [box for box in passed if _passes(start, end, box)]
    left = min((box.x for box in hiding), default=there) - _ASIDE
    right = max((box.x + box.width for box in hiding), default=here) + _ASIDE
    ways = [[start, (left, y), (right, y), end] for y in nearest if start[0] <= left and right <= end[0]]
    ways += [[start, (here, start[1]), (here, y), (there, y), (there, end[1]), end] for y in nearest]
    # rather not along the very border of a box
    for room in ([_grown(box) for box in between], between):
        for way in ways:
            if not _is_hidden(way, room):
                return list(dict.fromkeys(way))
    return None


def _grown(box: Box) -> Box:
    return replace(
        box, x=box.x - _CLEAR, y=box.y - _CLEAR, width=box.width + 2 * _CLEAR, height=box.height + 2 * _CLEAR
    )


def _beside(start: Point, end: Point, between: Sequence[Box], drawn: Sequence[Line]) -> list[Point] | None:
    """Return the way beside a column of boxes, where possible not on another line: nobody could tell who is joined to whom."""
    upright = [
        (one[0], *sorted((one[1], other[1])))
        for line in drawn
        for one, other in pairwise(line.points)
        if one[0] == other[0]
    ]
    upper, lower = sorted((start[1], end[1]))
    found: list[Point] | None = None
    for lane in range(_MOST_LANES):
        x = max(start[0], end[0]) + _ASIDE + lane * _LANE
        points = [start, (x, start[1]), (x, end[1]), end]
        if _is_hidden(points, between):
            break
        found = found or points
        if not any(abs(each - x) < _LANE - 1 and top < lower and upper < bottom for each, top, bottom in upright):
            return points
    return found


def _is_hidden(points: Sequence[Point], boxes: Sequence[Box]) -> bool:
    return any(_passes(one, other, box) for one, other in pairwise(points) for box in boxes)


def _passes(one: Point, other: Point, box: Box) -> bool:
    """Tell whether a straight line goes through the inside of a box."""
    enters, leaves = 0.0, 1.0
    for at, to, low, high in (
        (one[0], other[0], box.x, box.x + box.width),
        (one[1], other[1], box.y, box.y + box.height),
    ):
        if at == to:
            if not low < at < high:
                return False
            continue
        near, far = sorted(((low - at) / (to - at), (high - at) / (to - at)))
        enters, leaves = max(enters, near), min(leaves, far)
    return enters < leaves


def _down(one: Box, other: Box) -> list[Point]:
    """Lead from a box to one below; to one far aside, between the rows."""
    start = (one.x + one.width / 2, one.y + one.height)
    end = (other.x + other.width / 2, other.y)
    if abs(start[0] - end[0]) <= one.width:
        return [start, end]
    between = start[1] + _ROW_GAP / 2 if end[1] - start[1] >= _ROW_GAP else (start[1] + end[1]) / 2
    return [start, (start[0], between), (end[0], between), end]


_ARROW = 17.0
"""How long the head of a line that points somewhere is."""


def arrow_head(line: Line) -> tuple[Point, Point, Point]:
    """Return the corners of the head of a line, its tip first."""
    (x, y), tip = line.points[-2], line.points[-1]
    turn = math.atan2(tip[1] - y, tip[0] - x)
    wings = (turn + math.pi - 0.36, turn + math.pi + 0.36)
    one, other = ((round(tip[0] + _ARROW * math.cos(w), 1), round(tip[1] + _ARROW * math.sin(w), 1)) for w in wings)
    return tip, one, other


def _place_of_arrow(line: Line) -> Box:
    """Return the place the head of a line takes; none, where it has none."""
    if not line.arrow:
        return Box("", "", 0.0, 0.0, 0.0, 0.0, ())
    corners = arrow_head(line)
    left, top = (min(corner[side] for corner in corners) for side in (0, 1))
    right, bottom = (max(corner[side] for corner in corners) for side in (0, 1))
    return Box("", "", left, top, right - left, bottom - top, ())


# --- words on lines ------------------------------------------------------------------------------

_LABEL_WIDTH = 164.0
_LABEL_PADDING = 4.0
_AIR = 6.0
_ALONG = (0.5, *(0.5 + side * step / 20 for step in range(1, 9) for side in (-1, 1)))
"""Where on its line words are tried, as parts of its length."""
_MOST_RINGS = 60


def _labelled(lines: Sequence[Line], words: Mapping[Link, str], taken: Sequence[Box]) -> list[LineLabel]:
    """Put words on their lines, else beside them, where they cover no box, no heading and no other words."""
    full = list(taken)
    found: list[LineLabel] = []
    for line in lines:
        told = wrap(words.get(Link(line.start, line.end), ""), _LABEL_WIDTH, _SMALL, most=4)
        if not told:
            continue
        width = max(text_width(each, _SMALL) for each in told) + 2 * _LABEL_PADDING
        height = len(told) * _SMALL * _LEADING + 2 * _LABEL_PADDING
        others = [pair for each in lines if each is not line for pair in pairwise(each.points)]
        x, y = _free_place(line.points, width, height, full, others)
        # a little air, so that words of two lines are not read as one
        full.append(Box("", "", x - _AIR, y - _AIR, width + 2 * _AIR, height + 2 * _AIR, told))
        found.append(LineLabel(line.start, line.end, x, y, width, height, told))
    return found


def _free_place(
    points: Sequence[Point], width: float, height: float, full: Sequence[Box], others: Sequence[tuple[Point, Point]]
) -> Point:
    """Return the upper left corner of the best free place for words on a line.

    That is on the line or beside it, rather where no other line leads behind the words; else as near as there is room.
    """
    on = [_part_way(points, part) for part in _ALONG]
    across, down = width / 2 + 6, height / 2 + 6
    beside = [
        (x + right * across, y + below * down) for x, y in on for right, below in ((1, 0), (-1, 0), (0, -1), (0, 1))
    ]
    near: Point | None = None
    for place in _free([*on, *beside], width, height, full):
        near = near or (place.x, place.y)
        if not any(_passes(one, other, place) for one, other in others):
            return place.x, place.y
    if near is not None:
        return near
    x, y = on[0]
    turns = [turn * math.pi / 6 for turn in range(12)]
    far = (
        (x + ring * 30 * math.cos(turn), y + ring * 30 * math.sin(turn))
        for ring in range(1, _MOST_RINGS)
        for turn in turns
    )
    last = (_MARGIN, max(each.y + each.height for each in full) + _GAP / 2)
    return next(((place.x, place.y) for place in _free(far, width, height, full)), last)


def _free(middles: Iterable[Point], width: float, height: float, full: Sequence[Box]) -> Iterator[Box]:
    """Yield the places around these points where nothing stands yet."""
    for x, y in middles:
        place = Box("", "", round(x - width / 2, 1), round(y - height / 2, 1), width, height, ())
        if place.x >= 0 and place.y >= 0 and not any(place.overlaps(each) for each in full):
            yield place


def _part_way(points: Sequence[Point], part: float) -> Point:
    """Return the point at a part of the way along these points."""
    steps = [math.dist(one, other) for one, other in pairwise(points)]
    left = sum(steps) * part
    for (one, other), step in zip(pairwise(points), steps, strict=True):
        if left <= step and step:
            return one[0] + (other[0] - one[0]) * left / step, one[1] + (other[1] - one[1]) * left / step
        left -= step
    return points[-1]


COLOURS: dict[str, tuple[str, str]] = {
    PERSON: ("#eef4ee", "#17541f"),
    CHARGE: ("#fdf1e3", "#9a4b00"),
    VICTIM: ("#f6eef7", "#6b2a75"),
    EVIDENCE: ("#eaf1fa", "#1c4a7e"),
    EVENT: ("#ffffff", "#17541f"),
    ACT: ("#fceceb", "#9c231b"),
    PLACE: ("#e6f4f3", "#0b615c"),
    THING: ("#f4f0e3", "#685518"),
    NOTE: ("#fffbdc", "#857000"),
}
"""Ground and border of a box by its group."""
WORDS_COLOUR = "#3c454e"
"""Of words on a line."""


def baselines(box: Box) -> list[tuple[str, float, float, bool]]:
    """Return the lines of a box with where they stand: text, height of its baseline, size, whether it is bold."""
    y = box.y + _PADDING
    found = []
    for text in box.lines:
        found.append((text, y + _SIZE * 0.95, _SIZE, True))
        y += _SIZE * _LEADING
    for text in box.note_lines:
        found.append((text, y + _SMALL * 0.95, _SMALL, False))
        y += _SMALL * _LEADING
    return found


def label_baselines(label: LineLabel) -> list[tuple[str, float, float]]:
    """Return the lines of words on a line with where they stand: text, height of its baseline, size."""
    top = label.y + _LABEL_PADDING
    return [(text, top + (place * _LEADING + 0.95) * _SMALL, _SMALL) for place, text in enumerate(label.lines)]


def as_svg(diagram: Diagram, *, keyed: bool = False) -> str:
    """Return the diagram as an SVG of its own; everything people wrote is escaped.

    Args:
        diagram: what is drawn.
        keyed: whether boxes and lines say which they are, for the page on which they are moved; not for what leaves the house.
    """
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {diagram.width:g} {diagram.height:g}" role="img" '
        'font-family="Liberation Serif, Times New Roman, serif">'
    )
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        opening,
        f"<title>{escape(writable(diagram.title))}</title>",
        f'<rect width="{diagram.width:g}" height="{diagram.height:g}" fill="#ffffff"/>',
    ]
    parts += [
        f'<polyline points="{" ".join(f"{x:g},{y:g}" for x, y in line.points)}" fill="none" stroke="#5b6570" '
        f'stroke-width="2.5"{_named(keyed, start=line.start, end=line.end)}/>'
        for line in diagram.lines
    ]
    parts += [
        f'<polygon points="{" ".join(f"{x:g},{y:g}" for x, y in arrow_head(line))}" fill="#5b6570"'
        f"{_named(keyed, start=line.start, end=line.end)}/>"
        for line in diagram.lines
        if line.arrow
    ]
    for heading in diagram.headings:
        colour = COLOURS.get(heading.group, COLOURS[EVENT])[1]
        parts.append(
            f'<text x="{heading.x + heading.width / 2:.1f}" y="{heading.y + 26:.1f}" font-size="{_HEADING_SIZE:g}" font-weight="bold" '
            f'text-anchor="middle" fill={quoteattr(colour)}>{escape(writable(heading.text))}</text>'
        )
    for box in diagram.boxes:
        ground, border = COLOURS.get(box.group, COLOURS[EVENT])
        parts.append(f"<g{_named(keyed, key=box.key)}>")
        parts.append(
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="8" '
            f'fill="{ground}" stroke="{border}" stroke-width="2.5"/>'
        )
        for text, y, size, bold in baselines(box):
            weight = ' font-weight="bold"' if bold else ""
            parts.append(
                f'<text x="{box.x + box.width / 2:.1f}" y="{y:.1f}" font-size="{size:g}"{weight} '
                f'text-anchor="middle" fill="#14181d">{escape(text)}</text>'
            )
        parts.append("</g>")
    for label in diagram.labels:
        parts.append(f"<g{_named(keyed, start=label.start, end=label.end)}>")
        parts.append(
            f'<rect x="{label.x:.1f}" y="{label.y:.1f}" width="{label.width:.1f}" height="{label.height:.1f}" rx="4" '
            'fill="#ffffff"/>'
        )
        parts += [
            f'<text x="{label.x + label.width / 2:.1f}" y="{y:.1f}" font-size="{size:g}" font-style="italic" '
            f'text-anchor="middle" fill="{WORDS_COLOUR}">{escape(text)}</text>'
            for text, y, size in label_baselines(label)
        ]
        parts.append("</g>")
    parts.append("</svg>\n")
    return "\n".join(parts)


def _named(keyed: bool, **names: str) -> str:  # noqa: FBT001 - of this module
    return "".join(f" data-{name}={quoteattr(value)}" for name, value in names.items()) if keyed else ""
