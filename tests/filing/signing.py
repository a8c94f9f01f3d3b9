"""Certificates and signed PDFs, made for the tests: an office's root, one in between, signers, a time-stamping service."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.people import pdf_bytes

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = "Nguyễn Văn Kiểm Sát"
OFFICE = "Viện kiểm sát nhân dân khu vực 1"
BEGAN, ENDS = dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2034, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Certified:
    """A key and the certificate of it."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def parsed(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    @property
    def private(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    def pkcs12(self, password: bytes, *chain: Certified) -> bytes:
        return pkcs12.serialize_key_and_certificates(
            b"vks", self.key, self.certificate, [each.certificate for each in chain], BestAvailableEncryption(password)
        )


def certified(
    name: str,
    by: Certified | None = None,
    *,
    authority: bool = False,
    stamping: bool = False,
    began: dt.datetime = BEGAN,
    ends: dt.datetime = ENDS,
    asks_at: str = "",
) -> Certified:
    """Make a key and a certificate of it; by nobody: it certifies itself."""
    # the library's service for time stamps takes no other kind
    key = rsa.generate_private_key(65537, 2048) if stamping else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, OFFICE)]
    )
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage |= {"key_cert_sign": True, "crl_sign": True} if authority else {"digital_signature": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by is not None else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if stamping:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    if asks_at:
        at = x509.UniformResourceIdentifier(asks_at)
        builder = builder.add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(AuthorityInformationAccessOID.OCSP, at),
                    x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at),
                ]
            ),
            critical=False,
        ).add_extension(x509.CRLDistributionPoints([x509.DistributionPoint([at], None, None, None)]), critical=False)
    return Certified(key, builder.sign((by.key if by is not None else key), hashes.SHA256()))


@dataclass(frozen=True)
class Authorities:
    """Who certifies whom: a root, one in between, a signer; a service for time stamps; a root nobody trusts."""

    root: Certified
    between: Certified
    signer: Certified
    second: Certified
    stamping: Certified
    stranger: Certified

    def roots(self, folder: Path) -> Path:
        """Write what an administrator would configure."""
        folder.mkdir(exist_ok=True)
        (folder / "goc.pem").write_bytes(self.root.pem)
        (folder / "trung-gian.crt").write_bytes(self.between.certificate.public_bytes(Encoding.DER))
        return folder


@lru_cache(maxsize=1)
def authorities() -> Authorities:
    """Make them, once for all tests of a process."""
    root = certified("Chứng thư gốc thử", authority=True)
    between = certified("Chứng thư trung gian thử", root, authority=True)
    return Authorities(
        root,
        between,
        certified(SIGNER, between),
        certified("Trần Thị Lãnh Đạo", between),
        certified("Dấu thời gian thử", root, stamping=True),
        certified("Người lạ", certified("Gốc lạ", authority=True)),
    )


def revocations(by: Certified, *revoked: Certified) -> asn1_crl.CertificateList:
    """Return the list of what somebody has revoked, a year before today."""
    today = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(today - dt.timedelta(days=1))
        .next_update(today + dt.timedelta(days=30))
    )
    for each in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(each.certificate.serial_number)
            .revocation_date(today - dt.timedelta(days=365))
            .build()
        )
    made = builder.sign(by.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return asn1_crl.CertificateList.load(made)


def stamper(by: Certified | None = None, at: dt.datetime | None = None) -> DummyTimeStamper:
    """Return a service for time stamps that needs no network."""
    who = by or authorities().stamping
    return DummyTimeStamper(who.parsed, who.private, fixed_dt=at)


def signed(
    content: bytes | None = None,
    by: Certified | None = None,
    *,
    field: str = "ChuKy",
    chain: bool = False,
    stamp: DummyTimeStamper | None = None,
    box: tuple[int, int, int, int] | None = None,
    **meta: Any,
) -> bytes:
    """Sign a PDF as a person does at his own machine; with a box, the signature is seen there on the first page."""
    who = by or authorities().signer
    store = SimpleCertificateStore()
    if chain:
        store.register(authorities().between.parsed)
    signer = signers.SimpleSigner(who.parsed, who.private, store)
    said = {"md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES, **meta}
    given = signers.PdfSignatureMetadata(field_name=field, **said)
    target = io.BytesIO()
    place = fields.SigFieldSpec(field, box=box) if box is not None else None
    signers.PdfSigner(given, signer, timestamper=stamp, new_field_spec=place).sign_pdf(
        # as Word writes it, with a second table of objects
        IncrementalPdfFileWriter(io.BytesIO(content or pdf_bytes(2, "Bản kết luận")), strict=False),
        output=target,
    )
    return target.getvalue()


def changed(content: bytes, *, words: str = "0 0 1 rg 0 0 300 800 re f") -> bytes:
    """Change what a page shows behind the end of a signed file, as an editor does that keeps what was there."""
    target = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    stream = generic.StreamObject(stream_data=words.encode())
    writer.add_stream_to_page(0, writer.add_object(stream))
    writer.write(target)
    return target.getvalue()
