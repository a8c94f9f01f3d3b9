"""Documents and the like as JSON, in the host's shapes."""

from __future__ import annotations

import json
from typing import Any

import magic
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from documents.models import CustomField, CustomFieldInstance, Document, DocumentType, Note, StoragePath, Tag
from documents.parsers import is_mime_type_supported
from documents.permissions import has_perms_owner_aware
from rest_framework import serializers

_LONGEST_TEXT = 128


class SerializerWithPerms(serializers.Serializer[Any]):
    """Knows who asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user", None)
        super().__init__(*args, **kwargs)


class OwnedObjectSerializer(SerializerWithPerms, serializers.ModelSerializer[Any]):
    """Says whether the asker may change the object."""

    user_can_change = serializers.SerializerMethodField(read_only=True)

    def get_user_can_change(self, obj: Any) -> bool:
        """Ask the object's owner and grants; superusers may always."""
        if self.user is not None and self.user.is_active and self.user.is_superuser:
            return True
        model = obj._meta.model_name
        return bool(obj.owner is None or (self.user and has_perms_owner_aware(self.user, f"change_{model}", obj)))


class CustomFieldInstanceSerializer(serializers.ModelSerializer[CustomFieldInstance]):
    """What a custom field says on a document."""

    field = serializers.PrimaryKeyRelatedField(queryset=CustomField.objects.all())
    value = serializers.JSONField(allow_null=True)

    class Meta:
        model = CustomFieldInstance
        fields = ["value", "field"]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the column cannot hold; of the types, dates, numbers and short texts are looked at."""
        value, kind = data.get("value"), data["field"].data_type
        if value in (None, ""):
            return data
        checks: dict[str, serializers.Field[Any, Any, Any, Any]] = {
            CustomField.FieldDataType.STRING: serializers.CharField(max_length=_LONGEST_TEXT),
            CustomField.FieldDataType.INT: serializers.IntegerField(min_value=-(2**31), max_value=2**31 - 1),
            CustomField.FieldDataType.DATE: serializers.DateField(),
        }
        if kind in checks:
            data["value"] = checks[kind].run_validation(value)
        return data


class BasicUserSerializer(serializers.ModelSerializer[User]):
    """Who somebody is."""

    class Meta:
        model = User
        fields = ["id", "username", "first_name", "last_name"]


class NotesSerializer(serializers.ModelSerializer[Note]):
    """A note and who wrote it."""

    user = BasicUserSerializer(read_only=True)

    class Meta:
        model = Note
        fields = ["id", "note", "created", "user"]


class DocumentSerializer(OwnedObjectSerializer):
    """A document; title, date, type and custom fields and the other names it is sorted under can be written."""

    original_file_name = serializers.CharField(source="original_filename", read_only=True)
    archived_file_name = serializers.SerializerMethodField()
    notes = NotesSerializer(many=True, read_only=True)
    custom_fields = CustomFieldInstanceSerializer(many=True, required=False)

    class Meta:
        model = Document
        fields = (
            "id",
            "document_type",
            "storage_path",
            "title",
            "content",
            "tags",
            "created",
            "modified",
            "added",
            "deleted_at",
            "archive_serial_number",
            "original_file_name",
            "archived_file_name",
            "owner",
            "user_can_change",
            "notes",
            "custom_fields",
            "page_count",
            "mime_type",
            "root_document",
        )
        read_only_fields = ("content", "deleted_at", "owner", "page_count", "root_document")

    def get_archived_file_name(self, obj: Document) -> str | None:
        """Return the name of the archive copy, if there is one."""
        return obj.get_public_filename(archive=True) if obj.has_archive_version else None

    def update(self, instance: Document, validated_data: dict[str, Any]) -> Document:
        """Write what was sent; a list of custom fields is the whole list, and leaves out what it takes off."""
        values = validated_data.pop("custom_fields", None)
        super().update(instance, validated_data)
        if values is not None:
            kept = [entry["field"].pk for entry in values]
            for gone in instance.custom_fields.exclude(field_id__in=kept):
                gone.hard_delete()
            for entry in values:
                column = CustomFieldInstance.get_value_field_name(entry["field"].data_type)
                CustomFieldInstance.objects.update_or_create(
                    document=instance, field=entry["field"], defaults={column: entry["value"]}
                )
        return instance


class PostDocumentSerializer(serializers.Serializer[Any]):
    """An upload and what is said of it."""

    created = serializers.DateTimeField(allow_null=True, write_only=True, required=False)
    document = serializers.FileField(write_only=True)
    title = serializers.CharField(write_only=True, required=False)
    document_type = serializers.PrimaryKeyRelatedField(
        queryset=DocumentType.objects.all(), allow_null=True, write_only=True, required=False
    )
    storage_path = serializers.PrimaryKeyRelatedField(
        queryset=StoragePath.objects.all(), allow_null=True, write_only=True, required=False
    )
    tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all(), write_only=True, required=False)
    custom_fields = serializers.JSONField(write_only=True, required=False)
    from_webui = serializers.BooleanField(write_only=True, required=False)

    def validate_document(self, document: Any) -> tuple[str, bytes]:
        """Return name and content of the file; only kinds that are taken in pass."""
        content = document.read()
        kind = magic.from_buffer(content, mime=True)
        if not is_mime_type_supported(kind):
            raise serializers.ValidationError(_("File type %(type)s not supported") % {"type": kind})
        return document.name, content

    def validate_custom_fields(self, custom_fields: Any) -> dict[int, Any] | None:
        """Return the value for each field; a list names fields that stay empty."""
        if isinstance(custom_fields, str):
            custom_fields = json.loads(custom_fields)
        pairs = custom_fields if isinstance(custom_fields, dict) else dict.fromkeys(custom_fields or [])
        known = {field.pk: field for field in CustomField.objects.filter(pk__in=[int(key) for key in pairs])}
        if len(known) != len(pairs):
            raise serializers.ValidationError(_("Some custom fields don't exist or were specified twice."))
        values = {}
        for key, value in pairs.items():
            checked = CustomFieldInstanceSerializer().validate({"field": known[int(key)], "value": value})
            values[int(key)] = checked["value"]
        return values or None
