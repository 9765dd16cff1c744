"""Routes of notices. Pages are in modules by topic and share one router; fixed paths come before those with ids."""

from __future__ import annotations

from sightline.web.pages.notices import drafts, letter, licensees, notice_batches, resolutions, subscribers
from sightline.web.pages.notices.router import router

# `/notices/{notice_id}` takes what no other page is.
from sightline.web.pages.notices import detail, replies, urgent  # isort: skip

__all__ = [
    "detail",
    "drafts",
    "letter",
    "licensees",
    "notice_batches",
    "replies",
    "resolutions",
    "router",
    "subscribers",
    "urgent",
]
