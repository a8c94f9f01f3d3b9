"""The file of the key that signs checkpoints: made for the service alone, refused when others could read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from django.utils.translation import gettext as _

from vks_plugin.conf import configuration
from vks_plugin.custody.checkpoint import SigningKey
from vks_plugin.custody.verify_ledger import LedgerError
from vks_plugin.errors import Conflict, Unavailable

_OTHERS = 0o077


def key_path() -> Path:
    """Return where the key lies."""
    return configuration().ledger_key_file


def next_path() -> Path:
    """Return where the key lies that is about to take its place."""
    path = key_path()
    return path.with_name(f"{path.name}.new")


def write_key(path: Path, key: SigningKey) -> None:
    """Write a key into a file of its own, for this account alone.

    Raises:
        Conflict: a file is there already.
        Unavailable: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            os.fchmod(stream.fileno(), 0o600)
            if os.geteuid() == 0:
                # made by root, used by the service: whose folder it lies in
                owner = path.parent.stat()
                os.fchown(stream.fileno(), owner.st_uid, owner.st_gid)
            stream.write(key.as_text() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise Conflict(
            _("Tệp khóa %(path)s đã có: không ghi đè. Hãy kiểm tra, cất tệp ấy đi nơi khác rồi làm lại.")
            % {"path": path}
        ) from error
    except OSError as error:
        raise Unavailable(
            _("Không ghi được tệp khóa %(path)s: %(why)s.") % {"path": path, "why": error.strerror or error}
        ) from error


class OpenToOthers(Exception):  # noqa: N818 - named for what it says
    """A file that is for this account alone could be read by another one."""


def read_closed(path: Path, *, most: int) -> bytes:
    """Return the beginning of a file that nobody but this account (and root) may read.

    Args:
        path: the file.
        most: bytes that are read.

    Raises:
        OpenToOthers: others could read it, or it is no regular file.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        facts = os.fstat(stream.fileno())
        # root reads everything; for it the mode alone says whether anybody else does
        strange = os.geteuid() != 0 and facts.st_uid not in {os.geteuid(), 0}
        if strange or facts.st_mode & _OTHERS or not stat.S_ISREG(facts.st_mode):
            raise OpenToOthers
        return stream.read(most)


def read_key(path: Path) -> SigningKey:
    """Return the key in a file.

    Raises:
        Unavailable: there is none, others could read it, or it is malformed; nothing of it is told.
    """
    try:
        text = read_closed(path, most=400).decode("ascii", "replace")
    except OpenToOthers as error:
        raise Unavailable(
            _(
                "Tệp khóa %(path)s mở cho tài khoản khác: khóa không được dùng. Hãy đặt quyền 600 cho tệp "
                "(chmod 600); nếu người khác có thể đã đọc, hãy thay khóa bằng vks_ledger key --rotate."
            )
            % {"path": path}
        ) from error
    except FileNotFoundError as error:
        raise Unavailable(
            _("Chưa có khóa ký sổ cái tại %(path)s: quản trị hãy chạy vks_ledger key.") % {"path": path}
        ) from error
    except OSError as error:
        raise Unavailable(
            _("Không đọc được tệp khóa %(path)s: %(why)s.") % {"path": path, "why": error.strerror or error}
        ) from error
    try:
        return SigningKey.parse(text)
    except LedgerError as error:
        raise Unavailable(_("Tệp khóa %(path)s không đúng định dạng.") % {"path": path}) from error
