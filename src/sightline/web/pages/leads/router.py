"""The room itself."""

from sightline.web.page_router import Room

room = Room("leads")
