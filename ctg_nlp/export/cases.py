"""Case studies as one document for an appendix: Markdown and DOCX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctg_nlp.case_study import CaseStudy, PrintedBlock, PrintedSection
from ctg_nlp.case_text import BlockKind
from ctg_nlp.export.files import whole_file

if TYPE_CHECKING:
    from docx.document import Document

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_LIST_LIKE = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")


APPENDIX = "case_studies"
"""The name of the appendix's files, without their endings."""


def appendix_markdown(title: str, studies: Sequence[CaseStudy]) -> str:
    """All case studies in one Markdown document, each with a heading of the second level."""
    parts = [f"# {_plain(title)}"]
    for number, study in enumerate(studies, 1):
        parts.append(f"## Case study {number}: {_plain(study.heading)}")
        if study.sources:
            parts.append(f"*Written from: {_plain(study.sources)}.*")
        for section in study.sections:
            parts += [f"### {_plain(section.title)}", *_markdown(section)]
    return "\n\n".join(parts) + "\n"


def _markdown(section: PrintedSection) -> Iterator[str]:
    items: list[str] = []
    for block in section.blocks:
        if block.kind is BlockKind.ITEM:
            items.append(f"- {_plain(block.text)}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield _quoted(block) if block.kind is BlockKind.QUOTE else _plain(block.text)
    if items:
        yield "\n".join(items)


def _quoted(block: PrintedBlock) -> str:
    after = f"\n>\n> — {_plain(block.attribution)}" if block.attribution else ""
    return f"> “{_plain(block.text)}”{after}"


def _plain(text: str) -> str:
    """A text whose signs mean themselves: a report's words are no mark-up."""
    return _LIST_LIKE.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))


def write_markdown(path: Path, title: str, studies: Sequence[CaseStudy]) -> None:
    """Write the appendix as Markdown. Raises `HomeError` where it cannot be written."""
    with whole_file(path) as file:
        file.write(appendix_markdown(title, studies))


def write_docx(path: Path, title: str, studies: Sequence[CaseStudy]) -> None:
    """Write the appendix as DOCX, with real headings, lists and quotations, each study on a page of its own.

    Raises `HomeError` where it cannot be written.
    """
    import docx  # here, since it is slow to load and most commands do without it

    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = ""
    document.core_properties.comments = ""
    document.add_heading(_legal(title), 0)
    for number, study in enumerate(studies, 1):
        _add_study(document, number, study)
    with whole_file(path, binary=True) as file:
        document.save(file)


def _add_study(document: Document, number: int, study: CaseStudy) -> None:
    heading = document.add_heading(_legal(f"Case study {number}: {study.heading}"), 1)
    heading.paragraph_format.page_break_before = number > 1
    if study.sources:
        document.add_paragraph().add_run(_legal(f"Written from: {study.sources}.")).italic = True
    for section in study.sections:
        document.add_heading(_legal(section.title), 2)
        for block in section.blocks:
            _add_block(document, block)


def _add_block(document: Document, block: PrintedBlock) -> None:
    if block.kind is BlockKind.QUOTE:
        quote = document.add_paragraph(_legal(f"“{block.text}”"), style="Quote")
        if block.attribution:
            quote.add_run().add_break()
            quote.add_run(_legal(f"— {block.attribution}")).italic = False
        return
    style = "List Bullet" if block.kind is BlockKind.ITEM else None
    document.add_paragraph(_legal(block.text), style=style)


def _legal(text: str) -> str:
    """A text without the signs that XML forbids: text layers of PDFs have them now and then."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
