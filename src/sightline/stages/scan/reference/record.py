"""The content of one frame before canonicalisation. `rust/src/program/record.rs` is the same in the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from sightline.model import RejectCode

Address: TypeAlias = IPv4Address | IPv6Address
Text: TypeAlias = bytes
"""A text as in the frame."""


@dataclass(slots=True)
class Record:
    """One visit as in its frame: original bytes, escapes decoded, addresses and numbers parsed.

    `timestamp_us` is corrected by the clock offset; `fold_s` is the width of a DST fold, else 0. `names` are further
    hosts or addresses that can match, `digests` those of a file, hex. `host_is_name`: the authority is a bare
    name, without a port.
    """

    timestamp_us: int | None = None
    fold_s: int = 0
    timestamp_original: Text | None = None
    source_ip: Address | None = None
    source_port: int | None = None
    destination_ip: Address | None = None
    destination_port: int | None = None
    method: Text | None = None
    target: Text | None = None
    authority: Text | None = None
    host_is_name: bool = False
    scheme: Text | None = None
    status: int | None = None
    bytes: int | None = None
    user_agent: Text | None = None
    referrer: Text | None = None
    user: Text | None = None
    dns_type: Text | None = None
    dns_action: Text | None = None
    record_kind: Text | None = None
    names: list[Text] = field(default_factory=list)
    digests: list[Text] = field(default_factory=list)

    @property
    def is_dns(self) -> bool:
        """Return whether the record is of DNS: what it names is a query name, no host of a URL."""
        return (self.record_kind or b"").startswith(b"dns-")


@dataclass(frozen=True, slots=True)
class Header:
    """The column names of a header line, for the frames after it."""

    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CommentFrame:
    """A frame that is no visit: blank, a comment, or a header line with its content.

    `is_open`: the end of the frame was not looked at, so that it may be the beginning of another.
    """

    header: Header | None = None
    is_open: bool = False


Outcome: TypeAlias = Record | CommentFrame | RejectCode
