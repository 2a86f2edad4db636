"""The selection for the second stage: decisions by filter, and samples that were frozen and never change.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what keeps them as they are."""
    _decisions()
    _selections()
    op.add_column("rebuild", sa.Column("sample", sa.JSON(), nullable=True))
    for statement in frozen_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _decisions() -> None:
    op.create_table(
        "filter_decision",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("filter", sa.String(length=100), nullable=False),
        sa.Column("level", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("coder", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.report_id"], name=op.f("fk_filter_decision_report_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_filter_decision")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_filter_decision_decision_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_filter_decision_report_id", "filter_decision", ["report_id"])
    op.create_table(
        "filter_undo",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence"], ["filter_decision.sequence"], name=op.f("fk_filter_undo_sequence")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_filter_undo")),
    )


def _selections() -> None:
    op.create_table(
        "selection",
        sa.Column("selection_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("frozen_at", sa.String(length=32), nullable=False),
        sa.Column("frozen_by", sa.String(length=200), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("flow", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("selection_id", name=op.f("pk_selection")),
        sa.UniqueConstraint("name", name=op.f("uq_selection_name")),
    )
    op.create_table(
        "selection_report",
        sa.Column("selection_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.report_id"], name=op.f("fk_selection_report_report_id")
        ),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.selection_id"], name=op.f("fk_selection_report_selection_id")
        ),
        sa.PrimaryKeyConstraint("selection_id", "report_id", name=op.f("pk_selection_report")),
    )
    op.create_table(
        "selection_use",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("selection_id", sa.String(length=36), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.selection_id"], name=op.f("fk_selection_use_selection_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_selection_use")),
        sqlite_autoincrement=True,
    )


# A selection's number of reports is stored with it, so that no report can be added later either.
_FULL = (
    "(SELECT count(*) FROM selection_report r WHERE r.selection_id = NEW.selection_id) >= "
    "(SELECT reports FROM selection s WHERE s.selection_id = NEW.selection_id)"
)
_ERASED = (
    "EXISTS (SELECT 1 FROM erasure JOIN filter_decision f ON f.report_id = erasure.report_id "
    "WHERE f.sequence = OLD.sequence)"
)
_KEPT = ("filter_decision", "filter_undo", "selection", "selection_report", "selection_use")
_PAYLOAD = ("filter_decision", "filter_undo")


def frozen_triggers(dialect: str) -> list[str]:
    """Refuse every change; every deletion but that of filter decisions with the erasure of their report; and
    every report added to a selection that is whole."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def _said(table: str) -> str:
    return "filter decisions are append-only" if table in _PAYLOAD else "a frozen selection never changes"


def _sqlite() -> list[str]:
    made = []
    for table in _KEPT:
        stop = f"BEGIN SELECT RAISE(ABORT, '{_said(table)}'); END"
        unless = f"WHEN NOT {_ERASED} " if table in _PAYLOAD else ""
        made.append(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {stop}")
        made.append(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {unless}{stop}")
    stop = f"BEGIN SELECT RAISE(ABORT, '{_said('selection')}'); END"
    made.append(
        f"CREATE TRIGGER selection_report_whole BEFORE INSERT ON selection_report WHEN {_FULL} {stop}"
    )
    return made


def _postgresql() -> list[str]:
    each = "FOR EACH ROW EXECUTE FUNCTION"
    made = [
        "CREATE FUNCTION filter_append_only() RETURNS trigger AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {_ERASED} THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{_said('filter_decision')}'; END $$ LANGUAGE plpgsql",
        "CREATE FUNCTION selection_frozen() RETURNS trigger AS $$ BEGIN "
        f"RAISE EXCEPTION '{_said('selection')}'; END $$ LANGUAGE plpgsql",
        "CREATE FUNCTION selection_whole() RETURNS trigger AS $$ BEGIN "
        f"IF {_FULL} THEN RAISE EXCEPTION '{_said('selection')}'; END IF; "
        "RETURN NEW; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER selection_report_whole BEFORE INSERT ON selection_report {each} selection_whole()",
    ]
    for table in _KEPT:
        guard = "filter_append_only" if table in _PAYLOAD else "selection_frozen"
        made.append(f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} {each} {guard}()")
        made.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION selection_frozen()"
        )
    return made
