"""Who may read what, from the plain facts: written from the offices' rules, not from the program.

Nothing of the product is imported here. What the rules are is told in docs/leaders.md; that a superuser of the host
reads everything in it, and what belongs to nobody everybody, in docs/access.md.
"""

from __future__ import annotations

from tests.access.matrix.facts import Case, Facts, Person, Post, Work

NOTHING, KNOWS, READS, FILES, LEADS = range(5)

_LEADERS = {"chief_procurator", "deputy_chief_procurator"}
_KEEP_OFFICES = {"chief_procurator", "system_admin"}
_HEADS = {"department_head", "deputy_department_head"}
_BOTH_PARTS = {"prosecutor_lead", "prosecutor", "inspector"}
_CASE_FILE_ONLY = {"scan_operator", "trial_prosecutor"}
_READ_ONLY = {"reviewer", "qc_reviewer"}


def _in_force(starts: int, ends: int | None, *, ended: bool) -> bool:
    return starts <= 0 and (ends is None or ends >= 0) and not ended


def posts(person: Person) -> list[Post]:
    """Return the posts somebody holds today."""
    return [post for post in person.posts if _in_force(post.starts, post.ends, ended=post.ended)]


def level(facts: Facts, who: str, key: str, part: str, *, but_loans: bool = False) -> int:
    """Return how far somebody may go in a part of a case; `but_loans`: were nothing lent."""
    person, case = facts.people[who], facts.cases[key]
    if not person.signs_in:
        return NOTHING
    held = posts(person)
    reached = [_by_post(facts, post, case, part) for post in held]
    reached += [_by_work(facts, held, case, part, work.role) for work in case.works if work.who == who and _works(work)]
    reached += [
        _by_opening(facts, held, case, part, each.kind)
        for each in case.openings
        if each.who == who and each.state == "open" and held and not (but_loans and each.kind == "loan")
    ]
    return max(reached, default=NOTHING)


def _works(work: Work) -> bool:
    return _in_force(work.starts, work.ends, ended=work.ended)


def _by_post(facts: Facts, post: Post, case: Case, part: str) -> int:
    found = [NOTHING]
    restricted, kept = case.kept == "restricted", bool(case.kept)
    if post.unit == case.unit:
        if post.role in _LEADERS:
            found.append(LEADS)
        if post.role in _HEADS and post.department and post.department == case.department and not restricted:
            found.append(READS)
        if post.role == "records_clerk" and part == "hsva" and not restricted:
            found.append(KNOWS)
        if post.role == "archivist" and case.status == "da_nop_luu" and not restricted:
            found.append(READS)
    elif facts.above.get(case.unit) == post.unit:
        if post.role in _LEADERS and not restricted:
            found.append(READS)
        stages = facts.in_charge.get((post.unit, post.department), frozenset())
        if post.role in _HEADS and case.stage in stages and part == "hsva" and not kept:
            found.append(KNOWS)
    if case.trial_unit and post.unit == case.trial_unit and post.role in _LEADERS and part == "hsva":
        found.append(READS)
    return max(found)


def _by_work(facts: Facts, held: list[Post], case: Case, part: str, role: str) -> int:
    concerned = {case.unit, facts.above.get(case.unit, case.unit), case.trial_unit or case.unit}
    if not any(post.unit in concerned for post in held):
        return NOTHING
    if role in _BOTH_PARTS:
        return FILES
    if part != "hsva":
        return NOTHING
    if role in _CASE_FILE_ONLY:
        return FILES
    if role == "appeal_prosecutor":
        appealed = case.stage == "phuc_tham" or case.status == "co_khang_cao_khang_nghi"
        return READS if appealed else NOTHING
    return READS if role in _READ_ONLY else NOTHING


def _by_opening(facts: Facts, held: list[Post], case: Case, part: str, kind: str) -> int:
    if part != "hsva":
        return NOTHING
    if kind in {"emergency", "loan"}:
        return READS
    # whoever is moved, or whose department has the case no more, had a reason as head of that department only
    return READS if kind == "oversight" and _heads_what_is_in_charge(facts, held, case) and not case.kept else NOTHING


def _heads_what_is_in_charge(facts: Facts, held: list[Post], case: Case) -> bool:
    return any(
        post.role in _HEADS
        and facts.above.get(case.unit) == post.unit
        and case.stage in facts.in_charge.get((post.unit, post.department), frozenset())
        for post in held
    )


def in_charge(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody heads the department above that is in charge of the stage in which a case is."""
    return _heads_what_is_in_charge(facts, posts(facts.people[who]), facts.cases[case])


def knows(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody may know that a case exists, its number, name and who holds it."""
    return max(level(facts, who, case, part) for part in ("hsva", "hsks")) >= KNOWS


def keeps_paper(facts: Facts, who: str, case: str) -> bool:
    """Tell whether paper of a case lies where somebody gives it out: what is on its label is known there."""
    person, told = facts.people[who], facts.cases[case]
    keepers = _LEADERS if told.kept == "restricted" else _LEADERS | {"records_clerk"}
    return person.signs_in and any(post.unit == told.paper_at and post.role in keepers for post in posts(person))


def hand_over_known(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody may see the record of the case file coming to the office of the case."""
    person, told = facts.people[who], facts.cases[case]
    keepers = _LEADERS if told.kept == "restricted" else _LEADERS | {"records_clerk"}
    at_the_desk = any(post.unit == told.unit and post.role in keepers for post in posts(person))
    return person.signs_in and (at_the_desk or level(facts, who, case, "hsva") >= KNOWS)


def loan_known(facts: Facts, who: str, case: str, borrower: str) -> bool:
    """Tell whether somebody may see that paper of a case was asked for, by whom and what for."""
    person, told = facts.people[who], facts.cases[case]
    if not person.signs_in:
        return False
    if who == borrower:
        return True
    here = {post.role for post in posts(person) if post.unit == told.unit}
    desk = bool(here & {"archivist", "records_clerk"}) and knows(facts, who, case)
    best = max(level(facts, who, case, part, but_loans=True) for part in ("hsva", "hsks"))
    return bool(here & _LEADERS) or desk or best >= READS


def deck_known(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody may see what is prepared for the court: who works on the case, and who leads them."""
    person, told = facts.people[who], facts.cases[case]
    reached = goes(facts, who, case)
    at_the_trial = any(post.unit == told.trial_unit and post.role in _LEADERS for post in posts(person))
    leading = level(facts, who, case, "hsks") >= READS or at_the_trial
    return reached >= FILES or (reached >= READS and leading)


def archive_known(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody may see that an office hands files to its archive or disposes of some, and why."""
    person, told = facts.people[who], facts.cases[case]
    if not person.signs_in:
        return False
    return any(
        (post.unit == told.unit and post.role in _LEADERS | {"archivist"})
        or (facts.above.get(told.unit) == post.unit and post.role in _LEADERS)
        for post in posts(person)
    )


def gives_to_archive(facts: Facts, who: str, case: str) -> bool:
    """Tell whether somebody hands files of the office of a case to its archive: what is handed over is listed by code."""
    person = facts.people[who]
    here = {post.role for post in posts(person) if post.unit == facts.cases[case].unit}
    return person.signs_in and bool(here & (_LEADERS | {"records_clerk"}))


def goes(facts: Facts, who: str, case: str) -> int:
    """Return how far somebody may go in the case file."""
    return level(facts, who, case, "hsva")


def reads(facts: Facts, who: str, paper: str) -> bool:
    """Tell whether somebody may be told what is in a document, its title and that it exists."""
    person, told = facts.people[who], facts.papers[paper]
    if not person.signs_in:
        return False
    if person.superuser:
        return True
    if told.case:
        return level(facts, who, told.case, told.part) >= READS
    if told.inbox_of:
        keepers = {"records_clerk", "scan_operator"}
        return any(post.unit == told.inbox_of and post.role in keepers for post in posts(person))
    return not told.owner or told.owner == who or who in told.shared_with


def writes(facts: Facts, who: str, paper: str) -> bool:
    """Tell whether somebody changes a filed document at the host's doors: who works on its case, not who leads them."""
    person, told = facts.people[who], facts.papers[paper]
    case = facts.cases[told.case]
    frozen = told.part == "hsva" and "sealed" in case.marks
    return not person.superuser and changes(facts, who, paper) and not frozen


def changes(facts: Facts, who: str, paper: str) -> bool:
    """Tell whether somebody puts tags, notes or anything else on a document at the host's doors, frozen or not."""
    person, told = facts.people[who], facts.papers[paper]
    if not person.signs_in or told.binned:
        return False
    if person.superuser:
        return True
    if told.case:
        works = [work for work in facts.cases[told.case].works if work.who == who and _works(work)]
        reached = (_by_work(facts, posts(person), facts.cases[told.case], told.part, work.role) for work in works)
        return max(reached, default=NOTHING) >= FILES
    # those it was only shown to change nothing
    return reads(facts, who, paper) and (told.owner == who or not told.owner)


def takes_out(facts: Facts, who: str, paper: str) -> bool:
    """Tell whether somebody may have the file of a document: who reads it, but not by a loan alone."""
    told = facts.papers[paper]
    if not reads(facts, who, paper) or not told.case or facts.people[who].superuser:
        return reads(facts, who, paper)
    return level(facts, who, told.case, told.part, but_loans=True) >= READS


def uses_the_host(facts: Facts, who: str) -> bool:
    """Tell whether the host's lists answer somebody at all: who has a post, and who runs the host."""
    person = facts.people[who]
    return person.signs_in and (person.superuser or person.staff or bool(posts(person)))


def listed(facts: Facts, who: str) -> set[str]:
    """Return the documents the host's own lists show somebody: those he may read, without versions and the bin."""
    if not uses_the_host(facts, who):
        return set()
    return {
        key
        for key, paper in facts.papers.items()
        if not paper.version_of and not paper.binned and reads(facts, who, key)
    }


def known_cases(facts: Facts, who: str) -> set[str]:
    """Return the cases somebody may know of."""
    return {key for key in facts.cases if knows(facts, who, key)}


def answers(facts: Facts, who: str, office: str) -> bool:
    """Tell whether somebody opens cases of an office to others in an emergency, and closes them again: who leads there or above."""
    return _holds(facts, who, {(role, unit) for role in _LEADERS for unit in (office, facts.above.get(office, ""))})


def appoints(facts: Facts, who: str, office: str) -> bool:
    """Tell whether somebody records who holds a post in an office: its chief or the one above, who keeps the system, superusers."""
    may = {("chief_procurator", office), ("chief_procurator", facts.above.get(office, "")), ("system_admin", office)}
    return facts.people[who].superuser or _holds(facts, who, may | {("system_admin", facts.above.get(office, ""))})


def governs(facts: Facts, who: str, _account: str) -> bool:
    """Tell whether somebody changes an account at the doors for who keeps users, or gets rid of it: superusers alone.

    Whose it is goes another way (the profile): nobody of these people keeps users and is to have a post.
    """
    return facts.people[who].superuser


def organizes(facts: Facts, who: str, province: str) -> bool:
    """Tell whether somebody keeps offices and departments: the chief of the province, who keeps the system there, superusers."""
    return facts.people[who].superuser or _holds(facts, who, {(role, province) for role in _KEEP_OFFICES})


def _holds(facts: Facts, who: str, chosen: set[tuple[str, str]]) -> bool:
    person = facts.people[who]
    return person.signs_in and any((post.role, post.unit) in chosen for post in posts(person))
