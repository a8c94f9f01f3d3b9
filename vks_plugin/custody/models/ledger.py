"""The ledger as it is kept. Every table but one is append-only; none has a foreign key to a table of the host."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from vks_plugin.append_only import AppendOnly
from vks_plugin.cases.models import CaseFile
from vks_plugin.custody.verify_ledger import parsed


class LedgerEntry(AppendOnly):
    """One act, as bytes that never change. What stands in other columns only helps to find it."""

    # of the case; entries that concern no case, such as a change of key, have one of their own
    ledger = models.UUIDField(editable=False)
    # found by the index below
    case = models.ForeignKey(
        CaseFile, on_delete=models.PROTECT, null=True, related_name="ledger_entries", db_index=False
    )
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField()
    # canonical JSON (RFC 8785); exported as it is, one entry a line
    line = models.BinaryField()
    hash = models.BinaryField(max_length=32)

    if TYPE_CHECKING:
        case_id: int | None
        leaf: LedgerLeaf

    class Meta:
        db_table = "vks_ledger_entry"
        ordering = ("case", "seq")
        verbose_name = _("mục sổ cái")
        verbose_name_plural = _("mục sổ cái")
        constraints = [models.UniqueConstraint(fields=["ledger", "seq"], name="vks_ledger_entry_once")]
        indexes = [models.Index(fields=["case", "-seq"], name="vks_ledger_of_case")]

    def __str__(self) -> str:
        return f"{self.ledger} {self.seq}"

    @property
    def said(self) -> dict[str, Any]:
        """What the entry says, from its bytes."""
        said: dict[str, Any] = parsed(bytes(self.line))
        return said

    @property
    def stated(self) -> dt.datetime:
        """When it was written, as its bytes say."""
        return dt.datetime.fromisoformat(self.said["at"])


class LedgerLeaf(AppendOnly):
    """The place of an entry in the log of the province. The database gives it when the act's transaction ends."""

    index = models.BigIntegerField(primary_key=True)
    # no constraint: it would be tested while the head of the log is held, and says nothing the checks do not say
    entry = models.OneToOneField(LedgerEntry, on_delete=models.DO_NOTHING, related_name="leaf", db_constraint=False)
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "vks_ledger_leaf"
        ordering = ("index",)

    def __str__(self) -> str:
        return f"{self.index}"


class LedgerSubtree(AppendOnly):
    """The hash over 256, 65,536, … leaves, so that neither a checkpoint nor a proof reads them again."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "vks_ledger_subtree"
        ordering = ("level", "index")
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="vks_ledger_subtree_once")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class LedgerCheckpoint(AppendOnly):
    """A signed head of the log."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    # C2SP signed note
    note = models.TextField()
    made_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "vks_ledger_checkpoint"
        ordering = ("size",)
        verbose_name = _("điểm chốt sổ cái")
        verbose_name_plural = _("điểm chốt sổ cái")

    def __str__(self) -> str:
        return f"{self.size}"


class LedgerKey(AppendOnly):
    """A public key that signs or once signed checkpoints. The private key is in no database."""

    text = models.CharField(max_length=200, unique=True)
    made_at: models.DateTimeField[dt.datetime, dt.datetime] = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "vks_ledger_key"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text


class LedgerHidden(models.Model):
    """The values an entry names and does not show, with what hides them.

    Not append-only: where the law has somebody's data erased, a row is taken out, and the chain still holds.
    """

    # no constraint: an entry is never taken away, and every act would wait for the test that it is there
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, related_name="hidden", primary_key=True, db_constraint=False
    )
    salt = models.BinaryField(max_length=32)
    # [[name, value], …] in the order of the entry
    values = models.JSONField(default=list)

    class Meta:
        db_table = "vks_ledger_hidden"

    def __str__(self) -> str:
        return f"{self.entry_id}"
