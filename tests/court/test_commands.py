"""`vks_bundle` and `vks_cases`: what scripts of an office rely on."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pyzipper
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError

from tests.outside import checked
from tests.people import FiledCase, register
from vks_plugin.access import actions as access
from vks_plugin.cases.actions import AccusedInput
from vks_plugin.conf import configuration
from vks_plugin.court.cautions import Caution, Cautioned, Looked
from vks_plugin.court.deck.models import DeckExport
from vks_plugin.court.inspection import inspect_bundle
from vks_plugin.court.models import Bundle
from vks_plugin.court.plan import BundlePlan
from vks_plugin.custody.actions import ensure_key, make_checkpoint
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.custody.queries import prove
from vks_plugin.host.files import readable_pdf
from vks_plugin.management.commands import vks_bundle

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from vks_plugin.cases.models import CaseFile
    from vks_plugin.organization.models import ProcuracyUnit

pytestmark = pytest.mark.django_db

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command as a shell would, and tells exit code, output and errors."""

    def command(*words: str) -> tuple[int, str, str]:
        code = 0
        try:
            ManagementUtility(["manage.py", *words]).execute()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_a_bundle_is_written_where_it_is_wanted(filed_case: FiledCase, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "Tập hồ sơ.pdf"
    code, said, errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(out))
    assert (code, errors) == (0, "")
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert said == f"{out}: 8 trang, 3 tài liệu, SHA-256 {digest}\n"
    assert inspect_bundle(out).problems == []
    assert inspect_bundle(out).folios[2:] == ["1", "2", "3", "4", "5", "6"]
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    # made on the spot: nothing for a worker to do
    assert not Bundle.objects.exists()


def test_a_script_gets_data(filed_case: FiledCase, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "tap.pdf"
    code, said, _errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(out), "--json")
    assert code == 0
    assert json.loads(said) == {
        "file": str(out),
        "pages": 8,
        "documents": 3,
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "left_out": [],
        "cautions": [],
    }


def test_an_earlier_file_is_replaced_by_a_complete_one(filed_case: FiledCase, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "tap.pdf"
    out.write_bytes(b"an earlier bundle")
    assert run("vks_bundle", "--case", filed_case.case.code, "--out", str(out))[0] == 0
    assert inspect_bundle(out).problems == []
    assert [path.name for path in tmp_path.iterdir()] == ["tap.pdf"]


def _unusable_paper(filed: FiledCase, _people: Any) -> None:
    readable_pdf(filed.documents[0].document).unlink()


def _nobody_leads(filed: FiledCase, people: dict[str, User]) -> None:
    access.end_assignment(actor=people["chief_kv1"], assignment=filed.case.assignments.get())


REFUSED: dict[str, tuple[list[str], Callable[[Any, Any], None] | None, str]] = {
    "no such case": (["--case", "HS-KHONG-CO"], None, "Không có vụ án mã HS-KHONG-CO."),
    "no such person": (["--user", "khong_co"], None, "Không có tài khoản đang hoạt động tên khong_co"),
    "a person who may not": (["--user", "clerk_kv1"], None, "không có quyền lập tập hồ sơ"),
    "a stranger": (["--user", "prosecutor_kv3"], None, "Không có vụ án nào mang mã này"),
    "a paper that is lost": ([], _unusable_paper, "Không tìm thấy tệp của “Quyết định khởi tố vụ án hình sự”"),
    "nobody to make it for": ([], _nobody_leads, "hãy chỉ rõ --user"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_has_a_sentence_and_leaves_an_earlier_file_alone(
    what: str, filed_case: FiledCase, people: dict[str, User], run: Run, tmp_path: Path
) -> None:
    words, spoil, sentence = REFUSED[what]
    if spoil is not None:
        spoil(filed_case, people)
    out = tmp_path / "tap.pdf"
    out.write_bytes(b"an earlier bundle")
    code, said, errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(out), *words)
    assert (code, said) == (1, "")
    assert sentence in errors
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["tap.pdf"]
    assert out.read_bytes() == b"an earlier bundle"


def test_a_place_that_cannot_be_written_is_named(filed_case: FiledCase, run: Run, tmp_path: Path) -> None:
    code, _said, errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(tmp_path / "khong-co/tap.pdf"))
    assert code == 1
    assert "hãy tạo trước" in errors
    code, _said, errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(tmp_path))
    assert code == 1
    assert "là thư mục" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_fails_its_inspection_is_not_put_in_place(
    filed_case: FiledCase, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vks_plugin.court import bundle as writing

    monkeypatch.setattr(writing, "stamp_text", lambda page, total: f"Tập hồ sơ – trang {page + 1}/{total}")
    out = tmp_path / "tap.pdf"
    out.write_bytes(b"an earlier bundle")
    code, _said, errors = run("vks_bundle", "--case", filed_case.case.code, "--out", str(out))
    assert code == 1
    assert "Trang 1 đóng số 2." in errors
    assert out.read_bytes() == b"an earlier bundle"
    assert [path.name for path in tmp_path.iterdir()] == ["tap.pdf"]


@pytest.mark.parametrize(
    "words",
    [["vks_bundle"], ["vks_bundle", "--case", "X"], ["vks_bundle", "--case", "X", "--out", "x", "--preset", "y"]],
)
def test_a_command_that_lacks_something_says_how_it_is_used(words: list[str], run: Run) -> None:
    code, _said, errors = run(*words)
    assert code == 2
    assert "usage" in errors


def test_the_bundle_is_what_the_person_named_may_read(
    filed_case: FiledCase, people: dict[str, User], run: Run, tmp_path: Path
) -> None:
    by_leader, by_default = tmp_path / "a.pdf", tmp_path / "b.pdf"
    assert run("vks_bundle", "--case", filed_case.case.code, "--out", str(by_leader), "--user", "chief_kv1")[0] == 0
    assert run("vks_bundle", "--case", filed_case.case.code, "--out", str(by_default))[0] == 0
    assert by_leader.read_bytes() == by_default.read_bytes()


# --- vks_cases -------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(people: dict[str, User], units: dict[str, ProcuracyUnit], case: CaseFile) -> tuple[CaseFile, CaseFile]:
    """Return a case of KV1 and one of KV3."""
    return case, register(
        actor=people["clerk_kv3"],
        unit=units["QN-KV3"],
        code="HS-KV3",
        name="Lê Đức Đạt – Mua bán trái phép chất ma túy",
        accused=[AccusedInput("Lê Đức Đạt")],
    )


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    code, said, errors = run("vks_cases", "--json", *words)
    assert (code, errors) == (0, "")
    rows: list[dict[str, Any]] = json.loads(said)
    return rows


def test_whoever_holds_the_server_lists_every_case(two: tuple[CaseFile, CaseFile], run: Run) -> None:
    rows = {row["code"]: row for row in listed(run)}
    assert set(rows) == {case.code for case in two}
    row = rows[two[0].code]
    # nobody is charged: no class of crime, and no limit but the duty to send the decision, which does not count
    assert row.pop("next_deadline") is None
    assert row == {
        "code": two[0].code,
        "name": "Nguyễn Văn Ánh và đồng phạm – Trộm cắp tài sản",
        "kind": two[0].kind,
        "stage": "dieu_tra",
        "status": "dang_giai_quyet",
        "unit": "QN-KV1",
        "init_decision_no": two[0].init_decision_no,
        "init_decision_date": "2026-03-02",
        "init_decision_agency": "Cơ quan Cảnh sát điều tra Công an tỉnh",
        "national_case_code": two[0].national_case_code,
        "charge_summary": "Trộm cắp tài sản",
        "crime_class": "",
        "handled_at": "2026-03-05",
        "accused": ["Nguyễn Văn Ánh", "Đỗ Thị Ước"],
    }


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("prosecutor_kv1", ["own"]),
        ("clerk_kv1", ["own"]),
        ("clerk_kv3", ["other"]),
        ("chief_province", ["own", "other"]),
        ("outsider", []),
        ("admin_province", []),
        ("locked", []),
    ],
)
def test_a_person_s_list_is_what_that_person_may_know_of(
    user: str, seen: list[str], two: tuple[CaseFile, CaseFile], run: Run
) -> None:
    expected = {"own": two[0].code, "other": two[1].code}
    assert {row["code"] for row in listed(run, "--user", user)} == {expected[each] for each in seen}


def test_a_list_is_searched_without_accents(two: tuple[CaseFile, CaseFile], run: Run) -> None:
    assert [row["code"] for row in listed(run, "--search", "le duc dat")] == ["HS-KV3"]
    assert [row["code"] for row in listed(run, "--search", "ƯỚC đỗ")] == [two[0].code]
    assert listed(run, "--search", "không có ai") == []
    assert listed(run, "--search", "ma tuy", "--user", "clerk_kv1") == []


def test_letters_stay_letters(two: tuple[CaseFile, CaseFile], run: Run) -> None:
    _code, said, _errors = run("vks_cases", "--json")
    assert "Nguyễn Văn Ánh" in said
    assert "\\u" not in said


def test_people_read_one_line_a_case(two: tuple[CaseFile, CaseFile], run: Run) -> None:
    code, said, _errors = run("vks_cases", "--user", "clerk_kv3")
    assert code == 0
    assert said == "HS-KV3\tQN-KV3\tdieu_tra\tLê Đức Đạt – Mua bán trái phép chất ma túy\n"


def test_an_empty_archive_is_an_empty_list(units: dict[str, ProcuracyUnit], run: Run) -> None:
    assert listed(run) == []


def test_nobody_by_that_name(two: tuple[CaseFile, CaseFile], run: Run) -> None:
    code, said, errors = run("vks_cases", "--user", "khong_co")
    assert (code, said) == (1, "")
    assert "Không có người dùng khong_co" in errors


def test_a_program_calls_the_same_commands(two: tuple[CaseFile, CaseFile], tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("vks_cases", json=True, stdout=out)
    assert len(json.loads(out.getvalue())) == 2
    with pytest.raises(CommandError, match="Không có vụ án mã"):
        call_command("vks_bundle", case="X", out=tmp_path / "a.pdf")
    assert sys.exc_info() == (None, None, None)


# --- encrypted


PASSWORD = "thuyen co lua-7 nui"


def _closed_file(folder: Path, words: str = PASSWORD) -> Path:
    made = folder / "mat-khau"
    made.write_text(words + "\n", encoding="utf-8")
    made.chmod(0o600)
    return made


def test_a_bundle_leaves_in_an_encrypted_file_with_its_manifest(
    filed_case: FiledCase, run: Run, tmp_path: Path
) -> None:
    out, place = tmp_path / "tap.zip", tmp_path / "rieng"
    place.mkdir()
    words = ("vks_bundle", "--case", filed_case.case.code, "--out", str(out))
    code, said, errors = run(*words, "--password-file", str(_closed_file(place)))
    assert (code, errors) == (0, "")
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert said == f"{out}: 8 trang, 3 tài liệu, SHA-256 {digest}\n"
    with pyzipper.AESZipFile(out) as archive:
        archive.setpassword(PASSWORD.encode())
        assert archive.namelist() == ["tap-1.pdf", "bang-ke.json", "verify_ledger.py", "DOC-TRUOC.txt"]
        inside = {name: archive.read(name) for name in archive.namelist()}
        archive.extractall(tmp_path / "nhan")
        archive.setpassword(b"khong phai mat khau")
        with pytest.raises(RuntimeError, match="password"):
            archive.read("tap-1.pdf")
    (tmp_path / "tap.pdf").write_bytes(inside["tap-1.pdf"])
    assert inspect_bundle(tmp_path / "tap.pdf").problems == []
    made, locked = LedgerEntry.objects.filter(kind__startswith="bundle_").order_by("seq")
    assert made.said["data"]["sha256"] == hashlib.sha256(inside["tap-1.pdf"]).hexdigest()
    assert made.said["data"]["sha256"] in inside["bang-ke.json"].decode()
    assert (locked.kind, locked.said["data"]["sha256"]) == ("bundle_encrypted", digest)
    # whoever got it checks it with what came along and the proof of the entry, and finds what was changed since
    key, _made = ensure_key()
    make_checkpoint()
    received, proof = tmp_path / "nhan", tmp_path / "muc.json"
    proof.write_text(json.dumps(prove(filed_case.case, made.seq).as_data()), encoding="utf-8")
    seen = checked(received, "bang-ke.json", "--key", key, "--proof", str(proof))
    assert seen[0] == 0, seen
    assert "ĐẠT: 1 tệp đúng như danh mục" in seen[1]
    assert "Sổ cái ghi việc lập đúng các tệp này" in seen[1]
    (received / "tap-1.pdf").rename(received / "ho so gui toa.pdf")
    assert checked(received, "bang-ke.json")[0] == 0
    changed = inside["tap-1.pdf"].replace(b"%PDF-1", b"%PDF-2", 1)
    (received / "ho so gui toa.pdf").write_bytes(changed)
    assert "Không tệp nào cạnh bảng kê là tập 1 như đã lập" in checked(received, "bang-ke.json")[1]
    rewritten = inside["bang-ke.json"].replace(
        made.said["data"]["sha256"].encode(), hashlib.sha256(changed).hexdigest().encode()
    )
    (received / "bang-ke.json").write_bytes(rewritten)
    assert checked(received, "bang-ke.json")[0] == 0
    status, told = checked(received, "bang-ke.json", "--proof", str(proof))
    assert (status, "không phải mục ghi việc lập các tệp" in told) == (1, True)
    assert PASSWORD not in str(list(LedgerEntry.objects.values_list()))
    assert not list((configuration().data_dir / "bundles").iterdir())


def test_a_deck_leaves_encrypted_and_is_told_with_both_hashes(
    filed_case: FiledCase, run: Run, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VKS_DECK_UNSEALED = True
    out = tmp_path / "goi.zip"
    words = ("vks_deck", "--case", filed_case.case.code, "--compose", "theo_chung_cu", "--out", str(out))
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\nthua"))
    code, _said, errors = run(*words, "--password-file", "-")
    assert (code, errors) == (0, "")
    with pyzipper.AESZipFile(out) as archive:
        archive.setpassword(PASSWORD.encode())
        assert archive.namelist() == ["goi-trinh-chieu.zip"]
        inside = archive.read("goi-trinh-chieu.zip")
    export = DeckExport.objects.get()
    assert (export.encrypted, export.sha256) == (True, hashlib.sha256(inside).hexdigest())
    kinds = dict(LedgerEntry.objects.filter(kind__startswith="deck_").values_list("kind", "pk"))
    locked = LedgerEntry.objects.get(pk=kinds["deck_encrypted"]).said["data"]
    assert (locked["sha256"], locked["package"]) == (hashlib.sha256(out.read_bytes()).hexdigest(), str(export.pk))
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert not list(export.path.parent.iterdir())


def test_a_password_that_cannot_be_had_is_refused_before_anything_is_made(
    filed_case: FiledCase, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "rieng"
    place.mkdir()
    password, out = _closed_file(place), tmp_path / "ra" / "tap.zip"
    out.parent.mkdir()
    case = ("--case", filed_case.case.code, "--out")

    def refused(*words: str) -> str:
        code, said, errors = run(*words)
        assert (code, said, PASSWORD in errors, "Traceback" in errors) == (1, "", False, False)
        return errors

    for command in (("vks_bundle", *case, str(out)), ("vks_deck", "--compose", "theo_chung_cu", *case, str(out))):
        assert "hãy nêu --password-file" in refused(*command, "--encrypted")
        assert "Không đọc được tệp" in refused(*command, "--password-file", str(place / "khong-co"))
        password.chmod(0o644)
        assert "chmod 600" in refused(*command, "--password-file", str(password))
        password.chmod(0o600)
        monkeypatch.setattr(sys, "stdin", io.StringIO("ngắn"))
        assert "Mật khẩu" in refused(*command, "--password-file", "-")
    given = ("--password-file", str(password))
    assert ".zip" in refused("vks_bundle", *case, str(out.with_suffix(".pdf")), *given)
    assert ".zip" in refused("vks_bundle", *case, str(out), "--manifest", str(out.parent / "m.json"), *given)
    assert ".zip" in refused("vks_deck", "--compose", "theo_chung_cu", *case, str(out.parent / "goi"), *given)
    assert ".pdf" in refused("vks_deck", "--compose", "theo_chung_cu", *case, str(out), "--format", "pdf", *given)
    assert list(out.parent.iterdir()) == []
    assert not LedgerEntry.objects.filter(kind__in=("bundle_made", "deck_made")).exists()


def test_a_password_is_asked_for_twice_where_there_is_a_keyboard(
    filed_case: FiledCase, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tap.zip"
    words = ("vks_bundle", "--case", filed_case.case.code, "--out", str(out), "--encrypted")
    keyboard = io.StringIO()
    keyboard.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", keyboard)
    answers = [PASSWORD, PASSWORD + "!"]
    monkeypatch.setattr("getpass.getpass", lambda _words: answers.pop(0))
    code, _said, errors = run(*words)
    assert (code, "không giống nhau" in errors, out.exists()) == (1, True, False)
    answers = [PASSWORD, PASSWORD]
    assert run(*words)[0] == 0
    with pyzipper.AESZipFile(out) as archive:
        archive.setpassword(PASSWORD.encode())
        assert archive.read("tap-1.pdf").startswith(b"%PDF")


def test_a_bundle_is_looked_at_before_it_is_made(
    filed_case: FiledCase, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(plan: BundlePlan) -> Looked:
        return Looked([Cautioned(plan.documents[0].document, Caution.MUTE, (1, 2), 2)], {})

    monkeypatch.setattr(vks_bundle, "look_at", odd)
    words = ("--case", filed_case.case.code, "--documents", str(filed_case.documents[1].document_id))
    code, said, errors = run("vks_bundle", *words, "--check")
    title = filed_case.documents[1].title
    assert (code, errors) == (0, "")
    sentence = f"Nên xem: {title}, trang 1, 2: ảnh chưa nhận dạng chữ: không tìm, không chép được"
    assert said.splitlines()[1:] == [sentence]
    assert said.startswith(f"{2 + (filed_case.documents[1].page_count or 0)} trang, 1 tập, 1 tài liệu")
    # nothing was made, and nothing was told of
    assert (list(tmp_path.iterdir()), Bundle.objects.exists()) == ([], False)
    assert not LedgerEntry.objects.filter(kind="bundle_made").exists()
    # made, it is told before and kept apart from what scripts read
    code, said, errors = run("vks_bundle", *words, "--out", str(tmp_path / "a.pdf"), "--json")
    assert (code, errors.strip()) == (0, sentence)
    assert [each["caution"] for each in json.loads(said)["cautions"]] == ["khong_chu"]


def test_a_bundle_is_kept_in_its_case_and_added_to_from_the_command_line(
    filed_case: FiledCase, run: Run, tmp_path: Path
) -> None:
    case = filed_case.case
    words = ("--case", case.code, "--user", "prosecutor_kv1")
    two = [str(each.document_id) for each in filed_case.documents[:2]]
    code, said, errors = run("vks_bundle", *words, "--store", "--documents", *two, "--json")
    assert (code, errors) == (0, "")
    kept = Bundle.objects.get(pk=json.loads(said)["id"])
    assert (kept.status, kept.requested_by.username) == (Bundle.Status.DONE, "prosecutor_kv1")
    assert sorted(map(str, kept.document_ids)) == sorted(two)
    before = inspect_bundle(kept.path)
    # what came since stands behind it, and by itself, under the numbers it has in the whole
    whole, added, listed = tmp_path / "ca bo.pdf", tmp_path / "phan them.pdf", tmp_path / "bang ke.json"
    late = ("--preset", "bo_sung", "--earlier", str(kept.pk), "--out", str(whole), "--addition", str(added))
    code, _said, errors = run("vks_bundle", *words, *late, "--manifest", str(listed))
    assert (code, errors) == (0, "")
    after, new = inspect_bundle(whole), inspect_bundle(added, first_page=before.page_count + 1)
    assert after.folios[: before.page_count] == before.folios
    assert new.labels == after.labels[before.page_count :]
    assert (after.problems, new.problems) == ([], [])
    told = json.loads(listed.read_text(encoding="utf-8"))
    assert told["addition"]["sha256"] == hashlib.sha256(added.read_bytes()).hexdigest()
    judged = json.loads(run("vks_verify_bundle", str(added), "--manifest", str(listed), "--json")[1])["rows"]
    assert [row["state"] for row in judged if row["row"] in {3, 8, 28}] == ["dat", "dat", "can_xem"]
    for spoilt, sentence in (
        (["--case", case.code, "--store"], "hãy nêu --user"),
        ([*words, "--store", "--manifest", str(tmp_path / "a.json")], "chỉ ghi ra cùng --out"),
        ([*words, "--out", str(whole), "--addition", str(added)], "chỉ có ở mẫu bo_sung"),
        ([*words, "--store", "--documents", "999999"], "không có trong hồ sơ vụ án này"),
    ):
        code, _said, errors = run("vks_bundle", *spoilt)
        assert (code, sentence in errors) == (1, True), errors
    assert Bundle.objects.count() == 1
