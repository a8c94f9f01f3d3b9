"""A list is tried and loaded: each row created, updated, left or refused; nothing twice, nothing half, nothing leaked."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.exchange.conftest import Load, outcomes, told
from tests.exchange.files import HEADINGS, ROWS
from tests.people import register
from vks_plugin.access import actions as access
from vks_plugin.cases.models import Assignment, CaseChange, CaseFile, CaseImport, Charge
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import Conflict, NotAllowed, NotFound, TooLarge
from vks_plugin.exchange import actions
from vks_plugin.organization.models import Department

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

    from tests.api.conftest import Snapshot
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

KEY = ("Số quyết định khởi tố", "Ngày quyết định khởi tố", "Cơ quan ra quyết định khởi tố")
ONE = ("169", "28/09/2021", "CSĐT Công an tỉnh")
TWO = ("170", "29/09/2021", "CSĐT Công an tỉnh")


def but_imports(rows: Snapshot) -> Snapshot:
    """Return everything but what is kept of the loading itself; of the ledger, what is kept of cases."""
    kept = {name: found for name, found in rows.items() if not name.startswith(("CaseImport", "Ledger"))}
    kept["LedgerEntry"] = list(LedgerEntry.objects.exclude(kind="list_imported").order_by("pk").values_list())
    return kept


def test_a_list_makes_its_cases(load: Load) -> None:
    made = load(HEADINGS, *ROWS)
    assert outcomes(made) == ["created", "created"]
    assert (made.status, made.total, made.done) == ("done", 2, 2)
    first, second = CaseFile.objects.order_by("pk")
    assert (first.name, first.init_decision_no, first.init_decision_date) == (ROWS[0][0], "169", dt.date(2021, 9, 28))
    assert first.unit.code == "QN-KV1"
    assert [row.code for row in made.rows.all()] == [first.code, second.code]
    [person] = first.accused.all()
    assert (person.full_name, person.birth_year, person.sex) == ("Nguyễn Văn Ánh", 1990, "nam")
    [charge] = person.charges.all()
    assert (charge.article, charge.clause, charge.crime_class) == ("173", 2, "B")
    assert first.crime_class == "B"
    assert [each.full_name for each in second.accused.all()] == ["Đỗ Thị Ước", "Lê Văn “Tý”"]
    assert second.accused.all()[0].birth_date == dt.date(1991, 5, 12)
    # what was loaded is not kept on the server a second time
    assert not list(actions.folder().iterdir())


def test_a_trial_tells_the_same_and_writes_nothing(
    load: Load, snapshot: Callable[[], Snapshot], units: dict[str, ProcuracyUnit]
) -> None:
    before = snapshot()
    tried = load(HEADINGS, *ROWS, ("", "171", "31/02/2022", "CSĐT", ""), trial=True)
    after = snapshot()
    assert outcomes(tried) == ["created", "created", "refused"]
    assert tried.status == "checked"
    assert list(actions.folder().iterdir()) == [actions.path_of(tried)]
    assert but_imports(after) == but_imports(before)
    # no code is promised that the next one might get
    assert {row.code for row in tried.rows.all()} == {""}


def test_a_list_that_was_tried_is_loaded(load: Load, people: dict[str, User]) -> None:
    tried = load(HEADINGS, *ROWS, trial=True)
    actions.load(actor=people["chief_kv1"], pk=tried.pk)
    actions.run(tried.pk)
    tried.refresh_from_db()
    assert (tried.status, outcomes(tried), CaseFile.objects.count()) == ("done", ["created", "created"], 2)
    with pytest.raises(Conflict):
        actions.load(actor=people["chief_kv1"], pk=tried.pk)


def test_loading_again_changes_nothing(load: Load, snapshot: Callable[[], Snapshot]) -> None:
    load(HEADINGS, *ROWS)
    before = snapshot()
    for updates in (False, True):
        again = load(HEADINGS, *ROWS, updates=updates)
        assert told(again) == [(2, "unchanged", ""), (3, "unchanged", "")]
    assert but_imports(snapshot()) == but_imports(before)


def test_a_retyped_decision_is_the_same_case(load: Load) -> None:
    load(("Tên vụ án", *KEY), ("Vụ A", *ONE))
    again = load(("Tên vụ án", *KEY), ("Vụ A", " 169", "2021-09-28", "CSDT  CÔNG AN TỈNH"))
    assert outcomes(again) == ["unchanged"]
    assert CaseFile.objects.count() == 1


def test_one_row_an_accused_is_one_case(load: Load) -> None:
    made = load(
        ("Tên vụ án", *KEY, "Họ và tên bị can", "Năm sinh", "Giới tính", "Điều, khoản (bị can)", "Nơi cư trú"),
        ("Vụ A", *ONE, "Nguyễn Văn A", "1990", "Nam", "173.2", "Phường Hồng Gai"),
        ("Vụ B", *TWO, "Lê Văn B", "05/1991", "nam", "134.1", ""),
        ("", *ONE, "Trần Thị C", "quý 2/1992", "nữ", "173.1, 174.1", ""),
        # the same person once more, with another charge
        ("Vụ A", *ONE, "Nguyễn Văn A", "1990", "", "174.4", ""),
    )
    assert outcomes(made) == ["created"] * 4
    assert CaseFile.objects.count() == 2
    case = CaseFile.objects.get(init_decision_no="169")
    people = list(case.accused.all())
    assert [(each.full_name, each.sex, each.residence) for each in people] == [
        ("Nguyễn Văn A", "nam", "Phường Hồng Gai"),
        ("Trần Thị C", "nu", ""),
    ]
    assert [each.reference for each in people[0].charges.all()] == ["khoản 2 Điều 173", "khoản 4 Điều 174"]
    assert str(people[1].birth_precision) == "quy"
    assert actions.summary_of(made)["created"] == {"rows": 4, "cases": 2}


def test_rows_of_one_case_that_contradict_each_other_are_refused_together(load: Load) -> None:
    made = load(
        ("Tên vụ án", *KEY, "Tòa án"), ("Vụ A", *ONE, "TAND tỉnh"), ("Vụ A", *ONE, "TAND khu vực 1"), ("Vụ B", *TWO, "")
    )
    assert told(made) == [
        (2, "refused", "Cùng vụ án với dòng 3 bị từ chối."),
        (3, "refused", "Ô E3 “Tòa án”: khác với dòng 2 của cùng vụ án."),
        (4, "created", ""),
    ]


REFUSED = {
    "day": ({"Ngày thụ lý": "32/01/2022"}, "Ô E2 “Ngày thụ lý”: không có ngày “32/01/2022”"),
    "future": ({"Ngày thụ lý": "01/01/2199"}, "Ô E2 “Ngày thụ lý”: Ngày thụ lý 01/01/2199 nằm trong tương lai"),
    "mark": ({"Án điểm": "có lẽ"}, "Ô E2 “Án điểm”: “có lẽ”: hãy ghi “x”"),
    "stage": ({"Giai đoạn": "đang xử"}, "Ô E2 “Giai đoạn”: “đang xử” không có trong danh mục"),
    "office": ({"Đơn vị thụ lý": "VKSND khu vực 9"}, "Ô E2 “Đơn vị thụ lý”: không có đơn vị “VKSND khu vực 9”."),
    "another office": ({"Đơn vị thụ lý": "QN-KV3"}, "Ô E2 “Đơn vị thụ lý”: Bạn không đăng ký được vụ án cho"),
    "department": ({"Phòng": "P9"}, "Ô E2 “Phòng”: đơn vị không có phòng “P9”."),
    "leader": ({"Lãnh đạo phụ trách": "Không Có Ai"}, "Ô E2 “Lãnh đạo phụ trách”: không có ai tên “Không Có Ai”"),
    "lead": ({"KSV thụ lý": "Dương Văn Trưởng"}, "Ô E2 “KSV thụ lý”: không có ai tên “Dương Văn Trưởng”"),
    "code": ({"Mã vụ án": "vụ 1"}, "Ô E2 “Mã vụ án”: Mã vụ án chỉ gồm chữ in hoa"),
    "secret": ({"Độ nhạy cảm": "Mật"}, "Ô E2 “Độ nhạy cảm”: “Mật” không có trong danh mục"),
    "no such clause": ({"Bị can": "A: 173.9"}, "Ô E2 “Bị can”: Điều 173 không có khoản 9"),
    "no such article": ({"Bị can": "A: 999.1"}, "Ô E2 “Bị can”: "),
    "who": ({"Bị can": "Nguyễn Văn A, Trần B"}, "Ô E2 “Bị can”: “Nguyễn Văn A, Trần B”: ngăn cách"),
    "nobody": ({"Nơi cư trú": "Hạ Long"}, "Ô E2 “Nơi cư trú”: có thông tin bị can nhưng thiếu họ và tên."),
    "field of another kind": (
        {"Quan hệ pháp luật": "Vay tài sản"},
        "Ô E2 “Quan hệ pháp luật”: Loại vụ án này không có",
    ),
    "too long": ({"Tòa án": "x" * 201}, "Ô E2 “Tòa án”: "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_names_the_cell_and_stops_no_other_row(case: str, load: Load) -> None:
    cells, sentence = REFUSED[case]
    [(heading, value)] = cells.items()
    made = load(("Tên vụ án", *KEY, heading), ("Vụ A", *ONE, value), ("Vụ B", *TWO, ""))
    [(row, outcome, words), good] = told(made)
    assert (row, outcome, good) == (2, "refused", (3, "created", ""))
    assert words.startswith(sentence)
    assert [each.name for each in CaseFile.objects.all()] == ["Vụ B"]
    assert made.status == "done"


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (("", "28/09/2021", "CSĐT"), "Thiếu “Số quyết định khởi tố”."),
        (("169", "", "CSĐT"), "Thiếu “Ngày quyết định khởi tố”."),
        (("169", "28/09/2021", ""), "Thiếu “Cơ quan ra quyết định khởi tố”."),
    ],
)
def test_a_row_without_its_decision_is_refused(key: tuple[str, ...], sentence: str, load: Load) -> None:
    assert told(load(("Tên vụ án", *KEY), ("Vụ A", *key))) == [(2, "refused", sentence)]


def test_a_case_of_another_office_is_told_by_the_office_alone(
    load: Load, people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None
) -> None:
    register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        name="Vụ kín của khu vực 3",
        init_decision_no="169",
        init_decision_date=dt.date(2021, 9, 28),
        init_decision_agency="CSĐT Công an tỉnh",
        charge_summary="Hiếp dâm",
    )
    for updates in (False, True):
        for name in ("Vụ kín của khu vực 3", "Vụ khác", ""):
            [(_row, outcome, words)] = told(load(("Tên vụ án", *KEY), (name, *ONE), updates=updates))
            assert outcome == "refused"
            if name:
                assert units["QN-KV3"].name in words
            assert "kín" not in words
            assert "Hiếp dâm" not in words


def test_update_changes_what_the_list_says_and_nothing_else(load: Load, units: dict[str, ProcuracyUnit]) -> None:
    Department.objects.create(unit=units["QN-KV1"], code="T1", name="Tổ 1")
    load(
        ("Tên vụ án", *KEY, "Tòa án", "Án điểm", "Ghi chú", "Bị can", "Bị hại"),
        ("Vụ A", *ONE, "TAND tỉnh", "x", "dòng 1", "Nguyễn Văn A (1990): 173.1", "Lò Thị B"),
    )
    rows = (
        ("Tên vụ án", *KEY, "Tòa án", "Án điểm", "Ghi chú", "Phòng", "Bị can", "Bị hại"),
        (
            "Vụ A",
            *ONE,
            "TAND khu vực 1",
            "",
            "",
            "T1",
            "Nguyễn Văn A (1991, nam): 173.2; Lê C: 134.1",
            "Lò Thị B; Lò D",
        ),
    )
    kept = load(*rows)
    [(_row, outcome, words)] = told(kept)
    assert outcome == "unchanged"
    assert "khác ở: Phòng, Tòa án, Bị hại, Nguyễn Văn A, Tội danh, Bị can" in words
    assert CaseFile.objects.get().court == "TAND tỉnh"
    assert outcomes(load(*rows, updates=True)) == ["updated"]
    case = CaseFile.objects.get()
    assert (case.court, case.is_key_case, case.note) == ("TAND khu vực 1", True, "dòng 1")
    assert case.department is not None
    assert case.department.code == "T1"
    first, second = case.accused.all()
    assert (first.full_name, first.birth_year, first.sex) == ("Nguyễn Văn A", 1991, "nam")
    assert [(each.reference, each.ended_on is None) for each in first.charges.order_by("pk")] == [
        ("khoản 1 Điều 173", False),
        ("khoản 2 Điều 173", True),
    ]
    assert second.full_name == "Lê C"
    assert sorted(case.people.values_list("full_name", flat=True)) == ["Lò D", "Lò Thị B"]
    assert outcomes(load(*rows, updates=True)) == ["unchanged"]
    assert CaseChange.objects.filter(case=case, act="changed", subject="case").count() == 1


def test_a_case_the_archive_has_is_left_as_it_is_by_a_list(load: Load) -> None:
    headings = ("Tên vụ án", *KEY, "Tòa án")
    load(headings, ("Vụ A", *ONE, "TAND tỉnh"), ("Vụ B", *TWO, "TAND tỉnh"))
    archived = CaseFile.objects.filter(init_decision_no="169")
    archived.update(archived_at=timezone.now())
    before = (archived.values().get(), CaseChange.objects.count())
    for trial in (True, False):
        again = load(headings, ("Vụ A", *ONE, "TAND khu vực 1"), ("Vụ B", *TWO, "TAND tỉnh"), updates=True, trial=trial)
        assert outcomes(again) == ["refused", "unchanged"]
        assert "đã nộp lưu: không thêm, không sửa" in told(again)[0][2]
    assert (archived.values().get(), CaseChange.objects.count()) == before
    assert outcomes(load(headings, ("Vụ A", *ONE, "TAND tỉnh"), updates=True)) == ["unchanged"]


def test_less_is_no_contradiction(load: Load) -> None:
    load((*HEADINGS, "Nơi phạm tội"), (*ROWS[0], "Hạ Long"))
    less = load(HEADINGS, (*ROWS[0][:4], "Nguyễn Văn Ánh: 173"), updates=True)
    assert told(less) == [(2, "unchanged", "")]
    nobody = load(HEADINGS, (*ROWS[0][:4], ""), updates=True)
    assert told(nobody) == [(2, "unchanged", "")]
    assert Charge.objects.get().clause == 2


def test_what_follows_from_events_is_not_changed_by_a_list(load: Load, units: dict[str, ProcuracyUnit]) -> None:
    load(("Tên vụ án", *KEY, "Giai đoạn"), ("Vụ A", *ONE, "G2"))
    assert CaseFile.objects.get().stage == "truy_to"
    again = load(("Tên vụ án", *KEY, "Giai đoạn", "Mã vụ án"), ("Vụ A", *ONE, "Điều tra", "HS-X-1"), updates=True)
    [(_row, outcome, words)] = told(again)
    assert outcome == "unchanged"
    assert "“Giai đoạn”: theo quyết định, sự kiện tố tụng" in words
    assert "“Mã vụ án”: mã vụ án là HS-QN-KV1-" in words
    assert CaseFile.objects.get().stage == "truy_to"


def test_officers_are_found_by_account_or_name(load: Load, people: dict[str, User]) -> None:
    headings = ("Tên vụ án", *KEY, "KSV thụ lý chính", "Kiểm tra viên", "Lãnh đạo phụ trách")
    name = f"{people['inspector_kv1'].last_name} {people['inspector_kv1'].first_name}"
    made = load(headings, ("Vụ A", *ONE, "prosecutor_kv1", name.upper(), "Bùi Văn Đạt (chief_kv1)"))
    assert told(made) == [(2, "created", "")]
    case = CaseFile.objects.get()
    assert set(case.assignments.values_list("role", "user__username")) == {
        ("prosecutor_lead", "prosecutor_kv1"),
        ("inspector", "inspector_kv1"),
    }
    assert case.leader_in_charge == people["chief_kv1"]
    people["other_prosecutor_kv1"].last_name = people["prosecutor_kv1"].last_name
    people["other_prosecutor_kv1"].first_name = people["prosecutor_kv1"].first_name
    people["other_prosecutor_kv1"].save()
    twins = load(headings, ("Vụ B", *TWO, "Đỗ Hữu Ước", "", ""))
    assert "có 2 người tên “Đỗ Hữu Ước”: hãy ghi tên đăng nhập." in told(twins)[0][2]
    assert CaseFile.objects.count() == 1


def test_who_may_not_assign_learns_of_no_account(load: Load, people: dict[str, User]) -> None:
    headings = ("Tên vụ án", *KEY, "KSV thụ lý chính")
    sentences = set()
    for number, words in enumerate(("prosecutor_kv1", "không có ai", "chief_kv3")):
        made = load(headings, (f"Vụ {number}", f"{number}", *ONE[1:], words), actor="clerk_kv1")
        assert outcomes(made) == ["created"]
        sentences.add(told(made)[0][2])
    assert sentences == {"Ô E2 “KSV thụ lý chính”: chưa phân công: chỉ lãnh đạo đơn vị được phân công."}
    assert not Assignment.objects.exists()


def test_loading_opens_no_case_to_the_one_who_loads(load: Load, people: dict[str, User]) -> None:
    from vks_plugin.access.policy import Level
    from vks_plugin.access.queries import case_decision

    load(HEADINGS, *ROWS, actor="clerk_kv1")
    for case in CaseFile.objects.all():
        assert case_decision(people["clerk_kv1"], case).level == Level.METADATA


def test_who_only_knows_of_a_case_learns_nothing_by_trying(load: Load, people: dict[str, User]) -> None:
    load((*HEADINGS, "Nơi phạm tội", "Án điểm"), (*ROWS[0], "Hạ Long", "x"))
    said = set()
    for place, mark, who in (("Hạ Long", "x", ROWS[0][4]), ("Cẩm Phả", "không", "Nguyễn Văn Ánh (1977): 134.1")):
        for updates in (False, True):
            made = load(
                (*HEADINGS, "Nơi phạm tội", "Án điểm"),
                (*ROWS[0][:4], who, place, mark),
                actor="clerk_kv1",
                updates=updates,
            )
            said.add(tuple(told(made)))
    assert said == {((2, "unchanged", ""),)}
    # a name that everybody who knows the case sees is another matter
    other = load(HEADINGS, ("Tên khác", *ROWS[0][1:]), actor="clerk_kv1", updates=True)
    assert "không có quyền sửa hồ sơ" in told(other)[0][2]
    assert CaseFile.objects.get().name == ROWS[0][0]


def test_who_registers_nothing_loads_nothing(
    load: Load, people: dict[str, User], units: dict[str, ProcuracyUnit]
) -> None:
    for actor in ("statistics_province", "outsider", "locked", "admin_province"):
        with pytest.raises(NotAllowed):
            load(HEADINGS, *ROWS, actor=actor)
    with pytest.raises(NotAllowed):
        load(HEADINGS, *ROWS, actor="clerk_kv3")
    assert not CaseImport.objects.exists()


def test_a_post_that_ended_meanwhile_loads_nothing(load: Load, people: dict[str, User]) -> None:
    tried = load(HEADINGS, *ROWS, actor="clerk_kv1", trial=True)
    post = people["clerk_kv1"].vks_appointments.get()
    access.end_appointment(actor=people["chief_kv1"], appointment=post)
    actions.load(actor=people["clerk_kv1"], pk=tried.pk)
    actions.run(tried.pk)
    assert outcomes(tried) == ["refused", "refused"]
    assert not CaseFile.objects.exists()


class Killed(BaseException):
    """What a worker that is ended sees."""


def test_a_run_that_is_cut_off_goes_on_where_it_was(
    load: Load, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"Vụ {number}", f"{number}/QĐ", *ONE[1:]) for number in range(6)]
    tried = load(("Tên vụ án", *KEY), *rows, trial=True)
    actions.load(actor=people["chief_kv1"], pk=tried.pk)
    from vks_plugin.exchange import loading

    real = loading.Loader.load
    calls = []

    def dies(self: Any, given: Any) -> Any:
        calls.append(given)
        if len(calls) == 4:
            raise Killed
        return real(self, given)

    with monkeypatch.context() as patch:
        patch.setattr(loading.Loader, "load", dies)
        with pytest.raises(Killed):
            actions.run(tried.pk)
    tried.refresh_from_db()
    assert (tried.status, tried.done, tried.total, CaseFile.objects.count()) == ("running", 3, 6, 3)
    # somebody else cannot take it up while its worker may still be at it
    with pytest.raises(Conflict):
        actions.load(actor=people["chief_kv1"], pk=tried.pk)
    actions.run(tried.pk)
    tried.refresh_from_db()
    assert (tried.status, outcomes(tried), CaseFile.objects.count()) == ("done", ["created"] * 6, 6)


def test_a_lost_run_is_taken_up_again(load: Load, people: dict[str, User]) -> None:
    from django.utils import timezone

    tried = load(HEADINGS, *ROWS, trial=True)
    CaseImport.objects.filter(pk=tried.pk).update(
        status="checking", done=1, touched_at=timezone.now() - actions.LOST_AFTER * 2
    )
    tried.rows.filter(row=3).delete()
    assert actions.resume_lost() == 1
    tried.refresh_from_db()
    assert (tried.status, outcomes(tried)) == ("checked", ["created", "created"])


def test_two_workers_do_not_load_twice(load: Load, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"Vụ {number}", f"{number}/QĐ", *ONE[1:]) for number in range(4)]
    tried = load(("Tên vụ án", *KEY), *rows, trial=True)
    actions.load(actor=people["chief_kv1"], pk=tried.pk)
    real = time.monotonic
    asked: list[None] = []

    def another_starts() -> float:
        # asked once at the start and then before each case
        asked.append(None)
        if len(asked) == 3:
            assert actions.run(tried.pk) is False
        return real()

    monkeypatch.setattr(time, "monotonic", another_starts)
    # it finds the rows it was to do next done, and leaves
    assert actions.run(tried.pk) is False
    tried.refresh_from_db()
    assert (tried.status, tried.done) == ("done", 4)
    assert (CaseFile.objects.count(), outcomes(tried)) == (4, ["created"] * 4)


def test_a_list_belongs_to_who_handed_it_in(load: Load, people: dict[str, User]) -> None:
    tried = load(HEADINGS, *ROWS, trial=True)
    for stranger in ("clerk_kv1", "deputy_kv1", "chief_province"):
        for act in (actions.load, actions.discard):
            with pytest.raises(NotFound):
                act(actor=people[stranger], pk=tried.pk)
    assert list(actions.imports_of(people["deputy_kv1"])) == []
    gone = actions.discard(actor=people["chief_kv1"], pk=tried.pk)
    assert gone.status == "discarded"


def test_limits_are_those_of_the_settings(load: Load, settings: Any) -> None:
    settings.VKS_MAX_IMPORT_ROWS = 1
    made = load(HEADINGS, *ROWS)
    assert (made.status, made.error) == ("failed", "Tệp ds.csv có quá 1 dòng: hãy chia thành nhiều tệp.")
    settings.VKS_MAX_IMPORT_BYTES = 100
    with pytest.raises(TooLarge):
        load(HEADINGS, *ROWS)
    assert not CaseFile.objects.exists()
    assert not list(actions.folder().iterdir())


def test_other_kinds_are_loaded_with_their_own_columns(load: Load) -> None:
    made = load(
        (
            "Loại vụ án",
            "Tên vụ án",
            "Số thụ lý của Tòa án",
            "Ngày thụ lý của Tòa án",
            "Tòa án thụ lý",
            "Quan hệ pháp luật",
            "Nguyên đơn",
            "Bị đơn",
        ),
        (
            "Vụ án dân sự",
            "A kiện B",
            "12/2026/TLST-DS",
            "05/01/2026",
            "TAND khu vực 1",
            "Vay tài sản",
            "Trần A (1970, nữ)",
            "Lê B",
        ),
        ("dan su", "C kiện D", "13/2026/TLST-DS", "05/01/2026", "TAND khu vực 1", "", "", ""),
    )
    [(_r, first, _s), (_r2, second, words)] = told(made)
    assert (first, second) == ("created", "refused")
    case = CaseFile.objects.get()
    assert (case.kind, case.details["legal_relation"]) == ("civil", "Vay tài sản")
    assert set(case.people.values_list("role", "full_name")) == {("plaintiff", "Trần A"), ("defendant", "Lê B")}
    assert "dan su" in words
