"""A bundle that a reader in court would trip over is found out, whatever went wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from tests.court.papers import paper, plan_of, planned
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.inspection import inspect_bundle


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a bundle of two papers: cover, index, one page each."""
    target = tmp_path / "tap.pdf"
    papers = [paper(tmp_path / "a.pdf"), paper(tmp_path / "b.pdf", Rotate=90)]
    write_bundle(plan_of(planned(path, folio=number) for number, path in enumerate(papers, start=1)), target)
    return target


def test_a_sound_bundle_has_no_problems(good: Path) -> None:
    found = inspect_bundle(good)
    assert found.problems == []
    assert (found.page_count, found.labels, found.stamps) == (4, ["1", "2", "3", "4"], [1, 2, 3, 4])
    assert found.folios == ["", "", "1", "2"]
    assert found.links == [(2, 3), (2, 4)]
    assert [page for _depth, _title, page in found.outline] == [1, 2, 3, 3, 4]


def _labels_from_two(pdf: pikepdf.Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D, St=2)]))


def _roman_labels(pdf: pikepdf.Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name("/r"))]))


def _page_lost(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[2]


def _pages_swapped(pdf: pikepdf.Pdf) -> None:
    first, second = pdf.pages[2], pdf.pages[3]
    pdf.pages[2], pdf.pages[3] = second, first


def _page_added(pdf: pikepdf.Pdf) -> None:
    pdf.add_blank_page()


def _no_outline(pdf: pikepdf.Pdf) -> None:
    del pdf.Root["/Outlines"]


def _no_links(pdf: pikepdf.Pdf) -> None:
    del pdf.pages[1].obj["/Annots"]


def _link_to_nowhere(pdf: pikepdf.Pdf) -> None:
    annotations: Any = pdf.pages[1].obj.Annots
    annotations[0].Dest = Array([pdf.make_indirect(Dictionary(Type=Name.Page)), Name.Fit])


def _bookmark_to_nowhere(pdf: pikepdf.Pdf) -> None:
    outlines: Any = pdf.Root.Outlines
    outlines.First.Dest = Array([pdf.make_indirect(Dictionary(Type=Name.Page)), Name.Fit])


def _script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), Dictionary(S=Name.JavaScript)])))


def _attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"kem theo"


def _form(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]))


def _stamp_removed(pdf: pikepdf.Pdf) -> None:
    contents: Any = pdf.pages[2].obj.Contents
    contents[-1] = pdf.make_stream(b"Q")


DEFECTS: dict[str, tuple[Callable[[pikepdf.Pdf], None], str]] = {
    "labels from two": (_labels_from_two, "Trang 1 mang nhãn 2."),
    "roman labels": (_roman_labels, "Trang 1 mang nhãn i."),
    "a page lost": (_page_lost, "Trang 3 đóng số 4."),
    "pages swapped": (_pages_swapped, "Trang 3 đóng số 4."),
    "a page added": (_page_added, "Trang 5 đóng số None."),
    "no bookmarks": (_no_outline, "Tệp không có dấu trang."),
    "no links": (_no_links, "Mục lục không có liên kết."),
    "a link to nowhere": (_link_to_nowhere, "Liên kết ở trang 2 không dẫn đến trang nào."),
    "a bookmark to nowhere": (_bookmark_to_nowhere, "Dấu trang “Bìa (tr. 1)” không dẫn đến trang nào."),
    "a script": (_script, "Tệp còn chứa JavaScript."),
    "a file inside": (_attachment, "Tệp còn chứa EmbeddedFiles."),
    "a form": (_form, "Tệp còn chứa AcroForm."),
    "a stamp removed": (_stamp_removed, "Trang 3 đóng số None."),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(defect: str, good: Path, tmp_path: Path) -> None:
    spoil, sentence = DEFECTS[defect]
    spoiled = tmp_path / "hong.pdf"
    with pikepdf.open(good) as pdf:
        spoil(pdf)
        pdf.save(spoiled)
    assert sentence in inspect_bundle(spoiled).problems


def test_a_locked_bundle_is_found(good: Path, tmp_path: Path) -> None:
    with pikepdf.open(good) as pdf:
        pdf.save(tmp_path / "khoa.pdf", encryption=pikepdf.Encryption(user="", owner="chủ"))
    assert "Tệp bị mã hóa." in inspect_bundle(tmp_path / "khoa.pdf").problems


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_bundle_that_was_cut_off_is_found(share: float, good: Path, tmp_path: Path) -> None:
    data = good.read_bytes()
    (tmp_path / "cut.pdf").write_bytes(data[: int(len(data) * share)])
    assert inspect_bundle(tmp_path / "cut.pdf").problems


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_bundle_is_said_not_to_be_readable(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(content)
    assert any("Không đọc được tệp" in problem for problem in inspect_bundle(tmp_path / "x.pdf").problems)


def test_a_paper_that_is_no_bundle_is_found(tmp_path: Path) -> None:
    problems = inspect_bundle(paper(tmp_path / "a.pdf")).problems
    assert "Trang 1 đóng số None." in problems
    assert "Tệp không có dấu trang." in problems


def test_a_file_that_is_not_there_is_a_problem_and_no_fault(tmp_path: Path) -> None:
    assert inspect_bundle(tmp_path / "x.pdf").problems == ["Không đọc được tệp: FileNotFoundError."]
