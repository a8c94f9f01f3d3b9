"""A file on its way in, and what is to be said of its document."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, TypedDict

import magic


@dataclass
class DocumentMetadataOverrides:
    """What the document is to have instead of what the file itself says; None leaves it to the file."""

    filename: str | None = None
    title: str | None = None
    correspondent_id: int | None = None
    document_type_id: int | None = None
    tag_ids: list[int] | None = None
    storage_path_id: int | None = None
    created: dt.date | None = None
    asn: int | None = None
    owner_id: int | None = None
    view_users: list[int] | None = None
    view_groups: list[int] | None = None
    change_users: list[int] | None = None
    change_groups: list[int] | None = None
    custom_fields: dict[int, Any] | None = None


class DocumentSource(IntEnum):
    """Where a file came from."""

    ConsumeFolder = 1
    ApiUpload = 2
    MailFetch = 3
    WebUI = 4


@dataclass
class ConsumableDocument:
    """A file to be taken in; its kind is read from its first bytes."""

    source: DocumentSource
    original_file: Path
    # None until the file was looked at, as in the host
    mime_type: str = field(init=False, default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Find the file and its kind.

        Raises:
            FileNotFoundError: there is no such file.
        """
        self.original_file = Path(self.original_file).resolve()
        self.mime_type = magic.from_file(str(self.original_file), mime=True)


class ConsumeFileSuccessResult(TypedDict):
    """What `consume_file` returns for a file it made a document of."""

    document_id: int
