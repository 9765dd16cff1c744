"""Generations of leads in the record: the files of each, and those that rest on what was purged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sightline.storage.rows import Generation, Run
from sightline.storage.table import Tables


@dataclass(frozen=True, slots=True)
class GenerationFile:
    """A file of a generation: its name in the segment store, and what was registered of its bytes."""

    file: str
    sha256: str
    size_bytes: int


def files_of(generation: Generation) -> list[GenerationFile]:
    """The files that a generation registers, by name."""
    told = json.loads(generation.files_json)
    return [GenerationFile(str(one["file"]), str(one["sha256"]), int(one["size_bytes"])) for one in told]


def standing_files(tables: Tables) -> Iterator[GenerationFile]:
    """Yield the files of all generations that rest on nothing purged."""
    for one in list_current(tables):
        yield from files_of(one)


def list_current(tables: Tables) -> list[Generation]:
    """The generations that rest on nothing purged, by number: of others only the row stays."""
    gone = purged_runs(tables)
    return [one for one in tables[Generation].each() if not runs_of(one) & gone]


def list_fallen(tables: Tables) -> list[Generation]:
    """The generations that rest on what was purged, by number: leads of it stand in their files, so these go too."""
    return resting_on(tables, purged_runs(tables))


def resting_on(tables: Tables, runs: set[str]) -> list[Generation]:
    """The generations that rest on any of these runs, by number."""
    return [one for one in tables[Generation].each() if runs_of(one) & runs]


def purged_runs(tables: Tables) -> set[str]:
    """The ids of runs that were purged."""
    return {run.run_id for run in tables[Run].each(tables[Run].column("row_key").is_(None))}


def runs_of(generation: Generation) -> set[str]:
    """The ids of the runs that a generation rests on."""
    return {str(run_id) for run_id, _ in json.loads(generation.inputs_json)["runs"]}
