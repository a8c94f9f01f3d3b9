"""Narrowing a list of cases, on the pages and in the API alike."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache, reduce
from operator import or_

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import reach, search_cases, without_lead
from vks_plugin.cases import penal_code
from vks_plugin.cases.kinds import KINDS, all_stages, all_statuses
from vks_plugin.cases.models import Assignment, CaseFile, Charge
from vks_plugin.cases.record import FLAGS, field_label
from vks_plugin.cases.running import BAND_DAYS
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.text import folded, one_line

FURTHEST_DUE = 3650
"""Most days ahead that time limits are asked for."""

BANDS = (
    ("red", _("Đã qua ngày tính được")),
    ("orange", _("Còn đến 5 ngày")),
    ("yellow", _("Còn 6 đến 10 ngày")),
    ("green", _("Còn trên 10 ngày")),
)
"""The colours of `running.band`, worst first."""


def kind_choices() -> list[tuple[str, str]]:
    """Return the kinds in the reader's language."""
    return [(kind.value, gettext(kind.label)) for kind in KINDS.values()]


def stage_choices() -> list[tuple[str, str]]:
    """Return the stages of all kinds in the reader's language."""
    return [(value, gettext(label)) for value, label in all_stages()]


def status_choices() -> list[tuple[str, str]]:
    """Return the statuses of all kinds in the reader's language."""
    return [(value, gettext(label)) for value, label in all_statuses()]


def class_choices() -> list[tuple[str, str]]:
    """Return the classes of crime in the reader's language."""
    return [(value, f"{value} – {gettext(name)}") for value, name in penal_code.CLASS_NAMES.items()]


def flag_choices() -> list[tuple[str, str]]:
    """Return the marks of a case in the reader's language."""
    return [(name, field_label("case", name)) for name in FLAGS]


class DayFilter(django_filters.DateFilter):
    """A day, as it is written here or in ISO's form."""

    def __init__(self, **options: object) -> None:
        widget = forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "dd/mm/yyyy", "autocomplete": "off"})
        super().__init__(
            input_formats=["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"],
            widget=widget,
            error_messages={"invalid": _("Hãy nhập ngày dạng dd/mm/yyyy.")},
            **options,
        )


class CaseFilterSet(django_filters.FilterSet):
    """Narrows a list of cases; needs the request to know who asks.

    What only readers of a case may know (charges, marks, time limits) finds only cases the asker may read: who may just
    know that a case exists does not learn by trying what is in it.
    """

    q = django_filters.CharFilter(method="search", label=_("Mã, tên vụ án, bị can, số quyết định"))
    kind = django_filters.ChoiceFilter(label=_("Loại"), choices=kind_choices, empty_label=_("Tất cả"))
    stage = django_filters.ChoiceFilter(label=_("Giai đoạn"), choices=stage_choices, empty_label=_("Tất cả"))
    status = django_filters.ChoiceFilter(label=_("Trạng thái"), choices=status_choices, empty_label=_("Tất cả"))
    unit = django_filters.ModelChoiceFilter(
        label=_("Đơn vị"), queryset=ProcuracyUnit.objects.all(), to_field_name="code", empty_label=_("Tất cả")
    )
    department = django_filters.CharFilter(method="of_department", label=_("Phòng"))
    lead = django_filters.CharFilter(method="led_by", label=_("Kiểm sát viên thụ lý chính"))
    handled_from = DayFilter(field_name="handled_at", lookup_expr="gte", label=_("Thụ lý từ ngày"))
    handled_to = DayFilter(field_name="handled_at", lookup_expr="lte", label=_("đến hết ngày"))
    crime_class = django_filters.ChoiceFilter(label=_("Loại tội phạm"), choices=class_choices, empty_label=_("Tất cả"))
    charge = django_filters.CharFilter(method="charged_with", label=_("Tội danh (số điều hoặc tên tội)"))
    flags = django_filters.MultipleChoiceFilter(
        method="marked", label=_("Cờ loại án"), choices=flag_choices, widget=forms.CheckboxSelectMultiple
    )
    band = django_filters.ChoiceFilter(
        method="in_band", label=_("Thời hạn gần nhất"), choices=BANDS, empty_label=_("Tất cả")
    )
    due_within = django_filters.NumberFilter(
        method="soon_due",
        label=_("Hết hạn trong số ngày tới (kể cả đã qua)"),
        min_value=0,
        max_value=FURTHEST_DUE,
        decimal_places=0,
    )
    mine = django_filters.BooleanFilter(method="only_mine", label=_("Phân công cho tôi"), widget=forms.CheckboxInput)

    needs_lead = django_filters.BooleanFilter(
        method="only_without_lead", label=_("Cần phân công"), widget=forms.CheckboxInput
    )

    for_readers = ("crime_class", "charge", "flags", "band", "due_within")
    """Filters on what only readers may know."""

    class Meta:
        model = CaseFile
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        """Narrow by everything asked for."""
        narrowed: QuerySet[CaseFile] = super().filter_queryset(queryset)
        if any(self.form.cleaned_data.get(name) not in (None, "", []) for name in self.for_readers):
            # without anybody who asks there is nobody to tell
            narrowed = narrowed.filter(reach(self.request.user, Level.VIEW)) if self.request else narrowed.none()
        return narrowed

    def search(self, queryset: QuerySet[CaseFile], _name: str, text: str) -> QuerySet[CaseFile]:
        """Keep cases that have every word of `text`, whatever its tones."""
        return search_cases(queryset, text)

    def of_department(self, queryset: QuerySet[CaseFile], _name: str, code: str) -> QuerySet[CaseFile]:
        """Keep the cases of departments with this code."""
        return queryset.filter(department__code__iexact=one_line(code))

    def led_by(self, queryset: QuerySet[CaseFile], _name: str, username: str) -> QuerySet[CaseFile]:
        """Keep the cases this account leads today."""
        leads = Assignment.objects.in_force(timezone.localdate()).filter(
            role=Assignment.Role.PROSECUTOR_LEAD, user__username=one_line(username)
        )
        return queryset.filter(pk__in=leads.values("case_id"))

    def charged_with(self, queryset: QuerySet[CaseFile], _name: str, text: str) -> QuerySet[CaseFile]:
        """Keep the cases with a charge in force of this article, or whose name has these words."""
        return queryset.filter(pk__in=Charge.objects.filter(_charges(text), ended_on__isnull=True).values("case_id"))

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": list(FLAGS)}})
    def marked(self, queryset: QuerySet[CaseFile], _name: str, flags: list[str]) -> QuerySet[CaseFile]:
        """Keep the cases that carry all these marks."""
        return queryset.filter(**dict.fromkeys(flags, True))

    def in_band(self, queryset: QuerySet[CaseFile], _name: str, band: str) -> QuerySet[CaseFile]:
        """Keep the cases whose next time limit has this colour."""
        today = timezone.localdate()
        first, last = next(days for each, days in BAND_DAYS.items() if each == band)
        if first is not None:
            queryset = queryset.filter(next_due_on__gte=today + dt.timedelta(days=first))
        if last is not None:
            queryset = queryset.filter(next_due_on__lte=today + dt.timedelta(days=last))
        return queryset

    def soon_due(self, queryset: QuerySet[CaseFile], _name: str, days: float) -> QuerySet[CaseFile]:
        """Keep the cases whose next time limit ends within so many days, or has ended."""
        return queryset.filter(next_due_on__lte=timezone.localdate() + dt.timedelta(days=int(days)))

    def only_mine(self, queryset: QuerySet[CaseFile], _name: str, wanted: bool) -> QuerySet[CaseFile]:  # noqa: FBT001 - the signature django-filter calls
        """Keep the cases the asker is assigned to today."""
        if not wanted or self.request is None:
            return queryset
        mine = Assignment.objects.in_force(timezone.localdate()).filter(user_id=self.request.user.pk)
        return queryset.filter(pk__in=mine.values("case_id"))

    def only_without_lead(self, queryset: QuerySet[CaseFile], _name: str, wanted: bool) -> QuerySet[CaseFile]:  # noqa: FBT001 - the signature django-filter calls
        """Keep the cases nobody leads today, as the rows of the list say; not asked for them, keep everything."""
        return without_lead(queryset) if wanted else queryset


def _charges(text: str) -> Q:
    """Return the condition on charges that a typed text means: articles and clauses, or words of the offence."""
    plain = one_line(text).casefold()
    named = [each for each in penal_code.parse_references(text) if each.article]
    if re.fullmatch(r"\d{1,3}[a-z]?", plain):
        # short numbers are articles of the older code
        named = [penal_code.ChargeReference(plain)]
    if named:
        # the version is named, since the index begins with it
        codes = [version.id for version in penal_code.versions()]
        articles = [Q(article=each.article) & (Q() if each.clause is None else Q(clause=each.clause)) for each in named]
        return Q(code_version__in=codes) & reduce(or_, articles)
    # a code without a table: its names are those somebody typed
    bare = [version.id for version in penal_code.versions() if not version.has_articles]
    found = [Q(code_version=version, article__in=numbers) for version, numbers in _articles_named(folded(text))]
    return reduce(or_, found, Q(code_version__in=bare, name__icontains=one_line(text)))


@lru_cache(maxsize=256)
def _articles_named(words: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return, for each code, the articles whose name has all these words, accents or not."""
    wanted = words.split()
    return tuple(
        (
            version.id,
            tuple(
                number
                for number, article in version.articles.items()
                if article.kind == "offence" and all(word in folded(article.name) for word in wanted)
            ),
        )
        for version in penal_code.versions()
        if version.has_articles
    )
