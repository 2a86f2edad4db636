"""The first schema, with decisions that can be added but not changed or deleted.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables and the append-only triggers."""
    op.create_table(
        "decision_import",
        sa.Column("import_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.String(length=32), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_decision_import")),
    )
    op.create_table(
        "erasure",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=200), nullable=True),
        sa.Column("erased_at", sa.String(length=32), nullable=False),
        sa.Column("erased_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_erasure")),
    )
    op.create_table(
        "framework",
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("framework_id", name=op.f("pk_framework")),
    )
    op.create_table(
        "report",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("group_id", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=30), nullable=False),
        sa.Column("cause", sa.String(length=30), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("extractor", sa.String(length=100), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("cohort_said", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.Column("related_to", sa.String(length=64), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn_at", sa.String(length=32), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["related_to"], ["report.report_id"], name=op.f("fk_report_related_to")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report")),
        sa.UniqueConstraint("sequence", name=op.f("uq_report_sequence")),
    )
    op.create_index("ix_report_group_id", "report", ["group_id"], unique=False)
    op.create_table(
        "report_group",
        sa.Column("group_id", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.String(length=200), nullable=False),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_report_group")),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
    )
    op.create_table(
        "submission",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("path", "sha256", name=op.f("pk_submission")),
    )
    op.create_table(
        "decision",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("dimension", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("quotes", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("coder", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("import_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["decision_import.import_id"], name=op.f("fk_decision_import_id")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_decision_report_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_report_id", "decision", ["report_id", "dimension"], unique=False)
    op.create_table(
        "fingerprint",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_fingerprint_report_id")),
        sa.PrimaryKeyConstraint("report_id", "band", name=op.f("pk_fingerprint")),
    )
    op.create_index("ix_fingerprint_band", "fingerprint", ["band", "value"], unique=False)
    op.create_table(
        "page",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Float(), nullable=False),
        sa.Column("height", sa.Float(), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("furniture", sa.JSON(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_page_report_id")),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_page")),
    )
    op.create_table(
        "proposed",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("extractor", sa.String(length=100), nullable=False),
        sa.Column("done_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.framework_id"], name=op.f("fk_proposed_framework_id")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_proposed_report_id")),
        sa.PrimaryKeyConstraint("report_id", "model_id", "framework_id", name=op.f("pk_proposed")),
    )
    op.create_table(
        "suggestion",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("dimension", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("suggested", sa.Boolean(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("held_back", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_suggestion_report_id")),
        sa.PrimaryKeyConstraint(
            "report_id", "model_id", "framework_id", "dimension", "code", name=op.f("pk_suggestion")
        ),
    )
    op.create_table(
        "anchor",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Integer(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["decision.sequence"], name=op.f("fk_anchor_sequence")),
        sa.PrimaryKeyConstraint("sequence", "quote", name=op.f("pk_anchor")),
    )
    for statement in append_only_triggers(op.get_bind().dialect.name):
        op.execute(statement)


def append_only_triggers(dialect: str) -> list[str]:
    """Refuse every change of a decision, and every deletion but the erasure of a whole report."""
    erased = "EXISTS (SELECT 1 FROM erasure WHERE erasure.report_id = OLD.report_id)"
    said = "decisions are append-only: add a new decision instead"
    if dialect == "sqlite":
        return [
            "CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END",
            f"CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision WHEN NOT {erased} "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END",
        ]
    return [
        "CREATE FUNCTION decision_append_only() RETURNS trigger AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' AND {erased} THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{said}'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE ON decision "
        "FOR EACH ROW EXECUTE FUNCTION decision_append_only()",
    ]
