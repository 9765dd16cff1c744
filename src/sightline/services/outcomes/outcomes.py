"""Outcomes with what their leads rest on: sources, lists, providers, place data sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import polars as pl

from sightline.casework.leads import outcomes
from sightline.casework.leads.outcomes import OutcomeForm
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.services.artifacts.lead_files import Leads
from sightline.services.artifacts.resolutions import find_newest_resolution
from sightline.stages.leads.visits import PLACE_BITS
from sightline.stages.measure.precision import RESTS
from sightline.storage.rows import Case, Outcome, Run, Segment, Source
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


def find_current_ids(leads: Leads, lead_ids: Iterable[str]) -> dict[str, str]:
    """Return the id that each lead has in a generation, or its own if no other is known."""
    ids = sorted(set(lead_ids))
    result = {id_: id_ for id_ in ids}
    if leads.files["aliases"]:
        aliases = pl.scan_parquet(leads.files["aliases"]).filter(pl.col("old_id").is_in(ids))
        result |= dict(aliases.select("old_id", "lead_id").collect().iter_rows())
    return result


def list_older_ids(leads: Leads, lead_id: str) -> list[str]:
    """Return the earlier ids of a lead."""
    if not leads.files["aliases"]:
        return []
    aliases = pl.scan_parquet(leads.files["aliases"]).filter(pl.col("lead_id") == lead_id)
    return list(aliases.select("old_id").collect()["old_id"])


def record_outcome_of_lead(officer_session: OfficerSession, leads: Leads, outcome_form: OutcomeForm) -> Outcome:
    """Record what was found by a lead, whose id may be short. Raises UsageError as `record_outcome`."""
    lead_id = str(leads.find_lead(outcome_form.lead_id)["lead_id"])
    return outcomes.record_outcome(
        officer_session, replace(outcome_form, lead_id=lead_id, older_ids=list_older_ids(leads, lead_id))
    )


def to_dicts(tables: Tables, valid_outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """Return outcomes for JSON: `outcome_id`, `case` (its number), `kind`, `said_on`, `why`; by day."""
    cases = sorted({outcome.case_id for outcome in valid_outcomes})
    numbers = {case.case_id: case.number for case in tables[Case].select_within("case_id", cases)}
    return [
        {
            "outcome_id": outcome.outcome_id,
            "case": numbers[outcome.case_id],
            "kind": outcome.kind.value,
            "said_on": outcome.said_on,
            "why": outcome.why,
        }
        for outcome in sorted(valid_outcomes, key=lambda each: (each.said_on, each.outcome_id))
    ]


def list_outcome_inputs(
    workspace: Workspace, lead_files: Leads, lead_outcomes: Sequence[Outcome]
) -> tuple[pl.DataFrame, int]:
    """Return RESTS of outcomes, and how many of their leads are no longer in this generation."""
    ids = find_current_ids(lead_files, (outcome.lead_id for outcome in lead_outcomes))
    lines = _find_facts_of_lines(
        workspace, {(ids[outcome.lead_id], outcome.subscriber_id) for outcome in lead_outcomes if outcome.subscriber_id}
    )
    apart = set(lines["lead_id"])
    outcome_rows = pl.DataFrame(
        [
            (outcome.outcome_id, _choose_key(ids[outcome.lead_id], outcome.subscriber_id, apart))
            for outcome in lead_outcomes
        ],
        schema={"outcome": pl.String, "lead_id": pl.String},
        orient="row",
    )
    wanted_rows = outcome_rows.select("lead_id").unique().lazy()
    leads = lead_files.open_frame().join(wanted_rows, on="lead_id", how="semi").collect()
    several = [
        pl.scan_parquet(path).join(wanted_rows, on="lead_id", how="semi").collect()
        for path in lead_files.files["sessions"]
    ]
    leads = pl.concat(
        [leads, lines.select(column for column in leads.columns if column in lines.columns)], how="diagonal"
    )
    cited = pl.concat([list_cited_exhibits(table) for table in (leads, *several)]).unique()
    with workspace.read() as tables:
        sources, segments = _list_sources(tables, lead_files, cited), _list_segments(tables, lead_files, cited)
    named = pl.concat(
        [
            _name_inputs("source", sources),
            _name_inputs("list", _list_issuers(workspace, lead_files, leads, segments)),
            _name_inputs("isp", leads.select("lead_id", pl.col("isp").alias("name"))),
            _name_inputs("dataset", _list_places(lead_files, leads)),
        ]
    )
    rests = outcome_rows.join(named, on="lead_id").select(list(RESTS))
    return rests, outcome_rows.join(leads, on="lead_id", how="anti").height


def _find_facts_of_lines(workspace: Workspace, wanted: set[tuple[str, str]]) -> pl.DataFrame:
    """Return the facts of lines that made only some visits of a lead; `lead_id` is `_choose_key` of lead and line.

    The outcome of one line says nothing of what another line did at the address.
    """
    resolutions = find_newest_resolution(workspace) if wanted else None
    if resolutions is None:
        return pl.DataFrame(schema={"lead_id": pl.String})
    chosen = pl.DataFrame(sorted(wanted), schema={"lead_id": pl.String, "subscriber": pl.String}, orient="row")
    chosen_lines = resolutions.lines.join(chosen, on=["lead_id", "subscriber"], how="semi")
    return chosen_lines.with_columns(pl.format("{}/{}", "lead_id", "subscriber").alias("lead_id"))


def _choose_key(lead_id: str, subscriber_id: str | None, apart: set[str]) -> str:
    """Return what the facts of an outcome are found by: the line's own, where they are not those of the lead."""
    of_line = f"{lead_id}/{subscriber_id}"
    return of_line if of_line in apart else lead_id


def _name_inputs(of: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`lead_id of name`, once each."""
    return rows.drop_nulls().unique().select("lead_id", pl.lit(of).alias("of"), "name")


def list_cited_exhibits(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `lead_id ordinal` of the places that the reasons of leads or sessions cite."""
    cited = [name for name in rows.columns if name.startswith("at_") or name == "first_at"]
    ordinals = [(pl.col(name) // (1 << PLACE_BITS)).cast(pl.UInt32) for name in cited]
    exhibit_ordinals = rows.select("lead_id", pl.concat_list(ordinals).list.drop_nulls().list.unique().alias("ordinal"))
    return exhibit_ordinals.explode("ordinal", empty_as_null=True, keep_nulls=True).drop_nulls()


def _list_runs(tables: Tables, leads: Leads, cited: pl.DataFrame) -> Iterator[tuple[int, Run]]:
    """Yield the runs of the generation that read each exhibit cited, by its ordinal."""
    known = {run_id for run_id, _ in json.loads(leads.generation.inputs_json)["runs"]}
    for ordinal in cited["ordinal"].unique().sort():
        exhibit, _ = leads.places[ordinal]
        for run in tables[Run].select(exhibit_id=exhibit):
            if run.run_id in known:
                yield ordinal, run


def _list_sources(tables: Tables, leads: Leads, cited: pl.DataFrame) -> pl.DataFrame:
    """`lead_id name` of the sources of exhibits cited."""
    names = {source.source_id: source.name for source in tables[Source].select()}
    source_names = [(ordinal, names[run.source_id]) for ordinal, run in _list_runs(tables, leads, cited)]
    table = pl.DataFrame(source_names, schema={"ordinal": pl.UInt32, "name": pl.String}, orient="row")
    return cited.join(table, on="ordinal").select("lead_id", "name")


def _list_segments(tables: Tables, leads: Leads, cited: pl.DataFrame) -> list[str]:
    """The files with the hits of the exhibits cited."""
    runs = sorted({run.run_id for _, run in _list_runs(tables, leads, cited)})
    return [segment.file for segment in tables[Segment].select_within("run_id", runs)]


def _list_issuers(
    workspace: Workspace, lead_files: Leads, leads: pl.DataFrame, segments: Sequence[str]
) -> pl.DataFrame:
    """`lead_id name` of the issuers of the lists whose indicators the leads met."""
    ids = {key: one for key, (one, _) in lead_files.indicators.items()}
    met = leads.select("lead_id", "indicators").explode("indicators", empty_as_null=True, keep_nulls=True).drop_nulls()
    met = met.select(
        "lead_id", pl.col("indicators").replace_strict(ids, default=None, return_dtype=pl.String).alias("indicator_id")
    )
    wanted_rows = met.select("indicator_id").unique().lazy()
    columns = ("indicator_id", "issuer")
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.open_local(file)) for file in segments]
        hits = [
            pl.scan_parquet(path).select(columns).join(wanted_rows, on="indicator_id", how="semi") for path in paths
        ]
        empty = pl.LazyFrame(schema=dict.fromkeys(columns, pl.String))
        rows = pl.concat([empty, *(hit.unique() for hit in hits)]).unique().collect()
    return met.join(rows, on="indicator_id").select("lead_id", pl.col("issuer").alias("name"))


def _list_places(lead_files: Leads, leads: pl.DataFrame) -> pl.DataFrame:
    """`lead_id name` of the data sets on which a state that was named rests."""
    names = {at: dataset.name for at, dataset in enumerate(lead_files.datasets)}
    places = leads.filter(pl.col("place") == "agreed").select("lead_id", "place_datasets")
    places = places.explode("place_datasets", empty_as_null=True, keep_nulls=True).drop_nulls()
    return places.select(
        "lead_id", pl.col("place_datasets").replace_strict(names, default=None, return_dtype=pl.String).alias("name")
    )
