"""Comparing stored files, and its alarms, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.queries import case_for
from vks_plugin.custody.actions.fixity import close_finding, request_check, stop_check
from vks_plugin.custody.models import FixityFinding, FixityRun
from vks_plugin.custody.queries.fixity import (
    State,
    alarm_for,
    alarms_for,
    case_of,
    counts_of,
    documents_of,
    findings_of,
    readable_paths,
    run_for,
    runs_for,
    sentence,
    state_of,
)
from vks_plugin.rest import NUMBER, ApiViewSet, ComposedField, InputSerializer, PersonSerializer, refusals

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class AlarmSerializer(serializers.Serializer[FixityFinding]):
    """A stored file that is not as it was recorded."""

    id = serializers.IntegerField()
    case = serializers.SerializerMethodField(help_text="Code of the case; null: the file is of no case.")
    kind = serializers.CharField(help_text="Of `changed`, `missing`, `unreadable`, `extra` (of no document).")
    sentence = serializers.SerializerMethodField(help_text="What is wrong and what to do, in words.")
    document = serializers.IntegerField(source="document_id", allow_null=True, help_text="Its id in the host.")
    archive = serializers.BooleanField(help_text="Whether it is the archive copy; else the original.")
    path = serializers.SerializerMethodField(help_text="Empty for who may not read the document.")
    expected = serializers.CharField(help_text="SHA-256 as recorded; empty: none was.")
    found = serializers.CharField(help_text="SHA-256 as found; empty: it could not be read.")
    found_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = PersonSerializer(allow_null=True)
    closing_reason = serializers.CharField()

    def get_case(self, row: FixityFinding) -> str | None:
        """Return the code."""
        if hasattr(row, "of_code"):
            code: str | None = row.of_code
            return code
        case = case_of(row)
        return case.code if case is not None else None

    def get_sentence(self, row: FixityFinding) -> str:
        """Return the sentence."""
        return sentence(row)

    def get_path(self, row: FixityFinding) -> str:
        """Return the path, for who may read it."""
        return row.path if row.pk in self.context["readable"] else ""


class CloseAlarmSerializer(InputSerializer):
    """Why an alarm needs nobody any more."""

    reason = ComposedField(max_length=500)


@extend_schema_view(
    list=extend_schema(
        summary="Alarms of stored files",
        description="Open ones, for leaders: of cases of the own office; of no case for leaders of the province. Others find none.",
        responses={200: AlarmSerializer},
    ),
)
class FixityAlarmViewSet(ApiViewSet):
    """Alarms of the comparison of stored files."""

    queryset: QuerySet[Any] = FixityFinding.objects.none()
    serializer_class = AlarmSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(alarms_for(self.actor), lambda rows: {"readable": readable_paths(self.actor, rows)})

    @extend_schema(
        summary="Close an alarm with a reason",
        description="Mends no file: the next comparison tells of it again.",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        request=CloseAlarmSerializer,
        responses={200: AlarmSerializer, **refusals(400, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def close(self, _request: Request, pk: str) -> Response:
        """Close it."""
        row = alarm_for(self.actor, int(pk))
        row = close_finding(actor=self.actor, finding=row.pk, reason=self.given(CloseAlarmSerializer)["reason"])
        return self.shown(row, readable=readable_paths(self.actor, [row]))


class FoundSerializer(serializers.Serializer[Any]):
    """How many files are not as recorded."""

    changed = serializers.IntegerField()
    missing = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    extra = serializers.IntegerField(help_text="Of no document.")


class FixityRunSerializer(serializers.Serializer[FixityRun]):
    """A comparison of stored files with what was recorded of them."""

    id = serializers.IntegerField()
    case = serializers.CharField(source="case.code", default=None, allow_null=True, help_text="Null: all cases.")
    state = serializers.SerializerMethodField(
        help_text="`waiting` for a worker, `running`, `stopping`, `unfinished` (it can be gone on with), `finished`."
    )
    asked_by = PersonSerializer(allow_null=True, help_text="Null: the clock or a command.")
    started_at = serializers.DateTimeField()
    touched_at = serializers.DateTimeField(help_text="When it was heard of last.")
    finished_at = serializers.DateTimeField(allow_null=True)
    documents = serializers.IntegerField(help_text="Compared so far.")
    of_documents = serializers.SerializerMethodField(help_text="Of so many; packages of the archive come after them.")
    files = serializers.IntegerField(help_text="Compared so far.")
    bytes = serializers.IntegerField(source="octets", help_text="Read so far.")
    found = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=get_args(State)))
    def get_state(self, run: FixityRun) -> str:
        """Return how it stands."""
        return state_of(run)

    def get_of_documents(self, run: FixityRun) -> int:
        """Return how many it reads."""
        return documents_of(run)

    @extend_schema_field(FoundSerializer())
    def get_found(self, run: FixityRun) -> Any:
        """Return how many files differ."""
        return self.context["counts"][run.pk]


class CompareSerializer(InputSerializer):
    """Which files are to be compared."""

    case = serializers.CharField(max_length=60, required=False, allow_null=True, help_text="Left out: all cases.")
    go_on = serializers.BooleanField(
        default=False, help_text="With the comparison that was begun last and is unfinished, instead of a new one."
    )


_RUN = OpenApiParameter("id", int, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(
        summary="Comparisons of stored files",
        description="Of cases of the offices one leads; of all cases for leaders and administrators of the province. The newest first.",
        responses={200: FixityRunSerializer},
    ),
    retrieve=extend_schema(
        summary="One comparison of stored files",
        description="Ask again to see how far it is.",
        parameters=[_RUN],
        responses={200: FixityRunSerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Have stored files compared",
        description="A worker reads the files of the case, or of all, no faster than at night. For leaders of the office of the "
        "case; of all cases for leaders and administrators of the province. One comparison of the same at a time.",
        request=CompareSerializer,
        responses={202: FixityRunSerializer, **refusals(400, 403, 404, 409, 503)},
    ),
)
class FixityRunViewSet(ApiViewSet):
    """Comparisons of stored files."""

    queryset: QuerySet[Any] = FixityRun.objects.none()
    serializer_class: Any = FixityRunSerializer
    lookup_value_regex = NUMBER

    def list(self, _request: Request) -> Response:
        """Answer with a page of them."""
        return self.page(runs_for(self.actor), lambda rows: {"counts": counts_of(rows)})

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self._told(run_for(self.actor, int(pk)))

    def create(self, _request: Request) -> Response:
        """Have them compared."""
        given = self.given(CompareSerializer)
        code = given.get("case")
        case = case_for(self.actor, code).case if code is not None else None
        return self._told(request_check(actor=self.actor, case=case, go_on=given["go_on"]), status=202)

    def _told(self, run: FixityRun, *, status: int = 200) -> Response:
        return self.shown(run, status=status, counts=counts_of([run]))

    @extend_schema(
        summary="Stop a comparison of stored files",
        description="What was compared counts; it can be gone on with, and at night one of all cases is.",
        parameters=[_RUN],
        request=None,
        responses={202: FixityRunSerializer, **refusals(403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def stop(self, _request: Request, pk: str) -> Response:
        """Stop it."""
        return self._told(stop_check(actor=self.actor, run=run_for(self.actor, int(pk))), status=202)

    @extend_schema(
        summary="What a comparison found",
        description="Open or closed, as far as the asker may close it; an administrator is told only how many.",
        parameters=[_RUN],
        responses={200: AlarmSerializer(many=True), **refusals(404)},
    )
    @action(detail=True, methods=["get"], serializer_class=AlarmSerializer)
    def alarms(self, _request: Request, pk: str) -> Response:
        """Answer with a page of them."""
        found = findings_of(self.actor, run_for(self.actor, int(pk)))
        return self.page(found, lambda rows: {"readable": readable_paths(self.actor, rows)})
