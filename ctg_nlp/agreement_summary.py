"""How far coders agree, as a report tells it; all that can be told is `agreement.Study`. Composition.

Reckoned from the reports on which several people decided. Of all others, which may be very many, nothing is
compared: they are read one after the other, and of each is only kept what is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.history import rules_since
from ctg_nlp.records import Answer, Answered, Decision
from ctg_nlp.review.agreement import DimensionAgreement, agreement, coders_of, double_coded
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.estimate import Method
from ctg_nlp.review.independence import Locks, all_independent, answered_by, independent, is_assisted
from ctg_nlp.review.machine import Kept, kept_and_changed
from ctg_nlp.store import agreement as agreement_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import models as model_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.agreement import BareDecision, decision_of
from ctg_nlp.store.database import Store

_CODER = "coder"


@dataclass(frozen=True, slots=True)
class AgreementSummary:
    """What can be said of coders' agreement with each other. `answers` counts independent answers on
    `reports`, `imported` those of them that came in a file, and `sampled` double-coded reports of the audit
    sample; `assisted` counts decisions with suggestions in view, of which `kept` tells what was made of
    these, and which count for nothing else. `unseen`: there is a sample, and what proposes learned nothing
    from it.
    """

    framework: Framework
    coders: tuple[str, ...]
    answers: int
    imported: int
    assisted: int
    reports: int
    double_coded: int
    sampled: int
    dimensions: tuple[DimensionAgreement, ...]
    kept: tuple[Kept, ...]
    unseen: bool
    method: Method


def agreement_summary(store: Store, framework: Framework, method: Method | None = None) -> AgreementSummary:
    """What the store holds of it now."""
    with store.reading() as db:
        return agreement_summary_in(db, framework, method or Method())


def agreement_summary_in(db: Connection, framework: Framework, method: Method) -> AgreementSummary:
    """`agreement_summary` in a transaction."""
    acts, locks = agreement_store.assisted_acts(db), independence_store.locks(db)
    alone, several = _Alone(framework, acts, locks, coded_blind(db)), list[Decision]()
    for rows in agreement_store.by_report(db):
        if len({r.coder for r in rows}) > 1:
            several += map(decision_of, rows)
        else:
            alone.take(rows)
    several.sort(key=lambda d: d.sequence)
    decisions = of_dimensions(carried(several, framework, each_coder=True), framework.dimensions)
    answers = finished(independent(decisions, acts, locks), alone.blind)
    assisted = [d for d in decisions if d.role == _CODER and is_assisted(d, acts)]
    imported = {d.sequence for d in decisions if d.import_id}
    sample = frozenset(u.report_id for u in independence_store.audit_units(db, sampled=True))
    doubled = double_coded(answers, framework)
    return AgreementSummary(
        framework=framework,
        coders=tuple(sorted(alone.coders.union(coders_of(answers)))),
        answers=alone.answers + len(answers),
        imported=alone.imported + sum(a.sequence in imported for a in answers),
        assisted=alone.assisted + len(assisted),
        reports=alone.reports + len({a.report_id for a in answers}),
        double_coded=len(doubled),
        sampled=len(doubled & sample),
        dimensions=agreement([*answers, *alone.unsure], framework.dimensions, method),
        kept=alone.kept_with(kept_and_changed(assisted)),
        unseen=bool(sample) and made_after_the_draws(db, framework),
        method=method,
    )


@dataclass(slots=True)
class _Alone:
    """What is counted of reports on which one person alone decided. Answers `unsure` are kept: how many there
    are is told for each code. `blind` are codings, as (coder, report id), that are not locked yet."""

    framework: Framework
    acts: Collection[str]
    locks: Locks
    blind: Collection[tuple[str, str]]
    coders: set[str] = field(default_factory=set)
    answers: int = 0
    imported: int = 0
    assisted: int = 0
    reports: int = 0
    unsure: list[Answered] = field(default_factory=list)
    _kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    _known: frozenset[tuple[str, str | None]] = field(init=False)

    def __post_init__(self) -> None:
        self._known = places_in(self.framework.dimensions)

    def take(self, rows: Sequence[BareDecision]) -> None:
        """Count all decisions on one report, in any order."""
        if self._are_plain(rows):
            mine = [r for r in rows if (r.dimension, r.code) in self._known]
            unsure = [answered_by(decision_of(r)) for r in mine if r.answer == Answer.UNSURE]
            self._count(rows[0].coder, len(mine), sum(r.import_id is not None for r in mine), unsure)
        else:
            self._take_decisions(sorted(map(decision_of, rows), key=lambda d: d.sequence))

    def _are_plain(self, rows: Sequence[BareDecision]) -> bool:
        """Whether each of these is an answer that counts: independent, of no blind coding that goes on, and
        not to be carried over from a framework before."""
        return (
            (rows[0].coder, rows[0].report_id) not in self.blind
            and all_independent(rows, self.acts, self.locks)
            and all(rules_since(self.framework, i) is None for i in {r.framework_id for r in rows})
        )

    def _take_decisions(self, given: Sequence[Decision]) -> None:
        read = carried(given, self.framework, each_coder=True)
        decisions = [d for d in read if (d.dimension, d.code) in self._known]
        assisted = [d for d in decisions if d.role == _CODER and is_assisted(d, self.acts)]
        self.assisted += len(assisted)
        self._keep(kept_and_changed(assisted))
        answers = finished(independent(decisions, self.acts, self.locks), self.blind)
        imported = {d.sequence for d in decisions if d.import_id}
        unsure = [a for a in answers if a.answer is Answer.UNSURE]
        coder = given[0].coder
        self._count(coder, len(answers), sum(a.sequence in imported for a in answers), unsure)

    def kept_with(self, further: Iterable[Kept]) -> tuple[Kept, ...]:
        """What was made of suggestions here and on further reports, by coder and dimension."""
        self._keep(further)
        return tuple(k for _, k in sorted(self._kept.items()))

    def _keep(self, found: Iterable[Kept]) -> None:
        for k in found:
            key = k.coder, k.dimension
            was = self._kept.get(key, Kept(*key, 0, 0, 0))
            self._kept[key] = Kept(
                *key, was.kept + k.kept, was.added + k.added, was.taken_away + k.taken_away
            )

    def _count(self, coder: str, answers: int, imported: int, unsure: Iterable[Answered]) -> None:
        if answers:
            self.coders.add(coder)
            self.reports += 1
        self.answers += answers
        self.imported += imported
        self.unsure += unsure


def coded_blind(db: Connection) -> frozenset[tuple[str, str]]:
    """Blind coding that goes on, as (coder, report id): until the lock a coder may still correct it."""
    return frozenset((a.coder, a.report_id) for a in independence_store.assignments(db) if a.blind)


def finished(answers: Iterable[Answered], blind: Collection[tuple[str, str]]) -> list[Answered]:
    """Without those of blind coding that goes on."""
    return [a for a in answers if (a.coder, a.report_id) not in blind]


def places_in(dimensions: Iterable[Dimension]) -> frozenset[tuple[str, str | None]]:
    """The codes and values of some dimensions, each as (dimension, code); code None for a value."""
    return frozenset(
        (d.id, code) for d in dimensions for code in ([c.id for c in d.codes] if d.coded else [None])
    )


def of_dimensions(decisions: Iterable[Decision], dimensions: Iterable[Dimension]) -> list[Decision]:
    """Those on codes and values that the framework has now."""
    known = places_in(dimensions)
    return [d for d in decisions if (d.dimension, d.code) in known]


def made_after_the_draws(db: Connection, framework: Framework) -> bool:
    """Whether what proposes learned nothing from the audit sample: cues do not learn, and a classifier that
    was trained after the last draw was not shown it."""
    parts = (suggestion_store.last_model(db, framework.framework_id) or "").split("|")
    events = model_store.events(db, framework.framework_id)
    trained = [e.time for e in events if e.model_id in parts and e.state == model_store.TRAINED]
    return all(time >= d.drawn_at for time in trained for d in independence_store.draws(db))
