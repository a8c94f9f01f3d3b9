"""What the migrations share that give a numbered paper its year, so that the database refuses the same number again."""

import logging

from django.utils import timezone

logger = logging.getLogger("paperless.vks.migrations")


def name_years(rows, given_at):
    """Write into `number_year` of each row the year its number was given in, the earliest first.

    A paper that was signed keeps the number it bears. Of two that were given one number (by hand in the database, or by an old
    backup put back) the later stays without a year, outside of what the database keeps apart, and is named in the log: no update of
    the program stops at it.

    Args:
        rows: which have a number.
        given_at: name of the column that says when it was given; where it says nothing the row stays without a year.
    """
    taken = set()
    found = rows.filter(number__isnull=False, **{f"{given_at}__isnull": False}).order_by(given_at, "pk")
    for pk, office, number, moment in found.values_list("pk", "unit", "number", given_at):
        year = timezone.localtime(moment).year
        if (office, year, number) in taken:
            logger.warning(
                "%s %s bears a number of its office given before: %s/%s", rows.model._meta.db_table, pk, number, year
            )
            continue
        taken.add((office, year, number))
        rows.filter(pk=pk).update(number_year=year)
