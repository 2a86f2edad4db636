"""The drawing of what a code stands for, as its framework describes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from ctg_nlp.export.drawing import GAP, WIDTH, Arrow, Box, Drawing, Edge, height_of
from ctg_nlp.framework import Diagram

_CHARACTER = 7.6  # the width of one, with some air
_DEEP = 2.5 * GAP  # between the centre and its parts: room for arrows


def diagram_of(label: str, diagram: Diagram) -> Drawing:
    """The drawing of a code that is called `label`."""
    if diagram.form == "above":
        return _above(label, diagram)
    return _among(label, diagram)


def _above(label: str, diagram: Diagram) -> Drawing:
    """The centre over a row of its parts, with an arrow to each."""
    centre = _centre(diagram.centre, GAP)
    bottom = centre.y + centre.height
    parts = _row(diagram.parts, bottom + _DEEP)
    arrows = tuple(Arrow(WIDTH / 2, bottom, p.x + p.width / 2, p.y) for p in parts)
    said = f"{diagram.centre} leads: {'; '.join(diagram.parts)}."
    return Drawing(label, WIDTH, _foot(parts), (centre, *parts), arrows, (), (said,))


def _among(label: str, diagram: Diagram) -> Drawing:
    """The centre between two rows of its parts, with arrows both ways."""
    half = (len(diagram.parts) + 1) // 2
    above = _row(diagram.parts[:half], GAP)
    centre = _centre(diagram.centre, _foot(above) - GAP + _DEEP)
    bottom = centre.y + centre.height
    below = _row(diagram.parts[half:], bottom + _DEEP)
    arrows = (
        *(Arrow(p.x + p.width / 2, p.y + p.height, WIDTH / 2, centre.y, both=True) for p in above),
        *(Arrow(WIDTH / 2, bottom, p.x + p.width / 2, p.y, both=True) for p in below),
    )
    said = f"Meet in it, and carry back what it decides: {'; '.join(diagram.parts)}. It is: {diagram.centre}."
    return Drawing(label, WIDTH, _foot(below or (centre,)), (*above, centre, *below), arrows, (), (said,))


def _centre(text: str, y: float) -> Box:
    width = 360.0
    lines = _lines(text, width)
    return Box((WIDTH - width) / 2, y, width, height_of(lines), lines, len(lines), Edge.MAIN)


def _row(texts: Sequence[str], y: float) -> tuple[Box, ...]:
    return tuple(_boxes(texts, y))


def _boxes(texts: Sequence[str], y: float) -> Iterator[Box]:
    if not texts:
        return
    width = min(260.0, (WIDTH - GAP * (len(texts) + 1)) / len(texts))
    lines = [_lines(text, width) for text in texts]
    height = max(map(height_of, lines))
    step = WIDTH / len(texts)
    for n, said in enumerate(lines):
        yield Box(step * (n + 0.5) - width / 2, y, width, height, said, 0, Edge.PEOPLE)


def _lines(text: str, width: float) -> tuple[str, ...]:
    return tuple(wrap(text, max(8, int((width - 20) / _CHARACTER))))


def _foot(boxes: Sequence[Box]) -> float:
    return max(b.y + b.height for b in boxes) + GAP
