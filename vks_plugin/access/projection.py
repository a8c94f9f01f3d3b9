"""Writing the policy's answer into the host's own permissions.

After this, list, search, preview, download and every other door of the DMS obey
without knowing of cases. Standing roles become grants to the groups that follow
appointments, assignments become grants to the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import (
    OVERSIGHT,
    CaseFacts,
    Level,
    Post,
    assigned_levels,
    granted_levels,
    keeps_open,
    standing_viewers,
)
from vks_plugin.access.queries import FACTS, facts_of, post_of
from vks_plugin.acts import tell_each
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
from vks_plugin.host.permissions import Changed, Grant, write_grants
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.organization.actions import ensure_group, service_account_id
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import dated_access_suspended, display_name
from vks_plugin.organization.roles import group_name

if TYPE_CHECKING:
    from django.db.models import QuerySet


AT_A_TIME = 25
"""Cases whose grants are compared together; each may have hundreds of documents."""


class Working(NamedTuple):
    """Who has something to do with a case today beside its offices' standing roles."""

    assigned: frozenset[tuple[int, str]]
    """Person and role of each assignment."""
    granted: frozenset[tuple[int, str]]
    """Person and kind of each temporary access."""
    posts: Mapping[int, Collection[Post]]
    """For each of them, the posts the person holds; who holds none is not in it."""


def _working(cases: Sequence[CaseFile]) -> dict[int, Working]:
    """Return who works on these cases, by the case's key (three queries)."""
    keys = [case.pk for case in cases]
    assigned = Assignment.objects.in_force(timezone.localdate()).filter(case_id__in=keys)
    granted = TemporaryAccess.objects.in_force(timezone.now()).filter(case_id__in=keys)
    posts = Appointment.objects.in_force(timezone.localdate())
    if dated_access_suspended():
        assigned = assigned.filter(ends_on__isnull=True)
        granted = granted.none()
        posts = posts.filter(ends_on__isnull=True)
    by_case: dict[str, dict[int, set[tuple[int, str]]]] = {"assigned": defaultdict(set), "granted": defaultdict(set)}
    people = set()
    for case, user, role in assigned.values_list("case_id", "user_id", "role"):
        by_case["assigned"][case].add((user, role))
        people.add(user)
    for case, user, kind in granted.values_list("case_id", "user_id", "kind"):
        by_case["granted"][case].add((user, kind))
        people.add(user)
    held: dict[int, set[Post]] = defaultdict(set)
    if people:
        for each in posts.filter(user_id__in=people).select_related("unit", "department"):
            held[each.user_id].add(post_of(each))
    return {key: Working(frozenset(by_case["assigned"][key]), frozenset(by_case["granted"][key]), held) for key in keys}


class Projected(NamedTuple):
    """How much was not as it should be."""

    cases: int
    documents: int


def grants_for(case: CaseFile, part: str) -> frozenset[Grant]:
    """Return all the grants a document in this part of the case is to have."""
    return _grants({case.pk: case}, [(case.pk, part)])[case.pk, part]


def _grants(
    cases: Mapping[int, CaseFile], wanted: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], frozenset[Grant]]:
    """Return the grants of each part that is asked for, by the key of its case (four queries for all of them)."""
    facts = {key: facts_of(case) for key, case in cases.items()}
    working = _working(list(cases.values()))
    posts = {place: standing_viewers(facts[place[0]], place[1]) for place in wanted}
    groups = _groups({post for viewers in posts.values() for post in viewers})
    found = {}
    for (key, part), viewers in posts.items():
        standing = {Grant("group", groups[post], "view") for post in viewers}
        found[key, part] = frozenset(standing | personal_grants(working[key], facts[key], part))
    return found


def _groups(posts: Collection[Post]) -> dict[Post, int]:
    """Return the host's group of each post; one that is missing is made."""
    names = {post: group_name(post.unit, post.role, post.department) for post in posts}
    known = dict(Group.objects.filter(name__in=set(names.values())).values_list("name", "pk"))
    for post, name in names.items():
        if name not in known:
            known[name] = ensure_group(ProcuracyUnit.objects.get(code=post.unit), post.role, post.department).pk
    return {post: known[name] for post, name in names.items()}


def personal_grants(working: Working, facts: CaseFacts, part: str) -> set[Grant]:
    """Return the grants that assignments and temporary access give on a document in this part of the case."""
    found: dict[int, Level] = {}
    held = (
        (assigned_levels(facts, part), working.assigned, True),
        (granted_levels(facts, part), working.granted, False),
    )
    for levels, rows, near in held:
        for user, role in rows:
            posts = working.posts.get(user, ())
            # what hangs on a post ends with it, also while the person has another one elsewhere
            counts = any(post.unit in facts.units for post in posts) if near else keeps_open(role, posts, facts)
            if role in levels and counts:
                found[user] = max(levels[role], found.get(user, Level.NONE))
    return {Grant("user", user, "view") for user in found} | {
        Grant("user", user, "change") for user, level in found.items() if level >= Level.CONTRIBUTE
    }


def granted_in_person(case: CaseFile, part: str, user_id: int) -> set[str]:
    """Return what one person may do with a document in this part of the case, beside what groups give."""
    working = _working([case])[case.pk]
    return {each.action for each in personal_grants(working, facts_of(case), part) if each.holder_id == user_id}


def _signature(facts: CaseFacts) -> str:
    """Return everything about a case itself that its grants depend on."""
    return "|".join(
        (
            facts.unit,
            facts.higher_unit or "",
            facts.department,
            facts.trial_unit or "",
            str(int(facts.sensitivity)),
            facts.stage,
            "appeal" if facts.under_appeal else "",
            "archived" if facts.archived else "",
        )
    )


def hold_cases(keys: Collection[int]) -> list[CaseFile]:
    """Return cases as the database has them now, with what `facts_of` reads, held until the transaction ends.

    Who holds a case knows what the act before said of it, and the act after knows what this one says.
    """
    # held alone, and read only then: joined to its office, a case handed over while this waited would be found no more
    list(CaseFile.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
    return list(CaseFile.objects.filter(pk__in=keys).select_related(*FACTS).order_by("pk"))


def hold_case(case: CaseFile) -> CaseFile:
    """Return one case as `hold_cases` does."""
    return hold_cases([case.pk])[0]


@transaction.atomic
def project_case(case: CaseFile, *, documents: Iterable[CaseDocument] | None = None) -> Changed:
    """Make the host's owner and grants of the case's documents exactly what the policy says of the case as it is now.

    Database rows change in the caller's transaction. The index follows at commit and
    before the caller answers, so that nobody who lost access still finds something.

    Args:
        case: the case; its row is held and read anew, so that nobody keeps what another act took away meanwhile.
        documents: only these of its documents; all of them when None.
    """
    present = hold_case(case)
    changed, _wrong = _project([present], documents)
    case.projected_from = present.projected_from
    return changed


def project_cases(cases: Sequence[CaseFile]) -> Changed:
    """Do the same for several cases the caller holds, whose entries in the index are then written together."""
    return _project(cases)[0]


def _project(cases: Sequence[CaseFile], documents: Iterable[CaseDocument] | None = None) -> tuple[Changed, int]:
    """Project cases; return what changed, and in how many of them."""
    by_key = {case.pk: case for case in cases}
    _end_oversight(by_key)
    if documents is not None:
        filed = [(each.case_id, each.document_id, each.part) for each in documents]
    else:
        rows = CaseDocument.objects.filter(case_id__in=by_key).order_by()
        filed = list(rows.values_list("case_id", "document_id", "part"))
    grants = _grants(by_key, {(key, part) for key, _document_id, part in filed})
    desired = {document_id: grants[key, part] for key, document_id, part in filed}
    others = []
    for case in cases if documents is None else ():
        signature = _signature(facts_of(case))
        if case.projected_from != signature:
            case.projected_from = signature
            others.append(case)
    CaseFile.objects.bulk_update(others, ["projected_from"])
    changed = write_grants(desired, owner_id=service_account_id())
    if changed.any:
        reindex_on_commit(changed.any)
    return changed, len({key for key, document_id, _part in filed if document_id in changed.any})


def _end_oversight(cases: Mapping[int, CaseFile]) -> None:
    """Close for good what departments above opened and are in charge of no more (one query where nothing is open).

    Who gets the same post again, or whose department the case again, had a reason then and has to say one now.
    """
    rows = TemporaryAccess.objects.in_force(timezone.now()).filter(kind=OVERSIGHT, case_id__in=cases)
    open_ones = [(row, cases[row.case_id]) for row in rows.select_related("user") if row.case_id is not None]
    if not open_ones:
        return
    # posts with a last day too while they are suspended: they are to open again what they opened
    posts = Appointment.objects.in_force(timezone.localdate()).filter(
        user__in={row.user_id for row, _case in open_ones}
    )
    held: dict[int, list[Post]] = defaultdict(list)
    for post in posts.select_related("unit", "department"):
        held[post.user_id].append(post_of(post))
    over = [(row, case) for row, case in open_ones if not keeps_open(OVERSIGHT, held[row.user_id], facts_of(case))]
    ended = TemporaryAccess.objects.filter(pk__in=[row.pk for row, _case in over])
    ended.update(ended_at=timezone.now(), projected=False)
    told = [
        (case, {"access": row.pk, "person_id": row.user_id, "person": display_name(row.user)}) for row, case in over
    ]
    tell_each("access_ended_with_post", actor=None, each=told)


def follow_record(case: CaseFile) -> None:
    """Project a case again when an act on its record changed what its grants depend on."""
    present = CaseFile.objects.select_related(*FACTS).get(pk=case.pk)
    if present.projected_from != _signature(facts_of(present)):
        project_case(present)
        case.projected_from = present.projected_from


def follow_posts(user_ids: Collection[int]) -> None:
    """Project again the cases that are open to these very people: what hung on a post begins or ends with it."""
    project_each(_open_to(user_ids))


def hold_what_follows(user_ids: Collection[int]) -> None:
    """Hold the cases that `follow_posts` will project, for an act that holds a department in between: cases come first."""
    hold_cases(list(_open_to(user_ids).values_list("pk", flat=True)))


def _open_to(user_ids: Collection[int]) -> QuerySet[CaseFile]:
    assigned = Assignment.objects.in_force(timezone.localdate()).filter(user_id__in=user_ids)
    granted = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id__in=user_ids)
    return CaseFile.objects.filter(Q(pk__in=assigned.values("case_id")) | Q(pk__in=granted.values("case_id")))


def project_each(cases: QuerySet[CaseFile]) -> Projected:
    """Project every case of a query, some at a time, each few in a transaction of their own where there is none yet."""
    keys = list(cases.order_by("pk").values_list("pk", flat=True).distinct())
    touched = documents = 0
    for start in range(0, len(keys), AT_A_TIME):
        few = keys[start : start + AT_A_TIME]
        with transaction.atomic():
            changed, wrong = _project(hold_cases(few))
        touched += wrong
        documents += len(changed.any)
    return Projected(touched, documents)
