"""How much one force, or one client, may ask: requests a minute, tries of tokens, bytes of a body."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an exchange."""

    per_minute: int = 120
    failed_per_minute: int = 10
    largest_bytes: int = 16 << 20


@dataclass(slots=True)
class Buckets:
    """A bucket for each key, which fills again over a minute; `monotonic` gives seconds that never go back."""

    per_minute: int
    monotonic: Callable[[], float]
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, key: str, *, takes: bool = True) -> float:
        """How long to wait before the next; 0 where there is room, which is taken unless it is only asked for."""
        with self._lock:
            now = self.monotonic()
            left, since = self._left.get(key, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
            if left < 1:
                return (1 - left) * 60 / self.per_minute
            if takes:
                if len(self._left) >= MOST_KEYS:
                    self._left.clear()
                self._left[key] = (left - 1, now)
            return 0.0


class TooLarge(HTTPException):
    """A body is larger than is read; what parses bodies passes it on as it is."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Ends a request whose body is larger than `largest_bytes`, whatever its header says."""

    def __init__(self, app: ASGIApp, largest_bytes: int) -> None:
        self._app, self._largest = app, largest_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._largest:
                raise TooLarge
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
