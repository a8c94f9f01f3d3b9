"""The pages on folios, volumes and inventories, as somebody at a desk uses them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document

from tests.cases.papers import paper
from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument, Folio, FolioExplanation, FolioProfile, Volume

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile, CatalogueType
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

SECRET = "Đề xuất truy tố, nội bộ tuyệt đối"


@pytest.fixture
def case(filed_case: FiledCase) -> CaseFile:
    CaseDocument.objects.filter(pk=filed_case.internal.pk).update(title=SECRET)
    return filed_case.case


@pytest.fixture
def client(as_person: SignIn) -> Client:
    return as_person("prosecutor_kv1")


@pytest.fixture
def loose(case: CaseFile, catalogue: dict[str, CatalogueType]) -> list[CaseDocument]:
    """Return an indictment of two pages and a statement of three, which is earlier in the order of proceedings."""
    return [
        paper(case, catalogue["CT"], 2, title="Cáo trạng mới"),
        paper(case, catalogue["BBHC"], 3, title="Bản tự khai"),
    ]


def at(case: CaseFile, place: str = "") -> str:
    return f"/vks/cases/{case.code}/folios/{place}"


def press(client: Client, case: CaseFile, page: Page, act: str, **fields: str) -> Any:
    """Send the form of the page again with a button pressed, as a browser would."""
    return client.post(at(case, "number/"), {**page.fields, **fields, "act": act})


def order(page: Page) -> list[int]:
    return [int(each) for each in page.fields["order"].split(",") if each]


# --- the report


def test_the_page_says_how_the_numbering_stands(case: CaseFile, loose: list[CaseDocument], client: Client) -> None:
    page = Page(client.get(at(case)))
    assert "5 tài liệu trong hồ sơ vụ án, 6 bút lục đã đánh số, số lớn nhất 6." in page.text
    assert "2 tài liệu chưa đánh số bút lục." in page.text
    # which is not praised in the same breath
    for praise in ("trang nào cũng có bút lục", "không còn điểm nào chưa giải trình"):
        assert praise not in page.text, praise
    assert "còn tài liệu chưa đánh số" in page.text
    # a file that is not bound yet lacks no volume
    assert "không thuộc tập nào" not in page.text
    assert "Chưa chia tập." in page.text
    assert at(case, "number/") in page.links()
    assert SECRET not in page.text
    # and it is a section of the case like the others
    current = [attributes for tag, attributes in page.elements if tag == "a" and attributes.get("aria-current")]
    assert [each["href"] for each in current] == [at(case)]


def test_a_document_explained_to_have_no_folio_waits_no_longer(
    case: CaseFile, loose: list[CaseDocument], client: Client
) -> None:
    client.post(at(case, f"documents/{loose[1].document_id}/"), {"act": "explain", "text": "Bản chụp để theo dõi."})
    page = Page(client.get(at(case)))
    assert "1 tài liệu chưa đánh số bút lục." in page.text
    assert "Bản chụp để theo dõi." in page.text
    assert order(Page(client.get(at(case, "number/")))) == [loose[0].pk]


def test_a_gap_is_explained_where_it_is_told(
    case: CaseFile, client: Client, catalogue: dict[str, CatalogueType]
) -> None:
    paper(case, catalogue["CT"], 1, folio_from=10, folio_to=10)
    page = Page(client.get(at(case)))
    assert "Thiếu bút lục 7–9." in page.text
    assert "chưa giải trình Thiếu bút lục" in page.text
    body = {"finding": "gap", "folio_from": "7", "folio_to": "9", "text": "Cơ quan điều tra đánh nhầm."}
    page = Page(client.post(at(case, "explain/"), body, follow=True))
    assert "Đã ghi giải trình." in page.text
    assert "Cơ quan điều tra đánh nhầm." in page.text
    assert "chưa giải trình Thiếu bút lục" not in page.text


@pytest.mark.parametrize(
    "body",
    [
        {"finding": "gap", "folio_from": "7", "folio_to": "9", "text": " "},
        {"finding": "gap", "folio_from": "9" * 30, "folio_to": "9", "text": "vì"},
        {"finding": "<b>", "folio_from": "7", "folio_to": "9", "text": "vì"},
        {},
    ],
)
def test_an_explanation_that_cannot_be_says_so_and_leaves_nothing(
    body: dict[str, str], case: CaseFile, client: Client, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    page = Page(client.post(at(case, "explain/"), body, follow=True))
    assert any("alert-danger" in attributes.get("class", "") for _tag, attributes in page.elements)
    assert snapshot() == before


def test_who_only_reads_gets_no_buttons(case: CaseFile, loose: list[CaseDocument], as_person: SignIn) -> None:
    client = as_person("chief_province")
    for place in ("", f"documents/{loose[0].document_id}/"):
        page = Page(client.get(at(case, place)))
        forms = [
            attributes for tag, attributes in page.elements if tag == "form" and attributes.get("method") == "post"
        ]
        assert forms == []
    assert at(case, "number/") not in page.links()


# --- numbering


def test_an_order_is_put_together_looked_at_and_confirmed(
    case: CaseFile, loose: list[CaseDocument], client: Client, snapshot: Callable[[], Snapshot]
) -> None:
    indictment, statement = loose
    before = snapshot()
    page = Page(client.get(at(case, "number/")))
    assert order(page) == [statement.pk, indictment.pk]
    assert "Đánh số bút lục 7–11" in page.text
    page = Page(press(client, case, page, f"up:{indictment.pk}"))
    assert order(page) == [indictment.pk, statement.pk]
    page = Page(press(client, case, page, "blank", row="2", blank="2"))
    assert page.fields["without"] == f"{statement.pk}:2"
    assert "Đánh số bút lục 7–10" in page.text
    # one number is no range
    alone = Page(
        press(client, case, Page(press(client, case, page, f"out:{indictment.pk}")), "blank", row="1", blank="2-3")
    )
    assert "Đánh số bút lục 7 " in f"{alone.text} "
    assert "7–7" not in alone.text
    # nothing of it is written before it is confirmed
    assert snapshot() == before
    answer = press(client, case, page, "confirm", without_reason="Trang trắng")
    assert (answer.status_code, answer["Location"]) == (302, at(case))
    assert [(each.label, each.case_document_id, each.page) for each in Folio.objects.filter(case=case)][6:] == [
        ("7", indictment.pk, 1),
        ("8", indictment.pk, 2),
        ("9", statement.pk, 1),
        ("10", statement.pk, 3),
    ]
    explained = FolioExplanation.objects.get(case=case)
    assert (explained.about, explained.page_from, explained.text) == (statement, 2, "Trang trắng")
    assert "Đã đánh số 4 bút lục." in Page(client.get(at(case))).text


def test_documents_are_moved_left_out_and_taken_in_again(
    case: CaseFile, loose: list[CaseDocument], client: Client
) -> None:
    indictment, statement = loose
    page = Page(client.get(at(case, "number/")))
    page = Page(press(client, case, page, "move", row="2", to_row="1"))
    assert order(page) == [indictment.pk, statement.pk]
    page = Page(press(client, case, page, f"down:{indictment.pk}"))
    assert order(page) == [statement.pk, indictment.pk]
    page = Page(press(client, case, page, f"out:{statement.pk}"))
    assert (order(page), page.fields["left"]) == ([indictment.pk], str(statement.pk))
    assert "Không đánh số lần này Bản tự khai" in page.text
    page = Page(press(client, case, page, f"in:{statement.pk}"))
    assert (order(page), page.fields["left"]) == ([indictment.pk, statement.pk], "")


def test_enter_in_a_field_numbers_nothing(case: CaseFile, loose: list[CaseDocument], client: Client) -> None:
    page = Page(client.get(at(case, "number/")))
    buttons = [attributes for tag, attributes in page.elements if tag == "button" and attributes.get("name") == "act"]
    # a browser presses the first one
    assert buttons[0]["value"] == "refresh"
    press(client, case, page, "refresh")
    assert Folio.objects.filter(case=case).count() == 6


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"first": "3", "reason": "vì"}, 409, "Điều 35"),
        ({"first": "300"}, 400, "ghi lý do"),
        ({"first": "x"}, 400, ""),
        ({"profile": ""}, 400, ""),
        ({"profile": "999"}, 400, ""),
        ({"order": ""}, 409, "xem lại thứ tự"),
        ({"order": "1,1,;DROP"}, 409, ""),
    ],
)
def test_what_may_not_be_numbered_comes_back_with_its_sentence(
    fields: dict[str, str],
    status: int,
    words: str,
    case: CaseFile,
    loose: list[CaseDocument],
    client: Client,
    snapshot: Callable[[], Snapshot],
) -> None:
    page = Page(client.get(at(case, "number/")))
    before = snapshot()
    answer = press(client, case, page, "confirm", **fields)
    assert answer.status_code == status
    shown = Page(answer)
    assert words in shown.text
    assert any(
        "invalid-feedback" in attributes.get("class", "") or "alert-danger" in attributes.get("class", "")
        for _tag, attributes in shown.elements
    )
    assert snapshot() == before


def test_numbering_a_numbered_document_again_is_refused(
    case: CaseFile, filed_case: FiledCase, loose: list[CaseDocument], client: Client, snapshot: Callable[[], Snapshot]
) -> None:
    page = Page(client.get(at(case, "number/")))
    before = snapshot()
    answer = press(client, case, page, "confirm", order=f"{page.fields['order']},{filed_case.documents[0].pk}")
    assert answer.status_code == 409
    assert "không đánh lại và không đổi thứ tự (Điều 35" in Page(answer).text
    assert snapshot() == before


def test_a_case_under_investigation_is_warned_that_pages_are_only_stamped_yet(
    case: CaseFile, loose: list[CaseDocument], client: Client
) -> None:
    assert case.stage == "dieu_tra"
    warning = "Vụ án đang điều tra"
    assert warning in Page(client.get(at(case, "number/"))).text
    type(case).objects.filter(pk=case.pk).update(stage="truy_to")
    assert warning not in Page(client.get(at(case, "number/"))).text


def test_a_profile_nobody_confirmed_says_so(case: CaseFile, loose: list[CaseDocument], client: Client) -> None:
    page = Page(client.get(at(case, "number/")))
    assert "chưa được xác nhận" not in page.text
    profile = FolioProfile.objects.get(code="TO-NOITIEP")
    assert "chưa được xác nhận" in Page(press(client, case, page, "refresh", profile=str(profile.pk))).text


# --- one document


def test_what_is_not_numbered_is_stamped_and_what_is_numbered_is_corrected(
    case: CaseFile, filed_case: FiledCase, loose: list[CaseDocument], client: Client
) -> None:
    address = at(case, f"documents/{loose[1].document_id}/")
    stamp = FolioProfile.objects.get(code="VKS-KSDT")
    page = Page(client.post(address, {"act": "stamp", "pages": "1, 3", "profile": str(stamp.pk)}, follow=True))
    assert "Trang đã đóng dấu 1, 3" in page.text
    address = at(case, f"documents/{filed_case.documents[2].document_id}/")
    page = Page(client.post(address, {"act": "correct", "first": "6", "right": "7", "text": "Gõ nhầm."}, follow=True))
    assert "Bút lục 7" in page.text
    assert "Sửa, có giải trình" in page.text
    answer = client.post(address, {"act": "correct", "first": "7", "right": "1a", "text": "vì"})
    assert answer.status_code == 409
    assert "Điều 35" in Page(answer).text
    assert "stamp" not in [attributes.get("value") for tag, attributes in page.elements if tag == "input"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"act": "correct", "first": "2", "right": "7", "text": "vì"}, 409, ""),
        ({"act": "correct", "first": "2", "right": "x", "text": "vì"}, 400, "correct_right"),
        ({"act": "correct", "first": "2", "right": "7", "text": ""}, 400, "correct_text"),
        ({"act": "correct", "first": "88", "right": "89", "text": "vì"}, 404, "correct_first"),
        ({"act": "place", "pages": "1"}, 400, "place_pages"),
        ({"act": "place", "pages": "1, 9"}, 400, "place_pages"),
        ({"act": "add", "label": "9", "page": "1", "text": "vì"}, 400, "add_label"),
        ({"act": "add", "label": "2a", "page": "1", "text": "vì"}, 409, "add_page"),
        ({"act": "explain", "page_from": "9", "text": "vì"}, 400, ""),
        ({"act": "renumber"}, 404, ""),
        ({}, 404, ""),
    ],
)
def test_what_cannot_be_corrected_says_where_and_leaves_nothing(
    body: dict[str, str],
    status: int,
    field: str,
    case: CaseFile,
    filed_case: FiledCase,
    client: Client,
    snapshot: Callable[[], Snapshot],
) -> None:
    before = snapshot()
    answer = client.post(at(case, f"documents/{filed_case.documents[0].document_id}/"), body)
    assert answer.status_code == status
    if field:
        assert Page(answer).error_at(field)
    assert snapshot() == before


def test_an_internal_paper_has_no_page_of_folios(case: CaseFile, filed_case: FiledCase, client: Client) -> None:
    internal = client.get(at(case, f"documents/{filed_case.internal.document_id}/"))
    nothing = client.get(at(case, "documents/999999/"))
    assert internal.status_code == nothing.status_code == 404
    assert Page(internal).text == Page(nothing).text
    assert SECRET not in Page(internal).text


def test_the_report_of_explanation_is_chosen_among_those_in_the_file(
    case: CaseFile, filed_case: FiledCase, client: Client, catalogue: dict[str, CatalogueType]
) -> None:
    address = at(case, f"documents/{filed_case.documents[0].document_id}/")
    assert "Báo cáo giải trình" not in Page(client.get(address)).text
    kind = type(catalogue["CT"]).objects.create(
        code="BCGT", name="Báo cáo giải trình", group_code="00", group_name="Bìa", position=2, part="hsva"
    )
    report = paper(case, kind, 1, title="Báo cáo về bút lục 2")
    page = Page(client.get(address))
    assert "Báo cáo về bút lục 2" in page.text
    body = {"act": "correct", "first": "2", "missing": "on", "text": "Mất trang.", "report": str(report.pk)}
    assert client.post(address, body).status_code == 302
    assert FolioExplanation.objects.get(case=case).case_document == report


# --- volumes and inventories


def test_volumes_are_proposed_named_and_changed(case: CaseFile, client: Client) -> None:
    page = Page(client.get(at(case, "volumes/"), {"most": "3"}))
    assert [attributes["name"] for tag, attributes in page.elements if attributes.get("name") == "title"] == [
        "title"
    ] * 3
    client.post(at(case, "volumes/"), {"most": "3", "title": ["Thủ tục", "", "Lời khai"]})
    assert list(case.volumes.values_list("number", "title", "folio_from", "folio_to")) == [
        (1, "Thủ tục", 1, 2),
        (2, "", 3, 5),
        (3, "Lời khai", 6, 6),
    ]
    second = Volume.objects.get(case=case, number=2)
    address = at(case, f"volumes/{second.pk}/")
    clash = client.post(address, {"act": "change", "folio_from": "2", "folio_to": "5"})
    assert clash.status_code == 409
    assert "đã thuộc tập 1" in Page(clash).error_at("folio_from")
    assert (
        client.post(address, {"act": "change", "title": "Quyết định", "folio_from": "3", "folio_to": "5"}).status_code
        == 302
    )
    assert client.post(address, {"act": "remove"}).status_code == 400
    assert client.post(address, {"act": "remove", "reason": "Chia nhầm"}).status_code == 302
    assert list(case.volumes.values_list("number", flat=True)) == [1, 3]
    assert "Bút lục 3–5 không thuộc tập nào." in Page(client.get(at(case))).text


@pytest.mark.parametrize("most", ["0", "x", "-1", "9" * 20])
def test_a_volume_of_no_sensible_size_is_refused(most: str, case: CaseFile, client: Client) -> None:
    assert client.get(at(case, "volumes/"), {"most": most}).status_code == 400
    assert client.post(at(case, "volumes/"), {"most": most}).status_code == 400
    assert not Volume.objects.exists()


def test_an_inventory_is_drawn_up_and_printed(
    case: CaseFile, client: Client, as_person: SignIn, catalogue: dict[str, CatalogueType]
) -> None:
    page = Page(client.post(at(case, "inventories/"), {"day": ""}, follow=True))
    assert "Đã lập thống kê tài liệu, đợt 1." in page.text
    assert "Lập thống kê" not in page.text.split("Thống kê tài liệu")[-1]
    links = [each for each in page.links() if "inventories/1/" in each]
    assert len(links) == 3
    for link in links:
        answer = as_person("chief_kv1").get(link)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        if "docx" in link:
            xml = Document(io.BytesIO(answer.content)).element.xml
            assert "Quyết định khởi tố bị can" in xml
            assert "nội bộ" not in xml
    paper(case, catalogue["CT"], 1, title="Cáo trạng", folio_from=7, folio_to=7)
    page = Page(client.get(at(case)))
    assert "Lập thống kê bổ sung" in page.text
    assert "1 tài liệu có bút lục chưa thống kê" in page.text


def test_what_cannot_be_drawn_up_says_why(case: CaseFile, client: Client, snapshot: Callable[[], Snapshot]) -> None:
    client.post(at(case, "inventories/"), {})
    before = snapshot()
    for body, words in (
        ({}, "từ bảng thống kê trước"),
        ({"day": "32/13/2026"}, "dd/mm/yyyy"),
        ({"day": "01/01/2999"}, ""),
    ):
        page = Page(client.post(at(case, "inventories/"), body, follow=True))
        assert words in page.text
        assert any("alert-danger" in attributes.get("class", "") for _tag, attributes in page.elements)
    assert snapshot() == before
    assert client.get(at(case, "inventories/1/"), {"format": "exe"}).status_code == 400
    assert client.get(at(case, "inventories/7/")).status_code == 404


def test_the_scanning_staff_see_no_internal_paper_on_any_of_these_pages(
    case: CaseFile, filed_case: FiledCase, loose: list[CaseDocument], people: dict[str, User], as_person: SignIn
) -> None:
    access.assign(actor=people["chief_kv1"], case=case, user=people["scanner_kv1"], role="scan_operator")
    client = as_person("scanner_kv1")
    for place in ("", "number/", "volumes/", f"documents/{loose[0].document_id}/"):
        answer = client.get(at(case, place))
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()


def test_a_file_without_documents_is_not_praised(
    people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, as_person: SignIn
) -> None:
    empty = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], init_decision_no="5/QĐ")
    page = Page(as_person("chief_kv1").get(at(empty)))
    assert "chưa có gì để kiểm tra" in page.text
    assert "Bút lục liên tục" not in page.text
    assert "không còn điểm nào" not in page.text
