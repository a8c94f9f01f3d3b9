"""The command that tells why somebody may or may not see a case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from tests.people import FiledCase, register
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import Grant, write_grants

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    call_command("vks_explain", *words, "--json")
    return json.loads(capsys.readouterr().out)


def test_a_person_and_a_case_in_words(filed_case: FiledCase, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vks_explain", "--user", "prosecutor_kv1", "--case", filed_case.case.code)
    said = capsys.readouterr().out
    assert said.startswith(f"Đỗ Hữu Ước (prosecutor_kv1) – {filed_case.case.code}\n  Hồ sơ vụ án: nộp.")
    assert "Kiểm sát viên thụ lý chính, từ " in said
    assert "quản lý: Viện trưởng đơn vị thụ lý – không. Không giữ chức danh này tại VKSND khu vực 1." in said
    assert "DMS cho xem 4/4 tài liệu." in said
    assert "!" not in said


def test_a_person_and_a_document(filed_case: FiledCase, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "--user", "clerk_kv1", "--document", str(filed_case.internal.document_id))
    assert [(each["part"], each["level"]) for each in told["parts"]] == [("hsks", "none")]
    assert (told["host"]["documents"], told["host"]["shown"]) == (1, 0)


def test_everybody_who_can_see_a_case(filed_case: FiledCase, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "--case", filed_case.case.code)
    assert {each["user"]: each["parts"][0]["level"] for each in told} == {
        "chief_kv1": "manage",
        "deputy_kv1": "manage",
        "prosecutor_kv1": "contribute",
        "chief_province": "view",
        "deputy_province": "view",
    }


def test_every_case_of_a_person(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit], capsys: pytest.CaptureFixture[str]
) -> None:
    register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    told = run(capsys, "--user", "chief_kv1")
    assert (told["count"], told["pages"], [each["case"] for each in told["results"]]) == (
        1,
        1,
        [filed_case.case.code],
    )
    assert told["results"][0]["parts"][0]["reason"] == "Viện trưởng đơn vị thụ lý"
    with pytest.raises(CommandError, match="Không có trang 2"):
        run(capsys, "--user", "chief_kv1", "--page", "2")


def test_a_document_in_no_case(people: dict[str, User], capsys: pytest.CaptureFixture[str]) -> None:
    mine = Document.objects.create(title="Thư mời", checksum="a" * 64, owner=people["prosecutor_kv1"])
    number = str(mine.pk)
    write_grants(
        {mine.pk: frozenset({Grant("user", people["clerk_kv1"].pk, "view")})}, owner_id=people["prosecutor_kv1"].pk
    )
    assert [each["user"] for each in run(capsys, "--document", number)] == ["clerk_kv1", "prosecutor_kv1"]
    told = run(capsys, "--document", number, "--user", "chief_kv1")
    assert (told["case"], told["host"]["shown"]) == (None, 0)
    call_command("vks_explain", "--document", number, "--user", "chief_kv1")
    assert "chưa ở vụ án nào và không được cho xem" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--user", "nobody", "--case", "HS-1"], "Không có người dùng nobody: hãy kiểm tra tên đăng nhập."),
        (["--user", "chief_kv1", "--case", "HS-1"], "Không có vụ án mã HS-1."),
        (
            ["--user", "chief_kv1", "--document", "999999"],
            "Không có tài liệu số 999999 trong DMS: đã ở thùng rác, là phiên bản của tài liệu khác, hoặc gõ sai số.",
        ),
        ([], "Hãy nêu --user, hoặc --case, hoặc --document."),
    ],
)
def test_unknown_names_are_refused_with_a_sentence(
    words: list[str], sentence: str, people: dict[str, User], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError) as refused:
        run(capsys, *words)
    assert str(refused.value) == sentence
    assert capsys.readouterr().out == ""
