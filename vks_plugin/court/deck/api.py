"""Presentations, their slides, marks on folios and decks through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
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
from vks_plugin.court.deck import actions, queries
from vks_plugin.court.deck.locking import LONGEST, SHORTEST
from vks_plugin.court.deck.models import DeckExport, FolioMark, PlanMarker, Presentation, Slide, VideoStill
from vks_plugin.court.deck.plans import LARGEST_MARKER
from vks_plugin.court.deck.stills import LONGEST as LONGEST_STILL
from vks_plugin.court.deck.stills import still_of
from vks_plugin.court.deck.videos import video_of
from vks_plugin.court.made_api import MadeSerializer
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.language import spoken
from vks_plugin.rest import (
    LARGEST_NUMBER,
    NUMBER,
    SVG,
    UUID,
    ApiViewSet,
    ComposedField,
    HandsOutFiles,
    InputSerializer,
    PersonSerializer,
    handed_out,
    inert,
    refusals,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_NUMBER = OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="Number within the case.")
_KEY = OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH)
_AS_IT_IS = "application/octet-stream"
_ORDERS = "`theo_bi_can`, `theo_hanh_vi`, `theo_chung_cu` or `theo_cao_trang`."
_EDITS = (
    "What was changed of a diagram by hand; boxes are named by keys such as `accused:12`. `places`: {key: [x, y]}; "
    "`labels`: {key: words}; `hidden`: [key]; `added`, `removed`: lines, [[from, to]]; `words` on lines that were added: "
    "[[from, to, words]]; `boxes` added by hand: [{`key`: `own:1`, none for a new one; `kind`: `act`, `event`, `place`, "
    "`thing` or `note`; `label`; `day`: a date or empty; `folio`: as `12` or empty}]."
)


class PlanMarkerSerializer(serializers.Serializer[PlanMarker]):
    """A number on a scene plan."""

    id = serializers.IntegerField(help_text="Stays with the number, whatever it is called.")
    number = serializers.IntegerField()
    x = serializers.FloatField(help_text="Across the page, as a part of its width.")
    y = serializers.FloatField(help_text="Down the page, as a part of its height.")
    caption = serializers.CharField()
    document = serializers.IntegerField(
        source="case_document.document_id", default=None, allow_null=True, help_text="Of its photo: id in the DMS."
    )
    page = serializers.IntegerField(allow_null=True, help_text="Of its photo.")
    redacted = serializers.BooleanField()


class StillSerializer(serializers.Serializer[VideoStill]):
    """A picture that stands for a video."""

    second = serializers.FloatField(help_text="Of the video, when it was drawn.")
    sha256 = serializers.CharField(help_text="Of the picture as it is kept; the manifest of a deck has it.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    taken_at = serializers.DateTimeField()
    taken_by = PersonSerializer()


class SlideSerializer(serializers.Serializer[Slide]):
    """A slide."""

    id = serializers.IntegerField()
    position = serializers.IntegerField()
    kind = serializers.CharField(
        help_text="`tieu_de`, `but_luc`, `hinh_anh`, `noi_dung`, `so_do`, `loi_khai`, `video` or `hien_truong`."
    )
    state = serializers.CharField(help_text="`hien`, `du_phong` or `cho_hdxx_dong_y`.")
    title = serializers.CharField()
    text = serializers.CharField()
    notes = serializers.CharField(help_text="For whoever presents.")
    document = serializers.IntegerField(
        source="case_document.document_id", default=None, allow_null=True, help_text="Id in the DMS."
    )
    page_from = serializers.IntegerField(allow_null=True)
    page_to = serializers.IntegerField(allow_null=True)
    redacted = serializers.BooleanField(
        help_text="Whether the copy with something taken out is shown; it is as well where rules ask for it."
    )
    crop = serializers.JSONField(help_text="x, y, width, height as parts of the page; null: the whole page.")
    video = serializers.UUIDField(source="video_id", allow_null=True, help_text="Slides of the kind `video` alone.")
    plays_from = serializers.FloatField(allow_null=True, help_text="Seconds; null: from the beginning.")
    plays_to = serializers.FloatField(allow_null=True, help_text="Seconds; null: to the end.")
    still = serializers.SerializerMethodField(help_text="The picture that stands for the video; null: none.")
    ground_308 = serializers.CharField(help_text="`a`, `b`, `c` or `d`; testimony alone.")
    diagram = serializers.CharField(help_text="`quan_he` or `dien_bien`; diagrams alone.")
    edits = serializers.JSONField(help_text=_EDITS)
    markers = PlanMarkerSerializer(many=True, source="markers.all", help_text="Numbers of a scene plan.")
    version = serializers.SerializerMethodField(
        help_text="Stands for what is on the slide now; to be sent with a change."
    )
    confirmed_by = PersonSerializer(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(StillSerializer(allow_null=True))
    def get_still(self, slide: Slide) -> dict[str, Any] | None:
        """Return what is known of the picture that stands for the video."""
        still = still_of(slide)
        return dict(StillSerializer(still).data) if still is not None else None

    def get_version(self, slide: Slide) -> str:
        """Return what tells two people apart who change the slide at once."""
        return actions.state_of(slide)


class PresentationSerializer(serializers.Serializer[Presentation]):
    """A presentation."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    order = serializers.CharField(help_text=_ORDERS)
    created_at = serializers.DateTimeField()


class PresentationWriteSerializer(InputSerializer):
    """A presentation to begin or to change."""

    title = ComposedField(required=False, max_length=200, allow_blank=True)
    order = serializers.CharField(required=False, help_text=_ORDERS)


class PresentationBeginSerializer(PresentationWriteSerializer):
    """A presentation to begin."""

    compose = serializers.BooleanField(required=False, default=False, help_text="Make slides from the case file.")


class PlanMarkerWriteSerializer(InputSerializer):
    """A number to put on a scene plan; its photo by folio, or by document and page."""

    id = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=LARGEST_NUMBER,
        help_text="Of the number it was before; none: a new one.",
    )
    number = serializers.IntegerField(min_value=1, max_value=LARGEST_MARKER)
    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    caption = ComposedField(required=False, max_length=200, allow_blank=True, default="")
    folio = ComposedField(required=False, max_length=20, allow_blank=True, default="", help_text="`21` or `125a`.")
    document = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=LARGEST_NUMBER, help_text="Id in the DMS."
    )
    page = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=100_000, help_text="With `document`."
    )
    redacted = serializers.BooleanField(required=False, default=False)


class StillWriteSerializer(InputSerializer):
    """A picture to stand for a video."""

    picture = serializers.CharField(max_length=LONGEST_STILL, help_text="JPEG in base64, up to 1 MB; written anew.")
    second = serializers.FloatField(min_value=0, help_text="Of the video, within the part that is played.")


class SlideWriteSerializer(InputSerializer):
    """A slide to add or to change."""

    kind = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    title = ComposedField(required=False, max_length=200, allow_blank=True)
    text = ComposedField(required=False, max_length=4000, allow_blank=True)
    notes = ComposedField(required=False, max_length=8000, allow_blank=True)
    document = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST_NUMBER, help_text="Id in the DMS."
    )
    page_from = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100_000)
    page_to = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100_000)
    redacted = serializers.BooleanField(required=False)
    video = serializers.UUIDField(required=False, allow_null=True)
    plays_from = serializers.FloatField(required=False, allow_null=True, min_value=0, help_text="Seconds.")
    plays_to = serializers.FloatField(required=False, allow_null=True, min_value=0)
    still = StillWriteSerializer(required=False, allow_null=True, help_text="Of a video; null: take it away.")
    crop = serializers.ListField(child=serializers.FloatField(), required=False, allow_null=True, max_length=4)
    ground_308 = serializers.CharField(required=False, allow_blank=True)
    diagram = serializers.CharField(required=False, allow_blank=True)
    edits = serializers.DictField(required=False, help_text=_EDITS)
    markers = PlanMarkerWriteSerializer(many=True, required=False, help_text="All numbers of a scene plan.")


class SlideChangeSerializer(SlideWriteSerializer):
    """What is to change of a slide."""

    version = serializers.CharField(
        required=False,
        max_length=64,
        help_text="Of the slide this change was made from; needed with `edits` and `markers`, which replace what was there.",
    )


class SlideMoveSerializer(InputSerializer):
    """Where a slide goes."""

    to = serializers.IntegerField(min_value=1, max_value=10_000, help_text="Its place, counted from 1.")


class DeckObstacleSerializer(serializers.Serializer[Any]):
    """What stands in the way of a deck, or is to be thought of."""

    rule = serializers.CharField()
    slide = serializers.IntegerField(allow_null=True, help_text="Its place; null: the presentation as a whole.")
    sentence = serializers.SerializerMethodField()
    blocks = serializers.BooleanField(help_text="Whether no deck is made before it is out of the way.")
    confirmable = serializers.BooleanField(help_text="Whether a leader of the case may answer for it.")
    fingerprint = serializers.CharField(help_text="What the leader answers for; to be sent with the confirmation.")

    def get_sentence(self, obstacle: Any) -> str:
        """Return the sentence in the reader's language."""
        return spoken(obstacle.sentence)


class SlideConfirmSerializer(InputSerializer):
    """What a leader answers for."""

    fingerprint = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=64,
        help_text="Of what was seen, from the obstacle; when the slide shows something else by now it is refused.",
    )


class DeckSerializer(MadeSerializer):
    """A deck (gói trình chiếu) that was asked for."""

    case = serializers.CharField(source="presentation.case.code")
    presentation = serializers.IntegerField(source="presentation.number")
    format = serializers.CharField(help_text="`html` (a ZIP), `pptx` or `pdf`.")
    encrypted = serializers.BooleanField(help_text="Whether it leaves with a password alone.")
    status = serializers.CharField(help_text="`queued`, `running`, `done` or `failed`.")
    sha256 = serializers.CharField(help_text="Of the finished file.")
    manifest_sha256 = serializers.CharField(help_text="Of its manifest.")
    expires_on = serializers.DateField(allow_null=True, help_text="Its last day; copies are destroyed after it.")
    destroyed_on = serializers.DateField(allow_null=True, help_text="As somebody confirmed.")
    destroyed_person = serializers.CharField(help_text="Who destroyed it.")
    destroyed_copies = serializers.CharField(help_text="Where it had been copied to.")


class DeckDestroyedSerializer(InputSerializer):
    """That every copy was destroyed."""

    destroyed_on = serializers.DateField()
    copies = ComposedField(max_length=300, help_text="Where it had been copied to.")
    person = ComposedField(
        required=False, max_length=150, allow_blank=True, default="", help_text="Who did it; empty: the asker."
    )


class DeckRequestSerializer(InputSerializer):
    """What deck is wanted."""

    format = serializers.CharField(
        required=False, default=DeckExport.Format.HTML.value, help_text="`html`, `pptx`, `pdf`."
    )
    encrypted = serializers.BooleanField(
        required=False, default=False, help_text="Whether it is to leave with a password alone."
    )
    closed_trial = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Needed of a closed trial: that it is shown in the court room alone, before those who may be there, "
        "as agreed with the presiding judge. Kept in the ledger.",
    )


class DeckPasswordSerializer(InputSerializer):
    """The password a deck is fetched with; kept nowhere."""

    password = serializers.CharField(
        max_length=LONGEST,
        trim_whitespace=False,
        style={"input_type": "password"},
        help_text=f"{SHORTEST} to {LONGEST} plain letters, digits and signs.",
    )


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Presentations of a case", responses={200: PresentationSerializer, **refusals(403, 404)}
    ),
    create=extend_schema(
        summary="Begin a presentation",
        description="For those who may contribute to the case; with `compose` its slides are made from the case file.",
        request=PresentationBeginSerializer,
        responses={201: PresentationSerializer, **refusals(400, 403, 404)},
    ),
    retrieve=extend_schema(
        summary="One presentation", parameters=[_NUMBER], responses={200: PresentationSerializer, **refusals(403, 404)}
    ),
    partial_update=extend_schema(
        summary="Change a presentation",
        parameters=[_NUMBER],
        request=PresentationWriteSerializer,
        responses={200: PresentationSerializer, **refusals(400, 403, 404)},
    ),
    destroy=extend_schema(
        summary="Take out a presentation no deck was made of",
        parameters=[_NUMBER],
        responses={204: None, **refusals(403, 404, 409)},
    ),
)
class PresentationViewSet(OfCaseViewSet):
    """Presentations of a case."""

    queryset: QuerySet[Any] = Presentation.objects.none()
    serializer_class: Any = PresentationSerializer
    lookup_url_kwarg = "number"
    lookup_value_regex = NUMBER

    def _row(self, *, writing: bool = False) -> Presentation:
        view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=writing)
        return queries.presentation_of(view.case, int(str(self.kwargs["number"])))

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with them in their order."""
        view = queries.deck_view(self.actor, str(self.kwargs["code"]))
        return self.page(Presentation.objects.filter(case=view.case))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Begin one."""
        view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=True)
        given = self.given(PresentationBeginSerializer)
        return self.shown(actions.create_presentation(actor=self.actor, case=view.case, **given), status=201)

    def retrieve(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with one."""
        return self.shown(self._row())

    def partial_update(self, _request: Request, **_kwargs: str) -> Response:
        """Change one."""
        row = self._row(writing=True)
        given = self.given(PresentationWriteSerializer, partial=True)
        return self.shown(actions.change_presentation(actor=self.actor, presentation=row, values=given))

    def destroy(self, _request: Request, **_kwargs: str) -> Response:
        """Take one out."""
        actions.remove_presentation(actor=self.actor, presentation=self._row(writing=True))
        return Response(status=204)

    @extend_schema(
        summary="What stands in the way of a deck",
        parameters=[_NUMBER],
        responses={200: DeckObstacleSerializer(many=True), **refusals(403, 404)},
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def obstacles(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with everything."""
        found = queries.obstacles_of(self.actor, self._row())
        return Response(DeckObstacleSerializer(found, many=True).data)

    @extend_schema(
        summary="Ask for a deck",
        description="A worker makes it; ask for the deck until its status is `done`.",
        parameters=[_NUMBER],
        request=DeckRequestSerializer,
        responses={202: DeckSerializer, **refusals(400, 403, 404, 503)},
    )
    @action(detail=True, methods=["post"])
    def export(self, _request: Request, **_kwargs: str) -> Response:
        """Queue one."""
        row = self._row(writing=True)
        given = self.given(DeckRequestSerializer)
        made = actions.request_deck(
            actor=self.actor,
            presentation=row,
            file_type=given["format"],
            encrypted=given["encrypted"],
            closed_trial=given["closed_trial"],
        )
        return Response(DeckSerializer(made).data, status=202)


@extend_schema(parameters=[CASE_CODE, _NUMBER])
@extend_schema_view(
    list=extend_schema(summary="Slides of a presentation", responses={200: SlideSerializer, **refusals(403, 404)}),
    create=extend_schema(
        summary="Add a slide at the end",
        description="Testimony without a ground of Điều 308 is refused, and so are papers of the supervision file.",
        request=SlideWriteSerializer,
        responses={201: SlideSerializer, **refusals(400, 403, 404)},
    ),
    partial_update=extend_schema(
        summary="Change a slide",
        description=(
            "With `version` the change is refused (409) where somebody else changed the slide meanwhile; nothing of it is kept."
        ),
        parameters=[_KEY],
        request=SlideChangeSerializer,
        responses={200: SlideSerializer, **refusals(400, 403, 404, 409)},
    ),
    destroy=extend_schema(summary="Take a slide out", parameters=[_KEY], responses={204: None, **refusals(403, 404)}),
)
class SlideViewSet(OfCaseViewSet):
    """Slides of a presentation."""

    queryset: QuerySet[Any] = Slide.objects.none()
    serializer_class: Any = SlideSerializer
    lookup_value_regex = NUMBER

    def _row(self, *, writing: bool = False) -> Presentation:
        view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=writing)
        return queries.presentation_of(view.case, int(str(self.kwargs["number"])))

    def _given(self, serializer: type[InputSerializer], *, partial: bool = False) -> dict[str, Any]:
        given = dict(self.given(serializer, partial=partial))
        if "document" in given:
            wanted = given.pop("document")
            view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=True)
            filed = view.documents.filter(document_id=wanted).first() if wanted is not None else None
            if wanted is not None and filed is None:
                raise BadInput(_("Không có tài liệu này trong hồ sơ vụ án."), field="document")
            given["case_document"] = filed
        if given.get("video") is not None:
            given["video"] = video_of(self.actor, str(self.kwargs["code"]), given["video"])
        return given

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with them in their order."""
        rows = self._row().slides.select_related("case_document", "confirmed_by")
        rows = rows.prefetch_related("markers__case_document")
        return self.page(rows.order_by("position", "id"))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Add one."""
        row = self._row(writing=True)
        values = self._given(SlideWriteSerializer)
        return self.shown(actions.add_slide(actor=self.actor, presentation=row, values=values), status=201)

    def partial_update(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Change one."""
        row = self._row(writing=True)
        values = self._given(SlideChangeSerializer, partial=True)
        seen = values.pop("version", "")
        if not seen and values.keys() & {"edits", "markers"}:
            # these replace all that was there: what somebody else put there meanwhile would be lost
            raise BadInput(
                _("Hãy gửi kèm version của trang vừa đọc: edits và markers thay toàn bộ phần đã có."), field="version"
            )
        made = actions.change_slide(actor=self.actor, presentation=row, slide_id=int(pk), values=values, seen=seen)
        return self.shown(made)

    def destroy(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Take one out."""
        actions.remove_slide(actor=self.actor, presentation=self._row(writing=True), slide_id=int(pk))
        return Response(status=204)

    @extend_schema(
        summary="Put a slide elsewhere",
        parameters=[_KEY],
        request=SlideMoveSerializer,
        responses={204: None, **refusals(400, 403, 404)},
    )
    @action(detail=True, methods=["post"])
    def move(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Move it."""
        row = self._row(writing=True)
        actions.move_slide(
            actor=self.actor, presentation=row, slide_id=int(pk), to=self.given(SlideMoveSerializer)["to"]
        )
        return Response(status=204)

    @extend_schema(
        summary="Answer, as a leader of the case, for showing a slide",
        description="Needed where a page may tell who a protected person is; it holds for these very pages.",
        parameters=[_KEY],
        request=SlideConfirmSerializer,
        responses={200: SlideSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def confirm(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Confirm it."""
        row = self._row()
        seen = self.given(SlideConfirmSerializer)["fingerprint"]
        return self.shown(actions.confirm_slide(actor=self.actor, presentation=row, slide_id=int(pk), fingerprint=seen))

    @extend_schema(
        summary="A diagram or a scene plan as SVG",
        description="Handed out where a deck of it could be made, and not while it waits for the panel.",
        parameters=[_KEY],
        responses={
            (200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR, description="The picture."),
            **refusals(400, 403, 404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def drawing(self, _request: Request, pk: str, **_kwargs: str) -> HttpResponse:
        """Answer with the picture."""
        row = self._row()
        found = row.slides.filter(pk=pk).first()
        if found is None:
            raise NotFound(_("Bài trình chiếu không có trang này."))
        response = inert(HttpResponse(queries.drawing_of(self.actor, row, found), content_type=SVG))
        response["Content-Disposition"] = queries.drawing_disposition(row, found)
        return response


class MarkSerializer(serializers.Serializer[FolioMark]):
    """A marked place on a page."""

    id = serializers.IntegerField()
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the DMS.")
    page = serializers.IntegerField()
    areas = serializers.JSONField(help_text="Rectangles: x, y, width, height as parts of the page.")
    quote = serializers.CharField()
    note = serializers.CharField()
    shared = serializers.BooleanField()
    created_by = PersonSerializer()


class MarkWriteSerializer(InputSerializer):
    """A place to mark: words that stand on the page, or a rectangle."""

    document = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="Id in the DMS.")
    page = serializers.IntegerField(min_value=1, max_value=100_000)
    quote = ComposedField(required=False, max_length=500, allow_blank=True, default="")
    area = serializers.ListField(
        child=serializers.FloatField(), required=False, allow_null=True, max_length=4, default=None
    )
    note = ComposedField(required=False, max_length=1000, allow_blank=True, default="")
    shared = serializers.BooleanField(required=False, default=False)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Marks on folios",
        description="One's own, and those shared with everybody who works on the case.",
        responses={200: MarkSerializer, **refusals(403, 404)},
    ),
    create=extend_schema(
        summary="Mark a place", request=MarkWriteSerializer, responses={201: MarkSerializer, **refusals(400, 403, 404)}
    ),
    destroy=extend_schema(summary="Take a mark away", parameters=[_KEY], responses={204: None, **refusals(403, 404)}),
)
class MarkViewSet(OfCaseViewSet):
    """Marks of a case."""

    queryset: QuerySet[Any] = FolioMark.objects.none()
    serializer_class: Any = MarkSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those the asker sees."""
        view = queries.deck_view(self.actor, str(self.kwargs["code"]))
        documents = view.documents.filter(part="hsva").values_list("pk", flat=True)
        rows = queries.marks_for(self.actor, documents).select_related("case_document", "created_by")
        return self.page(rows.order_by("case_document", "page", "id"))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Mark one."""
        view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=True)
        given = self.given(MarkWriteSerializer)
        made = actions.add_mark(
            actor=self.actor,
            case=view.case,
            document_id=given["document"],
            page=given["page"],
            area=given["area"],
            quote_text=given["quote"],
            note=given["note"],
            shared=given["shared"],
        )
        return self.shown(made, status=201)

    def destroy(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Take one away."""
        view = queries.deck_view(self.actor, str(self.kwargs["code"]), writing=True)
        actions.remove_mark(actor=self.actor, case=view.case, mark_id=int(pk))
        return Response(status=204)


_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(
        summary="Packages past their day that nobody confirmed as destroyed",
        description="One's own, and those of the offices one leads.",
        responses={200: DeckSerializer(many=True)},
    ),
    retrieve=extend_schema(
        summary="One deck",
        description="For those who may contribute to the case and read everything in it, at this moment.",
        parameters=[_ID],
        responses={200: DeckSerializer, **refusals(404)},
    ),
)
@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class DeckViewSet(HandsOutFiles, ApiViewSet):
    """Decks."""

    queryset: QuerySet[Any] = DeckExport.objects.none()
    serializer_class = DeckSerializer
    lookup_value_regex = UUID
    lookup_url_kwarg = "id"

    def list(self, _request: Request) -> Response:
        """Answer with those that wait."""
        return self.page(queries.overdue_packages(self.actor))

    @extend_schema(
        summary="Confirm that every copy of a package was destroyed",
        description="For those who work on the case and its leaders. The file here is deleted too.",
        parameters=[_ID],
        request=DeckDestroyedSerializer,
        responses={200: DeckSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def destroyed(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Confirm it."""
        queries.known_export(self.actor, id)
        given = self.given(DeckDestroyedSerializer)
        return self.shown(actions.confirm_destroyed(actor=self.actor, export_id=id, **given))

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with its state."""
        return self.shown(queries.export_for(self.actor, id))

    @extend_schema(
        summary="Fetch a finished deck",
        parameters=[_ID],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def download(self, _request: Request, id: str) -> FileResponse:  # noqa: A002 - the name in the address
        """Answer with the file."""
        export = queries.export_for(self.actor, id)
        file = actions.plain_deck(export).open("rb")
        return handed_out(file, _AS_IT_IS, actions.deck_disposition(export))

    @extend_schema(
        summary="Fetch a finished deck encrypted",
        description="A ZIP of AES-256 around the deck, or a PDF of AES-256. The password is kept nowhere.",
        parameters=[_ID],
        request=DeckPasswordSerializer,
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(400, 404, 409),
        },
    )
    @download.mapping.post
    def download_locked(self, _request: Request, id: str) -> FileResponse:  # noqa: A002 - the name in the address
        """Answer with the file."""
        export = queries.export_for(self.actor, id)
        file = actions.locked_deck(actor=self.actor, export=export, **self.given(DeckPasswordSerializer))
        return handed_out(file, _AS_IT_IS, actions.locked_disposition(export))
