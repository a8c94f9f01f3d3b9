"""Papers of every shape, and a plan for them without a database."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops, ImageStat

import vks_plugin
from vks_plugin.court.plan import BundleDocument, BundlePlan, BundleRequest, make_plan

REAL = Path(vks_plugin.__file__).parent / "fixtures" / "demo" / "files"
"""Real forms, filled in with invented people, and real scans of such forms."""

A4 = (595.0, 842.0)
SCALE = 2
"""Pixels for a point when pages are rendered to be compared."""


def content(width: float, height: float, *, x: float = 0, y: float = 0) -> bytes:
    """Return drawing commands that cannot be mistaken when turned, mirrored, moved or scaled.

    A frame of 10 points all around, a filled corner at the lower left, a bar to the upper right.
    """
    return (
        f"q 0.2 0.3 0.8 RG 4 w {x + 10} {y + 10} {width - 20} {height - 20} re S "
        f"0.8 0.2 0.2 rg {x + 14} {y + 14} {width / 5} {height / 10} re f "
        f"0.1 0.6 0.2 rg {x + width * 0.6} {y + height * 0.8} {width * 0.3} {height * 0.05} re f Q"
    ).encode("ascii")


def add_page(
    pdf: pikepdf.Pdf, *, box: tuple[float, ...] | None = None, drawing: bytes | None = None, **keys: Any
) -> Any:
    """Append a page of this media box with a drawing, or with the drawing named; `keys` go into the page."""
    corners = box or (0, 0, *A4)
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    commands = content(width, height, x=corners[0], y=corners[1]) if drawing is None else drawing
    page = Dictionary(
        Type=Name.Page, MediaBox=Array([*corners]), Contents=pdf.make_stream(commands), Resources=Dictionary(), **keys
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf.pages[-1].obj


def saved(pdf: pikepdf.Pdf, path: Path, **options: Any) -> Path:
    """Write the file and return where it is."""
    pdf.save(path, static_id=True, **options)
    return path


def paper(path: Path, **page: Any) -> Path:
    """Write a PDF of one page; for its keys see `add_page`."""
    with pikepdf.new() as pdf:
        add_page(pdf, **page)
        return saved(pdf, path)


def with_form(path: Path, *, value: str = "NGUYEN VAN ANH", drawn: bool = False) -> Path:
    """Write a PDF with a filled-in field, a link, a highlighted place and a script.

    A field that is `drawn` shows a black bar, as the program that filled it in would have drawn its value.
    """
    with pikepdf.new() as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        page = add_page(pdf)
        page.Resources = Dictionary(Font=Dictionary(Helv=font))
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("ho_ten"),
                V=String(value),
                DA=String("/Helv 14 Tf 0 g"),
                Rect=Array([100, 400, 400, 430]),
                F=4,
                P=page,
            )
        )
        if drawn:
            look = pdf.make_stream(b"0 g 0 0 300 30 re f")
            look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 30])
            field.AP = Dictionary(N=look)
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([100, 300, 200, 320]),
            A=Dictionary(S=Name.URI, URI=String("https://example.invalid/")),
        )
        highlight = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Highlight,
            Rect=Array([100, 200, 200, 220]),
            QuadPoints=Array([100, 220, 200, 220, 100, 200, 200, 200]),
            C=Array([1, 1, 0]),
            A=Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")),
        )
        page.Annots = Array([field, pdf.make_indirect(link), pdf.make_indirect(highlight)])
        page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String("app.alert(2)")))
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([field]),
            DR=Dictionary(Font=Dictionary(Helv=font)),
            DA=String("/Helv 0 Tf 0 g"),
            NeedAppearances=True,
        )
        pdf.Root.Names = Dictionary(
            JavaScript=Dictionary(Names=Array([String("x"), Dictionary(S=Name.JavaScript, JS=String("app.alert(3)"))]))
        )
        return saved(pdf, path)


def planned(
    path: Path, *, title: str = "", section: str = "01", folio: int | None = None, **fields: Any
) -> BundleDocument:
    """Return a document of a plan for this file, with one folio a page from `folio` on."""
    if "page_count" not in fields:
        with pikepdf.open(path) as pdf:
            fields["page_count"] = len(pdf.pages)
    folios = {page: str(folio + page - 1) for page in range(1, fields["page_count"] + 1)} if folio is not None else {}
    values: dict[str, Any] = {
        "title": title or path.stem,
        "kind_name": "",
        "section_code": section,
        "section_name": f"Nhóm tài liệu {section}",
        "number": "12/QĐ",
        "date": dt.date(2026, 3, 2),
        "part": "hsva",
        "path": path,
        "folio_by_page": folios,
    }
    return BundleDocument(**(values | fields))


def plan_of(documents: Iterable[BundleDocument], **fields: Any) -> BundlePlan:
    """Lay these documents out; `fields` are further ones of the request."""
    return make_plan(
        BundleRequest(
            case_code="HS-QN-KV1-2026-0001",
            case_name="Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
            office_name="Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh",
            made_on=dt.date(2026, 5, 4),
            title="Toàn bộ hồ sơ vụ án",
            documents=list(documents),
            **fields,
        )
    )


def rendered(path: Path, page: int) -> Image.Image:
    """Return a page, counted from 1, as a reader shows it, in shades of grey."""
    pdf = pypdfium2.PdfDocument(path)
    try:
        picture: Image.Image = pdf[page - 1].render(scale=SCALE).to_pil().convert("L")
        return picture.copy()
    finally:
        pdf.close()


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures of one size differ: 0 for the same, 255 for black against white."""
    assert one.size == other.size
    return float(ImageStat.Stat(ImageChops.difference(one, other)).mean[0])


def shades(picture: Image.Image) -> tuple[float, float]:
    """Return the darkest and the lightest shade of a picture: 0 is black, 255 is white."""
    extent: Any = picture.getextrema()
    return extent[0], extent[1]


def shown_text(path: Path, page: int) -> str:
    """Return the text of a page, counted from 1, as a reader finds it."""
    pdf = pypdfium2.PdfDocument(path)
    try:
        return str(pdf[page - 1].get_textpage().get_text_bounded())
    finally:
        pdf.close()


def read_again(path: Path) -> pypdf.PdfReader:
    """Open a finished bundle with the other library."""
    return pypdf.PdfReader(io.BytesIO(path.read_bytes()), strict=True)
