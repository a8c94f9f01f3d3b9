"""What a bundle carries over from its papers: every object a page draws with, once, under a number of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.court.papers import add_page, difference, plan_of, planned, rendered, saved
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.output import Bookmark, Output
from vks_plugin.errors import BadInput


def picture(pdf: pikepdf.Pdf, shade: int) -> Any:
    """Return a picture of one grey dot."""
    made = pdf.make_stream(bytes([shade]))
    made.Type, made.Subtype, made.Width, made.Height = Name.XObject, Name.Image, 1, 1
    made.ColorSpace, made.BitsPerComponent = Name.DeviceGray, 8
    return made


def drawn_with(path: Path, shade: int, *, pages: int = 1, **options: Any) -> Path:
    """Write a PDF whose pages are filled by one picture they share."""
    with pikepdf.new() as pdf:
        shared = picture(pdf, shade)
        for _ in range(pages):
            page = add_page(pdf, drawing=b"q 595 0 0 842 0 0 cm /Im0 Do Q")
            page.Resources = Dictionary(XObject=Dictionary(Im0=shared))
        return saved(pdf, path, **options)


def bundled(folder: Path, *papers: Path) -> Path:
    """Bundle these papers; the file is sound for two other readers."""
    target = folder / "tap.pdf"
    write_bundle(plan_of(planned(path) for path in papers), target)
    assert inspect_bundle(target).problems == []
    with pikepdf.open(target, attempt_recovery=False) as pdf:
        assert pdf.check_pdf_syntax() == []
    return target


def objects(path: Path) -> Iterator[Any]:
    with pikepdf.open(path) as pdf:
        yield from (each for each in pdf.objects if isinstance(each, pikepdf.Object))


@pytest.mark.parametrize("mode", pikepdf.ObjectStreamMode.__members__)
def test_papers_whose_objects_bear_the_same_numbers_keep_apart(mode: str, tmp_path: Path) -> None:
    packing = pikepdf.ObjectStreamMode.__members__[mode]
    dark = drawn_with(tmp_path / "a.pdf", 0, pages=2, object_stream_mode=packing)
    light = drawn_with(tmp_path / "b.pdf", 200, object_stream_mode=packing)
    target = bundled(tmp_path, dark, light)
    shades = [rendered(target, page).getpixel((300, 300)) for page in (3, 4, 5)]
    assert shades == [0, 0, 200]
    # one picture that two pages of a paper share is in the file once
    assert sum(each.get("/Subtype") == "/Image" for each in objects(target) if isinstance(each, pikepdf.Stream)) == 2


def test_words_that_look_like_references_stay_words(tmp_path: Path) -> None:
    said = r"xem 12 0 R) và (7 0 R\ "
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([10, 10, 50, 50]), Contents=String(said))
        note.NM = String("9 0 R")
        page = add_page(pdf, Annots=Array([pdf.make_indirect(note)]))
        note.P = page
        page.Resources = Dictionary(Properties=Dictionary({"/MC#20 0 R": Dictionary(Type=Name("/A (1 0 R)"))}))
        saved(pdf, source)
    target = bundled(tmp_path, source)
    with pikepdf.open(target) as pdf:
        page = pdf.pages[2].obj
        found: Any = page.Annots[0]
        assert (str(found.Contents), str(found.NM)) == (said, "9 0 R")
        assert str(page.Resources.Properties["/MC#20 0 R"].Type) == "/A (1 0 R)"
        assert found.P.objgen == page.objgen


def test_a_page_brings_along_nothing_of_another_and_no_more_than_it_draws(tmp_path: Path) -> None:
    """Of a page that was taken out, lists that pages share may still hold the picture."""
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        pictures = pdf.make_indirect(Dictionary(Im0=picture(pdf, 0), Im1=picture(pdf, 77)))
        for _ in range(3):
            page = add_page(pdf, drawing=b"q 595 0 0 842 0 0 cm /Im0 Do Q")
            page.Resources = Dictionary(XObject=pictures)
        gone = pdf.pages[2].obj
        gone.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im1 Do Q % bi mat")
        mark = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=Array([0, 0, 9, 9]), P=gone, IRT=pdf.Root)
        pdf.pages[0].obj.Annots = Array([mark])
        del pdf.pages[2]
        saved(pdf, source)
    assert any(each.read_bytes() == b"\x4d" for each in objects(source) if isinstance(each, pikepdf.Stream))
    target = bundled(tmp_path, source)
    streams = [each.read_bytes() for each in objects(target) if isinstance(each, pikepdf.Stream)]
    assert b"\x00" in streams
    assert not any(data == b"\x4d" or b"bi mat" in data for data in streams)
    with pikepdf.open(target) as pdf:
        assert sum(isinstance(each, Dictionary) and each.get("/Type") == "/Page" for each in pdf.objects) == 4
        assert sum(isinstance(each, Dictionary) and each.get("/Type") == "/Catalog" for each in pdf.objects) == 1


def test_what_was_compressed_stays_as_it_is_and_what_was_not_is_compressed(tmp_path: Path) -> None:
    import zlib

    plain = b"0 0 0 rg 100 100 200 200 re f\n" * 50
    packed = zlib.compress(plain, 1)
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        add_page(pdf).Contents = pdf.make_stream(packed, Filter=Name.FlateDecode)
        spelt = plain.hex().encode("ascii") + b">"
        add_page(pdf).Contents = pdf.make_stream(spelt, Filter=Name.ASCIIHexDecode)
        add_page(pdf).Contents = pdf.make_stream(plain)
        saved(pdf, source, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    target = bundled(tmp_path, source)
    with pikepdf.open(target) as pdf:
        own: list[Any] = [pdf.pages[at].obj.Contents[1] for at in (2, 3, 4)]
        assert [each.read_bytes() for each in own] == [plain] * 3
        assert own[0].read_raw_bytes() == packed
        assert all(each.Filter == Name.FlateDecode and len(each.read_raw_bytes()) < len(plain) / 4 for each in own)


def test_a_paper_with_thousands_of_objects_and_one_with_a_lock_nobody_needs(tmp_path: Path) -> None:
    many = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        page = add_page(pdf)
        last: Any = None
        # a chain: each object is known only once the one before it was read
        for number in range(3000):
            last = pdf.make_indirect(Dictionary(Next=last, Number=number) if last else Dictionary(Number=number))
        page.Resources = Dictionary(Properties=Dictionary(MC0=last))
        saved(pdf, many)
    locked = tmp_path / "b.pdf"
    with pikepdf.new() as pdf:
        page = add_page(pdf)
        note = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=Array([0, 0, 9, 9]), Contents=String("Đã xem"))
        page.Annots = Array([pdf.make_indirect(note)])
        pdf.save(locked, encryption=pikepdf.Encryption(user="", owner="chủ"))
    target = bundled(tmp_path, many, locked)
    with pikepdf.open(target) as pdf:
        assert not pdf.is_encrypted
        found: Any = pdf.pages[2].obj.Resources.Properties.MC0
        for number in range(2999, -1, -1):
            assert found.Number == number
            found = found.get("/Next")
        note_there: Any = pdf.pages[3].obj.Annots[0]
        assert str(note_there.Contents) == "Đã xem"
    assert difference(rendered(locked, 1), rendered(target, 4).crop((0, 0, *rendered(locked, 1).size))) < 1.0


def test_a_paper_damaged_since_it_was_checked_is_named(tmp_path: Path) -> None:
    first, second = drawn_with(tmp_path / "a.pdf", 0, pages=30), drawn_with(tmp_path / "b.pdf", 0)
    plan = plan_of([planned(first), planned(second, title="Lệnh tạm giam")])

    def spoil(number: int, _total: int) -> None:
        second.write_bytes(first.read_bytes())

    with pytest.raises(BadInput, match="Tệp của “Lệnh tạm giam” bị hỏng"):
        write_bundle(plan, tmp_path / "tap.pdf", progress=spoil)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]


@pytest.mark.parametrize("pages", [1, 32, 1025])
def test_every_page_hangs_on_the_tree_and_every_bookmark_on_the_outline(pages: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with path.open("wb", buffering=0) as stream:
        output = Output(stream)
        first = output.reserve_pages(pages)
        for number in range(first, first + pages):
            body = b"<< /Type /Page /MediaBox [ 0 0 %d 9 ] /Resources << >> /Parent %d 0 R >>"
            output.add(body % (number, output.parent_of(number)), number)
        marks = [Bookmark(f"Nhóm {at}", first, [Bookmark("Đơn (1)", first), Bookmark("x", first)]) for at in range(3)]
        catalogue = b"/Outlines %d 0 R" % output.add_outline(marks)
        told = output.finish(catalogue, Dictionary(Title=String("Tập")))
    data = path.read_bytes()
    assert told == hashlib.sha256(data).hexdigest()
    with pikepdf.open(path, attempt_recovery=False) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert [page.obj.MediaBox[2] for page in pdf.pages] == [*range(first, first + pages)]
        assert int(pdf.Root.Pages.Count) == pages
        with pdf.open_outline() as outline:
            assert [(each.title, [one.title for one in each.children]) for each in outline.root] == [
                (f"Nhóm {at}", ["Đơn (1)", "x"]) for at in range(3)
            ]
        for node in (each for each in pdf.objects if isinstance(each, Dictionary) and each.get("/Type") == "/Pages"):
            assert len(node.Kids) <= 32
            assert all(kid.Parent.objgen == node.objgen for kid in node.Kids)
            assert node.Count == sum(int(kid.get("/Count", 1)) for kid in node.Kids)
