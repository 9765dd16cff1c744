"""Routes of administration. Its pages are in modules by topic and share one router."""

from __future__ import annotations

from sightline.web.pages.administration import (
    account,
    backup_recipients,
    datasets,
    notifications,
    officers,
    retention,
    sessions,
    system,
    terminal,
)
from sightline.web.pages.administration.router import router

__all__ = [
    "account",
    "backup_recipients",
    "datasets",
    "notifications",
    "officers",
    "retention",
    "router",
    "sessions",
    "system",
    "terminal",
]
