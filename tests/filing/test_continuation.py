"""What may be added to a file so that it still is that file, signed: by honest software, and by those who would deceive."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
    pdf_name,
    pdf_string,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields

from tests.filing.signing import authorities, changed, signed
from tests.people import pdf_bytes
from vks_plugin.filing.continuation import only_signed

FORMS = sorted((Path(__file__).parents[2] / "fixtures/demo/files").glob("*.pdf"))
"""Forms of the police as Word, LibreOffice and scanners write them."""
BOX = (40, 40, 200, 90)

Attack = Callable[[IncrementalPdfFileWriter], None]


def tells(tmp_path: Path, content: bytes, first: bytes) -> bool:
    before, after = tmp_path / "before.pdf", tmp_path / "after.pdf"
    before.write_bytes(first)
    after.write_bytes(content)
    assert content.startswith(first)
    return only_signed(after, before)


def attacked(content: bytes, attack: Attack) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
    attack(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize("form", FORMS, ids=lambda each: each.stem)
def test_every_form_may_be_signed(form: Path, tmp_path: Path) -> None:
    plain = form.read_bytes()
    second = authorities().second
    seen = signed(plain, box=BOX)
    certified = signed(plain, certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    for content, first in (
        (signed(plain), plain),
        (seen, plain),
        (certified, plain),
        (signed(seen, second, field="Lãnh đạo", box=(240, 40, 400, 90)), plain),
        (signed(seen, second, field="Lãnh đạo"), seen),
        (signed(certified, second, field="Lãnh đạo"), certified),
    ):
        assert tells(tmp_path, content, first)


def _page(writer: IncrementalPdfFileWriter) -> tuple[IndirectObject, Any]:
    place = writer.find_page_for_modification(0)[0]
    return place, place.get_object()


def _stream_of(writer: IncrementalPdfFileWriter) -> Any:
    shown = _page(writer)[1].raw_get("/Contents")
    return shown.get_object() if isinstance(shown.get_object(), StreamObject) else shown.get_object()[0]


def _content(writer: IncrementalPdfFileWriter) -> None:
    stream = _stream_of(writer)
    stream._data, stream._encoded_data = b"0 0 1 rg 0 0 300 800 re f", None
    writer.update_container(stream)


def _in_a_stream_of_objects(writer: IncrementalPdfFileWriter) -> None:
    """Turn the page where a search through the file finds nothing of it."""
    place, page = _page(writer)
    again = DictionaryObject({**page, pdf_name("/Rotate"): NumberObject(180)})
    writer.stream_xrefs = True
    held = writer.prepare_object_stream()
    held.add_object(place.idnum, again)
    writer.update_root()


def _another_page(writer: IncrementalPdfFileWriter) -> None:
    _place, page = _page(writer)
    page[pdf_name("/Rotate")] = NumberObject(180)
    writer.update_container(page)


def _wider(writer: IncrementalPdfFileWriter) -> None:
    """Change what pages inherit."""
    pages = writer.root["/Pages"]
    pages[pdf_name("/MediaBox")] = ArrayObject(map(NumberObject, (0, 0, 90, 90)))
    pages[pdf_name("/Rotate")] = NumberObject(90)
    writer.update_container(pages)


def _fewer(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages[pdf_name("/Kids")] = ArrayObject([*pages["/Kids"], pages.raw_get("/Kids").raw_get(0)])
    pages[pdf_name("/Count")] = NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)


def _another_font(writer: IncrementalPdfFileWriter) -> None:
    """Let the letters of a font be others."""
    for number in range(1, int(writer.prev.trailer["/Size"])):
        found = writer.prev.get_object(generic.Reference(number, 0, writer.prev), never_decrypt=True)
        if isinstance(found, DictionaryObject) and found.get("/Type") in {"/FontDescriptor", "/XObject"}:
            found[pdf_name("/Flags")] = NumberObject(99)
            writer.objects[(0, number)] = found
            return
    pytest.skip("nothing is drawn with letters or pictures")


def _opening(writer: IncrementalPdfFileWriter) -> None:
    script = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    writer.root[pdf_name("/OpenAction")] = DictionaryObject(script)
    writer.update_root()


def _noted(**said: Any) -> Attack:
    def attack(writer: IncrementalPdfFileWriter) -> None:
        note = {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Rect"): ArrayObject(map(NumberObject, BOX))}
        note |= {pdf_name(f"/{name}"): value for name, value in said.items()}
        place, _page_itself = _page(writer)
        writer.register_annotation(place, writer.add_object(DictionaryObject(note)))

    return attack


def _with_form(name: str, value: Any) -> Attack:
    def attack(writer: IncrementalPdfFileWriter) -> None:
        form = {pdf_name("/Fields"): ArrayObject(), pdf_name(name): value}
        writer.root[pdf_name("/AcroForm")] = writer.add_object(DictionaryObject(form))
        writer.update_root()

    return attack


ATTACKS: dict[str, Attack] = {
    "content": _content,
    "page": _another_page,
    "page in a stream of objects": _in_a_stream_of_objects,
    "inherited": _wider,
    "pages": _fewer,
    "font": _another_font,
    "script on opening": _opening,
    "note": _noted(Subtype=pdf_name("/FreeText")),
    "note said to be of a signature": _noted(Subtype=pdf_name("/FreeText"), FT=pdf_name("/Sig")),
    "field to be filled in": _noted(Subtype=pdf_name("/Widget"), FT=pdf_name("/Tx")),
    "picture where nobody signed": _noted(
        Subtype=pdf_name("/Widget"), FT=pdf_name("/Sig"), AP=DictionaryObject({pdf_name("/N"): generic.NullObject()})
    ),
    "signature that acts": _noted(Subtype=pdf_name("/Widget"), FT=pdf_name("/Sig"), AA=DictionaryObject()),
    "form of another kind": _with_form("/XFA", pdf_string("x")),
    "form drawn anew": _with_form("/NeedAppearances", generic.BooleanObject(True)),
}


TAKEN_BACK = {"form drawn anew"}
"""What software that signs takes out of a form again."""


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("form", [FORMS[0], FORMS[12], FORMS[-1]], ids=lambda each: each.stem)
def test_a_form_that_was_changed_before_or_after_it_was_signed_is_another(
    form: Path, name: str, tmp_path: Path
) -> None:
    plain = form.read_bytes()
    for first in (plain, signed(plain, box=BOX)):
        late = attacked(first, ATTACKS[name])
        assert not tells(tmp_path, late, first)
        try:
            hidden = signed(late, authorities().second, field="Sau")
        except Exception:  # noqa: BLE001 - software that refuses to sign it is no answer of ours
            continue
        assert not tells(tmp_path, hidden, first) or (name in TAKEN_BACK and first == plain)


def _table(rows: dict[int, int], size: int, previous: int, *more: str) -> bytes:
    written = "".join(f"{number} 1\n{at:010d} 00000 n \n" for number, at in rows.items())
    said = " ".join(more)
    return f"xref\n{written}trailer<</Size {size}/Root 1 0 R/Prev {previous} {said}>>\n".encode()


def prepared(objects: dict[int, bytes], trailer: str = "") -> bytes:
    """Write a file by hand, as somebody who prepares one to be shown otherwise later."""
    written, places = b"%PDF-1.7\n", {0: 0}
    for number, each in objects.items():
        places[number] = len(written)
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    rows = "".join(f"{number} 1\n{at:010d} {'00000 n' if number else '65535 f'} \n" for number, at in places.items())
    end = f"xref\n{rows}trailer<</Size {max(places) + 1}/Root 1 0 R {trailer}>>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + end.encode()


def later(first: bytes, number: int, said: bytes, *more: str) -> bytes:
    """Put an object in the place of one of a file, behind its end."""
    at = len(first)
    written = first + b"%d 0 obj\n%s\nendobj\n" % (number, said)
    previous = int(re.findall(rb"startxref\n(\d+)", first)[-1])
    end = len(written)
    return written + _table({number: at}, 20, previous, *more) + b"startxref\n%d\n%%%%EOF\n" % end


DRAWN = b"<</Length 16 %s>>stream\n0 0 100 100 re f\nendstream"
OTHERWISE = b"<</Length 16 %s>>stream\n0 0 200 200 re f\nendstream"
PLAIN = {
    1: b"<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>",
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 300]>>",
    3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>",
    4: DRAWN % b"",
    5: b"<</Producer(x)>>",
    6: b"<</Type/Metadata/Subtype/XML/Length 4>>stream\n<x/>\nendstream",
}


def _prepared(page: bytes = PLAIN[3], **more: bytes) -> bytes:
    return prepared({**PLAIN, 3: page, **{int(name[1:]): value for name, value in more.items()}}, "/Info 5 0 R")


_TWICE = b"<</Type/Page/Parent 2 0 R/Contents[4 0 R %d 0 R]/Resources<<>>>>"


@pytest.mark.parametrize(
    ("first", "number", "said"),
    [
        # what only tells where objects lie, but is drawn
        (_prepared(n4=DRAWN % b"/Type/ObjStm/N 0/First 0"), 4, OTHERWISE % b"/Type/ObjStm/N 0/First 0"),
        (_prepared(n4=DRAWN % b"/Type/XRef"), 4, OTHERWISE % b"/Type/XRef"),
        # what describes the file, but is drawn
        (_prepared(_TWICE % 6), 6, OTHERWISE % b"/Type/Metadata"),
        (_prepared(b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R>>"), 5, b"<</Font<<>>>>"),
        # what is named and is not there
        (_prepared(_TWICE % 19), 19, OTHERWISE % b""),
        (
            _prepared(b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>/Annots 19 0 R>>"),
            19,
            b"[<</Subtype/FreeText/Rect[0 0 99 99]>>]",
        ),
        # an empty place for a signature that is drawn as well
        (
            _prepared(
                _TWICE % 8,
                n1=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>>>",
                n8=b"<</FT/Sig/T(x)/Subtype/Widget/Rect[0 0 0 0]>>",
            ),
            8,
            OTHERWISE % b"/FT/Sig/T(x)/Subtype/Widget/Rect[0 0 0 0]",
        ),
        (
            _prepared(
                n1=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>>>",
                n8=b"<</FT/Sig/T(x)/Subtype/Widget/Rect[0 0 0 0]>>",
            ),
            8,
            b"<</FT/Sig/T(x)/Subtype/Widget/Rect[0 0 300 300]>>",
        ),
        (
            _prepared(
                n1=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]>>>>",
                n8=b"<</FT/Sig/T(x)/Subtype/Widget/Rect[0 0 9 9]>>",
            ),
            8,
            b"<</FT/Sig/T(x)/Subtype/Widget/Rect[0 0 9 9]/AP<</N 4 0 R>>>>",
        ),
        # notes that are a page's, and what it draws
        (
            _prepared(b"<</Type/Page/Parent 2 0 R/Contents 8 0 R/Annots 8 0 R/Resources<<>>>>", n8=b"[]"),
            8,
            OTHERWISE % b"",
        ),
        # a file that names itself in a circle
        (
            _prepared(n2=b"<</Type/Pages/Kids[3 0 R 2 0 R 2 0 R]/Count 1/MediaBox[0 0 300 300]>>"),
            2,
            b"<</Type/Pages/Kids[3 0 R 2 0 R 3 0 R]/Count 1/MediaBox[0 0 300 300]>>",
        ),
    ],
)
def test_a_file_prepared_to_be_shown_otherwise_later_is_found(
    first: bytes, number: int, said: bytes, tmp_path: Path
) -> None:
    assert not tells(tmp_path, later(first, number, said), first)
    # the same with nothing but another file's description
    if number not in {5, 6}:
        assert tells(tmp_path, later(first, 5, b"<</Producer(y)>>"), first)


def test_what_readers_would_read_in_different_ways_proves_nothing(tmp_path: Path) -> None:
    first = _prepared()
    said = b"<</Producer(y)>>"
    assert tells(tmp_path, later(first, 5, said), first)
    # a second table beside the first, by its name or by one that is written otherwise
    for name in ("/XRefStm", "/X#52efStm", "/#58#52#65#66#53#74#6d"):
        assert not tells(tmp_path, later(first, 5, said, f"{name} 9"), first)
    # an object that is not where the table says
    good = later(first, 4, DRAWN % b"")
    assert tells(tmp_path, good, first)
    at = b"%010d" % len(first)
    assert good.count(at) == 1
    assert not tells(tmp_path, good.replace(at, b"%010d" % (len(first) + 3)), first)
    assert not tells(tmp_path, b"startxref\n9".join([good[: good.rindex(b"startxref")], b"\n%%EOF\n"]), first)
    assert not tells(tmp_path, later(first, 1, b"[]"), first)
    assert not tells(tmp_path, later(first, 1, PLAIN[1].replace(b"/Pages 2", b"/AcroForm 4 0 R/Pages 2")), first)


def test_a_catalogue_that_is_something_else_too_stays_it(tmp_path: Path) -> None:
    named = b"<</Type/Catalog/Pages 2 0 R/Font<<>>>>"
    first = _prepared(b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 1 0 R>>", n1=named)
    moved = later(first, 9, named).replace(b"/Size 20/Root 1 0 R", b"/Size 20/Root 9 0 R")
    assert tells(tmp_path, moved, first)
    assert not tells(
        tmp_path, later(moved, 1, b"<</Font 4 0 R>>").replace(b"/Root 1 0 R/Prev", b"/Root 9 0 R/Prev"), first
    )


def test_a_file_with_a_second_table_may_be_signed(tmp_path: Path) -> None:
    """As Word writes it."""
    first = _prepared(n1=b"<</Type/Catalog/Pages 2 0 R>>")
    at = len(first)
    hidden = b"7 0 obj\n<</Hidden true>>\nendobj\n"
    index = b"\1" + at.to_bytes(3) + b"\0" + b"\1" + (at + len(hidden)).to_bytes(3) + b"\0"
    table = b"8 0 obj\n<</Type/XRef/W[1 3 1]/Index[7 2]/Size 9/Root 1 0 R/Length %d>>stream\n%s\nendstream\nendobj\n"
    second = at + len(hidden)
    hybrid = first + hidden + table % (len(index), index)
    previous = re.findall(rb"startxref\n(\d+)", first)[-1]
    hybrid += b"xref\n0 0\ntrailer<</Size 9/Root 1 0 R/Info 5 0 R/Prev %s/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        previous,
        second,
        len(hybrid),
    )
    with pikepdf.open(io.BytesIO(hybrid)) as pdf:
        assert str(pdf.get_object(7, 0).Hidden) == "True"
    assert tells(tmp_path, signed(hybrid), hybrid)
    assert not tells(tmp_path, later(hybrid, 7, b"<</Hidden false>>"), hybrid)


def test_a_file_whose_objects_lie_in_streams_may_be_signed(tmp_path: Path) -> None:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(changed(pdf_bytes(3, "Nén")))) as pdf:
        pdf.docinfo["/Title"] = "Nén"
        with pdf.open_metadata() as said:
            said["dc:title"] = "Nén"
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    first = target.getvalue()
    writer = IncrementalPdfFileWriter(io.BytesIO(first))
    writer.set_info(DictionaryObject({NameObject("/Title"): pdf_string("Khác")}))
    told = io.BytesIO()
    writer.write(told)
    for content in (signed(first), told.getvalue(), signed(told.getvalue())):
        assert tells(tmp_path, content, first)
    assert not tells(tmp_path, signed(changed(first)), first)
