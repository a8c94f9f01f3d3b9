"""Court sessions through the API: lists to count by, what is planned, what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.cases.trials import CourtLevel, ShownKind
from vks_plugin.court.sessions import actions
from vks_plugin.court.sessions.filters import SessionFilterSet
from vks_plugin.court.sessions.logs import LARGEST
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.queries import (
    SessionTold,
    ShownTold,
    appearing_in,
    appearing_people,
    fingerprint,
    readable_sessions,
    session_for,
    session_view,
    shown_in,
    told_to,
)
from vks_plugin.court.sessions.states import HELD, SESSION
from vks_plugin.errors import BadInput
from vks_plugin.rest import (
    LARGEST_NUMBER,
    NUMBER,
    ApiViewSet,
    ComposedField,
    InputSerializer,
    PersonSerializer,
    refusals,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from rest_framework.request import Request

_STATES = ", ".join(f"`{value}`" for value, _label in SESSION.states) + "."
_LEVELS = "`so_tham` or `phuc_tham`."
_KINDS = ", ".join(f"`{each}`" for each in ShownKind.values) + "."


class SessionRowSerializer(serializers.Serializer[CourtSession]):
    """A court session as it stands in a list."""

    id = serializers.IntegerField()
    case = serializers.CharField(source="case.code")
    number = serializers.IntegerField(help_text="Counted in the case.")
    unit = serializers.CharField(source="unit.code", help_text="The office that appears; statistics count by it.")
    court_level = serializers.CharField(help_text=_LEVELS)
    state = serializers.CharField(help_text=_STATES)
    court = serializers.CharField()
    venue = serializers.CharField()
    starts_on = serializers.DateField()
    starts_at = serializers.TimeField(allow_null=True, format="%H:%M")
    ends_on = serializers.DateField(allow_null=True, help_text="The last day; planned, before it was held.")
    is_learning = serializers.BooleanField(help_text="Phiên tòa rút kinh nghiệm.")
    learning_decided_on = serializers.DateField(allow_null=True)
    learning_organiser = serializers.CharField()
    is_closed = serializers.BooleanField()
    is_mobile = serializers.BooleanField()
    is_online = serializers.BooleanField()
    shown_kinds = serializers.ListField(child=serializers.CharField(), help_text=_KINDS)
    outcome_on = serializers.DateField(allow_null=True)


class SessionSerializer(serializers.Serializer[SessionTold]):
    """A court session with everything the asker may know of it."""

    participants = serializers.CharField(source="row.participants")
    procurators = PersonSerializer(source="people", many=True)
    reason = serializers.CharField(source="row.reason", help_text="Why it was adjourned or called off.")
    previous = serializers.IntegerField(
        source="row.previous_id", allow_null=True, help_text="The session that was adjourned to this one."
    )
    outcome = serializers.CharField(source="row.outcome")
    verdict = serializers.IntegerField(
        source="row.verdict_id", allow_null=True, help_text="Event of the case that says it."
    )
    verdict_withdrawn = serializers.SerializerMethodField(
        help_text="Whether that event was withdrawn from the record since: what came of the session is then to be said anew."
    )
    seen = serializers.SerializerMethodField(
        help_text="Stands for the plan as it is now; sent back with a change, it is refused when somebody changed it meanwhile."
    )
    remarks = serializers.CharField(help_text="What was learned; empty for who only reads the case file.")
    may = serializers.SerializerMethodField(
        help_text="What the asker may do: of `adjourn`, `call_off`, `change`, `correct`, `hold`, `import_log`, `record_outcome`, `remark`."
    )

    def to_representation(self, instance: SessionTold) -> dict[str, Any]:
        """Return what a list says of it, and the rest."""
        return {**SessionRowSerializer(instance.row).data, **super().to_representation(instance)}

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_may(self, told: SessionTold) -> list[str]:
        """Return the acts."""
        return sorted(told.may)

    def get_verdict_withdrawn(self, told: SessionTold) -> bool:
        """Return whether it was."""
        return told.row.verdict is not None and told.row.verdict.withdrawn_at is not None

    def get_seen(self, told: SessionTold) -> str:
        """Return the fingerprint."""
        return fingerprint(told.row)


class SessionChangeSerializer(InputSerializer):
    """What is planned."""

    court_level = serializers.ChoiceField(choices=CourtLevel.choices, required=False, help_text=_LEVELS)
    court = ComposedField(required=False, max_length=200)
    venue = ComposedField(required=False, max_length=200, allow_blank=True)
    starts_on = serializers.DateField(required=False)
    starts_at = serializers.TimeField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    is_learning = serializers.BooleanField(required=False)
    learning_decided_on = serializers.DateField(required=False, allow_null=True)
    learning_organiser = ComposedField(required=False, max_length=200, allow_blank=True)
    is_closed = serializers.BooleanField(required=False)
    is_mobile = serializers.BooleanField(required=False)
    is_online = serializers.BooleanField(required=False)
    participants = ComposedField(required=False, max_length=2000, allow_blank=True)
    procurators = serializers.ListField(
        child=serializers.CharField(max_length=150),
        required=False,
        max_length=actions.MOST_PROCURATORS,
        help_text="Accounts of who takes part: assigned to the case and appearing in court.",
    )


class SessionEditSerializer(SessionChangeSerializer):
    """A change of what is planned, or of what was written of a session that was held."""

    reason = ComposedField(required=False, max_length=500, help_text="Why; of a session that was held only.")
    shown_kinds = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=10,
        help_text=f"{_KINDS} Of a session that was held only; what logs say was shown stays.",
    )

    seen = serializers.CharField(
        required=False, max_length=64, help_text="As it was read: a change by somebody else meanwhile is then refused."
    )


class SessionPlanSerializer(SessionChangeSerializer):
    """A session to plan; marks left out are those of the case."""

    case = serializers.CharField(max_length=40, help_text="Its code.")
    court = ComposedField(max_length=200)
    starts_on = serializers.DateField()


class SessionOutcomeSerializer(InputSerializer):
    """What came of it."""

    outcome = ComposedField(required=False, max_length=1000, allow_blank=True)
    outcome_on = serializers.DateField(required=False, allow_null=True)
    verdict = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST_NUMBER, help_text="Event of the same case."
    )


class SessionHoldSerializer(SessionOutcomeSerializer):
    """That it took place."""

    ends_on = serializers.DateField(required=False, allow_null=True, help_text="Its last day.")
    shown_kinds = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, max_length=10, help_text=_KINDS
    )


class SessionAdjournSerializer(InputSerializer):
    """That the court adjourned it."""

    reason = ComposedField(max_length=500)
    next_on = serializers.DateField(
        required=False, allow_null=True, help_text="The day it is to be opened again: a session is planned for it."
    )
    next_at = serializers.TimeField(required=False, allow_null=True)


class SessionReasonSerializer(InputSerializer):
    """Why not."""

    reason = ComposedField(max_length=500)


class ShownSerializer(serializers.Serializer[ShownTold]):
    """Something that was shown."""

    slide = serializers.IntegerField(allow_null=True, help_text="Null: a page opened by its folio.")
    kind = serializers.CharField(help_text="Kind of the slide; empty where there is none.")
    citation = serializers.CharField()
    shown_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True, help_text="When the panel's consent was noted; testimony.")


class LogImportSerializer(InputSerializer):
    """A log of what was shown."""

    file = serializers.FileField(help_text="As the presenter's window saved it; at most 1 MB.")


class SessionRemarksSerializer(InputSerializer):
    """What was learned."""

    remarks = ComposedField(max_length=8000)


def _people(appearing: Iterable[User], accounts: Iterable[str]) -> list[User]:
    """Return the holders of these accounts.

    Raises:
        BadInput: one of them does not appear in the case.
    """
    known = {each.get_username(): each for each in appearing}
    wanted = list(dict.fromkeys(accounts))
    if not set(wanted) <= known.keys():
        raise BadInput(
            _("Người tham gia phiên tòa phải là kiểm sát viên, kiểm tra viên đang được phân công trong vụ án."),
            field="procurators",
        )
    return [known[each] for each in wanted]


_FILTERS = [
    OpenApiParameter("state", str, enum=[value for value, _label in SESSION.states], description="How it stands."),
    OpenApiParameter("unit", str, description="Code of the office that appears."),
    OpenApiParameter("court_level", str, enum=CourtLevel.values, description="Before which court."),
    OpenApiParameter("learning", bool, description="Whether it is one to learn from."),
    OpenApiParameter("closed", bool, description="Whether the public is kept out."),
    OpenApiParameter("mobile", bool, description="Whether it is held away from the court."),
    OpenApiParameter("online", bool, description="Whether it is held online."),
    OpenApiParameter("presented", bool, description="Whether something was shown."),
    OpenApiParameter("since", OpenApiTypes.DATE, description="It opens on this day or later."),
    OpenApiParameter("until", OpenApiTypes.DATE, description="It opens on this day or earlier."),
    OpenApiParameter("case", str, description="Code of the case."),
]


@extend_schema_view(
    list=extend_schema(
        summary="Court sessions",
        description="Of every case the asker may read, the latest first. `learning=true` with `unit`, `since` and `until` "
        "counts those held for learning; `presented=true` those in which something was shown.",
        parameters=_FILTERS,
        filters=False,
        responses={200: SessionRowSerializer(many=True), **refusals(400)},
    ),
    retrieve=extend_schema(summary="One court session", responses={200: SessionSerializer, **refusals(404)}),
    create=extend_schema(
        summary="Plan a court session",
        description="For who may contribute to the case, and its leaders.",
        request=SessionPlanSerializer,
        responses={201: SessionSerializer, **refusals(400, 403, 404, 409)},
    ),
    partial_update=extend_schema(
        summary="Change what is planned, or correct what was written",
        description="Of a session that was held: what was written wrongly of it, with `reason`; what came of it has `outcome/`.",
        request=SessionEditSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CourtSessionViewSet(ApiViewSet):
    """Court sessions."""

    queryset: QuerySet[Any] = CourtSession.objects.none()
    serializer_class: Any = SessionSerializer
    lookup_value_regex = NUMBER
    filter_backends = (DjangoFilterBackend,)
    filterset_class = SessionFilterSet

    def list(self, _request: Request) -> Response:
        """Answer with those of the cases the asker may read."""
        rows = self.filter_queryset(readable_sessions(self.actor).order_by("-starts_on", "-pk"))
        chosen: Any = self.paginate_queryset(rows) or []
        return self.get_paginated_response(SessionRowSerializer(chosen, many=True).data)

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self._told(int(pk))

    def create(self, _request: Request) -> Response:
        """Plan one."""
        given = dict(self.given(SessionPlanSerializer))
        view = session_view(self.actor, given.pop("case"))
        people = _people(appearing_people(view.case), given.pop("procurators", []))
        row = actions.plan_session(actor=self.actor, case=view.case, values=given, procurators=people)
        return self._told(row.pk, status=201)

    def partial_update(self, _request: Request, pk: str) -> Response:
        """Change one."""
        _view, row = session_for(self.actor, int(pk))
        given = dict(self.given(SessionEditSerializer, partial=True))
        named, seen = given.pop("procurators", None), given.pop("seen", "")
        people = _people(appearing_in(row), named) if named is not None else None
        if row.state == HELD:
            told = {"reason": given.pop("reason", ""), "shown_kinds": given.pop("shown_kinds", None)}
            actions.correct_session(actor=self.actor, session=row, values=given, procurators=people, seen=seen, **told)
        else:
            actions.change_session(actor=self.actor, session=row, values=given, procurators=people, seen=seen)
        return self._told(row.pk)

    def _told(self, pk: int, *, status: int = 200) -> Response:
        view, row = session_for(self.actor, pk)
        return self.shown(told_to(self.actor, view, row), status=status)

    def _does(self, does: Any, pk: str, serializer: type[InputSerializer]) -> Response:
        _view, row = session_for(self.actor, int(pk))
        does(actor=self.actor, session=row, **self.given(serializer))
        return self._told(int(pk))

    @extend_schema(
        summary="Record that it took place",
        request=SessionHoldSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def hold(self, _request: Request, pk: str) -> Response:
        """Record it."""
        return self._does(actions.hold_session, pk, SessionHoldSerializer)

    @extend_schema(
        summary="Record that the court adjourned it",
        request=SessionAdjournSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def adjourn(self, _request: Request, pk: str) -> Response:
        """Record it, and plan the next."""
        return self._does(actions.adjourn_session, pk, SessionAdjournSerializer)

    @extend_schema(
        summary="Record that it does not take place",
        request=SessionReasonSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="call-off")
    def call_off(self, _request: Request, pk: str) -> Response:
        """Record it."""
        return self._does(actions.call_off_session, pk, SessionReasonSerializer)

    @extend_schema(
        summary="Record what came of it",
        request=SessionOutcomeSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def outcome(self, _request: Request, pk: str) -> Response:
        """Record it."""
        return self._does(actions.record_outcome, pk, SessionOutcomeSerializer)

    @extend_schema(
        summary="What was shown in it",
        description="By all logs that were taken in; what two of them tell is told once.",
        responses={200: ShownSerializer(many=True), **refusals(404)},
    )
    @action(detail=True, methods=["get"], filter_backends=(), url_path="shown")
    def shown_log(self, _request: Request, pk: str) -> Response:
        """Answer with a page of it."""
        _view, row = session_for(self.actor, int(pk))
        told: Any = shown_in(row)
        rows: Any = self.paginate_queryset(told)
        return self.get_paginated_response(ShownSerializer(rows, many=True).data)

    @extend_schema(
        summary="Take in a log of what was shown",
        description="Compared with the manifest of the package it names; the same file counts once.",
        request={"multipart/form-data": LogImportSerializer},
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409, 413)},
    )
    @action(detail=True, methods=["post"], url_path="import-log")
    def import_log(self, _request: Request, pk: str) -> Response:
        """Take it in."""
        _view, row = session_for(self.actor, int(pk))
        file = self.given(LogImportSerializer)["file"]
        actions.import_log(actor=self.actor, session=row, content=file.read(LARGEST + 1))
        return self._told(int(pk))

    @extend_schema(
        summary="Write down what was learned from it",
        request=SessionRemarksSerializer,
        responses={200: SessionSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def remarks(self, _request: Request, pk: str) -> Response:
        """Write it down."""
        return self._does(actions.remark_on_session, pk, SessionRemarksSerializer)
