from django.db import migrations

from vks_plugin.custody.statements import HOLD, WRITE
from vks_plugin.in_database import MakeFunction


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0020_works_that_wait_and_are_taken"),
    ]

    operations = [MakeFunction(HOLD), MakeFunction(WRITE)]
