"""Reading PDFs: text, offsets, boxes, order, what is left out, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg_nlp.boxes import boxes_of
from ctg_nlp.errors import Refusal
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.ocr import OcrSettings, find_tesseract
from ctg_nlp.intake.passages import passages
from ctg_nlp.intake.sandbox import Limits, Reader
from ctg_nlp.records import BlockKind, Extraction, Page

from .conftest import EXAMPLE

TEXT_LAYER = sorted(p for p in (EXAMPLE / "raw").glob("*.pdf") if "G017" not in p.name)


def pdf(tmp_path: Path, content: str, name: str = "made.pdf", pages: int = 1) -> Path:
    """A PDF of one or more pages with the given content stream, in Helvetica."""
    made = pikepdf.new()
    for n in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        font = made.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = made.make_stream(content.replace("PAGE", str(n + 1)).encode("latin-1"))
    path = tmp_path / name
    made.save(path)
    return path


def lines(*texts: tuple[int, int, str], size: int = 11) -> str:
    """A content stream that writes each (x, y, text)."""
    return "".join(f"BT /F1 {size} Tf {x} {y} Td ({t}) Tj ET\n" for x, y, t in texts)


@pytest.fixture(scope="module")
def example() -> dict[str, Extraction]:
    return {p.name: extract(p) for p in TEXT_LAYER}


def test_words_and_blocks_are_slices_of_the_text_in_order(example: dict[str, Extraction]) -> None:
    for found in example.values():
        for page in found.pages:
            check_page(page)


def check_page(page: Page) -> None:
    at = 0
    for word in page.words:
        assert at <= word.start < word.end <= len(page.text)
        assert not any(c.isspace() for c in page.text[word.start : word.end])
        assert -1 <= word.box.x0 <= word.box.x1 <= page.width + 1
        assert -1 <= word.box.y0 <= word.box.y1 <= page.height + 1
        at = word.end
    covered = "".join(page.text[w.start : w.end] for w in page.words)
    assert covered == "".join(page.text.split())
    assert "\n".join(page.text[b.start : b.end] for b in page.blocks) == page.text


def test_passages_are_slices_of_their_page_and_leave_nothing_out(example: dict[str, Extraction]) -> None:
    for found in example.values():
        texts = {p.number: p.text for p in found.pages}
        cut = passages(found.pages)
        assert all(texts[p.page][p.start : p.end] == p.text for p in cut)
        for number, text in texts.items():
            kept = "".join("".join(p.text.split()) for p in cut if p.page == number)
            assert kept == "".join(text.split())


def test_headers_and_page_numbers_are_furniture_and_not_text(tmp_path: Path) -> None:
    content = lines(
        (60, 810, "Leadership report"), (280, 30, "Page PAGE of 3"), (60, 500, "Body number PAGE.")
    )
    found = extract(pdf(tmp_path, content, pages=3))
    assert [p.text for p in found.pages] == ["Body number 1.", "Body number 2.", "Body number 3."]
    assert found.pages[1].furniture == ("Leadership report", "Page 2 of 3")


def test_a_line_in_the_margin_that_does_not_come_back_stays(tmp_path: Path) -> None:
    content = lines((60, 810, "Our only title"), (60, 500, "Body."))
    assert "Our only title" in extract(pdf(tmp_path, content)).pages[0].text


def test_lines_of_a_paragraph_are_one_line_of_text(tmp_path: Path) -> None:
    content = lines((60, 700, "We met every week in the"), (60, 686, "hall and talked of reading."))
    page = extract(pdf(tmp_path, content)).pages[0]
    assert page.text == "We met every week in the hall and talked of reading."
    quote = page.text.index("the hall")
    assert len(boxes_of(page, quote, quote + 8)) == 2  # one box for each line on paper


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [(60, 700 - 14 * i, f"left line {i} goes on") for i in range(14)]
    right = [(320, 700 - 14 * i, f"right line {i} goes on") for i in range(14)]
    text = extract(pdf(tmp_path, lines(*left, *right))).pages[0].text
    assert text.index("left line 13") < text.index("right line 0")


def test_cells_of_a_table_row_stand_in_one_line_with_tabs(tmp_path: Path) -> None:
    content = lines(
        (60, 700, "School"),
        (250, 700, "2009"),
        (400, 700, "2010"),
        (60, 680, "Ashby"),
        (250, 680, "41"),
        (400, 680, "57"),
    )
    page = extract(pdf(tmp_path, content)).pages[0]
    assert page.text == "School\t2009\t2010\nAshby\t41\t57"
    assert {b.kind for b in page.blocks} == {BlockKind.TABLE_ROW}


def test_list_items_and_headings_are_known(tmp_path: Path) -> None:
    content = lines((60, 740, "What we did"), size=20) + lines(
        (60, 700, "We worked in three ways in the autumn and in the spring of that year."),
        (60, 680, "- first the reading"),
        (60, 660, "- then the writing"),
    )
    found = extract(pdf(tmp_path, content))
    kinds = [b.kind for b in found.pages[0].blocks]
    assert kinds == [BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.LIST_ITEM]
    assert {p.heading for p in passages(found.pages)[1:]} == {"What we did"}


def test_a_page_turned_on_its_side_reads_in_order_with_boxes_as_displayed(tmp_path: Path) -> None:
    path = pdf(tmp_path, lines((60, 700, "First line."), (60, 600, "Second line.")))
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        made.pages[0].Rotate = 90
        made.save(path)
    page = extract(path).pages[0]
    assert page.text == "First line.\nSecond line."
    assert (page.width, page.height) == (842, 595)
    check_page(page)
    assert page.words[0].box.x0 > page.words[-1].box.x0  # upside is to the right


def test_a_hyphen_at_the_end_of_a_line_stays_where_the_word_has_one(tmp_path: Path) -> None:
    content = lines((60, 700, "We did a half-"), (60, 686, "termly review of reading."))
    assert "half-termly review" in extract(pdf(tmp_path, content)).pages[0].text


def test_a_word_broken_by_the_typesetter_is_joined(tmp_path: Path) -> None:
    content = lines((60, 700, "The interven-"), (60, 686, "tion worked. An intervention is short."))
    page = extract(pdf(tmp_path, content)).pages[0]
    assert page.text.startswith("The intervention worked.")
    check_page(page)


def test_what_was_typed_into_a_form_is_read(tmp_path: Path) -> None:
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(595, 842))
    font = made.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    look = made.make_stream(b"/Tx BMC BT /F1 11 Tf 2 4 Td (Three schools in Hull took part) Tj ET EMC")
    look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    look.BBox = pikepdf.Array([0, 0, 300, 20])
    look.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    field = made.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="answer", F=4,
            V="Three schools in Hull took part", Rect=pikepdf.Array([60, 600, 360, 620]), AP=pikepdf.Dictionary(N=look),
        )
    )  # fmt: skip
    page.Annots = made.make_indirect(pikepdf.Array([field]))
    made.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
    path = tmp_path / "form.pdf"
    made.save(path)
    assert "Three schools in Hull took part" in extract(path).pages[0].text


def refused(path: Path, **options) -> Refusal:
    with pytest.raises(Refusal) as caught:
        extract(path, **options)
    return caught.value


def test_files_are_refused_with_their_cause_and_advice(tmp_path: Path) -> None:
    cases = {
        "empty": b"",
        "not a PDF": b"<html>no</html>",
        "damaged": b"%PDF-1.4\n" + b"\x07" * 500 + b"%%EOF",
    }
    for cause, content in cases.items():
        path = tmp_path / f"{cause}.pdf"
        path.write_bytes(content)
        found = refused(path)
        assert found.cause == cause
        assert "Send" in found.advice
    assert refused(pdf(tmp_path, "")).cause == "no text"
    assert refused(pdf(tmp_path, lines((60, 700, "x")), pages=3), most_pages=2).cause == "too costly"


def test_a_locked_file_opens_with_a_password_of_the_list(tmp_path: Path) -> None:
    path = pdf(tmp_path, lines((60, 700, "Hello there, all of you.")))
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(path) as made:
        made.save(locked, encryption=pikepdf.Encryption(user="secret", owner="owner"))
    assert refused(locked).cause == "encrypted"
    assert refused(locked, passwords=["wrong"]).cause == "encrypted"
    assert "Hello" in extract(locked, passwords=["wrong", "secret"]).pages[0].text


def test_a_file_cut_off_in_the_middle_is_mended_with_a_warning(tmp_path: Path) -> None:
    whole = TEXT_LAYER[0].read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(whole[: len(whole) - 900])
    found = extract(path)
    assert found.warnings and found.pages[0].text


def test_a_page_of_garbage_signs_is_not_taken_for_text(tmp_path: Path) -> None:
    from ctg_nlp.intake.extract import _is_garbage
    from ctg_nlp.intake.lines import Glyphs, RawPage, make_line

    def page(text: str) -> RawPage:
        words = [Glyphs(w, 0, 1, 0, 1) for w in text.split()]
        return RawPage(1, 600, 800, 0, (make_line(words),), (600, 800))

    assert _is_garbage(page("\ue012\ue013\ue044 \ue051\ue023\ue012 " * 20))
    assert not _is_garbage(page("An ordinary sentence about reading. " * 20))


@pytest.mark.skipif(find_tesseract() is None, reason="needs Tesseract (apt install tesseract-ocr)")
def test_a_scan_is_read_with_boxes() -> None:
    (scan,) = (EXAMPLE / "raw").glob("*G017*.pdf")
    found = extract(scan, ocr=OcrSettings())
    assert {p.source for p in found.pages} == {"ocr"}
    assert sum(len(p.text.split()) for p in found.pages) > 1000
    for page in found.pages:
        check_page(page)


def test_a_scan_without_tesseract_says_in_one_line_how_to_get_it() -> None:
    (scan,) = (EXAMPLE / "raw").glob("*G017*.pdf")
    found = refused(scan, ocr=OcrSettings(enabled=False))
    assert found.cause == "no text"
    assert "apt install tesseract-ocr" in found.advice and "\n" not in found.advice


def test_the_reader_in_its_child_process_reads_the_same_as_in_this_one(
    example: dict[str, Extraction],
) -> None:
    with Reader() as reader:
        for path in TEXT_LAYER[:3]:
            found = reader.read(path)
            assert [p.text for p in found.pages] == [p.text for p in example[path.name].pages]
            assert found.extractor == example[path.name].extractor


def test_a_file_that_takes_too_long_costs_that_file_and_the_next_is_read(tmp_path: Path) -> None:
    slow = pdf(tmp_path, "BT /F1 9 Tf 60 700 Td (ab cd ef) Tj ET\n" * 400_000, "slow.pdf", pages=2)
    with Reader(Limits(seconds=1)) as reader:
        with pytest.raises(Refusal, match="took over 1 seconds") as caught:
            reader.read(slow)
        assert caught.value.cause == "too costly"
        assert reader.read(TEXT_LAYER[0]).pages


def test_a_file_that_wants_too_much_memory_costs_that_file(tmp_path: Path) -> None:
    stream = io.BytesIO()
    made = pikepdf.new()
    page = made.add_blank_page()
    page.Contents = made.make_stream(b"0 0 m 1 1 l S\n" * 12_000_000)
    made.save(stream)
    path = tmp_path / "bomb.pdf"
    path.write_bytes(stream.getvalue())
    with Reader(Limits(memory_mb=700)) as reader:
        with pytest.raises(Refusal) as caught:
            reader.read(path)
        assert caught.value.cause == "too costly"
        assert reader.read(TEXT_LAYER[0]).pages


def test_a_reader_that_dies_is_started_again() -> None:
    with Reader() as reader:
        assert reader.read(TEXT_LAYER[0]).pages
        assert reader._child is not None
        reader._child.kill()
        reader._child.wait()
        assert reader.read(TEXT_LAYER[1]).pages


def test_sentences_end_where_readers_end_them() -> None:
    from ctg_nlp.records import Block

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
    from ctg_nlp.records import Block

    made = [" ".join(t.split()) for t in texts]
    text, at, blocks = "\n".join(made), 0, []
    for t in made:
        blocks.append(Block(at, at + len(t), BlockKind.PARAGRAPH))
        at += len(t) + 1
    cut = passages([Page(1, 1, 1, text, blocks=tuple(blocks))])
    assert all(text[p.start : p.end] == p.text and p.text == p.text.strip() for p in cut)
    assert "".join("".join(p.text.split()) for p in cut) == "".join(text.split())


def test_the_head_of_a_table_repeated_on_the_next_page_is_not_read_twice(tmp_path: Path) -> None:
    row = lines((60, 700, "School"), (250, 700, "Score"), (60, 680, "Ashby PAGE"), (250, 680, "4PAGE"))
    pages = extract(pdf(tmp_path, row, pages=2)).pages
    assert [p.text for p in pages] == ["School\tScore\nAshby 1\t41", "Ashby 2\t42"]
    assert pages[1].furniture == ("School\tScore",)


def test_a_sentence_without_end_is_cut() -> None:
    from ctg_nlp.records import Block

    text = "and so it went on, " * 80
    page = Page(1, 1, 1, text, blocks=(Block(0, len(text), BlockKind.PARAGRAPH),))
    cut = passages([page])
    assert len(cut) > 1 and max(len(p.text.split()) for p in cut) <= 120
