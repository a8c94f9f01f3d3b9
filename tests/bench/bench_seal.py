"""How long a batch of digitisation takes to be sealed.

    python -m tests.bench.bench_seal [--host paperless] [--documents 500] [--kilobytes 1000]

One case has so many documents, each with an original and an archive copy of so many kilobytes and four pages with their
folios. The batch is scanned, checked, listed in an inventory and confirmed by the product's own actions; then it is sealed
as by the button, with the worker in the same process. `s` is from the request to the committed seal, so everything is in
it: what may stand in the way, reading, manifest, rows, ledger. Beside it stands reading the same files and hashing
them, once before and once after. A second connection looks at the batch all the while, as the page does, and notes each
number of documents it is told.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import platform
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import population

if TYPE_CHECKING:
    from vks_plugin.custody.models import DigitisationBatch

AIMED_AT = 20.0
"""Seconds for 500 documents."""
PAGES = 4
COLUMNS = (
    "database",
    "documents",
    "MiB",
    "reading and hashing s",
    "seal s",
    "ratio",
    "processor s",
    "at most s",
    "kept",
    "times told how far",
    "longest silence s",
)


def _written(path: Path, size: int) -> str:
    content = os.urandom(size)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def documents_of(case: Any, kind: Any, clerk: Any, count: int, size: int) -> list[Path]:
    """Write the documents of a case and their files; return where these lie."""
    from django.conf import settings

    from vks_plugin.cases.models import CaseDocument, Folio
    from vks_plugin.host.models import Document

    files = []
    rows = []
    for number in range(1, count + 1):
        name = f"bench/{number:05}.pdf"
        original, archive = Path(settings.ORIGINALS_DIR) / name, Path(settings.ARCHIVE_DIR) / name
        rows.append(
            Document(
                title=f"Biên bản số {number}",
                content="",
                mime_type="application/pdf",
                checksum=_written(original, size),
                archive_checksum=_written(archive, size),
                filename=name,
                archive_filename=name,
                page_count=PAGES,
                owner=clerk,
            )
        )
        files += [original, archive]
    Document.objects.bulk_create(rows, batch_size=200)
    filed = [
        CaseDocument(
            case=case,
            document=each,
            document_type=kind,
            part="hsva",
            title=each.title,
            sha256=each.checksum,
            page_count=PAGES,
            folio_from=1 + place * PAGES,
            folio_to=(place + 1) * PAGES,
            filed_by=clerk,
        )
        for place, each in enumerate(rows)
    ]
    CaseDocument.objects.bulk_create(filed, batch_size=200)
    numbers = itertools.count(1)
    Folio.objects.bulk_create(
        (
            Folio(case=case, case_document=each, number=next(numbers), page=page)
            for each in filed
            for page in range(1, PAGES + 1)
        ),
        batch_size=200,
    )
    return files


def _confirmed(count: int, size: int) -> tuple[DigitisationBatch, Any, list[Path]]:
    """Return a batch that waits for its seal, who digitises, and the files."""
    from tests import people as given
    from tests.custody.batches import batch_in
    from vks_plugin.cases.models import CaseFile
    from vks_plugin.custody import actions

    given.make_world()
    actions.ensure_key()
    people, kinds = given._people(), given._catalogue()
    case = CaseFile.objects.select_related("unit__parent").get()
    files = documents_of(case, kinds["BBHC"], people["clerk_kv1"], count, size)
    batch = batch_in("confirmed", given.FiledCase(case=case, documents=[], internal=None), people)  # type: ignore[arg-type]
    return batch, people["scanner_kv1"], files


def _hashed(files: list[Path]) -> float:
    from vks_plugin.hashing import sha256_of

    began = time.perf_counter()
    for path in files:
        sha256_of(path)
    return time.perf_counter() - began


class Watcher(threading.Thread):
    """Asks again and again how far a seal is."""

    def __init__(self, batch_id: int) -> None:
        super().__init__()
        self.batch_id = batch_id
        self.over = threading.Event()
        self.told: dict[int, float] = {}

    def run(self) -> None:
        from django.db import connection

        from vks_plugin.custody.models import DigitisationBatch

        try:
            while not self.over.wait(0.02):
                row = DigitisationBatch.objects.filter(pk=self.batch_id).values("seal_done", "seal_total").get()
                if row["seal_total"]:
                    self.told.setdefault(row["seal_done"], time.perf_counter())
        finally:
            connection.close()

    def longest_silence(self, began: float, ended: float) -> float:
        """Return the longest time in which nothing new was told."""
        times = [began, *sorted(self.told.values()), ended]
        return max(after - before for before, after in itertools.pairwise(times))


def measure(host: str, documents: int, kilobytes: int) -> int:
    """Seal once on the database this process is set up with."""
    population.set_up(host)
    from django.db import connection

    from tests import plugin
    from vks_plugin.custody import actions
    from vks_plugin.custody.models import SealManifest

    batch, actor, files = _confirmed(documents, kilobytes * 1000)
    before = _hashed(files)
    watcher = Watcher(batch.pk)
    watcher.start()
    began, used = time.perf_counter(), time.process_time()
    actions.request_seal(actor=actor, batch=batch)
    ended, used = time.perf_counter(), time.process_time() - used
    watcher.over.set()
    watcher.join()
    took, beside = ended - began, (before + _hashed(files)) / 2
    manifest = SealManifest.objects.get(batch=batch)
    whole = (manifest.documents, manifest.pages, manifest.folios) == (documents, documents * PAGES, documents * PAGES)
    kept = whole and took <= AIMED_AT * documents / 500
    size = sum(path.stat().st_size for path in files) / 2**20
    cells = [
        connection.vendor,
        f"{documents:,}",
        f"{size:,.0f}",
        f"{beside:.1f}",
        f"{took:.1f}",
        f"{took / beside:.2f}",
    ]
    cells += [f"{used:.1f}", f"{AIMED_AT * documents / 500:.0f}", "yes" if kept else "**no**"]
    cells += [str(len(watcher.told)), f"{watcher.longest_silence(began, ended):.1f}"]
    print("|", " | ".join(cells), "|", flush=True)
    connection.close()
    # a gigabyte that nobody asks for again
    shutil.rmtree(plugin.FOLDER, ignore_errors=True)
    return 0 if kept else 1


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--kilobytes", type=int, default=1000, help="of each original and of each archive copy")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="only this database, in this process")
    options = parser.parse_args(words)
    if options.engine is not None:
        return measure(options.host, options.documents, options.kilobytes)
    print(
        f"{options.host}, Python {platform.python_version()}, {os.cpu_count()} CPUs\n\n"
        f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|",
        flush=True,
    )
    return population.on_each_database(["tests.bench.bench_seal", *words], on_disk=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
