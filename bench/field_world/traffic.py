"""Who visited what, when: heavy-tailed sessions with the rhythm of days, and what has no line at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise
from random import Random

from bench.field_world.isps import Isp
from bench.field_world.model import DAY_S, Destination, Grant, Line, Online, Visit
from bench.field_world.networks import EPHEMERAL, Translator, map_ports
from bench.field_world.servers import SERVERS, Server

HOURS = [3, 2, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 5, 5, 4, 4, 5, 6, 7, 9, 10, 10, 8, 5]
"""How busy the hours of a day in India are."""
AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in ("Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Linux; Android 14; K")
    for version in (122, 124, 125, 126)
]
CRAWLER = "Mozilla/5.0 (compatible; Fieldbot/2.1; +http://fieldbot.example/)"
TOR_EXITS = [f"203.0.113.{last}" for last in range(130, 142)]
VPN_ADDRESSES = [f"203.0.113.{last}" for last in range(160, 190)]
CDN_ADDRESSES = [f"203.0.113.{last}" for last in range(200, 216)]
CRAWLER_ADDRESSES = [f"203.0.113.{last}" for last in range(224, 232)]
OTHERS = {
    "tor": (0.035, TOR_EXITS), "vpn": (0.04, VPN_ADDRESSES), "cdn": (0.02, CDN_ADDRESSES),
    "crawler": (0.03, CRAWLER_ADDRESSES),
}  # fmt: skip
"""What has no line: its share of sessions, and its addresses."""


@dataclass(slots=True)
class Traffic:
    """Draws sessions. `begin` and `end` bound the world's days."""

    dice: Random
    isps: list[Isp]
    begin: float
    end: float
    visits: list[Visit] = field(default_factory=list)
    translators: dict[str, Translator] = field(default_factory=dict)
    owners: dict[str, Isp] = field(default_factory=dict)

    def draw(self, sessions: int) -> list[Visit]:
        """Return the visits of so many sessions in order of their true time."""
        lines = [line for isp in self.isps for line in isp.lines]
        for isp in self.isps:
            self.owners[isp.plan.name] = isp
            if isp.plan.tech == "connections":
                self.translators[isp.plan.name] = Translator(self.dice, isp)
        for line in lines:
            line.is_home_exit = self.dice.random() < 0.015
            tech = self.owners[line.isp].plan.tech
            line.is_tor_exit = tech.startswith(("pppoe", "dhcp")) and self.dice.random() < 0.012
        weights = [min(40.0, self.dice.paretovariate(1.1)) for _ in lines]
        drawn = self.dice.choices(lines, weights, k=sessions)
        for number, line in enumerate(drawn):
            chance = self.dice.random()
            for origin, (share, addresses) in OTHERS.items():
                if chance < share:
                    self._foreign(number, origin, addresses)
                    break
                chance -= share
            else:
                self._session(number, line)
        self._handovers(sessions, max(2, sessions // 25))
        self._overloads(2 * sessions, max(2, sessions // 40))
        self.visits.sort(key=lambda visit: (visit.start, visit.session, visit.port, visit.path))
        return self.visits

    def _handovers(self, number: int, count: int) -> None:
        """Two lines that had an address (and a port of it) one shortly after the other, and were on one site."""
        pairs = []
        for isp in self.isps:
            for ip, grants in sorted(isp.book.by_ip.items()):
                if ":" not in ip and isp.plan.tech != "connections":
                    pairs += _followers(grants, self.begin, self.end)
        for place, (before, after) in enumerate(self.dice.sample(pairs, min(count, len(pairs)))):
            assert before.end is not None and after.end is not None
            server, port = self._server(), self.dice.randint(*(before.ports or EPHEMERAL))
            agent = self.dice.choice(AGENTS)
            for grant, start in (
                (before, before.end - min(before.end - before.start, self.dice.expovariate(1 / 90))),
                (after, after.start + min((after.end - after.start) * 0.9, self.dice.expovariate(1 / 90))),
            ):
                reached = (grant.ip, port, "tcp")
                self._add(number + place, grant.line, server, start + 0.001, reached, agent, 1, 0)

    def _overloads(self, number: int, count: int) -> None:
        """Two lines that had one port of one address at once, for other sites or protocols; or shortly after."""
        made = [
            visit for visit in self.visits if visit.line and visit.line.isp in self.translators and ":" not in visit.ip
        ]
        for place, visit in enumerate(self.dice.sample(made, min(count, len(made)))):
            assert visit.line is not None
            translator, agent = self.translators[visit.line.isp], self.dice.choice(AGENTS)
            others = [line for line in self.owners[visit.line.isp].lines if line.circle == visit.line.circle]
            other = self.dice.choice(others)
            server = next(server for server in SERVERS if server.name == visit.server)
            start, protocol = visit.start + self.dice.uniform(-5, 20), visit.protocol
            kind = self.dice.randrange(3)
            if kind == 0:
                server = self._server()
            elif kind == 1 and server.format in {"caddy", "nginx-port"}:
                protocol = "udp" if visit.protocol == "tcp" else "tcp"
            else:
                start = visit.start + self.dice.uniform(700, 1_500)
            if other is visit.line or other.holds_from or other.holds_until:
                continue
            grant = translator.share(other, visit.ip, visit.port, start, protocol, server.destination(False))
            if grant is not None:
                self._add(number + place, other, server, start, (visit.ip, visit.port, protocol), agent, 1, 0)

    def _moment(self) -> float:
        day = self.dice.randrange(int((self.end - self.begin) / DAY_S))
        hour = self.dice.choices(range(24), HOURS)[0]
        return self.begin + day * DAY_S + ((hour - 5.5) % 24) * 3600 + self.dice.uniform(0, 3600)

    def _server(self) -> Server:
        return self.dice.choices(SERVERS, [server.share for server in SERVERS])[0]

    def _session(self, number: int, line: Line) -> None:
        """One person's browsing from one line: pages, their parts on parallel connections, pauses, another server."""
        isp, now = self.owners[line.isp], self._moment()
        if self.dice.random() < 0.06:
            now = self._edge(isp, line) or now
        server, connections = self._server(), Connections(self, isp, line)
        agent = self.dice.choice(AGENTS)
        pages = min(60, int(self.dice.paretovariate(1.05)))
        for page in range(pages):
            for part in range(1 if self.dice.random() < 0.6 else self.dice.randint(2, 6)):
                start = now + part * self.dice.uniform(0, 0.4)
                reached = connections.open(server, start, fresh=part > 0)
                if reached is None:
                    continue
                self._add(number, line, server, start, reached, agent, page, part)
            now += self.dice.expovariate(1 / 22) if self.dice.random() < 0.93 else self.dice.uniform(300, 1_500)
            if self.dice.random() < 0.04:
                server = self._server()

    def _edge(self, isp: Isp, line: Line) -> float | None:
        """An instant shortly before or after the line's address changed: where replies and clocks matter most."""
        starts = [start for start in isp.online.get(line.line_id, Online()).starts if self.begin < start < self.end]
        return self.dice.choice(starts) + self.dice.uniform(-240, 60) if starts else None

    def _add(
        self, number: int, line: Line | None, server: Server, start: float, reached: tuple[str, int, str], agent: str,
        page: int, part: int, origin: str = "line",
    ) -> None:  # fmt: skip
        ip, port, protocol = reached
        duration = min(240.0, self.dice.lognormvariate(-1.6, 1.6))
        path = f"/room/{page}" if part == 0 else f"/media/{self.dice.randint(1, 9999)}.jpg"
        status = self.dice.choices([200, 304, 206, 404, 302], [86, 5, 4, 3, 2])[0]
        upload = part == 0 and self.dice.random() < 0.03
        if line is not None and (line.is_home_exit or line.is_tor_exit):
            origin = "tor-line" if line.is_tor_exit else "home-exit"
        self.visits.append(Visit(
            number, line, origin, ip, port, protocol, server.name, start, duration, path, status,
            int(self.dice.paretovariate(0.9) * 900) % 9_000_000, agent, "POST" if upload else "GET",
            f"https://{server.host}/" if page else "-",
        ))  # fmt: skip

    def _foreign(self, number: int, origin: str, addresses: list[str]) -> None:
        now, server, ip = self._moment(), self._server(), self.dice.choice(addresses)
        agent = CRAWLER if origin == "crawler" else self.dice.choice(AGENTS)
        for page in range(min(30, int(self.dice.paretovariate(0.9)))):
            reached = (ip, self.dice.randint(*EPHEMERAL), "tcp")
            self._add(number, None, server, now, reached, agent, page, 0, origin)
            now += self.dice.expovariate(1 / 15)


def _followers(grants: list[Grant], begin: float, end: float) -> list[tuple[Grant, Grant]]:
    """Return grants of one resource that followed each other within a quarter of an hour, of two lines."""
    by_ports: dict[tuple[int, int] | None, list[Grant]] = {}
    for grant in sorted(grants, key=lambda one: one.start):
        by_ports.setdefault(grant.ports, []).append(grant)
    found = []
    for same in by_ports.values():
        for before, after in pairwise(same):
            if before.line is after.line or before.end is None or after.end is None:
                continue
            if begin < before.start and after.end < end and 0 < after.start - before.end < 900:
                found.append((before, after))
    return found


@dataclass(slots=True)
class Connections:
    """The connections of one browser: kept alive for a while, opened anew where the address changed."""

    traffic: Traffic
    isp: Isp
    line: Line
    connections: dict[str, tuple[str, int, str, float, Grant]] = field(default_factory=dict)

    def open(self, server: Server, start: float, fresh: bool) -> tuple[str, int, str] | None:
        """Return address, port and protocol that a request at `start` comes from; None where the line is offline."""
        dice = self.traffic.dice
        sixth = self.isp.online_v6.get(self.line.line_id)
        is_ipv6 = sixth is not None and not self.line.is_tor_exit and dice.random() < 0.5
        held = (sixth if is_ipv6 and sixth else self.isp.online.get(self.line.line_id, Online())).at(start)
        if held is None:
            return None
        connection = self.connections.get(server.name)
        if connection and not fresh and connection[3] > start and connection[4] is held and dice.random() < 0.75:
            return connection[:3]
        udp = server.format in {"caddy", "nginx-port"} and dice.random() < 0.2
        protocol = "udp" if udp else "tcp"
        ip, port = self._address(held, is_ipv6, start, protocol, server.destination(is_ipv6))
        self.connections[server.name] = (ip, port, protocol, start + dice.uniform(20, 75), held)
        return ip, port, protocol

    def _address(
        self, held: Grant, is_ipv6: bool, start: float, protocol: str, destination: Destination
    ) -> tuple[str, int]:
        dice = self.traffic.dice
        if is_ipv6:
            return _host_of(held.ip, dice), dice.randint(*EPHEMERAL)
        translator = self.traffic.translators.get(self.isp.plan.name)
        if translator is not None:
            end = start + 340 + dice.uniform(0, 120)
            grant = translator.map(self.line, start - 0.05, end, protocol, destination)
            assert grant.ports is not None
            return grant.ip, grant.ports[0]
        if self.isp.plan.tech == "map-e":
            assert held.ports is not None
            return held.ip, dice.randint(*dice.choice(map_ports(held.ports[0])))
        return held.ip, dice.randint(*(held.ports or EPHEMERAL))


def _host_of(prefix: str, dice: Random) -> str:
    """Return a host's address within a prefix; an address alone is its own."""
    if "/" not in prefix:
        return prefix
    network = IPv6Network(prefix)
    device = Random(f"{prefix}:{dice.randint(0, 1)}")
    subnet = 0 if network.prefixlen == 64 else device.randint(0, 3) << 64
    return str(IPv6Address(int(network.network_address) + subnet + device.getrandbits(62)))
