"""From lines on paper to the text of a page: paragraphs, headings, list items, table rows in reading order.

The order is the file's own, which most producers write column by column; only where it jumps upwards is
it replaced by an order from the geometry (recursive cuts along white space, Nagy and Seth 1984).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ctg_nlp.intake.lines import Line, RawPage, cells_of, make_line
from ctg_nlp.intake.tables import Chunk, rows_of, without_repeated_heads
from ctg_nlp.records import Block, BlockKind, Page, Word

_SIGN = r"[•‣▪▫■□◼◻◾●○◦∙·❖►▶➢➤✓✔✗➔→»–—\-*Ø§\ue000-\uf8ff]|o"  # o, Ø and § are bullets of word processors
_NUMBER = r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|\d{1,2}(?:\.\d{1,2}){1,3}[.)]?"
_BULLET = re.compile(rf"^(?:(?P<sign>{_SIGN})|(?P<number>{_NUMBER}))\s", re.IGNORECASE)
_BARE_BULLET = re.compile(rf"^(?:{_SIGN}|{_NUMBER})$", re.IGNORECASE)
_DASHES = frozenset("–—-")
_FAR = 60.0  # points from a label of a clause to its text, at most
_WHITE = 0.75  # of a line's height: more of it separates paragraphs, unless the report is typed wider
_WIDE = 0.6
_SURE = 5  # pairs of lines that tell how a report is spaced
_ENDS = re.compile(r"[.!?:;][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Style:
    """What is usual in the whole report: the size of its letters, its words for mending broken ones, and the
    white between two lines of a paragraph, as a share of a line's height (0: cannot be told)."""

    size: float
    vocabulary: frozenset[str]
    hyphenates: bool
    leading: float = 0.0

    @property
    def wide(self) -> bool:
        """Whether the report is typed with wide spacing, so that white between lines says little."""
        return self.leading > _WIDE


def style_of(pages: Sequence[RawPage]) -> Style:
    """The style of a report from all its pages."""
    lines = [line for page in pages for line in page.lines]
    broken = sum(line.joins for line in lines)
    # Where lines break in mid-word often, a program hyphenates; else the hyphens are the writer's own.
    hyphenates = broken > max(3, 0.04 * len(lines))
    vocabulary = _vocabulary(lines) if broken else frozenset()
    return Style(_usual_size(lines), vocabulary, hyphenates, _usual_leading(pages))


def _usual_leading(pages: Sequence[RawPage]) -> float:
    """The median white between lines that surely belong together: below each other, the first not ending a
    sentence, the second going on in lower case."""
    pairs = [pair for page in pages for pair in zip(page.lines, page.lines[1:], strict=False)]
    sure = [
        (b.v0 - a.v1) / a.height
        for a, b in pairs
        if b.v0 > a.v0 and abs(b.u0 - a.u0) < 2 and b.text[:1].islower() and not _ENDS.search(a.text)
    ]
    return median(sure) if len(sure) >= _SURE else 0.0


def _usual_size(lines: Sequence[Line]) -> float:
    """The median size of a word's letters."""
    sizes = sorted((line.size, len(line.words)) for line in lines)
    half = sum(n for _, n in sizes) / 2
    for size, n in sizes:
        half -= n
        if half <= 0:
            return size
    return 10.0


def _vocabulary(lines: Sequence[Line]) -> frozenset[str]:
    words = (w.text for line in lines for w in line.words if not w.joins)
    return frozenset(word.strip(".,;:!?()'\"“”‘’").casefold() for word in words)


def lay_out_all(pages: Sequence[RawPage], furniture: Sequence[frozenset[int]]) -> tuple[Page, ...]:
    """All pages of a report, in order; the head of a table that is repeated on the next page is furniture."""
    style = style_of(pages)
    made: list[Page] = []
    heads: set[str] = set()
    for page, lines in zip(pages, furniture, strict=True):
        goes_on = bool(made and made[-1].blocks and made[-1].blocks[-1].kind is BlockKind.TABLE_ROW)
        made.append(lay_out(page, lines, style, frozenset(heads) if goes_on else frozenset()))
        heads.update(made[-1].text[b.start : b.end] for b in made[-1].blocks if b.kind is BlockKind.TABLE_ROW)
    return tuple(made)


def lay_out(
    page: RawPage, furniture: frozenset[int], style: Style, heads: frozenset[str] = frozenset()
) -> Page:
    """The page with its text in reading order, as `records` says what `page.text` is.

    `heads` are table rows that, as the first of this page, only repeat what stood on an earlier one.
    """
    body = with_labels([cells_of(line) for n, line in enumerate(page.lines) if n not in furniture])
    rows, repeated = without_repeated_heads(rows_of(_in_order(_chunks(body, style))), heads)
    text: list[str] = []
    words: list[Word] = []
    blocks: list[Block] = []
    at = 0
    for row in rows:
        start = at
        for i, chunk in enumerate(row):
            at = _write(chunk, "\t" if i else ("\n" if text else ""), text, words, at, style)
            if i == 0 and start:
                start += 1
        blocks.append(Block(start, at, _kind(row, style)))
    return Page(
        number=page.number,
        width=page.width,
        height=page.height,
        text="".join(text),
        words=tuple(words),
        blocks=tuple(blocks),
        furniture=tuple(page.lines[n].text for n in sorted(furniture)) + repeated,
        source=page.source if text else "none",
        rotation=page.rotation,
    )


def with_labels(lines: Sequence[Sequence[Line]]) -> list[Line]:
    """The lines (each given as its cells), with bullets and numbers that stand apart put before their text.

    Some producers write all numbers of a page's clauses after, or before, all their texts.
    """
    labels = [cells[0] for cells in lines if _BARE_BULLET.match(cells[0].text)]
    taken: set[int] = set()
    before: dict[int, Line] = {}
    for label in labels:
        beside = [cells[1] if cells[0] is label and len(cells) > 1 else cells[0] for cells in lines]
        near = [line for line in beside if _is_labelled(label, line) and id(line) not in before]
        if near:
            nearest = min(near, key=lambda line: line.u0)
            before[id(nearest)] = label
            taken.add(id(label))
    flat = [line for cells in lines for line in cells if id(line) not in taken]
    return [_joined(before[id(line)], line) if id(line) in before else line for line in flat]


def _is_labelled(label: Line, line: Line) -> bool:
    if not 0 <= line.u0 - label.u1 < _FAR:  # most are not: the rest is asked of few
        return False
    overlap = min(label.v1, line.v1) - max(label.v0, line.v0)
    first = line.words[0].text[0]
    return overlap > 0.4 * min(label.height, line.height) and (first.isalpha() or first in "\"'“‘([")


def _joined(label: Line, line: Line) -> Line:
    return make_line([*label.words, *line.words], line.bold)


def _chunks(lines: Iterable[Line], style: Style) -> list[Chunk]:
    chunks: list[Chunk] = []
    for line in lines:
        if chunks and _goes_on(chunks[-1], line, style):
            chunks[-1].lines.append(line)
        else:
            chunks.append(Chunk([line], bullet=_BULLET.match(line.text + " ") is not None))
    return chunks


def _goes_on(chunk: Chunk, line: Line, style: Style) -> bool:
    """Whether the line continues the chunk."""
    last = chunk.lines[-1]
    gap = line.v0 - last.v1
    white = max(_WHITE, 1.25 * style.leading) * max(last.height, line.height)
    if line.v0 < last.v0 + 0.3 * last.height or gap > white:
        return False
    if line.u0 > last.u1 or line.u1 < last.u0 or abs(line.size - last.size) > 0.12 * last.size:
        return False
    if last.joins:
        return True
    if _begins_item(chunk, last, line):
        return False
    if line.bold != last.bold and (last.bold or len(chunk.lines) > 1 or _ENDS.search(last.text)):
        return last.bold and not line.bold and _runs_full(chunk, last, line)
    return not (_new_paragraph(chunk, last, line, gap) or (style.wide and _stands_apart(chunk, last, line)))


def _begins_item(chunk: Chunk, last: Line, line: Line) -> bool:
    """Whether the line is a new list item, and not one that only happens to begin with a dash or number."""
    bullet = _BULLET.match(line.text)
    if bullet is None or (chunk.bullet and line.u0 > chunk.u0 + 2 and bullet["sign"] is None):
        return False
    if bullet["sign"] and bullet["sign"] not in _DASHES:
        return True
    full = last.u1 > max(chunk.u1, line.u1) - 3 * line.height
    runs_on = full and not _ENDS.search(last.text) and not last.text.endswith(",")
    return not (runs_on and abs(line.u0 - last.u0) < 2 and (len(chunk.lines) > 1 or not chunk.bullet))


def _runs_full(chunk: Chunk, last: Line, line: Line) -> bool:
    """A bold run-in heading: its line goes on to the margin, so the next line continues it."""
    return last.u1 >= line.u1 - 3 * line.height and not _ENDS.search(last.text)


def _new_paragraph(chunk: Chunk, last: Line, line: Line, gap: float) -> bool:
    if len(chunk.lines) > 1:
        usual = median(b.v0 - a.v1 for a, b in zip(chunk.lines, chunk.lines[1:], strict=False))
        if gap > usual + 0.3 * line.height:
            return True
    indented = line.u0 - last.u0 > 0.8 * line.height and not chunk.bullet
    ended = _ENDS.search(last.text) is not None
    short = last.u1 < max(chunk.u1, line.u1) - 0.2 * max(line.u1 - line.u0, chunk.u1 - chunk.u0)
    return ended and (indented or (short and gap > 0.35 * line.height))


def _stands_apart(chunk: Chunk, last: Line, line: Line) -> bool:
    """In a widely spaced report: a short line before one that begins anew, as a greeting or a heading."""
    width = max(line.u1 - line.u0, chunk.u1 - chunk.u0)
    return last.u1 < max(chunk.u1, line.u1) - 0.2 * width and not line.text[:1].islower()


def _in_order(chunks: list[Chunk]) -> list[Chunk]:
    """The file's own order, unless it jumps upwards within a column more than now and then."""
    jumps = sum(
        b.v1 <= a.v0 and min(a.u1, b.u1) - max(a.u0, b.u0) > 0.5 * min(a.u1 - a.u0, b.u1 - b.u0)
        for a, b in zip(chunks, chunks[1:], strict=False)
    )
    return chunks if jumps <= max(1, 0.08 * len(chunks)) else _cut(chunks)


def _cut(chunks: list[Chunk]) -> list[Chunk]:
    """Cuts within cuts: across the page where a band of white runs through, else down a gutter."""
    done: list[Chunk] = []
    waiting = [chunks]
    while waiting:  # a file can be made so that cuts go deeper than functions can call themselves
        part = waiting.pop()
        pieces = _split(part, "v0", "v1")
        if len(pieces) < 2:
            pieces = _split(part, "u0", "u1")
        if len(pieces) > 1:
            waiting += reversed(pieces)
        else:
            done += sorted(part, key=lambda c: (round(c.v0 / 3), c.u0))
    return done


def _split(chunks: list[Chunk], low: str, high: str) -> list[list[Chunk]]:
    parts: list[list[Chunk]] = []
    reach = float("-inf")
    for chunk in sorted(chunks, key=lambda c: float(getattr(c, low))):
        if getattr(chunk, low) >= reach - 0.5:
            parts.append([])
        parts[-1].append(chunk)
        reach = max(reach, getattr(chunk, high))
    return parts


def _kind(row: list[Chunk], style: Style) -> BlockKind:
    if len(row) > 1:
        return BlockKind.TABLE_ROW
    chunk = row[0]
    text = " ".join(line.text for line in chunk.lines)
    if chunk.bullet and not _looks_like_heading(chunk, text, style):
        return BlockKind.LIST_ITEM
    return BlockKind.HEADING if _looks_like_heading(chunk, text, style) else BlockKind.PARAGRAPH


def _looks_like_heading(chunk: Chunk, text: str, style: Style) -> bool:
    if len(chunk.lines) > 3 or len(text) > 160 or not any(c.isalpha() for c in text):
        return False
    if chunk.lines[0].size > 1.15 * style.size:
        return True
    if text.endswith((".", ",", ";")) or len(text) > 90:
        return False
    return all(line.bold for line in chunk.lines) or (text.isupper() and len(text) > 3)


def _write(chunk: Chunk, before: str, text: list[str], words: list[Word], at: int, style: Style) -> int:
    """Append a chunk to the page's text. Returns where the text ends now."""
    glyphs = [w for line in chunk.lines for w in line.words]
    text.append(before)
    at += len(before)
    last = len(glyphs) - 1
    for n, glyph in enumerate(glyphs):
        written = glyph.text
        broken = glyph.joins and n < last
        if broken:
            written = _mended(written, glyphs[n + 1].text, style)
        if written:
            text.append(written)
            words.append(Word(at, at + len(written), glyph.box))
            at += len(written)
        if n < last and not broken:
            text.append(" ")
            at += 1
    return at


def _mended(first: str, second: str, style: Style) -> str:
    """The first part of a word broken at the end of a line, with its hyphen or without."""
    head = first.rstrip("-")
    tail = re.match(r"[\w'’]*", second)
    whole = head.split("-")[-1] + (tail.group() if tail else "")
    if whole.strip("(“‘'\"").casefold() in style.vocabulary:
        return head
    with_hyphen = f"{head}-{tail.group() if tail else ''}".strip("(“‘'\"").casefold()
    if with_hyphen in style.vocabulary or not style.hyphenates:
        return head + "-"
    return head if second[:1].islower() else head + "-"
