"""What flows through Sightline: records, rejects, indicators, hits, and every enum."""

from __future__ import annotations

from sightline.model.requests import Asks, NatLogs, NoticeKind, NoticeState, ReferralState, ReplySign, RequestWay, ResolutionVerdict
from sightline.model.hits import HIT_COLUMNS, NO_VISIT, DnsAction, ExhibitId, FormatId, FrameBytes, Hit, IndicatorId, IndicatorKind, Likeness, ListId, ListUse, Opinion, RecordKind, Reject, TimeBasis
from sightline.model.leads import Ceiling, CloseReason, LeadAct, LeadStatus, OperationEventKind, OutcomeKind, Party, PlaceWhy
from sightline.model.unit import ApprovalState, AuthorityKind, CustodyEvent, DatasetKind, IntentState, Role, SourceKind, Stamp
from sightline.model.read_errors import DAMAGE, TIP_DAMAGE, DatasetCode, HitRowCode, LeftOut, RejectCode, ReplyCode, RowCode, TipCode

__all__ = [
    "DAMAGE",
    "HIT_COLUMNS",
    "NO_VISIT",
    "TIP_DAMAGE",
    "ApprovalState",
    "Asks",
    "AuthorityKind",
    "Ceiling",
    "CloseReason",
    "CustodyEvent",
    "DatasetCode",
    "DatasetKind",
    "DnsAction",
    "ExhibitId",
    "FormatId",
    "FrameBytes",
    "Hit",
    "HitRowCode",
    "IndicatorId",
    "IndicatorKind",
    "IntentState",
    "LeadAct",
    "LeadStatus",
    "LeftOut",
    "Likeness",
    "ListId",
    "ListUse",
    "NatLogs",
    "NoticeKind",
    "NoticeState",
    "OperationEventKind",
    "Opinion",
    "OutcomeKind",
    "Party",
    "PlaceWhy",
    "RecordKind",
    "ReferralState",
    "Reject",
    "RejectCode",
    "ReplyCode",
    "ReplySign",
    "RequestWay",
    "ResolutionVerdict",
    "Role",
    "RowCode",
    "SourceKind",
    "Stamp",
    "TimeBasis",
    "TipCode",
]
