"""The picture of a page: drawn by pdfium, written as WebP by Pillow. Meant for the child of `sandbox`."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_raw

from ctg_nlp.errors import Refusal
from ctg_nlp.intake.extract import open_document, open_page

_MOST_PIXELS = 20_000_000
_LONGEST_SIDE = 16_000  # pixels; WebP ends at 16,383
_QUALITY = 80  # text stays crisp; at 90 a page is half as large again
_EFFORT = 2  # of Pillow's 0 to 6: half the time of the default, and 3 % larger
_PLACE_QUALITY = 40  # of a picture of a place: it is looked at beside its words, and a report holds thousands
_PAGES_PER_OPENING = 50  # pdfium keeps fonts and colours of pages that it drew: they must not add up


class Drawn:
    """Draws pages, and keeps the last file open: people leaf through one report."""

    def __init__(self) -> None:
        self._document: Any = None
        self._key: tuple[object, ...] = ()
        self._served = 0

    def page(self, path: Path, passwords: Sequence[str], number: int, width: int) -> bytes:
        """Page `number` (from 1) of a PDF as WebP, `width` pixels wide, less where it would be too large.

        What was typed into form fields is on it, as it is in the text. Raises `Refusal` where the file
        cannot be opened or has no such page, or pdfium cannot draw it.
        """
        document = self._opened(path, passwords)
        if not 1 <= number <= len(document):
            raise Refusal("damaged", f"It has {len(document)} pages, and no page {number}.")
        return _webp(_image(document, number - 1, width), _QUALITY)

    def places(
        self, path: Path, passwords: Sequence[str], number: int, width: int, bands: Sequence[Sequence[float]]
    ) -> list[bytes]:
        """Stretches of page `number` over its width, each as WebP: (top, bottom) in shares of its height.

        The page is drawn once, `width` pixels wide. Raises `Refusal` as `page` does.
        """
        document = self._opened(path, passwords)
        if not 1 <= number <= len(document):
            raise Refusal("damaged", f"It has {len(document)} pages, and no page {number}.")
        image = _image(document, number - 1, width)
        return [_webp(_band(image, top, bottom), _PLACE_QUALITY) for top, bottom in bands]

    def sizes(self, path: Path, passwords: Sequence[str], most: int) -> list[tuple[float, float]]:
        """Width and height in points, as displayed, of the first pages, at most so many.

        Raises `Refusal` where the file cannot be opened.
        """
        document = self._opened(path, passwords)
        return [document.get_page_size(n) for n in range(min(len(document), most))]

    def frames(
        self, path: Path, passwords: Sequence[str], most: int
    ) -> list[tuple[list[float], list[float]]]:
        """The media box and the box that is shown (left, bottom, right, top in points of the file) of the
        first pages, at most so many.

        Raises `Refusal` where the file cannot be opened.
        """
        document = self._opened(path, passwords)
        count = min(len(document), most)
        media = [*_media_boxes(path, passwords, count), *[None] * count]
        return [_frame(document, media[n], n) for n in range(count)]

    def _opened(self, path: Path, passwords: Sequence[str]) -> Any:
        stat = path.stat()
        key = (path, stat.st_mtime_ns, stat.st_size, tuple(passwords))
        if self._document is None or key != self._key or self._served >= _PAGES_PER_OPENING:
            self.close()
            self._document, _ = open_document(path, passwords)
            self._key, self._served = key, 0
        self._served += 1
        return self._document

    def close(self) -> None:
        """Let go of the file that is open, if one is."""
        document, self._document = self._document, None
        if document is not None:
            document.close()


def _frame(document: Any, media: Sequence[float] | None, index: int) -> tuple[list[float], list[float]]:
    page = document[index]
    try:
        shown = list(page.get_bbox())
    finally:
        page.close()
    return list(media) if media else shown, shown


def _media_boxes(path: Path, passwords: Sequence[str], most: int) -> list[list[float] | None]:
    """The media box of each of the first pages: pdfium does not tell one that stands above the pages (its bug
    1786). None of a file that qpdf cannot open, or of a page whose box makes no sense."""
    for password in ("", *passwords):
        try:
            with pikepdf.open(path, password=password) as document:
                return [_rectangle(page.mediabox) for page in document.pages[:most]]
        except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RuntimeError, OSError):
            continue
    return []


def _rectangle(box: Any) -> list[float] | None:
    try:
        x0, y0, x1, y1 = (float(v) for v in box)
    except (TypeError, ValueError):
        return None
    return [min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]


def _image(document: Any, index: int, width: int) -> Any:
    try:
        page = open_page(document, index, document.get_formtype() != pdfium_raw.FORMTYPE_NONE)
        try:
            bitmap = page.render(scale=_scale(page.get_width(), page.get_height(), width), rev_byteorder=True)
            image = bitmap.to_pil().copy()  # the bitmap's memory goes with it
            bitmap.close()
        finally:
            page.close()
    except (pypdfium2.PdfiumError, ValueError) as error:  # ValueError: of a page that has no area
        raise Refusal("damaged", f"Page {index + 1} cannot be drawn.") from error
    return image


def _band(image: Any, top: float, bottom: float) -> Any:
    first = min(int(top * image.height), image.height - 1)
    return image.crop((0, first, image.width, max(math.ceil(bottom * image.height), first + 1)))


def _webp(image: Any, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=quality, method=_EFFORT)
    return target.getvalue()


def _scale(page_width: float, page_height: float, width: int) -> float:
    """Pixels per point for a picture of this width; less for pages so long that it would be too large."""
    page_width, page_height = max(page_width, 1.0), max(page_height, 1.0)
    return min(
        width / page_width,
        _LONGEST_SIDE / page_height,
        math.sqrt(_MOST_PIXELS / (page_width * page_height)),
    )
