"""Explaining access: what the policy says of a person with its reasons, and what the host has stored beside it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.explain import LEVEL_NAMES, REACH_NAMES, Explanation, Held, Row, explain
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import (
    CONDITIONS,
    NO_ACCOUNT,
    RELATIONS,
    CaseFacts,
    Decision,
    Level,
    Post,
    Sensitivity,
    as_table,
    standing_viewers,
)
from vks_plugin.access.projection import granted_in_person
from vks_plugin.access.queries import (
    case_for,
    facts_of,
    lent_documents,
    post_of,
    reach,
    require,
    units_to_assign_in,
    visible_cases,
    visible_documents,
)
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.errors import BadInput, NotAllowed, NotFound
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import grants_of, may_view
from vks_plugin.language import spoken
from vks_plugin.organization.models import Appointment, ProcuracyUnit, ServiceAccount
from vks_plugin.organization.queries import dated_access_suspended, display_name, posts_in_force
from vks_plugin.organization.roles import Role
from vks_plugin.text import composed

if TYPE_CHECKING:
    import datetime as dt

BOTH = tuple(part for part, _label in PARTS)
"""Case file and supervision file."""


class StoredGrant(NamedTuple):
    """A grant in the host's tables that reaches the person."""

    holder: str
    """`user` or `group`."""
    name: str
    action: str


@dataclass(frozen=True)
class HostDocument:
    """What the host has stored about a document for one person, beside what the policy would have there."""

    filed: CaseDocument
    owner: str
    """Account that owns it; empty: nobody, and then the host shows it to everybody."""
    owned_rightly: bool
    shown: bool
    """Whether the host's own lists hold it for this person."""
    grants: tuple[StoredGrant, ...]
    missing: frozenset[str]
    """Actions the policy gives and the host has no grant for."""
    extra: frozenset[str]
    """Actions the host has a grant for and the policy does not give."""

    @property
    def differs(self) -> bool:
        """Whether host and policy disagree."""
        return bool(self.missing or self.extra) or not self.owned_rightly


@dataclass(frozen=True)
class Answer:
    """Why one person may or may not see a case or a document."""

    user: User
    case: CaseFile
    parts: tuple[Explanation, ...]
    documents: tuple[HostDocument, ...]
    """Those the asker may know of."""
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What the host withholds by design, and where it is to be had."""

    @property
    def differing(self) -> list[HostDocument]:
        """Documents on which host and policy disagree."""
        return [each for each in self.documents if each.differs]

    @property
    def shown(self) -> int:
        """How many of the documents the host shows to the person."""
        return sum(each.shown for each in self.documents)


# --- who may ask about whom


def people_explained_in(case: CaseFile) -> QuerySet[User]:
    """Return the people about whom a leader of the case's office may ask, locked accounts too.

    Those of the office, past ones with them, of the one above and the one appointed for the trial, whoever was ever
    assigned to the case, and whoever was let in for a while: about other people's posts nothing is told.
    """
    let_in = TemporaryAccess.objects.filter(case=case, starts_at__isnull=False)
    return _people_of(
        [case.unit], Assignment.objects.filter(case=case), let_in=let_in, trial_units=[case.trial_unit_id]
    )


def _people_of(
    units: Iterable[ProcuracyUnit],
    assignments: QuerySet[Assignment],
    *,
    let_in: QuerySet[TemporaryAccess],
    trial_units: Iterable[int | None] = (),
) -> QuerySet[User]:
    chosen = list(units)
    own = Appointment.objects.filter(unit__in=chosen)
    around = {each for each in (*(unit.parent_id for unit in chosen), *trial_units) if each is not None}
    near = Appointment.objects.in_force(timezone.localdate()).filter(unit_id__in=around)
    return User.objects.filter(
        Q(pk__in=own.values("user_id"))
        | Q(pk__in=near.values("user_id"))
        | Q(pk__in=assignments.values("user_id"))
        | Q(pk__in=let_in.values("user_id"))
    ).order_by("last_name", "first_name", "username")


def _unknown() -> BadInput:
    # the same for an account that is not there and for one the asker has nothing to do with
    return BadInput(
        _("Người này không có chức danh tại đơn vị thụ lý hoặc đơn vị cấp trên, cũng chưa từng được phân công."),
        field="user",
    )


def _asked_about(actor: User, case: CaseFile, username: str) -> User:
    """Return whom a question is about: the asker, or somebody a leader of the office may ask about.

    Raises:
        NotAllowed: the asker may not assign in this case and asks about somebody else.
        BadInput: nobody of that name has to do with the office or the case.
    """
    if username in {"", actor.get_username()}:
        return actor
    # before accounts are looked up: others could otherwise learn which exist
    require(actor, case, Level.MANAGE, doing=_("xem vì sao người khác có quyền"))
    found = people_explained_in(case).filter(username=composed(username)).first()
    if found is None:
        raise _unknown()
    return found


def case_explained_to(actor: User, code: str, username: str = "") -> Answer:
    """Return why a person may or may not see a case, for somebody who may know that.

    Raises:
        NotFound: the asker may not know of the case.
        NotAllowed, BadInput: see `_asked_about`.
    """
    case = case_for(actor, code).case
    user = _asked_about(actor, case, username)
    known = visible_documents(actor).filter(case=case)
    return answer(user, case, known.select_related("document_type", "document"), narrow=user.pk != actor.pk)


def document_explained_to(actor: User, host_id: int | str, username: str = "") -> Answer:
    """Return why a person may or may not see a document, for somebody who may know that.

    Raises:
        NotFound: the asker may not see the document.
        NotAllowed, BadInput: see `_asked_about`.
    """
    filed = visible_documents(actor).select_related("case__unit__parent").filter(document_id=host_id).first()
    if filed is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    user = _asked_about(actor, filed.case, username)
    return answer(user, filed.case, [filed], parts=(filed.part,), narrow=user.pk != actor.pk)


def document_told_to(actor: User, host_id: int | str, username: str = "") -> dict[str, Any]:
    """Return in words why a person may or may not see a document, be it in a case or in none.

    Raises:
        NotFound: the asker may not see the document.
        NotAllowed, BadInput: see `_asked_about`; about a document in no case others are asked about by its owner, by
            who may change it, and by superusers.
    """
    if visible_documents(actor).filter(document_id=host_id).exists():
        return told(document_explained_to(actor, host_id, username))
    document = loose_document(host_id)
    if document is None or not _why_loose(actor, document).shown:
        raise NotFound(_("Không có tài liệu này trong hồ sơ nào bạn được xem."))
    return loose_told(_asked_about_loose(actor, document, username), document)


def loose_document(host_id: int | str) -> Document | None:
    """Return a document that is in no case and not in the bin; a version is none by itself."""
    loose = Document.objects.filter(case_document__isnull=True, root_document__isnull=True)
    return loose.select_related("owner").filter(pk=host_id).first()


def _asked_about_loose(actor: User, document: Document, username: str) -> User:
    if username in {"", actor.get_username()}:
        return actor
    if actor.is_superuser:
        people = User.objects.all()
    else:
        changes = any(each.action == "change" for each in _reaching(actor, document))
        if document.owner_id != actor.pk and not changes:
            raise NotAllowed(
                _("Tài liệu chưa ở vụ án nào: chủ của nó và người sửa được nó mới xem được vì sao người khác đọc được.")
            )
        own = [unit for _role, unit in posts_in_force(actor)]
        people = _people_of(own, Assignment.objects.none(), let_in=TemporaryAccess.objects.none())
    found = people.filter(username=composed(username)).first()
    if found is None:
        raise _unknown()
    return found


def cases_explained_to(actor: User, username: str = "") -> tuple[User, QuerySet[CaseFile]]:
    """Return whom a question is about, and the cases that person may know of as far as the asker may tell.

    About somebody else a leader is told of the cases in which the leader assigns.

    Raises:
        NotAllowed: the asker assigns nowhere and asks about somebody else.
        BadInput: nobody of that name has to do with the asker's offices.
    """
    if username in {"", actor.get_username()}:
        return actor, visible_cases(actor)
    units = list(units_to_assign_in(actor))
    if not units:
        raise NotAllowed(_("Bạn chỉ xem được lý do của chính mình: lãnh đạo đơn vị xem được của người trong đơn vị."))
    managed = visible_cases(actor, at_least=Level.MANAGE)
    found = (
        _people_of(
            units,
            Assignment.objects.filter(case__in=managed.values("pk")),
            let_in=TemporaryAccess.objects.filter(case__in=managed.values("pk"), starts_at__isnull=False),
        )
        .filter(username=composed(username))
        .first()
    )
    if found is None:
        raise _unknown()
    return found, managed.filter(reach(found))


# --- the answer


def answer(
    user: User,
    case: CaseFile,
    documents: Iterable[CaseDocument],
    *,
    parts: Sequence[str] = BOTH,
    narrow: bool = False,
) -> Answer:
    """Return why a person may or may not see a case, with what the host has stored for these documents of it.

    Asks nothing about who wants to know.

    Args:
        user: whom the question is about.
        case: the case.
        documents: documents of the case the asker may know of.
        parts: the parts of the case the question is about.
        narrow: whether to leave out posts outside the case's office and the one above.
    """
    day = timezone.localdate()
    facts = facts_of(case)
    posts, names = _posts(user)
    if narrow:
        # that there is a post elsewhere matters for temporary access; which one is not told
        posts = [each if each.unit in facts.units else _elsewhere(each) for each in posts]
    around = (case.unit, case.unit.parent, case.trial_unit)
    names |= {unit.code: unit.short_name for unit in around if unit is not None}
    assignments = _assignments(user, [case])[case.pk]
    granted = _granted(user, [case])[case.pk]
    told = tuple(
        explain(
            posts=posts,
            assignments=assignments,
            granted=granted,
            case=facts,
            part=part,
            day=day,
            active=user.is_active,
            names=names,
        )
        for part in parts
    )
    suspended = dated_access_suspended()
    found = _host_documents(user, case, facts, documents, _in_host(posts, day, suspended=suspended))
    warnings = _warnings(user, found)
    dated = any(each.ends_on is not None and each.in_force(day) for each in (*posts, *assignments, *granted))
    if suspended and dated:
        warnings.append(
            _(
                "Quyền có thời hạn đang tạm dừng trong DMS: chức danh và phân công có ngày cuối tạm thời không mở gì ở đó."
            )
        )
    return Answer(user, case, told, tuple(found), tuple(warnings), tuple(_notes(user, case, told, granted, found)))


def _notes(
    user: User,
    case: CaseFile,
    told: Iterable[Explanation],
    granted: Iterable[Held],
    documents: Iterable[HostDocument],
) -> list[str]:
    """Return in sentences what the host withholds from the person though the table gives it, and where it is to be had."""
    if user.is_superuser or not user.is_active:
        return []
    notes = []
    lent = lent_documents(user, [each.filed.document_id for each in documents if each.shown])
    if lent:
        day = timezone.localdate()
        ends = [
            each.ends_at
            for each in granted
            if each.role == TemporaryAccess.Kind.LOAN and each.in_force(day) and each.ends_at
        ]
        notes.append(
            _(
                "%(number)d tài liệu người này chỉ đọc được nhờ mượn bản điện tử, đến %(moment)s: đọc ở trang của vụ án (/vks/), mỗi "
                "trang mang tên người mượn. DMS tìm thấy và kể tên tài liệu, nhưng không cho mở tệp, xem trước, tải về, không "
                "đưa chữ của tài liệu."
            )
            % {
                "number": len(lent),
                "moment": f"{timezone.localtime(max(ends)):%H:%M %d/%m/%Y}" if ends else "—",
            }
        )
    files = [each for each in told if each.decision.level >= Level.CONTRIBUTE]
    if any("change" not in granted_in_person(case, each.part, user.pk) for each in files):
        notes.append(
            _(
                "Quyền lãnh đạo mở tài liệu trong DMS để xem: tiêu đề, loại, số, ngày sửa ở trang của vụ án; nhãn và ghi chú "
                "trong DMS thì người được phân công vào vụ án sửa."
            )
        )
    return notes


# --- a document in no case


class _Loose(NamedTuple):
    """Whether the host shows a document that is in no case to somebody, and why."""

    shown: bool
    reason: str


def _reaching(user: User, document: Document) -> list[StoredGrant]:
    groups = dict(user.groups.values_list("pk", "name"))
    return [
        StoredGrant(each.holder, user.get_username() if each.holder == "user" else groups[each.holder_id], each.action)
        for each in sorted(grants_of([document.pk]).get(document.pk, set()))
        if (each.holder_id == user.pk if each.holder == "user" else each.holder_id in groups)
    ]


def _why_loose(user: User, document: Document) -> _Loose:
    """Return what the host goes by, in its order: the account, the owner, the grants."""
    if not user.is_active:
        return _Loose(shown=False, reason=_(NO_ACCOUNT))
    if user.is_superuser:
        return _Loose(shown=True, reason=_("Tài khoản này là siêu quản trị của Paperless-ngx, đọc mọi tài liệu."))
    if not user.has_perm("documents.view_document"):
        return _Loose(shown=False, reason=_in_no_group())
    if document.owner is None:
        return _Loose(shown=True, reason=_("Tài liệu không có chủ: DMS cho mọi người dùng đọc và sửa."))
    if document.owner == user:
        return _Loose(shown=True, reason=_("Là chủ của tài liệu trong DMS."))
    viewing = [each for each in _reaching(user, document) if each.action == "view"]
    if viewing:
        through = sorted({each.name for each in viewing if each.holder == "group"})
        return _Loose(
            shown=True,
            reason=_("Được cho xem trong DMS qua nhóm %(groups)s.") % {"groups": ", ".join(through)}
            if through
            else _("Được chủ của tài liệu, hay quy trình của DMS, cho xem riêng."),
        )
    if document.owner_id == ServiceAccount.objects.values_list("user_id", flat=True).first():
        return _Loose(
            shown=False,
            reason=_(
                "Tài liệu ở trong hộp nhận: chỉ văn thư, cán bộ số hóa của đơn vị trông hộp nhận và siêu quản trị đọc được."
            ),
        )
    return _Loose(shown=False, reason=_("Tài liệu của người khác, chưa ở vụ án nào và không được cho xem trong DMS."))


def loose_told(user: User, document: Document) -> dict[str, Any]:
    """Return in words why a person may or may not see a document that is in no case; asks nothing about who wants to know."""
    why = _why_loose(user, document)
    owner = document.owner
    return {
        "user": user.get_username(),
        "name": display_name(user),
        "case": None,
        "restricted": False,
        "parts": [],
        "host": {
            "superuser": user.is_superuser,
            "documents": 1,
            "shown": int(why.shown),
            "grants": [{**each._asdict(), "documents": 1} for each in _reaching(user, document)],
            "differing": [],
        },
        "warnings": [],
        "notes": [
            why.reason,
            _("Tài liệu chưa ở vụ án nào: bảng phân quyền không nói về nó, quyền là của DMS. Chủ trong DMS: %(owner)s.")
            % {"owner": owner.get_username() if owner is not None else "—"},
        ],
    }


def readers_of_loose(document: Document) -> list[User]:
    """Return who may see a document that is in no case, superusers too, by their names."""
    grants = grants_of([document.pk]).get(document.pk, set())
    held = {kind: [each.holder_id for each in grants if each.holder == kind] for kind in ("user", "group")}
    near = Q(is_superuser=True) | Q(pk=document.owner_id) | Q(pk__in=held["user"]) | Q(groups__in=held["group"])
    people = User.objects.filter(is_active=True) if document.owner_id is None else User.objects.filter(near).distinct()
    return [each for each in people.order_by("username") if _why_loose(each, document).shown]


def explained(user: User, cases: Sequence[CaseFile]) -> list[tuple[CaseFile, tuple[Explanation, ...]]]:
    """Return of each case how far the person may go in both parts, with the reasons (two queries).

    The cases have their `unit` and its parent read.
    """
    day = timezone.localdate()
    posts, names = _posts(user)
    assignments = _assignments(user, cases)
    granted = _granted(user, cases)
    return [
        (
            case,
            tuple(
                explain(
                    posts=posts,
                    assignments=assignments[case.pk],
                    granted=granted[case.pk],
                    case=facts_of(case),
                    part=part,
                    day=day,
                    active=user.is_active,
                    names=names,
                )
                for part, _label in PARTS
            ),
        )
        for case in cases
    ]


def _posts(user: User) -> tuple[list[Held], dict[str, str]]:
    rows = Appointment.objects.filter(user_id=user.pk).select_related("unit", "department").order_by("starts_on", "pk")
    posts = []
    for row in rows:
        post = post_of(row)
        posts.append(
            Held(
                post.role,
                post.unit,
                row.starts_on,
                row.ends_on,
                _day(row.ended_at),
                department=post.department,
                stages=post.stages,
            )
        )
    return posts, {row.unit.code: row.unit.short_name for row in rows}


def _elsewhere(post: Held) -> Held:
    return Held("", "", post.starts_on, post.ends_on, post.ended_on)


def _assignments(user: User, cases: Iterable[CaseFile]) -> Mapping[int, list[Held]]:
    found: dict[int, list[Held]] = defaultdict(list)
    rows = Assignment.objects.filter(user_id=user.pk, case__in=[case.pk for case in cases])
    for row in rows.order_by("starts_on", "pk"):
        found[row.case_id].append(Held(row.role, "", row.starts_on, row.ends_on, _day(row.ended_at)))
    return found


def _granted(user: User, cases: Iterable[CaseFile]) -> Mapping[int, list[Held]]:
    now = timezone.now()
    found: dict[int, list[Held]] = defaultdict(list)
    rows = TemporaryAccess.objects.filter(user_id=user.pk, case__in=[case.pk for case in cases])
    for row in rows.filter(starts_at__isnull=False).order_by("starts_at", "pk"):
        # one that was over earlier today is over, though the day is not
        over = row.ended_at or (row.ends_at if row.ends_at is not None and row.ends_at <= now else None)
        starts_on = timezone.localdate(row.starts_at)
        held = Held(row.kind, "", starts_on, _day(row.ends_at), _day(over), ends_at=row.ends_at)
        found[row.case_id or 0].append(held)
    return found


def _day(moment: dt.datetime | None) -> dt.date | None:
    return timezone.localdate(moment) if moment is not None else None


# --- the answer in words, as it is handed on


def told(found: Answer) -> dict[str, Any]:
    """Return an answer as names, days and sentences in the present language."""
    reaching = Counter(grant for each in found.documents for grant in each.grants)
    return {
        "user": found.user.get_username(),
        "name": display_name(found.user),
        "case": found.case.code,
        "restricted": facts_of(found.case).sensitivity == Sensitivity.RESTRICTED,
        "parts": [_part_told(each) for each in found.parts],
        "host": {
            "superuser": found.user.is_superuser,
            "documents": len(found.documents),
            "shown": found.shown,
            "grants": [
                {"holder": grant.holder, "name": grant.name, "action": grant.action, "documents": number}
                for grant, number in sorted(reaching.items())
            ],
            "differing": [
                {
                    "document": each.filed.document_id,
                    "title": each.filed.title,
                    "owner": each.owner,
                    "missing": sorted(each.missing),
                    "extra": sorted(each.extra),
                }
                for each in found.differing
            ],
        },
        "warnings": list(found.warnings),
        "notes": list(found.notes),
    }


def table_told() -> list[dict[str, Any]]:
    """Return the table that decides who may see what, row by row, with names in the present language."""
    kinds: Mapping[str, Any] = {"assigned": Assignment.Role, "granted": TemporaryAccess.Kind}
    return [
        {
            "relation": row.relation,
            "relation_name": _(RELATIONS[row.relation]),
            "role": row.role,
            "role_name": str(kinds.get(row.relation, Role)(row.role).label),
            "levels": {part: level.name.lower() for part, level in row.levels.items()},
            "level_names": {part: _(LEVEL_NAMES[level]) for part, level in row.levels.items()},
            "up_to": row.up_to.name.lower(),
            "up_to_name": _(REACH_NAMES[row.up_to]),
            "when": row.when,
            "when_name": _(CONDITIONS[row.when]) if row.when else "",
        }
        for row in as_table()
    ]


def case_told(case: CaseFile, parts: Iterable[Explanation]) -> dict[str, Any]:
    """Return in short how far a person may go in a case."""
    kept = (
        "part",
        "part_name",
        "level",
        "level_name",
        "reason",
        "through",
        "lasts_until",
        "lasts_until_moment",
        "then_level",
        "then_level_name",
        "then_reason",
    )
    return {
        "case": case.code,
        "name": case.name,
        "unit": case.unit.code,
        "parts": [{name: value for name, value in _part_told(each).items() if name in kept} for each in parts],
    }


def _part_told(found: Explanation) -> dict[str, Any]:
    granting = found.granting
    return {
        "part": found.part,
        "part_name": _(dict(PARTS)[found.part]),
        **_decision_told("", found.decision),
        "through": _held_told(granting) if granting is not None else None,
        "lasts_until": found.lasts_until,
        "lasts_until_moment": _moment(found),
        **_decision_told("then_", found.then),
        **_decision_told("unrestricted_", found.unrestricted),
        "rows": [
            {
                "relation": row.rule.relation,
                "role": row.rule.role,
                "level": row.rule.level.name.lower(),
                "level_name": _(LEVEL_NAMES[row.rule.level]),
                "reason": _(row.rule.reason),
                "holds": row.holds,
                "failed": spoken(row.failed),
                "through": _held_told(row) if row.holds else None,
            }
            for row in found.rows
        ],
    }


def _moment(found: Explanation) -> dt.datetime | None:
    """Return the moment of the last day at which the level ends, where it is not the end of that day."""
    by = found.granting.by if found.granting is not None else None
    return by.ends_at if by is not None and by.ends_on == found.lasts_until else None


def _decision_told(prefix: str, decision: Decision | None) -> dict[str, str | None]:
    return {
        f"{prefix}level": decision.level.name.lower() if decision is not None else None,
        f"{prefix}level_name": _(LEVEL_NAMES[decision.level]) if decision is not None else None,
        f"{prefix}reason": _(decision.reason) if decision is not None else None,
    }


def _held_told(row: Row) -> dict[str, Any] | None:
    if row.by is None:
        return None
    roles = {"assigned": Assignment.Role, "granted": TemporaryAccess.Kind}.get(row.rule.relation, Role)
    name = str(roles(row.by.role).label)
    return {
        "assignment": row.rule.relation == "assigned",
        "role": row.by.role,
        "role_name": _("quyền tạm thời (%(kind)s)") % {"kind": name} if row.rule.relation == "granted" else name,
        "unit": row.by.unit,
        "starts_on": row.by.starts_on,
        "ends_on": row.by.ends_on,
        "ends_at": row.by.ends_at,
    }


# --- what the host has stored


def _in_host(posts: Iterable[Held], day: dt.date, *, suspended: bool) -> set[Post]:
    """Return the posts through whose group the person is to see something."""
    found = set()
    for each in posts:
        if each.in_force(day) and not (suspended and each.ends_on is not None):
            found |= {Post(each.role, each.unit), Post(each.role, each.unit, each.department)}
    return found


def _host_documents(
    user: User, case: CaseFile, facts: CaseFacts, documents: Iterable[CaseDocument], posts: set[Post]
) -> list[HostDocument]:
    chosen = list(documents)
    ids = [each.document_id for each in chosen]
    groups = dict(user.groups.values_list("pk", "name"))
    wanted = {}
    for part in {each.part for each in chosen}:
        wanted[part] = granted_in_person(case, part, user.pk)
        if posts & standing_viewers(facts, part):
            wanted[part].add("view")
    stored = grants_of(ids)
    # who is in none of our groups, or is locked, is stopped before any grant is looked at
    shown = may_view(user, ids) if user.has_perm("documents.view_document") else set()
    owners = dict(Document.global_objects.filter(pk__in=ids).values_list("pk", "owner_id"))
    names = dict(User.objects.filter(pk__in={pk for pk in owners.values() if pk}).values_list("pk", "username"))
    ours = ServiceAccount.objects.values_list("user_id", flat=True).first()
    found = []
    for filed in chosen:
        reaching = [
            StoredGrant(
                each.holder, user.get_username() if each.holder == "user" else groups[each.holder_id], each.action
            )
            for each in sorted(stored.get(filed.document_id, set()))
            if (each.holder == "user" and each.holder_id == user.pk)
            or (each.holder == "group" and each.holder_id in groups)
        ]
        have = {each.action for each in reaching}
        owner = owners.get(filed.document_id)
        found.append(
            HostDocument(
                filed=filed,
                owner=names.get(owner, "") if owner is not None else "",
                owned_rightly=owner is not None and owner == ours,
                shown=filed.document_id in shown,
                grants=tuple(reaching),
                missing=frozenset(wanted[filed.part] - have),
                extra=frozenset(have - wanted[filed.part]),
            )
        )
    return found


def _in_no_group() -> str:
    return _("Tài khoản này không ở nhóm chức danh nào, nên DMS không cho mở tài liệu dù có quyền với từng tài liệu.")


def _warnings(user: User, documents: Sequence[HostDocument]) -> list[str]:
    """Return in sentences where the host does something else than the policy says."""
    told = []
    if user.is_superuser and user.is_active:
        told.append(
            _(
                "Tài khoản này là siêu quản trị của Paperless-ngx: DMS cho xem mọi tài liệu, kể cả khi bảng phân quyền không cho."
            )
        )
    elif user.is_active and not user.has_perm("documents.view_document") and any(each.grants for each in documents):
        told.append(_in_no_group())
    missing = sum(bool(each.missing) for each in documents)
    extra = sum(bool(each.extra) for each in documents)
    misowned = sum(not each.owned_rightly for each in documents)
    if missing:
        told.append(
            _(
                "Quyền trong DMS chưa theo kịp: %(number)d tài liệu thiếu quyền mà bảng phân quyền cho. Đêm nay hệ thống tự đặt lại; quản trị đặt lại ngay bằng vks_setup."
            )
            % {"number": missing}
        )
    if extra:
        told.append(
            _(
                "Quyền trong DMS rộng hơn bảng phân quyền ở %(number)d tài liệu. Đêm nay hệ thống tự đặt lại; quản trị đặt lại ngay bằng vks_setup."
            )
            % {"number": extra}
        )
    if misowned:
        told.append(
            _(
                "Chủ của %(number)d tài liệu trong DMS không phải tài khoản hồ sơ. Đêm nay hệ thống tự đặt lại; quản trị đặt lại ngay bằng vks_setup."
            )
            % {"number": misowned}
        )
    return told
