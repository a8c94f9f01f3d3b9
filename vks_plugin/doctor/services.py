"""Checks of what runs beside the web server: queue, worker, beat, cache."""

from __future__ import annotations

import glob
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from django.core.cache import cache

from vks_plugin.conf import configuration
from vks_plugin.doctor.results import Result, Scope, environment, error, ok, skipped, warning
from vks_plugin.host import probes
from vks_plugin.host.version import is_stand_in
from vks_plugin.tasks import SCHEDULE

PATIENCE = 0.3
"""How long a connection is tried, in seconds."""

ANSWER = 0.8
"""How long workers are given to answer, in seconds."""

_ON_REQUEST = ("vks.court.make_bundle", "vks.court.make_deck", "vks.court.redact", "vks.custody.take_accession")
"""Tasks somebody's request hands over; the newest are among them, so that a worker of an older version is found too."""

OUR_TASKS = (*_ON_REQUEST, *(entry["task"] for entry in SCHEDULE.values()))

SECONDS_A_PAGE = 7
"""What recognising a clean page takes on a small machine."""

ENOUGH_PAGES = 1000
"""More than a volume of a case file has."""

_BEAT_WRITES_EVERY = 30 * 60
"""Beat stores its schedule every three minutes; ten times that is a long silence."""

_REDIS = "django.core.cache.backends.redis.RedisCache"
_RESTART = "`systemctl restart redis-server` (trong Docker: `docker compose up -d broker`)"


def _one_process() -> bool:
    """Tell whether web and worker share one process, as in the demonstration and in tests."""
    conf = probes.celery_app().conf
    return bool(conf.task_always_eager) or str(conf.broker_url or "").startswith("memory:")


def _unreachable(address: str) -> str:
    """Return why no Redis answers at this address, or an empty text; addresses of other kinds are not tried."""
    parts = urlparse(address)
    in_file = "unix" in parts.scheme or "socket" in parts.scheme
    if not in_file and parts.scheme not in {"redis", "rediss"}:
        return ""
    try:
        if in_file:
            trial = socket.socket(socket.AF_UNIX)
            trial.settimeout(PATIENCE)
            trial.connect(parts.path)
        else:
            trial = socket.create_connection((parts.hostname or "localhost", parts.port or 6379), timeout=PATIENCE)
        with closing(trial):
            if parts.scheme == "rediss":
                return ""
            trial.sendall(b"PING\r\n")
            # one that asks for a password is there, too
            return "" if trial.recv(1) in {b"+", b"-"} else "no Redis"
    except OSError as failure:
        return type(failure).__name__


def synchronous_mode(_scope: Scope) -> Result:
    """Tasks run where they are called: the person who uploads waits for the recognition."""
    if not probes.celery_app().conf.task_always_eager or probes.demonstration():
        return ok()
    return warning(
        "Tác vụ chạy đồng bộ: người nộp tệp phải chờ nhận dạng xong, và trang treo khi tệp lớn.",
        "tasks run synchronously; whoever uploads waits for recognition",
        mend="Bỏ dòng `CELERY_TASK_ALWAYS_EAGER=` khỏi tệp cấu hình riêng, hoặc đặt DJANGO_SETTINGS_MODULE về "
        "paperless.settings, rồi khởi động lại và chạy tác vụ nền (take it out of your settings and run a worker).",
    )


def broker(_scope: Scope) -> Result:
    """Files wait in the queue until a worker takes them."""
    if _one_process():
        return skipped("hàng đợi nằm trong chính tiến trình này", "the queue is inside this process")
    address = str(probes.celery_app().conf.broker_url)
    why = _unreachable(address)
    if not why:
        return ok()
    place = urlparse(address)
    return error(
        f"Không kết nối được hàng đợi tại {place.hostname or place.path}:{place.port or ''} ({why}): không nộp được tệp.",
        "the queue cannot be reached; nothing can be filed",
        mend=f"Khởi động Redis bằng {_RESTART}; nếu địa chỉ sai thì sửa PAPERLESS_REDIS (start Redis).",
    )


def _registered_tasks(app: Any) -> dict[str, list[str]] | None:
    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": ANSWER}
    with app.connection_for_write(connect_timeout=PATIENCE, transport_options=options) as connection:
        # a worker answers while it is busy recognising: its main process does
        found: dict[str, list[str]] | None = app.control.inspect(timeout=ANSWER, connection=connection).registered()
        return found


def worker(_scope: Scope) -> Result:
    """Somebody takes files out of the queue, and knows our tasks."""
    if _one_process():
        return skipped("tác vụ nền nằm trong chính tiến trình web", "the worker is inside the web process")
    app = probes.celery_app()
    if _unreachable(str(app.conf.broker_url)):
        return skipped("không kết nối được hàng đợi, xem “broker”", "the queue cannot be reached, see broker")
    answers = _registered_tasks(app)
    if not answers:
        return error(
            "Không có tác vụ nền nào trả lời: tệp nộp vào nằm chờ mãi, không lập được tập hồ sơ.",
            "no worker answers; files wait for ever",
            mend="Chạy `celery --app paperless worker` trong thư mục src của Paperless-ngx (trong Docker: khởi động lại "
            "vùng chứa webserver) (start the worker).",
        )
    strangers = sorted(name for name, tasks in answers.items() if not set(OUR_TASKS) <= set(tasks))
    if strangers:
        return error(
            f"{len(strangers)} tác vụ nền chạy mà không có vks_plugin: tệp chúng nhận không vào hồ sơ nào.",
            "workers run without vks_plugin; what they take in is not filed",
            mend="Đặt cùng một môi trường cho mọi tác vụ nền, có `PAPERLESS_APPS=vks_plugin`, rồi khởi động lại chúng "
            "(give every worker the same environment and restart).",
        )
    return ok(f"{len(answers)}")


def task_time_limit(_scope: Scope) -> Result:
    """A worker that recognises longer than the limit is killed, and the scan with it."""
    if _one_process() or is_stand_in():
        return skipped("ở đây tác vụ không bị giới hạn thời gian", "tasks have no time limit here")
    limit = int(probes.value("CELERY_TASK_TIME_LIMIT") or 0)
    threads = int(probes.value("THREADS_PER_WORKER") or 1)
    pages = limit * threads // SECONDS_A_PAGE
    if not limit or pages >= ENOUGH_PAGES:
        return ok()
    return warning(
        f"Tác vụ bị dừng sau {limit // 60} phút, đủ nhận dạng khoảng {pages} trang: bản quét dày hơn sẽ không vào được hồ sơ.",
        f"tasks are killed after {limit // 60} minutes; thicker scans are never filed",
        mend=environment(f"PAPERLESS_WORKER_TIMEOUT={ENOUGH_PAGES * SECONDS_A_PAGE}"),
    )


def beat(_scope: Scope) -> Result:
    """What is done by the clock: ours (dated access, nightly repair) and the host's own (trash, index)."""
    if _one_process():
        return skipped("bản trình diễn không có lịch định kỳ", "the demonstration has no schedule")
    missing = sorted(SCHEDULE.keys() - settings.CELERY_BEAT_SCHEDULE.keys())
    if missing and configuration().enabled:
        return warning(
            f"Lịch định kỳ thiếu việc của vks_plugin ({', '.join(missing)}): quyền bị đổi bên ngoài không được sửa lại mỗi đêm.",
            "our entries are missing from the schedule; access is not put right every night",
            mend="Để vks_plugin đứng cuối trong `PAPERLESS_APPS=`, rồi khởi động lại lịch (put it last, restart beat).",
        )
    start = "Chạy `celery --app paperless beat` trong thư mục src của Paperless-ngx (start beat)."
    pattern = f"{glob.escape(str(settings.CELERY_BEAT_SCHEDULE_FILENAME))}*"
    written = [Path(name).stat().st_mtime for name in glob.glob(pattern)]  # noqa: PTH207 - the name is a prefix
    if not written:
        return warning(
            "Lịch định kỳ chưa từng chạy: thùng rác, chỉ mục và liên kết hết hạn không được dọn.",
            "beat has never run; trash, index and expired links are not tended",
            mend=start,
        )
    silent = time.time() - max(written)
    if silent < _BEAT_WRITES_EVERY:
        return ok()
    return warning(
        f"Lịch định kỳ không chạy từ {round(silent / 3600, 1)} giờ nay: thùng rác, chỉ mục và liên kết hết hạn "
        "không được dọn.",
        "beat has been silent for hours",
        mend=start,
    )


def cache_backend(_scope: Scope) -> Result:
    """Sessions and limits are kept in the cache; every process must see the same one."""
    backend = settings.CACHES["default"]["BACKEND"]
    if backend.rpartition(".")[2] in {"LocMemCache", "DummyCache"}:
        if _one_process():
            return ok()
        return error(
            "Mỗi tiến trình có bộ nhớ đệm riêng: phiên đăng nhập và trạng thái khác nhau giữa các tiến trình.",
            "each process has a cache of its own",
            mend=environment(f"PAPERLESS_CACHE_BACKEND={_REDIS}"),
        )
    location = settings.CACHES["default"].get("LOCATION", "")
    why = _unreachable(str(location)) if backend == _REDIS else ""
    if not why:
        try:
            cache.get("vks.doctor")
        except Exception as failure:  # noqa: BLE001 - each backend has errors of its own
            why = type(failure).__name__
    if not why:
        return ok()
    return error(
        f"Bộ nhớ đệm không trả lời ({why}): không đăng nhập được.",
        "the cache does not answer; nobody can sign in",
        mend=f"Khởi động Redis bằng {_RESTART}; nếu địa chỉ sai thì sửa PAPERLESS_REDIS (start Redis).",
    )


def channel_layer(_scope: Scope) -> Result:
    """Progress reaches the browser through it."""
    layers = getattr(settings, "CHANNEL_LAYERS", None)
    if not layers:
        return skipped("máy chủ thay thế không có phần này", "the stand-in has no such part")
    if not layers["default"]["BACKEND"].endswith("InMemoryChannelLayer") or _one_process():
        return ok()
    return warning(
        "Kênh báo tiến độ chỉ nằm trong một tiến trình: trang không thấy tác vụ nền làm đến đâu.",
        "the channel layer lives in one process; pages do not see progress",
        mend=environment("PAPERLESS_CHANNELS_BACKEND="),
    )
