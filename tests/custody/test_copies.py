"""Certified copies and extracts: asked for, allowed by another, given with the next number, and read in the register."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from pypdf import PdfReader

from tests.custody.everybody import wrongly_done
from tests.custody.test_acts import data, hidden, written
from tests.people import register
from vks_plugin.access import transfers
from vks_plugin.access.actions import edit_case
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.copies import approve_copy, deny_copy, issue_copy, request_copy, withdraw_copy
from vks_plugin.custody.models import CertifiedCopy, NumberSeries
from vks_plugin.custody.queries.copies import copies_waiting
from vks_plugin.custody.registers import register_paper
from vks_plugin.custody.states import COPY
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

WHY = "Nộp kèm đơn khởi kiện dân sự"
CONTENT = "Bản án sơ thẩm, bút lục 12 đến 15"
TO = "Lê Thị Nhận"


def _asked(people: dict[str, User], case: CaseFile, who: str = "clerk_kv1", **given: Any) -> CertifiedCopy:
    values: dict[str, Any] = {
        "kind": "copy",
        "content": CONTENT,
        "copies": 2,
        "pages": 4,
        "receiver_name": TO,
        "purpose": WHY,
    }
    return request_copy(actor=people[who], code=case.code, **(values | given))


def test_a_copy_is_asked_for_allowed_by_the_chief_and_given_with_the_next_number(
    case: CaseFile, people: dict[str, User], client: Client, settings: Any
) -> None:
    code = case.code
    with written() as found:
        row = _asked(people, case)
    assert data(found.of("copy_requested")) == {"copy": row.pk, "copy_kind": "copy", "copy_count": 2, "pages": 4}
    assert hidden(found.one) == {"content": CONTENT, "receiver": TO, "purpose": WHY}
    # nobody who asked, nobody but the chief; nothing goes out before
    for who in ("clerk_kv1", "prosecutor_kv1", "deputy_kv1"):
        with pytest.raises(NotAllowed, match="Viện trưởng"):
            approve_copy(actor=people[who], code=code, copy_id=row.pk)
    own = _asked(people, case, "chief_kv1")
    with pytest.raises(NotAllowed):
        approve_copy(actor=people["chief_kv1"], code=code, copy_id=own.pk)
    withdraw_copy(actor=people["chief_kv1"], code=code, copy_id=own.pk)
    with pytest.raises(Conflict, match="Đề nghị"):
        issue_copy(actor=people["clerk_kv1"], code=code, copy_id=row.pk, copies=2, pages=4)
    for who in ("chief_kv3", "clerk_kv3", "other_prosecutor_kv1", "outsider"):
        with pytest.raises(NotFound):
            approve_copy(actor=people[who], code=code, copy_id=row.pk)
    assert [each.pk for each in copies_waiting(people["chief_kv1"])] == [row.pk]
    # what waits is shown to who may answer: a deputy only where deputies lend to people outside
    for lets, waiting in ((False, []), (True, [row.pk])):
        settings.VKS_LOAN_DEPUTIES_LEND_OUTSIDE = lets
        assert [each.pk for each in copies_waiting(people["deputy_kv1"])] == waiting
    settings.VKS_LOAN_DEPUTIES_LEND_OUTSIDE = False
    client.force_login(people["clerk_kv1"])
    paper = f"/vks/cases/{code}/copies/{row.pk}/paper/?format="
    assert client.get(f"{paper}pdf").status_code == 409
    with written() as found:
        approve_copy(actor=people["chief_kv1"], code=code, copy_id=row.pk)
    assert data(found.of("copy_approved")) == {"copy": row.pk}
    # who reads the file asks; the desk gives
    with pytest.raises(NotAllowed, match="văn thư"):
        issue_copy(actor=people["prosecutor_kv1"], code=code, copy_id=row.pk, copies=2, pages=4)
    with pytest.raises(BadInput, match="Số bản"):
        issue_copy(actor=people["clerk_kv1"], code=code, copy_id=row.pk, copies=0, pages=4)
    assert "Bản sao, trích lục chờ duyệt, chờ cấp" in client.get("/vks/loans/").content.decode()
    with written() as found:
        answer = client.post(f"/vks/cases/{code}/copies/{row.pk}/issue/", {"copies": "3", "pages": "4"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.number, row.copies, row.issued_by) == ("da_cap", 1, 3, people["clerk_kv1"])
    assert data(found.of("copy_issued"))["copy_number"] == 1
    # a number that was refused or taken back leaves no gap: none was given
    denied = _asked(people, case, "prosecutor_kv1", kind="extract")
    with written() as found:
        deny_copy(actor=people["chief_kv1"], code=code, copy_id=denied.pk, reason="Chưa có văn bản yêu cầu")
    assert hidden(found.of("copy_denied")) == {"reason": "Chưa có văn bản yêu cầu"}
    second = _asked(people, case, kind="extract", receiver_agency="Ủy ban nhân dân phường")
    approve_copy(actor=people["chief_kv1"], code=code, copy_id=second.pk)
    assert issue_copy(actor=people["clerk_kv1"], code=code, copy_id=second.pk, copies=1, pages=1).number == 2
    # no number of the office and year is given twice
    CertifiedCopy.objects.update(number_year=None)
    import_module("vks_plugin.migrations.0046_copies_numbered_once").as_they_were_given(apps, None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CertifiedCopy.objects.filter(pk=second.pk).update(number=1)
    # on paper, with the names of that day, and in the register of the office
    edit_case(actor=people["prosecutor_kv1"], case=case, values={"name": "Vụ án mang tên mới"})
    User.objects.filter(pk__in=[people["chief_kv1"].pk, people["clerk_kv1"].pk]).update(last_name="Họ Mới")
    words = " ".join(PdfReader(io.BytesIO(client.get(f"{paper}pdf").content)).pages[0].extract_text().split())
    year = timezone.localdate().year
    for said in (
        "PHIẾU CHỨNG THỰC BẢN SAO",
        f"Số 1/{year}",
        CONTENT,
        TO,
        "Bùi Văn Đạt",
        "Trần Thị Thư",
        f"Nơi nhận: - {TO}; - Lưu: VT, HSVA.",
    ):
        assert said in words, said
    assert "mới" not in words.lower()
    assert client.get(f"{paper}docx").status_code == 200
    today = timezone.localdate()
    asked: dict[str, Any] = {"register": "ban-sao", "unit": "QN-KV1", "first": today, "last": today}
    rows = register_paper(people["clerk_kv1"], **asked)[1].rows
    assert [row[0].splitlines()[1] for row in rows] == [f"Số 1/{year}", f"Số 2/{year}"]
    # names, posts and offices of that day, here too
    assert "mới" not in str(rows).lower()
    assert rows[0][6].startswith("Bùi Văn Đạt – Viện trưởng, ")
    assert "\nTrần Thị Thư – Văn thư, " in rows[0][6]
    assert (rows[0][3], rows[1][4]) == ("3 bản, mỗi bản 4 trang", f"{TO}\nỦy ban nhân dân phường")
    with pytest.raises(NotFound):
        register_paper(people["clerk_kv3"], **asked)
    # of a restricted case a clerk reads the number alone
    CaseFile.objects.filter(pk=case.pk).update(confidentiality="han_che_noi_bo")
    rows = register_paper(people["clerk_kv1"], **asked)[1].rows
    assert TO not in str(rows)
    assert f"Số 1/{year}" in rows[0][0]
    # and knows of no copy of it
    assert client.get(f"/vks/cases/{code}/copies/").status_code == 404
    assert client.get(f"{paper}pdf").status_code == 404


def test_copies_open_nothing_and_go_nowhere_with_the_case(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    other = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ khác")
    code, route = case.code, f"/api/vks/cases/{case.code}/copies/"
    client.force_login(people["prosecutor_kv1"])
    body = {"kind": "extract", "content": CONTENT, "copies": 1, "pages": 2, "receiver_name": TO, "purpose": WHY}
    made = client.post(route, body, content_type="application/json")
    assert (made.status_code, made.json()["may"]) == (201, ["withdraw"])
    number = made.json()["id"]
    # not by the number of it in another case
    client.force_login(people["clerk_kv3"])
    for address in (route, f"{route}{number}/paper/", f"/api/vks/cases/{other.code}/copies/{number}/paper/"):
        assert client.get(address).status_code == 404, address
    assert client.get(f"/api/vks/cases/{other.code}/copies/").json()["count"] == 0
    client.force_login(people["chief_kv1"])
    assert client.post(f"{route}{number}/approve/").json()["state"] == "da_duyet"
    waits = _asked(people, case)
    told = client.get(f"/api/vks/cases/{code}/transfer/?to=QN-KV3").json()["follows"]
    assert [(each["kind"], each["people"]) for each in told if each["kind"].startswith("copy")] == [
        ("copy_withdrawn", [TO]),
        ("copy_asked", [TO]),
    ]
    with written() as found:
        transfers.transfer_case(actor=people["chief_kv1"], case=case, to=units["QN-KV3"], decision="1/QĐ")
    assert found.kinds() == ["copy_withdrawn", "case_transferred"]
    assert client.get(route).status_code == 404
    approve_copy(actor=people["chief_kv3"], code=code, copy_id=waits.pk)
    assert issue_copy(actor=people["clerk_kv3"], code=code, copy_id=waits.pk, copies=1, pages=1).unit == units["QN-KV3"]


_LEADERS = {"chief_kv1", "deputy_kv1"}
_STANDS: dict[str, dict[str, set[str]]] = {
    "de_nghi": {"approve": {"chief_kv1"}, "deny": {"chief_kv1"}, "withdraw": {"clerk_kv1"} | _LEADERS},
    "da_duyet": {"withdraw": {"clerk_kv1"} | _LEADERS, "issue": {"clerk_kv1"} | _LEADERS},
    "tu_choi": {},
    "da_cap": {},
    "huy": {},
}
"""By state, who may do what with a copy that the clerk asked for."""
_WAY_TO = {
    "de_nghi": (),
    "da_duyet": ("approve",),
    "tu_choi": ("deny",),
    "da_cap": ("approve", "issue"),
    "huy": ("withdraw",),
}
_LEADS_TO = {"approve": "da_duyet", "deny": "tu_choi", "withdraw": "huy", "issue": "da_cap"}


def test_every_act_of_everybody_in_every_state_does_what_the_table_says_and_else_nothing(
    case: CaseFile, people: dict[str, User]
) -> None:
    assert {each.name: (set(each.sources), each.target) for each in COPY.moves} == {
        name: ({state for state, may in _STANDS.items() if name in may}, target) for name, target in _LEADS_TO.items()
    }
    assert set(_STANDS) == {state for state, _label in COPY.states}
    row = _asked(people, case)
    named: dict[str, Any] = {"code": case.code, "copy_id": row.pk}
    acts: dict[str, Callable[[User], object]] = {
        "approve": lambda actor: approve_copy(actor=actor, **named),
        "deny": lambda actor: deny_copy(actor=actor, reason="Chưa có văn bản yêu cầu", **named),
        "withdraw": lambda actor: withdraw_copy(actor=actor, **named),
        "issue": lambda actor: issue_copy(actor=actor, copies=2, pages=4, **named),
    }
    whose = {name: max(whom) for may in _STANDS.values() for name, whom in may.items()}
    for state, may in _STANDS.items():
        with transaction.atomic():
            for name in _WAY_TO[state]:
                acts[name](people[whose[name]])
            assert CertifiedCopy.objects.get(pk=row.pk).state == state
            results = {name: (target, 1) for name, target in _LEADS_TO.items()}
            wrong = wrongly_done(people, acts, may=may, whose=whose, leads_to=results, row=row, beside=(NumberSeries,))
            assert wrong == [], state
            transaction.set_rollback(True)
