"""Current runs: for leads, the newest of each exhibit and list series, and what their records prove about time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from sightline.casework.cases.declarations import ExhibitClock, list_clocks, list_source_proxies, list_source_times
from sightline.casework.exhibits.tip_runs import is_tip, select_newest_tip_runs
from sightline.casework.reference_data.list_series import Pair, find_newest_list_signatures, list_superseding_runs
from sightline.model import ListUse
from sightline.model.times import UNKNOWN, Times, parse_times
from sightline.stages.formats.loader import find_builtin_format
from sightline.stages.formats.program import Zone
from sightline.stages.scan.zones import build_zone_table
from sightline.storage.rows import Exhibit, IssuerKey, ListSignature, Run, RunList, Segment, Source
from sightline.storage.table import Tables
from sightline.workspace.run_members import read_members_of_run

if TYPE_CHECKING:
    import polars

BACKWARDS_S = 300
"""How far times may step back in a log of one clock: servers write a line when an answer ends."""
HOUR_S = 3600


class ZoneProof(Enum):
    """The times of a run whose zone is proven: all, or those that state it themselves."""

    ALL = "all"
    STATED = "stated"


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """A run whose hits are read. `lists`: (issuer, list id) of those for which it is the newest; None for all.

    `clock_offset_us`: recorded minus corrected times. None if the clock drifted. `read_as`: all that the times of its
    lines follow from; runs with the same read the same line at the same time.
    """

    run: Run
    segments: tuple[Segment, ...]
    source: Source
    lists: tuple[Pair, ...] | None
    zone: ZoneProof
    is_clock_backwards: bool
    may_hold_headers: bool
    times: Times = UNKNOWN
    clock_offset_us: int | None = 0
    read_as: str = ""

    @property
    def is_tip(self) -> bool:
        """Return whether its rows are what reports state (ADR 26)."""
        return is_tip(self.run)

    def as_inputs(self) -> list[Any]:
        """Return the run and its counted lists in the form of a generation's inputs."""
        return [self.run.run_id, None if self.lists is None else [list(list_) for list_ in self.lists]]


def is_of_lists(lists: Iterable[Sequence[str]]) -> polars.Expr:
    """Return whether a hit is of one of these lists (`Pair`)."""
    import polars as pl  # noqa: PLC0415  - takes a while to load

    return pl.any_horizontal(
        pl.lit(value=False),
        *((pl.col("issuer") == issuer) & (pl.col("list_id") == list_id) for issuer, list_id in lists),
    )


def list_current_runs(tables: Tables) -> list[CurrentRun]:
    """Return the current runs, by exhibit and run, without purged ones and lists of revoked keys.

    A version that is signed for statistics replaces the one for leads before it: no lead rests on either.
    """
    return _select_current(tables, tables[Run].select(), tables[RunList].select())


def list_current_runs_with_hits(tables: Tables) -> list[CurrentRun]:
    """Return the current runs that have hits, without the texts of their manifests and accounts: leads rest on them.

    The others are not read from the database. Most parts of a live feed have no hit, and a day has tens of thousands.
    """
    used = tables[RunList].select_within("run_id", tables[Run].list_values("run_id", _is_of_exhibit_with_hits(tables)))
    runs = _select_current(tables, list_runs_of_hit_exhibits(tables), used, _without_texts)
    return [current_run for current_run in runs if current_run.run.hits]


def list_current_runs_of(tables: Tables, exhibits: Sequence[str]) -> list[CurrentRun]:
    """Return what `list_current_runs_with_hits` returns of some exhibits."""
    runs = tables[Run].select_within("exhibit_id", exhibits)
    with_hits = {run.exhibit_id for run in runs if run.hits}
    runs = [run for run in runs if run.exhibit_id in with_hits]
    used = tables[RunList].select_within("run_id", [run.run_id for run in runs])
    segments = tables[Segment].select_within("run_id", [run.run_id for run in runs])
    current_runs = _select_current(tables, runs, used, _without_texts, segments)
    return [current_run for current_run in current_runs if current_run.run.hits]


def list_runs_of_hit_exhibits(tables: Tables) -> Iterator[Run]:
    """Yield all runs of the exhibits of which any run has hits: a newer run without hits replaces an older one."""
    return tables[Run].read_each(_is_of_exhibit_with_hits(tables))


def list_run_ids_of_hit_exhibits(tables: Tables, exhibits: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """Return exhibit and id of each of `list_runs_of_hit_exhibits`, by id, without reading the runs.

    With `exhibits`, those of these exhibits, which all have hits.
    """
    is_of = _is_of_exhibit_with_hits(tables) if exhibits is None else tables[Run].get_column("exhibit_id").in_(exhibits)
    return list(zip(*(tables[Run].list_values(name, is_of) for name in ("exhibit_id", "run_id")), strict=True))


def _is_of_exhibit_with_hits(tables: Tables) -> ColumnElement[bool]:
    table = tables[Run]
    exhibit_id = table.get_column("exhibit_id")
    return exhibit_id.in_(select(exhibit_id).where(table.get_column("hits") > 0))


def _without_texts(run: Run) -> Run:
    """Return a run without its manifest and account: a feed has thousands of runs, and no lead is made of the texts."""
    return replace(run, manifest_json="", account_json="")


def _with_texts(run: Run) -> Run:
    return run


def _select_current(
    tables: Tables,
    every_run: Iterable[Run],
    used: Sequence[RunList],
    shorten: Callable[[Run], Run] = _with_texts,
    segments: Iterable[Segment] | None = None,
) -> list[CurrentRun]:
    """Return those of some runs that are current. `used`: the lists of these runs; `shorten`: returns a run as result.

    `segments`: those of these runs, None for all of the workspace.

    Runs are looked at one at a time, because the manifests of a feed take more memory than all else.
    """
    lists = _collect_lists_of_runs(tables, used)
    is_valid = _build_validity_test(tables)
    sources = {source.source_id: source for source in tables[Source].select()}
    exhibits: dict[str, list[CurrentRun]] = {}
    members: dict[str, str | None] = {}
    tip_runs = []
    for run in every_run:
        short = shorten(run)
        if run.use is ListUse.LEADS and is_tip(run):
            tip_runs.append(short)
        if is_valid(run):
            members[run.run_id] = read_members_of_run(run)
            current_run = _find_current_run(run, sources[run.source_id], short)
            exhibits.setdefault(run.exhibit_id, []).append(current_run)
    newest = _find_newest_lists(exhibits, lists, members)
    tips = {newest_tip_run.run_id for newest_tip_run in select_newest_tip_runs(tip_runs).values()}
    segments_of = _group_segments_by_run(tables[Segment].select() if segments is None else segments)
    current_runs = []
    for exhibit_id in sorted(exhibits):
        for exhibit in sorted(exhibits[exhibit_id], key=lambda each: each.run.run_id):
            run_id, counting = exhibit.run.run_id, newest.get(exhibit.run.run_id)
            if exhibit.source.use is not ListUse.LEADS or (counting is None and run_id not in tips):
                continue
            is_whole = counting is None or counting == lists.every[run_id]
            pairs = None if is_whole or counting is None else tuple(sorted(counting))
            current_runs.append(replace(exhibit, segments=tuple(segments_of.get(run_id, ())), lists=pairs))
    return current_runs


@dataclass(frozen=True, slots=True)
class _RunLists:
    """The lists of runs, by run: `every` one, and those of trusted keys with their newest signatures."""

    every: dict[str, set[Pair]]
    trusted: dict[str, list[tuple[Pair, ListSignature]]]


def _collect_lists_of_runs(tables: Tables, used: Sequence[RunList]) -> _RunLists:
    is_trusted = build_trust_test(tables)
    signatures = find_newest_list_signatures(tables, used)
    lists = _RunLists({}, {})
    for run_list in used:
        pair = (run_list.issuer, run_list.list_id)
        lists.every.setdefault(run_list.run_id, set()).add(pair)
        if is_trusted(run_list):
            signature = signatures[run_list.run_id, run_list.position]
            lists.trusted.setdefault(run_list.run_id, []).append((pair, signature))
    return lists


def _build_validity_test(tables: Tables) -> Callable[[Run], bool]:
    """Return a test whether a run is of an exhibit that was not purged, and was read as is declared now."""
    purged = set(tables[Exhibit].list_values("exhibit_id", tables[Exhibit].get_column("purged_at_us").is_not(None)))
    clocks, has_proxies, has_times = list_clocks(tables), build_proxy_test(tables), build_times_test(tables)

    def is_valid(run: Run) -> bool:
        return (
            run.exhibit_id not in purged
            and not is_rerun(run)
            and has_clock(run, clocks.get(run.exhibit_id))
            and has_proxies(run)
            and has_times(run)
        )

    return is_valid


def _find_newest_lists(
    exhibits: Mapping[str, Sequence[CurrentRun]], lists: _RunLists, members: Mapping[str, str | None]
) -> dict[str, set[Pair]]:
    """Return the lists for which no other run of its exhibit replaces a run for leads, by run."""
    newest: dict[str, set[Pair]] = {}
    for exhibit_runs in exhibits.values():
        runs = sorted((run.run for run in exhibit_runs), key=lambda each: (each.registered_at_us, each.run_id))
        superseding_runs = list_superseding_runs(
            [(run.run_id, lists.trusted.get(run.run_id, [])) for run in runs], members
        )
        for run in runs:
            pairs = {pair for pair, _ in lists.trusted.get(run.run_id, [])} - superseding_runs[run.run_id].keys()
            if pairs and run.use is ListUse.LEADS:
                newest[run.run_id] = pairs
    return newest


def _group_segments_by_run(segments: Iterable[Segment]) -> dict[str, list[Segment]]:
    result: dict[str, list[Segment]] = {}
    for segment in sorted(segments, key=lambda each: each.number):
        result.setdefault(segment.run_id, []).append(segment)
    return result


def build_trust_test(tables: Tables) -> Callable[[RunList], bool]:
    """Return a test whether a list of a run is still trusted: the key of its signature was not revoked."""
    revoked = {
        issuer_key.key_id: issuer_key.issuer
        for issuer_key in tables[IssuerKey].select()
        if issuer_key.revoked_at_us is not None
    }
    keys = {signature.signature_id: signature.key_id for signature in tables[ListSignature].select()} if revoked else {}

    def is_trusted(run_list: RunList) -> bool:
        if run_list.signature_id is None:
            # A run that was purged before signatures were kept: by which key of the issuer is not known.
            return run_list.issuer not in revoked.values()
        return keys.get(run_list.signature_id) not in revoked

    return is_trusted


def is_rerun(run: Run) -> bool:
    """Return whether a run was made as of an older date. No lead rests on it, and it supersedes nothing."""
    return '"as_of"' in run.manifest_json and json.loads(run.manifest_json)["options"].get("as_of") is not None


def has_clock(run: Run, clock: ExhibitClock | None) -> bool:
    """Return whether a run was read by the clock that is now declared for its exhibit."""
    if clock is None:
        return True
    read_by = json.loads(run.manifest_json)["options"].get("exhibit_clock")
    return read_by == clock.declaration_id or (read_by is None and not clock.compared)


def build_proxy_test(tables: Tables) -> Callable[[Run], bool]:
    """Return a test whether a run was read by the proxies that are now declared for its source.

    A run that was given others for its exhibits while these were declared already is valid. So is one in whose format
    no proxy can appear.
    """
    declared = list_source_proxies(tables)
    sources = {source.source_id: source for source in tables[Source].select()} if declared else {}

    def reads_declared_proxies(run: Run) -> bool:
        """Return whether the run has the proxies of now; True for a source without a declaration."""
        now = declared.get(run.source_id)
        if now is None or is_tip(run) or not _reads_forwarded(run.format, run.format_id):
            return True
        options = json.loads(run.manifest_json)["options"]
        if options.get("proxies_declared") == now.declaration_id:
            return True
        read_by = tuple((first, last) for first, last in options.get("trusted_proxies", ()))
        hops = 0 if now.ranges else sources[run.source_id].trusted_hops
        return read_by == now.ranges and options["trusted_hops"] == hops

    return reads_declared_proxies


def build_times_test(tables: Tables) -> Callable[[Run], bool]:
    """Return a test whether a run read times as they are now declared for its source's server."""
    declared = list_source_times(tables)

    def reads_declared_times(run: Run) -> bool:
        """Return whether the run has the times of now; True for a source without a declaration."""
        now = declared.get(run.source_id)
        if now is None:
            return True
        manifest = json.loads(run.manifest_json)
        read_by, log_format = _read_times(manifest, run.format), find_builtin_format(run.format)
        base = log_format.times if log_format else read_by
        if not base.is_declarable or manifest["options"].get("times_declared") == now.declaration_id:
            return True
        return replace(read_by, is_declarable=True) == base.with_declaration(now.time_is, now.duration_unit)

    return reads_declared_times


@cache
def _reads_forwarded(name: str, format_id: str) -> bool:
    """Return whether a format can name the client behind a proxy. True for a format that no longer exists."""
    log_format = find_builtin_format(name)
    if log_format is None or log_format.program.id != format_id:
        return True
    return any(rule.field == "forwarded" for rule in log_format.program.fields)


def _find_current_run(run: Run, source: Source, short: Run) -> CurrentRun:
    """Return what a run's manifest says, without its segments and lists. `short`: the run, perhaps without texts."""
    manifest: dict[str, Any] = json.loads(run.manifest_json)
    options = manifest["options"]
    is_declared = manifest["format"].get("zone", Zone.DECLARED) == Zone.DECLARED
    return CurrentRun(
        short,
        (),
        source,
        None,
        _derive_tip_zone_proof(options) if is_tip(run) else _derive_zone_proof(options, is_declared=is_declared),
        _runs_backwards(manifest, is_declared=is_declared),
        run.format in HEADER_FORMATS,
        _read_times(manifest, run.format),
        None if options.get("clock_drift") else options["clock_offset_us"],
        json.dumps([run.format, *(options.get(name) for name in ("timezone", "clock_offset_us", "clock_drift"))]),
    )


def _read_times(manifest: dict[str, Any], name: str) -> Times:
    """Return the time rules of the run's format; for an older run, those of the current format of that name."""
    times_dict = manifest["format"].get("times")
    if times_dict is not None:
        return parse_times(times_dict)
    log_format = find_builtin_format(name)
    return UNKNOWN if log_format is None else log_format.times


def _derive_zone_proof(options: dict[str, Any], *, is_declared: bool) -> ZoneProof:
    """Return which times prove their zone: all if none was declared, some if one was declared without a basis."""
    has_basis = options["timezone"] is None or options.get("timezone_basis") is not None
    return ZoneProof.ALL if has_basis or not is_declared else ZoneProof.STATED


def _derive_tip_zone_proof(options: dict[str, Any]) -> ZoneProof:
    """Return where times of a tip prove their zone. Unlike a log, a tip may have times without any zone."""
    return ZoneProof.ALL if options.get("timezone_basis") is not None else ZoneProof.STATED


HEADER_FORMATS = frozenset({"caddy", "traefik-json"})
"""Formats whose frames may hold the headers of a request."""


def _runs_backwards(manifest: dict[str, Any], *, is_declared: bool) -> bool:
    """Return whether time steps back in the exhibit by more than its uncertainty (plus one hour with summer time)."""
    step_us = manifest["account"]["sketch"].get("widest_backward_us") or 0
    options = manifest["options"]
    changes = is_declared and options["timezone"] and len(build_zone_table(options["timezone"])) > 1
    allowed_s = max(BACKWARDS_S, options["clock_uncertainty_s"]) + (HOUR_S if changes else 0)
    return bool(step_us > allowed_s * 1_000_000)
