"""Marks of a state secret in what a paper is called (V13): “tối mật”, “(Mật)”, “MẬT”, as files are named in practice.

Folders and letters bring names with underscores and hyphens for spaces, and without tones. `mật` in small letters alone
is no mark: it is in “bí mật”, “mật khẩu”, “Lê Thị Mật”. Without tones “toi mat” is “tôi mất” (I lost) as well, so it
counts only where a mark would stand: behind the kind of paper or alone, with nothing but a number after it, or the count
that the host, a scanner or somebody who copies files puts behind (`_document_0`, `_ban_1`).

Where a name may be read both ways a mark is better missed inside an ordinary sentence (“tôi mất xe”, a person called Mật)
than papers of every day refused; behind the kind of a paper it is better found, since whoever is refused gives another name.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 1200
"""Characters of a name that are looked at; no title and no file name that is stored has more."""

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
"""Edges of a word; an underscore stands for a space."""
_GAP = r"[\s_]{0,9}[-–—.]{0,9}[\s_]{0,9}"

_FORMS_A_WORD: Final = (
    r"(?:[\s_]+|-)(?:khẩu|mã|ong|gấu|mía|động[\s_-]+vật|độ|thư|vụ(?![\s_-]+(?:án|việc))|báo(?![\s_-]+cáo)|phục|đàm|"
    rf"danh(?![\s_-]+(?:sách|mục))){_END}"
)
"""What stands behind MẬT where that is the beginning of another word: mật mã, mật gấu, mật danh; not “mật danh sách”."""
_HAPPENS_AT_NIGHT: Final = re.compile(
    rf"(?:[\s_]+|-)(?:phục(?![\s_-]+vụ)|đàm|danh(?![\s_-]+(?:sách|mục))){_END}", re.IGNORECASE
)
"""What stands behind “tối mật” where an evening (tối) is told of, and not how secret a paper is."""

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
_AFTER_PAPER: Final = re.compile(rf"{_START}(?:{_PAPER})(?:[\s_]+|-)$", re.IGNORECASE)

_NOT_TOLD_OF = "".join(
    rf"(?<![\s_-]{word})" for word in ("cua", "do", "xe", "viec", "khi", "ma", "la", "vi", "san", "tien", "may")
)
"""Before “toi mat” these make it “tôi mất”: what was lost, whose it was, when."""

_WITHOUT_TONES: Final = re.compile(
    rf"(?:^[\W_]*|[(\[{{:]\s*|\s[-–—]\s+|{_START}(?:{_PAPER}){_END}(?:.*[^\s_-]{_NOT_TOLD_OF})?[\s_-]+)"
    rf"(?:tuyet|toi){_GAP}mat{_END}"
    r"(?=[\W\d_]*(?:\.\w{1,5})?$|\s*[)\]},;:]|\s+[-–—]\s|[\s_-]*(?:so|quy|nam|thang)[\s_-]*(?:\d|[ivx]+(?![^\W_]))"
    r"|[\s_-]*vu[\s_-]*an(?![^\W_])|[\s_-]*(?:document|ban|copy|scan)[\s_-]*\d+[\W\d_]*(?:\.\w{1,5})?$)",
    re.IGNORECASE,
)

_CAPITALS: Final = re.compile(rf"{_START}MẬT{_END}")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]+)(?:[\s_]+|-)$")
_WORD_BEHIND: Final = re.compile(r"(?:[\s_]+|-)([^\W\d_]+)")
_BEHIND: Final = re.compile(_FORMS_A_WORD, re.IGNORECASE)
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
        bool(_WITH_TONES.search(name) or _WITHOUT_TONES.search(name))
        or any(_is_top_secret(found) for found in _TOP_SECRET.finditer(name))
        or any(_stands_alone(name[: found.start()], name[found.end() :]) for found in _CAPITALS.finditer(name))
    )


def _is_top_secret(found: re.Match[str]) -> bool:
    """Tell whether “tối mật” is a mark here, and not an evening on which somebody lay in wait (mật phục)."""
    name = found.string
    return (
        found[0].isupper()
        or bool(_AFTER_PAPER.search(name[: found.start()]))
        or not _HAPPENS_AT_NIGHT.match(name, found.end())
    )


def _stands_alone(before: str, behind: str) -> bool:
    """Tell whether MẬT between these is a mark, and no part of a word or of somebody's name."""
    first, second = _WORD_BEFORE.search(before), _WORD_BEHIND.match(behind)
    previous, following = (first[1] if first else ""), (second[1] if second else "")
    if previous.casefold() in _FORMS_A_WORD_BEFORE or _BEHIND.match(behind):
        return False
    if _AFTER_PAPER.search(before) or (not before.strip() and re.match(r"\s*[-–—:_]", behind)):
        return True
    # among other capitals it may be a name: NGUYỄN VĂN MẬT; so it may behind a middle name
    return previous.casefold() in _NO_NAMES or (
        not previous.isupper() and not following.isupper() and previous not in _MIDDLE_NAMES
    )
