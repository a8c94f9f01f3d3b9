"""The people, cases and documents of the matrix, as plain values.

`oracle.py` reads these and nothing else; `world.py` makes them exist. Days are counted from today.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

ABOVE = {"QN-KV1": "QN", "QN-KV3": "QN"}
"""Which office is above which."""

IN_CHARGE = {
    ("QN", "P1"): frozenset({"dieu_tra", "truy_to"}),
    ("QN", "P7"): frozenset({"xet_xu_so_tham", "phuc_tham"}),
}
"""For which stages a department of the province is in charge over the offices below."""


class Post(NamedTuple):
    """A role in an office, between two days, both included."""

    role: str
    unit: str
    department: str = ""
    starts: int = -100
    ends: int | None = None
    ended: bool = False
    """Ended at this moment, before its last day."""


@dataclass(frozen=True)
class Person:
    """Who asks."""

    posts: tuple[Post, ...] = ()
    signs_in: bool = True
    superuser: bool = False
    staff: bool = False
    """May see the host's administration pages, and has every permission on kinds of things there is; no post."""


class Work(NamedTuple):
    """Somebody is assigned to a case."""

    who: str
    role: str
    starts: int = -20
    ends: int | None = None
    ended: bool = False


class Opening(NamedTuple):
    """A case is open to somebody for a while."""

    who: str
    kind: str
    state: str = "open"
    """`waiting` for an answer, `open`, or `closed` before its time."""


@dataclass(frozen=True)
class Case:
    """A case, as far as it matters to who may read it."""

    unit: str
    department: str = ""
    trial_unit: str = ""
    stage: str = "dieu_tra"
    status: str = "dang_giai_quyet"
    kept: str = ""
    """`protected` for the sake of somebody under 18, `offence` for that of whom a sexual offence was done to, of any
    age, `restricted` by whoever works on it; empty: none of these."""
    works: tuple[Work, ...] = ()
    openings: tuple[Opening, ...] = ()
    marks: frozenset[str] = frozenset()
    """Of `sealed` (its papers are frozen) and `binned` (one of its papers got into the host's bin)."""
    paper_at: str = ""
    """The office on whose shelf paper of it still lies, although another has the case; empty: none."""


@dataclass(frozen=True)
class Paper:
    """A document of the host."""

    case: str = ""
    """Key of the case it is filed in; empty: in none."""
    part: str = "hsva"
    owner: str = ""
    """Whose it is, while it is in no case; empty: nobody's."""
    shared_with: frozenset[str] = frozenset()
    inbox_of: str = ""
    """The office in whose inbox it waits."""
    version_of: str = ""
    binned: bool = False


@dataclass(frozen=True)
class Facts:
    """Everything that decides who may read what."""

    people: dict[str, Person]
    cases: dict[str, Case]
    papers: dict[str, Paper]
    above: dict[str, str] = field(default_factory=lambda: dict(ABOVE))
    in_charge: dict[tuple[str, str], frozenset[str]] = field(default_factory=lambda: dict(IN_CHARGE))


def _one(role: str, unit: str, department: str = "", starts: int = -100, ends: int | None = None) -> Person:
    return Person((Post(role, unit, department, starts, ends),))


PEOPLE: dict[str, Person] = {
    "chief_province": _one("chief_procurator", "QN"),
    "deputy_province": _one("deputy_chief_procurator", "QN"),
    "clerk_province": _one("records_clerk", "QN"),
    "archivist_province": _one("archivist", "QN"),
    "statistics_province": _one("statistics_officer", "QN"),
    "machines_province": _one("system_admin", "QN"),
    "head_p1": _one("department_head", "QN", "P1"),
    "deputy_p1": _one("deputy_department_head", "QN", "P1"),
    "head_p7": _one("department_head", "QN", "P7"),
    "deputy_p7": _one("deputy_department_head", "QN", "P7"),
    "prosecutor_p1": _one("prosecutor", "QN", "P1"),
    "reviewer_p1": _one("prosecutor", "QN", "P1"),
    "appeal_p7": _one("prosecutor", "QN", "P7"),
    "chief_kv1": _one("chief_procurator", "QN-KV1"),
    "deputy_kv1": _one("deputy_chief_procurator", "QN-KV1"),
    "acting_kv1": _one("deputy_chief_procurator", "QN-KV1", starts=-1, ends=1),
    "coming_kv1": _one("deputy_chief_procurator", "QN-KV1", starts=30),
    "gone_kv1": _one("chief_procurator", "QN-KV1", ends=-1),
    "dismissed_kv1": Person((Post("chief_procurator", "QN-KV1", ended=True),)),
    "moved": Person((Post("prosecutor", "QN-KV1", ends=-1), Post("prosecutor", "QN-KV3", starts=0))),
    "lead_kv1": _one("prosecutor", "QN-KV1"),
    "second_kv1": _one("prosecutor", "QN-KV1"),
    "colleague_kv1": _one("prosecutor", "QN-KV1"),
    "inspector_kv1": _one("inspector", "QN-KV1"),
    "specialist_kv1": _one("specialist", "QN-KV1"),
    "scanner_kv1": _one("scan_operator", "QN-KV1"),
    "quality_kv1": _one("qc_reviewer", "QN-KV1"),
    "clerk_kv1": _one("records_clerk", "QN-KV1"),
    "archivist_kv1": _one("archivist", "QN-KV1"),
    "chief_kv3": _one("chief_procurator", "QN-KV3"),
    "deputy_kv3": _one("deputy_chief_procurator", "QN-KV3"),
    "lead_kv3": _one("prosecutor", "QN-KV3"),
    "trial_kv3": _one("prosecutor", "QN-KV3"),
    "urgent_kv3": _one("prosecutor", "QN-KV3"),
    "clerk_kv3": _one("records_clerk", "QN-KV3"),
    "outsider": Person(),
    "locked": Person((Post("deputy_chief_procurator", "QN-KV1"),), signs_in=False),
    "staff": Person(staff=True),
    "superuser": Person(superuser=True, staff=True),
    "nobody": Person(signs_in=False),
}
"""`nobody` is who has not signed in, `locked` whose account is locked."""

_LEAD = Work("lead_kv1", "prosecutor_lead")

CASES: dict[str, Case] = {
    "own": Case(
        "QN-KV1",
        works=(
            _LEAD,
            Work("second_kv1", "prosecutor"),
            Work("inspector_kv1", "inspector"),
            Work("scanner_kv1", "scan_operator"),
            Work("gone_kv1", "prosecutor", starts=-50),
            Work("moved", "prosecutor", starts=-50),
            Work("specialist_kv1", "scan_operator", ended=True),
            Work("archivist_kv1", "scan_operator", ends=-1),
            Work("quality_kv1", "qc_reviewer", starts=30),
            # before the appeal it opens nothing
            Work("appeal_p7", "appeal_prosecutor"),
        ),
        openings=(
            Opening("urgent_kv3", "emergency"),
            Opening("clerk_kv3", "emergency", "closed"),
            Opening("trial_kv3", "emergency", "waiting"),
        ),
    ),
    "plain": Case("QN-KV1", works=(_LEAD,)),
    "other": Case("QN-KV3", works=(Work("lead_kv3", "prosecutor_lead"),)),
    "province": Case(
        "QN",
        department="P1",
        trial_unit="QN-KV3",
        stage="truy_to",
        works=(Work("prosecutor_p1", "prosecutor_lead"), Work("trial_kv3", "trial_prosecutor")),
    ),
    "seventh": Case("QN", department="P7", stage="xet_xu_so_tham"),
    "protected": Case("QN-KV1", kept="protected", works=(_LEAD,)),
    "restricted": Case("QN-KV1", kept="restricted", works=(_LEAD, Work("scanner_kv1", "scan_operator"))),
    "appealed": Case(
        "QN-KV1",
        stage="phuc_tham",
        status="co_khang_cao_khang_nghi",
        works=(_LEAD, Work("appeal_p7", "appeal_prosecutor")),
    ),
    "archived": Case("QN-KV1", stage="ket_thuc", status="da_nop_luu", works=(_LEAD,)),
    "archived_restricted": Case("QN-KV1", stage="ket_thuc", status="da_nop_luu", kept="restricted", works=(_LEAD,)),
    "province_restricted": Case("QN", department="P1", kept="restricted"),
    "reviewed": Case(
        "QN-KV1", works=(_LEAD, Work("reviewer_p1", "reviewer", ends=10)), openings=(Opening("trial_kv3", "loan"),)
    ),
    "overseen": Case("QN-KV1", works=(_LEAD,), openings=(Opening("head_p1", "oversight"),)),
    # opened first, marked afterwards
    "overseen_protected": Case(
        "QN-KV1", kept="protected", works=(_LEAD,), openings=(Opening("deputy_p1", "oversight"),)
    ),
    # from KV1; who worked on it there does so no more
    "overseen_offence": Case("QN-KV1", kept="offence", works=(_LEAD,), openings=(Opening("deputy_p1", "oversight"),)),
    "transferred": Case("QN-KV3", works=(Work("lead_kv1", "prosecutor_lead", ended=True),), paper_at="QN-KV1"),
    "sealed": Case("QN-KV1", works=(_LEAD, Work("quality_kv1", "qc_reviewer")), marks=frozenset({"sealed"})),
    "binned": Case("QN-KV1", works=(_LEAD,), marks=frozenset({"binned"})),
}

PAPERS: dict[str, Paper] = {
    **{f"{case}/{part}": Paper(case, part) for case in CASES for part in ("hsva", "hsks")},
    "own/version": Paper("own", "hsva", version_of="own/hsva"),
    "mine": Paper(owner="trial_kv3"),
    "shared": Paper(owner="clerk_kv1", shared_with=frozenset({"trial_kv3"})),
    "inbox": Paper(inbox_of="QN-KV1"),
    "everybodys": Paper(),
}
PAPERS["binned/hsva"] = Paper("binned", "hsva", binned=True)


def facts() -> Facts:
    """Return the facts the matrix begins with."""
    return Facts(dict(PEOPLE), dict(CASES), dict(PAPERS))
