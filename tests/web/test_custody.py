"""Pages of who has the paper, from the clerk's desk."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from tests.custody.test_hand_overs import COURT
from tests.custody.test_settling import WHY as LOST
from tests.custody.test_settling import short
from tests.web.conftest import Page
from vks_plugin.access.temporary import open_for_loan
from vks_plugin.access.transfers import transfer_case
from vks_plugin.cases.models import CaseDocument, CaseFile, Exhibit, Volume
from vks_plugin.custody import actions
from vks_plugin.custody.actions.hand_overs import Terms, accept, draft, hand_over
from vks_plugin.custody.actions.holding import pass_to
from vks_plugin.custody.handing import Checks
from vks_plugin.custody.models import HandOver, Keeper, Loan
from vks_plugin.custody.queries.holding import holder_of
from vks_plugin.organization.models import Appointment, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.queries import display_name
from vks_plugin.web.custody_forms import PaperChoice, RegisterForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"
FOUND = {"documents_complete": "on", "exhibits_complete": "on", "served": "on", "awaits_paper": "on"}


@pytest.fixture
def twelve(case: CaseFile) -> CaseFile:
    """Return the case with twelve volumes."""
    for number in range(1, 13):
        Volume.objects.create(case=case, number=number, folio_from=number * 10 - 9, folio_to=number * 10)
    return case


def ticked(answer: Any) -> list[int]:
    """Return the numbers of the volumes that are ticked on the page."""
    boxes = [each for tag, each in Page(answer).elements if tag == "input" and "data-vks-code" in each]
    return [int(str(each["value"])) for each in boxes if "checked" in each]


def counting(answer: Any) -> bool:
    """Tell whether the page adds the next label to those that are ticked."""
    return any("data-vks-counting" in each for _tag, each in Page(answer).elements)


def test_a_file_is_taken_in_and_given_on(
    twelve: CaseFile, as_person: SignIn, units: dict[str, ProcuracyUnit], people: dict[str, User]
) -> None:
    clerk, code = as_person("clerk_kv1"), twelve.code
    page = Page(clerk.get(f"/vks/cases/{code}/custody/"))
    assert AGENCY in page.text
    assert "suy ra" in page.text
    # as it is picked from what is offered
    form = clerk.get("/vks/custody/new/", {"case": f"{code} – {twelve.name}"})
    # as it is typed; by its form alone one that can be none is known
    assert clerk.get("/vks/custody/new/", {"case": code.lower()}).status_code == 200
    for typed, odd in ((code[:-1], True), ("HS-QN-KV1-2026-9999", False)):
        answer = clerk.get("/vks/custody/new/", {"case": typed})
        assert (answer.status_code, "không giống mã" in Page(answer).text) == (404, odd)
    # where no case is named, it is asked for
    nothing: tuple[dict[str, str], ...] = ({}, {"case": "  "})
    for untold in nothing:
        led = clerk.get("/vks/custody/new/", untold, follow=True)
        assert led.redirect_chain == [("/vks/custody/", 302)]
        assert "Hãy nhập mã vụ án cần giao, nhận." in Page(led).text
        for answer in (clerk.post("/vks/custody/new/"), clerk.get("/vks/custody/labels/", untold)):
            assert (answer.status_code, "Chưa nêu vụ án" in Page(answer).text) == (400, True)
    # by hand nothing has to be ticked twelve times
    assert ticked(form) == list(range(1, 13))
    fields = Page(form).fields
    assert (fields["direction"], fields["agency"], fields["other_unit"]) == ("cqdt_vks", AGENCY, "QN-KV1")
    sent = {
        "part": "hsva",
        "direction": "cqdt_vks",
        "agency": AGENCY,
        "other_unit": "QN-KV1",
        "giver_name": "Lê Văn Điều",
    }
    volumes = [str(number) for number in range(1, 13)]
    # a scanner that works without the script sends what it read
    codes = " ".join(f"{code}-HSVA-T{number:02d}".lower() for number in range(1, 12))
    answer = clerk.post(f"/vks/custody/new/?case={code}", sent | {"reason": "ket_thuc_dt", "codes": codes})
    assert (answer.status_code, "Phải giao đủ các tập" in Page(answer).text) == (400, True)
    answer = clerk.post(f"/vks/custody/new/?case={code}", sent | {"reason": "ket_thuc_dt", "codes": "XE-MAY"})
    assert (answer.status_code, "Mã “XE-MAY” không phải nhãn" in Page(answer).text) == (400, True)
    assert f"Nhãn tập có dạng {code}-HSVA-T01." in Page(answer).text
    for wrong, odd in ((f"{code[:-1]}-HSVA-T01", True), ("HS-QN-KV1-2026-9999-HSVA-T01", False)):
        answer = clerk.post(f"/vks/custody/new/?case={code}", sent | {"reason": "ket_thuc_dt", "codes": wrong})
        text = Page(answer).text
        assert (f"Mã “{wrong}” không phải nhãn" in text, "không giống mã" in text) == (True, odd)
    answer = clerk.post(
        f"/vks/custody/new/?case={code}", sent | {"reason": "ket_thuc_dt", "volumes": volumes}, follow=True
    )
    assert "Đã giao, chờ bên nhận." in Page(answer).text
    row = HandOver.objects.get()
    # twice the same: told of the one that is open
    again = Page(clerk.post(f"/vks/custody/new/?case={code}", sent | {"reason": "ket_thuc_dt", "volumes": volumes}))
    assert "chưa xong" in again.text
    # refused without a word, then with one; nothing typed is lost
    answer = clerk.post(
        f"/vks/custody/{row.pk}/accept/", {"volumes": volumes, "documents_complete": "on", "awaits_paper": "on"}
    )
    page = Page(answer)
    assert (answer.status_code, "Hãy đánh dấu nếu đã kiểm và đủ" in page.error_at("exhibits_complete")) == (400, True)
    # each that is not ticked is marked, the one that is not
    assert (page.error_at("documents_complete"), page.error_at("served")) == ("", "Cũng chưa đánh dấu.")
    answer = clerk.post(f"/vks/custody/{row.pk}/reject/", {"volumes": volumes})
    assert (answer.status_code, "Hãy ghi rõ những gì còn thiếu" in Page(answer).text) == (400, True)
    answer = clerk.post(f"/vks/custody/{row.pk}/reject/", {"volumes": volumes, "missing": "Thiếu tập 12"}, follow=True)
    assert "Thiếu tập 12" in Page(answer).text
    # what was refused is put right before it is sent again: what it said is in the form
    address = f"/vks/custody/{row.pk}/edit/"
    page = Page(clerk.get(address))
    assert (page.fields["giver_name"], page.fields["agency"], page.fields["reason"]) == (
        "Lê Văn Điều",
        AGENCY,
        "ket_thuc_dt",
    )
    answer = clerk.post(address, sent | {"reason": "", "volumes": volumes, "note": "Kèm tập 12"})
    assert (answer.status_code, Page(answer).fields["note"]) == (400, "Kèm tập 12")
    # a count that was begun goes on after a refusal; what is ticked by itself is none
    answer = clerk.post(address, sent | {"reason": "ket_thuc_dt", "volumes": volumes[:11], "scanned": ["1", "2", "x"]})
    assert (answer.status_code, ticked(answer), counting(answer)) == (400, list(range(1, 12)), True)
    # and so does what of it was scanned
    seen = [each["value"] for _tag, each in Page(answer).elements if "data-vks-seen" in each]
    assert (
        seen == [each["value"] for _tag, each in Page(answer).elements if each.get("name") == "scanned"] == ["1", "2"]
    )
    assert counting(form) is False
    corrected = sent | {"reason": "ket_thuc_dt", "volumes": volumes, "note": "Kèm tập 12", "giver_name": "Lê Văn Hai"}
    assert clerk.post(address, corrected | {"direction": "ta_vks"}).status_code == 400
    text = Page(clerk.post(address, corrected, follow=True)).text
    assert ("Kèm tập 12" in text, "Lê Văn Hai" in text, "Lê Văn Điều" in text) == (True, True, False)
    clerk.post(f"/vks/custody/{row.pk}/send/")
    assert clerk.post(address, corrected).status_code == 409
    # signed three days ago: day and hour, or neither; what was typed stands there after a refusal
    signed = timezone.localtime().replace(hour=8, minute=5, second=0, microsecond=0) - dt.timedelta(days=3)
    found = FOUND | {"volumes": volumes, "happened_on": f"{signed:%d/%m/%Y}"}
    answer = clerk.post(f"/vks/custody/{row.pk}/accept/", found)
    assert (answer.status_code, "Hãy ghi cả ngày và giờ" in Page(answer).text) == (400, True)
    ahead = f"{signed + dt.timedelta(days=9):%d/%m/%Y}"
    # both that are wrong are told at once
    text = Page(clerk.post(f"/vks/custody/{row.pk}/accept/", found | {"happened_on": "01/06/2099"})).text
    assert ("Hãy ghi cả ngày và giờ" in text, "Ngày nằm trong tương lai" in text) == (True, True)
    answer = clerk.post(f"/vks/custody/{row.pk}/accept/", found | {"happened_on": ahead, "happened_hour": "8h05"})
    page = Page(answer)
    assert (answer.status_code, "tương lai" in page.text, page.fields["happened_on"]) == (400, True, ahead)
    answer = clerk.post(f"/vks/custody/{row.pk}/accept/", found | {"happened_hour": "8h05"}, follow=True)
    page = Page(answer)
    assert f"08:05 {signed:%d/%m/%Y}" in page.text
    assert "Đã nhận hồ sơ." in page.text
    assert "Thiếu tập 12" in page.text
    row.refresh_from_db()
    assert (row.number, row.giver_name, row.accepted_at) == (1, "Lê Văn Hai", signed)
    desk = Page(clerk.get("/vks/custody/")).text
    assert code in desk
    assert "Chờ biên bản đã ký" in desk
    assert holder_of(twelve).keeper.unit == units["QN-KV1"]
    time_line = Page(clerk.get(f"/vks/cases/{code}/custody/")).text
    assert time_line.index(units["QN-KV1"].name) < time_line.index("biên bản")
    for name in ("pdf", "docx"):
        assert clerk.get(f"/vks/custody/{row.pk}/print/", {"format": name}).status_code == 200
    asked = {"register": "giao-nhan", "unit": "QN-KV1", "first": "01/01/2026", "last": "31/12/2099", "format": "xlsx"}
    answer = clerk.get("/vks/custody/register/", asked)
    assert (answer.status_code, answer["Content-Disposition"].startswith("attachment")) == (200, True)
    assert clerk.get("/vks/custody/register/", asked | {"unit": "QN-KV3"}).status_code == 400
    assert clerk.post(f"/vks/custody/{row.pk}/cancel/", {"reason": "x"}).status_code == 409
    # what went to court comes back from there, and is asked for as that
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency="Tòa án nhân dân khu vực 1")
    checks = Checks(documents_complete=True, exhibits_complete=True, served=True)
    sent_out = hand_over(actor=people["clerk_kv1"], case=twelve, terms=court)
    accept(actor=people["clerk_kv1"], row=sent_out, checks=checks, awaits_paper=True)
    page = Page(clerk.get(f"/vks/custody/new/?case={code}"))
    assert (page.fields["direction"], page.fields["agency"]) == ("ta_vks", "Tòa án nhân dân khu vực 1")
    back = {"part": "hsva", "direction": "ta_vks", "agency": court.agency, "reason": "tra_ho_so"}
    some = {"other_unit": "QN-KV1", "volumes": ["1", "2", "5"]}
    text = Page(clerk.post(f"/vks/custody/new/?case={code}", back | some, follow=True)).text
    assert "3 tập, BL 1–20, 41–50" in text
    returned = HandOver.objects.latest("pk")
    text = Page(
        clerk.post(
            f"/vks/custody/{returned.pk}/accept/",
            FOUND | {"volumes": some["volumes"], "missing": "Các tập khác"},
            follow=True,
        )
    ).text
    assert "Nhận nốt các tập còn thiếu" in text
    rest = Page(clerk.get(f"/vks/custody/new/?case={code}&completes={returned.pk}")).text
    assert f"Nhận nốt phần còn thiếu của biên bản {returned.written_number}." in rest
    # a procuracy elsewhere is named by who gives it
    page = Page(clerk.get(f"/vks/custody/new/?case={code}&direction=vks_khac"))
    assert (page.fields["direction"], page.fields["agency"], "ngoài hệ thống" in page.text) == ("vks_khac", "", True)
    assert ("other_unit" in page.fields, "decision" in page.fields) == (False, True)


def _at_court(case: CaseFile, clerk: User) -> None:
    court = Terms(part="hsva", direction="vks_ta", reason="truy_to", agency=COURT)
    for terms in (Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY), court):
        row = hand_over(actor=clerk, case=case, terms=terms)
        accept(actor=clerk, row=row, checks=Checks(True, True, True), awaits_paper=True)


def test_what_a_court_passed_on_to_another_is_said_on_the_case_page(
    twelve: CaseFile, as_person: SignIn, people: dict[str, User]
) -> None:
    clerk, where = as_person("clerk_kv1"), f"/vks/cases/{twelve.code}/custody/"
    title, at = "Ghi cơ quan ngoài chuyển hồ sơ cho nhau", f"{where}passed-on/"
    # nothing is recorded yet, then it is in the office
    assert title not in Page(clerk.get(where)).text
    came = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    first = hand_over(actor=people["clerk_kv1"], case=twelve, terms=came)
    accept(actor=people["clerk_kv1"], row=first, checks=Checks(True, True, True), awaits_paper=True)
    assert title not in Page(clerk.get(where)).text
    gone = hand_over(
        actor=people["clerk_kv1"],
        case=twelve,
        terms=Terms(part="hsva", direction="vks_ta", reason="truy_to", agency=COURT),
    )
    accept(actor=people["clerk_kv1"], row=gone, checks=Checks(True, True, True), awaits_paper=True)
    page = Page(clerk.get(where))
    assert (title in page.text, page.fields["giver"]) == (True, COURT)
    assert title not in Page(as_person("prosecutor_kv1").get(where)).text
    appeal, now = "Tòa án nhân dân tỉnh <Quảng Ninh>", timezone.localtime()
    sent = {"giver": COURT, "passed_to": appeal, "happened_on": f"{now:%d/%m/%Y}", "happened_hour": f"{now:%H:%M}"}
    # what was typed stands there after a refusal, with the sentence where it belongs
    for wrong, field, words in (
        ({}, "known_from", "bắt buộc"),
        ({"known_from": "Công văn 12", "passed_to": COURT}, "passed_to", "Hồ sơ đã ở"),
        ({"known_from": "Công văn 12", "happened_on": "01/01/2026"}, "happened_on", "chỉ có hồ sơ từ"),
        ({"known_from": "Công văn 12", "happened_hour": "25:00"}, "happened_hour", "giờ dạng"),
    ):
        answer = clerk.post(at, sent | wrong)
        page = Page(answer)
        assert (answer.status_code, words in page.error_at(field)) == (400, True), (field, page.error_at(field))
        assert page.fields["passed_to"] == (sent | wrong)["passed_to"]
        assert [each for tag, each in page.elements if tag == "details" and "open" in each]
    # who saw another keeper is told, and sees the one there is
    page = Page(clerk.post(at, sent | {"known_from": "Công văn 12", "giver": appeal}))
    assert ("Hãy tải lại trang" in page.text, page.fields["giver"], page.fields["passed_to"]) == (True, COURT, appeal)
    assert as_person("prosecutor_kv1").post(at, sent).status_code == 403
    answer = clerk.post(at, sent | {"known_from": "Công văn <12>/TA"}, follow=True)
    text = Page(answer).text
    assert "Đã ghi cơ quan ngoài chuyển hồ sơ cho nhau." in text
    assert "Cơ quan ngoài chuyển cho nhau (biết từ: Công văn <12>/TA)" in text
    assert text.index(appeal) < text.index(COURT)
    form = Page(clerk.get(f"/vks/custody/new/?case={twelve.code}"))
    assert (form.fields["direction"], form.fields["agency"]) == ("ta_vks", appeal)


def test_who_receives_from_another_agency_says_so_where_the_refusal_stands(
    twelve: CaseFile, as_person: SignIn, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    """On the page of the hand-over itself, also for an office that appears at the trial and may not know of the case."""
    _at_court(twelve, people["clerk_kv1"])
    CaseFile.objects.filter(pk=twelve.pk).update(trial_unit=units["QN-KV3"])
    clerk, new = as_person("clerk_kv3"), f"/vks/custody/new/?case={twelve.code}"
    assert clerk.get(f"/vks/cases/{twelve.code}/custody/").status_code == 404
    appeal, volumes = "Tòa án nhân dân tỉnh Quảng Ninh", [str(number) for number in range(1, 13)]
    given: dict[str, Any] = {"part": "hsva", "direction": "ta_vks", "reason": "phuc_tham", "other_unit": "QN-KV3"}
    given |= {"agency": appeal, "volumes": volumes}
    answer = clerk.post(new, given)
    page = Page(answer)
    assert (answer.status_code, "Ghi cơ quan ngoài chuyển hồ sơ cho nhau" in page.error_at("agency")) == (409, True)
    # it asks for what was named
    assert (page.fields["passed_to"], page.fields["giver"], page.fields["then"]) == (appeal, COURT, "hand_over")
    now = timezone.localtime()
    sent = {name: page.fields[name] for name in ("passed_to", "giver", "then")}
    sent |= {"happened_on": f"{now:%d/%m/%Y}", "happened_hour": f"{now:%H:%M}"}
    at = f"/vks/cases/{twelve.code}/custody/passed-on/"
    answer = clerk.post(at, sent)
    page = Page(answer)
    assert (answer.status_code, "bắt buộc" in page.error_at("known_from"), twelve.name in page.text) == (
        400,
        True,
        False,
    )
    answer = clerk.post(at, sent | {"known_from": "Tòa án báo qua điện thoại"}, follow=True)
    page = Page(answer)
    assert answer.request["PATH_INFO"] == "/vks/custody/new/"
    assert (page.fields["direction"], page.fields["agency"], page.fields["passed_to"]) == ("ta_vks", appeal, "")
    answer = clerk.post(new, given, follow=True)
    assert "Đã giao, chờ bên nhận." in Page(answer).text
    assert as_person("outsider").post(at, sent).status_code == 404


def test_the_office_that_is_to_receive_sees_the_record_and_nothing_else(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    clerk, code = as_person("clerk_kv1"), twelve.code
    clerk.post(f"/vks/cases/{code}/custody/keeper/", {"part": "hsva", "at": "unit", "since": "05/05/2026"})
    assert holder_of(twelve).keeper.unit == units["QN-KV1"]
    terms = Terms(
        part="hsva", direction="vks_vks", reason="chuyen_tham_quyen", other_unit=units["QN-KV3"], decision="9/QĐ-VKS"
    )
    row = hand_over(actor=people["chief_kv1"], case=twelve, terms=terms)
    receiver = as_person("clerk_kv3")
    page = Page(receiver.get(f"/vks/custody/{row.pk}/"))
    assert twelve.name in page.text
    assert f"/vks/cases/{code}/custody/" not in [each.get("href") for _tag, each in page.elements]
    assert code in Page(receiver.get("/vks/custody/")).text
    for path in (f"/vks/cases/{code}/", f"/vks/cases/{code}/custody/", f"/vks/custody/new/?case={code}"):
        assert receiver.get(path).status_code == 404, path
    for stranger in ("prosecutor_kv3", "outsider", "other_prosecutor_kv1"):
        assert as_person(stranger).get(f"/vks/custody/{row.pk}/").status_code == 404
        assert code not in Page(as_person(stranger).get("/vks/custody/")).text
    answer = receiver.post(
        f"/vks/custody/{row.pk}/accept/",
        {"volumes": [str(number) for number in range(1, 13)], "documents_complete": "on", "exhibits_complete": "on"},
        follow=True,
    )
    assert "Đã nhận hồ sơ." in Page(answer).text
    assert receiver.get(f"/vks/cases/{code}/custody/").status_code == 200
    assert clerk.get(f"/vks/cases/{code}/custody/").status_code == 404
    # what both sides signed says what the case was called
    CaseFile.objects.filter(pk=twelve.pk).update(name="Vụ Zqđổitên")
    text = Page(clerk.get(f"/vks/custody/{row.pk}/")).text
    assert (twelve.name in text, "Zq" in text, twelve.name in Page(clerk.get("/vks/custody/")).text) == (
        True,
        False,
        False,
    )


def test_a_draft_in_the_way_is_taken_over_or_put_aside_from_the_page_that_tells_of_it(
    twelve: CaseFile, as_person: SignIn, people: dict[str, User]
) -> None:
    code, chief, clerk = twelve.code, people["chief_kv1"], as_person("clerk_kv1")
    terms = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY, note="Kèm hai đĩa")
    row = draft(actor=chief, case=twelve, terms=terms)
    where, volumes = f"/vks/custody/new/?case={code}", [str(number) for number in range(1, 13)]
    page = Page(clerk.get(where))
    assert f"dự thảo của {display_name(chief)} ({twelve.unit.name}), lập lúc" in page.text
    assert page.fields["discards"] == str(row.pk)
    assert {f"/vks/custody/{row.pk}/", f"/vks/custody/{row.pk}/take/"} <= _addresses(page)
    sent = {
        "part": "hsva",
        "direction": "cqdt_vks",
        "agency": AGENCY,
        "other_unit": "QN-KV1",
        "giver_name": "Lê Văn Điều",
        "reason": "ket_thuc_dt",
        "volumes": volumes,
        "note": "Của văn thư",
        "discards": str(row.pk),
    }
    # without a reason the draft stays, and so does what was typed
    answer = clerk.post(where, sent)
    page = Page(answer)
    assert (answer.status_code, page.fields["note"], page.fields["discards"]) == (409, "Của văn thư", str(row.pk))
    # another one than was shown is not put aside unseen
    assert clerk.post(where, sent | {"discards": "999999", "discard_reason": "Lập lại"}).status_code == 409
    row.refresh_from_db()
    assert row.state == "du_thao"
    answer = clerk.post(f"/vks/custody/{row.pk}/take/", follow=True)
    page = Page(answer)
    assert (answer.status_code, page.fields["note"]) == (200, "Kèm hai đĩa")
    row.refresh_from_db()
    assert row.created_by == people["clerk_kv1"]
    text = Page(clerk.get(f"/vks/custody/{row.pk}/")).text
    assert f"Dự thảo của {display_name(people['clerk_kv1'])}" in text
    assert f"Tiếp nhận dự thảo – {display_name(people['clerk_kv1'])}" in text
    assert "Bạn sửa và giao tiếp" not in text
    # of others' now, and put aside for what is given at once
    leader = as_person("chief_kv1")
    text = Page(leader.get(where)).text
    assert display_name(people["clerk_kv1"]) in text
    answer = leader.post(where, sent | {"discard_reason": "Lập lại theo biên bản mới"}, follow=True)
    assert "Đã giao, chờ bên nhận." in Page(answer).text
    row.refresh_from_db()
    assert (row.state, row.note, HandOver.objects.latest("pk").note) == ("huy", "Kèm hai đĩa", "Của văn thư")
    assert "Lập lại theo biên bản mới" in Page(clerk.get(f"/vks/custody/{row.pk}/")).text
    # what was sent is told with its number and offers neither
    page = Page(clerk.get(where))
    assert "chờ nhận" in page.text
    assert "discards" not in page.fields
    assert clerk.post(f"/vks/custody/{HandOver.objects.latest('pk').pk}/take/").status_code == 409


def _addresses(page: Page) -> set[str]:
    return {str(each.get("href") or each.get("action")) for _tag, each in page.elements}


def test_who_lost_a_case_gives_its_paper_on_by_the_code_on_the_label(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    code, clerk = twelve.code, people["clerk_kv1"]
    came = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    first = hand_over(actor=clerk, case=twelve, terms=came)
    accept(actor=clerk, row=first, checks=Checks(True, True, True), awaits_paper=True)
    transfer_case(actor=people["chief_kv1"], case=twelve, to=units["QN-KV3"], decision="1/QĐ")
    CaseFile.objects.filter(pk=twelve.pk).update(name="Vụ Zqđổitên")
    Exhibit.objects.create(case=twelve, name="Zqkhẩusúng", quantity="01", seal_number="NP-7", accompanies_file=True)
    giver, receiver = as_person("clerk_kv1"), as_person("clerk_kv3")
    given: dict[str, Any] = {"part": "hsva", "direction": "vks_vks", "reason": "tra_ho_so", "other_unit": "QN-KV3"}
    given |= {
        "act": "draft",
        "volumes": [str(number) for number in range(1, 13)],
        "exhibits": [str(twelve.exhibits.get().pk)],
    }
    giver.post(f"/vks/custody/new/?case={code}", given)
    row = HandOver.objects.latest("pk")
    asked = {"register": "giao-nhan", "unit": "QN-KV1", "first": "01/01/2026", "last": "31/12/2099", "format": "docx"}

    def doors() -> dict[str, str]:
        pages = {
            "new": f"/vks/custody/new/?case={code}&direction=vks_vks",
            "desk": "/vks/custody/",
            "before": f"/vks/custody/{first.pk}/",
            "row": f"/vks/custody/{row.pk}/",
        }
        said = {name: Page(giver.get(address)).text for name, address in pages.items()}
        listed = giver.get("/api/vks/hand-overs/").json()["results"]
        said["list"] = " ".join(f"{each['case']} {each['case_name']} {each['exhibits']}" for each in listed)
        said["one"] = str(giver.get(f"/api/vks/hand-overs/{row.pk}/").json())
        return said | {"print": _document(giver.get(f"/vks/custody/{row.pk}/print/?format=docx").content)}

    boxes = [box for _tag, box in Page(giver.get(f"/vks/custody/new/?case={code}&direction=vks_vks")).elements]
    assert {box["class"] for box in boxes if box.get("name") == "exhibits"} == {"form-check-input"}
    before = doors() | {"edit": Page(giver.get(f"/vks/custody/{row.pk}/edit/")).text}
    giver.post(f"/vks/custody/{row.pk}/send/")
    after = doors()
    book = _document(giver.get("/vks/custody/register/", asked).content)
    assert ("BB số 2/" in book, "Zq" in book) == (True, False)
    for name, text in (*before.items(), *after.items()):
        assert (code in text, "Zq" in text) == (True, False), name
    assert ("NP-7" in before["new"], "NP-7" in after["row"]) == (True, True)
    # what the record of before says it prints, and so its page has it; a list tells the code alone
    printed = _document(giver.get(f"/vks/custody/{first.pk}/print/?format=docx").content)
    one = giver.get(f"/api/vks/hand-overs/{first.pk}/").json()["case_name"]
    listed = [each["case_name"] for each in giver.get("/api/vks/hand-overs/").json()["results"]]
    assert (twelve.name in printed, twelve.name in before["before"], one) == (True, True, twelve.name)
    assert (twelve.name in before["desk"], listed) == (False, ["", ""])
    # who has the case is led to it by its code; who has its paper alone is not
    assert [f"/vks/cases/{code}/" in Page(each.get("/vks/custody/")).links() for each in (giver, receiver)] == [
        False,
        True,
    ]
    # who has the case reads what it is called, on the page and on the record
    assert "Zqđổitên" in Page(receiver.get(f"/vks/custody/{row.pk}/")).text
    assert "Zqđổitên" in _document(receiver.get(f"/vks/custody/{row.pk}/print/?format=docx").content)
    assert "Zqđổitên" in receiver.get(f"/api/vks/hand-overs/{row.pk}/").json()["case_name"]


def test_registers_are_of_the_own_office_first_and_of_those_that_ended_last(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    own, day = units["QN-KV1"], dt.date(2025, 7, 1)
    before = ProcuracyUnit.objects.create(
        code="QN-AA",
        name="VKSND huyện AA",
        short_name="VKSND AA",
        kind="district",
        parent=own.parent,
        valid_from=dt.date(2000, 1, 1),
        valid_to=dt.date(2025, 6, 30),
    )
    UnitSuccession.objects.create(predecessor=before, successor=own, effective_date=day)
    chooser: Any = RegisterForm(user=people["clerk_kv1"]).fields["unit"]
    offered = [code for code, _name in chooser.choices]
    assert (offered[0], "QN-AA" in offered, offered.index("QN-AA") > 0) == ("QN-KV1", True, True)
    asked = {"register": "giao-nhan", "unit": "QN-KV3", "first": "01/01/2026", "last": "31/12/2026", "format": "pdf"}
    answer = as_person("clerk_kv1").get("/vks/custody/register/", asked)
    assert (answer.status_code, "Hãy chọn trong danh sách." in Page(answer).text) == (400, True)


def test_a_signed_record_without_number_and_day_is_told_from_another(filed_case: FiledCase) -> None:
    bound, loose = filed_case.documents[:2]
    CaseDocument.objects.filter(pk__in=[bound.pk, loose.pk]).update(number="", date=None)
    CaseDocument.objects.filter(pk=loose.pk).update(folio_from=None, folio_to=None)
    papers = CaseDocument.objects.filter(pk__in=[bound.pk, loose.pk]).order_by("pk")
    chooser: Any = PaperChoice(queryset=papers, empty_label=None)
    said = [label for _value, label in chooser.choices]
    assert said == [
        f"Biên bản không số, {bound.folio_label}",
        f"Biên bản không số, nộp lúc {timezone.localtime(loose.filed_at):%H:%M %d/%m/%Y}",
    ]


def _document(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def test_who_may_not_know_of_a_part_is_not_told_who_has_it(
    case: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    office = Keeper(unit=units["QN-KV1"])
    borrower = Keeper(unit=units["QN-KV1"], person=people["inspector_kv1"])
    reader = Keeper(unit=units["QN-KV1"], person=people["prosecutor_kv1"])
    pass_to(case=case, part="hsva", giver=Keeper(agency=AGENCY), receiver=office, cause="hand_over")
    pass_to(case=case, part="hsva", giver=office, receiver=borrower, cause="loan")
    pass_to(case=case, part="hsks", giver=office, receiver=reader, cause="hand_over")
    address, lent, kept = f"/vks/cases/{case.code}/custody/", "Mai Thị Ỷ – ", "Đỗ Hữu Ước – "
    # who keeps the paper and who reads it are told all of it
    for key in ("clerk_kv1", "prosecutor_kv1"):
        text = Page(as_person(key).get(address)).text
        assert (lent in text, kept in text) == (True, True), key
    # who knows that there is a case, and who reads a file that was lent
    CaseFile.objects.filter(pk=case.pk).update(trial_unit=units["QN-KV3"])
    text = Page(as_person("chief_kv3").get(address)).text
    assert (lent in text, kept in text) == (True, False)
    case.refresh_from_db()
    open_for_loan(
        case=case,
        user=people["archivist_province"],
        approved_by=people["chief_kv1"],
        reason="Nghiên cứu",
        ends_at=timezone.now() + dt.timedelta(days=1),
    )
    text = Page(as_person("archivist_province").get(address)).text
    assert (lent in text, kept in text, "đang cho mượn" in text) == (False, False, True)


def test_who_reads_by_a_loan_is_told_until_when(
    case: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    until = timezone.now() + dt.timedelta(days=3)
    borrower, leader = people["prosecutor_kv3"], people["chief_kv1"]
    open_for_loan(case=case, user=borrower, approved_by=leader, reason="Nghiên cứu", ends_at=until)
    said = f"Bạn đang mượn bản điện tử của hồ sơ này đến {timezone.localtime(until):%H:%M %d/%m/%Y}"
    text = {who: Page(as_person(who).get(f"/vks/cases/{case.code}/")).text for who in ("prosecutor_kv3", "chief_kv1")}
    assert {who: said in each for who, each in text.items()} == {"prosecutor_kv3": True, "chief_kv1": False}


def test_whose_side_it_is_is_asked_before_anything_is_shown(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    clerk, stranger = people["clerk_kv1"], as_person("prosecutor_kv1")
    terms = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    row = hand_over(actor=clerk, case=twelve, terms=terms)
    accept(actor=clerk, row=row, checks=Checks(True, True, True), awaits_paper=True)
    # somebody who may see it, of neither side: no form with the signed records of the case
    assert stranger.get(f"/vks/custody/{row.pk}/").status_code == 200
    for what in ("attach", "accept", "reject", "cancel", "send"):
        answer = stranger.post(f"/vks/custody/{row.pk}/{what}/")
        assert (answer.status_code, b'name="signed_paper"' in answer.content) == (403, False), what
    for what in ("accept", "reject", "cancel"):
        assert as_person("clerk_kv1").post(f"/vks/custody/{row.pk}/{what}/").status_code == 409, what


def test_addresses_no_row_is_found_by_are_refused_before_anything_is_asked(twelve: CaseFile, as_person: SignIn) -> None:
    clerk = as_person("clerk_kv1")
    # the database of an office refuses a NUL with an error of its own
    for address, status in (
        ("/vks/custody/new/?case=%00", 400),
        ("/vks/custody/labels/?case=x%00", 400),
        ("/vks/cases/%00/custody/", 404),
        ("/api/vks/hand-overs/?state=%00", 400),
        ("/api/vks/hand-overs/?page=1&made=%00", 400),
    ):
        assert clerk.get(address).status_code == status, address
    # a digit to Python, a number to nobody
    assert clerk.get("/vks/custody/new/", {"case": twelve.code, "completes": "²"}).status_code == 200


def test_what_was_not_ticked_is_what_a_refusal_names(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    clerk = as_person("clerk_kv1")
    terms = Terms(part="hsva", direction="cqdt_vks", reason="ket_thuc_dt", agency=AGENCY)
    row = hand_over(actor=people["clerk_kv1"], case=twelve, terms=terms)
    there = [str(number) for number in range(1, 11)]
    answer = clerk.post(f"/vks/custody/{row.pk}/reject/", {"volumes": there}, follow=True)
    told = " ".join(Page(answer).text.split())
    assert "Tập không có khi đếm: Tập 11, Tập 12" in told
    # boxes that were left alone are not found wrong, and who refused is named
    assert ("chưa xác nhận" in told, "không đạt" in told) == (True, False)
    assert f"Bên nhận Trần Thị Thư – {row.receiver.name}" in told
    row.refresh_from_db()
    assert (row.state, row.missing, row.documents_complete) == ("chua_nhan", "Tập 11, Tập 12", None)
    assert clerk.post(f"/api/vks/hand-overs/{row.pk}/send/").status_code == 200
    body = {"received": list(range(1, 12))}
    answer = clerk.post(f"/api/vks/hand-overs/{row.pk}/reject/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["missing"]) == (200, "Tập 12")


def boxes(answer: Any) -> dict[str, bool]:
    """Return the exhibits on the page by their ids, each with whether it is ticked."""
    found = [each for tag, each in Page(answer).elements if tag == "input" and each.get("name") == "exhibits"]
    return {str(each["value"]): "checked" in each for each in found}


def test_which_exhibit_did_not_come_is_ticked_off_and_follows(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    clerk, code = as_person("clerk_kv1"), twelve.code
    knife, phone = (
        Exhibit.objects.create(case=twelve, name=name, quantity="01", seal_number=seal, accompanies_file=True)
        for name, seal in (("Con dao bầu", "NP-7"), ("Điện thoại của Ánh", "NP-8"))
    )
    back = Terms(part="hsva", direction="cqdt_vks", reason="tra_ho_so", agency=AGENCY)
    row = hand_over(actor=people["clerk_kv1"], case=twelve, terms=back)
    where = f"/vks/custody/{row.pk}/"
    page = clerk.get(where)
    assert (boxes(page), "Con dao bầu (NP-7)" in Page(page).text) == ({str(knife.pk): True, str(phone.pk): True}, True)
    sent: dict[str, Any] = FOUND | {"volumes": [str(number) for number in range(1, 13)], "exhibits": [str(knife.pk)]}
    sent["missing"] = "Điện thoại còn giám định"
    answer = clerk.post(f"{where}accept/", sent)
    assert (answer.status_code, "hãy bỏ đánh dấu “Đủ vật chứng”" in Page(answer).text) == (400, True)
    assert boxes(answer) == {str(knife.pk): True, str(phone.pk): False}
    # a refusal that says no more names it
    del sent["exhibits_complete"]
    # with one that lacks nobody has to say that all are there
    unchecked = {name: value for name, value in sent.items() if name not in {"documents_complete", "served"}}
    refused = Page(clerk.post(f"{where}accept/", unchecked))
    assert [refused.error_at(name) for name in ("exhibits_complete", "served")] == ["", "Cũng chưa đánh dấu."]
    assert refused.error_at("documents_complete").startswith("Chưa đủ điều kiện nhận: Đủ tài liệu so với bảng kê, Bản")
    told = Page(clerk.post(f"{where}reject/", sent | {"missing": ""}, follow=True)).text
    assert "Còn thiếu: 01 Điện thoại của Ánh" in told
    assert "Vật chứng không có khi đếm: 01 Điện thoại của Ánh" in told
    clerk.post(f"{where}send/")
    shown = Page(clerk.post(f"{where}accept/", sent, follow=True)).text
    assert ("Đã nhận hồ sơ." in shown, "chưa giao" in shown, "Nhận nốt vật chứng còn thiếu" in shown) == (
        True,
        True,
        True,
    )
    assert f"Vật chứng 01 Điện thoại của Ánh còn ở {AGENCY}" in Page(clerk.get(f"/vks/cases/{code}/custody/")).text
    # it follows alone: no volume is asked for
    following = f"/vks/custody/new/?case={code}&completes={row.pk}"
    page = clerk.get(following)
    assert (boxes(page), "data-vks-volumes" in page.content.decode()) == ({str(phone.pk): True}, False)
    given = {"part": "hsva", "direction": "cqdt_vks", "reason": "tra_ho_so", "agency": AGENCY, "other_unit": "QN-KV1"}
    answer = clerk.post(following, given)
    assert (answer.status_code, "Hãy chọn vật chứng được giao nốt." in Page(answer).text) == (400, True)
    clerk.post(following, given | {"exhibits": [str(phone.pk)]})
    rest = HandOver.objects.latest("pk")
    page = clerk.get(f"/vks/custody/{rest.pk}/")
    assert (rest.completes, boxes(page)) == (row, {str(phone.pk): True})
    assert ("data-vks-volumes" in page.content.decode(), "Tập, bút lục" in Page(page).text) == (False, False)
    clerk.post(f"/vks/custody/{rest.pk}/accept/", FOUND | {"exhibits": [str(phone.pk)]})
    row.refresh_from_db()
    rest.refresh_from_db()
    assert (rest.state, row.outstanding_exhibits) == ("da_nhan", [])
    assert "còn ở" not in Page(clerk.get(f"/vks/cases/{code}/custody/")).text


def test_the_form_of_a_return_says_what_leaving_out_an_exhibit_means_and_it_is_told_as_not_back(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    giver, clerk = people["clerk_kv1"], as_person("clerk_kv1")
    phone = Exhibit.objects.create(
        case=twelve, name="Điện thoại của Ánh", quantity="01", seal_number="NP-8", accompanies_file=True
    )
    came = Checks(documents_complete=True, exhibits_complete=True, served=True)
    back = Terms(part="hsva", direction="cqdt_vks", reason="tra_ho_so", agency=AGENCY)
    away = Terms(part="hsva", direction="vks_cqdt", reason="tra_ho_so", agency=AGENCY)
    for terms in (back, away):
        accept(actor=giver, row=hand_over(actor=giver, case=twelve, terms=terms), checks=came, awaits_paper=True)
    form = f"/vks/custody/new/?case={twelve.code}"
    page = clerk.get(form)
    assert boxes(page) == {str(phone.pk): True}
    assert f"01 Điện thoại của Ánh đang ở {AGENCY}: bỏ chọn nghĩa là chưa về." in Page(page).text
    given: dict[str, Any] = {"part": "hsva", "direction": "cqdt_vks", "reason": "tra_ho_so", "agency": AGENCY}
    volumes = [str(number) for number in range(1, 13)]
    clerk.post(form, given | {"other_unit": "QN-KV1", "volumes": volumes})
    row = HandOver.objects.latest("pk")
    where = f"/vks/custody/{row.pk}/"
    told = "Vật chứng còn ở bên giao, không giao lần này"
    assert (row.exhibits, f"{told} 01 Điện thoại của Ánh" in Page(clerk.get(where)).text) == ([], True)
    sent = FOUND | {"volumes": volumes}
    refused = Page(clerk.post(f"{where}accept/", sent))
    assert refused.error_at("exhibits_complete").startswith("Không có 01 Điện thoại của Ánh")
    del sent["exhibits_complete"]
    shown = Page(clerk.post(f"{where}accept/", sent, follow=True)).text
    assert ("Đã nhận hồ sơ." in shown, told in shown, "Nhận nốt vật chứng còn thiếu" in shown) == (True, False, True)
    assert (
        f"Vật chứng 01 Điện thoại của Ánh còn ở {AGENCY}" in Page(clerk.get(f"/vks/cases/{twelve.code}/custody/")).text
    )
    kept = clerk.get(f"/api/vks/cases/{twelve.code}/custody/").json()[0]["exhibits"]
    assert [each["name"] for each in kept] == ["Điện thoại của Ánh"]
    Exhibit.objects.filter(pk=phone.pk).update(location="Đi kèm hồ sơ")
    recorded = " ".join(
        Page(as_person("prosecutor_kv1").get(f"/vks/cases/{twelve.code}/record/exhibits/")).text.split()
    )
    assert f"Còn ở {AGENCY}, chưa về (biên bản số {row.written_number}) Đã ghi: Đi kèm hồ sơ" in recorded
    # the office does not have it
    assert boxes(clerk.get(f"{form}&part=hsva&direction=vks_cqdt")) == {}


def test_a_leader_settles_what_never_came_on_the_page(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    lacking, phone = short(case, people["clerk_kv1"])
    clerk, chief, at = as_person("clerk_kv1"), as_person("chief_kv1"), f"/vks/custody/{lacking.pk}/"
    assert "Kết thúc phần chưa giao" not in Page(clerk.get(at)).text
    page = Page(chief.get(at))
    assert "Kết thúc phần chưa giao: thất lạc hoặc giữ hẳn" in page.text
    assert "02 Điện thoại của Ánh" in page.text
    given = {"volumes": ["2"], "exhibits": [str(phone.pk)], "outcome": "that_lac", "reason": LOST}
    assert clerk.post(f"{at}settle/", given).status_code == 403
    # what was written stays where something is wrong with it
    for wrong, sentence in (
        ({"reason": "mất"}, "Hãy ghi rõ"),
        ({"outcome": ""}, "bắt buộc"),
        ({"volumes": ["1"]}, "1"),
        ({"volumes": [], "exhibits": []}, "Hãy chọn tập, vật chứng."),
    ):
        answer = chief.post(f"{at}settle/", given | wrong)
        assert (answer.status_code, sentence in Page(answer).text) == (400, True), wrong
        assert ("Công văn 12/TA-VP" in Page(answer).text) == ("reason" not in wrong)
    told = Page(chief.post(f"{at}settle/", given, follow=True)).text
    assert "Đã ghi kết thúc phần chưa giao" in told
    assert "Tập 2: thất lạc (lãnh đạo" in told
    assert "Kết thúc phần chưa giao: thất lạc" not in told
    assert "Nhận nốt" not in told
    # nothing is left to settle
    assert chief.post(f"{at}settle/", given).status_code == 409
    shown = Page(clerk.get(f"/vks/cases/{case.code}/custody/")).text
    assert ("Tập, vật chứng không còn chờ" in shown, "còn ở" in shown, LOST in shown) == (True, False, True)
    assert "02 Điện thoại của Ánh" in shown
    # it turns up: the clerk says so, and takes it in as ever
    assert "Đã tìm thấy" in Page(clerk.get(at)).text
    found = {"volumes": ["2"], "reason": "Tòa án báo đã thấy ở kho"}
    told = Page(clerk.post(f"{at}find/", found, follow=True)).text
    assert ("Đã ghi tìm thấy" in told, "Nhận nốt các tập còn thiếu" in told) == (True, True)
    assert f"Tập 2 còn ở {COURT}" in Page(clerk.get(f"/vks/cases/{case.code}/custody/")).text
    assert as_person("prosecutor_kv1").post(f"{at}find/", found).status_code == 403


def test_who_receives_in_parts_is_told_to_untick_what_lacks(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    Exhibit.objects.create(case=case, name="Con dao bầu", quantity="01", accompanies_file=True)
    clerk = people["clerk_kv1"]
    parts = Terms(part="hsva", direction="cqdt_vks", reason="tra_ho_so", agency=AGENCY)
    at = f"/vks/custody/{hand_over(actor=clerk, case=case, terms=parts).pk}/accept/"
    desk, exhibits = as_person("clerk_kv1"), [str(case.exhibits.get().pk)]
    sent = FOUND | {"volumes": ["1"], "exhibits": exhibits}
    told = Page(desk.post(at, {name: value for name, value in sent.items() if name != "exhibits_complete"})).text
    assert "bỏ đánh dấu đúng tập, vật chứng không có" in told
    # that nothing was served no box takes away
    told = Page(desk.post(at, {name: value for name, value in sent.items() if name != "served"})).text
    assert "bỏ đánh dấu đúng tập" not in told
    assert "chọn “Chưa nhận”" in told


def test_the_desk_shows_what_is_late_and_the_volumes_that_are_out(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    clerk, desk = people["clerk_kv1"], as_person("clerk_kv1")
    begun = {"part": "hsva", "at": "unit", "since": "05/05/2026"}
    desk.post(f"/vks/cases/{twelve.code}/custody/keeper/", begun)
    until = timezone.localdate() + dt.timedelta(days=2)
    asked: dict[str, Any] = {"code": twelve.code, "form": "paper", "volumes": [2], "until": until}
    row = actions.request_loan(actor=people["prosecutor_kv3"], purpose="Nghiên cứu trước phiên tòa", **asked)
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=1, folio_count=10)
    page = Page(desk.get("/vks/custody/")).text
    assert ("Từng tập đang cho mượn" in page, "Quá hạn" in page) == (True, False)
    line = " ".join(Page(desk.get(f"/vks/cases/{twelve.code}/custody/")).text.split())
    assert "Phan Thị Sát" in line
    assert "tập 2" in line
    # the office the file is on its way to is told in the bar; late is what nobody received in time, or brought back
    terms = Terms(part="hsks", direction="vks_vks", reason="nghien_cuu", other_unit=units["QN-KV3"])
    hand_over(actor=clerk, case=twelve, terms=terms)
    assert "Hồ sơ chờ bạn nhận" in as_person("clerk_kv3").get("/vks/custody/").content.decode()
    assert "Hồ sơ chờ bạn nhận" not in desk.get("/vks/custody/").content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(days=4), tick=False):
        page = " ".join(Page(as_person("clerk_kv1").get("/vks/custody/")).text.split())
    assert "Quá hạn 2" in page
    assert page.index("Chờ nhận quá 3 ngày") < page.index("Hồ sơ mượn chưa trả") < page.index("Đang đến")


def test_a_doubted_code_is_confirmed_on_the_page(people: dict[str, User], as_person: SignIn) -> None:
    asker = as_person("prosecutor_kv3")
    assert "as_written" not in Page(asker.get("/vks/loans/")).fields
    until = f"{timezone.localdate() + dt.timedelta(days=2):%d/%m/%Y}"
    body = {"code": "HS-QN-KV1-26-1", "form": "paper", "part": "hsva", "until": until}
    body["purpose"] = "Nghiên cứu trước phiên tòa"
    answer = asker.post("/vks/loans/", body)
    assert (answer.status_code, "không giống mã" in Page(answer).error_at("code")) == (400, True)
    assert 'name="as_written"' in answer.content.decode()
    assert asker.post("/vks/loans/", body | {"as_written": "on"}).status_code == 302


def test_who_asks_for_a_file_is_told_the_same_whether_there_is_such_a_case(twelve: CaseFile, as_person: SignIn) -> None:
    until = f"{timezone.localdate() + dt.timedelta(days=2):%d/%m/%Y}"
    body = {"form": "paper", "part": "hsva", "until": until, "purpose": "Nghiên cứu trước phiên tòa", "volumes": "99"}
    mistyped = f"{twelve.code[:-4]}9999"

    def said(who: str, code: str) -> list[str]:
        answer = as_person(who).post("/vks/loans/", body | {"code": code}, follow=True)
        assert answer.status_code == 200
        return [str(each) for each in answer.context["messages"]]

    stranger = said("prosecutor_kv3", twelve.code)
    assert stranger == said("prosecutor_kv3", mistyped) == said("prosecutor_kv1", mistyped)
    assert stranger[0].startswith("Nếu có vụ án mang mã này, đề nghị đã được chuyển đến đơn vị giữ hồ sơ")
    refused = as_person("prosecutor_kv1").post("/vks/loans/", body | {"code": twelve.code})
    assert (refused.status_code, Page(refused).error_at("volumes")[:26]) == (400, "Vụ án không có tập 99: hãy")
    body["volumes"] = "12"
    assert said("prosecutor_kv1", twelve.code) == ["Đã gửi đề nghị mượn hồ sơ."]


def test_what_is_lent_is_taken_back_and_not_given(
    twelve: CaseFile, people: dict[str, User], as_person: SignIn, units: dict[str, ProcuracyUnit]
) -> None:
    clerk, desk = people["clerk_kv1"], as_person("clerk_kv1")
    begun = {"part": "hsva", "at": "unit", "since": "05/05/2026"}
    desk.post(f"/vks/cases/{twelve.code}/custody/keeper/", begun)
    giving = f"/vks/custody/new/?case={twelve.code}&part=hsva"
    row = actions.request_loan(
        actor=people["prosecutor_kv1"],
        code=twelve.code,
        form="paper",
        purpose="Viết cáo trạng",
        until=timezone.localdate() + dt.timedelta(days=9),
    )
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    actions.issue_loan(actor=clerk, loan_id=row.pk, volume_count=12, folio_count=120)
    for page in (Page(desk.get("/vks/custody/")), Page(desk.get(giving))):
        assert "Nhận lại" in page.text
        assert f"/vks/loans/{row.pk}/" in page.links()
        assert giving not in page.links()
        assert "reason" not in page.fields
    # who borrowed it has the slip
    own = Page(as_person("prosecutor_kv1").get("/vks/custody/"))
    assert ("Phiếu mượn" in own.text, giving in own.links()) == (True, False)


def test_paper_of_who_lost_the_case_or_the_post_is_to_be_handed_over(
    twelve: CaseFile, as_person: SignIn, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    code, office, leaver = twelve.code, Keeper(unit=units["QN-KV1"]), people["prosecutor_kv1"]
    Exhibit.objects.create(case=twelve, name="Con dao", accompanies_file=True)
    reader = Keeper(unit=units["QN-KV1"], person=leaver)
    pass_to(case=twelve, part="hsva", giver=Keeper(agency=AGENCY), receiver=office, cause="hand_over")
    pass_to(case=twelve, part="hsva", giver=office, receiver=reader, cause="hand_over")
    chief, clerk, own = as_person("chief_kv1"), as_person("clerk_kv1"), as_person("prosecutor_kv1")
    section = f"/vks/cases/{code}/record/assignments/"
    # seen before it is confirmed, in the very question
    held = "đang giữ Hồ sơ vụ án (12 tập, 1 vật chứng đi kèm)"
    before = chief.get(section)
    assert Page(before).text.count(held) == 1
    assert any(held in each.get("data-vks-confirm", "") for _tag, each in Page(before).elements)
    assert "Phải bàn giao" not in Page(clerk.get("/vks/custody/")).text
    # another lead prosecutor takes the place: the one before has the paper still
    given = {"user": people["other_prosecutor_kv1"].pk, "role": "prosecutor_lead", "starts_on": ""}
    assert "Còn giữ hồ sơ của vụ án này" in Page(chief.post(f"/vks/cases/{code}/assign/", given, follow=True)).text
    desk = Page(clerk.get("/vks/custody/"))
    assert "thôi được phân công vụ án này" in desk.text
    assert f"/vks/custody/new/?case={code}&part=hsva&direction=noi_bo" in desk.links()
    told = clerk.get("/api/vks/custody/left/").json()["results"]
    assert [(each["holder"]["person"], each["has_post"], each["volumes"][-1], each["exhibits"]) for each in told] == [
        ("prosecutor_kv1", True, 12, 1)
    ]
    assert clerk.get("/api/vks/custody/left/?person=inspector_kv1").json()["count"] == 0
    assert clerk.get("/api/vks/custody/summary/").json()["to_hand_over"] == 1
    # who left is told of it, by the code on the label; nothing of the case opens through it
    case_name = twelve.name
    mine = Page(own.get("/vks/custody/")).text
    assert ("Phải bàn giao" in mine, code in mine, case_name in mine) == (True, True, False)
    assert own.get("/api/vks/custody/left/").json()["results"][0]["case_name"] == ""
    assert own.get(f"/vks/cases/{code}/").status_code == 404
    giving = Page(own.get("/vks/custody/new/", {"case": code, "part": "hsva", "direction": "noi_bo"})).text
    assert (code in giving, case_name in giving, "Con dao" in giving) == (True, False, False)
    assert "Phải bàn giao" not in Page(as_person("clerk_kv3").get("/vks/custody/")).text
    # the post ends too: the page that ends it counts, and names nothing
    post = leaver.vks_appointments.get()
    rows = Page(chief.get("/vks/organization/"))
    assert any("đang giữ 1 phần hồ sơ" in each.get("data-vks-confirm", "") for _tag, each in rows.elements)
    # who holds another post there goes on with the paper: nothing has to be handed over
    acting = Appointment.objects.create(user=leaver, unit=post.unit, role="inspector", starts_on=timezone.localdate())
    rows = Page(chief.get("/vks/organization/"))
    assert not any("phải bàn giao" in each.get("data-vks-confirm", "") for _tag, each in rows.elements)
    ended = Page(chief.post(f"/vks/organization/appointments/{acting.pk}/end/", follow=True)).text
    assert ("Đã chấm dứt bổ nhiệm." in ended, "còn giữ" in ended) == (True, False)
    ended = Page(chief.post(f"/vks/organization/appointments/{post.pk}/end/", follow=True)).text
    assert ("còn giữ: 1 phần hồ sơ" in ended, code in ended) == (True, False)
    assert "không còn chức danh ở đơn vị giữ hồ sơ" in Page(clerk.get("/vks/custody/")).text
    # given back: nothing is left to be handed over
    pass_to(case=twelve, part="hsva", giver=reader, receiver=office, cause="hand_over")
    assert "Phải bàn giao" not in Page(clerk.get("/vks/custody/")).text


def test_what_is_lent_to_who_left_comes_back_and_what_waits_for_them_is_taken_back(
    twelve: CaseFile, as_person: SignIn, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    code, office = twelve.code, Keeper(unit=units["QN-KV1"])
    pass_to(case=twelve, part="hsva", giver=Keeper(agency=AGENCY), receiver=office, cause="hand_over")
    borrower, reader = people["prosecutor_kv1"], people["inspector_kv1"]
    until = timezone.localdate() + dt.timedelta(days=9)
    row = actions.request_loan(
        actor=borrower, code=code, form="paper", purpose="Viết cáo trạng", until=until, volumes=[3]
    )
    actions.approve_loan(actor=people["chief_kv1"], loan_id=row.pk)
    actions.issue_loan(actor=people["clerk_kv1"], loan_id=row.pk, volume_count=1, folio_count=10)
    HandOver.objects.create(
        case=twelve,
        part="hsks",
        direction="noi_bo",
        reason="nghien_cuu",
        state="cho_nhan",
        giver_unit=units["QN-KV1"],
        receiver_unit=units["QN-KV1"],
        receiver_person=reader,
        sent_at=timezone.now(),
        created_by=people["clerk_kv1"],
    )
    chief, clerk = as_person("chief_kv1"), as_person("clerk_kv1")
    assert "đang giữ tập 3 đang mượn" in Page(chief.get(f"/vks/cases/{code}/record/assignments/")).text
    assert "Phải bàn giao" not in Page(clerk.get("/vks/custody/")).text
    case_file = CaseFile.objects.get(pk=twelve.pk)
    assignment = case_file.assignments.get(user=borrower)
    chief.post(f"/vks/cases/{code}/assignments/{assignment.pk}/end/")
    reader.vks_appointments.update(ended_at=timezone.now())
    desk = Page(clerk.get("/vks/custody/")).text
    assert "Hồ sơ mượn, người mượn không còn được phân công" in desk
    assert "Chờ một người không còn chức danh nhận" in desk
    assert clerk.get("/api/vks/loans/?list=left").json()["count"] == 1
    assert clerk.get("/api/vks/hand-overs/?list=left").json()["count"] == 1
    # lent again on purpose, after it was known: no reproach
    Loan.objects.filter(pk=row.pk).update(issued_at=timezone.now())
    assert clerk.get("/api/vks/loans/?list=left").json()["count"] == 0
