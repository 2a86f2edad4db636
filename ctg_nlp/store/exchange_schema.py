"""What was taken in from other tools."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from ctg_nlp.store.metadata import METADATA

# Beside `decision_import`, which holds the file's name and hash, who took it in, and what was undone.
exchange_import = Table(
    "exchange_import",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("import_id", String(40), ForeignKey("decision_import.import_id"), nullable=False, unique=True),
    Column("format", String(20), nullable=False),
    Column("origin", Text, nullable=False),  # the tool that wrote the file, as it calls itself
    Column("unmatched", Integer, nullable=False),  # how much of the file could not be taken
    sqlite_autoincrement=True,
)
