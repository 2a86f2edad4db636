"""The bars on the development corpus, where it is at hand: recall of text, quality of suggestions, tables."""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from ctg_nlp.aggregation import compare_with_published, suggestion_lines, tables
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions
from ctg_nlp.intake.ocr import find_tesseract
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store, open_store

from .conftest import ROOT


def bench(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", ROOT / "bench" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Store]:
    """All development reports, read; needs Tesseract for the scans among them."""
    if find_tesseract() is None:
        pytest.skip("needs Tesseract (apt install tesseract-ocr)")
    home = make_home(tmp_path_factory.mktemp("corpus"))
    home.register.write_bytes((shared / "corpus/dev/register.csv").read_bytes())
    summary = run_plain(home, shared / "corpus/dev/pdf", run_id="corpus", clock=utc_now)
    assert summary.verdicts == {"accepted": 65}
    return home, open_store(home.database)


def test_nearly_every_word_is_read_and_hardly_any_other(corpus, shared: Path) -> None:
    extraction = bench("extraction")
    manifest = json.loads((shared / "corpus/dev/manifest.json").read_text(encoding="utf-8"))
    _, store = corpus
    scans = []
    with store.reading() as db:
        by_name = {r.name: r.report_id for r in report_store.reports(db)}
        for group, entry in manifest.items():
            text = (shared / "corpus/dev/text" / f"{group}.md").read_text(encoding="utf-8")
            read = "\n".join(report_store.page_texts(db, by_name[entry["file"]]).values())
            reference = extraction.words(extraction._MARKS.sub(" ", text))
            recall, foreign = extraction.overlap(reference, extraction.words(read))
            if entry["kind"] == "scan":
                scans.append(recall)
            else:
                assert recall >= 0.995 and foreign <= 0.006, (group, recall, foreign)
    assert statistics.mean(scans) >= 0.96


def test_suggestions_reach_the_bar_without_any_training(corpus) -> None:
    home, store = corpus
    ruler = bench("corpus")
    lines = list(suggestion_lines(store, home.framework))
    found = ruler.score(lines, ruler.halves()["all"])
    assert found["micro_f1"] >= 0.72
    assert found["evidence_hit"] >= 0.70
    assert found["distractors_suggested"] <= 0.30
    assert found["group_size_accuracy"] >= 0.85 and found["location_accuracy"] >= 0.92


def test_the_tables_equal_the_counts_of_all_decisions(corpus, shared: Path) -> None:
    home, store = corpus
    file = shared / "corpus/dev/decisions.jsonl"
    done = import_decisions(store, home.framework, file, now=utc_now(), who="tester")
    assert done.refused == () and done.reports == 65
    assert len(done.unanchored) / done.quotes < 0.02
    lines = [json.loads(x) for x in file.read_text(encoding="utf-8").splitlines()]
    counts = Counter((x["dimension"], c) for x in lines for c in x.get("codes", []))
    for stage in ("map", "indepth"):
        for table in tables(store, home.framework, stage):
            for row in table.rows:
                if row.kind == "code":
                    assert row.n == counts[table.dimension, row.id], (table.dimension, row.id)
    comparison = compare_with_published(store, home)
    assert comparison is not None and comparison.reports == 129
    assert all(c.rebuilt is not None for c in comparison.cells)


def test_a_second_coder_is_in_conflict_only_where_the_two_differ(corpus, shared: Path) -> None:
    home, store = corpus
    import_decisions(store, home.framework, shared / "corpus/dev/decisions.jsonl", now=utc_now(), who="t")
    file = shared / "corpus/dev/decisions_second.jsonl"
    import_decisions(store, home.framework, file, now=utc_now(), who="t")

    def said(name: str) -> dict[tuple[str, str], set[str]]:
        lines = [
            json.loads(x) for x in (shared / "corpus/dev" / name).read_text(encoding="utf-8").splitlines()
        ]
        return {(x["report"], x["dimension"]): set(x["codes"]) for x in lines if "codes" in x}

    lead, second = said("decisions.jsonl"), said("decisions_second.jsonl")
    differ = sum(len(codes ^ second[key]) for key, codes in lead.items() if key in second)
    found = sum(r.conflicts or 0 for t in tables(store, home.framework) for r in t.rows if r.kind == "code")
    assert found == differ


def test_the_authority_is_found_in_real_inspection_reports(shared: Path) -> None:
    result = bench("facts").inspection_reports()
    assert result["right"] / result["of"] >= 0.85
