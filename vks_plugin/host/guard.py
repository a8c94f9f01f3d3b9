"""A check at the host's doors, before any write.

Vetoing in a signal comes too late there: the host has by then stored other fields of
the same request. So what a request is about to write into the field "Mã vụ án" is
read from the request itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _
from documents.models import CustomFieldInstance
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission

from vks_plugin.errors import BadInput, VksError
from vks_plugin.host.provision import case_code_field_id

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.request import Request


class CodeChange(NamedTuple):
    """A request is about to change the case code of a document."""

    document_id: int | None
    """None for a document that is only now being uploaded."""
    old: str
    new: str


Check = Callable[["User", list[CodeChange]], None]
_checks: list[Check] = []


def on_case_code_change(check: Check) -> None:
    """Register what decides; it raises a `VksError` to refuse the whole request."""
    if check not in _checks:
        _checks.append(check)


class Refused(APIException):
    """A refusal in the host's API, with our sentence and status."""

    def __init__(self, error: VksError) -> None:
        super().__init__(detail=error.message)
        self.status_code = error.status


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _as_pairs(raw: object) -> dict[int, str] | None:
    """Read the shapes the host accepts for custom fields; None when the request says nothing of them."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            return None
    if isinstance(raw, int):
        raw = [raw]
    if isinstance(raw, dict):
        return {int(key): _plain(value) for key, value in raw.items() if str(key).isdigit()}
    if isinstance(raw, list):
        pairs = {}
        for entry in raw:
            if isinstance(entry, dict) and str(entry.get("field", "")).isdigit():
                pairs[int(entry["field"])] = _plain(entry.get("value"))
            elif isinstance(entry, int):
                pairs[entry] = ""
        return pairs
    return None


def _present(document_ids: list[int], field_id: int) -> dict[int, str]:
    rows = CustomFieldInstance.objects.filter(document_id__in=document_ids, field_id=field_id)
    return {pk: (text or "").strip() for pk, text in rows.values_list("document_id", "value_text")}


class CaseCodeGuard(BasePermission):
    """Asks the registered checks about every change of a case code a request would make."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Let the request pass unless a check refuses one of its changes."""
        if request.method in {"GET", "HEAD", "OPTIONS", "DELETE"} or not request.user.is_authenticated:
            return True
        field_id = case_code_field_id()
        if field_id is None:
            return True
        changes = self._changes(request, view, field_id)
        try:
            for check in _checks if changes else []:
                check(request.user, changes)
        except VksError as error:
            raise Refused(error) from error
        return True

    @staticmethod
    def _changes(request: Request, view: Any, field_id: int) -> list[CodeChange]:
        data: Any = request.data if hasattr(request.data, "get") else {}
        pk = view.kwargs.get("pk")
        if pk is not None and request.method in {"PUT", "PATCH"}:
            pairs = _as_pairs(data.get("custom_fields"))
            if pairs is None or not str(pk).isdigit():
                return []
            old = _present([int(pk)], field_id).get(int(pk), "")
            new = pairs.get(field_id, "")
            return [CodeChange(int(pk), old, new)] if old != new else []
        if data.get("method") == "modify_custom_fields":
            parameters = data.get("parameters") or {}
            added = _as_pairs(parameters.get("add_custom_fields")) or {}
            removed = _as_pairs(parameters.get("remove_custom_fields")) or {}
            if field_id not in added and field_id not in removed:
                return []
            if data.get("all"):
                raise Refused(BadInput(_("Hãy chọn từng tài liệu khi đổi trường Mã vụ án, không chọn tất cả.")))
            ids = [int(each) for each in data.get("documents") or [] if str(each).isdigit()]
            present = _present(ids, field_id)
            new = added.get(field_id, "")
            return [CodeChange(each, present.get(each, ""), new) for each in ids if present.get(each, "") != new]
        if pk is None and "document" in data and "custom_fields" in data:
            pairs = _as_pairs(data.get("custom_fields")) or {}
            return [CodeChange(None, "", pairs[field_id])] if pairs.get(field_id) else []
        return []
