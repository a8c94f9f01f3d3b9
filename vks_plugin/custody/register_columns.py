"""Columns of registers as data: those that ship with the program, and what an office has put in their place.

Both are JSON of one form: registers by name, of each its columns from left to right, of each column what it is called to
programs (`name`), its heading, its width in millimetres, how it is aligned and which fields stand in it, one below another.
An office names a register it wants otherwise, and of its columns those it wants: by name alone as they ship, or with what is
to differ. What fields there are each register says; none can be told here that it does not have.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

import vks_plugin
from vks_plugin.conf import configuration
from vks_plugin.errors import Unavailable
from vks_plugin.text import one_line

WIDTH = 252.0
"""Millimetres that the columns of a register fill together, on a page that lies on its side."""
_FEWEST, _MOST = 2, 12
"""Columns. What a restricted case leaves in a register fills two."""
_NARROWEST, _WIDEST = 10.0, 200.0
_LONGEST = 80
_ALIGNMENTS = ("left", "center", "right")
_PARTS = frozenset({"name", "heading", "width", "align", "fields"})


class Column(NamedTuple):
    """A column of a register."""

    name: str
    heading: str
    width: float
    """In millimetres."""
    align: Any
    fields: tuple[str, ...]
    """What stands in it, one below another."""


def shipped() -> dict[str, list[dict[str, Any]]]:
    """Return the columns that come with the program."""
    path = Path(vks_plugin.__file__).parent / "fixtures" / "register_columns.json"
    found: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def columns_of(register: str, fields: Mapping[str, Collection[str]]) -> tuple[list[Column], bool]:
    """Return the columns of a register, and whether an office has decided about them.

    Args:
        register: its name.
        fields: which fields each register has, by their names.

    Raises:
        Unavailable: the file of the office is wrong; the sentence says where.
    """
    given = office_columns(fields)
    if register in given:
        return given[register], True
    return [_column(each, register, {}, fields[register]) for each in shipped()[register]], False


def office_columns(fields: Mapping[str, Collection[str]]) -> dict[str, list[Column]]:
    """Return the columns of the registers an office wants otherwise; none where it has no file (`VKS_REGISTER_COLUMNS`).

    Raises:
        Unavailable: the file is wrong; the sentence says where.
    """
    place = configuration().register_columns
    if not place:
        return {}
    try:
        told = json.loads(Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(_("không đọc được, hoặc không phải JSON (UTF-8)")) from error
    if not isinstance(told, dict):
        raise _wrong(_("phải là các sổ theo tên, mỗi sổ một danh sách cột"))
    known, found = shipped(), {}
    for register, rows in told.items():
        if register not in known:
            raise _wrong(
                _("không có sổ “%(name)s”; các sổ: %(known)s")
                % {"name": one_line(register)[:_LONGEST], "known": ", ".join(known)}
            )
        if not isinstance(rows, list) or not _FEWEST <= len(rows) <= _MOST:
            raise _wrong(
                _("sổ “%(register)s” phải có từ %(fewest)d đến %(most)d cột")
                % {"register": register, "fewest": _FEWEST, "most": _MOST}
            )
        basis = {each["name"]: each for each in known[register]}
        columns = [_column(each, register, basis, fields[register]) for each in rows]
        if len({each.name for each in columns}) < len(columns):
            raise _wrong(_("sổ “%(register)s” có hai cột cùng tên") % {"register": register})
        whole = sum(each.width for each in columns)
        found[register] = [each._replace(width=each.width * WIDTH / whole) for each in columns]
    return found


def _column(told: Any, register: str, basis: Mapping[str, dict[str, Any]], fields: Collection[str]) -> Column:
    name = told if isinstance(told, str) else told.get("name") if isinstance(told, dict) else None
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier():
        raise _wrong(
            _("sổ “%(register)s”: mỗi cột có tên (name) bằng chữ không dấu và dấu gạch dưới") % {"register": register}
        )

    def wrong(what: str) -> Unavailable:
        return _wrong(
            _("sổ “%(register)s”, cột “%(column)s”: %(what)s")
            % {"register": register, "column": name[:_LONGEST], "what": what}
        )

    given = {} if isinstance(told, str) else told
    if not given.keys() <= _PARTS:
        raise wrong(_("chỉ có name, heading, width, align, fields"))
    whole = {"align": "left", "width": WIDTH / _MOST} | basis.get(name, {}) | given
    if not {"heading", "fields"} <= whole.keys():
        raise wrong(_("cột mới phải có heading và fields; các cột sẵn có: %(known)s") % {"known": ", ".join(basis)})
    heading, width, chosen = whole["heading"], whole["width"], whole["fields"]
    if not isinstance(heading, str) or not one_line(heading) or len(heading) > _LONGEST:
        raise wrong(_("tiêu đề (heading) phải có, không quá %(most)d chữ cái") % {"most": _LONGEST})
    if isinstance(width, bool) or not isinstance(width, int | float) or not _NARROWEST <= width <= _WIDEST:
        raise wrong(_("độ rộng (width) phải từ %(least)d đến %(most)d mm") % {"least": _NARROWEST, "most": _WIDEST})
    if whole["align"] not in _ALIGNMENTS:
        raise wrong(_("căn lề (align) là %(known)s") % {"known": ", ".join(_ALIGNMENTS)})
    if (
        not isinstance(chosen, list)
        or not chosen
        or not all(isinstance(each, str) and each in fields for each in chosen)
    ):
        raise wrong(_("nội dung (fields) chọn trong: %(known)s") % {"known": ", ".join(fields)})
    return Column(name, one_line(heading), float(width), whole["align"], tuple(chosen))


def _wrong(what: str) -> Unavailable:
    return Unavailable(
        _("Tệp cột sổ của đơn vị (VKS_REGISTER_COLUMNS) sai: %(what)s. Hãy báo quản trị sửa tệp.") % {"what": what}
    )
