"""Files in which pdfium finds no text, read by pdfplumber; form fields with what was typed into them."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pdfplumber

from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line
from ctg_nlp.intake.pdfium_page import sound_size
from ctg_nlp.intake.signs import cleaned


def read_with_pdfplumber(path: Path, passwords: Sequence[str]) -> list[RawPage]:
    """The pages by pdfplumber; none where it cannot read the file either."""
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    for password in ("", *passwords):
        try:
            with pdfplumber.open(path, password=password) as document:
                return [_page(page) for page in document.pages]
        except MemoryError:  # the file is too costly, not unreadable
            raise
        except Exception:  # on broken files pdfminer raises whatever Python can
            continue
    return []


def _page(page: Any) -> RawPage:
    words = [g for w in page.extract_words(use_text_flow=False) for g in _glyphs(w)]
    width, height = sound_size(float(page.width)), sound_size(float(page.height))
    rotation = page.rotation if page.rotation in (90, 180, 270) else 0
    page.close()
    return RawPage(page.page_number, width, height, rotation, tuple(_lines(words)), (width, height))


def _glyphs(word: dict[str, Any]) -> Iterator[Glyphs]:
    """The word; several where a font maps one sign to words, none where it has no place or no text."""
    x0, x1, top, bottom = (float(word[k]) for k in ("x0", "x1", "top", "bottom"))
    if math.isfinite(x0 + x1 + top + bottom):
        for part in word["text"].split():
            if text := cleaned(part):
                yield Glyphs(text, x0, x1, top, bottom)


def _lines(words: list[Glyphs]) -> list[Line]:
    lines: list[list[Glyphs]] = []
    for word in words:
        if lines and abs(lines[-1][-1].v1 - word.v1) < 3 and word.u0 > lines[-1][-1].u0:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [make_line(line) for line in lines]
