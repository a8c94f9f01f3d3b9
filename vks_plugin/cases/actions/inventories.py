"""Inventories of documents (thống kê tài liệu) and how they are printed. Whether the actor may is decided before.

BLTTHS, Điều 131 khoản 4: an inventory names each document, its folios and what is particular about it; what is added
later gets an inventory of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.acts import tell
from vks_plugin.cases.actions.record import lock_record, note_change
from vks_plugin.cases.folio_queries import rows_to_list
from vks_plugin.cases.folios import parse_labels
from vks_plugin.cases.models import CaseChange, CaseFile, DocumentInventory
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.organization.queries import display_name
from vks_plugin.papers import Column, OfficialPaper, Signature
from vks_plugin.printing import Printed, print_paper

COLUMNS = (
    Column("STT", 12, "center"),
    Column("Tên tài liệu", 85),
    Column("Số bút lục", 26, "center"),
    Column("Đặc điểm", 42),
)
"""The columns the law names, and the running number."""


@transaction.atomic
def draw_up_inventory(*, actor: User, case: CaseFile, day: dt.date | None = None) -> DocumentInventory:
    """List every numbered folio that no earlier inventory has; the first is the inventory, the others supplements.

    Raises:
        BadInput: the day lies in the future, or before the last inventory.
        Conflict: nothing was numbered since the last one.
    """
    case = lock_record(case)
    day = day or timezone.localdate()
    last = DocumentInventory.objects.filter(case=case).order_by("-number").first()
    if day > timezone.localdate():
        raise BadInput(_("Ngày lập nằm trong tương lai: hãy kiểm tra lại."), field="day")
    if last is not None and day < last.drawn_up_on:
        raise BadInput(
            _("Bảng thống kê trước lập ngày %(day)s: ngày lập không thể sớm hơn.")
            % {"day": f"{last.drawn_up_on:%d/%m/%Y}"},
            field="day",
        )
    rows = rows_to_list(case)
    if not rows:
        raise Conflict(
            _("Chưa có bút lục nào được đánh số để thống kê.")
            if last is None
            else _("Không có bút lục nào được đánh số từ bảng thống kê trước.")
        )
    numbers = [label.number for row in rows for label in parse_labels(row.folios)]
    higher = case.unit.parent
    inventory = DocumentInventory.objects.create(
        case=case,
        number=last.number + 1 if last is not None else 1,
        drawn_up_on=day,
        drawn_up_by=actor,
        drawn_up_by_name=display_name(actor)[:200],
        unit_name=case.unit.name,
        higher_unit_name=higher.name if higher is not None else "",
        case_name=case.name,
        folio_from=min(numbers),
        folio_to=max(numbers),
        rows=[row.as_data() for row in rows],
    )
    note_change(
        case=case,
        actor=actor,
        act=CaseChange.Act.CREATED,
        subject="inventory",
        subject_id=inventory.pk,
        label=inventory_title(inventory),
        values=[
            ["number", "", str(inventory.number)],
            ["folio_from", "", str(inventory.folio_from)],
            ["folio_to", "", str(inventory.folio_to)],
        ],
        told=True,
    )
    # what its rows said that day: names sorted, nothing between them
    rows_as_text = json.dumps(inventory.rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    tell(
        "inventory_drawn_up",
        actor=actor,
        case=case,
        inventory=inventory.number,
        drawn_up_on=inventory.drawn_up_on,
        folio_from=inventory.folio_from,
        folio_to=inventory.folio_to,
        rows=len(inventory.rows),
        rows_digest=hashlib.sha256(rows_as_text.encode()).hexdigest(),
    )
    return inventory


def inventory_title(inventory: DocumentInventory) -> str:
    """Return the title of the paper, in Vietnamese."""
    if inventory.is_supplementary:
        return f"THỐNG KÊ TÀI LIỆU BỔ SUNG (đợt {inventory.number})"
    return "THỐNG KÊ TÀI LIỆU"


def as_paper(inventory: DocumentInventory) -> OfficialPaper:
    """Return the inventory as an official form, as it stood on its day."""
    folios = sum(len(parse_labels(row["folios"])) for row in inventory.rows)
    total = f"Bảng này có {len(inventory.rows)} tài liệu, {folios} bút lục"
    return OfficialPaper(
        agency=inventory.unit_name,
        higher_agency=inventory.higher_unit_name,
        title=inventory_title(inventory),
        day=inventory.drawn_up_on,
        subtitle=(
            "(Khoản 4 Điều 131 Bộ luật Tố tụng hình sự)",
            f"Vụ án: {inventory.case_name}",
            f"Mã vụ án: {inventory.case.code}",
        ),
        columns=COLUMNS,
        rows=[
            (str(position), row["title"], row["folios"], row["characteristics"])
            for position, row in enumerate(inventory.rows, start=1)
        ],
        closing=(f"{total} (số nhỏ nhất {inventory.folio_from}, số lớn nhất {inventory.folio_to}).",),
        signatures=(Signature("NGƯỜI LẬP", inventory.drawn_up_by_name),),
    )


def write_inventory(inventory: DocumentInventory, file_format: str) -> Printed:
    """Return the inventory as a file.

    Raises:
        BadInput: there is no such format.
    """
    name = f"{inventory.case.code} thong ke tai lieu {inventory.number}"
    return print_paper(lambda: as_paper(inventory), file_format, name=name)
