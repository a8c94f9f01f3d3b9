import django.db.models.deletion
from django.db import migrations, models

# `vks_ledger_of_case` begins with the case and finds all that this one found. Django would write the table of entries
# anew on SQLite to take it away, and every trigger of it with it.
NAME = "vks_ledger_entry_case_id_6caf5233"


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0023_video_stills"),
    ]

    operations = [
        migrations.RunSQL(
            f'DROP INDEX IF EXISTS "{NAME}"',
            f'CREATE INDEX "{NAME}" ON "vks_ledger_entry" ("case_id")',
            state_operations=[
                migrations.AlterField(
                    model_name="ledgerentry",
                    name="case",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger_entries",
                        to="vks.casefile",
                    ),
                )
            ],
        )
    ]
