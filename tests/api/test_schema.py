"""Our routes in the host's own schema, and the host's routes beside ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from tests.api.test_access import routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def generated() -> tuple[dict[str, Any], list[str]]:
    """Return the schema of the whole host, and everything its generator complained of."""
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence(), translation.override(None, deactivate=True):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    complaints = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    return schema, complaints


def test_every_route_is_in_the_schema(generated: tuple[dict[str, Any], list[str]]) -> None:
    schema, _complaints = generated
    ours = {path: methods for path, methods in schema["paths"].items() if "/vks/" in path}
    # the root lists routes; it is not one of them
    assert sum(len(methods) for methods in ours.values()) == len(routes()) - 1
    for path, methods in ours.items():
        for method, operation in methods.items():
            assert operation["operationId"].startswith("vks_"), (method, path)
            assert operation.get("summary"), (method, path)
            assert operation["summary"].isascii(), "descriptions are in English"
            assert "security" in operation, (method, path)
            assert {} not in operation["security"], f"{method} {path} says it may be asked anonymously"
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and parameter["name"] not in {"page", "page_size", "ordering"}:
                    # labels of choices are data
                    lines = [each for each in parameter["description"].splitlines() if not each.startswith("* `")]
                    assert "".join(lines).isascii(), (path, parameter["name"])
            if method != "get":
                refusals = {status for status in operation["responses"] if status >= "400"}
                assert refusals, (method, path)


def test_the_generator_complains_of_nothing_of_ours(generated: tuple[dict[str, Any], list[str]]) -> None:
    _schema, complaints = generated
    assert [each for each in complaints if "vks" in each.lower() and "vks_plugin/lite/" not in each] == []


def test_names_of_the_hosts_schema_stay_as_they_are(generated: tuple[dict[str, Any], list[str]]) -> None:
    schema, _complaints = generated
    hosts: dict[str, Any] = {}

    def without_ours(endpoints: list[tuple[str, str, str, Any]], **_extra: Any) -> list[tuple[str, str, str, Any]]:
        return [each for each in endpoints if not each[0].startswith("/api/vks/")]

    from drf_spectacular import settings as spectacular

    spectacular_settings: Any = spectacular.spectacular_settings
    with GENERATOR_STATS.silence(), translation.override(None, deactivate=True):
        kept = spectacular_settings.PREPROCESSING_HOOKS
        try:
            spectacular_settings.PREPROCESSING_HOOKS = [without_ours]
            hosts = SchemaGenerator().get_schema(request=None, public=True)
        finally:
            spectacular_settings.PREPROCESSING_HOOKS = kept
    assert not any("/vks/" in path for path in hosts["paths"])
    for path, methods in hosts["paths"].items():
        assert schema["paths"][path] == methods, path
    for name, component in hosts["components"]["schemas"].items():
        assert schema["components"]["schemas"][name] == component, name


def test_the_host_serves_the_schema(people: Any, as_person: Any) -> None:
    answer = as_person("outsider").get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert "/api/vks/cases/{code}/upload/" in json.loads(answer.content)["paths"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
@pytest.mark.parametrize("path", ["x", "x/", "cases", "cases/a/b/c/", "documents/abc/", "documents/1234567890123/"])
def test_an_address_that_leads_nowhere_is_not_the_hosts_page(
    method: str, path: str, people: Any, as_person: Any
) -> None:
    answer = getattr(as_person("chief_kv1"), method)(f"/api/vks/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"


def test_the_hosts_own_refusals_stay_the_hosts(people: Any, as_person: Any) -> None:
    ours = as_person("chief_kv1").get("/api/vks/documents/999/")
    hosts = as_person("chief_kv1").get("/api/documents/999/")
    assert hosts.status_code == ours.status_code == 404
    assert hosts.json() == {"detail": "No Document matches the given query."}
    assert ours.json() != hosts.json()


def test_a_browser_gets_json_too(people: Any, as_person: Any) -> None:
    answer = as_person("chief_kv1").get(
        "/api/vks/cases/", HTTP_ACCEPT="text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    )
    assert answer["Content-Type"] == "application/json"
