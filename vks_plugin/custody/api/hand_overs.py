"""Hand-overs through the API: of a case, and those one has to do with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from vks_plugin.access.api import CASE_CODE
from vks_plugin.cases.models import CaseDocument
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.actions import hand_overs as acts
from vks_plugin.custody.actions.hand_overs import Discarded, Terms
from vks_plugin.custody.actions.moving import SHORTEST_REASON
from vks_plugin.custody.actions.settling import find_rest, require_finding, require_settling, settle_rest
from vks_plugin.custody.api.settled import SettledPieceSerializer
from vks_plugin.custody.handing import CHECKS, DIRECTIONS, REASONS, SETTLEMENTS, Checks
from vks_plugin.custody.models import HandOver
from vks_plugin.custody.printed_hand_over import write_hand_over
from vks_plugin.custody.queries.hand_overs import (
    case_to_hand_over,
    coming_to,
    given_by,
    gives,
    hand_over_for,
    hand_overs_for,
    late_for,
    may_attach,
    may_hand_in,
    may_take,
    moves_of,
    named_on_record,
    named_rows,
    papers_to_attach,
    parts_to_give,
    people_to_receive,
    receives,
    settled_told,
    takes_paper,
    waiting_for_paper,
)
from vks_plugin.custody.queries.holding import holder_of
from vks_plugin.custody.queries.leaving import nobody_to_receive
from vks_plugin.custody.queries.settled import acts_on_rest
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import BadInput
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name
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
    from django.db.models import QuerySet
    from rest_framework.request import Request

_STATES = [value for value, _label in HAND_OVER.states]
_LISTS = {
    "coming": coming_to,
    "given": given_by,
    "papers": waiting_for_paper,
    "late": late_for,
    "left": nobody_to_receive,
}
_NUMBER = OpenApiParameter("id", int, OpenApiParameter.PATH, description="Number of the hand-over.")


def _named(values: Any) -> str:
    return ", ".join(f"`{each}`" for each in values) + "."


class SideSerializer(serializers.Serializer[Any]):
    """One side of a hand-over."""

    unit = serializers.CharField(allow_null=True, help_text="Code of the office; null: an agency outside.")
    agency = serializers.CharField(help_text="Name of the agency outside; empty for an office.")
    person = serializers.CharField(allow_null=True, help_text="Account of who gives or receives within the office.")
    name = serializers.CharField(help_text="Who signs.")
    title = serializers.CharField(help_text="Post of who signs.")


class HandedVolumeSerializer(serializers.Serializer[Any]):
    """A volume that is handed over."""

    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]  # so named in the answer
    code = serializers.CharField(help_text="What its label says.")
    folio_from = serializers.IntegerField(allow_null=True)
    folio_to = serializers.IntegerField(allow_null=True)
    received = serializers.BooleanField(allow_null=True, help_text="Whether it came; null: not received yet.")


class HandedExhibitSerializer(serializers.Serializer[Any]):
    """An exhibit that goes along."""

    id = serializers.IntegerField(
        allow_null=True, default=None, help_text="Of the exhibit; null: listed before it was told which one it is."
    )
    name = serializers.CharField()
    quantity = serializers.CharField()
    seal = serializers.CharField()
    received = serializers.BooleanField(
        allow_null=True, default=None, help_text="Whether it came; null: not received yet, or not counted one by one."
    )


class HandOverStepSerializer(serializers.Serializer[Any]):
    """What was done to a hand-over."""

    act = serializers.CharField(
        help_text="`send`, `accept`, `reject`, `cancel`, `paper`, `settle`, `find` or `take` (a draft)."
    )
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="Name of who did it.")
    text = serializers.CharField(
        help_text="What was missing, why it was cancelled, settled or found, or whose draft it was."
    )


class AttachableSerializer(serializers.Serializer[CaseDocument]):
    """A signed record that is filed and belongs to no hand-over."""

    id = serializers.IntegerField(source="document_id", help_text="In the DMS.")
    number = serializers.CharField()
    date = serializers.DateField(allow_null=True)


class HandOverSerializer(serializers.Serializer[HandOver]):
    """One part of the paper of a case is given and received, or not."""

    id = serializers.IntegerField()
    case = serializers.CharField(source="case.code")
    case_name = serializers.SerializerMethodField(
        help_text="As the record says, which prints it for both sides: as it was when it was sent. In lists empty for who may not know of the case, but for who is to receive it."
    )
    main_accused = serializers.SerializerMethodField(help_text="Empty where the name is.")
    part = serializers.CharField(help_text="`hsva` or `hsks`.")
    direction = serializers.CharField(help_text=_named(DIRECTIONS))
    reason = serializers.CharField(help_text=_named(REASONS))
    state = serializers.CharField(help_text=_named(_STATES))
    number = serializers.CharField(source="written_number", help_text="Such as `12/2026`; empty before it is sent.")
    series = serializers.CharField(
        source="number_series",
        help_text="Which series the number is of, each from 1 every year: `hand_over` (files of criminal cases), `other_hand_over`; "
        "empty before it is sent.",
    )
    giver = serializers.SerializerMethodField()
    receiver = serializers.SerializerMethodField()
    volumes = HandedVolumeSerializer(many=True)
    exhibits = HandedExhibitSerializer(many=True)
    total_pages = serializers.IntegerField(allow_null=True)
    seal_condition = serializers.CharField()
    place = serializers.CharField()
    note = serializers.CharField()
    decision = serializers.CharField(help_text="The paper a transfer of the case rests on.")
    documents_complete = serializers.BooleanField(allow_null=True)
    exhibits_complete = serializers.BooleanField(allow_null=True)
    served = serializers.BooleanField(allow_null=True)
    missing = serializers.CharField()
    outstanding = serializers.ListField(child=serializers.IntegerField(), help_text="Volumes still with the giver.")
    outstanding_exhibits = serializers.ListField(
        child=serializers.IntegerField(), help_text="Exhibits still with the giver, by their ids."
    )
    settled = serializers.SerializerMethodField(
        help_text="What a leader took for lost or for kept for good, as it was said; also what was found since."
    )
    completes = serializers.IntegerField(source="completes_id", allow_null=True)
    has_signed_paper = serializers.SerializerMethodField()
    awaits_paper = serializers.BooleanField()
    steps = HandOverStepSerializer(many=True)
    drafted_by = serializers.SerializerMethodField(
        help_text="Name of who draws it up; of a draft that was taken over, of who took it."
    )
    drafted_at = serializers.DateTimeField(source="created_at", help_text="When it was begun.")
    sent_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(
        allow_null=True, help_text="The moment of receipt; of an agency outside as it was stated."
    )
    may = serializers.SerializerMethodField(
        help_text="What the asker may do to it now: `send`, `accept`, `reject`, `cancel`, `attach`, `scan` "
        "(hand in the scan of the signed record), `settle`, `find` (what did not come along), `take` (somebody else's draft). Null in lists."
    )
    papers = serializers.SerializerMethodField(
        help_text="Signed records the asker may attach, or choose when receiving. Null in lists."
    )

    @staticmethod
    def _side(row: HandOver, side: str) -> dict[str, Any]:
        keeper = getattr(row, side)
        return {
            "unit": keeper.unit.code if keeper.unit is not None else None,
            "agency": keeper.agency,
            "person": keeper.person.username if keeper.person is not None else None,
            "name": getattr(row, f"{side}_name"),
            "title": getattr(row, f"{side}_title"),
        }

    def _named(self, row: HandOver) -> bool:
        """Tell whether the asker may be told what the case is called; a list knows of all its rows, by their codes alone."""
        named = self.context.get("named")
        return named_on_record(self.context["request"].user, row) if named is None else row.pk in named

    def get_case_name(self, row: HandOver) -> str:
        """Return the name: where who drew it up might not know it, that of today."""
        return (row.case_name or row.case.name) if self._named(row) else ""

    def get_main_accused(self, row: HandOver) -> str:
        """Return the first accused."""
        return row.main_accused if self._named(row) else ""

    def _asker(self) -> User | None:
        """Return who asks for this one; None in a list, which would ask the rights of each row."""
        return None if self.parent is not None else self.context["request"].user

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), allow_null=True))
    def get_may(self, row: HandOver) -> list[str] | None:
        """Return what the asker may do."""
        asker = self._asker()
        if asker is None:
            return None
        attaches = takes_paper(row) and (gives(asker, row) or receives(asker, row)) and may_attach(asker, row)
        papers = (["attach"] if attaches else []) + (["scan"] if may_hand_in(asker, row) else [])
        taking = ["take"] if may_take(asker, row) else []
        return [move.name for move in moves_of(asker, row)] + papers + acts_on_rest(asker, row) + taking

    @extend_schema_field(AttachableSerializer(many=True, allow_null=True))
    def get_papers(self, row: HandOver) -> Any:
        """Return the records that may be attached; to who is of a side alone, while there is something to attach to."""
        asker = self._asker()
        if asker is None:
            return None
        chooses = {"accept", "attach"} & set(self.get_may(row) or ())
        papers = papers_to_attach(asker, row) if chooses else CaseDocument.objects.none()
        return [AttachableSerializer(each).data for each in papers]

    @extend_schema_field(SettledPieceSerializer(many=True))
    def get_settled(self, row: HandOver) -> Any:
        """Return what was ever settled."""
        return [SettledPieceSerializer(each).data for each in settled_told(row)]

    def get_drafted_by(self, row: HandOver) -> str:
        """Return who draws it up."""
        return display_name(row.created_by)

    @extend_schema_field(SideSerializer())
    def get_giver(self, row: HandOver) -> Any:
        """Return who gives."""
        return self._side(row, "giver")

    @extend_schema_field(SideSerializer())
    def get_receiver(self, row: HandOver) -> Any:
        """Return who receives."""
        return self._side(row, "receiver")

    def get_has_signed_paper(self, row: HandOver) -> bool:
        """Tell whether the signed record is attached."""
        return row.signed_paper_id is not None


def _numbers(help_text: str) -> serializers.ListField:
    child = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)
    return serializers.ListField(child=child, required=False, max_length=500, help_text=help_text)


class AmendSerializer(InputSerializer):
    """What a hand-over says before it is sent; what is left out stays as it is."""

    reason = serializers.CharField(help_text=_named(REASONS))
    other_unit = serializers.CharField(
        required=False, help_text="Code of the receiving office, for `vks_vks` and for what comes from outside."
    )
    agency = ComposedField(default="", allow_blank=True, help_text="The agency outside.")
    person = serializers.CharField(
        required=False, allow_blank=True, help_text="Account that receives it, for `noi_bo`; empty: the office itself."
    )
    giver_name = ComposedField(default="", allow_blank=True)
    giver_title = ComposedField(default="", allow_blank=True)
    receiver_name = ComposedField(default="", allow_blank=True)
    receiver_title = ComposedField(default="", allow_blank=True)
    volumes = _numbers("Numbers of the volumes; all when left out.")
    exhibits = _numbers(
        "Exhibits by their ids; all that accompany the file and are there when left out, of what completes another those "
        "still to come."
    )
    total_pages = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_NUMBER)
    seal_condition = ComposedField(default="", allow_blank=True)
    place = ComposedField(default="", allow_blank=True)
    note = ComposedField(default="", allow_blank=True)
    decision = ComposedField(default="", allow_blank=True)


class NewHandOverSerializer(AmendSerializer):
    """What is given, by whom, to whom, for what."""

    part = serializers.CharField(default="hsva")
    direction = serializers.CharField(help_text=_named(DIRECTIONS))
    completes = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_NUMBER)
    draft = serializers.BooleanField(default=False, help_text="Whether it is kept and not sent yet.")
    discards = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_NUMBER,
        help_text="The draft of the same part that stands in the way (`blocked_by` of the refusal) and is put aside by this, by who may cancel it.",
    )
    discard_reason = ComposedField(default="", allow_blank=True, help_text="Why; needed with `discards`.")


class FoundSerializer(InputSerializer):
    """What the receiving side found."""

    documents_complete = serializers.BooleanField(required=False, allow_null=True, default=None)
    exhibits_complete = serializers.BooleanField(required=False, allow_null=True, default=None)
    served = serializers.BooleanField(required=False, allow_null=True, default=None)
    missing = ComposedField(default="", allow_blank=True)


class RefuseSerializer(FoundSerializer):
    """Why a file is not received."""

    received = _numbers(
        "Numbers of the volumes that came; not counted when left out. The others are what is missing where it is not said."
    )
    received_exhibits = _numbers(
        "Ids of the listed exhibits that came; not counted when left out, else as the volumes."
    )


class ReceiveSerializer(FoundSerializer):
    """How a file is received."""

    received = _numbers("Numbers of the volumes that came; all when left out.")
    received_exhibits = _numbers(
        "Ids of the listed exhibits that came, where not all of them did: the others stay with the giver. When left out all "
        "did if `exhibits_complete`, else nobody counted them one by one."
    )
    receiver_name = ComposedField(default="", allow_blank=True)
    receiver_title = ComposedField(default="", allow_blank=True)
    signed_paper = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_NUMBER,
        help_text="Id in the DMS of the signed record; of an agency outside needed, or that it is still to come.",
    )
    awaits_paper = serializers.BooleanField(default=False)
    happened_at = serializers.DateTimeField(
        required=False,
        help_text="When both sides signed, where an agency outside takes part: not after now, nor before the giver had it. "
        "Now when left out.",
    )


class CancelSerializer(InputSerializer):
    """Why a hand-over is taken back."""

    reason = ComposedField()


class FindRestSerializer(InputSerializer):
    """What is there after all."""

    volumes = _numbers("Numbers of the volumes.")
    exhibits = _numbers("Exhibits by their ids.")
    reason = ComposedField(help_text=f"At least {SHORTEST_REASON} letters: where it turned up.")


class SettleRestSerializer(FindRestSerializer):
    """What nobody waits for any more, and why."""

    outcome = serializers.ChoiceField(
        choices=sorted(SETTLEMENTS), help_text="`that_lac`: lost; `giu_han`: who has it keeps it for good."
    )
    reason = ComposedField(
        help_text=f"At least {SHORTEST_REASON} letters: by which paper, with its number and day. Who may see the hand-over reads it; records of the archive print it."
    )


class AttachSerializer(InputSerializer):
    """The signed record of what was received."""

    signed_paper = serializers.IntegerField(
        min_value=1, max_value=LARGEST_NUMBER, help_text="Id in the DMS of the signed record."
    )


def _sides(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given with the office and the person in the place of their code and account.

    Raises:
        BadInput: there is no such office, or nobody of that name who could receive.
    """
    if "other_unit" in given:
        given["other_unit"] = ProcuracyUnit.objects.filter(code=given["other_unit"]).first()
        if given["other_unit"] is None:
            raise BadInput(_("Không có đơn vị mang mã này."), field="other_unit")
    if "person" in given:
        account = given["person"]
        given["person"] = User.objects.filter(username=account, is_active=True).first() if account else None
        if account and given["person"] is None:
            raise BadInput(
                _("Người nhận phải làm việc tại đơn vị và được biết vụ án: hãy phân công trước khi giao."),
                field="person",
            )
    return given


def _checks(given: Any) -> Checks:
    return Checks(**{name: given[name] for name in CHECKS})


def _paper(user: User, row: HandOver, document_id: int | None) -> CaseDocument | None:
    if document_id is None:
        return None
    found = papers_to_attach(user, row).filter(document_id=document_id).first()
    if found is None:
        raise BadInput(
            _("Tài liệu này không phải biên bản giao nhận của vụ án, hoặc đã gắn với lần giao khác."),
            field="signed_paper",
        )
    return found


@extend_schema(parameters=[CASE_CODE])
@extend_schema_view(
    list=extend_schema(
        summary="Hand-overs of a case",
        description="Those the asker may see, the newest first.",
        responses={200: HandOverSerializer, **refusals(404)},
    ),
    create=extend_schema(
        summary="Hand over the file of a case, or record what comes from outside",
        description="For records clerks and leaders of the office that has it, and for the person who has it. Sent at "
        "once unless it is a draft; it is with the receiver once that side accepts it.",
        request=NewHandOverSerializer,
        responses={201: HandOverSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class CaseHandOverViewSet(ApiViewSet):
    """Hand-overs of a case."""

    queryset: QuerySet[Any] = HandOver.objects.none()
    serializer_class = HandOverSerializer

    def list(self, _request: Request, code: str) -> Response:
        """Answer with a page of them."""
        case = case_to_hand_over(self.actor, code)
        return self.page(
            hand_overs_for(self.actor).filter(case=case), lambda chosen: {"named": named_rows(self.actor, chosen)}
        )

    def create(self, _request: Request, code: str) -> Response:
        """Make one."""
        case = case_to_hand_over(self.actor, code)
        given = dict(self.given(NewHandOverSerializer))
        begin = acts.draft if given.pop("draft") else acts.hand_over
        completes = given.pop("completes", None)
        discards, why = given.pop("discards", None), given.pop("discard_reason")
        instead_of = Discarded(hand_over_for(self.actor, discards), why) if discards is not None else None
        terms = Terms(
            **_sides(given),
            completes=hand_over_for(self.actor, completes) if completes is not None else None,
        )
        row = begin(actor=self.actor, case=case, terms=terms, instead_of=instead_of)
        return self.shown(hand_over_for(self.actor, row.pk), status=201)

    @extend_schema(
        summary="Who may be handed a part of a case within the office that has it",
        description="For who may give it out now. One of them is `person` of a hand-over of direction `noi_bo`.",
        parameters=[
            OpenApiParameter("part", str, enum=[value for value, _label in PARTS], description="`hsva` when left out.")
        ],
        responses={200: PersonSerializer(many=True), **refusals(400, 403, 404)},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def people(self, request: Request, code: str) -> Response:
        """Answer with all of them."""
        case = case_to_hand_over(self.actor, code)
        part = request.query_params.get("part", "hsva")
        if part not in dict(PARTS):
            raise BadInput(_("Phần hồ sơ không có trong danh mục."), field="part")
        if part not in parts_to_give(self.actor, case):
            raise acts.no_keeper(self.actor, case)
        held = holder_of(case, part).keeper
        # who may give it out has it from an office of ours; nobody is handed what is in the own hands
        found = people_to_receive(case, held.unit) if held.unit is not None else []
        others: Any = [each for each in found if held.person is None or each.pk != held.person.pk]
        return Response(PersonSerializer(others, many=True).data)


@extend_schema_view(
    list=extend_schema(
        summary="Hand-overs one has to do with",
        description="The newest first; what waits stands the oldest first.",
        parameters=[
            OpenApiParameter(
                "list",
                str,
                enum=tuple(_LISTS),
                description="`coming`: waits for the asker; `given`: nobody received it yet; `papers`: waits for the "
                "signed record; `late`: waits too long to be received; `left`: waits for somebody who has no post there any more.",
            ),
            OpenApiParameter("state", str, enum=_STATES, description="Only in this state."),
        ],
        responses={200: HandOverSerializer, **refusals(400)},
    ),
    retrieve=extend_schema(
        summary="One hand-over", parameters=[_NUMBER], responses={200: HandOverSerializer, **refusals(404)}
    ),
    partial_update=extend_schema(
        summary="Change a draft, or what was refused",
        description="For the giving side, before it is sent (again). Part and direction stay: cancel it and begin another.",
        parameters=[_NUMBER],
        request=AmendSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    ),
)
class HandOverViewSet(ApiViewSet):
    """Hand-overs one has to do with."""

    queryset: QuerySet[Any] = HandOver.objects.none()
    serializer_class = HandOverSerializer
    content_negotiation_class = FormatIsOurs
    lookup_value_regex = NUMBER

    def list(self, request: Request) -> Response:
        """Answer with a page of them."""
        name, state = request.query_params.get("list", ""), request.query_params.get("state", "")
        if (name and name not in _LISTS) or (state and state not in _STATES):
            raise BadInput(_("Không có danh sách hoặc trạng thái này."))
        rows = _LISTS[name](self.actor) if name else hand_overs_for(self.actor)
        return self.page(
            rows.filter(state=state) if state else rows, lambda chosen: {"named": named_rows(self.actor, chosen)}
        )

    def retrieve(self, _request: Request, pk: str) -> Response:
        """Answer with one."""
        return self.shown(hand_over_for(self.actor, pk))

    def partial_update(self, _request: Request, pk: str) -> Response:
        """Change it."""
        row = hand_over_for(self.actor, pk)
        # the side first: others could otherwise learn which accounts there are
        acts.require_giving(self.actor, row)
        given = _sides(dict(self.given(AmendSerializer, partial=True)))
        acts.amend_parts(actor=self.actor, row=row, given=given)
        return self._after(pk)

    def _after(self, pk: str) -> Response:
        return self.shown(hand_over_for(self.actor, pk))

    @extend_schema(
        summary="Send a draft, or what was refused",
        parameters=[_NUMBER],
        request=None,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def send(self, _request: Request, pk: str) -> Response:
        """Send it."""
        acts.send(actor=self.actor, row=hand_over_for(self.actor, pk))
        return self._after(pk)

    @extend_schema(
        summary="Take over somebody else's draft",
        description="For the giving side. What it says stays; the asker signs where its maker was to.",
        parameters=[_NUMBER],
        request=None,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def take(self, _request: Request, pk: str) -> Response:
        """Take it over."""
        acts.take_draft(actor=self.actor, row=hand_over_for(self.actor, pk))
        return self._after(pk)

    @extend_schema(
        summary="Receive what was sent",
        description="For the receiving side alone; for an agency outside, our clerk records what it signed.",
        parameters=[_NUMBER],
        request=ReceiveSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def accept(self, _request: Request, pk: str) -> Response:
        """Receive it."""
        row = hand_over_for(self.actor, pk)
        acts.require_receiving(self.actor, row)
        given = self.given(ReceiveSerializer)
        acts.accept(
            actor=self.actor,
            row=row,
            checks=_checks(given),
            received=given.get("received"),
            received_exhibits=given.get("received_exhibits"),
            missing=given["missing"],
            receiver_name=given["receiver_name"],
            receiver_title=given["receiver_title"],
            signed_paper=_paper(self.actor, row, given.get("signed_paper")),
            awaits_paper=given["awaits_paper"],
            happened_at=given.get("happened_at"),
        )
        return self._after(pk)

    @extend_schema(
        summary="Refuse what was sent, naming what is missing",
        parameters=[_NUMBER],
        request=RefuseSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def reject(self, _request: Request, pk: str) -> Response:
        """Refuse it."""
        row = hand_over_for(self.actor, pk)
        given = self.given(RefuseSerializer)
        acts.reject(
            actor=self.actor,
            row=row,
            checks=_checks(given),
            missing=given["missing"],
            received=given.get("received"),
            received_exhibits=given.get("received_exhibits"),
        )
        return self._after(pk)

    @extend_schema(
        summary="Cancel what nobody received",
        parameters=[_NUMBER],
        request=CancelSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, _request: Request, pk: str) -> Response:
        """Cancel it."""
        row = hand_over_for(self.actor, pk)
        acts.cancel(actor=self.actor, row=row, reason=self.given(CancelSerializer)["reason"])
        return self._after(pk)

    @extend_schema(
        summary="Attach the signed record",
        parameters=[_NUMBER],
        request=AttachSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def attach(self, _request: Request, pk: str) -> Response:
        """Attach it."""
        row = hand_over_for(self.actor, pk)
        acts.require_side(self.actor, row)
        paper = _paper(self.actor, row, self.given(AttachSerializer)["signed_paper"])
        if paper is not None:
            acts.attach_paper(actor=self.actor, row=row, paper=paper)
        return self._after(pk)

    @extend_schema(
        summary="Wait no more for what did not come along",
        description="For leaders of the office that is owed it: volumes and exhibits that are outstanding are taken for lost, or "
        "for kept for good. They keep the file from nothing any more.",
        parameters=[_NUMBER],
        request=SettleRestSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def settle(self, _request: Request, pk: str) -> Response:
        """Settle it."""
        row = hand_over_for(self.actor, pk)
        require_settling(self.actor, row)
        settle_rest(actor=self.actor, row=row, **self.given(SettleRestSerializer))
        return self._after(pk)

    @extend_schema(
        summary="Record that what was settled is there after all",
        description="For records clerks and leaders of the office that is owed it, or of the case's. It is outstanding again, and "
        "comes by a hand-over that completes this one.",
        parameters=[_NUMBER],
        request=FindRestSerializer,
        responses={200: HandOverSerializer, **refusals(400, 403, 404, 409)},
    )
    @action(detail=True, methods=["post"])
    def find(self, _request: Request, pk: str) -> Response:
        """Record it."""
        row = hand_over_for(self.actor, pk)
        require_finding(self.actor, row)
        find_rest(actor=self.actor, row=row, **self.given(FindRestSerializer))
        return self._after(pk)

    @extend_schema(
        summary="The record of a hand-over as a file",
        parameters=[_NUMBER, FORMAT],
        responses={**files(), **refusals(400, 404)},
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> HttpResponse:
        """Answer with the paper."""
        row = hand_over_for(self.actor, pk)
        return write_hand_over(row, request.query_params.get("format", "pdf"), self.actor).as_answer()
