"""Scene plans (sơ đồ hiện trường): a page of the case file with numbers on it, each with the page that shows it closer.

What a number leads to is shown as a slide of its own would show it, so that every rule holds for it.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

from vks_plugin.access.queries import CaseView
from vks_plugin.cases.actions.record import check
from vks_plugin.cases.folios import parse_label
from vks_plugin.cases.models import CaseDocument, Folio
from vks_plugin.court.deck.contents import Deck, DeckPage, DeckSlide, PlanMark
from vks_plugin.court.deck.diagrams import wrap
from vks_plugin.court.deck.models import PlanMarker, Slide
from vks_plugin.court.deck.rendering import Picture
from vks_plugin.errors import BadInput
from vks_plugin.papers.layout import writable
from vks_plugin.text import one_line

MOST_MARKERS = 60
"""Numbers on one plan."""
LARGEST_MARKER = 999
LONGEST_CAPTION = 200
PIN_PART = 0.021
"""Half the width of a number's disc, as a part of the longer side of the plan."""
INK, GROUND = "#b3140f", "#ffffff"
"""Of a disc: its border and figures, and what is below them."""


def photos_of(slide: Slide) -> list[tuple[int, Slide]]:
    """Return each number of a plan that has a photo, with a slide, kept nowhere, that shows just that photo."""
    if slide.kind != Slide.Kind.PLAN:
        return []
    return [
        (
            marker.number,
            Slide(
                kind=Slide.Kind.IMAGE,
                state=slide.state,
                case_document_id=marker.case_document_id,
                page_from=marker.page,
                page_to=marker.page,
                redacted=marker.redacted,
            ),
        )
        for marker in slide.markers.all()
        if marker.page is not None
    ]


def documents_of(slides: Iterable[Slide]) -> list[int]:
    """Return the ids of the documents (`CaseDocument`) that slides show something of."""
    found: dict[int, None] = {}
    for slide in slides:
        for each in (slide, *(photo for _number, photo in photos_of(slide))):
            if each.case_document_id is not None:
                found[each.case_document_id] = None
    return list(found)


def told_of(slide: Slide) -> list[list[Any]]:
    """Return the numbers of a plan as plain data: what two people who change it at once are told apart by."""
    if slide.kind != Slide.Kind.PLAN:
        return []
    return [
        [each.number, each.x, each.y, each.caption, each.case_document_id, each.page, each.redacted]
        for each in slide.markers.order_by("number")
    ]


def within(marker: PlanMarker, crop: Sequence[float] | None) -> tuple[float, float] | None:
    """Return where a number stands in the part of the page that is shown, as parts of it; None: outside."""
    left, top, width, height = crop or (0.0, 0.0, 1.0, 1.0)
    x, y = (marker.x - left) / width, (marker.y - top) / height
    # a place that was rounded on the edge is on it
    return (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) if -0.001 <= x <= 1.001 and -0.001 <= y <= 1.001 else None


# --- what people put on a plan --------------------------------------------------------------------


def read_markers(view: CaseView, given: Any) -> list[PlanMarker]:
    """Return the numbers people put on a plan, unsaved and without their slide.

    Args:
        view: the case, as the person who gives them may see it.
        given: a list of mappings: `number`, `x`, `y`, `caption`, `redacted`; the photo as `folio` (`21`, `125a`), or as
            `document` (id in the DMS) and `page`; neither: a number without a photo. `case_document` (id of
            `CaseDocument`) keeps a photo the person cannot name. `id` says which number it was before; None: it is new.

    Raises:
        BadInput: something cannot be used; the sentence names the number.
    """
    if not isinstance(given, list | tuple) or not all(isinstance(each, Mapping) for each in given):
        raise BadInput(_("Các số trên sơ đồ gửi lên không đúng dạng."), field="markers")
    if len(given) > MOST_MARKERS:
        raise BadInput(
            _("Một sơ đồ nhận tối đa %(most)d số: hãy tách thành hai sơ đồ.") % {"most": MOST_MARKERS}, field="markers"
        )
    made = [_marker(view, each) for each in given]
    numbers = [each.number for each in made]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        raise BadInput(
            _("Số %(number)d có hai lần trên sơ đồ: mỗi số chỉ đặt một chỗ.") % {"number": twice}, field="markers"
        )
    return sorted(made, key=lambda each: each.number)


def _marker(view: CaseView, given: Mapping[str, Any]) -> PlanMarker:
    number = given.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LARGEST_MARKER:
        raise BadInput(_("Số trên sơ đồ là số nguyên từ 1 đến %(most)d.") % {"most": LARGEST_MARKER}, field="markers")
    told = {"number": number}
    x, y = given.get("x"), given.get("y")
    if not (_is_part(x) and _is_part(y)):
        raise BadInput(
            _("Số %(number)d phải nằm trong trang: hãy đặt lại chỗ của số đó trên hình.") % told, field="markers"
        )
    assert x is not None  # noqa: S101 - a part of the page
    assert y is not None  # noqa: S101
    filed, page = _photo(view, given, told)
    caption = one_line(str(given.get("caption") or ""))
    if len(caption) > LONGEST_CAPTION:
        raise BadInput(_("Chú thích của số %(number)d dài quá 200 chữ: hãy viết gọn lại.") % told, field="markers")
    return PlanMarker(
        pk=given.get("id"),
        number=number,
        x=round(float(x), 4),
        y=round(float(y), 4),
        caption=caption,
        case_document=filed,
        page=page,
        redacted=bool(given.get("redacted")) and filed is not None,
    )


def _is_part(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= 1


def _photo(view: CaseView, given: Mapping[str, Any], told: Mapping[str, int]) -> tuple[CaseDocument | None, int | None]:
    """Return the document and page of the photo a number leads to; none, where it has none."""
    papers = view.documents.filter(part="hsva")
    folio = one_line(str(given.get("folio") or ""))
    if folio:
        label = parse_label(folio, field="markers")
        found = Folio.objects.filter(
            case_document__in=papers, number=label.number, suffix=label.suffix, page__isnull=False
        ).first()
        if found is None:
            raise BadInput(
                _("Số %(number)d: hồ sơ vụ án không có trang nào mang BL %(folio)s.") % {**told, "folio": folio[:20]},
                field="markers",
            )
        return papers.get(pk=found.case_document_id), found.page
    page = given.get("page")
    if given.get("document") is None and given.get("case_document") is None:
        return None, None
    if given.get("document") is not None:
        filed = papers.filter(document_id=given["document"]).first()
    else:
        filed = CaseDocument.objects.filter(pk=given["case_document"]).first()
    count = (filed.page_count if filed is not None else None) or 1
    if filed is None or not isinstance(page, int) or not 1 <= page <= count:
        raise BadInput(
            _("Số %(number)d: không có tài liệu này trong hồ sơ vụ án, hoặc tài liệu không có trang đó.") % told,
            field="markers",
        )
    return filed, page


def put_markers(slide: Slide, markers: Sequence[PlanMarker]) -> None:
    """Put these numbers on a plan in place of those it had, in the caller's transaction.

    A number keeps its id, by which whoever changes the plan at the same time knows it, also where it is called another
    number by now.

    Raises:
        BadInput: a value cannot be kept.
    """
    free = set(slide.markers.values_list("pk", flat=True))
    slide.markers.all().delete()
    for marker in markers:
        marker.slide = slide
        if marker.pk in free:
            free.remove(marker.pk)
        else:
            marker.pk = None
        check(marker)
    PlanMarker.objects.bulk_create(markers)


def refuse_outside(markers: Iterable[PlanMarker], crop: Sequence[float] | None) -> None:
    """Refuse a part of the page that leaves a number out.

    Raises:
        BadInput: it does.
    """
    for marker in markers:
        if within(marker, crop) is None:
            raise BadInput(
                _("Số %(number)d nằm ngoài vùng được cắt: hãy mở rộng vùng cắt hoặc đặt lại số.")
                % {"number": marker.number},
                field="crop",
            )


# --- as a picture of its own ----------------------------------------------------------------------


def told_of_mark(mark: PlanMark, pages: Mapping[str, DeckPage]) -> str:
    """Return what the list beside a plan says of a number: `3. Con dao (BL 21)`."""
    citation = f"({pages[mark.page].citation})" if mark.page else ""
    return f"{mark.number}. " + " ".join(part for part in (mark.caption, citation) if part)


_LEGEND, _SIZE, _LEADING, _MARGIN = 460.0, 22.0, 1.32, 26.0


def as_svg(deck: Deck, slide: DeckSlide, picture: Picture) -> str:
    """Return a plan as an SVG of its own: the picture within it, the numbers and their list; nothing is fetched.

    Args:
        deck: holds the pages the numbers lead to.
        slide: a scene plan.
        picture: of the page it is drawn on, as the deck shows it.
    """
    width, height = float(picture.width), float(picture.height)
    radius = PIN_PART * max(width, height)
    scale = max(width, height) / 1600
    size = _SIZE * scale
    lines: list[str] = []
    for mark in slide.markers:
        lines += wrap(told_of_mark(mark, deck.by_key), _LEGEND * scale, size, most=4)
    whole_width = width + (_LEGEND * scale + 2 * _MARGIN * scale if lines else 0)
    below = _MARGIN * scale + size * _LEADING
    whole_height = max(height, 2 * _MARGIN * scale + len(lines) * size * _LEADING) + below
    page = deck.by_key[slide.pages[0]]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'viewBox="0 0 {whole_width:.0f} {whole_height:.0f}" font-family="Liberation Serif, Times New Roman, serif">'
    )
    encoded = base64.b64encode(picture.jpeg).decode("ascii")
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        opening,
        f"<title>{escape(writable(slide.title))}</title>",
        f'<rect width="{whole_width:.0f}" height="{whole_height:.0f}" fill="#ffffff"/>',
        f'<image width="{width:.0f}" height="{height:.0f}" xlink:href="data:image/jpeg;base64,{encoded}"/>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="none" stroke="#3c454e"/>',
    ]
    for mark in slide.markers:
        x, y = mark.x * width, mark.y * height
        parts.append(
            f'<g><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{GROUND}" stroke="{INK}" '
            f'stroke-width="{radius / 6:.1f}"/><text x="{x:.1f}" y="{y + radius * 0.36:.1f}" font-size="{radius:.1f}" '
            f'font-weight="bold" text-anchor="middle" fill="{INK}">{mark.number}</text></g>'
        )
    y = _MARGIN * scale
    for line in lines:
        y += size * _LEADING
        parts.append(
            f'<text x="{width + _MARGIN * scale:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="#14181d">'
            f"{escape(writable(line))}</text>"
        )
    parts.append(
        f'<text x="0" y="{whole_height - size * 0.5:.1f}" font-size="{size:.1f}" fill="#14181d">'
        f"{escape(writable(f'{page.placed} · HSVA số {deck.case_code}'))}</text>"
    )
    parts.append("</svg>\n")
    return "\n".join(parts)
