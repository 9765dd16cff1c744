"""FreeRADIUS: the detail file of its accounting, and that of its answers to logins, as radclient made it write them."""

import subprocess
from pathlib import Path

from .addresses import CLIENTS, CLIENTS6, COLLECTOR, SERVER
from .install import PATH
from .logs import Log
from .server import ZONE, running

PACKAGES = ("freeradius", "freeradius-utils")
PROGRAMS = ("freeradius", "radclient")
_SECRET = "between-us"
_USERS = (
    "ravi@isp.example",
    'quote\\"back\\\\slash@isp.example',
    "रवि@isp.example",
    "two words",
    "tab\\tand = sign@isp.example",
)


def configuration(place: Path, zone: str) -> str:
    """The radiusd.conf of a private instance, which writes what it is told into a detail file and knows one user."""
    return f"""\
# TZ={zone}
prefix = /usr
libdir = /usr/lib/freeradius
confdir = {place}
raddbdir = {place}
run_dir = {place}
pidfile = {place}/radiusd.pid
correct_escapes = true
security {{
    allow_vulnerable_openssl = yes
}}
modules {{
    detail {{
        filename = {place}/detail
        header = "%t"
        permissions = 0644
    }}
    detail reply_log {{
        filename = {place}/reply-detail
        header = "%t"
        permissions = 0644
    }}
    always ok {{
        rcode = ok
    }}
}}
client everywhere {{
    ipaddr = 0.0.0.0/0
    secret = {_SECRET}
}}
server default {{
    listen {{
        type = acct
        ipaddr = {SERVER}
        port = 1813
    }}
    listen {{
        type = auth
        ipaddr = {SERVER}
        port = 1812
    }}
    authorize {{
        update control {{
            Auth-Type := Accept
        }}
        update reply {{
            Framed-IP-Address := "%{{Framed-IP-Address}}"
            Framed-Protocol := PPP
        }}
    }}
    accounting {{
        detail
        ok
    }}
    post-auth {{
        reply_log
    }}
}}
"""


def _packets() -> tuple[list[str], int]:
    """Accounting requests as radclient takes them, and how many of them say that an address was given."""
    requests = [_session(number, user, status) for number, user in enumerate(_USERS) for status in _STATUSES]
    others = [
        "Acct-Status-Type = Accounting-On",
        _session(9, "waiting@isp.example", "Start", address=False),
        "Acct-Status-Type = Accounting-Off",
    ]
    return requests + others, len(requests)


_STATUSES = ("Start", "Interim-Update", "Stop")


def _session(number: int, user: str, status: str, *, address: bool = True) -> str:
    """One request of a session: every third one has an IPv6 address alone, and each other a prefix beside."""
    at = 1_780_000_000 + 3600 * number + 600 * _STATUSES.index(status)
    lines = [
        f'User-Name = "{user}"',
        f"Acct-Status-Type = {status}",
        f'Acct-Session-Id = "s{number}"',
        f'Calling-Station-Id = "00-00-5E-00-53-{number:02X}"',
        f"Event-Timestamp = {at}",
    ]
    if address and number % 3 == 2:
        lines.append(f"Framed-IPv6-Address = {CLIENTS6[number]}")
    elif address:
        lines += [f"Framed-IP-Address = {CLIENTS[number]}", f"Framed-IPv6-Prefix = 2001:db8:{number:x}::/64"]
    return "\n".join(lines)


def _send(packets: list[str], what: str, port: int) -> None:
    text = "\n\n".join(f"{packet}\nNAS-IP-Address = {COLLECTOR}" for packet in packets) + "\n"
    command = ["radclient", "-c", "1", "-p", "1", "-r", "3", "-t", "3", f"{SERVER}:{port}", what, _SECRET]
    done = subprocess.run(
        command, input=text.encode(), capture_output=True, env={"PATH": PATH, "TZ": ZONE}, check=False, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"radclient: {done.stderr.decode(errors='replace')}")


def _is_ready(place: Path) -> bool:
    return b"Ready to process requests" in (place / "freeradius.output").read_bytes()


def _run(place: Path, zone: str, name: str) -> list[Log]:
    own = place / name
    own.mkdir()
    config = own / "radiusd.conf"
    config.write_text(configuration(own, zone))
    (own / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
    command = ["freeradius", "-f", "-l", "stdout", "-s", "-d", str(own)]
    packets, records = _packets()
    logins = [
        f'User-Name = "{user}"\nUser-Password = "x"\nFramed-IP-Address = {CLIENTS[number]}'
        for number, user in enumerate(_USERS)
    ]
    with running(command, own, lambda: _is_ready(own), {"TZ": zone}):
        _send(packets, "acct", 1813)
        _send(logins, "auth", 1812)
    accounting, replies = ((own / file).read_bytes() for file in ("detail", "reply-detail"))
    written = config.read_text().replace(str(own), "DIR")
    is_local = zone != "UTC"
    return [
        Log(
            "radius-detail",
            f"real-freeradius-{name}-accounting.log",
            accounting,
            records,
            0,
            written,
            "Event-Timestamp names its zone by letters, which say no offset." if is_local else "",
            {"timezone": "+05:30"} if is_local else {},
            len(packets) - records + accounting.count(b"\n\n"),
        ),
        Log(
            "radius-detail",
            f"real-freeradius-{name}-replies.log",
            replies,
            len(logins),
            0,
            written,
            "An answer says when it was sent in `Timestamp` alone.",
            {},
            replies.count(b"\n\n"),
        ),
    ]


def collect(place: Path) -> list[Log]:
    """The detail files of an instance in local time, and of one in UTC."""
    return [*_run(place, ZONE, "local"), *_run(place, "UTC", "utc")]
