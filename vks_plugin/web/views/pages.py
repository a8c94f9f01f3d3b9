"""The pages of a document before its seal: seen as pictures, turned, put in order, replaced; split off, and merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.cases.folios import Label, cited, parse_pages
from vks_plugin.cases.models import CaseDocument, Folio
from vks_plugin.custody.queries import sealed_documents
from vks_plugin.errors import BadInput, NotAllowed, NotFound, VksError
from vks_plugin.filing import pages as actions
from vks_plugin.filing.page_map import TURNS, Placed
from vks_plugin.host.files import newest_version
from vks_plugin.language import spoken
from vks_plugin.organization.queries import display_name
from vks_plugin.web.digitisation_forms import MergeForm, PagesForm, SplitForm
from vks_plugin.web.shell import OURS, SignedInRequest, page, show

ON_A_PAGE = 60
"""Pages of a document shown at once: each is a picture that is drawn, and fields that are sent."""


@dataclass
class Tile:
    """A page as it is shown and what was typed about it."""

    number: int
    order: str
    turn: int = 0
    scan: str = ""
    out: bool = False
    folio: str = ""


def _filed(request: SignedInRequest, code: str, document_id: int) -> CaseDocument:
    view = case_for(request.user, code)
    filed = view.documents.select_related("case__unit__parent", "document").filter(document_id=document_id).first()
    if filed is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    if ("file" if filed.part == "hsva" else "file_internal") not in view.may:
        raise NotAllowed(_("Bạn không sửa được trang của tài liệu này."))
    return filed


@page
@require_http_methods(["GET", "POST"])
def pages(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Show the pages of a document, and make of them what was asked for."""
    filed = _filed(request, code, document_id)
    count = actions.count_pages(filed)
    asked = request.GET.get("from", "")
    first = min(int(asked), count) if asked.isascii() and asked.isdigit() and len(asked) < 8 and int(asked) else 1
    shown = range(first, min(first + ON_A_PAGE, count + 1))
    if request.method == "GET":
        return _show(request, filed, [Tile(number, str(number)) for number in shown], count, PagesForm())
    form = PagesForm(request.POST, request.FILES)
    tiles = [_typed(request.POST, number) for number in shown]
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa ghi được: hãy xem lại các ô."))
        given = form.cleaned_data
        actions.change_pages(
            actor=request.user,
            filed=filed,
            seen=request.POST.get("seen", ""),
            placed=_placed(tiles, count, given),
            scan=given["scan"],
            numbers=given["numbers"] or actions.WITH_PAGE,
            reason=given["reason"],
        )
    except VksError as error:
        if error.field in form.fields:
            form.add_error(error.field, error.message)
        return _show(request, filed, tiles, count, form, refusal=error.message, status=error.status)
    messages.success(request, _("Đã ghi phiên bản mới của tài liệu; bản trước vẫn còn."), extra_tags=OURS)
    where = reverse("vks:pages", args=[code, document_id])
    return redirect(where if first == 1 else f"{where}?from={first}")


def _others(filed: CaseDocument) -> QuerySet[CaseDocument]:
    """Return which documents can be put behind one: the next in the order of folios, or those without folios."""
    rest = CaseDocument.objects.filter(case_id=filed.case_id, part=filed.part).exclude(pk=filed.pk)
    rest = rest.exclude(document_id__in=sealed_documents())
    if filed.folio_to is None:
        return rest.filter(folio_from__isnull=True)
    following = rest.filter(folio_from__gte=filed.folio_to).order_by("folio_from", "suffix_from")
    return rest.filter(pk__in=list(following.values_list("pk", flat=True)[:1]))


def _unchanged(filed: CaseDocument) -> tuple[list[Tile], int]:
    count = actions.count_pages(filed)
    return [Tile(number, str(number)) for number in range(1, min(ON_A_PAGE, count) + 1)], count


@page
@require_POST
def recognise(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Have the words of new pages recognised once more."""
    filed = _filed(request, code, document_id)
    try:
        actions.recognise_again(actor=request.user, filed=filed)
    except VksError as error:
        return _show(request, filed, *_unchanged(filed), PagesForm(), refusal=error.message, status=error.status)
    messages.success(request, _("Đang nhận dạng lại chữ của các trang mới."), extra_tags=OURS)
    return redirect("vks:pages", code=code, document_id=document_id)


@page
@require_POST
def split(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Make a document of its own of the pages after one."""
    filed = _filed(request, code, document_id)
    form = SplitForm(request.POST, prefix="split")
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa ghi được: hãy xem lại các ô."))
        given = dict(form.cleaned_data)
        after, reason = given.pop("after"), given.pop("reason")
        made = actions.split_document(
            actor=request.user,
            filed=filed,
            seen=request.POST.get("seen", ""),
            after=after,
            described=actions.Described(**given),
            reason=reason,
        )
    except VksError as error:
        return _show(
            request, filed, *_unchanged(filed), PagesForm(), split_form=form, refusal=error.message, status=error.status
        )
    messages.success(
        request, _("Đã tách ra tài liệu “%(title)s”: hãy chọn loại cho đúng.") % {"title": made.title}, extra_tags=OURS
    )
    return redirect("vks:describe", code=code, document_id=made.document_id)


@page
@require_POST
def merge(request: SignedInRequest, code: str, document_id: int) -> HttpResponse:
    """Put the pages of another document behind those of this one."""
    filed = _filed(request, code, document_id)
    form = MergeForm(request.POST, prefix="merge", others=_others(filed))
    try:
        if not form.is_valid():
            raise BadInput(_("Chưa ghi được: hãy xem lại các ô."))
        other = form.cleaned_data["other"]
        actions.merge_documents(
            actor=request.user,
            filed=filed,
            other=other,
            seen=request.POST.get("seen", ""),
            # chosen by its name from a list: nobody looked at its file here
            seen_other=newest_version(other.document).checksum,
            reason=form.cleaned_data["reason"],
        )
    except VksError as error:
        return _show(
            request, filed, *_unchanged(filed), PagesForm(), merge_form=form, refusal=error.message, status=error.status
        )
    messages.success(request, _("Đã ghép hai tài liệu thành một."), extra_tags=OURS)
    return redirect("vks:pages", code=code, document_id=document_id)


def _typed(sent: QueryDict, number: int) -> Tile:
    turn = sent.get(f"turn-{number}", "0")
    return Tile(
        number,
        order=sent.get(f"order-{number}", "").strip() or str(number),
        turn=int(turn) if turn in {str(each) for each in TURNS} else 0,
        scan=sent.get(f"scan-{number}", "").strip(),
        out=bool(sent.get(f"out-{number}")),
    )


def _number(text: str, sentence: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise BadInput(sentence, field="pages")
    return int(text)


def _placed(tiles: list[Tile], count: int, given: dict[str, Any]) -> list[Placed]:
    """Return what was typed as the pages of the new file.

    A number puts its page before or behind the one that stands there, whichever way it comes; so two numbers typed into
    a long document are enough to move two pages. Two that were moved to one place would come in an order nobody asked for.
    """
    scanned = actions.pages_of_scan(given["scan"]) if given["scan"] and (given["whole"] or given["added"]) else 0
    if given["whole"]:
        return [Placed(number if number <= count else None, number) for number in range(1, scanned + 1)]
    typed = {each.number: each for each in tiles}
    rows: list[tuple[tuple[int, int, int], Placed]] = []
    moved: dict[int, int] = {}
    for number in range(1, count + 1):
        tile = typed.get(number, Tile(number, str(number)))
        if tile.out:
            continue
        order = _number(tile.order, _("Thứ tự của trang %(page)d không phải là số.") % {"page": number})
        if not 1 <= order <= count:
            raise BadInput(
                _("Tài liệu có %(count)d trang: thứ tự của trang %(page)d phải là số từ 1 đến %(count)d.")
                % {"count": count, "page": number},
                field="pages",
            )
        if order != number and moved.setdefault(order, number) != number:
            raise BadInput(
                _("Hai trang cùng số thứ tự %(order)d (trang %(first)d, trang %(second)d): hãy cho mỗi trang một chỗ.")
                % {"order": order, "first": moved[order], "second": number},
                field="pages",
            )
        scan = (
            _number(tile.scan, _("Trang thay cho trang %(page)d không phải là số.") % {"page": number})
            if tile.scan
            else None
        )
        side = (order > number) - (order < number)
        rows.append(((order, side, number), Placed(number, scan, tile.turn)))
    placed = [each for _key, each in sorted(rows)]
    if given["added"]:
        if not scanned:
            raise BadInput(_("Hãy chọn tệp PDF có các trang thay vào."), field="scan")
        try:
            chosen = sorted(parse_pages(given["added"], scanned, field="added"))
        except BadInput as error:
            raise BadInput(spoken(error.message), field="added") from error
        place = len(placed)
        if given["after"] is not None:
            place = next((at for at, each in enumerate(placed, start=1) if each.page == given["after"]), 0)
            if given["after"] and not place:
                raise BadInput(_("Tài liệu không có trang %(page)d.") % {"page": given["after"]}, field="after")
        placed[place:place] = [Placed(None, each) for each in chosen]
    return placed


def _show(
    request: SignedInRequest,
    filed: CaseDocument,
    tiles: list[Tile],
    count: int,
    form: PagesForm,
    *,
    split_form: SplitForm | None = None,
    merge_form: MergeForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    labels: dict[int, list[Label]] = {}
    for folio in Folio.objects.filter(case_document=filed, page__isnull=False, number__isnull=False):
        labels.setdefault(folio.page or 0, []).append(Label(folio.number or 0, folio.suffix))
    for tile in tiles:
        tile.folio = cited(labels.get(tile.number, ()))
    changes = list(filed.page_changes.select_related("changed_by").order_by("-pk"))
    for each in changes:
        each.who = display_name(each.changed_by)  # type: ignore[attr-defined]
    closed = ""
    try:
        actions.refuse_closed(filed)
    except VksError as error:
        closed = error.message
    context = {
        "filed": filed,
        "case": filed.case,
        "tiles": tiles,
        "turns": TURNS,
        "form": form,
        "split_form": split_form or SplitForm(prefix="split"),
        "merge_form": merge_form or MergeForm(prefix="merge", others=_others(filed)),
        "seen": request.POST.get("seen", "") or newest_version(filed.document).checksum,
        "count": count,
        "starts": range(1, count + 1, ON_A_PAGE) if count > ON_A_PAGE else (),
        "start": tiles[0].number if tiles else 1,
        "changes": changes,
        "closed": closed,
        "refusal": refusal,
        "recognition": actions.recognition_of(filed),
    }
    return show(request, "vks/cases/pages.html", context, status=status)
