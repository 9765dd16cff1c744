"""Create the tables of starts of live feeds, and of what brokers delivered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"


def make_number_column(name: str) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False)


def make_text_column(name: str) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=False)


def make_reference_column(name: str, target: str, *, is_key: bool = False) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False, primary_key=is_key)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "feed_starts",
        sa.Column("start_id", sa.Text(), nullable=False, primary_key=True),
        make_text_column("feed_id"),
        make_number_column("number"),
        make_text_column("input"),
        make_reference_column("source_id", "sources.source_id"),
        make_reference_column("authority_id", "authorities.authority_id"),
        make_text_column("file"),
        make_text_column("file_id"),
        make_number_column("first_offset"),
        make_number_column("head_bytes"),
        make_text_column("head_sha256"),
        make_number_column("registered_at_us"),
        make_reference_column("registered_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("feed_starts_by_feed_id", "feed_starts", ["feed_id"])
    op.create_table(
        "feed_deliveries",
        make_reference_column("part_id", "feed_parts.part_id", is_key=True),
        make_number_column("messages"),
        make_number_column("missing"),
        make_number_column("repeated"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the tables. The ledger entries about them stay."""
    op.drop_table("feed_deliveries")
    op.drop_table("feed_starts")
