"""Tokens of programs: made, shown once, used, ended; on SQLite and PostgreSQL, without the web."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from ctg_nlp.cli.main import ctg as command
from ctg_nlp.errors import PeopleError
from ctg_nlp.people import add_user, set_active, set_role
from ctg_nlp.records import Role, Scope
from ctg_nlp.settings import make_home
from ctg_nlp.store import schema as s
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store
from ctg_nlp.store.tokens import tokens
from ctg_nlp.tokens import make_token, revoke_token, token_of

PASSWORD = "grape lamp tuesday"


def day(n: int) -> str:
    return f"2026-03-{n:02}T09:00:00.000000+00:00"


def made(store: Store, *scopes: Scope, name: str = "ada", days: int = 10) -> tuple[str, str]:
    """The id of a new token and what the program sends."""
    token, said = make_token(
        store, name, scopes or (Scope.REPORTS,), "R on a laptop", days=days, now=day(1), who="lead"
    )
    return token.token_id, said


@pytest.fixture
def people(any_store: Store) -> Store:
    for name, role in (("ada", Role.CODER), ("dan", Role.ADMINISTRATOR)):
        add_user(any_store, name, role, PASSWORD, now=day(1), who="lead", must_change=False)
    return any_store


def test_a_token_gives_its_person_as_they_are_now_and_its_scopes(people: Store) -> None:
    _, said = made(people, Scope.REPORTS, Scope.TABLES)
    found = token_of(people, said, day(2))
    assert found is not None
    assert (found[1].name, found[1].role, found[0].scopes) == (
        "ada",
        Role.CODER,
        {Scope.REPORTS, Scope.TABLES},
    )
    set_role(people, "ada", Role.LEAD, now=day(2), who="dan")
    assert token_of(people, said, day(2))[1].role is Role.LEAD  # type: ignore[index]


def test_the_store_holds_a_hash_and_the_log_only_the_id_of_a_token(people: Store) -> None:
    token_id, said = made(people)
    with people.reading() as db:
        kept = [str(row) for row in db.execute(select(s.api_token))]
        logged = [e for e in entries(db) if e.what == "token made"]
    assert len(said) > 50 and said not in kept[0] and said.rpartition("_")[2] not in kept[0]
    assert [(e.who, e.subject, e.detail["token"]) for e in logged] == [("lead", "ada", token_id)]
    assert said not in json.dumps(logged[0].detail)


def test_no_two_tokens_are_alike_and_one_that_is_altered_opens_nothing(people: Store) -> None:
    (_, one), (_, two) = made(people), made(people)
    assert one != two
    for wrong in (one[:-1], one + "a", one.replace("ctg_", "", 1), "ctg_", "", one.upper(), "ctg_\udcff"):
        assert token_of(people, wrong, day(2)) is None


def test_a_token_ends_by_itself_when_revoked_and_with_its_person(people: Store) -> None:
    token_id, said = made(people, days=10)
    assert token_of(people, said, day(10)) is not None and token_of(people, said, day(11)) is None
    set_active(people, "ada", False, now=day(3), who="dan")
    assert token_of(people, said, day(3)) is None
    set_active(people, "ada", True, now=day(4), who="dan")
    assert token_of(people, said, day(4)) is not None
    revoke_token(people, token_id, now=day(5), who="dan")
    assert token_of(people, said, day(5)) is None
    with pytest.raises(PeopleError, match="revoked on 2026-03-05 already"):
        revoke_token(people, token_id, now=day(6), who="dan")
    with pytest.raises(PeopleError, match=f"There is no token x; there are: {token_id}"):
        revoke_token(people, "x", now=day(6), who="dan")


def test_when_a_token_was_used_last_is_known_to_five_minutes(people: Store) -> None:
    _, said = made(people)
    for time in (day(2), day(2).replace("09:00", "09:04")):
        token_of(people, said, time)
        with people.reading() as db:
            assert tokens(db)[0].seen_at == day(2)
    token_of(people, said, day(2).replace("09:00", "09:06"))
    with people.reading() as db:
        assert tokens(db)[0].seen_at > day(2)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"name": "bob"}, "no user bob; there are: ada, dan"),
        ({"name": "dan"}, "administrator and sees no report"),
        ({"scopes": ()}, "what the token may read: reports, text"),
        ({"label": " "}, "which program"),
        ({"label": "a\nb"}, "which program"),
        ({"days": 0}, "1 to 366 days, not 0"),
        ({"days": 400}, "1 to 366 days, not 400"),
    ],
)
def test_a_token_that_would_be_of_no_use_or_last_too_long_is_refused_in_words(
    people: Store, asked: dict, why: str
) -> None:
    said = {"name": "ada", "scopes": (Scope.REPORTS,), "label": "R", "days": 10, **asked}
    with pytest.raises(PeopleError, match=why):
        make_token(people, now=day(1), who="lead", **said)
    set_active(people, "ada", False, now=day(1), who="dan")
    with pytest.raises(PeopleError):
        make_token(people, "ada", (Scope.REPORTS,), "R", now=day(1), who="lead")


def run(home: Path, *arguments: str) -> str:
    done = CliRunner().invoke(command, ["--home", str(home), *arguments], catch_exceptions=True)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_the_command_shows_a_token_once_lists_it_without_and_ends_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_home(home)
    assert home.stat().st_mode & 0o077 == 0  # of a new home nobody else reads anything
    (tmp_path / "word").write_text(PASSWORD, encoding="utf-8")
    run(home, "users", "add", "ada", "--role", "lead", "--password-file", str(tmp_path / "word"))
    said = run(home, "token", "make", "ada", "--scope", "reports", "--scope", "tables", "--for", "R").strip()
    assert said.startswith("ctg_") and "\n" not in said
    (listed,) = json.loads(run(home, "token", "list", "--json"))
    assert (listed["state"], listed["scopes"], listed["label"]) == ("good", ["reports", "tables"], "R")
    assert said not in run(home, "token", "list") + json.dumps(listed)
    run(home, "token", "revoke", listed["token_id"])
    assert "revoked" in run(home, "token", "list")
    shown = json.loads(run(home, "audit", "show", "--json"))
    assert [e["what"] for e in shown] == ["user added", "token made", "token revoked"]
