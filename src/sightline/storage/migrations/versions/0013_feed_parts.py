"""Create the table of the parts of live feeds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def make_number_column(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=nullable)


def make_text_column(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=nullable)


def make_reference_column(name: str, target: str) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "feed_parts",
        sa.Column("part_id", sa.Text(), nullable=False, primary_key=True),
        make_text_column("feed_id"),
        make_number_column("number"),
        make_text_column("input"),
        make_reference_column("source_id", "sources.source_id"),
        make_reference_column("authority_id", "authorities.authority_id"),
        make_reference_column("exhibit_id", "exhibits.exhibit_id"),
        make_reference_column("run_id", "runs.run_id"),
        make_text_column("file"),
        make_text_column("file_id"),
        make_number_column("first_offset"),
        make_number_column("until_offset"),
        make_number_column("tail_bytes"),
        make_text_column("tail_sha256"),
        make_number_column("lines"),
        make_number_column("first_us", nullable=True),
        make_number_column("last_us", nullable=True),
        make_text_column("closed_by"),
        make_text_column("gap", nullable=True),
        make_text_column("previous_sha256"),
        make_number_column("read_at_us"),
        make_number_column("registered_at_us"),
        make_reference_column("registered_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("feed_parts_by_feed_id", "feed_parts", ["feed_id"])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("feed_parts")
