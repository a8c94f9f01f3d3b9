"""The database itself was tampered with: what is handed out all the same, and what an outsider finds in it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from tests.custody.conftest import Export
from vks_plugin import append_only
from vks_plugin.access.models import AccessEntry
from vks_plugin.custody import actions, heads, into_log, keys, verify_ledger
from vks_plugin.custody.actions import as_it_stands
from vks_plugin.custody.chain import written_at
from vks_plugin.custody.checkpoint import SigningKey, checkpoint_text, sign_note
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerHidden, LedgerLeaf
from vks_plugin.custody.verify_ledger import Tree, canonical, leaf_hash
from vks_plugin.errors import Conflict

if TYPE_CHECKING:
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db


class World(NamedTuple):
    """A log with two signed heads and an entry behind them; the database protects nothing any more."""

    case: CaseFile
    first: LedgerCheckpoint
    second: LedgerCheckpoint

    def places(self, *, before: int | None = None) -> list[int]:
        """Return where the entries of the case stand that a head has signed."""
        rows = LedgerLeaf.objects.filter(entry__case=self.case, index__lt=before or self.second.size)
        return list(rows.order_by("index").values_list("index", flat=True))


@pytest.fixture
def world(log: list[LedgerEntry], case: CaseFile) -> World:
    """Return an honest log of which somebody has just become the owner."""

    def signed(number: int) -> LedgerCheckpoint:
        actions.append(case=case, actor=None, kind="note", data={"number": number}, hidden=[("text", "Lời khai")])
        made = actions.make_checkpoint()
        actions.remember_heads()
        return made

    first, second = signed(6), signed(7)
    actions.append(case=case, actor=None, kind="note", data={"number": 8})
    into_log.settle(connection)
    # PostgreSQL alters no table that waits for a check
    connection.check_constraints()
    append_only.unprotect(connection)
    with connection.cursor() as cursor:
        for statement in into_log.dropping(connection.vendor):
            cursor.execute(statement)
    return World(case, first, second)


def _sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0, statement


def _at(place: int) -> LedgerEntry:
    return LedgerEntry.objects.get(leaf__index=place)


def _put(entry: LedgerEntry, said: dict[str, Any], *, hash_too: bool = True) -> None:
    line = canonical(said)
    assert line != bytes(entry.line)
    _sql("UPDATE vks_ledger_entry SET line = %s WHERE id = %s", line, entry.pk)
    if hash_too:
        _sql("UPDATE vks_ledger_entry SET hash = %s WHERE id = %s", leaf_hash(line), entry.pk)
        _sql("UPDATE vks_ledger_leaf SET hash = %s WHERE entry_id = %s", leaf_hash(line), entry.pk)


def _remove(place: int, *, leaf: bool = True) -> None:
    entry = _at(place)
    LedgerHidden.objects.filter(entry=entry).delete()
    if leaf:
        _sql('DELETE FROM vks_ledger_leaf WHERE "index" = %s', place)
    _sql("DELETE FROM vks_ledger_entry WHERE id = %s", entry.pk)


def _remove_from(size: int) -> None:
    for place in range(LedgerLeaf.objects.latest("index").index, size - 1, -1):
        _remove(place)


def _insert(said: dict[str, Any], case: CaseFile | None, place: int | None) -> None:
    line = canonical(said)
    _sql(
        "INSERT INTO vks_ledger_entry (ledger, case_id, seq, kind, at, line, hash) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        said["ledger"] if connection.vendor == "postgresql" else uuid.UUID(said["ledger"]).hex,
        case.pk if case is not None else None,
        said["seq"],
        said["kind"],
        dt.datetime.fromisoformat(said["at"])
        if connection.vendor == "postgresql"
        else said["at"].replace("T", " ").replace("Z", ""),
        line,
        leaf_hash(line),
    )
    if place is not None:
        made = LedgerEntry.objects.latest("pk")
        _sql(
            'INSERT INTO vks_ledger_leaf ("index", entry_id, hash) VALUES (%s, %s, %s)', place, made.pk, leaf_hash(line)
        )


def _swap(one: int, other: int) -> None:
    for source, target in ((one, -1), (other, one), (-1, other)):
        _sql('UPDATE vks_ledger_leaf SET "index" = %s WHERE "index" = %s', target, source)


def _sign(key: SigningKey) -> str:
    tree = Tree()
    for leaf in LedgerLeaf.objects.order_by("index"):
        tree.add(0, bytes(leaf.hash))
    return sign_note(checkpoint_text(key.name, tree.size, tree.root(), at="2026-01-01T00:00:00.000000Z"), key)


def _edit(world: World) -> None:
    entry = _at(world.places()[1])
    _put(entry, entry.said | {"kind": "other"}, hash_too=False)


def _edit_and_hash(world: World) -> None:
    entry = _at(world.places()[1])
    _put(entry, entry.said | {"data": {"number": 99}})


def _rewrite_the_case(world: World) -> None:
    """Change an entry and link and hash every one behind it anew, so that no chain is broken."""
    previous = ""
    for place in [*world.places()[1:], LedgerLeaf.objects.latest("index").index]:
        entry = _at(place)
        _put(entry, entry.said | ({"prev": previous} if previous else {"data": {"number": 99}}))
        previous = bytes(_at(place).hash).hex()


def _delete_one(world: World) -> None:
    _remove(world.places()[1])


def _delete_one_and_close_the_gap(world: World) -> None:
    gap = world.places()[1]
    _remove(gap)
    for place in LedgerLeaf.objects.filter(index__gt=gap).order_by("index").values_list("index", flat=True):
        _sql('UPDATE vks_ledger_leaf SET "index" = %s WHERE "index" = %s', place - 1, place)


def _delete_one_but_its_place(world: World) -> None:
    _remove(world.places()[1], leaf=False)


def _delete_the_tail(world: World) -> None:
    _remove_from(world.second.size - 1)


def _swap_two(world: World) -> None:
    _swap(*world.places()[1:3])


def _swap_two_cases(world: World) -> None:
    own = world.places()
    one = next(place for place in own if place > own[0] and place + 1 not in own and place + 1 < world.second.size)
    _swap(one, one + 1)


def _insert_one(world: World) -> None:
    """Put an entry with a chain of its own in the middle, which breaks no chain."""
    middle = world.places()[1]
    for place in LedgerLeaf.objects.filter(index__gte=middle).order_by("-index").values_list("index", flat=True):
        _sql('UPDATE vks_ledger_leaf SET "index" = %s WHERE "index" = %s', place + 1, place)
    said = _at(middle + 1).said | {"ledger": str(uuid.uuid4()), "seq": 0, "prev": "0" * 64}
    _insert(said, None, middle)


def _insert_one_without_a_place(world: World) -> None:
    said = _at(world.places()[1]).said | {"ledger": str(uuid.uuid4()), "seq": 0, "prev": "0" * 64}
    _insert(said, None, None)


def _restore_an_old_copy(world: World) -> None:
    _remove_from(world.first.size)
    _sql("DELETE FROM vks_ledger_checkpoint WHERE size > %s", world.first.size)


def _answer_for_the_old_copy(world: World, *, by_name: bool) -> None:
    """Put an old copy back and the entry behind it by which a leader answers for it, with all that the lost heads say."""
    told = verify_ledger.parse_checkpoint(verify_ledger.parse_note(world.second.note.encode()).text)
    _restore_an_old_copy(world)
    last = LedgerEntry.objects.filter(case=None).latest("seq")
    data = {
        "log_entries": world.first.size,
        "agreed_entries": world.first.size,
        "head_entries": 1 if by_name else told.size,
        "head_root": "0" * 64 if by_name else told.root.hex(),
        "head_at": told.at,
        "given_up": [told.root.hex()] if by_name else [],
    }
    actor = {"id": 1, "name": "Viện trưởng", "unit": "QN", "role": "chief_procurator"}
    said = last.said | {"seq": last.seq + 1, "prev": bytes(last.hash).hex(), "actor": actor, "data": data}
    _insert(said | {"kind": "ledger_restored", "at": written_at(timezone.now())}, None, world.first.size)


def _answer_in_the_name_of_a_leader(world: World) -> None:
    _answer_for_the_old_copy(world, by_name=False)


def _answer_for_heads_by_name(world: World) -> None:
    _answer_for_the_old_copy(world, by_name=True)


def _fork(world: World) -> None:
    """Go on from an old copy in another way, and sign that with the server's key: as long as the other branch."""
    _restore_an_old_copy(world)
    while (size := LedgerLeaf.objects.count()) < world.second.size:
        last = LedgerEntry.objects.filter(case=world.case).latest("seq")
        said = last.said | {"seq": last.seq + 1, "prev": bytes(last.hash).hex(), "data": {"number": 70}}
        _insert(said, world.case, size)
    note = _sign(keys.read_key(keys.key_path()))
    root = verify_ledger.parse_checkpoint(verify_ledger.parse_note(note.encode()).text).root
    LedgerCheckpoint.objects.create(size=world.second.size, root=root, note=note)


def _replace_the_key(world: World) -> None:
    key = SigningKey.generate(verify_ledger.parse_key(str(keys.read_key(keys.key_path()).public)).name)
    _sql("UPDATE vks_ledger_key SET text = %s", str(key.public))


def _replace_the_key_and_sign(world: World) -> None:
    """Rewrite a case and sign all of it with a key of one's own, which takes the place of the other."""
    _rewrite_the_case(world)
    key = SigningKey.generate(verify_ledger.parse_key(str(keys.read_key(keys.key_path()).public)).name)
    _sql("UPDATE vks_ledger_key SET text = %s", str(key.public))
    note = _sign(key)
    head = verify_ledger.parse_checkpoint(verify_ledger.parse_note(note.encode()).text)
    _sql("DELETE FROM vks_ledger_checkpoint")
    LedgerCheckpoint.objects.create(size=head.size, root=head.root, note=note)


def _date_back(world: World) -> None:
    entry = _at(world.places()[-1])
    _put(entry, entry.said | {"at": "2020-01-01T00:00:00.000000Z"})


def _date_back_beside(world: World) -> None:
    place = world.places()[1]
    moment = _at(place).at - dt.timedelta(days=9)
    _sql(
        'UPDATE vks_ledger_entry SET at = %s WHERE id = (SELECT entry_id FROM vks_ledger_leaf WHERE "index" = %s)',
        moment if connection.vendor == "postgresql" else moment.replace(tzinfo=None).isoformat(" "),
        place,
    )


def _set_a_case_aside(world: World) -> None:
    _sql("UPDATE vks_ledger_entry SET case_id = NULL WHERE case_id = %s", world.case.pk)


def _swap_two_ledgers(_world: World) -> None:
    _sql(
        "UPDATE vks_ledger_entry SET case_id = (SELECT MIN(case_id) + MAX(case_id) FROM vks_ledger_entry) - case_id "
        "WHERE case_id IS NOT NULL"
    )


def _change_a_hidden_value(world: World) -> None:
    LedgerHidden.objects.filter(entry=_at(world.places()[-1])).update(values=[["text", "Lời khai khác"]])


def _change_a_head(world: World) -> None:
    _sql("UPDATE vks_ledger_checkpoint SET root = %s WHERE size = %s", b"x" * 32, world.second.size)


def _forge_a_head(world: World) -> None:
    _sql("UPDATE vks_ledger_checkpoint SET note = 'x' WHERE size = %s", world.second.size)


ATTACKS: list[tuple[Callable[[World], None], tuple[str, ...]]] = [
    (_edit, ("đã bị sửa: nội dung không khớp mã băm lưu bên cạnh", "sổ đã bị viết lại")),
    (_edit_and_hash, ("đã bị sửa: mục sau nối với mã băm khác", "sổ đã bị viết lại")),
    (_rewrite_the_case, ("các mục không còn là những mục đã ký: có mục bị sửa", "sổ đã bị viết lại")),
    (_delete_one, ("Thiếu mục ở vị trí", "trước đó, đã bị xóa")),
    (_delete_one_and_close_the_gap, ("trước đó, đã bị xóa", "sổ đã bị viết lại")),
    (_delete_one_but_its_place, ("đã bị xóa khỏi cơ sở dữ liệu: chỉ còn mã băm",)),
    (_delete_the_tail, ("Sổ bị cắt bớt", "các mục sau đã bị bỏ")),
    (_swap_two, ("đã bị đổi chỗ cho nhau, thứ tự đã bị đảo",)),
    (_swap_two_cases, ("đã bị đổi chỗ cho nhau: đổi lại thì", "sổ đã bị viết lại")),
    (_insert_one, ("số thứ tự 0) bị chèn vào: bỏ ra thì", "sổ đã bị viết lại")),
    (_insert_one_without_a_place, ("không có vị trí trong sổ chung: bị chèn thẳng vào cơ sở dữ liệu",)),
    (_restore_an_old_copy, ("cơ sở dữ liệu đã được phục hồi từ bản sao lưu cũ",)),
    (_answer_in_the_name_of_a_leader, ("không có xác nhận do khóa của sổ ký", "phục hồi từ bản sao lưu cũ")),
    (_answer_for_heads_by_name, ("không có xác nhận do khóa của sổ ký", "phục hồi từ bản sao lưu cũ")),
    (_fork, ("có hai sổ cùng được ký, sổ đã rẽ nhánh",)),
    (_replace_the_key, ("bảng khóa đã bị sửa", "không do khóa nào đã biết ký: khóa đã bị thay")),
    (_replace_the_key_and_sign, ("bảng khóa đã bị sửa", "không do khóa nào đã biết ký: khóa đã bị thay")),
    (_date_back, ("ngày giờ đã bị ghi lùi",)),
    (_date_back_beside, ("cột ngày giờ lưu bên cạnh khác nội dung mục",)),
    (_set_a_case_aside, ("gắn nhiều sổ cái với không vụ án nào", "bị gắn với không vụ án nào")),
    (_swap_two_ledgers, ("như mục đăng ký ghi, nhưng trong cơ sở dữ liệu bị gắn với",)),
    (_change_a_hidden_value, ("không phải là giá trị sổ cái đã ghi",)),
    (_change_a_head, ("bản ký và bản lưu khác nhau",)),
    (_forge_a_head, ("checkpoint không đúng định dạng",)),
]


def _handed_out(folder: Path) -> Export:
    call_command("vks_ledger", "export", str(folder), "--as-it-stands", stdout=StringIO())
    return Export(folder)


@pytest.mark.database
def test_each_attack_on_the_database_is_told_by_its_name(world: World, tmp_path: Path) -> None:
    """One honest log, and every attack on a copy of it."""
    remembered = heads.heads_path().read_bytes()
    exports = []
    for attack, _sentences in ATTACKS:
        name = attack.__name__.strip("_")
        copy = transaction.savepoint()
        attack(world)
        rows = LedgerEntry.objects.count(), list(LedgerCheckpoint.objects.values_list("note", flat=True))
        exports.append(_handed_out(tmp_path / name))
        # what is examined stays as it is
        assert rows == (LedgerEntry.objects.count(), list(LedgerCheckpoint.objects.values_list("note", flat=True)))
        transaction.savepoint_rollback(copy)
    assert heads.heads_path().read_bytes() == remembered
    missed = []
    with ThreadPoolExecutor(2) as pool:
        for export, (status, said), (_attack, sentences) in zip(
            exports, pool.map(Export.check, exports), ATTACKS, strict=True
        ):
            missed += [(export.folder.name, each, said) for each in sentences if each not in said]
            if status != 1 or "ĐẠT:" in said.replace("KHÔNG ĐẠT:", ""):
                missed.append((export.folder.name, f"status {status}", said))
            if export.folder.name == "fork":
                assert f"{world.first.size} mục đầu còn đúng như đã ký" in said
    assert missed == []


def test_an_honest_database_passes_as_it_stands(world: World, tmp_path: Path, key: str) -> None:
    export = _handed_out(tmp_path / "all")
    number = LedgerEntry.objects.count()
    status, told = export.check(str(export.folder), "--key", key)
    assert status == 0, told
    signed = world.second.size
    assert f"ĐẠT: {signed} mục đầu ({number - signed} mục sau đó chưa được ký) trong {number} mục của 3 sổ" in told
    # of what is not signed yet the reader is told, and that nothing was signed for this
    assert "Bản xuất nguyên trạng: không có gì được ký khi xuất" in told
    assert f"Có {number - world.second.size} mục nằm ngoài checkpoint: chưa được ký" in told
    shown = sum(len(values) for values in LedgerHidden.objects.values_list("values", flat=True))
    assert f"{shown} giá trị được mở đúng như sổ đã ghi" in told
    assert not (export.folder / "checkpoint").exists()
    assert (export.folder / "heads.jsonl").read_bytes() == heads.heads_path().read_bytes()
    assert export.folder.stat().st_mode & 0o777 == 0o700
    said = (export.folder / as_it_stands.EXPLANATION).read_text(encoding="utf-8")
    assert said.startswith("BẢN XUẤT NGUYÊN TRẠNG CỦA SỔ CÁI, KHÔNG KÝ")
    assert "lúc xuất sổ không có gì cản việc ký" in said
    assert "nothing kept the head from being signed" in said
    # hidden values went out, which the log of the case has
    (row,) = AccessEntry.objects.filter(case=world.case, act="export")
    of_case = LedgerHidden.objects.filter(entry__case=world.case).values_list("values", flat=True)
    assert (row.actor_name, row.count) == ("vks_ledger", sum(map(len, of_case)))


def test_the_refused_export_names_the_way_out_and_that_says_why(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        for statement in into_log.making(connection.vendor):
            cursor.execute(statement)
    _restore_an_old_copy(world)
    with pytest.raises(Conflict, match=r"phục hồi từ bản sao lưu cũ.*vks_ledger export THƯ_MỤC --as-it-stands"):
        actions.export(tmp_path / "signed")
    with pytest.raises(CommandError, match="không dùng cùng --case"):
        call_command("vks_ledger", "export", str(tmp_path / "x"), "--as-it-stands", "--case", world.case.code)
    assert list(tmp_path.iterdir()) == []

    def fails(*_values: object, **_named: object) -> None:
        raise DatabaseError

    # hidden values go out for nobody of whom the log of the case does not know
    with monkeypatch.context() as patch:
        patch.setattr("vks_plugin.custody.actions.as_it_stands.record_case", fails)
        export = _handed_out(tmp_path / "found")
    assert "Lời khai" not in "".join(each.read_text(encoding="utf-8") for each in export.folder.iterdir())
    said = (export.folder / as_it_stands.EXPLANATION).read_text(encoding="utf-8")
    assert "Vì sao không ký: Điểm chốt giữ ở nơi khác có" in said
    assert "an old backup was restored" in said
    assert "không có ở đây, vì không ghi được nhật ký truy cập" in said
    status, told = export.check()
    assert (status, f"{world.first.size} mục đầu còn đúng như đã ký" in told) == (1, True), told
    with pytest.raises(CommandError, match="đã có nội dung"):
        _handed_out(export.folder)
