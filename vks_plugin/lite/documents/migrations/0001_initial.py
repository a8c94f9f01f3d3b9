import datetime as dt

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correspondent",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128)),
                ("match", models.CharField(blank=True, max_length=256)),
                (
                    "matching_algorithm",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Any word"),
                            (2, "All words"),
                            (3, "Exact match"),
                            (4, "Regular expression"),
                            (5, "Fuzzy word"),
                            (6, "Automatic"),
                        ],
                        default=1,
                    ),
                ),
                ("is_insensitive", models.BooleanField(default=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CustomField",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created", models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ("name", models.CharField(max_length=128)),
                (
                    "data_type",
                    models.CharField(
                        choices=[
                            ("string", "String"),
                            ("url", "URL"),
                            ("date", "Date"),
                            ("boolean", "Boolean"),
                            ("integer", "Integer"),
                            ("float", "Float"),
                            ("monetary", "Monetary"),
                            ("documentlink", "Document Link"),
                            ("select", "Select"),
                            ("longtext", "Long Text"),
                        ],
                        editable=False,
                        max_length=50,
                    ),
                ),
                ("extra_data", models.JSONField(blank=True, null=True)),
            ],
            options={
                "ordering": ("created",),
                "constraints": [models.UniqueConstraint(fields=("name",), name="documents_customfield_unique_name")],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("restored_at", models.DateTimeField(blank=True, null=True)),
                ("transaction_id", models.UUIDField(blank=True, null=True)),
                ("title", models.CharField(blank=True, db_index=True, max_length=128)),
                ("content", models.TextField(blank=True)),
                (
                    "content_length",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Length("content"),
                        output_field=models.PositiveIntegerField(default=0),
                        serialize=False,
                    ),
                ),
                ("mime_type", models.CharField(editable=False, max_length=256)),
                ("checksum", models.CharField(db_index=True, editable=False, max_length=64)),
                ("archive_checksum", models.CharField(blank=True, editable=False, max_length=64, null=True)),
                (
                    "page_count",
                    models.PositiveIntegerField(
                        db_index=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("created", models.DateField(db_index=True, default=dt.date.today)),
                ("modified", models.DateTimeField(auto_now=True, db_index=True)),
                ("added", models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                (
                    "filename",
                    models.FilePathField(default=None, editable=False, max_length=1024, null=True, unique=True),
                ),
                (
                    "archive_filename",
                    models.FilePathField(default=None, editable=False, max_length=1024, null=True, unique=True),
                ),
                ("original_filename", models.CharField(default=None, editable=False, max_length=1024, null=True)),
                (
                    "archive_serial_number",
                    models.PositiveIntegerField(
                        blank=True,
                        db_index=True,
                        null=True,
                        unique=True,
                        validators=[
                            django.core.validators.MaxValueValidator(4294967295),
                            django.core.validators.MinValueValidator(0),
                        ],
                    ),
                ),
                ("version_index", models.PositiveIntegerField(blank=True, db_index=True, null=True)),
                ("version_label", models.CharField(blank=True, max_length=64, null=True)),
                (
                    "correspondent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="documents",
                        to="documents.correspondent",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "root_document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "ordering": ("-created",),
            },
        ),
        migrations.CreateModel(
            name="CustomFieldInstance",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("restored_at", models.DateTimeField(blank=True, null=True)),
                ("transaction_id", models.UUIDField(blank=True, null=True)),
                ("created", models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ("value_text", models.CharField(max_length=128, null=True)),
                ("value_bool", models.BooleanField(null=True)),
                ("value_url", models.URLField(null=True)),
                ("value_date", models.DateField(null=True)),
                ("value_int", models.IntegerField(null=True)),
                ("value_float", models.FloatField(null=True)),
                ("value_monetary", models.CharField(max_length=128, null=True)),
                (
                    "value_monetary_amount",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                then=django.db.models.functions.comparison.Cast(
                                    django.db.models.functions.text.Substr("value_monetary", 1),
                                    output_field=models.DecimalField(decimal_places=2, max_digits=65),
                                ),
                                value_monetary__regex="^\\d+",
                            ),
                            default=django.db.models.functions.comparison.Cast(
                                django.db.models.functions.text.Substr("value_monetary", 4),
                                output_field=models.DecimalField(decimal_places=2, max_digits=65),
                            ),
                            output_field=models.DecimalField(decimal_places=2, max_digits=65),
                        ),
                        output_field=models.DecimalField(decimal_places=2, max_digits=65),
                    ),
                ),
                ("value_document_ids", models.JSONField(null=True)),
                ("value_select", models.CharField(max_length=16, null=True)),
                ("value_long_text", models.TextField(null=True)),
                (
                    "field",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fields",
                        to="documents.customfield",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="custom_fields",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "ordering": ("created",),
            },
        ),
        migrations.CreateModel(
            name="DocumentType",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128)),
                ("match", models.CharField(blank=True, max_length=256)),
                (
                    "matching_algorithm",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Any word"),
                            (2, "All words"),
                            (3, "Exact match"),
                            (4, "Regular expression"),
                            (5, "Fuzzy word"),
                            (6, "Automatic"),
                        ],
                        default=1,
                    ),
                ),
                ("is_insensitive", models.BooleanField(default=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="document",
            name="document_type",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="documents",
                to="documents.documenttype",
            ),
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("restored_at", models.DateTimeField(blank=True, null=True)),
                ("transaction_id", models.UUIDField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("created", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="documents.document",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("created",),
            },
        ),
        migrations.CreateModel(
            name="StoragePath",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128)),
                ("match", models.CharField(blank=True, max_length=256)),
                (
                    "matching_algorithm",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Any word"),
                            (2, "All words"),
                            (3, "Exact match"),
                            (4, "Regular expression"),
                            (5, "Fuzzy word"),
                            (6, "Automatic"),
                        ],
                        default=1,
                    ),
                ),
                ("is_insensitive", models.BooleanField(default=True)),
                ("path", models.TextField()),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="document",
            name="storage_path",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="documents",
                to="documents.storagepath",
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tn_ancestors_pks",
                    models.TextField(blank=True, default="", editable=False, verbose_name="Ancestors pks"),
                ),
                (
                    "tn_ancestors_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="Ancestors count"),
                ),
                (
                    "tn_children_pks",
                    models.TextField(blank=True, default="", editable=False, verbose_name="Children pks"),
                ),
                (
                    "tn_children_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="Children count"),
                ),
                (
                    "tn_depth",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(10),
                        ],
                        verbose_name="Depth",
                    ),
                ),
                (
                    "tn_descendants_pks",
                    models.TextField(blank=True, default="", editable=False, verbose_name="Descendants pks"),
                ),
                (
                    "tn_descendants_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="Descendants count"),
                ),
                ("tn_index", models.PositiveIntegerField(default=0, editable=False, verbose_name="Index")),
                (
                    "tn_level",
                    models.PositiveIntegerField(
                        default=1,
                        editable=False,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10),
                        ],
                        verbose_name="Level",
                    ),
                ),
                (
                    "tn_priority",
                    models.PositiveIntegerField(
                        default=0,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(9999999999),
                        ],
                        verbose_name="Priority",
                    ),
                ),
                ("tn_order", models.PositiveIntegerField(default=0, editable=False, verbose_name="Order")),
                (
                    "tn_siblings_pks",
                    models.TextField(blank=True, default="", editable=False, verbose_name="Siblings pks"),
                ),
                (
                    "tn_siblings_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="Siblings count"),
                ),
                ("name", models.CharField(max_length=128)),
                ("match", models.CharField(blank=True, max_length=256)),
                (
                    "matching_algorithm",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "None"),
                            (1, "Any word"),
                            (2, "All words"),
                            (3, "Exact match"),
                            (4, "Regular expression"),
                            (5, "Fuzzy word"),
                            (6, "Automatic"),
                        ],
                        default=1,
                    ),
                ),
                ("is_insensitive", models.BooleanField(default=True)),
                ("color", models.CharField(default="#a6cee3", max_length=7)),
                ("is_inbox_tag", models.BooleanField(default=False)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        default=None,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tn_parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tn_children",
                        to="documents.tag",
                        verbose_name="Parent",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="document",
            name="tags",
            field=models.ManyToManyField(blank=True, related_name="documents", to="documents.tag"),
        ),
        migrations.AddConstraint(
            model_name="correspondent",
            constraint=models.UniqueConstraint(
                fields=("name", "owner"), name="documents_correspondent_unique_name_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="correspondent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", True)), fields=("name",), name="documents_correspondent_name_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfieldinstance",
            constraint=models.UniqueConstraint(
                fields=("document", "field"), name="documents_customfieldinstance_unique_document_field"
            ),
        ),
        migrations.AddConstraint(
            model_name="documenttype",
            constraint=models.UniqueConstraint(
                fields=("name", "owner"), name="documents_documenttype_unique_name_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="documenttype",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", True)), fields=("name",), name="documents_documenttype_name_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="storagepath",
            constraint=models.UniqueConstraint(
                fields=("name", "owner"), name="documents_storagepath_unique_name_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="storagepath",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", True)), fields=("name",), name="documents_storagepath_name_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("name", "owner"), name="documents_tag_unique_name_owner"),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", True)), fields=("name",), name="documents_tag_name_uniq"
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                condition=models.Q(("root_document__isnull", False), ("version_index__isnull", False)),
                fields=("root_document", "version_index"),
                name="documents_document_root_version_index_uniq",
            ),
        ),
    ]
