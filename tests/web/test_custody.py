"""Pages of who has the paper, from the clerk's desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.conftest import Page
from vks_plugin.cases.models import CaseFile, Volume
from vks_plugin.custody.actions.hand_overs import Terms, hand_over
from vks_plugin.custody.models import HandOver
from vks_plugin.custody.queries.holding import holder_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"
FOUND = {"documents_complete": "on", "exhibits_complete": "on", "served": "on", "awaits_paper": "on"}


@pytest.fixture
def twelve(case: CaseFile) -> CaseFile:
    """Return the case with twelve volumes."""
    for number in range(1, 13):
        Volume.objects.create(case=case, number=number, folio_from=number * 10 - 9, folio_to=number * 10)
    return case


def test_a_file_is_taken_in_and_given_on(twelve: CaseFile, as_person: SignIn, units: dict[str, ProcuracyUnit]) -> None:
    clerk, code = as_person("clerk_kv1"), twelve.code
    page = Page(clerk.get(f"/vks/cases/{code}/custody/"))
    assert AGENCY in page.text
    assert "suy ra" in page.text
    form = clerk.get("/vks/custody/new/", {"case": code})
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
    assert (answer.status_code, "Chưa đủ điều kiện nhận" in Page(answer).text) == (400, True)
    answer = clerk.post(f"/vks/custody/{row.pk}/reject/", {"volumes": volumes})
    assert (answer.status_code, "Hãy ghi rõ những gì còn thiếu" in Page(answer).text) == (400, True)
    answer = clerk.post(f"/vks/custody/{row.pk}/reject/", {"volumes": volumes, "missing": "Thiếu tập 12"}, follow=True)
    assert "Thiếu tập 12" in Page(answer).text
    clerk.post(f"/vks/custody/{row.pk}/send/")
    answer = clerk.post(f"/vks/custody/{row.pk}/accept/", FOUND | {"volumes": volumes}, follow=True)
    page = Page(answer)
    assert "Đã nhận hồ sơ." in page.text
    assert "Thiếu tập 12" in page.text
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
    assert clerk.get(f"/vks/custody/{row.pk}/").status_code == 200
