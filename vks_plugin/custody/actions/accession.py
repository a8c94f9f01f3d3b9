"""Handing finished cases to the archive: preparing, packing, taking, calling off."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import Level
from vks_plugin.access.queries import FACTS, visible_cases
from vks_plugin.acts import ACTS, digest_of, tell, tell_each
from vks_plugin.cases import actions as case_actions
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.proceedings import EVENTS, TO_ARCHIVE
from vks_plugin.cases.stages import ARCHIVED, PARTS
from vks_plugin.conf import configuration
from vks_plugin.custody.actions.holding import pass_to
from vks_plugin.custody.actions.ledger import export
from vks_plugin.custody.actions.moving import move, next_number, refuse_from
from vks_plugin.custody.models import (
    Accession,
    AccessionItem,
    DigitisationBatch,
    Holding,
    Keeper,
    LedgerEntry,
    SealedDocument,
    SealManifest,
)
from vks_plugin.custody.package import (
    PackedEvent,
    PackedFile,
    copied,
    files_below,
    make_package,
    premis,
    remove,
)
from vks_plugin.custody.queries.accession import (
    accession_for,
    changed_somehow,
    has_archivist,
    hidden_from_archivists,
    is_being_packed,
    is_being_taken,
    known_cases,
    longest_silence,
    may_give,
    may_take,
    what_is_unfinished,
)
from vks_plugin.custody.queries.hand_overs import exhibits_still_out
from vks_plugin.custody.queries.holding import assumed_keeper, open_holding
from vks_plugin.custody.queries.retention import Standing, standings, term_words
from vks_plugin.custody.signing import SUFFIX, OfficeKey, office_key, sign_beside
from vks_plugin.custody.states import ACCESSION, DIGITISATION
from vks_plugin.custody.verify_ledger import list_files
from vks_plugin.custody.videos import VideoFile, videos_with
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound, Unavailable, VksError
from vks_plugin.hashing import sha256_of
from vks_plugin.host.files import BATCH, newest_versions
from vks_plugin.host.stored import Stored, stored_files
from vks_plugin.organization.queries import acting_for, present_office
from vks_plugin.text import gettext_noop, one_line
from vks_plugin.working import failure_kept, held_alone

logger = logging.getLogger("paperless.vks.custody")

MOST_CASES = 30
"""Cases of one accession."""
_COUNTED = ("documents", "pages", "files", "dated_from", "dated_to")
"""What is told of a package on the papers that go with it, as it was packed."""


def papers_of(case: CaseFile) -> list[CaseDocument]:
    """Return every document of a case, of both parts."""
    rows = CaseDocument.objects.filter(case=case).select_related("case", "document", "document_type")
    return list(rows.prefetch_related("folios").order_by("part", "pk"))


def _obstacle(found: Standing, unfinished: Mapping[int, str]) -> str:
    """Return why a case cannot go to the archive; empty: it can.

    Args:
        found: how it stands.
        unfinished: see `what_is_unfinished`.
    """
    case = found.case
    if TO_ARCHIVE not in EVENTS.get(case.kind, {}):
        return _("loại này không có sự kiện nộp lưu")
    if case.status == ARCHIVED:
        return _("đã nộp lưu")
    if case.stage != "ket_thuc" or found.retention.finished_on is None:
        return _("chưa kết thúc")
    if hidden := _hidden_from_archivists(case):
        return hidden
    if AccessionItem.objects.filter(case=case, pending=True).exists():
        return _("đang trong một lần nộp lưu khác")
    return unfinished.get(case.pk, "")


def _hidden_from_archivists(case: CaseFile) -> str:
    """Return why an archivist may not have a case; empty: may."""
    if case.confidentiality == CaseFile.Confidentiality.RESTRICTED:
        return hidden_from_archivists()
    return ""


def _hold(keys: Iterable[int]) -> None:
    """Hold cases until the transaction ends, in the order every act holds them in, and before the accession itself."""
    list(CaseFile.objects.select_for_update().filter(pk__in=list(keys)).order_by("pk").values_list("pk"))


@transaction.atomic
def prepare(*, actor: User, codes: Sequence[str]) -> Accession:
    """Have a worker pack finished cases of one office for its archive.

    Raises:
        BadInput: no case, or too many.
        NotFound: there is no such case, or the actor may not know of it.
        NotAllowed: the actor is neither records clerk nor leader of the office of the cases.
        Conflict: a case cannot go; the sentence names each and why.
        Unavailable: the task queue cannot be reached.
    """
    wanted = sorted({one_line(code) for code in codes} - {""})
    if not wanted or len(wanted) > MOST_CASES:
        raise BadInput(_("Hãy chọn từ 1 đến %(most)d vụ án để nộp lưu.") % {"most": MOST_CASES}, field="cases")
    chosen = visible_cases(actor, at_least=Level.METADATA).filter(code__in=wanted)
    keys = list(chosen.values_list("pk", flat=True))
    _hold(keys)
    cases = list(CaseFile.objects.select_related(*FACTS).filter(pk__in=keys).order_by("pk"))
    if len(cases) != len(wanted):
        raise NotFound(_("Không có vụ án nào mang mã này trong phạm vi của bạn."))
    unit = cases[0].unit
    if any(case.unit_id != unit.pk for case in cases):
        raise BadInput(_("Mỗi lần nộp lưu chỉ gồm vụ án của một đơn vị."), field="cases")
    if not may_give(actor, unit.pk):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo đơn vị thụ lý lập được hồ sơ nộp lưu."))
    found = standings(cases)
    unfinished = what_is_unfinished(keys)
    wrong = [f"{each.case.code} ({why})" for each in found if (why := _obstacle(each, unfinished))]
    if wrong:
        raise Conflict(_("Chưa nộp lưu được: %(cases)s.") % {"cases": "; ".join(wrong)})
    if not has_archivist(unit):
        raise Conflict(_("%(unit)s chưa có Lưu trữ viên: hãy bổ nhiệm trước.") % {"unit": unit.short_name})
    row = Accession.objects.create(unit=unit, giver=actor)
    AccessionItem.objects.bulk_create(
        AccessionItem(accession=row, case=each.case, retention=term_words(each)[:60]) for each in found
    )
    tell_each(
        "accession_prepared", actor=actor, each=[(case, {"accession": row.pk, "unit": unit.code}) for case in cases]
    )
    transaction.on_commit(partial(_send, row))
    return row


def _send(row: Accession) -> None:
    from vks_plugin.custody.tasks import pack_accession  # noqa: PLC0415 - the task imports this module

    try:
        pack_accession.apply_async(kwargs={"accession_id": row.pk})
    except Exception as error:
        _not_packed(row, _("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau."))
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    row.refresh_from_db()


def _not_packed(row: Accession, sentence: str) -> None:
    """Note that it could not be packed, and tell the chain of each case: who reads it sees why nothing went to the archive."""
    with transaction.atomic():
        cases = [item.case for item in row.items.select_related("case").order_by("case")]
        _hold(case.pk for case in cases)
        packing = Accession.objects.filter(pk=row.pk, state__in=ACCESSION.move("fail").sources)
        if packing.update(state=ACCESSION.move("fail").target, beat=None, error=sentence[:500]):
            told = {"accession": row.pk, "reason": sentence[:500]}
            tell_each("accession_not_packed", actor=row.giver, each=[(case, told) for case in cases])


@transaction.atomic
def retry(*, actor: User, pk: int) -> Accession:
    """Pack again what could not be packed, or whose worker was lost; packages that are there stay.

    Raises:
        NotFound, NotAllowed: the actor may not give for this office.
        Conflict: it is being packed, or needs no packing.
        Unavailable: the task queue cannot be reached.
    """
    row = _given(actor, pk)
    if is_being_packed(row):
        raise Conflict(_("Đang đóng gói: hãy chờ."))
    cases = [item.case for item in row.items.select_related("case").order_by("case")]
    _hold(case.pk for case in cases)
    move(row, ACCESSION, "retry", error="", beat=None)
    tell_each("accession_packed_again", actor=actor, each=[(case, {"accession": row.pk}) for case in cases])
    transaction.on_commit(partial(_send, row))
    return row


def _given(actor: User, pk: int) -> Accession:
    row = accession_for(actor, pk)
    if not may_give(actor, row.unit_id):
        raise NotAllowed(_("Chỉ văn thư, lãnh đạo đơn vị thụ lý lập được hồ sơ nộp lưu."))
    return row


# --- packing


def run_packing(accession_id: int) -> None:
    """Pack the cases of an accession; called by the worker. What goes wrong is kept with it as a sentence."""
    now = timezone.now()
    idle = Q(beat__isnull=True) | Q(beat__lt=now - longest_silence())
    if Accession.objects.filter(idle, pk=accession_id, state="dang_dong_goi").update(beat=now) != 1:
        return
    row = Accession.objects.select_related("unit", "giver").get(pk=accession_id)
    crashed = gettext_noop("Không đóng gói được do lỗi hệ thống: hãy báo quản trị.")
    with failure_kept(partial(_failed, row), crashed=crashed, what=f"packing accession {row.pk}", logger=logger):
        _pack(row)


def _failed(row: Accession, sentence: str) -> None:
    _not_packed(row, sentence)
    if Accession.objects.filter(pk=row.pk, state="huy").exists():
        # called off meanwhile: what was written since then goes too
        _remove(list(row.items.all()))


def _pack(row: Accession) -> None:
    items = list(row.items.select_related("case__unit").order_by("case"))
    papers = {item.pk: papers_of(item.case) for item in items}
    total = sum(len(each) for each in papers.values())
    done = 0
    for item in items:
        if not (item.sha256 and item.path.is_file() and item.path.stat().st_size == item.size):
            _pack_case(row, item, papers[item.pk], done=done, total=total)
        done += len(papers[item.pk])
    with transaction.atomic():
        _hold(item.case_id for item in items)
        move(row, ACCESSION, "finish", beat=None, done=done, total=total)
        tell_each(
            "accession_packed",
            actor=row.giver,
            each=[
                (
                    item.case,
                    {
                        "accession": row.pk,
                        "documents": item.documents,
                        "pages": item.pages,
                        "digest": item.digest,
                        "sha256": item.sha256,
                    },
                )
                for item in items
            ],
        )


def _beat(row: Accession, done: int, total: int) -> None:
    """Say how far the work is.

    Raises:
        Conflict: it was called off.
    """
    alive = Accession.objects.filter(pk=row.pk, state="dang_dong_goi")
    if alive.update(done=done, total=total, beat=timezone.now()) != 1:
        raise Conflict(_("Lần nộp lưu này đã bị hủy."))


def _pack_case(row: Accession, item: AccessionItem, papers: Sequence[CaseDocument], *, done: int, total: int) -> None:
    # one that is configured and cannot be used is told before anything is copied
    key = office_key()
    payload = item.path.with_suffix("")
    payload.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept: list[_Kept] = []
    folders: dict[int, tuple[CaseDocument, Path]] = {}
    for number, (filed, shown, files) in enumerate(_with_files(papers), start=1):
        folder = payload / "documents" / f"{number:05d}-{filed.document_id}"
        folders[filed.document_id] = filed, folder
        for each in files:
            role = "archive" if each.archive else "original"
            # what readers see lies in front, what it was made from below it
            place = folder if each.version == shown else folder / "versions" / str(each.version)
            path = _copy(each.path, place / f"{role}{each.path.suffix.lower()}", each.checksum, filed)
            kept.append(_Kept(filed, each, path.relative_to(payload).as_posix(), is_shown=each.version == shown))
        _beat(row, done + number, total)
    films = []
    for video in videos_with(folders):
        filed, folder = folders[video.document]
        path = _copy(video.path, folder / "videos" / video.path.name, video.sha256, filed)
        films.append(_Film(video, path.relative_to(payload).as_posix()))
        _beat(row, done + len(papers), total)
    names = {each.name for each in kept} | {each.name for each in films}
    for path in files_below(payload / "documents"):
        # left from a run before documents were merged or changed
        if path.relative_to(payload).as_posix() not in names:
            path.unlink()
    _write_metadata(payload, item, papers, kept, films, key)
    sha256, size = make_package(
        payload,
        item.path,
        name=item.case.code,
        info={
            "Source-Organization": item.case.unit.name,
            "External-Identifier": item.case.code,
            "Internal-Sender-Identifier": str(item.key),
            "Bagging-Date": timezone.localdate().isoformat(),
            # for whoever is handed the package and knows nothing of us
            "External-Description": (
                "Hồ sơ vụ án nộp lưu, kèm trích sổ cái. Tự kiểm tra, không cần mạng: "
                "python3 data/ledger/verify_ledger.py . (xem data/ledger/DOC-TRUOC.txt)"
            ),
        },
        sign=partial(sign_beside, key=key) if key is not None else None,
    )
    item.documents, item.pages = len(papers), sum(each.page_count or 0 for each in papers)
    days = [each.date for each in papers if each.date is not None]
    item.dated_from, item.dated_to = min(days, default=None), max(days, default=None)
    item.files = len(kept) + len(films)
    item.digest = _digest(((each.document_id, each.sha256) for each in papers), [each.video for each in films])
    item.sha256, item.size = sha256, size
    with transaction.atomic():
        # holds the accession: what was called off gets no hash back
        _beat(row, done + len(papers), total)
        item.save(update_fields=[*_COUNTED, "digest", "sha256", "size"])


class _Kept(NamedTuple):
    """A file of a document in the package."""

    filed: CaseDocument
    stored: Stored
    name: str
    """Path below the payload."""
    is_shown: bool
    """Whether it is of the version readers see."""


class _Film(NamedTuple):
    """A video in the package."""

    video: VideoFile
    name: str
    """Path below the payload."""


def _digest(papers: Iterable[tuple[int, str]], videos: Iterable[VideoFile]) -> str:
    """Return what stands for what a package holds: the documents, and with each the videos that are kept with it."""
    return digest_of([*papers, *((each.document, each.sha256) for each in videos)])


def _with_files(papers: Sequence[CaseDocument]) -> Iterator[tuple[CaseDocument, int, list[Stored]]]:
    """Yield each document with the version its readers see, and with the files of every version of it, oldest first.

    Files as they were filed, before pages were changed and before they were signed are among them, and those of documents
    that were merged into it. The host takes none of them away.
    """
    # asked for by two columns at once
    most = BATCH // 2
    for start in range(0, len(papers), most):
        some = papers[start : start + most]
        newest = newest_versions([each.document for each in some])
        files: dict[int, list[Stored]] = defaultdict(list)
        for stored in stored_files([each.document_id for each in some]):
            files[stored.document].append(stored)
        for filed in some:
            yield filed, newest[filed.document_id].pk, files[filed.document_id]


def _copy(source: Path, target: Path, expected: str, filed: CaseDocument) -> Path:
    if not source.is_file():
        raise Conflict(_("Tệp của tài liệu số %(id)d (%(code)s) không còn trên máy chủ.") % _named(filed))
    found = copied(source, target)
    if expected and found != expected:
        # left from a run before the file changed, or the file itself is another one
        target.unlink()
        found = copied(source, target)
    if expected and found != expected:
        raise Conflict(
            _("Tệp của tài liệu số %(id)d (%(code)s) không còn như lúc nộp: hãy báo quản trị, chưa nộp lưu được.")
            % _named(filed)
        )
    return target


def _named(filed: CaseDocument) -> dict[str, Any]:
    """Return what names a document to people who may not read it: its title may be that of an internal paper."""
    return {"id": filed.document_id, "code": filed.case.code}


def _description(
    filed: CaseDocument, files: Sequence[_Kept], films: Sequence[_Film], *, sealed: bool
) -> dict[str, Any]:
    kind = filed.document_type
    versions: dict[int, dict[str, Any]] = {}
    for each in files:
        told = versions.setdefault(each.stored.version, {"version": each.stored.version, "sha256": "", "files": {}})
        told["files"]["archive" if each.stored.archive else "original"] = each.name
        if not each.stored.archive:
            told["sha256"] = each.stored.checksum
    shown = {each.stored.version for each in files if each.is_shown}
    return {
        "document": filed.document_id,
        "part": filed.part,
        "type": kind.code if kind is not None else None,
        "title": filed.title,
        "number": filed.number,
        "date": filed.date.isoformat() if filed.date is not None else None,
        "pages": filed.page_count,
        "folios": [folio.label for folio in filed.folios.all() if folio.label],
        "sha256": filed.sha256,
        "sealed": sealed,
        "files": next((told["files"] for version, told in versions.items() if version in shown), {}),
        # as filed, before pages were changed, before it was signed, merged into it: the acts are in premis.xml
        "earlier": [told for version, told in versions.items() if version not in shown],
        "videos": [
            {"video": video.key, "title": video.title, "sha256": video.sha256, "file": name} for video, name in films
        ],
    }


_OF_FILES = frozenset(
    {
        "document_filed",
        "document_moved_in",
        "signed_version",
        "pages_changed",
        "document_split",
        "documents_merged",
    }
)
"""Acts that name files of documents by their hash; each of those files is in the package."""
_SOURCES, _OUTCOMES = ("sha256_before", "merged_sha256"), ("sha256", "new_sha256")


class _Files:
    """Which files of a package the ledger means by a hash."""

    def __init__(self, kept: Sequence[_Kept]) -> None:
        self.known = {number for each in kept for number in (each.stored.document, each.stored.version)}
        self._named: dict[str, list[str]] = defaultdict(list)
        for each in kept:
            if not each.stored.archive:
                self._named[each.stored.checksum].append(each.name)

    def of(self, said: Mapping[str, Any], fields: Iterable[str]) -> tuple[str, ...]:
        """Return the files an act names in these fields."""
        return tuple(name for field in fields for name in self._named.get(said.get(field) or "", ()))

    def lacks(self, said: Mapping[str, Any]) -> bool:
        """Tell whether an act names a file of a document in the package that is not in it."""
        # what was split off has an entry of its own, and may be in another case by now
        return any(said.get(field) and said[field] not in self._named for field in (*_SOURCES, "sha256"))


def _acts(item: AccessionItem, kept: Sequence[_Kept], films: Sequence[_Film]) -> Iterator[PackedEvent]:
    """Yield what the ledger says of a case, with the files each act began with and made.

    Raises:
        Conflict: it names a file that is not there any more, be it of an earlier version.
    """
    files = _Files(kept)
    filmed = {(each.video.key, each.video.sha256): each.name for each in films}
    gone: set[int] = set()
    # videos the ledger has and the package has not, with the papers they were kept with
    lost: dict[str, int] = {}
    entries = LedgerEntry.objects.filter(case=item.case).order_by("seq")
    for entry in entries.iterator(chunk_size=500):
        said = entry.said
        agent, data = said["actor"]["id"], said["data"]
        sources: tuple[str, ...] = ()
        outcomes: tuple[str, ...] = ()
        if entry.kind == "document_moved_out":
            gone.discard(data["document"])
        elif entry.kind == "video_kept":
            outcomes = tuple(name for key, name in filmed.items() if key == (data["video"], data["sha256"]))
            if not outcomes:
                lost[data["video"]] = data["document"]
        elif entry.kind == "video_removed":
            lost.pop(data["video"], None)
        elif entry.kind in _OF_FILES:
            sources, outcomes = files.of(data, _SOURCES), files.of(data, _OUTCOMES)
            if data["document"] not in files.known:
                gone.add(data["document"])
                # goes wherever the other one went
                gone.discard(data.get("merged_document"))
            elif files.lacks(data):
                raise _lost(data["document"], item)
        yield PackedEvent(
            entry.seq,
            entry.kind,
            said["at"],
            str(agent) if agent is not None else "system",
            bytes(entry.hash).hex(),
            sources=sources,
            outcomes=outcomes,
        )
    gone.update(document for document in lost.values() if document in files.known)
    if gone:
        # filed once, and never moved into another case
        raise _lost(min(gone), item)
    yield PackedEvent(
        item.accession_id,
        "fixity check",
        timezone.now().isoformat(),
        "system",
        told_by="accession",
        outcome="pass",
        sources=(*(each.name for each in kept), *(each.name for each in films)),
    )


def _lost(document: int, item: AccessionItem) -> Conflict:
    return Conflict(
        _("Sổ cái ghi một tệp của tài liệu số %(id)d (%(code)s) mà máy chủ không còn: hãy báo quản trị.")
        % {"id": document, "code": item.case.code}
    )


def _write_metadata(
    payload: Path,
    item: AccessionItem,
    papers: Sequence[CaseDocument],
    kept: Sequence[_Kept],
    films: Sequence[_Film],
    key: OfficeKey | None,
) -> None:
    ledger = payload / "ledger"
    # written anew by a run that goes on: more may stand in them by now, and one that was killed leaves half a ledger
    for left in (ledger, payload / "metadata", *payload.glob(".ledger.*")):
        shutil.rmtree(left, ignore_errors=True)
    metadata = payload / "metadata"
    metadata.mkdir(mode=0o700)
    files_by: dict[int, list[_Kept]] = defaultdict(list)
    for each in kept:
        files_by[each.filed.pk].append(each)
    films_by: dict[int, list[_Film]] = defaultdict(list)
    for film in films:
        films_by[film.video.document].append(film)
    sealed = set(SealedDocument.objects.filter(manifest__case=item.case).values_list("document_id", flat=True))
    described = [
        _description(each, files_by[each.pk], films_by[each.document_id], sealed=each.document_id in sealed)
        for each in papers
    ]
    case = {
        "code": item.case.code,
        "name": item.case.name,
        "kind": item.case.kind,
        "unit": item.case.unit.code,
        "retention": item.retention,
        "documents": described,
    }
    (metadata / "case.json").write_text(json.dumps(case, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for manifest in SealManifest.objects.filter(case=item.case).order_by("pk"):
        seal = metadata / f"seal-{manifest.part}-{manifest.pk}.json"
        seal.write_bytes(bytes(manifest.line))
        if manifest.signature is not None:
            seal.with_name(seal.name + SUFFIX).write_bytes(bytes(manifest.signature))
        elif key is not None:
            sign_beside(seal, key)
    originals = {each.stored.version: each.name for each in kept if not each.stored.archive}
    copies = {each.name: originals[each.stored.version] for each in kept if each.stored.archive}

    def with_events(written: Path) -> dict[str, str]:
        """Write the record of events over all but the head and the list it signs, so that it is on the list itself."""
        listed = list_files(payload, written)
        # the ledger's own lie elsewhere until all of them are written
        places = {f"{ledger.name}/{each.name}": each for each in files_below(written)}
        sizes = {name: places.get(name, payload / name).stat().st_size for name in listed}
        files = [PackedFile(name, sha256, sizes[name]) for name, sha256 in listed.items()]
        record = metadata / "premis.xml"
        record.write_bytes(premis(files, _acts(item, kept, films), copies=copies))
        return listed | {record.relative_to(payload).as_posix(): sha256_of(record)}

    shown = [name for name, act in ACTS.items() if act.hidden and not act.leaders_only]
    export(ledger, case=item.case, shown=shown, along=with_events)


# --- taking


@transaction.atomic
def request_acceptance(*, actor: User, pk: int) -> Accession:
    """Have a worker read the packages of an accession again, and take it into the archive on behalf of the actor.

    Whoever asks again after the worker was lost goes on with what was not read yet.

    Raises:
        NotFound, NotAllowed: see `accept`.
        Conflict: see `accept`; or it is being taken.
        Unavailable: the task queue cannot be reached.
    """
    row = _to_take(actor, pk)
    held = Accession.objects.select_for_update().get(pk=row.pk)
    refuse_from(held.state, ACCESSION, "accept")
    if is_being_taken(held):
        raise Conflict(_("Đang đọc lại gói hồ sơ: hãy chờ."))
    items = list(row.items.select_related("case").order_by("case_id"))
    _refuse_changed(row, items, known=known_cases(actor, row))
    now = timezone.now()
    began = held.taking_at if held.taker_id == actor.pk else None
    if began is None:
        row.items.update(read_at=None)
    row.taker, row.taking_at, row.beat, row.error = actor, began or now, now, ""
    row.done, row.total = 0, sum(item.documents for item in items)
    row.save(update_fields=["taker", "taking_at", "beat", "error", "done", "total"])
    transaction.on_commit(partial(_send_taking, row, actor))
    return row


def _send_taking(row: Accession, taker: User) -> None:
    from vks_plugin.custody.tasks import take_accession  # noqa: PLC0415 - the task imports this module

    try:
        take_accession.apply_async(kwargs={"accession_id": row.pk})
    except Exception as error:
        _not_taken(row.pk, taker, "")
        if isinstance(error, VksError):
            raise
        raise Unavailable(_("Hàng đợi xử lý không hoạt động: hãy báo quản trị và thử lại sau.")) from error
    row.refresh_from_db()


def run_acceptance(accession_id: int) -> None:
    """Take an accession somebody asked to take; called by the worker. What goes wrong is kept with it as a sentence."""
    asked = Q(pk=accession_id, taking_at__isnull=False, state__in=ACCESSION.move("accept").sources)
    row = Accession.objects.filter(asked).select_related("taker").first()
    if row is None or row.taker is None:
        return
    # beside the packages nothing else lies; a process that is killed leaves it there, where nobody minds
    lock = configuration().data_dir / "taking" / f"{row.pk}.lock"
    crashed = gettext_noop("Không nhận được vào lưu trữ do lỗi hệ thống: hãy báo quản trị.")
    with held_alone(lock) as alone:
        # sent twice, it is read once
        if not alone:
            return
        keep = partial(_not_taken, row.pk, row.taker)
        with failure_kept(keep, crashed=crashed, what=f"taking accession {row.pk}", logger=logger):
            accept(actor=row.taker, pk=row.pk, progress=_Beats(row.pk, row.taker))


def _not_taken(pk: int, taker: User, sentence: str) -> None:
    """Note that this person does not take it any more; whoever asks again begins anew."""
    rows = Accession.objects.filter(pk=pk, taker=taker, state__in=ACCESSION.move("accept").sources)
    rows.update(beat=None, taking_at=None, error=sentence[:500])


class _Beats:
    """Says how many documents of the packages were read, not more often than people look."""

    def __init__(self, pk: int, taker: User) -> None:
        self._pk, self._taker, self._last = pk, taker, 0.0

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last < _BETWEEN:
            return
        self._last = now
        alive = Accession.objects.filter(pk=self._pk, taker=self._taker, taking_at__isnull=False)
        if alive.update(done=done, beat=timezone.now()) != 1:
            raise Conflict(_("Lần nộp lưu này đã bị hủy."))


_BETWEEN = 1.0
"""Seconds between two notes of how far the reading is."""


def _to_take(actor: User, pk: int) -> Accession:
    row = accession_for(actor, pk)
    if not may_take(actor, row):
        raise NotAllowed(_("Chỉ Lưu trữ viên của đơn vị, không phải người giao, được nhận hồ sơ nộp lưu."))
    return row


def _read_again(row: Accession, progress: Callable[[int], None]) -> dict[int, str]:
    """Return the hashes of the packages by the keys of their items; what was read for this very asking counts.

    A package that was written to since is read once more.
    """
    found: dict[int, str] = {}
    done = 0
    for item in row.items.order_by("case_id"):
        path = item.path
        if not path.is_file():
            continue
        facts = path.stat()
        whole = item.read_at is not None and facts.st_size == item.size
        # whoever writes may set the one back (touch -d), not the other
        written = max(facts.st_mtime, facts.st_ctime)
        if whole and item.read_at is not None and written < item.read_at.timestamp():
            found[item.pk] = item.sha256
        else:
            begun = timezone.now()
            parts = partial(_part_of, progress, done, item.documents, max(facts.st_size, 1))
            found[item.pk] = sha256_of(path, progress=parts)
            if found[item.pk] == item.sha256 and row.taking_at is not None:
                AccessionItem.objects.filter(pk=item.pk).update(read_at=begun)
        done += item.documents
        progress(done)
    return found


def _part_of(progress: Callable[[int], None], before: int, documents: int, size: int, read: int) -> None:
    progress(before + documents * read // size)


def _refuse_changed(
    row: Accession,
    items: Sequence[AccessionItem],
    read: Mapping[int, str] | None = None,
    *,
    known: Collection[int] | None = None,
) -> None:
    """Refuse to take what is not as it was packed; the sentence names each.

    Args:
        row: the accession.
        items: its items; their cases are read anew.
        read: hashes of the packages; None: they were not read yet.
        known: cases the reader may know of, by their keys; None: the sentence is for who may know of all of them.

    Raises:
        Conflict: so it is.
    """
    for item in items:
        item.case = CaseFile.objects.select_related(*FACTS).get(pk=item.case_id)
    unfinished = what_is_unfinished([item.case_id for item in items])
    wrong = []
    for item in items:
        why = _changed(row, item, unfinished, item.sha256 if read is None else read.get(item.pk, ""))
        if why and why == _hidden_from_archivists(item.case) and known is not None and item.case_id not in known:
            why = changed_somehow()
        if why:
            wrong.append(f"{item.case.code} ({why})")
    if wrong:
        raise Conflict(_("Chưa nhận được: %(cases)s. Hãy hủy lần này và lập lại.") % {"cases": "; ".join(wrong)})


def _unheard(_done: int) -> None:
    """Hear of progress, and tell nobody."""


def accept(*, actor: User, pk: int, progress: Callable[[int], None] = _unheard) -> Accession:
    """Take an accession into the archive: the cases are archived, their paper is with the archivist.

    Args:
        actor: who takes it.
        pk: of the accession.
        progress: is told how many documents of the packages were read again.

    Raises:
        NotFound: there is none of the actor's offices.
        NotAllowed: the actor is no archivist of the office, or gave it.
        Conflict: it is not packed, a package is gone or another one, or a case changed since; the sentence names each.
    """
    row = _to_take(actor, pk)
    refuse_from(row.state, ACCESSION, "accept")
    # what is signed for is read again, before anything is held that others wait for
    read = _read_again(row, progress)
    with transaction.atomic():
        # in the order every act holds cases in
        items = list(row.items.select_related("case").order_by("case_id"))
        _hold(item.case_id for item in items)
        # the reading took a while: the post may have ended, and somebody else may have asked meanwhile
        asked = _to_take(actor, pk)
        if asked.taking_at is not None and asked.taker_id != actor.pk:
            raise Conflict(_("Người khác đang nhận lần nộp lưu này."))
        # another office may have taken over meanwhile: it is that one's number
        row.unit = asked.unit
        now = timezone.now()
        year = timezone.localdate(now).year
        move(row, ACCESSION, "accept", receiver=actor, accepted_at=now, beat=None, taking_at=None, error="")
        row.number, row.number_year = next_number(row.unit, "accession", year), year
        row.save(update_fields=["number", "number_year"])
        _refuse_changed(row, items, read)
        for item in items:
            _take(actor, row, item)
        row.items.update(pending=False)
    return row


def _changed(row: Accession, item: AccessionItem, unfinished: Mapping[int, str], read: str) -> str:
    """Return what is not as it was packed, or was begun since; empty: nothing."""
    if not item.path.is_file() or item.path.stat().st_size != item.size:
        return _("gói không còn trên máy chủ")
    if read != item.sha256:
        return _("gói không còn như lúc đóng")
    if item.case.unit_id not in acting_for([row.unit_id]):
        return _("đã chuyển đơn vị")
    if hidden := _hidden_from_archivists(item.case):
        return hidden
    rows = dict(CaseDocument.objects.filter(case=item.case).values_list("document_id", "sha256"))
    if _digest(rows.items(), videos_with(rows)) != item.digest:
        return _("tài liệu thay đổi sau khi đóng gói")
    (found,) = standings([item.case])
    if item.case.stage != "ket_thuc" or item.case.status == ARCHIVED or found.retention.finished_on is None:
        return _("không còn ở trạng thái kết thúc")
    return unfinished.get(item.case_id, "")


def leave_archive(case: CaseFile) -> None:
    """Have what was digitised of a case stand as sealed again, once the case is taken out of the archive."""
    for batch in DigitisationBatch.objects.filter(case=case, state__in=DIGITISATION.move("leave_archive").sources):
        move(batch, DIGITISATION, "leave_archive", state_since=timezone.now())


def _take(actor: User, row: Accession, item: AccessionItem) -> None:
    case = item.case
    happened = case_actions.Happened(event=TO_ARCHIVE, happened_on=timezone.localdate())
    case_actions.record_event(actor=actor, case=case, happened=happened)
    # nothing is added from now on: what the package has is what there is
    CaseFile.objects.filter(pk=case.pk).update(archived_at=timezone.now())
    # of an office that was taken over meanwhile, who took over has the paper
    office = present_office(row.unit)
    receiver = Keeper(unit=office, person=actor)
    taken = []
    for part, _label in PARTS:
        held = open_holding(case, part)
        giver = held.keeper if held is not None else assumed_keeper(case, part)
        # the case file of a tried case stays with the court, what is recorded elsewhere stays there: only what is here goes
        here = giver.unit is not None and office.pk in acting_for([giver.unit.pk])
        if here and not giver.is_same(receiver):
            pass_to(
                case=case,
                part=part,
                giver=giver,
                receiver=receiver,
                cause=Holding.Cause.ACCESSION,
                reference=row.pk,
            )
            taken.append(part)
    for batch in DigitisationBatch.objects.filter(case=case, state__in=DIGITISATION.move("accession").sources):
        move(batch, DIGITISATION, "accession", state_since=timezone.now())
    tell(
        "accessioned",
        actor=actor,
        case=case,
        accession=row.pk,
        unit=row.unit.code,
        record=row.number,
        documents=item.documents,
        digest=item.digest,
        sha256=item.sha256,
        parts=taken,
        keeper_unit=office.code if taken else None,
        keeper_id=actor.pk if taken else None,
        exhibits_outstanding=sorted(exhibits_still_out([case.pk]).get(case.pk, ())),
    )


def cancel(*, actor: User, pk: int) -> Accession:
    """Call an accession off that the archive has not taken; its packages go.

    Raises:
        NotFound, NotAllowed: the actor may not give for this office.
        Conflict: the archive took it, or it was called off already.
    """
    row = _given(actor, pk)
    with transaction.atomic():
        items = list(row.items.select_related("case").order_by("case_id"))
        _hold(item.case_id for item in items)
        move(row, ACCESSION, "cancel", beat=None, taking_at=None)
        row.items.update(pending=False, sha256="", size=0)
        tell_each("accession_cancelled", actor=actor, each=[(item.case, {"accession": row.pk}) for item in items])
        transaction.on_commit(partial(_remove, items))
    return row


def _remove(items: Sequence[AccessionItem]) -> None:
    for item in items:
        remove(item.path)
