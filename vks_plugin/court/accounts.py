"""Numbers of bank accounts and cards, as papers write them: `STK 1903 1234 5678`, `số 0011004123456 tại Vietcombank`.

A number alone says nothing; what stands before it does, or the bank behind it. What is found is only ever proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vks_plugin.court.addresses import letter_by_letter
from vks_plugin.court.words import comparable

_NUMBER = re.compile(
    # in one piece, or in groups that are parted alike; no part of a date, a decision's number or a share
    r"(?<![\w/.,-])(?:\d{6,19}|\d{2,6}([ .-])\d{2,6}(?:\1\d{2,6})*)(?![\w/%]|[.,-]\d)"
)
_DIGITS = range(8, 20)
_SHORT_DIGITS = range(6, 20)
"""Right behind words that can mean nothing else."""
_CARD_DIGITS = range(16, 20)

_BANKS = r"ngan hang|\w+bank|bidv|vcb|tcb|acb|vib|shb|msb|ocb|scb|bac a bank|nam a bank|mb bank|vp bank|tp bank|hd bank|kho bac"
_OF_A_LAW = r"\s*\d{1,2}[a-z]?\s*(?:[,;]|(?:va|den|dieu|khoan|diem|cua|bo luat)(?!\w))"
"""Behind `tại khoản`, which without tones is `tài khoản`."""
_CUE = re.compile(
    rf"(?<!\w)(?:(?P<sure>so tai khoan|so tk|stk|(?:tai khoan(?: ngan hang)?(?: co)?|tk) so(?! tien| du| luong))|(?P<card>(?:so )?the(?: atm| ngan hang"
    rf"| tin dung| ghi no)?(?: so)?)|(?P<likely>(?P<word>tai khoan)(?!{_OF_A_LAW})|tk|{_BANKS}))(?!\w)"
)
_OTHERS = re.compile(
    r"(?<!\w)(?:c\.?c\.?c\.?d|c\.?m\.?n\.?d|c\.?m\.?t|can cuoc|chung minh|dinh danh|ho chieu|dien thoai|s?dt|di dong|tel|fax"
    r"|hotline|tong dai|zalo|ma so|mst|but luc|bl|quyet dinh|qd|cong van|giay phep|dang ky|hoa don|bien so|so tien|tri gia"
    r"|gia tri|tong cong|tong so|so du|chuyen(?: khoan)?|rut|nop|vay|no|seri|so khung|so may|imei|bao hiem|ma don|ma giao dich)(?!\w)"
)
"""What says that a number is something else: of a person, a telephone, a paper, a sum."""
_MONEY = re.compile(r"\s*\(?(?:d|dong|vnd|usd|trieu|nghin|ngan|ty|eur|us\$)(?!\w)|\s*[₫$€]")
_SUM = re.compile(r"\d{1,3}(?:[. ]\d{3})+")
_DAY = re.compile(r"\d{1,2}([ .-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d[ .-](?:19|20)\d\d")
_LISTED = re.compile(r"(?:\s*\([^()\d]{1,40}\))?\s*(?:[,;+&]|va|hoac)?\s*(?:va|so)?\s*")
_AT_A_BANK = re.compile(rf"\s*[,(–-]?\s*(?:(?:duoc )?mo )?(?:(?:tai|cua|thuoc|o) )?(?:chi nhanh )?(?:{_BANKS})(?!\w)")
_BEFORE = 70
"""Letters between what says so and the number: the holder's name, the bank and its branch."""
_RIGHT_BEHIND = re.compile(r"[\s:.,()–-]*(?:la|so)?[\s:.–-]*$")


def accounts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a number of an account begins in a text, and the place after its end."""
    kept, _plain, places = letter_by_letter(text)
    plain = comparable(kept)
    behind, listed = 0, False
    for match in _NUMBER.finditer(plain):
        start, end = match.span()
        if _MONEY.match(plain, end) or _DAY.fullmatch(match[0]):
            behind, listed = end, False
            continue
        digits = sum(map(str.isdigit, match[0]))
        before = max(behind, start - _BEFORE)
        between = plain[before:start]
        listed = (
            (listed and digits in _DIGITS and _LISTED.fullmatch(between) is not None)
            or _is_told(kept[before:start], between, match[0], digits)
            or (digits in _DIGITS and not _OTHERS.search(between) and _AT_A_BANK.match(plain, end) is not None)
        )
        behind = end
        if listed:
            yield places[start], places[end - 1] + 1


def _is_told(written: str, between: str, number: str, digits: int) -> bool:
    """Tell whether what stands before a number, as it is written and without tones, says that it is one of an account."""
    cue = None
    for found in _CUE.finditer(between):
        # `quy định tại khoản 2`
        if not (found["word"] and written[found.start("word") + 1] == "ạ"):
            cue = found
    if cue is None:
        return False
    rest = between[cue.end() :]
    if cue["card"]:
        return digits in _CARD_DIGITS and not _OTHERS.search(rest)
    if cue["sure"] and _RIGHT_BEHIND.fullmatch(rest):
        return digits in _SHORT_DIGITS
    # a sum may stand behind these words without saying of what
    return digits in _DIGITS and not _SUM.fullmatch(number) and not _OTHERS.search(rest)
