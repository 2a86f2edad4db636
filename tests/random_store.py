"""A store of some dozens of small reports on which all sorts of things happened by chance, for counting."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.desk import Desk
from ctg_nlp.records import (
    Act,
    Answer,
    Assignment,
    Decision,
    Draw,
    FilterDecision,
    Group,
    Purpose,
    Report,
    ReportKind,
    Selection,
    Submission,
    VerdictKind,
)
from ctg_nlp.review.sampling import drawn
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.decisions import DecisionImport
from ctg_nlp.tallies import retally

WHEN = "2026-01-01T00:00:00+00:00"
CODERS = ("ada", "ben", "cy")
_GROUPS, _WITHOUT = 10, 4
"""So many groups have documents; of the last ones of them no report is settled as counting."""
_VERDICTS = (VerdictKind.ACCEPTED,) * 5 + (
    VerdictKind.WARNING, *(VerdictKind.REFUSED,) * 4, VerdictKind.NEAR_DUPLICATE, VerdictKind.REVISION,
)  # fmt: skip


def fill_by_chance(desk: Desk, seed: int, reports: int = 45) -> None:
    """Reports that count and others, decisions of every kind, filter decisions, a frozen sample, assignments,
    an audit sample; the desk's store must be empty but for its framework."""
    chance = random.Random(seed)
    made = list(_reports(chance, reports))
    with desk.store.transaction() as db:
        report_store.put_groups(
            db, [Group(f"G{n}", n, "1", chance.random() < 0.8) for n in range(_GROUPS + 5)]
        )
        for report in made:
            report_store.put_report(db, report)
            for copy in range(chance.choice((1, 1, 1, 2))):
                path = report.path if not copy else f"data/raw/copy of {report.name}"
                report_store.put_submission(db, Submission(path, report.report_id, 1, 1, WHEN))
        _decide(db, desk, chance, made)
        for report in made:
            retally(db, desk.framework, report.report_id)
        _filter(db, desk, chance, made)
        _assign(db, chance, made)
        _draw(db, seed)
        decision_store.erase_report(db, made[chance.randrange(reports)].report_id, WHEN, "lead", "the law")


def _reports(chance: random.Random, count: int) -> Iterator[Report]:
    """Groups have several documents, of which one counts or none; every other document is of no group."""
    taken = {f"G{n}" for n in range(_GROUPS - _WITHOUT, _GROUPS)}
    for n in range(count):
        group = chance.choice((None, f"G{chance.randrange(_GROUPS)}"))
        verdict, kind = chance.choice(_VERDICTS), chance.choice((ReportKind.FINAL,) * 4 + (ReportKind.PLAN,))
        may = verdict in (VerdictKind.ACCEPTED, VerdictKind.WARNING) and kind is ReportKind.FINAL
        counted = may and group not in taken and chance.random() < 0.9
        if counted and group:
            taken.add(group)
        made = Report(
            f"{n:02}{chance.randbytes(31).hex()}", count - n, f"report {n}.pdf", f"data/raw/report {n}.pdf",
            group, kind, verdict, received_at=WHEN, counted=counted, settled=chance.random() < 0.9,
            chosen=chance.random() < (0.4 if counted or verdict is VerdictKind.REFUSED else 0.1), pages=1,
        )  # fmt: skip
        gone = {"withdrawn_at": WHEN, "withdrawn_by": "lead", "withdrawn_why": "asked"}
        yield replace(made, **gone) if chance.random() < 0.1 else made


def _decide(db: Connection, desk: Desk, chance: random.Random, made: list[Report]) -> None:
    for name in ("kept", "undone"):
        decision_store.add_import(db, DecisionImport(name, name, "0" * 64, WHEN, "lead", 0))
    decision_store.undo_import(db, "undone", WHEN, "lead")
    for report in made:
        if chance.random() < 0.3:
            continue
        for n in range(chance.choice((2, 4) if report.counted else (1, 2))):
            act = Act(f"{report.sequence}-{n}", report.report_id, "answer", "method", None,
                      chance.choice(CODERS), WHEN, chance.choice((0.0, 2.5)), chance.choice(("", "m", "m")))  # fmt: skip
            act_store.add_act(db, act)
            decision_store.add_decisions(db, list(_said(desk, chance, act)))
            if chance.random() < 0.2:
                act_store.undo_act(db, act.act_id, WHEN)


def _said(desk: Desk, chance: random.Random, act: Act) -> Iterator[Decision]:
    """Nearly all of the map and of the second stage, by one coder, in one act or import or in neither."""
    role = chance.choice(("coder",) * 4 + ("adjudicator", "trainee"))
    come = chance.choice(
        ({"act_id": act.act_id}, {"act_id": act.act_id}, {"import_id": "kept"}, {"import_id": "undone"}, {})
    )
    assisted = "act_id" in come and act.model_id
    counted, least = int(act.report_id[:2]) % 3 > 0, chance.choice((0.0, 0.0, 0.0, 0.5))
    for dimension in desk.framework.dimensions:
        for code in [c.id for c in dimension.codes] or [None]:
            if chance.random() < least or (dimension.stage == "indepth" and chance.random() < 0.4):
                continue
            answer = Answer.PRESENT if (code == "counted") == counted else Answer.ABSENT
            answer = (
                Answer.VALUE
                if code is None
                else chance.choice((answer,) * 9 + (Answer.UNSURE, Answer.ABSENT))
            )
            yield Decision(
                act.report_id, dimension.id, code, answer, act.coder, f"2026-02-0{chance.randint(1, 9)}",
                desk.framework.framework_id, chance.choice((4, 4, 4, 5)) if code is None else None, role=role,
                suggested=chance.choice((True, False)) if assisted else None, **come,
            )  # fmt: skip


def _filter(db: Connection, desk: Desk, chance: random.Random, made: list[Report]) -> None:
    for n in range(3 * len(made)):
        wanted = chance.choice((desk.framework.filters[0], *desk.framework.filters))
        level = chance.choice([x.id for x in wanted.levels if x.passes] * 3 + ["weak", "fail", "gone"])
        role = chance.choice(("coder",) * 8 + ("adjudicator", "trainee"))
        number = selection_store.add_filter_decision(
            db,
            FilterDecision(str(n), chance.choice(made).report_id, wanted.id, level, chance.choice("xyz"),
                           chance.choice(CODERS), WHEN, desk.framework.framework_id, role),
        )  # fmt: skip
        if chance.random() < 0.1:
            selection_store.undo_filter_decision(db, number, WHEN, "lead")
    if chance.random() < 0.8:
        members = sorted(chance.sample(made, 9), key=lambda r: r.sequence)
        ids = tuple(r.report_id for r in members)
        selection_store.freeze(
            db, Selection("s", "Summer", WHEN, "lead", desk.framework.framework_id, "", ids, {})
        )
        selection_store.use(db, "s", WHEN, "lead")


def _assign(db: Connection, chance: random.Random, made: list[Report]) -> None:
    """Some are given to Cy, first what Cy alone decided on; the first to be coded blind for some seeds."""
    by: dict[str, set[str]] = {}
    for d in decision_store.decisions(db):
        by.setdefault(d.report_id, set()).add(d.coder)
    mine = sorted(chance.sample(made, len(made)), key=lambda r: by.get(r.report_id) != {"cy"})[:12]
    blind = chance.choice((0, 4))
    places = [
        Assignment(r.report_id, "cy", Purpose.DOUBLE if n < blind else Purpose.CODING, n, WHEN, "lead")
        for n, r in enumerate(mine)
    ]
    independence_store.assign(db, places)
    for r in mine[4:10]:
        independence_store.lock(db, r.report_id, "cy", f"2026-02-0{chance.randint(1, 9)}")


def _draw(db: Connection, seed: int) -> None:
    """For some of the seeds two thirds of the reports that count are an audit sample."""
    population = independence_store.not_drawn_from(db)
    draw = Draw(1, seed, len(population), len(population) * 2 // 3, WHEN, "lead")
    if seed % 3:
        independence_store.add_draw(db, draw, drawn(population, draw.size, draw.draw, seed))
