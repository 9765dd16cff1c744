"""Find purged runs by an index of them alone.

Each rebuild of leads and each page asks which runs were purged. Without an index, all rows of runs are read for that,
with their long manifests.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the index."""
    is_purged = sa.text("row_key IS NULL")
    op.create_index("runs_purged", "runs", ["run_id"], sqlite_where=is_purged, postgresql_where=is_purged)


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("runs_purged", "runs")
