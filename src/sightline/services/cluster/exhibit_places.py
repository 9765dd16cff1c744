"""The places of a task's exhibits: a file in a folder of the worker, or one version of an object of its buckets."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import NotAllowed
from sightline.model.remote_path import RemotePath, is_remote

HINT = "start it with --read and --write for the folders of the scan"


def describe_place(path: Path) -> dict[str, Any]:
    """Return a place as plain data: of an object, the version too that the coordinator saw."""
    if isinstance(path, RemotePath):
        from sightline.storage.object_path import ObjectPath  # noqa: PLC0415  - few use a store

        assert isinstance(path, ObjectPath)
        return {"path": path.url, "pin": path.pin.to_tree()}
    return {"path": os.path.abspath(path)}  # noqa: PTH100  - a link stays a link


def find_exhibit(one: Mapping[str, Any], paths: Sequence[Path]) -> Path:
    """Return the exhibit of a task. Raises NotAllowed if it is in none of the places that a worker was given.

    The credentials and the region of an object are the worker's own.
    """
    if not is_remote(one["path"]):
        require_within(one["path"], paths, "read")
        return Path(one["path"])
    from sightline.storage.object_path import ObjectPath, Pin, parse_object_path  # noqa: PLC0415  - few use a store

    wanted = parse_object_path(one["path"])
    for place in paths:
        if isinstance(place, ObjectPath) and place.holds(wanted):
            return ObjectPath(place.where, wanted.key, Pin(**one["pin"]))
    raise NotAllowed(f"it may not read {one['path']}", hint=f"{HINT}: --read s3://BUCKET/PREFIX?endpoint=URL")


def require_within(path: str, within: Sequence[Path], what: str) -> Path:
    """Return a path. Raises NotAllowed if it leads out of these folders."""
    result = Path(path).resolve()
    folders = [each for each in within if not isinstance(each, RemotePath)]
    if not any(result.is_relative_to(folder.resolve()) for folder in folders):
        raise NotAllowed(f"it may not {what} {path}", hint=HINT)
    return result
