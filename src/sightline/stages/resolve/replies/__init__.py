"""Read licensees' replies into the frames of `stages/resolve/model.py` (docs/reference/replies.md)."""

from __future__ import annotations

from sightline.stages.resolve.replies.opened_reply import OpenedReply, open_reply

__all__ = ["OpenedReply", "open_reply"]
