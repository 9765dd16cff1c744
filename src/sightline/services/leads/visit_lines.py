"""Read the log lines behind a lead from the segments, each as its exhibit has it, with the indicators it matched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import PurePath

import polars as pl

from sightline.ledger.instants import to_microseconds
from sightline.services.artifacts.lead_files import LeadJson, Leads
from sightline.services.sessions.segment_addresses import ADDRESSES, SECOND, AddressTimes, hash_addresses
from sightline.storage.rows import Generation, Holding, Run, Segment
from sightline.storage.segments import SegmentStore
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

LIMIT = 200
"""Maximum number of lines shown for a lead."""
LINE_COLUMNS = (
    "timestamp source_ip source_port indicator_id method status bytes record_kind member byte_offset line_number raw"
    " timestamp_original uncertainty_s indicator host url user"
).split()


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One record. `held_as`: the name of its held exhibit. `raw`: its text, with bytes not in UTF-8 escaped.

    `time_text`: its time as the log has it. `at` is corrected by the clock's offset, and uncertain by `uncertainty_s`.
    """

    at: datetime
    indicator_id: str
    method: str | None
    status: int | None
    size_bytes: int | None
    exhibit: str
    held_as: str
    member: str | None
    byte_offset: int
    line_number: int
    raw: str
    time_text: str
    uncertainty_s: int
    indicator: str
    host: str | None
    url: str | None
    user: str | None


@dataclass(frozen=True, slots=True)
class Lines:
    """The first lines of a lead in order of time, and the total number of lines."""

    lines: tuple[VisitLine, ...]
    total: int


def read_visit_lines(
    workspace: Workspace, leads: Leads, lead_json: LeadJson, limit: int = LIMIT, as_of: int | None = None
) -> Lines:
    """Return the records of a lead's address within its sessions. A record that matched several sites comes once.

    `as_of`: the oldest version of the workspace that the result may show (`Workspace.get_cached`).
    """
    key = ("lines", leads.generation.generation_id, lead_json["lead_id"], limit)
    return workspace.get_cached(key, lambda: _read_lines(workspace, leads, lead_json, limit, as_of), as_of, WORK)


def _read_lines(workspace: Workspace, leads: Leads, lead_json: LeadJson, limit: int, as_of: int | None) -> Lines:
    spans = [
        (_to_us(session["first_seen"]), _to_us(session["last_seen"])) for session in lead_json["joined"] or [lead_json]
    ]
    first, last = min(one for one, _ in spans), max(one for _, one in spans)
    generation, files = leads.generation, workspace.segments
    segments = workspace.current.get_only(
        "segments", generation.generation_id, lambda: find_segments(workspace, generation)
    )
    with ExitStack() as stack:
        paths = {
            str(stack.enter_context(files.open_local(one.file))): exhibit
            for one, exhibit in segments.with_address(lead_json["source_ip"], first, last, files)
        }
        hits = _find_hits(paths, _is_of(lead_json, spans))
    names = {
        exhibit_id: workspace.get_cached(
            ("held as", exhibit_id), partial(_find_holding_name, workspace, exhibit_id), as_of, WORK
        )
        for exhibit_id in set(hits["exhibit"])
    }
    return Lines(tuple(build_lines(hits.head(limit), names)), len(hits))


def list_exhibits_of_lead(workspace: Workspace, leads: Leads, lead_json: LeadJson) -> frozenset[str]:
    """Return the exhibits that contain records of a lead's address in its time; rarely one more."""
    spans = [
        (_to_us(session["first_seen"]), _to_us(session["last_seen"])) for session in lead_json["joined"] or [lead_json]
    ]
    first, last = min(one for one, _ in spans), max(one for _, one in spans)
    segments = workspace.current.get_only(
        "segments", leads.generation.generation_id, lambda: find_segments(workspace, leads.generation)
    )
    return frozenset(one for _, one in segments.with_address(lead_json["source_ip"], first, last, workspace.segments))


def _find_hits(paths: Mapping[str, str], is_of: pl.Expr) -> pl.DataFrame:
    """Return the hits of a lead from files, each with its file's exhibit, in order of time, each record once."""
    parts = [
        pl.scan_parquet(path).filter(is_of).select(*LINE_COLUMNS, pl.lit(exhibit).alias("exhibit")).collect()
        for path, exhibit in paths.items()
    ]
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=[*LINE_COLUMNS, "exhibit"])
    if len(rows) > 1:
        rows = rows.unique(["exhibit", "member", "byte_offset"], keep="any")
    return rows.sort("timestamp", "exhibit", "byte_offset") if len(rows) > 1 else rows


class GenerationSegments:
    """The segments of a generation, with their exhibits by run."""

    def __init__(self, segments: Sequence[Segment], exhibits: Mapping[str, str]) -> None:
        self._segments, self._exhibits = segments, exhibits

    def with_address(
        self, address: str, first_us: int, last_us: int, files: SegmentStore
    ) -> Iterator[tuple[Segment, str]]:
        """Yield each segment that has an address at a time, rarely one that has not, with its exhibit."""
        (wanted,) = hash_addresses([address])
        for segment in self._segments:
            if segment.first_us <= last_us and segment.last_us >= first_us:
                address_times = ADDRESSES.find((segment.run_id, segment.number)) or _look_into(segment, files)
                if address_times.has(wanted, first_us // SECOND, last_us // SECOND):
                    yield segment, self._exhibits[segment.run_id]

    def list_of_exhibit(self, exhibit_id: str) -> list[Segment]:
        """Return the segments of an exhibit."""
        return [segment for segment in self._segments if self._exhibits[segment.run_id] == exhibit_id]


def _look_into(segment: Segment, files: SegmentStore) -> AddressTimes:
    with files.open_local(segment.file) as path:
        return ADDRESSES.read((segment.run_id, segment.number), path)


def find_segments(workspace: Workspace, generation: Generation) -> GenerationSegments:
    """Return the segments of all runs of a generation."""
    ids = sorted({str(run) for run, _ in json.loads(generation.inputs_json)["runs"]})
    with workspace.read() as tables:
        exhibits = {run.run_id: run.exhibit_id for run in tables[Run].select_within("run_id", ids)}
        return GenerationSegments(tables[Segment].select_within("run_id", ids), exhibits)


def _is_of(lead_json: LeadJson, spans: Sequence[tuple[int, int]]) -> pl.Expr:
    """Return whether a hit is of a lead: its address, and its port if ports tell lines of a shared address apart."""
    within = pl.any_horizontal(
        pl.col("timestamp").is_between(_to_datetime(first), _to_datetime(last)) for first, last in spans
    )
    is_by_port = (
        lead_json["source_port"] is not None and lead_json["sessions"] == 1 and lead_json["candidates"] is not None
    )
    own_port = pl.col("source_port") == lead_json["source_port"] if is_by_port else pl.lit(True)
    return pl.all_horizontal(pl.col("source_ip") == lead_json["source_ip"], within, own_port)


def _to_datetime(instant_us: int) -> pl.Expr:
    return pl.lit(instant_us).cast(pl.Datetime("us", "UTC"))


def build_lines(rows: pl.DataFrame, names: Mapping[str, str]) -> Iterator[VisitLine]:
    """Yield a line for each row of LINE_COLUMNS and `exhibit`. `names`: what each exhibit is held as."""
    for row in rows.iter_rows(named=True):
        yield VisitLine(
            row["timestamp"],
            row["indicator_id"],
            row["method"],
            row["status"],
            row["bytes"],
            row["exhibit"],
            names[row["exhibit"]],
            row["member"],
            row["byte_offset"],
            row["line_number"],
            row["raw"].decode(errors="backslashreplace"),
            row["timestamp_original"],
            row["uncertainty_s"],
            row["indicator"],
            row["host"],
            row["url"],
            row["user"],
        )


def _to_us(text: str) -> int:
    return to_microseconds(datetime.fromisoformat(text))


def _find_holding_name(workspace: Workspace, exhibit_id: str) -> str:
    with workspace.read() as tables:
        holding = tables[Holding].find_last("since_us", exhibit_id=exhibit_id)
    return PurePath(holding.path).name if holding else "exhibit"
