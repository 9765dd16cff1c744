"""The task of a cluster's worker in a verification: hash files. It never learns which digests are expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sightline.errors import SightlineError, StoreUnreachable
from sightline.file_digests import compute_sha256
from sightline.services.cluster.exhibit_places import describe_place, find_exhibit
from sightline.services.cluster.exhibit_task import TaskPlace, TaskResult, carry_out_task, identify_build


def build_digest_task(paths: Sequence[Path]) -> str:
    """Return the text of a task for these files."""
    return json.dumps({"build": identify_build(), "files": [describe_place(path) for path in paths]})


def hash_files(task: str) -> str:
    """Carry out a task, and return its result. Every failure is a result too."""
    return carry_out_task(task, _hash)


def _hash(content: Mapping[str, Any], place: TaskPlace) -> TaskResult:
    paths = (*place.read, *place.write)
    with ThreadPoolExecutor(place.cores) as pool:
        return TaskResult(place.name, digests=list(pool.map(lambda one: _compute_digest(one, paths), content["files"])))


def _compute_digest(one: Mapping[str, Any], paths: Sequence[Path]) -> str | None:
    """Return the SHA-256 of a file, or None if this worker cannot read it: the coordinator then reads it itself."""
    try:
        return compute_sha256(find_exhibit(one, paths))
    except StoreUnreachable:
        raise
    except (SightlineError, OSError):
        return None
