"""Writing a bundle: one PDF out of many, stamped, indexed and linked.

Pages are copied without decoding them, so time and memory follow the number of
pages and not their pictures. Volumes are written one after the other, so memory follows
the largest of them. The same plan gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, String

from vks_plugin.court.front import RowArea, draw_front
from vks_plugin.court.plan import BundlePlan, Part, PlannedDocument, PlannedVolume
from vks_plugin.court.stamping import FONT_RESOURCE, StampFont, stamp, stamp_text
from vks_plugin.errors import BadInput, Conflict

Progress = Callable[[int, int], None]

_OPEN_AT_ONCE = 100
"""Most sources held open together; a process may commonly hold 1024 files, the server's own among them."""
_REPORT_EVERY = 25
_BLOCK = 1024 * 1024
_LONGEST_END = 64
"""The last line that matters of a PDF says where its trailer begins; a number and two words fit in here."""
_SAME_FOR_ALL = b"<31415926535897932384626433832795>"
"""The identifier qpdf writes when it is asked for one that does not change."""
_DEEPEST_FIELD = 32
"""Levels of a form's fields looked through; a damaged file may name a field its own parent."""
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

    @property
    def sha256(self) -> str:
        """Of the file; of several, over a line with the SHA-256 of each."""
        if len(self.volumes) == 1:
            return self.volumes[0].sha256
        return hashlib.sha256("".join(f"{each.sha256}\n" for each in self.volumes).encode("ascii")).hexdigest()


def path_of_volume(target: Path, number: int, count: int) -> Path:
    """Return where a volume lies: the file itself, or `name-2.pdf` beside it for one of several."""
    return target if count == 1 else target.with_name(f"{target.stem}-{number}{target.suffix}")


def check_sources(plan: BundlePlan) -> frozenset[Path]:
    """Open every source once, before the long work; return those that are filled-in forms.

    Raises:
        BadInput: a file is missing, locked, damaged, an unsettled form, holds attached files, bears the numbers
            of another bundle, or has another number of pages than planned; the sentence names the document.
    """
    forms = set()
    for planned in plan.documents:
        source = planned.document
        try:
            with pikepdf.open(source.path, attempt_recovery=False) as pdf:
                pages = len(pdf.pages)
                form = "/AcroForm" in pdf.Root
                settled = not form or ("/XFA" not in pdf.Root.AcroForm and _may_flatten(pdf))
                attached = bool(len(pdf.attachments))
                numbered = _numbered_page(pdf)
        except FileNotFoundError as error:
            message = f"Không tìm thấy tệp của “{source.title}”: hãy báo quản trị kiểm tra kho lưu trữ."
            raise BadInput(message) from error
        except pikepdf.PasswordError as error:
            message = f"“{source.title}” bị khóa bằng mật khẩu: hãy nộp lại bản không có mật khẩu."
            raise BadInput(message) from error
        except (pikepdf.PdfError, ValueError, OSError) as error:
            message = f"Tệp của “{source.title}” bị hỏng: hãy quét lại và nộp bản mới."
            raise BadInput(message) from error
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
        if isinstance(fonts, Dictionary) and str(FONT_RESOURCE) in fonts:
            return number
    return 0


def write_bundle(
    plan: BundlePlan,
    target: Path,
    *,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> BundleResult:
    """Write the bundle; its files appear under their names only when all are complete.

    Args:
        plan: the layout.
        target: the PDF to write, or what the files of several volumes are named after; its folder exists.
        progress: called with pages done and pages in all.
        should_stop: asked now and then; a true answer ends the work.

    Raises:
        BadInput: a source cannot be bundled, or a volume came out heavier than allowed.
        BundleStopped: `should_stop` answered true; nothing was left behind.
    """
    forms = check_sources(plan)
    count = len(plan.volumes)
    partial = {
        volume.number: target.with_name(f".{path_of_volume(target, volume.number, count).name}.partial")
        for volume in plan.volumes
    }
    written = []
    try:
        for volume in plan.volumes:
            made = partial[volume.number]
            digest = _write_volume(plan, volume, made, forms, progress, should_stop)
            size = made.stat().st_size
            if plan.request.limits.size and size > plan.request.limits.size:
                message = f"Tập {volume.number} nặng quá mức đã chọn: hãy tăng dung lượng mỗi tập."
                raise BadInput(message)
            path = path_of_volume(target, volume.number, count)
            written.append(WrittenVolume(volume.number, path, volume.first_page, volume.last_page, digest, size))
        for each in written:
            partial[each.number].replace(each.path)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    if progress is not None:
        progress(plan.page_count, plan.page_count)
    return BundleResult(plan.page_count, tuple(written))


def write_addition(plan: BundlePlan, target: Path) -> WrittenVolume | None:
    """Write what was added last as a file of its own, with the numbers it has in the whole bundle; None without one.

    Raises:
        BadInput: a source cannot be bundled.
    """
    added = plan.addition()
    if added is None:
        return None
    partial = target.with_name(f".{target.name}.partial")
    try:
        digest = _write_volume(plan, added, partial, check_sources(plan), None, None)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return WrittenVolume(added.number, target, added.first_page, added.last_page, digest, target.stat().st_size)


def _write_volume(
    plan: BundlePlan,
    volume: PlannedVolume,
    made: Path,
    forms: frozenset[Path],
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> str:
    """Write one file and return its SHA-256."""
    beside: list[Path] = []
    try:
        fronts = [draw_front(plan, part, volume.number) for part in volume.parts]
        job = _assembled(volume, [front for front, _areas in fronts], forms, made, beside)
        with job.create_pdf() as bundle:
            _stamp_all(bundle, plan, volume, progress, should_stop)
            for part, (_front, areas) in zip(volume.parts, fronts, strict=True):
                _link(bundle, volume, part, areas)
            _finish(bundle, plan, volume)
            bundle.save(
                made,
                static_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                recompress_flate=False,
            )
        return _seal(made)
    finally:
        for path in beside:
            path.unlink(missing_ok=True)


def _seal(path: Path) -> str:
    """Give the file an identifier made from its own content, see it onto the disk, and return its SHA-256.

    One reading serves both: the identifier (ISO 32000-1, 14.4) stands in the trailer, behind all it is made from.
    Having qpdf make one costs another pass over every picture.
    """
    digest = hashlib.sha256()
    with path.open("r+b") as stream:
        stream.seek(-_LONGEST_END, os.SEEK_END)
        ending = re.search(rb"startxref\s+(\d+)", stream.read())
        start = int(ending.group(1)) if ending is not None else stream.tell()
        stream.seek(0)
        block = memoryview(bytearray(_BLOCK))
        left = start
        while left and (size := stream.readinto(block[: min(left, _BLOCK)])):
            digest.update(block[:size])
            left -= size
        trailer = stream.read()
        content = digest.copy()
        content.update(trailer)
        trailer = trailer.replace(_SAME_FOR_ALL, f"<{content.hexdigest()[:32]}>".encode("ascii"))
        digest.update(trailer)
        stream.seek(start)
        stream.write(trailer)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _link(bundle: pikepdf.Pdf, volume: PlannedVolume, part: Part, areas: list[RowArea]) -> None:
    """Lay a link over each row of an index whose document is in this file."""
    for area in areas:
        if not volume.first_page <= area.document.first_page <= volume.last_page:
            continue
        page = bundle.pages[part.first_page - volume.first_page + area.page]
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([round(value, 2) for value in area.rectangle]),
            Border=Array([0, 0, 0]),
            Dest=_destination(bundle, volume, area.document.first_page),
            Contents=String(f"Trang {area.document.first_page}"),
        )
        if "/Annots" not in page.obj:
            page.obj.Annots = Array([])
        page.obj.Annots.append(bundle.make_indirect(link))


def _assembled(
    volume: PlannedVolume, fronts: list[bytes], forms: frozenset[Path], beside: Path, parts: list[Path]
) -> pikepdf.Job:
    """Return the job that puts front and papers one after another.

    qpdf reads every page's content from its own file only while it writes the bundle, so that memory does not
    grow with the pictures; pages copied from one open file to another would all be held until then.

    Args:
        volume: what goes in.
        fronts: cover and index of each part.
        forms: sources that are filled-in forms.
        beside: the name of the unfinished volume; what has to be written first is named after it.
        parts: takes the names of what was written.
    """

    def part(content: bytes) -> Path:
        path = beside.with_name(f"{beside.name}.{len(parts)}")
        parts.append(path)
        path.write_bytes(content)
        return path

    inside = {each.document.path for each in volume.documents}
    flat = {path: part(_flattened(path)) for path in sorted(forms & inside)}
    sources = []
    for front, described in zip(fronts, volume.parts, strict=True):
        sources.append(part(front))
        sources += [flat.get(each.document.path, each.document.path) for each in described.documents]
    return pikepdf.Job(
        {
            "empty": "",
            "outputFile": str(beside),
            "pages": [{"file": str(path), "range": "1-z"} for path in sources],
            "keepFilesOpenThreshold": str(_OPEN_AT_ONCE),
        }
    )


def _flattened(path: Path) -> bytes:
    with pikepdf.open(path) as source:
        _flatten(source)
        # fields that are not to be printed are left over; a filed copy has none
        if "/AcroForm" in source.Root:
            del source.Root["/AcroForm"]
        buffer = io.BytesIO()
        source.save(buffer, static_id=True)
        return buffer.getvalue()


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


def _dictionaries(annotations: Any) -> list[Any]:
    """Return the entries of a list of annotations that are annotations: files in the wild hold nulls there."""
    if not isinstance(annotations, Array):
        return []
    return [each for each in annotations if isinstance(each, Dictionary)]


def _stamp_all(
    bundle: pikepdf.Pdf,
    plan: BundlePlan,
    volume: PlannedVolume,
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> None:
    font = StampFont(bundle)
    opening = bundle.make_stream(b"q\n")
    total, several = plan.page_count, len(plan.volumes)
    numbered = enumerate(zip(bundle.pages, volume.marks(), strict=True), start=volume.first_page)
    for number, (page, mark) in numbered:
        _clean(page)
        stamp(
            page,
            font=font,
            text=stamp_text(number, total, volume.number, several) if several > 1 else stamp_text(number, total),
            left=plan.request.case_code,
            folio=mark,
            opening=opening,
            corner=plan.request.corner,
        )
        if number % _REPORT_EVERY == 0:
            if progress is not None:
                progress(number, total)
            if should_stop is not None and should_stop():
                raise BundleStopped("Tập hồ sơ đã được dừng theo yêu cầu.")  # noqa: EM101 - shown as it is


def _clean(page: pikepdf.Page) -> None:
    """Take off what a filed copy may not carry: actions, links, forms, media, attached files."""
    for key in ("/AA", "/B", "/PieceInfo", "/Thumb", "/Metadata"):
        if key in page.obj:
            del page.obj[key]
    if "/Annots" not in page.obj:
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


def _destination(bundle: pikepdf.Pdf, volume: PlannedVolume, number: int) -> Array:
    # nulls keep the reader's own position and zoom
    return Array([bundle.pages[number - volume.first_page].obj, Name.XYZ, None, None, None])


def _bookmark(bundle: pikepdf.Pdf, volume: PlannedVolume, text: str, number: int) -> OutlineItem:
    return OutlineItem(f"{text} (tr. {number})", _destination(bundle, volume, number))


def _named(planned: PlannedDocument) -> str:
    return planned.document.title + (" (đã che)" if planned.document.redacted else "")


def _finish(bundle: pikepdf.Pdf, plan: BundlePlan, volume: PlannedVolume) -> None:
    with bundle.open_outline() as outline:
        for part in volume.parts:
            index = part.first_page + part.cover_pages
            if part.cover_pages:
                outline.root.append(_bookmark(bundle, volume, "Bìa", part.first_page))
            name = f"Mục lục bổ sung lần {part.supplement}" if part.supplement else "Mục lục tài liệu"
            outline.root.append(_bookmark(bundle, volume, name, index))
            for section in part.sections:
                heading = _bookmark(bundle, volume, section.name, section.documents[0].first_page)
                heading.is_closed = False
                heading.children.extend(
                    _bookmark(bundle, volume, _named(planned), planned.first_page) for planned in section.documents
                )
                outline.root.append(heading)
    root = bundle.Root
    root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D, St=volume.first_page)]))
    root.OpenAction = Array([bundle.pages[0].obj, Name.XYZ, None, None, 1])
    root.PageMode = Name.UseOutlines
    root.Lang = String("vi")
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    request = plan.request
    which = f", tập {volume.number}/{len(plan.volumes)}" if len(plan.volumes) > 1 else ""
    bundle.docinfo = bundle.make_indirect(
        Dictionary(
            Title=String(f"{request.case_code} – {request.title}{which}"),
            Author=String(request.office_name),
            Producer=String("vks-plugin"),
            CreationDate=String(f"D:{request.made_on:%Y%m%d}000000+07'00'"),
        )
    )
