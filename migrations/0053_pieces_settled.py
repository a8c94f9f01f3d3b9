"""What did not come along with a file may be taken for lost, or for kept for good, by a leader."""

from typing import Any

from django.db import migrations, models

_LISTS = {"volume": "outstanding", "exhibit": "outstanding_exhibits"}


def owe_again(apps: Any, schema_editor: Any) -> None:
    """Let what was settled be still to come, which is all that was known of it before."""
    hand_over = apps.get_model("vks", "HandOver")
    for row in hand_over.objects.exclude(settled_pieces=[]).iterator():
        for each in row.settled_pieces:
            if each["found_at"] is None:
                name = _LISTS[each["piece"]]
                setattr(row, name, sorted({*getattr(row, name), each["number"]}))
        row.save(update_fields=sorted(_LISTS.values()))


class Migration(migrations.Migration):
    dependencies = [("vks", "0052_exhibits_not_received")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="settled_pieces",
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(migrations.RunPython.noop, owe_again),
    ]
