"""Forms of hand-overs: what is given by whom to whom, what was found, what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.actions.registration import oddity_of
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.actions.hand_overs import Discarded, Terms, terms_of
from vks_plugin.custody.actions.holding import LONGEST_AGENCY, LONGEST_KNOWN_FROM
from vks_plugin.custody.handing import (
    CHECKS,
    DIRECTIONS,
    REASONS,
    SETTLEMENTS,
    TO_OTHERS,
    Checks,
    case_of_volume_code,
    reasons_for,
)
from vks_plugin.custody.models import HandOver, Keeper
from vks_plugin.custody.queries.hand_overs import (
    NotWaitedFor,
    direction_to_complete,
    directions_of,
    exhibit_in_words,
    exhibits_known_with,
    exhibits_meant,
    exhibits_to_give,
    in_the_way,
    kept_back_now,
    knows_of,
    may_attach,
    may_take_in,
    not_waited_for,
    offices_taking,
    papers_to_attach,
    parts_to_give,
    people_to_receive,
    volumes_to_give,
)
from vks_plugin.custody.queries.holding import holder_of, offices_kept, way_back
from vks_plugin.custody.queries.settled import EXHIBIT, VOLUME
from vks_plugin.custody.registers import REGISTERS, registers_for
from vks_plugin.errors import VksError
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import display_name, posts_in_force
from vks_plugin.web.fields import DayField, HourField, StyledForm

_MOST_CODES = 200
SETTLEMENTS_SHOWN = [(value, _(label)) for value, label in SETTLEMENTS.items()]


class _Several(forms.MultipleChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple, **options)

    def clean(self, value: Any) -> list[int]:
        """Return the numbers that were chosen."""
        return [int(each) for each in super().clean(value)]


def _wrong_label(code: str, right: str) -> str:
    """Return a sentence that this is the label of no volume here, with what is odd about its form, as of the code of a case.

    Args:
        code: what was typed.
        right: a label that is one here; empty: there are none.
    """
    sentence = gettext("Mã “%(code)s” không phải nhãn của tập nào ở đây.") % {"code": code[:60]}
    case_code = case_of_volume_code(code)
    odd = oddity_of(case_code) if case_code else ""
    if not case_code:
        odd = _form_of(right)
    return f"{sentence} {odd}".strip()


def _form_of(label: str) -> str:
    """Return a sentence on what the label of a volume looks like; nothing where there is none to show."""
    return gettext("Nhãn tập có dạng %(label)s.") % {"label": label} if label else ""


class _ScanForm(StyledForm):
    """A list of volumes that can be ticked by hand, or by a scanner that types what is on their labels."""

    volumes = _Several(label=_("Các tập"))
    codes = forms.CharField(
        label=_("Quét hoặc gõ mã nhãn tập"),
        required=False,
        max_length=4000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-vks-scan": ""}),
    )

    lines: list[dict[str, Any]]
    gone: Sequence[NotWaitedFor] = ()
    """What a leader took for lost, or for kept for good: its label is no wrong one."""

    def list_volumes(self, lines: Iterable[Mapping[str, Any]], ticked: Container[int] | None = None) -> None:
        """Show these volumes, those ticked at first (None: all of them)."""
        self.lines = [dict(each) for each in lines]
        chooser: Any = self.fields["volumes"]
        chooser.choices = [(str(each["number"]), each["label"]) for each in self.lines]
        self.initial["volumes"] = [
            str(each["number"]) for each in self.lines if ticked is None or each["number"] in ticked
        ]
        sent: Any = self.data
        chosen = sent.getlist("volumes") if self.is_bound else self.initial["volumes"]
        scanned = sent.getlist("scanned") if self.is_bound else []
        for each in self.lines:
            each["ticked"] = str(each["number"]) in chosen
            # told again to who scans on, and to nobody else: it is no proof
            each["scanned"] = str(each["number"]) in scanned

    def add_error(self, field: str | None, error: Any) -> None:
        """Keep the sentence; whoever is to scan on after a refusal finds the focus where the scanner types."""
        super().add_error(field, error)
        if self.fields["volumes"].widget.attrs.pop("autofocus", False):
            self.fields["codes"].widget.attrs |= {"autofocus": True, "aria-describedby": "vks-volumes-error"}

    @property
    def label_form(self) -> str:
        """What a label looks like, for who scans something else and is told so before anything is sent."""
        return _form_of(str(self.lines[0]["code"])) if self.lines else ""

    @property
    def counting(self) -> bool:
        """Whether some were ticked one by one before the page came back, so that the next label is added to these."""
        return self.is_bound and 0 < sum(bool(each["ticked"]) for each in self.lines) < len(self.lines)

    def clean_codes(self) -> list[int]:
        """Return the numbers of the volumes whose codes were typed: what a scanner sends where no script runs."""
        known = {str(each["code"]).upper(): each["number"] for each in self.lines}
        found = []
        for code in self.cleaned_data["codes"].upper().split()[:_MOST_CODES]:
            if code not in known:
                settled = next((each for each in self.gone if each.code.upper() == code), None)
                if settled is not None:
                    raise forms.ValidationError(settled.words)
                raise forms.ValidationError(_wrong_label(code, next(iter(known), "")))
            found.append(int(known[code]))
        return found

    def clean(self) -> dict[str, Any]:
        """Say of what was settled since the page was opened, and is ticked there, what became of it."""
        given: dict[str, Any] = super().clean() or {}
        sent: Any = self.data
        for name, kind in (("volumes", VOLUME), ("exhibits", EXHIBIT)):
            ticked = sent.getlist(name) if name in self.errors else ()
            words = [each.words for each in self.gone if each.piece.piece == kind and str(each.piece.number) in ticked]
            if words:
                del self.errors[name]
                self.add_error(name, " ".join(words))
        return given

    def chosen(self) -> list[int]:
        """Return the numbers of the volumes that were ticked, or scanned in place of that."""
        scanned: list[int] = self.cleaned_data.get("codes") or []
        ticked: list[int] = self.cleaned_data["volumes"]
        return sorted({*scanned}) if scanned else ticked


class HandOverForm(_ScanForm):
    """What is given, by whom, to whom, for what."""

    part = forms.ChoiceField(label=_("Phần hồ sơ"))
    direction = forms.ChoiceField(label=_("Hướng giao nhận"))
    reason = forms.ChoiceField(label=_("Lý do"))
    other_unit = forms.ModelChoiceField(
        label=_("Viện kiểm sát nhận"),
        queryset=ProcuracyUnit.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("Chọn…"),
    )
    person = forms.ChoiceField(label=_("Người nhận"), required=False)
    agency = forms.CharField(label=_("Cơ quan ngoài (Tòa án, Cơ quan điều tra)"), max_length=200, required=False)
    giver_name = forms.CharField(label=_("Họ tên người giao"), max_length=200, required=False)
    giver_title = forms.CharField(label=_("Chức vụ người giao"), max_length=120, required=False)
    receiver_name = forms.CharField(label=_("Họ tên người nhận"), max_length=200, required=False)
    receiver_title = forms.CharField(label=_("Chức vụ người nhận"), max_length=120, required=False)
    exhibits = _Several(label=_("Vật chứng đi kèm"))
    total_pages = forms.IntegerField(
        label=_("Tổng số trang"), required=False, min_value=1, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    seal_condition = forms.CharField(label=_("Tình trạng niêm phong"), max_length=250, required=False)
    # `place` is what a form does with a refusal
    where = forms.CharField(label=_("Nơi giao nhận"), max_length=200, required=False)
    decision = forms.CharField(label=_("Số, ngày văn bản chuyển vụ án"), max_length=200, required=False)
    note = forms.CharField(label=_("Ghi chú"), max_length=500, required=False)
    # the draft in the way that was shown when the reason was written
    discards = forms.IntegerField(required=False, widget=forms.HiddenInput)
    discard_reason = forms.CharField(label=_("Lý do bỏ dự thảo ấy"), max_length=500, required=False)

    def __init__(
        self,
        *args: Any,
        user: User,
        case: CaseFile,
        part: str = "",
        direction: str = "",
        completes: HandOver | None = None,
        row: HandOver | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case, self.completes, self.row = case, completes, row
        said = terms_of(row) if row is not None else None
        if said is not None:
            self.initial.update(_initial(said))
        asked = direction
        giving = parts_to_give(user, case)
        chooser: Any = self.fields["part"]
        takes_in = may_take_in(user, case)
        owed = [completes.part] if completes is not None else []
        offered = {row.part} if row is not None else {*giving, *(["hsva"] if takes_in else []), *owed}
        parts = [value for value, _label in PARTS if value in offered]
        chooser.choices = [(value, gettext(label)) for value, label in PARTS if value in parts]
        self.chosen_part = part if part in parts else (parts[0] if parts else "hsva")
        self.directions = self._directions(giving, takes_in=takes_in)
        # what went out to a court comes back from one, unless the person says something else
        likely = (direction, way_back(case, self.chosen_part), *self.directions)
        self.chosen_direction = next((each for each in likely if each in self.directions), "")
        fields: Any = self.fields
        fields["direction"].choices = [(value, gettext(DIRECTIONS[value].label)) for value in self.directions]
        fields["reason"].choices = [
            ("", gettext("Chọn…")),
            *((value, gettext(REASONS[value])) for value in reasons_for(case.kind, self.chosen_direction)),
        ]
        self.initial.update({"part": self.chosen_part, "direction": self.chosen_direction})
        self.in_the_way = in_the_way(user, case, self.chosen_part) if row is None else None
        self.initial["discards"] = self.in_the_way.row.pk if self.in_the_way is not None else None
        self._receivers(user)
        direction = self.chosen_direction
        self.list_volumes(
            volumes_to_give(case, self.chosen_part, direction, completes) if direction else [],
            None if said is None else set(said.volumes or ()),
        )
        self.gone = not_waited_for(user, case, self.chosen_part)
        exhibits = exhibits_to_give(case, self.chosen_part, direction, completes) if direction else []
        # to who may not know of the case by what is on its seal
        told = exhibits if knows_of(user, case) else [{**each, "name": ""} for each in exhibits]
        fields["exhibits"].choices = [(str(each["id"]), exhibit_in_words(each)) for each in told]
        meant = exhibits_meant(exhibits, completes) if said is None else set(said.exhibits or ())
        self.initial["exhibits"] = [str(each["id"]) for each in exhibits if each["id"] in meant]
        fields["exhibits"].help_text = self._known_to_be_there(told) if completes is None else ""
        for name in self._unused():
            del self.fields[name]
        # a page of its own asks for the direction first, where there is one to choose
        choosing = not self.is_bound and row is None and self.chosen_direction != asked and len(self.directions) > 1
        self.fields["direction" if choosing else "reason"].widget.attrs["autofocus"] = True

    def _known_to_be_there(self, told: Iterable[Mapping[str, Any]]) -> str:
        """Return a sentence on what it means to leave out which of these exhibits: the giver is known to have them."""
        direction = DIRECTIONS.get(self.chosen_direction)
        if direction is None or direction.value == "noi_bo":
            return ""
        giver = self.row.giver if self.row is not None else holder_of(self.case).keeper
        if direction.giver_outside != (giver.unit is None):
            return ""
        known = {each["id"] for each in exhibits_known_with(self.case, giver)}
        said = {
            "what": ", ".join(exhibit_in_words(each) for each in told if each["id"] in known),
            "keeper": giver.place,
        }
        if not said["what"]:
            return ""
        if giver.unit is None:
            return gettext("%(what)s đang ở %(keeper)s: bỏ chọn nghĩa là chưa về.") % said
        return gettext("%(what)s đang ở %(keeper)s: bỏ chọn nghĩa là chưa giao, còn ở đó.") % said

    def _directions(self, giving: list[str], *, takes_in: bool) -> list[str]:
        found = []
        if self.chosen_part in giving:
            found = (
                ["noi_bo", "vks_vks"]
                if self.chosen_part == "hsks"
                else ["vks_ta", "vks_cqdt", "vks_vks", "vks_khac", "noi_bo"]
            )
        if takes_in and self.chosen_part == "hsva":
            found = ["cqdt_vks", "ta_vks", "khac_vks", *found]
        found = [each for each in found if each in directions_of(self.case)]
        if self.completes is not None:
            found = [direction_to_complete(self.completes)]
        return [self.row.direction] if self.row is not None else found

    def _receivers(self, user: User) -> None:
        fields: Any = self.fields
        day = timezone.localdate()
        holder = holder_of(self.case, self.chosen_part)
        outside = bool(self.chosen_direction) and DIRECTIONS[self.chosen_direction].giver_outside
        if self.chosen_direction in TO_OTHERS:
            fields["agency"].label = _("Viện kiểm sát ngoài hệ thống (tỉnh khác, cấp trên, quân sự…)")
        if outside:
            fields["other_unit"].label = _("Viện kiểm sát nhận")
            taking = offices_taking(self.case) & set(offices_kept(user))
            fields["other_unit"].queryset = ProcuracyUnit.objects.filter(pk__in=taking)
            self.initial.setdefault("other_unit", _only_code(taking, self.case))
            self.initial.setdefault(
                "agency", holder.keeper.agency if self.completes is None else self.completes.giver_agency
            )
        else:
            unit = holder.keeper.unit
            offices = ProcuracyUnit.objects.on(day).filter(active_from__lte=day)
            fields["other_unit"].queryset = offices.exclude(pk=unit.pk) if unit is not None else offices
            people = (
                people_to_receive(self.case, unit) if unit is not None and self.chosen_direction == "noi_bo" else []
            )
            kept = holder.keeper.person
            choices = [(str(each.pk), display_name(each)) for each in people if kept is None or each.pk != kept.pk]
            first = ("", gettext("Chọn…") if kept is None else gettext("Đơn vị (văn thư giữ)"))
            fields["person"].choices = [first, *choices]
            self.initial.setdefault(
                "agency",
                holder.keeper.agency
                or {"vks_ta": self.case.court, "vks_cqdt": self.case.investigation_agency}.get(
                    self.chosen_direction, ""
                ),
            )

    def _unused(self) -> list[str]:
        """Return fields that say nothing for the chosen direction."""
        direction = DIRECTIONS.get(self.chosen_direction)
        unused = []
        if direction is None or not direction.is_outside:
            unused.append("agency")
        # what follows goes to who has the rest
        chooses = self.chosen_direction == "vks_vks" and self.completes is None
        if not chooses and not (direction is not None and direction.giver_outside):
            unused.append("other_unit")
        if self.chosen_direction != "noi_bo":
            unused.append("person")
        else:
            unused += ["receiver_name", "receiver_title"]
        if self.chosen_direction not in {"vks_vks", *TO_OTHERS}:
            unused.append("decision")
        if not self.fields["exhibits"].choices:  # type: ignore[attr-defined]
            unused.append("exhibits")
        if self.in_the_way is None or not self.in_the_way.may_discard:
            unused += ["discards", "discard_reason"]
        return unused

    def clean_person(self) -> User | None:
        """Return who is to receive it."""
        chosen = self.cleaned_data["person"]
        return User.objects.get(pk=chosen) if chosen else None

    def discarded(self) -> Discarded | None:
        """Return the draft that is put aside for this, and why; None where nobody says why: it stays in the way."""
        there, why = self.in_the_way, self.cleaned_data.get("discard_reason", "")
        shown = there is not None and self.cleaned_data.get("discards") == there.row.pk
        return Discarded(there.row, why) if there is not None and shown and why else None

    def terms(self) -> Terms:
        """Return what was entered."""
        given = self.cleaned_data
        return Terms(
            part=given["part"],
            direction=given["direction"],
            reason=given["reason"],
            other_unit=given.get("other_unit"),
            agency=given.get("agency", ""),
            person=given.get("person"),
            giver_name=given["giver_name"],
            giver_title=given["giver_title"],
            receiver_name=given.get("receiver_name", ""),
            receiver_title=given.get("receiver_title", ""),
            volumes=self.chosen(),
            exhibits=given.get("exhibits"),
            total_pages=given["total_pages"],
            seal_condition=given["seal_condition"],
            place=given["where"],
            note=given["note"],
            decision=given.get("decision", ""),
            completes=self.completes,
        )


def _initial(said: Terms) -> dict[str, Any]:
    """Return what a hand-over that was begun says, by the fields of its form."""
    return {
        "reason": said.reason,
        "other_unit": said.other_unit.code if said.other_unit is not None else "",
        "person": str(said.person.pk) if said.person is not None else "",
        "agency": said.agency,
        "giver_name": said.giver_name,
        "giver_title": said.giver_title,
        "receiver_name": said.receiver_name,
        "receiver_title": said.receiver_title,
        "total_pages": said.total_pages,
        "seal_condition": said.seal_condition,
        "where": said.place,
        "decision": said.decision,
        "note": said.note,
    }


def _only_code(taking: set[int], case: CaseFile) -> str:
    chosen = case.unit_id if case.unit_id in taking else next(iter(taking), 0)
    return ProcuracyUnit.objects.values_list("code", flat=True).filter(pk=chosen).first() or ""


class PaperChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when the program runs
    """A signed record, told by its number, day and folios: who attaches it may not be one who reads it."""

    def label_from_instance(self, obj: CaseDocument) -> str:
        """Return number, day and folios; where it has none of them, when it was filed."""
        parts = [gettext("số %(number)s") % {"number": obj.number} if obj.number else gettext("Biên bản không số")]
        parts += [f"{obj.date:%d/%m/%Y}"] if obj.date is not None else []
        parts += [obj.folio_label] if obj.folio_label else []
        if not obj.number and len(parts) == 1:
            filed = timezone.localtime(obj.filed_at)
            parts.append(gettext("nộp lúc %(when)s") % {"when": f"{filed:%H:%M %d/%m/%Y}"})
        return ", ".join(parts)


def _paper_field(**options: Any) -> PaperChoice:
    return PaperChoice(
        label=_("Biên bản đã ký trong hồ sơ (bản quét)"),
        queryset=CaseDocument.objects.none(),
        empty_label=_("Chưa có"),
        **options,
    )


class ReceiveForm(_ScanForm):
    """What the receiving side found; one form for receiving and for refusing."""

    exhibits = _Several(label=_("Vật chứng đi kèm"))
    documents_complete = forms.BooleanField(label=_(CHECKS["documents_complete"]), required=False)
    exhibits_complete = forms.BooleanField(label=_(CHECKS["exhibits_complete"]), required=False)
    served = forms.BooleanField(label=_(CHECKS["served"]), required=False)
    missing = forms.CharField(
        label=_("Còn thiếu (bắt buộc khi chưa nhận)"),
        help_text=_("Chưa nhận mà để trống thì ghi các tập, vật chứng không đánh dấu."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    receiver_name = forms.CharField(label=_("Họ tên người nhận"), max_length=200, required=False)
    receiver_title = forms.CharField(label=_("Chức vụ người nhận"), max_length=120, required=False)
    signed_paper = _paper_field(required=False)
    awaits_paper = forms.BooleanField(label=_("Chờ biên bản đã ký"), required=False)
    happened_on = DayField(label=_("Ngày giao nhận"), help_text=_("Để trống thì ghi lúc này."), required=False)
    happened_hour = HourField(label=_("Giờ giao nhận"), required=False)

    def __init__(self, *args: Any, row: HandOver, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.fields["codes"].widget.attrs["autofocus"] = True
        self.list_volumes(row.volumes)
        self.gone = not_waited_for(user, row.case, row.part)
        # what was listed before it was told which exhibit it is nobody can mark
        listed = [each for each in row.exhibits if "id" in each]
        if listed:
            chooser: Any = self.fields["exhibits"]
            chooser.choices = [(str(each["id"]), _on_the_record(each)) for each in listed]
            self.initial["exhibits"] = [str(each["id"]) for each in listed]
        else:
            del self.fields["exhibits"]
        for name in CHECKS:
            if name not in row.checks:
                del self.fields[name]
        if may_attach(user, row):
            fields: Any = self.fields
            fields["signed_paper"].queryset = papers_to_attach(user, row)
        else:
            del self.fields["signed_paper"], self.fields["awaits_paper"]
        if row.receiver_unit_id is not None:
            # who receives is the one who is signed in
            del self.fields["receiver_name"], self.fields["receiver_title"]
        else:
            self.initial.update({"receiver_name": row.receiver_name, "receiver_title": row.receiver_title})
        if not row.direction_data.is_outside:
            # between us it is received when the receiving side says so here
            del self.fields["happened_on"], self.fields["happened_hour"]

    def clean(self) -> dict[str, Any]:
        """Refuse a day without its hour, and the other way round: both stand in the record."""
        given: dict[str, Any] = super().clean() or {}
        for name, other in (("happened_on", "happened_hour"), ("happened_hour", "happened_on")):
            if given.get(other) is not None and given.get(name) is None and name not in self.errors:
                self.add_error(name, gettext("Hãy ghi cả ngày và giờ, như trong biên bản."))
        _refuse_day_to_come(self, given)
        return given

    def happened_at(self) -> dt.datetime | None:
        """Return when both sides signed; None: now."""
        day, hour = self.cleaned_data.get("happened_on"), self.cleaned_data.get("happened_hour")
        return timezone.make_aware(dt.datetime.combine(day, hour)) if day is not None and hour is not None else None

    def place(self, error: VksError, elsewhere: Mapping[str, str] | None = None) -> None:
        """Mark every box that has to be ticked, not the first alone; what is refused is said once."""
        super().place(error, elsewhere)
        names = [name for name in CHECKS if name in self.fields]
        if error.field in names:
            # what stands before the first that failed passed, or need not; so need exhibits of which one is named as lacking
            excused = {"exhibits_complete"} if self._lacks_exhibits() else set[str]()
            for name in names[names.index(error.field) + 1 :]:
                if not self.cleaned_data.get(name) and name not in excused:
                    self.add_error(name, gettext("Cũng chưa đánh dấu."))

    def _lacks_exhibits(self) -> bool:
        """Tell whether an exhibit that can be ticked is not, or the giver keeps one back."""
        chooser: Any = self.fields.get("exhibits")
        left_out = chooser is not None and len(self.cleaned_data.get("exhibits") or ()) < len(chooser.choices)
        return left_out or bool(kept_back_now(self.row))

    def received_exhibits(self) -> list[int] | None:
        """Return the ids of the exhibits that were ticked; None: none can be."""
        return self.cleaned_data.get("exhibits")

    @property
    def check_fields(self) -> list[forms.BoundField]:
        """The boxes of the checks that are wanted."""
        return [self[name] for name in CHECKS if name in self.fields]

    def checks(self, *, refusing: bool = False) -> Checks:
        """Return what was ticked; who refuses leaves open what is not: the words say what is missing."""
        found = {name: self.cleaned_data[name] for name in CHECKS if name in self.fields}
        return Checks(**{name: value or (None if refusing else False) for name, value in found.items()})


def _refuse_day_to_come(form: StyledForm, given: Mapping[str, Any]) -> None:
    """Tell of a day that is yet to come, whatever else is wrong: what was signed was signed by now."""
    day = given.get("happened_on")
    if day is not None and day > timezone.localdate():
        form.add_error("happened_on", gettext("Ngày nằm trong tương lai: hãy kiểm tra lại."))


def _on_the_record(exhibit: Mapping[str, Any]) -> str:
    """Return an exhibit with its seal, as who counts it compares both."""
    said = exhibit_in_words(exhibit)
    return f"{said} ({exhibit['seal']})" if exhibit["seal"] and exhibit["name"] else said


class CancelForm(StyledForm):
    """Why a hand-over is taken back."""

    reason = forms.CharField(label=_("Lý do hủy"), max_length=500)


class _PiecesForm(StyledForm):
    """Volumes and exhibits of a hand-over, and why."""

    volumes = _Several(label=_("Tập"))
    exhibits = _Several(label=_("Vật chứng"))
    reason = forms.CharField(label=_("Lý do"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, pieces: Iterable[tuple[str, int, str]], **kwargs: Any) -> None:
        """Show these pieces, each by its kind, its number and what it is called."""
        super().__init__(*args, **kwargs)
        given = list(pieces)
        for name, kind in (("volumes", VOLUME), ("exhibits", EXHIBIT)):
            chooser: Any = self.fields[name]
            chooser.choices = [(str(number), called) for piece, number, called in given if piece == kind]
            if not chooser.choices:
                del self.fields[name]
        if len(given) == 1:
            # there is nothing to choose
            (piece, number, _called) = given[0]
            self.initial["volumes" if piece == VOLUME else "exhibits"] = [str(number)]

    @property
    def piece_fields(self) -> list[forms.BoundField]:
        """The boxes of what can be chosen."""
        return [self[name] for name in ("volumes", "exhibits") if name in self.fields]

    def pieces(self) -> dict[str, list[int]]:
        """Return what was chosen, as the acts take it."""
        return {name: self.cleaned_data.get(name) or [] for name in ("volumes", "exhibits")}


class SettleRestForm(_PiecesForm):
    """That nobody waits any more for what did not come along."""

    outcome = forms.ChoiceField(label=_("Kết thúc vì"), choices=[("", "—"), *SETTLEMENTS_SHOWN])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _(
            "Ghi số, ngày văn bản làm căn cứ. Lý do được in ở biên bản nộp lưu, tiêu hủy: không ghi tên người, tình tiết của vụ án."
        )


class FindRestForm(_PiecesForm):
    """That what was taken for lost, or for kept for good, is there after all."""


class AttachForm(StyledForm):
    """The signed record of what was received."""

    signed_paper = _paper_field()

    def __init__(self, *args: Any, row: HandOver, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["signed_paper"].queryset = papers_to_attach(user, row)


class RecordScanForm(StyledForm):
    """The scan of a signed record that is not filed yet."""

    file = forms.FileField(
        label=_("Bản quét biên bản đã ký (PDF)"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        allow_empty_file=True,
    )


class KeeperForm(StyledForm):
    """Where the paper of a case was before anything was recorded of it."""

    part = forms.ChoiceField(label=_("Phần hồ sơ"))
    at = forms.ChoiceField(label=_("Đang ở"))
    agency = forms.CharField(label=_("Cơ quan ngoài"), max_length=200, required=False)
    since = DayField(label=_("Từ ngày"))

    def __init__(self, *args: Any, case: CaseFile, parts: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        fields: Any = self.fields
        known = set(parts)
        fields["part"].choices = [(value, gettext(label)) for value, label in PARTS if value in known]
        fields["at"].choices = [("unit", case.unit.short_name), ("agency", gettext("Cơ quan ngoài hệ thống"))]
        self.initial.update({"since": case.handled_at})

    def clean(self) -> dict[str, Any]:
        """Refuse an agency without a name."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("at") == "agency" and not given.get("agency"):
            self.add_error("agency", gettext("Hãy ghi tên cơ quan giao hoặc nhận."))
        return given

    def values(self) -> dict[str, Any]:
        """Return what was entered, as the action takes it."""
        given = self.cleaned_data
        keeper = Keeper(unit=self.case.unit) if given["at"] == "unit" else Keeper(agency=given["agency"])
        since = timezone.make_aware(dt.datetime.combine(given["since"], dt.time.min))
        return {"part": given["part"], "keeper": keeper, "since": since}


class PassedOnForm(StyledForm):
    """To whom the agency outside that has the case file passed it on."""

    # as the page named it: after a refusal it names who has the file by then
    giver = forms.CharField(max_length=LONGEST_AGENCY, required=False, widget=forms.HiddenInput)
    # it stands beside forms that name an agency too
    passed_to = forms.CharField(label=_("Cơ quan đã nhận"), max_length=LONGEST_AGENCY)
    happened_on = DayField(label=_("Ngày chuyển"))
    happened_hour = HourField(label=_("Giờ chuyển"))
    known_from = forms.CharField(
        label=_("Biết từ"),
        help_text=_("Số, ngày văn bản, hoặc nơi đã báo. Không ghi tình tiết của vụ án."),
        max_length=LONGEST_KNOWN_FROM,
    )

    def __init__(self, *args: Any, giver: str, **kwargs: Any) -> None:
        """Ask to whom this agency passed it on."""
        super().__init__(*args, **kwargs)
        self.keeper = giver

    def clean(self) -> dict[str, Any]:
        """Refuse a day that is yet to come, whatever else is wrong."""
        given: dict[str, Any] = super().clean() or {}
        _refuse_day_to_come(self, given)
        return given

    def place(self, error: VksError, elsewhere: Mapping[str, str] | None = None) -> None:
        """Put what is said of agency and moment where they stand here."""
        super().place(error, {"agency": "passed_to", "happened_at": "happened_on", **(elsewhere or {})})

    def values(self) -> dict[str, Any]:
        """Return what was entered, as the action takes it."""
        given = self.cleaned_data
        moment = timezone.make_aware(dt.datetime.combine(given["happened_on"], given["happened_hour"]))
        return {
            "giver": given["giver"],
            "agency": given["passed_to"],
            "happened_at": moment,
            "known_from": given["known_from"],
        }


class RegisterForm(StyledForm):
    """Which register of which office, from when to when."""

    register = forms.ChoiceField(label=_("Sổ"))
    unit = forms.ChoiceField(label=_("Đơn vị"))
    first = DayField(label=_("Từ ngày"))
    last = DayField(label=_("Đến ngày"))
    format = forms.ChoiceField(label=_("Định dạng"), choices=[("pdf", "PDF"), ("docx", "DOCX"), ("xlsx", "XLSX")])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["register"].choices = [
            (each.name, gettext(each.label)) for each in REGISTERS.values() if registers_for(user, each)
        ]
        today = timezone.localdate()
        own = {unit.pk for _role, unit in posts_in_force(user)}
        # offices that ended keep their registers; the one worked in stands first
        offices = sorted(registers_for(user), key=lambda each: (not each.is_active(today), each.pk not in own))
        fields["unit"].choices = [(each.code, each.short_name) for each in offices]
        for name in ("register", "unit", "format"):
            fields[name].error_messages["invalid_choice"] = _("Hãy chọn trong danh sách.")
        self.initial.update({"first": today.replace(month=1, day=1), "last": today})
