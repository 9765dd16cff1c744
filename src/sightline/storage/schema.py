"""The tables of a workspace, created from the dataclasses of `rows`.

SQLite keeps them STRICT; foreign keys hold on both engines. `APPEND_ONLY` tables refuse update and delete.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from threading import Lock
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from sightline.storage import rows

WHOLE_NUMBER = Integer().with_variant(BigInteger(), "postgresql")
TABLES: dict[str, type] = {
    "workspaces": rows.Workspace,
    "officers": rows.Officer,
    "officer_keys": rows.OfficerKey,
    "approvals": rows.Approval,
    "issuer_keys": rows.IssuerKey,
    "cases": rows.Case,
    "authorities": rows.Authority,
    "sources": rows.Source,
    "lists": rows.FlagListRow,
    "list_signatures": rows.ListSignature,
    "datasets": rows.Dataset,
    "dataset_withdrawals": rows.DatasetWithdrawal,
    "exhibits": rows.Exhibit,
    "holdings": rows.Holding,
    "custody": rows.Custody,
    "intents": rows.Intent,
    "runs": rows.Run,
    "run_lists": rows.RunList,
    "segments": rows.Segment,
    "feed_starts": rows.FeedStart,
    "feed_parts": rows.FeedPart,
    "feed_deliveries": rows.FeedDelivery,
    "holds": rows.Hold,
    "declarations": rows.Declaration,
    "witnesses": rows.Witness,
    "generations": rows.Generation,
    "lead_marks": rows.LeadMark,
    "licensees": rows.Licensee,
    "notices": rows.Notice,
    "replies": rows.Reply,
    "reply_confirmations": rows.Confirmation,
    "identity_keys": rows.IdentityKey,
    "resolvings": rows.Resolving,
    "outcomes": rows.Outcome,
    "accounts": rows.Account,
    "web_sessions": rows.WebSession,
    "scan_progress": rows.ScanProgress,
    "feed_lags": rows.FeedLag,
    "operations": rows.Operation,
    "operation_events": rows.OperationEvent,
    "operation_teams": rows.OperationTeam,
    "lead_batches": rows.LeadBatch,
    "lead_steps": rows.LeadStep,
    "lead_notes": rows.LeadNote,
    "case_notes": rows.CaseNote,
    "case_files": rows.CaseFile,
    "case_deadlines": rows.CaseDeadline,
    "saved_views": rows.SavedView,
    "backup_recipients": rows.BackupRecipient,
    "retention_periods": rows.RetentionPeriod,
    "forces": rows.Force,
    "force_officers": rows.ForceOfficer,
    "force_requests": rows.ForceRequest,
    "referrals": rows.Referral,
    "request_answers": rows.RequestAnswer,
    "referral_leads": rows.ReferralLead,
    "referral_recalls": rows.ReferralRecall,
    "force_outcomes": rows.ForceOutcome,
    "force_secrets": rows.ForceSecret,
    "force_matches": rows.ForceMatches,
    "incoming_referrals": rows.Incoming,
    "incoming_outcomes": rows.IncomingOutcome,
    "incoming_recalls": rows.IncomingRecall,
    "ledger": rows.LedgerRow,
    "openings": rows.Opening,
    "journal": rows.StoredJournalRow,
    "checkpoints": rows.Checkpoint,
    "countersignatures": rows.Countersignature,
}
"""Every table, each after those that it refers to."""

APPEND_ONLY = ("ledger", "journal", "checkpoints", "countersignatures", "openings")
EMPTIED_BY_PURGE = {"openings": ("salt", "text"), "journal": ("salt", "text")}
"""The columns of append-only tables that may be emptied: salts and texts of commitments."""

INDEXES = (
    ("declarations", "thing"),
    ("ledger", "thing"),
    ("ledger", "verb"),
    ("officer_keys", "officer_id"),
    ("holdings", "exhibit_id"),
    ("exhibits", "size_bytes"),
    ("custody", "exhibit_id"),
    ("runs", "exhibit_id"),
    ("run_lists", "issuer"),
    ("list_signatures", "list_id"),
    ("segments", "run_id"),
    ("feed_starts", "feed_id"),
    ("feed_parts", "feed_id"),
    ("intents", "state"),
    ("approvals", "state"),
    ("holds", "thing"),
    ("lead_marks", "lead_id"),
    ("notices", "case_id"),
    ("replies", "notice_id"),
    ("reply_confirmations", "reply_id"),
    ("outcomes", "lead_id"),
    ("web_sessions", "officer_id"),
    ("operation_events", "operation_id"),
    ("operation_teams", "operation_id"),
    ("lead_steps", "batch_id"),
    ("lead_notes", "lead_id"),
    ("case_notes", "case_id"),
    ("case_files", "note_id"),
    ("case_deadlines", "case_id"),
    ("saved_views", "owner"),
    ("referrals", "force_id"),
    ("referral_leads", "lead_id"),
    ("referral_recalls", "referral_id"),
    ("incoming_outcomes", "incoming_id"),
    ("incoming_recalls", "incoming_id"),
)

metadata = MetaData()
"""The tables that `schema_tables` has made so far."""


class SchemaTables(Mapping[str, Table]):
    """Every table of `TABLES` by name, each made when it is first asked for: most commands need a few of them."""

    def __init__(self) -> None:
        self._made: dict[str, Table] = {}
        self._lock = Lock()

    def __getitem__(self, name: str) -> Table:
        if name not in self._made:
            with self._lock:
                if name not in self._made:
                    self._made[name] = _build_table(name, TABLES[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _build_table(name: str, row: type) -> Table:
    marks, plain = read_column_marks(row), read_plain_types(row)
    columns = [_build_column(field.name, marks[field.name], plain[field.name]) for field in fields(row)]
    table = Table(name, metadata, *columns, sqlite_strict=True)
    for table_name, column in INDEXES:
        if table_name == name:
            Index(f"{name}_by_{column}", table.c[column])
    if name == "runs":
        is_purged = table.c.row_key.is_(None)
        Index("runs_purged", table.c.run_id, sqlite_where=is_purged, postgresql_where=is_purged)
    return table


@cache
def read_column_marks(row: type) -> Mapping[str, tuple[object, ...]]:
    """Return the metadata of each column."""
    return {name: getattr(hint, "__metadata__", ()) for name, hint in _list_hints(row).items()}


@cache
def read_plain_types(row: type) -> Mapping[str, tuple[type, bool]]:
    """Return each column's type without `| None`, and whether it had that."""
    return {name: _split_hint(getattr(hint, "__origin__", hint)) for name, hint in _list_hints(row).items()}


@cache
def _list_hints(row: type) -> Mapping[str, Any]:
    return typing.get_type_hints(row, include_extras=True)


@cache
def list_key_columns(row: type) -> tuple[str, ...]:
    """Return the columns of the primary key, in order."""
    return tuple(name for name, marks in read_column_marks(row).items() if rows.KEY in marks)


def _build_column(name: str, marks: tuple[object, ...], plain: tuple[type, bool]) -> Column[Any]:
    targets = [mark.table for mark in marks if isinstance(mark, rows.RowReference)]
    references = [ForeignKey(f"{target}.{list_key_columns(TABLES[target])[0]}") for target in targets]
    kind, is_nullable = plain
    return Column(
        name,
        _choose_sql_type(kind),
        *references,
        primary_key=rows.KEY in marks,
        nullable=is_nullable,
        autoincrement=False,
    )


def _split_hint(hint: object) -> tuple[type, bool]:
    if isinstance(hint, types.UnionType):
        known = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        return known[0], True
    assert isinstance(hint, type)
    return hint, False


def _choose_sql_type(plain: type) -> TypeEngine[Any]:
    if issubclass(plain, int):
        return WHOLE_NUMBER
    return LargeBinary() if issubclass(plain, bytes) else Text()


schema_tables = SchemaTables()
