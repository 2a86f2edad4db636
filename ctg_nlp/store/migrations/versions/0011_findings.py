"""Findings with the passages that they rest on, and the bank of quotations.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.String(length=32)
SHA256 = sa.String(length=64)
NAME = sa.String(length=100)
WHO = sa.String(length=200)


def upgrade() -> None:
    """Add the tables, and the triggers that keep what they hold."""
    _findings()
    _quotations()
    for statement in kept_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _findings() -> None:
    op.create_table(
        "finding_version",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("question", NAME, nullable=False),
        sa.Column("dimension", NAME, nullable=False),
        sa.Column("code", NAME, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", WHO, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("framework_id", WHO, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_finding_version")),
        sa.UniqueConstraint("finding_id", "version", name=op.f("uq_finding_version_finding_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "finding_source",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report_id", SHA256, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence"], ["finding_version.sequence"], name=op.f("fk_finding_source_sequence")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.report_id"], name=op.f("fk_finding_source_report_id")
        ),
        sa.PrimaryKeyConstraint("sequence", "place", name=op.f("pk_finding_source")),
    )
    op.create_index("ix_finding_source_report_id", "finding_source", ["report_id"])
    op.create_table(
        "finding_position",
        sa.Column("finding_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding_position")),
    )


def _quotations() -> None:
    op.create_table(
        "banked_quote",
        sa.Column("quote_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report_id", SHA256, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("dimension", NAME, nullable=False),
        sa.Column("code", NAME, nullable=True),
        sa.Column("banked_by", WHO, nullable=False),
        sa.Column("banked_at", TIME, nullable=False),
        sa.Column("framework_id", WHO, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_banked_quote_report_id")),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_banked_quote")),
    )
    op.create_index("ix_banked_quote_report_id", "banked_quote", ["report_id"])
    op.create_table(
        "quote_text",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.Column("by_case", sa.Boolean(), nullable=False),
        sa.Column("author", WHO, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.ForeignKeyConstraint(["quote_id"], ["banked_quote.quote_id"], name=op.f("fk_quote_text_quote_id")),
        sa.PrimaryKeyConstraint("quote_id", "version", name=op.f("pk_quote_text")),
    )
    op.create_table(
        "quote_act",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("who", WHO, nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["quote_id"], ["banked_quote.quote_id"], name=op.f("fk_quote_act_quote_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_quote_act")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quote_act_quote_id", "quote_act", ["quote_id"])


_NEVER = "1 = 0"
_SAME = {"sqlite": "IS", "postgresql": "IS NOT DISTINCT FROM"}
_TEXT_ALONE = ("sequence", "finding_id", "version", "question", "dimension", "code", "kind", "author", "time",
               "retired", "framework_id")  # fmt: skip
_WORDS_ALONE = ("quote_id", "report_id", "dimension", "code", "banked_by", "banked_at", "framework_id")
_MARKED = "(NEW.text LIKE '%[words of an erased report]%' AND EXISTS (SELECT 1 FROM erasure))"
_EMPTIED = "NEW.quote = ''"
_OF_ERASED = "EXISTS (SELECT 1 FROM erasure WHERE erasure.report_id = OLD.report_id)"
_QUOTE_OF_ERASED = (
    "EXISTS (SELECT 1 FROM erasure JOIN banked_quote b ON b.report_id = erasure.report_id "
    "WHERE b.quote_id = OLD.quote_id)"
)
_KEPT = {  # when a row may be changed, and when it may be deleted
    "finding_version": (_MARKED, _NEVER),
    "finding_source": (_NEVER, _OF_ERASED),
    "banked_quote": (f"({_OF_ERASED} AND {_EMPTIED})", _NEVER),
    "quote_text": (_NEVER, _QUOTE_OF_ERASED),
    "quote_act": (_NEVER, _QUOTE_OF_ERASED),
}
_REST = {"finding_version": _TEXT_ALONE, "banked_quote": _WORDS_ALONE}  # what never changes


def _and_unchanged(allowed: str, columns: tuple[str, ...], dialect: str) -> str:
    same = _SAME[dialect]
    return f"({' AND '.join([allowed, *(f'NEW.{c} {same} OLD.{c}' for c in columns)])})"


def kept_triggers(dialect: str) -> list[str]:
    """Refuse every change and deletion but those that the erasure of a report asks for."""
    made = []
    for table, (allowed, deleted) in _KEPT.items():
        changed = _and_unchanged(allowed, _REST.get(table, ()), dialect)
        said = f"{table} is append-only: add a new version instead"
        if dialect == "sqlite":
            for act, unless in (("update", changed), ("delete", deleted)):
                made.append(
                    f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} WHEN NOT {unless} "
                    f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
                )
            continue
        made += [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' THEN IF {changed} THEN RETURN NEW; END IF; END IF; "
            f"IF TG_OP = 'DELETE' THEN IF {deleted} THEN RETURN OLD; END IF; END IF; "
            f"RAISE EXCEPTION '{said}'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        ]
    return made
