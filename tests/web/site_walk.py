"""A room walked by its links, as an officer of a role: every page that one can come to, and what each offers.

Pages are asked for over HTTP, without a browser: a link or a form that the officer's role is refused is found so.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from sightline.casework.permissions.access import POLICY
from sightline.model import Role
from sightline.web.app import PAGE_ROUTERS
from sightline.web.context import RouteSpec

WAYS = [way for page_router in PAGE_ROUTERS for way in page_router.routes]
NO_PAGE = re.compile(r"\.(json|pdf|csv|pub)$|/events$|/files/")
"""Files, and what never ends."""
OF_THE_DOOR = frozenset({"/look", "/sign-out"})
MOST = 3
"""Of the pages of one way, so many are asked for by each officer, the first that are linked to; of files, one."""


class Offers(HTMLParser):
    """What a page leads to: `links` by GET, `acts` by the buttons of forms that POST."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.acts: list[str] = []
        self._form: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "form":
            self._form = attributes.get("action", "") if attributes.get("method", "get").lower() == "post" else None
        if tag == "button" and self._form is not None and attributes.get("type", "submit") == "submit":
            self.acts.append(attributes.get("formaction", self._form))
        self.acts += [attributes[name] for name in ("hx-post",) if name in attributes]
        self.links += [attributes[name] for name in ("hx-get", "data-live") if name in attributes]


@dataclass
class SiteWalk:
    """What officers came to: of each way the pages by which role, the acts that are offered, what is wrong on the way.

    `forms`: of each act one address, and a role to which it was offered.
    """

    found: dict[str, dict[str, Role]] = field(default_factory=dict)
    acts: set[str] = field(default_factory=set)
    forms: dict[str, tuple[str, Role]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    narrowed: set[tuple[str, str]] = field(default_factory=set)


def way_of(path: str, method: str = "GET") -> RouteSpec | None:
    """The declared way that an address is of; a fixed one before one with an id."""
    return _way_of_bare(urlsplit(path).path, method)


@lru_cache(maxsize=4096)
def _way_of_bare(bare: str, method: str) -> RouteSpec | None:
    return next((way for way, pattern in _patterns(method) if pattern.fullmatch(bare)), None)


@cache
def _patterns(method: str) -> list[tuple[RouteSpec, re.Pattern[str]]]:
    ways = sorted((route for route in WAYS if route.method == method), key=lambda one: one.path.count("{"))
    return [(route, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route.path))) for route in ways]


def walk_on(walk: SiteWalk, client: httpx2.Client, role: Role, more: Iterable[str] = ()) -> set[str]:
    """Follow the links of Home, and of the pages `more`, as one more officer; the ways that the officer came to.

    Of each way a few pages, and each name that narrows it once in a walk.
    """
    waiting = deque([("/", "the walk")])
    asked: dict[str, set[str]] = {}
    for path in more:
        way = way_of(path)
        assert way is not None, path
        _look(walk, client, role, way.path, path, "an act", waiting)
    while waiting:
        path, told_by = waiting.popleft()
        way = way_of(path)
        if way is None:
            walk.wrong.append(f"{told_by} leads to {path}, which is no page")
        elif "/events" not in path and _is_news(walk, asked, way.path, path):
            _look(walk, client, role, way.path, path, told_by, waiting)
    return set(asked)


def _is_news(walk: SiteWalk, asked: dict[str, set[str]], way: str, path: str) -> bool:
    """Whether a page is to be asked for. It counts as asked for then."""
    mine, bare = asked.setdefault(way, set()), urlsplit(path).path
    names = [name for name, _ in parse_qsl(urlsplit(path).query)]
    news = [name for name in names if (way, name) not in walk.narrowed] if len(names) == 1 else []
    most = 1 if NO_PAGE.search(way) else MOST
    is_news = bool(news) or not mine or (bare not in mine and len(mine) < most)
    if is_news:
        mine.add(bare)
        walk.narrowed.update((way, name) for name in names)
    return is_news


def _look(
    walk: SiteWalk,
    client: httpx2.Client,
    role: Role,
    way: str,
    path: str,
    told_by: str,
    waiting: deque[tuple[str, str]],
) -> None:
    answer = client.get(path)
    if answer.status_code not in {200, 204}:
        walk.wrong.append(f"{told_by} leads the {role} to {path}, which answers {answer.status_code}")
        return
    walk.found.setdefault(way, {}).setdefault(path, role)
    if "text/html" not in answer.headers.get("content-type", ""):
        return
    offers = Offers(answer.text)
    waiting.extend((one, path) for one in _own(path, offers.links))
    for act in _acts(path, offers.acts):
        declared = way_of(act, "POST")
        if declared is None or role not in POLICY[declared.action]:
            walk.wrong.append(f"{path} offers the {role} {act}, which that role may not do")
        else:
            walk.acts.add(declared.path)
            walk.forms.setdefault(declared.path, (act, role))


def _own(path: str, links: Iterable[str]) -> Iterator[str]:
    for link in links:
        if not link.startswith(("#", "http", "data:", "blob:")):
            yield urljoin(path, link).partition("#")[0]


def _acts(path: str, acts: Iterable[str]) -> Iterator[str]:
    for act in acts:
        whole = urljoin(path, act) if act else urlsplit(path).path
        if urlsplit(whole).path not in OF_THE_DOOR:
            yield whole
