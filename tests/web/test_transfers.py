"""Cases, trials and whole offices change hands on the pages."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.db.models import F
from django.utils import timezone

from tests.people import make_district, register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.access import transfers
from vks_plugin.access.models import Restructuring
from vks_plugin.cases.models import Assignment, CaseFile
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.api.conftest import Snapshot
    from tests.people import FiledCase
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db

PAPER = "12/QĐ-VKS ngày 05/11/2026"
RESTRUCTURING = "/vks/organization/restructuring/"


def _options(page: Page, name: str) -> set[str]:
    """Return the values a select offers."""
    found: set[str] = set()
    inside = False
    for tag, attributes in page.elements:
        if tag == "select":
            inside = attributes.get("name") == name
        elif tag == "option" and inside and attributes.get("value"):
            found.add(attributes["value"])
    return found


def test_a_transfer_tells_first_who_loses_and_who_gains_and_then_is_done(
    filed_case: FiledCase, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    code = filed_case.case.code
    leader, address = as_person("chief_kv1"), f"/vks/cases/{filed_case.case.code}/transfer/"
    assert address in Page(leader.get(f"/vks/cases/{code}/")).links()
    assert _options(Page(leader.get(address)), "to") == {"QN", "QN-KV3"}
    before = snapshot()
    asked = leader.post(address, {"to": "QN-KV3", "decision": PAPER})
    assert snapshot() == before
    text = Page(asked).text
    lose, gain, keep = (text.index(words) for words in ("Hết quyền xem ngay", "Được xem từ lúc này", "Vẫn xem được"))
    for name, first, last in (
        ("Bùi Văn Đạt", lose, gain),
        ("Đỗ Hữu Ước – Kiểm sát viên thụ lý chính của vụ án", lose, gain),
        ("Dương Văn Trưởng – Viện trưởng đơn vị thụ lý", gain, keep),
        ("Phạm Quốc Thịnh", keep, len(text)),
    ):
        assert first < text.index(name, lose) < last, name
    form = Page(asked).fields
    done = leader.post(address, {name: form[name] for name in ("act", "to", "decision")}, follow=True)
    # the case is not the leader's any more
    assert done.redirect_chain[-1][0] == "/vks/"
    assert f"Đã chuyển vụ án {code} cho" in Page(done).text
    assert leader.get(f"/vks/cases/{code}/").status_code == 404
    assert as_person("prosecutor_kv1").get(f"/vks/cases/{code}/").status_code == 404
    assert as_person("chief_kv3").get(f"/vks/cases/{code}/").status_code == 200
    history = Page(as_person("chief_kv3").get(f"/vks/cases/{code}/record/history/")).text
    assert PAPER in history
    assert "VKSND khu vực 3" in Page(as_person("chief_province").get(f"/vks/cases/{code}/")).text


def test_a_leader_above_transfers_and_comes_back_to_the_case(case: CaseFile, as_person: SignIn) -> None:
    answer = as_person("chief_province").post(
        f"/vks/cases/{case.code}/transfer/", {"act": "confirm", "to": "QN", "decision": PAPER}
    )
    assert answer["Location"] == f"/vks/cases/{case.code}/"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"to": "", "decision": PAPER}, "to"),
        ({"to": "QN-KV1", "decision": PAPER}, "to"),
        ({"to": "QN-KV3", "decision": " "}, "decision"),
    ],
)
@pytest.mark.parametrize("act", ["", "confirm"])
def test_a_transfer_that_cannot_be_is_refused_at_its_field(
    form: dict[str, str], field: str, act: str, case: CaseFile, as_person: SignIn
) -> None:
    answer = as_person("chief_kv1").post(f"/vks/cases/{case.code}/transfer/", form | {"act": act})
    assert answer.status_code == 400
    assert Page(answer).error_at(field)
    assert CaseFile.objects.get(pk=case.pk).unit_id == case.unit_id


@pytest.mark.parametrize(
    ("asker", "status"), [("clerk_kv1", 403), ("prosecutor_kv1", 403), ("chief_kv3", 404), ("admin_province", 404)]
)
def test_who_leads_neither_office_transfers_nothing(
    asker: str, status: int, case: CaseFile, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    client, address = as_person(asker), f"/vks/cases/{case.code}/transfer/"
    before = snapshot()
    assert address not in client.get(f"/vks/cases/{case.code}/").content.decode()
    assert client.get(address).status_code == status
    for act in ("", "confirm"):
        assert client.post(address, {"act": act, "to": "QN-KV3", "decision": PAPER}).status_code == status
    assert snapshot() == before


@pytest.fixture
def of_province(filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> CaseFile:
    """Return the case once the province has it."""
    return transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN"], decision=PAPER)


def test_the_province_appoints_an_office_below_for_the_trial(
    of_province: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    of_case = f"/vks/cases/{of_province.code}/"
    address = f"{of_case}trial-unit/"
    leader, theirs = as_person("deputy_province"), as_person("chief_kv3")
    assert address in Page(leader.get(of_case)).links()
    assert _options(Page(leader.get(address)), "unit") == {"QN-KV1", "QN-KV3"}
    assert Page(leader.post(address, {"unit": "", "decision": PAPER})).error_at("unit")
    assert Page(leader.post(address, {"unit": "QN-KV3", "decision": ""})).error_at("decision")
    assert theirs.get(of_case).status_code == 404
    done = leader.post(address, {"unit": "QN-KV3", "decision": PAPER}, follow=True)
    assert "Đã phân công" in Page(done).text
    assert "Tại phiên tòa (Điều 239) VKSND khu vực 3" in Page(done).text
    # its leaders name who appears, and give nothing else
    section = Page(theirs.get(f"{of_case}record/assignments/"))
    assert _options(section, "role") == {"trial_prosecutor"}
    assert str(people["prosecutor_kv3"].pk) in _options(section, "user")
    assert str(people["prosecutor_kv1"].pk) not in _options(section, "user")
    assert theirs.get(address).status_code == 403
    named = {"user": str(people["prosecutor_kv3"].pk), "role": "trial_prosecutor"}
    assert "Đã phân công." in Page(theirs.post(f"{of_case}assign/", named, follow=True)).text
    assert as_person("prosecutor_kv3").get(of_case).status_code == 200
    # those of the province do not: the form does not offer it, and a forged one is refused
    assert "trial_prosecutor" not in _options(Page(leader.get(f"{of_case}record/assignments/")), "role")
    assignment = Assignment.objects.get(role="trial_prosecutor")
    forged = leader.post(f"{of_case}assign/", named, follow=True)
    assert "Chỉ lãnh đạo đơn vị được phân công xét xử cử" in Page(forged).text
    assert leader.post(f"{of_case}assignments/{assignment.pk}/end/").status_code == 403
    # taken back, it is over for both
    assert leader.post(address, {"unit": "", "decision": PAPER}).status_code == 302
    for name in ("chief_kv3", "prosecutor_kv3"):
        assert as_person(name).get(of_case).status_code == 404, name
    assert "Tại phiên tòa" not in Page(leader.get(of_case)).text


def test_roles_are_offered_to_who_may_give_them_with_people_of_the_right_office(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    address = f"/vks/cases/{case.code}/record/assignments/"
    # nobody is offered who only keeps the figures
    assert str(people["statistics_province"].pk) not in _options(Page(as_person("chief_province").get(address)), "user")
    organization.appoint(user=people["statistics_province"], unit=units["QN"], role="specialist")
    own = Page(as_person("chief_kv1").get(address))
    assert _options(own, "role") == {
        "prosecutor_lead",
        "prosecutor",
        "inspector",
        "scan_operator",
        "qc_reviewer",
        "appeal_prosecutor",
        "reviewer",
    }
    above = Page(as_person("chief_province").get(address))
    assert _options(above, "role") == {"appeal_prosecutor", "reviewer"}
    assert str(people["statistics_province"].pk) in _options(above, "user") & _options(own, "user")
    assert str(people["inspector_kv1"].pk) in _options(own, "user") - _options(above, "user")
    assert not _options(Page(as_person("prosecutor_kv1").get(address)), "role")
    client, assign = as_person("chief_province"), f"/vks/cases/{case.code}/assign/"
    reviewer = {"user": str(people["statistics_province"].pk), "role": "reviewer"}
    assert "phải có ngày kết thúc" in Page(client.post(assign, reviewer, follow=True)).text
    until = f"{timezone.localdate() + dt.timedelta(days=3):%d/%m/%Y}"
    assert "Đã phân công." in Page(client.post(assign, reviewer | {"ends_on": until}, follow=True)).text
    # whoever gave it ends it
    made = Assignment.objects.get(role="reviewer")
    assert client.post(f"/vks/cases/{case.code}/assignments/{made.pk}/end/").status_code == 302
    # one of another office is refused by a sentence and not by a form that was made for something else
    wrong = {"user": str(people["statistics_province"].pk), "role": "inspector"}
    assert "không có quyền phân công" in Page(client.post(assign, wrong, follow=True)).text


# --- offices


@pytest.fixture
def takeover(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> Restructuring:
    """Return a take-over of KV1 by KV3 that stopped after one of two cases."""
    monkeypatch.setattr(transfers, "AT_A_TIME", 1)
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    row = transfers.begin_restructuring(
        actor=people["admin_province"],
        predecessors=[units["QN-KV1"]],
        successor=units["QN-KV3"],
        effective_date=timezone.localdate(),
        decision=PAPER,
    )
    next(transfers.continue_restructuring(row))
    Restructuring.objects.filter(pk=row.pk).update(touched_at=timezone.now() - dt.timedelta(minutes=3))
    return row


def test_an_office_takes_over_another(
    case: CaseFile,
    people: dict[str, User],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("admin_province")
    # who is to come there goes along
    begins = timezone.localdate() + dt.timedelta(days=30)
    organization.appoint(user=people["outsider"], unit=case.unit, role="specialist", starts_on=begins)
    assert RESTRUCTURING in Page(client.get("/vks/organization/")).links()
    form = {
        "to_QN-KV1": "QN-KV3",
        "effective_date": f"{timezone.localdate():%d/%m/%Y}",
        "decision": PAPER,
        "carries_posts": "on",
    }
    page = client.post(RESTRUCTURING, form | {"to_QN-KV1": ""})
    assert page.status_code == 400
    assert "mỗi đơn vị một lần" in Page(page).text
    chain = client.post(RESTRUCTURING, form | {"to_QN-KV3": "QN"})
    assert "vừa là đơn vị cũ vừa là đơn vị mới" in Page(chain).error_at("to_QN-KV1")
    assert Page(client.post(RESTRUCTURING, form | {"to_QN-KV1": "QN-KV1"})).error_at("to_QN-KV1")
    assert not Restructuring.objects.exists()
    asked = Page(client.post(RESTRUCTURING, form))
    # what goes is told, office by office, and nothing has begun
    assert (
        "Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh Viện kiểm sát nhân dân khu vực 3 – Quảng Ninh 1 " in asked.text
    )
    old = CaseFile.objects.get(pk=case.pk).unit
    posts = Appointment.objects.filter(unit=old, ended_at__isnull=True)
    told = f"{posts.count()} chức danh của {posts.values('user').distinct().count()} người"
    assert (told in asked.text, old.valid_to, Restructuring.objects.exists()) == (True, None, False)
    confirmed = {name: value for name, value in asked.fields.items() if name in {*form, "act"}}
    assert confirmed == form | {"act": "confirm", "carries_posts": "True"}
    with django_capture_on_commit_callbacks(execute=True):
        address = client.post(RESTRUCTURING, confirmed)["Location"]
    shown = Page(client.get(address))
    assert "đã xong" in shown.text
    assert "1/1 vụ án" in shown.text
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"
    assert as_person("prosecutor_kv1").get(f"/vks/cases/{case.code}/").status_code == 200
    assert Appointment.objects.get(user=people["prosecutor_kv1"], ended_at__isnull=True).unit.code == "QN-KV3"
    assert address in Page(client.get(RESTRUCTURING)).links()


def test_several_offices_take_over_by_one_plan(
    case: CaseFile,
    people: dict[str, User],
    as_person: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """The list tells how far all of them are, and asks by itself until they are done."""
    for code in ("QN-HL", "QN-CP"):
        make_district(code)
    client = as_person("chief_province")
    day = f"{timezone.localdate():%d/%m/%Y}"
    form = {"effective_date": day, "decision": PAPER, "carries_posts": "on", "act": "confirm"}
    with django_capture_on_commit_callbacks() as callbacks:
        made = client.post(RESTRUCTURING, form | {"to_QN-KV1": "QN-KV3", "to_QN-HL": "QN-KV3", "to_QN-CP": "QN"})
    assert made["Location"] == RESTRUCTURING
    asked = Page(client.get(RESTRUCTURING, headers={"HX-Request": "true"}))
    assert (asked.elements[0][1]["id"], asked.elements[0][1]["hx-trigger"]) == ("vks-restructurings", "every 2s")
    assert "0/1 vụ án, sang 2 đơn vị mới" in asked.text
    for callback in callbacks:
        callback()
    done = Page(client.get(RESTRUCTURING, headers={"HX-Request": "true"}))
    assert "hx-trigger" not in done.elements[0][1]
    assert done.text.count("đã xong") == 2
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"


def test_one_that_is_under_way_asks_by_itself_and_one_that_stopped_goes_on(
    takeover: Restructuring,
    as_person: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client, address = as_person("chief_province"), f"{RESTRUCTURING}{takeover.pk}/"
    stopped = Page(client.get(address, headers={"HX-Request": "true"}))
    assert "1/2 vụ án" in stopped.text
    assert "Tiếp tục" in stopped.text
    assert "hx-get" not in stopped.elements[0][1]
    # not committed, so that it waits for its worker
    assert client.post(f"{address}resume/")["Location"] == address
    running = Page(client.get(address, headers={"HX-Request": "true"}))
    assert (running.elements[0][1]["id"], running.elements[0][1]["hx-trigger"]) == ("vks-restructuring", "every 2s")
    assert "Tiếp tục" not in running.text
    assert client.post(f"{address}resume/").status_code == 409
    # the worker has other things to do for an hour: it waits still, and nobody sends it twice
    Restructuring.objects.update(touched_at=F("touched_at") - dt.timedelta(hours=1))
    assert "Tiếp tục" not in Page(client.get(address, headers={"HX-Request": "true"})).text
    assert client.post(f"{address}resume/").status_code == 409
    # begun, and killed before anything moved
    with monkeypatch.context() as patch:
        patch.setattr(transfers, "continue_restructuring", lambda _row: iter(()))
        transfers.run_restructuring(takeover.pk)
    Restructuring.objects.update(touched_at=F("touched_at") - dt.timedelta(minutes=3))
    assert "Tiếp tục" in Page(client.get(address, headers={"HX-Request": "true"})).text
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{address}resume/")
    done = Page(client.get(address))
    assert "2/2 vụ án" in done.text
    assert "đã xong" in done.text
    assert client.post(f"{address}resume/").status_code == 409
    assert set(CaseFile.objects.values_list("unit__code", flat=True)) == {"QN-KV3"}


def test_only_the_province_restructures(
    takeover: Restructuring, as_person: SignIn, snapshot: Callable[[], Snapshot]
) -> None:
    before = snapshot()
    for name in ("chief_kv1", "deputy_province", "clerk_kv1", "outsider"):
        client = as_person(name)
        assert client.get(RESTRUCTURING).status_code == 403, name
        assert client.post(RESTRUCTURING, {"successor": "QN-KV1"}).status_code == 403, name
        assert client.get(f"{RESTRUCTURING}{takeover.pk}/").status_code == 403, name
        assert client.post(f"{RESTRUCTURING}{takeover.pk}/resume/").status_code == 403, name
    assert snapshot() == before
    assert RESTRUCTURING not in Page(as_person("chief_kv3").get("/vks/organization/")).links()


def test_a_post_is_held_in_a_capacity_and_a_head_leads_a_department(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    client, address = as_person("chief_province"), "/vks/organization/"
    form = {
        "user": str(people["outsider"].pk),
        "unit": str(units["QN"].pk),
        "role": "deputy_chief_procurator",
        "capacity": "deputising",
    }
    refused = client.post(address, form)
    assert "phải có ngày kết thúc" in Page(refused).error_at("ends_on")
    until = f"{timezone.localdate() + dt.timedelta(days=3):%d/%m/%Y}"
    assert "Đã ghi bổ nhiệm." in Page(client.post(address, form | {"ends_on": until}, follow=True)).text
    assert "được ủy quyền khi người giữ chức danh vắng mặt" in Page(client.get(address)).words
    head = form | {"role": "department_head", "capacity": "acting"}
    assert "Hãy chọn phòng" in Page(client.post(address, head)).error_at("department")
    department = Department.objects.get(code="P1")
    there = head | {"department": str(department.pk)}
    assert "thuộc đơn vị khác" in Page(client.post(address, there | {"unit": str(units["QN-KV1"].pk)})).error_at(
        "department"
    )
    assert client.post(address, there).status_code == 302
    post = Appointment.objects.get(role="department_head")
    assert (post.capacity, post.department) == ("acting", department)
    access.end_appointment(actor=people["chief_province"], appointment=post)
