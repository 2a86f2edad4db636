"""Reading one PDF: pages of text with offsets and boxes, or a refusal with its cause.

Which page goes which way: every page is read by pdfium (text and geometry), because it is some forty
times as fast as pdfplumber with the same characters. A page without a usable text layer (hardly any
characters, or mostly signs that no writing has) is read by Tesseract from its picture. What was typed into
the fields of a form is laid into its pages first. A file that pdfium cannot open is mended by pikepdf and
read again, also one that asks for a password which pikepdf can do without. Where pdfium finds nothing on any
page and nothing is a picture, pdfplumber has the last word. Tables go no other way: their cells follow each
other in the file, and on scans the rules that Tesseract reports tell them apart.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_raw

from ctg_nlp.errors import MissingTool, Refusal
from ctg_nlp.intake.furniture import furniture_of
from ctg_nlp.intake.layout import lay_out_all
from ctg_nlp.intake.lines import RawPage
from ctg_nlp.intake.mend import mended
from ctg_nlp.intake.ocr import HOW_TO_GET_IT, OcrSettings, find_tesseract, read_scan
from ctg_nlp.intake.pdfium_page import read_page
from ctg_nlp.intake.plumber_page import read_with_pdfplumber
from ctg_nlp.records import Extraction

EXTRACTOR = "pdfium-3"
"""Changes whenever the same file would be read into another text: its reports are then read again."""

_HEADER = b"%PDF-"
_FEW = 25  # letters; a page with fewer and a picture is a scan, perhaps with a stamped line
_PICTURE = 0.35  # share of the page that pictures cover
_ANY_PICTURE = 0.02
_MOST_NOTES = 200  # that are looked at on one page
_MOST_REASONS = 5  # that are told for scans which could not be read
_LETTER = re.compile(r"[^\W_]")
_NO_WRITING = re.compile(r"[\ue000-\uf8ff]|[^\w\s\u0000-\u2e7f]")  # private signs, and stray symbols


def extract(
    path: Path,
    *,
    passwords: Sequence[str] = (),
    ocr: OcrSettings | None = None,
    most_pages: int = 3000,
    most_words: int = 1_500_000,
    most_letters: int = 10_000_000,
    on_scan: Callable[[int], None] = lambda number: None,
) -> Extraction:
    """Read a PDF. Without `ocr` pages without a text layer stay empty; `on_scan` is told each that is read.

    Raises `Refusal` for a file that is empty, not a PDF, encrypted, damaged, without text, or has more
    pages, words or letters than allowed.
    """
    _check_file(path)
    document, mends = open_document(path, passwords)
    try:
        count = len(document)
        if count > most_pages:
            raise Refusal(
                "too costly", f"It has {count} pages; at most {most_pages} are read. Send it in parts."
            )
        raw, warnings = _read_pages(document, Scans(ocr, on_scan), most_words)
    finally:
        document.close()
    if not any(page.lines for page in raw):
        raw = read_with_pdfplumber(path, passwords) if not _pictures(raw) else raw
    if not any(page.lines for page in raw):
        raise _no_text(raw, ocr)
    warnings += mends + _unread(raw)
    pages = lay_out_all(raw, furniture_of(raw))
    if sum(len(page.text) for page in pages) > most_letters:
        raise Refusal("too costly", f"It has over {most_letters} letters. Send the report alone.")
    return Extraction(pages, EXTRACTOR, tuple(warnings + ([] if mends else _broken_off(path))))


def _check_file(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        raise Refusal("empty", "The file has no content: the upload broke off. Send it again.")
    if _HEADER not in head:
        raise Refusal(
            "not a PDF", "It does not begin as a PDF does, whatever its name. Send the report as PDF."
        )


def open_document(path: Path, passwords: Sequence[str]) -> tuple[Any, list[str]]:
    """The opened document, and a warning where it had to be mended.

    Raises `Refusal` where no password opens it or it is damaged beyond mending.
    """
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(path, password=password), []
        except pypdfium2.PdfiumError:
            if pdfium_raw.FPDF_GetLastError() != pdfium_raw.FPDF_ERR_PASSWORD:
                return _open_mended(path)
    content = mended(
        path
    )  # some writers lock a file with an empty password in a way that pdfium does not know
    if content is not None:
        with contextlib.suppress(pypdfium2.PdfiumError):
            return pypdfium2.PdfDocument(content), []
    tried = f" None of the {len(passwords)} passwords given opens it." if passwords else ""
    raise Refusal(
        "encrypted",
        f"It needs a password to open.{tried} Send it without, or add its password to the list "
        "that the setting `passwords` names.",
    )


def _open_mended(path: Path) -> tuple[Any, list[str]]:
    content = mended(path)
    try:
        if content is not None:
            said = "The file is damaged; what could be recovered was read. Ask for another copy."
            return pypdfium2.PdfDocument(content), [said]
    except pypdfium2.PdfiumError:
        pass  # mended, and still not a document: refused like any other
    raise Refusal("damaged", "No program here can open it. Send it again, or another copy.")


def _read_pages(document: Any, scans: Scans, most_words: int) -> tuple[list[RawPage], list[str]]:
    pages: list[RawPage] = []
    broken: list[int] = []
    words = 0
    has_form = document.get_formtype() != pdfium_raw.FORMTYPE_NONE
    for i in range(len(document)):
        try:
            page = open_page(document, i, has_form)
            try:
                pages.append(scans.read(page, read_page(page, i + 1)))
            finally:
                page.close()
        except pypdfium2.PdfiumError:
            broken.append(i + 1)
            continue
        words += sum(len(line.words) for line in pages[-1].lines)
        if words > most_words:
            raise Refusal("too costly", f"It has over {most_words} words. Send the report alone.")
    if broken and not pages:
        raise Refusal("damaged", "None of its pages can be read. Send it again, or another copy.")
    were = "was" if len(broken) == 1 else "were"
    left_out = [f"{_pages(broken)} could not be read and {were} left out."] if broken else []
    return pages, scans.warnings() + left_out


def open_page(document: Any, index: int, has_form: bool) -> Any:
    """A page, with what was typed into its form fields, or onto the page by a reader, laid into it."""
    page = document[index]
    if (has_form or _is_typed_upon(page)) and pdfium_raw.FPDFPage_Flatten(
        page, pdfium_raw.FLAT_NORMALDISPLAY
    ) == pdfium_raw.FLATTEN_SUCCESS:
        page.close()
        page = document[index]
    return page


def _is_typed_upon(page: Any) -> bool:
    """Whether text was put on the page with the typewriter or text box of a PDF reader."""
    for n in range(min(pdfium_raw.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium_raw.FPDFPage_GetAnnot(page, n)
        kind = pdfium_raw.FPDFAnnot_GetSubtype(note)
        pdfium_raw.FPDFPage_CloseAnnot(note)
        if kind == pdfium_raw.FPDF_ANNOT_FREETEXT:
            return True
    return False


class Scans:
    """Reads the scanned pages of one report while its time for them lasts, and notes what became of them."""

    def __init__(self, ocr: OcrSettings | None, on_scan: Callable[[int], None]) -> None:
        self._ocr = ocr if ocr is not None and ocr.enabled and find_tesseract() is not None else None
        self._on_scan = on_scan
        self._spent = 0.0
        self._left: defaultdict[str, list[int]] = defaultdict(list)

    def read(self, page: Any, read: RawPage) -> RawPage:
        """The page as it was read, or as Tesseract reads it where it is a scan."""
        if self._ocr is None or not _is_scan(read):
            return read
        if self._spent >= self._ocr.seconds_in_all:
            self._left[f"the scans before took over {self._ocr.seconds_in_all} seconds"].append(read.number)
            return read
        self._on_scan(read.number)
        began = time.monotonic()
        try:
            scanned = read_scan(page, read.number, self._ocr)
        except (TimeoutError, MissingTool) as error:
            self._left[str(error).rstrip(".")].append(read.number)
            return read
        finally:
            self._spent += time.monotonic() - began
        return scanned if _letters(scanned) > _letters(read) or _is_garbage(read) else read

    def warnings(self) -> list[str]:
        """A sentence for each reason for which pages were left as they are."""
        said = list(self._left.items())[:_MOST_REASONS]
        return [f"{_pages(numbers)}: not read from the picture ({why})." for why, numbers in said]


def _letters(page: RawPage) -> int:
    return sum(len(_LETTER.findall(line.text)) for line in page.lines)


def _is_scan(page: RawPage) -> bool:
    letters = _letters(page) if page.images else _FEW
    return (
        (page.images > _PICTURE and letters < _FEW)
        or (page.images > _ANY_PICTURE and not letters)
        or (_is_garbage(page))
    )


def _is_garbage(page: RawPage) -> bool:
    """A text layer whose signs stand for nothing, as fonts without a mapping give."""
    text = "".join([line.text for line in page.lines])
    step = len(text) // 1000 + 1  # a thousand signs are enough to tell
    sample = text[::step]
    odd = len(_NO_WRITING.findall(sample))
    return len(text) > 50 and (odd > 0.3 * len(sample) or len(_LETTER.findall(sample)) < 0.2 * len(sample))


def _pictures(pages: Sequence[RawPage]) -> bool:
    return any(page.images > _ANY_PICTURE for page in pages)


def _no_text(pages: Sequence[RawPage], ocr: OcrSettings | None) -> Refusal:
    if _pictures(pages) and (ocr is None or not ocr.enabled):
        return Refusal("no text", f"Its pages are pictures. {HOW_TO_GET_IT}")
    if _pictures(pages):
        return Refusal(
            "no text", "Its pages are pictures in which no text could be read. Send a clearer copy."
        )
    return Refusal("no text", "Its pages are blank. Ask for the report itself.")


def _unread(pages: Sequence[RawPage]) -> list[str]:
    blind = [page.number for page in pages if not page.lines and page.images > _PICTURE]
    return [f"{_pages(blind)}: a picture in which no text could be read."] if blind else []


def _broken_off(path: Path) -> list[str]:
    """A PDF ends with a mark; where it is missing, what came after is lost."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 2048))
        if b"%%EOF" in file.read():
            return []
    return ["The file breaks off before its end; text may be missing. Ask for another copy."]


def _pages(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")
    return f"Page {listed}" if len(numbers) == 1 else f"Pages {listed}"
