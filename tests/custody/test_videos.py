"""A video is a file of the case: sealed with it, compared like its papers, in the package that goes to the archive."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from django.db import connection

from tests.court.deck.test_video import MP4
from tests.court.deck.test_videos import kept
from tests.custody.batches import batch_in
from tests.custody.conftest import verified
from tests.custody.premis import faults
from tests.custody.test_accession import archivist, packed
from tests.custody.test_recorded_files import Package
from vks_plugin.court.deck.models import Video
from vks_plugin.court.deck.videos import remove_video
from vks_plugin.custody import actions, queries
from vks_plugin.custody.actions.accession import accept, run_packing
from vks_plugin.custody.models import Accession, AccessionItem, FixityFinding
from vks_plugin.custody.package import NAMESPACE
from vks_plugin.custody.queries.fixity import alarms_for, sentence
from vks_plugin.custody.videos import videos_to_seal
from vks_plugin.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from django.contrib.auth.models import User
    from django.test import Client

    from tests.people import FiledCase

__all__ = ["archivist"]
pytestmark = pytest.mark.django_db


def test_a_video_is_sealed_with_the_file_and_stays(
    filed_case: FiledCase, people: dict[str, User], client: Client
) -> None:
    lead, case = people["prosecutor_kv1"], filed_case.case
    before, wrong = kept(filed_case, lead, title="Camera"), kept(filed_case, lead, paper=0)
    remove_video(actor=lead, case=case, pk=wrong.pk)
    batch = batch_in("confirmed", filed_case, people)
    read = actions.read_files(list(queries.papers_to_seal(batch)))
    videos = actions.read_videos(videos_to_seal(case, "hsva"))
    # one that comes while files are read is not sealed unread, and what is there is not left out
    for seen in ([], [videos[0]._replace(sha256="0" * 64)]):
        with pytest.raises(Conflict, match="Video của hồ sơ vừa thay đổi"):
            actions.seal(actor=people["scanner_kv1"], batch=batch, read=read, videos=seen)
    content = before.path.read_bytes()
    before.path.write_bytes(content[:-1] + b"?")
    with pytest.raises(Conflict, match="“Camera” không còn như lúc nạp"):
        actions.read_videos(videos)
    before.path.write_bytes(content)
    manifest = actions.seal(actor=people["scanner_kv1"], batch=batch, read=read, videos=videos)
    document = filed_case.host_ids[1]
    told = {"video": str(before.pk), "document": document, "sha256": before.sha256, "size": before.size}
    assert manifest.said["videos"] == [told]
    assert verified() == []
    after = kept(filed_case, lead, paper=2)
    # sealed once; what came later is for the next seal
    assert [each.key for each in videos_to_seal(case, "hsva")] == [str(after.pk)]
    client.force_login(lead)
    page, api = f"/vks/cases/{case.code}/videos/", f"/api/vks/cases/{case.code}/videos/"
    assert client.get(page).content.decode().count("Đã niêm phong") == 1
    listed = {each["id"]: each["sealed"] for each in client.get(api).json()["results"]}
    assert listed == {str(before.pk): True, str(after.pk): False}
    refused = client.delete(f"{api}{before.pk}/")
    assert (refused.status_code, "lúc niêm phong" in refused.json()["detail"]) == (409, True)
    assert (client.delete(f"{api}{after.pk}/").status_code, before.path.is_file()) == (204, True)


def test_a_video_that_is_not_as_it_was_kept_is_an_alarm_of_its_office(
    filed_case: FiledCase, people: dict[str, User]
) -> None:
    actions.ensure_key()
    changed, gone = (kept(filed_case, people["prosecutor_kv1"], paper=paper) for paper in (0, 1))
    clean = actions.check_files(case=filed_case.case)
    assert (clean.findings.count(), clean.octets > 2 * MP4.stat().st_size) == (0, True)
    changed.path.write_bytes(MP4.read_bytes()[:-1] + b"?")
    gone.path.unlink()
    for run in (actions.check_files(case=filed_case.case), actions.check_files()):
        found = {each.kind: each for each in run.findings.all()}
        assert {kind: each.path for kind, each in found.items()} == {
            "changed": str(changed.path),
            "missing": str(gone.path),
        }
        assert found["changed"].expected == changed.sha256 != found["changed"].found
    told = {each.path: each.of_code for each in alarms_for(people["chief_kv1"])}  # type: ignore[attr-defined]
    assert told == dict.fromkeys((str(changed.path), str(gone.path)), filed_case.case.code)
    said = sentence(FixityFinding.objects.get(run=run, kind="missing"))
    assert said.startswith(f"Video kèm tài liệu số {filed_case.documents[1].document_id} bị mất")
    # the record is held against the ledger, too
    assert verified() == []
    Video.objects.filter(pk=changed.pk).update(sha256="0" * 64)
    gone.delete()
    said = " ".join(verified())
    assert f"video kèm tài liệu số {filed_case.host_ids[0]} đã bị sửa" in said
    assert f"video kèm tài liệu số {filed_case.host_ids[1]} mà sổ cái đã ghi không còn" in said


def test_the_package_has_the_videos_and_its_verifier_knows_them(
    archivist: User, filed_case: FiledCase, people: dict[str, User], tmp_path: Path
) -> None:
    lead = people["prosecutor_kv1"]
    video, wrong = kept(filed_case, lead, title="Camera"), kept(filed_case, lead, paper=0)
    remove_video(actor=lead, case=filed_case.case, pk=wrong.pk)
    batch_in("confirmed", filed_case, people)
    batch = filed_case.case.digitisation_batches.get()
    read, videos = actions.read_files(list(queries.papers_to_seal(batch))), videos_to_seal(filed_case.case, "hsva")
    actions.seal(actor=people["scanner_kv1"], batch=batch, read=read, videos=videos)
    row = packed(people, filed_case)
    item = row.items.get()
    with zipfile.ZipFile(item.path) as archive:
        archive.extractall(tmp_path / "whole")
    whole = Package(tmp_path / "whole" / filed_case.case.code)
    (told,) = whole.described[filed_case.host_ids[1]]["videos"]
    assert (told["video"], told["title"], told["sha256"]) == (str(video.pk), "Camera", video.sha256)
    assert (whole.payload / told["file"]).read_bytes() == MP4.read_bytes()
    assert [each["videos"] for pk, each in whole.described.items() if pk != filed_case.host_ids[1]] == [[], [], []]
    root = ET.fromstring((whole.payload / "metadata" / "premis.xml").read_bytes())
    assert faults(root) == []
    acts = [
        event.findtext(f"{{{NAMESPACE}}}eventType")
        for event in root.iter(f"{{{NAMESPACE}}}event")
        if told["file"] in [each.text for each in event.iter(f"{{{NAMESPACE}}}linkingObjectIdentifierValue")]
    ]
    assert acts == ["video_kept", "fixity check"]

    def checked(change: Any = None, *, listed: bool = True) -> str:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(whole.folder, tmp_path / "copy")
        package = Package(tmp_path / "copy")
        if not listed:
            package.without_signed_list()
        if change is not None:
            change(package.payload / told["file"])
        program = [sys.executable, "-I", "-S", "verify_ledger.py", "."]
        found = subprocess.run(program, cwd=package.payload / "ledger", check=False, capture_output=True, text=True)
        assert (found.returncode == 0) is (change is None), found.stdout
        return found.stdout

    def another_number(path: Path) -> None:
        path.rename(path.with_name(f"{UUID(int=1)}.mp4"))

    checked()
    for listed in (True, False):
        assert "(video kèm tài liệu số" in checked(lambda path: path.write_bytes(b"x"), listed=listed)
        assert checked(lambda path: path.unlink(), listed=listed).count(f"Thiếu video {video.pk}") == 1
        assert "sổ cái không ghi video này" in checked(another_number, listed=listed)

    # one that comes after the packing is not in the package: it is not taken
    late = kept(filed_case, lead, paper=0)
    with pytest.raises(Conflict, match="tài liệu thay đổi sau khi đóng gói"):
        accept(actor=archivist, pk=row.pk)
    remove_video(actor=lead, case=filed_case.case, pk=late.pk)
    # and what the ledger has and the disk has not is not packed without it
    video.path.unlink()
    Accession.objects.filter(pk=row.pk).update(state="dang_dong_goi", beat=None)
    AccessionItem.objects.filter(pk=item.pk).update(sha256="")
    run_packing(row.pk)
    row.refresh_from_db()
    assert (row.state, "không còn trên máy chủ" in row.error) == ("loi", True)
    with connection.constraint_checks_disabled():
        Video.objects.all().delete()
    Accession.objects.filter(pk=row.pk).update(state="dang_dong_goi", beat=None)
    run_packing(row.pk)
    row.refresh_from_db()
    assert (row.state, "Sổ cái ghi một tệp của tài liệu số" in row.error) == ("loi", True)
