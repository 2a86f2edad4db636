"""Scans: read with boxes, straight or askew, upside down, and the cells of ruled tables in order."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.lines import Glyphs, Line, make_line
from ctg_nlp.intake.ocr import OcrSettings, find_tesseract
from ctg_nlp.intake.tables import Rule, in_cells
from ctg_nlp.records import BlockKind

from .conftest import EXAMPLE
from .test_extract import check_page, lines, pdf, refused

needs_tesseract = pytest.mark.skipif(
    find_tesseract() is None, reason="needs Tesseract (apt install tesseract-ocr)"
)


@needs_tesseract
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


def scanned(tmp_path: Path, content: str, turn: float) -> Path:
    """The page as a picture without a text layer, turned clockwise by so many degrees."""
    document = pypdfium2.PdfDocument(pdf(tmp_path, content))
    picture = document[0].render(scale=200 / 72, grayscale=True).to_pil()
    document.close()
    path = tmp_path / "scan.pdf"
    picture.rotate(-turn, expand=True, fillcolor=255).save(path, "PDF", resolution=200)
    return path


TABLE = lines(
    (60, 760, "What the three schools of our group say about the year that they had together"),
    (60, 720, "Which schools"), (60, 704, "took part?"), (220, 720, "Ashby, Barton and Corby, and I was the one who"),
    (220, 704, "wrote it all down for them."), (60, 674, "Did it help the"), (60, 658, "children?"), (220, 674, "It did."),
    (60, 560, "We will go on with the work next year and hope that other schools will join us in it."),
) + "".join(f"50 {y} m 550 {y} l S " for y in (738, 692, 646)) + "".join(f"{x} 738 m {x} 646 l S " for x in (50, 210, 550))  # fmt: skip
ROWS = [
    "Which schools took part?\tAshby, Barton and Corby, and I was the one who wrote it all down for them.",
    "Did it help the children?\tIt did.",
]


@needs_tesseract
@pytest.mark.parametrize("turn", [0, 0.7, 90, 180.6])
def test_the_cells_of_a_ruled_table_are_read_in_order_however_the_sheet_lay(
    tmp_path: Path, turn: float
) -> None:
    page = extract(scanned(tmp_path, TABLE, turn), ocr=OcrSettings()).pages[0]
    assert [page.text[b.start : b.end] for b in page.blocks if b.kind is BlockKind.TABLE_ROW] == ROWS
    check_page(page)


@needs_tesseract
def test_boxes_of_a_sheet_scanned_upside_down_are_where_the_words_stand(tmp_path: Path) -> None:
    page = extract(scanned(tmp_path, TABLE, 180), ocr=OcrSettings()).pages[0]
    assert page.words[0].box.y0 > page.words[-1].box.y1  # the first line is the lowest
    assert page.words[0].box.x0 > page.width / 2


def line(text: str, u: float, v: float) -> Line:
    return make_line([Glyphs(w, u + 40 * n, u + 40 * n + 30, v, v + 10) for n, w in enumerate(text.split())])


def test_words_outside_of_ruled_tables_keep_their_order() -> None:
    before, after = line("a heading", 10, 0), line("and more", 10, 200)
    rules = [Rule(0, 300, 20, 20), Rule(0, 300, 60, 60), Rule(100, 100, 20, 60)]
    found = in_cells(
        [before, line("left", 10, 25), line("right", 120, 25), line("below", 10, 40), after], rules
    )
    assert [x.text for x in found] == ["a heading", "left", "below", "right", "and more"]
    assert in_cells([before, after], []) == [before, after]
