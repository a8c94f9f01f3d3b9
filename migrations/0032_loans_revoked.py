import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def withdraw_revoked(apps, schema_editor):
    """Call what was revoked withdrawn, which is the nearest there was before."""
    apps.get_model("vks", "Loan").objects.filter(state="huy_duyet").update(state="huy")


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0031_hidden_values_by_entry"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="loan",
            name="revoked_at",
            field=models.DateTimeField(null=True, verbose_name="hủy duyệt lúc"),
        ),
        migrations.AddField(
            model_name="loan",
            name="revoked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="loan",
            name="state",
            field=models.CharField(
                choices=[
                    ("de_nghi", "de_nghi"),
                    ("da_duyet", "da_duyet"),
                    ("tu_choi", "tu_choi"),
                    ("dang_muon", "dang_muon"),
                    ("tra_thieu", "tra_thieu"),
                    ("da_tra", "da_tra"),
                    ("huy", "huy"),
                    ("huy_duyet", "huy_duyet"),
                ],
                default="de_nghi",
                max_length=12,
                verbose_name="trạng thái",
            ),
        ),
        migrations.AddConstraint(
            model_name="loan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "huy_duyet"), _negated=True),
                    models.Q(
                        ("form", "paper"),
                        ("issued_at__isnull", True),
                        ("revoked_at__isnull", False),
                        ("revoked_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="vks_loan_revoked",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, withdraw_revoked),
    ]
