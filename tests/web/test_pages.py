"""Every page of the room in a real browser, reached by following links as an officer would, over an exercise's record.

Languages, looks and widths take turns, so that all pairs of them occur in a run; each page is seen in all of them under
the `full` marker. On each page: no error on the console, no request elsewhere, nothing that axe-core finds wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sightline.casework.access import POLICY
from sightline.casework.acting import Desk, sit_down
from sightline.record import keys
from sightline.record.workspace import open_workspace
from sightline.web.house import ROOMS, House, create_app
from tests.cli.conftest import environment
from tests.office import now
from tests.web.test_gallery import AXE, CHROMIUM, needs_browser, needs_build
from tests.web.test_serve import free_port

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
LOOKS = [
    (language, theme, width) for language in ("en", "hi", "ml") for theme in ("light", "dark") for width in (1440, 390)
]
PAIRED = [LOOKS[at] for at in (0, 3, 5, 6, 9, 10, 1, 2, 4, 7, 8, 11)]
"""Neighbours differ in all three."""
NO_PAGE = re.compile(r"\.(json|pdf|csv)$|/events$")
LICENSEE = "Kayal Cable"


@dataclass
class Room:
    """A room that is served, and its officers by role."""

    address: str
    app: object
    desks: dict[str, Desk]
    seen: dict[str, list[str]] = field(default_factory=dict)


def run(*words: object) -> None:
    command = [sys.executable, "-P", "-m", "sightline", *map(str, words)]
    done = subprocess.run(command, check=False, env=environment(), capture_output=True, text=True)
    assert done.returncode in {0, 1}, done.stderr


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """An exercise that was run and asked, served."""
    folder = tmp_path_factory.mktemp("pages")
    run("exercise", "new", "--out", folder / "world", "--sessions", 400, "--seed", 5)
    run("exercise", "run", folder / "world", "--workspace", folder / "exercise")
    ask = ("--out", folder / "replies", "--licensee", LICENSEE, "--quiet")
    run("exercise", "ask", folder / "world", "--workspace", folder / "exercise", *ask)
    workspace = open_workspace(folder / "exercise")
    desks = {}
    for name in ("exercise.key", "exercise-superintendent.key"):
        desk = sit_down(workspace, keys.read_private(folder / name, None), now)
        desks[desk.officer.role.value] = desk
    port, app = free_port(), create_app(House(workspace))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield Room(f"http://127.0.0.1:{port}", app, desks)
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


def way_of(path: str) -> str | None:
    """The declared way that an address is of; a fixed one before one with an id."""
    bare = urlsplit(path).path
    ways = sorted(
        {way.path for each in ROOMS for way in each.ways if way.method == "GET"}, key=lambda one: one.count("{")
    )
    return next((one for one in ways if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one), bare)), None)


def contexts(browser: Browser, room: Room, desk: Desk) -> dict[tuple[str, str, int], BrowserContext]:
    """A browser for each look, signed in."""
    token = room.app.state.seats.begin(desk, "test")  # type: ignore[attr-defined]
    found = {}
    for language, theme, width in PAIRED:
        made = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        cookies = {"sightline": token, "language": language, "theme": theme}
        made.add_cookies([{"name": name, "value": value, "url": room.address} for name, value in cookies.items()])
        found[language, theme, width] = made
    return found


def looked_at(page: Page, room: Room, path: str) -> tuple[list[str], list[str]]:
    """What is wrong with a page, and the pages that it leads to."""
    wrong: list[str] = []
    page.on("console", lambda told: wrong.append(told.text) if told.type in {"error", "warning"} else None)
    page.on("pageerror", lambda why: wrong.append(str(why)))
    page.on(
        "request", lambda one: None if one.url.startswith((room.address, "blob:", "data:")) else wrong.append(one.url)
    )
    answer = page.goto(room.address + path)
    assert answer is not None
    if answer.status != 200:
        wrong.append(f"answers {answer.status}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => JSON.stringify((await axe.run()).violations)")
    for one in json.loads(found):
        wrong.append(f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:2]]}")
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        wrong.append("is wider than the screen")
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
    own = [urljoin(path, one) for one in links if not one.startswith(("#", "http"))]
    return wrong, [one.partition("#")[0] for one in own]


def walked(browser: Browser, room: Room, role: str, looks: int) -> tuple[set[str], dict[str, list[str]]]:
    """Every way that links lead to, one page of each, in some looks; and what is wrong with which."""
    desk = room.desks[role]
    made = contexts(browser, room, desk)
    waiting, done, wrong = deque(["/"]), set[str](), dict[str, list[str]]()
    turn = 0
    while waiting:
        path = waiting.popleft()
        way = way_of(path)
        if way is None or way in done or NO_PAGE.search(urlsplit(path).path):
            continue
        done.add(way)
        for _ in range(looks):
            look = PAIRED[turn % len(PAIRED)]
            turn += 1
            page = made[look].new_page()
            page.set_default_timeout(90_000)
            found, links = looked_at(page, room, path)
            page.close()
            if found:
                wrong[f"{path} {look}"] = found
            waiting.extend(links)
    for one in made.values():
        one.close()
    return done, wrong


@pytest.mark.parametrize("role", ["investigating-officer", "superintendent"])
def test_every_page_is_reached_and_nothing_is_wrong_with_it(browser: Browser, room: Room, role: str) -> None:
    done, wrong = walked(browser, room, role, looks=1)
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
    officer = room.desks[role].officer
    missed = {
        way.path
        for each in ROOMS
        for way in each.ways
        if way.method == "GET" and officer.role in POLICY[way.action] and not NO_PAGE.search(way.path)
    } - done
    # What nothing of this record leads to: no referral or operation was made, nothing verified, no row rejected.
    assert missed <= {
        "/referrals/{referral_id}",
        "/operations/{operation_id}",
        "/approvals/{approval_id}",
        "/ledger/verified/{key}",
        "/administration/sessions/{session_id}/end",
        "/lists/{list_id}/difference",
        "/lists/{list_id}/rejects",
    }


@pytest.mark.full
@pytest.mark.parametrize("role", ["investigating-officer", "superintendent"])
def test_every_page_in_every_look(browser: Browser, room: Room, role: str) -> None:
    _, wrong = walked(browser, room, role, looks=len(PAIRED))
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
