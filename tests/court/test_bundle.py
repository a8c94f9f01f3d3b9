"""A finished bundle, read back with two other libraries: what stands on its pages and where its links lead."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name

from tests.court.papers import (
    A4,
    REAL,
    SCALE,
    add_page,
    content,
    difference,
    paper,
    plan_of,
    planned,
    read_again,
    rendered,
    saved,
    shades,
    shown_text,
    with_form,
)
from vks_plugin.court.bundle import BundleStopped, write_bundle
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.plan import BundlePlan
from vks_plugin.court.stamping import STRIP, Stamp, stamp
from vks_plugin.errors import BadInput

REAL_PLAN = (
    # file, section, first folio
    ("QDKhoiToVuAn.pdf", "01", 1),
    ("PhieuKhoiTo.pdf", "01", None),
    ("QDKhoiToBiCan.pdf", "02", 5),
    ("LenhTamGiam.pdf", "02", 9),
    ("scan-GiaHanDieuTraLan1.pdf", "02", 14),
    ("BBHoiCungBiCan.pdf", "05", 20),
    ("scan-AK-QDTrungCauGiamDinh.pdf", "06", 31),
    ("BBNiemPhong.pdf", "06", None),
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[BundlePlan, Path]:
    """Return a plan of real papers and its bundle."""
    plan = plan_of(
        planned(REAL / name, title=f"Tài liệu {name.removesuffix('.pdf')}", section=section, folio=folio)
        for name, section, folio in REAL_PLAN
    )
    target = tmp_path_factory.mktemp("real") / "tap.pdf"
    result = write_bundle(plan, target)
    assert result.page_count == plan.page_count
    return plan, target


def bundle_of(folder: Path, *papers: Path, **options: Any) -> Path:
    """Bundle these papers and return the file."""
    target = folder / f"tap-{len(list(folder.iterdir()))}.pdf"
    write_bundle(plan_of(planned(path, **options) for path in papers), target)
    assert inspect_bundle(target).problems == []
    return target


def folio_of(plan: BundlePlan, page: int) -> str:
    for each in plan.documents:
        if each.first_page <= page <= each.last_page:
            return each.document.folio_by_page.get(page - each.first_page + 1, "")
    return ""


def test_every_page_carries_its_number_and_its_folio(real: tuple[BundlePlan, Path]) -> None:
    plan, path = real
    reader = read_again(path)
    assert len(reader.pages) == plan.page_count
    assert reader.page_labels == [str(number) for number in range(1, plan.page_count + 1)]
    for number, page in enumerate(reader.pages, start=1):
        for text in (page.extract_text(), shown_text(path, number)):
            assert f"Tập hồ sơ – trang {number}/{plan.page_count}" in text, number
            assert "HS-QN-KV1-2026-0001" in text
            folio = folio_of(plan, number)
            assert not folio or f"BL {folio}" in text.replace("\n", " "), number


def test_papers_stand_where_the_plan_says(real: tuple[BundlePlan, Path]) -> None:
    plan, path = real
    for each in plan.documents:
        for offset in range(each.document.page_count):
            source = rendered(each.document.path, offset + 1)
            inside = rendered(path, each.first_page + offset)
            assert inside.width == source.width
            above = inside.crop((0, 0, inside.width, source.height))
            # nothing is moved, scaled or hidden; the strip is added below
            assert (
                difference(
                    above.crop((0, 0, above.width, above.height - 2)),
                    source.crop((0, 0, source.width, source.height - 2)),
                )
                < 1.0
            )
            assert abs(inside.height - source.height - STRIP * SCALE) <= 2


def test_bookmarks_name_every_section_and_every_document(real: tuple[BundlePlan, Path]) -> None:
    plan, path = real
    expected: list[tuple[int, str, int]] = [(0, "Bìa (tr. 1)", 1), (0, "Mục lục tài liệu (tr. 2)", 2)]
    for section in plan.sections:
        first = section.documents[0].first_page
        expected.append((0, f"{section.name} (tr. {first})", first))
        expected += [
            (1, f"{each.document.title} (tr. {each.first_page})", each.first_page) for each in section.documents
        ]
    assert inspect_bundle(path).outline == expected
    reader = read_again(path)
    found: list[Any] = []

    def collect(items: Any) -> None:
        for item in items:
            if isinstance(item, list):
                collect(item)
            else:
                found.append(
                    (
                        item.title,
                        (reader.get_destination_page_number(item) or 0) + 1,
                        item.get("/Type"),
                        item.get("/Zoom"),
                    )
                )

    collect(reader.outline)
    assert [(title, page) for title, page, _kind, _zoom in found] == [(title, page) for _depth, title, page in expected]
    # a bookmark keeps the zoom the reader has chosen
    assert all(str(zoom) in {"None", "NullObject"} or zoom is None for _title, _page, _kind, zoom in found)


def test_every_row_of_the_index_leads_to_the_first_page_of_its_document(real: tuple[BundlePlan, Path]) -> None:
    plan, path = real
    found = inspect_bundle(path)
    assert found.links == [(2, each.first_page) for each in plan.documents]
    # and lies over the very row that names it
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    words = pdf[1].get_textpage()
    annotations: Any = read_again(path).pages[1]["/Annots"]
    for each, reference in zip(plan.documents, annotations, strict=True):
        left, bottom, right, top = (float(value) for value in reference.get_object()["/Rect"])
        row = words.get_text_bounded(left=left, bottom=bottom, right=right, top=top).replace("\r\n", " ")
        assert each.document.title.split()[-1][:12] in row.replace(" ", ""), row
        assert str(each.first_page) in row
    pdf.close()


def test_the_index_gives_name_number_day_folios_and_pages(real: tuple[BundlePlan, Path]) -> None:
    plan, path = real
    text = " ".join(shown_text(path, 2).split())
    for each in plan.documents:
        assert each.document.title.split()[0] in text
        pages = str(each.first_page) if each.first_page == each.last_page else f"{each.first_page}–{each.last_page}"
        assert f"{each.document.folios} {pages} {each.document.page_count}".strip() in text
    assert "số 12/QĐ, 02/03/2026" in text
    assert "MỤC LỤC TÀI LIỆU" in text
    cover = " ".join(shown_text(path, 1).split())
    assert "Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản" in cover
    assert f"{len(REAL_PLAN)} tài liệu – {plan.page_count} trang" in cover


def test_how_the_file_opens(real: tuple[BundlePlan, Path]) -> None:
    _plan, path = real
    root: Any = read_again(path).trailer["/Root"]
    assert root["/Lang"] == "vi"
    assert root["/PageMode"] == "/UseOutlines"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    # first page, at its natural size
    assert root["/OpenAction"][4] == 1
    information: Any = read_again(path).metadata
    assert information.title == "HS-QN-KV1-2026-0001 – Toàn bộ hồ sơ vụ án"
    assert information.author == "Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh"


def test_the_stamp_s_font_travels_with_the_file(real: tuple[BundlePlan, Path]) -> None:
    with pikepdf.open(real[1]) as pdf:
        fonts = {page.obj.Resources.Font["/VksStamp"].objgen for page in pdf.pages}
        font = pdf.pages[0].obj.Resources.Font["/VksStamp"]
        # one for the whole file, embedded, with a way back to the letters
        assert len(fonts) == 1
        assert len(bytes(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes())) > 1000
        assert "/ToUnicode" in font


def test_the_same_plan_gives_the_same_bytes(real: tuple[BundlePlan, Path], tmp_path: Path) -> None:
    plan, first = real
    again = tmp_path / "khac-ten.pdf"
    result = write_bundle(plan, again)
    assert again.read_bytes() == first.read_bytes()
    assert result.sha256 == hashlib.sha256(first.read_bytes()).hexdigest()


_ELSEWHERE = """
import sys
from pathlib import Path
from tests.court.papers import REAL, plan_of, planned
from vks_plugin.court.bundle import write_bundle
names = sys.argv[2:]
plan = plan_of(planned(REAL / name, section=str(index // 2), folio=1 + 9 * index) for index, name in enumerate(names))
print(write_bundle(plan, Path(sys.argv[1])).sha256)
"""


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    names = [name for name, _section, _folio in REAL_PLAN[:4]]
    written = []
    for number, seed in enumerate(("1", "2")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": ("UTC", "Asia/Ho_Chi_Minh")[number]}
        process = subprocess.run(
            [sys.executable, "-c", _ELSEWHERE, str(tmp_path / f"{number}.pdf"), *names],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=Path(__file__).parents[2],
        )
        written.append(process.stdout.strip())
    assert len(written[0]) == 64
    assert written[0] == written[1]


def test_another_paper_gives_other_bytes(tmp_path: Path) -> None:
    one, other = paper(tmp_path / "a.pdf"), paper(tmp_path / "b.pdf", drawing=b"0 0 9 9 re f")
    first = bundle_of(tmp_path, one, title="Cùng tên")
    second = bundle_of(tmp_path, other, title="Cùng tên")
    assert first.read_bytes() != second.read_bytes()
    # nor are they taken for each other by a program that goes by the identifier in the file
    identifiers = [[bytes(part) for part in pikepdf.open(path).trailer.ID] for path in (first, second)]
    assert identifiers[0][0] == identifiers[0][1]
    assert len({part for identifier in identifiers for part in identifier}) == 2
    assert all(len(identifier[0]) == 16 for identifier in identifiers)


# --- papers of every shape -------------------------------------------------------------------------------------------

SHAPES: dict[str, Callable[[Path], Path]] = {
    "upright": paper,
    "turned by 90": lambda path: paper(path, Rotate=90),
    "turned by 180": lambda path: paper(path, Rotate=180),
    "turned by 270": lambda path: paper(path, Rotate=270),
    "turned by -90": lambda path: paper(path, Rotate=-90),
    "turned by 450": lambda path: paper(path, Rotate=450),
    "landscape": lambda path: paper(path, box=(0, 0, 842, 595)),
    "landscape, turned": lambda path: paper(path, box=(0, 0, 842, 595), Rotate=90),
    "origin elsewhere": lambda path: paper(path, box=(100, 200, 695, 1042)),
    "origin below nought": lambda path: paper(path, box=(-300, -400, 295, 442)),
    "cropped": lambda path: paper(path, CropBox=Array([40, 60, 520, 780])),
    "cropped and turned by 90": lambda path: paper(path, CropBox=Array([40, 60, 520, 780]), Rotate=90),
    "cropped and turned by 180": lambda path: paper(path, CropBox=Array([40, 60, 520, 780]), Rotate=180),
    "cropped and turned by 270": lambda path: paper(path, CropBox=Array([40, 60, 520, 780]), Rotate=270),
    "crop box beyond the page": lambda path: paper(path, CropBox=Array([-50, -50, 700, 900])),
    "corners the other way round": lambda path: paper(path, CropBox=Array([520, 780, 40, 60])),
    "trimmed for print": lambda path: paper(
        path, TrimBox=Array([20, 20, 500, 700]), BleedBox=Array([10, 10, 510, 710])
    ),
    "A0": lambda path: paper(path, box=(0, 0, 2384, 3370)),
    "card": lambda path: paper(path, box=(0, 0, 243, 153)),
    "card, turned": lambda path: paper(path, box=(0, 0, 243, 153), Rotate=90),
    "stamp-sized": lambda path: paper(path, box=(0, 0, 60, 60)),
    "stamp-sized, turned by 90": lambda path: paper(path, box=(0, 0, 60, 80), Rotate=90),
    "stamp-sized, turned by 180": lambda path: paper(path, box=(0, 0, 60, 80), Rotate=180),
    "stamp-sized, turned by 270": lambda path: paper(path, box=(0, 0, 60, 80), Rotate=270),
    "stamp-sized, cropped": lambda path: paper(path, CropBox=Array([100, 100, 160, 200])),
    "state left open": lambda path: paper(path, drawing=content(*A4) + b" q q q 0.5 0 0 0.5 100 100 cm"),
    "state closed too often": lambda path: paper(path, drawing=content(*A4) + b" Q Q Q"),
    "moved for good": lambda path: paper(path, drawing=b"2 0 0 2 300 300 cm 0 1 -1 0 0 0 cm " + content(100, 100)),
    "text left open": lambda path: paper(path, drawing=content(*A4) + b" BT"),
    "cut off for good": lambda path: paper(path, drawing=content(*A4) + b" 0 0 10 10 re W n"),
}


@pytest.mark.parametrize("folio", [None, 125], ids=["no folio", "with folio"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_stamp_is_upright_below_the_page_as_it_is_shown(shape: str, folio: int | None, tmp_path: Path) -> None:
    source = SHAPES[shape](tmp_path / "tai-lieu.pdf")
    target = bundle_of(tmp_path, source, title="Tài liệu", folio=folio)
    before, after = rendered(source, 1), rendered(target, 3)
    strip = round(STRIP * SCALE)
    assert after.height == before.height + strip
    assert after.width >= before.width
    # the page itself: where it was, as large as it was, nothing over it
    assert (
        difference(
            after.crop((0, 0, before.width, before.height - 2)), before.crop((0, 0, before.width, before.height - 2))
        )
        < 0.5
    )
    # the strip: the same as below an upright page of the same width
    plain = paper(tmp_path / "mau.pdf", box=(0, 0, before.width / SCALE, before.height / SCALE), drawing=b"")
    model = rendered(bundle_of(tmp_path, plain, title="Tài liệu", folio=folio), 3)
    assert model.size == after.size
    below = (0, before.height + 2, after.width, after.height)
    assert difference(after.crop(below), model.crop(below)) < 0.5
    # room that was made beside a narrow page is empty
    if after.width > before.width:
        beside = after.crop((before.width + 2, 0, after.width, before.height - 2))
        assert shades(beside) == (255, 255)
    words = " ".join(shown_text(target, 3).split())
    assert "Tập hồ sơ – trang 3/3" in words
    assert folio is None or "BL 125" in words


def _places(path: Path, page: int, words: str) -> tuple[float, float]:
    """Return where these words begin and end on the strip, in points from the left edge."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    text = pdf[page - 1].get_textpage()
    found = text.search(words).get_next()
    assert found is not None
    boxes = [text.get_charbox(index) for index in range(found[0], found[0] + found[1])]
    pdf.close()
    return min(box[0] for box in boxes), max(box[2] for box in boxes)


@pytest.mark.parametrize("width", [40, 100, 150, 200, 243, 300, 420, 595, 2384])
def test_number_folio_and_code_never_touch(width: int, tmp_path: Path) -> None:
    source = paper(tmp_path / "a.pdf", box=(0, 0, width, 300), drawing=b"")
    target = bundle_of(tmp_path, source, folio=99_999)
    page_width = float(read_again(target).pages[2].mediabox.width)
    folio, number = _places(target, 3, "BL 99999"), _places(target, 3, "Tập hồ sơ – trang 3/3")
    assert 0 <= folio[0] < folio[1] < number[0] - 6
    assert number[1] <= page_width
    if "HS-QN" in shown_text(target, 3):
        code = _places(target, 3, "HS-QN-KV1-2026-0001")
        assert 0 <= code[0] < code[1] < folio[0] - 6
    else:
        assert width < 595


def test_a_page_measured_in_larger_units_gets_a_strip_of_the_same_height(tmp_path: Path) -> None:
    source = paper(tmp_path / "a.pdf", UserUnit=2.0)
    page: Any = read_again(bundle_of(tmp_path, source, folio=7)).pages[2]
    assert page["/UserUnit"] == 2
    assert float(page.mediabox.height) == A4[1] + STRIP / 2
    assert float(page.mediabox.width) == A4[0]
    assert "Tập hồ sơ – trang 3/3" in page.extract_text()


def test_a_crop_box_that_shows_nothing_hides_nothing(tmp_path: Path) -> None:
    source = paper(tmp_path / "a.pdf", CropBox=Array([2000, 2000, 2100, 2100]))
    whole = rendered(paper(tmp_path / "b.pdf"), 1)
    after = rendered(bundle_of(tmp_path, source), 3)
    assert (
        difference(after.crop((0, 0, whole.width, whole.height - 2)), whole.crop((0, 0, whole.width, whole.height - 2)))
        < 0.5
    )


def test_what_a_page_inherits_comes_along(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        for _ in range(2):
            page = add_page(pdf)
            del page["/MediaBox"]
            page.Resources.XObject = Dictionary()
            del page["/Resources"]
        pdf.Root.Pages.MediaBox = Array([0, 0, 400, 300])
        pdf.Root.Pages.Rotate = 90
        pdf.Root.Pages.Resources = Dictionary(ProcSet=Array([Name.PDF]))
        saved(pdf, source)
    target = bundle_of(tmp_path, source)
    for number in (3, 4):
        before, after = rendered(source, number - 2), rendered(target, number)
        assert before.size == (300 * SCALE, 400 * SCALE)
        assert after.size == (300 * SCALE, round((400 + STRIP) * SCALE))
        assert (
            difference(
                after.crop((0, 0, before.width, before.height - 2)),
                before.crop((0, 0, before.width, before.height - 2)),
            )
            < 0.5
        )
        assert f"trang {number}/4" in shown_text(target, number)


def test_pages_that_share_their_drawing_each_keep_their_own_number(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        first = add_page(pdf)
        for _ in range(3):
            page = add_page(pdf)
            page.Contents, page.Resources = first.Contents, first.Resources
        saved(pdf, source)
    reader = read_again(bundle_of(tmp_path, source))
    for number in range(3, 7):
        text = reader.pages[number - 1].extract_text()
        assert text.count("Tập hồ sơ") == 1
        assert f"trang {number}/6" in text


@pytest.mark.parametrize("broken", ["no drawing", "no resources", "drawing in pieces", "empty annotations"])
def test_pages_that_lack_something_are_bundled(broken: str, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        page = add_page(pdf)
        if broken == "no drawing":
            del page["/Contents"]
        elif broken == "no resources":
            del page["/Resources"]
        elif broken == "drawing in pieces":
            # cut inside the commands, which a reader joins with a space
            commands = content(*A4).split(b" ", 12)
            page.Contents = Array([pdf.make_stream(b" ".join(commands[:12])), pdf.make_stream(commands[12])])
        else:
            page.Annots = Array([None, Dictionary(Type=Name.Annot)])
        saved(pdf, source)
    target = bundle_of(tmp_path, source)
    assert "trang 3/3" in shown_text(target, 3)


# --- what a filed copy may not carry ---------------------------------------------------------------------------------


def test_a_filled_form_becomes_paper(tmp_path: Path) -> None:
    target = bundle_of(tmp_path, with_form(tmp_path / "a.pdf"))
    assert "NGUYEN VAN ANH" in shown_text(target, 3)
    before, after = rendered(tmp_path / "a.pdf", 1), rendered(target, 3)
    # what was written into the field stands where it stood
    field = (100 * SCALE, (842 - 430) * SCALE, 400 * SCALE, (842 - 400) * SCALE)
    assert shades(after.crop(field))[0] < 128
    assert before.height + round(STRIP * SCALE) == after.height


def test_a_form_stays_as_the_program_drew_it_that_filled_it_in(tmp_path: Path) -> None:
    """Drawn anew, a name would lose the letters that plain fonts lack."""
    target = bundle_of(tmp_path, with_form(tmp_path / "a.pdf", value="Nguyễn Văn Ánh", drawn=True))
    inside = (102 * SCALE, (842 - 428) * SCALE, 398 * SCALE, (842 - 402) * SCALE)
    assert shades(rendered(target, 3).crop(inside)) == (0, 0)
    assert "?" not in shown_text(target, 3)


def test_a_form_that_nobody_drew_is_not_guessed_at(tmp_path: Path) -> None:
    source = with_form(tmp_path / "a.pdf", value="Nguyễn Văn Ánh")
    with pytest.raises(BadInput, match="“Đơn” là biểu mẫu có ô điền chưa được cố định: hãy in"):
        write_bundle(plan_of([planned(source, title="Đơn")]), tmp_path / "tap.pdf")
    assert not (tmp_path / "tap.pdf").exists()


def test_nothing_in_it_runs_leads_out_or_hides_a_file(tmp_path: Path) -> None:
    source = with_form(tmp_path / "a.pdf")
    target = bundle_of(tmp_path, source)
    raw = "".join(str(each) for each in _objects(source))
    assert all(word in raw for word in ("/JavaScript", "/URI", "/AcroForm"))
    inside = "".join(str(each) for each in _objects(target))
    for word in (
        "/JavaScript",
        "/JS",
        "/URI",
        "/Launch",
        "/AcroForm",
        "/Widget",
        "/EmbeddedFile",
        "'/AA'",
        '"/AA"',
    ):
        assert word not in inside, word
    # a mark a person made on the page stays
    subtypes = [str(each.get("/Subtype")) for each in _annotations(target)]
    assert subtypes.count("/Highlight") == 1
    assert set(subtypes) == {"/Highlight", "/Link"}


def _objects(path: Path) -> list[Any]:
    with pikepdf.open(path) as pdf:
        return [repr(each) for each in pdf.objects] + [repr(pdf.trailer), repr(pdf.Root)]


def _annotations(path: Path) -> list[Any]:
    return [each.get_object() for page in read_again(path).pages for each in page.get("/Annots") or []]


# --- what cannot be bundled ------------------------------------------------------------------------------------------


def _locked(path: Path) -> Path:
    with pikepdf.new() as pdf:
        add_page(pdf)
        return saved_locked(pdf, path)


def saved_locked(pdf: pikepdf.Pdf, path: Path) -> Path:
    pdf.save(path, encryption=pikepdf.Encryption(user="bí mật", owner="chủ"))
    return path


def _cut(path: Path) -> Path:
    data = (REAL / "LenhTamGiam.pdf").read_bytes()
    path.write_bytes(data[:2000])
    return path


def _nothing(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _misplaced(path: Path) -> Path:
    data = paper(path).read_bytes()
    path.write_bytes(data.replace(b"startxref\n", b"startxref\n9"))
    return path


def _with_a_file(path: Path) -> Path:
    with pikepdf.open(paper(path), allow_overwriting_input=True) as pdf:
        pdf.attachments["bi-mat.txt"] = b"kem theo"
        return saved(pdf, path)


def _numbered(path: Path) -> Path:
    write_bundle(plan_of([planned(REAL / "QDKhoiToVuAn.pdf")]), path)
    return path


def _drawn_by_a_program(path: Path) -> Path:
    with pikepdf.open(with_form(path, drawn=True), allow_overwriting_input=True) as pdf:
        pdf.Root.AcroForm.XFA = pdf.make_stream(b"<xdp/>")
        return saved(pdf, path)


def _marked(path: Path) -> Path:
    mark = Dictionary(Type=Name.Annot, Subtype=Name.Redact, Rect=Array([60, 500, 200, 520]))
    with pikepdf.new() as pdf:
        add_page(pdf)
        add_page(pdf, Annots=Array([pdf.make_indirect(mark)]))
        return saved(pdf, path)


UNUSABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda path: path, "Không tìm thấy tệp của “Lệnh tạm giam”"),
    "locked": (_locked, "“Lệnh tạm giam” bị khóa bằng mật khẩu"),
    "cut off": (_cut, "Tệp của “Lệnh tạm giam” bị hỏng"),
    "empty": (_nothing, "Tệp của “Lệnh tạm giam” bị hỏng"),
    "a folder": (lambda path: path.parent, "Tệp của “Lệnh tạm giam” bị hỏng"),
    "other pages": (paper, "“Lệnh tạm giam” có 1 trang nhưng hồ sơ ghi 2 trang"),
    "its table of objects broken": (_misplaced, "Tệp của “Lệnh tạm giam” bị hỏng"),
    "a file inside": (_with_a_file, "“Lệnh tạm giam” có tệp đính kèm bên trong"),
    "a bundle": (_numbered, "“Lệnh tạm giam” đã mang số trang của một tập hồ sơ khác \\(trang 1\\)"),
    "a place that is only marked to be taken out": (
        _marked,
        "“Lệnh tạm giam” có chỗ mới đánh dấu để che mà chưa che \\(trang 2\\)",
    ),
    "a form only one program can draw": (
        _drawn_by_a_program,
        "“Lệnh tạm giam” là biểu mẫu có ô điền chưa được cố định",
    ),
}


def test_what_its_owner_locked_against_changes_is_bundled_and_is_locked_no_more(tmp_path: Path) -> None:
    """Anyone may open it; a filed copy bears no encryption, and its words and pictures are those of the paper."""
    source = REAL / "scan-AK-QDTrungCauGiamDinh.pdf"
    locked = tmp_path / "chu.pdf"
    with pikepdf.open(source) as pdf:
        pages = len(pdf.pages)
        rights = pikepdf.Permissions(extract=False, modify_other=False, print_highres=False)
        pdf.save(locked, encryption=pikepdf.Encryption(user="", owner="chủ", allow=rights))
    plain, opened = tmp_path / "a.pdf", tmp_path / "b.pdf"
    write_bundle(plan_of([planned(source, title="Giấy")]), plain)
    write_bundle(plan_of([planned(locked, title="Giấy")]), opened)
    assert not read_again(opened).is_encrypted
    for page in range(3, 3 + pages):
        assert difference(rendered(plain, page), rendered(opened, page)) == 0


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_paper_that_cannot_be_used_is_named_and_nothing_is_left(what: str, tmp_path: Path) -> None:
    make, words = UNUSABLE[what]
    sources = tmp_path / "nguon"
    sources.mkdir()
    bad = make(sources / "a.pdf")
    plan = plan_of([planned(REAL / "QDKhoiToVuAn.pdf"), planned(bad, title="Lệnh tạm giam", page_count=2)])
    target = tmp_path / "ra" / "tap.pdf"
    target.parent.mkdir()
    target.write_bytes(b"an earlier bundle")
    done: list[int] = []
    with pytest.raises(BadInput, match=words):
        write_bundle(plan, target, progress=lambda number, _total: done.append(number))
    assert [path.name for path in target.parent.iterdir()] == ["tap.pdf"]
    assert target.read_bytes() == b"an earlier bundle"
    # found before the long work began
    assert done == []


@pytest.mark.parametrize("at", [0, 1, 30])
def test_a_fault_in_the_middle_leaves_nothing(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def faulty(*arguments: Any, **named: Any) -> Stamp:
        nonlocal calls
        if calls == at:
            raise MemoryError
        calls += 1
        return stamp(*arguments, **named)

    monkeypatch.setattr("vks_plugin.court.bundle.stamp", faulty)
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        for _ in range(60):
            add_page(pdf)
        saved(pdf, source)
    folder = tmp_path / "ra"
    folder.mkdir()
    with pytest.raises(MemoryError):
        write_bundle(plan_of([planned(source)]), folder / "tap.pdf")
    assert list(folder.iterdir()) == []


def test_a_bundle_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        for _ in range(120):
            add_page(pdf)
        saved(pdf, source)
    folder = tmp_path / "ra"
    folder.mkdir()
    asked: list[int] = []
    done: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(BundleStopped, match="dừng theo yêu cầu"):
        write_bundle(
            plan_of([planned(source)]),
            folder / "tap.pdf",
            progress=lambda number, _total: done.append(number),
            should_stop=stop,
        )
    assert list(folder.iterdir()) == []
    assert len(asked) == 3
    assert max(done) < 120


def test_progress_rises_to_the_last_page(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    with pikepdf.new() as pdf:
        for _ in range(90):
            add_page(pdf)
        saved(pdf, source)
    done: list[tuple[int, int]] = []
    write_bundle(plan_of([planned(source)]), tmp_path / "tap.pdf", progress=lambda *numbers: done.append(numbers))
    assert [total for _number, total in done] == [92] * len(done)
    assert [number for number, _total in done] == sorted(number for number, _total in done)
    assert done[-1] == (92, 92)
    assert len(done) >= 4


def test_two_documents_may_be_the_same_file(tmp_path: Path) -> None:
    source = paper(tmp_path / "a.pdf")
    target = tmp_path / "tap.pdf"
    plan = plan_of([planned(source, title="Bản gốc", folio=1), planned(source, title="Bản sao", folio=2)])
    write_bundle(plan, target)
    found = inspect_bundle(target)
    assert found.problems == []
    assert found.folios[2:] == ["1", "2"]
    assert found.links == [(2, 3), (2, 4)]


@pytest.mark.slow
def test_more_papers_than_may_be_open_at_once(tmp_path: Path) -> None:
    source = paper(tmp_path / "a.pdf")
    turned = paper(tmp_path / "b.pdf", Rotate=90)
    plan = plan_of(
        planned((source, turned)[number % 2], title=f"Tài liệu {number}", section=str(number // 40), folio=number)
        for number in range(1, 232)
    )
    folder = tmp_path / "ra"
    folder.mkdir()
    import resource

    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(least, 256), most))
    try:
        first = write_bundle(plan, folder / "1.pdf")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (least, most))
    assert first.sha256 == write_bundle(plan, folder / "2.pdf").sha256
    assert sorted(path.name for path in folder.iterdir()) == ["1.pdf", "2.pdf"]
    found = inspect_bundle(folder / "1.pdf")
    assert found.problems == []
    assert found.page_count == plan.page_count
    assert [end for _start, end in found.links] == [each.first_page for each in plan.documents]
    assert found.folios[plan.front_pages :] == [str(number) for number in range(1, 232)]
    assert pypdf.PdfReader(folder / "1.pdf").pages[plan.front_pages].rotation == 90
