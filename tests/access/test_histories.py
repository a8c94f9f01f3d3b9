"""Histories nobody thought of: after every act the database, the host's own answers, the index and the oracle agree.

The oracle of the matrix knows nothing of the program; here its facts follow the acts, whatever order they come in.
`HISTORIES=200 python -m pytest tests/access/test_histories.py` tries as many others, of `HISTORY_STEPS` acts each.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client, TestCase
from django.utils import timezone
from documents import permissions, views
from documents.models import Document, Tag
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from rest_framework.test import APIClient

from tests.access.matrix import oracle
from tests.access.matrix.facts import CASES, PEOPLE, Facts, Opening, Paper, Post, Work
from tests.access.matrix.world import DECISION, EVERYWHERE, REASON, World, found
from tests.custody.batches import seal_outright
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.access.models import GrantSweep, Restructuring, TemporaryAccess
from vks_plugin.access.queries import visible_cases
from vks_plugin.cases.models import Assignment, CaseDocument
from vks_plugin.custody import actions as custody
from vks_plugin.custody.models import Loan
from vks_plugin.errors import VksError
from vks_plugin.host.search import find_documents, reindex
from vks_plugin.host.visibility import as_the_host
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

pytestmark = pytest.mark.django_db

_LEADERS = {"QN": "chief_province", "QN-KV1": "chief_kv1", "QN-KV3": "chief_kv3"}
_OTHERS = (
    "clerk_province",
    "head_p1",
    "clerk_kv1",
    "archivist_kv1",
    "lead_kv1",
    "scanner_kv1",
    "specialist_kv1",
    "clerk_kv3",
    "lead_kv3",
    "outsider",
)
_ROLES = ("prosecutor", "inspector", "scan_operator")
_POSTS = (
    "prosecutor",
    "records_clerk",
    "deputy_chief_procurator",
    "archivist",
    "statistics_officer",
    "department_head",
)
_PEOPLE = (*_LEADERS.values(), *_OTHERS)
_IN_BULK = ("rights in bulk", "storage path in bulk", "tag in bulk", "type in bulk")
_DOORS = ("title", "rights", *_IN_BULK)
_ELSEWHERE = () if hasattr(views, "BulkEditView") else _IN_BULK
"""Doors that the stand-in has not got."""
_OLD, _NEW = "QN-KV1", "QN-KV3"
"""Which office is taken over by which."""

others = st.sampled_from(_OTHERS)
offices = st.sampled_from(sorted(_LEADERS))
keys = st.sampled_from(("own", "other", "province"))


def _facts() -> Facts:
    """Return three cases nobody works on yet, one an office."""
    cases = {key: replace(CASES[key], works=(), openings=(), trial_unit="") for key in ("own", "other", "province")}
    papers = {f"{key}/{part}": Paper(key, part) for key in cases for part in ("hsva", "hsks")}
    return Facts({key: PEOPLE[key] for key in _PEOPLE}, cases, papers)


@contextmanager
def _committed() -> Iterator[None]:
    """Let what waits for a commit happen, though the test's own transaction is never committed."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


class Histories(RuleBasedStateMachine):
    """Acts on three cases of three offices; what is refused must change nothing."""

    world: ClassVar[World]
    """Built once; each history begins with it and is taken back."""

    rows = Bundle("rows")

    def __init__(self) -> None:
        super().__init__()
        self.place = transaction.atomic()
        self.place.__enter__()
        self.facts = _facts()
        self.pks = {key: written.pk for key, written in self.world.papers.items()}
        self.words = {
            key: {written.words["title"], written.words["content"]} for key, written in self.world.papers.items()
        }
        self.kinds = {
            key: Document.global_objects.values_list("document_type_id", flat=True).get(pk=pk)
            for key, pk in self.pks.items()
        }
        # what another history left in the index
        reindex(self.pks.values())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.place.__exit__(None, None, None)

    # --- help

    def account(self, who: str) -> User:
        """Return somebody as of now, with nothing remembered."""
        return User.objects.get(pk=self.world.accounts[who].pk)

    def office(self, code: str) -> ProcuracyUnit:
        """Return an office as of now: another may have taken it over."""
        return ProcuracyUnit.objects.select_related("parent").get(code=code)

    def leader(self, case: str) -> User:
        """Return who leads the office that has the case."""
        return self.account(_LEADERS[self.facts.cases[case].unit])

    def act(self, what: Callable[[], object]) -> bool:
        """Do something as a request would; a refusal takes all of it back."""
        with _committed():
            try:
                with transaction.atomic():
                    what()
            except VksError:
                return False
        return True

    def change(self, case: str, **values: Any) -> None:
        """Let the facts of a case be others."""
        self.facts.cases[case] = replace(self.facts.cases[case], **values)

    def change_posts(self, who: str, posts: tuple[Post, ...]) -> None:
        """Let the facts of a person be others."""
        self.facts.people[who] = replace(self.facts.people[who], posts=posts)

    def close_oversight(self) -> None:
        """Let what departments above opened be closed where whoever opened it is in charge no more; it stays so."""
        for key, told in self.facts.cases.items():
            openings = tuple(
                each._replace(state="closed")
                if (each.kind, each.state) == ("oversight", "open") and not oracle.in_charge(self.facts, each.who, key)
                else each
                for each in told.openings
            )
            self.change(key, openings=openings)

    def midnight(self) -> None:
        """Let the first request of a day come."""
        GrantSweep.objects.update(swept_on=timezone.localdate() - dt.timedelta(days=1))
        self.next_request()

    @staticmethod
    def next_request() -> None:
        """Let anybody ask for anything: what is due ends before the page is served.

        By a server that was started since, so that it has no hours to wait before it looks.
        """
        client = Client()
        with _committed():
            client.get("/api/vks/")

    # --- acts

    @rule(case=keys, who=others, role=st.sampled_from(_ROLES))
    def assign(self, case: str, who: str, role: str) -> None:
        user, actor = self.account(who), self.leader(case)
        if self.act(lambda: access.assign(actor=actor, case=self.world.case(case), user=user, role=role)):
            self.change(case, works=(*self.facts.cases[case].works, Work(who, role, starts=0)))

    @rule(case=keys, data=st.data())
    def take_off(self, case: str, data: st.DataObject) -> None:
        works = self.facts.cases[case].works
        open_ones = [index for index, work in enumerate(works) if not work.ended]
        if not open_ones:
            return
        index = data.draw(st.sampled_from(open_ones))
        work = works[index]
        row = Assignment.objects.get(
            case__code=self.world.codes[case],
            user=self.world.accounts[work.who],
            role=work.role,
            ended_at=None,
            ends_on=None if work.ends is None else timezone.localdate() + dt.timedelta(days=work.ends),
        )
        actor = self.leader(case)
        assert self.act(lambda: access.end_assignment(actor=actor, assignment=row))
        self.change(case, works=(*works[:index], work._replace(ended=True), *works[index + 1 :]))

    @rule(case=keys, data=st.data())
    def run_out(self, case: str, data: st.DataObject) -> None:
        """The last day of an assignment goes by."""
        works = self.facts.cases[case].works
        running = [index for index, work in enumerate(works) if not work.ended and work.ends is None]
        if not running:
            return
        index = data.draw(st.sampled_from(running))
        work = works[index]
        yesterday = timezone.localdate() - dt.timedelta(days=1)
        Assignment.objects.filter(
            case__code=self.world.codes[case],
            user=self.world.accounts[work.who],
            role=work.role,
            ended_at=None,
            ends_on=None,
        ).update(starts_on=yesterday, ends_on=yesterday)
        self.midnight()
        self.change(case, works=(*works[:index], work._replace(starts=-1, ends=-1), *works[index + 1 :]))

    @rule(case=keys, to=offices)
    def transfer(self, case: str, to: str) -> None:
        actor, unit = self.leader(case), self.office(to)
        if self.act(
            lambda: transfers.transfer_case(actor=actor, case=self.world.case(case), to=unit, decision=DECISION)
        ):
            works = tuple(work._replace(ended=True) for work in self.facts.cases[case].works)
            # whom the leaders of the office before let in
            openings = tuple(
                each._replace(state="closed") if (each.kind, each.state) == ("emergency", "open") else each
                for each in self.facts.cases[case].openings
            )
            self.change(case, unit=to, department="", trial_unit="", works=works, openings=openings)
            self.close_oversight()

    @rule(who=others, unit=offices, role=st.sampled_from(_POSTS))
    def appoint(self, who: str, unit: str, role: str) -> None:
        user, department = self.account(who), None
        if role == "department_head":
            unit, department = "QN", Department.objects.get(unit__code="QN", code="P1")
        office = self.office(unit)
        if self.act(lambda: organization.appoint(user=user, unit=office, role=role, department=department)):
            post = Post(role, unit, "" if department is None else "P1", starts=0)
            self.change_posts(who, (*self.facts.people[who].posts, post))

    @rule(who=others, data=st.data())
    def leave(self, who: str, data: st.DataObject) -> None:
        posts = self.facts.people[who].posts
        held = [index for index, post in enumerate(posts) if not post.ended and post.ends is None]
        if not held:
            return
        index = data.draw(st.sampled_from(held))
        post = posts[index]
        row = Appointment.objects.get(
            user=self.world.accounts[who],
            unit__code=post.unit,
            role=post.role,
            starts_on=timezone.localdate() + dt.timedelta(days=post.starts),
            ended_at=None,
            ends_on=None,
        )
        if data.draw(st.booleans(), label="by its last day"):
            yesterday = timezone.localdate() - dt.timedelta(days=1)
            Appointment.objects.filter(pk=row.pk).update(starts_on=yesterday, ends_on=yesterday)
            self.midnight()
            left = post._replace(starts=-1, ends=-1)
        else:
            assert self.act(lambda: organization.end_appointment(appointment=row))
            left = post._replace(ended=True)
        self.change_posts(who, (*posts[:index], left, *posts[index + 1 :]))
        self.close_oversight()

    @rule()
    def take_over(self) -> None:
        """An office goes on as another: its cases with who works on them, and its posts."""

        def done() -> None:
            row = transfers.begin_restructuring(
                actor=self.account("chief_province"),
                predecessors=[self.office(_OLD)],
                successor=self.office(_NEW),
                effective_date=timezone.localdate(),
                decision=DECISION,
            )
            for _each in transfers.continue_restructuring(row):
                pass

        if Restructuring.objects.exists() or not self.act(done):
            return
        for key, told in self.facts.cases.items():
            self.change(key, unit=_NEW if told.unit == _OLD else told.unit)
        for who, person in self.facts.people.items():
            posts = list(person.posts)
            for index, post in enumerate(person.posts):
                if post.unit != _OLD or post.ended or post.ends is not None:
                    continue
                posts[index] = post._replace(ended=True)
                if not any(
                    each.unit == _NEW and each.role == post.role
                    for each in oracle.posts(replace(person, posts=tuple(posts)))
                ):
                    posts.append(post._replace(unit=_NEW, starts=0))
            self.change_posts(who, tuple(posts))

    @rule(case=keys, who=others)
    def oversee(self, case: str, who: str) -> None:
        """Who heads the department above in charge of the stage opens a case, and says why."""
        user = self.account(who)
        if self.act(lambda: temporary.open_for_oversight(actor=user, case=self.world.case(case), reason=REASON)):
            self.change(case, openings=(*self.facts.cases[case].openings, Opening(who, "oversight")))

    @rule(case=keys, who=others, then=st.sampled_from(("open", "waiting", "closed", "over")))
    def lend(self, case: str, who: str, then: str) -> None:
        """Somebody is let in for some hours; or asks, or has it closed, or the hours go by."""
        if any(each.who == who and each.state in {"open", "waiting"} for each in self.facts.cases[case].openings):
            return
        user, actor, code = self.account(who), self.leader(case), self.world.codes[case]

        def asked() -> None:
            row = temporary.request_emergency(actor=user, code=code, reason=REASON, hours=8)
            if then != "waiting":
                temporary.approve_emergency(actor=actor, request_id=row.pk)
            if then == "closed":
                temporary.end_temporary(actor=actor, access_id=row.pk)

        if not self.act(asked):
            return
        if then == "over":
            # those of others that were open are over too
            earlier = timezone.now() - dt.timedelta(hours=9)
            running = TemporaryAccess.objects.filter(projected=True)
            running.update(starts_at=earlier, ends_at=earlier + dt.timedelta(hours=8))
            self.next_request()
            for key, told in self.facts.cases.items():
                ended = tuple(each._replace(state="closed") if each.state == "open" else each for each in told.openings)
                self.change(key, openings=ended)
        self.change(
            case,
            openings=(
                *self.facts.cases[case].openings,
                Opening(who, "emergency", "closed" if then == "over" else then),
            ),
        )

    @rule(case=keys, who=others, then=st.sampled_from(("open", "waiting", "denied")))
    def borrow(self, case: str, who: str, then: str) -> None:
        """Somebody asks for the case file to read on the screen for some days, and the leader lends it or not."""
        if any(each.who == who and each.kind == "loan" for each in self.facts.cases[case].openings):
            return
        user, actor, code = self.account(who), self.leader(case), self.world.codes[case]
        until = timezone.localdate() + dt.timedelta(days=3)

        def asked() -> None:
            row = custody.request_loan(actor=user, code=code, form="electronic", purpose=REASON, until=until)
            if then == "open":
                custody.approve_loan(actor=actor, loan_id=row.pk)
            elif then == "denied":
                custody.deny_loan(actor=actor, loan_id=row.pk, reason=REASON)

        if self.act(asked):
            state = {"denied": "closed"}.get(then, then)
            self.change(case, openings=(*self.facts.cases[case].openings, Opening(who, "loan", state)))

    @rule(case=keys, data=st.data())
    def give_back(self, case: str, data: st.DataObject) -> None:
        """Somebody gives a loan back before its last day."""
        openings = self.facts.cases[case].openings
        lent = [index for index, each in enumerate(openings) if (each.kind, each.state) == ("loan", "open")]
        if not lent:
            return
        index = data.draw(st.sampled_from(lent))
        user = self.account(openings[index].who)
        row = Loan.objects.get(case__code=self.world.codes[case], borrower=user, state="dang_muon")
        if self.act(lambda: custody.return_loan(actor=user, loan_id=row.pk)):
            back = openings[index]._replace(state="closed")
            self.change(case, openings=(*openings[:index], back, *openings[index + 1 :]))

    @rule(case=keys)
    def seal(self, case: str) -> None:
        """The case file is sealed: who may read it is the same, and nobody changes it any more."""
        if "sealed" in self.facts.cases[case].marks:
            return
        papers = CaseDocument.objects.filter(case__code=self.world.codes[case], part="hsva").select_related("document")
        seal_outright(self.world.case(case), list(papers), by=self.leader(case))
        self.change(case, marks=frozenset({"sealed"}))

    @rule(key=st.sampled_from(sorted(_facts().papers)), who=st.sampled_from(_PEOPLE), door=st.sampled_from(_DOORS))
    def try_door(self, key: str, who: str, door: str) -> None:
        self.edit(key, who, door)

    def edit(self, key: str, who: str, door: str) -> bool:
        """Somebody at the host's own door gives a document another title, tag, type or readers; tell whether he could."""
        document = Document.global_objects.get(pk=self.pks[key])
        rights = {"view": {"users": [self.account(who).pk], "groups": []}, "change": {"users": [], "groups": []}}
        tag, _made = Tag.objects.get_or_create(name="Đợt thử")
        document.tags.remove(tag)
        before = document.title, document.document_type_id, False
        kind = None if document.document_type_id else self.kinds[key]
        client = APIClient()
        client.force_login(self.account(who))
        with _committed():
            if door not in _IN_BULK:
                said: dict[str, Any] = (
                    {"title": f"{document.title}, bản 2"} if door == "title" else {"set_permissions": rights}
                )
                answer = client.patch(f"/api/documents/{document.pk}/", said, format="json")
            else:
                in_bulk: dict[str, tuple[str, dict[str, Any]]] = {
                    "rights in bulk": ("set_permissions", {"set_permissions": rights, "merge": True}),
                    "storage path in bulk": ("set_storage_path", {"storage_path": None}),
                    "tag in bulk": ("modify_tags", {"add_tags": [tag.pk], "remove_tags": []}),
                    "type in bulk": ("set_document_type", {"document_type": kind}),
                }
                method, value = in_bulk[door]
                said = {"documents": [document.pk], "method": method, "parameters": value}
                answer = client.post("/api/documents/bulk_edit/", said, format="json")
        # the invariant sees whether rights came of it
        now = Document.global_objects.get(pk=document.pk)
        done = (now.title, now.document_type_id, now.tags.filter(pk=tag.pk).exists()) != before
        asked = {"title": oracle.writes, "type in bulk": oracle.writes, "tag in bulk": oracle.changes}.get(door)
        allowed = door not in _ELSEWHERE and asked is not None and asked(self.facts, who, key)
        assert done == allowed, (who, key, door, answer.status_code)
        assert (answer.status_code < 300) == allowed, (who, key, door, answer.status_code)
        return allowed

    @rule(case=keys, level=st.sampled_from(("thuong", "han_che_noi_bo")))
    def restrict(self, case: str, level: str) -> None:
        actor = self.leader(case)
        if self.act(
            lambda: access.edit_case(actor=actor, case=self.world.case(case), values={"confidentiality": level})
        ):
            self.change(case, kept="restricted" if level == "han_che_noi_bo" else "")

    @rule(key=st.sampled_from(sorted(_facts().papers)), put_back=st.booleans())
    def bin(self, key: str, put_back: bool) -> None:
        """Somebody with the database bins a document, or takes it out again; at the host's door nobody does."""
        if self.facts.papers[key].binned:
            runs, _made = User.objects.get_or_create(username="chay_may", is_superuser=True, is_staff=True)
            for user in (runs, self.leader(self.facts.papers[key].case)):
                client = APIClient()
                client.force_login(user)
                answer = client.post("/api/trash/", {"action": "restore", "documents": [self.pks[key]]}, format="json")
                assert answer.status_code >= 400, (user.username, key)
                assert Document.deleted_objects.filter(pk=self.pks[key]).exists(), (user.username, key)
        Document.global_objects.filter(pk=self.pks[key]).update(deleted_at=None if put_back else timezone.now())
        if put_back:
            # as the doctor tells to
            reindex([self.pks[key]])
        self.facts.papers[key] = replace(self.facts.papers[key], binned=not put_back)

    @rule(key=st.sampled_from(sorted(_facts().papers)), who=others)
    def meddle(self, key: str, who: str) -> None:
        """Somebody with the database takes all grants of a document, and gives one; the night puts it right."""
        document = Document.global_objects.get(pk=self.pks[key])
        for model in (UserObjectPermission, GroupObjectPermission):
            model.objects.filter(object_pk=str(document.pk), content_type__app_label="documents").delete()
        assign_perm("view_document", self.account(who), document)
        for group in Group.objects.filter(name__startswith="vks:")[:1]:
            self.account(who).groups.add(group)
        with _committed():
            access.project_everything()

    # --- what must hold

    @invariant()
    def all_agree(self) -> None:
        """Cases, the host's lists by our filter and by its own rows, and the index say of everybody what the oracle says."""
        named = {pk: key for key, pk in self.pks.items()}
        keys_of = {code: key for key, code in self.world.codes.items()}
        for who in self.facts.people:
            user = self.account(who)
            wanted = {key for key, paper in self.facts.papers.items() if oracle.reads(self.facts, who, key)}
            shown = {key for key in wanted if not self.facts.papers[key].binned}
            # nobody tries words on what is only lent
            worded = {key for key in wanted if oracle.takes_out(self.facts, who, key)}
            quick = {named[pk] for pk in permissions.permitted_document_ids(user) if pk in named}
            rows = {named[pk] for pk in as_the_host(user) if pk in named}
            index = {named[pk] for pk in find_documents(user, EVERYWHERE) if pk in named}
            assert quick - wanted == set(), (who, "sees too much")
            assert rows - wanted == set(), (who, "is granted too much")
            assert index - worded == set(), (who, "finds too much")
            assert shown - quick == set(), (who, "does not see")
            assert shown - rows == set(), (who, "is not granted")
            assert shown & worded - index == set(), (who, "does not find")
            completed = self.completed(user)
            assert completed <= {word for key in worded for word in self.words[key]}, (who, "is told too much")
            assert completed >= {word for key in shown & worded for word in self.words[key]}, (who, "is not told")
            known = {keys_of[code] for code in visible_cases(user).values_list("code", flat=True)}
            assert known == oracle.known_cases(self.facts, who), who

    def completed(self, user: User) -> set[str]:
        """Return the words the host completes for somebody at its own door; every word of a paper here begins alike."""
        client = APIClient()
        client.force_authenticate(user)
        answer = client.get("/api/search/autocomplete/", {"term": "zq", "limit": "1000"})
        # who has no post has no business in the host's lists
        assert (answer.status_code == 200) == oracle.uses_the_host(self.facts, user.username), (user.username, answer)
        return set(answer.json()) if answer.status_code == 200 else set()


def _each_once() -> None:
    """Go through what six short histories may never come to: every door to edit at, the trash, hours that go by."""
    history = Histories()
    try:
        history.assign("own", "lead_kv1", "prosecutor")
        edited = {door for who in ("lead_kv1", "outsider") for door in _DOORS if history.edit("own/hsva", who, door)}
        assert edited == {"title", "tag in bulk", "type in bulk"} - set(_ELSEWHERE)
        history.lend("own", "outsider", "over")
        for put_back in (False, True):
            history.bin("own/hsva", put_back)
        history.all_agree()
    finally:
        history.teardown()


@pytest.mark.every_address
def test_whatever_happens_all_of_them_agree() -> None:
    with _committed():
        Histories.world = found(_facts())
    _each_once()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=int(os.environ.get("HISTORIES", "6")),
            # the same ones in every run, unless more are asked for
            derandomize="HISTORIES" not in os.environ,
            database=None,
            stateful_step_count=int(os.environ.get("HISTORY_STEPS", "12")),
            # to shorten a history takes minutes; it is short as it is
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_an_oracle_that_knew_nothing_of_transfers_would_not_agree() -> None:
    """The comparison can fail: an act the facts do not follow is noticed."""
    with _committed():
        Histories.world = found(_facts())
    history = Histories()
    try:
        history.all_agree()
        history.transfer("own", "QN-KV3")
        history.all_agree()
        history.change("own", unit="QN-KV1")
        with pytest.raises(AssertionError, match="does not see"):
            history.all_agree()
    finally:
        history.teardown()
