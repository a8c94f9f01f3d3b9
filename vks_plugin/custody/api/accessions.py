"""Handing cases to the archive through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.custody import accession_papers
from vks_plugin.custody.actions.accession import MOST_CASES, cancel, prepare, request_acceptance, retry
from vks_plugin.custody.api.listed_cases import ListedCaseSerializer
from vks_plugin.custody.models import Accession, AccessionItem
from vks_plugin.custody.queries.accession import (
    accession_for,
    accessions_for,
    exhibits_left,
    is_being_taken,
    known_cases,
    package_for,
    pieces_settled,
    told_error,
)
from vks_plugin.custody.queries.retention import Kept, kept_now
from vks_plugin.custody.states import ACCESSION
from vks_plugin.rest import (
    CODE,
    FORMAT,
    NUMBER,
    ApiViewSet,
    FormatIsOurs,
    HandsOutFiles,
    InputSerializer,
    PersonSerializer,
    files,
    handed_out,
    refusals,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
_STATES = ", ".join(f"`{value}`" for value, _label in ACCESSION.states)


class AccessionItemSerializer(ListedCaseSerializer[AccessionItem]):
    """A case of an accession, with its package."""

    files = serializers.IntegerField(
        allow_null=True, help_text="In the package, of documents and videos, of every version; null: not counted."
    )
    dated_from = serializers.DateField(allow_null=True, help_text="The first day its documents bear.")
    dated_to = serializers.DateField(allow_null=True, help_text="The last day.")
    digest = serializers.CharField(help_text="Over the documents in the package, as in the ledger.")
    sha256 = serializers.CharField(help_text="Of the package; empty while there is none.")
    size = serializers.IntegerField(help_text="Bytes.")
    destroyed_at = serializers.DateTimeField(
        source="case.destroyed_at",
        allow_null=True,
        help_text="When the file was disposed of; its package went with it and cannot be fetched any more.",
    )
    retention_now = serializers.SerializerMethodField(
        help_text="How long it is kept as it is known today, in words; of what was disposed of, as it was known then. Empty for "
        "who may not know of the case."
    )

    def get_retention_now(self, row: AccessionItem) -> str:
        """Return the words, to who may know of the case."""
        kept: dict[int, Kept] = self.context["kept"]
        return kept[row.case_id].words if row.case_id in kept else ""


class AccessionSerializer(serializers.Serializer[Accession]):
    """An office hands cases to its archive."""

    id = serializers.IntegerField()
    unit = serializers.CharField(source="unit.code")
    state = serializers.CharField(help_text=f"Of {_STATES}.")
    number = serializers.IntegerField(allow_null=True, help_text="Of the record; given when the archive takes it.")
    giver = PersonSerializer()
    asked_at = serializers.DateTimeField()
    receiver = PersonSerializer(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    taking = serializers.SerializerMethodField(help_text="Whether a worker reads the packages again, to take them.")
    done = serializers.IntegerField(help_text="Documents packed; while it is being taken, read again.")
    total = serializers.IntegerField(help_text="Of so many.")
    error = serializers.SerializerMethodField(
        help_text="Why it could not be packed, or taken; who may not know of a case is not told that it is restricted."
    )

    def get_taking(self, row: Accession) -> bool:
        """Tell whether it is being taken."""
        return is_being_taken(row)

    def get_error(self, row: Accession) -> str:
        """Return why, as the asker may know it."""
        return told_error(self.context["request"].user, row)


class AccessionListSerializer(AccessionSerializer):
    """An accession in a list."""

    cases = serializers.IntegerField(help_text="How many.")


class AccessionDetailSerializer(AccessionSerializer):
    """An accession with its cases."""

    items = serializers.SerializerMethodField()

    def get_items(self, row: Accession) -> list[dict[str, Any]]:
        """Return the cases."""
        rows = row.items.select_related("case").order_by("case_id")
        return [dict(AccessionItemSerializer(each, context=self.context).data) for each in rows]


class PrepareAccessionSerializer(InputSerializer):
    """Which cases are handed to the archive."""

    cases = serializers.ListField(
        child=serializers.CharField(max_length=60),
        min_length=1,
        max_length=MOST_CASES,
        help_text="Codes, of one office.",
    )


@extend_schema_view(
    list=extend_schema(
        summary="Accessions",
        description="Of offices in which the asker gives or takes, or which the asker leads from above; the newest first.",
        responses={200: AccessionListSerializer},
    ),
    retrieve=extend_schema(
        summary="One accession", parameters=[_ID], responses={200: AccessionDetailSerializer, **refusals(404)}
    ),
    create=extend_schema(
        summary="Have finished cases packed for the archive",
        description="For records clerks and leaders of the office of the cases.",
        request=PrepareAccessionSerializer,
        responses={201: AccessionDetailSerializer, **refusals(400, 403, 404, 409, 503)},
    ),
)
class AccessionViewSet(HandsOutFiles, ApiViewSet):
    """Accessions."""

    queryset: QuerySet[Any] = Accession.objects.none()
    serializer_class: Any = AccessionDetailSerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = NUMBER

    def get_serializer_class(self) -> Any:
        """Return what a row of the list, or one of them, is shown as."""
        return AccessionListSerializer if self.action == "list" else AccessionDetailSerializer

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(accessions_for(self.actor).annotate(cases=Count("items")))

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self._told(int(pk))

    def create(self, _request: Request) -> Response:
        """Have them packed."""
        row = prepare(actor=self.actor, codes=self.given(PrepareAccessionSerializer)["cases"])
        return self._told(row.pk, status=201)

    def _told(self, pk: int, *, status: int = 200) -> Response:
        row = accession_for(self.actor, pk)
        known, exhibits, settled = known_cases(self.actor, row), exhibits_left(row), pieces_settled(row)
        kept = kept_now(each.case for each in row.items.filter(case__in=known).select_related("case"))
        return self.shown(row, status=status, known=known, exhibits=exhibits, settled=settled, kept=kept)

    @extend_schema(
        summary="Take an accession into the archive",
        description="For archivists of the office, never who gave it. A worker reads every package again and takes it then; ask "
        "for the accession again to see how far it is. Asked again after a worker was lost, it goes on with what was not read.",
        parameters=[_ID],
        request=None,
        responses={202: AccessionDetailSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, pk: str) -> Response:
        """Take it."""
        request_acceptance(actor=self.actor, pk=int(pk))
        return self._told(int(pk), status=202)

    @extend_schema(
        summary="Call an accession off",
        description="Its packages go; the cases stay as they are.",
        parameters=[_ID],
        request=None,
        responses={200: AccessionDetailSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: str) -> Response:
        """Call it off."""
        cancel(actor=self.actor, pk=int(pk))
        return self._told(int(pk))

    @extend_schema(
        summary="Pack again what could not be packed",
        parameters=[_ID],
        request=None,
        responses={200: AccessionDetailSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def retry(self, _request: Request, pk: str) -> Response:
        """Pack it again."""
        retry(actor=self.actor, pk=int(pk))
        return self._told(int(pk))

    @extend_schema(
        summary="List or record of an accession as a file",
        description="For who may know of every case in it.",
        parameters=[
            _ID,
            OpenApiParameter("what", str, OpenApiParameter.PATH, enum=tuple(accession_papers.PAPERS)),
            FORMAT,
        ],
        responses={**files(), **refusals(400, 404)},
    )
    @action(detail=True, methods=["get"], url_path=r"papers/(?P<what>[^/.]+)")
    def paper(self, request: Request, pk: str, what: str) -> HttpResponse:
        """Answer with the paper."""
        chosen = request.query_params.get("format", "pdf")
        return accession_papers.paper_for(self.actor, int(pk), what, chosen).as_answer()

    @extend_schema(
        summary="Fetch the package of a case",
        description="A ZIP after BagIt, for who may read both parts of the case.",
        parameters=[_ID, OpenApiParameter("code", str, OpenApiParameter.PATH, description="Code of the case.")],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(404),
        },
    )
    @action(detail=True, methods=["get"], url_path=rf"cases/(?P<code>{CODE})/package")
    def package(self, _request: Request, pk: str, code: str) -> FileResponse:
        """Answer with the file."""
        item = package_for(self.actor, int(pk), code)
        return handed_out(item.path.open("rb"), "application/zip", f'attachment; filename="{item.case.code}.zip"')
