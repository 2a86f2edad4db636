"""What codings cannot say (absent, unsure, values, roles) as a note that people and we can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ctg_nlp.errors import DecisionsError
from ctg_nlp.exchange.gathering import made_under
from ctg_nlp.exchange.joined import Joined
from ctg_nlp.exchange.xml_text import escaped_json
from ctg_nlp.records import Decision
from ctg_nlp.review.decisions import parse_line, to_lines

HEAD = "Decisions that codings cannot carry, read back by ctg_nlp. Please leave this note as it is."


_OURS = ("coded", "places")  # keys that lines have only in these notes

Key = tuple[str, str | None]
Coded = Mapping[Key, Sequence[tuple[int, int]]]
"""For each code that was given out as codings: the numbers of its quotes, each with how many stretches it
has. Nothing for one that was given to the report as a whole."""


def carry_note(decisions: Sequence[Decision], coded: Coded, text: Joined) -> str:
    """The text of a note with all last words of one person on one report, a line of JSON each.

    `coded` tells which codings were written for them, so that those taken away since are missed; `text`
    is what places of quotes are counted in.
    """
    names = {d.report_id: ("", "") for d in decisions}
    plain = [replace(d, framework_id=made_under(d), import_id="") for d in decisions]
    places = {(d.dimension, d.code): _places(d, text) for d in plain if d.evidence}
    lines = (_short(x, coded, places) for x in to_lines(plain, names))
    return "\n".join([HEAD, *(escaped_json(json.dumps(x, ensure_ascii=False)) for x in lines)])


def _places(d: Decision, text: Joined) -> list[list[list[int]]]:
    """Where each quote of a decision stands, as [start, end] of each of its stretches."""
    return [[list(text.place(s)) for s in e.spans if text.reaches(s)] for e in d.evidence]


def _short(line: dict[str, Any], coded: Coded, places: Mapping[Key, Any]) -> dict[str, Any]:
    """The line without the report, which the note hangs on, with its codings and the places of its quotes."""
    short = {k: v for k, v in line.items() if k not in ("report", "group")}
    mine = {c or "value": list(map(list, at)) for (d, c), at in coded.items() if d == line["dimension"]}
    present = line.get("codes", ["value"])
    where = {c or "value": at for (d, c), at in places.items() if d == line["dimension"]}
    return short | {
        "coded": {c: mine[c] for c in present if c in mine},
        "places": {c: where[c] for c in line["evidence"] if c in where},
    }


def carried_lines(text: str) -> list[dict[str, Any]] | None:
    """The lines of such a note; None where it is another note, or nothing of it can be read any more."""
    head, _, rest = text.strip().replace("\r\n", "\n").partition("\n")
    if head.strip() != HEAD:
        return None
    return list(_objects(rest.split("\n")))


def _objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines that are still what we wrote; somebody may have written in the note."""
    for line in lines:
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                continue
            ours = [data.get(key, {}) for key in _OURS]
            parse_line({k: v for k, v in data.items() if k not in _OURS} | {"report": "this one"})
            pairs = [pair for coded in ours[0].values() for pair in coded]
            pairs += [pair for quotes in ours[1].values() for places in quotes for pair in places]
            if not all(isinstance(n, int) and isinstance(k, int) for n, k in pairs):
                raise ValueError("a place is told by two numbers")
        except (ValueError, TypeError, AttributeError, RecursionError, DecisionsError):
            continue
        yield data
