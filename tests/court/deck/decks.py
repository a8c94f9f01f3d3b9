"""A deck without a database: papers on the disk, slides of every kind."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

from tests.people import pdf_bytes
from vks_plugin.court.deck.contents import Deck, DeckPage, DeckSlide, ShownMark
from vks_plugin.court.deck.diagrams import (
    ACT,
    CHARGE,
    EVIDENCE,
    PERSON,
    PLACE,
    Edits,
    Item,
    Link,
    connections,
    timeline,
)

CODE = "HS-QN-KV1-2026-0001"
FILE = f"HSVA số {CODE}"
NOTE = "Hỏi bị cáo về chiếc xe trước khi chiếu."
"""Of slide 4; for the presenter alone."""
HELD_FOLIO = "31"
"""A page of testimony that waits for the panel."""
WORDS = "chụp chiếc xe ở chỗ để"
"""On a line somebody drew in the diagram."""


def _drawing() -> Any:
    items = [
        Item("a:1", PERSON, "Nguyễn Văn Ánh", "sinh 1990"),
        Item("a:2", PERSON, "Đỗ Thị Ước", "sinh 1993"),
        Item("c:1", CHARGE, "Tội trộm cắp tài sản", "điểm a khoản 2 Điều 173"),
        Item("c:2", CHARGE, "Tội tiêu thụ tài sản do người khác phạm tội mà có", "khoản 1 Điều 323"),
        Item("e:1", EVIDENCE, "Biên bản khám xét nơi ở của Nguyễn Văn Ánh", "BL 12–14", "12"),
        Item("e:2", EVIDENCE, "Bản ảnh hiện trường", "BL 20", "20"),
        Item("e:3", EVIDENCE, "Kết luận định giá tài sản", "BL 45", HELD_FOLIO),
        Item("e:4", EVIDENCE, "Xe mô tô biển số 14B1-234.56", "01 chiếc"),
    ]
    links = [Link("a:1", "c:1"), Link("a:2", "c:2"), Link("c:1", "e:1"), Link("c:1", "e:2"), Link("c:1", "e:3")]
    links += [Link("c:2", "e:4")]
    # added by hand, with words on their lines
    items += [Item("own:1", ACT, "Dắt xe ra khỏi nhà bị hại", "01/03/2026 · BL 12", "12")]
    items += [Item("own:2", PLACE, "Bãi xe trước cổng")]
    words = {Link("a:1", "own:1"): "trực tiếp làm", Link("own:1", "own:2"): "xảy ra tại", Link("e:2", "own:1"): WORDS}
    headings = {PERSON: "Bị cáo", CHARGE: "Tội danh", EVIDENCE: "Chứng cứ", ACT: "Hành vi", PLACE: "Địa điểm"}
    edits = Edits(added=tuple(words), words=words)
    return connections(items, links, headings=headings, edits=edits, title="Quan hệ")


def _events() -> Any:
    told = [
        ("01/03/2026", "Ngày phạm tội"),
        ("02/03/2026", "Quyết định khởi tố vụ án số 12/QĐ-CSĐT (BL 1)"),
        ("04/03/2026", "Quyết định khởi tố bị can 15/QĐ – Nguyễn Văn Ánh (BL 3)"),
        ("05/03/2026", "Lệnh bắt bị can để tạm giam – Nguyễn Văn Ánh"),
        ("20/04/2026", "Kết luận điều tra số 30/KLĐT (BL 60)"),
        ("11/05/2026", "Cáo trạng số 44/CT-VKS (BL 70)"),
    ]
    return timeline([Item(f"e{n}", "event", day, words) for n, (day, words) in enumerate(told)], title="Diễn biến")


def a_deck(folder: Path) -> Deck:
    """Write papers into a folder and return a deck that shows them."""
    files: dict[str, Path] = {}
    for name, count, words in (
        ("kx", 3, "Biên bản khám xét"),
        ("anh", 1, "Bản ảnh hiện trường"),
        ("lk", 1, "Lời khai chưa công bố"),
        ("kt", 2, "Quyết định khởi tố vụ án"),
    ):
        files[name] = folder / f"{name}.pdf"
        files[name].write_bytes(pdf_bytes(count, words))

    def page(key: str, name: str, folio: str, number: int, count: int, title: str, **more: Any) -> DeckPage:
        sha256 = hashlib.sha256(files[name].read_bytes()).hexdigest()
        place = list(files).index(name) + 1
        return DeckPage(key, folio, title, number, count, place, place, sha256, files[name], sealed=True, **more)

    mark = ShownMark(((0.1, 0.09, 0.5, 0.03),), "Chỉ vào số biên bản.")
    pages = (
        page("p0001", "kx", "12", 1, 3, "Biên bản khám xét", marks=(mark,)),
        page("p0002", "kx", "13", 2, 3, "Biên bản khám xét"),
        page("p0003", "kx", "14", 3, 3, "Biên bản khám xét"),
        page("p0004", "anh", "20", 1, 1, "Bản ảnh hiện trường", crop=(0.05, 0.05, 0.9, 0.3)),
        page("p0005", "lk", HELD_FOLIO, 1, 1, "Biên bản hỏi cung", held=True),
        page("p0006", "kt", "1", 1, 2, "Quyết định khởi tố vụ án"),
        page("p0007", "kt", "2", 2, 2, "Quyết định khởi tố vụ án"),
    )
    text = (
        "Nội dung truy tố (BL 12–14, 20):\n"
        "- Khoảng 23 giờ ngày 01/03/2026, bị cáo vào nhà bị hại lấy xe mô tô (BL 12)\n"
        "- Tài sản được định giá 25.000.000 đồng (BL 45)\n"
        "- <script>alert(1)</script> & “dấu ngoặc”"
    )
    slides = (
        DeckSlide(
            1, "tieu_de", "hien", "Vụ án Nguyễn Văn Ánh và đồng phạm", "Phiên tòa sơ thẩm ngày 04/05/2026", "", FILE
        ),
        DeckSlide(2, "noi_dung", "hien", "Nội dung vụ án", text, "", f"BL 12–14, 20 · {FILE}"),
        DeckSlide(3, "so_do", "hien", "Người – tội danh – chứng cứ", "", "", f"BL 12, 20 · {FILE}", diagram=_drawing()),
        DeckSlide(
            4, "but_luc", "hien", "Khám xét nơi ở", "", NOTE, f"BL 12–14 · {FILE}", pages=("p0001", "p0002", "p0003")
        ),
        DeckSlide(
            5,
            "loi_khai",
            "cho_hdxx_dong_y",
            "Bị cáo khai tại cơ quan điều tra",
            "",
            "Chỉ khi bị cáo chối.",
            f"BL 31 · {FILE}",
            ground="Điểm a khoản 2 Điều 308 BLTTHS: lời khai tại phiên tòa mâu thuẫn",
            pages=("p0005",),
        ),
        DeckSlide(6, "hinh_anh", "hien", "Hiện trường", "", "", f"BL 20 · {FILE}", pages=("p0004",)),
        DeckSlide(7, "so_do", "hien", "Diễn biến vụ án", "", "", FILE, diagram=_events()),
        DeckSlide(
            8, "but_luc", "du_phong", "Quyết định khởi tố vụ án", "", "", f"BL 1–2 · {FILE}", pages=("p0006", "p0007")
        ),
    )
    return Deck(
        CODE,
        "Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
        "Viện kiểm sát nhân dân khu vực 1 – Quảng Ninh",
        1,
        "Vụ án Nguyễn Văn Ánh và đồng phạm",
        dt.date(2026, 5, 4),
        slides,
        pages,
        ("Vụ án xét xử kín: chỉ chiếu trong phòng xử án.",),
    )
