"""Create the tables of the web app: accounts, sessions, and the progress of scans."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def number(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    kind = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    return sa.Column(name, kind, nullable=null, primary_key=key, autoincrement=False)


def raw(name: str) -> sa.Column[Any]:
    """A column of bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "accounts": [
        text("officer_id", "officers.officer_id", key=True),
        text("name"),
        text("key_id", "officer_keys.key_id"),
        number("made_at_us"),
        raw("salt"),
        raw("sealed"),
        number("failures"),
        number("locked_until_us", null=True),
        number("last_step"),
    ],
    "web_sessions": [
        text("session_id", key=True),
        text("officer_id", "officers.officer_id"),
        number("begun_at_us"),
        number("until_us"),
        number("seen_at_us"),
        text("agent"),
        number("ended_at_us", null=True),
        text("ended_why", null=True),
    ],
    "scan_progress": [
        text("intent_id", "intents.intent_id", key=True),
        text("source_id"),
        text("name"),
        number("files"),
        number("files_done"),
        number("bytes_done"),
        number("bytes_total", null=True),
        number("frames"),
        number("hits"),
        number("begun_at_us"),
        number("at_us"),
        number("ended_at_us", null=True),
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
