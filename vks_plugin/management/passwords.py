"""The password a command encrypts with: asked for, or read from a file or a pipe; never among the arguments.

What stands among the arguments of a program can be read by everybody on the machine, and the shell keeps it.
"""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.views.decorators.debug import sensitive_variables

from vks_plugin.court.deck.locking import LONGEST, checked_password
from vks_plugin.custody.keys import OpenToOthers, read_closed


def add_password_arguments(parser: CommandParser) -> None:
    """Add `--encrypted` and `--password-file`."""
    parser.add_argument("--encrypted", action="store_true", help="mã hóa tệp ghi ra; hỏi mật khẩu ở bàn phím")
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help="mã hóa bằng mật khẩu ở dòng đầu của tệp này (chỉ tài khoản này đọc được), hoặc “-”: từ đầu vào chuẩn",
    )


@sensitive_variables()
def wanted_password(options: dict[str, Any]) -> str | None:
    """Return the password what is written is encrypted with; None: it is not to be.

    Raises:
        CommandError: it cannot be read, or was mistyped.
        BadInput: it is none to use.
    """
    given = options["password_file"]
    if given is not None:
        return checked_password(_first_line(given))
    if not options["encrypted"]:
        return None
    if not sys.stdin.isatty():
        message = "Không có bàn phím để nhập mật khẩu: hãy nêu --password-file."
        raise CommandError(message)
    password = checked_password(getpass.getpass("Mật khẩu: "))
    if getpass.getpass("Nhập lại mật khẩu: ") != password:
        message = "Hai lần nhập không giống nhau."
        raise CommandError(message)
    return password


@sensitive_variables()
def _first_line(given: str) -> str:
    if given == "-":
        return sys.stdin.readline(2 * LONGEST).rstrip("\r\n")
    try:
        content = read_closed(Path(given), most=2 * LONGEST)
    except OpenToOthers as error:
        message = f"Tệp {given} mở cho tài khoản khác: hãy đặt quyền 600 (chmod 600)."
        raise CommandError(message) from error
    except OSError as error:
        message = f"Không đọc được tệp {given}: {error.strerror or error}."
        raise CommandError(message) from error
    # letters that no password may have are left for the check to refuse
    return content.decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
