"""Create the table of the parts of live feeds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=nullable)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=nullable)


def reference(name: str, target: str) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "feed_parts",
        sa.Column("part_id", sa.Text(), nullable=False, primary_key=True),
        text("feed_id"),
        number("number"),
        text("input"),
        reference("source_id", "sources.source_id"),
        reference("authority_id", "authorities.authority_id"),
        reference("exhibit_id", "exhibits.exhibit_id"),
        reference("run_id", "runs.run_id"),
        text("file"),
        text("file_id"),
        number("first_offset"),
        number("until_offset"),
        number("tail_bytes"),
        text("tail_sha256"),
        number("lines"),
        number("first_us", nullable=True),
        number("last_us", nullable=True),
        text("closed_by"),
        text("gap", nullable=True),
        text("previous_sha256"),
        number("read_at_us"),
        number("registered_at_us"),
        reference("registered_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("feed_parts_by_feed_id", "feed_parts", ["feed_id"])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("feed_parts")
