"""The ledger on the pages and through the API: acts in words for who reads the case, reasons for leaders, nothing for strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.people import FiledCase
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.acts import ACTS, tell
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import LedgerEntry, LedgerHidden
from vks_plugin.custody.queries.ledger import proof_for
from vks_plugin.custody.words import WHOLE, in_words
from vks_plugin.errors import NotAllowed

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

WHY = "Bị can trốn, cần hồ sơ ngay trong đêm để ra lệnh bắt."
PAPER = "12/QĐ-VKS ngày 05/11/2026"


def _page(client: Client, case: CaseFile, status: int = 200) -> str:
    answer = client.get(f"/vks/cases/{case.code}/record/ledger/")
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def _entries(client: Client, address: str) -> dict[str, dict[str, Any]]:
    """Return the newest entry of each act as the API tells it."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return {row["act"]: row for row in reversed(answer.json()["results"])}


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["text"] for each in row["values"]}


@pytest.fixture
def opened(filed_case: FiledCase, people: dict[str, User]) -> FiledCase:
    """Return a filed case that somebody of another office was let into."""
    row = temporary.request_emergency(actor=people["prosecutor_kv3"], code=filed_case.case.code, reason=WHY, hours=2)
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)
    return filed_case


def test_acts_are_told_in_words(opened: FiledCase, people: dict[str, User], as_person: SignIn) -> None:
    case = opened.case
    page = _page(as_person("prosecutor_kv1"), case)
    for words in ("Đăng ký vụ án", "Phân công", "Đưa tài liệu vào hồ sơ", "Duyệt truy cập khẩn cấp"):
        assert words in page
    assert "Tên tài liệu:" in page
    assert opened.documents[0].sha256 in page
    assert "Kiểm sát viên thụ lý chính" in page
    assert "Viện trưởng, VKSND khu vực 1" in page
    # fields are named in words, values of lists too
    assert "assignment_role" not in page
    assert "prosecutor_lead" not in page
    numbers = [entry.seq for entry in queries.of_case(people["prosecutor_kv1"], case.code)]
    assert numbers == list(range(len(numbers)))


def test_reasons_are_for_leaders(opened: FiledCase, as_person: SignIn) -> None:
    address = f"/api/vks/cases/{opened.case.code}/ledger/"
    for name, reads in (("prosecutor_kv1", False), ("chief_kv1", True), ("chief_province", True)):
        client = as_person(name)
        assert (WHY in _page(client, opened.case)) is reads, name
        row = _entries(client, address)["access_asked"]
        assert (_values(row).get("reason") == WHY, row["withheld"]) == (reads, not reads), name


def test_strangers_are_told_nothing(opened: FiledCase, as_person: SignIn) -> None:
    transferred = opened.case
    for name, status in (("chief_kv3", 404), ("outsider", 404), ("admin_province", 404), ("clerk_kv1", 403)):
        client = as_person(name)
        page = _page(client, transferred, status)
        assert "Đăng ký vụ án" not in page, name
        assert client.get(f"/api/vks/cases/{transferred.code}/ledger/").status_code == status, name


def test_internal_papers_are_closed_to_who_reads_the_case_file_only(
    opened: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    """Whoever was let in for an emergency reads the case file; of the supervision file an entry says only that it is one."""
    client = as_person("prosecutor_kv3")
    page = _page(client, opened.case)
    assert opened.documents[0].sha256 in page
    assert opened.internal.sha256 not in page
    assert opened.internal.title not in page
    rows = client.get(f"/api/vks/cases/{opened.case.code}/ledger/?act=document_filed").json()["results"]
    closed = [row for row in rows if row["withheld"]]
    assert [row["values"] for row in closed] == [[]]
    assert len(rows) == 4
    # who reads both is told both
    both = as_person("prosecutor_kv1")
    assert opened.internal.sha256 in _page(both, opened.case)
    # of what the archive took, where the supervision file went is part of that
    fields = dict.fromkeys(ACTS["accessioned"].shown) | {"accession": 1, "keeper_unit": "QN", "keeper_id": 77}
    address = f"/api/vks/cases/{opened.case.code}/ledger/?act=accessioned"
    for parts, names in ((["hsks"], set()), (["hsva", "hsks"], {"parts", "keeper_unit", "keeper_id"})):
        tell("accessioned", actor=people["clerk_kv1"], case=opened.case, **{**fields, "parts": parts})
        row, known = _entries(client, address)["accessioned"], _entries(both, address)["accessioned"]
        assert _values(row).keys() - {"accession"} == names
        assert (row["withheld"], known["withheld"]) == (True, False)
        assert "Hồ sơ kiểm sát" in _values(known)["parts"]
        assert "Hồ sơ kiểm sát" not in _values(row).get("parts", "")
        seq = LedgerEntry.objects.filter(kind="accessioned").latest("seq").seq
        with pytest.raises(NotAllowed, match="hồ sơ kiểm sát"):
            proof_for(people["prosecutor_kv3"], opened.case.code, seq)


def test_whoever_lost_the_case_reads_its_ledger_no_more(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    transfers.transfer_case(actor=people["chief_kv1"], case=filed_case.case, to=units["QN-KV3"], decision=PAPER)
    _page(as_person("prosecutor_kv1"), filed_case.case, 404)
    page = _page(as_person("chief_kv3"), filed_case.case)
    assert PAPER in page
    assert "Chuyển vụ án sang đơn vị khác" in page
    assert "VKSND khu vực 3" in page


def test_what_is_signed_is_marked(case: CaseFile, people: dict[str, User], as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    assert "đã chốt" not in _page(client, case)
    actions.ensure_key()
    actions.make_checkpoint()
    access.assign(actor=people["chief_kv1"], case=case, user=people["inspector_kv1"], role="inspector")
    rows = client.get(f"/api/vks/cases/{case.code}/ledger/").json()["results"]
    assert [row["covered"] for row in rows] == [False, *[True] * (len(rows) - 1)]
    page = _page(client, case)
    assert page.count("chưa chốt") == 1
    assert page.count(">đã chốt<") == len(rows) - 1


def test_a_value_that_is_gone_says_whether_a_disposal_took_it(case: CaseFile, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    assert "Đỗ Hữu Ước" in _values(_entries(client, f"/api/vks/cases/{case.code}/ledger/")["assigned"]).values()
    LedgerHidden.objects.filter(entry__case=case, entry__kind="assigned").delete()
    told = _values(_entries(client, f"/api/vks/cases/{case.code}/ledger/")["assigned"])
    assert told["person"] == "giá trị đã mất, không do tiêu hủy: báo lãnh đạo"
    assert told["assignment_role"] == "Kiểm sát viên thụ lý chính"
    assert len(queries.verify().problems) == 1
    CaseFile.objects.filter(pk=case.pk).update(destroyed_at=timezone.now())
    told = _values(_entries(client, f"/api/vks/cases/{case.code}/ledger/")["assigned"])
    assert told["person"] == "giá trị không còn được giữ"


def test_a_value_that_was_changed_behind_its_back_is_not_shown(case: CaseFile, as_person: SignIn) -> None:
    kept = LedgerHidden.objects.get(entry__case=case, entry__kind="assigned")
    LedgerHidden.objects.filter(pk=kept.pk).update(values=[[name, "Người Khác"] for name, _value in kept.values])
    entries = _entries(as_person("prosecutor_kv1"), f"/api/vks/cases/{case.code}/ledger/")
    assert _values(entries["assigned"])["person"] == "giá trị đã bị sửa, không khớp sổ cái: báo lãnh đạo"


def test_the_province_reads_what_concerns_no_case(case: CaseFile, people: dict[str, User], as_person: SignIn) -> None:
    access.record_appointment(actor=people["chief_kv1"], user=people["outsider"], unit=case.unit, role="inspector")
    actions.ensure_key()
    made = actions.make_checkpoint()
    client = as_person("deputy_province")
    page = " ".join(client.get("/vks/ledger/").content.decode().split())
    assert "Người Ngoài" in page
    assert "Khóa ký sổ cái" in page
    assert f"/vks/ledger/checkpoints/{made.size}/" in page
    assert 'href="/vks/ledger/"' in page
    paper = client.get(f"/vks/ledger/checkpoints/{made.size}/")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
    (told,) = client.get("/api/vks/ledger-checkpoints/").json()["results"]
    assert (told["size"], told["root"], told["note"]) == (made.size, bytes(made.root).hex(), made.note)
    row = _entries(client, "/api/vks/ledger/?act=appointed")["appointed"]
    assert _values(row)["person"] == "Người Ngoài"
    assert _values(row)["role"] == "Kiểm tra viên"
    for name in ("chief_kv1", "admin_province", "prosecutor_kv1"):
        stranger = as_person(name)
        for address in (
            "/vks/ledger/",
            f"/vks/ledger/checkpoints/{made.size}/",
            "/api/vks/ledger/",
            "/api/vks/ledger-checkpoints/",
        ):
            answer = stranger.get(address)
            assert answer.status_code == 403, (name, address)
            assert "Người Ngoài" not in answer.content.decode()
        assert 'href="/vks/ledger/"' not in stranger.get("/vks/").content.decode()


def test_every_act_can_be_told_whatever_it_holds(opened: FiledCase, people: dict[str, User]) -> None:
    rows = list(LedgerEntry.objects.select_related("leaf", "hidden"))
    for each in in_words(rows, WHOLE):
        assert each.label != each.entry.kind
        for value in each.values:
            assert value.label != value.name
            assert value.text
    assert timezone.is_aware(rows[0].at)


def test_a_page_of_entries_takes_a_few_queries_however_many(
    opened: FiledCase, people: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    rows = list(LedgerEntry.objects.select_related("leaf", "hidden"))
    assert len(rows) > 5
    with django_assert_max_num_queries(2):
        in_words(rows, WHOLE)
