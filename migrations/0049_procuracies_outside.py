"""Hand-overs go to and come from procuracies that do not use this system."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vks", "0048_files_and_days_of_archived_cases")]

    operations = [
        migrations.AlterField(
            model_name="handover",
            name="direction",
            field=models.CharField(
                choices=[
                    ("vks_ta", "Viện kiểm sát → Tòa án"),
                    ("ta_vks", "Tòa án → Viện kiểm sát"),
                    ("vks_cqdt", "Viện kiểm sát → Cơ quan điều tra"),
                    ("cqdt_vks", "Cơ quan điều tra → Viện kiểm sát"),
                    ("vks_vks", "Giữa hai Viện kiểm sát"),
                    ("vks_khac", "Viện kiểm sát → Viện kiểm sát ngoài hệ thống"),
                    ("khac_vks", "Viện kiểm sát ngoài hệ thống → Viện kiểm sát"),
                    ("noi_bo", "Nội bộ đơn vị"),
                ],
                max_length=16,
                verbose_name="hướng giao nhận",
            ),
        ),
    ]
