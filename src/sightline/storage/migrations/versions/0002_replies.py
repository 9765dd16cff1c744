"""From lead to subscriber: licensees, notices, replies, resolvings, outcomes, and the keys of identities."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "licensees": [
        make_text_column("licensee_id", key=True),
        make_text_column("name"),
        make_text_column("address"),
        make_text_column("nat_logs"),
        make_text_column("timezone", null=True),
        make_text_column("date_order", null=True),
        make_number_column("keep_days"),
        make_number_column("said_at_us"),
        make_text_column("said_by", "officers.officer_id"),
    ],
    "notices": [
        make_text_column("notice_id", key=True),
        make_text_column("number"),
        make_text_column("case_id", "cases.case_id"),
        make_text_column("kind"),
        make_text_column("licensee_id", "licensees.licensee_id"),
        make_text_column("circle", null=True),
        make_text_column("form"),
        make_text_column("follows", "notices.notice_id", null=True),
        make_number_column("asks"),
        make_text_column("file"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_number_column("generation"),
        make_number_column("keep_until_us"),
        make_text_column("state"),
        make_number_column("made_at_us"),
        make_text_column("made_by", "officers.officer_id"),
        make_text_column("approval_id", "approvals.approval_id", null=True),
        make_number_column("approved_at_us", null=True),
        make_number_column("sent_at_us", null=True),
        make_text_column("sent_how", null=True),
        make_number_column("due_at_us", null=True),
        make_number_column("closed_at_us", null=True),
        make_text_column("closed_why", null=True),
    ],
    "replies": [
        make_text_column("reply_id", key=True),
        make_text_column("notice_id", "notices.notice_id"),
        make_text_column("intent_id", "intents.intent_id"),
        make_text_column("name"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_text_column("layout"),
        make_text_column("declared_json"),
        make_text_column("received_on"),
        make_number_column("is_partial"),
        make_text_column("corrects", "replies.reply_id", null=True),
        make_text_column("certificate_sha256", null=True),
        make_text_column("certificate_name", null=True),
        make_text_column("account_json"),
        make_text_column("files_json"),
        make_number_column("received_at_us"),
        make_text_column("received_by", "officers.officer_id"),
        make_number_column("withdrawn_at_us", null=True),
        make_text_column("withdrawn_why", null=True),
    ],
    "identity_keys": [
        make_text_column("subscriber_id", key=True),
        make_number_column("made_at_us"),
        sa.Column("key", sa.LargeBinary(), nullable=True),
    ],
    "resolvings": [
        make_number_column("number", key=True),
        make_text_column("resolving_id"),
        make_text_column("intent_id", "intents.intent_id"),
        make_number_column("made_at_us"),
        make_text_column("made_by", "officers.officer_id"),
        make_text_column("inputs_json"),
        make_text_column("account_json"),
        make_text_column("files_json"),
    ],
    "outcomes": [
        make_text_column("outcome_id", key=True),
        make_text_column("lead_id"),
        make_text_column("case_id", "cases.case_id"),
        make_text_column("subscriber_id", null=True),
        make_text_column("kind"),
        make_text_column("said_on"),
        make_text_column("why"),
        make_number_column("recorded_at_us"),
        make_text_column("recorded_by", "officers.officer_id"),
        make_number_column("withdrawn_at_us", null=True),
        make_text_column("withdrawn_why", null=True),
    ],
}
INDEXES = (("notices", "case_id"), ("replies", "notice_id"), ("outcomes", "lead_id"))


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
