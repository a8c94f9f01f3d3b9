"""What the host tells of a document to who only borrows it: titles and notes, a marked picture, and none of its text.

The text could be copied out of the host's detail and lists, and its small picture carries no name; the pages are read
in ours, where each picture says who looked at it. Nor is it found by its text: who may ask of one word after another
whether it is in a paper knows the paper in the end. What is looked for in titles alone finds it, as lists show it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

import tantivy
from django.http import HttpResponse
from documents import filters
from documents.models import Document
from documents.search import SearchMode
from rest_framework.serializers import ListSerializer
from rest_framework.settings import api_settings

from vks_plugin.host.filed import every_lent, lent_among
from vks_plugin.host.reading import LeftOut, note_documents, numbers_in
from vks_plugin.host.refusals import LENT, refused
from vks_plugin.language import language_of, speaking

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_LENT = "vks_lent"

_picture: list[Callable[[User, int, bytes], bytes]] = []
_text: list[Callable[[User], str]] = []


def on_shown(*, picture: Callable[[User, int, bytes], bytes], text: Callable[[User], str]) -> None:
    """Register what is shown to who borrows.

    Args:
        picture: returns the small picture of a document, given as WEBP, with who looks at it in it, as WEBP too.
        text: returns what stands in the place of the text of a document.
    """
    _picture[:], _text[:] = [picture], [text]


def _left_out(request: Any) -> LeftOut:
    with speaking(language_of(request)):
        return LeftOut(_text[0](request.user) if _text else "")


def _root(document: Document) -> int:
    return int(document.root_document_id or document.pk)


def _is_lent(serializer: Any, document: Document) -> bool:
    """Tell whether who asks for this answer borrows a document; the documents of a list are looked up together."""
    request = serializer.context.get("request")
    if request is None or not request.user.is_authenticated:
        return False
    known = serializer.context.setdefault(_LENT, {})
    if _root(document) not in known:
        rows = [_root(document)]
        if isinstance(serializer.parent, ListSerializer):
            rows += [row["id"] if isinstance(row, dict) else _root(row) for row in serializer.parent.instance or ()]
        lent = lent_among(request.user, rows)
        known.update({pk: pk in lent for pk in rows})
    return bool(known[_root(document)])


def leave_text_out(represent: Any) -> Any:
    """Wrap what turns a document into an answer."""

    @wraps(represent)
    def inner(self: Any, document: Any) -> Any:
        told = represent(self, document)
        if "content" in told and _is_lent(self, document):
            told["content"] = _left_out(self.context["request"])
        return told

    return inner


def leave_passages_out(represent: Any) -> Any:
    """Wrap what turns something found into an answer: the words around what was searched for are of the text."""

    @wraps(represent)
    def inner(self: Any, hit: Any) -> Any:
        told = represent(self, hit)
        found = self.context["documents"][hit["id"]]
        if _is_lent(self, found):
            told["__search_hit__"]["highlights"] = ""
        return told

    return inner


def leave_version_out(retrieve: Any) -> Any:
    """Wrap the detail of a document: the text of a version that is asked for is put in after everything else."""

    @wraps(retrieve)
    def inner(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = retrieve(self, request, *args, **kwargs)
        told = getattr(response, "data", None)
        if not isinstance(told, dict) or not told.get("content") or "version" not in request.query_params:
            return response
        if lent_among(request.user, numbers_in(self.kwargs["pk"])):
            told["content"] = _left_out(request)
        return response

    return inner


def mark_picture(thumb: Any) -> Any:
    """Wrap the small picture of a document."""

    @wraps(thumb)
    def inner(self: Any, request: Any, pk: Any = None) -> Any:
        # the guard has looked at whether the asker sees the document
        numbers = numbers_in(pk)
        if not lent_among(request.user, numbers):
            return thumb(self, request, pk)
        for header in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            # who read it before without borrowing is not sent to the picture kept since
            request.META.pop(header, None)
        response = thumb(self, request, pk)
        if response.status_code != 200 or not _picture:
            return response
        try:
            picture = response.getvalue()
        finally:
            # the file alone: closing the answer tells the host that the request is over, which ends the connection to the
            # database in the middle of it
            stream = getattr(response, "file_to_stream", None)
            if stream is not None:
                stream.close()
        marked = HttpResponse(_picture[0](request.user, numbers[0], picture), content_type="image/webp")
        marked["Cache-Control"] = "no-store"
        return marked

    return inner


def refuse_lent(request: Any, document_ids: Iterable[int]) -> None:
    """Keep from who borrows what is read in our pages only, and note what was asked for.

    Raises:
        Refused: one of these documents is lent to the asker, who reads it for no other reason.
    """
    lent = lent_among(request.user, document_ids)
    if lent:
        note_documents(request, lent, kept_back=True)
        with speaking(language_of(request)):
            raise refused(LENT)


def ask_before_filling(reads: Any) -> Any:
    """Wrap the reading of a request by which any template is filled with what the host knows of a document."""

    @wraps(reads)
    def read(self: Any, data: Any) -> Any:
        told = reads(self, data)
        request = self.context["request"]
        refuse_lent(request, [told["document"].pk])
        note_documents(request, [told["document"].pk])
        return told

    return read


def ask_before_talking(reads: Any) -> Any:
    """Wrap the reading of a request that a language model answers from one document, or from all that one reads."""

    @wraps(reads)
    def read(self: Any, data: Any) -> Any:
        told = reads(self, data)
        request = self.context["request"]
        named = told.get("document_id")
        # as the host reads it: without a number all documents are meant
        refuse_lent(request, [named] if named else every_lent(request.user))
        # of all documents it is known only once passages have been found: see `talking`
        note_documents(request, [named] if named else [])
        return told

    return read


# --- searches and filters -------------------------------------------------------------------------

_in_titles: ContextVar[bool] = ContextVar("vks_in_titles", default=False)
"""Whether the index is asked for titles alone."""


def _asks_of_text(asked: Mapping[str, Any]) -> bool:
    """Tell whether what a list is narrowed by looks into the text of documents; what is not given narrows nothing."""
    names = {name for name in filters.DocumentFilterSet.base_filters if "content" in name}
    return any(asked.get(name) for name in names | {api_settings.SEARCH_PARAM})


def narrow_by_text(narrows: Any) -> Any:
    """Wrap what narrows a list, or looks up one document, by what a request asks for: what is lent matches no words."""

    @wraps(narrows)
    def narrow(self: Any, queryset: Any) -> Any:
        found = narrows(self, queryset)
        asked = self.request.query_params
        if not self.request.user.is_authenticated or not _asks_of_text(asked):
            return found
        lent = every_lent(self.request.user)
        return found.exclude(pk__in=lent) if lent else found

    return narrow


def choose_by_text(resolves: Any) -> Any:
    """Wrap what works out the documents of a request for all that some filters find."""

    @wraps(resolves)
    def resolve(self: Any, *, user: Any, validated_data: dict[str, Any], **asked: Any) -> list[int]:
        found: list[int] = resolves(self, user=user, validated_data=validated_data, **asked)
        if not validated_data.get("all") or not _asks_of_text(validated_data.get("filters") or {}):
            return found
        # all that is lent to somebody is a few; what was found may be the whole archive
        lent = every_lent(user)
        return [pk for pk in found if pk not in lent]

    return resolve


def leave_out_of_index(shows: Any) -> Any:
    """Wrap what narrows the index to the entries somebody may find: by search, completion and likeness."""

    @wraps(shows)
    def show(self: Any, user: Any) -> Any:
        found = shows(self, user)
        lent = set() if _in_titles.get() else every_lent(user)
        if not lent:
            return found
        schema = self._index.schema
        left_out = [(tantivy.Occur.MustNot, tantivy.Query.term_query(schema, "id", pk)) for pk in sorted(lent)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, found), *left_out])

    return show


def find_by_title(finds: Any) -> Any:
    """Wrap the search in the index, which is told whether titles alone are looked at."""

    @wraps(finds)
    def find(self: Any, *given: Any, **asked: Any) -> list[int]:
        token = _in_titles.set(asked.get("search_mode") is SearchMode.TITLE)
        try:
            found: list[int] = finds(self, *given, **asked)
        finally:
            _in_titles.reset(token)
        return found

    return find
