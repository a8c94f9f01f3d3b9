"""Roles of people in a procuracy office, and what each may do in the host at large.

Names follow the offices' own vocabulary. A role alone opens no case: it is the
policy that turns role, office and case into a level of access.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is appointed as."""

    CHIEF_PROCURATOR = "chief_procurator", _("Viện trưởng")
    DEPUTY_CHIEF_PROCURATOR = "deputy_chief_procurator", _("Phó Viện trưởng")
    DEPARTMENT_HEAD = "department_head", _("Trưởng phòng")
    DEPUTY_DEPARTMENT_HEAD = "deputy_department_head", _("Phó Trưởng phòng")
    PROSECUTOR = "prosecutor", _("Kiểm sát viên")
    INSPECTOR = "inspector", _("Kiểm tra viên")
    SPECIALIST = "specialist", _("Chuyên viên")
    RECORDS_CLERK = "records_clerk", _("Văn thư")
    ARCHIVIST = "archivist", _("Lưu trữ viên")
    SCAN_OPERATOR = "scan_operator", _("Cán bộ số hóa")
    QC_REVIEWER = "qc_reviewer", _("Cán bộ kiểm tra chất lượng")
    STATISTICS_OFFICER = "statistics_officer", _("Cán bộ thống kê")
    SYSTEM_ADMIN = "system_admin", _("Quản trị hệ thống")


LEADERS = frozenset({Role.CHIEF_PROCURATOR, Role.DEPUTY_CHIEF_PROCURATOR})
"""Leaders of an office (Viện trưởng, Phó Viện trưởng)."""

# Everyone may use the interface; what they find in it is decided per document.
_EVERYONE = frozenset(
    {
        "view_document",
        "view_documenttype",
        "view_tag",
        "view_correspondent",
        "view_storagepath",
        "view_customfield",
        "view_savedview",
        "add_savedview",
        "change_savedview",
        "delete_savedview",
        "view_note",
        "view_uisettings",
        "add_uisettings",
        "change_uisettings",
        "view_paperlesstask",
        "change_paperlesstask",
    },
)
_FILES = frozenset({"add_document", "change_document", "add_note", "delete_note", "add_tag"})

HOST_PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.CHIEF_PROCURATOR: _EVERYONE | {"add_note", "change_document"},
    Role.DEPUTY_CHIEF_PROCURATOR: _EVERYONE | {"add_note", "change_document"},
    Role.DEPARTMENT_HEAD: _EVERYONE | {"add_note"},
    Role.DEPUTY_DEPARTMENT_HEAD: _EVERYONE | {"add_note"},
    Role.PROSECUTOR: _EVERYONE | _FILES,
    Role.INSPECTOR: _EVERYONE | _FILES,
    Role.SPECIALIST: _EVERYONE | _FILES,
    Role.RECORDS_CLERK: _EVERYONE | _FILES,
    Role.ARCHIVIST: _EVERYONE | _FILES,
    Role.SCAN_OPERATOR: _EVERYONE | _FILES,
    Role.QC_REVIEWER: _EVERYONE,
    Role.STATISTICS_OFFICER: _EVERYONE,
    # runs the machines; reads no case
    Role.SYSTEM_ADMIN: _EVERYONE,
}
"""Model permissions of the host that the group of each role carries (codenames of app `documents`).

Deleting documents is in none of them.
"""

GROUP_PREFIX = "vks:"
"""Groups whose name starts so are ours; their members follow appointments and nothing else."""


OF_A_DEPARTMENT = frozenset({Role.DEPARTMENT_HEAD, Role.DEPUTY_DEPARTMENT_HEAD})
"""Roles that reach as far as the department they are held in, so that each department has a group of its own."""

CIRCLES: dict[str, str] = {
    Role.CHIEF_PROCURATOR: "leaders",
    Role.DEPUTY_CHIEF_PROCURATOR: "leaders",
    Role.DEPARTMENT_HEAD: "department_leaders",
    Role.DEPUTY_DEPARTMENT_HEAD: "department_leaders",
}
"""Roles that share a group: the policy lets them view the same, and they carry the same permissions in the host.

A document has a row in the host for every group that may view it, and the host reads all of them.
"""


def group_name(unit_code: str, role: str, department: str = "") -> str:
    """Return the name of the host group for a role in a unit, such as `vks:QN-KV1:prosecutor` or `vks:QN:P2:department_leaders`.

    Args:
        department: code of the department the role is held in; it only matters for heads of departments.
    """
    place = f"{unit_code}:{department}" if department and role in OF_A_DEPARTMENT else unit_code
    return f"{GROUP_PREFIX}{place}:{CIRCLES.get(role, role)}"
