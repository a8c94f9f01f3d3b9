from django.db import migrations

# The host keeps who may do what with a document in tables of django-guardian, whose indexes begin with the holder. Each
# act of ours asks for all holders of some documents, for which both tables would be read whole.
TABLES = {
    "vks_user_grants_by_document": "guardian_userobjectpermission",
    "vks_group_grants_by_document": "guardian_groupobjectpermission",
}


class Migration(migrations.Migration):
    dependencies = [
        ("guardian", "0001_initial"),
        ("vks", "0002_append_only"),
    ]

    operations = [
        migrations.RunSQL(
            f'CREATE INDEX "{name}" ON "{table}" ("object_pk", "content_type_id")', f'DROP INDEX IF EXISTS "{name}"'
        )
        for name, table in TABLES.items()
    ]
