"""How much one force, or one client, may ask: requests a minute, tries of tokens, bytes of a body."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

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
