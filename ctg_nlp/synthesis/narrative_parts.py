"""The narrative by its headings and paragraphs, and where it quotes. Loads no tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"^(?P<marks>#{1,6})\s+(?P<text>.*?)\s*(?:\{#(?P<id>[^}]+)\})?\s*#*\s*$")
QUOTED = re.compile(r"\[\[\s*quote\s+(\d{1,9})\s*\]\]", re.IGNORECASE)
"""A quotation of the bank, by its number: `[[quote 12]]`."""


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one heading: an `id` where the heading gives one ("{#id}"), its paragraphs as
    written, and the line on which each begins."""

    heading: str
    id: str
    paragraphs: tuple[tuple[int, str], ...]


def parts_of(markdown: str) -> tuple[Part, ...]:
    """The narrative by its headings; what stands before the first has none. Paragraphs are parted by empty
    lines, and items of lists are paragraphs of their own."""
    found: list[tuple[str, str, list[tuple[int, str]]]] = [("", "", [])]
    open_ = False
    for number, line in enumerate(_without_comments(markdown).splitlines(), start=1):
        heading = _HEADING.match(line)
        if heading:
            found.append((heading["text"], heading["id"] or "", []))
        paragraphs = found[-1][2]
        if heading or not line.strip():
            open_ = False
        elif open_ and not re.match(r"\s*(?:[-*+]|\d+[.)])\s", line):
            start, said = paragraphs[-1]
            paragraphs[-1] = (start, f"{said}\n{line.strip()}")
        else:
            paragraphs.append((number, line.strip()))
            open_ = True
    return tuple(Part(h, i, tuple(p)) for h, i, p in found if h or p)


def _without_comments(markdown: str) -> str:
    """Comments blanked, lines kept."""
    return re.sub(r"<!--.*?-->", lambda m: "\n" * m.group().count("\n"), markdown, flags=re.DOTALL)
