"""Volumes, later additions, core bundles, folios in corners: a page keeps its number, whatever is made of the papers."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array

from tests.court.papers import (
    REAL,
    SCALE,
    add_page,
    paper,
    plan_of,
    planned,
    read_again,
    rendered,
    saved,
    shown_text,
)
from vks_plugin.court.bundle import write_addition, write_bundle
from vks_plugin.court.front import draw_front
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.manifest import as_text, manifest_of
from vks_plugin.court.plan import BundleDocument, VolumeLimits
from vks_plugin.court.stamping import STRIP
from vks_plugin.court.verification import Asked, State, verify
from vks_plugin.errors import BadInput


@pytest.fixture
def papers(tmp_path: Path) -> list[BundleDocument]:
    """Return six papers of one page each, in two sections."""
    source = paper(tmp_path / "a.pdf")
    return [
        planned(source, title=f"Tài liệu {number}", section=("01", "02")[number > 3], folio=number, key=str(number))
        for number in range(1, 7)
    ]


def test_numbers_run_on_through_volumes(papers: list[BundleDocument], tmp_path: Path) -> None:
    plan = plan_of(papers, limits=VolumeLimits(pages=4))
    result = write_bundle(plan, tmp_path / "tap.pdf")
    assert [each.path.name for each in result.volumes] == ["tap-1.pdf", "tap-2.pdf", "tap-3.pdf"]
    assert not (tmp_path / "tap.pdf").exists()
    assert all(one.last_page + 1 == next_.first_page for one, next_ in pairwise(result.volumes))
    assert result.volumes[-1].last_page == plan.page_count
    seen: list[str] = []
    for each in result.volumes:
        found = inspect_bundle(each.path, first_page=each.first_page)
        assert found.problems == []
        assert found.page_count <= 4
        # a reader's own page field shows the number that is stamped
        assert found.labels == [str(number) for number in range(each.first_page, each.last_page + 1)]
        text = shown_text(each.path, found.page_count)
        assert f"Tập hồ sơ {each.number}/3 – trang {each.last_page}/{plan.page_count}" in text
        seen += [folio for folio in found.folios if folio]
        assert f"Tập {each.number}/3" in shown_text(each.path, 1)
    assert seen == ["1", "2", "3", "4", "5", "6"]
    # the first volume lists everything and says where the rest is; a link leads only where this file goes
    master = " ".join(shown_text(result.volumes[0].path, 2).split())
    assert all(f"Tài liệu {number}" in master for number in range(1, 7))
    assert "(tập 2)" in master
    assert "(tập 3)" in master
    inside = sum(each.volume == 1 for each in plan.documents)
    assert len(inspect_bundle(result.volumes[0].path).links) == inside < 6
    # the same papers give the same bytes
    again = write_bundle(plan, tmp_path / "lai.pdf")
    assert [each.sha256 for each in again.volumes] == [each.sha256 for each in result.volumes]
    assert again.sha256 == result.sha256


def test_a_volume_keeps_to_its_weight_and_a_paper_stays_whole(tmp_path: Path) -> None:
    sources = [REAL / name for name in ("QDKhoiToVuAn.pdf", "LenhTamGiam.pdf", "BBHoiCungBiCan.pdf")]
    documents = [planned(path, size=path.stat().st_size) for path in sources]
    limit = max(each.size for each in documents) + 200_000
    result = write_bundle(plan_of(documents, limits=VolumeLimits(size=limit)), tmp_path / "tap.pdf")
    assert len(result.volumes) > 1
    assert all(each.size <= limit for each in result.volumes)
    with pytest.raises(BadInput, match=r"“BBHoiCungBiCan” nặng .* MB, quá mức"):
        plan_of([planned(sources[2], size=sources[2].stat().st_size)], limits=VolumeLimits(size=1000))
    # of a limit of pages, a longer paper takes a volume of its own
    plan = plan_of([dataclasses.replace(each, page_count=20) for each in documents], limits=VolumeLimits(pages=15))
    assert [len(volume.documents) for volume in plan.volumes] == [1, 1, 1]


@pytest.mark.parametrize("limits", [VolumeLimits(), VolumeLimits(pages=6)])
def test_what_comes_later_moves_no_page(limits: VolumeLimits, papers: list[BundleDocument], tmp_path: Path) -> None:
    before = plan_of(papers[:4], limits=limits)
    after = plan_of(papers[:4], late=[papers[4:5], papers[5:]], limits=limits)
    cited = {each.document.key: each.first_page for each in before.documents}
    assert {
        key: page for key, page in ((each.document.key, each.first_page) for each in after.documents) if key in cited
    } == cited
    assert after.documents[-1].last_page == after.page_count > before.page_count
    result = write_bundle(after, tmp_path / "tap.pdf")
    for each in result.volumes:
        assert inspect_bundle(each.path, first_page=each.first_page).problems == []
    # what was added last is a file of its own too, with the same numbers
    added = write_addition(after, tmp_path / "them.pdf")
    assert added is not None
    found = inspect_bundle(added.path, first_page=added.first_page)
    assert found.problems == []
    assert (added.last_page, found.page_count) == (after.page_count, 2)
    assert "BỔ SUNG LẦN 2" in shown_text(added.path, 1)
    assert f"trang {after.page_count}/{after.page_count}" in shown_text(added.path, 2)
    assert found.folios == ["", "6"]
    assert write_addition(before, tmp_path / "khong.pdf") is None
    with pytest.raises(BadInput, match="Không có tài liệu"):
        plan_of(papers[:4], late=[[]])
    # one that is too heavy for a file of its own is told before anything is written
    heavy = [dataclasses.replace(each, size=400_000) for each in papers[4:]]
    with pytest.raises(BadInput, match="Phần thêm lần 1 nặng quá mức"):
        plan_of(papers[:4], late=[heavy], limits=VolumeLimits(size=700_000))


def test_a_core_bundle_keeps_the_pages_of_the_main_one(papers: list[BundleDocument], tmp_path: Path) -> None:
    core = [dataclasses.replace(papers[0], main_page=125), dataclasses.replace(papers[4], main_page=230)]
    target = tmp_path / "loi.pdf"
    write_bundle(plan_of(core, heading="TẬP LÕI HỒ SƠ VỤ ÁN"), target)
    assert inspect_bundle(target).problems == []
    text = " ".join(shown_text(target, 3).split())
    assert "BL 1 · tập chính tr. 125" in text
    assert "trang 3/4" in text
    assert "(tập chính tr. 230)" in " ".join(shown_text(target, 2).split())
    assert "TẬP LÕI HỒ SƠ VỤ ÁN" in shown_text(target, 1)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("corner", ["top_right", "top_left", "bottom_right", "bottom_left"])
def test_a_folio_stands_in_the_corner_its_office_uses(corner: str, rotation: int, tmp_path: Path) -> None:
    """Seen as a reader sees it, turned page or not; and nothing of the page lies under it."""
    source = paper(tmp_path / "a.pdf", Rotate=rotation, CropBox=Array([40, 60, 520, 780]))
    target = tmp_path / "tap.pdf"
    write_bundle(plan_of([planned(source, folio=125, agency="CQĐT")], corner=corner), target)
    assert inspect_bundle(target).problems == []
    before, after = rendered(source, 1), rendered(target, 3)
    head = round(STRIP * SCALE) if corner.startswith("top") else 0
    assert after.height == before.height + round(STRIP * SCALE) + head
    inside = after.crop((4, head + 4, before.width - 4, head + before.height - 4))
    from PIL import ImageChops

    shown = ImageChops.difference(inside, before.crop((4, 4, before.width - 4, before.height - 4)))
    extent: Any = shown.getextrema()
    assert extent[1] < 60
    assert "BL 125 – CQĐT" in " ".join(shown_text(target, 3).split())
    # ink stands in that corner, and none in the one across
    band = (
        (0, 0, after.width, head) if head else (0, after.height - round(STRIP * SCALE) + 4, after.width, after.height)
    )
    strip = after.crop(band)
    half = strip.width // 3
    left, right = strip.crop((0, 0, half, strip.height)), strip.crop((strip.width - half, 0, strip.width, strip.height))
    marked = left if corner.endswith("left") else right
    assert marked.getextrema()[0] < 100  # type: ignore[operator]
    if head:
        empty = (right if marked is left else left).crop((0, 0, half, strip.height - 4))
        assert empty.getextrema() == (255, 255)


def test_sheets_show_whose_back_a_page_is(tmp_path: Path) -> None:
    source = REAL / "BBHoiCungBiCan.pdf"
    document = planned(source, folio_by_page={1: "20"}, back_by_page={2: "20"})
    target = tmp_path / "tap.pdf"
    write_bundle(plan_of([document]), target)
    assert "BL 20 (mặt sau)" in " ".join(shown_text(target, 4).split())
    assert "1 bút lục được dẫn trang" in shown_text(target, 1)


def test_a_range_of_large_page_numbers_is_cut_between_them(papers: list[BundleDocument], tmp_path: Path) -> None:
    """Of "10041–10060" a narrow column would else show "10041–100" above "60": another page."""
    plan = plan_of([dataclasses.replace(papers[0], page_count=10_000), dataclasses.replace(papers[1], page_count=20)])
    drawn, _areas = draw_front(plan, plan.parts[0], 1)
    path = tmp_path / "muc-luc.pdf"
    path.write_bytes(drawn)
    lines = [line.strip() for line in shown_text(path, 2).splitlines()]
    assert any(line.endswith("10003–") for line in lines), lines
    assert any(line.startswith("10022") for line in lines), lines


def test_two_papers_that_are_one_file_are_marked_and_one_folio_is_not_claimed_twice(
    papers: list[BundleDocument], tmp_path: Path
) -> None:
    # of a title too long for its cell the mark stays
    long = " về việc thu giữ, tạm giữ đồ vật, tài liệu" * 6
    same = [dataclasses.replace(each, sha256="a" * 64, title=each.title + long) for each in papers[:2]]
    target = tmp_path / "tap.pdf"
    write_bundle(plan_of([*same, papers[2]], notes=["Thiếu bút lục: 7–9."]), target)
    index = " ".join(shown_text(target, 2).split())
    assert index.count("trùng STT 1") == 1
    assert "Thiếu bút lục: 7–9." in shown_text(target, 1)
    with pytest.raises(BadInput, match="Bút lục 1 có ở cả “Tài liệu 1” và “Tài liệu 2”"):
        plan_of([papers[0], dataclasses.replace(papers[1], folio_by_page={1: "1"})])


def test_the_manifest_says_which_pages_came_from_which_file(papers: list[BundleDocument], tmp_path: Path) -> None:
    import hashlib

    plan = plan_of(papers, limits=VolumeLimits(pages=4))
    result = write_bundle(plan, tmp_path / "tap.pdf")
    told = json.loads(as_text(manifest_of(plan, result, tool="vks-plugin 1", checkpoint="note")))
    assert [each["sha256"] for each in told["volumes"]] == [
        hashlib.sha256(each.path.read_bytes()).hexdigest() for each in result.volumes
    ]
    source = hashlib.sha256(papers[0].path.read_bytes()).hexdigest()
    assert {each["source_sha256"] for each in told["documents"]} == {source}
    # every page is in the index, or in one document
    pages = [(each["first_page"], each["last_page"]) for each in (*told["documents"], *told["indexes"])]
    covered = sorted(page for first, last in pages for page in range(first, last + 1))
    assert covered == list(range(1, told["pages"] + 1))
    folios = {each["folio"]: each["page"] for row in told["documents"] for each in row["folios"]}
    for volume in result.volumes:
        found = inspect_bundle(volume.path, first_page=volume.first_page)
        for number, folio in enumerate(found.folios, start=volume.first_page):
            assert not folio or folios[folio] == number
    assert told["ledger_checkpoint"] == "note"
    # sheets are numbered on their fronts; whose folio a page is, is told whatever the stamp says
    with pikepdf.new() as pdf:
        add_page(pdf)
        add_page(pdf)
        source_of_two = saved(pdf, tmp_path / "hai.pdf")
    sheet = planned(source_of_two, folio_by_page={1: "7"}, back_by_page={2: "7"}, agency_by_page={1: "TA"})
    sheets = plan_of([sheet])
    mapped = json.loads(
        as_text(manifest_of(sheets, write_bundle(sheets, tmp_path / "to.pdf"), tool="x", checkpoint=""))
    )
    fields = ("folio", "back", "page", "agency")
    assert [tuple(each[name] for name in fields) for each in mapped["documents"][0]["folios"]] == [
        ("7", False, 3, "TA"),
        ("7", True, 4, "TA"),
    ]
    row = {row.number: row for row in verify([tmp_path / "to.pdf"], Asked(manifest=mapped))}[6]
    assert (row.state, row.sentence) == (State.MET, "1 bút lục, 1 mặt sau trong bảng kê đều ở đúng trang.")
    mapped["documents"][0]["folios"].pop()
    assert {row.number: row for row in verify([tmp_path / "to.pdf"], Asked(manifest=mapped))}[6].state == State.LOOK
    assert len(read_again(result.volumes[0].path).pages) == told["volumes"][0]["last_page"]
