"""What was checked before descriptions counted is checked again, where it is not sealed yet."""

from django.db import migrations


def forget_digests(apps, schema_editor):
    """Take away what stands for files alone; an empty one says that descriptions were not looked at."""
    batches = apps.get_model("vks", "DigitisationBatch").objects.filter(state="cho_ky_so")
    batches.update(checked_digest="", seal_beat=None)


class Migration(migrations.Migration):
    dependencies = [("vks", "0032_loans_revoked")]

    operations = [migrations.RunPython(forget_digests, migrations.RunPython.noop)]
