"""The host's lists answer for filed documents from the cases: the same as its own rows would, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from documents import filters, permissions
from documents.models import Document
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm

from tests.access.test_projection import listed
from tests.people import FiledCase, register
from tests.plugin import HOST
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.host import visibility
from vks_plugin.host.visibility import as_the_host
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, ProcuracyUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

Act = Callable[[FiledCase, dict[str, User], dict[str, ProcuracyUnit]], object]


def _emergency(filed_case: FiledCase, people: dict[str, User], _units: dict[str, ProcuracyUnit]) -> None:
    row = temporary.request_emergency(
        actor=people["prosecutor_kv3"], code=filed_case.case.code, reason="Cần hồ sơ ngay trong đêm nay.", hours=2
    )
    temporary.approve_emergency(actor=people["chief_kv1"], request_id=row.pk)


ACTS: dict[str, Act] = {
    "nothing": lambda _case, _people, _units: None,
    "assigned": lambda case, people, _units: access.assign(
        actor=people["chief_kv1"], case=case.case, user=people["scanner_kv1"], role="scan_operator"
    ),
    "restricted": lambda case, people, _units: access.edit_case(
        actor=people["chief_kv1"], case=case.case, values={"confidentiality": "han_che_noi_bo"}
    ),
    "transferred": lambda case, people, units: transfers.transfer_case(
        actor=people["chief_kv1"], case=case.case, to=units["QN-KV3"], decision="1/QĐ"
    ),
    "left": lambda _case, people, _units: organization.end_appointment(
        appointment=Appointment.objects.get(user=people["prosecutor_kv1"])
    ),
    "emergency": _emergency,
    "binned": lambda case, _people, _units: Document.objects.filter(pk=case.documents[0].document_id).update(
        deleted_at=timezone.now()
    ),
}


@pytest.fixture
def loose(people: dict[str, User]) -> dict[str, Document]:
    """Return documents nobody has filed: nobody's, somebody's, and somebody's that are shared."""

    def made(name: str, owner: User | None) -> Document:
        return Document.objects.create(
            title=name, content="", mime_type="application/pdf", checksum=f"{name:0>32}", owner=owner
        )

    found = {
        "unowned": made("unowned", None),
        "own": made("own", people["clerk_kv1"]),
        "to_somebody": made("to_somebody", people["clerk_kv1"]),
        "to_a_group": made("to_a_group", people["clerk_kv1"]),
    }
    assign_perm("view_document", people["prosecutor_kv3"], found["to_somebody"])
    group = Group.objects.create(name="Tổ chuyên án")
    people["statistics_province"].groups.add(group)
    assign_perm("view_document", group, found["to_a_group"])
    return found


@pytest.mark.parametrize("act", ACTS)
def test_everybody_gets_the_answer_of_the_host_s_own_rows(
    act: str,
    filed_case: FiledCase,
    loose: dict[str, Document],
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    admin_user: User,
) -> None:
    register(actor=people["clerk_kv3"], unit=units["QN-KV3"])
    ACTS[act](filed_case, people, units)
    assert vars(filters)["permitted_document_ids"] is permissions.permitted_document_ids is not as_the_host
    for name, user in [*people.items(), ("superuser", admin_user)]:
        # permissions of an account are kept on the object
        fresh = User.objects.get(pk=user.pk)
        assert set(permissions.permitted_document_ids(fresh)) == set(as_the_host(fresh)), name
    # nor do our doors hold on to the host's, which goes through every grant somebody has
    doors = ["guard", "hints", *(["administration"] if HOST == "paperless" else [])]
    assert [each for each in doors if as_the_host in vars(import_module(f"vks_plugin.host.{each}")).values()] == []
    nobody = AnonymousUser()
    assert set(permissions.permitted_document_ids(nobody)) == set(as_the_host(nobody)) == {loose["unowned"].pk}


@pytest.mark.parametrize("few", [1, 1000])
def test_a_list_of_everything_is_counted_without_reading_it(
    few: int,
    filed_case: FiledCase,
    loose: dict[str, Document],
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What lies in the bin, and versions, count for nobody; as soon as something is looked for, what is found is counted."""
    monkeypatch.setattr(visibility, "_FEW", few)
    ACTS["binned"](filed_case, people, {})
    version = {
        "root_document_id": filed_case.documents[1].document_id,
        "owner_id": filed_case.documents[1].document.owner_id,
    }
    Document.objects.create(title="Bản sau", content="", mime_type="application/pdf", checksum="f" * 32, **version)
    Document.objects.filter(pk=loose["unowned"].pk).update(deleted_at=timezone.now())
    counted = set()
    for name in ("chief_kv1", "prosecutor_kv1", "clerk_kv1", "prosecutor_kv3", "statistics_province", "chief_province"):
        client = Client()
        client.force_login(people[name])
        visible = set(as_the_host(people[name]))
        rows = Document.objects.filter(pk__in=visible, root_document__isnull=True)
        for asked, wanted in (
            ({}, rows),
            ({"ordering": "title", "page_size": "1"}, rows),
            ({"title__icontains": "to_"}, rows.filter(title__icontains="to_")),
            ({"id__in": str(loose["own"].pk)}, rows.filter(pk=loose["own"].pk)),
        ):
            with CaptureQueriesContext(connection) as asking:
                answer = client.get("/api/documents/", asked)
            assert answer.json()["count"] == wanted.count(), (name, asked)
            if asked == {} and name == "chief_kv1":
                counts = [each["sql"] for each in asking if each["sql"].startswith("SELECT COUNT(*)")]
                assert 'FROM "vks_case_document"' in counts[0], counts
        counted.add(rows.count())
    # some see more than others
    assert counted == {1, 3}


def test_a_page_is_the_same_however_it_is_found(
    filed_case: FiledCase, loose: dict[str, Document], people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite who may view nearly everything is given a page document by document in its order: nothing is lost or let in."""
    first, second, *_rest = filed_case.documents
    Document.objects.filter(pk=first.document_id).update(deleted_at=timezone.now())
    version = {"root_document_id": second.document_id, "owner_id": second.document.owner_id}
    Document.objects.create(title="Bản sau", content="", mime_type="application/pdf", checksum="f" * 32, **version)
    on_sqlite = connection.vendor == "sqlite"
    if on_sqlite:
        # what has the same title stands in the order of its number, on whichever page
        Document.objects.filter(pk=loose["own"].pk).update(title=second.title)
    for name in ("chief_kv1", "clerk_kv1", "prosecutor_kv3"):
        client = Client()
        client.force_login(people[name])
        rows = Document.objects.filter(pk__in=set(as_the_host(people[name])), root_document__isnull=True)
        for asked, order in (({}, ("-created", "-pk")), ({"ordering": "-title"}, ("-title", "-pk"))):
            wanted = list(rows.order_by(*order).values_list("pk", flat=True))
            for walked in (0, 100):
                monkeypatch.setattr(visibility, "_WALKED", walked)
                given = []
                for page in range(1, len(wanted) // 2 + len(wanted) % 2 + 1):
                    with CaptureQueriesContext(connection) as asking:
                        answer = client.get("/api/documents/", {"page": str(page), "page_size": "2", **asked})
                    given += [row["id"] for row in answer.json()["results"]]
                    sent = [each["sql"] for each in asking]
                    walks = [sql for sql in sent if '+"documents_document"."deleted_at" IS NULL' in sql]
                    assert bool(walks) is bool(walked and on_sqlite)
                assert given == wanted, (name, asked, walked)
            if on_sqlite and HOST == "paperless":
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {walks[0]}")
                    plan = [row[-1] for row in cursor.fetchall()]
                assert not any("FOR ORDER BY" in step for step in plan), plan


def test_the_answer_does_not_come_from_the_host_s_rows(filed_case: FiledCase, people: dict[str, User]) -> None:
    UserObjectPermission.objects.all().delete()
    GroupObjectPermission.objects.all().delete()
    assert set(as_the_host(people["chief_kv1"])) == set()
    assert listed(people["chief_kv1"]) == set(filed_case.host_ids)
    assert listed(people["chief_kv3"]) == set()


def test_while_dated_access_is_suspended_the_host_answers_itself(
    filed_case: FiledCase, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    organization.appoint(
        user=people["outsider"],
        unit=units["QN-KV1"],
        role="deputy_chief_procurator",
        ends_on=Appointment.objects.latest("starts_on").starts_on.replace(year=2099),
    )
    assert listed(people["outsider"]) == set(filed_case.host_ids)
    organization.suspend_dated_access()
    access.project_everything()
    assert listed(people["outsider"]) == set()
