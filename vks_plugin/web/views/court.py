"""Pages and answers about bundles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import CaseView, case_for
from vks_plugin.court import actions
from vks_plugin.court.choosing import CHOSEN, Offered, reading_remark
from vks_plugin.court.models import Bundle
from vks_plugin.errors import BadInput
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.web.court_forms import BundleForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show
from vks_plugin.web.views.record import header, tabs


@page
@require_POST
def make(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask for a bundle of the case."""
    case = case_for(request.user, code).case
    form = BundleForm(request.POST)
    if not form.is_valid():
        raise BadInput(str(next(iter(form.errors.values()))[0]))
    bundle = actions.request_bundle(
        actor=request.user,
        case=case,
        preset=form.cleaned_data["preset"],
        wishes=form.wishes(),
        earlier=form.cleaned_data["earlier"],
    )
    if is_fragment(request):
        return _shown(request, bundle)
    messages.success(request, _("Đang lập tập hồ sơ."), extra_tags=OURS)
    return redirect("vks:case", code=code)


@dataclass
class _Group:
    """Papers that stand together in the index of a bundle."""

    code: str
    name: str
    rows: list[Offered] = field(default_factory=list)

    @property
    def may_be_marked(self) -> bool:
        """Whether there are several to tick or untick at once."""
        return sum(each.open for each in self.rows) > 1


def _grouped(offered: Sequence[Offered]) -> list[_Group]:
    found: list[_Group] = []
    for each in offered:
        kind = each.filed.document_type
        code, name = (kind.group_code, kind.group_name) if kind is not None else ("", _("Tài liệu chưa phân loại"))
        if not found or found[-1].code != code:
            found.append(_Group(code, name))
        found[-1].rows.append(each)
    return found


@page
@require_http_methods(["GET", "POST"])
def choose(request: SignedInRequest, code: str) -> HttpResponse:
    """Show what may go into a bundle and what its preset leaves out; have it made of what was ticked."""
    view = case_for(request.user, code)
    actions.may_bundle(request.user, view.case)
    given = request.POST if request.method == "POST" else request.GET
    bundles = actions.bundles_of(request.user, view.case)
    form = BundleForm(given, bundles=bundles, remark=reading_remark(view.case), auto_id="bundle-%s")
    offered: list[Offered] = []
    ticked: set[int] = set()
    refusal: BadInput | None = None
    listed = ""
    if form.is_valid():
        # a refusal below takes a field out of what is clean
        listed = _listed(form)
        preset, earlier = form.cleaned_data["preset"], form.cleaned_data["earlier"]
        try:
            offered = actions.offered(actor=request.user, case=view.case, preset=preset, earlier=earlier)
            open_to = {each.filed.document_id for each in offered if each.open}
            ticked = _ticked(request, form, open_to, _grouped(offered))
            if "make" in request.POST:
                return _make_of(request, view, form, ticked, open_to)
        except BadInput as error:
            refusal = error
            form.place(error)
    context = {
        "form": form,
        "groups": _grouped(offered),
        "internal": list(view.documents.filter(part="hsks")),
        "ticked": ticked,
        "listed": listed,
        "pages": sum(each.filed.page_count or 0 for each in offered if each.filed.document_id in ticked or each.inside),
        "documents": len(ticked) + sum(each.inside for each in offered),
        "tabs": tabs(view, request.user),
        "section": "documents",
        "section_template": "vks/cases/bundle_choose.html",
    }
    status = refusal.status if refusal is not None else 200 if form.is_valid() else 400
    return show(request, "vks/record/page.html", header(view) | context, status=status)


def _listed(form: BundleForm) -> str:
    """Return which list a form is about, so that one of another preset is not taken for it."""
    return f"{form.cleaned_data['preset']}:{form.cleaned_data['earlier'] or ''}"


def _ids(words: Iterable[str]) -> set[int]:
    return {int(each) for each in words if each.isascii() and each.isdigit() and len(each) < 10}


def _ticked(request: SignedInRequest, form: BundleForm, open_to: set[int], groups: Sequence[_Group]) -> set[int]:
    """Return what is ticked: as a person left it, else everything that may be, or nothing where a preset is picked from."""
    usual = set() if form.cleaned_data["preset"] in CHOSEN else set(open_to)
    if request.method != "POST":
        return usual
    ticked, before = _ids(request.POST.getlist("document")), _ids(request.POST.get("seen", "").split())
    if request.POST.get("listed", "") != _listed(form):
        if ticked in (before, set()):
            # nobody has picked anything yet
            return usual
        return (ticked | usual - before) & open_to
    what, _colon, which = request.POST.get("mark", "").partition(":")
    if what:
        marked = open_to
        if which.isdecimal() and len(which) < 6 and int(which) < len(groups):
            marked = {each.filed.document_id for each in groups[int(which)].rows if each.open}
        return ticked | marked if what == "all" else ticked - marked
    return ticked


def _make_of(
    request: SignedInRequest, view: CaseView, form: BundleForm, ticked: set[int], open_to: set[int]
) -> HttpResponse:
    """Have a bundle made of what was ticked.

    Raises:
        BadInput: nothing was ticked, what was ticked cannot be had, or the list was that of another preset.
    """
    preset, earlier = form.cleaned_data["preset"], form.cleaned_data["earlier"]
    if request.POST.get("listed", "") != _listed(form):
        raise BadInput(
            _("Danh sách dưới đây nay là của mẫu vừa chọn: hãy xem lại dấu chọn rồi bấm Lập tập hồ sơ."), field="preset"
        )
    if ticked - open_to:
        raise BadInput(_("Có tài liệu đã đánh dấu nay không chọn được nữa: hãy xem lại danh sách."))
    if not ticked:
        raise BadInput(_("Hãy đánh dấu ít nhất một tài liệu."))
    # everything there is needs no naming, and what is filed until a worker begins goes in as well
    everything = ticked == open_to and preset not in CHOSEN
    actions.request_bundle(
        actor=request.user,
        case=view.case,
        preset=preset,
        wishes=form.wishes(() if everything else ticked),
        earlier=earlier,
    )
    messages.success(request, _("Đang lập tập hồ sơ."), extra_tags=OURS)
    return redirect("vks:case", code=view.case.code)


@page
@require_GET
def status(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Show how far a bundle is."""
    return _shown(request, actions.bundle_for(request.user, pk))


def _shown(request: SignedInRequest, bundle: Bundle) -> HttpResponse:
    kept_back = actions.kept_back(request.user, [bundle]).get(bundle.pk, [])
    odd = actions.oddities(request.user, [bundle]).get(bundle.pk, [])
    return show(request, "vks/cases/bundle.html", {"bundle": bundle, "kept_back": kept_back, "odd": odd})


@page
@require_POST
def cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Stop a bundle."""
    bundle = actions.bundle_for(request.user, pk)
    actions.cancel_bundle(actor=request.user, bundle=bundle)
    bundle.refresh_from_db()
    if is_fragment(request):
        return _shown(request, bundle)
    return redirect("vks:case", code=bundle.case.code)


@page
@require_POST
def go_on(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Go on with a bundle that was stopped or could not be made."""
    bundle = actions.go_on(actor=request.user, bundle=actions.bundle_for(request.user, pk))
    if is_fragment(request):
        return _shown(request, bundle)
    return redirect("vks:case", code=bundle.case.code)


@page
@require_GET
def download(request: SignedInRequest, pk: UUID) -> FileResponse:
    """Hand a finished bundle out, to whoever may see everything in it at this moment."""
    bundle = actions.bundle_for(request.user, pk)
    piece = request.GET.get("piece", "")
    # closed by the response
    response = FileResponse(actions.finished_file(bundle, piece).open("rb"), content_type=actions.content_type(piece))
    response["Content-Disposition"] = actions.content_disposition(
        bundle, piece, inline=request.GET.get("inline") == "1"
    )
    leave_uncompressed(request)
    return response
