"""Create the tables of notes about a case, of their sealed attachments, and of deadlines that officers set."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def make_number_column(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=null)


def make_text_column(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=null, primary_key=key)


def make_reference_column(name: str, target: str, *, null: bool = False) -> sa.Column[Any]:
    """A column that refers to another table."""
    return sa.Column(name, sa.Text(), sa.ForeignKey(target), nullable=null)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "case_notes",
        make_text_column("note_id", key=True),
        make_reference_column("case_id", "cases.case_id"),
        make_text_column("text"),
        make_number_column("made_at_us"),
        make_reference_column("made_by", "officers.officer_id"),
        sqlite_strict=True,
    )
    op.create_index("case_notes_by_case_id", "case_notes", ["case_id"])
    op.create_table(
        "case_files",
        make_text_column("file_id", key=True),
        make_reference_column("note_id", "case_notes.note_id"),
        make_reference_column("intent_id", "intents.intent_id"),
        make_text_column("name"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_text_column("file"),
        make_text_column("file_sha256"),
        make_number_column("file_bytes"),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sqlite_strict=True,
    )
    op.create_index("case_files_by_note_id", "case_files", ["note_id"])
    op.create_table(
        "case_deadlines",
        make_text_column("deadline_id", key=True),
        make_reference_column("case_id", "cases.case_id"),
        make_text_column("due_on"),
        make_text_column("what"),
        make_number_column("set_at_us"),
        make_reference_column("set_by", "officers.officer_id"),
        make_number_column("ended_at_us", null=True),
        make_reference_column("ended_by", "officers.officer_id", null=True),
        make_text_column("ended_why", null=True),
        sqlite_strict=True,
    )
    op.create_index("case_deadlines_by_case_id", "case_deadlines", ["case_id"])


def downgrade() -> None:
    """Drop the tables. The ledger entries about them stay."""
    for table in ("case_deadlines", "case_files", "case_notes"):
        op.drop_table(table)
