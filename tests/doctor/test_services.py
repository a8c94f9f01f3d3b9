"""What runs beside the web server: stopped, and started as the sentence says."""

from __future__ import annotations

import os
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.doctor.treatment import Ward, treats
from vks_plugin.doctor import services
from vks_plugin.host.probes import celery_app

REDIS = "django.core.cache.backends.redis.RedisCache"


class _Redis(socketserver.StreamRequestHandler):
    """Answers as a Redis that is empty."""

    def handle(self) -> None:
        while line := self.rfile.readline().strip():
            words = [line]
            if line.startswith(b"*"):
                words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2).strip() for _ in range(int(line[1:]))]
            answers = {b"PING": b"+PONG\r\n", b"GET": b"$-1\r\n"}
            self.wfile.write(answers.get(words[0].upper(), b"+OK\r\n"))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def _redis(port: int = 0) -> Iterator[int]:
    with _Server(("127.0.0.1", port), _Redis) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def several_processes(ward: Ward) -> Iterator[int]:
    """Turn the suite's one process into an installation with a queue between its processes; return its port."""
    with _redis() as port:
        ward.settings.CELERY_TASK_ALWAYS_EAGER = False
        ward.settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
        yield port


@treats("synchronous-mode")
def test_tasks_that_run_where_they_are_called(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.settings.CELERY_TASK_ALWAYS_EAGER = True
    result = ward.sick("synchronous-mode", "warning")
    ward.follow(result)
    ward.sound("synchronous-mode")
    ward.settings.CELERY_TASK_ALWAYS_EAGER = True
    monkeypatch.setenv("VKS_DEMONSTRATION", "true")
    ward.sound("synchronous-mode")


@treats("broker")
@pytest.mark.parametrize("scheme", ["redis://127.0.0.1:{port}/0", "redis+socket://{folder}/redis.sock"])
def test_queue_that_is_down(ward: Ward, several_processes: int, tmp_path: Path, scheme: str) -> None:
    ward.sound("broker")
    with _redis() as port:
        pass
    ward.settings.CELERY_BROKER_URL = scheme.format(port=port, folder=tmp_path)
    result = ward.sick("broker", "error")
    ward.absent("worker")
    with pytest.MonkeyPatch.context() as started:
        if "sock" in scheme:
            started.setattr("vks_plugin.doctor.services.socket.socket", lambda _family: _Answering())
            ward.follow(result, by_hand={"systemctl": lambda _step: None, "docker": lambda _step: None})
            ward.sound("broker")
            return
    with _redis(port):
        ward.follow(result, by_hand={"systemctl": lambda _step: None, "docker": lambda _step: None})
        ward.sound("broker")


class _Answering:
    """A socket in a file behind which a Redis answers."""

    def settimeout(self, _seconds: float) -> None: ...

    def connect(self, _path: str) -> None: ...

    def sendall(self, _data: bytes) -> None: ...

    def recv(self, _size: int) -> bytes:
        return b"+"

    def close(self) -> None: ...


def test_something_else_listens_at_the_address_of_the_queue(ward: Ward, several_processes: int) -> None:
    class Web(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with _Server(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        ward.settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{server.server_address[1]}/0"
        assert "no Redis" in ward.sick("broker", "error").sentence
        server.shutdown()


def test_queue_that_accepts_and_never_answers_costs_no_more_than_was_said(ward: Ward, several_processes: int) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        ward.settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.monotonic()
        ward.sick("broker", "error")
        assert time.monotonic() - started < 2 * services.PATIENCE + 1


@contextmanager
def _running_worker() -> Iterator[None]:
    """Run a worker of the host's app on a thread, with the queue in memory."""
    from celery.worker import state as untyped

    state: Any = untyped

    state.should_stop = None
    worker = celery_app().Worker(pool="solo", loglevel="CRITICAL", quiet=True, without_gossip=True, without_mingle=True)
    thread = threading.Thread(target=worker.start, daemon=True)
    thread.start()
    try:
        yield
    finally:
        state.should_stop = os.EX_OK
        thread.join(timeout=10)
        state.should_stop = None


@pytest.fixture
def queue_in_memory(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor ask workers through a queue in memory, as if it lay between processes."""
    monkeypatch.setattr(services, "_one_process", lambda: False)
    # a queue in memory is looked into once a second
    monkeypatch.setattr(services, "ANSWER", 2.5)
    # otherwise the worker takes the terminal over
    ward.settings.CELERY_WORKER_REDIRECT_STDOUTS = False


def _await(ward: Ward, check_id: str, status: str) -> None:
    """Wait for a worker to come up."""
    for _attempt in range(10):
        if ward.ask(check_id).status == status:
            return
        time.sleep(0.2)


@treats("worker")
@pytest.mark.filterwarnings("ignore:You're running the worker with superuser privileges")
def test_no_worker_and_worker_without_the_plugin(ward: Ward, queue_in_memory: None) -> None:
    result = ward.sick("worker", "error")
    tasks = celery_app().tasks
    ours = {name: tasks[name] for name in services.OUR_TASKS}
    running = _running_worker()
    try:
        ward.follow(result, by_hand={"celery --app paperless worker": lambda _step: running.__enter__()})
        _await(ward, "worker", "ok")
        ward.sound("worker")
        for name in ours:
            tasks.pop(name)
        result = ward.sick("worker", "error")
        assert "vks_plugin" in result.sentence
        ward.follow(result, by_hand={"PAPERLESS_APPS=vks_plugin": lambda _step: tasks.update(ours)})
        ward.sound("worker")
    finally:
        tasks.update(ours)
        running.__exit__(None, None, None)


@treats("task-time-limit")
def test_task_limit_that_kills_a_thick_scan(
    ward: Ward, several_processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ward.host == "lite":
        ward.absent("task-time-limit")
        monkeypatch.setattr(services, "is_stand_in", lambda: False)
    ward.settings.THREADS_PER_WORKER = 1
    ward.settings.CELERY_TASK_TIME_LIMIT = 1800
    ward.follow(ward.sick("task-time-limit", "warning"))
    ward.sound("task-time-limit")
    ward.settings.CELERY_TASK_TIME_LIMIT = 1800
    ward.settings.THREADS_PER_WORKER = "4"
    ward.sound("task-time-limit")


@treats("beat")
def test_beat_that_never_ran_or_stopped(
    ward: Ward, several_processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery.beat import PersistentScheduler

    schedule = dict(django_settings.CELERY_BEAT_SCHEDULE)
    ward.settings.CELERY_BEAT_SCHEDULE = {name: each for name, each in schedule.items() if not name.startswith("vks")}
    result = ward.sick("beat", "warning")
    ward.follow(
        result, by_hand={"PAPERLESS_APPS=": lambda _step: setattr(ward.settings, "CELERY_BEAT_SCHEDULE", schedule)}
    )
    ward.settings.CELERY_BEAT_SCHEDULE_FILENAME = str(tmp_path / "celerybeat-schedule.db")

    def start(_step: str) -> None:
        scheduler = PersistentScheduler(
            app=celery_app(), schedule_filename=django_settings.CELERY_BEAT_SCHEDULE_FILENAME
        )
        scheduler.close()

    result = ward.sick("beat", "warning")
    ward.follow(result, by_hand={"celery --app paperless beat": start})
    ward.sound("beat")
    long_ago = time.time() - 5 * 3600
    for path in tmp_path.iterdir():
        os.utime(path, (long_ago, long_ago))
    result = ward.sick("beat", "warning")
    assert "5.0" in result.sentence
    ward.follow(result, by_hand={"celery --app paperless beat": start})
    ward.sound("beat")


def test_demonstration_has_neither_queue_nor_beat(ward: Ward) -> None:
    for check_id in ("broker", "worker", "beat"):
        ward.absent(check_id)


@treats("cache")
def test_cache_of_each_process_alone(ward: Ward, several_processes: int) -> None:
    caches = {
        "default": {
            "BACKEND": django_settings.CACHES["default"]["BACKEND"],
            "LOCATION": f"redis://127.0.0.1:{several_processes}",
        }
    }
    ward.settings.CACHES = caches
    ward.follow(ward.sick("cache", "error"))
    ward.sound("cache")


def test_cache_that_is_down(ward: Ward, several_processes: int) -> None:
    with _redis() as port:
        ward.settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": f"redis://127.0.0.1:{port}"}}
        ward.sound("cache")
    result = ward.sick("cache", "error")
    with _redis(port):
        ward.follow(result, by_hand={"systemctl": lambda _step: None, "docker": lambda _step: None})
        ward.sound("cache")


def test_one_process_may_keep_its_cache_to_itself(ward: Ward) -> None:
    ward.sound("cache")


@treats("channel-layer")
def test_progress_that_stays_in_one_process(ward: Ward, several_processes: int) -> None:
    if ward.host == "lite":
        ward.absent("channel-layer")
    ward.settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    ward.follow(ward.sick("channel-layer", "warning"))
    ward.sound("channel-layer")
