"""Diagrams: no box covers another, every label fits, and what people changed is kept."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from vks_plugin.court.deck.diagrams import (
    ACT,
    CHARGE,
    EVENT,
    EVIDENCE,
    LONGEST_WORDS,
    NOTE,
    OWN_KINDS,
    PERSON,
    PLACE,
    THING,
    VICTIM,
    Diagram,
    Edits,
    Item,
    Link,
    OwnBox,
    arrow_head,
    as_svg,
    baselines,
    connections,
    label_baselines,
    text_width,
    timeline,
    wrap,
)

HEADINGS = {PERSON: "Bị cáo", CHARGE: "Tội danh", EVIDENCE: "Chứng cứ"}
ALL_HEADINGS = HEADINGS | {VICTIM: "Bị hại"} | OWN_KINDS
_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("ẫ Đ ỹ đồng <&"), max_size=160
)
_PLACES = st.tuples(st.floats(-500, 20000, allow_nan=False), st.floats(-500, 20000, allow_nan=False))


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[Item], list[Link], Edits]:
    count = draw(st.integers(0, 45))
    items = [
        Item(f"k{number}", draw(st.sampled_from(list(ALL_HEADINGS))), draw(_WORDS), draw(_WORDS))
        for number in range(count)
    ]
    keys = st.sampled_from([item.key for item in items] or ["none"])
    links = draw(st.lists(st.builds(Link, keys, keys), max_size=12))
    added = draw(st.lists(st.builds(Link, keys, keys), max_size=6))
    edits = Edits(
        places=draw(st.dictionaries(keys, _PLACES, max_size=6)),
        labels=draw(st.dictionaries(keys, _WORDS, max_size=3)),
        hidden=frozenset(draw(st.lists(keys, max_size=3))),
        added=tuple(added),
        words={link: draw(_WORDS)[:LONGEST_WORDS] for link in added},
    )
    return items, links, edits


def sound(diagram: Diagram) -> None:
    for one, other in itertools.combinations(diagram.boxes, 2):
        assert not one.overlaps(other), (one, other)
    for box in diagram.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= diagram.width
        assert box.y + box.height <= diagram.height
        for text, y, size, bold in baselines(box):
            assert text_width(text, size, bold=bold) <= box.width
            assert box.y + size * 0.7 <= y <= box.y + box.height - size * 0.2
    # words on lines cover no box and no other words, and fit their place
    for label in diagram.labels:
        assert min(label.x, label.y) >= 0
        assert label.x + label.width <= diagram.width
        assert label.y + label.height <= diagram.height
        for text, y, size in label_baselines(label):
            assert text_width(text, size) <= label.width
            assert label.y + size * 0.7 <= y <= label.y + label.height - size * 0.1
        assert not any(overlap(label, box) for box in diagram.boxes)
    assert not any(overlap(one, other) for one, other in itertools.combinations(diagram.labels, 2))


def overlap(one: Any, other: Any) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return bool(across and one.y < other.y + other.height and other.y < one.y + one.height)


@settings(max_examples=25)
@given(drawings())
def test_no_box_covers_another_and_labels_fit(drawn: tuple[list[Item], list[Link], Edits]) -> None:
    items, links, edits = drawn
    across = connections(items, links, headings=ALL_HEADINGS, edits=edits)
    along = timeline(items, edits=edits)
    for diagram in (across, along):
        sound(diagram)
        assert {box.key for box in diagram.boxes} == {item.key for item in items} - edits.hidden
        keys = {box.key for box in diagram.boxes}
        assert all(line.start in keys and line.end in keys for line in diagram.lines)
        # parsed by another hand: whatever people wrote is text there
        root = ET.fromstring(as_svg(diagram))
        shown = [part.text for part in root.iter("{http://www.w3.org/2000/svg}text")]
        written = [line for box in diagram.boxes for line in (*box.lines, *box.note_lines)]
        written += [line for label in diagram.labels for line in label.lines]
        assert written == [text or "" for text in shown[len(diagram.headings) :]]
    assert connections(items, links, headings=ALL_HEADINGS, edits=Edits.read(edits.stored())) == across


def hidden_lines(diagram: Diagram) -> list[tuple[str, str, str]]:
    """Return which lines go through which box that is at neither end of them, as steps along the line find it."""
    found = []
    for line, box in itertools.product(diagram.lines, diagram.boxes):
        if box.key in {line.start, line.end}:
            continue
        for (x1, y1), (x2, y2) in itertools.pairwise(line.points):
            steps = [(x1 + (x2 - x1) * part / 400, y1 + (y2 - y1) * part / 400) for part in range(401)]
            if any(0.5 < x - box.x < box.width - 0.5 and 0.5 < y - box.y < box.height - 0.5 for x, y in steps):
                found.append((line.start, line.end, box.key))
                break
    return found


@settings(max_examples=25)
@given(drawings())
def test_no_line_goes_through_a_box_it_does_not_join(drawn: tuple[list[Item], list[Link], Edits]) -> None:
    items, links, _edits = drawn
    diagram = connections(items, links, headings=ALL_HEADINGS)
    assert hidden_lines(diagram) == []
    assert all(0 <= x <= diagram.width and 0 <= y <= diagram.height for line in diagram.lines for x, y in line.points)


def test_a_line_goes_around_who_stands_alone_in_the_middle() -> None:
    items = [Item("a", PERSON, "Nguyễn Văn Ánh"), Item("v", CHARGE, "Trần Thị Hoa"), Item("e", EVIDENCE, "Xe máy")]
    (line,) = connections(items, [Link("a", "e")], headings=HEADINGS).lines
    assert len(line.points) > 2
    # put out of the way by hand, it is straight again
    edits = Edits({"v": (480.0, 20.0)})
    (line,) = connections(items, [Link("a", "e")], headings=HEADINGS, edits=edits).lines
    assert len(line.points) == 2


def test_what_people_changed_stands_on_top_of_the_layout() -> None:
    items = [Item("a", PERSON, "Nguyễn Văn Ánh"), Item("b", CHARGE, "Trộm cắp tài sản"), Item("c", EVIDENCE, "Xe máy")]
    links = [Link("a", "b"), Link("b", "c")]
    edits = Edits(
        {"c": (40.0, 700.0)}, {"b": "Tội trộm cắp"}, frozenset(), (Link("a", "c"),), frozenset({Link("b", "c")})
    )
    drawn = connections(items, links, headings=HEADINGS, edits=edits)
    boxes = {box.key: box for box in drawn.boxes}
    assert (boxes["c"].x, boxes["c"].y) == (40.0, 700.0)
    assert boxes["b"].lines == ("Tội trộm cắp",)
    assert [(line.start, line.end) for line in drawn.lines] == [("a", "b"), ("a", "c")]
    # put on top of another, it goes where there is room
    onto = connections(items, links, headings=HEADINGS, edits=Edits({"c": (boxes["a"].x, boxes["a"].y)}))
    sound(onto)


def test_a_large_case_stays_about_as_wide_as_a_screen() -> None:
    items = [Item(f"p{n}", PERSON, f"Nguyễn Văn {n}") for n in range(12)]
    items += [Item(f"c{n}", CHARGE, "Tội lừa đảo chiếm đoạt tài sản", f"khoản {n} Điều 174") for n in range(5)]
    items += [Item(f"e{n}", EVIDENCE, f"Biên bản khám xét khẩn cấp chỗ ở {n}", f"BL {n}") for n in range(40)]
    drawn = connections(items, [], headings=HEADINGS)
    sound(drawn)
    assert 1.2 <= drawn.width / drawn.height <= 2.4
    row = timeline(items)
    sound(row)
    assert 0.8 <= row.width / row.height <= 2.4


def test_many_boxes_by_hand_stand_under_their_headings_and_words_stand_by_their_lines() -> None:
    long = "Nghiêng-nghiêng-chuyển-nhượng-quyền-sử-dụng-đất"
    kinds = itertools.cycle(OWN_KINDS)
    items = [Item(f"p{n}", PERSON, f"Nguyễn Trường Nghĩa {n}", "sinh 1990") for n in range(4)]
    items += [Item("c", CHARGE, "Tội lừa đảo chiếm đoạt tài sản", "khoản 4 Điều 174"), Item("v", VICTIM, "Đỗ Thị Ước")]
    items += [Item(f"e{n}", EVIDENCE, f"Biên bản khám xét {n}", f"BL {n}") for n in range(6)]
    items += [Item(f"own:{n}", next(kinds), f"{long} {n} {long}", "19/08/2022 · BL 12") for n in range(1, 46)]
    words = {Link(f"p{n % 4}", f"own:{n}"): f"trực tiếp thực hiện lần {n}" for n in range(1, 21)}
    words |= {Link("own:1", "own:6"): "sau đó", Link("own:6", "v"): long}
    links = [Link("p0", "c"), *(Link("c", f"e{n}") for n in range(6))]
    drawn = connections(items, links, headings=ALL_HEADINGS, edits=Edits(added=tuple(words), words=words))
    sound(drawn)
    assert len(drawn.boxes) == len(items)
    assert len(drawn.labels) == len(words)
    assert hidden_lines(drawn) == []
    assert 1.0 <= drawn.width / drawn.height <= 2.6
    # every box stands below the heading of its kind, which no box covers
    over = {heading.group: heading for heading in drawn.headings}
    for box in drawn.boxes:
        heading = over[box.group]
        assert heading.x <= box.x
        assert box.x + box.width <= heading.x + heading.width
        assert heading.y + 30 <= box.y
    # a line with words points to the box it ends at, seen from outside
    inside = {box.key: box for box in drawn.boxes}
    assert {(line.start, line.end) for line in drawn.lines if line.arrow} == set(words)
    for line in drawn.lines:
        tip, *wings = arrow_head(line)
        end = inside[line.end]
        assert abs(tip[0] - end.x) < 0.2 or abs(tip[0] - end.x - end.width) < 0.2 or abs(tip[1] - end.y) < 0.2
        x, y = (sum(wing[side] for wing in wings) / 2 for side in (0, 1))
        assert not (end.x < x < end.x + end.width and end.y < y < end.y + end.height)
    # the words a line has room for stand on it, or beside it
    for label in drawn.labels:
        (line,) = [each for each in drawn.lines if (each.start, each.end) == (label.start, label.end)]
        middle = (label.x + label.width / 2, label.y + label.height / 2)
        near = min(distance(middle, *ends) for ends in itertools.pairwise(line.points))
        assert near <= label.width


def distance(point: tuple[float, float], one: tuple[float, float], other: tuple[float, float]) -> float:
    steps = ((one[0] + (other[0] - one[0]) * n / 200, one[1] + (other[1] - one[1]) * n / 200) for n in range(201))
    return min(math.dist(point, step) for step in steps)


def test_acts_stand_between_people_and_whom_they_harmed_and_lines_beside_a_column_are_told_apart() -> None:
    items = [
        Item("a", PERSON, "Ánh"),
        Item("b", PERSON, "Ước"),
        Item("c", CHARGE, "Trộm cắp"),
        Item("d", CHARGE, "Chứa"),
    ]
    items += [Item("v", VICTIM, "Hoa"), Item("own:1", ACT, "Lấy xe"), Item("own:2", PLACE, "Bãi xe")]
    items += [Item("e", EVIDENCE, "Xe"), Item("own:3", THING, "Chìa khóa"), Item("own:4", NOTE, "Xem lại")]
    drawn = connections(items, [Link("a", "c"), Link("b", "d")], headings=ALL_HEADINGS)
    left = {box.key: box.x for box in drawn.boxes}
    assert left["a"] == left["c"] < left["own:1"] == left["own:4"] < left["v"] == left["own:2"] < left["e"]
    assert left["e"] == left["own:3"]
    upright = [x for line in drawn.lines for (x, y), (other, end) in itertools.pairwise(line.points) if x == other]
    assert len(set(upright)) == len(drawn.lines) == 2


def test_a_time_line_has_events_by_hand_and_what_bears_no_day_stands_behind_it() -> None:
    items = [Item("crime", EVENT, "19/08/2022", "Ngày phạm tội"), Item("own:2", NOTE, "Chưa rõ giờ", apart=True)]
    items += [Item("own:1", ACT, "20/08/2022", "Vứt dao"), Item("event:1", EVENT, "23/08/2022", "Khởi tố")]
    drawn = timeline(items)
    assert [box.key for box in drawn.boxes] == ["crime", "own:1", "event:1", "own:2"]
    assert [(line.start, line.end) for line in drawn.lines] == [("crime", "own:1"), ("own:1", "event:1")]


def test_boxes_by_hand_are_kept_as_they_were_and_wrong_ones_passed_over() -> None:
    box = OwnBox("own:7", ACT, "Lấy xe", dt.date(2022, 8, 19), "125a")
    edits = Edits(added=(Link("own:7", "a"),), boxes=(box,), words={Link("own:7", "a"): "của"})
    assert Edits.read(edits.stored()) == edits
    good = {"key": "own:1", "kind": "note", "label": "x"}
    wrong: list[Any] = [{"key": "accused:1"}, {"key": "own:0"}, {"kind": "person"}, {"kind": ["act"]}, {"label": None}]
    assert Edits.read({"boxes": [good | each for each in wrong] + [None, "x"]}).boxes == ()
    assert Edits.read({"boxes": [good | {"day": "hôm qua"}]}).boxes == (OwnBox("own:1", NOTE, "x"),)
    assert Edits.read({"words": [["a", "b"], ["a", "b", 3], "abc", None, ["a", "b", "c", "d"]]}).words == {}


def test_stored_edits_that_make_no_sense_are_passed_over() -> None:
    wrong: list[object] = [None, [], "x"]
    wrong.append({"places": 3, "labels": [1], "hidden": {}, "added": [1, ["a"], ["a", 2]], "removed": "ab"})
    for stored in wrong:
        assert Edits.read(stored) == Edits()
    far = {"c": [10**400, 1], "d": [float("nan"), 1], "e": [1, float("-inf")]}
    assert Edits.read({"places": {"a": [1, "x"], "b": [1, 2], **far}}).places == {"b": (1.0, 2.0)}
    # what a database could not keep, and what would take a minute to lay out
    read = Edits.read({"labels": {"a": "xe\x00 \ud800máy", "b": "x" * 90_000}})
    assert (read.labels["a"], len(read.labels["b"])) == ("xe máy", 200)


def test_long_words_and_long_texts_are_cut_visibly() -> None:
    assert wrap("a" * 200, 100, 20)[-1].endswith("…")
    assert wrap("Tội trộm cắp tài sản", 1000, 20) == ("Tội trộm cắp tài sản",)
    assert wrap("", 100, 20) == ()


def test_a_box_put_elsewhere_moves_no_other_and_says_its_key_to_whoever_moves_it_alone() -> None:
    items = [Item("a:1", PERSON, "Nguyễn Văn Ánh"), Item("b<2", CHARGE, "Trộm cắp"), Item("c", EVIDENCE, "Dao")]
    links = [Link("a:1", "b<2")]
    before = connections(items, links, headings=HEADINGS)
    after = connections(items, links, headings=HEADINGS, edits=Edits(places={"c": (900.0, 30.0)}))
    assert [(box.x, box.y) for box in after.boxes[:2]] == [(box.x, box.y) for box in before.boxes[:2]]
    assert (after.boxes[2].x, after.boxes[2].y) == (900.0, 30.0)
    assert [(each.x, each.y) for each in after.headings] == [(each.x, each.y) for each in before.headings]
    assert "data-" not in as_svg(after)
    shown = ET.fromstring(as_svg(after, keyed=True))
    assert [each.get("data-key") for each in shown.iter() if each.get("data-key")] == ["a:1", "b<2", "c"]
    assert [(each.get("data-start"), each.get("data-end")) for each in shown.iter() if each.get("data-end")] == [
        ("a:1", "b<2")
    ]
