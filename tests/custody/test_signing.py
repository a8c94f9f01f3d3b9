"""The daily checkpoint and its paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from vks_plugin.custody import actions, verify_ledger
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry
from vks_plugin.custody.printed import checkpoint_pdf
from vks_plugin.custody.tasks import compare_files, look_after_loans, sign_the_day
from vks_plugin.errors import Conflict, Unavailable
from vks_plugin.tasks import SCHEDULE

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


def test_what_nobody_waits_for_is_in_the_schedule_once() -> None:
    scheduled = [each["task"] for each in SCHEDULE.values()]
    for task in (sign_the_day, compare_files, look_after_loans):
        assert scheduled.count(task.name) == 1, task.name


def test_the_head_is_signed_every_day_and_once(case: CaseFile, key: str) -> None:
    sign_the_day()
    sign_the_day()
    (made,) = LedgerCheckpoint.objects.all()
    assert made.size == LedgerEntry.objects.count()
    actions.append(case=case, actor=None, kind="note", data={})
    sign_the_day()
    assert LedgerCheckpoint.objects.count() == 2


def test_it_can_be_switched_off(case: CaseFile, key: str, settings: Settings) -> None:
    settings.VKS_LEDGER_DAILY_CHECKPOINT = False
    sign_the_day()
    assert not LedgerCheckpoint.objects.exists()


def test_without_a_key_the_task_fails_where_it_is_seen(case: CaseFile) -> None:
    with pytest.raises(Unavailable, match="vks_ledger key"):
        sign_the_day()


def _read_code(pdf: bytes) -> str:
    """Return what the QR code on the first page says."""
    import pypdfium2
    import zxingcpp  # type: ignore[import-not-found,unused-ignore]  # the host brings it

    image = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil()
    # the dense square can look like a bar code of another kind, too, which nobody asks a camera for
    (found,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found.text)


def test_the_paper_carries_the_signed_head_for_people_and_for_a_camera(
    case: CaseFile, key: str, tmp_path: Path
) -> None:
    from pypdf import PdfReader

    call_command("vks_ledger", "checkpoint", "--out", str(tmp_path / "chot.pdf"), stdout=io.StringIO())
    (made,) = LedgerCheckpoint.objects.all()
    pdf = (tmp_path / "chot.pdf").read_bytes()
    assert pdf == checkpoint_pdf(made)
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    text = "".join(reader.pages[0].extract_text().split())
    assert bytes(made.root).hex() in text
    assert key.replace(" ", "") in text
    # what a camera reads is the note itself, to be compared with an export
    note = _read_code(pdf)
    assert note == made.note
    (tmp_path / "note").write_text(note)
    actions.append(case=case, actor=None, kind="note", data={})
    actions.export(tmp_path / "all")
    assert verify_ledger.main([str(tmp_path / "all"), "--key", key, "--checkpoint", str(tmp_path / "note")]) == 0
    # printed again after a change of key it is the same paper; the head over the change bears both keys
    later = actions.rotate_key()
    assert checkpoint_pdf(made) == pdf
    both = PdfReader(io.BytesIO(checkpoint_pdf(LedgerCheckpoint.objects.order_by("-size")[0]))).pages[0]
    text = "".join(both.extract_text().split())
    assert all(each.replace(" ", "") in text for each in (key, later))
    made.note = made.note.replace(f"\n{made.size}\n", f"\n{made.size + 1}\n")
    with pytest.raises(Conflict, match=f"Điểm chốt {made.size} mục"):
        checkpoint_pdf(made)
