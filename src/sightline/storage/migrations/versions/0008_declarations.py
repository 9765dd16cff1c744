"""What is declared of single exhibits and sources: clocks that were compared, proxies that are believed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def make_text_column(name: str, to: str | None = None, *, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=False, primary_key=key, autoincrement=False)


def make_number_column(name: str) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "declarations": [
        make_text_column("declaration_id", key=True),
        make_text_column("thing"),
        make_text_column("kind"),
        make_text_column("said_json"),
        make_text_column("why"),
        make_number_column("declared_at_us"),
        make_text_column("declared_by", "officers.officer_id"),
    ],
}


def upgrade() -> None:
    """Make the table and its index."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    op.create_index("declarations_by_thing", "declarations", ["thing"])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    for name in TABLES:
        op.drop_table(name)
