"""Releases: tables frozen with what they were made of, and what people did with them.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FROZEN = ("release", "release_table", "release_event")


def upgrade() -> None:
    """Add the tables and the triggers that refuse every change."""
    op.create_table(
        "release",
        sa.Column("release_id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rebuild_id", sa.String(length=40), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("code_version", sa.String(length=100), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.Column("earlier", sa.JSON(), nullable=False),
        sa.Column("supersedes", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["rebuild_id"], ["rebuild.rebuild_id"], name=op.f("fk_release_rebuild_id")),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release")),
        sa.UniqueConstraint("sequence", name=op.f("uq_release_sequence")),
    )
    op.create_table(
        "release_table",
        sa.Column("release_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_id", sa.String(length=300), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=30), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.release_id"], name=op.f("fk_release_table_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "position", name=op.f("pk_release_table")),
    )
    op.create_table(
        "release_event",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("release_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.release_id"], name=op.f("fk_release_event_release_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_release_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_release_event_release_id", "release_event", ["release_id"])
    for statement in frozen_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def frozen_triggers(dialect: str) -> list[str]:
    """Refuse every change and deletion of a release, its tables and its events."""
    said = "releases are frozen: correct one by another"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
            for table in FROZEN
            for act in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION release_frozen() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$ "
        "LANGUAGE plpgsql",
        *(
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION release_frozen()"
            for table in FROZEN
        ),
        *(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION release_frozen()"
            for table in FROZEN
        ),
    ]
