"""What is asked of licensees, and by other forces, and where it stands."""

from __future__ import annotations

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice asks a licensee for (`docs/adr/0018-notices-and-replies.md`), in the order in which they go out."""

    PRESERVATION = "preservation"
    RECORDS = "records"
    SUBSCRIBERS = "subscribers"


class NoticeState(StrEnum):
    """Where a notice stands; that it is overdue is its due day, not a state."""

    DRAFT = "draft"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    ANSWERED_IN_PART = "answered-in-part"
    ANSWERED = "answered"
    CLOSED = "closed"


class Asks(StrEnum):
    """By what a row of a notice asks: what tells one line from the others that may have had the address."""

    ADDRESS = "address"
    PORT = "port"
    DESTINATION = "destination"


class NatLogs(StrEnum):
    """What a licensee keeps of shared addresses, as it says."""

    UNKNOWN = "unknown"
    BLOCKS = "blocks"
    CONNECTIONS = "connections"
    DESTINATIONS = "destinations"


class ResolutionVerdict(StrEnum):
    """What the replies say of a session."""

    SUBSCRIBER = "subscriber"
    CANDIDATES = "candidates"
    CONFLICT = "conflict"
    NONE = "none"


class ReplySign(StrEnum):
    """What doubts a reply as a whole until an officer declares what it means."""

    TWELVE_HOURS = "twelve-hours"
    ENDS_FIRST = "ends-before-start"
    DURATION = "duration-differs"
    COVERS_LITTLE = "covers-little"
    ONE_SHIFT = "one-shift"
    ONE_INSTANT = "one-instant"
    ECHO = "echo"
    SCHEDULED = "scheduled-ends"
    AFTER_RECEIVED = "after-received"
    ONE_SUBSCRIBER = "one-subscriber"
    EMPTY_CLOCK = "empty-clock"


class RequestWay(StrEnum):
    """How another force's request for its leads came."""

    PAPER = "paper"
    FILE = "file"
    PARTNER = "partner-officer"


class ReferralState(StrEnum):
    """Where a referral of leads to another force stands; one is recalled when all its leads are."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    RECEIVED = "received"
    RECALLED = "recalled"
