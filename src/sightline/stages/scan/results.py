"""The inputs and results of a scan, the same for the kernel and for the oracle.

`scan(inputs, lists, options, *, sink, limits, all_hits_of, digest_key) -> ScanResult` is the oracle's signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sightline.model import DAMAGE, ExhibitId, Reject, RejectCode

if TYPE_CHECKING:
    import polars

    from sightline.stages.formats.program import Program


FirstDay = tuple[int, int, int]
"""Year, month and day of a log's first time, if its times state no year."""


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """The plan of one scan for each member of an archive, in stored order (ADR 3, Members).

    `uses` has a letter for each: `r` it is read, `s` it is skipped (another scan reads it), `u` no format reads it: the
    whole member is one reject. `first_days`: of each member, if its times state no year; empty if none is known.
    """

    uses: str
    first_days: tuple[FirstDay | None, ...] = ()

    @property
    def is_part(self) -> bool:
        """Return whether any member is not read."""
        return self.uses.strip("r") != ""

    def use(self, number: int) -> str:
        """Return the use of a member. One that was not there when formats were chosen is refused."""
        return self.uses[number] if number < len(self.uses) else "u"

    def find_first_day(self, number: int) -> FirstDay | None:
        """Return the day of a member's first time."""
        return self.first_days[number] if number < len(self.first_days) else None

    def format_places(self) -> str:
        """Return which members are read, counted from 1: `1-3,5`."""
        places, at = list[str](), 0
        for use, same in groupby(self.uses):
            length = len(list(same))
            if use == "r":
                places.append(str(at + 1) if length == 1 else f"{at + 1}-{at + length}")
            at += length
        return ",".join(places)


@dataclass(frozen=True, slots=True)
class ScanInput:
    """One exhibit to read and the program that reads it.

    `path` is None for standard input; `head` are then the bytes of it that detection has consumed already. `first_day`:
    year, month and day of its first time, if its times state no year. `members`: what to do with each member of an
    archive, if they are not all read in the same way. `known_as`: what it is called instead of its path.
    """

    path: Path | None
    program: Program
    head: bytes = b""
    first_day: FirstDay | None = None
    members: MemberPlan | None = None
    known_as: str | None = None

    @property
    def name(self) -> str:
        """Return its name, else the path as given, `-` for standard input."""
        if self.known_as is not None:
            return self.known_as
        return "-" if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class ProgramScore:
    """The number of frames in a piece of a log that a program reads, and how it reads them."""

    frames: int
    records: int
    comments: int
    rejects: int


@dataclass(frozen=True, slots=True)
class ExhibitCounts:
    """The counts of one exhibit: `frames = records + comments + all rejects that are frames`, always.

    `rejects` holds every code that occurred. A break of the input (`read_errors.DAMAGE`) counts as a frame too, so that
    the equation holds without exception.
    """

    path: str
    sha256: ExhibitId
    size_bytes: int
    frames: int
    records: int
    comments: int
    hit_records: int
    hits: int
    outside_window: int
    rejects: Mapping[RejectCode, int]

    @property
    def unmatched(self) -> int:
        """Return the number of records without a hit."""
        return self.records - self.hit_records

    @property
    def is_damaged(self) -> bool:
        """Return whether the input could not be read to its end (exit code 4)."""
        return any(code in DAMAGE for code in self.rejects)

    @property
    def reject_count(self) -> int:
        """Return the number of rejects of all codes."""
        return sum(self.rejects.values())


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One summary for each input, in order. Hits and rejects went to the sink."""

    exhibits: tuple[ExhibitCounts, ...]


class HitBatch(Protocol):
    """Some hits in their final order, in the reader's own form; never empty."""

    def __len__(self) -> int:
        """Return how many hits."""
        ...

    def to_jsonl(self) -> bytes:
        """Return one canonical line for each hit, with its LF (ADR 2)."""
        ...

    def to_csv(self) -> bytes:
        """Return one line for each hit, without the header line (ADR 2)."""
        ...

    def to_frame(self) -> polars.DataFrame:
        """Return the same rows as a table with the Parquet types of ADR 2."""
        ...


class Sink(Protocol):
    """Receives the results of a scan, in the final order, exhibit after exhibit."""

    def write_hits(self, batch: HitBatch) -> None:
        """Receive some hits."""
        ...

    def write_rejects(self, batch: Sequence[Reject]) -> None:
        """Receive some rejects."""
        ...
