"""The lists that fields offer while one types."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.http import require_GET

from vks_plugin.web.shell import SignedInRequest, page
from vks_plugin.web.suggestions import suggestions


@page
@require_GET
def suggest(request: SignedInRequest, what: str) -> JsonResponse:
    """Answer with what may be meant, as JSON for the script of the pages."""
    found = suggestions(request.user, what, request.GET.get("q", ""), request.GET.dict())
    return JsonResponse({"results": [each._asdict() for each in found]})
