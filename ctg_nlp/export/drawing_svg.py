"""A drawing as SVG. Loads neither matplotlib nor pandas."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from ctg_nlp.export.drawing import FONT, LINE, PAD, Arrow, Band, Box, Drawing, Edge

_DASHES = {Edge.AUTOMATIC: "7 4", Edge.WAITING: "2 3"}
_INK, _FILL, _BAND = "#1c2226", "#ffffff", "#dbe7ee"
Point = tuple[float, float]


def svg_of(drawing: Drawing, name: str) -> str:
    """The figure as SVG, with a title and the same in words for who cannot see it. `name` begins its ids,
    for a page that holds several. Has no style and no script, so that it can stand in a page."""
    return "\n".join(_svg(drawing, escape(name, quote=True))) + "\n"


def _svg(made: Drawing, name: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {made.width:g} {made.height:g}" '
        f'width="{made.width:g}" height="{made.height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-words" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{FONT:g}">'
    )
    yield f'<title id="{name}-title">{escape(made.title)}</title>'
    yield f'<desc id="{name}-words">{escape(" ".join(made.sentences))}</desc>'
    yield f'<rect width="{made.width:g}" height="{made.height:g}" fill="{_FILL}"/>'
    for band in made.bands:
        yield from _band(band)
    for arrow in made.arrows:
        yield from _arrow(arrow)
    for box in made.boxes:
        yield from _box(box)
    yield "</svg>"


def _band(band: Band) -> Iterator[str]:
    middle = (band.top + band.bottom) / 2
    yield (
        f'<rect x="12" y="{band.top:g}" width="96" height="{band.bottom - band.top:g}" rx="4" '
        f'fill="{_BAND}"/>'
    )
    yield (
        f'<text x="60" y="{middle + FONT / 3:g}" text-anchor="middle" font-weight="bold" '
        f'fill="{_INK}">{escape(band.label)}</text>'
    )


def _box(box: Box) -> Iterator[str]:
    dashes = f' stroke-dasharray="{_DASHES[box.edge]}"' if box.edge in _DASHES else ""
    thick = 2 if box.edge is Edge.MAIN else 1.5
    yield (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="3" '
        f'fill="{_FILL}" stroke="{_INK}" stroke-width="{thick:g}"{dashes}/>'
    )
    for n, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if n < box.bold else ""
        indent = len(line) - len(line.lstrip())
        yield (
            f'<text x="{box.x + PAD + 5 * indent:g}" y="{box.y + PAD + LINE * (n + 0.75):g}" '
            f'fill="{_INK}"{weight}>{escape(line.strip())}</text>'
        )


def _arrow(a: Arrow) -> Iterator[str]:
    path = f"M{a.x1:g} {a.y1:g}L{a.x2:g} {a.y2:g}" if _straight(a) else _bent(a)
    yield f'<path d="{path}" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
    begin = (a.x1, a.y1) if _straight(a) else ((a.x1 + a.x2) / 2, a.y2)
    yield _tip(begin, (a.x2, a.y2))
    if a.both:
        yield _tip((a.x2, a.y2), begin)


def _straight(a: Arrow) -> bool:
    return not a.square or a.y1 == a.y2


def _tip(begin: Point, end: Point) -> str:
    """The head of an arrow at its end."""
    angle = math.atan2(end[1] - begin[1], end[0] - begin[0])
    wings = (
        f"{end[0] - 9 * math.cos(angle) + side * 5 * math.sin(angle):.5g} "
        f"{end[1] - 9 * math.sin(angle) - side * 5 * math.cos(angle):.5g}"
        for side in (1, -1)
    )
    return f'<path d="M{next(wings)}L{end[0]:g} {end[1]:g}L{next(wings)}Z" fill="{_INK}"/>'


def _bent(a: Arrow) -> str:
    half = (a.x1 + a.x2) / 2
    return f"M{a.x1:g} {a.y1:g}H{half:g}V{a.y2:g}H{a.x2:g}"
