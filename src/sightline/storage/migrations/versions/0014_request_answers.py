"""Create the table of requests of forces that an earlier referral answers."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "request_answers",
        sa.Column(
            "request_id", sa.Text(), sa.ForeignKey("force_requests.request_id"), nullable=False, primary_key=True
        ),
        sa.Column("referral_id", sa.Text(), sa.ForeignKey("referrals.referral_id"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("answered_at_us", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("answered_by", sa.Text(), sa.ForeignKey("officers.officer_id"), nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the table. The ledger entries about it stay."""
    op.drop_table("request_answers")
