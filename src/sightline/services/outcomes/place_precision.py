"""Measure place data sets by the newest resolution and by outcomes, over that resolution's leads."""

from __future__ import annotations

import json
from collections.abc import Iterator

import polars as pl

from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.lead_files import Leads, open_generation
from sightline.services.artifacts.parquet_files import find_damage
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.stages.measure.place_accuracy import ANSWERS, MEASURED, measure_by_outcomes, measure_by_replies
from sightline.storage import generations
from sightline.storage.rows import Generation, Outcome, Resolving
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

LEAD_COLUMNS = ("lead_id", "source_ip", "first_us", "isp", "line", "place_answers")


def measure_places(workspace: Workspace) -> pl.DataFrame | None:
    """Return the current MEASURED. Empty before the first resolution.

    Returns None if the resolution's leads were purged or damaged. It can be measured again after `resolve` uses
    existing leads. Raises DamagedInput for altered files of the resolution.
    """
    with workspace.read() as tables:
        resolution = tables[Resolving].find_last("number")
        generation = None if resolution is None else _find_generation(tables, resolution)
        outcomes = tables[Outcome].select(withdrawn_at_us=None)
    if resolution is None:
        return pl.DataFrame(schema=MEASURED)
    sessions, subscribers = (
        resolution_files.read_table(workspace, resolution, "sessions"),
        resolution_files.read_subscribers(workspace, resolution),
    )
    if subscribers["installation_state"].null_count() == len(subscribers) and not outcomes:
        return pl.DataFrame(schema=MEASURED)
    if generation is None or find_damage(workspace, generation) is not None:
        return None
    with open_generation(workspace, generation.number) as leads:
        replied = measure_by_replies(sessions, subscribers, _collect_answers(leads, sessions.select("session_id")))
        ids = find_current_ids(leads, [outcome.lead_id for outcome in outcomes])
        rows = pl.DataFrame(
            [(ids[outcome.lead_id], outcome.kind.value) for outcome in outcomes],
            schema={"lead_id": pl.String, "kind": pl.String},
            orient="row",
        )
        by_a_reply = sessions.join(replied, on="session_id", how="semi").select("lead_id")
        known_places = rows.join(by_a_reply, on="lead_id", how="anti")
        return pl.concat(
            [
                replied,
                measure_by_outcomes(known_places, _collect_answers_of_leads(leads, known_places.select("lead_id"))),
            ]
        )


def _find_generation(tables: Tables, resolution: Resolving) -> Generation | None:
    """The leads that a resolving is of, if they stand."""
    gone = generations.list_purged_runs(tables)
    same = tables[Generation].select(generation_id=json.loads(resolution.inputs_json)["generation"])
    return next(
        (generation for generation in reversed(same) if not generations.list_generation_runs(generation) & gone), None
    )


def _collect_answers(leads: Leads, wanted_rows: pl.DataFrame) -> pl.DataFrame:
    """ANSWERS of sessions, by `session_id`."""
    columns = [*LEAD_COLUMNS, "session_id"]
    alone = leads.open_frame().filter(pl.col("sessions") == 1).with_columns(pl.col("lead_id").alias("session_id"))
    frames = [alone.select(columns), *(pl.scan_parquet(path).select(columns) for path in leads.files["sessions"])]
    return _collect_places(
        leads, (frame.join(wanted_rows.unique().lazy(), on="session_id", how="semi") for frame in frames)
    )


def _collect_answers_of_leads(leads: Leads, wanted_rows: pl.DataFrame) -> pl.DataFrame:
    """ANSWERS of leads, by `lead_id`, of the best session of each."""
    rows = leads.open_frame().select(*LEAD_COLUMNS, pl.col("lead_id").alias("session_id"))
    return _collect_places(leads, iter([rows.join(wanted_rows.unique().lazy(), on="lead_id", how="semi")]))


def _collect_places(leads: Leads, frames: Iterator[pl.LazyFrame]) -> pl.DataFrame:
    names = {at: dataset.name for at, dataset in enumerate(leads.datasets)}
    answer = pl.col("place_answers").struct
    result = [
        frame.explode("place_answers", empty_as_null=True, keep_nulls=True)
        .filter(pl.col("place_answers").is_not_null())
        .select(
            "session_id",
            "lead_id",
            pl.col("source_ip").alias("ip"),
            "first_us",
            "isp",
            pl.col("line").cast(pl.String),
            answer.field("dataset").replace_strict(names, default=None, return_dtype=pl.String),
            answer.field("state").cast(pl.String),
            answer.field("district"),
            answer.field("radius_km"),
        )
        .collect()
        for frame in frames
    ]
    return pl.concat([pl.DataFrame(schema=ANSWERS), *result])
