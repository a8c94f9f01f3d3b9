"""Our pages of administration in place of the host's, wherever those show or change case documents.

The host's show staff what neither owner nor grants give them, and ask no guard. Ours leave out
what the asker may not read, name no document beside a number, and refuse what the doors of the
API refuse. A superuser sees everything here, as he does elsewhere in the host.
"""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.forms import CheckboxInput
from django.http import HttpResponseForbidden
from django.utils.translation import gettext as _
from documents import permissions
from documents.models import CustomFieldInstance, Document, Note

from vks_plugin.host import refusals
from vks_plugin.host.accounts import is_ours, protects, rule_against, rule_for_superusers
from vks_plugin.host.actor import current_actor
from vks_plugin.host.filed import every_lent, filed_among, filed_documents
from vks_plugin.host.hints import linked_and_seen, names_of_tags, open_to, without_hidden_copy, without_tags_of_others
from vks_plugin.host.provision import CASE_CODE_FIELD, STORAGE_PATH
from vks_plugin.host.reading import note_documents, numbers_in
from vks_plugin.language import language_of, speaking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


def _hidden(request: Any) -> Q:
    """Match documents, by `pk`, that this person is not to see."""
    if request.user.is_superuser:
        return Q(pk__in=[])
    # filed or not: what waits in the inbox of an office tells as much
    rows = Document.global_objects.exclude(pk__in=permissions.permitted_document_ids(request.user))
    # what is only lent is read in our pages: these have its text, and mark nothing
    lent = every_lent(request.user)
    return Q(pk__in=rows.exclude(owner=request.user).values("pk")) | Q(pk__in=lent) | Q(root_document__in=lent)


def _numbers(pks: Iterable[Any]) -> list[int]:
    """Return keys as the host's pages read them out of an address; `numbers_in` reads those of a form."""
    return numbers_in([unquote(str(pk)) for pk in pks])


class _NumberOnly(ForeignKeyRawIdWidget):
    """Shows the number of a document and not its title, whoever may read it."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """Return nothing beside the number."""
        return "", ""


def _is_somebodys(model: Any) -> bool:
    """Tell whether rows of a kind are somebody's own: names of tags and correspondents, rules and accounts of mail."""
    fields = getattr(model, "_meta", None)
    return model is not Document and fields is not None and any(each.name == "owner" for each in fields.get_fields())


def _unname(user: User, rows: Iterable[Any], field: str) -> None:
    """Let rows that are shown call what somebody else keeps for himself by its number, in this one's memory only."""
    told = [] if user.is_superuser else [row for row in rows if getattr(row, field, None) is not None]
    if not told:
        return
    model = type(getattr(told[0], field))
    pks = [getattr(row, field).pk for row in told]
    known = set(open_to(user, model).filter(pk__in=pks).values_list("pk", flat=True))
    for row, pk in zip(told, pks, strict=True):
        if pk not in known:
            setattr(row, field, model(pk=pk, name=f"#{pk}"))


def _shown(response: Any) -> list[Any]:
    """Return the rows on a page of a list, or those it asks about before something is done to them."""
    told = getattr(response, "context_data", None) or {}
    rows = told["cl"].result_list if "cl" in told else told.get("queryset")
    return rows if rows is not None else []


class _Choosing(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages that name, beside a row or to choose from, what the asker may know of: the host's name everybody's things."""

    def unname(self, request: Any, rows: Iterable[Any]) -> None:
        """Take from rows, before they are shown, the names of what others keep for themselves."""

    def get_object(self, request: Any, object_id: Any, from_field: Any = None) -> Any:
        """Return the row that a page is about."""
        row = super().get_object(request, object_id, from_field)
        self.unname(request, [row] if row is not None else [])
        return row

    def changelist_view(self, request: Any, *rest: Any, **named: Any) -> Any:
        """Show the list, or ask before something is done to rows chosen in it."""
        response = super().changelist_view(request, *rest, **named)
        self.unname(request, _shown(response))
        return response

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **arguments: Any) -> Any:
        """Offer those for one."""
        field = super().formfield_for_foreignkey(db_field, request, **arguments)
        return self._narrowed(field, db_field, request)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **arguments: Any) -> Any:
        """Offer those for several."""
        field = super().formfield_for_manytomany(db_field, request, **arguments)
        return self._narrowed(field, db_field, request)

    def get_list_filter(self, request: Any) -> Any:
        """Leave out what would name everybody's things beside a list."""
        given = super().get_list_filter(request)
        return given if request.user.is_superuser else [each for each in given if not self._names_kept(each)]

    def _names_kept(self, name: Any) -> bool:
        known = {each.name: each for each in self.model._meta.get_fields()}
        return isinstance(name, str) and name in known and _is_somebodys(known[name].related_model)

    def _narrowed(self, field: Any, db_field: Any, request: Any) -> Any:
        model = db_field.remote_field.model
        if field is None or request.user.is_superuser or not _is_somebodys(model):
            return field
        known = set(open_to(request.user, model).values_list("pk", flat=True))
        # what is chosen already stays chosen, without its name
        field.queryset = model._default_manager.filter(pk__in=known | self._chosen(db_field, request))
        field.label_from_instance = lambda row: str(row) if row.pk in known else f"#{row.pk}"
        if isinstance(field.widget, ForeignKeyRawIdWidget):
            field.widget = _NumberOnly(db_field.remote_field, self.admin_site)
        return field

    def _chosen(self, db_field: Any, request: Any) -> set[int]:
        match = request.resolver_match
        pks = _numbers([match.kwargs["object_id"]]) if match is not None and "object_id" in match.kwargs else []
        rows = self.get_queryset(request).filter(pk__in=pks)
        return set(rows.exclude(**{db_field.name: None}).values_list(db_field.name, flat=True))


class _Closed(_Choosing):
    """A page whose forms ask the rules before they write anything."""

    # a list that is edited in place asks no rule
    list_editable = ()

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Return the rule that a form sent here would break, or nothing.

        Args:
            request: with the form.
            rows: what it is about, as far as the asker may know of it; none for a new one.
            deletes: whether they would be deleted.
        """
        raise NotImplementedError

    def _answer(self, request: Any, numbers: list[int], *, deletes: bool) -> HttpResponseForbidden | None:
        if request.method != "POST" or not self._lets_in(request):
            return None
        return _refusal(request, self.rule_against(request, self._rows(request, numbers), deletes=deletes))

    def _lets_in(self, request: Any) -> bool:
        """Tell whether any of these pages is the asker's: who may only add, or delete, need not be let see the list."""
        lets = (self.has_view_or_change_permission, self.has_add_permission, self.has_delete_permission)
        return any(may(request) for may in lets)

    def _rows(self, request: Any, numbers: Any) -> QuerySet[Any]:
        return self.get_queryset(request).filter(pk__in=numbers)

    def changeform_view(self, request: Any, object_id: Any = None, *rest: Any, **named: Any) -> Any:
        """Show or save one row."""
        numbers = _numbers([object_id]) if object_id is not None else []
        refusal = self._answer(request, numbers, deletes=False)
        return refusal or super().changeform_view(request, object_id, *rest, **named)

    def delete_view(self, request: Any, object_id: Any, *rest: Any, **named: Any) -> Any:
        """Ask and delete."""
        return self._answer(request, _numbers([object_id]), deletes=True) or super().delete_view(
            request, object_id, *rest, **named
        )

    def get_actions(self, request: Any) -> dict[str, Any]:
        """Return what can be done to rows chosen in a list; each asks the rules about the very rows it would do it to."""
        given: dict[str, Any] = super().get_actions(request) or {}
        return {name: (self._asking(does), *told) for name, (does, *told) in given.items()}

    def _asking(self, does: Any) -> Any:
        @wraps(does)
        def ask(page: Any, request: Any, rows: QuerySet[Any]) -> Any:
            refusal = _refusal(request, self._rule_against_deleting(request, rows))
            return refusal or does(page, request, rows)

        return ask

    def _rule_against_deleting(self, request: Any, rows: QuerySet[Any]) -> str:
        # the list may be in an order, and joined with others
        return self.rule_against(request, self._rows(request, rows.order_by().values("pk")), deletes=True)

    def delete_model(self, request: Any, obj: Any) -> None:
        """Delete a row, whichever way it was found."""
        self._keep(request, self._rows(request, [obj.pk]))
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: QuerySet[Any]) -> None:
        """Delete rows, whichever way they were chosen."""
        self._keep(request, queryset)
        super().delete_queryset(request, queryset)

    def _keep(self, request: Any, rows: QuerySet[Any]) -> None:
        rule = self._rule_against_deleting(request, rows)
        if rule:
            raise PermissionDenied(_(rule))

    # the host looks these up by what stands in the address, which is not written as elsewhere on these pages

    def obj_perms_manage_user_view(self, request: Any, object_pk: Any, user_id: Any) -> Any:
        """Show or save what somebody may do with one row."""
        return self._answer(request, numbers_in(object_pk), deletes=False) or super().obj_perms_manage_user_view(  # type: ignore[misc]
            request, object_pk, user_id
        )

    def obj_perms_manage_group_view(self, request: Any, object_pk: Any, group_id: Any) -> Any:
        """Show or save what a group may do with one row."""
        return self._answer(request, numbers_in(object_pk), deletes=False) or super().obj_perms_manage_group_view(  # type: ignore[misc]
            request, object_pk, group_id
        )


def _refusal(request: Any, rule: str) -> HttpResponseForbidden | None:
    """Return the answer that names a rule that would be broken; None where none would."""
    if not rule:
        return None
    with speaking(language_of(request)):
        return HttpResponseForbidden(_(rule), content_type="text/plain; charset=utf-8")


class _Noting(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages that remember whose content they show, for the access log."""

    def documents_of(self, rows: Iterable[Any]) -> list[int]:
        """Return the ids of the documents that these rows say something of."""
        raise NotImplementedError

    def get_object(self, request: Any, object_id: Any, from_field: Any = None) -> Any:
        """Return the row that a page is about: to change it, to delete it, its history."""
        row = super().get_object(request, object_id, from_field)
        note_documents(request, self.documents_of([row] if row is not None else []))
        return row

    def changelist_view(self, request: Any, *rest: Any, **named: Any) -> Any:
        """Show the list, or ask before something is done to rows chosen in it."""
        response = super().changelist_view(request, *rest, **named)
        note_documents(request, self.documents_of(_shown(response)))
        return response


def _by_title(field: Any, db_field: Any) -> Any:
    """Let documents to choose from be called by number and title; the host's name of one has its correspondent in it."""
    if field is not None and db_field.remote_field.model is Document:
        field.label_from_instance = lambda row: f"{row.pk}: {row.title}"
    return field


def _document_of(row: Any) -> Any:
    """Return the one document that a row is or hangs on; None for what hangs on several."""
    return row if isinstance(row, Document) else getattr(row, "document", None)


def _name_again(row: Any) -> None:
    """Give a document back the correspondent that `_unname` took."""
    document = _document_of(row)
    named = getattr(document, "correspondent", None)
    if named is not None and named._state.adding:  # noqa: SLF001 - never read from the database, so made by us
        document.refresh_from_db(fields=["correspondent"])


class _OfDocuments(_Noting, _Closed):
    """Rows that are documents or hang on one."""

    document_path = "pk"
    """How a row leads to its document."""

    def documents_of(self, rows: Iterable[Any]) -> list[int]:
        """Return the documents these are, or hang on."""
        told = (getattr(row, self.document_path, None) for row in rows)
        return [pk for pk in told if isinstance(pk, int)]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Leave out what the asker may not read."""
        hidden = Document.global_objects.filter(_hidden(request)).values("pk")
        return super().get_queryset(request).exclude(**{f"{self.document_path}__in": hidden})

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **arguments: Any) -> Any:
        """Offer only documents that the asker may read where one is chosen; the host's forms list every title."""
        if db_field.remote_field.model is Document:
            arguments["queryset"] = Document.objects.exclude(_hidden(request))
        field = super().formfield_for_foreignkey(db_field, request, **arguments)
        if field is not None and isinstance(field.widget, ForeignKeyRawIdWidget):
            field.widget = _NumberOnly(db_field.remote_field, self.admin_site)
        return _by_title(field, db_field)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **arguments: Any) -> Any:
        """Offer the same where several are chosen."""
        if db_field.remote_field.model is Document:
            arguments["queryset"] = Document.objects.exclude(_hidden(request))
        return _by_title(super().formfield_for_manytomany(db_field, request, **arguments), db_field)

    def unname(self, request: Any, rows: Iterable[Any]) -> None:
        """Let documents name no correspondent that others keep: the host calls them by that name, in lists and titles."""
        _unname(request.user, map(_document_of, rows), "correspondent")

    def get_obj_perms_base_context(self, request: Any, obj: Any) -> Any:
        """Name the row that permissions are given for: by its title, or by what it says."""
        self.unname(request, [obj])
        note_documents(request, self.documents_of([obj]))
        return super().get_obj_perms_base_context(request, obj)  # type: ignore[misc]

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """Name the rows, documents by title alone, and say how many go with them."""
        told, counts, perms, protected = super().get_deleted_objects(objs, request)
        names = [each.title if isinstance(each, Document) else str(each) for each in objs]
        return told if request.user.is_superuser else names, counts, perms, protected

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        """Save a row with the names it has: the host names files by them."""
        _name_again(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: Any, obj: Any) -> None:
        """Delete a row with the names it has: the host names files by them."""
        _name_again(obj)
        super().delete_model(request, obj)

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        """Note a new row; it is saved and in the index by now, and the answer names no other's correspondent either."""
        self.unname(request, [obj])
        return super().log_addition(request, obj, message)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        """Note a change in the same way."""
        self.unname(request, [obj])
        return super().log_change(request, obj, message)


class _Documents(_OfDocuments):
    """Documents: what is in a case is changed in the case."""

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse any change of a filed document."""
        if not filed_among(rows.values_list("pk", flat=True)):
            return ""
        return refusals.REMOVED if deletes else refusals.ELSEWHERE

    def get_search_fields(self, request: Any) -> Any:
        """Look in documents, and for superusers in names of tags and correspondents, which others may keep for themselves."""
        found = super().get_search_fields(request)
        return found if request.user.is_superuser else [each for each in found if "__" not in each]


class _Notes(_OfDocuments):
    """Notes stay open."""

    document_path = "document_id"

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse nothing."""
        return ""


class _FieldValues(_OfDocuments):
    """Values of custom fields, the case code among them."""

    document_path = "document_id"

    @admin.display(description="Value")
    def value(self, row: CustomFieldInstance) -> Any:
        """Return what the field says, without the numbers of documents that are hidden from the reader."""
        return linked_and_seen(current_actor(), row)

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse to take the case code off a filed document."""
        coded = rows.filter(field__name=CASE_CODE_FIELD).values_list("document_id", flat=True)
        return refusals.KEPT_THING if filed_among(coded) else ""


class _Links(_OfDocuments):
    """Links by which anybody reads a document."""

    document_path = "document_id"
    named = "document"
    """What the form calls the documents of a link."""

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse a link to a filed document; one that is there may go."""
        shown = Document.objects.exclude(_hidden(request)).filter(pk__in=numbers_in(request.POST.getlist(self.named)))
        return refusals.SHARED if not deletes and filed_among(shown.values_list("pk", flat=True)) else ""


class _Bundles(_Links):
    """Bundles of such links."""

    document_path = "documents"
    named = "documents"


_TRAILED = ("documents.Correspondent", "documents.DocumentType", "documents.Tag")
"""Things of somebody's own whose changes are in the audit trail."""


class _Trail(_Noting, _Choosing):
    """The audit trail, which keeps every title and text a document had."""

    def documents_of(self, rows: Iterable[Any]) -> list[int]:
        """Return the documents whose changes these are, or those of a note or a field of theirs."""
        told: dict[type[Any], set[int]] = {Document: set(), Note: set(), CustomFieldInstance: set()}
        for row in rows:
            model = row.content_type.model_class()
            if model in told and row.object_id is not None:
                told[model].add(row.object_id)
        found = set(told.pop(Document))
        for model, pks in told.items():
            found.update(model.global_objects.filter(pk__in=pks).values_list("document_id", flat=True))
        return sorted(found)

    def changelist_view(self, request: Any, *rest: Any, **named: Any) -> Any:
        """Show the list, which calls documents by title alone, but notes and values by what they say."""
        response = super().changelist_view(request, *rest, **named)
        telling = [row for row in _shown(response) if row.content_type.model_class() in {Note, CustomFieldInstance}]
        note_documents(request, self.documents_of(telling))
        return response

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Leave out what it says of documents the asker may not read."""
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        documents = Document.global_objects.exclude(_hidden(request)).values("pk")
        open_rows: dict[Any, QuerySet[Any]] = {
            Document: documents,
            Note: Note.global_objects.filter(document_id__in=documents).values("pk"),
            CustomFieldInstance: CustomFieldInstance.global_objects.filter(document_id__in=documents).values("pk"),
        }
        open_rows |= {model: open_to(request.user, model).values("pk") for model in map(apps.get_model, _TRAILED)}
        # of what is gone nobody knows any more whose it was
        for model, pks in open_rows.items():
            rows = rows.exclude(~Q(object_id__in=pks), content_type=ContentType.objects.get_for_model(model))
        return rows

    def get_search_fields(self, request: Any) -> Any:
        """Look, for superusers alone, in what was written of rows: it names correspondents and tags of others."""
        found = super().get_search_fields(request)
        return (
            found if request.user.is_superuser else [each for each in found if each not in {"object_repr", "changes"}]
        )

    def unname(self, request: Any, rows: Iterable[Any]) -> None:
        """Call documents by title alone, and leave out tags that others keep."""
        if request.user.is_superuser:
            return
        told = [row for row in rows if row.content_type.model_class() is Document]
        titles = dict(Document.global_objects.filter(pk__in=[row.object_id for row in told]).values_list("pk", "title"))
        names = names_of_tags(request.user)
        for row in told:
            row.object_repr = titles.get(row.object_id, f"#{row.object_id}")
            row.changes = without_tags_of_others(row.changes, names)


class _Things(_Closed):
    """Fields, storage paths and types: what case documents hang on stays."""

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse to delete or rename what is needed."""
        if self.model._meta.model_name == "documenttype":
            needed = deletes and filed_documents().filter(document_type__in=rows).exists()
        elif self.model._meta.model_name == "storagepath":
            needed = rows.filter(name=STORAGE_PATH).exists() or (
                deletes and filed_documents().filter(storage_path__in=rows).exists()
            )
        else:
            needed = rows.filter(name=CASE_CODE_FIELD).exists()
        return refusals.KEPT_THING if needed else ""

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """Name the things, not what goes with them, which says something of documents: codes of cases, how many there are."""
        _deletable, counts, perms, protected = super().get_deleted_objects(objs, request)
        if not request.user.is_superuser:
            counts = {str(self.opts.verbose_name_plural): len(objs)}
        return [str(each) for each in objs], counts, perms, protected


class _Holders(_Closed):
    """Who holds grants: accounts and groups. What goes with one names every document it may read."""

    kept = ""
    """Why one stays that the rules protect."""

    def is_kept(self, holder: Any) -> bool:
        """Tell whether the rules protect it; what the database protects, it knows itself."""
        return False

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """Name the holders and how many rows go with them, not the documents of those rows."""
        _deletable, counts, perms, protected = super().get_deleted_objects(objs, request)
        if protected or any(self.is_kept(holder) for holder in objs):
            return [], {}, perms, [_(self.kept)]
        return [str(holder) for holder in objs], counts, perms, []


def _ticked(request: Any, name: str) -> bool:
    """Tell whether a box of a form is ticked, as the host's pages read it."""
    return bool(CheckboxInput().value_from_datadict(request.POST, request.FILES, name))


class _Accounts(_Holders):
    """Accounts: members of our groups follow appointments."""

    kept = refusals.NAMED

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """Show the hash of a password to superusers alone: who has it tries words on it at home until one fits."""
        given = super().get_fieldsets(request, obj)
        if request.user.is_superuser or obj is None:
            return given
        return [
            (title, {**box, "fields": tuple(each for each in box["fields"] if each != "password")})
            for title, box in given
        ]

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse what the API refuses."""
        if deletes:
            kept = (rule_for_superusers(request.user, each) for each in rows)
            return next(filter(None, kept), "") or (refusals.NAMED if any(protects(each) for each in rows) else "")
        # a form without the box of groups, or with none ticked, says nothing of them or takes all away
        groups = numbers_in(request.POST.getlist("groups"))
        account = rows.first()
        if account is None:
            return rule_against(request.user, None, groups=groups, credentials=False)
        # without its box the address would be taken off
        other = request.POST.get("email", "") != account.email
        # the page takes the hash of a password, too
        for name in ("username", "password"):
            other = other or request.POST.get(name, getattr(account, name)) != getattr(account, name)
        powers = any(_ticked(request, name) != getattr(account, name) for name in ("is_staff", "is_superuser"))
        return rule_against(request.user, account, groups=groups, credentials=other, powers=powers)

    def user_change_password(self, request: Any, id: Any, *rest: Any, **named: Any) -> Any:  # noqa: A002 - Django's own name
        """Show or save another password."""
        account = User.objects.filter(pk__in=_numbers([id])).first()
        rule = rule_against(request.user, account, groups=None, credentials=True) if account is not None else ""
        refusal = _refusal(request, rule) if request.method == "POST" else None
        return refusal or super().user_change_password(request, id, *rest, **named)  # type: ignore[misc]


class _Groups(_Holders):
    """Groups: ours follow appointments."""

    kept = refusals.GROUP

    def is_kept(self, holder: Any) -> bool:
        """Tell whether it is one of ours."""
        return is_ours(holder.name)

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse to change or delete one of ours, and to make another."""
        ours = any(is_ours(name) for name in rows.values_list("name", flat=True)) or is_ours(request.POST.get("name"))
        return refusals.GROUP if ours else ""


class _Own(_Choosing):
    """What people keep for themselves: searches with the names and codes they are after, letters, files they handed in.

    What was shared with somebody is shown where its owner shared it, in the interface of the host and not here.
    """

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Leave out what is somebody else's; what is nobody's the host shows to everybody elsewhere, too."""
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(Q(owner=request.user) | Q(owner__isnull=True))

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        """Let a new one be its maker's unless he says otherwise: one without an owner is everybody's."""
        return {"owner": request.user.pk} | super().get_changeform_initial_data(request)


class _Tasks(_Own):
    """Files that were handed in, and what came of them."""

    exclude = ("result_data",)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[Any]:
        """Show what came of it as its reader may know it."""
        return ["told" if each == "result_data" else each for each in super().get_readonly_fields(request, obj)]

    @admin.display(description="Result data")
    def told(self, task: Any) -> str:
        """Return what came of the file, without the number of a document that is hidden from the reader."""
        return json.dumps(without_hidden_copy(task, current_actor()).result_data, ensure_ascii=False)


class _OwnNames(_Own):
    """Tags and correspondents, which people name after those they are after, and which hang on documents not everybody sees."""

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """Name the things and those below them: a line for each document with one would count the hidden ones too."""
        told, counts, perms, protected = super().get_deleted_objects(objs, request)
        if request.user.is_superuser:
            return told, counts, perms, protected
        rows = {row.pk: row for each in objs for row in (each, *_below(each))}
        known = set(open_to(request.user, self.model).filter(pk__in=rows).values_list("pk", flat=True))
        names = [str(row) if pk in known else f"#{pk}" for pk, row in rows.items()]
        return names, {str(self.opts.verbose_name_plural): len(rows)}, perms, protected


def _below(thing: Any) -> list[Any]:
    """Return the tags below a tag, which go with it; below a correspondent there is nothing."""
    return list(thing.get_descendants()) if hasattr(thing, "get_descendants") else []


class _OwnThings(_Own, _Things):
    """Types and storage paths: what case documents hang on stays, and what people keep for themselves is theirs."""


class _MailRules(_Own, _Closed):
    """Rules by which letters are fetched, each from an account."""

    def unname(self, request: Any, rows: Iterable[Any]) -> None:
        """Let rules that are nobody's name no account that is somebody else's."""
        _unname(request.user, rows, "account")

    def rule_against(self, request: Any, rows: QuerySet[Any], *, deletes: bool) -> str:
        """Refuse to change what fetches from an account of somebody else."""
        if deletes or request.user.is_superuser:
            return ""
        accounts = self.model._meta.get_field("account").related_model
        theirs = rows.exclude(account__in=open_to(request.user, accounts))
        return refusals.MAIL if theirs.exists() else ""


class _Letters(_Own):
    """Letters that were fetched, each by a rule."""

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Leave out what was fetched by a rule of somebody else, by the name of which it is called."""
        rows, user = super().get_queryset(request), request.user
        rules = self.model._meta.get_field("rule").related_model
        return rows if user.is_superuser else rows.filter(rule__in=open_to(user, rules))

    def unname(self, request: Any, rows: Iterable[Any]) -> None:
        """Let rules name no account that is somebody else's."""
        _unname(request.user, [row.rule for row in rows], "account")


class _SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Ways to sign in as somebody: his address, his tokens, his second factor."""

    def has_module_permission(self, request: Any) -> bool:
        """Show them to superusers."""
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """Show them to superusers."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: Any, *obj: Any) -> bool:
        """Let superusers add one, as far as the host lets anybody."""
        return bool(request.user.is_superuser) and super().has_add_permission(request, *obj)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Let superusers change one, as far as the host lets anybody."""
        return bool(request.user.is_superuser) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Let superusers delete one, as far as the host lets anybody."""
        return bool(request.user.is_superuser) and super().has_delete_permission(request, obj)


PAGES: dict[str, type[admin.ModelAdmin[Any]]] = {
    "documents.Document": _Documents,
    "documents.Note": _Notes,
    "documents.CustomFieldInstance": _FieldValues,
    "documents.PaperlessTask": _Tasks,
    "documents.SavedView": _Own,
    "documents.ShareLink": _Links,
    "documents.ShareLinkBundle": _Bundles,
    "documents.CustomField": _Things,
    "documents.Correspondent": _OwnNames,
    "documents.DocumentType": _OwnThings,
    "documents.StoragePath": _OwnThings,
    "documents.Tag": _OwnNames,
    "auditlog.LogEntry": _Trail,
    "auth.User": _Accounts,
    "auth.Group": _Groups,
    "account.EmailAddress": _SuperusersOnly,
    "authtoken.TokenProxy": _SuperusersOnly,
    "mfa.Authenticator": _SuperusersOnly,
    "paperless_mail.MailAccount": _Own,
    "paperless_mail.MailRule": _MailRules,
    "paperless_mail.ProcessedMail": _Letters,
    "socialaccount.SocialAccount": _SuperusersOnly,
    "socialaccount.SocialApp": _SuperusersOnly,
    "socialaccount.SocialToken": _SuperusersOnly,
}
"""Which of the host's pages ours take the place of."""


def replace_pages() -> None:
    """Register ours over the host's; before its addresses are read, which hold on to pages they know. Twice is once."""
    registered = admin.site._registry  # noqa: SLF001 - the only way to it
    for label, ours in PAGES.items():
        try:
            model = apps.get_model(label)
        except LookupError:
            # the audit trail can be switched off
            continue
        present = registered.get(model)
        if present is None or isinstance(present, ours):
            continue
        admin.site.unregister(model)
        admin.site.register(model, type(type(present).__name__, (ours, type(present)), {}))
