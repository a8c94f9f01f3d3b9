"""Cases that grow out of others, through the API: a report becomes a case, cases are merged and split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.api import CASE_CODE
from vks_plugin.access.case_lists import decisions_for
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import FACTS, related_cases
from vks_plugin.cases.actions.lineage import REPORTER_BECOMES, Grown
from vks_plugin.cases.actions.registration import no_such_case, typed_code
from vks_plugin.cases.api.cases import MOST_AT_ONCE, CaseSerializer
from vks_plugin.cases.api.record import ChargeOfSerializer, OfRecordViewSet, charge_at, charge_of
from vks_plugin.cases.models import CaseFile
from vks_plugin.errors import BadInput
from vks_plugin.rest import LARGEST_NUMBER, ComposedField, InputSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


def _token() -> serializers.UUIDField:
    return serializers.UUIDField(
        required=False, allow_null=True, help_text="The same token sent again answers with the case it made."
    )


def _code() -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_blank=True, help_text="The next free one of the office when left out."
    )


def _rows(help_text: str) -> serializers.ListField:
    number = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)
    return serializers.ListField(child=number, required=False, max_length=MOST_AT_ONCE, help_text=help_text)


class ReporterSerializer(InputSerializer):
    """What a reporter is in the case."""

    id = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, help_text="Id of the person in the report.")
    role = serializers.CharField(help_text=f"One of {', '.join(f'`{role}`' for role in REPORTER_BECOMES)}.")


class BecomeSerializer(InputSerializer):
    """The decision by which a report becomes a case, and who comes with it."""

    init_decision_no = ComposedField(max_length=60, help_text="Number of the decision to initiate the case.")
    init_decision_date = serializers.DateField(help_text="Its day.")
    init_decision_agency = ComposedField(max_length=200, help_text="Who issued it.")
    name = ComposedField(
        required=False, allow_blank=True, max_length=250, help_text="Of the case; that of the report when left out."
    )
    reporters = serializers.ListField(
        child=ReporterSerializer(), required=False, max_length=MOST_AT_ONCE, help_text="Who is left out is not carried."
    )
    accused = _rows("Ids of people reported who are to stand in the list of accused; nobody is prosecuted by that.")
    charges = ChargeOfSerializer(
        many=True, required=False, max_length=MOST_AT_ONCE, help_text="Of the case; those of the report when left out."
    )
    code = _code()
    handled_at = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    form_token = _token()


class MergeSerializer(InputSerializer):
    """The decision by which a case goes into another one."""

    target = serializers.CharField(help_text="Code of the case that goes on.")
    decision_no = ComposedField(max_length=60, help_text="Number of the decision to merge.")
    decided_on = serializers.DateField(help_text="Its day.")
    agency = ComposedField(required=False, allow_blank=True, max_length=200, help_text="Who issued it.")
    note = ComposedField(required=False, allow_blank=True, max_length=500, help_text="A remark.")


class SplitSerializer(InputSerializer):
    """The decision by which a case of its own is split off, and who goes with it."""

    decision_no = ComposedField(max_length=60, help_text="Number of the decision to split.")
    decided_on = serializers.DateField(help_text="Its day.")
    agency = ComposedField(max_length=200, help_text="Who issued it.")
    name = ComposedField(max_length=250, help_text="Of the new case.")
    accused = _rows("Ids of the accused who go with the new case.")
    people = _rows("Ids of others of concern to it; who stands for its accused comes anyway.")
    init_decision_no = ComposedField(
        required=False,
        allow_blank=True,
        max_length=60,
        help_text="Where the new case has a decision of its own; the decision to split when left out.",
    )
    init_decision_date = serializers.DateField(required=False, allow_null=True)
    init_decision_agency = ComposedField(required=False, allow_blank=True, max_length=200)
    code = _code()
    form_token = _token()


class AppealSerializer(InputSerializer):
    """The case in which the office above handles the appeal."""

    name = ComposedField(
        required=False, allow_blank=True, max_length=250, help_text="Of the new case; that of the case when left out."
    )
    code = _code()
    handled_at = serializers.DateField(required=False, allow_null=True, help_text="Today when left out.")
    form_token = _token()


class GrownSerializer(serializers.Serializer[Any]):
    """The case that came of it."""

    case = CaseSerializer()
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="What somebody has to see to, in sentences."
    )


class _ActViewSet(OfRecordViewSet):
    """Base of what is done with a whole case."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = GrownSerializer

    def grown(self, grown: Grown) -> Response:
        """Answer with the case: 201 when it was made just now, 200 when the same was done before."""
        context = dict(self.get_serializer_context()) | {"decisions": decisions_for(self.actor, [grown.case])}
        body = {"case": grown.case, "warnings": grown.warnings}
        return Response(GrownSerializer(body, context=context).data, status=201 if grown.made else 200)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Open the case a report of crime led to",
        description="For those who work on the report and register cases in its office. The report is settled, its "
        "papers stay filed in it, who works on it works on the case.",
        request=BecomeSerializer,
        responses={201: GrownSerializer, 200: GrownSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseBecomeViewSet(_ActViewSet):
    """A report of crime becomes a case."""

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Open it."""
        report = self.opened(Level.CONTRIBUTE)
        given = dict(self.given(BecomeSerializer))
        with charge_at("charges"):
            grown = access.become_criminal_case(
                actor=self.actor,
                report=report,
                reporters={each["id"]: each["role"] for each in given.pop("reporters", ())},
                charges=[charge_of(each) for each in given.pop("charges", ())],
                code=given.pop("code", "") or None,
                **given,
            )
        return self.grown(grown)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Merge a case into another one",
        description="For those who work on both. The case of the address keeps its file and counts no more; people, "
        "charges and custody are carried to the target.",
        request=MergeSerializer,
        responses={201: GrownSerializer, 200: GrownSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseMergeViewSet(_ActViewSet):
    """A case is merged into another one."""

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Merge."""
        source = self.opened(Level.CONTRIBUTE)
        given = dict(self.given(MergeSerializer))
        code = typed_code(given.pop("target"))
        target = CaseFile.objects.select_related(*FACTS).filter(code=code).first()
        if target is None:
            raise BadInput(no_such_case(code), field="target")
        return self.grown(access.merge_cases(actor=self.actor, source=source, target=target, **given))


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Split a case off another one",
        description="For those who work on the case and register in its office. The new case has folios of its own; "
        "its time limits run from the initiation of the case it comes from.",
        request=SplitSerializer,
        responses={201: GrownSerializer, 200: GrownSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseSplitViewSet(_ActViewSet):
    """A case is split off another one."""

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Split."""
        source = self.opened(Level.CONTRIBUTE)
        given = dict(self.given(SplitSerializer))
        return self.grown(
            access.split_case(
                actor=self.actor,
                source=source,
                accused=given.pop("accused", ()),
                code=given.pop("code", "") or None,
                **given,
            )
        )


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    create=extend_schema(
        summary="Open the case of the office above for an appeal",
        description="For those who lead the office above or are assigned to the appeal, while the case is under appeal. "
        "The new case has a file and a supervision file of its own in that office; people and charges are carried.",
        request=AppealSerializer,
        responses={201: GrownSerializer, 200: GrownSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseAppealViewSet(_ActViewSet):
    """The office above opens its own case for an appeal."""

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Open it."""
        origin = self.opened(Level.VIEW)
        given = dict(self.given(AppealSerializer))
        return self.grown(
            access.open_appeal(actor=self.actor, origin=origin, code=given.pop("code", "") or None, **given)
        )


class RelatedSerializer(serializers.Serializer[Any]):
    """A case this one hangs together with."""

    relation = serializers.CharField(
        source="entry.relation", help_text="Such as `nhap_vao`, `tach_tu`, `tu_nguon_tin`, `phuc_tham_cua`."
    )
    label = serializers.CharField(help_text="The relation in words, seen from this case.")  # type: ignore[assignment]  # so named in the answer
    other = serializers.CharField(
        source="other.code",
        default=None,
        allow_null=True,
        help_text="Code of the other case; null where it is not in this system or the asker may not know of it.",
    )
    other_name = serializers.CharField(source="other.name", default="")
    text = serializers.CharField(help_text="What was written of a case that is not in this system.")
    out_of_scope = serializers.BooleanField(
        source="hidden", help_text="Whether the other case is one that the asker may not know of."
    )
    documents = serializers.IntegerField(help_text="Papers filed in the other case that the asker may read.")
    decided_on = serializers.DateField(source="entry.decided_on", allow_null=True)
    decision_no = serializers.CharField(source="entry.decision_no")


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Cases that hang together with a case",
        description="Whichever of the two says so; all of them, not in pages. For those who may read the case.",
        responses={200: RelatedSerializer(many=True), **refusals(403, 404)},
    ),
)
class CaseRelatedViewSet(OfRecordViewSet):
    """Related cases, seen from both sides."""

    queryset: QuerySet[Any] = CaseFile.objects.none()
    serializer_class = RelatedSerializer
    pagination_class = None
    filter_backends: Any = ()

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        return Response(self.get_serializer(related_cases(self.actor, self.opened()), many=True).data)
