"""Addresses of our pages, all under `/vks/`."""

from __future__ import annotations

from django.urls import path, re_path

from vks_plugin.web.shell import unknown
from vks_plugin.web.views import (
    cases,
    court,
    deadlines,
    events,
    exchange,
    filing,
    folios,
    lineage,
    lists,
    organization,
    record,
    registration,
    suggestions,
)

app_name = "vks"

urlpatterns = [
    path("", lists.list_cases, name="case_list"),
    path("filters/", lists.save, name="filter_save"),
    path("filters/<int:pk>/delete/", lists.delete, name="filter_delete"),
    path("cases/new/", registration.new_case, name="case_new"),
    path("cases/import/", exchange.hand_in, name="case_import_new"),
    path("cases/import/template/", exchange.empty_list, name="case_import_template"),
    path("cases/import/<int:pk>/", exchange.show_import, name="case_import"),
    path("cases/import/<int:pk>/load/", exchange.load, name="case_import_load"),
    path("cases/import/<int:pk>/discard/", exchange.discard, name="case_import_discard"),
    path("cases/import/<int:pk>/report/", exchange.report, name="case_import_report"),
    path("cases/export/", exchange.export, name="case_export"),
    path("cases/<str:code>/", cases.show_case, name="case"),
    path("cases/<str:code>/edit/", registration.edit_case, name="case_edit"),
    path("cases/<str:code>/become/", lineage.become, name="become"),
    path("cases/<str:code>/merge/", lineage.merge, name="merge"),
    path("cases/<str:code>/split/", lineage.split, name="split"),
    path("cases/<str:code>/events/record/", events.record, name="event_record"),
    path("cases/<str:code>/events/<int:pk>/withdraw/", events.withdraw, name="event_withdraw"),
    path("deadlines/", deadlines.review, name="deadlines"),
    path("cases/<str:code>/record/<str:section>/", record.section, name="section"),
    path("cases/<str:code>/record/<str:part>/add/", record.add_entry, name="entry_add"),
    path("cases/<str:code>/record/<str:part>/<int:pk>/", record.change_entry, name="entry"),
    path("cases/<str:code>/record/<str:part>/<int:pk>/remove/", record.remove_entry, name="entry_remove"),
    path("cases/<str:code>/record/charge/<int:pk>/replace/", record.replace_charge, name="charge_replace"),
    path("cases/<str:code>/folios/", folios.show_folios, name="folios"),
    path("cases/<str:code>/folios/number/", folios.number, name="folio_number"),
    path("cases/<str:code>/folios/documents/<int:document_id>/", folios.show_document, name="folio_document"),
    path("cases/<str:code>/folios/explain/", folios.explain, name="folio_explain"),
    path("cases/<str:code>/folios/volumes/", folios.volumes, name="folio_volumes"),
    path("cases/<str:code>/folios/volumes/<int:pk>/", folios.volume, name="folio_volume"),
    path("cases/<str:code>/folios/inventories/", folios.draw_up, name="inventory_new"),
    path("cases/<str:code>/folios/inventories/<int:number>/", folios.inventory, name="inventory"),
    path("cases/<str:code>/upload/", filing.upload, name="upload"),
    path("cases/<str:code>/intake/<uuid:pk>/retry/", filing.retry, name="intake_retry"),
    path("cases/<str:code>/intake/<uuid:pk>/discard/", filing.discard, name="intake_discard"),
    path("cases/<str:code>/documents/<int:document_id>/", filing.describe, name="describe"),
    path("cases/<str:code>/assign/", cases.assign, name="assign"),
    path("cases/<str:code>/assignments/<int:pk>/end/", cases.end_assignment, name="assignment_end"),
    path("cases/<str:code>/bundle/", court.make, name="bundle_make"),
    path("bundles/<uuid:pk>/", court.status, name="bundle"),
    path("bundles/<uuid:pk>/cancel/", court.cancel, name="bundle_cancel"),
    path("bundles/<uuid:pk>/download/", court.download, name="bundle_download"),
    path("suggest/<str:what>/", suggestions.suggest, name="suggest"),
    path("organization/", organization.organization, name="organization"),
    path("organization/appointments/<int:pk>/end/", organization.end_appointment, name="appointment_end"),
    re_path(r"^(?P<path>.*)$", unknown, name="unknown"),
]
