"""The host's own answer to its signals."""

from __future__ import annotations

from typing import Any

from documents.models import Document
from documents.search import get_backend


def add_to_index(sender: Any, document: Document, **kwargs: Any) -> None:
    """Make a consumed document findable, for those its owner and grants name at this moment."""
    get_backend().add_or_update(document, effective_content=document.get_effective_content())
