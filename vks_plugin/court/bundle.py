"""Writing a bundle: one PDF out of many, stamped, indexed and linked.

pikepdf copies pages without decoding them, so time and memory follow the number of
pages and not their pictures. The same plan gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, String

from vks_plugin.court.front import draw_front
from vks_plugin.court.plan import BundlePlan, PlannedDocument
from vks_plugin.court.stamping import StampFont, stamp, stamp_text
from vks_plugin.errors import BadInput, Conflict

Progress = Callable[[int, int], None]

_OPEN_AT_ONCE = 100
"""Sources open together; a process may commonly hold 1024 files, the server's own among them."""
_REPORT_EVERY = 25
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


def check_sources(plan: BundlePlan) -> None:
    """Open every source once, before the long work.

    Raises:
        BadInput: a file is missing, locked, damaged, or has another number of pages than planned; the
            sentence names the document.
    """
    for planned in plan.documents:
        source = planned.document
        try:
            with pikepdf.open(source.path) as pdf:
                pages = len(pdf.pages)
        except FileNotFoundError as error:
            message = f"Không tìm thấy tệp của “{source.title}”: hãy báo quản trị kiểm tra kho lưu trữ."
            raise BadInput(message) from error
        except pikepdf.PasswordError as error:
            message = f"“{source.title}” bị khóa bằng mật khẩu: hãy nộp lại bản không có mật khẩu."
            raise BadInput(message) from error
        except (pikepdf.PdfError, ValueError, OSError) as error:
            message = f"Tệp của “{source.title}” bị hỏng: hãy quét lại và nộp bản mới."
            raise BadInput(message) from error
        if pages != source.page_count:
            message = (
                f"“{source.title}” có {pages} trang nhưng hồ sơ ghi {source.page_count} trang: "
                "hãy kiểm tra lại tài liệu trước khi lập tập."
            )
            raise BadInput(message)


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
    check_sources(plan)
    partial = target.with_name(f".{target.name}.partial")
    parts: list[Path] = []
    try:
        with ExitStack() as stack:
            bundle = stack.enter_context(pikepdf.new())
            _write_pages(bundle, plan, partial, parts, stack, progress, should_stop)
            _finish(bundle, plan)
            bundle.save(
                partial,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                recompress_flate=False,
            )
        digest = hashlib.sha256()
        with partial.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                digest.update(block)
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        for path in (partial, *parts):
            path.unlink(missing_ok=True)
    if progress is not None:
        progress(plan.page_count, plan.page_count)
    return BundleResult(plan.page_count, digest.hexdigest())


def _write_pages(
    bundle: pikepdf.Pdf,
    plan: BundlePlan,
    partial: Path,
    parts: list[Path],
    stack: ExitStack,
    progress: Progress | None,
    should_stop: Callable[[], bool] | None,
) -> None:
    front, areas = draw_front(plan)
    bundle.pages.extend(stack.enter_context(pikepdf.open(io.BytesIO(front))).pages)
    documents = plan.documents
    chunks = [documents[start : start + _OPEN_AT_ONCE] for start in range(0, len(documents), _OPEN_AT_ONCE)]
    for number, chunk in enumerate(chunks):
        if len(chunks) == 1:
            for planned in chunk:
                _append(bundle, planned, stack)
            continue
        # too many sources to hold open until the end: each lot becomes one intermediate file
        part = partial.with_name(f"{partial.name}.{number}")
        parts.append(part)
        with ExitStack() as sources, pikepdf.new() as lot:
            for planned in chunk:
                _append(lot, planned, sources)
            lot.save(part, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        bundle.pages.extend(stack.enter_context(pikepdf.open(part)).pages)
        if should_stop is not None and should_stop():
            raise BundleStopped("Tập hồ sơ đã được dừng theo yêu cầu.")  # noqa: EM101 - shown as it is
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


def _append(pdf: pikepdf.Pdf, planned: PlannedDocument, stack: ExitStack) -> None:
    source = stack.enter_context(pikepdf.open(planned.document.path))
    if "/AcroForm" in source.Root:
        source.generate_appearance_streams()
        source.flatten_annotations("print")
    pdf.pages.extend(source.pages)


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
    annotations = page.obj.get("/Annots")
    if annotations is None:
        return
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
