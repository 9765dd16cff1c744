"""Read the records of an exhibit that contain the visits of one line of a lead, from the segments."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import polars as pl

from sightline.errors import UsageError
from sightline.evidence.segment_file import RecordPlace, RowFilter
from sightline.ledger.instants import to_microseconds
from sightline.model.short_ids import format_lead_number, names_subscriber
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.artifacts.resolutions import Resolutions, require_newest_resolution
from sightline.services.leads.generation_writer import open_segments
from sightline.services.notices.plan import load_read_context
from sightline.services.notices.selection import read_sessions_at
from sightline.services.notices.session_visits import FRAME, read_connections, read_visits
from sightline.services.resolution.asked_visits import find_remaining_inputs
from sightline.services.resolution.line_facts import IS_NAMED
from sightline.services.resolution.resolution_inputs import load_inputs
from sightline.services.sessions.segment_reader import ROWS, read_hits
from sightline.stages.leads.visits import PLACE_BITS
from sightline.stages.resolve.questions import KEY, choose_request_key, drop_unused_keys
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LineRecords:
    """The records of one line of a lead in an exhibit, as the resolution with that id assigns them."""

    lead_id: str
    subscriber: str
    resolving_id: str
    records: frozenset[RecordPlace]


def read_records_of_line(workspace: Workspace, exhibit_id: str, lead: str, line: str) -> LineRecords:
    """Return the records of the visits that replies assign to a line of a lead (ids, or short ones).

    A visit for which another line, or nobody, is named is left out. Raises UsageError if the current facts are not
    resolved, or if no visit of the line is in the exhibit.
    """
    rests_on = load_inputs(workspace)
    if not rests_on.is_as_before():
        raise UsageError(
            "the leads or replies changed since it was last resolved which visits each line made",
            hint="sightline resolve",
        )
    resolutions = require_newest_resolution(workspace, is_masked=True)
    with open_generation(workspace, rests_on.generation.number) as leads:
        lead_id = leads.find_lead(lead)["lead_id"]
    of_lead = resolutions.visits.filter(pl.col("lead_id") == lead_id)
    named = of_lead.filter(IS_NAMED)["subscribers"].list.first().unique().sort()
    result = [subscriber for subscriber in named if names_subscriber(line, subscriber)]
    if len(result) != 1:
        number = format_lead_number(lead_id)
        many = f"{len(result)} lines that are named for visits of lead {number} have the id {line!r}"
        what = many if result else f"no lines that are named for visits of lead {number} have the id {line!r}"
        raise UsageError(what, hint="sightline resolve show LEAD names the lines of each visit")
    records = _find_records(workspace, rests_on.generation, exhibit_id, of_lead, result[0])
    if not records:
        raise UsageError(
            f"exhibit {exhibit_id[:16]} has no visit of line {result[0][:8]}",
            hint="sightline leads show LEAD names the exhibits of its records",
        )
    return LineRecords(lead_id, result[0], resolutions.resolution.resolving_id, records)


def count_lines_at(resolutions: Resolutions, row_filter: RowFilter) -> int:
    """Return how many lines replies name for visits of an address, within its ports and times."""
    named = resolutions.visits.filter(IS_NAMED, pl.col("ip") == row_filter.address)
    if row_filter.ports is not None:
        named = named.filter(pl.col("port").is_null() | pl.col("port").is_between(*row_filter.ports))
    if row_filter.since is not None:
        named = named.filter(pl.col("last_us") >= to_microseconds(row_filter.since))
    if row_filter.until is not None:
        named = named.filter(pl.col("first_us") < to_microseconds(row_filter.until))
    return named["subscribers"].list.first().n_unique()


def _find_records(
    workspace: Workspace, generation: Generation, exhibit_id: str, parts: pl.DataFrame, line: str
) -> frozenset[RecordPlace]:
    addresses = parts.select(source_ip="ip").unique()
    with open_generation(workspace, generation.number) as leads, ExitStack() as stack:
        sessions = read_sessions_at(leads, addresses)
        stands = find_remaining_inputs(workspace, generation)
        segments = open_segments(workspace, stands, stack)
        read_context, ordinals = load_read_context(workspace, stands, segments, stack)
        read_context.wanted = addresses
        connections = read_connections(segments, ordinals, addresses)
        session_rows = sessions.select("session", "session_id", "ip", choose_request_key().alias("asks"))
        seen = [
            visits.join(session_rows, on="session").join(parts, on="session_id", how="semi")
            for _, visits in read_visits(segments, read_context, sessions, None, connections, lambda _: None)
        ]
        mine = _find_visits_of_line(pl.concat(seen), parts, line)
        # A frame can be in several places as copies of one visit. All of them are records of the line.
        places = []
        for hits in read_hits(segments, read_context, ROWS, lambda _: None):
            frames = hits.join(mine, on="place").select(*FRAME, "ip").unique()
            places.append(hits.join(frames, on=FRAME).select("place", "ip").unique())
    rows = pl.concat(places).with_columns(
        (pl.col("place") // (1 << PLACE_BITS)).cast(pl.UInt32).alias("exhibit"),
        (pl.col("place") % (1 << PLACE_BITS)).cast(pl.Int64).alias("byte_offset"),
    )
    here = rows.join(ordinals.filter(pl.col("exhibit_id") == exhibit_id), on="exhibit")
    return frozenset(RecordPlace(*row) for row in here.select("ip", "member", "byte_offset").iter_rows())


def _find_visits_of_line(visits: pl.DataFrame, parts: pl.DataFrame, line: str) -> pl.DataFrame:
    """Return `place ip` of the visits that lie in parts of this line, and in no other part.

    `visits`: SEEN with `session_id ip asks`. `parts`: PARTS. Only a visit that could be asked about belongs to a line.
    One that does not carry, or has no proven time, may lie between its visits and belongs to nobody.
    """
    askable = drop_unused_keys(visits.filter("carries", "is_timed"))
    named = pl.when(IS_NAMED).then(pl.col("subscribers").list.first())
    line_parts = parts.select("session_id", *KEY, "first_us", "last_us", named.alias("line"))
    pairs = askable.select("place", "ip", "session_id", *KEY, "t_us").join(
        line_parts, on=["session_id", *KEY], nulls_equal=True
    )
    within = pairs.filter(pl.col("t_us").is_between("first_us", "last_us"))
    is_mine = (pl.col("line") == line).fill_null(value=False).all()
    return within.group_by("place", "ip").agg(is_mine).filter("line").select("place", "ip")
