"""A room walked by its links, as an officer of a role: every page that one can come to, and what each offers.

Pages are asked for over HTTP, without a browser: a link or a form that the officer's role is refused is found so.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from sightline.casework.access import POLICY
from sightline.records import Role
from sightline.web.house import ROOMS
from sightline.web.visit import Way

WAYS = [way for each in ROOMS for way in each.ways]
NO_PAGE = re.compile(r"\.(json|pdf|csv)$|/events$")
"""Files, and what never ends."""
OF_THE_DOOR = frozenset({"/look", "/sign-out"})
MOST_NAMES = 1
"""Of pages that a query narrows, those that one name narrows are walked: not each with each."""


class Offers(HTMLParser):
    """What a page leads to: `links` by GET, `acts` by POST."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.acts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag == "form" and said.get("method", "get").lower() == "post":
            self.acts.append(said.get("action", ""))
        self.acts += [said[name] for name in ("formaction", "hx-post") if name in said]
        self.links += [said[name] for name in ("hx-get", "data-live") if name in said]


@dataclass
class Walk:
    """What one officer came to: the page of each way that was found first, and what is wrong on the way."""

    role: Role
    found: dict[str, str] = field(default_factory=dict)
    acts: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def way_of(path: str, method: str = "GET") -> Way | None:
    """The declared way that an address is of; a fixed one before one with an id."""
    bare = urlsplit(path).path
    ways = sorted((one for one in WAYS if one.method == method), key=lambda one: one.path.count("{"))
    return next((one for one in ways if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one.path), bare)), None)


def walked(client: httpx2.Client, role: Role, more: Iterable[str] = ()) -> Walk:
    """Follow every link from Home, and from the pages `more`, to one page of each way and of each way to narrow it."""
    walk, seen = Walk(role), set[tuple[str, frozenset[str]]]()
    waiting = deque([("/", "itself"), *((one, "an act") for one in more)])
    while waiting:
        path, told_by = waiting.popleft()
        way = way_of(path)
        if way is None:
            walk.wrong.append(f"{told_by} leads to {path}, which is no page")
            continue
        names = frozenset(name for name, _ in parse_qsl(urlsplit(path).query))
        if (way.path, names) in seen or (len(names) > MOST_NAMES and way.path in walk.found) or "/events" in path:
            continue
        seen.add((way.path, names))
        answer = client.get(path)
        if answer.status_code not in {200, 204}:
            walk.wrong.append(f"{told_by} leads to {path}, which answers {answer.status_code}")
            continue
        walk.found.setdefault(way.path, path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        offers = Offers(answer.text)
        waiting.extend((one, path) for one in _own(path, offers.links))
        for act in _acts(path, offers.acts):
            declared = way_of(act, "POST")
            if declared is None or role not in POLICY[declared.action]:
                walk.wrong.append(f"{path} offers {act}, which the {role} may not do")
            else:
                walk.acts.add(declared.path)
    return walk


def _own(path: str, links: Iterable[str]) -> Iterator[str]:
    for one in links:
        if not one.startswith(("#", "http", "data:", "blob:")):
            yield urljoin(path, one).partition("#")[0]


def _acts(path: str, acts: Iterable[str]) -> Iterator[str]:
    for one in acts:
        whole = urljoin(path, one) if one else urlsplit(path).path
        if urlsplit(whole).path not in OF_THE_DOOR:
            yield whole
