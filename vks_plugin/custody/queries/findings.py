"""What a comparison with the ledger finds, by kind, so that a long list can be told in short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from vks_plugin.text import gettext_noop

KINDS = {
    "files": gettext_noop("tài liệu, video và tệp của chúng"),
    "seals": gettext_noop("bảng kê niêm phong"),
    "hand_overs": gettext_noop("lần giao nhận"),
    "loans": gettext_noop("lần mượn"),
    "keepers": gettext_noop("nơi giữ hồ sơ giấy"),
    "proceedings": gettext_noop("sự kiện tố tụng và những gì quyết định thời hạn bảo quản"),
    "damaged": gettext_noop("dòng bị hỏng"),
    "holds": gettext_noop("lệnh giữ hồ sơ"),
    "periods": gettext_noop("bảng thời hạn bảo quản"),
}
"""What findings are about, in words, in the order in which they are told."""


class Finding(NamedTuple):
    """One thing of which the database says otherwise than the ledger."""

    kind: str
    """Of `KINDS`."""
    sentence: str


def of_kind(kind: str, sentences: Iterable[str]) -> Iterator[Finding]:
    """Return these sentences as findings of a kind."""
    return (Finding(kind, sentence) for sentence in sentences)


def in_short(*sources: Iterable[Finding], most: int, counted: int) -> list[str]:
    """Return the first sentences, and of each kind how many more there are.

    Args:
        sources: what is told, one after the other; each is counted, however much the ones before it have.
        most: sentences that are told.
        counted: findings of a source after which it is counted no further.
    """
    told: list[str] = []
    more: Counter[str] = Counter()
    cut = False
    for source in sources:
        findings = iter(source)
        for finding in islice(findings, counted):
            if len(told) < most:
                told.append(finding.sentence)
            else:
                more[finding.kind] += 1
        # nothing is left of a source that ended before
        cut = next(findings, None) is not None or cut
    told += [
        _("Còn %(number)d điểm sai nữa về %(kind)s, không nêu từng điểm.") % {"number": more[kind], "kind": _(words)}
        for kind, words in KINDS.items()
        if more[kind]
    ]
    if cut:
        told.append(_("Đã thôi đếm sau %(number)d điểm sai: còn nữa.") % {"number": counted})
    return told
