"""Signed notes and checkpoints, against published vectors and the library the host brings."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from vks_plugin.custody import checkpoint, verify_ledger
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.verify_ledger import (
    End,
    LedgerError,
    open_checkpoint,
    parse_checkpoint,
    parse_key,
    parse_note,
)

# golang.org/x/mod/sumdb/note, the example of its documentation
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

# c2sp.org/tlog-checkpoint; its key is not published
BEHIND_THE_SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""

# RFC 8032, 7.1: public key, message and signature of tests 1 to 3
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
            "24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
            "eeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2"
            "8dc027beceea1ec40a"
        ),
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_published_signatures_hold_without_a_library(public: str, message: str, signature: str) -> None:
    key, text, signed = (bytes.fromhex(each) for each in (public, message, signature))
    assert verify_ledger.signed_by(key, text, signed)
    assert not verify_ledger.signed_by(key, text + b"x", signed)


@settings(max_examples=25)
@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=60),
    st.integers(0, 511),
    st.binary(min_size=32, max_size=32),
)
def test_the_verifier_says_what_the_library_says(seed: bytes, message: bytes, bit: int, noise: bytes) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    flipped = (int.from_bytes(signature, "big") ^ (1 << bit)).to_bytes(64, "big")
    # the same signature with its scalar written otherwise must not pass for another one
    larger = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(33, "little")[:32]
    for key, given_signature in [(public, signature), (public, flipped), (public, larger), (noise, signature)]:
        said = verify_ledger.signed_by(key, message, given_signature)
        assert said == checkpoint.signed_by(key, message, given_signature)
        assert said == ((key, given_signature) == (public, signature))


def test_the_published_note_is_signed_byte_for_byte() -> None:
    key = SigningKey.parse(PRIVATE)
    assert str(key.public) == PUBLIC
    assert parse_key(PUBLIC) == key.public
    assert key.as_text() == PRIVATE
    assert sign_note(TEXT, key) == f"{TEXT}\n{LINE}"


def test_a_key_is_never_shown() -> None:
    key = SigningKey.parse(PRIVATE)
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)


@pytest.mark.parametrize("place", range(len(PUBLIC)))
def test_no_other_spelling_is_the_key(place: int) -> None:
    with pytest.raises(LedgerError):
        parse_key(PUBLIC[:place] + chr(ord(PUBLIC[place]) + 1) + PUBLIC[place + 1 :])
    with pytest.raises(LedgerError):
        parse_key(PUBLIC[:place])


def test_the_published_checkpoint_is_read() -> None:
    note = parse_note(BEHIND_THE_SOFA.encode())
    assert [name for name, _key, _signature in note.signatures] == ["example.com/behind-the-sofa"]
    read = parse_checkpoint(note.text)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(read.root).decode() == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate("vks-ledger/one")


def _note(key: SigningKey, size: int = 5, root: bytes = bytes(32)) -> bytes:
    return sign_note(checkpoint_text(key.name, size, root), key).encode()


def test_a_checkpoint_comes_back_as_it_was_signed(key: SigningKey) -> None:
    opened = open_checkpoint(_note(key, 7, bytes(range(32))), [key.public])
    assert opened == (key.name, 7, bytes(range(32)), "", (), "", (str(key.public),), "")
    # lines after the head: those that are known are read, others are left alone
    at, end = "2026-11-29T07:20:00.000001Z", End("00000000-0000-4000-8000-000000000000", 3, "ab" * 32)
    text = checkpoint_text(key.name, 7, bytes(range(32)), at=at, ends=[end], case="QN-1") + "of another program\n"
    opened = open_checkpoint(sign_note(text, key).encode(), [key.public])
    assert opened == (key.name, 7, bytes(range(32)), at, (end,), "", (str(key.public),), "QN-1")


def test_a_forged_checkpoint_is_refused(key: SigningKey) -> None:
    for before, after in [(b"\n5\n", b"\n6\n"), (b"AAAA", b"AAAB")]:
        with pytest.raises(LedgerError, match="Chữ ký của checkpoint không đúng"):
            open_checkpoint(_note(key).replace(before, after, 1), [key.public])
    other = SigningKey.generate(key.name)
    with pytest.raises(LedgerError, match="không do khóa nào đã biết ký"):
        open_checkpoint(_note(other), [key.public])


def test_a_signature_of_somebody_unknown_beside_a_known_one_does_no_harm(key: SigningKey) -> None:
    witness = SigningKey.generate("witness.example/w1")
    note = sign_note(checkpoint_text(key.name, 5, bytes(32)), witness, key)
    assert open_checkpoint(note.encode(), [key.public]).size == 5


def test_a_known_key_that_did_not_sign_spoils_the_note(key: SigningKey) -> None:
    second = SigningKey.generate(key.name)
    text = checkpoint_text(key.name, 5, bytes(32))
    false = SigningKey.generate(key.name).signature_line(text).split(" ")[2]
    line = f"— {key.name} {base64.b64encode(second.public.key_id + base64.b64decode(false)[4:]).decode()}\n"
    with pytest.raises(LedgerError, match="Chữ ký của checkpoint không đúng"):
        open_checkpoint((sign_note(text, key) + line).encode(), [key.public, second.public])


def test_a_checkpoint_of_another_log_is_refused(key: SigningKey) -> None:
    note = sign_note(checkpoint_text("another-log", 5, bytes(32)), key)
    with pytest.raises(LedgerError, match="một sổ cái khác"):
        open_checkpoint(note.encode(), [key.public])


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-1],
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("\n5\n", "\n05\n"),
        lambda note: note.replace("\n5\n", "\n-5\n"),
        lambda note: note.replace("\n5\n", "\n5\r\n"),
        lambda note: note + "\n",
        lambda note: "",
    ],
)
def test_a_malformed_note_is_refused(key: SigningKey, change: object) -> None:
    assert callable(change)
    with pytest.raises(LedgerError):
        open_checkpoint(change(_note(key).decode()).encode(), [key.public])
