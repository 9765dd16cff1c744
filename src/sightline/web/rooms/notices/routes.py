"""Notices: pages in modules by what they are about, all declared on one room; fixed addresses before those with ids."""

from __future__ import annotations

from sightline.web.rooms.notices import drafts, licensees, resolutions, subscribers
from sightline.web.rooms.notices.front import room

# `/notices/{notice_id}` takes what no other page is.
from sightline.web.rooms.notices import one, replies  # isort: skip

__all__ = ["drafts", "licensees", "one", "replies", "resolutions", "room", "subscribers"]
