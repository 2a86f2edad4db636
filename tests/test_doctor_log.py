"""`ctg doctor` where somebody changed the database behind the program: triggers, decisions, the audit log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.records import Answer
from ctg_nlp.store import schema as s
from ctg_nlp.store.audit_log import START, entries
from ctg_nlp.store.checking import broken_guards
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.guards import expected_guards, guards
from ctg_nlp.store.log_checking import belonging_to_nothing, there_but_untold, told_otherwise

from .desks import ID, uid
from .review_home import CODED, ReviewHome
from .test_doctor import found, said
from .test_doctor import home as home


def test_a_trigger_that_is_gone_at_rest_or_says_something_else_is_found_on_postgresql(
    tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    store = open_store(new_address("postgresql"), create=True)
    assert broken_guards(store) == ()
    with store.transaction() as db:
        assert set(guards(db)) == set(expected_guards("postgresql"))  # none that a migration makes is unknown
        db.execute(text("DROP TRIGGER audit_log_no_truncate ON audit_log"))
        db.execute(text("ALTER TABLE case_choice DISABLE TRIGGER case_choice_append_only"))
        db.execute(text("CREATE OR REPLACE FUNCTION decision_append_only() RETURNS trigger AS "
                        "$$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql"))  # fmt: skip
        db.execute(text("DROP TRIGGER audit_head_goes_on ON audit_head"))
        db.execute(text("CREATE TRIGGER audit_head_goes_on BEFORE UPDATE ON audit_head FOR EACH ROW "
                        "WHEN (NEW.sequence = 0) EXECUTE FUNCTION audit_append_only()"))  # fmt: skip
    gone = ("audit_head_goes_on", "audit_log_no_truncate", "case_choice_append_only", "decision_append_only")
    assert broken_guards(store) == gone
    store.close()


def test_every_trigger_of_a_new_database_is_known_and_a_void_one_is_no_guard(store: Store) -> None:
    assert broken_guards(store) == ()
    with store.transaction() as db:
        assert set(guards(db)) == set(expected_guards("sqlite"))
        db.execute(text("DROP TRIGGER decision_no_update"))
        db.execute(text("CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT 1; END"))
    assert broken_guards(store) == ("decision_no_update",)


def test_an_audit_log_that_was_changed_or_tells_of_what_is_gone_is_found(home: ReviewHome) -> None:
    behind(home, "decision", "UPDATE decision SET import_id = NULL", "DELETE FROM decision_import")
    assert "tells of “import”" in said(home) and "decisions are of no import" in said(home)
    behind(home, "audit_log", "UPDATE audit_log SET who = 'nobody'")
    assert "audit log: It is broken at entry 1" in said(home)


def behind(home: ReviewHome, table: str, *statements: str) -> None:
    """Change what is only added to, and put its triggers back as they were."""
    with sqlite3.connect(home.root / "ctg.sqlite") as db:
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        triggers = db.execute(made, (table,)).fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for _, again in triggers:
            db.execute(again)


def test_a_decision_that_was_deleted_behind_the_program_is_found_also_after_counting_anew(
    home: ReviewHome,
) -> None:
    behind(
        home, "decision", "DELETE FROM anchor WHERE sequence = 1", "DELETE FROM decision WHERE sequence = 1"
    )
    first = [f.part for f in found(home, mend=True)]
    assert first == sorted(first, key=["audit log", "tables"].index) and "audit log" in first
    assert "decisions of" in said(home) and "; the database holds" in said(home)
    assert "tables" not in {f.part for f in found(home)}


def test_a_decision_that_was_changed_behind_the_program_is_found_also_after_counting_anew(
    home: ReviewHome,
) -> None:
    behind(home, "decision", "UPDATE decision SET answer = 'absent' WHERE sequence = "
                             "(SELECT min(sequence) FROM decision WHERE answer = 'present')")  # fmt: skip
    assert "compare the decisions on these reports with the last backup first" in said(home)
    assert [(f.part, f.mended) for f in found(home, mend=True)] == [("audit log", False), ("tables", True)]
    assert "; what they say was changed since" in said(home)
    with open_store(home.home.database).reading() as db:
        assert {e.who for e in entries(db, what="counted anew")} == {"ctg doctor"}


def test_a_log_that_was_cut_off_together_with_its_head_is_found_by_what_it_should_tell_of(
    home: ReviewHome,
) -> None:
    with sqlite3.connect(home.root / "ctg.sqlite") as db:
        cut = db.execute("SELECT min(sequence) - 1 FROM audit_log WHERE what = 'import'").fetchone()[0]
    last = f"(SELECT hash FROM audit_log WHERE sequence = {cut})" if cut else f"'{START}'"
    behind(home, "audit_log", f"DELETE FROM audit_log WHERE sequence > {cut}")
    behind(home, "audit_head", f"UPDATE audit_head SET sequence = {cut}, hash = {last}")
    assert "audit log: No entry tells of 1 “import” that the database holds" in said(home)


def test_decisions_that_went_with_the_erasure_of_their_report_are_not_missed(home: ReviewHome) -> None:
    store = open_store(home.home.database)
    withdraw_report(store, CODED[0], now=utc_now(), who="ann", why="asked")
    erase_report(store, home.home, CODED[0], now=utc_now(), who="ann", why="asked")
    store.close()
    assert "audit log" not in {f.part for f in found(home)}
    behind(home, "decision", "DELETE FROM anchor", "DELETE FROM decision WHERE sequence IN "
                             "(SELECT max(sequence) FROM decision)")  # fmt: skip
    assert "; the database holds" in said(home)


def test_what_coders_did_is_held_against_the_log_on_either_database(desk: Desk) -> None:
    dimension = next(d for d in desk.framework.stage("map") if d.kind == "multi")
    codes = [c.id for c in dimension.codes if not (c.exclusive or c.missing)][:2]
    for code in codes:
        desk.do(ID, Doing(uid(), dimension.id, code, Answer.PRESENT))
    with desk.store.reading() as db:
        assert list(told_otherwise(db)) == list(there_but_untold(db)) == []
        assert belonging_to_nothing(db) == 0
    with desk.store.transaction() as db:
        act = db.execute(text("SELECT min(act_id) FROM decision")).scalar_one()
        row = ", ".join(c for c in s.decision.c.keys() if c != "sequence")  # noqa: SIM118
        db.execute(
            text(f"INSERT INTO decision ({row}) SELECT {row} FROM decision WHERE act_id = :a"), {"a": act}
        )
        db.execute(text("UPDATE act SET act_id = :b WHERE act_id = :a"), {"a": act, "b": uid()})
    with desk.store.reading() as db:
        assert [(told.of, told.decisions, held) for told, held in told_otherwise(db)] == [(act, 1, 2)]
        assert len(list(there_but_untold(db))) == 1 and belonging_to_nothing(db) == 2
