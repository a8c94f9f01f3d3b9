"""An office takes over others by command, and a run that was cut off goes on."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.people import make_district, register
from vks_plugin.access import transfers
from vks_plugin.access.models import Restructuring
from vks_plugin.cases.models import CaseFile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

GIVEN = ("--from", "QN-KV1", "--to", "QN-KV3", "--on", f"{timezone.localdate()}", "--decision", "12/NQ")


def _run(*words: str) -> str:
    out = io.StringIO()
    call_command("vks_restructure", *words, stdout=out)
    return out.getvalue()


def test_it_moves_every_case_and_tells_how_far_it_is(case: CaseFile, people: dict[str, User]) -> None:
    said = _run(*GIVEN, "--user", "admin_province")
    assert said.splitlines()[0] == "1/1 vụ án"
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"
    assert Restructuring.objects.get().finished_at is not None


def test_a_plan_of_several_new_offices_is_one_act(case: CaseFile, people: dict[str, User]) -> None:
    for code in ("QN-HL", "QN-CP"):
        make_district(code)
    given = ("--plan", "QN-KV1,QN-HL=QN-KV3; QN-CP=QN", *GIVEN[4:], "--user", "admin_province", "--json")
    told = json.loads(_run(*given))
    assert [(each["successor"], each["done"], each["total"]) for each in told] == [("QN-KV3", 1, 1), ("QN", 0, 0)]
    assert all(each["finished_at"] for each in told)
    assert CaseFile.objects.get(pk=case.pk).unit.code == "QN-KV3"


def test_one_that_was_cut_off_goes_on(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "AT_A_TIME", 1)
    register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    row = transfers.begin_restructuring(
        actor=people["admin_province"],
        predecessors=[units["QN-KV1"]],
        successor=units["QN-KV3"],
        effective_date=timezone.localdate(),
        decision="12/NQ",
    )
    next(transfers.continue_restructuring(row))
    # a worker had it in hand a moment ago
    with pytest.raises(CommandError, match="đang dừng"):
        _run("--resume")
    # the queue lost it: it seems to wait, and whoever names it goes on all the same
    Restructuring.objects.update(touched_at=timezone.now() + transfers.WAITS_FOR)
    with pytest.raises(CommandError, match="đang dừng"):
        _run("--resume", "--to", "QN")
    (told,) = json.loads(_run("--resume", "--to", "QN-KV3", "--json"))
    assert (told["id"], told["successor"], told["done"], told["total"]) == (row.pk, "QN-KV3", 2, 2)
    assert told["finished_at"] is not None


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (GIVEN, "Hãy nêu --from"),
        ((*GIVEN, "--user", "nobody"), "Không có tài khoản"),
        ((*GIVEN, "--user", "chief_kv1"), "Chỉ Viện trưởng tỉnh"),
        (("--plan", "QN-KV1=", *GIVEN[4:], "--user", "admin_province"), "CŨ,CŨ=MỚI"),
        (("--from", "QN-KV8,QN-KV9", *GIVEN[2:], "--user", "admin_province"), "QN-KV8, QN-KV9"),
        (("--resume",), "đang dừng"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(words: Any, match: str, people: dict[str, User]) -> None:
    with pytest.raises(CommandError, match=match):
        _run(*words)
    assert not Restructuring.objects.exists()
