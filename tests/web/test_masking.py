"""Every route of the app, asked for as each role over a record that was worked in: none shows a whole address unopened.

The routes come from the app itself. A new one fails here until a link leads to it, or a row below says how it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

import httpx2
import pytest
from fastapi import FastAPI

from sightline.model import Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.web.app import AppConfig
from tests.cli.test_ways_out import LIKE_ADDRESS
from tests.web.conftest import TOKEN
from tests.web.lived import Lived, lived_in
from tests.web.test_gallery import needs_build
from tests.web.test_pages import states_of
from tests.web.walking import WAYS, Walk, walk_on, way_of
from tests.web.world import Room, served

pytestmark = needs_build
ENDLESS = {"/live/events"}
"""It never ends; test_live looks at it."""
WITHOUT_LINKS = {
    "/outlines.json": "/outlines.json",
    "/tiles.json": "/tiles.json",
    "/ledger/verified/{key}": "/ledger/verified/none",
    "/leads/{lead_id}/open": "/leads/{lead}/open",
    "/notices/{notice_id}/open": "/notices/{notice}/open",
    "/notices/{notice_id}/reminder.pdf": "/notices/{notice}/reminder.pdf",
    "/notices/subscribers/{subscriber_id}/open": "/notices/subscribers/{subscriber}/open",
}
"""Pages to which no link leads: what a form opened, asked for by an officer who opened nothing."""
REASON = "as the order of 3.6.2026 says"


@pytest.fixture(scope="module")
def mine(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A copy of the record that acts may change."""
    shared = tmp_path_factory.getbasetemp() / "lived-in"
    if not (shared / "made").exists():
        shared = tmp_path_factory.getbasetemp().parent / "lived-in"
    yield lived_in(shared, tmp_path_factory.mktemp("masked") / "unit")


@pytest.fixture(scope="module")
def held(mine: Lived) -> frozenset[str]:
    """Every address of the leads, as its canonical spelling."""
    with open_generation(mine.workspace) as read:
        return frozenset(map(str, read.frame().select("source_ip").collect()["source_ip"]))


@pytest.fixture(scope="module")
def room(mine: Lived) -> Iterator[Room]:
    with served(AppConfig(mine.workspace, clock=mine.clock, backups=mine.backups), mine.desks) as made:
        yield made


def whole_addresses(answer: httpx2.Response, held: frozenset[str]) -> set[str]:
    """The addresses of leads that stand whole in an answer, in any spelling, or in where it leads."""
    found = set()
    for one in LIKE_ADDRESS.findall(f"{answer.headers.get('location', '')}\n{answer.text}"):
        try:
            spelled = ip_address(one.strip("."))
        except ValueError:
            continue
        found.add(str(getattr(spelled, "ipv4_mapped", None) or spelled))
    return found & held


def seated(room: Room, lived: Lived, role: Role) -> httpx2.Client:
    app: FastAPI = room.app
    cookies = {"sightline": app.state.live_sessions.begin(lived.desks[role], "test")}
    return httpx2.Client(base_url=room.address, cookies=cookies, timeout=60)


@pytest.fixture(scope="module")
def walked(mine: Lived, room: Room, held: frozenset[str]) -> tuple[Walk, dict[str, set[str]], set[str]]:
    """The walk of all roles; by route the whole addresses that were shown; the routes that answered."""
    made, shown, asked = Walk(), dict[str, set[str]](), set[str]()

    def look(answer: httpx2.Response) -> None:
        answer.read()
        way = way_of(str(answer.request.url.raw_path, "ascii"))
        if way is not None:
            asked.add(way.path)
            if found := whole_addresses(answer, held):
                shown.setdefault(f"{way.path} {answer.request.url}", set()).update(found)

    for role in mine.desks:
        with seated(room, mine, role) as client:
            client.event_hooks["response"] = [look]
            walk_on(made, client, role, states_of(mine, role))
            for way in (one.path for one in WAYS if one.method == "GET"):
                if way in WITHOUT_LINKS:
                    client.get(WITHOUT_LINKS[way].format(**ids_of(made)))
    return made, shown, asked


def ids_of(walk: Walk) -> dict[str, str]:
    """The id of a lead, of a notice and of a subscriber that the walk came to."""
    routes = {
        "lead": "/leads/{lead_id}",
        "notice": "/notices/{notice_id}",
        "subscriber": "/notices/subscribers/{subscriber_id}",
    }
    return {name: next(iter(walk.found.get(way, {"none": None}))).rsplit("/", 1)[-1] for name, way in routes.items()}


def test_no_page_shows_a_whole_address_and_every_route_was_asked(
    walked: tuple[Walk, dict[str, set[str]], set[str]], held: frozenset[str]
) -> None:
    _, shown, asked = walked
    assert len(held) > 50
    assert not shown
    missing = {one.path for one in WAYS if one.method == "GET"} - asked - ENDLESS
    assert not missing, f"lead a link there, or say in WITHOUT_LINKS how it is asked: {sorted(missing)}"


def test_no_act_answers_with_a_whole_address(
    walked: tuple[Walk, dict[str, set[str]], set[str]], mine: Lived, room: Room, held: frozenset[str]
) -> None:
    walk = walked[0]
    shown = {}
    for way, (path, role) in sorted(walk.forms.items()):
        with seated(room, mine, role) as client:
            token = TOKEN.search(client.get("/").text)
            assert token
            answer = client.post(path, data={"form_token": token[1], "why": REASON}, follow_redirects=False)
        assert answer.status_code != 500, (way, answer.text[-300:])
        if found := whole_addresses(answer, held):
            shown[way] = found
    assert not shown


def test_the_walk_would_see_an_address(mine: Lived, room: Room, held: frozenset[str]) -> None:
    """An opening shows its address on the page to which it leads: what is looked for is really seen where it stands."""
    with open_generation(mine.workspace) as read:
        lead = str(read.frame().select("lead_id").first().collect()["lead_id"][0])
    with seated(room, mine, Role.INVESTIGATING_OFFICER) as client:
        token = TOKEN.search(client.get("/").text)
        assert token
        answer = client.post(f"/leads/{lead}/open", data={"form_token": token[1], "why": REASON})
        page = client.get(answer.headers["location"])
    assert len(whole_addresses(page, held)) == 1
    assert re.search("no-store", page.headers["cache-control"])
