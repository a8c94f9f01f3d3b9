"""What the host's answers say beside what was asked for: numbers and days of documents that the asker may not see.

Each function here wraps one of the host's. Superusers see everything: they are told by the host what there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from functools import wraps
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from documents import permissions
from documents.models import CustomField, CustomFieldInstance, Document, Tag
from documents.permissions import has_perms_owner_aware
from guardian.shortcuts import get_objects_for_user
from rest_framework.exceptions import ValidationError
from rest_framework.validators import UniqueValidator

from vks_plugin.host import refusals
from vks_plugin.host.reading import number_of
from vks_plugin.language import language_of, speaking

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_LINK = "documentlink"
"""The sort of field by which documents name each other; the stand-in has none."""


def unseen_among(user: User, document_ids: Iterable[int], *, binned: bool) -> set[int]:
    """Return which of these numbers are of documents that somebody may not see, or of none.

    Args:
        user: who asks.
        document_ids: the numbers.
        binned: whether documents in the trash count by their owner and grants; otherwise nobody sees them.
    """
    left = set(document_ids)
    # by the name the quick answer from cases stands under: the host's own goes through every grant somebody has
    left -= set(permissions.permitted_document_ids(user).filter(pk__in=left)) if left else set()
    if binned and left:
        rows = Document.deleted_objects.filter(pk__in=left).select_related("owner")
        left -= {each.pk for each in rows if has_perms_owner_aware(user, "view_document", each)}
    return left


_HIDDEN = "vks_hidden"
"""Under which name what is known of documents is kept for one answer."""


def _hidden_here(serializer: Any, numbers: Iterable[int], on_the_page: Callable[[Any], Iterable[int]]) -> set[int]:
    """Return which documents that a row of an answer names are hidden from who asked.

    Args:
        serializer: what turns the row into an answer.
        numbers: what the row names.
        on_the_page: returns what all rows of an answer name: it is looked up together, once.
    """
    asked = set(numbers)
    known = serializer.context.setdefault(_HIDDEN, {})
    if not known.keys() >= asked:
        everything = {*asked, *on_the_page(serializer.root.instance)}
        hidden = unseen_among(serializer.context["request"].user, everything, binned=True)
        known.update({each: each in hidden for each in everything})
    return {each for each in asked if known[each]}


# --- days and numbers ------------------------------------------------------------------------------


def date_what_is_seen(finds: Any) -> Any:
    """Wrap the list of correspondents: the day of the last letter is that of the last one the asker may see."""

    @wraps(finds)
    def find(self: Any) -> Any:
        rows = finds(self)
        if "last_correspondence" not in rows.query.annotations:
            return rows
        # the very condition by which the host counts them
        return rows.annotate(last_correspondence=Max("documents__created", filter=self.get_document_count_filter()))

    return find


def number_what_is_seen(tells: Any) -> Any:
    """Wrap the figures over all documents: the highest archive number is that of what the asker may see."""

    @wraps(tells)
    def tell(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = tells(self, request, *args, **kwargs)
        # whoever may see figures over everything is told them
        if "current_asn" in answer.data and not request.user.has_perm("paperless.view_global_statistics"):
            numbered = Document.objects.filter(archive_serial_number__isnull=False).order_by()
            seen = numbered.filter(pk__in=permissions.permitted_document_ids(request.user))
            highest = seen.aggregate(highest=Max("archive_serial_number", default=0))
            answer.data["current_asn"] = highest["highest"]
        return answer

    return tell


def _is_of_a_hidden_one(user: User | None, archive_number: object) -> bool:
    """Tell whether an archive number belongs to a document, in the trash or not, that somebody may not see."""
    number = number_of(archive_number)
    if number is None:
        return False
    holders = list(Document.global_objects.filter(archive_serial_number=number).values_list("pk", flat=True))
    return bool(holders if user is None else unseen_among(user, holders, binned=True))


def refuse_a_number_alike(checks: Any) -> Any:
    """Wrap the question whether an archive number is free: where another document that has it lies is not told."""

    @wraps(checks)
    def check(self: Any, attrs: Any) -> Any:
        request, number = self.context.get("request"), attrs.get("archive_serial_number")
        if request is not None and not request.user.is_superuser and _is_of_a_hidden_one(request.user, number):
            unique = next(
                each for each in self.fields["archive_serial_number"].validators if isinstance(each, UniqueValidator)
            )
            raise ValidationError({"archive_serial_number": [unique.message]}, code="unique")
        return checks(self, attrs)

    return check


def fail_a_number_alike(checks: Any) -> Any:
    """Wrap the same question about a file that is handed in."""

    @wraps(checks)
    def check(self: Any) -> None:
        number = self.metadata.asn
        owner = User.objects.filter(pk=self.metadata.owner_id).first()
        if not (owner is not None and owner.is_superuser) and _is_of_a_hidden_one(owner, number):
            # in the host's words, but always from here: the list of tasks tells where in the program a task failed, too
            consumer: Any = import_module("documents.consumer")
            self._fail(
                consumer.ConsumerStatusShortMessage.ASN_ALREADY_EXISTS,
                f"Not consuming {self.filename}: Given ASN {number} already exists!",
            )
        checks(self)

    return check


# --- copies ----------------------------------------------------------------------------------------


def without_hidden_copy(task: Any, user: Any) -> Any:
    """Return a task as somebody may know it: not which document a file is a copy of, if that one is hidden from him.

    The task itself stays as it is, in the database and for whoever sees that document.
    """
    number = _copy_of(task)
    if number is None or user is None or user.is_superuser or not unseen_among(user, [number], binned=True):
        return task
    return _without_number(task)


def _copy_of(task: Any) -> int | None:
    """Return the number of the document that a file was found to be a copy of."""
    return number_of((task.result_data or {}).get("duplicate_of"))


def _without_number(task: Any) -> Any:
    told = copy(task)
    told.result_data = {"reason": _(refusals.COPY)}
    return told


def tell_no_hidden_copy(tells: Any) -> Any:
    """Wrap what turns a task into an answer; a whole list of tasks is looked at at once."""

    @wraps(tells)
    def tell(self: Any, task: Any) -> Any:
        request, number = self.context.get("request"), _copy_of(task)
        if request is None or request.user.is_superuser or number is None:
            return tells(self, task)
        if not _hidden_here(self, [number], _copied_on_the_page):
            return tells(self, task)
        with speaking(language_of(request)):
            told = _without_number(task)
        return tells(self, told)

    return tell


def _copied_on_the_page(page: Any) -> Iterator[int]:
    """Yield the numbers of what the files of these tasks are copies of."""
    # a list that is not divided into pages is a query, read by now
    for task in page if isinstance(page, list) else getattr(page, "_result_cache", None) or ():
        number = _copy_of(task)
        if number is not None:
            yield number


def find_no_hidden_copy(finds: Any) -> Any:
    """Wrap the search for tasks by what came of them: a number would be tried until a task is found."""

    @wraps(finds)
    def find(self: Any, queryset: Any, name: str, value: Any) -> Any:
        rows, number = finds(self, queryset, name, value), number_of(value)
        user = getattr(self.request, "user", None)
        if number is None or user is None or user.is_superuser or not unseen_among(user, [number], binned=True):
            return rows
        copies = queryset.model.objects.filter(result_data__duplicate_of=number).order_by().values("pk")
        return rows.exclude(pk__in=copies)

    return find


# --- fields that link documents --------------------------------------------------------------------

_linking: ContextVar[User | AnonymousUser | None] = ContextVar("vks_linking", default=None)
"""Who changes links or searches by them; None where nobody asks, as in the host's workflows."""


def _asker(request: Request | None) -> User | AnonymousUser | None:
    return request.user if request is not None else None


@contextmanager
def _links_of(user: User | AnonymousUser | None) -> Iterator[None]:
    """Say who changes links or searches by them, for functions of the host that are not told."""
    token = _linking.set(user)
    try:
        yield
    finally:
        _linking.reset(token)


def _hidden_links(document_ids: Iterable[int]) -> set[int]:
    """Return which of the documents that are linked whoever changes links, or searches by them, may not see."""
    user = _linking.get()
    if isinstance(user, AnonymousUser):
        return set(document_ids)
    return set() if user is None or user.is_superuser else unseen_among(user, document_ids, binned=True)


def linked_and_seen(user: User | None, row: CustomFieldInstance) -> Any:
    """Return what a field says, without the numbers of documents that somebody may not see."""
    value = row.value
    if row.field.data_type != _LINK or not value or user is None or user.is_superuser:
        return value
    hidden = unseen_among(user, value, binned=True)
    return [each for each in value if each not in hidden]


def open_to(user: User, model: Any) -> QuerySet[Any]:
    """Return the rows of somebody's own that a person may choose: his, nobody's, shared; accounts of mail to change."""
    kind = model._meta
    asked = f"{kind.app_label}.{'change' if kind.model_name == 'mailaccount' else 'view'}_{kind.model_name}"
    shared = get_objects_for_user(user, asked, klass=model, accept_global_perms=False)
    found: QuerySet[Any] = model._default_manager.filter(
        Q(owner=user) | Q(owner__isnull=True) | Q(pk__in=shared.values("pk"))
    )
    return found


def names_of_tags(user: User) -> set[str]:
    """Return what the tags are called that somebody may choose."""
    return set(open_to(user, Tag).values_list("name", flat=True))


def without_tags_of_others(changes: Any, names: Collection[str]) -> Any:
    """Return what the audit trail says was changed, with stars in the place of tags that are not called so."""
    tags = changes.get("tags") if isinstance(changes, dict) else None
    if not isinstance(tags, dict):
        return changes
    return changes | {"tags": tags | {"objects": [each if each in names else "***" for each in tags["objects"]]}}


def _sorts_of_fields(entries: Iterable[int]) -> dict[int, str]:
    """Return of which sort the field is whose change an entry of the audit trail tells of, where that is still known.

    By the value that was changed, for fields are renamed and others take their names; by the field that its making names,
    where the value is gone.
    """
    chosen = list(entries)
    if not chosen:
        return {}
    kind = ContentType.objects.get_for_model(CustomFieldInstance)
    # the host answers with its history only where it keeps one
    trail: Any = import_module("auditlog.models")
    rows = trail.LogEntry.objects.filter(pk__in=chosen, content_type=kind)
    told = list(rows.values_list("pk", "object_id", "changes"))
    values = dict(
        CustomFieldInstance.global_objects.filter(pk__in=[pk for _entry, pk, _changes in told]).values_list(
            "pk", "field__data_type"
        )
    )
    fields = dict(CustomField.objects.values_list("pk", "data_type"))
    found: dict[int, str] = {}
    for entry, pk, changes in told:
        named = changes.get("field") if isinstance(changes, dict) else None
        sort = values.get(pk) or (fields.get(number_of(named[-1]) or 0) if isinstance(named, list) and named else None)
        if sort:
            found[entry] = sort
    return found


def tell_no_hidden_change(answers: Any) -> Any:
    """Wrap the history of a document, which its owner reads where he is let into the audit trail.

    Tags that others keep were put on by others; a link may lead to what has gone out of his sight.
    """

    @wraps(answers)
    def history(self: Any, request: Any, *rest: Any, **named: Any) -> Any:
        answer = answers(self, request, *rest, **named)
        user = request.user
        if user.is_superuser or answer.status_code != HTTPStatus.OK:
            return answer
        names = names_of_tags(user)
        told = {
            each["id"]: each["changes"].get("custom_fields")
            for each in answer.data
            if isinstance(each["changes"], dict)
        }
        # of a document that was made the host says what fields are called in its own program
        fields = {pk: field for pk, field in told.items() if isinstance(field, dict)}
        sorts = _sorts_of_fields(fields)
        called_so = set(CustomField.objects.filter(data_type=_LINK).values_list("name", flat=True)) if fields else set()
        linked = [
            (field, [int(number) for number in re.findall(r"\d+", field["value"])])
            for pk, field in fields.items()
            if sorts.get(pk) == _LINK
            # of what nobody can tell any more: by its name, or because it looks like links
            or (pk not in sorts and (field["field"] in called_so or re.fullmatch(r"\[[\d, ]*\]", field["value"])))
        ]
        hidden = unseen_among(user, {pk for _each, pks in linked for pk in pks}, binned=True)
        for each, pks in linked:
            each["value"] = str([pk for pk in pks if pk not in hidden])
        for entry in answer.data:
            entry["changes"] = without_tags_of_others(entry["changes"], names)
        return answer

    return history


def leave_links_out(represent: Any) -> Any:
    """Wrap what turns the value of a field into an answer; a whole page of documents is looked at at once."""

    @wraps(represent)
    def inner(self: Any, row: CustomFieldInstance) -> Any:
        told, request = represent(self, row), self.context.get("request")
        numbers = told.get("value")
        if request is None or request.user.is_superuser or not numbers or row.field.data_type != _LINK:
            return told
        hidden = _hidden_here(self, numbers, _linked_on_the_page)
        told["value"] = [each for each in numbers if each not in hidden]
        return told

    return inner


def _linked_on_the_page(page: Any) -> Iterator[int]:
    """Yield the numbers of everything that is linked from documents whose fields have been read already."""
    for document in page if isinstance(page, list) else ():
        if "custom_fields" in getattr(document, "_prefetched_objects_cache", {}):
            for row in document.custom_fields.all():
                yield from (row.value or ()) if row.field.data_type == _LINK else ()


def keep_hidden_links(writes: Any) -> Any:
    """Wrap the writing of a field on a document: what its writer was not shown stays linked."""

    @wraps(writes)
    def write(self: Any, validated_data: Any) -> Any:
        if validated_data["field"].data_type == _LINK:
            with _links_of(_asker(self.context.get("request"))):
                rows = CustomFieldInstance.objects.filter(
                    document=validated_data["document"], field=validated_data["field"]
                )
                kept = _kept(next(iter(rows), None), validated_data["value"])
                return writes(self, validated_data | {"value": kept})
        return writes(self, validated_data)

    return write


def _kept(row: CustomFieldInstance | None, value: list[int] | None) -> list[int] | None:
    """Return what is to stand in a field, with what stood there hidden from the writer."""
    hidden = sorted(_hidden_links((row.value if row is not None else None) or ()))
    return [*(value or ()), *(each for each in hidden if each not in (value or ()))] if hidden else value


def know_who_takes_links_off(writes: Any) -> Any:
    """Wrap the writing of a document, which takes off the fields that are sent no more."""

    @wraps(writes)
    def write(self: Any, instance: Any, validated_data: Any) -> Any:
        with _links_of(_asker(self.context.get("request"))):
            return writes(self, instance, validated_data)

    return write


def know_who_edits_links(answers: Any) -> Any:
    """Wrap the door of bulk edits."""

    @wraps(answers)
    def answer(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        with _links_of(request.user):
            return answers(self, request, *args, **kwargs)

    return answer


def keep_hidden_links_in_bulk(edits: Any) -> Any:
    """Wrap the writing of fields on several documents: each keeps what is hidden from the writer."""

    @wraps(edits)
    def edit(doc_ids: list[int], add_custom_fields: Any, remove_custom_fields: Any, **named: Any) -> Any:
        rows = CustomFieldInstance.objects.filter(
            document_id__in=doc_ids, field_id__in=[int(each) for each in add_custom_fields], field__data_type=_LINK
        )
        hidden = {row.pk: _hidden_links(row.value or ()) for row in rows} if _linking.get() is not None else {}
        done = edits(doc_ids, add_custom_fields, remove_custom_fields, **named)
        for row in CustomFieldInstance.objects.filter(pk__in=[pk for pk, numbers in hidden.items() if numbers]):
            row.value_document_ids = [*(row.value or ()), *sorted(hidden[row.pk] - set(row.value or ()))]
            row.save(update_fields=["value_document_ids"])
        return done

    return edit


def link_what_is_seen(links: Any) -> Any:
    """Wrap the writing of a link on its other side: nothing is written on what the writer may not see."""

    @wraps(links)
    def link(document: Any, field: Any, target_doc_ids: Any) -> None:
        hidden = _hidden_links(target_doc_ids or ())
        links(document, field, [each for each in target_doc_ids or () if each not in hidden])

    return link


def unlink_what_is_seen(unlinks: Any) -> Any:
    """Wrap the taking off of a link on its other side."""

    @wraps(unlinks)
    def unlink(document: Any, field: Any, target_doc_id: int) -> None:
        if not _hidden_links([target_doc_id]):
            unlinks(document=document, field=field, target_doc_id=target_doc_id)

    return unlink


_NO_DOCUMENT = -1


def search_links_that_are_seen(reads: Any) -> Any:
    """Wrap the reading of a search by a field: a number would be tried until a document of one's own is found by it."""

    @wraps(reads)
    def read(self: Any, custom_field: Any, op: str, value: Any, **named: Any) -> Any:
        asked = reads(self, custom_field, op, value, **named)
        if custom_field.data_type != _LINK or not isinstance(asked, list):
            return asked
        # one list of numbers, or several of which any may fit
        several = asked if op == "in" else [asked]
        hidden = _hidden_links(each for numbers in several for each in numbers)
        known = [[_NO_DOCUMENT if each in hidden else each for each in numbers] for numbers in several]
        return known if op == "in" else known[0]

    return read


def know_who_searches_links(narrows: Any) -> Any:
    """Wrap the filter by fields."""

    @wraps(narrows)
    def narrow(self: Any, qs: QuerySet[Any], value: Any) -> Any:
        # a filter that is asked without a request is asked by whoever was named before; by nobody, no link is searched
        asker = _asker(getattr(self.parent, "request", None)) or _linking.get() or AnonymousUser()
        with _links_of(asker):
            return narrows(self, qs, value)

    return narrow


def know_who_chooses_by_links(resolves: Any) -> Any:
    """Wrap what works out the documents of a request for all that some filters find, which are not told who asks."""

    @wraps(resolves)
    def resolve(self: Any, *, user: User, **asked: Any) -> list[int]:
        with _links_of(user):
            found: list[int] = resolves(self, user=user, **asked)
        return found

    return resolve
