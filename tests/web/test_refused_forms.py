"""A form that is refused, or gets no answer: the page says why beside it, and nothing that was typed is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sightline.model import Role
from sightline.translation.messages import LANGUAGES, get_messages, load_catalogue
from sightline.web.app import AppConfig
from sightline.web.templates import HERE
from tests.office import Office, found_office
from tests.web.site_walk import SiteWalk, way_of
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.walk_results import Walked
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
IO = Role.INVESTIGATING_OFFICER
LEFT_TO_THE_BROWSER = {"data-find": "a search leads to its own page, and nothing of it is refused"}
"""Attributes of forms that no script sends, and why."""
FORMS = """() => [...document.querySelectorAll('main form, dialog form')]
  .filter(form => form.method === 'post' && !['/look', '/search'].includes(form.getAttribute('action')))
  .flatMap(form => [...form.querySelectorAll('button:not([type=button])')].map((button, at) => [
    [...document.forms].indexOf(form), at, button.getAttribute('hx-post') ?? button.getAttribute('formaction')
      ?? form.getAttribute('action') ?? location.pathname]))"""
TYPE_AND_SEND = """([at, which]) => {
  const form = document.forms[at];
  const button = [...form.querySelectorAll('button:not([type=button])')][which];
  for (let one = button; one; one = one.parentElement) {
    if (one.tagName === 'DETAILS') one.open = true;
    if (one.tagName === 'DIALOG') one.showModal();
  }
  form.noValidate = true;
  document.querySelector('meta[name=form-token]').content = 'of a session before';
  for (const field of form.elements) {
    if (field.name === 'form_token') field.value = 'of a session before';
    else if (field.matches('textarea, input:not([type]), input[type=text]')) field.value = `typed ${field.name}`;
    else if (field.matches('input[type=password]')) field.value = 'four secret words';
    else if (field.matches('input[type=date]')) field.value = '2026-03-02';
  }
  window.typed = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== 'form_token'));
  window.before = window.typed();
  form.requestSubmit(button);
}"""
SEEN = """at => {
  const form = document.forms[at], box = form.querySelector('[role=alert].refused');
  if (!box) return null;
  const {width, height} = box.getBoundingClientRect();
  const seen = {focus: document.activeElement === box, stays: window.typed() === window.before,
    size: width > 40 && height > 10, text: box.innerText.trim()};
  box.remove();
  for (const one of document.querySelectorAll('dialog[open]')) one.close();
  return seen;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return found_office(tmp_path_factory.mktemp("refused") / "office")


@pytest.fixture(scope="module")
def app_server(office: Office) -> Iterator[ServedApp]:
    with served(AppConfig(office.workspace), office.officer_sessions) as made:
        yield made


@pytest.fixture
def page(browser: Browser, app_server: ServedApp) -> Iterator[Page]:
    context = app_server.signed_in(browser.new_context(), Role.SUPERVISOR, language="hi")
    made = context.new_page()
    made.goto(app_server.address + "/operations")
    yield made
    context.close()


def fill(page: Page, name: str, begun_on: str = "2026-03-01") -> Locator:
    form = page.locator('form[action="/operations"]')
    form.locator('[name="name"]').fill(name)
    form.locator('[name="begun_on"]').evaluate("(field, on) => { field.type = 'text'; field.value = on }", begun_on)
    form.locator('[name="why"]').fill("lines of three districts")
    return form.locator("button")


def check_stays(page: Page, name: str) -> None:
    form = page.locator('form[action="/operations"]')
    expect(form.locator(".refused")).to_be_focused()
    expect(form.locator('[name="name"]')).to_have_value(name)
    expect(form.locator('[name="why"]')).to_have_value("lines of three districts")
    expect(form.locator("button")).not_to_have_attribute("aria-busy", "true")
    expect(page).to_have_url(re.compile("/operations$"))


def send(page: Page, button: Locator) -> None:
    """Send a form again, and wait for the answer: what was said about the earlier sending stands there until then."""
    button.click()
    expect(page.locator("form[aria-busy]")).to_have_count(0)


def say(key: str) -> str:
    """A text of the script in Hindi."""
    return load_catalogue("hi")[f"script.{key}"][0]


@pytest.mark.slow
def test_every_form_of_every_page_says_beside_it_why_it_is_refused(
    walked: Walked, lived_room: ServedApp, browser: Browser
) -> None:
    """Each form is sent with the token of an older session, which the server refuses before anything else."""
    left, wrong = set(walked.walk.acts), list[str]()
    for at, ((path, role), acts) in enumerate(order_pages(walked.walk)):
        if not acts & left:
            continue
        language = list(LANGUAGES)[at % len(LANGUAGES)]
        context = lived_room.signed_in(browser.new_context(), role, language=language)
        page = context.new_page()
        page.goto(lived_room.address + path)
        for form, button, act in page.evaluate(FORMS):
            way = way_of(act.partition("#")[0], "POST")
            if way is None or way.path not in left:
                continue
            page.evaluate(TYPE_AND_SEND, [form, button])
            page.wait_for_function("at => document.forms[at]?.querySelector('.refused')", arg=form)
            seen = page.evaluate(SEEN, form)
            expected = get_messages("all", language)("old_form_here")
            text = seen.pop("text")
            if seen != {"focus": True, "stays": True, "size": True} or not text.startswith(expected):
                wrong.append(f"{way.path} on {path}: {seen} {text}")
            left.discard(way.path)
        context.close()
    assert not wrong
    assert not left


def order_pages(walk: SiteWalk) -> list[tuple[tuple[str, Role], set[str]]]:
    """Pages with most acts first, so that few pages are opened."""
    return sorted(walk.offered_on.items(), key=lambda one: (-len(one[1]), one[0]))


def test_the_script_sends_every_form_that_changes_something() -> None:
    """A form that the browser sends itself would leave its page, and lose what was typed."""
    for path in HERE.rglob("*.html"):
        for tag in re.findall(r"<form\b[^>]*>", path.read_text(encoding="utf-8")):
            if 'method="post"' not in tag:
                assert 'method="get"' in tag, f"{path.name}: {tag}"
                continue
            left = [name for name in ("data-find", " target=") if name in tag]
            assert set(left) <= set(LEFT_TO_THE_BROWSER), f"{path.name}: {tag}"
        assert not re.search(r"\bform(method|target)=", path.read_text(encoding="utf-8")), path.name


def test_a_field_that_cannot_be_read_is_named_beside_its_form(page: Page) -> None:
    fill(page, "P-Hunt 2", "tomorrow").click()
    check_stays(page, "P-Hunt 2")
    expect(page.get_by_role("alert")).to_contain_text("tomorrow")
    fill(page, "P-Hunt 2").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-Hunt 2")


def test_an_error_of_a_page_that_comes_back_is_shown_at_its_field(browser: Browser, app_server: ServedApp) -> None:
    page = app_server.signed_in(browser.new_context(), IO).new_page()
    page.goto(app_server.address + "/administration/account")
    form = page.locator('form[action="/administration/account/new"]')
    for name, text in (("name", "io.kollam"), ("password", "four secret words"), ("again", "four other words")):
        form.locator(f'[name="{name}"]').fill(text)
    form.locator("button").click()
    expect(form.locator(".refused")).to_be_focused()
    expect(form.locator('[name="again"]')).to_have_attribute("aria-invalid", "true")
    expect(form.locator('[name="password"]')).to_have_value("four secret words")
    page.context.close()


def test_without_an_answer_the_page_says_so_and_what_to_do(page: Page) -> None:
    page.route("**/operations", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    fill(page, "P-Hunt 3").click()
    check_stays(page, "P-Hunt 3")
    for key in ("noAnswer", "typedStays", "newTab"):
        expect(page.get_by_role("alert")).to_contain_text(say(key))
    page.unroute("**/operations")
    page.locator('form[action="/operations"] button').click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-Hunt 3")


def test_an_answer_that_never_comes_is_given_up(page: Page) -> None:
    page.add_init_script("AbortSignal.timeout = () => AbortSignal.abort(new DOMException('', 'TimeoutError'))")
    page.reload()
    fill(page, "P-Hunt 4").click()
    check_stays(page, "P-Hunt 4")
    expect(page.get_by_role("alert")).to_contain_text(say("noAnswer"))


def test_a_page_says_after_a_moment_that_a_form_is_being_sent(page: Page) -> None:
    page.clock.install()
    page.reload()
    page.clock.pause_at(page.evaluate("Date.now() + 10_000"))
    page.route("**/operations", lambda route: None if route.request.method == "POST" else route.continue_())
    button = fill(page, "P-Hunt 5")
    button.click()
    page.clock.run_for(390)
    assert button.get_attribute("aria-busy") is None
    page.clock.run_for(20)
    expect(button).to_have_attribute("aria-busy", "true")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("status").filter(has_text=say("sending"))).to_be_visible()


def test_a_form_of_an_ended_session_can_be_sent_after_its_officer_signed_in_again(
    page: Page, app_server: ServedApp, office: Office
) -> None:
    button = fill(page, "P-Hunt 6")
    live = app_server.app.state.live_sessions
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "sightline")
    live.leave(live.find(token))
    button.click()
    check_stays(page, "P-Hunt 6")
    expect(page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", re.compile("^/sign-in"))
    app_server.signed_in(page.context, IO)
    for _ in range(2):
        send(page, button)
        expect(page.get_by_role("alert")).to_contain_text(get_messages("all", "hi")("old_form_here"))
    app_server.signed_in(page.context, Role.SUPERVISOR)
    send(page, button)
    check_stays(page, "P-Hunt 6")
    send(page, button)
    expect(page.get_by_role("heading", level=1)).to_contain_text("P-Hunt 6")
