"""Diagrams and scene plans through the API: put together, read back, and not lost to somebody who changes them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vks_plugin.court.deck.models import PlanMarker, Slide

if TYPE_CHECKING:
    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


def test_two_who_change_a_diagram_or_a_plan_at_once_lose_nothing(
    filed_case: FiledCase, as_person: Any, settings: Any
) -> None:
    settings.VKS_DECK_UNSEALED = True
    lead, chief = as_person("prosecutor_kv1"), as_person("chief_kv1")
    presentations = f"/api/vks/cases/{filed_case.case.code}/presentations/"
    number = lead.post(presentations, {"title": "Bài"}, format="json").json()["number"]
    slides = f"{presentations}{number}/slides/"
    plan, photos, _testimony = filed_case.documents
    given: dict[str, Any] = {
        "kind": "hien_truong",
        "title": "Hiện trường",
        "document": plan.document_id,
        "markers": [
            {"number": 1, "x": 0.25, "y": 0.5, "document": photos.document_id, "page": 2, "caption": "Con dao"}
        ],
    }
    answer = lead.post(slides, given, format="json")
    assert answer.status_code == 201, answer.content.decode()
    made = answer.json()
    number_one = PlanMarker.objects.get()
    assert made["markers"] == [given["markers"][0] | {"id": number_one.pk, "redacted": False}]
    drawing = lead.get(f"{slides}{made['id']}/drawing/")
    assert (drawing.status_code, drawing["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    assert b"Con dao" in drawing.content
    diagram = lead.post(slides, {"kind": "so_do", "diagram": "quan_he", "title": "Quan hệ"}, format="json").json()
    first = f"accused:{filed_case.case.accused.all()[0].pk}"
    changes: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
        (made, {"markers": [{"id": number_one.pk, "number": 2, "x": 0, "y": 1}]}, {"markers": []}),
        (diagram, {"edits": {"places": {first: [10, 20]}}}, {"edits": {"hidden": [first]}}),
    ]
    for slide, one, other in changes:
        where = f"{slides}{slide['id']}/"
        # who does not say from what is asked; nothing changes
        unsaid = lead.patch(where, one, format="json")
        assert (unsaid.status_code, unsaid.json()["field"]) == (400, "version")
        changed = lead.patch(where, one | {"version": slide["version"]}, format="json")
        assert (changed.status_code, [each["id"] for each in changed.json()["markers"]]) == (
            200,
            [number_one.pk] if slide is made else [],
        )
        late = chief.patch(where, other | {"version": slide["version"], "title": "Khác"}, format="json")
        assert late.status_code == 409
        assert "Người khác vừa sửa trang này" in late.json()["detail"]
        kept = next(each for each in lead.get(slides).json()["results"] if each["id"] == slide["id"])
        assert kept["title"] == slide["title"]
        assert chief.patch(where, other | {"version": kept["version"]}, format="json").status_code == 200
    assert not PlanMarker.objects.exists()
    kept = Slide.objects.get(pk=diagram["id"])
    assert kept.edits["hidden"] == [first]
    # a box and a line by hand; what cannot be kept is told
    where = f"{slides}{diagram['id']}/"
    version = lead.get(slides).json()["results"][-1]["version"]
    box = {"kind": "act", "label": "Lấy xe", "day": "2026-02-28", "folio": "2"}
    edits = {"boxes": [box], "added": [[first, "own:1"]], "words": [[first, "own:1", "thực hiện"]]}
    refused = lead.patch(where, {"version": version, "edits": {"boxes": [box | {"folio": "999"}]}}, format="json")
    assert (refused.status_code, refused.json()["field"]) == (400, "edits")
    answer = lead.patch(where, {"version": version, "edits": edits}, format="json")
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json()["edits"]["boxes"] == [box | {"key": "own:1"}]
    drawing = lead.get(f"{where}drawing/").content.decode()
    assert ("Lấy xe" in drawing, "28/02/2026 · BL 2" in drawing, "thực hiện" in drawing) == (True, True, True)
    # what cannot be is told, and nothing changes
    for wrong in ({"x": 2}, {"number": 0}, {"folio": "999"}, {"where": 1}):
        marker = {"number": 1, "x": 0.5, "y": 0.5} | wrong
        refused = lead.post(slides, given | {"markers": [marker]}, format="json")
        assert (refused.status_code, refused.json()["field"].split(".")[0]) == (400, "markers")
    assert lead.get(f"{slides}{10**8}/drawing/").status_code == 404


def test_a_document_of_a_large_archive_is_taken_by_its_number(
    filed_case: FiledCase, as_person: Any, settings: Any
) -> None:
    """Numbers of documents go far beyond those that stand on a scene plan."""
    settings.VKS_DECK_UNSEALED = True
    lead, of_case = as_person("prosecutor_kv1"), f"/api/vks/cases/{filed_case.case.code}/"
    slides = (
        f"{of_case}presentations/{lead.post(f'{of_case}presentations/', {'title': 'Bài'}).json()['number']}/slides/"
    )
    paper = filed_case.documents[0].document_id
    marker = {"number": 1, "x": 0.5, "y": 0.5, "page": 1}
    asked: dict[str, Any] = {
        f"{of_case}marks/": lambda number: {"document": number, "page": 1, "area": [0.1, 0.1, 0.2, 0.2]},
        slides: lambda number: {"kind": "chung_cu", "title": "Ảnh", "document": number},
        f"{slides}?": lambda number: {
            "kind": "hien_truong",
            "title": "Hiện trường",
            "document": paper,
            "markers": [marker | {"document": number}],
        },
    }
    for address, given in asked.items():
        answers = {}
        for number in (900, 5001, 2**31 - 1, 2**31, -1, -(10**30)):
            answer = lead.post(address, given(number), format="json")
            answers[number] = answer.status_code, answer.json()
        # none of them is a paper of the case, which is all that is said of any that a database holds
        assert answers[900] == answers[5001] == answers[2**31 - 1], address
        assert {answers[number][0] for number in (2**31, -1, -(10**30))} == {400}, address
        assert answers[2**31] != answers[5001], address
