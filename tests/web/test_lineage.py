"""The pages by which a report becomes a case, cases are merged and split, and the panel of what is to be looked at."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.cases.test_lineage import appealed, gang, lead, merge, on, pair, report
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseFile, Folio

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from tests.web.conftest import SignIn

__all__ = ["appealed", "gang", "lead", "pair", "report"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_person: SignIn) -> Client:
    """Return the browser of the prosecutor who leads what the tests work on."""
    return as_person("prosecutor_kv1")


def address(case: CaseFile, act: str = "") -> str:
    """Return where a page of a case is."""
    return f"/vks/cases/{case.code}/{act}"


def decided(report: CaseFile, client: Client, **entered: str) -> dict[str, str]:
    """Return the form as the page gives it, with the decision entered."""
    reporter, reported = report.people.get(role="reporter"), report.accused.all()[0]
    return Page(client.get(address(report, "become/"))).fields | {
        "init_decision_no": "88/QĐ-CSĐT",
        "init_decision_date": "01/04/2026",
        "init_decision_agency": "Công an tỉnh",
        f"reporter_{reporter.pk}": "victim",
        f"accused_{reported.pk}": "on",
        **entered,
    }


def test_the_page_of_a_report_leads_to_the_case_it_becomes(client: Client, report: CaseFile) -> None:
    page = Page(client.get(address(report)))
    assert address(report, "become/") in page.links()
    body = decided(report, client)
    assert body["name"] == report.name
    answer = client.post(address(report, "become/"), body)
    case = CaseFile.objects.get(kind="criminal")
    assert (answer.status_code, answer["Location"]) == (302, address(case))
    assert [person.full_name for person in case.accused.all()] == ["Lê Văn Lừa"]
    assert case.people.filter(role="victim").count() == 2
    shown = Page(client.get(answer["Location"]))
    assert f"Đã khởi tố vụ án {case.code} từ nguồn tin {report.code}." in shown.text
    # the form sent again finds the case it made
    assert client.post(address(report, "become/"), body)["Location"] == address(case)
    assert CaseFile.objects.filter(kind="criminal").count() == 1
    # and the report offers it no more
    assert address(report, "become/") not in Page(client.get(address(report))).links()


def test_from_the_case_one_reaches_the_papers_of_the_report(
    client: Client,
    report: CaseFile,
    lead: User,
    catalogue: dict[str, Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    from tests.people import file_pdf

    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=lead, case=report, document_type=catalogue["QDKTVA"])
        client.post(address(report, "become/"), decided(report, client))
    case = CaseFile.objects.get(kind="criminal")
    there = Page(client.get(address(case, "record/relations/")))
    assert address(report) in there.links()
    assert "(1 tài liệu trong hồ sơ đó)" in there.text
    back = Page(client.get(address(report, "record/relations/")))
    assert address(case) in back.links()
    assert "Đã khởi tố thành vụ án" in back.text
    # the bar counts it on either side
    assert "Vụ liên quan 1" in there.text
    assert "Vụ liên quan 1" in back.text
    # who was only reported is not called held; who is held is
    person = case.accused.get()
    assert person.role_label == case.accused_label == "Người chưa bị khởi tố"
    access.record_event(
        actor=lead,
        case=case,
        accused=person,
        event="giu_khan_cap",
        happened_on=case.init_decision_date,
        happened_at=dt.time(8),
        number="1/LG",
    )
    case.refresh_from_db()
    assert case.accused.get().role_label == case.accused_label == "Người bị giữ, bị tạm giữ"
    # which who may only know of the case is not told
    assert case.accused_label_outside == "Người chưa bị khởi tố"


def test_a_reporter_has_to_be_decided_upon(client: Client, report: CaseFile, snapshot: Callable[[], Snapshot]) -> None:
    reporter = report.people.get(role="reporter")
    before = snapshot()
    answer = client.post(address(report, "become/"), decided(report, client, **{f"reporter_{reporter.pk}": ""}))
    assert answer.status_code == 400
    assert Page(answer).error_at(f"reporter_{reporter.pk}")
    assert snapshot() == before
    answer = client.post(address(report, "become/"), decided(report, client, **{f"reporter_{reporter.pk}": "-"}))
    assert answer.status_code == 302
    assert not CaseFile.objects.get(kind="criminal").people.filter(full_name="Trần Thị Bích").exists()


@pytest.mark.parametrize(
    ("entered", "status", "field"),
    [
        ({"init_decision_no": ""}, 400, "init_decision_no"),
        ({"init_decision_date": "2026-13-40"}, 400, "init_decision_date"),
        ({"case_charges": "không có điều này"}, 400, "case_charges"),
    ],
)
def test_what_cannot_be_used_is_told_at_its_field(
    client: Client,
    report: CaseFile,
    snapshot: Callable[[], Snapshot],
    entered: dict[str, str],
    status: int,
    field: str,
) -> None:
    before = snapshot()
    answer = client.post(address(report, "become/"), decided(report, client, **entered))
    page = Page(answer)
    assert answer.status_code == status
    assert page.error_at(field)
    # what was typed is still there
    assert page.fields["init_decision_agency"] == "Công an tỉnh"
    assert snapshot() == before


def test_two_cases_are_merged_on_the_page(client: Client, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    assert address(older, "merge/") in Page(client.get(address(older))).links()
    body = Page(client.get(address(older, "merge/"))).fields | {
        "target": str(newer),
        "decision_no": "9/QĐ",
        "decided_on": "10/03/2026",
    }
    answer = client.post(address(older, "merge/"), body)
    assert (answer.status_code, answer["Location"]) == (302, address(newer))
    older.refresh_from_db()
    assert older.status == "da_nhap"
    page = Page(client.get(address(newer, "record/relations/")))
    assert "Đã nhận nhập vụ" in page.text
    assert address(older) in page.links()
    # nothing more to merge or split there
    gone = Page(client.get(address(older))).links()
    assert not {address(older, "merge/"), address(older, "split/")} & set(gone)


def test_a_target_one_may_not_know_is_not_found(
    pair: tuple[CaseFile, CaseFile], people: dict[str, User], as_person: SignIn
) -> None:
    older, newer = pair
    access.assign(actor=people["chief_kv1"], case=older, user=people["other_prosecutor_kv1"], role="prosecutor")
    told = []
    for code in (newer.code.lower(), "HS-KHONG-CO"):
        body = {"target": code, "decision_no": "9/QĐ", "decided_on": "10/03/2026"}
        answer = as_person("other_prosecutor_kv1").post(address(older, "merge/"), body)
        told.append((answer.status_code, Page(answer).error_at("target")))
    assert told[0] == told[1] == (400, "Không có vụ án nào mang mã này trong phạm vi của bạn.")


def test_who_is_in_both_is_spoken_of(client: Client, pair: tuple[CaseFile, CaseFile], lead: User) -> None:
    older, newer = pair
    access.add_entry(actor=lead, case=newer, part="accused", values={"full_name": "Nguyễn Văn Cũ", "birth_year": 1990})
    body = {"target": newer.code, "decision_no": "9/QĐ", "decided_on": "10/03/2026"}
    shown = Page(client.post(address(older, "merge/"), body, follow=True))
    assert "Nguyễn Văn Cũ có trong cả hai vụ" in shown.text


def test_a_case_is_split_on_the_page(client: Client, gang: CaseFile) -> None:
    page = Page(client.get(address(gang, "split/")))
    second, victim = gang.accused.get(full_name="Đinh Hai"), gang.people.get(role="victim")
    assert {f"accused_{second.pk}", f"person_{victim.pk}"} <= {
        attributes.get("name") for _tag, attributes in page.elements
    }
    body = page.fields | {
        "decision_no": "7/QĐ",
        "decided_on": "20/03/2026",
        "agency": "Công an tỉnh",
        "name": "Vụ tách",
        f"accused_{second.pk}": "on",
        f"person_{victim.pk}": "on",
    }
    first, again = (client.post(address(gang, "split/"), body) for _ in range(2))
    case = CaseFile.objects.get(name="Vụ tách")
    assert first["Location"] == again["Location"] == address(case)
    assert [person.full_name for person in case.accused.all()] == ["Đinh Hai"]
    assert sorted(person.full_name for person in case.people.all()) == ["Bà Mất", "Luật sư Cãi"]
    # who is gone is not offered again
    left = Page(client.get(address(gang, "split/")))
    assert f"accused_{second.pk}" not in {attributes.get("name") for _tag, attributes in left.elements}


def test_findings_are_shown_with_the_way_to_them(client: Client, pair: tuple[CaseFile, CaseFile], lead: User) -> None:
    _older, case = pair
    assert "Cần xem lại" not in Page(client.get(address(case))).text
    young = access.add_entry(
        actor=lead,
        case=case,
        part="accused",
        values={"full_name": "Đinh Út", "birth_date": on("03-01").replace(year=2010)},
    )
    page = Page(client.get(address(case)))
    assert "Cần xem lại" in page.text
    assert "Đinh Út chưa đủ 18 tuổi" in page.text
    assert address(case, f"record/accused/#accused-{young.pk}") in page.links()
    assert address(case, "edit/#id_is_closed_trial") in page.links()
    # the way leads to a row that is there
    row = Page(client.get(address(case, "record/accused/")))
    assert f"accused-{young.pk}" in {attributes.get("id") for _tag, attributes in row.elements}


def test_every_finding_leads_to_a_page_that_is_there(
    client: Client, filed_case: FiledCase, lead: User, as_person: SignIn
) -> None:
    case = filed_case.case
    late = [
        access.record_event(actor=lead, case=case, event=event, happened_on=on(day), number=number)
        for event, day, number in (("nhan_ho_so", "05-10", ""), ("ket_luan_dieu_tra", "05-12", "9/KLĐT"))
    ][-1]
    Folio.objects.filter(case=case, number=4).delete()
    access.add_entry(
        actor=lead,
        case=case,
        part="relation",
        values={"relation": "nhap_vao", "other_text": "Vụ ở tỉnh khác"},
    )
    for reader in (client, as_person("chief_province")):
        page = Page(reader.get(address(case)))
        at = next(number for number, (_tag, each) in enumerate(page.elements) if each.get("id") == "vks-findings")
        links = [
            each["href"]
            for tag, each in page.elements[at:]
            if tag == "a" and each.get("href", "").startswith(address(case))
        ]
        assert address(case, f"record/events/#event-{late.pk}") in links
        assert address(case, "folios/") in links
        for link in links:
            assert reader.get(link.partition("#")[0]).status_code == 200, link
    row = Page(client.get(address(case, "record/events/")))
    assert f"event-{late.pk}" in {attributes.get("id") for _tag, attributes in row.elements}


def test_who_may_only_read_is_not_led_to_a_form(pair: tuple[CaseFile, CaseFile], lead: User, as_person: SignIn) -> None:
    _older, newer = pair
    access.add_entry(actor=lead, case=newer, part="accused", values={"full_name": "Út", "birth_year": 2012})
    page = Page(as_person("chief_province").get(address(newer)))
    assert "Út chưa đủ 18 tuổi" in page.text
    assert not [link for link in page.links() if "/edit/" in link or "/merge/" in link or "/split/" in link]


def test_who_may_only_know_of_a_case_is_told_no_findings(
    pair: tuple[CaseFile, CaseFile], lead: User, as_person: SignIn
) -> None:
    _older, newer = pair
    access.add_entry(actor=lead, case=newer, part="accused", values={"full_name": "Út", "birth_year": 2012})
    page = Page(as_person("clerk_kv1").get(address(newer)))
    assert "Cần xem lại" not in page.text
    assert "18 tuổi" not in page.text


def test_a_page_for_what_there_is_not_is_not_there(client: Client, gang: CaseFile, report: CaseFile) -> None:
    assert client.get(address(gang, "become/")).status_code == 404
    assert client.get(address(report, "split/")).status_code == 404
    assert client.get(address(report, "merge/")).status_code == 404


def test_relations_of_a_merged_case_are_the_reader_s(
    pair: tuple[CaseFile, CaseFile], lead: User, people: dict[str, User], as_person: SignIn
) -> None:
    older, newer = pair
    merge(lead, older, newer)
    access.assign(actor=people["chief_kv1"], case=newer, user=people["other_prosecutor_kv1"], role="prosecutor")
    answer = as_person("other_prosecutor_kv1").get(address(newer, "record/relations/"))
    assert older.code not in answer.content.decode()
    assert older.name not in Page(answer).text


def test_the_office_above_opens_its_file_for_an_appeal_on_the_page(appealed: CaseFile, as_person: SignIn) -> None:
    appellate = as_person("outsider")
    assert address(appealed, "appeal/") in Page(appellate.get(address(appealed))).links()
    # who works on the case appealed has nothing to open
    assert address(appealed, "appeal/") not in Page(as_person("prosecutor_kv1").get(address(appealed))).links()
    body = Page(appellate.get(address(appealed, "appeal/"))).fields
    assert body["name"] == f"{appealed.name} (phúc thẩm)"
    refused = appellate.post(address(appealed, "appeal/"), body | {"handled_at": "01/01/2999"})
    assert (refused.status_code, "tương lai" in Page(refused).text) == (400, True)
    first, again = (appellate.post(address(appealed, "appeal/"), body) for _ in range(2))
    case = CaseFile.objects.get(unit__code="QN")
    assert [(each.status_code, each["Location"]) for each in (first, again)] == [(302, address(case))] * 2
    page = Page(appellate.get(address(case)))
    assert f"Đã mở hồ sơ phúc thẩm {case.code} của vụ án {appealed.code}." in page.text
    assert address(appealed, "appeal/") not in Page(appellate.get(address(appealed))).links()
    # another form of the same appeal says where it is
    answer = appellate.post(address(appealed, "appeal/"), body | {"form_token": str(uuid.uuid4())})
    assert (answer.status_code, "đã được mở tại" in Page(answer).text) == (409, True)


def test_the_history_of_a_report_calls_things_what_its_kind_calls_them(client: Client, report: CaseFile) -> None:
    told = Page(client.get(address(report, "record/history/"))).text
    assert "Số tiếp nhận — 5/NT" in told
    assert "Người bị tố giác, kiến nghị khởi tố — Lê Văn Lừa" in told
    assert "Số quyết định khởi tố" not in told
    assert "Bị can" not in told
