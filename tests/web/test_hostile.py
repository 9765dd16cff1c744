"""Hostile texts, scanned and declared for real, and then looked at in every page that shows any of them.

What a page says of them is escaped, without control characters and marks of direction, and never a link.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from sightline.casework.cases import cases
from sightline.casework.leads import lead_notes
from sightline.model import Role
from sightline.storage import rows
from sightline.storage.ulid import make_id
from tests.office import Office, now
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.web.conftest import Browser, SignIn

__all__ = ["lead_office"]

MARK = "hostile"
CORPUS = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"' autofocus onfocus={MARK}() x='",
    "{{7*7}}{% raw %}${7*7}",
    f"javascript:{MARK}()",
    f'<a href="https://board.example/{MARK}">{MARK}</a>',
    f"{MARK}\u202egnp.exe\u2066",
    f"=cmd|'/c {MARK}'!A1",
    f"{MARK}%0d%0aSet-Cookie:%20a=b",
    f"../../../etc/{MARK}",
    f"<svg/onload={MARK}()>" + "A" * 400,
    "&lt;b&gt;" + MARK,
)


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    """An office whose records, notes, case and source all say hostile things."""
    visits = [
        Visit(
            at * 60,
            f"198.51.100.{130 + at}",
            page="/" + one.replace(" ", "%20").replace("\t", ""),
            agent=one,
            user=f"u{at}",
        )
        for at, one in enumerate(CORPUS)
    ]
    lead_office.scan(lead_office.log("<img src=x onerror=hostile()>.log", visits), lead_office.flags())
    lead_office.rebuild()
    office = lead_office.office
    for lead in lead_office.leads():
        lead_notes.write(office.io, lead["lead_id"], CORPUS[0] + CORPUS[6], CORPUS[1])
    cases.open_case(office.io, rows.Case(make_id(now()), *CORPUS[:6], "2026-06-05", 0, office.io.officer.officer_id))
    return office


def pages(browser: Browser) -> Iterator[tuple[str, str]]:
    """Every page that links lead to, as it was sent."""
    yield "/search", browser.post("/search", text="hostile").text
    waiting, done = deque(["/", "/leads?sort=first"]), set[str]()
    while waiting:
        path = waiting.popleft()
        if path in done or len(done) > 250 or path.endswith(("/events", "/sign-out")):
            continue
        done.add(path)
        answer = browser.get(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        yield path, answer.text
        links = re.findall(r'<a [^>]*href="([^"#]+)', answer.text)
        waiting.extend(urljoin(path, link.replace("&amp;", "&")) for link in links if link.startswith("/"))


def test_no_hostile_text_becomes_active_on_any_page(signed_in: SignIn) -> None:
    seen = 0
    for path, html in pages(signed_in(Role.INVESTIGATING_OFFICER)):
        seen += html.count(MARK)
        bare = html.replace("&lt;", "").replace("&#34;", "").replace("&#39;", "")
        assert not re.search(rf"<(script|img|svg|a)[^>]*{MARK}", bare), path
        assert not re.search(r"<[^>]*\son\w+\s*=", html), path
        assert "49${" not in html and "\u202e" not in html and "\u2066" not in html, path
        for link in re.findall(r'(?:href|src|action|formaction)="([^"]*)"', html):
            assert link.startswith(("/", "#", "data:image/svg")), (path, link)
            assert "board.example" not in link, (path, link)
    assert seen > 50, "the pages show the corpus"


def test_ways_back_carry_no_header(signed_in: SignIn) -> None:
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    for back in (
        "/\r\nSet-Cookie: a=b",
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ):
        answer = browser.post("/look", theme="dark", back=back)
        assert answer.headers["location"] == "/" and "a=b" not in str(answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "path",
    [
        "/static/../house.py",
        "/static/..%2f..%2fhouse.py",
        "/static/%2e%2e/house.py",
        "/exhibits/..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_out(signed_in: SignIn, path: str) -> None:
    answer = signed_in(Role.INVESTIGATING_OFFICER).get(path)
    assert answer.status_code in {400, 404} and "root:" not in answer.text and "create_app" not in answer.text


def test_a_spreadsheet_takes_no_cell_for_a_formula(signed_in: SignIn) -> None:
    browser = signed_in(Role.INVESTIGATING_OFFICER)
    answer = browser.post("/leads/export", why="for the annexure")
    assert answer.status_code == 200
    for line in answer.text.splitlines():
        assert not re.search(r'(^|,)"?[=+@]', line), line
