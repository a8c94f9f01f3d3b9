"""What reads signatures, and the roots by which they are judged."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import pytest

from tests.doctor.treatment import Ward, treats
from tests.filing.signing import authorities, certified
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


@treats("signing-key")
def test_a_key_of_the_office_that_cannot_be_used_is_found(ward: Ward, settings: Settings, tmp_path: Path) -> None:
    ward.absent("signing-key")
    key = tmp_path / "office.p12"
    key.write_bytes(certified("VKS", authorities().between).pkcs12(b"x"))
    password = tmp_path / "password"
    password.write_bytes(b"x")
    for each in (key, password):
        each.chmod(0o644)
    settings.VKS_SIGNING_KEY, settings.VKS_SIGNING_PASSWORD_FILE = str(key), str(password)
    result = ward.sick("signing-key", "error")
    assert "VKS_SIGNING_KEY=" in result.mend
    for each in (key, password):
        each.chmod(0o600)
    ward.sound("signing-key")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=10)
    key.write_bytes(certified("VKS", authorities().between, ends=soon).pkcs12(b"x"))
    ward.follow(ward.sick("signing-key", "warning"))
    ward.absent("signing-key")
