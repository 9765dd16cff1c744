"""Options, id and manifest of a tip's run: everything that determined its rows, and everything that came out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

import sightline
from sightline.casework.cases.cases import get_zone_basis
from sightline.ledger.append import encode_canonical
from sightline.ledger.canonical import format_time
from sightline.model import ListUse
from sightline.model.times import UNKNOWN
from sightline.services.match import engine
from sightline.services.scan.manifest import list_versions
from sightline.services.tip_import.request import ImportContext, TipImportRequest
from sightline.services.tip_import.tip_reader import ReadTip
from sightline.stages.scan.segments import SealedSegment
from sightline.storage.rows import Run

FORMAT_ID = hashlib.sha256(b"sightline tip reader 4").hexdigest()
"""Identifies the rules by which a tip becomes rows (ADR 26). A change of any rule is another number."""
LISTED_REPORTS = 1000
"""A manifest lists the reports of a tip up to this number. Of a larger one, its segment has them."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run that is not registered yet. `name`: the file's path, or None for an exhibit that is registered.

    `previous`: the run of the same tip that it follows.
    """

    run_id: str
    exhibit_id: str
    size_bytes: int
    name: str | None
    format: str
    why: str
    options: Mapping[str, Any]
    version: str
    account: Mapping[str, Any]
    rows: pl.DataFrame
    previous: Run | None


def run_options(
    context: ImportContext, request: TipImportRequest, exhibit_id: str, without: frozenset[str]
) -> dict[str, Any]:
    """Return all options of a run, as its id covers them."""
    declared, clock = context.declared, context.find_clock(exhibit_id)
    options: dict[str, Any] = {
        "use": context.source.use.value,
        "source": context.source.source_id,
        "kind": request.kind,
        "columns": dict(sorted(context.options.columns.items())),
        "sheet": request.sheet,
        "timezone": declared.timezone,
        "timezone_basis": get_zone_basis(declared) if declared.timezone else None,
        "year": request.year,
        "date_order": request.date_order,
        "clock_offset_us": clock.offset_us if clock else declared.clock_offset_us,
        "clock_uncertainty_s": clock.uncertainty_s if clock else declared.clock_uncertainty_s,
        "all_hits_of": None,
        "digest_key_sha256": None,
        "trusted_hops": 0,
        "without_reports": sorted(without),
    }
    if context.options.original is not None:
        options["original"] = context.options.original.sha256
    # The newest declaration, also one that lets the source's clock hold again.
    exhibit_clock = context.scan.clocks.get(exhibit_id)
    return options | ({"exhibit_clock": exhibit_clock.declaration_id} if exhibit_clock is not None else {})


def run_id_of(exhibit_id: str, options: Mapping[str, Any], version: str = sightline.__version__) -> str:
    """Return the id of a run, by the rule of ADR 1."""
    content = {"exhibit": exhibit_id, "lists": [], "format": FORMAT_ID, "options": options, "version": version}
    return hashlib.sha256(encode_canonical(content).encode()).hexdigest()


def build_run_account(tip: ReadTip) -> dict[str, Any]:
    """Return the counts: `frames = records + comments + sum(rejects)`, and what was left out of the records."""
    counts, read_rows = tip.account, tip.rows
    return {
        "frames": counts.frames,
        "records": counts.records,
        "comments": counts.comments,
        "hit_records": len(read_rows.table),
        "hits": len(read_rows.table),
        "unmatched": counts.records - len(read_rows.table),
        "outside_window": 0,
        "rejects": dict(counts.rejects),
        "grew": False,
        "sketch": {},
        "others": {party.value: count for party, count in sorted(read_rows.others.items())},
    }


def build_manifest(
    new: NewRun,
    segments: Sequence[SealedSegment],
    context: ImportContext,
    officer_id: str,
    begun: datetime,
    ended: datetime,
) -> dict[str, Any]:
    """Return the manifest of a run, with the same members as that of a scan (ADR 14). It has no list."""
    reports = new.rows["indicator"].unique().sort().to_list()
    return {
        "v": 1,
        "run": new.run_id,
        "exhibit": {"sha256": new.exhibit_id, "size_bytes": new.size_bytes},
        "authority": context.scan.authority.authority_id,
        "source": context.source.source_id,
        "officer": officer_id,
        "begun": format_time(begun),
        "ended": format_time(ended),
        "use": context.source.use.value,
        "lists": [],
        "format": {"name": new.format, "format_id": FORMAT_ID, "why": new.why}
        | {"zone": "declared", "times": UNKNOWN.to_tree()},
        "options": new.options,
        "clock_measured": context.declared.clock_measured,
        "account": new.account,
        "segments": [{"segment_id": segment.segment_id, "rows": segment.rows} for segment in segments],
        "reports": reports if len(reports) <= LISTED_REPORTS else None,
        "versions": {**list_versions(engine.choose_engine()[0]), "sightline": new.version},
        "machine": engine.describe_machine(),
    }


def find_list_use(context: ImportContext) -> ListUse:
    """Return the use of the rows: that of their source."""
    return context.source.use
