"""Asking for court bundles through the API, following them, and fetching the result."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.cases.models import ProceduralEvent
from vks_plugin.cases.proceedings import event_label
from vks_plugin.court import actions
from vks_plugin.court.choosing import Wishes, reading_remark
from vks_plugin.court.made_api import MadeSerializer
from vks_plugin.court.models import Bundle
from vks_plugin.court.tracing import Bundled, Traced, trace
from vks_plugin.custody.api.ledger import LedgerEntrySerializer
from vks_plugin.rest import UUID, ApiViewSet, HandsOutFiles, InputSerializer, handed_out, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
_FOLIO = OpenApiParameter(
    "number", OpenApiTypes.STR, OpenApiParameter.PATH, description="A folio as it is cited: `125`, `125a`."
)
_PIECE = OpenApiParameter(
    "piece",
    OpenApiTypes.STR,
    description="Number of the volume (the first when left out), `manifest`, `chu-ky`: the manifest's signature, "
    "or `bo-sung`: what a supplement added.",
)
_PRESETS = (
    "`toan_bo`: the whole case file; `trinh_toa`: the indictment and the evidence, for the court; "
    "`trinh_lanh_dao`: by groups, for the leaders; `bi_can_bao_chua`: for accused and "
    "defender; `trich_luc`: what is picked; `tap_loi`: what is picked, with the pages of a main bundle; `bo_sung`: an "
    "earlier bundle with what came since."
)


class _KeptBackSerializer(serializers.Serializer[actions.KeptBack]):
    """A document that was asked for and is not in a bundle."""

    document = serializers.IntegerField(source="document_id", help_text="Id in the host.")
    title = serializers.CharField()
    why = serializers.CharField(help_text="In a sentence.")


class _OddSerializer(serializers.Serializer[actions.Odd]):
    """Something to look at in a document of a bundle before it is handed out."""

    document = serializers.IntegerField(source="document_id", help_text="Id in the host.")
    title = serializers.CharField()
    caution = serializers.CharField(
        help_text="`nghieng`: turned; `khong_chu`: a picture without words; `phong`: a font is not inside; `day`: above "
        "300 dpi; `lon`: a huge picture; `da_dong_so`: stamped by another program; `giong_nhau`: same "
        "words and pictures as another document of the bundle, in another file; `chua_xem`: not looked at."
    )
    what = serializers.CharField(help_text="The same in words.")
    pages = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of the document, from 1; the first of them."
    )
    count = serializers.IntegerField(help_text="Of all such pages.")


class BundleSerializer(MadeSerializer):
    """A court bundle (tập hồ sơ): one stamped and indexed PDF of a case."""

    case = serializers.CharField(source="case.code", help_text="Code of the case.")
    preset = serializers.CharField(help_text=_PRESETS)
    status = serializers.CharField(help_text="`queued`, `running`, `done`, `failed` or `cancelled`.")
    page_count = serializers.IntegerField(allow_null=True, help_text="Once it is done.")
    document_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the finished file; of several, over a line with the SHA-256 of each.")
    volumes = serializers.ListField(
        child=serializers.DictField(),
        help_text="Once it is done: `volume`, `first_page`, `last_page`, `bytes`, `sha256` of each file.",
    )
    earlier = serializers.UUIDField(source="earlier_id", allow_null=True, help_text="The bundle it builds on.")
    left_out = serializers.IntegerField(
        source="left_out_count", help_text="Documents kept back from those who will read this bundle."
    )
    kept_back = serializers.SerializerMethodField(help_text="Which ones, of those the asker may see.")
    cautions = serializers.SerializerMethodField(
        help_text="What to look at, known before the pages are written, of documents the asker may see."
    )
    remark = serializers.SerializerMethodField(
        help_text="What is to be thought of before it is handed to the accused: the case was brought to trial already."
    )

    @extend_schema_field(_KeptBackSerializer(many=True))
    def get_kept_back(self, bundle: Bundle) -> list[dict[str, Any]]:
        """Return the documents with the reasons."""
        known: dict[uuid.UUID, list[actions.KeptBack]] | None = self.context.get("kept_back")
        if known is None:
            known = actions.kept_back(self.context["view"].actor, [bundle])
        return [dict(_KeptBackSerializer(each).data) for each in known.get(bundle.pk, [])]

    @extend_schema_field(_OddSerializer(many=True))
    def get_cautions(self, bundle: Bundle) -> list[dict[str, Any]]:
        """Return what is odd, document by document."""
        known: dict[uuid.UUID, list[actions.Odd]] | None = self.context.get("cautions")
        if known is None:
            known = actions.oddities(self.context["view"].actor, [bundle])
        return [dict(_OddSerializer(each).data) for each in known.get(bundle.pk, [])]

    def get_remark(self, bundle: Bundle) -> str:
        """Return the sentence; empty for readers other than the accused."""
        if bundle.preset != Bundle.Preset.DEFENCE:
            return ""
        # the same for all bundles of a case: a list asks once
        remark: str | None = self.context.get("remark")
        return reading_remark(bundle.case) if remark is None else remark


class BundleRequestSerializer(InputSerializer):
    """What bundle is wanted."""

    preset = serializers.CharField(required=False, default=Bundle.Preset.WHOLE.value, help_text=_PRESETS)
    documents = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        default=list,
        help_text="Ids in the host; all when left out.",
    )
    folios = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=500,
        help_text="Folios whose documents go in: `1-20, 35`.",
    )
    volume_pages = serializers.IntegerField(
        required=False, default=0, help_text="Most pages of a volume; 0: `VKS_BUNDLE_VOLUME_PAGES`."
    )
    volume_megabytes = serializers.IntegerField(
        required=False, default=0, help_text="Heaviest volume; 0: `VKS_BUNDLE_VOLUME_MEGABYTES`."
    )
    corner = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        help_text="Where the folio is stamped: `top_right`, `top_left`, `bottom_right`, `bottom_left`; `profile`: where those who numbered the file stamp; empty: below, in the middle.",
    )
    agency = serializers.BooleanField(required=False, default=False, help_text="The stamp says who put the folio on.")
    redacted = serializers.BooleanField(
        required=False, default=False, help_text="A redacted copy stands in for its document, where there is one."
    )
    accept_gaps = serializers.BooleanField(
        required=False, default=False, help_text="Make it although folios are missing; the cover names them."
    )
    skip_equal = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Leave out papers that show the same as an earlier one; else the index marks them.",
    )
    earlier = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="For `tap_loi` and `bo_sung`: the finished bundle it builds on.",
    )


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Bundles of a case",
        description="The newest, of which the asker may read every document.",
        responses={200: BundleSerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Ask for a bundle",
        description="A worker makes it; ask for the bundle until its status is `done`. "
        "Asking again while one is being made answers with that one.",
        request=BundleRequestSerializer,
        responses={202: BundleSerializer, **refusals(400, 403, 404, 503)},
    ),
)
class CaseBundleViewSet(OfCaseViewSet):
    """Bundles of a case."""

    queryset: QuerySet[Any] = Bundle.objects.none()
    serializer_class = BundleSerializer

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those the asker may have."""
        case = self.case_view().case
        chosen = [bundle.pk for bundle in actions.bundles_of(self.actor, case)]
        rows = Bundle.objects.filter(pk__in=chosen).select_related("case", "requested_by")

        def known(bundles: list[Bundle]) -> dict[str, Any]:
            return {
                "remark": reading_remark(case),
                "kept_back": actions.kept_back(self.actor, bundles),
                "cautions": actions.oddities(self.actor, bundles),
            }

        return self.page(rows, knowing=known)

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Queue one."""
        case = self.case_view().case
        given = dict(self.given(BundleRequestSerializer))
        preset, earlier = given.pop("preset"), given.pop("earlier")
        given["documents"] = tuple(given["documents"])
        wishes = Wishes(**given)
        bundle = actions.request_bundle(actor=self.actor, case=case, preset=preset, wishes=wishes, earlier=earlier)
        return self.shown(bundle, status=202)


class _RestingSerializer(serializers.Serializer[ProceduralEvent]):
    """A decision or a step of the proceedings that was recorded by a document."""

    event = serializers.CharField(help_text="As in the routes of events.")
    label = serializers.SerializerMethodField(help_text="In words.")  # type: ignore[assignment]  # so named in the answer
    happened_on = serializers.DateField()
    number = serializers.CharField(help_text="Of the decision.")
    agency = serializers.CharField(help_text="Whose decision.")

    def get_label(self, event: ProceduralEvent) -> str:
        """Return what it is called."""
        return _(event_label(event.event))


class _BundledSerializer(serializers.Serializer[Bundled]):
    """A page of a finished bundle."""

    bundle = serializers.UUIDField(source="bundle.pk")
    preset = serializers.CharField(source="bundle.preset")
    created_at = serializers.DateTimeField(source="bundle.created_at")
    page = serializers.IntegerField(help_text="The stamped number.")


class FolioOriginSerializer(serializers.Serializer[Traced]):
    """Where a folio leads."""

    folio = serializers.CharField(source="folio.label", help_text="As it is cited.")
    page = serializers.IntegerField(source="folio.page", allow_null=True, help_text="Of the document, from 1.")
    stamped_by = serializers.CharField(source="folio.stamped_by", help_text="`CQDT`, `VKS`, `TA` or empty.")
    document = serializers.IntegerField(source="filed.document_id", help_text="Id in the host.")
    title = serializers.CharField(source="filed.title")
    number = serializers.CharField(source="filed.number")
    dated = serializers.DateField(source="filed.date", allow_null=True)
    sha256 = serializers.CharField(source="filed.sha256", help_text="Of the file it was filed as.")
    decisions = _RestingSerializer(source="events", many=True, help_text="What was recorded by this document.")
    history = serializers.SerializerMethodField(help_text="What the ledger says of it, the newest first.")
    bundles = _BundledSerializer(many=True, help_text="Where it stands in bundles the asker may have.")

    @extend_schema_field(LedgerEntrySerializer(many=True))
    def get_history(self, traced: Traced) -> Any:
        """Return the entries as the asker may read them."""
        said = {each.entry.pk: each for each in traced.history}
        entries = [each.entry for each in traced.history]
        return LedgerEntrySerializer(entries, many=True, context={"said": said}).data  # type: ignore[arg-type]  # of many


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    retrieve=extend_schema(
        summary="Where a folio leads",
        description="Document, page, decisions recorded by it, its history in the ledger, pages of bundles that show it; "
        "as far as the asker may read.",
        parameters=[_FOLIO],
        responses={200: FolioOriginSerializer, **refusals(400, 403, 404)},
    ),
)
class FolioOriginViewSet(OfCaseViewSet):
    """Where folios lead."""

    queryset: QuerySet[Any] = Bundle.objects.none()
    serializer_class = FolioOriginSerializer
    lookup_value_regex = r"[0-9]{1,7}[a-zA-Z]{0,3}"
    lookup_url_kwarg = "number"

    def retrieve(self, _request: Request, number: str, **kwargs: str) -> Response:
        """Answer with the origin of one."""
        return self.shown(trace(self.actor, kwargs["code"], number))


@extend_schema_view(
    retrieve=extend_schema(
        summary="One bundle",
        description="For those who may read every document in it, at this moment.",
        parameters=[_ID],
        responses={200: BundleSerializer, **refusals(404)},
    ),
)
class BundleViewSet(HandsOutFiles, ApiViewSet):
    """Bundles."""

    queryset: QuerySet[Any] = Bundle.objects.none()
    serializer_class = BundleSerializer
    lookup_value_regex = UUID
    lookup_url_kwarg = "id"

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with its state."""
        return self.shown(actions.bundle_for(self.actor, id))

    @extend_schema(
        summary="Stop a bundle",
        parameters=[_ID],
        request=None,
        responses={200: BundleSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Stop it."""
        bundle = actions.bundle_for(self.actor, id)
        actions.cancel_bundle(actor=self.actor, bundle=bundle)
        bundle.refresh_from_db()
        return self.shown(bundle)

    @extend_schema(
        summary="Go on with a bundle that was stopped or failed",
        description="Finished volumes are taken on when nothing changed in the papers.",
        parameters=[_ID],
        request=None,
        responses={202: BundleSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Queue it again."""
        return self.shown(actions.go_on(actor=self.actor, bundle=actions.bundle_for(self.actor, id)), status=202)

    @extend_schema(
        summary="Fetch a finished bundle",
        parameters=[_ID, _PIECE],
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def download(self, request: Request, id: str) -> FileResponse:  # noqa: A002 - the name in the address
        """Answer with the file."""
        bundle = actions.bundle_for(self.actor, id)
        piece = str(request.query_params.get("piece", ""))
        file = actions.finished_file(bundle, piece).open("rb")
        return handed_out(file, actions.content_type(piece), actions.content_disposition(bundle, piece))
