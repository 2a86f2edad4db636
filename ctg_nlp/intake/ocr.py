"""Scanned pages, read by Tesseract: words with boxes.

Tesseract itself is called (its TSV output); nothing is imported under another licence. A page is rendered
by pdfium in grey at 300 dpi, less where it is so large that the picture would pass 25 million pixels.
A sheet that lay askew on the glass is levelled by the slope of its lines, one that lay sideways or upside
down is turned and read again; the boxes stay where the words are on the page.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ctg_nlp.errors import MissingTool
from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line
from ctg_nlp.intake.tables import Rule, in_cells, is_rule, on_wall
from ctg_nlp.records import Box

HOW_TO_GET_IT = (
    "Install Tesseract to read scans (Debian: apt install tesseract-ocr; macOS: brew install tesseract; "
    "Windows: winget install UB-Mannheim.TesseractOCR) and run again."
)
_MOST_PIXELS = 25_000_000
_LEAST_CONFIDENCE = 20.0  # below this Tesseract reads specks and lines as letters
_DOUBTFUL = 70.0  # half of the words of a sheet that lies upside down are less sure than this
_SURE = 2.0  # of which way is up, by Tesseract's own measure
_MISREAD_BULLETS = frozenset("¢©®°«»*+e")  # what a dot before a list item is taken for
_INK = re.compile(r"[^\W_]")
_ABOVE, _BELOW = re.compile(r"[A-Z0-9bdfhijklt£%&?!À-Þ]"), re.compile(r"[gjpqyQ]")
_BAR = re.compile(r"([\"'“‘(]*)[|](['’]?[a-z]*[.,;:!?\"'”’)]*)")  # how Tesseract often reads a capital I


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """How scanned pages are read; `enabled` is false where they must not be or cannot."""

    language: str = "eng"
    enabled: bool = True
    seconds_per_page: int = 60
    seconds_in_all: int = 3600  # for one report; its pages after that are left as they are
    dpi: int = 300


@functools.cache
def find_tesseract() -> str | None:
    """The path of Tesseract's command, or None."""
    return shutil.which("tesseract")


def read_scan(page: Any, number: int, settings: OcrSettings) -> RawPage:
    """The lines of a page opened by pypdfium2, read from its picture.

    Raises `MissingTool` where there is no Tesseract or not the language, and `TimeoutError` where one page
    takes longer than the limit.
    """
    size = width, height = page.get_size()
    scale = min(settings.dpi / 72, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    picture = bitmap.to_pil()
    tesseract = _Tesseract(settings, round(72 * scale))
    rows = tesseract.words(picture)
    turn = tesseract.turn(picture) if _is_doubtful(rows) else 0
    if turn:
        rows = tesseract.words(picture.rotate(-turn, expand=True))
    bitmap.close()
    return RawPage(
        number=number,
        width=width,
        height=height,
        rotation=page.get_rotation(),
        lines=tuple(_lines(rows, scale, settings.language, lambda box: _displayed(box, turn, size))),
        extent=(height, width) if turn in (90, 270) else size,
        images=1.0,
        source="ocr",
    )


class _Tesseract:
    """Tesseract for one page: all that it is asked of the page together has one limit on time."""

    def __init__(self, settings: OcrSettings, dpi: int) -> None:
        self.settings, self.dpi = settings, dpi
        self.deadline = time.monotonic() + settings.seconds_per_page

    def words(self, picture: Any) -> list[dict[str, str]]:
        """A row for each word or rule of an upright picture."""
        done = self._run(picture, "-l", self.settings.language, "--psm", "3", "tsv")
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MissingTool(
                f"Tesseract failed ({said[-1] if said else 'no message'}). Is its language installed?"
            )
        text = done.stdout.decode("utf-8", "replace")
        return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))

    def turn(self, picture: Any) -> int:
        """By how many degrees clockwise the picture must be turned to stand upright; 0 if it cannot tell."""
        said = self._run(picture, "--psm", "0").stdout.decode("utf-8", "replace")
        turn = re.search(r"^Rotate: (90|180|270)$", said, re.MULTILINE)
        sure = re.search(r"^Orientation confidence: ([\d.]+)$", said, re.MULTILINE)
        return int(turn[1]) if turn and sure and float(sure[1]) > _SURE else 0

    def _run(self, picture: Any, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        program = find_tesseract()
        if program is None:
            raise MissingTool(HOW_TO_GET_IT)
        content = io.BytesIO()
        picture.save(content, format="PNG", compress_level=1)
        try:
            return subprocess.run(
                [program, "stdin", "stdout", "--dpi", str(self.dpi), *arguments],
                input=content.getvalue(),
                capture_output=True,
                timeout=max(1.0, self.deadline - time.monotonic()),
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # reports are read side by side already
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            limit = self.settings.seconds_per_page
            raise TimeoutError(f"Tesseract took over {limit} seconds for one page") from error


def _is_doubtful(rows: list[dict[str, str]]) -> bool:
    """Whether the sheet may have lain upside down or sideways."""
    said = [row for row in rows if row.get("level") == "5" and (row.get("text") or "").strip()]
    if not said:
        return False
    long_ones = [row for row in said if len(row["text"]) >= 4]
    upright = sum(float(row["width"]) >= float(row["height"]) for row in long_ones)
    return median(float(row["conf"]) for row in said) < _DOUBTFUL or upright * 2 < len(long_ones)


def _displayed(box: Box, turn: int, size: tuple[float, float]) -> Box:
    """Where a box of the picture, turned clockwise to stand upright, is on the page as displayed."""
    width, height = size
    if turn == 90:
        return Box(box.y0, height - box.x1, box.y1, height - box.x0)
    if turn == 180:
        return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
    if turn == 270:
        return Box(width - box.y1, box.x0, width - box.y0, box.x1)
    return box


def _lines(
    rows: list[dict[str, str]], scale: float, language: str, displayed: Callable[[Box], Box]
) -> list[Line]:
    """The lines in reading order, as if the sheet had lain straight."""
    found = _words(rows, scale)
    slope = _slope(found)
    rules = [rule.levelled(slope) for rule in _rules(rows, scale)]
    lines = []
    for words in found:
        straight = [_level(w, slope, displayed) for w in words]
        kept = _without_bars(straight, rules, english=language.startswith("eng"))
        if kept:
            lines.append(_hyphenated(_with_bullet(kept)))
    return in_cells(_in_reading_order(lines), rules)


def _words(rows: list[dict[str, str]], scale: float) -> list[list[Glyphs]]:
    """The words of each line that Tesseract tells apart."""
    lines: dict[tuple[str, ...], list[Glyphs]] = {}
    for row in rows:
        word = _word(row, scale)
        if word is not None:
            lines.setdefault(tuple(row[k] for k in ("block_num", "par_num", "line_num")), []).append(word)
    return [_full_height(words) for words in lines.values()]


def _word(row: dict[str, str], scale: float) -> Glyphs | None:
    text = (row.get("text") or "").strip()
    if row.get("level") != "5" or not text or float(row["conf"]) < _LEAST_CONFIDENCE:
        return None
    x, y, w, h = _place(row, scale)
    return Glyphs(text, x, x + w, y, y + h)


def _full_height(words: list[Glyphs]) -> list[Glyphs]:
    """The words as high as their letters are cast: Tesseract's boxes end where the ink does."""
    full = [_cast(w) for w in words if _INK.search(w.text)]
    if not full:
        return words
    top, bottom = median(w.v0 for w in full), median(w.v1 for w in full)
    # Where dots and dashes stand in the height of a line tells nothing of its letters.
    return [_cast(w) if _INK.search(w.text) else w._replace(v0=top, v1=bottom, turned=w.box) for w in words]


def _cast(word: Glyphs) -> Glyphs:
    above, below = _ABOVE.search(word.text) is not None, _BELOW.search(word.text) is not None
    size = (word.v1 - word.v0) / (0.5 + 0.22 * above + 0.21 * below)
    v0, v1 = word.v0 - (0 if above else 0.22 * size), word.v1 + (0 if below else 0.21 * size)
    return word._replace(v0=v0, v1=v1, turned=word.box)


def _rules(rows: list[dict[str, str]], scale: float) -> list[Rule]:
    """The rules on paper: Tesseract reports them as words without a text."""
    rules = []
    for row in rows:
        if row.get("level") == "5" and not (row.get("text") or "").strip():
            x, y, w, h = _place(row, scale)
            if is_rule(w, h):
                rules.append(Rule(x, x + w, y, y + h))
    return rules


def _place(row: dict[str, str], scale: float) -> tuple[float, float, float, float]:
    x, y, w, h = (float(row[k]) / scale for k in ("left", "top", "width", "height"))
    return x, y, w, h


def _slope(lines: Sequence[Sequence[Glyphs]]) -> float:
    """By how much the lines of the page go down for each point that they go along."""
    slopes = [
        ((b.v0 + b.v1) - (a.v0 + a.v1)) / ((b.u0 + b.u1) - (a.u0 + a.u1))
        for a, b in ((words[0], words[-1]) for words in lines if len(words) >= 5)
        if b.u0 > a.u1
    ]
    return median(slopes) if len(slopes) >= 3 else 0.0


def _level(word: Glyphs, slope: float, displayed: Callable[[Box], Box]) -> Glyphs:
    """The word where it would stand if the sheet lay straight; its box stays on the page as displayed."""
    du, dv = slope * (word.v0 + word.v1) / 2, slope * (word.u0 + word.u1) / 2
    box = displayed(word.box)
    return Glyphs(word.text, word.u0 + du, word.u1 + du, word.v0 - dv, word.v1 - dv, turned=box)


def _without_bars(words: list[Glyphs], rules: Sequence[Rule], *, english: bool) -> list[Glyphs]:
    """Bars that are a table's walls are dropped; in English the others are the word I, or begin If or In."""
    usual = median(w.v1 - w.v0 for w in words)
    kept = []
    for word in words:
        bar = _BAR.fullmatch(word.text)
        if bar is None:
            kept.append(word)
        elif not on_wall(word, rules) and word.v1 - word.v0 < 1.6 * usual:
            kept.append(word._replace(text=f"{bar[1]}I{bar[2]}") if english else word)
    return kept


def _with_bullet(words: list[Glyphs]) -> list[Glyphs]:
    if len(words) > 1 and words[0].text in _MISREAD_BULLETS:
        return [words[0]._replace(text="•"), *words[1:]]
    return words


def _hyphenated(words: list[Glyphs]) -> Line:
    """The line, whose last word goes on in the next line where it ends in a hyphen."""
    last = words[-1]
    if len(last.text) > 2 and last.text.endswith(("-", "‐")) and last.text[-2].isalpha():
        last = last._replace(text=last.text[:-1] + "-", joins=True)
    return make_line([*words[:-1], last])


def _in_reading_order(lines: list[Line]) -> list[Line]:
    """Put a line that stands beside another of an earlier block next to it.

    Tesseract reads a table column by column, as blocks of their own; a reader goes along its rows. Blocks
    of running text in columns are left as they are: their lines are long.
    """
    placed: list[Line] = []
    for line in lines:
        at = _place_beside(placed, line)
        placed.insert(len(placed) if at is None else at, line)
    return placed


def _place_beside(placed: list[Line], line: Line) -> int | None:
    for i in range(len(placed) - 1, -1, -1):
        other = placed[i]
        overlap = min(other.v1, line.v1) - max(other.v0, line.v0)
        beside = overlap > 0.5 * min(other.height, line.height) and other.u1 < line.u0
        if beside and min(len(other.words), len(line.words)) <= 4 and i + 1 < len(placed):
            return i + 1
    return None
