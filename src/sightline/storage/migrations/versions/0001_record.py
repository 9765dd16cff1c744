"""The record: workspace, officers, approvals, cases, exhibits, runs, segments, ledger."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from sightline.storage import append_only

revision = "0001"
down_revision = None


def text(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return _column(name, sa.Text(), to, null=null, key=key)


def number(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return _column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), to, null=null, key=key)


def octets(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of bytes."""
    return _column(name, sa.LargeBinary(), None, null=null, key=False)


def _column(name: str, kind: Any, to: str | None, *, null: bool, key: bool) -> sa.Column[Any]:  # noqa: ANN401
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *references, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "workspaces": [
        text("workspace_id", key=True),
        text("name"),
        number("made_at_us"),
        octets("log_key"),
        text("stamp"),
    ],
    "officers": [
        text("officer_id", key=True),
        text("name"),
        text("designation"),
        text("unit"),
        text("role"),
        number("enrolled_at_us"),
        text("enrolled_by"),
        number("left_at_us", null=True),
    ],
    "officer_keys": [
        text("key_id", key=True),
        text("officer_id", "officers.officer_id"),
        octets("public_key"),
        number("enrolled_at_us"),
        text("enrolled_by"),
        number("revoked_at_us", null=True),
        text("revoked_why", null=True),
    ],
    "approvals": [
        text("approval_id", key=True),
        text("action"),
        text("thing"),
        text("request_json"),
        text("why"),
        text("asked_by", "officers.officer_id"),
        number("asked_at_us"),
        number("expires_at_us"),
        text("state"),
        text("decided_by", "officers.officer_id", null=True),
        number("decided_at_us", null=True),
        text("decided_why", null=True),
        number("used_at_us", null=True),
    ],
    "issuer_keys": [
        text("key_id", key=True),
        text("issuer"),
        octets("public_key"),
        text("approval_id", "approvals.approval_id"),
        number("enrolled_at_us"),
        number("revoked_at_us", null=True),
        text("revoked_why", null=True),
    ],
    "cases": [
        text("case_id", key=True),
        text("number"),
        text("station"),
        text("sections"),
        text("investigating_officer"),
        text("station_officer"),
        text("superintendent"),
        text("begun_on"),
        number("opened_at_us"),
        text("opened_by", "officers.officer_id"),
    ],
    "authorities": [
        text("authority_id", key=True),
        text("case_id", "cases.case_id"),
        text("kind"),
        text("number"),
        text("issued_by"),
        text("issued_on"),
        number("valid_from_us"),
        number("valid_until_us", null=True),
        text("sources_json"),
        text("categories_json"),
        text("document_sha256"),
        text("document_name"),
        number("keep_until_us", null=True),
        number("added_at_us"),
        text("added_by", "officers.officer_id"),
        number("ended_at_us", null=True),
        text("ended_why", null=True),
    ],
    "sources": [
        text("source_id", key=True),
        text("kind"),
        text("name"),
        text("use"),
        text("timezone", null=True),
        number("clock_offset_us"),
        number("clock_uncertainty_s"),
        text("clock_measured"),
        number("trusted_hops"),
        text("server_name", null=True),
        text("device_json"),
        number("added_at_us"),
        text("added_by", "officers.officer_id"),
        text("timezone_basis", null=True),
    ],
    "lists": [
        text("list_id", key=True),
        text("issuer"),
        text("version", null=True),
        text("category", null=True),
        text("use"),
        number("valid_until_us"),
        text("key_id", "issuer_keys.key_id"),
        text("transcribed_by", null=True),
        text("original_sha256", null=True),
        number("indicators"),
        number("rejects"),
        text("file"),
        text("sha256"),
        number("size_bytes"),
        number("registered_at_us"),
    ],
    "datasets": [
        text("dataset_id", key=True),
        text("name"),
        text("kind"),
        number("dated_us"),
        text("licence", null=True),
        text("source_format"),
        number("rows"),
        text("rejects_json"),
        number("speaks_for_days"),
        text("notes_json"),
        text("file"),
        text("sha256"),
        number("size_bytes"),
        number("imported_at_us"),
        text("imported_by", "officers.officer_id"),
    ],
    "exhibits": [
        text("exhibit_id", key=True),
        number("size_bytes"),
        number("registered_at_us"),
        number("purged_at_us", null=True),
    ],
    "holdings": [
        text("holding_id", key=True),
        text("exhibit_id", "exhibits.exhibit_id"),
        text("authority_id", "authorities.authority_id"),
        text("source_id", "sources.source_id"),
        text("path"),
        number("since_us"),
        text("held_by", "officers.officer_id"),
    ],
    "custody": [
        text("custody_id", key=True),
        text("exhibit_id", "exhibits.exhibit_id"),
        text("event"),
        number("at_us"),
        text("person"),
        text("how"),
        text("place"),
        text("why"),
        number("recorded_at_us"),
        text("recorded_by", "officers.officer_id"),
    ],
    "intents": [
        text("intent_id", key=True),
        text("officer_id", "officers.officer_id"),
        text("process"),
        number("made_at_us"),
        number("lease_until_us"),
        text("state"),
    ],
    "runs": [
        text("run_id", key=True),
        text("intent_id", "intents.intent_id"),
        text("exhibit_id", "exhibits.exhibit_id"),
        text("authority_id", "authorities.authority_id"),
        text("source_id", "sources.source_id"),
        text("format"),
        text("format_id"),
        text("use"),
        number("hits"),
        text("account_json"),
        text("manifest_json"),
        number("registered_at_us"),
        text("registered_by", "officers.officer_id"),
        text("row_key_sha256"),
        octets("row_key", null=True),
    ],
    "run_lists": [
        text("run_id", "runs.run_id", key=True),
        number("position", key=True),
        text("list_id", "lists.list_id"),
        text("issuer"),
    ],
    "segments": [
        text("segment_id", key=True),
        text("run_id", "runs.run_id"),
        number("number"),
        number("rows"),
        text("file"),
        text("sha256"),
        number("size_bytes"),
        number("first_us"),
        number("last_us"),
    ],
    "holds": [
        text("hold_id", key=True),
        text("thing"),
        text("why"),
        number("set_at_us"),
        text("set_by", "officers.officer_id"),
        number("lifted_at_us", null=True),
        text("lifted_why", null=True),
    ],
    "witnesses": [
        text("name", key=True),
        octets("public_key"),
        number("enrolled_at_us"),
        text("enrolled_by", "officers.officer_id"),
    ],
    "generations": [
        number("number", key=True),
        text("generation_id"),
        text("intent_id", "intents.intent_id"),
        number("made_at_us"),
        text("made_by", "officers.officer_id"),
        text("inputs_json"),
        text("account_json"),
        text("files_json"),
    ],
    "lead_marks": [
        text("mark_id", key=True),
        text("lead_id"),
        text("why"),
        number("set_at_us"),
        text("set_by", "officers.officer_id"),
        number("lifted_at_us", null=True),
        text("lifted_why", null=True),
    ],
    "ledger": [
        number("seq", key=True),
        text("verb"),
        text("actor"),
        text("thing"),
        text("entry_json"),
        octets("leaf_hash"),
    ],
    "openings": [
        number("seq", "ledger.seq", key=True),
        text("name", key=True),
        octets("salt", null=True),
        text("text", null=True),
    ],
    "journal": [
        number("seq", key=True),
        number("at_us"),
        text("actor"),
        text("verb"),
        text("thing"),
        text("committed"),
        octets("salt", null=True),
        text("text", null=True),
    ],
    "checkpoints": [
        number("size", key=True),
        number("at_us"),
        text("note"),
        octets("peaks"),
    ],
    "countersignatures": [
        number("size", "checkpoints.size", key=True),
        text("name", key=True),
        text("line"),
        number("at_us"),
    ],
}
INDEXES = (
    ("ledger", "thing"),
    ("ledger", "verb"),
    ("officer_keys", "officer_id"),
    ("holdings", "exhibit_id"),
    ("exhibits", "size_bytes"),
    ("custody", "exhibit_id"),
    ("runs", "exhibit_id"),
    ("run_lists", "issuer"),
    ("segments", "run_id"),
    ("intents", "state"),
    ("approvals", "state"),
    ("holds", "thing"),
    ("lead_marks", "lead_id"),
)


def upgrade() -> None:
    """Make all tables, indexes and triggers."""
    for name, columns in TABLES.items():
        op.create_table(name, *columns, sqlite_strict=True)
    for table, column in INDEXES:
        op.create_index(f"{table}_by_{column}", table, [column])
    for statement in append_only.trigger_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Refuse: the ledger is never taken away."""
    raise NotImplementedError("the ledger is never taken away: a record older than it is an empty folder")
