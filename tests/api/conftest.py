"""What the tests of the API share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from tests.people import FiledCase, file_pdf
from vks_plugin.access.models import GrantSweep
from vks_plugin.court import actions as court
from vks_plugin.court.models import Bundle
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import grants_of

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from vks_plugin.cases.models import CatalogueType

Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Everything:
    """One of each thing the API can tell about, all of it `prosecutor_kv1`'s case."""

    filed: FiledCase
    bundle: Bundle
    """Finished."""
    failed: IntakeItem
    unfiled: Document
    """In the DMS, `prosecutor_kv1`'s own, in no case."""


@pytest.fixture
def as_person(people: dict[str, User]) -> Callable[[str], APIClient]:
    """Return a function from a person's key to a client signed in as that person."""

    def sign_in(key: str) -> APIClient:
        client = APIClient()
        client.force_login(people[key])
        return client

    return sign_in


@pytest.fixture
def snapshot() -> Callable[[], Snapshot]:
    """Return a function that tells every row of ours, the host's documents with their grants, and every file."""

    def take() -> Snapshot:
        rows: Snapshot = {
            model.__name__: list(model._default_manager.order_by("pk").values_list())
            for model in apps.get_app_config("vks").get_models()
            # the first request of a day notes the day there
            if model is not GrantSweep
        }
        ids = list(Document.global_objects.order_by("pk").values_list("pk", flat=True))
        rows["host"] = list(Document.global_objects.order_by("pk").values_list("pk", "title", "owner_id", "created"))
        rows["grants"] = {pk: sorted(found) for pk, found in grants_of(ids).items()}
        rows["members"] = sorted(Group.objects.values_list("name", "user__username"))
        rows["files"] = sorted(
            (str(path), path.stat().st_size)
            for folder in (settings.DATA_DIR / "vks", settings.MEDIA_ROOT)
            for path in folder.rglob("*")
            if path.is_file()
        )
        return rows

    return take


@pytest.fixture
def everything(
    filed_case: FiledCase,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Everything:
    """Return one of each thing. For tests that do not commit: the failed file must never reach the host."""
    owner = people["prosecutor_kv1"]
    with django_capture_on_commit_callbacks(execute=True):
        bundle = court.request_bundle(actor=owner, case=filed_case.case)
    bundle.refresh_from_db()
    assert bundle.status == Bundle.Status.DONE, bundle.error
    failed = file_pdf(actor=owner, case=filed_case.case, document_type=catalogue["CT"], number="77")
    filing.mark_failed(failed.pk, "Máy chủ không đọc được tệp này.")
    failed.refresh_from_db()
    return Everything(filed_case, bundle, failed, unfiled_document(owner))


def unfiled_document(owner: User, title: str = "Công văn chưa vào hồ sơ") -> Document:
    """Return a new document of the DMS that is in no case."""
    number = Document.global_objects.count() + 1
    return Document.objects.create(
        title=title,
        content="Công văn phối hợp",
        mime_type="application/pdf",
        checksum=f"{number:064x}",
        page_count=3,
        owner=owner,
    )
