"""What the host's doors answer when a rule of ours stands against a request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException

from vks_plugin.errors import NotAllowed, VksError
from vks_plugin.language import language_of, speaking
from vks_plugin.text import gettext_noop

if TYPE_CHECKING:
    from rest_framework.request import Request

READERS = gettext_noop(
    "Chủ và người xem của tài liệu hồ sơ vụ án theo chức danh và phân công: hãy đổi phân công trong trang của vụ án, "
    "không đổi quyền tại đây."
)
SHARED = gettext_noop(
    "Tài liệu hồ sơ vụ án không chia sẻ bằng liên kết và không gửi thư ra ngoài: người cần xem phải được phân công "
    "trong trang của vụ án."
)
REMOVED = gettext_noop(
    "Tài liệu đã vào hồ sơ vụ án thì không xóa, không bỏ vào thùng rác: nếu nộp nhầm, hãy báo người thụ lý vụ án."
)
FILE = gettext_noop(
    "Tệp của tài liệu hồ sơ vụ án không sửa ở đây: không thêm phiên bản, không tách, ghép, xoay, bỏ trang, bỏ mật khẩu, "
    "xử lý lại, không làm tài liệu khác từ nó. Trước khi niêm phong, sửa trang ở mục “Trang” của tài liệu trong trang của "
    "vụ án."
)
LENT = gettext_noop(
    "Bạn mượn bản điện tử của hồ sơ này: hãy đọc trong trang của vụ án (/vks/), nơi trang xem mang tên người mượn; "
    "không mở tệp, không tải về tại đây."
)
NAMED_SECRET = gettext_noop(
    "Tài liệu mang dấu độ mật ở tên, bí mật nhà nước không lưu ở đây: không xử lý lại, không thêm phiên bản, "
    "không ghi chữ, không tách, ghép, xoay, bỏ trang, bỏ mật khẩu, không làm tài liệu khác từ nó. Hãy lập thẻ chỉ dẫn trong trang "
    "của vụ án rồi nhờ quản trị xóa. Nếu không mật: dấu nằm ở tiêu đề thì sửa tiêu đề rồi làm lại, nằm ở tên tệp thì nhờ quản trị "
    "xóa rồi tải lên lại với tên tệp khác."
)
PLACE = gettext_noop(
    "Tệp của tài liệu hồ sơ vụ án nằm ở đường dẫn lưu trữ riêng, để tên tệp không nói gì về vụ án: hãy giữ nguyên."
)
TRASHED = gettext_noop(
    "Tài liệu hồ sơ vụ án trong thùng rác không lấy ra, không xóa hẳn tại đây: quản trị chạy lệnh vks_doctor để biết cách "
    "khôi phục."
)
ELSEWHERE = gettext_noop(
    "Tài liệu hồ sơ vụ án không sửa ở trang quản trị: hãy sửa trong trang của vụ án hoặc trên trang tài liệu."
)
KEPT_THING = gettext_noop(
    "Tài liệu hồ sơ vụ án đang dùng trường, loại hoặc đường dẫn lưu trữ này: hãy giữ nguyên, không xóa, không đổi tên."
)
MEMBERSHIP = gettext_noop(
    "Người trong nhóm vks:… theo bổ nhiệm: hãy ghi hoặc chấm dứt bổ nhiệm ở trang Tổ chức, không xếp nhóm tại đây."
)
GROUP = gettext_noop("Nhóm vks:… do phần hồ sơ vụ án quản lý: không tạo, không đổi, không xóa tại đây.")
CREDENTIALS = gettext_noop(
    "Tên đăng nhập, mật khẩu và thư điện tử của người đang giữ hoặc sắp giữ chức danh do chính người đó hoặc siêu quản trị "
    "đổi: hãy báo siêu quản trị."
)
SUPERUSER = gettext_noop(
    "Tài khoản siêu quản trị đọc được mọi vụ án nên chỉ siêu quản trị đổi hoặc xóa: hãy báo siêu quản trị."
)
POWERS = gettext_noop("Cờ nhân viên và quyền siêu quản trị chỉ siêu quản trị cho hoặc bỏ: hãy báo siêu quản trị.")
SERVICE_ACCOUNT = gettext_noop(
    "Tài khoản này là chủ của mọi tài liệu hồ sơ vụ án, không ai đăng nhập bằng nó: không đổi, không xóa, không mở khóa."
)
UNSEEN = gettext_noop(
    "Có tài liệu trong yêu cầu không tồn tại hoặc bạn không được xem: hãy tải lại danh sách rồi chọn lại."
)
COPY = gettext_noop("Không nhận tệp này vì đã có một tài liệu giống hệt.")
LOGS = gettext_noop(
    "Nhật ký máy chủ ghi tên tệp và tiêu đề tài liệu của mọi đơn vị nên chỉ siêu quản trị đọc: hãy báo siêu quản trị."
)
SETTINGS = gettext_noop(
    "Thiết đặt gửi chữ của tài liệu ra ngoài, tách tệp theo mã vạch hoặc thêm lệnh cho máy nhận dạng chạm tới hồ sơ của mọi đơn "
    "vị nên chỉ siêu quản trị đổi: hãy báo siêu quản trị."
)
WORKFLOWS = gettext_noop(
    "Quy trình gửi giấy tờ đi, cho ai đó hoặc lấy lại của ai đó, ghi hay bỏ Mã vụ án, hoặc bỏ vào thùng rác chạm tới giấy tờ "
    "chưa vào hồ sơ của mọi người nên chỉ siêu quản trị lập và sửa: hãy báo siêu quản trị."
)
MAIL = gettext_noop(
    "Quy tắc này lấy thư từ hộp thư của người khác: chỉ người được sửa hộp thư đó mới sửa quy tắc. Hãy lập quy tắc cho hộp thư "
    "của mình, hoặc báo siêu quản trị."
)
NAMED = gettext_noop("Tài khoản này đã được ghi tên trong hồ sơ nên không xóa được: hãy khóa tài khoản thay vì xóa.")


class Refused(APIException):
    """A refusal in the host's API, with our sentence and status."""

    def __init__(self, error: VksError) -> None:
        super().__init__(detail=error.message)
        self.status_code = error.status


def refused(rule: str) -> Refused:
    """Return the refusal that names this rule."""
    return Refused(NotAllowed(_(rule)))


def in_their_language(method: Callable[..., bool]) -> Callable[..., bool]:
    """Let a permission speak the language our pages have for this person; the host's views may speak another."""

    @wraps(method)
    def inner(self: Any, request: Request, view: Any, *obj: Any) -> bool:
        with speaking(language_of(request)):
            return method(self, request, view, *obj)

    return inner
