"""Court sessions on their pages: planned with the people of the case, held, and read by who may read the case."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.court.sessions.models import CourtSession

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    text: str = response.content.decode()
    return html.unescape(text)


def test_a_session_is_planned_and_recorded_on_its_pages(
    case: CaseFile, people: dict[str, User], as_person: SignIn
) -> None:
    lead = as_person("prosecutor_kv1")
    base = f"/vks/cases/{case.code}/"
    today = timezone.localdate()
    access.edit_case(
        actor=people["prosecutor_kv1"], case=case, values={"court": "Tòa án KV1", "is_learning_trial": True}
    )
    offered = lead.get(f"{base}sessions/new/")
    # what the case says is filled in, and nobody who does not appear is offered
    assert {name: Page(offered).fields.get(name) for name in ("court", "is_learning", "is_closed")} == {
        "court": "Tòa án KV1",
        "is_learning": "on",
        "is_closed": None,
    }
    assert "Đỗ Hữu Ước" in text_of(offered)
    assert "Ngô Bá Khá" not in text_of(offered)
    given = {
        "court_level": "so_tham",
        "court": "Tòa án KV1",
        "starts_on": f"{today:%d/%m/%Y}",
        "starts_at": "8h30",
        "is_learning": "on",
        "procurators": [people["prosecutor_kv1"].pk],
    }
    wrong = lead.post(f"{base}sessions/new/", given | {"starts_on": "31/02/2026"})
    assert (wrong.status_code, CourtSession.objects.count()) == (400, 0)
    assert "Không có ngày 31/02/2026: hãy kiểm tra lại" in text_of(wrong)
    assert lead.post(f"{base}sessions/new/", given).status_code == 302
    where = f"{base}sessions/1/"
    page = text_of(lead.get(where))
    assert "08:30" in page
    assert "Đỗ Hữu Ước" in page
    # two change the plan at once: the later one is told, and neither loses what the other wrote
    first, second = (lead.get(f"{where}edit/") for _each in range(2))
    sent = Page(first).fields | {"venue": "Phòng số 2", "procurators": []}
    assert lead.post(f"{where}edit/", sent).status_code == 302
    stale = Page(second).fields | {"participants": "Ông Hội thẩm", "procurators": [people["prosecutor_kv1"].pk]}
    told = lead.post(f"{where}edit/", stale)
    assert (told.status_code, CourtSession.objects.get().participants) == (409, "")
    assert "vừa sửa" in text_of(told)
    merged = Page(told).fields
    assert (merged["venue"], merged["participants"]) == ("Phòng số 2", "Ông Hội thẩm")
    assert "procurators" not in merged
    assert lead.post(f"{where}edit/", merged).status_code == 302
    row = CourtSession.objects.get()
    assert (row.venue, row.participants, row.procurators.count()) == ("Phòng số 2", "Ông Hội thẩm", 0)
    refused = lead.post(where, {"act": "hold", "outcome": "Phạt tù"})
    assert refused.status_code == 400
    assert "Hãy ghi ngày có kết quả" in text_of(refused)
    assert lead.post(where, {"act": "remark", "remarks": "Sớm"}).status_code == 409
    assert lead.post(where, {"act": "fly"}).status_code == 400
    held = {"act": "hold", "shown_kinds": ["so_do", "hinh_anh"], "ends_on": f"{today:%d/%m/%Y}"}
    assert lead.post(where, held).status_code == 302
    page = text_of(lead.get(where))
    assert "Sơ đồ, Bút lục, hình ảnh" in page
    assert "Ghi hoãn" not in page
    assert "Sửa lại" in page
    # what was written wrongly is put right, with a reason
    sent = Page(lead.get(f"{where}edit/")).fields | {"venue": "Phòng số 3", "shown_kinds": ["so_do"]}
    nameless = lead.post(f"{where}edit/", sent)
    assert (nameless.status_code, CourtSession.objects.get().venue) == (400, "Phòng số 2")
    assert lead.post(f"{where}edit/", sent | {"reason": "Ghi nhầm phòng"}).status_code == 302
    row = CourtSession.objects.get()
    assert (row.state, row.venue, row.shown_kinds) == ("da_dien_ra", "Phòng số 3", ["so_do"])
    assert lead.post(where, {"act": "remark", "remarks": "Hỏi còn dài"}).status_code == 302
    # who only reads the case file sees its sessions, neither what was learned nor what is prepared to be shown
    access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="qc_reviewer")
    reader = as_person("inspector_kv1")
    shown = text_of(reader.get(f"{base}presentations/"))
    assert where in shown
    assert "Bài trình chiếu mới" not in shown
    assert "Số trang trình chiếu" not in shown
    assert "sessions/new/" not in shown
    assert "Hỏi còn dài" not in text_of(reader.get(where))
    assert "Hỏi còn dài" in text_of(as_person("chief_kv1").get(where))
    assert where in text_of(reader.get("/vks/sessions/?learning=true"))
    assert where not in text_of(reader.get("/vks/sessions/?learning=false"))
    assert where not in text_of(as_person("prosecutor_kv3").get("/vks/sessions/"))
