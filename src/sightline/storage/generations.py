"""Generations of leads: the files of each, and the generations that depend on purged runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder

from sightline.storage.rows import Generation, Run
from sightline.storage.table import Tables

DATASETS = '{"datasets":'
"""Begins the text of inputs: its keys are sorted."""


@dataclass(frozen=True, slots=True)
class GenerationFile:
    """A file of a generation: its name in the segment store and its registered size and digest."""

    file: str
    sha256: str
    size_bytes: int


def list_generation_files(generation: Generation) -> list[GenerationFile]:
    """Return the files that a generation registers, by name."""
    return _read_files(generation.files_json)


def _read_files(files_json: str) -> list[GenerationFile]:
    files = json.loads(files_json)
    return [GenerationFile(str(file["file"]), str(file["sha256"]), int(file["size_bytes"])) for file in files]


def list_current_files(tables: Tables) -> Iterator[GenerationFile]:
    """Yield the files of all generations that depend on nothing purged."""
    for _, file in list_numbered_files(tables):
        yield file


def list_numbered_files(tables: Tables) -> Iterator[tuple[int, GenerationFile]]:
    """Yield the files of all generations that depend on nothing purged, each with the number of its generation."""
    if not list_purged_runs(tables):
        # The runs of thousands of generations need not be put together.
        rows = tables[Generation]
        for number, files_json in zip(rows.list_values("number"), rows.list_values("files_json"), strict=True):
            yield from ((number, file) for file in _read_files(files_json))
        return
    for generation in list_current(tables):
        yield from ((generation.number, file) for file in list_generation_files(generation))


def list_current(tables: Tables) -> list[Generation]:
    """Return the generations that depend on nothing purged, by number. Of the others only the row remains."""
    gone = list_purged_runs(tables)
    return [generation for generation in tables[Generation].read_each() if not list_generation_runs(generation) & gone]


def list_newest_current(tables: Tables, number: int) -> Iterator[Generation]:
    """Yield the generations up to a number that depend on nothing purged, the newest first, one at a time in memory.

    A live feed makes thousands, and each states its runs: nobody needs all of them.
    """
    gone = list_purged_runs(tables)
    for each in range(number, 0, -1):
        generation = tables[Generation].get(each)
        if generation is not None and not (gone and list_generation_runs(generation) & gone):
            yield generation


def list_purged(tables: Tables) -> list[Generation]:
    """Return the generations that depend on purged runs, by number.

    Their files hold purged leads, so they are removed too.
    """
    return list_dependent(tables, list_purged_runs(tables))


def list_dependent(tables: Tables, runs: set[str]) -> list[Generation]:
    """Return the generations that depend on any of these runs, by number."""
    if not runs:
        return []
    return [generation for generation in tables[Generation].read_each() if list_generation_runs(generation) & runs]


def list_purged_runs(tables: Tables) -> set[str]:
    """Return the ids of purged runs."""
    return set(tables[Run].list_values("run_id", tables[Run].get_column("row_key").is_(None)))


def is_of_purged_runs(tables: Tables, generation: Generation) -> bool:
    """Return whether a generation depends on a purged run. If none was purged, its runs are not looked at."""
    gone = list_purged_runs(tables)
    return bool(gone) and not gone.isdisjoint(list_generation_runs(generation))


def list_generation_runs(generation: Generation) -> set[str]:
    """Return the ids of the runs that a generation depends on."""
    return {str(run_id) for run_id, _ in json.loads(generation.inputs_json)["runs"]}


def list_generation_datasets(generation: Generation) -> list[str]:
    """Return the ids of the data sets that a generation depends on, in order, without reading its thousands of runs."""
    text = generation.inputs_json
    if text.startswith(DATASETS):
        return list(map(str, JSONDecoder().raw_decode(text, len(DATASETS))[0]))
    return list(map(str, json.loads(text)["datasets"]))


def read_stored_inputs(tables: Tables, number: int) -> str:
    """Return the text of a generation's inputs as it is stored: perhaps a difference (`generation_inputs`)."""
    return str(tables[Generation].list_values("inputs_json", tables[Generation].get_column("number") == number)[0])
