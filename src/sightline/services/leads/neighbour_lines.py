"""Read the hits that stand before and after a log line in its exhibit: what else was recorded at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import polars as pl

from sightline.services.artifacts.lead_files import Leads
from sightline.services.leads.visit_lines import LINE_COLUMNS, VisitLine, build_lines, find_segments
from sightline.workspace.workspace import Workspace

HITS_A_SIDE = 3
"""The number of hits that are shown before a line, and after it."""


@dataclass(frozen=True, slots=True)
class NeighbourLine:
    """A hit near a line, and the address that it names, which a page masks."""

    line: VisitLine
    address: str


def read_neighbour_lines(
    workspace: Workspace, leads: Leads, line: VisitLine, count: int = HITS_A_SIDE
) -> tuple[tuple[NeighbourLine, ...], tuple[NeighbourLine, ...]]:
    """Return the nearest hits before and after a line in its file, in the order of the file.

    Only hits are stored, so lines that match nothing are not among them.
    """
    segments = find_segments(workspace, leads.generation).list_of_exhibit(line.exhibit)
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.open_local(segment.file)) for segment in segments]
        frames = [pl.scan_parquet(path).filter(pl.col("member").eq_missing(pl.lit(line.member))) for path in paths]
        offsets = pl.concat([frame.select("byte_offset").collect() for frame in frames])["byte_offset"].unique().sort()
        before = offsets.filter(offsets < line.byte_offset).tail(count)
        after = offsets.filter(offsets > line.byte_offset).head(count)
        near = pl.col("byte_offset").is_in([*before, *after])
        rows = pl.concat([frame.filter(near).select(*LINE_COLUMNS).collect() for frame in frames])
    rows = rows.unique("byte_offset", keep="any").sort("byte_offset").with_columns(exhibit=pl.lit(line.exhibit))
    hits = [
        NeighbourLine(hit, address)
        for hit, address in zip(build_lines(rows, {line.exhibit: line.held_as}), rows["source_ip"], strict=True)
    ]
    return _select(hits, before.to_list()), _select(hits, after.to_list())


def _select(hits: Sequence[NeighbourLine], offsets: Sequence[int]) -> tuple[NeighbourLine, ...]:
    return tuple(hit for hit in hits if hit.line.byte_offset in offsets)
