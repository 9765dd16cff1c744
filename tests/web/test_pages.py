"""Every page of the web app, reached by following links as an officer of each role would, over a record
that was worked in.

The walk goes over HTTP: no link and no act is offered that the officer is refused, and every page is come to by links.
A browser then looks at each page once, and at each role's Home: no error on the console, no request elsewhere, nothing
that axe-core finds wrong, nothing wider than the screen, be it narrow or wide. Languages, looks and widths take turns,
so that all pairs of them occur, and each page is narrow in Malayalam, whose words are longest; each is seen in all of
them under the `full` marker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, product

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from sightline.model import Role
from tests.web.paint_time import painted
from tests.web.site_walk import NO_PAGE, WAYS, SiteWalk, walk_on
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.used_workspace import UsedWorkspace
from tests.web.walk_results import Walked, states_of
from tests.web.world import ServedApp, chromium

pytestmark = [needs_build, needs_browser, pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")]
Look = tuple[str, str, int]
NARROW = 390
LOOKS = [
    (language, theme, width)
    for language in ("en", "hi", "ml")
    for theme in ("light", "dark")
    for width in (1440, NARROW)
]
PAIRED = [LOOKS[at] for at in (0, 3, 5, 6, 9, 10, 1, 2, 4, 7, 8, 11)]
"""Neighbours differ in all three."""
NOT_BY_LINKS = {
    "/administration/backups/recipients/{recipient}/remove": "no recipient is here; test_administration does it",
    "/intake/{intake_id}": "no log is being taken in in this record; test_intake looks at it",
    "/intake/{intake_id}/format/{upload_id}": "no log is being taken in in this record; test_intake looks at it",
    "/devices/{exhibit_id}": "no device is seized in this record; test_devices looks at it",
    "/notices/received": "the files of replies lead there; test_clicks and test_notice_batches look at it",
    "/approvals/together": "the ticks of a form lead there; test_approvals looks at it",
    "/notices/{notice_id}/letter/{page}.svg": "a picture on the page of an approval; test_approvals looks at it",
    "/ledger/verified/{key}": "one comes there by the act that begins a verification",
    "/outlines.json": "the script asks for it",
    "/notices/drafting": "the form that drafts notices leads there if it takes long; test_notices waits there",
    "/referrals/drafting": "the form that drafts a referral leads there; test_referrals waits there",
    "/tiles.json": "the script asks for it",
    "/leads/all/words": "the script asks for it; test_lead_list looks at it",
    "/live/events": "it never ends; test_live looks at it",
    "/leads/{lead_id}/open": "the form that opens an address leads there; test_leads opens one",
    "/leads/{lead_id}/sheet": "the form that saves a lead sheet leads there; test_lead_page looks at it",
    "/notices/{notice_id}/open": "the form that opens rows leads there; test_notices opens some",
    "/notices/subscribers/{subscriber_id}/open": "the form that opens an identity leads there; test_notices opens one",
    "/notices/{notice_id}/reminder.pdf": "no answer is late in this record; test_notices asks for it",
}
NOT_OFFERED = {
    "/cases/{case_id}/papers/purge": "the walk comes to a few tabs of a case only; test_case_papers does it",
    "/cases/{case_id}/notes": "the walk comes to a few tabs of a case only; test_case_work does it",
    "/search/forces": "a search that finds nothing offers it; test_search does it",
    "/search/forces/answer": "a search that finds nothing offers it; test_search does it",
    "/intake/formats/{name}/end": "no format of the unit is in use in this record; test_intake does it",
    "/intake/{intake_id}/format/{upload_id}/try": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/format/{upload_id}/ask": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/files/{upload_id}/remove": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/remove": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/scan": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/files": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/stop": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/upload": "no log is being taken in in this record; test_intake does it",
    "/intake/{intake_id}/check": "no log is being taken in in this record; test_intake does it",
    "/referrals/given": "nothing was given to a force that asks again in this record; test_referrals does it",
    "/referrals/new/preview": "a second button of the form that drafts; test_referrals does it",
    "/leads/{lead_id}/unwatch": "no lead is watched in this record; test_inbox does it",
    "/leads/undo/{batch_id}": "the message after an act offers it; test_lead_list does it",
    "/devices/check": "no authority of this record covers a seized device; test_devices does it",
    "/devices/import": "the account of a dry run offers it; test_devices does it",
    "/tips/import": "the account of a dry run offers it; test_clicks does it",
    "/notices/replies": "no notice of this record waits for rows; test_notice_batches does it",
    "/notices/{notice_id}/call": "no notice of this record is about a child in danger; test_notice_batches does it",
    "/notices/follow": "no reply was just added in this record; test_clicks does it",
    "/approvals/together": "the ticks of a form lead to the page that offers it; test_approvals does it",
    "/administration/notifications/test": "no mail relay is configured in this record; test_notifications_page does it",
    "/administration/backups/check": "no encrypted backup is here; test_administration does it",
    "/administration/backups/recipients/{recipient}/remove": "no recipient is here; test_administration does it",
    "/administration/backups": "this record names nobody to encrypt a backup to; test_administration does it",
    "/notices/resolutions": "nothing is new in this record; test_notices does it",
    "/notices/{notice_id}/replies/{reply_id}/confirm": "no reply of this record is doubtful; test_notices does it",
    "/notices/{notice_id}/ask-operator": "no line of this record is an operator's; test_notices does it",
    "/notices/{notice_id}/follow": "every number of this record was asked about; test_keyboard does it",
}
AXE_RUN = """async () => {
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
def app_server(lived_room: ServedApp) -> ServedApp:
    return lived_room


@pytest.fixture(scope="module")
def walk(walked: Walked) -> SiteWalk:
    return walked.walk


def test_no_role_is_offered_what_it_is_refused_and_every_page_is_come_to(walk: SiteWalk) -> None:
    assert walk.wrong == []
    assert {way.path for way in WAYS if way.method == "GET"} - set(walk.found) <= set(NOT_BY_LINKS)
    assert {way.path for way in WAYS if way.method == "POST"} - walk.acts <= set(NOT_OFFERED)


@contextmanager
def at_work(browser: Browser, app_server: ServedApp, role: Role | None) -> Iterator[tuple[Page, list[str]]]:
    """A page of a browser, with an officer of a role signed in; and what the page did that is wrong, as it happens."""
    context = browser.new_context(reduced_motion="reduce")
    if role is not None:
        app_server.signed_in(context, role)
    page, wrong, own = context.new_page(), list[str](), (app_server.address, "blob:", "data:")
    page.set_default_timeout(90_000)
    page.on("console", lambda event: wrong.append(event.text) if event.type in {"error", "warning"} else None)
    page.on("pageerror", lambda why: wrong.append(str(why)))
    page.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
    yield page, wrong
    context.close()


def too_wide(page: Page) -> list[str]:
    """What is said of a page that is wider than its screen."""
    is_wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
    return [f"is wider than a screen of {page.evaluate('window.innerWidth')}"] if is_wider else []


def open_page(page: Page, app_server: ServedApp, path: str, look: Look) -> list[str]:
    """Open a page in a look, with all that can be folded out; what is wrong with it at first sight."""
    language, theme, width = look
    cookies = {"language": language, "theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": app_server.address} for name, value in cookies.items()]
    )
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.goto(app_server.address + path)
    assert answer is not None
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    return [*([] if answer.status == 200 else [f"answers {answer.status}"]), *too_wide(page)]


def looked_at(page: Page, app_server: ServedApp, path: str, look: Look) -> list[str]:
    """What is wrong with a page in a look, its dialogs too, and when its window is made narrow."""
    wrong = open_page(page, app_server, path, look)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong += [f"{name}: {says}: {where}" for name, says, where in page.evaluate(AXE_RUN)]
    if look[2] != NARROW:
        page.set_viewport_size({"width": NARROW, "height": 900})
        wrong += too_wide(page)
    return wrong


def find_faults(
    browser: Browser, app_server: ServedApp, pages: Mapping[Role | None, list[str]], looks: int
) -> dict[str, list[str]]:
    """What is wrong with which pages, each in some looks."""
    found, turn = dict[str, list[str]](), cycle(PAIRED)
    for role, paths in pages.items():
        with at_work(browser, app_server, role) as (page, wrong):
            for path, _ in product(paths, range(looks)):
                look = next(turn)
                if all_wrong := looked_at(page, app_server, path, look) + wrong:
                    found[f"{role} {path} {look}"] = all_wrong
                wrong.clear()
    return found


def pages_of(walk: SiteWalk, app_server: ServedApp) -> dict[Role | None, list[str]]:
    """Each role's Home, and the first page of each way for the role that came to it first."""
    pages: dict[Role | None, list[str]] = {role: ["/"] for role in app_server.officer_sessions}
    for way, found in walk.found.items():
        path, role = next(iter(found.items()))
        if way != "/" and not NO_PAGE.search(way):
            pages[role].append(path)
    return pages


def test_no_page_has_a_fault(browser: Browser, app_server: ServedApp, walk: SiteWalk) -> None:
    wrong = find_faults(browser, app_server, pages_of(walk, app_server), looks=1)
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_the_sign_in_page_has_no_accessibility_fault(browser: Browser, app_server: ServedApp) -> None:
    wrong = find_faults(browser, app_server, {None: ["/sign-in", "/recover", "/join"]}, looks=2)
    assert not wrong, wrong


def test_no_page_is_wider_than_a_narrow_screen_in_malayalam(
    browser: Browser, app_server: ServedApp, walk: SiteWalk
) -> None:
    wrong = []
    for role, paths in pages_of(walk, app_server).items():
        with at_work(browser, app_server, role) as (page, _):
            for path in paths:
                wrong += [(path, one) for one in open_page(page, app_server, path, ("ml", "light", NARROW))]
    assert wrong == []


def test_the_script_of_home_is_small(browser: Browser, app_server: ServedApp) -> None:
    """How soon Home is painted, `bench.first_paint` measures."""
    loads = painted(browser, app_server, Role.INVESTIGATING_OFFICER, 1, is_warm=True)
    assert 0 < max(load.script_bytes for load in loads) < 100_000


@pytest.mark.full
@pytest.mark.parametrize("role", Role)
def test_every_page_in_every_look(browser: Browser, app_server: ServedApp, lived: UsedWorkspace, role: Role) -> None:
    site_walk, cookies = (
        SiteWalk(),
        {"sightline": app_server.app.state.live_sessions.begin(lived.officer_sessions[role], "test")},
    )
    with httpx2.Client(base_url=app_server.address, cookies=cookies, timeout=60) as client:
        walk_on(site_walk, client, role, states_of(lived, role))
    paths = [path for way, found in site_walk.found.items() for path in list(found)[:1] if not NO_PAGE.search(way)]
    wrong = find_faults(browser, app_server, {role: paths}, looks=len(PAIRED))
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
