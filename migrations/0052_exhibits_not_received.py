"""A hand-over says which exhibits stayed with the giver; of those received before, nobody marked any."""

from typing import Any

from django.db import migrations, models

_MARKS = ("id", "received")


def unmark(apps: Any, schema_editor: Any) -> None:
    """Leave of each listed exhibit what was written of it before: what was missing stays told in words."""
    hand_over = apps.get_model("vks", "HandOver")
    for row in hand_over.objects.exclude(exhibits=[]).only("exhibits").iterator():
        plain = [{name: value for name, value in each.items() if name not in _MARKS} for each in row.exhibits]
        hand_over.objects.filter(pk=row.pk).update(exhibits=plain)


class Migration(migrations.Migration):
    dependencies = [("vks", "0051_departments_by_code")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="outstanding_exhibits",
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(migrations.RunPython.noop, unmark),
    ]
