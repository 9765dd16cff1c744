"""How much officers must do: from a tip to a named subscriber, for one lead and for fifty, counted in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random
from zipfile import ZipFile

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from sightline.casework.notices import licensees
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.model import DatasetKind, NatLogs, NoticeKind, NoticeState, Role
from sightline.services.artifacts.resolutions import require_newest_resolution
from sightline.services.notices.notice_rows import read_rows_of_notice
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.services.leads.office import LeadOffice
from tests.services.test_notices import NETWORKS, lead_office_in
from tests.web.gestures import Count, Gestures
from tests.web.test_approvals import AXE_RUN, assert_both_verifiers_agree
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_tips import add_referral, report
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
IO, SHO, SP = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERINTENDENT
ONE = ("198.51.100.130",)
ISPS = ("Alpha Mobile", "Beta Broadband", "Gamma Fibre", "Delta Net", "Epsilon Cable")
CIRCLES = ("KL", "TN")
MORE = NETWORKS + "".join(
    f"192.0.2.{16 * (2 * at + half)}/28,AS{64600 + at},{isp},fixed,{circle}\n"
    for at, isp in enumerate(ISPS)
    for half, circle in enumerate(CIRCLES)
)
FIFTY = tuple(f"192.0.2.{16 * block + 1 + at}" for block in range(2 * len(ISPS)) for at in range(5))
"""Fifty lines of five ISPs, each in two circles: ten notices."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@dataclass
class Unit:
    """A unit whose officers work in browsers of their own, and what they do together."""

    lead_office: LeadOffice
    app_server: ServedApp
    browser: Browser
    folder: Path
    count: Count
    seats: list[Gestures] = field(default_factory=list)

    def officer(self, role: Role) -> Gestures:
        context = self.browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        self.seats.append(
            Gestures(self.app_server.signed_in(context, role).new_page(), self.app_server.address, self.count)
        )
        return self.seats[-1]

    def notices(self, kind: NoticeKind, state: NoticeState) -> list[rows.Notice]:
        with self.lead_office.office.workspace.read() as tables:
            return [notice for notice in tables[rows.Notice].select(kind=kind.value) if notice.state is state]

    def replies(self, kind: NoticeKind) -> list[Path]:
        """The files that the licensees send back, one for each notice that waits."""
        made = []
        for at, notice in enumerate(self.notices(kind, NoticeState.SENT)):
            asked = read_rows_of_notice(self.lead_office.office.workspace, notice)
            path = self.folder / f"{kind.value}-{at}.csv"
            path.write_text(_forms(asked) if kind is NoticeKind.SUBSCRIBERS else _assignments(asked), encoding="utf-8")
            made.append(path)
        return made


def _assignments(asked: pl.DataFrame) -> str:
    """A NAT log as no two lines of it are alike: lines, addresses and times that count upwards are in doubt."""
    lines = ["Circuit ID,Public IP,Port From,Port To,Start Time,End Time"]
    for ip in sorted(asked["ip"].unique(), key=lambda one: sha256(one.encode()).digest()):
        line, minute, second, late, end = (int(sha256(f"{ip} {at}".encode()).hexdigest()[:5], 16) for at in range(5))
        begins = f"2026-03-01T12:{minute % 60:02}:{second % 60:02}+05:30"
        ends = f"2026-03-01T20:{late % 60:02}:{end % 60:02}+05:30"
        lines.append(f"KL{line},{ip},40000,40999,{begins},{ends}")
    return "\n".join(lines) + "\n"


def _forms(asked: pl.DataFrame) -> str:
    lines = ["Circuit ID,Name,Installation Address,Activated On"]
    lines += [f"{number},A. Nobody,House 12,2019-04-01T00:00:00+05:30" for number in asked["number"]]
    return "\n".join(lines) + "\n"


@pytest.fixture
def unit_with(tmp_path: Path, browser: Browser) -> Iterator[Callable[[], Unit]]:
    """A unit with networks, ISPs and a referral, and no lead yet."""
    left: list[object] = []

    def make() -> Unit:
        lead_office = lead_office_in(tmp_path)
        path = tmp_path / "more.csv"
        path.write_text(MORE)
        import_dataset(lead_office.office.io, DatasetRequest(path, DatasetKind.NETWORK, date(2026, 3, 1)))
        for name in ISPS[2:]:
            licensees.set_licensee(
                lead_office.office.io, licensees.LicenseeForm(name, f"Nodal Officer, {name}", NatLogs.BLOCKS)
            )
        add_referral(lead_office.office)
        serving = served(
            AppConfig(lead_office.office.workspace, clock=lead_office.office.io.clock),
            lead_office.office.officer_sessions,
        )
        left.append(serving)
        return Unit(lead_office, serving.__enter__(), browser, tmp_path, Count())

    yield make
    for one in left:
        one.__exit__(None, None, None)  # type: ignore[attr-defined]


def approve(second: Gestures, *, is_many: bool) -> None:
    """The second officer comes from Home, reads what waits, and approves it."""
    second.begin()
    second.go("Approvals")
    if is_many:
        second.click(second.page.locator(".queue [data-all]").first)
        second.click("Look at these together")
    second.write("Why", "compared with the case")
    second.click("Approve the ticked" if is_many else "Approve")
    second.says("Approved")


def check_access(page: Page) -> None:
    """Check a page wide and narrow: axe finds nothing, and nothing is wider than the screen."""
    for width in (390, 1440) if AXE.is_file() else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AXE_RUN) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def send(officer: Gestures) -> dict[str, bytes]:
    """The officer comes from Home, downloads what is ready and records how it was sent."""
    officer.begin()
    officer.go("Notices")
    officer.says("ready to send")
    check_access(officer.page)
    archive = officer.save("Download, one archive for each ISP").path().read_bytes()
    officer.click("Mark as sent")
    officer.says("Sent:")
    with ZipFile(BytesIO(archive)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def add(officer: Gestures, files: Sequence[Path]) -> None:
    """The officer drops the replies on Home."""
    officer.begin()
    officer.drop("#replies", files)
    officer.says("What the replies say")
    check_access(officer.page)


@dataclass
class Tips:
    """Tips of one sender that name these addresses, as files of a download."""

    unit: Unit
    addresses: Sequence[str]

    def files(self) -> list[Path]:
        """One report of each address, as they come: a file for each."""
        mixed = Random(7).sample(list(self.addresses), len(self.addresses))
        made = []
        for number, address in enumerate(mixed, 1):
            at = f"2026-03-01T12:{number % 60:02}:00Z"
            path = self.unit.folder / f"CT-{number}.json"
            path.write_bytes(report(number, address, at=at, port=40_000))
            made.append(path)
        return made


def begin_with_tips(officer: Gestures, tips: Tips) -> None:
    """From the tips of the day to their leads: drop the files, look at what was read, import."""
    officer.begin()
    officer.go("Tips")
    officer.drop("#files", tips.files())
    officer.says("What was read")
    check_access(officer.page)
    officer.click(officer.page.locator("#account button"))
    officer.says("The tips are imported")
    check_access(officer.page)


def work_through(unit: Unit, choose: Callable[[Gestures], None], *, is_many: bool) -> dict[str, bytes]:
    """From tips to subscribers with names; what was sent to licensees at first."""
    officer, station, superintendent = (unit.officer(role) for role in (IO, SHO, SP))
    choose(officer)
    officer.write("Why", "FIR 12/2026")
    officer.click(officer.page.locator("form[method=post][action='/notices/new'] button"))
    officer.says("second officer")
    approve(station, is_many=is_many)
    sent = send(officer)
    add(officer, unit.replies(NoticeKind.RECORDS))
    officer.write("Why", "who it is")
    officer.click(officer.page.locator("form[action='/notices/follow'] button"))
    officer.says("waiting for the superintendent")
    approve(superintendent, is_many=is_many)
    send(officer)
    add(officer, unit.replies(NoticeKind.SUBSCRIBERS))
    return sent


def open_first(officer: Gestures, *, is_many: bool) -> None:
    """Open one identity, which takes a reason of its own."""
    if is_many:
        officer.click(officer.page.locator("details summary", has_text="Show the identity").first)
    officer.write("Why", "a warrant is asked for")
    officer.click("Show the identity")
    officer.says("A. Nobody")


def test_one_lead_takes_twenty_clicks_and_five_reasons(unit_with: Callable[[], Unit], tmp_path: Path) -> None:
    unit = unit_with()

    def one_lead(officer: Gestures) -> None:
        begin_with_tips(officer, Tips(unit, ONE))
        officer.click(officer.page.locator("#imported a[href^='/leads/']").first)
        officer.click("Preserve, then ask…")

    sent = work_through(unit, one_lead, is_many=False)
    assert {name.rpartition("/")[2] for name in sent} == {"notice.pdf", "rows.csv"}
    open_first(unit.seats[0], is_many=False)
    assert len(unit.count.clicks) <= 20 and len(unit.count.reasons) <= 5, unit.count
    assert_both_verifiers_agree(unit.lead_office, tmp_path)


def test_fifty_leads_take_sixty_clicks_at_most(unit_with: Callable[[], Unit], tmp_path: Path) -> None:
    unit = unit_with()

    def all_leads(officer: Gestures) -> None:
        begin_with_tips(officer, Tips(unit, FIFTY))
        officer.go("Leads")
        officer.click(officer.page.locator("[data-all]"))
        officer.click("Notice…")

    sent = work_through(unit, all_leads, is_many=True)
    assert len(sent) == len(ISPS) and all(name.endswith(".zip") for name in sent)
    _each_archive_is_of_one_licensee(sent)
    assert len(require_newest_resolution(unit.lead_office.office.workspace).subscribers) == len(FIFTY)
    open_first(unit.seats[0], is_many=True)
    assert len(unit.count.clicks) <= 60 and len(unit.count.reasons) <= 6, unit.count
    assert_both_verifiers_agree(unit.lead_office, tmp_path)


def _each_archive_is_of_one_licensee(sent: Mapping[str, bytes]) -> None:
    seen: set[str] = set()
    for name, data in sent.items():
        with ZipFile(BytesIO(data)) as packed:
            texts = [packed.read(one).decode() for one in packed.namelist() if one.endswith("rows.csv")]
        mine = {address for address in FIFTY for text in texts if f",{address}," in text}
        assert len(texts) == 2 and len(mine) == 10 and not mine & seen, name
        seen |= mine
    assert seen == set(FIFTY)
