"""`frontend/gallery.html`, filled with invented rows and served as the web app serves its pages: under the same policy.

`python -m tests.web.gallery [PORT]` serves it to be looked at.
"""

import json
import random
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType

from sightline.translation.messages import format_script_words
from sightline.web.middleware import POLICY

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/sightline/web/static"
TYPES = {"svg": "image/svg+xml", "css": "text/css", "js": "text/javascript", "woff2": "font/woff2"}
TILES = tomllib.loads((ROOT / "src/sightline/stages/report/tiles.toml").read_text(encoding="utf-8"))["tile"]
LEADS = {"IN-KL": 301, "IN-MH": 187, "IN-TN": 163, "IN-KA": 135, "IN-RJ": 128, "IN-DL": 106, "IN-GJ": 92, "IN-UP": 90}
LEADS |= {"IN-WB": 61, "IN-PB": 24, "IN-AS": 12, "IN-GA": 7, "IN-BR": 3, "IN-CH": 1}
SITES = (("site 0412", 17, 14), ("site 0097", 8, 6), ("site 0097", 11, 8), ("site 1180", 12, 3))
DISTRICTS: tuple[tuple[str, float, float, int, int], ...] = (
    ("Ernakulam", 9.98, 76.28, 40, 121),
    ("Pune", 18.52, 73.86, 60, 88),
    ("Jaipur", 26.91, 75.79, 120, 61),
)
DISTRICTS += (("Chennai", 13.08, 80.27, 35, 90), ("Kamrup", 26.14, 91.74, 160, 12), ("Thrissur", 10.52, 76.21, 75, 31))


def _row(label: str, href: str, value: int | str, text: str = "", *, kind: str = "", code: str | None = None) -> str:
    first = "" if code is None else f'<td data-value="{code}">{code}</td>'
    return (
        f'<tr class="{kind}">{first}<th scope="row"><a href="{href}">{label}</a></th>'
        f'<td class="n" data-value="{value}">{text or f"{value:,}"}</td></tr>'
    )


def states() -> Iterator[str]:
    """Leads of states, and of what is no state."""
    names = {tile["code"]: tile["name"] for tile in TILES}
    for code, leads in LEADS.items():
        yield _row(names[code], f"#{code}", leads, code=code)
    yield _row("Undetermined", "#undetermined", 431, kind="undetermined", code="")
    yield _row("Relays and hosting", "#relays", 122, code="")


def days() -> Iterator[str]:
    """A month of visits, two days of it without a record, the last not over."""
    dice = random.Random(7)
    first = date(2019, 9, 20)
    for number in range(30):
        day = first + timedelta(number)
        count = int(120 + 60 * abs(number - 15) ** 0.6 + dice.randrange(90))
        value, text = ("", "no record") if number in {12, 13} else (count, f"{count}")
        kind = "so-far" if number == 29 else ""
        yield (
            f'<tr class="{kind}"><td data-value="{day}"><a href="#day-{number}">{day:%d %b %Y}</a></td>'
            f'<td class="n" data-value="{value}">{text}</td></tr>'
        )


def hours() -> Iterator[str]:
    """Visits by hour and weekday: evenings, more of them at the week's end."""
    dice = random.Random(11)
    for weekday, name in enumerate("Mon Tue Wed Thu Fri Sat Sun".split(), 1):
        for hour in range(24):
            count = int(max(0, 60 - 9 * abs(hour - 22)) * (1.7 if weekday > 5 else 1)) + dice.randrange(4)
            yield (
                f'<tr><td data-value="{hour}"><a href="#h{weekday}-{hour}">{hour:02}:00</a></td>'
                f'<td data-value="{weekday}">{name}</td><td class="n" data-value="{count}">{count}</td></tr>'
            )


def _visits() -> list[tuple[datetime, str]]:
    dice = random.Random(3)
    entries = [
        (datetime(2019, 10, day, 20, 40) + timedelta(minutes=dice.randrange(140)), site)
        for site, day, number in SITES
        for _ in range(number)
    ]
    return sorted(entries)


def timeline() -> Iterator[str]:
    """Visits to three sites, each with a link to its raw line."""
    for number, (when, site) in enumerate(_visits()):
        yield (
            f'<tr><td data-value="{when.isoformat()}+05:30"><a href="#line-{number}">{when:%d %b %H:%M}</a></td>'
            f"<td>{site}</td><td>GET, 184 KB</td></tr>"
        )


def raw() -> Iterator[str]:
    """The raw lines that the timeline's marks go to, masked."""
    for number, (when, site) in enumerate(_visits()):
        yield (
            f'<li id="line-{number}" tabindex="-1">{when} +05:30  <span class="mask">203.0.113.•••:51•••</span>  GET '
            f"{site} /…  200"
            f"<small>server.log.gz · line {1_204_551 + number:,} · byte {231_220_914 + 189 * number:,}</small></li>"
        )


def districts() -> Iterator[str]:
    """Leads of districts with their middle and how sure it is."""
    for name, lat, lon, radius, leads in DISTRICTS:
        cells = "".join(f'<td class="n" data-value="{one}">{one}</td>' for one in (lat, lon, radius, leads))
        yield f'<tr><th scope="row"><a href="#{name}">{name}</a></th>{cells}</tr>'
    none = '<td data-value=""></td>' * 3
    yield (
        f'<tr class="undetermined"><th scope="row"><a href="#none">Undetermined</a></th>{none}<td class="n" '
        'data-value="40">40</td></tr>'
    )


def outlines() -> dict[str, object]:
    """A blot for each tile, none of them a real border; every second one wound the other way, as files come."""
    dice = random.Random(5)
    features = []
    for index, tile in enumerate(TILES):
        west, north = 73.4 + 2.9 * tile["x"], 30.3 - 2.9 * tile["y"]
        small = 0.1 if tile["code"] in {"IN-CH", "IN-GA"} else 1
        wobble = [1.2 + 0.5 * dice.random() for _ in range(10)]
        turned = [(0, 1), (0.59, 0.81), (0.95, 0.31), (0.95, -0.31), (0.59, -0.81), (0, -1)]
        turned += [(-0.59, -0.81), (-0.95, -0.31), (-0.95, 0.31), (-0.59, 0.81)]
        ring = [[west + x * far * small, north + y * far * small] for (x, y), far in zip(turned, wobble, strict=True)]
        ring.append(ring[0])
        geometry = {"type": "Polygon", "coordinates": [ring[:: 1 if index % 2 else -1]]}
        named = {"code": tile["code"], "name": tile["name"]}
        features.append({"type": "Feature", "properties": named, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def tiles() -> list[dict[str, object]]:
    """The squares of the states, as the web app gives them."""
    return [{"code": tile["code"], "short": tile["code"][3:], "x": tile["x"], "y": tile["y"]} for tile in TILES]


FILLED: dict[str, Callable[[], Iterator[str]]] = {
    made.__name__: made for made in (states, days, hours, timeline, raw, districts)
}
REFUSED = '<div class="failed" role="alert"><h1>Not allowed</h1><p class="id">Journal entry J-1</p></div>'
PART = (
    '<figure class="chart" data-chart="bars" id="swapped-in"><figcaption><h2>Swapped in</h2></figcaption><table><tbody>'
    + _row("Example Fibre", "#a", 4)
    + "</tbody></table></figure>"
)
EVENTS = 'data: <tr id="src-1"><td>21:04:11</td><td>gateway.example</td><td class="n">9,999</td></tr>\n\n'
EVENTS += 'data: <tr id="src-2"><td>21:04:11</td><td>dns.example</td><td class="n">17</td></tr>\n\n'


def page() -> str:
    """The gallery with its rows."""
    template = (ROOT / "frontend/gallery.html").read_text(encoding="utf-8")
    template = template.replace("<html ", f'<html data-words="{escape(format_script_words("en"))}" ', 1)
    for name, made in FILLED.items():
        template = template.replace(f"<!--{name}-->", "\n".join(made()))
    return template


class _Gallery(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answers: dict[str, Callable[[], tuple[str, str]]] = {
            "/": lambda: ("text/html", page()),
            "/part": lambda: ("text/html", PART),
            "/outlines.json": lambda: ("application/json", json.dumps(outlines())),
            "/tiles.json": lambda: ("application/json", json.dumps(tiles())),
            "/events": lambda: ("text/event-stream", "retry: 600000\n\n" + EVENTS),
        }
        if path in answers:
            kind, content = answers[path]()
            self._answer(200, kind, content.encode())
        elif (file := STATIC / path.removeprefix("/static/")).is_file() and path.startswith("/static/"):
            self._answer(200, TYPES.get(file.suffix[1:], "text/plain"), file.read_bytes())
        else:
            self._answer(204 if path == "/none.json" else 404, "text/plain", b"")

    def do_POST(self) -> None:
        has_token = self.headers.get("X-Form-Token") == "invented-token"
        where = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"} if has_token else {}
        self._answer(403, "text/html", REFUSED.encode(), where)

    def _answer(self, status: int, kind: str, body: bytes, more: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(port: int = 0) -> Iterator[str]:
    """The address of the gallery, for as long as the context is open."""
    with ThreadingHTTPServer(("127.0.0.1", port), _Gallery) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


if __name__ == "__main__":
    with served(int(sys.argv[1]) if len(sys.argv) > 1 else 8765) as address:
        print(address)
        Event().wait()
