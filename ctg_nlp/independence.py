"""Who codes what, and what they may see while they do. Composition of `review` and `store`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.records import Assignment, Draw, Purpose, Role
from ctg_nlp.review.sampling import allocated, drawn, shortfalls, size_for
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import people as people_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw, its sampled reports with who codes each, and what it lacks, in sentences."""

    draw: Draw
    given: tuple[Assignment, ...]
    lacks: tuple[str, ...]


def draw_sample(
    store: Store, coders: Sequence[str], *, size: int, double: int, seed: int, now: str, who: str
) -> Drawn:
    """Draw the audit sample from the reports that count, and give it to coders; `double` of it to two each.

    Raises `CtgError` where it was drawn before, or the sizes do not fit the reports and coders there are.
    """
    with store.transaction() as db:
        before = independence_store.draws(db)
        if before:
            raise CtgError(
                f"The audit sample was drawn on {before[0].drawn_at[:10]} and stays as it is: a sample that "
                "can be drawn again is none. For reports that arrived since: ctg sample extend"
            )
        population = independence_store.not_drawn_from(db)
        _check(size, double, coders, len(population))
        _check_known(db, coders)
        return _drawn(db, Draw(1, seed, len(population), size, now, who), population, coders, double)


def extend_sample(store: Store, coders: Sequence[str], *, now: str, who: str) -> Drawn:
    """Draw from the reports that arrived since, at the probability of the first draw, as a further stratum;
    the same share of them is double-coded. Raises `CtgError` where nothing was drawn, or nothing arrived."""
    with store.transaction() as db:
        draws = independence_store.draws(db)
        if not draws:
            raise CtgError("There is no audit sample to extend. Draw it first: ctg sample draw")
        population = independence_store.not_drawn_from(db)
        if not population:
            raise CtgError("No report that counts has arrived since the last draw.")
        _check_known(db, coders)
        first, number = draws[0], draws[-1].draw + 1
        size = size_for(len(population), first.size / first.population, first.seed + number)
        audit = [a for a in independence_store.assignments(db) if a.purpose is Purpose.AUDIT]
        share = sum(n > 1 for n in _coders_by_report(audit).values()) / first.size
        draw = Draw(number, first.seed, len(population), size, now, who)
        return _drawn(db, draw, population, coders, round(share * size))


def _coders_by_report(assignments: Sequence[Assignment]) -> dict[str, int]:
    found: dict[str, int] = {}
    for a in assignments:
        found[a.report_id] = found.get(a.report_id, 0) + 1
    return found


def _check(size: int, double: int, coders: Sequence[str], population: int) -> None:
    if len(set(coders)) != len(coders) or not coders:
        raise CtgError("Name each coder once, at least one: --coder NAME")
    if not population:
        raise CtgError("No report counts yet, so none can be drawn. Read some first: ctg run")
    if not 1 <= size <= population:
        raise CtgError(f"{population} reports count, so between 1 and {population} can be drawn, not {size}.")
    if double > size:
        raise CtgError(f"Of {size} reports {double} cannot be double-coded.")
    if double and len(coders) < 2:
        raise CtgError("Double coding needs two coders at least: --coder NAME --coder OTHER")


def _check_known(db: Connection, coders: Sequence[str]) -> None:
    """Once there are users, only they can log in to code: a name that is nobody's would wait for ever."""
    users = people_store.users(db)
    may = {u.name for u in users if u.active and u.role is not Role.ADMINISTRATOR}
    unknown = [c for c in coders if c not in may]
    if users and unknown:
        raise CtgError(
            f"{', '.join(unknown)}: no active user of this name who may code. There are: "
            f"{', '.join(sorted(may)) or 'none'}. Add one with: ctg users add NAME --role coder"
        )


def _drawn(
    db: Connection, draw: Draw, population: Sequence[str], coders: Sequence[str], double: int
) -> Drawn:
    units = drawn(population, draw.size, draw.draw, draw.seed)
    independence_store.add_draw(db, draw, units)
    order = [u.report_id for u in units if u.position]
    split = allocated(order, coders, double)
    start = max((independence_store.next_position(db, c) for c in coders), default=1)
    given = tuple(
        Assignment(g.report_id, coder, Purpose.AUDIT, start + i, draw.drawn_at, draw.drawn_by)
        for i, g in enumerate(split)
        for coder in g.coders
    )
    independence_store.assign(db, given)
    append(db, draw.drawn_at, draw.drawn_by, "sample drawn", f"draw {draw.draw}", {"reports": draw.size})
    lacks = (*_spoilt(db, order), *(shortfalls(split, coders) if len(coders) > 1 else ()))
    return Drawn(draw, given, lacks)


def _spoilt(db: Connection, sampled: Sequence[str]) -> tuple[str, ...]:
    """What a draw after coding began can no longer be, in a sentence."""
    decided = decision_store.decided_reports(db) & set(sampled)
    if not decided:
        return ()
    return (
        f"{len(decided)} of the sampled reports were decided on before. What was said with suggestions in "
        "view does not count for agreement, and a model trained so far may have learned from them: train a "
        "new one (ctg train) before it is judged on the sample.",
    )


def give(store: Store, report_ids: Sequence[str], coder: str, purpose: Purpose, *, now: str, who: str) -> int:
    """Give reports to a coder, after what they have. Returns how many they did not have yet.

    Raises `CtgError` for training on reports that are not wholly decided: there is nothing to compare with.
    """
    with store.transaction() as db:
        _check_known(db, (coder,))
        if purpose is Purpose.TRAINING:
            _check_agreed(db, report_ids)
        start = independence_store.next_position(db, coder)
        places = [Assignment(r, coder, purpose, start + i, now, who) for i, r in enumerate(report_ids)]
        added = independence_store.assign(db, places)
        append(db, now, who, "assigned", coder, {"reports": added, "purpose": str(purpose)})
        return added


def _check_agreed(db: Connection, report_ids: Sequence[str]) -> None:
    waiting = queue_store.not_wholly_decided(db, report_ids)
    if waiting:
        raise CtgError(
            f"Not wholly decided yet, so that nobody can be trained on them: {', '.join(waiting)}. Training "
            "wants reports on which every code of the map is decided and coders agree."
        )


def take_back(store: Store, report_ids: Sequence[str], coder: str, *, now: str, who: str) -> int:
    """Take reports back from a coder, all that they have where none is named; what they locked stays theirs,
    and what they decided stays too. Returns how many were taken back."""
    with store.transaction() as db:
        mine = independence_store.assignments(db, coder)
        wanted = list(report_ids) or [a.report_id for a in mine]
        taken = independence_store.unassign(db, wanted, coder)
        append(db, now, who, "assignments taken back", coder, {"reports": taken})
        return taken


def share_out(
    store: Store, coders: Sequence[str], double_share: float, *, seed: int, now: str, who: str
) -> dict[str, int]:
    """Give all reports that count and that nobody has to coders, in an order by chance; a share of them to
    two coders each, who code them blind. Returns how many each coder got.

    Raises `CtgError` where there is nothing to give or nobody to code twice.
    """
    with store.transaction() as db:
        free = independence_store.unassigned(db)
        double = round(double_share * len(free))
        if not free:
            raise CtgError("Every report that counts is assigned to somebody already.")
        _check(len(free), double, coders, len(free))
        _check_known(db, coders)
        order = [u.report_id for u in drawn(free, len(free), 0, seed)]
        got = dict.fromkeys(coders, 0)
        start = {c: independence_store.next_position(db, c) for c in coders}
        for g in allocated(order, coders, double):
            purpose = Purpose.DOUBLE if len(g.coders) > 1 else Purpose.CODING
            for c in g.coders:
                place = Assignment(g.report_id, c, purpose, start[c] + got[c], now, who)
                got[c] += independence_store.assign(db, [place])
        for c, number in got.items():
            append(db, now, who, "assigned", c, {"reports": number, "purpose": "shared out"})
        return got


def sampled_reports(store: Store) -> frozenset[str]:
    """The ids of the audit sample: no model learns from what was decided on them."""
    with store.reading() as db:
        return frozenset(u.report_id for u in independence_store.audit_units(db, sampled=True))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one coder may see. `only`: the reports they may open, None for all. Those `waiting` come first, in
    their order, and are coded blind; those `locked` were, and may be looked at again."""

    only: frozenset[str] | None
    waiting: tuple[str, ...]
    locked: frozenset[str]

    def may_open(self, report_id: str) -> bool:
        """Whether the coder may open a report now: the blind ones come first, in their order."""
        if self.waiting:
            return report_id == self.waiting[0] or report_id in self.locked
        return self.only is None or report_id in self.only

    def may_see_evidence(self, report_id: str) -> bool:
        """Whether the coder may see what others marked in a report, and what is suggested for it."""
        return self.may_open(report_id) and report_id not in self.waiting

    def evidence_among(self, report_ids: Sequence[str]) -> Sequence[str]:
        """Those of some reports, there may be very many, of which the coder may see that."""
        if self.only is None and not self.waiting:
            return report_ids
        return [r for r in report_ids if self.may_see_evidence(r)]


def sight(db: Connection, coder: str, *, restricted: bool) -> Sight:
    """What a coder may see. `restricted`: only what they were assigned, once anything was assigned."""
    mine = independence_store.assignments(db, coder)
    limited = restricted and independence_store.any_assignment(db)
    waiting = tuple(a.report_id for a in mine if a.blind)
    locked = frozenset(a.report_id for a in mine if a.locked_at)
    return Sight(frozenset(a.report_id for a in mine) if limited else None, waiting, locked)
