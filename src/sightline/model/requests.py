"""Types and states of requests to licensees, and of requests and referrals between forces."""

from __future__ import annotations

from enum import StrEnum


class NoticeKind(StrEnum):
    """The kinds of notice to a licensee (`docs/adr/0018-notices-and-replies.md`), in the order of sending."""

    PRESERVATION = "preservation"
    RECORDS = "records"
    SUBSCRIBERS = "subscribers"


class NoticeState(StrEnum):
    """The state of a notice. Overdue is no state; it follows from the due day."""

    DRAFT = "draft"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    ANSWERED_IN_PART = "answered-in-part"
    ANSWERED = "answered"
    CLOSED = "closed"


class LineKey(StrEnum):
    """The value by which a row of a notice identifies one of the lines that may have had the address."""

    ADDRESS = "address"
    PORT = "port"
    DESTINATION = "destination"


class NatLogs(StrEnum):
    """The logs of shared addresses that a licensee keeps, by its own statement."""

    UNKNOWN = "unknown"
    BLOCKS = "blocks"
    CONNECTIONS = "connections"
    DESTINATIONS = "destinations"


class ResolutionVerdict(StrEnum):
    """The verdict of the replies on a session."""

    SUBSCRIBER = "subscriber"
    CANDIDATES = "candidates"
    CONFLICT = "conflict"
    NONE = "none"


class ReplySign(StrEnum):
    """A reason to doubt a reply as a whole until an officer declares what it means."""

    TWELVE_HOURS = "twelve-hours"
    ENDS_FIRST = "ends-before-start"
    DURATION = "duration-differs"
    COVERS_LITTLE = "covers-little"
    ONE_SHIFT = "one-shift"
    CLOCK_MOVED = "clock-moved"
    ONE_INSTANT = "one-instant"
    ECHO = "echo"
    SCHEDULED = "scheduled-ends"
    AFTER_RECEIVED = "after-received"
    ONE_SUBSCRIBER = "one-subscriber"
    EMPTY_CLOCK = "empty-clock"
    FILLED_DOWN = "filled-down"
    NUMBERS_MOVED = "numbers-moved"
    NUMBERS_SORTED = "numbers-sorted"
    TIMES_MOVED = "times-moved"
    INSIDE_SHARED = "inside-shared"
    ROWS_CONFLICT = "rows-conflict"
    UNREAD_FILE = "unread-file"


class RequestWay(StrEnum):
    """The means by which another force's request for its leads arrived."""

    PAPER = "paper"
    FILE = "file"
    PARTNER = "partner-officer"


class ReferralState(StrEnum):
    """The state of a referral of leads to another force. It is recalled when all its leads are recalled."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    REFUSED = "refused"
    SENT = "sent"
    RECEIVED = "received"
    RECALLED = "recalled"
