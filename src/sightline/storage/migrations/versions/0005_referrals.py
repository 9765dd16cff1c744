"""Leads for another force: forces, their officers, requests, referrals, recalls, outcomes that came back, secrets."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "forces": [
        make_text_column("force_id", key=True),
        make_text_column("code"),
        make_text_column("name"),
        make_text_column("states_json"),
        make_text_column("key_id"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        make_text_column("age_recipient"),
        make_text_column("approval_id", "approvals.approval_id"),
        make_number_column("enrolled_at_us"),
        make_number_column("ended_at_us", null=True),
        make_text_column("ended_why", null=True),
    ],
    "force_officers": [
        make_text_column("officer_id", "officers.officer_id", key=True),
        make_text_column("force_id", "forces.force_id"),
        make_text_column("approval_id", "approvals.approval_id"),
        make_number_column("since_us"),
    ],
    "force_requests": [
        make_text_column("request_id", key=True),
        make_text_column("force_id", "forces.force_id"),
        make_text_column("case_number"),
        make_text_column("authority_kind"),
        make_text_column("authority_number"),
        make_text_column("issued_by"),
        make_text_column("issued_on"),
        make_text_column("valid_until", null=True),
        make_text_column("document_sha256"),
        make_text_column("document_name"),
        make_text_column("states_json"),
        make_number_column("since_us", null=True),
        make_number_column("until_us", null=True),
        make_text_column("way"),
        make_text_column("received_on"),
        make_number_column("recorded_at_us"),
        make_text_column("recorded_by", "officers.officer_id"),
    ],
    "referrals": [
        make_text_column("referral_id", key=True),
        make_text_column("number"),
        make_text_column("force_id", "forces.force_id"),
        make_text_column("request_id", "force_requests.request_id", null=True),
        make_text_column("case_id", "cases.case_id"),
        make_text_column("why"),
        make_number_column("generation"),
        make_number_column("tree_size"),
        make_number_column("leads"),
        make_number_column("rows"),
        make_text_column("left_out_json"),
        make_text_column("leads_sha256"),
        make_text_column("content_sha256"),
        make_text_column("state"),
        make_number_column("made_at_us"),
        make_text_column("made_by", "officers.officer_id"),
        make_text_column("approval_id", "approvals.approval_id", null=True),
        make_number_column("approved_at_us", null=True),
        make_number_column("sent_at_us", null=True),
        make_text_column("sent_how", null=True),
        make_number_column("received_at_us", null=True),
        make_text_column("receipt_sha256", null=True),
    ],
    "referral_leads": [
        make_text_column("referral_id", "referrals.referral_id", key=True),
        make_text_column("lead_id", key=True),
        make_text_column("state"),
        make_text_column("ceiling"),
        make_number_column("first_us"),
        make_number_column("last_us"),
        make_number_column("uncertainty_s"),
    ],
    "referral_recalls": [
        make_text_column("recall_id", key=True),
        make_text_column("referral_id", "referrals.referral_id"),
        make_text_column("leads_json"),
        make_text_column("why"),
        make_number_column("made_at_us"),
        make_text_column("made_by", "officers.officer_id"),
        make_number_column("received_at_us", null=True),
        make_text_column("receipt_sha256", null=True),
    ],
    "force_outcomes": [
        make_text_column("outcome_id", "outcomes.outcome_id", key=True),
        make_text_column("referral_id", "referrals.referral_id"),
        make_text_column("force_id", "forces.force_id"),
        make_text_column("note_sha256"),
    ],
    "force_secrets": [
        make_text_column("secret_id", key=True),
        make_text_column("force_id", "forces.force_id"),
        make_number_column("agreed_at_us"),
        make_text_column("agreed_by", "officers.officer_id"),
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
