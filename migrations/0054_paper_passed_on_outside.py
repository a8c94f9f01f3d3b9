"""Agencies outside may pass a file on between them, which is known from some paper of theirs."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("vks", "0053_pieces_settled")]

    operations = [
        migrations.AlterField(
            model_name="holding",
            name="cause",
            field=models.CharField(
                choices=[
                    ("assumed", "Suy ra khi ghi lần giao nhận đầu tiên"),
                    ("stated", "Ghi nơi giữ ban đầu"),
                    ("hand_over", "Giao nhận"),
                    ("loan", "Cho mượn"),
                    ("loan_return", "Trả hồ sơ mượn"),
                    ("accession", "Nộp lưu"),
                    ("succession", "Đơn vị kế thừa tiếp nhận"),
                    ("passed_on", "Cơ quan ngoài chuyển cho nhau"),
                ],
                max_length=16,
                verbose_name="căn cứ",
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="known_from",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="biết từ"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.CheckConstraint(
                condition=Q(cause="passed_on", unit__isnull=True) | (~Q(cause="passed_on") & Q(known_from="")),
                name="vks_holding_passed_on_outside",
            ),
        ),
    ]
