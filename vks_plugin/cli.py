"""The command `vks`: the demonstration, and management commands on its data."""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from vks_plugin.demonstration import hosts, server
from vks_plugin.demonstration.environment import default_folder, host_for

_HOSTS = ("auto", "paperless", "lite")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vks", description="Hồ sơ vụ án trong Paperless-ngx (vks-plugin).")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="chạy bản trình diễn (start the demonstration)")
    demo.add_argument("--port", type=int, default=8000, help="cổng trên 127.0.0.1 (mặc định 8000)")
    demo.add_argument("--data", type=Path, metavar="DIR", help="thư mục dữ liệu; giữ lại giữa các lần chạy")
    demo.add_argument("--host", choices=_HOSTS, default="auto", help="máy chủ tài liệu (mặc định: auto)")
    demo.add_argument("--source", type=Path, metavar="ARCHIVE", help="tệp phát hành Paperless-ngx 3.0.5")
    demo.add_argument("--prepare-only", action="store_true", help="chỉ tạo dữ liệu rồi thoát")
    manage = commands.add_parser("manage", help="chạy một lệnh quản trị trên dữ liệu (run a management command)")
    manage.add_argument("--data", type=Path, metavar="DIR", required=True)
    manage.add_argument("--host", choices=_HOSTS, default="auto")
    manage.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND …")
    doctor = commands.add_parser("doctor", help="kiểm tra một bản cài đặt (check an installation)")
    doctor.add_argument("--data", type=Path, metavar="DIR", required=True)
    doctor.add_argument("--host", choices=_HOSTS, default="auto")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = _parser()
    # what follows `doctor` is read by the command it stands for
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "doctor":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if options.command == "demo":
            return _demo(options)
        if options.command == "doctor":
            return _manage(options, ["vks_doctor", *rest])
        return _manage(options, [word for word in options.words if word != "--"])
    except hosts.HostError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return server.INTERRUPTED


def _demo(options: argparse.Namespace) -> int:
    if options.source is not None:
        host = hosts.unpack(options.source)
        kind = host.kind
    else:
        kind = options.host
    host = host_for(options.data, kind)
    folder: Path = options.data or default_folder(host.kind)
    # a folder of an earlier run remembers its host; why this one was taken stays as it was said
    host = replace(host_for(folder, host.kind), reason=host.reason)
    if not options.prepare_only:
        server.check_port(options.port)
    name = (
        "Paperless-ngx 3.0.5" if host.kind == "paperless" else "máy chủ thay thế (stand-in, không phải Paperless-ngx)"
    )
    _say(f"Máy chủ tài liệu: {name} – {host.reason}. Dữ liệu: {folder}")
    app = server.start_django(folder, host, port=options.port, eager=options.prepare_only)
    if options.prepare_only:
        _summary(server.build_data(_say), None)
        return _after_preparing()
    return _run(app, options.port)


def listen() -> Callable[[], None]:
    """Listen for Ctrl-C and for a service manager, before the server does; return what asks whether somebody was heard.

    `KeyboardInterrupt` that is raised while the garbage collector or a library calls back is printed there and forgotten;
    what is returned raises it again.
    """
    heard: list[int] = []

    def hear(number: int, _frame: object) -> NoReturn:
        heard.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if heard:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return check


def _run(app: Any, port: int) -> NoReturn:
    """Run worker and server until somebody ends them; from here on the process is only left by `server.leave`."""
    check = listen()

    def say(text: str) -> None:
        check()
        _say(text)

    try:
        worker = _start(app)
        summary = server.build_data(say)
        check()
        server.serve(
            port, worker, ready=lambda: _summary(summary, port), stopping=lambda: _say("Đang dừng… (stopping)")
        )
    except KeyboardInterrupt:
        _say("Đã dừng; lần chạy sau sẽ làm tiếp (stopped; the next start goes on from here).")
        server.leave(server.INTERRUPTED)
    except Exception:  # noqa: BLE001 - shown in full; ending the usual way would abort in the threads left
        traceback.print_exc()
        server.leave(1)


def _start(app: Any) -> Any:
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up only now

    from vks_plugin.filing.actions import resume_waiting  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    worker = server.start_worker(app)
    resume_waiting()
    return worker


def _after_preparing() -> int:
    """Return 0 when every document of the demonstration went in."""
    from vks_plugin.filing.models import IntakeItem  # noqa: PLC0415 - Django is set up only now

    failed = IntakeItem.objects.exclude(status=IntakeItem.Status.FILED)
    for item in failed:
        sys.stderr.write(f"{item.filename}: {item.error or item.status}\n")
    return 1 if failed else 0


def _summary(summary: Any, port: int | None) -> None:
    from vks_plugin.demonstration.loader import PASSWORD  # noqa: PLC0415 - Django is set up only now

    _say("")
    wide = max(len(account.username) for account in summary.accounts)
    for account in summary.accounts:
        _say(f"  {account.username:<{wide}}  {account.role} – {account.unit} ({account.name})")
    _say(f"\nMật khẩu chung (password of every account): {PASSWORD}")
    _say(f"Vụ án (cases): {', '.join(summary.cases)} – {summary.documents} tài liệu")
    if port is not None:
        _say(f"\nSẵn sàng / Ready: http://127.0.0.1:{port}/vks/   (Ctrl-C để dừng)")
        _say("Tài liệu đang được nhận dạng ở nền; danh sách đầy đủ sau khoảng một phút.")


def _manage(options: argparse.Namespace, words: list[str]) -> int:
    if not words:
        sys.stderr.write("Hãy nêu lệnh quản trị, ví dụ: vks manage --data DIR vks_cases --json\n")
        return 2
    if not options.data.is_dir():
        message = f"Không có thư mục {options.data}: hãy chạy vks demo --data trước (there is no such folder)."
        raise hosts.HostError(message)
    host = host_for(options.data, options.host)
    server.start_django(options.data, host, port=8000, eager=True)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - Django is set up only now

    execute_from_command_line(["vks manage", *words])
    return 0


if __name__ == "__main__":
    sys.exit(main())
