"""What the demonstration's sealed case takes to court: judged, shown with the network off, opened by other programs.

Here and not among the tests of the verifier, since the real host recognises the words of scans.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from tests.browser.demonstration import ROOT, Demonstration, becomes, environment
from tests.browser.screen import goes_to, shown_sha256
from tests.documented import DOCS, as_markdown, compare_block
from tests.libreoffice import in_libreoffice
from vks_plugin.court import verification
from vks_plugin.court.deck.rendering import opened, render
from vks_plugin.court.verification import Asked, State, read_manifest, verify
from vks_plugin.management.commands.vks_verify_bundle import keys_in

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

CASE = "HS-QN-KV3-2025-0001"
LEAD = "ksv1.kv3"
_SEALED_WITHIN = 600
_MAKES = """
import json
from pathlib import Path
from django.core.management import call_command
from vks_plugin.cases.models import CaseFile
from vks_plugin.court.actions import documents_for
from vks_plugin.court.models import Bundle
from vks_plugin.custody.models import SealManifest
from vks_plugin.host.files import readable_pdf
from vks_plugin.management.actor import actor_of

code, folder = {code!r}, Path({folder!r})
case = CaseFile.objects.get(code=code)
actor = actor_of(case, None)
papers = list(documents_for(actor, case))
filed = [str(each.document_id) for each in papers]
call_command("vks_bundle", "--case", code, "--store", "--user", actor.username, "--documents", *filed[:-2])
earlier = Bundle.objects.latest("created_at")
(folder / "truoc.pdf").write_bytes(earlier.path.read_bytes())
call_command("vks_ledger", "checkpoint")
for place in (folder / "tap", folder / "lai"):
    place.mkdir()
    out, manifest = place / f"{{code}} Toàn bộ 2026-05-04.pdf", place / "bang-ke.json"
    words = ("--case", code, "--preset", "bo_sung", "--earlier", str(earlier.pk), "--out", str(out))
    call_command("vks_bundle", *words, "--manifest", str(manifest))
with (folder / "khoa").open("w") as stream:
    call_command("vks_ledger", "key", stdout=stream)
for out, form in (("goi", "html"), ("goi.pptx", "pptx")):
    call_command("vks_deck", "--case", code, "--presentation", "1", "--format", form, "--out", str(folder / out))
(folder / "niem-phong.json").write_bytes(bytes(SealManifest.objects.get(case=case).line))
lie = {{each.document_id: str(readable_pdf(each.document)) for each in papers}}
(folder / "tep.json").write_text(json.dumps(lie))
"""
"""Makes a bundle to which the last two papers are added, twice, what it adds to, the ledger's public key, and decks of the
presentation; writes what the seal says, and where the documents lie."""


@pytest.fixture(scope="module")
def taken(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what is taken to court, as soon as the file is sealed and its presentation made."""
    shown = f"/api/vks/cases/{CASE}/presentations/"
    assert becomes(lambda: bool(demonstration.ask(shown, LEAD)["results"]), True, within=_SEALED_WITHIN)
    folder = tmp_path_factory.mktemp("taken")
    script = _MAKES.format(code=CASE, folder=str(folder))
    words = ["manage", "--data", str(demonstration.folder), "shell", "-c", script]
    subprocess.run([sys.executable, "-m", "vks_plugin.cli", *words], cwd=ROOT, env=environment(), check=True)
    return folder


def _bundle(taken: Path) -> Path:
    return next((taken / "tap").glob("*.pdf"))


def test_the_bundle_of_the_page_for_administrators_is_judged_as_it_says(
    demonstration: Demonstration, taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = demonstration.host == "paperless"
    if not real:
        # seconds for each scan, which this host leaves without words
        monkeypatch.setattr(verification, "knows_up", lambda: False)
    asked = Asked(
        read_manifest(taken / "tap" / "bang-ke.json"),
        earlier=(taken / "truoc.pdf",),
        again=tuple((taken / "lai").glob("*.pdf")),
        deck=taken / "goi",
        ledger_keys=keys_in((taken / "khoa").read_text(encoding="utf-8")),
    )
    rows = verify(list((taken / "tap").glob("*.pdf")), asked)
    broken = {row.number for row in rows if row.state is State.BROKEN}
    assert broken <= (set() if real else {12})
    assert {row.state for row in rows if row.number in {6, 16, 27, 28, 30, 31, 32}} == {State.MET}
    if not (real and os.environ.get("WRITE_DOCUMENTATION")):
        # what others do in the demonstration meanwhile may change the figures, and no row
        return
    shown = [
        (str(row.number), row.name, row.source, verification.WORDS[row.state], row.sentence.replace("|", "/"))
        for row in rows
    ]
    heading = ("Số", "Yêu cầu", "Nguồn", "Kết quả", "Vì sao")
    compare_block(DOCS / "administrators.md", "judged-bundle", as_markdown(heading, *shown))


def test_at_a_hearing_a_folio_typed_shows_the_page_that_was_sealed(offline: BrowserContext, taken: Path) -> None:
    """From the number that is typed to the bytes that were sealed: the seal, not the deck, says which page is the right one."""
    seal = json.loads((taken / "niem-phong.json").read_text(encoding="utf-8"))
    sealed = {folio: (each, page) for each in seal["documents"] for folio, page in each["folios"]}
    lie = json.loads((taken / "tep.json").read_text(encoding="utf-8"))
    manifest = json.loads((taken / "goi" / "manifest.json").read_text(encoding="utf-8"))
    redacted = {entry["folio"] for entry in manifest["pages"] if entry["redaction"]}
    page = offline.new_page()
    page.goto((taken / "goi" / "index.html").as_uri())
    foot = page.locator(".strip-foot")
    # an exhibit, one of several pages, and one that nobody planned to show
    for folio in ("1", "8", "4"):
        document, number = sealed[folio]
        file = Path(lie[str(document["document"])])
        assert hashlib.sha256(file.read_bytes()).hexdigest() in {document["sha256"], document["archive_sha256"]}
        goes_to(page, folio)
        expect(foot).to_contain_text(f"BL {folio} · {document['title']}, trang {number}/{document['pages']}")
        expect(foot).to_contain_text(f"HSVA số {CASE}")
        with opened(file) as pdf:
            assert shown_sha256(page, taken / "goi") == hashlib.sha256(render(pdf, number).jpeg).hexdigest()
    # a redacted copy is no sealed page, says so, and names the one it stands for
    (folio, *_others) = sorted(redacted)
    goes_to(page, folio)
    expect(foot).to_contain_text("đã che")
    (entry,) = (each for each in manifest["pages"] if each["folio"] == folio)
    document, number = sealed[folio]
    assert entry["original_sha256"] in {document["sha256"], document["archive_sha256"]}
    with opened(Path(lie[str(document["document"])])) as pdf:
        assert shown_sha256(page, taken / "goi") != hashlib.sha256(render(pdf, number).jpeg).hexdigest()
    # what is not in the deck is not shown for something else
    goes_to(page, "19")
    expect(page.get_by_role("status")).to_contain_text("không có BL 19")


def test_the_bundle_opens_in_a_browser_without_a_network_at_the_page_asked_for(
    offline: BrowserContext, taken: Path
) -> None:
    file = _bundle(taken)
    with pypdfium2.PdfDocument(file) as pdf:
        # the size at which pages are told apart, and words are not
        drawn = [pdf[place].render(scale=0.5).to_pil().convert("L").resize((150, 212)) for place in range(len(pdf))]
    last = len(drawn) - 1
    for wanted in (0, 4, last):
        page = offline.new_page()
        page.set_viewport_size({"width": 900, "height": 1100})
        page.goto(f"{file.as_uri()}#page={wanted + 1}&view=Fit&toolbar=0")

        def nearest(page: Any = page) -> int:
            seen = Image.open(io.BytesIO(page.screenshot())).convert("L")
            paper = seen.point(lambda shade: 255 if shade > 200 else 0).getbbox()
            if paper is None:
                return -1
            sheet = seen.crop(paper).resize((150, 212))
            unlike = [ImageStat.Stat(ImageChops.difference(sheet, each)).mean[0] for each in drawn]
            return unlike.index(min(unlike)) if min(unlike) < 5 else -1

        assert becomes(nearest, wanted, within=30) == wanted
        page.close()


def _stamped(taken: Path) -> dict[str, int]:
    """Return on which page of the bundle each folio stands, as its manifest says."""
    rows = read_manifest(taken / "tap" / "bang-ke.json")["documents"]
    return {str(each["folio"]): int(each["page"]) for row in rows for each in row["folios"]}


def test_other_programs_read_the_same_numbers_in_the_bundle(taken: Path) -> None:
    """Its labels are what is stamped, and each folio stands on the page the manifest names."""
    bundle = pypdf.PdfReader(_bundle(taken))
    words = [" ".join(page.extract_text().split()) for page in bundle.pages]
    assert bundle.page_labels == [str(number) for number in range(1, len(words) + 1)]
    stamped = _stamped(taken)
    assert {"1", "8", "19"} <= stamped.keys()
    for folio, number in stamped.items():
        assert re.search(rf"BL {folio}\b.*\b{number}\b|\b{number}\b.*BL {folio}\b", words[number - 1]), (folio, number)


@pytest.mark.libreoffice
def test_libreoffice_opens_bundle_and_deck_with_every_page_and_its_citation(taken: Path, tmp_path: Path) -> None:
    def inside(file: Path) -> list[str]:
        # it spaces letters as it likes
        return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(in_libreoffice(file, tmp_path)).pages]

    bundle = inside(_bundle(taken))
    assert len(bundle) == len(pypdf.PdfReader(_bundle(taken)).pages)
    for folio, number in _stamped(taken).items():
        assert re.search(rf"BL{folio}(?!\d)", bundle[number - 1]), folio
    deck = inside(taken / "goi.pptx")
    shown = {entry["folio"] for entry in json.loads((taken / "goi" / "manifest.json").read_text())["pages"]}
    assert {"1", "4", "8"} <= shown
    for folio in shown:
        assert any(re.search(rf"BL{folio}(?!\d)", slide) for slide in deck), folio
    assert all("HSVAsố" + CASE in slide for slide in deck if "BL" in slide)
