"""What the plugin needs to exist in the host: a custom field, a storage path, document types."""

from __future__ import annotations

from collections.abc import Iterable

from documents.models import CustomField, CustomFieldInstance, Document, DocumentType, MatchingModel, StoragePath

CASE_CODE_FIELD = "Mã vụ án"
"""Name of the text field that ties a document to a case.

A text field, not a selection: options of a selection are readable by everybody.
"""

STORAGE_PATH = "Hồ sơ vụ án"
STORAGE_TEMPLATE = "ho-so-vu-an/{{ doc_pk }}"
"""Nothing of a case in paths or names of files."""


def ensure_case_code_field() -> tuple[int, bool]:
    """Return the id of the field, and whether it was made just now."""
    field, made = CustomField.objects.get_or_create(
        name=CASE_CODE_FIELD, defaults={"data_type": CustomField.FieldDataType.STRING}
    )
    return field.pk, made


def case_code_field_id() -> int | None:
    """Return the id of the field, or None before it is provisioned or after somebody removed it."""
    return (
        CustomField.objects.filter(name=CASE_CODE_FIELD, data_type=CustomField.FieldDataType.STRING)
        .values_list("pk", flat=True)
        .first()
    )


def ensure_storage_path() -> tuple[int, bool]:
    """Return the id of the storage path for case documents, and whether it was made just now."""
    path, made = StoragePath.objects.get_or_create(
        name=STORAGE_PATH,
        defaults={"path": STORAGE_TEMPLATE, "matching_algorithm": MatchingModel.MATCH_NONE},
    )
    return path.pk, made


def storage_path_id() -> int | None:
    """Return the id of the storage path for case documents, if it is provisioned."""
    return StoragePath.objects.filter(name=STORAGE_PATH).values_list("pk", flat=True).first()


def ensure_document_types(names: Iterable[str]) -> tuple[dict[str, int], int]:
    """Return the id of the host's document type for each name, and how many were made just now."""
    wanted = list(names)
    present = dict(DocumentType.objects.filter(name__in=wanted).values_list("name", "pk"))
    made = 0
    for name in wanted:
        if name not in present:
            # never guessed by the host's classifier: a type is a statement about evidence
            present[name] = DocumentType.objects.create(name=name, matching_algorithm=MatchingModel.MATCH_NONE).pk
            made += 1
    return present, made


def case_code_on(document: Document) -> str | None:
    """Return the code written on this document, `""` for an empty field, None when it has no such field."""
    instance = CustomFieldInstance.objects.filter(document_id=document.pk, field__name=CASE_CODE_FIELD).first()
    return None if instance is None else (instance.value_text or "").strip()


def write_case_code(document: Document, code: str | None) -> None:
    """Write the code onto the document; None takes the field off it."""
    field_id = case_code_field_id()
    if field_id is None:
        return
    if code is None:
        CustomFieldInstance.global_objects.filter(document_id=document.pk, field_id=field_id).hard_delete()
        return
    instance = CustomFieldInstance.objects.filter(document_id=document.pk, field_id=field_id).first()
    if instance is None:
        CustomFieldInstance.objects.create(document=document, field_id=field_id, value_text=code)
    elif instance.value_text != code:
        instance.value_text = code
        instance.save(update_fields=["value_text"])
