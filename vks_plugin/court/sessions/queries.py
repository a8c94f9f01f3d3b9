"""Court sessions as one person may see them, and what that person may do with each."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import CaseView, assignments_in_force, case_for, leads, visible_cases
from vks_plugin.cases.models import Assignment, CaseFile, ProceduralEvent
from vks_plugin.cases.trials import VERDICTS, CourtLevel, kinds_of_slides
from vks_plugin.court.deck.models import DeckExport, Slide
from vks_plugin.court.sessions.models import CourtSession, SessionProcurator, ShowingLog
from vks_plugin.court.sessions.states import CALLED_OFF, HELD, PLANNED, SESSION
from vks_plugin.errors import NotAllowed, NotFound
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from vks_plugin.organization.models import ProcuracyUnit

APPEARING = frozenset(
    {
        Assignment.Role.PROSECUTOR_LEAD,
        Assignment.Role.PROSECUTOR,
        Assignment.Role.INSPECTOR,
        Assignment.Role.TRIAL_PROSECUTOR,
        Assignment.Role.APPEAL_PROSECUTOR,
    }
)
"""Assignments whose holders appear in a session."""

RELATED = ("case__unit__parent", "case__trial_unit__parent", "unit", "verdict__case", "previous", "planned_by")
"""What telling of a session reads beside it."""


PLAN = (
    "court_level",
    "court",
    "venue",
    "starts_on",
    "starts_at",
    "ends_on",
    "is_learning",
    "learning_decided_on",
    "learning_organiser",
    "is_closed",
    "is_mobile",
    "is_online",
    "participants",
)
"""What is planned of a session, beside who takes part."""


def session_view(user: User, code: str) -> CaseView:
    """Return the case for somebody who may read it, and with it its sessions.

    Raises:
        NotFound: the person may not know of the case.
        NotAllowed: the person knows of it but may not read it.
    """
    view = case_for(user, code)
    if view.decision.level >= Level.VIEW:
        return view
    raise NotAllowed(
        _(
            "Bạn biết vụ án này nhưng không xem được phiên tòa: chỉ người được phân công và lãnh đạo xem được. "
            "Nếu cần, hãy đề nghị lãnh đạo đơn vị thụ lý phân công."
        )
    )


def office_at(case: CaseFile, court_level: str) -> ProcuracyUnit:
    """Return the office that appears before a court of this level.

    At the trial the one appointed for it (Điều 239), else that of the case; on appeal the one above that, since it is the
    judgment of its court that is appealed; of a case that office opened for the appeal it is that office itself.
    """
    if case.is_on_appeal:
        return case.unit
    trying = case.trial_unit or case.unit
    return (trying.parent or trying) if court_level == CourtLevel.APPEAL else trying


def keeps(user: User, view: CaseView, court_level: str) -> bool:
    """Tell whether the person records sessions before a court of this level in a case.

    Whoever may contribute to the case does, and the leaders of its office and of the one that appears at its trial; on
    appeal also the leaders of the office above and its procurator of this case, since it is they who appear.
    """
    case = view.case
    if view.decision.level >= Level.CONTRIBUTE:
        return True
    if view.decision.level < Level.VIEW:
        return False
    if leads(user, [case.unit_id, case.trial_unit_id]):
        return True
    if court_level != CourtLevel.APPEAL:
        return False
    appears = view.assignments.filter(user=user, role=Assignment.Role.APPEAL_PROSECUTOR).exists()
    return appears or leads(user, [office_at(case, court_level).pk])


def may_plan(user: User, view: CaseView) -> list[str]:
    """Return before which courts the person may plan a session; none where no court hears such cases."""
    if not view.case.kind_data.goes_to_court:
        return []
    return [each for each in CourtLevel.values if keeps(user, view, each)]


def readable_sessions(user: User) -> QuerySet[CourtSession]:
    """Return the sessions of all cases the person may read."""
    cases = visible_cases(user, at_least=Level.VIEW).order_by()
    return CourtSession.objects.filter(case__in=cases.values("pk")).select_related("case", "unit")


def sessions_of(case: CaseFile) -> QuerySet[CourtSession]:
    """Return the sessions of a case the asker was let into, in their order."""
    return CourtSession.objects.filter(case=case).select_related("unit").order_by("number")


def appearing_people(case: CaseFile) -> QuerySet[User]:
    """Return who may be named as taking part: those assigned to the case today who appear in court."""
    roles = assignments_in_force(case).filter(role__in=APPEARING)
    return User.objects.filter(pk__in=roles.order_by().values("user_id"), is_active=True).order_by(
        "last_name", "first_name", "username"
    )


def appearing_in(row: CourtSession) -> QuerySet[User]:
    """Return who may be named as taking part in a session of the case.

    Who appears in the case today, who was named before, and of a session that was held who was assigned on its days.
    """
    named = SessionProcurator.objects.filter(session=row).values("user_id")
    known = Q(pk__in=named) | Q(pk__in=appearing_people(row.case).order_by().values("pk"))
    if row.state == HELD:
        then = Assignment.objects.filter(case=row.case, role__in=APPEARING, starts_on__lte=row.last_day)
        then = then.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=row.starts_on))
        then = then.filter(Q(ended_at__isnull=True) | Q(ended_at__date__gte=row.starts_on))
        known |= Q(pk__in=then.values("user_id"))
    return User.objects.filter(known).order_by("last_name", "first_name", "username")


def verdicts_of(case: CaseFile) -> QuerySet[ProceduralEvent]:
    """Return the events of the case in which a session can have ended, the newest first."""
    return _verdicts(case, Q(withdrawn_at__isnull=True))


def verdicts_for(row: CourtSession) -> QuerySet[ProceduralEvent]:
    """Return the same for one session, with the one it names even where that was withdrawn since.

    So who changes the rest of what came of it does not take the judgment away unseen.
    """
    return _verdicts(row.case, Q(withdrawn_at__isnull=True) | Q(pk=row.verdict_id))


def _verdicts(case: CaseFile, which: Q) -> QuerySet[ProceduralEvent]:
    rows = ProceduralEvent.objects.filter(which, case=case, event__in=VERDICTS)
    return rows.select_related("case").order_by("-happened_on", "-pk")


def fingerprint(row: CourtSession) -> str:
    """Return what stands for what can be changed of a session; another once any of it was changed (one query)."""
    people = list(row.procurators.order_by("user_id").values_list("user_id", flat=True))
    # before it was held, what is shown in it is the logs' to say and no plan
    shown = row.shown_kinds if row.state == HELD else []
    told = [row.state, *(str(getattr(row, name)) for name in PLAN), people, shown]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class SessionTold:
    """A session as one person may see it."""

    row: CourtSession
    people: tuple[User, ...]
    """Who of the procuracy takes part."""
    records: bool
    """Whether the person records sessions before a court of this level at all."""
    may: frozenset[str]
    """Of `change`, `hold`, `adjourn`, `call_off`, `correct`, `record_outcome`, `remark`, `import_log`."""
    reads_remarks: bool
    """Whether what was learned from it is for this person: who works on the case, and who leads them."""

    @property
    def names(self) -> list[str]:
        """Who takes part, by name."""
        return [display_name(each) for each in self.people]

    @property
    def remarks(self) -> str:
        """What was learned from it; empty for those it is not for."""
        return self.row.remarks if self.reads_remarks else ""


def told_to(user: User, view: CaseView, row: CourtSession) -> SessionTold:
    """Return a session of a case the person was let into, with what the person may do (three queries)."""
    row.case = view.case
    recording = keeps(user, view, row.court_level)
    may: set[str] = set()
    if recording:
        may |= {move.name for move in SESSION.moves_from(row.state)}
        may |= {"change"} if row.state == PLANNED else set()
        may |= {"import_log"} if row.state != CALLED_OFF else set()
        may |= {"correct", "record_outcome"} if row.state == HELD else set()
        may |= {"remark"} if row.state == HELD and row.is_learning else set()
    people = tuple(each.user for each in row.procurators.select_related("user"))
    return SessionTold(row, people, recording, frozenset(may), recording or view.internal.level >= Level.VIEW)


@dataclass(frozen=True)
class ShownTold:
    """Something that was shown in a session, in words."""

    slide: int | None
    citation: str
    """Folios and number of the case file, as the slide or the page cites them."""
    kind: str
    """Of the slide; empty: a page opened by its folio."""
    shown_at: dt.datetime
    ended_at: dt.datetime | None
    released_at: dt.datetime | None

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return str(dict(Slide.Kind.choices).get(self.kind, ""))


def shown_in(session: CourtSession) -> list[ShownTold]:
    """Return what was shown in a session by all its logs, in order (two queries).

    A log that was saved again later holds the earlier one: what both tell is told once, as the later one has it.
    """
    found: dict[tuple[Any, ...], ShownTold] = {}
    told = list(session.logs.order_by("imported_at", "pk"))
    # what a package can show may be long, and most logs are of one package
    packages = DeckExport.objects.in_bulk({log.export_id for log in told})
    slides_of = {
        pk: {slide["number"]: slide for slide in each.contents.get("slides", ())} for pk, each in packages.items()
    }
    for log in told:
        slides, pages = slides_of[log.export_id], packages[log.export_id].contents.get("pages", {})
        for entry in log.entries:
            slide = slides.get(entry["slide"], {})
            folio = pages.get(entry["page"], "")
            moments = {
                name: dt.datetime.fromisoformat(entry[name]) if entry[name] else None
                for name in ("shown_at", "ended_at", "released_at")
            }
            at = moments["shown_at"]
            if at is None:
                continue
            key = (log.export_id, entry["slide"], entry["page"], at)
            before = found.get(key)
            found[key] = ShownTold(
                slide=entry["slide"],
                citation=f"BL {folio}" if folio else str(slide.get("citation", "")),
                kind=str(slide.get("kind", "")),
                shown_at=at,
                ended_at=moments["ended_at"] or (before.ended_at if before is not None else None),
                released_at=moments["released_at"],
            )
    return sorted(found.values(), key=lambda each: (each.shown_at, each.slide or 0))


def kinds_shown(log: ShowingLog) -> list[str]:
    """Return what a log says was shown, told apart as statistics do."""
    slides = {slide["number"]: slide["kind"] for slide in log.export.contents.get("slides", ())}
    return kinds_of_slides({slides.get(entry["slide"], "but_luc") for entry in log.entries})


def session_of(view: CaseView, number: int) -> CourtSession:
    """Return a session of a case the asker was let into, by its number.

    Raises:
        NotFound: there is none.
    """
    return _one(CourtSession.objects.filter(case=view.case, number=number))


def session_for(user: User, pk: int) -> tuple[CaseView, CourtSession]:
    """Return a session by its key, with its case, for somebody who may read that.

    Raises:
        NotFound: there is none, or the person may not read its case: the same sentence for both.
    """
    row = _one(readable_sessions(user).filter(pk=pk))
    return session_view(user, row.case.code), row


def _one(rows: QuerySet[CourtSession]) -> CourtSession:
    found = rows.select_related(*RELATED).first()
    if found is None:
        raise NotFound(_("Không có phiên tòa này trong phạm vi của bạn."))
    return found


def with_people(rows: Iterable[CourtSession]) -> dict[int, list[str]]:
    """Return, by key, the names of who takes part in these sessions (one query)."""
    chosen = [row.pk for row in rows]
    names: dict[int, list[str]] = {pk: [] for pk in chosen}
    for each in SessionProcurator.objects.filter(session__in=chosen).select_related("user").order_by("pk"):
        names[each.session_id].append(display_name(each.user))
    return names
