"""The records behind a lead: every one, of whatever exhibit, and none of another address or time."""

from __future__ import annotations

from pathlib import Path

from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads.visit_lines import read_visit_lines
from tests.services.leads.office import LeadOffice, Visit, new_lead_office

DAY = 86_400
FIRST = [Visit(minute * 60, f"198.51.100.{7 + host}", f"/room/{minute}") for minute in range(3) for host in range(4)]
SAME_TIME = [Visit(30 + minute * 60, "198.51.100.8", f"/room/9{minute}") for minute in range(2)]
OTHERS = [Visit(45, "198.51.100.60", "/room/77")]
LATER = [Visit(9 * DAY, "198.51.100.7", "/room/5")]


def test_a_lead_has_each_record_of_its_address_and_time_and_no_other(tmp_path: Path) -> None:
    officer_session: LeadOffice = new_lead_office(tmp_path)
    logs = {"first.log": FIRST, "same-time.log": SAME_TIME, "others.log": OTHERS, "later.log": LATER}
    flags = officer_session.flags()
    for name, visits in logs.items():
        officer_session.scan(officer_session.log(name, visits), flags)
    officer_session.rebuild()
    workspace, every = (
        officer_session.office.workspace,
        [(name, visit) for name, visits in logs.items() for visit in visits],
    )
    for _ in range(2):  # once as nothing was looked into yet, once as all was
        found: list[tuple[str, str]] = []
        with open_generation(workspace) as read:
            for lead in read.to_json(read.open_frame()):
                lines = read_visit_lines(workspace, read, lead)
                assert len(lines.lines) == lines.total
                assert [line.at for line in lines.lines] == sorted(line.at for line in lines.lines)
                assert all(lead["source_ip"] in line.raw for line in lines.lines)
                found += [(line.held_as, line.raw.rstrip("\n")) for line in lines.lines]
        assert sorted(found) == sorted((name, one.line()) for name, one in every)
