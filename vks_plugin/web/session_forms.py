"""Forms of court sessions; what they accept is checked again by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.cases.trials import CourtLevel, ShownKind
from vks_plugin.court.sessions.logs import LARGEST
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.court.sessions.queries import PLAN, appearing_in, appearing_people, fingerprint, verdicts_for
from vks_plugin.organization.queries import display_name
from vks_plugin.web.fields import DayField, HourField, RememberingForm, StyledForm, suggesting


class _People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic only for type checkers
    """People, shown by name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the full name with the user name, since two may share a name."""
        return f"{display_name(obj)} ({obj.get_username()})"


class _Verdict(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An event in which a session can end."""

    def label_from_instance(self, obj: Any) -> str:
        """Return what happened, with number and day."""
        told = " ".join(part for part in (obj.label, obj.number, f"{obj.happened_on:%d/%m/%Y}") if part)
        return told if obj.withdrawn_at is None else f"{told} ({gettext('đã rút lại')})"


class SessionForm(RememberingForm):
    """What is planned of a session."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    court_level = forms.ChoiceField(label=_("Cấp xét xử"), choices=CourtLevel.choices)
    court = suggesting(forms.CharField(label=_("Tòa án"), max_length=200), "courts")
    venue = forms.CharField(
        label=_("Nơi mở phiên tòa"), max_length=200, required=False, help_text=_("Phòng xử, hội trường, địa điểm.")
    )
    starts_on = DayField(label=_("Ngày mở"))
    starts_at = HourField(label=_("Giờ mở"), required=False)
    ends_on = DayField(label=_("Dự kiến đến ngày"), required=False, help_text=_("Để trống: một ngày."))
    is_learning = forms.BooleanField(label=_("Phiên tòa rút kinh nghiệm"), required=False)
    learning_decided_on = DayField(label=_("Ngày quyết định chọn rút kinh nghiệm"), required=False)
    learning_organiser = forms.CharField(label=_("Đơn vị tổ chức rút kinh nghiệm"), max_length=200, required=False)
    is_closed = forms.BooleanField(label=_("Xét xử kín"), required=False)
    is_mobile = forms.BooleanField(label=_("Xét xử lưu động"), required=False)
    is_online = forms.BooleanField(label=_("Xét xử trực tuyến"), required=False)
    procurators = _People(
        label=_("Kiểm sát viên, kiểm tra viên tham gia"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    participants = forms.CharField(
        label=_("Người tham gia khác"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Thẩm phán, hội thẩm, người điều khiển trình chiếu, đoàn dự rút kinh nghiệm."),
    )

    def __init__(
        self, *args: Any, case: CaseFile, levels: list[str], session: CourtSession | None = None, **options: Any
    ) -> None:
        initial: dict[str, Any] = {
            "court": case.court,
            "is_learning": case.is_learning_trial,
            "is_closed": case.is_closed_trial,
            "is_mobile": case.is_mobile_trial,
            "is_online": case.is_online_trial,
            "court_level": CourtLevel.APPEAL if case.stage == "phuc_tham" else CourtLevel.FIRST,
        }
        people = appearing_people(case)
        if session is not None:
            there = list(session.procurators.values_list("user_id", flat=True))
            initial = {name: getattr(session, name) for name in PLAN}
            initial |= {"procurators": there, "seen": fingerprint(session)}
            people = appearing_in(session)
        super().__init__(*args, initial=initial | options.pop("initial", {}), **options)
        chooser: Any = self.fields["procurators"]
        chooser.queryset = people
        chosen: Any = self.fields["court_level"]
        chosen.choices = [(value, label) for value, label in CourtLevel.choices if value in levels]
        self.remember()

    def given(self) -> dict[str, Any]:
        """Return the plan, without the people."""
        return {name: self.cleaned_data[name] for name in PLAN}


def _shown_kinds() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Đã trình chiếu"),
        choices=ShownKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class CorrectionForm(SessionForm):
    """What was written wrongly of a session that took place."""

    ends_on = DayField(label=_("Kết thúc ngày"), required=False)
    shown_kinds = _shown_kinds()
    reason = forms.CharField(label=_("Lý do sửa"), max_length=500)

    def __init__(self, *args: Any, session: CourtSession, **options: Any) -> None:
        super().__init__(*args, session=session, initial={"shown_kinds": session.shown_kinds}, **options)


class OutcomeForm(StyledForm):
    """What came of a session."""

    outcome = forms.CharField(
        label=_("Kết quả"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    outcome_on = DayField(label=_("Ngày có kết quả"), required=False)
    verdict = _Verdict(
        label=_("Bản án, quyết định trong Diễn biến"),
        queryset=ProceduralEvent.objects.none(),
        required=False,
        empty_label=_("Chưa có"),
    )

    def __init__(self, *args: Any, session: CourtSession, **options: Any) -> None:
        initial = {"outcome": session.outcome, "outcome_on": session.outcome_on, "verdict": session.verdict_id}
        super().__init__(*args, initial=initial | options.pop("initial", {}), **options)
        chooser: Any = self.fields["verdict"]
        chooser.queryset = verdicts_for(session)

    def given(self) -> dict[str, Any]:
        """Return what an action takes."""
        verdict = self.cleaned_data.pop("verdict")
        return {**self.cleaned_data, "verdict": verdict.pk if verdict is not None else None}


class HoldForm(OutcomeForm):
    """That a session took place."""

    ends_on = DayField(label=_("Kết thúc ngày"), required=False)
    shown_kinds = _shown_kinds()
    field_order = ("ends_on", "shown_kinds", "outcome", "outcome_on", "verdict")

    def __init__(self, *args: Any, session: CourtSession, **options: Any) -> None:
        super().__init__(
            *args, session=session, initial={"ends_on": session.last_day, "shown_kinds": session.shown_kinds}, **options
        )


class AdjournForm(StyledForm):
    """That the court adjourned a session."""

    reason = forms.CharField(label=_("Lý do hoãn"), max_length=500)
    next_on = DayField(
        label=_("Ngày mở lại"), required=False, help_text=_("Có ngày thì phiên mở lại được dự kiến luôn.")
    )
    next_at = HourField(label=_("Giờ mở lại"), required=False)

    def given(self) -> dict[str, Any]:
        """Return what an action takes."""
        return dict(self.cleaned_data)


class CallOffForm(StyledForm):
    """That a session does not take place."""

    reason = forms.CharField(label=_("Lý do không mở"), max_length=500)

    def given(self) -> dict[str, Any]:
        """Return what an action takes."""
        return dict(self.cleaned_data)


class LogForm(StyledForm):
    """A log of what was shown."""

    file = forms.FileField(
        label=_("Tệp nhật ký (.json)"),
        help_text=_("Tệp do nút “Lưu nhật ký trình chiếu” của cửa sổ người trình chiếu tải về."),
    )

    def given(self) -> dict[str, Any]:
        """Return what an action takes."""
        return {"content": self.cleaned_data["file"].read(LARGEST + 1)}


class RemarksForm(StyledForm):
    """What was learned from a session."""

    remarks = forms.CharField(
        label=_("Nhận xét, ưu điểm, tồn tại, kinh nghiệm"), max_length=8000, widget=forms.Textarea(attrs={"rows": 6})
    )

    def given(self) -> dict[str, Any]:
        """Return what an action takes."""
        return dict(self.cleaned_data)
