"""What the verifier says of a bundle of the demonstration: the table on the page for administrators.

Here and not among the tests of the verifier, since the real host recognises the words of scans.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.demonstration import ROOT, Demonstration, environment
from tests.documented import DOCS, as_markdown, compare_block
from vks_plugin.court import verification
from vks_plugin.court.verification import Asked, State, read_manifest, verify
from vks_plugin.management.commands.vks_verify_bundle import keys_in

CASE = "HS-QN-KV1-2025-0001"
_MAKES = """
from pathlib import Path
from django.core.management import call_command
from vks_plugin.cases.models import CaseFile
from vks_plugin.court.actions import documents_for
from vks_plugin.court.models import Bundle
from vks_plugin.management.actor import actor_of

code, folder = {code!r}, Path({folder!r})
case = CaseFile.objects.get(code=code)
actor = actor_of(case, None)
filed = [str(each.document_id) for each in documents_for(actor, case)]
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
"""
"""Makes a bundle to which the last two papers are added, twice, what it adds to, and the ledger's public key."""


def test_the_bundle_of_the_page_for_administrators_is_judged_as_it_says(
    demonstration: Demonstration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = _MAKES.format(code=CASE, folder=str(tmp_path))
    words = ["manage", "--data", str(demonstration.folder), "shell", "-c", script]
    subprocess.run([sys.executable, "-m", "vks_plugin.cli", *words], cwd=ROOT, env=environment(), check=True)
    real = demonstration.host == "paperless"
    if not real:
        # seconds for each scan, which this host leaves without words
        monkeypatch.setattr(verification, "knows_up", lambda: False)
    asked = Asked(
        read_manifest(tmp_path / "tap" / "bang-ke.json"),
        earlier=(tmp_path / "truoc.pdf",),
        again=tuple((tmp_path / "lai").glob("*.pdf")),
        ledger_keys=keys_in((tmp_path / "khoa").read_text(encoding="utf-8")),
    )
    rows = verify(list((tmp_path / "tap").glob("*.pdf")), asked)
    broken = {row.number for row in rows if row.state is State.BROKEN}
    assert broken <= (set() if real else {12})
    assert {row.state for row in rows if row.number in {6, 16, 27, 28, 30}} == {State.MET}
    if not (real and os.environ.get("WRITE_DOCUMENTATION")):
        # what others do in the demonstration meanwhile may change the figures, and no row
        return
    shown = [
        (str(row.number), row.name, row.source, verification.WORDS[row.state], row.sentence.replace("|", "/"))
        for row in rows
    ]
    heading = ("Số", "Yêu cầu", "Nguồn", "Kết quả", "Vì sao")
    compare_block(DOCS / "administrators.md", "judged-bundle", as_markdown(heading, *shown))
