"""Pages and answers about bundles."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.court import actions
from vks_plugin.court.models import Bundle
from vks_plugin.errors import BadInput
from vks_plugin.host.rest import leave_uncompressed
from vks_plugin.web.court_forms import BundleForm
from vks_plugin.web.shell import OURS, SignedInRequest, is_fragment, page, show


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
