"""What is to be looked at again in a case: each rule asked about what is recorded, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cases.test_lineage import lead, merge, on, pair
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.findings import findings, shown
from vks_plugin.cases.models import CaseFile, Folio, ProceduralEvent, RelatedCase
from vks_plugin.language import speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase
    from vks_plugin.organization.models import ProcuracyUnit

__all__ = ["lead", "pair"]

pytestmark = pytest.mark.django_db


def rules(case: CaseFile) -> list[tuple[str, str, int | None]]:
    """Return rule, part and row of what is found."""
    return [(each.rule, each.part, each.entry) for each in findings(CaseFile.objects.get(pk=case.pk))]


def happen(actor: User, case: CaseFile, event: str, day: str, **values: Any) -> ProceduralEvent:
    """Record an event on a day of 2026 written mm-dd."""
    return access.record_event(actor=actor, case=case, event=event, happened_on=on(day), **values)


def test_nothing_is_found_in_a_case_that_is_in_order(case: CaseFile) -> None:
    assert rules(case) == []


def test_days_out_of_order_are_found_at_the_event_and_at_the_person(lead: User, case: CaseFile) -> None:
    happen(lead, case, "nhan_ho_so", "05-10")
    late = happen(lead, case, "ket_luan_dieu_tra", "05-12", number="9/KLĐT")
    person = case.accused.all()[0]
    access.change_entry(
        actor=lead,
        entry=person,
        values={
            "init_decision_no": "1/KTBC",
            "init_decision_date": on("03-10"),
            "approval_no": "2/PC",
            "approval_date": on("03-09"),
        },
    )
    found = rules(case)
    assert ("V02", "event", late.pk) in found
    assert len([each for each in found if each[0] == "V02"]) == 2


def test_a_person_charged_before_the_case_is_found_once(lead: User, case: CaseFile) -> None:
    person = case.accused.all()[0]
    access.change_entry(
        actor=lead, entry=person, values={"init_decision_no": "1/KTBC", "init_decision_date": on("02-20")}
    )
    assert [each[0] for each in rules(case)] == ["V02"]


def test_a_numbered_file_with_a_hole_is_found(filed_case: FiledCase, lead: User) -> None:
    case = filed_case.case
    # no volumes yet
    assert rules(case) == []
    access.add_entry(actor=lead, case=case, part="volume", values={"number": 1, "folio_from": 1, "folio_to": 5})
    assert [each.sentence for each in findings(case)] == ["Bút lục 6 không thuộc tập nào."]
    access.change_entry(actor=lead, entry=case.volumes.get(), values={"folio_to": 6})
    assert rules(case) == []
    Folio.objects.filter(case=case, number=4).delete()
    found = [each for each in findings(case) if each.rule == "V03"]
    assert any(each.part == "folio" and "4" in each.sentence for each in found)
    # a document is named by its number in the host
    named = {each.entry for each in found if each.part == "document"}
    assert named <= set(filed_case.host_ids)
    assert named


def test_papers_without_numbers_are_left_alone_while_nothing_is_numbered(
    case: CaseFile, lead: User, catalogue: dict[str, Any], django_capture_on_commit_callbacks: Any
) -> None:
    from tests.people import file_pdf

    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=lead, case=case, document_type=catalogue["QDKTVA"])
    assert case.documents.count() == 1
    assert rules(case) == []


def charged(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User, text: str, **more: Any) -> CaseFile:
    """Return a case of one accused charged so, led by `lead`."""
    case = register(
        actor=people["clerk_kv1"],
        unit=units["QN-KV1"],
        accused=[AccusedInput("Đinh Một", 1980, charges=[ChargeInput(text=text)])],
        **more,
    )
    access.assign(actor=people["chief_kv1"], case=case, user=lead, role="prosecutor_lead")
    return case


def test_an_extension_asked_for_late_is_told_when_recorded_and_found_afterwards(
    people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User
) -> None:
    case = charged(people, units, lead, "173.1")
    made = happen(lead, case, "gia_han_dieu_tra", "04-30", amount="2m", asked_on=on("04-28"))
    assert any("22/04/2026" in sentence for sentence in made.warnings)
    assert rules(case) == [("V08", "event", made.pk)]
    access.withdraw_event(actor=lead, event=made, reason="Ghi nhầm")
    again = happen(lead, case, "gia_han_dieu_tra", "04-20", amount="2m", asked_on=on("04-18"))
    assert again.warnings == ()
    assert rules(case) == []


def test_an_extension_beyond_the_table_is_found_though_a_reason_was_given(
    people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User
) -> None:
    case = charged(people, units, lead, "173.1")
    why = {"override_reason": "Quyết định ghi như vậy"}
    made = happen(lead, case, "gia_han_dieu_tra", "04-20", amount="3m", asked_on=on("04-18"), **why)
    assert made.warnings
    assert ("V08", "event", made.pk) in rules(case)


def test_custody_is_told_of_by_name_when_the_case_goes_on(
    people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User
) -> None:
    case = charged(people, units, lead, "173.2")
    person = case.accused.get()
    happen(lead, case, "tam_giam", "03-06", accused=person, number="4/LTG")
    made = happen(lead, case, "nhan_ho_so", "05-22")
    assert any("Đinh Một" in sentence and "tạm giam" in sentence for sentence in made.warnings)


def test_custody_about_to_end_is_found(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User) -> None:
    today = timezone.localdate()
    case = charged(people, units, lead, "173.2", init_decision_date=today - dt.timedelta(days=71))
    person = case.accused.get()
    # three months of thirty days, the first one counted
    access.record_event(
        actor=lead,
        case=case,
        event="tam_giam",
        happened_on=today - dt.timedelta(days=70),
        accused=person,
        number="4/LTG",
    )
    assert [each for each in rules(case) if each[0] == "V09"] == []
    case = charged(people, units, lead, "173.2", init_decision_date=today - dt.timedelta(days=87))
    access.record_event(
        actor=lead,
        case=case,
        event="tam_giam",
        happened_on=today - dt.timedelta(days=86),
        accused=case.accused.get(),
        number="5/LTG",
    )
    (found,) = [each for each in findings(case) if each.rule == "V09"]
    assert found.entry == case.deadlines.get(rule="tam_giam_dt").pk
    assert "Đinh Một" in found.sentence


def test_people_under_18_are_found(people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User) -> None:
    case = charged(people, units, lead, "141.1", crime_date=on("02-01"))
    child = access.add_entry(
        actor=lead,
        case=case,
        part="person",
        values={"role": "victim", "full_name": "Bé Na", "birth_year": 2012},
    )
    young = access.add_entry(actor=lead, case=case, part="accused", values={"full_name": "Đinh Út", "birth_year": 2009})
    assert rules(case) == [
        ("V10", "accused", young.pk),
        ("V10", "case", None),
        ("V11", "person", child.pk),
    ]
    access.edit_case(actor=lead, case=case, values={"is_closed_trial": True})
    assert rules(case) == [("V10", "accused", young.pk)]


def test_a_merger_without_the_other_case_is_found(lead: User, pair: tuple[CaseFile, CaseFile]) -> None:
    older, newer = pair
    merge(lead, older, newer)
    assert [each for each in rules(older) if each[0] == "V17"] == []
    relation = RelatedCase.objects.get(case=older)
    access.remove_entry(actor=lead, entry=relation, reason="Ghi nhầm")
    assert ("V17", "relation", None) in rules(older)


def test_a_day_that_is_not_iso_is_found(case: CaseFile, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from vks_plugin.cases.kinds import CRIMINAL, KINDS, KindField

    monkeypatch.setitem(KINDS, "criminal", replace(CRIMINAL, fields=(KindField("heard_on", "Ngày họp", "date"),)))
    CaseFile.objects.filter(pk=case.pk).update(details={"heard_on": "02/03/2026"})
    assert rules(case) == [("V18", "case", None)]


def test_the_number_of_queries_does_not_grow(
    people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User
) -> None:
    def asked(case: CaseFile) -> int:
        fresh = CaseFile.objects.get(pk=case.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            findings(fresh)
        return len(queries)

    counts = []
    for times in (1, 3):
        case = charged(people, units, lead, "141.1", crime_date=on("02-01"))
        for number in range(times):
            access.add_entry(
                actor=lead, case=case, part="accused", values={"full_name": f"Út {number}", "birth_year": 2009}
            )
            access.add_entry(
                actor=lead,
                case=case,
                part="person",
                values={"role": "victim", "full_name": f"Bé {number}", "birth_year": 2012},
            )
            happen(lead, case, "gia_han_dieu_tra", "04-20", amount="9m", override_reason="Quyết định ghi như vậy")
        counts.append(asked(case))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_findings_are_read_with_what_the_rule_asks_for(
    people: dict[str, User], units: dict[str, ProcuracyUnit], lead: User
) -> None:
    case = charged(people, units, lead, "141.1", crime_date=on("02-01"))
    access.add_entry(actor=lead, case=case, part="accused", values={"full_name": "Đinh Út", "birth_year": 2009})
    with speaking("vi"):
        (first, *_rest) = shown(findings(case))
    assert (first.rule, first.title) == ("V10", "Bị can dưới 18 tuổi khi phạm tội")
    assert first.sentence.startswith("Đinh Út")


def test_a_case_handled_before_it_was_opened_is_found(case: CaseFile) -> None:
    assert rules(case) == []
    CaseFile.objects.filter(pk=case.pk).update(handled_at=dt.date(1990, 1, 1), crime_date=dt.date(2026, 5, 1))
    case.refresh_from_db()
    assert [(each.rule, each.part, each.field) for each in findings(case)] == [
        ("V02", "case", "crime_date"),
        ("V02", "case", "handled_at"),
    ]
