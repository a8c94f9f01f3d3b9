"""The app as Django loads it."""

from __future__ import annotations

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Indexes what was consumed, before any other app hears of it."""

    name = "documents"
    verbose_name = "Documents"

    def ready(self) -> None:
        """Connect the index; its entry is written before later receivers run, as in the host."""
        from documents.signals import document_consumption_finished  # noqa: PLC0415 - apps must be loaded first
        from documents.signals.handlers import add_to_index  # noqa: PLC0415 - imports models

        document_consumption_finished.connect(add_to_index)
