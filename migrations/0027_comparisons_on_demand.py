import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0026_sexual_offences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="fixityrun",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="fixityrun",
            name="stop_asked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="fixityrun",
            name="work",
            field=models.CharField(
                blank=True,
                choices=[("", "không ai chạy"), ("waiting", "chờ máy"), ("working", "đang chạy")],
                default="",
                max_length=8,
            ),
        ),
    ]
