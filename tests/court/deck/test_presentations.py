"""Composing a presentation of a filed case, and the deck that is made of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from tests.court.killing import Killed, killed_three_times
from tests.custody.batches import seal_outright
from tests.outside import checked
from tests.people import FiledCase
from vks_plugin.access import actions as access
from vks_plugin.access.models import AccessEntry
from vks_plugin.acts import ACTS, tell
from vks_plugin.cases.actions import ChargeInput
from vks_plugin.cases.folios import Counting
from vks_plugin.cases.models import CaseDocument, CaseFile, CasePerson, CatalogueType, Folio, WithheldPaper
from vks_plugin.court.actions import plan_for
from vks_plugin.court.deck import actions
from vks_plugin.court.deck.diagrams import Diagram, as_svg
from vks_plugin.court.deck.manifest import check
from vks_plugin.court.deck.models import DeckExport, FolioMark, Presentation, Slide
from vks_plugin.court.deck.queries import (
    deck_for,
    drawing_of,
    export_for,
    exports_of,
    may_have,
    obstacles_of,
    slides_of,
)
from vks_plugin.court.deck.rules import Rule
from vks_plugin.court.masking import masked
from vks_plugin.court.models import Bundle
from vks_plugin.court.protected import people_to_mask, protected_people
from vks_plugin.court.redactions import usual_terms
from vks_plugin.custody.actions import ensure_key, make_checkpoint
from vks_plugin.custody.models import LedgerEntry
from vks_plugin.custody.queries import prove
from vks_plugin.errors import BadInput, Conflict, NotAllowed, NotFound
from vks_plugin.host.files import readable_pdf
from vks_plugin.working import held_alone

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import DjangoCaptureOnCommitCallbacks

pytestmark = pytest.mark.django_db

STRANGERS = ("outsider", "prosecutor_kv3", "other_prosecutor_kv1", "admin_province", "chief_kv3")


@pytest.fixture
def lead(people: dict[str, User]) -> User:
    """Return the prosecutor who leads the case."""
    return people["prosecutor_kv1"]


@pytest.fixture
def presentation(filed_case: FiledCase, lead: User) -> Presentation:
    """Return an empty presentation of the case."""
    return actions.create_presentation(actor=lead, case=filed_case.case, title="Phiên tòa sơ thẩm")


@pytest.fixture(autouse=True)
def unsealed(settings: Any) -> None:
    """Let papers be shown that nobody digitised to the end."""
    settings.VKS_DECK_UNSEALED = True


def add(presentation: Presentation, actor: User, kind: str, **values: Any) -> Slide:
    return actions.add_slide(actor=actor, presentation=presentation, values={"kind": kind, **values})


def rules(presentation: Presentation, actor: User) -> list[tuple[Rule, int | None]]:
    return [(each.rule, each.slide) for each in obstacles_of(actor, presentation) if each.blocks]


def victim(filed: FiledCase, actor: User, **marks: Any) -> None:
    values = {"role": "victim", "full_name": "Lò Thị Hoa"} | marks
    access.add_entry(actor=actor, case=filed.case, part="person", values=values)


def exported(actor: User, presentation: Presentation) -> DeckExport:
    """Return a finished package of the presentation."""
    export = actions.request_deck(actor=actor, presentation=presentation)
    actions.build_deck(export.pk)
    export.refresh_from_db()
    assert (export.status, export.error) == (DeckExport.Status.DONE, "")
    return export


# --- a whole deck


def test_a_presentation_is_composed_written_and_proved(
    filed_case: FiledCase, lead: User, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "goi"
    call_command("vks_deck", case=filed_case.case.code, compose="theo_chung_cu", out=out, json=True)
    told = json.loads(capsys.readouterr().out)
    made = Presentation.objects.get()
    assert (told["presentation"], told["pages"], told["documents"]) == (made.number, 5, 2) == (1, 5, 2)
    # testimony waits until somebody chooses its ground; the supervision file is never there
    assert {slide.case_document_id for slide in slides_of(made)} == {
        None,
        *(each.pk for each in filed_case.documents[:2]),
    }
    manifest = json.loads((out / "manifest.json").read_text())
    assert told["sha256"] == hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    assert [entry["folio"] for entry in manifest["pages"]] == ["1", "2", "3", "4", "5"]
    for entry in manifest["pages"]:
        filed = CaseDocument.objects.get(document_id=entry["document"])
        assert entry["filed_sha256"] == filed.sha256
        assert entry["source_sha256"] == hashlib.sha256(readable_pdf(filed.document).read_bytes()).hexdigest()
        jpeg = (out / entry["file"]).read_bytes()
        assert entry["image_sha256"] == manifest["files"][entry["file"]] == hashlib.sha256(jpeg).hexdigest()
        assert min(Image.open(io.BytesIO(jpeg)).size) >= 1100
    assert set(manifest["files"]) == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} - {
        "manifest.json",
        # names the manifest, so cannot be named by it
        "package.js",
    }
    for slide in manifest["slides"]:
        assert slide["citation"].endswith(f"HSVA số {filed_case.case.code}")
    page = (out / "index.html").read_text()
    assert "notes.js" not in page
    assert "//" not in page.replace("<!doctype", "")
    entry = LedgerEntry.objects.filter(kind="deck_made").get()
    assert entry.said["data"]["sha256"] == told["sha256"]
    assert AccessEntry.objects.filter(actor_name="vks_deck", count=2).count() == 1
    assert check(out) == []
    call_command("vks_deck", check=out)
    # whoever got it checks it without us, by what came along and the proof of the entry
    key, _made = ensure_key()
    # entries of before have the hash of the file that was downloaded alone
    older = {name: entry.said["data"][name] for name in ACTS["deck_made"].shown} | {
        "manifest": None,
        "sha256": "0" * 64,
    }
    for told_then in (older, {**older, "pages": 4}):
        tell("deck_made", actor=None, case=filed_case.case, **told_then)
    make_checkpoint()
    proof = tmp_path / "muc.json"
    for seq, status, words in (
        (entry.seq + 1, 0, "hãy so mã ấy với tệp nén"),
        (entry.seq + 2, 1, "không phải mục ghi việc lập các tệp"),
        (entry.seq, 0, "Sổ cái ghi việc lập đúng các tệp này"),
    ):
        proof.write_text(json.dumps(prove(filed_case.case, seq).as_data()), encoding="utf-8")
        found, said = checked(out, ".", "--key", key, "--proof", str(proof))
        assert (found, words in said) == (status, True), said
    # what systems leave in a folder, the log that was saved beside the deck, and what a page of it could run
    for name, status, is_told in (
        ("assets/.DS_Store", 0, False),
        ("Thumbs.db", 0, False),
        ("nhat-ky-trinh-chieu.json", 0, True),
        ("them.js", 1, True),
    ):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("x")
        found, said = checked(out, ".")
        assert (found, f"Tệp thừa: {name}" in said) == (status, is_told), said
        (out / name).unlink()
    # the one file that no manifest can name holds a line alone, whoever ends lines otherwise
    naming = (out / "package.js").read_bytes()
    for content, status in ((naming.replace(b"\n", b"\r\n"), 0), (naming + b'DECK.title="khac";\n', 1), (naming, 0)):
        (out / "package.js").write_bytes(content)
        found, said = checked(out, ".")
        assert (found, "Tệp package.js có thêm nội dung" in said) == (status, status == 1), said
    # somebody puts another picture there, and the hash with it
    other = (out / manifest["pages"][1]["file"]).read_bytes()
    (out / manifest["pages"][0]["file"]).write_bytes(other)
    assert len(check(out)) == 2
    manifest["files"][manifest["pages"][0]["file"]] = hashlib.sha256(other).hexdigest()
    assert f"Tệp {manifest['pages'][0]['file']} đã bị thay" in checked(out, ".")[1]
    (out / "manifest.json").write_text(json.dumps(manifest))
    rewritten = hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    assert "không phải danh mục mà gói nêu" in checked(out, ".")[1]
    (out / "package.js").write_text((out / "package.js").read_text().replace(told["sha256"], rewritten))
    assert checked(out, ".")[0] == 0
    assert "không phải mục ghi việc lập các tệp" in checked(out, ".", "--proof", str(proof))[1]
    assert check(out) == ["BL 1: hình trong gói không phải trang này của tài liệu."]
    with pytest.raises(CommandError, match="BL 1"):
        call_command("vks_deck", check=out)


def test_a_worker_makes_the_zip_and_only_who_works_on_the_case_has_it(
    filed_case: FiledCase,
    people: dict[str, User],
    lead: User,
    presentation: Presentation,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    add(presentation, lead, "but_luc", case_document=filed_case.documents[0], notes="Câu hỏi cho bị cáo")
    # one whose worker lives is waited for, and one whose worker died begins anew
    export = DeckExport.objects.create(presentation=presentation, requested_by=lead, status="running")
    with held_alone(export.lock_path):
        assert actions.request_deck(actor=lead, presentation=presentation) == export
        assert actions.resume_interrupted(DeckExport.objects.order_by("created_at")) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.request_deck(actor=lead, presentation=presentation) == export
    export.refresh_from_db()
    assert (export.status, export.error) == (DeckExport.Status.DONE, "")
    path = actions.finished_deck(export)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == export.sha256
    names = zipfile.ZipFile(path).namelist()
    assert len({name.split("/")[0] for name in names}) == 1
    assert not any("Nguyễn" in name for name in names)
    assert check(path) == []
    for name in (*STRANGERS, "clerk_kv1", "chief_province"):
        with pytest.raises(NotFound):
            export_for(people[name], export.pk)
    assert export_for(people["chief_kv1"], export.pk) == export
    with pytest.raises(Conflict):
        actions.remove_presentation(actor=lead, presentation=presentation)


def test_a_deck_that_three_workers_died_of_is_given_up_and_leaves_nothing(
    filed_case: FiledCase, lead: User, presentation: Presentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(presentation, lead, "but_luc", case_document=filed_case.documents[0], page_from=1)
    export = actions.request_deck(actor=lead, presentation=presentation)

    def deadly(_deck: object, folder: Path, **_more: object) -> None:
        (folder / "half.jpg").write_bytes(b"half of it")
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(actions, "write_folder", deadly)
        everything = DeckExport.objects.filter(presentation=presentation)
        begun = killed_three_times(
            lambda: actions.build_deck(export.pk), lambda: actions.resume_interrupted(everything)
        )
    assert begun == [1, 1, 0]
    export.refresh_from_db()
    assert (export.status, export.attempts) == (DeckExport.Status.FAILED, 3)
    assert export.error == "Máy dừng giữa chừng 3 lần khi làm việc này: hãy báo quản trị."
    actions.build_deck(export.pk)
    export.refresh_from_db()
    assert (export.status, list(export.path.parent.iterdir())) == (DeckExport.Status.FAILED, [])
    second = actions.request_deck(actor=lead, presentation=presentation)
    assert second.pk != export.pk
    actions.build_deck(second.pk)
    second.refresh_from_db()
    assert second.status == DeckExport.Status.DONE


# --- who may


def test_a_stranger_learns_nothing_and_who_only_reads_the_case_file_sees_no_preparation(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    slide = add(presentation, lead, "but_luc", case_document=filed_case.documents[0])
    doings: list[Callable[[User], object]] = [
        lambda who: actions.create_presentation(actor=who, case=filed_case.case),
        lambda who: actions.change_presentation(actor=who, presentation=presentation, values={"title": "x"}),
        lambda who: add(presentation, who, "noi_dung", text="x"),
        lambda who: actions.change_slide(
            actor=who, presentation=presentation, slide_id=slide.pk, values={"title": "x"}
        ),
        lambda who: actions.move_slide(actor=who, presentation=presentation, slide_id=slide.pk, to=1),
        lambda who: actions.remove_slide(actor=who, presentation=presentation, slide_id=slide.pk),
        lambda who: actions.confirm_slide(actor=who, presentation=presentation, slide_id=slide.pk, fingerprint=""),
        lambda who: actions.remove_presentation(actor=who, presentation=presentation),
        lambda who: actions.request_deck(actor=who, presentation=presentation),
        lambda who: actions.add_mark(
            actor=who, case=filed_case.case, document_id=filed_case.host_ids[0], page=1, area=[0, 0, 0.5, 0.5]
        ),
    ]
    before = list(Slide.objects.values())
    for name, refusal in (
        *((name, NotFound) for name in STRANGERS),
        ("clerk_kv1", NotAllowed),
        ("chief_province", NotAllowed),
    ):
        for do in doings:
            with pytest.raises(refusal):
                do(people[name])
    assert list(Slide.objects.values()) == before
    assert Presentation.objects.count() == 1
    assert not FolioMark.objects.exists()


def test_documents_of_another_case_or_of_the_supervision_file_do_not_get_in(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    with pytest.raises(BadInput, match="hồ sơ kiểm sát"):
        add(presentation, lead, "but_luc", case_document=filed_case.internal)
    with pytest.raises(BadInput, match="Không có tài liệu này"):
        add(presentation, lead, "but_luc", case_document=10**6)
    assert not presentation.slides.exists()
    # one that got in before it was classified, or by hand in the database
    slide = add(presentation, lead, "but_luc", case_document=filed_case.documents[0])
    Slide.objects.filter(pk=slide.pk).update(case_document=filed_case.internal, page_from=None, page_to=None)
    assert rules(presentation, lead) == [(Rule.INTERNAL, 1)]
    with pytest.raises(BadInput, match="không bao giờ được trình chiếu"):
        deck_for(lead, presentation)


# --- rules on the case's own record


def test_testimony_needs_its_ground_in_the_form_and_in_the_database(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    paper = filed_case.documents[2]
    with pytest.raises(BadInput, match="Điều 308") as refused:
        add(presentation, lead, "loi_khai", case_document=paper)
    assert refused.value.field == "ground_308"
    slide = add(presentation, lead, "loi_khai", case_document=paper, ground_308="a", state="hien")
    assert slide.state == "cho_hdxx_dong_y"
    for wrong in ({"ground_308": ""}, {"state": "hien"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Slide.objects.filter(pk=slide.pk).update(**wrong)
    deck = deck_for(lead, presentation)
    assert deck.slides[0].ground.startswith("Điểm a khoản 2 Điều 308")
    assert [page.held for page in deck.pages] == [True]
    other = add(presentation, lead, "but_luc", case_document=paper)
    assert rules(presentation, lead) == [(Rule.TESTIMONY_PLACE, 2)]
    actions.change_slide(
        actor=lead, presentation=presentation, slide_id=other.pk, values={"kind": "loi_khai", "ground_308": "d"}
    )
    assert rules(presentation, lead) == []


def test_a_leader_answers_for_an_exhibit_that_names_a_victim(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    paper = filed_case.documents[0]
    CaseDocument.objects.filter(pk=paper.pk).update(title="Đơn của Lò Thị Hoa")
    victim(filed_case, lead, is_minor=True)
    slide = add(presentation, lead, "but_luc", case_document=paper, page_from=1)
    add(presentation, lead, "noi_dung", title="Lò Thị Hoa", text="cháu Hoa bị lấy xe (BL 1)", notes="LÒ THỊ HOA")
    assert rules(presentation, lead) == [(Rule.YOUNG_VICTIM, 1)]
    (seen,) = [each.fingerprint for each in obstacles_of(lead, presentation) if each.confirmable]

    def confirm(who: User) -> None:
        actions.confirm_slide(actor=who, presentation=presentation, slide_id=slide.pk, fingerprint=seen)

    with pytest.raises(NotAllowed):
        confirm(lead)
    # what a leader answers for is what the leader saw
    change = {"page_from": 2, "page_to": 2}
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values=change)
    with pytest.raises(Conflict, match="vừa được sửa"):
        confirm(people["chief_kv1"])
    change = {"page_from": 1, "page_to": 1}
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values=change)
    confirm(people["chief_kv1"])
    entry = LedgerEntry.objects.filter(kind="exhibit_confirmed").get()
    assert (entry.said["data"]["document"], entry.said["actor"]["id"]) == (paper.document_id, people["chief_kv1"].pk)
    deck = deck_for(lead, presentation)
    # her name is in none of our words; the notes are the presenter's own
    words = [deck.title, deck.case_name, *(f"{each.title} {each.text}" for each in deck.slides)]
    words += [page.title for page in deck.pages]
    assert not any("Hoa" in each for each in words)
    assert "[Bị hại 1]" in deck.slides[1].title
    assert deck.slides[1].notes == "LÒ THỊ HOA"
    # another page is another thing to answer for
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"page_to": 2})
    assert rules(presentation, lead) == [(Rule.YOUNG_VICTIM, 1)]


def test_a_name_in_the_recognised_text_of_a_page_is_found(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    # what every page of the papers here says
    victim(filed_case, lead, full_name="Luật Tố Tụng", is_protected=True)
    add(presentation, lead, "but_luc", case_document=filed_case.documents[1])
    assert rules(presentation, lead) == [(Rule.PROTECTED_PERSON, 1)]
    CasePerson.objects.update(is_protected=False)
    assert rules(presentation, lead) == []


def test_every_victim_of_a_case_charged_with_sexual_abuse_is_kept_secret_without_a_mark(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    case = filed_case.case
    CaseFile.objects.filter(pk=case.pk).update(stage="truy_to")
    case.refresh_from_db()
    # what every page of the papers here says; grown up, and nobody ticked anything
    victim(filed_case, lead, full_name="Luật Tố Tụng")
    for role, name in (("witness", "Lê Thị Thấy"), ("victim", "Công ty Quê Hương")):
        values = {"role": role, "full_name": name, "is_legal_person": role == "victim"}
        access.add_entry(actor=lead, case=case, part="person", values=values)
    add(presentation, lead, "but_luc", case_document=filed_case.documents[1])

    def told() -> tuple[list[tuple[Rule, int | None]], list[str], str]:
        terms = [words for _kind, words in usual_terms(case)]
        return rules(presentation, lead), terms, masked("Thương tích của Luật Tố Tụng", protected_people(case))

    open_to_all: tuple[list[tuple[Rule, int | None]], list[str], str] = ([], [], "Thương tích của Luật Tố Tụng")
    assert told() == open_to_all
    assert plan_for(actor=lead, case=case, preset=Bundle.Preset.DEFENCE)
    charge = access.charge(actor=lead, case=case, accused=None, given=ChargeInput(text="141.1"))
    assert told() == ([(Rule.PROTECTED_PERSON, 1)], ["Luật Tố Tụng"], "Thương tích của [Bị hại 1]")
    assert [(person.full_name, why) for person, why in people_to_mask(case)] == [
        ("Luật Tố Tụng", "bị hại của vụ án về tội xâm hại tình dục (Điều 141)")
    ]
    with pytest.raises(BadInput, match="hãy che thông tin trước"):
        plan_for(actor=lead, case=case, preset=Bundle.Preset.DEFENCE)
    # another offence took its place
    access.replace_charge(actor=lead, charge=charge, given=ChargeInput(text="134.1"))
    assert told() == open_to_all


def test_a_confirmation_for_another_reason_does_not_hold_for_a_victim_under_18(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    victim(filed_case, lead, full_name="Luật Tố Tụng", is_protected=True)
    slide = add(presentation, lead, "but_luc", case_document=filed_case.documents[1])
    (seen,) = [each.fingerprint for each in obstacles_of(lead, presentation) if each.confirmable]
    actions.confirm_slide(actor=people["chief_kv1"], presentation=presentation, slide_id=slide.pk, fingerprint=seen)
    assert rules(presentation, lead) == []
    # her birth date is learned later: what is to be answered for is more
    CasePerson.objects.update(birth_date=timezone.localdate() - dt.timedelta(days=3000), birth_year=2018)
    assert rules(presentation, lead) == [(Rule.YOUNG_VICTIM, 1)]


def test_folios_of_a_state_secret_and_pages_without_folio_stop_the_deck(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    add(presentation, lead, "but_luc", case_document=filed_case.documents[1])
    secret = WithheldPaper.objects.create(
        case=filed_case.case,
        level="mat",
        number="7/BC",
        dated=dt.date(2026, 3, 1),
        kept_at="Két",
        folio_from=5,
        folio_to=8,
    )
    assert rules(presentation, lead) == [(Rule.STATE_SECRET, 1)]
    secret.folio_from = secret.folio_to = 3
    secret.save()
    Folio.objects.filter(case_document=filed_case.documents[1], number=4).delete()
    slide = slides_of(presentation)[0]
    actions.change_slide(actor=lead, presentation=presentation, slide_id=slide.pk, values={"page_from": 2})
    assert rules(presentation, lead) == [(Rule.NO_FOLIO, 1)]
    # numbered by sheets, it is the back of folio 3
    CaseDocument.objects.filter(pk=filed_case.documents[1].pk).update(counting=Counting.SHEET)
    assert rules(presentation, lead) == [(Rule.STATE_SECRET, 1)]


def test_a_deck_shows_what_was_sealed_and_nothing_that_changed_since(
    filed_case: FiledCase, lead: User, presentation: Presentation, settings: Any
) -> None:
    settings.VKS_DECK_UNSEALED = False
    first, second, _testimony = filed_case.documents
    add(presentation, lead, "but_luc", case_document=first)
    add(presentation, lead, "but_luc", case_document=second)
    assert rules(presentation, lead) == [(Rule.UNSEALED, 1), (Rule.UNSEALED, 2)]
    with pytest.raises(BadInput, match="hãy kết thúc số hóa trước"):
        deck_for(lead, presentation)
    seal_outright(filed_case.case, [first, second], by=lead)
    assert rules(presentation, lead) == []
    assert len(deck_for(lead, presentation).slides) == 2
    path = readable_pdf(second.document)
    path.write_bytes(path.read_bytes() + b"%")
    assert rules(presentation, lead) == [(Rule.CHANGED, 2)]


def test_the_refusal_of_a_deck_lists_everything(filed_case: FiledCase, lead: User, presentation: Presentation) -> None:
    add(presentation, lead, "noi_dung")
    add(presentation, lead, "but_luc", case_document=filed_case.documents[2])
    with pytest.raises(BadInput) as refused:
        actions.request_deck(actor=lead, presentation=presentation)
    assert "Trang 1 còn trống" in refused.value.message
    assert "Trang 2: “Biên bản hỏi cung bị can” là lời khai" in refused.value.message
    assert not DeckExport.objects.exists()


# --- slides, marks


def test_slides_are_put_in_order_changed_and_taken_out(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    made = [add(presentation, lead, "noi_dung", title=name, text="BL 1") for name in "abc"]
    between = actions.add_slide(
        actor=lead, presentation=presentation, values={"kind": "tieu_de", "title": "x"}, after=made[0].pk
    )
    actions.move_slide(actor=lead, presentation=presentation, slide_id=made[2].pk, to=1)
    assert [slide.title for slide in slides_of(presentation)] == ["c", "a", "x", "b"]
    actions.remove_slide(actor=lead, presentation=presentation, slide_id=between.pk)
    assert [slide.title for slide in slides_of(presentation)] == ["c", "a", "b"]
    other = actions.create_presentation(actor=lead, case=filed_case.case)
    assert (other.number, other.title) == (2, filed_case.case.name)
    with pytest.raises(NotFound):
        actions.remove_slide(actor=lead, presentation=other, slide_id=made[0].pk)
    for wrong in ({"kind": "video"}, {"state": "x"}, {"title": "x" * 201}, {"position": 3}):
        with pytest.raises(BadInput):
            actions.change_slide(actor=lead, presentation=presentation, slide_id=made[0].pk, values=wrong)
    for wrong in ({"page_from": 0}, {"page_from": 2, "page_to": 1}, {"page_from": 9}):
        with pytest.raises(BadInput):
            add(presentation, lead, "but_luc", case_document=filed_case.documents[0], **wrong)


def test_what_is_composed_follows_accused_acts_or_the_indictment(filed_case: FiledCase, lead: User) -> None:
    case = filed_case.case
    first, second = case.accused.all()
    case.charges.update(ended_on=timezone.localdate())
    for person, name in ((first, "Trộm cắp tài sản"), (second, "Tiêu thụ tài sản")):
        case.charges.create(accused=person, name=name, article="173", clause=1, charged_on=timezone.localdate())
    one, other, indictment = filed_case.documents
    seizure = CatalogueType.objects.create(
        code="BBKX", name="Biên bản khám xét", group_code="03", group_name="Vật chứng", position=300, part="hsva"
    )
    CaseDocument.objects.filter(pk__in=[one.pk, other.pk]).update(document_type=seizure)
    CaseDocument.objects.filter(pk=indictment.pk).update(document_type=CatalogueType.objects.get(code="CT"))
    for filed, words in (
        (one, f"Khám xét nơi ở của {second.full_name}"),
        (other, f"Khám xét nơi ở của {first.full_name}"),
        (indictment, f"Chứng cứ: BL {other.folio_from}; BL {one.folio_from}"),
    ):
        type(filed.document).objects.filter(pk=filed.document_id).update(content=words)

    def shown(order: str) -> list[str]:
        made = actions.create_presentation(actor=lead, case=case, order=order, compose=True)
        names = {one.pk: "one", other.pk: "other", indictment.pk: "indictment"}
        rows = [each for each in slides_of(made) if each.state == "hien" and each.kind in {"but_luc", "tieu_de"}]
        # behind the title of it all
        return [names.get(each.case_document_id or 0, each.title) for each in rows[1:]]

    assert shown("theo_bi_can") == [first.full_name, "other", second.full_name, "one"]
    assert shown("theo_hanh_vi") == ["Trộm cắp tài sản", "other", "Tiêu thụ tài sản", "one"]
    assert shown("theo_cao_trang") == ["indictment", "other", "one"]
    assert shown("theo_chung_cu") == ["one", "other"]
    # the plan of the scene waits for its numbers
    scene = CatalogueType.objects.create(
        code="SDHT", name="Sơ đồ hiện trường", group_code="03", group_name="Vật chứng", position=301, part="hsva"
    )
    CaseDocument.objects.filter(pk=one.pk).update(document_type=scene, page_count=1)
    drawn = actions.create_presentation(actor=lead, case=case, order="theo_chung_cu", compose=True)
    assert [(each.kind, each.page_to) for each in slides_of(drawn) if each.case_document_id == one.pk] == [
        ("hien_truong", 1)
    ]
    CaseDocument.objects.filter(pk=one.pk).update(document_type=seizure, page_count=one.page_count)
    # what names both is nobody's alone
    type(one.document).objects.filter(pk=one.document_id).update(content=f"{first.full_name}, {second.full_name}")
    assert shown("theo_bi_can") == [first.full_name, "other", second.full_name, "Chứng cứ chung", "one"]


def test_marks_are_found_by_their_words_and_personal_ones_stay_personal(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    case, document = filed_case.case, filed_case.host_ids[0]

    def mark(actor: User, **values: Any) -> FolioMark:
        return actions.add_mark(actor=actor, case=case, document_id=document, page=1, **values)

    (area,) = mark(lead, quote_text="BO LUAT to tung hình sự", note="Căn cứ").areas
    assert 0.1 < area[0] < 0.5
    assert 0.1 < area[1] < 0.2
    shared = mark(people["chief_kv1"], area=[0.5, 0.5, 0.2, 0.1], shared=True)
    mark(people["chief_kv1"], area=[0.1, 0.1, 0.2, 0.1])
    for wrong in (
        {"quote_text": "không có chữ này"},
        {"area": [0, 0, 2, 1]},
        {"area": None},
        {"area": [0.9, 0, 0.5, 0.5]},
    ):
        with pytest.raises(BadInput):
            mark(lead, **wrong)
    add(presentation, lead, "but_luc", case_document=filed_case.documents[0], page_from=1)
    assert [mark.areas for mark in deck_for(lead, presentation).pages[0].marks] == [
        (tuple(area),),
        ((0.5, 0.5, 0.2, 0.1),),
    ]
    # of a part of the page, what lies on it, cut off at its edge
    part = add(
        presentation, lead, "hinh_anh", case_document=filed_case.documents[0], page_from=1, crop=[0.6, 0.55, 0.2, 0.2]
    )
    piece = deck_for(lead, presentation).pages[1]
    assert [[[round(side, 3) for side in area] for area in mark.areas] for mark in piece.marks] == [
        [[0.0, 0.0, 0.5, 0.25]]
    ]
    actions.remove_slide(actor=lead, presentation=presentation, slide_id=part.pk)
    # a package with marks that are not shared is for its maker alone
    chief = people["chief_kv1"]
    own, theirs = (exported(actor, presentation) for actor in (lead, chief))
    assert [each.pk for each in exports_of(lead, presentation)] == [own.pk]
    assert not may_have(chief, own)
    assert may_have(chief, theirs)
    FolioMark.objects.update(shared=True)
    assert may_have(chief, exported(lead, presentation))
    FolioMark.objects.exclude(pk=shared.pk).update(shared=False)
    with pytest.raises(NotAllowed):
        actions.remove_mark(actor=lead, case=case, mark_id=shared.pk)
    actions.remove_mark(actor=people["chief_kv1"], case=case, mark_id=shared.pk)
    assert FolioMark.objects.count() == 2


def test_the_diagram_is_made_from_the_record_without_names_that_are_not_told(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    case = filed_case.case
    first, second = case.accused.all()
    second.birth_date, second.birth_year = dt.date(2012, 1, 1), 2012
    second.save()
    access.add_entry(actor=lead, case=case, part="exhibit", values={"name": "Con dao", "folio": None})
    victim(filed_case, lead, is_minor=True)
    add(
        presentation,
        lead,
        "so_do",
        title="Quan hệ",
        diagram="quan_he",
        edits={"labels": {f"accused:{first.pk}": "Bị cáo đầu"}},
    )
    add(presentation, lead, "so_do", title="Diễn biến", diagram="dien_bien")
    across, along = (slide.diagram for slide in deck_for(lead, presentation).slides)
    assert across is not None
    assert along is not None
    labels = [" ".join(box.lines) for box in across.boxes]
    assert "Bị cáo đầu" in labels
    assert "[Bị cáo 1]" in labels
    assert "Con dao" in labels
    assert not any(second.full_name in label for label in labels)
    # whom it harmed stands there too, and is not named either
    assert "[Bị hại 1]" in labels


def test_nothing_of_a_secret_or_internal_paper_stands_in_a_diagram(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    case = filed_case.case
    other, paper = filed_case.documents[:2]
    seizure = CatalogueType.objects.create(
        code="BBKX", name="Biên bản khám xét", group_code="03", group_name="Vật chứng", position=300, part="hsva"
    )
    CaseDocument.objects.filter(pk__in=[other.pk, paper.pk]).update(document_type=seizure)
    access.add_entry(actor=lead, case=case, part="exhibit", values={"name": "Ổ cứng", "folio": 4})
    for number, document in (("18/HK-NB", filed_case.internal), ("21/QĐ-KX", paper), ("22/QĐ-TG", other)):
        case.events.create(
            event="khoi_to_vu_an",
            happened_on=dt.date(2026, 3, 1),
            number=number,
            case_document=document,
            recorded_by=lead,
        )
    slides = [add(presentation, lead, "so_do", title="Sơ đồ", diagram=diagram) for diagram in ("quan_he", "dien_bien")]

    def told() -> list[str]:
        return [" ".join(ET.fromstring(drawing_of(lead, presentation, slide)).itertext()) for slide in slides]

    def remarks() -> list[tuple[int | None, str]]:
        found = obstacles_of(lead, presentation)
        return [(each.slide, str(each.sentence)[9:14]) for each in found if each.rule == Rule.LEFT_OUT]

    across, along = told()
    assert "BL 3–5" in across
    assert "Ổ cứng" in across
    assert "21/QĐ-KX" in along
    assert "(BL 3)" in along
    # what the office notes for itself is drawn in neither
    assert "18/HK-NB" not in along
    assert remarks() == [(2, "1 mục")]
    WithheldPaper.objects.create(
        case=case,
        level="mat",
        number="7",
        dated=dt.date(2026, 3, 1),
        kept_at="Két",
        folio_from=4,
        folio_to=4,
    )
    across, along = told()
    assert "BL 1–2" in across
    assert "22/QĐ-TG" in along
    for secret in ("BL 3", "BL 4", "Ổ cứng", "21/QĐ-KX"):
        assert secret not in across + along
    assert [slide.citation.partition(" · ")[0] for slide in deck_for(lead, presentation).slides] == ["BL 1", "BL 1"]
    assert [each for each, _words in remarks()] == [1, 2]


def test_boxes_added_by_hand_obey_the_rules_and_outlive_what_the_record_loses(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    case, chief = filed_case.case, people["chief_kv1"]
    first = case.accused.all()[0]
    victim(filed_case, lead, is_minor=True)
    minor = case.people.get(role="victim")
    knife = access.add_entry(actor=lead, case=case, part="exhibit", values={"name": "Con dao", "folio": None})
    edits: dict[str, Any] = {
        "boxes": [
            {"key": "own:1", "kind": "act", "label": f"Đâm {minor.full_name}", "day": "2026-02-28", "folio": "BL 3"},
            {"kind": "note", "label": "Xem lại"},
        ],
        "added": [["own:1", f"exhibit:{knife.pk}"], [f"accused:{first.pk}", "own:1"], ["own:1", "accused:0"]],
        "words": [["own:1", f"exhibit:{knife.pk}", f"đâm {minor.full_name}"], ["own:1", "accused:0", "mất"]],
    }
    across = add(presentation, lead, "so_do", title="Hành vi", diagram="quan_he", edits=edits)
    along = add(presentation, lead, "so_do", title="Diễn biến", diagram="dien_bien", edits=edits)
    # a box gets its key; a line to what is not there is not kept
    assert [box["key"] for box in across.edits["boxes"]] == ["own:1", "own:2"]
    assert across.edits["added"] == [["own:1", f"exhibit:{knife.pk}"], [f"accused:{first.pk}", "own:1"]]
    assert across.edits["words"] == [["own:1", f"exhibit:{knife.pk}", f"đâm {minor.full_name}"]]
    made = deck_for(lead, presentation)
    drawn, events = (slide.diagram for slide in made.slides)
    assert drawn is not None
    assert events is not None
    boxes = {box.key: box for box in drawn.boxes}
    assert (" ".join(boxes["own:1"].lines), boxes["own:1"].note_lines) == ("Đâm [Bị hại 1]", ("28/02/2026 · BL 3",))
    assert [" ".join(label.lines) for label in drawn.labels] == ["đâm [Bị hại 1]"]
    assert minor.full_name not in as_svg(drawn) + as_svg(events)
    assert made.slides[0].citation.startswith("BL 3 ")
    # in the order of days, and what bears none behind it
    days = [box.lines[0] for box in events.boxes if "/" in box.lines[0]]
    assert days == sorted(days, key=lambda day: day.split("/")[::-1])
    assert "28/02/2026" in days
    assert events.boxes[-1].key == "own:2"
    # what the record loses takes its lines along, and that is told
    access.remove_entry(actor=lead, entry=knife, reason="Nhập nhầm")
    assert [each.slide for each in obstacles_of(lead, presentation) if each.rule == Rule.LOST_LINES] == [1, 2]
    left = deck_for(lead, presentation).slides[0].diagram
    assert left is not None
    assert [(line.start, line.end) for line in left.lines if "own:1" in line] == [(f"accused:{first.pk}", "own:1")]
    assert {"own:1", "own:2"} <= {box.key for box in left.boxes}
    across.refresh_from_db()
    change: dict[str, Any] = {"actor": lead, "presentation": presentation, "slide_id": across.pk}
    actions.change_slide(**change, values={"edits": across.edits})
    across.refresh_from_db()
    assert (across.edits["added"], across.edits["words"]) == ([[f"accused:{first.pk}", "own:1"]], [])
    assert [each.slide for each in obstacles_of(lead, presentation) if each.rule == Rule.LOST_LINES] == [2]
    # what is private waits for a leader, in a box as on a line
    for part in ({"boxes": [edits["boxes"][1] | {"label": "STK 1903 1234 5678"}]}, _on_a_line(first.pk)):
        actions.change_slide(**change, values={"edits": part})
        (told,) = [each for each in obstacles_of(lead, presentation) if each.rule == Rule.PRIVATE_NUMBER]
        actions.confirm_slide(actor=chief, presentation=presentation, slide_id=across.pk, fingerprint=told.fingerprint)
        assert not [each for each in obstacles_of(lead, presentation) if each.rule == Rule.PRIVATE_NUMBER]
    # of a paper that became secret nothing stands there, whoever wrote it
    WithheldPaper.objects.create(
        case=case, level="mat", number="7", dated=dt.date(2026, 3, 1), kept_at="Két", folio_from=4, folio_to=4
    )
    assert "own:1" not in {box.key for box in _diagram(presentation, lead, 1).boxes}
    assert [each.slide for each in obstacles_of(lead, presentation) if each.rule == Rule.LEFT_OUT] == [2]
    # a title is mended all the same; only what is said of boxes is examined
    actions.change_slide(actor=lead, presentation=presentation, slide_id=along.pk, values={"title": "Các mốc"})
    box = edits["boxes"][0] | {"label": "Lấy xe"}
    for wrong, sentence in (
        ({"boxes": [box]}, "“Lấy xe”: BL 3 thuộc tài liệu không bao giờ được trình chiếu"),
        ({"boxes": [box | {"folio": "999"}]}, "hồ sơ vụ án không có BL 999"),
        ({"boxes": [box | {"folio": "ba"}]}, "số bút lục không đọc được"),
        ({"boxes": [box | {"day": "31/02"}]}, "ngày không đọc được"),
        ({"boxes": [box | {"kind": "person"}]}, "loại ô không có trong danh mục"),
        ({"boxes": [box | {"label": " "}]}, "chưa có tên"),
        ({"boxes": [box | {"label": "x" * 201}]}, "dài quá 200 chữ"),
        ({"boxes": [box, box]}, "Mã ô “own:1” không dùng được"),
        ({"boxes": [box | {"key": f"own:{n}", "folio": ""} for n in range(1, 62)]}, "tối đa 60 ô"),
        ({"boxes": "x"}, "không đúng dạng"),
        ({"words": [["own:1", "own:2", "x" * 61]]}, "dài quá 60 chữ"),
        ({"added": [["crime", f"own:{n}"] for n in range(151)]}, "tối đa 150 đường nối"),
    ):
        with pytest.raises(BadInput, match=sentence) as refused:
            actions.change_slide(**change, values={"edits": wrong})
        assert refused.value.field == "edits"


def _on_a_line(accused: int) -> dict[str, Any]:
    box = {"key": "own:1", "kind": "act", "label": "Chuyển tiền"}
    line = [f"accused:{accused}", "own:1"]
    return {"boxes": [box], "added": [line], "words": [[*line, "STK 1903 1234 5678"]]}


def _diagram(presentation: Presentation, lead: User, place: int) -> Diagram:
    drawn = deck_for(lead, presentation).slides[place].diagram
    assert drawn is not None
    return drawn


def test_a_diagram_leaves_as_a_file_only_where_a_deck_of_it_could(
    filed_case: FiledCase, lead: User, presentation: Presentation
) -> None:
    slide = add(presentation, lead, "so_do", title="Theo 07/BC-ANĐT", diagram="dien_bien")
    assert "07/BC-ANĐT" in drawing_of(lead, presentation, slide)
    WithheldPaper.objects.create(
        case=filed_case.case, level="mat", number="07/BC-ANĐT", dated=dt.date(2026, 3, 1), kept_at="Két"
    )
    with pytest.raises(BadInput, match="Trang 1 nêu số của một tài liệu mật"):
        drawing_of(lead, presentation, slide)
    # its own form still shows it, to be mended
    assert "<svg" in drawing_of(lead, presentation, slide, keyed=True)
    actions.change_slide(
        actor=lead,
        presentation=presentation,
        slide_id=slide.pk,
        values={"title": "Diễn biến", "state": "cho_hdxx_dong_y"},
    )
    slide.refresh_from_db()
    with pytest.raises(Conflict, match="chờ HĐXX đồng ý"):
        drawing_of(lead, presentation, slide)


def test_private_matters_written_on_a_slide_wait_for_a_leader_who_answers_for_these_very_words(
    filed_case: FiledCase, people: dict[str, User], lead: User, presentation: Presentation
) -> None:
    chief = people["chief_kv1"]
    person = filed_case.case.accused.all()[0]
    add(presentation, lead, "noi_dung", title="Dòng tiền", text="Chuyển vào STK 1903 1234 5678 (BL 1)")
    edits = {"labels": {f"accused:{person.pk}": "Ánh, điện thoại +84 912 345 678"}}
    drawn = add(presentation, lead, "so_do", title="Người", diagram="quan_he", edits=edits)
    add(presentation, lead, "tieu_de", title="Phiên tòa", text="Gọi số 12, phố Trần Phú, phường Hồng Hải")
    told = [(Rule.PRIVATE_NUMBER, 1), (Rule.PRIVATE_NUMBER, 2), (Rule.PRIVATE_ADDRESS, 3)]
    assert rules(presentation, lead) == told
    with pytest.raises(BadInput, match="Trang 2 nêu số giống số căn cước"):
        drawing_of(lead, presentation, drawn)
    slides = slides_of(presentation)
    seen = {each.slide: each.fingerprint for each in obstacles_of(lead, presentation)}
    with pytest.raises(NotAllowed):
        actions.confirm_slide(actor=lead, presentation=presentation, slide_id=slides[0].pk, fingerprint=seen[1])
    for number, slide in enumerate(slides, 1):
        actions.confirm_slide(actor=chief, presentation=presentation, slide_id=slide.pk, fingerprint=seen[number])
    assert rules(presentation, lead) == []
    entry = LedgerEntry.objects.filter(kind="slide_words_confirmed").order_by("pk")[0]
    assert (entry.said["data"]["slide"], len(entry.said["data"]["sha256"])) == (1, 64)
    # other words are other words; without the number nothing is to be answered for
    for text, expected in (("STK 1903 1234 9999 (BL 1)", told[:1]), ("Chuyển vào tài khoản của bị cáo (BL 1)", [])):
        actions.change_slide(actor=lead, presentation=presentation, slide_id=slides[0].pk, values={"text": text})
        assert rules(presentation, lead) == expected
    with pytest.raises(BadInput, match="không có gì phải xác nhận"):
        actions.confirm_slide(actor=chief, presentation=presentation, slide_id=slides[0].pk, fingerprint=seen[1])


def test_who_takes_a_deck_of_a_closed_trial_out_answers_for_who_is_in_the_room(
    filed_case: FiledCase, lead: User, presentation: Presentation, tmp_path: Path
) -> None:
    case = filed_case.case
    add(presentation, lead, "tieu_de", title="Phiên tòa")
    actions.request_deck(actor=lead, presentation=presentation)
    assert not LedgerEntry.objects.filter(kind="closed_trial_answered").exists()
    access.edit_case(actor=lead, case=case, values={"is_closed_trial": True})
    presentation.refresh_from_db()
    with pytest.raises(BadInput, match="xét xử kín: hãy xác nhận") as refused:
        actions.request_deck(actor=lead, presentation=presentation, file_type="pdf")
    assert refused.value.field == "closed_trial"
    made = actions.request_deck(actor=lead, presentation=presentation, file_type="pdf", closed_trial=True)
    told = LedgerEntry.objects.get(kind="closed_trial_answered")
    assert told.said["data"] == {"package": str(made.pk), "presentation": 1, "file_type": "pdf"}
    assert told.said["actor"]["id"] == lead.pk
    # on the server the same
    asked = {"case": case.code, "out": tmp_path / "goi.pdf", "format": "pdf", "verbosity": 0}
    with pytest.raises(CommandError, match="--closed-trial"):
        call_command("vks_deck", **asked)
    assert not (tmp_path / "goi.pdf").exists()
    call_command("vks_deck", **asked, closed_trial=True, stdout=io.StringIO())
    assert LedgerEntry.objects.filter(kind="closed_trial_answered").count() == 2
