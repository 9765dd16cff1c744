"""Types of the match: records of a log, indicators of a flag list, rejects, and hits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NewType, TypeAlias

from sightline.model.read_errors import RejectCode

ListId = NewType("ListId", str)
IndicatorId = NewType("IndicatorId", str)
ExhibitId = NewType("ExhibitId", str)
FormatId = NewType("FormatId", str)
FrameBytes: TypeAlias = bytes


class RecordKind(StrEnum):
    """The kind of event that a record describes.

    A visit, an assignment of an address (or of ports of it) to a line, or a file that was found.

    `device-visit`: a visit in the history of a device's browser, which names no address (ADR 27).
    `tip`: a connection that a report states (ADR 26). `tip-peer`: only that a peer was seen. `tip-proxy`: the report
    says that the address may be a proxy's. `tip-transcribed`: an officer read it in a message (ADR 29).
    """

    HTTP_REQUEST = "http-request"
    PROXY_REQUEST = "proxy-request"
    DNS_QUERY = "dns-query"
    DNS_ANSWER = "dns-answer"
    DNS_POLICY = "dns-policy"
    TLS = "tls"
    FLOW = "flow"
    ASSIGNMENT = "assignment"
    FILE = "file"
    DEVICE_VISIT = "device-visit"
    TIP = "tip"
    TIP_PEER = "tip-peer"
    TIP_PROXY = "tip-proxy"
    TIP_TRANSCRIBED = "tip-transcribed"


NO_VISIT = frozenset({RecordKind.ASSIGNMENT, RecordKind.FILE})
"""The kinds of record that describe no visit."""
TIP_RECORDS = frozenset({RecordKind.TIP, RecordKind.TIP_PEER, RecordKind.TIP_PROXY, RecordKind.TIP_TRANSCRIBED})
"""The kinds of record that a report states. Their `raw` has selected fields, not the exhibit's own bytes (ADR 26)."""


class DnsAction(StrEnum):
    """A resolver's action on a query.

    The RPZ actions of the RPZ draft; `query` and `answer` where no policy applied.
    """

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
    """The kinds of indicator that a flag list can contain. `docs/adr/0005-canonical.md` defines what matches each kind.

    `report` is in no list: it is the report that states the connection itself (ADR 26).
    """

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
    REPORT = "report"


FLAGGABLE: tuple[IndicatorKind, ...] = tuple(kind for kind in IndicatorKind if kind is not IndicatorKind.REPORT)
"""The kinds of indicator that a flag list can have."""


class Opinion(StrEnum):
    """An issuer's opinion of an indicator, the strongest first."""

    CLEARED = "cleared"
    DISPUTED = "disputed"
    FLAGGED = "flagged"
    SEED = "seed"


class ListUse(StrEnum):
    """The permitted uses of a list's hits."""

    LEADS = "leads"
    STATISTICS = "statistics"


class Likeness(StrEnum):
    """The degree to which two logs agree: all bytes, all unpacked content, or the same beginning."""

    SAME_BYTES = "same-bytes"
    SAME_CONTENT = "same-content"
    BEGINNING = "beginning"
    FIRST_MEMBER = "first-member"


@dataclass(frozen=True, slots=True)
class FramePlace:
    """The place of a frame: an exhibit, perhaps a member of it, and a byte offset."""

    exhibit: str
    member: str | None
    byte_offset: int


class TimeBasis(StrEnum):
    """The source of a time's zone."""

    RECORD = "record"
    DECLARED = "declared"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reject:
    """A frame that could not be read: its position in the file, never its bytes."""

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


HIT_COLUMNS = (
    "timestamp",
    *(field.name for field in fields(Hit) if field.name not in {"timestamp_us", "raw"}),
    "raw",
    "encoding",
)
"""The column names of a hit row, in order."""
