"""Files in which pdfium finds no text, read by pdfplumber; form fields with what was typed into them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line

_BAD_FILE = (
    PDFException,
    PdfminerException,
    MalformedPDFException,
    ArithmeticError,
    AssertionError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
    OSError,
)


def read_with_pdfplumber(path: Path, passwords: Sequence[str]) -> list[RawPage]:
    """The pages by pdfplumber; none where it cannot read the file either."""
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    for password in ("", *passwords):
        try:
            with pdfplumber.open(path, password=password) as document:
                return [_page(page) for page in document.pages]
        except _BAD_FILE:  # pdfminer raises all of these on broken files
            continue
    return []


def _page(page: Any) -> RawPage:
    words = [_glyphs(w) for w in page.extract_words(use_text_flow=False)]
    width, height = float(page.width), float(page.height)
    page.close()
    return RawPage(page.page_number, width, height, page.rotation or 0, tuple(_lines(words)), (width, height))


def _glyphs(word: dict[str, Any]) -> Glyphs:
    x0, x1, top, bottom = (float(word[k]) for k in ("x0", "x1", "top", "bottom"))
    return Glyphs(word["text"], x0, x1, top, bottom)


def _lines(words: list[Glyphs]) -> list[Line]:
    lines: list[list[Glyphs]] = []
    for word in words:
        if lines and abs(lines[-1][-1].v1 - word.v1) < 3 and word.u0 > lines[-1][-1].u0:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [make_line(line) for line in lines]
