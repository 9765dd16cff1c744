"""Create the table of what waits in the inputs of live feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"


def upgrade() -> None:
    """Make the table."""
    number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    op.create_table(
        "feed_lags",
        sa.Column("feed_id", sa.Text(), nullable=False, primary_key=True),
        sa.Column("waiting_bytes", number, nullable=True),
        sa.Column("waiting_messages", number, nullable=True),
        sa.Column("at_us", number, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Drop the table. It proves nothing."""
    op.drop_table("feed_lags")
