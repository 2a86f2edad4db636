"""Populations of wholly coded reports for the simulation of provisional figures: truth, scores and orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
import numpy as np
from numpy.typing import NDArray

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.records import CodeState, DecidedReport
from ctg_nlp.synthesis.orders import orders_of, uncertainty
from ctg_nlp.synthesis.provisional_tables import estimated

Scored = dict[tuple[str, str, str], tuple[float, float, bool]]
"""(score, threshold, suggested) by (report, dimension, code)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A row in each report: whether it is present, the orders of its queues, and whether it is suggested."""

    name: str
    truth: NDArray[np.bool_]
    orders: tuple[tuple[str, NDArray[np.float64]], ...]
    suggested: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Population:
    """Reports and the cells of all tables that have provisional figures."""

    reports: int
    cells: tuple[Cell, ...]


def resampled(population: Population, reports: int, seed: int) -> Population:
    """So many reports, each like one of the population, drawn with replacement."""
    drawn = np.random.default_rng(seed).integers(0, population.reports, reports)
    cells = tuple(
        Cell(c.name, c.truth[drawn], tuple((n, k[drawn]) for n, k in c.orders), c.suggested[drawn])
        for c in population.cells
    )
    return Population(reports, cells)


def of_corpus(folder: Path, framework: str, cache: Path | None, *, cues: bool) -> Population:
    """The reports of a corpus folder (pdf/, manifest.json, decisions_map.jsonl), scored by classifiers that
    did not see them, or by cues."""
    corpus.CORPUS = folder
    frame = load_framework(framework)
    texts = corpus.read_texts(cache)
    reports = corpus.decided_reports(frame, texts)
    kept = cache.with_suffix(".cues.json" if cues else ".scores.json") if cache else None
    if kept and kept.is_file():
        lines = json.loads(kept.read_text(encoding="utf-8"))
    else:
        lines = _score(frame, framework, reports, cues=cues)
        if kept:
            kept.write_text(json.dumps(lines), encoding="utf-8")
    scored = {(r, d, c): (s, t, bool(g)) for r, d, c, s, t, g in lines}
    return _population(frame, reports, scored)


def _score(
    framework: Framework, source: str, reports: Sequence[DecidedReport], *, cues: bool
) -> list[list[Any]]:
    from learning import cross_validated

    from ctg_nlp.suggest.propose import Proposer

    names = {r.name: r.report_id for r in reports}
    if cues:
        proposer = Proposer(framework)
        found = [s for r in reports for s in proposer.propose(r.report_id, r.passages)]
        return [
            [s.report_id, s.dimension, s.code, s.score, s.threshold, s.suggested] for s in found if s.code
        ]
    lines = cross_validated(framework, reports, load_examples(source, framework))
    return [
        [names[x["report"]], x["dimension"], x["code"], x["score"], x["threshold"], x["suggested"]]
        for x in lines
        if "code" in x
    ]


def _population(framework: Framework, reports: Sequence[DecidedReport], scored: Scored) -> Population:
    ids = [r.report_id for r in reports]
    keys = [(d.id, c.id) for d in framework.stage("map") for c in d.codes]
    scores, thresholds, suggested = (_matrix(ids, keys, scored, i) for i in range(3))
    bits = uncertainty(scores)
    places = {key: i for i, key in enumerate(keys)}
    cells = []
    for dimension in estimated(framework):
        rows = [(c.id, (c.id,)) for c in dimension.codes] + [(a.id, a.codes) for a in dimension.any_of]
        for name, codes in rows:
            at = [places[dimension.id, c] for c in codes]
            truth = np.array([any((dimension.id, c) in r.present for c in codes) for r in reports])
            orders = orders_of(scores[:, at], thresholds[:, at], bits)
            shown = np.asarray(suggested[:, at].any(axis=1), bool)
            cells.append(Cell(f"{dimension.id}.{name}", truth, orders, shown))
    return Population(len(reports), tuple(cells))


def _matrix(
    ids: Sequence[str], keys: Sequence[tuple[str, str]], scored: Scored, part: int
) -> NDArray[np.float64]:
    nothing = (np.nan, np.nan, False)
    return np.array([[scored.get((r, *k), nothing)[part] for k in keys] for r in ids], float)


def of_home(root: Path) -> Population:
    """The reports of a project, all decided, scored by what proposed last there."""
    from ctg_nlp.dataset import dataset
    from ctg_nlp.settings import open_home
    from ctg_nlp.store import suggestions as suggestion_store
    from ctg_nlp.store.database import open_store

    home = open_home(root)
    with open_store(home.database) as store:
        data = dataset(store, home.framework)
        with store.reading() as db:
            model = suggestion_store.last_model(db, home.framework.framework_id) or ""
            found = suggestion_store.suggestions(db, model, home.framework.framework_id)
            scored = {
                (s.report_id, s.dimension, s.code): (s.score, s.threshold, s.suggested)
                for s in found
                if s.code
            }
    keys = home.framework.keys
    reports = []
    for r in data.reports:
        said = list(zip(keys, r.states, strict=True))
        present = frozenset(k for k, state in said if state == CodeState.PRESENT)
        absent = frozenset(k for k, state in said if state == CodeState.ABSENT)
        reports.append(
            DecidedReport(r.report_id, r.report_id, r.group_id, (), present, absent, {}, {}, {}, 0)
        )
    return _population(home.framework, reports, scored)
