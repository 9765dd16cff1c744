"""Every route of the app, asked for as each role over a record that was worked in: none shows a whole address unopened.

The routes come from the app itself. A new one fails here until a link leads to it, or a row below says how it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sightline.model import Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.web.app import AppConfig
from tests.web.conftest import TOKEN
from tests.web.site_walk import WAYS
from tests.web.test_gallery import needs_build
from tests.web.used_workspace import UsedWorkspace, used_workspace
from tests.web.walk_results import Walked, addresses_of, seated, whole_addresses
from tests.web.world import ServedApp, served

pytestmark = needs_build
ENDLESS = {"/live/events"}
"""It never ends; test_live looks at it."""
REASON = "as the order of 3.6.2026 says"


@pytest.fixture(scope="module")
def mine(lived: UsedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsedWorkspace]:
    """A copy of the record that acts may change."""
    shared = tmp_path_factory.getbasetemp() / "lived-in"
    if not (shared / "made").exists():
        shared = tmp_path_factory.getbasetemp().parent / "lived-in"
    yield used_workspace(shared, tmp_path_factory.mktemp("masked") / "unit")


@pytest.fixture(scope="module")
def held_addresses(lived: UsedWorkspace) -> frozenset[str]:
    return addresses_of(lived)


@pytest.fixture(scope="module")
def app_server(mine: UsedWorkspace) -> Iterator[ServedApp]:
    with served(AppConfig(mine.workspace, clock=mine.clock, backups=mine.backups), mine.officer_sessions) as made:
        yield made


def test_no_page_shows_a_whole_address_and_every_route_was_asked(
    walked: Walked, held_addresses: frozenset[str]
) -> None:
    assert len(held_addresses) > 50
    assert not walked.leaks
    missing = {way.path for way in WAYS if way.method == "GET"} - walked.asked - ENDLESS
    assert not missing, f"lead a link there, or say in WITHOUT_LINKS how it is asked: {sorted(missing)}"


def test_no_act_answers_with_a_whole_address(
    walked: Walked, mine: UsedWorkspace, app_server: ServedApp, held_addresses: frozenset[str]
) -> None:
    leaks = {}
    for way, (path, role) in sorted(walked.walk.forms.items()):
        with seated(app_server, mine, role) as client:
            token = TOKEN.search(client.get("/").text)
            assert token
            answer = client.post(path, data={"form_token": token[1], "why": REASON}, follow_redirects=False)
        assert answer.status_code != 500, (way, answer.text[-300:])
        if found := whole_addresses(answer, held_addresses):
            leaks[way] = found
    assert not leaks


def test_the_walk_would_see_an_address(
    mine: UsedWorkspace, app_server: ServedApp, held_addresses: frozenset[str]
) -> None:
    """An opening shows its address on the page to which it leads: what is looked for is really seen where it stands."""
    with open_generation(mine.workspace) as read:
        lead = str(read.open_frame().select("lead_id").first().collect()["lead_id"][0])
    with seated(app_server, mine, Role.INVESTIGATING_OFFICER) as client:
        token = TOKEN.search(client.get("/").text)
        assert token
        answer = client.post(f"/leads/{lead}/open", data={"form_token": token[1], "why": REASON})
        page = client.get(answer.headers["location"])
    assert len(whole_addresses(page, held_addresses)) == 1
    assert re.search("no-store", page.headers["cache-control"])
