"""Handing files to the host for consumption."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from documents.data_models import ConsumableDocument, DocumentMetadataOverrides, DocumentSource
from documents.tasks import consume_file


@dataclass(frozen=True)
class Intake:
    """A file and everything its document has from the first moment.

    Owner and grants travel with the file, so that they are set before the host
    writes its index: at no time can anyone else read or find it.
    """

    path: Path
    """The host deletes this file once it has stored it."""
    filename: str
    """Shows in the host's logs and task list, so it must say nothing about the case."""
    owner_id: int
    view_users: Collection[int]
    view_groups: Collection[int]
    change_users: Collection[int]
    created: dt.date | None = None
    host_type_id: int | None = None
    storage_path_id: int | None = None
    custom_fields: dict[int, str] = field(default_factory=dict)


def submit(intake: Intake) -> str:
    """Queue the file and return the task's id (empty when the queue gives none).

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    overrides = DocumentMetadataOverrides(
        filename=intake.filename,
        # the true title is set when the document is filed: the host expands placeholders in this one
        title="-",
        created=intake.created,
        document_type_id=intake.host_type_id,
        storage_path_id=intake.storage_path_id,
        owner_id=intake.owner_id,
        view_users=sorted(intake.view_users),
        view_groups=sorted(intake.view_groups),
        change_users=sorted(intake.change_users),
        change_groups=[],
        custom_fields=intake.custom_fields or None,
    )
    document = ConsumableDocument(source=DocumentSource.ApiUpload, original_file=intake.path)
    result = consume_file.apply_async(
        kwargs={"input_doc": document, "overrides": overrides}, headers={"trigger_source": "api_upload"}
    )
    return str(result.id or "")
