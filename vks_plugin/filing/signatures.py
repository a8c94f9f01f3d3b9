"""Reading the signatures inside a PDF: who, when, whether the file is as it was signed, and whom the signer's certificate leads to.

What is read was written by others, so it is read in a process of its own (`python -m vks_plugin.filing.signatures`) with
a bound on memory and time; whatever a file does there, its answer is a result. Nothing is asked over a network:
revocation is known only from what the file carries. pyHanko, which reads, is an optional part of the installation.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import io
import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from vks_plugin.text import gettext_noop as _
from vks_plugin.text import one_line

if TYPE_CHECKING:
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import EmbeddedPdfSignature
    from pyhanko_certvalidator import ValidationContext

MOST = 30
"""Signatures of one file that are looked at."""
_LARGEST_CMS = 2 * 1024 * 1024
"""Bytes of one signature with its certificates; one with everything for the long term has a few tenths of that."""
_MOST_EMBEDDED = 60
"""Certificates, lists and answers about revocation that are taken from one file."""
_LARGEST_ROOTS = 5 * 1024 * 1024
_MEMORY = 2 * 1024**3
_SECONDS = 90
_LONGEST_NAME = 200
_WEAK = frozenset({"md2", "md5", "sha1"})
_CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})


class Integrity(StrEnum):
    """Whether the file is as it was when it was signed."""

    UNCHANGED = "unchanged"
    EXTENDED = "extended"
    """Something was added that the signature allows: another signature, a form filled in, what keeps it provable."""
    CHANGED = "changed"
    """Something was added that changes what is seen, or that the signer did not allow."""
    PARTIAL = "partial"
    """The signature does not stand for the whole of what was there."""
    BROKEN = "broken"
    WEAK = "weak"
    """It is made with a method that is not trusted any more (MD5, SHA-1)."""
    UNREADABLE = "unreadable"


class Trust(StrEnum):
    """Whom the signer's certificate leads to, at the time of signing."""

    TRUSTED = "trusted"
    UNCONFIGURED = "unconfigured"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_LOOKED_AT = "not_looked_at"


class Stamp(StrEnum):
    """What a time stamp says of the time of signing."""

    PROVEN = "proven"
    UNTRUSTED = "untrusted"
    """There is one, of somebody no configured root leads to, or that does not fit."""
    NONE = "none"


class Verdict(StrEnum):
    """What all of it comes to."""

    VALID = "valid"
    UNPROVEN = "unproven"
    """Unchanged, but nobody vouches for who signed."""
    INVALID = "invalid"
    UNREADABLE = "unreadable"


INTEGRITY_LABELS: Mapping[str, str] = {
    Integrity.UNCHANGED: _("Không thay đổi từ khi ký"),
    Integrity.EXTENDED: _("Có phần thêm được phép sau khi ký, nội dung đã ký không đổi"),
    Integrity.CHANGED: _("Nội dung bị thay đổi sau khi ký"),
    Integrity.PARTIAL: _("Chữ ký không bao trùm cả tệp"),
    Integrity.BROKEN: _("Chữ ký hỏng: tệp hoặc chữ ký đã bị sửa"),
    Integrity.WEAK: _("Chữ ký dùng thuật toán không còn an toàn: không kết luận được"),
    Integrity.UNREADABLE: _("Không đọc được chữ ký"),
}
TRUST_LABELS: Mapping[str, str] = {
    Trust.TRUSTED: _("Dẫn tới chứng thư gốc đã cấu hình"),
    Trust.UNCONFIGURED: _("Chưa cấu hình chứng thư gốc"),
    Trust.UNKNOWN: _("Không dẫn tới chứng thư gốc nào đã cấu hình"),
    Trust.EXPIRED: _("Chứng thư không có hiệu lực lúc ký"),
    Trust.REVOKED: _("Chứng thư đã bị thu hồi lúc ký"),
    Trust.NOT_LOOKED_AT: _("Chưa xét chứng thư"),
}
STAMP_LABELS: Mapping[str, str] = {
    Stamp.PROVEN: _("Có dấu thời gian chứng minh"),
    Stamp.UNTRUSTED: _("Dấu thời gian không được tin cậy"),
    Stamp.NONE: _("Theo giờ máy người ký, không có dấu thời gian"),
}
VERDICT_LABELS: Mapping[str, str] = {
    Verdict.VALID: _("Hợp lệ"),
    Verdict.UNPROVEN: _("Chưa xác nhận được người ký"),
    Verdict.INVALID: _("Không hợp lệ"),
    Verdict.UNREADABLE: _("Không đọc được"),
}
REVOCATION_CHECKED = _("Thu hồi: đã xét theo dữ liệu kèm trong tệp")
REVOCATION_UNCHECKED = _("Thu hồi: chưa kiểm tra")


def _told_signed(signer: str, at: dt.datetime | None, verdict: Verdict) -> str:
    """Return the words of a check in Vietnamese: `X ký lúc 09:30 04/05/2026: hợp lệ`, by the clock of who signed."""
    when = f" lúc {at.astimezone():%H:%M %d/%m/%Y}" if at is not None else ""
    return f"{signer or '?'} ký{when}: {VERDICT_LABELS[verdict].lower()}"


SOUND = frozenset({Integrity.UNCHANGED, Integrity.EXTENDED})
"""What was signed is there as it was."""


@dataclass(frozen=True)
class Signature:
    """One signature of a file, in codes and in what its certificate says."""

    integrity: Integrity
    trust: Trust = Trust.NOT_LOOKED_AT
    kind: str = "signature"
    """`signature`, or `timestamp`: one that proves a time and nobody's will."""
    signer: str = ""
    organisation: str = ""
    issuer: str = ""
    serial: str = ""
    """Of the certificate, in hexadecimal digits."""
    said_at: str = ""
    """When it was signed as the signer's machine has it: ISO 8601 with its offset; empty: it does not say."""
    proven_at: str = ""
    """The same as a trusted time stamp has it."""
    stamp: Stamp = Stamp.NONE
    valid_from: str = ""
    valid_to: str = ""
    covers_file: bool = False
    """Whether nothing of the file as it is now stands outside the signature."""
    revocation_checked: bool = False

    @property
    def verdict(self) -> Verdict:
        """What it comes to; `valid` only where everything that can be looked at without a network speaks for it."""
        if self.integrity in {Integrity.UNREADABLE, Integrity.WEAK}:
            return Verdict.UNREADABLE
        if self.integrity not in SOUND or self.trust in {Trust.EXPIRED, Trust.REVOKED}:
            return Verdict.INVALID
        return Verdict.VALID if self.trust is Trust.TRUSTED else Verdict.UNPROVEN

    @property
    def words(self) -> str:
        """Who signed, when, and what it comes to."""
        at = dt.datetime.fromisoformat(self.said_at) if self.said_at else None
        return f"{_told_signed(self.signer, at, self.verdict)}, {INTEGRITY_LABELS[self.integrity].lower()}"

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def parse(cls, kept: Mapping[str, Any]) -> Signature:
        """Return what was kept, of an earlier version of this program too."""
        known = {each.name for each in fields(cls)}
        said = {name: value for name, value in kept.items() if name in known}
        return cls(
            **said
            | {
                "integrity": Integrity(kept["integrity"]),
                "trust": Trust(kept["trust"]),
                "stamp": Stamp(kept["stamp"]),
            }
        )


class NotRead(Exception):  # noqa: N818 - named for what it says
    """The signatures of a file could not be looked at; the message is a sentence for people, untranslated."""


ENCRYPTED = _("Tệp bị khóa (mã hóa): không kiểm tra được chữ ký số.")
DAMAGED = _("Tệp PDF hỏng: không kiểm tra được chữ ký số.")
TOO_MUCH = _(
    "Kiểm tra chữ ký số quá lâu hoặc cần quá nhiều bộ nhớ: tệp có thể được làm ra để phá máy, hãy báo quản trị."
)
NOT_INSTALLED = _(
    "Chưa kiểm tra chữ ký số: máy chủ chưa cài phần đọc chữ ký. Quản trị cài bằng pip install 'vks-plugin[signatures]' rồi khởi động lại."
)
UNREADABLE_BESIDE = _("Tệp chữ ký bên cạnh hỏng, hoặc không đọc được chứng thư gốc: không kiểm tra được.")
UNUSABLE_ROOTS = _("Không đọc được chứng thư gốc ở VKS_SIGNATURE_ROOTS: hãy báo quản trị chạy vks_doctor.")


def is_installed() -> bool:
    """Tell whether the part that reads signatures is there."""
    return find_spec("pyhanko") is not None


# --- certificates of those whom an office trusts


class Roots(NamedTuple):
    """What an administrator trusts."""

    trusted: list[Certificate]
    between: list[Certificate]
    """Of those in between, which help to find a way and are not trusted for themselves."""
    unusable: list[str]
    """Names of files that hold no certificate."""


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.iterdir() if path.suffix.lower() in _CERTIFICATES and path.is_file())


def roots_digest(place: Path | None) -> str:
    """Return what stands for the roots as they are: it changes when they do; empty without any.

    Raises:
        OSError: they cannot be read.
    """
    if place is None:
        return ""
    summed = hashlib.sha256()
    for path in _files(place):
        summed.update(hashlib.sha256(path.read_bytes()).digest())
    return summed.hexdigest()


def load_roots(place: Path | None) -> Roots:
    """Read the certificates of a folder or a file, PEM or DER; one signed by itself is trusted, others help.

    Raises:
        OSError: they cannot be read.
    """
    from asn1crypto import pem, x509  # noqa: PLC0415 - comes with the optional part

    found = Roots([], [], [])
    for path in _files(place) if place is not None else []:
        raw = path.read_bytes()
        try:
            if len(raw) > _LARGEST_ROOTS:
                raise ValueError
            armoured = [der for _kind, _headers, der in pem.unarmor(raw, multiple=True)] if pem.detect(raw) else [raw]
            for der in armoured:
                certificate = x509.Certificate.load(der, strict=True)
                # parsed lazily: a file of something else shows here
                own = certificate.self_signed in {"yes", "maybe"} and certificate.public_key is not None
                (found.trusted if own else found.between).append(certificate)
        except (ValueError, TypeError, KeyError):
            found.unusable.append(path.name)
    return found


# --- one file, in this process


def read_signatures(path: Path, roots: Path | None = None, *, now: dt.datetime | None = None) -> list[Signature]:
    """Return the signatures of a PDF in the order in which they were made; none: nobody signed it.

    To be called for files of others through `read_apart` alone.

    Args:
        path: the file.
        roots: folder or file of the certificates that are trusted; None: nobody is.
        now: for tests.

    Raises:
        NotRead: the file cannot be read as a whole; one signature that cannot is told among the others.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415 - an optional part
    from pyhanko.sign.fields import enumerate_sig_fields  # noqa: PLC0415

    # its messages quote names out of certificates
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        known = load_roots(roots)
    except OSError as error:
        raise NotRead(UNUSABLE_ROOTS) from error
    if roots is not None and not known.trusted:
        raise NotRead(UNUSABLE_ROOTS)
    moment = now or dt.datetime.now(dt.UTC)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise NotRead(DAMAGED) from error
    with stream:
        try:
            reader = PdfFileReader(stream, strict=False)
            if reader.encrypted:
                raise NotRead(ENCRYPTED)
            filled = []
            for _name, _value, field in enumerate_sig_fields(reader, filled_status=True):
                filled.append((_name, field))
                if len(filled) >= MOST:
                    break
        except (NotRead, MemoryError):
            raise
        except Exception as error:
            # whatever a made-up file makes of the library
            raise NotRead(DAMAGED) from error
        found = [_read(reader, stream, field, name, known, moment) for name, field in filled]
    return [signature for _revision, signature in sorted(found, key=lambda each: each[0])]


_UNREADABLE = Signature(Integrity.UNREADABLE)


def _read(
    reader: PdfFileReader, stream: BinaryIO, field: Any, name: str, roots: Roots, now: dt.datetime
) -> tuple[int, Signature]:
    """Return one signature and the revision of the file it stands for."""
    from pyhanko.sign.validation import EmbeddedPdfSignature  # noqa: PLC0415
    from pyhanko.sign.validation.errors import DisallowedAlgorithmError  # noqa: PLC0415

    try:
        contents = field.get_object().raw_get("/V").get_object().raw_get("/Contents")
        if len(contents) > _LARGEST_CMS:
            return 0, _UNREADABLE
        embedded = EmbeddedPdfSignature(reader, field, name)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever a made-up file makes of the library
        return 0, _UNREADABLE
    try:
        try:
            return embedded.signed_revision, _looked_at(reader, stream, embedded, roots, now)
        except DisallowedAlgorithmError:
            return embedded.signed_revision, Signature(Integrity.WEAK, **_told(embedded))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001
        return embedded.signed_revision, _UNREADABLE


def _looked_at(
    reader: PdfFileReader, stream: BinaryIO, embedded: EmbeddedPdfSignature, roots: Roots, now: dt.datetime
) -> Signature:
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415

    told = _told(embedded)
    stamped = embedded.sig_object_type == "/DocTimeStamp"
    carried = _carried(reader, embedded)
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})

    def status(moment: dt.datetime, *, strictly: bool = False) -> Any:
        signer, stamper = (_context(roots, carried, moment, strictly=strictly) for _each in range(2))
        if stamped:
            return validate_pdf_timestamp(embedded, validation_context=signer)
        return validate_pdf_signature(
            embedded, signer_validation_context=signer, ts_validation_context=stamper, key_usage_settings=usage
        )

    # the time that counts is a proven one, else what the signer says; one that has not come yet proves nothing
    said = _moment(embedded)
    stamp, proven = Stamp.NONE, None
    first = status(now)
    token = first if stamped else first.timestamp_validity
    if token is not None:
        then = token.timestamp.astimezone(dt.UTC)
        again = status(min(then, now))
        token = again if stamped else again.timestamp_validity
        proven = then if token.trusted and then <= now + dt.timedelta(minutes=5) else None
        stamp = Stamp.PROVEN if proven is not None else Stamp.UNTRUSTED
    moment = min(proven or said or now, now)
    judged, checked = status(moment), False
    if roots.trusted and (carried.answers or carried.lists):
        # beside what the certificates themselves name: whatever the file tells of every one of them
        strict = status(moment, strictly=True)
        checked = strict.trusted or strict.revoked
        judged = strict if strict.revoked else judged
    certificate = embedded.signer_cert
    return Signature(
        _integrity(stream, embedded, judged),
        _trust(judged, certificate, moment, roots),
        stamp=stamp,
        proven_at=proven.isoformat() if proven is not None else "",
        covers_file=judged.coverage.name == "ENTIRE_FILE",
        revocation_checked=checked,
        **told,
    )


def _told(embedded: EmbeddedPdfSignature) -> dict[str, Any]:
    """Return what a signature says of itself, which proves nothing yet."""
    certificate = embedded.signer_cert
    subject, issuer = certificate.subject.native, certificate.issuer.native
    validity = certificate["tbs_certificate"]["validity"]
    said = _moment(embedded)
    return {
        "kind": "timestamp" if embedded.sig_object_type == "/DocTimeStamp" else "signature",
        "signer": _name(subject, "common_name") or _name(subject, "organization_name"),
        "organisation": _name(subject, "organization_name"),
        "issuer": _name(issuer, "common_name") or _name(issuer, "organization_name"),
        "serial": format(certificate.serial_number, "x")[:64],
        "said_at": said.isoformat() if said is not None else "",
        "valid_from": validity["not_before"].native.isoformat(),
        "valid_to": validity["not_after"].native.isoformat(),
    }


def _name(names: Mapping[str, Any], key: str) -> str:
    found = names.get(key, "")
    return one_line(", ".join(map(str, found)) if isinstance(found, list) else str(found))[:_LONGEST_NAME]


def _moment(embedded: EmbeddedPdfSignature) -> dt.datetime | None:
    """Return when the signer says it was."""
    try:
        said = embedded.self_reported_timestamp
    except Exception:  # noqa: BLE001 - whatever stands there instead of a time
        return None
    if said is None:
        return None
    return said.replace(tzinfo=dt.UTC) if said.tzinfo is None else said.astimezone(dt.UTC)


class _Carried(NamedTuple):
    """What a file carries for whoever looks at its signatures later."""

    certificates: list[Certificate]
    answers: list[Any]
    """Of those who were asked whether a certificate was revoked (OCSP)."""
    lists: list[Any]


def _carried(reader: PdfFileReader, embedded: EmbeddedPdfSignature) -> _Carried:
    from asn1crypto.crl import CertificateList  # noqa: PLC0415
    from asn1crypto.ocsp import OCSPResponse  # noqa: PLC0415
    from asn1crypto.x509 import Certificate  # noqa: PLC0415

    found = _Carried([], [], [])
    kinds = ((Certificate, "/Certs", 0), (OCSPResponse, "/OCSPs", 1), (CertificateList, "/CRLs", 2))
    for kind, key, at in kinds:
        try:
            for each in list(reader.root["/DSS"][key])[:_MOST_EMBEDDED]:
                found[at].append(kind.load(each.get_object().data, strict=True))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - what is not there or cannot be read helps nobody
            continue
    for each in embedded.signer_info["signed_attrs"]:
        if each["type"].native == "adobe_revocation_info_archival":
            for answer in each["values"][0]["ocsp"] or ():
                found.answers.append(answer)
            for listed in each["values"][0]["crl"] or ():
                found.lists.append(listed)
    return _Carried(found.certificates, found.answers[:_MOST_EMBEDDED], found.lists[:_MOST_EMBEDDED])


def _context(roots: Roots, carried: _Carried, moment: dt.datetime, *, strictly: bool) -> ValidationContext:
    """Return what a certificate is judged by; nothing is fetched, and the lists of the system play no part."""
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    return ValidationContext(
        trust_roots=roots.trusted,
        other_certs=[*roots.between, *carried.certificates],
        moment=moment,
        allow_fetching=False,
        ocsps=carried.answers,
        crls=carried.lists,
        revocation_mode="require" if strictly else "soft-fail",
        # what a file carries was asked for after it was signed
        retroactive_revinfo=True,
    )


def _integrity(stream: BinaryIO, embedded: EmbeddedPdfSignature, status: Any) -> Integrity:
    if not (status.intact and status.valid):
        return Integrity.BROKEN
    if embedded.md_algorithm in _WEAK:
        # somebody else can make a file that the same signature fits
        return Integrity.WEAK
    if not _whole(stream, embedded) or status.coverage.name not in {"ENTIRE_FILE", "ENTIRE_REVISION"}:
        return Integrity.PARTIAL
    if status.coverage.name == "ENTIRE_FILE":
        return Integrity.UNCHANGED
    level = status.modification_level
    allowed = level is not None and level.name in {"NONE", "LTA_UPDATES", "FORM_FILLING"}
    return Integrity.EXTENDED if allowed and status.docmdp_ok is not False else Integrity.CHANGED


def _whole(stream: BinaryIO, embedded: EmbeddedPdfSignature) -> bool:
    """Tell whether what a signature leaves out is itself and nothing else: the library compares lengths alone."""
    try:
        start, first, second, rest = (int(each) for each in embedded.byte_range)
    except (TypeError, ValueError):
        return False
    size = stream.seek(0, os.SEEK_END)
    if start != 0 or not 0 < first < second or rest < 0 or second + rest > size:
        return False
    stream.seek(first)
    left_out = stream.read(second - first)
    try:
        return (
            left_out[:1] == b"<"
            and left_out[-1:] == b">"
            and bytes.fromhex(left_out[1:-1].decode("ascii")) == (embedded.pkcs7_content)
        )
    except ValueError:
        return False


def _trust(status: Any, certificate: Certificate, moment: dt.datetime, roots: Roots) -> Trust:
    if status.revoked:
        return Trust.REVOKED
    validity = certificate["tbs_certificate"]["validity"]
    if not validity["not_before"].native <= moment <= validity["not_after"].native:
        return Trust.EXPIRED
    if not roots.trusted:
        return Trust.UNCONFIGURED
    return Trust.TRUSTED if status.trust_problem_indic is None and status.validation_path is not None else Trust.UNKNOWN


# --- in a process of its own


def read_apart(path: Path, roots: Path | None = None) -> list[Signature]:
    """Return the signatures of a PDF of somebody else's, read in a process that may take so much memory and time only.

    Raises:
        NotRead: they could not be read; the sentence says why.
    """
    if not is_installed():
        raise NotRead(NOT_INSTALLED)
    given = [str(_MEMORY), str(path), *([str(roots)] if roots is not None else [])]
    command = [sys.executable, "-m", "vks_plugin.filing.signatures", *given]
    # nothing the process has to know stands in the environment, and passwords of the host do
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1", "PATH": os.defpath}
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, check=False, timeout=2 * _SECONDS, env=environment, cwd="/"
        )
    except subprocess.TimeoutExpired as error:
        raise NotRead(TOO_MUCH) from error
    if ended.returncode != 0:
        raise NotRead(TOO_MUCH)
    answer = json.loads(ended.stdout)
    if "sentence" in answer:
        raise NotRead(answer["sentence"])
    return [Signature.parse(each) for each in answer["signatures"]]


class Detached(NamedTuple):
    """A signature that lies beside what it signs."""

    signer: str
    """Whom the certificate names."""
    said_at: dt.datetime | None
    """When, by the clock of who signed; no time stamp proves it."""
    verdict: Verdict

    @property
    def words(self) -> str:
        """Who signed, when, and what it comes to."""
        return _told_signed(self.signer, self.said_at, self.verdict)


def read_detached(content: Path | bytes, signature: Path | bytes, roots: Path | None = None) -> Detached:
    """Return who signed a file with a signature that lies beside it (CMS), and what that comes to.

    Raises:
        NotRead: the signature, or the roots, cannot be read.
    """
    from asn1crypto import cms  # noqa: PLC0415 - comes with the optional part
    from pyhanko.sign.validation.generic_cms import async_validate_detached_cms  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko.sign.validation.status import StandardCMSSignatureStatus  # noqa: PLC0415

    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        known = load_roots(roots)
        size = len(signature) if isinstance(signature, bytes) else signature.stat().st_size
        if size > _LARGEST_CMS:
            raise NotRead(UNREADABLE_BESIDE)
        blob = signature if isinstance(signature, bytes) else signature.read_bytes()
        signed = cms.ContentInfo.load(blob, strict=True)["content"]
        context = _context(known, _Carried([], [], []), dt.datetime.now(dt.UTC), strictly=False)
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
            looking = async_validate_detached_cms(
                stream, signed, signer_validation_context=context, key_usage_settings=usage
            )
            status: StandardCMSSignatureStatus = asyncio.run(looking)
        name = _name(status.signing_cert.subject.native, "common_name")
    except NotRead:
        raise
    except Exception as error:
        raise NotRead(UNREADABLE_BESIDE) from error
    verdict = Verdict.VALID if status.trusted else Verdict.UNPROVEN
    return Detached(name, status.signer_reported_dt, verdict if status.intact and status.valid else Verdict.INVALID)


def _bounded(memory: int) -> None:
    """Bound what this process may take."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Read one file and print what was found as JSON; the exit code is 0 unless the process ran out of something."""
    memory, *given = arguments
    _bounded(int(memory))
    path, *place = map(Path, given)
    try:
        answer: dict[str, Any] = {
            "signatures": [each.as_json() for each in read_signatures(path, place[0] if place else None)]
        }
    except NotRead as refusal:
        answer = {"sentence": str(refusal)}
    except MemoryError:
        return 1
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
