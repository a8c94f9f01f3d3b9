"""The record of the last run on the real host says no more than what was run."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import plugin
from tests.host import last_run


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a host/ and tests of its own, which the record is about."""
    for name, text in (("host/guard.py", "refuse = True\n"), ("tests/test_doors.py", "assert True\n")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(last_run, "HOST_FOLDER", tmp_path / "host")
    monkeypatch.setattr(last_run, "TESTS", tmp_path / "tests")
    monkeypatch.setattr(last_run, "RECORD", tmp_path / "tests" / "last-run.json")
    return tmp_path


def test_nothing_was_ever_run(tree: Path) -> None:
    assert last_run.verdict().startswith("never proven on v3.0.5")


def test_a_fresh_record_stands(tree: Path) -> None:
    last_run.record(of=last_run.fingerprint(), passed=400, failed=0, skipped=1)
    facts = json.loads(last_run.RECORD.read_text(encoding="utf-8"))
    assert (facts["tag"], facts["passed"], facts["failed"], facts["skipped"]) == ("v3.0.5", 400, 0, 1)
    assert last_run.verdict() == f"proven on v3.0.5 at {facts['date']} (400 tests)"


@pytest.mark.parametrize("change", ["edit", "add", "rename", "remove"])
def test_a_record_is_stale_once_host_changed(tree: Path, change: str) -> None:
    last_run.record(of=last_run.fingerprint(), passed=400, failed=0, skipped=0)
    guard = tree / "host" / "guard.py"
    if change == "edit":
        guard.write_text("refuse = False\n", encoding="utf-8")
    elif change == "add":
        (tree / "host" / "door.py").write_text("", encoding="utf-8")
    elif change == "rename":
        guard.rename(tree / "host" / "gate.py")
    else:
        guard.unlink()
    assert last_run.verdict().startswith("stale: host/ changed since ")


def test_changed_tests_are_mentioned(tree: Path) -> None:
    last_run.record(of=last_run.fingerprint(), passed=400, failed=0, skipped=0)
    (tree / "tests" / "test_doors.py").write_text("assert not False\n", encoding="utf-8")
    assert last_run.verdict().endswith("(400 tests); tests changed since")


def test_what_is_edited_during_a_run_was_not_run(tree: Path) -> None:
    before = last_run.fingerprint()
    (tree / "host" / "guard.py").write_text("refuse = False\n", encoding="utf-8")
    last_run.record(of=before, passed=400, failed=0, skipped=0)
    assert last_run.verdict().startswith("stale: ")


class _Config(SimpleNamespace):
    def getoption(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)


@pytest.mark.parametrize(
    ("host", "exitstatus", "source", "options", "reason"),
    [
        ("paperless", 0, "TESTPATHS", {}, ""),
        ("lite", 0, "TESTPATHS", {}, "it ran on lite"),
        ("paperless", 1, "TESTPATHS", {}, "it was not green"),
        ("paperless", 0, "ARGS", {}, "it was only a part of the suite"),
        ("paperless", 0, "TESTPATHS", {"keyword": "doors"}, "it was only a part of the suite"),
        ("paperless", 0, "TESTPATHS", {"markexpr": "not slow"}, "it was only a part of the suite"),
    ],
)
def test_only_a_green_run_of_everything_is_recorded(
    monkeypatch: pytest.MonkeyPatch, host: str, exitstatus: int, source: str, options: dict[str, str], reason: str
) -> None:
    monkeypatch.setattr(plugin, "HOST", host)
    config = _Config(args_source=pytest.Config.ArgsSource[source], options=options)
    assert plugin._not_to_record(cast("pytest.Config", config), exitstatus) == reason
