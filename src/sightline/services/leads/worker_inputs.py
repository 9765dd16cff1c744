"""The inputs from which a cluster's workers make leads: files of the staging folder that the scheduler never sees.

No key is in them, and of a run only what its hits are read by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import DamagedInput, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.model import DatasetKind, ListUse, SourceKind
from sightline.model.times import parse_times
from sightline.services.cluster.exhibit_places import require_within
from sightline.services.sessions.current_runs import CurrentRun, ZoneProof
from sightline.services.sessions.hit_examination import ReadContext
from sightline.services.sessions.row_groups import Division
from sightline.services.sessions.segment_cache import SegmentFile
from sightline.stages.enrich.model import DataSet
from sightline.stages.enrich.weights import Weights
from sightline.storage.rows import Run, Source

INPUTS = "inputs.json"
FRAMES = ("places", "bounds", "groups", "limits")


@dataclass(frozen=True, slots=True)
class PartInputs:
    """Everything that parts of a generation are made of. `read_context` reads hits, `places` names exhibits."""

    segments: Sequence[SegmentFile]
    read_context: ReadContext
    places: pl.DataFrame
    division: Division
    is_exercise: bool
    weights: Weights


def write_inputs(inputs: PartInputs, folder: Path) -> str:
    """Write inputs into a folder, and return the SHA-256 of the file that names the others."""
    read_context, division = inputs.read_context, inputs.division
    frames = (inputs.places, division.bounds, division.groups, read_context.limits)
    content = {
        "segments": [_build_segment_tree(segment_file) for segment_file in inputs.segments],
        "sets": [{**asdict(set_), "kind": set_.kind.value, "path": str(set_.path)} for set_ in read_context.sets],
        "seed": read_context.seed,
        "made_up": sorted(read_context.made_up),
        "moved_copies": sorted(read_context.moved_copies),
        "is_exercise": inputs.is_exercise,
        "weights": asdict(inputs.weights),
        "frames": {
            name: _write(one, folder / name) for name, one in zip(FRAMES, frames, strict=True) if one is not None
        },
    }
    text = json.dumps(content).encode()
    with name_output_on_error(folder / INPUTS):
        (folder / INPUTS).write_bytes(text)
    return hashlib.sha256(text).hexdigest()


@lru_cache(maxsize=2)
def read_inputs(folder: Path, sha256: str, paths: tuple[Path, ...]) -> PartInputs:
    """Return the inputs in a folder. Raises DamagedInput for others, and NotAllowed for a file outside of `paths`."""
    text = (folder / INPUTS).read_bytes()
    if hashlib.sha256(text).hexdigest() != sha256:
        raise DamagedInput(f"{folder / INPUTS} is not what the coordinator wrote", hint="run it again")
    content = json.loads(text)
    for file in (*content["segments"], *content["sets"]):
        require_within(file["path"], paths, "read")
    frames = {name: _read(folder / name, digest) for name, digest in content["frames"].items()}
    places = frames["places"]
    read_context = ReadContext(
        places.select(pl.col("exhibit").alias("exhibit_id"), "member", pl.col("ordinal").alias("exhibit")),
        [
            DataSet(**{**set_, "kind": DatasetKind(set_["kind"]), "path": Path(set_["path"])})
            for set_ in content["sets"]
        ],
        content["seed"],
        frozenset(content["made_up"]),
        frames.get("limits"),
        moved_copies=frozenset(content["moved_copies"]),
    )
    return PartInputs(
        [_build_segment(segment) for segment in content["segments"]],
        read_context,
        places,
        Division(frames["bounds"], frames["groups"]),
        content["is_exercise"],
        Weights(**{name: _to_tuples(some) for name, some in content["weights"].items()}),
    )


def reset_hit_count(inputs: PartInputs) -> PartInputs:
    """Return the inputs with a count of hits without an address that begins at 0."""
    return replace(inputs, read_context=replace(inputs.read_context, without_address=0))


def _write(frame: pl.DataFrame, path: Path) -> str:
    with name_output_on_error(path):
        frame.write_ipc(path)
    return compute_sha256(path)


def _read(path: Path, sha256: str) -> pl.DataFrame:
    if compute_sha256(path) != sha256:
        raise DamagedInput(f"{path} is not what the coordinator wrote", hint="run it again")
    return pl.read_ipc(path)


def _build_segment_tree(segment_file: SegmentFile) -> dict[str, Any]:
    current_run = segment_file.current_run
    return {
        "path": str(segment_file.path.absolute()),
        "rows": segment_file.rows,
        "source": segment_file.source,
        "number": segment_file.number,
        "run": current_run.run.run_id,
        "exhibit": current_run.run.exhibit_id,
        "format": current_run.run.format,
        "lists": current_run.lists,
        "zone": current_run.zone.value,
        "is_clock_backwards": current_run.is_clock_backwards,
        "may_hold_headers": current_run.may_hold_headers,
        "times": current_run.times.to_tree(),
        "clock_offset_us": current_run.clock_offset_us,
    }


def _build_segment(one: Mapping[str, Any]) -> SegmentFile:
    lists = None if one["lists"] is None else _to_tuples(one["lists"])
    current_run = CurrentRun(
        _run_of(one),
        (),
        _NO_SOURCE,
        lists,
        ZoneProof(one["zone"]),
        one["is_clock_backwards"],
        one["may_hold_headers"],
        parse_times(one["times"]),
        one["clock_offset_us"],
    )
    return SegmentFile(current_run, str(one["path"]), one["rows"], one["source"], one["number"])


_NO_SOURCE = Source("", SourceKind.PROXY, "", ListUse.LEADS, None, 0, 0, "", 0, None, "", 0, "")


def _run_of(one: Mapping[str, Any]) -> Run:
    """Return a run of which nothing else is known here: no key, no officer, no authority."""
    return Run(one["run"], "", one["exhibit"], "", "", one["format"], "", ListUse.LEADS, 0, "", "", 0, "", "", None)


def _to_tuples(some: Any) -> Any:  # noqa: ANN401  - what JSON holds
    return tuple(map(_to_tuples, some)) if isinstance(some, list) else some
