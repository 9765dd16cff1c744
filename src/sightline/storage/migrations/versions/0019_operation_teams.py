"""Create the table of the teams of an operation: who goes where and when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def make_number_column(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


def make_text_column(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=null)


def make_reference_column(name: str, target: str) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "operation_teams",
        sa.Column("team_id", sa.Text(), nullable=False, primary_key=True),
        make_reference_column("operation_id", "operations.operation_id"),
        make_text_column("name"),
        make_reference_column("leader", "officers.officer_id"),
        make_number_column("strength"),
        make_text_column("venue"),
        make_text_column("state"),
        make_text_column("district", null=True),
        make_number_column("begins_at_us"),
        make_number_column("ends_at_us", null=True),
        make_text_column("task"),
        make_number_column("set_at_us"),
        make_reference_column("set_by", "officers.officer_id"),
        make_number_column("dropped_at_us", null=True),
        make_text_column("dropped_why", null=True),
        sqlite_strict=True,
    )
    op.create_index("operation_teams_by_operation_id", "operation_teams", ["operation_id"])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("operation_teams")
