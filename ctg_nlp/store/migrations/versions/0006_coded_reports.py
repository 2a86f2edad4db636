"""What the decisions on a report come to, in one small row, from which tables are made.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Tallies are derived, and made anew together with its rows where they are missing."""
    op.create_table(
        "coded_report",
        sa.Column("report_id", sa.String(length=64), nullable=False),
        sa.Column("framework_id", sa.String(length=200), nullable=False),
        sa.Column("states", sa.LargeBinary(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.report_id"], name=op.f("fk_coded_report_report_id")),
        sa.PrimaryKeyConstraint("report_id", "framework_id", name=op.f("pk_coded_report")),
    )
    op.execute("DELETE FROM tally")
