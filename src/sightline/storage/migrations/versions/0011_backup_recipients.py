"""Create the table of the recipients of encrypted backups."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def make_number_column(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=nullable)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "backup_recipients": [
        sa.Column("recipient", sa.Text(), nullable=False, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        make_number_column("added_at_us"),
        sa.Column("added_by", sa.Text(), sa.ForeignKey("officers.officer_id"), nullable=False),
        make_number_column("removed_at_us", nullable=True),
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
