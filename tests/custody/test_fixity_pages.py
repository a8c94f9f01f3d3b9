"""Alarms of stored files reach the leaders of the office, on the page and through the API, and nobody else."""

from __future__ import annotations

import os
import time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from tests.web.conftest import Page
from vks_plugin.custody.actions import check_files, close_finding
from vks_plugin.custody.models import Accession, AccessionItem, FixityFinding, FixityRun
from vks_plugin.custody.queries.fixity import alarms_for, case_of
from vks_plugin.custody.tasks import compare_files
from vks_plugin.disposal.models import DestructionBatch
from vks_plugin.errors import Conflict, NotAllowed
from vks_plugin.hashing import sha256_of
from vks_plugin.host import stored

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from pytest_django import Settings

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


def test_alarms_reach_leaders_who_close_them(filed_case: FiledCase, people: dict[str, User], client: Client) -> None:
    broken = filed_case.documents[0].document
    broken.source_path.write_bytes(b"other")
    stray = Path(settings.ORIGINALS_DIR) / "la.pdf"
    stray.write_bytes(b"stray")
    long_ago = time.time() - 2 * stored.SETTLED_AFTER
    os.utime(stray, (long_ago, long_ago))
    check_files()
    changed, extra = (FixityFinding.objects.get(kind=kind) for kind in ("changed", "extra"))
    at, rest = "/vks/archive/fixity/", "/api/vks/fixity-alarms/"

    def told(key: str) -> tuple[set[int], str]:
        """Return the alarms somebody is told of through the API, and the page."""
        api = APIClient()
        api.force_login(people[key])
        client.force_login(people[key])
        page = client.get(at)
        assert page.status_code == (403 if key not in leaders else 200), key
        return {row["id"] for row in api.get(rest).json()["results"]}, Page(page).text

    leaders = ("chief_kv1", "deputy_kv1", "chief_kv3", "chief_province", "deputy_province")
    for key in ("chief_kv1", "deputy_kv1"):
        found, text = told(key)
        assert found == {changed.pk}
        assert filed_case.case.code in text
        assert str(broken.source_path) in text
        assert "la.pdf" not in text
        assert "Lưu trữ 1 " in text
    for key in ("chief_province", "deputy_province"):
        found, text = told(key)
        assert found == {extra.pk}
        assert str(stray) in text
        assert filed_case.case.code not in text
    found, text = told("chief_kv3")
    assert found == set()
    assert "Không có sai lệch nào" in text
    for key in ("prosecutor_kv1", "clerk_kv1", "admin_province", "archivist_province", "outsider"):
        found, text = told(key)
        assert found == set()
        assert filed_case.case.code not in text
        client.force_login(people[key])
        assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
    for key, alarm in (("chief_province", changed), ("chief_kv1", extra), ("chief_kv3", changed)):
        client.force_login(people[key])
        assert client.post(f"{at}{alarm.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
        api = APIClient()
        api.force_login(people[key])
        assert api.post(f"{rest}{alarm.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 404
    assert not FixityFinding.objects.filter(closed_at__isnull=False).exists()
    client.force_login(people["chief_kv1"])
    empty = client.post(f"{at}{changed.pk}/close/", {"reason": " "})
    assert empty.status_code == 400
    assert "Hãy ghi lý do" in Page(empty).text
    assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 302
    assert client.post(f"{at}{changed.pk}/close/", {"reason": "Đã phục hồi"}).status_code == 409
    assert told("deputy_kv1")[0] == set()
    api = APIClient()
    api.force_login(people["chief_province"])
    answer = api.post(f"{rest}{extra.pk}/close/", {"reason": "Tệp thử của quản trị"}).json()
    assert (answer["closing_reason"], answer["case"], answer["path"]) == ("Tệp thử của quản trị", None, str(stray))
    assert api.post(f"{rest}{extra.pk}/close/", {}).status_code == 400
    assert set(FixityFinding.objects.values_list("closed_by__username", flat=True)) == {"chief_kv1", "chief_province"}


def test_a_letter_to_each_leader_with_alarms_names_nothing(
    filed_case: FiledCase, people: dict[str, User], settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    settings.EMAIL_ENABLED = True
    for key in ("chief_kv1", "chief_kv3", "chief_province", "prosecutor_kv1", "locked"):
        User.objects.filter(pk=people[key].pk).update(email=f"{key}@example.com")
    filed_case.documents[0].document.source_path.unlink()
    # one that was cut off goes on
    FixityRun.objects.create()
    compare_files()
    (letter,) = mailoutbox
    assert letter.to == ["chief_kv1@example.com"]
    assert "1 tệp lưu trữ không như đã ghi" in letter.subject
    assert filed_case.case.code not in f"{letter.subject}{letter.body}"
    settings.VKS_REMINDER_EMAIL = False
    FixityRun.objects.update(finished_at=None)
    compare_files()
    assert len(mailoutbox) == 1


def test_an_alarm_is_told_as_it_is_found_once_and_stays_until_somebody_closes_it(
    filed_case: FiledCase,
    people: dict[str, User],
    settings: Settings,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chief, document = people["chief_kv1"], filed_case.documents[0].document
    whole = document.source_path.read_bytes()
    document.source_path.write_bytes(b"other")
    settings.EMAIL_ENABLED = True
    User.objects.filter(pk=chief.pk).update(email="chief@example.com")
    # by hand, of one case: written of as at night
    with pytest.raises(CommandError):
        call_command("vks_fixity", "--case", filed_case.case.code, stdout=StringIO())
    first = alarms_for(chief).get()
    assert [each.to for each in mailoutbox] == [["chief@example.com"]]
    # cut off after a slice: found again, told once, and written of that night
    FixityRun.objects.create()
    monkeypatch.setattr("vks_plugin.custody.tasks._SLICE", 0)
    monkeypatch.setattr("vks_plugin.custody.actions.fixity._AT_ONCE", 1)
    compare_files()
    assert FixityRun.objects.get(case=None).finished_at is None
    second = alarms_for(chief).get()
    assert second.pk > first.pk
    assert len(mailoutbox) == 2
    with pytest.raises(Conflict, match="nêu lại"):
        close_finding(actor=chief, finding=first.pk, reason="Đã phục hồi")
    # the next slice finds nothing new
    compare_files()
    assert len(mailoutbox) == 2
    # put back: the file is whole, and still somebody says why it was not
    document.source_path.write_bytes(whole)
    assert not check_files().findings.exists()
    assert alarms_for(chief).get() == second
    close_finding(actor=chief, finding=second.pk, reason="Đã phục hồi")
    assert not alarms_for(chief).exists()


def test_packages_and_signed_records_are_read_too(filed_case: FiledCase, people: dict[str, User]) -> None:
    case, clerk = filed_case.case, people["clerk_kv1"]
    accession = Accession.objects.create(unit=case.unit, giver=clerk, state="cho_luu_tru")
    item = AccessionItem.objects.create(accession=accession, case=case)
    item.path.parent.mkdir(parents=True, exist_ok=True)
    item.path.write_bytes(b"package")
    AccessionItem.objects.filter(pk=item.pk).update(sha256=sha256_of(item.path), size=7)
    row = DestructionBatch.objects.create(unit=case.unit, drafted_by=clerk, reason="Hết hạn")
    row.record_path.parent.mkdir(parents=True, exist_ok=True)
    row.record_path.write_bytes(b"record")
    DestructionBatch.objects.filter(pk=row.pk).update(record_sha256=sha256_of(row.record_path))
    clean = check_files()
    documents = check_files(case=case)
    assert (clean.findings.count(), clean.files) == (0, documents.files + 1)
    item.path.write_bytes(b"pack-ge")
    row.record_path.unlink()
    check_files()
    told = {key: alarms_for(people[key]) for key in ("chief_kv1", "chief_province", "chief_kv3")}
    assert [(each.kind, case_of(each), each.path) for each in told["chief_kv1"]] == [("changed", case, str(item.path))]
    assert [(each.kind, case_of(each)) for each in told["chief_province"]] == [("missing", None)]
    assert not told["chief_kv3"].exists()
    with pytest.raises(NotAllowed):
        close_finding(actor=people["chief_province"], finding=told["chief_kv1"].get().pk, reason="Đã phục hồi")
    close_finding(actor=people["chief_kv1"], finding=told["chief_kv1"].get().pk, reason="Đã phục hồi")
