"""Named like the host's last one, which other apps' migrations depend on.

It makes the tables the models say: data of the stand-in is made anew, not brought up to date.
"""

from __future__ import annotations

from django.conf import settings
from django.db import migrations
from django.db.migrations.state import ModelState
from documents import models


def _create(model: type) -> migrations.CreateModel:
    state = ModelState.from_model(model)  # type: ignore[arg-type]
    return migrations.CreateModel(state.name, list(state.fields.items()), state.options, state.bases)  # type: ignore[arg-type]


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        _create(model)
        for model in (
            models.Tag,
            models.DocumentType,
            models.StoragePath,
            models.Document,
            models.Note,
            models.CustomField,
            models.CustomFieldInstance,
        )
    ]
