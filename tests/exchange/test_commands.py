"""The commands about lists of cases."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.exchange.files import HEADINGS, ROWS, csv_text, workbook_bytes, written
from tests.people import register
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import CaseFile, CaseImport

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    call_command(*words, "--json")
    return json.loads(capsys.readouterr().out)


def test_a_list_is_loaded_from_the_server(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(written(tmp_path, workbook_bytes([HEADINGS, *ROWS]), "ds.xlsx"))
    words = ("vks_import_cases", path, "--user", "clerk_kv1", "--unit", "QN-KV1")
    tried = run(capsys, *words, "--dry-run")
    assert [row["outcome"] for row in tried["rows"]] == ["created", "created"]
    assert not CaseFile.objects.exists()
    assert CaseImport.objects.get().status == "discarded"
    told = run(capsys, *words)
    assert told["counts"]["created"] == {"rows": 2, "cases": 2}
    assert {row["code"] for row in told["rows"]} == set(CaseFile.objects.values_list("code", flat=True))
    assert run(capsys, *words, "--update")["counts"]["unchanged"] == {"rows": 2, "cases": 2}
    assert Path(path).exists()


def test_a_refused_row_is_told_and_makes_the_command_fail(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path, csv_text([HEADINGS, *ROWS, ("A", "9", "hôm qua", "CSĐT", "")]))
    with pytest.raises(CommandError, match="1 trong 3 dòng chưa nạp"):
        call_command("vks_import_cases", str(path), "--user", "clerk_kv1", "--unit", "QN-KV1")
    assert "4: Từ chối\tÔ C4 “Ngày quyết định khởi tố”: “hôm qua” không phải ngày" in capsys.readouterr().out
    assert CaseFile.objects.count() == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--user", "nobody", "--unit", "QN-KV1"), "Không có tài khoản"),
        (("--user", "locked", "--unit", "QN-KV1"), "Không có tài khoản"),
        (("--user", "clerk_kv1", "--unit", "QN-KV9"), "Không có đơn vị"),
        (("--user", "clerk_kv1", "--unit", "QN-KV3"), "không đăng ký vụ án cho đơn vị này"),
        (("--user", "outsider"), "chưa có chức danh"),
    ],
)
def test_who_may_not_is_told_so(words: tuple[str, ...], says: str, people: dict[str, User], tmp_path: Path) -> None:
    path = written(tmp_path, csv_text([HEADINGS, *ROWS]))
    with pytest.raises(CommandError, match=says):
        call_command("vks_import_cases", str(path), *words)
    with pytest.raises(CommandError, match="Không có tệp"):
        call_command("vks_import_cases", str(tmp_path / "x.csv"), "--user", "clerk_kv1")


@time_machine.travel(dt.datetime(2026, 3, 10, 3, tzinfo=dt.UTC), tick=False)
def test_the_list_of_the_server_tells_kind_class_and_next_limit(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = register(
        actor=people["chief_kv1"],
        unit=units["QN-KV1"],
        accused=[AccusedInput("Nguyễn Văn Ánh", 1990, "nam", [ChargeInput(text="173.1")])],
    )
    made.refresh_from_db()
    [row] = run(capsys, "vks_cases")
    assert (row["kind"], row["crime_class"]) == ("criminal", "A")
    # the decision is to be sent within a day: a duty, which would be over in every case
    duty = made.deadlines.filter(is_duty=True).earliest("due_on")
    assert made.next_due_on is not None
    assert made.next_due_on > duty.due_on
    assert row["next_deadline"]["rule"] == "dieu_tra"
    assert row["next_deadline"]["due_on"] == made.next_due_on.isoformat()
    assert row["next_deadline"]["days_left"] == (made.next_due_on - dt.date(2026, 3, 10)).days
    [read] = run(capsys, "vks_cases", "--user", "chief_kv1")
    assert read == row
    [known] = run(capsys, "vks_cases", "--user", "clerk_kv1")
    assert known == row | {"crime_class": "", "next_deadline": None}
    assert run(capsys, "vks_cases", "--user", "outsider") == []
