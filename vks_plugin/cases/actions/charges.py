"""Charges: what somebody typed becomes an article, a clause and a class of crime; what is replaced stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.cases import penal_code
from vks_plugin.cases.actions.record import add_entry, change_entry
from vks_plugin.cases.models import Accused, CaseFile, Charge
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.text import one_line


@dataclass(frozen=True)
class ChargeInput:
    """A charge as entered: typed freely (`text`), or article, clause and points."""

    text: str = ""
    article: str = ""
    clause: int | None = None
    points: str = ""
    name: str = ""
    crime_class: str = ""
    code_version: str = ""
    basis: str = Charge.Basis.INITIATION
    decision_no: str = ""
    charged_on: dt.date | None = None
    note: str = ""


def charge_values(given: ChargeInput, *, offence_day: dt.date | None, charged_on: dt.date) -> dict[str, Any]:
    """Return the fields of a charge, its name and class read from the code in force on the day of the offence.

    Args:
        given: what was entered.
        offence_day: the day of the act; without one, the day of the charge decides which code is meant.
        charged_on: the day from which the charge holds, where the input names none.

    Raises:
        BadInput: no article can be made out, the code has none of that number or clause, or a charge of a code
            without a table lacks its name.
    """
    article, clause, points = one_line(given.article), given.clause, one_line(given.points)
    if given.text and not article:
        reference = penal_code.parse_reference(given.text)
        if reference is None or not reference.article:
            raise BadInput(
                _("Không nhận ra điều luật trong “%(text)s”: hãy nhập số điều, ví dụ 173.2, hoặc chọn trong gợi ý.")
                % {"text": one_line(given.text)[:80]},
                field="charge",
            )
        article, clause, points = reference.article, reference.clause, ", ".join(reference.points)
    if not article:
        raise BadInput(_("Hãy nhập điều luật của tội danh."), field="charge")
    if given.code_version:
        version = penal_code.version_of(given.code_version)
    else:
        found = penal_code.version_on(offence_day or given.charged_on or charged_on)
        version = found if found is not None else penal_code.versions()[0]
    values: dict[str, Any] = {
        "code_version": version.id,
        "article": article,
        "clause": clause,
        "points": points,
        "basis": given.basis,
        "decision_no": given.decision_no,
        "charged_on": given.charged_on or charged_on,
        "note": given.note,
    }
    if not version.has_articles:
        if not one_line(given.name):
            raise BadInput(
                _("Hệ thống không có bảng điều luật của %(code)s: hãy ghi tên tội danh.") % {"code": version.name},
                field="charge",
            )
        return values | {"name": given.name, "crime_class": given.crime_class}
    known = penal_code.article(version, article)
    if known is None or known.kind != "offence":
        raise BadInput(
            _("Điều %(article)s của %(code)s không quy định một tội phạm: hãy kiểm tra lại.")
            % {"code": version.name, "article": article},
            field="charge",
        )
    if clause is not None and known.clause(clause) is None:
        raise BadInput(
            _("Điều %(article)s không có khoản %(clause)d: hãy kiểm tra lại.") % {"article": article, "clause": clause},
            field="charge",
        )
    found_class = penal_code.crime_class(version, article, clause)
    return values | {"name": known.name, "crime_class": found_class or given.crime_class}


@transaction.atomic
def add_charge(*, actor: User, case: CaseFile, accused: Accused | None, given: ChargeInput, reason: str = "") -> Charge:
    """Charge somebody, or the case as long as nobody is prosecuted.

    Raises:
        BadInput: see `charge_values`.
    """
    day = accused.offence_day if accused is not None else case.crime_date
    values = charge_values(given, offence_day=day, charged_on=timezone.localdate())
    charge: Charge = add_entry(
        actor=actor, case=case, part="charge", values=values | {"accused": accused}, reason=reason
    )
    return charge


_SAYS_WHICH = ("text", "article", "clause", "points", "code_version", "name", "crime_class")


@transaction.atomic
def correct_charge(*, actor: User, charge: Charge, values: Mapping[str, Any], reason: str = "") -> Charge:
    """Correct a charge that was entered in error; for one that a decision changes there is `replace_charge`.

    Args:
        actor: who corrects.
        charge: the row.
        values: fields of a charge, or `text`; what is left out stays. Name and class are read from the code anew
            only where it is said which article is meant, so that a charge of an older code keeps its own.
        reason: why, where there is something to say.

    Raises:
        BadInput, Conflict: see `charge_values` and `change_entry`.
    """
    chosen = {name: value for name, value in values.items() if name not in _SAYS_WHICH}
    if any(values.get(name) is not None for name in _SAYS_WHICH) or "clause" in values:
        accused = values.get("accused", charge.accused)
        charged_on = values.get("charged_on") or charge.charged_on
        kept = {name: getattr(charge, name) for name in ("article", "clause", "points", "code_version", "basis")}
        kept |= {"name": charge.name, "crime_class": charge.crime_class}
        if values.get("text"):
            kept |= {"article": "", "clause": None, "points": ""}
        said = {name: values[name] for name in _SAYS_WHICH if name in values}
        found = charge_values(
            ChargeInput(**kept | said),
            offence_day=accused.offence_day if accused is not None else charge.case.crime_date,
            charged_on=charged_on,
        )
        chosen |= {name: found[name] for name in _SAYS_WHICH if name in found}
    corrected: Charge = change_entry(actor=actor, entry=charge, values=chosen, reason=reason)
    return corrected


@transaction.atomic
def replace_charge(*, actor: User, charge: Charge, given: ChargeInput, reason: str = "") -> Charge:
    """Change a charge: the old one stops to hold on the day the new one begins, and stays in the record.

    Raises:
        BadInput: see `charge_values`; or the new one begins before the old one.
        Conflict: the old one has ended already.
    """
    if charge.ended_on is not None:
        raise Conflict(_("Tội danh này đã hết áp dụng: hãy thêm tội danh mới."))
    day = charge.accused.offence_day if charge.accused is not None else charge.case.crime_date
    values = charge_values(given, offence_day=day, charged_on=timezone.localdate())
    if values["charged_on"] < charge.charged_on:
        raise BadInput(_("Tội danh mới không thể áp dụng trước tội danh cũ."), field="charged_on")
    ended: Mapping[str, Any] = {"ended_on": values["charged_on"]}
    change_entry(actor=actor, entry=charge, values=ended, reason=reason)
    replacement: Charge = add_entry(
        actor=actor, case=charge.case, part="charge", values=values | {"accused": charge.accused}, reason=reason
    )
    return replacement
