"""What the database says of documents, files, seals, paper and proceedings, compared with what the ledger recorded of them.

Only what is written down is compared: hashes, numbers of pages, the bytes of manifests. The files themselves are read by
the comparison of stored files, which holds them against the same hashes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.cases.stages import PARTS
from vks_plugin.custody.models import LedgerEntry, SealedDocument, SealManifest
from vks_plugin.custody.queries.findings import Finding, of_kind
from vks_plugin.custody.queries.recorded_keeping import Told
from vks_plugin.custody.queries.recorded_paper import TELLS_OF_PAPER, paper_compared
from vks_plugin.custody.queries.recorded_proceedings import TELLS_OF_PROCEEDINGS, proceedings_compared
from vks_plugin.custody.queries.recorded_retention import retention_compared
from vks_plugin.custody.verify_ledger import TELLS_OF_FILES, FilesOfCase, Seal, seal_problem
from vks_plugin.custody.videos import videos_with
from vks_plugin.host.stored import Hashes, recorded_hashes

logger = logging.getLogger("paperless.vks.custody")

_AT_ONCE = 400
"""Cases that are compared together; documents are asked for by as many."""


def otherwise_than_recorded() -> Iterator[str]:
    """Yield a sentence for each document, file, seal, keeper, hand-over, loan, event, hold and period of which the database
    says otherwise than the ledger."""
    yield from (each.sentence for each in chain(found_in_cases(), found_in_retention()))


def found_in_cases() -> Iterator[Finding]:
    """Yield each document, file, seal, keeper, hand-over, loan and event of which the database says otherwise than the ledger.

    So does each case of which the rows are damaged and cannot be compared; the others are compared all the same.
    """
    cases = CaseFile.objects.order_by("pk").values_list("pk", "code").iterator(chunk_size=4000)
    while some := dict(islice(cases, _AT_ONCE)):
        found = _found_in(some)
        if found:
            # an act may have ended between two questions: what is wrong is found again
            again = set(_found_in({case: some[case] for case, _finding in found}))
            yield from (finding for case, finding in found if (case, finding) in again)


def found_in_retention() -> Iterator[Finding]:
    """Yield each hold and period of which the database says otherwise than the ledger."""
    try:
        with transaction.atomic():
            kept = list(retention_compared())
    except Exception as error:  # noqa: BLE001 - whatever a damaged row brings up is told as a finding
        _log("holds and periods", error)
        told = _(
            "Lệnh giữ hồ sơ hoặc bảng thời hạn bảo quản có dòng bị hỏng (%(what)s) nên không so được với sổ cái. Giữ nguyên máy, "
            "xem nhật ký của máy chủ và báo quản trị."
        )
        kept = [Finding("damaged", told % {"what": type(error).__name__})]
    yield from kept


def _log(what: str, error: Exception) -> None:
    """Say where it went wrong; not what a value was, which may be of somebody's file."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s cannot be compared with the ledger: %s\n%s", what, type(error).__name__, place)


def _found_in(codes: dict[int, str]) -> list[tuple[int, Finding]]:
    """Return the case of each difference, and the difference in these cases, and for each case that cannot be compared."""
    try:
        # a statement that fails ends the transaction around it
        with transaction.atomic():
            return list(_compared(codes))
    except Exception as error:  # noqa: BLE001 - see below
        # whatever somebody wrote into a row past the program may come up here: it hides nothing else, and is named
        if len(codes) > 1:
            return [each for case, code in codes.items() for each in _found_in({case: code})]
        ((case, code),) = codes.items()
        _log(f"the case {case}", error)
        told = _(
            "%(code)s: có dòng trong cơ sở dữ liệu bị hỏng (%(what)s) nên không so được hồ sơ này với sổ cái. Giữ nguyên máy, xem "
            "nhật ký của máy chủ và báo quản trị."
        )
        return [(case, Finding("damaged", told % {"code": code, "what": type(error).__name__}))]


def _compared(codes: dict[int, str]) -> Iterator[tuple[int, Finding]]:
    said: dict[int, FilesOfCase] = defaultdict(FilesOfCase)
    of_paper: dict[int, list[Told]] = defaultdict(list)
    of_proceedings: dict[int, list[Told]] = defaultdict(list)
    kinds = TELLS_OF_FILES | TELLS_OF_PAPER | TELLS_OF_PROCEEDINGS
    rows = LedgerEntry.objects.filter(case_id__in=codes, kind__in=kinds).order_by("case_id", "seq")
    for pk, case, kind, line in rows.values_list("pk", "case_id", "kind", "line").iterator(chunk_size=4000):
        try:
            said_there = json.loads(bytes(line))
            data, at, actor = said_there["data"], said_there["at"], said_there["actor"]
        except (ValueError, KeyError, TypeError):
            continue
        if not isinstance(data, dict) or not isinstance(actor, dict):
            # what is malformed is named by the check of the entries
            continue
        if kind in TELLS_OF_FILES:
            said[case].learn(kind, data)
        if kind in TELLS_OF_PAPER:
            of_paper[case].append(Told(pk, kind, data, at, actor))
        if kind in TELLS_OF_PROCEEDINGS:
            of_proceedings[case].append(Told(pk, kind, data))
    manifests: dict[int, list[SealManifest]] = defaultdict(list)
    for manifest in SealManifest.objects.filter(case_id__in=codes).order_by("pk"):
        manifests[manifest.case_id].append(manifest)
    papers: dict[int, dict[int, tuple[str, int | None]]] = defaultdict(dict)
    found = CaseDocument.objects.filter(case_id__in=codes).order_by("pk")
    for case, document, sha256, pages in found.values_list("case_id", "document_id", "sha256", "page_count").iterator():
        papers[case][document] = sha256, pages
    for case, code in codes.items():
        if case in said or case in manifests:
            told = (
                of_kind("files", _documents(code, said[case], papers[case])),
                of_kind("files", _videos(code, said[case])),
                of_kind("seals", _seals(code, said[case], manifests[case])),
            )
            yield from ((case, finding) for findings in told for finding in findings)
    yield from ((case, Finding("files", sentence)) for case, sentence in _of_the_host(codes, papers))
    yield from paper_compared(codes, of_paper)
    yield from proceedings_compared(codes, of_proceedings)


def _documents(code: str, said: FilesOfCase, papers: dict[int, tuple[str, int | None]]) -> Iterator[str]:
    for document, paper in said.papers.items():
        there = papers.get(document)
        named = {"code": code, "document": document}
        if there is None:
            yield _("%(code)s: tài liệu số %(document)d mà sổ cái đã ghi không còn trong hồ sơ.") % named
        elif (paper.sha256 and there[0] != paper.sha256) or there[1] != paper.pages:
            yield (
                _("%(code)s: mã băm hoặc số trang của tài liệu số %(document)d đã bị sửa, khác với sổ cái đã ghi.")
                % named
            )
    # of what came into a case before the ledger, the ledger knows nothing
    if said.is_whole or said.is_destroyed:
        for document in papers.keys() - said.papers.keys():
            yield (
                _("%(code)s: tài liệu số %(document)d có trong hồ sơ mà sổ cái không ghi.")
                % {"code": code, "document": document}
            )


def _videos(code: str, said: FilesOfCase) -> Iterator[str]:
    there = {each.key: (each.document, each.sha256) for each in videos_with({row[0] for row in said.videos.values()})}
    for key, facts in said.videos.items():
        named = {"code": code, "document": facts[0]}
        if key not in there:
            yield _("%(code)s: video kèm tài liệu số %(document)d mà sổ cái đã ghi không còn trong hồ sơ.") % named
        elif there[key] != facts:
            yield (
                _("%(code)s: mã băm của video kèm tài liệu số %(document)d đã bị sửa, khác với sổ cái đã ghi.") % named
            )


def _seals(code: str, said: FilesOfCase, manifests: Sequence[SealManifest]) -> Iterator[str]:
    seals = {seal.manifest: seal for seal in said.seals}
    for manifest in manifests:
        named = {"code": code, "number": manifest.number, "part": dict(PARTS).get(manifest.part, manifest.part)}
        seal = seals.pop(manifest.sha256, None)
        if seal is None or not _is_as_sealed(manifest, seal):
            yield (
                _("%(code)s: bảng kê niêm phong số %(number)d (%(part)s) đã bị sửa, khác với bảng kê sổ cái đã ghi.")
                % named
            )
        elif _frozen(manifest) != set(
            SealedDocument.objects.filter(manifest=manifest).values_list(
                "document_id", "version_id", "pages", "sha256", "archive_sha256"
            )
        ):
            yield (
                _("%(code)s: danh sách tài liệu đã niêm phong khác với bảng kê niêm phong số %(number)d (%(part)s).")
                % named
            )
    for seal in seals.values():
        yield (
            _("%(code)s: thiếu bảng kê niêm phong của đợt %(batch)d (%(part)s) mà sổ cái đã ghi.")
            % {"code": code, "batch": seal.batch, "part": dict(PARTS).get(seal.part, seal.part)}
        )


def _is_as_sealed(manifest: SealManifest, seal: Seal) -> bool:
    line = bytes(manifest.line)
    counted = manifest.documents, manifest.pages, manifest.folios, manifest.previous
    return (
        hashlib.sha256(line).hexdigest() == manifest.sha256
        and counted == (seal.documents, seal.pages, seal.folios, seal.before)
        and seal_problem(json.loads(line), seal) is None
    )


def _frozen(manifest: SealManifest) -> set[tuple[Any, ...]]:
    names = ("document", "version", "pages", "sha256")
    return {(*(row[name] for name in names), row["archive_sha256"] or "") for row in manifest.said["documents"]}


def _of_the_host(
    codes: dict[int, str], papers: dict[int, dict[int, tuple[str, int | None]]]
) -> Iterator[tuple[int, str]]:
    """Yield where the host's own record of a file is another one, which a comparison of its bytes would go by."""
    filed = iter([(case, document, facts[0]) for case, rows in papers.items() for document, facts in rows.items()])
    while some := list(islice(filed, _AT_ONCE)):
        documents = [document for _case, document, _sha256 in some]
        host = recorded_hashes(documents)
        sealed = {row.document_id: row for row in SealedDocument.objects.filter(document_id__in=documents)}
        for case, document, sha256 in some:
            versions = host.get(document, {})
            row = sealed.get(document)
            known = not sha256 or any(each.original == sha256 for each in versions.values())
            if not known or (row is not None and not _is_frozen(row, versions.get(row.version_id))):
                named = {"code": codes[case], "document": document}
                yield case, _("%(code)s: DMS ghi mã băm khác với sổ cái cho tệp của tài liệu số %(document)d.") % named


def _is_frozen(row: SealedDocument, there: Hashes | None) -> bool:
    return there is not None and (there.original, there.archive or row.archive_sha256) == (
        row.sha256,
        row.archive_sha256,
    )
