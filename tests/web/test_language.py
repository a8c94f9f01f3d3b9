"""Pages speak Vietnamese, and English to whoever asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from tests.web.conftest import Page

if TYPE_CHECKING:
    from tests.web.conftest import SignIn
    from vks_plugin.cases.models import CaseFile

pytestmark = pytest.mark.django_db

VIETNAMESE = {
    "nothing said": {},
    "an English Windows in a Vietnamese office": {"Accept-Language": "en-US,en;q=0.9,vi;q=0.8"},
    "Vietnamese": {"Accept-Language": "vi-VN,vi;q=0.9"},
    "a language that is not spoken here": {"Accept-Language": "de,fr;q=0.5"},
    "nonsense": {"Accept-Language": ";;,q=,*"},
    "parts of pages": {"HX-Request": "true"},
}


@pytest.mark.parametrize("asked", VIETNAMESE, ids=list(VIETNAMESE))
def test_pages_are_vietnamese(asked: str, case: CaseFile, as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    answer = client.get("/vks/", headers=VIETNAMESE[asked])
    assert answer["Content-Language"] == "vi"
    assert "Tên vụ án" in Page(answer).words
    refused = client.post("/vks/cases/new/", {}, headers=VIETNAMESE[asked])
    assert refused["Content-Language"] == "vi"
    if not VIETNAMESE[asked].get("HX-Request"):
        assert ("html", "vi") in [(tag, attributes.get("lang")) for tag, attributes in Page(refused).elements]
    # the framework's own sentences too
    assert Page(refused).error_at("init_decision_no") == "Trường này là bắt buộc."


def test_the_language_chosen_in_the_host_s_settings_counts_first(case: CaseFile, as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi-vn"
    assert client.get("/vks/", headers={"Accept-Language": "en"})["Content-Language"] == "vi"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en-us"
    assert client.get("/vks/", headers={"Accept-Language": "vi"})["Content-Language"] == "en"


@pytest.mark.parametrize("asked", ["en", "en-GB,en;q=0.8", "EN", "fr,en;q=0.5"])
def test_who_asks_for_english_gets_english(asked: str, case: CaseFile, as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    answer = client.get("/vks/", headers={"Accept-Language": asked})
    page = Page(answer)
    assert answer["Content-Language"] == "en"
    assert ("html", "en") in [(tag, attributes.get("lang")) for tag, attributes in page.elements]
    assert "Register a case" in page.words
    refused = Page(client.post("/vks/cases/new/", {}, headers={"Accept-Language": asked}))
    assert refused.error_at("init_decision_no") == "This field is required."
    # what people entered stays in their language
    assert case.name in page.words


def test_a_language_ends_with_its_request(case: CaseFile, as_person: SignIn) -> None:
    client = as_person("chief_kv1")
    client.get("/vks/", headers={"Accept-Language": "en"})
    assert "Tên vụ án" in Page(client.get("/vks/")).words
