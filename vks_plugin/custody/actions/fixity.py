"""Comparing stored files with what was recorded of them: as a stream, at a bounded rate, on from where it was cut off."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING
from vks_plugin.acts import tell
from vks_plugin.cases.actions.rules import refuse_destroyed
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.conf import configuration
from vks_plugin.custody.models import AccessionItem, FixityFinding, FixityRun, SealedDocument
from vks_plugin.custody.queries.fixity import (
    GOING_ON,
    alarms_for,
    case_of,
    may_close,
    may_compare,
    newest_finding,
    newest_run,
    open_findings,
    state_of,
)
from vks_plugin.custody.videos import videos_with
from vks_plugin.errors import BadInput, Conflict, NotAllowed, Unavailable, VksError
from vks_plugin.host.files import BATCH
from vks_plugin.host.stored import SETTLED_AFTER, Stored, nobodys_files, stored_files
from vks_plugin.organization.letters import in_office, write_to
from vks_plugin.organization.models import ProcuracyUnit
from vks_plugin.organization.queries import province_ids
from vks_plugin.text import one_line
from vks_plugin.working import held_alone

logger = logging.getLogger("paperless.vks.custody")

Kind = FixityFinding.Kind
_Work = FixityRun.Work
_AT_ONCE = 50
"""Documents between two points from which a run can go on."""
_BLOCK = 1 << 20
_BEAT = 2.0
"""Seconds between two signs that a run is alive."""
_SETTLES = 30.0
"""Seconds between two looks at what differs: the host moves a file before it writes its row, and puts a new archive copy in
place before the row of it is committed. Beside that, moving a file within a larger act of the host takes seconds."""
_LOOKS = 4
"""Times a file is looked at again whose record, or itself, is another at each look; then it is an alarm all the same."""
_PACKED = ("cho_luu_tru", "da_nop_luu")
"""States of an accession in which its packages are whole; a package goes when its case is disposed of."""


class Pace:
    """Reads files, at most so many bytes a second over the whole run."""

    def __init__(self, most: int = 0, alive: Callable[[], object] | None = None) -> None:
        """Begin.

        Args:
            most: bytes a second; 0: as fast as the disk gives them.
            alive: is called every few seconds while files are read.
        """
        self.most = most
        self.octets = 0
        self._alive = alive
        self._began = self._told = time.monotonic()
        self._block = bytearray(_BLOCK)

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file.

        Raises:
            OSError: it cannot be read.
        """
        digest, view = hashlib.sha256(), memoryview(self._block)
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(self._block):
                digest.update(view[:count])
                self.octets += count
                now = time.monotonic()
                if self._alive is not None and now - self._told > _BEAT:
                    self._told = now
                    self._alive()
                if self.most:
                    ahead = self.octets / self.most - (now - self._began)
                    if ahead > 0:
                        time.sleep(ahead)
        return digest.hexdigest()


class _Looked(NamedTuple):
    kind: str
    found: str


def _look(stored: Stored, pace: Pace) -> _Looked | None:
    """Compare one file with the host's record; None: it is as recorded."""
    try:
        found = pace.sha256(stored.path)
    except FileNotFoundError:
        return _Looked(Kind.MISSING, "")
    except OSError:
        return _Looked(Kind.UNREADABLE, "")
    return None if found == stored.checksum else _Looked(Kind.CHANGED, found)


def _compare(run: FixityRun, papers: Iterable[CaseDocument], pace: Pace) -> tuple[int, list[FixityFinding]]:
    """Return how many files these documents have, videos among them, and what differs by the records of this moment."""
    recorded = {paper.document_id: paper.sha256 for paper in papers}
    sealed = {row.version_id: row for row in SealedDocument.objects.filter(document_id__in=recorded)}
    originals: dict[int, set[str]] = defaultdict(set)
    paths: dict[int, Stored] = {}
    findings = []

    def note(stored: Stored, kind: str, *, expected: str, found: str = "") -> None:
        findings.append(
            FixityFinding(
                run=run,
                kind=kind,
                document_id=stored.document,
                version_id=stored.version,
                archive=stored.archive,
                path=str(stored.path),
                expected=expected,
                found=found,
            )
        )

    files = stored_files(recorded.keys())
    for stored in files:
        looked = _look(stored, pace)
        if looked is not None:
            note(stored, looked.kind, expected=stored.checksum, found=looked.found)
        if not stored.archive:
            originals[stored.document].add(stored.checksum)
            paths.setdefault(stored.document, stored)
        seal = sealed.get(stored.version)
        kept = (seal.archive_sha256 if stored.archive else seal.sha256) if seal is not None else ""
        if kept and kept != stored.checksum:
            # the host's own record was changed behind the seal
            note(stored, Kind.CHANGED, expected=kept, found=stored.checksum)
    for document, sha256 in recorded.items():
        # with versions, what was filed is one of them
        if document in paths and sha256 and sha256 not in originals[document]:
            note(paths[document], Kind.CHANGED, expected=sha256, found=paths[document].checksum)
    videos = videos_with(recorded)
    for video in videos:
        looked = _look(Stored(video.document, 0, archive=False, path=video.path, checksum=video.sha256), pace)
        if looked is not None:
            findings.append(
                FixityFinding(
                    run=run,
                    kind=looked.kind,
                    # it is its leaders' as the paper is, and has no version
                    document_id=video.document,
                    path=str(video.path),
                    expected=video.sha256,
                    found=looked.found,
                )
            )
    return len(files) + len(videos), findings


@dataclass(frozen=True)
class _Compared:
    """Documents that were compared, and are not counted before what differs was looked at again."""

    behind: int
    """The last of them: a run that is cut off goes on behind those that are counted."""
    documents: int
    files: int
    octets: int
    differs: list[FixityFinding]
    at: float
    """When they were compared, by the clock of `time.monotonic`."""


def _wait(since: float) -> None:
    """Wait until what was under way at that moment, by the clock of `time.monotonic`, is over."""
    time.sleep(max(since + _SETTLES - time.monotonic(), 0))


def _alarms(run: FixityRun, compared: _Compared, pace: Pace) -> list[FixityFinding]:
    """Return what still differs, and in the same way by the same record, some time later."""

    def as_seen(row: FixityFinding) -> tuple[object, ...]:
        return row.version_id, row.archive, row.path, row.expected, row.kind, row.found

    found, at = compared.differs, compared.at
    for _look_again in range(_LOOKS):
        if not found:
            break
        before = {as_seen(each) for each in found}
        _wait(at)
        papers = CaseDocument.objects.filter(document_id__in={each.document_id for each in found})
        found = _compare(run, papers.only("document_id", "sha256"), pace)[1]
        at = time.monotonic()
        if before.issuperset(as_seen(each) for each in found):
            break
    return found


def _count(run: FixityRun, compared: _Compared, pace: Pace) -> None:
    """Keep what is wrong with these documents, and that the run is through with them."""
    before = pace.octets
    findings = _alarms(run, compared, pace)
    with transaction.atomic():
        _note(findings)
        FixityRun.objects.filter(pk=run.pk).update(
            behind=compared.behind,
            documents=F("documents") + compared.documents,
            files=F("files") + compared.files,
            octets=F("octets") + compared.octets + pace.octets - before,
            touched_at=timezone.now(),
        )


class KeptFile(NamedTuple):
    """A file of ours that is no document's, as it was recorded."""

    path: Path
    sha256: str
    case: CaseFile | None = None
    """Whose leaders are told; None: those of the province."""


KEPT: list[Callable[[CaseFile | None], Iterable[KeptFile]]] = []
"""What yields further files that a comparison reads, of one case or of all (None); concepts above add to it."""


class KeptFolder(NamedTuple):
    """A folder of ours, in which every file is named after the id of a row."""

    path: Path
    known: Callable[[Collection[UUID]], Iterable[UUID]]
    """Returns those of some ids that there are."""


def _packages_kept() -> Iterator[KeptFolder]:
    def known(ids: Collection[UUID]) -> Iterable[UUID]:
        return AccessionItem.objects.filter(key__in=ids).values_list("key", flat=True)

    yield KeptFolder(AccessionItem().path.parent, known)


FOLDERS: list[Callable[[], Iterable[KeptFolder]]] = [_packages_kept]
"""What yields folders in which there is to be no file of nobody; concepts above add to it."""
_AT_WORK = frozenset({".lock", ".part", ".partial"})
"""Endings of what workers hold or have not finished; so are names that begin with a point."""
_LENGTH_OF_ID = 36


def _id_in(name: str) -> UUID | None:
    try:
        return UUID(name[:_LENGTH_OF_ID])
    except ValueError:
        return None


def _strays(among: Collection[Path] | None = None) -> Iterator[Path]:
    """Yield files of ours that no row names, once they have settled.

    Args:
        among: only these; None: all there are.
    """
    before = time.time() - SETTLED_AFTER
    for folder in (each for query in FOLDERS for each in query()):
        paths = (
            folder.path.rglob("*") if among is None else (each for each in among if each.is_relative_to(folder.path))
        )
        files = (each for each in paths if _is_finished(each.relative_to(folder.path)) and each.is_file())
        while some := list(islice(files, BATCH)):
            ids = {each: _id_in(str(each.relative_to(folder.path))) for each in some}
            known = set(folder.known([each for each in ids.values() if each is not None]))
            for path in (each for each, id_ in ids.items() if id_ not in known):
                try:
                    settled = path.stat().st_mtime < before
                except FileNotFoundError:
                    continue
                if settled:
                    yield path


def _is_finished(path: Path) -> bool:
    return path.suffix not in _AT_WORK and not any(part.startswith(".") for part in path.parts)


def _compare_kept(run: FixityRun, kept: KeptFile, pace: Pace) -> list[FixityFinding]:
    """Return what is wrong with a file of ours."""
    looked = _look(Stored(0, 0, archive=False, path=kept.path, checksum=kept.sha256), pace)
    if looked is None:
        return []
    return [
        FixityFinding(
            run=run,
            kind=looked.kind,
            path=str(kept.path),
            expected=kept.sha256,
            found=looked.found,
            case=kept.case,
        )
    ]


def _note(findings: Sequence[FixityFinding]) -> None:
    """Keep what was found; the row of what was found before, and is open still, is that of a repetition from now on.

    The cases are held until the caller's transaction ends: a run over all and one of the case may find the same at the same
    moment, and the later one is to know of the earlier.
    """

    def same(row: FixityFinding) -> tuple[object, ...]:
        whose = (row.document_id, row.version_id, row.archive) if row.document_id else row.path
        return row.kind, whose, row.expected

    if not findings:
        return
    found = {same(row) for row in findings}
    filed = CaseDocument.objects.filter(document_id__in=[row.document_id for row in findings if row.document_id])
    cases = Q(pk__in=filed.values("case")) | Q(pk__in=[row.case_id for row in findings if row.case_id])
    list(CaseFile.objects.select_for_update(no_key=True).filter(cases).order_by("pk").values_list("pk"))
    earlier = open_findings().filter(
        Q(document_id__in=[row.document_id for row in findings if row.document_id])
        | Q(path__in=[row.path for row in findings if not row.document_id])
    )
    again = [row.pk for row in earlier if same(row) in found]
    FixityFinding.objects.filter(pk__in=again).update(repeated=True)
    FixityFinding.objects.bulk_create(findings, batch_size=400)


def _packages(run: FixityRun) -> QuerySet[AccessionItem]:
    """Return the packages a run has not read yet."""
    rows = AccessionItem.objects.filter(pk__gt=run.behind_package, accession__state__in=_PACKED).exclude(sha256="")
    # with its case goes its package, and nobody is to miss it
    rows = rows.filter(case__destroyed_at__isnull=True)
    if run.case is not None:
        rows = rows.filter(case=run.case)
    return rows.select_related("case").order_by("pk")


class BeingCompared(Conflict):
    """Another process compares the same files just now."""


def check_files(
    *,
    case: CaseFile | None = None,
    most: int = 0,
    resume: bool = False,
    seconds: float | None = None,
    run: FixityRun | None = None,
) -> FixityRun:
    """Compare the stored files of every filed document, or of one case, and packages of the archive; return the run.

    What differs is looked at again later, since the host may be at work on it, and is an alarm if it still differs. Alarms
    are kept, and told to leaders, as they come up; at the end leaders are written to if there were any. It reads what `KEPT`
    yields, too; a run over all names files that nothing has, among the host's and in the folders of `FOLDERS`.

    Args:
        case: only this one.
        most: bytes a second; 0: no bound.
        resume: go on with the last run of this kind that was cut off, if there is one.
        seconds: stop after so long; the run can be resumed, as also when somebody asked to stop it.
        run: go on with this one, of its own case or of all.

    Raises:
        BeingCompared: another process compares the same; of two that go on with one run each would count the same files,
            and each read at the whole rate.
    """
    if run is not None:
        case = run.case
    name = f"case-{case.pk}" if case is not None else "all"
    with held_alone(configuration().data_dir / "fixity" / f"{name}.lock") as alone:
        if not alone:
            raise BeingCompared(_("Đang có một lần đối chiếu khác trên cùng các tệp này: hãy chờ xong rồi chạy lại."))
        known = newest_finding()
        begun = run or _begin(case=case, resume=resume)
        try:
            return _run(begun, most=most, seconds=seconds)
        finally:
            FixityRun.objects.filter(pk=begun.pk, work=_Work.WORKING).update(work=_Work.NONE)
            # not when all is read, which may be nights away; and also by a run somebody broke off
            if newest_finding() != known:
                write_to_leaders()


def _begin(*, case: CaseFile | None, resume: bool) -> FixityRun:
    """Return the run that is to be gone on with, or a new one, marked as worked on."""
    unfinished = FixityRun.objects.filter(case=case, finished_at__isnull=True).order_by("-pk").first()
    if not resume or unfinished is None:
        return FixityRun.objects.create(case=case, work=_Work.WORKING)
    FixityRun.objects.filter(pk=unfinished.pk).update(work=_Work.WORKING, stop_asked=False, touched_at=timezone.now())
    return unfinished


def _run(run: FixityRun, *, most: int, seconds: float | None) -> FixityRun:
    case, began = run.case, time.monotonic()
    mine = FixityRun.objects.filter(pk=run.pk)
    pace = Pace(most, alive=lambda: mine.update(touched_at=timezone.now()))

    def time_is_up() -> bool:
        if seconds is not None and time.monotonic() - began > seconds:
            return True
        return mine.filter(stop_asked=True).exists()

    behind, waiting = run.behind, deque[_Compared]()
    while True:
        papers = CaseDocument.objects.filter(pk__gt=behind).order_by("pk").only("document_id", "sha256")
        if case is not None:
            papers = papers.filter(case=case)
        some = list(papers[:_AT_ONCE])
        if some:
            before, behind = pace.octets, some[-1].pk
            files, differs = _compare(run, some, pace)
            waiting.append(_Compared(behind, len(some), files, pace.octets - before, differs, time.monotonic()))
        ends = not some or time_is_up()
        while waiting and (ends or not waiting[0].differs or waiting[0].at + _SETTLES <= time.monotonic()):
            _count(run, waiting.popleft(), pace)
        if ends:
            break
    run.refresh_from_db()
    if some:
        return run
    while (package := _packages(run).first()) is not None:
        before = pace.octets
        findings = _compare_kept(run, KeptFile(package.path, package.sha256, package.case), pace)
        with transaction.atomic():
            if _packages(run).filter(pk=package.pk, sha256=package.sha256).exists():
                # neither called off nor packed again meanwhile
                _note(findings)
            FixityRun.objects.filter(pk=run.pk).update(
                behind_package=package.pk,
                files=F("files") + 1,
                octets=F("octets") + pace.octets - before,
                touched_at=timezone.now(),
            )
        run.refresh_from_db()
        if time_is_up():
            return run
    if not _compare_all_kept(run, pace, time_is_up):
        return run
    return _finish(run)


def _kept(run: FixityRun) -> list[KeptFile]:
    """Return the files of ours a run has not read yet, in the order in which it reads them."""
    found = [each for query in KEPT for each in query(run.case) if str(each.path) > run.behind_kept]
    return sorted(found, key=lambda each: str(each.path))


def _compare_all_kept(run: FixityRun, pace: Pace, time_is_up: Callable[[], bool]) -> bool:
    """Compare files of ours; return whether there are none left to compare.

    The run goes on behind one only once what was wrong before it is kept.
    """
    wrong: set[KeptFile] = set()
    rest = _kept(run)
    before, read, through = pace.octets, 0, True

    def count(files: int, behind: Path) -> None:
        nonlocal before
        run.files += files
        run.octets += pace.octets - before
        run.behind_kept, before = str(behind), pace.octets
        FixityRun.objects.filter(pk=run.pk).update(
            files=run.files, octets=run.octets, behind_kept=run.behind_kept, touched_at=timezone.now()
        )

    for each in rest:
        if _compare_kept(run, each, pace):
            wrong.add(each)
        read += 1
        if not wrong:
            count(read, each.path)
            read = 0
        if each != rest[-1] and time_is_up():
            through = False
            break
    if wrong:
        # one may be made anew, or a signed record attached, just then
        _wait(time.monotonic())
        findings = [row for again in _kept(run) if again in wrong for row in _compare_kept(run, again, pace)]
        with transaction.atomic():
            for start in range(0, len(findings), BATCH):
                _note(findings[start : start + BATCH])
            count(read, each.path)
    return through


def _finish(run: FixityRun) -> FixityRun:
    strays: list[Path] = []
    if run.case is None and (strays := [*nobodys_files(), *_strays()]):
        # a file may be moved just then
        _wait(time.monotonic())
        strays = [*nobodys_files(strays), *_strays(strays)]
    extra = [FixityFinding(run=run, kind=Kind.EXTRA, path=str(path)) for path in strays]
    with transaction.atomic():
        for start in range(0, len(extra), BATCH):
            _note(extra[start : start + BATCH])
        run.finished_at = run.touched_at = timezone.now()
        run.save(update_fields=["finished_at", "touched_at"])
        counts = dict.fromkeys(Kind.values, 0)
        for kind in run.findings.values_list("kind", flat=True):
            counts[kind] += 1
        tell(
            "fixity_checked",
            actor=run.asked_by,
            case=run.case,
            fixity_run=run.pk,
            documents=run.documents,
            files=run.files,
            files_changed=counts[Kind.CHANGED],
            files_missing=counts[Kind.MISSING],
            files_unreadable=counts[Kind.UNREADABLE],
            files_extra=counts[Kind.EXTRA],
        )
    return run


# --- on demand


def request_check(*, actor: User, case: CaseFile | None, go_on: bool = False) -> FixityRun:
    """Have a worker compare the files of a case, or of all, on behalf of the actor; return the run.

    Args:
        actor: who asks.
        case: None: all of them.
        go_on: with the comparison that was begun last and is unfinished; else a new one is begun.

    Raises:
        NotAllowed: the actor does not lead the office of the case; for all, neither leads nor administers the province.
        Conflict: the same is compared just now; nothing is unfinished; or the file of the case was disposed of.
        Unavailable: the task queue cannot be reached.
    """
    require_compare(actor, case)
    if case is not None:
        refuse_destroyed(case)
    with transaction.atomic():
        # two who ask at once: the second finds what the first began
        if case is not None:
            CaseFile.objects.select_for_update(no_key=True).get(pk=case.pk)
        else:
            list(ProcuracyUnit.objects.select_for_update(no_key=True).filter(pk__in=province_ids()))
        last = newest_run(case)
        if last is not None and state_of(last) in GOING_ON:
            raise Conflict(_("Đang đối chiếu các tệp này: hãy chờ xong, hoặc dừng lần ấy lại."))
        if not go_on:
            run = FixityRun.objects.create(case=case, asked_by=actor, work=_Work.WAITING)
        elif last is not None and last.finished_at is None:
            run = last
            run.asked_by, run.work, run.stop_asked, run.touched_at = actor, _Work.WAITING, False, timezone.now()
            run.save(update_fields=["asked_by", "work", "stop_asked", "touched_at"])
        else:
            raise Conflict(_("Không có lần đối chiếu nào dừng giữa chừng: hãy bắt đầu lần mới."))
        transaction.on_commit(partial(_send, run))
    return run


def require_compare(actor: User, case: CaseFile | None) -> None:
    """Refuse who may not have files compared.

    Raises:
        NotAllowed: the actor does not lead the office of the case; for all, neither leads nor administers the province.
    """
    if not may_compare(actor, case):
        raise NotAllowed(
            _("Chỉ lãnh đạo đơn vị thụ lý vụ án cho đối chiếu tệp của vụ án được.")
            if case is not None
            else _("Chỉ lãnh đạo Viện kiểm sát tỉnh và quản trị hệ thống của tỉnh cho đối chiếu mọi tệp được.")
        )


def _send(run: FixityRun) -> None:
    from vks_plugin.custody.tasks import compare_as_asked  # noqa: PLC0415 - the task imports this module

    try:
        compare_as_asked.apply_async(kwargs={"run_id": run.pk})
    except Exception as error:
        waiting = FixityRun.objects.filter(pk=run.pk, work=_Work.WAITING)
        # one that has read nothing is none
        if not waiting.filter(behind=0, behind_package=0).delete()[0]:
            waiting.update(work=_Work.NONE)
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    run.refresh_from_db()


def run_check(run_id: int, *, most: int, seconds: float) -> None:
    """Go on with a comparison somebody asked for, for a while; called by the worker, which is sent for again until it is done.

    Args:
        run_id: the run.
        most: bytes a second; 0: no bound.
        seconds: after which others are to have a turn.
    """
    mine = FixityRun.objects.filter(pk=run_id)
    # sent twice, it is read once
    if mine.filter(work=_Work.WAITING).update(work=_Work.WORKING, touched_at=timezone.now()) != 1:
        return
    try:
        run = check_files(run=mine.select_related("case", "asked_by").get(), most=most, seconds=seconds)
    except BeingCompared:
        mine.filter(work=_Work.WORKING).update(work=_Work.NONE)
        return
    if run.finished_at is None and mine.filter(stop_asked=False, work=_Work.NONE).update(work=_Work.WAITING):
        _send(run)


def stop_check(*, actor: User, run: FixityRun) -> FixityRun:
    """Stop a comparison, whoever began it; what was compared counts, and it can be gone on with.

    Raises:
        NotAllowed: the actor could not have asked for it.
        Conflict: nothing compares there.
    """
    require_compare(actor, run.case)
    going = FixityRun.objects.filter(pk=run.pk, finished_at__isnull=True)
    if not going.filter(work=_Work.WAITING).update(work=_Work.NONE) and (
        state_of(run) not in GOING_ON or not going.filter(work=_Work.WORKING).update(stop_asked=True)
    ):
        raise Conflict(_("Lần đối chiếu này không đang chạy."))
    run.refresh_from_db()
    return run


def write_to_leaders() -> int:
    """Write to every leader for whom alarms are open, where the host sends any mail; return to how many.

    The pages count them at any time. A letter says how many, and nothing of a case.
    """

    def said(user: User) -> str:
        count = alarms_for(user).count()
        return _("%(count)d tệp lưu trữ không như đã ghi.") % {"count": count} if count else ""

    return len(write_to(in_office(LEADING), said, where=_("Hãy mở trang Lưu trữ, mục Sai lệch của tệp.")))


@transaction.atomic
def close_finding(*, actor: User, finding: int, reason: str) -> FixityFinding:
    """Close an alarm with a reason.

    Raises:
        BadInput: there is no such finding, or no reason.
        NotAllowed: the actor does not lead the office that has the case now, or the province, for a file of no case.
        Conflict: it is closed.
    """
    row = FixityFinding.objects.select_for_update(of=("self",)).select_related("run__case").filter(pk=finding).first()
    if row is None:
        raise BadInput(_("Không có sai lệch số %(number)d.") % {"number": finding}, field="close")
    case = case_of(row)
    if not may_close(actor, case):
        raise NotAllowed(
            _("Chỉ lãnh đạo đơn vị thụ lý vụ án được đóng sai lệch này.")
            if case is not None
            else _("Chỉ lãnh đạo Viện kiểm sát tỉnh được đóng sai lệch của tệp không thuộc vụ án nào.")
        )
    said = one_line(reason)[:500]
    if not said:
        raise BadInput(_("Hãy ghi lý do."), field="reason")
    if row.closed_at is not None:
        raise Conflict(_("Sai lệch này đã đóng."))
    if row.repeated:
        raise Conflict(_("Lần đối chiếu sau đã nêu lại sai lệch này: hãy đóng dòng mới."))
    row.closed_at, row.closed_by, row.closing_reason = timezone.now(), actor, said
    row.save(update_fields=["closed_at", "closed_by", "closing_reason"])
    tell(
        "fixity_closed",
        actor=actor,
        case=row.run.case,
        fixity_run=row.run_id,
        finding=row.pk,
        finding_kind=row.kind,
        document=row.document_id,
        reason=said,
    )
    return row
