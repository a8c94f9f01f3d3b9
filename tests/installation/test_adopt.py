"""Taking documents of an older archive over, chosen ones only."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from documents.models import Document
from documents.search import get_backend
from guardian.shortcuts import assign_perm

from tests.people import FiledCase
from vks_plugin.cases.models import CaseDocument
from vks_plugin.host.permissions import grants_of, may_view
from vks_plugin.host.provision import case_code_on
from vks_plugin.organization.actions import service_account_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(filed_case: FiledCase, people: dict[str, User]) -> list[Document]:
    """Return three documents from before: public, an outsider's and shared, and one to be left alone."""
    made = []
    for number, (owner, title) in enumerate(
        [(None, "Cáo trạng cũ"), (people["outsider"], "Biên bản cũ"), (None, "Thông báo chung")], start=1
    ):
        made.append(
            Document.objects.create(
                title=title,
                content=f"{title} zebra{number}",
                mime_type="application/pdf",
                checksum=f"{number:064x}",
                page_count=2,
                owner=owner,
            )
        )
    assign_perm("view_document", people["prosecutor_kv3"], made[1])
    with get_backend().batch_update() as batch:
        for document in made:
            batch.add_or_update(document)
    return made


def _adopt(**options: Any) -> list[dict[str, Any]]:
    out = StringIO()
    try:
        call_command("vks_adopt", json=True, stdout=out, **options)
    finally:
        rows: list[dict[str, Any]] = json.loads(out.getvalue()) if out.getvalue() else []
    return rows


def _finds(user: User, word: str) -> int:
    client = Client()
    client.force_login(user)
    return len(client.get("/api/documents/", {"text": word}).json().get("results", []))


def test_dry_run_writes_nothing(filed_case: FiledCase, people: dict[str, User], old: list[Document]) -> None:
    before = list(Document.objects.values()), grants_of([each.pk for each in old]), CaseDocument.objects.count()
    rows = _adopt(
        user="prosecutor_kv1",
        case=filed_case.case.code,
        document=[each.pk for each in old[:2]],
        type="CT",
        dry_run=True,
    )
    assert [(row["status"], row["owner"]) for row in rows] == [("would_adopt", None), ("would_adopt", "outsider")]
    assert [(row["grants_before"], row["grants_after"]) for row in rows] == [(0, 4), (1, 4)]
    assert (
        list(Document.objects.values()),
        grants_of([each.pk for each in old]),
        CaseDocument.objects.count(),
    ) == before
    assert _finds(people["chief_kv3"], "zebra1") == 1


def test_chosen_documents_become_the_cases(filed_case: FiledCase, people: dict[str, User], old: list[Document]) -> None:
    assert _finds(people["chief_kv3"], "zebra1") == 1
    assert _finds(people["prosecutor_kv3"], "zebra2") == 1
    rows = _adopt(user="prosecutor_kv1", case=filed_case.case.code, document=[each.pk for each in old[:2]], type="CT")
    assert [row["status"] for row in rows] == ["adopted", "adopted"]
    ids = [each.pk for each in old[:2]]
    assert set(Document.objects.filter(pk__in=ids).values_list("owner_id", flat=True)) == {service_account_id()}
    for name in ("chief_kv3", "prosecutor_kv3", "outsider"):
        assert not may_view(people[name], ids), name
        assert _finds(people[name], "zebra1") == _finds(people[name], "zebra2") == 0, name
    assert _finds(people["prosecutor_kv1"], "zebra2") == 1
    assert [case_code_on(each) for each in old] == [filed_case.case.code, filed_case.case.code, None]
    # what was not chosen stays everybody's
    assert may_view(people["chief_kv3"], [old[2].pk]) == {old[2].pk}
    # and a second run changes nothing
    again = _adopt(user="prosecutor_kv1", case=filed_case.case.code, document=ids, type="CT")
    assert [row["status"] for row in again] == ["already", "already"]


def test_a_manifest_takes_what_it_can_and_says_what_it_could_not(
    filed_case: FiledCase, people: dict[str, User], old: list[Document], tmp_path: Path
) -> None:
    manifest = tmp_path / "bảng kê.csv"
    lines = [
        "document,case,type,number,date,folio_from,folio_to",
        f"{old[0].pk},{filed_case.case.code},CT,45/CT,2026-03-09,10,11",
        f"{old[1].pk},{filed_case.case.code},CT,46/CT,2026-03-09,5,6",
        f"999999,{filed_case.case.code},CT,,,,",
        f"{old[2].pk},HS-KHONG-CO,CT,,,,",
        f"{old[2].pk},{filed_case.case.code},CT,,31/12/2025,,",
    ]
    manifest.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    out = StringIO()
    with pytest.raises(CommandError, match="4 trong 5"):
        call_command("vks_adopt", user="prosecutor_kv1", manifest=manifest, json=True, stdout=out)
    rows = json.loads(out.getvalue())
    assert [row["status"] for row in rows] == ["adopted", *["refused"] * 4]
    assert "Bút lục 5 đã thuộc" in rows[1]["detail"]
    assert "2026-03-31" in rows[4]["detail"]
    filed = CaseDocument.objects.get(document_id=old[0].pk)
    assert (filed.number, filed.folio_from, filed.folio_to) == ("45/CT", 10, 11)
    assert Document.objects.get(pk=old[1].pk).owner == people["outsider"]
    assert case_code_on(old[1]) is None


def test_who_may_not_file_adopts_nothing(filed_case: FiledCase, people: dict[str, User], old: list[Document]) -> None:
    for name in ("clerk_kv1", "prosecutor_kv3", "admin_province"):
        with pytest.raises(CommandError):
            _adopt(user=name, case=filed_case.case.code, document=[old[0].pk], type="CT")
    assert Document.objects.get(pk=old[0].pk).owner is None
