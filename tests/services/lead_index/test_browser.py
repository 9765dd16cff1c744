"""What a browser serves when the record moves on: marks, rebuilds, purges; and to many threads at once."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sightline.casework.leads import lead_marks
from sightline.errors import UsageError
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import CountColumn
from tests.services.leads.office import LeadOffice, Visit, new_lead_office

URGENT = LeadFilter(priority=("urgent",))
VISITS = [
    Visit(minute * 60 + host, f"198.51.100.{host}", f"/room/{minute}") for minute in range(3) for host in range(20)
]


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    return new_lead_office(tmp_path)


@pytest.fixture
def scanned(lead_office: LeadOffice) -> tuple[LeadOffice, str]:
    exhibit = lead_office.scan(lead_office.log("a.log", VISITS), lead_office.flags())
    lead_office.rebuild()
    return lead_office, exhibit


def test_without_leads_it_says_how_to_make_them(lead_office: LeadOffice) -> None:
    with pytest.raises(UsageError, match="no leads yet"):
        LeadIndex(lead_office.office.workspace).open_view()


def test_a_mark_is_seen_at_once_and_its_lead_comes_first(scanned: tuple[LeadOffice, str]) -> None:
    lead_office, _ = scanned
    browser = LeadIndex(lead_office.office.workspace)
    before = browser.open_view()
    order = [lead.lead_id for lead in before.read_page(LeadFilter(), limit=20).leads]
    assert browser.open_view() is before
    for lead_id in (order[11], order[4]):
        lead_marks.mark(lead_office.office.supervisor, lead_id, "a child is in danger")
    view = browser.open_view()
    page = view.read_page(LeadFilter(), limit=20)
    rest = [one for one in order if one not in (order[4], order[11])]
    assert [lead.lead_id for lead in page.leads] == [order[4], order[11], *rest]
    assert view.read_leads(page.rows)[0]["priority_why"] == "a child is in danger"
    assert view.count_leads(URGENT) == 2
    assert view.columns.rows["first_us"].equals(before.columns.rows["first_us"])
    lead_marks.lift(lead_office.office.supervisor, order[4], "the child is safe")
    assert browser.open_view().count_leads(URGENT) == 1


def test_a_rebuild_is_seen_and_the_view_before_it_is_freed(scanned: tuple[LeadOffice, str]) -> None:
    lead_office, _ = scanned
    browser = LeadIndex(lead_office.office.workspace)
    old = weakref.ref(browser.open_view())
    more = [Visit(60 * minute, "198.51.100.77", "/room/9") for minute in range(3)]
    lead_office.scan(lead_office.log("b.log", more), lead_office.flags())
    lead_office.rebuild()
    assert browser.open_view().count_leads(LeadFilter()) == 21
    assert browser.open_view().count_leads(LeadFilter(address=("198.51.100.64/26",))) == 1
    gc.collect()
    assert old() is None


def test_leads_from_a_purged_exhibit_are_served_to_nobody(scanned: tuple[LeadOffice, str]) -> None:
    lead_office, exhibit = scanned
    browser = LeadIndex(lead_office.office.workspace)
    browser.open_view()
    lead_office.purge(exhibit)
    for _ in range(2):
        with pytest.raises(UsageError, match="purged"):
            browser.open_view()


def test_leads_from_a_purged_exhibit_are_never_served_while_the_next_index_is_built(
    scanned: tuple[LeadOffice, str],
) -> None:
    lead_office, exhibit = scanned
    lead_office.scan(lead_office.log("b.log", [Visit(5, "203.0.113.9")]), lead_office.flags())
    lead_office.rebuild()
    browser = LeadIndex(lead_office.office.workspace)
    before = browser.open_view()
    lead_office.purge(exhibit)
    lead_office.rebuild()
    with ThreadPoolExecutor(1) as pool:
        with browser._lock:
            asked = pool.submit(browser.open_view)
            with pytest.raises(TimeoutError):
                asked.result(0.5)
        assert asked.result(30).read.generation.number == before.read.generation.number + 1


def test_many_threads_share_one_view(scanned: tuple[LeadOffice, str]) -> None:
    lead_office, _ = scanned
    browser = LeadIndex(lead_office.office.workspace)

    def asks(at: int) -> tuple[int, int, int]:
        view = browser.open_view()
        page = view.read_page(LeadFilter(), "-first", limit=5)
        return (
            id(view),
            page.total,
            sum(count.leads for count in view.count_values(LeadFilter(address=(f"198.51.100.{at}",)), CountColumn.DAY)),
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(asks, [at % 20 for at in range(60)]))
    assert len(set(answers)) == 1
    assert answers[0][1:] == (20, 1)
