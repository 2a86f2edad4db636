"""What all tables have in common: how their constraints are named, and the types of hashes and times."""

from __future__ import annotations

from sqlalchemy import MetaData, String

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SHA256 = String(64)
TIME = String(32)  # UTC, ISO 8601: the same text in SQLite and PostgreSQL
