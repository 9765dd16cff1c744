"""Referrals of other forces to this unit: what was opened and kept, what was found, what they recalled."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "incoming_referrals": [
        text("incoming_id", key=True),
        text("force_id", "forces.force_id"),
        text("referral_id"),
        text("number"),
        text("case_number"),
        number("leads"),
        text("content_sha256"),
        text("package_sha256"),
        text("proved_json"),
        text("file"),
        text("sha256"),
        number("size_bytes"),
        number("opened_at_us"),
        text("opened_by", "officers.officer_id"),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        number("accepted_at_us", null=True),
        text("accepted_by", "officers.officer_id", null=True),
        number("purged_at_us", null=True),
    ],
    "incoming_outcomes": [
        text("outcome_id", key=True),
        text("incoming_id", "incoming_referrals.incoming_id"),
        text("lead_id"),
        text("kind"),
        text("said_on"),
        text("why"),
        number("recorded_at_us"),
        text("recorded_by", "officers.officer_id"),
    ],
    "incoming_recalls": [
        text("recall_id", key=True),
        text("incoming_id", "incoming_referrals.incoming_id"),
        text("leads_json"),
        text("why"),
        text("note"),
        number("made_at_us"),
        number("taken_at_us"),
        text("taken_by", "officers.officer_id"),
    ],
}
INDEXES = (("incoming_outcomes", "incoming_id"), ("incoming_recalls", "incoming_id"))


def upgrade() -> None:
    """Make the tables and indexes."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    for table, column in INDEXES:
        op.create_index(f"{table}_by_{column}", table, [column])


def downgrade() -> None:
    """Drop the tables. The ledger entries about them stay."""
    for name in reversed(TABLES):
        op.drop_table(name)
