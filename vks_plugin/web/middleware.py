"""What surrounds every request: who acts, what fell due, our entry in the host's own pages, and what was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vks_plugin.access.actions import sweep
from vks_plugin.access.temporary import close_what_is_over, next_end
from vks_plugin.conf import configuration
from vks_plugin.host.actor import act_in, reset_actor
from vks_plugin.language import language_of, speaking
from vks_plugin.web.readings import Asked, asked_by, noted

_ASK_AGAIN = dt.timedelta(minutes=5)
"""How often a process asks when the next temporary access ends."""

Handler = Callable[[HttpRequest], HttpResponse]

_HOST_PAGE = "base"
"""URL name of the host's catch-all, which serves its single-page interface."""


def _script(request: HttpRequest) -> str:
    """Return the element of our script, with its words in the language our pages have for this person."""
    with speaking(language_of(request)):
        return format_html(
            '<script src="{}" data-entry="{}" data-case="{}" data-due="{}" data-all="{}" data-read="{}" defer></script>',
            static("vks/host-ui.js"),
            _("Hồ sơ vụ án"),
            pgettext("one", "Vụ án"),
            _("Thời hạn sắp đến"),
            _("Xem tất cả thời hạn"),
            _("Đã xem"),
        )


class ActorMiddleware:
    """Remembers the request for code that the host calls without telling it who acts."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request as its person, who may be known to the view alone."""
        token = act_in(request)
        try:
            return self.get_response(request)
        finally:
            reset_actor(token)


class DueMiddleware:
    """Ends what fell due before a request is served: posts and assignments by the day, temporary access by the minute."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._swept: dt.date | None = None
        # what is opened meanwhile, here or in another process, lasts an hour at least, or ends with its day as a loan does,
        # which the sweep of the next one sees to
        self._asked_at: dt.datetime | None = None
        self._next_end: dt.datetime | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request with nothing overdue in force."""
        day = timezone.localdate()
        if self._swept != day:
            sweep(day)
            self._swept = day
        now = timezone.now()
        if self._asked_at is None or not dt.timedelta() <= now - self._asked_at < _ASK_AGAIN:
            self._asked_at, self._next_end = now, next_end()
        if self._next_end is not None and self._next_end <= now:
            close_what_is_over(now)
            self._next_end = next_end()
        return self.get_response(request)


class HostPageMiddleware:
    """Adds one script to the host's single-page interface: the sidebar entry and the case panel."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request; only the host's own HTML page is touched."""
        response = self.get_response(request)
        match = request.resolver_match
        if (
            match is None
            or match.url_name != _HOST_PAGE
            or response.status_code != 200
            or response.streaming
            or not configuration().host_interface
            or "text/html" not in response.get("Content-Type", "")
            or response.get("Content-Encoding")
        ):
            return response
        charset = response.charset or "utf-8"
        page = response.content.decode(charset)
        if "</body>" in page:
            response.content = page.replace("</body>", f"{_script(request)}</body>", 1).encode(
                charset, "xmlcharrefreplace"
            )
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response


class AccessLogMiddleware:
    """Notes what was read, taken out or refused of case documents before the answer leaves.

    Innermost: it sees the answer of the view itself, and the person the API took the request to be from, which only
    the view finds out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve the request."""
        response = self.get_response(request)
        asked: Asked | None = getattr(request, "vks_asked", None)
        return response if asked is None else noted(request, response, asked)

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, parameters: dict[str, Any]) -> None:
        """Mark what the request is about; one that reaches no view reads nothing."""
        request.vks_asked = asked_by(request, parameters)  # type: ignore[attr-defined]
