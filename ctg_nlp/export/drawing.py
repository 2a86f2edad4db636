"""A drawing of boxes and arrows before it is drawn: one form for SVG and PNG, for screens and documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

WIDTH = 900.0
LINE, PAD, GAP = 19.0, 10.0, 26.0
"""Height of a line of text, space inside a box and between rows; all lengths are in the units of SVG."""
FONT = 14.0
CHARACTERS = 40
"""To a line of a box 360 wide."""


class Edge(StrEnum):
    """How a box is edged. Its first line says the same, so that nothing hangs on lines alone."""

    MAIN = "main"
    PEOPLE = "people"
    AUTOMATIC = "automatic"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Box:
    """A box with its lines of text; the first `bold` ones are bold."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: int
    edge: Edge


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow; it points at its second end, and at its first too if it goes `both` ways. A `square` one runs
    level, then up or down, then level again."""

    x1: float
    y1: float
    x2: float
    y2: float
    both: bool = False
    square: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A phase, beside the rows that belong to it."""

    label: str
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole figure. `sentences` say the same in words, for who cannot see it."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]
    sentences: tuple[str, ...]


def height_of(lines: Sequence[str]) -> float:
    """How high a box with these lines is."""
    return len(lines) * LINE + 2 * PAD
