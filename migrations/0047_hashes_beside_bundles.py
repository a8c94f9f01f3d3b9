"""What lies beside the volumes of a bundle has its hash kept, so that it is compared as they are."""

import hashlib
import json

from django.db import migrations, models


def as_the_ledger_says(apps, _schema_editor):
    """Take what was added from the entry of the making, found by the volumes; of older manifests no hash was kept."""
    bundles = apps.get_model("vks", "Bundle").objects.filter(status="done", preset="bo_sung")
    entries = apps.get_model("vks", "LedgerEntry").objects.filter(kind="bundle_made")
    for bundle in bundles.iterator(chunk_size=200):
        hashes = [each["sha256"] for each in bundle.volumes]
        whole = (
            hashes[0]
            if len(hashes) == 1
            else hashlib.sha256("".join(f"{each}\n" for each in hashes).encode()).hexdigest()
        )
        for line in entries.filter(case=bundle.case_id).order_by("pk").values_list("line", flat=True):
            said = json.loads(bytes(line))["data"]
            if hashes and said.get("sha256") == whole and said.get("addition_sha256"):
                bundles.filter(pk=bundle.pk).update(beside={"addition": said["addition_sha256"]})


class Migration(migrations.Migration):
    dependencies = [("vks", "0046_copies_numbered_once")]

    operations = [
        migrations.AddField(
            model_name="bundle",
            name="beside",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(as_the_ledger_says, migrations.RunPython.noop),
    ]
