"""Create the table of what other forces have of this unit's leads, too."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "force_matches",
        sa.Column("matches_id", sa.Text(), nullable=False, primary_key=True),
        sa.Column("force_id", sa.Text(), sa.ForeignKey("forces.force_id"), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("matches_json", sa.Text(), nullable=False),
        sa.Column("recorded_at_us", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("recorded_by", sa.Text(), sa.ForeignKey("officers.officer_id"), nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("force_matches")
