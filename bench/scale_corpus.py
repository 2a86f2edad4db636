"""Any number of PDFs like those of the corpus: pages of its reports put together anew, with a line of text.

Two reports made so share a page now and then, but are never copies or revisions of one another. Scans are
left out: Tesseract takes seconds for each of their pages, and `bench/extraction.py` measures it.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
CORPUS = SHARED / "corpus" / "dev"
EXAMPLE = Path(__file__).parent.parent / "ctg_nlp" / "example" / "raw"
PAGES = (4, 8)  # of a report: as few and as many
_LARGEST = 500_000  # bytes; what is larger among the example is a scan


def originals() -> list[Path]:
    """The reports with a text layer: of the development corpus where it is at hand, else the example's."""
    manifest = CORPUS / "manifest.json"
    if not manifest.is_file():
        return [p for p in sorted(EXAMPLE.glob("*.pdf")) if p.stat().st_size < _LARGEST]
    told = json.loads(manifest.read_text(encoding="utf-8"))
    return [CORPUS / "pdf" / e["file"] for _, e in sorted(told.items()) if e["kind"] != "scan"]


def write_reports(folder: Path, numbers: range, pages: tuple[int, int] = PAGES) -> list[Path]:
    """Write one PDF for each number; the same number makes the same pages. Returns their paths."""
    sources = [pypdfium2.PdfDocument(path) for path in originals()]
    places = [(s, n) for s in range(len(sources)) for n in range(len(sources[s]))]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return list(_written(folder, numbers, sources, places, pages))
    finally:
        for source in sources:
            source.close()


def _written(
    folder: Path,
    numbers: range,
    sources: list[pypdfium2.PdfDocument],
    places: list[tuple[int, int]],
    pages: tuple[int, int],
) -> Iterator[Path]:
    for number in numbers:
        chance = random.Random(number)
        made = pypdfium2.PdfDocument.new()
        for source, page in chance.sample(places, chance.randint(*pages)):
            made.import_pages(sources[source], [page])
        _say(made, f"Report number {number} of the {name_of(number)} group.")
        path = folder / f"{name_of(number)} report.pdf"
        made.save(path)
        made.close()
        yield path


def name_of(number: int) -> str:
    """The group of a report by its number."""
    return f"N{number:06d}"


def _say(document: pypdfium2.PdfDocument, words: str) -> None:
    """Write a line at the foot of the first page."""
    page = document[0]
    text = raw.FPDFPageObj_NewTextObj(document, b"Helvetica", 9.0)
    codes = (ctypes.c_ushort * (len(words) + 1))(*words.encode("ascii"), 0)
    raw.FPDFText_SetText(text, codes)
    raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 60, 60)
    raw.FPDFPage_InsertObject(page, text)
    raw.FPDFPage_GenerateContent(page)
