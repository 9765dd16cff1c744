"""When a page is painted, as the browser itself says: in milliseconds since the way to it began."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from sightline.model import Role
from tests.web.world import ServedApp

PAINTS = """async () => {
  const largest = await new Promise(done => {
    let last = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) last = one.startTime; })
      .observe({type: 'largest-contentful-paint', buffered: true});
    setTimeout(() => done(last), 300);
  });
  return [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null, largest];
}"""
SHIFTS = """async () => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({type: 'layout-shift', buffered: true});
  await new Promise(done => setTimeout(done, 300));
  return sum;
}"""
"""The sum of all shifts, which is never less than the cumulative layout shift of Lighthouse."""
SCRIPT_BYTES = """() => performance.getEntriesByType('resource').filter(one => one.initiatorType === 'script')
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


@dataclass(frozen=True)
class Painted:
    """When the first content was there, and the largest; and how many bytes of script were sent, as they are packed."""

    first_ms: float
    largest_ms: float
    script_bytes: int


def painted(browser: Browser, app_server: ServedApp, role: Role, loads: int, *, is_warm: bool) -> list[Painted]:
    """Home of an officer, so many times: by a browser that was here before, or by a new one each time."""
    found = []
    for _ in range(1 if is_warm else loads):
        context = app_server.signed_in(browser.new_context(viewport={"width": 1440, "height": 900}), role)
        page = context.new_page()
        page.set_default_timeout(90_000)
        if is_warm:
            _load(page, app_server)
        found += [_load(page, app_server) for _ in range(loads if is_warm else 1)]
        context.close()
    return found


def _load(page: Page, app_server: ServedApp) -> Painted:
    page.goto("about:blank")
    page.goto(app_server.address, wait_until="load")
    first, largest = page.evaluate(PAINTS)
    return Painted(first, largest, page.evaluate(SCRIPT_BYTES))
