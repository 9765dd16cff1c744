"""From this schema on, starts of growing logs are followed by those of the files that were beside them (ADR 34).

An older version would read on in the last of these files. So it does not open such a workspace.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Change nothing: the rows of before stay as they are."""


def downgrade() -> None:
    """Refuse if there are such starts. Partitions of brokers are numbered too: their files are URLs."""
    beside = "SELECT 1 FROM feed_starts WHERE number >= 1 AND file NOT LIKE '%://%'"
    if op.get_bind().execute(sa.text(beside)).first():
        raise RuntimeError("starts of logs name the files beside them: an older version would read these")
