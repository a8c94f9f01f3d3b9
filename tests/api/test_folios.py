"""Numbering, its report, volumes and inventories through the API."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from rest_framework.test import APIClient

from tests.cases.papers import paper
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, DocumentInventory, Folio

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.api.conftest import Everything, Snapshot
    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile, CatalogueType

pytestmark = pytest.mark.django_db

SECRET = "Đề xuất truy tố, nội bộ tuyệt đối"


@pytest.fixture
def client(as_person: Callable[[str], APIClient]) -> APIClient:
    return as_person("prosecutor_kv1")


@pytest.fixture
def loose(filed_case: FiledCase, catalogue: dict[str, CatalogueType]) -> list[CaseDocument]:
    """Return two documents that wait: an indictment of two pages, then an older statement of three."""
    return [
        paper(filed_case.case, catalogue["CT"], 2, title="Cáo trạng"),
        paper(filed_case.case, catalogue["BBHC"], 3, title="Bản tự khai"),
    ]


def at(case: CaseFile, place: str) -> str:
    return f"/api/vks/cases/{case.code}/{place}/"


def test_the_report_tells_what_is_wrong_and_what_is_explained(
    filed_case: FiledCase, loose: list[CaseDocument], client: APIClient
) -> None:
    case = filed_case.case
    client.post(
        at(case, "folio-explanations"),
        {"finding": "document", "document": loose[0].document_id, "text": "Bản chụp."},
        format="json",
    )
    told = client.get(at(case, "folio-report")).json()
    assert {name: told[name] for name in ("documents", "folios", "last", "open")} == {
        "documents": 5,
        "folios": 6,
        "last": 6,
        "open": 2,
    }
    assert [(each["finding"], each["sentence"], each["explained"]) for each in told["defects"]] == [
        ("document", "Tài liệu không có bút lục.", True),
        ("document", "Tài liệu không có bút lục.", False),
        ("outside_volumes", "Bút lục 1–6 không thuộc tập nào.", False),
    ]
    first, _second, outside = told["defects"]
    assert first["documents"] == [{"document": loose[0].document_id, "title": "Cáo trạng"}]
    assert first["explanations"][0]["text"] == "Bản chụp."
    assert first["explanations"][0]["explained_by"] == {"username": "prosecutor_kv1", "name": "Đỗ Hữu Ước"}
    assert (outside["folio_from"], outside["folio_to"]) == ("1", "6")


def test_what_waits_is_proposed_confirmed_and_numbered_once(
    filed_case: FiledCase, loose: list[CaseDocument], client: APIClient, snapshot: Callable[[], Snapshot]
) -> None:
    case = filed_case.case
    before = snapshot()
    proposal = client.get(at(case, "number-folios")).json()
    assert snapshot() == before
    assert (proposal["profile"], proposal["first"], proposal["last"]) == ("VKS-TRUYTO", 7, 11)
    assert [(each["title"], each["folios"]) for each in proposal["documents"]] == [
        ("Bản tự khai", "7–9"),
        ("Cáo trạng", "10–11"),
    ]
    order = [each["document"] for each in reversed(proposal["documents"])]
    answer = client.post(
        at(case, "number-folios"),
        {
            "profile": "VKS-TRUYTO",
            "order": order,
            "without": [{"document": order[1], "pages": [2]}],
            "without_reason": "Trang trắng",
        },
        format="json",
    )
    assert (answer.status_code, answer.json()) == (201, {"numbered": 4})
    shown = client.get(at(case, "folios"), {"page_size": 50}).json()["results"]
    assert [(each["label"], each["title"], each["page"]) for each in shown][6:] == [
        ("7", "Cáo trạng", 1),
        ("8", "Cáo trạng", 2),
        ("9", "Bản tự khai", 1),
        ("10", "Bản tự khai", 3),
    ]
    assert {(each["state"], each["stamped_by"]) for each in shown[6:]} == {("chinh_thuc", "VKS")}
    before = snapshot()
    again = client.post(at(case, "number-folios"), {"order": order}, format="json")
    assert again.status_code == 409
    assert "Điều 35" in again.json()["detail"]
    assert again.json()["field"] == "order"
    assert snapshot() == before


@pytest.mark.parametrize(
    ("place", "body", "status", "field"),
    [
        ("number-folios", {"profile": "KHONG-CO"}, 400, "profile"),
        ("number-folios", {"profile": "VKS-KSDT"}, 400, "profile"),
        ("number-folios", {"profile": "CQDT"}, 409, "profile"),
        ("number-folios", {"order": [999_999]}, 400, "order"),
        ("number-folios", {"order": "1"}, 400, "order"),
        ("number-folios", {"first": 3, "reason": "vì"}, 409, "first"),
        ("number-folios", {"first": 300}, 400, "reason"),
        ("number-folios", {"first": 10**30}, 400, "first"),
        ("number-folios", {"start": 7}, 400, "start"),
        ("number-folios", {"without": [{"document": 999_999, "pages": [1]}]}, 400, "without"),
        ("folios", {"label": "x", "document": 1, "text": "vì"}, 400, "label"),
        ("folios", {"label": "6a", "document": 999_999, "text": "vì"}, 400, "document"),
        ("folio-corrections", {"first": "2", "right": "7", "text": "vì"}, 409, "label"),
        ("folio-corrections", {"first": "2", "text": "vì"}, 400, "right"),
        ("folio-corrections", {"first": "2", "right": "7"}, 400, "text"),
        ("folio-corrections", {"first": "1x2", "right": "7", "text": "vì"}, 400, "first"),
        ("folio-corrections", {"first": "77", "right": "78", "text": "vì"}, 404, "first"),
        ("folio-explanations", {"finding": "gap", "folio_from": 9, "folio_to": 8, "text": "vì"}, 400, "folio_from"),
        ("folio-explanations", {"finding": "page", "text": "vì"}, 400, "document"),
        ("folio-stamps", {"document": 999_999, "pages": [1], "profile": "CQDT"}, 400, "document"),
        ("folio-pages", {"document": 999_999, "pages": [1]}, 400, "document"),
        ("volume-proposal", {"volumes": [{"folio_from": 5, "folio_to": 2}]}, 400, "folio_from"),
        ("volume-proposal", {"volumes": [{"folio_from": 1, "folio_to": 2}] * 2}, 409, "folio_from"),
        ("volume-proposal", {"volumes": []}, 400, "volumes"),
        ("inventories", {"day": "2999-01-01"}, 400, "day"),
        ("inventories", {"day": "mai"}, 400, "day"),
    ],
)
def test_what_cannot_be_done_says_where_and_leaves_nothing(
    place: str,
    body: dict[str, Any],
    status: int,
    field: str,
    filed_case: FiledCase,
    loose: list[CaseDocument],
    client: APIClient,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = client.post(at(filed_case.case, place), body, format="json")
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.json()
    assert answer.json()["detail"]
    assert snapshot() == before


@pytest.mark.parametrize("place", ["folios", "folio-explanations", "folio-stamps", "folio-pages", "number-folios"])
def test_an_internal_paper_is_one_that_is_not_there(
    place: str,
    filed_case: FiledCase,
    client: APIClient,
    snapshot: Callable[[], Snapshot],
) -> None:
    def asked(host_id: int) -> Any:
        bodies: dict[str, dict[str, Any]] = {
            "folios": {"label": "6a", "document": host_id, "page": 1, "text": "vì"},
            "folio-explanations": {"finding": "document", "document": host_id, "text": "vì"},
            "folio-stamps": {"document": host_id, "pages": [1], "profile": "CQDT"},
            "folio-pages": {"document": host_id, "pages": [1]},
            "number-folios": {"order": [host_id]},
        }
        answer = client.post(at(filed_case.case, place), bodies[place], format="json")
        return answer.status_code, answer.json()

    before = snapshot()
    assert asked(filed_case.internal.document_id) == asked(999_999)
    assert asked(999_999)[0] == 400
    assert snapshot() == before


def test_a_report_that_is_internal_cannot_be_named(filed_case: FiledCase, client: APIClient) -> None:
    body = {"finding": "gap", "folio_from": 7, "text": "vì", "report": filed_case.internal.document_id}
    answer = client.post(at(filed_case.case, "folio-explanations"), body, format="json")
    assert (answer.status_code, answer.json()["field"]) == (400, "report")


def test_stamps_are_shown_without_a_number(filed_case: FiledCase, loose: list[CaseDocument], client: APIClient) -> None:
    case = filed_case.case
    body = {"document": loose[1].document_id, "pages": [1, 3], "profile": "CQDT"}
    assert client.post(at(case, "folio-stamps"), body, format="json").json() == {"folios": 2}
    shown = client.get(at(case, "folios"), {"document": loose[1].document_id}).json()["results"]
    assert [(each["number"], each["label"], each["page"], each["state"]) for each in shown] == [
        (None, "", 1, "tam"),
        (None, "", 3, "tam"),
    ]


def test_a_correction_and_a_suffix_say_what_they_did(
    filed_case: FiledCase, loose: list[CaseDocument], client: APIClient
) -> None:
    case = filed_case.case
    added = client.post(
        at(case, "folios"),
        {"label": "6a", "document": loose[0].document_id, "page": 2, "text": "Bỏ sót khi đánh số."},
        format="json",
    )
    assert (added.status_code, added.json()["label"], added.json()["page"]) == (201, "6a", 2)
    moved = client.post(
        at(case, "folio-corrections"), {"first": "6", "right": "5a", "text": "Trùng số 5."}, format="json"
    )
    assert moved.json() == {"folios": 1}
    assert Folio.objects.filter(case=case, number=5, suffix="a", state="sua_co_giai_trinh").count() == 1
    gone = client.post(at(case, "folio-corrections"), {"first": "1", "missing": True, "text": "Thiếu."}, format="json")
    assert gone.json() == {"folios": 1}
    told = client.get(at(case, "folio-explanations")).json()["results"]
    assert {(each["finding"], each["folio_from"], each["text"]) for each in told} == {
        ("correction", 6, "Bỏ sót khi đánh số."),
        ("correction", 5, "Trùng số 5."),
        ("missing", 1, "Thiếu."),
    }


def test_volumes_are_proposed_between_documents_and_bound(filed_case: FiledCase, client: APIClient) -> None:
    case = filed_case.case
    proposed = client.get(at(case, "volume-proposal"), {"most": 3}).json()
    assert proposed == [
        {"number": 1, "folio_from": 1, "folio_to": 2},
        {"number": 2, "folio_from": 3, "folio_to": 5},
        {"number": 3, "folio_from": 6, "folio_to": 6},
    ]
    body = {"volumes": [{"folio_from": each["folio_from"], "folio_to": each["folio_to"]} for each in proposed]}
    bound = client.post(at(case, "volume-proposal"), body, format="json")
    assert [(each["number"], each["folio_to"]) for each in bound.json()] == [(1, 2), (2, 5), (3, 6)]
    assert client.get(at(case, "folio-report")).json()["defects"] == []
    assert client.get(at(case, "volume-proposal")).json() == []
    for wrong in ("0", "-1", "x", "99999999999", "²"):
        answer = client.get(at(case, "volume-proposal"), {"most": wrong})
        assert (answer.status_code, answer.json()["field"]) == (400, "most")


@pytest.mark.parametrize("name", ["pdf", "docx", "xlsx"])
def test_an_inventory_is_drawn_up_and_fetched(
    name: str, filed_case: FiledCase, client: APIClient, as_person: Callable[[str], APIClient]
) -> None:
    case = filed_case.case
    CaseDocument.objects.filter(pk=filed_case.internal.pk).update(title=SECRET)
    made = client.post(at(case, "inventories"), {}, format="json")
    assert made.status_code == 201
    assert [row["folios"] for row in made.json()["rows"]] == ["1–2", "3–5", "6"]
    assert (made.json()["number"], made.json()["title"]) == (1, "THỐNG KÊ TÀI LIỆU")
    for reader in ("prosecutor_kv1", "chief_province"):
        answer = as_person(reader).get(at(case, "inventories/1/file"), {"format": name})
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == f'attachment; filename="{case.code.lower()}-thong-ke-tai-lieu-1.{name}"'
        assert "no-store" in answer["Cache-Control"]
        if name == "pdf":
            said = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        elif name == "docx":
            said = Document(io.BytesIO(answer.content)).element.xml
        else:
            said = str(list(load_workbook(io.BytesIO(answer.content)).active.values))
        assert "Quyết định khởi tố bị can" in " ".join(said.split())
        assert "nội bộ" not in said
    assert SECRET not in str(client.get(at(case, "inventories")).json())


def test_a_file_without_a_format_is_a_pdf_and_another_format_is_refused(
    everything: Everything, client: APIClient
) -> None:
    address = at(everything.filed.case, "inventories/1/file")
    assert client.get(address)["Content-Type"] == "application/pdf"
    answer = client.get(address, {"format": "odt"})
    assert (answer.status_code, answer.json()["field"]) == (400, "format")
    assert client.get(at(everything.filed.case, "inventories/2/file")).status_code == 404
    assert client.get(at(everything.filed.case, "inventories/2")).status_code == 404


def test_an_inventory_cannot_be_changed_or_deleted(everything: Everything, client: APIClient) -> None:
    address = at(everything.filed.case, "inventories/1")
    rows = DocumentInventory.objects.get().rows
    for method in ("put", "patch", "delete"):
        assert getattr(client, method)(address, {"rows": []}, format="json").status_code == 405
    assert DocumentInventory.objects.get().rows == rows


def test_the_scanning_staff_of_a_case_number_it_and_see_no_internal_paper(
    filed_case: FiledCase,
    loose: list[CaseDocument],
    people: dict[str, User],
    as_person: Callable[[str], APIClient],
) -> None:
    case = filed_case.case
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    CaseDocument.objects.filter(pk=filed_case.internal.pk).update(title=SECRET)
    client = as_person("scanner_kv1")
    assert client.post(at(case, "number-folios"), {}, format="json").json() == {"numbered": 5}
    assert client.post(at(case, "inventories"), {}, format="json").status_code == 201
    for place in ("folio-report", "number-folios", "inventories", "folio-explanations", "folios", "history"):
        assert SECRET not in client.get(at(case, place)).content.decode()


def test_profiles_are_told_to_whoever_is_signed_in(
    filed_case: FiledCase, as_person: Callable[[str], APIClient]
) -> None:
    told = as_person("outsider").get("/api/vks/folio-profiles/").json()["results"]
    assert {each["code"]: each["verified"] for each in told}["CQDT"] is True
    assert {each["code"]: each["verified"] for each in told}["CQDT-TO"] is False
