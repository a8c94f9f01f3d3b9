"""What people type is shown as typed, and no page carries script or style of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import CharField, TextField

from tests.people import file_pdf, register
from tests.web.conftest import Page
from tests.web.test_access import TABLE, Addresses
from vks_plugin.access.models import TemporaryAccess
from vks_plugin.cases.actions.record import note_change
from vks_plugin.cases.record import CASE_FIELDS, PARTS_OF_RECORD
from vks_plugin.court.models import Bundle
from vks_plugin.filing import actions as filing
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.web.record_forms import LAYOUTS
from vks_plugin.web.shell import POLICY
from vks_plugin.web.views.record import SECTIONS

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.api.conftest import Everything
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile, CatalogueType

pytestmark = pytest.mark.django_db

SHOWING = ("info", "accused", "people", "exhibits", "withheld", "relations", "history", "assignments", "refused edit")
"""Sections and forms that show what was typed."""

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b id=vksbad>"


def rows_of(case: CaseFile) -> dict[str, Any]:
    """Return one row of each part of the record that is edited on the case page."""
    rows = {
        name: PARTS_OF_RECORD[name].model._default_manager.filter(case=case).first() for name in [*LAYOUTS, "charge"]
    }
    assert all(rows.values()), rows
    return rows


def _write_into(row: Any, *fields: str) -> None:
    """Write markup into every field of a row that holds free text."""
    for name in fields:
        field = row._meta.get_field(name)
        if isinstance(field, CharField | TextField) and not field.choices and name not in _CODES:
            setattr(row, name, MARKUP[: field.max_length])


_CODES = frozenset({"code_version", "article", "crime_class", "role", "national_case_code"})


@pytest.fixture
def hostile(
    everything: Everything,
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    catalogue: dict[str, CatalogueType],
) -> Everything:
    """Write markup into every field that a page shows."""
    case = everything.filed.case
    _write_into(case, *CASE_FIELDS)
    case.department = Department.objects.create(unit=units["QN-KV1"], code="<b id=vksbad>", name=MARKUP)
    case.save()
    for name, row in rows_of(case).items():
        _write_into(row, *PARTS_OF_RECORD[name].fields)
        row.save()
    note_change(
        case=case,
        actor=people["prosecutor_kv1"],
        act="changed",
        subject="case",
        subject_id=case.pk,
        label=MARKUP,
        values=[["name", MARKUP, MARKUP], [MARKUP, MARKUP, ""]],
        reason=MARKUP,
    )
    for number, filed in enumerate(everything.filed.documents):
        filed.title = MARKUP
        filed.number = MARKUP[:60]
        if number == 0:
            filed.document_type = None
        filed.save()
    TemporaryAccess.objects.update(reason=MARKUP, case_code=MARKUP[:40])
    type(catalogue["CT"]).objects.update(name=MARKUP, group_name=MARKUP[:120])
    everything.failed.filename = everything.failed.title = everything.failed.error = MARKUP
    everything.failed.save()
    Bundle.objects.create(
        case=case,
        requested_by=people["chief_kv1"],
        status=Bundle.Status.FAILED,
        error=MARKUP,
        document_ids=everything.filed.host_ids[:1],
    )
    for person in people.values():
        person.last_name, person.first_name = MARKUP, "<b id=vksbad>"
        person.save()
    ProcuracyUnit.objects.update(name=MARKUP, short_name=MARKUP[:80])
    return everything


def _pages(client: Client, found: Everything) -> dict[str, Any]:
    addresses = Addresses(found)
    pages = {name: client.get(addresses.path[name]) for name, method in TABLE if method == "get"}
    # files, pictures, and lists for the script of the pages are no pages
    pages = {name: page for name, page in pages.items() if page.headers["Content-Type"].startswith("text/html")}
    part = {"HX-Request": "true"}
    pages["rows"] = client.get(addresses.path["case_list"], {"q": MARKUP, "stage": MARKUP, "unit": MARKUP})
    pages["rows as part"] = client.get(addresses.path["case_list"], {"order": MARKUP, "page": MARKUP}, headers=part)
    pages["documents"] = client.get(addresses.path["case"], headers=part)
    of_case = addresses.path["case"]
    for section in SECTIONS:
        if section.name != "documents":
            pages[section.name] = client.get(f"{of_case}record/{section.name}/")
            pages[f"{section.name} as part"] = client.get(f"{of_case}record/{section.name}/", headers=part)
    for name, row in rows_of(found.filed.case).items():
        for door in ("", "remove/"):
            address = f"{of_case}record/{name}/{row.pk}/{door}"
            pages[f"{name} {door}"] = client.get(address)
            pages[f"{name} {door} as part"] = client.get(address, headers=part)
        pages[f"new {name}"] = client.get(f"{of_case}record/{name}/add/", headers=part)
        values = dict.fromkeys(PARTS_OF_RECORD[name].fields, MARKUP) | {"text": MARKUP, "birth": MARKUP}
        pages[f"refused {name}"] = client.post(f"{of_case}record/{name}/add/", values)
        pages[f"refused {name} as part"] = client.post(f"{of_case}record/{name}/{row.pk}/", values, headers=part)
    pages["refused edit"] = client.post(addresses.path["case_edit"], dict.fromkeys(CASE_FIELDS, MARKUP))
    pages["unknown as part"] = client.get(f"/vks/{MARKUP}", headers=part)
    pages["unknown"] = client.get(f"/vks/cases/{MARKUP}/")
    hostile_form = dict.fromkeys(addresses.body("case_new"), MARKUP)
    pages["refused case"] = client.post(
        addresses.path["case_new"],
        hostile_form
        | {"accused-TOTAL_FORMS": "1", "accused-INITIAL_FORMS": "0", "accused-0-full_name": MARKUP}
        | {"accused-0-birth": MARKUP, "accused-0-charges": MARKUP}
        | {"participants-TOTAL_FORMS": "1", "participants-INITIAL_FORMS": "0", "participants-0-full_name": MARKUP},
    )
    pages["refused description"] = client.post(addresses.path["describe"], {"document_type": MARKUP, "title": MARKUP})
    pages["refused upload"] = client.post(addresses.path["upload"], {"document_type": MARKUP})
    pages["refused upload as part"] = client.post(addresses.path["upload"], {"document_type": MARKUP}, headers=part)
    pages["refused post"] = client.post(addresses.path["organization"], {"user": MARKUP, "role": MARKUP})
    pages["refused assignment"] = client.post(addresses.path["assign"], {"user": MARKUP}, follow=True)
    pages["stopped bundle"] = client.post(addresses.path["bundle_cancel"])
    return pages


@pytest.mark.every_address
def test_markup_is_shown_as_it_was_typed_on_pages_that_carry_nothing_of_their_own(
    hostile: Everything, as_person: SignIn
) -> None:
    """All that can be said of every page of a leader, who sees most, is said of pages that are asked for once."""
    pages = _pages(as_person("chief_kv1"), hostile)
    _carries_no_markup(pages)
    # what could have leaked was there
    for name in (
        "case_list",
        "case",
        "documents",
        "describe",
        "organization",
        "temporary_access",
        "refused case",
        *SHOWING,
    ):
        assert "&lt;img src=x onerror=alert(2)&gt;" in pages[name].content.decode(), name
    _carries_nothing_of_its_own(pages)
    _forbids_what_it_does_not_need(pages)
    _every_field_has_its_label(pages)


@pytest.mark.every_address
@pytest.mark.parametrize("asker", ["clerk_kv1", "prosecutor_kv3"])
def test_pages_carry_nothing_of_their_own(asker: str, hostile: Everything, as_person: SignIn) -> None:
    pages = _pages(as_person(asker), hostile)
    _carries_no_markup(pages)
    _carries_nothing_of_its_own(pages)


def _carries_no_markup(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        page = Page(response)
        assert [tag for tag, attributes in page.elements if attributes.get("id") == "vksbad"] == [], name
        assert [attributes for tag, attributes in page.elements if attributes.get("src") == "x"] == [], name


def _carries_nothing_of_its_own(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        page = Page(response)
        assert "".join(page.written_in).strip() == "", name
        for tag, attributes in page.elements:
            assert tag not in {"style", "object", "embed", "applet", "base"}, name
            assert "style" not in attributes, (name, tag)
            assert not [each for each in attributes if each.startswith(("on", "hx-on", "data-hx-on"))], (name, tag)
            for key in ("href", "src", "action", "hx-get", "hx-post"):
                value = attributes.get(key, "/")
                # all of it from this server: an office's machine reaches no other
                assert value.startswith(("/", "#", "?", "data:image/png;base64,")), (name, tag, value)
                assert not value.startswith("//"), (name, tag, value)
            if tag == "script":
                assert attributes["src"].startswith("/static/vks/"), name


def _forbids_what_it_does_not_need(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        assert response["Content-Security-Policy"] == POLICY, name
        assert response["X-Content-Type-Options"] == "nosniff", name
        assert response["Referrer-Policy"] == "same-origin", name
        assert response["Cache-Control"] == "private, no-store", name
    assert "unsafe" not in POLICY
    assert "*" not in POLICY


def _every_field_has_its_label(pages: dict[str, Any]) -> None:
    for name, response in pages.items():
        page = Page(response)
        labelled = {attributes.get("for") for tag, attributes in page.elements if tag == "label"}
        ids = [attributes["id"] for _tag, attributes in page.elements if "id" in attributes]
        assert sorted(set(ids)) == sorted(ids), name
        for tag, attributes in page.elements:
            if tag in {"select", "textarea"} or (tag == "input" and attributes.get("type") != "hidden"):
                assert attributes.get("id") in labelled, (name, tag, attributes)
            for other in attributes.get("aria-describedby", "").split():
                assert other in ids, (name, attributes)


def test_scripts_of_a_page_are_told_not_to_run_what_they_fetch(case: Any, as_person: SignIn) -> None:
    page = Page(as_person("prosecutor_kv1").get("/vks/"))
    settings = next(attributes for tag, attributes in page.elements if attributes.get("name") == "htmx-config")
    assert json.loads(settings["content"]) == {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
    }


def test_markup_cannot_become_a_code(
    people: dict[str, User], units: dict[str, ProcuracyUnit], as_person: SignIn
) -> None:
    client = as_person("clerk_kv1")
    body = {
        "unit": "QN-KV1",
        "name": "Vụ mới",
        "init_decision_no": "901/QĐ",
        "init_decision_date": "04/05/2026",
        "init_decision_agency": "Công an tỉnh",
        "stage": "dieu_tra",
        "confidentiality": "thuong",
        "code": "<b id=vksbad>",
        "accused-TOTAL_FORMS": "0",
        "accused-INITIAL_FORMS": "0",
        "participants-TOTAL_FORMS": "0",
        "participants-INITIAL_FORMS": "0",
    }
    page = Page(client.post("/vks/cases/new/", body))
    assert "chỉ gồm chữ in hoa" in page.error_at("code")
    assert page.fields["code"] == "<b id=vksbad>"
    assert [tag for tag, attributes in page.elements if attributes.get("id") == "vksbad"] == []


def test_a_file_s_name_is_shown_as_it_is(
    case: Any, people: dict[str, User], catalogue: dict[str, CatalogueType], as_person: SignIn
) -> None:
    item = file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"], title=MARKUP)
    filing.mark_failed(item.pk, MARKUP)
    assert "&lt;script&gt;" in as_person("prosecutor_kv1").get(f"/vks/cases/{case.code}/").content.decode()
    other = register(actor=people["clerk_kv3"], unit=ProcuracyUnit.objects.get(code="QN-KV3"), name=MARKUP)
    assert other.name not in as_person("prosecutor_kv1").get("/vks/", {"q": "script"}).content.decode()
