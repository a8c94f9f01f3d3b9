from importlib import import_module

from django.db import migrations

from vks_plugin.custody.statements import APPEND
from vks_plugin.in_database import DropFunction, MakeFunction

before = import_module("vks_plugin.migrations.0021_ledger_in_functions")


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0029_heads_of_two_departments"),
    ]

    operations = [MakeFunction(APPEND), DropFunction(before.HOLD), DropFunction(before.WRITE)]
