"""Court bundles through the API."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pypdf
import pytest

from tests.api.conftest import Everything, Snapshot
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument
from vks_plugin.court.models import Bundle
from vks_plugin.organization.models import ProcuracyUnit

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_bundle_is_asked_for_followed_and_fetched(filed_case: FiledCase, as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    asked = client.post(f"/api/vks/cases/{filed_case.case.code}/bundles/")
    assert asked.status_code == 202, asked.content.decode()
    told = client.get(f"/api/vks/bundles/{asked.json()['id']}/").json()
    assert (told["status"], told["error"], told["document_count"]) == ("done", "", 3)
    assert told["progress"] == told["total"] == told["page_count"]
    fetched = client.get(f"/api/vks/bundles/{told['id']}/download/")
    content = b"".join(fetched.streaming_content)
    assert fetched["Content-Type"] == "application/pdf"
    assert fetched["Cache-Control"] == "private, no-store"
    assert int(fetched["Content-Length"]) == len(content)
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == told["page_count"]
    assert client.get(f"/api/vks/cases/{filed_case.case.code}/bundles/").json()["results"] == [told]


def test_what_is_odd_is_told_of_papers_the_asker_may_see(
    everything: Everything, people: dict[str, User], as_person: Any
) -> None:
    bundle, filed = everything.bundle, everything.filed
    hidden, seen = (each.document_id for each in filed.documents[:2])
    bundle.document_ids = [seen]
    bundle.cautions = [[seen, "nghieng", [2], 1], [hidden, "khong_chu", [1], 1], [999_999, "phong", [1], 1]]
    bundle.save()
    client = as_person("prosecutor_kv1")
    told = client.get(f"/api/vks/bundles/{bundle.pk}/").json()["cautions"]
    assert [(each["document"], each["caution"], each["pages"], each["count"]) for each in told] == [
        (seen, "nghieng", [2], 1),
        (hidden, "khong_chu", [1], 1),
    ]
    page = client.get(f"/vks/cases/{filed.case.code}/").content.decode()
    assert (
        f'&amp;page=2" target="vks-preview" data-vks-preview>{filed.documents[1].title}</a>, trang 2: chữ quay ngang'
        in page
    )
    assert "2 điểm nên xem" in page
    # a paper that is closed to the reader is not named, whatever is odd about it
    elsewhere = register(actor=people["clerk_kv3"], unit=ProcuracyUnit.objects.get(code="QN-KV3"))
    CaseDocument.objects.filter(document_id=hidden).update(case=elsewhere)
    told = client.get(f"/api/vks/bundles/{bundle.pk}/").json()["cautions"]
    assert [each["document"] for each in told] == [seen]


def test_a_bundle_is_named_for_every_program(everything: Everything, as_person: Any) -> None:
    answer = as_person("prosecutor_kv1").get(f"/api/vks/bundles/{everything.bundle.pk}/download/")
    kind, plain, full = answer["Content-Disposition"].split("; ")
    assert kind == "attachment"
    assert plain.isascii()
    assert plain.startswith('filename="hs-qn-kv1-')
    assert plain.endswith('.pdf"')
    assert full.isascii()
    assert unquote(full.removeprefix("filename*=UTF-8''")).startswith(
        f"{everything.filed.case.code} Toàn bộ hồ sơ vụ án"
    )


def test_a_bundle_is_not_compressed_on_its_way(everything: Everything, as_person: Any) -> None:
    answer = as_person("prosecutor_kv1").get(
        f"/api/vks/bundles/{everything.bundle.pk}/download/", HTTP_ACCEPT_ENCODING="gzip, br, zstd"
    )
    assert not answer.has_header("Content-Encoding")
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")


def test_a_bundle_is_checked_at_the_moment_it_is_fetched(
    everything: Everything, as_person: Any, people: dict[str, User]
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/api/vks/bundles/{everything.bundle.pk}/"
    assert client.get(f"{address}download/").status_code == 200
    assignment = everything.filed.case.assignments.get()
    access.end_assignment(actor=people["chief_kv1"], assignment=assignment)
    assert client.get(f"{address}download/").status_code == 404
    assert client.get(address).status_code == 404


def test_a_lost_file_is_said_to_be_lost(everything: Everything, as_person: Any) -> None:
    everything.bundle.path.unlink()
    answer = as_person("prosecutor_kv1").get(f"/api/vks/bundles/{everything.bundle.pk}/download/")
    assert answer.status_code == 404
    assert "lập lại" in answer.json()["detail"]


def test_a_waiting_bundle_can_be_stopped_once(filed_case: FiledCase, as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    # nothing is committed in this test, so no worker takes it
    asked = client.post(f"/api/vks/cases/{filed_case.case.code}/bundles/").json()
    assert asked["status"] == "queued"
    assert client.post(f"/api/vks/cases/{filed_case.case.code}/bundles/").json()["id"] == asked["id"]
    address = f"/api/vks/bundles/{asked['id']}/"
    assert client.get(f"{address}download/").status_code == 409
    assert client.post(f"{address}cancel/").json()["status"] == "cancelled"
    assert client.post(f"{address}cancel/").status_code == 409
    assert client.get(f"{address}download/").status_code == 409


def test_what_cannot_be_bundled_is_refused(case: CaseFile, as_person: Any, snapshot: Callable[[], Snapshot]) -> None:
    client, address = as_person("prosecutor_kv1"), f"/api/vks/cases/{case.code}/bundles/"
    before = snapshot()
    assert "chưa có tài liệu" in client.post(address).json()["detail"]
    preset = client.post(address, {"preset": "hsks"}, format="json")
    assert (preset.status_code, preset.json()["field"]) == (400, "preset")
    assert snapshot() == before
    assert not Bundle.objects.exists()


def test_an_id_nobody_gave_is_not_found(case: CaseFile, as_person: Any) -> None:
    client = as_person("prosecutor_kv1")
    for identity in (uuid.uuid4(), "1", "x", "%00", "../units"):
        for suffix in ("", "download/"):
            answer = client.get(f"/api/vks/bundles/{identity}/{suffix}")
            assert answer.status_code == 404
            assert answer["Content-Type"] == "application/json"
