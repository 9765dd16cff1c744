"""How much one place may ask: a bucket for each, which fills again over time and is forgotten only when it is full."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_PLACES = 10_000
SWEPT_EACH_S = 1.0
IPV6_PREFIX = 64
"""Of an IPv6 address, what one customer is given at the least (RFC 6177, 2): all of it counts as one place."""


def place_of(address: str) -> str:
    """The place that an address is counted under: the IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))


@dataclass(slots=True)
class RateLimiter:
    """A bucket for each key: `most` at once, and `each_s` more a second. `monotonic` gives seconds that never go back.

    Forgetting a key would give it a full bucket: only those that are full again are forgotten. Where `places` have one
    that is not, a new key waits.
    """

    most: float
    each_s: float
    monotonic: Callable[[], float] = time.monotonic
    places: int = MOST_PLACES
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _swept_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._left)

    def wait_s(self, key: str, *, takes: bool = True) -> float:
        """How long to wait before the next; 0 where there is room, which is taken unless it is only asked for."""
        with self._lock:
            now = self.monotonic()
            if key not in self._left and not self._is_place_for_one(now):
                return max(1.0, 1 / self.each_s)
            left = self._left_of(key, now)
            if left < 1:
                return (1 - left) / self.each_s
            if takes:
                self._left[key] = (left - 1, now)
            return 0.0

    def _left_of(self, key: str, now: float) -> float:
        left, since = self._left.get(key, (self.most, now))
        return min(self.most, left + (now - since) * self.each_s)

    def _is_place_for_one(self, now: float) -> bool:
        """Whether a new key can be remembered; the full buckets are forgotten first, at most once a second."""
        if len(self._left) < self.places:
            return True
        if self._swept_at is None or now - self._swept_at >= SWEPT_EACH_S:
            self._swept_at = now
            self._left = {key: one for key, one in self._left.items() if self._left_of(key, now) < self.most}
        return len(self._left) < self.places
