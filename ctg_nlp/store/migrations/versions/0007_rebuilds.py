"""Rebuilds of the tables are kept: what each counted, as the rows that changed since the one before.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


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
