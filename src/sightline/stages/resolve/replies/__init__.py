"""Replies of licensees as the frames of `stages/resolve/model.py` (docs/reference/replies.md)."""

from __future__ import annotations

from sightline.stages.resolve.replies.opened_reply import Opened, opened

__all__ = ["Opened", "opened"]
