"""Passages: where sentences end, what they carry, and that nothing of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.passages import passages
from ctg_nlp.records import Block, BlockKind, Extraction, Page

from .test_extract import TEXT_LAYER


@pytest.fixture(scope="module")
def example() -> dict[str, Extraction]:
    return {p.name: extract(p) for p in TEXT_LAYER[:5]}


def sentences(text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> list[str]:
    page = Page(1, 1, 1, text, blocks=(Block(0, len(text), kind),))
    return [p.text for p in passages([page])]


def test_passages_are_slices_of_their_page_and_leave_nothing_out(example: dict[str, Extraction]) -> None:
    for found in example.values():
        texts = {p.number: p.text for p in found.pages}
        cut = passages(found.pages)
        assert all(texts[p.page][p.start : p.end] == p.text for p in cut)
        for number, text in texts.items():
            kept = "".join("".join(p.text.split()) for p in cut if p.page == number)
            assert kept == "".join(text.split())


def test_sentences_end_where_readers_end_them() -> None:
    text = (
        'We met Mrs. Hall at St. Anne\'s. "It works." He said approx. 40 came, e.g. Mr. Ali. '
        "Scores rose by 2.5 points! Did they? Yes. A. Smith led."
    )
    page = Page(1, 1, 1, text, blocks=(Block(0, len(text), BlockKind.PARAGRAPH),))
    assert [p.text for p in passages([page])] == [
        "We met Mrs. Hall at St. Anne's.",
        '"It works."',
        "He said approx. 40 came, e.g. Mr. Ali.",
        "Scores rose by 2.5 points!",
        "Did they?",
        "Yes.",
        "A. Smith led.",
    ]


@given(st.lists(st.text(alphabet="aB .!?'\")(é…1", max_size=80), max_size=5))
def test_passages_of_any_text_are_slices_that_leave_nothing_out(texts: list[str]) -> None:
    made = [" ".join(t.split()) for t in texts]
    text, at, blocks = "\n".join(made), 0, []
    for t in made:
        blocks.append(Block(at, at + len(t), BlockKind.PARAGRAPH))
        at += len(t) + 1
    cut = passages([Page(1, 1, 1, text, blocks=tuple(blocks))])
    assert all(text[p.start : p.end] == p.text and p.text == p.text.strip() for p in cut)
    assert "".join("".join(p.text.split()) for p in cut) == "".join(text.split())


def test_a_sentence_without_end_is_cut() -> None:
    text = "and so it went on, " * 80
    page = Page(1, 1, 1, text, blocks=(Block(0, len(text), BlockKind.PARAGRAPH),))
    cut = passages([page])
    assert len(cut) > 1 and max(len(p.text.split()) for p in cut) <= 120


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("1. We met. 2. They left.", ["1. We met.", "2. They left."]),
        ("9.3.1. It holds. Next one.", ["9.3.1. It holds.", "Next one."]),
        (
            "We read poems, etc. The children sat. Then we sang.",
            ["We read poems, etc.", "The children sat.", "Then we sang."],
        ),
        ("It began in Sept. The head left.", ["It began in Sept.", "The head left."]),
        ("It began on Mon. 5 May, at 3 p.m. on time.", ["It began on Mon. 5 May, at 3 p.m. on time."]),
        ("We sat in the sun. Ofsted came.", ["We sat in the sun.", "Ofsted came."]),
        (
            "See no. 5 and p. 12. He said no. Ashby did not.",
            ["See no. 5 and p. 12.", "He said no.", "Ashby did not."],
        ),
        ("So do I. The rest came later.", ["So do I.", "The rest came later."]),
        ("(See Fig. 2.) Élan won.", ["(See Fig. 2.)", "Élan won."]),
    ],
)
def test_stops_of_abbreviations_and_numbers_are_told_from_the_end(text: str, cut: list[str]) -> None:
    assert sentences(text) == cut


def test_table_rows_and_headings_are_one_passage_and_list_items_are_cut_into_sentences() -> None:
    text = "One thing. Another thing."
    assert sentences(text, BlockKind.TABLE_ROW) == sentences(text, BlockKind.HEADING) == [text]
    assert len(sentences(text, BlockKind.LIST_ITEM)) == 2


def test_a_heading_holds_for_the_next_page_until_another_comes() -> None:
    first, second = "What we did", "We met."
    pages = [
        Page(1, 1, 1, first, blocks=(Block(0, len(first), BlockKind.HEADING),)),
        Page(2, 1, 1, second, blocks=(Block(0, len(second), BlockKind.PARAGRAPH),)),
    ]
    assert [p.heading for p in passages(pages)] == ["", "What we did"]
