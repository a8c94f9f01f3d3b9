"""Alarms of stored files reach the leaders of the office, on the page and through the API, and nobody else."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from tests.web.conftest import Page
from vks_plugin.custody.actions import check_files
from vks_plugin.custody.models import FixityFinding, FixityRun
from vks_plugin.custody.tasks import compare_files
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
