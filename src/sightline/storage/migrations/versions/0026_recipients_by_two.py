"""From this schema on, two officers add a recipient of backups (ADR 49).

The ledger's entry of the upgrade says from where on. An older version would let one officer add one, and `verify` would
report it. So it does not open such a workspace.
"""

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Change nothing: the recipients of before stay."""


def downgrade() -> None:
    """Change nothing."""
