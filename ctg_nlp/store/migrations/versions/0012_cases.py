"""Case studies of core groups: choices, consents, texts with all their versions, quotations.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.String(length=32)
GROUP = sa.String(length=200)
ERASED_IN_GROUP = (
    "EXISTS (SELECT 1 FROM erasure WHERE erasure.group_id = OLD.group_id OR erasure.report_id IN "
    "(SELECT case_quote.report_id FROM case_quote WHERE case_quote.group_id = OLD.group_id))"
)
ERASED = "EXISTS (SELECT 1 FROM erasure WHERE erasure.report_id = OLD.report_id)"
MARKED = "NEW.text LIKE '%[words of an erased report]%'"
EMPTIED = "NEW.quote = '' AND NEW.speaker = ''"
SAME = {"sqlite": "IS", "postgresql": "IS NOT DISTINCT FROM"}
TEXT_ALONE = ("group_id", "section", "version", "base", "aside", "author", "time")
WORDS_ALONE = ("group_id", "number", "report_id", "taken_by", "taken_at")


def upgrade() -> None:
    """Add the tables, and the triggers that keep what they hold."""
    op.create_table(
        "case_choice",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("group_id", GROUP, nullable=False),
        sa.Column("core", sa.Boolean(), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_case_choice")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "case_consent",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("group_id", GROUP, nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("said_on", sa.String(length=10), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_case_consent")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_consent_group_id", "case_consent", ["group_id"])
    _texts()
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)


def _texts() -> None:
    op.create_table(
        "case_text",
        sa.Column("group_id", GROUP, nullable=False),
        sa.Column("section", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("settles", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.PrimaryKeyConstraint("group_id", "section", "version", name=op.f("pk_case_text")),
    )
    op.create_table(
        "case_quote",
        sa.Column("group_id", GROUP, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("speaker", sa.String(length=200), nullable=False),
        sa.Column("taken_by", sa.String(length=200), nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_case_quote_report_id")),
        sa.PrimaryKeyConstraint("group_id", "number", name=op.f("pk_case_quote")),
    )
    op.create_index("ix_case_quote_report_id", "case_quote", ["report_id"])


def _only(asked: tuple[str, ...], unchanged: tuple[str, ...], dialect: str) -> str:
    """What has to hold for a change, and which columns stay as they are."""
    same = SAME[dialect]
    return f"({' AND '.join([*asked, *(f'NEW.{c} {same} OLD.{c}' for c in unchanged)])})"


def triggers(dialect: str) -> list[str]:
    """Refuse every change and deletion, but that an erased report takes its words out of texts and quotes."""
    made = []
    settled = "NEW.settles IS OLD.settles" if dialect == "sqlite" else "NEW.settles::text = OLD.settles::text"
    for table, unless in (
        ("case_choice", "1 = 0"),
        ("case_consent", "1 = 0"),
        ("case_text", _only((ERASED_IN_GROUP, MARKED, settled), TEXT_ALONE, dialect)),
        ("case_quote", _only((ERASED, EMPTIED), WORDS_ALONE, dialect)),
    ):
        said = f"{table} is append-only: add a new entry instead"
        if dialect == "sqlite":
            made += [
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT {unless} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END",
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{said}'); END",
            ]
        else:
            made += [
                f"CREATE FUNCTION {table}_append_only() RETURNS trigger AS $$ BEGIN "
                f"IF TG_OP = 'UPDATE' AND {unless} THEN RETURN NEW; END IF; "
                f"RAISE EXCEPTION '{said}'; END $$ LANGUAGE plpgsql",
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
            ]
    return made
