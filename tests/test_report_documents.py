"""The report as Word, workbook and CSV: opened again by the libraries that people's programs are built on."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import docx
import numpy as np
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook
from PIL import Image

from ctg_nlp.export.chart_pictures import pictures
from ctg_nlp.export.contents import Chart, Contents, Section, said_once
from ctg_nlp.export.docx_report import write_docx
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.export.layout import laid
from ctg_nlp.export.report_html import html_of
from ctg_nlp.export.xlsx_report import workbook_of, write_csv_report, write_xlsx
from ctg_nlp.intake.convert import find_libreoffice, to_pdf
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable


def cell(n: int, of: int, percent: str, undecided: int = 0) -> ShownCell:
    return ShownCell(str(n), percent, str(of), str(undecided), n, 100 * n / of)


EVEN = ShownTable(
    "fruit", 4, "Fruit & nuts", ("",),
    (
        ShownRow(RowKind.GROUP, "g", "Pome fruit"),
        ShownRow(RowKind.CODE, "apple", "=Apple\x0b", (cell(60, 129, "46.5"),)),
        ShownRow(RowKind.CODE, "pear", "Pear", (cell(9, 129, "7.0"),)),
        ShownRow(RowKind.TOTAL, "total", "All of it", (ShownCell("482", value=482),)),
    ),
    ("Of: all reports (129), undecided ones left out.",), "all reports",
)  # fmt: skip
UNEVEN = ShownTable(
    "open", None, "Still open", ("",),
    (
        ShownRow(RowKind.CODE, "a", "A", (cell(40, 80, "50.0", 20),)),
        ShownRow(RowKind.CODE, "b", "B", (ShownCell("[c]", "[c]", "80", "20", withheld="suppressed"),)),
    ),
    (), "all reports",
)  # fmt: skip
WIDE = ShownTable(
    "open by shop", None, "Still open by shop", ("All", *(f"Shop {n}" for n in range(8))),
    (ShownRow(RowKind.CODE, "a", "A", (cell(3, 9, "33.3"), *[cell(1, 2, "50.0")] * 7, cell(1, 3, "33.3", 1))),),
    ("In each column.",), "all reports",
)  # fmt: skip
CHART = Chart("fruit", "bars", "Fruit", "Apple 46.5 per cent, pear 7.0 per cent.", EVEN)
CONTENTS = Contents(
    "Fruit in shops", "A synthesis", Edition.PUBLISHABLE, "DRAFT",
    (("Release", "2026-11-26-1"), ("Data hash", "ab" * 32), ("Made at", "2026-11-26T10:00:00+00:00")),
    (
        Section("fruit", "What fruit", ("Apples lead.",), (EVEN,), (CHART,), (Quote("Ripe.", "a shop"),), ("129 of 142 answered.",)),
        Section("open", "Open", (), (UNEVEN, WIDE), (Chart("m", "gap map", "Where", "A map.", WIDE),)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    write_docx(path, CONTENTS)
    return path


@pytest.fixture(scope="module")
def document(word: Path) -> Document:
    return docx.Document(str(word))


def test_a_table_without_open_reports_stands_in_the_published_layout() -> None:
    layout = laid(EVEN)
    assert layout.columns == ("Category", "No.", "Per cent")
    assert [(r.label, r.cells) for r in layout.rows[1:3]] == [
        ("=Apple\x0b", ("60", "46.5")),
        ("Pear", ("9", "7.0")),
    ]
    assert layout.rows[0].heading and layout.rows[3].total


def test_differing_denominators_and_undecided_reports_get_columns_of_their_own() -> None:
    layout = laid(UNEVEN)
    assert layout.columns == ("Category", "No.", "Per cent", "Of", "Undecided")
    assert layout.rows[1].cells == ("[c]", "[c]", "80", "20")
    assert any("suppressed" in note for note in layout.notes)


def test_a_table_by_parts_names_the_denominator_of_each_part() -> None:
    layout = laid(WIDE)
    assert layout.columns[1:3] == ("All (of 9)", "Shop 0 (of 2)")
    assert layout.columns[-1] == "Shop 7"
    assert layout.rows[0].cells[0] == "3 (33.3)"
    assert layout.rows[0].cells[-1] == "1 of 3 (33.3)"


def test_tables_are_real_with_a_heading_row_that_repeats_and_rows_kept_whole(document: Document) -> None:
    first = document.tables[0]
    assert [c.text for c in first.rows[0].cells] == ["Category", "No.", "Per cent"]
    assert [c.text for c in first.rows[2].cells] == ["=Apple", "60", "46.5"]
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(r._tr.trPr.find(qn("w:cantSplit")) is not None for r in table.rows)
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
        assert table._tbl.tblPr.find(qn("w:tblLook")).get(qn("w:firstRow")) == "1"


def test_what_a_table_holds_stands_in_the_order_that_word_asks_for(document: Document) -> None:
    order = "tblStyle tblW jc tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription".split()
    for table in document.tables:
        names = [child.tag.partition("}")[2] for child in table._tbl.tblPr]
        assert names == sorted(names, key=order.index)


def test_captions_have_numbers_that_word_knows_and_are_listed(document: Document) -> None:
    captions = [p for p in document.paragraphs if p.style.name == "Caption"]
    assert [p.text for p in captions] == ["Table 4: Fruit & nuts", "Still open", "Still open by shop"]
    fields = [t.text for p in captions for t in p._p.iter(qn("w:instrText"))]
    assert fields == [r" SEQ Table \* ARABIC \r 4 ", r" SEQ Table \c \h ", r" SEQ Table \c \h "]
    listed = [p for p in document.paragraphs if p.style.name == "List Entry"]
    assert len(listed) == 3
    assert r'TOC \n \h \z \c "Table"' in next(listed[0]._p.iter(qn("w:instrText"))).text
    links = [link.get(qn("w:anchor")) for p in listed for link in p._p.iter(qn("w:hyperlink"))]
    marks = [m.get(qn("w:name")) for m in document.element.iter(qn("w:bookmarkStart"))]
    assert links == marks == ["table_1", "table_2", "table_3"]


def test_headings_notes_quotes_and_quality_have_styles_of_their_own(document: Document) -> None:
    styled = {p.text: p.style.name for p in document.paragraphs}
    assert styled["What fruit"] == "Heading 1"
    assert styled["Note: Of: all reports (129), undecided ones left out."] == "Table Note"
    assert styled["“Ripe.” (a shop)"] == "Quote"
    assert styled["129 of 142 answered."] == "List Bullet"


def test_pictures_tell_what_they_show_and_their_figures_stand_in_a_table(document: Document) -> None:
    told = [p.get("descr") for p in document.element.iter(qn("wp:docPr"))]
    assert told == ["Apple 46.5 per cent, pear 7.0 per cent.", "A map."]


def test_a_draft_says_so_on_every_page_and_a_release_does_not(document: Document, tmp_path: Path) -> None:
    assert "DRAFT" in document.sections[0].header.paragraphs[0].text
    assert 'string="DRAFT"' in document.sections[0].header._element.xml
    assert all(s.header.is_linked_to_previous for s in list(document.sections)[1:])
    write_docx(tmp_path / "r.docx", replace(CONTENTS, status=""))
    with zipfile.ZipFile(tmp_path / "r.docx") as file:
        assert not any(b"DRAFT" in file.read(name) for name in file.namelist())


def test_a_wide_table_lies_on_a_turned_page(document: Document) -> None:
    turned = [s.page_width > s.page_height for s in document.sections]
    assert turned == [False, True, False]


def test_a_table_with_more_columns_than_a_page_takes_is_written_in_blocks_with_all_labels(
    document: Document,
) -> None:
    blocks = [t for t in document.tables if t.rows[1].cells[0].text == "A" and len(t.rows) == 2]
    heads = [[c.text for c in t.rows[0].cells] for t in blocks]
    assert [len(h) for h in heads] == [9, 2]
    assert heads[1] == ["Category", "Shop 7"]


def test_the_language_the_title_and_the_facts_are_in_the_document(document: Document) -> None:
    about = document.core_properties
    assert (about.title, about.language, about.author) == ("Fruit in shops", "en-GB", "")
    assert {lang.get(qn("w:val")) for lang in document.styles.element.iter(qn("w:lang"))} == {"en-GB"}
    assert [c.text for c in document.tables[-1].rows[1].cells] == ["Release", "2026-11-26-1"]


@pytest.mark.parametrize(("write", "name"), [(write_docx, "a.docx"), (write_xlsx, "a.xlsx")])
def test_the_same_contents_make_the_same_bytes(write, name: str, tmp_path: Path) -> None:
    write(tmp_path / name, CONTENTS)
    first = (tmp_path / name).read_bytes()
    with zipfile.ZipFile(tmp_path / name) as file:
        assert {i.date_time[0] for i in file.infolist()} == {1980}
    write(tmp_path / name, CONTENTS)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.skipif(find_libreoffice() is None, reason="needs LibreOffice (apt install libreoffice-writer)")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (apt install poppler-utils)")
def test_it_can_be_laid_out_with_every_table_and_page_number_in_it(word: Path, tmp_path: Path) -> None:
    made = to_pdf(word, tmp_path / "report.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", str(made), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Table 4: Fruit & nuts" in text
    assert "4Still open" not in text  # the hidden number of a table without one
    pages = text.rstrip("\f").split("\f")
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, start=1))
    assert all("DRAFT – Fruit in shops" in page for page in pages)


def test_a_workbook_has_linked_contents_and_a_sheet_of_typed_numbers_for_each_table(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "r.xlsx", CONTENTS)
    book = load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Contents", "Table 4", "Still open", "Still open by shop", "Text", "Facts"]
    links = [c.hyperlink.location for (c,) in book["Contents"].iter_rows(max_col=1) if c.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    sheet = book["Table 4"]
    assert [c.value for c in sheet[3]] == ["Category", "No.", "Per cent", "Of", "Undecided"]
    assert [c.value for c in sheet[5]] == ["'=Apple", 60, 46.5, 129, 0]
    assert sheet["C5"].number_format == "0.0"
    assert sheet.freeze_panes == "B4"
    assert [c.value for c in book["Still open"][5]] == ["B", "[c]", "[c]", 80, 20]
    below = [c.value for (c,) in sheet.iter_rows(min_row=8, max_col=1)]
    assert below == [
        "Of: all reports (129), undecided ones left out.",
        "129 of 142 answered.",
        "Back to the contents",
    ]
    assert ("Release", "2026-11-26-1") in list(book["Facts"].iter_rows(values_only=True))
    assert all(s["A2"].value == "Publishable edition – DRAFT" for s in book.worksheets)


def test_sheets_have_names_that_no_program_refuses(tmp_path: Path) -> None:
    long = "a [very] long/name: with * and ? that goes on"
    tables = tuple(replace(EVEN, title=name, number=None) for name in (long, long.upper(), "Contents", "'"))
    write_xlsx(tmp_path / "r.xlsx", replace(CONTENTS, sections=(Section("s", "S", tables=tables),)))
    names = load_workbook(tmp_path / "r.xlsx").sheetnames
    assert len({n.casefold() for n in names}) == 7
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\'") for n in names)


def test_sheets_that_go_with_a_numbered_table_are_told_apart_by_its_number() -> None:
    long = "Problems that leaders of groups encountered"
    counts = replace(EVEN, id="p", number=11, title=long)
    others = (
        replace(EVEN, id="p by cohort", number=None, title=f"{long} by cohort"),
        replace(EVEN, id="p solutions", number=None, title=f"{long}: problems and solutions"),
        replace(EVEN, id="models", number=None, title=f"{long} by their models"),
    )
    book = workbook_of(replace(CONTENTS, sections=(Section("s", "S", tables=(counts, *others)),)))
    assert book.sheetnames[1:5] == ["Table 11", "Table 11 by cohort", "Table 11 solutions", "models"]
    assert [c.value for c in book["Contents"][5]] == [f"{long} by cohort", "Table 11 by cohort"]


def test_every_form_names_the_publishable_edition(tmp_path: Path) -> None:
    released, said = replace(CONTENTS, status=""), "Publishable edition"
    write_docx(tmp_path / "r.docx", released)
    document = docx.Document(str(tmp_path / "r.docx"))
    assert said in document.sections[0].header.paragraphs[0].text
    assert said in [p.text for p in document.paragraphs[:4]]
    book = workbook_of(released)
    assert {s["A2"].value for s in book.worksheets} == {said}
    assert {s.oddHeader.center.text for s in book.worksheets} == {said}
    assert f"<strong>{said}</strong>" in html_of(released)


def test_the_csv_has_a_line_for_each_cell_and_starts_no_formula(tmp_path: Path) -> None:
    write_csv_report(tmp_path / "r.csv", CONTENTS)
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 + 2 + 9
    assert lines[0]["label"].startswith("'=Apple")
    assert [lines[3][c] for c in ("table", "row", "part", "n", "percent", "of", "undecided", "withheld")] == [
        "open", "a", "", "40", "50.0", "80", "20", "",
    ]  # fmt: skip
    assert (lines[4]["n"], lines[4]["withheld"]) == ("[c]", "suppressed")
    assert lines[-1]["part"] == "Shop 7"
    assert {(line["edition"], line["status"]) for line in lines} == {("publishable", "DRAFT")}


def test_a_report_of_nothing_can_be_written(tmp_path: Path) -> None:
    nothing = Contents("Nothing", "", Edition.INTERNAL, "", (), ())
    write_docx(tmp_path / "r.docx", nothing)
    write_xlsx(tmp_path / "r.xlsx", nothing)
    write_csv_report(tmp_path / "r.csv", nothing)
    assert [p.text for p in docx.Document(str(tmp_path / "r.docx")).paragraphs][0] == "Nothing"


INTERNAL = "Internal edition: not to be passed on"


def test_the_internal_edition_says_on_every_page_and_sheet_that_it_is_not_to_be_passed_on(
    tmp_path: Path,
) -> None:
    internal = replace(CONTENTS, edition=Edition.INTERNAL, status="")
    write_docx(tmp_path / "r.docx", internal)
    document = docx.Document(str(tmp_path / "r.docx"))
    assert INTERNAL in document.sections[0].header.paragraphs[0].text
    assert INTERNAL in [p.text for p in document.paragraphs]
    write_xlsx(tmp_path / "r.xlsx", internal)
    book = load_workbook(tmp_path / "r.xlsx")
    assert {s["A2"].value for s in book.worksheets} == {INTERNAL}
    assert {s.oddHeader.center.text for s in book.worksheets} == {INTERNAL}


PLACES = ShownTable(
    "where", None, "Where", ("",),
    (
        ShownRow(RowKind.ANY_OF, "north", "North", (cell(3, 9, "33.3"),)),
        ShownRow(RowKind.VALUE, "york", "York", (ShownCell("[c]", "[c]", withheld="suppressed"),), within=True),
    ),
    (), "all reports",
)  # fmt: skip


def test_places_are_set_in_below_their_region_which_is_bold(tmp_path: Path) -> None:
    contents = replace(CONTENTS, sections=(Section("where", "Where", tables=(PLACES,)),))
    write_docx(tmp_path / "r.docx", contents)
    _, region, place = [
        r.cells[0].paragraphs[0] for r in docx.Document(str(tmp_path / "r.docx")).tables[0].rows
    ]
    assert region.runs[0].bold and not place.runs[0].bold
    assert place.paragraph_format.left_indent and not region.paragraph_format.left_indent
    write_xlsx(tmp_path / "r.xlsx", contents)
    sheet = load_workbook(tmp_path / "r.xlsx")["Where"]
    assert (sheet["A4"].font.bold, sheet["A4"].alignment.indent) == (True, 0)
    assert (sheet["A5"].font.bold, sheet["A5"].alignment.indent) == (False, 2)


def _pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))


def test_a_chart_in_a_document_lets_the_watermark_through_and_outlines_what_is_withheld() -> None:
    drawn = _pixels(pictures(Chart("w", "bars", "Where", "", PLACES))[0])
    assert (drawn[:, :, 3] == 0).mean() > 0.5
    gone = replace(PLACES.rows[1], cells=(ShownCell(),))
    without = _pixels(
        pictures(Chart("w", "bars", "Where", "", replace(PLACES, rows=(PLACES.rows[0], gone))))[0]
    )
    assert drawn.shape == without.shape
    _, right = np.nonzero((drawn != without).any(axis=2))
    assert right.max() > 0.9 * drawn.shape[1]  # the outline reaches to the end of the axis


def test_a_chart_grows_with_its_labels_and_goes_on_in_another_picture_before_a_page_is_full() -> None:
    def chart(label: str, rows: int) -> Chart:
        made = tuple(ShownRow(RowKind.CODE, str(n), label, (cell(3, 9, "33.3"),)) for n in range(rows))
        return Chart("l", "bars", "Long", "", replace(EVEN, rows=made))

    (few,) = pictures(chart("Short", 2))
    (long,) = pictures(chart("A label of many words that goes over several lines " * 3, 2))
    assert _pixels(long).shape[0] > _pixels(few).shape[0] + 200
    many = pictures(chart("A label of many words that goes over several lines " * 2, 30))
    assert len(many) > 1
    assert all(_pixels(p).shape[0] <= 9.5 * 200 for p in many)


def test_what_all_tables_have_in_common_is_told_once_and_each_keeps_its_verdict() -> None:
    about = Section("about", "About")
    first = Section("a", "A", quality=("Quality: good.", "Response: all.", "Undecided: 1."))
    second = Section("b", "B", quality=("Quality: good.", "Response: all.", "Undecided: 2."))
    told = said_once((about, first, second), "about")
    assert told[0].quality[1:] == ("Response: all.",)
    assert [s.quality for s in told[1:]] == [
        ("Quality: good.", "Undecided: 1."),
        ("Quality: good.", "Undecided: 2."),
    ]
    assert said_once((about, first), "about") == (about, first)


def test_the_column_of_a_matrix_that_holds_nothing_is_left_out_in_every_form(tmp_path: Path) -> None:
    row = ShownRow(RowKind.CODE, "a", "A", (ShownCell(), cell(1, 2, "50.0"), cell(0, 2, "0.0")))
    matrix = ShownTable("m matrix", None, "Each by each", ("", "X", "Y"), (row,), (), "")
    assert laid(matrix).columns == ("Category", "X (of 2)", "Y (of 2)")
    write_csv_report(tmp_path / "r.csv", replace(CONTENTS, sections=(Section("m", "M", tables=(matrix,)),)))
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [line["part"] for line in csv.DictReader(file)] == ["X", "Y"]


def test_a_column_of_words_that_holds_nothing_is_left_out() -> None:
    row = ShownRow(RowKind.VALUE, "1", "Most.", (ShownCell("top 1 fruit"), ShownCell("")))
    ledger = ShownTable("claims", None, "Claims", ("Query", "Remark"), (row,), (), "")
    assert laid(ledger).columns == ("Text", "Query")
    assert laid(ledger).rows[0].cells == ("top 1 fruit",)
