"""A report as a Word document: real tables, captions, headings and notes, for people and screen readers."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.shared import Cm

from ctg_nlp.case_text import BlockKind
from ctg_nlp.export import docx_parts as parts
from ctg_nlp.export.chart_pictures import pictures
from ctg_nlp.export.contents import Block, Chart, Contents, Figure, Section
from ctg_nlp.export.docx_pages import set_up, turn
from ctg_nlp.export.docx_tables import blocks, fill, grid
from ctg_nlp.export.drawing_picture import png_of
from ctg_nlp.export.files import whole_file
from ctg_nlp.export.layout import LaidRow, Layout, laid, printable
from ctg_nlp.synthesis.shown import ShownTable

_STYLES = {BlockKind.PARAGRAPH: "Normal", BlockKind.ITEM: "List Bullet", BlockKind.QUOTE: "Quote"}
_WIDE = 7  # columns; with more the page is turned
_TEXT_CM, _TURNED_CM = 16.0, 24.7


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
        set_up(self.document, self.contents)
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
        self.document.add_heading(printable(section.heading), level=section.level)
        for text in section.paragraphs:
            line = self.document.add_paragraph(printable(text))
        if section.paragraphs and section.tables:
            line.paragraph_format.keep_with_next = True
        for figure in section.figures:
            self._figure(figure)
        for table in section.tables:
            self._table(table)
            for chart in (c for c in section.charts if c.table.id == table.id):
                self._chart(chart)
        own = {t.id for t in section.tables}
        for chart in (c for c in section.charts if c.table.id not in own):
            self._chart(chart)
            self._table(chart.table)
        for block in (
            *section.blocks,
            *(Block(BlockKind.QUOTE, q.text, q.attribution) for q in section.quotes),
        ):
            self._block(block)
        if section.quality:
            self.document.add_paragraph("Quality of these figures", style="Note Heading")
        for place, text in enumerate(section.quality, start=1):
            line = self.document.add_paragraph(printable(text), style="List Bullet")
            line.paragraph_format.keep_together = True
            line.paragraph_format.keep_with_next = place < len(section.quality)

    def _block(self, block: Block) -> None:
        said = f"“{block.text}”" if block.kind is BlockKind.QUOTE else block.text
        line = self.document.add_paragraph(printable(said), style=_STYLES[block.kind])
        if block.aside:
            line.add_run(printable(f" ({block.aside})"))

    def _figure(self, figure: Figure) -> None:
        self.document.add_paragraph(printable(figure.drawing.title), style="Chart Title")
        shape = self.document.add_picture(BytesIO(png_of(figure.drawing)), width=Cm(_TEXT_CM))
        shape._inline.docPr.set("descr", printable(" ".join(figure.drawing.sentences)))
        shape._inline.docPr.set("title", printable(figure.drawing.title))

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
            turn(self.document, WD_ORIENT.LANDSCAPE)
        self._caption(table)
        width = _TURNED_CM if turned else _TEXT_CM
        for place, block in enumerate(blocks(layout)):
            if place:
                self.document.add_paragraph("Continued, with further columns:", style="Note Heading")
            fill(self.document, block, table, width)
        for note in layout.notes:
            self.document.add_paragraph(printable(f"Note: {note}"), style="Table Note")
        if turned:
            turn(self.document, WD_ORIENT.PORTRAIT)

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
        table = grid(self.document, Layout(("What", "Value"), rows, ()), _TEXT_CM, (5.0, 11.0))
        parts.mark_table(table, "Facts of this report", "What was counted, by which program, and when.")


def _tables(contents: Contents) -> tuple[ShownTable, ...]:
    """All tables in the order in which they are written."""
    found: list[ShownTable] = []
    for section in contents.sections:
        own = {t.id for t in section.tables}
        found += section.tables
        found += (c.table for c in section.charts if c.table.id not in own)
    return tuple(found)
