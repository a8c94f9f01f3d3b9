"""Hand-over, transfer, seal and accession, killed at every step: nothing that was answered as done is lost, nothing is done by half.

    python -m tests.custody.killed [--host paperless] [--engine postgresql] [--every 1] [--act seal]

A process does one kind of act after another and says through a pipe what was answered as done. It is killed (SIGKILL) at
its n-th step: before a statement to the database, before or after a commit, before a file below the installation's folders
is opened for writing, renamed or removed; n goes from one to the last. Each time another process looks at what is there:
the ledger verifies, its entries and the rows tell the same, one keeper has the paper, no seal is there by half. Then it does
what a person would do who found it so, and everything has to end as if nobody had been killed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

LATER = dt.timedelta(hours=2)
"""After which every worker that was not heard of is taken for lost."""
_NEEDED = ("bagit", "time_machine", "tests.custody.test_hand_overs", "tests.custody.test_retention", "vks_plugin.urls")
_DATABASE, _BASE = "vks_killed", "vks_killed_base"


# --- what the installation begins with


def prepare() -> None:
    """Make what the acts need, after people and catalogue: a batch that waits for its seal, a case that is finished."""
    from django.test import TestCase
    from django.utils import timezone

    from tests import people as given
    from tests.custody.batches import batch_in
    from tests.custody.test_retention import ended
    from vks_plugin.access import actions as access
    from vks_plugin.cases.models import CaseDocument, CaseFile
    from vks_plugin.custody import actions
    from vks_plugin.custody.actions.holding import state_beginning
    from vks_plugin.custody.models import Keeper

    people, kinds = given._people(), given._catalogue()
    case = CaseFile.objects.get()
    state_beginning(
        actor=people["chief_kv1"], case=case, part="hsva", keeper=Keeper(unit=case.unit), since=timezone.now()
    )
    papers = list(CaseDocument.objects.filter(case=case, part="hsva"))
    actions.ensure_key()
    batch_in("confirmed", given.FiledCase(case, papers, CaseDocument.objects.get(case=case, part="hsks")), people)
    other = given.register(actor=people["clerk_kv1"], unit=case.unit, name="Vụ đã kết thúc")
    access.assign(actor=people["chief_kv1"], case=other, user=people["prosecutor_kv1"], role="prosecutor_lead")
    for code in ("QDKTVA", "BCDX"):
        with TestCase.captureOnCommitCallbacks(execute=True):
            given.file_pdf(actor=people["prosecutor_kv1"], case=other, document_type=kinds[code])
    ended(other, people["prosecutor_kv1"])
    access.record_appointment(actor=people["chief_kv1"], user=people["outsider"], unit=case.unit, role="archivist")


def _make_base() -> None:
    from django.core.management import call_command

    from tests import people as given
    from vks_plugin.cases.models import CaseFile

    call_command("migrate", verbosity=0)
    given.make_world()
    given._make_papers(CaseFile.objects.get())
    prepare()


# --- the acts


def _user(name: str) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(username=name)


def _case(*, finished: bool = False) -> Any:
    from vks_plugin.cases.models import CaseFile

    return CaseFile.objects.select_related("unit__parent").order_by("pk")[int(finished)]


def _kinds(case: Any) -> Counter[str]:
    from vks_plugin.custody.models import LedgerEntry

    return Counter(LedgerEntry.objects.filter(case=case).values_list("kind", flat=True))


def _holders(case: Any, part: str) -> list[Any]:
    from vks_plugin.custody.models import Holding

    rows = list(Holding.objects.filter(case=case, part=part).order_by("since", "pk"))
    assert [each.until for each in rows[:-1]] == [each.since for each in rows[1:]], (
        "the paper is with two, or with none"
    )
    assert not rows or rows[-1].until is None, "nobody has the paper"
    return rows


class HandOvers:
    """A file goes from the records clerk to an inspector: sent, received."""

    answers = ("hand_over_sent", "hand_over_accepted")

    def act(self, done: Callable[[str], None]) -> None:
        from tests.custody.test_hand_overs import PASSED
        from vks_plugin.custody.actions import hand_overs
        from vks_plugin.custody.models import HandOver

        row = HandOver.objects.first()
        if row is None:
            terms = hand_overs.Terms(
                part="hsva", direction="noi_bo", reason="nghien_cuu", person=_user("inspector_kv1")
            )
            row = hand_overs.hand_over(actor=_user("clerk_kv1"), case=_case(), terms=terms)
            done("hand_over_sent")
        if row.state == "cho_nhan":
            hand_overs.accept(actor=_user("inspector_kv1"), row=row, checks=PASSED)
            done("hand_over_accepted")

    def look(self, told: Counter[str]) -> None:
        from vks_plugin.custody.models import HandOver

        rows = list(HandOver.objects.all())
        assert len(rows) == told["hand_over_sent"] <= 1
        taken = [each for each in rows if each.state == "da_nhan"]
        assert len(taken) == told["hand_over_accepted"]
        held = _holders(_case(), "hsva")
        assert (held[-1].person_id == _user("inspector_kv1").pk if held else False) == bool(taken)
        assert all(each.number == 1 for each in rows)

    def end(self) -> None:
        return


class Transfers:
    """A case goes to another office with its paper: sent by one, received by the other, whose it is from then on."""

    answers = ("hand_over_sent", "hand_over_accepted", "case_transferred")

    def act(self, done: Callable[[str], None]) -> None:
        from tests.custody.test_hand_overs import PASSED
        from vks_plugin.custody.actions import hand_overs
        from vks_plugin.custody.models import HandOver
        from vks_plugin.organization.models import ProcuracyUnit

        row = HandOver.objects.first()
        if row is None:
            terms = hand_overs.Terms(
                part="hsva",
                direction="vks_vks",
                reason="chuyen_tham_quyen",
                other_unit=ProcuracyUnit.objects.get(code="QN-KV3"),
                decision="12/QĐ-VKS ngày 05/11/2026",
            )
            row = hand_overs.hand_over(actor=_user("chief_kv1"), case=_case(), terms=terms)
            done("hand_over_sent")
        if row.state == "cho_nhan":
            hand_overs.accept(actor=_user("clerk_kv3"), row=row, checks=PASSED)
            done("hand_over_accepted")
            done("case_transferred")

    def look(self, told: Counter[str]) -> None:
        from vks_plugin.access.queries import readable_ids, visible_cases
        from vks_plugin.custody.models import HandOver
        from vks_plugin.host.permissions import may_view

        rows, case = list(HandOver.objects.all()), _case()
        assert len(rows) == told["hand_over_sent"] <= 1
        taken = [each for each in rows if each.state == "da_nhan"]
        assert len(taken) == told["hand_over_accepted"] == told["case_transferred"]
        held = _holders(case, "hsva")
        owner, other = ("QN-KV3", "QN-KV1") if taken else ("QN-KV1", "QN-KV3")
        assert held[-1].unit is not None
        assert (case.unit.code, held[-1].unit.code) == (owner, owner)
        # papers go with the case, for the DMS as for us
        chief, former = _user(f"chief_{owner[3:].lower()}"), _user(f"chief_{other[3:].lower()}")
        papers = set(case.documents.filter(part="hsva").values_list("document_id", flat=True))
        assert papers
        assert papers <= set(readable_ids(chief)) & set(may_view(chief, papers))
        assert not papers & (set(readable_ids(former)) | set(may_view(former, papers)))
        assert visible_cases(chief).filter(pk=case.pk).exists() > visible_cases(former).filter(pk=case.pk).exists()

    def end(self) -> None:
        return


class Seal:
    """A batch that was confirmed is sealed."""

    answers = ("file_sealed",)

    def act(self, done: Callable[[str], None]) -> None:
        from vks_plugin.custody import actions
        from vks_plugin.custody.models import DigitisationBatch

        batch = DigitisationBatch.objects.select_related("case__unit__parent").get()
        if batch.state != "da_ket_thuc_so_hoa":
            actions.request_seal(actor=_user("scanner_kv1"), batch=batch)
            batch.refresh_from_db()
            assert (batch.state, batch.seal_error) == ("da_ket_thuc_so_hoa", "")
            done("file_sealed")

    def look(self, told: Counter[str]) -> None:
        from vks_plugin.custody.models import DigitisationBatch, DigitisationStep, SealedDocument, SealManifest

        sealed = DigitisationBatch.objects.get().state == "da_ket_thuc_so_hoa"
        manifests = list(SealManifest.objects.all())
        assert len(manifests) == told["file_sealed"] == int(sealed)
        assert SealedDocument.objects.count() == sum(each.documents for each in manifests) == 3 * sealed
        assert DigitisationStep.objects.filter(step="dong_ho_so").count() == int(sealed)
        for each in manifests:
            assert {row["document"] for row in each.said["documents"]} == set(
                SealedDocument.objects.values_list("document_id", flat=True)
            )

    def end(self) -> None:
        return


class Accessions:
    """A finished case is packed by a worker and taken by the archivist."""

    answers = ("accession_packed", "accessioned")

    def act(self, done: Callable[[str], None]) -> None:
        from vks_plugin.custody.actions import accession
        from vks_plugin.custody.models import Accession

        row = Accession.objects.first()
        if row is None:
            row = accession.prepare(actor=_user("clerk_kv1"), codes=[_case(finished=True).code])
        elif row.state in {"loi", "dang_dong_goi"}:
            row = accession.retry(actor=_user("clerk_kv1"), pk=row.pk)
        row.refresh_from_db()
        assert row.error == "", row.error
        if row.state == "cho_luu_tru":
            done("accession_packed")
            row = accession.request_acceptance(actor=_user("outsider"), pk=row.pk)
            assert (row.state, row.error) == ("da_nop_luu", "")
            done("accessioned")

    def look(self, told: Counter[str]) -> None:
        from vks_plugin.custody.models import Accession
        from vks_plugin.hashing import sha256_of

        rows = list(Accession.objects.all())
        case, archivist = _case(finished=True), _user("outsider")
        assert len(rows) == told["accession_prepared"] <= 1
        packed = [each for each in rows if each.state in {"cho_luu_tru", "da_nop_luu"}]
        assert len(packed) == told["accession_packed"]
        for row in packed:
            item = row.items.get()
            assert item.path.stat().st_size == item.size
            assert sha256_of(item.path) == item.sha256
        taken = bool(told["accessioned"])
        assert taken == (case.status == "da_nop_luu") == any(each.state == "da_nop_luu" for each in rows)
        for part in ("hsva", "hsks"):
            held = _holders(case, part)
            assert taken == bool(held and held[-1].person_id == archivist.pk)

    def end(self) -> None:
        """Look into the package with other programs, and that nothing is left of earlier runs."""
        import bagit

        from vks_plugin.custody.models import AccessionItem
        from vks_plugin.custody.verify_ledger import check_export

        item = AccessionItem.objects.get()
        assert [each.name for each in item.path.parent.iterdir()] == [item.path.name], (
            "something is left beside the package"
        )
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(item.path) as archive:
            archive.extractall(folder)
            (inside,) = Path(folder).iterdir()
            assert bagit.Bag(str(inside)).validate()
            report = check_export(inside / "data" / "ledger")
            assert (report.problems, report.entries > 0) == ([], True)


ACTS: dict[str, type[HandOvers | Transfers | Seal | Accessions]] = {
    "hand_over": HandOvers,
    "transfer": Transfers,
    "seal": Seal,
    "accession": Accessions,
}


# --- steps


class Steps:
    """Counts the steps of this process, and kills it at one of them."""

    def __init__(self, last: int, folder: Path) -> None:
        self.count, self.last, self.folder = 0, last, str(folder)

    def step(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count statements, commits and changes of files from now on."""
        from django.db import connection

        def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            self.step()
            return execute(sql, params, many, context)

        connection.ensure_connection()
        connection.execute_wrappers.append(statement)
        host: Any = connection
        commit = host._commit

        def committed() -> Any:
            self.step()
            answer = commit()
            self.step()
            return answer

        host._commit = committed
        sys.addaudithook(self._hear)

    def _hear(self, event: str, values: tuple[Any, ...]) -> None:
        if event == "open":
            path, _mode, flags = values
            changes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            path, changes = values[0] if values else None, event in _CHANGES
        if changes and isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.folder):
            self.step()


_CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"})


def _forked(work: Callable[[Callable[[str], None]], None]) -> tuple[int, list[str]]:
    """Do something in a process of its own; return its status and what it said before it ended or was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            work(lambda word: void(os.write(writing, f"{word}\n".encode())))
            status = 0
        except BaseException:  # noqa: BLE001 - it is said, and the process ends
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode("utf-8", "replace").splitlines()
    _pid, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), said


def void(_value: object) -> None:
    """Return nothing, whatever something else returned."""


class Installation:
    """The folders and the database, put back to how they began as often as one likes."""

    def __init__(self, folder: Path, engine: str, base: Path | None) -> None:
        self.folder, self.engine = folder, engine
        self.kept = base or Path(tempfile.mkdtemp(prefix="vks-killed-"))
        self.own = base is None

    def make(self) -> None:
        if not self.own:
            return
        status, said = _forked(lambda _say: _make_base())
        assert status == 0, "\n".join(said)
        shutil.copytree(self.folder, self.kept, dirs_exist_ok=True)
        if self.engine == "postgresql":
            self._copy(_DATABASE, _BASE)

    def put_back(self) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder)
        if self.engine == "postgresql":
            self._copy(_BASE, _DATABASE)

    def _copy(self, source: str, target: str) -> None:
        words = ["psql", "-q", "-h", os.environ["PAPERLESS_DBHOST"], "-U", os.environ["PAPERLESS_DBUSER"], "postgres"]
        for statement in (
            f"DROP DATABASE IF EXISTS {target} WITH (FORCE)",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'",
            f"CREATE DATABASE {target} TEMPLATE {source}",
        ):
            subprocess.run([*words, "-c", statement], check=True, stdout=subprocess.DEVNULL)

    def remove(self) -> None:
        if self.own:
            shutil.rmtree(self.kept, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _looked_at(act: HandOvers | Transfers | Seal | Accessions, answered: list[str], case: Any) -> None:
    from vks_plugin.custody import queries

    told = _kinds(case)
    for kind in act.answers:
        assert told[kind] <= 1, f"{kind} is told twice"
        assert told[kind] or kind not in answered, f"{kind} was answered and is not in the ledger"
    assert queries.verify().problems == []
    act.look(told)


def _judged(name: str, answered: list[str]) -> None:
    """Look at what is there after a process was killed, go on, and look again."""
    import time_machine

    from vks_plugin.custody import actions

    act = ACTS[name]()
    case = _case(finished=name == "accession")
    _looked_at(act, answered, case)
    # what a person does who comes back later
    with time_machine.travel(dt.datetime.now(tz=dt.UTC) + LATER):
        act.act(lambda _kind: None)
    actions.make_checkpoint()
    _looked_at(act, list(act.answers), case)
    act.end()


def kill_at(installation: Installation, name: str, last: int) -> tuple[int, int, list[str]]:
    """Let a process do its acts and be killed at a step; return its status, how many steps it said it took, and what is wrong."""
    installation.put_back()

    def work(say: Callable[[str], None]) -> None:
        steps = Steps(last, installation.folder)
        steps.watch()
        ACTS[name]().act(say)
        say(f"steps {steps.count}")

    status, said = _forked(work)
    answered = [each for each in said if each in ACTS[name].answers]
    count = next((int(each.split()[1]) for each in said if each.startswith("steps ")), 0)
    if status not in {0, -signal.SIGKILL}:
        return status, count, said
    judged, wrong = _forked(lambda _say: _judged(name, answered))
    return status, count, wrong if judged else []


def run(installation: Installation, names: list[str], *, every: int, first: int = 1) -> int:
    """Kill at every n-th step of each act; print what was found, and return how many times something was wrong."""
    bad = 0
    for name in names:
        status, steps, wrong = kill_at(installation, name, 0)
        killed = 0
        if status or wrong or not steps:
            print(f"{name}: not killed, and wrong", *wrong, sep="\n", flush=True)
            bad += 1
            continue
        found = 0
        for last in range(first, steps + 1, every):
            status, _count, wrong = kill_at(installation, name, last)
            killed += status == -signal.SIGKILL
            if wrong:
                found += 1
                print(f"{name}, step {last}:", *wrong, sep="\n", flush=True)
        print(f"{name}: {steps} steps, killed at {killed} of them, wrong after {found}", flush=True)
        bad += found
    return bad


def main(words: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="lite", choices=["lite", "paperless"])
    parser.add_argument("--engine", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--act", action="append", choices=sorted(ACTS), help="only this; can be given several times")
    parser.add_argument("--every", type=int, default=1, help="kill at every n-th step only")
    parser.add_argument("--first", type=int, default=1, help="the step to begin with")
    parser.add_argument("--base", type=Path, help="folders of an installation that was prepared already (SQLite)")
    chosen = parser.parse_args(words)
    if chosen.engine == "postgresql" and os.environ.get("PAPERLESS_DBNAME") != _DATABASE:
        from tests.run import postgresql

        with postgresql() as environment:
            assert environment is not None, "PostgreSQL is not installed"
            given = {**os.environ, **environment, "PAPERLESS_DBNAME": _DATABASE}
            made = ["createdb", "-h", environment["PAPERLESS_DBHOST"], "-U", environment["PAPERLESS_DBUSER"], _DATABASE]
            subprocess.run(made, check=True)
            again = [sys.executable, "-m", "tests.custody.killed", *words]
            return subprocess.run(again, env=given, check=False).returncode
    sys.dont_write_bytecode = True
    sys.argv = [sys.argv[0], f"--host={chosen.host}"]
    os.environ["VKS_TEST_HOST"] = chosen.host
    import django

    from tests import plugin

    django.setup()
    # once, instead of in each process that is made
    for module in _NEEDED:
        importlib.import_module(module)
    logging.getLogger("kombu").setLevel(logging.ERROR)
    installation = Installation(plugin.FOLDER, chosen.engine, chosen.base)
    try:
        installation.make()
        return 1 if run(installation, chosen.act or list(ACTS), every=chosen.every, first=chosen.first) else 0
    finally:
        installation.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
