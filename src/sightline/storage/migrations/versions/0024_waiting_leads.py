"""Note in what waits of a live feed since when hits wait for leads, and when their rebuild is due.

From this schema on, a generation of leads may store its runs as the difference to an earlier generation (ADR 40).
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"


def _make_table(*more: str) -> None:
    number = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    op.drop_table("feed_lags")
    op.create_table(
        "feed_lags",
        sa.Column("feed_id", sa.Text(), nullable=False, primary_key=True),
        sa.Column("waiting_bytes", number, nullable=True),
        sa.Column("waiting_messages", number, nullable=True),
        sa.Column("at_us", number, nullable=False),
        *(sa.Column(name, number, nullable=True) for name in more),
        sqlite_strict=True,
    )


def upgrade() -> None:
    """Make the table again with the columns: running watches write its rows every few seconds."""
    _make_table("leads_since_us", "leads_due_us")


def downgrade() -> None:
    """Make the table again without them. An older version cannot read generations that are differences."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM generations WHERE inputs_json LIKE '{\"base\":%'")).first():
        raise RuntimeError("generations of leads are stored as differences: an older version cannot read them")
    _make_table()
