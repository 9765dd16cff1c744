"""Read CollecTor's exit lists (`tordnsel 1.0`): one, a folder of them, or an archive of a month."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

from sightline.errors import UsageError
from sightline.model import DatasetCode, DatasetKind
from sightline.stages.enrich.dataset_files import read_members
from sightline.stages.enrich.reader import DatasetReading, FilePreview, Rejects, SourceFile
from sightline.stages.enrich.snapshots import build_timeline

FORMAT = "tordnsel-1.0"
KINDS = frozenset({DatasetKind.RELAY})
_TIME = rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"
_BEGIN = re.compile(rb"^@type tordnsel ", re.MULTILINE)
_DOWNLOADED = re.compile(rb"^Downloaded " + _TIME + rb"[ \r]*$", re.MULTILINE)
_ENTRY = re.compile(
    rb"^ExitNode ([0-9A-Fa-f]{40})[ \r]*$|^Published " + _TIME + rb"[ \r]*$|^ExitAddress (\S+) " + _TIME + rb"[ \r]*$",
    re.MULTILINE,
)
_OTHER = re.compile(
    rb"^(?:@type tordnsel 1\.\d+|ExitNode [0-9A-Fa-f]{40}|(?:Published|LastStatus|Downloaded) " + _TIME + rb"|)[ \r]*$",
    re.MULTILINE,
)
_IN_NAME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[-_T ](\d\d)[-:_]?(\d\d)(?:[-:_]?(\d\d))?")


def reads(seen: FilePreview) -> bool:
    """Return whether the file begins like an exit list."""
    return re.match(rb"\s*(?:@type tordnsel |Downloaded \d{4}-|ExitNode [0-9A-Fa-f]{40}\s)", seen.head) is not None


@dataclass(slots=True)
class _Entries:
    """The entries read so far, in columns."""

    addresses: list[str] = field(default_factory=list)
    tested: list[str] = field(default_factory=list)
    nodes: list[str | None] = field(default_factory=list)
    published: list[str | None] = field(default_factory=list)
    seen: array[int] = field(default_factory=lambda: array("q"))
    times: dict[int, None] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)


def read(source: SourceFile) -> DatasetReading:
    """Return the exits of all snapshots, as periods. Raises UsageError if no snapshot has a time."""
    rejects, result, done = Rejects(), _Entries(), 0
    for name, content in read_members(source.path):
        done += len(content)
        source.progress(done, None, len(result.addresses))
        for snapshot in _split_snapshots(content):
            _take_snapshot(name, snapshot, result, rejects, source.now_us)
    if not result.times:
        raise UsageError(
            f"{source.path.name}: no exit list in it says when it was made",
            hint="keep CollecTor's file names (2026-06-05-10-02-00), or its Downloaded line",
        )
    entries = pl.DataFrame(
        {
            "address": result.addresses,
            "tested": result.tested,
            "node": result.nodes,
            "published": result.published,
            "seen_us": pl.Series(result.seen, dtype=pl.Int64),
        },
        schema={
            "address": pl.String,
            "tested": pl.String,
            "node": pl.String,
            "published": pl.String,
            "seen_us": pl.Int64,
        },
    )
    tested, published = (
        pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False).cast(pl.Int64)
        for name in ("tested", "published")
    )
    entries = entries.with_columns(tested.alias("tested_us"), published.alias("appeared_us")).drop("published")
    entries = _with_appearance(entries)
    rejects[DatasetCode.BAD_TIME] += entries["tested_us"].null_count()
    rows = build_timeline(entries, list(result.times), rejects, frozenset(result.damaged))
    notes = describe_history(list(result.times)) | {"damaged": len(result.damaged)}
    return DatasetReading(rows, FORMAT, rejects, notes=notes, title="tor-exits", is_flat=True)


def _with_appearance(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries with `appeared_us`: since when a relay may have had an address that no test had named yet.

    That is since it published its description; where a test before found the same relay at another address, since then:
    nobody tells when in between it moved.
    """
    key = ["node", "address"]
    firsts = entries.group_by(key).agg(pl.col("seen_us").min()).filter(pl.col("node").is_not_null())
    tests = entries.group_by("node", "seen_us").agg(pl.col("tested_us").max().alias("before_us")).sort("seen_us")
    moved = (
        firsts.with_columns((pl.col("seen_us") - 1).alias("until_us"))
        .sort("until_us")
        .join_asof(
            tests,
            left_on="until_us",
            right_on="seen_us",
            by="node",
            strategy="backward",
            check_sortedness=False,
            coalesce=True,
        )
        .select(*key, "seen_us", "before_us")
    )
    rows = entries.join(moved, on=[*key, "seen_us"], how="left", maintain_order="left")
    return rows.with_columns(pl.min_horizontal("appeared_us", "before_us").alias("appeared_us")).drop("before_us")


def describe_history(times: list[int]) -> dict[str, object]:
    """Return the number of snapshots, the first and last, and the gaps between them of over a day."""
    order = sorted(set(times))
    holes = [[before, after] for before, after in pairwise(order) if after - before > 86_400_000_000]
    return {
        "snapshots": len(order),
        "first_us": order[0],
        "last_us": order[-1],
        "holes": len(holes),
        "holes_us": holes[:20],
    }


def _split_snapshots(content: bytes) -> list[bytes]:
    """The snapshots that a file holds one behind the other."""
    begins = [match.start() for match in _BEGIN.finditer(content)]
    if len(begins) < 2:
        return [content]
    return [content[at:end] for at, end in zip(begins, [*begins[1:], len(content)], strict=True)]


def _take_snapshot(name: str, snapshot: bytes, entries: _Entries, rejects: Rejects, now_us: int) -> None:
    at_us = _find_time(name, snapshot)
    if at_us is None:
        rejects[DatasetCode.NO_SNAPSHOT_TIME] += 1
        return
    if at_us > now_us:
        rejects[DatasetCode.FUTURE_TIME] += 1
        return
    rejects[DatasetCode.SAME_SNAPSHOT] += at_us in entries.times
    exits = _list_exits(snapshot)
    lines = snapshot.count(b"\n") + (not snapshot.endswith(b"\n"))
    known = len(exits) + sum(1 for _ in _OTHER.finditer(snapshot)) - snapshot.endswith(b"\n")
    unread = max(0, lines - known)
    rejects[DatasetCode.BAD_SYNTAX] += unread
    if unread or _breaks_off(snapshot):
        entries.damaged.add(at_us)
    entries.times[at_us] = None
    for node, published, address, tested in exits:
        entries.addresses.append(address.decode("ascii", "replace"))
        entries.tested.append(tested.decode("ascii"))
        entries.nodes.append(node.decode("ascii") if node else None)
        entries.published.append(published.decode("ascii") if published else None)
    entries.seen.extend([at_us] * len(exits))


def _list_exits(snapshot: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """Each exit address of a snapshot: its relay's fingerprint, when that was published, the address, when tested."""
    node, published, result = b"", b"", []
    for fingerprint, at, address, tested in _ENTRY.findall(snapshot):
        if fingerprint:
            node, published = fingerprint, b""
        elif at:
            published = at
        else:
            result.append((node, published, address, tested))
    return result


def _breaks_off(snapshot: bytes) -> bool:
    """Whether its last line is none that a whole list ends with: an exit's address, or, of no exits, its head."""
    last = snapshot.rstrip().rpartition(b"\n")[2]
    return b"\nExitNode " in snapshot and not last.startswith(b"ExitAddress ")


def _find_time(name: str, snapshot: bytes) -> int | None:
    download = _DOWNLOADED.search(snapshot)
    if download:
        return _parse_instant(download[1].decode("ascii"))
    parts = _IN_NAME.search(Path(name).name)
    if parts is None:
        return None
    year, month, day, hour, minute, second = (part or "00" for part in parts.groups())
    return _parse_instant(f"{year}-{month}-{day} {hour}:{minute}:{second}")


def _parse_instant(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()) * 1_000_000
    except ValueError:
        return None
