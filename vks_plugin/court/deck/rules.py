"""What may be shown in court, and what stands in the way: values in, sentences out.

The law behind each rule stands with it. A rule that cannot be sure refuses: what a screen showed once cannot be taken
back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from vks_plugin.text import Sentence, composed, folded
from vks_plugin.text import gettext_noop as _

GROUNDS_308: dict[str, str] = {
    "a": _("lời khai tại phiên tòa mâu thuẫn với lời khai trong giai đoạn điều tra, truy tố"),
    "b": _("không khai tại phiên tòa hoặc không nhớ lời khai của mình"),
    "c": _("người được xét hỏi đề nghị công bố lời khai của họ"),
    "d": _("người được xét hỏi vắng mặt hoặc đã chết"),
}
"""When testimony given before the trial may be made public (BLTTHS, Điều 308 khoản 2)."""

INTERNAL_GROUPS = frozenset({"HK", "TC"})
"""Catalogue groups of the supervision file, which stays with the procuracy."""
TESTIMONY_GROUPS = frozenset({"05", "06"})
"""Catalogue groups of testimony: of the accused, of victims, parties and witnesses."""
DELIBERATION_TYPES = frozenset({"BBNA"})
"""Papers of the panel's deliberation, which is secret."""
JUVENILE_GROUP = "NCTN"

SHOWN, RESERVE, AWAITS_PANEL = "hien", "du_phong", "cho_hdxx_dong_y"
TITLE, EXHIBIT, IMAGE, TEXT, DIAGRAM, TESTIMONY = "tieu_de", "but_luc", "hinh_anh", "noi_dung", "so_do", "loi_khai"
SHOWING_PAGES = frozenset({EXHIBIT, IMAGE, TESTIMONY})
MOST_SLIDES = 600
MOST_PAGES = 1000
"""Pages of the case file in one deck."""


class Rule(StrEnum):
    """Names of the rules; tests and scripts know them by these."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOTHING_ON_IT = "nothing_on_it"
    NO_DOCUMENT = "no_document"
    NO_SUCH_PAGE = "no_such_page"
    NO_FOLIO = "no_folio"
    UNCLASSIFIED = "unclassified"
    INTERNAL = "internal"
    DELIBERATION = "deliberation"
    STATE_SECRET = "state_secret"  # noqa: S105 - the name of a rule
    TESTIMONY_GROUND = "testimony_ground"
    TESTIMONY_PLACE = "testimony_place"
    PROTECTED_PERSON = "protected_person"
    SENSITIVE = "sensitive"
    CLOSED_TRIAL = "closed_trial"
    RESTRICTED = "restricted"
    UNCITED = "uncited"
    PRIVATE_NUMBER = "private_number"


@dataclass(frozen=True)
class PersonFacts:
    """Somebody whose name is not to be told in court, and why."""

    name: str
    shown_as: str
    """What stands in place of the name: `[Bị hại 1]`."""
    why: str
    """Why, for the sentence: `người dưới 18 tuổi`."""
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class PagesFacts:
    """The pages of a document that a slide shows."""

    title: str
    part: str
    type_code: str = ""
    group_code: str = ""
    in_case: bool = True
    """Whether it lies in this very case, and the asker may see it."""
    page_count: int = 0
    first: int = 1
    last: int = 1
    folios: tuple[int, ...] = ()
    """Numbers of the folios on these pages."""
    unnumbered: int = 0
    """How many of these pages have no folio number."""
    sensitive: bool = False
    classified: bool = True
    """Whether it is known what kind of paper it is."""
    text: str = ""
    """Recognised text of these pages."""
    unread: int = 0
    """How many of these pages have no text to look for names in."""


@dataclass(frozen=True)
class SlideFacts:
    """A slide."""

    number: int
    kind: str
    state: str = SHOWN
    title: str = ""
    text: str = ""
    ground_308: str = ""
    pages: PagesFacts | None = None
    drawn: str = ""
    """Words of a diagram."""
    confirmed: bool = False
    """Whether a leader answers for showing just this."""


@dataclass(frozen=True)
class TrialFacts:
    """The case, and what of it is secret."""

    closed_trial: bool = False
    restricted: bool = False
    secret_folios: tuple[tuple[int, int], ...] = ()
    """First and last folio of papers that are state secrets."""
    secret_numbers: tuple[str, ...] = ()
    """Numbers of such papers."""
    protected: tuple[PersonFacts, ...] = field(default_factory=tuple)


class Obstacle(NamedTuple):
    """What stands in the way of showing a presentation, or is to be thought of before."""

    rule: Rule
    slide: int | None
    """Its number; None: the presentation as a whole."""
    sentence: str
    blocks: bool = True
    """Whether nothing is made before it is out of the way."""
    confirmable: bool = False
    """Whether a leader of the case may answer for showing it all the same."""
    fingerprint: str = ""
    """Of a confirmable one: what stands for the very pages a leader would answer for."""


# --- names ---------------------------------------------------------------------------------------

_ADDRESSED = r"(?:cháu|em|bé|chị|anh|bà|ông|cô|chú|bác|cậu|mợ|dì|thím)"
_WORD = r"[^\W\d_]"


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    return folded(letter) or (" " if letter.isspace() else "")


def _folded_map(text: str) -> tuple[str, list[int]]:
    """Return the text without tones and case, and for each of its letters where it stood."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        plain = _plain(letter)
        if plain == " " and letters and letters[-1] == " ":
            continue
        for each in plain:
            letters.append(each)
            places.append(place)
    return "".join(letters), places


def _spans_of_name(plain: str, places: list[int], name: str) -> list[tuple[int, int]]:
    wanted = folded(name)
    if not wanted:
        return []
    found = re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", plain)
    return [(places[match.start()], places[match.end() - 1] + 1) for match in found]


def _spans(text: str, person: PersonFacts, mapped: tuple[str, list[int]]) -> list[tuple[int, int]]:
    plain, places = mapped
    spans = [span for name in (person.name, *person.other_names) for span in _spans_of_name(plain, places, name)]
    given = composed(person.name).split()[-1:] if len(composed(person.name).split()) > 1 else []
    for name in given:
        # the given name alone, as people are spoken of: "cháu Hoa"; with its own tones, since they tell names apart
        pattern = rf"(?<!\w){_ADDRESSED}\s+({re.escape(name)})(?!\w)"
        spans += [match.span(1) for match in re.finditer(pattern, text, re.IGNORECASE)]
    return spans


def masked(text: str, people: Iterable[PersonFacts]) -> str:
    """Return the text with everybody's name replaced who is not to be named."""
    told = composed(text)
    # longest first: a name may be part of somebody else's
    for person in sorted(people, key=lambda each: -max(len(name) for name in (each.name, *each.other_names))):
        taken: list[tuple[int, int]] = []
        for start, end in sorted(
            _spans(told, person, _folded_map(told)), key=lambda span: (span[0] - span[1], span[0])
        ):
            if all(end <= first or start >= last for first, last in taken):
                taken.append((start, end))
        for start, end in sorted(taken, reverse=True):
            told = f"{told[:start]}{person.shown_as}{told[end:]}"
    return told


def named_in(text: str, people: Iterable[PersonFacts]) -> list[PersonFacts]:
    """Return who of these people is named in the text."""
    told = composed(text)
    mapped = _folded_map(told)
    return [person for person in people if _spans(told, person, mapped)]


_FOLIO = re.compile(
    r"(?<!\w)(?:BL|bút lục)(?:\s+số)?\s*:?\s*((?:\d{1,6}[a-z]?(?:\s*[-–]\s*\d{1,6}[a-z]?)?(?:\s*[,;]\s*)?)+)", re.I
)


def cited_folios(text: str) -> list[str]:
    """Return the folios a text refers to, first of each range, in its order: `BL 12–14, 20` gives 12 and 20."""
    found: list[str] = []
    for match in _FOLIO.finditer(text):
        for part in re.split(r"[,;]", match.group(1)):
            label = re.split(r"[-–]", part)[0].strip().lower()
            if label and label not in found:
                found.append(label)
    return found


_PRIVATE = re.compile(r"(?<![\d./-])(?:0\d{9}|0\d{11}|\d{9})(?![\d/])")
"""Ten digits of a telephone, twelve of an identity card, nine of an older one."""


# --- rules ---------------------------------------------------------------------------------------


def examine(trial: TrialFacts, slides: Sequence[SlideFacts]) -> list[Obstacle]:
    """Return everything that stands in the way, in the order of the slides; what only is to be thought of, too."""
    found: list[Obstacle] = []
    if not slides:
        found.append(Obstacle(Rule.EMPTY, None, _("Bài trình chiếu chưa có trang nào: hãy thêm trang.")))
    pages = sum(slide.pages.last - slide.pages.first + 1 for slide in slides if slide.pages is not None)
    if len(slides) > MOST_SLIDES or pages > MOST_PAGES:
        found.append(
            Obstacle(
                Rule.TOO_LARGE,
                None,
                Sentence(
                    _(
                        "Bài có %(slides)d trang trình chiếu, %(pages)d trang hồ sơ; một bài nhận tối đa %(most)d và %(limit)d: hãy tách bài."
                    ),
                    slides=len(slides),
                    pages=pages,
                    most=MOST_SLIDES,
                    limit=MOST_PAGES,
                ),
            )
        )
    if trial.closed_trial:
        # TT 02/2018/TT-TANDTC, Điều 7; BLTTHS, Điều 25
        found.append(
            Obstacle(
                Rule.CLOSED_TRIAL,
                None,
                _(
                    "Vụ án xét xử kín: chỉ chiếu trong phòng xử án, trước người được phép dự, và thống nhất trước với chủ tọa."
                ),
                blocks=False,
            )
        )
    if trial.restricted:
        found.append(
            Obstacle(
                Rule.RESTRICTED,
                None,
                _("Vụ án hạn chế nội bộ: giữ thiết bị chứa gói trình chiếu như giữ hồ sơ, xóa sau phiên tòa."),
                blocks=False,
            )
        )
    for slide in slides:
        found += _of_slide(trial, slide)
    return found


class _At(NamedTuple):
    """A slide at which something stands in the way."""

    slide: int

    def told(
        self, rule: Rule, sentence: str, *, blocks: bool = True, confirmable: bool = False, **values: object
    ) -> Obstacle:
        return Obstacle(rule, self.slide, Sentence(sentence, slide=self.slide, **values), blocks, confirmable)


def _of_slide(trial: TrialFacts, slide: SlideFacts) -> Iterable[Obstacle]:
    here = _At(slide.number)
    if slide.kind == TESTIMONY and (slide.ground_308 not in GROUNDS_308 or slide.state != AWAITS_PANEL):
        # BLTTHS, Điều 308 khoản 1 and 2
        yield here.told(
            Rule.TESTIMONY_GROUND,
            _(
                "Trang %(slide)d là lời khai nhưng chưa có căn cứ theo khoản 2 Điều 308 hoặc không ở trạng thái chờ HĐXX đồng ý: hãy chọn căn cứ a, b, c hoặc d."
            ),
        )
    if slide.kind in SHOWING_PAGES:
        if slide.pages is None:
            yield here.told(
                Rule.NO_DOCUMENT,
                _("Trang %(slide)d chưa chỉ tài liệu nào của hồ sơ: hãy chọn tài liệu hoặc bỏ trang này."),
            )
        else:
            yield from _of_pages(trial, slide, slide.pages)
    elif slide.kind in {TITLE, TEXT} and not (slide.title.strip() or slide.text.strip()):
        yield here.told(Rule.NOTHING_ON_IT, _("Trang %(slide)d còn trống: hãy viết nội dung hoặc bỏ trang này."))
    said = f"{slide.title}\n{slide.text}"
    told = folded(f"{said}\n{slide.drawn}") if trial.secret_numbers else ""
    for secret in trial.secret_numbers:
        # short numbers without a slash would be found everywhere
        if "/" in secret and folded(secret) in told:
            yield here.told(
                Rule.STATE_SECRET,
                _(
                    "Trang %(slide)d nêu số của một tài liệu mật có thẻ chỉ dẫn: không được trình chiếu, hãy bỏ khỏi nội dung."
                ),
            )
            break
    if _PRIVATE.search(said):
        yield here.told(
            Rule.PRIVATE_NUMBER,
            _(
                "Trang %(slide)d có dãy số giống số căn cước hoặc điện thoại: chỉ chiếu khi thật cần cho việc chứng minh."
            ),
            blocks=False,
        )
    if slide.kind == TEXT and not cited_folios(said):
        yield here.told(
            Rule.UNCITED, _("Trang %(slide)d không dẫn bút lục nào: nên ghi “BL …” cho điều được nêu."), blocks=False
        )


def _of_pages(trial: TrialFacts, slide: SlideFacts, pages: PagesFacts) -> Iterable[Obstacle]:
    here = _At(slide.number)
    if not pages.in_case:
        # nothing of it is told: it may lie in a case the asker does not know
        yield here.told(
            Rule.NO_DOCUMENT, _("Trang %(slide)d: tài liệu không còn trong hồ sơ vụ án này: hãy chọn tài liệu khác.")
        )
        return
    if pages.part != "hsva" or pages.group_code in INTERNAL_GROUPS:
        yield here.told(
            Rule.INTERNAL,
            _("Trang %(slide)d lấy tài liệu của hồ sơ kiểm sát: tài liệu nội bộ không bao giờ được trình chiếu."),
        )
        return
    if pages.type_code in DELIBERATION_TYPES:
        yield here.told(
            Rule.DELIBERATION,
            _("Trang %(slide)d lấy tài liệu nghị án: việc nghị án là bí mật, không được trình chiếu."),
        )
        return
    if pages.first < 1 or pages.last < pages.first or pages.last > max(pages.page_count, 1):
        yield here.told(
            Rule.NO_SUCH_PAGE,
            _("Trang %(slide)d: tài liệu “%(title)s” chỉ có %(count)d trang, hãy chọn lại khoảng trang."),
            title=pages.title,
            count=pages.page_count,
        )
        return
    if any(first <= folio <= last for folio in pages.folios for first, last in trial.secret_folios):
        yield here.told(
            Rule.STATE_SECRET,
            _("Trang %(slide)d lấy bút lục thuộc tài liệu mật có thẻ chỉ dẫn: không bao giờ được trình chiếu ở đây."),
        )
    if pages.unnumbered:
        yield here.told(
            Rule.NO_FOLIO,
            _(
                "Trang %(slide)d: “%(title)s” có %(count)d trang chưa đánh số bút lục: hãy đánh số trước, mỗi trang chiếu phải dẫn được bút lục."
            ),
            title=pages.title,
            count=pages.unnumbered,
        )
    if not pages.classified:
        # what is testimony, deliberation or sensitive is told by the kind of paper
        yield here.told(
            Rule.UNCLASSIFIED,
            _(
                "Trang %(slide)d: “%(title)s” chưa phân loại nên không biết có phải lời khai không: hãy phân loại tài liệu trước."
            ),
            title=pages.title,
        )
    if pages.group_code in TESTIMONY_GROUPS and slide.kind != TESTIMONY:
        yield here.told(
            Rule.TESTIMONY_PLACE,
            _("Trang %(slide)d: “%(title)s” là lời khai: hãy đổi thành trang lời khai và chọn căn cứ theo Điều 308."),
            title=pages.title,
        )
    if not slide.confirmed:
        yield from _of_people(here, trial, pages)


def _of_people(here: _At, trial: TrialFacts, pages: PagesFacts) -> Iterable[Obstacle]:
    for person in named_in(f"{pages.title}\n{pages.text}", trial.protected):
        yield here.told(
            Rule.PROTECTED_PERSON,
            _(
                "Trang %(slide)d: bút lục nêu tên %(person)s (%(why)s): hãy bỏ trang, hoặc để lãnh đạo vụ án xác nhận cho chiếu."
            ),
            person=person.shown_as,
            why=person.why,
            confirmable=True,
        )
    if trial.protected and pages.unread:
        yield here.told(
            Rule.PROTECTED_PERSON,
            _(
                "Trang %(slide)d: %(count)d trang không đọc được chữ để tìm tên người được bảo vệ trong vụ án: hãy để lãnh đạo vụ án xem và xác nhận."
            ),
            count=pages.unread,
            confirmable=True,
        )
    if pages.sensitive or pages.group_code == JUVENILE_GROUP:
        yield here.told(
            Rule.SENSITIVE,
            _(
                "Trang %(slide)d: “%(title)s” có thể có hình ảnh nhạy cảm hoặc nói về người chưa thành niên: hãy để lãnh đạo vụ án xem và xác nhận."
            ),
            title=pages.title,
            confirmable=True,
        )
