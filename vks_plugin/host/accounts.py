"""Accounts and groups of the host: who is in a group of ours, and who owns the case documents.

The concepts above tell which groups and which account these are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group, User
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.db.models.signals import m2m_changed
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField, empty
from rest_framework.permissions import SAFE_METHODS, BasePermission

from vks_plugin.errors import Conflict
from vks_plugin.host import refusals
from vks_plugin.host.reading import numbers_in
from vks_plugin.host.refusals import Refused, in_their_language, refused

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request

_prefixes: list[str] = []
_services: list[Callable[[], QuerySet[Any, Any]]] = []
_holders: list[Callable[[], QuerySet[Any, Any]]] = []
_synchronisers: list[Callable[[Iterable[int] | None], object]] = []


def on_groups(prefix: str, synchronise: Callable[[Iterable[int] | None], object]) -> None:
    """Register how the groups that are ours begin, and what puts their members right.

    Args:
        prefix: how their names begin.
        synchronise: told which people to look at, or None for everybody.
    """
    _prefixes[:], _synchronisers[:] = [prefix], [synchronise]
    m2m_changed.connect(_membership_written, sender=User.groups.through, dispatch_uid="vks.membership_written")


def on_service_account(query: Callable[[], QuerySet[Any, Any]]) -> None:
    """Register what returns the id of the account that owns the case documents."""
    _services[:] = [query]


def on_holders(query: Callable[[], QuerySet[Any, Any]]) -> None:
    """Register what returns the ids of who holds a post, or is to hold one: in no group of ours before its first day."""
    _holders[:] = [query]


def is_ours(name: object) -> bool:
    """Tell whether a group of this name follows appointments."""
    # the host takes a name without the spaces around it
    return any(str(name).strip().startswith(prefix) for prefix in _prefixes)


def _our_groups() -> QuerySet[Group]:
    return Group.objects.filter(name__startswith=_prefixes[0]) if _prefixes else Group.objects.none()


def _membership_written(
    sender: object, *, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_signal: object
) -> None:
    """Somebody was put into a group, or taken out, past every door."""
    if action not in {"post_add", "post_remove", "post_clear"} or (pk_set is not None and not pk_set):
        return
    people: Iterable[int] | None = pk_set if reverse else [instance.pk]
    groups = {instance.pk} if reverse else pk_set
    if groups is None or _our_groups().filter(pk__in=groups).exists():
        for synchronise in _synchronisers:
            synchronise(people)


def rule_against(
    asker: Any, account: Any, *, groups: Iterable[int] | None, credentials: bool, powers: bool = False
) -> str:
    """Return the rule that a change of an account would break, or nothing.

    Args:
        asker: who wants it.
        account: whose it is; None for one that is only now being made.
        groups: all the groups it is to be in; None when that is left as it is.
        credentials: whether it would get another password, another address for a new one, or another user name, by
            which a sign-on service knows its holder.
        powers: whether it would become or cease to be a superuser's or staff's.
    """
    if account is not None and any(query().filter(user_id=account.pk).exists() for query in _services):
        return refusals.SERVICE_ACCOUNT
    rule = rule_for_superusers(asker, account)
    if rule:
        return rule
    if powers and not asker.is_superuser:
        return refusals.POWERS
    ours = set(_our_groups().values_list("pk", flat=True))
    present = ours & set(account.groups.values_list("pk", flat=True)) if account is not None else set()
    if groups is not None and ours & set(groups) != present:
        return refusals.MEMBERSHIP
    if credentials and account is not None and not asker.is_superuser and asker != account:
        holds = any(query().filter(user_id=account.pk).exists() for query in _holders)
        if present or holds:
            return refusals.CREDENTIALS
    return ""


def rule_for_superusers(asker: Any, account: Any) -> str:
    """Return the rule that keeps superusers' accounts to superusers, or nothing: who has one reads every case."""
    keeps = account is not None and account.is_superuser and not asker.is_superuser
    return refusals.SUPERUSER if keeps else ""


def protects(account: Any) -> bool:
    """Tell whether something of ours names an account, so that the database keeps it."""
    try:
        Collector(using=account._state.db, origin=account).collect([account])  # noqa: SLF001 - as Django's own delete does
    except ProtectedError:
        return True
    return False


_READ = ("username", "email", "password", "groups", "is_staff", "is_superuser")


def _read(request: Request, view: Any, account: Any) -> dict[str, Any]:
    """Return what a request says of an account, as the host reads it: a form without a box says that it is not ticked."""
    data = request.data
    if not hasattr(data, "get"):
        return {}
    serializer = view.get_serializer(account, data=data, partial=request.method == "PATCH")
    said = {name: serializer.fields[name].get_value(data) for name in _READ}
    return {name: value for name, value in said.items() if value is not empty}


def _rule_against(request: Request, view: Any, account: Any) -> str:
    """Return the rule that a request would break which makes an account (None) or changes one."""
    changes = getattr(view, "action", None) in {"create", "update", "partial_update"}
    said = _read(request, view, account) if changes else {}
    return rule_against(
        request.user,
        account,
        groups=numbers_in(said["groups"]) if "groups" in said else None,
        credentials=account is not None and _other_credentials(said, account),
        powers=any(
            _as_box(said[flag]) not in {None, bool(getattr(account, flag, False))}
            for flag in ("is_staff", "is_superuser")
            if flag in said
        ),
    )


def _as_box(value: Any) -> bool | None:
    """Return whether a box is ticked, as the host reads it; None for what it refuses itself."""
    try:
        return BooleanField().to_internal_value(value)
    except ValidationError:
        return None


def _other_credentials(said: dict[str, Any], account: Any) -> bool:
    # the host shows a password as asterisks, and takes asterisks for none
    password = str(said.get("password") or "").replace("*", "")
    email = "email" in said and (said["email"] or "") != account.email
    return bool(password) or email or ("username" in said and said["username"] != account.username)


class KeptPeople(BasePermission):
    """Keeps accounts that cases depend on, and membership of our groups."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse an account that would begin as a member of our groups, or with powers that its maker may not give."""
        creates = request.method == "POST" and getattr(view, "action", None) == "create"
        rule = _rule_against(request, view, None) if creates else ""
        if rule:
            raise refused(rule)
        return True

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse what a protected foreign key would, what only appointments do, and taking over somebody's account."""
        if request.method in SAFE_METHODS:
            return True
        if request.method == "DELETE":
            rule = rule_for_superusers(request.user, obj)
            if rule:
                raise refused(rule)
            if protects(obj):
                raise Refused(Conflict(_(refusals.NAMED)))
            return True
        rule = _rule_against(request, view, obj)
        if rule:
            raise refused(rule)
        return True


class KeptGroups(BasePermission):
    """Keeps the groups that follow appointments."""

    @in_their_language
    def has_permission(self, request: Request, view: Any) -> bool:
        """Refuse another group of ours, or another group under a name of ours."""
        name = request.data.get("name") if hasattr(request.data, "get") else None
        if request.method == "POST" and is_ours(name):
            raise refused(refusals.GROUP)
        return True

    @in_their_language
    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Refuse to change or delete one of ours, and to make one of another."""
        name = request.data.get("name") if hasattr(request.data, "get") else None
        if request.method not in SAFE_METHODS and (is_ours(obj.name) or is_ours(name)):
            raise refused(refusals.GROUP)
        return True
