"""The logs of `demo/`: one invented fortnight as Squid, BIND and nginx wrote it, their clocks led by libfaketime."""

import gzip
import random
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from . import bind, clock, nginx, squid
from .addresses import NAMESERVER, NAMESERVER6, SERVER, SERVER6
from .browser import send
from .clock import Clock
from .logs import Log, is_flagged
from .nameserver import nameserver
from .origin import origin
from .questions import Question, labels_of
from .requests import AGENTS, Request, get, odd
from .resolver import ask
from .server import listens, running
from .world import Visit, places, visits

PACKAGES = ("squid", "bind9", "nginx", clock.PACKAGE)
PROGRAMS = ("squid", "named", "nginx")
SEIZED = "board.example"
_SEIZED_PATHS = ("/", "/rooms/open", "/rooms/open?page=2", "/rooms/closed", "/rooms/closed/41", "/rooms/closedown")
_ASSETS = ("/style.css", "/logo.png", "/favicon.ico", "/robots.txt")
_SAYS = "The clock that it went by was led through 1 to 14 June 2026 by libfaketime."


def _proxy(place: Path, made: list[Visit]) -> Log:
    place.mkdir()
    place.chmod(0o777)
    config = place / "squid.conf"
    config.write_text(squid.configuration(place, strip_query=False))
    now = Clock(place / "clock")
    now.set(made[0].at)
    log = place / "cache.log"
    with ExitStack() as stack:
        stack.enter_context(nameserver(places()))
        stack.enter_context(origin(""))
        command = ["squid", "-N", "-f", str(config)]
        stack.enter_context(running(command, place, lambda: squid.accepts(log), now.environment))
        for visit in made:
            now.set(visit.at)
            raw = _through_proxy(visit)
            send(Request(raw, visit.client), SERVER6 if ":" in visit.client else SERVER, squid.PORT)
    content = (place / "access.log").read_bytes()
    return _log("proxy-squid.log.gz", gzip.compress(content, mtime=0), made, config)


def _through_proxy(visit: Visit) -> bytes:
    if visit.tunnel:
        return get(f"{visit.name}:443", f"{visit.name}:443", method="CONNECT")
    return get(visit.name, f"http://{visit.name}{visit.path}")


def _resolver(place: Path, made: list[Visit]) -> Log:
    place.mkdir()
    config = place / "named.conf"
    config.write_text(_name_place(place))
    (place / "root.zone").write_text(bind.ZONE + "* A 203.0.113.90\n")
    named = [visit for visit in made if not visit.host[0].isdigit()]
    now = Clock(place / "clock")
    now.set(named[0].at)
    command = ["named", "-f", "-n", "1", "-c", str(config)]
    with running(command, place, lambda: listens(NAMESERVER, 53), now.environment):
        for number, visit in enumerate(named, 1):
            now.set(visit.at)
            question = Question(labels_of(visit.name), "AAAA" if number % 4 == 0 else "A", visit.client)
            ask(question, NAMESERVER6 if ":" in visit.client else NAMESERVER, number)
    content = (place / "query.log").read_bytes()
    return _log("resolver-bind.log", content, named, config)


def _name_place(place: Path) -> str:
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
}};
controls {{ }};
logging {{
    channel queries {{
        file "{place}/query.log";
        severity info;
        print-time yes; print-severity yes; print-category yes;
    }};
    category queries {{ queries; }};
}};
zone "." {{ type primary; file "{place}/root.zone"; }};
"""


def _seized(place: Path, made: list[Visit]) -> Log:
    place.mkdir()
    config = place / "nginx.conf"
    _write_site(place / "root")
    now = Clock(place / "clock")
    now.set(made[0].at)
    config.write_text(nginx.configuration(place, now.environment))
    sent = _to_seized(made)
    command = ["nginx", "-c", str(config), "-p", str(place)]
    with running(command, place, lambda: listens(SERVER, nginx.PORT), now.environment):
        for visit, request in sent:
            now.set(visit.at)
            send(request, SERVER6 if request.v6 else SERVER, nginx.PORT)
    content = (place / "combined.log").read_bytes()
    flagged = sum(request.visits(shows_host=False) for _, request in sent)
    text = config.read_text().replace(str(place), "DIR")
    return Log("demo", "seized-nginx.log", content, len(sent), flagged, text, _SAYS)


def _write_site(root: Path) -> None:
    for path in ("", "rooms/open", "rooms/closed/41", "rooms/closedown"):
        (root / path).mkdir(parents=True, exist_ok=True)
    for folder in [root, *root.rglob("*/")]:
        (folder / "index.html").write_text("<h1>a room</h1>\n")
    for asset in _ASSETS[:2]:
        (root / asset.lstrip("/")).write_text("made up\n")


def _to_seized(made: list[Visit]) -> list[tuple[Visit, Request]]:
    """Each third visit made at the seized server instead, its pictures, odd requests, and probes for an open proxy."""
    chance = random.Random(41)
    strange = iter(odd())
    sent: list[tuple[Visit, Request]] = []
    for number, visit in enumerate(made[::3]):
        agent = chance.choice(AGENTS)
        path = chance.choice(_SEIZED_PATHS)
        sent.append((visit, Request(get(SEIZED, path, agent=agent), visit.client)))
        if number % 4 == 0:
            came_from = (f"Referer: http://{SEIZED}{path}",)
            sent.append(
                (visit, Request(get(SEIZED, chance.choice(_ASSETS), agent=agent, headers=came_from), visit.client))
            )
        if number % 20 == 10 and (request := next(strange, None)):
            sent.append((visit, replace(request, client=visit.client)))
        if number % 40 == 5:
            host = chance.choice(("flagged.example", "news.example", "quiet.example"))
            sent.append((visit, Request(get(host, f"http://{host}/"), visit.client, host, host)))
    return sent


def _log(name: str, content: bytes, made: list[Visit], config: Path) -> Log:
    text = config.read_text().replace(str(config.parent), "DIR")
    flagged = sum(is_flagged(visit.host) for visit in made)
    return Log("demo", name, content, len(made), flagged, text, _SAYS)


def collect(place: Path) -> list[Log]:
    """The proxy's, the resolver's and the seized server's log."""
    made = visits()
    return [_proxy(place / "squid", made), _resolver(place / "bind", made), _seized(place / "nginx", made)]
