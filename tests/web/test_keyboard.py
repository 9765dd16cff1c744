"""The web app by keyboard alone, in a real browser: from Home to a corroborated subscriber, and what keys must keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sightline.model import ReferralState, Role
from sightline.services.referrals import package_reader
from sightline.storage import rows
from sightline.web.app import AppConfig
from sightline.workspace.unit_keys import read_unit_key
from tests.services.leads.office import Visit
from tests.services.referrals.world import World, new_world
from tests.services.test_notices import lead_office_in
from tests.web.hands import Hands
from tests.web.test_gallery import needs_browser, needs_build
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
IO, SHO, SP = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER, Role.SUPERINTENDENT
ADDRESSES = ("198.51.100.130", "198.51.100.140")
CIRCUIT, HOME, SINCE = "KL7001234", "House 12, Made-up Road", "2019-04-01T00:00:00+05:30"

Seated = Callable[[Role], Hands]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    """Two leads, each of one line, a day apart."""
    officer_session = lead_office_in(tmp_path_factory.mktemp("keyboard"))
    visits = [Visit(at, address, port=40_000) for at, address in zip((0, 86_400), ADDRESSES, strict=True)]
    officer_session.scan(officer_session.log("http.log", visits), officer_session.flags())
    officer_session.rebuild()
    with served(
        AppConfig(officer_session.office.workspace, clock=officer_session.office.io.clock),
        officer_session.office.officer_sessions,
    ) as made:
        yield made


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Leads in two states, and the forces of both."""
    return new_world(tmp_path_factory.mktemp("referral"))


@contextmanager
def live_sessions(browser: Browser, app_server: ServedApp) -> Iterator[Seated]:
    """Officers, each at a browser of their own, on Home; whatever went wrong there fails the test."""
    made: list[Hands] = []

    def sit(role: Role) -> Hands:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        hands = Hands(app_server.signed_in(context, role).new_page(), app_server.address)
        made.append(hands)
        return hands

    yield sit
    for officer in made:
        officer.page.context.close()
    assert [officer.wrong for officer in made if officer.wrong] == []


@pytest.fixture
def seated(browser: Browser, app_server: ServedApp) -> Iterator[Seated]:
    with live_sessions(browser, app_server) as made:
        yield made


def test_from_home_to_a_corroborated_subscriber_by_keys_alone(seated: Seated, tmp_path: Path) -> None:
    officer, station, superintendent = (seated(role) for role in (IO, SHO, SP))
    for day, steps in ((1, ("j",)), (2, ("j", "j"))):
        if day == 1:
            # The most urgent lead stands on Home.
            officer.leave("j", "Enter")
        else:
            officer.leave("g", "l")
            officer.fill("Filter leads", "reach:subscriber")
            officer.follow("Filter")
            officer.leave(*steps, "Enter")
        address = open_address(officer)
        officer.follow("Preserve, then ask…")
        officer.fill("Kind", "records")
        officer.follow("See what would be asked")
        officer.fill("Why", "FIR 12/2026")
        officer.follow(re.compile("Draft, and ask"))
        officer.says("It is waiting for the second officer")
        approved(station)
        mark_sent(officer, day)
        holds = f"{CIRCUIT},{address},40000,40999,2026-03-0{day} 09:00:00,2026-03-0{day} 20:00:00"
        head = "Circuit ID,Public IP,Port From,Port To,Start Time,End Time"
        answered(officer, write_file(tmp_path / f"day-{day}.csv", f"{head}\n{holds}\n"))
        officer.says("rows match; 1 were asked")
    resolved(officer)
    officer.leave("g", "n")
    officer.leave("j", "Enter")
    officer.fill("Why", "who it is")
    officer.follow("Draft the second request")
    approved(superintendent)
    mark_sent(officer, 1)
    form = f'Circuit ID,Name,Installation Address,Activated On\n{CIRCUIT},A. Nobody,"{HOME}",{SINCE}\n'
    answered(officer, write_file(tmp_path / "form.csv", form), is_of_times=False)
    resolved(officer)
    officer.follow("Subscribers")
    officer.leave("j", "Enter")
    expect(officer.page.locator(".ladder .here")).to_contain_text("corroborated")
    assert CIRCUIT not in officer.page.content()
    officer.fill("Why", "a warrant is asked for")
    officer.follow("Show the identity")
    officer.says(CIRCUIT)
    officer.says(HOME)


def test_another_force_s_request_becomes_a_package_and_a_receipt_by_keys_alone(
    browser: Browser, unit: World, tmp_path: Path
) -> None:
    config = AppConfig(unit.officer_session.office.workspace, clock=unit.clock)
    with (
        served(config, unit.officer_session.office.officer_sessions) as app_server,
        live_sessions(browser, app_server) as seated,
    ):
        officer, superintendent = seated(IO), seated(SP)
        officer.leave("g", "r")
        asked_for(officer, write_file(tmp_path / "request.pdf", "their letter"))
        officer.follow("Answer it…")
        officer.follow("Preview")
        officer.says("2 leads would go")
        officer.fill("Why", "they asked, under their own authority")
        officer.follow("Draft, and request approval")
        # A draft that takes longer shows its progress, and leads to its page when it is there.
        officer.says("A second officer compares and approves exactly this content")
        approved(superintendent)
        looked_up(officer)
        officer.to("Sealed package")
        with officer.page.expect_download() as package:
            officer.press("Enter")
        officer.says("It was sent. The force confirms")
        receipt = received(unit, package.value.path(), tmp_path / "receipt.json")
        looked_up(officer)
        officer.give(re.compile("^Receipt or outcomes"), receipt)
        officer.follow("Import")
        officer.says("Imported into the workspace")
        with unit.officer_session.office.workspace.read() as tables:
            assert [referral.state for referral in tables[rows.Referral].select()] == [ReferralState.RECEIVED]


def asked_for(officer: Hands, letter: Path) -> None:
    """The request of the force that stands first, as its letter says it."""
    officer.follow("Record a request")
    officer.fill("Their case", "Cr. 41/2026")
    officer.fill("Number of the authority", "s.94 order 3/2026", tag="input")
    officer.fill("Issued by", "Magistrate, Mysuru")
    for field, day in (("Issued on", "05202026"), ("Received on", "06012026")):
        officer.fill(field, day)
    officer.give(re.compile("^The request as it came"), letter)
    officer.follow("Record request")
    officer.says("The request is recorded")


def looked_up(officer: Hands) -> None:
    """The referral is found again on the page of its room."""
    officer.leave("g", "r")
    officer.follow("KA-CYBER 1")


def received(unit: World, package: Path, receipt: Path) -> Path:
    """What the other force does with the package that it was given: opens it, and signs that it has it."""
    key = read_unit_key(unit.officer_session.office.workspace).derive_public()
    found = package_reader.open_package(package, [unit.karnataka.identity], key)
    receipt.write_bytes(package_reader.sign_receipt(found, unit.karnataka.secret, unit.clock()))
    return receipt


def open_address(officer: Hands) -> str:
    """The address of the lead that is on the page, once a reason was given in the dialog."""
    officer.to("Show the address…")
    officer.press("Enter")
    officer.fill("Why", "FIR 12/2026")
    officer.follow("Show the address")
    return officer.page.locator(".opened").inner_text().partition(" ")[0]


def approved(second: Hands) -> None:
    """The second officer finds what waits, which is open already, and agrees."""
    second.leave("g", "a")
    second.fill("Why", "compared with the case")
    second.leave("Control+Enter")
    second.says("Approved")


def mark_sent(officer: Hands, day: int) -> None:
    """The newest notice is found again, and marked as sent."""
    officer.leave("g", "n")
    officer.leave("j", "Enter")
    officer.fill("How it was sent", f"by hand, receipt {day}")
    officer.leave("Enter")
    officer.says("Sent. An answer is due by")


def write_file(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def answered(officer: Hands, file: Path, *, is_of_times: bool = True) -> None:
    """The licensee's file and its certificate are taken, as declared."""
    officer.give(re.compile("^File:"), file)
    officer.give(re.compile("^The ISP's certificate"), write_file(file.with_suffix(".pdf"), f"signed {file.name}"))
    if is_of_times:
        officer.fill("Time zone", "Asia/Kolkata")
        officer.fill("Order of dates", "year")
    officer.follow("Import, and compare with the notice")


def resolved(officer: Hands) -> None:
    """From the reply to the resolutions, and anew."""
    officer.follow("Go to the resolutions")
    officer.follow("Resolve now")
