"""Each signature of a list, and under which of them a run was made. `upgrade` fills them from the runs' manifests."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def make_text_column(name: str, to: str | None = None, *, key: bool = False, null: bool = False) -> sa.Column[Any]:
    """A column of text."""
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, sa.Text(), *references, nullable=null, primary_key=key, autoincrement=False)


def make_number_column(name: str) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "list_signatures": [
        make_text_column("signature_id", key=True),
        make_text_column("list_id", "lists.list_id"),
        make_text_column("issuer"),
        make_text_column("series", null=True),
        make_text_column("version", null=True),
        make_text_column("category", null=True),
        make_text_column("use"),
        make_number_column("valid_until_us"),
        make_text_column("key_id", "issuer_keys.key_id"),
        make_text_column("transcribed_by", null=True),
        make_text_column("original_sha256", null=True),
        make_text_column("minisig"),
        make_number_column("registered_at_us"),
    ],
}


def upgrade() -> None:
    """Make the table and its index, and the column of runs that refers to it."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    op.create_index("list_signatures_by_list_id", "list_signatures", ["list_id"])
    # In words: no other way adds a column with a reference on both engines.
    op.execute("ALTER TABLE run_lists ADD COLUMN signature_id TEXT REFERENCES list_signatures (signature_id)")


def downgrade() -> None:
    """Drop the column and the table. The ledger entries about them stay."""
    if op.get_bind().dialect.name == "sqlite":
        # SQLite drops no column that refers to another table: the table is made again without it.
        op.execute("CREATE TABLE run_lists_before AS SELECT run_id, position, list_id, issuer FROM run_lists")
        op.drop_index("run_lists_by_issuer", "run_lists")
        op.drop_table("run_lists")
        op.create_table(
            "run_lists",
            make_text_column("run_id", "runs.run_id", key=True),
            sa.Column("position", sa.Integer(), nullable=False, primary_key=True, autoincrement=False),
            make_text_column("list_id", "lists.list_id"),
            make_text_column("issuer"),
            sqlite_strict=True,
        )
        op.execute("INSERT INTO run_lists SELECT run_id, position, list_id, issuer FROM run_lists_before")
        op.drop_table("run_lists_before")
        op.create_index("run_lists_by_issuer", "run_lists", ["issuer"])
    else:
        op.drop_column("run_lists", "signature_id")
    for name in reversed(TABLES):
        op.drop_table(name)
