"""Writing a bundle: one PDF out of many, stamped, indexed and linked.

Pages are copied without decoding them, so time and memory follow the number of
pages and not their pictures. The same plan gives the same bytes.
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
from vks_plugin.court.plan import BundlePlan
from vks_plugin.court.stamping import StampFont, stamp, stamp_text
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
class BundleResult:
    """What was written."""

    page_count: int
    sha256: str


def check_sources(plan: BundlePlan) -> frozenset[Path]:
    """Open every source once, before the long work; return those that are filled-in forms.

    Raises:
        BadInput: a file is missing, locked, damaged, an unsettled form, or has another number of pages than
            planned; the sentence names the document.
    """
    forms = set()
    for planned in plan.documents:
        source = planned.document
        try:
            with pikepdf.open(source.path) as pdf:
                pages = len(pdf.pages)
                form = "/AcroForm" in pdf.Root
                settled = not form or _may_flatten(pdf)
        except FileNotFoundError as error:
            message = f"Không tìm thấy tệp của “{source.title}”: hãy báo quản trị kiểm tra kho lưu trữ."
            raise BadInput(message) from error
        except pikepdf.PasswordError as error:
            message = f"“{source.title}” bị khóa bằng mật khẩu: hãy nộp lại bản không có mật khẩu."
            raise BadInput(message) from error
        except (pikepdf.PdfError, ValueError, OSError) as error:
            message = f"Tệp của “{source.title}” bị hỏng: hãy quét lại và nộp bản mới."
            raise BadInput(message) from error
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


def write_bundle(
    plan: BundlePlan,
    target: Path,
    *,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> BundleResult:
    """Write the bundle; the file appears under its name only when it is complete.

    Args:
        plan: the layout.
        target: the PDF to write; its folder exists.
        progress: called with pages done and pages in all.
        should_stop: asked now and then; a true answer ends the work.

    Raises:
        BadInput: a source cannot be bundled.
        BundleStopped: `should_stop` answered true; nothing was left behind.
    """
    forms = check_sources(plan)
    front, areas = draw_front(plan)
    partial = target.with_name(f".{target.name}.partial")
    parts: list[Path] = []
    try:
        job = _assembled(plan, front, forms, partial, parts)
        with job.create_pdf() as bundle:
            _write_pages(bundle, plan, areas, progress, should_stop)
            _finish(bundle, plan)
            bundle.save(
                partial,
                static_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                recompress_flate=False,
            )
        digest = _seal(partial)
        partial.replace(target)
    finally:
        for path in (partial, *parts):
            path.unlink(missing_ok=True)
    if progress is not None:
        progress(plan.page_count, plan.page_count)
    return BundleResult(plan.page_count, digest)


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


def _write_pages(
    bundle: pikepdf.Pdf,
    plan: BundlePlan,
    areas: list[RowArea],
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> None:
    _stamp_all(bundle, plan, progress, should_stop)
    for area in areas:
        page = bundle.pages[area.page]
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([round(value, 2) for value in area.rectangle]),
            Border=Array([0, 0, 0]),
            Dest=_destination(bundle, area.document.first_page),
            Contents=String(f"Trang {area.document.first_page}"),
        )
        if "/Annots" not in page.obj:
            page.obj.Annots = Array([])
        page.obj.Annots.append(bundle.make_indirect(link))


def _assembled(plan: BundlePlan, front: bytes, forms: frozenset[Path], beside: Path, parts: list[Path]) -> pikepdf.Job:
    """Return the job that puts front and papers one after another.

    qpdf reads every page's content from its own file only while it writes the bundle, so that memory does not
    grow with the pictures; pages copied from one open file to another would all be held until then.

    Args:
        plan: the layout.
        front: cover and index.
        forms: sources that are filled-in forms.
        beside: the name of the unfinished bundle; what has to be written first is named after it.
        parts: takes the names of what was written.
    """

    def part(content: bytes) -> Path:
        path = beside.with_name(f"{beside.name}.{len(parts)}")
        parts.append(path)
        path.write_bytes(content)
        return path

    flat = {path: part(_flattened(path)) for path in sorted(forms)}
    sources = [part(front), *(flat.get(each.document.path, each.document.path) for each in plan.documents)]
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


def _labels(plan: BundlePlan) -> Iterator[str]:
    for _ in range(plan.front_pages):
        yield ""
    for planned in plan.documents:
        folios = planned.document.folio_by_page
        for page in range(1, planned.document.page_count + 1):
            yield f"BL {folios[page]}" if page in folios else ""


def _stamp_all(
    bundle: pikepdf.Pdf, plan: BundlePlan, progress: Progress | None, should_stop: Callable[[], bool] | None
) -> None:
    font = StampFont(bundle)
    opening = bundle.make_stream(b"q\n")
    total = plan.page_count
    for number, (page, folio) in enumerate(zip(bundle.pages, _labels(plan), strict=True), start=1):
        _clean(page)
        stamp(
            page,
            font=font,
            text=stamp_text(number, total),
            left=plan.request.case_code,
            folio=folio,
            opening=opening,
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


def _destination(bundle: pikepdf.Pdf, page: int) -> Array:
    # nulls keep the reader's own position and zoom
    return Array([bundle.pages[page - 1].obj, Name.XYZ, None, None, None])


def _finish(bundle: pikepdf.Pdf, plan: BundlePlan) -> None:
    with bundle.open_outline() as outline:
        outline.root.append(OutlineItem("Bìa (tr. 1)", _destination(bundle, 1)))
        outline.root.append(OutlineItem("Mục lục tài liệu (tr. 2)", _destination(bundle, 2)))
        for section in plan.sections:
            first = section.documents[0].first_page
            heading = OutlineItem(f"{section.name} (tr. {first})", _destination(bundle, first))
            heading.is_closed = False
            for planned in section.documents:
                cited = f"{planned.document.title} (tr. {planned.first_page})"
                heading.children.append(OutlineItem(cited, _destination(bundle, planned.first_page)))
            outline.root.append(heading)
    root = bundle.Root
    root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D, St=1)]))
    root.OpenAction = Array([bundle.pages[0].obj, Name.XYZ, None, None, 1])
    root.PageMode = Name.UseOutlines
    root.Lang = String("vi")
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    request = plan.request
    bundle.docinfo = bundle.make_indirect(
        Dictionary(
            Title=String(f"{request.case_code} – {request.title}"),
            Author=String(request.office_name),
            Producer=String("vks-plugin"),
            CreationDate=String(f"D:{request.made_on:%Y%m%d}000000+07'00'"),
        )
    )
