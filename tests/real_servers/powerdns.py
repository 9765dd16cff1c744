"""PowerDNS recursor: its query log, structured (since 4.8) and plain (before)."""

from pathlib import Path

from .addresses import NAMESERVER, NAMESERVER6, UPSTREAM, client_of
from .logs import Log
from .nameserver import nameserver
from .questions import Question, every, labels_of
from .resolver import ask_all, send_garbage
from .server import listens, running, this_year, wait_for

PACKAGES = ("pdns-recursor",)
PROGRAMS = ("pdns_recursor",)


def configuration(place: Path, *, structured: bool) -> str:
    """The recursor.conf of a private instance, which asks nobody but the made-up name server."""
    return f"""\
config-dir={place}
socket-dir={place}
local-address={NAMESERVER}, [{NAMESERVER6}]
query-local-address={NAMESERVER}
allow-from=0.0.0.0/0, ::/0
forward-zones-recurse=.={UPSTREAM}
dont-query=
dnssec=off
security-poll-suffix=
quiet=no
loglevel=6
structured-logging={"yes" if structured else "no"}
disable-syslog=yes
threads=1
write-pid=no
setuid=
"""


def _cached() -> list[Question]:
    """What was asked before in the same words, but for their case: the packet cache answers it."""
    repeated = [question for question in every() if question.name == "news.example" and question.type == "A"][1:]
    upper = Question(labels_of("FLAGGED.example"), "AAAA", client_of(601, v6=True))
    return [*repeated, Question(labels_of("flagged.example"), "A", client_of(600)), upper]


def _says_whole(content: bytes, last: bytes) -> bool:
    return last in content and content.endswith(b"\n")


def _run(place: Path, name: str, *, structured: bool) -> Log:
    own = place / name
    own.mkdir()
    config = own / "recursor.conf"
    config.write_text(configuration(own, structured=structured))
    cached = _cached()
    fresh = [question for question in every() if question not in cached]
    asked = fresh + cached
    command, words = ["pdns_recursor", f"--config-dir={own}", "--daemon=no"], own / "pdns_recursor.words"
    with running(command, own, lambda: listens(NAMESERVER, 53)):
        ask_all(asked, NAMESERVER, NAMESERVER6)
        send_garbage(client_of(1), NAMESERVER)
        # It writes a line in pieces: ended before the last one, it leaves a line that does not end.
        wait_for("its words of the empty packet", lambda: _says_whole(words.read_bytes(), b"too-short"))
    content = words.read_bytes()
    counted = fresh * 2 + cached if structured else fresh
    return Log(
        "powerdns",
        f"real-powerdns-{name}.log",
        content,
        len(counted),
        sum(question.visits for question in counted),
        config.read_text().replace(str(own), "DIR"),
        "Question and answer are a record each, a question that the packet cache answered is one."
        if structured
        else (
            "`structured-logging=no`, as before 4.8; answers name no client, and what the packet cache answered has no "
            "name: comments."
        ),
        {} if structured else {"timezone": "+05:30", "year": this_year()},
        content.count(b"\n") - len(counted),
    )


def collect(place: Path) -> list[Log]:
    """One log per layout, each of an instance of its own."""
    with nameserver():
        return [_run(place, "structured", structured=True), _run(place, "plain", structured=False)]
