"""Every page of the room, reached by following links as an officer of each role would, over a record that was worked in.

The walk goes over HTTP: no link and no act is offered that the officer is refused, and every page is come to by links.
A browser then looks at each page once, and at each role's Home: no error on the console, no request elsewhere, nothing
that axe-core finds wrong, nothing wider than the screen. Languages, looks and widths take turns, so that all pairs of
them occur; each page is seen in all of them under the `full` marker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import cycle

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from sightline.record.store import rows
from sightline.records import NoticeState, Role
from sightline.web.house import House
from tests.web.lived import Lived
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.walking import NO_PAGE, WAYS, Walk, walk_on
from tests.web.world import Room, chromium, served

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
Look = tuple[str, str, int]
LOOKS = [
    (language, theme, width) for language in ("en", "hi", "ml") for theme in ("light", "dark") for width in (1440, 390)
]
PAIRED = [LOOKS[at] for at in (0, 3, 5, 6, 9, 10, 1, 2, 4, 7, 8, 11)]
"""Neighbours differ in all three."""
NOT_BY_LINKS = {
    "/ledger/verified/{key}": "one comes there by the act that begins a verification",
    "/outlines.json": "the script asks for it",
    "/tiles.json": "the script asks for it",
    "/live/events": "it never ends; test_live looks at it",
    "/notices/{notice_id}/reminder.pdf": "no answer is late in this record; test_notices asks for it",
}
NOT_OFFERED = {
    "/notices/{notice_id}/follow": "every number of this record was asked about; test_keyboard does it",
}
AXE_RUN = """async () => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  const found = (await axe.run()).violations;
  for (const dialog of document.querySelectorAll('dialog:not([open])')) {
    dialog.showModal();
    found.push(...(await axe.run(dialog)).violations);
    dialog.close();
  }
  return found.map(one => [one.id, one.help, one.nodes.slice(0, 2).map(node => node.html.slice(0, 160))]);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def room(lived: Lived) -> Iterator[Room]:
    with served(House(lived.workspace, clock=lived.clock, backups=lived.backups), lived.desks) as made:
        for role in lived.desks:
            # From another machine too, so that there is a session to end.
            made.app.state.seats.begin(lived.desks[role], "elsewhere")
        yield made


def states_of(lived: Lived, role: Role) -> list[str]:
    """Pages that a link leads to only in some state of their thing, or that a form leads to, as far as a role sees them."""
    with lived.workspace.reading() as shelves:
        notices = shelves[rows.Notice].where()
        (case,) = shelves[rows.Case].where()
        noted = shelves[rows.LeadNote].where()[0].lead_id
        (shut,) = (one for one in shelves[rows.LeadBatch].where() if one.act.value == "closed")
        closed = next(one.lead_id for one in shelves[rows.LeadStep].where(batch_id=shut.batch_id))
        asked = shelves[rows.ForceRequest].where()[0].request_id
    found = [f"/leads/{noted}", f"/leads/{closed}", "/search?q=198.51.100.7", "/search?q=nothing"]
    found += [next(f"/notices/{one.notice_id}" for one in notices if one.state is state) for state in NoticeState if any(one.state is state for one in notices)]
    found += [f"/notices/new?case={case.case_id}&kind=records", f"/referrals/new?request={asked}&case={quote(case.number)}"]
    return found if role is Role.INVESTIGATING_OFFICER else []


def begun(client: httpx2.Client) -> str:
    """The page of a verification that was begun."""
    token = re.search(r'name="form-token" content="([^"]+)"', client.get("/ledger").text)
    assert token
    answer = client.post("/ledger/verify", data={"form_token": token[1]})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.fixture(scope="module")
def walk(lived: Lived, room: Room) -> Walk:
    """The walk of all roles, one after the other."""
    made = Walk()
    for role, desk in lived.desks.items():
        cookies = {"sightline": room.app.state.seats.begin(desk, "test")}
        with httpx2.Client(base_url=room.address, cookies=cookies, timeout=60) as client:
            more = [*states_of(lived, role), begun(client)] if role is Role.INVESTIGATING_OFFICER else []
            walk_on(made, client, role, more)
    return made


def test_no_role_is_offered_what_it_is_refused_and_every_page_is_come_to(walk: Walk) -> None:
    assert walk.wrong == []
    assert {one.path for one in WAYS if one.method == "GET"} - set(walk.found) <= set(NOT_BY_LINKS)
    assert {one.path for one in WAYS if one.method == "POST"} - walk.acts <= set(NOT_OFFERED)


def contexts(browser: Browser, room: Room, role: Role) -> dict[Look, BrowserContext]:
    """A browser for each look, with an officer of a role signed in."""
    found = {}
    for language, theme, width in PAIRED:
        made = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        found[language, theme, width] = room.signed_in(made, role, language=language, theme=theme)
    return found


def looked_at(page: Page, room: Room, path: str) -> list[str]:
    """What is wrong with a page."""
    wrong: list[str] = []
    page.set_default_timeout(90_000)
    page.on("console", lambda told: wrong.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda why: wrong.append(str(why)))
    own = (room.address, "blob:", "data:")
    page.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
    answer = page.goto(room.address + path)
    assert answer is not None
    if answer.status != 200:
        wrong.append(f"answers {answer.status}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong += [f"{name}: {says}: {where}" for name, says, where in page.evaluate(AXE_RUN)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        wrong.append("is wider than the screen")
    return wrong


def seen(browser: Browser, room: Room, pages: Mapping[Role, list[str]], looks: int) -> dict[str, list[str]]:
    """What is wrong with which pages, each in some looks."""
    wrong, turn = dict[str, list[str]](), cycle(PAIRED)
    for role, paths in pages.items():
        made = contexts(browser, room, role)
        for path in paths:
            for _ in range(looks):
                look = next(turn)
                page = made[look].new_page()
                if found := looked_at(page, room, path):
                    wrong[f"{role} {path} {look}"] = found
                page.close()
        for one in made.values():
            one.close()
    return wrong


def pages_of(walk: Walk, room: Room) -> dict[Role, list[str]]:
    """Each role's Home, and the first page of each way for the role that came to it first."""
    pages = {role: ["/"] for role in room.desks}
    for way, found in walk.found.items():
        path, role = next(iter(found.items()))
        if way != "/" and not NO_PAGE.search(way):
            pages[role].append(path)
    return pages


def test_nothing_is_wrong_with_any_page(browser: Browser, room: Room, walk: Walk) -> None:
    wrong = seen(browser, room, pages_of(walk, room), looks=1)
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_nothing_is_wrong_at_the_door(browser: Browser, room: Room) -> None:
    wrong = {}
    for path, (language, theme, width) in zip(("/sign-in", "/recover"), PAIRED[1:], strict=False):
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        cookies = {"language": language, "theme": theme}
        context.add_cookies([{"name": name, "value": value, "url": room.address} for name, value in cookies.items()])
        wrong[path] = looked_at(context.new_page(), room, path)
        context.close()
    assert not any(wrong.values()), wrong


@pytest.mark.full
@pytest.mark.parametrize("role", Role)
def test_every_page_in_every_look(browser: Browser, room: Room, lived: Lived, role: Role) -> None:
    made, cookies = Walk(), {"sightline": room.app.state.seats.begin(lived.desks[role], "test")}
    with httpx2.Client(base_url=room.address, cookies=cookies, timeout=60) as client:
        walk_on(made, client, role, states_of(lived, role))
    paths = [path for way, found in made.found.items() for path in list(found)[:1] if not NO_PAGE.search(way)]
    wrong = seen(browser, room, {role: paths}, looks=len(PAIRED))
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
