"""Our routes, then the host's: its last one catches everything."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("vks/", include("vks_plugin.web.urls")),
    path("api/vks/", include("vks_plugin.api")),
    path("", include("paperless.urls")),
]
