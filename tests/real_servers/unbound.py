"""Unbound: its query and reply log in three layouts, and its RPZ log in two."""

from pathlib import Path

from .addresses import NAMESERVER, NAMESERVER6, UPSTREAM, client_of
from .logs import Log
from .nameserver import nameserver
from .questions import Question, every, labels_of
from .resolver import ask_all, send_garbage
from .server import listens, running, this_year

PACKAGES = ("unbound",)
PROGRAMS = ("unbound",)
_DROPPED = "drop.example"
_RPZ = """\
$ORIGIN rpz.test.
$TTL 60
@ SOA ns.example. hostmaster.example. 1 60 60 60 60
@ NS ns.example.
flagged.example CNAME .
*.flagged.example CNAME .
nodata.example CNAME *.
passthru.example CNAME rpz-passthru.
drop.example CNAME rpz-drop.
tcp.example CNAME rpz-tcp-only.
local.example A 203.0.113.1
walled.example CNAME wall.example.
32.200.2.0.192.rpz-client-ip CNAME .
"""
_TRIGGER_CLIENT = "192.0.2.200"
_POLICY = """\
rpz:
    name: "rpz.test"
    zonefile: "DIR/rpz.zone"
    rpz-log: yes
    rpz-log-name: "unit-list"
"""
_TAGGED = "log-queries: yes\n    log-replies: yes\n    log-tag-queryreply: yes"
# (name, what to log, lines a question, with the policy zone)
_LAYOUTS = (
    ("queries", "log-queries: yes", 1, False),
    ("replies", "log-replies: yes\n    log-tag-queryreply: yes", 1, False),
    ("untagged", "log-queries: yes\n    log-replies: yes", 2, False),
    ("ascii", f"{_TAGGED}\n    log-time-ascii: yes", 2, False),
    ("rpz", "log-queries: no", 0, True),
    ("rpz-ascii", "log-queries: yes\n    log-time-ascii: yes", 1, True),
)


def configuration(place: Path, what: str, *, policy: bool) -> str:
    """The unbound.conf of a private instance, which asks nobody but the made-up name server."""
    return f"""\
server:
    directory: "{place}"
    chroot: ""
    username: ""
    pidfile: "{place}/unbound.pid"
    use-syslog: no
    logfile: "{place}/unbound.log"
    do-daemonize: no
    num-threads: 1
    interface: {NAMESERVER}
    interface: {NAMESERVER6}
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    do-not-query-localhost: no
    outgoing-interface: {NAMESERVER}
    module-config: "{"respip " if policy else ""}iterator"
    {what}
remote-control:
    control-enable: no
forward-zone:
    name: "."
    forward-addr: {UPSTREAM}
{_POLICY.replace("DIR", str(place)) if policy else ""}"""


def questions() -> list[Question]:
    """The usual questions, and one for each RPZ policy and trigger."""
    names = ("nodata", "passthru", "drop", "tcp", "local", "walled")
    policies = [Question(labels_of(f"{name}.example"), "A", client_of(400 + n)) for n, name in enumerate(names)]
    policies += [Question(labels_of("nodata.example"), "AAAA", client_of(410, v6=True))]
    policies += [Question(labels_of("news.example"), "A", _TRIGGER_CLIENT)]
    return every() + policies


def _rewritten(question: Question) -> bool:
    """Whether the policy zone has an answer to it, so that a line is written."""
    exact = {f"{name}.example" for name in ("flagged", "nodata", "passthru", "drop", "tcp", "local", "walled")}
    by_name = question.name in exact or question.name.endswith(".flagged.example")
    return by_name or question.client == _TRIGGER_CLIENT


def _run(place: Path, name: str, what: str, lines: int, policy: bool) -> Log:
    own = place / name
    own.mkdir()
    config = own / "unbound.conf"
    config.write_text(configuration(own, what, policy=policy))
    (own / "rpz.zone").write_text(_RPZ)
    asked = questions()
    with running(["unbound", "-d", "-c", str(config)], own, lambda: listens(NAMESERVER, 53)):
        ask_all(asked, NAMESERVER, NAMESERVER6, silent=frozenset({_DROPPED}) if policy else frozenset())
        send_garbage(client_of(1), NAMESERVER)
    counted = asked * lines + [question for question in asked if policy and _rewritten(question)]
    content = (own / "unbound.log").read_bytes()
    return Log(
        "unbound",
        f"real-unbound-{name}.log",
        content,
        len(counted),
        sum(question.visits for question in counted),
        config.read_text().replace(str(own), "DIR") + ("\n# the policy zone\n" + _RPZ if policy else ""),
        "The lines of start and stop are no records.",
        {"timezone": "+05:30", "year": this_year()} if "ascii" in name else {},
        content.count(b"\n") - len(counted),
    )


def collect(place: Path) -> list[Log]:
    """One log per layout, each of an instance of its own."""
    with nameserver():
        return [_run(place, *layout) for layout in _LAYOUTS]
