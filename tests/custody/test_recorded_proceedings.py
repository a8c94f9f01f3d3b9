"""Events and whatever else says how long a file is kept, against the ledger: what is changed behind it is named, honest work is not."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.custody.test_retention import ended
from tests.people import register
from vks_plugin import acts
from vks_plugin.access import actions as access
from vks_plugin.cases.actions.charges import ChargeInput
from vks_plugin.cases.actions.registration import AccusedInput
from vks_plugin.cases.models import Accused, CaseFile, Charge, ProceduralEvent, RelatedCase
from vks_plugin.custody import actions, queries
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.custody.queries.recorded import otherwise_than_recorded
from vks_plugin.custody.queries.recorded_proceedings import proceedings_compared
from vks_plugin.custody.queries.retention import standing
from vks_plugin.doctor.custody import ledger_tail
from vks_plugin.doctor.results import Scope, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 9)
LATER = {
    "event_time",
    "case_stage",
    "case_status",
    "suspended",
    "suspended_at_entry",
    "crime_class",
    "relation",
    "related_id",
}
"""Fields that entries did not have before."""


@pytest.fixture
def lead(people: dict[str, User]) -> User:
    return people["prosecutor_kv1"]


def _told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = acts._recorder

    def as_before(kind: str, actor: User | None, told: Any) -> None:
        record(
            kind,
            actor,
            [
                each._replace(data={name: value for name, value in each.data.items() if name not in LATER})
                for each in told
            ],
        )

    monkeypatch.setattr(acts, "_recorder", [as_before])


def _history(case: CaseFile, lead: User, units: dict[str, ProcuracyUnit], people: dict[str, User]) -> CaseFile:
    """Return the case after whatever decides how long it is kept was entered, changed and taken back."""
    first, second = case.accused.order_by("pk")
    access.charge(actor=lead, case=case, accused=first, given=ChargeInput(text="173.2", charged_on=DAY))
    grave = access.charge(actor=lead, case=case, accused=second, given=ChargeInput(text="123.1", charged_on=DAY))
    access.remove_entry(actor=lead, entry=grave, reason="Nhầm bị can")
    charged: dict[str, Any] = {"init_decision_no": "12/QĐ", "init_decision_date": DAY}
    for person in (first, second):
        access.change_entry(actor=lead, entry=person, values=charged)
    # a decision entered with the record is corrected with it
    access.change_entry(actor=lead, entry=second, values={"init_decision_date": DAY + dt.timedelta(days=2)})
    access.edit_case(actor=lead, case=case, values={"init_decision_date": dt.date(2026, 3, 1)})
    wrong = access.record_event(
        actor=lead,
        case=case,
        event="tam_dinh_chi_dieu_tra",
        accused=first,
        happened_on=dt.date(2026, 4, 1),
        number="2/QĐ",
    )
    access.withdraw_event(actor=lead, event=wrong, reason="Nhầm bị can")
    access.record_event(
        actor=lead,
        case=case,
        event="tam_dinh_chi_dieu_tra",
        accused=second,
        happened_on=dt.date(2026, 4, 1),
        number="2/QĐ",
    )
    other = register(actor=people["clerk_kv1"], unit=case.unit, name="Vụ kia")
    access.assign(actor=people["chief_kv1"], case=other, user=lead, role="prosecutor_lead")
    values = {"relation": "tach_tu", "other": other}
    access.add_entry(actor=lead, case=case, part="relation", values=values)
    gone = access.add_entry(actor=lead, case=case, part="relation", values={"relation": "lien_quan", "other": other})
    access.remove_entry(actor=lead, entry=gone, reason="Không liên quan")
    return ended(case, lead)


def _end(case: CaseFile) -> ProceduralEvent:
    return ProceduralEvent.objects.get(case=case, event="ket_thuc")


def _edited(row: Any, **values: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**values)


def _inserted(case: CaseFile) -> None:
    ProceduralEvent.objects.create(
        case=case, event="ket_thuc", happened_on=dt.date(2019, 5, 4), recorded_by=_end(case).recorded_by
    )


def _first_event(case: CaseFile) -> ProceduralEvent:
    return ProceduralEvent.objects.get(case=case, event="khoi_to_vu_an")


def _again(case: CaseFile) -> None:
    """Put a second decision there, of a day that suits, beside the one the record has."""
    row = _first_event(case)
    row.pk, row.happened_on = None, dt.date(2019, 1, 2)
    row.save(force_insert=True)


TAMPERED: dict[str, tuple[Callable[[CaseFile], object], str]] = {
    "a day that lets the period end": (
        lambda case: _edited(_end(case), happened_on=dt.date(2019, 5, 4)),
        "đã bị sửa thành 04/05/2019, sổ cái ghi 04/05/2026",
    ),
    "the hour": (lambda case: _edited(_end(case), happened_at=dt.time(1, 0)), "giờ của sự kiện tố tụng"),
    "what happened": (lambda case: _edited(_end(case), event="khang_cao"), "thành sự kiện khác"),
    "whom it is about": (
        lambda case: _edited(_end(case), accused=Accused.objects.filter(case=case).first()),
        "thành sự kiện khác",
    ),
    "an event that is gone": (lambda case: ProceduralEvent.objects.filter(pk=_end(case).pk).delete(), "không còn"),
    "an event that nobody recorded": (_inserted, "có trong hồ sơ mà sổ cái không ghi"),
    "one taken back": (lambda case: _edited(_end(case), withdrawn_at=timezone.now()), "được ghi là đã rút"),
    "one that is not": (
        lambda case: ProceduralEvent.objects.filter(case=case, withdrawn_at__isnull=False).update(withdrawn_at=None),
        "sổ cái ghi đã rút",
    ),
    "the day of a decision in the record": (
        lambda case: _edited(ProceduralEvent.objects.get(case=case, event="khoi_to_vu_an"), happened_on=dt.date(2019, 1, 2)),
        "khác với ngày quyết định ghi trong hồ sơ",
    ),
    "a decision in the record taken back": (
        lambda case: _edited(_first_event(case), withdrawn_at=timezone.now()),
        "được ghi là đã rút",
    ),
    "a second decision of the record": (_again, "có trong hồ sơ mà sổ cái không ghi"),
    "the stage": (lambda case: _edited(case, stage="truy_to"), "giai đoạn hoặc trạng thái"),
    "the status": (lambda case: _edited(case, status="da_nop_luu"), "giai đoạn hoặc trạng thái"),
    "the status it began with": (lambda case: _edited(case, registered_status="co_hieu_luc"), "giai đoạn hoặc trạng thái"),
    "the kind": (lambda case: _edited(case, kind="civil"), "loại vụ án đã bị sửa"),
    "the class of crime": (lambda case: _edited(case, crime_class="A"), "loại tội phạm nặng nhất"),
    "the class of a charge": (
        lambda case: Charge.objects.filter(case=case).update(crime_class="A"),
        "loại tội phạm nặng nhất",
    ),
    "a charge that has ended": (
        lambda case: Charge.objects.filter(case=case).update(ended_on=timezone.localdate()),
        "loại tội phạm nặng nhất",
    ),
    "somebody suspended": (
        lambda case: Accused.objects.filter(case=case, status="tam_dinh_chi").update(status="dinh_chi"),
        "bị can đang tạm đình chỉ",
    ),
    "the case it was split from": (
        lambda case: RelatedCase.objects.filter(case=case).delete(),
        "vụ liên quan ở dòng",
    ),
    "how they hang together": (
        lambda case: RelatedCase.objects.filter(case=case).update(relation="lien_quan"),
        "vụ liên quan ở dòng",
    ),
    "with which case": (
        lambda case: RelatedCase.objects.filter(case=case).update(
            other=register(actor=_end(case).recorded_by, unit=case.unit, name="Vụ khác nữa")
        ),
        "vụ liên quan ở dòng",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_what_decides_how_long_a_file_is_kept_is_not_changed_unnoticed(
    case: CaseFile, lead: User, people: dict[str, User], units: dict[str, ProcuracyUnit], name: str
) -> None:
    case = _history(case, lead, units, people)
    found = standing(case)
    assert set(found.automatic) == {"tam_dinh_chi", "vu_tach"}
    assert (found.retention.finished_on, case.crime_class) == (dt.date(2026, 5, 4), "B")
    assert list(otherwise_than_recorded()) == []
    change, words = TAMPERED[name]
    change(case)
    told = list(otherwise_than_recorded())
    assert any(words in each for each in told), told
    assert all(each.startswith(case.code) for each in told)


def test_verification_and_the_doctor_tell_it(case: CaseFile, lead: User) -> None:
    actions.ensure_key()
    ended(case, lead)
    actions.make_checkpoint()
    assert queries.verify().problems == []
    _edited(_end(case), happened_on=dt.date(2019, 5, 4))
    assert any("ngày của sự kiện tố tụng" in each for each in queries.verify().problems)
    told = ledger_tail(Scope(full=True))
    assert (told.status, "ngày của sự kiện tố tụng" in told.sentence) == (Status.ERROR, True)


def test_a_day_that_was_told_goes_by_the_record_only_where_the_record_was_changed_since(
    case: CaseFile, lead: User, people: dict[str, User]
) -> None:
    person = case.accused.order_by("pk").first()
    assert person is not None
    told = access.record_event(
        actor=lead, case=case, event="khoi_to_bi_can", accused=person, happened_on=DAY, number="12/QĐ"
    )
    assert list(otherwise_than_recorded()) == []
    for record in (None, dt.date(2019, 5, 4)):
        _edited(told, happened_on=dt.date(2019, 5, 4))
        _edited(person, init_decision_date=record)
        assert any("đã bị sửa thành 04/05/2019" in each for each in otherwise_than_recorded())
    _edited(told, happened_on=DAY)
    _edited(person, init_decision_date=DAY)
    person.refresh_from_db()
    access.change_entry(actor=lead, entry=person, values={"init_decision_date": DAY + dt.timedelta(days=1)})
    told.refresh_from_db()
    assert (told.happened_on, list(otherwise_than_recorded())) == (DAY + dt.timedelta(days=1), [])


def test_entries_of_before_say_less_and_raise_no_alarm(
    case: CaseFile,
    lead: User,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as before:
        _told_as_before(before)
        older = register(actor=people["clerk_kv1"], unit=case.unit, name="Vụ trước")
        access.assign(actor=people["chief_kv1"], case=older, user=lead, role="prosecutor_lead")
        older = _history(older, lead, units, people)
    assert not LATER & LedgerEntry.objects.filter(case=older, kind="event_recorded").latest("seq").said["data"].keys()
    assert list(otherwise_than_recorded()) == []
    # the day was told then, too, and how it began
    _edited(older, registered_status="co_hieu_luc")
    assert len(list(otherwise_than_recorded())) == 1
    _edited(older, registered_status=case.registered_status)
    _edited(_end(older), happened_on=dt.date(2019, 5, 4))
    assert len(list(otherwise_than_recorded())) == 1
    _edited(_end(older), happened_on=dt.date(2026, 5, 4))
    # what nobody had said is compared since the next entry says it
    _edited(older, crime_class="A")
    assert list(otherwise_than_recorded()) == []
    second = older.accused.order_by("pk").last()
    access.charge(actor=lead, case=older, accused=second, given=ChargeInput(text="173.1", charged_on=DAY))
    assert list(otherwise_than_recorded()) == []
    _edited(older, crime_class="A")
    assert len(list(otherwise_than_recorded())) == 1


def test_what_happened_before_the_ledger_began_is_no_alarm(case: CaseFile, lead: User) -> None:
    ended(case, lead)
    assert list(proceedings_compared({case.pk: case.code}, {})) == []


def _suspended(case: CaseFile, lead: User) -> Accused:
    """Return somebody of the case whose proceedings were suspended on their way."""
    values = {"full_name": "Nguyễn Văn Yên", "birth_year": 1970, "init_decision_no": "1/QĐ", "init_decision_date": DAY}
    person: Accused = access.add_entry(actor=lead, case=case, part="accused", values=values)
    happened = {"event": "tam_dinh_chi_dieu_tra", "happened_on": dt.date(2026, 4, 1), "number": "2/QĐ"}
    access.record_event(actor=lead, case=case, accused=person, **happened)
    return person


def _split(case: CaseFile, lead: User, people: dict[str, User]) -> CaseFile:
    person = _suspended(case, lead)
    decided: dict[str, Any] = {"decision_no": "9/QĐ", "decided_on": dt.date(2026, 5, 1), "agency": "CQĐT"}
    case = CaseFile.objects.get(pk=case.pk)
    return access.split_case(actor=lead, source=case, accused=[person.pk], name="Vụ tách", **decided).case


def _merged(case: CaseFile, lead: User, people: dict[str, User]) -> CaseFile:
    other = register(actor=people["clerk_kv1"], unit=case.unit, name="Vụ kia")
    access.assign(actor=people["chief_kv1"], case=other, user=lead, role="prosecutor_lead")
    _suspended(other, lead)
    decided: dict[str, Any] = {"decision_no": "9/QĐ", "decided_on": dt.date(2026, 5, 1), "agency": "CQĐT"}
    other = CaseFile.objects.get(pk=other.pk)
    return access.merge_cases(actor=lead, source=other, target=CaseFile.objects.get(pk=case.pk), **decided).case


def _old(case: CaseFile, lead: User, people: dict[str, User]) -> CaseFile:
    return register(
        actor=people["clerk_kv1"],
        unit=case.unit,
        name="Vụ cũ",
        status="tam_dinh_chi",
        accused=[AccusedInput(full_name="Nguyễn Văn Yên", birth_year=1970)],
    )


@pytest.mark.parametrize("comes", [_split, _merged, _old])
def test_whoever_was_suspended_when_the_case_began_stays_so(
    case: CaseFile,
    lead: User,
    people: dict[str, User],
    comes: Callable[[CaseFile, User, dict[str, User]], CaseFile],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = comes(case, lead, people)
    person = Accused.objects.get(case=found, full_name="Nguyễn Văn Yên")
    assert (person.status, list(otherwise_than_recorded())) == ("tam_dinh_chi", [])
    assert "tam_dinh_chi" in standing(found).automatic
    _edited(person, status="dinh_chi", registered_status="dinh_chi")
    told = list(otherwise_than_recorded())
    assert any("đang tạm đình chỉ khác" in each for each in told), told
    # nor does the next act cover it, by which everybody is told of anew
    access.assign(actor=people["chief_kv1"], case=found, user=lead, role="prosecutor")
    access.add_entry(actor=lead, case=found, part="accused", values={"full_name": "Người sau", "birth_year": 1980})
    told = list(otherwise_than_recorded())
    assert any("đã tạm đình chỉ khi được ghi vào vụ khác" in each for each in told), told
    _edited(person, registered_status="tam_dinh_chi", status="tam_dinh_chi")
    access.add_entry(actor=lead, case=found, part="accused", values={"full_name": "Người nữa", "birth_year": 1981})
    assert list(otherwise_than_recorded()) == []


def test_of_whom_an_entry_of_before_says_nothing_the_next_one_that_does_decides(
    case: CaseFile, lead: User, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        _told_as_before(before)
        found = _split(case, lead, people)
    person = Accused.objects.get(case=found)
    assert list(otherwise_than_recorded()) == []
    access.add_entry(actor=lead, case=found, part="accused", values={"full_name": "Người sau", "birth_year": 1980})
    assert list(otherwise_than_recorded()) == []
    _edited(person, registered_status="dinh_chi")
    assert len(list(otherwise_than_recorded())) == 1
    # who is taken out again is missing from nothing
    _edited(person, registered_status="tam_dinh_chi")
    access.remove_entry(actor=lead, entry=Accused.objects.get(case=found, birth_year=1980), reason="Nhầm vụ")
    assert list(otherwise_than_recorded()) == []
