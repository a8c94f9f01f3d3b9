"""A list costs the same number of queries however long it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import unfiled_document
from tests.people import file_pdf, register
from vks_plugin.access import actions as access
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
        key = ("inspector_kv1", "other_prosecutor_kv1", "scanner_kv1", "deputy_kv1")[self.made]
        access.assign(actor=self.people["chief_kv1"], case=self.case, user=self.people[key], role="prosecutor")
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
        return len(queries), [each["sql"] for each in queries], answer.json()["count"]

    grow(grower)
    cost()  # what a process remembers after its first request
    few, few_sql, rows = cost()
    grow(grower)
    grow(grower)
    many, many_sql, more_rows = cost()
    assert more_rows >= rows + 2
    assert many == few, "\n".join(["--- one", *few_sql, "--- three", *many_sql])
