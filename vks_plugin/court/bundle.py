"""Writing a bundle: one PDF out of many, stamped, indexed and linked.

One paper is open at a time: its pages are stamped and written, undecoded, and forgotten, so that memory does not
follow what goes in. The same plan gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from vks_plugin.court.front import RowArea, draw_front
from vks_plugin.court.halfway import Halfway
from vks_plugin.court.output import Bookmark, Carrier, Output, Overlay, destination
from vks_plugin.court.plan import BundlePlan, PlannedDocument, PlannedVolume
from vks_plugin.court.stamping import FONT_RESOURCE, StampFont, stamp, stamp_text
from vks_plugin.errors import BadInput, Conflict

Progress = Callable[[int, int], None]

_REPORT_EVERY = 25
_DEEPEST_FIELD = 32
"""Levels of a form's fields looked through; a damaged file may name a field its own parent."""
_DEEPEST_NODE = 64
"""Levels of a tree of pages looked through, likewise."""
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_DAMAGED = "Tệp của “{}” bị hỏng: hãy quét lại và nộp bản mới."
_TAKEN_OFF = frozenset({"/AA", "/B", "/PieceInfo", "/Thumb", "/Metadata"})
_KEPT_ANNOTATIONS = frozenset(
    {
        "/Highlight",
        "/Underline",
        "/StrikeOut",
        "/Squiggly",
        "/Square",
        "/Circle",
        "/Ink",
        "/Line",
        "/FreeText",
        "/Stamp",
        "/Polygon",
        "/PolyLine",
    }
)
"""Marks people made on a page. Links, forms, media and attached files do not enter a filed copy."""


class BundleStopped(Conflict):
    """Somebody stopped the bundle while it was being written."""


@dataclass(frozen=True)
class WrittenVolume:
    """One file of a bundle."""

    number: int
    path: Path
    first_page: int
    last_page: int
    sha256: str
    size: int
    """In bytes."""

    def as_data(self) -> dict[str, Any]:
        """Return it as the manifest and the database hold it."""
        return {
            "volume": self.number,
            "first_page": self.first_page,
            "last_page": self.last_page,
            "bytes": self.size,
            "sha256": self.sha256,
        }


@dataclass(frozen=True)
class BundleResult:
    """What was written."""

    page_count: int
    volumes: tuple[WrittenVolume, ...]
    addition: WrittenVolume | None = None
    """What was added last, as a file of its own; None without one, or where nobody wants it."""

    @property
    def files(self) -> tuple[WrittenVolume, ...]:
        """Everything that was written."""
        return self.volumes if self.addition is None else (*self.volumes, self.addition)

    @property
    def sha256(self) -> str:
        """Of the file; of several volumes, over a line with the SHA-256 of each."""
        if len(self.volumes) == 1:
            return self.volumes[0].sha256
        return hashlib.sha256("".join(f"{each.sha256}\n" for each in self.volumes).encode("ascii")).hexdigest()


def path_of_volume(target: Path, number: int, count: int) -> Path:
    """Return where a volume lies: the file itself, or `name-2.pdf` beside it for one of several."""
    return target if count == 1 else target.with_name(f"{target.stem}-{number}{target.suffix}")


def unfinished(path: Path) -> Path:
    """Return where a file lies until everything is complete; what is left there is tidied up at night."""
    return path.with_name(f".{path.name}.partial")


def check_sources(plan: BundlePlan) -> frozenset[Path]:
    """Open every source once, before the long work; return those that are filled-in forms.

    Raises:
        BadInput: a file is missing, locked, damaged, an unsettled form, holds attached files or marks of what is
            yet to be taken out, bears the numbers of another bundle, or has another number of pages than planned;
            the sentence names the document.
    """
    forms = set()
    for planned in plan.documents:
        source = planned.document
        try:
            with _opened(source.path, mend=False) as pdf:
                pages = len(pdf.pages)
                form = "/AcroForm" in pdf.Root
                settled = not form or ("/XFA" not in pdf.Root.AcroForm and _may_flatten(pdf))
                attached = bool(len(pdf.attachments))
                numbered = _numbered_page(pdf)
                marked = _marked_page(pdf)
        except FileNotFoundError as error:
            message = f"Không tìm thấy tệp của “{source.title}”: hãy báo quản trị kiểm tra kho lưu trữ."
            raise BadInput(message) from error
        except pikepdf.PasswordError as error:
            message = f"“{source.title}” bị khóa bằng mật khẩu: hãy nộp lại bản không có mật khẩu."
            raise BadInput(message) from error
        except (pikepdf.PdfError, ValueError, OSError) as error:
            raise BadInput(_DAMAGED.format(source.title)) from error
        if attached:
            message = (
                f"“{source.title}” có tệp đính kèm bên trong: hãy nộp tệp đó thành tài liệu riêng, "
                "rồi in tài liệu này thành PDF và nộp lại."
            )
            raise BadInput(message)
        if numbered:
            message = (
                f"“{source.title}” đã mang số trang của một tập hồ sơ khác (trang {numbered}): "
                "hãy nộp bản chưa đóng số."
            )
            raise BadInput(message)
        if marked:
            message = (
                f"“{source.title}” có chỗ mới đánh dấu để che mà chưa che (trang {marked}): "
                "hãy lập bản đã che ở mục Che thông tin rồi dùng bản đó, hoặc nộp lại bản không còn dấu ấy."
            )
            raise BadInput(message)
        if not settled:
            message = (
                f"“{source.title}” là biểu mẫu có ô điền chưa được cố định: "
                "hãy in biểu mẫu thành PDF rồi nộp lại bản đó."
            )
            raise BadInput(message)
        if pages != source.page_count:
            message = (
                f"“{source.title}” có {pages} trang nhưng hồ sơ ghi {source.page_count} trang: "
                "hãy kiểm tra lại tài liệu trước khi lập tập."
            )
            raise BadInput(message)
        if form:
            forms.add(source.path)
    return frozenset(forms)


def _numbered_page(pdf: pikepdf.Pdf) -> int:
    """Return the first page, from 1, that bears the stamp of a bundle; 0 when none does."""
    for number, page in enumerate(pdf.pages, start=1):
        resources = page.obj.get("/Resources")
        fonts = resources.get("/Font") if isinstance(resources, Dictionary) else None
        if isinstance(fonts, Dictionary) and FONT_RESOURCE in fonts:
            return number
    return 0


def _marked_page(pdf: pikepdf.Pdf) -> int:
    """Return the first page, from 1, with a mark of something that is yet to be taken out; 0 when none has one.

    Taken off with what else a filed copy may not carry, it would leave bare what somebody wanted hidden.
    """
    for number, page in enumerate(pdf.pages, start=1):
        if any(each.get("/Subtype") == Name.Redact for each in _dictionaries(page.obj.get("/Annots"))):
            return number
    return 0


def write_bundle(
    plan: BundlePlan,
    target: Path,
    *,
    forms: frozenset[Path] | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    halfway: Halfway | None = None,
) -> BundleResult:
    """Write the bundle; its files appear under their names only when all are complete.

    Args:
        plan: the layout.
        target: the PDF to write, or what the files of several volumes are named after; its folder exists.
        forms: what `check_sources` told of these papers; None: they are looked at now.
        progress: called with pages done and pages in all.
        should_stop: asked now and then; a true answer ends the work.
        halfway: what another worker finished of it, and where it is kept what this one finishes.

    Raises:
        BadInput: a source cannot be bundled, or a volume came out heavier than allowed.
        BundleStopped: `should_stop` answered true; nothing was left behind but volumes that `halfway` knows.
    """
    if forms is None:
        forms = check_sources(plan)
    if halfway is not None:
        halfway.begin(plan)
    count = len(plan.volumes)
    partial = {volume.number: unfinished(path_of_volume(target, volume.number, count)) for volume in plan.volumes}
    written: list[WrittenVolume] = []
    kept: set[int] = set()
    try:
        for volume in plan.volumes:
            made, path = partial[volume.number], path_of_volume(target, volume.number, count)
            there = halfway.volume(volume.number, made, path) if halfway is not None else None
            if there is not None:
                _path, digest, size = there
                if progress is not None:
                    progress(volume.last_page, plan.page_count)
            else:
                digest = _write_volume(plan, volume, made, forms, progress, should_stop)
                size = made.stat().st_size
                if plan.request.limits.size and size > plan.request.limits.size:
                    raise too_heavy(volume.number)
                if halfway is not None:
                    halfway.keep_volume(volume.number, digest, size)
            written.append(WrittenVolume(volume.number, path, volume.first_page, volume.last_page, digest, size))
        for each in written:
            # one that is there was put there by a worker that is gone
            if partial[each.number].exists():
                partial[each.number].replace(each.path)
    except BundleStopped:
        # it may be gone on with
        kept = {each.number for each in written} if halfway is not None else set()
        raise
    finally:
        for number, path in partial.items():
            if number not in kept:
                path.unlink(missing_ok=True)
    if progress is not None:
        progress(plan.page_count, plan.page_count)
    return BundleResult(plan.page_count, tuple(written))


def too_heavy(number: int) -> BadInput:
    """Return the refusal of a volume that came out heavier than allowed."""
    return BadInput(f"Tập {number} nặng quá mức đã chọn: hãy tăng dung lượng mỗi tập.")


def write_addition(
    plan: BundlePlan,
    target: Path,
    *,
    forms: frozenset[Path] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> WrittenVolume | None:
    """Write what was added last as a file of its own, with the numbers it has in the whole bundle; None without one.

    Args:
        plan: the layout of the whole bundle.
        target: the PDF to write; its folder exists.
        forms: what `check_sources` told of these papers; None: they are looked at now.
        should_stop: asked now and then; a true answer ends the work.

    Raises:
        BadInput: a source cannot be bundled, or the file came out heavier than a volume may be.
        BundleStopped: `should_stop` answered true; nothing was left behind.
    """
    added = plan.addition()
    if added is None:
        return None
    partial = unfinished(target)
    try:
        digest = _write_volume(plan, added, partial, check_sources(plan) if forms is None else forms, None, should_stop)
        size = partial.stat().st_size
        if plan.request.limits.size and size > plan.request.limits.size:
            raise too_heavy(added.number)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return WrittenVolume(added.number, target, added.first_page, added.last_page, digest, size)


def _write_volume(
    plan: BundlePlan,
    volume: PlannedVolume,
    made: Path,
    forms: frozenset[Path],
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> str:
    """Write one file, see it onto the disk and return its SHA-256."""
    with made.open("wb", buffering=0) as stream:
        writing = _Writing(plan, volume, Output(stream), progress, should_stop)
        for part in volume.parts:
            front, areas = draw_front(plan, part, volume.number)
            with pikepdf.open(io.BytesIO(front)) as source:
                writing.take(source, part.front_pages, areas)
            for planned in part.documents:
                document = planned.document
                try:
                    with _opened(document.path) as source:
                        if document.path in forms:
                            _flatten(source)
                        writing.take(source, document.page_count)
                except pikepdf.PdfError as error:
                    raise BadInput(_DAMAGED.format(document.title)) from error
        digest = writing.finish()
        os.fsync(stream.fileno())
    return digest


def _opened(path: Path, *, mend: bool = True) -> pikepdf.Pdf:
    """Open a paper to be read piece by piece: one mapped into memory as a whole would count as ours."""
    return pikepdf.open(path, access_mode=pikepdf.AccessMode.stream, attempt_recovery=mend)


class _Writing:
    """One file on its way: the pages of one open source after the other, then what leads to them."""

    def __init__(
        self,
        plan: BundlePlan,
        volume: PlannedVolume,
        output: Output,
        progress: Progress | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self._plan = plan
        self._volume = volume
        self._output = output
        self._progress = progress
        self._should_stop = should_stop
        self._first = output.reserve_pages(volume.page_count)
        self._marks = enumerate(volume.marks(), start=volume.first_page)
        self._font = StampFont()
        with pikepdf.new() as pdf:
            carrier = Carrier(pdf, output)
            font_number = carrier.carry(self._font.put_into(pdf))
        self._font_entry = FONT_RESOURCE.encode("ascii") + b" %d 0 R" % font_number
        self._opening_number = output.add_drawing(b"q\n")
        self._grounds: dict[bytes, int] = {}
        self._next = self._first

    def _object(self, page: int) -> int:
        """Return the object of the page with this number in the bundle."""
        return self._first + page - self._volume.first_page

    def take(self, source: pikepdf.Pdf, page_count: int, links: Sequence[RowArea] = ()) -> None:
        """Stamp the pages of a source and write them, with links over these places.

        Raises:
            pikepdf.PdfError: the source is damaged, or has another number of pages.
        """
        carrier = Carrier(source, self._output)
        pages = list(source.pages)
        if len(pages) != page_count:
            # another file than the one that was checked
            raise pikepdf.PdfError
        _drop_unused(pages)
        for number, page in enumerate(pages, start=self._next):
            carrier.stand_for(page.obj, number)
        linked = {area.page for area in links}
        total, several = self._plan.page_count, len(self._plan.volumes)
        inherited: dict[tuple[int, int], dict[str, Any]] = {}
        for at, page in enumerate(pages):
            number, mark = next(self._marks)
            _settle(page.obj, inherited)
            _clean(page)
            stamped = stamp(
                page,
                font=self._font,
                text=stamp_text(number, total, self._volume.number, several)
                if several > 1
                else stamp_text(number, total),
                left=self._plan.request.case_code,
                folio=mark,
                corner=self._plan.request.corner,
            )
            over = Overlay(
                box=stamped.box,
                font=self._font_entry,
                before=(self._opening_number,),
                after=(self._ground(stamped.ground), self._output.add_stream(b"", stamped.words)),
                notes=self._add_links(area for area in links if area.page == at) if at in linked else 0,
            )
            carrier.carry_page(page.obj, self._next, over)
            self._next += 1
            if number % _REPORT_EVERY == 0:
                self._report(number)

    def _ground(self, commands: bytes) -> int:
        """Return the object of these commands: pages of one size share it."""
        if commands not in self._grounds:
            self._grounds[commands] = self._output.add_drawing(commands)
        return self._grounds[commands]

    def _report(self, number: int) -> None:
        if self._progress is not None:
            self._progress(number, self._plan.page_count)
        if self._should_stop is not None and self._should_stop():
            raise BundleStopped("Tập hồ sơ đã được dừng theo yêu cầu.")  # noqa: EM101 - shown as it is

    def _add_links(self, areas: Iterable[RowArea]) -> int:
        """Write a link for each row of an index whose document is in this file; return the list's object."""
        links = []
        for area in areas:
            page = area.document.first_page
            if self._volume.first_page <= page <= self._volume.last_page:
                link = Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([round(value, 2) for value in area.rectangle]),
                    Border=Array([0, 0, 0]),
                    Contents=String(f"Trang {page}"),
                )
                body = link.unparse().removesuffix(b">>") + b"/Dest %s >>" % destination(self._object(page))
                links.append(b"%d 0 R" % self._output.add(body))
        return self._output.add(b"[ %s ]" % b" ".join(links))

    def _bookmark(self, text: str, page: int, children: Sequence[Bookmark] = ()) -> Bookmark:
        return Bookmark(f"{text} (tr. {page})", self._object(page), children)

    def _bookmarks(self) -> Iterator[Bookmark]:
        for part in self._volume.parts:
            if part.cover_pages:
                yield self._bookmark("Bìa", part.first_page)
            name = f"Mục lục bổ sung lần {part.supplement}" if part.supplement else "Mục lục tài liệu"
            yield self._bookmark(name, part.first_page + part.cover_pages)
            for section in part.sections:
                inside = [self._bookmark(_named(planned), planned.first_page) for planned in section.documents]
                yield self._bookmark(section.name, section.documents[0].first_page, inside)

    def finish(self) -> str:
        """Write outline, labels and what a reader begins with; return the SHA-256 of the file."""
        entries = Dictionary(
            PageLabels=Dictionary(Nums=Array([0, Dictionary(S=Name.D, St=self._volume.first_page)])),
            PageMode=Name.UseOutlines,
            Lang=String("vi"),
            ViewerPreferences=Dictionary(DisplayDocTitle=True),
        )
        catalogue = b"/Outlines %d 0 R /OpenAction [ %d 0 R /XYZ null null 1 ] %s" % (
            self._output.add_outline(list(self._bookmarks())),
            self._first,
            entries.unparse().removeprefix(b"<< ").removesuffix(b" >>"),
        )
        request, several = self._plan.request, len(self._plan.volumes)
        which = f", tập {self._volume.number}/{several}" if several > 1 else ""
        information = Dictionary(
            Title=String(f"{request.case_code} – {request.title}{which}"),
            Author=String(request.office_name),
            Producer=String("vks-plugin"),
            CreationDate=String(f"D:{request.made_on:%Y%m%d}000000+07'00'"),
        )
        return self._output.finish(catalogue, information)


def _drop_unused(pages: Sequence[pikepdf.Page]) -> None:
    """Leave out pictures and fonts that no page of a source draws, where pages share a list of them.

    Of a file from which pages were taken, such a list may still hold what stood on them.
    """
    seen: set[tuple[int, int]] = set()
    for page in pages:
        resources: Any = page.obj.get("/Resources")
        shared = not isinstance(resources, Dictionary)
        for each in (resources, resources.get("/XObject")) if isinstance(resources, Dictionary) else ():
            if isinstance(each, pikepdf.Object) and each.is_indirect:
                shared = shared or each.objgen in seen
                seen.add(each.objgen)
        if shared:
            for one in pages:
                one.remove_unreferenced_resources()
            return


def _settle(page: pikepdf.Object, inherited: dict[tuple[int, int], dict[str, Any]]) -> None:
    """Give a page what it inherits as its own (ISO 32000-1, 7.7.3.4).

    Args:
        page: the page.
        inherited: what pages of this source inherit, by what they hang on; filled as pages are met.
    """
    parent = page.get("/Parent")
    if not isinstance(parent, Dictionary):
        return
    if parent.objgen not in inherited:
        found: dict[str, Any] = {}
        holder: Any = parent
        for _level in range(_DEEPEST_NODE):
            if not isinstance(holder, Dictionary):
                break
            found = {key: holder[key] for key in _INHERITED if key in holder} | found
            holder = holder.get("/Parent")
        inherited[parent.objgen] = found
    from_above = inherited[parent.objgen]
    for key in from_above.keys() - page.keys() if from_above else ():
        page[key] = from_above[key]


def _fields(pdf: pikepdf.Pdf) -> Iterator[tuple[str, bool]]:
    """Yield the text of every filled-in field, and whether the file says how it looks."""
    for page in pdf.pages:
        for widget in _dictionaries(page.obj.get("/Annots")):
            if widget.get("/Subtype") != Name.Widget:
                continue
            holder: Any = widget
            for _level in range(_DEEPEST_FIELD):
                if "/V" in holder or not isinstance(holder.get("/Parent"), Dictionary):
                    break
                holder = holder.Parent
            value = holder.get("/V")
            drawn = isinstance(widget.get("/AP"), Dictionary) and "/N" in widget.AP
            if isinstance(value, String) and str(value).strip():
                yield str(value), drawn


def _may_flatten(pdf: pikepdf.Pdf) -> bool:
    """Tell whether what was written into a form can be put on paper without guessing how it looks.

    qpdf draws fields in ASCII alone: a name with its tones would come out as question marks.
    """
    fields = list(_fields(pdf))
    return all(drawn for _text, drawn in fields) or all(text.isascii() for text, _drawn in fields)


def _flatten(source: pikepdf.Pdf) -> None:
    """Turn a filled-in form into paper."""
    form = source.Root.AcroForm
    # drawn by the program that filled it in, it stays as that program drew it
    form.NeedAppearances = not all(drawn for _text, drawn in _fields(source))
    if form.NeedAppearances:
        source.generate_appearance_streams()
    source.flatten_annotations("print")
    # fields that are not to be printed are left over; a filed copy has none
    if "/AcroForm" in source.Root:
        del source.Root["/AcroForm"]


def _dictionaries(annotations: Any) -> list[Any]:
    """Return the entries of a list of annotations that are annotations: files in the wild hold nulls there."""
    if not isinstance(annotations, Array):
        return []
    return [each for each in annotations if isinstance(each, Dictionary)]


def _clean(page: pikepdf.Page) -> None:
    """Take off what a filed copy may not carry: actions, links, forms, media, attached files."""
    present = page.obj.keys()
    for key in present & _TAKEN_OFF:
        del page.obj[key]
    if "/Annots" not in present:
        return
    annotations = _dictionaries(page.obj.Annots)
    kept = [each for each in annotations if str(each.get("/Subtype", "")) in _KEPT_ANNOTATIONS]
    for each in kept:
        for key in ("/A", "/AA", "/Popup"):
            if key in each:
                del each[key]
    if kept:
        page.obj.Annots = Array(kept)
    else:
        del page.obj["/Annots"]


def _named(planned: PlannedDocument) -> str:
    return planned.document.title + (" (đã che)" if planned.document.redacted else "")
