"""What ships as data: offices, catalogue, demonstration; and that setting up twice changes nothing."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import CommandError

import vks_plugin
from vks_plugin.access.models import GrantSweep
from vks_plugin.access.policy import Post, decide
from vks_plugin.cases.actions import CODE
from vks_plugin.cases.kinds import KINDS
from vks_plugin.cases.models import Assignment, CatalogueType
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.checkpoint import SigningKey
from vks_plugin.custody.keys import key_path, write_key
from vks_plugin.custody.queries import public_keys
from vks_plugin.host.models import Document
from vks_plugin.organization.models import Department, ProcuracyUnit, UnitSuccession
from vks_plugin.organization.roles import CIRCLES, Role

FIXTURES = Path(vks_plugin.__file__).parent / "fixtures"
DEMO = FIXTURES / "demo"
REFORM = dt.date(2025, 7, 1)

SUCCESSORS = {
    # Nghị quyết 84/2025/UBTVQH15: thirteen district offices became six regional ones
    "QN-KV1": {"Hạ Long"},
    "QN-KV2": {"Uông Bí", "Quảng Yên"},
    "QN-KV3": {"Cẩm Phả", "Vân Đồn", "Cô Tô"},
    "QN-KV4": {"Tiên Yên", "Ba Chẽ", "Bình Liêu", "Đầm Hà"},
    "QN-KV5": {"Đông Triều"},
    "QN-KV6": {"Móng Cái", "Hải Hà"},
}


def rows(name: str, model: str = "") -> list[dict[str, Any]]:
    """Return the records of a shipped file; of one model when it is named."""
    found: list[dict[str, Any]] = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    if "model" not in found[0]:
        return found
    return [row["fields"] for row in found if not model or row["model"] == f"vks.{model}"]


def repeated(values: Any) -> list[Any]:
    return [value for value, number in Counter(values).items() if number > 1]


def texts(value: Any) -> list[str]:
    """Return every text in nested data, names of keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts(part)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return []


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.json")), ids=lambda path: path.stem)
def test_every_text_is_composed_and_tidy(path: Path) -> None:
    data = path.read_text(encoding="utf-8")
    for text in texts(json.loads(data)):
        assert unicodedata.is_normalized("NFC", text), text
        assert text == text.strip(), text
        assert "  " not in text, text
        assert not re.search(r"[\x00-\x1f\x7f\u200b\ufeff]", text), text
    # letters are readable in the file itself
    assert "\\u" not in data


# --- offices ---------------------------------------------------------------------------------------------------------


def test_offices_have_one_code_each_and_their_parents_are_there() -> None:
    units = rows("units.json", "procuracyunit")
    codes = [unit["code"] for unit in units]
    assert repeated(codes) == []
    assert repeated(unit["name"] for unit in units) == []
    assert repeated(unit["short_name"] for unit in units) == []
    for unit in units:
        assert re.fullmatch(r"QN(-[A-Z0-9]+)?", unit["code"])
        assert unit["name"].startswith("Viện kiểm sát nhân dân ")
        assert unit["kind"] in ProcuracyUnit.Kind.values
        assert (unit["parent"] is None) == (unit["kind"] == "province")
        assert unit["parent"] is None or unit["parent"][0] in codes
        # an office begins to use the system when it decides to, not because it was shipped
        assert unit["active_from"] is None


def test_parents_stand_before_their_offices() -> None:
    seen: set[str] = set()
    for unit in rows("units.json", "procuracyunit"):
        assert unit["parent"] is None or unit["parent"][0] in seen
        seen.add(unit["code"])


def test_thirteen_districts_became_six_regional_offices_on_one_day() -> None:
    units = {unit["code"]: unit for unit in rows("units.json", "procuracyunit")}
    districts = {code for code, unit in units.items() if unit["kind"] == "district"}
    regional = {code for code, unit in units.items() if unit["kind"] == "regional"}
    assert (len(districts), len(regional)) == (13, 6)
    successions = rows("units.json", "unitsuccession")
    assert sorted(row["predecessor"][0] for row in successions) == sorted(districts)
    assert {row["successor"][0] for row in successions} == regional
    assert {row["effective_date"] for row in successions} == {REFORM.isoformat()}
    for code in districts:
        assert units[code]["valid_to"] == "2025-06-30"
    for code in regional:
        assert (units[code]["valid_from"], units[code]["valid_to"]) == (REFORM.isoformat(), None)
    found: dict[str, set[str]] = {code: set() for code in regional}
    for row in successions:
        name = units[row["predecessor"][0]]["name"]
        place = re.sub(r"^Viện kiểm sát nhân dân (thành phố|thị xã|huyện|đặc khu) ", "", name)
        found[row["successor"][0]].add(place)
    assert found == SUCCESSORS


@pytest.mark.django_db
def test_on_every_day_each_place_has_exactly_one_office() -> None:
    call_command("vks_setup", stdout=io.StringIO())
    before = ProcuracyUnit.objects.on(REFORM - dt.timedelta(days=1))
    after = ProcuracyUnit.objects.on(REFORM)
    assert (before.filter(kind="district").count(), before.filter(kind="regional").count()) == (13, 0)
    assert (after.filter(kind="district").count(), after.filter(kind="regional").count()) == (0, 6)
    assert before.filter(kind="province").get() == after.filter(kind="province").get()
    for district in before.filter(kind="district"):
        assert district.successions.get().successor in after


def test_departments_belong_to_an_office_and_await_its_confirmation() -> None:
    codes = {unit["code"] for unit in rows("units.json", "procuracyunit")}
    departments = rows("departments.json", "department")
    assert repeated((row["unit"][0], row["code"]) for row in departments) == []
    for row in departments:
        assert row["unit"][0] in codes
        assert row["name"]
        assert row["verified"] is False


# --- catalogue -------------------------------------------------------------------------------------------------------


def test_every_document_type_has_its_part_and_its_group() -> None:
    types = rows("document_types.json", "cataloguetype")
    assert len(types) >= 100
    assert repeated(row["code"] for row in types) == []
    assert repeated(row["name"] for row in types) == []
    assert repeated(row["position"] for row in types) == []
    for row in types:
        assert row["part"] in dict(PARTS)
        assert row["group_code"]
        assert row["group_name"]
        # typed as "code – name" on the page: the code must end where the dash begins
        assert re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", row["code"]), row["code"]
        assert 0 < len(row["name"]) <= 250
        # the host keeps 128 characters of a type's name
        assert len(row["name"]) <= 128, row["name"]


def test_a_group_has_one_name_one_part_and_one_place() -> None:
    types = sorted(rows("document_types.json", "cataloguetype"), key=lambda row: int(row["position"]))
    for group in {row["group_code"] for row in types}:
        inside = [row for row in types if row["group_code"] == group]
        assert len({row["group_name"] for row in inside}) == 1, group
        assert len({row["part"] for row in inside}) == 1, group
    order = [row["group_code"] for row in types]
    # in the order of proceedings, a group is never interrupted by another
    assert len([1 for one, other in pairwise(order) if one != other]) == len(set(order)) - 1


def test_internal_papers_are_internal() -> None:
    parts = {row["name"]: row["part"] for row in rows("document_types.json", "cataloguetype")}
    internal = [name for name, part in parts.items() if part == "hsks"]
    assert internal
    for name, part in parts.items():
        if re.match(r"(Báo cáo đề xuất|Báo cáo án|Tờ trình|Ý kiến chỉ đạo)", name):
            assert part == "hsks", name
    for name in ("Quyết định khởi tố vụ án hình sự", "Cáo trạng"):
        assert parts.get(name, "hsva") == "hsva"


# --- demonstration ---------------------------------------------------------------------------------------------------


def test_people_of_the_demonstration_hold_posts_that_are_there() -> None:
    people = rows("demo/people.json")
    units = {unit["code"]: unit for unit in rows("units.json", "procuracyunit")}
    departments = {(row["unit"][0], row["code"]) for row in rows("departments.json", "department")}
    assert repeated(person["username"] for person in people) == []
    for person in people:
        assert re.fullmatch(r"[a-z0-9.]+", person["username"])
        assert person["last_name"]
        assert person["first_name"]
        assert units[person["unit"]]["valid_to"] is None
        assert set(person["roles"]) <= set(Role.values)
        assert person["department"] is None or (person["unit"], person["department"]) in departments


def _day(text: str) -> dt.date:
    today = dt.date(2026, 11, 24)
    if text.startswith("today-"):
        return today - dt.timedelta(days=int(text.removeprefix("today-")))
    return dt.date.fromisoformat(text)


def test_cases_of_the_demonstration_fit_together() -> None:
    people = {person["username"]: person for person in rows("demo/people.json")}
    types = {row["code"]: row for row in rows("document_types.json", "cataloguetype")}
    departments = {(row["unit"][0], row["code"]) for row in rows("departments.json", "department")}
    cases = rows("demo/cases.json")
    assert repeated(case["code"] for case in cases) == []
    decisions = [(case["init_decision_no"], case["init_decision_date"], case["init_decision_agency"]) for case in cases]
    assert repeated(decisions) == []
    for case in cases:
        assert CODE.fullmatch(case["code"])
        kind = KINDS[case.get("kind", "criminal")]
        assert case["stage"] in {stage.value for stage in kind.stages}
        assert {event for event, _day, _values in case["events"]} <= set(EVENTS[kind.value])
        assert {person["role"] for person in case["people"]} <= set(dict(kind.person_roles))
        assert case["department"] is None or (case["unit"], case["department"]) in departments
        assert _day(case["init_decision_date"]) <= _day(case["handled_at"])
        for username, role in [(case["lead"], "prosecutor_lead"), *case["others"]]:
            assert people[username]["unit"] in {case["unit"], "QN"}
            assert role in Assignment.Role.values
        assert people[case["clerk"]]["unit"] == case["unit"]
        for document in case["documents"]:
            assert document["type"] in types, document
            assert len(document["title"]) <= 127, "the host keeps 127 characters"
            if types[document["type"]]["part"] == "hsks":
                assert document["folio_from"] is document["folio_to"] is None
                # an internal paper is filed by the lead, who must be allowed to
                posts = decide(
                    posts=[Post("prosecutor", case["unit"])],
                    assigned_as=["prosecutor_lead"],
                    case=_facts(case["unit"]),
                    part="hsks",
                )
                assert posts.level >= 3


def _facts(unit: str) -> Any:
    from vks_plugin.access.policy import CaseFacts

    return CaseFacts(unit=unit, higher_unit="QN")


def test_folios_of_a_case_are_numbered_once_and_without_a_gap() -> None:
    for case in [each for each in rows("demo/cases.json") if each["documents"]]:
        expected = 1
        for document in case["documents"]:
            if document["folio_from"] is None:
                continue
            assert document["folio_from"] == expected, (case["code"], document["file"])
            assert document["folio_to"] - document["folio_from"] + 1 <= document["pages"]
            expected = document["folio_to"] + 1
        assert expected > 1


def test_files_of_the_demonstration_are_pdfs_as_described() -> None:
    named = {document["file"]: document for case in rows("demo/cases.json") for document in case["documents"]}
    present = {path.name for path in (DEMO / "files").iterdir()}
    assert set(named) == present
    for name, document in named.items():
        with pikepdf.open(DEMO / "files" / name, attempt_recovery=False) as pdf:
            assert len(pdf.pages) == document["pages"], name
            assert not pdf.is_encrypted
    # shipped in every wheel, carried on a stick
    assert sum(path.stat().st_size for path in (DEMO / "files").iterdir()) < 6_000_000


def test_a_case_does_not_hold_the_same_file_twice() -> None:
    for case in rows("demo/cases.json"):
        assert repeated(document["file"] for document in case["documents"]) == [], case["code"]


# --- setting up ------------------------------------------------------------------------------------------------------


@pytest.fixture
def everything() -> Callable[[], dict[str, list[Any]]]:
    """Return a function that tells every row the setup could touch, host's and ours."""

    def take() -> dict[str, list[Any]]:
        models: list[Any] = [
            *(model for model in apps.get_app_config("vks").get_models() if model is not GrantSweep),
            *(
                model
                for model in apps.get_app_config("documents").get_models()
                if model._meta.managed and model is not Document
            ),
            User,
            Group,
            User.groups.through,
            Group.permissions.through,
        ]
        return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in models}

    return take


def setup(*words: str) -> dict[str, int]:
    out = io.StringIO()
    call_command("vks_setup", "--json", *words, stdout=out)
    made: dict[str, int] = json.loads(out.getvalue())["made"]
    return made


@pytest.mark.django_db
def test_setting_up_again_writes_nothing(everything: Callable[[], dict[str, list[Any]]]) -> None:
    first = setup("--activate", "all")
    # units and their successions, and all else that was not there
    assert first["units"] == 20 + 13
    assert first["document_types"] == len(rows("document_types.json"))
    assert first["host_document_types"] == first["document_types"]
    assert first["activated_units"] == 7
    # leaders of one sort share a group
    assert first["groups"] == 7 * len({CIRCLES.get(role, role) for role in Role.values})
    before = everything()
    assert before["vks.ProcuracyUnit"]
    assert set(setup("--activate", "all").values()) == {0}
    assert everything() == before


@pytest.mark.django_db
def test_what_an_office_changed_stays(everything: Callable[[], dict[str, list[Any]]]) -> None:
    setup()
    CatalogueType.objects.filter(code="CT").update(name="Cáo trạng (mẫu mới)", verified=True)
    Department.objects.filter(unit__code="QN", code="P1").update(name="Phòng 1", verified=True)
    ProcuracyUnit.objects.filter(code="QN-KV1").update(short_name="Khu vực 1")
    before = everything()
    setup()
    assert everything() == before


@pytest.mark.django_db
def test_what_was_removed_comes_back() -> None:
    setup()
    UnitSuccession.objects.all().delete()
    Department.objects.filter(code="P1").delete()
    made = setup()
    assert (made["units"], made["departments"]) == (13, len(rows("departments.json")) - _without("P1"))


def _without(code: str) -> int:
    return len([row for row in rows("departments.json") if row["code"] != code])


@pytest.mark.django_db
def test_only_offices_that_exist_are_activated() -> None:
    assert setup("--activate", "QN-KV1")["activated_units"] == 1
    assert list(ProcuracyUnit.objects.filter(active_from__isnull=False).values_list("code", flat=True)) == ["QN-KV1"]
    assert setup("--activate", "all")["activated_units"] == 6


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["QN-HL", "QN-KV11", "ALL"])
def test_a_code_that_is_no_office_of_today_is_named_and_nothing_is_done(code: str) -> None:
    with pytest.raises(CommandError, match=f"mang mã {code}:"):
        setup("--activate", "QN-KV1", code)
    assert not ProcuracyUnit.objects.exists()
    assert not CatalogueType.objects.exists()


@pytest.mark.django_db
def test_whoever_sets_up_is_told_what_is_still_to_do(tmp_path: Path, settings: Any) -> None:
    settings.VKS_LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    out = io.StringIO()
    call_command("vks_setup", stdout=out)
    assert "chạy lại với --activate" in out.getvalue()
    # the key that signs the ledger is there from the first day on
    assert f"Đã tạo khóa ký sổ cái tại {key_path()}: hãy cất một bản sao" in out.getvalue()
    assert str(public_keys()[0]) in out.getvalue()
    kept = key_path().read_bytes()
    out = io.StringIO()
    call_command("vks_setup", "--activate", "QN-KV1", stdout=out)
    assert "chạy lại với --activate" not in out.getvalue()
    assert "khóa ký" not in out.getvalue()
    assert (key_path().read_bytes(), len(public_keys())) == (kept, 1)


@pytest.mark.django_db
def test_a_key_nobody_knows_is_left_alone_and_stops_no_setup(tmp_path: Path, settings: Any) -> None:
    settings.VKS_LEDGER_KEY_FILE = str(tmp_path / "ledger.key")
    write_key(key_path(), SigningKey.generate("vks-ledger/another"))
    kept = key_path().read_bytes()
    told = io.StringIO()
    call_command("vks_setup", "--activate", "QN-KV1", stdout=io.StringIO(), stderr=told)
    assert "không ghi đè" in told.getvalue()
    assert (key_path().read_bytes(), public_keys()) == (kept, [])
    assert ProcuracyUnit.objects.filter(code="QN-KV1", active_from__isnull=False).exists()


@pytest.mark.django_db
def test_an_existing_type_of_the_host_is_used_and_not_doubled() -> None:
    from documents.models import DocumentType

    kept = DocumentType.objects.create(name="Cáo trạng")
    setup()
    assert DocumentType.objects.filter(name="Cáo trạng").count() == 1
    found = CatalogueType.objects.filter(name="Cáo trạng").first()
    assert found is not None
    assert found.host_type_id == kept.pk
