"""Foundations of a resolution's verdicts, the readings and lists they rest on, and what is no longer valid."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import polars as pl

from sightline.casework.exhibits.tip_runs import is_tip
from sightline.casework.notices.replies import select_current_replies as standing_replies
from sightline.casework.reference_data import datasets
from sightline.casework.reference_data.list_series import Pair
from sightline.model import DatasetKind, ListUse
from sightline.services.artifacts.registered_tables import read_registered
from sightline.services.sessions.current_runs import (
    CurrentRun,
    build_proxy_test,
    build_trust_test,
    is_of_lists,
    list_current_runs,
)
from sightline.services.sessions.opened_files import OpenedSegments, open_datasets
from sightline.services.sessions.row_groups import RowGroups, read_row_groups
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.services.sessions.sessionise import enrich_sessions
from sightline.stages.enrich.crawlers import match_agents
from sightline.stages.enrich.session_columns import RESULT
from sightline.stages.leads.rules import RULES, SEEING
from sightline.stages.leads.verdicts import judge_sessions
from sightline.stages.resolve.withdrawn import FALLEN, Losses, LossReason, select_first_reasons
from sightline.storage import generations
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Dataset, Exhibit, Generation, Reply, Resolving, Run, RunList, Source
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Workspace

VERDICT_RULES = 35
"""Version of the rules by which replies are combined. A change invalidates the names of older versions."""
FOUNDATIONS: dict[str, pl.DataType] = {
    "session_id": pl.String(),
    "part": pl.UInt32(),
    "lists": pl.List(pl.String()),
}
"""One row per distinct foundation of a part's visits. A visit is valid while one of its `lists` is.

One of `lists` is `RUN ISSUER LIST`: the reading of an exhibit, and the list that flagged the site. Older resolutions
name run and issuer alone.
"""
BLOCKING = ("cleared", "disputed")
_VISIT = ("timestamp", "source_port", "host", "url", "method", "status")
"""Columns that tell copies of one visit from others."""


def derive_foundations(workspace: Workspace, generation: Generation, parts: pl.DataFrame) -> pl.DataFrame:
    """Return FOUNDATIONS of parts (PARTS) of leads of a generation whose runs are current."""
    runs = generations.list_generation_runs(generation)
    with workspace.read() as tables, ExitStack() as stack:
        opened = OpenedSegments(workspace, stack)
        segments = [
            SegmentFile(current_run, segment.file, segment.rows, 0, segment.number, opened.open_path)
            for current_run in list_current_runs(tables)
            if current_run.run.run_id in runs
            for segment in current_run.segments
        ]
        return read_foundations(segments, parts)


def read_foundations(segments: Sequence[SegmentFile], parts: pl.DataFrame) -> pl.DataFrame:
    """Return FOUNDATIONS of the parts (PARTS) that name anybody, from the segments that the leads were made of."""
    mine = parts.filter(pl.col("subscribers").list.len() > 0)
    mine = mine.select("session_id", "part", "ip", "first_us", "last_us", own=pl.col("port"))
    frames = [pl.DataFrame(schema=FOUNDATIONS)]
    if mine.is_empty():
        return frames[0]
    for some in read_row_groups(segments, mine.select(source_ip="ip").unique()):
        hits = pl.concat(_read_hits(row_groups) for row_groups in some)
        met = hits.join(mine, left_on="source_ip", right_on="ip").filter(
            pl.col("at_us").is_between("first_us", "last_us")
            & (pl.col("own").is_null() | (pl.col("source_port") == pl.col("own")))
        )
        lists = pl.col("list").unique().sort().alias("lists")
        each = met.group_by("session_id", "part", "visit").agg(lists)
        frames.append(each.select(list(FOUNDATIONS)).unique())
    # Copies of a visit may stand in segments that were read apart: then each of its foundations is looked at alone.
    return pl.concat(frames).unique().sort("session_id", "part", "lists")


def _read_hits(stretch: RowGroups) -> pl.DataFrame:
    current_run = stretch.segment.current_run
    rows = pl.scan_parquet(stretch.segment.path).slice(stretch.offset, stretch.length)
    if current_run.lists is not None:
        rows = rows.filter(is_of_lists(current_run.lists))
    return (
        rows.filter("vouched")
        .select(
            "source_ip",
            pl.col("timestamp").dt.epoch("us").alias("at_us"),
            "source_port",
            pl.format("{} {} {}", pl.lit(current_run.run.run_id), "issuer", "list_id").alias("list"),
            pl.struct(_VISIT).hash().alias("visit"),
        )
        .collect()
    )


def find_fallen(workspace: Workspace, resolution: Resolving) -> Losses:
    """Return what is no longer valid of a resolution, by the workspace as it is now."""
    return workspace.get_cached(
        ("fallen", resolution.number), lambda: _list_recalled_parts(workspace, resolution), but=WORK
    )


@dataclass(frozen=True)
class _FoundationState:
    """What a resolving rested on, and what of it stands."""

    inputs: dict[str, Any]
    generation: Generation | None
    lists: dict[str, LossReason]
    stands: list[CurrentRun]
    new_runs: list[CurrentRun]
    replies: frozenset[str]
    sets: tuple[Dataset, ...]
    is_purged: bool

    @property
    def rested_on(self) -> dict[str, Any]:
        """The inputs of the generation."""
        inputs: dict[str, Any] = json.loads(self.generation.inputs_json) if self.generation else {}
        return inputs

    def is_as_before(self) -> bool:
        """Return whether lists, runs, replies, data sets and rules are those that the resolution used."""
        is_same = not self.lists and not self.new_runs and self.replies.issuperset(self.inputs["replies"])
        sets, rules = self.rested_on["datasets"], self.rested_on["rules"]
        return is_same and sets == [dataset.dataset_id for dataset in self.sets] and rules == _list_rule_versions()


def _list_rule_versions() -> dict[str, int]:
    return {rule.id: rule.version for rule in RULES.values()}


def _list_recalled_parts(workspace: Workspace, resolution: Resolving) -> Losses:
    now = _find_now(workspace, resolution)
    if "visits" not in list_row_files(resolution):
        sessions = read_registered(workspace, resolution, "sessions")
        return Losses(_mark_every_part(sessions.with_columns(part=pl.lit(0, pl.UInt32)), LossReason.VERDICTS))
    is_older = now.inputs.get("verdicts") != VERDICT_RULES or now.generation is None
    if not is_older and now.is_as_before():
        return Losses()
    parts = read_registered(workspace, resolution, "visits")
    named = parts.filter(pl.col("subscribers").list.len() > 0)
    if is_older:
        return Losses(_mark_every_part(named, LossReason.VERDICTS))
    frames = [
        pl.DataFrame(schema=FALLEN),
        _find_by_lists(workspace, resolution, now),
        _find_by_replies(workspace, resolution, named, now),
        _find_cleared_parts(workspace, named, now),
        _find_by_facts(workspace, named, now),
    ]
    return Losses(select_first_reasons(pl.concat(frames)), _find_fallen_forms(workspace, now))


def _mark_every_part(parts: pl.DataFrame, fell: LossReason) -> pl.DataFrame:
    return parts.select("session_id", "part", pl.lit(fell.value).alias("why"))


def _find_now(workspace: Workspace, resolution: Resolving) -> _FoundationState:
    inputs = json.loads(resolution.inputs_json)
    with workspace.read() as tables:
        generation = next(iter(tables[Generation].select(generation_id=inputs["generation"])), None)
        stands = list_current_runs(tables)
        rested = json.loads(generation.inputs_json)["runs"] if generation else []
        known = {run_id for run_id, _ in rested}
        return _FoundationState(
            inputs,
            generation,
            dict(_find_fallen_lists(tables, rested, stands)),
            stands,
            [current_run for current_run in stands if current_run.run.hits and current_run.run.run_id not in known],
            frozenset(reply.reply_id for reply in standing_replies(tables, tables[Reply].select())),
            tuple(datasets.list_current_datasets(tables)),
            bool(known & generations.list_purged_runs(tables)),
        )


def _find_fallen_lists(
    tables: Tables, rested: Sequence[tuple[str, list[Any] | None]], stands: Sequence[CurrentRun]
) -> Iterator[tuple[str, LossReason]]:
    """Yield the lists (as `FOUNDATIONS` has them) that a generation rested on and that do not stand any more, and why.

    `RUN ISSUER` is given as well where any list of the issuer in that run fell.
    """
    is_trusted, has_proxies, lists = build_trust_test(tables), build_proxy_test(tables), dict[str, dict[Pair, bool]]()
    for run_list in tables[RunList].select_within("run_id", sorted({run_id for run_id, _ in rested})):
        lists.setdefault(run_list.run_id, {})[run_list.issuer, run_list.list_id] = is_trusted(run_list)
    names = {source.source_id: source.name for source in tables[Source].select()}
    for run in tables[Run].select_within("run_id", sorted({run_id for run_id, _ in rested})):
        if is_tip(run):
            # A tip is its own list, of its sender (ADR 26).
            lists[run.run_id] = {(names[run.source_id], run.exhibit_id): True}
    now = {
        current_run.run.run_id: set(
            lists.get(current_run.run.run_id, ()) if current_run.lists is None else current_run.lists
        )
        for current_run in stands
    }
    purged = {exhibit.exhibit_id for exhibit in tables[Exhibit].select() if exhibit.purged_at_us is not None}
    counted = {source.source_id for source in tables[Source].select() if source.use is not ListUse.LEADS}
    runs = {run.run_id: run for run in tables[Run].select_within("run_id", sorted(lists))}
    for run_id, whose in rested:
        for pair in _select_rested_on(lists.get(run_id, {}), whose):
            if pair in now.get(run_id, set()):
                continue
            run, why = runs[run_id], LossReason.RUN
            if run.exhibit_id in purged or run.row_key is None:
                why = LossReason.PURGED
            elif run.source_id in counted:
                why = LossReason.SOURCE
            elif not lists[run_id][pair]:
                why = LossReason.ISSUER
            elif not has_proxies(run):
                why = LossReason.PROXIES
            yield f"{run_id} {pair[0]} {pair[1]}", why
            yield f"{run_id} {pair[0]}", why


def _select_rested_on(lists: Mapping[Pair, bool], whose: list[Any] | None) -> list[Pair]:
    """The lists of a run that a generation rested on: all, or those that it names; an older one names issuers."""
    return [pair for pair in lists if whose is None or list(pair) in whose or pair[0] in whose]


def _find_by_lists(workspace: Workspace, resolution: Resolving, now: _FoundationState) -> pl.DataFrame:
    """The parts with a visit all of whose lists fell."""
    if not now.lists:
        return pl.DataFrame(schema=FALLEN)
    rows = read_registered(workspace, resolution, "foundations")
    gone = pl.col("lists").list.eval(pl.element().is_in(list(now.lists))).list.all()
    lost = rows.filter(gone).select("session_id", "part", pl.col("lists").list.first().alias("list"))
    whys = {one: fell.value for one, fell in now.lists.items()}
    return lost.select("session_id", "part", pl.col("list").replace_strict(whys, return_dtype=pl.String).alias("why"))


def _find_by_replies(
    workspace: Workspace, resolution: Resolving, named: pl.DataFrame, now: _FoundationState
) -> pl.DataFrame:
    """The parts that a row of a fallen reply names."""
    lost = [at for at, one in enumerate(now.inputs["replies"]) if one not in now.replies]
    if not lost:
        return pl.DataFrame(schema=FALLEN)
    rows = read_registered(workspace, resolution, "rows").select("session_id", "row_id", "assignments")
    exploded = rows.explode("assignments", empty_as_null=False, keep_nulls=False)
    keys = exploded.filter((pl.col("assignments") // (1 << 32)).is_in(lost)).select("session_id", "row_id").unique()
    questions = named.select("session_id", "part", "row_ids").explode("row_ids", empty_as_null=False, keep_nulls=False)
    hit = questions.join(keys, left_on=["session_id", "row_ids"], right_on=["session_id", "row_id"], how="semi")
    return _mark_every_part(hit.unique(["session_id", "part"]), LossReason.REPLY)


def _find_fallen_forms(workspace: Workspace, now: _FoundationState) -> frozenset[str]:
    """Return the subscribers whose subscriber form came in a reply that is no longer valid."""
    lost = [reply for reply in now.inputs["replies"] if reply not in now.replies]
    with workspace.read() as tables:
        replies = tables[Reply].select_within("reply_id", lost)
    result: set[str] = set()
    for reply in replies:
        table = read_registered(workspace, reply, "met")
        if any(name.startswith("has_") for name in table.columns):
            result |= set(table["subscriber"].drop_nulls())
    return frozenset(result)


def _find_cleared_parts(workspace: Workspace, named: pl.DataFrame, now: _FoundationState) -> pl.DataFrame:
    """The parts at whose address and time a run that came since has a hit that blocks."""
    if not now.new_runs or named.is_empty():
        return pl.DataFrame(schema=FALLEN)
    ips = named.select(source_ip="ip").unique().lazy()
    times = named.select("session_id", "part", "first_us", "last_us", source_ip="ip", own=pl.col("port"))
    frames = []
    with ExitStack() as stack:
        for current_run in now.new_runs:
            for segment in current_run.segments:
                path = stack.enter_context(workspace.segments.open_local(segment.file))
                rows = pl.scan_parquet(path).filter(pl.col("opinion").cast(pl.String).is_in(BLOCKING))
                frames.append(rows.join(ips, on="source_ip", how="semi").select("source_ip", "timestamp").collect())
    if not frames:
        return pl.DataFrame(schema=FALLEN)
    hits = pl.concat(frames).select("source_ip", pl.col("timestamp").dt.epoch("us").alias("at_us")).unique()
    met = times.join(hits, on="source_ip").filter(pl.col("at_us").is_between("first_us", "last_us"))
    return _mark_every_part(met.unique(["session_id", "part"]), LossReason.CLEARED)


FACTS = (*(name for name in RESULT if name.startswith("nat_") and name != "nat_dataset"), "isp")
"""Facts from data sets, beside the ceiling, that decide which ISP to ask and what an answer proves."""
DECIDES = frozenset({DatasetKind.NAT, DatasetKind.NETWORK, DatasetKind.RELAY, DatasetKind.AGENT})
"""Kinds of data sets on which a name rests. Place data sets name nobody."""


def _find_by_facts(workspace: Workspace, named: pl.DataFrame, now: _FoundationState) -> pl.DataFrame:
    """The parts of sessions of which data sets or rules say otherwise by now than when the leads were made."""
    assert now.generation is not None
    of_then, was = set(now.rested_on["datasets"]), now.rested_on["rules"]
    mine = [dataset for dataset in now.sets if dataset.kind in DECIDES]
    with workspace.read() as tables:
        then = [
            dataset
            for dataset in tables[Dataset].select_within("dataset_id", sorted(of_then))
            if dataset.kind in DECIDES
        ]
    has_other_sets = {dataset.dataset_id for dataset in mine} != {dataset.dataset_id for dataset in then}
    carrying = {rule.id: rule.version for rule in RULES.values() if rule.ceiling is not None}
    other = {rule_id for rule_id in carrying if was.get(rule_id) != carrying[rule_id]}
    why = LossReason.DATASET if has_other_sets else LossReason.RULE
    if not has_other_sets and not other:
        return pl.DataFrame(schema=FALLEN)
    # What a rule sees in visits is known only when leads are made again.
    if other & {rule.id for rule in SEEING}:
        return _mark_every_part(named, LossReason.RULE)
    if now.is_purged or _is_damaged(workspace, now.generation):
        return _mark_every_part(named, why)
    changed = _list_changed_sessions(workspace, now.generation, mine, named.select("session_id").unique())
    frames = [named.join(changed, on="session_id", how="semi"), *_find_by_agents(workspace, now, named, mine, then)]
    return _mark_every_part(pl.concat(frame.select("session_id", "part") for frame in frames), why)


def _find_by_agents(
    workspace: Workspace, now: _FoundationState, named: pl.DataFrame, mine: Sequence[Dataset], then: Sequence[Dataset]
) -> Iterator[pl.DataFrame]:
    """Yield the parts with a visit whose user agent is a crawler's by a data set that came since."""
    before = {dataset.dataset_id for dataset in then}
    new = [dataset for dataset in mine if dataset.kind is DatasetKind.AGENT and dataset.dataset_id not in before]
    if not new:
        return
    ips = named.select(source_ip="ip").unique().lazy()
    columns = ("source_ip", "timestamp", "user_agent")
    with ExitStack() as stack:
        sets, frames = open_datasets(workspace, new, stack), []
        for segment in (segment for current_run in now.stands for segment in current_run.segments):
            path = stack.enter_context(workspace.segments.open_local(segment.file))
            frames.append(pl.scan_parquet(path).select(columns).join(ips, on="source_ip", how="semi").collect())
        hits = pl.concat(frames).drop_nulls() if frames else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        rows = match_agents(hits["user_agent"].unique().sort(), sets).filter(pl.col("crawler").is_not_null())
    at = hits.join(rows, on="user_agent", how="semi").select("source_ip", at_us=pl.col("timestamp").dt.epoch("us"))
    met = named.join(at, left_on="ip", right_on="source_ip")
    yield met.filter(pl.col("at_us").is_between("first_us", "last_us")).unique(["session_id", "part"])


def _is_damaged(workspace: Workspace, generation: Generation) -> bool:
    return not all(workspace.segments.exists(file.file) for file in generations.list_generation_files(generation))


def _list_changed_sessions(
    workspace: Workspace, generation: Generation, sets: Sequence[Dataset], wanted_rows: pl.DataFrame
) -> pl.DataFrame:
    """`session_id` of sessions whose ceiling or FACTS are others by these data sets and by the rules of now."""
    with ExitStack() as stack:
        before = _read_sessions(workspace, generation, wanted_rows, stack)
        columns = [name for name in RESULT if name != "session"]
        bare = before.drop(*(name for name in columns if name in before.columns), "kind", strict=False)
        facts = bare.drop("source_ip").with_row_index("session")
        after = judge_sessions(enrich_sessions(facts, open_datasets(workspace, sets, stack)).drop("kind"))
    was = before.with_row_index("session").select("session", "session_id", "ceiling", *FACTS)
    is_same = pl.all_horizontal(
        pl.col(name).cast(pl.String).eq_missing(pl.col(f"{name}_now").cast(pl.String)) for name in ("ceiling", *FACTS)
    )
    beside = after.select("session", *(pl.col(name).alias(f"{name}_now") for name in ("ceiling", *FACTS)))
    return was.join(beside, on="session").filter(~is_same).select("session_id")


def _read_sessions(
    workspace: Workspace, generation: Generation, wanted_rows: pl.DataFrame, stack: ExitStack
) -> pl.DataFrame:
    """The sessions of a generation, as its files have them, with `session_id`."""
    frames = []
    for file in generations.list_generation_files(generation):
        name = file.file.partition("/")[2]
        if not name.startswith(("leads-", "sessions-")):
            continue
        rows = pl.scan_parquet(stack.enter_context(workspace.segments.open_local(file.file)))
        if name.startswith("leads-"):
            rows = rows.filter(pl.col("sessions") == 1).with_columns(pl.col("lead_id").alias("session_id"))
        frames.append(rows.join(wanted_rows.lazy(), on="session_id", how="semi").collect())
    whole = pl.concat(frames, how="diagonal_relaxed")
    absent = [rule for rule in RULES.values() if rule.count not in whole.columns]
    return whole.with_columns(pl.lit(0, pl.UInt32).alias(rule.count) for rule in absent)
