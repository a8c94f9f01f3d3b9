"""What may be shown in court, and what stands in the way: values in, sentences out.

The law behind each rule stands with it. A rule that cannot be sure refuses: what a screen showed once cannot be taken
back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from vks_plugin.court.masking import PersonFacts, named_in
from vks_plugin.court.private import ADDRESSES, NUMBERS, tells_of
from vks_plugin.text import Sentence, folded
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
EVIDENCE_GROUPS = ("03", "04", "07", "10")
"""Catalogue groups of what proves something beside testimony: searches and seizures, expert opinions, identification,
electronic data."""
TESTIMONY_TYPES = frozenset({"BBDC", "BBTUT", "BBLV"})
"""Kinds of other groups that write down what somebody said: confrontation, confession on turning oneself in, minutes of a talk."""
RECORDING_TYPES = frozenset({"DGAH"})
"""Recordings of questionings, which are played where the panel decides so (BLTTHS, Điều 313)."""
DELIBERATION_TYPES = frozenset({"BBNA"})
"""Papers of the panel's deliberation, which is secret."""
JUVENILE_GROUP = "NCTN"
SCENE_PLAN_TYPE = "SDHT"
"""Drawn by hand at the scene (sơ đồ hiện trường)."""

SHOWN, RESERVE, AWAITS_PANEL = "hien", "du_phong", "cho_hdxx_dong_y"
TITLE, EXHIBIT, IMAGE, TEXT, DIAGRAM, TESTIMONY = "tieu_de", "but_luc", "hinh_anh", "noi_dung", "so_do", "loi_khai"
VIDEO, PLAN = "video", "hien_truong"
SHOWING_PAGES = frozenset({EXHIBIT, IMAGE, TESTIMONY, PLAN})
ONE_PAGE = frozenset({IMAGE, PLAN})
"""Kinds that show one page, or a part of it."""
MOST_SLIDES = 600
MOST_PAGES = 1000
"""Pages of the case file in one deck."""


def is_testimony(type_code: str, group_code: str) -> bool:
    """Tell whether a kind of paper holds what somebody said before the trial, which Điều 308 keeps from being read out freely."""
    return group_code in TESTIMONY_GROUPS or type_code in TESTIMONY_TYPES


class Rule(StrEnum):
    """Names of the rules; tests and scripts know them by these."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOTHING_ON_IT = "nothing_on_it"
    NO_DOCUMENT = "no_document"
    NO_SUCH_PAGE = "no_such_page"
    NO_FOLIO = "no_folio"
    UNCLASSIFIED = "unclassified"
    UNSEALED = "unsealed"
    CHANGED = "changed"
    NO_COPY = "no_copy"
    COPY_SHOWN = "copy_shown"
    COPY_UNREAD = "copy_unread"
    INTERNAL = "internal"
    DELIBERATION = "deliberation"
    STATE_SECRET = "state_secret"  # noqa: S105 - the name of a rule
    TESTIMONY_GROUND = "testimony_ground"
    TESTIMONY_SECRETS = "testimony_secrets"
    TESTIMONY_PLACE = "testimony_place"
    RECORDING = "recording"
    NO_VIDEO = "no_video"
    PROTECTED_PERSON = "protected_person"
    YOUNG_VICTIM = "young_victim"
    SENSITIVE = "sensitive"
    CLOSED_TRIAL = "closed_trial"
    RESTRICTED = "restricted"
    LEFT_OUT = "left_out"
    LOST_LINES = "lost_lines"
    UNCITED = "uncited"
    PRIVATE_NUMBER = "private_number"
    PRIVATE_ADDRESS = "private_address"


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
    sealed: bool = False
    """Whether the document was sealed when digitisation ended."""
    as_sealed: bool = False
    """Whether its file is byte for byte what was sealed."""
    copy_wanted: bool = False
    """Whether a redacted copy was chosen."""
    copy_shown: bool = False
    """Whether one is shown, chosen or because somebody on these pages is not to be named."""
    copy_unread: bool = False
    """Whether nobody read the one that is shown and said that nothing is left."""
    video_kept: bool = True
    """Of a slide with a video: whether its file is the one that was taken in."""
    left_named: tuple[PersonFacts, ...] = ()
    """Whose names can still be read in the copy."""


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
    """Words of a diagram, or beside the numbers of a scene plan."""
    left_out: int = 0
    """How much of the case a diagram does not show because it is never shown."""
    lost: int = 0
    """How many lines drawn by hand lead to what is not in the case any more."""
    photos: tuple[tuple[int, PagesFacts], ...] = ()
    """Numbers of a scene plan, each with the page it leads to."""
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
    unsealed_shown: bool = False
    """Whether papers may be shown that are not sealed yet (`VKS_DECK_UNSEALED`)."""


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


# --- folios in words ------------------------------------------------------------------------------

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


def words_shown(title: str, paper: str, text: str, drawn: str) -> str:
    """Return everything that was written for a slide and stands on it: title (else that of its paper), text, what is drawn."""
    return "\n".join((title.strip() or paper, text, drawn))


# --- rules ---------------------------------------------------------------------------------------


def examine(trial: TrialFacts, slides: Sequence[SlideFacts]) -> list[Obstacle]:
    """Return everything that stands in the way, in the order of the slides; what only is to be thought of, too."""
    found: list[Obstacle] = []
    if not slides:
        found.append(Obstacle(Rule.EMPTY, None, _("Bài trình chiếu chưa có trang nào: hãy thêm trang.")))
    pages = sum(
        shown.last - shown.first + 1
        for slide in slides
        for shown in (slide.pages, *(photo for _number, photo in slide.photos))
        if shown is not None
    )
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
        # photos of one document have the same things in their way
        found += dict.fromkeys(_of_slide(trial, slide))
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
    elif slide.kind == TESTIMONY or (slide.kind == VIDEO and slide.ground_308):
        # khoản 3; what is such a secret nobody but a person can tell
        yield here.told(
            Rule.TESTIMONY_SECRETS,
            _(
                "Trang %(slide)d: Hội đồng xét xử không công bố lời khai có bí mật nhà nước, điều trái thuần phong mỹ tục, bí mật nghề nghiệp, bí mật kinh doanh, bí mật đời tư, bí mật gia đình (khoản 3 Điều 308): hãy bỏ phần đó hoặc chiếu bản đã che."
            ),
            blocks=False,
        )
    if slide.kind in SHOWING_PAGES or slide.kind == VIDEO:
        if slide.pages is None:
            yield here.told(
                Rule.NO_DOCUMENT,
                _("Trang %(slide)d chưa chỉ tài liệu nào của hồ sơ: hãy chọn tài liệu hoặc bỏ trang này."),
            )
        else:
            yield from _of_pages(trial, slide, slide.pages)
        for number, photo in slide.photos:
            if photo.in_case:
                yield from _of_pages(trial, slide, photo)
                continue
            yield here.told(
                Rule.NO_DOCUMENT,
                _(
                    "Trang %(slide)d: ảnh của số %(number)d không còn trong hồ sơ vụ án này: hãy chọn ảnh khác hoặc bỏ số đó."
                ),
                number=number,
            )
    elif slide.kind in {TITLE, TEXT} and not (slide.title.strip() or slide.text.strip()):
        yield here.told(Rule.NOTHING_ON_IT, _("Trang %(slide)d còn trống: hãy viết nội dung hoặc bỏ trang này."))
    # what stands beside the numbers of a plan was written for this slide, as its text was
    written = slide.drawn if slide.kind == PLAN else ""
    said = f"{slide.title}\n{slide.text}\n{written}"
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
    if slide.left_out:
        yield here.told(
            Rule.LEFT_OUT,
            _(
                "Trang %(slide)d: %(count)d mục không vẽ trên sơ đồ, vì mang bút lục của tài liệu mật, hoặc được ghi theo tài liệu của hồ sơ kiểm sát, tài liệu nghị án."
            ),
            blocks=False,
            count=slide.left_out,
        )
    if slide.lost:
        yield here.told(
            Rule.LOST_LINES,
            _(
                "Trang %(slide)d: %(count)d đường nối vẽ tay dẫn tới điều không còn trong hồ sơ nên không vẽ nữa: hãy mở trang, xem lại rồi lưu."
            ),
            blocks=False,
            count=slide.lost,
        )
    if not slide.confirmed:
        yield from _of_words(here, slide)
    if slide.kind == TEXT and (slide.title.strip() or slide.text.strip()) and not cited_folios(said):
        yield here.told(
            Rule.UNCITED,
            _(
                "Trang %(slide)d không dẫn bút lục nào: hãy ghi “BL …” cho điều được nêu; trang chỉ là đề mục thì đổi thành trang tiêu đề."
            ),
        )


def _of_words(here: _At, slide: SlideFacts) -> Iterable[Obstacle]:
    """Tell of private matters in what was written for a slide: a leader answers where the court has to read them."""
    paper = slide.pages.title if slide.pages is not None and slide.pages.in_case else ""
    words = words_shown(slide.title, paper, slide.text, slide.drawn)
    if tells_of(words, *NUMBERS):
        yield here.told(
            Rule.PRIVATE_NUMBER,
            _(
                "Trang %(slide)d nêu số giống số căn cước, điện thoại hoặc tài khoản: hãy bỏ khỏi nội dung; thật cần cho việc chứng minh thì để lãnh đạo vụ án xác nhận."
            ),
            confirmable=True,
        )
    if tells_of(words, ADDRESSES):
        yield here.told(
            Rule.PRIVATE_ADDRESS,
            _(
                "Trang %(slide)d nêu địa chỉ, nơi ở: hãy bỏ khỏi nội dung; thật cần cho việc chứng minh thì để lãnh đạo vụ án xác nhận."
            ),
            confirmable=True,
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
    # validation rule V12
    if not pages.sealed:
        yield here.told(
            Rule.UNSEALED,
            _(
                "Trang %(slide)d: “%(title)s” chưa kết thúc số hóa: chỉ trình chiếu tài liệu đã niêm phong, hãy kết thúc số hóa trước."
            ),
            blocks=not trial.unsealed_shown,
            title=pages.title,
        )
    elif not pages.as_sealed:
        yield here.told(
            Rule.CHANGED,
            _("Trang %(slide)d: tệp của “%(title)s” không còn trùng với bản đã niêm phong: hãy báo quản trị kiểm tra."),
            title=pages.title,
        )
    if pages.copy_shown:
        yield here.told(
            Rule.COPY_SHOWN, _("Trang %(slide)d chiếu bản đã che của “%(title)s”."), blocks=False, title=pages.title
        )
        if pages.copy_unread:
            yield here.told(
                Rule.COPY_UNREAD,
                _("Trang %(slide)d: bản đã che của “%(title)s” chưa được đọc lại: hãy đọc lại và xác nhận."),
                title=pages.title,
            )
    elif pages.copy_wanted:
        yield here.told(
            Rule.NO_COPY,
            _(
                "Trang %(slide)d: “%(title)s” không có bản đã che đúng với tệp hiện nay: hãy che lại tài liệu, hoặc bỏ chọn bản đã che."
            ),
            title=pages.title,
        )
    if slide.kind == VIDEO:
        yield from _of_video(here, trial, slide, pages)
        return
    if is_testimony(pages.type_code, pages.group_code) and slide.kind != TESTIMONY:
        yield here.told(
            Rule.TESTIMONY_PLACE,
            _("Trang %(slide)d: “%(title)s” là lời khai: hãy đổi thành trang lời khai và chọn căn cứ theo Điều 308."),
            title=pages.title,
        )
    if pages.type_code in RECORDING_TYPES and slide.state != AWAITS_PANEL:
        yield here.told(
            Rule.RECORDING,
            _(
                "Trang %(slide)d: “%(title)s” là ghi âm, ghi hình hỏi cung, chỉ mở khi Hội đồng xét xử quyết định (Điều 313): hãy chọn trạng thái chờ HĐXX đồng ý."
            ),
            title=pages.title,
        )
    if not slide.confirmed:
        yield from _of_people(here, trial, pages)


def _of_video(here: _At, trial: TrialFacts, slide: SlideFacts, pages: PagesFacts) -> Iterable[Obstacle]:
    """Tell what stands in the way of a video; nobody can look for names or faces in it, so where it matters a leader does."""
    if not pages.video_kept:
        yield here.told(
            Rule.NO_VIDEO,
            _("Trang %(slide)d: tệp video không còn đúng tệp đã nạp: hãy báo quản trị kiểm tra, hoặc nạp lại."),
        )
    if is_testimony(pages.type_code, pages.group_code) and slide.ground_308 not in GROUNDS_308:
        yield here.told(
            Rule.TESTIMONY_PLACE,
            _("Trang %(slide)d: video kèm “%(title)s” là lời khai: hãy chọn căn cứ theo Điều 308."),
            title=pages.title,
        )
    if not slide.confirmed and (trial.protected or pages.sensitive or pages.group_code == JUVENILE_GROUP):
        yield here.told(
            Rule.PROTECTED_PERSON,
            _(
                "Trang %(slide)d: phần mềm không biết ai xuất hiện trong video, mà vụ án có người hoặc hình ảnh phải giữ kín: hãy để lãnh đạo vụ án xem và xác nhận."
            ),
            confirmable=True,
        )


def _of_people(here: _At, trial: TrialFacts, pages: PagesFacts) -> Iterable[Obstacle]:
    if not pages.copy_shown and tells_of(pages.text, *NUMBERS):
        yield here.told(
            Rule.PRIVATE_NUMBER,
            _(
                "Trang %(slide)d: bút lục của “%(title)s” có dãy số giống số căn cước, điện thoại hoặc tài khoản: hãy chiếu bản đã che, trừ khi con số cần cho việc chứng minh."
            ),
            blocks=False,
            title=pages.title,
        )
    # titles are shown without these names
    named = pages.left_named if pages.copy_shown else named_in(f"{pages.title}\n{pages.text}", trial.protected)
    for person in named:
        if pages.copy_shown:
            yield here.told(
                Rule.YOUNG_VICTIM if person.young_victim else Rule.PROTECTED_PERSON,
                _("Trang %(slide)d: bản đã che còn đọc được tên %(person)s (%(why)s): hãy che lại tài liệu."),
                person=person.shown_as,
                why=person.why,
            )
            continue
        if person.young_victim:
            # validation rule V11
            yield here.told(
                Rule.YOUNG_VICTIM,
                _(
                    "Trang %(slide)d: bút lục nêu tên %(person)s (%(why)s): hãy che tên trong tài liệu, bỏ trang hoặc cắt hình; lãnh đạo vụ án chỉ xác nhận khi phần được chiếu không cho biết người này."
                ),
                person=person.shown_as,
                why=person.why,
                confirmable=True,
            )
            continue
        yield here.told(
            Rule.PROTECTED_PERSON,
            _(
                "Trang %(slide)d: bút lục nêu tên %(person)s (%(why)s): hãy che tên trong tài liệu, bỏ trang, hoặc để lãnh đạo vụ án xác nhận cho chiếu."
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
