"""Of each signed version it is written down whether it is the file before with nothing added but signatures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vks", "0033_checks_of_descriptions")]

    operations = [
        migrations.AddField(
            model_name="pagechange",
            name="continues",
            field=models.BooleanField(default=False, verbose_name="ký trên đúng tệp trước"),
        )
    ]
