"""What access has to remember between requests."""

from __future__ import annotations

from django.db import models


class GrantSweep(models.Model):
    """The last day on which dated appointments and assignments were brought up to date.

    One row. Whichever process first serves a request on a new day takes it and
    ends what is due before any page is shown.
    """

    swept_on = models.DateField()

    class Meta:
        db_table = "vks_grant_sweep"

    def __str__(self) -> str:
        return f"{self.swept_on:%Y-%m-%d}"
