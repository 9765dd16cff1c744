"""The routes of the web app, found by the first part of a path and its number of parts.

FastAPI asks every route of every included router whether it matches, which took longer than many a page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

ROUTE = "sightline.route"
"""Where the scope of a request has the route that answers it."""


class RouteTable(BaseRoute):
    """All routes as one route. Among those that match, the one with the fewest parameters answers, then the first.

    So the address of a form is never taken for the id of a thing: `GET /lists/add` is refused, and no list is sought.

    No path of a route has a parameter that covers several parts (`{name:path}`). Raises ValueError for one.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[tuple[str, int], list[Route]] = defaultdict(list)
        for route in self.routes:
            first, count = _derive_shape(route.path)
            if "{" in first or ":path}" in route.path:
                raise ValueError(f"{route.path}: its first part is no word, or a parameter covers several parts")
            self._fixed[first, count].append(route)
        for candidates in self._fixed.values():
            candidates.sort(key=_count_parameters)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a route answers the path, fully or with another method, and what it adds to the scope."""
        best, added = Match.NONE, dict[str, Any]()
        if scope["type"] != "http":
            return best, added
        for route in self._fixed.get(_derive_shape(scope["path"]), ()):
            if best is not Match.NONE and _count_parameters(route) > _count_parameters(added[ROUTE]):
                break
            match, child = route.matches(scope)
            if match.value > best.value:
                best, added = match, {**child, ROUTE: route}
            if match is Match.FULL:
                break
        return best, added

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that matched."""
        await scope[ROUTE].handle(scope, receive, send)


def _count_parameters(route: Route) -> int:
    return len(route.param_convertors)


def _derive_shape(path: str) -> tuple[str, int]:
    return path[1:].partition("/")[0], path.count("/")
