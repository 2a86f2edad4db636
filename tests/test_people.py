"""Users, passwords, sessions and the audit log: on SQLite and PostgreSQL, without the web."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ctg_nlp import passwords
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.errors import BrokenLog, PeopleError
from ctg_nlp.passwords import fits, hashed, too_weak
from ctg_nlp.people import (
    add_user,
    change_password,
    log_in,
    log_out,
    session_of,
    set_active,
    set_password,
    set_role,
)
from ctg_nlp.records import Role
from ctg_nlp.settings import make_home
from ctg_nlp.store.audit_log import Head, append, entries, head, walk
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.people import users
from ctg_nlp.store.schema import METADATA

from .conftest import THOROUGH

NOW = "2026-03-01T09:00:00.000000+00:00"
GOOD, OTHER = "grape lamp tuesday", "seven quiet otters"


def at(hours: float, day: int = 1) -> str:
    whole = int(hours)
    return f"2026-03-{day:02}T{whole:02}:{int((hours - whole) * 60):02}:00.000000+00:00"


def ada(store: Store, role: Role = Role.CODER, name: str = "ada", **more: bool) -> None:
    add_user(store, name, role, GOOD, now=NOW, who="lead", **more)


def said(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as db:
        return [(e.who, e.what, e.subject) for e in entries(db)]


def enter(store: Store, password: str = GOOD, now: str = NOW, name: str = "ada") -> str | None:
    found = log_in(store, name, password, now=now, address="192.0.2.1")
    return found[1] if found else None


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "password1234", "P@ssw0rd2026", "aaaaaaaaaaaa", "123456789012", "qwertyuiop12",
     "dragondragon", "closingthegap", "summer2026!!", "ada has a dog", "a" * 129, "a            b"],
)  # fmt: skip
def test_a_password_that_is_guessed_soon_is_not_taken(password: str) -> None:
    assert too_weak(password, "ada")


@pytest.mark.parametrize(
    "password", [GOOD, OTHER, "пароль с пробелами", "zq8!kk-Lw3xy", "x9" * 6 + "abcdefg 5" * 11]
)
def test_any_long_password_is_taken_whatever_signs_it_has(password: str) -> None:
    assert too_weak(password, "ada") == ""


@pytest.fixture
def thorough(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed as the product does it."""
    monkeypatch.setattr(passwords, "_hasher", THOROUGH)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.mark.usefixtures("thorough")
def test_a_password_is_kept_by_argon2id_salted_and_whole() -> None:
    one, two = hashed(GOOD), hashed(GOOD)
    assert one != two and one.startswith("$argon2id$v=19$m=65536,t=3,p=4$") and GOOD not in one
    assert (
        fits(one, GOOD)
        and not fits(one, GOOD[:-1])
        and not fits(one, GOOD + "x")
        and not fits("rubbish", GOOD)
    )
    long = "x9 abcdefg " * 11
    assert not fits(hashed(long), long[:-2])


def test_the_same_signs_from_another_keyboard_are_the_same_password() -> None:
    assert fits(hashed("café au lait noir"), "cafe\u0301 au lait noir")


@pytest.mark.usefixtures("thorough")
def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    kept = hashed(GOOD)
    fits(None, OTHER)

    def seconds(of: str | None) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            fits(of, OTHER)
            times.append(time.process_time() - start)
        return min(times)

    assert 0.5 < seconds(None) / seconds(kept) < 2


def test_names_are_one_whatever_their_case_and_must_be_readable(any_store: Store) -> None:
    ada(any_store)
    for name in ("ada", "Ada", " ada "):
        with pytest.raises(PeopleError, match="already"):
            ada(any_store, name=name)
    for name in ("", "  ", "a\nb", "x" * 101):
        with pytest.raises(PeopleError, match="name"):
            ada(any_store, name=name)


def test_every_change_of_people_is_logged_and_ends_their_sessions(any_store: Store) -> None:
    ada(any_store)
    for change in (
        lambda: set_role(any_store, "ada", Role.LEAD, now=NOW, who="boss"),
        lambda: set_password(any_store, "ada", GOOD, now=NOW, who="boss"),
        lambda: set_active(any_store, "ada", False, now=NOW, who="boss"),
        lambda: set_active(any_store, "ada", True, now=NOW, who="boss"),
    ):
        token = enter(any_store)
        change()
        assert token is None or session_of(any_store, token, NOW) is None
    kinds = [what for _, what, subject in said(any_store) if subject == "ada"]
    assert kinds == ["user added", "role changed", "password set", "user deactivated", "user activated"]
    with any_store.reading() as db:
        assert [(u.role, u.active, u.must_change) for u in users(db)] == [(Role.LEAD, True, True)]


def test_a_deactivated_user_cannot_log_in(any_store: Store) -> None:
    ada(any_store)
    set_active(any_store, "ada", False, now=NOW, who="lead")
    assert enter(any_store) is None
    set_active(any_store, "ada", True, now=NOW, who="lead")
    assert enter(any_store)


def test_changing_the_password_needs_the_old_one_and_ends_all_sessions(any_store: Store) -> None:
    ada(any_store)
    token = enter(any_store)
    with pytest.raises(PeopleError, match="present password"):
        change_password(any_store, "ada", OTHER, OTHER, now=NOW)
    with pytest.raises(PeopleError, match="fewer than 12"):
        change_password(any_store, "ada", GOOD, "short", now=NOW)
    with pytest.raises(PeopleError, match="Choose another"):
        change_password(any_store, "ada", GOOD, GOOD, now=NOW)
    assert session_of(any_store, token, NOW)
    change_password(any_store, "ada", GOOD, OTHER, now=NOW)
    assert session_of(any_store, token, NOW) is None
    assert enter(any_store) is None and enter(any_store, OTHER)
    with any_store.reading() as db:
        assert not users(db)[0].must_change


def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(any_store: Store) -> None:
    ada(any_store)
    token = enter(any_store)
    assert session_of(any_store, token, at(20.9)) is not None  # 11.9 hours after the log-in
    assert session_of(any_store, token, at(8.8, day=2)) is not None  # 11.9 hours after the last use
    assert session_of(any_store, token, at(20.9, day=2)) is None  # 12.1
    token = enter(any_store, now=at(9))
    for day in range(1, 8):
        assert session_of(any_store, token, at(12, day)) and session_of(any_store, token, at(23, day))
        assert day == 7 or session_of(any_store, token, at(8, day + 1))
    assert (
        session_of(any_store, token, at(8.9, day=8)) and session_of(any_store, token, at(9.1, day=8)) is None
    )


def test_a_token_is_long_random_and_never_stored(any_store: Store) -> None:
    ada(any_store)
    one, two = enter(any_store), enter(any_store)
    assert one != two and len(one) >= 43  # 256 bits
    with any_store.reading() as db:
        for table in METADATA.sorted_tables:
            for row in db.execute(table.select()):
                assert one not in str(row) and GOOD not in str(row)
    assert session_of(any_store, one + "x", NOW) is None
    log_out(any_store, one, now=NOW)
    assert session_of(any_store, one, NOW) is None and session_of(any_store, two, NOW)


def test_log_ins_are_logged_without_what_was_typed(any_store: Store) -> None:
    ada(any_store)
    enter(any_store)
    enter(any_store, OTHER)
    enter(any_store, OTHER, name="hunter2 my password")
    log_out(any_store, enter(any_store), now=NOW)
    assert [(who, what) for who, what, _ in said(any_store)[1:]] == [
        ("ada", "log-in"), ("ada", "failed log-in"), ("unknown name", "failed log-in"), ("ada", "log-in"),
        ("ada", "log-out"),
    ]  # fmt: skip


def fill(store: Store, n: int = 5) -> None:
    for i in range(n):
        with store.transaction() as db:
            append(db, NOW, "ada", "read", f"report {i}", {"n": i, "wörd": "ä"})


def test_the_log_is_a_chain_from_its_start_to_its_head(any_store: Store) -> None:
    with any_store.reading() as db:
        assert walk(db).entries == 0
    fill(any_store)
    with any_store.reading() as db:
        found = walk(db)
        assert (found.entries, found.broken_at) == (5, None) and found.head == head(db)
        assert [e.detail["n"] for e in entries(db, subject="report 3")] == [3]
        assert walk(db, found.head).broken_at is None


def test_an_entry_can_be_neither_changed_nor_deleted(any_store: Store) -> None:
    fill(any_store)
    for statement in (
        "UPDATE audit_log SET who = 'bob'", "DELETE FROM audit_log", "DELETE FROM audit_head",
        "UPDATE audit_head SET sequence = 3",
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), any_store.engine.begin() as db:
            db.execute(text(statement))
    with any_store.reading() as db:
        assert walk(db).broken_at is None


def unlocked(store: Store, *statements: str) -> None:
    """What somebody does who owns the database: the triggers go first."""
    with store.engine.begin() as db:
        if store.engine.dialect.name == "sqlite":
            for name in (
                "audit_log_no_update",
                "audit_log_no_delete",
                "audit_head_no_delete",
                "audit_head_goes_on",
            ):
                db.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_log", "audit_head"):
                db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            db.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "at_entry", "why"),
    [
        ("UPDATE audit_log SET who = 'bob' WHERE sequence = 2", 2, "changed"),
        ("UPDATE audit_log SET detail = '{\"n\": 7}' WHERE sequence = 4", 4, "changed"),
        ("DELETE FROM audit_log WHERE sequence = 3", 4, "entry 3 is missing"),
        ("DELETE FROM audit_log WHERE sequence = 1", 2, "entry 1 is missing"),
        ("DELETE FROM audit_log WHERE sequence > 3", 4, "the end was cut off; there were 5"),
        ("DELETE FROM audit_log", 1, "the end was cut off; there were 5"),
        ("DELETE FROM audit_head", 5, "the head, which is kept apart, is gone"),
        ("INSERT INTO audit_log SELECT 6, time, who, what, subject, detail, hash, hash FROM audit_log WHERE sequence = 5",
         6, "it was changed"),
    ],
)  # fmt: skip
def test_the_walk_names_the_first_entry_that_is_wrong(
    any_store: Store, statement: str, at_entry: int, why: str
) -> None:
    fill(any_store)
    unlocked(any_store, statement)
    with any_store.reading() as db:
        found = walk(db)
    assert found.broken_at == at_entry and why in found.why


def test_a_whole_chain_made_anew_is_found_only_by_a_head_noted_elsewhere(store: Store) -> None:
    fill(store)
    with store.reading() as db:
        noted = walk(db).head
    unlocked(store, "DELETE FROM audit_log", f"UPDATE audit_head SET sequence = 0, hash = '{'0' * 64}'")
    fill(store, 3)
    with store.reading() as db:
        assert walk(db).broken_at is None  # nothing in the database can tell
        assert walk(db, noted).broken_at == 4
    fill(store, 3)
    with store.reading() as db:
        assert walk(db, noted).broken_at == 5
        assert walk(db, Head(2, "f" * 64)).why == "it is not the entry that was noted"


def test_writers_at_once_make_one_chain(any_store: Store) -> None:
    errors: list[Exception] = []

    def write() -> None:
        try:
            fill(any_store, 25)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert errors == []
    with any_store.reading() as db:
        found = walk(db)
    assert (found.entries, found.broken_at) == (200, None)


def test_what_is_rolled_back_leaves_no_entry_and_no_gap(any_store: Store) -> None:
    with pytest.raises(RuntimeError), any_store.transaction() as db:
        append(db, NOW, "ada", "read", "x")
        raise RuntimeError
    fill(any_store, 1)
    with any_store.reading() as db:
        assert [e.sequence for e in entries(db)] == [1] and walk(db).broken_at is None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_home(tmp_path / "home")
    return tmp_path / "home"


def run(home: Path, *arguments: str, given: str = "") -> str:
    done = CliRunner().invoke(command, ["--home", str(home), *arguments], input=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_users_are_managed_on_the_command_line_and_each_change_is_logged(home: Path, tmp_path: Path) -> None:
    (tmp_path / "word").write_text(f"{GOOD}\n", encoding="utf-8")
    assert "asks nobody to log in" in run(home, "users", "list")
    run(home, "users", "add", "ada", "--role", "coder", "--by", "lead", given=f"{GOOD}\n{GOOD}\n")
    run(
        home, "users", "add", "bea", "--role", "lead", "--may-keep", "--password-file", str(tmp_path / "word")
    )
    run(home, "users", "role", "ada", "adjudicator")
    run(home, "users", "password", "ada", "--password-file", str(tmp_path / "word"))
    run(home, "users", "deactivate", "ada")
    run(home, "users", "activate", "ada")
    listed = json.loads(run(home, "users", "list", "--json"))
    assert [(u["name"], u["role"], u["must_change"]) for u in listed] == [
        ("ada", "adjudicator", True), ("bea", "lead", False),
    ]  # fmt: skip
    shown = json.loads(run(home, "audit", "show", "--json"))
    assert [e["what"] for e in shown] == [
        "user added", "user added", "role changed", "password set", "user deactivated", "user activated",
    ]  # fmt: skip
    assert shown[0]["who"] == "lead" and GOOD not in json.dumps(shown)
    assert [e["sequence"] for e in json.loads(run(home, "audit", "show", "--who", "lead", "--json"))] == [1]
    assert "whole: 6 entries" in run(home, "audit", "verify")


def test_a_weak_password_and_an_unknown_user_are_told_in_words(home: Path, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("password1234", encoding="utf-8")
    with pytest.raises(PeopleError, match="first that are tried"):
        run(home, "users", "add", "ada", "--role", "coder", "--password-file", str(tmp_path / "word"))
    with pytest.raises(PeopleError, match="There is no user bob; there are: none"):
        run(home, "users", "role", "bob", "lead")
    with pytest.raises(PeopleError, match="cannot be read"):
        run(home, "users", "add", "ada", "--role", "coder", "--password-file", str(tmp_path / "none"))


def test_the_command_says_where_the_log_is_broken_and_takes_a_head_that_was_noted(home: Path) -> None:
    for _ in range(3):
        run(home, "decisions", "export")
    noted = json.loads(run(home, "audit", "verify", "--json"))["head"]
    assert "whole" in run(home, "audit", "verify", "--head", noted)
    with pytest.raises(BrokenLog, match="entry 3"):
        run(home, "audit", "verify", "--head", "3:" + "f" * 64)
    store = open_store(f"sqlite:///{home / 'ctg.sqlite'}")
    unlocked(store, "DELETE FROM audit_log WHERE sequence = 3")
    store.close()
    with pytest.raises(BrokenLog, match="broken at entry 3: the end was cut off; there were 3"):
        run(home, "audit", "verify")


def test_exports_on_the_command_line_are_logged(home: Path, tmp_path: Path) -> None:
    run(home, "tables", "--write")
    run(home, "decisions", "export", str(tmp_path / "out.jsonl"))
    run(home, "suggestions")
    shown = json.loads(run(home, "audit", "show", "--what", "export", "--json"))
    assert [e["subject"] for e in shown] == ["tables", "decisions", "suggestions"]
