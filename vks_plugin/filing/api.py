"""Getting papers into a case through the API, and asking what was filed of a document of the DMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from vks_plugin.access.api import ASKED_ABOUT, CASE_CODE, ExplainedSerializer, OfCaseViewSet
from vks_plugin.access.explanations import document_told_to
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_for, require, visible_cases, visible_documents
from vks_plugin.cases.api import CaseDocumentSerializer
from vks_plugin.cases.folios import LARGEST_FOLIO
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.custody.actions.hand_overs import require_side
from vks_plugin.custody.queries.hand_overs import PAPER_TYPE, hand_over_for
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.filing import actions
from vks_plugin.filing.models import IntakeItem
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import (
    Described,
    Recognition,
    attach_signed,
    change_pages,
    merge_documents,
    recognise_again,
    recognition_of,
    split_document,
)
from vks_plugin.filing.records import hand_in_record
from vks_plugin.filing.signature_checks import check_again, signatures_of
from vks_plugin.host.permissions import viewable_documents
from vks_plugin.language import spoken
from vks_plugin.rest import NUMBER, UUID, ApiViewSet, ComposedField, InputSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_HOST_ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Id of the document in the host.")
_HAND_OVER = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Number of the hand-over.")
_INTAKE_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


def _document_type(code: str | None) -> CatalogueType | None:
    if not code:
        return None
    found = CatalogueType.objects.filter(code=code).first()
    if found is None:
        raise BadInput(_("Loại tài liệu không có trong danh mục."), field="document_type")
    return found


class IntakeItemSerializer(serializers.Serializer[IntakeItem]):
    """A file on its way into a case."""

    id = serializers.UUIDField()
    case = serializers.CharField(source="case.code", help_text="Code of the case.")
    status = serializers.CharField(help_text="`waiting`, `filed` or `failed`.")
    error = serializers.CharField(help_text="Why it failed, in a sentence; the file is kept.")
    document = serializers.IntegerField(
        source="document_id", allow_null=True, help_text="Id in the host, once it is filed."
    )
    filename = serializers.CharField()
    sha256 = serializers.CharField()
    page_count = serializers.IntegerField()
    part = serializers.CharField()
    document_type = serializers.CharField(source="document_type.code")
    title = serializers.CharField()
    number = serializers.CharField()
    date = serializers.DateField(allow_null=True)
    folio_from = serializers.IntegerField(allow_null=True)
    folio_to = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()


class _SaidOfDocument(InputSerializer):
    """What is said of a document."""

    document_type = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, help_text="Code in the catalogue."
    )
    title = ComposedField(
        required=False, allow_blank=True, max_length=250, help_text="The name of the type when left out."
    )
    number = ComposedField(required=False, allow_blank=True, max_length=60)
    date = serializers.DateField(required=False, allow_null=True, help_text="Not in the future.")
    folio_from = serializers.IntegerField(
        required=False, allow_null=True, max_value=LARGEST_FOLIO, help_text="First folio; folios are numbered once."
    )
    folio_to = serializers.IntegerField(
        required=False, allow_null=True, max_value=LARGEST_FOLIO, help_text="Last folio; the first one when left out."
    )


class UploadSerializer(_SaidOfDocument):
    """A PDF and what it is."""

    file = serializers.FileField(
        # an empty one is refused with a sentence that says what to do
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": gettext_lazy("Hãy chọn tệp PDF."), "invalid": gettext_lazy("Hãy chọn tệp PDF.")},
        help_text="PDF without a password.",
    )
    part = serializers.CharField(
        required=False, allow_blank=True, help_text="`hsva` or `hsks`; that of the document type when left out."
    )


class RecordScanSerializer(InputSerializer):
    """The scan of a signed record."""

    file = serializers.FileField(
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": gettext_lazy("Hãy chọn tệp PDF."), "invalid": gettext_lazy("Hãy chọn tệp PDF.")},
        help_text="PDF without a password.",
    )


class FileExistingSerializer(_SaidOfDocument):
    """In which case a document of the DMS is filed, and as what."""

    case = serializers.CharField(help_text="Code of a case in which the asker may file.")
    part = serializers.CharField(
        required=False, allow_blank=True, help_text="`hsva` or `hsks`; that of the document type when left out."
    )


class DescribeSerializer(_SaidOfDocument):
    """Corrections to what is said of a filed document; what is left out stays."""

    characteristics = ComposedField(
        required=False, allow_blank=True, max_length=250, help_text="Third column of the inventory of documents."
    )


class PlacedSerializer(InputSerializer):
    """A page of the new file, in its place."""

    page = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Page of the present file; left out for one it lacks."
    )
    scan = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Page of `scan` that is put here; left out: none."
    )
    turn = serializers.IntegerField(required=False, default=0, help_text="0, 90, 180 or 270 degrees clockwise.")


class ChangePagesSerializer(InputSerializer):
    """What is to become of the pages of a document."""

    seen = serializers.CharField(max_length=64, help_text="SHA-256 of the file as it is now: `sha256` of the document.")
    pages = serializers.JSONField(
        help_text='Every page of the new file in its order: `[{"page": 2, "turn": 90}, {"page": 1}, {"scan": 3}]`. '
        "What is not named is left out."
    )
    scan = serializers.FileField(
        required=False, allow_empty_file=True, allow_null=True, max_length=None, help_text="PDF with other pages."
    )
    numbers = serializers.CharField(
        required=False, default="page", help_text="`page`: folios go along with their pages; `place`: they stay."
    )
    reason = ComposedField(
        required=False, default="", allow_blank=True, help_text="Needed where a page is left out, replaced or added."
    )


class RecognitionSerializer(serializers.Serializer[Recognition]):
    """How far the words of pages that were put into a document are."""

    state = serializers.ChoiceField(choices=["done", "waiting", "failed"])
    pages = serializers.IntegerField(help_text="Pages without words.")
    error = serializers.SerializerMethodField(help_text="What went wrong.")
    since = serializers.DateTimeField(allow_null=True, help_text="When a worker was asked last.")

    def get_error(self, known: Recognition) -> str:
        """Return it in the reader's language."""
        return spoken(known.error)


class SplitOffSerializer(InputSerializer):
    """Where a document is split, and what its second half is."""

    seen = serializers.CharField(max_length=64, help_text="SHA-256 of the file as it is now.")
    after = serializers.IntegerField(help_text="The last page that stays.")
    title = ComposedField(max_length=250)
    document_type = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Code in the catalogue; that of the first half when left out.",
    )
    number = ComposedField(required=False, default="", allow_blank=True, max_length=60)
    date = serializers.DateField(required=False, allow_null=True, default=None)
    reason = ComposedField(required=False, default="", allow_blank=True)


class PutTogetherSerializer(InputSerializer):
    """The document whose pages are put behind those of another one."""

    other = serializers.IntegerField(help_text="Id in the host.")
    seen = serializers.CharField(max_length=64, help_text="SHA-256 of the file as it is now.")
    seen_other = serializers.CharField(max_length=64, help_text="SHA-256 of the file of the other one.")
    reason = ComposedField(required=False, default="", allow_blank=True)


class SignedSerializer(InputSerializer):
    """The signed file of a document."""

    seen = serializers.CharField(max_length=64, help_text="SHA-256 of the file as it is now: `sha256` of the document.")
    file = serializers.FileField(
        allow_empty_file=True,
        max_length=None,
        error_messages={"required": gettext_lazy("Hãy chọn tệp PDF."), "invalid": gettext_lazy("Hãy chọn tệp PDF.")},
        help_text="PDF with at least one signature.",
    )
    reason = ComposedField(required=False, default="", allow_blank=True)


class SignatureSerializer(serializers.Serializer[Any]):
    """A signature inside a file; nothing was asked over a network."""

    verdict = serializers.CharField(
        help_text="`valid`, `unproven` (nobody vouches for the signer), `invalid`, `unreadable`."
    )
    kind = serializers.CharField(help_text="`signature` or `timestamp`.")
    signer = serializers.CharField(help_text="Name in the certificate.")
    organisation = serializers.CharField()
    issuer = serializers.CharField()
    serial = serializers.CharField(help_text="Of the certificate, hexadecimal.")
    said_at = serializers.CharField(help_text="Time of signing as the signer's machine has it; empty: not said.")
    proven_at = serializers.CharField(help_text="As a trusted time stamp has it; empty: none proves it.")
    stamp = serializers.CharField(help_text="Time stamp: `proven`, `untrusted` or `none`.")
    integrity = serializers.CharField(
        help_text="`unchanged`, `extended` (allowed additions), `changed`, `partial`, `broken`, `weak` or `unreadable`."
    )
    covers_file = serializers.BooleanField(help_text="Whether nothing of the file stands outside it.")
    trust = serializers.CharField(
        help_text="`trusted`, `unconfigured` (no roots), `unknown`, `expired`, `revoked` or `not_looked_at`."
    )
    revocation_checked = serializers.BooleanField(help_text="By what the file carries; else revocation is not known.")
    valid_from = serializers.CharField()
    valid_to = serializers.CharField()


class SignaturesSerializer(serializers.Serializer[Any]):
    """What is known of the signatures in a document's file as it is now."""

    state = serializers.CharField(
        help_text="`unsigned`, `unchecked`, `waiting`, `done`, `failed`, or `stale`: of the file before."
    )
    error = serializers.SerializerMethodField(help_text="Why they could not be read, in a sentence.")
    sha256 = serializers.CharField(source="check.sha256", default="", help_text="Of the file that was read.")
    checked_at = serializers.DateTimeField(source="check.checked_at", default=None, allow_null=True)
    other_roots = serializers.BooleanField(help_text="Whether other roots are configured now than when it was read.")
    signatures = SignatureSerializer(many=True)

    def get_error(self, found: Any) -> str:
        """Return the sentence in the reader's language."""
        return spoken(found.check.error) if found.check is not None else ""


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="File a PDF in a case",
        description="The file is checked at once and handed to the host; a worker takes it in. Ask for the intake item "
        "until its status is `filed` or `failed`. What is refused leaves nothing behind.",
        request={"multipart/form-data": UploadSerializer},
        responses={202: IntakeItemSerializer, **refusals(400, 403, 404, 409, 413, 503)},
    ),
)
class CaseUploadViewSet(OfCaseViewSet):
    """Uploads into a case."""

    queryset: QuerySet[Any] = IntakeItem.objects.none()
    serializer_class = IntakeItemSerializer
    parser_classes = (MultiPartParser,)

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Check the file and hand it over."""
        view = self.case_view()
        if not view.may & {"file", "file_internal"}:
            # refused before the upload is read
            require(self.actor, view.case, Level.CONTRIBUTE, doing=_("nộp tài liệu"))
        given = dict(self.given(UploadSerializer))
        file = given.pop("file")
        kind = _document_type(given.pop("document_type", None))
        item = actions.file_upload(
            actor=self.actor,
            case=view.case,
            file=file,
            filename=file.name,
            document_type=kind,
            part=given.pop("part", "") or None,
            **given,
        )
        return self.shown(item, status=202)


@extend_schema_view(
    create=extend_schema(
        summary="Hand in the scan of the signed record of a hand-over",
        description="Where a hand-over that was received waits for it, for either side (`scan` in its `may`), also once the archive has "
        "the file. A worker takes it in; ask for the intake item until its status is `filed`, then attach the document it names.",
        parameters=[_HAND_OVER],
        request={"multipart/form-data": RecordScanSerializer},
        responses={202: IntakeItemSerializer, **refusals(400, 403, 404, 409, 413, 503)},
    ),
)
class HandOverRecordViewSet(ApiViewSet):
    """Scans of signed records of hand-overs."""

    queryset: QuerySet[Any] = IntakeItem.objects.none()
    serializer_class = IntakeItemSerializer

    def create(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Check the file and hand it over."""
        row = hand_over_for(self.actor, id)
        # refused before the upload is read
        require_side(self.actor, row)
        file = self.given(RecordScanSerializer)["file"]
        return self.shown(hand_in_record(actor=self.actor, row=row, file=file, filename=file.name), status=202)


@extend_schema_view(
    retrieve=extend_schema(
        summary="The filing of a document of the DMS",
        description="In which case it is, as what, with which folios. 404 also for documents that are in no case.",
        parameters=[_HOST_ID],
        responses={200: CaseDocumentSerializer, **refusals(404)},
    ),
    partial_update=extend_schema(
        summary="Correct what is said of a filed document",
        description="Folios can be given once and are never renumbered.",
        parameters=[_HOST_ID],
        request=DescribeSerializer,
        responses={200: CaseDocumentSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class DocumentViewSet(ApiViewSet):
    """Documents of the DMS, as far as they are filed."""

    queryset: QuerySet[Any] = CaseDocument.objects.none()
    serializer_class = CaseDocumentSerializer
    lookup_value_regex = NUMBER
    lookup_url_kwarg = "id"

    def _filed(self, host_id: str) -> CaseDocument:
        found = (
            visible_documents(self.actor)
            .select_related("case__unit__parent", "document", "document_type", "filed_by")
            .filter(document_id=host_id)
            .first()
        )
        if found is None:
            raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
        return found

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with its filing."""
        return self.shown(self._filed(id))

    def partial_update(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Correct it."""
        filed = self._filed(id)
        given = dict(self.given(DescribeSerializer))
        kind = filed.document_type
        if "document_type" in given:
            kind = _document_type(given.pop("document_type"))
        return self.shown(actions.describe(actor=self.actor, filed=filed, document_type=kind, **given))

    @extend_schema(
        summary="File a document that is in the DMS",
        description="For whoever uploaded it. From then on it belongs to the case and is seen by those who may read it.",
        parameters=[_HOST_ID],
        request=FileExistingSerializer,
        responses={201: CaseDocumentSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def file(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """File it."""
        document = viewable_documents(self.actor).filter(pk=id).first()
        if document is None:
            raise NotFound(_("Không có tài liệu này trong phạm vi của bạn."))
        given = dict(self.given(FileExistingSerializer))
        view = case_for(self.actor, given.pop("case"))
        kind = _document_type(given.pop("document_type", None))
        filed = actions.file_existing(
            actor=self.actor,
            case=view.case,
            document=document,
            document_type=kind,
            part=given.pop("part", "") or None,
            **given,
        )
        return self.shown(filed, status=201)

    @extend_schema(
        methods=["GET"],
        summary="The signatures inside a document's file",
        description="As a worker read them when the document was filed, or when somebody asked last.",
        parameters=[_HOST_ID],
        responses={200: SignaturesSerializer, **refusals(404)},
    )
    @extend_schema(
        methods=["POST"],
        summary="Read the signatures inside a document's file again",
        description="A worker does; ask again until the state is no longer `waiting`.",
        parameters=[_HOST_ID],
        request=None,
        responses={202: SignaturesSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["get", "post"])
    def signatures(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with what is known of them."""
        filed = self._filed(id)
        if request.method == "POST":
            check_again(actor=self.actor, filed=filed)
        known = SignaturesSerializer(signatures_of(filed)).data
        return Response(known, status=202 if request.method == "POST" else 200)

    @extend_schema(
        summary="Bring the signed file of a document back",
        description="Signed with the person's own software, outside this system. Becomes the newest version if its signatures hold "
        "and it has as many pages; a reason is needed where it does not begin with the bytes of the present file or shows something "
        "else. Once a prosecutor has confirmed the batch of digitisation only a file that does both is taken (400).",
        parameters=[_HOST_ID],
        request={"multipart/form-data": SignedSerializer},
        responses={201: SignaturesSerializer, **refusals(400, 403, 404, 409, 413, 503)},
    )
    @action(detail=True, methods=["post"])
    def signed(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Make the new version; answer with its signatures."""
        filed = self._filed(id)
        given = dict(self.given(SignedSerializer))
        attach_signed(actor=self.actor, filed=filed, filename=given["file"].name, **given)
        return Response(SignaturesSerializer(signatures_of(self._filed(id))).data, status=201)

    @extend_schema(
        summary="Turn, order, take out or replace pages of a document",
        description="Before the seal. Makes a new version of the file; the one before is kept. Folios follow their pages, and "
        "what would put them out of order is refused.",
        parameters=[_HOST_ID],
        request={"multipart/form-data": ChangePagesSerializer, "application/json": ChangePagesSerializer},
        responses={200: CaseDocumentSerializer, **refusals(400, 403, 404, 409, 413)},
    )
    @action(detail=True, methods=["post"])
    def pages(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Make the new version."""
        filed = self._filed(id)
        given = dict(self.given(ChangePagesSerializer))
        placed = PlacedSerializer(data=given.pop("pages"), many=True)
        placed.is_valid(raise_exception=True)
        change_pages(actor=self.actor, filed=filed, placed=[Placed(**each) for each in placed.validated_data], **given)
        return self.shown(self._filed(id))

    @extend_schema(
        methods=["GET"],
        summary="How far the words of pages that were put into a document are",
        parameters=[_HOST_ID],
        responses={200: RecognitionSerializer, **refusals(404)},
    )
    @extend_schema(
        methods=["POST"],
        summary="Have the words of such pages recognised once more",
        description="Where that failed or its worker is gone. A worker does; ask again until the state is no longer `waiting`.",
        parameters=[_HOST_ID],
        request=None,
        responses={202: RecognitionSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["get", "post"])
    def recognition(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with what is known of them."""
        filed = self._filed(id)
        if request.method == "POST":
            recognise_again(actor=self.actor, filed=filed)
        known = RecognitionSerializer(recognition_of(filed)).data
        return Response(known, status=202 if request.method == "POST" else 200)

    @extend_schema(
        summary="Split a document in two",
        description="Before the seal. The pages after one become a document of their own, with their folios.",
        parameters=[_HOST_ID],
        request=SplitOffSerializer,
        responses={201: CaseDocumentSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def split(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Split it; answer with the new one."""
        filed, given = self._filed(id), dict(self.given(SplitOffSerializer))
        told = {name: given.pop(name) for name in ("seen", "after", "reason")}
        kind = _document_type(given.pop("document_type", None))
        made = split_document(actor=self.actor, filed=filed, described=Described(document_type=kind, **given), **told)
        return self.shown(self._filed(str(made.document_id)), status=201)

    @extend_schema(
        summary="Put the pages of the next document behind those of this one",
        description="Before the seal. The other document is an earlier version of this one from then on.",
        parameters=[_HOST_ID],
        request=PutTogetherSerializer,
        responses={200: CaseDocumentSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def merge(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Merge them."""
        filed, given = self._filed(id), dict(self.given(PutTogetherSerializer))
        other = self._filed(str(given.pop("other")))
        merge_documents(actor=self.actor, filed=filed, other=other, **given)
        return self.shown(self._filed(id))

    @extend_schema(
        summary="Why somebody may or may not see a document",
        description="For oneself, and for leaders who assign in its case about others. Of its part of the case only. Of a "
        "document in no case it tells by what the host shows it; about others its owner and who may change it ask.",
        parameters=[_HOST_ID, ASKED_ABOUT],
        responses={200: ExplainedSerializer, **refusals(400, 403, 404)},
    )
    @action(detail=True)
    def explain(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with the whole chain."""
        found = document_told_to(self.actor, id, request.query_params.get("user", ""))
        return Response(ExplainedSerializer(found).data)


@extend_schema_view(
    list=extend_schema(
        summary="One's own files that wait or failed",
        description="In cases where the asker may still file; what has been filed is among the documents of its case.",
    ),
    retrieve=extend_schema(
        summary="One file on its way", parameters=[_INTAKE_ID], responses={200: IntakeItemSerializer, **refusals(404)}
    ),
)
class IntakeViewSet(ApiViewSet):
    """Files the asker handed in."""

    queryset: QuerySet[Any] = IntakeItem.objects.none()
    serializer_class = IntakeItemSerializer
    lookup_value_regex = UUID
    lookup_url_kwarg = "id"

    def _own(self) -> QuerySet[IntakeItem]:
        files = Q(case__in=visible_cases(self.actor, at_least=Level.CONTRIBUTE).values("pk"))
        # the record of a hand-over is handed in by clerks, who may file nothing else in the case
        records = Q(
            document_type__code=PAPER_TYPE,
            case__in=visible_cases(self.actor, at_least=Level.METADATA).values("pk"),
        )
        return (
            IntakeItem.objects.filter(files | records, created_by=self.actor)
            .select_related("case__unit__parent", "document_type")
            .order_by("-created_at", "pk")
        )

    def _one(self, item_id: str) -> IntakeItem:
        found = self._own().filter(pk=item_id).first()
        if found is None:
            raise NotFound(_("Không có tệp này trong số tệp bạn đã nộp."))
        return found

    def list(self, _request: Request) -> Response:
        """Answer with those that wait or failed."""
        return self.page(self._own().exclude(status=IntakeItem.Status.FILED))

    def retrieve(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Answer with one."""
        return self.shown(self._one(id))

    @extend_schema(
        summary="Try a failed file again",
        parameters=[_INTAKE_ID],
        request=None,
        responses={202: IntakeItemSerializer, **refusals(403, 404, 409, 503)},
    )
    @action(detail=True, methods=["post"])
    def retry(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Hand it to the host again."""
        return self.shown(actions.retry_failed(actor=self.actor, item=self._one(id)), status=202)

    @extend_schema(
        summary="Give up a failed file",
        parameters=[_INTAKE_ID],
        request=None,
        responses={204: None, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def discard(self, _request: Request, id: str) -> Response:  # noqa: A002 - the name in the address
        """Take it off the list, with its file."""
        actions.discard_failed(actor=self.actor, item=self._one(id))
        return Response(status=204)
