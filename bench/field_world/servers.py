"""The servers whose logs a unit holds: what each writes of a visit, by which clock, and what is declared of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from bench.field_world.model import Destination, Visit

IST = timezone(timedelta(hours=5, minutes=30))
FRONT = "203.0.113.250"
"""The reverse proxy before `forum`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server. `fast_s` and `drift_s`: how fast its clock is at first, and how much faster after the world's days.

    `lookback_s`: how much earlier than the written time a request may have begun, where only its end is written.
    """

    name: str
    host: str
    ip: str
    ipv6: str
    port: int
    share: float
    source_kind: str
    authority_kind: str
    format: str
    has_port: bool
    writes_end: bool
    precision_s: float
    whole: bool
    zone: str | None = None
    fast_s: float = 0.0
    drift_s: float = 0.0
    uncertainty_s: int = 1
    trusted_hops: int = 0
    tells_duration: bool = False
    tells_destination: bool = False

    @property
    def lookback_s(self) -> float:
        """Seconds that a request may have taken before a time that is its end."""
        return 60.0 if self.format.startswith(("nginx", "apache")) else 0.0

    def clock_error(self, share_of_days: float) -> float:
        """How fast the clock is, in seconds, at a share (0 to 1) of the world's days."""
        return self.fast_s + self.drift_s * share_of_days

    def destination(self, is_ipv6: bool) -> Destination:
        """Where a connection to it goes, as a NAT sees it."""
        return (self.ipv6 if is_ipv6 else self.ip, self.port)


SERVERS = [
    Server("board", "board.example", "203.0.113.10", "2001:db8:f000::10", 443, 0.26, "seized-server", "seizure",
           "nginx-port", True, True, 1.0, True),
    Server("pics", "pics.example", "203.0.113.20", "2001:db8:f000::20", 443, 0.18, "seized-server", "seizure",
           "apache-port", True, False, 1.0, True, fast_s=37.0, uncertainty_s=2),
    Server("forum", "forum.example", "203.0.113.30", "2001:db8:f000::30", 443, 0.13, "seized-server", "seizure",
           "nginx-forwarded", False, True, 1.0, True, trusted_hops=1),
    Server("tube", "tube.example", "203.0.113.40", "2001:db8:f000::40", 443, 0.13, "seized-server", "seizure",
           "haproxy", True, False, 0.001, True, zone="Asia/Kolkata", fast_s=4.0, drift_s=58.0, uncertainty_s=2),
    Server("shop", "shop.example", "203.0.113.50", "2001:db8:f000::50", 443, 0.11, "seized-server", "seizure",
           "caddy", True, True, 0.001, True, tells_duration=True),
    Server("sink", "sink.example", "203.0.113.60", "2001:db8:f000::60", 80, 0.11, "sinkhole", "own-records",
           "zeek-http", True, False, 0.001, False, tells_destination=True),
    Server("proxy", "relayed.example", "203.0.113.70", "2001:db8:f000::70", 3128, 0.05, "proxy", "production",
           "squid", False, True, 0.001, False, tells_duration=True),
    Server("names", "looked-up.example", "203.0.113.80", "2001:db8:f000::80", 53, 0.03, "resolver", "production",
           "bind", True, False, 0.001, False, zone="Asia/Kolkata"),
]  # fmt: skip
BY_NAME = {server.name: server for server in SERVERS}
LISTED = [server.host for server in SERVERS]


def write_line(server: Server, visit: Visit) -> str:
    """Write a visit as its server's log does; `visit.recorded` is already by the server's clock."""
    return {
        "nginx-port": _combined_port,
        "apache-port": _apache_port,
        "nginx-forwarded": _forwarded,
        "haproxy": _haproxy,
        "caddy": _caddy,
        "zeek-http": _zeek_http,
        "squid": _squid,
        "bind": _bind,
    }[server.format](server, visit)


def head_of(server: Server) -> str:
    """The lines that a log file begins with."""
    if server.format != "zeek-http":
        return ""
    fields = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri referrer version user_agent"
    fields += " request_body_len response_body_len status_code status_msg"
    types = "time string addr port addr port count string string string string string string count count count string"
    lines = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\thttp"]
    lines += ["#fields\t" + "\t".join(fields.split()), "#types\t" + "\t".join(types.split())]
    return "".join(line + "\n" for line in lines)


def _stamp(seconds: float, zone: timezone) -> str:
    return datetime.fromtimestamp(int(seconds), zone).strftime("%d/%b/%Y:%H:%M:%S %z")


def _mapped(visit: Visit) -> str:
    """An address as a socket of both families shows it, at times."""
    return f"::ffff:{visit.ip}" if visit.port % 9 == 0 and ":" not in visit.ip else visit.ip


def _request(visit: Visit) -> str:
    return f'"{visit.method} {visit.path} HTTP/{"3.0" if visit.protocol == "udp" else "1.1"}"'


def _combined_port(_: Server, visit: Visit) -> str:
    return (
        f"{_mapped(visit)}:{visit.port} - - [{_stamp(visit.recorded, IST)}] {_request(visit)} {visit.status}"
        f' {visit.size} "{visit.referrer}" "{visit.agent}"'
    )


def _apache_port(_: Server, visit: Visit) -> str:
    return (
        f"{visit.ip}:{visit.port} - - [{_stamp(visit.recorded, timezone(timedelta(0)))}] {_request(visit)}"
        f' {visit.status} {visit.size} "{visit.referrer}" "{visit.agent}"'
    )


def _forwarded(_: Server, visit: Visit) -> str:
    chain = ", ".join(part for part in (visit.forwarded, visit.ip) if part)
    return (
        f"{FRONT} - - [{_stamp(visit.recorded, timezone(timedelta(0)))}] {_request(visit)} {visit.status} {visit.size}"
        f' "{visit.referrer}" "{visit.agent}" "{chain}"'
    )


def _haproxy(server: Server, visit: Visit) -> str:
    at = datetime.fromtimestamp(visit.recorded, IST)
    stamp = at.strftime("%d/%b/%Y:%H:%M:%S.") + f"{at.microsecond // 1000:03d}"
    took = int(visit.duration * 1000)
    return (
        f"{at.strftime('%b')} {at.day:2d} {at.strftime('%H:%M:%S')} edge haproxy[811]: {visit.ip}:{visit.port}"
        f" [{stamp}] in~ app/s1 0/0/1/{took}/{took} {visit.status} {visit.size} - - ---- 9/9/0/0/0 0/0"
        f' "{visit.method} https://{server.host}{visit.path} HTTP/1.1"'
    )


def _caddy(server: Server, visit: Visit) -> str:
    request = {
        "remote_ip": visit.ip, "remote_port": str(visit.port), "client_ip": visit.ip,
        "proto": "HTTP/3.0" if visit.protocol == "udp" else "HTTP/1.1", "method": visit.method, "host": server.host,
        "uri": visit.path, "headers": {"User-Agent": [visit.agent]},
        "tls": {"resumed": False, "version": 772, "cipher_suite": 4865, "proto": "h3", "server_name": server.host},
    }  # fmt: skip
    return json.dumps({
        "level": "info", "ts": round(visit.recorded, 3), "logger": "http.log.access.log0", "msg": "handled request",
        "request": request, "bytes_read": 0, "user_id": "", "duration": round(visit.duration, 6), "size": visit.size,
        "status": visit.status, "resp_headers": {"Server": ["Caddy"]},
    })  # fmt: skip


def _zeek_http(server: Server, visit: Visit) -> str:
    ip, port = server.destination(":" in visit.ip)
    parts: list[object] = [
        f"{visit.recorded:.6f}", f"C{visit.session:012d}", visit.ip, visit.port, ip, port, 1, visit.method,
        server.host, visit.path, "-", "1.1", visit.agent, 0, visit.size, visit.status, "OK",
    ]  # fmt: skip
    return "\t".join(str(part) for part in parts)


def _squid(server: Server, visit: Visit) -> str:
    took = int(visit.duration * 1000)
    return (
        f"{visit.recorded:.3f} {took:6d} {visit.ip} TCP_MISS/{visit.status} {visit.size} {visit.method}"
        f" http://{server.host}{visit.path} - HIER_DIRECT/203.0.113.99 text/html"
    )


def _bind(server: Server, visit: Visit) -> str:
    at = datetime.fromtimestamp(visit.recorded, IST)
    stamp = at.strftime("%d-%b-%Y %H:%M:%S.") + f"{at.microsecond // 1000:03d}"
    return (
        f"{stamp} queries: info: client @0x7f0c {visit.ip}#{visit.port} ({server.host}): query: {server.host}"
        f" IN A +E(0)K ({server.ip})"
    )


def utc(seconds: float) -> datetime:
    """An instant in seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
