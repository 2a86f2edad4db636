"""How much of the reports is read, how much that is not theirs, and how fast beside pdfplumber.

    python bench/extraction.py [--json] [--no-scans]

Recall and foreign words are by the longest common subsequence of words ([a-z0-9]+, lower case) between
the text of the pages (headers and footers left out) and what the writers wrote.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import time
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2

from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.pdfium_page import read_page

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
_MARKS = re.compile(r"[*_#>|`\\]+|<[^>]+>|^\s*\|?[\s:|-]+\|[\s:|-]*$", re.MULTILINE)


def words(text: str) -> list[str]:
    """The words that are compared."""
    return re.findall(r"[a-z0-9]+", text.lower())


def overlap(reference: list[str], read: list[str]) -> tuple[float, float]:
    """Recall of the reference in order, and the share of words read that are not in it."""
    blocks = SequenceMatcher(None, reference, read, autojunk=False).get_matching_blocks()
    same = sum(b.size for b in blocks)
    return same / max(len(reference), 1), 1 - same / max(len(read), 1)


def quality(scans: bool) -> list[dict[str, Any]]:
    """A row for each report of the development corpus."""
    corpus = SHARED / "corpus" / "dev"
    manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    rows = []
    for group, entry in sorted(manifest.items()):
        if entry["kind"] == "scan" and not scans:
            continue
        found = extract(corpus / "pdf" / entry["file"], ocr=OcrSettings())
        reference = words(_MARKS.sub(" ", (corpus / "text" / f"{group}.md").read_text(encoding="utf-8")))
        recall, foreign = overlap(reference, words("\n".join(p.text for p in found.pages)))
        rows.append({"group": group, "kind": entry["kind"], "recall": recall, "foreign": foreign})
    return rows


def pace() -> dict[str, float]:
    """Pages a second for text with boxes, beside pdfplumber's words, on the same files in the same run."""
    corpus = SHARED / "corpus" / "dev"
    manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    paths = [corpus / "pdf" / e["file"] for _, e in sorted(manifest.items()) if e["kind"] != "scan"]
    boxes, ours, theirs, pages = [], [], [], 0
    for path in paths:
        start = time.perf_counter()
        pages += words_with_boxes(path)
        boxes.append(time.perf_counter() - start)
        start = time.perf_counter()
        extract(path)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_words()
        theirs.append(time.perf_counter() - start)
    return {
        "pages": pages,
        "pdfplumber_words": pages / sum(theirs),
        "text_with_boxes": pages / sum(boxes),
        "text_with_boxes_ratio": statistics.median(b / a for a, b in zip(boxes, theirs, strict=True)),
        "whole_extraction": pages / sum(ours),
        "whole_extraction_ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
    }


def words_with_boxes(path: Path) -> int:
    """Open a report and read the words of all pages with their boxes; returns the number of pages."""
    document = pypdfium2.PdfDocument(path)
    for i in range(len(document)):
        page = document[i]
        read_page(page, i + 1)
        page.close()
    count = len(document)
    document.close()
    return count


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-scans", action="store_true")
    given = parser.parse_args()
    rows, speed = quality(not given.no_scans), pace()
    if given.json:
        print(json.dumps({"reports": rows, "pace": speed}, indent=1))
        return
    for kind in sorted({r["kind"] for r in rows}):
        mine = [r for r in rows if r["kind"] == kind]
        worst = min(mine, key=lambda r: r["recall"])
        print(
            f"{kind}: {len(mine)} reports, recall mean {statistics.mean(r['recall'] for r in mine):.4f}, "
            f"worst {worst['recall']:.4f} ({worst['group']}), "
            f"most foreign {max(r['foreign'] for r in mine):.4f}"
        )
    layer = [r for r in rows if r["kind"] != "scan"]
    short = [r["group"] for r in layer if r["recall"] < 0.995 or r["foreign"] > 0.005]
    print(f"text layer below 99.5 % recall or above 0.5 % foreign: {', '.join(short) or 'none'}")
    for r in rows:
        if r["kind"] == "scan" or r["group"] in short:
            print(f"  {r['group']} {r['kind']} recall {r['recall']:.4f} foreign {r['foreign']:.4f}")
    print(f"pdfplumber's words: {speed['pdfplumber_words']:.1f} pages/s on {speed['pages']} pages")
    for name in ("text_with_boxes", "whole_extraction"):
        ratio = speed[f"{name}_ratio"]
        print(f"{name.replace('_', ' ')}: {speed[name]:.0f} pages/s, {ratio:.1f} times in the median file")


if __name__ == "__main__":
    main()
