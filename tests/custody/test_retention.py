"""How long a case is kept follows from data and events; nothing is invented, and what is held is not over."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tests.custody.conftest import verified
from tests.custody.test_acts import data, hidden, written
from tests.people import register
from tests.web.conftest import Page
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseFile, RelatedCase
from vks_plugin.cases.proceedings import EVENTS
from vks_plugin.custody.actions.retention import change_rule, end_hold, place_hold
from vks_plugin.custody.models import LedgerEntry, RetentionHold, RetentionRule
from vks_plugin.custody.queries import recorded
from vks_plugin.custody.queries.retention import finished_cases, standing, standings
from vks_plugin.custody.retention import (
    OUTCOME_OF,
    OUTCOMES,
    REOPENING,
    CaseState,
    Happened,
    HoldFacts,
    Rule,
    accession_due,
    automatic_holds,
    finished_on,
    outcome_of,
    retention_of,
    rule_for,
)
from vks_plugin.custody.words import WHOLE, in_words
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.language import spoken
from vks_plugin.management.commands.vks_setup import load_missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from vks_plugin.organization.models import ProcuracyUnit

END = frozenset({"ket_thuc"})
WHY = "Đang giải quyết khiếu nại của bị hại"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def over(*events: str, kind: str = "criminal", crime_class: str = "", status: str = "co_hieu_luc") -> CaseState:
    """Return a case with these events, a day each from 1 March 2024 on."""
    return CaseState(
        kind, crime_class, status, [Happened(each, dt.date(2024, 3, number)) for number, each in enumerate(events, 1)]
    )


# --- pure


def test_words_of_the_tables_are_those_of_the_proceedings() -> None:
    known = {value for events in EVENTS.values() for value in events}
    assert set(OUTCOME_OF) | REOPENING <= known
    assert set(OUTCOME_OF.values()) == set(dict(OUTCOMES))


def test_a_case_is_finished_on_the_day_of_the_configured_event_and_not_once_it_is_opened_again() -> None:
    assert finished_on(over("tuyen_an", "co_hieu_luc", "ket_thuc").events, END) == day("2024-03-03")
    assert finished_on(over("tuyen_an", "co_hieu_luc", "ket_thuc").events, frozenset({"co_hieu_luc"})) == day(
        "2024-03-02"
    )
    assert finished_on(over("tuyen_an", "co_hieu_luc").events, END) is None
    for event in REOPENING:
        assert finished_on(over("ket_thuc", event).events, END) is None
    assert finished_on(over("ket_thuc", "giam_doc_tham", "qd_giam_doc_tham", "ket_thuc").events, END) == day(
        "2024-03-04"
    )


def test_what_a_case_came_to_is_what_was_decided_last() -> None:
    assert outcome_of(over("dinh_chi_dieu_tra", status="dinh_chi")) == "dinh_chi"
    assert outcome_of(over("dinh_chi_dieu_tra", "phuc_hoi_dieu_tra", status="phuc_hoi")) == ""
    assert outcome_of(over("an_phuc_tham", "thi_hanh_an", "ket_thuc", "nop_luu", status="da_nop_luu")) == "co_hieu_luc"
    assert outcome_of(over("nguon_tin_khong_khoi_to", kind="crime_report", status="da_giai_quyet")) == "khong_khoi_to"
    # entered when it was over already
    assert outcome_of(over(status="dinh_chi")) == "dinh_chi"


def test_the_narrowest_rule_counts_and_of_two_alike_the_one_that_keeps_longer() -> None:
    any_case = Rule("", "", "", "chua_xac_dinh", None)
    criminal = Rule("criminal", "", "", "co_thoi_han", 20)
    grave = Rule("criminal", "D", "", "vinh_vien", None)
    stopped = Rule("criminal", "", "dinh_chi", "co_thoi_han", 10)
    rules = [criminal, stopped, any_case, grave]
    for order in itertools.permutations(rules):
        assert rule_for(order, "criminal", "A", "co_hieu_luc") == criminal
        assert rule_for(order, "criminal", "A", "dinh_chi") == stopped
        assert rule_for(order, "criminal", "D", "dinh_chi") == grave
        assert rule_for(order, "civil", "", "dinh_chi") == any_case
    assert rule_for([stopped, stopped._replace(years=None, term="chua_xac_dinh")], "criminal", "", "dinh_chi") == (
        stopped._replace(years=None, term="chua_xac_dinh")
    )
    assert rule_for([grave], "civil", "", "") is None


def test_a_term_ends_with_a_year_and_only_a_term_ends() -> None:
    rules = [Rule("criminal", "", "", "co_thoi_han", 5)]
    found = retention_of(over("co_hieu_luc", "ket_thuc"), rules, END)
    assert (found.ends_on, found.term) == (day("2029-12-31"), "co_thoi_han")
    assert [found.is_over(day(each)) for each in ("2029-03-02", "2029-12-31", "2030-01-01")] == [False, False, True]
    assert "5 năm" in found.basis
    assert "31/12/2029" in found.basis
    for term in ("chua_xac_dinh", "vinh_vien"):
        kept = retention_of(over("co_hieu_luc", "ket_thuc"), [Rule("criminal", "", "", term, None)], END)
        assert not kept.is_over(day("2999-01-01"))
    assert not retention_of(over("co_hieu_luc"), rules, END).is_over(day("2999-01-01"))
    unknown = retention_of(over("ket_thuc"), [], END)
    assert (unknown.term, unknown.is_over(day("2999-01-01"))) == ("chua_xac_dinh", False)
    assert accession_due(day("2024-03-02")) == day("2025-12-31")


def test_what_holds_a_case_by_itself() -> None:
    free = HoldFacts("ket_thuc", "co_hieu_luc", suspended_persons=False, open_kin=False, asked_for=False)
    assert automatic_holds(free) == ()
    assert automatic_holds(free._replace(stage="giam_doc_tham_tai_tham", status="co_khang_cao_khang_nghi")) == (
        "giam_doc_tham",
    )
    assert automatic_holds(free._replace(asked_for=True)) == ("giam_doc_tham",)
    assert automatic_holds(free._replace(status="co_khang_cao_khang_nghi")) == ("khang_cao",)
    assert automatic_holds(free._replace(status="tam_dinh_chi")) == ("tam_dinh_chi",)
    assert automatic_holds(free._replace(suspended_persons=True, open_kin=True)) == ("tam_dinh_chi", "vu_tach")


# --- as data


def kept_one_year() -> None:
    """Say, as the ledger is told of it, that files of criminal cases are kept for a year."""
    row, _made = RetentionRule.objects.get_or_create(kind="criminal", crime_class="", outcome="")
    if row.term == "chua_xac_dinh":
        change_rule(
            actor=User.objects.get(username="chief_province"),
            rule_id=row.pk,
            term="co_thoi_han",
            years=1,
            source="Bảng thử",
            reason="Bảng thời hạn bảo quản dùng để thử",
        )


@pytest.fixture
def rules(db: None) -> Callable[..., RetentionRule]:
    """Return a function that finds a shipped row."""
    load_missing(["retention_rules"])
    return lambda **words: RetentionRule.objects.get(**{"kind": "criminal", "crime_class": "", "outcome": ""} | words)


def ended(case: CaseFile, actor: User, on: dt.date = dt.date(2026, 5, 4)) -> CaseFile:
    """Return the case after its investigation was stopped and it was finished."""
    for event, number in (("dinh_chi_dieu_tra", "7/QĐ"), ("ket_thuc", "")):
        access.record_event(actor=actor, case=case, event=event, happened_on=on, number=number)
    case.refresh_from_db()
    return case


def ended_long_ago(case: CaseFile, actor: User) -> CaseFile:
    """Return the case corrected to one of 2024, and finished in that year: its one year of keeping is over."""
    access.edit_case(actor=actor, case=case, values={"init_decision_date": dt.date(2024, 3, 2)})
    return ended(case, actor, dt.date(2024, 5, 4))


def test_every_shipped_row_is_undetermined_and_each_kind_of_case_has_one(rules: Callable[..., RetentionRule]) -> None:
    assert set(RetentionRule.objects.values_list("term", "years", "source")) == {("chua_xac_dinh", None, "")}
    assert {row.kind for row in RetentionRule.objects.all()} == {"", *EVENTS}
    assert load_missing(["retention_rules"]) == {"retention_rules": 0}


def test_the_archive_of_the_province_says_how_long_with_a_paper_and_a_reason(
    rules: Callable[..., RetentionRule], case: CaseFile, people: dict[str, User]
) -> None:
    row = rules(outcome="dinh_chi")
    given: dict[str, Any] = {"rule_id": row.pk, "source": "Bảng thời hạn số 12/QĐ", "reason": "Bảng mới có hiệu lực"}
    for key in ("chief_kv1", "clerk_kv1", "admin_province", "deputy_province", "outsider"):
        with pytest.raises(NotAllowed):
            change_rule(actor=people[key], term="vinh_vien", years=None, **given)
    archivist = people["archivist_province"]
    for term, years, also, field in (
        ("mai_mai", None, {}, "term"),
        ("co_thoi_han", None, {}, "years"),
        ("co_thoi_han", 0, {}, "years"),
        ("vinh_vien", 5, {}, "years"),
        ("vinh_vien", None, {"source": ""}, "source"),
        ("vinh_vien", None, {"reason": "x"}, "reason"),
    ):
        with pytest.raises(BadInput) as refused:
            change_rule(actor=archivist, term=term, years=years, **given | also)
        assert refused.value.field == field
    with pytest.raises(NotFound):
        change_rule(actor=archivist, term="vinh_vien", years=None, **given | {"rule_id": 10**6})
    ended(case, people["prosecutor_kv1"])
    assert standing(case).retention.term == "chua_xac_dinh"
    with written() as found:
        change_rule(actor=archivist, term="co_thoi_han", years=10, **given)
    assert data(found.one) == {
        "rule": "criminal/*/dinh_chi",
        "term_before": "chua_xac_dinh",
        "years_before": None,
        "term": "co_thoi_han",
        "years": 10,
    }
    said = {each.label: each.text for each in in_words([found.one], WHOLE)[0].values}
    assert said["Dòng trong bảng thời hạn"] == "Vụ án hình sự · bất kỳ · Đình chỉ"
    assert (found.one.kind, hidden(found.one)) == (
        "retention_changed",
        {"decision": given["source"], "reason": given["reason"]},
    )
    assert standing(case).retention.ends_on == day("2036-12-31")
    assert "10 năm" in spoken(standing(case).retention.basis)
    with pytest.raises(Conflict):
        change_rule(actor=people["chief_province"], term="co_thoi_han", years=10, **given)


def test_a_hold_is_placed_and_ended_by_leaders_with_reasons(case: CaseFile, people: dict[str, User]) -> None:
    for key, error in (("prosecutor_kv1", NotAllowed), ("clerk_kv1", NotAllowed), ("chief_kv3", NotFound)):
        with pytest.raises(error):
            place_hold(actor=people[key], case=case, ground="khieu_nai", reason=WHY)
    with pytest.raises(BadInput):
        place_hold(actor=people["chief_kv1"], case=case, ground="khieu_nai", reason="x")
    assert not standing(case).held
    with written() as found:
        hold = place_hold(actor=people["chief_kv1"], case=case, ground="khieu_nai", reason=WHY)
    assert (found.one.kind, data(found.one)) == ("hold_placed", {"hold": hold.pk, "ground": "khieu_nai"})
    assert hidden(found.one) == {"reason": WHY}
    with pytest.raises(Conflict):
        place_hold(actor=people["deputy_kv1"], case=case, ground="khieu_nai", reason=WHY)
    assert standing(case).held
    with pytest.raises(NotAllowed):
        end_hold(actor=people["prosecutor_kv1"], case=case, hold_id=hold.pk, reason="Đã giải quyết xong")
    other = register(actor=people["clerk_kv1"], unit=case.unit)
    with pytest.raises(NotFound):
        end_hold(actor=people["chief_kv1"], case=other, hold_id=hold.pk, reason="Đã giải quyết xong")
    with written() as found:
        end_hold(actor=people["chief_province"], case=case, hold_id=hold.pk, reason="Đã giải quyết xong")
    assert (found.one.kind, hidden(found.one)) == ("hold_ended", {"reason": "Đã giải quyết xong"})
    with pytest.raises(Conflict):
        end_hold(actor=people["chief_kv1"], case=case, hold_id=hold.pk, reason="Đã giải quyết xong")
    assert not standing(case).held
    assert RetentionHold.objects.get().end_reason == "Đã giải quyết xong"


def test_a_hold_in_every_state_is_whose_it_is(case: CaseFile, people: dict[str, User]) -> None:
    """No hold, one that stands, one that was ended: placed and ended by leaders of the office or the one above, and else nothing."""
    leaders = {"chief_kv1", "deputy_kv1", "chief_province"}
    others = {"prosecutor_kv1", "clerk_kv1", "scanner_kv1", "archivist_province", "admin_province", "chief_kv3"}
    may = {"none": {"place"}, "held": {"end"}, "ended": {"place"}}

    def everything() -> list[Any]:
        return [list(model.objects.order_by("pk").values()) for model in (RetentionHold, LedgerEntry)]

    for state, allowed in may.items():
        with transaction.atomic():
            pk = 0
            if state != "none":
                pk = place_hold(actor=people["chief_kv1"], case=case, ground="khieu_nai", reason=WHY).pk
            if state == "ended":
                end_hold(actor=people["chief_kv1"], case=case, hold_id=pk, reason=WHY)
            acts: dict[str, Callable[..., Any]] = {
                "place": partial(place_hold, case=case, ground="khieu_nai", reason=WHY),
                "end": partial(end_hold, case=case, hold_id=pk, reason=WHY),
            }
            before = everything()
            for who in sorted(leaders | others):
                for name, act in acts.items():
                    with transaction.atomic():
                        if who in leaders and name in allowed:
                            act(actor=people[who])
                            assert standing(case).held == (name == "place"), (state, name, who)
                            assert len(everything()[1]) == len(before[1]) + 1
                        else:
                            with pytest.raises((Conflict, NotAllowed, NotFound)), transaction.atomic():
                                act(actor=people[who])
                            assert everything() == before, (state, name, who)
                        transaction.set_rollback(True)
            transaction.set_rollback(True)


def test_a_case_is_held_while_one_of_its_kin_goes_on(
    case: CaseFile, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    child = register(actor=people["clerk_kv1"], unit=units["QN-KV1"])
    RelatedCase.objects.create(case=child, relation="tach_tu", other=case)
    ended(case, people["prosecutor_kv1"])
    assert [each.automatic for each in standings([case, child])] == [("vu_tach",), ()]
    ended(child, people["deputy_kv1"])
    assert [each.held for each in standings([case, child])] == [False, False]
    suspended = case.accused.all()[0]
    type(suspended).objects.filter(pk=suspended.pk).update(status="tam_dinh_chi")
    assert standing(case).automatic == ("tam_dinh_chi",)


def test_the_desk_shows_what_is_due_to_who_may_know_of_it(
    case: CaseFile, people: dict[str, User], client: Client, rules: Callable[..., RetentionRule]
) -> None:
    assert list(finished_cases(people["chief_kv1"])) == []
    ended(case, people["prosecutor_kv1"])
    for key, sees in (("chief_kv1", True), ("clerk_kv1", True), ("chief_kv3", False), ("admin_province", False)):
        with time_machine.travel("2028-01-05 09:00 +0700", tick=False):
            client.force_login(people[key])
            page = Page(client.get("/vks/archive/"))
        assert (case.code in page.text) is sees, key
        assert ("31/12/2027" in page.text and "quá hạn" in page.text) is sees
    client.force_login(people["chief_kv1"])
    place = f"/vks/cases/{case.code}/holds/"
    refused = client.post(place, {"ground": "", "reason": WHY})
    assert (refused.status_code, Page(refused).fields["reason"]) == (400, WHY)
    assert client.post(place, {"ground": "khieu_nai", "reason": WHY}).status_code == 302
    section = Page(client.get(f"/vks/cases/{case.code}/record/retention/"))
    assert WHY in section.text
    hold = RetentionHold.objects.get()
    assert client.post(f"{place}{hold.pk}/end/", {"reason": "x"}).status_code == 400
    assert WHY in Page(client.get("/vks/archive/holds/")).text
    client.force_login(people["clerk_kv1"])
    assert WHY not in Page(client.get("/vks/archive/holds/")).text
    row = rules(outcome="dinh_chi")
    client.force_login(people["archivist_province"])
    wrong = client.post(
        f"/vks/archive/rules/{row.pk}/", {"term": "co_thoi_han", "source": "Bảng 1/QĐ", "reason": "Bảng mới"}
    )
    assert (wrong.status_code, Page(wrong).error_at("years")[:8]) == (400, "Hãy nhập")
    given = {"term": "co_thoi_han", "years": "10", "source": "Bảng 1/QĐ", "reason": "Bảng mới"}
    assert client.post(f"/vks/archive/rules/{row.pk}/", given).status_code == 302
    assert "10 năm" in Page(client.get("/vks/archive/rules/")).text


@pytest.mark.parametrize(
    ("behind", "told"),
    [
        (lambda: RetentionHold.objects.all().delete(), "lệnh giữ hồ sơ số .* đã bị xóa hoặc sửa"),
        (lambda: RetentionHold.objects.update(ended_at=timezone.now()), "lệnh giữ hồ sơ số .* đã bị xóa hoặc sửa"),
        (
            lambda: RetentionHold.objects.filter(ended_at__isnull=False).update(ended_at=None),
            r"khác với sổ cái đã ghi \(đã thôi giữ\)",
        ),
        (
            lambda: RetentionHold.objects.create(
                case=CaseFile.objects.get(), ground="khac", placed_by=User.objects.get(username="chief_kv1")
            ),
            "không có trong sổ cái",
        ),
        (lambda: RetentionRule.objects.filter(term="co_thoi_han").update(years=5), "dòng criminal/\\*/\\* khác"),
        (lambda: RetentionRule.objects.filter(kind="").update(term="vinh_vien"), "dòng \\*/\\*/\\* khác"),
        (lambda: RetentionRule.objects.filter(term="co_thoi_han").delete(), "dòng criminal/\\*/\\* .* không còn"),
    ],
)
def test_what_keeps_a_file_from_disposal_is_compared_with_the_ledger(
    case: CaseFile, people: dict[str, User], rules: object, behind: Callable[[], object], told: str
) -> None:
    kept_one_year()
    chief = people["chief_kv1"]
    ended_one = place_hold(actor=chief, case=case, ground="khac", reason="Chờ xử lý đơn khiếu nại")
    end_hold(actor=chief, case=case, hold_id=ended_one.pk, reason="Đã xử lý xong đơn khiếu nại")
    place_hold(actor=chief, case=case, ground="khac", reason="Chờ kết quả giám định lại")
    assert verified() == []
    behind()
    assert re.search(told, " ".join(verified()))


def test_holds_that_cannot_be_compared_are_a_finding_and_stop_nothing(
    case: CaseFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    value = "Nguyễn Văn A"

    def damaged() -> list[str]:
        raise ValueError(value)

    monkeypatch.setattr(recorded, "retention_compared", damaged)
    assert any("có dòng bị hỏng (ValueError)" in each for each in verified())
    assert "holds and periods cannot be compared" in caplog.text
    assert value not in caplog.text
