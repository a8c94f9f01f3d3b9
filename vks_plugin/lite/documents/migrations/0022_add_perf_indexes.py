"""Named like the host's last one, which other apps' migrations depend on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="customfieldinstance",
            index=models.Index(fields=["field", "value_date"], name="documents_c_field_i_30b51d_idx"),
        ),
        migrations.AddIndex(
            model_name="customfieldinstance",
            index=models.Index(fields=["field", "value_int"], name="documents_c_field_i_d25ab0_idx"),
        ),
        migrations.AddIndex(
            model_name="customfieldinstance",
            index=models.Index(fields=["field", "value_float"], name="documents_c_field_i_c35174_idx"),
        ),
        migrations.AddIndex(
            model_name="customfieldinstance",
            index=models.Index(fields=["field", "value_monetary_amount"], name="documents_c_field_i_53ce4e_idx"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["owner", "created"], name="documents_d_owner_i_ec6ab3_idx"),
        ),
    ]
