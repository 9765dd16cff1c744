"""Administration: its pages are in modules by what they are about; all are declared on one room."""

from __future__ import annotations

from sightline.web.pages.administration import account, officers, sessions, system
from sightline.web.pages.administration.index import router

__all__ = ["account", "officers", "router", "sessions", "system"]
