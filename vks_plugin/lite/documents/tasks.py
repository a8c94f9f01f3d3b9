"""Work done by the task queue."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from documents.consumer import ConsumerPlugin
from documents.data_models import ConsumableDocument, ConsumeFileSuccessResult, DocumentMetadataOverrides


@shared_task(bind=True)
def consume_file(
    self: Any, input_doc: ConsumableDocument, overrides: DocumentMetadataOverrides | None = None
) -> ConsumeFileSuccessResult:
    """Make a document of a file; the file is gone once that is done.

    Raises:
        ConsumerError: no document was made and the file is where it was; its cause says why.
    """
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        metadata = overrides or DocumentMetadataOverrides()
        return ConsumerPlugin(input_doc, metadata, None, Path(folder), self.request.id).run()
