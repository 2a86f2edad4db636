"""Pages and styles of a Word document."""

from __future__ import annotations

from datetime import UTC, datetime

from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from ctg_nlp.export import docx_parts as parts
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.layout import printable

LANGUAGE = "en-GB"
_FONT = "Liberation Sans"
_DARK = RGBColor(0x1F, 0x2A, 0x44)


def set_up(document: Document, contents: Contents) -> None:
    """Set the language, styles, page, header, footer and properties of a new document."""
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
    line = page.header.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    said = line.add_run(printable(" – ".join((*contents.marks, contents.title))))
    said.bold, said.font.size = contents.cautioned, Pt(9)
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


def turn(document: Document, way: WD_ORIENT) -> None:
    """Start a page that lies the other way."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    if section.orientation is not way:
        section.orientation = way
        section.page_width, section.page_height = section.page_height, section.page_width
