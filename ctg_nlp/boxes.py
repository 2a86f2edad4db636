"""Where a stretch of text stands on the page."""

from __future__ import annotations

from bisect import bisect_left

from ctg_nlp.records import Box, Page


def boxes_of(page: Page, start: int, end: int) -> tuple[Box, ...]:
    """One box for each line on paper that `page.text[start:end]` touches, in reading order."""
    first = bisect_left(page.words, start, key=lambda w: w.end)
    lines: list[Box] = []
    for place in range(first, len(page.words)):
        word = page.words[place]
        if word.start >= end:
            break
        if word.end <= start:
            continue
        box = word.box
        if lines and _same_line(lines[-1], box):
            last = lines[-1]
            lines[-1] = Box(
                min(last.x0, box.x0), min(last.y0, box.y0), max(last.x1, box.x1), max(last.y1, box.y1)
            )
        else:
            lines.append(box)
    return tuple(lines)


def _same_line(a: Box, b: Box) -> bool:
    overlap = min(a.y1, b.y1) - max(a.y0, b.y0)
    return overlap > 0.5 * min(a.y1 - a.y0, b.y1 - b.y0) and b.x1 > a.x0
