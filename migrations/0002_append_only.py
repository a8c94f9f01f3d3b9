from django.db import migrations

from vks_plugin.append_only import ProtectRows
from vks_plugin.custody.into_log import PlaceInLog


class Migration(migrations.Migration):
    dependencies = [("vks", "0001_initial")]

    operations = [
        PlaceInLog(),
        ProtectRows("LedgerEntry"),
        ProtectRows("LedgerLeaf"),
        ProtectRows("LedgerSubtree"),
        ProtectRows("LedgerCheckpoint"),
        ProtectRows("LedgerKey"),
        ProtectRows("AccessEntry"),
        ProtectRows("SealManifest"),
        ProtectRows("SealedDocument"),
        ProtectRows("Tombstone"),
    ]
