from functools import reduce

from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Length, Replace


class Migration(migrations.Migration):
    """Departments stand by their code as people count; nothing in the database changes."""

    dependencies = [
        ("vks", "0050_appeal_relation"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="department",
            options={
                "ordering": (
                    "unit",
                    "position",
                    reduce(lambda code, digit: Replace(code, Value(digit)), "0123456789", F("code")),
                    Length("code"),
                    "code",
                ),
                "verbose_name": "phòng",
                "verbose_name_plural": "phòng",
            },
        ),
    ]
