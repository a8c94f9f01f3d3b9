"""Signatures inside PDFs: what reads them, whom the office trusts, and the key it signs with itself."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vks_plugin.conf import configuration
from vks_plugin.custody.signing import configured_key
from vks_plugin.doctor.results import Result, Scope, environment, error, ok, skipped, some, warning
from vks_plugin.errors import VksError
from vks_plugin.filing.models import SignatureCheck
from vks_plugin.filing.signature_checks import roots_place
from vks_plugin.filing.signatures import is_installed, load_roots


def signature_reading(_scope: Scope) -> Result:
    """The optional part that reads signatures is there once signed files are filed."""
    if is_installed():
        return ok()
    filed = SignatureCheck.objects.count()
    if not filed:
        return skipped(
            "chưa cài phần đọc chữ ký số, và chưa có tệp nào được ký", "not installed, and no file is signed"
        )
    return warning(
        f"{filed} tài liệu có chữ ký số mà máy chủ không đọc được chữ ký.",
        "documents are signed, and signatures cannot be read here",
        mend="Cài rồi khởi động lại web và tác vụ nền: `pip install 'vks-plugin[signatures]'`; máy không có mạng thì thêm --no-index --find-links tới thư mục wheel (install it, offline from a folder of wheels, and restart).",
    )


def signature_roots(_scope: Scope) -> Result:
    """The root certificates that are configured can be read and are such."""
    place = roots_place()
    if not is_installed():
        return skipped("chưa cài phần đọc chữ ký số", "signatures are not read here")
    if place is None:
        return skipped(
            "chưa cấu hình VKS_SIGNATURE_ROOTS: không chữ ký nào được coi là hợp lệ",
            "no roots are configured; no signature counts as valid",
        )
    mend = (
        "Đặt chứng thư gốc (PEM hoặc DER, đuôi .pem .crt .cer .der) mà tài khoản của dịch vụ đọc được vào đúng chỗ, hoặc bỏ cấu hình: "
        + environment("VKS_SIGNATURE_ROOTS=", begins=False)
    )
    try:
        found = load_roots(place)
    except OSError as refusal:
        return error(f"Không đọc được {place}: {refusal.strerror}.", "the configured roots cannot be read", mend=mend)
    if not found.trusted:
        return error(
            f"{place} không có chứng thư gốc nào (chứng thư tự ký): không chữ ký nào kiểm tra được.",
            "there is no self-signed certificate among the configured roots",
            mend=mend,
        )
    if found.unusable:
        return error(
            f"Trong {place} có tệp không phải chứng thư: {some(found.unusable)}.",
            "some of the configured files hold no certificate",
            mend=mend,
        )
    return ok(f"{len(found.trusted)} chứng thư gốc")


_EXPIRES_SOON = dt.timedelta(days=30)


def signing_key(_scope: Scope) -> Result:
    """The key that is configured to sign bundles and manifests can be used, and by this account alone."""
    place = configuration().signing_key
    if not place:
        return skipped(
            "chưa cấu hình VKS_SIGNING_KEY: tập hồ sơ và bảng kê không được ký số",
            "no key is configured; bundles and manifests stay unsigned",
        )
    drop = environment("VKS_SIGNING_KEY=", begins=False)
    try:
        key = configured_key()
    except VksError as refusal:
        return error(
            refusal.message,
            "the key that signs bundles and manifests cannot be used, so none are made",
            mend=f"Sửa theo câu trên; quyền tệp: `chmod 600 {place}`"
            + (f" `chmod 600 {configuration().signing_password_file}`" if configuration().signing_password_file else "")
            + f"; chưa sửa được thì {drop}",
        )
    if key is not None and key.expires_at < timezone.now() + _EXPIRES_SOON:
        return warning(
            f"Chứng thư của khóa ký hết hiệu lực ngày {timezone.localtime(key.expires_at):%d/%m/%Y}.",
            "the certificate of the signing key expires soon; from then on no bundle is made",
            mend=f"Xin chứng thư mới và thay tệp {place}, hoặc {drop}",
        )
    return ok()
