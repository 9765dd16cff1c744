"""Home: what came in, what is urgent, what waits, and where leads are."""

from __future__ import annotations

from sightline.casework.access import Action
from sightline.record.ledger.verbs import Seen
from sightline.web.answers import Page
from sightline.web.room import Room
from sightline.web.visit import Visit

room = Room("home")


@room.page("/", Action.ROOM_USE, Seen.VIEW_ROOM, "room:home")
def home(visit: Visit) -> Page:  # noqa: ARG001
    """The page that an officer begins a day with."""
    return Page("home.html", {})
