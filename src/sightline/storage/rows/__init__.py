"""The database rows of a workspace, one frozen dataclass for each table. `schema` creates the tables from them.

Times are whole microseconds since 1970, UTC (`_us`); lists and objects are canonical JSON (ADR 1) in a text (`_json`).
"""

from __future__ import annotations

from sightline.storage.rows.forces import (
    Force,
    ForceMatches,
    ForceOfficer,
    ForceOutcome,
    ForceRequest,
    ForceSecret,
    Referral,
    ReferralLead,
    ReferralRecall,
    RequestAnswer,
)
from sightline.storage.rows.incoming import Incoming, IncomingOutcome, IncomingRecall
from sightline.storage.rows.leads import (
    Generation,
    LeadBatch,
    LeadMark,
    LeadNote,
    LeadStep,
    Operation,
    OperationEvent,
    OperationTeam,
    Outcome,
)
from sightline.storage.rows.ledger import Checkpoint, Countersignature, LedgerRow, Opening, StoredJournalRow, Witness
from sightline.storage.rows.marks import HASHED, KEY, UNSEALED, To
from sightline.storage.rows.matters import Authority, Case, Custody, Declaration, Exhibit, Hold, Holding, Source
from sightline.storage.rows.notices import Confirmation, IdentityKey, Licensee, Notice, Reply, Resolving
from sightline.storage.rows.references import Dataset, DatasetWithdrawal, FlagListRow, IssuerKey, ListSignature
from sightline.storage.rows.runs import FeedDelivery, FeedPart, FeedStart, Intent, Run, RunList, ScanProgress, Segment
from sightline.storage.rows.unit import (
    Account,
    Approval,
    BackupRecipient,
    Officer,
    OfficerKey,
    RetentionPeriod,
    SavedView,
    WebSession,
    Workspace,
)

__all__ = [
    "HASHED",
    "KEY",
    "UNSEALED",
    "Account",
    "Approval",
    "Authority",
    "BackupRecipient",
    "Case",
    "Checkpoint",
    "Confirmation",
    "Countersignature",
    "Custody",
    "Dataset",
    "DatasetWithdrawal",
    "Declaration",
    "Exhibit",
    "FeedDelivery",
    "FeedPart",
    "FeedStart",
    "FlagListRow",
    "Force",
    "ForceMatches",
    "ForceOfficer",
    "ForceOutcome",
    "ForceRequest",
    "ForceSecret",
    "Generation",
    "Hold",
    "Holding",
    "IdentityKey",
    "Incoming",
    "IncomingOutcome",
    "IncomingRecall",
    "Intent",
    "IssuerKey",
    "LeadBatch",
    "LeadMark",
    "LeadNote",
    "LeadStep",
    "LedgerRow",
    "Licensee",
    "ListSignature",
    "Notice",
    "Officer",
    "OfficerKey",
    "Opening",
    "Operation",
    "OperationEvent",
    "OperationTeam",
    "Outcome",
    "Referral",
    "ReferralLead",
    "ReferralRecall",
    "Reply",
    "RequestAnswer",
    "Resolving",
    "RetentionPeriod",
    "Run",
    "RunList",
    "SavedView",
    "ScanProgress",
    "Segment",
    "Source",
    "StoredJournalRow",
    "To",
    "WebSession",
    "Witness",
    "Workspace",
]
