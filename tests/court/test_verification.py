"""A stranger's bundle and ours are judged by the same rules, by code that knows nothing of the writer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdf
import pytest
from django.core.management import call_command
from pikepdf import Array, Dictionary, Name, String

from tests.court.papers import REAL, paper, plan_of, planned
from tests.court.test_inspection import DEFECTS
from vks_plugin.court.bundle import write_bundle
from vks_plugin.court.manifest import as_text, manifest_of
from vks_plugin.court.plan import VolumeLimits
from vks_plugin.court.verification import Asked, Row, State, is_sound, verify

NAME = "HS-QN-KV1-2026-0001 Toan bo 2026-05-04"


def judged(*paths: Path, asked: Asked | None = None) -> dict[int, Row]:
    return {row.number: row for row in verify(paths, asked)}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of two real papers."""
    target = tmp_path_factory.mktemp("tap") / f"{NAME}.pdf"
    papers = [planned(REAL / "QDKhoiToVuAn.pdf", folio=1), planned(REAL / "LenhTamGiam.pdf", section="02", folio=9)]
    write_bundle(plan_of(papers), target)
    return target


def test_a_sound_bundle_with_its_manifest_and_an_addition_meets_every_row(good: Path, tmp_path: Path) -> None:
    papers = [planned(REAL / "QDKhoiToVuAn.pdf", folio=1), planned(REAL / "LenhTamGiam.pdf", section="02", folio=9)]
    late = [[planned(REAL / "BBNiemPhong.pdf", section="03", folio=11)]]
    plan = plan_of(papers, late=late, limits=VolumeLimits(pages=6))
    result = write_bundle(plan, tmp_path / f"{NAME}.pdf")
    assert len(result.volumes) == 2
    manifest = json.loads(as_text(manifest_of(plan, result, tool="x", checkpoint="note")))
    paths = [each.path for each in result.volumes]
    rows = judged(*paths, asked=Asked(manifest, good, ("Nguyễn Văn Không Có",), 5))
    assert is_sound(rows.values())
    told = {number for number, row in rows.items() if row.state == State.MET}
    # reading order is not marked, nobody signed; two rows are for eyes
    assert set(rows) - told == {13, 23, 26, 29}
    # in the wrong order, without its second volume, against another manifest, or another earlier bundle: found out
    assert judged(*reversed(paths))[4].state == State.BROKEN
    assert judged(paths[0], asked=Asked(manifest))[28].state == State.BROKEN
    manifest["documents"][0]["folios"][0]["page"] += 1
    assert judged(*paths, asked=Asked(manifest))[6].state == State.BROKEN
    other = tmp_path / "khac.pdf"
    write_bundle(plan_of(reversed(papers)), other)
    assert judged(*paths, asked=Asked(earlier=other))[16].state == State.BROKEN
    assert judged(*paths, asked=Asked(absent=("khởi  tố VỤ án",)))[25].state == State.BROKEN
    assert judged(*paths, asked=Asked(absent=("trộm cắp tài sản",)))[25].pages


def _over_words(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[2]
    page.obj.Resources.Font.F9 = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    y = float(page.obj.MediaBox[1]) + 7.5
    page.contents_add(pdf.make_stream(b"BT /F9 9 Tf 1 0 0 1 470 %f Tm (mat dong duoi so) Tj ET" % y))


def _launching(pdf: pikepdf.Pdf) -> None:
    pdf.pages[2].obj.Annots = Array(
        [
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([0, 0, 9, 9]),
                    A=Dictionary(S=Name.Launch, F=String("x")),
                )
            )
        ]
    )


def _zooming(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Outlines.First.Dest[1] = Name.Fit


def _without_page_in_bookmark(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Outlines.Last.Title = String("Nhóm cuối")


FOUND: dict[str, tuple[Callable[[pikepdf.Pdf], None], int, State]] = {
    "labels from two": (DEFECTS["labels from two"][0], 3, State.BROKEN),
    "a page lost": (DEFECTS["a page lost"][0], 3, State.BROKEN),
    "a page added": (DEFECTS["a page added"][0], 2, State.BROKEN),
    "no bookmarks": (DEFECTS["no bookmarks"][0], 10, State.BROKEN),
    "a link to nowhere": (DEFECTS["a link to nowhere"][0], 9, State.BROKEN),
    "no links": (DEFECTS["no links"][0], 8, State.BROKEN),
    "a script": (DEFECTS["a script"][0], 19, State.BROKEN),
    "a file inside": (DEFECTS["a file inside"][0], 19, State.BROKEN),
    "a form": (DEFECTS["a form"][0], 19, State.BROKEN),
    "a program started": (_launching, 19, State.BROKEN),
    "a number over words": (_over_words, 7, State.LOOK),
    "a bookmark that zooms": (_zooming, 11, State.BROKEN),
    "a bookmark without its page": (_without_page_in_bookmark, 10, State.LOOK),
    "a font that is not inside": (_over_words, 21, State.LOOK),
}


@pytest.mark.parametrize("defect", FOUND)
def test_a_defect_breaks_its_row(defect: str, good: Path, tmp_path: Path) -> None:
    spoil, number, state = FOUND[defect]
    assert judged(good)[number].state == State.MET
    spoiled = tmp_path / f"{NAME}.pdf"
    with pikepdf.open(good) as pdf:
        spoil(pdf)
        pdf.save(spoiled)
    row = judged(spoiled)[number]
    assert row.state == state, row
    assert row.sentence.endswith(".")


def test_a_bundle_of_another_program_is_judged_by_the_same_rules(tmp_path: Path) -> None:
    """Merged, numbered and bookmarked by a program that is not ours."""
    writer = pypdf.PdfWriter()
    for name in ("QDKhoiToVuAn.pdf", "LenhTamGiam.pdf"):
        writer.append(REAL / name, outline_item=name)
    target = tmp_path / "ghep.pdf"
    writer.write(target)
    rows = judged(target)
    assert not is_sound(rows.values())
    assert {number for number, row in rows.items() if row.state == State.BROKEN} >= {2, 3, 8}
    assert rows[10].state == State.LOOK
    assert rows[1].state == State.MET
    assert judged(paper(tmp_path / "a.pdf"))[10].state == State.BROKEN
    for content in (b"", b"%PDF-1.7\n%%EOF", b"PK\x03\x04"):
        (tmp_path / "x.pdf").write_bytes(content)
        assert "Không đọc được x.pdf" in judged(tmp_path / "x.pdf")[1].sentence


def test_the_command_tells_scripts_and_people(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vks_verify_bundle", str(good), json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["sound"], told["files"]) == (True, [str(good)])
    assert {row["row"] for row in told["rows"]} >= {1, 2, 3, 9, 10, 19, 28}
    shutil.copyfile(paper(tmp_path / "a.pdf"), tmp_path / "b.pdf")
    with pytest.raises(SystemExit) as ended:
        call_command("vks_verify_bundle", str(tmp_path / "b.pdf"))
    assert ended.value.code == 1
    assert "KHÔNG ĐẠT" in capsys.readouterr().out
