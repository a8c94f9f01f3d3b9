"""A case whose file may be disposed of, and who does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.test import TestCase
from django.utils import timezone

from tests.custody.test_retention import ended_long_ago, kept_one_year
from tests.people import pdf_bytes
from vks_plugin.access import actions as access
from vks_plugin.cases import actions as cases
from vks_plugin.custody import actions as custody
from vks_plugin.disposal.actions import approve, attach_record, draft, execute, submit
from vks_plugin.disposal.models import DestructionBatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.cases.models import CaseFile

WHY = "Hết thời hạn bảo quản, không còn giá trị tra cứu"


def archived(case: CaseFile, actor: User) -> None:
    """Put a case into the archive, its one year of keeping long over."""
    ended_long_ago(case, actor)
    cases.record_event(actor=actor, case=case, happened=cases.Happened("nop_luu", timezone.localdate()))
    kept_one_year()
    case.refresh_from_db()


@pytest.fixture
def archivist(people: dict[str, User], filed_case: FiledCase) -> User:
    """Return an archivist of the office of the case, whose file may be disposed of."""
    custody.ensure_key()
    archived(filed_case.case, people["prosecutor_kv1"])
    access.record_appointment(
        actor=people["chief_kv1"], user=people["outsider"], unit=filed_case.case.unit, role="archivist"
    )
    return people["outsider"]


def signed() -> ContentFile[bytes]:
    return ContentFile(pdf_bytes(2, "Biên bản tiêu hủy"), name="bien-ban.pdf")


def ready(archivist: User, people: dict[str, User], *codes: str) -> DestructionBatch:
    """Return a disposal of these cases that waits to be carried out."""
    row = draft(actor=archivist, codes=codes, reason=WHY)
    submit(actor=archivist, pk=row.pk)
    approve(actor=people["deputy_kv1"], pk=row.pk)
    approve(actor=people["chief_province"], pk=row.pk)
    return attach_record(actor=archivist, pk=row.pk, file=signed(), filename="bien-ban.pdf")


def carried_out(archivist: User, row: DestructionBatch) -> DestructionBatch:
    with TestCase.captureOnCommitCallbacks(execute=True):
        execute(actor=archivist, pk=row.pk)
    row.refresh_from_db()
    return row
