"""What is added to every answer."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from paperless import version

_NOTICE = (
    '<aside class="vks-stand-in" aria-label="Máy chủ" lang="vi">'
    "Đây là máy chủ thay thế, không phải Paperless-ngx.</aside></body>"
)


class ApiVersionMiddleware:
    """Tells signed-in clients which version of the API and of the host they talk to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request."""
        response = self.get_response(request)
        if request.user.is_authenticated:
            response["X-Api-Version"] = settings.REST_FRAMEWORK["ALLOWED_VERSIONS"][-1]
            response["X-Version"] = version.__full_version_str__
        return response


class _SaysWhatItIs:
    """Nobody is to mistake the stand-in for the product's host: a header on all answers, a line on all pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["X-VKS-Host"] = "lite"
        if (
            not response.streaming
            and response.get("Content-Type", "").startswith("text/html")
            and not response.has_header("Content-Encoding")
        ):
            page = response.content.decode(response.charset)
            head, end, tail = page.rpartition("</body>")
            # our own pages say it themselves, in the language of the request
            if end and 'class="vks-stand-in"' not in page:
                response.content = (head + _NOTICE + tail).encode(response.charset)
                if response.has_header("Content-Length"):
                    response["Content-Length"] = str(len(response.content))
        return response
