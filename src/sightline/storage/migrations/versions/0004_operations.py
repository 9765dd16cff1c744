"""Work on leads in batches, notes, saved views; operations and what happened in them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


OFFICER = "officers.officer_id"
TABLES: dict[str, list[sa.Column[Any]]] = {
    "operations": [
        text("operation_id", key=True),
        text("name"),
        text("why"),
        text("begun_on"),
        number("made_at_us"),
        text("made_by", OFFICER),
        number("closed_at_us", null=True),
        text("closed_why", null=True),
    ],
    "operation_events": [
        text("event_id", key=True),
        text("operation_id", "operations.operation_id"),
        text("kind"),
        text("happened_on"),
        text("state"),
        text("district", null=True),
        text("lead_id", null=True),
        text("subscriber_id", null=True),
        number("count"),
        text("why"),
        number("recorded_at_us"),
        text("recorded_by", OFFICER),
        number("withdrawn_at_us", null=True),
        text("withdrawn_why", null=True),
    ],
    "lead_batches": [
        text("batch_id", key=True),
        text("act"),
        text("officer_id", OFFICER, null=True),
        text("operation_id", "operations.operation_id", null=True),
        text("reason", null=True),
        text("why"),
        number("leads"),
        text("leads_sha256"),
        number("made_at_us"),
        text("made_by", OFFICER),
    ],
    "lead_steps": [
        text("lead_id", key=True),
        number("version", key=True),
        text("batch_id", "lead_batches.batch_id"),
    ],
    "lead_notes": [
        text("note_id", key=True),
        text("lead_id"),
        text("text"),
        text("why"),
        number("version"),
        number("made_at_us"),
        text("made_by", OFFICER),
        number("changed_at_us", null=True),
        text("changed_by", OFFICER, null=True),
    ],
    "saved_views": [
        text("view_id", key=True),
        text("name"),
        text("query"),
        number("is_shared"),
        number("version"),
        number("made_at_us"),
        text("owner", OFFICER),
        number("changed_at_us", null=True),
        text("changed_by", OFFICER, null=True),
        number("dropped_at_us", null=True),
    ],
}
INDEXES = (
    ("operation_events", "operation_id"),
    ("lead_steps", "batch_id"),
    ("lead_notes", "lead_id"),
    ("saved_views", "owner"),
)


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
