"""Groups of the leads of a generation, with what is known of each: cases, outcomes, age, and how long an ISP keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from sightline.casework.forces.force_matches import OtherForce
from sightline.ledger.instants import format_day_in_india, to_instant
from sightline.model import IndicatorKind, SourceKind
from sightline.services.artifacts.lead_files import Leads
from sightline.services.lead_groups.other_forces import find_other_forces, list_named_subscribers
from sightline.services.outcomes.outcomes import find_current_ids, list_cited_exhibits
from sightline.services.sessions.current_runs import is_of_lists, list_current_runs
from sightline.stages.devices.file_kind import KNOWN_FILES
from sightline.stages.leads import groups as shared
from sightline.stages.leads.triage import sort_by_seriousness
from sightline.storage.rows import Authority, Case, Holding, Outcome
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

_STATES_FILE, _STATES_FIR = b'"digests":{', b'"fir":"'
"""What the row of a tip contains that states a file, or an FIR. Quotes in its texts are escaped (JSON)."""


@dataclass(frozen=True, slots=True)
class LeadGroup:
    """Leads to be looked at together, the most serious first. `joined_by`: empty for a lead alone.

    `cases`: numbers of the cases that hold their exhibits. `outcomes`: what was found before, `case: kind on day`.
    `devices`: names of seized devices that hold a file which their reports state. `firs`: numbers of cases of police
    forces that their reports state, as they are written there. `forces`: other forces that have a lead too, as
    comparisons found.
    """

    lead_ids: tuple[str, ...]
    joined_by: tuple[str, ...]
    priority: str
    ceiling: str
    first_us: int
    last_us: int
    keep_until_us: int
    cases: tuple[str, ...]
    outcomes: tuple[str, ...]
    devices: tuple[str, ...] = ()
    firs: tuple[str, ...] = ()
    forces: tuple[OtherForce, ...] = ()

    def to_json(self, now: datetime) -> dict[str, Any]:
        """Return the group as JSON, with its age and the days until an ISP may delete its first records."""
        return {
            "leads": list(self.lead_ids),
            "joined_by": list(self.joined_by),
            "priority": self.priority,
            "ceiling": self.ceiling,
            "first_seen": _format_time(self.first_us),
            "last_seen": _format_time(self.last_us),
            "age_days": (now - to_instant(self.first_us)).days,
            "keep_until": format_day_in_india(self.keep_until_us),
            "days_left": (to_instant(self.keep_until_us) - now).days,
            "cases": list(self.cases),
            "outcomes": list(self.outcomes),
            "devices": list(self.devices),
            "firs": list(self.firs),
            "forces": [other_force.to_json() for other_force in self.forces],
        }


def group_leads(workspace: Workspace, lead_files: Leads, condition: pl.Expr) -> list[LeadGroup]:
    """Return the groups of the leads that an expression chooses, in the order of seriousness of their first leads."""
    leads = (
        sort_by_seriousness(lead_files.open_frame().filter(condition), lead_files.answered)
        .collect()
        .with_columns(_is_tip(lead_files))
    )
    files = list_stated_files(workspace, lead_files, leads)
    named = list_named_subscribers(workspace, lead_files).filter(pl.col("lead_id").is_in(leads["lead_id"].implode()))
    edges = [
        *shared.group_by_account(leads),
        *shared.group_by_address(leads),
        *shared.group_by_file(files),
        *shared.group_by_subscriber(named),
    ]
    groups = shared.join_groups(leads["lead_id"].to_list(), edges)
    with workspace.read() as tables:
        known_facts = _LeadFacts(
            _list_cases(tables, lead_files, leads),
            _list_outcomes(tables, lead_files),
            _list_devices(workspace, files),
            _group_by_lead(_read_stated(workspace, lead_files, leads, _STATES_FIR, _list_firs)),
            find_other_forces(workspace, lead_files),
        )
    facts = {row[0]: row[1:] for row in leads.select(_FACTS).iter_rows()}
    return [_build_group(ids, why, facts, known_facts) for ids, why in groups]


def list_tip_accounts(leads: Leads) -> pl.DataFrame:
    """Return `lead_id user` of the leads of reports that name an account at a service."""
    at_service = pl.col("user").str.contains(" at ", literal=True)
    of_tips = leads.open_frame().with_columns(_is_tip(leads)).filter(pl.col("is_tip") & at_service)
    return of_tips.select("lead_id", pl.col("user").cast(pl.String)).collect()


def _is_tip(leads: Leads) -> pl.Expr:
    reports = [key for key, (_, kind) in leads.indicators.items() if kind == IndicatorKind.REPORT.value]
    is_tip = pl.col("indicators").list.eval(pl.element().is_in(reports)).list.any()
    return is_tip.fill_null(value=False).alias("is_tip")


_FACTS = ("lead_id", "priority", "ceiling", "first_us", "last_us", "keep_until_us")


@dataclass(frozen=True, slots=True)
class _LeadFacts:
    """What is known of each lead: cases, outcomes, devices, stated FIRs and other forces, as of `LeadGroup`."""

    cases: Mapping[str, set[str]]
    outcomes: Mapping[str, list[str]]
    devices: Mapping[str, set[str]]
    firs: Mapping[str, set[str]]
    forces: Mapping[str, set[OtherForce]]


def _build_group(
    ids: tuple[str, ...],
    why: tuple[str, ...],
    facts: Mapping[str, tuple[Any, ...]],
    known_facts: _LeadFacts,
) -> LeadGroup:
    of_leads = [facts[id_] for id_ in ids]

    def all_of(by_lead: Mapping[str, set[str]]) -> tuple[str, ...]:
        return tuple(sorted({text for id_ in ids for text in by_lead.get(id_, ())}))

    return LeadGroup(
        ids,
        why,
        of_leads[0][0],
        of_leads[0][1],
        min(row[2] for row in of_leads),
        max(row[3] for row in of_leads),
        min(row[4] for row in of_leads),
        all_of(known_facts.cases),
        tuple(text for id_ in ids for text in known_facts.outcomes.get(id_, ())),
        all_of(known_facts.devices),
        all_of(known_facts.firs),
        tuple(sorted({other for id_ in ids for other in known_facts.forces.get(id_, ())})),
    )


def _list_devices(workspace: Workspace, files: pl.DataFrame) -> dict[str, set[str]]:
    """Return the names of the devices that hold a file of each lead. A device has findings of listed files alone."""
    if files.is_empty():
        return {}
    with workspace.read() as tables:
        found_runs = [
            current_run
            for current_run in list_current_runs(tables)
            if current_run.source.kind is SourceKind.SEIZED_DEVICE
        ]
    runs = [current_run for current_run in found_runs if current_run.run.format != KNOWN_FILES]
    stated = files.with_columns(pl.col("digest").str.split(":").list.last().alias("value"))
    result: dict[str, set[str]] = {}
    for run in runs:
        for segment in run.segments:
            with workspace.segments.open_local(segment.file) as path:
                rows = pl.scan_parquet(path).filter(pl.col("indicator_kind").cast(pl.String) == "file-digest")
                rows = rows if run.lists is None else rows.filter(is_of_lists(run.lists))
                value = pl.col("indicator").cast(pl.String).str.to_lowercase().alias("value")
                assignments = rows.select(value).unique().collect()
            for (lead_id,) in stated.join(assignments, on="value", how="semi").select("lead_id").unique().iter_rows():
                result.setdefault(lead_id, set()).add(run.source.name)
    return result


def list_stated_files(workspace: Workspace, lead_files: Leads, leads: pl.DataFrame) -> pl.DataFrame:
    """Return `lead_id digest` of the files that reports state for the connections of these leads."""
    return _read_stated(workspace, lead_files, leads, _STATES_FILE, _list_digests).rename({"text": "digest"})


def _read_stated(
    workspace: Workspace,
    lead_files: Leads,
    leads: pl.DataFrame,
    mark: bytes,
    take: Callable[[dict[str, Any]], Iterable[str]],
) -> pl.DataFrame:
    """Return `lead_id text` of what rows of tips with a mark state for the connections of these leads."""
    runs = {str(run_id) for run_id, _ in json.loads(lead_files.generation.inputs_json)["runs"]}
    with workspace.read() as tables:
        tips = [
            current_run
            for current_run in list_current_runs(tables)
            if current_run.is_tip and current_run.run.run_id in runs
        ]
    stated: list[tuple[str, datetime, str]] = []
    with ExitStack() as stack:
        for segment in (segment for tip in tips for segment in tip.segments):
            path = stack.enter_context(workspace.segments.open_local(segment.file))
            rows = pl.scan_parquet(path).select("source_ip", "timestamp", "raw")
            some = rows.filter(pl.col("raw").bin.contains(mark)).collect()
            stated += [(row[0], row[1], text) for row in some.iter_rows() for text in take(json.loads(row[2]))]
    schema: dict[str, pl.DataType] = {"source_ip": pl.String(), "at": pl.Datetime("us", "UTC"), "text": pl.String()}
    result = pl.DataFrame(stated, schema=schema, orient="row").with_columns(pl.col("at").dt.epoch("us")).sort("at")
    sessions = leads.select("lead_id", "source_ip", "first_us", "last_us").sort("first_us")
    met = result.join_asof(
        sessions, left_on="at", right_on="first_us", by="source_ip", strategy="backward", check_sortedness=False
    )
    return met.filter(pl.col("at") <= pl.col("last_us")).select("lead_id", "text")


def _group_by_lead(stated: pl.DataFrame) -> dict[str, set[str]]:
    result: dict[str, set[str]] = {}
    for lead_id, text in stated.iter_rows():
        result.setdefault(lead_id, set()).add(text)
    return result


def _list_firs(row: dict[str, Any]) -> Iterable[str]:
    """Yield the number of an FIR that the row of a tip states."""
    return (row["fir"],) if row.get("fir") else ()


def _list_digests(row: dict[str, Any]) -> Iterable[str]:
    """Yield the digests of files in the row of a tip, each with its kind. That of a torrent is no file's."""
    result = row.get("digests") or {}
    return (f"{kind}:{digest}" for kind, digest in result.items() if kind in {"md5", "sha1", "sha256"})


def _list_cases(tables: Tables, lead_files: Leads, leads: pl.DataFrame) -> dict[str, set[str]]:
    """Return the numbers of the cases that hold the exhibits of each lead."""
    numbers = {case.case_id: case.number for case in tables[Case].select()}
    of_authority = {authority.authority_id: numbers[authority.case_id] for authority in tables[Authority].select()}
    exhibits = sorted({exhibit for exhibit, _ in lead_files.places.values()})
    cases_by_exhibit: dict[str, set[str]] = {}
    for holding in tables[Holding].select_within("exhibit_id", exhibits):
        cases_by_exhibit.setdefault(holding.exhibit_id, set()).add(of_authority[holding.authority_id])
    result: dict[str, set[str]] = {}
    for lead_id, ordinal in list_cited_exhibits(leads).iter_rows():
        result.setdefault(lead_id, set()).update(cases_by_exhibit.get(lead_files.places[ordinal][0], ()))
    return result


def _list_outcomes(tables: Tables, leads: Leads) -> dict[str, list[str]]:
    """Return what was found by leads before, by their ids now."""
    current = [outcome for outcome in tables[Outcome].select() if outcome.withdrawn_at_us is None]
    ids = find_current_ids(leads, (outcome.lead_id for outcome in current))
    numbers = {
        case.case_id: case.number
        for case in tables[Case].select_within("case_id", [outcome.case_id for outcome in current])
    }
    result: dict[str, list[str]] = {}
    for outcome in sorted(current, key=lambda each: (each.said_on, each.outcome_id)):
        text = f"{numbers[outcome.case_id]}: {outcome.kind.value} on {outcome.said_on}"
        result.setdefault(ids[outcome.lead_id], []).append(text)
    return result


def _format_time(at_us: int) -> str:
    return f"{to_instant(at_us):%Y-%m-%dT%H:%M:%SZ}"
