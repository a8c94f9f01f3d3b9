import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0030_entries_in_one_function"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="ledgerhidden",
            name="id",
        ),
        migrations.AlterField(
            model_name="ledgerhidden",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="hidden",
                serialize=False,
                to="vks.ledgerentry",
            ),
        ),
    ]
