"""Signatures inside PDFs: what reads them, and whom the office trusts."""

from __future__ import annotations

from vks_plugin.doctor.results import Result, Scope, environment, error, ok, skipped, some, warning
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
