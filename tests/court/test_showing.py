"""Packages and what becomes of them: their day, the log of what was shown, and that every copy was destroyed."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests.court.test_sessions import planned
from vks_plugin.access import actions as access
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.deck.queries import known_export, overdue_packages
from vks_plugin.court.sessions import actions
from vks_plugin.court.sessions.models import CourtSession, ShowingLog
from vks_plugin.court.sessions.queries import shown_in
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, TooLarge, VksError

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db

HELD = "cho_hdxx_dong_y"


def package(lead: User, filed: FiledCase, settings: Any, commit: DjangoCaptureOnCommitCallbacks) -> DeckExport:
    """Return a package with a diagram (1), a folio (2) and testimony (3)."""
    settings.VKS_DECK_UNSEALED = True
    made = decks.create_presentation(actor=lead, case=filed.case, title="Bài")
    for values in (
        {"kind": "so_do", "diagram": "quan_he", "title": "Quan hệ"},
        {"kind": "but_luc", "case_document": filed.documents[0]},
        {"kind": "loi_khai", "case_document": filed.documents[2], "ground_308": "a"},
    ):
        decks.add_slide(actor=lead, presentation=made, values=values)
    with commit(execute=True):
        export = decks.request_deck(actor=lead, presentation=made)
    export.refresh_from_db()
    assert export.status == "done", export.error
    return export


def log_of(export: DeckExport, *entries: dict[str, Any], **changed: Any) -> bytes:
    """Return a log as the presenter's window saves it."""
    said = {
        "format": "vks-shown/1",
        "package": str(export.pk),
        "manifest_sha256": export.manifest_sha256,
        "entries": list(entries),
    }
    return json.dumps(said | changed).encode()


def at(minute: int, **more: Any) -> str:
    """Return a moment of today's morning as a browser writes it."""
    moment = timezone.make_aware(dt.datetime.combine(timezone.localdate(), dt.time(8, minute))) + dt.timedelta(**more)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def shown(slide: int | None, page: str, minute: int, **more: Any) -> dict[str, Any]:
    """Return an entry of one minute."""
    return {
        "slide": slide,
        "page": page,
        "shown_at": at(minute),
        "ended_at": at(minute + 1),
        "released_at": None,
        **more,
    }


def test_a_package_has_its_day_its_log_and_its_end(
    filed_case: FiledCase,
    people: dict[str, User],
    settings: Any,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lead, today = people["prosecutor_kv1"], timezone.localdate()
    settings.VKS_DECK_EXPIRES_DAYS = 12
    assert decks.expiry_for(filed_case.case) == today + dt.timedelta(days=12)
    session = planned(lead, filed_case.case, ends_on=today + dt.timedelta(days=2))
    export = package(lead, filed_case, settings, django_capture_on_commit_callbacks)
    # the day of the session, which the package itself says, bound to its manifest
    assert export.expires_on == today + dt.timedelta(days=2)
    with zipfile.ZipFile(export.path) as archive:
        files = {
            name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist() if ".j" not in name[-4:]
        }
        texts = {
            name.split("/", 1)[1]: archive.read(name).decode() for name in archive.namelist() if name.endswith(".js")
        }
    assert f'"expires_on":"{export.expires_on}"' in texts["data.js"]
    assert str(export.pk) in texts["data.js"]
    assert export.manifest_sha256 in texts["package.js"]
    assert "HẾT HẠN" in files["DOC-TRUOC.txt"]
    keys = {number: export.contents["slides"][number - 1]["pages"] for number in (1, 2, 3)}
    folio, testimony = keys[2][0], keys[3][0]
    assert (keys[1], export.contents["pages"][folio]) == ([], "1")

    entries = (
        shown(1, "", 1),
        shown(2, folio, 2),
        shown(None, folio, 4),
        shown(3, testimony, 5, released_at=at(5), ended_at=None),
    )
    good = log_of(export, *entries)
    strange = DeckExport.objects.create(presentation=export.presentation, requested_by=lead, manifest_sha256="1" * 64)
    refused: list[tuple[bytes, str]] = [
        (b"\xff\xfe", "không phải nhật ký"),
        (b"[" * 5000, "không phải nhật ký"),
        (log_of(export, *entries, format="vks-shown/9"), "không phải nhật ký"),
        (log_of(export), "trống"),
        (log_of(export, *entries, package="x"), "không thuộc gói"),
        (log_of(strange, *entries), "không thuộc gói"),
        (log_of(export, *entries, manifest_sha256="0" * 64), "mã băm"),
        (log_of(export, shown(1, "", 1), shown(9, "", 2)), "Dòng 2 của nhật ký không có trong gói"),
        (log_of(export, shown(2, testimony, 1)), "không có trong gói"),
        (log_of(export, shown(None, "", 1)), "không có trong gói"),
        (log_of(export, shown(True, "", 1)), "hỏng"),
        (log_of(export, shown(3, testimony, 5)), "không ghi lúc Hội đồng xét xử"),
        (log_of(export, shown(None, testimony, 5)), "không ghi lúc Hội đồng xét xử"),
        (log_of(export, shown(3, testimony, 5, released_at=at(9))), "không ghi lúc Hội đồng xét xử"),
        (log_of(export, shown(1, "", 1, shown_at=at(1, days=-2))), "ngày phiên tòa"),
        (log_of(export, shown(1, "", 1, ended_at=at(1, days=5))), "ngày phiên tòa"),
        (log_of(export, shown(1, "", 3, ended_at=at(1))), "giờ không hợp lệ"),
        (log_of(export, shown(1, "", 3, shown_at="hôm nay")), "giờ không hợp lệ"),
    ]
    before = LedgerEntry.objects.count()
    for content, sentence in refused:
        with pytest.raises(BadInput, match=sentence):
            actions.import_log(actor=lead, session=session, content=content)
    with pytest.raises(TooLarge):
        actions.import_log(actor=lead, session=session, content=good + b" " * 1024 * 1024)
    assert (ShowingLog.objects.count(), LedgerEntry.objects.count()) == (0, before)

    # twice is once
    first, new = actions.import_log(actor=lead, session=session, content=good)
    again, new_again = actions.import_log(actor=lead, session=session, content=good)
    assert (new, new_again, first.pk) == (True, False, again.pk)
    entry = LedgerEntry.objects.get(kind="showing_imported").said["data"]
    assert entry == {"session": 1, "package": str(export.pk), "entries": 4, "sha256": first.sha256}
    # the window saved again later tells the earlier part once, and how it ended
    later = (*entries[:3], entries[3] | {"ended_at": at(8)}, shown(2, folio, 9))
    actions.import_log(actor=lead, session=session, content=log_of(export, *later))
    with django_assert_num_queries(2):
        rows = shown_in(session)
    assert [(row.slide, row.kind, row.citation) for row in rows] == [
        (1, "so_do", export.contents["slides"][0]["citation"]),
        (2, "but_luc", "BL 1"),
        (None, "", "BL 1"),
        (3, "loi_khai", "BL 6"),
        (2, "but_luc", "BL 1"),
    ]
    assert rows[3].released_at is not None
    assert rows[3].ended_at is not None
    # the days of the session stay those of its logs, and it is not called off
    for day in (today - dt.timedelta(days=5), today + dt.timedelta(days=3)):
        with pytest.raises(Conflict, match="khớp nhật ký"):
            actions.change_session(actor=lead, session=session, values={"starts_on": day, "ends_on": day})
    with pytest.raises(Conflict, match="đã có nhật ký"):
        actions.call_off_session(actor=lead, session=session, reason="Trả hồ sơ")
    with monkeypatch.context() as few:
        few.setattr(actions, "MOST_LOGS", 2)
        with pytest.raises(Conflict, match="đã có 2 nhật ký"):
            actions.import_log(actor=lead, session=session, content=log_of(export, shown(1, "", 30)))
        assert actions.import_log(actor=lead, session=session, content=good)[1] is False
    # through the API, with what is told of it a page at a time
    client = APIClient()
    client.force_authenticate(lead)
    address = f"/api/vks/court-sessions/{session.pk}/"
    file = SimpleUploadedFile("nhat-ky.json", log_of(export, shown(1, "", 40)), "application/json")
    taken = client.post(f"{address}import-log/", {"file": file}, format="multipart")
    assert (taken.status_code, ShowingLog.objects.count()) == (200, 3), taken.data
    told = client.get(f"{address}shown/", {"page_size": 2}).data
    assert (told["count"], len(told["results"]), told["results"][1]["citation"]) == (6, 2, "BL 1")
    # and on the page of the session, which names what is wrong with a file
    browser = Client()
    browser.force_login(lead)
    page = f"/vks/cases/{filed_case.case.code}/sessions/{session.number}/"
    for content, status in ((b"{}", 400), (log_of(export, shown(1, "", 50)), 302)):
        file = SimpleUploadedFile("nhat-ky.json", content, "application/json")
        sent = browser.post(page, {"act": "import_log", "file": file})
        assert sent.status_code == status
    assert ShowingLog.objects.count() == 4
    assert "7 lần chiếu" in browser.get(page).content.decode()
    # what was shown is not unsaid by who records the session, nor by who corrects it
    actions.hold_session(actor=lead, session=session, ends_on=today)
    actions.correct_session(actor=lead, session=session, reason="Ghi nhầm", shown_kinds=[])
    assert CourtSession.objects.get(pk=session.pk).shown_kinds == ["so_do", "hinh_anh", "bai_trinh_chieu"]
    other = planned(lead, filed_case.case)
    with pytest.raises(Conflict, match="phiên tòa khác"):
        actions.import_log(actor=lead, session=other, content=good)
    with pytest.raises(NotAllowed):
        actions.import_log(actor=people["chief_province"], session=session, content=good)

    # past its day until somebody says that every copy is gone
    strange.delete()
    DeckExport.objects.filter(pk=export.pk).update(expires_on=today - dt.timedelta(days=1))
    waiting = {who: list(overdue_packages(people[who])) for who in ("prosecutor_kv1", "chief_kv1", "chief_province")}
    assert waiting == {"prosecutor_kv1": [export], "chief_kv1": [export], "chief_province": []}
    for actor, error, values in (
        ("prosecutor_kv3", NotFound, {}),
        ("chief_province", NotAllowed, {}),
        ("prosecutor_kv1", BadInput, {"destroyed_on": today + dt.timedelta(days=1)}),
        ("prosecutor_kv1", BadInput, {"copies": " "}),
    ):
        asked: dict[str, Any] = {"destroyed_on": today, "copies": "USB số 2", **values}
        kind: type[VksError] = error
        with pytest.raises(kind):
            decks.confirm_destroyed(actor=people[actor], export_id=export.pk, **asked)
    assert export.path.is_file()
    # who took it out still answers for it after leaving the work on the case, as long as he may read that
    access.end_assignment(actor=people["chief_kv1"], assignment=filed_case.case.assignments.get(user=lead))
    access.assign(actor=people["chief_kv1"], case=filed_case.case, user=lead, role="qc_reviewer")
    assert list(overdue_packages(lead)) == [export]
    assert known_export(lead, export.pk) == export
    client.force_authenticate(people["chief_kv1"])
    assert client.get("/api/vks/decks/").data["count"] == 1
    address = f"/api/vks/decks/{export.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            f"{address}destroyed/",
            {"destroyed_on": f"{today}", "copies": "USB số 2", "person": "Trần A"},
            format="json",
        )
    assert (answer.status_code, answer.data["destroyed_person"]) == (200, "Trần A")
    said = LedgerEntry.objects.get(kind="deck_destroyed").said
    assert (said["data"]["package"], said["data"]["destroyed_on"]) == (str(export.pk), f"{today}")
    assert "Trần A" not in json.dumps(said, ensure_ascii=False)
    # once, and nothing is left to fetch
    assert client.post(f"{address}destroyed/", {"destroyed_on": f"{today}", "copies": "USB"}).status_code == 409
    assert not export.path.is_file()
    assert client.get(f"{address}download/").status_code == 409
    assert client.get("/api/vks/decks/").data["count"] == 0
