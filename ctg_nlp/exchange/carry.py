"""What codings cannot say (absent, unsure, values, roles) as a note that people and we can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ctg_nlp.errors import DecisionsError
from ctg_nlp.exchange.gathering import made_under
from ctg_nlp.exchange.xml_text import escaped_json
from ctg_nlp.records import Decision
from ctg_nlp.review.decisions import parse_line, to_lines

HEAD = "Decisions that codings cannot carry, read back by ctg_nlp. Please leave this note as it is."


Coded = Mapping[tuple[str, str | None], Sequence[tuple[int, int]]]
"""For each code that was given out as codings: the numbers of its quotes, each with how many stretches it
has. Nothing for one that was given to the report as a whole."""


def carry_note(decisions: Sequence[Decision], coded: Coded) -> str:
    """The text of a note with all last words of one person on one report, a line of JSON each.

    `coded` tells which codings were written for them, so that those that somebody took away are missed.
    """
    names = {d.report_id: ("", "") for d in decisions}
    plain = (replace(d, framework_id=made_under(d), import_id="") for d in decisions)
    lines = (escaped_json(json.dumps(_short(x, coded), ensure_ascii=False)) for x in to_lines(plain, names))
    return "\n".join([HEAD, *lines])


def _short(line: dict[str, Any], coded: Coded) -> dict[str, Any]:
    """The line without the report, which the note hangs on."""
    short = {k: v for k, v in line.items() if k not in ("report", "group")}
    mine = {c or "value": list(map(list, at)) for (d, c), at in coded.items() if d == line["dimension"]}
    present = line.get("codes", ["value"])
    return short | {"coded": {c: mine[c] for c in present if c in mine}}


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
            coded = data.get("coded", {})
            parse_line({k: v for k, v in data.items() if k != "coded"} | {"report": "this one"})
            for places in coded.values():
                if not all(isinstance(n, int) and isinstance(k, int) for n, k in places):
                    raise ValueError("no number of a quote")
        except (ValueError, TypeError, AttributeError, RecursionError, DecisionsError):
            continue
        yield data
