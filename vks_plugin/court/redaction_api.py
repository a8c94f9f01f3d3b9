"""Redaction through the API: what would go, the copies made, read and fetched; by the rules of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import FileResponse
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
from vks_plugin.court import redaction_works as works
from vks_plugin.court import redactions as actions
from vks_plugin.court.made_api import MadeSerializer
from vks_plugin.court.models import Redaction, RedactionWork
from vks_plugin.court.private import ADDRESSES, NUMBERS
from vks_plugin.court.redaction import Mark
from vks_plugin.court.words import Box
from vks_plugin.rest import (
    UUID,
    ApiViewSet,
    ComposedField,
    HandsOutFiles,
    InputSerializer,
    PersonSerializer,
    handed_out,
    refusals,
)

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from rest_framework.request import Request

_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
_KINDS = (
    "Why it is proposed: `nguoi` (a name), `dia_chi`, `can_cuoc`, `dien_thoai`, `tai_khoan`, `noi_o` (an address, "
    "whoever's it is), `chu` (words that were given), `khung` (a rectangle)."
)
_GROUNDS = "`bao_ve`, `duoi_18`, `bi_hai`, `doi_tu`, or `khac` with a reason."


class FrameSerializer(InputSerializer):
    """A rectangle on a page as it is shown, in points from its upper left corner."""

    page = serializers.IntegerField(min_value=1, help_text="From 1.")
    left = serializers.FloatField(min_value=0, max_value=20_000)
    top = serializers.FloatField(min_value=0, max_value=20_000)
    right = serializers.FloatField(min_value=0, max_value=20_000)
    bottom = serializers.FloatField(min_value=0, max_value=20_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a rectangle that covers nothing."""
        if not (attrs["left"] < attrs["right"] and attrs["top"] < attrs["bottom"]):
            raise serializers.ValidationError(actions.EMPTY_FRAME)
        return attrs


def _as_mark(given: dict[str, Any]) -> Mark:
    return Mark(given["page"], Box(given["left"], given["top"], given["right"], given["bottom"]), "khung")


class FoundMarkSerializer(serializers.Serializer[Any]):
    """A place where something was found."""

    number = serializers.IntegerField(help_text="By which it is chosen.")
    page = serializers.IntegerField()
    left = serializers.FloatField(help_text="In points, of the page as it is shown.")
    top = serializers.FloatField()
    right = serializers.FloatField()
    bottom = serializers.FloatField()
    kind = serializers.CharField(help_text=_KINDS)
    words = serializers.CharField(help_text="What stands there.")
    ticked = serializers.BooleanField(help_text="Whether it goes unless somebody says otherwise.")


class UnsearchedSerializer(serializers.Serializer[Any]):
    """Pages on which nobody could look for words."""

    why = serializers.CharField(help_text="In words.")
    pages = serializers.ListField(child=serializers.IntegerField())


class FoundInSerializer(serializers.Serializer[works.FoundIn]):
    """What was found in a document."""

    document = serializers.IntegerField(source="filed.document_id", help_text="Id in the host.")
    title = serializers.CharField(source="filed.title")
    marks = serializers.SerializerMethodField()
    look_by_eye = serializers.SerializerMethodField(help_text="Pages somebody has to look at.")
    error = serializers.CharField(help_text="Why it could not be searched, in a sentence.")

    @extend_schema_field(FoundMarkSerializer(many=True))
    def get_marks(self, each: works.FoundIn) -> list[dict[str, Any]]:
        """Return the places."""
        ticked = {number for group in each.groups if group.ticked for number in group.marks}
        return [
            {"number": number, "page": mark.page, **mark.box._asdict(), "kind": mark.kind, "words": mark.text}
            | {"ticked": number in ticked}
            for number, mark in enumerate(each.marks)
        ]

    @extend_schema_field(UnsearchedSerializer(many=True))
    def get_look_by_eye(self, each: works.FoundIn) -> list[dict[str, Any]]:
        """Return the pages."""
        return [{"why": why, "pages": pages} for why, pages in each.unsearched]


class FailureSerializer(serializers.Serializer[Any]):
    """A document of which no copy could be made."""

    document = serializers.IntegerField(allow_null=True)
    why = serializers.CharField(help_text="In a sentence.")


class RedactionWorkSerializer(MadeSerializer):
    """A search in papers of a case, or the making of copies (việc che thông tin)."""

    case = serializers.CharField(source="case.code")
    step = serializers.CharField(help_text="`tim`: a search; `che`: copies are made.")
    status = serializers.CharField(
        help_text="`queued`, `running`, `found` (waits to be chosen from), `done`, `failed` or `cancelled`."
    )
    title = serializers.CharField(help_text="Whom or what it is about.")
    documents = serializers.ListField(child=serializers.IntegerField(), source="document_ids")
    failures = serializers.SerializerMethodField()
    copies = serializers.SerializerMethodField(help_text="Ids of the copies made.")
    kept_until = serializers.DateTimeField(
        allow_null=True,
        help_text="What waits to be chosen from, or to be gone on with, is emptied then (`VKS_REDACTION_DAYS`).",
    )

    @extend_schema_field(FailureSerializer(many=True))
    def get_failures(self, work: RedactionWork) -> list[dict[str, Any]]:
        """Return the documents with the reasons."""
        return [{"document": document, "why": why} for document, why in work.failures]

    def get_copies(self, work: RedactionWork) -> list[str]:
        """Return their ids."""
        return [str(copy.pk) for copy in work.copies.all()]


class FoundWorkSerializer(RedactionWorkSerializer):
    """The same with what was found, while it waits to be chosen from."""

    found = serializers.SerializerMethodField()

    @extend_schema_field(FoundInSerializer(many=True))
    def get_found(self, work: RedactionWork) -> list[dict[str, Any]]:
        """Return what was found in documents that the asker may read."""
        if work.status != RedactionWork.Status.FOUND:
            return []
        return [dict(FoundInSerializer(each).data) for each in works.found_in(self.context["view"].actor, work)]


class SearchSerializer(InputSerializer):
    """Whom and what to look for."""

    accused = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, default=list)
    people = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        default=list,
        help_text="Row numbers of the record: everything it knows of these people is looked for.",
    )
    terms = serializers.ListField(
        child=ComposedField(max_length=200),
        required=False,
        default=list,
        max_length=actions.MOST_TERMS,
        help_text="More words: a nickname, an account.",
    )
    usual = serializers.BooleanField(
        required=False, default=False, help_text="Everybody who is kept secret in the case, too."
    )
    numbers = serializers.BooleanField(
        required=False, default=False, help_text="Any number of a person, a telephone or an account, whoever's it is."
    )
    addresses = serializers.BooleanField(
        required=False, default=False, help_text="Any address; proposed, and never ticked by itself."
    )
    documents = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        default=list,
        help_text="Ids in the host; the whole case file when left out.",
    )


class _WithGround(InputSerializer):
    ground = serializers.CharField(max_length=12, help_text=_GROUNDS)
    reason = ComposedField(required=False, default="", allow_blank=True, max_length=500)


class PickedSerializer(InputSerializer):
    """What goes of a document in which something was found."""

    document = serializers.IntegerField(min_value=1, help_text="Id in the host.")
    marks = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        allow_null=True,
        default=None,
        help_text="Numbers of the places; null: all that are ticked.",
    )
    frames = FrameSerializer(many=True, required=False, default=list)


class ChoiceSerializer(_WithGround):
    """What goes of what was found."""

    documents = PickedSerializer(many=True)


class FramedSerializer(InputSerializer):
    """What goes of a document."""

    document = serializers.IntegerField(min_value=1, help_text="Id in the host.")
    frames = FrameSerializer(many=True)


class CopiesRequestSerializer(_WithGround):
    """Copies without these places."""

    documents = FramedSerializer(many=True)


class RedactionSerializer(serializers.Serializer[Redaction]):
    """A copy of a filed document in which something was taken out (bản đã che)."""

    id = serializers.UUIDField()
    case = serializers.CharField(source="case_document.case.code")
    document = serializers.IntegerField(source="case_document.document_id", help_text="Id in the host.")
    title = serializers.CharField(source="case_document.title")
    ground = serializers.CharField(help_text=_GROUNDS)
    reason = serializers.CharField()
    marks = serializers.SerializerMethodField(help_text="How many places went, by kind.")
    page_count = serializers.IntegerField()
    sha256 = serializers.CharField()
    source_sha256 = serializers.CharField(help_text="Of the file it was made from.")
    standing = serializers.SerializerMethodField(
        help_text="Whether it stands in for the document: the newest, of the document as it is now."
    )
    created_at = serializers.DateTimeField()
    created_by = PersonSerializer()
    read_at = serializers.DateTimeField(
        allow_null=True, help_text="When somebody read it; until then it does not go out."
    )
    read_by = PersonSerializer(allow_null=True)

    def get_marks(self, copy: Redaction) -> dict[str, int]:
        """Return how many places went, by kind."""
        counted: dict[str, int] = {}
        for mark in copy.marks:
            counted[mark[-1]] = counted.get(mark[-1], 0) + 1
        return counted

    def get_standing(self, copy: Redaction) -> bool:
        """Tell whether it is the one that stands in."""
        known: set[uuid.UUID] | None = self.context.get("standing")
        return copy.pk in known if known is not None else actions.standing([copy])[0][1]


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Redacted copies of a case",
        description="The log: what was taken out of which document, on what ground, by whom, and who read the copy.",
        responses={200: RedactionSerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Make redacted copies",
        description="A worker makes them; ask for the work until its status is `done`.",
        request=CopiesRequestSerializer,
        responses={202: RedactionWorkSerializer, **refusals(400, 403, 404, 503)},
    ),
)
class CaseRedactionViewSet(OfCaseViewSet):
    """Redacted copies of a case."""

    queryset: QuerySet[Any] = Redaction.objects.none()
    serializer_class = RedactionSerializer

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those of documents the asker may read."""

        def known(copies: list[Redaction]) -> dict[str, Any]:
            return {"standing": {copy.pk for copy, stands in actions.standing(copies) if stands}}

        return self.page(actions.copies_in(self.actor, self.case_view().case), knowing=known)

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Queue them."""
        case = self.case_view().case
        works.require_redacting(self.actor, case)
        given = self.given(CopiesRequestSerializer)
        work = works.request_copies(
            actor=self.actor,
            case=case,
            marks={each["document"]: [_as_mark(frame) for frame in each["frames"]] for each in given["documents"]},
            ground=given["ground"],
            reason=given["reason"],
        )
        return Response(RedactionWorkSerializer(work, context=self.get_serializer_context()).data, status=202)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Searches and works of redaction",
        description="The newest, of which the asker may read every document; for who may redact in the case.",
        responses={200: RedactionWorkSerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Look for what is to be redacted",
        description="A worker looks; ask for the work until its status is `found`. Nothing is taken out by it.",
        request=SearchSerializer,
        responses={202: RedactionWorkSerializer, **refusals(400, 403, 404, 503)},
    ),
)
class CaseRedactionWorkViewSet(OfCaseViewSet):
    """Works of redaction of a case."""

    queryset: QuerySet[Any] = RedactionWork.objects.none()
    serializer_class = RedactionWorkSerializer

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with those the asker may follow."""
        seen = [work.pk for work in works.works_of(self.actor, self.case_view().case)]
        rows = RedactionWork.objects.filter(pk__in=seen).select_related("case", "requested_by")
        return self.page(rows.prefetch_related("copies"))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Queue a search."""
        case = self.case_view().case
        works.require_redacting(self.actor, case)
        given = self.given(SearchSerializer)
        work = works.request_search(
            actor=self.actor,
            case=case,
            people=[*(f"accused:{pk}" for pk in given["accused"]), *(f"person:{pk}" for pk in given["people"])],
            terms=given["terms"],
            patterns=[*(NUMBERS if given["numbers"] else ()), *([ADDRESSES] if given["addresses"] else ())],
            documents=given["documents"],
            usual=given["usual"],
        )
        return self.shown(work, status=202)


@extend_schema_view(
    retrieve=extend_schema(
        summary="One work of redaction",
        description="With what was found, while it waits to be chosen from; of documents that left the case file nothing "
        "is told. For who may redact in the case and read every other document it is about.",
        parameters=[_ID],
        responses={200: FoundWorkSerializer, **refusals(404)},
    ),
)
class RedactionWorkViewSet(ApiViewSet):
    """Works of redaction."""

    queryset: QuerySet[Any] = RedactionWork.objects.none()
    serializer_class = FoundWorkSerializer
    lookup_value_regex = UUID
    lookup_url_kwarg = "id"

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with its state."""
        return self.shown(works.work_for(self.actor, id))

    @extend_schema(
        summary="Stop a work of redaction, or give it up",
        description="Also one that waits to be chosen from, or failed. What was found and chosen is emptied; copies that "
        "are made already stay.",
        parameters=[_ID],
        request=None,
        responses={200: FoundWorkSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Stop it."""
        return self.shown(works.cancel_work(actor=self.actor, work=works.work_for(self.actor, id)))

    @extend_schema(
        summary="Go on with a work of redaction that failed",
        description="Also with one that is done and some of whose copies could not be made. What was chosen is still "
        "there; copies that are made already stay.",
        parameters=[_ID],
        request=None,
        responses={202: FoundWorkSerializer, **refusals(404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Queue it again."""
        return self.shown(works.go_on(actor=self.actor, work=works.work_for(self.actor, id)), status=202)

    @extend_schema(
        summary="Have the copies made of what was found",
        parameters=[_ID],
        request=ChoiceSerializer,
        responses={202: FoundWorkSerializer, **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def copies(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Queue them."""
        work = works.work_for(self.actor, id)
        given = self.given(ChoiceSerializer)
        made = works.make_copies(
            actor=self.actor,
            work=work,
            picked={each["document"]: each["marks"] for each in given["documents"]},
            frames={each["document"]: [_as_mark(frame) for frame in each["frames"]] for each in given["documents"]},
            ground=given["ground"],
            reason=given["reason"],
        )
        return self.shown(made, status=202)


class ConfirmedReadingSerializer(InputSerializer):
    """Which copy was read."""

    sha256 = serializers.CharField(max_length=64, help_text="Of the copy that was read.")


@extend_schema_view(
    retrieve=extend_schema(
        summary="One redacted copy",
        parameters=[_ID],
        responses={200: RedactionSerializer, **refusals(404)},
    ),
)
class RedactionViewSet(HandsOutFiles, ApiViewSet):
    """Redacted copies."""

    queryset: QuerySet[Any] = Redaction.objects.none()
    serializer_class = RedactionSerializer
    lookup_value_regex = UUID
    lookup_url_kwarg = "id"

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with it."""
        return self.shown(actions.copy_for(self.actor, id))

    @extend_schema(
        summary="Confirm that a redacted copy was read",
        description="Somebody who may redact read it from the first page to the last, and nothing of what was to go is "
        "left. Until then the copy does not go out.",
        parameters=[_ID],
        request=ConfirmedReadingSerializer,
        responses={200: RedactionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def read(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Record it."""
        copy = actions.copy_for(self.actor, id)
        actions.may_redact(self.actor, copy.case_document)
        sha256 = self.given(ConfirmedReadingSerializer)["sha256"]
        return self.shown(actions.confirm_read(actor=self.actor, filed=copy.case_document, sha256=sha256))

    @extend_schema(
        summary="Open a redacted copy to read it",
        parameters=[_ID],
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(403, 404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def reading(self, _request: Request, id: str) -> FileResponse:  # noqa: A002 - the name in the address
        """Answer with the file."""
        copy = actions.copy_for(self.actor, id)
        return _file(actions.the_same(copy, actions.copy_to_open(self.actor, copy.case_document)), "inline")

    @extend_schema(
        summary="Fetch a redacted copy",
        description="Refused until somebody confirmed to have read it.",
        parameters=[_ID],
        responses={
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals(404, 409),
        },
    )
    @action(detail=True, methods=["get"])
    def download(self, _request: Request, id: str) -> FileResponse:  # noqa: A002 - the name in the address
        """Answer with the file."""
        copy = actions.copy_for(self.actor, id)
        return _file(actions.the_same(copy, actions.redacted_copy(copy.case_document)), "attachment")


def _file(copy: Redaction, kind: str) -> FileResponse:
    return handed_out(copy.path.open("rb"), "application/pdf", actions.content_disposition(copy, kind))
