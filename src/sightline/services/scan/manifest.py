"""Compute a run's id and its manifest: every input that determined the result, and every output."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import sightline
from sightline.casework.cases.cases import get_zone_basis
from sightline.casework.cases.declarations import ExhibitClock, SourceProxies, SourceTimes
from sightline.ledger.append import encode_canonical
from sightline.ledger.canonical import format_time
from sightline.model import ListUse
from sightline.model.times import Times
from sightline.services.match.engine import describe_machine
from sightline.services.match.inputs import ChosenExhibit
from sightline.services.match.pipeline import CheckedInputs
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import ReadOptions
from sightline.storage.rows import Source
from sightline.workspace.run_members import OPTION

LIBRARIES = ("polars", "sqlalchemy", "cryptography", "publicsuffixlist", "idna")


@dataclass(frozen=True, slots=True)
class ExhibitReading:
    """One way to read exhibits: lists, the use of their hits, and options.

    `clock`: how the clock of the one exhibit that is read so was compared. None if it is as the source declares.
    """

    lists: tuple[OpenList[Any], ...]
    use: ListUse
    options: Mapping[str, object]
    clock: ExhibitClock | None = None

    def with_clock(self, clock: ExhibitClock) -> ExhibitReading:
        """Return this reading with the clock offset of one exhibit."""
        clock_options = {"exhibit_clock": clock.declaration_id, **_build_clock_options(clock)}
        return replace(self, options={**self.options, **clock_options}, clock=clock)

    def read_options(self, declared: ReadOptions, times: Times) -> ReadOptions:
        """Return the kernel's options: the exhibit's clock, and how long a visit may last beside its time."""
        before_us, after_us = get_margins_us(times)
        clock_options = _build_clock_options(self.clock) if self.clock is not None else {}
        return replace(declared, before_us=before_us, after_us=after_us, **clock_options)  # type: ignore[arg-type]


def _build_clock_options(clock: ExhibitClock) -> dict[str, object]:
    """Return the options of a clock, or none if it is as the source declares."""
    if not clock.compared:
        return {}
    return {
        "clock_offset_us": clock.offset_us,
        "clock_drift": clock.drift,
        "clock_uncertainty_s": clock.uncertainty_s,
    }


def get_margins_us(times: Times) -> tuple[int, int]:
    """Return how long before and after its recorded time a visit can be, by its format. A list must cover all of it."""
    return times.look_back_us, times.coarsest_us


LATER = frozenset({"clock_drift", "before_us", "after_us", "trusted_proxies"})
"""Options that a manifest has only if they are used."""


def build_options(
    ready: CheckedInputs,
    declared: Source,
    all_hits_of: str | None,
    proxies: SourceProxies | None = None,
    times: SourceTimes | None = None,
) -> dict[str, object]:
    """Return all options of a scan that the run's id covers. What the zone rests on is one of them.

    Declarations of the source's proxies and times count even if the scan was given other proxies: a later declaration
    makes the run no longer current.
    """
    options = asdict(ready.options)
    # An option that a scan does not use is left out, as before it existed. The format says how long visits last.
    options = {name: value for name, value in options.items() if value or name not in LATER}
    options["timezone"] = declared.timezone
    options["timezone_basis"] = get_zone_basis(declared) if declared.timezone else None
    if proxies is not None:
        options["proxies_declared"] = proxies.declaration_id
    if times is not None:
        options["times_declared"] = times.declaration_id
    key = ready.digest_key
    return {
        **options,
        "limits": asdict(ready.limits),
        "all_hits_of": all_hits_of,
        "digest_key_sha256": None if key is None else hashlib.sha256(key).hexdigest(),
    }


def run_id(exhibit_id: str, chosen_exhibit: ChosenExhibit, reading: ExhibitReading) -> str:
    """Return the id of a run (ADR 1)."""
    content = {
        "exhibit": exhibit_id,
        "lists": [open_list.list_id for open_list in reading.lists],
        "format": chosen_exhibit.format.program.id,
        "options": _build_options(chosen_exhibit, reading),
        "version": sightline.__version__,
    }
    return hashlib.sha256(encode_canonical(content).encode()).hexdigest()


def _build_options(chosen_exhibit: ChosenExhibit, reading: ExhibitReading) -> Mapping[str, object]:
    """Return the options of a run: with the members that it reads, if it does not read all of an archive."""
    plan = chosen_exhibit.scan.members
    return reading.options if plan is None or not plan.is_part else {**reading.options, OPTION: plan.format_places()}


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """The time, officer and authority of a run."""

    officer_id: str
    authority_id: str
    source_id: str
    clock_measured: str
    begun: datetime
    ended: datetime


def build_run_account(scanned: ExhibitScan) -> dict[str, object]:
    """Return the counts of a scanned exhibit: `frames = records + comments + sum(rejects)`."""
    return {
        "frames": scanned.frames,
        "records": scanned.records,
        "comments": scanned.comments,
        "hit_records": scanned.hit_records,
        "hits": scanned.hits,
        "unmatched": scanned.unmatched,
        "outside_window": scanned.outside_window,
        "rejects": {code.value: count for code, count in scanned.rejects.items()},
        "grew": scanned.grew,
        "sketch": dict(scanned.sketch),
    }


def build_manifest(
    run: str,
    chosen_exhibit: ChosenExhibit,
    reading: ExhibitReading,
    scanned: ExhibitScan,
    run_origin: RunOrigin,
    engine: str,
) -> dict[str, Any]:
    """Return the run manifest: versions, lists, program, all options, machine, counts and segments.

    The machine is this one. A cluster's is the worker's (`services/scan/cluster_reader.py`).
    """
    segments = [{"segment_id": segment.segment_id, "rows": segment.rows} for segment in scanned.segments]
    return {
        "v": 1,
        "run": run,
        "exhibit": {"sha256": scanned.sha256, "size_bytes": scanned.size_bytes},
        "authority": run_origin.authority_id,
        "source": run_origin.source_id,
        "officer": run_origin.officer_id,
        "begun": format_time(run_origin.begun),
        "ended": format_time(run_origin.ended),
        "use": reading.use.value,
        "lists": [_describe_list(open_list) for open_list in reading.lists],
        "format": {
            "name": chosen_exhibit.format.name,
            "format_id": chosen_exhibit.format.program.id,
            "why": chosen_exhibit.reason,
        }
        | {"zone": chosen_exhibit.format.program.zone.value, "times": chosen_exhibit.format.times.to_tree()},
        "options": _build_options(chosen_exhibit, reading),
        "clock_measured": run_origin.clock_measured,
        "account": build_run_account(scanned),
        "segments": segments,
        "versions": list_versions(engine),
        "machine": describe_machine(),
    }


def _describe_list(open_list: OpenList[Any]) -> dict[str, object]:
    signature = open_list.signature
    assert signature is not None
    return {
        "list_id": open_list.list_id,
        "issuer": signature.issuer,
        "origin": signature.origin,
        "version": signature.version,
        "category": signature.category,
        "use": signature.use.value,
        "key_id": signature.key_id,
        "original_sha256": signature.original_sha256,
        "indicators": open_list.indicators,
        "rejects": open_list.rejects,
        "minisig": signature.minisig,
    }


@cache
def list_versions(engine: str) -> Mapping[str, str]:
    """Return the versions of Sightline, its kernel (by digest), Python and the libraries."""
    version_of = {"sightline": sightline.__version__, "engine": engine, "python": platform.python_version()}
    if engine == "kernel":
        version_of["kernel_sha256"] = kernel.compute_kernel_digest()
    for name in LIBRARIES:
        try:
            version_of[name] = version(name)
        except PackageNotFoundError:
            version_of[name] = "unknown"
    return version_of
