"""Encrypting a package as it leaves: a ZIP in a ZIP, or a PDF that asks for its password.

The password is nowhere but in the request that fetches the file: not in the database, the queue, the ledger or a log.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pikepdf
import pyzipper
from django.utils.translation import gettext as _

from vks_plugin.errors import BadInput, Conflict

SHORTEST, LONGEST = 14, 64
"""Letters of a password. The key of an encrypted ZIP is worked out of it in 1,000 rounds only, so that its length is what
protects: fourteen that nobody can guess are out of reach."""
_FEWEST_DIFFERENT = 8


def checked_password(password: str) -> str:
    """Return a password that may be used.

    Raises:
        BadInput: it is too short, too simple, or has letters that programs read in different ways.
    """
    if not all(" " <= letter <= "~" for letter in password):
        # programs on Windows take letters beyond these in the code page of the machine
        raise BadInput(
            _(
                "Mật khẩu chỉ gồm chữ cái không dấu, chữ số, dấu câu và dấu cách: máy của Tòa có thể không gõ được chữ khác."
            ),
            field="password",
        )
    if not SHORTEST <= len(password) <= LONGEST or password != password.strip():
        raise BadInput(
            _(
                "Mật khẩu có từ %(least)d đến %(most)d ký tự, không bắt đầu hay kết thúc bằng dấu cách: nên là bốn, năm từ không liên quan."
            )
            % {"least": SHORTEST, "most": LONGEST},
            field="password",
        )
    if len(set(password.lower())) < _FEWEST_DIFFERENT:
        raise BadInput(
            _("Mật khẩu quá đơn giản: hãy dùng ít nhất %(least)d ký tự khác nhau.") % {"least": _FEWEST_DIFFERENT},
            field="password",
        )
    return password


def lock(source: Path, target: BinaryIO, password: str) -> None:
    """Write an encrypted copy of a package.

    A PDF becomes a PDF of AES-256 (ISO 32000-2, revision 6). Anything else becomes the only file of a ZIP of AES-256, so
    that the names within a package cannot be read either; that file bears a name that tells nothing.

    Args:
        source: the package; a PDF ends in `.pdf`.
        target: a file open for reading and writing.
        password: see `checked_password`.

    Raises:
        Conflict: the package is damaged.
    """
    if source.suffix == ".pdf":
        try:
            with pikepdf.open(source) as pdf:
                _leave_signatures_out(pdf)
                # nobody knows the owner's password: what the file says may be done with it is not to be undone
                pdf.save(target, encryption=pikepdf.Encryption(user=password, owner=secrets.token_urlsafe(32), R=6))
        except pikepdf.PdfError as error:
            # the message of the library quotes the path
            raise Conflict(_("Tệp của gói trên máy chủ bị hỏng: hãy xuất lại gói trình chiếu.")) from error
        return
    lock_all({f"goi-trinh-chieu{source.suffix}": source}, target, password)


def _leave_signatures_out(pdf: pikepdf.Pdf) -> None:
    """Take the field of a signature out of a PDF that is written anew: there it would stand as broken.

    The signature of the manifest, which is attached, goes on holding.
    """
    if "/AcroForm" not in pdf.Root:
        return
    del pdf.Root.AcroForm
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        if notes is not None:
            kept = [each for each in notes if each.get("/FT") != "/Sig"]
            page.obj.Annots = pikepdf.Array(kept)


def lock_all(files: Mapping[str, Path], target: BinaryIO, password: str) -> None:
    """Write a ZIP of AES-256 that holds these files, by the names they have in it: anybody can read those.

    Args:
        files: what goes in.
        target: a file open for reading and writing.
        password: see `checked_password`.
    """
    # version 2 of the format (AE-2) keeps no checksum of the plain file
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode("ascii"))
        archive.setencryption(pyzipper.WZ_AES, nbits=256, force_wz_aes_version=2)
        for name, path in files.items():
            archive.write(path, name)


def ending_of(source: Path) -> str:
    """Return how the name of the encrypted copy ends."""
    return source.suffix if source.suffix == ".pdf" else ".zip"
