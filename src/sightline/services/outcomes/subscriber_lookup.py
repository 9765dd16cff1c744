"""Find a subscriber by id among those that resolutions have named."""

from __future__ import annotations

from sightline.errors import UsageError
from sightline.services.artifacts.registered_tables import read_registered
from sightline.storage.rows import Resolving
from sightline.workspace.workspace import Workspace

LEAST = 4


def find_subscriber(workspace: Workspace, text: str) -> str:
    """Return the subscriber with that id or short id, by the newest resolution that named it. Raises UsageError."""
    if len(text) < LEAST or not set(text) <= set("0123456789abcdef"):
        raise UsageError(
            f"{text!r} is not an id of a subscriber", hint="give 4 digits or more of it: sightline resolve"
        )
    with workspace.read() as tables:
        newest_first = sorted(tables[Resolving].select(), key=lambda one: -one.number)
    for resolution in newest_first:
        ids = read_registered(workspace, resolution, "subscribers", ["subscriber"])["subscriber"]
        values = ids.filter(ids.str.starts_with(text) | ids.str.ends_with(text)).unique()
        if len(values) == 1:
            return str(values[0])
        if len(values) > 1:
            raise UsageError(f"several subscribers have the short id {text}", hint="give more digits of the id")
    raise UsageError(f"no reply named a subscriber of the id {text}", hint="sightline resolve shows them")
