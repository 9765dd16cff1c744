"""From lead to subscriber: licensees, notices, replies, resolvings, outcomes, and the keys of identities."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "licensees": [
        text("licensee_id", key=True),
        text("name"),
        text("address"),
        text("nat_logs"),
        text("timezone", null=True),
        text("date_order", null=True),
        number("keep_days"),
        number("said_at_us"),
        text("said_by", "officers.officer_id"),
    ],
    "notices": [
        text("notice_id", key=True),
        text("number"),
        text("case_id", "cases.case_id"),
        text("kind"),
        text("licensee_id", "licensees.licensee_id"),
        text("circle", null=True),
        text("form"),
        text("follows", "notices.notice_id", null=True),
        number("asks"),
        text("file"),
        text("sha256"),
        number("size_bytes"),
        number("generation"),
        number("keep_until_us"),
        text("state"),
        number("made_at_us"),
        text("made_by", "officers.officer_id"),
        text("approval_id", "approvals.approval_id", null=True),
        number("approved_at_us", null=True),
        number("sent_at_us", null=True),
        text("sent_how", null=True),
        number("due_at_us", null=True),
        number("closed_at_us", null=True),
        text("closed_why", null=True),
    ],
    "replies": [
        text("reply_id", key=True),
        text("notice_id", "notices.notice_id"),
        text("intent_id", "intents.intent_id"),
        text("name"),
        text("sha256"),
        number("size_bytes"),
        text("layout"),
        text("declared_json"),
        text("received_on"),
        number("is_partial"),
        text("corrects", "replies.reply_id", null=True),
        text("certificate_sha256", null=True),
        text("certificate_name", null=True),
        text("account_json"),
        text("files_json"),
        number("received_at_us"),
        text("received_by", "officers.officer_id"),
        number("withdrawn_at_us", null=True),
        text("withdrawn_why", null=True),
    ],
    "identity_keys": [
        text("subscriber_id", key=True),
        number("made_at_us"),
        sa.Column("key", sa.LargeBinary(), nullable=True),
    ],
    "resolvings": [
        number("number", key=True),
        text("resolving_id"),
        text("intent_id", "intents.intent_id"),
        number("made_at_us"),
        text("made_by", "officers.officer_id"),
        text("inputs_json"),
        text("account_json"),
        text("files_json"),
    ],
    "outcomes": [
        text("outcome_id", key=True),
        text("lead_id"),
        text("case_id", "cases.case_id"),
        text("subscriber_id", null=True),
        text("kind"),
        text("said_on"),
        text("why"),
        number("recorded_at_us"),
        text("recorded_by", "officers.officer_id"),
        number("withdrawn_at_us", null=True),
        text("withdrawn_why", null=True),
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
