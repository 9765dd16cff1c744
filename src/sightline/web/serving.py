"""The server of a room. Asked to end, it ends what would go on for ever first: whoever looks on is no fault."""

from __future__ import annotations

from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from sightline.errors import UsageError


class _Server(uvicorn.Server):
    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell the pages that go on by themselves that it is over, and end."""
        self._app.state.over.set()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, **options: Any) -> None:  # noqa: ANN401  - uvicorn's own
    """Serve an application until it is interrupted; `options` are uvicorn's. Raises UsageError if it cannot begin."""
    server = _Server(app, uvicorn.Config(app, **options))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise UsageError("the room could not be opened", hint="the lines above say why")
