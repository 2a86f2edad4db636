"""An extraction as JSON and back: how the child process that reads a file hands it over."""

from __future__ import annotations

from typing import Any

from ctg_nlp.records import Block, BlockKind, Box, Extraction, Page, Word


def from_plain(answer: dict[str, Any]) -> Extraction:
    """The extraction of `to_plain`."""
    return Extraction(
        tuple(_page(p) for p in answer["pages"]), answer["extractor"], tuple(answer["warnings"])
    )


def _page(p: dict[str, Any]) -> Page:
    return Page(
        number=p["number"],
        width=p["width"],
        height=p["height"],
        text=p["text"],
        words=tuple(Word(w[0], w[1], Box(*w[2:])) for w in p["words"]),
        blocks=tuple(Block(b[0], b[1], BlockKind(b[2])) for b in p["blocks"]),
        furniture=tuple(p["furniture"]),
        source=p["source"],
        rotation=p["rotation"],
    )


def to_plain(extraction: Extraction) -> dict[str, Any]:
    """An extraction as JSON values."""
    return {
        "extractor": extraction.extractor,
        "warnings": extraction.warnings,
        "pages": [
            {
                "number": p.number,
                "width": p.width,
                "height": p.height,
                "text": p.text,
                "words": [_flat(w) for w in p.words],
                "blocks": [(b.start, b.end, b.kind) for b in p.blocks],
                "furniture": p.furniture,
                "source": p.source,
                "rotation": p.rotation,
            }
            for p in extraction.pages
        ],
    }


def _flat(w: Word) -> tuple[float, ...]:
    b = w.box
    return (w.start, w.end, round(b.x0, 2), round(b.y0, 2), round(b.x1, 2), round(b.y1, 2))
