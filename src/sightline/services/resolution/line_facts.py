"""Facts of a named line that made only some visits of a session: reasons and priority of these visits alone."""

from __future__ import annotations

from contextlib import ExitStack

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.services.leads.generation_writer import (
    list_hit_indicators,
    list_hit_places,
    make_read_context,
    open_segments,
    open_sets,
)
from sightline.services.resolution.asked_visits import find_remaining_inputs
from sightline.services.sessions.segment_reader import ROWS, read_hits
from sightline.services.sessions.sessionise import make_sessions_of_lines
from sightline.stages.leads.verdicts import judge_sessions
from sightline.storage.rows import Generation
from sightline.workspace.workspace import Workspace

KEY = ("session_id", "subscriber")
IS_NAMED = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value


def list_visits_of_lines(parts: pl.DataFrame, members: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """Return `place source_ip session_id lead_id subscriber` of named visits, if a session has several lines.

    `parts`: PARTS. `members`: pairs of `visit` and `part_index`, rows in `visits` and in `parts`. `visits`: SEEN and
    `ip`.
    """
    named = parts.with_row_index("part_at").with_columns(pl.when(IS_NAMED).then(pl.col("subscribers").list.first()))
    line = pl.col("subscribers")
    is_whole = (line.n_unique() == 1) & line.is_not_null().all()
    mixed = named.filter(is_whole.not_().over("session_id"), line.is_not_null())
    at = mixed.select(pl.col("part_at").alias("at"), "session_id", "lead_id", line.alias("subscriber"))
    of = members.select("visit", at="part_index").join(at, on="at")
    places = visits.with_row_index("visit").select("visit", "place", source_ip="ip")
    return of.join(places, on="visit").select("place", "source_ip", "session_id", "lead_id", "subscriber")


def compute_line_facts(workspace: Workspace, generation: Generation, named: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of a lead for each session and line of `named`, made of the line's visits alone.

    `named`: from `list_visits_of_lines`. Adds `session_id` and `subscriber`; `visits` counts the line's own. Empty if
    `named` is.
    """
    if named.is_empty():
        return pl.DataFrame(schema=dict.fromkeys((*KEY, "lead_id"), pl.String))
    keys = named.select("session_id", "lead_id", "subscriber").unique(maintain_order=True).with_row_index("owner")
    lines = named.join(keys, on=["session_id", "lead_id", "subscriber"]).select("place", "owner").unique("place")
    frames = []
    with ExitStack() as stack:
        stands = find_remaining_inputs(workspace, generation)
        segments = open_segments(workspace, stands, stack)
        places, (_, seed) = list_hit_places(segments), list_hit_indicators(segments)
        sets = open_sets(workspace, stands, stack)
        read_context = make_read_context(places, sets, seed, segments)
        read_context.wanted = named.select("source_ip").unique()
        for hits in read_hits(segments, read_context, ROWS, lambda _: None):
            rows = make_sessions_of_lines(
                hits, lines, sets, places, exercise=stands.is_exercise, weights=stands.weights
            )
            frames.append(judge_sessions(rows.with_columns(pl.lit(1, pl.UInt32).alias("sessions"))))
    facts = pl.concat(frames).drop("lead_id", "session", "rank").join(keys, on="owner").drop("owner")
    return facts.select(sorted(facts.columns)).sort("session_id", "subscriber")
