"""Checks of the documents themselves: whose they are, who reaches them, whether they are whole."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from vks_plugin.access.projection import grants_for
from vks_plugin.access.waiting_readings import left_since
from vks_plugin.cases.models import Accused, CaseDocument, CaseFile
from vks_plugin.cases.secrecy import is_marked
from vks_plugin.conf import configuration
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.models import OPEN, Bundle, RedactionWork
from vks_plugin.doctor.accounts import SETUP
from vks_plugin.doctor.examination import WouldChangeError
from vks_plugin.doctor.results import Result, Scope, environment, error, ok, skipped, some, warning
from vks_plugin.filing import inbox
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host import probes
from vks_plugin.host.filed import filed_among
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import grants_of
from vks_plugin.host.provision import case_code_field_id
from vks_plugin.organization.models import ProcuracyUnit, ServiceAccount
from vks_plugin.organization.queries import dated_access_suspended
from vks_plugin.text import composed

_T = TypeVar("_T")

SAMPLE = 100
"""Documents compared one by one without `--full`: the newest half, and a half that moves on every day."""

LONG = dt.timedelta(hours=1)
"""How long an intake or a bundle may take before somebody should look."""


RECENT = dt.timedelta(days=30)
"""How far back documents without an owner are looked for: an archive that was there before is left alone."""

MOST_AT_ONCE = 50
"""How many things one sentence names in a step; the next run names the rest."""


def _filed() -> QuerySet[CaseDocument]:
    return CaseDocument.objects.order_by("-pk")


def _chosen(scope: Scope) -> list[CaseDocument]:
    """Return the documents to compare one by one."""
    filed = _filed().select_related("case__unit__parent")
    if scope.full:
        return list(filed)
    newest = list(filed[: SAMPLE // 2])
    others = filed.count() - len(newest)
    if others <= 0:
        return newest
    # another part every day, the same all day: a second run confirms the first
    start = SAMPLE // 2 + (timezone.localdate().toordinal() * (SAMPLE // 2)) % others
    return newest + list(filed[start : start + SAMPLE // 2])


def _extent(compared: int) -> str:
    return f"{compared}/{CaseDocument.objects.count()}"


def _ids(values: Iterable[int]) -> str:
    return some([str(each) for each in sorted(values)])


def document_owners(_scope: Scope) -> Result:
    """Every case document belongs to the service account: one of nobody's is everybody's."""
    owner_id = ServiceAccount.objects.values_list("user_id", flat=True).first()
    wrong = CaseDocument.objects.all()
    if owner_id is not None:
        wrong = wrong.exclude(document__owner_id=owner_id)
    public = list(
        wrong.filter(document__owner__isnull=True).order_by("document_id").values_list("document_id", flat=True)
    )
    others = list(
        wrong.filter(document__owner__isnull=False).order_by("document_id").values_list("document_id", flat=True)
    )
    if not public and not others:
        return ok()
    return error(
        f"{len(public)} tài liệu hồ sơ không có chủ (ai cũng đọc và sửa được), {len(others)} thuộc người khác: "
        f"tài liệu số {_ids(public + others)}.",
        "case documents belong to nobody, and so to everybody, or to somebody else",
        mend=SETUP,
    )


def document_grants(scope: Scope) -> Result:
    """Who may open a document in the host is who may by the rules."""
    chosen = _chosen(scope)
    present = grants_of(each.document_id for each in chosen)
    wanted: dict[tuple[int, str], object] = {}
    wrong = set()
    for filed in chosen:
        key = (filed.case_id, filed.part)
        if key not in wanted:
            try:
                wanted[key] = grants_for(filed.case, filed.part)
            except WouldChangeError:
                # a group that the rules name is not there
                wanted[key] = None
        if present.get(filed.document_id, set()) != wanted[key]:
            wrong.add(filed.document_id)
    if not wrong:
        return ok(_extent(len(chosen)))
    return error(
        f"Quyền trong máy chủ của {len(wrong)} tài liệu khác với quy tắc (đã đối chiếu {_extent(len(chosen))}): "
        f"tài liệu số {_ids(wrong)}.",
        "grants of case documents differ from the rules",
        mend=SETUP,
    )


def dated_access(_scope: Scope) -> Result:
    """What `vks_disable` suspended is open again."""
    if not dated_access_suspended() or not configuration().enabled:
        return ok()
    return warning(
        "Quyền có thời hạn đang tạm dừng từ lần chạy vks_disable: người được phân công có ngày kết thúc không đọc được.",
        "dated access is still suspended by vks_disable",
        mend=SETUP,
    )


def trashed_documents(_scope: Scope) -> Result:
    """A case document in the trash is still evidence."""
    inside = probes.trashed(CaseDocument.objects.values("document_id"))
    if not inside:
        return ok()
    return error(
        f"{len(inside)} tài liệu hồ sơ nằm trong thùng rác của máy chủ: số {_ids(inside)}.",
        "case documents lie in the host's trash",
        # the host's own way back stumbles over the row that ties the document to its case
        mend="Khôi phục: `python manage.py shell -c 'from vks_plugin.host.models import Document; "
        "from vks_plugin.host.search import reindex; "
        f"Document.global_objects.filter(pk__in={inside}).update(deleted_at=None); reindex({inside})'` (restore them).",
    )


def unfiled_codes(_scope: Scope) -> Result:
    """A document that carries a case code belongs to that case, or the code is wrong."""
    loose = list(
        probes.coded_documents()
        .exclude(document_id__in=CaseDocument.objects.values("document_id"))
        .order_by("document_id")
        .values_list("document_id", flat=True)
    )
    if not loose:
        return ok()
    field_id = case_code_field_id()
    return warning(
        f"{len(loose)} tài liệu ghi Mã vụ án mà không nằm trong hồ sơ nào: số {_ids(loose)}.",
        "documents carry a case code and are in no case",
        mend="Đưa vào hồ sơ bằng vks_adopt nếu mã đúng; nếu sai thì bỏ trường: "
        f'`POST /api/documents/bulk_edit/ {{"documents": {loose}, "method": "modify_custom_fields", "parameters": '
        f'{{"add_custom_fields": [], "remove_custom_fields": [{field_id}]}}}}` (adopt them, or take the field off).',
    )


def case_codes(scope: Scope) -> Result:
    """A filed document shows the code of its own case."""
    chosen = _chosen(scope)
    written = dict(
        probes.coded_documents()
        .filter(document_id__in=[each.document_id for each in chosen])
        .values_list("document_id", "value_text")
    )
    wrong = sorted(each.document_id for each in chosen if written.get(each.document_id) != each.case.code)
    if not wrong:
        return ok(_extent(len(chosen)))
    return error(
        f"{len(wrong)} tài liệu hồ sơ ghi mã của vụ án khác hoặc không ghi mã: số {_ids(wrong)}.",
        "filed documents carry another case code, or none",
        mend="Ghi lại mã: `python manage.py shell -c 'from vks_plugin.cases.models import CaseDocument; "
        "from vks_plugin.host.provision import write_case_code; "
        f"[write_case_code(each.document, each.case.code) for each in CaseDocument.objects.filter(document_id__in={wrong})]'` "
        "(write the codes again).",
    )


def unowned_documents(_scope: Scope) -> Result:
    """What is ours to look after belongs to somebody, filed or not."""
    found = inbox.unowned_in_reach()
    if not found:
        return ok()
    return error(
        f"{len(found)} tài liệu của phần hồ sơ vụ án không có chủ: mọi người dùng đều đọc và sửa được, "
        f"tài liệu số {_ids(found)}.",
        "documents that are ours to look after have no owner; everybody may read and change them",
        mend=SETUP,
    )


def public_documents(_scope: Scope) -> Result:
    """Where others use the host too, what comes in without an owner may be left everybody's: told all the same."""
    if configuration().take_every_unowned:
        return ok()
    found = probes.public_documents(timezone.now() - RECENT)
    named = f" Nhận trong {RECENT.days} ngày qua: {len(found)} tài liệu, số {_ids(found)}." if found else ""
    return warning(
        f"VKS_TAKE_EVERY_UNOWNED đang tắt: tài liệu vào máy mà không có chủ thì mọi người dùng đều đọc và sửa được.{named}",
        "documents that come in without an owner are left to everybody",
        mend=f"{environment('VKS_TAKE_EVERY_UNOWNED=true')} {SETUP} Máy còn người ngoài viện kiểm sát dùng chung thì để tắt, "
        "và lập quy trình gán chủ cho thư mục quét, thư đến (leave it off where others use the host, and let a workflow name "
        "owners).",
    )


def named_secrets(_scope: Scope) -> Result:
    """No paper is here whose name says that it is a state secret; what it is called is not repeated."""
    rows = Document.global_objects.values_list("pk", "root_document_id", "title", "original_filename")
    found = {
        root or pk for pk, root, *names in rows.iterator() if any(is_marked(composed(each or "")) for each in names)
    }
    if not found:
        return ok()
    filed = {pk for part in _batched(sorted(found)) for pk in filed_among(part)}
    loose = sorted(found - filed)[:MOST_AT_ONCE]
    steps = ""
    if filed:
        steps = (
            f"`python manage.py vks_explain --document {min(filed)}` nói ai đọc được; tài liệu hồ sơ thì báo lãnh đạo. "
        )
    if loose:
        steps += (
            f'`POST /api/documents/bulk_edit/ {{"documents": {loose}, "method": "delete", "parameters": {{}}}}` '
            f'`POST /api/trash/ {{"action": "empty", "documents": {loose}}}` '
        )
    return warning(
        f"{len(found)} tài liệu mang dấu độ mật ở tên, {len(filed)} đã vào hồ sơ: số {_ids(found)}. Hệ thống không lưu bí mật "
        "nhà nước.",
        "papers named as state secrets are stored here",
        mend=f"Lập thẻ chỉ dẫn (số, ngày, nơi giữ bản giấy) cho từng tài liệu đúng là mật rồi bỏ tài liệu ấy: {steps}(write "
        "an index card for each that is a secret, then delete it).",
    )


def inbox_office(_scope: Scope) -> Result:
    """Somebody keeps the inbox, else superusers alone read what comes in without an owner."""
    if inbox.inbox_unit() is not None:
        return ok()
    units = ProcuracyUnit.objects.on(timezone.localdate()).filter(active_from__lte=timezone.localdate())
    code = units.order_by("code").values_list("code", flat=True).first()
    if code is None:
        return skipped("chưa đơn vị nào dùng hệ thống", "no office uses the system yet")
    waiting = inbox.waiting_for_an_office()
    return warning(
        f"Chưa đơn vị nào trông hộp nhận: tài liệu vào máy mà không có chủ thì chỉ quản trị đọc được, {waiting} tài liệu "
        "đang chờ.",
        "no office keeps the inbox; superusers alone read what comes in without an owner",
        mend=f"{environment(f'VKS_INBOX_UNIT={code}')} Thay {code} bằng mã đơn vị có văn thư, cán bộ số hóa trông hộp nhận "
        f"(put the code of the office whose clerks keep it). {SETUP}",
    )


def telling_names(_scope: Scope) -> Result:
    """Names of tags and the like are read by people who may not know of the case."""
    things = probes.named_things()
    words = {word for each in things for word in re.findall(r"[\w./-]+", each.name) if word.count("-") > 1}
    plain = {composed(each.name).strip() for each in things}
    codes: set[str] = set()
    people: set[str] = set()
    for part in _batched(sorted(words)):
        codes |= set(CaseFile.objects.filter(code__in=part).values_list("code", flat=True))
    for part in _batched(sorted(plain)):
        people |= set(Accused.objects.filter(full_name__in=part).values_list("full_name", flat=True))
    telling = [
        each.address
        for each in things
        if composed(each.name).strip() in people or any(code in each.name for code in codes)
    ]
    if not telling:
        return ok()
    steps = [f'`PATCH {address} {{"name": "{_neutral(address)}"}}`' for address in telling[:MOST_AT_ONCE]]
    return warning(
        f"{len(telling)} thẻ, người gửi, khung nhìn hoặc loại mang mã vụ án hay tên bị can: người không được biết vụ án "
        "vẫn đọc được tên đó.",
        "tags, correspondents or the like carry a case code or the name of an accused, readable by all",
        mend=f"Đổi tên: {' '.join(steps)} (rename them).",
    )


def _batched(values: list[_T], size: int = 1000) -> Iterator[list[_T]]:
    """Yield slices that fit into one statement of any database served."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _neutral(address: str) -> str:
    kind, pk = address.strip("/").split("/")[1:]
    return f"{kind}-{pk}"


def text_form(scope: Scope) -> Result:
    """Letters whose accents stand apart are cut to pieces by the index: “quyết” becomes “quye t”."""
    chosen = _chosen(scope)
    apart = probes.decomposed_documents(each.document_id for each in chosen)
    if not apart:
        return ok(_extent(len(chosen)))
    return warning(
        f"Chữ của {len(apart)} tài liệu hồ sơ ở dạng dấu rời (NFD): gõ đúng từ cũng tìm không ra, tài liệu số {_ids(apart)}.",
        "text with accents apart from their letters is not found",
        mend="Ghép lại và lập chỉ mục: `python manage.py shell -c 'from vks_plugin.host.models import Document; "
        "from vks_plugin.host.search import reindex; from vks_plugin.text import composed; "
        f"[Document.objects.filter(pk=each.pk).update(content=composed(each.content)) for each in "
        f"Document.objects.filter(pk__in={apart})]; reindex({apart})'` (compose and index again).",
    )


def share_links(_scope: Scope) -> Result:
    """Whoever holds a link reads the document without signing in."""
    links = probes.open_links(CaseDocument.objects.values("document_id"))
    if links is None:
        return skipped("máy chủ thay thế không có liên kết chia sẻ", "the stand-in has no share links")
    if not links:
        return ok()
    opened = {each for link in links for each in link.document_ids}
    return error(
        f"{len(links)} liên kết chia sẻ mở {len(opened)} tài liệu hồ sơ cho bất kỳ ai có đường dẫn: số {_ids(opened)}.",
        "share links open case documents to anybody who has the address",
        mend="Xóa liên kết: " + " ".join(f"`DELETE {link.address}`" for link in links) + " (delete them).",
    )


def outward_workflows(_scope: Scope) -> Result:
    """A workflow may send documents away by itself."""
    found = probes.outward_workflows()
    if found is None:
        return skipped("máy chủ thay thế không có quy trình", "the stand-in has no workflows")
    if not found:
        return ok()
    return error(
        f"Quy trình số {_ids(found)} tự gửi tài liệu hoặc thông tin ra ngoài qua thư hoặc webhook.",
        "workflows send documents or facts about them outside",
        mend="Tắt trên trang Quy trình, hoặc qua API: "
        + " ".join(f'`PATCH /api/workflows/{pk}/ {{"enabled": false}}`' for pk in found)
        + " (switch them off).",
    )


def meddling_workflows(_scope: Scope) -> Result:
    """A workflow of the host acts past the guard: no door is opened, no person acts."""
    owner_id = ServiceAccount.objects.values_list("user_id", flat=True).first()
    found = probes.meddling_workflows(owner_id)
    if found is None:
        return skipped("máy chủ thay thế không có quy trình", "the stand-in has no workflows")
    if not found:
        return ok()
    return warning(
        f"Quy trình số {_ids(found)} đổi chủ, đổi quyền, đổi Mã vụ án hoặc xóa tài liệu: tài liệu hồ sơ khớp điều kiện "
        "sẽ bị đổi theo.",
        "workflows change owners, grants or case codes, or delete; case documents that match are changed too",
        mend="Tắt trên trang Quy trình, hoặc qua API: "
        + " ".join(f'`PATCH /api/workflows/{pk}/ {{"enabled": false}}`' for pk in found)
        + " (switch them off).",
    )


def document_files(scope: Scope) -> Result:
    """The file of every document lies where the host says."""
    chosen = _chosen(scope)
    lost = defaultdict(list)
    for stored in probes.stored_files(each.document_id for each in chosen):
        try:
            if stored.path.is_file() and stored.path.stat().st_size:
                continue
        except OSError:
            pass
        lost[stored.document_id].append(stored.path)
    if not lost:
        return ok(_extent(len(chosen)))
    paths = [str(path) for each in lost.values() for path in each]
    return error(
        f"Mất hoặc rỗng tệp của {len(lost)} tài liệu hồ sơ (đã xem {_extent(len(chosen))}): số {_ids(lost)}.",
        "files of case documents are gone or empty",
        mend="Khôi phục từ bản sao lưu: " + " ".join(f"`{path}`" for path in paths[:5]) + " (restore from the backup).",
    )


def failed_intake(_scope: Scope) -> Result:
    """Files that somebody handed in and that are in no case."""
    failed = IntakeItem.objects.filter(status=IntakeItem.Status.FAILED)
    codes = sorted(set(failed.values_list("case__code", flat=True)))
    if not codes:
        return ok()
    return warning(
        f"{failed.count()} tệp đã nộp mà không vào được hồ sơ, ở {len(codes)} vụ án: {some(codes)}.",
        "files that were handed in could not be filed",
        mend="Thử lại hoặc bỏ trên trang của vụ án: "
        + " ".join(f"`/vks/cases/{code}/`" for code in codes[:5])
        + " (retry or discard them there).",
    )


def waiting_intake(_scope: Scope) -> Result:
    """Files that wait longer than recognition takes."""
    waiting = IntakeItem.objects.filter(status=IntakeItem.Status.WAITING, created_at__lt=timezone.now() - LONG)
    number = waiting.count()
    if not number:
        return ok()
    return error(
        f"{number} tệp đã nộp chờ quá {LONG.seconds // 3600} giờ: tác vụ nền dừng, hoặc hàng đợi đã mất.",
        "files have been waiting for more than an hour",
        mend="Xem “broker” và “worker”; khi tác vụ nền chạy và hàng đợi trống mà tệp vẫn chờ, giao lại bằng "
        "`python manage.py vks_resume` "
        "(hand them over again, only with an empty queue).",
    )


def waiting_readings(_scope: Scope) -> Result:
    """Readings of papers that a process of the server left behind, and nobody wrote into the access log."""
    number = left_since(timezone.now() - dt.timedelta(minutes=15))
    if not number:
        return ok()
    return error(
        f"{number} tệp trong {configuration().data_dir / 'access-log'} còn lượt đọc tài liệu chưa ghi vào nhật ký truy cập.",
        "readings wait to be written into the access log",
        mend="Xem “worker” và “beat”, rồi chạy `celery --app paperless call vks.access.write_left_readings`; tệp `.unreadable` là tệp hỏng, "
        "hãy đọc, giữ bản sao rồi chuyển đi (start worker and beat, then have the task run; a file that ends in .unreadable is broken: "
        "read it, keep a copy, move it away).",
    )


def stuck_bundles(_scope: Scope) -> Result:
    """Bundles, packages for the court and redactions nobody is making any more."""
    rows: list[tuple[str, str]] = []
    for model, page in ((Bundle, "vks:bundle"), (RedactionWork, "vks:redaction_work"), (DeckExport, "vks:deck")):
        stuck = model._default_manager.filter(status__in=OPEN, queued_at__lt=timezone.now() - LONG)
        code = "presentation__case__code" if model is DeckExport else "case__code"
        found = stuck.order_by("queued_at").values_list("pk", code)
        rows += [(reverse(page, args=[pk]), case) for pk, case in found]
    if not rows:
        return ok()
    return warning(
        f"{len(rows)} tập hồ sơ, gói trình chiếu, việc che thông tin làm quá {LONG.seconds // 3600} giờ chưa xong, "
        f"của vụ án {some(sorted({code for _, code in rows}))}.",
        "bundles, packages or redactions have been in the making for more than an hour",
        mend="Việc bị ngắt tự làm lại khi tác vụ nền và lịch chạy: xem “worker” và “beat”. Vẫn vậy thì người yêu cầu bấm Dừng rồi lập lại: "
        + " ".join(f"`{address}`" for address, _code in rows[:5])
        + " (interrupted ones begin anew by themselves; else stop them and ask again).",
    )
