"""The page of a case: papers, people, and what it costs to show."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.people import FiledCase, file_pdf, register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.access.queries import leads_of
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.organization.actions import appoint
from vks_plugin.organization.models import Appointment

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.api.conftest import Snapshot
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def test_papers_stand_in_the_order_of_the_file(filed_case: FiledCase, as_person: SignIn) -> None:
    page = Page(as_person("prosecutor_kv1").get(f"/vks/cases/{filed_case.case.code}/"))
    words = page.words
    # the next number is told; filled in, it would be given to whatever comes, and a number given stays
    assert page.fields["folio_from"] == ""
    assert "Bút lục tiếp theo: 7 ." in page.text
    shown = [word for word in words if word.startswith("BL ") and word[3:4].isdigit()]
    assert shown == ["BL 1–2", "BL 3–5", "BL 6"]
    assert words.index("Hồ sơ vụ án") < words.index("BL 6") < words.index("Hồ sơ kiểm sát (nội bộ)")
    assert words.index("Hồ sơ kiểm sát (nội bộ)") < words.index("Báo cáo đề xuất")


def test_who_only_scans_does_not_see_the_supervision_file(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    access.assign(actor=people["chief_kv1"], case=filed_case.case, user=people["scanner_kv1"], role="scan_operator")
    address = f"/vks/cases/{filed_case.case.code}/"
    for headers in ({}, PART):
        said = as_person("scanner_kv1").get(address, headers=headers).content.decode()
        assert "Báo cáo đề xuất</a>" not in said
        assert f"/api/documents/{filed_case.internal.document_id}/" not in said
        assert "Hồ sơ kiểm sát (nội bộ)" not in said
        assert "BL 3–5" in said
    assert as_person("scanner_kv1").get(f"{address}documents/{filed_case.internal.document_id}/").status_code == 404


def test_who_may_only_know_of_the_case_reads_no_paper_and_no_person_s_name_of_the_readers(
    filed_case: FiledCase, as_person: SignIn
) -> None:
    said = as_person("clerk_kv1").get(f"/vks/cases/{filed_case.case.code}/").content.decode()
    assert "Bạn biết vụ án này nhưng không đọc được tài liệu" in said
    for secret in (
        "BL 1–2",
        "Quyết định khởi tố bị can",
        "/api/documents/",
        "Đỗ Hữu Ước",
        "Lập tập hồ sơ",
        "Nộp tài liệu",
    ):
        assert secret not in said, secret
    part = as_person("clerk_kv1").get(f"/vks/cases/{filed_case.case.code}/", headers=PART).content.decode()
    assert "Quyết định khởi tố bị can" not in part
    assert "/api/documents/" not in part


def test_a_restricted_case_is_marked(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, as_person: SignIn
) -> None:
    made = register(actor=people["chief_kv1"], unit=units["QN-KV1"], confidentiality="han_che_noi_bo")
    assert "Hạn chế nội bộ" in Page(as_person("chief_kv1").get(f"/vks/cases/{made.code}/")).words
    assert as_person("chief_province").get(f"/vks/cases/{made.code}/").status_code == 404
    assert made.code not in as_person("clerk_kv1").get("/vks/").content.decode()


def test_a_leader_assigns_and_takes_back(filed_case: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    case = filed_case.case
    leader, inspector = as_person("chief_kv1"), as_person("inspector_kv1")
    address = f"/vks/cases/{case.code}/"
    section = f"{address}record/assignments/"
    assert inspector.get(address).status_code == 404
    page = Page(leader.get(section))
    assert f"Mai Thị Ỷ ({people['inspector_kv1'].username})" in page.text
    # somebody of another office, or locked, cannot be chosen
    assert "(prosecutor_kv3)" not in page.text
    offered = {attributes.get("value") for tag, attributes in page.elements if tag == "option"}
    assert str(people["inspector_kv1"].pk) in offered
    assert str(people["locked"].pk) not in offered
    later = timezone.localdate() + dt.timedelta(days=3)
    to_come = {"user": str(people["scanner_kv1"].pk), "role": "scan_operator", "starts_on": f"{later:%d/%m/%Y}"}
    assert f"{later:%d/%m/%Y}" in Page(leader.post(f"{address}assign/", to_come, follow=True)).text
    assert as_person("scanner_kv1").get(address).status_code == 404
    body = {"user": str(people["inspector_kv1"].pk), "role": "inspector", "ends_on": ""}
    answer = leader.post(f"{address}assign/", body, follow=True)
    assert answer.redirect_chain[-1][0] == section
    assert "Đã phân công." in Page(answer).text
    assert "Mai Thị Ỷ – Kiểm tra viên được phân công vào vụ án" in Page(answer).words
    assert "Kiểm tra viên được phân công vào vụ án" in Page(inspector.get(section)).text
    again = leader.post(f"{address}assign/", body, follow=True)
    assert "đã được phân công vai trò đó" in Page(again).text
    ended = Assignment.objects.get(user=people["inspector_kv1"])
    assert leader.post(f"{address}assignments/{ended.pk}/end/").status_code == 302
    assert inspector.get(address).status_code == 404
    assert leader.post(f"{address}assignments/{ended.pk}/end/").status_code == 409
    # whoever leads here sees that nobody has a case whose prosecutor left
    left = "đã thôi giữ chức vụ"
    pages = (section, "/vks/")
    assert not [each for each in pages if left in Page(leader.get(each)).text]
    Appointment.objects.filter(user=people["prosecutor_kv1"]).update(ended_at=timezone.now())
    assert [each for each in pages if left in Page(leader.get(each)).text] == list(pages)
    assert "đã thôi giữ chức vụ, cần phân công lại" in Page(leader.get(address)).text
    assert [each.left for each in leads_of([case]).values()] == [True]


@pytest.mark.parametrize(
    "body",
    [
        {"user": "", "role": "inspector"},
        {"user": "999999", "role": "inspector"},
        {"user": "abc", "role": "inspector"},
        {"user": "{inspector}", "role": "chief"},
        {"user": "{inspector}", "role": "inspector", "ends_on": "32/13/2026"},
        {"user": "{inspector}", "role": "inspector", "ends_on": "01/01/2020"},
        {"user": "{stranger}", "role": "inspector"},
        {"user": "{locked}", "role": "inspector"},
    ],
)
def test_an_assignment_that_cannot_be_is_refused(
    body: dict[str, str], case: CaseFile, people: dict[str, User], as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    ids = {
        "inspector": people["inspector_kv1"].pk,
        "stranger": people["prosecutor_kv3"].pk,
        "locked": people["locked"].pk,
    }
    before = snapshot()
    filled = {name: value.format(**ids) for name, value in body.items()}
    answer = as_person("chief_kv1").post(f"/vks/cases/{case.code}/assign/", filled, follow=True)
    page = Page(answer)
    alert = [attributes for _tag, attributes in page.elements if "alert-danger" in attributes.get("class", "")]
    assert len(alert) == 1
    assert snapshot() == before


def test_an_assignment_of_another_case_is_not_ended_through_one_s_own(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    access.assign(actor=people["chief_kv3"], case=theirs, user=people["prosecutor_kv3"], role="prosecutor")
    foreign = theirs.assignments.get()
    assert as_person("chief_kv1").post(f"/vks/cases/{case.code}/assignments/{foreign.pk}/end/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.ended_at is None


def test_a_paper_s_description_is_corrected(filed_case: FiledCase, as_person: SignIn) -> None:
    filed = filed_case.documents[2]
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/documents/{filed.document_id}/"
    page = Page(client.get(address))
    assert page.fields["title"] == "Biên bản hỏi cung bị can"
    assert (page.fields["date"], page.fields["folio_from"], page.fields["folio_to"]) == ("02/03/2026", "6", "6")
    assert page.fields["document_type"] == "BBHC – Biên bản hỏi cung bị can"
    answer = client.post(address, page.fields | {"title": "Biên bản hỏi cung lần 2", "date": "03/03/2026"})
    assert answer["Location"] == f"/vks/cases/{filed_case.case.code}/"
    filed.refresh_from_db()
    assert (filed.title, filed.date) == ("Biên bản hỏi cung lần 2", dt.date(2026, 3, 3))
    assert filed.document.title == "Biên bản hỏi cung lần 2"


@pytest.mark.parametrize(
    ("change", "status", "field", "words"),
    [
        ({"folio_from": "7", "folio_to": "7"}, 409, "folio_from", "không đánh lại"),
        ({"folio_from": "", "folio_to": ""}, 409, "folio_from", "không đánh lại"),
        ({"date": "01/01/2999"}, 400, "date", "tương lai"),
        ({"document_type": "BCDX"}, 400, "", "tài liệu nội bộ"),
        ({"document_type": "Giấy gì đó"}, 400, "document_type", "danh mục"),
        ({"title": "x" * 251}, 400, "title", "250"),
    ],
)
def test_a_wrong_correction_keeps_what_was_entered(
    change: dict[str, str],
    status: int,
    field: str,
    words: str,
    filed_case: FiledCase,
    as_person: SignIn,
    snapshot: Callable[[], Snapshot],
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/documents/{filed_case.documents[2].document_id}/"
    entered = Page(client.get(address)).fields | {"number": "99/BB"} | change
    before = snapshot()
    answer = client.post(address, entered)
    page = Page(answer)
    assert answer.status_code == status
    assert words in (page.error_at(field) if field else page.text)
    token = "csrfmiddlewaretoken"
    assert {**page.fields, token: ""} == {**entered, token: ""}
    assert snapshot() == before


def _cost(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_case_of_three_papers_costs_as_much_to_show_as_one(
    case: CaseFile,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client, address = as_person("chief_kv1"), f"/vks/cases/{case.code}/"

    def another(code: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue[code])
        # and one that waits
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue[code])

    another("QDKTVA")
    one = _cost(client, address)
    another("QDKTBC")
    another("BBHC")
    assert len(Page(client.get(address)).text.split("Đang xử lý")) > 3
    assert _cost(client, address) == one


def test_more_people_cost_nothing_more(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    client, address = as_person("chief_kv1"), f"/vks/cases/{case.code}/record/assignments/"
    one = _cost(client, address)
    for number in range(3):
        newcomer = type(people["outsider"]).objects.create_user(f"new{number}", last_name="Người", first_name="Mới")
        appoint(user=newcomer, unit=units["QN-KV1"], role="deputy_chief_procurator")
        access.assign(actor=people["chief_kv1"], case=case, user=newcomer, role="inspector")
    assert Page(client.get(address)).text.count("Người Mới – Phó Viện trưởng đơn vị thụ lý") == 3
    assert _cost(client, address) == one
