"""The room itself."""

from sightline.web.room import Room

room = Room("leads")
