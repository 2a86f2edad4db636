"""How often the local authority is right on inspection reports, a kind of text the finder was not made on.

python bench/facts.py
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.passages import passages
from ctg_nlp.suggest.facts import FINDERS

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")


def inspection_reports() -> dict[str, int]:
    """How many of the inspection reports' authorities are found from their first two pages."""
    folder = SHARED / "data" / "inspection_reports"
    right, wrong = 0, []
    for row in csv.DictReader((folder / "local_authority.csv").open(encoding="utf-8")):
        found = FINDERS["local_authority"](passages(extract(folder / row["file"]).pages[:2]))
        if same(str(found.value or ""), row["local_authority"]):
            right += 1
        else:
            wrong.append((row["local_authority"], found.value))
    for expected, value in wrong:
        print(f"  {expected}: found {value}")
    return {"right": right, "of": right + len(wrong)}


def same(a: str, b: str) -> bool:
    """Whether the words of one name stand in the other."""
    x, y = (set(re.findall(r"[a-z]+", t.lower())) for t in (a, b))
    return bool(x) and (x <= y or y <= x)


if __name__ == "__main__":
    print("authority of inspection reports:", inspection_reports())
    print("for the development corpus see bench/suggestions.py (group_size, location, phase)")
