"""How good the suggestions are, by the corpus's own ruler, and how long they take.

    python bench/suggestions.py [--per-code] [--half A|B]

The reports are read from their PDFs. Half A are the reports at even, half B those at odd places of the
sorted groups: cues were written with the texts of A at hand, B was only scored.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ctg_nlp.aggregation import suggestion_line
from ctg_nlp.framework_file import load_framework
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.passages import passages
from ctg_nlp.records import BlockKind, Passage
from ctg_nlp.suggest.propose import Proposer

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
CORPUS = SHARED / "corpus" / "dev"


def read_all(cache: Path) -> dict[str, tuple[Passage, ...]]:
    """The passages of every report by file name, kept in a cache file for the next time."""
    if cache.is_file():
        kept = json.loads(cache.read_text(encoding="utf-8"))
        return {
            f: tuple(Passage(a, b, c, BlockKind(k), t, h) for a, b, c, k, t, h in ps)
            for f, ps in kept.items()
        }
    manifest = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))
    found = {
        e["file"]: passages(extract(CORPUS / "pdf" / e["file"], ocr=OcrSettings()).pages)
        for _, e in sorted(manifest.items())
    }
    plain = {f: [(p.page, p.start, p.end, p.kind, p.text, p.heading) for p in ps] for f, ps in found.items()}
    cache.write_text(json.dumps(plain), encoding="utf-8")
    return found


def halves() -> dict[str, set[str]]:
    """File names of all reports and of both halves."""
    manifest = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))
    names = [manifest[g]["file"] for g in sorted(manifest)]
    return {"all": set(names), "A": set(names[::2]), "B": set(names[1::2])}


def score(
    lines: list[dict[str, Any]], names: set[str], folder: Path, *, per_code: bool = False
) -> dict[str, Any]:
    """What score.py says of the suggestions for some reports."""
    files = []
    for name, rows in (
        ("suggestions", [x for x in lines if x["report"] in names]),
        ("decisions", _lines("decisions_map.jsonl", names)),
        ("not_codes", _lines("not_codes.jsonl", names)),
    ):
        files.append(folder / f"{name}.jsonl")
        files[-1].write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    command = [
        sys.executable,
        str(SHARED / "corpus" / "score.py"),
        *map(str, files),
        *(["--per-code"] * per_code),
    ]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # type: ignore[no-any-return]


def _lines(name: str, names: set[str]) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines() if line]
    return [r for r in rows if r["report"] in names]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--per-code", action="store_true")
    parser.add_argument("--half", choices=["all", "A", "B"], default="all")
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        texts = read_all(given.cache or folder / "passages.json")
        proposer = Proposer(load_framework("ctg"))
        lines, seconds = [], []
        for name, found in texts.items():
            start = time.perf_counter()
            made = proposer.propose(name, found)
            seconds.append(time.perf_counter() - start)
            lines += [suggestion_line(s, name) for s in made]
        words = sum(len(p.text.split()) for ps in texts.values() for p in ps)
        for half, names in halves().items():
            result = score(lines, names, folder, per_code=given.per_code and half == given.half)
            detail = result.pop("codes_detail", None)
            print(half, json.dumps(result, indent=None))
            for code, row in (detail or {}).items():
                print(
                    f"   {code:34} tp {row['tp']:3} fp {row['fp']:3} fn {row['fn']:3} "
                    f"f1 {row['f1']:.2f} ap {row['ap']}"
                )
        print(
            f"{1000 * statistics.median(seconds):.1f} ms a report (median), "
            f"{1e6 * sum(seconds) / words:.1f} ms per 1,000 words"
        )


if __name__ == "__main__":
    main()
