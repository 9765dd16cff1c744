"""An officer at a keyboard, without a mouse: goes to things by Tab, and fails where the focus is lost or
not to be seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, expect

MOST = 150
"""Tabs to one thing: more is no way for anybody."""
LONGEST = 600
"""Tabs through one page: more has no end."""
LAST = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const seen = all.filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0
    && one.type !== 'hidden' && one.type !== 'radio');
  return seen.length ? seen.at(-1).cloneNode(false).outerHTML.slice(0, 160) : null;
}"""
DIALOGS, DIALOG_MS = 6, 10_000
"""How often a dialog of files is asked for, and how long it is waited for."""
FOCUS = """() => {
  const at = document.activeElement, root = document.documentElement;
  if (!at || at === document.body || at === root) return null;
  const box = at.getBoundingClientRect(), look = getComputedStyle(at);
  const seen = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 1 && box.width > 0 && box.height > 0;
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {name: at.computedName, tag: at.tagName.toLowerCase(), type: at.type ?? '', seen: seen && inside,
          html: at.cloneNode(false).outerHTML.slice(0, 160), href: at.getAttribute('href') ?? ''};
}"""


@dataclass
class Hands:
    """Keys alone, on one page of one officer; what the console says and what is asked of elsewhere goes to `wrong`."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page, wrong = self.page, self.wrong
        page.set_default_timeout(90_000)
        page.on("console", lambda event: wrong.append(event.text) if event.type in {"error", "warning"} else None)
        page.on("pageerror", lambda why: wrong.append(str(why)))
        own = (self.address, "blob:", "data:")
        page.on("request", lambda one: None if one.url.startswith(own) else wrong.append(one.url))
        self.at("")

    @property
    def focus(self) -> dict[str, str] | None:
        """What has the focus: its accessible name, tag, type and whether it is to be seen; None where it is lost."""
        found: dict[str, str] | None = self.page.evaluate(FOCUS)
        return found

    @property
    def where(self) -> str:
        """The path of the page, with what narrows it."""
        return self.page.url.removeprefix(self.address).partition("#")[0]

    def at(self, path: str) -> None:
        """Open a page by its address, and skip what stands on every page."""
        self.page.goto(self.address + path)
        self._skip()

    def round(self) -> int:
        """Tab from here to the end of the page; through how many stops. Fails where the focus is lost or unseen."""
        here = self.focus
        stops = [here["html"]] if here else []
        for _ in range(LONGEST):
            self.press("Tab")
            here = self.focus
            if here is None:
                ends = self.page.evaluate(LAST)
                assert [ends] == stops[-1:], f"after {stops[-1:]} the focus is lost before {ends}"
                return len(stops)
            assert here["seen"], f"the focus is not to be seen on {self.page.url}: {here['html']}"
            stops.append(here["html"])
        raise AssertionError(f"{self.page.url} has no end within {LONGEST} tabs")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, on a page that stays."""
        for key in keys:
            self.page.keyboard.press(key)

    def leave(self, *keys: str) -> None:
        """Press keys of which the last one leads to another page; there, skip what stands on every page."""
        if len(keys) > 1:
            # The page waits a second and a half for the letter after `g`, which a machine with other work may miss.
            self.page.evaluate("(at => { Date.now = () => at; })(Date.now())")
        self.press(*keys[:-1])
        with self.page.expect_navigation():
            self.page.keyboard.press(keys[-1])
        self._skip()

    def to(self, name: str | re.Pattern[str], *, back: bool = False, tag: str = "", most: int = MOST) -> None:
        """Tab until what has the focus is named so. Fails where it is lost, unseen, or comes round without it."""
        passed: list[str] = []
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            here = self.focus
            if here is None:
                # The end of the page: the browser's own bars are next, then the page again.
                passed.append("(the browser)")
                assert passed.count("(the browser)") < 3, f"no {name!r} on {self.page.url}: {passed}"
                continue
            assert here["seen"], f"the focus is not to be seen on {self.page.url}: {here['html']}"
            if (not tag or here["tag"] == tag) and _is(here["name"], name):
                return
            passed.append(here["name"])
        raise AssertionError(f"no {name!r} within {most} tabs of {self.page.url}: {passed}")

    def _skip(self) -> None:
        assert "Not done" not in self.page.title(), self.page.inner_text("main")
        self.press("Tab")
        here = self.focus
        if here is not None and here["tag"] == "a" and here["name"] == "Skip to content":
            assert here["seen"], f"the way past the menu is not to be seen on {self.page.url}"
            self.press("Enter")
            assert self.page.evaluate("document.activeElement.id") == "main"
        else:
            # The address has a part of the page in it, or the page a field to begin in, from where the browser goes on.
            begins_within = "#" in self.page.url or self.page.locator("[autofocus]").count() == 1
            assert begins_within, f"the first stop of {self.page.url} is {here}"

    def follow(self, name: str | re.Pattern[str], **how: object) -> None:
        """Go to a link or a button and press Enter on it, which leads to another page."""
        self.to(name, **how)  # type: ignore[arg-type]
        self.leave("Enter")

    def fill(self, name: str | re.Pattern[str], text: str, **how: object) -> None:
        """Go to a field and type."""
        self.to(name, **how)  # type: ignore[arg-type]
        self.page.keyboard.type(text)

    def give(self, name: str | re.Pattern[str], file: Path) -> None:
        """Go to a field of files, open its dialog by a key, once more where the browser missed it, and choose there."""
        self.to(name)
        self.page.bring_to_front()
        for left in reversed(range(DIALOGS)):
            try:
                with self.page.expect_file_chooser(timeout=DIALOG_MS) as chooser:
                    self.press("Space")
            except TimeoutError:
                assert left, f"no dialog of files opens for {name!r} on {self.page.url}"
                continue
            chooser.value.set_files(file)
            return

    def says(self, text: str) -> None:
        """Wait until the page says something."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()


def _is(name: str, wanted: str | re.Pattern[str]) -> bool:
    return name == wanted if isinstance(wanted, str) else wanted.search(name) is not None
