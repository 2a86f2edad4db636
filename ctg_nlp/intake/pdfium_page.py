"""One page as pdfium reads it: words, lines and where they stand.

pdfium gives a page's characters in the order of the file, with the spaces and line breaks that it infers.
Only the first and last character of each word are asked for their place, which makes text with boxes
cost little more than text alone.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pypdfium2.raw as pdfium

from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line
from ctg_nlp.intake.signs import cleaned
from ctg_nlp.records import Box

_WORD = re.compile(r"[^\s\ufffe\x02]+[\ufffe\x02]?|[\ufffe\x02]")
_BROKEN = "\ufffe\x02"  # pdfium's marks for a hyphen at the end of a line
_LINE_END = re.compile(r"[\r\n\ufffe\x02]+")
_FAR = 1e7  # points: no page and no word is larger, so such numbers, infinite ones and none are not believed

Point = Callable[[float, float, float, float], tuple[float, float]]

# A point of the unturned page (origin at the top left; width and height follow) in a frame where u runs
# along the line and v goes down, by the direction in which the text is written.
_FRAMES: dict[str, Point] = {
    "right": lambda x, y, w, h: (x, y),
    "up": lambda x, y, w, h: (h - y, x),
    "down": lambda x, y, w, h: (y, w - x),
    "left": lambda x, y, w, h: (w - x, h - y),
}
# The same point on the page as displayed, by the clockwise rotation that the page asks for.
_DISPLAYED: dict[int, Point] = {
    0: lambda x, y, w, h: (x, y),
    90: lambda x, y, w, h: (h - y, x),
    180: lambda x, y, w, h: (w - x, h - y),
    270: lambda x, y, w, h: (y, w - x),
}


def read_page(page: Any, number: int) -> RawPage:
    """The lines of a page opened by pypdfium2, in the order of the file.

    Raises `pypdfium2.PdfiumError` where pdfium cannot make text of the page.
    """
    left, bottom, right, top = (edge if abs(edge) < _FAR else 0.0 for edge in page.get_bbox())
    rotation = page.get_rotation() % 360
    if rotation:
        page.set_rotation(0)  # pdfium orders the text of a turned page by what comes first on the screen
    textpage = page.get_textpage()
    try:
        text = _text_of(textpage)
        lines = _lines(textpage, text, left, top)
    finally:
        textpage.close()
        if rotation:
            page.set_rotation(rotation)
    direction = _direction(lines)
    turn = _Turn(direction, rotation, right - left, top - bottom)
    if direction != "right" or rotation:
        lines = [Line(tuple(turn.glyphs(w) for w in line.words), 0, 0, 0, 0, 0, line.bold) for line in lines]
    width, height = page.get_size()
    return RawPage(
        number=number,
        width=sound_size(width),
        height=sound_size(height),
        rotation=rotation,
        lines=tuple(part for line in lines for part in _level(line)),
        extent=(sound_size(turn.extent[0]), sound_size(turn.extent[1])),
        images=_image_share(page, (right - left) * (top - bottom)) if len(text) < 200 else 0.0,
    )


def sound_size(points: float) -> float:
    """A width or height of a page that can be reckoned with, from 1 point on: a file may say anything."""
    return min(points, _FAR) if points >= 1.0 else 1.0


class _Turn:
    """From a page read as if it stood upright to the frame of its text and to the page as displayed."""

    def __init__(self, direction: str, rotation: int, width: float, height: float) -> None:
        self.frame, self.show = _FRAMES[direction], _DISPLAYED[rotation]
        self.size = (width, height)
        self.extent = (width, height) if direction in ("right", "left") else (height, width)

    def glyphs(self, word: Glyphs) -> Glyphs:
        width, height = self.size
        (ua, va), (ub, vb) = (self.frame(x, y, width, height) for x, y in _corners(word))
        (xa, ya), (xb, yb) = (self.show(x, y, width, height) for x, y in _corners(word))
        box = Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))
        return Glyphs(word.text, min(ua, ub), max(ua, ub), min(va, vb), max(va, vb), word.joins, box)


def _corners(word: Glyphs) -> tuple[tuple[float, float], tuple[float, float]]:
    return (word.u0, word.v0), (word.u1, word.v1)


def _text_of(textpage: Any) -> str:
    count = pdfium.FPDFText_CountChars(textpage)
    if count <= 0:
        return ""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium.FPDFText_GetText(textpage, 0, count, buffer)
    text = bytes(memoryview(buffer))[: 2 * max(written - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return text
    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage, i) or 32) for i in range(count))


def _lines(textpage: Any, text: str, left: float, top: float) -> list[Line]:
    """The lines as pdfium breaks them, read as if the page stood upright."""
    rect = pdfium.FS_RECTF()
    ref = ctypes.byref(rect)
    box_of, raw = pdfium.FPDFText_GetLooseCharBox, textpage.raw
    is_bold = _bold_finder(raw)
    lines: list[Line] = []
    for start_of_line, end_of_line in _line_spans(text):
        words: list[Glyphs] = []
        for match in _WORD.finditer(text, start_of_line, end_of_line):
            start, end = match.span()
            word = match.group()
            joins = word[-1] in _BROKEN
            if joins or not word.isascii() or not word.isprintable():
                word = cleaned(word.rstrip(_BROKEN)) + ("-" if joins else "")
                if not word:
                    continue
            box_of(raw, start, ref)
            x0, y0, x1, y1 = rect.left, rect.bottom, rect.right, rect.top
            last = end - 2 if joins and end - start > 1 else end - 1
            if last > start:
                box_of(raw, last, ref)
                if rect.right > x1:
                    x1 = rect.right
                if rect.left < x0:
                    x0 = rect.left
                if rect.bottom < y0:
                    y0 = rect.bottom
                if rect.top > y1:
                    y1 = rect.top
            if abs(x0) + abs(x1) + abs(y0) + abs(y1) < _FAR:  # false where any of them is no number
                words.append(Glyphs(word, x0 - left, x1 - left, top - y1, top - y0, joins))
        if words:
            lines.append(Line(tuple(words), 0, 0, 0, 0, 0, is_bold(start_of_line)))
    return lines


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends; a mark for a broken word ends its line."""
    start = 0
    for match in _LINE_END.finditer(text):
        if match.end() > start:
            yield start, match.end()
        start = match.end()
    yield start, len(text)


def _level(line: Line) -> list[Line]:
    """The line measured, cut where pdfium ran text on that stands higher or lower."""
    words = line.words
    cuts = [
        i for i in range(1, len(words)) if words[i].v0 >= words[i - 1].v1 or words[i].v1 <= words[i - 1].v0
    ]
    if not cuts:
        return [make_line(words, line.bold)]
    return [make_line(words[a:b], line.bold) for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]


def _bold_finder(raw: Any) -> Callable[[int], bool]:
    """Tells of the character at an index whether its font is a bold one."""
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    ref = ctypes.byref(flags)

    def is_bold(index: int) -> bool:
        length = pdfium.FPDFText_GetFontInfo(raw, index, name, 128, ref)
        said = name.raw[: max(length - 1, 0)].lower() if length <= 128 else b""
        return b"bold" in said or b"black" in said or b"heavy" in said

    return is_bold


def _direction(lines: Sequence[Line]) -> str:
    """Which way most of the text is written, by the shape of words that are long enough to tell."""
    step = len(lines) // 40 + 1  # forty lines are enough to tell
    long_ones = [w for line in lines[::step] for w in line.words if len(w.text) >= 4]
    upright = sum(w.u1 - w.u0 >= w.v1 - w.v0 for w in long_ones)
    if upright * 2 >= len(long_ones):
        return "left" if _runs(lines, lambda w: w.u0) < 0 else "right"
    return "up" if _runs(lines, lambda w: w.v0) < 0 else "down"


def _runs(lines: Sequence[Line], place: Callable[[Glyphs], float]) -> int:
    """How many more lines go forward than backward, from their first word to their last."""
    ends = [(place(line.words[0]), place(line.words[-1])) for line in lines if len(line.words) > 1]
    return sum(1 if b >= a else -1 for a, b in ends)


def _image_share(page: Any, area: float) -> float:
    """The share of the page that its pictures cover, 0 to 1; looked at only where there is little text."""
    covered = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        x0, y0, x1, y1 = item.get_bounds() if hasattr(item, "get_bounds") else item.get_pos()
        covered += abs((x1 - x0) * (y1 - y0))
    return min(1.0, covered / area) if area > 0 else 0.0
