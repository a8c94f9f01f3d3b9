from django.db import migrations

from vks_plugin.append_only import ProtectRows


class Migration(migrations.Migration):
    dependencies = [("vks", "0009_access_log")]

    operations = [ProtectRows("AccessEntry")]
