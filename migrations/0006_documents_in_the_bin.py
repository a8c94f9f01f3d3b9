from django.db import migrations

# A list of everything somebody may view is counted where documents are filed; the few of them that lie in the bin of the
# host are taken off, and without an index its table, which is wide, would be read whole to find them.
NAME = "vks_documents_in_the_bin"


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0005_signed_versions"),
    ]

    operations = [
        migrations.RunSQL(
            f'CREATE INDEX "{NAME}" ON "documents_document" ("id") WHERE "deleted_at" IS NOT NULL',
            f'DROP INDEX IF EXISTS "{NAME}"',
        )
    ]
