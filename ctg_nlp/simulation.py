"""What suggestions would have saved: decided reports replayed in the order of a queue. Composition.

At first cues and facts speak alone; whenever enough decisions have come in, a classifier learns from the
reports decided so far and proposes anew for the rest. Only the map is replayed: which reports come to the
in-depth stage is a choice that no replay can make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension, Example, Framework
from ctg_nlp.records import CodedRecord, CodedReport, Dataset, DecidedReport, RecordState, Suggestion
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.queue import uncertainty
from ctg_nlp.suggest.effort import Cost, Effort, effort_of, unassisted
from ctg_nlp.suggest.judging import judged, judged_values
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.training import VERSION, train
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.distance import Distance, distance, overall
from ctg_nlp.synthesis.tables import SynthesisTable, table_of

RETRAIN_EVERY = 300
"""Decisions after which the classifier learns again, as the setting `retrain_after` has it by default."""

Order = Literal["arrival", "uncertain"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class TableError:
    """How far one table is from the final one: of the decisions so far with the suggestions for the rest,
    and of the decisions so far alone, taken for the whole; None where nothing can be compared."""

    dimension: str
    number: int | None
    title: str
    with_suggestions: Distance | None
    decided_only: Distance | None


@dataclass(frozen=True, slots=True)
class Step:
    """The state after `reports` are decided; all counts are from the beginning.

    `trained_on` is the number of reports that the model in use has learned from: 0 for cues and facts
    alone. `seconds` are the coder's by the cost model, `seconds_unassisted` what the same decisions take
    without suggestions.
    """

    reports: int
    decisions: int
    trained_on: int
    effort: Effort
    seconds: float
    seconds_unassisted: float
    with_suggestions: Distance | None
    decided_only: Distance | None
    tables: tuple[TableError, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A replay: its settings, and the state before the first decision and after each report."""

    framework_id: str
    order: str
    retrain_every: int
    cost: Cost
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Model:
    """What proposes at the moment, and what it proposes for the reports of the queue."""

    trained_on: int
    decisions: int
    proposals: Mapping[str, tuple[Suggestion, ...]]


def simulate(
    framework: Framework,
    reports: Sequence[DecidedReport],
    examples: Sequence[Example],
    *,
    order: Order = "arrival",
    retrain_every: int = RETRAIN_EVERY,
    cost: Cost | None = None,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Simulation:
    """Replay the decisions on reports, given in the order of arrival. `progress` is called with reports done.

    The classifier learns again after `retrain_every` decisions (0: never), and each new one is taken.
    With "uncertain" that report comes next of which the model is least sure (uncertainty sampling, Lewis and
    Gale 1994, doi:10.1007/978-1-4471-2099-5_1). Raises `CtgError` where no report is decided.
    """
    reports = [r for r in (_of_the_map(framework, r) for r in reports) if _decisions(r)]
    _refuse(reports, retrain_every)
    cost = cost or Cost()
    final = _tables(framework, reports, {})
    queue, effort, bare = list(reports), Effort(), Effort()
    done: list[DecidedReport] = []
    model = _Model(0, 0, _proposals(Proposer(framework), queue))
    steps = [_step(framework, final, reports, done, model, (effort, bare), cost)]
    while queue:
        progress(len(done), len(reports))
        report = queue.pop(_next(queue, model.proposals) if order == "uncertain" else 0)
        spent, spent_bare = _efforts(framework, report, model.proposals[report.report_id])
        done, effort, bare = [*done, report], effort + spent, bare + spent_bare
        new = sum(map(_decisions, done)) - model.decisions
        if queue and 0 < retrain_every <= new:
            model = _retrained(framework, done, queue, examples, seed) or model
        steps.append(_step(framework, final, reports, done, model, (effort, bare), cost))
    progress(len(done), len(reports))
    return Simulation(framework.framework_id, order, retrain_every, cost, tuple(steps))


def _refuse(reports: Sequence[DecidedReport], retrain_every: int) -> None:
    if retrain_every < 0:
        raise CtgError(f"The classifier learns again after some decisions or never (0), not {retrain_every}.")
    if not reports:
        raise CtgError(
            "There are no decisions to replay: no readable report that counts is decided. "
            "Take some in with: ctg decisions import FILE.jsonl"
        )


def _of_the_map(framework: Framework, report: DecidedReport) -> DecidedReport:
    stage = {d.id for d in framework.stage("map")}
    return replace(
        report,
        present=frozenset(k for k in report.present if k[0] in stage),
        absent=frozenset(k for k in report.absent if k[0] in stage),
        values={d: v for d, v in report.values.items() if d in stage},
    )


def _decisions(report: DecidedReport) -> int:
    return len(report.present) + len(report.absent) + len(report.values)


def _proposals(proposer: Proposer, reports: Iterable[DecidedReport]) -> Mapping[str, tuple[Suggestion, ...]]:
    return {r.report_id: proposer.propose(r.report_id, r.passages) for r in reports}


def _retrained(
    framework: Framework,
    done: Sequence[DecidedReport],
    queue: Sequence[DecidedReport],
    examples: Sequence[Example],
    seed: int,
) -> _Model | None:
    """A model that learned from the reports done, with its proposals; None where they are too few."""
    trained = train(framework, done, examples, model_id=f"classifier-{VERSION}", seed=seed)
    if trained is None:
        return None
    proposals = _proposals(Proposer(framework, trained.classifier), queue)
    return _Model(len(done), sum(map(_decisions, done)), proposals)


def _next(queue: Sequence[DecidedReport], proposals: Mapping[str, Sequence[Suggestion]]) -> int:
    """The place of the report of which the model is least sure; of equals the first."""
    return max(range(len(queue)), key=lambda i: (uncertainty(proposals[queue[i].report_id]), -i))


def _efforts(
    framework: Framework, report: DecidedReport, suggestions: Sequence[Suggestion]
) -> tuple[Effort, Effort]:
    """The coder's acts on a report, with its suggestions and without."""
    pairs, values = judged(report, suggestions), judged_values(report, suggestions)
    spent, bare = Effort(), Effort()
    for d in framework.stage("map"):
        own = [p for p in pairs if p.key[0] == d.id]
        own_values = [v for v in values if v.dimension == d.id]
        spent, bare = spent + effort_of(d, own, own_values), bare + unassisted(d, own, own_values)
    return spent, bare


def _step(
    framework: Framework,
    final: Sequence[SynthesisTable],
    reports: Sequence[DecidedReport],
    done: Sequence[DecidedReport],
    model: _Model,
    efforts: tuple[Effort, Effort],
    cost: Cost,
) -> Step:
    decided = {r.report_id for r in done}
    rest = {r.report_id: model.proposals[r.report_id] for r in reports if r.report_id not in decided}
    mixed = list(zip(final, _tables(framework, reports, rest), strict=True))
    alone = list(zip(final, _tables(framework, done, {}), strict=True))
    errors = [
        TableError(t.dimension, t.number, t.title, distance(*both), distance(*only))
        for t, both, only in zip(final, mixed, alone, strict=True)
    ]
    return Step(
        reports=len(done),
        decisions=sum(map(_decisions, done)),
        trained_on=model.trained_on,
        effort=efforts[0],
        seconds=efforts[0].seconds(cost),
        seconds_unassisted=efforts[1].seconds(cost),
        with_suggestions=overall(mixed),
        decided_only=overall(alone),
        tables=tuple(errors),
    )


def _tables(
    framework: Framework,
    reports: Sequence[DecidedReport],
    suggested: Mapping[str, Sequence[Suggestion]],
) -> tuple[SynthesisTable, ...]:
    """The tables of the map; where a report has suggestions, they stand in for what is decided on it."""
    coded = []
    for r in reports:
        said = _as_suggested(r, suggested[r.report_id]) if r.report_id in suggested else r
        records = [_record(d, said) for d in framework.tables()]
        states, values = states_of(framework, records), values_of(framework, records)
        coded.append(CodedReport(r.report_id, r.group_id, states, values))
    columns = Columns(framework, Dataset(framework.framework_id, tuple(coded)))
    return tuple(table_of(columns, d) for d in framework.tables())


def _as_suggested(report: DecidedReport, suggestions: Sequence[Suggestion]) -> DecidedReport:
    """The report as if its suggestions were decided: only of codes and values that are decided at all."""
    decided = report.present | report.absent
    present = frozenset((s.dimension, s.code) for s in suggestions if s.suggested and s.code) & decided
    given = {s.dimension: s.value for s in suggestions if s.suggested and s.code is None}
    values = {d: given[d] for d in report.values if d in given}
    return replace(report, present=present, absent=decided - present, values=values)


def _record(dimension: Dimension, report: DecidedReport) -> CodedRecord:
    decided = dimension.coded or dimension.id in report.values
    return CodedRecord(
        report.report_id,
        dimension.id,
        RecordState.DECIDED if decided else RecordState.UNDECIDED,
        present=frozenset(c for d, c in report.present if d == dimension.id),
        absent=frozenset(c for d, c in report.absent if d == dimension.id),
        value=report.values.get(dimension.id),
        value_decided=dimension.id in report.values,
    )
