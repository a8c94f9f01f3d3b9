"""Signing what the system makes itself, with the key of the office: bundles, and manifests that leave the server.

Nobody's own signature is made here: people sign with their tokens, at their machines. The key is a PKCS#12 file that this
account alone may read, its password stands in a file of its own; neither is ever told, logged or kept in the database.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.conf import configuration
from vks_plugin.custody.keys import OpenToOthers, read_closed
from vks_plugin.errors import Unavailable
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

logger = logging.getLogger("paperless.vks.signing")

SUFFIX = ".p7s"
"""Of the file that holds a detached signature, behind the whole name of what it signs."""
FIELD = "VKS"
"""Name of the signature's field in a PDF."""
_LARGEST_KEY = 1024 * 1024
_LONGEST_PASSWORD = 1024


class OfficeKey(NamedTuple):
    """The key of the office, ready to sign."""

    signer: SimpleSigner
    name: str
    """Whom its certificate names."""
    expires_at: dt.datetime


class UnusableKey(Unavailable):
    """The key that is configured cannot sign; the sentence is for administrators: files and settings, nothing of the key."""


def office_key() -> OfficeKey | None:
    """Return the key that signs what the system makes; None: none is configured.

    Raises:
        Unavailable: one is configured and cannot be used. Who asked cannot mend it: the reason, with the files of the server,
            is in the log and in what `vks_doctor` says.
    """
    try:
        return configured_key()
    except UnusableKey as error:
        logger.error("the signing key of the office cannot be used: %s", error)
        raise Unavailable(
            _("Khóa ký của hệ thống không dùng được nên chưa làm được việc này: hãy báo quản trị.")
        ) from error


def configured_key() -> OfficeKey | None:
    """Return the key as `office_key`, for who looks after the server.

    Raises:
        UnusableKey: one is configured and cannot be used.
    """
    place = configuration().signing_key
    if not place:
        return None
    if find_spec("pyhanko") is None:
        raise UnusableKey(_("Chưa ký số được: máy chủ chưa cài phần chữ ký số (pip install 'vks-plugin[signatures]')."))
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415 - an optional part

    # a failure is told below, once; the library would log it with its trace
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
    content = _closed(Path(place), _LARGEST_KEY)
    password_file = configuration().signing_password_file
    password = _closed(Path(password_file), _LONGEST_PASSWORD).rstrip(b"\r\n") if password_file else None
    try:
        signer = SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=password)
    except (ValueError, TypeError):
        signer = None
    if signer is None or signer.signing_cert is None:
        raise UnusableKey(
            _("Tệp khóa ký %(path)s không đúng định dạng PKCS#12, hoặc mật khẩu trong VKS_SIGNING_PASSWORD_FILE sai.")
            % {"path": place}
        )
    certificate = signer.signing_cert
    validity = certificate["tbs_certificate"]["validity"]
    begins, ends = validity["not_before"].native, validity["not_after"].native
    if not begins <= timezone.now() <= ends:
        raise UnusableKey(
            _(
                "Chứng thư của khóa ký %(path)s không còn hiệu lực (đến %(day)s): hãy thay khóa, hoặc bỏ VKS_SIGNING_KEY."
            )
            % {"path": place, "day": f"{timezone.localtime(ends):%d/%m/%Y}"}
        )
    name = certificate.subject.native.get("common_name", "")
    return OfficeKey(signer, one_line(str(name)), ends)


def _closed(path: Path, most: int) -> bytes:
    try:
        return read_closed(path, most=most)
    except OpenToOthers as error:
        raise UnusableKey(
            _("Tệp %(path)s mở cho tài khoản khác: khóa ký không được dùng. Hãy đặt quyền 600 cho tệp (chmod 600).")
            % {"path": path}
        ) from error
    except OSError as error:
        raise UnusableKey(
            _("Không đọc được tệp %(path)s của khóa ký: %(why)s.") % {"path": path, "why": error.strerror or error}
        ) from error


def sign_pdf(path: Path, key: OfficeKey) -> None:
    """Add a signature (PAdES B-B) behind the end of a PDF; nothing on its pages changes, and what was there stays.

    The file is read where it lies: memory does not follow its size.

    Raises:
        OSError: it cannot be read or written.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign.fields import SigSeedSubFilter  # noqa: PLC0415
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner  # noqa: PLC0415

    said = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    with path.open("rb+") as stream:
        PdfSigner(said, key.signer).sign_pdf(IncrementalPdfFileWriter(stream, strict=False), in_place=True)


def detached(content: bytes, key: OfficeKey) -> bytes:
    """Return a signature (CMS, DER) of bytes that lie elsewhere, as `openssl cms -verify -inform DER -content` reads it."""
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes  # noqa: PLC0415

    signing = key.signer.async_sign_general_data(
        BytesIO(content),
        "sha256",
        detached=True,
        signed_attr_settings=PdfCMSSignedAttributes(signing_time=timezone.now()),
    )
    made: bytes = asyncio.run(signing).dump()
    return made


def sign_beside(path: Path, key: OfficeKey) -> Path:
    """Write the signature of a file beside it; return where."""
    beside = path.with_name(path.name + SUFFIX)
    beside.write_bytes(detached(path.read_bytes(), key))
    return beside
