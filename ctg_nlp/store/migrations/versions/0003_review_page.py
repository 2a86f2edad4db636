"""What the review page keeps: acts, memos, and a tally of each report for the queue.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, the two columns of a decision, and the indices of the queue."""
    op.create_table(
        "act",
        sa.Column("act_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("dimension", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("coder", sa.String(length=200), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("undone_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_act_report_id")),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_act")),
    )
    op.create_index("ix_act_report_id", "act", ["report_id", "coder", "time"])
    op.create_index("ix_act_coder", "act", ["coder", "time", "undone_at", "seconds"])
    undone = sa.text("undone_at IS NOT NULL")
    op.create_index("ix_act_undone", "act", ["act_id"], sqlite_where=undone, postgresql_where=undone)
    op.create_table(
        "memo",
        sa.Column("memo_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("dimension", sa.String(length=100), nullable=True),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("coder", sa.String(length=200), nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=True),
        sa.Column("deleted_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_memo_report_id")),
        sa.PrimaryKeyConstraint("memo_id", name=op.f("pk_memo")),
    )
    op.create_index("ix_memo_report_id", "memo", ["report_id"])
    op.create_table(
        "tally",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("model_id", sa.String(length=200), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("open_dimensions", sa.Text(), nullable=False),
        sa.Column("uncertainty", sa.Float(), nullable=False),
        sa.Column("decided_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_tally_report_id")),
        sa.PrimaryKeyConstraint("report_id", "framework_id", name=op.f("pk_tally")),
    )
    columns = ["framework_id", "uncertainty", "report_id", "open", "decided_at", "codes", "conflicts"]
    op.create_index("ix_tally_queue", "tally", columns)
    op.create_index("ix_report_counted", "report", ["report_id", "counted", "withdrawn_at", "sequence"])
    op.add_column("decision", sa.Column("act_id", sa.String(length=36), nullable=True))
    op.add_column("decision", sa.Column("suggested", sa.Boolean(), nullable=True))
    op.create_index("ix_decision_code", "decision", ["dimension", "code", "report_id"])
    op.create_index(
        "ix_suggestion_code",
        "suggestion",
        ["dimension", "code", "framework_id", "model_id", sa.text("abs(score - threshold)"), "report_id"],
    )
    if op.get_bind().dialect.name == "postgresql":  # decisions were numbered by us; now the database does it
        op.execute(
            "SELECT setval(pg_get_serial_sequence('decision', 'sequence'), "
            "(SELECT coalesce(max(sequence), 0) + 1 FROM decision), false)"
        )
