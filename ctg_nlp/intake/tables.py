"""Tables: which pieces of text side by side are the cells of a row, and the ruled tables of scans.

Where there is a text layer its order is nearly always cell by cell, so that pieces side by side, one after
the other, are a row. On scans the cells that rules enclose put the words in order.

Tesseract reads a table block by block, a column at a time or a line across all cells as it happens to fall.
It also reports the rules that it finds, and these say which words share a cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ctg_nlp.intake.lines import Glyphs, Line, make_line

_THIN = 8.0  # times as long as it is thick: a rule
_TABLE_CELL_LINES = 12  # more lines side by side are columns of text, not cells of a row
_NEAR = 4.0  # points by which rules that meet may miss each other
_FILLED = 0.6  # share of their length along which two rules run side by side in one table


@dataclass(slots=True)
class Chunk:
    """Lines that read on from each other: a paragraph, a heading, a list item or a cell."""

    lines: list[Line]
    bullet: bool = False

    @property
    def u0(self) -> float:
        """Where it begins along the lines."""
        return min(x.u0 for x in self.lines)

    @property
    def u1(self) -> float:
        """Where it ends along the lines."""
        return max(x.u1 for x in self.lines)

    @property
    def v0(self) -> float:
        """Its top."""
        return min(x.v0 for x in self.lines)

    @property
    def v1(self) -> float:
        """Its bottom."""
        return max(x.v1 for x in self.lines)


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line on paper, along the text (`across`) or down the page, after the page was levelled."""

    u0: float
    u1: float
    v0: float
    v1: float

    @property
    def across(self) -> bool:
        """Whether it runs along the lines of text."""
        return self.u1 - self.u0 > self.v1 - self.v0

    def levelled(self, slope: float) -> Rule:
        """The rule as it would be if the sheet lay straight, without the room that its slope takes up."""
        u, v = (self.u0 + self.u1) / 2, (self.v0 + self.v1) / 2
        at_u, at_v = u + slope * v, v - slope * u
        if self.across:
            half = (self.u1 - self.u0) / 2
            return Rule(at_u - half, at_u + half, at_v, at_v)
        half = (self.v1 - self.v0) / 2
        return Rule(at_u, at_u, at_v - half, at_v + half)


@dataclass(frozen=True, slots=True)
class _Band:
    """A row of a table: what lies between two rules; `walls` stand between its cells."""

    top: float
    bottom: float
    left: float
    right: float
    walls: tuple[float, ...]

    def holds(self, u: float, v: float) -> bool:
        return self.left - _NEAR < u < self.right + _NEAR and self.top < v < self.bottom

    def cell(self, u: float) -> int:
        return bisect_right(self.walls, u)


def is_rule(width: float, height: float) -> bool:
    """Whether a box of this shape is a rule rather than a speck or a picture."""
    return max(width, height) > 20 and max(width, height) > _THIN * max(min(width, height), 0.1)


def on_wall(word: Glyphs, rules: Sequence[Rule]) -> bool:
    """Whether the word stands on a rule that runs down the page."""
    return any(
        not r.across
        and r.v0 - _NEAR < word.v0
        and word.v1 < r.v1 + _NEAR
        and word.u0 - _NEAR < r.u0 < word.u1 + _NEAR
        for r in rules
    )


def in_cells(lines: Sequence[Line], rules: Sequence[Rule]) -> list[Line]:
    """The lines with those of ruled tables cut at the walls of cells and put cell by cell, row by row."""
    bands = _bands(rules)
    if not bands:
        return list(lines)
    cells: dict[int, dict[int, list[Line]]] = {}
    order: list[Line | int] = []  # a number: here that row of a table was met first
    for line in lines:
        for place, words in _parts(line, bands):
            if place is None:
                order.append(make_line(words, line.bold))
                continue
            band, cell = place
            if band not in cells:
                cells[band] = {}
                order.append(band)
            cells[band].setdefault(cell, []).append(make_line(words, line.bold))
    return [line for item in order for line in ([item] if isinstance(item, Line) else _row(cells[item]))]


def _row(cells: dict[int, list[Line]]) -> list[Line]:
    return [line for cell in sorted(cells) for line in sorted(cells[cell], key=lambda x: (x.v0 // 6, x.u0))]


def _parts(line: Line, bands: Sequence[_Band]) -> list[tuple[tuple[int, int] | None, list[Glyphs]]]:
    """The line's words by the cell that they stand in; None: in no table."""
    parts: list[tuple[tuple[int, int] | None, list[Glyphs]]] = []
    for word in line.words:
        u, v = (word.u0 + word.u1) / 2, (word.v0 + word.v1) / 2
        band = next((n for n, b in enumerate(bands) if b.holds(u, v)), None)
        place = None if band is None else (band, bands[band].cell(u))
        if parts and parts[-1][0] == place:
            parts[-1][1].append(word)
        else:
            parts.append((place, [word]))
    return parts


def _bands(rules: Sequence[Rule]) -> list[_Band]:
    walls = [r for r in rules if not r.across]
    across = _distinct([r for r in rules if r.across])
    across = sorted(across + _open_ends(across, walls), key=lambda r: r.v0)
    bands = []
    for n, top in enumerate(across):
        bottom = next((r for r in across[n + 1 :] if _side_by_side(top, r)), None)
        if bottom is None:
            continue
        left, right = max(top.u0, bottom.u0), min(top.u1, bottom.u1)
        middle = (top.v0 + bottom.v0) / 2
        between = sorted(
            (w.u0 + w.u1) / 2
            for w in walls
            if w.v0 - _NEAR < middle < w.v1 + _NEAR and left + 10 < (w.u0 + w.u1) / 2 < right - 10
        )
        if between:
            bands.append(_Band(top.v0, bottom.v0, left, right, tuple(between)))
    return bands


def _distinct(across: Sequence[Rule]) -> list[Rule]:
    """One rule for each that was found twice."""
    kept: list[Rule] = []
    for rule in sorted(across, key=lambda r: r.v0):
        if not any(abs(rule.v0 - k.v0) < _NEAR and _side_by_side(rule, k) for k in kept):
            kept.append(rule)
    return kept


def _open_ends(across: Sequence[Rule], walls: Sequence[Rule]) -> list[Rule]:
    """Where walls go on above the first or below the last rule, a table comes from or goes on to another
    page: its edge is where they end."""
    ends = []
    for rule in across:
        mine = [w for w in walls if rule.u0 - _NEAR < (w.u0 + w.u1) / 2 < rule.u1 + _NEAR]
        mine = [w for w in mine if w.v0 - _NEAR < rule.v0 < w.v1 + _NEAR]
        for edge in (min((w.v0 for w in mine), default=rule.v0), max((w.v1 for w in mine), default=rule.v0)):
            if not any(abs(r.v0 - edge) < 3 * _NEAR and _side_by_side(r, rule) for r in across):
                ends.append(Rule(rule.u0, rule.u1, edge, edge))
    return _distinct(ends)


def _side_by_side(a: Rule, b: Rule) -> bool:
    shorter = min(a.u1 - a.u0, b.u1 - b.u0)
    return min(a.u1, b.u1) - max(a.u0, b.u0) > _FILLED * shorter


def rows_of(chunks: list[Chunk]) -> list[list[Chunk]]:
    """Chunks that stand side by side, one after the other in the file, are the cells of a table row."""
    rows: list[list[Chunk]] = []
    for chunk in chunks:
        if rows and _same_row(rows[-1], chunk):
            rows[-1].append(chunk)
        else:
            rows.append([chunk])
    return rows


def _same_row(row: list[Chunk], chunk: Chunk) -> bool:
    last = row[-1]
    if chunk.u0 < last.u1 - 1 or min(len(last.lines), len(chunk.lines)) > _TABLE_CELL_LINES:
        return False
    top = abs(chunk.v0 - row[0].v0) < 0.7 * chunk.lines[0].height
    overlap = min(last.v1, chunk.v1) - max(last.v0, chunk.v0)
    return top or overlap > 0.6 * min(last.v1 - last.v0, chunk.v1 - chunk.v0)


def without_repeated_heads(
    rows: list[list[Chunk]], heads: frozenset[str]
) -> tuple[list[list[Chunk]], tuple[str, ...]]:
    """The rows without those that repeat the head of a table at the top of a page or column; and these."""
    kept: list[list[Chunk]] = []
    repeated: list[str] = []
    tops: set[str] = set()
    for n, row in enumerate(rows):
        text = row_text(row)
        new_column = n > 0 and len(rows[n - 1]) > 1 and row[0].v1 < rows[n - 1][0].v0
        if len(row) > 1 and ((n == 0 and text in heads) or (new_column and text in tops)):
            repeated.append(text)
            continue
        if len(row) > 1 and (n == 0 or len(rows[n - 1]) == 1):
            tops.add(text)
        kept.append(row)
    return kept, tuple(repeated)


def row_text(row: list[Chunk]) -> str:
    """The cells of a row with a tab between."""
    return "\t".join(" ".join(line.text for line in chunk.lines) for chunk in row)
