"""Lists of cases on the pages: handed in, tried, loaded; and handed out as files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.exchange.files import HEADINGS, ROWS, csv_text, workbook_bytes
from tests.people import register
from tests.web.conftest import Page, fetched
from vks_plugin.cases.models import CaseFile, CaseImport

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

    from tests.web.conftest import SignIn
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}
NEW = "/vks/cases/import/"


def upload(content: bytes | str = "", name: str = "ds.csv") -> SimpleUploadedFile:
    data = content or csv_text([HEADINGS, *ROWS, ("Vụ hỏng", "9", "32/01/2022", "CSĐT", "")])
    return SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())


def test_a_list_is_tried_looked_at_and_loaded(
    as_person: SignIn,
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("clerk_kv1")
    # not committed: it waits, and the part of the page asks again by itself
    waiting = client.post(NEW, {"file": upload(), "unit": "QN-KV1"})
    assert waiting.status_code == 302
    address = waiting["Location"]
    part = Page(client.get(address, headers=PART))
    assert (part.elements[0][1]["id"], part.elements[0][1]["hx-trigger"]) == ("vks-import", "every 2s")
    assert "Chờ kiểm tra" in part.text
    with django_capture_on_commit_callbacks(execute=True):
        address = client.post(NEW, {"file": upload(), "unit": "QN-KV1"})["Location"]
    shown = Page(client.get(address))
    assert "Đã kiểm tra, chưa nạp" in shown.text
    assert "Đăng ký mới : 2 dòng, 2 vụ" in shown.text
    assert "Từ chối : 1 dòng, 1 vụ" in shown.text
    assert "Ô C4 “Ngày quyết định khởi tố”: không có ngày “32/01/2022”" in shown.text
    assert "hx-get" not in Page(client.get(address, headers=PART)).elements[0][1]
    assert not CaseFile.objects.exists()
    refused = Page(client.get(f"{address}?outcome=refused"))
    assert "32/01/2022" in refused.text
    assert "2" not in refused.words
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{address}load/")["Location"] == address
    page = Page(client.get(address))
    assert "Đã nạp" in page.text
    codes = list(CaseFile.objects.values_list("code", flat=True))
    assert len(codes) == 2
    assert {f"/vks/cases/{code}/" for code in codes} <= set(page.links())
    report = client.get(f"{address}report/")
    assert report["Content-Disposition"].startswith('attachment; filename="ket-qua-nap-')
    from openpyxl import load_workbook

    rows = list(load_workbook(io.BytesIO(fetched(report))).active.values)
    assert [row[1] for row in rows] == ["Kết quả", "Đăng ký mới", "Đăng ký mới", "Từ chối"]
    # it is there to come back to
    assert address in Page(client.get(NEW)).links()


@pytest.mark.parametrize("field", ["file", "unit"])
def test_a_form_that_lacks_something_says_so(field: str, as_person: SignIn, units: dict[str, ProcuracyUnit]) -> None:
    given: dict[str, Any] = {"unit": "QN-KV1"} if field == "file" else {"file": upload(), "unit": "QN-KV3"}
    answer = as_person("clerk_kv1").post(NEW, given)
    assert answer.status_code == 400
    assert Page(answer).error_at(field) != ""
    assert not CaseImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_at_the_door(
    as_person: SignIn, units: dict[str, ProcuracyUnit], settings: Any
) -> None:
    settings.VKS_MAX_IMPORT_BYTES = 10
    answer = as_person("clerk_kv1").post(NEW, {"file": upload(), "unit": "QN-KV1"})
    assert answer.status_code == 413
    assert "lớn hơn" in Page(answer).error_at("file")


def test_what_is_no_list_says_why(
    as_person: SignIn,
    units: dict[str, ProcuracyUnit],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("clerk_kv1")
    with django_capture_on_commit_callbacks(execute=True):
        address = client.post(NEW, {"file": upload(b"%PDF-1.7 \0\0"), "unit": "QN-KV1"})["Location"]
    page = Page(client.get(address))
    assert "Không đọc được" in page.text
    assert "hãy nộp tệp CSV hoặc .xlsx" in page.text


def test_markup_in_a_list_stays_text(
    as_person: SignIn,
    units: dict[str, ProcuracyUnit],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    client = as_person("clerk_kv1")
    rows = [("Tên vụ án", *HEADINGS[1:4], "<script>alert(1)</script>"), ("A", "<script>x</script>", "<b>", "CSĐT", "y")]
    with django_capture_on_commit_callbacks(execute=True):
        address = client.post(NEW, {"file": upload(csv_text(rows), "<img src=x onerror=y>.csv"), "unit": "QN-KV1"})[
            "Location"
        ]
    answer = client.get(address)
    page = Page(answer)
    assert "<script>alert(1)</script>" in page.text
    assert page.written_in == []
    assert not [1 for tag, _attributes in page.elements if tag == "img"]


def test_the_template_is_read_by_the_loading(
    as_person: SignIn,
    units: dict[str, ProcuracyUnit],
    tmp_path: Any,
) -> None:
    from openpyxl import load_workbook

    from vks_plugin.exchange.columns import KEY, by_heading, plain_heading

    answer = as_person("clerk_kv1").get("/vks/cases/import/template/")
    book = load_workbook(io.BytesIO(fetched(answer)))
    [headings] = list(book.worksheets[0].values)
    known = by_heading()
    names = [known[plain_heading(str(heading))].name for heading in headings]
    assert set(KEY) <= set(names)
    assert "accused" in names
    explained = {row[1] for row in list(book.worksheets[1].values)[1:]}
    assert explained == {column.name for column in known.values() if column.source != "told"}


def test_the_list_goes_out_as_it_is_narrowed(
    as_person: SignIn, people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None
) -> None:
    for number, stage in enumerate(("dieu_tra", "truy_to")):
        register(actor=people["clerk_kv1"], unit=units["QN-KV1"], code=f"HS-{number}", stage=stage)
    client = as_person("chief_kv1")
    offered = Page(client.get("/vks/cases/export/?stage=truy_to&page=7"))
    assert "1 vụ án theo bộ lọc đang chọn." in offered.text
    [link] = [link for link in offered.links() if "file_type=csv" in link and "layout=case" in link]
    assert "page=" not in link
    answer = client.get(f"/vks/cases/export/{link}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(fetched(answer).decode("utf-8-sig"))))
    assert [row["Mã vụ án"] for row in rows] == ["HS-1"]
    assert client.get("/vks/cases/export/?file_type=exe").status_code == 400
    assert client.get("/vks/cases/export/?file_type=csv&layout=x").status_code == 400


def test_a_workbook_through_the_api(
    people: dict[str, User],
    units: dict[str, ProcuracyUnit],
    provisioned: None,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_login(people["chief_kv1"])
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(
            "/api/vks/case-imports/",
            {"file": upload(workbook_bytes([HEADINGS, *ROWS]), "ds.xlsx"), "unit": "QN-KV1", "dry_run": "false"},
        )
    assert made.status_code == 202
    told = client.get(f"/api/vks/case-imports/{made.json()['id']}/").json()
    assert (told["status"], told["counts"]["created"]) == ("done", {"rows": 2, "cases": 2})
    rows = client.get(f"/api/vks/case-imports/{told['id']}/rows/?outcome=created").json()
    assert [row["row"] for row in rows["results"]] == [2, 3]
    assert client.get("/api/vks/cases/?charge=173.2").json()["count"] == 1
    out = client.get("/api/vks/cases/export/?file_type=csv&charge=134")
    [row] = csv.DictReader(io.StringIO(fetched(out).decode("utf-8-sig")))
    assert row["Tên vụ án"] == ROWS[1][0]
