"""Switching the plugin off returns the host's own pages and widens nobody's access."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from documents.models import Document

from tests.people import FiledCase, file_pdf
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CatalogueType
from vks_plugin.host.permissions import may_view
from vks_plugin.organization.actions import appoint, service_account_id
from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db(transaction=True)


def _readers(filed: FiledCase, people: dict[str, User]) -> set[str]:
    return {name for name, user in people.items() if may_view(User.objects.get(pk=user.pk), filed.host_ids)}


def _disable(**options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("vks_disable", json=True, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_dated_access_ends_and_the_rest_stays(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    later = dt.date.today() + dt.timedelta(days=30)  # noqa: DTZ011 - any day to come
    access.assign(
        actor=people["chief_kv1"],
        case=filed_case.case,
        user=people["other_prosecutor_kv1"],
        role="prosecutor",
        ends_on=later,
    )
    appoint(user=people["outsider"], unit=units["QN-KV1"], role="deputy_chief_procurator", ends_on=later)
    before = _readers(filed_case, people)
    assert {"other_prosecutor_kv1", "outsider"} <= before
    _disable()
    assert _readers(filed_case, people) == before - {"other_prosecutor_kv1", "outsider"}
    assert set(Document.objects.values_list("owner_id", flat=True)) == {service_account_id()}
    for name in ("other_prosecutor_kv1", "outsider"):
        client = Client()
        client.force_login(people[name])
        found = client.get("/api/documents/", {"text": "khoi to"}).json().get("results", [])
        assert [row["id"] for row in found] == [], name
    # and back again
    call_command("vks_setup", verbosity=0, stdout=StringIO())
    assert _readers(filed_case, people) == before


def test_work_under_way_is_finished_first(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a worker that has not come to it yet
    monkeypatch.setattr("vks_plugin.filing.actions.submit", lambda _intake: "task")
    file_pdf(actor=people["prosecutor_kv1"], case=filed_case.case, document_type=catalogue["CT"])
    with pytest.raises(CommandError, match="1 tệp đang chờ"):
        _disable()
    assert _disable(force=True)["documents"] == 0


_PROGRAM = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve
from paperless.celery import app
from documents.views import DocumentViewSet

def leads_to(path):
    try:
        return resolve(path).url_name or resolve(path).func.__module__
    except Resolver404:
        return None

print(json.dumps({
    "urlconf": settings.ROOT_URLCONF,
    "middleware": [name for name in settings.MIDDLEWARE if "vks" in name],
    "beat": [name for name in app.conf.beat_schedule if name.startswith("vks")],
    "page": leads_to("/vks/"),
    "api": leads_to("/api/vks/cases/"),
    "guards": [each.__module__ for each in DocumentViewSet.permission_classes if "vks" in each.__module__],
    "tables": __import__("django.apps").apps.apps.is_installed("vks_plugin"),
}))
"""


def _started(enabled: str) -> dict[str, Any]:
    """Return what a host that starts with `VKS_ENABLED` so is like."""
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    environment |= {"VKS_ENABLED": enabled, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.DATA_DIR,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    found: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return found


def test_off_means_the_hosts_own_pages() -> None:
    on, off = _started("true"), _started("false")
    assert on["page"] != off["page"]
    assert on["api"] != off["api"]
    assert (bool(on["middleware"]), bool(on["beat"]), bool(on["guards"])) == (True, True, True)
    assert (off["middleware"], off["beat"], off["guards"]) == ([], [], [])
    assert off["urlconf"] == "paperless.urls"
    # the tables stay, and with them the foreign keys that keep the service account from being deleted
    assert off["tables"]
