"""What reads signatures, and the roots by which they are judged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.doctor.treatment import Ward, treats
from tests.filing.signing import authorities
from vks_plugin.filing.models import SignatureCheck

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


@treats("signature-reading")
def test_signed_files_that_cannot_be_read_are_told(
    ward: Ward, filed_case: FiledCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward.sound("signature-reading")
    SignatureCheck.objects.create(case_document=filed_case.documents[0], sha256="0" * 64)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pyhanko", None)
        assert "pip install 'vks-plugin[signatures]'" in ward.sick("signature-reading", "warning").mend
    ward.sound("signature-reading")


@treats("signature-roots")
@pytest.mark.parametrize("wrong", ["nowhere", "none", "junk"])
def test_roots_that_are_none_are_found(ward: Ward, settings: Settings, tmp_path: Path, wrong: str) -> None:
    place = authorities().roots(tmp_path / "roots")
    settings.VKS_SIGNATURE_ROOTS = str(place)
    ward.sound("signature-roots")
    if wrong == "nowhere":
        settings.VKS_SIGNATURE_ROOTS = str(tmp_path / "nowhere")
    elif wrong == "none":
        (place / "goc.pem").unlink()
    else:
        (place / "thừa.pem").write_text("không phải chứng thư")
    result = ward.sick("signature-roots", "error")
    ward.follow(result)
    ward.absent("signature-roots")
