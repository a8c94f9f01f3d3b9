"""The pages that tell why somebody may or may not see a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User

from tests.people import FiledCase, register
from tests.web.conftest import Page, SignIn
from tests.web.test_access import ASKERS
from vks_plugin.access.policy import as_table
from vks_plugin.host.models import Document

if TYPE_CHECKING:
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asker", "expected"), list(zip(ASKERS, (404, 404, 404, 404, 403, 403, 200, 403), strict=True))
)
def test_only_who_assigns_is_told_about_others(asker: str, expected: int, case: CaseFile, as_person: SignIn) -> None:
    answer = as_person(asker).get(f"/vks/cases/{case.code}/explain/", {"user": "inspector_kv1"})
    assert answer.status_code == expected
    assert ("Mai Thị Ỷ" in Page(answer).text) == (expected == 200)


def test_a_leader_comes_from_the_assignments_to_a_colleague(filed_case: FiledCase, as_person: SignIn) -> None:
    leader = as_person("chief_kv1")
    section = Page(leader.get(f"/vks/cases/{filed_case.case.code}/record/assignments/"))
    address = f"/vks/cases/{filed_case.case.code}/explain/"
    assert f"{address}?user=prosecutor_kv1" in section.links()
    offered = {attributes.get("value") for tag, attributes in section.elements if tag == "option"}
    # a locked account too, and nobody of an office that has nothing to do with the case
    assert {"inspector_kv1", "locked", "chief_province"} <= offered
    assert not {"prosecutor_kv3", "outsider"} & offered
    told = Page(leader.get(address, {"user": "inspector_kv1"})).text
    assert "Không: Chưa được phân công vai trò này trong vụ án." in told
    assert "DMS cho người này xem 0/4 tài liệu" in told


def test_who_does_not_assign_is_offered_the_own_reasons_alone(filed_case: FiledCase, as_person: SignIn) -> None:
    prosecutor = as_person("prosecutor_kv1")
    address = f"/vks/cases/{filed_case.case.code}/explain/"
    section = Page(prosecutor.get(f"/vks/cases/{filed_case.case.code}/record/assignments/"))
    assert [link for link in section.links() if link.startswith(address)] == [address]
    assert "Giải thích quyền" not in section.text
    told = Page(prosecutor.get(address)).text
    assert "Hồ sơ vụ án: nộp" in told
    assert "Kiểm sát viên thụ lý chính, từ" in told


def test_who_only_knows_of_a_case_is_told_why(case: CaseFile, as_person: SignIn) -> None:
    clerk = as_person("clerk_kv1")
    address = f"/vks/cases/{case.code}/explain/"
    assert address in Page(clerk.get(f"/vks/cases/{case.code}/")).links()
    told = Page(clerk.get(address)).text
    assert "Hồ sơ vụ án: biết có vụ án" in told
    assert "0/0 tài liệu" in told


def test_a_superuser_is_warned_of(filed_case: FiledCase, as_person: SignIn) -> None:
    User.objects.filter(username="inspector_kv1").update(is_superuser=True)
    told = as_person("chief_kv1").get(f"/vks/cases/{filed_case.case.code}/explain/", {"user": "inspector_kv1"})
    assert "siêu quản trị của Paperless-ngx" in Page(told).text


def test_the_cases_of_a_colleague_stay_within_the_leader_s_office(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    other = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    theirs = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    leader = as_person("chief_kv1")
    told = Page(leader.get("/vks/explain/", {"user": "prosecutor_kv1"})).text
    assert case.code in told
    assert other.code not in told
    province = Page(leader.get("/vks/explain/", {"user": "chief_province"})).text
    assert other.code in province
    assert theirs.code not in province
    assert leader.get("/vks/explain/", {"user": "prosecutor_kv3"}).status_code == 400
    assert as_person("prosecutor_kv1").get("/vks/explain/", {"user": "chief_kv1"}).status_code == 403


@pytest.mark.parametrize("who", ["scanner_kv1", "outsider"])
def test_everybody_may_read_the_table_that_decides(who: str, as_person: SignIn) -> None:
    page = Page(as_person(who).get("/vks/explain/table/"))
    assert len([name for name, _attributes in page.elements if name == "tr"]) == len(as_table()) + 1
    told = "Trưởng phòng tại phòng của đơn vị cấp trên phụ trách giai đoạn của vụ án biết có vụ án không có quyền vụ án thường luôn luôn"
    assert told in page.text
    assert (
        "Lưu trữ viên tại đơn vị thụ lý xem xem cả vụ xâm hại tình dục, vụ có người dưới 18 tuổi sau khi nộp lưu"
        in page.text
    )


def test_one_document_is_explained_by_what_is_stored_of_it(filed_case: FiledCase, as_person: SignIn) -> None:
    case, leader = filed_case.case, as_person("chief_kv1")
    filed, internal = filed_case.documents[0], filed_case.internal
    address = f"/vks/cases/{case.code}/explain/?document={filed.document_id}"
    assert address in Page(leader.get(f"/vks/cases/{case.code}/")).links()
    told = Page(leader.get(f"{address}&user=prosecutor_kv1")).text
    assert f"Về một tài liệu của Hồ sơ vụ án: {filed.title}." in told
    assert "DMS cho người này xem tài liệu." in told
    # the other part of the case is another question
    assert "Hồ sơ kiểm sát (nội bộ):" not in told
    assert "DMS không cho người này xem tài liệu." in Page(leader.get(f"{address}&user=inspector_kv1")).text
    assert internal is not None
    hidden = f"/vks/cases/{case.code}/explain/?document={internal.document_id}"
    assert "Hồ sơ kiểm sát (nội bộ):" in Page(leader.get(hidden)).text


@pytest.mark.parametrize("asked", ["0", "99999", "mot", "-1"])
def test_a_document_of_no_case_of_the_reader_is_not_explained(
    asked: str, filed_case: FiledCase, as_person: SignIn
) -> None:
    address = f"/vks/cases/{filed_case.case.code}/explain/"
    assert as_person("chief_kv1").get(address, {"document": asked}).status_code == 404


def test_who_only_knows_of_a_case_is_told_of_none_of_its_documents(filed_case: FiledCase, as_person: SignIn) -> None:
    filed = filed_case.documents[0]
    answer = as_person("clerk_kv1").get(
        f"/vks/cases/{filed_case.case.code}/explain/", {"document": str(filed.document_id)}
    )
    assert answer.status_code == 404
    assert filed.title not in Page(answer).text


def test_a_document_in_no_case_has_a_page_of_its_reasons(
    filed_case: FiledCase, people: dict[str, User], as_person: SignIn
) -> None:
    owner, filed = as_person("prosecutor_kv1"), filed_case.documents[0]
    loose = Document.objects.create(title="Thư mời", checksum="a" * 64, owner=people["prosecutor_kv1"])
    told = Page(owner.get("/vks/explain/", {"document": str(loose.pk)})).text
    assert "DMS cho người này xem tài liệu. Là chủ của tài liệu trong DMS." in told
    assert as_person("chief_kv1").get("/vks/explain/", {"document": str(loose.pk)}).status_code == 404
    # one in a case is told on the page of its case
    answer = owner.get("/vks/explain/", {"document": str(filed.document_id)})
    assert answer.headers["Location"].endswith(f"{filed_case.case.code}/explain/?document={filed.document_id}")
    assert owner.get("/vks/explain/", {"document": "mot"}).status_code == 400
