"""What a request read, took out or was refused of case documents, told from its route and its answer.

The host's doors stand in `host/reading.py`, ours below. A new page or route that hands out what is in a document needs a
row here; whatever lies below a case needs none for its refusals.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.db import Error as DatabaseFault
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from vks_plugin.access.log import (
    Act,
    Reader,
    reader_of,
    record_case,
    record_documents,
    record_refused_case,
    record_refused_documents,
    withheld,
)
from vks_plugin.access.queries import visible_cases
from vks_plugin.access.waiting_readings import keep_documents, write_waiting
from vks_plugin.cases.models import CaseDocument, CaseFile, DocumentInventory
from vks_plugin.court.actions import may_have
from vks_plugin.court.deck.models import DeckExport, Slide, Video, VideoStill
from vks_plugin.court.deck.plans import documents_of
from vks_plugin.court.deck.queries import may_have as may_have_deck
from vks_plugin.court.models import Bundle, Redaction, RedactionWork
from vks_plugin.court.redaction_works import may_have as may_follow
from vks_plugin.custody.models import AccessionItem, SealManifest
from vks_plugin.errors import Unavailable
from vks_plugin.host.reading import DOORS, LISTS, kept_back, noted_documents, number_in_address, texts_in
from vks_plugin.language import language_of, speaking
from vks_plugin.text import NUL
from vks_plugin.web.shell import show_error

logger = logging.getLogger("paperless.vks.access_log")

PRINTING = "vks_print"
"""Cookie by which our script in the host's interface tells that what is fetched next is printed."""


class Asked(NamedTuple):
    """A request on its way to a view that may hand out something of a case document."""

    note: Note
    parameters: Mapping[str, Any]
    act: str
    where: str
    """Where the request, the address or the answer names what it is about."""
    tells: bool


class Answered(NamedTuple):
    """What came of it."""

    request: HttpRequest
    response: HttpResponseBase
    reader: Reader
    refused: bool

    @property
    def hidden_only(self) -> bool:
        """Whether a refusal is about reading only where the person may not even see the thing.

        404 is also the answer for a file that is gone, and 403 the one to a change that is not allowed.
        """
        return self.response.status_code == 404 or self.request.method not in {"GET", "HEAD"}


Note = Callable[[Asked, Answered], None]


def _documents(asked: Asked, answered: Answered, ids: list[int]) -> None:
    if answered.refused:
        record_refused_documents(answered.reader, asked.act, ids, hidden_only=answered.hidden_only)
    elif asked.tells:
        keep_documents(answered.reader, asked.act, ids)
        # after the last byte, as the framework closes files, and while the thread has its connection; should nobody close the
        # answer, at the end of the request
        answered.response._resource_closers.append(write_waiting)  # type: ignore[attr-defined]  # noqa: SLF001


def _document(asked: Asked, answered: Answered) -> None:
    """Note one document, named in the address."""
    number = number_in_address(asked.where, asked.parameters.get(asked.where))
    if number is None:
        if not answered.refused and asked.tells:
            # what nobody knows the number of does not go out
            message = "an answer about a document whose number cannot be read"
            raise LookupError(message)
        return
    if asked.act == Act.DOWNLOAD and answered.request.COOKIES.get(PRINTING) == str(number):
        asked = asked._replace(act=Act.PRINT)
    _documents(asked, answered, [number])


def _noted(asked: Asked, answered: Answered) -> None:
    """Note the documents the host worked out from the request."""
    ids = noted_documents(answered.request)
    if ids is None and not answered.refused and asked.tells:
        # an archive of nobody knows which documents does not go out
        message = "the host answered without saying which documents"
        raise LookupError(message)
    if answered.refused and (asked.act == Act.SHARE or kept_back(answered.request)):
        # our own guard refuses to share, or to hand out, what the person may well see
        record_refused_documents(answered.reader, asked.act, ids or [], hidden_only=False)
    else:
        _documents(asked, answered, ids or [])


def _texts(asked: Asked, answered: Answered) -> None:
    """Note the documents whose text a list has."""
    if not answered.refused:
        record_documents(
            answered.reader,
            asked.act,
            texts_in(answered.request, getattr(answered.response, "data", None), asked.where),
        )


def _case(asked: Asked, answered: Answered) -> None:
    """Note that a case was refused which is there; 404 for a thing in a case one knows of is no refusal."""
    code = str(asked.parameters[asked.where])
    if not answered.refused or NUL in code:
        return
    case = CaseFile.objects.filter(code=code).first()
    if case is None:
        return
    user = answered.reader.user
    if answered.response.status_code == 404 and user is not None and visible_cases(user).filter(pk=case.pk).exists():
        return
    if answered.hidden_only and answered.response.status_code == 403 and asked.act not in {Act.EXPORT, Act.SHARE}:
        # to change something is not to read it
        return
    record_refused_case(answered.reader, asked.act, case)


def _case_document(asked: Asked, answered: Answered) -> None:
    """Note a document below a case; when the case itself is refused, the case."""
    if answered.refused and not _readable_case(answered, str(asked.parameters["code"])):
        _case(asked._replace(where="code"), answered)
    elif answered.response.status_code < 300 or answered.refused:
        _document(asked, answered)


def _readable_case(answered: Answered, code: str) -> bool:
    user = answered.reader.user
    return user is not None and NUL not in code and visible_cases(user).filter(code=code).exists()


def _bundle(asked: Asked, answered: Answered) -> None:
    """Note a finished bundle: one row, with how many documents are in it."""
    bundle = Bundle.objects.select_related("case").filter(pk=asked.parameters[asked.where]).first()
    if bundle is None:
        return
    if answered.refused:
        # 404 also when the file is gone
        if answered.reader.user is not None and not may_have(answered.reader.user, bundle):
            record_refused_case(answered.reader, asked.act, bundle.case)
    elif asked.tells:
        inline = answered.request.GET.get("inline") == "1"
        act = Act.PREVIEW if inline else asked.act
        record_case(answered.reader, act, bundle.case, count=len(bundle.document_ids))


def _redaction_work(asked: Asked, answered: Answered) -> None:
    """Note what a search in papers of a case tells of them: one row, with how many papers it is about."""
    work = RedactionWork.objects.select_related("case").filter(pk=asked.parameters[asked.where]).first()
    if work is None:
        return
    if answered.refused:
        if answered.reader.user is not None and not may_follow(answered.reader.user, work):
            record_refused_case(answered.reader, asked.act, work.case)
    elif asked.tells and work.status == RedactionWork.Status.FOUND:
        record_case(answered.reader, asked.act, work.case, count=len(work.document_ids))


def _redaction(asked: Asked, answered: Answered) -> None:
    """Note a redacted copy that is handed out: as its document, which it shows."""
    copy = Redaction.objects.select_related("case_document").filter(pk=asked.parameters[asked.where]).first()
    if copy is not None:
        _document(asked._replace(parameters={"id": copy.case_document.document_id}, where="id"), answered)


def _deck(asked: Asked, answered: Answered) -> None:
    """Note a finished deck: one row, with how many documents something of is in it."""
    chosen = DeckExport.objects.select_related("presentation__case__unit__parent")
    export = chosen.filter(pk=asked.parameters[asked.where]).first()
    if export is None:
        return
    case = export.presentation.case
    if answered.refused:
        # 404 also when the file is gone
        if answered.reader.user is not None and not may_have_deck(answered.reader.user, export):
            record_refused_case(answered.reader, asked.act, case)
    elif asked.tells:
        record_case(answered.reader, asked.act, case, count=len(export.document_ids))


def _video(asked: Asked, answered: Answered) -> None:
    """Note the paper a video belongs to."""
    code = str(asked.parameters["code"])
    if answered.refused and not _readable_case(answered, code):
        _case(asked._replace(where="code"), answered)
        return
    found = Video.objects.filter(pk=asked.parameters[asked.where], case_document__case__code=code).first()
    if found is not None:
        _documents(asked, answered, [found.case_document.document_id])


def _plan(asked: Asked, answered: Answered) -> None:
    """Note the papers a scene plan shows; a diagram is drawn from the record, and shows none."""
    code = str(asked.parameters["code"])
    if answered.refused:
        _case(asked._replace(where="code"), answered)
        return
    found = Slide.objects.filter(pk=asked.parameters[asked.where], presentation__case__code=code)
    for slide in found.filter(kind=Slide.Kind.PLAN):
        shown = CaseDocument.objects.filter(pk__in=documents_of([slide])).order_by("document_id")
        _documents(asked, answered, list(shown.values_list("document_id", flat=True)))


def _still(asked: Asked, answered: Answered) -> None:
    """Note the paper of a video whose picture stands on the page of its slide."""
    if answered.refused:
        _case(asked._replace(where="code", act=Act.VIEW, tells=False), answered)
        return
    code = str(asked.parameters["code"])
    found = VideoStill.objects.filter(slide=asked.parameters[asked.where], slide__presentation__case__code=code)
    papers = list(found.values_list("video__case_document__document_id", flat=True))
    if papers:
        _documents(asked, answered, papers)


def _inventory(asked: Asked, answered: Answered) -> None:
    """Note an inventory that went out as a file, with how many documents it lists."""
    code = str(asked.parameters["code"])
    if answered.refused:
        _case(asked._replace(where="code"), answered)
        return
    found = DocumentInventory.objects.select_related("case").filter(
        case__code=code, number=asked.parameters[asked.where]
    )
    for inventory in found:
        record_case(answered.reader, asked.act, inventory.case, count=len(inventory.rows))


def _seal(asked: Asked, answered: Answered) -> None:
    """Note the record or the manifest of a seal that went out, with how many documents it lists."""
    if answered.refused:
        _case(asked._replace(where="code"), answered)
        return
    for manifest in SealManifest.objects.select_related("case").filter(batch_id=asked.parameters[asked.where]):
        record_case(answered.reader, asked.act, manifest.case, count=manifest.documents, part=manifest.part)


def _package(asked: Asked, answered: Answered) -> None:
    """Note the package of a case for the archive: one row, with how many documents are in it."""
    if answered.refused:
        _case(asked._replace(where="code"), answered)
        return
    found = AccessionItem.objects.select_related("case").filter(
        accession=asked.parameters[asked.where], case__code=str(asked.parameters["code"])
    )
    for item in found:
        record_case(answered.reader, asked.act, item.case, count=item.documents)


def _extract(asked: Asked, answered: Answered) -> None:
    """Note that the ledger of a case went out, which is about all its papers."""
    if answered.refused:
        _case(asked, answered)
        return
    for case in CaseFile.objects.filter(code=str(asked.parameters["code"])):
        record_case(answered.reader, asked.act, case, count=CaseDocument.objects.filter(case=case).count())


OURS: dict[str, tuple[Note, str, str, bool]] = {
    # route: how it is noted, what it is to go through it, where it names its object, whether it tells its content
    "vks:folio_document": (_case_document, Act.VIEW, "document_id", True),
    "vks:describe": (_case_document, Act.VIEW, "document_id", True),
    "vks:redact": (_case_document, Act.VIEW, "document_id", True),
    "vks:redacted": (_case_document, Act.DOWNLOAD, "document_id", True),
    "vks:redaction_work": (_redaction_work, Act.VIEW, "pk", True),
    "vks-redaction-work-detail": (_redaction_work, Act.VIEW, "id", True),
    "vks-redaction-reading": (_redaction, Act.PREVIEW, "id", True),
    "vks-redaction-download": (_redaction, Act.DOWNLOAD, "id", True),
    "vks:read": (_case_document, Act.PREVIEW, "document_id", False),
    "vks:read_page": (_case_document, Act.PREVIEW, "document_id", True),
    "vks-case-document-page-detail": (_case_document, Act.PREVIEW, "document_id", True),
    "vks-case-document-page-picture": (_case_document, Act.PREVIEW, "document_id", True),
    "vks:case_ledger_export": (_extract, Act.EXPORT, "code", True),
    "vks-case-ledger-export": (_extract, Act.EXPORT, "code", True),
    "vks-document-detail": (_document, Act.VIEW, "id", True),
    "vks:bundle_make": (_case, Act.EXPORT, "code", False),
    "vks-case-bundle-list": (_case, Act.EXPORT, "code", False),
    "vks:bundle": (_bundle, Act.EXPORT, "pk", False),
    "vks-bundle-detail": (_bundle, Act.EXPORT, "id", False),
    "vks:bundle_download": (_bundle, Act.EXPORT, "pk", True),
    "vks-bundle-download": (_bundle, Act.EXPORT, "id", True),
    "vks:accession_package": (_package, Act.EXPORT, "pk", True),
    "vks-accession-package": (_package, Act.EXPORT, "pk", True),
    "vks:marks": (_case_document, Act.PREVIEW, "document_id", True),
    "vks:page_picture": (_case_document, Act.PREVIEW, "document_id", True),
    "vks:slide_drawing": (_plan, Act.DOWNLOAD, "pk", True),
    "vks-case-presentation-slide-drawing": (_plan, Act.DOWNLOAD, "pk", True),
    "vks:slide": (_still, Act.PREVIEW, "pk", True),
    "vks:video": (_video, Act.PREVIEW, "pk", True),
    "vks-case-video-file": (_video, Act.DOWNLOAD, "pk", True),
    "vks:deck": (_deck, Act.EXPORT, "pk", False),
    "vks-deck-detail": (_deck, Act.EXPORT, "id", False),
    "vks:deck_download": (_deck, Act.EXPORT, "pk", True),
    "vks-deck-download": (_deck, Act.EXPORT, "id", True),
    "vks:inventory": (_inventory, Act.EXPORT, "number", True),
    "vks-case-inventory-file": (_inventory, Act.EXPORT, "pk", True),
    "vks:digitisation_record": (_seal, Act.EXPORT, "pk", True),
    "vks-case-digitisation-record": (_seal, Act.EXPORT, "pk", True),
    "vks-case-digitisation-manifest": (_seal, Act.EXPORT, "pk", True),
}


def asked_by(request: HttpRequest, parameters: Mapping[str, Any]) -> Asked | None:
    """Return what a request is about to read; None for requests that touch no case document.

    No query: the name of the route tells.
    """
    match = request.resolver_match
    if match is None or request.method == "OPTIONS":
        return None
    name = match.view_name
    door = DOORS.get(name)
    if door is not None:
        return Asked(_document if door.parameter else _noted, parameters, door.act, door.parameter, door.tells)
    if name in LISTS:
        return Asked(_texts, parameters, Act.TEXT, LISTS[name], tells=True)
    ours = OURS.get(name)
    if ours is not None:
        note, act, where, tells = ours
        return Asked(note, parameters, act, where, tells)
    if "code" in parameters and name.startswith(("vks:", "vks-case-")):
        return Asked(_case, parameters, Act.VIEW, "code", tells=False)
    return None


def noted(request: HttpRequest, response: HttpResponseBase, asked: Asked) -> HttpResponseBase:
    """Write down what a request read; return the answer, or one that withholds it where that could not be written.

    Who is not signed in leaves no row: there is nobody to name, and anybody could fill the table.
    """
    user = request.user
    given = response.status_code < 300 or response.status_code == 304
    refused = response.status_code in {403, 404}
    if not user.is_authenticated or not (given or refused):
        return response
    answered = Answered(request, response, reader_of(request), refused)
    try:
        asked.note(asked, answered)
    except (DatabaseFault, LookupError) as error:
        # the class alone: messages may quote what was asked for
        logger.error("an access was not logged: %s", type(error).__name__)
        if given:
            return _withheld(request, response)
    return response


def _withheld(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response.close()
    with speaking(language_of(request)):
        error = withheld()
        if request.method not in {"GET", "HEAD"}:
            error = Unavailable(
                _(
                    "Chưa ghi được nhật ký truy cập nên không trả nội dung về. Việc vừa làm có thể đã được lưu: hãy xem lại."
                )
            )
        match = request.resolver_match
        if match is not None and match.namespace == "vks":
            return show_error(request, error)
        return JsonResponse({"detail": error.message}, status=error.status)
