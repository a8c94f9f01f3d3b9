"""The rows of a case's record through the API: one pair of routes for each part, all made alike from `record.py`.

A new part is a line in `ROUTES`. Who may only know that a case exists is refused here, whatever is asked for and
whether it is there or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access import actions as access
from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import OUT_OF_SCOPE, Related, readable_changes, related_cases, require, shown_values
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.api.fields import HELP, columns, explained, input_of, output_of
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, Charge, RelatedCase
from vks_plugin.cases.record import PARTS_OF_RECORD, Part, field_label
from vks_plugin.errors import BadInput, NotFound
from vks_plugin.rest import LARGEST_NUMBER, NUMBER, ComposedField, InputSerializer, PlainJSONParser, refusals

if TYPE_CHECKING:
    from rest_framework.request import Request

    from vks_plugin.access.queries import CaseView

ROW = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Id of the row.")
REASON = ComposedField(
    required=False, allow_blank=True, max_length=500, help_text="Why, where there is something to say."
)


@dataclass(frozen=True)
class Route:
    """How a part of the record is reached."""

    part: str
    path: str
    one: str
    many: str
    description: str = ""
    told: Mapping[str, serializers.Field[Any, Any, Any, Any]] = field(default_factory=dict)
    """What is told besides the columns."""

    @property
    def of(self) -> Part:
        """The part."""
        return PARTS_OF_RECORD[self.part]


def _words(**options: Any) -> serializers.CharField:
    return serializers.CharField(read_only=True, **options)


def _told(part: str) -> Any:
    """Return what is told of a row."""
    route = next(each for each in ROUTES if each.part == part)
    model = route.of.model
    return output_of(
        f"{model.__name__}Serializer", f"{_capital(route.one)} of a case.", model, route.of.fields, **route.told
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


ROUTES: tuple[Route, ...] = (
    Route(
        "accused",
        "accused",
        "an accused",
        "Accused of a case",
        "Natural and legal persons prosecuted, in their order.",
        {
            "role_label": _words(help_text="What the law calls the person at this stage, in words."),
            "stage": _words(help_text="Stage of this person; empty: that of the case."),
            "status": _words(help_text="Status of this person; empty: that of the case."),
            "is_minor": serializers.BooleanField(
                read_only=True, help_text="Whether the person was under 18 at the act, as far as is known."
            ),
        },
    ),
    Route(
        "person",
        "people",
        "another person",
        "Other people of a case",
        "Victims, witnesses, defenders, parties: the roles of the kind of case.",
        {"role_label": _words(help_text="The role in words.")},
    ),
    Route(
        "charge",
        "charges",
        "a charge",
        "Charges of a case",
        "Past ones too: what was charged when decides time limits.",
        {"reference": _words(help_text="How the charge is cited, in Vietnamese.")},
    ),
    Route(
        "measure",
        "measures",
        "a preventive measure",
        "Preventive measures of a case",
        told={"kind_label": _words(source="get_kind_display", help_text="The measure in words.")},
    ),
    Route("exhibit", "exhibits", "an exhibit", "Physical exhibits of a case"),
    Route(
        "withheld",
        "withheld",
        "an index card",
        "Index cards of a case",
        "In place of papers that are state secrets and are not stored here: number, date and where the paper lies.",
        {"level_label": _words(source="get_level_display", help_text="The level in words.")},
    ),
    Route(
        "relation",
        "relations",
        "a related case",
        "Related cases",
        "Those this case speaks of; `related` tells them from both sides. Of a case the asker may not know of, "
        "neither code nor name is told.",
    ),
    Route("volume", "volumes", "a volume", "Volumes of a case file"),
)


def _filterset(part: Part) -> type[FilterSet] | None:
    """Return what narrows a list of these rows."""
    narrowing: dict[str, Any] = {}
    if "accused" in part.fields:
        narrowing["accused"] = django_filters.NumberFilter(
            field_name="accused_id", label="id of an accused", min_value=1, max_value=LARGEST_NUMBER, decimal_places=0
        )
    if "role" in part.fields:
        narrowing["role"] = django_filters.CharFilter(label="a role")
    if "ended_on" in part.fields:
        narrowing["ended"] = django_filters.BooleanFilter(
            field_name="ended_on", lookup_expr="isnull", exclude=True, label="only those that ended, or only others"
        )
    if not narrowing:
        return None
    meta = type("Meta", (), {"model": part.model, "fields": ()})
    return type(f"{part.model.__name__}FilterSet", (FilterSet,), {"Meta": meta, **narrowing})


class RemovalSerializer(InputSerializer):
    """Why a row goes."""

    reason = ComposedField(required=False, allow_blank=True, max_length=500)


class OfRecordViewSet(OfCaseViewSet):
    """Base of what is told of the record of a case."""

    lookup_value_regex = NUMBER
    parser_classes = (PlainJSONParser,)
    filter_backends = (DjangoFilterBackend,)

    def opened(self, level: Level = Level.VIEW) -> CaseFile:
        """Return the case of the address, for `opened_view`."""
        return self.opened_view(level).case

    def opened_view(self, level: Level = Level.VIEW) -> CaseView:
        """Return the case of the address as the asker may see it.

        Raises:
            NotFound: there is none, or none that the asker may know of.
            NotAllowed: the asker may not go so far; whatever else the address names is not looked at.
        """
        view = self.case_view()
        if view.decision.level < level:
            require(self.actor, view.case, level, doing=_("xem hồ sơ") if level is Level.VIEW else _("sửa hồ sơ"))
        return view


class RecordViewSet(OfRecordViewSet):
    """The rows of one part."""

    route: ClassVar[Route]
    input_class: ClassVar[type[serializers.Serializer[Any]]]
    """What is said in a correction."""
    new_class: ClassVar[type[serializers.Serializer[Any]]]
    """What is said of a new row."""

    def rows(self, case: CaseFile) -> QuerySet[Any]:
        """Return the rows of this part, in their order."""
        found: QuerySet[Any] = self.route.of.model._default_manager.filter(case=case).select_related("case")
        if self.route.of.model is Accused:
            found = found.prefetch_related("measures", "case__events")
        return found

    def row(self, case: CaseFile, pk: str) -> Any:
        """Return one row.

        Raises:
            NotFound: this case has none of that number.
        """
        found = self.rows(case).filter(pk=pk).first()
        if found is None:
            raise NotFound(_("Vụ án không có dòng mang số này."))
        return found

    def answer(self, row: Any, status: int = 200) -> Response:
        """Answer with one row as it is now."""
        current = self.rows(row.case).get(pk=row.pk)
        return self.shown(current, status=status)

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        return self.page(self.filter_queryset(self.rows(self.opened())))

    def retrieve(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Answer with one."""
        return self.answer(self.row(self.opened(), pk))

    def create(self, _request: Request, **_kwargs: str) -> Response:
        """Add one."""
        case = self.opened(Level.CONTRIBUTE)
        values = dict(self.given(self.new_class, case=case))
        reason = values.pop("reason", "")
        return self.answer(self.add(case, values, reason), 201)

    def partial_update(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Correct one."""
        case = self.opened(Level.CONTRIBUTE)
        row = self.row(case, pk)
        values = dict(self.given(self.input_class, partial=True, case=case))
        reason = values.pop("reason", "")
        return self.answer(self.change(row, values, reason))

    def destroy(self, request: Request, pk: str, **_kwargs: str) -> Response:
        """Take one out."""
        row = self.row(self.opened(Level.CONTRIBUTE), pk)
        reason = self.given(RemovalSerializer).get("reason") or request.query_params.get("reason", "")
        access.remove_entry(actor=self.actor, entry=row, reason=reason)
        return Response(status=204)

    def add(self, case: CaseFile, values: Mapping[str, Any], reason: str) -> Any:
        """Enter a row."""
        return access.add_entry(actor=self.actor, case=case, part=self.route.part, values=values, reason=reason)

    def change(self, row: Any, values: Mapping[str, Any], reason: str) -> Any:
        """Correct a row."""
        return access.change_entry(actor=self.actor, entry=row, values=values, reason=reason)


# --- charges

_TEXT = ComposedField(
    required=False,
    allow_blank=True,
    max_length=500,
    help_text="The charge as one types it, such as `173.2` or the words of a paper; read instead of article, clause "
    "and points.",
)
_CHARGED = tuple(name for name in PARTS_OF_RECORD["charge"].fields if name not in {"accused", "ended_on"})
_FOUND_OUT = ("code_version", "article", "name", "charged_on")
"""What is read from the text, the day and the penal code where it is left out."""

ChargeSerializer = _told("charge")
ChargeOfSerializer = input_of(
    "ChargeOfSerializer",
    "A charge, typed freely or as article, clause and points.",
    Charge,
    _CHARGED,
    filled_in=_FOUND_OUT,
    text=_TEXT,
)
NewChargeSerializer = input_of(
    "NewChargeSerializer",
    "A charge against somebody, or the case as long as nobody is prosecuted.",
    Charge,
    ("accused", *_CHARGED),
    filled_in=_FOUND_OUT,
    text=_TEXT,
    reason=REASON,
)
ReplacementSerializer = input_of(
    "ChargeReplacementSerializer",
    "What is charged from now on.",
    Charge,
    _CHARGED,
    filled_in=_FOUND_OUT,
    text=_TEXT,
    reason=REASON,
)


def charge_of(given: Mapping[str, Any]) -> ChargeInput:
    """Return a charge as the action takes it."""
    return ChargeInput(**{name: given[name] for name in ("text", *_CHARGED) if given.get(name) is not None})


@contextmanager
def charge_at(field: str) -> Iterator[None]:
    """Put the sentence about a charge at the field of the request it was read from."""
    try:
        yield
    except BadInput as error:
        if error.field != "charge":
            raise
        raise BadInput(error.message, field=field) from error


def _typed_at(given: Mapping[str, Any]) -> str:
    return "text" if given.get("text") else "article"


class ChargesViewSet(RecordViewSet):
    """Charges, whose names and classes come from the penal code."""

    def rows(self, case: CaseFile) -> QuerySet[Any]:
        """Return the charges; correcting one asks for the day of the act."""
        return super().rows(case).select_related("accused")

    def add(self, case: CaseFile, values: Mapping[str, Any], reason: str) -> Any:
        """Charge somebody, or the case."""
        with charge_at(_typed_at(values)):
            return access.charge(
                actor=self.actor, case=case, accused=values.get("accused"), given=charge_of(values), reason=reason
            )

    def change(self, row: Any, values: Mapping[str, Any], reason: str) -> Any:
        """Correct a charge that was entered in error."""
        with charge_at(_typed_at(values)):
            return access.correct_charge(actor=self.actor, charge=row, values=values, reason=reason)

    @extend_schema(
        summary="Replace a charge",
        description="For a decision that changes the charge: the old one ends on the day the new one begins and stays.",
        request=ReplacementSerializer,
        responses={201: ChargeSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def replace(self, _request: Request, pk: str, **_kwargs: str) -> Response:
        """Replace it."""
        case = self.opened(Level.CONTRIBUTE)
        row = self.row(case, pk)
        given = self.given(ReplacementSerializer, case=case)
        with charge_at(_typed_at(given)):
            made = access.replace_charge(
                actor=self.actor, charge=row, given=charge_of(given), reason=given.get("reason", "")
            )
        return self.answer(made, 201)


# --- related cases


class RelatedCaseSerializer(serializers.Serializer[Related]):
    """What this case says of another; of one the asker may not know of, neither code nor name is told."""

    id = serializers.IntegerField(source="entry.pk")
    relation = serializers.CharField(
        source="entry.relation", help_text=explained(columns(RelatedCase, ["relation"])[0])
    )
    label = serializers.CharField(help_text="The relation in words.")  # type: ignore[assignment]  # so named in the answer
    other = serializers.CharField(
        source="other.code",
        default=None,
        allow_null=True,
        help_text="Code of the other case; null where it is not in this system or the asker may not know of it.",
    )
    other_label = serializers.SerializerMethodField(help_text="Code and name, or in words why they are not told.")
    out_of_scope = serializers.BooleanField(
        source="hidden", help_text="Whether the other case is one that the asker may not know of."
    )
    other_text = serializers.CharField(source="text", help_text=HELP["other_text"])
    decided_on = serializers.DateField(source="entry.decided_on", allow_null=True, help_text=HELP["decided_on"])
    decision_no = serializers.CharField(source="entry.decision_no", help_text=HELP["decision_no"])
    note = serializers.CharField(source="entry.note", help_text=HELP["note"])

    def get_other_label(self, related: Related) -> str:
        """Return what a page would show."""
        return str(related.other) if related.other is not None else related.text or _(OUT_OF_SCOPE)


class RelationsViewSet(RecordViewSet):
    """Related cases, named only to those who may know of them."""

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with all of them."""
        own: Any = [each for each in related_cases(self.actor, self.opened()) if not each.backwards]
        return self.page(own)

    def answer(self, row: Any, status: int = 200) -> Response:
        """Answer with one row as it is now."""
        related = related_cases(self.actor, row.case)
        return self.shown(next(each for each in related if each.entry.pk == row.pk), status=status)


# --- all of them


def _viewset(route: Route) -> type[RecordViewSet]:
    """Return the views of a part."""
    part, model = route.of, route.of.model
    base = {"charge": ChargesViewSet, "relation": RelationsViewSet}.get(route.part, RecordViewSet)
    told = {"charge": ChargeSerializer, "relation": RelatedCaseSerializer}.get(route.part) or _told(route.part)
    purpose = f"What is entered of {route.one}; what is left out of a correction stays as it is."
    if route.part == "charge":
        names = part.fields
        given = input_of(
            "ChargeInputSerializer", purpose, model, names, filled_in=_FOUND_OUT, text=_TEXT, reason=REASON
        )
    else:
        given = input_of(f"{model.__name__}InputSerializer", purpose, model, part.fields, reason=REASON)
    new = NewChargeSerializer if route.part == "charge" else given
    attributes = {
        "__doc__": f"{route.many}.",
        "__module__": __name__,
        "route": route,
        "queryset": model._default_manager.none(),
        "serializer_class": told,
        "input_class": given,
        "new_class": new,
        "filterset_class": _filterset(part),
    }
    made: Any = type(f"{model.__name__}ViewSet", (base,), attributes)
    made = extend_schema_view(
        list=extend_schema(
            summary=route.many,
            description=f"{route.description} For those who may read the case.".strip(),
            responses={200: told, **refusals(403, 404)},
        ),
        retrieve=extend_schema(summary=f"{_capital(route.one)}", responses={200: told, **refusals(403, 404)}),
        create=extend_schema(
            summary=f"Enter {route.one}", request=new, responses={201: told, **refusals(400, 403, 404, 409)}
        ),
        partial_update=extend_schema(
            summary=f"Correct {route.one}",
            description="The history keeps what was said before.",
            request=given,
            responses={200: told, **refusals(400, 403, 404, 409)},
        ),
        destroy=extend_schema(
            summary=f"Take out {route.one} entered in error",
            description='With a reason: in the body, `{"reason": "..."}`, or, for clients that send none, in the address. '
            "The history keeps what the row said.",
            parameters=[OpenApiParameter("reason", str, description="Why; needed here or in the body.")],
            responses={204: None, **refusals(400, 403, 404, 409)},
        ),
    )(made)
    chosen: type[RecordViewSet] = extend_schema(parameters=[CASE_CODE])(made)
    return chosen


RECORD_VIEWS: dict[str, type[RecordViewSet]] = {route.path: _viewset(route) for route in ROUTES}
"""The views of each part, by their place below a case."""


# --- history


class ChangeValueSerializer(serializers.Serializer[Any]):
    """One field before and after."""

    name = serializers.CharField(help_text="Name of the field.")
    label = serializers.CharField(help_text="What it is called, in words.")  # type: ignore[assignment]  # so named in the answer
    before = serializers.CharField(help_text="As people read it, in Vietnamese; empty: nothing.")
    after = serializers.CharField()


class CaseChangeSerializer(serializers.Serializer[CaseChange]):
    """One change of the record; it is never changed itself."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="When.")
    actor_name = serializers.CharField(help_text="Who, by the name of that day.")
    act = serializers.CharField(help_text="`created`, `changed` or `removed`.")
    subject = serializers.CharField(
        help_text="`case`, a part such as `accused` or `charge`, `event`, or a paper: `document` of the case file, "
        "`internal_document` of the supervision file."
    )
    subject_id = serializers.IntegerField(help_text="Id of the row.")
    subject_label = serializers.CharField(help_text="What the row was called that day.")
    values = serializers.SerializerMethodField()
    reason = serializers.CharField()

    @extend_schema_field(ChangeValueSerializer(many=True))
    def get_values(self, change: CaseChange) -> Any:
        """Return the fields before and after; a case the asker may not know of is not named."""
        shown: list[list[str]] = self.context["shown"][change.pk]
        return [
            {"name": name, "label": field_label(change.subject, name), "before": before, "after": after}
            for name, before, after in shown
        ]


class CaseChangeFilterSet(FilterSet):
    """Narrows the history."""

    subject = django_filters.CharFilter(label="`case`, a part such as `accused`, or `event`")
    subject_id = django_filters.NumberFilter(
        label="id of a row", min_value=1, max_value=LARGEST_NUMBER, decimal_places=0
    )
    act = django_filters.CharFilter(label="`created`, `changed` or `removed`")

    class Meta:
        model = CaseChange
        fields: tuple[str, ...] = ()


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="History of a case",
        description="Every change of its record and of what is said of its papers, newest first. For those who may read the "
        "case; of papers of the supervision file, for those who may read that. Read-only.",
        responses={200: CaseChangeSerializer, **refusals(403, 404)},
    ),
)
class CaseHistoryViewSet(OfRecordViewSet):
    """History of a case."""

    queryset: QuerySet[Any] = CaseChange.objects.none()
    serializer_class = CaseChangeSerializer
    filterset_class = CaseChangeFilterSet

    def list(self, _request: Request, **_kwargs: str) -> Response:
        """Answer with a page of it."""
        rows = readable_changes(self.opened_view())
        return self.page(self.filter_queryset(rows), knowing=lambda shown: {"shown": shown_values(self.actor, shown)})
