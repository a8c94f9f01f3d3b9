"""Who has the paper, through the API: of a case and of a volume, in one's own hands, and the registers of an office."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE, OfCaseViewSet
from vks_plugin.cases.models import PART_CHOICES
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.actions.holding import (
    LONGEST_AGENCY,
    LONGEST_KNOWN_FROM,
    state_beginning,
    state_passed_on,
)
from vks_plugin.custody.api.settled import SettledPieceSerializer
from vks_plugin.custody.filters import HoldingFilterSet
from vks_plugin.custody.models import Holding, Keeper, Loan
from vks_plugin.custody.printed_hand_over import write_labels
from vks_plugin.custody.queries.hand_overs import (
    CameLater,
    ExhibitTold,
    PieceTold,
    VolumeTold,
    came_later,
    case_to_hand_over,
    coming_to,
    exhibits_told,
    given_by,
    late_for,
    pieces_told,
    volumes_told,
    waiting_for_paper,
)
from vks_plugin.custody.queries.holding import Holder, in_hands, keeping_told, named_cases
from vks_plugin.custody.queries.leaving import LeftTold, left_told, nobody_to_receive, to_bring_back, to_hand_over
from vks_plugin.custody.queries.loans import borrower_name, shown_to, slip_number, to_come_back, waiting_for
from vks_plugin.custody.queries.settled import VOLUME
from vks_plugin.custody.registers import (
    REGISTERS,
    Register,
    register_lines,
    registers_for,
    require_registers,
    write_register,
)
from vks_plugin.errors import BadInput
from vks_plugin.rest import (
    FORMAT,
    NUMBER,
    ApiViewSet,
    ComposedField,
    FormatIsOurs,
    InputSerializer,
    day_asked,
    files,
    refusals,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request

_CAUSES = ", ".join(f"`{each}`" for each in Holding.Cause.values) + "."
_PART = OpenApiParameter("part", str, enum=[value for value, _label in PARTS], description="Only of this part.")
_VOLUME = OpenApiParameter("volume", int, description="Only what concerns this volume, by its number.")


class KeeperSerializer(serializers.Serializer[Any]):
    """Who has paper: an office, somebody in it, or an agency outside."""

    name = serializers.CharField(help_text="In words; empty: somebody who borrowed it and whom the asker may not know.")
    unit = serializers.CharField(allow_null=True, help_text="Code of the office; null: an agency outside.")
    person = serializers.CharField(allow_null=True, help_text="Account of who has it within the office.")


class KeptVolumeSerializer(serializers.Serializer[VolumeTold]):
    """Where a volume is."""

    number = serializers.IntegerField(source="line.number")
    label = serializers.CharField(source="line.label")  # type: ignore[assignment]  # so named in the answer
    code = serializers.CharField(source="line.code", help_text="What its label says.")
    folio_from = serializers.IntegerField(source="line.folio_from", allow_null=True)
    folio_to = serializers.IntegerField(source="line.folio_to", allow_null=True)
    place = serializers.CharField(
        help_text="`with_file`, `left_behind` (who gave the file still has it), `lent`, alone or with the file, `at_office` "
        "(it came after the rest was lent), or, as a leader settled it, `lost` or `kept` (for good by who gave the file)."
    )
    holder = serializers.CharField(
        source="name",
        help_text="Who has it, in words; empty: a borrower whom the asker may not know, or nobody: it is lost.",
    )
    settled = serializers.CharField(
        source="settled.words",
        default="",
        help_text="What became of it, who said so and why; empty: it is not settled.",
    )
    hand_over = serializers.IntegerField(
        source="hand_over.pk", default=None, allow_null=True, help_text="The one it was missing from."
    )
    loan = serializers.IntegerField(source="loan.pk", default=None, allow_null=True, help_text="By which it is out.")


class LeftExhibitSerializer(serializers.Serializer[ExhibitTold]):
    """An exhibit that stayed with who gave the file."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(help_text="Empty for who neither reads the case file nor keeps its paper.")
    quantity = serializers.CharField()
    seal = serializers.CharField()
    holder = serializers.CharField(source="place", help_text="Who has it, in words.")
    hand_over = serializers.IntegerField(source="hand_over.pk", help_text="The one it was missing from.")


class KeptPartSerializer(serializers.Serializer[Any]):
    """Where a part of the paper is."""

    part = serializers.CharField(help_text="`hsva` or `hsks`.")
    holder = KeeperSerializer()
    since = serializers.DateTimeField(allow_null=True, help_text="Null: nothing is recorded, it is assumed.")
    assumed = serializers.BooleanField(help_text="Whether nobody has recorded it; it follows from the stage.")
    lent = serializers.BooleanField(help_text="Whether it is out on loan, and so cannot be handed over.")
    volumes = KeptVolumeSerializer(many=True)
    exhibits = LeftExhibitSerializer(many=True, help_text="Those that did not come along with it.")
    settled = SettledPieceSerializer(
        many=True,
        help_text="What a leader took for lost or for kept for good, the latest first; also what was found since.",
    )


class KeptLineSerializer(serializers.Serializer[Any]):
    """A keeper of a part, or of single volumes of it while the rest stayed where it was."""

    part = serializers.CharField(help_text="`hsva` or `hsks`.")
    volumes = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the volumes; empty: the part as a whole."
    )
    holder = KeeperSerializer()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: now.")
    cause = serializers.CharField(
        help_text=f"{_CAUSES[:-1]}; `later`: what came after the rest of the file; `loan_settled`: what a loan lacked came, or a "
        "leader took it for lost. Both at `since` alone (`until` is the same)."
    )
    came_from = serializers.CharField(
        default="",
        help_text="Of what came after the rest: who had kept it, in words; empty: a borrower whom the asker may not know.",
    )
    hand_over = serializers.IntegerField(allow_null=True, help_text="The one it comes from.")
    loan = serializers.IntegerField(allow_null=True, help_text="The one it comes from.")
    slip = serializers.CharField(help_text="Number and year of the slip; of single volumes.")
    exhibits = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of exhibits, where they alone are told of: see `settled`."
    )
    known_from = serializers.CharField(
        help_text="Of what agencies outside passed on between them: the paper or the agency that says so; else empty."
    )
    settled = serializers.CharField(
        help_text="Of what did not come along and nobody waits for: what became of it, who said so and why. `holder` is who has "
        "it for good, with an empty name where it is lost; `cause` is then the outcome."
    )


class FirstKeeperSerializer(InputSerializer):
    """Who had a part before anything was recorded of it."""

    part = serializers.ChoiceField(choices=PART_CHOICES, default="hsva")
    agency = ComposedField(
        default="", allow_blank=True, max_length=200, help_text="The agency outside; empty: the office of the case."
    )
    since = serializers.DateField(help_text="The first day; not in the future.")


class PassedOnSerializer(InputSerializer):
    """To whom the agency outside that has the case file passed it on."""

    giver = ComposedField(max_length=LONGEST_AGENCY, help_text="The agency that has it now, as `holder` names it.")
    agency = ComposedField(max_length=LONGEST_AGENCY, help_text="The agency outside that got it.")
    happened_at = serializers.DateTimeField(help_text="Not in the future, and not before the giver got it.")
    known_from = ComposedField(
        max_length=LONGEST_KNOWN_FROM, help_text="Number and day of the paper that says so, or who told it."
    )


def _keeper(keeper: Keeper, name: str) -> dict[str, Any]:
    known = bool(name)
    return {
        "name": name,
        "unit": keeper.unit.code if known and keeper.unit is not None else None,
        "person": keeper.person.username if known and keeper.person is not None else None,
    }


def _part(
    part: str,
    held: Holder,
    volumes: Sequence[VolumeTold],
    exhibits: Sequence[ExhibitTold],
    settled: Sequence[PieceTold],
) -> dict[str, Any]:
    return {
        "part": part,
        "holder": _keeper(held.keeper, held.name),
        "since": held.since,
        "assumed": held.is_assumed,
        "lent": held.is_lent,
        "volumes": volumes,
        "exhibits": exhibits,
        "settled": settled,
    }


def _line(row: Holding) -> dict[str, Any]:
    handed = row.cause == Holding.Cause.HAND_OVER
    return {
        "part": row.part,
        "volumes": [],
        "holder": _keeper(row.keeper, row.keeper_name),
        "since": row.since,
        "until": row.until,
        "cause": row.cause,
        "hand_over": row.reference if handed else None,
        "loan": row.reference if row.cause == Holding.Cause.LOAN else None,
        "slip": "",
        "exhibits": [],
        "known_from": row.known_from,
        "settled": "",
    }


def _settled(told: PieceTold) -> dict[str, Any]:
    """Return a line of what a leader settled: from then on, until it was found."""
    each = told.piece
    is_volume = each.piece == VOLUME
    return {
        "part": each.hand_over.part,
        "volumes": [each.number] if is_volume else [],
        "exhibits": [] if is_volume else [each.number],
        "holder": {"name": each.place, "unit": None, "person": None},
        "since": each.at,
        "until": each.found_at,
        "cause": each.outcome,
        "hand_over": each.hand_over.pk,
        "loan": None,
        "slip": "",
        "known_from": "",
        "settled": each.words,
    }


def _later(told: CameLater) -> dict[str, Any]:
    """Return a line of what came after the rest of a file: at that moment, and where it is since say the volumes."""
    return {
        "part": told.part,
        "volumes": told.volumes,
        "exhibits": told.exhibits,
        "holder": {"name": told.receiver, "unit": None, "person": None},
        "came_from": told.giver,
        "since": told.at,
        "until": told.at,
        "cause": "later" if told.loan is None else "loan_settled",
        "hand_over": told.hand_over.pk if told.hand_over is not None else None,
        "loan": told.loan.pk if told.loan is not None else None,
        "slip": told.slip,
        "settled": "",
        "known_from": "",
    }


def _lent(row: Loan) -> dict[str, Any]:
    return {
        "part": row.part,
        "volumes": row.volumes,
        "holder": {
            "name": borrower_name(row) or row.outside_agency,
            "unit": None,
            "person": row.borrower.username if row.borrower is not None else None,
        },
        "since": row.issued_at,
        "until": row.returned_at,
        "cause": Holding.Cause.LOAN.value,
        "hand_over": None,
        "loan": row.pk,
        "slip": slip_number(row),
        "exhibits": [],
        "known_from": "",
        "settled": "",
    }


def _asked(request: Request) -> tuple[str, int | None]:
    """Return the part and the number of the volume that are asked for.

    Raises:
        BadInput: there is no such part, or that is no number.
    """
    part, volume = request.query_params.get("part", ""), request.query_params.get("volume", "")
    if part and part not in dict(PARTS):
        raise BadInput(_("Phần hồ sơ không có trong danh mục."), field="part")
    if volume and not (volume.isascii() and volume.isdigit() and len(volume) < 6):
        raise BadInput(_("Số tập phải là một số."), field="volume")
    return part, int(volume) if volume else None


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Where the paper of a case is",
        description="Of each part the asker may know of: who has it now, and where each of its volumes is.",
        parameters=[_PART, _VOLUME],
        responses={200: KeptPartSerializer(many=True), **refusals(400, 404)},
    ),
)
class CaseCustodyViewSet(OfCaseViewSet):
    """Where the paper of a case is and was."""

    queryset: QuerySet[Any] = Holding.objects.none()
    serializer_class: Any = KeptPartSerializer
    lookup_value_regex = NUMBER
    # two parts at most
    pagination_class: Any = None

    def list(self, request: Request, **_kwargs: str) -> Response:
        """Answer with the parts."""
        wanted, volume = _asked(request)
        return Response(self._parts(wanted, volume))

    def _parts(self, wanted: str = "", volume: int | None = None) -> Any:
        view = self.case_view()
        told = keeping_told(self.actor, view)
        volumes = [
            each
            for each in volumes_told(self.actor, view.case, told)
            if volume is None or each.line["number"] == volume
        ]
        # none of them lies in a volume
        exhibits = exhibits_told(view.case, told) if volume is None else []
        settled = [
            each
            for each in pieces_told(view.case, told)
            if volume is None or (each.piece.piece, each.piece.number) == (VOLUME, volume)
        ]
        rows = [
            _part(
                part,
                held,
                [each for each in volumes if each.part == part],
                exhibits if part == "hsva" else [],
                [each for each in settled if each.piece.hand_over.part == part],
            )
            for part, held in told.holders.items()
            if not wanted or part == wanted
        ]
        return KeptPartSerializer(rows, many=True).data

    @extend_schema(
        summary="Who had the paper of a case, from when to when",
        description="The newest first. Of what was borrowed, those lines the asker may read: see the loans of the case.",
        parameters=[_PART, _VOLUME],
        responses={200: KeptLineSerializer(many=True), **refusals(400, 404)},
    )
    @action(
        detail=False, methods=["get"], serializer_class=KeptLineSerializer, pagination_class=ApiViewSet.pagination_class
    )
    def timeline(self, request: Request, **_kwargs: str) -> Response:
        """Answer with a page of it."""
        wanted, volume = _asked(request)
        told = keeping_told(self.actor, self.case_view())
        single = [row for row in told.single if volume is None or volume in row.volumes]
        settled = pieces_told(self.case_view().case, told)
        rows = [_line(row) for row in told.lines] + [_lent(row) for row in single]
        rows += [
            _settled(each)
            for each in settled
            if volume is None or (each.piece.piece, each.piece.number) == (VOLUME, volume)
        ]
        rows += [
            _later(each) for each in came_later(self.case_view().case, told) if volume is None or volume in each.volumes
        ]
        chosen = sorted(
            (row for row in rows if not wanted or row["part"] == wanted), key=lambda row: row["since"], reverse=True
        )
        page = self.paginate_queryset(chosen)
        return self.get_paginated_response(KeptLineSerializer(page or [], many=True).data)

    @extend_schema(
        summary="Say who had a part of the paper first",
        description="For records clerks and leaders of the office, where that is not what is assumed, before the first "
        "hand-over.",
        request=FirstKeeperSerializer,
        responses={201: KeptPartSerializer(many=True), **refusals(400, 403, 404, 409)},
    )
    @action(detail=False, methods=["post"])
    def keeper(self, _request: Request, **_kwargs: str) -> Response:
        """Record it."""
        case = self.case_view().case
        given = self.given(FirstKeeperSerializer)
        first = Keeper(agency=given["agency"]) if given["agency"].strip() else Keeper(unit=case.unit)
        since = timezone.make_aware(dt.datetime.combine(given["since"], dt.time.min))
        state_beginning(actor=self.actor, case=case, part=given["part"], keeper=first, since=since)
        return Response(self._parts(given["part"]), status=201)

    @extend_schema(
        summary="Say to whom an agency outside passed the case file on",
        description="For records clerks and leaders of an office that takes the file in from outside, where an agency outside is "
        "recorded as having it and no hand-over of it is under way. What was said wrongly is put right by saying where it went "
        "from there.",
        request=PassedOnSerializer,
        responses={201: KeptLineSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=False, methods=["post"], url_path="passed-on")
    def passed_on(self, _request: Request, **kwargs: str) -> Response:
        """Record it, and answer with its line."""
        # as of a hand-over: an office that appears at the trial takes in the paper of a case that is not its own
        case = case_to_hand_over(self.actor, kwargs["code"])
        made = state_passed_on(actor=self.actor, case=case, **self.given(PassedOnSerializer))
        return Response(KeptLineSerializer(_line(made)).data, status=201)

    @extend_schema(
        summary="Labels for the volumes of a case",
        description="To stick on them; for who may know of the case, or hands its paper over.",
        responses={**files("pdf"), **refusals(404)},
    )
    @action(detail=False, methods=["get"])
    def labels(self, _request: Request, **kwargs: str) -> HttpResponse:
        """Answer with the sheet."""
        return write_labels(case_to_hand_over(self.actor, kwargs["code"])).as_answer()


# --- one's own


class InHandsSerializer(serializers.Serializer[Holding]):
    """A part of the paper of a case that somebody has."""

    case = serializers.CharField(source="case.code")
    case_name = serializers.SerializerMethodField(help_text="Empty for who may not know of the case.")
    part = serializers.CharField(help_text="`hsva` or `hsks`.")
    holder = serializers.SerializerMethodField()
    since = serializers.DateTimeField()
    cause = serializers.CharField(help_text=_CAUSES)
    hand_over = serializers.SerializerMethodField(help_text="The one it comes from.")

    def get_case_name(self, row: Holding) -> str:
        """Return the name, to who may know of the case."""
        return row.case.name if row.case_id in self.context["named"] else ""

    @extend_schema_field(KeeperSerializer())
    def get_holder(self, row: Holding) -> Any:
        """Return who has it."""
        return KeeperSerializer(_keeper(row.keeper, row.keeper_name)).data

    def get_hand_over(self, row: Holding) -> int | None:
        """Return the number of the hand-over, where it comes from one."""
        return row.reference if row.cause == Holding.Cause.HAND_OVER else None


_HELD = [
    OpenApiParameter("part", str, enum=[value for value, _label in PARTS], description="Only this part of the file."),
    OpenApiParameter("unit", str, description="Code of the office that has it."),
    OpenApiParameter("cause", str, enum=Holding.Cause.values, description="How it came there."),
    OpenApiParameter("case", str, description="Code of the case."),
    OpenApiParameter(
        "person", str, description="Account of who has it: what somebody would leave whose post or assignment ends."
    ),
    OpenApiParameter("mine", bool, description="`true`: in the asker's own name; `false`: in the office's."),
]


class LeftPaperSerializer(serializers.Serializer[LeftTold]):
    """Paper of somebody who has its case no more, or no post where it belongs."""

    case = serializers.CharField(source="row.case.code")
    case_name = serializers.SerializerMethodField(help_text="Empty for who may not know of the case.")
    part = serializers.CharField(source="row.part", help_text="`hsva` or `hsks`.")
    holder = serializers.SerializerMethodField()
    since = serializers.DateTimeField(source="row.since")
    has_post = serializers.BooleanField(
        source="row.has_post", help_text="Whether who has it works there still, and only has the case no more."
    )
    volumes = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of those that are with it; empty: it is not bound."
    )
    exhibits = serializers.IntegerField(help_text="How many go along with it and are there.")
    hand_over = serializers.IntegerField(
        source="hand_over.pk", default=None, allow_null=True, help_text="The one that is under way."
    )

    def get_case_name(self, told: LeftTold) -> str:
        """Return the name, to who may know of the case."""
        return told.row.case.name if told.row.case_id in self.context["named"] else ""

    @extend_schema_field(KeeperSerializer())
    def get_holder(self, told: LeftTold) -> Any:
        """Return who has it."""
        return KeeperSerializer(_keeper(told.row.keeper, told.row.keeper_name)).data


class CustodySummarySerializer(serializers.Serializer[Any]):
    """How much there is of each list."""

    held = serializers.IntegerField(help_text="In the hands of the asker and the own offices: `custody/`.")
    coming = serializers.IntegerField(help_text="Waits for the asker: `hand-overs/?list=coming`.")
    given = serializers.IntegerField(help_text="Nobody received it yet: `hand-overs/?list=given`.")
    papers = serializers.IntegerField(help_text="Waits for its signed record: `hand-overs/?list=papers`.")
    late_hand_overs = serializers.IntegerField(help_text="`hand-overs/?list=late`.")
    late_loans = serializers.IntegerField(help_text="Not back, or came back short: `loans/?list=late`.")
    waiting_loans = serializers.IntegerField(help_text="Wait for the asker's decision or desk: `loans/?list=waiting`.")
    to_hand_over = serializers.IntegerField(
        help_text="With people who have the case or the post no more: `custody/left/`."
    )
    left_loans = serializers.IntegerField(help_text="Lent to such people: `loans/?list=left`.")
    left_receivers = serializers.IntegerField(
        help_text="Wait for somebody without a post there: `hand-overs/?list=left`."
    )


@extend_schema_view(
    list=extend_schema(
        summary="Paper in one's hands",
        description="What the asker has, and what the offices have whose paper the asker keeps; the newest first.",
        parameters=_HELD,
        filters=False,
        responses={200: InHandsSerializer, **refusals(400)},
    ),
)
class CustodyViewSet(ApiViewSet):
    """Paper in one's hands."""

    queryset: QuerySet[Any] = Holding.objects.none()
    serializer_class: Any = InHandsSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = HoldingFilterSet

    def list(self, _request: Request) -> Response:
        """Answer with a page of it."""
        return self.page(
            self.filter_queryset(in_hands(self.actor)), lambda rows: {"named": named_cases(self.actor, rows)}
        )

    @extend_schema(
        summary="Paper that has to be handed over",
        description="Of what the asker has, and of what the offices have whose paper the asker keeps: that of people who have "
        "the case no more or no post there, the oldest first.",
        parameters=_HELD,
        filters=False,
        responses={200: LeftPaperSerializer, **refusals(400)},
    )
    @action(detail=False, methods=["get"], serializer_class=LeftPaperSerializer)
    def left(self, _request: Request) -> Response:
        """Answer with a page of it."""
        page: Any = self.paginate_queryset(self.filter_queryset(to_hand_over(self.actor)))
        context = {"named": named_cases(self.actor, page)}
        told: Any = left_told(self.actor, page)
        rows = LeftPaperSerializer(told, many=True, context=context)
        return self.get_paginated_response(rows.data)

    @extend_schema(
        summary="How much is in one's hands, on its way, overdue",
        filters=False,
        responses={200: CustodySummarySerializer},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def summary(self, _request: Request) -> Response:
        """Answer with the numbers."""
        user = self.actor
        rows: dict[str, QuerySet[Any]] = {
            "held": in_hands(user),
            "coming": coming_to(user),
            "given": given_by(user),
            "papers": waiting_for_paper(user),
            "late_hand_overs": late_for(user),
            "late_loans": to_come_back(shown_to(user)),
            "waiting_loans": waiting_for(user),
            "to_hand_over": to_hand_over(user),
            "left_loans": to_bring_back(user),
            "left_receivers": nobody_to_receive(user),
        }
        return Response(CustodySummarySerializer({name: found.order_by().count() for name, found in rows.items()}).data)


# --- registers

_NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, enum=tuple(REGISTERS))
_OF_PERIOD = [
    _NAME,
    OpenApiParameter("unit", str, required=True, description="Code of the office."),
    OpenApiParameter("first", dt.date, description="First day; that of the month when left out."),
    OpenApiParameter("last", dt.date, description="Last day; today when left out."),
]


class RegisterColumnSerializer(serializers.Serializer[Any]):
    """A column of a register."""

    name = serializers.CharField(help_text="In the rows.")
    heading = serializers.CharField(help_text="On the paper, in Vietnamese.")


class RegisterSerializer(serializers.Serializer[Register]):
    """A register that offices keep."""

    name = serializers.CharField()
    label = serializers.SerializerMethodField(help_text="In words.")  # type: ignore[assignment]  # so named in the answer
    units = serializers.SerializerMethodField(help_text="Codes of the offices whose register the asker keeps.")
    columns = RegisterColumnSerializer(many=True)

    def get_label(self, row: Register) -> str:
        """Return what it is called."""
        return _(row.label)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_units(self, row: Register) -> Any:
        """Return the offices."""
        return self.context["units"][row.name]


class RegisterRowSerializer(serializers.Serializer[Any]):
    """A row of a register."""

    cells = serializers.DictField(
        child=serializers.CharField(), help_text="What stands in each column, as on the paper, by the names of columns."
    )


@extend_schema_view(
    list=extend_schema(
        summary="Registers an office keeps",
        description="For records clerks and leaders; for archivists those of loans and of what went to the archive.",
        responses={200: RegisterSerializer(many=True), **refusals(403)},
    ),
    retrieve=extend_schema(
        # by its answer it would be called a list, as that of the registers is
        operation_id="vks_registers_rows",
        summary="Rows of a register",
        description="Of an office from one day to another, as they stand on the paper. Of restricted cases a records clerk "
        "is told the number alone, an archivist also of cases that are not in the archive.",
        parameters=_OF_PERIOD,
        responses={200: RegisterRowSerializer(many=True), **refusals(400, 403, 404)},
    ),
)
class RegisterViewSet(ApiViewSet):
    """Registers of offices."""

    queryset: QuerySet[Any] = Holding.objects.none()
    serializer_class: Any = RegisterRowSerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = r"[a-z\-]{1,40}"
    lookup_url_kwarg = "name"

    def list(self, _request: Request) -> Response:
        """Answer with all of them."""
        require_registers(self.actor)
        units = {row.name: [each.code for each in registers_for(self.actor, row)] for row in REGISTERS.values()}
        rows: Any = [row for row in REGISTERS.values() if units[row.name]]
        return Response(RegisterSerializer(rows, many=True, context={"units": units}).data)

    def _period(self, request: Request) -> dict[str, Any]:
        require_registers(self.actor)
        unit = request.query_params.get("unit", "")
        if not unit:
            raise BadInput(_("Hãy nêu đơn vị của sổ."), field="unit")
        today = timezone.localdate()
        first = day_asked(request, "first", today.replace(day=1))
        return {"unit": unit, "first": first, "last": day_asked(request, "last", max(first, today))}

    def retrieve(self, request: Request, name: str) -> Response:
        """Answer with a page of its rows."""
        found, _office, lines = register_lines(self.actor, register=name, **self._period(request))
        names = [column.name for column in found.columns]
        page: Any = self.paginate_queryset(lines)
        rows = [{"cells": dict(zip(names, line, strict=True))} for line in page or []]
        return self.get_paginated_response(RegisterRowSerializer(rows, many=True).data)

    @extend_schema(
        summary="A register as a file",
        parameters=[*_OF_PERIOD, FORMAT],
        responses={**files(), **refusals(400, 403, 404)},
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, name: str) -> HttpResponse:
        """Answer with the paper."""
        period = self._period(request)
        chosen = request.query_params.get("format", "pdf")
        return write_register(self.actor, register=name, file_format=chosen, **period).as_answer()


__all__ = ["CaseCustodyViewSet", "CustodyViewSet", "RegisterViewSet"]
