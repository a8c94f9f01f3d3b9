"""Editing the record of a case. Whether the actor may is decided before, in `access`.

Every act is one transaction: the case is locked, the row is checked and written, the history says who changed what
from what to what, and whatever follows from it (search text, marks, class of crime, time limits) is brought up to date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.cases.actions.rules import refuse_archived, refuse_destroyed, refuse_taken_folios
from vks_plugin.cases.folios import LARGEST_FOLIO
from vks_plugin.cases.kinds import DetailError
from vks_plugin.cases.models import (
    Accused,
    Assignment,
    CaseChange,
    CaseFile,
    CasePerson,
    CaseWords,
    Charge,
    PreventiveMeasure,
    RelatedCase,
    Volume,
    WithheldPaper,
)
from vks_plugin.cases.penal_code import heaviest
from vks_plugin.cases.proceedings import State
from vks_plugin.cases.record import (
    ACCUSED,
    CASE_FIELDS,
    CHARGE,
    OF_DOCUMENTS,
    PARTS_OF_RECORD,
    RELATION,
    Part,
    Snapshot,
    difference,
    fingerprint,
    may_have_lines,
    part_of,
    title_of,
    values_of,
)
from vks_plugin.cases.stages import SUSPENDED
from vks_plugin.cases.validation import is_sexual_offence
from vks_plugin.errors import BadInput, Conflict, NotFound
from vks_plugin.organization.queries import display_name
from vks_plugin.text import composed, folded, one_line

OPEN_IN_ARCHIVE = frozenset({"confidentiality"})
"""Fields of a case that are still changed while the archive has it: they say who may know of it, not what happened."""
MOST_ROWS = 2000
"""Rows of one part a single case may have."""


def lock_case(case: CaseFile) -> CaseFile:
    """Return the case as the database has it now, held until the transaction ends.

    Raises:
        Conflict: its file was disposed of.
    """
    # alone: joined to its office, a case that was handed over while this waited would be found no more
    refuse_destroyed(CaseFile.objects.select_for_update().only("pk", "destroyed_at").get(pk=case.pk))
    return CaseFile.objects.select_related("unit__parent", "department", "trial_unit").get(pk=case.pk)


def lock_record(case: CaseFile) -> CaseFile:
    """Return the case as `lock_case` does, for an act that changes what is recorded of it.

    Raises:
        Conflict: its file was disposed of, or the archive has it.
    """
    held = lock_case(case)
    refuse_archived(held)
    return held


def note_change(
    *,
    case: CaseFile,
    actor: User,
    act: str,
    subject: str,
    subject_id: int,
    label: str,
    values: list[list[Any]],
    reason: str = "",
    told: bool = False,
) -> None:
    """Write one row of the history, and tell the ledger.

    Args:
        told: the ledger is told of it by the caller, as an act of its own.
    """
    CaseChange.objects.create(
        case=case,
        actor_id=actor.pk,
        actor_name=display_name(actor)[:200],
        act=act,
        subject=subject,
        subject_id=subject_id,
        subject_label=label[:250],
        values=values,
        reason=one_line(reason)[:500],
    )
    if told:
        return
    tell(
        "record_changed",
        actor=actor,
        case=case,
        change_kind=act,
        subject=subject,
        subject_id=subject_id,
        fields=[name for name, _before, _after in values],
        label=label[:250],
        # who reads this case may not know of the other one: its number says nothing, and makes it comparable
        changes=[each for each in values if subject != "relation" or each[0] != "other"],
        reason=one_line(reason)[:500],
        **_told_of_keeping(case, subject, subject_id),
    )


def _told_of_keeping(case: CaseFile, subject: str, subject_id: int) -> dict[str, Any]:
    """Return what a change leaves of what says how long the case is kept; nothing where it is about something else."""
    of_charge, of_accused = subject == CHARGE.name, subject == ACCUSED.name
    row = RelatedCase.objects.filter(pk=subject_id).first() if subject == RELATION.name else None
    return {
        "crime_class": heaviest_class(Charge.objects.filter(case=case).only("crime_class", "ended_on"))
        if of_charge
        else None,
        "relation": row.relation if row is not None else None,
        "related_id": row.other_id if row is not None else None,
        **(told_of_suspended(Accused.objects.filter(case=case)) if of_accused else _NOBODY_SAID),
    }


_NOBODY_SAID = {"suspended": None, "suspended_at_entry": None}


def told_of_suspended(people: Iterable[Accused]) -> dict[str, list[int]]:
    """Return what the ledger is told of the accused of a case: whose proceedings are suspended, and whose were when they were entered."""
    there = sorted(people, key=lambda person: person.pk)
    return {
        "suspended": [person.pk for person in there if person.status == SUSPENDED],
        "suspended_at_entry": [person.pk for person in there if person.registered_status == SUSPENDED],
    }


def heaviest_class(charges: Iterable[Charge]) -> str:
    """Return the heaviest class of the charges that hold; empty: none of them is known."""
    return heaviest(each.crime_class or None for each in charges if each.ended_on is None) or ""


def _tell_of_volume(actor: User, volume: Volume, act: str, reason: str) -> None:
    tell(
        "volume_recorded",
        actor=actor,
        case=volume.case,
        change_kind=act,
        volume=volume.number,
        folio_from=volume.folio_from,
        folio_to=volume.folio_to,
        title=volume.title,
        reason=one_line(reason)[:500],
    )


def told_of_assignment(row: Assignment, *, replaced: Sequence[int] = ()) -> dict[str, Any]:
    """Return what the ledger is told of somebody who works on a case from now on.

    Args:
        replaced: assignments that end with it.
    """
    return {
        "assignment": row.pk,
        "person_id": row.user_id,
        "person": display_name(row.user),
        "assignment_role": row.role,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "replaced": list(replaced),
    }


def clean_text(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with every text composed; texts on one line unless they have lines on purpose."""
    return {
        name: (composed(value).strip() if "\n" in value else one_line(value)) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _first_error(error: ValidationError) -> tuple[str | None, str]:
    if hasattr(error, "error_dict"):
        for field, errors in error.message_dict.items():
            return (None if field == "__all__" else field), str(errors[0])
    return None, str(error.messages[0])


def check(entry: models.Model) -> None:
    """Check a row as its fields and its part demand.

    Raises:
        BadInput: with the sentence and the field it belongs to.
    """
    relations = [field.name for field in entry._meta.fields if field.is_relation]
    for column in entry._meta.fields:
        value = getattr(entry, column.attname)
        if isinstance(value, str) and not may_have_lines(column):
            setattr(entry, column.attname, one_line(value))
    try:
        # what may be there only once is asked for by name, in sentences of ours
        entry.full_clean(exclude=[*relations, "folded_name"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, sentence = _first_error(error)
        if field is not None:
            try:
                label = str(entry._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
                sentence = f"{label[:1].upper()}{label[1:]}: {sentence[:1].lower()}{sentence[1:]}"
            except (FieldDoesNotExist, AttributeError):
                pass
        raise BadInput(sentence, field=field) from error
    for relation in entry._meta.fields:
        if relation.is_relation and not relation.null and getattr(entry, relation.attname) is None:
            label = _capital(str(relation.verbose_name))
            raise BadInput(_("%(label)s: hãy chọn trong danh mục.") % {"label": label}, field=relation.name)
    _sensible_days(entry)
    checks = _CHECKS.get(type(entry))
    if checks is not None:
        checks(entry)


def _sensible_days(entry: models.Model) -> None:
    for field in entry._meta.fields:
        value = getattr(entry, field.attname)
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime) and not 1900 <= value.year <= 2200:
            raise BadInput(
                _("%(label)s có năm %(year)d: hãy kiểm tra lại.")
                % {"label": _capital(str(field.verbose_name)), "year": value.year},
                field=field.name,
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _check_human(person: Accused | CasePerson) -> None:
    today = timezone.localdate()
    if person.birth_date is not None:
        if person.birth_date > today:
            raise BadInput(_("Ngày sinh nằm trong tương lai: hãy kiểm tra lại."), field="birth_date")
        person.birth_year = person.birth_date.year
        person.birth_precision = person.birth_precision or "ngay"
    elif person.birth_precision and person.birth_precision != "nam":
        raise BadInput(
            _("Hãy nhập ngày sinh (một ngày bất kỳ trong khoảng đã biết), hoặc chọn “Chỉ biết năm”."),
            field="birth_date",
        )
    if person.birth_year is not None and not 1900 <= person.birth_year <= today.year:
        raise BadInput(_("Năm sinh của %(name)s không hợp lệ.") % {"name": person.full_name}, field="birth_year")


def _check_person(person: CasePerson) -> None:
    _check_human(person)
    if person.role not in dict(person.case.kind_data.person_roles):
        raise BadInput(_("Tư cách tham gia tố tụng không có trong danh mục của loại vụ án này."), field="role")
    if person.accused is not None and person.accused.case_id != person.case_id:
        raise BadInput(_("Bị can này thuộc vụ án khác."), field="accused")


def _check_accused(accused: Accused) -> None:
    if not accused.case.kind_data.has_accused:
        raise BadInput(_("Loại vụ án này không có bị can: hãy nhập người tham gia tố tụng."), field="full_name")
    _check_human(accused)


def _check_charge(charge: Charge) -> None:
    if charge.accused is not None and charge.accused.case_id != charge.case_id:
        raise BadInput(_("Bị can này thuộc vụ án khác."), field="accused")
    if charge.ended_on is not None and charge.ended_on < charge.charged_on:
        raise BadInput(_("Ngày hết áp dụng phải từ ngày áp dụng trở đi."), field="ended_on")
    if charge.crime_class not in {"", "A", "B", "C", "D"}:
        raise BadInput(_("Loại tội phạm ghi là A, B, C, D hoặc để trống."), field="crime_class")


def _check_measure(measure: PreventiveMeasure) -> None:
    if measure.accused.case_id != measure.case_id:
        raise BadInput(_("Bị can này thuộc vụ án khác."), field="accused")
    for name, sentence in (
        ("ends_on", _("Ngày kết thúc phải từ ngày bắt đầu trở đi.")),
        ("ended_on", _("Ngày chấm dứt phải từ ngày bắt đầu trở đi.")),
    ):
        value = getattr(measure, name)
        if value is not None and value < measure.starts_on:
            raise BadInput(sentence, field=name)
    if measure.extends is not None and measure.extends.accused_id != measure.accused_id:
        raise BadInput(_("Chỉ gia hạn được biện pháp của chính bị can đó."), field="extends")


def _check_relation(relation: RelatedCase) -> None:
    if relation.other_id is None and not relation.other_text:
        raise BadInput(_("Hãy chọn vụ liên quan, hoặc ghi vụ ở ngoài hệ thống."), field="other")
    if relation.other_id == relation.case_id:
        raise BadInput(_("Vụ án không liên quan với chính nó."), field="other")


_numbers_taken: list[Callable[[CaseFile], Mapping[int, str]]] = []


def numbers_are_taken_by(*askers: Callable[[CaseFile], Mapping[int, str]]) -> None:
    """Let concepts above say which numbers of volumes are given to paper that is elsewhere, each with why; called when the program starts."""
    _numbers_taken[:] = askers


def numbers_taken(case: CaseFile) -> dict[int, str]:
    """Return the numbers no volume may get, each with why: paper that is elsewhere has them."""
    return {number: why for asker in _numbers_taken for number, why in asker(case).items()}


def _check_number(volume: Volume) -> None:
    """Keep a new volume from being taken for one that did not come along with its file.

    One that has its number already keeps it.
    """
    if Volume.objects.filter(pk=volume.pk, number=volume.number).exists():
        return
    why = numbers_taken(volume.case).get(volume.number)
    if why is not None:
        raise Conflict(
            _("Số tập %(number)d là của tập %(why)s: hãy chọn số khác.") % {"number": volume.number, "why": why},
            field="number",
        )


def _check_volume(volume: Volume) -> None:
    """Keep each folio in one volume (TTLT 04/2018, Điều 35: the file is numbered through, and bound in that order)."""
    _check_number(volume)
    first, last = volume.folio_from, volume.folio_to
    if first is None and last is None:
        return
    if first is None or last is None or not 1 <= first <= last <= LARGEST_FOLIO:
        raise BadInput(_("Hãy ghi bút lục đầu và cuối của tập, số đầu không lớn hơn số cuối."), field="folio_from")
    clash = (
        Volume.objects.filter(case=volume.case, folio_from__lte=last, folio_to__gte=first)
        .exclude(pk=volume.pk)
        .order_by("number")
        .first()
    )
    if clash is not None:
        raise Conflict(
            _("Bút lục %(first)d–%(last)d đã thuộc tập %(volume)d: mỗi bút lục thuộc một tập.")
            % {
                "first": max(first, clash.folio_from or 0),
                "last": min(last, clash.folio_to or 0),
                "volume": clash.number,
            },
            field="folio_from",
        )


def _check_withheld(card: WithheldPaper) -> None:
    """Keep each folio with one paper (TTLT 04/2018, Điều 35), whether it is stored here or not."""
    first, last = card.folio_from, card.folio_to
    if first is None and last is None:
        return
    card.folio_to = last = last if last is not None else first
    if first is None or last is None or not 1 <= first <= last <= LARGEST_FOLIO or last - first >= MOST_ROWS:
        raise BadInput(_("Hãy ghi bút lục đầu và cuối của tài liệu, số đầu không lớn hơn số cuối."), field="folio_from")
    refuse_taken_folios(card.case, first, last, card=card.pk)
    from vks_plugin.cases.actions.folios import claimed  # noqa: PLC0415 - it builds on this module

    if any(first <= label.number <= last for label in claimed(card.case)):
        raise Conflict(
            _("Bút lục %(first)d–%(last)d trùng với tệp đang chờ xử lý: hãy đợi tệp vào hồ sơ rồi kiểm tra lại.")
            % {"first": first, "last": last},
            field="folio_from",
        )


_CHECKS: dict[type[models.Model], Callable[[Any], None]] = {
    Accused: _check_accused,
    CasePerson: _check_person,
    Charge: _check_charge,
    PreventiveMeasure: _check_measure,
    RelatedCase: _check_relation,
    Volume: _check_volume,
    WithheldPaper: _check_withheld,
}


def _known_fields(part: Part, values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in part.fields:
            raise BadInput(_("Phần này không có trường “%(field)s”.") % {"field": name}, field=name)


def _written(entry: models.Model) -> None:
    """Save, telling what the database refuses in a sentence."""
    if hasattr(entry, "folded_name"):
        entry.folded_name = folded(getattr(entry, "full_name", ""))
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        raise Conflict(_("Dòng này trùng hoặc mâu thuẫn với một dòng đã có: hãy kiểm tra lại.")) from error


@transaction.atomic
def add_entry(
    *,
    actor: User,
    case: CaseFile,
    part: str,
    values: Mapping[str, Any],
    reason: str = "",
    joins_as: State | None = None,
) -> Any:
    """Add a row to a part of the record and return it.

    Args:
        part: a name in `PARTS_OF_RECORD`.
        values: typed values of its fields; what is left out stays empty.
        reason: why, where there is something to say.
        joins_as: where an accused of another case stands who is entered in this one; None: as somebody new does.

    Raises:
        NotFound: there is no such part.
        BadInput: a value is missing, malformed or does not fit the case.
        Conflict: the row is there already, or there are too many.
    """
    chosen = PARTS_OF_RECORD.get(part)
    if chosen is None:
        raise NotFound(_("Hồ sơ không có phần này."))
    _known_fields(chosen, values)
    case = lock_record(case)
    count = chosen.model._default_manager.filter(case=case).count()
    if count >= MOST_ROWS:
        raise Conflict(_("Vụ án đã có %(count)d dòng ở phần này: không thêm được nữa.") % {"count": count})
    given = clean_text(values)
    if "position" in chosen.fields:
        given.setdefault("position", count + 1)
    entry: Any = chosen.model(case=case, **given)
    check(entry)
    if isinstance(entry, Accused):
        from vks_plugin.cases.actions.proceedings import settle_newcomer  # noqa: PLC0415 - it builds on this module

        settle_newcomer(case=case, accused=entry, joins_as=joins_as)
    _written(entry)
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CREATED,
        subject=part,
        subject_id=entry.pk,
        label=title_of(entry),
        values=difference({}, values_of(entry, chosen.fields)),
        reason=reason,
        told=isinstance(entry, Volume),
    )
    if isinstance(entry, Volume):
        _tell_of_volume(actor, entry, CaseChange.Act.CREATED, reason)
    _follow(actor, case, entry)
    follow_up(case)
    return entry


def _follow(actor: User, case: CaseFile, entry: Any) -> None:
    """Let the proceedings follow what was entered of a measure or of somebody prosecuted."""
    from vks_plugin.cases.actions import proceedings  # noqa: PLC0415 - it builds on this module

    if isinstance(entry, PreventiveMeasure):
        proceedings.follow_measure(actor=actor, case=case, measure=entry)
    elif isinstance(entry, Accused):
        proceedings.follow_accused(actor=actor, case=case, accused=entry)


@transaction.atomic
def change_entry(*, actor: User, entry: Any, values: Mapping[str, Any], reason: str = "", seen: str = "") -> Any:
    """Change a row of the record and return it; the same values again change nothing.

    Args:
        entry: the row.
        values: typed values of its fields; what is left out stays as it is.
        reason: why, where there is something to say.
        seen: the fingerprint of the row the editor read; with it, a change by somebody else meanwhile is a conflict.

    Raises:
        NotFound: somebody removed the row meanwhile.
        BadInput: as for `add_entry`.
        Conflict: as for `add_entry`; or somebody changed the row meanwhile.
    """
    part = part_of(entry)
    _known_fields(part, values)
    case = lock_record(entry.case)
    current: Any = part.model._default_manager.filter(pk=entry.pk, case=case).first()
    if current is None:
        raise NotFound(_("Dòng này đã bị bỏ: hãy tải lại trang."))
    current.case = case
    if seen and seen != fingerprint(current):
        raise Conflict(_changed_meanwhile(case))
    before = Snapshot(current, part.fields)
    for name, value in clean_text(values).items():
        setattr(current, name, value)
    check(current)
    changed = before.changes(current)
    if not changed:
        return current
    _written(current)
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CHANGED,
        subject=part.name,
        subject_id=current.pk,
        label=title_of(current),
        values=changed,
        reason=reason,
        told=isinstance(current, Volume),
    )
    if isinstance(current, Volume):
        _tell_of_volume(actor, current, CaseChange.Act.CHANGED, reason)
    _follow(actor, case, current)
    follow_up(case)
    return current


@transaction.atomic
def remove_entry(*, actor: User, entry: Any, reason: str) -> None:
    """Take a row that was entered in error out of the record; the history keeps what it said.

    Raises:
        NotFound: somebody removed it meanwhile.
        BadInput: no reason is given.
        Conflict: other rows hang on it.
    """
    part = part_of(entry)
    if not one_line(reason):
        raise BadInput(_("Hãy ghi lý do bỏ dòng này."), field="reason")
    case = lock_record(entry.case)
    current: Any = part.model._default_manager.filter(pk=entry.pk, case=case).first()
    if current is None:
        raise NotFound(_("Dòng này đã bị bỏ: hãy tải lại trang."))
    if isinstance(current, Accused):
        _nothing_hangs_on(current)
    before = values_of(current, part.fields)
    label = title_of(current)
    imposed_by = current.event if isinstance(current, PreventiveMeasure) else None
    try:
        with transaction.atomic():
            current.delete()
    except models.ProtectedError as error:
        raise Conflict(_("Còn dòng khác dựa vào dòng này: hãy bỏ dòng đó trước.")) from error
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.REMOVED,
        subject=part.name,
        subject_id=entry.pk,
        label=label,
        values=[[name, value, ""] for name, value in before.items() if value],
        reason=reason,
        told=isinstance(current, Volume),
    )
    if isinstance(current, Volume):
        _tell_of_volume(actor, current, CaseChange.Act.REMOVED, reason)
    if imposed_by is not None:
        from vks_plugin.cases.actions.proceedings import forget_measure  # noqa: PLC0415 - it builds on this module

        forget_measure(actor=actor, case=case, event=imposed_by, reason=reason)
    follow_up(case)


def _nothing_hangs_on(accused: Accused) -> None:
    """Refuse to take somebody out whose measures, charges or events would go without a trace of their own."""
    hanging = accused.measures.exists() or accused.charges.exists() or accused.events.exists()
    if hanging:
        raise Conflict(
            _("%(name)s còn tội danh, biện pháp ngăn chặn hoặc sự kiện tố tụng: hãy bỏ các dòng đó trước.")
            % {"name": accused.full_name}
        )


@transaction.atomic
def edit_case(
    *, actor: User, case: CaseFile, values: Mapping[str, Any], revision: int | None = None, reason: str = ""
) -> CaseFile:
    """Change fields of the case itself; the same values again change nothing.

    Args:
        values: typed values of fields in `CASE_FIELDS`.
        revision: the revision the editor read; with it, a change by somebody else meanwhile is a conflict.
        reason: why, where there is something to say.

    Raises:
        BadInput: a value is missing or malformed.
        Conflict: somebody changed the case meanwhile, the initiating decision is another case's, or the archive has it.
    """
    from vks_plugin.cases.actions.registration import (  # noqa: PLC0415 - registration uses this module
        check_identity,
        refuse_department,
    )

    for name in values:
        if name not in CASE_FIELDS:
            raise BadInput(_("Không sửa được trường “%(field)s” ở đây.") % {"field": name}, field=name)
    case = lock_case(case)
    if revision is not None and revision != case.revision:
        raise Conflict(_changed_meanwhile(case))
    before = Snapshot(case, CASE_FIELDS)
    given = clean_text(values)
    if "details" in given:
        given["details"] = clean_details(case.kind, given["details"] or {})
    if given.get("national_case_code") == "":
        given["national_case_code"] = None
    for name, value in given.items():
        setattr(case, name, value)
    check(case)
    check_identity(case)
    changed = before.changes(case)
    if not changed:
        return case
    if {name for name, _before, _after in changed} - OPEN_IN_ARCHIVE:
        refuse_archived(case)
    _written(case)
    if any(name == "department" for name, _before, _after in changed):
        refuse_department(case)
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CHANGED,
        subject="case",
        subject_id=case.pk,
        label=case.code,
        values=changed,
        reason=reason,
    )
    from vks_plugin.cases.actions.proceedings import follow_identity  # noqa: PLC0415 - it builds on this module

    follow_identity(actor=actor, case=case)
    follow_up(case)
    return case


def _changed_meanwhile(case: CaseFile) -> str:
    # a paper described anew is no change of the record
    last = case.changes.exclude(subject__in=OF_DOCUMENTS.values()).first()
    return _("%(name)s vừa sửa vụ án này: hãy tải lại trang rồi nhập lại phần bạn sửa.") % {
        "name": last.actor_name if last is not None else _("Người khác")
    }


def clean_details(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kind's own fields as they are stored.

    Raises:
        BadInput: one is unknown, missing or malformed.
    """
    from vks_plugin.cases.kinds import kind_of  # noqa: PLC0415 - the name is short and used here only

    try:
        return kind_of(kind).clean_details(dict(given))
    except DetailError as error:
        words = {key: _(value) if key == "label" else value for key, value in error.words.items()}
        raise BadInput(_(error.sentence) % words, field=error.field) from error


def follow_up(case: CaseFile) -> None:
    """Bring up to date what is derived from the record of this case."""
    accused = list(Accused.objects.filter(case=case))
    people = list(CasePerson.objects.filter(case=case).only("is_minor", "role", "is_sexual_offence_victim"))
    charges = list(Charge.objects.filter(case=case).only("crime_class", "code_version", "article", "ended_on"))
    CaseWords.objects.bulk_create(
        [CaseWords(case=case, text=search_text(case, accused))],
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["text"],
    )
    case.crime_class = heaviest_class(charges)
    for person in accused:
        person.case = case
    case.has_legal_person = case.has_legal_person or any(person.is_legal_person for person in accused)
    case.involves_minor_accused = case.involves_minor_accused or any(person.is_minor for person in accused)
    case.involves_minor_victim = case.involves_minor_victim or any(
        person.is_minor and person.role == "victim" for person in people
    )
    # a charge that was replaced counts too: the papers of the time are still in the file
    case.involves_sexual_offence = any(is_sexual_offence(each.code_version, each.article) for each in charges) or any(
        person.is_sexual_offence_victim for person in people
    )
    case.revision += 1
    case.save(
        update_fields=[
            "crime_class",
            "has_legal_person",
            "involves_minor_accused",
            "involves_minor_victim",
            "involves_sexual_offence",
            "revision",
        ]
    )
    from vks_plugin.cases.actions.deadlines import refresh_deadlines  # noqa: PLC0415 - it builds on this module

    refresh_deadlines(case)
    for follower in _followers:
        follower(case)


_followers: list[Callable[[CaseFile], None]] = []


def on_change(follower: Callable[[CaseFile], None]) -> None:
    """Register what has to follow every act on a record, in the same transaction."""
    if follower not in _followers:
        _followers.append(follower)


def search_text(case: CaseFile, accused: Iterable[Accused]) -> str:
    """Return what a list is searched by: code, name, number of the decision, national code, accused; no accents.

    Other people are left out: who may only know that a case exists must not find out who its victim is.
    """
    words = [
        folded(case.code),
        folded(case.name),
        folded(case.init_decision_no),
        folded(case.national_case_code or ""),
        *(folded(each) for person in accused for each in (person.full_name, person.other_name, person.alias) if each),
    ]
    return " | ".join(word for word in words if word)
