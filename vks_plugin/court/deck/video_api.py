"""Videos of a case through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.court.deck import videos
from vks_plugin.court.deck.models import Video
from vks_plugin.court.deck.queries import deck_view
from vks_plugin.rest import UUID, ComposedField, HandsOutFiles, InputSerializer, PersonSerializer, handed_out, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_KEY = OpenApiParameter("pk", OpenApiTypes.UUID, OpenApiParameter.PATH)


class VideoSerializer(serializers.Serializer[Video]):
    """A video that belongs to a paper of the case file."""

    id = serializers.UUIDField()
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the DMS of that paper.")
    title = serializers.CharField()
    container = serializers.CharField(help_text="`mp4` or `webm`.")
    codecs = serializers.CharField(help_text="Of pictures and sound.")
    seconds = serializers.FloatField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the file as it was taken in; the ledger has it, too.")
    sealed = serializers.BooleanField(
        source="is_sealed", help_text="Whether the file was sealed with it in there: then it stays."
    )
    created_at = serializers.DateTimeField()
    created_by = PersonSerializer()


class VideoWriteSerializer(InputSerializer):
    """A video to take in."""

    file = serializers.FileField(
        allow_empty_file=True, help_text="MP4 with H.264 and AAC, or WebM with VP8 or VP9 and Opus or Vorbis."
    )
    document = serializers.IntegerField(help_text="Id in the DMS of a numbered paper of the case file.")
    title = ComposedField(required=False, max_length=200, allow_blank=True, default="")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(summary="Videos of a case", responses={200: VideoSerializer, **refusals(403, 404)}),
    create=extend_schema(
        summary="Take a video in",
        description="Kept byte for byte. One that a browser may not play at court is refused by the name of its kind.",
        request={"multipart/form-data": VideoWriteSerializer},
        responses={201: VideoSerializer, **refusals(400, 403, 404, 409, 413)},
    ),
    destroy=extend_schema(
        summary="Take a video out that no slide shows",
        description="One that was there when the file was sealed stays.",
        parameters=[_KEY],
        responses={204: None, **refusals(403, 404, 409)},
    ),
)
class VideoViewSet(HandsOutFiles, OfCaseViewSet):
    """Videos of a case."""

    queryset: QuerySet[Any] = Video.objects.none()
    serializer_class: Any = VideoSerializer
    lookup_value_regex = UUID

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those the asker may see."""
        return self.page(videos.videos_of(self.actor, str(self.kwargs["code"])))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Take one in."""
        case = deck_view(self.actor, str(self.kwargs["code"]), writing=True).case
        given = self.given(VideoWriteSerializer)
        file = given["file"]
        made = videos.keep_video(
            actor=self.actor, case=case, file=file, size=file.size, document=given["document"], title=given["title"]
        )
        return self.shown(videos.video_of(self.actor, case.code, made.pk), status=201)

    def destroy(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Take one out."""
        case = deck_view(self.actor, str(self.kwargs["code"]), writing=True).case
        videos.remove_video(actor=self.actor, case=case, pk=pk)
        return Response(status=204)

    @extend_schema(
        summary="Fetch a video",
        parameters=[_KEY],
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(403, 404),
        },
    )
    @action(detail=True, methods=["get"])
    def file(self, _request: Request, pk: str, **_kwargs: str) -> FileResponse:
        """Answer with the file."""
        found = videos.video_of(self.actor, str(self.kwargs["code"]), pk)
        named = f'attachment; filename="{videos.download_name(found)}"'
        return handed_out(videos.opened_video(found), "application/octet-stream", named)
