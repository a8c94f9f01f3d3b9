"""Our entry in the host's own interface, and nowhere else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from tests.web.conftest import Page, fetched
from vks_plugin.web.middleware import HostPageMiddleware

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.people import FiledCase
    from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db

SCRIPT = "/static/vks/host-ui.js"


def scripts(response: object) -> list[str]:
    return [attributes["src"] for tag, attributes in Page(response).elements if tag == "script" and "src" in attributes]


@pytest.mark.parametrize("path", ["/", "/dashboard", "/documents/1", "/vksx/", "/không-có"])
def test_the_host_s_interface_gets_our_entry(path: str, filed_case: FiledCase, as_person: SignIn) -> None:
    answer = as_person("prosecutor_kv1").get(path)
    assert answer.status_code == 200
    assert scripts(answer).count(SCRIPT) == 1
    assert answer.content.decode().rstrip().endswith("</html>")
    assert finders.find("vks/host-ui.js") is not None


def test_nothing_is_added_when_it_is_switched_off(filed_case: FiledCase, as_person: SignIn, settings: Settings) -> None:
    settings.VKS_HOST_INTERFACE = "false"
    answer = as_person("prosecutor_kv1").get("/")
    assert answer.status_code == 200
    assert b"vks/host-ui.js" not in answer.content
    # our own pages stay
    assert as_person("prosecutor_kv1").get("/vks/").status_code == 200


def test_nothing_else_is_touched(filed_case: FiledCase, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    document = filed_case.documents[0].document_id
    for path in (
        "/vks/",
        f"/vks/cases/{filed_case.case.code}/",
        "/vks/unknown/",
        "/api/documents/",
        "/api/vks/cases/",
        f"/api/documents/{document}/",
        "/api/schema/",
    ):
        answer = client.get(path)
        assert SCRIPT.encode() not in b"".join(answer) if answer.streaming else SCRIPT.encode() not in answer.content, (
            path
        )
    # a document that is itself a page is handed out byte for byte
    stored = fetched(client.get(f"/api/documents/{document}/download/"))
    assert stored == filed_case.documents[0].document.source_path.read_bytes()


def test_who_is_not_signed_in_gets_no_script(filed_case: FiledCase) -> None:
    assert Client().get("/").status_code == 302
    assert SCRIPT.encode() not in Client().get("/accounts/login/").content


def _served(answer: HttpResponseBase, *, url_name: str = "base") -> HttpResponseBase:
    request = RequestFactory().get("/")
    request.resolver_match = ResolverMatch(lambda _request: None, (), {}, url_name)
    serve: Callable[[HttpRequest], HttpResponse] = lambda _request: answer  # type: ignore[assignment, return-value] # noqa: E731
    return HostPageMiddleware(serve)(request)


def test_the_length_of_the_page_is_put_right() -> None:
    answer = HttpResponse("<html><body>ơ</body></html>".encode())
    answer["Content-Length"] = str(len(answer.content))
    served = _served(answer)
    assert isinstance(served, HttpResponse)
    assert int(served["Content-Length"]) == len(served.content)
    assert served.content.decode().count("<script") == 1


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse("<body></body>", content_type="application/xhtml"),
        HttpResponse('{"text": "</body>"}', content_type="application/json"),
        HttpResponse("<body></body>", status=404),
        HttpResponse(gzip.compress(b"<body></body>"), headers={"Content-Encoding": "gzip"}),
        HttpResponse("<p>part of a page</p>"),
        HttpResponse(b""),
    ],
    ids=["another type", "data", "an error", "compressed", "no end", "empty"],
)
def test_what_is_not_the_host_s_page_stays_as_it_is(answer: HttpResponse) -> None:
    before = bytes(answer.content)
    served = _served(answer)
    assert isinstance(served, HttpResponse)
    assert served.content == before


def test_a_page_in_pieces_stays_in_pieces() -> None:
    served = _served(StreamingHttpResponse([b"<body>", b"</body>"]))
    assert isinstance(served, StreamingHttpResponse)
    assert b"".join(served.streaming_content) == b"<body></body>"  # type: ignore[arg-type]
