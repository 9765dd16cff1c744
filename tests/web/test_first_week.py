"""`docs/tutorials/first_week.md`: every name in bold is on the pages, where the tutorial says that
an officer finds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import expect

from sightline.model import Role
from sightline.translation.messages import get_messages
from tests.cli.conftest import ROOT
from tests.web.gestures import Gestures
from tests.web.test_clicks import ONE, Tips, Unit, browser, pytestmark, unit_with

__all__ = ["browser", "pytestmark", "unit_with"]

PAGE = (ROOT / "docs" / "tutorials" / "first_week.md").read_text(encoding="utf-8")
NAMES = re.findall(r"\*\*([^*]+)\*\*", re.sub(r"\n *", " ", PAGE.partition("\n## ")[2]))
OWN = "investigating-officer of the demo, investigating officer"
SIGN_IN = ("name", "password", "code", "enter")


@dataclass
class Reader:
    """Somebody who follows the tutorial: each name is taken from it, in its order."""

    left: list[str] = field(default_factory=lambda: list(NAMES))

    def name(self, expected: str) -> str:
        """The next name of the tutorial, which must be the one that the test goes to."""
        assert self.left.pop(0) == expected
        return expected

    def read(self, officer: Gestures, *names: str) -> None:
        """See headings or labels on the page."""
        for name in names:
            named = officer.page.locator("main").get_by_text(re.compile(rf"^\s*{re.escape(self.name(name))}"))
            expect(named.locator("visible=true").first).to_be_visible()


def test_the_tutorial_is_true(unit_with: Callable[[], Unit]) -> None:
    unit, reader = unit_with(), Reader()
    officer, second = unit.officer(Role.INVESTIGATING_OFFICER), unit.officer(Role.STATION_OFFICER)
    _import_a_tip(unit, officer)
    _look_around(officer, reader)
    _read_and_take_the_lead(officer, reader)
    _draft_a_notice(officer, reader)
    _decide_and_send(officer, second, reader)
    assert reader.left == []


def _import_a_tip(unit: Unit, officer: Gestures) -> None:
    officer.begin()
    officer.go("Tips")
    officer.drop("#files", Tips(unit, ONE).files())
    officer.says("What was read")
    officer.click(officer.page.locator("#account button"))
    officer.says("The tips are imported")


def _look_around(officer: Gestures, reader: Reader) -> None:
    """The pages are signed in before the test: the words of the sign-in page come from its messages."""
    for key in SIGN_IN:
        reader.name(get_messages("all", "en")(f"sign_in.{key}"))
    officer.begin()
    officer.click(reader.name("Got it"))
    expect(officer.page.get_by_role("button", name=reader.name("Sign out"))).to_have_count(1)


def _read_and_take_the_lead(officer: Gestures, reader: Reader) -> None:
    officer.go(reader.name("Leads"))
    officer.click(officer.page.locator("a.row").first)
    reader.read(officer, "What the evidence can show", "Signs of a deliberate visit", "Signs of accident or error")
    reader.read(officer, "What this does not prove", "Next steps", "Show the address…")
    officer.click(reader.name("Assign an officer"))
    dialog = officer.page.locator("dialog[open]")
    dialog.get_by_label(reader.name("Assign to"), exact=True).select_option(label=OWN)
    dialog.get_by_label(reader.name("Why"), exact=True).fill("FIR 12/2026")
    dialog.get_by_role("button", name=reader.name("Assign"), exact=True).click()
    officer.says("1 lead assigned")
    officer.begin()
    officer.says("Ask the ISP to preserve the records")


def _draft_a_notice(officer: Gestures, reader: Reader) -> None:
    officer.go("Leads")
    officer.click(officer.page.locator("a.row").first)
    officer.click(reader.name("Ask the ISP to preserve the records"))
    expect(officer.page.get_by_role("heading", name="Draft a notice", level=1)).to_be_visible()
    reader.read(officer, "Case", "Kind")
    expect(officer.page.get_by_label("Kind", exact=True)).to_have_value("preservation")
    officer.click(reader.name("See what would be asked"))
    officer.write(reader.name("Why"), "FIR 12/2026")
    officer.click(reader.name("Draft, and ask the second officer"))
    officer.says("second officer")


def _decide_and_send(officer: Gestures, second: Gestures, reader: Reader) -> None:
    second.begin()
    second.go(reader.name("Approvals"))
    second.write(reader.name("Why"), "compared with the case")
    expect(second.page.get_by_role("button", name="Send back", exact=True)).to_have_count(1)
    second.click(reader.name("Approve"))
    second.says("Approved")
    officer.begin()
    officer.go(reader.name("Notices"))
    officer.says("ready to send")
    officer.save(reader.name("Download, one archive for each ISP"))
    officer.click(reader.name("Mark as sent"))
    officer.says("Sent:")
    officer.begin()
    officer.says(reader.name("Ask the ISP for the records"))
