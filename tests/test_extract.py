"""Reading PDFs: text, offsets, boxes, order, what is left out, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from ctg_nlp.boxes import boxes_of
from ctg_nlp.errors import Refusal
from ctg_nlp.intake.extract import _is_garbage, extract
from ctg_nlp.intake.furniture import furniture_of
from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line
from ctg_nlp.intake.passages import passages
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


def test_a_widely_spaced_report_has_paragraphs_and_not_lines(tmp_path: Path) -> None:
    said = [
        "Dear colleagues,",
        "You asked for a final report, and none of us has had the time to",
        "write one, so here is a letter instead, put together by two of us",
        "who have ended up holding the file, for all eight schools that took",
        "part and for the one that left after a term because its head",
        "had gone.",
        "What we were after was one gap that all of us had, and we found it",
        "on the first afternoon.",
    ]
    page = extract(pdf(tmp_path, lines(*((72, 750 - 24 * i, text) for i, text in enumerate(said))))).pages[0]
    assert [page.text[b.start : b.end] for b in page.blocks] == [
        said[0], " ".join(said[1:6]), " ".join(said[6:])
    ]  # fmt: skip


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


@pytest.mark.parametrize("size", [[0, 0, 100], [], [0, 0, "wide", "high"]])
def test_a_blank_page_whose_size_is_broken_is_refused_like_any_blank_page(tmp_path: Path, size: list) -> None:
    made = pikepdf.new()
    made.add_blank_page().MediaBox = pikepdf.Array(size)
    made.save(tmp_path / "broken.pdf")
    assert refused(tmp_path / "broken.pdf").cause == "no text"


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
    def page(text: str) -> RawPage:
        words = [Glyphs(w, 0, 1, 0, 1) for w in text.split()]
        return RawPage(1, 600, 800, 0, (make_line(words),), (600, 800))

    assert _is_garbage(page("\ue012\ue013\ue044 \ue051\ue023\ue012 " * 20))
    assert not _is_garbage(page("An ordinary sentence about reading. " * 20))


def test_the_head_of_a_table_repeated_on_the_next_page_is_not_read_twice(tmp_path: Path) -> None:
    row = lines((60, 700, "School"), (250, 700, "Score"), (60, 680, "Ashby PAGE"), (250, 680, "4PAGE"))
    pages = extract(pdf(tmp_path, row, pages=2)).pages
    assert [p.text for p in pages] == ["School\tScore\nAshby 1\t41", "Ashby 2\t42"]
    assert pages[1].furniture == ("School\tScore",)


def test_bullets_and_numbers_that_the_file_writes_apart_stand_before_their_text(tmp_path: Path) -> None:
    texts = [
        (90, 700 - 40 * i, f"Clause {'ABC'[i]} says what each of the schools will do.") for i in range(3)
    ]
    labels = [(60, 700 - 40 * i, f"2.{i + 1}.") for i in range(3)]
    page = extract(pdf(tmp_path, lines(*texts, *labels))).pages[0]
    assert page.text.split("\n") == [f"2.{i + 1}. {texts[i][2]}" for i in range(3)]
    assert {b.kind for b in page.blocks} == {BlockKind.LIST_ITEM}
    check_page_reads_in_words(page)


def check_page_reads_in_words(page: Page) -> None:
    assert [page.text[w.start : w.end] for w in page.words] == page.text.split()


def test_a_line_that_happens_to_begin_with_a_dash_goes_on_its_paragraph(tmp_path: Path) -> None:
    content = lines(
        (60, 700, "The five schools of the group worked with each other all year"),
        (60, 686, "- all but one of them, which joined late - and wrote it down."),
    )
    assert len(extract(pdf(tmp_path, content)).pages[0].blocks) == 1


def test_a_page_number_above_another_footer_is_furniture(tmp_path: Path) -> None:
    content = lines((60, 500, "Body number PAGE."), (290, 60, "PAGE"), (60, 30, "Source: the county"))
    pages = extract(pdf(tmp_path, content, pages=6)).pages
    assert [p.text for p in pages] == [f"Body number {n}." for n in range(1, 7)]


def test_labels_that_come_back_in_the_body_are_not_furniture(tmp_path: Path) -> None:
    content = lines((60, 400, "Signed for school PAGE"), (60, 80, "Name:"), (60, 40, "Head of PAGE"))
    pages = extract(pdf(tmp_path, content, pages=3)).pages
    assert all("Name:" in p.text and "Signed" in p.text for p in pages)


def test_the_mark_of_a_footnote_is_not_taken_for_the_page_number() -> None:
    def row(text: str, v: float) -> Line:
        return make_line(
            [Glyphs(w, 60 + 50 * n, 100 + 50 * n, v, v + 10) for n, w in enumerate(text.split())]
        )

    notes = ["See the plan.", "As the county says.", "Without the juniors.", "From our log."]
    pages = [
        RawPage(
            n, 595, 842, 0, (row("Body.", 300), row("2", 765), row(note, 775), row(str(n), 810)), (595, 842)
        )
        for n, note in enumerate(notes, start=1)
    ]
    assert furniture_of(pages) == [frozenset({3})] * 4


def test_a_report_of_which_nothing_else_would_be_left_keeps_its_lines(tmp_path: Path) -> None:
    pages = extract(pdf(tmp_path, lines((60, 810, "Work of our pupils")), pages=4)).pages
    assert [p.text for p in pages] == ["Work of our pupils"] * 4


def test_what_was_typed_onto_a_page_with_a_pdf_reader_is_read(tmp_path: Path) -> None:
    path = pdf(tmp_path, lines((60, 700, "Which schools took part?")))
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        look = made.make_stream(b"BT /F1 11 Tf 2 4 Td (Three schools in Hull) Tj ET")
        look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        look.BBox, look.Resources = pikepdf.Array([0, 0, 300, 20]), made.pages[0].Resources
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, F=4, Contents="Three schools in Hull",
            Rect=pikepdf.Array([60, 660, 360, 680]), DA="/F1 11 Tf", AP=pikepdf.Dictionary(N=look),
        )  # fmt: skip
        made.pages[0].Annots = made.make_indirect(pikepdf.Array([made.make_indirect(note)]))
        made.save(path)
    assert extract(path).pages[0].text == "Which schools took part?\nThree schools in Hull"
