"""Makes the facts exist: offices, people, cases and documents, each full of words that nothing else says.

Such a word is found wherever it comes out: in a title, a name, a file, a count of hits, an error. `World.secrets` has whose
each is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from tests.access.matrix import oracle
from tests.access.matrix.facts import ABOVE, IN_CHARGE, Case, Facts, Paper, facts
from tests.custody.batches import seal_outright
from tests.people import STARTED, pdf_bytes
from vks_plugin.access import actions as access
from vks_plugin.access import temporary, transfers
from vks_plugin.access.projection import project_case
from vks_plugin.access.queries import FACTS
from vks_plugin.cases.actions import AccusedInput, ChargeInput
from vks_plugin.cases.models import Assignment, CaseDocument, CaseFile, CaseImport, CatalogueType, SavedFilter
from vks_plugin.conf import configuration
from vks_plugin.court import actions as court
from vks_plugin.court.deck import actions as decks
from vks_plugin.court.deck.videos import keep_video
from vks_plugin.court.models import Bundle, RedactionWork
from vks_plugin.court.redaction import Mark
from vks_plugin.court.redactions import redact_document
from vks_plugin.court.sessions import actions as sessions
from vks_plugin.court.words import Box
from vks_plugin.custody import actions as custody
from vks_plugin.custody import keys
from vks_plugin.custody.actions import hand_overs
from vks_plugin.custody.actions.retention import place_hold
from vks_plugin.custody.models import Accession, AccessionItem
from vks_plugin.disposal.models import DestructionBatch, DestructionItem
from vks_plugin.filing import actions as filing
from vks_plugin.filing import inbox
from vks_plugin.host import provision
from vks_plugin.host.models import CustomField, CustomFieldInstance, Document
from vks_plugin.host.search import reindex
from vks_plugin.management.commands.vks_setup import load_missing
from vks_plugin.organization import actions as organization
from vks_plugin.organization.models import Appointment, Department, ProcuracyUnit

REASON = "Cần hồ sơ ngay trong đêm nay để ra quyết định."
DECISION = "12/QĐ-VKS ngày 05/11/2026"
EVERYWHERE = "Công văn phối hợp"
"""Stands in every document, so that a search for it finds all that somebody may find."""

FIRST_NUMBER, STEP, ABSENT_NUMBER = 7_310_411, 1_237, 7_399_999
"""Numbers of documents: nothing else in an answer looks like one."""
ABSENT_CODE = "HS-QN-KV1-2026-9999"
ABSENT_KEY = "6f9d6f0e-3c39-4f0e-8a5e-0d1f6f0f5a11"


BORROWER = "colleague_kv1"
"""Who asked for paper of the cases that have everything."""
WITH_ALL = ("own", "restricted")
"""Cases with a session, a presentation, a hold, a hand-over and a loan."""
IN_THE_ARCHIVE = ("archived", "archived_restricted")
"""Cases that are handed to the archive and disposed of together."""

KNOWN: dict[str, Callable[[Facts, str, str], bool]] = {
    "hand-over": oracle.hand_over_known,
    "loan": lambda facts, who, case: oracle.loan_known(facts, who, case, BORROWER),
    "deck": oracle.deck_known,
    "kept": lambda facts, who, owner: who == owner or facts.people[who].superuser,
    "archive": oracle.archive_known,
}
"""Who may be told of what hangs on a case, by the sort of secret."""


class Secret(NamedTuple):
    """A word, and whom it may be told."""

    word: str
    sort: str
    """`paper` to its readers, `case` to who knows of it, `record` to who reads the case file, `private` to one person;
    `hand-over`, `loan`, `deck` and `archive` as the oracle says of what hangs on the case; `kept` to one person and to who
    runs the host."""
    of: str
    what: str


@dataclass
class Written:
    """A document as it was made."""

    pk: int
    words: dict[str, str]
    """By what they stand in: `title`, `content`, `file`, `note`, `name`, `checksum`, `number`."""


@dataclass
class World:
    """Everything there is to ask about."""

    facts: Facts
    accounts: dict[str, User]
    units: dict[str, ProcuracyUnit]
    codes: dict[str, str] = field(default_factory=dict)
    """Codes of cases by their keys."""
    papers: dict[str, Written] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Keys of rows, by case and place in an address."""
    others: dict[str, Any] = field(default_factory=dict)
    """Keys of things that are in no case."""
    secrets: list[Secret] = field(default_factory=list)
    files: dict[Path, bytes] = field(default_factory=dict)
    """What lies on the disk."""

    def put_back(self) -> None:
        """Put files and entries of the index back as the database has them, after a request that was taken back there alone."""
        for path, data in self.files.items():
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        reindex(written.pk for written in self.papers.values())

    def case(self, key: str) -> CaseFile:
        """Return a case as it is now."""
        return CaseFile.objects.select_related(*FACTS).get(code=self.codes[key])

    def allowed(self, who: str, secret: Secret) -> bool:
        """Tell whether somebody may be told a word."""
        if secret.sort == "paper":
            return oracle.reads(self.facts, who, secret.of)
        if secret.sort == "case":
            # a code that one typed or saw when one opened the case stands in one's own list of openings
            named = any(each.who == who for each in self.facts.cases[secret.of].openings)
            # and the paper somebody asked for at the desk is told by its code
            named = named or (who == BORROWER and secret.of in WITH_ALL)
            typed = secret.what == "code" and named
            return typed or oracle.knows(self.facts, who, secret.of) or self._told_otherwise(who, secret.of)
        if secret.sort == "record":
            return oracle.goes(self.facts, who, secret.of) >= oracle.READS
        if secret.sort in KNOWN:
            return KNOWN[secret.sort](self.facts, who, secret.of)
        return who == secret.of

    def _told_otherwise(self, who: str, case: str) -> bool:
        """Tell whether the code and name of a case stand on papers in the host that somebody may read."""
        return any(
            paper.case == case and oracle.reads(self.facts, who, key) for key, paper in self.facts.papers.items()
        )

    def leader(self, key: str) -> User:
        """Return who leads the office of a case."""
        return self.accounts[{"QN": "chief_province", "QN-KV1": "chief_kv1", "QN-KV3": "chief_kv3"}[self._unit(key)]]

    def _unit(self, key: str) -> str:
        return self.facts.cases[key].unit

    def change_case(self, key: str, **values: Any) -> None:
        """Let the facts of a case be others from now on."""
        self.facts.cases[key] = replace(self.facts.cases[key], **values)


class _Words:
    """Words of nine letters that occur nowhere else."""

    def __init__(self) -> None:
        self._random = random.Random(20261128)
        self._given: set[str] = set()

    def __call__(self) -> str:
        while True:
            word = f"zq{''.join(self._random.choices('abdeghikmnoprtuvy', k=6))}q"
            if word not in self._given:
                self._given.add(word)
                return word


def build() -> World:
    """Make everything; for a database that commits, with nothing of ours in it."""
    vars(settings)["VKS_INBOX_UNIT"] = "QN-KV1"
    settings.CELERY_TASK_ALWAYS_EAGER = True
    configuration.cache_clear()
    load_missing(["folio_profiles"])
    # without a key nothing is exported that could tell something; a world before this one left the file of its own
    keys.key_path().unlink(missing_ok=True)
    custody.ensure_key()
    words = _Words()
    world, types = _found(facts(), words)
    told = world.facts
    for key, case in told.cases.items():
        _let(world, key, case)
    for key, person in told.people.items():
        if any(post.ended for post in person.posts):
            organization.end_appointment(appointment=Appointment.objects.get(user=world.accounts[key]))
    _things(world, types, words)
    locked = world.accounts["locked"]
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    settings.CELERY_TASK_ALWAYS_EAGER = False
    papers = CaseDocument.objects.filter(case__code=world.codes["sealed"], part="hsva").select_related("document")
    batch = seal_outright(world.case("sealed"), list(papers), by=world.leader("sealed"))
    world.rows["sealed"]["digitisation"] = batch.pk
    # taken by the archive once everything in them was made
    taken = [world.codes[key] for key, case in told.cases.items() if case.status == "da_nop_luu"]
    CaseFile.objects.filter(code__in=taken).update(archived_at=timezone.now())
    return world


def found(told: Facts) -> World:
    """Make offices, people, cases and documents and nothing else; what was done to a case later is not."""
    return _found(told, _Words())[0]


def _found(told: Facts, words: _Words) -> tuple[World, dict[str, CatalogueType]]:
    organization.ensure_service_account()
    provision.ensure_case_code_field()
    provision.ensure_storage_path()
    with transaction.atomic():
        units = _offices()
        world = World(told, _people(told, units), units)
    types = _catalogue()
    with transaction.atomic():
        for key, case in told.cases.items():
            _case(world, key, case, words)
    with transaction.atomic():
        for number, (key, paper) in enumerate(told.papers.items()):
            _paper(world, key, paper, types, words, FIRST_NUMBER + STEP * number)
    return world, types


@contextmanager
def standing() -> Iterator[World]:
    """Build the world, and take back what it set outside the database."""
    eager = settings.CELERY_TASK_ALWAYS_EAGER
    try:
        yield build()
    finally:
        settings.CELERY_TASK_ALWAYS_EAGER = eager
        vars(settings).pop("VKS_INBOX_UNIT", None)
        configuration.cache_clear()


def _offices() -> dict[str, ProcuracyUnit]:
    made: dict[str, ProcuracyUnit] = {}
    for code in ("QN", *ABOVE):
        above = made.get(ABOVE.get(code, ""))
        made[code] = ProcuracyUnit.objects.create(
            code=code,
            name=f"Viện kiểm sát nhân dân {code}",
            short_name=f"VKSND {code}",
            kind=ProcuracyUnit.Kind.REGIONAL if above else ProcuracyUnit.Kind.PROVINCE,
            parent=above,
            valid_from=dt.date(2000, 1, 1),
            active_from=STARTED,
        )
    for (code, department), stages in IN_CHARGE.items():
        Department.objects.create(
            unit=made[code], code=department, name=f"Phòng {department[1:]}", stages=sorted(stages)
        )
    return made


def _day(offset: int | None) -> dt.date | None:
    return None if offset is None else timezone.localdate() + dt.timedelta(days=offset)


def _people(told: Facts, units: dict[str, ProcuracyUnit]) -> dict[str, User]:
    accounts: dict[str, User] = {}
    for number, (key, person) in enumerate(told.people.items()):
        if key == "nobody":
            continue
        account = User.objects.create_user(
            key, last_name="Họ", first_name=f"Tên {number}", is_superuser=person.superuser, is_staff=person.staff
        )
        if person.staff and not person.superuser:
            account.user_permissions.set(Permission.objects.all())
        for post in person.posts:
            department = Department.objects.filter(unit=units[post.unit], code=post.department).first()
            deputises = post.ends is not None and post.ends >= 0
            organization.appoint(
                user=account,
                unit=units[post.unit],
                role=post.role,
                department=department,
                capacity="deputising" if deputises else "regular",
                starts_on=_day(post.starts),
                ends_on=_day(post.ends),
            )
        accounts[key] = account
    # read again: memberships came after the accounts were made
    return {key: User.objects.get(pk=account.pk) for key, account in accounts.items()}


def _catalogue() -> dict[str, CatalogueType]:
    names = {"hsva": ("BBHC", "Biên bản hỏi cung bị can"), "hsks": ("BCDX", "Báo cáo đề xuất")}
    host_types, _made = provision.ensure_document_types(name for _code, name in names.values())
    return {
        part: CatalogueType.objects.create(
            code=code,
            name=name,
            group_code="05",
            group_name="Nhóm",
            position=50,
            part=part,
            host_type_id=host_types[name],
        )
        for part, (code, name) in names.items()
    }


def _case(world: World, key: str, case: Case, words: _Words) -> None:
    """Register a case of its first office, with people working on it and a row of each part of its record."""
    first = "QN-KV1" if key == "transferred" else case.unit
    clerk = {"QN": "clerk_province", "QN-KV1": "clerk_kv1", "QN-KV3": "clerk_kv3"}[first]
    leader = world.accounts[{"QN": "chief_province", "QN-KV1": "chief_kv1", "QN-KV3": "chief_kv3"}[first]]
    name, decision, accused, place = words(), words(), words(), words()
    made = access.register_case(
        actor=world.accounts[clerk],
        unit=world.units[first],
        digitise_myself=False,
        name=f"Vụ {name}",
        init_decision_no=f"{decision}/QĐ",
        init_decision_date=dt.date(2026, 3, 2),
        init_decision_agency="Công an tỉnh",
        charge_summary="Trộm cắp tài sản",
        handled_at=dt.date(2026, 3, 5),
        accused=[AccusedInput(f"Bị can {accused}", 1990, "nam")],
    )
    world.codes[key] = made.code
    made = world.case(key)
    first_accused = made.accused.all()[0]
    rows: dict[str, Any] = {"accused": first_accused}
    secrets = {part: words() for part in ("person", "measure", "exhibit", "withheld", "relation", "volume", "charge")}
    given: dict[str, dict[str, Any]] = {
        "person": {"role": "witness", "full_name": f"Nhân chứng {secrets['person']}"},
        "measure": {
            "accused": first_accused,
            "kind": "tam_giam",
            "starts_on": dt.date(2026, 3, 2),
            "facility": f"Trại {secrets['measure']}",
        },
        "exhibit": {"name": f"Dao {secrets['exhibit']}"},
        "withheld": {
            "level": "mat",
            "number": "7/BC",
            "dated": dt.date(2026, 3, 2),
            "kept_at": f"Két {secrets['withheld']}",
        },
        "relation": {"relation": "lien_quan", "other_text": f"Vụ {secrets['relation']}"},
        "volume": {"number": 1, "title": f"Tập {secrets['volume']}"},
    }
    for part, said in given.items():
        place_of = {"person": "people", "withheld": "withheld"}.get(part, f"{part}s")
        rows[place_of] = access.add_entry(actor=leader, case=made, part=part, values=said)
    rows["charges"] = access.charge(
        actor=leader, case=made, accused=first_accused, given=ChargeInput(text="173.1", decision_no=secrets["charge"])
    )
    world.rows[key] = {place: row.pk for place, row in rows.items()}
    world.rows[key]["events"] = rows["measures"].event_id
    world.secrets += [Secret(word, "record", key, part) for part, word in secrets.items()]
    world.secrets += [
        Secret(made.code.lower(), "case", key, "code"),
        Secret(name, "case", key, "name"),
        Secret(decision, "case", key, "decision"),
        Secret(accused, "case", key, "accused"),
        Secret(place, "record", key, "crime_place"),
    ]
    # after its events, which would lead it elsewhere
    values: dict[str, Any] = {"stage": case.stage, "status": case.status, "crime_place": f"Đường {place}"}
    if case.department:
        values["department"] = Department.objects.get(unit__code=case.unit, code=case.department)
    if case.trial_unit:
        values["trial_unit"] = world.units[case.trial_unit]
    CaseFile.objects.filter(pk=made.pk).update(**values)
    made = world.case(key)
    for work in case.works:
        lead = world.accounts["chief_province" if work.role in {"reviewer", "appeal_prosecutor"} else "chief_kv1"]
        giver = lead if case.unit == "QN-KV1" or key == "transferred" else leader
        if work.role == "trial_prosecutor":
            giver = world.accounts["chief_kv3"]
        row = access.assign(
            actor=giver,
            case=made,
            user=world.accounts[work.who],
            role=work.role,
            starts_on=_day(work.starts),
            ends_on=_day(work.ends),
        )
        world.rows[key]["assignments"] = row.pk


def _paper(world: World, key: str, paper: Paper, types: dict[str, CatalogueType], words: _Words, number: int) -> None:
    """Make a document of the host with a file, and file it when it is in a case."""
    said = {what: words() for what in ("title", "content", "file", "note", "name")}
    content = pdf_bytes(1, EVERYWHERE) + f"\n% {said['file']}\n".encode()
    checksum = hashlib.sha256(content).hexdigest()
    owner = world.accounts.get(paper.owner)
    if paper.case:
        owner = world.leader(paper.case)
    kept_type = types[paper.part].host_type_id if paper.case or paper.inbox_of else None
    values: dict[str, Any] = {"root_document_id": world.papers[paper.version_of].pk} if paper.version_of else {}
    if paper.version_of and any(each.name == "version_index" for each in Document._meta.get_fields()):
        values["version_index"] = 1
    document = Document.objects.create(
        pk=number,
        title=f"{EVERYWHERE} {said['title']}",
        content=f"{EVERYWHERE} {said['content']}",
        mime_type="application/pdf",
        checksum=checksum,
        page_count=1,
        owner=owner,
        filename=f"{number}.pdf",
        original_filename=f"{said['name']}.pdf",
        document_type_id=kept_type,
        created=dt.date(2026, 3, 2),
        **values,
    )
    if not (paper.case or paper.owner or paper.inbox_of):
        # from before there were cases here: what came in since would be taken into the inbox
        Document.objects.filter(pk=number).update(added=dt.datetime(2020, 1, 2, tzinfo=dt.UTC))
    for path, data in ((document.source_path, content), (document.thumbnail_path, f"RIFF {said['file']}".encode())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        world.files[path] = data
    writer = owner or world.accounts["superuser"]
    apps.get_model("documents", "Note").objects.create(document=document, note=f"Ghi {said['note']}", user=writer)
    said |= {"checksum": checksum, "number": str(number)}
    world.papers[key] = Written(number, said)
    world.secrets += [Secret(word, "paper", key, what) for what, word in said.items()]
    if paper.version_of:
        # filed before; the newer file is taken along as the nightly look does
        case = world.case(paper.case)
        project_case(case)
    elif paper.case:
        folio = 1 if paper.part == "hsva" else None
        case = world.case(paper.case)
        leader = world.accounts["chief_kv1"] if paper.case == "transferred" else world.leader(paper.case)
        filing.adopt(
            actor=leader,
            case=case,
            document=document,
            document_type=types[paper.part],
            folio_from=folio,
            folio_to=folio,
        )
    elif paper.inbox_of:
        inbox.take_unowned([number])
    for who in paper.shared_with:
        from guardian.shortcuts import assign_perm

        assign_perm("view_document", world.accounts[who], document)
    if not paper.case:
        transaction.on_commit(lambda: reindex([number]))


def _let(world: World, key: str, case: Case) -> None:
    """Do to a case what was done to it after its papers were filed."""
    leader = world.leader(key)
    if key == "transferred":
        transfers.transfer_case(
            actor=world.accounts["chief_kv1"], case=world.case(key), to=world.units[case.unit], decision=DECISION
        )
    for work in case.works:
        if work.ended and key != "transferred":
            row = Assignment.objects.get(case__code=world.codes[key], user=world.accounts[work.who])
            access.end_assignment(actor=leader, assignment=row)
    for opening in case.openings:
        open_for(world, key, opening.who, opening.kind, opening.state)
    if case.kept == "protected":
        access.edit_case(actor=leader, case=world.case(key), values={"involves_minor_victim": True})
    elif case.kept == "offence":
        access.charge(actor=leader, case=world.case(key), accused=None, given=ChargeInput(text="141.1"))
    elif case.kept == "restricted":
        access.edit_case(actor=leader, case=world.case(key), values={"confidentiality": "han_che_noi_bo"})
    if "binned" in case.marks:
        Document.objects.filter(pk=world.papers[f"{key}/hsva"].pk).update(deleted_at=timezone.now())


def open_for(world: World, key: str, who: str, kind: str, state: str) -> None:
    """Open a case to somebody for a while."""
    person, leader = world.accounts[who], world.leader(key)
    if kind == "oversight":
        row = temporary.open_for_oversight(actor=person, case=world.case(key), reason=REASON)
    elif kind == "loan":
        lent = custody.request_loan(
            actor=person, code=world.codes[key], form="electronic", purpose=REASON, until=timezone.localdate()
        )
        world.others["loan"] = lent.pk
        if state != "waiting":
            custody.approve_loan(actor=leader, loan_id=lent.pk)
        if state == "closed":
            custody.return_loan(actor=person, loan_id=lent.pk)
        return
    else:
        row = temporary.request_emergency(actor=person, code=world.codes[key], reason=REASON, hours=8)
        world.others["temporary"] = row.pk
        if state != "waiting":
            temporary.approve_emergency(actor=leader, request_id=row.pk)
    if state == "closed":
        temporary.end_temporary(actor=leader, access_id=row.pk)


def _take_out(world: World, key: str) -> None:
    """Make a redacted copy of a paper, and a search in it that waits to be chosen from."""
    leader, filed = world.leader(key), CaseDocument.objects.get(document=world.papers[f"{key}/hsva"].pk)
    frame = [Mark(1, Box(50, 50, 300, 90), "khung")]
    copy = redact_document(actor=leader, filed=filed, marks=frame, ground="bao_ve")
    work = RedactionWork.objects.create(
        case=filed.case,
        requested_by=leader,
        status=RedactionWork.Status.FOUND,
        title=filed.title,
        document_ids=[filed.document_id],
    )
    world.rows[key] |= {"redaction": str(copy.pk), "redaction_work": str(work.pk)}


def _things(world: World, types: dict[str, CatalogueType], words: _Words) -> None:
    """Make what hangs on a case or on a person and has an address of its own."""
    for key in WITH_ALL:
        bundle = court.request_bundle(actor=world.leader(key), case=world.case(key))
        bundle.refresh_from_db()
        if bundle.status != Bundle.Status.DONE:
            raise AssertionError(bundle.error)
        world.rows[key]["bundle"] = str(bundle.pk)
        _take_out(world, key)
    for key in world.codes:
        if not world.facts.papers[f"{key}/hsva"].binned:
            access.draw_up_inventory(actor=world.leader(key), case=world.case(key))
        if "sealed" not in world.facts.cases[key].marks:
            batch = custody.open_batch(actor=world.leader(key), case=world.case(key))
            world.rows[key]["digitisation"] = batch.pk
    for key in WITH_ALL:
        _custody(world, key, words)
        _court(world, key, words)
    _archive(world, words)
    settings.CELERY_TASK_ALWAYS_EAGER = False
    for key in WITH_ALL:
        secret = words()
        item = filing.file_upload(
            actor=world.leader(key),
            case=world.case(key),
            file=ContentFile(pdf_bytes(1, "Chờ")),
            filename=f"{secret}.pdf",
            document_type=types["hsva"],
            title=f"Tờ {secret}",
        )
        filing.mark_failed(item.pk, "Máy chủ không đọc được tệp này.")
        world.rows[key]["intake"] = str(item.pk)
        world.secrets.append(Secret(secret, "record", key, "intake"))
    private = words()
    owner = world.accounts["chief_kv1"]
    kept = SavedFilter.objects.create(user=owner, name=f"Riêng {private}", query="q=anh")
    tried = CaseImport.objects.create(user=owner, filename=f"{private}.csv", status="checked", total=1, done=1)
    tried.rows.create(row=2, first_row=2, outcome="refused", sentences=[f"Ô B2: Vụ {private}."])
    world.secrets.append(Secret(private, "private", "chief_kv1", "what he kept"))
    world.others |= {"filter": kept.pk, "import": tried.pk}
    world.others["appointment"] = Appointment.objects.get(user=world.accounts["second_kv1"]).pk
    world.others["field"] = CustomField.objects.get(name=provision.CASE_CODE_FIELD).pk
    world.others["storage_path"] = provision.storage_path_id()
    world.others["type"] = types["hsva"].host_type_id
    links = {"sharelink": "ShareLink", "sharelinkbundle": "ShareLinkBundle"}
    for name, model in links.items():
        try:
            of_links = apps.get_model("documents", model)
        except LookupError:
            continue
        # made in the moment in which the document was filed
        paper = world.papers["own/hsva"].pk
        slug = {"slug": f"{name}7", "owner": world.accounts["lead_kv1"]}
        if name == "sharelink":
            row = of_links.objects.create(document_id=paper, file_version="original", **slug)
        else:
            row = of_links.objects.create(**slug)
            row.documents.add(paper)
        world.others[name] = row.pk
    _kept_in_the_host(world, words)
    _beside_papers(world)
    tag = apps.get_model("documents", "Tag").objects.create(name="Mọi tài liệu")
    for document in Document.objects.filter(root_document__isnull=True):
        document.tags.add(tag)
    world.others["tag"] = tag.pk


def _kept_in_the_host(world: World, words: _Words) -> None:
    """Let somebody keep a search there, with a name and a code in it, and hand in a file; both are in no case."""
    models = apps.all_models["documents"]
    if "savedview" not in models:
        return
    name, sought, who = words(), words(), "lead_kv1"
    view = models["savedview"]._default_manager.create(
        name=f"Việc của {name}", sort_field="created", owner=world.accounts[who]
    )
    models["savedviewfilterrule"]._default_manager.create(saved_view=view, rule_type=0, value=sought)
    file = words()
    task = models["paperlesstask"]._default_manager.create(
        task_id="zqtask",
        task_type="consume_file",
        trigger_source="web_ui",
        status="failure",
        input_data={"filename": f"{file}.pdf"},
        # of a paper that only others see
        result_data={"duplicate_of": world.papers["other/hsva"].pk, "duplicate_in_trash": False},
        owner=world.accounts[who],
    )
    with (Path(settings.LOGGING_DIR) / "paperless.log").open("a", encoding="utf-8") as log:
        log.write(f"[INFO] [paperless.consumer] Consuming {file}.pdf\n")
    world.others |= {"savedview": view.pk, "paperlesstask": task.pk}
    for word, what in ((name, "search"), (sought, "what is searched for"), (file, "file handed in")):
        world.secrets.append(Secret(word, "kept", who, what))


def _beside_papers(world: World) -> None:
    """Let papers have a correspondent in common, and name each other in a field, over the bounds of who sees them."""
    models = apps.all_models["documents"]
    if "correspondent" not in models:
        return
    writer = models["correspondent"]._default_manager.create(name="Công an phường")
    world.others["correspondent"] = writer.pk
    days = {"own/hsva": dt.date(2093, 1, 17), "restricted/hsva": dt.date(2093, 2, 18), "mine": dt.date(2026, 3, 2)}
    link = CustomField.objects.create(name="Liên quan", data_type="documentlink")
    for key, day in days.items():
        models["document"]._default_manager.filter(pk=world.papers[key].pk).update(correspondent=writer, created=day)
        others = [world.papers[other].pk for other in days if other != key]
        CustomFieldInstance.objects.create(document_id=world.papers[key].pk, field=link, value_document_ids=others)
        if key != "mine":
            world.secrets.append(Secret(day.isoformat(), "paper", key, "day"))


def _custody(world: World, key: str, words: _Words) -> None:
    """Let the case file come from the police, be asked for on paper, and be held back from disposal."""
    leader, case = world.leader(key), world.case(key)
    said = {what: words() for what in ("giver_name", "purpose", "hold")}
    terms = hand_overs.Terms(
        part="hsva",
        direction="cqdt_vks",
        reason="ket_thuc_dt",
        agency="Công an tỉnh",
        giver_name=f"Điều tra viên {said['giver_name']}",
        giver_title="Điều tra viên",
    )
    given = hand_overs.hand_over(actor=leader, case=case, terms=terms)
    lent = custody.request_loan(
        actor=leader,
        code=case.code,
        form="paper",
        borrower=world.accounts[BORROWER],
        purpose=f"Nghiên cứu {said['purpose']}",
        until=timezone.localdate() + dt.timedelta(days=5),
    )
    held = place_hold(actor=leader, case=case, ground="khieu_nai", reason=f"Khiếu nại {said['hold']}")
    world.rows[key] |= {"hand_over": given.pk, "loan": lent.pk, "holds": held.pk}
    sorts = (("hand-over", "giver_name"), ("loan", "purpose"), ("record", "hold"))
    world.secrets += [Secret(said[what], sort, key, what) for sort, what in sorts]


VIDEO = Path(__file__).parent.parent.parent / "court" / "deck" / "files" / "h264.mp4"


def _court(world: World, key: str, words: _Words) -> None:
    """Plan a session of the court, and prepare what is shown in it."""
    leader, case = world.leader(key), world.case(key)
    said = {what: words() for what in ("participants", "title", "slide", "shared mark", "own mark", "video")}
    planned = sessions.plan_session(
        actor=leader,
        case=case,
        values={
            "court": "Tòa án nhân dân khu vực 1",
            "starts_on": timezone.localdate(),
            "participants": f"Luật sư {said['participants']}",
        },
    )
    presentation = decks.create_presentation(actor=leader, case=case, title=f"Bài {said['title']}")
    slide = decks.add_slide(
        actor=leader, presentation=presentation, values={"kind": "noi_dung", "text": f"Ý {said['slide']} (BL 1)"}
    )
    marks = [
        decks.add_mark(
            actor=leader,
            case=case,
            document_id=world.papers[f"{key}/hsva"].pk,
            page=1,
            area=[0.1, 0.1, 0.2, 0.2],
            note=f"Xem {said[what]}",
            shared=what == "shared mark",
        )
        for what in ("shared mark", "own mark")
    ]
    with VIDEO.open("rb") as file:
        video = keep_video(
            actor=leader,
            case=case,
            file=file,
            size=VIDEO.stat().st_size,
            document=world.papers[f"{key}/hsva"].pk,
            title=f"Video {said['video']}",
        )
    world.rows[key] |= {"session": planned.pk, "slides": slide.pk, "marks": marks[0].pk, "videos": str(video.pk)}
    world.secrets += [
        Secret(said["participants"], "record", key, "participants"),
        *(Secret(said[what], "deck", key, what) for what in ("title", "slide", "shared mark", "video")),
        Secret(said["own mark"], "private", leader.username, "own mark"),
    ]


def _archive(world: World, words: _Words) -> None:
    """Let an office hand two files to its archive and dispose of two, of which its archivist may know one."""
    leader = world.leader("archived")
    why = words()
    given = Accession.objects.create(unit=world.units["QN-KV1"], giver=leader, total=2, done=2)
    gone = DestructionBatch.objects.create(unit=world.units["QN-KV1"], drafted_by=leader, reason=f"Hết hạn {why}")
    for key in IN_THE_ARCHIVE:
        case = world.case(key)
        AccessionItem.objects.create(accession=given, case=case)
        DestructionItem.objects.create(batch=gone, case=case, kept_until=dt.date(2026, 1, 1))
    world.others |= {"accession": given.pk, "disposal": gone.pk}
    world.secrets.append(Secret(why, "archive", "archived", "why it is disposed of"))
