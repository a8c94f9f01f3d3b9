"""Which papers of a case go into a bundle, by its preset and by what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vks_plugin.cases.folio_queries import folio_report, is_withheld, withheld_ranges
from vks_plugin.cases.folio_report import Finding
from vks_plugin.cases.folios import parse_labels
from vks_plugin.cases.models import CaseDocument, CaseFile, FolioProfile
from vks_plugin.conf import MEBIBYTE, configuration
from vks_plugin.court.deck.rendering import page_sizes, page_texts
from vks_plugin.court.deck.rules import DELIBERATION_TYPES, EVIDENCE_GROUPS, INTERNAL_GROUPS, TESTIMONY_GROUPS
from vks_plugin.court.masking import PersonFacts, named_in
from vks_plugin.court.models import Bundle, Redaction
from vks_plugin.court.plan import CORNERS, VolumeLimits
from vks_plugin.court.protected import masks_of
from vks_plugin.court.redaction import Mark, long_enough, propose
from vks_plugin.court.words import Box
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import readable_pdf, text_of

Preset = Bundle.Preset

HEADINGS: dict[str, str] = {
    Preset.WHOLE: "TẬP HỒ SƠ VỤ ÁN",
    Preset.COURT: "CÁO TRẠNG VÀ CHỨNG CỨ",
    Preset.LEADERS: "HỒ SƠ TRÌNH LÃNH ĐẠO",
    Preset.DEFENCE: "BẢN SAO TÀI LIỆU HỒ SƠ VỤ ÁN",
    Preset.EXTRACT: "TRÍCH LỤC HỒ SƠ VỤ ÁN",
    Preset.CORE: "TẬP LÕI HỒ SƠ VỤ ÁN",
    Preset.SUPPLEMENT: "TẬP HỒ SƠ VỤ ÁN",
}
"""What stands on the cover."""
CHOSEN = frozenset({Preset.EXTRACT, Preset.CORE})
"""Presets that hold what was picked, and nothing when nothing was."""
_CHOSEN_FROM = frozenset({Preset.WHOLE, Preset.COURT, Preset.LEADERS, Preset.DEFENCE})
"""Presets that say on the cover what they are, and therefore also when something of it was not picked."""
_WHOLE_FILE = frozenset({Preset.WHOLE, Preset.LEADERS, Preset.SUPPLEMENT})
"""Presets in which a folio that is missing would be missed."""
BEFORE_CONCLUSION = frozenset({"nguon_tin", "khoi_to", "dieu_tra"})
"""Stages in which the accused does not yet read the digitised file (TTLT 02/2018)."""
_TO_TRIAL = ("qd_xet_xu", "qd_xet_xu_pt")
"""Events: the decision that brings the case to trial."""
_TRIED = frozenset({"phuc_tham", "giam_doc_tham_tai_tham", "thi_hanh_an"})
"""Stages that only follow it."""
_UNDER_A_CARD = gettext_lazy("Mang bút lục của tài liệu mật có thẻ chỉ dẫn: hãy gỡ khỏi hồ sơ hoặc sửa bút lục.")
BY_PROFILE = "profile"
"""The corner in which those who numbered the file put their stamps."""
_MOST_PAGES = 50_000
_MOST_MEGABYTES = 10_000
_MOST_DOCUMENTS = 20_000


@dataclass(frozen=True)
class Wishes:
    """What a bundle is asked to hold and to look like."""

    documents: tuple[int, ...] = ()
    """Ids in the host; empty for everything."""
    folios: str = ""
    """Folios whose documents go in: `1–20, 35`; empty for everything."""
    volume_pages: int = 0
    """Most pages of a volume; 0 for `VKS_BUNDLE_VOLUME_PAGES`."""
    volume_megabytes: int = 0
    """Heaviest volume, in mebibytes; 0 for `VKS_BUNDLE_VOLUME_MEGABYTES`."""
    corner: str = ""
    """Where the folio is stamped; one of `plan.CORNERS`, or `BY_PROFILE`."""
    agency: bool = False
    """Whether the stamp says who put the folio on."""
    redacted: bool = False
    """Whether a copy with something taken out stands in for its document, where there is one."""
    accept_gaps: bool = False
    """Whether folios may be missing without an explanation; the cover then names them."""
    skip_equal: bool = False
    """Whether papers that show the same as an earlier one are left out; else the index marks them."""

    def __post_init__(self) -> None:
        if self.corner not in {*CORNERS, BY_PROFILE}:
            raise BadInput(_("Vị trí bút lục không có trong danh mục."), field="corner")
        if not 0 <= self.volume_pages <= _MOST_PAGES:
            raise BadInput(_("Số trang mỗi tập từ 1 đến %(most)d.") % {"most": _MOST_PAGES}, field="volume_pages")
        if not 0 <= self.volume_megabytes <= _MOST_MEGABYTES:
            raise BadInput(
                _("Dung lượng mỗi tập từ 1 đến %(most)d MB.") % {"most": _MOST_MEGABYTES}, field="volume_megabytes"
            )
        if len(self.documents) > _MOST_DOCUMENTS:
            raise BadInput(_("Chọn nhiều nhất %(most)d tài liệu.") % {"most": _MOST_DOCUMENTS}, field="documents")

    def limits(self) -> VolumeLimits:
        """Return what a volume may hold."""
        given = configuration()
        return VolumeLimits(
            self.volume_pages or given.bundle_volume_pages,
            (self.volume_megabytes or given.bundle_volume_megabytes) * MEBIBYTE,
        )

    def as_data(self) -> dict[str, Any]:
        """Return what is kept of them."""
        return asdict(self) | {"documents": sorted(self.documents)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Wishes:
        """Return the wishes that were kept."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**(known | {"documents": tuple(known.get("documents", ()))}))


@dataclass(frozen=True)
class Offered:
    """A paper of the case file, as somebody may pick it for a bundle of one preset."""

    filed: CaseDocument
    why_not: str = ""
    """Why this preset leaves it out, in a sentence; empty when it may be picked."""
    inside: bool = False
    """Whether it is in it whatever is picked: a bundle that is added to keeps what it has."""

    @property
    def open(self) -> bool:
        """Whether it may be picked, and left out."""
        return not self.why_not and not self.inside


@dataclass
class Choice:
    """What goes in."""

    preset: str
    """What is written on the cover: of a supplement, the preset of the bundle it began with."""
    groups: list[list[CaseDocument]]
    """What it begins with, then each later addition."""
    left_out: list[tuple[CaseDocument, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    redactions: dict[int, Redaction] = field(default_factory=dict)
    """From document to the copy that stands in for it."""
    defence: bool = False
    """Whether accused or defender will read it: itself, or as a part of what they read."""
    main_pages: dict[int, int] = field(default_factory=dict)
    """Of a core bundle: from document to its first page in the main bundle."""

    @property
    def documents(self) -> list[CaseDocument]:
        """Everything that goes in."""
        return [document for group in self.groups for document in group]


def choose(
    case: CaseFile, filed: Sequence[CaseDocument], *, preset: str, wishes: Wishes, earlier: Bundle | None
) -> Choice:
    """Choose among the papers somebody may read.

    Raises:
        BadInput: nothing is left, a wish names what is not there, or folios are missing without an explanation.
    """
    _mind_earlier(preset, earlier)
    picked = _picked(filed, wishes)
    if preset in CHOSEN and len(picked) == len(filed) and not (wishes.documents or wishes.folios):
        raise BadInput(_("Hãy chọn tài liệu: nêu bút lục, ví dụ 1–20, 35."), field="folios")
    if preset == Preset.SUPPLEMENT:
        assert earlier is not None  # noqa: S101 - looked at above
        chosen = _supplemented(filed, picked, earlier)
    elif preset == Preset.CORE:
        assert earlier is not None  # noqa: S101 - looked at above
        chosen = _core(picked, earlier)
    else:
        chosen = Choice(preset, [picked])
    if preset == Preset.COURT:
        if wishes.documents or wishes.folios:
            # asked for by name, each is told of; of a whole file the preset is what it says
            chosen.left_out += [(each, why) for each in picked if (why := _why_not_in_court(each))]
        chosen.groups = [_for_the_court(group) for group in chosen.groups]
        if not chosen.documents:
            raise BadInput(
                _("Hồ sơ chưa có cáo trạng hay tài liệu chứng cứ nào đã phân loại: hãy phân loại tài liệu trước."),
                field="preset",
            )
    _keep_secrets_out(case, chosen)
    if preset == Preset.LEADERS:
        chosen.groups = [sorted(group, key=_by_group) for group in chosen.groups]
    before = _chain(earlier)
    chosen.defence = _is_for_the_defence(preset, earlier)
    if chosen.defence or wishes.redacted or any(each.options.get("redacted") for each in before):
        chosen.redactions = redactions_of(chosen.documents)
    if chosen.defence:
        _for_the_defence(case, chosen)
    elif unread := [each for each in chosen.documents if _is_unread(chosen.redactions.get(each.pk))]:
        raise BadInput(
            _("Bản đã che của “%(title)s” chưa được đọc lại: hãy đọc lại và xác nhận trước khi lập tập.")
            % {"title": unread[0].title},
            field="redacted",
        )
    if preset in _WHOLE_FILE:
        _mind_gaps(case, chosen, wishes)
    if preset in _CHOSEN_FROM and len(picked) < len(filed):
        chosen.notes.append(_("Chỉ gồm những tài liệu người lập đã chọn, không phải cả hồ sơ."))
    return chosen


def offer(case: CaseFile, filed: Sequence[CaseDocument], *, preset: str, earlier: Bundle | None) -> list[Offered]:
    """Return what may be picked for a bundle of a preset, and what its rules leave out, in the bundle's order.

    Raises:
        BadInput: such a bundle cannot be made at all, or not without an earlier one.
    """
    _mind_earlier(preset, earlier)
    inside: set[int] = set()
    whole = list(filed)
    if preset == Preset.SUPPLEMENT:
        assert earlier is not None  # noqa: S101 - looked at above
        *kept, late = _supplemented(filed, filed, earlier).groups
        whole = [each for group in (*kept, late) for each in group]
        inside = {each.pk for group in kept for each in group}
    elif preset == Preset.LEADERS:
        whole.sort(key=_by_group)
    elif preset == Preset.COURT:
        whole.sort(key=_is_no_indictment)
    why_not = _rule_of(case, whole, preset, earlier)
    return [Offered(each, why_not(each), each.pk in inside) for each in whole]


def _rule_of(
    case: CaseFile, filed: Sequence[CaseDocument], preset: str, earlier: Bundle | None
) -> Callable[[CaseDocument], str]:
    """Return what tells why a preset leaves a paper out; an empty sentence: it does not."""
    held = withheld_ranges(case)
    main = _rows_of(earlier) if preset == Preset.CORE and earlier is not None else None
    defence = _is_for_the_defence(preset, earlier)
    secret: Sequence[PersonFacts] = ()
    copies: Mapping[int, Redaction] = {}
    if defence:
        _mind_stage(case)
        secret, copies = masks_of(case), redactions_of(filed)

    def why_not(each: CaseDocument) -> str:
        if is_withheld(each, held):
            return str(_UNDER_A_CARD)
        if preset == Preset.COURT and (why := _why_not_in_court(each)):
            return why
        if main is not None and not _is_in(main, each):
            return str(_("Không có trong tập chính, hoặc đã thay đổi từ đó."))
        return _why_not(each, secret, copies.get(each.pk)) if defence else ""

    return why_not


def _mind_earlier(preset: str, earlier: Bundle | None) -> None:
    builds_on = preset in {Preset.CORE, Preset.SUPPLEMENT}
    if builds_on and earlier is None:
        raise BadInput(_("Hãy chọn tập đã lập mà tập này dựa vào."), field="earlier")
    if earlier is not None and not builds_on:
        raise BadInput(_("Mẫu này không dựa vào tập đã lập: hãy bỏ chọn tập đó."), field="earlier")


def _is_for_the_defence(preset: str, earlier: Bundle | None) -> bool:
    """Tell whether accused or defender will read it: itself, or as a part of what they read."""
    return Preset.DEFENCE in {preset, *(each.preset for each in _chain(earlier))}


def _chain(bundle: Bundle | None) -> list[Bundle]:
    """Return a bundle and everything it builds on."""
    found = []
    while bundle is not None:
        found.append(bundle)
        bundle = bundle.earlier
    return found


def _picked(filed: Sequence[CaseDocument], wishes: Wishes) -> list[CaseDocument]:
    if wishes.documents:
        known = {each.document_id for each in filed}
        unknown = [pk for pk in wishes.documents if pk not in known]
        if unknown:
            raise BadInput(
                _("Tài liệu số %(number)d không có trong hồ sơ vụ án này.") % {"number": unknown[0]}, field="documents"
            )
        wanted = set(wishes.documents)
        filed = [each for each in filed if each.document_id in wanted]
    if wishes.folios.strip():
        labels = {str(label) for label in parse_labels(wishes.folios, field="folios")}
        there = {folio.label: each for each in filed for folio in each.folios.all() if folio.label}
        absent = [label for label in labels if label not in there]
        if absent:
            named = ", ".join(sorted(absent)[:5])
            raise BadInput(_("Không có tài liệu nào mang bút lục %(folios)s.") % {"folios": named}, field="folios")
        inside = {there[label].pk for label in labels}
        filed = [each for each in filed if each.pk in inside]
    return list(filed)


INDICTMENT_TYPES = frozenset({"CT", "CTTT", "QDTTRG"})
"""The indictment, that of the simplified procedure, and the decision that stands in its place there."""


def corner_by_profile(filed: Iterable[CaseDocument]) -> str:
    """Return the corner in which the office that numbered most of these papers stamps folios; empty when nobody knows."""
    numbered = Counter(
        (folio.stamped_by, each.counting)
        for each in filed
        for folio in each.folios.all()
        if folio.stamped_by and folio.label
    )
    if not numbered:
        return ""
    (agency, counting), _times = numbered.most_common(1)[0]
    profiles = FolioProfile.objects.filter(agency=agency).exclude(numbering=FolioProfile.Numbering.NONE)
    # stamps by the sheet and by the page may stand elsewhere
    usual = sorted(profiles, key=lambda each: (each.counting != counting, not each.verified, each.position))
    return usual[0].corner if usual else ""


def _why_not_in_court(filed: CaseDocument) -> str:
    """Return why a paper is neither the indictment nor what proves it; empty when it is."""
    kind = filed.document_type
    if kind is None:
        return str(_("Chưa phân loại: hãy phân loại tài liệu nếu là chứng cứ."))
    if kind.code in INDICTMENT_TYPES or kind.group_code in {*EVIDENCE_GROUPS, *TESTIMONY_GROUPS}:
        return ""
    return str(_("Loại này không phải cáo trạng, chứng cứ: lập theo mẫu khác nếu cần."))


def _is_no_indictment(filed: CaseDocument) -> bool:
    return filed.document_type is None or filed.document_type.code not in INDICTMENT_TYPES


def _for_the_court(group: Sequence[CaseDocument]) -> list[CaseDocument]:
    """Return the indictment and what proves it, the indictment first, all else as it stands in the file."""
    return sorted((each for each in group if not _why_not_in_court(each)), key=_is_no_indictment)


def _by_group(filed: CaseDocument) -> tuple[bool, int, bool, str, int]:
    kind = filed.document_type
    date = filed.date
    return (kind is None, kind.position if kind else 0, date is None, date.isoformat() if date else "", filed.pk)


def _supplemented(filed: Sequence[CaseDocument], picked: Sequence[CaseDocument], earlier: Bundle) -> Choice:
    """Keep everything where it is, and put behind it what is not there yet."""
    by_id = {each.document_id: each for each in filed}
    groups = []
    for rows in (earlier.layout["begun"], *earlier.layout["late"]):
        group = []
        for document, sha256, pages, first in rows:
            there = by_id.get(document)
            if there is None or there.sha256 != sha256 or there.page_count != pages:
                raise BadInput(
                    _(
                        "Tài liệu ở trang %(page)d của tập trước không còn trong hồ sơ hoặc đã thay đổi: hãy lập tập mới."
                    )
                    % {"page": first},
                    field="earlier",
                )
            group.append(there)
        groups.append(group)
    inside = {each.pk for group in groups for each in group}
    late = [each for each in picked if each.pk not in inside]
    if not late:
        raise BadInput(_("Không có tài liệu nào mới so với tập trước."), field="earlier")
    first_bundle = earlier
    while first_bundle.preset == Preset.SUPPLEMENT and first_bundle.earlier is not None:
        first_bundle = first_bundle.earlier
    return Choice(first_bundle.preset, [*groups, late])


def _core(picked: Sequence[CaseDocument], earlier: Bundle) -> Choice:
    """Take some documents of a bundle, each with the page it has there."""
    main = _rows_of(earlier)
    for each in picked:
        if not _is_in(main, each):
            raise BadInput(
                _("“%(title)s” không có trong tập chính, hoặc đã thay đổi từ đó.") % {"title": each.title},
                field="earlier",
            )
    return Choice(
        Preset.CORE, [list(picked)], main_pages={each.pk: main[each.document_id].first_page for each in picked}
    )


class _Row(NamedTuple):
    """Where a document stands in a finished bundle."""

    sha256: str
    pages: int
    first_page: int


def _rows_of(earlier: Bundle) -> dict[int, _Row]:
    """Return the documents of a finished bundle by their ids in the host."""
    rows = [row for group in (earlier.layout["begun"], *earlier.layout["late"]) for row in group]
    return {document: _Row(sha256, pages, first) for document, sha256, pages, first in rows}


def _is_in(main: Mapping[int, _Row], filed: CaseDocument) -> bool:
    row = main.get(filed.document_id)
    return row is not None and (row.sha256, row.pages) == (filed.sha256, filed.page_count)


def redactions_of(filed: Sequence[CaseDocument]) -> dict[int, Redaction]:
    """Return the newest copy of each document that was made of the document as it is now."""
    found: dict[int, Redaction] = {}
    rows = Redaction.objects.filter(case_document__in=[each.pk for each in filed]).order_by("created_at")
    filed_as = {each.pk: each.sha256 for each in filed}
    for row in rows:
        if row.filed_sha256 == filed_as[row.case_document_id] and row.path.is_file():
            found[row.case_document_id] = row
    return found


def is_file(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and has this SHA-256."""
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def copies_told(case: CaseFile, wanted: Iterable[str]) -> frozenset[str]:
    """Return those of some SHA-256 by which the ledger has that a redacted copy was made.

    Mostly by the entries of the case; a paper that came from another case was redacted there.
    """
    left = set(wanted)
    told = _told_in(case.pk, left)
    if left := left - told:
        rows = Redaction.objects.filter(case_document__case=case, sha256__in=left).exclude(made_in=case)
        for elsewhere in sorted(rows.exclude(made_in=None).order_by().values_list("made_in", flat=True).distinct()):
            told |= _told_in(elsewhere, left - told)
    return frozenset(told)


def _told_in(case: int, wanted: Set[str]) -> set[str]:
    """Return those of some SHA-256 that entries of one case have, the newest first: the whole log has no index by act."""
    told: set[str] = set()
    if wanted:
        made = LedgerEntry.objects.filter(case=case, kind="document_redacted").only("line").order_by("-seq")
        for row in made.iterator(chunk_size=200):
            told |= wanted & {row.said["data"].get("sha256")}
            if told == wanted:
                break
    return told


def another_file(title: str) -> Conflict:
    """Return the refusal to hand out what lies in the place of a redacted copy."""
    return Conflict(
        _(
            "“%(title)s”: tệp trên máy chủ không phải bản đã che mà sổ cái ghi, không đưa ra ngoài. Hãy báo lãnh đạo và quản trị, "
            "rồi lập bản đã che mới."
        )
        % {"title": title}
    )


def reading_remark(case: CaseFile) -> str:
    """Return what is to be thought of before the accused is handed papers; empty when nothing is.

    TTLT 02/2018 lets the accused read digitised papers until the decision that brings the case to trial; nothing was
    read that forbids it later, so it is a remark and not a refusal.
    """
    if case.stage in BEFORE_CONCLUSION:
        return ""
    decided = case.events.filter(event__in=_TO_TRIAL, withdrawn_at=None).exists()
    if not decided and case.stage not in _TRIED:
        return ""
    return _(
        "Đã có quyết định đưa vụ án ra xét xử: TTLT 02/2018 nêu bị can đọc, ghi chép đến trước quyết định này, hãy cân nhắc trước khi giao."
    )


def _keep_secrets_out(case: CaseFile, chosen: Choice) -> None:
    """Leave out what stands under the folios of a paper that is withheld as a state secret.

    Only a card stands for such a paper here (thẻ chỉ dẫn), so one that was filed under its folios either is that paper
    or has a wrong folio; neither leaves the office in a bundle.
    """
    held = withheld_ranges(case)
    secret = [each for each in chosen.documents if is_withheld(each, held)]
    if not secret:
        return
    chosen.left_out += [(each, str(_UNDER_A_CARD)) for each in secret]
    chosen.groups = [[each for each in group if each not in secret] for group in chosen.groups]
    if not chosen.documents:
        raise BadInput(_("Không còn tài liệu nào để lập tập: mọi tài liệu được chọn mang bút lục của tài liệu mật."))
    chosen.notes.append(
        _("%(number)d tài liệu không đưa vào vì mang bút lục của tài liệu mật có thẻ chỉ dẫn.")
        % {"number": len(secret)}
    )


def _for_the_defence(case: CaseFile, chosen: Choice) -> None:
    """Leave out what the accused and their defender may not read."""
    _mind_stage(case)
    secret = masks_of(case)
    groups, whole = [], chosen.groups
    for group in whole:
        kept = []
        for each in group:
            why = _why_not(each, secret, chosen.redactions.get(each.pk))
            if why:
                chosen.left_out.append((each, why))
            else:
                kept.append(each)
        groups.append(kept)
    chosen.groups = groups
    if not chosen.documents:
        raise BadInput(_("Không còn tài liệu nào được đưa cho bị can, người bào chữa: hãy che thông tin trước."))
    kept_back = sum(len(before) - len(after) for before, after in zip(whole, groups, strict=True))
    if kept_back:
        chosen.notes.append(
            _("%(number)d tài liệu không đưa vào bản này vì có thông tin phải giữ kín.") % {"number": kept_back}
        )


def _mind_stage(case: CaseFile) -> None:
    """Refuse what the accused does not read yet."""
    if case.stage in BEFORE_CONCLUSION:
        raise BadInput(
            _(
                "Bản này lập được từ khi kết thúc điều tra: bị can đọc, ghi chép tài liệu số hóa từ lúc đó đến trước quyết định đưa vụ án ra xét xử (TTLT 02/2018)."
            ),
            field="preset",
        )


def _why_not(filed: CaseDocument, secret: Sequence[PersonFacts], copy: Redaction | None) -> str:
    """Return why a paper may not be handed to the defence; empty when it may."""
    kind = filed.document_type
    if kind is not None and kind.code in DELIBERATION_TYPES:
        return str(_("Việc nghị án là bí mật."))
    if kind is not None and kind.group_code in INTERNAL_GROUPS:
        return str(_("Tài liệu nội bộ của Viện kiểm sát."))
    # what the index prints of it
    if named_in(f"{filed.title}\n{filed.number}\n{filed.characteristics}", secret):
        return str(_("Tên tài liệu có tên người phải giữ kín: hãy sửa tên."))
    if _is_unread(copy):
        return str(_("Bản che chưa được đọc lại: hãy đọc lại và xác nhận."))
    if copy is not None:
        source = readable_pdf(filed.document)
        if still_readable(source, secret, copy):
            return str(_("Bản che còn tên người phải giữ kín: hãy che lại."))
        unread = _unread_pages(source, copy) if secret else []
        if unread:
            return str(
                _(
                    "Bản che có trang chưa nhận dạng chữ nên không kiểm tra được tên người phải giữ kín (trang %(pages)s): hãy nhận dạng lại, hoặc che cả trang."
                )
                % {"pages": ", ".join(str(page) for page in unread[:10])}
            )
        return ""
    if kind is not None and kind.sensitive:
        return str(_("Loại tài liệu có thể có ảnh nhạy cảm."))
    if not secret:
        return ""
    text = text_of(filed.document)
    if not text.strip():
        return str(_("Chưa nhận dạng chữ nên không kiểm tra được tên người phải giữ kín."))
    if named_in(text, secret):
        return str(_("Có tên người phải giữ kín, chưa che."))
    return ""


def _is_unread(copy: Redaction | None) -> bool:
    return copy is not None and not copy.is_read


_TOLERANCE = 2.0
"""Points by which a mark may be smaller than the letters' own boxes, which reach beyond the ink."""


def still_readable(source: Path, secret: Sequence[PersonFacts], copy: Redaction) -> list[Mark]:
    """Return where a copy still has names of these people: places of the document that no mark of the copy covers.

    Raises:
        BadInput: the document cannot be read.
    """
    if not secret:
        return []
    terms = [("nguoi", name) for each in secret for name in (each.name, *each.other_names) if long_enough(name)]
    by_page: dict[int, list[Box]] = {}
    for page, *sides, _kind in copy.marks:
        by_page.setdefault(page, []).append(Box(*sides))
    return [
        mark
        for mark in propose(source, terms, people=secret, patterns=())
        if not any(_covers(box, mark.box) for box in by_page.get(mark.page, ()))
    ]


def _unread_pages(source: Path, copy: Redaction) -> list[int]:
    """Return the pages of a document that have no words to look for names in, and are not taken out as a whole."""
    sizes = page_sizes(source)
    texts = page_texts(source, range(1, len(sizes) + 1))
    whole = {
        page
        for page, *sides, _kind in copy.marks
        if page <= len(sizes) and _covers(Box(*sides), Box(_EDGE, _EDGE, *(side - _EDGE for side in sizes[page - 1])))
    }
    return [page for page, text in enumerate(texts, 1) if not text.strip() and page not in whole]


_EDGE = 15.0
"""Points at the edge of a page that a rectangle over the whole of it may leave free."""


def _covers(box: Box, letters: Box) -> bool:
    return (
        box.left - _TOLERANCE <= letters.left
        and box.top - _TOLERANCE <= letters.top
        and letters.right <= box.right + _TOLERANCE
        and letters.bottom <= box.bottom + _TOLERANCE
    )


def _mind_gaps(case: CaseFile, chosen: Choice, wishes: Wishes) -> None:
    open_gaps = [each for each in folio_report(case).defects if each.finding == Finding.GAP and not each.explained]
    if not open_gaps:
        return
    ranges = [str(each.first) if each.last in {None, each.first} else f"{each.first}–{each.last}" for each in open_gaps]
    named = ", ".join(ranges[:10]) + ("…" if len(ranges) > 10 else "")
    if not wishes.accept_gaps:
        raise BadInput(
            _(
                "Hồ sơ thiếu bút lục %(folios)s: hãy giải trình ở mục Bút lục & tập, hoặc chọn “Vẫn lập khi thiếu bút lục”."
            )
            % {"folios": named},
            field="accept_gaps",
        )
    chosen.notes.append(_("Thiếu bút lục: %(folios)s.") % {"folios": named})
