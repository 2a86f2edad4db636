"""What a report holds as JSON, so that it can be kept and written again in any form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ctg_nlp.export.contents import Chart, Contents, Edition, Quote, Section
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
    )
