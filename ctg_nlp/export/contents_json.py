"""What a report holds as JSON, so that it can be kept and written again in any form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ctg_nlp.case_text import BlockKind
from ctg_nlp.export.contents import Block, Chart, Contents, Figure, Section
from ctg_nlp.export.drawing import Arrow, Band, Box, Drawing, Edge
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.export.release import table_of


def json_of_contents(contents: Contents) -> str:
    """All that a report holds, in one form only, so that its checksum can be compared."""
    return json.dumps(asdict(contents), ensure_ascii=False, sort_keys=True)


def contents_from(text: str) -> Contents:
    """The contents of such a JSON."""
    said = json.loads(text)
    facts = tuple((name, value) for name, value in said["facts"])
    sections = tuple(map(_section, said["sections"]))
    edition = Edition(said["edition"])
    return Contents(said["title"], said["subtitle"], edition, said["status"], facts, sections)


def _section(said: Mapping[str, Any]) -> Section:
    return Section(
        id=said["id"],
        heading=said["heading"],
        paragraphs=tuple(said["paragraphs"]),
        tables=tuple(map(table_of, said["tables"])),
        charts=tuple(Chart(**{**c, "table": table_of(c["table"])}) for c in said["charts"]),
        quotes=tuple(Quote(**q) for q in said["quotes"]),
        quality=tuple(said["quality"]),
        level=said.get("level", 1),  # what was kept before there were levels, figures and blocks has none
        figures=tuple(Figure(f["id"], _drawing(f["drawing"])) for f in said.get("figures", ())),
        blocks=tuple(Block(**{**b, "kind": BlockKind(b["kind"])}) for b in said.get("blocks", ())),
    )


def _drawing(said: Mapping[str, Any]) -> Drawing:
    boxes = (Box(**{**b, "lines": tuple(b["lines"]), "edge": Edge(b["edge"])}) for b in said["boxes"])
    return Drawing(
        title=said["title"],
        width=said["width"],
        height=said["height"],
        boxes=tuple(boxes),
        arrows=tuple(Arrow(**a) for a in said["arrows"]),
        bands=tuple(Band(**b) for b in said["bands"]),
        sentences=tuple(said["sentences"]),
    )
