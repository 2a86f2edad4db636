"""What pages count in the database is what a plain reckoning over all that is stored comes to, whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import select

from ctg_nlp.desk import Desk
from ctg_nlp.records import Answer, Decision, Report
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import progress as progress_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import schema as s
from ctg_nlp.store.database import Store
from ctg_nlp.store.progress import CoderWork, Overrides
from ctg_nlp.store.queue import Left

from .random_store import fill_by_chance
from .sampling_desk import river_desk

SEEDS = range(4)


@pytest.fixture(params=SEEDS)
def rivers(any_store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    desk = river_desk(any_store, tmp_path, 0)
    fill_by_chance(desk, request.param)
    return desk


def stored(desk: Desk) -> tuple[tuple[Report, ...], list[Decision]]:
    """All reports and all decisions that stand."""
    with desk.store.reading() as db:
        return report_store.reports(db), list(decision_store.decisions(db))


def counting(reports: Iterable[Report]) -> set[str]:
    return {r.report_id for r in reports if r.counted and not r.withdrawn_at}


def test_what_coders_did_and_overrode_is_what_their_decisions_say(rivers: Desk) -> None:
    _, decisions = stored(rivers)
    with rivers.store.reading() as db:
        acts = [
            a
            for (i,) in db.execute(select(s.act.c.act_id))
            if (a := act_store.act(db, i)) and not a.undone_at
        ]
        found, by_coder = progress_store.work_of_coders(db), progress_store.decided_by_coder(db)
        taken = progress_store.overrides(db)
    work = []
    for coder in sorted({d.coder for d in decisions}):
        mine = [d for d in decisions if d.coder == coder]
        work.append(
            CoderWork(coder, len({d.report_id for d in mine}), len(mine), sum(bool(d.act_id) for d in mine),
                      sum(a.seconds for a in acts if a.coder == coder), max(d.time for d in mine))
        )  # fmt: skip
    assert found == tuple(work) and len(work) == 3
    assert by_coder == Counter((c, d) for c, d, _ in {(d.coder, d.dimension, d.report_id) for d in decisions})
    shown: dict[tuple[str, str], list[Decision]] = {}
    for d in decisions:
        if d.suggested is not None and d.code is not None and d.answer is not Answer.UNSURE:
            shown.setdefault((d.dimension, d.code), []).append(d)
    assert {(o.dimension, o.code): o for o in taken} == {
        key: Overrides(
            *key, len(of), sum(d.answer is Answer.PRESENT and not d.suggested for d in of),
            sum(d.answer is Answer.ABSENT and bool(d.suggested) for d in of),
        )
        for key, of in shown.items()
    }  # fmt: skip


def test_what_is_left_is_of_the_reports_that_count_alone(rivers: Desk) -> None:
    reports, _ = stored(rivers)
    framework_id = rivers.framework.framework_id
    with rivers.store.reading() as db:
        tallies = [
            t
            for r in sorted(counting(reports))
            if (t := queue_store.tally_of(db, r, framework_id)) is not None
        ]
        found = queue_store.left(db, framework_id)
        some = [t.report_id for t in tallies[::2]] + [r.report_id for r in reports if not r.counted]
        of_some = queue_store.left(db, framework_id, some)
        open_in = progress_store.open_reports_by_dimension(db, framework_id)
        of_another = queue_store.left(db, "another")
    assert 0 < len(tallies) < len(reports)
    assert found == left(tallies) and of_some == left(tallies[::2]) and of_another == left([])
    assert open_in == Counter(d for t in tallies for d in t.open_dimensions)


def left(tallies: list) -> Left:
    return Left(
        len(tallies), sum(t.open == 0 for t in tallies),
        sum(t.open > 0 and t.decided_at != "" for t in tallies), sum(t.conflicts > 0 for t in tallies),
        sum(t.codes for t in tallies), sum(t.open for t in tallies),
    )  # fmt: skip


def test_a_report_without_a_tally_is_found_also_where_another_has_one_too_many(rivers: Desk) -> None:
    reports, _ = stored(rivers)
    framework_id = rivers.framework.framework_id
    with rivers.store.transaction() as db:
        assert queue_store.without_tally(db, framework_id) == ()
        lost, failed = reports[3].report_id, reports[5].report_id
        db.execute(s.tally.delete().where(s.tally.c.report_id == lost))
        db.execute(s.report.update().where(s.report.c.report_id == failed).values(verdict="failed"))
        assert queue_store.without_tally(db, framework_id) == (lost,)
        assert queue_store.without_tally(db, "another") == tuple(
            r.report_id for r in reports if r.report_id != failed
        )
