"""The store, on SQLite and on PostgreSQL: the same behaviour on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DatabaseError

from ctg_nlp.errors import StoreError
from ctg_nlp.records import (
    Answer,
    Block,
    BlockKind,
    Box,
    Decision,
    Evidence,
    Group,
    Page,
    Passage,
    QuotedEvidence,
    Report,
    ReportKind,
    Span,
    Status,
    Submission,
    Suggestion,
    VerdictKind,
    Word,
)
from ctg_nlp.store import acts, decisions, queue, reports, suggestions
from ctg_nlp.store.database import Store, open_store, upgrade
from ctg_nlp.store.packing import pack_words, unpack_words
from ctg_nlp.store.schema import METADATA

ID = "a" * 64


@pytest.fixture
def sqlite(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'a.sqlite'}", create=True)


def report(report_id: str = ID, **changes) -> Report:
    base = Report(
        report_id, 1, "ä report.pdf", "data/raw/ä report.pdf", "G1", ReportKind.FINAL, VerdictKind.ACCEPTED,
        received_at="2026-01-01T00:00:00+00:00", counted=True, settled=True, signature=b"\x00\x01",
    )  # fmt: skip
    return replace(base, **changes)


def page() -> Page:
    words = (Word(0, 5, Box(1, 2, 3, 4)), Word(6, 11, Box(5.55, 6, 7, 8)))
    return Page(
        1, 595.0, 842.0, "Hello wörld", words, (Block(0, 11, BlockKind.PARAGRAPH),), ("Page 1",), "text", 90
    )


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite; compared on PostgreSQL
def test_the_migrations_make_the_schema_that_the_code_uses(any_store: Store) -> None:
    with any_store.reading() as db:
        assert compare_metadata(MigrationContext.configure(db), METADATA) == []


def test_what_is_stored_comes_back_the_same(any_store: Store) -> None:
    passage = Passage(1, 0, 11, BlockKind.PARAGRAPH, "Hello wörld", "A heading")
    evidence = Evidence(1, 0, 5, "Hello", (Box(1, 2, 3, 4),), Status.PLANNED)
    suggestion = Suggestion(ID, "phase", "primary", 0.5, 0.5, True, "m", "f", None, (evidence,), (evidence,))
    number = Suggestion(ID, "group_size", None, 0.9, 0.5, True, "m", "f", 3, ())
    group = Group("G1", 0, "2", True, ("a.pdf",), (("region", "North"),))
    submission = Submission("data/raw/ä report.pdf", ID, 12, 2**62, "2026-01-01")
    with any_store.transaction() as db:
        reports.put_groups(db, [group])
        reports.put_report(db, report())
        reports.put_pages(db, ID, [page()], [passage])
        reports.put_submission(db, submission)
        suggestions.put_framework(db, "f", "text", "now")
        suggestions.put_suggestions(db, ID, "m", "f", [suggestion, number])
        suggestions.put_proposed(db, ID, "m", "f", "x", "now")
    with any_store.reading() as db:
        assert reports.groups(db) == (group,)
        assert reports.reports(db) == (report(),)
        assert reports.pages(db, ID) == (replace(page(), words=unpack_words(pack_words(page().words))),)
        assert reports.passages(db, ID) == (passage,)
        assert reports.submissions(db) == (submission,)
        assert set(suggestions.suggestions(db, "m", "f")) == {suggestion, number}
        assert suggestions.last_model(db, "f") == "m"
        assert list(reports.texts_containing(db, ["hELLO", "RLD"])) == [
            (reports.Named(ID, "ä report.pdf", "G1"), 1, "Hello wörld")
        ]
        assert list(reports.texts_containing(db, ["hello", "moon"])) == []


def test_a_report_stored_again_is_not_there_twice(any_store: Store) -> None:
    with any_store.transaction() as db:
        for name in ("one.pdf", "two.pdf"):
            reports.put_report(db, report(name=name))
            reports.put_pages(db, ID, [page()], [])
            reports.put_submission(db, Submission("p", ID, 1, 2, "t"))
    with any_store.reading() as db:
        assert [r.name for r in reports.reports(db)] == ["two.pdf"]
        assert len(reports.pages(db, ID)) == 1 and len(reports.submissions(db)) == 1


def decide(db, report_id: str = ID, **changes) -> None:
    made = Decision(
        report_id, "phase", "primary", Answer.PRESENT, "lead", "2026-01-01", "f",
        evidence=(QuotedEvidence("Hello", (Span(1, 0, 5),)), QuotedEvidence("lost")), note="n",
    )  # fmt: skip
    decisions.add_decisions(db, [replace(made, **changes)])


def test_decisions_come_back_in_order_with_both_forms_of_their_evidence(any_store: Store) -> None:
    with any_store.transaction() as db:
        reports.put_report(db, report())
        decide(db)
        decide(db, code=None, dimension="group_size", answer=Answer.VALUE, value=3)
    with any_store.reading() as db:
        first, second = decisions.decisions(db)
    assert (first.sequence, second.sequence) == (1, 2)
    assert first.evidence == (QuotedEvidence("Hello", (Span(1, 0, 5),)), QuotedEvidence("lost"))
    assert second.value == 3


def test_a_decision_can_be_neither_changed_nor_deleted(any_store: Store) -> None:
    with any_store.transaction() as db:
        reports.put_report(db, report())
        decide(db)
    for statement in ("UPDATE decision SET answer = 'absent'", "DELETE FROM decision"):
        with pytest.raises(DatabaseError, match="append-only"), any_store.engine.begin() as db:
            db.execute(text("DELETE FROM anchor"))
            db.execute(text(statement))
    with any_store.reading() as db:
        assert len(list(decisions.decisions(db))) == 1


def test_an_erased_report_leaves_a_tombstone_and_nothing_else(any_store: Store) -> None:
    with any_store.transaction() as db:
        reports.put_report(db, report())
        reports.put_pages(db, ID, [page()], [])
        reports.put_submission(db, Submission("secret name.pdf", ID, 1, 2, "t"))
        decide(db)
        assert decisions.erase_report(db, ID, "now", "me", "asked for") == 1
    with any_store.reading() as db:
        assert reports.reports(db) == () and reports.pages(db, ID) == ()
        assert list(decisions.decisions(db)) == []
        assert decisions.erased(db) == {ID}
        for table in METADATA.sorted_tables:
            for row in db.execute(table.select()):
                assert "ä report" not in str(row) and "secret" not in str(row) and "Hello" not in str(row)


def test_a_transaction_that_fails_leaves_nothing(any_store: Store) -> None:
    with pytest.raises(RuntimeError), any_store.transaction() as db:
        reports.put_report(db, report())
        raise RuntimeError
    with any_store.reading() as db:
        assert reports.reports(db) == ()


def test_opening_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    with pytest.raises(StoreError, match="ctg db upgrade"):
        open_store(url)
    assert upgrade(url)[0] is None
    assert upgrade(url)[0] == upgrade(url)[1]
    store = open_store(url)
    with store.engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer ctg_nlp"):
        open_store(url)
    with pytest.raises(StoreError, match="not a database address"):
        open_store("nonsense")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}/none/a.sqlite", create=True)
    (tmp_path / "b.sqlite").write_bytes(b"this is no database at all, but a text" * 40)
    with pytest.raises(StoreError, match="not a usable database"):
        open_store(f"sqlite:///{tmp_path / 'b.sqlite'}", create=True)


Plan = list[str]


def plans(store: Store, ask: Callable[[Connection], object]) -> list[Plan]:
    """How SQLite goes about each query of `ask`."""
    asked: list[tuple[str, tuple[str, ...]]] = []
    note = lambda _c, _k, sql, values, *_: asked.append((sql, values))  # noqa: E731
    event.listen(store.engine, "before_cursor_execute", note)
    with store.reading() as db:
        ask(db)
        event.remove(store.engine, "before_cursor_execute", note)
        return [
            [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in asked
            if sql.startswith("SELECT")
        ]


@pytest.mark.parametrize(
    "ask",
    [
        lambda db: queue.scores(db, ID, "model", "framework"),
        lambda db: suggestions.suggested_codes(db, ID, "model", "framework", "dimension"),
        lambda db: tuple(suggestions.suggestions(db, "model", "framework", ID)),
    ],
)
def test_suggestions_of_one_report_are_found_by_its_id_without_reading_those_of_others(
    sqlite: Store, ask: Callable[[Connection], object]
) -> None:
    for plan in plans(sqlite, ask):
        assert any("SEARCH suggestion" in step and "(report_id=?" in step for step in plan), plan


@pytest.mark.parametrize("state", ["todo", "done", "all"])
def test_a_page_of_the_queue_of_one_code_is_read_in_its_order_and_not_sorted(
    sqlite: Store, state: str
) -> None:
    made_by, code = ("framework", "model"), ("dimension", "code")

    def ask(db: Connection) -> object:
        return queue.waiting_for_code(db, made_by, code, queue.Wanted("all"), state, queue.Choice(50))

    (plan,) = plans(sqlite, ask)
    assert any("SEARCH suggestion USING INDEX ix_suggestion_code" in step for step in plan), plan
    assert sum("ORDER BY" in step for step in plan) <= 1, plan  # the lines of the page alone are sorted


@pytest.mark.parametrize("state", ["todo", "begun", "done", "all"])
def test_a_page_of_the_queue_is_chosen_from_indices_alone(sqlite: Store, state: str) -> None:
    wanted = queue.Wanted(state)
    (plan,) = plans(sqlite, lambda db: queue.waiting(db, "framework", wanted, queue.Choice(50)))
    assert any("SEARCH tally USING COVERING INDEX ix_tally_queue" in step for step in plan), plan
    assert any("SEARCH report USING COVERING INDEX ix_report_counted" in step for step in plan), plan


def test_what_a_coder_did_last_is_found_without_reading_all_that_was_done(sqlite: Store) -> None:
    (plan,) = plans(sqlite, lambda db: acts.last_act(db, "ada"))
    assert "ix_act_coder (coder=?)" in plan[0], plan


coordinate = st.floats(-1000, 20000, allow_nan=False)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 50), coordinate, coordinate), max_size=30))
def test_words_are_packed_to_a_twentieth_of_a_point(items: list[tuple[int, int, float, float]]) -> None:
    words = tuple(Word(s, s + n, Box(x, y, x + 1, y + 1)) for s, n, x, y in items)
    for before, after in zip(words, unpack_words(pack_words(words)), strict=True):
        assert (before.start, before.end) == (after.start, after.end)
        assert abs(before.box.x0 - after.box.x0) <= 0.026 and abs(before.box.y1 - after.box.y1) <= 0.026


def test_any_number_of_reports_is_asked_for_in_queries_that_every_database_takes(sqlite: Store) -> None:
    most: list[int] = []

    def noted(conn, cursor, statement, parameters, context, many) -> None:
        most.append(len(parameters))

    with sqlite.reading() as db:
        event.listen(db.engine, "before_cursor_execute", noted)
        try:
            assert reports.reports(db, (f"{n:064x}" for n in range(70_000))) == ()
        finally:
            event.remove(db.engine, "before_cursor_execute", noted)
    assert max(most) <= 1000


def test_who_reads_sees_one_state_whatever_others_write_meanwhile(any_store: Store) -> None:
    first, second = Group("G1", 0), Group("G2", 1)
    with any_store.transaction() as db:
        reports.put_groups(db, [first])
    with any_store.reading() as reads:
        before = reports.groups(reads)
        with any_store.transaction() as db:
            reports.put_groups(db, [first, second])
        assert reports.groups(reads) == before == (first,)
    with any_store.reading() as reads:
        assert reports.groups(reads) == (first, second)
