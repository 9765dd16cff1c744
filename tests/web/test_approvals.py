"""Approvals in a real browser: the thing itself beside the decision, many with one reason, and what is urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sightline.casework.leads import lead_marks
from sightline.errors import NotAllowed
from sightline.evidence import verify_sightline
from sightline.evidence.bundle_file import BundleKind
from sightline.ledger.verbs import Verb
from sightline.model import NoticeKind, NoticeState, Role
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.notices.drafts import draft_all_notices
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.web.app import AppConfig
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office_in
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.world import ServedApp, chromium, served

pytestmark = [needs_build, needs_browser]
IO, SHO = Role.INVESTIGATING_OFFICER, Role.STATION_OFFICER
ADDRESSES = ("198.51.100.7", "198.51.100.130", "198.51.100.140")
AXE_RUN = "axe.run(document, {resultTypes: ['violations']}).then(it => it.violations.map(one => one.id))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def lead_office(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    """Three leads of two licensees. Two notices for records and two for preservation wait for the second officer."""
    made = lead_office_in(tmp_path_factory.mktemp("approvals"))
    visits = [Visit(60 * at, address, port=40_000) for at, address in enumerate(ADDRESSES)]
    made.scan(made.log("http.log", visits), made.flags())
    made.rebuild()
    for kind in (NoticeKind.PRESERVATION, NoticeKind.RECORDS):
        assert len(draft_all_notices(made.office.io, made.office.case.case_id, kind, why="FIR 12/2026")) == 2
    lead = next(one["lead_id"] for one in made.leads() if one["source_ip"] == ADDRESSES[2])
    lead_marks.mark(made.office.io, lead, "the girl in the pictures was seen this week")
    return made


@pytest.fixture(scope="module")
def app_server(lead_office: LeadOffice) -> Iterator[ServedApp]:
    with served(
        AppConfig(lead_office.office.workspace, clock=lead_office.office.io.clock), lead_office.office.officer_sessions
    ) as made:
        yield made


@contextmanager
def page_of(browser: Browser, app_server: ServedApp, width: int = 1440, **looks: str) -> Iterator[Page]:
    """The browser of a station officer. Whatever its console says fails the test."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = app_server.signed_in(context, SHO, **looks).new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda event: wrong.append(event.text) if event.type in {"error", "warning"} else None)
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "light", "en"), (390, "dark", "ml")])
def test_pages_of_approvals_have_no_fault_of_access(
    browser: Browser, app_server: ServedApp, width: int, theme: str, language: str
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    with page_of(browser, app_server, width, theme=theme, language=language) as page:
        page.goto(app_server.address + "/approvals")
        ids = [locator.get_attribute("value") for locator in page.locator("input[name=approval]").all()]
        assert len(ids) == 4
        for path in ("/approvals", f"/approvals/together?approval={ids[0]}", "/approvals?show=decided"):
            page.goto(app_server.address + path)
            page.evaluate(AXE.read_text(encoding="utf-8"))
            assert page.evaluate(AXE_RUN) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


BROKEN_TIMES = """[...document.querySelectorAll('main time')].filter(
  one => one.checkVisibility() && one.getClientRects().length > 1).map(one => one.textContent)"""


def test_no_time_of_an_approval_is_broken_on_a_usual_screen(browser: Browser, app_server: ServedApp) -> None:
    with page_of(browser, app_server, 1280) as page:
        page.goto(app_server.address + "/approvals")
        expect(page.locator(".thing td time")).not_to_have_count(0)
        assert page.evaluate(BROKEN_TIMES) == []
        assert page.evaluate("document.querySelector('.thing .scroll').scrollWidth") <= page.evaluate(
            "document.querySelector('.thing .scroll').clientWidth"
        )


def test_the_subject_appears_beside_the_decision_and_danger_comes_first(
    browser: Browser, app_server: ServedApp, lead_office: LeadOffice
) -> None:
    with page_of(browser, app_server) as page:
        page.goto(app_server.address + "/approvals")
        first = page.locator(".queue tbody tr").first
        expect(first.locator(".pill.stop")).to_have_text("child in danger")
        expect(page.locator(".thing h2")).to_contain_text(first.locator("a.row").inner_text())
        expect(page.locator(".decision .note.stop")).to_contain_text("the girl in the pictures")
        letter = page.locator("img.sheet").first
        letter.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('img.sheet').naturalWidth > 100")
        text = page.locator("main").inner_text()
        assert not [address for address in ADDRESSES if address in text]
        assert "Beta Broadband" in text and "198.51.100.x" in text
        here = page.url
        page.keyboard.press("j")
        page.wait_for_url("**/approvals/*")
        expect(page.locator(".decision nav")).to_contain_text("2 of 4")
        page.keyboard.press("k")
        expect(page.locator(".decision nav")).to_contain_text("1 of 4")
        assert page.url != here
        with lead_office.office.workspace.read() as tables:
            notice = tables[rows.Notice].select()[0]
        letter_text = page.request.get(f"{app_server.address}/notices/{notice.notice_id}/letter/1.svg")
        assert letter_text.ok and not [address for address in ADDRESSES if address in letter_text.text()]
        assert page.request.get(f"{app_server.address}/notices/{notice.notice_id}/letter/99.svg").status == 404


def test_many_are_approved_with_one_reason_and_each_is_signed_for_itself(
    browser: Browser, app_server: ServedApp, lead_office: LeadOffice, tmp_path: Path
) -> None:
    with page_of(browser, app_server) as page:
        page.goto(app_server.address + "/approvals")
        kinds = page.locator(".queue")
        mixed = [kind.locator("input[name=approval]").first.get_attribute("value") for kind in kinds.all()]
        refused = page.request.get(
            app_server.address + "/approvals/together?" + "&".join(f"approval={one}" for one in mixed)
        )
        assert refused.status == 400 and "These are acts of several kinds" in refused.text()
        kinds.first.locator("[data-all]").click()
        kinds.first.get_by_role("button", name="Look at these together").click()
        expect(page.locator(".item")).to_have_count(2)
        expect(page.locator(".item .sheets")).to_have_count(2)
        page.get_by_label("Why").fill("compared with the case")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#notices")).to_contain_text("Approved: 2, each with its own signature")
        # The next one has opened; it is decided by keys alone.
        page.get_by_label("Why").fill("compared with the case")
        page.get_by_label("Why").press("Control+Enter")
        expect(page.locator("#notices")).to_contain_text("Approved and done")
        page.goto(app_server.address + "/approvals?show=decided")
        decided_rows = page.locator("main tbody tr", has_text="compared with the case")
        expect(decided_rows).to_have_count(3)
        assert all("FIR 12/2026, notice" in row.inner_text() for row in decided_rows.all()), (
            "each says what it is about"
        )
    with lead_office.office.workspace.read() as tables:
        ledger_rows = tables[rows.LedgerRow].select(verb=Verb.APPROVAL_GIVEN.value)
        states = [notice.state for notice in tables[rows.Notice].select()]
        decided = [
            approval for approval in tables[rows.Approval].select() if approval.decided_why == "compared with the case"
        ]
    assert len(decided) == 3 and states.count(NoticeState.APPROVED) == 3
    assert {row.thing for row in ledger_rows} >= {f"approval:{approval.approval_id}" for approval in decided}
    assert_both_verifiers_agree(lead_office, tmp_path)


def assert_both_verifiers_agree(lead_office: LeadOffice, folder: Path) -> None:
    """The workspace verifies, and so does its ledger as a stranger reads it from a bundle."""
    request = BundleRequest(BundleKind.LEDGER, folder / "ledger.zip", "FIR 12/2026")
    with pytest.raises(NotAllowed):
        write_bundle(lead_office.office.io, request)
    lead_office.office.approve()
    write_bundle(lead_office.office.io, request)
    assert verify_sightline.main([str(request.out)]) == 0
    assert verify_workspace(lead_office.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_refused_notice_returns_to_its_drafter_with_the_reason_and_the_same_leads(
    browser: Browser, tmp_path: Path
) -> None:
    made = lead_office_in(tmp_path)
    made.scan(made.log("http.log", [Visit(60, ADDRESSES[0], port=40_000)]), made.flags())
    made.rebuild()
    (notice,) = draft_all_notices(made.office.io, made.office.case.case_id, NoticeKind.RECORDS, why="FIR 12/2026")
    with served(
        AppConfig(made.office.workspace, clock=made.office.io.clock), made.office.officer_sessions
    ) as app_server:
        with page_of(browser, app_server) as page:
            page.goto(f"{app_server.address}/approvals/{notice.approval_id}")
            page.get_by_label("Why").fill("ask for the port too, as in FIR 11/2026")
            page.get_by_role("button", name="Send back").click()
            expect(page.get_by_text("Sent back to")).to_be_visible()
        context = app_server.signed_in(browser.new_context(), IO)
        page = context.new_page()
        page.goto(app_server.address + "/inbox")
        page.get_by_role("link", name="Sent back:").click()
        expect(page.get_by_text("ask for the port too")).to_be_visible()
        page.goto(f"{app_server.address}/notices/{notice.notice_id}")
        page.get_by_role("link", name="Draft it again").click()
        lead = made.leads()[0]["lead_id"]
        expect(page.locator(f"input[name=lead][value='{lead}']").first).to_be_attached()
        context.close()
    with made.office.workspace.read() as tables:
        assert [notice.state for notice in tables[rows.Notice].select()] == [NoticeState.REFUSED]
    assert verify_workspace(made.office.workspace, VerifyRequest(), lambda *_: None).findings == []
