"""How long a deck of many exhibits takes to make, to open from a stick, and to jump to a folio in.

    python -m tests.bench.bench_deck [--exhibits 300] [--jumps 20]

The exhibits are copies of the demonstration's real forms and scans, each with a hash of its own, filed in a case with a folio on
every page and a protected witness whose name is looked for on all of them. The deck is asked for as the page does, which
looks for what stands in the way, and made as the worker does: pictures, manifest, ZIP, hash, entry in the ledger. What is kept
of hashes and texts between two decks is not there yet. The ZIP is unpacked and opened by Chromium as a file, without a network:
until the first slide stands on the screen, and from the Enter after a folio's number until its picture is decoded and drawn.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import random
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from tests.bench import population

BUILT, OPENED, JUMPED = 60.0, 2.0, 0.3
"""Seconds, at the most."""
_MEBIBYTE = 1024 * 1024


def file_exhibits(count: int) -> Any:
    """File so many papers in a case; return a presentation that shows each on a slide of its own, all pages of it."""
    import pikepdf
    from django.conf import settings
    from django.contrib.auth.models import User

    import vks_plugin
    from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile, CasePerson, CatalogueType, Folio
    from vks_plugin.court.deck.actions import create_presentation
    from vks_plugin.court.deck.models import Slide
    from vks_plugin.hashing import sha256_of
    from vks_plugin.host.models import Document
    from vks_plugin.host.permissions import Grant, write_grants
    from vks_plugin.organization.actions import ensure_service_account, service_account_id
    from vks_plugin.organization.models import Appointment

    clerk = User.objects.create_user("clerk")
    lead = User.objects.create_user("lead", last_name="Nguyễn Văn", first_name="Lập")
    population.fill(1, population.offices(), clerk)
    case = CaseFile.objects.get()
    today = dt.datetime.now(tz=dt.UTC).date()
    Appointment.objects.create(user=lead, unit=case.unit, role="prosecutor", starts_on=today)
    Assignment.objects.create(case=case, user=lead, role="prosecutor_lead", starts_on=today, assigned_by=clerk)
    CasePerson.objects.create(case=case, role="witness", full_name="Quách Thị Khuyết Danh", is_protected=True)
    kind = CatalogueType.objects.create(
        code="KLGD", name="Kết luận giám định", group_code="04", group_name="Giám định", position=1, part="hsva"
    )
    ensure_service_account()
    owner = User.objects.get(pk=service_account_id())
    forms = sorted((Path(vks_plugin.__file__).parent / "fixtures/demo/files").glob("*.pdf"))
    folio = 0
    filed: list[CaseDocument] = []
    for number in range(count):
        content = forms[number % len(forms)].read_bytes() + f"\n% {number}".encode("ascii")
        name = f"{number:07d}.pdf"
        path = Path(settings.ORIGINALS_DIR) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        with pikepdf.open(path) as pdf:
            pages = len(pdf.pages)
        paper = Document.objects.create(
            title=f"Chứng cứ {number + 1}",
            mime_type="application/pdf",
            checksum=f"{number:064x}",
            filename=name,
            owner=owner,
            page_count=pages,
        )
        row = CaseDocument.objects.create(
            case=case,
            document=paper,
            document_type=kind,
            part="hsva",
            title=paper.title,
            sha256=sha256_of(path),
            filed_by=clerk,
            page_count=pages,
            folio_from=folio + 1,
            folio_to=folio + pages,
        )
        Folio.objects.bulk_create(
            Folio(case=case, case_document=row, page=page, number=folio + page) for page in range(1, pages + 1)
        )
        folio += pages
        filed.append(row)
    write_grants({row.document_id: frozenset({Grant("user", lead.pk, "view")}) for row in filed}, owner_id=owner.pk)
    made = create_presentation(actor=lead, case=case, title="Phiên tòa")
    Slide.objects.bulk_create(
        Slide(presentation=made, position=place, kind="but_luc", title=row.title, case_document=row)
        for place, row in enumerate(filed, 1)
    )
    return made


def confirmed(presentation: Any) -> int:
    """Have a leader answer for what nobody could read, as it has to be; return for how many slides."""
    from django.contrib.auth.models import User

    from vks_plugin.court.deck.actions import confirm_slide
    from vks_plugin.court.deck.queries import obstacles_of, slides_of
    from vks_plugin.organization.models import Appointment

    chief = User.objects.create_user("chief")
    today = dt.datetime.now(tz=dt.UTC).date()
    Appointment.objects.create(user=chief, unit=presentation.case.unit, role="chief_procurator", starts_on=today)
    slides = slides_of(presentation)
    waiting = [each for each in obstacles_of(presentation.created_by, presentation) if each.confirmable and each.slide]
    for each in waiting:
        slide = slides[(each.slide or 1) - 1]
        confirm_slide(actor=chief, presentation=presentation, slide_id=slide.pk, fingerprint=each.fingerprint)
    return len(waiting)


def build(presentation: Any) -> tuple[Any, float, float]:
    """Ask for the deck and make it; return it, and the seconds by the clock and of processor time."""
    from vks_plugin.court.deck import queries, rendering
    from vks_plugin.court.deck.actions import request_deck

    for kept in (rendering._hash_of, rendering._text_of, queries._pages_left):
        kept.cache_clear()
    began, worked = time.perf_counter(), time.process_time()
    export = request_deck(actor=presentation.created_by, presentation=presentation)
    took = time.perf_counter() - began, time.process_time() - worked
    export.refresh_from_db()
    if export.status != "done":
        sys.exit(f"no deck: {export.error}")
    return export, *took


def look(folder: Path, folios: list[str]) -> tuple[float, list[float]]:
    """Open a deck and jump to these folios; return the seconds until the first slide, and of each jump."""
    from playwright.sync_api import sync_playwright

    from tests.browser.desk import ARGUMENTS, CHROMIUM, SCREEN

    width, height = SCREEN
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        page = context.new_page()
        began = time.perf_counter()
        page.goto((folder / "index.html").as_uri(), wait_until="commit")
        page.wait_for_function(
            "() => { const i = document.querySelector('.page-image'); return i && i.complete && i.naturalWidth; }"
        )
        opened = time.perf_counter() - began
        jumps = []
        for folio in folios:
            page.keyboard.type(folio)
            began = time.perf_counter()
            page.keyboard.press("Enter")
            page.wait_for_function(
                "folio => { const i = document.querySelector('.page-image');"
                " return i && i.alt === `BL ${folio}` && i.complete && i.naturalWidth && i.decode().then(() => true); }",
                arg=folio,
            )
            jumps.append(time.perf_counter() - began)
        browser.close()
    return opened, jumps


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exhibits", type=int, default=300)
    parser.add_argument("--jumps", type=int, default=20)
    options = parser.parse_args()
    os.environ["VKS_DECK_UNSEALED"] = "true"
    population.set_up()
    presentation = file_exhibits(options.exhibits)
    unread = confirmed(presentation)
    export, built, worked = build(presentation)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as place:
        with zipfile.ZipFile(export.path) as archive:
            archive.extractall(place)
        (folder,) = Path(place).iterdir()
        chosen = random.Random(7).sample(range(1, export.total + 1), options.jumps)
        opened, jumps = look(folder, [str(each) for each in chosen])
    print(f"Python {platform.python_version()}, {options.exhibits} exhibits, {unread} of them confirmed")
    print(
        "| exhibits | pages | MiB | built s | at most | processor s | peak MiB | opened s | at most | jump s | slowest s | at most |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    size = export.path.stat().st_size / _MEBIBYTE
    print(
        f"| {options.exhibits} | {export.total} | {size:.0f} | {built:.1f} | {BUILT:.0f} | {worked:.1f} | {peak:.0f} |"
        f" {opened:.2f} | {OPENED:.0f} | {statistics.median(jumps):.2f} | {max(jumps):.2f} | {JUMPED} |"
    )
    sys.exit(0 if built <= BUILT and opened <= OPENED and max(jumps) <= JUMPED else 1)


if __name__ == "__main__":
    main()
