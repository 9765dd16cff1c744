"""An officer with a mouse whose work is counted: clicks, and reasons that are typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect


@dataclass
class Count:
    """What officers did together: each click, and each reason that somebody typed."""

    clicks: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.clicks)} clicks, {len(self.reasons)} reasons: {'; '.join(self.clicks)}"


@dataclass
class Gestures:
    """The page of one officer. Choosing a file or an option is a click; a file may be dropped, which counts as one."""

    page: Page
    address: str
    count: Count

    def __post_init__(self) -> None:
        self.page.set_default_timeout(240_000)

    def begin(self) -> None:
        """Begin on Home, as an officer does who signed in."""
        self.page.goto(self.address + "/")

    def click(self, what: Locator | str) -> None:
        """Click on a thing, or on the link or button in the main part of the page that has this name."""
        found = self._named(what) if isinstance(what, str) else what
        self.count.clicks.append(what if isinstance(what, str) else (found.inner_text() or "a box").strip()[:30])
        found.click()

    def go(self, name: str) -> None:
        """Click in the navigation."""
        self.click(self.page.locator("#page-links").get_by_role("link", name=name))

    def choose(self, label: str, value: str) -> None:
        """Choose an option."""
        self.count.clicks.append(label)
        self.page.get_by_label(label, exact=True).select_option(label=value)

    def write(self, label: str, text: str) -> None:
        """Type a reason into the field that is visible."""
        self.count.reasons.append(text)
        self.page.get_by_label(label, exact=True).locator("visible=true").first.fill(text)

    def drop(self, target: str, files: Sequence[Path]) -> None:
        """Choose files for a field, or drop them on it: one gesture."""
        self.count.clicks.append(f"{len(files)} files")
        self.page.locator(target).set_input_files(list(files))

    def save(self, what: Locator | str) -> Download:
        """Click on a thing that gives a file."""
        with self.page.expect_download() as given:
            self.click(what)
        return given.value

    def says(self, text: str) -> None:
        """Wait until the page says something."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible(timeout=240_000)

    def _named(self, name: str) -> Locator:
        main = self.page.locator("main")
        both = main.get_by_role("button", name=name, exact=True).or_(main.get_by_role("link", name=name, exact=True))
        return both.locator("visible=true").first
