"""BIND 9: its query log in three layouts, and its RPZ log."""

from dataclasses import replace
from pathlib import Path

from .addresses import NAMESERVER, NAMESERVER6, client_of
from .logs import Log
from .questions import Question, every, labels_of
from .resolver import ask_all, send_garbage
from .server import listens, running

PACKAGES = ("bind9",)
PROGRAMS = ("named",)
_CHANNELS = {
    "time": "print-time yes; print-severity no; print-category no;",
    "all": "print-time yes; print-severity yes; print-category yes;",
    "iso8601-utc": "print-time iso8601-utc; print-severity yes; print-category yes;",
    "iso8601": "print-time iso8601; print-severity no; print-category yes;",
}
_LOCAL_TIME = ("time", "all", "iso8601")
_DROPPED = "drop.example"
_SAYS = {
    "time": "`print-time yes` is local time without a zone, which a reader must declare.",
    "all": "`print-time yes` is local time without a zone, which a reader must declare.",
    "iso8601-utc": "`print-time iso8601-utc`.",
    "iso8601": "`print-time iso8601` is local time without a zone, which a reader must declare.",
}
ZONE = """\
$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 203.0.113.53
"""
_EXAMPLE = (
    ZONE
    + """\
news A 203.0.113.80
news AAAA 2001:db8:5::80
flagged A 203.0.113.66
www.flagged CNAME flagged
notflagged A 203.0.113.80
by-address A 203.0.113.99
*.news A 203.0.113.80
passthru A 203.0.113.80
"""
)
_RPZ = (
    ZONE
    + """\
flagged.example CNAME .
*.flagged.example CNAME .
nodata.example CNAME *.
passthru.example CNAME rpz-passthru.
drop.example CNAME rpz-drop.
tcp.example CNAME rpz-tcp-only.
local.example A 203.0.113.1
local.example TXT "seized"
walled.example CNAME wall.test.
*.wild.example CNAME *.wall.test.
32.99.113.0.203.rpz-ip CNAME .
32.200.2.0.192.rpz-client-ip CNAME .
"""
)
_WATCH = ZONE + "watched.example CNAME .\n"
_TRIGGER_CLIENT = "192.0.2.200"


def configuration(place: Path) -> str:
    """The named.conf of a private instance: authoritative for the root, so that it asks nobody."""
    channels = "\n".join(
        f'    channel {kind}-{name} {{ file "{place}/{kind}-{name}.log"; severity info; {prints} }};'
        for kind in ("query", "rpz")
        for name, prints in _CHANNELS.items()
    )
    queries = " ".join(f"query-{name};" for name in _CHANNELS)
    rewrites = " ".join(f"rpz-{name};" for name in _CHANNELS)
    zones = "\n".join(
        f'    zone "{zone}" {{ type primary; file "{place}/{file}"; }};'
        for zone, file in (
            (".", "root.zone"),
            ("example", "example.zone"),
            ("rpz.test", "rpz.zone"),
            ("watch.test", "watch.zone"),
        )
    )
    return f"""\
options {{
    directory "{place}";
    pid-file "{place}/named.pid";
    session-keyfile none;
    listen-on port 53 {{ {NAMESERVER}; }};
    listen-on-v6 port 53 {{ {NAMESERVER6}; }};
    dnssec-validation no;
    notify no;
    querylog yes;
    recursion yes;
    allow-recursion {{ any; }};
    response-policy {{ zone "watch.test" policy disabled; zone "rpz.test"; }} qname-wait-recurse no;
}};
controls {{ }};
logging {{
{channels}
    channel general {{ file "{place}/general.log"; severity info; }};
    category default {{ general; }};
    category queries {{ {queries} }};
    category rpz {{ {rewrites} }};
    category rpz-passthru {{ {rewrites} }};
}};
view "office" {{
    match-clients {{ 192.0.2.0/24; 2001:db8:c::/48; }};
{zones}
}};
view "guests" {{
    match-clients {{ any; }};
    zone "." {{ in-view "office"; }};
    zone "example" {{ in-view "office"; }};
    zone "rpz.test" {{ type primary; file "{place}/rpz.zone"; }};
    zone "watch.test" {{ type primary; file "{place}/watch.zone"; }};
}};
"""


def _rewritten(question: Question) -> bool:
    """Whether the policy zone has an answer to it, so that the RPZ log has a line."""
    exact = {"flagged.example", "nodata.example", "passthru.example", _DROPPED, "tcp.example", "local.example"}
    name = question.name
    by_name = name in exact | {"walled.example", "by-address.example", "watched.example"} or name.endswith(
        (".flagged.example", ".wild.example")
    )
    asks_for_recursion = bool(question.flags & 0x0100)
    return asks_for_recursion and (by_name or question.client == _TRIGGER_CLIENT)


def questions() -> list[Question]:
    """The usual questions, and one or two for each RPZ policy and trigger."""
    names = ("nodata", "passthru", "drop", "tcp", "local", "walled", "deep.wild", "by-address", "watched")
    policies = [Question(labels_of(f"{name}.example"), "A", client_of(200 + n)) for n, name in enumerate(names)]
    policies += [Question(labels_of("local.example"), "TXT", client_of(300))]
    policies += [Question(labels_of("news.example"), "A", _TRIGGER_CLIENT)]
    policies += [replace(policies[0], client=client_of(301, v6=True)), replace(policies[1], client=client_of(302))]
    return [*every(), *policies, Question(labels_of("version.bind"), "TXT", client_of(303), chaos=True)]


def _is_ready(place: Path) -> bool:
    """Whether it listens, and has taken in both policy zones for both views: until then it rewrites nothing."""
    log = place / "general.log"
    return log.exists() and log.read_text().count("reload done: success") == 4 and listens(NAMESERVER, 53)


def collect(place: Path) -> list[Log]:
    """The query log in each layout, and the RPZ log in each."""
    config = place / "named.conf"
    config.write_text(configuration(place))
    (place / "root.zone").write_text(ZONE)
    (place / "example.zone").write_text(_EXAMPLE)
    (place / "rpz.zone").write_text(_RPZ)
    (place / "watch.zone").write_text(_WATCH)
    asked = questions()
    with running(["named", "-f", "-n", "1", "-c", str(config)], place, lambda: _is_ready(place)):
        ask_all(asked, NAMESERVER, NAMESERVER6, silent=frozenset({_DROPPED}))
        send_garbage(client_of(1), NAMESERVER)
    rewritten = [question for question in asked if _rewritten(question)]
    return [
        Log(
            "bind",
            f"real-bind-{kind}-{name}.log",
            (place / f"{kind}-{name}.log").read_bytes(),
            len(counted),
            sum(question.visits for question in counted),
            config.read_text() + "\n; the policy zone\n" + _RPZ,
            _SAYS[name],
            {"timezone": "+05:30"} if name in _LOCAL_TIME else {},
        )
        for kind, counted in (("query", asked), ("rpz", rewritten))
        for name in _CHANNELS
    ]
