"""Create the table of retention periods that two officers set."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def make_number_column(name: str) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "retention_periods": [
        sa.Column("subject", sa.Text(), nullable=False, primary_key=True),
        make_number_column("days"),
        sa.Column("why", sa.Text(), nullable=False),
        make_number_column("set_at_us"),
        sa.Column("set_by", sa.Text(), sa.ForeignKey("officers.officer_id"), nullable=False),
    ],
}


def upgrade() -> None:
    """Make the table."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    for name in reversed(TABLES):
        op.drop_table(name)
