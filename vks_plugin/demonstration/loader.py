"""Fictional people and case files, entered through the same actions a person's click calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from vks_plugin.access import actions as access
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import Assignment, CaseFile, CatalogueType
from vks_plugin.court.sessions.actions import hold_session, plan_session
from vks_plugin.court.sessions.models import CourtSession
from vks_plugin.custody import actions as custody
from vks_plugin.custody.queries import last_checkpoint
from vks_plugin.demonstration.finishing import finish
from vks_plugin.demonstration.rows import FOLDER, day_of, read_rows
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.hashing import sha256_of
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit
from vks_plugin.organization.roles import Role

PASSWORD = "vks-demo-2026"  # noqa: S105 - of the demonstration only; its accounts exist nowhere else
"""Password of every account of the demonstration."""

STARTED = dt.date(2025, 7, 1)

Report = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """An account of the demonstration, for the table that is printed."""

    username: str
    name: str
    role: str
    unit: str


@dataclass(frozen=True)
class DemoSummary:
    """What the demonstration holds."""

    accounts: list[Account]
    cases: list[str]
    documents: int


def load_demo(report: Report) -> DemoSummary:
    """Provision the system and enter people, cases and documents; what is there already is left alone.

    Args:
        report: called with one line after each step.
    """
    call_command("vks_setup", "--activate", "all", "--json", stdout=_Nowhere())
    # the province led the districts before the regional offices; both are shown, the districts without use
    report("Đã chuẩn bị đơn vị, danh mục tài liệu, nhóm quyền.")
    # hashed once for all: it takes a third of a second each time, and everybody has the same
    password = make_password(PASSWORD)
    accounts = [_person(row, password) for row in read_rows("people.json")]
    report(f"Đã có {len(accounts)} tài khoản.")
    codes: list[str] = []
    documents = 0
    for row in read_rows("cases.json"):
        case = _case(row)
        documents += _documents(case, row)
        if len(codes) < _DIGITISED:
            _digitise(case, row, scanning=bool(codes))
        codes.append(case.code)
        report(f"Vụ án {case.code}: {len(row['documents'])} tài liệu.")
    _sessions()
    report("Phiên tòa: một phiên đã mở, một phiên sắp mở.")
    # behind the papers, which come before it
    finish.apply_async()
    report(
        "Khi đã đọc xong tài liệu: hồ sơ giấy có ba lần giao nhận đã xong, một lần chờ nhận; cho mượn một bản giấy đến hạn trả hôm nay, một bản quá hạn, một đề nghị chờ duyệt."
    )
    report(
        "Cũng khi ấy: một hồ sơ được niêm phong và có nhật ký trình chiếu, một hồ sơ chờ Lưu trữ viên nhận, một đợt tiêu hủy chờ duyệt lần 2."
    )
    # as the administrator does once; the papers that are still being read come with the next evening's
    if last_checkpoint() is None:
        custody.ensure_key()
        custody.make_checkpoint()
    report("Sổ cái có khóa và điểm chốt đầu tiên.")
    return DemoSummary(accounts, codes, documents)


@transaction.atomic
def _sessions() -> None:
    """Plan sessions of the court and record what became of one, where none is planned yet."""
    rows = read_rows("sessions.json")
    begun = set(CourtSession.objects.order_by().values_list("case__code", flat=True))
    for row in rows:
        if row["case"] in begun:
            continue
        case = CaseFile.objects.select_related(*FACTS).get(code=row["case"])
        actor = User.objects.get(username=row["actor"])
        values = _typed(row["plan"])
        made = plan_session(actor=actor, case=case, values=values, procurators=[actor])
        if row["held"]:
            hold_session(actor=actor, session=made, **_typed(row["held"]))


class _Nowhere:
    """A stream that keeps nothing."""

    def write(self, _text: str) -> int:
        return 0

    def flush(self) -> None:
        return None


def _person(row: dict[str, Any], password: str) -> Account:
    unit = ProcuracyUnit.objects.get(code=row["unit"])
    names = {"last_name": row["last_name"], "first_name": row["first_name"]}
    user, _made = User.objects.get_or_create(username=row["username"], defaults=names | {"password": password})
    department = Department.objects.filter(unit=unit, code=row["department"]).first() if row["department"] else None
    for role in row["roles"]:
        if not Appointment.objects.filter(user=user, unit=unit, role=role).exists():
            organization.appoint(user=user, unit=unit, role=role, department=department, starts_on=STARTED)
    labels = ", ".join(str(Role(role).label) for role in row["roles"])
    return Account(user.username, f"{user.last_name} {user.first_name}", labels, unit.short_name)


_DAYS = ("_date", "_on", "handled_at")


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    return {
        key: day_of(value) if isinstance(value, str) and value and key.endswith(_DAYS) else value
        for key, value in values.items()
    }


def _accused(row: dict[str, Any]) -> AccusedInput:
    charges = [ChargeInput(text=text) for text in row.get("charges", [])]
    return AccusedInput(
        row["full_name"], row.get("birth_year"), row.get("sex", ""), charges, _typed(row.get("values", {}))
    )


def _record(case: CaseFile, row: dict[str, Any]) -> None:
    """Enter people, exhibits and events on behalf of the lead prosecutor."""
    lead = User.objects.get(username=row["lead"])
    for part, rows in (("person", row["people"]), ("exhibit", row["exhibits"])):
        for values in rows:
            access.add_entry(actor=lead, case=case, part=part, values=_typed(values))
    people = list(case.accused.order_by("position"))
    for event, day, values in row["events"]:
        whose = {"accused": people[values["accused"] - 1]} if "accused" in values else {}
        access.record_event(actor=lead, case=case, event=event, happened_on=day_of(day), **(values | whose))


def _case(row: dict[str, Any]) -> CaseFile:
    case = CaseFile.objects.filter(code=row["code"]).select_related(*FACTS).first()
    unit = ProcuracyUnit.objects.get(code=row["unit"])
    made = case is None
    if case is None:
        case = access.register_case(
            actor=User.objects.get(username=row["clerk"]),
            unit=unit,
            code=row["code"],
            kind=row.get("kind", "criminal"),
            name=row["name"],
            init_decision_no=row["init_decision_no"],
            init_decision_date=day_of(row["init_decision_date"]),
            init_decision_agency=row["init_decision_agency"],
            charge_summary=row["charge_summary"],
            stage=row["stage"],
            department=Department.objects.filter(unit=unit, code=row["department"]).first(),
            handled_at=day_of(row["handled_at"]),
            details=row.get("details", {}),
            accused=[_accused(person) for person in row["accused"]],
            **_typed(row["fields"]),
        )
    leader = (
        Appointment.objects.filter(unit=unit, role=Role.CHIEF_PROCURATOR, ended_at__isnull=True)
        .select_related("user")
        .first()
    )
    wanted = [(row["lead"], Assignment.Role.PROSECUTOR_LEAD), *row["others"]]
    for username, role in wanted:
        person = User.objects.get(username=username)
        if leader is not None and not Assignment.objects.filter(case=case, user=person, role=role).exists():
            access.assign(actor=leader.user, case=case, user=person, role=role)
    if made:
        _record(case, row)
    return case


_DIGITISED = 2
"""Cases whose digitisation has begun: the first waits to be scanned, the second is being scanned."""


def _digitise(case: CaseFile, row: dict[str, Any], *, scanning: bool) -> None:
    """Open the first batch, as the clerk does; the papers are still being read, so nothing is checked yet."""
    if case.digitisation_batches.exists():
        return
    clerk = User.objects.get(username=row["clerk"])
    batch = custody.open_batch(actor=clerk, case=case)
    if scanning:
        batch = custody.move_batch(actor=clerk, batch=batch, name="start")
        custody.note_step(actor=clerk, batch=batch, step="tiep_nhan", pages=len(row["documents"]))
        custody.note_step(actor=clerk, batch=batch, step="thao_gay")


def _documents(case: CaseFile, row: dict[str, Any]) -> int:
    clerk = User.objects.get(username=row["clerk"])
    lead = User.objects.get(username=row["lead"])
    if case.archived_at is not None or case.destroyed_at is not None:
        # whoever goes on with a demonstration whose file the archive took, or that was disposed of, files nothing again
        return len(row["documents"])
    for each in row["documents"]:
        path = FOLDER / "files" / each["file"]
        kind = CatalogueType.objects.get(code=each["type"])
        if IntakeItem.objects.filter(case=case, sha256=sha256_of(path)).exists():
            continue
        filing.file_upload(
            # internal papers are the prosecutor's own
            actor=lead if kind.part == "hsks" else clerk,
            case=case,
            file=path,
            filename=each["file"],
            document_type=kind,
            title=each["title"],
            number=each["number"],
            date=dt.date.fromisoformat(each["date"]) if each["date"] else None,
            folio_from=each["folio_from"],
            folio_to=each["folio_to"],
        )
    return len(row["documents"])
