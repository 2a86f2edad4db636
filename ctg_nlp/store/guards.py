"""The triggers that refuse changes of what is only added to: as the migrations made them, and as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from sqlalchemy import Connection, text

Guards = Mapping[str, str]
"""Triggers by name, each with all that it says in one form: of PostgreSQL also what its function does."""

_MADE_BY = (
    ("0001_first_schema", "append_only_triggers"),
    ("0005_people", "log_triggers"),
    ("0007_rebuilds", "kept_triggers"),
    ("0008_releases", "frozen_triggers"),
    ("0010_selection", "frozen_triggers"),
    ("0011_findings", "kept_triggers"),
    ("0012_cases", "triggers"),
)
_TRIGGER = re.compile(r"CREATE TRIGGER (\w+) (.*)", re.DOTALL)
_FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(\) RETURNS trigger AS \$\$(.*)\$\$", re.DOTALL)
_CALL = re.compile(r"EXECUTE FUNCTION (?:\w+\.)?(\w+)\(\)")
_SPACING = re.compile(r"[\s()]+")
_EVENTS = re.compile(r"(BEFORE|AFTER) ((?:INSERT|UPDATE|DELETE|TRUNCATE)(?: OR \w+)*) ON (?:\w+\.)?(\w+)")


@cache
def expected_guards(dialect: str) -> Guards:
    """The triggers of a new database of that kind."""
    made = [s for name, maker in _MADE_BY for s in _statements(name, maker, dialect)]
    functions = {m[1]: m[2] for s in made if (m := _FUNCTION.match(s))}
    triggers = {m[1]: m[0] for s in made if (m := _TRIGGER.match(s))}
    return {name: _one_form(said, functions) for name, said in triggers.items()}


def _statements(migration: str, maker: str, dialect: str) -> list[str]:
    module = import_module(f"ctg_nlp.store.migrations.versions.{migration}")
    made: list[str] = getattr(module, maker)(dialect)
    return made


def guards(db: Connection) -> Guards:
    """The triggers that a database has and that are not at rest."""
    if db.dialect.name == "sqlite":
        asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {row.name: _one_form(row.sql, {}) for row in db.execute(asked)}
    asked = text(
        "SELECT t.tgname AS name, pg_get_triggerdef(t.oid) AS said, p.proname AS called, p.prosrc AS does "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
        "AND c.relnamespace = CAST(current_schema() AS regnamespace)"
    )
    return {row.name: _one_form(row.said, {row.called: row.does}) for row in db.execute(asked)}


def _one_form(said: str, functions: Mapping[str, str]) -> str:
    """What a trigger says, however it is spaced, bracketed and ordered; PostgreSQL writes it anew."""
    call = _CALL.search(said)
    does = functions.get(call[1], "") if call else ""
    plain = _CALL.sub(r"EXECUTE FUNCTION \1", said)
    plain = _EVENTS.sub(lambda m: f"{m[1]} {' OR '.join(sorted(m[2].split(' OR ')))} ON {m[3]}", plain)
    bare = _SPACING.sub("", plain).lower() if call else " ".join(plain.split())
    return f"{bare} {' '.join(does.split())}"
