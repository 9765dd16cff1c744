"""Scan exhibits with the kernel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import Interrupted
from sightline.model import RejectCode
from sightline.stages.scan.engine_output import ExhibitScan, ScanCounts
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.kernel.errors import map_kernel_errors
from sightline.stages.scan.kernel.exhibits import choose_place, convert_limits, raise_remote_failures
from sightline.stages.scan.kernel.programs import compile_program, format_options_json
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.results import ScanInput
from sightline.stages.scan.segments import SealedSegment

if TYPE_CHECKING:
    from sightline import _kernel

POLL_S = 0.05


def scan(
    inputs: Sequence[ScanInput],
    lists: Sequence[OpenList[_kernel.List]],
    options: ReadOptions,
    settings: EngineSettings,
) -> tuple[list[ExhibitScan], bytes | None]:
    """Scan exhibits in order and return each result, with the Arrow IPC stream of hits if they go to memory.

    Raises DamagedInput for an unreadable input, OutputUnwritable, and Interrupted; the caller removes what was written
    until then.
    """
    accounts, memory = run_scan(inputs, lists, options, settings)
    return [build_scanned(account) for account in accounts], memory


def run_scan(
    inputs: Sequence[ScanInput],
    lists: Sequence[OpenList[_kernel.List]],
    options: ReadOptions,
    settings: EngineSettings,
    part: tuple[int, int] | None = None,
) -> tuple[list[dict[str, object]], bytes | None]:
    """Run a scan and return the kernel's accounts. `part`: the range of an archive whose members are read."""
    from sightline import _kernel  # noqa: PLC0415

    segment_limits = settings.segment_limits
    stdin_head = next((entry.head for entry in inputs if entry.path is None), b"")
    places = [choose_place(entry.path) for entry in inputs]
    for place in places:
        if place is not None and not isinstance(place, Path):
            place.prefetch()
    with map_kernel_errors({"hits": settings.hits[1], "rejects": settings.rejects}), raise_remote_failures(*places):
        running = _kernel.Scan(
            [(place, compile_program(entry.program)) for place, entry in zip(places, inputs, strict=True)],
            stdin_head,
            format_options_json(options),
            convert_limits(settings.limits),
            [
                (
                    open_list.matchable,
                    _get_issuer(open_list),
                    open_list.signature.category if open_list.signature else None,
                )
                for open_list in lists
            ],
            settings.all_hits_of,
            settings.digest_key,
            settings.hits,
            settings.rejects,
            settings.threads,
            settings.row_keys,
            (segment_limits.rows, segment_limits.text_bytes, segment_limits.group_rows),
            [entry.first_day for entry in inputs],
            [(entry.members.uses, entry.members.first_days) if entry.members else None for entry in inputs],
            *([] if part is None else [part]),
        )
        _wait(running, settings.watch)
        accounts, memory = running.result()
    return json.loads(accounts), memory


def _wait(running: _kernel.Scan, watch: ScanCounts) -> None:
    try:
        while not running.wait(POLL_S):
            watch(*running.progress())
    except KeyboardInterrupt:
        running.stop()
        while not running.wait(POLL_S):
            pass
        raise Interrupted("interrupted; no output was left") from None


def build_scanned(account: dict[str, object]) -> ExhibitScan:
    """Return an account of the kernel. What only parts have stays in it."""
    rejects = {RejectCode(code): count for code, count in account.pop("rejects")}  # type: ignore[attr-defined]
    frames_by_code = account.pop("examples")
    examples = {RejectCode(code): tuple(frames) for code, frames in frames_by_code}  # type: ignore[attr-defined]
    segments = tuple(SealedSegment(**segment) for segment in account.pop("segments"))  # type: ignore[attr-defined]
    counts = {name: value for name, value in account.items() if name != "part"}
    return ExhibitScan(rejects=rejects, examples=examples, segments=segments, **counts)  # type: ignore[arg-type]


def _get_issuer(open_list: OpenList[_kernel.List]) -> str | None:
    return open_list.signature.issuer if open_list.signature else None
