"""Rectangles on the page as displayed, and in points of the PDF from the bottom left of its media box."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ctg_nlp.records import Box, Page

_NEARLY = 0.01  # points by which a number may miss a whole one for no other reason than how it was reckoned


@dataclass(frozen=True, slots=True)
class Frame:
    """What of a page's media box is shown: `left` and `bottom` are how far the shown part begins from the
    media box's corner, `width` and `height` its size before the page is turned, all in points; `rotation` is
    clockwise, in degrees."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int = 0


Corners = tuple[int, int, int, int]
"""x and y of the lower left corner, x and y of the upper right one, in whole points."""


def frame_of(page: Page, boxes: tuple[tuple[float, ...], tuple[float, ...]] | None = None) -> Frame:
    """The frame of a page, by its media box and the box that is shown (left, bottom, right, top); without
    them as if all of the media box were shown."""
    if boxes is None:
        turned = page.rotation % 180 != 0
        width, height = (page.height, page.width) if turned else (page.width, page.height)
        return Frame(0.0, 0.0, width, height, page.rotation % 360)
    media, shown = boxes
    return Frame(
        shown[0] - media[0],
        shown[1] - media[1],
        shown[2] - shown[0],
        shown[3] - shown[1],
        page.rotation % 360,
    )


def corners(boxes: Iterable[Box], frame: Frame) -> Corners | None:
    """The rectangle around boxes on the displayed page, in points of the file; None where there are none."""
    found = [_to_file(b, frame) for b in boxes]
    if not found:
        return None
    x0, y0 = min(f[0] for f in found), min(f[1] for f in found)
    x1, y1 = max(f[2] for f in found), max(f[3] for f in found)
    near = _NEARLY
    return math.floor(x0 + near), math.floor(y0 + near), math.ceil(x1 - near), math.ceil(y1 - near)


def displayed(x0: float, y0: float, x1: float, y1: float, frame: Frame) -> Box:
    """Two corners of a rectangle in points of the file as a box on the displayed page."""
    across = [x - frame.left for x in (x0, x1)]
    down = [frame.height - (y - frame.bottom) for y in (y0, y1)]
    points = [_turned(x, y, frame) for x in across for y in down]
    return Box(
        min(p[0] for p in points), min(p[1] for p in points),
        max(p[0] for p in points), max(p[1] for p in points),
    )  # fmt: skip


def _to_file(box: Box, frame: Frame) -> tuple[float, float, float, float]:
    points = [_upright(x, y, frame) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs = [frame.left + x for x, _ in points]
    ys = [frame.bottom + frame.height - y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _turned(x: float, y: float, frame: Frame) -> tuple[float, float]:
    """A point of the upright page (origin at the top left) on the page as displayed."""
    width, height = frame.width, frame.height
    return {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}.get(
        frame.rotation, (x, y)
    )


def _upright(x: float, y: float, frame: Frame) -> tuple[float, float]:
    """The other way round."""
    width, height = frame.width, frame.height
    return {0: (x, y), 90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}.get(
        frame.rotation, (x, y)
    )


def text_in(page: Page, box: Box) -> tuple[int, int] | None:
    """The stretch of a page's text from the first to the last word whose middle lies in a box, or None."""
    inside = [w for w in page.words if _holds(box, w.box)]
    return (min(w.start for w in inside), max(w.end for w in inside)) if inside else None


def _holds(box: Box, word: Box) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1
