"""Signatures inside PDFs: what is read of them, of honest files and of made-up ones."""

from __future__ import annotations

import datetime as dt
import io
import re
import socket
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import DocumentSecurityStore

from tests.filing.signing import (
    OFFICE,
    SIGNER,
    Certified,
    authorities,
    certified,
    changed,
    revocations,
    signed,
    stamper,
)
from tests.people import pdf_bytes
from vks_plugin.filing import signatures
from vks_plugin.filing.continuation import only_signed
from vks_plugin.filing.signatures import (
    DAMAGED,
    ENCRYPTED,
    NOT_INSTALLED,
    TOO_MUCH,
    UNUSABLE_ROOTS,
    Integrity,
    NotRead,
    Signature,
    Stamp,
    Trust,
    Verdict,
    read_apart,
    read_signatures,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    return authorities().roots(tmp_path / "roots")


@pytest.fixture
def plain() -> bytes:
    return signed()


def read(place: Path, content: bytes, roots: Path | None, **more: Any) -> list[Signature]:
    path = place.parent / "signed.pdf" if place.is_dir() else place
    path.write_bytes(content)
    return read_signatures(path, roots, **more)


def test_a_signature_tells_who_and_when_and_is_valid_under_a_configured_root(roots: Path, plain: bytes) -> None:
    (found,) = read(roots, plain, roots)
    assert (found.verdict, found.integrity, found.trust) == (Verdict.VALID, Integrity.UNCHANGED, Trust.TRUSTED)
    assert (found.signer, found.organisation, found.issuer) == (SIGNER, OFFICE, "Chứng thư trung gian thử")
    assert abs(dt.datetime.fromisoformat(found.said_at) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert (found.stamp, found.proven_at, found.covers_file) == (Stamp.NONE, "", True)
    # nothing in the file says whether it was revoked, and nobody was asked
    assert not found.revocation_checked
    assert Signature.parse(found.as_json()) == found
    assert Signature.parse({**found.as_json(), "of_a_later_version": 1}) == found


def test_without_a_root_nothing_is_valid(roots: Path, plain: bytes) -> None:
    (found,) = read(roots, plain, None)
    assert (found.verdict, found.trust, found.integrity) == (
        Verdict.UNPROVEN,
        Trust.UNCONFIGURED,
        Integrity.UNCHANGED,
    )
    # one in between, configured alone, is not trusted for itself
    only = roots / "trung-gian.crt"
    with pytest.raises(NotRead, match=re.escape(UNUSABLE_ROOTS)):
        read(roots, plain, only)
    # its own chain in the file changes nothing
    (found,) = read(roots, signed(by=authorities().stranger), roots)
    assert (found.verdict, found.trust) == (Verdict.UNPROVEN, Trust.UNKNOWN)
    (roots / "trung-gian.crt").unlink()
    assert [each.trust for each in read(roots, signed(chain=True), roots)] == [Trust.TRUSTED]
    (roots / "goc.pem").write_text("không phải chứng thư")
    with pytest.raises(NotRead, match=re.escape(UNUSABLE_ROOTS)):
        read(roots, plain, roots)
    assert signatures.load_roots(roots).unusable == ["goc.pem"]


def test_the_certificate_has_to_hold_when_it_was_signed(roots: Path) -> None:
    today = dt.datetime.now(dt.UTC)
    gone = certified("Hết hạn", authorities().between, ends=today - dt.timedelta(days=1))
    (found,) = read(roots, signed(by=gone), roots)
    assert (found.verdict, found.trust) == (Verdict.INVALID, Trust.EXPIRED)
    # one that holds at the time of signing is good for ever after
    short = certified("Sắp hết hạn", authorities().between, ends=today + dt.timedelta(days=1))
    content = signed(by=short)
    (found,) = read(roots, content, roots, now=today + dt.timedelta(days=400))
    assert (found.verdict, found.trust) == (Verdict.VALID, Trust.TRUSTED)


def test_a_time_stamp_proves_the_time_if_somebody_vouches_for_it(roots: Path) -> None:
    at = dt.datetime(2025, 5, 6, 7, 8, tzinfo=dt.UTC)
    (found,) = read(roots, signed(stamp=stamper(at=at)), roots)
    assert (found.stamp, found.proven_at, found.verdict) == (Stamp.PROVEN, at.isoformat(), Verdict.VALID)
    assert found.said_at != found.proven_at
    alone = certified("Tự đóng dấu", stamping=True)
    (found,) = read(roots, signed(stamp=stamper(alone, at)), roots)
    assert (found.stamp, found.proven_at) == (Stamp.UNTRUSTED, "")
    # signed today, stamped for a day on which the certificate did not hold yet: what is proven counts
    early = dt.datetime(2023, 5, 6, tzinfo=dt.UTC)
    old = certified("Dấu cũ", authorities().root, stamping=True, began=early - dt.timedelta(days=9))
    (found,) = read(roots, signed(stamp=stamper(old, early)), roots)
    assert (found.trust, found.verdict) == (Trust.EXPIRED, Verdict.INVALID)


def test_revocation_is_known_from_what_the_file_carries_alone(roots: Path, plain: bytes) -> None:
    who = authorities()

    def carrying(*revoked: Certified) -> bytes:
        """Add lists of what was revoked to the file, as software does that signs for the long term."""
        target = io.BytesIO(plain)
        lists = [revocations(who.between, *revoked), revocations(who.root)]
        DocumentSecurityStore.add_dss(target, sig_contents=None, crls=lists)
        return target.getvalue()

    (found,) = read(roots, carrying(), roots)
    assert (found.verdict, found.integrity, found.revocation_checked) == (Verdict.VALID, Integrity.EXTENDED, True)
    (found,) = read(roots, carrying(who.signer), roots)
    assert (found.verdict, found.trust) == (Verdict.INVALID, Trust.REVOKED)
    # another's revocation is nobody else's
    (found,) = read(roots, carrying(who.second), roots)
    assert (found.verdict, found.revocation_checked) == (Verdict.VALID, True)


def test_a_method_that_is_not_safe_any_more_proves_nothing(roots: Path) -> None:
    (found,) = read(roots, signed(md_algorithm="sha1"), roots)
    assert (found.verdict, found.integrity) == (Verdict.UNREADABLE, Integrity.WEAK)
    assert found.signer == SIGNER


def test_several_signatures_are_told_in_their_order(roots: Path, plain: bytes) -> None:
    both = signed(plain, authorities().second, field="Lãnh đạo")
    first, second = read(roots, both, roots)
    assert [each.signer for each in (first, second)] == [SIGNER, "Trần Thị Lãnh Đạo"]
    assert [each.integrity for each in (first, second)] == [Integrity.EXTENDED, Integrity.UNCHANGED]
    assert [each.covers_file for each in (first, second)] == [False, True]
    assert {each.verdict for each in (first, second)} == {Verdict.VALID}


def test_what_was_changed_after_signing_is_found(roots: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    later = changed(plain)
    # every byte that was signed is still there
    assert later.startswith(plain)
    (found,) = read(roots, later, roots)
    assert (found.verdict, found.integrity, found.covers_file) == (Verdict.INVALID, Integrity.CHANGED, False)
    # a second signature is no change, but for one who signed the file as final
    monkeypatch.setattr(signers.PdfSigner, "_enforce_certification_constraints", lambda *_: None)
    for permitted, integrity in ((fields.MDPPerm.FILL_FORMS, "extended"), (fields.MDPPerm.NO_CHANGES, "changed")):
        final = signed(certify=True, docmdp_permissions=permitted)
        assert [each.verdict for each in read(roots, final, roots)] == [Verdict.VALID]
        twice = signed(final, authorities().second, field="Sau")
        assert [each.integrity for each in read(roots, twice, roots)] == [integrity, "unchanged"]
    # one byte of a page
    at = plain.index(b"/MediaBox")
    broken = plain[:at] + b"/mediaBox" + plain[at + 9 :]
    (found,) = read(roots, broken, roots)
    assert (found.verdict, found.integrity) == (Verdict.INVALID, Integrity.BROKEN)


def _ranges(content: bytes) -> tuple[int, list[int]]:
    found = list(re.finditer(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+) *\]", content))[-1]
    return found.start(), [int(each) for each in found.groups()]


def test_a_signature_of_a_part_is_no_signature_of_the_file(roots: Path, plain: bytes) -> None:
    at, (_zero, first, second, rest) = _ranges(plain)
    length = len(re.match(rb"/ByteRange \[[^]]*\]", plain[at:])[0])  # type: ignore[index]
    for numbers in ((0, first, second + 40, rest - 40), (0, first - 40, second, rest), (9, first - 9, second, rest)):
        told = b"/ByteRange [%d %d %d %d" % numbers
        assert len(told) < length
        content = plain[:at] + told.ljust(length - 1) + b"]" + plain[at + length :]
        assert [each.verdict for each in read(roots, content, roots)] == [Verdict.INVALID]


def test_what_a_made_up_file_holds_is_told_and_never_raised(roots: Path, plain: bytes, tmp_path: Path) -> None:
    start = plain.index(b"/Contents <") + len(b"/Contents <")
    for junk in (b"0" * 400, b"30820400" + b"f" * 392, b"3080" * 100):
        content = plain[:start] + junk + plain[start + 400 :]
        (found,) = read(roots, content, roots)
        assert found.verdict in {Verdict.UNREADABLE, Verdict.INVALID}
    # a field that says it is signed, by something that is no signature
    for value in (pikepdf.Dictionary(), pikepdf.String("ký"), pikepdf.Dictionary(ByteRange=[0], Contents=b"")):
        with pikepdf.open(io.BytesIO(pdf_bytes(1, "Giả"))) as pdf:
            field = pikepdf.Dictionary(FT=pikepdf.Name.Sig, T="x", V=value)
            pdf.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=[pdf.make_indirect(field)])
            target = io.BytesIO()
            pdf.save(target)
        try:
            assert {each.verdict for each in read(roots, target.getvalue(), roots)} <= {Verdict.UNREADABLE}
        except NotRead as refusal:
            assert str(refusal) == DAMAGED  # noqa: PT017 - either answer is one
    # an index of objects that unpacks into some thousand times its size
    bomb = zlib.compress(b"\0" * 2**24, 1)
    index = b"1 0 obj\n<</Type/XRef/W[1 2 1]/Size 9/Root 2 0 R/Filter/FlateDecode/Length %d>>\nstream\n" % len(bomb)
    with pytest.raises(NotRead, match=re.escape(DAMAGED)):
        read(roots, b"%PDF-1.7\n" + index + bomb + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n", roots)
    with pytest.raises(NotRead, match=re.escape(DAMAGED)):
        read(roots, b"%PDF-1.7\n" + plain[900:1400], roots)
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_bytes(1, "Khóa"))) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="chủ", user=""))
    with pytest.raises(NotRead, match=re.escape(ENCRYPTED)):
        read(roots, target.getvalue(), roots)
    assert read(roots, pdf_bytes(1, "Không ai ký"), roots) == []


def test_many_signatures_are_bounded(roots: Path, plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "MOST", 1)
    assert len(read(roots, signed(plain, field="Hai"), roots)) == 1
    monkeypatch.setattr(signatures, "_LARGEST_CMS", 100)
    assert [each.verdict for each in read(roots, plain, roots)] == [Verdict.UNREADABLE]


def test_nobody_is_asked_over_the_network(roots: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        who = certified("Có địa chỉ", authorities().between, asks_at=address)
        (found,) = read(roots, signed(by=who), roots)
        assert (found.verdict, found.revocation_checked) == (Verdict.VALID, False)
        # nobody in between is known: it would have to be fetched from there
        (roots / "trung-gian.crt").unlink()
        (found,) = read(roots, signed(by=who), roots)
        assert found.trust is Trust.UNKNOWN
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_file_is_read_in_a_process_of_its_own(
    roots: Path, plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ký.pdf"
    path.write_bytes(plain)
    (found,) = read_apart(path, roots)
    assert (found.verdict, found.signer) == (Verdict.VALID, SIGNER)
    # whatever takes more memory than it may have ends with a sentence
    monkeypatch.setattr(signatures, "_MEMORY", 2**25)
    with pytest.raises(NotRead, match=re.escape(TOO_MUCH)):
        read_apart(path, roots)
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    with pytest.raises(NotRead, match=re.escape(NOT_INSTALLED)):
        read_apart(path, roots)


def _with_another_object(content: bytes) -> bytes:
    """Put another content in the place of that of the first page; the page itself says what it said."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    shown = writer.root["/Pages"]["/Kids"][0]["/Contents"]
    stream = shown[0].get_object() if isinstance(shown, generic.ArrayObject) else shown
    stream._data, stream._encoded_data = b"0 0 1 rg 0 0 300 800 re f", None
    writer.update_container(stream)
    return _finished(writer)


def _with_a_note(content: bytes) -> bytes:
    """Put a note on the first page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    note = {
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
    }
    page = writer.find_page_for_modification(0)[0]
    writer.register_annotation(page, writer.add_object(generic.DictionaryObject(note)))
    return _finished(writer)


_NUMBERED = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 5 0 R 300]/Contents 4 0 R/Resources<<>>>>",
    b"<</Length 6 0 R>>stream\n0 0 100 100 re f\nendstream",
    b"200",
    b"16",
    b"null",
)
"""Objects of a file in which numbers stand by themselves, as scanners and Ghostscript write them."""


def _numbered() -> bytes:
    written, places = b"%PDF-1.7\n", []
    for number, each in enumerate(_NUMBERED, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows)
    return written + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))


def _with_another_number(content: bytes) -> bytes:
    """Let the width of the page, a number that stands by itself, be another."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    writer.objects[(0, 5)] = generic.NumberObject(400)
    return _finished(writer)


def _finished(writer: IncrementalPdfFileWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_only_signed_is_what_shows_the_same(tmp_path: Path) -> None:
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    plain = pdf_bytes(2, "Gốc")
    good = signed(plain)
    second = authorities().second
    for content, first, right in (
        (good, plain, True),
        (signed(good, second, field="Lãnh đạo"), plain, True),
        (signed(good, second, field="Lãnh đạo"), good, True),
        # each of these begins with every byte of the first, and its signature holds
        (signed(changed(plain)), plain, False),
        (signed(changed(good), second, field="Lãnh đạo"), good, False),
        (signed(_with_another_object(plain)), plain, False),
        (signed(_with_a_note(plain)), plain, False),
        (plain, plain, False),
        (signed(pdf_bytes(2, "Khác")), plain, False),
        (signed(_numbered()), _numbered(), True),
        (signed(_with_another_number(_numbered())), _numbered(), False),
    ):
        before.write_bytes(first)
        after.write_bytes(content)
        assert only_signed(after, before) is right
