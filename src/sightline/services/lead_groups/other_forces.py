"""The other forces that have a lead too, as comparisons found them: by its ids, and by the subscribers in replies."""

from __future__ import annotations

import polars as pl

from sightline.casework.forces.force_matches import OtherForce, list_matches
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.lead_files import Leads
from sightline.services.outcomes.outcomes import find_current_ids
from sightline.storage.rows import Resolving
from sightline.workspace.workspace import Workspace


def find_other_forces(workspace: Workspace, leads: Leads) -> dict[str, set[OtherForce]]:
    """Return the forces that have each lead, by its id now. Names that were recalled since join nothing."""
    with workspace.read() as tables:
        matches = list_matches(tables)
    if not matches:
        return {}
    now = find_current_ids(leads, matches)
    result: dict[str, set[OtherForce]] = {}
    for one, forces in matches.items():
        result.setdefault(now[one], set()).update(forces)
    for lead_id, subscriber in list_named_subscribers(workspace, leads).iter_rows():
        if subscriber in matches:
            result.setdefault(lead_id, set()).update(matches[subscriber])
    return result


def list_forces_of_lead(workspace: Workspace, leads: Leads, lead_id: str) -> tuple[OtherForce, ...]:
    """Return the forces that have one lead, in order."""
    return tuple(sorted(find_other_forces(workspace, leads).get(lead_id, ())))


def list_named_subscribers(workspace: Workspace, leads: Leads) -> pl.DataFrame:
    """Return `lead_id subscriber` of leads for which replies name one, by their ids now. Recalled names are none."""
    schema = {"lead_id": pl.String(), "subscriber": pl.String()}
    with workspace.read() as tables:
        newest = tables[Resolving].find_last("number")
    if newest is None:
        return pl.DataFrame(schema=schema)
    whole = resolution_files.read_subscribers(workspace, newest).select("subscriber", "leads")
    rows = whole.explode("leads", empty_as_null=False).drop_nulls()
    now = find_current_ids(leads, rows["leads"].to_list())
    ids = [now.get(row, row) for row in rows["leads"]]
    return pl.DataFrame({"lead_id": ids, "subscriber": rows["subscriber"].cast(pl.String)}, schema=schema)
