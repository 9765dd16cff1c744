"""From the request of another force to its outcomes, in a browser, with the acts of its officer and the unit's two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sightline.model import OutcomeKind, ReferralState, Role
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.services.referrals.world import World, new_world
from tests.web.gestures import Count, Gestures
from tests.web.test_approvals import AXE_RUN
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.units import partner_of
from tests.web.world import chromium, served

pytestmark = [needs_build, needs_browser]
MOST_CLICKS, MOST_REASONS = 18, 3
AGAIN_CLICKS, AGAIN_REASONS = 6, 1
"""For the same request again, which was answered already."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def test_a_request_is_answered_and_its_outcomes_come_back_in_few_clicks(tmp_path: Path, browser: Browser) -> None:
    world, count = new_world(tmp_path), Count()
    staff = {role: world[role] for role in (Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT)}
    with served(
        AppConfig(world.officer_session.office.workspace, clock=world.clock),
        staff | {Role.PARTNER: partner_of(world, "KA-CYBER")},
    ) as app:

        def officer(role: Role) -> Gestures:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
            one = Gestures(app.signed_in(context, role).new_page(), app.address, count)
            one.begin()
            return one

        partner, io, second = (officer(role) for role in (Role.PARTNER, *staff))
        ask(partner, tmp_path / "letter.pdf")
        answer(io, second, world)
        take_and_report(partner, world)
        io.page.reload()
        io.says("The force recorded an outcome of every lead")
        assert len(count.clicks) <= MOST_CLICKS and len(count.reasons) <= MOST_REASONS, str(count)
        count.clicks.clear()
        count.reasons.clear()
        is_told_where_the_answer_is(partner, tmp_path / "letter.pdf")
        count.clicks.clear()
        ask_again(partner, io, tmp_path / "second.pdf")
        assert len(count.clicks) <= AGAIN_CLICKS and len(count.reasons) <= AGAIN_REASONS, str(count)
        for one in (partner, io, second):
            one.page.evaluate(AXE.read_text())
            assert one.page.evaluate(AXE_RUN) == []


def ask(partner: Gestures, letter: Path) -> None:
    """The officer of the other force asks, in the words of that force. The day of the request is today."""
    partner.go("Referrals")
    fill_request(partner, letter, b"a request")
    partner.says("Its answer will be in the list of your requests")


def fill_request(partner: Gestures, letter: Path, content: bytes) -> None:
    """Fill in the request and send it. An order to produce is chosen already, and whose leads it is about."""
    partner.click("Ask for your state's leads")
    expect(partner.page.get_by_label("Kind of authority").locator("option:checked")).to_have_text(
        "order to produce (BNSS s.94)"
    )
    partner.says("Cyber Police of KA-CYBER")
    partner.page.get_by_label("Your case").fill("Cr. 41/2026")
    partner.page.get_by_label("Number of the authority").fill("s.94 order 3/2026")
    partner.page.get_by_label("Issued by").fill("Magistrate, Mysuru")
    partner.page.get_by_label("Issued on").fill("2026-05-20")
    letter.write_bytes(content)
    partner.drop("#document", [letter])
    partner.click("Send the request")


def is_told_where_the_answer_is(partner: Gestures, letter: Path) -> None:
    """The same letter again is no new request, and the page says where the answer is and how to ask for more."""
    partner.go("Referrals")
    fill_request(partner, letter, b"a request")
    partner.says("has this document already")
    partner.says("Look for its answer in the list of requests")


def ask_again(partner: Gestures, io: Gestures, letter: Path) -> None:
    """The force asks for the same once more; the officer names the referral that gave it."""
    partner.begin()
    partner.go("Referrals")
    fill_request(partner, letter, b"the same request, dated later")
    partner.says("Its answer will be in the list of your requests")
    io.begin()
    io.click("Answer")
    io.page.locator("#given-why").fill("nothing is new since then")
    io.count.reasons.append("given")
    io.click("Answer: already given")
    partner.page.reload()
    partner.says("nothing is new since then")


def answer(io: Gestures, second: Gestures, world: World) -> None:
    """Home names the request. The officer drafts, another approves, and the force's own officer gets it here."""
    io.page.reload()
    expect(io.page.locator("main .queue").filter(has_text="Requests of other forces")).to_contain_text("Cr. 41/2026")
    io.click("Answer")
    io.page.get_by_role("checkbox").first.wait_for()
    io.write("Why", "they asked in their own case")
    io.click("Draft, and request approval")
    io.says("A second officer compares and approves exactly this content")
    second.go("Approvals")
    second.write("Why", "compared with their order")
    second.click("Approve")
    second.says("Approved")
    io.page.reload()
    first = io.page.locator("main .grid form .btn").first
    expect(first).to_have_text("Leave it here for their officers")
    assert "q" not in (first.get_attribute("class") or "").split(), "their officer asked here, so this is the way"
    io.click(first)
    io.says("The force confirms receipt")
    assert world.referral("KA-CYBER 1").state is ReferralState.SENT


def take_and_report(partner: Gestures, world: World) -> None:
    """The other force takes the package, confirms it, and records an outcome for each lead, one by a table."""
    partner.page.reload()
    partner.click("KA-CYBER 1")
    partner.save("Download")
    partner.click("Confirm receipt")
    partner.says("Record what you find")
    expect(partner.page.locator("select[name=kind] option:checked").first).to_have_text("no outcome yet")
    partner.count.clicks.append("an outcome")
    partner.page.locator("select[name=kind]").first.select_option(OutcomeKind.INNOCENT.value)
    partner.write("Why", "the owner keeps a register")
    partner.click("Record outcomes")
    partner.says("1 outcome recorded")
    partner.click(partner.page.get_by_text("Record outcomes from a table"))
    table = Path(partner.save(partner.page.get_by_role("link", name="Download the empty table")).path())
    head, *leads = table.read_text("utf-8-sig").splitlines()
    # As a spreadsheet writes a day.
    filled = [head, *(f"{one.partition(',')[0]},no result,04-Jun-26,the records are gone" for one in leads)]
    table.with_suffix(".csv").write_text("\n".join(filled))
    partner.drop("#table", [table.with_suffix(".csv")])
    partner.page.locator("#table-why").fill("the case diary of June")
    partner.click("Import the table")
    partner.says("Every lead has an outcome")
    with world.officer_session.office.workspace.read() as tables:
        assert {outcome.said_on for outcome in tables[rows.Outcome].select(kind=OutcomeKind.NO_RESULT.value)} == {
            "2026-06-04"
        }
