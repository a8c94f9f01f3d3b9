"""Lending through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.temporary_api import TypedCodeSerializer
from vks_plugin.cases.models import PART_CHOICES
from vks_plugin.custody import actions
from vks_plugin.custody.filters import LoanFilterSet
from vks_plugin.custody.models import Loan, LoanRenewal
from vks_plugin.custody.printed_loan import slip_for
from vks_plugin.custody.queries.leaving import to_bring_back
from vks_plugin.custody.queries.loans import (
    LoanTold,
    in_single_volumes,
    loan_told,
    loans_of,
    shown_to,
    to_come_back,
    told_to,
    waiting_for,
)
from vks_plugin.custody.states import LOAN, OVERDUE
from vks_plugin.errors import BadInput
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
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpResponse
    from rest_framework.request import Request
    from rest_framework.response import Response

_STATES = [value for value, _label in (*LOAN.states, OVERDUE)]


class LoanRenewalSerializer(serializers.Serializer[LoanRenewal]):
    """A longer term, asked for or allowed."""

    until_before = serializers.DateField()
    until = serializers.DateField()
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()
    granted = serializers.BooleanField(allow_null=True, help_text="Null: nobody has answered.")
    denial = serializers.CharField(help_text="Why not.")


class LoanSerializer(serializers.Serializer[LoanTold]):
    """A loan of a file."""

    id = serializers.IntegerField(source="row.id")
    form = serializers.ChoiceField(source="row.form", choices=Loan.Form.choices)
    case = serializers.CharField(source="row.case_code", help_text="Code as it was typed; there may be no such case.")
    case_name = serializers.CharField(
        source="case.name", default=None, allow_null=True, help_text="Null for who may not know of the case."
    )
    part = serializers.CharField(source="row.part", help_text="`hsva` or `hsks`.")
    volumes = serializers.ListField(
        source="row.volumes", child=serializers.IntegerField(), help_text="Numbers of volumes; empty: all of the part."
    )
    borrower = PersonSerializer(source="row.borrower", allow_null=True)
    outside_name = serializers.CharField(
        source="row.outside_name", help_text="Who borrows, where that is somebody outside."
    )
    outside_agency = serializers.CharField(source="row.outside_agency")
    purpose = serializers.CharField(source="row.purpose")
    until = serializers.DateField(source="row.until", help_text="The last day.")
    state = serializers.CharField(help_text=", ".join(f"`{each}`" for each in _STATES) + ".")
    unit = serializers.CharField(
        source="row.unit.code",
        default=None,
        allow_null=True,
        help_text="Office that lent it and takes it back; null before it is handed out.",
    )
    slip = serializers.CharField(help_text="Number and year of the slip; empty before it is handed out.")
    requested_at = serializers.DateTimeField(source="row.requested_at")
    decided_at = serializers.DateTimeField(source="row.decided_at", allow_null=True)
    decided_by = serializers.SerializerMethodField(help_text="Who allowed or refused it.")
    denial = serializers.CharField(source="row.denial", help_text="Why it was refused, or allowed and taken back.")
    revoked_at = serializers.DateTimeField(
        source="row.revoked_at", allow_null=True, help_text="When it was taken back after it had been allowed."
    )
    issued_at = serializers.DateTimeField(source="row.issued_at", allow_null=True)
    issued_volumes = serializers.IntegerField(source="row.issued_volumes", allow_null=True)
    issued_folios = serializers.IntegerField(source="row.issued_folios", allow_null=True)
    condition = serializers.CharField(source="row.condition")
    returned_at = serializers.DateTimeField(source="row.returned_at", allow_null=True)
    returned_volumes = serializers.IntegerField(source="row.returned_volumes", allow_null=True)
    returned_folios = serializers.IntegerField(source="row.returned_folios", allow_null=True)
    difference = serializers.CharField(source="row.difference", help_text="What differed when it came back.")
    settled_at = serializers.DateTimeField(source="row.settled_at", allow_null=True)
    settlement = serializers.CharField(source="row.settlement", help_text="What became of what was missing.")
    renewals = LoanRenewalSerializer(many=True)
    may = serializers.SerializerMethodField(
        help_text="What the asker may do: of `answer` (a renewal), `approve`, `deny`, `issue`, `renew`, `return`, `revoke`, `settle`, "
        "`withdraw`, `write_off` (to settle what is lost)."
    )

    @extend_schema_field(PersonSerializer(allow_null=True))
    def get_decided_by(self, told: LoanTold) -> Any:
        """Return account and name."""
        return PersonSerializer(told.row.decided_by).data if told.row.decided_by is not None else None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_may(self, told: LoanTold) -> list[str]:
        """Return the acts."""
        return sorted(told.may)


class LoanRequestSerializer(TypedCodeSerializer):
    """Which file is asked for, by whom and until when."""

    form = serializers.ChoiceField(choices=Loan.Form.choices)
    part = serializers.ChoiceField(choices=PART_CHOICES, default="hsva")
    volumes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=9999), default=list, max_length=200
    )
    purpose = ComposedField(help_text=f"At least {actions.SHORTEST_REASON} letters.")
    until = serializers.DateField(help_text="The last day, at most `VKS_LOAN_DAYS` from today.")
    borrower = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="Account of somebody else; for who hands out files of the case's office.",
    )
    outside_name = ComposedField(default="", allow_blank=True, help_text="Somebody outside; for the same.")
    outside_agency = ComposedField(default="", allow_blank=True)


class LoanReasonSerializer(InputSerializer):
    """Why not."""

    reason = ComposedField(help_text=f"At least {actions.SHORTEST_REASON} letters; the borrower reads it.")


class LoanIssueSerializer(InputSerializer):
    """What is handed out."""

    volume_count = serializers.IntegerField(max_value=LARGEST_NUMBER)
    folio_count = serializers.IntegerField(max_value=LARGEST_NUMBER)
    condition = ComposedField(default="", allow_blank=True)


class LoanReturnSerializer(InputSerializer):
    """What came back; of an electronic loan nothing is counted."""

    volume_count = serializers.IntegerField(max_value=LARGEST_NUMBER, allow_null=True, default=None)
    folio_count = serializers.IntegerField(max_value=LARGEST_NUMBER, allow_null=True, default=None)
    note = ComposedField(
        default="", allow_blank=True, help_text="Required where the counts differ from those at the start."
    )
    missing_volumes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=9999),
        default=list,
        max_length=200,
        help_text="Volumes that did not come, where fewer came than went out.",
    )


class LoanSettleSerializer(InputSerializer):
    """What became of what was missing."""

    found = serializers.BooleanField(help_text="Whether it came; false, for leaders: it is taken for lost.")
    note = ComposedField(help_text=f"At least {actions.SHORTEST_REASON} letters.")


class LoanRenewSerializer(InputSerializer):
    """A longer term."""

    until = serializers.DateField()
    reason = ComposedField(help_text=f"At least {actions.SHORTEST_REASON} letters.")


class LoanAnswerSerializer(InputSerializer):
    """Whether a longer term is allowed."""

    granted = serializers.BooleanField()
    reason = ComposedField(default="", allow_blank=True, help_text="Why not.")


_LISTS: dict[str, Callable[[User], QuerySet[Loan]]] = {
    "late": lambda user: to_come_back(shown_to(user)),
    "single": lambda user: in_single_volumes(shown_to(user)),
    "waiting": waiting_for,
    "left": to_bring_back,
}

_FILTERS = [
    OpenApiParameter(
        "list",
        str,
        enum=tuple(_LISTS),
        description="`late`: paper that is not back, or came back short; `single`: single volumes that are out; `waiting`: for "
        "the asker's decision or desk; `left`: paper whose borrower has the case or any post no more.",
    ),
    OpenApiParameter("state", str, enum=_STATES, description="How it stands today."),
    OpenApiParameter("form", str, enum=Loan.Form.values, description="On paper or electronic."),
    OpenApiParameter("case", str, description="Code of the case."),
]


@extend_schema_view(
    list=extend_schema(
        summary="Loans of files",
        description="One's own, and those of the offices where one decides about them or hands files out; the newest first.",
        parameters=_FILTERS,
        filters=False,
    ),
    retrieve=extend_schema(summary="One loan", responses={200: LoanSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Ask for a file",
        description="Nothing is lent before somebody else allows it. Whoever may not know of the case is answered alike whether there is "
        "such a case or not (201: if there is, its office has the request now; otherwise nobody will answer it), and not told which "
        "volumes it has; who may is refused a volume it does not have (400).",
        request=LoanRequestSerializer,
        responses={201: LoanSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class LoanViewSet(ApiViewSet):
    """Loans of files."""

    queryset: QuerySet[Any] = Loan.objects.none()
    serializer_class = LoanSerializer
    lookup_value_regex = NUMBER
    filter_backends = (DjangoFilterBackend,)
    filterset_class = LoanFilterSet

    def list(self, request: Request) -> Response:
        """Answer with those the asker may know of."""
        name = request.query_params.get("list", "")
        if name and name not in _LISTS:
            raise BadInput(_("Không có danh sách hoặc trạng thái này."), field="list")
        shown = _LISTS[name](self.actor) if name else shown_to(self.actor)
        rows = self.filter_queryset(shown.order_by("-requested_at", "-pk"))
        chosen = self.paginate_queryset(rows) or []
        told = told_to(self.actor, shown_to(self.actor).filter(pk__in=[row.pk for row in chosen]))
        return self.get_paginated_response(self.get_serializer(told, many=True).data)

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self._told(int(pk))

    def create(self, _request: Request) -> Response:
        """Ask."""
        given = dict(self.given(LoanRequestSerializer))
        username = given.pop("borrower")
        borrower = None
        if username and username != self.actor.get_username():
            borrower = User.objects.filter(username=username, is_active=True).first()
            # who may not record for others is told so, whether or not there is such an account
            borrower = borrower or User()
        try:
            row = actions.request_loan(actor=self.actor, code=given.pop("case"), borrower=borrower, **given)
        except BadInput as error:
            raise BadInput(error.message, field="case" if error.field == "code" else error.field) from error
        return self._told(row.pk, status=201)

    def _told(self, pk: int, *, status: int = 200) -> Response:
        return self.shown(loan_told(self.actor, pk), status=status)

    @extend_schema(
        summary="The slip of a loan as a file",
        description="Once it is allowed; what is not known yet is left blank, to be written by hand. For who may know of its case, "
        "which it names, and for who hands files out at the office that lent it.",
        parameters=[FORMAT],
        responses={**files(), **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["get"], content_negotiation_class=FormatIsOurs)
    def slip(self, request: Request, pk: str) -> HttpResponse:
        """Answer with the paper."""
        return slip_for(self.actor, int(pk), request.query_params.get("format", "pdf")).as_answer()

    def _does(self, does: Any, pk: str, serializer: type[InputSerializer] | None = None) -> Response:
        given = self.given(serializer) if serializer is not None else {}
        does(actor=self.actor, loan_id=int(pk), **given)
        return self._told(int(pk))

    @extend_schema(
        summary="Allow a loan",
        description="For leaders of the office that has the case; for borrowers of other offices and outside, its chief. An "
        "electronic loan is open before the answer is given.",
        request=None,
        responses={200: LoanSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def approve(self, _request: Request, pk: str) -> Response:
        """Allow it."""
        return self._does(actions.approve_loan, pk)

    @extend_schema(
        summary="Refuse a loan",
        request=LoanReasonSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def deny(self, _request: Request, pk: str) -> Response:
        """Refuse it."""
        return self._does(actions.deny_loan, pk, LoanReasonSerializer)

    @extend_schema(
        summary="Take back an own request",
        request=None,
        responses={200: LoanSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, _request: Request, pk: str) -> Response:
        """Take it back."""
        return self._does(actions.withdraw_loan, pk)

    @extend_schema(
        summary="Take back what was allowed and not handed out",
        description="For leaders of the office that lends, and at its desk once the last day has passed or the borrower holds no "
        "post. The borrower reads the reason.",
        request=LoanReasonSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def revoke(self, _request: Request, pk: str) -> Response:
        """Take it back."""
        return self._does(actions.revoke_loan, pk, LoanReasonSerializer)

    @extend_schema(
        summary="Hand the paper out",
        description="For archivists, clerks and leaders of the office, never to oneself. The slip gets its number.",
        request=LoanIssueSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def issue(self, _request: Request, pk: str) -> Response:
        """Hand it out."""
        return self._does(actions.issue_loan, pk, LoanIssueSerializer)

    @extend_schema(
        summary="Take the paper back, or end an electronic loan",
        description="Folios are counted again; what differs from the counts at the start has to be explained and is recorded.",
        request=LoanReturnSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="return")
    def give_back(self, _request: Request, pk: str) -> Response:
        """Take it back."""
        return self._does(actions.return_loan, pk, LoanReturnSerializer)

    @extend_schema(
        summary="Close what came back short",
        description="For who hands files out; what is taken for lost is for leaders of the office.",
        request=LoanSettleSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def settle(self, _request: Request, pk: str) -> Response:
        """Close it."""
        return self._does(actions.settle_loan, pk, LoanSettleSerializer)

    @extend_schema(
        summary="Ask for a longer term",
        request=LoanRenewSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def renew(self, _request: Request, pk: str) -> Response:
        """Ask for it."""
        return self._does(actions.ask_renewal, pk, LoanRenewSerializer)

    @extend_schema(
        summary="Answer who asks for a longer term",
        request=LoanAnswerSerializer,
        responses={200: LoanSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="answer-renewal")
    def answer_renewal(self, _request: Request, pk: str) -> Response:
        """Answer."""
        return self._does(actions.answer_renewal, pk, LoanAnswerSerializer)


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Loans of a case",
        description="For those who may know of the case; who reads it by a loan alone is shown the own ones.",
        responses={200: LoanSerializer, **refusals(403, 404)},
    ),
)
class CaseLoanViewSet(OfCaseViewSet):
    """Loans of a case."""

    queryset: QuerySet[Any] = Loan.objects.none()
    serializer_class = LoanSerializer

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of them."""
        rows = loans_of(self.actor, self.case_view())
        chosen = self.paginate_queryset(rows.order_by("-requested_at", "-pk")) or []
        told = told_to(self.actor, rows.filter(pk__in=[row.pk for row in chosen]))
        return self.get_paginated_response(self.get_serializer(told, many=True).data)
