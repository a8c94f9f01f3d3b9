"""Writing the policy's answer into the host's own permissions.

After this, list, search, preview, download and every other door of the DMS obey
without knowing of cases. Standing roles become grants to the groups that follow
appointments, assignments become grants to the person.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group

from vks_plugin.access.policy import Level, assigned_levels, standing_viewers
from vks_plugin.access.queries import assignments_in_force, facts_of
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.host.permissions import Changed, Grant, write_grants
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.organization.actions import ensure_group, service_account_id
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import dated_access_suspended
from vks_plugin.organization.roles import group_name


def grants_for(case: CaseFile, part: str) -> frozenset[Grant]:
    """Return all the grants a document in this part of the case is to have."""
    facts = facts_of(case)
    posts = standing_viewers(facts, part)
    names = {group_name(post.unit, post.role): post for post in posts}
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    for name, post in names.items():
        if name not in groups:
            groups[name] = ensure_group(ProcuracyUnit.objects.get(code=post.unit), post.role).pk
    return frozenset({Grant("group", pk, "view") for pk in groups.values()} | personal_grants(case, part))


def personal_grants(case: CaseFile, part: str) -> set[Grant]:
    """Return the grants that assignments give on a document in this part of the case."""
    grants: set[Grant] = set()
    levels = assigned_levels(facts_of(case), part)
    assignments = assignments_in_force(case)
    if dated_access_suspended():
        assignments = assignments.filter(ends_on__isnull=True)
    for user_id, role in assignments.values_list("user_id", "role"):
        if role in levels:
            grants.add(Grant("user", user_id, "view"))
            if levels[role] >= Level.CONTRIBUTE:
                grants.add(Grant("user", user_id, "change"))
    return grants


def project_case(case: CaseFile, *, documents: Iterable[CaseDocument] | None = None) -> Changed:
    """Make the host's owner and grants of the case's documents exactly what the policy says.

    Database rows change in the caller's transaction. The index follows at commit and
    before the caller answers, so that nobody who lost access still finds something.

    Args:
        case: the case.
        documents: only these of its documents; all of them when None.
    """
    chosen = list(case.documents.all() if documents is None else documents)
    by_part = {part: grants_for(case, part) for part in {each.part for each in chosen}}
    changed = write_grants({each.document_id: by_part[each.part] for each in chosen}, owner_id=service_account_id())
    if changed.any:
        reindex_on_commit(changed.any)
    return changed
