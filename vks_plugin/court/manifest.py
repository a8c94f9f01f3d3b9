"""The list that goes with a bundle: which pages came from which file, with hashes, and what the ledger said then.

It lies beside the bundle and not in it: the same papers then give the same bytes on any day.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vks_plugin.court.bundle import BundleResult
from vks_plugin.court.plan import BundlePlan, PlannedDocument
from vks_plugin.hashing import sha256_of

FORMAT = 1
"""Raised when a reader of an older manifest would misread a newer one."""


def manifest_of(
    plan: BundlePlan, result: BundleResult, *, tool: str, checkpoint: str, signer: str = ""
) -> dict[str, Any]:
    """Return the manifest.

    Args:
        plan: what was planned.
        result: what was written.
        tool: name and version of the program.
        checkpoint: the newest signed head of the ledger, as a signed note; empty when there is none.
        signer: whom the key names that signs what was written; empty when nothing is signed.

    Raises:
        OSError: a source cannot be read any more.
    """
    request = plan.request
    hashes: dict[Path, str] = {}
    for planned in plan.documents:
        path = planned.document.path
        if path not in hashes:
            hashes[path] = sha256_of(path)
    return {
        "format": FORMAT,
        "tool": tool,
        "case": request.case_code,
        "title": request.title,
        "made_on": request.made_on.isoformat(),
        "pages": plan.page_count,
        "volumes": [each.as_data() for each in result.volumes],
        # what was added last, once more as a file of its own; it has the numbers it has in the volumes
        "addition": result.addition.as_data() if result.addition is not None else None,
        "indexes": [
            {
                "supplement": part.supplement,
                "first_page": part.first_page,
                "last_page": part.first_page + part.front_pages - 1,
            }
            for part in plan.parts
        ],
        "documents": [_row(planned, hashes[planned.document.path]) for planned in plan.documents],
        "ledger_checkpoint": checkpoint,
        # whose key signs the files and stands beside this list; none: nothing is signed
        "signer": signer or None,
    }


def _row(planned: PlannedDocument, source: str) -> dict[str, Any]:
    document = planned.document
    return {
        "row": planned.position,
        "document": document.key,
        "title": document.title,
        "volume": planned.volume,
        "first_page": planned.first_page,
        "last_page": planned.last_page,
        "source_sha256": source,
        "filed_sha256": document.sha256,
        "redacted": document.redacted,
        "same_as_row": planned.same_as or None,
        # of a document that shows the same in another file
        "alike_row": planned.alike or None,
        "folios": [_folio(planned, page) for page in sorted({*document.folio_by_page, *document.back_by_page})],
    }


def _folio(planned: PlannedDocument, page: int) -> dict[str, Any]:
    """Return a line of the mapping between the file's own numbers and the bundle's: of a front, or of the back of a sheet."""
    document = planned.document
    back = page not in document.folio_by_page
    return {
        "folio": document.back_by_page[page] if back else document.folio_by_page[page],
        "back": back,
        "page": planned.first_page + page - 1,
        "agency": document.agency_by_page.get(page - 1 if back else page, ""),
    }


def as_text(manifest: dict[str, Any]) -> str:
    """Return the manifest as it is written: one form for one content."""
    return json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
