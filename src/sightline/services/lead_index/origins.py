"""The sources of each lead and the issuers of its lists, as sets: most leads of a generation share a few."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.services.artifacts.lead_files import Leads
from sightline.services.outcomes.outcomes import list_cited_exhibits
from sightline.stages.leads.visits import PLACE_BITS
from sightline.storage.rows import Run, RunList, Segment, Source
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OriginSets:
    """The position of each lead's set, and the sets; the last one is empty."""

    codes: pl.Series
    sets: tuple[frozenset[str], ...]


def build_sets(workspace: Workspace, leads: Leads) -> Mapping[str, OriginSets]:
    """`source`: names of the sources of exhibits that a lead's reasons cite; `issuer`: of lists that name what it met.

    A set of several is told apart only where there are several: one source, or one issuer, is that of all leads.
    """
    runs = {str(run_id) for run_id, _ in json.loads(leads.generation.inputs_json)["runs"]}
    with workspace.read() as tables:
        runs_of_leads = list(tables[Run].select_within("run_id", sorted(runs)))
        names = {source.source_id: source.name for source in tables[Source].select()}
        lists = tables[RunList].select_within("run_id", sorted(runs))
        segments = [segment.file for segment in tables[Segment].select_within("run_id", sorted(runs))]
    by_exhibit: dict[str, set[str]] = {}
    for run in runs_of_leads:
        by_exhibit.setdefault(run.exhibit_id, set()).add(names[run.source_id])
    sources = sorted({name for each in by_exhibit.values() for name in each})
    issuers = sorted({run_list.issuer for run_list in lists})
    height = sum(_count_rows(path) for path in leads.files["leads"])
    return {
        "source": _make_single_set(sources, height) if len(sources) < 2 else _build_sources(leads, by_exhibit, sources),
        "issuer": _make_single_set(issuers, height)
        if len(issuers) < 2
        else _build_issuers(workspace, leads, segments, issuers),
    }


def _count_rows(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _make_single_set(names: list[str], height: int) -> OriginSets:
    """One name for all leads, or none for any."""
    return OriginSets(
        pl.repeat(0, height, dtype=pl.UInt8, eager=True), (*(frozenset([name]) for name in names), frozenset())
    )


def _build_sources(lead_files: Leads, by_exhibit: Mapping[str, set[str]], names: list[str]) -> OriginSets:
    positions = {name: at for at, name in enumerate(names)}
    of = [
        (ordinal, positions[name])
        for ordinal, (exhibit, _) in sorted(lead_files.places.items())
        for name in sorted(by_exhibit.get(exhibit, ()))
    ]
    table = pl.DataFrame(of, schema={"ordinal": pl.UInt32, "member": pl.UInt16}, orient="row")
    beside = [list_cited_exhibits(pl.read_parquet(path)) for path in lead_files.files["sessions"]]
    several = pl.concat([pl.DataFrame(schema={"lead_id": pl.String, "ordinal": pl.UInt32}), *beside])
    parts = []
    for path in lead_files.files["leads"]:
        leads = pl.scan_parquet(path).select(CITING).collect()
        many = leads.filter(
            (pl.col("sessions") > 1) | (_find_ordinal(pl.min_horizontal) != _find_ordinal(pl.max_horizontal))
        )
        alone = leads.join(many, on="lead_id", how="anti").select("lead_id", _find_ordinal(pl.min_horizontal))
        several_cited = several.join(many, on="lead_id", how="semi")
        cited = pl.concat([alone, list_cited_exhibits(many), several_cited]).join(table, on="ordinal")
        parts.append(_join_keys(leads["lead_id"], cited.select("lead_id", "member")))
    return _encode_names(parts, names)


CITING = pl.col("^(lead_id|sessions|first_at|at_.*)$")


def _find_ordinal(of_all: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The least or the greatest ordinal of the places that a lead cites."""
    return (of_all(pl.col("^(first_at|at_.*)$")) // (1 << PLACE_BITS)).cast(pl.UInt32).alias("ordinal")


def _build_issuers(workspace: Workspace, lead_files: Leads, segments: list[str], names: list[str]) -> OriginSets:
    with ExitStack() as stack:
        paths = [stack.enter_context(workspace.segments.open_local(file)) for file in segments]
        hits = pl.concat(pl.scan_parquet(path).select("indicator_id", "issuer") for path in paths)
        rows = hits.unique().collect(engine="streaming")
    keys = pl.DataFrame(
        {"indicator_id": [one for one, _ in lead_files.indicators.values()], "key": list(lead_files.indicators)},
        schema={"indicator_id": pl.String, "key": pl.UInt64},
    )
    positions = pl.DataFrame({"issuer": names, "member": range(len(names))}, schema_overrides={"member": pl.UInt16})
    table = rows.join(keys, on="indicator_id").join(positions, on="issuer").select("key", "member")
    parts = []
    for path in lead_files.files["leads"]:
        leads = pl.scan_parquet(path).select("lead_id", "indicators").collect()
        met = leads.explode("indicators", empty_as_null=True, keep_nulls=True).drop_nulls()
        members = met.join(table, left_on="indicators", right_on="key").select("lead_id", "member")
        parts.append(_join_keys(leads["lead_id"], members))
    return _encode_names(parts, names)


def _join_keys(lead_ids: pl.Series, members: pl.DataFrame) -> pl.Series:
    """The members of each lead's set, in order, as one text; null of none."""
    distinct = members.unique()
    is_alone = distinct["lead_id"].is_unique()
    several = distinct.filter(~is_alone).sort("member").group_by("lead_id", maintain_order=True).agg("member")
    joined = several.select("lead_id", pl.col("member").cast(pl.List(pl.String)).list.join(" "))
    alone = distinct.filter(is_alone).select("lead_id", pl.col("member").cast(pl.String))
    assignments = pl.concat([alone, joined])
    rows = lead_ids.to_frame().join(assignments, on="lead_id", how="left", maintain_order="left")
    return rows["member"].cast(pl.Categorical())


def _encode_names(parts: list[pl.Series], names: list[str]) -> OriginSets:
    keys = pl.concat([pl.Series("member", [], dtype=pl.Categorical()), *parts])
    distinct = sorted(keys.drop_nulls().unique().cast(pl.String))
    table = pl.DataFrame({"member": distinct}, schema={"member": pl.String}).with_row_index("code")
    rows = table.with_columns(pl.col("member").cast(keys.dtype))
    codes = keys.to_frame().join(rows, on="member", how="left", maintain_order="left")["code"]
    members = (frozenset(names[int(at)] for at in key.split()) for key in distinct)
    return OriginSets(codes.fill_null(len(distinct)), (*members, frozenset()))
