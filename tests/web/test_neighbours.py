"""The hits near a log line in its exhibit: in the order of the file, every address masked, the line itself marked."""

from __future__ import annotations

import re

import pytest

from sightline.model import Role
from tests.office import Office
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.web.conftest import SignIn

__all__ = ["lead_office"]
OWN, OTHER = "198.51.100.130", "198.51.100.140"


@pytest.fixture
def office(lead_office: LeadOffice) -> Office:
    """An office whose log has visits of two addresses by turns, and a second log that has only the other's."""
    visits = [Visit(60 * at, OWN if at == 4 else OTHER, f"/room/{at}", port=40_000) for at in range(10)]
    lead_office.scan(lead_office.log("http.log", visits), lead_office.flags())
    elsewhere = [Visit(60 * at + 7, OTHER, f"/elsewhere/{at}", port=40_000) for at in range(10)]
    lead_office.scan(lead_office.log("other.log", elsewhere), lead_office.flags())
    lead_office.rebuild()
    return lead_office.office


def test_a_line_is_shown_with_the_hits_before_and_after_it(
    signed_in: SignIn, office: Office, lead_office: LeadOffice
) -> None:
    io = signed_in(office[Role.INVESTIGATING_OFFICER])
    leads = {lead["source_ip"]: lead["lead_id"] for lead in lead_office.leads()}
    path = f"/leads/{leads[OWN]}/lines/1"
    assert f'hx-get="{path}"' in io.get(f"/leads/{leads[OWN]}").text
    page = io.get(path).text
    near = page.partition('id="near-1"')[2].partition("</ol>")[0]
    assert re.findall(r"/room/(\d)", near) == ["1", "2", "3", "4", "5", "6", "7"]
    assert re.findall(r'aria-current="true">\s*<span>[^<]*/room/(\d)', near) == ["4"]
    assert "elsewhere" not in near, "another exhibit"
    assert OWN not in page and OTHER not in page
    assert "No hit comes" not in near
    first = io.get(f"/leads/{leads[OTHER]}/lines/1").text
    assert "No hit comes before" in first
    assert io.get(f"/leads/{leads[OWN]}/lines/2").status_code in {400, 404, 422}
