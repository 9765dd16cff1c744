"""The records behind a lead: each line as it stands in its exhibit, with what it met, read from the segments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

import polars as pl

from sightline.engines.leading.reading import Leads, Told
from sightline.record.ledger.instants import microseconds
from sightline.record.store.rows import Generation, Holding, Run, Segment
from sightline.record.workspace import Workspace

LIMIT = 200
"""How many lines of a lead are shown."""
SHOWN = (
    "timestamp source_ip source_port indicator_id method status bytes record_kind member byte_offset line_number raw"
).split()


@dataclass(frozen=True, slots=True)
class Line:
    """One record. `held_as`: the name under which its exhibit is held; `raw` as a text, what is no UTF-8 escaped."""

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


@dataclass(frozen=True, slots=True)
class Lines:
    """The first lines of a lead in the order of time, and how many there are in all."""

    lines: tuple[Line, ...]
    total: int


def lines_of(workspace: Workspace, read: Leads, told: Told, limit: int = LIMIT) -> Lines:
    """The records of a lead's address within its sessions; a record that met several sites is there once."""
    spans = [(_instant(one["first_seen"]), _instant(one["last_seen"])) for one in told["joined"] or [told]]
    first, last = microseconds(min(one for one, _ in spans)), microseconds(max(one for _, one in spans))
    generation = read.generation
    runs, segments = workspace.current.only(
        "segments", generation.generation_id, lambda: _segments(workspace, generation)
    )
    kept, is_of = [one for one in segments if one.first_us <= last and one.last_us >= first], _is_of(told, spans)
    with workspace.reading() as shelves, ExitStack() as stack:
        parts = [
            pl.scan_parquet(stack.enter_context(workspace.segments.local_path(one.file)))
            .filter(is_of)
            .select(SHOWN)
            .with_columns(pl.lit(runs[one.run_id]).alias("exhibit"))
            for one in kept
        ]
        found = pl.concat(parts).collect() if parts else pl.DataFrame(schema=[*SHOWN, "exhibit"])
        whole = found.unique(["exhibit", "member", "byte_offset"], keep="any").sort(
            "timestamp", "exhibit", "byte_offset"
        )
        names = {one: _name(shelves[Holding].last("since_us", exhibit_id=one)) for one in whole["exhibit"].unique()}
    return Lines(tuple(_lines(whole.head(limit), names)), len(whole))


def _segments(workspace: Workspace, generation: Generation) -> tuple[dict[str, str], list[Segment]]:
    """The exhibit of each run of a generation, and the segments of all of them."""
    ids = sorted({str(run) for run, _ in json.loads(generation.inputs_json)["runs"]})
    with workspace.reading() as shelves:
        runs = {one.run_id: one.exhibit_id for one in shelves[Run].within("run_id", ids)}
        return runs, shelves[Segment].within("run_id", ids)


def _is_of(told: Told, spans: Sequence[tuple[datetime, datetime]]) -> pl.Expr:
    """Whether a hit is of a lead: its address, and its port where a shared address has lines by ports."""
    within = pl.any_horizontal(pl.col("timestamp").is_between(*span) for span in spans)
    is_by_port = told["source_port"] is not None and told["sessions"] == 1 and told["candidates"] is not None
    own_port = pl.col("source_port") == told["source_port"] if is_by_port else pl.lit(True)
    return pl.all_horizontal(pl.col("source_ip") == told["source_ip"], within, own_port)


def _lines(found: pl.DataFrame, names: dict[str, str]) -> Iterator[Line]:
    for row in found.iter_rows(named=True):
        yield Line(
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
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _name(held: Holding | None) -> str:
    return PurePath(held.path).name if held else "exhibit"
