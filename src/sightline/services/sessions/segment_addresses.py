"""The addresses of each segment and their times, so that few segments are read for the hits of a few addresses."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.services.sessions.segment_cache import SegmentFile, SegmentKey

SECOND = 1_000_000
KNOWN = 4_000_000
"""Number of segment addresses that a process remembers: 80 MB, or less if segments have few addresses."""
FEW = 64
"""Number of addresses for which segments are selected. More of them are in most segments."""


@dataclass(frozen=True, slots=True)
class AddressTimes:
    """The addresses of a segment, sorted, 32 bits each, with the seconds of each one's first and last record."""

    hashes: array[int]
    firsts: array[int]
    lasts: array[int]

    def find(self, wanted: int) -> int | None:
        """Return the position of an address by its hash, or None. Rarely it is that of another address."""
        at = bisect_left(self.hashes, wanted)
        return at if at < len(self.hashes) and self.hashes[at] == wanted else None

    def has(self, wanted: int, first: int, last: int) -> bool:
        """Return whether there may be records of an address in a time, in seconds."""
        at = self.find(wanted)
        return at is not None and self.firsts[at] <= last and self.lasts[at] >= first


class SegmentAddresses:
    """The addresses of the segments that were looked into last. A registered segment never changes."""

    def __init__(self) -> None:
        self._known: OrderedDict[SegmentKey, AddressTimes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, segment: SegmentKey) -> AddressTimes | None:
        """Return the addresses of a segment if they are remembered."""
        with self._lock:
            if segment in self._known:
                self._known.move_to_end(segment)
            return self._known.get(segment)

    def read(self, segment: SegmentKey, path: Path) -> AddressTimes:
        """Return the addresses of a segment, read from its file and remembered."""
        address_times = _read_addresses(path)
        with self._lock:
            self._known[segment] = address_times
            while (
                len(self._known) > 1
                and sum(len(address_times.hashes) for address_times in self._known.values()) > KNOWN
            ):
                self._known.popitem(last=False)
        return address_times

    def forget_others(self, runs: Collection[str]) -> None:
        """Forget the segments of all runs but these."""
        with self._lock:
            if not self._known:
                return
            self._known = OrderedDict(
                (key, address_times) for key, address_times in self._known.items() if key[0] in runs
            )


ADDRESSES = SegmentAddresses()


def select_segments(segments: Sequence[SegmentFile], addresses: Sequence[str] | pl.Series) -> list[SegmentFile]:
    """Return the segments that may have hits of one of these addresses; all for more than `FEW` addresses."""
    if len(addresses) > FEW:
        return list(segments)
    wanted = hash_addresses(list(addresses))
    return [segment_file for segment_file in segments if _has_any(segment_file, wanted)]


def _has_any(segment: SegmentFile, wanted: Collection[int]) -> bool:
    address_times = ADDRESSES.find(segment.key) or ADDRESSES.read(segment.key, segment.path)
    return any(address_times.find(address_hash) is not None for address_hash in wanted)


def hash_addresses(addresses: Collection[str]) -> list[int]:
    """Return the hash of each address, of 32 bits."""
    return pl.Series(sorted(addresses), dtype=pl.String).to_frame("one").select(_hash("one")).to_series().to_list()


def _hash(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.String).hash() // (1 << 32)).cast(pl.UInt32)


def _read_addresses(segment: Path) -> AddressTimes:
    second = pl.col("timestamp").dt.epoch("us") // SECOND
    rows = pl.scan_parquet(segment).group_by(_hash("source_ip").alias("hash"))
    result = rows.agg(second.min().alias("first"), second.max().alias("last")).sort("hash").collect()
    return AddressTimes(array("I", result["hash"]), array("q", result["first"]), array("q", result["last"]))
