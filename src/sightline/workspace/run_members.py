"""The members of an archive that a run read, if it read only those in its format."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sightline.storage.rows import Run

OPTION = "members"
"""The option of a run that names the members, counted from 1: `1-3,5`. A run of a whole exhibit has none."""


def read_members_of_run(run: Run) -> str | None:
    """Return which members a run read, or None if it read the whole exhibit."""
    if f'"{OPTION}"' not in run.manifest_json:
        return None
    result = json.loads(run.manifest_json)["options"].get(OPTION)
    return None if result is None else str(result)


def do_overlap(one: str | None, other: str | None) -> bool:
    """Return whether two runs of an exhibit read a member in common. Only then one can replace the other."""
    if one is None or other is None or one == other:
        return True
    mine, theirs = list(_parse_ranges(one)), list(_parse_ranges(other))
    return any(
        first <= last_other and first_other <= last for first, last in mine for first_other, last_other in theirs
    )


def _parse_ranges(places: str) -> Iterator[tuple[int, int]]:
    for part in places.split(",") if places else ():
        first, _, last = part.partition("-")
        yield int(first), int(last or first)
