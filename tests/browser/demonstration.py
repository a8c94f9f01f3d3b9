"""A demonstration as a process of its own, started and stopped as a person would."""

from __future__ import annotations

import base64
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAPERS = ROOT / "fixtures" / "demo"
READY = "Sẵn sàng / Ready"
CLERKS = ("vanthu.kv1", "soquet.kv1", "vanthu.kv3", "vanthu.tinh")
"""Who has handed the demonstration's case files in."""

_ALL_IN_WITHIN = 300
_STARTS_WITHIN = 300


def free_port() -> int:
    """Return a port nothing listens on at this moment."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def environment() -> dict[str, str]:
    """Return this process's environment without what the test run put there for a host of its own."""
    kept = {"PAPERLESS_SRC"}
    ours = ("PAPERLESS_", "VKS_", "DJANGO_", "CELERY_")
    return {name: value for name, value in os.environ.items() if name in kept or not name.startswith(ours)} | {
        "PYTHONUNBUFFERED": "1"
    }


def becomes(value: Callable[[], Any], wanted: Any, *, within: float) -> Any:
    """Return the value as soon as it is the wanted one, or as it is in the end."""
    until = time.monotonic() + within
    while (now := value()) != wanted and time.monotonic() < until:
        time.sleep(0.5)
    return now


class Demonstration:
    """The command `vks demo` running on data of its own."""

    def __init__(self, host: str, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self.sessions: dict[str, Any] = {}
        """Cookies of the people who have signed in, by user name."""
        self._lines: queue.Queue[str | None] = queue.Queue()
        words = ["demo", "--host", host, "--data", str(folder), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vks_plugin.cli", *words],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            # a group of its own: Ctrl-C of the person running the tests stops this one through the fixture
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.output.append(line.rstrip("\n"))
            self._lines.put(line)
        self._lines.put(None)

    @property
    def said(self) -> str:
        """Everything the process has printed so far."""
        return "\n".join(self.output)

    def wait_for(self, words: str) -> None:
        """Wait until a line holds these words.

        Raises:
            AssertionError: the process ended, or took too long.
        """
        until = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                message = f"no “{words}” within {_STARTS_WITHIN} s; it said:\n{self.said}"
                raise AssertionError(message) from None
            if line is None:
                message = f"it ended before “{words}”; it said:\n{self.said}"
                raise AssertionError(message)
            if words in line:
                return

    @property
    def password(self) -> str:
        """The password of every account, as it was printed."""
        found = re.search(r"password of every account\): (\S+)", self.said)
        assert found is not None, self.said
        return found.group(1)

    def ask(self, path: str, username: str) -> Any:
        """Ask the API as this person."""
        return self._answered(path, username, None)

    def send(self, path: str, username: str, values: dict[str, Any]) -> Any:
        """Have the API make something as this person; return what it answered."""
        return self._answered(path, username, json.dumps(values).encode())

    def _answered(self, path: str, username: str, body: bytes | None) -> Any:
        pair = base64.b64encode(f"{username}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}{path}", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def waiting(self) -> list[Any]:
        """Return the papers of the clerks that are not in yet, or could not be taken in."""
        return [row for clerk in CLERKS for row in self.ask("/api/vks/intake/", clerk)["results"]]

    def documents(self) -> int:
        """Return how many documents lie in the case files of the province."""
        return sum(case["document_count"] for case in self.ask("/api/vks/cases/", "vt.tinh")["results"])

    def wait_until_filed(self) -> None:
        """Wait until every paper of the demonstration's case files is a document.

        Raises:
            AssertionError: some are not, after five minutes.
        """
        cases = json.loads((PAPERS / "cases.json").read_text(encoding="utf-8"))
        # those of the supervision files are not counted
        whole = sum(row["folio_from"] is not None for case in cases for row in case["documents"])
        assert becomes(self.documents, whole, within=_ALL_IN_WITHIN) == whole, self.waiting()

    def press(self) -> None:
        """Press Ctrl-C, which a terminal sends to every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def interrupt(self, within: float = 20) -> tuple[int, float]:
        """Press Ctrl-C; return the exit code and the seconds it took.

        Raises:
            AssertionError: it was still running after `within` seconds.
        """
        started = time.monotonic()
        self.press()
        try:
            code = self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill()
            message = f"still running {within} s after Ctrl-C; it said:\n{self.said}"
            raise AssertionError(message) from None
        took = time.monotonic() - started
        self._reader.join(timeout=5)
        return code, took

    def left_running(self) -> list[str]:
        """Return the command lines of processes of the demonstration's session that are still there."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            # after the name in brackets: state, parent, group, session
            state, _parent, _group, session = stat.rpartition(")")[2].split()[:4]
            if session == str(self.process.pid) and state != "Z":
                found.append(f"{folder.name} {words}")
        return found

    def kill(self) -> None:
        """End it at once, with everything it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=10)
