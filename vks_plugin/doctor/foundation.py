"""Checks of what the plugin stands on: the host, the database, the libraries."""

from __future__ import annotations

from importlib import metadata

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import Resolver404, resolve
from packaging.requirements import Requirement

from vks_plugin import in_database
from vks_plugin.append_only import append_only_models, unprotected
from vks_plugin.conf import configuration
from vks_plugin.custody import into_log
from vks_plugin.doctor.results import Result, Scope, environment, error, ok, skipped, some, warning
from vks_plugin.host import contract, probes, version

_MIDDLEWARE = ("ActorMiddleware", "DueMiddleware", "HostPageMiddleware", "AccessLogMiddleware")
_FULL = 2
"""SQLite's number for `synchronous=FULL`."""


def host_version(_scope: Scope) -> Result:
    """The version the plugin was tried on."""
    running = probes.running_version()
    if not version.version_problem(running):
        return ok()
    return error(
        f"Paperless-ngx {'.'.join(map(str, running))} không nằm trong các phiên bản đã thử với vks_plugin.",
        "this version of Paperless-ngx was not tried with vks_plugin",
        mend=f"Cài Paperless-ngx {'.'.join(map(str, version.OLDEST))}: "
        f"ảnh container chính thức có thẻ `paperless-ngx:{'.'.join(map(str, version.OLDEST))}`, hoặc tệp phát hành cùng số "
        "(install the official image or release of that version).",
    )


def host_contract(_scope: Scope) -> Result:
    """What the version number does not tell: functions, fields, signals and doors we rely on."""
    broken = contract.contract_problems()
    if not broken:
        return ok()
    return error(
        f"Máy chủ có đúng số phiên bản nhưng khác mã nguồn đã thử ở {len(broken)} chỗ: {some(broken)}.",
        "the host's code is not the one vks_plugin was tried on",
        mend=f"Dùng bản phát hành chính thức, không dùng nhánh phát triển: "
        f"`git checkout v{'.'.join(map(str, version.OLDEST))}` (use the release, not the development branch).",
    )


def stand_in(_scope: Scope) -> Result:
    """The stand-in has no doors to guard and is for demonstrations and tests only."""
    if not version.is_stand_in() or probes.test_or_demonstration():
        return ok()
    return error(
        "Đang chạy trên máy chủ thay thế (vks_plugin/lite), không phải Paperless-ngx: không được dùng cho hồ sơ thật.",
        "this is the stand-in for demonstrations, not Paperless-ngx",
        mend="Bỏ vks_plugin/lite khỏi đường dẫn Python, bằng `unset PYTHONPATH`, rồi chạy trong thư mục src của "
        "Paperless-ngx (take it off the path and start Paperless-ngx itself).",
    )


def mounted(_scope: Scope) -> Result:
    """Our pages, our middleware and our guard are in place."""
    if not configuration().enabled:
        return skipped("vks_plugin đang tắt", "vks_plugin is switched off")
    lacking = [name for name in _MIDDLEWARE if f"vks_plugin.web.middleware.{name}" not in settings.MIDDLEWARE]
    lacking += probes.unguarded_doors()
    try:
        served_by = resolve("/vks/").func.__module__
    except Resolver404:
        served_by = ""
    if not served_by.startswith("vks_plugin."):
        lacking.append("/vks/")
    if not lacking:
        return ok()
    return error(
        f"Một ứng dụng khác đã thế chỗ của vks_plugin trong máy chủ: thiếu {some(lacking)}.",
        "another app took our place in the host",
        mend="Để vks_plugin đứng cuối trong `PAPERLESS_APPS=` (ngăn cách bằng dấu phẩy), rồi khởi động lại web và tác vụ "
        "nền (put vks_plugin last, then restart).",
    )


def database_engine(_scope: Scope) -> Result:
    """PostgreSQL or SQLite."""
    if not version.database_problem():
        return ok()
    return error(
        f"Cơ sở dữ liệu {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]} không được hỗ trợ.",
        "this database is not served",
        mend=environment("PAPERLESS_DBENGINE=postgresql"),
    )


def database_durability(_scope: Scope) -> Result:
    """Whether what was acknowledged survives a power cut."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            level = int(cursor.fetchone()[0])
        if level >= _FULL:
            return ok()
        options = settings.DATABASES["default"].get("OPTIONS", {})
        commands = [each for each in str(options.get("init_command", "")).split(";") if "synchronous" not in each]
        wanted = ";".join([each for each in commands if each] + ["PRAGMA synchronous=FULL"])
        return warning(
            "SQLite không chờ ghi xuống đĩa (synchronous=NORMAL): mất điện có thể làm mất việc vừa được báo là đã xong.",
            "a power cut can lose an acknowledged commit",
            mend="Dùng PostgreSQL cho hồ sơ thật. Nếu vẫn dùng SQLite: "
            + environment(f"PAPERLESS_DB_OPTIONS=init_command={wanted}", begins=False),
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )
        off = sorted(name for name, value in cursor.fetchall() if value == "off")
    if not off:
        return ok()
    steps = ", ".join(f"`ALTER SYSTEM SET {name} = on`" for name in off)
    return warning(
        f"PostgreSQL không chờ ghi xuống đĩa ({', '.join(off)} = off): mất điện có thể làm mất hoặc hỏng dữ liệu.",
        "a power cut can lose an acknowledged commit or damage the database",
        mend=f"Bằng tài khoản quản trị PostgreSQL: {steps}, rồi `SELECT pg_reload_conf()`.",
    )


def migrations(_scope: Scope) -> Result:
    """The tables are those of the code: of the host's and of ours."""
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations
    waiting = sorted(f"{app}.{name}" for app, name in loader.graph.leaf_nodes() if (app, name) not in applied)
    if waiting:
        return error(
            f"Cơ sở dữ liệu chưa được cập nhật: còn {some(waiting)}.",
            "migrations have not been applied",
            mend="Sao lưu, rồi chạy `python manage.py migrate` (back up, then migrate).",
        )
    unknown = sorted(name for app, name in applied if app == "vks" and (app, name) not in loader.graph.nodes)
    if unknown:
        return error(
            f"Cơ sở dữ liệu mới hơn vks_plugin đang cài: không biết {some(unknown)}.",
            "the database belongs to a newer vks_plugin",
            mend="Cài lại bản mới hơn: `pip install --upgrade vks-plugin` (install the newer version again).",
        )
    return ok()


def append_only(_scope: Scope) -> Result:
    """The database itself refuses to rewrite what was recorded."""
    if not append_only_models():
        return skipped("không có bảng nào chỉ được ghi thêm", "no table is append-only")
    bare = sorted(model._meta.db_table for model in unprotected(connection))
    if not bare:
        return ok()
    return error(
        f"Cơ sở dữ liệu không còn chặn việc sửa, xóa ở bảng chỉ được ghi thêm: {some(bare)}. Một thay đổi cấu trúc bảng "
        "hoặc một người có quyền quản trị cơ sở dữ liệu đã gỡ bộ chặn.",
        "triggers that keep recorded rows from being changed are gone",
        mend="Đối chiếu các bảng ấy với bản sao lưu gần nhất, rồi chạy `python manage.py migrate`: lệnh này đặt lại bộ "
        "chặn (compare with the last backup; migrate makes the triggers again).",
    )


def functions(_scope: Scope) -> Result:
    """What the database itself does for the ledger and the access log is there, and is what this version has."""
    other = sorted(each.name for each in in_database.altered(connection))
    if into_log.is_lost(connection):
        other.append(into_log.TRIGGER)
    if not other:
        return ok()
    return error(
        f"Hàm, bộ chặn của sổ cái và nhật ký truy cập trong cơ sở dữ liệu đã mất hoặc bị viết lại: {some(other)}. Một người có "
        "quyền quản trị cơ sở dữ liệu đã làm, hoặc bản sao lưu phục hồi thiếu hàm.",
        "functions of the ledger or the access log in the database are gone, or were rewritten",
        mend="Chạy `python manage.py vks_ledger verify` và đối chiếu với bản sao lưu gần nhất, rồi chạy `python manage.py "
        "migrate`: lệnh này đặt lại hàm (check the ledger, compare with the last backup; migrate makes them again).",
    )


def libraries(_scope: Scope) -> Result:
    """What the package needs, at the versions it needs."""
    try:
        needed = metadata.requires("vks-plugin") or []
    except metadata.PackageNotFoundError:
        return skipped("chạy từ mã nguồn, không cài bằng pip", "running from source, not installed by pip")
    lacking = []
    for line in needed:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            present = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            present = ""
        if not present or not requirement.specifier.contains(present, prereleases=True):
            lacking.append(f"{requirement.name}{requirement.specifier}")
    if not lacking:
        return ok()
    return error(
        f"Thiếu thư viện hoặc sai phiên bản: {some(lacking)}.",
        "libraries are missing or of another version",
        mend=" ".join(f"`pip install '{each}'`" for each in lacking)
        + " – máy không có mạng: thêm --no-index --find-links tới thư mục wheel (offline: from a folder of wheels).",
    )
