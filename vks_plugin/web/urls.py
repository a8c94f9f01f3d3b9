"""Addresses of our pages, all under `/vks/`."""

from __future__ import annotations

from django.urls import path, re_path

from vks_plugin.web.shell import unknown
from vks_plugin.web.views import cases, court, filing, organization

app_name = "vks"

urlpatterns = [
    path("", cases.list_cases, name="case_list"),
    path("cases/new/", cases.new_case, name="case_new"),
    path("cases/<str:code>/", cases.show_case, name="case"),
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
    path("organization/", organization.organization, name="organization"),
    path("organization/appointments/<int:pk>/end/", organization.end_appointment, name="appointment_end"),
    re_path(r"^(?P<path>.*)$", unknown, name="unknown"),
]
