from django.db import migrations

from vks_plugin.access.log import READ
from vks_plugin.in_database import MakeFunction


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0021_ledger_in_functions"),
    ]

    operations = [MakeFunction(READ)]
