"""The same people, offices and papers in every test.

Fixtures: `units`, `people`, `catalogue`, `provisioned`, `case`, `filed_case`. Functions to call:
`register` (a case), `recorded` (a row of each part of its record), `file_pdf` (a document of a case, consumed by the host), `waiting` (a file
the host has yet to take in), `pdf_bytes` (a PDF), `kept_pdf` (the same one again).
Everybody here is invented.

Consumption starts when a transaction commits. The fixtures see to that themselves; a test that
files something of its own is either marked `django_db(transaction=True)` or wraps the call in
`django_capture_on_commit_callbacks(execute=True)`.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import TestCase

from tests.stages import Stage, kept_as
from vks_plugin.access import actions as access
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import CaseDocument, CaseFile, CatalogueType
from vks_plugin.filing import actions as filing
from vks_plugin.filing.models import IntakeItem
from vks_plugin.host import provision
from vks_plugin.management.commands.vks_setup import load_missing
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

PASSWORD = "vks-test-only"
"""Everybody's password."""

STARTED = dt.date(2025, 7, 1)
"""The day the regional offices, and every post here, began."""

_FONTS = (
    Path(__file__).parent.parent / "vks_plugin/static/vks/fonts/LiberationSerif-Regular.ttf",
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"),
)

_numbers = itertools.count(1)

# key: family name, given name, unit, role; an office is PROVINCE, KV1 or KV3 below
_PEOPLE: dict[str, tuple[str, str, str, str]] = {
    "chief_province": ("Phạm Quốc", "Thịnh", "QN", "chief_procurator"),
    "deputy_province": ("Đặng Thu", "Hường", "QN", "deputy_chief_procurator"),
    "archivist_province": ("Lý Thị", "Mơ", "QN", "archivist"),
    "statistics_province": ("Vũ Đình", "Số", "QN", "statistics_officer"),
    "admin_province": ("Trịnh Công", "Máy", "QN", "system_admin"),
    "chief_kv1": ("Bùi Văn", "Đạt", "QN-KV1", "chief_procurator"),
    "deputy_kv1": ("Hoàng Thị", "Ngân", "QN-KV1", "deputy_chief_procurator"),
    "prosecutor_kv1": ("Đỗ Hữu", "Ước", "QN-KV1", "prosecutor"),
    "other_prosecutor_kv1": ("Ngô Bá", "Khá", "QN-KV1", "prosecutor"),
    "inspector_kv1": ("Mai Thị", "Ỷ", "QN-KV1", "inspector"),
    "clerk_kv1": ("Trần Thị", "Thư", "QN-KV1", "records_clerk"),
    "scanner_kv1": ("Lê Văn", "Quét", "QN-KV1", "scan_operator"),
    "chief_kv3": ("Dương Văn", "Trưởng", "QN-KV3", "chief_procurator"),
    "prosecutor_kv3": ("Phan Thị", "Sát", "QN-KV3", "prosecutor"),
    "clerk_kv3": ("Tô Thị", "Sổ", "QN-KV3", "records_clerk"),
    # would manage every case of the office, were the account not locked
    "locked": ("Cao Văn", "Khóa", "QN-KV1", "deputy_chief_procurator"),
}

# code: name, group code and name, position, part
_CATALOGUE: dict[str, tuple[str, str, str, int, str]] = {
    "QDKTVA": ("Quyết định khởi tố vụ án hình sự", "01", "Nguồn tin & khởi tố", 10, "hsva"),
    "QDKTBC": ("Quyết định khởi tố bị can", "02", "Bị can & biện pháp ngăn chặn, cưỡng chế", 20, "hsva"),
    "BBHC": ("Biên bản hỏi cung bị can", "05", "Lời khai bị can", 50, "hsva"),
    "CT": ("Cáo trạng", "15", "Truy tố", 150, "hsva"),
    "BCDX": ("Báo cáo đề xuất", "HK", "Hồ sơ kiểm sát", 900, "hsks"),
}


@dataclass(frozen=True)
class FiledCase:
    """A case with papers in it, all consumed by the host."""

    case: CaseFile
    documents: list[CaseDocument]
    """Those of the case file (hsva), in folio order: 1–2, 3–5, 6."""
    internal: CaseDocument
    """The one of the supervision file (hsks)."""

    @property
    def host_ids(self) -> list[int]:
        """Host ids of all four, the internal one last."""
        return [each.document_id for each in [*self.documents, self.internal]]


def pdf_bytes(pages: int = 1, text: str = "Quyết định khởi tố vụ án hình sự") -> bytes:
    """Return a born-digital PDF whose every page says `text` in an embedded font; no two calls give the same bytes."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    if "vks-tests" not in pdfmetrics.getRegisteredFontNames():
        font = next(path for path in _FONTS if path.is_file())
        pdfmetrics.registerFont(TTFont("vks-tests", str(font)))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    copy = next(_numbers)
    for page in range(1, pages + 1):
        canvas.setFont("vks-tests", 14)
        canvas.drawString(72, 760, text)
        # enough text on the page, so that the host reads it instead of recognising it
        canvas.drawString(72, 735, f"Bản thử số {copy}, trang {page}/{pages}, chỉ dùng để kiểm tra phần mềm.")
        canvas.drawString(72, 710, "Căn cứ Bộ luật Tố tụng hình sự; xét thấy có dấu hiệu tội phạm.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


kept_pdf = functools.cache(pdf_bytes)
"""The same, but made once: for what is taken back, or refused, each time it was sent."""


def register(*, actor: User, unit: ProcuracyUnit, digitise_myself: bool = False, **fields: Any) -> CaseFile:
    """Register a case through the product; every call without `init_decision_no` makes a new decision number."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name": "Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
        "init_decision_no": f"{number}/QĐ-CSĐT",
        "init_decision_date": dt.date(2026, 3, 2),
        "init_decision_agency": "Cơ quan Cảnh sát điều tra Công an tỉnh",
        "charge_summary": "Trộm cắp tài sản",
        "handled_at": dt.date(2026, 3, 5),
        "accused": [AccusedInput("Nguyễn Văn Ánh", 1990, "nam"), AccusedInput("Đỗ Thị Ước", 1993, "nu")],
    }
    return access.register_case(actor=actor, unit=unit, digitise_myself=digitise_myself, **(values | fields))


def file_pdf(
    *,
    actor: User,
    case: CaseFile,
    document_type: CatalogueType,
    pages: int = 1,
    content: bytes | None = None,
    **fields: Any,
) -> IntakeItem:
    """Hand a PDF of so many pages in, as a person would through the page or the API."""
    data = pdf_bytes(pages, document_type.name) if content is None else content
    values: dict[str, Any] = {"title": document_type.name, "number": "12", "date": dt.date(2026, 3, 2)}
    return filing.file_upload(
        actor=actor,
        case=case,
        file=ContentFile(data),
        filename="Tài liệu.pdf",
        document_type=document_type,
        **(values | fields),
    )


def waiting(*, actor: User, case: CaseFile, document_type: CatalogueType, first: int, last: int) -> IntakeItem:
    """Return a file with these folios that the host has yet to take in."""
    return IntakeItem.objects.create(
        case=case,
        filename="cho.pdf",
        sha256="0" * 64,
        document_type=document_type,
        part="hsva",
        title=document_type.name,
        folio_from=first,
        folio_to=last,
        created_by=actor,
    )


def recorded(*, actor: User, case: CaseFile, number: int = 1) -> dict[str, Any]:
    """Enter one row of each part of the record, as a person would; return them by part."""
    accused = case.accused.first()
    assert accused is not None

    def add(part: str, **values: Any) -> Any:
        return access.add_entry(actor=actor, case=case, part=part, values=values)

    return {
        "accused": accused,
        "charge": access.charge(actor=actor, case=case, accused=accused, given=ChargeInput(text=f"173.{number}")),
        "person": add("person", role="witness", full_name=f"Hoàng Thị Nhân Chứng {number}", contact="0912 000 111"),
        "measure": add(
            "measure",
            accused=accused,
            kind="tam_giam",
            starts_on=dt.date(2026, 3, number),
            decision_no=f"{number}/LTG",
            facility="Trại tạm giam Công an tỉnh",
        ),
        "exhibit": add("exhibit", name=f"Con dao bầu số {number}", location="Kho vật chứng"),
        "withheld": add(
            "withheld",
            level="mat",
            number=f"{number}/BC",
            dated=dt.date(2026, 3, number),
            kept_at="Két của bộ phận mật",
        ),
        "relation": add("relation", relation="lien_quan", other_text=f"Vụ {number} ở tỉnh khác"),
    }


def make_district(code: str) -> ProcuracyUnit:
    """Make an office below the province as there were until 30/6/2025, which still stands and does not use the system."""
    return ProcuracyUnit.objects.create(
        code=code,
        name=f"Viện kiểm sát nhân dân {code}",
        short_name=f"VKSND {code}",
        kind=ProcuracyUnit.Kind.DISTRICT,
        parent=ProcuracyUnit.objects.get(code="QN"),
        valid_from=dt.date(2000, 1, 1),
    )


def _make_units() -> None:
    province = ProcuracyUnit.objects.create(
        code="QN",
        name="Viện kiểm sát nhân dân tỉnh Quảng Ninh",
        short_name="VKSND tỉnh",
        kind=ProcuracyUnit.Kind.PROVINCE,
        valid_from=dt.date(2000, 1, 1),
        active_from=STARTED,
    )
    for number in (1, 3):
        ProcuracyUnit.objects.create(
            code=f"QN-KV{number}",
            name=f"Viện kiểm sát nhân dân khu vực {number} – Quảng Ninh",
            short_name=f"VKSND khu vực {number}",
            kind=ProcuracyUnit.Kind.REGIONAL,
            parent=province,
            valid_from=STARTED,
            active_from=STARTED,
        )
    Department.objects.create(unit=province, code="P1", name="Phòng 1")


def _units() -> dict[str, ProcuracyUnit]:
    return {each.code: each for each in ProcuracyUnit.objects.filter(code__in=("QN", "QN-KV1", "QN-KV3"))}


def _make_people() -> None:
    units = _units()
    accounts = {
        key: User.objects.create_user(key, password=PASSWORD, last_name=family, first_name=given)
        for key, (family, given, _unit, _role) in _PEOPLE.items()
    }
    # in one go: most tests begin so
    Appointment.objects.bulk_create(
        Appointment(user=accounts[key], unit=units[unit], role=role, starts_on=STARTED)
        for key, (_family, _given, unit, role) in _PEOPLE.items()
    )
    organization.synchronise_memberships()
    User.objects.create_user("outsider", password=PASSWORD, last_name="Người", first_name="Ngoài")
    User.objects.filter(username="locked").update(is_active=False)


def _people() -> dict[str, User]:
    return {each.username: each for each in User.objects.filter(username__in=[*_PEOPLE, "outsider"])}


def _make_provisions() -> None:
    organization.ensure_service_account()
    provision.ensure_case_code_field()
    provision.ensure_storage_path()


def _make_catalogue() -> None:
    load_missing(["folio_profiles"])
    host_types, _made = provision.ensure_document_types(name for name, *_rest in _CATALOGUE.values())
    for code, (name, group, group_name, position, part) in _CATALOGUE.items():
        CatalogueType.objects.create(
            code=code,
            name=name,
            group_code=group,
            group_name=group_name,
            position=position,
            part=part,
            host_type_id=host_types[name],
        )


def _catalogue() -> dict[str, CatalogueType]:
    found = {each.code: each for each in CatalogueType.objects.filter(code__in=_CATALOGUE)}
    return {code: found[code] for code in _CATALOGUE}


def _make_case() -> None:
    people = _people()
    made = register(actor=people["clerk_kv1"], unit=_units()["QN-KV1"])
    access.assign(actor=people["chief_kv1"], case=made, user=people["prosecutor_kv1"], role="prosecutor_lead")


def make_world() -> None:
    """Make offices, people, catalogue and a case in a database without any; for programs that are no tests."""
    for make in (_make_units, _make_people, _make_provisions, _make_catalogue, _make_case):
        make()


def _make_papers(case: CaseFile) -> None:
    people, catalogue = _people(), _catalogue()
    plan = (("QDKTVA", 2, 1, 2), ("QDKTBC", 3, 3, 5), ("BBHC", 1, 6, 6), ("BCDX", 1, None, None))
    with TestCase.captureOnCommitCallbacks(execute=True):
        items = [
            file_pdf(
                actor=people["prosecutor_kv1"],
                case=case,
                document_type=catalogue[code],
                pages=pages,
                folio_from=first,
                folio_to=last,
            )
            for code, pages, first, last in plan
        ]
    for item in items:
        item.refresh_from_db()
        assert item.status == IntakeItem.Status.FILED, item.error


@pytest.fixture
@kept_as("units", _make_units)
def units(db: None, stage: Stage) -> dict[str, ProcuracyUnit]:
    """Return the province QN and its regional offices QN-KV1 and QN-KV3, all using the system."""
    if "units" not in stage:
        _make_units()
    return _units()


@pytest.fixture
@kept_as("people", _make_people)
def people(units: dict[str, ProcuracyUnit], stage: Stage) -> dict[str, User]:
    """Return one person a role, with a twin in another office; `outsider` has no post, `locked` is locked.

    A person's key is also the user name.
    """
    if "people" not in stage:
        _make_people()
    return _people()


@pytest.fixture
@kept_as("provisioned", _make_provisions)
def provisioned(db: None, stage: Stage) -> None:
    """Put in place what `vks_setup` provisions in the host."""
    if "provisioned" not in stage:
        _make_provisions()


@pytest.fixture
@kept_as("catalogue", _make_catalogue)
def catalogue(provisioned: None, stage: Stage) -> dict[str, CatalogueType]:
    """Return a few document types by code, `BCDX` of the supervision file; the shipped folio profiles are there too."""
    if "catalogue" not in stage:
        _make_catalogue()
    return _catalogue()


@pytest.fixture
@kept_as("case", _make_case)
def case(people: dict[str, User], units: dict[str, ProcuracyUnit], provisioned: None, stage: Stage) -> CaseFile:
    """Return a case of KV1 that its clerk registered and `prosecutor_kv1` leads; nobody else is assigned."""
    if "case" not in stage:
        _make_case()
    return CaseFile.objects.select_related(*FACTS).latest("pk")


def filed_papers(case: CaseFile) -> FiledCase:
    """Return a case with what is filed in it."""
    documents = list(CaseDocument.objects.filter(case=case).select_related("document", "document_type"))
    return FiledCase(
        case=case,
        documents=[each for each in documents if each.part == "hsva"],
        internal=next(each for each in documents if each.part == "hsks"),
    )


@pytest.fixture
@kept_as("filed_case", lambda: _make_papers(CaseFile.objects.get()))
def filed_case(case: CaseFile, people: dict[str, User], catalogue: dict[str, CatalogueType], stage: Stage) -> FiledCase:
    """Return `case` with three documents of the case file and one of the supervision file."""
    if "filed_case" not in stage:
        _make_papers(case)
    return filed_papers(case)
