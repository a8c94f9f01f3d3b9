"""Bundles on the case page: asked for, followed, fetched."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pypdf
import pytest
from django.utils import timezone

from tests.people import FiledCase
from tests.web.conftest import Page, fetched
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, CatalogueType
from vks_plugin.court import actions as court
from vks_plugin.court.choosing import Wishes
from vks_plugin.court.models import Bundle

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.api.conftest import Everything, Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def test_a_bundle_is_asked_for_followed_and_fetched(
    filed_case: FiledCase,
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/"
    # not committed: it waits, and the part of the page asks again by itself
    waiting = Page(client.post(f"{address}bundle/", headers=PART))
    box = waiting.elements[0][1]
    assert (box["class"], box["hx-trigger"]) == ("vks-bundle", "every 1s")
    assert "Chờ lập" in waiting.text
    assert Bundle.objects.get().status == Bundle.Status.QUEUED
    client.post(f"/vks/bundles/{Bundle.objects.get().pk}/cancel/")
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(f"{address}bundle/", follow=True)
    assert "Đang lập tập hồ sơ." in Page(made).text
    bundle = Bundle.objects.get(status=Bundle.Status.DONE)
    part = Page(client.get(f"/vks/bundles/{bundle.pk}/"))
    assert "hx-get" not in part.elements[0][1]
    assert f"{bundle.page_count} trang, 3 tài liệu" in part.text
    link = next(link for link in Page(client.get(address)).links() if link.endswith("/download/"))
    content = fetched(client.get(link))
    assert hashlib.sha256(content).hexdigest() == bundle.sha256
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == bundle.page_count


def listing(answer: Any) -> dict[str, Any]:
    """Return what the list of papers would send back, and what is ticked in it."""
    fields = {
        name: each.get("value", "")
        for tag, each in Page(answer).elements
        if tag == "input" and (name := each.get("name", "")) in {"listed", "seen"}
    }
    boxes = [each for tag, each in Page(answer).elements if tag == "input" and each.get("name") == "document"]
    assert all(each["type"] == "checkbox" for each in boxes)
    offered = [int(each["value"]) for each in boxes]
    return {**fields, "offered": offered, "ticked": [int(each["value"]) for each in boxes if "checked" in each]}


def test_papers_are_picked_from_a_list_without_a_script(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    first, second, third = (each.document_id for each in filed_case.documents)
    address = f"/vks/cases/{filed_case.case.code}/bundle/choose/"
    assert address in Page(client.get(f"/vks/cases/{filed_case.case.code}/")).links()
    shown = client.get(address)
    seen = listing(shown)
    assert seen["offered"] == seen["ticked"] == [first, second, third]
    # nothing internal can be ticked, and the page says so
    assert filed_case.internal.title in Page(shown).text
    assert "không bao giờ vào tập hồ sơ" in Page(shown).text
    form = {"preset": "toan_bo", "listed": seen["listed"], "seen": seen["seen"]}
    # buttons tick and untick; nothing is made by them
    none = listing(client.post(address, {**form, "document": [first, second], "mark": "none"}))
    assert (none["offered"], none["ticked"]) == ([first, second, third], [])
    assert listing(client.post(address, {**form, "document": [first], "mark": "all:1"}))["ticked"] == [first, second]
    for picked, sentence in (
        ([], "Hãy đánh dấu ít nhất một tài liệu."),
        ([first, filed_case.internal.document_id], "nay không chọn được nữa"),
        ([first, 999_999], "nay không chọn được nữa"),
    ):
        refused = client.post(address, {**form, "document": picked, "make": "1"})
        assert refused.status_code == 400
        assert sentence in Page(refused).text
        assert listing(refused)["ticked"] == [each for each in picked if each == first]
    assert not Bundle.objects.exists()
    made = client.post(address, {**form, "document": [third, first], "make": "1", "agency": "on"}, follow=True)
    assert "Đang lập tập hồ sơ." in Page(made).text
    bundle = Bundle.objects.get()
    assert bundle.document_ids == [first, third]
    assert bundle.options["agency"]
    court.build(bundle.pk)
    bundle.refresh_from_db()
    cover = pypdf.PdfReader(bundle.path).pages[0].extract_text()
    assert "Chỉ gồm những tài liệu người lập đã chọn" in " ".join(cover.split())


def test_what_a_preset_leaves_out_is_shown_with_the_reason_and_cannot_be_picked(
    filed_case: FiledCase, as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")
    first, _second, third = filed_case.documents
    kinds = {code: CatalogueType.objects.get(code=code) for code in ("BBHC", "CT", "QDKTVA")}
    for filed, code in zip(filed_case.documents, ("BBHC", "QDKTVA", "CT"), strict=True):
        CaseDocument.objects.filter(pk=filed.pk).update(document_type=kinds[code])
    address = f"/vks/cases/{filed_case.case.code}/bundle/choose/"
    whole = listing(client.get(address))
    # another preset was chosen, and the list is still that of the first
    other = {"preset": "trinh_toa", "listed": whole["listed"], "seen": whole["seen"], "document": whole["ticked"]}
    refused = client.post(address, {**other, "make": "1"})
    assert refused.status_code == 400
    assert "hãy xem lại dấu chọn" in Page(refused).text
    court_list = listing(refused)
    # the indictment first, as in the bundle
    assert court_list["offered"] == court_list["ticked"] == [third.document_id, first.document_id]
    assert "Loại này không phải cáo trạng, chứng cứ" in Page(refused).text
    made = client.post(
        address, {"preset": "trinh_toa", "listed": court_list["listed"], "document": third.document_id, "make": "1"}
    )
    assert made.status_code == 302
    assert Bundle.objects.get().document_ids == [third.document_id]
    # picked from, nothing is ticked beforehand, and what nobody had touched is not carried over
    extract = listing(client.post(address, {**other, "preset": "trich_luc"}))
    assert (len(extract["offered"]), extract["ticked"]) == (3, [])
    # what cannot be made says why, and lists nothing
    early = client.get(address, {"preset": "bi_can_bao_chua"})
    assert early.status_code == 400
    assert "từ khi kết thúc điều tra" in Page(early).text
    assert listing(early)["offered"] == []


def test_a_bundle_that_is_added_to_keeps_what_it_has(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    kept, *late = (each.document_id for each in filed_case.documents)
    begun = court.request_bundle(actor=people["prosecutor_kv1"], case=filed_case.case, wishes=Wishes(documents=(kept,)))
    court.build(begun.pk)
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/bundle/choose/"
    shown = client.get(address, {"preset": "bo_sung", "earlier": str(begun.pk)})
    assert listing(shown)["offered"] == late
    assert "đã có trong tập trước" in Page(shown).text
    assert "Đã chọn 3 tài liệu, 6 trang." in Page(shown).text
    # a core bundle is picked from what the main one has
    core = client.get(address, {"preset": "tap_loi", "earlier": str(begun.pk)})
    assert (listing(core)["offered"], listing(core)["ticked"]) == ([kept], [])
    assert Page(core).text.count("Không có trong tập chính") == 2


def test_a_fetched_bundle_says_what_it_is(everything: Everything, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    answer = client.get(f"/vks/bundles/{everything.bundle.pk}/download/", headers={"Accept-Encoding": "gzip, br, zstd"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer.has_header("Content-Encoding")
    assert int(answer["Content-Length"]) == everything.bundle.path.stat().st_size
    kind, plain, full = answer["Content-Disposition"].split("; ")
    assert kind == "attachment"
    assert plain.isascii()
    name = unquote(full.removeprefix("filename*=UTF-8''"))
    assert full.isascii()
    assert unicodedata.is_normalized("NFC", name)
    day = timezone.localtime(everything.bundle.created_at)
    # its case is heard today
    assert name == f"{everything.filed.case.code} Toàn bộ hồ sơ vụ án phiên tòa {day:%Y-%m-%d}.pdf"
    # nothing of the people in it, in a name that ends up in lists of downloads
    assert "Ánh" not in name


def test_a_bundle_can_be_read_beside_the_list(everything: Everything, as_person: SignIn) -> None:
    answer = as_person("prosecutor_kv1").get(f"/vks/bundles/{everything.bundle.pk}/download/?inline=1")
    assert answer["Content-Disposition"].startswith("inline; ")
    # shown in a frame of our own page, by the browser's own viewer
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert not answer.has_header("Content-Security-Policy")


def test_nobody_fetches_what_became_closed_to_them(
    everything: Everything, people: dict[str, User], as_person: SignIn
) -> None:
    client, leader = as_person("prosecutor_kv1"), as_person("chief_kv1")
    address = f"/vks/bundles/{everything.bundle.pk}/"
    assert client.get(f"{address}download/").status_code == 200
    access.end_assignment(actor=people["chief_kv1"], assignment=everything.filed.case.assignments.get())
    assert client.get(f"{address}download/").status_code == 404
    assert client.get(address).status_code == 404
    # one document more than the leader may see is one too many as well
    everything.bundle.document_ids = [*everything.bundle.document_ids, 999_999]
    everything.bundle.save()
    assert leader.get(f"{address}download/").status_code == 404
    assert address not in leader.get(f"/vks/cases/{everything.filed.case.code}/").content.decode()


def test_a_lost_file_is_said_to_be_lost(everything: Everything, as_person: SignIn) -> None:
    everything.bundle.path.unlink()
    answer = as_person("prosecutor_kv1").get(f"/vks/bundles/{everything.bundle.pk}/download/")
    assert answer.status_code == 404
    assert "hãy lập lại tập hồ sơ" in Page(answer).text


def test_a_failed_bundle_says_why(everything: Everything, as_person: SignIn) -> None:
    Bundle.objects.filter(pk=everything.bundle.pk).update(status="failed", error="Tệp của “Cáo trạng” bị hỏng.")
    client = as_person("prosecutor_kv1")
    page = Page(client.get(f"/vks/bundles/{everything.bundle.pk}/"))
    assert "Tệp của “Cáo trạng” bị hỏng." in page.text
    assert "Tải về" not in page.text
    assert "hx-get" not in page.elements[0][1]
    assert client.get(f"/vks/bundles/{everything.bundle.pk}/download/").status_code == 409


def test_stopping_stops_once(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    client.post(f"/vks/cases/{filed_case.case.code}/bundle/")
    bundle = Bundle.objects.get()
    stopped = client.post(f"/vks/bundles/{bundle.pk}/cancel/", headers=PART)
    assert "Đã dừng" in Page(stopped).text
    again = client.post(f"/vks/bundles/{bundle.pk}/cancel/", headers=PART)
    assert again.status_code == 409
    assert "đã lập xong hoặc đã dừng" in Page(again).text
    assert f"/vks/bundles/{bundle.pk}/go-on/" in stopped.content.decode()
    assert "Chờ lập" in Page(client.post(f"/vks/bundles/{bundle.pk}/go-on/", headers=PART)).text


def test_two_clicks_make_one_bundle(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    answers = [client.post(f"/vks/cases/{filed_case.case.code}/bundle/", headers=PART) for _ in range(2)]
    assert Bundle.objects.count() == 1
    assert {Page(answer).elements[0][1]["id"] for answer in answers} == {f"bundle-{Bundle.objects.get().pk}"}


def test_an_empty_case_has_nothing_to_bundle(
    case: CaseFile, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    client: Any = as_person("prosecutor_kv1")
    for headers in ({}, PART):
        answer = client.post(f"/vks/cases/{case.code}/bundle/", headers=headers)
        assert answer.status_code == 400
        assert "hãy nộp tài liệu trước khi lập tập" in Page(answer).text
    assert snapshot() == before


def test_an_extract_in_volumes_is_asked_for_and_fetched_piece_by_piece(
    filed_case: FiledCase, as_person: SignIn, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/"
    wishes = {"preset": "trich_luc", "folios": "1-5", "volume_pages": "4", "corner": "top_right", "agency": "on"}
    for wrong, sentence in (
        ({"preset": "khac"}, "khac"),
        ({"preset": "trich_luc"}, "nêu bút lục"),
        ({"earlier": "x"}, ""),
    ):
        refused = client.post(f"{address}bundle/", wrong, headers=PART)
        assert refused.status_code == 400
        assert sentence in Page(refused).text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}bundle/", wishes)
    bundle = Bundle.objects.get()
    assert (bundle.status, bundle.document_count, len(bundle.volumes)) == (Bundle.Status.DONE, 2, 2)
    links = [link for link in Page(client.get(address)).links() if f"{bundle.pk}/download/" in link]
    for row, link in zip(bundle.volumes, links, strict=False):
        assert link.endswith(f"?piece={row['volume']}")
        answer = client.get(link)
        assert "tập" in unquote(answer["Content-Disposition"])
        assert hashlib.sha256(fetched(answer)).hexdigest() == row["sha256"]
    answer = client.get(f"/vks/bundles/{bundle.pk}/download/?piece=manifest")
    assert answer["Content-Type"] == "application/json"
    assert bundle.volumes[1]["sha256"] in fetched(answer).decode()
    for piece in ("3", "0", "-1", "bo-sung", "9999999999", "../x"):
        assert client.get(f"/vks/bundles/{bundle.pk}/download/", {"piece": piece}).status_code == 404
    # who may not read the papers fetches no piece of them, not even the list
    stranger = as_person("clerk_kv1")
    for piece in ("1", "manifest"):
        assert stranger.get(f"/vks/bundles/{bundle.pk}/download/", {"piece": piece}).status_code == 404
