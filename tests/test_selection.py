"""Filters, frozen samples and the flow of counts, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from ctg_nlp.causes import Cause
from ctg_nlp.changes import changes_since
from ctg_nlp.custody import erase_report, restore_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.deep_work import deep_work
from ctg_nlp.desk import Desk, Doing, NotYours
from ctg_nlp.errors import CtgError, DecisionsError
from ctg_nlp.independence import give
from ctg_nlp.rebuilds import keep
from ctg_nlp.records import Answer, FilterState, Flow, Purpose
from ctg_nlp.selecting import OtherUse, decide, freeze, judged, settle, standings, undo, use
from ctg_nlp.selection_flow import flow_from, flow_now
from ctg_nlp.settings import open_home
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import MIGRATIONS, Store, open_store, upgrade
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.changes import Asked
from ctg_nlp.synthesis.tables import Denominator, synthesis_tables, table_of

from .desks import make_desk, uid
from .sampling_desk import IDS, as_coder, code_deep, code_map, river_desk, saying

A, B, C = IDS[:3]
PASSED, NOT_PASSED, BLOCKED = FilterState.PASSED, FilterState.NOT_PASSED, FilterState.BLOCKED
CONFLICT, WAITING, LATER = FilterState.CONFLICT, FilterState.WAITING, FilterState.LATER


@pytest.fixture
def rivers(any_store: Store, tmp_path: Path) -> Desk:
    """Three reports, the map of each decided; the last one is only told by others."""
    desk = river_desk(any_store, tmp_path)
    for report_id, method in ((A, "counted"), (B, "counted"), (C, "told")):
        code_map(desk, report_id, method)
    return desk


def states(desk: Desk, report_id: str) -> list[FilterState]:
    return [o.state for o in judged(desk, report_id).outcomes]


def passed(desk: Desk, *report_ids: str) -> None:
    for report_id in report_ids:
        decide(desk, report_id, saying("quality", "fair"))
        decide(desk, report_id, saying("depth", "pass"))


def logged(desk: Desk, what: str) -> list[dict]:
    with desk.store.reading() as db:
        return [dict(e.detail) for e in entries(db, what=what)]


def step(flow: Flow, name: str):
    return next(s for s in flow.steps if s.id == name)


def test_filters_are_decided_in_their_order_each_with_its_reason_time_and_coder(rivers: Desk) -> None:
    assert states(rivers, A) == [WAITING, LATER]
    with pytest.raises(DecisionsError, match="“Quality of the counts” comes first"):
        decide(rivers, A, saying("depth", "pass"))
    now = decide(rivers, A, saying("quality", "strong", "  counted twice  "))
    assert [o.state for o in now.outcomes] == [PASSED, WAITING]
    (said,) = now.outcome("quality").said
    assert (said.level, said.reason, said.coder) == ("strong", "counted twice", "ada")
    assert said.time.startswith("2026-02-01") and said.framework_id == rivers.framework.framework_id
    decide(rivers, A, saying("depth", "fail"))
    assert states(rivers, A) == [PASSED, NOT_PASSED]


def test_nothing_is_decided_without_reason_before_the_map_or_off_the_scale(
    any_store: Store, tmp_path: Path
) -> None:
    desk = river_desk(any_store, tmp_path, 1)
    with pytest.raises(DecisionsError, match="Not wholly decided on report 1.pdf: Method, Length"):
        decide(desk, A, saying("quality", "fair"))
    code_map(desk, A)
    for judging, said in (
        (saying("quality", "fair", " "), "Give the reason"),
        (saying("quality", "pass"), "has no pass; there are: strong, fair, weak"),
        (saying("nothing", "pass"), "has no filter nothing; there are: quality, depth"),
    ):
        with pytest.raises(DecisionsError, match=said):
            decide(desk, A, judging)
    assert judged(desk, A).mine == {} and logged(desk, "filter decision") == []


def test_a_code_of_the_map_bars_from_passing_and_counts_as_an_automatic_step(rivers: Desk) -> None:
    assert states(rivers, C) == [BLOCKED, LATER]
    with pytest.raises(DecisionsError, match="report 3.pdf is coded in the map as “Told by others”"):
        decide(rivers, C, saying("quality", "fair"))
    (left,) = step(flow_now(rivers.store, rivers.framework), "filter quality").left
    assert (left.label, left.count, str(left.by)) == (
        "Quality of the counts: coded in the map as “Told by others”",
        1,
        "automatic",
    )
    decide(rivers, C, saying("quality", "weak"))  # a person may say so too; then a person did
    (left,) = step(flow_now(rivers.store, rivers.framework), "filter quality").left
    assert (left.label, left.count, str(left.by)) == ("Quality of the counts: Weak counts", 1, "people")


def test_a_report_that_passed_before_its_code_came_is_blocked_after(rivers: Desk) -> None:
    passed(rivers, A)
    rivers.do(A, Doing(uid(), "method", "told", Answer.PRESENT))
    assert states(rivers, A) == [BLOCKED, LATER]


def test_coders_who_differ_wait_for_an_adjudicator_whose_word_settles_it(rivers: Desk) -> None:
    ben, cy = as_coder(rivers, "ben"), as_coder(rivers, "cy")
    decide(rivers, A, saying("quality", "strong"))
    decide(ben, A, saying("quality", "weak"))
    assert states(rivers, A) == states(ben, A) == [CONFLICT, LATER]
    assert {d.coder for d in judged(cy, A).outcome("quality").said} == {"ada", "ben"}
    waiting = step(flow_now(rivers.store, rivers.framework), "filter quality")
    assert "1 for an adjudicator" in waiting.waits_for
    settle(cy, A, saying("quality", "fair", "seen by both"))
    assert states(rivers, A) == [PASSED, WAITING]
    assert logged(rivers, "filter decision")[-1]["role"] == "adjudicator"
    decide(ben, A, saying("quality", "strong"))
    assert judged(cy, A).outcome("quality").level == "fair"  # what is settled stays settled


def test_nothing_is_settled_where_coders_do_not_differ_but_what_was_settled_can_be_settled_anew(
    rivers: Desk,
) -> None:
    ben, cy = as_coder(rivers, "ben"), as_coder(rivers, "cy")
    for _ in range(2):  # nobody said anything; one did
        with pytest.raises(DecisionsError, match="do not differ on “Quality of the counts”"):
            settle(cy, A, saying("quality", "weak"))
        decide(rivers, A, saying("quality", "strong"))
    decide(ben, A, saying("quality", "fair"))
    settle(cy, A, saying("quality", "weak"))
    settle(cy, A, saying("quality", "strong"))
    assert states(rivers, A) == [PASSED, WAITING]


def test_who_settled_undoes_the_settlement_and_not_what_they_said_before(rivers: Desk) -> None:
    ben = as_coder(rivers, "ben")
    said = saying("quality", "strong")
    decide(rivers, A, said)
    decide(ben, A, saying("quality", "weak"))
    settle(rivers, A, saying("quality", "fair"))
    last = judged(rivers, A).last
    assert last is not None and (last.level, last.role) == ("fair", "adjudicator")
    assert judged(rivers, A).mine["quality"].level == "strong"
    with pytest.raises(DecisionsError, match="undo that first"):
        undo(rivers, A, said.decision_id)
    assert [o.state for o in undo(rivers, A, last.decision_id).outcomes] == [CONFLICT, LATER]
    undo(rivers, A, said.decision_id)
    assert states(rivers, A) == [NOT_PASSED, LATER]


def test_the_same_decision_sent_twice_is_one_and_its_id_serves_nobody_else(rivers: Desk) -> None:
    once = saying("quality", "fair")
    decide(rivers, A, once)
    decide(rivers, A, once)
    with rivers.store.reading() as db:
        assert len(selection_store.filter_decisions(db, [A])) == 1
    for desk, report_id in ((as_coder(rivers, "ben"), A), (rivers, B)):
        with pytest.raises(OtherUse):
            decide(desk, report_id, once)


def test_undo_lets_the_last_word_before_stand_again_and_keeps_what_was_undone(rivers: Desk) -> None:
    first, second = saying("quality", "strong"), saying("quality", "weak")
    decide(rivers, A, first)
    decide(rivers, A, second)
    with pytest.raises(DecisionsError, match="undo that first"):
        undo(rivers, A, first.decision_id)
    with pytest.raises(DecisionsError, match="nothing of yours"):
        undo(as_coder(rivers, "ben"), A, second.decision_id)
    assert [o.state for o in undo(rivers, A, second.decision_id).outcomes] == [PASSED, WAITING]
    undo(rivers, A, second.decision_id)
    assert len(logged(rivers, "filter undo")) == 1
    with rivers.store.reading() as db:
        kept = selection_store.filter_decisions(db, [A], undone=True)
    assert [bool(d.undone_at) for d in kept] == [False, True]


def test_who_codes_blind_sees_no_filter_decision_of_others_until_the_report_is_locked(rivers: Desk) -> None:
    ben = as_coder(rivers, "ben")
    passed(rivers, A)
    give(rivers.store, [A], "ben", Purpose.DOUBLE, now="2026-02-01T01:00:00+00:00", who="lead")
    seen = judged(ben, A)
    assert seen.blind and all(o.said == () for o in seen.outcomes)
    assert [d.id for d in seen.open] == ["method", "length"]  # by ben's own coding, not by ada's
    assert A not in {s.report.report_id for s in standings(ben)}
    with pytest.raises(NotYours):
        judged(ben, B)  # the blind ones come first
    code_map(ben, A, "told")
    with pytest.raises(DecisionsError, match="cannot be passed"):
        decide(ben, A, saying("quality", "fair"))  # by ben's own codes too
    now = decide(ben, A, saying("quality", "weak"))
    assert [d.coder for d in now.outcome("quality").said] == ["ben"]
    with pytest.raises(DecisionsError, match="still codes this report blind"):
        settle(as_coder(rivers, "cy"), A, saying("quality", "fair"))


def test_what_a_trainee_says_never_counts(rivers: Desk) -> None:
    ben = as_coder(rivers, "ben")
    give(rivers.store, [A], "ben", Purpose.TRAINING, now="2026-02-01T01:00:00+00:00", who="lead")
    code_map(ben, A)
    assert [o.state for o in decide(ben, A, saying("quality", "weak")).outcomes] == [NOT_PASSED, LATER]
    assert states(rivers, A) == [WAITING, LATER]


def test_a_frozen_sample_is_what_tables_of_the_second_stage_are_of(rivers: Desk) -> None:
    passed(rivers, A, B)
    code_deep(rivers, A)
    code_deep(rivers, C)  # coded in depth without being selected
    of = lambda: synthesis_tables(rivers.framework, dataset(rivers.store, rivers.framework), "indepth")[0]  # noqa: E731
    assert dataset(rivers.store, rivers.framework).sample is None
    assert (of().reports, of().rows[0].n) == (2, 2)  # while nothing is frozen: those with any decision
    frozen = freeze(rivers, " Summer ", "the first")
    assert (frozen.name, frozen.reports) == ("Summer", (A, B))
    assert dataset(rivers.store, rivers.framework).sample == {A, B}
    table = of()
    assert table.denominator is Denominator.SAMPLE and table.reports == 2
    assert (table.rows[0].n, table.rows[0].denominator, table.rows[0].undecided) == (1, 1, 1)
    threats = rivers.framework.stage("indepth")[0]
    columns = Columns(rivers.framework, dataset(rivers.store, rivers.framework))
    assert table_of(columns, threats, Denominator.INDICATED).reports == 1  # of the sample alone, too


def test_a_figure_that_another_sample_changed_names_the_sample_as_its_cause(rivers: Desk) -> None:
    passed(rivers, A)
    code_deep(rivers, A)
    code_deep(rivers, B)
    freeze(rivers, "First")
    before = keep(rivers.store, rivers.home, now=rivers.clock(), who="ada")
    passed(rivers, B)
    freeze(rivers, "Second")
    found = changes_since(rivers.store, rivers.home, before.rebuild_id, Asked())
    dams = next(c for c in found.cells if c.row == "dams")
    assert [(c.cause, c.reports, c.n, c.denominator) for c in dams.contributions] == [(Cause.SAMPLE, 1, 1, 1)]


def test_several_samples_are_kept_and_one_of_them_is_in_use(rivers: Desk) -> None:
    with pytest.raises(DecisionsError, match="nothing to freeze"):
        freeze(rivers, "None")
    passed(rivers, A)
    freeze(rivers, "First")
    passed(rivers, B)
    with pytest.raises(DecisionsError, match="First was frozen on 2026-02-01 and never changes"):
        freeze(rivers, "First")
    freeze(rivers, "Second")
    assert dataset(rivers.store, rivers.framework).sample == {A, B}
    use(rivers, "First")
    assert dataset(rivers.store, rivers.framework).sample == {A}
    flow = flow_now(rivers.store, rivers.framework)
    assert flow.sample == "First" and step(flow, "sample").waiting == 1
    with pytest.raises(DecisionsError, match="There is no selection Third; there are: First, Second"):
        use(rivers, "Third")
    assert logged(rivers, "selection frozen") == [{"reports": 1}, {"reports": 2}]
    assert len(logged(rivers, "selection in use")) == 1


def test_two_who_freeze_under_one_name_at_once_get_one_sample_and_one_sentence(rivers: Desk) -> None:
    passed(rivers, A)
    said: list[str] = []

    def slowly() -> str:  # between looking whether the name is taken and taking it
        time.sleep(0.2)
        return rivers.clock()

    def freeze_it() -> None:
        try:
            said.append(freeze(replace(rivers, clock=slowly), "Summer").name)
        except CtgError as error:
            said.append(str(error))

    threads = [threading.Thread(target=freeze_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["Summer", "Summer was frozen on 2026-02-01 and never changes; give another name."]


def test_a_frozen_sample_stays_as_it_was_whatever_is_decided_afterwards(rivers: Desk) -> None:
    passed(rivers, A, B)
    frozen = freeze(rivers, "Summer")
    decide(rivers, A, saying("quality", "weak"))
    now = step(flow_now(rivers.store, rivers.framework), "sample")
    assert (now.entered, now.joined, now.remaining) == (1, 1, 2)
    with rivers.store.reading() as db:
        (kept,) = selection_store.selections(db)
    assert kept.reports == (A, B)
    then = flow_from(kept.flow)
    assert then is not None and then == flow_from(frozen.flow)
    assert (step(then, "sample").entered, step(then, "sample").joined) == (2, 0)


def test_reasons_stand_in_the_flow_of_now_and_in_no_frozen_one_so_that_erasing_takes_them(
    rivers: Desk,
) -> None:
    passed(rivers, A)
    decide(rivers, B, saying("quality", "weak", "Mr Hill counted alone"))
    (left,) = step(flow_now(rivers.store, rivers.framework), "filter quality").left[1:]
    assert left.reasons == (("Mr Hill counted alone", 1),)
    assert "Mr Hill" not in str(freeze(rivers, "Summer").flow)
    withdraw_report(rivers.store, B, now=rivers.clock(), who="ada", why="asked")
    erase_report(rivers.store, rivers.home, B, now=rivers.clock(), who="ada", why="asked")
    assert "Mr Hill" not in str(flow_now(rivers.store, rivers.framework))


def test_what_waits_in_depth_is_told_of_the_sample_begun_ones_first(rivers: Desk) -> None:
    code_map(rivers, C, "counted")
    passed(rivers, A, B, C)
    code_deep(rivers, A)
    rivers.do(C, Doing(uid(), "threats", "dams", Answer.PRESENT))
    with rivers.store.reading() as db:
        assert deep_work(db, rivers.framework) is None, "no sample is frozen"
    freeze(rivers, "Summer")
    with rivers.store.reading() as db:
        work = deep_work(db, rivers.framework)
        mine = deep_work(db, rivers.framework, {B})
    assert work is not None and mine is not None
    assert [(r.report.report_id, str(r.state), r.left, r.codes) for r in work.reports] == [
        (C, "begun", 1, 2), (B, "not begun", 2, 2), (A, "complete", 0, 2),
    ]  # fmt: skip
    assert work.in_words() == "1 complete, 1 begun, 1 not begun" and work.open_in() == {"threats": 2}
    assert [r.report.report_id for r in mine.reports] == [B]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE selection SET name = 'other'",
        "DELETE FROM selection",
        "DELETE FROM selection_report",
        f"UPDATE selection_report SET report_id = '{C}' WHERE report_id = '{A}'",
        f"INSERT INTO selection_report SELECT selection_id, '{C}' FROM selection",
        "DELETE FROM selection_use",
        "UPDATE filter_decision SET level = 'weak'",
        "DELETE FROM filter_decision",
        "UPDATE filter_undo SET undone_by = 'nobody'",
        "DELETE FROM filter_undo",
    ],
)
def test_neither_a_frozen_sample_nor_a_filter_decision_can_be_changed_in_the_database(
    rivers: Desk, statement: str
) -> None:
    passed(rivers, A)
    gone = saying("depth", "fail")
    decide(rivers, A, gone)
    undo(rivers, A, gone.decision_id)
    freeze(rivers, "Summer")
    with pytest.raises(DatabaseError, match="never changes|append-only"), rivers.store.engine.begin() as db:
        db.execute(text(statement))


def test_a_withdrawn_report_leaves_the_flow_and_comes_back_and_an_erased_one_leaves_its_counts(
    rivers: Desk,
) -> None:
    passed(rivers, A, B)
    undone = saying("quality", "weak", "text of the report")
    decide(rivers, B, undone)
    undo(rivers, B, undone.decision_id)
    freeze(rivers, "Summer")
    store, now = rivers.store, "2026-03-01T00:00:00+00:00"
    withdraw_report(store, B, now=now, who="lead", why="asked for")
    flow = flow_now(store, rivers.framework)
    assert (step(flow, "sample").remaining, flow.gone) == (1, 1)
    assert [(x.label, str(x.by)) for x in step(flow, "counted").left] == [("Withdrawn", "people")]
    with pytest.raises(Exception, match="withdrawn"):
        decide(rivers, B, saying("quality", "fair"))
    erase_report(store, rivers.home, B, now=now, who="lead", why="the law")
    flow = flow_now(store, rivers.framework)
    assert [(x.label, x.count) for x in step(flow, "reports").left] == [("Erased", 1)]
    with store.reading() as db:
        assert selection_store.filter_decisions(db, [B], undone=True) == ()
        assert selection_store.selections(db)[0].reports == (A, B)  # the id of its tombstone
    withdraw_report(store, A, now=now, who="lead", why="asked for")
    restore_report(store, A, now=now, who="lead")
    counted = step(flow_now(store, rivers.framework), "counted")
    assert (counted.waiting, counted.waits_for) == (1, "for the next run, which says whether they count")


def test_a_database_from_before_the_selection_keeps_its_decisions_and_can_select(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    open_store(url, create=True).close()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    before = ScriptDirectory.from_config(config).get_revision("0010").down_revision
    (tmp_path / "old.sqlite").unlink()
    old = Store(create_engine(url))
    with old.transaction() as db:
        config.attributes["connection"] = db
        command.upgrade(config, str(before))
    code_map(river_desk(old, tmp_path, 1), A)
    old.close()
    upgrade(url)
    now = open_store(url)
    desk = make_desk(open_home(tmp_path / "home"), now)
    passed(desk, A)
    assert freeze(desk, "Summer").reports == (A,)
    now.close()


@pytest.fixture
def many(store: Store, tmp_path: Path) -> Iterator[Desk]:
    yield river_desk(store, tmp_path, 6)


def test_each_report_that_counts_is_told_once_where_it_is(many: Desk) -> None:
    a, b, c, d, e, _ = IDS
    for report_id in (a, b, c, d):
        code_map(many, report_id)
    code_map(many, e, "told")
    passed(many, a)
    decide(many, b, saying("quality", "weak"))
    decide(many, c, saying("quality", "fair"))
    at = [(s.fate.mapped, s.at and (s.at.filter, str(s.at.state))) for s in standings(many)]
    assert at == [
        (True, None),
        (True, ("quality", "not passed")),
        (True, ("depth", "waiting")),
        (True, ("quality", "waiting")),
        (True, ("quality", "blocked by the map")),
        (False, ("quality", "waiting")),
    ]


def test_a_decision_by_a_level_that_the_scale_has_no_more_decides_nothing(many: Desk) -> None:
    code_map(many, A)
    decide(many, A, saying("quality", "fair"))
    with many.store.transaction() as db:
        old = selection_store.filter_decisions(db)[0]
        selection_store.add_filter_decision(db, replace(old, decision_id=uid(), level="gone", coder="ben"))
    assert states(many, A) == [PASSED, WAITING]
