"""Create the tables of notes about a case, of their sealed attachments, and of deadlines that officers set."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


def text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=null, primary_key=key)


def reference(name: str, target: str, *, null: bool = False) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=null)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "case_notes",
        text("note_id", key=True),
        reference("case_id", "cases.case_id"),
        text("text"),
        number("made_at_us"),
        reference("made_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("case_notes_by_case_id", "case_notes", ["case_id"])
    op.create_table(
        "case_files",
        text("file_id", key=True),
        reference("note_id", "case_notes.note_id"),
        reference("intent_id", "intents.intent_id"),
        text("name"),
        text("sha256"),
        number("size_bytes"),
        text("file"),
        text("file_sha256"),
        number("file_bytes"),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("case_files_by_note_id", "case_files", ["note_id"])
    op.create_table(
        "case_deadlines",
        text("deadline_id", key=True),
        reference("case_id", "cases.case_id"),
        text("due_on"),
        text("what"),
        number("set_at_us"),
        reference("set_by", "officers.officer_id"),
        number("ended_at_us", null=True),
        reference("ended_by", "officers.officer_id", null=True),
        text("ended_why", null=True),
        sqlite_strict=True,
    )
    op.create_index("case_deadlines_by_case_id", "case_deadlines", ["case_id"])


def downgrade() -> None:
    """Drop the tables. The ledger entries about them stay."""
    for table in ("case_deadlines", "case_files", "case_notes"):
        op.drop_table(table)
