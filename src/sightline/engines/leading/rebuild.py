"""The spine of `leads rebuild`: what stands, partition by partition to leads, one generation registered."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

import sightline
from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.engines.leading.aliases import aliases
from sightline.engines.leading.damage import damage
from sightline.engines.leading.standing import Standing, standing
from sightline.engines.leading.sweep import ROWS, Looking, Readable, ahead, made_up, sizes, swept
from sightline.engines.leading.walk import sessions
from sightline.engines.pipeline import Watch
from sightline.engines.scanning.plan import sha256_of
from sightline.errors import Interrupted, OutputUnwritable, StoreUnreachable
from sightline.record import generations, leases
from sightline.record.ledger.append import canonical
from sightline.record.ledger.verbs import Verb
from sightline.record.store.rows import Dataset, Generation, Intent
from sightline.record.store.rows import Workspace as WorkspaceRow
from sightline.record.workspace import Workspace
from sightline.records import Stamp
from sightline.stages.enrich.model import DataSet, in_order
from sightline.stages.leads import joining
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.verdicts import judged


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rebuild rests on."""

    standing: tuple[Standing, ...]
    datasets: tuple[Dataset, ...]
    is_exercise: bool
    previous: Generation | None
    standing_before: tuple[Generation, ...]

    def inputs(self) -> dict[str, Any]:
        """What decides every row of the generation."""
        return {
            "runs": [[one.run.run_id, one.issuers] for one in self.standing],
            "datasets": [one.dataset_id for one in self.datasets],
            "rules": {rule.id: rule.version for rule in RULES.values()},
            "version": sightline.__version__,
            "exercise": self.is_exercise,
        }

    def generation_id(self) -> str:
        """The identity of the generation."""
        return hashlib.sha256(canonical(self.inputs()).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A generation, and whether it was there already."""

    generation: Generation
    was_there: bool


@dataclass(slots=True)
class Account:
    """What a rebuild counts."""

    leads: int = 0
    sessions: int = 0
    visits: int = 0
    without_address: int = 0
    ceilings: dict[str, int] = field(default_factory=dict)

    def add(self, leads: pl.DataFrame) -> None:
        """Count leads."""
        self.leads += len(leads)
        self.sessions += int(leads["sessions"].sum())
        self.visits += int(leads["visits"].sum())
        for ceiling, count in leads.group_by("ceiling").len().sort("ceiling").iter_rows():
            self.ceilings[ceiling] = self.ceilings.get(ceiling, 0) + count


def rebuild(desk: Desk, watch: Watch, rows: int = ROWS) -> Rebuilt:
    """The generation of what stands now: made, or there already. Raises NotAllowed."""
    desk.require(Action.LEADS_REBUILD, "leads:all")
    ground = _ground(desk.workspace)
    generation_id = ground.generation_id()
    previous = ground.previous
    if previous is not None and previous.generation_id == generation_id and damage(desk.workspace, previous) is None:
        return Rebuilt(previous, was_there=True)
    intent = leases.begin(desk.workspace, desk.signer, desk.clock())
    try:
        with ExitStack() as stack:
            staging = stack.enter_context(desk.workspace.segments.staging(intent.intent_id))
            account = _write(desk, intent, ground, staging.folder, watch, rows, stack)
            files = [_described(path, intent.intent_id) for path in sorted(staging.folder.iterdir())]
            staging.publish()
        return Rebuilt(_register(desk, intent, ground, account, files), was_there=False)
    except BaseException:
        # Where the store is away, the next scan or rebuild sweeps.
        with suppress(StoreUnreachable, OutputUnwritable):
            leases.give_up(desk.workspace, intent)
        raise


def _ground(workspace: Workspace) -> Ground:
    with workspace.reading() as shelves:
        stamp = shelves[WorkspaceRow].where()[0].stamp
        found = standing(shelves)
        sets = sorted(
            shelves[Dataset].where(), key=lambda one: (one.kind.value, one.name, one.dated_us, one.dataset_id)
        )
        return Ground(
            tuple(found), tuple(sets), stamp is Stamp.EXERCISE, current(shelves), tuple(generations.standing(shelves))
        )


def current(shelves: Any) -> Generation | None:  # noqa: ANN401
    """The generation that readers read."""
    found: Generation | None = shelves[Generation].last("number")
    return found


def _write(
    desk: Desk, intent: Intent, ground: Ground, folder: Path, watch: Watch, rows: int, stack: ExitStack
) -> Account:
    """All files of the generation, in a folder; what was counted."""
    sets = [
        DataSet(
            one.name,
            one.kind,
            one.dated_us,
            one.dataset_id,
            stack.enter_context(desk.workspace.segments.local_path(one.file)),
            one.speaks_for_days,
            json.loads(one.notes_json),
        )
        for one in ground.datasets
    ]
    assert sets == in_order(sets)
    segments = _readable(desk.workspace, ground, stack)
    places = _places(segments)
    places.write_parquet(folder / "places.parquet")
    known, seed = _indicators(segments)
    known.write_parquet(folder / "indicators.parquet")
    account, waiting = Account(), []
    ordinals = _ordinals(places)
    looking = Looking(ordinals, sets, seed, made_up(segments), sizes(segments, ordinals))
    whole, read = sum(one.rows for one in segments), [0]

    def told(more: int) -> None:
        read[0] += more
        leases.renew(desk.workspace, intent, desk.clock())
        watch(read[0], whole, account.leads)

    for number, hits in enumerate(ahead(swept(segments, looking, rows, told))):
        found = sessions(hits, sets, places, exercise=ground.is_exercise)
        if found.is_empty():
            continue
        waiting.append(found.filter(joining.IS_JOINABLE))
        single = found.filter(~joining.IS_JOINABLE).with_columns(
            pl.lit(1, pl.UInt32).alias("sessions"), pl.lit(None, pl.String).alias("joined_by")
        )
        _keep(judged(single), folder / f"leads-{number:06}.parquet", account)
    if any(len(one) for one in waiting):
        grouped = joining.groups(pl.concat(waiting))
        several = grouped.with_columns(pl.len().over("group").cast(pl.UInt32).alias("sessions"))
        parts = judged(several.with_columns(pl.lit(1, pl.UInt32).alias("sessions")))
        leads = judged(joining.joined(several.with_columns(parts["rank"])))
        _keep(leads, folder / "leads-joined.parquet", account)
        of = leads.filter(pl.col("sessions") > 1).select("group", pl.col("lead_id").alias("of_lead"))
        beside = parts.join(of, on="group").rename({"lead_id": "session_id", "of_lead": "lead_id"})
        _ordered(beside.drop("group")).write_parquet(folder / "sessions.parquet")
    account.without_address = looking.without_address
    moved = aliases(desk.workspace, _whole(desk.workspace, ground.standing_before), folder)
    if len(moved):
        moved.write_parquet(folder / "aliases.parquet")
    return account


def _ordinals(places: pl.DataFrame) -> pl.DataFrame:
    return places.select(pl.col("exhibit").alias("exhibit_id"), "member", pl.col("ordinal").alias("exhibit"))


def _whole(workspace: Workspace, before: Sequence[Generation]) -> Generation | None:
    """The newest generation whose files are all as they were: ids are followed from there."""
    return next((one for one in reversed(before) if damage(workspace, one) is None), None)


def _keep(leads: pl.DataFrame, path: Path, account: Account) -> None:
    if len(leads):
        account.add(leads)
        names = sorted(set(leads.columns) - {"group"})
        _ordered(leads.select(names)).write_parquet(path, compression="lz4", statistics=False, row_group_size=1 << 18)


def _ordered(leads: pl.DataFrame) -> pl.DataFrame:
    by = "lead_id" if "session_id" not in leads.columns else "session_id"
    return leads.drop("session", "rank", strict=False).sort("hi", "lo", "first_us", by)


def _readable(workspace: Workspace, ground: Ground, stack: ExitStack) -> list[Readable]:
    sources = {one.source.source_id: 0 for one in ground.standing}
    ordinals = {source_id: ordinal for ordinal, source_id in enumerate(sorted(sources))}
    return [
        Readable(
            one,
            stack.enter_context(workspace.segments.local_path(segment.file)),
            segment.rows,
            ordinals[one.source.source_id],
        )
        for one in ground.standing
        for segment in one.segments
    ]


def _places(segments: Sequence[Readable]) -> pl.DataFrame:
    """`ordinal exhibit member` of every member in which a hit stands."""
    parts = [
        pl.scan_parquet(one.path)
        .select("member")
        .unique()
        .collect()
        .with_columns(pl.lit(one.standing.run.exhibit_id).alias("exhibit"))
        for one in segments
    ]
    empty = pl.DataFrame(schema={"exhibit": pl.String, "member": pl.String})
    known = pl.concat([empty, *(part.select("exhibit", "member") for part in parts)]).unique()
    return known.sort("exhibit", "member", nulls_last=False).with_row_index("ordinal")


def _indicators(segments: Sequence[Readable]) -> tuple[pl.DataFrame, int]:
    """`key indicator_id indicator_kind` of every indicator that was met, and the seed of the keys."""
    columns = ("indicator_id", "indicator_kind")
    parts = [pl.scan_parquet(one.path).select(columns).unique().collect() for one in segments]
    known = pl.concat([pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), *parts]).unique().sort("indicator_id")
    seed = next(seed for seed in itertools.count() if known["indicator_id"].hash(seed).is_unique().all())
    return known.with_columns(pl.col("indicator_id").hash(seed).alias("key")), seed


def _described(path: Path, prefix: str) -> dict[str, object]:
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    size = path.stat().st_size
    return {"file": f"{prefix}/{path.name}", "rows": rows, "sha256": sha256_of(path), "size_bytes": size}


def _register(
    desk: Desk, intent: Intent, ground: Ground, account: Account, files: list[dict[str, object]]
) -> Generation:
    with desk.change(Action.LEADS_REBUILD, "leads:all") as change:
        if not leases.settle(change.shelves, intent):
            raise Interrupted("the rebuild paused for so long that its files were swept; run it again")
        if generations.purged_runs(change.shelves) & {one.run.run_id for one in ground.standing}:
            raise Interrupted("an exhibit was purged while leads were made of it; run it again")
        last = current(change.shelves)
        made = Generation(
            1 if last is None else last.number + 1,
            ground.generation_id(),
            intent.intent_id,
            change.now_us,
            desk.officer.officer_id,
            canonical(ground.inputs()),
            canonical(
                {
                    "leads": account.leads,
                    "sessions": account.sessions,
                    "visits": account.visits,
                    "without_address": account.without_address,
                    "ceilings": account.ceilings,
                }
            ),
            canonical(files),
        )
        change.add(Verb.LEADS_REBUILT, made, leads=account.leads, sessions=account.sessions)
    return made
