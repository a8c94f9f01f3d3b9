"""A deck as a folder that opens in any browser from a stick: plain HTML, scripts and pictures, nothing from a network.

The scripts use nothing younger than ES2017 and no modules, what browsers of 2018 lack has something in its place, data comes in a script (`data.js`), since a browser lets a page
opened as a file fetch nothing. Notes lie in a file of their own that the court's page does not load.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import shutil
from collections.abc import Callable
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from fontTools import subset

from vks_plugin.court.deck.contents import Deck, DeckStill, DeckVideo
from vks_plugin.court.deck.diagrams import Diagram, arrow_head, as_svg, baselines, label_baselines
from vks_plugin.court.deck.manifest import (
    NAME,
    SIGNATURE,
    as_text,
    digest_of_manifest,
    manifest_of,
    page_entry,
    signature_of,
)
from vks_plugin.court.deck.rendering import Picture, file_sha256, opened, render
from vks_plugin.custody import verify_ledger
from vks_plugin.custody.signing import OfficeKey
from vks_plugin.papers.fonts import FONTS

Progress = Callable[[int], None]

ASSETS = Path(__file__).resolve().parent.parent.parent / "static" / "vks" / "deck"
_SCRIPTS = ("view.js", "log.js", "court.js", "presenter.js", "deck.css")
_LETTERS = [
    (0x20, 0x7E),
    (0xA0, 0x1B0),
    (0x300, 0x323),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2044),
    (0x20AB, 0x20AC),
    (0x2190, 0x2212),
]


def _nothing(_done: int) -> None:
    """Tell nobody how far it is."""


def write_folder(
    deck: Deck, folder: Path, *, progress: Progress = _nothing, key: OfficeKey | None = None
) -> dict[str, Any]:
    """Write the deck into an empty folder; return its manifest.

    Args:
        deck: what to write.
        folder: exists and is empty.
        progress: told how many pages are finished.
        key: signs the manifest, in a file beside it.

    Raises:
        BadInput: a page cannot be drawn.
    """
    (folder / "pages").mkdir()
    entries = []
    pictures: dict[str, Picture] = {}
    for done, (page, picture) in enumerate(drawn_pages(deck), 1):
        name = f"pages/{page.key}.jpg"
        (folder / name).write_bytes(picture.jpeg)
        # the picture itself is on the disk; its size is what is still needed
        pictures[page.key] = Picture(b"", picture.width, picture.height)
        entries.append(page_entry(page, name, hashlib.sha256(picture.jpeg).hexdigest(), file_sha256(page.path)))
        progress(done)
    for slide in deck.slides:
        if slide.diagram is not None:
            (folder / "diagrams").mkdir(exist_ok=True)
            (folder / "diagrams" / f"{slide.number:03}.svg").write_text(as_svg(slide.diagram), encoding="utf-8")
    for video in deck.videos:
        (folder / "videos").mkdir(exist_ok=True)
        shutil.copyfile(video.path, folder / video.file)
    for slide in deck.slides:
        if slide.still is not None:
            (folder / slide.still.file).write_bytes(slide.still.jpeg)
    for name in _SCRIPTS:
        (folder / name).write_bytes((ASSETS / name).read_bytes())
    (folder / "fonts.css").write_text(_fonts(), encoding="ascii")
    (folder / "index.html").write_text(_page(deck, "court.html"), encoding="utf-8")
    (folder / "presenter.html").write_text(_page(deck, "presenter.html"), encoding="utf-8")
    _script(folder / "data.js", "DECK", _data(deck, pictures))
    _script(folder / "notes.js", "DECK_NOTES", _notes(deck))
    # what the manifest can be compared with, by whoever is handed the deck
    shutil.copyfile(verify_ledger.__file__, folder / "verify_ledger.py")
    (folder / "DOC-TRUOC.txt").write_text(_read_first(deck, key), encoding="utf-8-sig", newline="\r\n")
    manifest = manifest_of(deck, entries, folder, key)
    text = as_text(manifest)
    (folder / NAME).write_text(text, encoding="utf-8")
    signature = signature_of(text, key)
    if signature is not None:
        (folder / SIGNATURE).write_bytes(signature)
    # a page opened as a file can read no JSON; the manifest cannot name the file that names it
    _script(folder / "package.js", "DECK_MANIFEST", digest_of_manifest(manifest))
    return manifest


def drawn_pages(deck: Deck) -> Any:
    """Yield every page of the deck with its picture; each file is opened once where its pages follow each other.

    Raises:
        BadInput: a page cannot be drawn.
    """
    ordered = sorted(deck.pages, key=lambda page: (str(page.path), page.page))
    path: Path | None = None
    place = 0
    while place < len(ordered):
        path = ordered[place].path
        with opened(path) as pdf:
            while place < len(ordered) and ordered[place].path == path:
                page = ordered[place]
                yield page, render(pdf, page.page, crop=page.crop)
                place += 1


def _page(deck: Deck, name: str) -> str:
    text = (ASSETS / name).read_text(encoding="utf-8")
    for place, words in (("title", deck.title), ("case_name", deck.case_name), ("case_code", deck.case_code)):
        text = text.replace(f"%{place}%", escape(words).replace("%", "&#37;"))
    return text


def _script(path: Path, name: str, value: Any) -> None:
    # plain ASCII, and nothing a page could take for the end of a script
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    path.write_text(f"window.{name}={text};\n", encoding="ascii")


def _data(deck: Deck, pictures: dict[str, Picture]) -> dict[str, Any]:
    return {
        "token": secrets.token_hex(8),
        "package": deck.package,
        "expires_on": deck.expires_on.isoformat() if deck.expires_on is not None else "",
        "presentation": deck.number,
        "title": deck.title,
        "office": deck.office,
        "case_code": deck.case_code,
        "case_name": deck.case_name,
        "slides": [
            {
                "number": slide.number,
                "kind": slide.kind,
                "state": slide.state,
                "title": slide.title,
                "text": slide.text,
                "citation": slide.citation,
                "ground": slide.ground,
                "pages": list(slide.pages),
                "diagram": _drawing(slide.diagram) if slide.diagram is not None else None,
                "markers": [
                    {
                        "number": mark.number,
                        "x": round(mark.x, 4),
                        "y": round(mark.y, 4),
                        "caption": mark.caption,
                        # which of the slide's pages shows it closer
                        "page": slide.pages.index(mark.page) if mark.page else None,
                    }
                    for mark in slide.markers
                ],
                "video": _played(slide.video, slide.still) if slide.video is not None else None,
            }
            for slide in deck.slides
        ],
        "pages": [
            {
                "key": page.key,
                "file": f"pages/{page.key}.jpg",
                "folio": page.folio,
                "title": page.title,
                "page": page.page,
                "page_count": page.page_count,
                "width": pictures[page.key].width,
                "height": pictures[page.key].height,
                "held": page.held,
                "redacted": bool(page.redaction),
                "marks": [[list(area) for area in mark.areas] for mark in page.marks],
            }
            for page in deck.pages
        ],
    }


def _played(video: DeckVideo, still: DeckStill | None) -> dict[str, Any]:
    return {
        "file": video.file,
        "title": video.title,
        "span": video.span,
        "from": video.plays_from,
        "to": video.plays_to,
        "width": video.width,
        "height": video.height,
        "still": still.file if still is not None else "",
    }


def _drawing(diagram: Diagram) -> dict[str, Any]:
    return {
        "width": diagram.width,
        "height": diagram.height,
        "lines": [[each for point in line.points for each in point] for line in diagram.lines],
        "arrows": [[each for corner in arrow_head(line) for each in corner] for line in diagram.lines if line.arrow],
        "headings": [
            {"x": heading.x + heading.width / 2, "y": heading.y + 26, "text": heading.text, "group": heading.group}
            for heading in diagram.headings
        ],
        "boxes": [
            {
                "x": round(box.x, 1),
                "y": round(box.y, 1),
                "width": box.width,
                "height": round(box.height, 1),
                "group": box.group,
                "folio": box.folio,
                "lines": [[text, round(y, 1), size, bold] for text, y, size, bold in baselines(box)],
            }
            for box in diagram.boxes
        ],
        "labels": [
            {
                "x": label.x,
                "y": label.y,
                "width": round(label.width, 1),
                "height": round(label.height, 1),
                "lines": [[text, round(y, 1), size] for text, y, size in label_baselines(label)],
            }
            for label in diagram.labels
        ],
    }


def _notes(deck: Deck) -> dict[str, Any]:
    return {
        "remarks": list(deck.remarks),
        "slides": {str(slide.number): slide.notes for slide in deck.slides if slide.notes},
        "marks": {page.key: [mark.note for mark in page.marks if mark.note] for page in deck.pages if page.marks},
    }


@lru_cache(maxsize=1)
def _fonts() -> str:
    """Return the shipped font within a style sheet: a browser may refuse a page opened as a file its neighbours."""
    faces = []
    for weight, name in (("normal", "LiberationSerif-Regular.ttf"), ("bold", "LiberationSerif-Bold.ttf")):
        options = subset.Options(
            layout_features=["*"],
            drop_tables=[*subset.Options().drop_tables, "FFTM"],
            name_IDs=[0, 1, 2, 13, 14],
            notdef_outline=True,
        )
        font = subset.load_font(str(FONTS / name), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[letter for first, last in _LETTERS for letter in range(first, last + 1)])
        cutter.subset(font)
        buffer = io.BytesIO()
        font.save(buffer)
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        faces.append(
            f'@font-face {{ font-family: "Deck Serif"; font-weight: {weight}; '
            f'src: url("data:font/ttf;base64,{encoded}") format("truetype"); }}\n'
        )
    licence = "/* Liberation Serif, cut to the letters used. SIL Open Font License 1.1, http://scripts.sil.org/OFL */\n"
    return licence + "".join(faces)


def _read_first(deck: Deck, key: OfficeKey | None) -> str:
    remarks = "".join(f"LƯU Ý: {remark}\n" for remark in deck.remarks)
    if deck.expires_on is not None:
        remarks += f"HẾT HẠN: {deck.expires_on:%d/%m/%Y}. Sau ngày đó hủy mọi bản đã chép rồi xác nhận trên hệ thống.\n"
    signed = f"; {SIGNATURE} là chữ ký số của {key.name} trên tệp ấy" if key is not None else ""
    return f"""GÓI TRÌNH CHIẾU TẠI PHIÊN TÒA
{deck.title}
{deck.case_name} – HSVA số {deck.case_code}
Lập ngày {deck.made_on:%d/%m/%Y} – {deck.office}

{remarks}1. Mở index.html bằng trình duyệt (Edge, Chrome, Firefox). Không cần mạng, không cần cài đặt.
2. Kéo cửa sổ đó sang màn hình của Tòa, nhấn F để chiếu toàn màn hình.
3. Nhấn N để mở cửa sổ người trình chiếu (ghi chú, trang sau, đồng hồ) trên máy của mình.
4. Gõ số bút lục rồi Enter để mở ngay bút lục đó. T: trích phóng to một chỗ trên trang. B: màn hình đen. H: mọi phím tắt.
5. Lời khai bị giữ lại: chỉ chiếu khi HĐXX đồng ý, bằng phím R ở cửa sổ người trình chiếu rồi Enter.
6. manifest.json ghi mã băm của từng trang để đối chiếu với hồ sơ{signed}.
   Tự kiểm tra, không cần mạng (Python 3.9 trở lên), ngay trong thư mục này: python verify_ledger.py .
   Có bằng chứng của mục ghi việc xuất gói trong sổ cái (JSON) thì thêm: --proof TỆP --key KHÓA_TRÊN_GIẤY
7. Sau phiên tòa: ở cửa sổ người trình chiếu bấm “Lưu nhật ký trình chiếu”, nạp tệp đó ở trang của phiên tòa trên hệ thống.

Gói này chứa tài liệu của hồ sơ vụ án. Giữ như giữ hồ sơ, xóa sau phiên tòa.
"""
