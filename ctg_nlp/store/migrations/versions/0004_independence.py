"""The audit sample, who is to code what, and why coders disagreed.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what an adjudication says of its act."""
    op.create_table(
        "audit_draw",
        sa.Column("draw", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.String(length=32), nullable=False),
        sa.Column("drawn_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("draw", name=op.f("pk_audit_draw")),
    )
    op.create_table(
        "audit_unit",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("number", sa.Float(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_audit_unit_report_id")),
        sa.ForeignKeyConstraint(["draw"], ["audit_draw.draw"], name=op.f("fk_audit_unit_draw")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_audit_unit")),
    )
    op.create_table(
        "assignment",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("coder", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("assigned_at", sa.String(length=32), nullable=False),
        sa.Column("assigned_by", sa.String(length=200), nullable=False),
        sa.Column("locked_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_assignment_report_id")),
        sa.PrimaryKeyConstraint("report_id", "coder", name=op.f("pk_assignment")),
    )
    op.create_index("ix_assignment_coder", "assignment", ["coder", "position"])
    op.add_column("act", sa.Column("reason", sa.String(length=30), nullable=False, server_default=""))
    op.add_column("act", sa.Column("closed_at", sa.String(length=32), nullable=True))
    op.add_column("act", sa.Column("closed_by", sa.String(length=200), nullable=True))
    op.add_column("act", sa.Column("closed_how", sa.Text(), nullable=True))
