"""Words with boxes as bytes, and the JSON forms of evidence: the only place that knows either."""

from __future__ import annotations

import array
import sys
import zlib
from collections.abc import Sequence
from typing import Any

from ctg_nlp.records import Block, BlockKind, Box, Evidence, Opinion, Passage, Status, Word

_PER_POINT = 20  # a twentieth of a point is finer than any renderer


def pack_words(words: Sequence[Word]) -> bytes:
    """Compress words: start, length and box in twentieths of a point, as little-endian 32-bit integers."""
    rows = ((w.start, w.end - w.start, *_corners(w.box)) for w in words)
    numbers = [n for row in rows for n in row]
    try:
        flat = array.array("i", numbers)
    except OverflowError:  # a page of absurd size: no box is worth its file
        flat = array.array("i", [max(-(2**31), min(2**31 - 1, n)) for n in numbers])
    if sys.byteorder == "big":
        flat.byteswap()
    return zlib.compress(flat.tobytes(), 1)


def unpack_words(data: bytes) -> tuple[Word, ...]:
    """The words of `pack_words`, boxes to a twentieth of a point."""
    flat = array.array("i")
    flat.frombytes(zlib.decompress(data))
    if sys.byteorder == "big":
        flat.byteswap()
    rows = (flat[i : i + 6] for i in range(0, len(flat), 6))
    return tuple(Word(r[0], r[0] + r[1], Box(*(v / _PER_POINT for v in r[2:]))) for r in rows)


def _corners(b: Box) -> tuple[int, int, int, int]:
    return (
        round(b.x0 * _PER_POINT),
        round(b.y0 * _PER_POINT),
        round(b.x1 * _PER_POINT),
        round(b.y1 * _PER_POINT),
    )


def evidence_to_json(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Evidence as plain JSON values."""
    return [
        {
            "page": e.page,
            "start": e.start,
            "end": e.end,
            "quote": e.quote,
            "boxes": [[round(v, 1) for v in (b.x0, b.y0, b.x1, b.y1)] for b in e.boxes],
            "status": e.status.value,
            "because": list(e.because),
        }
        for e in evidence
    ]


def evidence_from_json(items: Sequence[dict[str, Any]]) -> tuple[Evidence, ...]:
    """The evidence of `evidence_to_json`."""
    return tuple(
        Evidence(
            e["page"],
            e["start"],
            e["end"],
            e["quote"],
            tuple(Box(*b) for b in e["boxes"]),
            Status(e["status"]),
            tuple(e.get("because", ())),
        )
        for e in items
    )


def opinions_to_json(opinions: Sequence[Opinion]) -> list[list[Any]]:
    """Opinions as [rater, score, says]."""
    return [[o.rater, o.score, o.says] for o in opinions]


def opinions_from_json(items: Sequence[Sequence[Any]]) -> tuple[Opinion, ...]:
    """The opinions of `opinions_to_json`."""
    return tuple(Opinion(*item) for item in items)


def blocks_to_json(blocks: Sequence[Block]) -> list[list[Any]]:
    """Blocks as [start, end, kind]."""
    return [[b.start, b.end, b.kind.value] for b in blocks]


def blocks_from_json(items: Sequence[Sequence[Any]]) -> tuple[Block, ...]:
    """The blocks of `blocks_to_json`."""
    return tuple(Block(start, end, BlockKind(kind)) for start, end, kind in items)


def passages_to_json(passages: Sequence[Passage]) -> list[list[Any]]:
    """Passages of one page as [start, end, kind, heading]; their text is in the page."""
    return [[p.start, p.end, p.kind.value, p.heading] for p in passages]


def passages_from_json(number: int, text: str, items: Sequence[Sequence[Any]]) -> tuple[Passage, ...]:
    """The passages of one page."""
    return tuple(
        Passage(number, start, end, BlockKind(kind), text[start:end], heading)
        for start, end, kind, heading in items
    )
