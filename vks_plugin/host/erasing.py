"""Taking documents out of the host for good: rows, files, index entries, and what else of the host tells of them.

No door of the host leads here. `vks_plugin.disposal` alone calls it, once two people have approved and the record is signed;
the text alone is taken of papers that are not to be stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.db.models.deletion import Collector
from django.db.utils import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _
from documents.models import CustomFieldInstance, Document, Note
from filelock import FileLock, Timeout
from guardian.models import GroupObjectPermission, UserObjectPermission

from vks_plugin.errors import Unavailable
from vks_plugin.host.files import BATCH
from vks_plugin.host.search import reindex
from vks_plugin.host.version import is_stand_in

_Value = TypeVar("_Value", int, str)


class Traces(NamedTuple):
    """What the host has of some documents."""

    ids: list[int]
    """Of the documents and of all their versions, those in the trash too."""
    files: list[Path]
    """Originals, archive copies and thumbnails."""


def traces_of(documents: Collection[int], held: ExitStack) -> Traces:
    """Return what the host has of these documents.

    Args:
        documents: by their ids.
        held: what keeps their files where they are; to be closed once the caller's transaction is over. Their rows are held
            until then too.

    Raises:
        Unavailable: the host is busy with its files.
    """
    ids: list[int] = []
    for some in _batches(documents):
        rows = Document.global_objects.select_for_update(of=("self",)).filter(
            Q(pk__in=some) | Q(root_document_id__in=some)
        )
        ids += rows.order_by("pk").values_list("pk", flat=True)
    held.enter_context(files_held())
    files: list[Path] = []
    for some in _batches(ids):
        for row in Document.global_objects.filter(pk__in=some).order_by("pk"):
            files += [path for path in (row.source_path, row.archive_path, row.thumbnail_path) if path is not None]
    return Traces(ids, files)


_PATIENCE = 30
"""Seconds after which whoever holds the files is taken to wait for a row of ours in turn; or to copy them all."""


@contextmanager
def files_held() -> Iterator[None]:
    """Keep the host from moving files and from giving names away meanwhile.

    Rows are held first: the host too holds those it writes when it asks for this lock.

    Raises:
        Unavailable: it is busy with them.
    """
    lock = FileLock(settings.MEDIA_LOCK, timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout as error:
        raise Unavailable(_("Máy đang bận sắp xếp hoặc sao lưu tệp: hãy chờ một lúc rồi thực hiện lại.")) from error
    try:
        yield
    finally:
        lock.release()


def _batches(values: Collection[_Value]) -> Iterator[list[_Value]]:
    chosen = sorted(values)
    for start in range(0, len(chosen), BATCH):
        yield chosen[start : start + BATCH]


def erase_rows(ids: Collection[int]) -> None:
    """Take every row about these documents out of the host's database, in the caller's transaction.

    Notes, custom fields, links and the like go with them; so do grants, the host's own log of changes, which quotes what it
    logs, and its list of tasks.

    Raises:
        ProtectedError: one of them is still filed in a case.
    """
    for chosen in _batches(ids):
        _erase(chosen)


def _erase(chosen: list[int]) -> None:
    logged: dict[type[Model], list[int]] = {
        Document: chosen,
        Note: list(Note.global_objects.filter(document_id__in=chosen).values_list("pk", flat=True)),
        CustomFieldInstance: list(
            CustomFieldInstance.global_objects.filter(document_id__in=chosen).values_list("pk", flat=True)
        ),
    }
    collector = Collector(using=DEFAULT_DB_ALIAS)
    # past the host's managers, which would put them into the trash
    collector.collect(list(Document.global_objects.filter(pk__in=chosen)))
    collector.delete()
    names = [str(pk) for pk in chosen]
    kind = ContentType.objects.get_for_model(Document)
    for model in (UserObjectPermission, GroupObjectPermission):
        model.objects.filter(content_type=kind, object_pk__in=names).delete()
    log = _model("auditlog.LogEntry")
    if log is not None:
        for logged_model, pks in logged.items():
            content_type = ContentType.objects.get_for_model(logged_model)
            log.objects.filter(content_type=content_type, object_pk__in=[str(pk) for pk in pks]).delete()
    tasks = _model("documents.PaperlessTask")
    if tasks is not None:
        tasks.objects.filter(Q(result_data__document_id__in=chosen) | Q(result_data__duplicate_of__in=chosen)).delete()


def erase_text(document_id: int) -> None:
    """Take the text of a document out of its row and out of the host's own log of changes, in the caller's transaction.

    The log quotes what a document was made with, and what became of it.
    """
    Document.global_objects.filter(pk=document_id).update(content="")
    log = _model("auditlog.LogEntry")
    if log is None:
        return
    kind = ContentType.objects.get_for_model(Document)
    for entry in log.objects.filter(content_type=kind, object_pk=str(document_id), changes__has_key="content"):
        log.objects.filter(pk=entry.pk).update(changes=entry.changes | {"content": ["", ""]}, changes_text="")


def _model(name: str) -> Any:
    """Return a model of the host; None where the stand-in has no such thing."""
    try:
        return apps.get_model(name)
    except LookupError:
        return None


def forget(ids: Collection[int]) -> None:
    """Take documents that are gone out of the index and the cache.

    Raises:
        Exception: the index is locked, or cannot be written.
    """
    reindex(ids)
    if not is_stand_in():
        caching = import_module("documents.caching")
        for pk in ids:
            caching.clear_document_caches(pk)


def remove_files(paths: Iterable[Path]) -> list[Path]:
    """Remove files whose rows are gone, and folders of the host that become empty; return those that are still there.

    Within `files_held`. A name that was free for a while may be another document's by now: its file stays.
    """
    left = []
    chosen = list(paths)
    others = _in_use(chosen)
    roots = {Path(root).resolve() for root in (settings.ORIGINALS_DIR, settings.ARCHIVE_DIR)}
    for path in chosen:
        if path in others:
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left.append(path)
            continue
        for folder in path.parents:
            if folder in roots or not any(root in folder.parents for root in roots):
                break
            try:
                folder.rmdir()
            except OSError:
                # others lie in it
                break
    return left


def _in_use(paths: Collection[Path]) -> set[Path]:
    """Return which of these files a document of the host names."""
    found: set[Path] = set()
    for root, column in ((settings.ORIGINALS_DIR, "filename"), (settings.ARCHIVE_DIR, "archive_filename")):
        folder = Path(root).resolve()
        names = {str(path.relative_to(folder)): path for path in paths if path.is_relative_to(folder)}
        for some in _batches(names):
            rows = Document.global_objects.filter(**{f"{column}__in": some}).order_by()
            found |= {names[str(name)] for name in rows.values_list(column, flat=True)}
    return found


def come_back(known: Iterable[tuple[int, str]]) -> list[int]:
    """Return which of these documents and versions, by id and SHA-256, the host has (again); a version not beside its document."""
    wanted = dict(known)
    found: dict[int, int | None] = {}
    for some in _batches(wanted):
        rows = Document.global_objects.filter(pk__in=some).order_by()
        found |= {
            pk: root
            for pk, root, checksum in rows.values_list("pk", "root_document_id", "checksum")
            if checksum == wanted[pk]
        }
    return sorted(pk for pk, root in found.items() if root not in found)
