"""Each redacted copy says in the ledger of which case it was told, since its paper may have moved to another since."""

import json

import django.db.models.deletion
from django.db import migrations, models


def say_where(apps, schema_editor):
    """Look up the entry of each copy there is by the paper and the copy's SHA-256; one without an entry stays without a case."""
    redactions = apps.get_model("vks", "Redaction").objects
    there = {(row.case_document_id, row.sha256): row.pk for row in redactions.only("case_document", "sha256")}
    if not there:
        return
    entries = apps.get_model("vks", "LedgerEntry").objects.filter(kind="document_redacted").order_by("pk")
    for case, line in entries.values_list("case", "line").iterator(chunk_size=200):
        said = json.loads(bytes(line))["data"]
        found = there.get((said.get("filing"), said.get("sha256")))
        if found is not None:
            redactions.filter(pk=found).update(made_in=case)


class Migration(migrations.Migration):
    dependencies = [("vks", "0041_who_sent_hand_overs")]

    operations = [
        migrations.AddField(
            model_name="redaction",
            name="made_in",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="vks.casefile",
            ),
        ),
        migrations.RunPython(say_where, migrations.RunPython.noop),
    ]
