"""The host's models that the plugin works with."""

from documents.models import CustomField, CustomFieldInstance, Document, DocumentType, Note, StoragePath
from documents.signals import document_consumption_finished, document_updated

__all__ = [
    "CustomField",
    "CustomFieldInstance",
    "Document",
    "DocumentType",
    "Note",
    "StoragePath",
    "document_consumption_finished",
    "document_updated",
]
