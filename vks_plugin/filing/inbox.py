"""Where documents wait that are nobody's and in no case: with the service account, for the clerks of one office.

The host lets everybody read and change what has no owner. Whatever comes in so, from the consume folder, by
mail, because its owner took himself off it or his account is gone, is taken here before anybody else could read it; and
what somebody who leaves an office put in there.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.models import Restructuring
from vks_plugin.access.projection import project_case
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.models import Assignment, CaseDocument, CatalogueType
from vks_plugin.conf import configuration
from vks_plugin.errors import Conflict
from vks_plugin.host.models import Document
from vks_plugin.host.permissions import Grant, granted_to_groups, grants_of, write_grants
from vks_plugin.host.provision import CASE_CODE_FIELD, case_code_field_id
from vks_plugin.host.search import reindex_on_commit
from vks_plugin.host.unowned import Reach, give
from vks_plugin.organization.actions import ensure_group, service_account_id
from vks_plugin.organization.models import Appointment, ProcuracyUnit, ServiceAccount
from vks_plugin.organization.queries import acting_for, dated_access_suspended
from vks_plugin.organization.roles import Role, group_name

KEEPERS = (Role.RECORDS_CLERK, Role.SCAN_OPERATOR)
"""Who looks after the inbox of an office: they read what waits there and file it."""


def reach() -> Reach:
    """Return which documents are ours to look after."""
    settings = configuration()
    types = CatalogueType.objects.filter(host_type_id__isnull=False).values_list("host_type_id", flat=True)
    return Reach(
        host_type_ids=[pk for pk in types if pk is not None],
        tag=settings.inbox_tag,
        everything=settings.take_every_unowned,
    )


def inbox_unit() -> ProcuracyUnit | None:
    """Return the office whose clerks keep the inbox: the one that is set, else the only one that uses the system.

    Of one that is set and was taken over, it is the office that took over.
    """
    today = timezone.localdate()
    code = configuration().inbox_unit
    if not code:
        return _only_one(ProcuracyUnit.objects.on(today).filter(active_from__lte=today))
    return _as_of_today(ProcuracyUnit.objects.filter(code=code))


def _as_of_today(named: QuerySet[ProcuracyUnit]) -> ProcuracyUnit | None:
    """Return the office of this query that exists today, or the only one that took over from it."""
    units = ProcuracyUnit.objects.on(timezone.localdate())
    return units.filter(pk__in=named).first() or _only_one(
        units.filter(pk__in=acting_for(named.values_list("pk", flat=True)))
    )


def _only_one(units: QuerySet[ProcuracyUnit]) -> ProcuracyUnit | None:
    found = list(units[:2])
    return found[0] if len(found) == 1 else None


def _grants() -> frozenset[Grant]:
    return _grants_of(inbox_unit())


def _grants_of(unit: ProcuracyUnit | None) -> frozenset[Grant]:
    groups = [ensure_group(unit, role).pk for role in KEEPERS] if unit is not None else []
    return frozenset(Grant("group", pk, action) for pk in groups for action in ("view", "change"))


@transaction.atomic
def take_unowned(document_ids: Iterable[int] | None = None, *, whenever_added: bool = False) -> int:
    """Give an owner and an office to documents in reach that have none; return how many those were.

    Args:
        document_ids: only these; every one there is when None.
        whenever_added: also those that say they were in the archive before there were cases here.
    """
    unowned = Document.global_objects.filter(owner__isnull=True)
    if document_ids is not None:
        unowned = unowned.filter(pk__in=list(document_ids))
    ours = reach().documents(whenever_added=whenever_added)
    found = set(ours.filter(pk__in=unowned).values_list("pk", flat=True))
    filed = CaseDocument.objects.filter(document_id__in=unowned.values("pk"))
    filed = filed.select_related(*(f"case__{fact}" for fact in FACTS))
    for each in filed:
        project_case(each.case, documents=[each])
        found.discard(each.document_id)
    if found:
        keep(found)
    return len(found) + len(filed)


def _waiting() -> QuerySet[Document]:
    """Return what lies in the inbox of any office, and what was taken while no office kept one."""
    owned = Document.global_objects.filter(owner_id=service_account_id(), root_document__isnull=True)
    return owned.exclude(pk__in=CaseDocument.objects.values("document_id"))


@transaction.atomic
def hand_to_keepers() -> int:
    """Give what was taken while no office kept the inbox to the one that does; return how many documents that were."""
    grants = _grants()
    waiting = set(_waiting().values_list("pk", flat=True)) if grants else set()
    # who has been let in by whatever way is not to be overruled
    unread = waiting - grants_of(waiting).keys()
    if unread:
        give(unread, owner_id=service_account_id(), grants=grants)
    return len(unread)


def in_reach(document_ids: Collection[int]) -> set[int]:
    """Return which of these documents are ours to look after should nobody own them; a filed one is its case's."""
    found = reach().documents().filter(pk__in=document_ids).exclude(pk__in=CaseDocument.objects.values("document_id"))
    return set(found.values_list("pk", flat=True))


def keep(document_ids: Collection[int]) -> None:
    """Give documents to the service account, and let the keepers of the inbox read them."""
    give(document_ids, owner_id=service_account_id(), grants=_grants())


def keep_alone(document_id: int) -> None:
    """Give a document to the service account, and let the keepers of the inbox read it and nobody else."""
    changed = write_grants({document_id: _grants()}, owner_id=service_account_id())
    reindex_on_commit(changed.any)


def waiting_for_an_office() -> int:
    """Return how many documents lie in the inbox that superusers alone read, since no office keeps it."""
    waiting = set(_waiting().values_list("pk", flat=True)) if inbox_unit() is None else set()
    return len(waiting - grants_of(waiting).keys())


def unowned_in_reach() -> list[int]:
    """Return the documents that ought to have an owner and have none, for the doctor."""
    rows = Document.global_objects.filter(owner__isnull=True)
    found = set(reach().documents().filter(pk__in=rows).values_list("pk", flat=True))
    found |= set(CaseDocument.objects.filter(document__owner__isnull=True).values_list("document_id", flat=True))
    return sorted(found)


def is_waiting(document: Document) -> bool:
    """Tell whether a document lies in the inbox."""
    return (
        document.owner_id == service_account_id() and not CaseDocument.objects.filter(document_id=document.pk).exists()
    )


def waiting_or_wordless_among(document_ids: Iterable[int]) -> QuerySet[Document]:
    """Return those of these documents that lie in the inbox, or in no case and without a word of text, wherever they lie.

    And those that are versions of such; in the trash too. Of the wordless those that came since there are cases here: intake
    took the words of what is called a state secret whosever it is, and an archive from before stays as it is.
    """
    if not ServiceAccount.objects.exists():
        return Document.global_objects.none()
    wordless = Reach(host_type_ids=(), tag="", everything=True).documents().filter(content="")
    wordless = wordless.exclude(pk__in=CaseDocument.objects.values("document_id"))
    found = _waiting() | wordless
    chosen = Document.global_objects.filter(pk__in=list(document_ids))
    return chosen.filter(Q(pk__in=found.values("pk")) | Q(root_document_id__in=found.values("pk")))


def papers_waiting_in(unit: ProcuracyUnit) -> int:
    """Return how many papers wait for the keepers of an office; what somebody has put into the bin waits for nobody."""
    names = [group_name(unit.code, role) for role in KEEPERS]
    keepers = set(Group.objects.filter(name__in=names).values_list("pk", flat=True))
    return granted_to_groups(_waiting().filter(deleted_at__isnull=True), keepers).count() if keepers else 0


def papers_in_hand(unit: ProcuracyUnit) -> str:
    """Return a sentence on how many papers wait for the keepers of an office; empty for none.

    Once it had ended they would be superusers' alone.
    """
    papers = papers_waiting_in(unit)
    if not papers:
        return ""
    return _(
        "%(unit)s còn %(papers)d tài liệu chờ trong hộp nhận: hãy để văn thư đưa vào hồ sơ vụ án (ghi Mã vụ án trong DMS), "
        "hoặc để đơn vị khác nhận (trang Sắp xếp đơn vị). Tài liệu mà tên mang dấu độ mật thì nhờ quản trị xóa."
    ) % {"unit": unit.name, "papers": papers}


def looked_after(unit: ProcuracyUnit) -> str:
    """Return a sentence that an office keeps the inbox of what nobody owns; empty where another does, or none."""
    if inbox_unit() != unit:
        return ""
    return _(
        "%(unit)s đang trông hộp nhận tài liệu vào máy mà không có chủ: hãy nhờ quản trị máy chủ đặt VKS_INBOX_UNIT là đơn "
        "vị khác trước, hoặc để đơn vị khác nhận (trang Sắp xếp đơn vị)."
    ) % {"unit": unit.name}


def named_in_settings(unit: ProcuracyUnit) -> str:
    """Return a sentence that the setting names an office by its code, which could then not change; empty where it does not.

    Under another code nobody would keep the inbox, and nothing would say so: what comes in would be superusers' alone.
    """
    if configuration().inbox_unit != unit.code:
        return ""
    return _(
        "VKS_INBOX_UNIT nêu %(unit)s bằng mã %(code)s để trông hộp nhận: hãy nhờ quản trị máy chủ đặt đơn vị khác trước, sửa "
        "mã, rồi đặt lại theo mã mới."
    ) % {"unit": unit.name, "code": unit.code}


def follow_take_over(row: Restructuring) -> None:
    """Let the keepers of an office have what waits for those of the offices it took over."""
    codes, new = [unit.code for unit in row.predecessors.all()], row.successor
    instead: dict[int, int] = {}
    for role in KEEPERS:
        groups = Group.objects.filter(name__in=[group_name(code, role) for code in codes]).values_list("pk", flat=True)
        instead |= dict.fromkeys(groups, ensure_group(new, role).pk)
    desired = {}
    for document_id, grants in grants_of(_waiting().values_list("pk", flat=True)).items():
        after = {
            each._replace(holder_id=instead[each.holder_id])
            if each.holder == "group" and each.holder_id in instead
            else each
            for each in grants
        }
        if after != grants:
            desired[document_id] = frozenset(after)
    reindex_on_commit(write_grants(desired, owner_id=service_account_id()).any)


class Standing(NamedTuple):
    """What an import into the host must leave as it is: what our rows name by number."""

    field_id: int | None
    """The field of case codes; None before `vks_setup`, or after somebody removed it."""
    names: dict[int, str]
    """Accounts our rows name, and what they are called: the owner of every case document, who has a post or a case."""


def before_import() -> Standing:
    """Return what stands before an import; nothing that it could harm before `vks_setup`."""
    named = (
        Q(pk__in=ServiceAccount.objects.values("user_id"))
        | Q(pk__in=Appointment.objects.values("user_id"))
        | Q(pk__in=Assignment.objects.values("user_id"))
    )
    return Standing(case_code_field_id(), dict(User.objects.filter(named).values_list("pk", "username")))


def take_imported(document_ids: Collection[int], before: Standing) -> None:
    """Take what an import into the host brought without an owner, once there are cases here.

    Args:
        document_ids: the documents it brought so.
        before: what stood before it.

    Raises:
        Conflict: the import wrote another account over the one that owns every case document or over that of somebody who
            has a post or a case, or another field over that of case codes.
    """
    if not ServiceAccount.objects.exists():
        # before `vks_setup`: what is in the archive by then stays as it is
        return
    harm = _written_over(before)
    if harm:
        advice = _(
            "Hãy nhập vào máy chủ trống trước khi chạy vks_setup, hoặc phục hồi cả cơ sở dữ liệu từ bản sao lưu."
        )
        message = f"{harm} {advice}"
        raise Conflict(message)
    take_unowned(document_ids, whenever_added=True)


def _written_over(before: Standing) -> str:
    """Return the sentence on what an import wrote another thing over, or nothing."""
    owner = service_account_id()
    after = User.objects.filter(pk__in=before.names).values_list("pk", "username")
    others = {pk: {"name": name, "ours": before.names[pk]} for pk, name in after if name != before.names[pk]}
    if owner in others:
        return (
            _(
                "Bản nhập ghi tài khoản %(name)s đè lên tài khoản %(ours)s, chủ của mọi tài liệu hồ sơ: không nhập gì cả."
            )
            % others[owner]
        )
    if others:
        return (
            _(
                "Bản nhập ghi tài khoản %(name)s đè lên tài khoản %(ours)s, người có chức danh hoặc được phân công ở đây: "
                "không nhập gì cả."
            )
            % others[min(others)]
        )
    if before.field_id is not None and case_code_field_id() != before.field_id:
        return _("Bản nhập ghi một trường khác đè lên trường “%(field)s” của tài liệu hồ sơ: không nhập gì cả.") % {
            "field": CASE_CODE_FIELD
        }
    return ""


# --- somebody leaves an office -------------------------------------------------------------------


def follow_posts(user_ids: Collection[int]) -> None:
    """Let an office keep what people who have left it put into the DMS while they worked there, and filed in no case.

    In the transaction that ends the post: with it ends what they read there, papers they handed in themselves too. What
    somebody put in on a day on which he had a post that he still has stays his. Whom he showed a paper may see it still.
    """
    if dated_access_suspended():
        # posts are not over, they only open nothing for now
        return
    today, posts = timezone.localdate(), _posts_begun(user_ids)
    instead = {pk: acting_for([pk]) for pk in {post.unit_id for held in posts.values() for post in held}}
    for user_id, held in posts.items():
        current = {post.unit_id for post in held if post.ended_at is None and (post.ends_on or today) >= today}
        over = [post for post in held if not instead[post.unit_id] & current]
        left: dict[int, list[int]] = defaultdict(list)
        for pk, added in _unfiled_of(user_id).values_list("pk", "added") if over else ():
            then = [post for post in held if _covers(post, added)]
            if then and all(post in over for post in then):
                left[then[-1].unit_id].append(pk)
        for unit_id, chosen in left.items():
            _keep_for(_as_of_today(ProcuracyUnit.objects.filter(pk=unit_id)) or inbox_unit(), chosen, user_id)


def papers_kept_by(user_ids: Collection[int]) -> int:
    """Return how many papers would go from these people into an inbox, were their posts ended; those in the bin not counted."""
    return sum(
        any(_covers(post, added) for post in held)
        for user_id, held in _posts_begun(user_ids).items()
        for _pk, added in _unfiled_of(user_id).filter(deleted_at__isnull=True).values_list("pk", "added")
    )


def _posts_begun(user_ids: Collection[int]) -> dict[int, list[Appointment]]:
    """Return the posts that people have, or had, by person, in the order in which they were given."""
    posts: dict[int, list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(user_id__in=user_ids, starts_on__lte=timezone.localdate())
    for post in rows.order_by("pk"):
        posts[post.user_id].append(post)
    return posts


def _unfiled_of(user_id: int) -> QuerySet[Document]:
    """Return what is somebody's, ours to look after and in no case."""
    owned = reach().documents().filter(owner_id=user_id)
    return owned.exclude(pk__in=CaseDocument.objects.values("document_id"))


def _covers(post: Appointment, moment: dt.datetime) -> bool:
    day = timezone.localtime(moment).date()
    return (
        post.starts_on <= day
        and (post.ends_on is None or day <= post.ends_on)
        and (post.ended_at is None or moment <= post.ended_at)
    )


def _keep_for(unit: ProcuracyUnit | None, document_ids: Collection[int], user_id: int) -> None:
    """Give documents of somebody to the service account, for the keepers of this office."""
    grants, present = _grants_of(unit), grants_of(document_ids)
    others = {
        pk: frozenset(each for each in present.get(pk, set()) if (each.holder, each.holder_id) != ("user", user_id))
        for pk in document_ids
    }
    changed = write_grants({pk: kept | grants for pk, kept in others.items()}, owner_id=service_account_id())
    reindex_on_commit(changed.any)


# --- somebody takes the owner off a document ----------------------------------------------------


def _owner_goes(
    sender: object,
    *,
    instance: Document,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **_signal: object,
) -> None:
    """Write the service account in the place of no owner: to take the document afterwards would show it meanwhile.

    One that is only now being made has no readers yet: it is taken before the host indexes it.
    """
    written = update_fields is None or "owner" in update_fields or "owner_id" in update_fields
    if raw or not written or instance.owner_id is not None or instance._state.adding or not in_reach([instance.pk]):  # noqa: SLF001 - Django's documented way
        return
    instance.owner_id = service_account_id()
    instance._vks_kept = True  # noqa: SLF001 - ours, for a moment


def _owner_gone(sender: object, *, instance: Document, **_signal: object) -> None:
    """Let the keepers have it."""
    if instance.__dict__.pop("_vks_kept", False):
        keep([instance.pk])


# --- somebody's account is deleted -------------------------------------------------------------


def _account_goes(sender: object, *, instance: User, **_signal: object) -> None:
    """Remember what is his: the host empties its owner in the course of the deletion."""
    owned = reach().documents().filter(owner=instance)
    instance._vks_left_behind = list(owned.values_list("pk", flat=True))  # type: ignore[attr-defined]  # noqa: SLF001 - ours, for a moment


def _account_gone(sender: object, *, instance: User, **_signal: object) -> None:
    """Take what he left behind, before the deletion commits."""
    left = getattr(instance, "_vks_left_behind", [])
    if left:
        take_unowned(left)


def watch_owners() -> None:
    """Look after what people leave behind, their accounts or they themselves."""
    pre_save.connect(_owner_goes, sender=Document, dispatch_uid="vks.owner_goes")
    post_save.connect(_owner_gone, sender=Document, dispatch_uid="vks.owner_gone")
    pre_delete.connect(_account_goes, sender=User, dispatch_uid="vks.account_goes")
    post_delete.connect(_account_gone, sender=User, dispatch_uid="vks.account_gone")
