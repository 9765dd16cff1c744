"""How the ISPs gave addresses to lines over the days of a world."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Network
from random import Random

from bench.field_world.isps import PLANS, Area, Isp, Plan, make_line
from bench.field_world.model import DAY_S, Destination, Grant, Line, Online

FIRST_ADDRESS = int(IPv4Address("198.18.0.0"))
EPHEMERAL = (32_768, 60_999)
MAP_OFFSET_BITS = 6
MAP_PSID_BITS = 4
Resource = tuple[str, tuple[int, int] | None]


@dataclass(slots=True)
class Pool:
    """Addresses (or blocks of ports) that are free: mostly the longest free one is taken, at times the newest."""

    dice: Random
    free: list[Resource]

    def take(self) -> Resource | None:
        """Take one; None where all are taken."""
        if not self.free:
            return None
        return self.free.pop(-1 if self.dice.random() < 0.45 else 0)

    def give_back(self, resource: Resource) -> None:
        """Put one back."""
        self.free.append(resource)


@dataclass(slots=True)
class Stays:
    """How long a line keeps what it was given, and how long it is without anything after, in seconds."""

    stay: Callable[[Random, float, int], float]
    gap: Callable[[Random], float]


def stays_of(tech: str) -> Stays:
    """Return the habits of a technology."""
    if tech == "pppoe-daily":
        return Stays(_until_forced_end, lambda dice: dice.uniform(3, 90))
    if tech == "pppoe-long":
        return Stays(lambda dice, _now, _i: dice.expovariate(1 / (2.2 * DAY_S)) + 120, lambda d: d.expovariate(1 / 900))
    if tech == "dhcp":
        return Stays(lambda dice, _now, _i: dice.expovariate(1 / (5 * DAY_S)) + 600, lambda d: d.expovariate(1 / 3600))
    if tech == "blocks-mobile":
        return Stays(lambda dice, _now, _i: dice.expovariate(1 / 1500) + 20, lambda d: d.uniform(0.2, 400))
    return Stays(lambda dice, _now, _i: dice.expovariate(1 / (5 * 3600)) + 60, lambda d: d.expovariate(1 / 1200))


def _until_forced_end(dice: Random, now: float, index: int) -> float:
    """A session ends a day after the line's own minute of the night, or earlier where the line drops."""
    forced = 75_600 + (index * 37) % 7_200  # 02:30 to 04:30 in India
    until = (forced - now) % DAY_S or DAY_S
    return min(until, dice.expovariate(1 / (1.5 * DAY_S)) + 60)


def build_isps(dice: Random, sessions: int, begin: float, end: float) -> list[Isp]:
    """Make all ISPs, their lines and what their systems recorded from a day before `begin` until `end`."""
    isps = []
    first = FIRST_ADDRESS
    for number, plan in enumerate(PLANS):
        areas = []
        lines_each = max(12, int(sessions * plan.share / (2.6 * len(plan.circles))))
        for place, circle in enumerate(plan.circles):
            count = _addresses_of(plan, lines_each)
            prefix = IPv6Network(((0x20010DB8 << 96) | ((number << 12 | place << 8) << 80), 40))
            areas.append(Area(circle, first, count, prefix))
            first = (first + count + 64 + 255) & ~255
        isp = Isp(plan, areas)
        for place, area in enumerate(areas):
            lines = [make_line(dice, plan, area.circle, place * 100_000 + index) for index in range(lines_each)]
            isp.lines += lines
            _fill(dice, isp, area, lines, begin - DAY_S, end)
        _recycle_numbers(dice, isp, begin, end)
        isps.append(isp)
    return isps


def _addresses_of(plan: Plan, lines: int) -> int:
    """How many public IPv4 addresses serve so many lines."""
    each = {"static": 8.0, "map-e": 1 / 12, "connections": 1 / 24}.get(plan.tech)
    if each is None:
        each = 1.12 if not plan.block_size else 1.15 / max(1, (65_536 - plan.block_base) // plan.block_size)
    return max(2, int(lines * each) + 1)


def _fill(dice: Random, isp: Isp, area: Area, lines: list[Line], begin: float, end: float) -> None:
    tech = isp.plan.tech
    if tech == "static":
        _fill_static(dice, isp, area, lines, begin, end)
    elif tech == "map-e":
        _fill_map(isp, area, lines, begin)
    elif tech == "connections":
        _fill_inside(dice, isp, lines, begin, end)
    else:
        _fill_dynamic(dice, isp, area, lines, begin, end)


def _fill_dynamic(dice: Random, isp: Isp, area: Area, lines: list[Line], begin: float, end: float) -> None:
    """Lines that come and go: each takes an address or a block while it is online, and an IPv6 prefix beside it."""
    pool = Pool(dice, _resources(isp.plan, area))
    stays = stays_of(isp.plan.tech)
    events: list[tuple[float, int, Resource | None]] = [
        (begin + dice.uniform(0, 0.6 * DAY_S), index, None) for index in range(len(lines))
    ]
    heapq.heapify(events)
    while events:
        now, index, held = heapq.heappop(events)
        if held is not None:
            pool.give_back(held)
            heapq.heappush(events, (now + stays.gap(dice), index, None))
            continue
        if now > end:
            continue
        resource = pool.take()
        if resource is None:
            heapq.heappush(events, (now + dice.uniform(60, 900), index, None))
            continue
        until = now + stays.stay(dice, now, index)
        _record(dice, isp, area, lines[index], index, resource, round(now, 3), round(until, 3))
        heapq.heappush(events, (until, index, resource))


def _resources(plan: Plan, area: Area) -> list[Resource]:
    if not plan.block_size:
        return [(area.ip(index), None) for index in range(area.count)]
    firsts = range(plan.block_base, 65_537 - plan.block_size, plan.block_size)
    return [(area.ip(index), (port, port + plan.block_size - 1)) for port in firsts for index in range(area.count)]


def _record(
    dice: Random, isp: Isp, area: Area, line: Line, index: int, resource: Resource, start: float, end: float
) -> None:
    ip, ports = resource
    inside = _inside_of(isp, dice) if ports else None
    grant = Grant(line, ip, start, end, ports, inside=inside, session=f"{dice.getrandbits(32):08X}")
    if isp.plan.tech == "dhcp":
        grant.planned_end = start + 43_200 * (int((end - start) // 21_600) + 2) / 2
    isp.book.add(grant)
    isp.online.setdefault(line.line_id, Online()).add(grant)
    if inside is not None:
        early, late = start - dice.uniform(5, 600), end + dice.uniform(1, 60)
        isp.access.add(Grant(line, inside, round(early, 3), round(late, 3), session=grant.session))
    if isp.plan.has_ipv6:
        _record_ipv6(dice, isp, area, line, index, grant)


def _record_ipv6(dice: Random, isp: Isp, area: Area, line: Line, index: int, grant: Grant) -> None:
    """FTTH delegates a /56 that changes with the session; cable single addresses of a shared /64; mobile a /64."""
    tech = isp.plan.tech
    if tech == "dhcp":
        segment = area.delegated(index // 40, 64).split("/")[0]
        ip = f"{segment}{0x1000 + index:x}" if segment.endswith("::") else segment
    elif tech == "blocks-mobile":
        ip = area.delegated(dice.getrandbits(20) | 1 << 20, 64)
    else:
        ip = area.delegated(dice.getrandbits(15), 56)
        if isp.book.at(ip, grant.start, grant.end or grant.start):
            return
    sixth = Grant(line, ip, grant.start, grant.end, session=grant.session, planned_end=grant.planned_end)
    isp.book.add(sixth)
    isp.online_v6.setdefault(line.line_id, Online()).add(sixth)


def _inside_of(isp: Isp, dice: Random) -> str:
    if isp.plan.tech == "map-e":
        return ""
    return str(IPv4Address(int(IPv4Address("100.64.0.0")) + dice.getrandbits(21) + 1))


def _fill_static(dice: Random, isp: Isp, area: Area, lines: list[Line], begin: float, end: float) -> None:
    """Leased lines: a /29 each, for years; one in ten goes to the next customer amid the world's days.

    One in eight belongs to a reseller or a hostel.
    """
    for index, line in enumerate(lines):
        line.is_operator = dice.random() < 0.125
        start = 1_700_000_000.0 + dice.randint(0, 20_000_000)
        after = lines[index + 1] if index % 10 == 0 and index + 1 < len(lines) else None
        moved = round(begin + (end - begin) * dice.uniform(0.3, 0.7)) if after else None
        for offset in range(8):
            grants = [Grant(line, area.ip(index * 8 + offset), start, moved)]
            if after is not None and moved is not None:
                grants.append(Grant(after, grants[0].ip, moved + 3_600, None))
            for grant in grants:
                isp.book.add(grant)
                if offset == 2 and not (grant.line is line and index % 10 == 1):
                    isp.online.setdefault(grant.line.line_id, Online()).add(grant)


def map_ports(psid: int) -> list[tuple[int, int]]:
    """The ranges of ports of a MAP-E port set (RFC 7597, 5.1): 6 bits before the set's id, 4 bits of id."""
    length = 16 - MAP_OFFSET_BITS - MAP_PSID_BITS
    size = 1 << length
    return [
        (first, first + size - 1)
        for first in (high << (16 - MAP_OFFSET_BITS) | psid << length for high in range(1, 1 << MAP_OFFSET_BITS))
    ]


def _fill_map(isp: Isp, area: Area, lines: list[Line], begin: float) -> None:
    """MAP-E: sixteen lines share an address for good, each with a set of ports that lies in 63 pieces."""
    for index, line in enumerate(lines):
        ip, psid, start = area.ip(index // 16), index % 16, begin - hash_of(line, 0) % 30_000_000 - DAY_S
        for ports in map_ports(psid):
            isp.book.add(Grant(line, ip, start, None, ports, inside=area.delegated(index, 56)))
        grant = Grant(line, ip, start, None, (psid, psid))
        isp.online.setdefault(line.line_id, Online()).add(grant)
        sixth = Grant(line, area.delegated(index, 56), start, None)
        isp.book.add(sixth)
        isp.online_v6.setdefault(line.line_id, Online()).add(sixth)


def _fill_inside(dice: Random, isp: Isp, lines: list[Line], begin: float, end: float) -> None:
    """Mobile lines that are attached for a while, under an address inside; connections are mapped when they come."""
    for line in lines:
        now = begin + dice.uniform(0, 0.5 * DAY_S)
        while now < end:
            until = now + dice.expovariate(1 / 9_000) + 60
            inside = str(IPv4Address(int(IPv4Address("100.64.0.0")) + dice.getrandbits(21) + 1))
            grant = Grant(line, inside, round(now, 3), round(until, 3), inside=inside)
            isp.online.setdefault(line.line_id, Online()).add(grant)
            isp.access.add(grant)
            now = until + dice.expovariate(1 / 2_000)


def _recycle_numbers(dice: Random, isp: Isp, begin: float, end: float) -> None:
    """Some numbers were given to another line in the middle of the world's days."""
    spare = sorted(isp.lines, key=lambda line: line.line_id)
    for index in range(0, len(spare) - 1, 23):
        before, after = spare[index], spare[index + 1]
        if before.circle != after.circle or isp.plan.tech in {"static", "map-e"}:
            continue
        moment = begin + (end - begin) * dice.uniform(0.3, 0.7)
        after.number, after.holds_from, before.holds_until = before.number, moment, moment
        for online in (isp.online, isp.online_v6):
            _cut(online, before, until=moment)
            _cut(online, after, since=moment)
        for book in (isp.book, isp.access):
            for ip, grants in book.by_ip.items():
                book.by_ip[ip] = [grant for grant in grants if not _outside(grant, before, after, moment)]


def _outside(grant: Grant, before: Line, after: Line, moment: float) -> bool:
    return (grant.line is before and (grant.end or moment + 1) > moment) or (
        grant.line is after and grant.start < moment
    )


def _cut(online: dict[str, Online], line: Line, since: float | None = None, until: float | None = None) -> None:
    remaining = Online()
    for grant in online.get(line.line_id, Online()).grants:
        if (since is None or grant.start >= since) and (until is None or (grant.end or until + 1) <= until):
            remaining.add(grant)
    online[line.line_id] = remaining


@dataclass(slots=True)
class Translator:
    """A NAT that maps connection by connection and gives one port to several lines at once, to other destinations."""

    dice: Random
    isp: Isp
    now_mapped: dict[tuple[str, int], list[Grant]] = field(default_factory=dict)
    used: list[tuple[str, int]] = field(default_factory=list)

    def map(self, line: Line, start: float, end: float, protocol: str, destination: Destination) -> Grant:
        """Return the mapping of a new connection, recorded by the ISP."""
        area = next(area for area in self.isp.areas if area.circle == line.circle)
        for _ in range(20):
            ip, port = area.ip(hash_of(line, int(start // 9_000))), self.dice.randint(1024, 65_535)
            near = self.used[-60:]
            if near and self.dice.random() < 0.35:
                ip, port = self.dice.choice(near)
                if not area.first <= int(IPv4Address(ip)) < area.first + area.count:
                    continue
            taken = self.now_mapped.get((ip, port), [])
            if all(_apart(grant, start, end, protocol, destination) for grant in taken):
                break
        self.used.append((ip, port))
        grant = self._write(line, ip, port, start, end, protocol, destination)
        self._decoys(line, grant)
        return grant

    def share(
        self, line: Line, ip: str, port: int, start: float, protocol: str, destination: Destination
    ) -> Grant | None:
        """Give a line a port that others have or had, if the connections can be told apart; else None."""
        end = start + 400
        taken = self.now_mapped.get((ip, port), [])
        if not all(_apart(grant, start, end, protocol, destination) for grant in taken):
            return None
        return self._write(line, ip, port, start - 0.05, end, protocol, destination)

    def _write(
        self, line: Line, ip: str, port: int, start: float, end: float, protocol: str, destination: Destination
    ) -> Grant:
        held = self.isp.online[line.line_id].at(start)
        grant = Grant(
            line, ip, round(start, 3), round(end, 3), (port, port), protocol, destination, held.ip if held else None
        )  # fmt: skip
        self.isp.book.add(grant)
        self.now_mapped.setdefault((ip, port), []).append(grant)
        return grant

    def _decoys(self, line: Line, grant: Grant) -> None:
        """Other lines at the same address and port: at the same time elsewhere, or here a little earlier or later."""
        assert grant.ports is not None and grant.destination is not None and grant.end is not None
        other = self.dice.choice(
            [subscriber_line for subscriber_line in self.isp.lines if subscriber_line.circle == line.circle]
        )
        if other is line or (other.holds_from or other.holds_until):
            return
        chance, port, length = self.dice.random(), grant.ports[0], grant.end - grant.start
        if chance < 0.12:
            elsewhere = (f"192.0.2.{self.dice.randint(1, 250)}", 443)
            self._write(other, grant.ip, port, grant.start - 3, grant.end + 5, grant.protocol or "tcp", elsewhere)
        elif chance < 0.20:
            protocol = "udp" if grant.protocol == "tcp" else "tcp"
            self._write(other, grant.ip, port, grant.start - 2, grant.end + 9, protocol, grant.destination)
        elif chance < 0.30:
            start = grant.end + self.dice.uniform(61, 400)
            if all(
                _apart(one, start, start + length, grant.protocol or "tcp", grant.destination)
                for one in self.now_mapped.get((grant.ip, port), [])
            ):
                self._write(other, grant.ip, port, start, start + length, grant.protocol or "tcp", grant.destination)


def _apart(grant: Grant, start: float, end: float, protocol: str, destination: Destination) -> bool:
    """Whether two mappings of one address and port can be told apart by protocol, destination or time."""
    if grant.protocol != protocol or grant.destination != destination:
        return True
    return grant.end is not None and (grant.end + 60 <= start or end + 60 <= grant.start)


def hash_of(line: Line, epoch: int) -> int:
    """A number that a line's attachment leads to, the same in every run."""
    return Random(f"{line.line_id}:{epoch}").getrandbits(24)


def is_inside_block(plan: Plan) -> bool:
    """Whether the ISP's NAT log names addresses inside alone, and its access log the lines."""
    return plan.tech == "blocks-inside"
