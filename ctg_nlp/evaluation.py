"""How good suggestions are on reports that were never learned from: cross-validation. Composition.

Reports are parted into folds by their group. For each fold the product's own path is walked: learn from
all the others, propose for these. Nothing that is judged was seen in learning, thresholds and calibration
included; the cues and examples of the framework are as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Example, Framework
from ctg_nlp.records import DecidedReport, Suggestion
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.judging import Pair, judged, judged_by_rater, judged_values
from ctg_nlp.suggest.measures import (
    Calibration,
    CodeMeasures,
    Totals,
    ValueMeasures,
    by_code,
    by_dimension,
    calibration,
    totals,
)
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.rater import Rater
from ctg_nlp.suggest.training import FOLDS, VERSION, fold_of, train

LEAST_OF_SLICE = 5
"""Reports below which the figures of a slice would be chance."""

CLASSIFIER = f"classifier-{VERSION}"
_LENGTHS = 3  # slices by length: thirds of the reports
_SCANNED = 0.5  # share of a report's pages read by character recognition from which it is a scan
_UNKNOWN = "not known"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a report beside its text: "text layer" or "scan", and its cohort."""

    source: str = _UNKNOWN
    cohort: str = _UNKNOWN


@dataclass(frozen=True, slots=True)
class RaterTotals:
    """One rater's opinion alone, on the decided codes that it spoke of; `joined` are the suggestions on
    the same pairs, so that the two can be compared."""

    rater: str
    alone: Totals
    joined: Totals


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of some reports (of a stage, or of the map). `totals` is None where they are too few."""

    by: str
    name: str
    reports: int
    too_small: bool
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures. Of `folds` that hold reports, in `learned_folds` there were decisions enough to learn
    from; in the others cues and facts spoke alone. `calibration` is of all pairs, of those that the
    classifier spoke of, and of the rest."""

    framework_id: str
    reports: int
    decided: int
    folds: int
    learned_folds: int
    joined: Totals
    raters: tuple[RaterTotals, ...]
    values: tuple[ValueMeasures, ...]
    codes: tuple[CodeMeasures, ...]
    calibration: tuple[Calibration, ...]
    slices: tuple[Slice, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Proposed:
    """What was proposed for each report, by its id, by a model that did not see its fold."""

    suggestions: Mapping[str, tuple[Suggestion, ...]]
    folds: int
    learned_folds: int


def evaluate(
    framework: Framework,
    reports: Sequence[DecidedReport],
    examples: Sequence[Example],
    folds: int = FOLDS,
    *,
    traits: Mapping[str, Traits] | None = None,
    raters: Sequence[Rater] = (),
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Judge suggestions against decisions by cross-validation. `progress` is called with folds done.

    Raises `CtgError` where `folds` is less than 2, or the reports of fewer than two groups are decided.
    """
    proposed = _cross_validated(framework, reports, examples, folds, raters, seed, progress)
    said = proposed.suggestions
    place = _places(framework)
    pairs = tuple(sorted((p for r in reports for p in judged(r, said[r.report_id])), key=place))
    return Evaluation(
        framework_id=framework.framework_id,
        reports=len(reports),
        decided=len(pairs) + sum(len(r.values) for r in reports),
        folds=proposed.folds,
        learned_folds=proposed.learned_folds,
        joined=totals(pairs, seed=seed),
        raters=_rater_totals(reports, said, pairs, seed),
        values=by_dimension(v for r in reports for v in judged_values(r, said[r.report_id])),
        codes=by_code(pairs),
        calibration=_calibrations(pairs, said),
        slices=tuple(_slices(framework, reports, said, traits or {}, pairs, seed)),
    )


def _places(framework: Framework) -> Callable[[Pair], tuple[int, str]]:
    """A key that sorts pairs by the framework's order of codes, then by report."""
    keys = [(d.id, c.id) for d in framework.dimensions for c in d.codes]
    order = {key: i for i, key in enumerate(keys)}
    return lambda pair: (order.get(pair.key, len(order)), pair.report_id)


def _cross_validated(
    framework: Framework,
    reports: Sequence[DecidedReport],
    examples: Sequence[Example],
    folds: int,
    raters: Sequence[Rater],
    seed: int,
    progress: Progress,
) -> _Proposed:
    held = sorted({fold_of(r, folds) for r in reports}) if folds >= 2 else []
    _refuse_too_few(reports, folds, held)
    found: dict[str, tuple[Suggestion, ...]] = {}
    learned = 0
    for done, fold in enumerate(held):
        progress(done, len(held))
        others = [r for r in reports if fold_of(r, folds) != fold]
        trained = train(framework, others, examples, model_id=CLASSIFIER, seed=seed)
        learned += trained is not None
        proposer = Proposer(framework, trained.classifier if trained else None, raters)
        for r in reports:
            if fold_of(r, folds) == fold:
                found[r.report_id] = proposer.propose(r.report_id, r.passages)
    progress(len(held), len(held))
    return _Proposed(found, len(held), learned)


def _refuse_too_few(reports: Sequence[DecidedReport], folds: int, held: Sequence[int]) -> None:
    if folds < 2:
        raise CtgError(f"Cross-validation needs at least 2 folds, not {folds}.")
    if len(reports) < 2:
        raise CtgError(
            f"There are decisions on {len(reports)} readable reports; to evaluate, at least 2 are needed. "
            "Take some in with: ctg decisions import FILE.jsonl"
        )
    if len(held) < 2:
        raise CtgError(
            f"All {len(reports)} reports with decisions fall into one of {folds} folds (reports of one group "
            "stay together). Give more folds, or come back with decisions on more groups."
        )


def _rater_totals(
    reports: Sequence[DecidedReport],
    said: Mapping[str, Sequence[Suggestion]],
    pairs: Sequence[Pair],
    seed: int,
) -> tuple[RaterTotals, ...]:
    alone: dict[str, list[Pair]] = {}
    for r in reports:
        for rater, of_report in judged_by_rater(r, said[r.report_id]).items():
            alone.setdefault(rater, []).extend(of_report)
    found = []
    for rater, opinions in sorted(alone.items()):
        own = sorted(opinions, key=lambda p: (p.key, p.report_id))  # a sum of floats depends on the order
        spoken = {(p.report_id, p.key) for p in own}
        same = [p for p in pairs if (p.report_id, p.key) in spoken]
        found.append(RaterTotals(rater, totals(own, seed=seed), totals(same, seed=seed)))
    return tuple(found)


def _calibrations(pairs: Sequence[Pair], said: Mapping[str, Sequence[Suggestion]]) -> tuple[Calibration, ...]:
    learned = {
        (s.report_id, (s.dimension, s.code))
        for suggestions in said.values()
        for s in suggestions
        if any(o.rater == CLASSIFIER for o in s.opinions)
    }
    taught = [p for p in pairs if (p.report_id, p.key) in learned]
    others = [p for p in pairs if (p.report_id, p.key) not in learned]
    return (
        calibration("all codes", pairs),
        calibration("codes that were learned", taught),
        calibration("codes by cues or facts", others),
    )


def _slices(
    framework: Framework,
    reports: Sequence[DecidedReport],
    said: Mapping[str, Sequence[Suggestion]],
    traits: Mapping[str, Traits],
    pairs: Sequence[Pair],
    seed: int,
) -> Iterable[Slice]:
    """The two stages; then, over the map alone, parts of the reports. Reports of the in-depth stage have
    been chosen, and its codes are harder: with them in it, a slice would show that choice."""
    of_map = {d.id for d in framework.stage("map")}
    mapped = [p for p in pairs if p.key[0] in of_map]
    if len(mapped) < len(pairs):
        deep = [p for p in pairs if p.key[0] not in of_map]
        yield _slice("stage", "map", {p.report_id for p in mapped}, mapped, seed)
        yield _slice("stage", "in depth", {p.report_id for p in deep}, deep, seed)
    known = {r.report_id: traits.get(r.report_id, Traits()) for r in reports}
    parted = [
        ("text", {r: t.source for r, t in known.items()}),
        ("length", _lengths(reports)),
        *_by_fact(framework, reports, said),
        ("cohort", {r: t.cohort for r, t in known.items()}),
    ]
    for by, name_of in parted:
        names = name_of.values() if by == "length" else sorted(name_of.values())
        for name in dict.fromkeys(names):
            yield _slice(by, name, {r for r, n in name_of.items() if n == name}, mapped, seed)


def _slice(by: str, name: str, members: Collection[str], pairs: Sequence[Pair], seed: int) -> Slice:
    small = len(members) < LEAST_OF_SLICE
    own = [p for p in pairs if p.report_id in members]
    return Slice(by, name, len(members), small, None if small else totals(own, seed=seed))


def _lengths(reports: Sequence[DecidedReport]) -> dict[str, str]:
    """The third of the reports, by words, that each belongs to; the shortest first."""
    words = {r.report_id: sum(len(p.text.split()) for p in r.passages) for r in reports}
    ranked = sorted(words, key=lambda r: (words[r], r))
    cuts = [round(i * len(ranked) / _LENGTHS) for i in range(_LENGTHS + 1)]
    named: dict[str, str] = {}
    for low, high in zip(cuts, cuts[1:], strict=False):
        if members := ranked[low:high]:
            named |= dict.fromkeys(members, f"{words[members[0]]:,} to {words[members[-1]]:,} words")
    return named


def _by_fact(
    framework: Framework, reports: Sequence[DecidedReport], said: Mapping[str, Sequence[Suggestion]]
) -> Iterable[tuple[str, dict[str, str]]]:
    """Reports by the code of each single choice that a fact gives: as decided, else as suggested."""
    for d in framework.dimensions:
        if not d.fact or d.kind != "single":
            continue
        name_of = {}
        for r in reports:
            suggested = [s.code for s in said[r.report_id] if s.dimension == d.id and s.suggested]
            decided = [c for dimension, c in sorted(r.present) if dimension == d.id]
            code = next((d.code(c) for c in [*decided, *suggested] if c), None)
            name_of[r.report_id] = code.label if code else _UNKNOWN
        yield d.id, name_of


def traits_of(store: Store, reports: Sequence[DecidedReport]) -> dict[str, Traits]:
    """The traits of reports, by id. The register's cohort goes before the one that the report tells."""
    with store.reading() as db:
        registered = {g.group_id: g.cohort for g in report_store.groups(db)}
        sources = {r.report_id: report_store.page_sources(db, r.report_id) for r in reports}
        told = {r.report_id: r.cohort_said for r in report_store.reports(db, sources)}
    return {
        r.report_id: Traits(
            _source(sources[r.report_id]),
            registered.get(r.group_id) or told.get(r.report_id) or _UNKNOWN,
        )
        for r in reports
    }


def _source(sources: Sequence[str]) -> str:
    if not sources:
        return _UNKNOWN
    return "scan" if sources.count("ocr") >= _SCANNED * len(sources) else "text layer"
