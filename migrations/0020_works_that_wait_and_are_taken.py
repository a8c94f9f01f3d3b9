from typing import Any

import django.utils.timezone
from django.db import migrations, models

_KINDS = ("bundle", "deckexport", "redactionwork")


def since_they_were_asked_for(apps: Any, _schema_editor: Any) -> None:
    """Nobody knows better since when they wait."""
    for kind in _KINDS:
        rows = apps.get_model("vks", kind)._default_manager
        rows.update(queued_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0019_redaction_works"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=kind,
                name="attempts",
                field=models.PositiveSmallIntegerField(default=0),
            )
            for kind in _KINDS
        ),
        *(
            migrations.AddField(
                model_name=kind,
                name="queued_at",
                field=models.DateTimeField(default=django.utils.timezone.now),
            )
            for kind in _KINDS
        ),
        migrations.RunPython(since_they_were_asked_for, migrations.RunPython.noop),
    ]
