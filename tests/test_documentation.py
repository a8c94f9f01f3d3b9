"""Documentation that cannot lie: what the pages say of the program is compared with the program.

Tables marked as written by this file are printed from the code; `WRITE_DOCUMENTATION=1` puts them in place.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.core.management import CommandError, load_command_class
from django.core.management.base import BaseCommand, CommandParser
from django.urls import resolve
from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

import vks_plugin
from tests.documented import DOCS, as_markdown, block_of, compare_block
from tests.run import LANES
from vks_plugin import cli, errors
from vks_plugin.access.explain import REACH_NAMES
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import CONDITIONS, MAY_APPOINT, MAY_REGISTER, RELATIONS, Level, as_table
from vks_plugin.acts import ACTS
from vks_plugin.cases.actions.proceedings import Happened
from vks_plugin.cases.deadlines import CLASSES, Span, deadline_rules
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import Assignment
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.cases.record import CASE_FIELDS, PARTS_OF_RECORD, field_label
from vks_plugin.cases.stages import stage_label, status_label
from vks_plugin.cases.validation import RULES as VALIDATION
from vks_plugin.conf import Configuration, configuration
from vks_plugin.custody.handing import DIRECTIONS
from vks_plugin.exchange.columns import columns
from vks_plugin.organization.roles import HOST_PERMISSIONS, Role

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(vks_plugin.__file__).parent
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((DOCS / "en").glob("*.md"))]
TRANSLATED = sorted((DOCS / "en").glob("*.md"))
FOR_USERS = ("staff.md", "procurators.md", "leaders.md")
"""Pages on which a bold word is a word of our screens."""

COMMANDS = sorted(path.stem for path in (PACKAGE / "management" / "commands").glob("vks_*.py"))
A_UUID = "e72706fe-0ca5-49a5-a7b3-4c168ddabcc9"

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def _rows(table: str) -> list[list[str]]:
    """Return the cells of a table without its heading."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _code(page: Path) -> Iterator[tuple[str, bool]]:
    """Yield each line of the fenced blocks, continued lines joined, and each code span; and whether it is a line."""
    text = page.read_text(encoding="utf-8")
    for body in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in body.replace("\\\n", " ").splitlines():
            yield line, True
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
        yield span, False


# --- settings


def test_the_table_of_settings_is_that_of_the_code() -> None:
    shown = {row[0].strip("`"): row[1] for row in _rows(block_of(DOCS / "settings.md", "settings"))}
    expected = {}
    for field in fields(Configuration):
        default: Any = field.default
        text = str(default).lower() if isinstance(default, bool) else "" if default == () else str(default)
        expected[f"VKS_{field.name.upper()}"] = f"`{text}`" if text else "trống / empty"
    expected["VKS_DATA_DIR"] = "`vks` trong / in `PAPERLESS_DATA_DIR`"
    expected["VKS_LEDGER_KEY_FILE"] = "`ledger.key` trong / in `VKS_DATA_DIR`"
    expected["VKS_LEDGER_HEADS_DIR"] = "`ledger-heads` trong / in `VKS_DATA_DIR`"
    assert shown == expected
    assert all(len(row) == 4 and row[2] and row[3] for row in _rows(block_of(DOCS / "settings.md", "settings")))


def test_the_default_folder_is_where_the_table_says(settings: Any) -> None:
    assert configuration().data_dir == Path(settings.DATA_DIR) / "vks"


@every_page
def test_every_setting_named_is_one(page: Path) -> None:
    known = {f"VKS_{field.name.upper()}" for field in fields(Configuration)}
    named = set(re.findall(r"\bVKS_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named <= known


# --- commands


@lru_cache
def _parser(command: str) -> CommandParser:
    return load_command_class("vks_plugin", command).create_parser("manage.py", command)


@lru_cache
def _own_options(command: str) -> frozenset[str]:
    common = BaseCommand().create_parser("manage.py", command)
    ours = {text for action in _parser(command)._actions for text in action.option_strings}
    return frozenset(ours - {text for action in common._actions for text in action.option_strings})


@pytest.mark.parametrize("page", ["administrators.md", "en/administrators.md"])
def test_the_table_of_commands_names_each_with_its_options(page: str) -> None:
    rows = {row[0].strip("`"): row for row in _rows(block_of(DOCS / page, "commands"))}
    assert sorted(rows) == COMMANDS
    for command, row in rows.items():
        assert set(re.findall(r"`(--[a-z-]+)", row[2])) == _own_options(command), command


def _until_operator(words: list[str]) -> list[str]:
    ends = (index for index, word in enumerate(words) if word in {"|", ">", ">>", "&&", ";", "||"})
    return words[: next(ends, len(words))]


def _command_lines() -> list[tuple[str, str, list[str], bool]]:
    """Return page, program, its words and whether it is complete, for each time the documentation calls ours."""
    found = []
    for page in PAGES:
        for text, complete in _code(page):
            try:
                words = shlex.split(text, comments=True)
            except ValueError:
                continue
            for index, word in enumerate(words):
                program = "vks" if word.endswith("bin/vks") else word
                if program in COMMANDS or (program == "vks" and len(words) > index + 1):
                    rest = _until_operator(words[index + 1 :])
                    found.append((page.relative_to(ROOT).as_posix(), program, rest, complete))
                    break
    return found


def test_every_command_line_is_understood_by_its_command() -> None:
    lines = _command_lines()
    assert {program for _page, program, _words, complete in lines if complete} >= {"vks", *COMMANDS}
    for page, program, words, complete in lines:
        told = f"{page}: {program} {' '.join(words)}"
        options = set(_named_options(words))
        if program == "vks":
            assert words[0] in _console(), told
            assert complete or options <= set(_console()[words[0]]._option_string_actions), told
        else:
            assert options <= _own_options(program), told
        if complete:
            try:
                (cli._parser() if program == "vks" else _parser(program)).parse_args(words)
            except (CommandError, SystemExit) as error:
                pytest.fail(f"{told}: {error}")


def _console() -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of what the console script `vks` does."""
    action: Any = next(each for each in cli._parser()._actions if each.dest == "command")
    parsers: dict[str, argparse.ArgumentParser] = action.choices
    return parsers


def _named_options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if word.startswith("--")]


def test_the_demonstration_s_options_are_described() -> None:
    text = (DOCS / "developers.md").read_text(encoding="utf-8")
    assert set(_console()) == {"demo", "manage", "doctor"}
    for name, parser in _console().items():
        assert f"vks {name}" in text
        for action in parser._actions:
            for option in set(action.option_strings) - {"-h", "--help"}:
                assert option in text, f"vks {name} {option}"


@every_page
def test_nothing_of_ours_is_named_that_is_not_there(page: Path) -> None:
    tables = {model._meta.db_table for model in apps.get_app_config("vks").get_models()}
    named = set(re.findall(r"\bvks_[a-z_]*[a-z]", page.read_text(encoding="utf-8")))
    # some time limits, events and directions of hand-overs are named for the procuracy too
    law = set(deadline_rules()) | {value for events in EVENTS.values() for value in events} | DIRECTIONS.keys()
    assert named <= tables | {*COMMANDS, "vks_plugin"} | law


# --- who may what

VIETNAMESE: dict[str | Level, str] = {
    **dict(RELATIONS.items()),
    **dict(CONDITIONS.items()),
    "": "luôn luôn",
    **{sensitivity.name: name for sensitivity, name in REACH_NAMES.items()},
    Level.NONE: "—",
    Level.METADATA: "biết",
    Level.VIEW: "xem",
    Level.CONTRIBUTE: "nộp",
    Level.MANAGE: "quản lý",
}
ENGLISH: dict[str | Level, str] = {
    "assigned": "assigned to the case",
    "granted": "let in for a while",
    "own_unit": "in the handling office",
    "own_department": "in the handling department",
    "trial_unit": "in the office appointed for the trial",
    "higher_unit": "in the office above",
    "higher_department": "in the department above in charge of the stage",
    "appeal": "from the appeal to its end",
    "archived": "once archived",
    "": "always",
    "NORMAL": "ordinary cases",
    "SEXUAL_OFFENCE": "also sexual offences",
    "PROTECTED": "also sexual offences and persons under 18",
    "RESTRICTED": "also restricted ones",
    **{level: level.name.lower() for level in Level},
    Level.NONE: "—",
}


def _role_name(relation: str, role: str) -> str:
    labels: dict[str, Any] = dict(
        {"assigned": Assignment.Role, "granted": TemporaryAccess.Kind}.get(relation, Role).choices
    )
    with translation.override("vi"):
        name = str(labels[role])
        return f"Quyền tạm thời {name}:" if relation == "granted" else name


def _matrix(words: dict[str | Level, str], heading: tuple[str, ...], *, english: bool) -> str:
    rows = [heading]
    for row in as_table():
        name = f"`{row.role}`" if english else _role_name(row.relation, row.role)
        levels = [words[level] for level in row.levels.values()]
        rows.append((f"{name} {words[row.relation]}", *levels, words[row.up_to.name], words[row.when]))
    return as_markdown(*rows)


def test_the_access_table_is_the_policy_s() -> None:
    heading = ("Ai", "Hồ sơ vụ án", "Hồ sơ kiểm sát (nội bộ)", "Với", "Khi nào")
    expected = _matrix(VIETNAMESE, heading, english=False)
    compare_block(DOCS / "leaders.md", "policy", expected)


def test_the_english_access_table_is_the_policy_s() -> None:
    heading = ("Who", "Case file (hsva)", "Supervision file (hsks)", "For", "When")
    for page in ("en/leaders.md", "access.md"):
        compare_block(DOCS / page, "policy", _matrix(ENGLISH, heading, english=True))


@pytest.mark.parametrize(
    ("page", "heading", "yes"),
    [
        ("leaders.md", ("Chức danh", "Trong API", "Đăng ký vụ án", "Ghi bổ nhiệm", "Tải tài liệu lên DMS"), "có"),
        ("en/leaders.md", ("On the pages", "In the API", "Registers cases", "Appoints", "Uploads to the DMS"), "yes"),
    ],
)
def test_the_table_of_roles_is_the_code_s(page: str, heading: tuple[str, ...], yes: str) -> None:
    rows = [heading]
    for role in Role:
        may = (role in MAY_REGISTER, role in MAY_APPOINT, "add_document" in HOST_PERMISSIONS[role])
        rows.append((_role_name("own_unit", role.value), f"`{role.value}`", *(yes if each else "—" for each in may)))
    compare_block(DOCS / page, "roles", as_markdown(*rows))


# --- the meaning of every field


def _fields_of_the_record() -> dict[str, list[tuple[str, str]]]:
    """Return label and identifier of every field a person fills in, by the table that has to explain it."""
    subjects: dict[str, Iterable[str]] = {
        "case": CASE_FIELDS,
        **{part.name: part.fields for part in PARTS_OF_RECORD.values()},
        "event": [field.name for field in fields(Happened)],
    }
    with translation.override("vi"):
        found = {subject: [(field_label(subject, name), name) for name in names] for subject, names in subjects.items()}
    return found | {kind.value: [(field.label, field.name) for field in kind.fields] for kind in KINDS.values()}


def _fields_explained(page: str) -> dict[str, list[list[str]]]:
    names = re.findall(r"<!-- fields-([a-z-]+):", (DOCS / page).read_text(encoding="utf-8"))
    return {name.replace("-", "_"): _rows(block_of(DOCS / page, f"fields-{name}")) for name in names}


def test_every_field_of_the_record_is_explained_under_its_label() -> None:
    told = _fields_explained("procurators.md")
    assert {name: [(row[0], row[1].strip("`")) for row in rows] for name, rows in told.items()} == {
        name: rows for name, rows in _fields_of_the_record().items() if rows
    }
    assert [row for rows in told.values() for row in rows if len(row) != 3 or not row[2]] == []


def test_every_field_of_the_record_is_explained_in_english() -> None:
    told = _fields_explained("en/procurators.md")
    assert {name: [row[1].strip("`") for row in rows] for name, rows in told.items()} == {
        name: [identifier for _label, identifier in rows] for name, rows in _fields_of_the_record().items() if rows
    }
    assert [row for rows in told.values() for row in rows if len(row) != 3 or not row[0] or not row[2]] == []


# --- rules of validation


def test_the_table_of_rules_is_the_code_s() -> None:
    rows = [("", "Quy tắc", "Mức", "Căn cứ", "Đã đối chiếu", "Hỏi ở đâu")]
    rows += [
        (
            rule.id,
            rule.title,
            "chặn" if rule.severity == "block" else "cảnh báo",
            rule.source,
            "có" if rule.verified else "chưa",
            rule.consulted if rule.exists else f"{rule.consulted} – việc này chưa có trong phần mềm",
        )
        for rule in VALIDATION
    ]
    compare_block(DOCS / "validation.md", "rules", as_markdown(*rows))


# --- acts of the ledger


def test_acts_that_are_recorded_are_those_of_the_program() -> None:
    rows = [("Việc", "Mục (`act`)", "Mở", "Che")]
    for name, act in ACTS.items():
        shown, hidden = (", ".join(f"`{field}`" for field in fields) for fields in (act.shown, act.hidden))
        rows.append((act.label, f"`{name}`", shown, hidden + (" (lãnh đạo)" if act.leaders_only else "")))
    compare_block(DOCS / "custody.md", "acts", as_markdown(*rows))


# --- columns of a list

_FORMS: dict[str, tuple[str, str]] = {
    "day": ("Ngày.", "A day."),
    "flag": ("“x” hoặc “có”; “không”.", "`x` or `có`; `không`."),
    "integer": ("Số.", "A whole number."),
    "people": ("Trần Thị B (1991, nữ); Lê C", "People, as in the example above."),
    "charges": ("173.2, 134.2.a", "Charges, as in the example above."),
    "officer": ("Tên đăng nhập hoặc họ và tên.", "Account or full name."),
    "officers": ("Như trên, cách nhau bằng dấu chấm phẩy.", "The same, several separated by semicolons."),
}


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        ("staff.md", ("Tiêu đề cột", "Tên tiếng Anh", "Phần mềm ngành (chưa đối chiếu)", "Ghi gì")),
        ("en/staff.md", ("Heading", "Identifier", "National software (not checked)", "What stands in it")),
    ],
)
def test_the_table_of_columns_is_that_of_the_program(page: str, heading: tuple[str, ...]) -> None:
    english = page.startswith("en/")
    rows = [heading]
    for column in columns():
        words = "" if english else column.help
        if not words and column.choices:
            words = "; ".join(f"`{value}`" if english else label for value, label in column.choices)
        words = words or (
            "In exported lists alone; not read."
            if column.source == "told"
            else _FORMS.get(column.form, ("", ""))[english]
        )
        if column.required:
            words = f"{'Needed.' if english else 'Bắt buộc.'} {words}".strip()
        national = f"`{column.national}`" if column.national else ""
        rows.append((column.heading, f"`{column.name}`", national, words.replace("|", "/")))
    compare_block(DOCS / page, "columns", as_markdown(*rows))


# --- the API


@pytest.mark.django_db
def test_the_routes_are_those_of_the_schema() -> None:
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
    rows = [("Method", "Address", "What", "Query")]
    for path, methods in schema["paths"].items():
        if not path.startswith("/api/vks/"):
            continue
        for method, operation in methods.items():
            asked = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
            query = ", ".join(f"`{name}`" for name in asked if name not in {"page", "page_size"})
            rows.append((method.upper(), f"`{path}`", operation["summary"], query))
    assert len(rows) > 20
    compare_block(DOCS / "api.md", "routes", as_markdown(*rows))


def test_the_statuses_are_those_of_our_errors() -> None:
    ours = {kind.status for kind in errors.VksError.__subclasses__()}
    shown = {int(row[0]) for row in _rows(block_of(DOCS / "api.md", "statuses"))}
    # the host answers whoever is not signed in
    assert shown == ours | {401}


# --- words on the screen


@lru_cache
def _sentences() -> frozenset[str]:
    """Return every text in the program, with `…` for what is filled in."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "lite" in path.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
                found.add("".join(str(part) for part in parts))
    for path in (PACKAGE / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found |= {str(each) for each in re.findall(r"""{% trans (?:"(.*?)"|'(?:.*?)') %}""", text)}
        found |= {str(each) for each in re.findall(r"{% trans '(.*?)' %}", text)}
        # handed to a part of the page: `words=_("…")`
        found |= {str(each) for each in re.findall(r'=_\("(.*?)"\)', text)}
        found |= {str(each) for each in re.findall(r"{% blocktrans .*?%}(.*?){% endblocktrans %}", text)}
    found |= set(re.findall(r'"([^"\n]+)"', (PACKAGE / "static/vks/host-ui.js").read_text(encoding="utf-8")))
    # fields of forms are called as those of the models, with a capital letter
    found |= {each[:1].upper() + each[1:] for each in found}
    return frozenset(re.sub(r"%\(\w+\)[sd]", "…", each).strip() for each in found)


def _refusals() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        if "<!-- refusals:" in page.read_text(encoding="utf-8"):
            rows = _rows(block_of(page, "refusals"))
            found += [(page.relative_to(ROOT).as_posix(), row[0]) for row in rows]
    return found


def test_pages_for_users_list_refusals() -> None:
    assert {page for page, _sentence in _refusals()} >= {f"docs/{name}" for name in FOR_USERS}


@pytest.mark.parametrize(("page", "sentence"), _refusals())
def test_every_refusal_quoted_is_one_the_program_says(page: str, sentence: str) -> None:
    assert sentence in _sentences()


@pytest.mark.parametrize("page", [*FOR_USERS, *(f"en/{name}" for name in FOR_USERS)])
def test_every_bold_word_stands_on_a_page_of_ours(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    bold = {re.sub(r"\s+", " ", each) for each in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)}
    assert len(bold) > 10
    # the words that explain the convention
    assert sorted(bold - _sentences() - {"đậm", "Bold"}) == []


# --- addresses and links


def _addresses(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"(?:(?<![\w/.}])|(?<=\$HOST))(/(?:api/)?vks/[^\s`\"')<>|*?]*)", text)
    return {each.rstrip(".,:;–") for each in found}


def test_addresses_are_found_in_the_pages() -> None:
    assert "/vks/organization/" in _addresses(DOCS / "leaders.md")
    assert f"/api/vks/bundles/{A_UUID}/" in _addresses(DOCS / "api.md")


@every_page
def test_every_address_leads_somewhere(page: Path) -> None:
    for address in _addresses(page):
        path = address.replace("{code}", "QN-KV1").replace("{pk}", "1").replace("{number}", "1")
        path = path.replace("{kind}", "criminal").replace("{day}", "2027-02-13").replace("{name}", "giao-nhan")
        path = re.sub(r"\{(seq|size|document_id)\}", "1", path)
        answers = {resolve(path.replace("{id}", each)).url_name for each in ("1", A_UUID)}
        assert answers - {"unknown", "vks-no-such-route", "base"}, address


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_inside_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _hash, anchor = unquote(target).partition("#")
        place = (page.parent / name).resolve() if name else page
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            broken.append(target)
    assert broken == []


def test_no_page_is_hidden_from_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.parent in {DOCS, DOCS / "en"} and page.name != "README.md":
            assert f"({page.relative_to(DOCS).as_posix()})" in index


# --- the two languages, and what does not belong


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_both_languages_have_the_same_sections(page: Path) -> None:
    def outline(path: Path) -> list[int]:
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]

    assert outline(page) == outline(DOCS / page.name)


@every_page
def test_nothing_of_one_machine_or_one_tracker_is_in_a_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?:^|\s)#\d+\b|\bGH-\d+|/issues/\d+", text) == []
    assert re.findall(r"(?:^|[\s`\"'])/(?:home|root|work|tmp)/\S*", text) == []
    assert re.findall(r"\b(?:ghcr|docker|quay)\.io\b|\bpypi\.org\b", text) == []


def test_the_folders_described_are_those_of_the_package() -> None:
    shown = {row[0].strip("`/") for row in _rows(block_of(DOCS / "developers.md", "layout"))}
    ignored = {"__pycache__", "locale"}
    assert shown == {path.name for path in PACKAGE.iterdir() if path.is_dir()} - ignored


def test_the_lanes_described_are_those_of_the_test_line() -> None:
    lanes: dict[str, Callable[..., None]] = LANES
    assert [row[0].strip("`") for row in _rows(block_of(DOCS / "developers.md", "lanes"))] == list(lanes)


# --- time limits and events


def _spans(table: Mapping[str, Span]) -> str:
    """Return an amount, classes that have the same one together: `A, B 20 ngày · C, D 30 ngày`."""
    if "" in table:
        return str(table[""])
    classes: dict[str, list[str]] = {}
    for letter in CLASSES:
        if letter in table:
            classes.setdefault(str(table[letter]), []).append(letter)
    return " · ".join(f"{', '.join(letters)} {span}" for span, letters in classes.items())


def _limits(kind: str) -> str:
    events = EVENTS[kind]
    rows = [("Mã", "Thời hạn", "Tính từ", "Hạn", "Gia hạn", "Điều luật", "Bắt đầu bởi")]
    for rule in deadline_rules().values():
        if rule.kind != kind:
            continue
        if rule.simplified_of:
            starts = f"thủ tục rút gọn, thay `{rule.simplified_of}`"
        elif rule.complex_of:
            starts = f"phức tạp, thay `{rule.complex_of}`"
        elif rule.end_of:
            starts = "hạn của " + ", ".join(f"`{each}`" for each in rule.end_of)
        elif rule.weight == "ceiling":
            starts = "tổng các lần, không tính riêng"
        else:
            starts = "; ".join(dict.fromkeys(events[each.partition(":")[0]].label for each in rule.starts))
        asked = f"; đề nghị trước {rule.request_before}" if rule.request_before else ""
        more = [
            *(f"lần {number}: {_spans(each)}" for number, each in enumerate(rule.extensions, start=1)),
            *(f"an ninh quốc gia, thêm: {_spans(each)}" for each in rule.security),
        ]
        rows.append(
            (
                f"`{rule.id}`" + ("" if rule.verified else " ⚠"),
                rule.label,
                rule.start,
                ("≤ " if rule.before else "") + _spans(rule.amount),
                "; ".join(more) + asked,
                rule.article,
                starts,
            )
        )
    return as_markdown(*rows)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_time_limits_described_are_those_counted_with(kind: str) -> None:
    compare_block(DOCS / "deadlines.md", kind, _limits(kind))


def test_what_cannot_be_computed_is_described() -> None:
    rows = json.loads((PACKAGE / "fixtures/deadline_gaps.json").read_text(encoding="utf-8"))
    shown = [(each["label"], each["article"], each["reason"]) for each in rows]
    compare_block(DOCS / "deadlines.md", "gaps", as_markdown(("Nội dung", "Điều luật", "Lý do"), *shown))


def test_the_events_described_are_those_of_the_table() -> None:
    rows = [("Sự kiện", "Mã", "Của", "Ở giai đoạn", "Dẫn đến", "Tối đa", "Điều luật")]
    scopes = {"case": "vụ án", "accused": "bị can", "either": "vụ án hoặc bị can"}
    for kind, events in EVENTS.items():
        rows.append((KINDS[kind].label.upper(), "", "", "", "", "", ""))
        for event in events.values():
            leads = [stage_label(event.to_stage)] if event.to_stage else []
            leads += [status_label(event.to_status)] if event.to_status else []
            rows.append(
                (
                    event.label + ("" if event.verified else " ⚠"),
                    f"`{event.value}`",
                    scopes[event.scope],
                    ", ".join(stage_label(each) for each in event.stages),
                    ", ".join(leads),
                    f"{event.most}{'*' if event.soft else ''}" if event.most else "",
                    event.article,
                )
            )
    compare_block(DOCS / "deadlines.md", "events", as_markdown(*rows))


def test_the_page_on_time_limits_speaks_of_no_breach() -> None:
    text = (DOCS / "deadlines.md").read_text(encoding="utf-8")
    assert "không bao giờ kết luận" in text
    assert "quá hạn" not in text
