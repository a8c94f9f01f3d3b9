"""The custody ledger: its key, its checkpoints, its newest entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from vks_plugin.conf import configuration
from vks_plugin.custody import heads, keys, queries
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.custody.queries.holding import kept_though_gone
from vks_plugin.disposal.queries import destroyed_documents, unfinished_batches
from vks_plugin.doctor.results import Result, Scope, error, ok, skipped, some, warning
from vks_plugin.errors import VksError
from vks_plugin.host.erasing import come_back

_NEWS = 30
"""Days for which a restored database is told of."""
_CALL = (
    "Giữ nguyên máy, báo lãnh đạo ngay. Chạy `python manage.py vks_ledger verify` để biết mọi điểm sai, rồi đối chiếu với "
    "bản giấy và bản xuất gần nhất (leave the machine as it is; find all of it, compare with paper and exports)."
)


def ledger_key(_scope: Scope) -> Result:
    """The key that signs is there, for this account alone, and is the one the ledger knows."""
    known = [str(key) for key in queries.public_keys()]
    path = keys.key_path()
    if not known and not path.exists():
        return warning(
            "Chưa có khóa ký sổ cái: không ai ngoài máy chủ kiểm tra được sổ.",
            "there is no key to sign the ledger with",
            mend="Chạy `python manage.py vks_ledger key`, in khóa công khai ra giấy và giữ ở ngoài máy chủ (make it, and keep the public key on paper).",
        )
    try:
        present = str(keys.read_key(path).public)
    except VksError as refusal:
        if path.exists() and path.stat().st_mode & 0o077:
            return error(
                refusal.message,
                "others can read the key that signs the ledger",
                mend=f"Chạy `chmod 600 {path}`; nếu người khác có thể đã đọc khóa thì thay khóa bằng vks_ledger key --rotate (close it; change the key if somebody may have read it).",
            )
        return error(
            refusal.message,
            "the key that signs the ledger cannot be used",
            mend="Trả lại tệp khóa từ nơi cất giữ; nếu đã mất thì chạy `python manage.py vks_ledger key --rotate --lost` (put the file back, or replace a lost key).",
        )
    if present != queries.present_key():
        return error(
            f"Tệp {path} không phải khóa mà sổ cái đã ghi: không ký được.",
            "the key file holds another key than the ledger knows",
            mend="Trả lại đúng tệp khóa; nếu đã mất thì chạy `python manage.py vks_ledger key --rotate --lost` (put the file back, or replace a lost key).",
        )
    return ok()


def ledger_checkpoint(_scope: Scope) -> Result:
    """What was recorded does not stay unsigned for days."""
    if not queries.public_keys():
        return skipped("chưa có khóa ký sổ cái", "there is no key yet")
    since = queries.unsigned_since()
    if since is None or since > timezone.now() - dt.timedelta(days=configuration().ledger_checkpoint_days):
        return ok()
    return warning(
        f"Sổ cái có mục chưa được chốt từ {timezone.localtime(since):%d/%m/%Y}: lịch chốt hằng ngày không chạy, hoặc đã tắt.",
        "entries of the ledger have stayed unsigned for days",
        mend="Chạy `python manage.py vks_ledger checkpoint`, rồi xem mục beat và VKS_LEDGER_DAILY_CHECKPOINT (sign it, then look why that did not happen by itself).",
    )


def ledger_heads(_scope: Scope) -> Result:
    """The ledger goes on from every signed head that is remembered outside of the database, and each is remembered."""
    path = heads.heads_path()
    try:
        forked, remembered, lost = queries.contradiction(), queries.is_remembered(), queries.heads_are_lost()
    except OSError as failure:
        return error(
            f"Không đọc được tệp ghi nhớ điểm chốt {path}: {failure.strerror or failure}.",
            "the file that remembers signed heads cannot be read",
            mend=f"Chạy `chmod 700 {path.parent}` và `chmod 600 {path}`; thư mục phải thuộc tài khoản của dịch vụ (the folder has to belong to the account of the service).",
        )
    if forked is not None:
        return error(
            f"Sổ cái không nối tiếp điểm chốt đã ghi nhớ: {forked.sentence}",
            "the ledger is no continuation of a signed head that is remembered outside of the database",
            mend="Giữ nguyên máy, báo lãnh đạo tỉnh ngay. Nếu cơ sở dữ liệu được phục hồi có chủ ý thì lãnh đạo tỉnh ghi nhận ở trang Sổ cái, hoặc bằng `python manage.py vks_ledger restored --by TÀI_KHOẢN --reason LÝ_DO`, rồi chạy `python manage.py vks_ledger checkpoint` (leave the machine as it is and tell the leaders; where a backup was restored on purpose, a leader says so, then sign).",
        )
    if lost:
        return error(
            f"Tệp ghi nhớ điểm chốt {path} đã mất: sổ không được ký tiếp, vì cơ sở dữ liệu bị thay bằng bản cũ thì không ai thấy.",
            "the file that remembers signed heads is gone; nothing more is signed",
            mend=f"Xem ổ đĩa của {path.parent} có được gắn không; lấy lại tệp mới nhất từ máy khác. Không còn bản nào thì đối chiếu sổ với điểm chốt trên giấy, rồi lãnh đạo tỉnh ghi nhận ở trang Sổ cái, hoặc bằng `python manage.py vks_ledger heads --by TÀI_KHOẢN --reason LÝ_DO` (look whether its disk is there, put back the copy from another machine; where there is none, compare with paper, then a leader says so).",
        )
    if not remembered:
        return warning(
            f"Điểm chốt mới nhất chưa có trong tệp ghi nhớ {path}: cơ sở dữ liệu bị thay bằng bản cũ thì không ai thấy.",
            "the newest signed head is not remembered outside of the database",
            mend=f"Cho tài khoản của dịch vụ ghi được thư mục {path.parent} rồi chạy `python manage.py vks_ledger checkpoint`; nếu tệp đã bị xóa thì lấy lại từ bản sao ở máy khác (let the service write there, then sign; where the file was deleted, put back the copy from another machine).",
        )
    restored = queries.recent_restorations(_NEWS)
    if restored:
        return warning(
            f"Trong {_NEWS} ngày qua sổ cái có ghi nhận phục hồi cơ sở dữ liệu: {_entries(restored)}.",
            "the ledger says that the database was restored from a backup lately",
            mend="Hỏi lãnh đạo tỉnh có tên ở mục ấy (trang Sổ cái) có ghi nhận không. Không ai ghi thì giữ nguyên máy, báo ngay và chạy `python manage.py vks_ledger verify` (ask the leader who is named there; if nobody wrote it, leave the machine as it is and check the ledger).",
        )
    begun = queries.recent_beginnings(_NEWS)
    if begun:
        return warning(
            f"Trong {_NEWS} ngày qua tệp ghi nhớ điểm chốt được lập khi sổ cái đã có nhiều điểm chốt: {_entries(begun)}.",
            "the file of signed heads was begun lately, although the ledger had signed heads before",
            mend="Vừa nâng cấp từ bản chưa có tệp này thì đúng. Không thì hỏi lãnh đạo tỉnh có tên ở mục ấy (trang Sổ cái); không ai ghi thì giữ nguyên máy, báo ngay và so với điểm chốt trên giấy (right after an upgrade from a version without the file; else ask the leader who is named there, and compare with paper).",
        )
    return ok()


def _entries(rows: Sequence[LedgerEntry]) -> str:
    """Return the numbers and days of entries, in a sentence."""
    return ", ".join(f"mục {each.seq} ngày {timezone.localtime(each.stated):%d/%m/%Y}" for each in rows)


def ledger_tail(scope: Scope) -> Result:
    """The newest entries, or with `--full` all of them, are as they were written."""
    if not LedgerEntry.objects.exists():
        return skipped("sổ cái chưa có mục nào", "the ledger is empty")
    problems = queries.verify().problems if scope.full else queries.verify_tail()
    if not problems:
        return ok()
    return error(
        f"Sổ cái không nguyên vẹn: {problems[0]} ({len(problems)} điểm sai)",
        "the ledger does not hold: somebody changed what was recorded",
        mend=_CALL,
    )


def fixity(_scope: Scope) -> Result:
    """Stored files are compared with what was recorded of them, and are as recorded."""
    found = queries.open_findings().count()
    if found:
        return error(
            f"{found} tệp lưu trữ không như đã ghi, chưa ai xử lý.",
            "stored files are not as they were recorded",
            mend="Giữ nguyên máy, báo lãnh đạo; trả lại tệp từ bản sao lưu, chạy `python manage.py vks_fixity --all`, rồi lãnh đạo đóng từng sai lệch với lý do (restore the files, compare again, then leaders close each with a reason).",
        )
    if queries.is_overdue(2 * configuration().fixity_days):
        return warning(
            "Đã lâu không đối chiếu xong tệp lưu trữ: tệp hỏng hay bị đổi không ai biết.",
            "stored files have not been compared for long",
            mend="Chạy `python manage.py vks_fixity --all`, rồi xem mục beat và VKS_FIXITY_DAYS (compare them, then look why that did not happen by itself).",
        )
    return ok()


def disposals(_scope: Scope) -> Result:
    """What was disposed of is gone, kept by nobody, and no disposal stays cut off."""
    back = come_back(destroyed_documents())
    if back:
        return error(
            f"{len(back)} tài liệu của hồ sơ đã tiêu hủy lại có trên máy chủ: số {some([str(pk) for pk in back])}.",
            "documents whose file was disposed of are there again, as after an import of an old export",
            mend="Báo lãnh đạo rồi xóa lại: `python manage.py shell -c 'from vks_plugin.disposal.actions import remove_what_came_back; remove_what_came_back()'` (tell the leaders, then remove them again).",
        )
    left = unfinished_batches()
    if left:
        return error(
            f"{len(left)} đợt tiêu hủy dừng giữa chừng: số {some([str(pk) for pk in left])}.",
            "disposals were cut off",
            mend="Lưu trữ viên mở trang của đợt và thực hiện lại: "
            + " ".join(f"`/vks/archive/disposals/{pk}/`" for pk in left[:5])
            + " (carry them out again there).",
        )
    kept = sorted(set(kept_though_gone().values_list("case__code", flat=True)))
    if kept:
        return warning(
            f"Nơi giữ của {len(kept)} hồ sơ đã tiêu hủy chưa khép lại, như của bản cũ: {some(kept)}.",
            "files that were disposed of still stand as kept by somebody, as older versions left them",
            mend="Khép lại vào lúc tiêu hủy, mỗi phần một mục sổ cái: `python manage.py shell -c 'from vks_plugin.disposal.actions import end_what_is_kept_open; end_what_is_kept_open()'` (end that at the moment of the disposal; the ledger tells it).",
        )
    return ok()
