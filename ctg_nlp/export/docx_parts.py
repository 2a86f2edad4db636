"""What Word needs and python-docx has no words for: fields, links, marks of tables, a watermark."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from docx.document import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import _Header
from docx.table import Table
from docx.text.paragraph import Paragraph

_FIXED = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold
_WATERMARK = (
    '<w:pict {w} xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
    '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
    'path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>'
    '<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
    '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
    '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
    '<v:shape id="Watermark" o:spid="_x0000_s2049" '
    'type="#_x0000_t136" alt="{text}" style="position:absolute;margin-left:0;margin-top:0;width:{wide}pt;'
    "height:120pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;"
    "mso-position-horizontal-relative:margin;mso-position-vertical:center;"
    'mso-position-vertical-relative:margin" fillcolor="#c8c8c8" stroked="f"><v:fill opacity=".4"/>'
    '<v:textpath style="font-family:&quot;Liberation Sans&quot;;font-size:1pt" string="{text}"/>'
    "</v:shape></w:pict>"
)


def element(tag: str, **attributes: str) -> Any:
    """An element of WordprocessingML, as `element("fldChar", fldCharType="begin")`."""
    made = OxmlElement(f"w:{tag}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def add_field(paragraph: Paragraph, instruction: str, result: str = "", *, hidden: bool = False) -> None:
    """A field with the result that it has now; a program that lays the text out may renew it."""
    before = len(paragraph.runs)
    for part in _field(instruction):
        paragraph.add_run()._r.append(part)
    if result:
        paragraph.add_run(result)
    paragraph.add_run()._r.append(element("fldChar", fldCharType="end"))
    for run in paragraph.runs[before:]:
        run.font.hidden = hidden or None


def _field(instruction: str) -> Iterator[Any]:
    yield element("fldChar", fldCharType="begin")
    said = element("instrText")
    said.text = f" {instruction} "
    said.set(qn("xml:space"), "preserve")
    yield said
    yield element("fldChar", fldCharType="separate")


def bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Make a paragraph a place that links can go to."""
    start = element("bookmarkStart", id=str(number), name=name)
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(element("bookmarkEnd", id=str(number)))


def open_list_field(paragraph: Paragraph, instruction: str) -> None:
    """Begin a field whose result are the paragraphs that follow, until `close_list_field`."""
    for place, part in enumerate(_field(instruction)):
        run = OxmlElement("w:r")
        run.append(part)
        paragraph._p.insert(place + (paragraph._p.pPr is not None), run)


def close_list_field(paragraph: Paragraph) -> None:
    """End the field of `open_list_field`."""
    paragraph.add_run()._r.append(element("fldChar", fldCharType="end"))


def add_link(paragraph: Paragraph, text: str, place: str) -> None:
    """A link to a bookmark of the same document."""
    link = element("hyperlink", anchor=place, history="1")
    run, said = OxmlElement("w:r"), OxmlElement("w:t")
    said.text = text
    run.append(said)
    link.append(run)
    paragraph._p.append(link)


def mark_table(table: Table, title: str, description: str) -> None:
    """Make the first row a heading that every page repeats, keep rows whole, and say what the table holds."""
    properties = table._tbl.tblPr
    for name, value in (("tblCaption", title), ("tblDescription", description)):
        properties.append(element(name, val=value))
    look = properties.find(qn("w:tblLook"))
    if look is not None:
        properties.remove(look)
    marks = {"firstRow": "1", "lastRow": "0", "firstColumn": "1", "lastColumn": "0", "noHBand": "1"}
    properties.insert(
        list(properties).index(properties.find(qn("w:tblCaption"))),
        element("tblLook", val="06A0", noVBand="1", **marks),
    )
    for place, row in enumerate(table.rows):
        marks_of_row = row._tr.get_or_add_trPr()
        marks_of_row.append(element("cantSplit"))
        if place == 0:
            marks_of_row.append(element("tblHeader"))


def rule_table(table: Table) -> None:
    """Thin lines between rows only, as in the published layout."""
    lines = element("tblBorders")
    for side, size, colour in (("top", "8", "404040"), ("bottom", "8", "404040"), ("insideH", "4", "BFBFBF")):
        lines.append(element(side, val="single", sz=size, space="0", color=colour))
    properties = table._tbl.tblPr
    # Word minds the order of what a table's properties hold.
    after = [qn(f"w:{n}") for n in ("shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption")]
    following = next((child for child in properties if child.tag in after), None)
    if following is None:
        properties.append(lines)
    else:
        following.addprevious(lines)


def shade(cell: Any, colour: str) -> None:
    """Colour the ground of a cell."""
    cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=colour))


def add_watermark(header: _Header, text: str) -> None:
    """A large grey word behind the text of each page."""
    attribute = escape(text, {'"': "&quot;"})
    wide = min(480, 70 * len(text))
    shape = parse_xml(_WATERMARK.format(w=nsdecls("w"), text=attribute, wide=wide))
    header.paragraphs[0].add_run()._r.append(shape)


def set_language(document: Document, language: str) -> None:
    """The language of all text, for hyphenation, spelling and reading aloud."""
    for found in document.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), language)


def fixed_bytes(document: Document) -> bytes:
    """The document as bytes that hang on its content alone: no time of day is kept in it."""
    saved, fixed = BytesIO(), BytesIO()
    document.save(saved)
    return _refixed(saved, fixed)


def _refixed(saved: BytesIO, fixed: BytesIO) -> bytes:
    with zipfile.ZipFile(saved) as read, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as write:
        for name in read.namelist():
            entry = zipfile.ZipInfo(name, _FIXED)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            write.writestr(entry, read.read(name))
    return fixed.getvalue()


def refixed(content: bytes) -> bytes:
    """A zip with the same parts and no times of its own."""
    return _refixed(BytesIO(content), BytesIO())
