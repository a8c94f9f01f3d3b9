"""Marks of a state secret in what a paper is called (V13): “tối mật”, “(Mật)”, “MẬT”, as files are named in practice.

Folders and letters bring names with underscores and hyphens for spaces, and without tones. `mật` in small letters alone
is no mark: it is in “bí mật”, “mật khẩu”, “Lê Thị Mật”. Without tones “toi mat” is “tôi mất” (I lost) as well, so it
counts only where a mark would stand: behind the kind of paper or alone, with nothing but a number after it, or what the
host, a scanner or somebody who copies files puts behind (`_document_0`, `_ban_1`, ` (split 1)`, ` copy`, `_v2`).

Where a name may be read both ways a mark is better missed inside an ordinary sentence (“tôi mất xe”, a person called Mật)
than papers of every day refused; behind the kind of a paper it is better found, since whoever is refused gives another name.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 1024
"""Characters of a name that are looked at; no title and no file name that is stored has more."""
_NEAR: Final = 60
"""Characters before a word that are looked at for what it follows: the longest kind of paper, spread out, is shorter."""

_START, _END = r"(?<![^\W\d_])", r"(?![^\W\d_])"
"""Edges of a word; an underscore stands for a space, and a number may stand close (TỐI_MẬT2)."""
_GAP = r"[\s_]{0,9}[-–—.]{0,9}[\s_]{0,9}"

_FORMS_A_WORD: Final = (
    r"(?:[\s_]+|-)(?:khẩu|mã|ong|gấu|mía|động[\s_-]+vật|độ|thư|vụ(?![\s_-]+(?:án|việc))|báo(?![\s_-]+cáo)|phục|đàm|"
    rf"danh(?![\s_-]+(?:sách|mục))){_END}"
)
"""What stands behind MẬT where that is the beginning of another word: mật mã, mật gấu, mật danh; not “mật danh sách”."""
_HAPPENS_AT_NIGHT: Final = re.compile(
    rf"(?:[\s_]+|-)(?:phục(?![\s_-]+vụ)|đàm|danh(?![\s_-]+(?:sách|mục))|độ(?![\s_-]+(?:khẩn|mật|hỏa|hoả))){_END}",
    re.IGNORECASE,
)
"""What stands behind “tối mật” where an evening (tối) is told of, and not how secret a paper is."""
_EVENING: Final = re.compile(rf"{_START}(?:buổi|đêm|vào|hôm|mỗi)[\s_-]+$", re.IGNORECASE)
"""What stands before “tối” where it is an evening, and whatever begins with “mật” behind it may happen then."""

_WITH_TONES: Final = re.compile(
    rf"{_START}tuyệt{_GAP}mật{_END}"
    rf"|{_START}độ{_GAP}mật(?:\s*[:=–—-]\s*|[\s_]+)mật{_END}"
    r"|[(\[{（【]\s*mật\s*[)\]}）】]",
    re.IGNORECASE,
)
_TOP_SECRET: Final = re.compile(rf"{_START}(?<!buổi[\s_-])tối{_GAP}mật{_END}", re.IGNORECASE)

_PAPER = (
    r"báo[\s_-]*cáo|bao[\s_-]*cao|bc|công[\s_-]*văn|cong[\s_-]*van|cv|tờ[\s_-]*trình|to[\s_-]*trinh|ttr|"
    r"văn[\s_-]*bản|van[\s_-]*ban|vb|tài[\s_-]*liệu|tai[\s_-]*lieu|tl|hồ[\s_-]*sơ|ho[\s_-]*so|quyết[\s_-]*định|"
    r"quyet[\s_-]*dinh|qđ|qd|kế[\s_-]*hoạch|ke[\s_-]*hoach|thông[\s_-]*báo|thong[\s_-]*bao|biên[\s_-]*bản|"
    r"bien[\s_-]*ban|công[\s_-]*điện|cong[\s_-]*dien|dấu|mức|độ|do[\s_-]*mat"
)
"""Kinds of papers a mark follows; their short forms too. “do”, “muc” and “dau” are other words without tones."""
_AFTER_PAPER: Final = re.compile(rf"{_START}(?:{_PAPER})[\s_-]+$", re.IGNORECASE)
_A_PAPER: Final = re.compile(rf"{_START}(?:{_PAPER}){_END}", re.IGNORECASE)

_TONELESS: Final = re.compile(rf"{_START}(?:tuyet|toi){_GAP}mat{_END}", re.IGNORECASE)
_BEGINS: Final = re.compile(r"(?:[(\[{:]\s*|\s[-–—]\s+)$")
"""What a mark without tones begins behind."""
_TOLD_OF: Final = re.compile(r"[\s_-](?:cua|do|xe|viec|khi|ma|la|vi|san|tien|may)[\s_-]+$", re.IGNORECASE)
"""Before “toi mat” these make it “tôi mất”: what was lost, whose it was, when."""
_ADDED: Final = (
    rf"(?:copy|scan|document|split|merged|b[aả]n[\s_-]*sao|sao[\s_-]*ch[eé]p){_END}"
    r"|(?:v|ver|version|p|page|part|phan|ban)(?=[\s_.-]*\d)"
)
"""What those who copy, scan, join and take apart files put behind their names."""
_ENDS: Final = re.compile(
    # letters and what is none in turns: a name that ends otherwise is not read in many ways before that is known
    rf"(?:[\W\d_]*(?:{_ADDED}))*[\W\d_]*(?:\.\w{{1,5}})?$|\s*[)\]}},;:]|\s+[-–—]\s"
    r"|[\s_-]*(?:so|quy|nam|thang)[\s_-]*(?:\d|[ivx]+(?![^\W_]))|[\s_-]*vu[\s_-]*an(?![^\W_])",
    re.IGNORECASE,
)
"""What a mark without tones ends before."""

_CAPITALS: Final = re.compile(rf"{_START}MẬT{_END}")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]+)(?:[\s_]+|-)$")
_WORD_BEHIND: Final = re.compile(r"(?:[\s_]+|-)([^\W\d_]+)")
_BEHIND: Final = re.compile(_FORMS_A_WORD, re.IGNORECASE)
_SUBSTANCE: Final = re.compile(
    r"(?:[\s_]+|-)(?:khẩu|ong|gấu|mía|rắn|lợn|heo|động[\s_-]+vật|độ[\s_-]+(?:dân|giao[\s_-]+thông|xây[\s_-]+dựng))"
    rf"{_END}",
    re.IGNORECASE,
)
"""What stands behind MẬT where no mark does though the kind of paper stands before: bile, honey, passwords, density."""
_FORMS_A_WORD_BEFORE: Final = frozenset({"bí", "bảo", "cơ", "thị", "ông", "bà", "anh", "chị", "em", "cháu"})
"""With `mật` another word, or somebody called so."""
_MIDDLE_NAMES: Final = frozenset({"Văn", "Hữu", "Đức", "Đình", "Xuân", "Quang", "Ngọc", "Minh", "Công", "Thế"})
_NO_NAMES: Final = frozenset({"án", "vụ", "việc", "tra", "sát", "tác"})
"""Ends of what papers are about (chuyên án, điều tra, kiểm sát): nobody is called so before a name."""


def is_marked(name: str) -> bool:
    """Tell whether a title or the name of a file says that the paper is a state secret.

    Args:
        name: composed (NFC).
    """
    name = name[:_LONGEST]
    return (
        bool(_WITH_TONES.search(name))
        or any(_is_top_secret(found) for found in _TOP_SECRET.finditer(name))
        or any(_stands_alone(found) for found in _CAPITALS.finditer(name))
        or _is_marked_without_tones(name)
    )


def _follows(what: re.Pattern[str], found: re.Match[str]) -> bool:
    """Tell whether this ends where that begins; what is far before is not read again for each of many."""
    return bool(what.search(found.string, max(0, found.start() - _NEAR), found.start()))


def _is_top_secret(found: re.Match[str]) -> bool:
    """Tell whether “tối mật” is a mark here, and not an evening on which somebody lay in wait (mật phục)."""
    if found[0].isupper() or _follows(_AFTER_PAPER, found):
        return True
    behind = _BEHIND if _follows(_EVENING, found) else _HAPPENS_AT_NIGHT
    return not behind.match(found.string, found.end())


def _is_marked_without_tones(name: str) -> bool:
    """Tell whether “toi mat” or “tuyet mat” stands where a mark would."""
    found = list(_TONELESS.finditer(name))
    if not found:
        return False
    paper, word = _A_PAPER.search(name), re.search(r"[^\W\d_]", name)
    return any(
        (
            (word is not None and each.start() == word.start())
            or _follows(_BEGINS, each)
            or _follows(_AFTER_PAPER, each)
            or (paper is not None and paper.end() < each.start() and not _follows(_TOLD_OF, each))
        )
        and _ENDS.match(name, each.end())
        for each in found
    )


def _stands_alone(found: re.Match[str]) -> bool:
    """Tell whether MẬT is a mark here, and no part of a word or of somebody's name."""
    name = found.string
    first = _WORD_BEFORE.search(name, max(0, found.start() - _NEAR), found.start())
    second = _WORD_BEHIND.match(name, found.end())
    previous, following = (first[1] if first else ""), (second[1] if second else "")
    if previous.casefold() in _FORMS_A_WORD_BEFORE:
        return False
    if _follows(_AFTER_PAPER, found):
        # the kind of paper does not say what it tells of: BÁO CÁO MẬT VỤ …
        return not _SUBSTANCE.match(name, found.end())
    if _BEHIND.match(name, found.end()):
        return False
    if not name[: found.start()].strip() and re.match(r"\s*[-–—:_]", name[found.end() :]):
        return True
    # among other capitals it may be a name: NGUYỄN VĂN MẬT; so it may behind a middle name
    return previous.casefold() in _NO_NAMES or (
        not previous.isupper() and not following.isupper() and previous not in _MIDDLE_NAMES
    )
