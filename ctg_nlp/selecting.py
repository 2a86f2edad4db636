"""What people do to select reports for the second stage: decide by filter, settle, undo, freeze. Composition
of `review` and `store`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from ctg_nlp.desk import ADJUDICATOR, CODER, Desk, OtherUse, open_report, role_of
from ctg_nlp.errors import DecisionsError
from ctg_nlp.framework import Dimension, Filter, Framework, Level
from ctg_nlp.records import (
    Assignment,
    FilterDecision,
    FilterOutcome,
    FilterState,
    Flow,
    Report,
    Selection,
)
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.review.selection import outcomes
from ctg_nlp.selection_flow import Coding, Fates, Row, around, fates, flow_of
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.synthesis.flow import Fate, code_label, flow, without_reasons
from ctg_nlp.tallies import refresh


@dataclass(frozen=True, slots=True)
class Judging:
    """What is said of a report by one filter. `decision_id` is made by the page: the same id again is the
    same decision."""

    decision_id: str
    filter: str
    level: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What a coder may know of a report's selection: the dimensions of the map that are open, the filters,
    their own standing decisions by filter, and their last decision or settlement, which they may undo.

    Who codes the report blind knows of their own decisions alone, a trainee of theirs as if they counted.
    """

    open: tuple[Dimension, ...]
    outcomes: tuple[FilterOutcome, ...]
    mine: Mapping[str, FilterDecision]
    last: FilterDecision | None
    blind: bool

    def outcome(self, filter_id: str) -> FilterOutcome:
        """The outcome of a filter that the framework has."""
        return next(o for o in self.outcomes if o.filter == filter_id)


def judged(desk: Desk, report_id: str) -> Judged:
    """How far the selection of a report is, as this coder may know it. Raises as `Desk.open_report`."""
    with desk.store.reading() as db:
        desk.open_report(db, report_id)
        return _judged(desk, db, report_id)


def _judged(desk: Desk, db: Connection, report_id: str) -> Judged:
    place = independence_store.assignment(db, report_id, desk.coder)
    blind = place is not None and place.blind
    said = selection_store.filter_decisions(db, [report_id])
    own = tuple(d for d in said if d.coder == desk.coder and d.role == role_of(place))
    known = tuple(replace(d, role=CODER) for d in own) if blind else said
    coding, row = Coding(desk.framework), _row(desk, db, report_id, place)
    return Judged(
        coding.open(row, "map"),
        outcomes(desk.framework.filters, known, coding.codes(row)),
        {d.filter: d for d in own},
        max(_acts(said, desk.coder, place), key=lambda d: d.sequence, default=None),
        blind,
    )


def _acts(said: Sequence[FilterDecision], coder: str, place: Assignment | None) -> list[FilterDecision]:
    """What a coder said of a report and may undo: as coder or trainee, and, unless they code it blind and so
    see no settlement, as adjudicator."""
    roles = {role_of(place)} if place is not None and place.blind else {role_of(place), ADJUDICATOR}
    return [d for d in said if d.coder == coder and d.role in roles]


def _row(desk: Desk, db: Connection, report_id: str, place: Assignment | None) -> Row:
    """What the decisions on a report come to, those of the coder alone while they code it blind."""
    decisions = tuple(decision_store.decisions(db, [report_id]))
    if place is not None and place.blind:
        mine = (d for d in decisions if d.coder == desk.coder and d.role != ADJUDICATOR)
        decisions = tuple(replace(d, role=CODER) for d in mine)
    records = resolve(decisions, desk.framework)
    return states_of(desk.framework, records), values_of(desk.framework, records)


def decide(desk: Desk, report_id: str, judging: Judging) -> Judged:
    """Take a coder's decision in, in one transaction. Returns what they may know after it.

    Raises `DecisionsError` for a filter or level that the framework does not have, without a reason, while
    the map of the report is not wholly decided, before the filters that come first are passed, and for a
    level that passes where a code of the map forbids it; `OtherUse` for an id that was used before.
    """
    wanted, level = _asked(desk.framework, judging)
    with desk.store.transaction() as db:
        report_store.lock_report(db, report_id)
        report = desk.open_report(db, report_id)
        if not _known(db, desk, report_id, judging):
            place = independence_store.assignment(db, report_id, desk.coder)
            _check(desk.framework, report, _judged(desk, db, report_id), wanted, level)
            _keep(desk, db, report_id, judging, role_of(place))
        return _judged(desk, db, report_id)


def settle(desk: Desk, report_id: str, judging: Judging) -> Judged:
    """Settle a filter on which coders disagree, or settle it anew, for good; what they said stays.

    Raises as `decide`, while somebody still codes the report blind, and where coders do not differ.
    """
    wanted, level = _asked(desk.framework, judging)
    with desk.store.transaction() as db:
        report_store.lock_report(db, report_id)
        report = open_report(db, report_id)
        if independence_store.is_coded_blind(db, report_id):
            raise DecisionsError("Somebody still codes this report blind. Settle it once it is locked.")
        if not _known(db, desk, report_id, judging):
            now = _judged(desk, db, report_id)
            _check(desk.framework, report, now, wanted, level)
            _check_differing(now.outcome(wanted.id), wanted)
            _keep(desk, db, report_id, judging, ADJUDICATOR)
        return _judged(desk, db, report_id)


def _asked(framework: Framework, judging: Judging) -> tuple[Filter, Level]:
    wanted = framework.filter(judging.filter)
    if wanted is None:
        known = ", ".join(f.id for f in framework.filters) or "none"
        raise DecisionsError(f"The framework has no filter {judging.filter}; there are: {known}.")
    level = wanted.level(judging.level)
    if level is None:
        known = ", ".join(x.id for x in wanted.levels)
        raise DecisionsError(f"The scale of {wanted.id} has no {judging.level}; there are: {known}.")
    if not judging.reason.strip():
        raise DecisionsError("Give the reason: a selection that cannot be followed is none.")
    return wanted, level


def _known(db: Connection, desk: Desk, report_id: str, judging: Judging) -> bool:
    known = selection_store.filter_decision(db, judging.decision_id)
    if known is None:
        return False
    same = (known.report_id, known.coder, known.filter) == (report_id, desk.coder, judging.filter)
    if not same or known.undone_at:
        raise OtherUse("This id was used for another decision before; reload the page and do it once more.")
    return True


def _check(framework: Framework, report: Report, now: Judged, wanted: Filter, level: Level) -> None:
    if now.open:
        titles = ", ".join(d.title for d in now.open[:3])
        more = f" and {len(now.open) - 3} more" if len(now.open) > 3 else ""
        raise DecisionsError(
            f"Filters come after the map. Not wholly decided on {report.name}: {titles}{more}."
        )
    outcome = now.outcome(wanted.id)
    if outcome.state is FilterState.LATER:
        first = next(o for o in now.outcomes if o.state is not FilterState.PASSED)
        before = framework.filter(first.filter)
        raise DecisionsError(f"“{before.label if before else first.filter}” comes first, and was not passed.")
    if level.passes and outcome.blocked_by:
        codes = ", ".join(code_label(framework, c) for c in outcome.blocked_by)
        raise DecisionsError(
            f"{report.name} is coded in the map as {codes}, with which “{wanted.label}” cannot be passed. If "
            "the code is wrong, change it in the map first."
        )


def _check_differing(outcome: FilterOutcome, wanted: Filter) -> None:
    settled = any(d.role == ADJUDICATOR for d in outcome.said)
    if not settled and len({d.level for d in outcome.said}) < 2:
        raise DecisionsError(f"Coders do not differ on “{wanted.label}”, so there is nothing to settle.")


def _keep(desk: Desk, db: Connection, report_id: str, judging: Judging, role: str) -> None:
    now = desk.clock()
    decision = FilterDecision(
        judging.decision_id, report_id, judging.filter, judging.level, judging.reason.strip(), desk.coder,
        now, desk.framework.framework_id, role,
    )  # fmt: skip
    selection_store.add_filter_decision(db, decision)
    noted: dict[str, str | int] = {
        "decision": judging.decision_id, "filter": judging.filter, "level": judging.level, "role": role,
    }  # fmt: skip
    append(db, now, desk.coder, "filter decision", report_id, noted)


def undo(desk: Desk, report_id: str, decision_id: str) -> Judged:
    """Undo the last filter decision or settlement of this coder on a report; undoing twice changes nothing.

    Raises `DecisionsError` where there is none of theirs under this id, or another came since.
    """
    with desk.store.transaction() as db:
        report_store.lock_report(db, report_id)
        desk.open_report(db, report_id)
        known = selection_store.filter_decision(db, decision_id)
        if known is None or (known.report_id, known.coder) != (report_id, desk.coder):
            raise DecisionsError("There is nothing of yours to undo under this id.")
        if not known.undone_at:
            _undo(desk, db, known)
        return _judged(desk, db, report_id)


def _undo(desk: Desk, db: Connection, known: FilterDecision) -> None:
    said = selection_store.filter_decisions(db, [known.report_id])
    place = independence_store.assignment(db, known.report_id, desk.coder)
    if any(d.sequence > known.sequence for d in _acts(said, desk.coder, place)):
        raise DecisionsError("You decided by a filter on this report since; undo that first.")
    if place is not None and place.locked_at and known.time <= place.locked_at:
        raise DecisionsError("This was said before the report was locked, and stays. Decide anew instead.")
    now = desk.clock()
    selection_store.undo_filter_decision(db, known.sequence, now, desk.coder)
    append(db, now, desk.coder, "filter undo", known.report_id, {"decision": known.decision_id})


def freeze(desk: Desk, name: str, note: str = "") -> Selection:
    """Freeze the reports that passed every filter as a named sample, and use it. Returns it.

    Raises `DecisionsError` without a name, for a name that is taken, and where no report passed.
    """
    name = name.strip()
    if not name:
        raise DecisionsError("Give the selection a name.")
    refresh(desk.store, desk.framework)
    with desk.store.reading() as db:  # the sample and its flow are of one state
        passing = fates(db, desk.framework).selected
        counted = flow_of(db, desk.framework, (name, frozenset(passing)))
    with desk.store.transaction() as db:
        selection_store.lock_selections(db)
        taken = {s.name: s for s in selection_store.selections(db)}
        if name in taken:
            when = taken[name].frozen_at[:10]
            raise DecisionsError(f"{name} was frozen on {when} and never changes; give another name.")
        if not passing:
            raise DecisionsError("No report has passed every filter yet, so there is nothing to freeze.")
        frozen = Selection(
            str(uuid.uuid4()), name, desk.clock(), desk.coder, desk.framework.framework_id,
            note.strip(), passing, asdict(without_reasons(counted)),
        )  # fmt: skip
        selection_store.freeze(db, frozen)
        selection_store.use(db, frozen.selection_id, frozen.frozen_at, desk.coder)
        append(db, frozen.frozen_at, desk.coder, "selection frozen", frozen.name, {"reports": len(passing)})
        return frozen


def use(desk: Desk, name: str) -> Selection:
    """Let a frozen selection be the one that tables of the second stage are over. Raises `DecisionsError`."""
    with desk.store.transaction() as db:
        found = named(selection_store.selections(db), name)
        now = desk.clock()
        selection_store.use(db, found.selection_id, now, desk.coder)
        append(db, now, desk.coder, "selection in use", found.name)
        return found


def named(selections: Sequence[Selection], name: str) -> Selection:
    """The selection of that name. Raises `DecisionsError` with the names there are."""
    found = next((s for s in selections if s.name == name), None)
    if found is None:
        known = ", ".join(s.name for s in selections) or "none"
        raise DecisionsError(f"There is no selection {name}; there are: {known}.")
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one report stands in the selection."""

    report: Report
    fate: Fate

    @property
    def at(self) -> FilterOutcome | None:
        """The filter that it is at: the first that it has not passed; None where it passed all."""
        return self.fate.at


@dataclass(frozen=True, slots=True)
class Overview:
    """The selection as one coder may see it. `fates` tells where all reports stand, `shown` are those that
    count, that this coder may see and does not code blind, in the order of arrival. `flow` is None while the
    coder codes anything blind; who sees assigned reports alone gets it without the reasons recorded."""

    shown: Sequence[str]
    fates: Fates
    flow: Flow | None


def overview(desk: Desk) -> Overview:
    """The selection as the desk's coder may see it now."""
    refresh(desk.store, desk.framework)
    with desk.store.reading() as db:
        return _overview(desk, db)


def _overview(desk: Desk, db: Connection) -> Overview:
    seen, near = desk.sight(db), around(db)
    found = fates(db, desk.framework, near.sample)
    shown = seen.evidence_among(found.counted)
    if seen.waiting:
        return Overview(shown, found, None)
    counted = flow(desk.framework, found.to_count, near)
    return Overview(shown, found, counted if seen.only is None else without_reasons(counted))


def standings(desk: Desk) -> tuple[Standing, ...]:
    """Where the reports stand that this coder may see, in the order of arrival."""
    refresh(desk.store, desk.framework)
    with desk.store.reading() as db:
        now = _overview(desk, db)
        return standings_of(db, now, now.shown)


def standings_of(db: Connection, now: Overview, report_ids: Iterable[str]) -> tuple[Standing, ...]:
    """Where some of the reports that count stand, in the order of arrival."""
    return tuple(Standing(r, now.fates.of(r.report_id)) for r in report_store.reports(db, report_ids))
