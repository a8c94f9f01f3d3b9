"""What the plugin does not serve is refused at start-up, with a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from documents.signals import document_consumption_finished

from vks_plugin.conf import configuration
from vks_plugin.host import version
from vks_plugin.receivers import connect


@pytest.mark.parametrize("served", [(3, 0, 5), (3, 0, 6), (3, 0, 99)])
def test_this_host_is_served(served: tuple[int, ...]) -> None:
    assert version.version_problem(served) == ""


@pytest.mark.parametrize("other", [(2, 20, 0), (3, 0, 4), (3, 1, 0), (4, 0, 0)])
def test_another_version_stops_the_start(other: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = version.version_problem(other)
    assert "3.0.5" in sentence
    assert "PAPERLESS_APPS" in sentence
    monkeypatch.setattr(version, "version_problem", lambda: sentence)
    with pytest.raises(ImproperlyConfigured, match="PAPERLESS_APPS"):
        apps.get_app_config("vks").ready()


@pytest.mark.parametrize("engine", ["django.db.backends.mysql", "django.db.backends.oracle"])
def test_another_database_stops_the_start(engine: str, settings: Any) -> None:
    settings.DATABASES = {"default": {**settings.DATABASES["default"], "ENGINE": engine}}
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL"):
        apps.get_app_config("vks").ready()


@pytest.mark.django_db
def test_a_package_without_migrations_is_noticed(settings: Any) -> None:
    def found() -> list[str]:
        return [str(each.id) for each in run_checks() if str(each.id).startswith("vks.")]

    assert found() == []
    settings.MIGRATION_MODULES = {"vks": None}
    assert found() == ["vks.E001"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VKS_ENABLED", "có"),
        ("VKS_MAX_UPLOAD_BYTES", "0"),
        ("VKS_MAX_UPLOAD_BYTES", "512MB"),
        ("VKS_MAX_BUNDLE_PAGES", "-1"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(name: str, value: str, settings: Any) -> None:
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        configuration()


def test_listening_once_more_changes_no_order() -> None:
    """The host's workflows name a paper before it is asked whether its name is that of a state secret."""
    before = [each[0] for each in document_consumption_finished.receivers]
    connect()
    assert [each[0] for each in document_consumption_finished.receivers] == before
