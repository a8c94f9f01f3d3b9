"""Writing the policy's answer into the host's own permissions.

After this, list, search, preview, download and every other door of the DMS obey
without knowing of cases. Standing roles become grants to the groups that follow
appointments, assignments become grants to the person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils import timezone

from vks_plugin.access.models import TemporaryAccess
from vks_plugin.access.policy import CaseFacts, Level, assigned_levels, granted_levels, standing_viewers
from vks_plugin.access.queries import FACTS, assignments_in_force, facts_of
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile
from vks_plugin.host.permissions import Changed, Grant, write_grants
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.organization.actions import ensure_group, service_account_id
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import dated_access_suspended
from vks_plugin.organization.roles import group_name


def grants_for(case: CaseFile, part: str) -> frozenset[Grant]:
    """Return all the grants a document in this part of the case is to have."""
    posts = standing_viewers(facts_of(case), part)
    names = {group_name(post.unit, post.role, post.department): post for post in posts}
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    for name, post in names.items():
        if name not in groups:
            groups[name] = ensure_group(ProcuracyUnit.objects.get(code=post.unit), post.role, post.department).pk
    return frozenset({Grant("group", pk, "view") for pk in groups.values()} | personal_grants(case, part))


def personal_grants(case: CaseFile, part: str) -> set[Grant]:
    """Return the grants that assignments and temporary access give on a document in this part of the case."""
    facts = facts_of(case)
    suspended = dated_access_suspended()
    assigned = assignments_in_force(case)
    granted = TemporaryAccess.objects.in_force(timezone.now()).filter(case=case)
    posts = Appointment.objects.in_force(timezone.localdate())
    if suspended:
        assigned = assigned.filter(ends_on__isnull=True)
        granted = granted.none()
        posts = posts.filter(ends_on__isnull=True)
    held = [
        (assigned_levels(facts, part), assigned.values_list("user_id", "role")),
        (granted_levels(facts, part), granted.values_list("user_id", "kind")),
    ]
    found: dict[int, Level] = {}
    for (levels, rows), near in zip(held, (True, False), strict=True):
        chosen = [(user, levels[role]) for user, role in rows if role in levels]
        # what hangs on a post ends with it, also while the person has another one elsewhere
        standing = posts.filter(user_id__in={user for user, _level in chosen})
        if near:
            standing = standing.filter(unit__code__in=facts.units)
        holders = set(standing.values_list("user_id", flat=True)) if chosen else set()
        for user, level in chosen:
            if user in holders:
                found[user] = max(level, found.get(user, Level.NONE))
    return {Grant("user", user, "view") for user in found} | {
        Grant("user", user, "change") for user, level in found.items() if level >= Level.CONTRIBUTE
    }


def _signature(facts: CaseFacts) -> str:
    """Return everything about a case itself that its grants depend on."""
    return "|".join(
        (
            facts.unit,
            facts.higher_unit or "",
            facts.department,
            facts.trial_unit or "",
            str(int(facts.sensitivity)),
            "appeal" if facts.under_appeal else "",
            "archived" if facts.archived else "",
        )
    )


def project_case(case: CaseFile, *, documents: Iterable[CaseDocument] | None = None) -> Changed:
    """Make the host's owner and grants of the case's documents exactly what the policy says.

    Database rows change in the caller's transaction. The index follows at commit and
    before the caller answers, so that nobody who lost access still finds something.

    Args:
        case: the case.
        documents: only these of its documents; all of them when None.
    """
    return project_cases([case], documents=documents)


def project_cases(cases: Sequence[CaseFile], *, documents: Iterable[CaseDocument] | None = None) -> Changed:
    """Do the same for several cases, whose entries in the index are then written together."""
    desired: dict[int, frozenset[Grant]] = {}
    chosen = list(documents) if documents is not None else None
    for case in cases:
        filed = chosen if chosen is not None else list(case.documents.all())
        by_part = {part: grants_for(case, part) for part in {each.part for each in filed}}
        desired |= {each.document_id: by_part[each.part] for each in filed}
        signature = _signature(facts_of(case))
        if chosen is None and case.projected_from != signature:
            case.projected_from = signature
            CaseFile.objects.filter(pk=case.pk).update(projected_from=signature)
    changed = write_grants(desired, owner_id=service_account_id())
    if changed.any:
        reindex_on_commit(changed.any)
    return changed


def follow_record(case: CaseFile) -> None:
    """Project a case again when an act on its record changed what its grants depend on."""
    present = CaseFile.objects.select_related(*FACTS).get(pk=case.pk)
    if present.projected_from != _signature(facts_of(present)):
        project_case(present)
        case.projected_from = present.projected_from


def follow_posts(user_ids: Collection[int]) -> None:
    """Project again the cases that are open to these very people: what hung on a post begins or ends with it."""
    assigned = Assignment.objects.in_force(timezone.localdate()).filter(user_id__in=user_ids)
    granted = TemporaryAccess.objects.in_force(timezone.now()).filter(user_id__in=user_ids)
    open_to_them = Q(pk__in=assigned.values("case_id")) | Q(pk__in=granted.values("case_id"))
    for case in CaseFile.objects.filter(open_to_them).select_related(*FACTS):
        project_case(case)
