"""When a worker last had a take-over in hand, so that one that stopped is known for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vks", "0007_temporary_access")]

    operations = [
        migrations.AddField(
            model_name="restructuring",
            name="touched_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
