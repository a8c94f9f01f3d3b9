"""Rules of validation V01–V18: what a record has to satisfy, and what there is to say when it does not.

Each rule is a row of `RULES` and a pure function from facts to findings. A finding that blocks is a refusal of
the act that asks; one that warns is shown and changes nothing, since papers are recorded as they arrive.
Some rules are part of an act that refuses by itself: `enforced_by` names it. Others belong to acts that are still to
come: such an act has only to ask, and `exists` says that there is none yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vks_plugin.cases.deadlines import Counting, DeadlineError
from vks_plugin.cases.folio_report import OF_DOCUMENTS, FolioReport, described
from vks_plugin.cases.folios import Label, NumberedOnceError, check_start
from vks_plugin.cases.persons import age_on
from vks_plugin.cases.proceedings import Happening, order_warnings
from vks_plugin.cases.running import Facts, vet
from vks_plugin.cases.secrecy import is_marked
from vks_plugin.text import Listing, Sentence
from vks_plugin.text import gettext_noop as _

Severity = Literal["block", "warn"]

ADULT = 18
"""Years at which somebody is an adult."""


@dataclass(frozen=True)
class Finding:
    """Something that does not fit, and where."""

    rule: str
    severity: Severity
    sentence: str
    """In Vietnamese, marked for translation; whoever shows it translates it."""
    part: str = "case"
    """`case`, a part of the record such as `accused`, or `event`, `deadline`, `folio`, `document`."""
    entry: int | None = None
    """The row of that part."""
    field: str = ""


Findings = tuple[Finding, ...]


# --- V01: one initiating decision, one case


@dataclass(frozen=True)
class KnownDecision:
    """Who registered a case with this number, date and agency already."""

    unit: str | None
    """Name of the office; none: nobody did."""
    initiated: bool = True
    """Whether it is a decision that initiates a case; other kinds have numbers of their own."""


def same_decision(facts: KnownDecision) -> Findings:
    """V01: refuse a second case of one decision and name only the other office: its case may not be the reader's."""
    if facts.unit is None:
        return ()
    template = (
        _("Vụ án có quyết định khởi tố này đã được %(unit)s đăng ký. Hãy liên hệ đơn vị đó.")
        if facts.initiated
        else _("Vụ việc có số, ngày, cơ quan này đã được %(unit)s đăng ký. Hãy liên hệ đơn vị đó.")
    )
    sentence = Sentence(template, unit=facts.unit)
    return (Finding("V01", "block", sentence, field="init_decision_no"),)


# --- V02: dates in order


@dataclass(frozen=True)
class RecordedEvent:
    """An event and its row."""

    entry: int
    happening: Happening


@dataclass(frozen=True)
class AccusedDays:
    """Days of decisions about one accused as the record has them."""

    entry: int
    name: str
    initiated_on: dt.date | None = None
    """The day the case was opened."""
    charged_on: dt.date | None = None
    approved_on: dt.date | None = None


@dataclass(frozen=True)
class DaysOfCase:
    """Everything that has a place in the order of proceedings."""

    events: tuple[RecordedEvent, ...] = ()
    """Oldest first."""
    accused: tuple[AccusedDays, ...] = ()
    opened_on: dt.date | None = None
    """The day of the decision, receipt or acceptance that identifies the case."""
    crime_on: dt.date | None = None
    handled_on: dt.date | None = None


def days_in_order(facts: DaysOfCase) -> Findings:
    """V02: warn of days that do not follow each other as proceedings do."""
    found: list[Finding] = []
    told: list[Happening] = []
    for each in facts.events:
        found += [
            Finding("V02", "warn", sentence, "event", each.entry, "happened_on")
            for sentence in order_warnings(told, each.happening)
        ]
        told.append(each.happening)
    if facts.opened_on is not None:
        if facts.crime_on is not None and facts.crime_on > facts.opened_on:
            template = _("Ngày phạm tội %(crime)s sau ngày khởi tố, tiếp nhận %(opened)s. Hãy kiểm tra lại.")
            sentence = Sentence(template, crime=_shown(facts.crime_on), opened=_shown(facts.opened_on))
            found.append(Finding("V02", "warn", sentence, "case", field="crime_date"))
        if facts.handled_on is not None and facts.handled_on < facts.opened_on:
            template = _("Ngày thụ lý %(handled)s trước ngày khởi tố, tiếp nhận %(opened)s. Hãy kiểm tra lại.")
            sentence = Sentence(template, handled=_shown(facts.handled_on), opened=_shown(facts.opened_on))
            found.append(Finding("V02", "warn", sentence, "case", field="handled_at"))
    for person in facts.accused:
        charged, approved = person.charged_on, person.approved_on
        if charged is not None and person.initiated_on is not None and charged < person.initiated_on:
            sentence = Sentence(
                _(
                    "%(name)s: ngày khởi tố bị can %(charged)s trước ngày khởi tố vụ án %(initiated)s. Hãy kiểm tra lại."
                ),
                name=person.name,
                charged=_shown(charged),
                initiated=_shown(person.initiated_on),
            )
            found.append(Finding("V02", "warn", sentence, "accused", person.entry, "init_decision_date"))
        if approved is not None and charged is not None and approved < charged:
            sentence = Sentence(
                _("%(name)s: ngày phê chuẩn %(approved)s trước ngày khởi tố bị can %(charged)s. Hãy kiểm tra lại."),
                name=person.name,
                approved=_shown(approved),
                charged=_shown(charged),
            )
            found.append(Finding("V02", "warn", sentence, "accused", person.entry, "approval_date"))
    return tuple(found)


# --- V03, V04: folios


def folios_complete(report: FolioReport) -> Findings:
    """V03: warn of every defect of the numbering that nobody has explained; nothing is renumbered."""
    return tuple(
        Finding(
            "V03",
            "warn",
            described(each),
            "document" if each.finding in OF_DOCUMENTS else "folio",
            each.documents[0] if each.documents else None,
        )
        for each in report.open
    )


@dataclass(frozen=True)
class FoliosToAdd:
    """Folio numbers that somebody wants to give."""

    first: int
    last_taken: int
    """The highest number there is; 0: none."""
    numbered: bool
    """Whether the file was numbered, which is done once, when the investigation ends."""


def folios_follow(facts: FoliosToAdd) -> Findings:
    """V04: once the file is numbered, numbers only follow the last one; the order stays."""
    if not facts.numbered:
        return ()
    try:
        check_start(facts.first, {Label(facts.last_taken)} if facts.last_taken else set(), explained=True)
    except NumberedOnceError as error:
        return (Finding("V04", "block", error.message, "folio", field="folio_from"),)
    return ()


# --- V05: sealing


CHECKED_BY_ANOTHER = _("Người kiểm tra chất lượng phải là người khác, không phải người quét.")


@dataclass(frozen=True)
class Sealing:
    """What a digitised file looks like when it is to be sealed."""

    inventories: int
    """Inventories of documents that were drawn up."""
    open_defects: int
    """Defects of the numbering that nobody explained."""
    unclassified: int
    """Documents without a type."""
    scanned_by: frozenset[int]
    checked_by: int | None
    """Who looked at the quality and let it pass; none: nobody yet."""
    confirmed_by_prosecutor: bool


def may_be_sealed(facts: Sealing) -> Findings:
    """V05: name everything that keeps the file from being sealed, not only the first thing."""
    found: list[tuple[Sentence, str]] = []
    if not facts.inventories:
        found.append((Sentence(_("Chưa lập thống kê tài liệu.")), "case"))
    if facts.open_defects:
        sentence = Sentence(_("Còn %(count)d chỗ bút lục thiếu, trùng chưa giải trình."), count=facts.open_defects)
        found.append((sentence, "folio"))
    if facts.unclassified:
        sentence = Sentence(_("Còn %(count)d tài liệu chưa phân loại."), count=facts.unclassified)
        found.append((sentence, "document"))
    if facts.checked_by is None:
        found.append((Sentence(_("Chưa kiểm tra chất lượng.")), "case"))
    elif facts.checked_by in facts.scanned_by:
        found.append((Sentence(CHECKED_BY_ANOTHER), "case"))
    if not facts.confirmed_by_prosecutor:
        found.append((Sentence(_("Kiểm sát viên thụ lý chưa xác nhận.")), "case"))
    return tuple(Finding("V05", "block", sentence, part) for sentence, part in found)


# --- V07: hand-over


@dataclass(frozen=True)
class ClosingHandOver:
    """How a hand-over of the paper file is opened or closed."""

    others_open: bool = False
    """Whether another hand-over of the same paper file is open."""
    other: str = ""
    """Which one that is, in words; empty: it is not told."""
    by_receiver: bool = True
    """Whether who closes it acts for the receiving side."""
    refused: bool = False
    failed: tuple[tuple[str, str], ...] = ()
    """Checks that were not passed: the field of each, and its words."""
    may_lack: frozenset[str] = frozenset()
    """Checks that need not be passed where what lacks is marked: a file that comes back in parts."""
    missing: str = ""
    """What is missing, where it is refused."""


def hand_over_closed(facts: ClosingHandOver) -> Findings:
    """V07: one open hand-over at a time, closed by the receiver, accepted only complete, refused only with a reason."""
    if facts.others_open and facts.other:
        sentence, field = (
            Sentence(_("Phần hồ sơ này đang có một lần giao nhận chưa xong: %(which)s."), which=facts.other),
            "",
        )
    elif facts.others_open:
        sentence, field = (
            Sentence(_("Phần hồ sơ này đang có một lần giao nhận chưa xong: hãy xử lý lần đó trước.")),
            "",
        )
    elif not facts.by_receiver:
        sentence, field = Sentence(_("Chỉ bên nhận được ghi nhận hoặc từ chối.")), ""
    elif facts.refused and not facts.missing:
        sentence, field = Sentence(_("Hãy ghi rõ những gì còn thiếu (không quá 2.000 chữ cái).")), "missing"
    elif facts.failed and not facts.refused:
        template = (
            _(
                "Chưa đủ điều kiện nhận: %(what)s. Hãy đánh dấu nếu đã kiểm và đủ; nếu không, bỏ đánh dấu đúng tập, vật chứng không có và ghi rõ phần thiếu để nhận phần còn lại, hoặc chọn “Chưa nhận”."
            )
            if {name for name, _label in facts.failed} <= facts.may_lack
            else _(
                "Chưa đủ điều kiện nhận: %(what)s. Hãy đánh dấu nếu đã kiểm và đủ; nếu không, chọn “Chưa nhận” và ghi rõ phần thiếu."
            )
        )
        sentence = Sentence(template, what=Listing(label for _field, label in facts.failed))
        field = facts.failed[0][0]
    else:
        return ()
    return (Finding("V07", "block", sentence, field=field),)


# --- V08, V09: extensions and custody


@dataclass(frozen=True)
class LimitsOfCase:
    """The events of a case, and what its time limits depend on besides."""

    kind: str
    events: tuple[RecordedEvent, ...]
    """Oldest first."""
    facts: Facts
    counting: Counting


def extensions_within_limits(facts: LimitsOfCase) -> Findings:
    """V08: warn of extensions beyond number, length or total of the table, and of those asked for too late."""
    found: list[Finding] = []
    told: list[Happening] = []
    for each in facts.events:
        if each.happening.amount is not None:
            found += [
                Finding("V08", "warn", sentence, "event", each.entry, "amount")
                for sentence in limit_doubts(facts.kind, told, facts.facts, each.happening, facts.counting)
            ]
        told.append(each.happening)
    return tuple(found)


def limit_doubts(
    kind: str, before: Sequence[Happening], facts: Facts, happening: Happening, counting: Counting
) -> tuple[str, ...]:
    """Return what there is to say of an extension or an order of custody, in sentences; none of it is a refusal.

    A return for supplementary investigation beyond the number the law gives is refused without a reason where it is
    recorded (`proceedings.advance`).
    """
    try:
        return tuple(vet(kind, before, facts, happening, counting))
    except DeadlineError as error:
        return (error.message,)


@dataclass(frozen=True)
class Custody:
    """A time limit of custody that runs."""

    entry: int
    name: str
    due_on: dt.date
    to_court: bool
    """Whether the case is on its way to the court, which is to be told earlier (Điều 244)."""


@dataclass(frozen=True)
class CustodyOfCase:
    """Everybody in custody, today."""

    custody: tuple[Custody, ...]
    today: dt.date


DAYS_BEFORE_CUSTODY_ENDS = 5
DAYS_BEFORE_CUSTODY_ENDS_AT_COURT = 7


def custody_seen_to(facts: CustodyOfCase) -> Findings:
    """V09: remind in time of custody that ends; that it was overstayed is for a person to say."""
    found: list[Finding] = []
    for each in facts.custody:
        days = DAYS_BEFORE_CUSTODY_ENDS_AT_COURT if each.to_court else DAYS_BEFORE_CUSTODY_ENDS
        if (each.due_on - facts.today).days > days:
            continue
        template = (
            _(
                "%(name)s: thời hạn tạm giam tính đến hết %(due)s: kiểm tra đã gia hạn, thay thế hay hủy bỏ biện pháp chưa."
            )
            if each.due_on < facts.today
            else _(
                "%(name)s: tạm giam đến hết %(due)s, còn không quá %(days)d ngày: kiểm tra còn đủ thời hạn (TTLT 04/2018 Điều 18, Điều 244)."
            )
        )
        sentence = Sentence(template, name=each.name, due=_shown(each.due_on), days=days)
        found.append(Finding("V09", "warn", sentence, "deadline", each.entry))
    return tuple(found)


# --- V10, V11: people under 18


@dataclass(frozen=True)
class AccusedAge:
    """What is known of the age of an accused."""

    entry: int
    name: str
    born_no_later_than: dt.date | None
    """The last day on which the person can have been born (Điều 417)."""
    offence_on: dt.date | None
    prosecuted_on: dt.date | None
    """The day proceedings were opened: an act lies before it."""


@dataclass(frozen=True)
class MinorsAmongAccused:
    """Ages in a case, and what the case says of itself."""

    accused: tuple[AccusedAge, ...]
    is_closed_trial: bool


def minors_among_accused(facts: MinorsAmongAccused) -> Findings:
    """V10: tell who was under 18 at the act, what that changes, and whose age cannot be settled yet."""
    found: list[Finding] = []
    minors = 0
    for person in facts.accused:
        day = person.offence_on or person.prosecuted_on
        if person.born_no_later_than is None or day is None or age_on(person.born_no_later_than, day) >= ADULT:
            continue
        minors += 1
        sentence = (
            Sentence(
                _(
                    "%(name)s chưa đủ 18 tuổi khi phạm tội: áp dụng thời hạn riêng, ẩn danh khi trình chiếu; ngày sinh chưa rõ thì tính theo Điều 417."
                ),
                name=person.name,
            )
            if person.offence_on is not None
            else Sentence(
                _("%(name)s chưa đủ 18 tuổi khi khởi tố vụ án: hãy nhập ngày phạm tội để tính đúng thời hạn riêng."),
                name=person.name,
            )
        )
        where = "birth_date" if person.offence_on is not None else "offence_date"
        found.append(Finding("V10", "warn", sentence, "accused", person.entry, where))
    if minors and not facts.is_closed_trial:
        sentence = Sentence(_("Vụ án có bị can dưới 18 tuổi: cân nhắc đề nghị xét xử kín (Điều 25)."))
        found.append(Finding("V10", "warn", sentence, field="is_closed_trial"))
    return tuple(found)


SEXUAL_ABUSE = frozenset({"141", "142", "143", "144", "145", "146", "147"})
TRAFFICKING = frozenset({"150", "151"})
VIOLENCE = frozenset({"134", "140", "185"})
"""Articles of the code of 2015 by which a charge is taken for sexual abuse, trafficking or violence. The list is
ours: the circular names the acts, not the articles."""


def is_sexual_offence(code_version: str, article: str) -> bool:
    """Tell whether a charge is one of `SEXUAL_ABUSE`; the codes before that of 2015 number these otherwise."""
    return code_version.startswith("blhs_2015") and article in SEXUAL_ABUSE


@dataclass(frozen=True)
class Victim:
    """A victim, and whether under 18 when it happened."""

    entry: int
    name: str
    is_minor: bool
    is_sexual_offence_victim: bool = False


@dataclass(frozen=True)
class MinorVictims:
    """Victims of a case and what it is about."""

    victims: tuple[Victim, ...]
    articles: frozenset[str]
    """Articles of the charges in force."""
    is_sexual_abuse_minor: bool
    is_closed_trial: bool


def minor_victims(facts: MinorVictims) -> Findings:
    """V11: suggest a closed trial where a victim under 18 was sexually abused, trafficked or treated violently."""
    young = [each for each in facts.victims if each.is_minor]
    if not young or facts.is_closed_trial:
        return ()
    abused = facts.is_sexual_abuse_minor or any(each.is_sexual_offence_victim for each in young)
    if not abused and not facts.articles & (SEXUAL_ABUSE | TRAFFICKING | VIOLENCE):
        return ()
    sentence = Sentence(
        _("Bị hại dưới 18 tuổi bị xâm hại tình dục, bạo hành hoặc mua bán: cân nhắc đánh dấu xét xử kín.")
    )
    return (Finding("V11", "warn", sentence, "person", young[0].entry, "is_closed_trial"),)


# --- V13: state secrets

STATE_SECRETS = frozenset({"mat", "toi_mat", "tuyet_mat"})
OPEN_LEVELS = frozenset({"thuong", "han_che_noi_bo"})


@dataclass(frozen=True)
class Sensitivity:
    """What a case or a paper is marked as."""

    level: str = "thuong"
    texts: tuple[str, ...] = ()
    """Title, file name and the like of a paper."""


def no_state_secrets(facts: Sensitivity) -> Findings:
    """V13: a state secret is not stored here; only where the paper lies is written down."""
    marked = any(map(is_marked, facts.texts))
    if facts.level in OPEN_LEVELS and not marked:
        return ()
    sentence = (
        Sentence(
            _(
                "Hệ thống không lưu tài liệu mật, tối mật, tuyệt mật: hãy lập thẻ chỉ dẫn (số, ngày, nơi giữ bản giấy) ở "
                "mục Thẻ chỉ dẫn của vụ án. Nếu tài liệu không mật, hãy bỏ dấu mật khỏi tên tệp và tên tài liệu."
            )
        )
        if marked
        else Sentence(_("Hệ thống không lưu hồ sơ mật, tối mật: chỉ ghi vị trí bản giấy theo quy định."))
    )
    return (Finding("V13", "block", sentence, field="title" if marked else "confidentiality"),)


# --- V15: disposal


@dataclass(frozen=True)
class Disposal:
    """A file that is to be destroyed."""

    retention: Literal["undetermined", "permanent", "years"]
    keep_until: dt.date | None
    """The last day it is kept, where that is counted in years."""
    on_hold: bool
    approved_by: frozenset[int]
    """Different people."""
    record_attached: bool
    """Whether the scanned record of the act is there."""
    today: dt.date


APPROVALS_FOR_DISPOSAL = 2


def may_be_destroyed(facts: Disposal) -> Findings:
    """V15: a settled period that is over, no hold, two people's approval and the signed record."""
    found: list[Sentence] = []
    if facts.retention == "undetermined" or (facts.retention == "years" and facts.keep_until is None):
        found.append(Sentence(_("Chưa xác định thời hạn bảo quản.")))
    elif facts.retention == "permanent":
        found.append(Sentence(_("Hồ sơ bảo quản vĩnh viễn: không tiêu hủy.")))
    elif facts.keep_until is not None and facts.today <= facts.keep_until:
        found.append(Sentence(_("Chưa hết thời hạn bảo quản (đến hết %(day)s)."), day=_shown(facts.keep_until)))
    if facts.on_hold:
        found.append(Sentence(_("Hồ sơ đang tạm dừng hủy.")))
    if len(facts.approved_by) < APPROVALS_FOR_DISPOSAL:
        found.append(Sentence(_("Cần ít nhất hai người khác nhau phê duyệt.")))
    if not facts.record_attached:
        found.append(Sentence(_("Chưa có biên bản tiêu hủy.")))
    return tuple(Finding("V15", "block", sentence) for sentence in found)


# --- V16: locked periods


@dataclass(frozen=True)
class ChangeOfPeriod:
    """A change of data that a reported period counted."""

    locked: bool
    reason: str = ""
    approved_by: int | None = None
    corrected_by: int | None = None


def period_stays(facts: ChangeOfPeriod) -> Findings:
    """V16: what was reported stays; a correction is written beside it, with a reason and somebody else's approval."""
    if not facts.locked:
        return ()
    found: list[Sentence] = []
    if not facts.reason.strip():
        found.append(Sentence(_("Kỳ thống kê đã khóa: hiệu chỉnh phải nêu lý do.")))
    if facts.approved_by is None or facts.approved_by == facts.corrected_by:
        found.append(Sentence(_("Kỳ thống kê đã khóa: hiệu chỉnh phải có người khác duyệt.")))
    return tuple(Finding("V16", "block", sentence) for sentence in found)


# --- V17: merging and splitting

MERGED, SPLIT = "da_nhap", "da_tach"
"""Statuses of what went into another case, or into one of its own."""


@dataclass(frozen=True)
class Ancestry:
    """How a case hangs together with those it went into or came from."""

    status: str
    merged_into: int | None = None
    """The case it was merged into, where the record says so."""
    splits: int = 0
    """Cases that were split from it."""
    people_split: int = 0
    """Accused who were split off."""


def merged_and_split(facts: Ancestry) -> Findings:
    """V17: what was merged says into what, and what was split off says whereto.

    That the case split off has copies with numbers of their own needs no rule: a document lies in one case only.
    """
    found: list[Finding] = []
    if facts.status == MERGED and facts.merged_into is None:
        sentence = Sentence(_("Vụ án đã nhập nhưng chưa ghi nhập vào vụ nào: hãy thêm vụ liên quan."))
        found.append(Finding("V17", "warn", sentence, "relation"))
    if facts.status != MERGED and facts.merged_into is not None:
        sentence = Sentence(_("Vụ án ghi là nhập vào vụ khác nhưng chưa ghi sự kiện nhập vụ án."))
        found.append(Finding("V17", "warn", sentence, "event"))
    if facts.people_split and not facts.splits:
        sentence = Sentence(_("Có bị can đã tách nhưng chưa có vụ án nào tách ra từ vụ này: hãy thêm vụ liên quan."))
        found.append(Finding("V17", "warn", sentence, "relation"))
    return tuple(found)


def counts_as_case(status: str) -> bool:
    """Tell whether a case counts in figures: one that was merged counts with the case that took it (V17)."""
    return status != MERGED


@dataclass(frozen=True)
class Merging:
    """Two cases that are to become one."""

    same: bool
    source_kind: str
    target_kind: str
    has_events: bool
    """Whether cases of this kind are merged at all."""
    widens: bool = False
    """Whether the source is restricted and the target is not: its people would be seen by more."""


def may_be_merged(facts: Merging) -> Findings:
    """V17: two different cases of one kind, of which there is merging; nobody sees more people by it unasked."""
    if facts.same:
        sentence = Sentence(_("Không nhập một vụ án vào chính nó: hãy chọn vụ khác."))
    elif facts.source_kind != facts.target_kind:
        sentence = Sentence(_("Chỉ nhập các vụ án cùng loại."))
    elif not facts.has_events:
        sentence = Sentence(_("Loại vụ án này không nhập, không tách."))
    elif facts.widens:
        sentence = Sentence(
            _("Vụ này hạn chế nội bộ mà vụ nhận thì không: hãy đặt vụ nhận hạn chế nội bộ trước khi nhập.")
        )
    else:
        return ()
    return (Finding("V17", "block", sentence, field="target"),)


# --- V18: days as people write them, and as they are kept


def _shown(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


@dataclass(frozen=True)
class StoredDay:
    """A day in a field that only cases of one kind have; such fields are kept as text."""

    field: str
    label: str
    value: str


def days_stored(facts: Iterable[StoredDay]) -> Findings:
    """V18: days are kept as ISO, so that they sort and compare; people see and type dd/mm/yyyy.

    The clock of the installation is looked at by `vks_doctor`.
    """
    return tuple(
        Finding(
            "V18", "warn", Sentence(_("%(label)s: hãy nhập ngày dạng dd/mm/yyyy."), label=each.label), field=each.field
        )
        for each in facts
        if not _is_iso_day(each.value)
    )


def _is_iso_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# --- the table


@dataclass(frozen=True)
class ValidationRule:
    """A row of the table."""

    id: str
    title: str
    severity: Severity
    """The most it does: what blocks may also warn, what warns never blocks."""
    source: str
    verified: bool
    """Whether the source was read and settles the rule; otherwise it is this project's proposal."""
    consulted: str
    """Where it is asked, or will be."""
    exists: bool
    """Whether there is an act that keeps it yet."""
    checks: tuple[Callable[[Any], Findings], ...] = ()
    enforced_by: tuple[str, ...] = ()
    """Dotted names of what refuses by itself, where the rule is part of an act and not asked of this module."""


_OURS = _("Đề xuất của phần mềm")

RULES: tuple[ValidationRule, ...] = (
    ValidationRule(
        "V01",
        _("Một quyết định khởi tố, một vụ án trong toàn tỉnh"),
        "block",
        _("Khóa kiểm trùng của phần mềm quản lý án toàn ngành"),
        verified=False,
        consulted=_("Đăng ký, sửa, nạp danh sách, khởi tố từ nguồn tin, tách vụ án"),
        exists=True,
        checks=(same_decision,),
    ),
    ValidationRule(
        "V02",
        _("Ngày theo trình tự tố tụng"),
        "warn",
        _OURS,
        verified=False,
        consulted=_("Ghi sự kiện tố tụng; mục “Cần xem lại”"),
        exists=True,
        checks=(days_in_order,),
    ),
    ValidationRule(
        "V03",
        _("Bút lục liên tục, không trùng, mỗi bút lục một tập; thiếu, trùng phải giải trình"),
        "warn",
        "TTLT 04/2018 Điều 35",
        verified=True,
        consulted=_("Mục “Cần xem lại”; trang bút lục"),
        exists=True,
        checks=(folios_complete,),
    ),
    ValidationRule(
        "V04",
        _("Đã đánh số thì chỉ đánh nối tiếp, không đổi thứ tự"),
        "block",
        "TTLT 04/2018 Điều 35",
        verified=True,
        consulted=_("Đánh số bút lục"),
        exists=True,
        checks=(folios_follow,),
    ),
    ValidationRule(
        "V05",
        _("Đủ điều kiện mới kết thúc số hóa"),
        "block",
        _OURS,
        verified=False,
        consulted=_("Kết thúc số hóa"),
        exists=True,
        checks=(may_be_sealed,),
    ),
    ValidationRule(
        "V06",
        _("Đã kết thúc số hóa thì không sửa, chỉ bổ sung"),
        "block",
        "TTLT 02/2018",
        verified=False,
        consulted=_("Mọi việc làm với tài liệu sau khi kết thúc số hóa"),
        exists=True,
        enforced_by=("vks_plugin.host.filed.refuse_frozen", "vks_plugin.host.filed.frozen_among"),
    ),
    ValidationRule(
        "V07",
        _("Mỗi bản giấy một lần giao nhận; bên nhận kết thúc; từ chối phải nêu thiếu gì"),
        "block",
        "Điều 238, Điều 276 BLTTHS",
        verified=True,
        consulted=_("Giao nhận hồ sơ"),
        exists=True,
        checks=(hand_over_closed,),
    ),
    ValidationRule(
        "V08",
        _("Gia hạn không quá số lần, tổng thời gian; đề nghị đúng hạn"),
        "warn",
        "Điều 147, 172, 173, 174, 240, 277 BLTTHS",
        verified=True,
        consulted=_("Ghi sự kiện tố tụng; mục “Cần xem lại”"),
        exists=True,
        checks=(extensions_within_limits,),
    ),
    ValidationRule(
        "V09",
        _("Đang tạm giam: kiểm tra còn đủ thời hạn khi chuyển giai đoạn và trước khi hết"),
        "warn",
        "TTLT 04/2018 Điều 18; Điều 244 BLTTHS",
        verified=True,
        consulted=_("Ghi sự kiện tố tụng; mục “Cần xem lại”"),
        exists=True,
        checks=(custody_seen_to,),
    ),
    ValidationRule(
        "V10",
        _("Bị can dưới 18 tuổi khi phạm tội"),
        "warn",
        "Điều 417 BLTTHS; Luật 59/2024/QH15",
        verified=False,
        consulted=_("Mục “Cần xem lại”"),
        exists=True,
        checks=(minors_among_accused,),
    ),
    ValidationRule(
        "V11",
        _("Bị hại dưới 18 tuổi bị xâm hại tình dục, bạo hành, mua bán: xét xử kín, che khi trình chiếu"),
        "block",
        "Thông tư 02/2018/TT-TANDTC Điều 7",
        verified=False,
        consulted=_("Mục “Cần xem lại”; xuất bài trình chiếu"),
        exists=True,
        checks=(minor_victims,),
        enforced_by=("vks_plugin.court.deck.rules.examine",),
    ),
    ValidationRule(
        "V12",
        _("Slide chỉ chiếu bút lục đã kết thúc số hóa, không có hồ sơ kiểm sát"),
        "block",
        _OURS,
        verified=False,
        consulted=_("Xuất bài trình chiếu"),
        exists=True,
        enforced_by=("vks_plugin.court.deck.rules.examine",),
    ),
    ValidationRule(
        "V13",
        _("Không lưu bí mật nhà nước"),
        "block",
        "Quyết định 1180/QĐ-TTg",
        verified=False,
        consulted=_("Đăng ký, sửa vụ án; nộp tài liệu"),
        exists=True,
        checks=(no_state_secrets,),
    ),
    ValidationRule(
        "V14",
        _("Chuyển vụ án: quyền chuyển cùng lúc nhận, không lúc nào không thuộc ai"),
        "block",
        _OURS,
        verified=False,
        consulted=_("Chuyển vụ án sang đơn vị khác"),
        exists=True,
        enforced_by=("vks_plugin.access.transfers.move_case",),
    ),
    ValidationRule(
        "V15",
        _("Điều kiện tiêu hủy hồ sơ"),
        "block",
        _OURS,
        verified=False,
        consulted=_("Tiêu hủy hồ sơ"),
        exists=True,
        checks=(may_be_destroyed,),
    ),
    ValidationRule(
        "V16",
        _("Kỳ thống kê đã khóa không đổi; hiệu chỉnh có lý do và người duyệt"),
        "block",
        _OURS,
        verified=False,
        consulted=_("Hiệu chỉnh thống kê"),
        exists=False,
        checks=(period_stays,),
    ),
    ValidationRule(
        "V17",
        _("Nhập vụ án: vụ nhập giữ hồ sơ, đếm theo vụ nhận; tách vụ án: bản sao, đánh số riêng"),
        "block",
        "TTLT 04/2018 Điều 14",
        verified=False,
        consulted=_("Nhập, tách vụ án; mục “Cần xem lại”"),
        exists=True,
        checks=(may_be_merged, merged_and_split),
    ),
    ValidationRule(
        "V18",
        _("Ngày ghi dd/mm/yyyy, lưu theo ISO, múi giờ Việt Nam"),
        "warn",
        _OURS,
        verified=False,
        consulted=_("Mọi biểu mẫu; mục “Cần xem lại”; vks_doctor"),
        exists=True,
        checks=(days_stored,),
    ),
)
