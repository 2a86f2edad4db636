"""What was taken in from other tools, by number.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of imports from other tools."""
    op.create_table(
        "exchange_import",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("import_id", sa.String(length=40), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("unmatched", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["decision_import.import_id"],
            name=op.f("fk_exchange_import_import_id_decision_import"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_import")),
        sa.UniqueConstraint("import_id", name=op.f("uq_exchange_import_import_id")),
        sqlite_autoincrement=True,
    )
