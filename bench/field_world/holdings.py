"""The data sets that a unit would hold: networks, statements of sharing, places, relays and crawlers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bench.field_world.isps import CIRCLES, Area, Isp
from bench.field_world.servers import utc
from bench.field_world.traffic import CDN_ADDRESSES, CRAWLER_ADDRESSES, TOR_EXITS, VPN_ADDRESSES


@dataclass(frozen=True, slots=True)
class DataSet:
    """A file to import: its kind, its day, its name."""

    path: Path
    kind: str
    day: str
    name: str


def write_data_sets(dice: Random, isps: list[Isp], begin: float, end: float, folder: Path) -> list[DataSet]:
    """Write all data sets of a world."""
    folder.mkdir(parents=True, exist_ok=True)
    day = utc(begin - 2 * 86_400).strftime("%Y-%m-%d")
    sets = [DataSet(_networks(isps, folder / "networks.csv"), "network", day, "networks")]
    for isp in isps:
        path = _statement(isp, folder / f"statement-{isp.plan.asn}.csv")
        if path:
            sets.append(DataSet(path, "nat", day, f"statement of {isp.plan.name}"))
    for name, path in _cities(dice, isps, folder):
        sets.append(DataSet(path, "city", day, name))
    exits = _exit_lists(dice, isps, begin, end, folder / "exits")
    sets.append(DataSet(exits, "relay", utc(end).strftime("%Y-%m-%d"), "tor exits"))
    vpn = folder / "vpn-ranges.txt"
    vpn.write_text("# Ranges of VPNs\n" + "".join(f"{ip}\n" for ip in VPN_ADDRESSES))
    sets.append(DataSet(vpn, "relay", day, "vpn ranges"))
    cdn = folder / "cdn-egress.txt"
    cdn.write_text("# Egress of a content network\n" + "".join(f"{ip}\n" for ip in CDN_ADDRESSES))
    sets.append(DataSet(cdn, "relay", day, "cdn egress"))
    bot = folder / "fieldbot.json"
    prefixes = [{"ipv4Prefix": f"{ip}/32"} for ip in CRAWLER_ADDRESSES]
    bot.write_text(json.dumps({"creationTime": f"{day}T00:00:00", "prefixes": prefixes}))
    sets.append(DataSet(bot, "agent", day, "Fieldbot"))
    return sets


def _v4(area: Area) -> tuple[str, str]:
    return area.ip(0), area.ip(area.count - 1)


def _v6(area: Area) -> tuple[str, str]:
    return str(area.prefix[0]), str(area.prefix[-1])


def _networks(isps: list[Isp], path: Path) -> Path:
    rows = ["first,last,asn,isp,line,circle"]
    for isp in isps:
        plan = isp.plan
        for area in isp.areas:
            circle = CIRCLES[area.circle][0] if plan.kind == "mobile" or plan.asn % 2 else ""
            for first, last in (_v4(area), _v6(area)):
                rows.append(f"{first},{last},AS{plan.asn},{plan.name},{plan.kind},{circle}")
    rows.append("203.0.113.128,203.0.113.143,AS64590,Exit Hosting,hosting,")
    rows.append("203.0.113.160,203.0.113.191,AS64591,Tunnel Cloud,hosting,")
    rows.append("203.0.113.200,203.0.113.215,AS64592,Edge Delivery,hosting,")
    rows.append("203.0.113.224,203.0.113.231,AS64593,Fieldbot Search,hosting,")
    path.write_text("\n".join(rows) + "\n")
    return path


STATEMENT = "cidr,shared,subscribers,ports,assignment,from,until,block_base,reuses_ports,delegated_length,operator"


def _statement(isp: Isp, path: Path) -> Path | None:
    """What an ISP states of its networks; None of one that was never asked."""
    plan = isp.plan
    if plan.states == "none":
        return None
    rows = [STATEMENT]
    for area in isp.areas:
        first, last = _v4(area)
        if plan.states == "unshared":
            rows.append(f"{first}-{last},no,,,,2026-01-01,,,,,")
        elif plan.states == "blocks":
            rows.append(f"{first}-{last},yes,60,{plan.block_size},,2026-01-01,,{plan.block_base},no,,")
        elif plan.states == "reuses":
            rows.append(f"{first}-{last},yes,500,,,2026-01-01,,,yes,,")
        else:
            rows.append(f"{first}-{last},yes,,,,2026-01-01,,,,,")
        if plan.tech == "static":
            for place, line in enumerate(
                subscriber_line for subscriber_line in isp.lines if subscriber_line.circle == area.circle
            ):
                if line.is_operator and place % 2:
                    rows.append(f"{area.ip(place * 8)}-{area.ip(place * 8 + 7)},,,,,2026-01-01,,,,,yes")
        if plan.tech in {"pppoe-daily", "map-e"}:
            rows.append(f"{area.prefix},no,,,,2026-01-01,,,,56,")
    path.write_text("\n".join(rows) + "\n")
    return path


def write_late_statement(isp: Isp, folder: Path) -> Path:
    """What an ISP states afterwards: its addresses are shared after all."""
    path = folder / f"late-{isp.plan.asn}.csv"
    rows = [f"{area.ip(0)}-{area.ip(area.count - 1)},yes,40,,,2026-01-01,,,,," for area in isp.areas]
    path.write_text("\n".join([STATEMENT, *rows]) + "\n")
    return path


def _cities(dice: Random, isps: list[Isp], folder: Path) -> list[tuple[str, Path]]:
    """Two city data sets that copy from one register: where it errs, both err alike."""
    rows: dict[str, list[str]] = {"alpha-places": [], "beta-places": []}
    for isp in isps:
        wrong_share = 0.35 if isp.plan.kind == "mobile" else 0.15
        for area in isp.areas:
            for first, last in _chunks(area):
                true = CIRCLES[area.circle]
                alike = dice.choice(CIRCLES) if dice.random() < wrong_share else true
                for answers in rows.values():
                    circle = dice.choice(CIRCLES) if dice.random() < 0.08 else alike
                    answers.append(f"{first},{last},IN,{circle[2]},{dice.choice(circle[3])},,,")
    paths = []
    for name, lines in rows.items():
        path = folder / f"{name}.csv"
        path.write_text(
            "first,last,country_code,state,district,latitude,longitude,radius_km\n" + "\n".join(lines) + "\n"
        )
        paths.append((name, path))
    return paths


def _chunks(area: Area) -> list[tuple[str, str]]:
    chunks = [(area.ip(at), area.ip(min(at + 15, area.count - 1))) for at in range(0, area.count, 16)]
    return [*chunks, _v6(area)]


def _exit_lists(dice: Random, isps: list[Isp], begin: float, end: float, folder: Path) -> Path:
    """CollecTor's exit lists, one an hour with some holes: exits of a host, and exits that run on lines at home."""
    folder.mkdir(parents=True, exist_ok=True)
    at_home = [isp.online[line.line_id] for isp in isps for line in isp.lines if line.is_tor_exit]
    now = begin - 7_200
    while now < end + 7_200:
        at = utc(now).replace(minute=2, second=0)
        now += 3_600
        if dice.random() < 0.02:
            continue
        held = [(f"{1000 + place:040X}", online.at(at.timestamp() - 600)) for place, online in enumerate(at_home)]
        exits = [
            (f"{place:040X}", ip, at - timedelta(minutes=dice.randint(3, 1_000))) for place, ip in enumerate(TOR_EXITS)
        ]
        for identity, grant in held:
            if grant is not None:
                exits.append((identity, grant.ip, utc(max(grant.start + 420, at.timestamp() - 3_000))))
        lines = ["@type tordnsel 1.0", f"Downloaded {at:%Y-%m-%d %H:%M:%S}"]
        for identity, ip, tested in exits:
            lines.append(f"ExitNode {identity}")
            lines.append(f"Published {at - timedelta(hours=dice.randint(2, 17)):%Y-%m-%d %H:%M:%S}")
            lines.append(f"LastStatus {at - timedelta(minutes=dice.randint(20, 70)):%Y-%m-%d %H:%M:%S}")
            lines.append(f"ExitAddress {ip} {tested:%Y-%m-%d %H:%M:%S}")
        (folder / f"{at:%Y-%m-%d-%H-%M-%S}").write_text("\n".join(lines) + "\n")
    return folder


@dataclass(frozen=True, slots=True)
class ExitTimes:
    """When each address was surely an exit, by the lists: from its own test until the snapshot that has it."""

    spans: dict[str, list[tuple[float, float]]]

    @staticmethod
    def read(folder: Path) -> ExitTimes:
        """Read them from the lists."""
        spans: dict[str, list[tuple[float, float]]] = {}
        for path in sorted(folder.iterdir()):
            taken = datetime.strptime(path.name, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC).timestamp()
            for line in path.read_text().splitlines():
                if line.startswith("ExitAddress "):
                    _, ip, day, clock = line.split()
                    tested = datetime.fromisoformat(f"{day}T{clock}+00:00").timestamp()
                    spans.setdefault(ip, []).append((max(tested, taken - 3_600), taken))
        return ExitTimes(spans)

    def has(self, ip: str, instant: float) -> bool:
        """Whether an address was surely an exit at an instant."""
        return any(first + 5 <= instant <= last - 5 for first, last in self.spans.get(ip, ()))
