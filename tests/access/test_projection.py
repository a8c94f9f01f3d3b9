"""What the policy says is what the host shows: list, search, completions, files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone
from documents.models import Document
from documents.search import SearchIndexLockError, get_backend

from tests.people import FiledCase
from vks_plugin.access import actions as access
from vks_plugin.access.models import OwedEntries
from vks_plugin.access.owed_entries import write_owed
from vks_plugin.access.policy import Level
from vks_plugin.access.queries import case_decision, visible_cases, visible_documents
from vks_plugin.access.tasks import write_owed_entries
from vks_plugin.cases.models import Assignment
from vks_plugin.errors import Conflict, NotAllowed, NotFound
from vks_plugin.host import search
from vks_plugin.host.permissions import Grant, grants_of, viewable_documents
from vks_plugin.host.search import reindex
from vks_plugin.organization.actions import end_appointment, service_account_id
from vks_plugin.organization.models import Appointment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

# who reads the case file, and who its internal part too; everybody else reads nothing
READERS = {"chief_kv1", "deputy_kv1", "chief_province", "deputy_province", "prosecutor_kv1"}


def found(user: User, word: str) -> set[int]:
    client = Client()
    client.force_login(user)
    answer = client.get("/api/documents/", {"text": word, "page_size": "100"})
    return {row["id"] for row in answer.json()["results"]} if answer.status_code == 200 else set()


def listed(user: User) -> set[int]:
    client = Client()
    client.force_login(user)
    answer = client.get("/api/documents/", {"page_size": "100"})
    return {row["id"] for row in answer.json()["results"]} if answer.status_code == 200 else set()


def completions(user: User, start: str) -> set[str]:
    """Return what the index alone would complete."""
    return set(get_backend().autocomplete(start, 50, user))


def told(user: User, start: str) -> set[str]:
    """Return what the host's door answers."""
    client = Client()
    client.force_login(user)
    answer = client.get("/api/search/autocomplete/", {"term": start})
    return set(answer.json()) if answer.status_code == 200 else set()


def test_host_shows_exactly_what_the_policy_grants(filed_case: FiledCase, people: dict[str, User]) -> None:
    everything = set(filed_case.host_ids)
    for name, user in people.items():
        if not user.is_active:
            continue
        wanted = everything if name in READERS else set()
        assert listed(user) == wanted, name
        assert found(user, "khoi to") == (set(filed_case.host_ids[:2]) if wanted else set()), name
        assert bool(completions(user, "quye")) == bool(wanted), name
        assert set(visible_documents(user).values_list("document_id", flat=True)) == wanted, name


def test_files_open_for_readers_only(filed_case: FiledCase, people: dict[str, User]) -> None:
    for name in ("prosecutor_kv1", "other_prosecutor_kv1", "clerk_kv1", "prosecutor_kv3", "admin_province"):
        client = Client()
        client.force_login(people[name])
        for door in ("", "preview/", "download/", "thumb/"):
            status = client.get(f"/api/documents/{filed_case.host_ids[0]}/{door}").status_code
            assert (status == 200) == (name in READERS), (name, door, status)


def test_documents_belong_to_the_service_account(filed_case: FiledCase) -> None:
    owners = set(Document.objects.filter(pk__in=filed_case.host_ids).values_list("owner_id", flat=True))
    assert owners == {service_account_id()}


def test_few_guardian_rows_a_document(filed_case: FiledCase, people: dict[str, User]) -> None:
    grants = grants_of(filed_case.host_ids)
    for rows in grants.values():
        # the leaders of the office and those of the one above
        assert len([each for each in rows if each.holder == "group"]) == 2
        assert {each for each in rows if each.holder == "user"} == {
            Grant("user", people["prosecutor_kv1"].pk, "view"),
            Grant("user", people["prosecutor_kv1"].pk, "change"),
        }


def test_assignment_opens_and_its_end_closes_at_once(filed_case: FiledCase, people: dict[str, User]) -> None:
    colleague = people["other_prosecutor_kv1"]
    assert found(colleague, "khoi to") == set()
    assignment = access.assign(actor=people["chief_kv1"], case=filed_case.case, user=colleague, role="prosecutor")
    assert listed(colleague) == set(filed_case.host_ids)
    assert found(colleague, "khoi to") == set(filed_case.host_ids[:2])
    access.end_assignment(actor=people["chief_kv1"], assignment=assignment)
    assert listed(colleague) == set()
    assert found(colleague, "khoi to") == set()
    # completions read the index alone: the entry must have been written again already
    assert completions(colleague, "quye") == set()
    assert get_backend().search_ids("khoi to", colleague) == []


def test_scan_operator_sees_the_case_file_but_nothing_internal(filed_case: FiledCase, people: dict[str, User]) -> None:
    access.assign(actor=people["deputy_kv1"], case=filed_case.case, user=people["scanner_kv1"], role="scan_operator")
    assert listed(people["scanner_kv1"]) == set(filed_case.host_ids[:3])


def test_new_lead_takes_the_place_of_the_old(filed_case: FiledCase, people: dict[str, User]) -> None:
    access.assign(
        actor=people["chief_kv1"], case=filed_case.case, user=people["other_prosecutor_kv1"], role="prosecutor_lead"
    )
    assert listed(people["prosecutor_kv1"]) == set()
    assert listed(people["other_prosecutor_kv1"]) == set(filed_case.host_ids)


def test_a_lead_to_come_follows_the_present_one_and_one_for_a_while_stands_in(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    chief, present, other = (people[who] for who in ("chief_kv1", "prosecutor_kv1", "other_prosecutor_kv1"))
    everything, today = set(filed_case.host_ids), timezone.localdate()
    day = dt.timedelta(days=1)
    # a prosecutor by now, too
    Appointment.objects.create(
        user=people["inspector_kv1"], unit=filed_case.case.unit, role="prosecutor", starts_on=today - day
    )

    def lead(user: User, starts_on: dt.date, ends_on: dt.date | None = None) -> None:
        access.assign(
            actor=chief, case=filed_case.case, user=user, role="prosecutor_lead", starts_on=starts_on, ends_on=ends_on
        )

    # who stands in until tomorrow takes nothing from the lead prosecutor
    lead(people["inspector_kv1"], today, today + day)
    assert listed(present) == listed(people["inspector_kv1"]) == everything
    lead(other, today + 5 * day)
    assert (listed(present), listed(other)) == (everything, set())
    # another one instead, and sooner: the present one goes by that day
    lead(people["deputy_kv1"], today + 3 * day)
    ends = dict(Assignment.objects.filter(ended_at=None).values_list("user__username", "ends_on"))
    assert ends == {
        people["inspector_kv1"].username: today + day,
        present.username: today + 2 * day,
        people["deputy_kv1"].username: None,
    }
    with time_machine.travel(timezone.now() + 2 * day, tick=False):
        assert (listed(present), listed(people["inspector_kv1"])) == (everything, set())
    with time_machine.travel(timezone.now() + 3 * day, tick=False):
        assert listed(present) == set()


def test_only_leaders_of_the_unit_assign(filed_case: FiledCase, people: dict[str, User]) -> None:
    for name in ("chief_province", "prosecutor_kv1", "clerk_kv1"):
        with pytest.raises(NotAllowed):
            access.assign(
                actor=people[name], case=filed_case.case, user=people["other_prosecutor_kv1"], role="prosecutor"
            )
    with pytest.raises(NotFound):
        access.assign(actor=people["chief_kv3"], case=filed_case.case, user=people["chief_kv3"], role="prosecutor")
    assert listed(people["other_prosecutor_kv1"]) == set()


def test_nobody_is_assigned_the_same_twice(filed_case: FiledCase, people: dict[str, User]) -> None:
    with pytest.raises(Conflict):
        access.assign(
            actor=people["chief_kv1"], case=filed_case.case, user=people["prosecutor_kv1"], role="prosecutor_lead"
        )
    assert listed(people["prosecutor_kv1"]) == set(filed_case.host_ids)


def test_leaving_a_post_ends_access_at_that_moment(filed_case: FiledCase, people: dict[str, User]) -> None:
    chief = people["chief_kv1"]
    assert listed(chief) == set(filed_case.host_ids)
    end_appointment(appointment=Appointment.objects.get(user=chief))
    assert listed(chief) == set()
    assert visible_cases(chief).count() == 0
    assert Appointment.objects.filter(user=chief).exists()


def test_dated_assignment_ends_before_the_next_day_is_served(filed_case: FiledCase, people: dict[str, User]) -> None:
    colleague = people["other_prosecutor_kv1"]
    with time_machine.travel(dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC), tick=False):
        access.sweep()
        access.assign(
            actor=people["chief_kv1"],
            case=filed_case.case,
            user=colleague,
            role="prosecutor",
            starts_on=dt.date(2026, 11, 20),
            ends_on=dt.date(2026, 11, 21),
        )
        assert listed(colleague) == set(filed_case.host_ids)
    with time_machine.travel(dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC), tick=False):
        assert listed(colleague) == set(filed_case.host_ids)
    # 22 November begins in Vietnam at 17:00 of the day before by universal time
    with time_machine.travel(dt.datetime(2026, 11, 21, 17, 1, tzinfo=dt.UTC), tick=False):
        assert listed(colleague) == set()
        assert completions(colleague, "quye") == set()
        assert case_decision(colleague, filed_case.case).level == Level.NONE


def test_case_list_agrees_with_the_decision_for_everybody(filed_case: FiledCase, people: dict[str, User]) -> None:
    for restricted in ("thuong", "han_che_noi_bo"):
        filed_case.case.confidentiality = restricted
        filed_case.case.save()
        for name, user in people.items():
            known = case_decision(user, filed_case.case).level >= Level.METADATA
            assert visible_cases(user).filter(pk=filed_case.case.pk).exists() == known, (name, restricted)
            seen = {part for part in ("hsva", "hsks") if case_decision(user, filed_case.case, part).level >= Level.VIEW}
            assert set(visible_documents(user).values_list("part", flat=True)) == seen, (name, restricted)


def test_superuser_of_the_host_has_no_case_of_his_own(filed_case: FiledCase, admin_user: User) -> None:
    assert visible_cases(admin_user).count() == 0
    assert visible_documents(admin_user).count() == 0
    assert viewable_documents(admin_user).count() == 4


def test_who_waited_for_the_index_puts_nobody_back(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, backend = people["prosecutor_kv1"], get_backend()
    assignment = filed_case.case.assignments.get()
    update = backend.batch_update

    @contextmanager
    def waiting(*words: Any, **named: Any) -> Iterator[Any]:
        monkeypatch.setattr(backend, "batch_update", update)
        # while one waits for the index, another act ends the assignment, and writes its entries first
        access.end_assignment(actor=people["chief_kv1"], assignment=assignment)
        with update(*words, **named) as batch:
            yield batch

    assert completions(reader, "quye")
    monkeypatch.setattr(backend, "batch_update", waiting)
    reindex(filed_case.host_ids)
    assert completions(reader, "quye") == set()
    assert found(reader, "khoi to") == set()


def test_an_index_that_is_behind_completes_nothing_for_who_may_read_no_more(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, leader = people["prosecutor_kv1"], people["chief_kv1"]
    words = told(reader, "quye")
    assert words
    assert told(leader, "quye") == words
    monkeypatch.setattr("vks_plugin.host.search.reindex", lambda _ids: None)
    access.end_assignment(actor=leader, assignment=filed_case.case.assignments.get())
    # as it is until a worker has written it, or for long where a process ended before
    assert completions(reader, "quye") == words
    assert told(reader, "quye") == set()
    assert told(leader, "quye") == words


class Killed(BaseException):
    """Nothing of the process runs after this."""


def test_what_a_killed_process_owed_the_index_is_written_without_anybody_s_help(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, leader = people["prosecutor_kv1"], people["chief_kv1"]
    assert completions(reader, "quye")
    # what is done by a process that lives is crossed off at once
    assert not OwedEntries.objects.exists()

    def dies(_ids: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(search, "reindex", dies)
        with pytest.raises(Killed):
            access.end_assignment(actor=leader, assignment=filed_case.case.assignments.get())
    # what it had in mind went with it
    vars(search._pending).clear()
    assert filed_case.case.assignments.get().ended_at is not None
    assert completions(reader, "quye")
    # it may still be at it
    assert write_owed() == 0
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2), tick=False):
        write_owed_entries()
        assert write_owed() == 0
    assert completions(reader, "quye") == set()
    assert completions(leader, "quye")
    assert not OwedEntries.objects.exists()
    # what is taken back is not owed
    with transaction.atomic():
        access.assign(actor=leader, case=filed_case.case, user=reader, role="prosecutor")
        assert OwedEntries.objects.exists()
        transaction.set_rollback(True)
    assert not OwedEntries.objects.exists()


def test_an_index_that_is_locked_is_written_later(
    filed_case: FiledCase, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, tries = get_backend(), []
    update = backend.batch_update

    @contextmanager
    def locked(*words: Any, **named: Any) -> Iterator[Any]:
        tries.append(1)
        if len(tries) == 1:
            raise SearchIndexLockError
        with update(*words, **named) as batch:
            yield batch

    reader = people["prosecutor_kv1"]
    assert completions(reader, "quye")
    monkeypatch.setattr(backend, "batch_update", locked)
    # the act is done all the same
    access.end_assignment(actor=people["chief_kv1"], assignment=filed_case.case.assignments.get())
    assert filed_case.case.assignments.get().ended_at is not None
    assert len(tries) == 2
    assert completions(reader, "quye") == set()
