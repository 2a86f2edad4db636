"""Releases: tables frozen with what they were made of, and what people did with them.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FROZEN = ("release", "release_table", "release_report", "release_file", "release_event")
SAID = "releases are frozen: correct one by another"
# What an erasure may change, and what must stay as it is then.
ERASABLE = {
    "release_table": (
        ("release_id", "position", "table_id", "verdict", "quality"),
        "NEW.shown LIKE '%(erased)%'",
    ),
    "release_report": (("release_id",), "1 = 1"),
}


def upgrade() -> None:
    """Add the tables and the triggers that keep them."""
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
        "release_report",
        sa.Column("release_id", sa.String(length=200), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.release_id"], name=op.f("fk_release_report_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_release_report")),
    )
    op.create_table(
        "release_file",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("release_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.release_id"], name=op.f("fk_release_file_release_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_release_file")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_release_file_release_id", "release_file", ["release_id"])
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
    """Refuse every change and deletion of a release and what belongs to it, but what an erasure changes."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def _erasure(table: str, cast: str = "") -> str:
    """Whether an update is one that an erasure makes: it changes nothing else, and a report was erased."""
    if table not in ERASABLE:
        return "1 = 0"
    columns, further = ERASABLE[table]
    same = " AND ".join(f"NEW.{c}{cast} = OLD.{c}{cast}" for c in columns)
    return f"({same} AND {further} AND EXISTS (SELECT 1 FROM erasure))"


def _sqlite() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    updates = [
        f"CREATE TRIGGER {t}_no_update BEFORE UPDATE ON {t} WHEN NOT ({_erasure(t)}) {refuse}" for t in FROZEN
    ]
    return updates + [f"CREATE TRIGGER {t}_no_delete BEFORE DELETE ON {t} {refuse}" for t in FROZEN]


def _postgresql() -> list[str]:
    always = (
        f"CREATE FUNCTION release_frozen() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{SAID}'; END $$ "
        "LANGUAGE plpgsql"
    )
    made = [always]
    for t in FROZEN:
        refuse = f"IF NOT ({_erasure(t, '::text')}) THEN RAISE EXCEPTION '{SAID}'; END IF"
        made += [
            f"CREATE FUNCTION {t}_unchanged() RETURNS trigger AS $$ BEGIN {refuse}; RETURN NEW; END $$ "
            "LANGUAGE plpgsql",
            f"CREATE TRIGGER {t}_no_update BEFORE UPDATE ON {t} "
            f"FOR EACH ROW EXECUTE FUNCTION {t}_unchanged()",
            f"CREATE TRIGGER {t}_no_delete BEFORE DELETE ON {t} "
            "FOR EACH ROW EXECUTE FUNCTION release_frozen()",
            f"CREATE TRIGGER {t}_no_truncate BEFORE TRUNCATE ON {t} "
            "FOR EACH STATEMENT EXECUTE FUNCTION release_frozen()",
        ]
    return made
