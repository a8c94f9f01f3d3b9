"""Who of a case is kept secret, and what stands in place of the name; bundle, deck and redaction ask here."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases.models import Accused, CaseFile, CasePerson
from vks_plugin.cases.validation import SEXUAL_ABUSE
from vks_plugin.court.masking import PersonFacts


def _is_minor(case: CaseFile, person: Accused | CasePerson, today: dt.date) -> bool:
    """Tell whether somebody was under 18 at the act, is marked so, or is under 18 today."""
    return person.is_minor or any(person.is_minor_on(day) for day in (case.crime_date, today) if day is not None)


def _sexual_abuse_charged(case: CaseFile) -> list[str]:
    """Return the articles of sexual abuse that a case is charged under by now (one query)."""
    charges = case.charges.filter(
        ended_on__isnull=True, code_version__startswith="blhs_2015", article__in=sorted(SEXUAL_ABUSE)
    )
    return sorted(set(charges.values_list("article", flat=True)))


def _why_masked(case: CaseFile, person: CasePerson, today: dt.date, abuse: list[str]) -> str:
    """Return why somebody may not be recognised by those outside; empty when they may.

    Articles of sexual abuse in force stand for a mark that nobody set: nothing in the record ties a charge to one
    victim, and a name told once cannot be taken back.
    """
    if person.is_legal_person:
        return ""
    if person.is_sexual_offence_victim or (case.is_sexual_abuse_minor and person.role == "victim"):
        return _("bị hại của tội xâm hại tình dục")
    if abuse and person.role == "victim":
        return _("bị hại của vụ án về tội xâm hại tình dục (Điều %(articles)s)") % {"articles": ", ".join(abuse)}
    if _is_minor(case, person, today):
        return _("người dưới 18 tuổi")
    if person.is_protected:
        return _("người được bảo vệ")
    return _("người được ghi là ẩn danh khi trình chiếu") if person.is_anonymous else ""


def people_to_mask(case: CaseFile) -> list[tuple[CasePerson, str]]:
    """Return whoever besides the accused may not be recognised by those outside, each with the reason (two queries).

    The protected, the anonymous, minors at the act or today, victims of sexual offences; in a case of sexual abuse of
    minors, or with a charge of sexual abuse in force, every victim.
    """
    today, abuse = timezone.localdate(), _sexual_abuse_charged(case)
    told = ((person, _why_masked(case, person, today, abuse)) for person in case.people.order_by("pk"))
    return [(person, why) for person, why in told if why]


def masks_of(case: CaseFile) -> list[PersonFacts]:
    """Return these people with what stands in place of their names: `[Bị hại 1]`."""
    today = timezone.localdate()
    counted: Counter[str] = Counter()
    found = []
    for person, why in people_to_mask(case):
        counted[person.role_label] += 1
        found.append(
            PersonFacts(
                person.full_name,
                f"[{person.role_label} {counted[person.role_label]}]",
                why,
                young_victim=person.role == "victim" and _is_minor(case, person, today),
            )
        )
    return found


def protected_people(case: CaseFile) -> tuple[PersonFacts, ...]:
    """Return who of a case is not to be named in court: these people, and accused under 18 (three queries).

    The accused and their defender read the names of the accused in their own file: there `masks_of` is enough.
    """
    today = timezone.localdate()
    young = [each for each in Accused.objects.filter(case=case).select_related("case") if _is_minor(case, each, today)]
    accused = [
        PersonFacts(
            each.full_name,
            f"[{_('Bị cáo')} {number}]",
            _("người dưới 18 tuổi"),
            tuple(name for name in (each.other_name, each.alias) if name),
        )
        for number, each in enumerate(young, 1)
    ]
    return (*accused, *masks_of(case))
