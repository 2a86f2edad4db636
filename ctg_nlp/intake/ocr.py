"""Scanned pages, read by Tesseract: words with boxes.

Tesseract itself is called (its TSV output); nothing is imported under another licence. A page is rendered
by pdfium in grey at 300 dpi, less where it is so large that the picture would pass 25 million pixels.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

from ctg_nlp.errors import MissingTool
from ctg_nlp.intake.lines import Glyphs, Line, RawPage, make_line

HOW_TO_GET_IT = (
    "Install Tesseract to read scans (Debian: apt install tesseract-ocr; macOS: brew install tesseract; "
    "Windows: winget install UB-Mannheim.TesseractOCR) and run again."
)
_MOST_PIXELS = 25_000_000
_LEAST_CONFIDENCE = 20.0  # below this Tesseract reads specks and lines as letters


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """How scanned pages are read; `enabled` is false where they must not be or cannot."""

    language: str = "eng"
    enabled: bool = True
    seconds_per_page: int = 60
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
    width, height = page.get_size()
    scale = min(settings.dpi / 72, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    picture = io.BytesIO()
    bitmap.to_pil().save(picture, format="PNG", compress_level=1)
    bitmap.close()
    rows = _tesseract(picture.getvalue(), settings, round(72 * scale))
    return RawPage(
        number=number,
        width=width,
        height=height,
        rotation=page.get_rotation(),
        lines=tuple(_lines(rows, scale)),
        extent=(width, height),
        images=1.0,
        source="ocr",
    )


def _tesseract(picture: bytes, settings: OcrSettings, dpi: int) -> list[dict[str, str]]:
    program = find_tesseract()
    if program is None:
        raise MissingTool(HOW_TO_GET_IT)
    command = [program, "stdin", "stdout", "-l", settings.language, "--dpi", str(dpi), "--psm", "3", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # reports are read side by side already
    try:
        done = subprocess.run(
            command,
            input=picture,
            capture_output=True,
            timeout=settings.seconds_per_page,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"Tesseract took over {settings.seconds_per_page} seconds for one page") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MissingTool(
            f"Tesseract failed ({said[-1] if said else 'no message'}). Is its language installed?"
        )
    text = done.stdout.decode("utf-8", "replace")
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def _lines(rows: list[dict[str, str]], scale: float) -> list[Line]:
    lines: list[Line] = []
    words: list[Glyphs] = []
    current: tuple[str, ...] = ()
    for row in rows:
        word = _word(row, scale)
        if word is None:
            continue
        place = tuple(row[k] for k in ("block_num", "par_num", "line_num"))
        if words and place != current:
            lines.append(_levelled(words))
            words = []
        current = place
        words.append(word)
    if words:
        lines.append(_levelled(words))
    return _in_reading_order(lines)


def _word(row: dict[str, str], scale: float) -> Glyphs | None:
    text = (row.get("text") or "").strip()
    if row.get("level") != "5" or not text or float(row["conf"]) < _LEAST_CONFIDENCE:
        return None
    x, y, w, h = (float(row[k]) / scale for k in ("left", "top", "width", "height"))
    return Glyphs(text, x, x + w, y, y + h)


def _levelled(words: list[Glyphs]) -> Line:
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
