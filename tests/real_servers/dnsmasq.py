"""dnsmasq: `log-queries` and `log-queries=extra` with block lists, to a file."""

from pathlib import Path

from .addresses import NAMESERVER, NAMESERVER6, UPSTREAM, client_of
from .logs import Log
from .nameserver import nameserver
from .questions import Question, every, labels_of
from .resolver import ask_all, send_garbage
from .server import listens, running, this_year

PACKAGES = ("dnsmasq-base",)
PROGRAMS = ("dnsmasq",)
_HOSTS = "0.0.0.0 hosted.example\n:: hosted.example\n0.0.0.0 ads.example\n203.0.113.20 printer.example\n"


def configuration(place: Path, what: str) -> str:
    """The dnsmasq.conf of a private instance: one block list as hosts, one as `address=`."""
    return f"""\
no-daemon
{what}
log-facility={place}/dnsmasq.log
pid-file={place}/dnsmasq.pid
user=root
bind-interfaces
listen-address={NAMESERVER}
listen-address={NAMESERVER6}
no-resolv
no-poll
server={UPSTREAM}
addn-hosts=blocked.hosts
address=/blocked.example/
address=/blocked.example/0.0.0.0
server=/nowhere.example/
cname=alias.example,printer.example
host-record=record.example,203.0.113.21
txt-record=text.example,"a, b"
"""


def questions() -> list[Question]:
    """The usual questions, and those that lists and local answers decide."""
    asked = (
        ("localhost", "A"),
        ("hosted.example", "A"),
        ("hosted.example", "AAAA"),
        ("ads.example", "A"),
        ("ads.example", "AAAA"),
        ("blocked.example", "A"),
        ("sub.blocked.example", "AAAA"),
        ("nowhere.example", "A"),
        ("alias.example", "A"),
        ("record.example", "A"),
        ("text.example", "TXT"),
        ("20.113.0.203.in-addr.arpa", "PTR"),
    )
    own = [Question(labels_of(name), type_, client_of(500 + n, v6=n % 3 == 2)) for n, (name, type_) in enumerate(asked)]
    return every() + own


def _run(place: Path, name: str, what: str) -> Log:
    own = place / name
    own.mkdir()
    config = own / "dnsmasq.conf"
    config.write_text(configuration(own, what))
    (own / "blocked.hosts").write_text(_HOSTS)
    asked = questions()
    with running(["dnsmasq", "--conf-file=" + str(config)], own, lambda: listens(NAMESERVER, 53)):
        ask_all(asked, NAMESERVER, NAMESERVER6)
        send_garbage(client_of(1), NAMESERVER)
    content = (own / "dnsmasq.log").read_bytes()
    return Log(
        "dnsmasq",
        f"real-dnsmasq-{name}.log",
        content,
        len(asked),
        sum(question.visits for question in asked),
        config.read_text().replace(str(own), "DIR") + "\n# blocked.hosts\n" + _HOSTS,
        "The `query[TYPE]` lines are the visits; what dnsmasq then did stands in lines of its own.",
        {"timezone": "+05:30", "year": this_year()},
        content.count(b"\n") - len(asked),
    )


def collect(place: Path) -> list[Log]:
    """One log without, and one with, serial numbers and clients in each line."""
    with nameserver():
        return [_run(place, "queries", "log-queries"), _run(place, "extra", "log-queries=extra")]
