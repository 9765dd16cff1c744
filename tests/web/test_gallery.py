"""Script and style in Debian's Chromium, on the gallery, under the policy of the web app."""

import csv
import gzip
import itertools
import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.web import gallery

expect.set_options(timeout=30_000)
"""A gate's machine is busy: what is looked for comes, if late."""
FRONTEND = gallery.ROOT / "frontend"
AXE = FRONTEND / "node_modules/axe-core/axe.min.js"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there is taken. The shell has no window and tabs to draw: it takes a third less processor time."""
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)

expect.set_options(timeout=30_000)
needs_build = pytest.mark.skipif(not (gallery.STATIC / "app.js").exists(), reason="make build has not made the script")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium-headless-shell")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with gallery.served() as server_address:
        yield server_address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield made
        made.close()


Opened = Callable[..., Page]


@pytest.fixture
def open_gallery(browser: Browser, address: str) -> Iterator[Opened]:
    """Open the gallery; whatever the console says, and every request elsewhere, fails the test."""
    wrong: list[str] = []
    made: list[Page] = []

    def open_it(width: int = 1440, *, is_drawn: bool = True, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
        # Two cores may have other work.
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.on("console", lambda event: wrong.append(event.text) if event.type in {"error", "warning"} else None)
        page.on("pageerror", lambda why: wrong.append(str(why)))
        page.on("request", lambda one: None if one.url.startswith((address, "blob:")) else wrong.append(one.url))
        page.goto(address)
        if is_drawn:
            expect(page.locator(".drawn svg[viewBox]")).to_have_count(page.locator("figure.chart").count())
        made.append(page)
        return page

    yield open_it
    for page in made:
        page.context.close()
    # The gallery's own refusal is what one test asks for.
    assert [message for message in wrong if "403" not in message] == []


def marks(page: Page, chart: str) -> Locator:
    return page.locator(f"#{chart} .drawn a.mark")


def widths(page: Page, chart: str) -> list[float]:
    return [
        float(locator.get_attribute("width") or 0)
        for locator in page.locator(f"#{chart} .drawn .mark rect:not(.hit)").all()
    ]


@needs_build
def test_the_script_is_small_and_the_fonts_are_local() -> None:
    packed = sum(len(gzip.compress(file.read_bytes())) for file in gallery.STATIC.glob("*.js"))
    assert packed < 100_000
    style = (gallery.STATIC / "app.css").read_text(encoding="utf-8")
    # A small drawing stands in the style itself.
    fonts = [one for one in re.findall(r"url\(([^)]*)\)", style) if not one.strip("\"'").startswith("data:image/svg")]
    assert fonts
    assert all((gallery.STATIC / font.strip("\"'")).is_file() for font in fonts)
    assert "//" not in re.sub(r"/\*.*?\*/", "", style, flags=re.S)


def test_the_lock_file_names_exact_versions_and_no_registry() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, one in lock["packages"].items() if "resolved" in one]
    assert all("integrity" in one for name, one in lock["packages"].items() if name)
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in wanted.values())


@needs_build
@needs_browser
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_no_element_is_wider_than_the_page(open_gallery: Opened, width: int) -> None:
    page = open_gallery(width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@needs_build
@needs_browser
@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes with make dev")
@pytest.mark.parametrize(
    "look",
    [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"width": 390}, {"color_scheme": "dark", "width": 390}],
)
def test_axe_finds_nothing(open_gallery: Opened, look: dict[str, object]) -> None:
    page = open_gallery(**look)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for element in ("document", "document.getElementById('open-address')"):
        if element != "document":
            page.locator("[data-dialog=open-address]").click()
        found = page.evaluate(f"axe.run({element}, {{resultTypes: ['violations']}}).then(it => it.violations)")
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []


@needs_build
@needs_browser
def test_every_row_is_a_mark_that_goes_where_the_row_goes(open_gallery: Opened) -> None:
    page = open_gallery()
    for figure in page.locator("figure.chart").all():
        chart = figure.get_attribute("id")
        rows = {locator.get_attribute("href") for locator in figure.locator("tbody a").all()}
        drawn = [locator.get_attribute("href") for locator in figure.locator(".drawn a.mark").all()]
        assert set(drawn) == rows, chart
        assert len(drawn) == figure.locator("tbody tr").count(), chart
        assert all(locator.get_attribute("aria-label") for locator in figure.locator(".drawn a.mark").all()[:5]), chart


@needs_build
@needs_browser
def test_bars_are_as_long_as_their_values_and_a_log_scale_says_so(open_gallery: Opened) -> None:
    page = open_gallery()
    plain = widths(page, "by-isp")
    assert [round(one / plain[0], 2) for one in plain] == [1, 0.51, 0.33, 0.08, 0.5]
    assert "url(#hatch" in str(page.locator("#by-isp .drawn .mark rect:not(.hit)").last.get_attribute("fill"))
    logged = widths(page, "funnel")
    # Ten times as much is one step more: 96,412 and 7,180 are 1.13 steps apart, 38 and 1,102 are 1.46.
    assert round((logged[1] - logged[2]) / (logged[4] - logged[5]), 2) == round(1.128 / 1.4624, 2)
    assert logged[6] == 0
    assert "log scale" in page.locator("#funnel .drawn").inner_text()


@needs_build
@needs_browser
def test_no_record_of_a_day_is_not_a_day_of_none(open_gallery: Opened) -> None:
    page = open_gallery()
    hatched = page.locator("#by-day .drawn a.mark rect[fill^=url]")
    expect(hatched).to_have_count(2)
    assert "no record" in str(marks(page, "by-day").nth(12).get_attribute("aria-label"))


@needs_build
@needs_browser
def test_states_are_shaded_and_what_is_no_state_has_a_bar_of_its_own(open_gallery: Opened) -> None:
    page = open_gallery()
    for chart in ("by-state", "outlined"):
        kerala = page.locator(f"#{chart} a[href='#IN-KL']").locator("visible=true")
        assert "q5" in str(kerala.locator(".tile, .land").first.get_attribute("class"))
        undetermined = page.locator(f"#{chart} .drawn a[href='#undetermined'] rect:not(.hit)")
        assert "url(#hatch" in str(undetermined.get_attribute("fill"))
    # A state as small as a city is still to be seen and hit.
    small = page.locator("#outlined .drawn a[href='#IN-CH'] circle").bounding_box()
    assert small is not None
    assert small["width"] >= 12
    # However a ring runs, it is the state and not the rest of the globe.
    boxes = [locator.bounding_box() for locator in page.locator("#outlined .drawn .land").all()]
    assert max(box["width"] for box in boxes if box) < 120


LETTERS = """all => all.map(one => one.getBoundingClientRect()).map(it => [it.left, it.top, it.right, it.bottom])"""


def _outlined(open_gallery: Opened, width: int) -> Page:
    """The gallery on the outlines of the build."""
    page = open_gallery(width, is_drawn=False)
    outlines = json.loads((gallery.STATIC / "states.json").read_text(encoding="utf-8"))
    page.route("**/outlines.json", lambda route: route.fulfill(json=outlines))
    page.reload()
    expect(page.locator("#outlined .drawn .land").nth(30)).to_be_attached()
    return page


@needs_build
@needs_browser
@pytest.mark.parametrize("width", [1440, 390])
def test_letters_of_neighbouring_states_do_not_cover_each_other(open_gallery: Opened, width: int) -> None:
    page = _outlined(open_gallery, width)
    boxes = [mark.locator("text").evaluate_all(LETTERS) for mark in page.locator("#outlined .drawn .mark").all()]
    lettered = [box for box in boxes if box]
    assert len(lettered) >= 4
    for first, second in itertools.combinations(lettered, 2):
        for (left, top, right, foot), (x0, y0, x1, y1) in itertools.product(first, second):
            assert right <= x0 + 1 or x1 <= left + 1 or foot <= y0 + 1 or y1 <= top + 1


SIDES = """marks => marks.filter(mark => mark.querySelector('text')).map(mark => {
  const [own, all] = [mark.querySelector('.land'), [...mark.parentNode.querySelectorAll('.land')]];
  const inside = [...mark.querySelectorAll('text:not(.tight)')].flatMap(text => {
    const box = text.getBBox();
    return [0, 0.5, 1].flatMap(x => [0, 0.5, 1].map(y => new DOMPoint(box.x + x * box.width, box.y + y * box.height)));
  }).map(point => own.isPointInFill(point) ? 'own' : all.some(land => land.isPointInFill(point)) ? 'other' : 'none');
  return [mark.getAttribute('aria-label'), [...new Set(inside)].sort().join()];
})"""


@needs_build
@needs_browser
@pytest.mark.parametrize("width", [1440, 390])
def test_letters_are_within_their_state_or_beside_all_of_them_and_nearly_all_states_have_some(
    open_gallery: Opened, width: int
) -> None:
    drawn = _outlined(open_gallery, width).locator("#outlined .drawn")
    sides = drawn.locator(".mark:has(path.land)").evaluate_all(SIDES)
    assert {side for _, side in sides} == {"own", "none"}
    # Each state with leads but the smallest ones: their counts are in the table.
    assert len(sides) >= len(gallery.LEADS) - 2
    assert drawn.locator(".leader").count() == sum(side == "none" for _, side in sides)


ON_NEIGHBOURS = """marks => marks.flatMap(mark => {
  const box = mark.querySelector('.short')?.getBBox();
  const own = mark.querySelector('.land');
  if (!box) return [];
  const at = [0, 1].flatMap(x => [0, 1].map(y => new DOMPoint(box.x + x * box.width, box.y + y * box.height)));
  const others = marks.map(one => one.querySelector('.land')).filter(one => one !== own);
  return others.some(one => at.some(point => one.isPointInFill(point) && !own.isPointInFill(point)))
    ? [mark.getAttribute('aria-label')] : [];
})"""


@needs_build
@needs_browser
@pytest.mark.parametrize("width", [1440, 390])
def test_the_name_of_a_state_does_not_reach_into_another(open_gallery: Opened, width: int) -> None:
    marks = _outlined(open_gallery, width).locator("#outlined .drawn .mark:has(path.land)")
    assert marks.locator(".short").count() >= 4
    assert marks.evaluate_all(ON_NEIGHBOURS) == []


@needs_build
@needs_browser
def test_districts_are_named_beside_their_circles(open_gallery: Opened) -> None:
    page = open_gallery()
    drawn = page.locator('figure[data-chart="districts"] .drawn')
    names = drawn.locator("text.short").all_text_contents()
    assert {"Ernakulam", "Pune", "Jaipur"} <= set(names)
    boxes = [*drawn.locator("text.short").evaluate_all(LETTERS), *drawn.locator("circle.dot").evaluate_all(LETTERS)]
    for (left, top, right, foot), (x0, y0, x1, y1) in itertools.combinations(boxes[: len(names)], 2):
        assert right <= x0 + 1 or x1 <= left + 1 or foot <= y0 + 1 or y1 <= top + 1


@needs_build
@needs_browser
def test_a_timeline_goes_by_the_clock_of_its_instants(open_gallery: Opened) -> None:
    drawn = {
        open_gallery(timezone_id=zone).locator("#visits .drawn svg").inner_html()
        for zone in ("America/New_York", "Asia/Kolkata")
    }
    assert len({re.sub(r"hatch-\d+", "", one) for one in drawn}) == 1


@needs_build
@needs_browser
def test_a_mark_of_the_timeline_lights_its_raw_line(open_gallery: Opened) -> None:
    page = open_gallery()
    marks(page, "visits").nth(3).focus()
    page.keyboard.press("Enter")
    number = str(marks(page, "visits").nth(3).get_attribute("href"))
    expect(page.locator(number)).to_be_focused()
    expect(page.locator(number)).to_be_in_viewport()


@needs_build
@needs_browser
def test_a_drawing_is_one_stop_and_arrows_go_from_mark_to_mark(open_gallery: Opened) -> None:
    page = open_gallery()
    assert page.locator("#by-hour .drawn a[tabindex='0']").count() == 1
    page.locator("#by-hour a[href='#h1-3']").locator("visible=true").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#h2-4"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#h7-23"
    expect(page.locator(".tip")).to_have_text(re.compile(r"Sun 23:00: \d+"))


@needs_build
@needs_browser
def test_the_table_is_one_key_away(open_gallery: Opened) -> None:
    page = open_gallery()
    table, button = page.locator("#by-isp table"), page.locator("#by-isp .tools button").first
    expect(table).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    expect(page.locator("#by-isp .drawn")).to_be_hidden()
    expect(button).to_be_focused()


@needs_build
@needs_browser
def test_a_chart_is_exported_as_the_table_that_it_is_drawn_of(open_gallery: Opened) -> None:
    page = open_gallery()
    page.evaluate("document.querySelector('#by-isp tbody th a').textContent = '=cmd, \"so\"'")
    with page.expect_download() as download:
        page.locator("#by-isp .tools button").nth(2).click()
    assert download.value.suggested_filename == "by-isp.csv"
    with download.value.path().open(encoding="utf-8", newline="") as file:
        head, first, *others = csv.reader(file)
    rows = page.locator("#by-isp tbody tr")
    assert len(others) + 1 == rows.count()
    assert first[0] == '\'=cmd, "so"' and first[1].isdigit() and len(head) == 2


@needs_build
@needs_browser
@pytest.mark.parametrize("chart", ["by-state", "outlined", "funnel", "by-hour", "places", "visits", "by-day"])
def test_an_exported_drawing_is_a_file_of_its_own(open_gallery: Opened, chart: str) -> None:
    page = open_gallery(color_scheme="dark")
    with page.expect_download() as download:
        page.locator(f"#{chart} .tools button").nth(1).click()
    assert download.value.suggested_filename == f"{chart}.svg"
    text = download.value.path().read_text(encoding="utf-8")
    assert not re.search(r"var\(|href|class=|tabindex|light-dark|color-mix", text)
    root = ET.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "a" not in names
    assert root.find("{*}title") is not None
    # White paper, whatever the officer's screen is: what is drawn dark there is dark here.
    assert root.find("{*}rect").get("fill") == "#ffffff"  # type: ignore[union-attr]
    texts = [element.get("fill") or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts
    assert "rgb(236, 234, 228)" not in texts
    assert all(element.get("fill") for element in root.iter("{http://www.w3.org/2000/svg}path"))


@needs_build
@needs_browser
def test_keys_walk_the_leads_tick_and_follow(open_gallery: Opened) -> None:
    page = open_gallery()
    bulk = page.locator(".bulk")
    expect(bulk).to_be_hidden()
    page.bring_to_front()
    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(page.locator("table[data-keys] tbody tr a.row").nth(row)).to_be_focused()
    expect(page.locator("a:focus")).to_have_text("L-93XD")
    page.keyboard.press("x")
    expect(bulk).to_contain_text("1 ticked")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#L-93XD$"))
    page.locator("[data-all]").click()
    expect(bulk).to_contain_text("5 ticked")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("jx?gl/")
    expect(page.locator("[data-search]")).to_have_value("jx?gl/")


@needs_build
@needs_browser
def test_question_mark_shows_the_keys_and_g_goes_to_pages(open_gallery: Opened) -> None:
    page = open_gallery()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("#leads$"))
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()


@needs_build
@needs_browser
def test_a_dialog_opens_keeps_the_focus_in_it_and_gives_it_back(open_gallery: Opened) -> None:
    page = open_gallery()
    opener, dialog = page.locator("[data-dialog=open-address]"), page.locator("#open-address")
    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(page.locator("#o-why")).to_be_focused()
    page.locator("#open-address [data-close]").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


@needs_build
@needs_browser
def test_htmx_sends_the_token_and_a_refusal_appears_with_its_id(open_gallery: Opened) -> None:
    page = open_gallery()
    page.locator("[hx-post]").click()
    expect(page.locator("#notices .failed")).to_contain_text("J-1")
    page.locator("[hx-get]").click()
    expect(page.locator("#swapped-in .drawn svg[viewBox]")).to_be_visible()
    # Nothing of a page stays in the browser's storage, but where it is.
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("Object.keys(sessionStorage)") == ["htmx-current-path-for-history"]


@needs_build
@needs_browser
def test_a_live_update_replaces_its_row(open_gallery: Opened) -> None:
    page = open_gallery()
    expect(page.locator("#src-1")).to_contain_text("9,999")
    expect(page.locator("#live tbody tr").first).to_contain_text("dns.example")
    # The gallery's stream ends: the page says that the line is lost.
    expect(page.locator("#live .lost")).to_be_visible()


@needs_build
@needs_browser
def test_without_script_all_of_it_is_there_as_tables(open_gallery: Opened) -> None:
    page = open_gallery(390, is_drawn=False, java_script_enabled=False)
    expect(page.locator("#by-isp table")).to_be_visible()
    expect(page.locator("#page-links a").first).to_be_visible()
    expect(page.locator(".bulk")).to_be_visible()


@needs_build
@needs_browser
def test_pages_are_behind_a_button_where_it_is_narrow(open_gallery: Opened) -> None:
    page = open_gallery(390)
    first, button = page.locator("#page-links a").first, page.locator("nav .menu")
    expect(first).to_be_hidden()
    button.click()
    expect(first).to_be_visible()
    page.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(button).to_be_focused()


@needs_build
@needs_browser
def test_paper_has_no_pages_and_light_colours(open_gallery: Opened) -> None:
    page = open_gallery(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("body > nav")).to_be_hidden()
    expect(page.locator("#by-isp .tools")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(20, 24, 31)"


@needs_build
@needs_browser
def test_a_map_is_enlarged_and_moved_by_buttons(open_gallery: Opened) -> None:
    page = open_gallery()
    chart = page.locator("#places")

    def places() -> list[str]:
        found: list[str] = chart.locator("a.mark .dot").evaluate_all("all => all.map(one => one.getAttribute('cx'))")
        return found

    whole = places()
    chart.get_by_role("button", name="Zoom in").click()
    chart.get_by_role("button", name="Zoom in").click()
    near = places()
    assert near != whole
    chart.get_by_role("button", name="Move to the west").click()
    assert places() != near
    chart.get_by_role("button", name="Show the whole map").click()
    assert places() == whole
