"""Accessions: who may prepare, take and read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from vks_plugin.access.policy import LEADING, Level
from vks_plugin.access.queries import CaseView, case_for, holds_post, visible_cases
from vks_plugin.cases.models import CaseDocument, CaseFile
from vks_plugin.custody.models import (
    Accession,
    AccessionItem,
    DigitisationBatch,
    HandOver,
    LoanedPart,
    RetentionHold,
    SealedDocument,
    SealManifest,
)
from vks_plugin.custody.queries.hand_overs import (
    exhibits_still_out,
    settled_in_words,
    still_out_in_words,
    with_volumes_elsewhere,
)
from vks_plugin.custody.queries.holding import holder_of
from vks_plugin.custody.queries.loans import entries_by_row
from vks_plugin.custody.queries.settled import found_before, kept_from_itself
from vks_plugin.custody.states import ACCESSION, DIGITISATION, HAND_OVER
from vks_plugin.errors import NotFound
from vks_plugin.language import Language, speaking
from vks_plugin.organization.models import Appointment, ProcuracyUnit
from vks_plugin.organization.queries import acting_for, posts_in_force, with_taken_over

GIVERS = LEADING | {"records_clerk"}
"""Roles whose holders hand cases of their office to its archive."""
ARCHIVIST = "archivist"


def hidden_from_archivists() -> str:
    """Return why a restricted case does not go to the archive; for who may know of it."""
    return _("hạn chế nội bộ nên Lưu trữ viên không được biết: lãnh đạo đổi độ nhạy cảm trước")


def changed_somehow() -> str:
    """Return what others are told instead; it says nothing of what became of the case."""
    return _("không còn như lúc đóng gói: hãy hỏi lãnh đạo đơn vị")


def longest_silence() -> dt.timedelta:
    """Return after how long a worker that was not heard of is taken for lost: the host has ended its task by then."""
    # half an hour, unless the host was told otherwise
    return dt.timedelta(seconds=getattr(settings, "CELERY_TASK_TIME_LIMIT", None) or 1800, minutes=5)


def is_being_packed(row: Accession) -> bool:
    """Tell whether a worker packs an accession, or is about to; one that was cut off is said to be lost after a while."""
    return row.state == ACCESSION.first and timezone.now() - (row.beat or row.asked_at) < longest_silence()


TAKER_LOST = dt.timedelta(minutes=2)
"""A worker that reads packages again and was not heard of for so long is taken for lost."""


def is_being_taken(row: Accession) -> bool:
    """Tell whether a worker reads the packages of an accession again, or is about to, for whoever takes it."""
    return (
        row.state in ACCESSION.move("accept").sources
        and row.taking_at is not None
        and row.beat is not None
        and timezone.now() - row.beat < TAKER_LOST
    )


def may_be_packed_again(row: Accession) -> bool:
    """Tell whether an accession waits for somebody to have it packed again: it failed, or its worker was lost."""
    return row.state in ACCESSION.move("retry").sources and not is_being_packed(row)


def may_give(user: User, unit_id: int) -> bool:
    """Tell whether the person may hand cases of an office to its archive."""
    return holds_post(user, GIVERS, acting_for([unit_id]))


def may_take(user: User, accession: Accession) -> bool:
    """Tell whether the person may take an accession: an archivist of the office, never who gives it."""
    return user.pk != accession.giver_id and holds_post(user, {ARCHIVIST}, acting_for([accession.unit_id]))


def has_archivist(unit: ProcuracyUnit) -> bool:
    """Tell whether an office has an archivist today."""
    return (
        Appointment.objects.in_force(timezone.localdate())
        .filter(unit=unit, role=ARCHIVIST, user__is_active=True)
        .exists()
    )


def what_is_unfinished(cases: Collection[int]) -> dict[int, str]:
    """Return, by key, what of these cases has to be finished before the archive can have them (some seven queries).

    A part that was digitised in batches goes sealed as a whole: nobody checked and confirmed what was added to it since.
    A part that never was one, such as papers drawn up here, goes as it is; the package says which documents are sealed.
    """
    out = LoanedPart.objects.filter(case__in=cases, is_out=True)
    moving = HandOver.objects.filter(case__in=cases, state__in=HAND_OVER.open)
    elsewhere = with_volumes_elsewhere(cases)
    scanned = DigitisationBatch.objects.filter(case__in=cases, state__in=DIGITISATION.open)
    coming = CaseFile.objects.filter(pk__in=cases, intake_items__status="waiting")
    sealed_parts = SealManifest.objects.filter(case=OuterRef("case"), part=OuterRef("part"))
    loose = CaseDocument.objects.filter(Exists(sealed_parts), case__in=cases).exclude(
        document_id__in=SealedDocument.objects.order_by().values("document_id")
    )
    # the signed record of a hand-over is no paper of the investigation: nothing has to be digitised for it
    records = HandOver.objects.filter(case__in=cases, signed_paper__isnull=False).order_by().values("signed_paper")
    loose = loose.exclude(pk__in=records)
    found: dict[int, str] = {}
    for rows, words in (
        (out.values_list("case_id", flat=True), _("đang cho mượn: nhận trả trước")),
        (moving.values_list("case_id", flat=True), _("đang giao nhận: làm xong hoặc hủy trước")),
        (
            elsewhere.values_list("case_id", flat=True),
            _("còn tập chưa về cùng hồ sơ: ghi nhận tập đó, hoặc lãnh đạo ghi thất lạc, giữ hẳn trước"),
        ),
        (scanned.values_list("case_id", flat=True), _("đang số hóa: kết thúc hoặc hủy đợt trước")),
        (coming.values_list("pk", flat=True), _("máy đang nhận tệp: hãy chờ xong")),
        (
            loose.values_list("case_id", flat=True),
            _("còn tài liệu nộp sau khi kết thúc số hóa, chưa niêm phong: mở đợt bổ sung trước"),
        ),
    ):
        for key in set(rows.order_by()):
            found.setdefault(key, words)
    for key, numbers in kept_from_itself(cases).items():
        found.setdefault(key, found_before(numbers))
    return found


def exhibits_left(accession: Accession) -> dict[int, list[str]]:
    """Return which exhibits did not come along with the files of an accession, in words, by case.

    Of one the archive took, as the entries of the ledger say it was then; else as it is now.
    """
    cases = list(accession.items.values_list("case_id", flat=True))
    if accession.accepted_at is None:
        return still_out_in_words(exhibits_still_out(cases))
    entries = entries_by_row(cases, ("accessioned",), "accession", [accession.pk])[accession.pk]
    out = {each.case_id: each.said["data"].get("exhibits_outstanding") or () for each in entries if each.case_id}
    return still_out_in_words(out, accession.accepted_at)


def pieces_settled(accession: Accession) -> dict[int, list[str]]:
    """Return which volumes and exhibits of the files of an accession nobody waits for, in words, by case.

    Of one the archive took, as it was then.
    """
    cases = list(accession.items.values_list("case_id", flat=True))
    return settled_in_words(cases, accession.accepted_at)


def accessions_for(user: User) -> QuerySet[Accession]:
    """Return the accessions of offices in which the person gives or takes, or which the person leads from above.

    Those of offices that were taken over are their successors' to read.
    """
    own, below = set(), set()
    for role, unit in posts_in_force(user) if user.is_active else ():
        if role in GIVERS or role == ARCHIVIST:
            own.add(unit.pk)
        if role in LEADING:
            below.add(unit.pk)
    own, below = with_taken_over(own), with_taken_over(below)
    rows = Accession.objects.filter(Q(unit_id__in=own) | Q(unit__parent_id__in=below))
    return rows.select_related("unit__parent", "giver", "receiver").order_by("-pk")


def accession_for(user: User, pk: int) -> Accession:
    """Return an accession the person may know of.

    Raises:
        NotFound: there is none, or none of the person's offices.
    """
    found = accessions_for(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có lần nộp lưu này trong phạm vi của bạn."))
    return found


def known_cases(user: User, accession: Accession) -> set[int]:
    """Return the keys of the cases of an accession that the person may know of."""
    keys = accession.items.values("case_id")
    return set(visible_cases(user).filter(pk__in=keys).values_list("pk", flat=True))


def knows_all(user: User, accession: Accession) -> bool:
    """Tell whether the person may know of every case of an accession, which is who may have its papers."""
    return not accession.items.exclude(case__in=visible_cases(user).order_by().values("pk")).exists()


def told_error(user: User, accession: Accession) -> str:
    """Return why an accession could not be packed or taken, as this person may know it.

    The sentence was written for who may know of every case; to others no case is said to be restricted.
    """
    sentence = accession.error
    if not sentence or knows_all(user, accession):
        return sentence
    languages: tuple[Language, ...] = ("vi", "en")
    for language in languages:
        # as the worker wrote it
        with speaking(language):
            told, instead = hidden_from_archivists(), changed_somehow()
        sentence = sentence.replace(told, instead)
        if len(accession.error) == Accession._meta.get_field("error").max_length:
            # cut off within those words
            left = next((told[:size] for size in range(len(told), 2, -1) if sentence.endswith(told[:size])), "")
            sentence = sentence.removesuffix(left)
    return sentence


def package_for(user: User, pk: int, code: str) -> AccessionItem:
    """Return a case of an accession whose package the person may have: who may read both parts of the case.

    Raises:
        NotFound: there is none, the person may not read all that is in it, its file is not made, or it was disposed of.
    """
    accession = accession_for(user, pk)
    view = case_for(user, code)
    item = accession.items.filter(case=view.case).exclude(sha256="").first()
    if item is not None and view.case.destroyed_at is not None:
        raise NotFound(_("Gói này đã tiêu hủy cùng hồ sơ; còn lại mã băm của gói ở lần nộp lưu."))
    if item is None or min(view.decision.level, view.internal.level) < Level.VIEW or not item.path.is_file():
        raise NotFound(_("Không có gói hồ sơ này trong phạm vi của bạn."))
    return item


def told_of_leaving(view: CaseView) -> list[tuple[str, str]]:
    """Return what becomes of a case once it is taken out of the archive, as pairs of a name and a sentence.

    Counts are of what the person sees; for who may take it out (three queries).
    """
    case = view.case
    papers = list(view.documents.values_list("document_id", flat=True))
    sealed = SealedDocument.objects.filter(document_id__in=papers).count()
    held = RetentionHold.objects.filter(case=case, ended_at__isnull=True).count()
    return [
        (
            _("Tài liệu"),
            _(
                "%(papers)d tài liệu ở nguyên trong hồ sơ, lại nộp thêm và sửa thông tin được; %(sealed)d tài liệu đã niêm phong vẫn "
                "niêm phong, nộp thêm thì niêm phong bổ sung."
            )
            % {"papers": len(papers), "sealed": sealed},
        ),
        (
            _("Quyền xem"),
            _(
                "Lưu trữ viên đơn vị thụ lý thôi xem được hồ sơ theo chức danh; người được phân công và lãnh đạo lại làm việc với hồ sơ "
                "theo quyền của mình."
            ),
        ),
        (
            _("Hồ sơ giấy"),
            _("Hồ sơ vụ án vẫn ở %(keeper)s: lấy về thì ghi giao nhận.") % {"keeper": holder_of(case, "hsva").name},
        ),
        (
            _("Giữ lại"),
            (
                _("%(number)d lệnh giữ hồ sơ vẫn còn hiệu lực.") % {"number": held}
                if held
                else _("Không có lệnh giữ hồ sơ nào.")
            )
            + " "
            + _("Không tiêu hủy được khi hồ sơ không còn trong lưu trữ."),
        ),
        (
            _("Sổ cái"),
            _(
                "Thêm một mục “Rút sự kiện tố tụng”: ai, lúc nào, lý do (giá trị ẩn). Mục nộp lưu, biên bản và gói đã lập giữ "
                "nguyên; nộp lưu lại thì lập gói mới."
            ),
        ),
    ]
