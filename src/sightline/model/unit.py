"""The unit and what it holds: roles, approvals, sources, instruments of law, custody, data sets."""

from __future__ import annotations

from enum import StrEnum


class Stamp(StrEnum):
    """What a workspace is for, said when it is made and for ever: casework, or an exercise with invented records."""

    CASEWORK = "casework"
    EXERCISE = "exercise"


class DatasetKind(StrEnum):
    """What a data set tells of addresses (`docs/adr/0016-data-sets.md`)."""

    CITY = "city"
    NETWORK = "network"
    RELAY = "relay"
    AGENT = "agent"
    NAT = "nat"
    BOUNDARY = "boundary"


class Role(StrEnum):
    """What an officer is in the unit: each may do what its duty needs, and nothing else."""

    ANALYST = "analyst"
    INVESTIGATING_OFFICER = "investigating-officer"
    STATION_OFFICER = "station-officer"
    SUPERINTENDENT = "superintendent"
    SUPERVISOR = "supervisor"
    CUSTODIAN = "custodian"
    PROSECUTOR = "prosecutor"
    PARTNER = "partner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class SourceKind(StrEnum):
    """Where visit records come from."""

    SEIZED_SERVER = "seized-server"
    SEIZED_DEVICE = "seized-device"
    SINKHOLE = "sinkhole"
    PROXY = "proxy"
    RESOLVER = "resolver"
    ISP = "isp"
    BLOCK_PAGE = "block-page"
    TIP = "tip"
    LIVE_FEED = "live-feed"


class AuthorityKind(StrEnum):
    """The kinds of legal instrument under which records are held; `casework/cases.py` says what each covers."""

    SEIZURE = "seizure"
    PRODUCTION = "production"
    OWN_RECORDS = "own-records"
    CONSENT = "consent"
    REFERRAL = "referral"
    INTERCEPTION = "interception"


class ApprovalState(StrEnum):
    """Where an act that takes two officers stands."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    USED = "used"


class CustodyEvent(StrEnum):
    """A step in an exhibit's chain of custody."""

    RECEIVED = "received"
    MOVED = "moved"
    OPENED = "opened"
    COPIED = "copied"
    RETURNED = "returned"


class IntentState(StrEnum):
    """Where a scan stands that writes segments: under way, registered, given up, or its files swept away."""

    OPEN = "open"
    REGISTERED = "registered"
    GIVEN_UP = "given-up"
    SWEPT = "swept"
