"""Pages of who has the paper: what is in one's hands, hand-overs, registers, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vks_plugin.access.queries import case_for
from vks_plugin.access.transfers import consequences_of
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.actions import hand_overs as acts
from vks_plugin.custody.actions.holding import require_stating_passed_on, state_beginning, state_passed_on
from vks_plugin.custody.actions.settling import find_rest, require_finding, require_settling, settle_rest
from vks_plugin.custody.handing import DIRECTIONS
from vks_plugin.custody.models import HandOver, Holding
from vks_plugin.custody.printed_hand_over import write_hand_over, write_labels
from vks_plugin.custody.queries.hand_overs import (
    came_later,
    case_to_hand_over,
    coming_to,
    direction_to_complete,
    exhibit_in_words,
    exhibits_told,
    given_by,
    gives,
    hand_over_for,
    hand_overs_for,
    is_late,
    is_own_gift,
    kept_back_now,
    knows_of,
    late_for,
    left_loose,
    may_begin,
    may_hand_in,
    may_take,
    moves_of,
    named_on_record,
    named_rows,
    outside_keeper,
    owes_rest,
    papers_to_attach,
    pieces_told,
    receives,
    rest_told,
    settled_told,
    takes_paper,
    takes_the_case_along,
    volumes_told,
    waiting_for_paper,
)
from vks_plugin.custody.queries.holding import holder_of, in_hands, keeping_told, keeps_paper, named_cases, open_holding
from vks_plugin.custody.queries.leaving import left_told, nobody_to_receive, to_bring_back, to_hand_over
from vks_plugin.custody.queries.loans import (
    LoanTold,
    borrower_name,
    in_single_volumes,
    shown_to,
    slip_number,
    to_come_back,
    told_to,
)
from vks_plugin.custody.queries.settled import acts_on_rest
from vks_plugin.custody.registers import keeps_registers, require_registers, write_register
from vks_plugin.custody.states import HAND_OVER
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.filing.records import hand_in_record
from vks_plugin.organization.queries import display_name
from vks_plugin.text import gettext_noop
from vks_plugin.web.custody_forms import (
    AttachForm,
    CancelForm,
    FindRestForm,
    HandOverForm,
    KeeperForm,
    PassedOnForm,
    ReceiveForm,
    RecordScanForm,
    RegisterForm,
    SettleRestForm,
)
from vks_plugin.web.shell import OURS, SignedInRequest, page, show
from vks_plugin.web.views.filing import refuse_too_long
from vks_plugin.web.views.fixity import comparison_of
from vks_plugin.web.views.signatures import ShownSignature, in_words

ON_A_PAGE = 50
SHORT_LIST = 100
"""Of what waits: the rest is found once these are settled."""

_ACTS = frozenset({"send", "take", "cancel", "accept", "reject", "attach", "scan", "settle", "find"})
_ON_REST = frozenset({"settle", "find"})
"""Acts on what did not come along, after the hand-over is over."""
_STEPS = {
    "send": gettext_noop("Giao"),
    "accept": gettext_noop("Nhận"),
    "reject": gettext_noop("Chưa nhận"),
    "cancel": gettext_noop("Hủy"),
    "take": gettext_noop("Tiếp nhận dự thảo"),
    "paper": gettext_noop("Gắn biên bản đã ký"),
    "settle": gettext_noop("Kết thúc phần chưa giao"),
    "find": gettext_noop("Đã tìm thấy"),
}


@page
@require_GET
def custody(request: SignedInRequest) -> HttpResponse:
    """Show what is in one's hands, what is on the way, what is late."""
    user = request.user
    coming = list(coming_to(user)[:SHORT_LIST])
    given = list(given_by(user)[:SHORT_LIST])
    held = Paginator(in_hands(user), ON_A_PAGE).get_page(request.GET.get("page"))
    loans = shown_to(user)
    late = list(late_for(user)[:SHORT_LIST])
    unreturned = told_to(user, to_come_back(loans).order_by("until", "pk")[:SHORT_LIST])
    left = list(to_hand_over(user)[:SHORT_LIST])
    borrowed = told_to(user, to_bring_back(user)[:SHORT_LIST])
    stuck = list(nobody_to_receive(user)[:SHORT_LIST])
    papers = list(waiting_for_paper(user)[:SHORT_LIST])
    out = _loans_of(user, held)
    context = {
        "left": left_told(user, left),
        "left_loans": borrowed,
        "left_receivers": stuck,
        "left_count": len(left) + len(borrowed) + len(stuck),
        "coming": coming,
        "given": given,
        "held": held,
        "named": named_cases(user, [*held, *left, *coming, *given, *late, *stuck, *papers]),
        "named_rows": named_rows(user, [*coming, *given, *late, *stuck, *papers]),
        "borrowed": set(out),
        "lent": {pk for pk, each in out.items() if "return" in each.may},
        "late": {row.pk for row in late},
        "late_rows": late,
        "late_loans": unreturned,
        "late_count": len(late) + len(unreturned),
        "volumes_out": told_to(user, in_single_volumes(loans).order_by("until", "pk")[:SHORT_LIST]),
        "papers": papers,
        "register": RegisterForm(user=user) if keeps_registers(user) else None,
        "code": request.GET.get("case", ""),
    }
    return show(request, "vks/custody/custody.html", context)


def _loans_of(user: User, rows: Iterable[Holding]) -> dict[int, LoanTold]:
    """Return the loans by which these are where they are, by their keys, of those the person may know of."""
    slips = [row.reference for row in rows if row.cause == Holding.Cause.LOAN and row.reference is not None]
    return {each.row.pk: each for each in told_to(user, shown_to(user).filter(pk__in=slips))} if slips else {}


@page
@require_GET
def case_custody(request: SignedInRequest, code: str) -> HttpResponse:
    """Show where the paper of a case is and was, and its hand-overs; for who may know of the case."""
    return _case_page(request, code)


def _case_page(
    request: SignedInRequest,
    code: str,
    *,
    keeper: KeeperForm | None = None,
    passed_on: PassedOnForm | None = None,
    status: int = 200,
) -> HttpResponse:
    from vks_plugin.web.views.record import header, tabs  # noqa: PLC0415 - it builds on this module's address

    view = case_for(request.user, code)
    case = view.case
    unrecorded = [part for part, _label in PARTS if open_holding(case, part) is None]
    may_state = bool(unrecorded) and keeps_paper(request.user, case, [case.unit_id])
    outside = outside_keeper(request.user, case)
    told = keeping_told(request.user, view)
    volumes = volumes_told(request.user, case, told)
    hand_overs = list(hand_overs_for(request.user).filter(case=case)[:SHORT_LIST])
    context = header(view) | {
        "tabs": tabs(view, request.user),
        "section": "custody",
        "holders": [(_(label), told.holders[part]) for part, label in PARTS if part in told.holders],
        "lines": told.lines,
        "single": [(each, borrower_name(each) or each.outside_agency, slip_number(each)) for each in told.single],
        "hand_overs": hand_overs,
        "named_rows": {row.pk for row in hand_overs},
        "named": {case.pk},
        # who borrowed a single volume is told below, to who may know
        "elsewhere": [
            each
            for each in volumes
            if (each.hand_over is not None and each.settled is None)
            or each.place == "at_office"
            or (each.place == "lent" and not each.name and not told.holders[each.part].is_lent)
        ],
        "exhibits_elsewhere": exhibits_told(case, told),
        "settled": pieces_told(case, told),
        "later": came_later(case, told),
        "may_begin": may_begin(request.user, case),
        "comparison": comparison_of(request.user, case),
        "keeper": keeper or (KeeperForm(case=case, parts=unrecorded) if may_state else None),
        "passed_on": passed_on or (PassedOnForm(giver=outside) if outside else None),
    }
    return show(request, "vks/custody/case.html", context, status=status)


@page
@require_POST
def state_keeper(request: SignedInRequest, code: str) -> HttpResponse:
    """Record where paper was of which nothing is recorded."""
    case = case_for(request.user, code).case
    form = KeeperForm(request.POST, case=case, parts=[part for part, _label in PARTS])
    status = 400
    if form.is_valid():
        try:
            state_beginning(actor=request.user, case=case, **form.values())
        except VksError as error:
            if isinstance(error, NotAllowed):
                raise
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã ghi nơi giữ hồ sơ."), extra_tags=OURS)
            return redirect("vks:case_custody", code=code)
    elif not keeps_paper(request.user, case, [case.unit_id]):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo đơn vị thụ lý ghi được nơi giữ hồ sơ."))
    return _case_page(request, code, keeper=form, status=status)


@page
@require_POST
def passed_on(request: SignedInRequest, code: str) -> HttpResponse:
    """Record that the agency outside that has the case file passed it on to another one; go on where it was asked."""
    case = case_to_hand_over(request.user, code)
    form = PassedOnForm(request.POST, giver=outside_keeper(request.user, case))
    # who takes the paper in need not be one who may know of the case
    receiving = request.POST.get("then") == "hand_over" or not knows_of(request.user, case)
    status = 400
    if form.is_valid():
        try:
            state_passed_on(actor=request.user, case=case, **form.values())
        except VksError as error:
            if isinstance(error, NotAllowed):
                raise
            form.place(error)
            status = error.status
        else:
            messages.success(request, _("Đã ghi cơ quan ngoài chuyển hồ sơ cho nhau."), extra_tags=OURS)
            if receiving:
                return redirect(_new_at(case))
            return redirect("vks:case_custody", code=case.code)
    else:
        require_stating_passed_on(request.user, case)
    if receiving:
        return _new_page(request, HandOverForm(user=request.user, case=case), passed_on=form, status=status)
    return _case_page(request, case.code, passed_on=form, status=status)


def _code_asked(request: SignedInRequest) -> str:
    """Return `?case=` as it was typed, or as it was picked: with the name behind the code."""
    return request.GET.get("case", "").split(" – ", 1)[0].strip()


def _case_asked(request: SignedInRequest) -> CaseFile:
    code = _code_asked(request)
    if not code:
        raise BadInput(_("Chưa nêu vụ án: hãy mở mục Giao nhận của vụ án rồi làm lại."), field="case")
    return case_to_hand_over(request.user, code)


@page
@require_http_methods(["GET", "POST"])
def new_hand_over(request: SignedInRequest) -> HttpResponse:
    """Hand something over, or record what comes from outside; `?case=` says of which case."""
    asked = request.POST if request.method == "POST" else request.GET
    if request.method == "GET" and not _code_asked(request):
        # the desk has the field for it
        messages.info(request, _("Hãy nhập mã vụ án cần giao, nhận."), extra_tags=OURS)
        return redirect("vks:custody")
    case = _case_asked(request)
    completes = None
    if re.fullmatch(r"[0-9]{1,9}", request.GET.get("completes", "")):
        completes = hand_over_for(request.user, request.GET["completes"])
    if not (may_begin(request.user, case) or (completes is not None and owes_rest(request.user, case))):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo của nơi đang giữ hồ sơ, hoặc người đang giữ, giao được hồ sơ."))
    sending = request.method == "POST"
    form = HandOverForm(
        request.POST if sending else None,
        user=request.user,
        case=case,
        part=asked.get("part", ""),
        direction=asked.get("direction", direction_to_complete(completes) if completes is not None else ""),
        completes=completes,
        initial={"reason": "tra_ho_so"} if completes is not None else {},
    )
    status = 200
    if sending:
        status = 400
        if form.is_valid():
            try:
                begin = acts.draft if request.POST.get("act") == "draft" else acts.hand_over
                row = begin(actor=request.user, case=case, terms=form.terms(), instead_of=form.discarded())
            except VksError as error:
                form.place(error, {"place": "where"})
                status = error.status
            else:
                said = _("Đã lưu dự thảo.") if row.state == "du_thao" else _("Đã giao, chờ bên nhận.")
                messages.success(request, said, extra_tags=OURS)
                return redirect("vks:hand_over", pk=row.pk)
    return _new_page(request, form, status=status)


def _new_at(case: CaseFile, completes: HandOver | None = None) -> str:
    asked = {"case": case.code} | ({"completes": str(completes.pk)} if completes is not None else {})
    return f"{reverse('vks:hand_over_new')}?{urlencode(asked)}"


def _new_page(
    request: SignedInRequest, form: HandOverForm, *, passed_on: PassedOnForm | None = None, status: int = 200
) -> HttpResponse:
    case = form.case
    outside = outside_keeper(request.user, case) if form.completes is None else ""
    if passed_on is None and outside:
        # who is told that another agency has it finds the one that was named
        named = form["agency"].value() if status == Conflict.status and "agency" in form.errors else ""
        passed_on = PassedOnForm(giver=outside, initial={"passed_to": named})
    context = _giving(request.user, form) | {
        "open": form.in_the_way,
        "completes": form.completes,
        # what was said of agencies outside comes back to another address
        "at": _new_at(case, form.completes),
        "back": reverse("vks:custody"),
        "passed_on": passed_on,
        "then": "hand_over",
    }
    return show(request, "vks/custody/new.html", context, status=status)


def _giving(user: User, form: HandOverForm) -> dict[str, Any]:
    """Return what the page of a hand-over that is drawn up says of the case and its paper."""
    case, held = form.case, holder_of(form.case, form.chosen_part)
    direction, named = DIRECTIONS.get(form.chosen_direction), knows_of(user, case)
    gives_out = form.chosen_part == "hsva" and direction is not None and not direction.giver_outside
    return {
        "case": case,
        "form": form,
        "named": named,
        "holder": held,
        "loan": next(iter(_loans_of(user, [held.holding]).values()), None) if held.holding is not None else None,
        "loose": left_loose(case) if gives_out and named and form.completes is None else 0,
    }


@page
@require_http_methods(["GET", "POST"])
def edit_hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change what a draft says, or one that was refused, before it is sent again."""
    row = hand_over_for(request.user, pk)
    acts.require_amending(request.user, row)
    sending = request.method == "POST"
    form = HandOverForm(
        request.POST if sending else None,
        user=request.user,
        case=row.case,
        part=row.part,
        direction=row.direction,
        completes=row.completes,
        row=row,
    )
    status = 200
    if sending:
        status = 400
        if form.is_valid():
            try:
                acts.amend(actor=request.user, row=row, terms=form.terms())
            except VksError as error:
                form.place(error, {"place": "where"})
                status = error.status
            else:
                messages.success(request, _("Đã lưu. Bên nhận chỉ thấy khi giao."), extra_tags=OURS)
                return redirect("vks:hand_over", pk=pk)
    context = _giving(request.user, form) | {
        "row": row,
        "completes": row.completes,
        "at": reverse("vks:hand_over_edit", args=[pk]),
        "back": reverse("vks:hand_over", args=[pk]),
    }
    return show(request, "vks/custody/new.html", context, status=status)


@page
@require_GET
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a hand-over, with what this person may do to it."""
    return _hand_over_page(request, hand_over_for(request.user, pk))


def _hand_over_page(request: SignedInRequest, row: HandOver, *, status: int = 200, **forms: Any) -> HttpResponse:
    moves = {move.name for move in moves_of(request.user, row)}
    knows = knows_of(request.user, row.case)
    a_side = gives(request.user, row) or receives(request.user, row)
    asks = a_side and takes_paper(row) and (row.awaits_paper or papers_to_attach(request.user, row).exists())
    along = knows and row.state in HAND_OVER.open and takes_the_case_along(row) and gives(request.user, row)
    follows = consequences_of(request.user, row.case) if along else []
    rest = acts_on_rest(request.user, row)
    settled = settled_told(row)
    context = {
        "row": row,
        # the paper itself goes along
        "follows": [each for each in follows if each.kind not in {"hand_over", "paper"}],
        "knows": knows,
        "named": named_on_record(request.user, row),
        "late": is_late(row),
        "drafted_by": display_name(row.created_by) if row.state == "du_thao" else "",
        "may_take": may_take(request.user, row),
        "checks": [(_(label), getattr(row, name)) for name, label in row.checks.items()],
        "article": _(row.article) if row.article else "",
        "steps": [
            {**each, "label": _(_STEPS.get(each["act"], each["act"])), "moment": parse_datetime(each["at"])}
            for each in row.steps
        ],
        "moves": moves,
        "other_receives": row.state == "cho_nhan" and receives(request.user, row) and is_own_gift(request.user, row),
        "receive": forms.get("receive") or (ReceiveForm(row=row, user=request.user) if "accept" in moves else None),
        "cancelling": forms.get("cancelling") or (CancelForm() if "cancel" in moves else None),
        "attach": forms.get("attach") or (AttachForm(row=row, user=request.user) if asks else None),
        "scan": forms.get("scan") or (RecordScanForm() if may_hand_in(request.user, row) else None),
        "signed_by": _signed_by(row),
        "settled": settled,
        "settling": forms.get("settling") or (SettleRestForm(**_of_rest(row, "settle")) if "settle" in rest else None),
        "finding": forms.get("finding") or (FindRestForm(**_of_rest(row, "find")) if "find" in rest else None),
        "outstanding": row.outstanding,
        "not_there": [each["label"] for each in row.volumes if each["received"] is False],
        "kept_back": [exhibit_in_words(each) for each in kept_back_now(row)],
        "exhibits_not_there": [exhibit_in_words(each) for each in row.lacking_exhibits],
        "may_take_rest": bool(row.outstanding or row.outstanding_exhibits)
        and (may_begin(request.user, row.case) or owes_rest(request.user, row.case)),
    }
    return show(request, "vks/custody/hand_over.html", context, status=status)


def _of_rest(row: HandOver, what: str) -> dict[str, Any]:
    """Return what the form of an act of `_ON_REST` is to show of a hand-over."""
    settled = [each for each in settled_told(row) if each.piece.is_so_at(None)]
    pieces = (
        rest_told(row) if what == "settle" else [(each.piece.piece, each.piece.number, each.called) for each in settled]
    )
    return {"pieces": pieces, "auto_id": f"{what}_%s"}


def _signed_by(row: HandOver) -> list[ShownSignature]:
    """Return who signed the record digitally: both sides signed it, and each may know by whom, whether or not they read the case."""
    check = getattr(row.signed_paper, "signature_check", None)
    if row.signed_paper is None or check is None or check.sha256 != row.signed_paper.sha256:
        return []
    return [in_words(each) for each in check.read]


@page
@require_POST
def act(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Do something to a hand-over: `send`, `take` (a draft), `accept`, `reject`, `cancel`, `attach`, `scan`, `settle` or `find`."""
    row = hand_over_for(request.user, pk)
    if what not in _ACTS:
        raise NotFound(_("Không có trang này."))
    # the side first: a form shows the signed records of the case, whatever is wrong with what was sent
    if what in {"accept", "reject"}:
        acts.require_receiving(request.user, row)
    elif what in {"attach", "scan"}:
        acts.require_side(request.user, row)
    elif what == "settle":
        require_settling(request.user, row)
    elif what == "find":
        require_finding(request.user, row)
    elif not gives(request.user, row):
        raise NotAllowed(_("Chỉ bên giao làm được việc này."))
    forms: dict[str, Any] = {}
    if what in {"accept", "reject"}:
        forms["receive"] = ReceiveForm(request.POST, row=row, user=request.user)
    elif what == "cancel":
        forms["cancelling"] = CancelForm(request.POST)
    elif what == "attach":
        forms["attach"] = AttachForm(request.POST, row=row, user=request.user)
    elif what == "settle":
        forms["settling"] = SettleRestForm(request.POST, **_of_rest(row, what))
    elif what == "find":
        forms["finding"] = FindRestForm(request.POST, **_of_rest(row, what))
    elif what == "scan":
        refuse_too_long(request)
        forms["scan"] = RecordScanForm(request.POST, request.FILES)
    form = next(iter(forms.values()), None)
    if (
        form is not None
        and what not in {"attach", "scan"} | _ON_REST
        and what not in {move.name for move in moves_of(request.user, row)}
    ):
        raise Conflict(_("Lần giao nhận này đã sang trạng thái khác: hãy tải lại trang."))
    if what in _ON_REST and what not in acts_on_rest(request.user, row):
        raise Conflict(_("Không còn phần nào để ghi ở lần giao nhận này: hãy tải lại trang."))
    if form is not None and not form.is_valid():
        return _hand_over_page(request, row, status=400, **forms)
    try:
        said = _done(request, row, what, form)
    except VksError as error:
        if form is None or isinstance(error, NotAllowed):
            raise
        form.place(error, {"happened_at": "happened_on"})
        return _hand_over_page(request, row, status=error.status, **forms)
    messages.success(request, said, extra_tags=OURS)
    # what somebody else wrote is read before it goes out
    return redirect("vks:hand_over_edit" if what == "take" else "vks:hand_over", pk=pk)


def _done(request: SignedInRequest, row: HandOver, what: str, form: Any) -> str:
    user = request.user
    if what == "send":
        acts.send(actor=user, row=row)
        return _("Đã giao, chờ bên nhận.")
    if what == "take":
        acts.take_draft(actor=user, row=row)
        return _("Dự thảo nay là của bạn: hãy xem lại, lưu rồi giao.")
    if what == "accept":
        given = form.cleaned_data
        acts.accept(
            actor=user,
            row=row,
            checks=form.checks(),
            received=form.chosen(),
            received_exhibits=form.received_exhibits(),
            missing=given["missing"],
            receiver_name=given.get("receiver_name", ""),
            receiver_title=given.get("receiver_title", ""),
            signed_paper=given.get("signed_paper"),
            awaits_paper=given.get("awaits_paper", False),
            happened_at=form.happened_at(),
        )
        return _("Đã nhận hồ sơ.")
    if what == "reject":
        acts.reject(
            actor=user,
            row=row,
            checks=form.checks(refusing=True),
            missing=form.cleaned_data["missing"],
            received=form.chosen(),
            received_exhibits=form.received_exhibits(),
        )
        return _("Đã ghi chưa nhận: hồ sơ vẫn ở bên giao.")
    if what == "settle":
        settle_rest(
            actor=user,
            row=row,
            outcome=form.cleaned_data["outcome"],
            reason=form.cleaned_data["reason"],
            **form.pieces(),
        )
        return _("Đã ghi kết thúc phần chưa giao: không còn chờ, không còn giữ hồ sơ lại.")
    if what == "find":
        find_rest(actor=user, row=row, reason=form.cleaned_data["reason"], **form.pieces())
        return _("Đã ghi tìm thấy. Phần còn ở nơi khác thì nhận nốt theo lần giao này.")
    if what == "cancel":
        acts.cancel(actor=user, row=row, reason=form.cleaned_data["reason"])
        return _("Đã hủy lần giao.")
    if what == "scan":
        file = form.cleaned_data["file"]
        hand_in_record(actor=user, row=row, file=file, filename=file.name or "")
        return _("Đã nộp bản quét, đang xử lý. Xử lý xong thì tải lại trang, chọn biên bản rồi bấm Gắn.")
    acts.attach_paper(actor=user, row=row, paper=form.cleaned_data["signed_paper"])
    return _("Đã gắn biên bản đã ký.")


@page
@require_GET
def print_hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer with the record of a hand-over as a file."""
    row = hand_over_for(request.user, pk)
    return write_hand_over(row, request.GET.get("format", "pdf"), request.user).as_answer()


@page
@require_GET
def labels(request: SignedInRequest) -> HttpResponse:
    """Answer with labels for the volumes of a case, to stick on them."""
    return write_labels(_case_asked(request)).as_answer()


@page
@require_GET
def register(request: SignedInRequest) -> HttpResponse:
    """Answer with a register of an office as a file."""
    form = RegisterForm(request.GET, user=request.user)
    require_registers(request.user)
    if form.is_valid():
        given = form.cleaned_data
        try:
            written = write_register(
                request.user,
                register=given["register"],
                unit=given["unit"],
                first=given["first"],
                last=given["last"],
                file_format=given["format"],
            )
            return written.as_answer()
        except VksError as error:
            form.place(error)
    elif not request.GET:
        form = RegisterForm(user=request.user)
    status = 400 if form.errors else 200
    return show(request, "vks/custody/register.html", {"register": form, "today": timezone.localdate()}, status=status)
