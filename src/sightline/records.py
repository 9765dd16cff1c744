"""What flows through Sightline: records, rejects, indicators, hits, and every enum."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NewType, TypeAlias

ListId = NewType("ListId", str)
IndicatorId = NewType("IndicatorId", str)
ExhibitId = NewType("ExhibitId", str)
FormatId = NewType("FormatId", str)
FrameBytes: TypeAlias = bytes


class RecordKind(StrEnum):
    """What a record tells of: a visit; or that an address, or ports of it, were given to a line; or a file found."""

    HTTP_REQUEST = "http-request"
    PROXY_REQUEST = "proxy-request"
    DNS_QUERY = "dns-query"
    DNS_ANSWER = "dns-answer"
    DNS_POLICY = "dns-policy"
    TLS = "tls"
    FLOW = "flow"
    ASSIGNMENT = "assignment"
    FILE = "file"


NO_VISIT = frozenset({RecordKind.ASSIGNMENT, RecordKind.FILE})
"""Kinds of record that tell of no visit to anything."""


class DnsAction(StrEnum):
    """What a resolver did: RPZ actions as the RPZ draft names them; `query`, `answer` where there is no policy."""

    QUERY = "query"
    ANSWER = "answer"
    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    PASSTHRU = "passthru"
    DROP = "drop"
    TCP_ONLY = "tcp-only"
    LOCAL_DATA = "local-data"
    CNAME = "cname"


class IndicatorKind(StrEnum):
    """What a flag list can flag; `docs/adr/0005-canonical.md` says what meets each."""

    URL = "url"
    URL_PREFIX = "url-prefix"
    DOMAIN = "domain"
    HOST = "host"
    IP = "ip"
    CIDR = "cidr"
    ONION = "onion"
    I2P = "i2p"
    DIGEST = "digest"
    FILE_DIGEST = "file-digest"


class Opinion(StrEnum):
    """What an issuer says of an indicator, the strongest first."""

    CLEARED = "cleared"
    DISPUTED = "disputed"
    FLAGGED = "flagged"
    SEED = "seed"


class ListUse(StrEnum):
    """What hits of a list may be used for."""

    LEADS = "leads"
    STATISTICS = "statistics"


class RejectCode(StrEnum):
    """Why a frame could not be read (`docs/adr/0003-format-program.md`)."""

    FRAME_TOO_LONG = "frame-too-long"
    NO_PATTERN = "no-pattern"
    NO_HEADER = "no-header"
    WRONG_HEADER = "wrong-header"
    COLUMN_COUNT = "column-count"
    NOT_JSON = "not-json"
    NOT_DNSTAP = "not-dnstap"
    NOT_DNS = "not-dns"
    BAD_TIME = "bad-time"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    TIME_UNDECLARED = "time-undeclared"
    BAD_ADDRESS = "bad-address"
    BAD_PORT = "bad-port"
    BAD_NUMBER = "bad-number"
    MISSING_FIELD = "missing-field"
    BROKEN_STREAM = "broken-stream"
    DECOMPRESSION_LIMIT = "decompression-limit"
    MEMBER_ENCRYPTED = "member-encrypted"
    MEMBER_UNSUPPORTED = "member-unsupported"
    INPUT_SHRANK = "input-shrank"


DAMAGE = frozenset(
    {
        RejectCode.BROKEN_STREAM,
        RejectCode.DECOMPRESSION_LIMIT,
        RejectCode.MEMBER_ENCRYPTED,
        RejectCode.MEMBER_UNSUPPORTED,
        RejectCode.INPUT_SHRANK,
    }
)
"""Rejects that mean the input itself is damaged: the run ends with exit code 4."""


class RowCode(StrEnum):
    """Why a row of a flag list could not be read (`docs/adr/0004-lists.md`)."""

    UNKNOWN_KIND = "unknown-kind"
    BAD_VALUE = "bad-value"
    JUNK = "junk"
    BAD_DATE = "bad-date"
    EMPTY_WINDOW = "empty-window"
    UNKNOWN_OPINION = "unknown-opinion"
    COLUMN_COUNT = "column-count"
    NOT_UTF8 = "not-utf8"
    DUPLICATE_HEADER = "duplicate-header"
    UNKNOWN_COLUMN = "unknown-column"
    BAD_SYNTAX = "bad-syntax"
    ROW_TOO_LONG = "row-too-long"


class LeftOut(StrEnum):
    """Why a file of a folder is not read (`docs/folders.md`)."""

    SYMBOLIC_LINK = "symbolic-link"
    NOT_A_FILE = "not-a-file"
    FLAG_LIST = "flag-list"
    KEY_OR_SIGNATURE = "key-or-signature"
    OUTPUT = "output"
    UNKNOWN_FORMAT = "unknown-format"


class Likeness(StrEnum):
    """What two logs have in common: all their bytes, all that is packed in them, or the beginning of one."""

    SAME_BYTES = "same-bytes"
    SAME_CONTENT = "same-content"
    BEGINNING = "beginning"
    FIRST_MEMBER = "first-member"


class TipCode(StrEnum):
    """Why a frame of a tip could not be read (`docs/adr/0010-tips.md`)."""

    MISSING_FIELD = "missing-field"
    REPEATED_FIELD = "repeated-field"
    BAD_VALUE = "bad-value"
    NOT_UTF8 = "not-utf8"
    VALUE_TOO_LONG = "value-too-long"
    BAD_ADDRESS = "bad-address"
    MANGLED_ADDRESS = "mangled-address"
    ADDRESS_OF_NO_LINE = "address-of-no-line"
    BAD_PORT = "bad-port"
    MANGLED_NUMBER = "mangled-number"
    BAD_DIGEST = "bad-digest"
    AMBIGUOUS_DIGEST = "ambiguous-digest"
    BAD_TIME = "bad-time"
    MANGLED_TIME = "mangled-time"
    INCOMPLETE_TIME = "incomplete-time"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    BAD_ZONE = "bad-zone"
    OVERFLOW_CELL = "overflow-cell"
    ERROR_CELL = "error-cell"
    FORMULA_CELL = "formula-cell"
    MERGED_CELL = "merged-cell"
    COLUMN_COUNT = "column-count"
    BAD_QUOTING = "bad-quoting"
    UNKNOWN_MEMBER = "unknown-member"
    BROKEN_DOCUMENT = "broken-document"
    TRAILING_CONTENT = "trailing-content"
    FORBIDDEN_MARKUP = "forbidden-markup"
    TOO_DEEP = "too-deep"
    BROKEN_STREAM = "broken-stream"
    DECOMPRESSION_LIMIT = "decompression-limit"
    MEMBER_ENCRYPTED = "member-encrypted"
    MEMBER_UNSUPPORTED = "member-unsupported"


TIP_DAMAGE = frozenset(
    {
        TipCode.BROKEN_DOCUMENT,
        TipCode.TRAILING_CONTENT,
        TipCode.FORBIDDEN_MARKUP,
        TipCode.TOO_DEEP,
        TipCode.BROKEN_STREAM,
        TipCode.DECOMPRESSION_LIMIT,
        TipCode.MEMBER_ENCRYPTED,
        TipCode.MEMBER_UNSUPPORTED,
    }
)
"""Rejects of tips behind which something may stand that was not read: the run ends with exit code 4."""


class ReplyCode(StrEnum):
    """Why a row of a reply could not be read (`docs/replies.md`)."""

    MISSING_FIELD = "missing-field"
    BAD_ADDRESS = "bad-address"
    MANGLED_ADDRESS = "mangled-address"
    ADDRESS_OF_NO_LINE = "address-of-no-line"
    INSIDE_ADDRESS = "inside-address"
    BAD_PORT = "bad-port"
    BAD_NUMBER = "bad-number"
    MANGLED_NUMBER = "mangled-number"
    BAD_TIME = "bad-time"
    MANGLED_TIME = "mangled-time"
    INCOMPLETE_TIME = "incomplete-time"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    TIME_WITHOUT_ZONE = "time-without-zone"
    BAD_ZONE = "bad-zone"
    ENDS_BEFORE_START = "ends-before-start"
    REPEATED_FIELD = "repeated-field"
    NOT_UTF8 = "not-utf8"
    VALUE_TOO_LONG = "value-too-long"
    COLUMN_COUNT = "column-count"
    BAD_QUOTING = "bad-quoting"
    OVERFLOW_CELL = "overflow-cell"
    ERROR_CELL = "error-cell"
    FORMULA_CELL = "formula-cell"
    MERGED_CELL = "merged-cell"
    NO_PATTERN = "no-pattern"
    WITHOUT_START = "without-start"
    OUTSIDE_PREFIX = "outside-prefix"


class Ceiling(StrEnum):
    """The most that evidence can show: of those that hold, the first names it."""

    STATISTICS = "statistics"
    AUTOMATED = "automated"
    RELAY = "relay"
    TIME_UNPROVEN = "time-unproven"
    RESOLUTION_ONLY = "resolution-only"
    CONNECTION_ONLY = "connection-only"
    SHARED = "shared"
    SUBSCRIBER = "subscriber"


class Party(StrEnum):
    """Whose connection a tip says that it was, where it says so."""

    REPORTED = "reported"
    RECIPIENT = "recipient"
    VICTIM = "victim"
    REPORTER = "reporter"


class TimeBasis(StrEnum):
    """Where the zone of a time comes from."""

    RECORD = "record"
    DECLARED = "declared"
    NONE = "none"


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


class DatasetCode(StrEnum):
    """Why something of a data set could not be read or used; what is left of it is (`docs/datasets.md`)."""

    BAD_ADDRESS = "bad-address"
    BAD_RANGE = "bad-range"
    BAD_TIME = "bad-time"
    EMPTY_WINDOW = "empty-window"
    FUTURE_TIME = "future-time"
    STALE_TIME = "stale-time"
    BAD_NUMBER = "bad-number"
    BAD_POINT = "bad-point"
    BAD_VALUE = "bad-value"
    UNKNOWN_CODE = "unknown-code"
    UNKNOWN_STATE = "unknown-state"
    MISSING_FIELD = "missing-field"
    COLUMN_COUNT = "column-count"
    BAD_SYNTAX = "bad-syntax"
    NOT_UTF8 = "not-utf8"
    BAD_RECORD = "bad-record"
    BAD_PATTERN = "bad-pattern"
    BAD_GEOMETRY = "bad-geometry"
    NO_SNAPSHOT_TIME = "no-snapshot-time"
    SAME_SNAPSHOT = "same-snapshot"


class PlaceWhy(StrEnum):
    """Why a state is agreed or not."""

    AGREED = "agreed"
    NO_ADDRESS = "no-address"
    NO_DATASET = "no-dataset"
    NO_ANSWER = "no-answer"
    ONE_DATASET = "one-dataset"
    DISAGREE = "disagree"
    CIRCLE_CONTRADICTS = "circle-contradicts"
    MEASURED_WRONG = "measured-wrong"


class Role(StrEnum):
    """What an officer is in the unit (`docs/lawful.md`): each may do what its duty needs, and nothing else."""

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
    """The kinds of legal instrument under which records are held; `casework/authorities.py` says what each covers."""

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


class OutcomeKind(StrEnum):
    """What was found where a lead led."""

    CONFIRMED = "confirmed-by-forensics"
    INNOCENT = "innocent"
    WRONG_PLACE = "wrong-place"
    WRONG_SUBSCRIBER = "wrong-subscriber"
    WRONG_TIME = "wrong-time"
    NO_RESULT = "no-result"


class LeadAct(StrEnum):
    """What one officer does to many leads at once."""

    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    ADDED = "added"
    TAKEN_OUT = "taken-out"


class LeadStatus(StrEnum):
    """Where the work on a lead stands, in the order in which it goes on; derived, but for assigning and closing."""

    NEW = "new"
    ASSIGNED = "assigned"
    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why nothing more is done about a lead. `outcome`: derived of an outcome that stands; nobody gives it."""

    OUTCOME = "outcome"
    NO_LINE = "no-line"
    RECORDS_GONE = "records-gone"
    NO_ANSWER = "no-answer"
    ELSEWHERE = "elsewhere"
    DOUBLE = "double"
    OTHER = "other"


class OperationEventKind(StrEnum):
    """What happened on a day of an operation; counted, and of nobody by name."""

    SEARCH = "search"
    SEIZURE = "seizure"
    ARREST = "arrest"
    CHARGE = "charge"
    RELEASE = "release"


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


@dataclass(frozen=True, slots=True)
class Reject:
    """A frame that could not be read: where it lies, never its bytes."""

    code: RejectCode
    exhibit: ExhibitId
    member: str | None
    byte_offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One record x one indicator; the columns of `docs/adr/0002-hit-row.md`, in their order.

    `timestamp_us` is microseconds since 1970, UTC, corrected by the clock offset; `raw` the frame without its line end.
    """

    timestamp_us: int
    timestamp_original: str
    uncertainty_s: int
    source_ip: str | None
    source_port: int | None
    destination_ip: str | None
    destination_port: int | None
    host: str | None
    url: str | None
    method: str | None
    status: int | None
    bytes: int | None
    user_agent: str | None
    referrer: str | None
    user: str | None
    dns_type: str | None
    dns_action: str | None
    record_kind: RecordKind
    indicator_id: IndicatorId
    indicator_kind: IndicatorKind
    indicator: str
    category: str | None
    list_id: ListId
    issuer: str | None
    opinion: Opinion
    vouched: bool
    exhibit_sha256: ExhibitId
    member: str | None
    byte_offset: int
    line_number: int
    raw: FrameBytes


class HitRowCode(StrEnum):
    """Why a row of a file of hits could not be read back (`docs/adr/0008-interchange.md`)."""

    HALF_ROW = "half-row"
    NOT_JSON = "not-json"
    WRONG_COLUMNS = "wrong-columns"
    BAD_VALUE = "bad-value"
    WRONG_ID = "wrong-id"


HIT_COLUMNS = (
    "timestamp",
    *(field.name for field in fields(Hit) if field.name not in {"timestamp_us", "raw"}),
    "raw",
    "encoding",
)
"""The column names of a hit row, in order."""
