"""Agreement of coders as the store holds it: with each other, with the machine, over time. Composition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.agreement_summary import (
    AgreementSummary,
    coded_blind,
    finished,
    made_after_the_draws,
    of_dimensions,
)
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension, Framework, Stage
from ctg_nlp.records import Answered, Decision
from ctg_nlp.review.agreement import FEW_REPORTS, agreement, coders_of, double_coded
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.disagreements import Disagreement, disagreements
from ctg_nlp.review.drift import Drift, drift_from_record, drift_of_pairs
from ctg_nlp.review.estimate import Method
from ctg_nlp.review.independence import independent, is_assisted
from ctg_nlp.review.machine import SUGGESTION, MachineAgreement, against_raters, kept_and_changed
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import agreement as agreement_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom and what: some coders (at least two) or all, one stage of the framework or both, all reports or
    only the audit sample."""

    coders: tuple[str, ...] = ()
    stage: Stage | None = None
    audit: bool = False


@dataclass(frozen=True, slots=True)
class Study(AgreementSummary):
    """All that can be said of agreement now. Besides what reports tell: `locked` counts codings of a report
    that were locked, `model_id` is whose suggestions the machine's are, compared on the audit sample alone
    where there is one. `names` gives the name of each report in disagreement.
    """

    asked: Asked
    locked: int
    disagreements: tuple[Disagreement, ...]
    machine: tuple[MachineAgreement, ...]
    drift: tuple[Drift, ...]
    from_record: tuple[Drift, ...]
    model_id: str
    names: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """The figures as plain values: no text of reports, and no answers on single reports."""
        counts = ("answers", "imported", "assisted", "locked", "reports", "double_coded", "sampled")
        lists = ("dimensions", "machine", "kept", "drift", "from_record")
        return {
            "framework": self.framework.framework_id,
            "stage": self.asked.stage,
            "audit_sample_only": self.asked.audit,
            "coefficients": self.method.coefficients.name,
            "resamples": self.method.resamples,
            "seed": self.method.seed,
            "coders": self.coders,
            **{name: getattr(self, name) for name in counts},
            "model_id": self.model_id,
            "machine_on_audit_sample": self.unseen,
            **{name: [asdict(x) for x in getattr(self, name)] for name in lists},
        }


_ALL = Asked()


def study(store: Store, framework: Framework, asked: Asked = _ALL, method: Method | None = None) -> Study:
    """Compute it from what the store holds now.

    Raises `CtgError` for a coder who decided nothing independently.
    """
    with store.reading() as db:
        return study_in(db, framework, asked, method or Method())


def study_in(db: Connection, framework: Framework, asked: Asked, method: Method) -> Study:
    """`study` in a transaction."""
    found = _gathered(db, framework, asked)
    answers, sample, doubled = found.answers, found.sample, double_coded(found.answers, framework)
    differing = disagreements(answers)
    model_id = suggestion_store.last_model(db, framework.framework_id) or ""
    opinions = _opinions(db, framework, _dimensions(framework, asked.stage), model_id)
    judged = [a for a in answers if a.report_id in sample] if sample else answers
    return Study(
        framework=framework,
        asked=asked,
        coders=coders_of(answers),
        answers=len(answers),
        imported=found.imported,
        assisted=len(found.assisted),
        locked=found.locked,
        reports=len({a.report_id for a in answers}),
        double_coded=len(doubled),
        sampled=len(doubled & sample),
        dimensions=agreement(answers, _dimensions(framework, asked.stage), method),
        disagreements=differing,
        machine=against_raters(judged, opinions, replace(method, resamples=0)),
        kept=kept_and_changed(found.assisted),
        drift=drift_of_pairs(answers),
        from_record=drift_from_record(answers, resolve(found.decisions, framework)),
        model_id=model_id,
        unseen=bool(sample) and made_after_the_draws(db, framework),
        method=method,
        names={r.report_id: r.name for r in report_store.reports(db, {d.report_id for d in differing})},
    )


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What a study is made of: all decisions asked for, the independent answers and the assisted decisions of
    the coders asked for, and the ids of the audit sample."""

    decisions: Sequence[Decision]
    answers: Sequence[Answered]
    assisted: Sequence[Decision]
    imported: int
    locked: int
    sample: frozenset[str]


def _gathered(db: Connection, framework: Framework, asked: Asked) -> _Gathered:
    sample = frozenset(u.report_id for u in independence_store.audit_units(db, sampled=True))
    read = carried(agreement_store.bare_decisions(db), framework, each_coder=True)
    decisions = of_dimensions(read, _dimensions(framework, asked.stage))
    if asked.audit:
        decisions = [d for d in decisions if d.report_id in sample]
    acts, locks = agreement_store.assisted_acts(db), independence_store.locks(db)
    answers = finished(independent(decisions, acts, locks), coded_blind(db))
    _check(asked.coders, answers)
    wanted = set(asked.coders or {d.coder for d in decisions})
    answers = [a for a in answers if a.coder in wanted]
    imported = {d.sequence for d in decisions if d.import_id}
    return _Gathered(
        decisions=decisions,
        answers=answers,
        assisted=[d for d in decisions if d.coder in wanted and d.role == "coder" and is_assisted(d, acts)],
        imported=sum(a.sequence in imported for a in answers),
        locked=len({(a.coder, a.report_id) for a in answers} & set(locks)),
        sample=sample,
    )


def _dimensions(framework: Framework, stage: Stage | None) -> tuple[Dimension, ...]:
    return framework.dimensions if stage is None else framework.stage(stage)


def _check(wanted: Sequence[str], answers: Sequence[Answered]) -> None:
    known = coders_of(answers)
    missing = sorted(set(wanted) - set(known))
    if missing:
        raise CtgError(
            f"There are no independent decisions of {', '.join(missing)}. There are some of: "
            f"{', '.join(known) or 'nobody yet'}. (Decisions with suggestions in view are not independent.)"
        )
    if len(set(wanted)) == 1:
        raise CtgError("Agreement needs at least two coders: give --coder twice, or not at all.")


def _opinions(
    db: Connection, framework: Framework, dimensions: Collection[Dimension], model_id: str
) -> dict[tuple[str, str], dict[str, dict[str, bool]]]:
    found: dict[tuple[str, str], dict[str, dict[str, bool]]] = {
        (d.id, c.id): {} for d in dimensions for c in d.codes
    }
    rows = agreement_store.opinions(db, model_id, framework.framework_id) if model_id else ()
    for report_id, dimension, code, suggested, said in rows:
        if (dimension, code) in found:
            found[dimension, code][report_id] = dict(said) | {SUGGESTION: suggested}
    return found


def warnings_of(done: AgreementSummary) -> tuple[str, ...]:
    """What a reader must know before the figures, in sentences."""
    found = []
    if len(done.coders) < 2:
        found.append(
            "Fewer than two coders decided anything independently: there is no agreement to tell yet."
        )
    elif done.double_coded < FEW_REPORTS:
        found.append(
            f"Only {done.double_coded} reports were coded independently by two or more; with fewer than "
            f"{FEW_REPORTS} every figure here is rough, and may be far from what more reports would show."
        )
    if done.double_coded and done.sampled < done.double_coded:
        drawn = (
            f"{done.sampled} of the {done.double_coded} double-coded reports are of the audit sample, "
            "which was drawn at random."
            if done.unseen
            else "No audit sample was drawn."
        )
        found.append(f"{drawn} Figures on reports that somebody chose do not speak for all reports.")
    if done.imported:
        found.append(
            f"{done.imported} of {done.answers} independent answers came in files: that they were given "
            "without suggestions and without talking is the word of those who brought them."
        )
    if done.assisted:
        found.append(
            f"{done.assisted} decisions were made with suggestions in view. They, and later ones of the same "
            "coder on the same report, count for nothing here but the section on what was kept."
        )
    return tuple(found)


def disagreement_lines(store: Store, done: Study) -> Iterator[dict[str, Any]]:
    """The disagreements with who said what and the quotes for it: text of reports, so confidential."""
    reports = {d.report_id for d in done.disagreements}
    with store.reading() as db:
        quoted = {
            d.sequence: ([e.quote for e in d.evidence], d.note) for d in decision_store.decisions(db, reports)
        }
    for found in done.disagreements:
        yield {
            "report": done.names[found.report_id],
            "report_id": found.report_id,
            "dimension": found.dimension,
            "code": found.code,
            "said": [_said(a, quoted) for a in found.said],
        }


def _said(a: Answered, quoted: Mapping[int, tuple[list[str], str]]) -> dict[str, Any]:
    quotes, note = quoted.get(a.sequence, ([], ""))
    value = {"value": a.value} if a.code is None else {}
    told = {"coder": a.coder, "answer": str(a.answer), **value, "decision": a.sequence}
    return {**told, "evidence": quotes, "note": note}


class Studies:
    """Studies kept until decisions, locks or the model change, for a page that is looked at often."""

    def __init__(self, most: int = 8) -> None:
        self._kept: dict[Any, Study] = {}
        self._most = most
        self._lock = Lock()  # one study at a time: two at once would only make both slower

    def study(
        self, store: Store, framework: Framework, asked: Asked = _ALL, method: Method | None = None
    ) -> Study:
        """The study of what the store holds now; computed only if that changed."""
        method = method or Method()
        with self._lock, store.reading() as db:
            model_id = suggestion_store.last_model(db, framework.framework_id)
            key = (str(store.engine.url), framework.framework_id, asked, method, model_id)
            now = (key, agreement_store.state(db))
            if now not in self._kept:
                self._kept[now] = study_in(db, framework, asked, method)
                while len(self._kept) > self._most:
                    del self._kept[next(iter(self._kept))]
            return self._kept[now]
