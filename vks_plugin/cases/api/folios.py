"""Numbering, its report, volumes and inventories through the API.

Documents are named by their id in the host, as everywhere in the API; folios as they stand on the page (`125a`).
Only the case file has folios, so an internal paper is treated as one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.api import CASE_CODE
from vks_plugin.access.policy import Level
from vks_plugin.cases.actions.inventories import inventory_title, write_inventory
from vks_plugin.cases.api.record import OfRecordViewSet
from vks_plugin.cases.folio_queries import (
    USUAL_VOLUME,
    FolioState,
    Proposal,
    folio_state,
    papers_of,
    propose_numbering,
    volumes_to_bind,
)
from vks_plugin.cases.folios import LARGEST_FOLIO, VolumeFact, parse_label
from vks_plugin.cases.models import CaseDocument, CaseFile, DocumentInventory, FolioExplanation, FolioProfile, Volume
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.language import told
from vks_plugin.rest import (
    FORMAT,
    LARGEST_NUMBER,
    NUMBER,
    ApiViewSet,
    ComposedField,
    FormatIsOurs,
    InputSerializer,
    PersonSerializer,
    files,
    refusals,
)

if TYPE_CHECKING:
    from rest_framework.request import Request

MOST_DOCUMENTS = 5000
"""Documents that one request may name."""

_HOST_ID = "Id of the document in the host."
_TEXT = "The explanation; it stays."
_REPORT = "Id in the host of the report of explanation, where it lies in the file."


def paper_of(case: CaseFile, host_id: int | None, *, field: str = "document") -> CaseDocument | None:
    """Return a document of the case file by its id in the host.

    Raises:
        BadInput: the case file has none of that id.
    """
    if host_id is None:
        return None
    found = papers_of(case).filter(document_id=host_id).first()
    if found is None:
        raise BadInput(_("Tài liệu này không nằm trong hồ sơ vụ án."), field=field)
    return found


def keys_of(case: CaseFile, host_ids: Iterable[int], *, field: str) -> list[int]:
    """Return the primary keys of documents of the case file, in the order given.

    Raises:
        BadInput: the case file has none of one id.
    """
    chosen = list(host_ids)
    known = dict(papers_of(case).filter(document_id__in=chosen).values_list("document_id", "pk"))
    if any(each not in known for each in chosen):
        raise BadInput(_("Tài liệu này không nằm trong hồ sơ vụ án."), field=field)
    return [known[each] for each in chosen]


def profile_of(code: str | None) -> FolioProfile | None:
    """Return a profile by its code.

    Raises:
        BadInput: there is none.
    """
    if not code:
        return None
    found = FolioProfile.objects.filter(code=code).first()
    if found is None:
        raise BadInput(_("Cách đánh bút lục không có trong danh mục."), field="profile")
    return found


def _number(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST_FOLIO, **options)


def _host_id(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, **({"help_text": _HOST_ID} | options))


class _PaperSerializer(serializers.Serializer[CaseDocument]):
    """A document of the case file."""

    document = serializers.IntegerField(source="document_id", help_text=_HOST_ID)
    title = serializers.CharField()


# --- the report


class FolioExplanationSerializer(serializers.Serializer[FolioExplanation]):
    """Why something in the numbering is as it is."""

    id = serializers.IntegerField()
    finding = serializers.CharField(help_text="What it is about, such as `gap` or `correction`.")
    folio_from = serializers.IntegerField(allow_null=True)
    folio_to = serializers.IntegerField(allow_null=True)
    document = serializers.IntegerField(source="about.document_id", default=None, allow_null=True, help_text=_HOST_ID)
    page_from = serializers.IntegerField(allow_null=True)
    page_to = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    report = serializers.IntegerField(
        source="case_document.document_id", default=None, allow_null=True, help_text=_REPORT
    )
    explained_at = serializers.DateTimeField()
    explained_by = PersonSerializer()


class DefectSerializer(serializers.Serializer[Any]):
    """One thing that is not as it should be."""

    finding = serializers.CharField(source="defect.finding", help_text="Such as `gap`, `duplicate`, `overlap`, `page`.")
    sentence = serializers.CharField()
    folio_from = serializers.SerializerMethodField(help_text="As it is cited; empty: not about folios.")
    folio_to = serializers.SerializerMethodField()
    documents = _PaperSerializer(many=True)
    pages = serializers.ListField(source="defect.pages", child=serializers.IntegerField())
    volumes = serializers.ListField(source="defect.volumes", child=serializers.IntegerField())
    explained = serializers.BooleanField(source="defect.explained")
    explanations = FolioExplanationSerializer(many=True)

    def get_folio_from(self, reported: Any) -> str:
        """Return the first folio."""
        return str(reported.defect.first or "")

    def get_folio_to(self, reported: Any) -> str:
        """Return the last folio."""
        return str(reported.defect.last or "")


class FolioReportSerializer(serializers.Serializer[FolioState]):
    """How the numbering of a case stands."""

    documents = serializers.IntegerField(source="report.documents", help_text="Documents of the case file.")
    folios = serializers.IntegerField(source="report.folios", help_text="Folios with a number.")
    last = serializers.IntegerField(source="report.last", help_text="The highest number; 0: none yet.")
    open = serializers.SerializerMethodField(help_text="Defects nobody has explained.")
    defects = DefectSerializer(many=True)

    def get_open(self, state: FolioState) -> int:
        """Return how many wait for an explanation."""
        return len(state.open)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Report of the numbering of a case",
        description="Gaps, duplicates, overlaps, pages and documents without folios, folios outside the volumes, and "
        "what of it is explained.",
        responses={200: FolioReportSerializer(many=False), **refusals(403, 404)},
    ),
)
class FolioReportViewSet(OfRecordViewSet):
    """The report."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = FolioReportSerializer
    pagination_class: Any = None
    filter_backends: Any = ()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with the report."""
        return self.shown(folio_state(self.opened()))


class ExplainSerializer(InputSerializer):
    """An explanation. It is about folios, or about a document and its pages, as the finding asks."""

    finding = serializers.CharField(help_text="As the report names it: `gap`, `duplicate`, `page`, `document`…")
    folio_from = _number(required=False, allow_null=True)
    folio_to = _number(required=False, allow_null=True, help_text="The same as the first when left out.")
    document = _host_id(required=False, allow_null=True)
    page_from = _number(required=False, allow_null=True)
    page_to = _number(required=False, allow_null=True)
    text = ComposedField(max_length=1000, help_text=_TEXT)
    report = _host_id(required=False, allow_null=True, help_text=_REPORT)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Explanations of the numbering",
        responses={200: FolioExplanationSerializer, **refusals(403, 404)},
    ),
    create=extend_schema(
        summary="Explain something in the numbering",
        description="Nothing is renumbered; what is wrong stays as it is and says why.",
        request=ExplainSerializer,
        responses={201: FolioExplanationSerializer, **refusals(400, 403, 404)},
    ),
)
class FolioExplanationViewSet(OfRecordViewSet):
    """Explanations."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = FolioExplanationSerializer
    filter_backends: Any = ()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        rows = FolioExplanation.objects.filter(case=self.opened())
        return self.page(rows.select_related("about", "case_document", "explained_by"))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Write one down."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(ExplainSerializer)
        first, page = given.get("folio_from"), given.get("page_from")
        made = access.explain_folios(
            actor=self.actor,
            case=case,
            finding=given["finding"],
            text=given["text"],
            folios=(first, given.get("folio_to") or first) if first is not None else None,
            document=paper_of(case, given.get("document")),
            pages=(page, given.get("page_to") or page) if page is not None else None,
            report=paper_of(case, given.get("report"), field="report"),
        )
        return self.shown(made, status=201)


# --- numbering


class FolioProfileSerializer(serializers.Serializer[FolioProfile]):
    """How an agency stamps and numbers."""

    code = serializers.CharField()
    name = serializers.CharField()
    agency = serializers.CharField(help_text="`CQDT`, `VKS` or `TA`.")
    numbering = serializers.CharField(help_text="`none` only stamps, `once` from 01 to the end, `continue` onwards.")
    counting = serializers.CharField(help_text="`page`, or `sheet`: front and back together.")
    corner = serializers.CharField(help_text="Where the stamp stands on the page.")
    article = serializers.CharField(help_text="The rule; empty: no official source was read.")
    note = serializers.CharField()
    verified = serializers.BooleanField()


@extend_schema_view(list=extend_schema(summary="How folios are stamped and numbered", description="Read-only."))
class FolioProfileViewSet(ListModelMixin, ApiViewSet):
    """Profiles."""

    queryset: QuerySet[Any] = FolioProfile.objects.all()
    serializer_class = FolioProfileSerializer


class ProposedDocumentSerializer(serializers.Serializer[Any]):
    """A document and the folios it would get."""

    document = serializers.IntegerField(source="document.document_id", help_text=_HOST_ID)
    title = serializers.CharField(source="document.title")
    date = serializers.DateField(source="document.date", allow_null=True)
    page_count = serializers.IntegerField(source="document.page_count", allow_null=True)
    folios = serializers.CharField(help_text="As they would be cited.")
    without = serializers.SerializerMethodField(help_text="Pages that would get none.")

    def get_without(self, proposed: Any) -> list[int]:
        """Return the pages in order."""
        return sorted(proposed.without)


class ProposalSerializer(serializers.Serializer[Proposal]):
    """How what waits would be numbered."""

    profile = serializers.CharField(source="profile.code", default=None, allow_null=True)
    first = serializers.IntegerField()
    last = serializers.IntegerField()
    documents = ProposedDocumentSerializer(many=True, help_text="In the order of proceedings.")
    left_out = _PaperSerializer(many=True, help_text="Covers, and documents of unknown length.")


class _WithoutSerializer(InputSerializer):
    document = _host_id()
    pages = serializers.ListField(child=_number(), max_length=LARGEST_FOLIO)


class NumberSerializer(InputSerializer):
    """The confirmation. What is left out is as the proposal says."""

    profile = serializers.CharField(required=False, allow_blank=True, help_text="Code of a profile.")
    order = serializers.ListField(
        child=_host_id(), required=False, max_length=MOST_DOCUMENTS, help_text="Ids in the host, as the papers lie."
    )
    left_out = serializers.ListField(child=_host_id(), required=False, max_length=MOST_DOCUMENTS)
    without = serializers.ListField(
        child=_WithoutSerializer(), required=False, max_length=MOST_DOCUMENTS, help_text="Pages that get no number."
    )
    first = _number(required=False, allow_null=True, help_text="The next free number when left out.")
    reason = ComposedField(
        required=False, allow_blank=True, max_length=500, help_text="Why numbers before `first` are left out."
    )
    without_reason = ComposedField(
        required=False, allow_blank=True, max_length=500, help_text="Why pages and documents get no number."
    )


class NumberedSerializer(serializers.Serializer[Any]):
    """What was done."""

    numbered = serializers.IntegerField(help_text="Folios that got a number.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="How a case would be numbered",
        description="What waits, in the order of proceedings, with the folios each document would get. "
        "Nothing is written.",
        responses={200: ProposalSerializer(many=False), **refusals(403, 404)},
    ),
    create=extend_schema(
        summary="Number the folios of a case",
        description="Everything that waits gets its number at once; what has one keeps it. Once done it cannot be "
        "done over: an order that names a numbered document is refused.",
        request=NumberSerializer,
        responses={201: NumberedSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class NumberFoliosViewSet(OfRecordViewSet):
    """Numbering."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = ProposalSerializer
    pagination_class: Any = None
    filter_backends: Any = ()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with the proposal."""
        return self.shown(propose_numbering(self.opened(Level.CONTRIBUTE)))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Number."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(NumberSerializer)
        pages = {each["document"]: frozenset(each["pages"]) for each in given.get("without", [])}
        keys = keys_of(case, pages, field="without")
        without = dict(zip(keys, pages.values(), strict=True))
        left_out = keys_of(case, given["left_out"], field="left_out") if "left_out" in given else None
        proposal = propose_numbering(case, left_out=left_out, without=without)
        order = (
            keys_of(case, given["order"], field="order")
            if "order" in given
            else [each.document.pk for each in proposal.documents]
        )
        profile = profile_of(given.get("profile")) or proposal.profile
        if profile is None:
            raise BadInput(_("Cách đánh bút lục không có trong danh mục."), field="profile")
        numbered = access.number_folios(
            actor=self.actor,
            case=case,
            profile=profile,
            order=order,
            left_out=left_out if left_out is not None else [each.pk for each in proposal.left_out],
            without=without,
            first=given.get("first"),
            reason=given.get("reason", ""),
            without_reason=given.get("without_reason", ""),
        )
        return Response({"numbered": numbered}, status=201)


class StampSerializer(InputSerializer):
    """Pages that bear a stamp without a number."""

    document = _host_id()
    pages = serializers.ListField(child=_number(), max_length=LARGEST_FOLIO, help_text="Those stamped; none: no stamp.")
    profile = serializers.CharField(help_text="Code of a profile: whose stamp it is.")


class PagesSerializer(InputSerializer):
    """Which pages show the folios of a document."""

    document = _host_id()
    pages = serializers.ListField(child=_number(), max_length=LARGEST_FOLIO, help_text="One page a folio.")


class CorrectSerializer(InputSerializer):
    """A correction with its explanation."""

    first = serializers.CharField(max_length=12, help_text="The folio as it is recorded, such as `57`.")
    last = serializers.CharField(
        max_length=12, required=False, allow_blank=True, help_text="Last one of a range; the first alone when left out."
    )
    right = serializers.CharField(
        max_length=12, required=False, allow_blank=True, help_text="What the first one should be; the others follow."
    )
    missing = serializers.BooleanField(required=False, default=False, help_text="The number is known, the paper gone.")
    text = ComposedField(max_length=1000, help_text=_TEXT)
    report = _host_id(required=False, allow_null=True, help_text=_REPORT)


class DoneSerializer(serializers.Serializer[Any]):
    """What was done."""

    folios = serializers.IntegerField(help_text="How many folios it concerned.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Record stamps without numbers",
        description="While a case is investigated pages are stamped and not numbered. The pages named take the place "
        "of those recorded before.",
        request=StampSerializer,
        responses={200: DoneSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class FolioStampViewSet(OfRecordViewSet):
    """Stamps."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = DoneSerializer
    filter_backends: Any = ()

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Record them."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(StampSerializer)
        stamped = access.stamp_pages(
            actor=self.actor,
            case=case,
            document=paper_of(case, given["document"]),
            pages=frozenset(given["pages"]),
            profile=profile_of(given["profile"]),
        )
        return Response({"folios": stamped})


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Say which pages show the folios of a document",
        description="In their order, one page a folio; the numbers stay.",
        request=PagesSerializer,
        responses={200: DoneSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class FolioPageViewSet(OfRecordViewSet):
    """Pages of folios."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = DoneSerializer
    filter_backends: Any = ()

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Put them right."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(PagesSerializer)
        pages = frozenset(given["pages"])
        access.place_folios(actor=self.actor, case=case, document=paper_of(case, given["document"]), pages=pages)
        return Response({"folios": len(pages)})


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Correct folios with an explanation",
        description="For a slip of the hand, or a paper that is missing. A correction that would move a folio past "
        "another one is refused: nobody renumbers (TTLT 04/2018, Điều 35).",
        request=CorrectSerializer,
        responses={200: DoneSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class FolioCorrectionViewSet(OfRecordViewSet):
    """Corrections."""

    queryset: QuerySet[Any] = FolioExplanation.objects.none()
    serializer_class = DoneSerializer
    filter_backends: Any = ()

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Correct."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(CorrectSerializer)
        with told():
            first = parse_label(given["first"], field="first")
            last = parse_label(given["last"], field="last") if given.get("last") else None
            right = parse_label(given["right"], field="right") if given.get("right") else None
        corrected = access.correct_folios(
            actor=self.actor,
            case=case,
            first=first,
            last=last,
            right=right,
            missing=given["missing"],
            text=given["text"],
            report=paper_of(case, given.get("report"), field="report"),
        )
        return Response({"folios": corrected})


# --- volumes


class ProposedVolumeSerializer(serializers.Serializer[VolumeFact]):
    """A volume that could be bound."""

    number = serializers.IntegerField()
    folio_from = serializers.IntegerField(source="first")
    folio_to = serializers.IntegerField(source="last")


class _BoundVolumeSerializer(InputSerializer):
    title = ComposedField(required=False, allow_blank=True, default="", max_length=200)
    folio_from = _number()
    folio_to = _number()


class BindSerializer(InputSerializer):
    """Volumes to add after those there are."""

    volumes = serializers.ListField(child=_BoundVolumeSerializer(), max_length=1000)


class VolumeBoundSerializer(serializers.Serializer[Volume]):
    """A volume."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    folio_from = serializers.IntegerField()
    folio_to = serializers.IntegerField()


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="How the folios could be divided into volumes",
        description="Folios that are in no volume yet, cut between documents.",
        parameters=[OpenApiParameter("most", int, description="Folios of a volume at the most; 250 when left out.")],
        responses={200: ProposedVolumeSerializer(many=True), **refusals(400, 403, 404)},
    ),
    create=extend_schema(
        summary="Add several volumes",
        description="After those there are; a folio is in one volume only.",
        request=BindSerializer,
        responses={201: VolumeBoundSerializer(many=True), **refusals(400, 403, 404, 409)},
    ),
)
class VolumeProposalViewSet(OfRecordViewSet):
    """Volumes proposed and bound."""

    queryset: QuerySet[Any] = Volume.objects.none()
    serializer_class = ProposedVolumeSerializer
    pagination_class: Any = None
    filter_backends: Any = ()

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with the proposal."""
        most = request.query_params.get("most", "")
        if most and not (most.isascii() and most.isdigit() and len(most) < 8):
            raise BadInput(_("Số bút lục của một tập phải từ 1 trở lên."), field="most")
        found: Sequence[VolumeFact] = volumes_to_bind(self.opened(), most=int(most) if most else USUAL_VOLUME)
        return Response(ProposedVolumeSerializer(cast("Any", found), many=True).data)

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Bind them."""
        case = self.opened(Level.CONTRIBUTE)
        given = self.given(BindSerializer)["volumes"]
        made = access.bind_volumes(
            actor=self.actor,
            case=case,
            volumes=[(each["title"], each["folio_from"], each["folio_to"]) for each in given],
        )
        return Response(VolumeBoundSerializer(cast("Any", made), many=True).data, status=201)


# --- inventories


class InventoryRowSerializer(serializers.Serializer[Any]):
    """A line of an inventory."""

    document = serializers.IntegerField(help_text=_HOST_ID)
    title = serializers.CharField()
    folios = serializers.CharField(help_text="As they are cited: `12–14, 125a`.")
    characteristics = serializers.CharField()


class InventorySerializer(serializers.Serializer[DocumentInventory]):
    """An inventory of documents, as it was drawn up."""

    number = serializers.IntegerField(help_text="1 is the inventory, those after it are supplements.")
    title = serializers.SerializerMethodField(help_text="In Vietnamese.")
    drawn_up_on = serializers.DateField()
    drawn_up_by = PersonSerializer()
    folio_from = serializers.IntegerField(allow_null=True)
    folio_to = serializers.IntegerField(allow_null=True)
    rows = InventoryRowSerializer(many=True)

    def get_title(self, inventory: DocumentInventory) -> str:
        """Return the title of the paper."""
        return inventory_title(inventory)


class DrawUpSerializer(InputSerializer):
    """When it is drawn up."""

    day = serializers.DateField(required=False, allow_null=True, help_text="Today when left out; not in the future.")


_NUMBER = OpenApiParameter("pk", int, OpenApiParameter.PATH, description="Number of the inventory, from 1.")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Inventories of documents of a case",
        description="The inventory and its supplements; what they say never changes.",
        responses={200: InventorySerializer, **refusals(403, 404)},
    ),
    retrieve=extend_schema(
        summary="One inventory", parameters=[_NUMBER], responses={200: InventorySerializer, **refusals(403, 404)}
    ),
    create=extend_schema(
        summary="Draw up an inventory of documents",
        description="The first lists everything numbered so far, each later one only what was added since.",
        request=DrawUpSerializer,
        responses={201: InventorySerializer, **refusals(400, 403, 404, 409)},
    ),
)
class InventoryViewSet(OfRecordViewSet):
    """Inventories. None is ever changed or deleted."""

    queryset: QuerySet[Any] = DocumentInventory.objects.none()
    serializer_class = InventorySerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = NUMBER
    lookup_url_kwarg = "pk"
    filter_backends: Any = ()

    def _rows(self, case: CaseFile) -> QuerySet[DocumentInventory]:
        return DocumentInventory.objects.filter(case=case).select_related("case", "drawn_up_by")

    def _one(self, number: str) -> DocumentInventory:
        found = self._rows(self.opened()).filter(number=number).first()
        if found is None:
            raise NotFound(_("Vụ án không có bảng thống kê tài liệu mang số này."))
        return found

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        return self.page(self._rows(self.opened()))

    def retrieve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Answer with one."""
        return self.shown(self._one(pk))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Draw one up."""
        case = self.opened(Level.CONTRIBUTE)
        day = self.given(DrawUpSerializer).get("day")
        return self.shown(access.draw_up_inventory(actor=self.actor, case=case, day=day), status=201)

    @extend_schema(
        summary="An inventory as a file",
        parameters=[_NUMBER, FORMAT],
        responses={**files(), **refusals(400, 403, 404)},
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str, **_kwargs: str) -> HttpResponse:
        """Answer with the paper."""
        return write_inventory(self._one(pk), request.query_params.get("format", "pdf")).as_answer()
