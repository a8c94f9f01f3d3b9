"""A package for the archive says how many files it has, and from which day to which its documents are."""

from django.db import migrations, models
from django.db.models import Max, Min, Q


def say_days(apps, schema_editor):
    """Read the days of the documents of packages that hold what their cases hold today; of others nobody can tell any more.

    How many files a package has is not counted afterwards: some are gone, and reading all of them takes hours.
    """
    items = apps.get_model("vks", "AccessionItem").objects
    unchanged = items.filter(Q(pending=True) | Q(case__archived_at__isnull=False)).exclude(sha256="")
    cases = unchanged.values("case")
    dated = apps.get_model("vks", "CaseDocument").objects.filter(case__in=cases, date__isnull=False).order_by()
    for case, first, last in dated.values_list("case").annotate(Min("date"), Max("date")):
        unchanged.filter(case=case).update(dated_from=first, dated_to=last)


class Migration(migrations.Migration):
    dependencies = [("vks", "0047_hashes_beside_bundles")]

    operations = [
        migrations.AddField(model_name="accessionitem", name="files", field=models.PositiveIntegerField(null=True)),
        migrations.AddField(model_name="accessionitem", name="dated_from", field=models.DateField(null=True)),
        migrations.AddField(model_name="accessionitem", name="dated_to", field=models.DateField(null=True)),
        migrations.RunPython(say_days, migrations.RunPython.noop),
    ]
