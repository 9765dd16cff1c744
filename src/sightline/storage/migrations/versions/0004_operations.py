"""Work on leads in batches, notes, saved views; operations and what happened in them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


OFFICER = "officers.officer_id"
TABLES: dict[str, list[sa.Column[Any]]] = {
    "operations": [
        make_text_column("operation_id", key=True),
        make_text_column("name"),
        make_text_column("why"),
        make_text_column("begun_on"),
        make_number_column("made_at_us"),
        make_text_column("made_by", OFFICER),
        make_number_column("closed_at_us", null=True),
        make_text_column("closed_why", null=True),
    ],
    "operation_events": [
        make_text_column("event_id", key=True),
        make_text_column("operation_id", "operations.operation_id"),
        make_text_column("kind"),
        make_text_column("happened_on"),
        make_text_column("state"),
        make_text_column("district", null=True),
        make_text_column("lead_id", null=True),
        make_text_column("subscriber_id", null=True),
        make_number_column("count"),
        make_text_column("why"),
        make_number_column("recorded_at_us"),
        make_text_column("recorded_by", OFFICER),
        make_number_column("withdrawn_at_us", null=True),
        make_text_column("withdrawn_why", null=True),
    ],
    "lead_batches": [
        make_text_column("batch_id", key=True),
        make_text_column("act"),
        make_text_column("officer_id", OFFICER, null=True),
        make_text_column("operation_id", "operations.operation_id", null=True),
        make_text_column("reason", null=True),
        make_text_column("why"),
        make_number_column("leads"),
        make_text_column("leads_sha256"),
        make_number_column("made_at_us"),
        make_text_column("made_by", OFFICER),
    ],
    "lead_steps": [
        make_text_column("lead_id", key=True),
        make_number_column("version", key=True),
        make_text_column("batch_id", "lead_batches.batch_id"),
    ],
    "lead_notes": [
        make_text_column("note_id", key=True),
        make_text_column("lead_id"),
        make_text_column("text"),
        make_text_column("why"),
        make_number_column("version"),
        make_number_column("made_at_us"),
        make_text_column("made_by", OFFICER),
        make_number_column("changed_at_us", null=True),
        make_text_column("changed_by", OFFICER, null=True),
    ],
    "saved_views": [
        make_text_column("view_id", key=True),
        make_text_column("name"),
        make_text_column("query"),
        make_number_column("is_shared"),
        make_number_column("version"),
        make_number_column("made_at_us"),
        make_text_column("owner", OFFICER),
        make_number_column("changed_at_us", null=True),
        make_text_column("changed_by", OFFICER, null=True),
        make_number_column("dropped_at_us", null=True),
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
