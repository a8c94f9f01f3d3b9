"""`vks demo` and `vks manage` as somebody at a terminal runs them, in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import vks_plugin
from vks_plugin import cli
from vks_plugin.court.inspection import inspect_bundle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEMO = Path(vks_plugin.__file__).parent / "fixtures" / "demo"
PATIENCE = 600


def vks(*words: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with nothing of this process's own settings."""
    ours = ("PAPERLESS_", "VKS_", "DJANGO_", "CELERY_", "XDG_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "share"),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-m", "vks_plugin.cli", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        env=environment,
        cwd=home,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Return a home, the data of a demonstration prepared in it, and what was said meanwhile."""
    home = tmp_path_factory.mktemp("home")
    data = home / "dữ liệu"
    ended = vks("demo", "--prepare-only", "--host", "lite", "--data", str(data), home=home)
    assert ended.returncode == 0, ended.stderr
    return home, data, ended.stdout


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEMO / "cases.json").read_text(encoding="utf-8"))
    return found


def test_preparing_tells_who_can_sign_in_and_what_is_there(prepared: tuple[Path, Path, str]) -> None:
    _home, data, said = prepared
    people = json.loads((DEMO / "people.json").read_text(encoding="utf-8"))
    assert "stand-in, không phải Paperless-ngx" in said
    assert str(data) in said
    for person in people:
        assert person["username"] in said
    assert "Mật khẩu chung (password of every account): vks-demo-2026" in said
    for case in cases():
        assert f"Vụ án {case['code']}: {len(case['documents'])} tài liệu." in said
    assert "http://" not in said
    assert data.stat().st_mode & 0o077 == 0


STAGES = {
    "HS-QN-KV1-2025-0001": "truy_to",
    "HS-QN-KV1-2025-0002": "dieu_tra",
    "HS-QN-KV3-2025-0001": "xet_xu_so_tham",
    "HS-QN-2025-0001": "dieu_tra",
    "HS-NT-QN-KV1-2025-0001": "nguon_tin",
    "HS-DS-QN-KV1-2025-0001": "thu_ly",
    "HS-QN-KV1-2025-0003": "ket_thuc",
    "HS-QN-KV1-2025-0004": "ket_thuc",
}
"""Where the events of the demonstration lead each case."""


def test_management_commands_run_on_the_data(prepared: tuple[Path, Path, str]) -> None:
    home, data, _said = prepared
    ended = vks("manage", "--data", str(data), "vks_cases", "--json", home=home)
    assert ended.returncode == 0, ended.stderr
    listed = {row["code"]: row for row in json.loads(ended.stdout)}
    assert set(listed) == {case["code"] for case in cases()}
    for case in cases():
        row = listed[case["code"]]
        assert (row["name"], row["unit"], row["stage"]) == (case["name"], case["unit"], STAGES[case["code"]])
        assert row["accused"] == [person["full_name"] for person in case["accused"]]


def test_paper_is_lent_a_trial_is_under_way_and_a_file_waits_for_the_archive(prepared: tuple[Path, Path, str]) -> None:
    _home, data, _said = prepared
    with sqlite3.connect(data / "data" / "db.sqlite3") as database:
        lent = database.execute(
            "SELECT form, state, julianday(until) - julianday(date('now', 'localtime')) FROM vks_loan ORDER BY id"
        ).fetchall()
        sessions = database.execute("SELECT number, state, outcome FROM vks_court_session ORDER BY number").fetchall()
        packed = database.execute("SELECT state, error FROM vks_accession ORDER BY id").fetchall()
        inside = database.execute("SELECT documents, pages, files FROM vks_accession_item ORDER BY id").fetchall()
        given = database.execute("SELECT state, count(*) FROM vks_hand_over GROUP BY state ORDER BY state").fetchall()
        counted = database.execute(
            "SELECT h.total_pages, sum(d.page_count) FROM vks_hand_over h JOIN vks_case_document d"
            " ON d.case_id = h.case_id AND d.part = 'hsva' GROUP BY h.id"
        ).fetchall()
    # the first is overdue: handed out when its last day lay ahead
    assert lent == [("paper", "dang_muon", -4), ("paper", "dang_muon", 0), ("electronic", "de_nghi", 10)]
    assert sessions == [(1, "da_dien_ra", "Nghị án kéo dài"), (2, "du_kien", "")]
    assert packed == [("cho_luu_tru", ""), ("da_nop_luu", "")]
    # packed once the papers were in: original and copy of each
    assert [(documents, pages, files >= documents) for documents, pages, files in inside] == [(2, 2, True)] * 2
    assert given == [("cho_nhan", 1), ("da_nhan", 3)]
    # handed over once the papers were in, too: records say all of them
    assert [said == filed for said, filed in counted] == [True] * 3, counted


def test_a_file_is_sealed_and_shown_and_a_disposal_waits_for_its_second_approval(
    prepared: tuple[Path, Path, str],
) -> None:
    _home, data, _said = prepared
    with sqlite3.connect(data / "data" / "db.sqlite3") as database:
        sealed = database.execute(
            "SELECT c.code, m.documents, m.pages, m.folios FROM vks_seal_manifest m JOIN vks_case_file c ON c.id = m.case_id"
        ).fetchall()
        shown = database.execute(
            "SELECT s.number, json_array_length(l.entries) FROM vks_showing_log l JOIN vks_court_session s"
            " ON s.id = l.session_id"
        ).fetchall()
        disposals = database.execute(
            "SELECT b.state, c.code, b.second_by_id FROM vks_destruction_batch b JOIN vks_destruction_item i"
            " ON i.batch_id = b.id JOIN vks_case_file c ON c.id = i.case_id"
        ).fetchall()
        slides = database.execute("SELECT kind, redacted FROM vks_slide ORDER BY position").fetchall()
        numbers = database.execute("SELECT number, page FROM vks_plan_marker ORDER BY number").fetchall()
        marks = database.execute("SELECT page, shared FROM vks_folio_mark").fetchall()
        decks = database.execute("SELECT status, error FROM vks_deck_export").fetchall()
    assert sealed == [("HS-QN-KV3-2025-0001", 9, 19, 19)]
    kinds = ("tieu_de", "so_do", "so_do", "but_luc", "but_luc", "hien_truong")
    assert slides == [*((kind, 0) for kind in kinds), ("but_luc", 1), ("noi_dung", 0), ("but_luc", 0)]
    assert (numbers, marks, decks) == ([(1, 2), (2, 3)], [(1, 1)], [("done", "")])
    assert shown == [(1, 2)]
    assert disposals == [("cho_tinh_duyet", "HS-QN-KV1-2025-0004", None)]


def test_a_command_s_refusal_is_the_shell_s_exit_code(prepared: tuple[Path, Path, str]) -> None:
    home, data, _said = prepared
    ended = vks("manage", "--data", str(data), "vks_cases", "--user", "khong.co", home=home)
    assert ended.returncode == 1
    assert "Không có người dùng khong.co" in ended.stderr
    assert "Traceback" not in ended.stderr
    unknown = vks("manage", "--data", str(data), "vks_khong_co", home=home)
    assert unknown.returncode == 1
    assert "Unknown command" in unknown.stderr


def test_every_case_of_the_demonstration_with_papers_can_be_bundled(prepared: tuple[Path, Path, str]) -> None:
    home, data, _said = prepared
    with_papers = [case for case in cases() if case["documents"]]
    assert len(with_papers) == 6
    for case in with_papers:
        out = home / f"{case['code']} Toàn bộ 2026-05-04.pdf"
        wanted = ["--case", case["code"], "--out", str(out), "--json"]
        ended = vks("manage", "--data", str(data), "vks_bundle", *wanted, home=home)
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
        types = {row["fields"]["code"]: row["fields"] for row in _catalogue()}
        inside = [each for each in case["documents"] if types[each["type"]]["part"] == "hsva"]
        found = inspect_bundle(out)
        assert found.problems == []
        assert (told["documents"], told["pages"]) == (len(inside), found.page_count)
        assert [end for _start, end in found.links] == sorted(end for _start, end in found.links)
        assert found.page_count == sum(each["pages"] for each in inside) + found.links[0][1] - 1


def _catalogue() -> list[dict[str, Any]]:
    path = DEMO.parent / "document_types.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _rows(data: Path) -> dict[str, int]:
    with sqlite3.connect(data / "data" / "db.sqlite3") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for table in sorted(tables)
            if table.startswith(("vks_", "documents_", "auth_", "guardian_"))
        }


def test_preparing_again_doubles_nothing(prepared: tuple[Path, Path, str]) -> None:
    home, data, said = prepared
    before = _rows(data)
    files = sorted(path.name for path in (data / "media").rglob("*.pdf"))
    assert before["vks_case_file"] == len(cases())
    assert before["vks_case_document"] == sum(len(case["documents"]) for case in cases())
    ended = vks("demo", "--prepare-only", "--data", str(data), home=home)
    assert ended.returncode == 0, ended.stderr
    assert _rows(data) == before
    assert sorted(path.name for path in (data / "media").rglob("*.pdf")) == files
    # the same summary, and the host is remembered without being named
    assert ended.stdout.splitlines()[-5:] == said.splitlines()[-5:]


def test_another_host_is_not_run_on_the_data(prepared: tuple[Path, Path, str]) -> None:
    home, data, _said = prepared
    before = _rows(data)
    for words in (["demo", "--prepare-only"], ["manage"]):
        tail = ["vks_cases"] if words == ["manage"] else []
        ended = vks(*words, "--host", "paperless", "--data", str(data), *tail, home=home)
        assert ended.returncode == 2
        assert "được tạo với --host lite" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert _rows(data) == before


def test_a_port_in_use_is_said_to_be_in_use(prepared: tuple[Path, Path, str]) -> None:
    home, data, _said = prepared
    before = _rows(data)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = vks("demo", "--host", "lite", "--data", str(data), "--port", str(port), home=home)
    assert ended.returncode == 2
    assert f"Cổng {port} đang được dùng: hãy chọn cổng khác bằng --port" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert _rows(data) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["demo", "--host", "paperless", "--prepare-only", "--data", "{home}/x"], "Không tìm thấy Paperless-ngx 3.0.5"),
        (["demo", "--source", "{home}/khong-co.zip", "--data", "{home}/x"], "Không có tệp"),
        (["demo", "--source", "{home}/bad.zip", "--data", "{home}/x"], "không phải tệp nén hợp lệ"),
        (["manage", "--data", "{home}/khong-co", "vks_cases"], "Không có thư mục"),
        (["manage", "--data", "{home}"], "Hãy nêu lệnh quản trị"),
        (["demo", "--host", "lite", "--prepare-only", "--data", "{home}"], "không trống"),
        (["demo", "--host", "lite", "--prepare-only", "--data", "{home}/bad.zip"], "Không dùng được"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_nothing(
    words: list[str], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"not an archive")
    ended = vks(*(word.format(home=tmp_path) for word in words), home=tmp_path)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "khong-co").exists()
    assert (tmp_path / "bad.zip").read_bytes() == b"not an archive"


@pytest.mark.parametrize("words", [[], ["dem"], ["demo", "--port", "xyz"], ["demo", "--host", "other"], ["manage"]])
def test_a_mistyped_command_line_says_how_it_is_used(words: list[str], tmp_path: Path) -> None:
    ended = vks(*words, home=tmp_path)
    assert ended.returncode == 2
    assert "usage: vks" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_wish_to_stop_that_a_library_swallowed_is_heard_at_the_next_step(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        check = cli.listen()
        check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        # what was raised may be lost in a callback
        with pytest.raises(KeyboardInterrupt):
            check()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
