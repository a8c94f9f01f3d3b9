"""The paper of a case is with one keeper at every moment."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.access.queries import case_for
from vks_plugin.cases.models import CaseFile, ProceduralEvent
from vks_plugin.custody.actions.holding import pass_to, state_beginning, write_beginning
from vks_plugin.custody.models import Holding, Keeper, LedgerEntry
from vks_plugin.custody.queries.holding import holder_of, in_hands, keeping_told, keeps_paper
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.organization.models import UnitSuccession

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client
    from pytest_django import Settings

    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

AGENCY = "Cơ quan Cảnh sát điều tra Công an tỉnh"


def test_where_nothing_is_recorded_the_stage_says_who_has_it(
    case: CaseFile, units: dict[str, ProcuracyUnit], settings: Settings
) -> None:
    office = Keeper(unit=units["QN-KV1"])
    found = holder_of(case)
    assert (found.name, found.since, found.is_assumed) == (AGENCY, None, True)
    assert holder_of(case, "hsks").keeper.is_same(office)
    case.stage = "truy_to"
    assert holder_of(case).keeper.is_same(office)
    # it went to court with the indictment
    for case.stage in ("xet_xu_so_tham", "phuc_tham", "giam_doc_tham_tai_tham", "thi_hanh_an"):
        assert holder_of(case).name == "Tòa án"
    case.court = "Tòa án nhân dân khu vực 1"
    assert holder_of(case).name == case.court
    assert holder_of(case, "hsks").keeper.is_same(office)
    # finished without a trial, and after one
    case.stage = "ket_thuc"
    assert holder_of(case).keeper.is_same(office)
    event = ProceduralEvent.objects.filter(case=case).first()
    assert event is not None
    ProceduralEvent.objects.filter(pk=event.pk).update(stage_after="xet_xu_so_tham")
    assert holder_of(case).name == case.court
    ProceduralEvent.objects.filter(pk=event.pk).update(withdrawn_at=timezone.now())
    assert holder_of(case).keeper.is_same(office)
    # no investigation agency has a file of this kind, whatever its stage
    case.stage, case.kind = "dieu_tra", "civil"
    assert holder_of(case).name == case.court
    assert not holder_of(case).keeper.is_same(office)
    # what is custom alone an office may say otherwise
    settings.VKS_FILES_AT_COURT = "administrative"
    assert holder_of(case).keeper.is_same(office)
    case.kind, case.stage = "criminal", "ket_thuc"
    ProceduralEvent.objects.filter(pk=event.pk).update(withdrawn_at=None)
    assert holder_of(case).keeper.is_same(office)
    case.stage = "xet_xu_so_tham"
    assert holder_of(case).name == case.court


def test_paper_that_passes_on_is_with_one_keeper_at_every_moment(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    outside, office = Keeper(agency=AGENCY), Keeper(unit=units["QN-KV1"])
    reader = Keeper(unit=units["QN-KV1"], person=people["prosecutor_kv1"])
    for giver, receiver in [(outside, office), (office, reader), (reader, office)]:
        pass_to(case=case, part="hsva", giver=giver, receiver=receiver, cause="hand_over", reference=7)
    rows = list(Holding.objects.filter(case=case, part="hsva"))
    assert [(row.keeper_name, row.cause) for row in rows] == [
        (AGENCY, "assumed"),
        (units["QN-KV1"].name, "hand_over"),
        (f"Đỗ Hữu Ước – {units['QN-KV1'].name}", "hand_over"),
        (units["QN-KV1"].name, "hand_over"),
    ]
    assert [row.until for row in rows] == [*(row.since for row in rows[1:]), None]
    # who sees an older state is told, and nothing changes
    with pytest.raises(Conflict, match="không ở Cơ quan"):
        pass_to(case=case, part="hsva", giver=outside, receiver=office, cause="hand_over")
    with pytest.raises(Conflict, match="đã ở"):
        pass_to(case=case, part="hsva", giver=office, receiver=office, cause="hand_over")
    # of the file, and of the supervision file nothing: nothing is recorded of it
    assert keeping_told(people["clerk_kv1"], case_for(people["clerk_kv1"], case.code)).lines == rows[::-1]
    assert holder_of(case).holding == rows[-1]


def test_what_is_lent_goes_nowhere_until_it_is_back(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    office = Keeper(unit=units["QN-KV1"])
    borrower = Keeper(unit=units["QN-KV1"], person=people["inspector_kv1"])
    pass_to(case=case, part="hsks", giver=office, receiver=borrower, cause="loan")
    assert holder_of(case, "hsks").is_lent
    with pytest.raises(Conflict, match="đang cho mượn"):
        pass_to(case=case, part="hsks", giver=borrower, receiver=office, cause="hand_over")
    assert [each.case for each in in_hands(people["inspector_kv1"])] == [case]
    pass_to(case=case, part="hsks", giver=borrower, receiver=office, cause="loan_return")
    assert not holder_of(case, "hsks").is_lent
    assert not in_hands(people["inspector_kv1"])


def test_the_database_refuses_two_keepers_and_nobody(case: CaseFile, units: dict[str, ProcuracyUnit]) -> None:
    write_beginning(case)
    assert Holding.objects.filter(case=case, until__isnull=True).count() == 2
    now = timezone.now()
    for wrong in (
        {"unit": units["QN-KV1"]},
        {"unit": units["QN-KV1"], "agency": AGENCY, "until": now + dt.timedelta(hours=1)},
        {"until": now + dt.timedelta(hours=1)},
        {"unit": units["QN-KV1"], "until": now - dt.timedelta(hours=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Holding.objects.create(case=case, part="hsva", since=now, cause="hand_over", **wrong)
    with pytest.raises(ValueError, match="a keeper is"):
        Keeper()


def test_a_clerk_says_where_it_began(case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]) -> None:
    office, since = Keeper(unit=units["QN-KV1"]), timezone.now() - dt.timedelta(days=30)
    for actor, refusal in (("clerk_kv3", NotFound), ("prosecutor_kv1", NotAllowed), ("chief_province", NotAllowed)):
        with pytest.raises(refusal):
            state_beginning(actor=people[actor], case=case, part="hsva", keeper=office, since=since)
    clerk = people["clerk_kv1"]
    with pytest.raises(BadInput, match="tương lai"):
        state_beginning(
            actor=clerk, case=case, part="hsva", keeper=office, since=timezone.now() + dt.timedelta(hours=1)
        )
    with pytest.raises(BadInput, match="không rời"):
        state_beginning(actor=clerk, case=case, part="hsks", keeper=Keeper(agency=AGENCY), since=since)
    state_beginning(actor=clerk, case=case, part="hsva", keeper=office, since=since)
    found = holder_of(case)
    assert (found.keeper.unit, found.since, found.is_assumed) == (units["QN-KV1"], since, False)
    assert LedgerEntry.objects.filter(case=case, kind="keeper_stated").count() == 1
    with pytest.raises(Conflict, match="chỉ thay đổi bằng giao nhận"):
        state_beginning(actor=clerk, case=case, part="hsva", keeper=Keeper(agency=AGENCY), since=since)


def test_what_lies_in_an_office_is_for_its_clerks_and_leaders_alone(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit], client: Client
) -> None:
    restricted = register(actor=people["clerk_kv1"], unit=units["QN-KV1"], name="Vụ hạn chế")
    access.assign(actor=people["chief_kv1"], case=restricted, user=people["prosecutor_kv1"], role="prosecutor_lead")
    access.edit_case(
        actor=people["prosecutor_kv1"], case=restricted, values={"confidentiality": "han_che_noi_bo"}, reason="án nhạy"
    )
    restricted.refresh_from_db()
    for each in (case, restricted):
        write_beginning(each)
    # the case file is at the investigation agency; what the office has is the supervision file
    assert [row.case for row in in_hands(people["clerk_kv1"])] == [case]
    assert {row.case for row in in_hands(people["chief_kv1"])} == {case, restricted}
    for stranger in ("clerk_kv3", "chief_kv3", "other_prosecutor_kv1", "outsider", "chief_province", "locked"):
        assert not in_hands(people[stranger]), stranger
    assert not keeps_paper(people["clerk_kv1"], restricted, [units["QN-KV1"].pk])
    # an office that takes over has what the one before had
    UnitSuccession.objects.create(
        predecessor=units["QN-KV1"], successor=units["QN-KV3"], effective_date=timezone.localdate()
    )
    assert [row.case for row in in_hands(people["clerk_kv3"])] == [case]
    # of a case that is not theirs to know, clerks read what the label says; who may know of it reads its name
    for clerk, name in (("clerk_kv1", case.name), ("clerk_kv3", "")):
        client.force_login(people[clerk])
        (told,) = client.get("/api/vks/custody/").json()["results"]
        assert (told["case"], told["case_name"]) == (case.code, name)
        page = client.get("/vks/custody/").content.decode()
        assert (case.code in page, case.name in page) == (True, bool(name))
    assert {row.case for row in in_hands(people["chief_kv3"])} == {case, restricted}
    assert keeps_paper(people["clerk_kv3"], case, [units["QN-KV1"].pk])
