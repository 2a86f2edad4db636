"""`ctg db copy`: a database goes over into the other kind, and back, without a difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from ctg_nlp.cli.main import ctg as command
from ctg_nlp.errors import StoreError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.store import audit_log
from ctg_nlp.store import schema as s
from ctg_nlp.store.copying import counters, sums
from ctg_nlp.store.database import Store, known_schemas, open_any, open_store
from ctg_nlp.store.transfer import copy

Address = Callable[[str], str]
KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def full(new_address: Address, ctg: Framework) -> Callable[[str], str]:
    from .filled_schema import fill_schema

    def make(kind: str) -> str:
        url = new_address(kind)
        fill_schema(url, known_schemas()[-1], ctg, framework_text(Path("ctg")))
        return url

    return make


def opened(url: str) -> Store:
    return open_any(url)[0]


@pytest.mark.parametrize("there", KINDS)
@pytest.mark.parametrize("here", KINDS)
def test_every_row_goes_over_unchanged_and_back(
    here: str, there: str, full: Address, new_address: Address
) -> None:
    first, second, third = full(here), new_address(there), new_address(here)
    given = copy(first, second)
    assert given == copy(second, third)
    assert sum(t.rows for t in given.values()) > 80
    with opened(first).reading() as a, opened(third).reading() as b:
        assert sums(a) == sums(b) == given


@pytest.mark.parametrize("there", KINDS)
def test_values_go_over_as_the_numbers_and_texts_that_they_are(
    there: str, full: Address, new_address: Address
) -> None:
    source, target, value = full("sqlite"), new_address(there), s.suggestion.c.value
    with opened(source).transaction() as db:
        for report_id, said in (("a" * 64, 7), ("b" * 64, "7")):
            db.execute(update(s.suggestion).where(s.suggestion.c.report_id == report_id).values(value=said))
    copy(source, target)
    with opened(target).reading() as db:
        assert db.execute(select(value).order_by(s.suggestion.c.report_id)).scalars().all() == [7, "7"]


@pytest.mark.parametrize("there", KINDS)
def test_the_copy_is_used_like_the_original(there: str, full: Address, new_address: Address) -> None:
    source, target = full("sqlite"), new_address(there)
    with opened(source).transaction() as db:  # numbers of rows that were erased are never given again
        db.execute(text("DELETE FROM sqlite_sequence WHERE name = 'decision'"))
        db.execute(text("INSERT INTO sqlite_sequence VALUES ('decision', 40)"))
        db.execute(
            text("UPDATE report SET related_to = :b WHERE report_id = :a"), {"a": "a" * 64, "b": "b" * 64}
        )
        db.execute(text("DROP TRIGGER audit_log_no_delete"))
        db.execute(text("DELETE FROM audit_log"))
        for n in range(3):
            audit_log.append(db, "2026-01-01", "ann", "read", str(n))
        db.execute(text("CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
                        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"))  # fmt: skip
    copy(source, target)
    store = open_store(target)
    with store.transaction() as db:
        assert counters(db)["decision"] == 40
        audit_log.append(db, "2026-01-01", "ann", "read", "one more")
        walked = audit_log.walk(db)
        assert (walked.entries, walked.broken_at) == (4, None)
    with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as db:
        db.execute(text("UPDATE decision SET answer = 'absent'"))
    with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as db:
        db.execute(text("DELETE FROM audit_head"))
    store.close()


def test_a_database_that_has_something_in_it_is_left_alone(full: Address) -> None:
    source, target = full("sqlite"), full("postgresql")
    with opened(target).reading() as db:
        before = sums(db)
    with pytest.raises(StoreError, match="has something in it already; nothing was copied"):
        copy(source, target)
    with opened(target).reading() as db:
        assert sums(db) == before


def test_what_the_other_kind_cannot_hold_is_told_by_table_and_nothing_is_copied(
    full: Address, new_address: Address
) -> None:
    source, target = full("sqlite"), new_address("postgresql")
    with opened(source).transaction() as db:
        db.execute(text("UPDATE memo SET text = 'a' || char(0) || 'b'"))
    with pytest.raises(StoreError, match="table memo cannot be stored in this database"):
        copy(source, target)
    with opened(target).reading() as db:
        assert all(t.rows == 0 for name, t in sums(db).items() if name != "audit_head")
    with opened(source).transaction() as db:
        db.execute(text("UPDATE memo SET text = 'ab'"))
    copy(source, target)  # and it can be repeated


def test_the_command_says_what_it_copied_and_compared(full: Address, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'moved.sqlite'}"
    done = CliRunner().invoke(command, ["db", "copy", full("postgresql"), target])
    assert done.exit_code == 0, done.output
    assert "counts and checksums of every table are the same" in done.output
    missing = CliRunner().invoke(command, ["db", "copy", f"sqlite:///{tmp_path / 'none.sqlite'}", target])
    assert "There is no database" in str(missing.exception) and not (tmp_path / "none.sqlite").exists()


def test_a_table_that_is_none_of_ours_is_named_and_not_left_out_in_silence(
    full: Address, new_address: Address
) -> None:
    source = full("sqlite")
    with opened(source).transaction() as db:
        db.execute(text("CREATE TABLE notes (x TEXT)"))
    with pytest.raises(StoreError, match="All was copied but notes, which are no tables"):
        copy(source, new_address("sqlite"))
