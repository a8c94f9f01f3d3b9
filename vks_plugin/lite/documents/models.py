"""Documents and what is said of them, in the host's own tables and columns."""

# the base of soft deletion carries no types
# mypy: disable-error-code="misc, var-annotated, no-any-return, django-manager-missing"

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, BinaryIO, Final

import pathvalidate
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django_softdelete.models import SoftDeleteModel
from documents.parsers import get_default_file_extension


class ModelWithOwner(models.Model):
    """Something that belongs to somebody; what belongs to nobody is everybody's."""

    owner = models.ForeignKey(User, blank=True, null=True, default=None, on_delete=models.SET_NULL)

    class Meta:
        abstract = True


class MatchingModel(ModelWithOwner):
    """A name that documents are sorted under, with the host's rule for doing so by itself."""

    MATCH_NONE = 0
    MATCH_ANY = 1
    MATCH_ALL = 2
    MATCH_LITERAL = 3
    MATCH_REGEX = 4
    MATCH_FUZZY = 5
    MATCH_AUTO = 6

    MATCHING_ALGORITHMS = (
        (MATCH_NONE, "None"),
        (MATCH_ANY, "Any word"),
        (MATCH_ALL, "All words"),
        (MATCH_LITERAL, "Exact match"),
        (MATCH_REGEX, "Regular expression"),
        (MATCH_FUZZY, "Fuzzy word"),
        (MATCH_AUTO, "Automatic"),
    )

    name = models.CharField(max_length=128)
    match = models.CharField(max_length=256, blank=True)
    matching_algorithm = models.PositiveSmallIntegerField(choices=MATCHING_ALGORITHMS, default=MATCH_ANY)
    is_insensitive = models.BooleanField(default=True)

    class Meta(ModelWithOwner.Meta):
        abstract = True
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["name", "owner"], name="%(app_label)s_%(class)s_unique_name_owner"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(owner__isnull=True), name="%(app_label)s_%(class)s_name_uniq"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(MatchingModel):
    """A tag."""

    color = models.CharField(max_length=7, default="#a6cee3")
    is_inbox_tag = models.BooleanField(default=False)


class DocumentType(MatchingModel):
    """What kind of paper it is."""


class StoragePath(MatchingModel):
    """A template for where files lie."""

    path = models.TextField()


class Document(SoftDeleteModel, ModelWithOwner):
    """A document; `objects` leaves out what is in the bin, `global_objects` does not."""

    MAX_STORED_FILENAME_LENGTH: Final[int] = 1024

    storage_path = models.ForeignKey(
        StoragePath, blank=True, null=True, related_name="documents", on_delete=models.SET_NULL
    )
    title = models.CharField(max_length=128, blank=True, db_index=True)
    document_type = models.ForeignKey(
        DocumentType, blank=True, null=True, related_name="documents", on_delete=models.SET_NULL
    )
    content = models.TextField(blank=True)
    mime_type = models.CharField(max_length=256, editable=False)
    tags = models.ManyToManyField(Tag, related_name="documents", blank=True)
    checksum = models.CharField(max_length=64, editable=False, db_index=True)
    archive_checksum = models.CharField(max_length=64, editable=False, blank=True, null=True)  # noqa: DJ001 - as in the host
    page_count = models.PositiveIntegerField(null=True, db_index=True)
    created = models.DateField(default=dt.date.today, db_index=True)
    modified = models.DateTimeField(auto_now=True, editable=False, db_index=True)
    added = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    filename = models.FilePathField(  # noqa: DJ001 - as in the host
        max_length=MAX_STORED_FILENAME_LENGTH, editable=False, default=None, unique=True, null=True
    )
    archive_filename = models.FilePathField(  # noqa: DJ001 - as in the host
        max_length=MAX_STORED_FILENAME_LENGTH, editable=False, default=None, unique=True, null=True
    )
    original_filename = models.CharField(  # noqa: DJ001 - as in the host
        max_length=MAX_STORED_FILENAME_LENGTH, editable=False, default=None, null=True
    )
    archive_serial_number = models.PositiveIntegerField(blank=True, null=True, unique=True, db_index=True)
    root_document = models.ForeignKey("self", blank=True, null=True, related_name="versions", on_delete=models.CASCADE)

    class Meta:
        ordering = ("-created",)
        indexes = [models.Index(fields=["owner", "created"])]

    def __str__(self) -> str:
        return f"{self.created.isoformat()} {self.title}".strip()

    def get_effective_content(self) -> str | None:
        """Return the text of the newest version; of a version its own."""
        versions = [] if self.root_document_id else self.versions.all()
        newest = max(versions, key=lambda each: each.pk, default=self)
        return newest.content

    @property
    def source_path(self) -> Path:
        """Where the file lies as it was taken in."""
        name = self.filename or f"{self.pk:07}{self.file_type}"
        return Path(settings.ORIGINALS_DIR / name).resolve()

    @property
    def source_file(self) -> BinaryIO:
        """That file, open for reading."""
        return self.source_path.open("rb")

    @property
    def has_archive_version(self) -> bool:
        """Whether there is a PDF made of it, with recognised text."""
        return self.archive_filename is not None

    @property
    def archive_path(self) -> Path | None:
        """Where that PDF lies."""
        return Path(settings.ARCHIVE_DIR / self.archive_filename).resolve() if self.archive_filename else None

    @property
    def archive_file(self) -> BinaryIO:
        """That PDF, open for reading."""
        return Path(self.archive_path or "").open("rb")

    @property
    def thumbnail_path(self) -> Path:
        """Where the picture of the first page lies."""
        return Path(settings.THUMBNAIL_DIR / f"{self.pk:07}.webp").resolve()

    @property
    def thumbnail_file(self) -> BinaryIO:
        """That picture, open for reading."""
        return self.thumbnail_path.open("rb")

    @property
    def file_type(self) -> str:
        """The extension of its file, with the dot."""
        return get_default_file_extension(self.mime_type)

    def get_public_filename(self, *, archive: bool = False) -> str:
        """Return the name its file is downloaded under."""
        name = str(self) + (".pdf" if archive else self.file_type)
        return pathvalidate.sanitize_filename(name, replacement_text="-")


class Note(SoftDeleteModel):
    """A remark on a document."""

    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, db_index=True)
    document = models.ForeignKey(Document, blank=True, null=True, related_name="notes", on_delete=models.CASCADE)
    user = models.ForeignKey(User, blank=True, null=True, related_name="notes", on_delete=models.SET_NULL)

    class Meta:
        ordering = ("created",)

    def __str__(self) -> str:
        return self.note


class CustomField(models.Model):
    """A field that can be put on any document."""

    class FieldDataType(models.TextChoices):
        """What it holds."""

        STRING = "string", "String"
        DATE = "date", "Date"
        BOOL = "boolean", "Boolean"
        INT = "integer", "Integer"
        LONG_TEXT = "longtext", "Long Text"

    created = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    name = models.CharField(max_length=128)
    data_type = models.CharField(max_length=50, choices=FieldDataType.choices, editable=False)
    extra_data = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("created",)
        constraints = [models.UniqueConstraint(fields=["name"], name="%(app_label)s_%(class)s_unique_name")]

    def __str__(self) -> str:
        return f"{self.name} : {self.data_type}"


class CustomFieldInstance(SoftDeleteModel):
    """What such a field says on one document."""

    TYPE_TO_DATA_STORE_NAME_MAP = {
        CustomField.FieldDataType.STRING: "value_text",
        CustomField.FieldDataType.DATE: "value_date",
        CustomField.FieldDataType.BOOL: "value_bool",
        CustomField.FieldDataType.INT: "value_int",
        CustomField.FieldDataType.LONG_TEXT: "value_long_text",
    }

    created = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="custom_fields", editable=False)
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="fields", editable=False)
    value_text = models.CharField(max_length=128, null=True)  # noqa: DJ001 - as in the host
    value_bool = models.BooleanField(null=True)
    value_date = models.DateField(null=True)
    value_int = models.IntegerField(null=True)
    value_long_text = models.TextField(null=True)  # noqa: DJ001 - as in the host

    class Meta:
        ordering = ("created",)
        indexes = [models.Index(fields=["field", value]) for value in ("value_date", "value_int")]
        constraints = [
            models.UniqueConstraint(fields=["document", "field"], name="%(app_label)s_%(class)s_unique_document_field")
        ]

    def __str__(self) -> str:
        return f"{self.field.name} : {self.value}"

    @classmethod
    def get_value_field_name(cls, data_type: CustomField.FieldDataType) -> str:
        """Return the column that holds values of this type."""
        return cls.TYPE_TO_DATA_STORE_NAME_MAP[data_type]

    @property
    def value(self) -> Any:
        """What the field says, in its own type."""
        return getattr(self, self.get_value_field_name(CustomField.FieldDataType(self.field.data_type)))
