"""The development corpus as benches use it: its reports' passages, coders' decisions, and its own ruler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ctg_nlp.decided import places
from ctg_nlp.framework import Framework
from ctg_nlp.intake.extract import extract
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.passages import passages
from ctg_nlp.records import BlockKind, DecidedReport, Passage
from ctg_nlp.review.anchoring import anchor, fold_pages

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
CORPUS = SHARED / "corpus" / "dev"
RESULTS = Path(__file__).parent / "results"

Texts = Mapping[str, tuple[Passage, ...]]
"""The passages of reports, by file name."""


def read_all(cache: Path) -> dict[str, tuple[Passage, ...]]:
    """The passages of every report by file name, kept in a cache file for the next time."""
    if cache.is_file():
        kept = json.loads(cache.read_text(encoding="utf-8"))
        return {
            f: tuple(Passage(a, b, c, BlockKind(k), t, h) for a, b, c, k, t, h in ps)
            for f, ps in kept.items()
        }
    found = {
        e["file"]: passages(extract(CORPUS / "pdf" / e["file"], ocr=OcrSettings()).pages)
        for _, e in sorted(_manifest().items())
    }
    plain = {f: [(p.page, p.start, p.end, p.kind, p.text, p.heading) for p in ps] for f, ps in found.items()}
    cache.write_text(json.dumps(plain), encoding="utf-8")
    return found


def read_texts(cache: Path | None) -> dict[str, tuple[Passage, ...]]:
    """`read_all` with a cache that is thrown away where none is given."""
    with tempfile.TemporaryDirectory() as temporary:
        return read_all(cache or Path(temporary) / "passages.json")


def halves() -> dict[str, set[str]]:
    """File names of all reports and of both halves: cues were written with the texts of A at hand."""
    manifest = _manifest()
    names = [manifest[g]["file"] for g in sorted(manifest)]
    return {"all": set(names), "A": set(names[::2]), "B": set(names[1::2])}


def decided_reports(framework: Framework, texts: Texts) -> tuple[DecidedReport, ...]:
    """The reports with what coders decided on them for the map, in the order of their groups."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in _lines("decisions_map.jsonl"):
        lines.setdefault(line["report"], []).append(line)
    found = [_decided(framework, texts[name], said) for name, said in lines.items()]
    return tuple(sorted(found, key=lambda r: r.group_id))


def _decided(
    framework: Framework, found: tuple[Passage, ...], said: Sequence[dict[str, Any]]
) -> DecidedReport:
    pages = fold_pages(_pages(found))
    present, absent, marked, quotes, values = set(), set(), {}, {}, {}
    for line in said:
        dimension = framework.dimension(line["dimension"])
        assert dimension is not None
        if "codes" not in line:
            values[dimension.id] = line["value"]
            continue
        for code in dimension.codes:
            (present if code.id in line["codes"] else absent).add((dimension.id, code.id))
        for code_id, given in line["evidence"].items():
            quotes[dimension.id, code_id] = tuple(given)
            spans = [span for quote in given for span in anchor(quote, pages)]
            marked[dimension.id, code_id] = places(spans, found)
    return DecidedReport(
        report_id=said[0]["report"],
        name=said[0]["report"],
        group_id=said[0]["group"],
        passages=found,
        present=frozenset(present),
        absent=frozenset(absent),
        marked=marked,
        quotes=quotes,
        values=values,
        decisions=len(said),
    )


def _pages(found: Iterable[Passage]) -> dict[int, str]:
    """The text of pages from their passages, every passage at its place."""
    pages: dict[int, str] = {}
    for p in found:
        pages[p.page] = pages.get(p.page, "").ljust(p.start)[: p.start] + p.text
    return pages


def score(
    lines: Iterable[Mapping[str, Any]], names: Collection[str], *, per_code: bool = False
) -> dict[str, Any]:
    """What score.py says of the suggestions for some reports."""
    parts = {
        "suggestions": [x for x in lines if x["report"] in names],
        "decisions": [x for x in _lines("decisions_map.jsonl") if x["report"] in names],
        "not_codes": [x for x in _lines("not_codes.jsonl") if x["report"] in names],
    }
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary) / f"{name}.jsonl" for name in parts]
        for file, rows in zip(files, parts.values(), strict=True):
            file.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
        ruler = SHARED / "corpus" / "score.py"
        command = [sys.executable, str(ruler), *map(str, files), *(["--per-code"] * per_code)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return json.loads(said)  # type: ignore[no-any-return]


def _manifest() -> dict[str, dict[str, Any]]:
    return json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines() if line]
