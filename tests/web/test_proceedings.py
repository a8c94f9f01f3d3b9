"""The course of a case and its time limits on the pages, and the morning review."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.people import register
from tests.web.conftest import Page, SignIn
from vks_plugin.access import actions as access
from vks_plugin.access.models import DeadlineReminder
from vks_plugin.access.reminders import remind, unread
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import CaseFile, ProceduralEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def charged(case: CaseFile, people: dict[str, User]) -> CaseFile:
    """Return `case` with a charge of less serious theft against everybody in it."""
    for person in case.accused.all():
        access.charge(actor=people["prosecutor_kv1"], case=case, accused=person, given=ChargeInput(text="173.1"))
    return case


def ago(days: int) -> dt.date:
    """Return the day so many days before today."""
    return timezone.localdate() - dt.timedelta(days=days)


def test_an_event_is_chosen_recorded_and_seen_in_the_time_line(as_person: SignIn, charged: CaseFile) -> None:
    client = as_person("prosecutor_kv1")
    of_case = f"/vks/cases/{charged.code}"
    offered = Page(client.get(f"{of_case}/record/events/"))
    values = {each["value"] for tag, each in offered.elements if tag == "option"}
    assert {"nhan_ho_so", "tam_giam"} <= values
    # none is chosen beforehand, and none is recorded unchosen
    assert offered.fields["event"] == ""
    assert client.get(f"{of_case}/events/record/?event=&who=").status_code == 400
    assert "tuyen_an" not in values, "only what may happen now is offered"
    assert "Tuyên án sơ thẩm" in offered.text, "and why the rest may not"
    answer = client.post(f"{of_case}/events/record/?event=nhan_ho_so&who=", {"happened_on": f"{ago(12):%d/%m/%Y}"})
    assert answer.status_code == 302
    shown = Page(client.get(f"{of_case}/record/events/"))
    assert "→ Truy tố" in shown.text
    assert "Hạn gần nhất Quyết định việc truy tố" in shown.text
    limits = Page(client.get(f"{of_case}/record/limits/")).text
    assert f"nhận hồ sơ {ago(12):%d/%m/%Y} + 20 ngày = {ago(-8):%d/%m/%Y}" in limits
    assert "Điều 240" in limits


def test_a_refused_event_says_why_keeps_what_was_typed_and_changes_nothing(
    as_person: SignIn, charged: CaseFile
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/vks/cases/{charged.code}/events/record/?event=tuyen_an&who="
    answer = client.post(address, {"happened_on": f"{ago(3):%d/%m/%Y}", "number": "7/HSST"})
    assert answer.status_code == 409
    page = Page(answer)
    assert "giai đoạn" in page.text
    assert page.fields["number"] == "7/HSST"
    bad = client.post(address, {"happened_on": "31/02/2026", "number": "7/HSST"})
    assert bad.status_code == 400
    assert Page(bad).error_at("happened_on")
    charged.refresh_from_db()
    assert charged.stage == "dieu_tra"
    assert not ProceduralEvent.objects.filter(event="tuyen_an").exists()


def test_an_extension_beyond_the_law_asks_for_the_reason_at_its_field(as_person: SignIn, charged: CaseFile) -> None:
    client = as_person("prosecutor_kv1")
    of_case = f"/vks/cases/{charged.code}"
    client.post(f"{of_case}/events/record/?event=nhan_ho_so&who=", {"happened_on": f"{ago(12):%d/%m/%Y}"})
    typed = {"happened_on": f"{ago(2):%d/%m/%Y}", "length": "30", "unit": "d", "number": "4/QĐ"}
    refused = client.post(f"{of_case}/events/record/?event=gia_han_truy_to&who=", typed)
    assert refused.status_code == 409
    assert "lý do" in Page(refused).error_at("override_reason")
    taken = client.post(
        f"{of_case}/events/record/?event=gia_han_truy_to&who=", typed | {"override_reason": "Quyết định ghi 30 ngày"}
    )
    assert taken.status_code == 302
    assert "Quyết định ghi 30 ngày" in Page(client.get(f"{of_case}/record/events/")).text


def test_a_withdrawn_event_stays_on_the_page_with_its_reason(as_person: SignIn, charged: CaseFile) -> None:
    client = as_person("prosecutor_kv1")
    of_case = f"/vks/cases/{charged.code}"
    client.post(f"{of_case}/events/record/?event=nhan_ho_so&who=", {"happened_on": f"{ago(12):%d/%m/%Y}"})
    event = ProceduralEvent.objects.get(event="nhan_ho_so")
    assert client.post(f"{of_case}/events/{event.pk}/withdraw/", {"reason": " "}).status_code == 400
    client.post(f"{of_case}/events/{event.pk}/withdraw/", {"reason": "Ghi nhầm vụ"})
    text = Page(client.get(f"{of_case}/record/events/")).text
    assert "Ghi nhầm vụ" in text
    charged.refresh_from_db()
    assert charged.stage == "dieu_tra"


def test_what_is_entered_is_shown_as_text(as_person: SignIn, charged: CaseFile) -> None:
    client = as_person("prosecutor_kv1")
    of_case = f"/vks/cases/{charged.code}"
    note = "<script>alert(1)</script>"
    client.post(f"{of_case}/events/record/?event=nhan_ho_so&who=", {"happened_on": f"{ago(12):%d/%m/%Y}", "note": note})
    answer = client.get(f"{of_case}/record/events/").content.decode()
    assert note not in answer
    assert "&lt;script&gt;" in answer


def test_an_event_of_somebody_elses_case_or_accused_is_not_there(
    as_person: SignIn, charged: CaseFile, people: dict[str, User], units: dict[str, Any]
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    theirs = other.accused.all()[0]
    client = as_person("prosecutor_kv1")
    of_case = f"/vks/cases/{charged.code}"
    assert client.get(f"{of_case}/events/record/?event=tam_giam&who={theirs.pk}").status_code == 404
    first = ProceduralEvent.objects.get(case=other)
    assert client.get(f"{of_case}/events/{first.pk}/withdraw/").status_code == 404


def test_the_review_shows_ones_own_and_the_office_and_nothing_else(
    as_person: SignIn, charged: CaseFile, people: dict[str, User], units: dict[str, Any]
) -> None:
    access.record_event(actor=people["prosecutor_kv1"], case=charged, event="nhan_ho_so", happened_on=ago(30))
    other = register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        name="Vụ của khu vực 3",
        accused=[AccusedInput("Lê Tám", charges=[ChargeInput(text="173.1")])],
        digitise_myself=True,
    )
    access.assign(actor=people["chief_kv3"], case=other, user=people["prosecutor_kv3"], role="prosecutor_lead")
    assert other.deadlines.filter(is_duty=False).exists()

    def review(name: str, query: str = "") -> str:
        return Page(as_person(name).get(f"/vks/deadlines/{query}")).text

    mine = review("prosecutor_kv1")
    assert charged.code in mine
    assert other.code not in mine
    assert "Quyết định việc truy tố" in mine
    assert charged.code in review("chief_kv1")
    assert other.code not in review("chief_kv1", "?whose=all&unit=QN-KV3")
    both = review("chief_province")
    assert charged.code in both
    assert other.code in both
    # who may only know that the case exists reads none of its limits
    assert charged.code not in review("clerk_kv1")
    assert charged.code not in review("outsider")
    # twenty days and a weekend at most are over: red
    assert charged.code in review("prosecutor_kv1", "?band=red")
    assert charged.code not in review("prosecutor_kv1", "?band=green")


def test_reminders_are_read_when_somebody_says_so(
    as_person: SignIn, charged: CaseFile, people: dict[str, User]
) -> None:
    access.record_event(actor=people["prosecutor_kv1"], case=charged, event="nhan_ho_so", happened_on=ago(30))
    remind()
    lead = people["prosecutor_kv1"]
    assert unread(lead).count() == 1
    client = as_person("prosecutor_kv1")
    assert "Thời hạn 1" in Page(client.get("/vks/")).text, "the menu counts what is urgent"
    page = Page(client.get("/vks/deadlines/"))
    assert "1 lời nhắc chưa xem" in page.text
    assert "ngày mới" in page.text, "the row is marked"
    assert unread(lead).count() == 1, "looking, or a browser that looks ahead, says nothing yet"
    # one that came after the page was made stays
    shown = page.fields["last"]
    later = DeadlineReminder.objects.get(user=lead)
    later.pk = None
    later.save()
    assert client.get("/vks/deadlines/read/").status_code == 405
    for wrong in ({}, {"last": "x"}, {"last": "9" * 30}):
        assert client.post("/vks/deadlines/read/", wrong).status_code == 400
    answer = client.post("/vks/deadlines/read/", {"last": shown}, follow=True)
    assert "bạn đã xem các lời nhắc" in Page(answer).text
    assert list(unread(lead)) == [later]
    client.post("/vks/deadlines/read/", {"last": str(later.pk)})
    assert "chưa xem" not in Page(client.get("/vks/deadlines/")).text
    # nobody reads for somebody else
    assert unread(people["chief_kv1"]).count() == 1


def test_a_limit_nobody_verified_says_so_wherever_it_stands(
    as_person: SignIn, people: dict[str, User], units: dict[str, Any], provisioned: None
) -> None:
    case = register(
        actor=people["clerk_kv1"],
        unit=units["QN-KV1"],
        kind="civil",
        name="An kiện Bình",
        accused=[],
        details={"legal_relation": "Tranh chấp hợp đồng vay tài sản"},
    )
    assert case.deadlines.filter(is_duty=False).exists()
    client = as_person("chief_kv1")
    for address in ("/vks/deadlines/", f"/vks/cases/{case.code}/", f"/vks/cases/{case.code}/record/limits/"):
        assert "Chưa kiểm chứng: đối chiếu điều luật trước khi dùng." in Page(client.get(address)).text, address
    # a criminal case's are verified
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], accused=[AccusedInput("Lê Tám")])
    assert "Chưa kiểm chứng" not in Page(client.get(f"/vks/cases/{other.code}/")).text


def test_what_cannot_be_recorded_now_is_listed_with_the_reason_alone(as_person: SignIn, charged: CaseFile) -> None:
    page = Page(as_person("prosecutor_kv1").get(f"/vks/cases/{charged.code}/record/events/"))
    assert "Quyết định truy tố bằng cáo trạng: chỉ có ở Truy tố" in page.text
    assert "Phục hồi điều tra: chỉ ghi được khi Tạm đình chỉ, Đình chỉ" in page.text
    assert "Lúc này chỉ ghi được" not in page.text
    # refused, one is told what is possible instead
    address = f"/vks/cases/{charged.code}/events/record/?event=cao_trang"
    answer = as_person("prosecutor_kv1").post(address, {"happened_on": f"{ago(1):%d/%m/%Y}", "number": "1"})
    assert "Lúc này chỉ ghi được" in Page(answer).text


def test_an_event_without_a_number_begins_with_what_is_known_of_it(
    as_person: SignIn, charged: CaseFile, people: dict[str, User]
) -> None:
    access.record_event(
        actor=people["prosecutor_kv1"], case=charged, event="ket_luan_dieu_tra", happened_on=ago(3), number="96"
    )
    access.record_event(
        actor=people["prosecutor_kv1"],
        case=charged,
        event="gui_van_ban",
        happened_on=ago(2),
        ground="kldt_giao_vks",
        agency="Công an tỉnh",
    )
    shown = as_person("prosecutor_kv1").get(f"/vks/cases/{charged.code}/record/events/").content.decode()
    assert '<div class="small">Công an tỉnh · Giao kết luận điều tra và hồ sơ cho Viện kiểm sát</div>' in shown
    assert '<div class="small">số 96</div>' in shown
