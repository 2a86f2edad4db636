"""The tables and columns of each schema that there was: what else lies in a database is not ours."""

from __future__ import annotations

import tempfile
from functools import cache

from ctg_nlp.store import schema as s
from ctg_nlp.store.copying import Columns, tables
from ctg_nlp.store.database import known_schemas, open_any, upgrade


@cache
def columns_of(schema: str) -> Columns | None:
    """The names of the columns of each table of a schema; None for one that this version does not know."""
    if schema not in known_schemas():
        return None
    if schema == known_schemas()[-1]:
        return {t.name: frozenset(t.columns.keys()) for t in s.METADATA.tables.values()}
    with tempfile.TemporaryDirectory() as folder:  # as the migrations make it
        url = f"sqlite:///{folder}/schema.sqlite"
        upgrade(url, schema)
        store, _ = open_any(url)
        with store.reading() as db:
            found = {t.name: frozenset(t.columns.keys()) for t in tables(db)}
        store.close()
    return found
