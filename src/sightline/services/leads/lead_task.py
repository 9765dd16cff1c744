"""The task of a cluster's worker in a rebuild: make the leads of some parts, or join sessions that were set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.services.cluster.exhibit_places import require_within
from sightline.services.cluster.exhibit_task import TaskPlace, TaskResult, carry_out_task, run_task_in_folder
from sightline.services.leads import part_files
from sightline.services.leads.join_spill import join_sessions_of
from sightline.services.leads.part_files import PartCounts
from sightline.services.leads.worker_inputs import read_inputs, reset_hit_count
from sightline.services.sessions.segment_reader import read_parts
from sightline.services.sessions.sessionise import make_sessions


def make_leads(task: str) -> str:
    """Carry out a task of a rebuild, and return its result. Every failure is a result too."""
    return carry_out_task(task, _make)


def _make(content: Mapping[str, Any], place: TaskPlace) -> TaskResult:
    staging = require_within(content["staging"], place.write, "write to")
    paths = (*place.read, *place.write)
    if "join" in content:
        session_files = [_check_file(file, paths) for file in content["waiting"]]
        group = _check_file(content["join"], paths)
        return run_task_in_folder(place, staging, partial(_join_group, session_files, group))
    first, end = content["parts"]
    return run_task_in_folder(
        place, staging, partial(_make_parts, staging, content["inputs"], paths, range(first, end))
    )


def _check_file(one: Mapping[str, str], paths: Sequence[Path]) -> Path:
    path = require_within(one["file"], paths, "read")
    if compute_sha256(path) != one["sha256"]:
        raise DamagedInput(f"{path} is not what was written", hint="run it again")
    return path


def _make_parts(staging: Path, sha256: str, paths: tuple[Path, ...], parts: range, folder: Path) -> dict[str, Any]:
    """Return what was made of each part that has hits: its files, and the counts of its leads."""
    inputs = reset_hit_count(read_inputs(staging, sha256, paths))
    made: list[dict[str, Any]] = []
    for _, hits in read_parts(inputs.segments, inputs.read_context, inputs.division, parts, lambda _: None):
        rows = make_sessions(
            hits, inputs.read_context.sets, inputs.places, exercise=inputs.is_exercise, weights=inputs.weights
        )
        account, number = PartCounts(), len(made)
        leads, joinable = part_files.divide_leads(rows)
        made.append(
            {
                "hits": len(hits),
                "leads": _describe_file(account.keep(leads, folder / f"leads-{number:06}.parquet")),
                "waiting": _describe_file(part_files.write_waiting(joinable, folder / f"waiting-{number:06}.parquet")),
                "sessions": len(joinable),
                "account": asdict(account),
            }
        )
    return {"parts": made, "without_address": inputs.read_context.without_address}


def _join_group(session_files: Sequence[Path], group: Path, folder: Path) -> dict[str, Any]:
    """Return the files and the counts of the leads that sessions of one group file are joined to."""
    account = PartCounts()
    sessions = join_sessions_of(session_files, pl.read_ipc(group))
    if sessions is None:
        return {"leads": None, "beside": None, "account": asdict(account)}
    leads, beside = sessions
    return {
        "leads": _describe_file(account.keep(leads, folder / "leads.parquet")),
        "beside": _describe_file(part_files.write_beside(beside, folder / "sessions.parquet")),
        "account": asdict(account),
    }


def _describe_file(path: Path | None) -> dict[str, str] | None:
    return None if path is None else {"file": str(path), "sha256": compute_sha256(path)}
