"""Host, worker and web server in one process, for the demonstration."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, cast

from vks_plugin.demonstration.environment import prepare
from vks_plugin.demonstration.hosts import Host, HostError

INTERRUPTED = 130
"""Exit code of a program ended by Ctrl-C before its time, as shells have it."""

_GRACE = 8
"""Seconds the task in hand and open connections have to end."""


def start_django(folder: Path, host: Host, *, port: int, eager: bool) -> Any:
    """Set Django up on this data and return the host's Celery app.

    Args:
        folder: the data.
        host: the host to run on.
        port: where the server will listen; the host checks requests against it.
        eager: run tasks where they are called, without a worker.
    """
    os.environ.update(prepare(folder, host, port=port))
    for path in (str(host.source),):
        if path not in sys.path:
            sys.path.insert(0, path)
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="whitenoise")
    import django  # noqa: PLC0415 - only now is the environment set

    django.setup()
    # the host's terminal shows what the demonstration says; its own words go to its log file
    for name in ("paperless", "celery", "kombu", "ocrmypdf", "granian", "_granian"):
        logging.getLogger(name).propagate = False
    for handler in (handler for name in ("", "paperless", "celery") for handler in logging.getLogger(name).handlers):
        if type(handler) is logging.StreamHandler:
            handler.setLevel(logging.CRITICAL)
    from django.conf import settings  # noqa: PLC0415 - needs the environment

    settings.WHITENOISE_USE_FINDERS = True
    from paperless.celery import app  # noqa: PLC0415 - the host is on the path only now

    app.conf.task_always_eager = eager
    app.conf.worker_max_tasks_per_child = None
    # otherwise the worker takes the terminal over
    app.conf.worker_redirect_stdouts = False
    return app


def check_port(port: int) -> None:
    """Refuse a port that something else listens on.

    Raises:
        HostError: with the sentence.
    """
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"Cổng {port} đang được dùng: hãy chọn cổng khác bằng --port (port {port} is in use)."
            raise HostError(message) from error


def build_data(say: Any) -> Any:
    """Bring the database up to date and enter the demonstration's people and cases."""
    from django.core.management import call_command  # noqa: PLC0415 - needs Django

    from vks_plugin.demonstration.loader import load_demo  # noqa: PLC0415 - needs Django

    say("Đang tạo cơ sở dữ liệu…")
    call_command("migrate", verbosity=0, interactive=False)
    return load_demo(say)


def start_worker(app: Any) -> threading.Thread:
    """Start a worker on a thread of this process; tasks run one after another."""
    # a worker knows the tasks there are when it begins, and throws away what it does not know: this one is no app's
    importlib.import_module("vks_plugin.demonstration.finishing")
    thread = threading.Thread(target=_work, args=(app,), name="vks-worker", daemon=True)
    thread.start()
    return thread


def _work(app: Any) -> None:
    # everything here is one process of one person on one machine
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    # a terminal sends Ctrl-C to every process of the group: what this thread starts inherits the mask, so that
    # a text recognition under way is finished or repeated, and its document not marked as failed
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    worker = app.Worker(
        pool="threads", concurrency=1, loglevel="ERROR", quiet=True, without_gossip=True, without_mingle=True
    )
    worker.start()


def serve(port: int, worker: threading.Thread, *, ready: Callable[[], None], stopping: Callable[[], None]) -> NoReturn:
    """Serve until SIGINT or SIGTERM, then let the task in hand finish, and end the process.

    Pressing Ctrl-C once more ends it at once; a document under way is then taken in at the next start.

    Args:
        port: on 127.0.0.1.
        worker: the thread that works the tasks off.
        ready: called once the port answers.
        stopping: called when the end has been asked for.

    Raises:
        OSError: the server could not be started.
    """
    asyncio.run(_serve(port, worker, ready, stopping))
    message = "the server ended by itself"
    raise OSError(message)


async def _serve(port: int, worker: threading.Thread, ready: Callable[[], None], stopping: Callable[[], None]) -> None:
    from celery.worker import state  # noqa: PLC0415 - needs Django
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415 - in the extra `demo`
    from paperless.asgi import application  # noqa: PLC0415 - the host is on the path only now

    server = Server(
        application, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False, websockets=True
    )
    task = asyncio.create_task(server.serve())
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            leave(INTERRUPTED)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    while not task.done():
        with contextlib.suppress(OSError):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.2)
    if not task.done():
        ready()
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not asked.is_set():
        task.result()
        return
    stopping()
    cast("Any", state).should_stop = 0
    server.stop()
    await asyncio.wait({task, asyncio.create_task(asyncio.to_thread(worker.join))}, timeout=_GRACE)
    # here and not after the loop: the server's threads still call into it while a connection is open
    leave(0)


def leave(code: int) -> NoReturn:
    """End the process at once, with the programs it started.

    The interpreter is not wound up: worker and server have threads in Rust, which abort the whole process
    (“panic in a function that cannot unwind”) when the interpreter goes away under them. Tasks are repeated at the
    next start.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for child in _children():
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGTERM)
    os._exit(code)


def _children() -> list[int]:
    """Return the processes started by this one; none where the system does not tell."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # after the name in brackets: state, parent
            parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.append(int(stat.parent.name))
    return found
