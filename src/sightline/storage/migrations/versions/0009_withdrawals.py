"""Data sets that are not relied on any more."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def make_text_column(name: str, to: str | None = None, *, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=False, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "dataset_withdrawals": [
        make_text_column("dataset_id", "datasets.dataset_id", key=True),
        make_text_column("why"),
        sa.Column("withdrawn_at_us", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        make_text_column("withdrawn_by", "officers.officer_id"),
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
