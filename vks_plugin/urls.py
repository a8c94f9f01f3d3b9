"""Our routes, then the host's: its last one catches everything."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("paperless.urls")),
]
