"""No door of the host is unknown: every address and method stands in the table, with why it may stand as it is."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.host.doors.table import ADMIN_OTHERS, ADMIN_PAGES, ADMIN_ROWS, DOORS, KINDS
from tests.host.routes import doors


def _known() -> set[tuple[str, str]]:
    return {(address, method) for address, methods, _why in DOORS for method in methods.split()}


def _of_administration(address: str) -> str:
    """Return the row and the page an address is about, or the address itself."""
    parts = address.split("/", 3)
    return "/".join(parts[1:3]) if len(parts) > 2 else ""


def _unknown(found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    strange = []
    for address, method in sorted(found - _known()):
        page = address.split("/", 3)[3] if address.count("/") > 2 else ""
        row = _of_administration(address)
        # those pages take whatever they are sent
        if address in ADMIN_OTHERS or (row in ADMIN_ROWS and page in ADMIN_PAGES):
            continue
        strange.append((address, method))
    return strange


def test_every_door_is_in_the_table(host: str) -> None:
    found = doors()
    assert _unknown(found) == []
    if host == "paperless":
        # and the table says nothing of doors that are not there
        assert _known() - found == set()
        assert {_of_administration(address) for address, _method in found} >= ADMIN_ROWS.keys()


def test_every_row_says_why() -> None:
    whys = [why for _address, _methods, why in DOORS] + [*ADMIN_ROWS.values(), *ADMIN_OTHERS.values()]
    assert [why for why in whys if why.partition(":")[0] not in KINDS or len(why.partition(": ")[2]) < 5] == []
    addresses = [(address, method) for address, methods, _why in DOORS for method in methods.split()]
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize(
    "address", ["api/documents/hand_out/", "admin/documents/vault/", "api/documents/<int:pk>/seal/"]
)
def test_a_new_door_is_noticed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from paperless import urls

    def opens(request: HttpRequest) -> HttpResponse:
        """Open something."""
        return HttpResponse()

    monkeypatch.setattr(urls, "urlpatterns", [path(address, opens), *urls.urlpatterns])
    assert len(_unknown(doors())) == 1


def test_a_new_method_of_an_old_door_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from documents.views import SearchAutoCompleteView

    monkeypatch.setattr(SearchAutoCompleteView, "delete", lambda self, request: None, raising=False)
    assert _unknown(doors()) == [("api/search/autocomplete", "DELETE")]
