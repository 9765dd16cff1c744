"""The record: workspace, officers, approvals, cases, exhibits, runs, segments, ledger."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from sightline.storage import append_only

revision = "0001"
down_revision = None


def make_text_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return _build_column(name, sa.Text(), to, null=null, key=key)


def make_number_column(name: str, to: str | None = None, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return _build_column(name, sa.Integer().with_variant(sa.BigInteger(), "postgresql"), to, null=null, key=key)


def make_bytes_column(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of bytes."""
    return _build_column(name, sa.LargeBinary(), None, null=null, key=False)


def _build_column(name: str, kind: Any, to: str | None, *, null: bool, key: bool) -> sa.Column[Any]:  # noqa: ANN401
    references = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *references, nullable=null, primary_key=key, autoincrement=False)


TABLES: dict[str, list[sa.Column[Any]]] = {
    "workspaces": [
        make_text_column("workspace_id", key=True),
        make_text_column("name"),
        make_number_column("made_at_us"),
        make_bytes_column("log_key"),
        make_text_column("stamp"),
    ],
    "officers": [
        make_text_column("officer_id", key=True),
        make_text_column("name"),
        make_text_column("designation"),
        make_text_column("unit"),
        make_text_column("role"),
        make_number_column("enrolled_at_us"),
        make_text_column("enrolled_by"),
        make_number_column("left_at_us", null=True),
    ],
    "officer_keys": [
        make_text_column("key_id", key=True),
        make_text_column("officer_id", "officers.officer_id"),
        make_bytes_column("public_key"),
        make_number_column("enrolled_at_us"),
        make_text_column("enrolled_by"),
        make_number_column("revoked_at_us", null=True),
        make_text_column("revoked_why", null=True),
    ],
    "approvals": [
        make_text_column("approval_id", key=True),
        make_text_column("action"),
        make_text_column("thing"),
        make_text_column("request_json"),
        make_text_column("why"),
        make_text_column("asked_by", "officers.officer_id"),
        make_number_column("asked_at_us"),
        make_number_column("expires_at_us"),
        make_text_column("state"),
        make_text_column("decided_by", "officers.officer_id", null=True),
        make_number_column("decided_at_us", null=True),
        make_text_column("decided_why", null=True),
        make_number_column("used_at_us", null=True),
    ],
    "issuer_keys": [
        make_text_column("key_id", key=True),
        make_text_column("issuer"),
        make_bytes_column("public_key"),
        make_text_column("approval_id", "approvals.approval_id"),
        make_number_column("enrolled_at_us"),
        make_number_column("revoked_at_us", null=True),
        make_text_column("revoked_why", null=True),
    ],
    "cases": [
        make_text_column("case_id", key=True),
        make_text_column("number"),
        make_text_column("station"),
        make_text_column("sections"),
        make_text_column("investigating_officer"),
        make_text_column("station_officer"),
        make_text_column("superintendent"),
        make_text_column("begun_on"),
        make_number_column("opened_at_us"),
        make_text_column("opened_by", "officers.officer_id"),
    ],
    "authorities": [
        make_text_column("authority_id", key=True),
        make_text_column("case_id", "cases.case_id"),
        make_text_column("kind"),
        make_text_column("number"),
        make_text_column("issued_by"),
        make_text_column("issued_on"),
        make_number_column("valid_from_us"),
        make_number_column("valid_until_us", null=True),
        make_text_column("sources_json"),
        make_text_column("categories_json"),
        make_text_column("document_sha256"),
        make_text_column("document_name"),
        make_number_column("keep_until_us", null=True),
        make_number_column("added_at_us"),
        make_text_column("added_by", "officers.officer_id"),
        make_number_column("ended_at_us", null=True),
        make_text_column("ended_why", null=True),
    ],
    "sources": [
        make_text_column("source_id", key=True),
        make_text_column("kind"),
        make_text_column("name"),
        make_text_column("use"),
        make_text_column("timezone", null=True),
        make_number_column("clock_offset_us"),
        make_number_column("clock_uncertainty_s"),
        make_text_column("clock_measured"),
        make_number_column("trusted_hops"),
        make_text_column("server_name", null=True),
        make_text_column("device_json"),
        make_number_column("added_at_us"),
        make_text_column("added_by", "officers.officer_id"),
        make_text_column("timezone_basis", null=True),
    ],
    "lists": [
        make_text_column("list_id", key=True),
        make_text_column("issuer"),
        make_text_column("version", null=True),
        make_text_column("category", null=True),
        make_text_column("use"),
        make_number_column("valid_until_us"),
        make_text_column("key_id", "issuer_keys.key_id"),
        make_text_column("transcribed_by", null=True),
        make_text_column("original_sha256", null=True),
        make_number_column("indicators"),
        make_number_column("rejects"),
        make_text_column("file"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_number_column("registered_at_us"),
    ],
    "datasets": [
        make_text_column("dataset_id", key=True),
        make_text_column("name"),
        make_text_column("kind"),
        make_number_column("dated_us"),
        make_text_column("licence", null=True),
        make_text_column("source_format"),
        make_number_column("rows"),
        make_text_column("rejects_json"),
        make_number_column("speaks_for_days"),
        make_text_column("notes_json"),
        make_text_column("file"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_number_column("imported_at_us"),
        make_text_column("imported_by", "officers.officer_id"),
    ],
    "exhibits": [
        make_text_column("exhibit_id", key=True),
        make_number_column("size_bytes"),
        make_number_column("registered_at_us"),
        make_number_column("purged_at_us", null=True),
    ],
    "holdings": [
        make_text_column("holding_id", key=True),
        make_text_column("exhibit_id", "exhibits.exhibit_id"),
        make_text_column("authority_id", "authorities.authority_id"),
        make_text_column("source_id", "sources.source_id"),
        make_text_column("path"),
        make_number_column("since_us"),
        make_text_column("held_by", "officers.officer_id"),
    ],
    "custody": [
        make_text_column("custody_id", key=True),
        make_text_column("exhibit_id", "exhibits.exhibit_id"),
        make_text_column("event"),
        make_number_column("at_us"),
        make_text_column("person"),
        make_text_column("how"),
        make_text_column("place"),
        make_text_column("why"),
        make_number_column("recorded_at_us"),
        make_text_column("recorded_by", "officers.officer_id"),
    ],
    "intents": [
        make_text_column("intent_id", key=True),
        make_text_column("officer_id", "officers.officer_id"),
        make_text_column("process"),
        make_number_column("made_at_us"),
        make_number_column("lease_until_us"),
        make_text_column("state"),
    ],
    "runs": [
        make_text_column("run_id", key=True),
        make_text_column("intent_id", "intents.intent_id"),
        make_text_column("exhibit_id", "exhibits.exhibit_id"),
        make_text_column("authority_id", "authorities.authority_id"),
        make_text_column("source_id", "sources.source_id"),
        make_text_column("format"),
        make_text_column("format_id"),
        make_text_column("use"),
        make_number_column("hits"),
        make_text_column("account_json"),
        make_text_column("manifest_json"),
        make_number_column("registered_at_us"),
        make_text_column("registered_by", "officers.officer_id"),
        make_text_column("row_key_sha256"),
        make_bytes_column("row_key", null=True),
    ],
    "run_lists": [
        make_text_column("run_id", "runs.run_id", key=True),
        make_number_column("position", key=True),
        make_text_column("list_id", "lists.list_id"),
        make_text_column("issuer"),
    ],
    "segments": [
        make_text_column("segment_id", key=True),
        make_text_column("run_id", "runs.run_id"),
        make_number_column("number"),
        make_number_column("rows"),
        make_text_column("file"),
        make_text_column("sha256"),
        make_number_column("size_bytes"),
        make_number_column("first_us"),
        make_number_column("last_us"),
    ],
    "holds": [
        make_text_column("hold_id", key=True),
        make_text_column("thing"),
        make_text_column("why"),
        make_number_column("set_at_us"),
        make_text_column("set_by", "officers.officer_id"),
        make_number_column("lifted_at_us", null=True),
        make_text_column("lifted_why", null=True),
    ],
    "witnesses": [
        make_text_column("name", key=True),
        make_bytes_column("public_key"),
        make_number_column("enrolled_at_us"),
        make_text_column("enrolled_by", "officers.officer_id"),
    ],
    "generations": [
        make_number_column("number", key=True),
        make_text_column("generation_id"),
        make_text_column("intent_id", "intents.intent_id"),
        make_number_column("made_at_us"),
        make_text_column("made_by", "officers.officer_id"),
        make_text_column("inputs_json"),
        make_text_column("account_json"),
        make_text_column("files_json"),
    ],
    "lead_marks": [
        make_text_column("mark_id", key=True),
        make_text_column("lead_id"),
        make_text_column("why"),
        make_number_column("set_at_us"),
        make_text_column("set_by", "officers.officer_id"),
        make_number_column("lifted_at_us", null=True),
        make_text_column("lifted_why", null=True),
    ],
    "ledger": [
        make_number_column("seq", key=True),
        make_text_column("verb"),
        make_text_column("actor"),
        make_text_column("thing"),
        make_text_column("entry_json"),
        make_bytes_column("leaf_hash"),
    ],
    "openings": [
        make_number_column("seq", "ledger.seq", key=True),
        make_text_column("name", key=True),
        make_bytes_column("salt", null=True),
        make_text_column("text", null=True),
    ],
    "journal": [
        make_number_column("seq", key=True),
        make_number_column("at_us"),
        make_text_column("actor"),
        make_text_column("verb"),
        make_text_column("thing"),
        make_text_column("committed"),
        make_bytes_column("salt", null=True),
        make_text_column("text", null=True),
    ],
    "checkpoints": [
        make_number_column("size", key=True),
        make_number_column("at_us"),
        make_text_column("note"),
        make_bytes_column("peaks"),
    ],
    "countersignatures": [
        make_number_column("size", "checkpoints.size", key=True),
        make_text_column("name", key=True),
        make_text_column("line"),
        make_number_column("at_us"),
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
