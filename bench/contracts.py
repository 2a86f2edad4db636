"""Whether the same code learns a quite different framework: clauses of commercial contracts.

    python bench/contracts.py [--contracts N] [--folds K] [--json FILE]

306 contracts of CUAD (Hendrycks et al. 2021, arXiv:2103.06268), 41 kinds of clause, none with a cue, an
example or a fact. Cross-validation by contract; beside it, on the same folds, plain TF-IDF with a linear
support vector machine for each code, on whole contracts, paragraphs, and the passages that we learn from.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from corpus import SHARED
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC

from ctg_nlp.decided import places
from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.intake.passages import passages
from ctg_nlp.records import Block, BlockKind, DecidedReport, Page, Passage, Span
from ctg_nlp.suggest.classifier import Classifier, passage_scores
from ctg_nlp.suggest.joining import rated_report
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.training import train

CONTRACTS = SHARED / "data" / "cuad_dev.jsonl.gz"
DIMENSION = "clauses"
_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*")
_LOOKED_AT = 2  # quotes of a suggestion that evidence is judged by

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Spans = Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with its annotated clauses: spans by code. Its text is one page."""

    name: str
    text: str
    paragraphs: tuple[Block, ...]
    passages: tuple[Passage, ...]
    spans: Spans


@dataclass(frozen=True, slots=True)
class Judged:
    """What one method says of some contracts: scores and what it suggests (contracts, codes), and of each
    passage (passages, codes), by name of the way of scoring. `shown` counts right suggestions with
    evidence to look at, `hit` those whose evidence overlaps an annotated clause."""

    scores: Floats
    suggested: Bools
    passages: Mapping[str, Floats]
    shown: int
    hit: int
    seconds: Mapping[str, float]


def read_contracts(path: Path, most: int | None) -> tuple[Contract, ...]:
    """The contracts of the file, at most so many."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return tuple(
            _contract(json.loads(line)) for line, _ in zip(lines, range(most or 10**6), strict=False)
        )


def _contract(row: Mapping[str, Any]) -> Contract:
    text = row["text"]
    blocks = tuple(Block(m.start(), m.end(), BlockKind.PARAGRAPH) for m in _PARAGRAPH.finditer(text))
    spans: dict[str, list[Span]] = {}
    for s in row["spans"]:
        spans.setdefault(code_id(s["code"]), []).append(Span(1, s["start"], s["end"]))
    found = passages([Page(1, 0, 0, text, blocks=blocks)])
    return Contract(str(row["id"]), text, blocks, found, {c: tuple(s) for c, s in spans.items()})


def code_id(label: str) -> str:
    """The id of a kind of clause."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


def framework_of(contracts: Sequence[Contract]) -> Framework:
    """A framework of one dimension, made from the codes in the data alone."""
    codes = sorted({c for contract in contracts for c in contract.spans})
    dimension = Dimension(
        DIMENSION, "Clauses", "multi", counts="described", codes=tuple(Code(c, c) for c in codes)
    )
    return Framework("contracts", "1", "Contracts", (dimension,), unit="contract", framework_id="contracts-1")


def decided_report(contract: Contract, codes: Sequence[str]) -> DecidedReport:
    """The contract as coders would have decided it: a clause that nobody marked is absent."""
    return DecidedReport(
        report_id=contract.name,
        name=contract.name,
        group_id=contract.name,
        passages=contract.passages,
        present=frozenset((DIMENSION, c) for c in contract.spans),
        absent=frozenset((DIMENSION, c) for c in codes if c not in contract.spans),
        marked={(DIMENSION, c): places(s, contract.passages) for c, s in contract.spans.items()},
        quotes={},
        values={},
        decisions=len(codes),
    )


def ours(
    framework: Framework, codes: Sequence[str], taught: Sequence[Contract], judged: Sequence[Contract]
) -> Judged:
    """What the product's own training and suggesting come to."""
    start = time.perf_counter()
    trained = train(framework, [decided_report(c, codes) for c in taught], (), model_id="bench")
    taken = time.perf_counter() - start
    assert trained is not None
    proposer = Proposer(framework, trained.classifier)
    start = time.perf_counter()
    made = [{s.code: s for s in proposer.propose(c.name, c.passages)} for c in judged]
    seconds = {"training": taken, "proposing": time.perf_counter() - start}
    suggested = np.array([[m[c].suggested for c in codes] for m in made])
    overlaps = [
        any(_overlaps(e.start, e.end, contract.spans[c]) for e in m[c].evidence[:_LOOKED_AT])
        for m, contract in zip(made, judged, strict=True)
        for c in contract.spans
        if m[c].suggested
    ]
    by_words, weighed = zip(
        *(_passage_scores(proposer, framework, trained.classifier, c, codes) for c in judged), strict=True
    )
    return Judged(
        np.array([[m[c].score for c in codes] for m in made]),
        suggested,
        {"by words": np.vstack(by_words), "weighed": np.vstack(weighed)},
        len(overlaps),
        sum(overlaps),
        seconds,
    )


def _passage_scores(
    proposer: Proposer, framework: Framework, classifier: Classifier, contract: Contract, codes: Sequence[str]
) -> tuple[Floats, Floats]:
    """By words alone and after all was weighed, (passages, codes); 0 for codes that were not learned."""
    reading = proposer.cues.read(contract.passages)
    probabilities = classifier.words.probabilities(classifier.text.of(contract.passages))
    counting = classifier.counting.log_odds([p.text for p in contract.passages])
    report = rated_report(framework, classifier.codes, contract.passages, reading, probabilities, counting)
    at = [codes.index(c) for _, c in classifier.codes]
    by_words, weighed = np.zeros((2, len(contract.passages), len(codes)))
    by_words[:, at] = probabilities
    weighed[:, at] = passage_scores(report, classifier.known, classifier.passage_joiner)
    return by_words, weighed


Stretches = Callable[[Contract], Sequence[tuple[int, int]]]
"""What a plain classifier takes as its texts: (start, end) in the contract's text."""


def whole(contract: Contract) -> Sequence[tuple[int, int]]:
    """The contract as one text."""
    return [(0, len(contract.text))]


def paragraphs(contract: Contract) -> Sequence[tuple[int, int]]:
    """Its paragraphs."""
    return [(b.start, b.end) for b in contract.paragraphs]


def sentences(contract: Contract) -> Sequence[tuple[int, int]]:
    """Its passages."""
    return [(p.start, p.end) for p in contract.passages]


def plain(
    cut: Stretches, codes: Sequence[str], taught: Sequence[Contract], judged: Sequence[Contract]
) -> Judged:
    """TF-IDF and a linear support vector machine for each code; a contract scores as its best stretch."""
    start = time.perf_counter()
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    rows = words.fit_transform([c.text[a:b] for c in taught for a, b in cut(c)])
    marks = np.vstack([_marks(c, cut(c), codes) for c in taught])
    learned = [LinearSVC().fit(rows, y) if 0 < y.sum() < len(y) else None for y in marks.T]
    seconds = {"training": time.perf_counter() - start}
    found = []
    for contract in judged:
        seen = words.transform([contract.text[a:b] for a, b in cut(contract)])
        none = np.full(seen.shape[0], -9.0)
        found.append(np.column_stack([m.decision_function(seen) if m else none for m in learned]))
    scores = np.array([s.max(0) for s in found])
    overlaps = [
        any(_overlaps(*cut(c)[i], c.spans[code]) for i in np.argsort(-s[:, k])[:_LOOKED_AT])
        for c, s in zip(judged, found, strict=True)
        for k, code in enumerate(codes)
        if code in c.spans and s[:, k].max() > 0
    ]
    return Judged(scores, scores > 0, {"by words": np.vstack(found)}, len(overlaps), sum(overlaps), seconds)


def _marks(contract: Contract, cut: Sequence[tuple[int, int]], codes: Sequence[str]) -> Bools:
    """(stretches, codes): which stretch shows which code, as `places` judges it."""
    parts = [Passage(1, a, b, BlockKind.PARAGRAPH, "") for a, b in cut]
    marks = np.zeros((len(cut), len(codes)), dtype=bool)
    for k, code in enumerate(codes):
        marks[sorted(places(contract.spans.get(code, ()), parts)), k] = True
    return marks


def _overlaps(start: int, end: int, spans: Sequence[Span]) -> bool:
    return any(start < s.end and s.start < end for s in spans)


METHODS = {
    "ours": None,
    "plain, whole contracts": whole,
    "plain, paragraphs": paragraphs,
    "plain, passages": sentences,
}


def figures(
    parts: Sequence[Judged], present: Bools, marks: Bools | None, codes: Sequence[str]
) -> dict[str, Any]:
    """All figures of one method. `present` (contracts, codes) and `marks` (passages, codes) are the truth."""
    scores, said = np.vstack([p.scores for p in parts]), np.vstack([p.suggested for p in parts])
    right, wrong, missed = said & present, said & ~present, ~said & present
    per_code = [_f1(*n) for n in zip(right.sum(0), wrong.sum(0), missed.sum(0), strict=True)]
    precision = [average_precision_score(present[:, k], scores[:, k]) for k in range(len(codes))]
    found: dict[str, Any] = {
        "micro_f1": _f1(right.sum(), wrong.sum(), missed.sum()),
        "macro_f1": np.mean(per_code),
        "precision": right.sum() / max(said.sum(), 1),
        "recall": right.sum() / present.sum(),
        "mean_average_precision": np.mean(precision),
        "evidence_overlap": sum(p.hit for p in parts) / max(sum(p.shown for p in parts), 1),
        "training_s": np.mean([p.seconds["training"] for p in parts]),
    }
    if "proposing" in parts[0].seconds:
        found["proposing_ms"] = 1000 * sum(p.seconds["proposing"] for p in parts) / len(present)
    if marks is not None:
        for way in parts[0].passages:
            told = np.vstack([p.passages[way] for p in parts])
            by_code = [average_precision_score(marks[:, k], told[:, k]) for k in range(len(codes))]
            found[f"passage_average_precision_{way.replace(' ', '_')}"] = np.mean(by_code)
    return {name: round(float(value), 4) for name, value in found.items()} | {
        "codes": {
            c: [round(f, 3), round(float(p), 3)] for c, f, p in zip(codes, per_code, precision, strict=True)
        }
    }


def _f1(right: int, wrong: int, missed: int) -> float:
    return float(2 * right / max(2 * right + wrong + missed, 1))


def compared(
    contracts: Sequence[Contract], folds: int, seed: int = 0
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of each method, by cross-validation over contracts."""
    framework = framework_of(contracts)
    codes = [c.id for c in framework.dimensions[0].codes]
    drawn = np.random.default_rng(seed).permutation(len(contracts)) % folds
    parts = [[c for c, f in zip(contracts, drawn, strict=True) if f == i] for i in range(folds)]
    inorder = [c for part in parts for c in part]
    present = np.array([[c in contract.spans for c in codes] for contract in inorder])
    marks = np.vstack([_marks(c, sentences(c), codes) for c in inorder])
    for name, cut in METHODS.items():
        made = []
        for part in parts:
            others = [c for other in parts if other is not part for c in other]
            made.append(plain(cut, codes, others, part) if cut else ours(framework, codes, others, part))
        yield name, figures(made, present, marks if cut in (None, sentences) else None, codes)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--contracts", type=int, help="take only the first so many")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    given = parser.parse_args()
    contracts = read_contracts(CONTRACTS, given.contracts)
    total = sum(len(c.passages) for c in contracts)
    print(f"{len(contracts)} contracts, {total} passages, {given.folds} folds")
    result: dict[str, Any] = {"contracts": len(contracts), "passages": total, "folds": given.folds}
    for name, found in compared(contracts, given.folds):
        result[name] = found
        print(name, json.dumps({k: v for k, v in found.items() if k != "codes"}), flush=True)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + os.linesep, encoding="utf-8")


if __name__ == "__main__":
    main()
