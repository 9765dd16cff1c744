"""Rate limits per client address: token buckets that refill over time and are forgotten only when full."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_PLACES = 10_000
SWEPT_EACH_S = 1.0
IPV6_PREFIX = 64
"""The smallest IPv6 prefix that one customer is given (RFC 6177, section 2). It counts as one address."""

SITE_PREFIX = 48
"""The largest IPv6 prefix that one site is given (RFC 6177): it holds 65,536 places, which are counted together too."""
PLACES_OF_SITE = 16
"""How many times the limit of one place all places of a site have together."""


def derive_site(place: str) -> str | None:
    """Return the /48 of an IPv6 place as `derive_place` gives it, or None."""
    if not place.endswith(f"/{IPV6_PREFIX}"):
        return None
    return str(ipaddress.IPv6Network(place).supernet(new_prefix=SITE_PREFIX))


def derive_place(address: str) -> str:
    """Return the key under which an address is counted: the IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


@dataclass(slots=True)
class RateLimiter:
    """Token buckets by key: up to `most` at once, refilled by `each_s` a second. `monotonic` returns seconds.

    Forgetting a key would give it a full bucket, so only full buckets are forgotten. If `places` buckets are not full,
    a new key waits.
    """

    most: float
    each_s: float
    monotonic: Callable[[], float] = time.monotonic
    places: int = MOST_PLACES
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _swept_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        """Return the number of remembered keys."""
        return len(self._left)

    def wait_s(self, key: str, *, takes: bool = True) -> float:
        """Return the seconds to wait, or 0 if the request may go ahead. `takes` says whether it is then counted."""
        with self._lock:
            now = self.monotonic()
            if key not in self._left and not self._is_place_for_one(now):
                return max(1.0, 1 / self.each_s)
            left = self._count_left(key, now)
            if left < 1:
                return (1 - left) / self.each_s
            if takes:
                self._left[key] = (left - 1, now)
            return 0.0

    def _count_left(self, key: str, now: float) -> float:
        left, since = self._left.get(key, (self.most, now))
        return min(self.most, left + (now - since) * self.each_s)

    def _is_place_for_one(self, now: float) -> bool:
        """Return whether a new key fits. Full buckets are forgotten first, at most once a second."""
        if len(self._left) < self.places:
            return True
        if self._swept_at is None or now - self._swept_at >= SWEPT_EACH_S:
            self._swept_at = now
            self._left = {key: one for key, one in self._left.items() if self._count_left(key, now) < self.most}
        return len(self._left) < self.places


class PlaceLimiter:
    """Rate limits by place, and by the IPv6 site around it, so that one site cannot use up all buckets."""

    def __init__(self, most: float, each_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Set the limits of one place, as `RateLimiter` takes them; a site has `PLACES_OF_SITE` times as much."""
        self._places = RateLimiter(most, each_s, monotonic)
        self._sites = RateLimiter(most * PLACES_OF_SITE, each_s * PLACES_OF_SITE, monotonic)

    def wait_s(self, place: str, *, takes: bool = True) -> float:
        """Return the seconds to wait, or 0 if the request may go ahead. `takes` says whether it is then counted."""
        site = derive_site(place)
        wait_s = 0.0 if site is None else self._sites.wait_s(site, takes=takes)
        return wait_s or self._places.wait_s(place, takes=takes)
