#!/usr/bin/env python3
"""Sets up everything and passes all tests: `python3 tests/run.py`.

Needs Python's standard library only. Lanes run one after another, those of one process beside the browser and, until
they are through, beside the suite; a lane that fails does not stop the next. What was left out for lack of a part is
said at the end, in one line.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

CHECKOUT = Path(__file__).resolve().parent.parent


def _bootstrap() -> ModuleType:
    """Load the set-up by its path: its package is not installed yet."""
    spec = importlib.util.spec_from_file_location(
        "vks_bootstrap", CHECKOUT / "vks_plugin" / "demonstration" / "bootstrap.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = _bootstrap()


@dataclass
class Report:
    """What the lanes found."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever adds to the counts."""


report = Report()


def _beside() -> bool:
    """Tell whether this lane runs beside another."""
    return threading.current_thread() is not threading.main_thread()


def _program(name: str) -> str:
    return str(bootstrap.ENVIRONMENT / "bin" / name)


def run(name: str, command: list[str], *, cwd: Path = CHECKOUT, env: dict[str, str] | None = None) -> bool:
    """Run one lane and note whether it failed."""
    began = time.monotonic()
    heading = f"\n=== {name}: {' '.join(Path(word).name if word.startswith('/') else word for word in command)}"
    # beside another lane what a program says is shown in one piece, when it is over
    beside = _beside()
    if not beside:
        bootstrap.say(heading)
    ended = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
        text=True,
        stdout=subprocess.PIPE if beside else None,
        stderr=subprocess.STDOUT if beside else None,
    )
    if beside:
        bootstrap.say(f"{heading}\n{ended.stdout}")
    bootstrap.say(f"=== {name}: {'ok' if ended.returncode == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)")
    if ended.returncode != 0:
        report.broken.append(name)
    return ended.returncode == 0


def pytest(name: str, *words: str, env: dict[str, str] | None = None, jobs: int = 2) -> None:
    """Run pytest and add its counts to the report."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        # small helpings: who got the slow tests of a large one would work on alone at the end, for minutes
        parallel = ["-n", str(jobs), "--maxschedchunk", "4"] if jobs > 1 else []
        run(name, [_program("python"), "-m", "pytest", "-q", *parallel, f"--junitxml={results}", *words], env=env)
        if not results.is_file():
            return
        for suite in ET.parse(results).getroot().iter("testsuite"):
            count = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
            failed = count["failures"] + count["errors"]
            with report.lock:
                report.failed += failed
                report.skipped += count["skipped"]
                report.passed += count["tests"] - failed - count["skipped"]


def real_host() -> bool:
    """Tell whether the real host is on this machine."""
    asked = "from vks_plugin.demonstration.hosts import find_paperless, missing_imports as m; import sys; "
    asked += "sys.exit(0 if find_paperless() and not m() else 1)"
    return subprocess.run([_program("python"), "-c", asked], check=False).returncode == 0


def style() -> None:
    """Check style, types and the direction of imports, and that translations and migrations are complete."""
    run("ruff", [_program("ruff"), "check", "."])
    run("format", [_program("ruff"), "format", "--check", "."])
    run("mypy", [_program("mypy")])
    run("imports", [_program("lint-imports")])


def package() -> None:
    """Build sdist and wheel, the wheel from the sdist, and run what was built outside the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        python = _program("python")
        if not run("build", [python, "-m", "build", "--no-isolation", "--outdir", str(place / "dist"), "."]):
            return
        wheel = next((place / "dist").glob("*.whl"))
        target = place / "installed"
        quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
        if not run("install", [python, "-m", "pip", "install", *quiet, "--target", str(target), str(wheel)]):
            return
        # before the checkout, which the environment knows too
        env = {"PYTHONPATH": str(target), "XDG_DATA_HOME": str(place / "share")}
        where = f"import vks_plugin, sys; sys.exit(not vks_plugin.__file__.startswith({str(target)!r}))"
        run("wheel is what runs", [python, "-c", where], cwd=place, env=env)
        vks = [python, "-m", "vks_plugin.cli"]
        data = ["--data", str(place / "data")]
        run("wheel: demo", [*vks, "demo", "--prepare-only", "--host", "lite", *data], cwd=place, env=env)
        run("wheel: cases", [*vks, "manage", *data, "vks_cases", "--json"], cwd=place, env=env)
        run("wheel: doctor", [*vks, "doctor", *data], cwd=place, env=env)
        check = ["makemigrations", "vks", "--check", "--dry-run"]
        run("wheel: migrations", [*vks, "manage", *data, *check], cwd=place, env=env)


def _postgresql() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    named = shutil.which("initdb")
    return found[-1].parent if found else (Path(named).parent if named else None)


def _memory() -> str | None:
    """Return a folder in memory with room for a cluster and its copies, or None.

    PostgreSQL waits for the disk at every commit and may not be told not to: the doctor asks whether it does.
    """
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 3 * 2**30 else None


@contextmanager
def postgresql(*, on_disk: bool = False) -> Iterator[dict[str, str] | None]:
    """Run a PostgreSQL of our own, reachable through a socket in a folder that goes afterwards.

    Args:
        on_disk: its files lie on the disk, so that a commit waits for it; else in memory where there is room.
    """
    programs = _postgresql()
    # it refuses to run as root; Debian's package brings a user for it
    user = "postgres" if os.geteuid() == 0 else ""
    if programs is None:
        yield None
        return
    place = None if on_disk else _memory()
    with tempfile.TemporaryDirectory(prefix="vks-pg-", dir=place, ignore_cleanup_errors=True) as folder:
        prefix = ["runuser", "-u", user, "--"] if user else []
        if user:
            shutil.chown(folder, user)
        data, log = f"{folder}/data", f"{folder}/log"
        options = f"-k {folder} -c listen_addresses= -c max_connections=120"
        quiet = {"stdout": subprocess.DEVNULL, "cwd": "/"}
        start = [f"{programs}/pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start"]
        try:
            subprocess.run(
                [
                    *prefix,
                    f"{programs}/initdb",
                    "-D",
                    data,
                    "-U",
                    "paperless",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--no-sync",
                ],
                check=True,
                **quiet,  # type: ignore[call-overload]
            )
            subprocess.run([*prefix, *start], check=True, **quiet)  # type: ignore[call-overload]
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        try:
            yield {
                "PAPERLESS_DBENGINE": "postgresql",
                "PAPERLESS_DBHOST": folder,
                "PAPERLESS_DBUSER": "paperless",
                "PAPERLESS_DBNAME": "postgres",
                "PAPERLESS_DBPASS": "",
            }
        finally:
            stop = [f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "stop"]
            subprocess.run([*prefix, *stop], check=False, **quiet)  # type: ignore[call-overload]


def database(hosts: list[str]) -> None:
    """Run what depends on the database on PostgreSQL too."""
    with postgresql() as environment:
        if environment is None:
            report.left_out.append("PostgreSQL (initdb was not found or did not start)")
            return
        for host in hosts:
            jobs = 1 if _beside() else 2
            pytest(f"{host}, PostgreSQL", f"--host={host}", "-m", "database", env=environment, jobs=jobs)


def _miss_libreoffice() -> None:
    missed = "bundles and decks opened in LibreOffice (soffice is not installed)"
    if shutil.which("soffice") is None and missed not in report.left_out:
        report.left_out.append(missed)


def browser(host: str) -> None:
    """Run the journeys in a browser."""
    _miss_libreoffice()
    if shutil.which("chromium") is None:
        report.left_out.append("browser journeys (chromium is not installed)")
        return
    pytest(f"{host}, browser", f"--host={host}", "tests/browser", jobs=1)


def suite(hosts: list[str]) -> None:
    """Run the suite on every host there is."""
    _miss_libreoffice()
    for host in hosts:
        # what takes longest is asked once, of the host that is the judge
        words = ["-m", "not every_address"] if host == "lite" and "paperless" in hosts else []
        pytest(f"{host}, SQLite", f"--host={host}", *words)


LANES: dict[str, Callable[[list[str]], None]] = {
    "style": lambda _hosts: style(),
    "package": lambda _hosts: package(),
    "suite": suite,
    "database": database,
    "browser": lambda hosts: browser(hosts[-1]),
}

QUIET = ("style", "package", "database")
"""Lanes that are content with one processor."""


def main() -> int:
    """Run the lanes; return 0 when everything that could run passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=sorted(LANES), default=list(LANES), help="run only these lanes")
    parser.add_argument("--no-setup", action="store_true", help="install nothing")
    options = parser.parse_args()
    began = time.monotonic()
    if not options.no_setup:
        missing = bootstrap.prepare("dev")
        if missing:
            report.left_out.append(f"what needs the Debian packages {', '.join(missing)}")
    # a `convert` or `initdb` of another origin on the path is not the one that is installed with Debian
    os.environ["PATH"] = f"/usr/bin:{os.environ.get('PATH', '')}"
    hosts = ["lite"]
    if real_host():
        hosts.append("paperless")
    else:
        report.left_out.append("the real Paperless-ngx v3.0.5 (not on this machine: see docs/developers.md)")
    # what keeps one processor busy runs beside the browser, which leaves the other to it
    quiet = [name for name in options.only if name in QUIET] if "browser" in options.only else []
    with ThreadPoolExecutor(max_workers=1) as other:
        done = [other.submit(LANES[name], hosts) for name in quiet]
        for name in sorted((name for name in options.only if name not in quiet), key=lambda name: name != "browser"):
            LANES[name](hosts)
    for each in done:
        each.result()
    verdict = subprocess.run(
        [_program("python"), "-m", "tests.host.last_run"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    ).stdout.strip()
    bootstrap.say(f"\nleft out: {'; '.join(report.left_out) or 'nothing'}")
    if report.broken:
        bootstrap.say(f"failed lanes: {', '.join(report.broken)}")
    bootstrap.say(f"real host: {re.sub(r'[^ -~]', '?', verdict)}")
    minutes = (time.monotonic() - began) / 60
    bootstrap.say(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped in {minutes:.1f} minutes")
    return 1 if report.broken or report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
