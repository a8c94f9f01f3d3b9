"""Handing out the ledger as the database has it, for whoever examines it after it was tampered with.

An honest export begins with a signed head, which is refused for a log that is not the one that was signed before. What an
expert then needs is that very log: nothing is signed for it, nothing is written into the ledger and nothing is put right.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from vks_plugin.access.log import Reader, or_withheld, record_case
from vks_plugin.access.models import LEDGER_COMMAND, AccessEntry
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.actions.ledger import new_folder, opening, refuse_to_sign
from vks_plugin.custody.chain import written_at
from vks_plugin.custody.heads import heads_path
from vks_plugin.custody.models import LedgerCheckpoint, LedgerEntry, LedgerHidden, LedgerKey, LedgerLeaf
from vks_plugin.custody.verify_ledger import LEAVES, OPENINGS
from vks_plugin.errors import Unavailable, VksError
from vks_plugin.language import Language, speaking
from vks_plugin.text import one_line

_AT_A_TIME = 2000
EXPLANATION = "nguyen-trang.txt"
"""The file that says in words that nothing was signed, and why."""


def export_as_it_stands(folder: Path) -> int:
    """Write the whole ledger as it stands into a new folder together with what checks it; return how many entries.

    Heads are read first: what is written meanwhile is then an entry that is not signed yet, never one that is missing.
    Hidden values go out as well, which the access log of each case has; where it cannot have it, they do not.

    Args:
        folder: is made; nothing that is there is overwritten.

    Raises:
        Conflict: something is there already.
        OSError: it cannot be written, or the remembered heads cannot be read.
    """
    with new_folder(folder) as fresh:
        heads = _write_heads(fresh)
        number, values = _write_entries(fresh)
        shown = _note_values(values)
        if not shown:
            (fresh / OPENINGS).unlink()
        words = [_explained(each, number, heads=heads, shown=shown) for each in _WORDS]
        (fresh / EXPLANATION).write_text("\n\n".join(words) + "\n", encoding="utf-8")
    return number


def _write_heads(folder: Path) -> bool:
    """Write keys and signed heads as they are stored; tell whether a file of remembered heads was there to copy."""
    with (folder / "keys").open("w", encoding="utf-8") as text:
        text.writelines(f"{one_line(key)}\n" for key in LedgerKey.objects.values_list("text", flat=True))
    with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as text:
        for row in LedgerCheckpoint.objects.order_by("size").iterator():
            said = {"note": row.note, "size": row.size, "root": bytes(row.root).hex()}
            text.write(json.dumps(said, ensure_ascii=False) + "\n")
    try:
        (folder / "heads.jsonl").write_bytes(heads_path().read_bytes())
    except FileNotFoundError:
        return False
    return True


def _rows() -> Iterator[tuple[LedgerLeaf | None, LedgerEntry | None, LedgerHidden | None]]:
    """Yield places, entries and what is hidden beside them, in the order of the log; then entries without a place.

    Each is looked for by itself: one that is gone takes no other with it.
    """
    last: int | None = LedgerLeaf.objects.aggregate(last=Max("index"))["last"]
    places = LedgerLeaf.objects.order_by("index").filter(index__lte=last if last is not None else -1)
    leaves = list(places[:_AT_A_TIME])
    while leaves:
        ids = [leaf.entry_id for leaf in leaves]
        entries, hidden = LedgerEntry.objects.in_bulk(ids), _hidden(ids)
        for leaf in leaves:
            yield leaf, entries.get(leaf.entry_id), hidden.get(leaf.entry_id)
        leaves = list(places.filter(index__gt=leaves[-1].index)[:_AT_A_TIME])
    without = list(LedgerEntry.objects.filter(leaf__isnull=True).order_by("pk"))
    hidden = _hidden([entry.pk for entry in without])
    for entry in without:
        yield None, entry, hidden.get(entry.pk)


def _hidden(ids: list[int]) -> dict[int, LedgerHidden]:
    return {row.entry_id: row for row in LedgerHidden.objects.filter(entry__in=ids)}


def _write_entries(folder: Path) -> tuple[int, Counter[int]]:
    """Write entries, what lies beside them and their hidden values; return how many, and the values by case."""
    number, values = 0, Counter[int]()
    codes = dict(CaseFile.objects.values_list("pk", "code"))
    with (
        (folder / "entries.jsonl").open("wb") as lines,
        (folder / LEAVES).open("w", encoding="utf-8") as beside,
        (folder / OPENINGS).open("w", encoding="utf-8") as openings,
    ):
        for leaf, entry, hidden in _rows():
            number += 1
            # an entry is one line: of one that was changed to be more, the hash beside it tells
            lines.write((bytes(entry.line).replace(b"\n", b" ") if entry is not None else b"") + b"\n")
            said: dict[str, Any] = {
                "index": None if leaf is None else leaf.index,
                "leaf": None if leaf is None else bytes(leaf.hash).hex(),
                "hash": None if entry is None else bytes(entry.hash).hex(),
            }
            if entry is not None:
                said |= {
                    "ledger": str(entry.ledger),
                    "seq": entry.seq,
                    "kind": entry.kind,
                    "at": written_at(entry.at),
                    "case": None if entry.case_id is None else codes.get(entry.case_id, str(entry.case_id)),
                }
            beside.write(json.dumps(said, ensure_ascii=False) + "\n")
            if entry is not None and hidden is not None:
                kept = hidden.values if isinstance(hidden.values, list) else [hidden.values]
                for place, pair in enumerate(kept):
                    # what is no pair any more is shown as it is, and agrees with nothing
                    name, value = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
                    openings.write(opening(entry, bytes(hidden.salt), place, name, value))
                if entry.case_id is not None:
                    values[entry.case_id] += len(kept)
    return number, values


def _note_values(values: Counter[int]) -> bool:
    """Note in the access log of each case that its hidden values go out; tell whether that could be noted.

    The ledger gets no entry of it: what is examined stays as it is.
    """
    reader = Reader(None, command=LEDGER_COMMAND)
    try:
        with or_withheld(), transaction.atomic():
            for case in CaseFile.objects.filter(pk__in=values).order_by("pk"):
                record_case(reader, AccessEntry.Act.EXPORT, case, count=values[case.pk])
    except Unavailable:
        return False
    return True


def _refusal(language: Language) -> str:
    """Return why no head would be signed now; empty: one would."""
    with speaking(language):
        try:
            refuse_to_sign()
        except VksError as error:
            return error.message
    return ""


_WORDS: dict[Language, str] = {
    "vi": """BẢN XUẤT NGUYÊN TRẠNG CỦA SỔ CÁI, KHÔNG KÝ

Xuất lúc {at} (giờ máy chủ), {number} mục. Mọi thứ được chép ra đúng như cơ sở dữ liệu đang có. Khi xuất không ký điểm
chốt nào, không ghi thêm mục nào vào sổ cái, không sửa gì cho khớp.

Vì sao không ký: {why}

Kiểm tra (Python 3.9 trở lên, không cần mạng, không cần cài gì):
    python3 verify_ledger.py . --key KHÓA_TRÊN_GIẤY --checkpoint ĐIỂM_CHỐT_GIỮ_Ở_NƠI_KHÁC
Khóa và điểm chốt đi cùng bản này lấy từ chính máy chủ bị nghi: hãy dùng khóa trên giấy đã ký, và bản heads.jsonl mà máy
khác đã lấy về.

    entries.jsonl      mọi mục, theo thứ tự của sổ; mục không có vị trí đứng cuối, mục đã mất là một dòng trống
    leaves.jsonl       vị trí, mã băm và các cột lưu bên cạnh từng mục
    openings.jsonl     giá trị ẩn (tên người, lý do, tên tài liệu): {values}
    keys               khóa công khai trong cơ sở dữ liệu
    checkpoints.jsonl  mọi điểm chốt đã ký trong cơ sở dữ liệu
    heads.jsonl        {heads}
    verify_ledger.py   chương trình kiểm tra""",
    "en": """THE LEDGER AS IT STANDS, NOT SIGNED

Exported at {at} (the server's clock), {number} entries. Everything is copied as the database has it. Nothing was signed for
this export, no entry was added to the ledger, and nothing was put right.

Why it is not signed: {why}

To check it (Python 3.9 or later, no network, nothing to install):
    python3 verify_ledger.py . --key KEY_ON_PAPER --checkpoint HEAD_KEPT_ELSEWHERE
Keys and heads in this folder come from the very server that is suspected: use the key on the signed paper, and the copy of
heads.jsonl that another machine has fetched.

    entries.jsonl      every entry in the order of the log; those without a place last, an empty line for one that is gone
    leaves.jsonl       place, hashes and the columns beside each entry
    openings.jsonl     hidden values (names, reasons, titles): {values}
    keys               the public keys in the database
    checkpoints.jsonl  every signed head in the database
    heads.jsonl        {heads}
    verify_ledger.py   the verifier""",
}
_FILLED: dict[Language, tuple[str, str, str, str, str]] = {
    "vi": (
        "người xuất yêu cầu xuất nguyên trạng; lúc xuất sổ không có gì cản việc ký.",
        "có ở đây; nhật ký truy cập của từng vụ án có ghi",
        "không có ở đây, vì không ghi được nhật ký truy cập",
        "bản chép tệp ghi nhớ điểm chốt nằm ngoài cơ sở dữ liệu",
        "không có: máy chủ không có tệp ghi nhớ điểm chốt",
    ),
    "en": (
        "it was asked for; nothing kept the head from being signed when it was exported.",
        "they are here, which the access log of each case has",
        "not here, since the access log could not have it",
        "a copy of the file outside of the database that remembers signed heads",
        "not here: the server has no file of remembered heads",
    ),
}


def _explained(language: Language, number: int, *, heads: bool, shown: bool) -> str:
    asked, open_to_all, withheld, remembered, forgotten = _FILLED[language]
    return _WORDS[language].format(
        at=f"{timezone.localtime():%d/%m/%Y %H:%M:%S}",
        number=number,
        why=_refusal(language) or asked,
        values=open_to_all if shown else withheld,
        heads=remembered if heads else forgotten,
    )
