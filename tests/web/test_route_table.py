"""The table of routes answers as a list of all routes would, for every path that is declared and for
paths that are not.
"""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from sightline.web.app import PAGE_ROUTERS
from sightline.web.layout.page_layout import NAVIGATION
from sightline.web.route_table import ROUTE, RouteTable

ROUTES = [route for page_router in PAGE_ROUTERS for route in page_router.router.routes if isinstance(route, Route)]
PATHS = sorted({route.path.replace("{", "").replace("}", "") for route in ROUTES})
OTHERS = ["", "/leads/", "//", "/leads//open", "/nothing", "/cases/new/more/still", "/leads/all/words/x", "/notices/N/"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_path_has_the_route_that_a_list_of_routes_finds(method: str) -> None:
    table = RouteTable(ROUTES)
    for path in [*PATHS, *OTHERS]:
        scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        every = [(route.matches(scope)[0], route) for route in ROUTES]
        matching = [(match, route) for match, route in every if match is not Match.NONE]
        fewest = min((route.path.count("{") for _, route in matching), default=0)
        plainest = [(match, route) for match, route in matching if route.path.count("{") == fewest]
        best = max(plainest, key=lambda one: one[0].value, default=(Match.NONE, None))
        match, added = table.matches(scope)
        assert (match, added.get(ROUTE)) == best, path


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES if "{" not in route.path}))
def test_the_address_of_a_form_is_never_taken_for_an_id(path: str) -> None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    assert RouteTable(ROUTES).matches(scope)[1][ROUTE].path == path


@pytest.mark.parametrize("path", ["/{first}/x", "/files/{name:path}"])
def test_a_route_that_the_table_could_miss_is_refused(path: str) -> None:
    def answer(_: Request) -> Response:
        return PlainTextResponse()

    with pytest.raises(ValueError, match="first part"):
        RouteTable([Route(path, answer)])


def test_the_navigation_offers_each_page_that_is_served() -> None:
    assert {item.page for item in NAVIGATION} == {page_router.name for page_router in PAGE_ROUTERS}
