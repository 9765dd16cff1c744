"""Lines, grants and visits of a world: what truly was, in seconds since 1970 (UTC)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

DAY_S = 86_400.0
Destination = tuple[str, int]


class Kind(StrEnum):
    """What a line is."""

    FIXED = "fixed"
    MOBILE = "mobile"
    LEASED = "business"


@dataclass(slots=True, eq=False)
class Line:
    """A subscriber's line. `number` is its ISP's own identifier; `contact` is where its customer is called.

    `holds_from`, `holds_until`: when the number was this line's (recycled and transferred numbers have several lines).
    """

    line_id: str
    isp: str
    circle: int
    number: str
    contact: str
    name: str
    address: str
    state: str
    district: str
    kind: Kind
    imsi: str = ""
    imei: str = ""
    is_operator: bool = False
    is_home_exit: bool = False
    is_tor_exit: bool = False
    holds_from: float | None = None
    holds_until: float | None = None


@dataclass(slots=True, eq=False)
class Grant:
    """What an ISP's system recorded: a line had an address (a prefix), perhaps of ports, for a time.

    `planned_end`: when the lease would have ended by its own term. `end` is exclusive; none of a static line.
    """

    line: Line
    ip: str
    start: float
    end: float | None
    ports: tuple[int, int] | None = None
    protocol: str | None = None
    destination: Destination | None = None
    inside: str | None = None
    planned_end: float | None = None
    session: str = ""

    def meets(self, start: float, end: float) -> bool:
        """Whether it holds at some instant from `start` to `end`."""
        return self.start <= end and (self.end is None or self.end > start)


@dataclass(slots=True)
class Book:
    """All grants of an ISP, by public address (an IPv6 prefix by its network's text), in order of their start."""

    by_ip: dict[str, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    is_sorted: bool = False

    def add(self, grant: Grant) -> None:
        """Record a grant."""
        self.by_ip[grant.ip].append(grant)
        self.is_sorted = False

    def at(self, ip: str, start: float, end: float, port: int | None = None) -> list[Grant]:
        """Return the grants of an address (and port) that hold at some instant from `start` to `end`."""
        self.sort()
        found = [grant for grant in self.by_ip.get(ip, ()) if grant.meets(start, end)]
        if port is None:
            return found
        return [grant for grant in found if grant.ports is None or grant.ports[0] <= port <= grant.ports[1]]

    def near(self, grant: Grant, step: int) -> Grant | None:
        """Return the grant of the same address and ports before (-1) or after (1) this one."""
        self.sort()
        same = [one for one in self.by_ip.get(grant.ip, ()) if one.ports == grant.ports]
        place = same.index(grant) + step
        return same[place] if 0 <= place < len(same) else None

    def sort(self) -> None:
        """Put all grants in order, once."""
        if not self.is_sorted:
            for grants in self.by_ip.values():
                grants.sort(key=lambda one: (one.start, one.ports or (0, 0), one.line.line_id))
            self.is_sorted = True


@dataclass(slots=True)
class Online:
    """The grants of one line in order, to find the one that holds at an instant."""

    grants: list[Grant] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def add(self, grant: Grant) -> None:
        """Append a grant that begins after the others."""
        self.grants.append(grant)
        self.starts.append(grant.start)

    def at(self, instant: float) -> Grant | None:
        """Return the grant that holds at an instant."""
        place = bisect_right(self.starts, instant) - 1
        if place < 0:
            return None
        grant = self.grants[place]
        return grant if grant.end is None or grant.end > instant else None


@dataclass(slots=True, eq=False)
class Visit:
    """One request as it truly was. `line` is None for a relay, a machine, or whatever has no line of these ISPs.

    `recorded` is the time that the server wrote, by its own clock; `session` numbers the browsing session.
    """

    session: int
    line: Line | None
    origin: str
    ip: str
    port: int
    protocol: str
    server: str
    start: float
    duration: float
    path: str
    status: int
    size: int
    agent: str
    method: str = "GET"
    referrer: str = "-"
    forwarded: str | None = None
    recorded: float = 0.0
    round: int = 1
