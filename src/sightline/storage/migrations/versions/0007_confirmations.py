"""What officers declare of replies that are in doubt."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def make_text_column(name: str, to: str | None = None, *, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=False, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "reply_confirmations": [
        make_text_column("confirmation_id", key=True),
        make_text_column("reply_id", "replies.reply_id"),
        make_text_column("sign"),
        make_text_column("why"),
        sa.Column("confirmed_at_us", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        make_text_column("confirmed_by", "officers.officer_id"),
    ],
}
INDEXES = (("reply_confirmations", "reply_id"),)


def upgrade() -> None:
    """Make the table and its index."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    for table, column in INDEXES:
        op.create_index(f"{table}_by_{column}", table, [column])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    for name in reversed(TABLES):
        op.drop_table(name)
