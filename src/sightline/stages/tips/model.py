"""The input and the output of tip readers, frame by frame: the contract of `docs/adr/0010-tips.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sightline.model import Party, TimeBasis, TipCode
from sightline.stages.scan.options import ReadOptions
from sightline.stages.tabular.table_rows import RowPlace


@dataclass(frozen=True, slots=True)
class TipTime:
    """An instant as recorded. With the basis `none` it is a local time of an unknown zone.

    `recorded_us` is microseconds since 1970 in UTC, or then of the local clock; `fold_s` the width of a fold around it.
    """

    recorded_us: int
    original: str
    basis: TimeBasis
    fold_s: int = 0


@dataclass(frozen=True, slots=True)
class TipEvent:
    """One frame with an address and a time. `accounts`, `event`, `esp`, `service` and `fir` are the tip's own words.

    `fir`: the number of a police force's case (First Information Report).

    `account` is the one of them that identifies an account at the service; None if none does, or several do.
    `party` is None if the tip does not state whose connection it was. `received_bytes`: of the file, over the
    connection of a peer-to-peer capture. `transcribed`: an officer `confirmed` or `typed` it, from the message with
    the digest `original_sha256`. `flags`: what the report says of seriousness (`flags.ALL`), in order.
    """

    place: RowPlace
    time: TipTime
    source_ip: str
    source_port: int | None = None
    destination_ip: str | None = None
    destination_port: int | None = None
    event: str | None = None
    report_id: str | None = None
    fir: str | None = None
    esp: str | None = None
    service: str | None = None
    accounts: tuple[str, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    party: Party | None = None
    is_possible_proxy: bool = False
    is_peer_to_peer: bool = False
    received_bytes: int | None = None
    account: str | None = None
    transcribed: str | None = None
    original_sha256: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TipReject:
    """A frame that could not be read: its place, never its content."""

    code: TipCode
    place: RowPlace


@dataclass(frozen=True, slots=True)
class TipComment:
    """A frame without a connection: a heading, a blank row, a capture of something else than an address."""

    place: RowPlace


@dataclass(frozen=True, slots=True)
class TipNote:
    """A remark for a person about an exhibit besides its frames, in plain words. Not a frame."""

    text: str


@dataclass(frozen=True, slots=True)
class ChosenKind:
    """The kind as which a tip, or a member, was read, and why. Not a frame."""

    member: str | None
    kind: str
    reason: str


Item: TypeAlias = TipEvent | TipReject | TipComment | TipNote | ChosenKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address in a line of a message, and what else that line states once: the port, the time, the account."""

    line: int
    address: str
    port: str = ""
    time: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """The original of a transcription: the digest of the message, and the candidates in it."""

    sha256: str
    candidates: frozenset[Candidate] = frozenset()


@dataclass(frozen=True, slots=True)
class TipOptions:
    """The officer's declarations about a tip.

    `columns` has the heading (or `#3`, the third column of a table without headings) of each field; `kind` is `auto`,
    or the only kind to read it as. `original`: the message of a transcription.
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    kind: str = "auto"
    original: Original | None = None


Read: TypeAlias = Callable[[bytes, str | None, TipOptions], Iterator[Item]]
"""A reader: takes the bytes of a tip, the member's name and the options, and yields its frames in order.

It raises UnknownFormat for a tip of another shape, UsageError if more must be declared.
"""
