"""English is whole and is spoken only to who asks for it; everybody and everything else gets Vietnamese."""

from __future__ import annotations

import gettext as plain_gettext
import io
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import translation
from django.utils.translation import gettext, ngettext, pgettext

from tests import translations
from tests.api.conftest import everything
from tests.people import file_pdf
from tests.translations import CATALOGUE, COMPILED, PACKAGE, Entry, as_text, compiled, entries, recorded
from tests.web.conftest import Page, as_person
from vks_plugin.cases.deadlines import deadline_rules
from vks_plugin.cases.models import Accused, CaseDeadline, CaseDocument, CaseFile, CatalogueType, SavedFilter
from vks_plugin.court.models import Bundle
from vks_plugin.filing import actions as filing
from vks_plugin.host.provision import case_code_field_id
from vks_plugin.language import language_of, speaking
from vks_plugin.organization.models import Department, ProcuracyUnit
from vks_plugin.organization.queries import display_name

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.api.conftest import Everything
    from tests.web.conftest import SignIn

__all__ = ["as_person", "everything"]

ENGLISH = {"Accept-Language": "en"}
VIETNAMESE = {"Accept-Language": "vi"}

# the host's field bears this name whatever language is spoken; the other is a person
_STAYS = ("“Mã vụ án”", "Nguyễn Văn A")
_STAND_IN = {"Máy chủ", "Đây là máy chủ thay thế, không phải Paperless-ngx."}
"""What the stand-in host adds to every page, as its own and in Vietnamese."""
_PLACEHOLDER = re.compile(r"%\((\w+)\)(\w)")


def vietnamese_in(text: str) -> str:
    """Return the letters of `text` that English does not have."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if letter.isalpha() and unicodedata.normalize("NFD", letter)[0] != letter
    ) + "".join(re.findall("[đĐ]", text))


# --- the catalogue -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_code() -> list[Entry]:
    """Return every sentence marked in the code."""
    return translations.sentences_in_code()


def test_every_sentence_of_the_code_has_its_english(in_code: list[Entry]) -> None:
    assert len(in_code) > 250
    assert {entry.key for entry in in_code} == {entry.key for entry in recorded()}, "run python -m tests.translations"
    assert [entry.sentence for entry in recorded() if not entry.translated] == []


def test_the_catalogue_is_in_order_and_compiled(in_code: list[Entry]) -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == as_text(in_code, recorded()), "run python -m tests.translations"
    with COMPILED.open("rb") as stream:
        committed = dict(plain_gettext.GNUTranslations(stream)._catalog)  # type: ignore[attr-defined]
    fresh = dict(plain_gettext.GNUTranslations(io.BytesIO(compiled(CATALOGUE.read_text(encoding="utf-8"))))._catalog)  # type: ignore[attr-defined]
    assert committed == fresh, "run python -m tests.translations"


def test_neither_day_nor_machine_is_in_the_catalogue() -> None:
    stamps = (b"POT-Creation-Date", b"PO-Revision-Date", b"Last-Translator", b"X-Generator")
    for content in (CATALOGUE.read_bytes(), COMPILED.read_bytes()):
        assert [stamp for stamp in (*stamps, str(PACKAGE.parent).encode()) if stamp in content] == []
    assert b"\n#: " not in CATALOGUE.read_bytes()


def test_a_new_sentence_is_noticed(tmp_path: Path, in_code: list[Entry]) -> None:
    copy = tmp_path / "vks_plugin"
    for folder in ("cases", "templates"):
        shutil.copytree(PACKAGE / folder, copy / folder)
    (copy / "cases/new.py").write_text(
        "from django.utils.translation import gettext as _\nSENTENCE = _('Câu mới %(day)s.')\n", encoding="utf-8"
    )
    (copy / "templates/new.html").write_text("{% load i18n %}{% trans 'Nhãn mới' %}", encoding="utf-8")
    known = {entry.key for entry in in_code}
    found = {entry.sentence for entry in translations.sentences_in_code(copy) if entry.key not in known}
    assert found == {"Câu mới %(day)s.", "Nhãn mới"}


def test_a_translation_with_another_placeholder_is_not_compiled() -> None:
    text = as_text([Entry("", "Vụ án %(code)s", "", (), False, True)], [])
    assert compiled(text.replace('msgstr ""\n', 'msgstr "Case %(code)s"\n').replace('msgid "Vụ', 'msgid "Vụ'))
    broken = text[::-1].replace('""'[::-1], '"Case %(cod)s"'[::-1], 1)[::-1]
    with pytest.raises(subprocess.CalledProcessError):
        compiled(broken)


def test_a_guess_is_no_translation() -> None:
    (guess,) = entries('#, fuzzy\nmsgid "Lưu"\nmsgstr "Keep"\n')
    assert not guess.translated
    (written,) = entries(as_text([guess], [guess]).partition("\n\n")[2])
    assert (written.english, written.translated) == (("",), False)


def _wrong_with(entry: Entry) -> Iterator[str]:
    """Yield what is wrong with the English of an entry."""
    for form in entry.english:
        said = form
        for kept in _STAYS:
            said = said.replace(kept, "")
        if form == entry.sentence:
            yield "it is not translated"
        if vietnamese_in(said):
            yield f"it has Vietnamese in it: {vietnamese_in(said)}"
        if sorted(_PLACEHOLDER.findall(form)) != sorted(_PLACEHOLDER.findall(entry.sentence)):
            yield "its placeholders are others"
        if form.endswith(".") != entry.sentence.endswith("."):
            yield "a sentence ends as one, a label as one"
        if form != form.strip() and entry.sentence == entry.sentence.strip():
            yield "it begins or ends with a space"


def test_english_sentences_say_the_same_in_english() -> None:
    # one test for all: thousands of them would take a minute to be counted
    kept = list(recorded())
    assert len(kept) > 3000
    assert [(each.sentence, wrong) for each in kept for wrong in _wrong_with(each)] == []


def test_english_that_says_something_else_is_noticed() -> None:
    right = Entry("", "Còn %(n)d trang.", "", ("%(n)d pages are left.",), fuzzy=False, formatted=True)
    assert list(_wrong_with(right)) == []
    for english in (
        "Còn %(n)d trang.",
        "pages are left.",
        "%(n)d trang còn lại.",
        "%(n)d pages are left",
        "%(n)d pages. ",
    ):
        assert list(_wrong_with(right._replace(english=(english,)))), english


# --- nothing is left unmarked ------------------------------------------------------------------

_MARKED = re.compile(
    r"{%\s*(?:block)?trans(?:late)?\b(?:(?!%}).)*%}(?:(?:(?!{%).)*(?:{%\s*plural\s*%}(?:(?!{%).)*)?{%\s*endblocktrans(?:late)?\s*%})?",
    re.S,
)
_MARKED_WORDS = re.compile(r'_\("[^"]*"\)')
"""Words handed to a filter or to another template."""
_TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
_SCRIPTS = sorted(path for path in (PACKAGE / "static/vks").glob("*.js"))


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.stem)
def test_a_template_says_nothing_unmarked(path: Path) -> None:
    unmarked = _MARKED_WORDS.sub("", _MARKED.sub("", path.read_text(encoding="utf-8")))
    assert [line.strip() for line in unmarked.splitlines() if vietnamese_in(line)] == []


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.stem)
def test_a_script_says_nothing_of_its_own(path: Path) -> None:
    lines = [re.sub(r"(^|\s)//.*", "", line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line.strip() for line in lines if vietnamese_in(line)] == []


def test_templates_and_scripts_are_where_they_were() -> None:
    assert len(_TEMPLATES) > 10
    assert {path.name for path in _SCRIPTS} >= {"vks.js", "host-ui.js"}


# --- who hears which language ------------------------------------------------------------------


@pytest.mark.parametrize("active", [None, "en-us", "vi", "vi-vn", "de-de"])
def test_vietnamese_is_the_default_of_workers_commands_and_readers(active: str | None) -> None:
    # the host's default language is English, and Django falls back to it: our sentences must not be found there
    with translation.override(active, deactivate=active is None):
        for entry in recorded():
            if entry.plural:
                assert ngettext(entry.sentence, entry.plural, 3) == entry.sentence
            elif entry.context:
                assert pgettext(entry.context, entry.sentence) == entry.sentence
            else:
                assert gettext(entry.sentence) == entry.sentence


def test_english_is_spoken_where_it_is_chosen() -> None:
    with speaking("en"):
        for entry in recorded():
            if entry.plural:
                assert (ngettext(entry.sentence, entry.plural, 1), ngettext(entry.sentence, entry.plural, 3)) == (
                    entry.english
                )
            elif entry.context:
                assert pgettext(entry.context, entry.sentence) == entry.english[0]
            else:
                assert gettext(entry.sentence) == entry.english[0]
    with speaking("vi"):
        assert gettext("Giai đoạn") == "Giai đoạn"
        # the framework's own sentences too
        assert gettext("This field is required.") == "Trường này là bắt buộc."


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "vi"),
        ({"Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"}, "vi"),
        ({"Accept-Language": "en-US,en;q=0.9,vi;q=0.8"}, "vi"),
        ({"Accept-Language": "de,fr;q=0.5"}, "vi"),
        ({"Accept-Language": "en-GB,en;q=0.8"}, "en"),
        ({"Accept-Language": "en", "Cookie": "{cookie}=vi-vn"}, "vi"),
        ({"Accept-Language": "vi", "Cookie": "{cookie}=en-us"}, "en"),
    ],
)
def test_the_language_of_a_request(asked: dict[str, str], expected: str, settings: Any) -> None:
    headers = {name: value.format(cookie=settings.LANGUAGE_COOKIE_NAME) for name, value in asked.items()}
    assert language_of(RequestFactory().get("/vks/", headers=headers)) == expected


# --- pages -------------------------------------------------------------------------------------

_SPOKEN = ("aria-label", "title", "placeholder", "data-vks-confirm", "data-vks-lost", "data-entry", "data-case")


def _shown(page: Page) -> list[str]:
    """Return the words of a page and those in attributes that a person sees or hears."""
    shown = list(page.words)
    for tag, attributes in page.elements:
        # what stands in a field, or in a list of suggestions, was entered or is data
        spoken = _SPOKEN if tag in {"input", "option"} else (*_SPOKEN, "value")
        shown.extend(" ".join(attributes[name].split()) for name in spoken if attributes.get(name))
    return shown


def _data() -> list[str]:
    """Return what people and the office entered: names, titles, types, units, in whatever combination pages show."""
    held: set[str] = set()
    for case in CaseFile.objects.all():
        held |= {case.name, case.charge_summary, case.init_decision_no, case.init_decision_agency, case.note}
        held |= {text for item in case.intake_items.all() for text in (item.filename, item.title, item.error)}
    for type_ in CatalogueType.objects.all():
        held |= {type_.name, type_.group_name}
    for unit in ProcuracyUnit.objects.all():
        held |= {unit.name, unit.short_name}
    held |= {department.name for department in Department.objects.all()}
    held |= {document.title for document in CaseDocument.objects.all()}
    held |= {person.full_name for person in Accused.objects.all()}
    held |= set(SavedFilter.objects.values_list("name", flat=True))
    # names and notes of time limits are reference data, like document types
    held |= {text for rule in deadline_rules().values() for text in (rule.label, rule.note, rule.start)}
    # the arithmetic of a time limit is kept in the language of the office, like a paper
    held |= set(CaseDeadline.objects.values_list("arithmetic", flat=True))
    for user in User.objects.all():
        held |= {display_name(user), f"{user.last_name} {user.first_name}"}
    return sorted((" ".join(each.split()) for each in held if each.strip()), key=len, reverse=True)


def _left_vietnamese(page: Page) -> list[str]:
    """Return the Vietnamese words of a page that are not data."""
    data = _data()
    left = []
    for words in _shown(page):
        if words in _STAND_IN:
            continue
        rest = words
        for each in (*_STAYS, *data):
            rest = rest.replace(each, "")
        if vietnamese_in(rest):
            left.append(words)
    return left


def _interface(page: Page) -> set[str]:
    """Return the sentences of the catalogue that a page shows whole."""
    return {entry.sentence for entry in recorded() if not entry.context} & set(_shown(page))


Visit = Callable[[Client, "Everything", dict[str, str]], Any]

_PAGES: dict[str, tuple[str, Visit, set[str]]] = {
    "case list": (
        "chief_kv1",
        lambda client, _all, headers: client.get("/vks/", headers=headers),
        {"Vụ án", "Giai đoạn", "Điều tra", "Đang giải quyết", "Bị can, bị cáo chính", "Tất cả", "Đăng xuất"},
    ),
    "an empty list": (
        "chief_kv3",
        lambda client, _all, headers: client.get("/vks/", headers=headers),
        {"Chưa có vụ án nào trong phạm vi của bạn.", "Đăng ký vụ án đầu tiên"},
    ),
    "nothing found": (
        "chief_kv1",
        lambda client, _all, headers: client.get("/vks/?q=zzz", headers=headers),
        {"Không có vụ án nào khớp. Thử bớt từ, hoặc bỏ bộ lọc."},
    ),
    "registration": (
        "clerk_kv1",
        lambda client, _all, headers: client.get("/vks/cases/new/", headers=headers),
        {"Đăng ký vụ án", "Tên vụ án", "Hạn chế nội bộ", "Thêm người", "Nữ"},
    ),
    "a refused registration": (
        "clerk_kv1",
        lambda client, _all, headers: client.post(
            "/vks/cases/new/", {"init_decision_date": "31/31/2026"}, headers=headers
        ),
        {"Hãy nhập ngày dạng dd/mm/yyyy."},
    ),
    "the case, to its prosecutor": (
        "prosecutor_kv1",
        lambda client, every, headers: client.get(f"/vks/cases/{every.filed.case.code}/", headers=headers),
        {"Bị can", "Nộp tài liệu", "Tập hồ sơ trình Tòa", "Đã xong", "Thử lại"},
    ),
    "the case, to its leader": (
        "chief_kv1",
        lambda client, every, headers: client.get(
            f"/vks/cases/{every.filed.case.code}/record/assignments/", headers=headers
        ),
        {"Viện trưởng đơn vị thụ lý", "Kiểm sát viên thụ lý chính", "Ai xem được hồ sơ vụ án này", "Thu hồi"},
    ),
    "why somebody may not see a case": (
        "chief_kv1",
        lambda client, every, headers: client.get(
            f"/vks/cases/{every.filed.case.code}/explain/?user=inspector_kv1", headers=headers
        ),
        {"Trong DMS", "Căn cứ trong bảng phân quyền", "Kiểm tra viên được phân công vào vụ án", "nộp", "quản lý"},
    ),
    "the cases of a colleague": (
        "chief_kv1",
        lambda client, _all, headers: client.get("/vks/explain/?user=prosecutor_kv1", headers=headers),
        {"Chỉ gồm các vụ án bạn được phân công người.", "Hồ sơ kiểm sát (nội bộ)"},
    ),
    "the case, to who may not read it": (
        "clerk_kv1",
        lambda client, every, headers: client.get(f"/vks/cases/{every.filed.case.code}/", headers=headers),
        {"Văn thư đơn vị thụ lý"},
    ),
    "a document's details": (
        "prosecutor_kv1",
        lambda client, every, headers: client.get(
            f"/vks/cases/{every.filed.case.code}/documents/{every.filed.documents[0].document_id}/", headers=headers
        ),
        {"Loại tài liệu", "Lưu", "Thôi"},
    ),
    "offices and posts": (
        "chief_kv1",
        lambda client, _all, headers: client.get("/vks/organization/", headers=headers),
        {"Tổ chức", "Kiểm sát viên", "Viện trưởng", "Chấm dứt"},
    ),
    "a refused upload": (
        "prosecutor_kv1",
        lambda client, every, headers: client.post(
            f"/vks/cases/{every.filed.case.code}/upload/", {}, headers=headers | {"HX-Request": "true"}
        ),
        set(),
    ),
    "the course of a case": (
        "prosecutor_kv1",
        lambda client, every, headers: client.get(
            f"/vks/cases/{every.filed.case.code}/record/events/", headers=headers
        ),
        {"Ghi sự kiện", "Khởi tố vụ án", "Rút"},
    ),
    "the limits of a case": (
        "prosecutor_kv1",
        lambda client, every, headers: client.get(
            f"/vks/cases/{every.filed.case.code}/record/limits/", headers=headers
        ),
        {"Hạn", "Cách tính", "Thời hạn"},
    ),
    "the morning review": (
        "chief_kv1",
        lambda client, _all, headers: client.get("/vks/deadlines/", headers=headers),
        {"Mọi vụ án tôi đọc được", "Cách tính"},
    ),
    "a case that is not one's own": (
        "chief_kv3",
        lambda client, every, headers: client.get(f"/vks/cases/{every.filed.case.code}/", headers=headers),
        {"Không tìm thấy", "Không có vụ án nào mang mã này trong phạm vi của bạn.", "Về danh sách vụ án"},
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", _PAGES, ids=list(_PAGES))
def test_a_page_speaks_one_language(name: str, everything: Everything, as_person: SignIn) -> None:
    person, visit, sentences = _PAGES[name]
    client = as_person(person)
    vietnamese = Page(visit(client, everything, VIETNAMESE))
    assert _left_vietnamese(vietnamese), "a page in Vietnamese has Vietnamese words of its own"
    assert sentences <= _interface(vietnamese)
    english = Page(visit(client, everything, ENGLISH))
    assert _left_vietnamese(english) == []
    by_sentence = {entry.sentence: entry.english[0] for entry in recorded() if not entry.context}
    assert {by_sentence[sentence] for sentence in sentences} <= set(_shown(english))


@pytest.mark.django_db
def test_data_stays_in_its_language(everything: Everything, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    page = Page(client.get(f"/vks/cases/{everything.filed.case.code}/", headers=ENGLISH))
    for held in (
        everything.filed.case.name,
        "Biên bản hỏi cung bị can",
        "Bị can & biện pháp ngăn chặn, cưỡng chế",
        "VKSND khu vực 1",
        "Nguyễn Văn Ánh",
    ):
        assert held in page.text


@pytest.mark.django_db
def test_a_failed_file_says_why_to_a_reader_of_english(everything: Everything, as_person: SignIn) -> None:
    # recorded by a worker, in the language of the office
    filing.mark_failed(everything.failed.pk, "nothing")
    everything.failed.refresh_from_db()
    type(everything.failed).objects.filter(pk=everything.failed.pk).update(
        error="Máy chủ đã dừng xử lý tệp này mà không tạo tài liệu. Hãy báo quản trị."
    )
    page = Page(as_person("prosecutor_kv1").get(f"/vks/cases/{everything.filed.case.code}/", headers=ENGLISH))
    assert (
        "The server stopped processing this file without making a document of it. Tell the administrator." in page.words
    )


@pytest.mark.django_db
def test_our_entry_in_the_host_s_interface_speaks_the_language_of_our_pages(
    everything: Everything, as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")
    words = {}
    for headers in ({}, ENGLISH):
        page = Page(client.get("/", headers=headers))
        (script,) = [each for tag, each in page.elements if tag == "script" and "host-ui" in each.get("src", "")]
        words[bool(headers)] = (script["data-entry"], script["data-case"])
    assert words == {False: ("Hồ sơ vụ án", "Vụ án"), True: ("Case file", "Case")}


# --- the API, and papers -----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_api_answers_in_the_language_asked_for(everything: Everything, as_person: SignIn) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/api/vks/cases/{everything.filed.case.code}/"
    told: dict[str, tuple[str, ...]] = {}
    for name, headers in (
        ("unasked", {}),
        ("windows", {"Accept-Language": "en-US,en;q=0.9,vi;q=0.8"}),
        ("en", ENGLISH),
    ):
        read = client.get(address, headers=headers).json()
        missing = client.get("/api/vks/cases/HS-KHONG-CO/", headers=headers)
        unnamed = client.post(f"{address}upload/", {}, headers=headers)
        told[name] = (
            read["accused_label"],
            read["reason"],
            missing.json()["detail"],
            unnamed.json()["detail"],
            missing["Content-Language"][:2],
        )
    assert told["unasked"] == (
        "Bị can",
        "Kiểm sát viên thụ lý chính của vụ án",
        "Không có vụ án nào mang mã này trong phạm vi của bạn.",
        "Hãy chọn tệp PDF.",
        "vi",
    )
    assert told["windows"] == told["unasked"]
    assert told["en"] == (
        "Accused",
        "Lead prosecutor of the case",
        "There is no case with this code that you may see.",
        "Choose a PDF file.",
        "en",
    )


@pytest.mark.django_db
def test_a_refusal_at_the_host_s_door_is_in_the_language_of_our_pages(
    everything: Everything, as_person: SignIn
) -> None:
    client = as_person("prosecutor_kv1")
    address = f"/api/documents/{everything.unfiled.pk}/"
    body = json.dumps({"custom_fields": [{"field": case_code_field_id(), "value": "HS-KHONG-CO"}]})
    said = {}
    for asked in ("", "en-US,en;q=0.9,vi;q=0.8", "en-US,en;q=0.9", "en-GB"):
        headers = {"Accept-Language": asked} if asked else {}
        answer = client.patch(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 400
        said[asked] = answer.json()["detail"]
    vietnamese = "Không có vụ án mã HS-KHONG-CO mà bạn được nộp tài liệu: hãy kiểm tra lại Mã vụ án."
    english = "There is no case HS-KHONG-CO in which you may file documents: check the field “Mã vụ án”."
    assert list(said.values()) == [vietnamese, vietnamese, english, english]


@pytest.mark.django_db
def test_papers_for_the_court_are_in_vietnamese_whoever_asks(
    everything: Everything,
    as_person: SignIn,
    people: dict[str, User],
    catalogue: dict[str, CatalogueType],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("prosecutor_kv1")
    case = everything.filed.case
    # one more paper, so that this bundle is another than the one made before
    with django_capture_on_commit_callbacks(execute=True):
        file_pdf(actor=people["prosecutor_kv1"], case=case, document_type=catalogue["CT"], folio_from=7, folio_to=7)
    CaseDocument.objects.filter(case=case, folio_from=7).update(document_type=None)
    with django_capture_on_commit_callbacks(execute=True):
        asked: HttpResponse = client.post(f"/api/vks/cases/{case.code}/bundles/", headers=ENGLISH)  # type: ignore[assignment]
    assert asked.status_code == 202
    bundle = Bundle.objects.latest("created_at")
    assert (bundle.pk != everything.bundle.pk, bundle.status, bundle.error) == (True, Bundle.Status.DONE, "")
    front = " ".join(pypdf.PdfReader(bundle.path).pages[number].extract_text() for number in (0, 1))
    front = unicodedata.normalize("NFC", " ".join(front.split()))
    assert "Toàn bộ hồ sơ vụ án" in front
    assert "Tài liệu chưa phân loại" in front
    assert "Whole case file" not in front
    assert "Unclassified" not in front
