"""The data sets that a rebuild does not let speak for a provider: as they are measured now."""

from __future__ import annotations

import json

from sightline.engines.measuring.places import measured
from sightline.record.store.rows import Generation
from sightline.record.workspace import Workspace
from sightline.stages.enrich.muting import LEVELS, Mute
from sightline.stages.measure.places import mutes


def mutes_now(workspace: Workspace) -> tuple[Mute, ...]:
    """What is measured wrong, in order; where it cannot be measured now, what the newest generation went by."""
    found = measured(workspace)
    return mutes_of_current(workspace) if found is None else mutes(found)


def mutes_of_current(workspace: Workspace) -> tuple[Mute, ...]:
    """What the newest generation went by."""
    with workspace.reading() as shelves:
        newest = shelves[Generation].last("number")
    said = json.loads(newest.inputs_json).get("mutes", []) if newest else []
    return tuple(Mute(name, isp, level) for name, isp, level in said if level in LEVELS)
