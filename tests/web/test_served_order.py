"""Lists that the server pages are sorted by the column that the officer chose, over all their pages."""

from __future__ import annotations

import re
from html import unescape

import httpx2
import pytest

from sightline.model import Role
from tests.web.used_workspace import UsedWorkspace
from tests.web.world import ServedApp

COUNT = re.compile(r'<td class="n">(\d+)</td>')


@pytest.fixture
def officer(lived_room: ServedApp) -> httpx2.Client:
    token = lived_room.app.state.live_sessions.begin(lived_room.officer_sessions[Role.INVESTIGATING_OFFICER], "test")
    return httpx2.Client(base_url=lived_room.address, cookies={"sightline": token})


def read_pages(officer: httpx2.Client, path: str) -> list[str]:
    """Return the rows of a list, page after page."""
    rows: list[str] = []
    for _ in range(20):
        page = officer.get(path).text
        rows += [row for row in page.split("<tr>") if 'scope="row" class="whole"' in row]
        more = re.search(r'rel="next" href="([^"]+)"', page)
        if more is None:
            return rows
        path = unescape(more[1])
    raise AssertionError("no end")


@pytest.mark.parametrize("path", ["/notices/subscribers", "/notices/resolutions"])
def test_each_heading_leads_to_its_order_and_back(officer: httpx2.Client, lived: UsedWorkspace, path: str) -> None:
    page = officer.get(path).text
    links = [unescape(link) for link in re.findall(rf'<a href="({path}\?sort=[^"]+)"', page)]
    assert len(links) >= 5
    for link in links:
        sorted_page = officer.get(link).text
        assert 'aria-sort="ascending"' in sorted_page
        assert link.replace("sort=", "sort=-") in unescape(sorted_page)


@pytest.mark.parametrize("begins", ["", "-"])
def test_an_order_goes_over_all_pages(
    officer: httpx2.Client, lived: UsedWorkspace, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.web.list_order.PAGE_ROWS", 7)
    rows = read_pages(officer, f"/notices/subscribers?sort={begins}sessions")
    counts = [int(found[1]) for row in rows if (found := COUNT.search(row))]
    assert len(counts) > 20 and len(set(counts)) > 1
    assert counts == sorted(counts, reverse=bool(begins))
    assert len(set(re.findall(r'href="(/notices/subscribers/\w+)"', "".join(rows)))) == len(rows)
