"""Types of the unit and its holdings: roles, approvals, sources, legal instruments, custody, data sets."""

from __future__ import annotations

from enum import StrEnum


class Stamp(StrEnum):
    """The purpose of a workspace, set once when it is created: casework, or an exercise with invented records."""

    CASEWORK = "casework"
    EXERCISE = "exercise"


class DatasetKind(StrEnum):
    """The kinds of data set, by what they state about addresses (`docs/adr/0016-data-sets.md`)."""

    CITY = "city"
    NETWORK = "network"
    RELAY = "relay"
    AGENT = "agent"
    NAT = "nat"
    BOUNDARY = "boundary"


class Role(StrEnum):
    """An officer's role in the unit. Each role permits what its duty needs and nothing else."""

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
    """The kinds of source that visit records come from."""

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
    """The kinds of legal instrument under which records are held; `casework/cases/cases.py` says what each covers."""

    SEIZURE = "seizure"
    PRODUCTION = "production"
    OWN_RECORDS = "own-records"
    CONSENT = "consent"
    REFERRAL = "referral"
    INTERCEPTION = "interception"
    LIVE_FEED = "live-feed"
    LIVE_FEED_WHOLE = "live-feed-whole"


LIVE_KINDS = frozenset({AuthorityKind.LIVE_FEED, AuthorityKind.LIVE_FEED_WHOLE})
"""The kinds of instrument for a live feed. Two officers record them. Under the second, all lines are retained."""


class PartEnd(StrEnum):
    """Why a part of a live feed ends where it ends."""

    SIZE = "size"
    """It has as many bytes as a part may have."""
    NO_MORE_BYTES = "no-more-bytes"
    """The file held no further whole line."""
    END_OF_FILE = "end-of-file"
    """The file was rotated, or the stream ended: nothing more comes from it."""


class ApprovalState(StrEnum):
    """The state of an act that takes two officers."""

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
    """The state of a scan that writes segments: under way, registered, given up, or its files swept away."""

    OPEN = "open"
    REGISTERED = "registered"
    GIVEN_UP = "given-up"
    SWEPT = "swept"
