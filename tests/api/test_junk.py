"""Whatever is sent to a route that writes is answered with a sentence, and nothing of it is kept by halves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Everything, Snapshot
from tests.api.test_access import TABLE, Addresses, _appointment
from vks_plugin.cases.models import Assignment, CalendarDay, CaseChange, CaseFile
from vks_plugin.rest import MOST_JSON

if TYPE_CHECKING:
    from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

WRITING = [(name, method) for name, method in TABLE if method != "get"]
ANSWERS = {200, 201, 202, 204, 400, 403, 404, 409, 413, 415}
"""Statuses there may be: done, or refused in the words of docs/api.md; 415 where a route takes no JSON."""

NASTY: tuple[Any, ...] = (
    None,
    True,
    "",
    " ",
    0,
    -1,
    1.5,
    1e308,
    2**31,
    2**63,
    10**30,
    "\x00",
    "\ud800",
    "a\ud800b",
    "\u202e\u0301",
    "x" * 100_000,
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-13-45T99:99:99",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "%00",
    [],
    [None],
    [[[]]],
    ["a"] * 2000,
    {},
    {"": ""},
    {"id": 1},
    {"a": {"b": {"c": []}}},
    {"\ud800": "\x00"},
    {"content": "x" * 20_000, "source": 10**20},
)

WHOLE = (b"", b"{", b"null", b"[]", b'"x"', b"12", b"[" * 100_000, b'{"a":' * 50_000, b'{"name": NaN}', b"\xff\xfe\x00")

EXAMPLES = int(os.environ.get("VKS_JUNK", "150"))
"""How much junk is thrown at fields of all routes."""


def _fields() -> dict[str, list[str]]:
    """Return, by the name of a route with its method, every field its request may have, read from the schema."""
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
    found: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                found[f"{method} {path}"] = list(schema["components"]["schemas"].get(name, {}).get("properties", {}))
    return found


class Sender:
    """Sends what it is told to the routes of one case and looks at what becomes of it."""

    def __init__(self, everything: Everything, client: APIClient, snapshot: Callable[[], Snapshot]) -> None:
        self.addresses = Addresses(
            everything, _appointment(), Assignment.objects.get(user__username="prosecutor_kv1").pk
        )
        self.case, self.client, self.snapshot = everything.filed.case, client, snapshot
        self.fields = _fields()
        self._before: dict[bool, Any] = {}
        self._read: set[tuple[str, str]] = set()

    def fields_of(self, name: str, method: str) -> list[str]:
        """Return the fields of a route."""
        path = self.addresses.path[name]
        wanted = [
            fields
            for key, fields in self.fields.items()
            if key.startswith(f"{method} /api/vks/") and _same(key.partition(" ")[2], path)
        ]
        return wanted[0] if wanted else []

    def send(self, name: str, method: str, content: bytes, *, carefully: bool = False) -> int:
        """Send it, undo it, and return the status; whatever is answered must be readable."""
        with transaction.atomic():
            # whatever came before was taken back
            if carefully not in self._before:
                self._before[carefully] = self._state(carefully)
            told = f"{method} {name} {content[:200]!r}"
            # the stubs know texts only; the client takes bytes as they are
            answer = self.client.generic(
                method.upper(),
                self.addresses.path[name],
                content,  # type: ignore[arg-type]
                content_type="application/json",
            )
            assert answer.status_code in ANSWERS, told
            if answer.status_code >= 400:
                body = json.loads(answer.content)
                assert set(body) <= {"detail", "field"}, told
                assert body["detail"].strip(), told
                assert self._state(carefully) == self._before[carefully], told
            else:
                # files are not taken back
                self._before.clear()
                # what was taken can be read again; where nothing of what is sent is read, the same is done every time
                again = (name, method) not in self._read
                if not self.fields_of(name, method):
                    self._read.add((name, method))
                for place in (
                    ("", "accused/", "people/", "charges/", "relations/", "events/", "deadlines/", "history/")
                    if again
                    else ()
                ):
                    read = self.client.get(f"{self.addresses.path['vks-case-detail']}{place}")
                    assert read.status_code == 200, (told, place)
            transaction.set_rollback(True)
        status: int = answer.status_code
        return status

    def _state(self, carefully: bool) -> Any:
        if carefully:
            return self.snapshot()
        return (list(CaseFile.objects.order_by("pk").values()), CaseChange.objects.count())


def _same(pattern: str, path: str) -> bool:
    """Tell whether an address of the schema is that of a route."""
    parts, given_parts = pattern.strip("/").split("/"), path.strip("/").split("/")
    return len(parts) == len(given_parts) and all(
        one == other or one.startswith("{") for one, other in zip(parts, given_parts, strict=True)
    )


@pytest.fixture
def sender(everything: Everything, as_person: Callable[[str], APIClient], snapshot: Callable[[], Snapshot]) -> Sender:
    """Return who sends as the leader of the office, who may do most."""
    CalendarDay.objects.create(day="2027-02-13", is_day_off=False)
    return Sender(everything, as_person("chief_kv1"), snapshot)


def _content(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.every_address
def test_what_is_no_form_is_refused_by_every_route(sender: Sender) -> None:
    for name, method in WRITING:
        for content in WHOLE:
            # some say nothing a route needs: an action without a body, a correction of nothing
            status = sender.send(name, method, content, carefully=True)
            if content not in (b"", b"null"):
                assert status >= 400 or not sender.fields_of(name, method), (name, method, content[:20])


def test_more_than_any_form_holds_is_refused_before_it_is_read(sender: Sender) -> None:
    content = b'{"note": "' + b"x" * (MOST_JSON + 1) + b'"}'
    assert sender.send("vks-case-detail", "patch", content, carefully=True) == 413
    assert sender.send("vks-case-list", "post", content, carefully=True) == 413
    full = b'{"note": "' + b"x" * (MOST_JSON - 100) + b'"}'
    assert sender.send("vks-case-detail", "patch", full, carefully=True) == 400


@pytest.mark.every_address
def test_a_field_that_no_route_reads_is_refused_by_every_route(sender: Sender) -> None:
    asked = [(name, method) for name, method in WRITING if sender.fields_of(name, method)]
    assert len(asked) > 25
    for name, method in asked:
        body = sender.addresses.body(name, method) | {"khong_co": 1, "\ud800": 2}
        assert sender.send(name, method, _content(body), carefully=True) in {400, 403, 404}, (name, method)


@pytest.mark.every_address
def test_junk_in_any_field_of_any_route_is_answered_with_a_sentence(sender: Sender) -> None:
    routes = [(name, method) for name, method in WRITING if sender.fields_of(name, method)]
    places = [(name, method, each) for name, method in routes for each in sender.fields_of(name, method)]
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )
    statuses: dict[int, int] = {}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(place=st.sampled_from(places), junk=st.sampled_from(NASTY) | anything, alone=st.booleans())
    def throw(place: tuple[str, str, str], junk: Any, alone: bool) -> None:
        name, method, field = place
        body = {} if alone and method == "patch" else sender.addresses.body(name, method)
        status = sender.send(name, method, _content(body | {field: junk}))
        statuses[status] = statuses.get(status, 0) + 1

    throw()
    # it is not the forms that are refused as a whole: some junk is a value one can use
    assert statuses[400] > EXAMPLES // 4
    assert sum(count for status, count in statuses.items() if status < 300) > EXAMPLES // 50


@pytest.mark.every_address
def test_junk_in_a_row_of_a_list_is_answered_with_a_sentence(sender: Sender) -> None:
    accused = {"full_name": "Đinh Một", "charges": [{"text": "173.2"}]}
    person = {"full_name": "Bế Hai", "role": "victim"}
    form = sender.addresses.body("vks-case-list")
    for junk in NASTY:
        bodies: list[dict[str, Any]] = [
            {"accused": [accused | {"full_name": junk}]},
            {"accused": [accused | {"birth_year": junk}]},
            {"accused": [accused | {"birth_date": junk, "birth_precision": junk}]},
            {"accused": [accused | {"charges": junk}]},
            {"accused": [accused | {"charges": [junk]}]},
            {"accused": [accused | {"charges": [{"text": junk}]}]},
            {"accused": [accused | {"charges": [{"article": junk, "clause": junk, "points": junk}]}]},
            {"people": [person | {"role": junk}]},
            {"people": [junk]},
            {"kind": "crime_report", "details": {"report_type": junk}},
            {"kind": "crime_report", "details": {"report_type": "to_giac", "content": junk}},
            {"kind": "crime_report", "details": junk},
            {"kind": junk},
        ]
        for body in bodies:
            sender.send("vks-case-list", "post", _content(form | body))
