"""The full-text index: what a document says, and who may find it.

Words are compared without case and without accents. An entry carries owner, viewers and
viewer groups as they were when it was written; completions are filtered by nothing else.
"""

from __future__ import annotations

import re
import threading
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import filelock
import tantivy
from django.conf import settings
from documents.models import Document
from guardian.shortcuts import get_groups_with_perms, get_users_with_perms

_DEFAULT_FIELDS: Final = ["title", "content", "document_type", "tag"]
_LONGEST_WORD: Final = 129


class SearchMode(StrEnum):
    """How a query is read: with operators, or as plain words in title and content, or in the title only."""

    QUERY = "query"
    TEXT = "text"
    TITLE = "title"


class SearchIndexLockError(Exception):
    """Somebody else has been writing the index for too long."""


class SearchQueryError(ValueError):
    """A query that cannot be read."""


def _analyzer(tokenizer: tantivy.Tokenizer, *, longest: int | None = None) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tokenizer)
    if longest is not None:
        builder = builder.filter(tantivy.Filter.remove_long(longest))
    return builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()


_WORDS = _analyzer(tantivy.Tokenizer.simple())
_CHUNKS = _analyzer(tantivy.Tokenizer.regex(r"\S+"), longest=_LONGEST_WORD)
_WHOLE = _analyzer(tantivy.Tokenizer.raw())


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    for name in ("title", "content", "document_type", "tag"):
        builder.add_text_field(name, stored=True, tokenizer_name="paperless_text")
    for name in ("simple_title", "simple_content"):
        builder.add_text_field(name, stored=False, tokenizer_name="simple_search_analyzer")
    builder.add_text_field("autocomplete_word", stored=False, tokenizer_name="raw")
    for name in ("owner_id", "viewer_id", "viewer_group_id"):
        builder.add_unsigned_field(name, stored=False, indexed=True, fast=True)
    return builder.build()


class WriteBatch:
    """Several entries written in one commit; nothing is written when the block fails."""

    _writer: Any = None

    def __init__(self, backend: TantivyBackend, lock_timeout: float) -> None:
        self._backend = backend
        self._timeout = lock_timeout
        self._lock: filelock.FileLock | None = None

    def __enter__(self) -> Self:
        if self._backend._path is not None and self._backend._path.is_dir():  # noqa: SLF001 - its own batch
            self._lock = filelock.FileLock(str(self._backend._path / ".tantivy.lock"))  # noqa: SLF001
            try:
                self._lock.acquire(timeout=self._timeout)
            except filelock.Timeout as error:
                message = f"the index was locked for {self._timeout} seconds"
                raise SearchIndexLockError(message) from error
        self._writer = self._backend._index.writer()  # noqa: SLF001
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        try:
            if exc_type is None:
                self._writer.commit()
                self._writer.wait_merging_threads()
                self._backend._index.reload()  # noqa: SLF001
        finally:
            self._writer = None
            if self._lock is not None:
                self._lock.release()

    def add_or_update(self, document: Document, effective_content: str | None = None) -> None:
        """Write the entry of a document, with its owner and grants as they are now."""
        self.remove(document.pk)
        self._writer.add_document(self._backend._build_tantivy_doc(document, effective_content))  # noqa: SLF001

    def remove(self, doc_id: int) -> None:
        """Take out the entry of a document."""
        self._writer.delete_documents_by_query(
            tantivy.Query.term_query(self._backend._index.schema, "id", doc_id)  # noqa: SLF001
        )


class TantivyBackend:
    """The index in a folder; without a folder, in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._opened: Any = None

    @property
    def _index(self) -> Any:
        if self._opened is None:
            self.open()
        return self._opened

    def open(self) -> None:
        """Open the index; it is in memory, and lost with the process, where its folder does not exist."""
        if self._opened is not None:
            return
        if self._path is not None and self._path.is_dir():
            self._opened = tantivy.Index(_schema(), path=str(self._path))
        else:
            self._opened = tantivy.Index(_schema())
        self._opened.register_tokenizer("paperless_text", _analyzer(tantivy.Tokenizer.simple(), longest=_LONGEST_WORD))
        self._opened.register_tokenizer("simple_search_analyzer", _CHUNKS)

    def close(self) -> None:
        """Let go of the index."""
        self._opened = None

    def batch_update(self, lock_timeout: float = 30.0) -> WriteBatch:
        """Return a block that writes several entries at once; it waits so many seconds for other writers."""
        return WriteBatch(self, lock_timeout)

    def add_or_update(self, document: Document, effective_content: str | None = None) -> None:
        """Write one entry."""
        with self.batch_update() as batch:
            batch.add_or_update(document, effective_content)

    def remove(self, doc_id: int) -> None:
        """Take out one entry."""
        with self.batch_update() as batch:
            batch.remove(doc_id)

    def _build_tantivy_doc(
        self,
        document: Document,
        effective_content: str | None = None,
        viewer_ids: list[int] | None = None,
        viewer_group_ids: list[int] | None = None,
    ) -> tantivy.Document:
        content = document.content if effective_content is None else effective_content
        entry = tantivy.Document()
        entry.add_unsigned("id", document.pk)
        for name, text in (("title", document.title), ("content", content)):
            entry.add_text(name, text)
            entry.add_text(f"simple_{name}", text)
        words = [document.title, content]
        if document.document_type:
            entry.add_text("document_type", document.document_type.name)
            words.append(document.document_type.name)
        for tag in document.tags.all():
            entry.add_text("tag", tag.name)
            words.append(tag.name)
        if viewer_ids is None:
            users: Any = get_users_with_perms(document, only_with_perms_in=["view_document"], with_group_users=False)
            viewer_ids = list(users.values_list("pk", flat=True))
        if viewer_group_ids is None:
            groups: Any = get_groups_with_perms(document, only_with_perms_in=["view_document"])
            viewer_group_ids = list(groups.values_list("pk", flat=True))
        for name, holders in (("viewer_id", viewer_ids), ("viewer_group_id", viewer_group_ids)):
            for pk in holders:
                entry.add_unsigned(name, pk)
        if document.owner_id is not None:
            entry.add_unsigned("owner_id", document.owner_id)
        for word in sorted({word for text in words if text for word in _WORDS.analyze(text)}):
            entry.add_text("autocomplete_word", word)
        return entry

    def _build_permission_filter(self, user: Any) -> tantivy.Query:
        schema = self._index.schema
        unowned = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.all_query()),
                (tantivy.Occur.MustNot, tantivy.Query.exists_query("owner_id")),
            ]
        )
        groups = user.groups.values_list("pk", flat=True)
        return tantivy.Query.disjunction_max_query(
            [
                unowned,
                tantivy.Query.term_query(schema, "owner_id", user.pk),
                tantivy.Query.term_query(schema, "viewer_id", user.pk),
                *(tantivy.Query.term_query(schema, "viewer_group_id", pk) for pk in groups),
            ]
        )

    def _read(self, query: str, mode: SearchMode) -> tantivy.Query:
        index: tantivy.Index = self._index
        if mode is SearchMode.QUERY:
            try:
                return index.parse_query(query, _DEFAULT_FIELDS, field_boosts={"title": 2.0})
            except ValueError as error:
                raise SearchQueryError(str(error)) from error
        chunks = [re.escape(chunk) for chunk in _CHUNKS.analyze(query)]
        if not chunks:
            return tantivy.Query.empty_query()
        # only the first word may begin in the middle of one: the others follow a space
        patterns: list[str | tuple[int, str]] = [f".*{chunks[0]}.*", *(f"{chunk}.*" for chunk in chunks[1:])]
        fields = ["simple_title"] if mode is SearchMode.TITLE else ["simple_title", "simple_content"]
        return tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.regex_query(index.schema, field, f".*{chunks[0]}.*")
                    if len(patterns) == 1
                    else tantivy.Query.regex_phrase_query(index.schema, field, patterns),
                )
                for field in fields
            ]
        )

    def search_ids(
        self,
        query: str,
        user: Any,
        *,
        search_mode: SearchMode = SearchMode.QUERY,
        limit: int | None = None,
    ) -> list[int]:
        """Return the ids that match, the best first.

        Args:
            query: what is looked for.
            user: whose entries to look in; None looks in all.
            search_mode: how to read the query.
            limit: no more than so many.

        Raises:
            SearchQueryError: the query cannot be read.
        """
        wanted = self._read(query, search_mode)
        if user is not None:
            wanted = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, self._build_permission_filter(user))]
            )
        searcher = self._index.searcher()
        most = searcher.num_docs if limit is None else limit
        if most <= 0:
            return []
        hits = searcher.search(wanted, limit=most).hits
        return list(searcher.fast_field_values("id", [address for _score, address in hits]))

    def autocomplete(self, term: str, limit: int, user: Any = None) -> list[str]:
        """Return words that begin so, those in most documents first; filtered by the index alone."""
        start = "".join(_WHOLE.analyze(term))
        if not start:
            return []
        allowed = None if user is None or user.is_superuser else self._build_permission_filter(user)
        found = self._index.searcher().terms_with_prefix("autocomplete_word", start, allowed, limit)
        return [word for word, *_ in found]


_backend: TantivyBackend | None = None
_lock = threading.RLock()


def get_backend() -> TantivyBackend:
    """Return the index in the folder the settings name now."""
    global _backend  # noqa: PLW0603 - one for the process
    with _lock:
        if _backend is None or _backend._path != settings.INDEX_DIR:  # noqa: SLF001 - this module's own
            _backend = TantivyBackend(path=settings.INDEX_DIR)
            _backend.open()
        return _backend


def reset_backend() -> None:
    """Let go of the index, so that the next caller opens it anew."""
    global _backend  # noqa: PLW0603 - one for the process
    with _lock:
        if _backend is not None:
            _backend.close()
        _backend = None
