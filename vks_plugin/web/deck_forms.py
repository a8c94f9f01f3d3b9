"""Forms of the section “Trình chiếu”; what they accept is checked again by the actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vks_plugin.cases.models import CaseDocument
from vks_plugin.court.deck.diagrams import ACT, LONGEST_WORDS, MOST_OWN, OWN_KEY, OWN_KINDS, Edits, Item, Link, OwnBox
from vks_plugin.court.deck.locking import LONGEST
from vks_plugin.court.deck.models import PlanMarker, Presentation, Slide, Video
from vks_plugin.court.deck.plans import LARGEST_MARKER, MOST_MARKERS
from vks_plugin.court.deck.rules import GROUNDS_308, ONE_PAGE, SHOWING_PAGES
from vks_plugin.web.fields import DayField, StyledForm


class PresentationForm(StyledForm):
    """A new presentation."""

    title = forms.CharField(label=_("Tên bài"), max_length=200, required=False, help_text=_("Để trống: tên vụ án."))
    order = forms.ChoiceField(
        label=_("Cách xếp"), choices=Presentation.Order.choices, initial=Presentation.Order.INDICTMENT
    )
    compose = forms.BooleanField(label=_("Tự xếp các trang từ hồ sơ"), required=False, initial=True)


class DestroyedForm(StyledForm):
    """That every copy of a package was destroyed."""

    destroyed_on = DayField(label=_("Ngày hủy"))
    person = forms.CharField(label=_("Người hủy"), max_length=150, required=False, help_text=_("Để trống: chính tôi."))
    copies = forms.CharField(
        label=_("Gói đã chép vào đâu"),
        max_length=300,
        help_text=_("USB số mấy, máy tính nào, máy của Tòa; đã xóa hoặc hủy cách nào."),
    )


def _password(label: Any, **options: Any) -> forms.CharField:
    # a browser that offers to keep it would keep it beside the file
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=LONGEST, strip=False, widget=widget, **options)


class PasswordForm(StyledForm):
    """The password a package is fetched with."""

    password = _password(
        _("Mật khẩu"),
        help_text=_("Ít nhất 14 ký tự không dấu. Phần mềm không giữ mật khẩu: mất thì tải lại với mật khẩu khác."),
    )
    again = _password(_("Nhập lại mật khẩu"))

    def clean(self) -> dict[str, Any]:
        """Refuse two that differ: what was mistyped nobody could open."""
        given = super().clean() or {}
        if {"password", "again"} <= given.keys() and given["password"] != given["again"]:
            self.add_error("again", gettext("Hai lần nhập không giống nhau."))
        return given


class VideoForm(StyledForm):
    """A video and the paper it belongs to."""

    file = forms.FileField(
        label=_("Tệp video"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": "video/mp4,video/webm,.mp4,.webm"}),
        help_text=_("MP4 (H.264, AAC) hoặc WebM (VP8, VP9; Opus, Vorbis)."),
    )
    document = forms.ChoiceField(label=_("Tài liệu kèm theo"))
    title = forms.CharField(
        label=_("Tên video"), max_length=200, required=False, help_text=_("Để trống: tên tài liệu.")
    )

    def __init__(self, *args: Any, papers: Iterable[CaseDocument], **options: Any) -> None:
        super().__init__(*args, **options)
        chooser: Any = self.fields["document"]
        chooser.choices = [(each.document_id, f"{each.folio_label} – {each.title}") for each in papers]


class PaperChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only for type checkers
    """A document of the case file."""

    def label_from_instance(self, obj: Any) -> str:
        """Return folios and title."""
        return " – ".join(part for part in (obj.folio_label, obj.title) if part)


def _number(label: Any, **options: Any) -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 6, "autocomplete": "off"})
    return forms.IntegerField(label=label, min_value=1, max_value=100_000, required=False, widget=widget, **options)


def _lines(label: Any, rows: int, longest: int, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, required=False, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


class CropField(forms.CharField):
    """A part of a page: left, top, width, height in percent."""

    def clean(self, value: Any) -> list[float] | None:
        """Return the part; None: the whole page."""
        text = super().clean(value)
        if not text:
            return None
        try:
            numbers = [float(each.replace(",", ".")) / 100 for each in text.replace(";", " ").split()]
        except ValueError:
            numbers = []
        if len(numbers) != 4:
            raise forms.ValidationError(_("Hãy ghi bốn số phần trăm: trái, trên, rộng, cao; ví dụ 10 20 50 30."))
        return numbers

    def prepare_value(self, value: Any) -> Any:
        """Return the part as it is typed."""
        return " ".join(f"{100 * each:g}" for each in value) if isinstance(value, list) else value


class SlideForm(StyledForm):
    """A slide of one kind: only what that kind has."""

    title = forms.CharField(label=_("Tiêu đề"), max_length=200, required=False)
    diagram = forms.ChoiceField(label=_("Sơ đồ"), choices=Slide.Diagram.choices)
    case_document = PaperChoice(label=_("Tài liệu"), queryset=CaseDocument.objects.none())
    page_from = _number(_("Từ trang"), help_text=_("Để trống: cả tài liệu."))
    page_to = _number(_("Đến trang"))
    redacted = forms.BooleanField(
        label=_("Chiếu bản đã che"),
        required=False,
        help_text=_("Bản che tự thay tài liệu khi trang nêu tên người phải giữ kín."),
    )
    crop = CropField(
        label=_("Chỉ lấy vùng (%)"),
        required=False,
        max_length=60,
        help_text=_("Trái, trên, rộng, cao; ví dụ 10 20 50 30."),
    )
    video = forms.ModelChoiceField(label=_("Video"), queryset=Video.objects.none())
    plays_from = forms.FloatField(label=_("Từ giây"), required=False, min_value=0, help_text=_("Để trống: cả video."))
    plays_to = forms.FloatField(label=_("Đến giây"), required=False, min_value=0)
    # filled by the script that draws the frame; without a script there is simply none
    still = forms.CharField(required=False, widget=forms.HiddenInput)
    still_at = forms.FloatField(required=False, min_value=0, widget=forms.HiddenInput)
    still_gone = forms.BooleanField(label=_("Bỏ ảnh đại diện đang có"), required=False)
    ground_308 = forms.ChoiceField(label=_("Căn cứ công bố lời khai (khoản 2 Điều 308 BLTTHS)"))
    state = forms.ChoiceField(label=_("Khi chiếu"), choices=Slide.State.choices)
    text = _lines(
        _("Nội dung"),
        8,
        4000,
        help_text=_("Mỗi dòng một ý, dòng bắt đầu bằng “- ” là gạch đầu dòng; dẫn “BL 12” thành liên kết."),
    )
    notes = _lines(_("Ghi chú của người trình chiếu (không lên màn hình Tòa)"), 5, 8000)

    def __init__(
        self,
        *args: Any,
        kind: str,
        papers: Any,
        videos: Any = None,
        slide: Slide | None = None,
        still: bool = False,
        **options: Any,
    ) -> None:
        initial = {}
        if slide is not None:
            names = (
                "title",
                "page_from",
                "page_to",
                "redacted",
                "crop",
                "ground_308",
                "state",
                "text",
                "notes",
                "diagram",
                "video",
                "plays_from",
                "plays_to",
            )
            initial = {name: getattr(slide, name) for name in names} | {"case_document": slide.case_document_id}
        super().__init__(*args, initial=initial, **options)
        self.kind = kind
        showing = kind in SHOWING_PAGES
        left_out = set()
        if not showing:
            left_out |= {"case_document", "page_from", "page_to", "redacted"}
        if kind not in ONE_PAGE:
            left_out |= {"crop"}
        else:
            left_out |= {"page_to"}
            self.fields["page_from"].help_text = _("Để trống: trang đầu.")
        if kind not in {Slide.Kind.TESTIMONY, Slide.Kind.VIDEO}:
            left_out |= {"ground_308"}
        else:
            left_out |= {"state"}
        if kind != Slide.Kind.VIDEO:
            left_out |= {"video", "plays_from", "plays_to", "still", "still_at"}
        if kind != Slide.Kind.VIDEO or not still:
            left_out |= {"still_gone"}
        if kind != Slide.Kind.DIAGRAM:
            left_out |= {"diagram"}
        for name in left_out:
            del self.fields[name]
        if showing:
            chooser: Any = self.fields["case_document"]
            chooser.queryset = papers
        if "video" in self.fields:
            chosen: Any = self.fields["video"]
            chosen.queryset = videos
            self.fields["ground_308"].required = False
            self.fields["ground_308"].help_text = _("Chỉ khi video là lời khai.")
        if "ground_308" in self.fields:
            ground: Any = self.fields["ground_308"]
            grounds = [(key, f"{key}) {gettext(words)}") for key, words in GROUNDS_308.items()]
            ground.choices = [("", _("– chọn căn cứ –")), *grounds]

    def given(self) -> dict[str, Any]:
        """Return what was entered, for the action."""
        given = dict(self.cleaned_data)
        picture, second = given.pop("still", ""), given.pop("still_at", None)
        gone = given.pop("still_gone", False)
        if picture:
            given["still"] = {"picture": picture, "second": second}
        elif gone:
            given["still"] = None
        return given


class MarkForm(StyledForm):
    """A place on a page."""

    quote = forms.CharField(
        label=_("Đoạn chữ trên trang"),
        max_length=500,
        required=False,
        help_text=_("Hoặc kéo chuột trên hình để khoanh vùng."),
    )
    area = CropField(label=_("Vùng (%)"), required=False, max_length=60)
    note = forms.CharField(label=_("Ghi chú"), max_length=1000, required=False)
    shared = forms.BooleanField(label=_("Cả nhóm vụ án thấy"), required=False)

    def given(self) -> Mapping[str, Any]:
        """Return what was entered, for the action."""
        given = self.cleaned_data
        return {
            "quote_text": given["quote"],
            "area": given["area"],
            "note": given["note"],
            "shared": given["shared"],
        }


class PlaceField(forms.FloatField):
    """A place on a drawing, with a comma or a point as people type it."""

    def to_python(self, value: Any) -> Any:
        """Return the number."""
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class _Row(NamedTuple):
    """A box of a diagram in the form."""

    key: str
    words: str
    label: forms.BoundField
    x: forms.BoundField
    y: forms.BoundField
    hidden: forms.BoundField


class _OwnRow(NamedTuple):
    """A box added by hand in the form; an empty one waits for a box."""

    key: str
    fields: list[forms.BoundField]
    is_new: bool


class _LineRow(NamedTuple):
    """A line of a diagram in the form; of one drawn by hand the words on it, too."""

    start: str
    end: str
    gone: forms.BoundField
    words: forms.BoundField | None


class _NewLine(NamedTuple):
    """A place for a line to draw."""

    start: forms.BoundField
    end: forms.BoundField
    words: forms.BoundField


def _named(link: Link) -> str:
    return f"link-{link.start}>{link.end}"


def _said(link: Link) -> str:
    return f"words-{link.start}>{link.end}"


_MORE_BOXES, _MORE_LINES = 8, 8
_OWN = ("kind", "label", "day", "folio", "x", "y", "gone")


class DiagramForm(StyledForm):
    """What people change of a diagram: words and places of boxes, boxes left out and added, lines drawn and taken away."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[Item],
        links: Sequence[Link],
        edits: Edits,
        lost: Sequence[Link] = (),
        **options: Any,
    ) -> None:
        """Make the fields.

        Args:
            items: what the record has, as boxes.
            links: the lines the record has.
            edits: what was changed and added so far.
            lost: lines drawn by hand to what is not in the case any more: told, and gone once the form is saved.
        """
        self.items, self.before, self.lost = items, edits, lost
        super().__init__(*args, prefix="d", **options)
        # named by what they are about: the record may gain a person between the page and its way back
        for item in items:
            self._add_places(item.key, edits)
            self._add(
                f"label-{item.key}",
                forms.CharField(max_length=200, required=False, initial=edits.labels.get(item.key, "")),
            )
            self._add(f"hidden-{item.key}", forms.BooleanField(required=False, initial=item.key in edits.hidden))
        kept = {box.key: box for box in edits.boxes}
        self.own_keys = self._own_keys(list(kept))
        for key in self.own_keys:
            self._add_own(key, kept.get(key), edits)
        self.words = {item.key: item.label for item in items} | {box.key: box.label for box in edits.boxes}
        self.own_links = [link for link in edits.added if link not in lost]
        drawn = [*links, *(link for link in self.own_links if link not in links)]
        self.links = [link for link in drawn if link.start in self.words and link.end in self.words]
        for link in self.links:
            gone = forms.BooleanField(required=False, initial=link in edits.removed)
            self._add(_named(link), gone)
            if link in self.own_links:
                self._add(_said(link), self._words_on_it(edits.words.get(link, "")))
        new = [key for key in self.own_keys if key not in kept]
        chosen = [
            ("", "—"),
            *((key, words[:60]) for key, words in self.words.items()),
            *((key, gettext("Ô mới %(number)d") % {"number": place}) for place, key in enumerate(new, 1)),
        ]
        for place in range(_MORE_LINES):
            self._add(f"start{place}", forms.ChoiceField(label=_("Nối từ"), required=False, choices=chosen))
            self._add(f"end{place}", forms.ChoiceField(label=_("đến"), required=False, choices=chosen))
            self._add(f"words{place}", self._words_on_it(""))

    def _add(self, name: str, field: forms.Field) -> None:
        self.fields[name] = field
        self.style(field)

    @staticmethod
    def _words_on_it(initial: str) -> forms.CharField:
        # the browser holds who types back; who sends more is told by the action which line it is
        widget = forms.TextInput(attrs={"maxlength": LONGEST_WORDS, "autocomplete": "off"})
        return forms.CharField(label=_("Chữ trên đường"), required=False, initial=initial, widget=widget)

    def _add_places(self, key: str, edits: Edits) -> None:
        place = edits.places.get(key)
        for name, label, at in zip("xy", (_("Trái"), _("Trên")), place or ("", ""), strict=True):
            widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 5})
            field = PlaceField(label=label, required=False, min_value=0, max_value=12_000, widget=widget, initial=at)
            self._add(f"{name}-{key}", field)

    def _own_keys(self, kept: list[str]) -> list[str]:
        """Return the keys of the boxes added by hand, and of empty places for more; of a form that was sent, those in it."""
        sent = [name.removeprefix("d-kind-") for name in self.data if name.startswith("d-kind-")]
        found = [*kept, *(key for key in sent if OWN_KEY.fullmatch(key) and key not in kept)]
        last = max((int(key.partition(":")[2]) for key in found), default=0)
        if not sent:
            found += [f"own:{last + place}" for place in range(1, _MORE_BOXES + 1)]
        # one more than may be kept is told of, not lost
        return found[: MOST_OWN + 1]

    def _add_own(self, key: str, box: OwnBox | None, edits: Edits) -> None:
        kinds = [(kind, gettext(words)) for kind, words in OWN_KINDS.items()]
        initial = box.kind if box is not None else ACT
        self._add(f"kind-{key}", forms.ChoiceField(label=_("Loại"), choices=kinds, initial=initial, required=False))
        label = forms.CharField(label=_("Tên ô"), max_length=200, required=False, initial=box.label if box else "")
        self._add(f"label-{key}", label)
        self._add(f"day-{key}", DayField(label=_("Ngày"), required=False, initial=box.day if box else None))
        folio = forms.TextInput(attrs={"size": 6, "autocomplete": "off"})
        self._add(
            f"folio-{key}",
            forms.CharField(label="BL", max_length=20, required=False, widget=folio, initial=box.folio if box else ""),
        )
        self._add_places(key, edits)
        self._add(f"gone-{key}", forms.BooleanField(label=_("Bỏ"), required=False))

    @property
    def rows(self) -> list[_Row]:
        """The boxes of the record with their fields."""
        return [
            _Row(item.key, item.label, *(self[f"{name}-{item.key}"] for name in ("label", "x", "y", "hidden")))
            for item in self.items
        ]

    @property
    def own_rows(self) -> list[_OwnRow]:
        """The boxes added by hand with their fields, then empty places."""
        kept = {box.key for box in self.before.boxes}
        return [_OwnRow(key, [self[f"{name}-{key}"] for name in _OWN], is_new=key not in kept) for key in self.own_keys]

    @property
    def lines(self) -> list[_LineRow]:
        """The lines, with a box to tick for those that go."""
        return [
            _LineRow(
                self.words[link.start],
                self.words[link.end],
                self[_named(link)],
                self[_said(link)] if link in self.own_links else None,
            )
            for link in self.links
        ]

    @property
    def new_lines(self) -> list[_NewLine]:
        """Places for lines to draw."""
        return [
            _NewLine(self[f"start{place}"], self[f"end{place}"], self[f"words{place}"]) for place in range(_MORE_LINES)
        ]

    @property
    def lost_words(self) -> str:
        """The lines that lead to what is not in the case any more, by what they still have."""
        kept = [self.words.get(link.start) or self.words.get(link.end) or "…" for link in self.lost]
        return ", ".join(dict.fromkeys(kept))

    def clean(self) -> dict[str, Any]:
        """Refuse a box without a name and a line that does not join two boxes; each sentence stands at its place."""
        given = super().clean() or {}
        kept = {box.key for box in self.before.boxes}
        ends = {given.get(f"{name}{place}") for name in ("start", "end") for place in range(_MORE_LINES)}
        for key in self.own_keys:
            said = any(given.get(f"{name}-{key}") not in {None, ""} for name in ("day", "folio", "x", "y"))
            wanted = said or key in kept or key in ends
            if wanted and not given.get(f"label-{key}") and not given.get(f"gone-{key}"):
                self.add_error(f"label-{key}", gettext("Hãy ghi tên ô, hoặc đánh dấu Bỏ."))
        for place in range(_MORE_LINES):
            start, end, words = (given.get(f"{name}{place}") for name in ("start", "end", "words"))
            if (start or end or words) and (not start or not end or start == end):
                self.add_error(f"end{place}", gettext("Đường nối cần hai ô khác nhau: hãy chọn đủ hai đầu."))
        return given

    def edits(self) -> dict[str, Any]:
        """Return what the form says, for the action."""
        given = self.cleaned_data
        own = [key for key in self.own_keys if given.get(f"label-{key}") and not given.get(f"gone-{key}")]
        here = [*(item.key for item in self.items), *own]
        places, labels, hidden = {}, {}, set()
        for key in here:
            x, y = given.get(f"x-{key}"), given.get(f"y-{key}")
            if x is not None and y is not None:
                places[key] = (float(x), float(y))
        for key in (item.key for item in self.items):
            if given.get(f"label-{key}"):
                labels[key] = given[f"label-{key}"]
            if given.get(f"hidden-{key}"):
                hidden.add(key)
        gone = {link for link in self.links if given.get(_named(link))}
        # words stay with a line that is not in the form: it leads to a paper its reader may not see
        said = {link: given.get(_said(link), self.before.words.get(link, "")) for link in self.own_links}
        added = [link for link in self.own_links if link not in gone]
        for place in range(_MORE_LINES):
            start, end = given.get(f"start{place}"), given.get(f"end{place}")
            if start and end:
                added.append(Link(start, end))
                said[added[-1]] = given.get(f"words{place}") or said.get(added[-1], "")
        removed = {key for key in self.own_keys if key not in own}
        added = [link for link in dict.fromkeys(added) if removed.isdisjoint(link)]
        edits = Edits(places, labels, frozenset(hidden), tuple(added), frozenset(gone - set(self.own_links)))
        boxes = [
            {
                "key": key,
                "kind": given.get(f"kind-{key}"),
                "label": given[f"label-{key}"],
                "day": given[f"day-{key}"].isoformat() if given.get(f"day-{key}") else "",
                "folio": given.get(f"folio-{key}"),
            }
            for key in own
        ]
        # as they were typed: what cannot be kept is told, not cut
        words = [[*link, said[link]] for link in added if said.get(link)]
        return edits.stored() | {"boxes": boxes, "words": words}

    def refused(self, sentence: str) -> None:
        """Keep what the action said of boxes and lines."""
        self.add_error(None, sentence)


_MORE_ROWS = 6
_MARKER, _UNNAMED = "marker", "unnamed"


class _PlanRow(NamedTuple):
    """A number of a scene plan in the form."""

    shown: list[forms.BoundField]
    hidden: list[forms.BoundField]


def _part(label: Any) -> forms.FloatField:
    # in percent of the page, as areas are typed
    widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 5, "autocomplete": "off"})
    return PlaceField(label=label, required=False, min_value=0, max_value=100, widget=widget)


class PlanForm(StyledForm):
    """Numbers on a scene plan: where they stand, and the folio of the photo each leads to."""

    def __init__(self, *args: Any, markers: Sequence[PlanMarker], folios: Mapping[int, str], **options: Any) -> None:
        """Make a row for each number, and some for more.

        Args:
            markers: the numbers as they are.
            folios: by the id of a marker, the folio of its photo where the reader may know it.
        """
        self.markers, self.folios = list(markers), folios
        self.by_key = {str(each.pk): each for each in self.markers}
        super().__init__(*args, prefix="m", **options)
        # what was typed comes back whole, however many numbers somebody else took away meanwhile
        sent = max((place + 1 for place in range(MOST_MARKERS) if f"m-number{place}" in self.data), default=0)
        self.count = min(sent or len(self.markers) + _MORE_ROWS, MOST_MARKERS)
        for place in range(self.count):
            marker = self.markers[place] if place < len(self.markers) else None
            for name, field in self._row().items():
                if marker is not None:
                    field.initial = self._initial(marker, name)
                self.fields[f"{name}{place}"] = field
                self.style(field)
            if self[f"{_UNNAMED}{place}"].value() in {True, "True"}:
                self.fields[f"folio{place}"].widget.attrs |= {
                    "placeholder": gettext("giữ ảnh"),
                    "title": gettext(
                        "Số này có ảnh chưa đánh bút lục hoặc bạn không được xem; để trống thì giữ ảnh đó."
                    ),
                }

    @staticmethod
    def _row() -> dict[str, forms.Field]:
        number = forms.TextInput(attrs={"inputmode": "numeric", "size": 3, "autocomplete": "off"})
        folio = forms.TextInput(attrs={"size": 6, "autocomplete": "off"})
        return {
            "number": forms.IntegerField(
                label=_("Số"), required=False, min_value=1, max_value=LARGEST_MARKER, widget=number
            ),
            "folio": forms.CharField(label=_("BL của ảnh"), required=False, max_length=20, widget=folio),
            "caption": forms.CharField(label=_("Chú thích"), required=False, max_length=200),
            "x": _part(_("Trái (%)")),
            "y": _part(_("Trên (%)")),
            "redacted": forms.BooleanField(label=_("Ảnh đã che"), required=False),
            "gone": forms.BooleanField(label=_("Bỏ"), required=False),
            # which number the row was made of, whatever has become of it; and whether it had a photo without a folio
            _MARKER: forms.CharField(required=False, max_length=20, widget=forms.HiddenInput),
            _UNNAMED: forms.BooleanField(required=False, widget=forms.HiddenInput),
        }

    def _is_unnamed(self, marker: PlanMarker) -> bool:
        """Tell whether its photo has no folio, or none the reader may know: an empty folio leaves it as it is."""
        return marker.case_document_id is not None and not self.folios.get(marker.pk)

    def _initial(self, marker: PlanMarker, name: str) -> Any:
        if name in {"x", "y"}:
            return f"{100 * getattr(marker, name):g}"
        if name == "folio":
            return self.folios.get(marker.pk, "")
        if name == _MARKER:
            return str(marker.pk)
        if name == _UNNAMED:
            return self._is_unnamed(marker)
        return False if name == "gone" else getattr(marker, name)

    @property
    def rows(self) -> list[_PlanRow]:
        """The rows with their fields; the last ones are empty and wait for more numbers."""
        names = self._row()
        return [
            _PlanRow(
                [self[f"{name}{place}"] for name in names if name not in {_MARKER, _UNNAMED}],
                [self[f"{name}{place}"] for name in (_MARKER, _UNNAMED)],
            )
            for place in range(self.count)
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a row that says something and has no number."""
        given = super().clean() or {}
        for place in range(self.count):
            said = any(given.get(f"{name}{place}") for name in ("folio", "caption"))
            if said and given.get(f"number{place}") is None and not given.get(f"gone{place}"):
                self.add_error(f"number{place}", gettext("Hãy ghi số của dòng này."))
            row = {name: given.get(f"{name}{place}") for name in self._row()}
            if row["gone"] or row["number"] is None or not self._keeps(row):
                continue
            if getattr(self.by_key.get(str(row[_MARKER])), "case_document_id", None) is None:
                self.add_error(
                    None,
                    gettext(
                        "Số %(number)d: người khác vừa bỏ ảnh của số này. Hãy ghi bút lục của ảnh; nếu không cần ảnh, đánh dấu Bỏ ở dòng đó rồi đặt số ở một dòng trống."
                    )
                    % {"number": row["number"]},
                )
        return given

    @staticmethod
    def _keeps(row: Mapping[str, Any]) -> bool:
        """Tell whether a row leaves a photo as it is that could not be named in it."""
        return bool(row[_MARKER] and row[_UNNAMED] and not row["folio"])

    def given(self) -> list[dict[str, Any]]:
        """Return the numbers, for the action."""
        found = []
        for place in range(self.count):
            row: dict[str, Any] = {name: self.cleaned_data.get(f"{name}{place}") for name in self._row()}
            if row.pop("gone") or row["number"] is None:
                continue
            marker, keeps = self.by_key.get(str(row[_MARKER])), self._keeps(row)
            row["id"] = marker.pk if marker is not None else None
            if marker is not None and keeps:
                row |= {"case_document": marker.case_document_id, "page": marker.page}
            del row[_MARKER], row[_UNNAMED]
            # without a place it stands in the middle, where people see it
            row |= {side: 0.5 if row[side] is None else row[side] / 100 for side in ("x", "y")}
            found.append(row)
        return found

    def refused(self, sentence: str) -> None:
        """Keep what the action said of the numbers."""
        self.add_error(None, sentence)
