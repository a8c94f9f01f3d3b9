"""A list costs the same number of queries however long it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import new_row, unfiled_document
from tests.people import file_pdf, register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDeadline
from vks_plugin.court.models import Bundle
from vks_plugin.filing import actions as filing
from vks_plugin.organization import actions as organization

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile, CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


class Grower:
    """Makes one more of what each list shows."""

    def __init__(
        self,
        case: CaseFile,
        people: dict[str, User],
        units: dict[str, ProcuracyUnit],
        catalogue: dict[str, CatalogueType],
    ) -> None:
        self.case, self.people, self.units, self.catalogue = case, people, units, catalogue
        self.made = 0

    def case_(self) -> None:
        made = register(actor=self.people["chief_kv1"], unit=self.units["QN-KV1"])
        access.assign(
            actor=self.people["chief_kv1"], case=made, user=self.people["prosecutor_kv1"], role="prosecutor_lead"
        )

    def document(self) -> None:
        paper = unfiled_document(self.people["prosecutor_kv1"])
        filing.file_existing(
            actor=self.people["prosecutor_kv1"],
            case=self.case,
            document=paper,
            document_type=self.catalogue["BBHC"],
            folio_from=10 * paper.pk,
            folio_to=10 * paper.pk,
        )

    def assignment(self) -> None:
        key, role = (
            ("inspector_kv1", "inspector"),
            ("other_prosecutor_kv1", "prosecutor"),
            ("scanner_kv1", "scan_operator"),
            ("deputy_kv1", "prosecutor"),
        )[self.made]
        access.assign(actor=self.people["chief_kv1"], case=self.case, user=self.people[key], role=role)
        self.made += 1

    def bundle(self) -> None:
        filed = self.case.documents.count()
        if not filed:
            self.document()
        made = Bundle.objects.create(
            case=self.case,
            requested_by=self.people[("prosecutor_kv1", "chief_kv1", "chief_province")[self.made % 3]],
            document_ids=list(self.case.documents.values_list("document_id", flat=True)),
        )
        assert made.pk
        self.made += 1

    def intake(self) -> None:
        file_pdf(actor=self.people["prosecutor_kv1"], case=self.case, document_type=self.catalogue["CT"])

    def unit(self) -> None:
        self.made += 1
        type(self.units["QN"]).objects.create(
            code=f"QN-KV{self.made + 10}",
            name="Khu vực thử",
            short_name="thử",
            kind="regional",
            parent=self.units["QN"],
            valid_from="2025-07-01",
        )

    def department(self) -> None:
        self.made += 1
        self.units["QN-KV1"].departments.create(code=f"T{self.made}", name="Tổ")

    def document_type(self) -> None:
        self.made += 1
        type(self.catalogue["CT"]).objects.create(
            code=f"X{self.made}", name="Thử", group_code="15", group_name="Truy tố", position=500, part="hsva"
        )

    def appointment(self) -> None:
        self.made += 1
        user = type(self.people["outsider"]).objects.create_user(f"new{self.made}")
        organization.appoint(user=user, unit=self.units["QN-KV1"], role="specialist")

    def row(self, place: str) -> None:
        """Make a row of a part of the record."""
        self.made += 1
        body = new_row(place, 0)
        values: dict[str, Any] = {name: value for name, value in body.items() if name not in {"accused", "text"}}
        if place in {"charges", "measures"}:
            values["accused"] = self.case.accused.all()[0]
        if place == "charges":
            values |= {"code_version": "blhs_2015_2017", "article": "173", "clause": 2, "name": "Trộm cắp"}
        if place == "volumes":
            values["number"] = self.made
        if place == "relations":
            other = register(actor=self.people["chief_kv1"], unit=self.units["QN-KV1"])
            access.assign(
                actor=self.people["chief_kv1"], case=other, user=self.people["prosecutor_kv1"], role="prosecutor"
            )
            values = {"relation": "lien_quan", "other": other}
        part = {"people": "person", "accused": "accused"}.get(place, place.removesuffix("s"))
        access.add_entry(actor=self.people["prosecutor_kv1"], case=self.case, part=part, values=values)

    def event(self) -> None:
        self.made += 1
        access.record_event(
            actor=self.people["prosecutor_kv1"],
            case=self.case,
            event="doi_toi_danh",
            happened_on=dt.date(2026, 3, 9 + self.made),
            ground="bo_sung",
            accused=self.case.accused.all()[self.made % 2],
            case_document=self.case.documents.first(),
        )

    def deadline(self) -> None:
        self.made += 1
        person = self.case.accused.all()[self.made % 2]
        CaseDeadline.objects.create(
            case=self.case,
            accused=person,
            rule="tam_giam_dt",
            starts_on=dt.date(2026, 3, 2),
            due_on=dt.date(2026, 5, self.made),
            arithmetic="thử",
            article="Điều 173",
        )


RECORD = ("accused", "people", "charges", "measures", "exhibits", "withheld", "relations", "volumes")

LISTS: dict[str, tuple[str, Callable[[Grower], None]]] = {
    "cases": ("/api/vks/cases/?q=nguyen", Grower.case_),
    "documents": ("/api/vks/cases/{code}/documents/", Grower.document),
    "folios": ("/api/vks/cases/{code}/folios/", Grower.document),
    "assignments": ("/api/vks/cases/{code}/assignments/", Grower.assignment),
    "bundles": ("/api/vks/cases/{code}/bundles/", Grower.bundle),
    "intake": ("/api/vks/intake/", Grower.intake),
    "units": ("/api/vks/units/", Grower.unit),
    "departments": ("/api/vks/departments/", Grower.department),
    "document types": ("/api/vks/document-types/?q=thử", Grower.document_type),
    "appointments": ("/api/vks/appointments/", Grower.appointment),
    "events": ("/api/vks/cases/{code}/events/", Grower.event),
    "history": ("/api/vks/cases/{code}/history/", lambda grower: grower.row("relations")),
    "deadlines": ("/api/vks/deadlines/", Grower.deadline),
    "accused of one case": ("/api/vks/cases/{code}/", lambda grower: grower.row("accused")),
    **{place: (f"/api/vks/cases/{{code}}/{place}/", partial(Grower.row, place=place)) for place in RECORD},
}


@pytest.mark.parametrize("name", LISTS)
def test_one_row_and_three_cost_the_same(
    name: str,
    case: CaseFile,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
    as_person: Any,
) -> None:
    address, grow = LISTS[name]
    address = address.format(code=case.code)
    client = as_person("prosecutor_kv1")
    grower = Grower(case, people, units, catalogue)

    def cost() -> tuple[int, list[str], int]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(address)
        assert answer.status_code == 200
        told = answer.json()
        rows = told["count"] if "count" in told else len(told["accused"])
        return len(queries), [each["sql"] for each in queries], rows

    grow(grower)
    cost()  # what a process remembers after its first request
    few, few_sql, rows = cost()
    grow(grower)
    grow(grower)
    many, many_sql, more_rows = cost()
    assert more_rows >= rows + 2
    assert many == few, "\n".join(["--- one", *few_sql, "--- three", *many_sql])
