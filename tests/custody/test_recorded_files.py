"""Files and seals against the ledger: in a package that was handed out, and in the database."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from documents.models import Document

from tests.custody.batches import batch_in
from tests.custody.conftest import verified
from tests.custody.test_accession import packed
from tests.custody.test_retention import ended
from vks_plugin import append_only
from vks_plugin.access import actions as access
from vks_plugin.cases.models import CaseDocument
from vks_plugin.custody import actions
from vks_plugin.custody.actions.as_it_stands import export_as_it_stands
from vks_plugin.custody.checkpoint import checkpoint_text, sign_note
from vks_plugin.custody.models import LedgerCheckpoint, SealedDocument, SealManifest
from vks_plugin.custody.verify_ledger import FILES, OPENINGS, canonical, check_export, parse_checkpoint, parse_note
from vks_plugin.filing.page_map import Placed
from vks_plugin.filing.pages import change_pages, merge_documents
from vks_plugin.host.files import newest_version

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.people import FiledCase

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked_on(filed_case: FiledCase, people: dict[str, User]) -> FiledCase:
    """Return a case in which a page was turned and two documents merged before all of it was sealed."""
    actions.ensure_key()
    lead, (first, second, third) = people["prosecutor_kv1"], filed_case.documents
    change_pages(actor=lead, filed=second, seen=second.sha256, placed=[Placed(1, turn=90), Placed(2), Placed(3)])
    merge_documents(
        actor=lead,
        filed=CaseDocument.objects.get(pk=first.pk),
        other=CaseDocument.objects.get(pk=second.pk),
        seen=first.sha256,
        seen_other=newest_version(second.document).checksum,
    )
    filed_case.documents[:] = list(CaseDocument.objects.filter(pk__in=[first.pk, third.pk]).order_by("pk"))
    batch_in("da_ket_thuc_so_hoa", filed_case, people)
    assert verified() == []
    return filed_case


class Package:
    """A package as it was unpacked by who received it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.payload = folder / "data"

    @property
    def described(self) -> dict[int, dict[str, Any]]:
        rows = json.loads((self.payload / "metadata" / "case.json").read_bytes())["documents"]
        return {row["document"]: row for row in rows}

    def original(self, document: int) -> Path:
        return self.payload / str(self.described[document]["files"]["original"])

    def earlier(self, document: int) -> Path:
        return self.payload / str(self.described[document]["earlier"][0]["files"]["original"])

    @property
    def seal(self) -> Path:
        return next((self.payload / "metadata").glob("seal-*.json"))

    @property
    def ledger(self) -> Path:
        return self.payload / "ledger"

    def without_signed_list(self) -> None:
        """Put the head of an extract that went out alone in the place of its own, which signs no list of files."""
        from vks_plugin.custody import keys

        path = self.ledger / "checkpoint"
        said, own = parse_checkpoint(parse_note(path.read_bytes()).text), keys.read_key(keys.key_path())
        path.write_text(sign_note(checkpoint_text(said.origin, said.size, said.root, at=said.at, ends=said.ends), own))
        (self.ledger / FILES).unlink()


def _replace(package: Package, document: int) -> str:
    package.original(document).write_bytes(b"%PDF-1.7 another")
    return f"(tài liệu số {document}) đã bị thay"


def _replace_with_manifest(package: Package, document: int) -> str:
    """Write what was sealed, the description and the list anew, so that everything but the ledger agrees."""
    new = b"%PDF-1.7 another"
    package.original(document).write_bytes(new)
    said = json.loads(package.seal.read_bytes())
    row = next(each for each in said["documents"] if each["document"] == document)
    before, row["sha256"] = row["sha256"], hashlib.sha256(new).hexdigest()
    package.seal.write_bytes(canonical(said))
    for path in (package.payload / "metadata" / "case.json", package.payload / "ledger" / FILES):
        if path.is_file():
            path.write_text(path.read_text().replace(before, row["sha256"]))
    return f"{package.seal.name} không phải bảng kê sổ cái đã ghi khi niêm phong"


def _change_the_manifest_alone(package: Package, document: int) -> str:
    said = json.loads(package.seal.read_bytes())
    said["documents"][0]["title"] = "Tên khác"
    package.seal.write_bytes(canonical(said))
    return "không phải bảng kê sổ cái đã ghi khi niêm phong"


def _remove_the_manifest(package: Package, document: int) -> str:
    package.seal.unlink()
    return "Thiếu bảng kê niêm phong đợt 1"


def _remove(package: Package, document: int) -> str:
    package.original(document).unlink()
    return f"Thiếu tệp của tài liệu số {document}"


def _remove_all(package: Package, document: int) -> str:
    for folder in ("documents", "metadata"):
        shutil.rmtree(package.payload / folder)
    return f"Thiếu tệp của tài liệu số {document}"


def _replace_an_earlier_version(package: Package, document: int) -> str:
    package.earlier(document).write_bytes(b"%PDF-1.7 another")
    return f"tệp của tài liệu số {document} như lúc trước khi sửa"


def _add(package: Package, document: int) -> str:
    there = package.original(document)
    added = package.payload / "documents" / "00099-999999" / "original.pdf"
    added.parent.mkdir()
    shutil.copyfile(there, added)
    return "Tệp thừa: documents/00099-999999/original.pdf"


def _add_elsewhere(package: Package, document: int) -> str:
    (package.payload / "metadata" / "letter.txt").write_text("x")
    return "Tệp thừa: metadata/letter.txt"


def _describe_otherwise(package: Package, document: int) -> str:
    path = package.payload / "metadata" / "case.json"
    told = json.loads(path.read_bytes())
    next(each for each in told["documents"] if each["document"] == document)["pages"] += 1
    path.write_text(json.dumps(told))
    return f"khác với sổ cái về mã băm hoặc số trang của tài liệu số {document}"


ATTACKS: list[Callable[[Package, int], str]] = [
    _replace,
    _replace_with_manifest,
    _change_the_manifest_alone,
    _remove_the_manifest,
    _remove,
    _remove_all,
    _replace_an_earlier_version,
    _add,
    _add_elsewhere,
    _describe_otherwise,
]


def _rewrite(path: Path, **changed: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changed))


def _put_an_ordinary_head_in_its_place(package: Package, document: int) -> str:
    """As anybody finds in the database, in `heads.jsonl` or on paper; the last entry goes, and what describes is changed."""
    (package.ledger / "checkpoint").write_text(LedgerCheckpoint.objects.latest("size").note)
    (package.ledger / FILES).unlink()
    left = len((package.ledger / "entries.jsonl").read_bytes().splitlines()) - 1
    for name in ("entries.jsonl", "proofs.jsonl"):
        lines = (package.ledger / name).read_bytes().splitlines(keepends=True)
        (package.ledger / name).write_bytes(b"".join(lines[:left]))
    _thin_out(package, lambda shown: shown["seq"] < left)
    _rewrite(package.payload / "metadata" / "case.json", name="Vụ khác hẳn")
    return "Điểm chốt này không phải của bản trích"


def _thin_out(package: Package, stays: Callable[[dict[str, Any]], bool]) -> None:
    path = package.ledger / OPENINGS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(each for each in lines if stays(json.loads(each))))


def _show_fewer_values(package: Package, document: int) -> str:
    before = (package.ledger / OPENINGS).read_bytes()
    _thin_out(package, lambda shown: shown["seq"] > 0)
    assert (package.ledger / OPENINGS).read_bytes() != before
    return f"Tệp ledger/{OPENINGS} đã bị thay"


def _show_no_values(package: Package, document: int) -> str:
    (package.ledger / OPENINGS).unlink()
    return f"Thiếu tệp ledger/{OPENINGS}"


def _rewrite_events(package: Package, document: int) -> str:
    path = package.payload / "metadata" / "premis.xml"
    said = path.read_text()
    fewer = re.sub(r"<premis:event>.*?</premis:event>", "", said, count=1)
    other = re.sub(r"(<premis:eventDateTime>)20\d\d", r"\g<1>1999", fewer)
    assert len({said, fewer, other}) == 3
    path.write_text(other)
    return "Tệp metadata/premis.xml đã bị thay"


def _remove_events(package: Package, document: int) -> str:
    (package.payload / "metadata" / "premis.xml").unlink()
    return "Thiếu tệp metadata/premis.xml"


def _replace_words(package: Package, document: int) -> str:
    (package.ledger / "DOC-TRUOC.txt").write_text("Không cần kiểm tra.")
    return "Tệp ledger/DOC-TRUOC.txt đã bị thay"


def _replace_the_verifier(package: Package, document: int) -> str:
    (package.ledger / "verify_ledger.py").write_text("print('ĐẠT')")
    return "Tệp ledger/verify_ledger.py đã bị thay"


def _add_beside_the_ledger(package: Package, document: int) -> str:
    (package.ledger / "extra.txt").write_text("thêm")
    return "Tệp thừa: ledger/extra.txt"


def _rename(package: Package, document: int) -> str:
    _rewrite(package.payload / "metadata" / "case.json", name="Vụ khác hẳn")
    return "Tệp metadata/case.json đã bị thay"


def _put_another_label_on_it(package: Package, document: int) -> str:
    path = package.folder / "bag-info.txt"
    path.write_text(re.sub(r"(?m)^External-Identifier: .*$", "External-Identifier: HS-KHAC", path.read_text()))
    return "Nhãn gói bag-info.txt nêu mã vụ án HS-KHAC"


def _put_a_whole_log_in_its_place(package: Package, document: int) -> str:
    shutil.rmtree(package.ledger)
    actions.export(package.ledger)
    return "Trong gói này không có bản trích sổ của vụ án"


def _put_a_log_as_it_stands_in_its_place(package: Package, document: int) -> str:
    shutil.rmtree(package.ledger)
    export_as_it_stands(package.ledger)
    return "Trong gói này không có bản trích sổ của vụ án"


ATTACKS_ON_WHAT_WAS_SIGNED: list[Callable[[Package, int], str]] = [
    _put_an_ordinary_head_in_its_place,
    _show_fewer_values,
    _show_no_values,
    _rewrite_events,
    _remove_events,
    _replace_words,
    _replace_the_verifier,
    _add_beside_the_ledger,
    _rename,
    _put_another_label_on_it,
    _put_a_whole_log_in_its_place,
    _put_a_log_as_it_stands_in_its_place,
]
"""On what no entry tells of: the head itself, and the list it signs."""


def test_files_of_a_package_are_those_the_ledger_recorded(
    worked_on: FiledCase, people: dict[str, User], tmp_path: Path
) -> None:
    case, first = worked_on.case, worked_on.documents[0]
    ended(case, people["prosecutor_kv1"])
    access.record_appointment(actor=people["chief_kv1"], user=people["outsider"], unit=case.unit, role="archivist")
    with zipfile.ZipFile(packed(people, worked_on).items.get().path) as archive:
        archive.extractall(tmp_path)
    whole = Package(tmp_path / case.code)
    listed = (whole.payload / "ledger" / FILES).read_text().splitlines()
    # as whoever receives it does: from beside the files, and from within
    for words, where in (
        ([str(whole.payload / "ledger" / "verify_ledger.py"), "."], whole.folder),
        (["verify_ledger.py", "."], whole.payload / "ledger"),
    ):
        ended_as = subprocess.run([sys.executable, "-I", "-S", *words], cwd=where, check=False, capture_output=True)
        assert (ended_as.returncode, ended_as.stderr) == (0, b""), ended_as.stdout.decode()
        assert f"{len(listed)} tệp đi cùng đúng như danh sách đã ký" in ended_as.stdout.decode()
    assert any("/versions/" in each for each in listed)
    # every file but the head, which is signed, and the list, whose hash is
    there = {each.relative_to(whole.payload).as_posix() for each in whole.payload.rglob("*") if each.is_file()}
    assert there - {each.split("  ", 1)[1] for each in listed} == {"ledger/checkpoint", f"ledger/{FILES}"}
    _left_by_whoever_looks_at_it(whole, tmp_path)
    unlisted = Package(tmp_path / "unlisted")
    shutil.copytree(whole.folder, unlisted.folder)
    unlisted.without_signed_list()
    report = check_export(unlisted.folder)
    assert report.files == 0
    assert [told.split(":")[0] for told, _english in report.problems] == [
        "Điểm chốt không ký danh sách tệp nào nên tệp trong gói có thể đã bị sửa, bỏ, thêm"
    ]
    for base, attacks in ((whole, ATTACKS + ATTACKS_ON_WHAT_WAS_SIGNED), (unlisted, ATTACKS)):
        for attack in attacks:
            package = Package(tmp_path / "attacked")
            shutil.copytree(base.folder, package.folder)
            told = attack(package, first.document_id)
            problems = [vietnamese for vietnamese, _english in check_export(package.folder).problems]
            assert any(told in each for each in problems), (attack.__name__, problems)
            shutil.rmtree(package.folder)
    # a copy with recognised words is in no entry before the seal: the signed list has it
    for copy in whole.payload.rglob("archive.*"):
        content = copy.read_bytes()
        copy.write_bytes(b"%PDF-1.7 another")
        assert any("đã bị thay" in told for told, _english in check_export(whole.folder).problems)
        copy.write_bytes(content)
    (whole.payload / "ledger" / FILES).write_text("".join(f"{each}\n" for each in listed[1:]))
    assert any("không phải danh sách đã được ký" in told for told, _e in check_export(whole.folder).problems)


def _left_by_whoever_looks_at_it(whole: Package, tmp_path: Path) -> None:
    """What systems leave behind, a head kept elsewhere and the words of the check, put beside the ledger, are no fault."""
    package = Package(tmp_path / "looked-at")
    shutil.copytree(whole.folder, package.folder)
    (package.payload / "documents" / ".DS_Store").write_bytes(b"x")
    (package.payload / "documents" / "._index.html").write_bytes(b"x")
    (package.payload / ".Spotlight-V100").mkdir()
    (package.payload / ".Spotlight-V100" / "store.db").write_bytes(b"x")
    (package.ledger / "ket-qua.txt").touch()
    kept = package.ledger / "chot.txt"
    kept.write_text(LedgerCheckpoint.objects.latest("size").note)
    report = check_export(package.folder, older=[kept])
    assert report.problems == []
    assert any("ledger/ket-qua.txt không có trong danh sách đã ký (tệp rỗng)" in told for told, _e in report.remarks)
    assert any("ledger/chot.txt" in told for told, _english in check_export(package.folder).problems)
    shutil.rmtree(package.folder)


def test_what_the_database_says_of_files_and_seals_is_what_the_ledger_recorded(
    worked_on: FiledCase,
) -> None:
    case, first = worked_on.case, worked_on.documents[0]
    append_only.unprotect(connection)
    number, manifest = first.document_id, SealManifest.objects.get(case=case)
    said = json.loads(bytes(manifest.line))
    said["documents"][0]["sha256"] = "0" * 64
    forged = canonical(said)
    rewritten = {"line": forged, "sha256": hashlib.sha256(forged).hexdigest()}
    frozen = SealedDocument.objects.get(document_id=number)
    changes: list[tuple[Any, int, dict[str, Any], str]] = [
        (CaseDocument, first.pk, {"sha256": "0" * 64}, f"mã băm hoặc số trang của tài liệu số {number} đã bị sửa"),
        (CaseDocument, first.pk, {"page_count": 9}, f"mã băm hoặc số trang của tài liệu số {number} đã bị sửa"),
        (SealManifest, manifest.pk, rewritten, "bảng kê niêm phong số 1 (Hồ sơ vụ án) đã bị sửa"),
        (SealManifest, manifest.pk, {"line": forged}, "bảng kê niêm phong số 1 (Hồ sơ vụ án) đã bị sửa"),
        (SealManifest, manifest.pk, {"pages": 1}, "bảng kê niêm phong số 1 (Hồ sơ vụ án) đã bị sửa"),
        (SealedDocument, frozen.pk, {"sha256": "0" * 64}, "danh sách tài liệu đã niêm phong khác với bảng kê"),
        (
            Document,
            frozen.version_id,
            {"checksum": "0" * 64},
            f"DMS ghi mã băm khác với sổ cái cho tệp của tài liệu số {number}",
        ),
    ]
    for model, key, changed, told in changes:
        row = model.objects.filter(pk=key)
        before = row.values(*changed).get()
        row.update(**changed)
        problems = verified()
        assert problems, told
        assert all(each.startswith(case.code) for each in problems)
        assert any(told in each for each in problems), (told, problems)
        row.update(**before)
        assert verified() == []
    # with the database's owner behind it, everything but the ledger can be made to agree
    SealManifest.objects.filter(pk=manifest.pk).update(**rewritten)
    SealedDocument.objects.filter(pk=frozen.pk).update(sha256="0" * 64)
    CaseDocument.objects.filter(pk=first.pk).update(sha256="0" * 64)
    Document.objects.filter(pk=frozen.version_id).update(checksum="0" * 64)
    problems = verified()
    assert any("bảng kê niêm phong số 1 (Hồ sơ vụ án) đã bị sửa" in each for each in problems)
    assert any(f"tài liệu số {number} đã bị sửa" in each for each in problems)
