"""Acts that leave an entry in the custody ledger: one literal table, and the one call by which an action tells of an act.

An action tells of what it did in its own transaction: what is rolled back leaves no entry, and an entry that cannot be
written takes the act back. Concepts below the ledger do not know it; `apps.py` says who records.

**What stands open in an entry and what is hidden.** An entry is handed out to people who may not read everything in it.
Open is what the program made or chose from a list: codes, ids, numbers, days, hashes. Whatever people wrote (names,
titles, reasons, numbers of papers) is hidden: the entry holds a hash nobody can guess it from, the value lies beside it.

**A new act** is a row in `ACTS`, a call of `tell` at the end of the action, and a line in the test that compares them.
Rows are never renamed or taken away: entries that are there name them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from vks_plugin.text import gettext_noop as _

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model


@dataclass(frozen=True)
class Act:
    """What an entry of this kind is called and holds."""

    label: str
    shown: tuple[str, ...]
    """Fields in the open, of `FIELDS`."""
    hidden: tuple[str, ...] = ()
    """Fields of which the entry holds a hash."""
    leaders_only: bool = False
    """Whether hidden values are for the leaders of the office alone; else for whoever may read the case."""
    prepared: bool = False
    """Whether they tell of what is prepared to be shown, which not everybody sees who may read the case."""


_HANDED = (
    "hand_over",
    "part",
    "direction",
    "handing_reason",
    "completes",
    "unit_before",
    "person_before_id",
    "unit",
    "person_id",
    "volumes",
    "volume_folios",
    "folio_from",
    "folio_to",
    "pages",
    "exhibits",
)
"""What the two entries of a hand-over, of its sending and its receipt, both say in the open."""
_HANDED_HIDDEN = ("giver", "giver_title", "receiver", "receiver_title", "exhibits_listed", "place", "note")
"""What both hide."""
_HAPPENED = (
    "event_id",
    "event",
    "accused_id",
    "happened_on",
    "event_time",
    "stage_before",
    "stage",
    "status_before",
    "status",
    "case_stage",
    "case_status",
    "suspended",
    "suspended_at_entry",
)
"""What the entries of an event and of its withdrawal both say in the open."""

ACTS: dict[str, Act] = {
    # a case opened to one person for a while
    "access_asked": Act(
        _("Đề nghị truy cập khẩn cấp"), ("access", "hours"), hidden=("asked_for", "reason"), leaders_only=True
    ),
    "access_approved": Act(
        _("Duyệt truy cập khẩn cấp"), ("access", "person_id", "until"), hidden=("person",), leaders_only=True
    ),
    "access_declined": Act(
        _("Không duyệt truy cập khẩn cấp"), ("access", "person_id"), hidden=("person",), leaders_only=True
    ),
    "access_withdrawn": Act(_("Rút đề nghị truy cập khẩn cấp"), ("access",)),
    "access_opened": Act(_("Mở vụ án theo khâu phụ trách"), ("access", "until"), hidden=("reason",), leaders_only=True),
    "access_closed": Act(
        _("Đóng quyền tạm thời trước hạn"), ("access", "person_id"), hidden=("person",), leaders_only=True
    ),
    "access_over": Act(_("Quyền tạm thời hết giờ"), ("access", "person_id"), hidden=("person",), leaders_only=True),
    "access_ended_with_post": Act(
        _("Đóng quyền mở theo khâu: người mở thôi phụ trách khâu đó"),
        ("access", "person_id"),
        hidden=("person",),
        leaders_only=True,
    ),
    # access that somebody wrote past every door, in the host's shell, its database or by a workflow
    "access_put_right": Act(_("Đặt lại quyền bị đổi ngoài chương trình"), ("documents", "documents_too_open")),
    "access_put_right_at_night": Act(
        _("Đặt lại ban đêm quyền bị đổi ngoài chương trình"), ("cases", "documents", "memberships")
    ),
    "memberships_put_right": Act(_("Đặt lại thành viên nhóm chức danh bị đổi ngoài chương trình"), ("memberships",)),
    # where a case lies, and who works on it
    "case_transferred": Act(
        _("Chuyển vụ án sang đơn vị khác"),
        ("unit_before", "unit", "documents", "digest", "assignments_ended"),
        hidden=("decision",),
    ),
    "trial_unit_appointed": Act(
        _("Phân công đơn vị cấp dưới xét xử"), ("unit_before", "unit", "assignments_ended"), hidden=("decision",)
    ),
    "trial_unit_revoked": Act(
        _("Rút phân công đơn vị cấp dưới xét xử"), ("unit_before", "assignments_ended"), hidden=("decision",)
    ),
    "case_taken_over": Act(
        _("Đơn vị kế thừa tiếp nhận vụ án"),
        (
            "restructuring",
            "unit_before",
            "unit",
            "department_before",
            "department",
            "trial_unit_before",
            "trial_unit",
            "documents",
            "digest",
        ),
    ),
    "paper_taken_over": Act(
        _("Đơn vị kế thừa tiếp nhận hồ sơ giấy"),
        ("restructuring", "part", "unit_before", "unit", "hand_over", "volume_numbers", "exhibits_joined"),
    ),
    "assigned": Act(
        _("Phân công"),
        ("assignment", "person_id", "assignment_role", "starts_on", "ends_on", "replaced"),
        hidden=("person",),
    ),
    "assignment_ended": Act(
        _("Chấm dứt phân công"), ("assignment", "person_id", "assignment_role"), hidden=("person",)
    ),
    # the case and its papers
    "case_registered": Act(
        _("Đăng ký vụ án"),
        (
            "code",
            "case_kind",
            "unit",
            "stage",
            "status",
            "handled_on",
            "decision_date",
            "accused",
            "crime_class",
            "suspended_at_entry",
        ),
        hidden=("name", "number", "agency"),
    ),
    "event_recorded": Act(_("Ghi sự kiện tố tụng"), _HAPPENED, hidden=("number", "reason")),
    "event_withdrawn": Act(_("Rút sự kiện tố tụng"), _HAPPENED, hidden=("reason",)),
    # videos
    "video_kept": Act(
        _("Nạp video kèm tài liệu"),
        ("video", "document", "sha256", "size", "codecs"),
        hidden=("title",),
        prepared=True,
    ),
    "video_still_taken": Act(
        _("Lấy ảnh đại diện từ video cho bài trình chiếu"),
        ("presentation", "video", "video_sha256", "milliseconds", "sha256"),
    ),
    "video_removed": Act(_("Bỏ video"), ("video", "document", "sha256"), hidden=("title",), prepared=True),
    # shown in court
    "exhibit_confirmed": Act(
        _("Lãnh đạo xác nhận cho trình chiếu bút lục"),
        ("presentation", "slide", "document", "page_from", "page_to", "sha256"),
        hidden=("title",),
        prepared=True,
    ),
    "slide_words_confirmed": Act(
        _("Lãnh đạo xác nhận cho chiếu chữ có số hoặc địa chỉ riêng"),
        ("presentation", "slide", "sha256"),
        prepared=True,
    ),
    "deck_made": Act(
        _("Xuất gói trình chiếu"),
        ("presentation", "file_type", "encrypted", "slides", "pages", "documents", "digest", "sha256", "manifest"),
    ),
    "closed_trial_answered": Act(
        _("Người xuất gói xác nhận điều kiện chiếu ở phiên xét xử kín"), ("package", "presentation", "file_type")
    ),
    "deck_encrypted": Act(_("Tải gói trình chiếu đã mã hóa"), ("package", "presentation", "file_type", "sha256")),
    "deck_destroyed": Act(
        _("Xác nhận đã hủy gói trình chiếu"),
        ("package", "presentation", "file_type", "sha256", "destroyed_on"),
        hidden=("person", "copies"),
        prepared=True,
    ),
    # sessions of the court
    "session_planned": Act(
        _("Dự kiến phiên tòa"),
        (
            "session",
            "court_level",
            "session_on",
            "until_day",
            "unit",
            "learning",
            "closed",
            "mobile",
            "online",
            "people",
        ),
        hidden=("court", "venue"),
    ),
    "session_changed": Act(
        _("Sửa dự kiến phiên tòa"),
        (
            "session",
            "court_level",
            "session_on",
            "until_day",
            "unit",
            "learning",
            "closed",
            "mobile",
            "online",
            "people",
        ),
        hidden=("court", "venue"),
    ),
    "session_held": Act(
        _("Ghi phiên tòa đã diễn ra"),
        ("session", "session_on", "until_day", "shown_kinds", "event_id", "outcome_on"),
        hidden=("outcome",),
    ),
    "session_corrected": Act(
        _("Sửa lại phiên tòa đã diễn ra"),
        (
            "session",
            "court_level",
            "session_on",
            "until_day",
            "unit",
            "learning",
            "closed",
            "mobile",
            "online",
            "people",
            "shown_kinds",
        ),
        hidden=("court", "venue", "reason"),
    ),
    "session_outcome": Act(_("Ghi kết quả phiên tòa"), ("session", "event_id", "outcome_on"), hidden=("outcome",)),
    "session_adjourned": Act(_("Hoãn phiên tòa"), ("session", "session_on", "next_on"), hidden=("reason",)),
    "session_called_off": Act(_("Không mở phiên tòa"), ("session", "session_on"), hidden=("reason",)),
    "showing_imported": Act(_("Nạp nhật ký trình chiếu"), ("session", "package", "entries", "sha256")),
    "session_remarked": Act(
        _("Ghi nhận xét rút kinh nghiệm phiên tòa"), ("session",), hidden=("remarks",), leaders_only=True
    ),
    "document_filed": Act(
        _("Đưa tài liệu vào hồ sơ"),
        ("filing", "document", "sha256", "pages", "folio_from", "folio_to", "part", "document_type", "dated"),
        hidden=("title", "number"),
    ),
    "document_described": Act(
        _("Sửa thông tin tài liệu"),
        ("filing", "document", "part", "fields", "document_type", "dated", "folio_from", "folio_to"),
        hidden=("title", "number", "changes"),
    ),
    "document_moved_out": Act(
        _("Chuyển tài liệu sang vụ án khác"), ("filing", "document", "sha256", "pages", "part"), hidden=("title",)
    ),
    "document_moved_in": Act(
        _("Nhận tài liệu từ vụ án khác"), ("filing", "document", "sha256", "pages", "part"), hidden=("title",)
    ),
    # pages, before the seal
    "signatures_read": Act(
        _("Kiểm tra chữ ký số trong tệp"),
        ("filing", "document", "part", "sha256", "signatures", "signatures_valid", "signatures_invalid"),
        hidden=("signers",),
    ),
    "signed_version": Act(
        _("Đưa bản đã ký số vào"),
        (
            "filing",
            "document",
            "part",
            "version",
            "sha256_before",
            "sha256",
            "pages_before",
            "pages",
            "continues",
            "signatures",
            "signatures_valid",
            "signatures_invalid",
        ),
        hidden=("signers", "reason"),
    ),
    "pages_changed": Act(
        _("Sửa trang của tài liệu"),
        (
            "filing",
            "document",
            "part",
            "version",
            "sha256_before",
            "sha256",
            "pages_before",
            "pages",
            "page_map",
            "scan_sha256",
        ),
        hidden=("reason",),
    ),
    "document_split": Act(
        _("Tách tài liệu làm hai"),
        (
            "filing",
            "document",
            "part",
            "version",
            "sha256_before",
            "sha256",
            "pages_before",
            "pages",
            "new_document",
            "new_sha256",
            "folio_from",
            "folio_to",
        ),
        hidden=("title", "reason"),
    ),
    "documents_merged": Act(
        _("Ghép hai tài liệu làm một"),
        (
            "filing",
            "document",
            "part",
            "version",
            "sha256_before",
            "sha256",
            "pages_before",
            "pages",
            "merged_document",
            "merged_sha256",
        ),
        hidden=("title", "reason"),
    ),
    # digitisation and seal
    "digitisation_opened": Act(_("Mở đợt số hóa"), ("batch", "part", "supplements"), hidden=("reason",)),
    "digitisation_step": Act(_("Ghi bước số hóa"), ("batch", "part", "step", "pages"), hidden=("reason",)),
    "digitisation_moved": Act(
        _("Chuyển trạng thái số hóa"),
        ("batch", "part", "batch_state_before", "batch_state", "findings"),
        hidden=("reason",),
    ),
    "digitisation_finding": Act(
        _("Ghi lỗi chất lượng số hóa"),
        ("batch", "part", "document", "page", "quality_kind", "finding_id"),
        hidden=("reason",),
    ),
    "digitisation_resolved": Act(_("Ghi đã khắc phục lỗi số hóa"), ("batch", "part", "finding_id")),
    "digitisation_confirmed": Act(_("Kiểm sát viên xác nhận số hóa"), ("batch", "part", "digest")),
    "digitisation_signed": Act(
        _("Ký số tài liệu đã xác nhận"),
        ("batch", "part", "document", "sha256_before", "sha256", "digest_before", "digest"),
    ),
    "file_sealed": Act(
        _("Kết thúc số hóa, niêm phong"),
        ("batch", "part", "record", "documents", "pages", "folios", "manifest", "manifest_before"),
    ),
    # lending
    "loan_requested": Act(
        _("Đề nghị mượn hồ sơ"),
        ("loan", "loan_form", "part", "volume_numbers", "person_id", "due_on"),
        hidden=("person", "asked_for", "purpose"),
    ),
    "loan_approved": Act(_("Duyệt cho mượn hồ sơ"), ("loan", "part", "person_id"), hidden=("person",)),
    "loan_denied": Act(_("Từ chối cho mượn hồ sơ"), ("loan", "part", "person_id"), hidden=("person", "reason")),
    "loan_withdrawn": Act(_("Rút đề nghị mượn hồ sơ"), ("loan", "part", "person_id"), hidden=("person",)),
    "loan_revoked": Act(_("Hủy duyệt cho mượn hồ sơ"), ("loan", "part", "person_id"), hidden=("person", "reason")),
    "loan_issued": Act(
        _("Giao hồ sơ cho mượn"),
        (
            "loan",
            "loan_form",
            "loan_number",
            "unit",
            "part",
            "volume_numbers",
            "volume_count",
            "folio_count",
            "due_on",
            "person_id",
            "keeper_unit",
            "keeper_id",
        ),
        hidden=("person", "outside_agency", "note"),
    ),
    "loan_renewal_asked": Act(
        _("Đề nghị gia hạn mượn hồ sơ"), ("loan", "part", "person_id", "due_on"), hidden=("person", "reason")
    ),
    "loan_renewed": Act(
        _("Gia hạn mượn hồ sơ"), ("loan", "part", "person_id", "due_before", "due_on"), hidden=("person",)
    ),
    "loan_renewal_denied": Act(
        _("Không gia hạn mượn hồ sơ"), ("loan", "part", "person_id"), hidden=("person", "reason")
    ),
    "loan_returned": Act(
        _("Nhận lại hồ sơ cho mượn"),
        (
            "loan",
            "loan_form",
            "part",
            "volume_count",
            "folio_count",
            "complete",
            "volumes_missing",
            "person_id",
            "keeper_unit",
            "keeper_id",
        ),
        hidden=("person", "note"),
    ),
    "loan_settled": Act(
        _("Giải quyết phần trả thiếu"), ("loan", "part", "found", "person_id"), hidden=("person", "note")
    ),
    # the record: its history says the same in words
    "record_changed": Act(
        _("Sửa hồ sơ"),
        # the others of a charge, of a case that hangs together with this one, or of accused: what else says how long it is kept
        (
            "change_kind",
            "subject",
            "subject_id",
            "fields",
            "crime_class",
            "relation",
            "related_id",
            "suspended",
            "suspended_at_entry",
        ),
        hidden=("label", "changes", "reason"),
    ),
    "folios_numbered": Act(
        _("Đánh số bút lục"), ("folio_from", "folio_to", "pages", "documents", "digest"), hidden=("reason",)
    ),
    "volume_recorded": Act(
        _("Ghi tập hồ sơ"), ("change_kind", "volume", "folio_from", "folio_to"), hidden=("title", "reason")
    ),
    "inventory_drawn_up": Act(
        _("Lập thống kê tài liệu"), ("inventory", "drawn_up_on", "folio_from", "folio_to", "rows", "rows_digest")
    ),
    "bundle_made": Act(
        _("Lập tập hồ sơ"),
        ("preset", "pages", "documents", "digest", "sha256", "addition_sha256", "manifest"),
    ),
    "bundle_encrypted": Act(_("Xuất tập hồ sơ đã mã hóa"), ("preset", "sha256")),
    "document_redacted": Act(
        _("Che thông tin tài liệu"),
        ("filing", "document", "source_sha256", "sha256", "pages", "marks", "redaction_ground"),
        hidden=("reason",),
    ),
    "redaction_read": Act(_("Đọc lại bản đã che"), ("filing", "document", "sha256", "pages")),
    # who has the paper
    "keeper_stated": Act(_("Ghi nơi giữ hồ sơ ban đầu"), ("part", "unit", "person_id", "since"), hidden=("keeper",)),
    "paper_passed_on": Act(
        _("Ghi cơ quan ngoài chuyển hồ sơ cho nhau"),
        ("part", "happened_at"),
        hidden=("giver", "receiver", "known_from"),
    ),
    "hand_over_sent": Act(
        _("Giao hồ sơ"),
        _HANDED,
        hidden=(*_HANDED_HIDDEN, "number", "seal_condition"),
    ),
    "hand_over_accepted": Act(
        _("Nhận hồ sơ"),
        (
            *_HANDED,
            "documents_complete",
            "exhibits_complete",
            "served",
            "outstanding",
            "exhibits_outstanding",
            "volumes_settled",
            "exhibits_settled",
            "volumes_here",
            "exhibits_here",
            "document",
            "awaits_paper",
            "happened_at",
        ),
        hidden=(*_HANDED_HIDDEN, "exhibits_lacking", "missing"),
    ),
    "hand_over_rejected": Act(
        _("Chưa nhận hồ sơ"),
        (
            "hand_over",
            "part",
            "documents_complete",
            "exhibits_complete",
            "served",
            "volumes_missing",
            "exhibits_missing",
        ),
        hidden=("exhibits_lacking", "missing"),
    ),
    "hand_over_cancelled": Act(_("Hủy lần giao hồ sơ"), ("hand_over", "part"), hidden=("reason",)),
    "hand_over_draft_taken": Act(
        _("Tiếp nhận dự thảo giao hồ sơ của người khác"), ("hand_over", "part", "person_id"), hidden=("person",)
    ),
    "hand_over_draft_discarded": Act(
        _("Bỏ dự thảo giao hồ sơ của người khác"), ("hand_over", "part", "person_id"), hidden=("person", "reason")
    ),
    "hand_over_settled": Act(
        _("Kết thúc phần chưa giao: thất lạc hoặc giữ hẳn"),
        ("hand_over", "part", "settlement", "volume_numbers", "exhibit_numbers"),
        hidden=("reason",),
    ),
    "hand_over_found": Act(
        _("Tìm thấy phần đã ghi thất lạc, giữ hẳn"),
        ("hand_over", "part", "volume_numbers", "exhibit_numbers", "with_file"),
        hidden=("reason",),
    ),
    "hand_over_paper": Act(_("Gắn biên bản giao nhận đã ký"), ("hand_over", "part", "document", "sha256")),
    # how long a case is kept
    "hold_placed": Act(_("Giữ hồ sơ lại"), ("hold", "ground"), hidden=("reason",)),
    "hold_ended": Act(_("Thôi giữ hồ sơ"), ("hold", "ground"), hidden=("reason",)),
    "retention_changed": Act(
        _("Sửa thời hạn bảo quản"),
        ("rule", "term_before", "years_before", "term", "years"),
        hidden=("decision", "reason"),
    ),
    # handed to the archive
    "copy_requested": Act(
        _("Đề nghị cấp bản sao, trích lục"),
        ("copy", "copy_kind", "copy_count", "pages"),
        hidden=("content", "receiver", "purpose"),
    ),
    "copy_approved": Act(_("Duyệt cấp bản sao, trích lục"), ("copy",)),
    "copy_denied": Act(_("Từ chối cấp bản sao, trích lục"), ("copy",), hidden=("reason",)),
    "copy_withdrawn": Act(_("Rút đề nghị cấp bản sao, trích lục"), ("copy",)),
    "copy_issued": Act(
        _("Cấp bản sao, trích lục"),
        ("copy", "copy_kind", "copy_number", "unit", "copy_count", "pages"),
        hidden=("content", "receiver"),
    ),
    "accession_prepared": Act(_("Lập hồ sơ nộp lưu"), ("accession", "unit")),
    "accession_packed": Act(_("Đóng gói hồ sơ nộp lưu"), ("accession", "documents", "pages", "digest", "sha256")),
    "accession_not_packed": Act(_("Chưa đóng gói được hồ sơ nộp lưu"), ("accession",), hidden=("reason",)),
    "accession_packed_again": Act(_("Cho đóng gói lại hồ sơ nộp lưu"), ("accession",)),
    "accession_cancelled": Act(_("Hủy lần nộp lưu"), ("accession",)),
    "accession_taken_over": Act(
        _("Đơn vị kế thừa tiếp tục lần nộp lưu"), ("restructuring", "accession", "unit_before", "unit")
    ),
    "accessioned": Act(
        _("Nhận hồ sơ vào lưu trữ"),
        (
            "accession",
            "unit",
            "record",
            "documents",
            "digest",
            "sha256",
            "parts",
            "keeper_unit",
            "keeper_id",
            "exhibits_outstanding",
        ),
    ),
    # disposed of
    "disposal_drafted": Act(_("Lập đợt tiêu hủy"), ("disposal", "unit"), hidden=("reason",)),
    "disposal_submitted": Act(_("Trình duyệt tiêu hủy"), ("disposal",)),
    "disposal_approved": Act(_("Duyệt tiêu hủy"), ("disposal", "approval", "record")),
    "disposal_denied": Act(_("Không duyệt tiêu hủy"), ("disposal",), hidden=("reason",)),
    "disposal_cancelled": Act(_("Hủy đợt tiêu hủy"), ("disposal",), hidden=("reason",)),
    "disposal_record": Act(_("Gắn biên bản tiêu hủy đã ký"), ("disposal", "sha256")),
    "disposal_ordered": Act(_("Cho thực hiện tiêu hủy"), ("disposal",)),
    "case_destroyed": Act(
        _("Tiêu hủy hồ sơ"),
        (
            "disposal",
            "unit",
            "record",
            "kept_until",
            "documents",
            "pages",
            "folios",
            "files",
            "digest",
            "sha256",
            "exhibits_outstanding",
        ),
    ),
    "keeping_ended": Act(_("Ghi thôi giữ hồ sơ giấy đã tiêu hủy"), ("disposal", "part", "unit", "until")),
    "disposal_stopped": Act(_("Tiêu hủy dừng, hồ sơ chưa xong"), ("disposal", "destroyed")),
    "files_destroyed": Act(_("Xóa hết tệp của hồ sơ đã tiêu hủy"), ("disposal", "files")),
    "disposal_taken_over": Act(
        _("Đơn vị kế thừa tiếp tục đợt tiêu hủy"), ("restructuring", "disposal", "unit_before", "unit")
    ),
    "disposal_left_out": Act(_("Để hồ sơ lại, không tiêu hủy trong đợt"), ("disposal",)),
    # what concerns no single case
    "appointed": Act(
        _("Bổ nhiệm"),
        ("appointment", "person_id", "unit", "role", "department", "capacity", "starts_on", "ends_on"),
        hidden=("person",),
    ),
    "appointment_ended": Act(
        _("Chấm dứt bổ nhiệm"), ("appointment", "person_id", "unit", "role", "ends_on"), hidden=("person",)
    ),
    "unit_added": Act(
        _("Thêm đơn vị"), ("unit", "unit_kind", "unit_above", "starts_on"), hidden=("office_name", "decision")
    ),
    "unit_changed": Act(
        _("Sửa đơn vị"),
        ("unit_before", "unit", "fields", "unit_above_before", "unit_above", "cases", "documents"),
        hidden=("changes", "decision"),
    ),
    "unit_ended": Act(_("Kết thúc đơn vị"), ("unit", "ends_on"), hidden=("decision",)),
    "department_added": Act(
        _("Thêm phòng"), ("unit", "department", "stages", "starts_on"), hidden=("office_name", "decision")
    ),
    "department_changed": Act(
        _("Sửa phòng"),
        ("unit", "department_before", "department", "fields", "stages_before", "stages", "department_heads", "cases"),
        hidden=("changes", "decision"),
    ),
    "department_ended": Act(_("Kết thúc phòng"), ("unit", "department", "ends_on"), hidden=("decision",)),
    "restructuring_begun": Act(
        _("Bắt đầu sắp xếp đơn vị"),
        ("restructuring", "units_before", "unit", "departments", "starts_on", "cases", "posts"),
        hidden=("decision",),
    ),
    "restructuring_finished": Act(_("Sắp xếp đơn vị xong"), ("restructuring", "unit", "cases", "posts")),
    # what is stored
    "fixity_checked": Act(
        _("Đối chiếu tệp lưu trữ"),
        (
            "fixity_run",
            "documents",
            "files",
            "files_changed",
            "files_missing",
            "files_unreadable",
            "files_extra",
        ),
    ),
    "fixity_closed": Act(
        _("Đóng sai lệch của tệp"), ("fixity_run", "finding", "finding_kind", "document"), hidden=("reason",)
    ),
    "list_imported": Act(_("Nạp danh sách vụ án"), ("case_import", "rows", "rows_refused")),
    "list_exported": Act(_("Xuất danh sách vụ án"), ("file_type", "cases")),
    # handed out
    "ledger_values_shown": Act(_("Xuất sổ cái, mở giá trị che"), ("entry_kinds", "values")),
    "ledger_restored": Act(
        _("Ghi nhận phục hồi cơ sở dữ liệu"),
        ("log_entries", "agreed_entries", "head_entries", "head_root", "head_at", "given_up"),
        hidden=("reason",),
    ),
    "ledger_heads_begun": Act(_("Lập tệp ghi nhớ điểm chốt"), ("heads",), hidden=("reason",)),
    "key": Act(_("Khóa ký sổ cái"), ("public", "before", "signed_by_the_one_before", "signed")),
}
"""By the name the entry carries."""


class Field(NamedTuple):
    """What a field of an entry is called, and what its value is, so that it can be told in words."""

    label: str
    reads: str = "text"
    """`text`, or what a code stands for: `unit`, `units`, `unit_kind`, `stages`, `role`, `assignment_role`, `capacity`, `kind`, `stage`,
    `status`, `event`, `part`, `parts`, `direction`, `handing_reason`, `volume_folios`, `exhibits`, `step`, `batch_state`, `term`, `retention_rule`, `ground`, `loan_form`,
    `day`, `moment`, `yes`, `numbers`, `hash`,
    `court_level`, `shown_kinds`, `finding_kind`, `change_kind`, `relation`, `subject`, `fields` and `changes` of a part of the record."""


FIELDS: dict[str, Field] = {
    "access": Field(_("Quyền tạm thời số")),
    "hours": Field(_("Số giờ")),
    "asked_for": Field(_("Mã vụ án được ghi")),
    "reason": Field(_("Lý do")),
    "person": Field(_("Người")),
    "person_id": Field(_("Tài khoản số")),
    "until": Field(_("Đến"), "moment"),
    "unit_before": Field(_("Đơn vị trước"), "unit"),
    "unit_kind": Field(_("Cấp đơn vị"), "unit_kind"),
    "unit_above": Field(_("Đơn vị cấp trên"), "unit"),
    "unit_above_before": Field(_("Đơn vị cấp trên trước"), "unit"),
    "office_name": Field(_("Tên được ghi")),
    "stages": Field(_("Phụ trách giai đoạn"), "stages"),
    "stages_before": Field(_("Phụ trách giai đoạn trước"), "stages"),
    "department_heads": Field(_("Số lãnh đạo phòng")),
    "units_before": Field(_("Các đơn vị trước"), "units"),
    "unit": Field(_("Đơn vị"), "unit"),
    "trial_unit_before": Field(_("Đơn vị xét xử trước"), "unit"),
    "trial_unit": Field(_("Đơn vị xét xử"), "unit"),
    "documents": Field(_("Số tài liệu")),
    "digest": Field(_("Mã băm danh sách tài liệu"), "hash"),
    "digest_before": Field(_("Mã băm danh sách tài liệu trước"), "hash"),
    "assignments_ended": Field(_("Số phân công chấm dứt")),
    "decision": Field(_("Theo văn bản")),
    "restructuring": Field(_("Lần sắp xếp số")),
    "assignment": Field(_("Phân công số")),
    "assignment_role": Field(_("Vai trò"), "assignment_role"),
    "starts_on": Field(_("Từ ngày"), "day"),
    "ends_on": Field(_("Đến ngày"), "day"),
    "replaced": Field(_("Thay các phân công số"), "numbers"),
    "code": Field(_("Mã vụ án")),
    "case_kind": Field(_("Loại vụ án"), "kind"),
    "stage": Field(_("Giai đoạn"), "stage"),
    "stage_before": Field(_("Giai đoạn trước"), "stage"),
    "status": Field(_("Trạng thái"), "status"),
    "status_before": Field(_("Trạng thái trước"), "status"),
    "handled_on": Field(_("Ngày thụ lý"), "day"),
    "decision_date": Field(_("Ngày quyết định"), "day"),
    "accused": Field(_("Số bị can")),
    "name": Field(_("Tên vụ án")),
    "number": Field(_("Số văn bản")),
    "agency": Field(_("Cơ quan ban hành")),
    "event_id": Field(_("Sự kiện số")),
    "event": Field(_("Sự kiện"), "event"),
    "accused_id": Field(_("Bị can số")),
    "happened_on": Field(_("Ngày xảy ra"), "day"),
    "event_time": Field(_("Giờ xảy ra")),
    "case_stage": Field(_("Giai đoạn của vụ án từ đó"), "stage"),
    "case_status": Field(_("Trạng thái của vụ án từ đó"), "status"),
    "suspended": Field(_("Các bị can đang tạm đình chỉ, theo số"), "numbers"),
    "suspended_at_entry": Field(_("Các bị can đã tạm đình chỉ khi được ghi vào vụ, theo số"), "numbers"),
    "crime_class": Field(_("Loại tội phạm nặng nhất từ đó")),
    "relation": Field(_("Quan hệ"), "relation"),
    "related_id": Field(_("Vụ liên quan, số trong hệ thống")),
    "filing": Field(_("Tài liệu vụ án số")),
    "document": Field(_("Tài liệu số")),
    "sha256": Field(_("SHA-256 của tệp"), "hash"),
    "addition_sha256": Field(_("SHA-256 của phần thêm"), "hash"),
    "pages": Field(_("Số trang")),
    "folio_from": Field(_("Từ bút lục")),
    "folio_to": Field(_("Đến bút lục")),
    "part": Field(_("Phần hồ sơ"), "part"),
    "document_type": Field(_("Mã loại tài liệu")),
    "dated": Field(_("Ngày tài liệu"), "day"),
    "title": Field(_("Tên tài liệu")),
    "preset": Field(_("Mẫu tập")),
    "source_sha256": Field(_("SHA-256 của tệp được che"), "hash"),
    "marks": Field(_("Số chỗ che")),
    "redaction_ground": Field(_("Căn cứ che")),
    "page_to": Field(_("Đến trang")),
    "page_from": Field(_("Từ trang")),
    "slides": Field(_("Số trang trình chiếu")),
    "slide": Field(_("Trang trình chiếu số")),
    "presentation": Field(_("Bài trình chiếu số")),
    "version": Field(_("Phiên bản số")),
    "sha256_before": Field(_("SHA-256 của tệp trước"), "hash"),
    "signatures": Field(_("Số chữ ký số")),
    "signatures_valid": Field(_("Chữ ký hợp lệ")),
    "signatures_invalid": Field(_("Chữ ký không hợp lệ")),
    "signers": Field(_("Người ký số")),
    "continues": Field(_("Ký trên đúng tệp trước"), "yes"),
    "pages_before": Field(_("Số trang trước")),
    "page_map": Field(_("Các trang, theo thứ tự mới")),
    "scan_sha256": Field(_("SHA-256 của tệp thay vào"), "hash"),
    "new_document": Field(_("Tài liệu tách ra")),
    "new_sha256": Field(_("SHA-256 của tài liệu tách ra"), "hash"),
    "merged_document": Field(_("Tài liệu được ghép vào")),
    "merged_sha256": Field(_("SHA-256 của tài liệu được ghép vào"), "hash"),
    "batch": Field(_("Đợt số hóa")),
    "supplements": Field(_("Bổ sung cho đợt")),
    "step": Field(_("Bước"), "step"),
    "batch_state_before": Field(_("Trạng thái số hóa trước"), "batch_state"),
    "batch_state": Field(_("Trạng thái số hóa"), "batch_state"),
    "findings": Field(_("Lỗi chưa khắc phục")),
    "page": Field(_("Trang")),
    "quality_kind": Field(_("Lỗi"), "quality_kind"),
    "finding_id": Field(_("Lỗi số")),
    "record": Field(_("Số biên bản")),
    "folios": Field(_("Số bút lục")),
    "manifest": Field(_("SHA-256 của bảng kê"), "hash"),
    "manifest_before": Field(_("SHA-256 của bảng kê trước"), "hash"),
    "appointment": Field(_("Bổ nhiệm số")),
    "role": Field(_("Chức danh"), "role"),
    "department": Field(_("Phòng")),
    "department_before": Field(_("Phòng trước")),
    "departments": Field(_("Phòng đi theo"), "numbers"),
    "capacity": Field(_("Tư cách"), "capacity"),
    "cases": Field(_("Số vụ án")),
    "documents_too_open": Field(_("Số tài liệu đã bị mở rộng quyền hoặc đổi chủ")),
    "memberships": Field(_("Số lần vào, ra nhóm đã đặt lại")),
    "posts": Field(_("Số chức danh")),
    "file_type": Field(_("Loại tệp")),
    "accession": Field(_("Lần nộp lưu")),
    "hold": Field(_("Lần giữ số")),
    "ground": Field(_("Lý do giữ"), "ground"),
    "rule": Field(_("Dòng trong bảng thời hạn"), "retention_rule"),
    "term_before": Field(_("Thời hạn trước"), "term"),
    "years_before": Field(_("Số năm trước")),
    "term": Field(_("Thời hạn bảo quản"), "term"),
    "years": Field(_("Số năm")),
    "copy": Field(_("Bản sao, trích lục số")),
    "copy_kind": Field(_("Loại"), "copy_kind"),
    "copy_count": Field(_("Số bản")),
    "copy_number": Field(_("Số trong sổ")),
    "content": Field(_("Bản sao, trích lục gì")),
    "loan": Field(_("Lần mượn số")),
    "loan_form": Field(_("Hình thức"), "loan_form"),
    "loan_number": Field(_("Phiếu mượn số")),
    "volume_numbers": Field(_("Tập"), "numbers"),
    "volume_count": Field(_("Số tập")),
    "folio_count": Field(_("Số bút lục")),
    "due_on": Field(_("Hạn trả"), "day"),
    "due_before": Field(_("Hạn trả trước"), "day"),
    "destroyed": Field(_("Hồ sơ đã tiêu hủy, còn tệp chưa xóa hết"), "yes"),
    "complete": Field(_("Khớp số lúc giao"), "yes"),
    "found": Field(_("Đã tìm thấy"), "yes"),
    "purpose": Field(_("Mục đích")),
    "note": Field(_("Ghi chú")),
    "fixity_run": Field(_("Lần đối chiếu số")),
    "files": Field(_("Số tệp")),
    "files_changed": Field(_("Tệp bị đổi")),
    "files_missing": Field(_("Tệp bị mất")),
    "files_unreadable": Field(_("Tệp không đọc được")),
    "files_extra": Field(_("Tệp không thuộc tài liệu nào")),
    "finding": Field(_("Sai lệch số")),
    "finding_kind": Field(_("Loại sai lệch"), "finding_kind"),
    "change_kind": Field(_("Việc"), "change_kind"),
    "subject": Field(_("Phần"), "subject"),
    "subject_id": Field(_("Dòng số")),
    "fields": Field(_("Các mục"), "fields"),
    "label": Field(_("Dòng")),
    "changes": Field(_("Nội dung sửa"), "changes"),
    "volume": Field(_("Tập số")),
    "inventory": Field(_("Thống kê số")),
    "drawn_up_on": Field(_("Ngày lập"), "day"),
    "rows": Field(_("Số dòng")),
    "rows_refused": Field(_("Số dòng không nhận")),
    "rows_digest": Field(_("Mã băm các dòng"), "hash"),
    "case_import": Field(_("Lần nạp số")),
    "entry_kinds": Field(_("Loại mục được mở")),
    "values": Field(_("Số giá trị được mở")),
    "log_entries": Field(_("Số mục sau khi phục hồi")),
    "agreed_entries": Field(_("Số mục còn khớp điểm chốt trước đó")),
    "head_entries": Field(_("Số mục của điểm chốt đã mất")),
    "head_root": Field(_("Mã gốc của điểm chốt đã mất"), "hash"),
    "head_at": Field(_("Điểm chốt ấy ký lúc"), "moment"),
    "given_up": Field(_("Mã gốc từng điểm chốt được bỏ"), "numbers"),
    "heads": Field(_("Số điểm chốt ghi nhớ lại")),
    "public": Field(_("Khóa công khai"), "hash"),
    "before": Field(_("Khóa trước"), "hash"),
    "signed_by_the_one_before": Field(_("Khóa trước có ký"), "yes"),
    "signed": Field(_("Chữ ký của các khóa cho việc ấy"), "numbers"),
    "hand_over": Field(_("Giao nhận số")),
    "direction": Field(_("Hướng giao nhận"), "direction"),
    "handing_reason": Field(_("Lý do giao"), "handing_reason"),
    "completes": Field(_("Giao nốt của lần giao nhận số")),
    "person_before_id": Field(_("Người giao, tài khoản số")),
    "volumes": Field(_("Số tập")),
    "volume_folios": Field(_("Các tập, bút lục"), "volume_folios"),
    "exhibits": Field(_("Số vật chứng đi kèm")),
    "exhibits_listed": Field(_("Vật chứng đi kèm"), "exhibits"),
    "giver": Field(_("Bên giao")),
    "giver_title": Field(_("Chức vụ người giao")),
    "receiver": Field(_("Bên nhận")),
    "receiver_title": Field(_("Chức vụ người nhận")),
    "place": Field(_("Nơi giao nhận")),
    "seal_condition": Field(_("Tình trạng niêm phong")),
    "documents_complete": Field(_("Đủ tài liệu"), "yes"),
    "exhibits_complete": Field(_("Đủ vật chứng"), "yes"),
    "served": Field(_("Đã giao kết luận điều tra, cáo trạng"), "yes"),
    "outstanding": Field(_("Các tập chưa giao"), "numbers"),
    "exhibits_outstanding": Field(_("Các vật chứng chưa giao, theo số của vật chứng"), "numbers"),
    "volumes_settled": Field(_("Các tập thôi là chưa giao ở lần trước"), "settled"),
    "exhibits_settled": Field(_("Các vật chứng thôi là chưa giao ở lần trước, theo số của vật chứng"), "settled"),
    "volumes_here": Field(_("Các tập về khi phần còn lại đã giao đi, nay là chưa giao ở lần ấy"), "settled"),
    "exhibits_here": Field(
        _("Các vật chứng về khi hồ sơ đã giao đi, nay là chưa giao ở lần ấy, theo số của vật chứng"), "settled"
    ),
    "settlement": Field(_("Phần chưa giao"), "settlement"),
    "exhibit_numbers": Field(_("Vật chứng, theo số của vật chứng"), "numbers"),
    "with_file": Field(_("Đã ở cùng hồ sơ"), "yes"),
    "exhibits_missing": Field(_("Các vật chứng còn thiếu, theo số của vật chứng"), "numbers"),
    "exhibits_lacking": Field(_("Vật chứng không có khi đếm"), "exhibits"),
    "exhibits_joined": Field(_("Các vật chứng về cùng hồ sơ, theo số của vật chứng"), "numbers"),
    "happened_at": Field(_("Giao nhận lúc"), "moment"),
    "awaits_paper": Field(_("Chờ biên bản đã ký"), "yes"),
    "volumes_missing": Field(_("Các tập còn thiếu"), "numbers"),
    "missing": Field(_("Còn thiếu")),
    "since": Field(_("Từ lúc"), "moment"),
    "keeper": Field(_("Nơi giữ")),
    "known_from": Field(_("Biết từ")),
    "outside_agency": Field(_("Cơ quan của người mượn")),
    "keeper_unit": Field(_("Đơn vị giữ hồ sơ giấy từ đó"), "unit"),
    "keeper_id": Field(_("Người giữ hồ sơ giấy từ đó, tài khoản số")),
    "parts": Field(_("Phần hồ sơ giấy nhận"), "parts"),
    "encrypted": Field(_("Mã hóa"), "yes"),
    "package": Field(_("Gói trình chiếu")),
    "destroyed_on": Field(_("Ngày hủy"), "day"),
    "copies": Field(_("Nơi đã lưu gói")),
    "session": Field(_("Phiên tòa số")),
    "entries": Field(_("Số lần chiếu")),
    "court_level": Field(_("Cấp xét xử"), "court_level"),
    "session_on": Field(_("Ngày mở phiên tòa"), "day"),
    "until_day": Field(_("Đến hết ngày"), "day"),
    "next_on": Field(_("Ngày mở lại"), "day"),
    "learning": Field(_("Rút kinh nghiệm"), "yes"),
    "closed": Field(_("Xét xử kín"), "yes"),
    "mobile": Field(_("Xét xử lưu động"), "yes"),
    "online": Field(_("Xét xử trực tuyến"), "yes"),
    "people": Field(_("Các tài khoản tham gia"), "numbers"),
    "court": Field(_("Tòa án")),
    "venue": Field(_("Nơi mở phiên tòa")),
    "shown_kinds": Field(_("Đã trình chiếu"), "shown_kinds"),
    "outcome": Field(_("Kết quả phiên tòa")),
    "outcome_on": Field(_("Ngày có kết quả"), "day"),
    "remarks": Field(_("Nhận xét rút kinh nghiệm")),
    "disposal": Field(_("Đợt tiêu hủy số")),
    "approval": Field(_("Lần duyệt")),
    "video": Field(_("Video số")),
    "size": Field(_("Số byte")),
    "video_sha256": Field(_("Mã băm của video")),
    "milliseconds": Field(_("Ở mili giây")),
    "codecs": Field(_("Dạng hình và tiếng")),
    "kept_until": Field(_("Bảo quản đến hết"), "day"),
    # of every act that a command does
    "command": Field(_("Bằng lệnh trên máy chủ")),
    "system_account": Field(_("Tài khoản máy chủ")),
    "on_behalf_of": Field(_("Thay mặt")),
    "on_behalf_of_id": Field(_("Thay mặt tài khoản số")),
}
"""By the name the entry carries."""


class Command(NamedTuple):
    """A command that is running on the server."""

    name: str
    account: str
    """Whose it is there: of the system, not of the host."""


BY_COMMAND = ("command", "system_account", "on_behalf_of", "on_behalf_of_id")
"""Fields an entry has beside those of its act where a command did it, for somebody or for the system: nobody signed in."""
_running: ContextVar[Command | None] = ContextVar("vks_command", default=None)


@contextmanager
def by_command(name: str, account: str) -> Iterator[None]:
    """Do what is done here as a command: the ledger names the command, and for whom it says it works."""
    before = _running.set(Command(name, account))
    try:
        yield
    finally:
        _running.reset(before)


def command_running() -> Command | None:
    """Return the command whose work this is; None: a page, the API or a worker does it."""
    return _running.get()


class Told(NamedTuple):
    """An act as the ledger is told of it."""

    case: Model | None
    data: dict[str, Any]
    hidden: list[tuple[str, Any]]


Recorder = Callable[[str, "User | None", Sequence[Told]], None]
_recorder: list[Recorder] = []


def recorded_by(recorder: Recorder) -> None:
    """Say who writes the entries; called once, when the program starts."""
    _recorder[:] = [recorder]


def tell(act: str, *, actor: User | None, case: Model | None, **values: Any) -> None:
    """Tell the ledger of an act, in the transaction of that act.

    Of two entries in one act, that of a case comes before one that concerns no case: acts then wait for each other in
    the same order.

    Args:
        act: a name in `ACTS`.
        actor: who acted, or for whom a command did (see `by_command`); None for a worker or a command.
        case: what it concerns; None for what concerns no single case.
        values: every field of the act, and no other.

    Raises:
        TypeError: a field is missing, or is none of the act's.
    """
    tell_each(act, actor=actor, each=[(case, values)])


def tell_each(act: str, *, actor: User | None, each: Iterable[tuple[Model | None, Mapping[str, Any]]]) -> None:
    """Tell the ledger of one act on several cases: an entry for each, written together.

    Raises:
        TypeError: see `tell`.
    """
    known = ACTS[act]
    told = []
    for case, values in each:
        if values.keys() != {*known.shown, *known.hidden}:
            wrong = ", ".join(sorted(values.keys() ^ {*known.shown, *known.hidden}))
            message = f"{act} is told with other fields than it has: {wrong}"
            raise TypeError(message)
        shown = {name: plain_value(values[name]) for name in known.shown}
        told.append(Told(case, shown, [(name, plain_value(values[name])) for name in known.hidden]))
    if told:
        (recorder,) = _recorder
        recorder(act, actor, told)


def plain_value(value: Any) -> Any:
    """Return a value of a field as an entry holds it: moments in UTC to the second, days as ISO 8601 has them."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    # members of enumerations are texts of another class
    return str(value) if isinstance(value, str) else value


DESTROYED = "case_destroyed"
"""The act that takes the hidden values of a case's entries with it."""
OF_DISPOSAL = ("disposal_drafted", "disposal_denied", "disposal_cancelled")
"""Acts whose hidden values stay then: why the file was disposed of."""


def digest_of(documents: Iterable[tuple[int, str]]) -> str:
    """Return what stands for many documents in an entry: SHA-256 over a line `ID SHA256` for each, in order of their ids.

    Args:
        documents: id in the host, and SHA-256 of the file (empty where it is not known).
    """
    lines = "".join(f"{pk} {sha256}\n" for pk, sha256 in sorted(documents))
    return hashlib.sha256(lines.encode()).hexdigest()
