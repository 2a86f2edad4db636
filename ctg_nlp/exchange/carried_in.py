"""The notes of our own exports read back: what codings cannot carry, and which codings there were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ctg_nlp.exchange.foreign import Brought, BroughtQuote, Key, Whose
from ctg_nlp.exchange.guids import coding_guid
from ctg_nlp.records import Answer

Line = Mapping[str, Any]
"""A line of such a note, see `carry`."""


def of_line(whose: Whose, line: Line, coder: str) -> Iterator[Brought]:
    """What a line says, code by code; by `coder`, where one is given."""
    who = coder or str(line.get("coder") or "unknown coder")
    notes, evidence, places = (line.get(k) or {} for k in ("notes", "evidence", "places"))
    for code, answer in _answers(line):
        name = code or "value"
        quotes, where = evidence.get(name), places.get(name) or ()
        yield Brought(
            whose,
            (str(line.get("dimension")), code),
            who,
            f"{whose.said}: note of {who}",
            answer,
            line.get("value") if code is None else None,
            str(line.get("time") or ""),
            tuple(_quote(q, n, where) for n, q in enumerate(quotes or ())),
            str(notes.get(name) or ""),
            str(line.get("role") or "coder"),
            str(line.get("framework") or ""),
        )


def _quote(text: str, number: int, places: Sequence[Sequence[Sequence[int]]]) -> BroughtQuote:
    mine = places[number] if number < len(places) else ()
    return BroughtQuote(text, places=tuple((start, end) for start, end in mine))


def _answers(line: Line) -> Iterator[tuple[str | None, Answer]]:
    if "value" in line:
        yield None, Answer.UNSURE if line.get("unsure") else Answer.VALUE
        return
    for key, answer in (("codes", Answer.PRESENT), ("absent", Answer.ABSENT), ("unsure", Answer.UNSURE)):
        yield from ((str(code), answer) for code in line.get(key) or ())


def given_out(line: Line) -> list[str]:
    """The codes of a line that were given out as codings; "value" for a value."""
    coded = line.get("coded")
    return list(coded) if isinstance(coded, dict) else []


def written_ids(report: str, line: Line, code: str) -> Iterator[tuple[int, str]]:
    """The GUIDs of the codings that were written for a code, each with the number of its quote (-1: none)."""
    who = str(line.get("coder")), str(line.get("role", "coder"))
    key = str(line.get("dimension")), None if "value" in line else code
    written = line["coded"][code] or []
    for n, stretches in written:
        yield from (
            (int(n), coding_guid(report, who, key, int(n), k)) for k in range(min(int(stretches), 1000))
        )
    if not written:
        yield -1, coding_guid(report, who, key)


def placed(
    quotes: Sequence[BroughtQuote],
    ids: Mapping[int, Sequence[str]],
    places: Mapping[str, BroughtQuote | None],
) -> Iterator[BroughtQuote]:
    """Quotes at the places of their codings; those whose codings are gone are left out."""
    for n, quote in enumerate(quotes):
        if n not in ids:
            yield quote
            continue
        found = [p for g in ids[n] if (p := places.get(g)) is not None]
        if found:
            stand = tuple(x for p in found for x in p.places)
            yield replace(found[0], text=quote.text, places=stand or quote.places)


def roles(lines: Sequence[Line]) -> dict[tuple[str, Key], Line]:
    """The line that told of a code, by coder and code."""
    return {
        (str(line.get("coder")), (str(line.get("dimension")), code)): line
        for line in lines
        for code, _ in _answers(line)
    }
