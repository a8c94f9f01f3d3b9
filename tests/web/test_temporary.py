"""Cases opened to one person for a while, on the pages: asked for, answered, seen by leaders, closed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from tests.api.conftest import WHY
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.access import temporary
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.queries import visible_cases
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Department

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PAGE = "/vks/temporary-access/"


def _form(code: str, **other: str) -> dict[str, str]:
    return {"code": code, "hours": "2", "reason": WHY} | other


def _forms(page: Page) -> set[str]:
    return {attributes["action"] for tag, attributes in page.elements if tag == "form" and "action" in attributes}


def test_one_asks_another_answers_and_the_case_opens_until_it_is_closed(
    filed_case: FiledCase, as_person: SignIn
) -> None:
    code = filed_case.case.code
    asker, leader = as_person("prosecutor_kv3"), as_person("chief_kv1")
    sent = asker.post(PAGE, _form(code.lower()), follow=True)
    assert "sau 24 giờ không ai trả lời" in Page(sent).text
    row = TemporaryAccess.objects.get()
    assert asker.get(f"/vks/cases/{code}/").status_code == 404
    # leaders see from any page that something waits, and on this one who asks, from where and why
    assert "Quyền tạm thời 1" in Page(leader.get("/vks/")).text
    shown = Page(leader.get(PAGE))
    for words in (code, filed_case.case.name, "Phan Thị Sát", "Kiểm sát viên, VKSND khu vực 3", WHY, "chờ duyệt"):
        assert words in shown.text, words
    assert {f"{PAGE}{row.pk}/approve/", f"{PAGE}{row.pk}/decline/"} <= _forms(shown)
    approved = leader.post(f"{PAGE}{row.pk}/approve/", follow=True)
    assert "Đã duyệt: vụ án mở đến" in Page(approved).text
    assert "Quyền tạm thời 1" not in Page(approved).text
    assert asker.get(f"/vks/cases/{code}/").status_code == 200
    assert f"/vks/cases/{code}/" in Page(asker.get(PAGE)).links()
    # on the case, where its leader closes it and comes back to
    section = f"/vks/cases/{code}/record/assignments/"
    people = Page(leader.get(section))
    assert "Quyền tạm thời đang mở" in people.text
    assert WHY in people.text
    assert "duyệt: Bùi Văn Đạt" in people.text
    assert f"{PAGE}{row.pk}/end/" in _forms(people)
    closed = leader.post(f"{PAGE}{row.pk}/end/", {"back": "case"})
    assert closed["Location"] == section
    assert "Quyền tạm thời đang mở" not in Page(leader.get(section)).text
    assert asker.get(f"/vks/cases/{code}/").status_code == 404
    told = Page(asker.get(PAGE))
    assert "đã đóng trước hạn" in told.text
    # the case is not theirs to know any more; what they asked for is
    assert f"/vks/cases/{code}/" not in told.links()
    assert filed_case.case.name not in told.text


def test_who_reads_the_case_without_leading_it_is_not_told_who_else_was_let_in_and_why(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    code = filed_case.case.code
    row = temporary.request_emergency(actor=people["prosecutor_kv3"], code=code, reason=WHY, hours=2)
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)
    lead = as_person("prosecutor_kv1")
    for address in (f"/vks/cases/{code}/record/assignments/", PAGE):
        page = Page(lead.get(address))
        assert WHY not in page.text, address
        assert f"{PAGE}{row.pk}/end/" not in _forms(page), address
    assert lead.post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert WHY in Page(as_person("chief_province").get(PAGE)).text
    assert WHY not in Page(as_person("chief_kv3").get(PAGE)).text


def test_whoever_asks_is_told_the_same_whether_there_is_such_a_case_or_not(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    told = []
    for name, code in (("prosecutor_kv3", case.code), ("clerk_kv3", "HS-QN-KV1-2026-9999")):
        answer = as_person(name).post(PAGE, _form(code), follow=True)
        text = Page(answer).text.replace(code, "…").replace(f"{TemporaryAccess.objects.latest('pk').pk}", "#")
        told.append((answer.status_code, text.count("…"), "chờ duyệt" in text, case.name in text))
    assert told[0] == told[1] == (200, 2, True, False)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"code": ""}, "code", "bắt buộc"),
        ({"reason": "gấp"}, "reason", "từ 20 đến 1000"),
        ({"code": "HS/1"}, "code", "Mã vụ án chỉ gồm chữ in hoa không dấu"),
        ({"hours": "0"}, "hours", "Số giờ từ 1 đến 72."),
        ({"hours": "500"}, "hours", "Số giờ từ 1 đến 72."),
        ({"hours": "vài"}, "hours", ""),
    ],
)
def test_a_request_that_says_too_little_is_refused_at_its_field(
    change: dict[str, str], field: str, words: str, case: CaseFile, as_person: SignIn
) -> None:
    answer = as_person("prosecutor_kv3").post(PAGE, _form(case.code) | change)
    page = Page(answer)
    assert answer.status_code == 400
    assert page.error_at(field)
    assert words in page.error_at(field)
    # what was typed stays
    assert page.fields["reason"] == (_form("") | change)["reason"]
    assert not TemporaryAccess.objects.exists()


def test_nobody_answers_the_own_request_and_one_can_take_it_back(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    # a leader of another office, who leads nothing of the case
    asker = as_person("deputy_kv1")
    asker.post(PAGE, _form(case.code))
    row = TemporaryAccess.objects.get()
    page = Page(asker.get(PAGE))
    assert f"{PAGE}{row.pk}/approve/" not in _forms(page)
    assert "Rút đề nghị" in page.text
    assert asker.post(f"{PAGE}{row.pk}/approve/").status_code == 404
    assert "Đã rút đề nghị." in Page(asker.post(f"{PAGE}{row.pk}/end/", follow=True)).text
    # nobody can let it any more
    assert as_person("chief_kv1").post(f"{PAGE}{row.pk}/approve/").status_code == 404
    assert "người đề nghị đã rút" in Page(as_person("chief_kv1").get(PAGE)).text


def test_a_declined_request_opens_nothing(case: CaseFile, as_person: SignIn) -> None:
    asker, leader = as_person("prosecutor_kv3"), as_person("deputy_kv1")
    asker.post(PAGE, _form(case.code))
    row = TemporaryAccess.objects.get()
    assert "Đã từ chối đề nghị." in Page(leader.post(f"{PAGE}{row.pk}/decline/", follow=True)).text
    assert "không được duyệt" in Page(asker.get(PAGE)).text
    assert asker.get(f"/vks/cases/{case.code}/").status_code == 404
    assert leader.post(f"{PAGE}{row.pk}/approve/").status_code == 404


def test_requests_for_a_restricted_case_are_for_who_leads_its_own_office(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    access.edit_case(actor=people["chief_kv1"], case=case, values={"confidentiality": "han_che_noi_bo"})
    as_person("prosecutor_kv3").post(PAGE, _form(case.code))
    above = Page(as_person("chief_province").get(PAGE))
    # the office above may not read it, so neither open it to others nor hear of it
    assert case.code not in above.text
    assert case.name not in above.text
    assert f"/vks/cases/{case.code}/" not in above.links()
    own = Page(as_person("chief_kv1").get(PAGE)).text
    assert case.code in own
    assert case.name in own


def test_leaders_narrow_the_list_and_turn_its_pages(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    asker = people["prosecutor_kv3"]
    row = temporary.request_emergency(actor=asker, code=case.code, reason=WHY, hours=2)
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)
    with time_machine.travel(timezone.now() - dt.timedelta(days=10), tick=False):
        temporary.request_emergency(actor=asker, code=case.code, reason="Đề nghị cũ, không ai trả lời.", hours=2)
    leader = as_person("chief_kv1")

    def reasons(**query: str) -> tuple[bool, bool]:
        text = Page(leader.get(PAGE, query)).text
        return (WHY in text, "Đề nghị cũ" in text)

    today = timezone.localdate()
    assert reasons() == (True, True)
    assert reasons(state="open") == (True, False)
    assert reasons(state="lapsed") == (False, True)
    assert reasons(kind="oversight") == (False, False)
    assert reasons(case=case.code.lower()) == (True, True)
    assert reasons(case="HS-X") == (False, False)
    assert reasons(since=f"{today:%d/%m/%Y}") == (True, False)
    assert reasons(until=f"{today - dt.timedelta(days=1):%d/%m/%Y}") == (False, True)
    assert "Hãy nhập ngày dạng dd/mm/yyyy." in Page(leader.get(PAGE, {"since": "mai"})).text
    TemporaryAccess.objects.bulk_create(
        TemporaryAccess(kind="emergency", case_code=case.code, case=case, user=asker, reason=f"Lần {n}", hours=1)
        for n in range(60)
    )
    first, second = (Page(leader.get(PAGE, {"page": page, "state": "waiting", "kind": "emergency"})) for page in "12")
    assert "1/2" in first.text
    assert "2/2" in second.text
    assert "?page=2" not in second.links()
    assert "?state=waiting&kind=emergency&page=1" in second.links()


def test_the_morning_review_tells_leaders_what_is_open_and_what_waits(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    open_one = temporary.request_emergency(actor=people["prosecutor_kv3"], code=case.code, reason=WHY, hours=2)
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=open_one.pk)
    temporary.request_emergency(actor=people["clerk_kv3"], code=case.code, reason=WHY, hours=2)
    words = ("1 đề nghị truy cập khẩn cấp chờ bạn trả lời", "1 quyền tạm thời đang mở trong các đơn vị bạn phụ trách")
    for name, told in (("chief_kv1", True), ("chief_province", True), ("prosecutor_kv1", False), ("chief_kv3", False)):
        text = Page(as_person(name).get("/vks/deadlines/?whose=all")).text
        assert [each in text for each in words] == [told, told], name


@pytest.fixture
def head(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> str:
    """Make `outsider` head of a department of the province that is in charge of investigations."""
    department = Department.objects.create(unit=units["QN"], code="P2", name="Phòng 2", stages=["dieu_tra", "truy_to"])
    organization.appoint(user=people["outsider"], unit=units["QN"], role="department_head", department=department)
    return "outsider"


def test_a_head_of_a_department_above_opens_a_case_by_saying_why(
    filed_case: FiledCase, people: dict[str, User], head: str, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    case = filed_case.case
    client, address = as_person(head), f"/vks/cases/{case.code}/"
    page = Page(client.get(address))
    assert "mở cho bạn xem trong 7 ngày" in page.text
    assert f"{address}oversee/" in _forms(page)
    assert "Các mục của vụ án" not in str(page.elements)
    before = snapshot()
    refused = client.post(f"{address}oversee/", {"reason": "xem"})
    assert refused.status_code == 400
    assert "từ 20 đến 1000" in Page(refused).error_at("reason")
    assert Page(refused).fields["reason"] == "xem"
    assert snapshot() == before
    opened = client.post(f"{address}oversee/", {"reason": WHY}, follow=True)
    assert "Đã mở vụ án để xem trong 7 ngày." in Page(opened).text
    assert filed_case.documents[0].title in Page(opened).text
    # nothing internal, nothing to change
    assert filed_case.internal.title not in Page(opened).text
    assert client.get(f"{address}edit/").status_code == 403
    told = Page(as_person("chief_kv1").get(f"{address}record/assignments/"))
    assert WHY in told.text
    assert "theo khâu phụ trách" in told.text
    # once open there is nothing to open
    assert client.post(f"{address}oversee/", {"reason": WHY}).status_code == 403


def test_who_heads_no_such_department_is_offered_nothing_and_refused(
    filed_case: FiledCase, people: dict[str, User], head: str, as_person: SignIn
) -> None:
    address = f"/vks/cases/{filed_case.case.code}/"
    for name, status in (("clerk_kv1", 403), ("chief_kv3", 404), ("prosecutor_kv1", 403)):
        client = as_person(name)
        assert f"{address}oversee/" not in client.get(address).content.decode(), name
        for reason in (WHY, "xem", ""):
            assert client.post(f"{address}oversee/", {"reason": reason}).status_code == status, (name, reason)
    assert not TemporaryAccess.objects.exists()
    assert not visible_cases(people["chief_kv3"]).exists()


def test_a_case_let_in_to_is_explained_to_its_leader_by_the_minute(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    case = filed_case.case
    row = temporary.request_emergency(actor=people["prosecutor_kv3"], code=case.code, reason=WHY, hours=2)
    leader, address = as_person("chief_kv1"), f"/vks/cases/{case.code}/explain/"
    # a request opens nothing, and tells nothing of who asked
    assert leader.get(address, {"user": "prosecutor_kv3"}).status_code == 400
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)
    row.refresh_from_db()
    assert f"{address}?user=prosecutor_kv3" in Page(leader.get(f"/vks/cases/{case.code}/record/assignments/")).links()
    answer: Any = leader.get(address, {"user": "prosecutor_kv3"})
    told = Page(answer).text
    ends = f"{timezone.localtime(row.ends_at):%H:%M %d/%m/%Y}"
    assert answer.status_code == 200
    assert "Hồ sơ vụ án: xem" in told
    assert f"quyền tạm thời (khẩn cấp), từ {timezone.localdate():%d/%m/%Y} đến {ends}" in told
    assert f"Đến {ends}; sau đó: không có quyền" in told
    # of the post elsewhere only that there is one
    assert "khu vực 3" not in told
    assert "Quyền trong DMS chưa theo kịp" not in told
