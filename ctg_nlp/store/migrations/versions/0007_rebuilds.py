"""Rebuilds of the tables are kept: what each counted, as the rows that changed since the one before.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SAID = "rebuilds are kept as they were"
KEPT = (
    "rebuild_id", "sequence", "made_at", "made_by", "framework_id", "data_hash", "code_version", "model_id",
    "last_decision", "reports", "cells",
)  # fmt: skip


def upgrade() -> None:
    """Add the tables; the first rebuild is kept when tables are written next."""
    op.create_table(
        "rebuild",
        sa.Column("rebuild_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=False),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("last_decision", sa.Integer(), nullable=False),
        sa.Column("last_entry", sa.Integer(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("silent", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.framework_id"], name=op.f("fk_rebuild_framework_id")
        ),
        sa.PrimaryKeyConstraint("rebuild_id", name=op.f("pk_rebuild")),
        sa.UniqueConstraint("sequence", name=op.f("uq_rebuild_sequence")),
    )
    op.create_table(
        "rebuild_report",
        sa.Column("rebuild_id", sa.String(length=40), nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("group_id", sa.String(length=200), nullable=False),
        sa.Column("states", sa.LargeBinary(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rebuild_id"], ["rebuild.rebuild_id"], name=op.f("fk_rebuild_report_rebuild_id")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.report_id"], name=op.f("fk_rebuild_report_report_id")
        ),
        sa.PrimaryKeyConstraint("rebuild_id", "report_id", name=op.f("pk_rebuild_report")),
    )
    op.create_index(op.f("ix_rebuild_report_report_id"), "rebuild_report", ["report_id"])
    for statement in kept_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def kept_triggers(dialect: str) -> list[str]:
    """Refuse every change of a rebuild but what an erasure needs: the rows of the erased report go, the names
    of its files from what is said of silent groups, and places that it alone named."""
    cast = "" if dialect == "sqlite" else "::text"
    same = " AND ".join(f"NEW.{c}{cast} = OLD.{c}{cast}" for c in KEPT)
    allowed = {
        ("rebuild", "UPDATE"): f"({same} AND EXISTS (SELECT 1 FROM erasure))",
        ("rebuild", "DELETE"): "1 = 0",
        ("rebuild_report", "UPDATE"): "1 = 0",
        ("rebuild_report", "DELETE"): "EXISTS (SELECT 1 FROM erasure WHERE report_id = OLD.report_id)",
    }
    make = _sqlite if dialect == "sqlite" else _postgresql
    return [s for (table, act), unless in allowed.items() for s in make(table, act, unless)]


def _sqlite(table: str, act: str, unless: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} WHEN NOT ({unless}) "
        f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    ]


def _postgresql(table: str, act: str, unless: str) -> list[str]:
    name, row = f"{table}_no_{act.lower()}", "NEW" if act == "UPDATE" else "OLD"
    body = f"BEGIN IF NOT ({unless}) THEN RAISE EXCEPTION '{SAID}'; END IF; RETURN {row}; END"
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger AS $$ {body} $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
