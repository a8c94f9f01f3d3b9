"""The panel “Cần xem lại” of the case page: what the rules find, each with the way to where it is put right."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.urls import reverse

from vks_plugin.access.queries import CaseView
from vks_plugin.cases.findings import ShownFinding, findings, shown
from vks_plugin.cases.models import CaseFile
from vks_plugin.cases.record import CASE_FIELDS

MOST = 20
"""Findings that are shown at once; the rest is counted."""

SECTIONS = {
    "accused": "accused",
    "person": "people",
    "measure": "measures",
    "relation": "relations",
    "event": "events",
    "deadline": "limits",
}
"""Where the rows of a part stand on the pages of a case."""
_WITHOUT_ROWS = frozenset({"deadline"})
"""Parts whose rows cannot be led to one by one."""


class Linked(NamedTuple):
    """A finding and where it leads."""

    found: ShownFinding
    address: str


def findings_context(view: CaseView) -> dict[str, Any]:
    """Return what the panel shows to somebody who may read the case; nothing to others."""
    if "view" not in view.may:
        return {}
    found = shown(findings(view.case))
    may_edit = "edit" in view.may
    return {
        "findings": [Linked(each, _address(view.case, each, may_edit=may_edit)) for each in found[:MOST]],
        "more": max(0, len(found) - MOST),
    }


def _address(case: CaseFile, found: ShownFinding, *, may_edit: bool) -> str:
    if found.part in SECTIONS:
        row = f"#{found.part}-{found.entry}" if found.entry is not None and found.part not in _WITHOUT_ROWS else ""
        return reverse("vks:section", args=[case.code, SECTIONS[found.part]]) + row
    if found.part == "document" and found.entry is not None:
        return reverse("vks:folio_document", args=[case.code, found.entry])
    if found.part in {"folio", "document"}:
        return reverse("vks:folios", args=[case.code])
    if may_edit and found.part == "case" and found.field in CASE_FIELDS:
        return reverse("vks:case_edit", args=[case.code]) + f"#id_{found.field}"
    return ""
