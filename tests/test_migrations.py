"""Databases of every earlier schema are brought to this one, and nothing in them is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from ctg_nlp.errors import StoreError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.records import CodeState
from ctg_nlp.store.coded import coded_rows
from ctg_nlp.store.copying import Row, rows, tables
from ctg_nlp.store.database import known_schemas, open_any, open_store, upgrade
from ctg_nlp.tallies import refresh

from .filled_schema import REPORTS, fill_schema

DERIVED = {"tally"}  # made anew from decisions and suggestions, see `tallies.refresh`


def content(url: str) -> dict[str, list[Row]]:
    store, _ = open_any(url)
    with store.reading() as db:
        found = {t.name: list(rows(db, t)) for t in tables(db)}
    store.close()
    return found


def kept(before: list[Row], after: list[Row]) -> bool:
    """Whether every row is there with all values that it had."""
    return all(any(row.items() <= now.items() for now in after) for row in before) and len(after) == len(
        before
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("schema", known_schemas())
def test_every_row_of_an_earlier_schema_is_kept(
    schema: str, kind: str, new_address: Callable[[str], str], ctg: Framework
) -> None:
    url = new_address(kind)
    fill_schema(url, schema, ctg, framework_text(Path("ctg")))
    before = content(url)
    assert all(before.values()) or {t for t, r in before.items() if not r} == {"erasure"}
    assert upgrade(url) == (schema, known_schemas()[-1])
    after = content(url)
    lost = [t for t, was in before.items() if t not in DERIVED and not kept(was, after[t])]
    assert lost == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgraded_database_is_used_like_a_new_one(
    kind: str, new_address: Callable[[str], str], ctg: Framework
) -> None:
    url = new_address(kind)
    fill_schema(url, known_schemas()[0], ctg, framework_text(Path("ctg")))
    upgrade(url)
    store = open_store(url)
    refresh(store, ctg)
    with store.reading() as db:
        coded = coded_rows(db, ctg.framework_id)
    place = [(d.id, c.id) for d in ctg.dimensions for c in d.codes].index(("phase", "primary"))
    assert [coded[r][0][place] for r in REPORTS] == [CodeState.PRESENT] * 2
    for statement in ("UPDATE decision SET answer = 'absent'", "DELETE FROM decision"):
        with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as db:
            db.execute(text("DELETE FROM anchor"))
            db.execute(text(statement))
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_that_fails_on_its_way_leaves_the_database_as_it_was(
    kind: str, new_address: Callable[[str], str], ctg: Framework
) -> None:
    url = new_address(kind)
    fill_schema(url, "0009", ctg, framework_text("ctg"))
    store, _ = open_any(url)
    with store.transaction() as db:
        db.execute(text("CREATE TABLE case_quote (x INTEGER)"))  # in the way of the last step
    before = content(url)
    with pytest.raises(StoreError):
        upgrade(url)
    assert open_any(url)[1] == "0009" and content(url) == before
    with store.transaction() as db:
        db.execute(text("DROP TABLE case_quote"))
    assert upgrade(url)[0] == "0009"
    store.close()
