"""The set-up of a workspace in the browser, and who tries to get between: no code, wrong codes, other browsers, others'
forms, late comers, and two at once.
"""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from sightline.casework.people import accounts, set_up
from sightline.ledger.entry import Entry
from sightline.model import Role, Stamp
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.web.set_up import LASTS_S, MOST_WRONG, SetUp, SetUpState
from sightline.web.set_up_app import SetUpConfig, create_set_up_app
from sightline.workspace.workspace import Workspace, open_workspace

pytestmark = pytest.mark.usefixtures("quick_passwords")
PASSWORD = "four words make it"
HOST = "http://127.0.0.1"


@dataclass
class Server:
    """A set-up that is served, with what the administrator reads at the terminal and a clock that a test moves."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.set_up = SetUp(self.folder, self.lines.append, lambda: self.seconds)
        self.app = create_set_up_app(SetUpConfig(self.set_up, is_tls=False, hosts=frozenset({"127.0.0.1"})))

    def browser(self, place: str = "198.51.100.7") -> TestClient:
        return TestClient(self.app, base_url=HOST, client=(place, 40_000), raise_server_exceptions=False)

    def opened(self) -> TestClient:
        """A browser that gave the code."""
        browser = self.browser()
        answer = give_code(browser, self.set_up.code)
        assert (answer.status_code, answer.headers["location"]) == (303, "/set-up")
        return browser


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "unit")


def give_code(browser: TestClient, code: str) -> Response:
    answer: Response = browser.post("/set-up", data={"code": code}, follow_redirects=False)
    return answer


def form_of(browser: TestClient, **other: str) -> dict[str, str]:
    """What the first officer fills in: the form's token is read on the page."""
    page = browser.get("/set-up").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    fields = {
        "unit": "Cyber PS, Thrissur",
        "officer": "A. Nair",
        "designation": "Inspector",
        "role": "administrator",
        "stamp": "casework",
        "name": "a.nair",
        "password": PASSWORD,
        "again": PASSWORD,
        "form_token": token[1] if token else "none",
    }
    return fields | other


def make(browser: TestClient, **other: str) -> Response:
    answer: Response = browser.post("/set-up/workspace", data=form_of(browser, **other), follow_redirects=False)
    return answer


def entries(workspace: Workspace) -> list[Entry]:
    with workspace.read() as tables:
        return [Entry.read(row.entry_json.encode()) for row in tables[rows.LedgerRow].select()]


def test_the_first_officer_makes_the_workspace_that_init_makes(server: Server) -> None:
    browser = server.opened()
    made = make(browser)
    assert made.status_code == 200 and server.set_up.is_over() and server.set_up.state is SetUpState.DONE
    secret = re.search(r'class="hash">([A-Z2-7]{32})<', made.text)
    key_id = re.search(r'id="key-id">([^<]+)<', made.text)
    assert secret and key_id
    workspace, now = open_workspace(server.folder), datetime.now(UTC)
    found = entries(workspace)
    assert [str(entry.verb) for entry in found] == [
        "workspace:made",
        "officer:enrolled",
        "key:enrolled",
        "account:made",
    ]
    officer = found[1].thing.partition(":")[2]
    assert [entry.actor for entry in found] == ["workspace", officer, officer, officer]
    assert found[1].facts["key_id"] == key_id[1] and workspace.workspace_id in made.text
    assert verify_workspace(workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None).findings == []
    session = accounts.sign_in(workspace, "a.nair", PASSWORD, pyotp.TOTP(secret[1]).at(now), now)
    assert (session.officer.name, session.officer.role) == ("A. Nair", Role.ADMINISTRATOR)
    with workspace.read() as tables:
        (row,) = tables[rows.Workspace].select()
    assert (row.name, row.stamp) == ("Cyber PS, Thrissur", Stamp.CASEWORK)


def test_without_the_code_there_is_nothing_to_see_or_do(server: Server) -> None:
    browser = server.browser()
    for path in ("/", "/sign-in", "/set-up/workspace", "/administration/officers", "/recover"):
        answer = browser.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/set-up"), path
    page = browser.get("/set-up").text
    assert 'name="unit"' not in page and server.set_up.code not in page
    for other in ({}, {"form_token": "guess"}):
        browser.cookies.set("sightline-set-up", "guess")
        assert make(browser, **other).status_code == 403
    assert not server.folder.exists() and server.set_up.state is SetUpState.WAITING


def test_the_code_works_once_and_in_one_browser(server: Server) -> None:
    browser, code = server.opened(), server.set_up.code
    other = server.browser("203.0.113.9")
    refused = give_code(other, code)
    assert refused.status_code == 403 and "set-cookie" not in refused.headers
    assert 'name="unit"' not in other.get("/set-up").text and 'name="unit"' in browser.get("/set-up").text
    theirs = form_of(browser)
    assert other.post("/set-up/workspace", data=theirs).status_code == 403
    assert make(browser, form_token="guess").status_code == 403
    assert not server.folder.exists()
    assert any("was used, from 198.51.100.7" in line for line in server.lines)
    assert any("203.0.113.9 (1 of" in line for line in server.lines), "the administrator sees that somebody else tried"


def test_wrong_codes_are_slowed_down_and_in_the_end_close_the_set_up(server: Server) -> None:
    one = server.browser()
    assert [give_code(one, "aaaa-aaaa").status_code for _ in range(12)] == [403] * 10 + [429] * 2
    tried = 10
    while tried < MOST_WRONG:
        assert server.set_up.state is SetUpState.WAITING
        place = server.browser(f"203.0.113.{tried}")
        for _ in range(min(10, MOST_WRONG - tried)):
            assert give_code(place, "bbbb-bbbb").status_code == 403
            tried += 1
    assert server.set_up.state is SetUpState.OVER and server.set_up.is_over()
    assert give_code(server.browser("192.0.2.1"), server.set_up.code).status_code == 403


def test_wrong_codes_do_not_throw_out_the_officer_who_gave_the_right_one(server: Server) -> None:
    browser = server.opened()
    for number in range(MOST_WRONG + 5):
        give_code(server.browser(f"203.0.113.{number}"), "aaaa")
    assert make(browser).status_code == 200


def test_code_and_form_end_after_half_an_hour(server: Server) -> None:
    server.seconds = LASTS_S - 1
    browser = server.opened()
    server.seconds += LASTS_S - 1
    fields = form_of(browser)
    server.seconds += 2
    assert browser.post("/set-up/workspace", data=fields).status_code == 403
    assert server.set_up.is_over() and not server.folder.exists()
    late = Server(server.folder, seconds=0.0)
    late.seconds = LASTS_S
    assert give_code(late.browser(), late.set_up.code).status_code == 403


def test_a_form_of_another_place_or_for_another_name_is_refused(server: Server) -> None:
    browser, code = server.browser(), server.set_up.code
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9"},
        {"sec-fetch-site": "same-site"},
    ):
        assert browser.post("/set-up", data={"code": code}, headers=headers).status_code == 403
    assert browser.post("/set-up", data={"code": code}, headers={"host": "evil.example"}).status_code == 421
    assert server.set_up.state is SetUpState.WAITING
    opened = server.opened()
    answer = opened.post("/set-up/workspace", data=form_of(opened), headers={"origin": "http://evil.example"})
    assert answer.status_code == 403 and not server.folder.exists()


def test_large_and_incomplete_forms_are_refused(server: Server) -> None:
    browser = server.opened()
    assert browser.post("/set-up", data={"code": "a" * 100_000}).status_code == 413
    assert browser.post("/set-up/workspace", data={"unit": "x"}).status_code == 400
    assert make(browser, unit="x" * 2_000).status_code == 400
    assert not server.folder.exists()


def test_the_cookie_is_for_this_server_and_this_browser_alone(server: Server) -> None:
    cookie = give_code(server.browser(), server.set_up.code).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "sightline-set-up=" in cookie
    tls = SetUp(server.folder, print)
    app = create_set_up_app(SetUpConfig(tls, is_tls=True, hosts=None))
    answer = give_code(TestClient(app, base_url="https://unit.example"), tls.code)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sightline-set-up=") and "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"again": "another four words"}, "The two passwords differ"),
        ({"password": "short", "again": "short"}, "12 to 256 characters"),
        ({"name": "../x"}, "is not a valid sign-in name"),
        ({"unit": "   "}, "is empty"),
        ({"role": "analyst"}, "is not a role"),
        ({"stamp": "other"}, "is not what a workspace can be for"),
    ],
)
def test_a_wrong_field_is_told_beside_the_form_and_nothing_is_made(
    server: Server, other: dict[str, str], expected: str
) -> None:
    browser = server.opened()
    answer = make(browser, **other)
    assert answer.status_code == 422 and expected in html.unescape(answer.text)
    assert PASSWORD not in answer.text and 'value="A. Nair"' in answer.text
    assert not server.folder.exists()
    assert make(browser).status_code == 200


def test_a_failure_leaves_nothing_and_can_be_tried_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = server.opened()
    with monkeypatch.context() as broken:
        broken.setattr(set_up, "enrol_first", lambda *_: 1 / 0)
        answer = make(browser)
    assert answer.status_code == 500 and "No workspace was made" in answer.text
    assert not server.folder.exists()
    assert any("ZeroDivisionError" in line for line in server.lines)
    server.folder.mkdir()
    with monkeypatch.context() as broken:
        broken.setattr(set_up, "enrol_first", lambda *_: 1 / 0)
        make(browser)
    assert list(server.folder.iterdir()) == []
    assert make(browser).status_code == 200


def test_a_folder_that_was_filled_meanwhile_is_left_as_it_is(server: Server) -> None:
    browser = server.opened()
    server.folder.mkdir()
    (server.folder / "letter.txt").write_text("not ours", encoding="utf-8")
    answer = make(browser)
    assert answer.status_code == 422 and "is not empty" in answer.text
    assert [path.name for path in server.folder.iterdir()] == ["letter.txt"]


def test_two_forms_at_once_make_one_workspace(server: Server) -> None:
    browser = server.opened()
    fields = form_of(browser)
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda _: browser.post("/set-up/workspace", data=fields).status_code, range(4)))
    assert sorted(answers) == [200, 403, 403, 403]
    assert len(entries(open_workspace(server.folder))) == 4


def test_the_terminal_is_told_no_secret(server: Server) -> None:
    browser = server.opened()
    made = make(browser)
    secret = re.search(r'class="hash">([A-Z2-7]{32})<', made.text)
    assert secret
    printed = "\n".join(server.lines)
    for hidden in (server.set_up.code, PASSWORD, secret[1]):
        assert hidden not in printed and hidden not in repr(server.set_up.result)
    everything = b"".join(path.read_bytes() for path in server.folder.rglob("*") if path.is_file())
    for hidden in (PASSWORD, secret[1]):
        assert hidden.encode() not in everything


@pytest.mark.parametrize("language", ["hi", "ml"])
def test_every_page_of_the_set_up_is_in_the_language_that_was_chosen(server: Server, language: str) -> None:
    browser = server.browser()
    browser.cookies.set("language", language)
    pages = [browser.get("/set-up").text, give_code(browser, "aaaa").text]
    give_code(browser, server.set_up.code)
    pages += [browser.get("/set-up").text, make(browser, again="other four words").text, make(browser).text]
    for page in pages:
        assert f'<html lang="{language}"' in page
        assert 'lang="en"' not in page.replace('value="en" lang="en"', ""), page
