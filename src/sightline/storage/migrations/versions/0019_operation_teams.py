"""Create the table of the teams of an operation: who goes where and when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


def text(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=null)


def reference(name: str, target: str) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=False)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "operation_teams",
        sa.Column("team_id", sa.Text(), nullable=False, primary_key=True),
        reference("operation_id", "operations.operation_id"),
        text("name"),
        reference("leader", "officers.officer_id"),
        number("strength"),
        text("venue"),
        text("state"),
        text("district", null=True),
        number("begins_at_us"),
        number("ends_at_us", null=True),
        text("task"),
        number("set_at_us"),
        reference("set_by", "officers.officer_id"),
        number("dropped_at_us", null=True),
        text("dropped_why", null=True),
        sqlite_strict=True,
    )
    op.create_index("operation_teams_by_operation_id", "operation_teams", ["operation_id"])


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("operation_teams")
