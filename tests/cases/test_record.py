"""Editing the record of a case: what is written, what the history says of it, what follows, and what is refused."""

from __future__ import annotations

import datetime as dt
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models import Model
from django.utils import timezone, translation

from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.access.queries import OUT_OF_SCOPE, search_cases, shown_values
from vks_plugin.cases import actions
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.models import Accused, CaseChange, CaseFile, Charge, RelatedCase
from vks_plugin.cases.record import CASE_FIELDS, FLAGS, PARTS_OF_RECORD
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, VksError
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import viewable_documents

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 6)


@dataclass(frozen=True)
class Example:
    """A row of a part: what it is entered with, what is changed, and what cannot be."""

    values: dict[str, Any]
    change: dict[str, Any]
    told: list[list[str]]
    """What the history says of the change."""
    wrong: dict[str, Any]
    field: str
    """Where the refusal of `wrong` belongs."""
    label: str
    needs_accused: bool = False


EXAMPLES: dict[str, Example] = {
    "accused": Example(
        {"full_name": "Vũ Thị Ỷ", "birth_date": dt.date(1991, 2, 3), "sex": "nu", "position": 3},
        {"sex": "nam", "occupation": "Tự do"},
        [["sex", "Nữ", "Nam"], ["occupation", "", "Tự do"]],
        {"birth_year": 3000, "birth_date": None, "birth_precision": ""},
        "birth_year",
        "Vũ Thị Ỷ",
    ),
    "person": Example(
        {"full_name": "Bế Văn Hại", "role": "victim"},
        {"role": "witness", "is_protected": True},
        [["role", "Bị hại", "Người làm chứng"], ["is_protected", "không", "có"]],
        {"role": "plaintiff"},
        "role",
        "Bế Văn Hại",
    ),
    "charge": Example(
        {
            "code_version": "blhs_2015_2017",
            "article": "173",
            "clause": 2,
            "name": "Tội trộm cắp tài sản",
            "crime_class": "B",
            "charged_on": DAY,
        },
        {"ended_on": DAY + dt.timedelta(days=30), "decision_no": "7/QĐ"},
        [["decision_no", "", "7/QĐ"], ["ended_on", "", "05/04/2026"]],
        {"ended_on": DAY - dt.timedelta(days=1)},
        "ended_on",
        "khoản 2 Điều 173",
    ),
    "measure": Example(
        {"kind": "cam_di_khoi_noi_cu_tru", "starts_on": DAY},
        {"facility": "Phường Bãi Cháy", "ends_on": DAY + dt.timedelta(days=60)},
        [["ends_on", "", "05/05/2026"], ["facility", "", "Phường Bãi Cháy"]],
        {"ends_on": DAY - dt.timedelta(days=1)},
        "ends_on",
        "Cấm đi khỏi nơi cư trú 06/03/2026",
        needs_accused=True,
    ),
    "exhibit": Example(
        {"name": "Dao rựa", "quantity": "01 con", "position": 1},
        {"location": "Kho vật chứng", "accompanies_file": True},
        [["location", "", "Kho vật chứng"], ["accompanies_file", "không", "có"]],
        {"name": ""},
        "name",
        "Dao rựa",
    ),
    "withheld": Example(
        {"level": "mat", "number": "12/BC", "dated": dt.date(2026, 3, 1), "kept_at": "Két số 2", "folio_from": 900},
        {"level": "toi_mat", "folio_to": 904},
        [["level", "Mật", "Tối mật"], ["folio_to", "900", "904"]],
        {"folio_to": 899},
        "folio_from",
        "12/BC (01/03/2026)",
    ),
    "relation": Example(
        {"relation": "lien_quan", "other_text": "Vụ 12/2020 ở tỉnh bạn"},
        {"relation": "tach_tu", "decided_on": DAY},
        [["relation", "Liên quan", "Tách từ vụ"], ["decided_on", "", "06/03/2026"]],
        {"other_text": ""},
        "other",
        "Liên quan Vụ 12/2020 ở tỉnh bạn",
    ),
    "volume": Example(
        {"number": 1, "title": "Tập một"},
        {"title": "Tập thứ nhất", "note": "Bìa rách"},
        [["title", "Tập một", "Tập thứ nhất"], ["note", "", "Bìa rách"]],
        {"number": None},
        "number",
        "Tập 1",
    ),
}

every_part = pytest.mark.parametrize("part", EXAMPLES)


def _values(case: CaseFile, part: str) -> dict[str, Any]:
    example = EXAMPLES[part]
    return example.values | ({"accused": case.accused.all()[0]} if example.needs_accused else {})


def _rows(case: CaseFile) -> dict[str, list[dict[str, Any]]]:
    """Return everything stored of a case: its own columns, the rows of every part and the history."""
    told: dict[str, Any] = {
        name: list(part.model._default_manager.filter(case=case).order_by("pk").values())
        for name, part in PARTS_OF_RECORD.items()
    }
    told["case"] = list(CaseFile.objects.filter(pk=case.pk).values())
    told["history"] = list(CaseChange.objects.filter(case=case).order_by("pk").values())
    told["events"] = list(case.events.order_by("pk").values())
    told["deadlines"] = list(case.deadlines.order_by("pk").values())
    return told


def _last(case: CaseFile, subject: str) -> CaseChange:
    change = CaseChange.objects.filter(case=case, subject=subject).order_by("-pk").first()
    assert change is not None
    return change


def test_every_part_has_its_example() -> None:
    assert set(EXAMPLES) == set(PARTS_OF_RECORD)


# --- one act, one row of history


@every_part
def test_adding_is_written_with_who_when_and_what(part: str, case: CaseFile, people: dict[str, User]) -> None:
    actor, example = people["prosecutor_kv1"], EXAMPLES[part]
    before = CaseChange.objects.filter(case=case, subject=part).count()
    revision = CaseFile.objects.get(pk=case.pk).revision
    entry = actions.add_entry(actor=actor, case=case, part=part, values=_values(case, part), reason="  theo  đơn ")
    stored = type(entry)._default_manager.get(pk=entry.pk)
    assert {name: getattr(stored, name) for name in example.values} == example.values
    assert CaseChange.objects.filter(case=case, subject=part).count() == before + 1
    change = _last(case, part)
    assert (change.act, change.subject_id, change.subject_label, change.reason) == (
        "created",
        entry.pk,
        example.label,
        "theo đơn",
    )
    assert (change.actor_id, change.actor_name) == (actor.pk, "Đỗ Hữu Ước")
    assert abs(timezone.now() - change.at) < dt.timedelta(minutes=1)
    assert {name for name, _before, _after in change.values} >= {
        name for name, value in example.values.items() if value not in ("", None)
    }
    assert all(was == "" for _name, was, _now in change.values)
    assert CaseFile.objects.get(pk=case.pk).revision > revision


@every_part
def test_a_change_is_written_with_before_and_after(part: str, case: CaseFile, people: dict[str, User]) -> None:
    example = EXAMPLES[part]
    entry = actions.add_entry(actor=people["clerk_kv1"], case=case, part=part, values=_values(case, part))
    rows = CaseChange.objects.filter(case=case, subject=part).count()
    changed = actions.change_entry(actor=people["prosecutor_kv1"], entry=entry, values=example.change)
    stored = type(entry)._default_manager.get(pk=entry.pk)
    assert changed.pk == entry.pk
    assert {name: getattr(stored, name) for name in example.change} == example.change
    assert CaseChange.objects.filter(case=case, subject=part).count() == rows + 1
    change = _last(case, part)
    assert (change.act, change.actor_name, change.values) == ("changed", "Đỗ Hữu Ước", example.told)


@every_part
def test_what_is_taken_out_stays_in_the_history(part: str, case: CaseFile, people: dict[str, User]) -> None:
    actor, example = people["prosecutor_kv1"], EXAMPLES[part]
    entry = actions.add_entry(actor=actor, case=case, part=part, values=_values(case, part))
    said = {name: after for name, _before, after in _last(case, part).values}
    rows = CaseChange.objects.filter(case=case, subject=part).count()
    actions.remove_entry(actor=actor, entry=entry, reason="Nhập nhầm vụ")
    assert not type(entry)._default_manager.filter(pk=entry.pk).exists()
    assert CaseChange.objects.filter(case=case, subject=part).count() == rows + 1
    change = _last(case, part)
    assert (change.act, change.reason, change.subject_label) == ("removed", "Nhập nhầm vụ", example.label)
    assert {name: before for name, before, _after in change.values} == said
    assert all(after == "" for _name, _before, after in change.values)


@every_part
def test_the_same_values_again_write_nothing(part: str, case: CaseFile, people: dict[str, User]) -> None:
    entry = actions.add_entry(actor=people["prosecutor_kv1"], case=case, part=part, values=_values(case, part))
    before = _rows(case)
    same = {name: f" {value} " if isinstance(value, str) else value for name, value in EXAMPLES[part].values.items()}
    actions.change_entry(actor=people["chief_kv1"], entry=entry, values=same)
    assert _rows(case) == before


@every_part
def test_the_history_is_vietnamese_whoever_writes_it(part: str, case: CaseFile, people: dict[str, User]) -> None:
    with translation.override("en-gb"):
        entry = actions.add_entry(actor=people["prosecutor_kv1"], case=case, part=part, values=_values(case, part))
        actions.change_entry(actor=people["prosecutor_kv1"], entry=entry, values=EXAMPLES[part].change)
    change = _last(case, part)
    assert change.values == EXAMPLES[part].told
    assert CaseChange.objects.get(case=case, subject=part, subject_id=entry.pk, act="created").subject_label == (
        EXAMPLES[part].label
    )


# --- what is refused leaves nothing


@every_part
def test_what_does_not_fit_is_refused_and_leaves_nothing(part: str, case: CaseFile, people: dict[str, User]) -> None:
    actor, example = people["prosecutor_kv1"], EXAMPLES[part]
    before = _rows(case)
    with pytest.raises(BadInput) as refusal:
        actions.add_entry(actor=actor, case=case, part=part, values=_values(case, part) | example.wrong)
    assert refusal.value.field == example.field
    assert _rows(case) == before
    entry = actions.add_entry(actor=actor, case=case, part=part, values=_values(case, part))
    before = _rows(case)
    with pytest.raises(BadInput) as refusal:
        actions.change_entry(actor=actor, entry=entry, values=example.wrong)
    assert refusal.value.field == example.field
    assert _rows(case) == before


@every_part
def test_a_field_the_part_has_not_is_refused(part: str, case: CaseFile, people: dict[str, User]) -> None:
    before = _rows(case)
    for name in ("case", "case_id", "folded_name", "id", "không có"):
        with pytest.raises(BadInput) as refusal:
            actions.add_entry(
                actor=people["prosecutor_kv1"], case=case, part=part, values=_values(case, part) | {name: 1}
            )
        assert refusal.value.field == name
    assert _rows(case) == before


@every_part
def test_an_empty_row_is_refused_with_a_sentence(part: str, case: CaseFile, people: dict[str, User]) -> None:
    before = _rows(case)
    with pytest.raises(BadInput) as refusal:
        actions.add_entry(actor=people["prosecutor_kv1"], case=case, part=part, values={})
    assert refusal.value.message
    assert refusal.value.field
    assert _rows(case) == before


@every_part
def test_taking_out_needs_a_reason(part: str, case: CaseFile, people: dict[str, User]) -> None:
    entry = actions.add_entry(actor=people["prosecutor_kv1"], case=case, part=part, values=_values(case, part))
    before = _rows(case)
    with pytest.raises(BadInput) as refusal:
        actions.remove_entry(actor=people["prosecutor_kv1"], entry=entry, reason=" \n ")
    assert refusal.value.field == "reason"
    assert _rows(case) == before


@every_part
def test_a_row_that_somebody_took_out_is_neither_changed_nor_taken_out(
    part: str, case: CaseFile, people: dict[str, User]
) -> None:
    actor = people["prosecutor_kv1"]
    entry = actions.add_entry(actor=actor, case=case, part=part, values=_values(case, part))
    stale = type(entry)._default_manager.get(pk=entry.pk)
    actions.remove_entry(actor=people["chief_kv1"], entry=entry, reason="Nhầm")
    before = _rows(case)
    with pytest.raises(NotFound):
        actions.change_entry(actor=actor, entry=stale, values=EXAMPLES[part].change)
    with pytest.raises(NotFound):
        actions.remove_entry(actor=actor, entry=stale, reason="Nhầm")
    assert _rows(case) == before


def test_a_part_there_is_not_is_refused(case: CaseFile, people: dict[str, User]) -> None:
    with pytest.raises(NotFound):
        actions.add_entry(actor=people["prosecutor_kv1"], case=case, part="stage", values={"stage": "ket_thuc"})


@every_part
def test_who_may_only_know_of_a_case_changes_nothing(part: str, case: CaseFile, people: dict[str, User]) -> None:
    entry = actions.add_entry(actor=people["prosecutor_kv1"], case=case, part=part, values=_values(case, part))
    before = _rows(case)
    for key, refusal in (("clerk_kv1", NotAllowed), ("chief_province", NotAllowed), ("prosecutor_kv3", NotFound)):
        actor = people[key]
        acts: list[Callable[[], Any]] = [
            partial(access.add_entry, actor=actor, case=case, part=part, values=_values(case, part)),
            partial(access.change_entry, actor=actor, entry=entry, values=EXAMPLES[part].change),
            partial(access.remove_entry, actor=actor, entry=entry, reason="Nhầm"),
        ]
        for act in acts:
            with pytest.raises(refusal):
                act()
    assert _rows(case) == before


# --- rows hang together


def test_nothing_points_at_an_accused_of_another_case(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    stranger = register(actor=people["clerk_kv1"], unit=units["QN-KV1"]).accused.all()[0]
    before = _rows(case)
    for part in ("person", "charge", "measure"):
        with pytest.raises(BadInput) as refusal:
            actions.add_entry(
                actor=people["prosecutor_kv1"],
                case=case,
                part=part,
                values=EXAMPLES[part].values | {"accused": stranger},
            )
        assert refusal.value.field == "accused", part
    assert _rows(case) == before


@pytest.mark.parametrize("part", ["charge", "measure"])
def test_an_accused_something_hangs_on_is_not_taken_out(part: str, case: CaseFile, people: dict[str, User]) -> None:
    actor, accused = people["prosecutor_kv1"], case.accused.all()[0]
    entry = actions.add_entry(actor=actor, case=case, part=part, values=EXAMPLES[part].values | {"accused": accused})
    before = _rows(case)
    with pytest.raises(Conflict) as refusal:
        actions.remove_entry(actor=actor, entry=accused, reason="Nhầm")
    assert accused.full_name in refusal.value.message
    assert _rows(case) == before
    actions.remove_entry(actor=actor, entry=entry, reason="Nhầm")
    if part == "charge":
        actions.remove_entry(actor=actor, entry=accused, reason="Nhầm")
        assert not Accused.objects.filter(pk=accused.pk).exists()


def test_a_measure_that_another_prolongs_is_not_taken_out(case: CaseFile, people: dict[str, User]) -> None:
    actor = people["prosecutor_kv1"]
    first = actions.add_entry(actor=actor, case=case, part="measure", values=_values(case, "measure"))
    second = actions.add_entry(
        actor=actor,
        case=case,
        part="measure",
        values=_values(case, "measure") | {"extends": first, "starts_on": DAY + dt.timedelta(days=30)},
    )
    before = _rows(case)
    with pytest.raises(Conflict) as refusal:
        actions.remove_entry(actor=actor, entry=first, reason="Nhầm")
    assert refusal.value.message.startswith("Còn dòng khác")
    assert _rows(case) == before
    actions.remove_entry(actor=actor, entry=second, reason="Nhầm")
    actions.remove_entry(actor=actor, entry=first, reason="Nhầm")


def test_one_volume_has_one_number(case: CaseFile, people: dict[str, User]) -> None:
    actor = people["prosecutor_kv1"]
    actions.add_entry(actor=actor, case=case, part="volume", values={"number": 1})
    before = _rows(case)
    with pytest.raises((Conflict, BadInput)):
        actions.add_entry(actor=actor, case=case, part="volume", values={"number": 1})
    assert _rows(case) == before


def test_who_is_charged_changes_though_both_have_one_name(case: CaseFile, people: dict[str, User]) -> None:
    actor, first = people["prosecutor_kv1"], case.accused.all()[0]
    namesake = actions.add_entry(actor=actor, case=case, part="accused", values={"full_name": first.full_name})
    entry = actions.add_entry(
        actor=actor, case=case, part="charge", values=EXAMPLES["charge"].values | {"accused": first}
    )
    actions.change_entry(actor=actor, entry=entry, values={"accused": namesake})
    assert Charge.objects.get(pk=entry.pk).accused_id == namesake.pk
    assert _last(case, "charge").values == [["accused", first.full_name, first.full_name]]


# --- what follows


def test_text_is_composed_and_on_one_line(case: CaseFile, people: dict[str, User]) -> None:
    name = "Nguyễn Thị Ước"
    entry = actions.add_entry(
        actor=people["prosecutor_kv1"],
        case=case,
        part="person",
        values={"full_name": unicodedata.normalize("NFD", "  Nguyễn\n Thị\tƯớc "), "role": "victim"},
    )
    stored = type(entry)._default_manager.get(pk=entry.pk)
    assert stored.full_name == name
    assert _last(case, "person").subject_label == name


def test_a_new_name_of_an_accused_is_found_and_the_old_one_not(case: CaseFile, people: dict[str, User]) -> None:
    def found(text: str) -> bool:
        return search_cases(CaseFile.objects.all(), text).filter(pk=case.pk).exists()

    actor, accused = people["prosecutor_kv1"], case.accused.all()[1]
    assert found("do thi uoc")
    actions.change_entry(actor=actor, entry=accused, values={"full_name": "Lý Thị Xoan", "alias": "Tư Đen"})
    assert (found("do thi uoc"), found("ly thi xoan"), found("tu den")) == (False, True, True)
    actions.edit_case(actor=actor, case=case, values={"name": "Vụ đã đổi tên"})
    assert (found("trom cap"), found("doi ten")) == (False, True)
    added = actions.add_entry(actor=actor, case=case, part="accused", values={"full_name": "Ngô Ẩn"})
    assert found("ngo an")
    actions.remove_entry(actor=actor, entry=added, reason="Nhầm")
    assert not found("ngo an")


def test_who_is_no_accused_is_not_what_a_case_is_found_by(case: CaseFile, people: dict[str, User]) -> None:
    actions.add_entry(
        actor=people["prosecutor_kv1"], case=case, part="person", values={"full_name": "Bế Kín", "role": "victim"}
    )
    assert not search_cases(CaseFile.objects.all(), "be kin").exists()


def test_marks_follow_the_people_and_stay(case: CaseFile, people: dict[str, User]) -> None:
    actor = people["prosecutor_kv1"]
    actions.edit_case(actor=actor, case=case, values={"crime_date": dt.date(2026, 2, 1)})

    def marks() -> tuple[bool, bool, bool]:
        case.refresh_from_db()
        return case.involves_minor_accused, case.involves_minor_victim, case.has_legal_person

    assert marks() == (False, False, False)
    minor = actions.add_entry(
        actor=actor,
        case=case,
        part="accused",
        # only the month is known: the doubt counts for the minor (BLTTHS, Điều 417)
        values={"full_name": "Bé", "birth_date": dt.date(2008, 2, 10), "birth_precision": "thang"},
    )
    assert marks() == (True, False, False)
    victim = actions.add_entry(
        actor=actor, case=case, part="person", values={"full_name": "Bé", "role": "victim", "is_minor": True}
    )
    assert marks() == (True, True, False)
    actions.add_entry(actor=actor, case=case, part="accused", values={"full_name": "Cty", "is_legal_person": True})
    assert marks() == (True, True, True)
    for entry in (minor, victim):
        actions.remove_entry(actor=actor, entry=entry, reason="Nhầm")
    assert marks() == (True, True, True)


def test_a_minor_witness_is_no_minor_victim(case: CaseFile, people: dict[str, User]) -> None:
    actions.add_entry(
        actor=people["prosecutor_kv1"],
        case=case,
        part="person",
        values={"full_name": "Bé", "role": "witness", "is_minor": True},
    )
    case.refresh_from_db()
    assert not case.involves_minor_victim


def test_the_class_of_the_case_is_the_heaviest_of_the_charges_in_force(case: CaseFile, people: dict[str, User]) -> None:
    actor, accused = people["prosecutor_kv1"], case.accused.all()[0]

    def crime_class() -> str:
        return CaseFile.objects.get(pk=case.pk).crime_class

    light = actions.add_charge(actor=actor, case=case, accused=accused, given=ChargeInput(text="173.1", charged_on=DAY))
    assert crime_class() == "A"
    heavy = actions.add_charge(actor=actor, case=case, accused=accused, given=ChargeInput(text="173.4", charged_on=DAY))
    assert (heavy.crime_class, crime_class()) == ("D", "D")
    middle = actions.replace_charge(
        actor=actor, charge=heavy, given=ChargeInput(text="173.2", charged_on=DAY + dt.timedelta(days=9))
    )
    heavy.refresh_from_db()
    assert (heavy.ended_on, middle.crime_class, crime_class()) == (DAY + dt.timedelta(days=9), "B", "B")
    actions.remove_entry(actor=actor, entry=middle, reason="Nhầm")
    assert crime_class() == "A"
    actions.remove_entry(actor=actor, entry=light, reason="Nhầm")
    assert crime_class() == ""


def test_a_charge_that_ended_is_not_replaced(case: CaseFile, people: dict[str, User]) -> None:
    actor = people["prosecutor_kv1"]
    old = actions.add_charge(actor=actor, case=case, accused=None, given=ChargeInput(text="173.1", charged_on=DAY))
    actions.replace_charge(actor=actor, charge=old, given=ChargeInput(text="173.2", charged_on=DAY))
    before = _rows(case)
    old.refresh_from_db()
    with pytest.raises(Conflict):
        actions.replace_charge(actor=actor, charge=old, given=ChargeInput(text="173.3", charged_on=DAY))
    assert _rows(case) == before


def test_a_correction_reads_the_code_anew_only_where_it_names_an_article(
    case: CaseFile, people: dict[str, User]
) -> None:
    actor = people["prosecutor_kv1"]
    charge = actions.add_charge(actor=actor, case=case, accused=None, given=ChargeInput(text="173.2.a", charged_on=DAY))
    version = charge.code_version
    charge = actions.correct_charge(actor=actor, charge=charge, values={"clause": 4})
    assert (charge.article, charge.clause, charge.points, charge.crime_class) == ("173", 4, "a", "D")
    charge = actions.correct_charge(actor=actor, charge=charge, values={"text": "điều 174 khoản 1"})
    assert (charge.article, charge.clause, charge.points, charge.name) == (
        "174",
        1,
        "",
        "Tội lừa đảo chiếm đoạt tài sản",
    )
    Charge.objects.filter(pk=charge.pk).update(name="Tên ghi ngày đó", crime_class="D")
    charge.refresh_from_db()
    charge = actions.correct_charge(actor=actor, charge=charge, values={"decision_no": "8/QĐ"})
    assert (charge.name, charge.crime_class, charge.code_version) == ("Tên ghi ngày đó", "D", version)
    before = _rows(case)
    with pytest.raises(BadInput):
        actions.correct_charge(actor=actor, charge=charge, values={"clause": 77})
    assert _rows(case) == before


# --- the case itself


EDITS: dict[str, tuple[Any, str]] = {
    "name": ("Nguyễn Văn Ánh – Cướp tài sản", "Nguyễn Văn Ánh – Cướp tài sản"),
    "init_decision_no": ("77/QĐ-CSĐT", "77/QĐ-CSĐT"),
    "init_decision_date": (dt.date(2026, 3, 1), "01/03/2026"),
    "init_decision_agency": ("Công an phường", "Công an phường"),
    "national_case_code": ("VN-1", "VN-1"),
    "crime_date": (dt.date(2026, 2, 1), "01/02/2026"),
    "crime_place": ("Phường Hồng Gai", "Phường Hồng Gai"),
    "charge_summary": ("Cướp tài sản", "Cướp tài sản"),
    "handled_at": (dt.date(2026, 3, 6), "06/03/2026"),
    "investigation_agency": ("Cơ quan điều tra", "Cơ quan điều tra"),
    "investigator": ("Lê Điều Tra", "Lê Điều Tra"),
    "court": ("Tòa án khu vực 1", "Tòa án khu vực 1"),
    "judge": ("Trần Thẩm", "Trần Thẩm"),
    "evidence_summary": ("Một con dao", "Một con dao"),
    "confidentiality": ("han_che_noi_bo", "Hạn chế nội bộ"),
    "note": ("Dòng một\nDòng hai", "Dòng một\nDòng hai"),
    **dict.fromkeys(FLAGS, (True, "có")),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_field_of_the_case_is_changed_with_its_history(name: str, case: CaseFile, people: dict[str, User]) -> None:
    value, told = EDITS[name]
    rows = CaseChange.objects.filter(case=case, subject="case").count()
    actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={name: value}, reason="Sửa")
    assert getattr(CaseFile.objects.get(pk=case.pk), name) == value
    assert CaseChange.objects.filter(case=case, subject="case").count() == rows + 1
    change = _last(case, "case")
    assert [(each, after) for each, _before, after in change.values] == [(name, told)]
    assert (change.act, change.subject_label, change.reason) == ("changed", case.code, "Sửa")
    before = _rows(case)
    actions.edit_case(actor=people["chief_kv1"], case=case, values={name: value})
    assert _rows(case) == before


def test_every_field_of_the_case_was_tried() -> None:
    assert set(CASE_FIELDS) - set(EDITS) == {"department", "leader_in_charge", "details"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 251}, "name"),
        ({"crime_date": timezone.localdate() + dt.timedelta(days=1)}, "crime_date"),
        ({"init_decision_date": None}, "init_decision_date"),
        ({"handled_at": dt.date(1, 1, 1)}, "handled_at"),
        ({"confidentiality": "mat"}, "confidentiality"),
        ({"details": {"source": "x"}}, "source"),
        ({"stage": "ket_thuc"}, "stage"),
        ({"status": "dinh_chi"}, "status"),
        ({"unit": None}, "unit"),
        ({"code": "HS-1"}, "code"),
        ({"crime_class": "D"}, "crime_class"),
        ({"revision": 0}, "revision"),
        ({"search_text": ""}, "search_text"),
    ],
)
def test_what_cannot_be_said_of_a_case_leaves_nothing(
    values: dict[str, Any], field: str, case: CaseFile, people: dict[str, User]
) -> None:
    before = _rows(case)
    with pytest.raises(BadInput) as refusal:
        actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"note": "Đã sửa"} | values)
    assert refusal.value.field == field
    assert _rows(case) == before


def test_a_decision_of_another_case_is_refused_naming_only_its_office(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    other = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ Phạm Bí Mật", national_case_code="VN-9")
    before = _rows(case)
    with pytest.raises(Conflict) as refusal:
        actions.edit_case(
            actor=people["prosecutor_kv1"], case=case, values={"init_decision_no": f" {other.init_decision_no.lower()}"}
        )
    assert refusal.value.field == "init_decision_no"
    assert units["QN-KV3"].name in refusal.value.message
    assert "Bí Mật" not in refusal.value.message
    with pytest.raises(Conflict) as refusal:
        actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"national_case_code": "VN-9"})
    assert refusal.value.field == "national_case_code"
    assert _rows(case) == before


def test_an_edit_of_what_somebody_changed_meanwhile_is_refused_by_name(case: CaseFile, people: dict[str, User]) -> None:
    case.refresh_from_db()
    read = case.revision
    actions.edit_case(actor=people["chief_kv1"], case=case, values={"note": "Của lãnh đạo"}, revision=read)
    before = _rows(case)
    with pytest.raises(Conflict) as refusal:
        actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"note": "Của KSV"}, revision=read)
    assert "Bùi Văn Đạt" in refusal.value.message
    assert _rows(case) == before
    case.refresh_from_db()
    actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"note": "Của KSV"}, revision=case.revision)
    assert CaseFile.objects.get(pk=case.pk).note == "Của KSV"


def test_a_row_changed_meanwhile_counts_as_a_change_of_the_case(case: CaseFile, people: dict[str, User]) -> None:
    case.refresh_from_db()
    read = case.revision
    actions.add_entry(actor=people["chief_kv1"], case=case, part="exhibit", values={"name": "Dao"})
    with pytest.raises(Conflict):
        actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"note": "x"}, revision=read)


def test_the_leader_in_charge_has_a_post_there(case: CaseFile, people: dict[str, User]) -> None:
    before = _rows(case)
    for key in ("chief_kv3", "outsider", "locked"):
        with pytest.raises(BadInput) as refusal:
            access.edit_case(actor=people["prosecutor_kv1"], case=case, values={"leader_in_charge": people[key]})
        assert refusal.value.field == "leader_in_charge"
    assert _rows(case) == before
    access.edit_case(actor=people["prosecutor_kv1"], case=case, values={"leader_in_charge": people["chief_province"]})
    assert _last(case, "case").values == [["leader_in_charge", "", "Phạm Quốc Thịnh"]]


def test_registration_asks_for_the_leader_s_post_too(people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    with pytest.raises(BadInput) as refusal:
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], leader_in_charge=people["chief_kv3"])
    assert refusal.value.field == "leader_in_charge"
    assert CaseFile.objects.count() == 0


def test_restricting_a_case_closes_its_papers_before_the_answer(filed_case: FiledCase, people: dict[str, User]) -> None:
    case, paper = filed_case.case, filed_case.host_ids[0]

    def reads(key: str) -> bool:
        return viewable_documents(people[key]).filter(pk=paper).exists()

    assert reads("chief_province")
    access.edit_case(actor=people["prosecutor_kv1"], case=case, values={"confidentiality": "han_che_noi_bo"})
    assert not reads("chief_province")
    assert reads("prosecutor_kv1")
    # opening it again is for those who answer for who works on it
    with pytest.raises(NotAllowed):
        access.edit_case(actor=people["prosecutor_kv1"], case=case, values={"confidentiality": "thuong"})
    assert not reads("chief_province")
    access.edit_case(actor=people["chief_kv1"], case=case, values={"confidentiality": "thuong"})
    assert reads("chief_province")
    assert Document.objects.filter(pk=paper).exists()


def test_a_case_is_registered_with_everybody_in_one_row_of_history(
    people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    case = register(
        actor=people["clerk_kv1"],
        unit=units["QN-KV1"],
        people=[
            {"full_name": " Bế  Văn Hại ", "role": "victim", "is_minor": True},
            {"full_name": "Lò Thị Chứng", "role": "witness"},
        ],
        charges=[ChargeInput(text="173.2")],
        judge="Trần Thẩm",
    )
    assert [(each.full_name, each.role) for each in case.people.all()] == [
        ("Bế Văn Hại", "victim"),
        ("Lò Thị Chứng", "witness"),
    ]
    assert CaseFile.objects.get(pk=case.pk).involves_minor_victim
    created = CaseChange.objects.get(case=case, subject="case")
    told = [value for name, _before, value in created.values if name == "person"]
    assert told == ["Bế Văn Hại – Bị hại", "Lò Thị Chứng – Người làm chứng"]


@pytest.mark.parametrize(
    "person", [{"full_name": "A", "role": "king"}, {"full_name": " ", "role": "victim"}, {"role": "victim"}, {"x": 1}]
)
def test_a_registration_with_a_person_who_cannot_be_leaves_nothing(
    person: dict[str, Any], people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    with pytest.raises(BadInput) as refusal:
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], people=[person])
    assert refusal.value.field == "people"
    assert (CaseFile.objects.count(), CaseChange.objects.count()) == (0, 0)


# --- related cases


def test_a_case_the_actor_may_not_know_of_cannot_be_pointed_at(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    hidden = register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    mine = access.add_entry(
        actor=people["prosecutor_kv1"], case=case, part="relation", values=EXAMPLES["relation"].values
    )
    before = _rows(case)
    values = {"relation": "lien_quan", "other": hidden}
    with pytest.raises(BadInput) as refusal:
        access.add_entry(actor=people["prosecutor_kv1"], case=case, part="relation", values=values)
    assert (refusal.value.field, hidden.code in refusal.value.message) == ("other", False)
    with pytest.raises(BadInput):
        access.change_entry(actor=people["prosecutor_kv1"], entry=mine, values=values)
    assert _rows(case) == before


def test_a_history_names_no_case_its_reader_may_not_know_of(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    hidden = register(actor=people["clerk_kv3"], unit=units["QN-KV3"], name="Vụ Phạm Bí Mật – Đánh bạc")
    both = people["chief_province"]
    relation = actions.add_entry(
        actor=both, case=case, part="relation", values={"relation": "lien_quan", "other": hidden}
    )
    actions.change_entry(actor=both, entry=relation, values={"other": None, "other_text": "Vụ khác"})
    assert RelatedCase.objects.get(pk=relation.pk).other is None
    changes = list(CaseChange.objects.filter(case=case, subject="relation").order_by("pk"))
    assert hidden.code in str([change.values for change in changes]), "there is something to leak"
    told = shown_values(people["prosecutor_kv1"], changes)
    assert ["other", "", OUT_OF_SCOPE] in told[changes[0].pk]
    assert ["other", OUT_OF_SCOPE, ""] in told[changes[1].pk]
    everything = str(told) + str([(change.subject_label, change.reason) for change in changes])
    assert hidden.code not in everything
    assert "Bí Mật" not in everything
    assert ["other", "", str(hidden)] in shown_values(both, changes)[changes[0].pk]


# --- the history itself


def test_what_is_in_the_history_is_neither_rewritten_nor_deleted(case: CaseFile, people: dict[str, User]) -> None:
    actions.edit_case(actor=people["prosecutor_kv1"], case=case, values={"note": "Đã sửa"})
    before = list(CaseChange.objects.order_by("pk").values())
    change = _last(case, "case")
    change.reason = "khác"
    with pytest.raises(TypeError):
        change.save()
    with pytest.raises(TypeError):
        change.delete()
    assert list(CaseChange.objects.order_by("pk").values()) == before


def test_a_name_that_changes_later_stays_as_it_was_written(case: CaseFile, people: dict[str, User]) -> None:
    actor = people["prosecutor_kv1"]
    actions.edit_case(actor=actor, case=case, values={"note": "Đã sửa"})
    actor.last_name, actor.first_name = "Người", "Khác"
    actor.save()
    assert _last(case, "case").actor_name == "Đỗ Hữu Ước"


# --- at once


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_edits_at_once_all_stand_or_are_refused_by_name(case: CaseFile, people: dict[str, User]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    case.refresh_from_db()
    read, rows = case.revision, CaseChange.objects.filter(case=case).count()
    done: list[str] = []
    refused: list[VksError] = []

    def edit(note: str) -> None:
        try:
            actions.edit_case(
                actor=people["prosecutor_kv1"],
                case=CaseFile.objects.get(pk=case.pk),
                values={"note": note},
                revision=read,
            )
            done.append(note)
        except VksError as error:
            refused.append(error)
        finally:
            connection.close()

    _at_once([partial(edit, f"Bản {number}") for number in range(4)])
    assert (len(done), len(refused)) == (1, 3)
    assert all(isinstance(error, Conflict) for error in refused)
    assert CaseFile.objects.get(pk=case.pk).note == done[0]
    assert CaseChange.objects.filter(case=case).count() == rows + 1


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_rows_added_at_once_are_all_there_and_counted(case: CaseFile, people: dict[str, User]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    case.refresh_from_db()
    revision = case.revision
    accused = case.accused.all()[0]

    def add(number: int) -> None:
        try:
            actions.add_charge(
                actor=people["prosecutor_kv1"],
                case=CaseFile.objects.get(pk=case.pk),
                accused=accused,
                given=ChargeInput(text=f"173.{number}", charged_on=DAY),
            )
        finally:
            connection.close()

    _at_once([partial(add, number) for number in (1, 2, 3, 4)])
    case.refresh_from_db()
    assert sorted(each.clause or 0 for each in case.charges.all()) == [1, 2, 3, 4]
    assert case.crime_class == "D"
    assert CaseChange.objects.filter(case=case, subject="charge").count() == 4
    assert case.revision == revision + 4


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_row_taken_out_while_it_is_changed_is_gone_or_changed_never_both(
    case: CaseFile, people: dict[str, User]
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("an in-memory SQLite database has one connection")
    actor = people["prosecutor_kv1"]
    entry = actions.add_entry(actor=actor, case=case, part="exhibit", values={"name": "Dao"})
    refused: list[VksError] = []

    def act(work: Callable[[Model], Any]) -> None:
        try:
            work(type(entry)._default_manager.select_related("case").get(pk=entry.pk))
        except VksError as error:
            refused.append(error)
        finally:
            connection.close()

    # both read the row before either acts
    stale = type(entry)._default_manager.select_related("case").get(pk=entry.pk)
    _at_once(
        [
            lambda: act(lambda _row: actions.remove_entry(actor=actor, entry=stale, reason="Nhầm")),
            lambda: act(lambda _row: actions.change_entry(actor=actor, entry=stale, values={"note": "x"})),
        ]
    )
    assert not type(entry)._default_manager.filter(pk=entry.pk).exists()
    acts = list(CaseChange.objects.filter(case=case, subject="exhibit").order_by("pk").values_list("act", flat=True))
    assert acts == (["created", "removed"] if refused else ["created", "changed", "removed"])


def _at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
