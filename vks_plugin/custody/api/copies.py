"""Certified copies and extracts of a case, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.custody.actions import copies as acts
from vks_plugin.custody.models import CertifiedCopy
from vks_plugin.custody.printed_copy import write_copy
from vks_plugin.custody.queries.copies import CopyTold, copies_of, copy_told
from vks_plugin.custody.states import COPY
from vks_plugin.errors import NotFound
from vks_plugin.rest import FORMAT, NUMBER, ComposedField, FormatIsOurs, InputSerializer, files, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from rest_framework.request import Request

_NUMBER = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Number of the request.")
_STATES = ", ".join(f"`{value}`" for value, _label in COPY.states) + "."


class CopySerializer(serializers.Serializer[CopyTold]):
    """A certified copy or an extract, asked for or given."""

    id = serializers.IntegerField(source="row.pk")
    case = serializers.CharField(source="row.case.code")
    kind = serializers.CharField(source="row.kind", help_text="`copy` or `extract`.")
    content = serializers.CharField(source="row.content", help_text="Of which papers.")
    copies = serializers.IntegerField(source="row.copies")
    pages = serializers.IntegerField(source="row.pages", help_text="Of each copy.")
    receiver_name = serializers.CharField(source="row.receiver_name")
    receiver_agency = serializers.CharField(source="row.receiver_agency")
    purpose = serializers.CharField(source="row.purpose")
    state = serializers.CharField(source="row.state", help_text=_STATES)
    requested_by = serializers.CharField(source="requester", help_text="Name.")
    requested_at = serializers.DateTimeField(source="row.requested_at")
    decided_by = serializers.CharField(source="decider", help_text="Name; empty: nobody yet.")
    decided_at = serializers.DateTimeField(source="row.decided_at", allow_null=True)
    denial = serializers.CharField(source="row.denial", help_text="Why not.")
    unit = serializers.CharField(
        source="row.unit.code", default=None, allow_null=True, help_text="Code of the office that gave it."
    )
    number = serializers.CharField(source="row.written_number", help_text="In its register, with the year.")
    issued_by = serializers.CharField(source="issuer", help_text="Name.")
    issued_at = serializers.DateTimeField(source="row.issued_at", allow_null=True)
    may = serializers.SerializerMethodField(help_text="What the asker may do: `approve`, `deny`, `withdraw`, `issue`.")

    def get_may(self, told: CopyTold) -> list[str]:
        """Return it in one order."""
        return sorted(told.may)


class CopyRequestSerializer(InputSerializer):
    """Copies of which papers somebody is to get."""

    kind = serializers.ChoiceField(choices=CertifiedCopy.Kind.choices)
    content = ComposedField(max_length=1000, help_text="Which papers, by title and folios.")
    copies = serializers.IntegerField(min_value=1, max_value=acts.MOST_COPIES)
    pages = serializers.IntegerField(min_value=1, max_value=acts.MOST_PAGES, help_text="Of each copy.")
    receiver_name = ComposedField(max_length=150)
    receiver_agency = ComposedField(default="", allow_blank=True, max_length=200)
    purpose = ComposedField(max_length=1000)


class CopyDenialSerializer(InputSerializer):
    """Why not."""

    reason = ComposedField(max_length=1000)


class CopyIssueSerializer(InputSerializer):
    """What was made in the end."""

    copies = serializers.IntegerField(min_value=1, max_value=acts.MOST_COPIES)
    pages = serializers.IntegerField(min_value=1, max_value=acts.MOST_PAGES, help_text="Of each copy.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Certified copies and extracts of a case",
        description="For who reads its file, for another reason than a loan, and for desk and leaders of its office; others "
        "are shown what they asked for.",
        responses={200: CopySerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Ask for a certified copy or an extract",
        description="Recorded for whoever is to get it on paper; nothing opens in the system.",
        request=CopyRequestSerializer,
        responses={201: CopySerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseCopyViewSet(OfCaseViewSet):
    """Certified copies and extracts of a case."""

    queryset: QuerySet[Any] = CertifiedCopy.objects.none()
    serializer_class = CopySerializer
    lookup_value_regex = NUMBER
    content_negotiation_class = FormatIsOurs

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of them, the newest first."""
        rows: Any = self.paginate_queryset(copies_of(self.actor, self.case_view())) or []
        told = [copy_told(self.actor, row) for row in rows]
        return self.get_paginated_response(self.get_serializer(told, many=True).data)

    def create(self, _request: Request, code: str, **_kwargs: str) -> Response:
        """Ask."""
        self.case_view()
        row = acts.request_copy(actor=self.actor, code=code, **self.given(CopyRequestSerializer))
        return self._told(row.pk, status=201)

    def _row(self, pk: int) -> CertifiedCopy:
        row = copies_of(self.actor, self.case_view()).filter(pk=pk).first()
        if row is None:
            raise NotFound(_("Không có bản sao, trích lục nào như vậy."))
        return row

    def _told(self, pk: int, *, status: int = 200) -> Response:
        return self.shown(copy_told(self.actor, self._row(pk)), status=status)

    def _does(self, does: Callable[..., object], pk: str, serializer: type[InputSerializer] | None = None) -> Response:
        self._row(int(pk))
        given = self.given(serializer) if serializer is not None else {}
        does(actor=self.actor, code=str(self.kwargs["code"]), copy_id=int(pk), **given)
        return self._told(int(pk))

    @extend_schema(
        summary="Allow a certified copy",
        description="For the chief of the office that has the case, and for those who lend to people outside there; never for "
        "who asked.",
        parameters=[_NUMBER],
        request=None,
        responses={200: CopySerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Allow it."""
        return self._does(acts.approve_copy, pk)

    @extend_schema(
        summary="Refuse a certified copy",
        parameters=[_NUMBER],
        request=CopyDenialSerializer,
        responses={200: CopySerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def deny(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Refuse it."""
        return self._does(acts.deny_copy, pk, CopyDenialSerializer)

    @extend_schema(
        summary="Take back a request for a certified copy",
        description="For who asked, and for leaders of the office.",
        parameters=[_NUMBER],
        request=None,
        responses={200: CopySerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Take it back."""
        return self._does(acts.withdraw_copy, pk)

    @extend_schema(
        summary="Give a certified copy out",
        description="For archivists, clerks and leaders of the office. It gets the next number of the register.",
        parameters=[_NUMBER],
        request=CopyIssueSerializer,
        responses={200: CopySerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def issue(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Give it out."""
        return self._does(acts.issue_copy, pk, CopyIssueSerializer)

    @extend_schema(
        summary="The paper of a certified copy as a file",
        description="Once it is allowed; what is not known yet is left blank.",
        parameters=[_NUMBER, FORMAT],
        responses={**files(), **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["get"])
    def paper(self, request: Request, pk: str, **_kwargs: str) -> HttpResponse:
        """Answer with the paper."""
        return write_copy(
            copy_told(self.actor, self._row(int(pk))), request.query_params.get("format", "pdf")
        ).as_answer()


__all__ = ["CaseCopyViewSet"]
