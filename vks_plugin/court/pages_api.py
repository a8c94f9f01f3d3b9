"""Pages of filed documents as pictures, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.cases.models import CaseDocument
from vks_plugin.court.page_pictures import page_to_mark, page_to_read
from vks_plugin.rest import inert, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_PICTURE = {
    (200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="The page."),
}


def _answer(picture: bytes) -> HttpResponse:
    answer = HttpResponse(picture, content_type="image/jpeg")
    answer.headers["Cache-Control"] = "private, no-store"
    return inert(answer)


@extend_schema(
    parameters=[
        CASE_CODE,
        OpenApiParameter("document_id", int, OpenApiParameter.PATH, description="Id of the document in the host."),
        OpenApiParameter("number", int, OpenApiParameter.PATH, description="Number of the page, from 1."),
    ]
)
@extend_schema_view(
    retrieve=extend_schema(
        summary="A page to read, marked with who reads it",
        description="As a JPEG that says who asked and when, across it and at its foot: what is lent is shown in no other form. "
        "The access log has it.",
        responses={**_PICTURE, **refusals(404, 503)},
    ),
)
class CasePageViewSet(OfCaseViewSet):
    """Pages of a document."""

    queryset: QuerySet[Any] = CaseDocument.objects.none()
    lookup_value_regex = "[0-9]{1,6}"
    lookup_url_kwarg = "number"
    pagination_class = None

    def retrieve(self, _request: Request, code: str, document_id: str, number: str) -> HttpResponse:
        """Answer with the picture."""
        return _answer(page_to_read(self.actor, code, int(document_id), int(number)))

    @extend_schema(
        summary="A page to mark places on",
        description="As a JPEG without any mark; where the marks are, `marks/` says in parts of the page. For who works on "
        "what is to be shown in court, papers of the case file alone. The access log has it.",
        responses={**_PICTURE, **refusals(403, 404, 503)},
    )
    @action(detail=True, methods=["get"])
    def picture(self, _request: Request, code: str, document_id: str, number: str) -> HttpResponse:
        """Answer with the picture."""
        return _answer(page_to_mark(self.actor, code, int(document_id), int(number)))
