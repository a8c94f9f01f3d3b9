"""What may be shown in court: every rule refuses what it is there for, and lets the rest through."""

from __future__ import annotations

from typing import Any

import pytest

from vks_plugin.cases.validation import RULES
from vks_plugin.court.deck.rules import (
    Obstacle,
    PagesFacts,
    Rule,
    SlideFacts,
    TrialFacts,
    cited_folios,
    examine,
)
from vks_plugin.court.masking import PersonFacts, masked, named_in

GIRL = PersonFacts("Lò Thị Hoa", "[Bị hại 1]", "người dưới 18 tuổi", ("Hoa Mai",))
WITNESS = PersonFacts("Đỗ Đức Ưởng", "[Người làm chứng 1]", "người được bảo vệ")


def pages(**facts: Any) -> PagesFacts:
    values: dict[str, Any] = {
        "title": "Biên bản khám xét",
        "part": "hsva",
        "type_code": "BBKX",
        "group_code": "03",
        "page_count": 4,
        "first": 1,
        "last": 2,
        "folios": (11, 12),
        "sealed": True,
        "as_sealed": True,
    }
    return PagesFacts(**(values | facts))


def exhibit(**facts: Any) -> SlideFacts:
    values: dict[str, Any] = {"number": 1, "kind": "but_luc", "pages": pages()}
    return SlideFacts(**(values | facts))


def of_testimony(**facts: Any) -> SlideFacts:
    paper = pages(title="Biên bản hỏi cung", group_code="05", type_code="BBHC")
    values: dict[str, Any] = {
        "number": 1,
        "kind": "loi_khai",
        "state": "cho_hdxx_dong_y",
        "ground_308": "a",
        "pages": paper,
    }
    return SlideFacts(**(values | facts))


def found(*slides: SlideFacts, **trial: Any) -> list[tuple[Rule, int | None]]:
    return [(each.rule, each.slide) for each in examine(TrialFacts(**trial), slides)]


def test_a_numbered_page_of_the_case_file_is_shown() -> None:
    assert found(exhibit(), exhibit(number=2, kind="hinh_anh", pages=pages(last=1))) == []


@pytest.mark.parametrize("ground", ["a", "b", "c", "d"])
def test_testimony_is_shown_on_each_ground_of_the_law(ground: str) -> None:
    (only,) = examine(TrialFacts(), [of_testimony(ground_308=ground)])
    # what khoản 3 keeps back no program knows: whoever composes it is reminded
    assert (only.rule, only.blocks) == (Rule.TESTIMONY_SECRETS, False)
    assert "khoản 3 Điều 308" in only.sentence


@pytest.mark.parametrize("wrong", [{"ground_308": ""}, {"ground_308": "e"}, {"state": "hien"}, {"state": "du_phong"}])
def test_testimony_without_a_ground_or_not_held_back_is_refused(wrong: dict[str, str]) -> None:
    (only,) = examine(TrialFacts(), [of_testimony(**wrong)])
    assert (only.rule, only.blocks, only.confirmable) == (Rule.TESTIMONY_GROUND, True, False)
    assert "Điều 308" in only.sentence


@pytest.mark.parametrize("group", ["05", "06"])
def test_testimony_does_not_get_in_as_another_exhibit(group: str) -> None:
    assert found(exhibit(pages=pages(group_code=group))) == [(Rule.TESTIMONY_PLACE, 1)]
    # nor before anybody said what it is
    unknown = pages(group_code="", type_code="", classified=False)
    assert found(exhibit(pages=unknown, confirmed=True)) == [(Rule.UNCLASSIFIED, 1)]


@pytest.mark.parametrize("kind", ["BBDC", "BBTUT", "BBLV"])
def test_what_somebody_said_is_testimony_whatever_the_group_of_the_paper(kind: str) -> None:
    paper = pages(group_code="07", type_code=kind)
    assert found(exhibit(pages=paper)) == [(Rule.TESTIMONY_PLACE, 1)]
    assert found(exhibit(pages=paper, state="du_phong", confirmed=True)) == [(Rule.TESTIMONY_PLACE, 1)]
    assert found(of_testimony(pages=paper)) == [(Rule.TESTIMONY_SECRETS, 1)]


def test_a_recording_of_a_questioning_waits_for_the_panel() -> None:
    disc = pages(group_code="10", type_code="DGAH")
    for state in ("hien", "du_phong"):
        (only,) = examine(TrialFacts(), [exhibit(pages=disc, state=state, confirmed=True)])
        assert (only.rule, only.blocks) == (Rule.RECORDING, True)
        assert "Điều 313" in only.sentence
    assert found(exhibit(pages=disc, state="cho_hdxx_dong_y")) == []


def test_numbers_of_identity_cards_on_a_page_are_remarked() -> None:
    told = pages(text="Căn cước công dân số 001099012345, cấp ngày 12/3/2021")
    (only,) = examine(TrialFacts(), [exhibit(pages=told)])
    assert (only.rule, only.slide, only.blocks) == (Rule.PRIVATE_NUMBER, 1, False)
    assert "001099012345" not in only.sentence
    assert Rule.PRIVATE_NUMBER not in dict(found(exhibit(pages=pages(text=told.text, copy_shown=True))))
    assert found(exhibit(pages=pages(text="Ngày 12/3/2021, số 001099/QĐ"))) == []


@pytest.mark.parametrize(
    "facts",
    [{"part": "hsks"}, {"group_code": "HK"}, {"group_code": "TC"}, {"part": "hsks", "group_code": "03"}],
)
def test_nothing_of_the_supervision_file_is_ever_shown(facts: dict[str, str]) -> None:
    for slide in (exhibit(pages=pages(**facts)), exhibit(pages=pages(**facts), confirmed=True)):
        (only,) = examine(TrialFacts(), [slide])
        assert (only.rule, only.blocks, only.confirmable) == (Rule.INTERNAL, True, False)


def test_the_panels_deliberation_is_never_shown() -> None:
    assert found(exhibit(pages=pages(type_code="BBNA", group_code="16"), confirmed=True)) == [(Rule.DELIBERATION, 1)]


@pytest.mark.parametrize(("first", "last", "refused"), [(12, 20, True), (1, 11, True), (11, 11, True), (13, 99, False)])
def test_folios_of_a_state_secret_are_never_shown(first: int, last: int, *, refused: bool) -> None:
    rules = found(exhibit(confirmed=True), secret_folios=((first, last),))
    assert rules == ([(Rule.STATE_SECRET, 1)] if refused else [])


def test_the_number_of_a_state_secret_is_not_written_on_a_slide() -> None:
    slide = SlideFacts(1, "noi_dung", title="Theo Báo cáo 07/BC-ANĐT", text="xem BL 3")
    assert found(slide, secret_numbers=("07/bc-anđt",)) == [(Rule.STATE_SECRET, 1)]
    drawn = SlideFacts(1, "so_do", drawn="Báo cáo\nsố 07/BC-ANĐT")
    assert found(drawn, secret_numbers=("07/bc-anđt",)) == [(Rule.STATE_SECRET, 1)]
    # without a slash it could be anything
    assert found(slide, secret_numbers=("3",)) == []


def test_an_exhibit_that_names_somebody_protected_waits_for_a_leader() -> None:
    told = pages(text="Hồi 8 giờ, cháu HOA\nMAI (lo thi hoa) trình bày")
    (only,) = examine(TrialFacts(protected=(GIRL, WITNESS)), [exhibit(pages=told)])
    assert (only.rule, only.slide, only.blocks, only.confirmable) == (Rule.PROTECTED_PERSON, 1, True, True)
    # the refusal itself does not name her
    assert "[Bị hại 1]" in only.sentence
    assert "Hoa" not in only.sentence
    assert found(exhibit(pages=told, confirmed=True), protected=(GIRL, WITNESS)) == []
    assert found(exhibit(pages=told), protected=(WITNESS,)) == []


def test_a_page_that_names_a_young_victim_is_not_confirmed_as_another_is() -> None:
    young = PersonFacts(GIRL.name, GIRL.shown_as, GIRL.why, young_victim=True)
    (only,) = examine(TrialFacts(protected=(young,)), [exhibit(pages=pages(text="Cháu Hoa khai"))])
    assert (only.rule, only.blocks, only.confirmable) == (Rule.YOUNG_VICTIM, True, True)
    # as strict as the table of rules tells people it is
    (told,) = (rule for rule in RULES if rule.id == "V11")
    assert only.blocks == (told.severity == "block")
    assert "không cho biết người này" in only.sentence
    assert "Hoa" not in only.sentence


def test_only_what_was_sealed_is_shown_and_as_it_was_sealed() -> None:
    loose, other = exhibit(pages=pages(sealed=False, as_sealed=False)), exhibit(pages=pages(as_sealed=False))
    for allowed in (False, True):
        trial = TrialFacts(unsealed_shown=allowed)
        assert [(each.rule, each.blocks) for each in examine(trial, [loose])] == [(Rule.UNSEALED, not allowed)]
        # no setting lets a file through that is not what was sealed
        (only,) = examine(trial, [other])
        assert (only.rule, only.blocks, only.confirmable) == (Rule.CHANGED, True, False)


def test_a_page_without_text_is_not_taken_for_one_without_names() -> None:
    blind = exhibit(pages=pages(unread=1))
    assert found(blind, protected=(WITNESS,)) == [(Rule.PROTECTED_PERSON, 1)]
    assert found(blind) == []


@pytest.mark.parametrize("facts", [{"sensitive": True}, {"group_code": "NCTN"}])
def test_sensitive_papers_wait_for_a_leader(facts: dict[str, Any]) -> None:
    assert found(exhibit(pages=pages(**facts))) == [(Rule.SENSITIVE, 1)]
    assert found(exhibit(pages=pages(**facts), confirmed=True)) == []


@pytest.mark.parametrize(
    ("slide", "rule"),
    [
        (exhibit(pages=None), Rule.NO_DOCUMENT),
        (exhibit(pages=pages(in_case=False, title="Tài liệu vụ khác")), Rule.NO_DOCUMENT),
        (exhibit(pages=pages(last=5)), Rule.NO_SUCH_PAGE),
        (exhibit(pages=pages(unnumbered=1)), Rule.NO_FOLIO),
        (SlideFacts(1, "noi_dung"), Rule.NOTHING_ON_IT),
        (SlideFacts(1, "tieu_de"), Rule.NOTHING_ON_IT),
    ],
)
def test_slides_that_show_nothing_to_cite_are_refused(slide: SlideFacts, rule: Rule) -> None:
    first = examine(TrialFacts(), [slide])[0]
    assert (first.rule, first.blocks) == (rule, True)
    assert "Tài liệu vụ khác" not in first.sentence


def test_an_empty_or_endless_presentation_is_refused() -> None:
    assert found() == [(Rule.EMPTY, None)]
    many = [exhibit(number=number, pages=pages(page_count=600, last=501)) for number in (1, 2)]
    assert (Rule.TOO_LARGE, None) in found(*many)


def test_a_closed_trial_is_flagged_for_whoever_takes_the_deck_out() -> None:
    flagged = examine(TrialFacts(closed_trial=True, restricted=True), [exhibit()])
    assert [(each.rule, each.blocks) for each in flagged] == [(Rule.CLOSED_TRIAL, False), (Rule.RESTRICTED, False)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Số 022191000001, BL 1", Rule.PRIVATE_NUMBER),
        ("Gọi 0912345678, BL 1", Rule.PRIVATE_NUMBER),
        ("Gọi 0912.345.678 (BL 1)", Rule.PRIVATE_NUMBER),
        ("Gọi +84 912 345 678 (BL 1)", Rule.PRIVATE_NUMBER),
        ("STK 1903 1234 5678 (BL 1)", Rule.PRIVATE_NUMBER),
        ("Ở số 126, đường Trần Phú, phường Hồng Hải (BL 1)", Rule.PRIVATE_ADDRESS),
    ],
)
def test_private_matters_in_the_words_of_a_slide_wait_for_a_leader(text: str, rule: Rule) -> None:
    for slide in (
        SlideFacts(1, "noi_dung", text=text),
        SlideFacts(1, "tieu_de", title=text),
        SlideFacts(1, "so_do", drawn=text),
        exhibit(title=text),
        # without a title of its own it bears that of its paper
        exhibit(pages=pages(title=text)),
    ):
        (only,) = examine(TrialFacts(), [slide])
        assert (only.rule, only.blocks, only.confirmable) == (rule, True, True)
        assert "Phú" not in only.sentence
        assert not any(digit in only.sentence for digit in "269")
    assert found(SlideFacts(1, "noi_dung", text=text, confirmed=True)) == []


def test_a_slide_of_text_cites_folios_and_a_heading_need_not() -> None:
    (only,) = examine(TrialFacts(), [SlideFacts(1, "noi_dung", title="Bị cáo", text="Lấy xe máy")])
    assert (only.rule, only.blocks, only.confirmable) == (Rule.UNCITED, True, False)
    assert found(SlideFacts(1, "tieu_de", title="Bị cáo", text="Tội trộm cắp tài sản")) == []


def test_sums_days_and_folios_are_no_numbers_of_anybody() -> None:
    # a sum without dots cannot be told from a number
    assert found(SlideFacts(1, "noi_dung", text="123456789 đồng? 1.250.000.000 đồng, ngày 01/02/2026, BL 120")) == [
        (Rule.PRIVATE_NUMBER, 1)
    ]
    assert found(SlideFacts(1, "noi_dung", text="1.250.000.000 đồng, 15/2026/KL, BL 120")) == []


def test_every_obstacle_is_listed_with_its_slide() -> None:
    slides = [exhibit(), exhibit(number=2, pages=pages(part="hsks")), of_testimony(number=3, ground_308="")]
    told: list[Obstacle] = examine(TrialFacts(), slides)
    assert [(each.rule, each.slide) for each in told] == [(Rule.INTERNAL, 2), (Rule.TESTIMONY_GROUND, 3)]
    assert told[0].sentence.startswith("Trang 2 ")
    assert told[1].sentence.startswith("Trang 3 ")


# --- names


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Lò Thị Hoa khai", "[Bị hại 1] khai"),
        ("LÒ THỊ HOA, lo thi hoa; Lò  Thị\nHoa.", "[Bị hại 1], [Bị hại 1]; [Bị hại 1]."),
        # decomposed, as many PDFs have it
        ("Lo\u0300 Thi\u0323 Hoa", "[Bị hại 1]"),
        ("cháu Hoa và em  Hoa", "cháu [Bị hại 1] và em  [Bị hại 1]"),
        ("tên gọi khác Hoa Mai", "tên gọi khác [Bị hại 1]"),
        # words that are no name of hers
        ("hoa màu bị hủy hoại; Lò Thị Hoan; Hoàn cảnh", "hoa màu bị hủy hoại; Lò Thị Hoan; Hoàn cảnh"),
        ("Ưởng và Đỗ Đức Ưởng", "Ưởng và [Người làm chứng 1]"),
        ("", ""),
    ],
)
def test_names_that_are_not_to_be_told_are_replaced(said: str, shown: str) -> None:
    assert masked(said, (GIRL, WITNESS)) == shown


def test_a_name_that_is_part_of_a_longer_one_leaves_nothing_of_it() -> None:
    short = PersonFacts("Thị Hoa", "[Bị hại 2]", "người dưới 18 tuổi")
    assert masked("Lò Thị Hoa và Thị Hoa", (short, GIRL)) == "[Bị hại 1] và [Bị hại 2]"


def test_nobody_is_left_to_be_named_after_masking() -> None:
    said = "LÒ THỊ HOA (cháu Hoa, Hoa Mai) và ông Ưởng, Do Duc Uong"
    assert {person.name for person in named_in(said, (GIRL, WITNESS))} == {GIRL.name, WITNESS.name}
    assert named_in(masked(said, (GIRL, WITNESS)), (GIRL, WITNESS)) == []


@pytest.mark.parametrize(
    ("said", "folios"),
    [
        ("BL 12", ["12"]),
        ("theo BL 12–14, 20 và bút lục số 125a", ["12", "20", "125a"]),
        ("BL12; BL 12", ["12"]),
        ("ABL 12, năm 2026, 12 người", []),
    ],
)
def test_folios_a_text_refers_to(said: str, folios: list[str]) -> None:
    assert cited_folios(said) == folios
