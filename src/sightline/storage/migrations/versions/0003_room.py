"""Create the tables of the web app: accounts, sessions, and the progress of scans."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


def make_bytes_column(name: str) -> sa.Column[Any]:
    """A column of bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "accounts": [
        make_text_column("officer_id", "officers.officer_id", key=True),
        make_text_column("name"),
        make_text_column("key_id", "officer_keys.key_id"),
        make_number_column("made_at_us"),
        make_bytes_column("salt"),
        make_bytes_column("sealed"),
        make_number_column("failures"),
        make_number_column("locked_until_us", null=True),
        make_number_column("last_step"),
    ],
    "web_sessions": [
        make_text_column("session_id", key=True),
        make_text_column("officer_id", "officers.officer_id"),
        make_number_column("begun_at_us"),
        make_number_column("until_us"),
        make_number_column("seen_at_us"),
        make_text_column("agent"),
        make_number_column("ended_at_us", null=True),
        make_text_column("ended_why", null=True),
    ],
    "scan_progress": [
        make_text_column("intent_id", "intents.intent_id", key=True),
        make_text_column("source_id"),
        make_text_column("name"),
        make_number_column("files"),
        make_number_column("files_done"),
        make_number_column("bytes_done"),
        make_number_column("bytes_total", null=True),
        make_number_column("frames"),
        make_number_column("hits"),
        make_number_column("begun_at_us"),
        make_number_column("at_us"),
        make_number_column("ended_at_us", null=True),
    ],
}
INDEXES = (("web_sessions", "officer_id"),)


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
