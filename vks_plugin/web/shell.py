"""What every page of ours has: a signed-in person, strict headers, errors as pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vks_plugin.access.log_queries import offices_led
from vks_plugin.access.queries import units_to_appoint_in
from vks_plugin.access.temporary import answerable_by
from vks_plugin.custody.queries import lost_heads, seen_fork
from vks_plugin.custody.queries.fixity import alarms_for, may_compare_all
from vks_plugin.custody.queries.hand_overs import coming_to
from vks_plugin.custody.queries.loans import concerning
from vks_plugin.disposal.queries import batches_waiting_for
from vks_plugin.errors import BadInput, NotFound, VksError
from vks_plugin.host.version import is_stand_in
from vks_plugin.language import language_of, speaking
from vks_plugin.organization.queries import answering, reading_only
from vks_plugin.text import NUL
from vks_plugin.web.limits import urgent_of_mine

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """A request whose person is signed in; `page` sees to that."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]

POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    # a video that a script fetched, to draw a frame of it
    "media-src blob:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "frame-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""Nothing from elsewhere, no script or style written into a page."""

OURS = "vks"
"""Tag of the messages our pages show. The host's own, in English and about signing in, pile up unseen in its
single-page interface and would all appear on the next page of ours."""


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether a script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render a page or a part of one."""
    with reading_only():
        return render(request, template, {**_frame(request), **(context or {})}, status=status)


def _frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the bar of every whole page tells."""
    frame: dict[str, Any] = {"stand_in": is_stand_in()}
    if not is_fragment(request):
        frame["may_appoint"] = units_to_appoint_in(request.user).exists()  # type: ignore[arg-type]
        frame["awaiting"] = answerable_by(request.user).count()  # type: ignore[arg-type]
        frame["paper_coming"] = coming_to(request.user).count()  # type: ignore[arg-type]
        frame["loans_waiting"] = concerning(request.user)  # type: ignore[arg-type]
        led = offices_led(request.user)  # type: ignore[arg-type]
        frame["alarms_open"] = alarms_for(request.user).count() if led.all else 0  # type: ignore[arg-type]
        frame["disposals_waiting"] = batches_waiting_for(request.user) if led.all else 0  # type: ignore[arg-type]
        frame |= {"led": led.all, "reads_ledger": led.province}
        frame["compares_all"] = may_compare_all(request.user)  # type: ignore[arg-type]
        frame["ledger_forked"] = bool(led.province) and seen_fork() is not None
        frame["heads_lost"] = bool(led.province) and lost_heads() is not None
        frame["urgent"] = urgent_of_mine(request.user)  # type: ignore[arg-type]
    return frame


def in_pages(request: HttpRequest, rows: Any, size: int) -> tuple[Page[Any], str]:
    """Return the page of a list that is asked for, and what the other pages are asked for with, beside their number."""
    chosen = Paginator(rows, size).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    return chosen, kept.urlencode()


def show_error(request: HttpRequest, error: VksError) -> HttpResponse:
    """Render the sentence of an error, with its status."""
    template = "vks/errors/part.html" if is_fragment(request) else "vks/errors/page.html"
    return show(request, template, {"error": error}, status=error.status)


def _refuse_nul(request: HttpRequest) -> None:
    """Refuse, once for every page, an address no row can be asked for by; what is posted is looked at by its form.

    Raises:
        NotFound: the path holds a NUL.
        BadInput: what is asked after it does.
    """
    if NUL in request.path:
        raise NotFound(_("Không có trang này."))
    if any(NUL in value for _name, values in request.GET.lists() for value in values):
        raise BadInput(_("Địa chỉ có ký tự không dùng được: hãy mở lại trang."))


def _finish(response: HttpResponseBase) -> HttpResponseBase:
    if response.get("Content-Type", "").startswith(("text/html", "application/json")):
        # a PDF is shown by the browser's own viewer, which is no page of ours
        response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def page(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Make a view a page of ours: signed in, strict headers, `VksError` shown with its sentence and status."""

    @wraps(view)
    def inner(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated and is_fragment(request):
            # the host's page for signing in is no part of a page: the script says what happened and keeps what was typed
            return _finish(HttpResponse(status=401))
        return signed_in(request, *args, **kwargs)

    @login_required
    def signed_in(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        language = language_of(request)
        response: HttpResponseBase
        with speaking(language), answering(request.method):
            try:
                _refuse_nul(request)
                response = view(request, *args, **kwargs)
            except VksError as error:
                response = show_error(request, error)
            except Http404:
                response = show_error(request, NotFound(_("Không có nội dung này.")))
        response.headers["Content-Language"] = language
        return _finish(response)

    return inner


@page
@require_GET
def session(request: SignedInRequest) -> HttpResponse:
    """Tell a page that is about to send something who is signed in now, and by which token forms are known."""
    return JsonResponse({"user": request.user.pk, "token": get_token(request)})


@page
def unknown(request: SignedInRequest, path: str = "") -> HttpResponse:
    """Answer for every address of ours that is none: without this the host's own interface would answer with 200."""
    raise NotFound(_("Không có trang này."))
