"""An office with a live feed under a direction that has an end, and a log that a collector writes."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import polars

from sightline.casework.cases import cases
from sightline.ledger.instants import to_microseconds
from sightline.model import AuthorityKind, SourceKind
from sightline.services.live.chain import list_breaks, list_parts
from sightline.services.live.request import WatchRequest
from sightline.services.live.watch import WatchTotals, watch
from sightline.services.scan.request import ScanRequest
from sightline.storage.rows import FeedPart, Run, Segment
from tests.office import Office, found_office, now, signed_list

FLAGS = "kind,value,category\ndomain,board.example,csam\n"
DAY_US = 86_400_000_000


class UntilIdle(Event):
    """Stops a watch when it finds nothing new."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.set()
        return True


@dataclass
class LiveOffice:
    """The office, the request of its watch, and the log."""

    office: Office
    log: Path
    request: WatchRequest

    @classmethod
    def found(
        cls,
        folder: Path,
        *inputs: Path,
        database: str | None = None,
        part_bytes: int = 1 << 12,
        kind: AuthorityKind = AuthorityKind.LIVE_FEED,
    ) -> LiveOffice:
        office = found_office(folder / "workspace", database=database)
        return cls.beside(office, folder, *inputs, part_bytes=part_bytes, kind=kind)

    @classmethod
    def beside(
        cls,
        office: Office,
        folder: Path,
        *inputs: Path,
        part_bytes: int = 1 << 12,
        kind: AuthorityKind = AuthorityKind.LIVE_FEED,
    ) -> LiveOffice:
        """A feed of an office that is there, with its log in a folder."""
        feed = office.add_source(name="feed", kind=SourceKind.LIVE_FEED)
        until = to_microseconds(now()) + DAY_US
        bound = cases.encode_bounds([feed.source_id])
        office.add_authority(number="s.69B 4/2026", kind=kind, valid_until_us=until, sources_json=bound)
        (folder / "log").mkdir()
        flags = signed_list(folder, FLAGS)
        scan = ScanRequest((), "feed", "s.69B 4/2026", (flags,), format="combined", threads=1)
        log = folder / "log" / "access.log"
        return cls(office, log, WatchRequest(inputs or (log,), scan, part_bytes, 0.01, makes_leads=False))

    def watch_once(self, request: WatchRequest | None = None) -> WatchTotals:
        """Watch until nothing new is left."""
        return watch(self.office.io, request or self.request, lambda _totals: None, UntilIdle())

    def parts(self) -> list[FeedPart]:
        """All parts of the only feed."""
        with self.office.workspace.read() as tables:
            (feed_id,) = set(tables[FeedPart].list_values("feed_id"))
            return list_parts(tables, feed_id)

    def has_parts(self) -> bool:
        """Whether anything was registered."""
        with self.office.workspace.read() as tables:
            return tables[FeedPart].find_last("number") is not None

    def hits(self) -> Counter[str]:
        """The raw lines of all hits, by their number in registered segments of parts."""
        with self.office.workspace.read() as tables:
            runs = {part.run_id for part in tables[FeedPart].select()}
            segments = tables[Segment].select()
            assert {run.run_id for run in tables[Run].select()} == runs
        found: Counter[str] = Counter()
        for segment in segments:
            with self.office.workspace.segments.open_local(segment.file) as path:
                found.update(bytes(raw).decode() for raw in polars.read_parquet(path, columns=["raw"])["raw"])
        return found

    def require_whole(self, *contents: str) -> None:
        """All of these bytes are in parts, once and in order, and every line that hits is a hit once."""
        whole = "".join(contents).encode()
        parts = self.parts()
        assert list_breaks(parts) == []
        at = 0
        for part in parts:
            length = part.until_offset - part.first_offset
            assert part.exhibit_id == hashlib.sha256(whole[at : at + length]).hexdigest(), part
            at += length
        assert at == len(whole)
        assert self.hits() == Counter(line for line in whole.decode().splitlines() if "//board.example/" in line)
