"""Replies of licensees as the frames of `stages/resolve/model.py` (docs/reference/replies.md)."""

from __future__ import annotations

from sightline.stages.resolve.reading.opening import Opened, opened

__all__ = ["Opened", "opened"]
