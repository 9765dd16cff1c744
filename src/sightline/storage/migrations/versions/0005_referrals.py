"""Leads for another force: forces, their officers, requests, referrals, recalls, outcomes that came back, secrets."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "forces": [
        text("force_id", key=True),
        text("code"),
        text("name"),
        text("states_json"),
        text("key_id"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        text("age_recipient"),
        text("approval_id", "approvals.approval_id"),
        number("enrolled_at_us"),
        number("ended_at_us", null=True),
        text("ended_why", null=True),
    ],
    "force_officers": [
        text("officer_id", "officers.officer_id", key=True),
        text("force_id", "forces.force_id"),
        text("approval_id", "approvals.approval_id"),
        number("since_us"),
    ],
    "force_requests": [
        text("request_id", key=True),
        text("force_id", "forces.force_id"),
        text("case_number"),
        text("authority_kind"),
        text("authority_number"),
        text("issued_by"),
        text("issued_on"),
        text("valid_until", null=True),
        text("document_sha256"),
        text("document_name"),
        text("states_json"),
        number("since_us", null=True),
        number("until_us", null=True),
        text("way"),
        text("received_on"),
        number("recorded_at_us"),
        text("recorded_by", "officers.officer_id"),
    ],
    "referrals": [
        text("referral_id", key=True),
        text("number"),
        text("force_id", "forces.force_id"),
        text("request_id", "force_requests.request_id", null=True),
        text("case_id", "cases.case_id"),
        text("why"),
        number("generation"),
        number("tree_size"),
        number("leads"),
        number("rows"),
        text("left_out_json"),
        text("leads_sha256"),
        text("content_sha256"),
        text("state"),
        number("made_at_us"),
        text("made_by", "officers.officer_id"),
        text("approval_id", "approvals.approval_id", null=True),
        number("approved_at_us", null=True),
        number("sent_at_us", null=True),
        text("sent_how", null=True),
        number("received_at_us", null=True),
        text("receipt_sha256", null=True),
    ],
    "referral_leads": [
        text("referral_id", "referrals.referral_id", key=True),
        text("lead_id", key=True),
        text("state"),
        text("ceiling"),
        number("first_us"),
        number("last_us"),
        number("uncertainty_s"),
    ],
    "referral_recalls": [
        text("recall_id", key=True),
        text("referral_id", "referrals.referral_id"),
        text("leads_json"),
        text("why"),
        number("made_at_us"),
        text("made_by", "officers.officer_id"),
        number("received_at_us", null=True),
        text("receipt_sha256", null=True),
    ],
    "force_outcomes": [
        text("outcome_id", "outcomes.outcome_id", key=True),
        text("referral_id", "referrals.referral_id"),
        text("force_id", "forces.force_id"),
        text("note_sha256"),
    ],
    "force_secrets": [
        text("secret_id", key=True),
        text("force_id", "forces.force_id"),
        number("agreed_at_us"),
        text("agreed_by", "officers.officer_id"),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
    ],
}
INDEXES = (("referrals", "force_id"), ("referral_leads", "lead_id"), ("referral_recalls", "referral_id"))


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
