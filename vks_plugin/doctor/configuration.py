"""Checks of settings: what the host is told through its environment, or on its configuration page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from vks_plugin.cases.calendar import has_exchanged_days
from vks_plugin.conf import Configuration, configuration
from vks_plugin.custody.registers import check_columns
from vks_plugin.doctor.results import (
    Result,
    Scope,
    Status,
    both,
    environment,
    error,
    ok,
    skipped,
    some,
    warning,
)
from vks_plugin.errors import Unavailable
from vks_plugin.host import probes
from vks_plugin.host.version import is_stand_in
from vks_plugin.language import speaking
from vks_plugin.organization.roles import GROUP_PREFIX

_OTHER_VARIABLES = {"VKS_DEMONSTRATION", "VKS_TEST_HOST"}
_SHORTEST_KEY = 32
_KEPT_IN_TRASH = 30
# the month from which the days off of the next year can be known
_DAYS_OFF_DECIDED = 11
# what a template of file names may say of a document without telling anything about its case
_HARMLESS = re.compile(r"\{\{?\s*(doc_pk|added(_\w+)?|asn|owner_username|none)\s*\}?\}")

Examine = Callable[[Scope], Result]


def _absent() -> Result:
    return skipped("máy chủ thay thế không có phần này", "the stand-in has no such part")


def _setting(
    name: str,
    level: Status,
    *,
    wrong: Callable[[Any], bool],
    says: tuple[str, str],
    mend: tuple[str, ...],
) -> Examine:
    """Make the check of one setting of the host.

    Args:
        name: Django's name of it.
        level: what a wrong value is.
        wrong: tells a wrong value.
        says: the sentence in Vietnamese and English; `{value}` stands for the value.
        mend: assignments for the environment.
    """

    def examine(_scope: Scope) -> Result:
        if not probes.has(name):
            return _absent()
        value = getattr(settings, name)
        if not wrong(value):
            return ok()
        vietnamese, english = (each.format(value=value) for each in says)
        return Result(level, both(vietnamese, english), environment(*mend))

    examine.__doc__ = says[1]
    return examine


debug = _setting(
    "DEBUG",
    Status.ERROR,
    wrong=bool,
    says=(
        "Chế độ gỡ lỗi đang bật: trang báo lỗi để lộ cấu hình và nội dung hồ sơ.",
        "debug mode is on; error pages show settings and contents",
    ),
    mend=("PAPERLESS_DEBUG=false",),
)

time_zone = _setting(
    "TIME_ZONE",
    Status.ERROR,
    wrong=lambda value: value not in {"Asia/Ho_Chi_Minh", "Asia/Saigon"},
    says=(
        "Múi giờ là {value}: thời hạn, quyền có ngày và giờ trong biên bản lệch so với giờ Việt Nam.",
        "time zone is {value}; deadlines and dated access follow another day than Vietnam's",
    ),
    mend=("PAPERLESS_TIME_ZONE=Asia/Ho_Chi_Minh",),
)

date_order = _setting(
    "DATE_ORDER",
    Status.WARNING,
    wrong=lambda value: value != "DMY",
    says=(
        "Thứ tự ngày tháng là {value}: ngày 03/04 bị đọc sai khi nhận dạng.",
        "date order is {value}; 03/04 is misread",
    ),
    mend=("PAPERLESS_DATE_ORDER=DMY",),
)

allowed_hosts = _setting(
    "ALLOWED_HOSTS",
    Status.WARNING,
    wrong=lambda value: "*" in value,
    says=(
        "Máy chủ trả lời mọi tên miền: thay hoso.example.vn dưới đây bằng tên thật của máy.",
        "the host answers to any name; put the real one in place of hoso.example.vn",
    ),
    mend=("PAPERLESS_ALLOWED_HOSTS=hoso.example.vn",),
)

delete_duplicates = _setting(
    "CONSUMER_DELETE_DUPLICATES",
    Status.ERROR,
    wrong=bool,
    says=(
        "Máy chủ tự xóa tệp trùng nội dung: một giấy tờ có trong hai vụ án sẽ mất ở vụ thứ hai.",
        "duplicates are deleted; a paper that belongs to two cases is lost to the second",
    ),
    mend=("PAPERLESS_CONSUMER_DELETE_DUPLICATES=false",),
)

consume_scripts_before = _setting(
    "PRE_CONSUME_SCRIPT",
    Status.WARNING,
    wrong=bool,
    says=(
        "Một chương trình ngoài được chạy trước khi nhận mỗi tệp và đọc được toàn bộ tệp hồ sơ.",
        "an outside program runs before each intake and can read every file",
    ),
    mend=("PAPERLESS_PRE_CONSUME_SCRIPT=",),
)

consume_scripts_after = _setting(
    "POST_CONSUME_SCRIPT",
    Status.WARNING,
    wrong=bool,
    says=(
        "Một chương trình ngoài được chạy sau khi nhận mỗi tệp và đọc được toàn bộ tệp hồ sơ.",
        "an outside program runs after each intake and can read every file",
    ),
    mend=("PAPERLESS_POST_CONSUME_SCRIPT=",),
)

nltk = _setting(
    "NLTK_ENABLED",
    Status.WARNING,
    wrong=bool,
    says=(
        "Bộ phân loại dùng dữ liệu NLTK, vốn phải tải từ mạng và không có tiếng Việt.",
        "the classifier uses NLTK data, which come from the network and know no Vietnamese",
    ),
    mend=("PAPERLESS_ENABLE_NLTK=false",),
)

remote_ocr = _setting(
    "REMOTE_OCR_ENGINE",
    Status.ERROR,
    wrong=bool,
    says=(
        "Nhận dạng chữ được gửi cho dịch vụ bên ngoài ({value}): nội dung hồ sơ rời khỏi đơn vị.",
        "text recognition is sent to an outside service ({value})",
    ),
    mend=("PAPERLESS_REMOTE_OCR_ENGINE=",),
)

update_check = _setting(
    "ENABLE_UPDATE_CHECK",
    Status.WARNING,
    wrong=lambda value: value is not False,
    says=(
        "Máy chủ có thể hỏi phiên bản mới qua mạng: máy biệt lập phải chờ hết hạn kết nối, máy có mạng để lộ mình.",
        "the host may ask the network for updates",
    ),
    mend=("PAPERLESS_ENABLE_UPDATE_CHECK=false",),
)

outgoing_mail = _setting(
    "EMAIL_ENABLED",
    Status.WARNING,
    wrong=bool,
    says=(
        "Máy chủ gửi được thư: người dùng có thể gửi tài liệu hồ sơ ra ngoài bằng nút “E-mail”.",
        "outgoing mail is on; documents can be e-mailed",
    ),
    mend=("PAPERLESS_EMAIL_HOST=", "PAPERLESS_EMAIL_HOST_USER="),
)

trash_delay = _setting(
    "EMPTY_TRASH_DELAY",
    Status.WARNING,
    wrong=lambda value: int(value) < _KEPT_IN_TRASH,
    says=(
        "Thùng rác bị xóa hẳn sau {value} ngày: tài liệu bỏ nhầm khó lấy lại kịp.",
        "the trash is emptied after {value} days",
    ),
    mend=(f"PAPERLESS_EMPTY_TRASH_DELAY={_KEPT_IN_TRASH}",),
)

auto_login = _setting(
    "AUTO_LOGIN_USERNAME",
    Status.ERROR,
    wrong=bool,
    says=(
        "Ai mở trang cũng được đăng nhập sẵn thành “{value}”, không cần mật khẩu.",
        "everybody who opens the page is signed in as {value}",
    ),
    mend=("PAPERLESS_AUTO_LOGIN_USERNAME=",),
)

sign_ups = _setting(
    "ACCOUNT_ALLOW_SIGNUPS",
    Status.ERROR,
    wrong=bool,
    says=("Người lạ tự mở được tài khoản.", "anybody can make an account"),
    mend=("PAPERLESS_ACCOUNT_ALLOW_SIGNUPS=false",),
)


def audit_log(_scope: Scope) -> Result:
    """Who changed a document, as the host itself records it."""
    if is_stand_in():
        return _absent()
    if settings.AUDIT_LOG_ENABLED:
        return ok()
    return warning(
        "Nhật ký thay đổi của máy chủ đang tắt: không còn biết ai đã sửa tài liệu.",
        "the host's audit log is off; nobody knows who changed a document",
        mend=environment("PAPERLESS_AUDIT_LOG_ENABLED=true"),
    )


def secret_key(_scope: Scope) -> Result:
    """Sessions and queued tasks are signed with it: whoever guesses it is anybody he likes."""
    key = str(settings.SECRET_KEY)
    if len(key) >= _SHORTEST_KEY and not key.startswith("change-me"):
        return ok()
    return error(
        f"Khóa bí mật ngắn hơn {_SHORTEST_KEY} ký tự hoặc là giá trị mẫu: phiên đăng nhập có thể bị giả mạo.",
        f"the secret key is shorter than {_SHORTEST_KEY} characters or a sample; sessions can be forged",
        mend="Khi hàng đợi trống, tạo khóa bằng `python -c 'import secrets; print(secrets.token_urlsafe(64))'`, đặt vào "
        "`PAPERLESS_SECRET_KEY=` rồi khởi động lại; mọi người đăng nhập lại (make one, set it, restart).",
    )


def remote_user(_scope: Scope) -> Result:
    """With it, the name in a header is believed: only a proxy that strips the header makes that safe."""
    if "paperless.auth.HttpRemoteUserMiddleware" not in settings.MIDDLEWARE:
        return ok()
    return warning(
        "Máy chủ tin tên người dùng ghi trong tiêu đề HTTP: ai gọi thẳng tới cổng máy chủ, không qua proxy, "
        "có thể mạo danh người khác.",
        "the host believes the user name in an HTTP header; whoever reaches its port directly can be anybody",
        mend=environment("PAPERLESS_ENABLE_HTTP_REMOTE_USER=", "PAPERLESS_ENABLE_HTTP_REMOTE_USER_API="),
    )


def regular_login(_scope: Scope) -> Result:
    """The form may be off only where another way in exists."""
    if not getattr(settings, "DISABLE_REGULAR_LOGIN", False) or getattr(settings, "SOCIALACCOUNT_PROVIDERS", None):
        return ok()
    return error(
        "Đăng nhập bằng mật khẩu bị tắt mà không có cách đăng nhập nào khác: không ai vào được.",
        "signing in by password is off and there is no other way in",
        mend=environment("PAPERLESS_DISABLE_REGULAR_LOGIN="),
    )


def sign_in_groups(_scope: Scope) -> Result:
    """Membership of our groups follows appointments; a provider or a default must not hand it out."""
    defaults = [
        *getattr(settings, "ACCOUNT_DEFAULT_GROUPS", []),
        *getattr(settings, "SOCIAL_ACCOUNT_DEFAULT_GROUPS", []),
    ]
    ours = [name for name in defaults if name.startswith(GROUP_PREFIX)]
    if not ours and not getattr(settings, "SOCIAL_ACCOUNT_SYNC_GROUPS", False):
        return ok()
    return error(
        "Khi đăng nhập, người dùng được đưa vào nhóm quyền từ bên ngoài, không theo bổ nhiệm.",
        "signing in hands out group membership from outside, not from appointments",
        mend=environment(
            "PAPERLESS_ACCOUNT_DEFAULT_GROUPS=",
            "PAPERLESS_SOCIAL_ACCOUNT_DEFAULT_GROUPS=",
            "PAPERLESS_SOCIAL_ACCOUNT_SYNC_GROUPS=",
        ),
    )


def file_names(_scope: Scope) -> Result:
    """File names show in logs, backups and on the server's disk, where no rights of the DMS hold."""
    template = getattr(settings, "FILENAME_FORMAT", None) or ""
    telling = re.findall(r"\{[^{}]*\}", _HARMLESS.sub("", template))
    if not telling:
        return ok()
    return warning(
        f"Tên tệp trên đĩa chứa {some(telling)}: tên bị can, tên tài liệu lộ ra trong nhật ký và bản sao lưu.",
        "file names on disk carry titles or names",
        mend=environment("PAPERLESS_FILENAME_FORMAT=") + " Sau đó chạy `python manage.py document_renamer`.",
    )


def recognition_language(_scope: Scope) -> Result:
    """Vietnamese first: the first language also chooses the stemmer of the search."""
    stored = probes.stored_configuration().get("language")
    languages = stored or settings.OCR_LANGUAGE or ""
    if languages.split("+")[0] == "vie":
        return ok()
    return error(
        f"Ngôn ngữ nhận dạng là “{languages}”: tiếng Việt phải đứng đầu, nếu không bản quét mất dấu và tìm kiếm sai.",
        f"recognition language is {languages}; vie must come first",
        mend='Trên trang Cấu hình, hoặc qua API: `PATCH /api/config/1/ {"language": "vie+eng"}` (on the configuration page).'
        if stored
        else environment("PAPERLESS_OCR_LANGUAGE=vie+eng"),
    )


search_language = _setting(
    "SEARCH_LANGUAGE",
    Status.ERROR,
    wrong=bool,
    says=(
        "Tìm kiếm cắt đuôi từ theo ngôn ngữ “{value}”: từ tiếng Việt bị cắt sai, tìm không ra.",
        "search stems words as {value}; Vietnamese words are cut and not found",
    ),
    mend=("PAPERLESS_OCR_LANGUAGE=vie+eng", "PAPERLESS_SEARCH_LANGUAGE="),
)


def recognition_scope(_scope: Scope) -> Result:
    """Every page of a scan must become searchable."""
    if not probes.has("OCR_MODE"):
        return _absent()
    stored = probes.stored_configuration()
    if stored.get("mode") == "off" or stored.get("pages"):
        return warning(
            "Trang Cấu hình giới hạn hoặc tắt nhận dạng chữ: trang quét không được nhận dạng thì tìm không ra.",
            "the configuration page limits or switches off recognition",
            mend='Gửi `PATCH /api/config/1/ {"mode": null, "pages": null}`, hoặc bỏ trống hai ô đó trên trang Cấu hình '
            "(clear both fields there).",
        )
    if probes.value("OCR_MODE") == "off" or probes.value("OCR_PAGES"):
        return warning(
            "Nhận dạng chữ bị tắt hoặc chỉ làm vài trang đầu: các trang quét còn lại tìm không ra.",
            "recognition is off or limited to the first pages",
            mend=environment("PAPERLESS_OCR_MODE=", "PAPERLESS_OCR_PAGES="),
        )
    return ok()


def recognition_arguments(_scope: Scope) -> Result:
    """Arguments handed to the recognition as they are: among them are programs of others to be loaded."""
    if not probes.has("OCR_USER_ARGS"):
        return _absent()
    says = (
        "Có tham số thêm cho chương trình nhận dạng chữ: tham số này nạp được chương trình ngoài, đọc và đổi mọi tệp nhận vào.",
        "the recognition is given further arguments, which can load other programs that read and change every file",
    )
    if probes.stored_configuration().get("user_args"):
        return warning(
            *says,
            mend='Bỏ trên trang Cấu hình, hoặc qua API: `PATCH /api/config/1/ {"user_args": null}` (clear it).',
        )
    if probes.value("OCR_USER_ARGS"):
        return warning(*says, mend=environment("PAPERLESS_OCR_USER_ARGS="))
    return ok()


_BARCODES = {
    "barcodes_enabled": "CONSUMER_ENABLE_BARCODES",
    "barcode_enable_asn": "CONSUMER_ENABLE_ASN_BARCODE",
    "barcode_enable_tag": "CONSUMER_ENABLE_TAG_BARCODE",
}
"""What makes the host read barcodes: on its configuration page, and in Django's settings."""


def barcodes(_scope: Scope) -> Result:
    """What was handed in to a case is never taken apart by barcodes; what comes in otherwise is."""
    if not any(probes.has(name) for name in _BARCODES.values()):
        return _absent()
    vietnamese = (
        "Máy chủ đang đọc mã vạch trên tệp nhận vào (tách tệp, ghi số lưu trữ, gắn thẻ). Tệp nộp ở trang vụ án không bị "
        "đọc: vẫn là một tài liệu, kể cả trang phân cách. Tệp vào từ thư mục quét, thư và trang tải lên của DMS thì bị "
        "tách; mỗi phần giữ mã vụ án của tệp, không có mã thì theo chủ của tệp hoặc vào hộp nhận."
    )
    english = "barcodes are read; files handed in on the page of a case stay whole, files that come in otherwise are taken apart"
    stored = probes.stored_configuration()
    if on_page := [column for column in _BARCODES if stored.get(column)]:
        off = ", ".join(f'"{column}": false' for column in on_page)
        return warning(
            vietnamese,
            english,
            mend=f"Nếu không cần: tắt trên trang Cấu hình, hoặc qua API: `PATCH /api/config/1/ {{{off}}}` (switch it off).",
        )
    if in_settings := [name for name in _BARCODES.values() if probes.value(name)]:
        off = environment(*(f"PAPERLESS_{name}=false" for name in in_settings), begins=False)
        return warning(vietnamese, english, mend=f"Nếu không cần: {off}")
    return ok()


def artificial_intelligence(_scope: Scope) -> Result:
    """The host's AI features send contents to a language model."""
    if not probes.has("AI_ENABLED"):
        return _absent()
    says = (
        "Tính năng AI của máy chủ đang bật: nội dung hồ sơ được gửi cho mô hình ngôn ngữ.",
        "AI features are on; contents are sent to a language model",
    )
    if probes.stored_configuration().get("ai_enabled"):
        return error(
            *says,
            mend='Tắt trên trang Cấu hình, hoặc qua API: `PATCH /api/config/1/ {"ai_enabled": false}` (switch it off).',
        )
    if settings.AI_ENABLED:
        return error(*says, mend=environment("PAPERLESS_AI_ENABLED=false"))
    return ok()


def own_settings(_scope: Scope) -> Result:
    """Settings of ours: readable, and none misspelt."""
    try:
        configuration()
    except ImproperlyConfigured as unreadable:
        name = str(unreadable).split(" ", 1)[0]
        return error(f"Không đọc được {name}: {unreadable}.", f"{name} cannot be read", mend=environment(f"{name}="))
    try:
        with speaking("vi"):
            check_columns()
    except Unavailable as wrong:
        return error(
            wrong.message,
            "the file of an office's register columns cannot be used",
            mend=environment("VKS_REGISTER_COLUMNS="),
        )
    known = {f"VKS_{field.name.upper()}" for field in fields(Configuration)} | _OTHER_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith("VKS_") and name not in known)
    if not unknown:
        return ok()
    return warning(
        f"Có biến môi trường không thuộc vks_plugin, có lẽ gõ nhầm: {some(unknown)}.",
        "unknown settings, perhaps misspelt",
        mend=environment(*(f"{name}=" for name in unknown)),
    )


def days_off(_scope: Scope) -> Result:
    """Days off by exchange are decided late in the year before; no calendar shipped earlier can know them."""
    today = timezone.localdate()
    years = [today.year, *([today.year + 1] if today.month >= _DAYS_OFF_DECIDED else [])]
    missing = [str(year) for year in years if not has_exchanged_days(year)]
    if not missing:
        return ok()
    return warning(
        f"Lịch nghỉ năm {some(missing)} chưa có ngày nghỉ hoán đổi, ngày làm bù: hạn rơi vào những ngày đó có thể lệch.",
        f"days off by exchange are not known for {some(missing)}; limits that end on one may be a day out",
        mend="Đối chiếu quyết định về lịch nghỉ, nhập từng ngày hoán đổi; năm không hoán đổi ngày nào thì nhập riêng ngày "
        f"đầu năm: {', '.join(f'`python manage.py vks_calendar --off {year}-01-01`' for year in missing)} (enter them).",
    )


def enabled(_scope: Scope) -> Result:
    """Switched off, the pages are the host's own and nobody's access follows appointments any more."""
    if configuration().enabled:
        return ok()
    return warning(
        "vks_plugin đang tắt: quyền đã cấp vẫn còn, nhưng không theo bổ nhiệm và phân công mới nữa.",
        "vks_plugin is switched off; access no longer follows appointments",
        mend=environment("VKS_ENABLED=true"),
    )
