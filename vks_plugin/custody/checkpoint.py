"""Signed heads of the log: C2SP signed notes and tlog-checkpoints, by an Ed25519 key.

Reading them stands in `verify_ledger.py`, which travels with every export and needs no library; signing, and testing
thousands of signatures, is done by the library the host brings.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vks_plugin.custody.verify_ledger import ED25519, End, LedgerError, PublicKey, is_key_name, key_id_of

_PREFIX = "PRIVATE+KEY+"


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature of a message is that of a key; like that of the verifier, and a hundred times as fast."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class SigningKey:
    """A key that signs. It is never shown: neither in a message nor in a log."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """Return a new key."""
        if not is_key_name(name):
            raise ValueError(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Return the key that a file holds.

        Raises:
            LedgerError: it holds none.
        """
        wrong = LedgerError("tệp khóa không hợp lệ", "the key file is malformed")
        parts = text.strip().removeprefix(_PREFIX).split("+", 2)
        if not text.startswith(_PREFIX) or len(parts) != 3 or not is_key_name(parts[0]):
            raise wrong
        try:
            data = base64.b64decode(parts[2], validate=True)
        except ValueError:
            raise wrong from None
        key = cls(parts[0], data[1:])
        if data[:1] != ED25519 or len(key.seed) != 32 or key.public.key_id.hex() != parts[1]:
            raise wrong
        return key

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> PublicKey:
        """The key by which others test what this one signed."""
        raw = self._private.public_key().public_bytes_raw()
        return PublicKey(self.name, key_id_of(self.name, raw), raw)

    def as_text(self) -> str:
        """Return the key as its file holds it."""
        secret = base64.b64encode(ED25519 + self.seed).decode()
        return f"{_PREFIX}{self.name}+{self.public.key_id.hex()}+{secret}"

    def signature_line(self, text: str) -> str:
        """Return the line by which this key signs a text."""
        return f"\u2014 {self.name} {self.signature_of(text)}\n"

    def signature_of(self, text: str) -> str:
        """Return what stands in that line behind the name: which key it is, and its signature."""
        return base64.b64encode(self.public.key_id + self._private.sign(text.encode())).decode()


def checkpoint_text(
    origin: str, size: int, root: bytes, *, at: str = "", ends: Iterable[End] = (), files: str = "", case: str = ""
) -> str:
    """Return what is signed: the head, and in further lines when, where the ledgers of cases end, and which files go along.

    Args:
        origin: name of the log.
        size: how many entries it has.
        root: its head.
        at: when, as an entry states it; empty: it is not said.
        ends: where ledgers of cases end.
        files: SHA-256 of the list of files that go out with the ledger; empty: there are none.
        case: code of the case the ledger goes out for; empty: it is not that of one.
    """
    more = ([f"at {at}"] if at else []) + [f"ledger {each.ledger} {each.entries} {each.hash}" for each in ends]
    more += [f"files {files}"] if files else []
    more += [f"case {case}"] if case else []
    return "".join(f"{line}\n" for line in (origin, size, base64.b64encode(root).decode(), *more))


def sign_note(text: str, *keys: SigningKey) -> str:
    """Return the text as a note signed by these keys."""
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise ValueError(text)
    return f"{text}\n" + "".join(key.signature_line(text) for key in keys)
