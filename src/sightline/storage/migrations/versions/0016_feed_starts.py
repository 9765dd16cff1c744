"""Create the tables of starts of live feeds, and of what brokers delivered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"


def number(name: str) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False)


def text(name: str) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=False)


def reference(name: str, target: str, *, is_key: bool = False) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False, primary_key=is_key)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "feed_starts",
        sa.Column("start_id", sa.Text(), nullable=False, primary_key=True),
        text("feed_id"),
        number("number"),
        text("input"),
        reference("source_id", "sources.source_id"),
        reference("authority_id", "authorities.authority_id"),
        text("file"),
        text("file_id"),
        number("first_offset"),
        number("head_bytes"),
        text("head_sha256"),
        number("registered_at_us"),
        reference("registered_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("feed_starts_by_feed_id", "feed_starts", ["feed_id"])
    op.create_table(
        "feed_deliveries",
        reference("part_id", "feed_parts.part_id", is_key=True),
        number("messages"),
        number("missing"),
        number("repeated"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the tables. The ledger entries about them stay."""
    op.drop_table("feed_deliveries")
    op.drop_table("feed_starts")
