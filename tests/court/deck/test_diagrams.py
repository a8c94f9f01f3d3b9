"""Diagrams: no box covers another, every label fits, and what people changed is kept."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from vks_plugin.court.deck.diagrams import (
    CHARGE,
    EVIDENCE,
    PERSON,
    Diagram,
    Edits,
    Item,
    Link,
    as_svg,
    baselines,
    connections,
    text_width,
    timeline,
    wrap,
)

HEADINGS = {PERSON: "Bị cáo", CHARGE: "Tội danh", EVIDENCE: "Chứng cứ"}
_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("ẫ Đ ỹ đồng <&"), max_size=160
)
_PLACES = st.tuples(st.floats(-500, 20000, allow_nan=False), st.floats(-500, 20000, allow_nan=False))


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[Item], list[Link], Edits]:
    count = draw(st.integers(0, 45))
    items = [
        Item(f"k{number}", draw(st.sampled_from(list(HEADINGS))), draw(_WORDS), draw(_WORDS)) for number in range(count)
    ]
    keys = st.sampled_from([item.key for item in items] or ["none"])
    links = draw(st.lists(st.builds(Link, keys, keys), max_size=12))
    edits = Edits(
        places=draw(st.dictionaries(keys, _PLACES, max_size=6)),
        labels=draw(st.dictionaries(keys, _WORDS, max_size=3)),
        hidden=frozenset(draw(st.lists(keys, max_size=3))),
        added=tuple(draw(st.lists(st.builds(Link, keys, keys), max_size=3))),
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


@settings(max_examples=25)
@given(drawings())
def test_no_box_covers_another_and_labels_fit(drawn: tuple[list[Item], list[Link], Edits]) -> None:
    items, links, edits = drawn
    across = connections(items, links, headings=HEADINGS, edits=edits)
    along = timeline(items, edits=edits)
    for diagram in (across, along):
        sound(diagram)
        assert {box.key for box in diagram.boxes} == {item.key for item in items} - edits.hidden
        keys = {box.key for box in diagram.boxes}
        assert all(line.start in keys and line.end in keys for line in diagram.lines)
        # parsed by another hand: whatever people wrote is text there
        root = ET.fromstring(as_svg(diagram))
        shown = [part.text for part in root.iter("{http://www.w3.org/2000/svg}text")]
        assert [line for box in diagram.boxes for line in (*box.lines, *box.note_lines)] == [
            text or "" for text in shown[len(diagram.headings) :]
        ]
    assert connections(items, links, headings=HEADINGS, edits=Edits.read(edits.stored())) == across


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
    diagram = connections(items, links, headings=HEADINGS)
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
