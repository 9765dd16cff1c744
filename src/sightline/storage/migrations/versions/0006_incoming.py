"""Referrals of other forces to this unit: what was opened and kept, what was found, what they recalled."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "incoming_referrals": [
        make_text_column("incoming_id", key=True),
        make_text_column("force_id", "forces.force_id"),
        make_text_column("referral_id"),
        make_text_column("number"),
        make_text_column("case_number"),
        make_number_column("leads"),
        make_text_column("content_sha256"),
        make_text_column("package_sha256"),
        make_text_column("proved_json"),
        make_text_column("file"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_number_column("opened_at_us"),
        make_text_column("opened_by", "officers.officer_id"),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        make_number_column("accepted_at_us", null=True),
        make_text_column("accepted_by", "officers.officer_id", null=True),
        make_number_column("purged_at_us", null=True),
    ],
    "incoming_outcomes": [
        make_text_column("outcome_id", key=True),
        make_text_column("incoming_id", "incoming_referrals.incoming_id"),
        make_text_column("lead_id"),
        make_text_column("kind"),
        make_text_column("said_on"),
        make_text_column("why"),
        make_number_column("recorded_at_us"),
        make_text_column("recorded_by", "officers.officer_id"),
    ],
    "incoming_recalls": [
        make_text_column("recall_id", key=True),
        make_text_column("incoming_id", "incoming_referrals.incoming_id"),
        make_text_column("leads_json"),
        make_text_column("why"),
        make_text_column("note"),
        make_number_column("made_at_us"),
        make_number_column("taken_at_us"),
        make_text_column("taken_by", "officers.officer_id"),
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
