"""Words and lines with their geometry, before they are text: what pdfium and Tesseract both deliver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ctg_nlp.records import Box


class Glyphs(NamedTuple):
    """A word on paper. `u` runs along the line and `v` down the page, in points, whatever way the page or
    its text is turned. `turned` is where it stands on the page as displayed, if that differs. `joins`: the
    word goes on in the next line (it ends in a hyphen that the line break put there or met)."""

    text: str
    u0: float
    u1: float
    v0: float
    v1: float
    joins: bool = False
    turned: Box | None = None

    @property
    def box(self) -> Box:
        """Where it stands on the page as displayed."""
        return self.turned or Box(self.u0, self.v0, self.u1, self.v1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line on paper, or the part of one that lies in one table cell. `size`: the height of its letters."""

    words: tuple[Glyphs, ...]
    u0: float
    u1: float
    v0: float
    v1: float
    size: float
    bold: bool = False

    @property
    def text(self) -> str:
        """The words with a space between."""
        return " ".join(w.text for w in self.words)

    @property
    def height(self) -> float:
        """From the top to the bottom, at least a point."""
        return max(self.v1 - self.v0, 1.0)

    @property
    def joins(self) -> bool:
        """Whether its last word goes on in the next line."""
        return self.words[-1].joins


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page's lines in the order of the file. `width` and `height` are those displayed.

    `extent` is the page's size along u and v; `images` is the share of it that pictures cover.
    """

    number: int
    width: float
    height: float
    rotation: int
    lines: tuple[Line, ...]
    extent: tuple[float, float]
    images: float = 0.0
    source: str = "text"


def make_line(words: Sequence[Glyphs], bold: bool = False) -> Line:
    """The line of these words."""
    _, starts, ends, tops, bottoms, _, _ = zip(*words, strict=True)
    sizes = sorted([b - a for a, b in zip(tops, bottoms, strict=True)])
    return Line(
        words=tuple(words),
        u0=min(starts),
        u1=max(ends),
        v0=min(tops),
        v1=max(bottoms),
        size=sizes[len(sizes) // 2],
        bold=bold,
    )


def cells_of(line: Line) -> list[Line]:
    """The line cut where the gap between words is so wide that it must be another cell or column."""
    words, gap = line.words, 1.8 * max(line.size, 4.0)
    cuts = [i for i in range(1, len(words)) if words[i].u0 - words[i - 1].u1 > gap]
    if not cuts:
        return [line]
    parts = [list(words[a:b]) for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True)]
    return [replace(make_line(part), bold=line.bold) for part in parts]
