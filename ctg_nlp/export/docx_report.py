"""A report as a Word document: real tables, captions, headings and notes, for people and screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from ctg_nlp.export import docx_parts as parts
from ctg_nlp.export.chart_pictures import pictures
from ctg_nlp.export.contents import Chart, Contents, Section
from ctg_nlp.export.files import whole_file
from ctg_nlp.export.layout import WITHHELD, LaidRow, Layout, laid, printable
from ctg_nlp.synthesis.shown import ShownTable

LANGUAGE = "en-GB"
_FONT = "Liberation Sans"
_WIDE = 7  # columns; with more the page is turned
_LONG_WORD = 22  # characters; longer ones are broken
_PARTS = 8  # columns of a table by parts; more are written below each other
_TOGETHER = 20  # rows: a table with more may go over a page
_TEXT_CM, _TURNED_CM = 16.0, 24.7
_SET_IN_CM = 0.5  # labels of places below their region
_DARK = RGBColor(0x1F, 0x2A, 0x44)


def write_docx(path: Path, contents: Contents) -> None:
    """Write a report as a Word document. The same contents make the same bytes.

    Raises `HomeError` where it cannot be written.
    """
    content = parts.fixed_bytes(document_of(contents))
    with whole_file(path, binary=True) as file:
        file.write(content)


def document_of(contents: Contents) -> Document:
    """The report as a document that can be saved."""
    writer = _Writer(contents)
    writer.write()
    return writer.document


class _Writer:
    """Writes one report. It remembers which tables were written, for links to them and numbers of marks."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.document = docx.Document()
        self.marks = 0
        self.tables = _tables(contents)

    def write(self) -> None:
        _set_up(self.document, self.contents)
        self._front()
        for section in self.contents.sections:
            self._section(section)
        self._facts()

    def _front(self) -> None:
        self.document.add_paragraph(printable(self.contents.title), style="Title")
        for line in (self.contents.subtitle, *self.contents.marks):
            if line:
                self.document.add_paragraph(printable(line), style="Subtitle")
        if self.tables:
            self.document.add_paragraph("Tables", style="List Heading")
            self._list_of_tables()

    def _list_of_tables(self) -> None:
        lines = []
        for number, table in enumerate(self.tables, start=1):
            line = self.document.add_paragraph(style="List Entry")
            parts.add_link(line, printable(table.caption), f"table_{number}")
            lines.append(line)
        parts.open_list_field(lines[0], 'TOC \\n \\h \\z \\c "Table"')
        parts.close_list_field(lines[-1])

    def _section(self, section: Section) -> None:
        self.document.add_heading(printable(section.heading), level=1)
        for text in section.paragraphs:
            line = self.document.add_paragraph(printable(text))
        if section.paragraphs and section.tables:
            line.paragraph_format.keep_with_next = True
        for table in section.tables:
            self._table(table)
            for chart in (c for c in section.charts if c.table.id == table.id):
                self._chart(chart)
        own = {t.id for t in section.tables}
        for chart in (c for c in section.charts if c.table.id not in own):
            self._chart(chart)
            self._table(chart.table)
        for quote in section.quotes:
            said = f"“{quote.text}”" + (f" ({quote.attribution})" if quote.attribution else "")
            self.document.add_paragraph(printable(said), style="Quote")
        if section.quality:
            self.document.add_paragraph("Quality of these figures", style="Note Heading")
        for place, text in enumerate(section.quality, start=1):
            line = self.document.add_paragraph(printable(text), style="List Bullet")
            line.paragraph_format.keep_together = True
            line.paragraph_format.keep_with_next = place < len(section.quality)

    def _chart(self, chart: Chart) -> None:
        self.document.add_paragraph(f"Chart: {printable(chart.title)}", style="Chart Title")
        for place, content in enumerate(pictures(chart)):
            shape = self.document.add_picture(BytesIO(content), width=Cm(_TEXT_CM))
            shape._inline.docPr.set("descr", "The chart goes on." if place else printable(chart.alt))
            shape._inline.docPr.set("title", printable(chart.title))

    def _table(self, table: ShownTable) -> None:
        layout = laid(table)
        turned = len(layout.columns) > _WIDE
        if turned:
            _turn(self.document, WD_ORIENT.LANDSCAPE)
        self._caption(table)
        width = _TURNED_CM if turned else _TEXT_CM
        for place, block in enumerate(_blocks(layout)):
            if place:
                self.document.add_paragraph("Continued, with further columns:", style="Note Heading")
            _fill(self.document, block, table, width)
        for note in layout.notes:
            self.document.add_paragraph(printable(f"Note: {note}"), style="Table Note")
        if turned:
            _turn(self.document, WD_ORIENT.PORTRAIT)

    def _caption(self, table: ShownTable) -> None:
        """The number is a field, so that Word knows it for a table's and can list it. A table without a
        number has a hidden field, which is listed all the same."""
        line = self.document.add_paragraph(style="Caption")
        if table.number is None:
            parts.add_field(line, "SEQ Table \\c \\h", hidden=True)
            line.add_run(printable(table.title))
        else:
            line.add_run("Table ")
            parts.add_field(line, f"SEQ Table \\* ARABIC \\r {table.number}", str(table.number))
            line.add_run(printable(f": {table.title}"))
        self.marks += 1
        parts.bookmark(line, f"table_{self.marks}", self.marks)

    def _facts(self) -> None:
        if not self.contents.facts:
            return
        self.document.add_heading("How this report can be made again", level=1)
        rows = tuple(LaidRow(name, (value,)) for name, value in self.contents.facts)
        table = _grid(self.document, Layout(("What", "Value"), rows, ()), _TEXT_CM, (5.0, 11.0))
        parts.mark_table(table, "Facts of this report", "What was counted, by which program, and when.")


def _tables(contents: Contents) -> tuple[ShownTable, ...]:
    """All tables in the order in which they are written."""
    found: list[ShownTable] = []
    for section in contents.sections:
        own = {t.id for t in section.tables}
        found += section.tables
        found += (c.table for c in section.charts if c.table.id not in own)
    return tuple(found)


def _fill(document: Document, layout: Layout, shown: ShownTable, width: float) -> None:
    table = _grid(document, layout, width, _widths(layout, width))
    parts.mark_table(table, printable(shown.caption), printable(" ".join(shown.notes) or shown.title))


def _blocks(layout: Layout) -> Iterator[Layout]:
    """A table that is too wide for a page, cut into several with the same rows."""
    for start in range(1, max(len(layout.columns), 2), _PARTS):
        end = start + _PARTS
        rows = tuple(replace(r, cells=r.cells[start - 1 : end - 1]) for r in layout.rows)
        yield Layout((layout.columns[0], *layout.columns[start:end]), rows, ())


def _widths(layout: Layout, width: float) -> tuple[float, ...]:
    """Of each column in cm: by what it holds, at least its longest word; the labels get the rest."""
    needs = [_need(layout, n) for n in range(len(layout.columns) - 1)]
    room = width - max(0.25 * width, 4.0)
    least, wanted = sum(x for x, _ in needs), sum(x for _, x in needs)
    if least > room:
        kept = tuple(x * room / least for x, _ in needs)
    else:
        spare = min(1.0, (room - least) / (wanted - least)) if wanted > least else 0.0
        kept = tuple(x + spare * (y - x) for x, y in needs)
    return (width - sum(kept), *kept)


def _need(layout: Layout, column: int) -> tuple[float, float]:
    """What a column cannot do without, and what it would have, in cm."""
    heading, cells = layout.columns[column + 1], [r.cells[column] for r in layout.rows]
    words = [w for text in (heading, *cells) for w in _unbroken(text).split(" ")]
    longest = min(max(map(len, words), default=0), _LONG_WORD)
    whole = max((len(text) for text in cells), default=0)
    least = 0.21 * longest + 0.45
    return least, max(least, min(0.19 * max(whole, min(len(heading), 10)) + 0.45, 5.5))


def _grid(document: Document, layout: Layout, width: float, widths: tuple[float, ...]) -> Table:
    table: Table = document.add_table(rows=1 + len(layout.rows), cols=len(layout.columns))
    table.autofit = False
    parts.rule_table(table)
    small = len(layout.columns) > 5
    right = _figures(layout)
    # Cells are taken once: asking python-docx for each by its place takes quadratic time.
    lines = [row.cells for row in table.rows]
    for cell, text, right_hand in zip(lines[0], layout.columns, (False, *right), strict=True):
        _write(cell.paragraphs[0], text, bold=True, right=right_hand, small=small)
        parts.shade(cell, "E8ECF3")
    for cells, row in zip(lines[1:], layout.rows, strict=True):
        strong = row.heading or row.total
        _write(cells[0].paragraphs[0], row.label, bold=strong, small=small)
        if row.within:
            cells[0].paragraphs[0].paragraph_format.left_indent = Cm(_SET_IN_CM)
        for cell, text, right_hand in zip(cells[1:], row.cells, right, strict=True):
            _write(cell.paragraphs[0], text, bold=row.total, right=right_hand, small=small)
    for n, cells in enumerate(lines[:-1]):
        if n == 0 or len(lines) <= _TOGETHER and not small or layout.rows[n - 1].heading:
            cells[0].paragraphs[0].paragraph_format.keep_with_next = True
    _set_widths(table, lines, widths)
    return table


def _set_widths(table: Table, lines: list[tuple[_Cell, ...]], widths: tuple[float, ...]) -> None:
    for cells in lines:
        for cell, wide in zip(cells, widths, strict=True):
            cell.width = Cm(wide)
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = Cm(wide)


def _figures(layout: Layout) -> list[bool]:
    """For each column but the first whether it holds figures, which stand to the right."""
    said = [[r.cells[n] for r in layout.rows] for n in range(len(layout.columns) - 1)]
    return [any(column) and all(_numeric(text) for text in column) for column in said]


def _write(line: Paragraph, text: str, *, bold: bool = False, right: bool = False, small: bool) -> None:
    line.style = "Table Text Small" if small else "Table Text"
    line.add_run(_unbroken(printable(text))).bold = bold or None
    if right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _unbroken(text: str) -> str:
    """Figures on one line: "60 of 129 (46.5)" must not be parted before its percentage."""
    return text.replace(" ", "\u00a0") if _numeric(text) else text.replace(" (of ", " (of\u00a0")


def _numeric(text: str) -> bool:
    return text == WITHHELD or len(text) < 20 and not any(c.isalpha() for c in text.replace(" of ", ""))


def _turn(document: Document, way: WD_ORIENT) -> None:
    """Start a page that lies the other way."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    if section.orientation is not way:
        section.orientation = way
        section.page_width, section.page_height = section.page_height, section.page_width


def _set_up(document: Document, contents: Contents) -> None:
    parts.set_language(document, LANGUAGE)
    _styles(document)
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21.0), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin = page.bottom_margin = Cm(2.2)
    _header_and_footer(document, contents)
    about = document.core_properties
    about.title, about.language, about.subject = contents.title, LANGUAGE, contents.subtitle
    about.author = about.last_modified_by = about.comments = about.keywords = ""
    about.content_status = contents.status
    about.created = about.modified = _made(contents)
    about.revision = 1


def _made(contents: Contents) -> datetime:
    """The date among the facts; where there is none a fixed one, for the clock would change the bytes."""
    for name, value in contents.facts:
        if "date" in name.casefold() or "made" in name.casefold():
            try:
                found = datetime.fromisoformat(value)
            except ValueError:
                continue
            return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    return datetime(2000, 1, 1)


def _header_and_footer(document: Document, contents: Contents) -> None:
    page = document.sections[0]
    if contents.marks:
        line = page.header.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        said = line.add_run(printable(" – ".join((*contents.marks, contents.title))))
        said.bold, said.font.size = True, Pt(9)
    if contents.status:
        parts.add_watermark(page.header, printable(contents.status))
    line = page.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    line.add_run("Page ")
    parts.add_field(line, "PAGE", "1")
    line.add_run(" of ")
    parts.add_field(line, "NUMPAGES", "1")


def _styles(document: Document) -> None:
    styles = document.styles
    for name, size in (("Normal", 10.5), ("Title", 24), ("Subtitle", 13), ("Heading 1", 16)):
        style = styles[name]
        assert isinstance(style, ParagraphStyle)
        _letters(style, size)
        if name != "Normal":
            style.font.color.rgb = _DARK
    caption = styles["Caption"]
    assert isinstance(caption, ParagraphStyle)
    _letters(caption, 10.5)
    caption.font.bold, caption.font.color.rgb = True, _DARK
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(12), Pt(4)
    _own(document, "Chart Title", 10.5, bold=True, before=12, keep=True)
    _own(document, "Table Text", 9.5)
    _own(document, "Table Text Small", 8)
    _own(document, "Table Note", 8.5, before=3, after=3)
    _own(document, "Note Heading", 9.5, bold=True, before=8, keep=True)
    _own(document, "List Heading", 13, bold=True, before=18, after=4, keep=True)
    _own(document, "List Entry", 10, after=2)


def _letters(style: ParagraphStyle, size: float) -> None:
    style.font.name, style.font.size = _FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        if "Theme" in attribute:  # the theme's letters would win over ours
            del fonts.attrib[attribute]


def _own(
    document: Document, name: str, size: float, *, bold: bool = False, before: float = 0, after: float = 0,
    keep: bool = False,
) -> None:  # fmt: skip
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    style.base_style = document.styles["Normal"]
    style.font.size, style.font.bold = Pt(size), bold or None
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.keep_with_next = keep or None
