"""Breaks the product in one place after another, and sees whether the matrix notices.

    python -m tests.access.matrix.mutants [--host paperless] [--only NAME]

A mutant is one row of the policy's table changed, dropped or added, one guard gone from a door, one index entry or grant not
written, one condition lost. Each lives in a process of its own, forked from one that has built the world, with a copy of the
index, and is asked only what it ought to get wrong.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import plugin
from tests.access.matrix import facts as told

if TYPE_CHECKING:
    from tests.access.matrix.doors import Call
    from tests.access.matrix.world import World

Change = Callable[["World"], object]

LISTS = ("every paper", "every case")


@dataclass(frozen=True)
class Mutant:
    """One thing broken, and what is asked of it."""

    name: str
    breaks: Change
    asks: Callable[[Call], bool] = lambda call: call.expect in LISTS and "&" not in call.path
    people: tuple[str, ...] = ()
    """Who asks; empty: everybody."""
    act: Change = lambda _world: None
    """What happens while it is broken; the facts are told what ought to have come of it."""
    host: str = ""
    """The only host that has the door; empty: both."""


def _everywhere(name: str, old: object, new: object) -> None:
    """Put something else in the place of a thing in every module that took it by name."""
    for title, module in list(sys.modules.items()):
        if title.startswith("vks_plugin") and vars(module).get(name) is old:
            setattr(module, name, new)


def _replace(module: str, name: str, make: Callable[[Any], Any]) -> Change:
    def change(_world: World) -> None:
        old = vars(sys.modules[module])[name]
        _everywhere(name, old, make(old))

    return change


# --- rows of the table -----------------------------------------------------------------------------


def _table(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Change:
    def apply(_world: World) -> None:
        from vks_plugin.access import policy

        old = policy.RULES
        _everywhere("RULES", old, change(old))

    return apply


def _rows() -> Iterator[Mutant]:
    from vks_plugin.access.policy import RULES, Level, Rule, Sensitivity

    def named(rule: Rule) -> str:
        return f"{rule.relation} {rule.role} {rule.part}"

    for rule in RULES:
        yield Mutant(f"row dropped: {named(rule)}", _table(lambda rows, rule=rule: tuple(r for r in rows if r != rule)))  # type: ignore[misc]

    def other(rule: Rule, why: str, **values: Any) -> Mutant:
        new = rule._replace(**values)
        return Mutant(f"{why}: {named(rule)}", _table(lambda rows: tuple(new if r == rule else r for r in rows)))

    parts = {(rule.relation, rule.role, rule.part) for rule in RULES}
    for rule in RULES:
        if rule.up_to < Sensitivity.RESTRICTED:
            yield other(rule, "also for restricted cases", up_to=Sensitivity.RESTRICTED)
        if rule.when:
            yield other(rule, f"without “{rule.when}”", when="")
        if rule.level == Level.METADATA:
            yield other(rule, "reads", level=Level.VIEW)
        if rule.part == "hsva" and (rule.relation, rule.role, "hsks") not in parts:
            both = rule._replace(part="hsks", level=Level.VIEW)
            yield Mutant(f"supervision file too: {named(rule)}", _table(lambda rows, both=both: (*rows, both)))  # type: ignore[misc]
    for relation, role in (
        ("own_unit", "prosecutor"),
        ("own_unit", "qc_reviewer"),
        ("own_unit", "specialist"),
        ("own_unit", "system_admin"),
        ("own_unit", "statistics_officer"),
        ("trial_unit", "records_clerk"),
        ("higher_unit", "archivist"),
        ("higher_unit", "system_admin"),
        ("higher_unit", "prosecutor"),
    ):
        row = Rule(relation, role, "hsva", Level.VIEW, Sensitivity.NORMAL, "x")
        yield Mutant(f"row added: {relation} {role}", _table(lambda rows, row=row: (*rows, row)))  # type: ignore[misc]


# --- days, posts, conditions -----------------------------------------------------------------------


def _in_force(**dropped: bool) -> Change:
    """Let a post or an assignment count though it ended, was ended, or has not begun."""

    def apply(_world: World) -> None:
        from django.db.models import Q

        from vks_plugin.organization.models import InForceManager

        def in_force(self: Any, day: Any) -> Any:
            rows = self.all() if "starts" in dropped else self.filter(starts_on__lte=day)
            rows = rows if "ended" in dropped else rows.filter(ended_at__isnull=True)
            return rows if "ends" in dropped else rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

        InForceManager.in_force = in_force  # type: ignore[method-assign]

    return apply


def _temporary_in_force(**lost: bool) -> Change:
    def apply(_world: World) -> None:
        from django.db.models import Q

        from vks_plugin.access.models import TemporaryAccessManager

        def in_force(self: Any, moment: Any) -> Any:
            if "approval" in lost:
                return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment), ended_at__isnull=True)
            return self.filter(starts_at__lte=moment, ends_at__gt=moment)

        TemporaryAccessManager.in_force = in_force  # type: ignore[method-assign]

    return apply


def _reads_both_parts(_old: object) -> Any:
    def readable(user: Any) -> Any:
        from django.db.models import Q

        from vks_plugin.access.policy import Level
        from vks_plugin.access.queries import reach
        from vks_plugin.cases.models import CaseFile

        return Q(case_id__in=CaseFile.objects.filter(reach(user, Level.VIEW)).values("pk"))

    return readable


def _everything_of(model: str) -> Callable[[Any], Any]:
    def make(_old: object) -> Any:
        def rows(*_arguments: object, **_named: object) -> Any:
            from django.apps import apps

            return apps.get_model("vks", model)._default_manager.all()

        return rows

    return make


def _always(level: str) -> Callable[[Any], Any]:
    def make(_old: object) -> Any:
        def decision(*_arguments: object, **_named: object) -> Any:
            from vks_plugin.access.policy import Decision, Level

            return Decision(Level[level], "x")

        return decision

    return make


def _unfiled(_old: object) -> Any:
    def rows(*_arguments: object) -> Any:
        from vks_plugin.host.models import Document

        return Document.objects.filter(case_document__isnull=True).order_by().values_list("id", flat=True)

    return rows


def _everything_unfiled(_old: object) -> Any:
    from django.db.models import Q

    return lambda _user, _account: Q(id__in=_unfiled(None)())


def _only_waiting(_old: object) -> Any:
    from django.db.models import Q

    from vks_plugin.host import visibility

    return lambda user, _account: Q(id__in=visibility._waiting(user))


def _of_case(*ends: str) -> Callable[[Call], bool]:
    return lambda call: call.method == "GET" and call.door.rstrip("/").endswith(ends) and call.about == "case:own"


def _about(sort: str) -> Callable[[Call], bool]:
    """Choose requests about something of a sort."""
    return lambda call: call.about.startswith(f"{sort}:")


def _conditions() -> Iterator[Mutant]:
    queries, few = "vks_plugin.access.queries", ("colleague_kv1", "chief_kv3", "outsider", "clerk_kv1")
    yield Mutant("posts and assignments outlive their last day", _in_force(ends=True))
    yield Mutant("posts and assignments outlive their end", _in_force(ended=True))
    yield Mutant("posts and assignments begin early", _in_force(starts=True))
    yield Mutant("temporary access outlives its end", _temporary_in_force(ended=True))
    yield Mutant("temporary access needs no approval", _temporary_in_force(approval=True))
    yield Mutant(
        "a sexual offence against somebody grown up counts for nothing",
        _replace(
            queries, "_MARKS", lambda old: {each: marks for each, marks in old.items() if each.name == "PROTECTED"}
        ),
    )
    yield Mutant("lists take both parts for one", _replace(queries, "_readable", _reads_both_parts))
    yield Mutant("every filed document is readable", _replace(queries, "_readable", lambda _old: _all_rows))
    yield Mutant("every case is visible", _replace(queries, "visible_cases", _everything_of("CaseFile")))
    yield Mutant(
        "one may always know of a case",
        _replace(queries, "case_decision", _always("METADATA")),
        _of_case("{code}"),
        few,
    )
    yield Mutant(
        "one may always read a case",
        _replace(queries, "case_decision", _always("VIEW")),
        _of_case("people", "{code}", "documents"),
        few,
    )
    yield Mutant(
        "nothing asks before a case is changed",
        _replace(queries, "require", lambda _old: lambda *_rest, **_more: None),
        lambda call: call.method == "POST" and call.about == "case:own" and "/people" in call.door,
        few,
    )
    yield Mutant(
        "lists of documents of a case are everybody's",
        _replace(queries, "visible_documents", _everything_of("CaseDocument")),
        lambda call: call.door.startswith(("api/vks/documents/{id}", "api/vks/bundles", "vks/bundles")),
        few,
    )
    yield Mutant(
        "a bundle is anybody's who has its address",
        _replace("vks_plugin.court.actions", "may_have", lambda _old: lambda *_rest: True),
        lambda call: "bundles/{" in call.door and call.method == "GET",
        few,
    )
    yield Mutant(
        "everybody opens cases in an emergency",
        _replace("vks_plugin.access.temporary", "answerable_by", _everything_of("TemporaryAccess")),
        _about("answers"),
        few,
    )
    yield Mutant(
        "everybody appoints anywhere",
        _replace(queries, "units_to_appoint_in", _everything_of("ProcuracyUnit")),
        _about("appoints"),
        few,
    )
    yield Mutant(
        "everybody keeps offices",
        _replace(queries, "may_organize", lambda _old: lambda *_rest: True),
        _about("organizes"),
        few,
    )
    yield Mutant(
        "everybody sees who was let in where",
        _replace("vks_plugin.access.temporary", "shown_to", _everything_of("TemporaryAccess")),
        lambda call: call.door == "api/vks/temporary-access" and call.method == "GET",
        few,
    )


def _all_rows(_user: object) -> Any:
    from django.db.models import Q

    return Q(pk__isnull=False)


def _quick_lists() -> Iterator[Mutant]:
    visibility = "vks_plugin.host.visibility"
    yield Mutant("quick lists show what others uploaded", _replace(visibility, "_not_filed", _everything_unfiled))
    yield Mutant("quick lists show every inbox", _replace(visibility, "_waiting", _unfiled))
    yield Mutant("quick lists lose what was shared", _replace(visibility, "_not_filed", _only_waiting))
    yield Mutant("quick lists lose the inbox", _replace(visibility, "_waiting", _none))
    yield Mutant(
        "one document is shown to everybody",
        _replace(visibility, "_open_to", lambda _old: _all_rows),
        _details("own/hsva", "own/hsks"),
    )


def _none(_old: object) -> Any:
    def rows(*_arguments: object) -> Any:
        from vks_plugin.host.models import Document

        return Document.objects.none().values_list("id", flat=True)

    return rows


# --- guards ----------------------------------------------------------------------------------------


def _unguard(guard: str, *views: str) -> Change:
    def apply(_world: World) -> None:
        from vks_plugin.host import guard as guards

        for name in views:
            view = guards._views(name)
            view.permission_classes = tuple(each for each in view.permission_classes if each.__name__ != guard)

    return apply


def _unguard_action(path: str) -> Change:
    """Take the guard off an action that brings permission classes of its own."""

    def apply(_world: World) -> None:
        from django.urls import resolve

        told = vars(resolve(path).func)["initkwargs"]
        told["permission_classes"] = [
            each for each in told["permission_classes"] if each.__name__ != "CaseDocumentGuard"
        ]

    return apply


def _unwrap(view: str, method: str) -> Change:
    def apply(_world: World) -> None:
        from vks_plugin.host import guard as guards

        cls = guards._views(view)
        setattr(cls, method, getattr(cls, method).__wrapped__)

    return apply


def _draw(_world: World) -> None:
    """Let the API answer browsers with pages of its library, and everybody ask as a browser does."""
    from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
    from rest_framework.views import APIView

    from tests.access.matrix import run

    APIView.renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    run.ACCEPTED = run.ACCEPTED[-1:]


def _attribute(module: str, owner: str, name: str, value: object) -> Change:
    def apply(_world: World) -> None:
        setattr(vars(sys.modules[module])[owner], name, value)

    return apply


def _at(*doors: str) -> Callable[[Call], bool]:
    return lambda call: call.door in doors and call.method != "OPTIONS"


def _guards() -> Iterator[Mutant]:
    from tests.access.matrix.doors import ALIKE

    powerful = ("superuser", "staff", "lead_kv1", "trial_kv3", "chief_kv1")
    one, strangers = "api/documents/{pk}", ("colleague_kv1", "chief_kv3")
    for guard, views, doors in (
        ("CaseCodeGuard", ("DocumentViewSet", "UnifiedSearchViewSet"), (one,)),
        ("CaseCodeGuard", ("PostDocumentView",), ("api/documents/post_document",)),
        ("CaseCodeGuard", ("BulkEditView",), ("api/documents/bulk_edit",)),
        ("CaseDocumentGuard", ("DocumentViewSet", "UnifiedSearchViewSet"), (one, f"{one}/update_version")),
        ("CaseDocumentGuard", ("ShareLinkViewSet",), ("api/share_links",)),
        ("CaseDocumentGuard", ("ShareLinkBundleViewSet",), ("api/share_link_bundles",)),
        ("TrashGuard", ("TrashView",), ("api/trash",)),
        ("KeptThings", ("BulkEditObjectsView",), ("api/bulk_edit_objects",)),
        ("KeptThings", ("CustomFieldViewSet",), ("api/custom_fields/{pk}",)),
        ("KeptThings", ("DocumentTypeViewSet",), ("api/document_types/{pk}",)),
        ("KeptThings", ("StoragePathViewSet",), ("api/storage_paths/{pk}",)),
        ("KeptPeople", ("UserViewSet",), ("api/users/{pk}",)),
        ("KeptGroups", ("GroupViewSet",), ("api/groups/{pk}", "api/groups")),
        ("ServerLogs", ("LogViewSet",), ("api/logs/{pk}",)),
    ):
        name = f"{guard} away from {views[-1]}"
        yield Mutant(name, _unguard(guard, *views), _at(*doors), powerful, host="paperless")
    for page, path, people in (
        ("notes", "/api/documents/1/notes/", strangers),
        ("email", "/api/documents/1/email/", powerful),
    ):
        mutant = _unguard_action(path)
        yield Mutant(f"guard away from {page}", mutant, _at(f"{one}/{page}"), people, host="paperless")
    mutant = _unguard_action("/api/documents/email/")
    yield Mutant("guard away from letters", mutant, _at("api/documents/email"), powerful, host="paperless")
    operations = ("delete", "rotate", "reprocess", "bulk_edit")
    yield Mutant(
        "page tools and bulk edits ask nothing",
        _unwrap("DocumentOperationPermissionMixin", "_has_document_permissions"),
        _at(*(f"api/documents/{each}" for each in operations)),
        powerful,
        host="paperless",
    )
    mutant = _unwrap("TasksViewSet", "get_queryset")
    yield Mutant(
        "staff see everybody's tasks", mutant, _at("api/tasks", "api/tasks/{pk}"), ("staff",), host="paperless"
    )
    for name, view, method, asks, who in (
        (
            "a file is said to be a copy of a hidden paper",
            "TaskSerializerV10",
            "to_representation",
            _at("api/tasks", "api/tasks/{pk}"),
            "lead_kv1",
        ),
        (
            "correspondents tell days of hidden papers",
            "CorrespondentViewSet",
            "get_queryset",
            _at("api/correspondents", "api/correspondents/{pk}"),
            "chief_kv3",
        ),
        (
            "links name hidden papers",
            "CustomFieldInstanceSerializer",
            "to_representation",
            _details("mine"),
            "trial_kv3",
        ),
    ):
        yield Mutant(name, _unwrap(view, method), asks, (who,), host="paperless")
    yield Mutant(
        "all that is found by a link to a hidden paper",
        _unwrap("CustomFieldQueryParser", "_validate_atom_value"),
        lambda call: call.door == "api/documents/bulk_download" and ALIKE in call.flags,
        ("trial_kv3",),
        host="paperless",
    )
    asks = _at("api/share_links", "api/share_links/{pk}")
    yield Mutant("pages drawn for browsers name hidden papers", _draw, asks, ("staff",), host="paperless")
    mutant = _unwrap("SharedLinkView", "get")
    yield Mutant("old links open", mutant, _at("share/{slug}"), ("nobody", "outsider"), host="paperless")
    for name, view, method, asks in (
        ("text", "DocumentSerializer", "to_representation", _at(one, "api/documents", "api/search")),
        ("passages", "SearchResultSerializer", "to_representation", _at("api/documents")),
        ("the picture", "DocumentViewSet", "thumb", _at(f"{one}/thumb")),
    ):
        only = "paperless" if view == "SearchResultSerializer" else ""
        yield Mutant(f"the host shows {name} to borrowers", _unwrap(view, method), asks, ("trial_kv3",), host=only)
    by_words, borrower = _at("api/documents", "api/search", "api/search/autocomplete"), ("trial_kv3",)
    mutant = _unwrap("TantivyBackend", "_build_permission_filter")
    yield Mutant("the index finds what is lent", mutant, by_words, borrower)
    mutant = _unwrap("DocumentViewSet", "filter_queryset")
    yield Mutant("filters try words on what is lent", mutant, by_words, borrower, host="paperless")
    yield Mutant(
        "a path is tried on what is lent",
        # without the whole guard nothing is noted of the reading, and the log withholds the answer
        _replace("vks_plugin.host.lending", "refuse_lent", lambda _refuses: lambda *_asked: None),
        _at("api/storage_paths/test"),
        ("trial_kv3",),
        host="paperless",
    )
    guard = "vks_plugin.host.guard"
    yield Mutant(
        "the guard tells that a document is there",
        _attribute(guard, "CaseDocumentGuard", "_hide", staticmethod(lambda _request, _view: None)),
        lambda call: call.door.startswith(one) and call.about == "paper:own/hsva",
        strangers,
        host="paperless",
    )
    yield Mutant(
        "nothing is filed, as far as the guards know",
        _replace(guard, "filed_among", lambda _old: lambda _ids: set()),
        _at("api/documents/{pk}", "api/share_links", "api/documents/delete"),
        powerful,
        host="paperless",
    )
    yield Mutant(
        "nothing is frozen, as far as the guards know",
        _replace(guard, "frozen_among", lambda _old: lambda _ids: set()),
        lambda call: call.door == one and call.about == "paper:sealed/hsva",
        powerful,
        host="paperless",
    )
    pages = lambda call: call.door.startswith("admin/documents/")  # noqa: E731 - one condition for two mutants
    yield Mutant(
        "administration pages hide nothing",
        _replace("vks_plugin.host.administration", "_hidden", _hides_nothing),
        pages,
        ("staff",),
        host="paperless",
    )
    yield Mutant(
        "administration pages show what others keep",
        _attribute("vks_plugin.host.administration", "_Own", "get_queryset", _every_row),
        pages,
        ("staff",),
        host="paperless",
    )
    yield Mutant(
        "administration pages delete documents",
        _attribute("vks_plugin.host.administration", "_Documents", "rule_against", lambda *_rest, **_more: ""),
        lambda call: call.door == "admin/documents/document/{object_id}/delete",
        ("superuser",),
        host="paperless",
    )
    no_rule = _replace("vks_plugin.host.accounts", "rule_for_superusers", lambda _old: lambda *_who: "")
    for name, breaks, account, method in (
        ("accounts: administration pages delete superusers", no_rule, "superuser", "POST"),
        ("accounts: who is to have a post is anybody", _no_holders, "coming_kv1", "PATCH"),
    ):
        yield Mutant(
            name,
            breaks,
            lambda call, about=f"governs:{account}", method=method: (call.about, call.method) == (about, method),  # type: ignore[misc]
            ("staff",),
            host="paperless",
        )


def _no_holders(_world: World) -> None:
    from vks_plugin.host import accounts

    if not accounts._holders:
        raise LookupError("nobody is said to hold a post")
    accounts._holders.clear()


def _hides_nothing(_old: object) -> Any:
    from django.db.models import Q

    return lambda _request: Q(pk__in=[])


def _every_row(page: Any, _request: object) -> Any:
    return page.model._default_manager.all()


# --- grants and index ------------------------------------------------------------------------------


def _end_work(world: World) -> None:
    from vks_plugin.access import actions as access
    from vks_plugin.cases.models import Assignment

    row = Assignment.objects.get(case__code=world.codes["own"], user=world.accounts["second_kv1"])
    access.end_assignment(actor=world.leader("own"), assignment=row)
    works = tuple(each for each in world.facts.cases["own"].works if each.who != "second_kv1")
    world.change_case("own", works=works)


def _begin_work(world: World) -> None:
    from vks_plugin.access import actions as access

    who = world.accounts["colleague_kv1"]
    access.assign(actor=world.leader("own"), case=world.case("own"), user=who, role="prosecutor")
    works = (*world.facts.cases["own"].works, told.Work("colleague_kv1", "prosecutor"))
    world.change_case("own", works=works)


def _end_temporary(world: World) -> None:
    from vks_plugin.access import temporary
    from vks_plugin.access.models import TemporaryAccess

    row = TemporaryAccess.objects.get(case__code=world.codes["own"], user=world.accounts["urgent_kv3"])
    temporary.end_temporary(actor=world.leader("own"), access_id=row.pk)
    openings = tuple(
        replace_opening(each) if each.who == "urgent_kv3" else each for each in world.facts.cases["own"].openings
    )
    world.change_case("own", openings=openings)


def replace_opening(opening: told.Opening) -> told.Opening:
    """Return a temporary access as it is once it is closed."""
    return opening._replace(state="closed")


def _transfer(world: World) -> None:
    from tests.access.matrix.world import DECISION
    from vks_plugin.access import transfers

    to = world.units["QN-KV3"]
    transfers.transfer_case(actor=world.leader("plain"), case=world.case("plain"), to=to, decision=DECISION)
    world.change_case("plain", unit="QN-KV3", works=())


def _restrict(world: World) -> None:
    from vks_plugin.access import actions as access

    values = {"confidentiality": "han_che_noi_bo"}
    access.edit_case(actor=world.leader("plain"), case=world.case("plain"), values=values)
    world.change_case("plain", kept="restricted")


def _leave(world: World) -> None:
    from vks_plugin.organization import actions as organization
    from vks_plugin.organization.models import Appointment

    row = Appointment.objects.get(user=world.accounts["deputy_kv1"])
    organization.end_appointment(appointment=row)
    person = world.facts.people["deputy_kv1"]
    posts = tuple(each._replace(ended=True) for each in person.posts)
    world.facts.people["deputy_kv1"] = replace(person, posts=posts)


def _project(_world: World) -> None:
    from vks_plugin.access.actions import project_everything

    project_everything()


def _nothing(_old: object) -> Any:
    return lambda *_rest, **_more: None


def _details(*papers: str) -> Callable[[Call], bool]:
    wanted = {f"paper:{paper}" for paper in papers}
    return lambda call: (
        call.method == "GET"
        and call.about in wanted
        and call.door in {"api/documents/{pk}", "api/documents/{pk}/download"}
    )


def _words(*papers: str) -> Callable[[Call], bool]:
    wanted = {f"paper:{paper}" for paper in papers}
    return lambda call: call.about in wanted and call.door == "api/search/autocomplete"


def _grants_and_index() -> Iterator[Mutant]:
    projection, actions = "vks_plugin.access.projection", "vks_plugin.access.actions"
    # the database is asked again before a word is told: what the index keeps shows without that alone
    confirmed = _replace("vks_plugin.host.search", "confirmed_words", lambda _old: lambda _user, words: words)
    written = _replace(projection, "reindex_on_commit", _nothing)

    def index(world: World) -> None:
        confirmed(world)
        written(world)

    own, plain = ("own/hsva", "own/hsks"), ("plain/hsva", "plain/hsks")
    yield Mutant("an ended assignment stays in the index", index, _words(*own), ("second_kv1",), _end_work)
    yield Mutant("a new assignment is not in the index", index, _words(*own), ("colleague_kv1",), _begin_work)
    yield Mutant("closed access stays in the index", index, _words(*own), ("urgent_kv3",), _end_temporary)
    yield Mutant("a transferred case stays in the index", index, _words(*plain), ("chief_kv1", "lead_kv1"), _transfer)
    yield Mutant("a restricted case stays in the index", index, _words(*plain), ("chief_province",), _restrict)
    for name, people, act, papers in (
        ("an ended assignment keeps its grants", ("second_kv1",), _end_work, own),
        ("a new assignment gets no grants", ("colleague_kv1",), _begin_work, own),
    ):
        yield Mutant(name, _replace(projection, "project_case", _nothing), _details(*papers), people, act)
    yield Mutant(
        "closed access keeps its grants",
        _replace(projection, "project_case", _nothing),
        _details(*own),
        ("urgent_kv3",),
        _end_temporary,
    )
    yield Mutant(
        "a transferred case keeps its grants",
        _replace(projection, "project_case", _nothing),
        _details(*plain),
        ("chief_kv1", "chief_kv3", "lead_kv1"),
        _transfer,
    )
    yield Mutant(
        "a restricted case keeps its readers",
        _no_followers,
        _details(*plain),
        ("chief_province",),
        _restrict,
    )
    yield Mutant(
        "who left stays in the group of the post",
        _replace("vks_plugin.organization.actions", "synchronise_memberships", _nothing),
        _details(*own),
        ("deputy_kv1",),
        _leave,
    )
    yield Mutant(
        "leaders get no grants",
        _replace(projection, "standing_viewers", lambda _old: lambda *_rest: frozenset()),
        _details(*own),
        ("chief_kv1", "chief_province"),
        _project,
    )
    yield Mutant(
        "assignments get no grants",
        _replace(projection, "personal_grants", lambda _old: lambda *_rest: set()),
        _details(*own),
        ("second_kv1", "scanner_kv1"),
        _project,
    )
    yield Mutant(
        "who works on the case file gets the supervision file",
        _replace(projection, "assigned_levels", lambda old: lambda facts, _part: old(facts, "hsva")),
        _details(*own),
        ("scanner_kv1",),
        _project,
    )
    yield Mutant(
        "who was let in gets the supervision file",
        _replace(projection, "granted_levels", lambda old: lambda facts, _part: old(facts, "hsva")),
        _details(*own),
        ("urgent_kv3",),
        _project,
    )
    assert actions in sys.modules  # what is replaced has to be there


def _no_followers(_world: World) -> None:
    from vks_plugin.cases.actions import record

    record._followers.clear()


def mutants() -> list[Mutant]:
    """Return all of them that the running host can have."""
    found: Iterable[Mutant] = [*_rows(), *_conditions(), *_quick_lists(), *_guards(), *_grants_and_index()]
    return [each for each in found if each.host in {"", plugin.HOST}]


# --- trying one ------------------------------------------------------------------------------------


def _live(world: World, mutant: Mutant) -> str:
    """Break the product, in a process that is only for this, and return what the matrix noticed."""
    from django.conf import settings
    from django.core.cache import cache
    from documents.search import reset_backend

    from tests.access.matrix.doors import calls
    from tests.access.matrix.run import Asker, go
    from vks_plugin.access.actions import sweep

    reset_backend()
    copy = Path(tempfile.mkdtemp(dir=plugin.FOLDER)) / "index"
    shutil.copytree(settings.INDEX_DIR, copy)
    settings.INDEX_DIR = copy
    cache.clear()
    # the first request of a day puts right what it finds, and would mend what a mutant broke
    sweep()
    mutant.breaks(world)
    mutant.act(world)
    people = mutant.people or tuple(world.facts.people)
    asked = [(who, call) for call in calls(world) if mutant.asks(call) for who in people]
    if not asked:
        return ""
    outcome = go(world, asked, asker=Asker(world), stop_at=1)
    return next(iter([*outcome.leaks, *outcome.lacks]), "")


def notice(world: World, mutant: Mutant) -> str:
    """Return what the matrix noticed of a mutant, in one line; empty when it lived unseen."""
    return _apart(lambda: _live(world, mutant))


def can_be_made(world: World, mutant: Mutant) -> str:
    """Return why a mutant breaks nothing, as one whose place in the product is gone; empty when it can be made."""
    return _apart(lambda: mutant.breaks(world))


def _apart(do: Callable[[], object]) -> str:
    """Do something in a process of its own, and return what it gave in one line, or its error behind an exclamation mark."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        said = ""
        try:
            said = str(do() or "")
        except Exception as error:  # noqa: BLE001 - the parent is told, whatever it was
            said = f"!{type(error).__name__}: {error}"
        finally:
            os.write(writing, said.encode()[:4000])
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode(errors="ignore")
    os.waitpid(child, 0)
    return said


def caught(said: str) -> bool:
    """Tell whether a mutant was noticed by an answer, and did not merely crash."""
    return bool(said) and not said.startswith("!")


def main() -> int:
    """Try every mutant and print a table; exit code 1 when one lived unseen."""
    from tests.access.matrix.__main__ import database

    parser = argparse.ArgumentParser(prog="python -m tests.access.matrix.mutants", description=__doc__)
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--only", default="", help="only mutants that have this in their name")
    parser.add_argument("--after", type=int, default=0, help="leave out so many: a run of the same tree tried them")
    chosen = parser.parse_args()
    unseen = []
    with database() as world:
        # without a mutant the same questions find nothing
        healthy = Mutant("nothing is broken", lambda _world: None)
        print(f"{notice(world, healthy) or 'healthy'}", flush=True)
        tried = [each for each in mutants() if chosen.only in each.name][chosen.after :]
        for mutant in tried:
            began = time.monotonic()
            said = notice(world, mutant)
            verdict = "caught" if caught(said) else "NOT CAUGHT"
            if not caught(said):
                unseen.append(mutant.name)
            print(f"{verdict:10} {mutant.name} ({time.monotonic() - began:.1f} s): {said[:160]}", flush=True)
        print(f"host {plugin.HOST}: {len(tried) - len(unseen)} of {len(tried)} mutants caught")
    return int(bool(unseen))


if __name__ == "__main__":
    sys.exit(main())
