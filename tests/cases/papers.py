"""Documents of a case for tests of folios: filed from the DMS by the product's own act."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from django.contrib.auth.models import User

from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing import actions as filing
from vks_plugin.host.models import Document

_numbers = itertools.count(1)


def paper(
    case: CaseFile,
    document_type: CatalogueType | None,
    pages: int | None = 1,
    *,
    actor: User | None = None,
    part: str | None = None,
    content: bytes | None = None,
    **said: Any,
) -> CaseDocument:
    """File a new document of so many pages; it has no folios unless they are named, and no file without `content`."""
    number = next(_numbers)
    actor = actor or User.objects.get(username="prosecutor_kv1")
    document = Document.objects.create(
        title=f"Tài liệu {number}",
        content="",
        mime_type="application/pdf",
        checksum=f"papers{number:058x}",
        page_count=pages,
        owner=actor,
    )
    if content is not None:
        document.filename = f"papers-{number}.pdf"
        document.save()
        document.source_path.parent.mkdir(parents=True, exist_ok=True)
        document.source_path.write_bytes(content)
    values: dict[str, Any] = {"date": dt.date(2026, 3, 2)}
    return filing.adopt(
        actor=actor, case=case, document=document, document_type=document_type, part=part, **(values | said)
    )
